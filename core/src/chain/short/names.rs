//! Digests and ids: bytes that nothing compresses stand apart, once each; everything else refers.
//!
//! A digest is written as one of: fresh (its bytes go to the pool), one that was named before, or
//! one that the receiver computes itself. Texts are searched for them, as bytes and as
//! hexadecimal digits, so that a row's id in a path costs as little as anywhere else. An id that
//! begins with the time it was made at (UUIDv7) gives that as a difference from the envelope's.

use std::collections::BTreeMap;

use super::columns::{Key, Reader, Writer};
use crate::domain::{Digest, RowId, WallMs};

/// Stands for a name in a text; it occurs in no UTF-8.
const ESCAPE: u8 = 0xc1;
const CODES: Key = Key::of(20);
const MADE_AT: Key = Key::of(21);
const ROW_NUMBER: Key = Key::of(22);
/// An id was made so near its envelope.
const NEAR_MS: i64 = 1 << 32;

const LITERAL: u64 = 0;
const WIDE: u64 = 1;
const NARROW: u64 = 2;
const TIMED: u64 = 3;
const ROW: u64 = 4;
const COMPUTED: u64 = 5;
const KNOWN: u64 = COMPUTED + COMPUTABLE as u64;
/// A row's number is at most so far from that of the row before.
const ROWS_AHEAD: u64 = 8;
const FIRST_ROWS: u64 = 4_096;

/// How many names a receiver can compute before it reads a body.
const COMPUTABLE: usize = 6;

/// What both sides know when they come to an envelope.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// The envelope's wall clock.
    pub(super) wall: i64,
    /// The actor of its change: ids of new rows follow from it.
    pub(super) actor: Option<[u8; 16]>,
    /// Digest of the envelope before it.
    pub(super) previous: Option<[u8; 32]>,
    /// The newest change of its case.
    pub(super) newest: Option<[u8; 32]>,
    /// The root over the only chunk of the bytes whose digest was the last fresh one.
    pub(super) chunk_root: Option<[u8; 32]>,
    /// Digest of the longest text of the statement before it.
    pub(super) text: Option<[u8; 32]>,
    /// The case.
    pub(super) subject: Option<[u8; 16]>,
    /// The boot.
    pub(super) boot: Option<[u8; 16]>,
}

impl Context {
    fn computed(&self) -> [Option<Name>; COMPUTABLE] {
        let wide = [self.previous, self.newest, self.chunk_root, self.text];
        let [previous, newest, root, text] = wide.map(|bytes| bytes.map(Name::Wide));
        let [subject, boot] = [self.subject, self.boot].map(|bytes| bytes.map(Name::Narrow));
        [previous, newest, root, text, subject, boot]
    }

    /// The `number`th row of the change's actor, made at that time.
    fn row(&self, number: u64, made_at: i64) -> Option<[u8; 16]> {
        let id = RowId::derive(&self.actor?, number, WallMs(made_at));
        Some(*id.as_bytes())
    }
}

/// A name: a digest, or an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Wide([u8; 32]),
    Narrow([u8; 16]),
}

impl Name {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Wide(bytes) => bytes,
            Self::Narrow(bytes) => bytes,
        }
    }

    const fn is_narrow(self) -> bool {
        matches!(self, Self::Narrow(_))
    }
}

/// The names so far, and where the last reference of each width pointed.
#[derive(Debug, Default)]
struct Table {
    wide: Vec<Name>,
    narrow: Vec<Name>,
    last: (i64, i64),
}

impl Table {
    fn list(&mut self, is_narrow: bool) -> (&mut Vec<Name>, &mut i64) {
        if is_narrow {
            (&mut self.narrow, &mut self.last.1)
        } else {
            (&mut self.wide, &mut self.last.0)
        }
    }

    /// Adds a name; its place.
    fn add(&mut self, name: Name) -> i64 {
        let (list, last) = self.list(name.is_narrow());
        *last = i64::try_from(list.len()).unwrap_or(i64::MAX);
        list.push(name);
        *last
    }
}

