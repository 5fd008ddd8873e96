//! Columns: like values stand together, where compression finds them, and numbers as differences.
//!
//! A column is named by what is in it; writer and reader meet the names in the same order, so the
//! names themselves never travel. Numbers come first and texts behind them, because they compress
//! by different tables. What repeats costs nothing: numbers are differences, a column's last zeros
//! are left out, and a text that is the one before it in its column is not written.

use std::collections::BTreeMap;

/// Most columns of one run; honest runs have fewer than a hundred.
const MAX_COLUMNS: u64 = 16 * 1024;

/// What a column holds. The lowest bit says whether it is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    /// The beginning of a family of columns.
    pub(super) const fn of(family: u64) -> Self {
        Self(mix(family) & !1)
    }

    /// The column of one part of it.
    pub(super) const fn part(self, part: u64) -> Self {
        Self(mix(self.0 ^ mix(part)) & !1)
    }

    /// The column of its letters.
    pub(super) const fn letters(self) -> Self {
        Self(self.0 | 1)
    }

    const fn is_text(self) -> bool {
        self.0 & 1 == 1
    }
}

/// splitmix64: two columns that fall together would only compress a little worse.
const fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Appends a number, seven bits a byte, lowest first.
pub(super) fn put_unsigned(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Appends a signed number as LEB128 does.
pub(super) fn put_signed(out: &mut Vec<u8>, mut number: i64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        let sign = low & 0x40 != 0;
        if (number == 0 && !sign) || (number == -1 && sign) {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Small differences either way become small numbers.
pub(super) const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

pub(super) const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Takes a number from the front.
pub(super) fn take_unsigned(bytes: &mut &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for place in 0..10_u32 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        number |= bits
            .checked_shl(7 * place)
            .filter(|moved| moved >> (7 * place) == bits)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], len: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(len).ok()?)?;
    *bytes = rest;
    Some(taken)
}

/// Columns being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    columns: Vec<(Key, Vec<u8>)>,
    places: BTreeMap<Key, usize>,
    last: BTreeMap<Key, i64>,
    texts: BTreeMap<Key, Vec<u8>>,
}

impl Writer {
    fn column(&mut self, key: Key) -> &mut Vec<u8> {
        let next = self.columns.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.columns.push((key, Vec::new()));
        }
        #[expect(clippy::indexing_slicing, reason = "made above if it was not there")]
        &mut self.columns[place].1
    }

    /// A number that is mostly the one before it.
    pub(super) fn number(&mut self, key: Key, number: u64) {
        self.step(key, number.cast_signed());
    }

    /// Opens a column here, because its reader comes to it here.
    pub(super) fn open(&mut self, key: Key) {
        self.column(key);
    }

    /// A number that is mostly zero.
    pub(super) fn signed(&mut self, key: Key, number: i64) {
        put_unsigned(self.column(key), zigzag(number));
    }

    /// A number as the difference from the one before it in the same column.
    pub(super) fn step(&mut self, key: Key, number: i64) {
        let before = self.last.insert(key, number).unwrap_or(0);
        self.signed(key, number.wrapping_sub(before));
    }

    /// Bytes, with their length beside them; zero says that they are those before.
    pub(super) fn bytes(&mut self, key: Key, bytes: &[u8]) {
        self.column(key);
        self.column(key.letters());
        if self.texts.get(&key).is_some_and(|before| before == bytes) {
            return self.number(key, 0);
        }
        self.number(key, bytes.len() as u64 + 1);
        self.column(key.letters()).extend_from_slice(bytes);
        self.texts.insert(key, bytes.to_vec());
    }

    /// Letters whose end the reader knows.
    pub(super) fn letters(&mut self, key: Key, bytes: &[u8]) {
        self.column(key.letters()).extend_from_slice(bytes);
    }

    /// All columns: lengths, then numbers, then texts.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for (key, data) in &mut self.columns {
            while !key.is_text() && data.last() == Some(&0) {
                data.pop();
            }
        }
        let mut out = Vec::new();
        put_unsigned(&mut out, self.columns.len() as u64);
        for (key, data) in &self.columns {
            put_unsigned(
                &mut out,
                (data.len() as u64) << 1 | u64::from(key.is_text()),
            );
        }
        for texts in [false, true] {
            for (key, data) in &self.columns {
                if key.is_text() == texts {
                    out.extend_from_slice(data);
                }
            }
        }
        out
    }
}

