//! Video and voice notes: what MP4, QuickTime and M4A headers say (R149, R153).
//!
//! Bytes come from the host's reader, up to two gigabytes, and are hashed in one pass without ever
//! being in memory; the boxes are then walked by seeking, so a film costs what its headers cost.
//! Facts go to `store` through `app` beside the photos'. Nothing is transcoded.
//!
//! Digest, length and kind are facts. Duration, size, time and place stand in headers that anybody
//! can edit, and are claims.

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::boxes::Bytes;
use super::source::{Source, Stop};
use super::{ExamineError, Problem, ProblemCode, Size, hash, heif, read_error};
use crate::domain::{ChunkedDigest, Digest, Place, WallMs};

/// The longest film that is taken in.
pub const MAX_RECORDING_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// A bound against endless small boxes.
const MAX_BOXES: usize = 10_000;
/// Film, track, media, and as many again for what editors nest.
const MAX_DEPTH: usize = 6;
/// No header read here is longer.
const MAX_HEADER_BYTES: u64 = 1_024;
/// Seconds from 1904, where QuickTime's clock starts, to 1970.
const SINCE_1904: i64 = 2_082_844_800;

/// What kind of recording the bytes are, told from the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordingType {
    /// MP4 with a picture.
    Mp4,
    /// QuickTime, as iPhones write.
    QuickTime,
    /// Sound alone.
    M4a,
}

impl RecordingType {
    /// The registered media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::M4a => "audio/mp4",
        }
    }
}

/// Everything that one reading of a recording yields.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingFacts {
    /// SHA-256 of all bytes: the recording's name.
    pub digest: Digest,
    /// How many bytes.
    pub len_bytes: u64,
    /// SHA-256 of each 256 KiB chunk, in order.
    pub chunks: Vec<Digest>,
    /// The Merkle root over `chunks`.
    pub chunk_root: Digest,
    /// The kind.
    pub media_type: RecordingType,
    /// How long it plays, as its header says.
    pub duration_ms: Option<u64>,
    /// Size of its picture, as its header says.
    pub size: Option<Size>,
    /// When it was made, as its header says, in UTC.
    pub created_at: Option<WallMs>,
    /// Where it was made, as its header says.
    pub place: Option<Place>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Whether the bytes begin like a recording.
///
/// # Errors
/// As the reader fails.
pub fn is_recording<R: Read + Seek>(source: &mut R) -> Result<bool, ExamineError> {
    Ok(sniff(source)?.is_some())
}

fn sniff<R: Read + Seek>(source: &mut R) -> Result<Option<RecordingType>, ExamineError> {
    source.seek(SeekFrom::Start(0)).map_err(read_error)?;
    let mut head = Vec::with_capacity(256);
    source
        .by_ref()
        .take(256)
        .read_to_end(&mut head)
        .map_err(read_error)?;
    Ok(kind_of(&head))
}

fn kind_of(head: &[u8]) -> Option<RecordingType> {
    let mut bytes = Bytes(head);
    let size = usize::try_from(bytes.u32()?).ok()?;
    if bytes.array()? != *b"ftyp" || heif::brand(head).is_some() {
        return None;
    }
    let major: [u8; 4] = bytes.array()?;
    bytes.u32()?;
    let compatible = bytes.0.get(..size.saturating_sub(16)).unwrap_or(bytes.0);
    let others = compatible
        .chunks_exact(4)
        .filter_map(|brand| <[u8; 4]>::try_from(brand).ok());
    std::iter::once(major)
        .chain(others)
        .find_map(|brand| match &brand {
            b"qt  " => Some(RecordingType::QuickTime),
            b"M4A " | b"M4B " => Some(RecordingType::M4a),
            b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1"
            | b"M4V " | b"dash" | b"3gp4" | b"3gp5" | b"3gp6" | b"3g2a" => Some(RecordingType::Mp4),
            _ => None,
        })
}

/// Reads a recording from its beginning: digests, kind, and what its headers claim.
///
/// # Errors
/// [`ExamineError`] when the bytes are no recording, too many, none, or cannot be read.
pub fn examine_recording<R: Read + Seek>(source: &mut R) -> Result<RecordingFacts, ExamineError> {
    let (digest, chunks, len_bytes) = hash(source, MAX_RECORDING_BYTES)?;
    let kind = sniff(source)?.ok_or(ExamineError::NotAPhoto)?;
    let walked = catch_unwind(AssertUnwindSafe(|| headers(source, len_bytes)));
    let headers = match walked {
        Ok(headers) => headers.map_err(read_error)?,
        Err(_) => Headers::damaged("the header reader stopped on damaged headers".to_owned()),
    };
    // A voice recorder writes the brand of a film around a track of sound.
    let media_type = match (kind, headers.has(*b"vide"), headers.has(*b"soun")) {
        (RecordingType::Mp4, false, true) => RecordingType::M4a,
        (kind, _, _) => kind,
    };
    let chunk_root = ChunkedDigest::merkle_root(&chunks);
    Ok(RecordingFacts {
        digest,
        len_bytes,
        chunks,
        chunk_root,
        media_type,
        duration_ms: headers.duration_ms,
        size: headers.size,
        created_at: headers.created_at,
        place: headers.place,
        problems: headers.problems,
    })
}