/// Where chunks end before 256 KiB there is one, and its root follows from its digest.
fn root_of_one_chunk(digest: [u8; 32]) -> [u8; 32] {
    let mut leaf = vec![0];
    leaf.extend_from_slice(&digest);
    *Digest::of(&leaf).as_bytes()
}

/// Names being written.
#[derive(Debug, Default)]
pub(super) struct NameWriter {
    table: Table,
    places: BTreeMap<Name, i64>,
    pool: Vec<u8>,
    /// Number of the row after the last one.
    next_row: u64,
    pub(super) context: Context,
}

impl NameWriter {
    pub(super) fn finish(self) -> Vec<u8> {
        self.pool
    }

    /// A name that the receiver looked up elsewhere; later ones refer to it.
    pub(super) fn learn(&mut self, bytes: [u8; 16]) {
        let name = Name::Narrow(bytes);
        if !self.places.contains_key(&name) {
            let place = self.table.add(name);
            self.places.insert(name, place);
        }
    }

    /// Whether an id was named before.
    pub(super) fn knows(&self, bytes: [u8; 16]) -> bool {
        self.places.contains_key(&Name::Narrow(bytes))
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.pool.extend_from_slice(bytes);
    }

    pub(super) fn wide(&mut self, columns: &mut Writer, codes: Key, bytes: [u8; 32]) {
        columns.open(codes);
        let code = self.code(columns, Name::Wide(bytes));
        columns.number(codes, code);
    }

    pub(super) fn narrow(&mut self, columns: &mut Writer, codes: Key, bytes: [u8; 16]) {
        columns.open(codes);
        let code = self.code(columns, Name::Narrow(bytes));
        columns.number(codes, code);
    }

    fn code(&mut self, columns: &mut Writer, name: Name) -> u64 {
        let computed = self.context.computed();
        let found = (COMPUTED..)
            .zip(computed)
            .find(|(_, computed)| *computed == Some(name));
        if let Some((code, _)) = found {
            return code;
        }
        if let Some(place) = self.places.get(&name) {
            let (_, last) = self.table.list(name.is_narrow());
            let step = super::columns::zigzag(place - *last - 1);
            *last = *place;
            return KNOWN + (step << 1 | u64::from(name.is_narrow()));
        }
        let place = self.table.add(name);
        self.places.insert(name, place);
        match name {
            Name::Wide(bytes) => {
                self.context.chunk_root = Some(root_of_one_chunk(bytes));
                self.pool.extend_from_slice(&bytes);
                WIDE
            }
            Name::Narrow(bytes) => {
                let (made_at, random) = split_time(&bytes);
                let step = made_at - self.context.wall;
                if let Some(number) = self.row_number(&bytes, made_at) {
                    columns.signed(MADE_AT, step);
                    columns.step(ROW_NUMBER, number.cast_signed());
                    self.next_row = number.wrapping_add(1);
                    ROW
                } else if step.abs() < NEAR_MS {
                    columns.signed(MADE_AT, step);
                    self.pool.extend_from_slice(random);
                    TIMED
                } else {
                    self.pool.extend_from_slice(&bytes);
                    NARROW
                }
            }
        }
    }

    /// The number of a row that the change's actor made, if it is one of the next; the first row
    /// of a run may be any of a session's first thousands.
    fn row_number(&self, bytes: &[u8; 16], made_at: i64) -> Option<u64> {
        let most = if self.next_row == 0 {
            FIRST_ROWS
        } else {
            ROWS_AHEAD
        };
        (self.next_row..self.next_row.saturating_add(most))
            .find(|number| self.context.row(*number, made_at).as_ref() == Some(bytes))
    }

    /// A text with its names taken out, in its column.
    pub(super) fn text(&mut self, columns: &mut Writer, key: Key, text: &[u8]) {
        columns.open(key);
        columns.open(key.letters());
        let packed = self.pack(columns, text);
        columns.bytes(key, &packed);
    }

    /// The same, without its length, which the reader knows.
    pub(super) fn text_of_known_length(&mut self, columns: &mut Writer, key: Key, text: &[u8]) {
        columns.open(key.letters());
        let packed = self.pack(columns, text);
        columns.letters(key, &packed);
    }

