//! Canonical CBOR bodies as a shape and its leaves: like bodies have the same shape, and each kind
//! of leaf has a column. Photos, statements and the strokes of a signature become differences.
//!
//! A shape is the body with its leaves cut off: heads of arrays and maps, keys, and one letter for
//! each leaf. What is not canonical CBOR of plain kinds travels as it is.

use super::columns::{Key, Reader, Writer, put_unsigned, take_unsigned};
use super::names::{NameReader, NameWriter};

const SHAPE: Key = Key::of(60);
const NEW_SHAPE: Key = Key::of(61);
const LEAVES: Key = Key::of(62);

const NUMBER: u8 = b'I';
const CLOCK: u8 = b'W';
const UPTIME: u8 = b'M';
const TEXT: u8 = b'T';
const BYTES: u8 = b'B';
const WIDE: u8 = b'D';
const NARROW: u8 = b'E';
/// A null, a false, a true: themselves.
const SIMPLE: std::ops::RangeInclusive<u8> = 0xf4..=0xf6;

const MAX_DEPTH: u32 = 8;
/// A number so near the envelope's clock is a time.
const NEAR_MS: i64 = 1 << 21;
/// And so near its uptime.
const NEAR_UPTIME_MS: i64 = 1 << 12;
/// Longer arrays have one column for all their members.
const NAMED_MEMBERS: u64 = 8;

/// The clocks of the envelope.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clocks {
    pub(super) wall: i64,
    pub(super) mono: i64,
}

/// A head: major type and argument.
fn take_head(bytes: &mut &[u8]) -> Option<(u8, u64)> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let (major, short) = (first >> 5, first & 0x1f);
    let width = match short {
        0..=23 => return Some((major, u64::from(short))),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (digits, rest) = bytes.split_at_checked(width)?;
    *bytes = rest;
    let number = digits
        .iter()
        .fold(0, |all, byte| (all << 8) | u64::from(*byte));
    Some((major, number))
}

fn put_head(out: &mut Vec<u8>, major: u8, number: u64) {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    let (info, width) = match number {
        0..=23 => {
            let small = bytes.last().copied().unwrap_or(0);
            return out.push(major | small);
        }
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major | info);
    out.extend(bytes.iter().skip(8 - width));
}

fn put_integer(out: &mut Vec<u8>, number: i64) {
    if number >= 0 {
        put_head(out, 0, number.unsigned_abs());
    } else {
        put_head(out, 1, (!number).unsigned_abs());
    }
}

fn member(path: Key, at: u64, len: u64) -> Key {
    path.part(if len <= NAMED_MEMBERS {
        1_000 + at
    } else {
        999
    })
}

/// Shapes that were seen.
#[derive(Debug, Default)]
pub(super) struct Shapes(Vec<Vec<u8>>);

impl Shapes {
    /// Writes a body with the shape drawn from it.
    pub(super) fn write(
        &mut self,
        (body, shape): (&[u8], Vec<u8>),
        (kind, clocks): (u8, Clocks),
        (columns, names): (&mut Writer, &mut NameWriter),
    ) {
        let known = self.0.iter().position(|known| *known == shape);
        let place = known.unwrap_or(self.0.len());
        match known {
            Some(known) => columns.number(SHAPE, 1 + known as u64),
            None => {
                columns.number(SHAPE, 0);
                columns.bytes(NEW_SHAPE, &shape);
                self.0.push(shape.clone());
            }
        }
        // Like bodies share their columns: of the same kind, and of the same shape.
        let root = LEAVES.part(u64::from(kind)).part(place as u64);
        let mut writing = Writing {
            clocks,
            shape: &shape,
            body,
            columns,
            names,
        };
        // It walks where the drawing walked; a slip would show when the sender expands it.
        let _walked = writing.node(root);
    }

    /// Reads a body back; nothing if it cannot be, or is longer than `limit`.
    pub(super) fn read<'a>(
        &mut self,
        (kind, clocks): (u8, Clocks),
        (columns, names): (&mut Reader<'a>, &mut NameReader<'a>),
        limit: usize,
    ) -> Option<Vec<u8>> {
        let place = match columns.number(SHAPE)? {
            0 => {
                self.0.push(columns.bytes(NEW_SHAPE)?.to_vec());
                self.0.len() - 1
            }
            known => usize::try_from(known - 1).ok()?,
        };
        let shape = self.0.get(place)?.clone();
        let mut reading = Reading {
            clocks,
            shape: &shape,
            out: Vec::new(),
            columns,
            names,
            limit,
        };
        reading.node(LEAVES.part(u64::from(kind)).part(place as u64), 0)?;
        reading.shape.is_empty().then_some(reading.out)
    }
}