#[derive(Default)]
struct Headers {
    duration_ms: Option<u64>,
    size: Option<Size>,
    created_at: Option<WallMs>,
    place: Option<Place>,
    handlers: Vec<[u8; 4]>,
    problems: Vec<Problem>,
}

impl Headers {
    fn damaged(why: String) -> Self {
        Self {
            problems: vec![Problem::new(ProblemCode::Damaged, why)],
            ..Self::default()
        }
    }

    fn has(&self, handler: [u8; 4]) -> bool {
        self.handlers.contains(&handler)
    }
}

fn headers<R: Read + Seek>(reader: &mut R, len: u64) -> std::io::Result<Headers> {
    let mut found = Headers::default();
    let mut source = Source::new(reader, len)?;
    let problem = match walk(&mut source, &mut found) {
        Ok(()) if found.duration_ms.is_none() => Some(Problem::new(
            ProblemCode::NoDimensions,
            "no header says how long it plays",
        )),
        Ok(()) => None,
        Err(Stop::End) => Some(Problem::new(
            ProblemCode::Truncated,
            format!("the file ends after {len} bytes, before its boxes do"),
        )),
        Err(Stop::Broken(why)) => Some(Problem::new(ProblemCode::Damaged, why)),
        Err(Stop::Io(error)) => return Err(error),
    };
    found.problems.extend(problem);
    Ok(found)
}

/// Goes into the boxes that hold headers and past all others.
fn walk<R: Read + Seek>(source: &mut Source<'_, R>, found: &mut Headers) -> Result<(), Stop> {
    // Where the boxes that are open end.
    let mut open: Vec<u64> = Vec::new();
    for _ in 0..MAX_BOXES {
        while open.last().is_some_and(|end| source.at() >= *end) {
            open.pop();
        }
        if source.left() == 0 {
            return Ok(());
        }
        let start = source.at();
        let short = u32::from_be_bytes(source.array()?);
        let kind: [u8; 4] = source.array()?;
        let size = match short {
            0 => source.left() + 8,
            1 => u64::from_be_bytes(source.array()?),
            size => size.into(),
        };
        let head = source.at() - start;
        let Some(body) = size.checked_sub(head) else {
            return Err(Stop::Broken(format!(
                "box at byte {start} has length {size}"
            )));
        };
        if matches!(&kind, b"moov" | b"trak" | b"mdia" | b"udta") && open.len() < MAX_DEPTH {
            open.push(start.saturating_add(size));
            continue;
        }
        let wanted = matches!(&kind, b"mvhd" | b"tkhd" | b"hdlr" | b"\xA9xyz");
        if wanted && !open.is_empty() && body <= MAX_HEADER_BYTES {
            let bytes = source.bytes(usize::try_from(body).unwrap_or(0))?;
            // A header that is too short says nothing.
            let _read = header(kind, Bytes(&bytes), found);
        } else {
            source.skip(body)?;
        }
    }
    Err(Stop::Broken(format!("more than {MAX_BOXES} boxes")))
}

fn header(kind: [u8; 4], mut bytes: Bytes<'_>, found: &mut Headers) -> Option<()> {
    match &kind {
        b"mvhd" => {
            let wide = bytes.full()?.0 == 1;
            let number = |bytes: &mut Bytes<'_>| bytes.sized(if wide { 8 } else { 4 });
            let created = number(&mut bytes)?;
            number(&mut bytes)?;
            let scale = u64::from(bytes.u32()?);
            let duration = number(&mut bytes)?;
            found.duration_ms = duration
                .checked_mul(1_000)
                .and_then(|ms| ms.checked_div(scale));
            let since_1970 = i64::try_from(created).ok()?.checked_sub(SINCE_1904);
            found.created_at = since_1970
                .filter(|seconds| *seconds > 0)
                .and_then(|seconds| seconds.checked_mul(1_000))
                .map(WallMs);
        }
        b"tkhd" => {
            let at = bytes.0.len().checked_sub(8)?;
            let mut sides = Bytes(bytes.0.get(at..)?);
            // Whole pixels are the upper half of each number.
            let (width, height) = (sides.u32()? >> 16, sides.u32()? >> 16);
            if width > 0 && height > 0 && found.size.is_none() {
                found.size = Some(Size { width, height });
            }
        }
        b"hdlr" => {
            bytes.take(8)?;
            found.handlers.push(bytes.array()?);
        }
        _ => {
            bytes.take(4)?;
            found.place = iso_6709(bytes.0);
        }
    }
    Some(())
}