    fn pack(&mut self, columns: &mut Writer, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        // A stretch of digits begins a name or is none; no end of it is looked at.
        let mut begins = true;
        while let Some((first, after)) = rest.split_first() {
            if let Some((name, len, hex)) = self.name_at(rest, begins) {
                columns.open(CODES);
                let code = self.code(columns, name);
                columns.number(CODES, code << 1 | u64::from(hex));
                out.push(ESCAPE);
                rest = rest.get(len..).unwrap_or_default();
                begins = true;
                continue;
            }
            out.push(*first);
            if *first == ESCAPE {
                columns.number(CODES, LITERAL);
            }
            begins = hex_digits(rest) == 0;
            rest = after;
        }
        out
    }

    /// The name that begins here, its length in the text, and whether it is written in digits.
    fn name_at(&self, text: &[u8], begins: bool) -> Option<(Name, usize, bool)> {
        let digits = if begins { hex_digits(text) } else { 0 };
        if digits >= 64 {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text.get(..64)?, &mut bytes).ok()?;
            return Some((Name::Wide(bytes), 64, true));
        }
        if digits >= 32 {
            let mut bytes = [0; 16];
            hex::decode_to_slice(text.get(..32)?, &mut bytes).ok()?;
            return Some((Name::Narrow(bytes), 32, true));
        }
        let wide = text.first_chunk::<32>().map(|bytes| Name::Wide(*bytes));
        let narrow = text.first_chunk::<16>().map(|bytes| Name::Narrow(*bytes));
        wide.into_iter()
            .chain(narrow)
            .find(|name| self.places.contains_key(name))
            .map(|name| (name, name.bytes().len(), false))
    }
}

/// How many lower-case hexadecimal digits a text begins with, up to 64.
fn hex_digits(text: &[u8]) -> usize {
    let is_digit = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.iter().take(64).take_while(is_digit).count()
}

/// The first 48 bits as a number, and the rest.
fn split_time(bytes: &[u8; 16]) -> (i64, &[u8]) {
    let (time, random) = bytes.split_at(6);
    let made_at = time.iter().fold(0, |ms, byte| (ms << 8) | i64::from(*byte));
    (made_at, random)
}

/// Names being read.
#[derive(Debug)]
pub(super) struct NameReader<'a> {
    table: Table,
    pool: &'a [u8],
    pub(super) context: Context,
}

impl<'a> NameReader<'a> {
    pub(super) fn open(pool: &'a [u8]) -> Self {
        Self {
            table: Table::default(),
            pool,
            context: Context::default(),
        }
    }

    pub(super) const fn is_spent(&self) -> bool {
        self.pool.is_empty()
    }

    pub(super) fn learn(&mut self, bytes: [u8; 16]) {
        let name = Name::Narrow(bytes);
        if !self.table.narrow.contains(&name) {
            self.table.add(name);
        }
    }

