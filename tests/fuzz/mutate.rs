//! Spoils a file where readers believe it: lengths, counts, offsets, kinds, tags, ends.
//!
//! A member of the corpus comes in, another file goes out. Nothing here knows what is right.

/// Choices that a seed repeats (splitmix64).
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `limit`, which may be zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next().to_le_bytes();
        byte
    }
}

/// Numbers at which readers stumble.
const EDGES: [u32; 14] = [
    0,
    1,
    2,
    4,
    7,
    8,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFF0,
    0xFFFF_FFFF,
];

/// Words that mean something in some file.
const WORDS: [&[u8]; 30] = [
    b"II*\0",
    b"MM\0*",
    b"Exif\0\0",
    b"meta",
    b"iloc",
    b"iinf",
    b"infe",
    b"iprp",
    b"ipco",
    b"ipma",
    b"irot",
    b"imir",
    b"ispe",
    b"idat",
    b"moov",
    b"trak",
    b"mvhd",
    b"tkhd",
    b"hdlr",
    b"eXIf",
    b"iTXt",
    b"VP8X",
    b"EXIF",
    b"XMP ",
    b"<a:b xmlns:a=\"",
    b"</",
    b"&x;",
    b"]]>",
    b"\xFF\xD8\xFF\xE1",
    b"\xFF\xDA",
];

/// One of the corpus, spoilt one to six times.
pub(crate) fn mutate(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = pick(corpus, chance).to_vec();
    for _ in 0..=chance.below(6) {
        spoil(&mut bytes, corpus, chance);
    }
    bytes
}

fn pick<'c>(corpus: &'c [Vec<u8>], chance: &mut Chance) -> &'c [u8] {
    corpus
        .get(chance.below(corpus.len()))
        .map_or(&[], Vec::as_slice)
}

fn spoil(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], chance: &mut Chance) {
    // Headers are at the beginning; what matters is mostly there.
    let reach = if chance.below(4) == 0 {
        bytes.len()
    } else {
        bytes.len().min(900)
    };
    let at = chance.below(reach);
    match chance.below(12) {
        0 => set(bytes, at, &[chance.byte()]),
        1 => {
            let bit = 1_u8 << chance.below(8);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= bit;
            }
        }
        2 => edge(bytes, at, chance),
        3 | 4 => directory_entry(bytes, chance),
        5 => {
            let word = WORDS
                .get(chance.below(WORDS.len()))
                .copied()
                .unwrap_or_default();
            set(bytes, at, word);
        }
        6 => {
            let other = pick(corpus, chance);
            let from = chance.below(other.len().min(4_096));
            let len = chance.below(200);
            let piece = other
                .iter()
                .skip(from)
                .take(len)
                .copied()
                .collect::<Vec<_>>();
            set(bytes, at, &piece);
        }
        7 => {
            let end = (at + chance.below(64)).min(bytes.len());
            bytes.drain(at.min(end)..end);
        }
        8 => {
            let count = chance.below(64);
            let filling = chance.byte();
            bytes.splice(at..at, std::iter::repeat_n(filling, count));
        }
        9 => bytes.truncate(at + 1),
        10 => {
            let piece: Vec<u8> = bytes
                .iter()
                .skip(at)
                .take(chance.below(128))
                .copied()
                .collect();
            bytes.splice(at..at, piece);
        }
        _ => size_field(bytes, chance),
    }
}

fn set(bytes: &mut [u8], at: usize, new: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(new) {
        *to = *from;
    }
}

/// An edge, or a number near the file's length, in either order and width.
fn edge(bytes: &mut [u8], at: usize, chance: &mut Chance) {
    let number = if chance.below(3) == 0 {
        u32::try_from(bytes.len() + chance.below(16))
            .unwrap_or(0)
            .wrapping_sub(8)
    } else {
        EDGES.get(chance.below(EDGES.len())).copied().unwrap_or(0)
    };
    let [a, b, c, d] = number.to_be_bytes();
    match chance.below(4) {
        0 => set(bytes, at, &[a, b, c, d]),
        1 => set(bytes, at, &[d, c, b, a]),
        2 => set(bytes, at, &[c, d]),
        _ => set(bytes, at, &[d, c]),
    }
}

/// A tag, kind, count or offset in the first directory of the EXIF block.
fn directory_entry(bytes: &mut [u8], chance: &mut Chance) {
    let start = bytes
        .windows(4)
        .position(|four| four == b"II*\0" || four == b"MM\0*");
    let Some(start) = start else {
        return;
    };
    let entry = start + 10 + 12 * chance.below(40);
    let part = [0, 2, 4, 8].get(chance.below(4)).copied().unwrap_or(0);
    edge(bytes, entry + part, chance);
}

/// The length of some box or chunk, in front of or behind its name.
fn size_field(bytes: &mut [u8], chance: &mut Chance) {
    let names: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, four)| four.iter().all(u8::is_ascii_alphanumeric))
        .map(|(at, _)| at)
        .take(200)
        .collect();
    let name = names.get(chance.below(names.len())).copied().unwrap_or(0);
    let at = if chance.below(2) == 0 {
        name.saturating_sub(4)
    } else {
        name + 4
    };
    edge(bytes, at, chance);
}