/// The shape of a body; nothing if it is not of a plain kind.
pub(super) fn outline(body: &[u8], clocks: Clocks) -> Option<Vec<u8>> {
    let mut shape = Vec::new();
    let mut left = body;
    Outline { clocks }.draw(&mut left, &mut shape, 0)?;
    left.is_empty().then_some(shape)
}

struct Outline {
    clocks: Clocks,
}

impl Outline {
    fn draw(&self, left: &mut &[u8], shape: &mut Vec<u8>, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let first = *left.first()?;
        let (major, number) = take_head(left)?;
        match major {
            0 | 1 => shape.push(self.letter(integer(major, number)?)),
            2 | 3 => {
                let (_, rest) = left.split_at_checked(usize::try_from(number).ok()?)?;
                *left = rest;
                shape.push(match (major, number) {
                    (3, _) => TEXT,
                    (_, 32) => WIDE,
                    (_, 16) => NARROW,
                    _ => BYTES,
                });
            }
            4 => {
                put_head(shape, 4, number);
                for _ in 0..number {
                    self.draw(left, shape, depth + 1)?;
                }
            }
            5 => {
                put_head(shape, 5, number);
                for _ in 0..number {
                    let (0, key) = take_head(left)? else {
                        return None;
                    };
                    put_unsigned(shape, key);
                    self.draw(left, shape, depth + 1)?;
                }
            }
            _ if SIMPLE.contains(&first) => shape.push(first),
            _ => return None,
        }
        Some(())
    }

    fn letter(&self, number: i64) -> u8 {
        let near = |clock: i64, most: i64| {
            clock > most
                && number
                    .checked_sub(clock)
                    .is_some_and(|off| off.abs() < most)
        };
        if near(self.clocks.wall, NEAR_MS) {
            CLOCK
        } else if near(self.clocks.mono, NEAR_UPTIME_MS) {
            UPTIME
        } else {
            NUMBER
        }
    }
}

fn integer(major: u8, number: u64) -> Option<i64> {
    let number = i64::try_from(number).ok()?;
    Some(if major == 0 { number } else { !number })
}

/// Cuts the leaves of a body off into columns; the shape was drawn from the same body.
struct Writing<'w> {
    clocks: Clocks,
    shape: &'w [u8],
    body: &'w [u8],
    columns: &'w mut Writer,
    names: &'w mut NameWriter,
}

impl Writing<'_> {
    fn node(&mut self, path: Key) -> Option<()> {
        let letter = *self.shape.first()?;
        let (major, number) = take_head(&mut self.body)?;
        match major {
            4 | 5 => {
                let (_, len) = take_head(&mut self.shape)?;
                for at in 0..len {
                    if major == 4 {
                        self.node(member(path, at, len))?;
                    } else {
                        take_head(&mut self.body)?;
                        let key = take_unsigned(&mut self.shape)?;
                        self.node(path.part(key))?;
                    }
                }
                return Some(());
            }
            0 | 1 => {
                let number = integer(major, number)?;
                match letter {
                    CLOCK => self.columns.step(path, number - self.clocks.wall),
                    UPTIME => self.columns.step(path, number - self.clocks.mono),
                    _ => self.columns.step(path, number),
                }
            }
            2 | 3 => self.text(path, letter, number)?,
            _ => {}
        }
        self.shape = self.shape.get(1..)?;
        Some(())
    }

    fn text(&mut self, path: Key, letter: u8, len: u64) -> Option<()> {
        let (bytes, rest) = self.body.split_at_checked(usize::try_from(len).ok()?)?;
        self.body = rest;
        match letter {
            WIDE => self.names.wide(self.columns, path, bytes.try_into().ok()?),
            NARROW => self
                .names
                .narrow(self.columns, path, bytes.try_into().ok()?),
            _ => {
                self.names.text(self.columns, path, bytes);
            }
        }
        Some(())
    }
}

/// Puts leaves back on a shape.
struct Reading<'w, 'a> {
    clocks: Clocks,
    shape: &'w [u8],
    out: Vec<u8>,
    columns: &'w mut Reader<'a>,
    names: &'w mut NameReader<'a>,
    limit: usize,
}