    pub(super) fn raw<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.pool.split_first_chunk::<N>()?;
        self.pool = rest;
        Some(*bytes)
    }

    pub(super) fn wide(&mut self, columns: &mut Reader<'_>, codes: Key) -> Option<[u8; 32]> {
        let code = columns.number(codes)?;
        match self.name(columns, code)? {
            Name::Wide(bytes) => Some(bytes),
            Name::Narrow(_) => None,
        }
    }

    pub(super) fn narrow(&mut self, columns: &mut Reader<'_>, codes: Key) -> Option<[u8; 16]> {
        let code = columns.number(codes)?;
        match self.name(columns, code)? {
            Name::Narrow(bytes) => Some(bytes),
            Name::Wide(_) => None,
        }
    }

    fn name(&mut self, columns: &mut Reader<'_>, code: u64) -> Option<Name> {
        let name = match code {
            LITERAL => return None,
            WIDE => {
                let bytes = self.raw()?;
                self.context.chunk_root = Some(root_of_one_chunk(bytes));
                Name::Wide(bytes)
            }
            NARROW => Name::Narrow(self.raw()?),
            TIMED => Name::Narrow(self.timed(columns.signed(MADE_AT)?)?),
            ROW => {
                let made_at = self.context.wall.checked_add(columns.signed(MADE_AT)?)?;
                let number = columns.step(ROW_NUMBER)?.cast_unsigned();
                Name::Narrow(self.context.row(number, made_at)?)
            }
            COMPUTED..KNOWN => {
                let which = usize::try_from(code - COMPUTED).ok()?;
                return *self.context.computed().get(which)?;
            }
            _ => return self.known(code - KNOWN),
        };
        self.table.add(name);
        Some(name)
    }

    fn known(&mut self, code: u64) -> Option<Name> {
        let (list, last) = self.table.list(code & 1 == 1);
        let step = super::columns::unzigzag(code >> 1);
        let place = last.checked_add(step)?.checked_add(1)?;
        let name = *list.get(usize::try_from(place).ok()?)?;
        *last = place;
        Some(name)
    }

    fn timed(&mut self, step: i64) -> Option<[u8; 16]> {
        let made_at = self.context.wall.checked_add(step)?;
        let random: [u8; 10] = self.raw()?;
        let mut bytes = [0; 16];
        let (time, rest) = bytes.split_at_mut(6);
        time.copy_from_slice(made_at.to_be_bytes().get(2..)?);
        rest.copy_from_slice(&random);
        Some(bytes)
    }

    /// A text with its names put back; nothing if it would be longer than `limit`.
    pub(super) fn text(
        &mut self,
        columns: &mut Reader<'_>,
        key: Key,
        limit: usize,
    ) -> Option<Vec<u8>> {
        let packed = columns.bytes(key)?;
        let mut out = Vec::with_capacity(packed.len());
        for byte in packed {
            if out.len() > limit {
                return None;
            }
            self.unpack(columns, *byte, &mut out)?;
        }
        Some(out)
    }

    /// The same for a text of so many bytes.
    pub(super) fn text_of_known_length(
        &mut self,
        columns: &mut Reader<'_>,
        key: Key,
        len: usize,
    ) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        while out.len() < len {
            let letter = columns.letter(key)?;
            self.unpack(columns, letter, &mut out)?;
        }
        (out.len() == len).then_some(out)
    }

    fn unpack(&mut self, columns: &mut Reader<'_>, byte: u8, out: &mut Vec<u8>) -> Option<()> {
        if byte != ESCAPE {
            out.push(byte);
            return Some(());
        }
        let code = columns.number(CODES)?;
        if code == LITERAL {
            out.push(ESCAPE);
            return Some(());
        }
        let name = self.name(columns, code >> 1)?;
        if code & 1 == 1 {
            out.extend_from_slice(hex::encode(name.bytes()).as_bytes());
        } else {
            out.extend_from_slice(name.bytes());
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_text_come_back_as_digits_or_bytes() {
        let wall: i64 = 0x0199_8877_6655;
        let mut id = [7; 16];
        id[..6].copy_from_slice(&wall.to_be_bytes()[2..]);
        let digest = [0xab; 32];
        let texts = [
            format!("lines.{}.amount", hex::encode(id)).into_bytes(),
            [b"\xc1x".as_slice(), &digest, &id, b"0123456789"].concat(),
            hex::encode(digest).into_bytes(),
            [b"x".as_slice(), hex::encode(id).as_bytes()].concat(),
        ];
        let (mut columns, mut names) = (Writer::default(), NameWriter::default());
        names.context.wall = wall + 5;
        names.wide(&mut columns, Key::of(9), digest);
        for text in &texts {
            names.text(&mut columns, Key::of(8), text);
        }
        let (bytes, pool) = (columns.finish(), names.finish());
        assert_eq!(pool.len(), 32 + 10, "each name once");
        let mut columns = Reader::open(&bytes).unwrap();
        let mut names = NameReader::open(&pool);
        names.context.wall = wall + 5;
        assert_eq!(names.wide(&mut columns, Key::of(9)), Some(digest));
        for text in &texts {
            let back = names.text(&mut columns, Key::of(8), 1_000);
            assert_eq!(back.as_deref(), Some(text.as_slice()));
        }
        assert!(columns.is_spent() && names.is_spent());
    }
}
