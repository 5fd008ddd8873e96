//! Walks the directories of a TIFF structure: an EXIF block in memory, or a TIFF file by seeking.
//!
//! Bytes come from `container`; the few values that anybody asks for go to `claims`. One broken
//! pointer costs what it points to and nothing else: the walk goes on, and each thing left out is
//! named. Directories are counted, never recursed into, a place visited once is not visited again,
//! and neither a count nor an offset makes it read more than is there. So the worst block of a
//! mebibyte costs about as much as a good one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read, Seek};

use super::MAX_METADATA_BYTES;
use super::source::{Source, Stop};

/// More entries than the fullest camera file has (about 200 in the directories read here).
const MAX_ENTRIES: usize = 4_096;

/// The main picture, its EXIF and GPS parts, the thumbnail, and as many strays.
const MAX_DIRECTORIES: usize = 8;

/// No value asked for is longer: names are cut, the rest are a few numbers.
const MAX_VALUE_BYTES: u64 = 1_024;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Directory {
    /// The main picture.
    Primary,
    /// How it was taken.
    Exif,
    /// Where it was taken.
    Gps,
    /// The small picture beside it.
    Thumbnail,
}

/// A directory and a number in it.
pub(super) type Tag = (Directory, u16);

/// The values that claims are made of.
pub(super) mod tag {
    use super::Directory::{Exif, Gps, Primary, Thumbnail};
    use super::Tag;

    pub(in super::super) const WIDTH: Tag = (Primary, 0x0100);
    pub(in super::super) const HEIGHT: Tag = (Primary, 0x0101);
    pub(in super::super) const MAKE: Tag = (Primary, 0x010F);
    pub(in super::super) const MODEL: Tag = (Primary, 0x0110);
    pub(in super::super) const ORIENTATION: Tag = (Primary, 0x0112);
    pub(in super::super) const SOFTWARE: Tag = (Primary, 0x0131);
    pub(in super::super) const MODIFIED: Tag = (Primary, 0x0132);
    pub(in super::super) const XMP: Tag = (Primary, 0x02BC);
    pub(in super::super) const TAKEN: Tag = (Exif, 0x9003);
    pub(in super::super) const DIGITIZED: Tag = (Exif, 0x9004);
    pub(in super::super) const OFFSET_MODIFIED: Tag = (Exif, 0x9010);
    pub(in super::super) const OFFSET_TAKEN: Tag = (Exif, 0x9011);
    pub(in super::super) const OFFSET_DIGITIZED: Tag = (Exif, 0x9012);
    pub(in super::super) const SUBSEC_MODIFIED: Tag = (Exif, 0x9290);
    pub(in super::super) const SUBSEC_TAKEN: Tag = (Exif, 0x9291);
    pub(in super::super) const SUBSEC_DIGITIZED: Tag = (Exif, 0x9292);
    pub(in super::super) const SERIAL: Tag = (Exif, 0xA431);
    pub(in super::super) const LENS_MODEL: Tag = (Exif, 0xA434);
    pub(in super::super) const LAT_REF: Tag = (Gps, 0x01);
    pub(in super::super) const LAT: Tag = (Gps, 0x02);
    pub(in super::super) const LON_REF: Tag = (Gps, 0x03);
    pub(in super::super) const LON: Tag = (Gps, 0x04);
    pub(in super::super) const ALT_REF: Tag = (Gps, 0x05);
    pub(in super::super) const ALT: Tag = (Gps, 0x06);
    pub(in super::super) const GPS_TIME: Tag = (Gps, 0x07);
    pub(in super::super) const DIRECTION_REF: Tag = (Gps, 0x10);
    pub(in super::super) const DIRECTION: Tag = (Gps, 0x11);
    pub(in super::super) const DATUM: Tag = (Gps, 0x12);
    pub(in super::super) const GPS_DATE: Tag = (Gps, 0x1D);
    pub(in super::super) const ACCURACY: Tag = (Gps, 0x1F);
    pub(in super::super) const SMALL_AT: Tag = (Thumbnail, 0x0201);
    pub(in super::super) const SMALL_BYTES: Tag = (Thumbnail, 0x0202);
    pub(in super::super) const SMALL_ORIENTATION: Tag = (Thumbnail, 0x0112);