impl Reading<'_, '_> {
    fn node(&mut self, path: Key, depth: u32) -> Option<()> {
        let letter = *self.shape.first()?;
        if depth > MAX_DEPTH || self.out.len() > self.limit {
            return None;
        }
        // Letters of leaves lie in the heads of text strings and negative numbers, which no shape has.
        if letter >> 5 == 4 || letter >> 5 == 5 {
            let (major, len) = take_head(&mut self.shape)?;
            put_head(&mut self.out, major, len);
            for at in 0..len {
                if major == 4 {
                    self.node(member(path, at, len), depth + 1)?;
                } else {
                    let key = take_unsigned(&mut self.shape)?;
                    put_head(&mut self.out, 0, key);
                    self.node(path.part(key), depth + 1)?;
                }
            }
            return Some(());
        }
        self.shape = self.shape.get(1..)?;
        self.leaf(path, letter)
    }

    fn leaf(&mut self, path: Key, letter: u8) -> Option<()> {
        match letter {
            NUMBER | CLOCK | UPTIME => {
                let clock = match letter {
                    CLOCK => self.clocks.wall,
                    UPTIME => self.clocks.mono,
                    _ => 0,
                };
                let number = self.columns.step(path)?.checked_add(clock)?;
                put_integer(&mut self.out, number);
            }
            WIDE => {
                let bytes = self.names.wide(self.columns, path)?;
                put_head(&mut self.out, 2, 32);
                self.out.extend_from_slice(&bytes);
            }
            NARROW => {
                let bytes = self.names.narrow(self.columns, path)?;
                put_head(&mut self.out, 2, 16);
                self.out.extend_from_slice(&bytes);
            }
            TEXT | BYTES => {
                let bytes = self.names.text(self.columns, path, self.limit)?;
                let major = if letter == TEXT { 3 } else { 2 };
                put_head(&mut self.out, major, bytes.len() as u64);
                self.out.extend_from_slice(&bytes);
            }
            simple if SIMPLE.contains(&simple) => self.out.push(simple),
            _ => return None,
        }
        Some(())
    }
}

/// The longest text in a body of a plain kind.
pub(super) fn longest_text(body: &[u8]) -> Option<&[u8]> {
    let mut left = body;
    let mut longest: Option<&[u8]> = None;
    walk_texts(&mut left, &mut longest, 0)?;
    longest
}

fn walk_texts<'a>(left: &mut &'a [u8], longest: &mut Option<&'a [u8]>, depth: u32) -> Option<()> {
    let (major, number) = take_head(left).filter(|_| depth <= MAX_DEPTH)?;
    match major {
        2 | 3 => {
            let (text, rest) = left.split_at_checked(usize::try_from(number).ok()?)?;
            *left = rest;
            if major == 3 && longest.is_none_or(|longest| longest.len() < text.len()) {
                *longest = Some(text);
            }
        }
        4 | 5 => {
            let entries = if major == 4 {
                number
            } else {
                number.checked_mul(2)?
            };
            for _ in 0..entries {
                walk_texts(left, longest, depth + 1)?;
            }
        }
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(bodies: &[Vec<u8>]) {
        let (mut columns, mut names) = (Writer::default(), NameWriter::default());
        let clocks = Clocks {
            wall: 1_790_000_000_000,
            mono: 900_000,
        };
        let mut shapes = Shapes::default();
        for body in bodies {
            let shape = outline(body, clocks).unwrap();
            shapes.write((body, shape), (2, clocks), (&mut columns, &mut names));
        }
        let (bytes, pool) = (columns.finish(), names.finish());
        let mut columns = Reader::open(&bytes).unwrap();
        let mut names = NameReader::open(&pool);
        let mut shapes = Shapes::default();
        for body in bodies {
            let back = shapes.read((2, clocks), (&mut columns, &mut names), 100_000);
            assert_eq!(back.as_ref(), Some(body));
        }
        assert!(columns.is_spent() && names.is_spent());
    }

    #[test]
    fn bodies_of_every_plain_kind_come_back() {
        type Point = (i64, i64, u32, u16);
        let points: Vec<Point> = (0..300)
            .map(|at| (100 + at, -5 - at * 70_000, 8, 500))
            .collect();
        round(&[
            crate::domain::cbor::encode(&points),
            crate::domain::cbor::encode(&(1_790_000_000_777_i64, 900_100_u64, "王小明", true)),
            crate::domain::cbor::encode(&crate::domain::Digest::of(b"x")),
            crate::domain::cbor::encode(&crate::domain::CaseId::from_bytes([3; 16])),
            crate::domain::cbor::encode(&(Some(1_u8), None::<u8>, Vec::<u8>::new())),
        ]);
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        let float = [0xfb, 0, 0, 0, 0, 0, 0, 0, 0];
        for body in [&float[..], &[0x9f, 0xff], &[], &[0x61], &[1, 1]] {
            assert!(outline(body, Clocks::default()).is_none());
        }
    }
}