/// Columns being read. `None` anywhere means that they are cut or not what they say.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    columns: Vec<&'a [u8]>,
    places: BTreeMap<Key, usize>,
    last: BTreeMap<Key, i64>,
    texts: BTreeMap<Key, &'a [u8]>,
}

impl<'a> Reader<'a> {
    pub(super) fn open(mut bytes: &'a [u8]) -> Option<Self> {
        let count = take_unsigned(&mut bytes).filter(|count| *count <= MAX_COLUMNS)?;
        let mut lengths = Vec::new();
        for _ in 0..count {
            lengths.push(take_unsigned(&mut bytes)?);
        }
        let mut columns = vec![[].as_slice(); lengths.len()];
        for texts in [0, 1] {
            for (length, column) in lengths.iter().zip(&mut columns) {
                if length & 1 == texts {
                    *column = take(&mut bytes, length >> 1)?;
                }
            }
        }
        bytes.is_empty().then_some(Self {
            columns,
            places: BTreeMap::new(),
            last: BTreeMap::new(),
            texts: BTreeMap::new(),
        })
    }

    fn column(&mut self, key: Key) -> Option<&mut &'a [u8]> {
        let next = self.places.len();
        let place = *self.places.entry(key).or_insert(next);
        self.columns.get_mut(place)
    }

    pub(super) fn number(&mut self, key: Key) -> Option<u64> {
        self.step(key).map(i64::cast_unsigned)
    }

    /// A column that is at its end goes on with zeros.
    pub(super) fn signed(&mut self, key: Key) -> Option<i64> {
        let column = self.column(key)?;
        if column.is_empty() {
            return Some(0);
        }
        take_unsigned(column).map(unzigzag)
    }

    pub(super) fn step(&mut self, key: Key) -> Option<i64> {
        let before = self.last.get(&key).copied().unwrap_or(0);
        let number = before.wrapping_add(self.signed(key)?);
        self.last.insert(key, number);
        Some(number)
    }

    pub(super) fn bytes(&mut self, key: Key) -> Option<&'a [u8]> {
        let len = self.number(key)?;
        let letters = self.column(key.letters())?;
        let Some(len) = len.checked_sub(1) else {
            return self.texts.get(&key).copied();
        };
        let text = take(letters, len)?;
        self.texts.insert(key, text);
        Some(text)
    }

    /// The next letter.
    pub(super) fn letter(&mut self, key: Key) -> Option<u8> {
        let column = self.column(key.letters())?;
        let (letter, rest) = column.split_first()?;
        *column = rest;
        Some(*letter)
    }

    /// Whether everything was read.
    pub(super) fn is_spent(&self) -> bool {
        self.columns.iter().all(|column| column.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_as_they_were_written() {
        let (a, b) = (Key::of(1), Key::of(1).part(7));
        let mut writer = Writer::default();
        for number in [5, -5, i64::MAX, i64::MIN, 0] {
            writer.step(a, number);
            writer.bytes(b, &number.to_be_bytes());
        }
        let bytes = writer.finish();
        let mut reader = Reader::open(&bytes).unwrap();
        for number in [5, -5, i64::MAX, i64::MIN, 0] {
            assert_eq!(reader.step(a), Some(number));
            assert_eq!(reader.bytes(b), Some(number.to_be_bytes().as_slice()));
        }
        assert!(reader.is_spent());
        for cut in 0..bytes.len() {
            assert!(Reader::open(&bytes[..cut]).is_none());
        }
    }

    #[test]
    fn what_repeats_costs_nothing() {
        let (a, b) = (Key::of(1), Key::of(2));
        let mut writer = Writer::default();
        for _ in 0..100 {
            writer.number(a, 200);
            writer.bytes(b, b"image/jpeg");
        }
        let bytes = writer.finish();
        assert!(bytes.len() < 25, "{}", bytes.len());
        let mut reader = Reader::open(&bytes).unwrap();
        for _ in 0..100 {
            assert_eq!(reader.number(a), Some(200));
            assert_eq!(reader.bytes(b), Some(b"image/jpeg".as_slice()));
        }
        assert!(reader.is_spent());
    }

    #[test]
    fn signed_numbers_are_written_as_the_change_chunk_writes_them() {
        let written = |number| {
            let mut out = Vec::new();
            put_signed(&mut out, number);
            out
        };
        assert_eq!(written(63), [63]);
        assert_eq!(written(64), [0xc0, 0]);
        assert_eq!(written(-1), [0x7f]);
        assert_eq!(written(-65), [0xbf, 0x7f]);
    }
}