    pub(super) const ALL: &[Tag] = &[
        WIDTH,
        HEIGHT,
        MAKE,
        MODEL,
        ORIENTATION,
        SOFTWARE,
        MODIFIED,
        XMP,
        TAKEN,
        DIGITIZED,
        OFFSET_MODIFIED,
        OFFSET_TAKEN,
        OFFSET_DIGITIZED,
        SUBSEC_MODIFIED,
        SUBSEC_TAKEN,
        SUBSEC_DIGITIZED,
        SERIAL,
        LENS_MODEL,
        LAT_REF,
        LAT,
        LON_REF,
        LON,
        ALT_REF,
        ALT,
        GPS_TIME,
        DIRECTION_REF,
        DIRECTION,
        DATUM,
        GPS_DATE,
        ACCURACY,
        SMALL_AT,
        SMALL_BYTES,
        SMALL_ORIENTATION,
    ];

    pub(super) const EXIF_POINTER: u16 = 0x8769;
    pub(super) const GPS_POINTER: u16 = 0x8825;
}

/// Which end of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// One value as it stands in the file.
#[derive(Debug, Clone)]
pub(super) struct Value {
    kind: u16,
    order: Order,
    bytes: Vec<u8>,
}

/// Bytes of one item of each kind, counted from 1: byte, text, short, long, fraction, …
const ITEM_BYTES: [u64; 13] = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

fn item_bytes(kind: u16) -> Option<u64> {
    ITEM_BYTES.get(usize::from(kind.checked_sub(1)?)).copied()
}

impl Value {
    fn item<const N: usize>(&self, index: usize) -> Option<[u8; N]> {
        let from = index.checked_mul(N)?;
        self.bytes.get(from..from.checked_add(N)?)?.try_into().ok()
    }

    /// A whole number that is not negative.
    pub(super) fn uint(&self, index: usize) -> Option<u32> {
        match self.kind {
            1 | 7 => self.item::<1>(index).map(|[byte]| byte.into()),
            3 => Some(self.order.u16(self.item(index)?).into()),
            4 | 13 => Some(self.order.u32(self.item(index)?)),
            8 => u16::try_from(self.order.u16(self.item(index)?).cast_signed())
                .ok()
                .map(u32::from),
            9 => u32::try_from(self.order.u32(self.item(index)?).cast_signed()).ok(),
            _ => None,
        }
    }

    /// Any number; a fraction over zero and what is not finite is none.
    pub(super) fn number(&self, index: usize) -> Option<f64> {
        let half = |at: usize| Some(self.order.u32(self.item::<4>(index * 2 + at)?));
        let ratio = |num: f64, denom: f64| (denom.abs() > 0.0).then(|| num / denom);
        let number = match self.kind {
            5 => ratio(half(0)?.into(), half(1)?.into())?,
            10 => ratio(half(0)?.cast_signed().into(), half(1)?.cast_signed().into())?,
            6 => self
                .item::<1>(index)
                .map(|[byte]| f64::from(byte.cast_signed()))?,
            8 => f64::from(self.order.u16(self.item(index)?).cast_signed()),
            9 => f64::from(self.order.u32(self.item(index)?).cast_signed()),
            11 => f64::from(f32::from_bits(self.order.u32(self.item(index)?))),
            12 => f64::from_bits(self.order.u64(self.item(index)?)),
            _ => self.uint(index)?.into(),
        };
        number.is_finite().then_some(number)
    }

    /// How many items it has.
    pub(super) fn items(&self) -> usize {
        let item = item_bytes(self.kind).and_then(|bytes| usize::try_from(bytes).ok());
        self.bytes.len() / item.unwrap_or(1)
    }

    /// The bytes of a text, up to its first NUL.
    pub(super) fn text(&self) -> Option<&[u8]> {
        match self.kind {
            1 | 2 | 7 => self.bytes.split(|byte| *byte == 0).next(),
            _ => None,
        }
    }

    /// All bytes, whatever they mean.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Tags {
    values: BTreeMap<Tag, Value>,
    /// What was left out, in words.
    pub(super) left_out: Vec<String>,
    /// Nothing could be read at all, and why.
    pub(super) unreadable: Option<String>,
}