/// `+36.8340+101.9520+2543.000/`.
fn iso_6709(bytes: &[u8]) -> Option<Place> {
    let text = str::from_utf8(bytes).ok()?.trim_end_matches(['/', '\0']);
    let mut numbers = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .get(1..)?
            .find(['+', '-'])
            .map_or(rest.len(), |at| at + 1);
        let (number, more) = rest.split_at_checked(end)?;
        numbers.push(number.parse::<f64>().ok()?);
        rest = more;
    }
    match numbers.as_slice() {
        [lat, lon] => Place::new(*lat, *lon, None).ok(),
        [lat, lon, alt] => Place::new(*lat, *lon, Some(*alt)).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes(), kind.as_slice(), body].concat()
    }

    fn track(handler: &[u8; 4], width: u32, height: u32) -> Vec<u8> {
        let mut tkhd = vec![0; 76];
        tkhd.extend((width << 16).to_be_bytes());
        tkhd.extend((height << 16).to_be_bytes());
        let hdlr = [&[0; 8], handler.as_slice(), &[0; 13]].concat();
        boxed(
            b"trak",
            &[
                boxed(b"tkhd", &tkhd),
                boxed(b"mdia", &boxed(b"hdlr", &hdlr)),
            ]
            .concat(),
        )
    }

    fn film(brand: &[u8; 4], tracks: &[Vec<u8>]) -> Vec<u8> {
        let made = u32::try_from(SINCE_1904 + 1_751_349_600).unwrap();
        let mvhd = [
            [0; 4],
            made.to_be_bytes(),
            made.to_be_bytes(),
            600_u32.to_be_bytes(),
            7_500_u32.to_be_bytes(),
        ]
        .concat();
        let place = [b"\0\x1b\x15\xc7".as_slice(), b"+36.8340+101.9520+2543.000/"].concat();
        let udta = boxed(b"udta", &boxed(b"\xA9xyz", &place));
        let moov = boxed(
            b"moov",
            &[boxed(b"mvhd", &mvhd), tracks.concat(), udta].concat(),
        );
        let ftyp = boxed(b"ftyp", &[brand.as_slice(), &[0; 4]].concat());
        [ftyp, boxed(b"mdat", &[7; 5_000]), moov].concat()
    }

    #[test]
    fn a_film_says_its_length_size_time_and_place() {
        let bytes = film(
            b"isom",
            &[track(b"vide", 1_920, 1_080), track(b"soun", 0, 0)],
        );
        let facts = examine_recording(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(facts.digest, Digest::of(&bytes));
        assert_eq!(facts.media_type, RecordingType::Mp4);
        assert_eq!(facts.duration_ms, Some(12_500));
        assert_eq!(
            facts.size,
            Some(Size {
                width: 1_920,
                height: 1_080
            })
        );
        assert_eq!(facts.created_at, Some(WallMs(1_751_349_600_000)));
        assert_eq!(facts.place.unwrap().alt_m(), Some(2_543.0));
        assert_eq!(facts.problems, []);
    }

    #[test]
    fn sound_alone_is_a_voice_note_whatever_its_brand() {
        for brand in [b"isom", b"M4A "] {
            let bytes = film(brand, &[track(b"soun", 0, 0)]);
            let facts = examine_recording(&mut Cursor::new(&bytes)).unwrap();
            assert_eq!(facts.media_type, RecordingType::M4a);
        }
        let bytes = film(b"qt  ", &[track(b"vide", 640, 480)]);
        let facts = examine_recording(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(facts.media_type, RecordingType::QuickTime);
    }

    #[test]
    fn a_cut_film_is_kept_with_the_problem_named() {
        let bytes = film(b"isom", &[track(b"vide", 640, 480)]);
        let facts = examine_recording(&mut Cursor::new(&bytes[..2_000])).unwrap();
        assert_eq!(facts.problems[0].code, ProblemCode::Truncated);
        assert_eq!(facts.duration_ms, None);
    }

    #[test]
    fn photos_and_other_files_are_no_recordings() {
        for bytes in [
            b"\xFF\xD8\xFF".as_slice(),
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            b"",
            b"RIFF",
        ] {
            assert!(!is_recording(&mut Cursor::new(bytes)).unwrap());
        }
    }
}