impl Tags {
    /// The value of a tag. Some writers put what belongs to the EXIF part beside the main
    /// picture's values, and the other way round.
    pub(super) fn get(&self, tag: Tag) -> Option<&Value> {
        let elsewhere = match tag.0 {
            Directory::Primary => Some(Directory::Exif),
            Directory::Exif => Some(Directory::Primary),
            Directory::Gps | Directory::Thumbnail => None,
        };
        self.values
            .get(&tag)
            .or_else(|| self.values.get(&(elsewhere?, tag.1)))
    }
}

/// Bytes at places, as many of them as there are.
pub(super) trait Places {
    /// Up to `len` bytes from `at` on; fewer where the end comes first.
    fn read_at(&mut self, at: u64, len: u64) -> io::Result<Vec<u8>>;
}

impl Places for &[u8] {
    fn read_at(&mut self, at: u64, len: u64) -> io::Result<Vec<u8>> {
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        let rest = self.get(from..).unwrap_or_default();
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(rest.len());
        Ok(rest.get(..len).unwrap_or_default().to_vec())
    }
}

impl<R: Read + Seek> Places for Source<'_, R> {
    fn read_at(&mut self, at: u64, len: u64) -> io::Result<Vec<u8>> {
        let read = self.seek_to(at).and_then(|()| {
            let there = self.left().min(len);
            self.bytes(usize::try_from(there).unwrap_or(0))
        });
        match read {
            Ok(bytes) => Ok(bytes),
            Err(Stop::End | Stop::Broken(_)) => Ok(Vec::new()),
            Err(Stop::Io(error)) => Err(error),
        }
    }
}

/// What a second directory in the chain means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// In an EXIF block: the thumbnail.
    IsThumbnail,
    /// In a TIFF file: another page.
    IsPage,
}

/// Reads what is asked for out of a structure that starts at byte 0.
pub(super) fn walk(places: &mut impl Places, next: Next) -> io::Result<Tags> {
    let mut walk = Walk {
        places,
        order: Order::Little,
        next,
        waiting: VecDeque::new(),
        visited: BTreeSet::new(),
        entries_left: MAX_ENTRIES,
        bytes_left: MAX_METADATA_BYTES as u64,
        tags: Tags::default(),
    };
    if let Err(why) = walk.begin()? {
        walk.tags.unreadable = Some(why);
        return Ok(walk.tags);
    }
    while let Some((directory, at)) = walk.waiting.pop_front() {
        walk.directory(directory, at)?;
    }
    Ok(walk.tags)
}

struct Walk<'p, P> {
    places: &'p mut P,
    order: Order,
    next: Next,
    waiting: VecDeque<(Directory, u64)>,
    visited: BTreeSet<u64>,
    entries_left: usize,
    bytes_left: u64,
    tags: Tags,
}

impl<P: Places> Walk<'_, P> {
    fn begin(&mut self) -> io::Result<Result<(), String>> {
        let head = self.places.read_at(0, 8)?;
        let (order, first) = match head.as_slice() {
            [b'I', b'I', 42, 0, at @ ..] => (Order::Little, at),
            [b'M', b'M', 0, 42, at @ ..] => (Order::Big, at),
            _ => return Ok(Err("it does not start like a TIFF structure".to_owned())),
        };
        self.order = order;
        let Ok(first) = <[u8; 4]>::try_from(first) else {
            return Ok(Err("it ends inside its first eight bytes".to_owned()));
        };
        self.waiting
            .push_back((Directory::Primary, order.u32(first).into()));
        Ok(Ok(()))
    }

    fn leave_out(&mut self, what: String) {
        // Three are told apart for people; a hostile block could name thousands.
        if self.tags.left_out.len() < MAX_DIRECTORIES {
            self.tags.left_out.push(what);
        }
    }

    fn directory(&mut self, name: Directory, at: u64) -> io::Result<()> {
        if self.visited.len() >= MAX_DIRECTORIES || !self.visited.insert(at) {
            self.leave_out(format!(
                "the {name:?} directory at byte {at} was visited before"
            ));
            return Ok(());
        }
        let head = self.places.read_at(at, 2)?;
        let Ok(count) = <[u8; 2]>::try_from(head.as_slice()) else {
            self.leave_out(format!("the {name:?} directory at byte {at} lies outside"));
            return Ok(());
        };
        let count = usize::from(self.order.u16(count));
        let taken = count.min(self.entries_left);
        self.entries_left -= taken;
        let table = self.places.read_at(at + 2, taken as u64 * 12 + 4)?;
        if taken < count || table.len() < taken * 12 {
            let there = taken.min(table.len() / 12);
            self.leave_out(format!(
                "{there} of {count} entries of the {name:?} directory are there"
            ));
        }
        let mut entries = table.chunks_exact(12);
        for entry in entries.by_ref().take(taken) {
            self.entry(name, entry)?;
        }
        if let (true, Ok(next)) = (taken == count, <[u8; 4]>::try_from(entries.remainder())) {
            self.follow(name, self.order.u32(next).into());
        }
        Ok(())
    }

    fn follow(&mut self, from: Directory, next: u64) {
        match (from, self.next) {
            _ if next == 0 => {}
            (Directory::Primary, Next::IsThumbnail) => {
                self.waiting.push_back((Directory::Thumbnail, next))
            }
            (Directory::Primary, Next::IsPage) | (Directory::Thumbnail, _) => {}
            (Directory::Exif | Directory::Gps, _) => {
                self.leave_out(format!(
                    "the {from:?} directory names a next one, which it cannot have"
                ));
            }
        }
    }

    fn entry(&mut self, directory: Directory, entry: &[u8]) -> io::Result<()> {
        let [t0, t1, k0, k1, c0, c1, c2, c3, value @ ..] = entry else {
            return Ok(());
        };
        let Ok(value) = <[u8; 4]>::try_from(value) else {
            return Ok(());
        };
        let number = self.order.u16([*t0, *t1]);
        let kind = self.order.u16([*k0, *k1]);
        let count = self.order.u32([*c0, *c1, *c2, *c3]);
        let part = match number {
            tag::EXIF_POINTER => Some(Directory::Exif),
            tag::GPS_POINTER => Some(Directory::Gps),
            _ => None,
        };
        let holds_parts = matches!(directory, Directory::Primary | Directory::Exif);
        if let (Some(part), true) = (part, holds_parts) {
            self.waiting.push_back((part, self.order.u32(value).into()));
            return Ok(());
        }
        if tag::ALL.contains(&(directory, number)) || is_misplaced(directory, number) {
            self.value((directory, number), (kind, count), value)?;
        }
        Ok(())
    }

    fn value(&mut self, tag: Tag, (kind, count): (u16, u32), inline: [u8; 4]) -> io::Result<()> {
        let Some(item) = item_bytes(kind) else {
            self.leave_out(format!("tag {:#06x} has the unknown kind {kind}", tag.1));
            return Ok(());
        };
        let most = if tag == tag::XMP {
            self.bytes_left
        } else {
            MAX_VALUE_BYTES
        };
        let whole = item * u64::from(count);
        let len = whole.min(most).min(self.bytes_left);
        let bytes = if whole <= 4 {
            inline
                .iter()
                .copied()
                .take(usize::try_from(whole).unwrap_or(4))
                .collect()
        } else {
            self.places.read_at(self.order.u32(inline).into(), len)?
        };
        if whole > 4 {
            self.bytes_left = self.bytes_left.saturating_sub(bytes.len() as u64);
            if (bytes.len() as u64) < len {
                self.leave_out(format!("tag {:#06x} points outside", tag.1));
                // A text that is cut still says something; half a number does not.
                if kind != 2 || bytes.is_empty() {
                    return Ok(());
                }
            }
        }
        let order = self.order;
        self.tags
            .values
            .entry(tag)
            .or_insert(Value { kind, order, bytes });
        Ok(())
    }
}

fn is_misplaced(directory: Directory, number: u16) -> bool {
    match directory {
        Directory::Primary => tag::ALL.contains(&(Directory::Exif, number)),
        Directory::Exif => tag::ALL.contains(&(Directory::Primary, number)),
        Directory::Gps | Directory::Thumbnail => false,
    }
}
