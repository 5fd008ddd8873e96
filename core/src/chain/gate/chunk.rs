//! Reads a change chunk's own header, and counts its operations without expanding them: checks 5
//! and 6. A 113-byte change can make 3,000,000 operations, and Automerge expands before it checks.
//!
//! Layout: magic 4, checksum 4, type 1, length; dependencies (count, 32 bytes each); actor; seq;
//! start_op; time; message; other actors; columns as (specification, length)…; their data. Numbers
//! are LEB128. A column's specification ends in its type: 0 to 2 and 6 runs of numbers, 3 runs of
//! differences, 4 counts of alternating booleans, 5 runs of texts, 7 raw bytes; bit 3 says deflated.

use std::collections::BTreeSet;

use automerge::Change;

use super::super::envelope::MAX_BODY_BYTES;
use super::MAX_DEPS;

/// Most operations in one change.
pub const MAX_OPS: u64 = 2_000;
const MAX_ACTORS: u64 = 64;
const MAX_MESSAGE_BYTES: u64 = 64;
const MAX_COLUMNS: u64 = 64;
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const UNCOMPRESSED_CHANGE: u8 = 1;

/// Checks 5 and 6, then a guarded parse.
pub(super) fn read(body: &[u8]) -> Result<Change, String> {
    scan(body)?;
    let parsed = std::panic::catch_unwind(|| Change::from_bytes(body.to_vec()));
    let change = match parsed {
        Ok(Ok(change)) => change,
        Ok(Err(error)) => return Err(format!("unreadable change: {error}")),
        Err(_) => return Err("reading the change failed".to_owned()),
    };
    let distinct: BTreeSet<_> = change.deps().iter().collect();
    if distinct.len() != change.deps().len() {
        return Err("repeated dependencies".to_owned());
    }
    Ok(change)
}

/// How many operations a change chunk says to have at most. Takes no memory and time by the byte.
///
/// # Errors
/// Which limit or rule of the form is broken.
pub fn scan(body: &[u8]) -> Result<u64, String> {
    if body.len() > MAX_BODY_BYTES {
        return Err("change over 64 KiB".to_owned());
    }
    let cut = || "the chunk ends too early".to_owned();
    let mut left = Bytes(body);
    if left.take(4).is_none_or(|magic| magic != MAGIC) || left.take(4).is_none() {
        return Err("not an Automerge chunk".to_owned());
    }
    if left.byte().ok_or_else(cut)? != UNCOMPRESSED_CHANGE {
        return Err("only uncompressed change chunks are taken".to_owned());
    }
    let declared = left.unsigned().ok_or_else(cut)?;
    if usize::try_from(declared).ok() != Some(left.0.len()) {
        return Err("the chunk's declared length is not its length".to_owned());
    }
    skip_header(&mut left)?;
    count_operations(&mut left)
}

/// How many entries the column of actions has: as many as there are operations.
pub(in crate::chain) fn operations(actions: &[u8]) -> Option<u64> {
    Column::Numbers.total(Bytes(actions))
}

fn skip_header(left: &mut Bytes<'_>) -> Result<(), String> {
    let cut = || "the chunk's header ends too early".to_owned();
    let deps = left.unsigned().ok_or_else(cut)?;
    if deps > MAX_DEPS as u64 {
        return Err(format!("more than {MAX_DEPS} dependencies"));
    }
    for _ in 0..deps {
        left.take(32).ok_or_else(cut)?;
    }
    left.prefixed(64).ok_or_else(cut)?;
    for _ in 0..2 {
        left.unsigned().ok_or_else(cut)?;
    }
    left.signed().ok_or_else(cut)?;
    left.prefixed(MAX_MESSAGE_BYTES)
        .ok_or("a message of more than 64 bytes")?;
    let others = left.unsigned().ok_or_else(cut)?;
    if others > MAX_ACTORS {
        return Err(format!("more than {MAX_ACTORS} other actors"));
    }
    for _ in 0..others {
        left.prefixed(64).ok_or_else(cut)?;
    }
    Ok(())
}

/// The largest total over all columns; operations cannot be more.
fn count_operations(left: &mut Bytes<'_>) -> Result<u64, String> {
    let cut = || "the chunk's columns end too early".to_owned();
    let columns = left.unsigned().ok_or_else(cut)?;
    if columns > MAX_COLUMNS {
        return Err("too many columns".to_owned());
    }
    let mut table = Vec::new();
    for _ in 0..columns {
        table.push((
            left.unsigned().ok_or_else(cut)?,
            left.unsigned().ok_or_else(cut)?,
        ));
    }
    let mut most = 0;
    for (specification, len) in table {
        if specification & 8 != 0 {
            return Err("a deflated column".to_owned());
        }
        let len = usize::try_from(len).map_err(|_too_long| cut())?;
        let data = left.take(len).ok_or_else(cut)?;
        let total = Column::of(specification)
            .total(Bytes(data))
            .ok_or("a column that is cut or has too many entries")?;
        most = most.max(total);
    }
    if !left.0.is_empty() {
        return Err("extra bytes after the columns".to_owned());
    }
    if most > MAX_OPS {
        return Err(format!("more than {MAX_OPS} operations"));
    }
    Ok(most)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    /// Runs of counts, whose sum is as large as the columns they group.
    Group,
    Numbers,
    Differences,
    Booleans,
    Texts,
    Raw,
}

impl Column {
    const fn of(specification: u64) -> Self {
        match specification & 7 {
            0 => Self::Group,
            3 => Self::Differences,
            4 => Self::Booleans,
            5 => Self::Texts,
            7 => Self::Raw,
            _ => Self::Numbers,
        }
    }

    /// Entries of the column; nothing if it is cut, or as soon as there are too many.
    fn total(self, mut data: Bytes<'_>) -> Option<u64> {
        let mut total: u64 = 0;
        let mut grouped: u64 = 0;
        while self != Self::Raw && !data.0.is_empty() {
            if self == Self::Booleans {
                total = total.checked_add(data.unsigned()?)?;
            } else {
                let run = data.signed()?;
                let entries = if run == 0 {
                    data.unsigned()?
                } else {
                    run.unsigned_abs()
                };
                total = total.checked_add(entries)?;
                let values = if run > 0 {
                    1
                } else if run < 0 {
                    entries
                } else {
                    0
                };
                if total > MAX_OPS {
                    return None;
                }
                for _ in 0..values {
                    let value = self.value(&mut data)?;
                    let times = if run > 0 { entries } else { 1 };
                    grouped = grouped.checked_add(value.checked_mul(times)?)?;
                }
            }
            if total > MAX_OPS || grouped > MAX_OPS {
                return None;
            }
        }
        Some(total.max(grouped))
    }

    /// Reads one value; of a group column, how many entries it stands for.
    fn value(self, data: &mut Bytes<'_>) -> Option<u64> {
        match self {
            Self::Group => data.unsigned(),
            Self::Numbers => data.unsigned().map(|_| 0),
            Self::Differences => data.signed().map(|_| 0),
            Self::Texts => data.prefixed(MAX_BODY_BYTES as u64).map(|_| 0),
            Self::Booleans | Self::Raw => Some(0),
        }
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Bytes with their length before them, at most `most`.
    fn prefixed(&mut self, most: u64) -> Option<&'a [u8]> {
        let len = self.unsigned().filter(|len| *len <= most)?;
        self.take(usize::try_from(len).ok()?)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number: u64 = 0;
        for place in 0..10_u32 {
            let byte = self.byte()?;
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

    fn signed(&mut self) -> Option<i64> {
        let mut number: i64 = 0;
        for place in 0..10_u32 {
            let byte = self.byte()?;
            number |= i64::from(byte & 0x7f).checked_shl(7 * place)?;
            if byte & 0x80 == 0 {
                let bits = 7 * (place + 1);
                let negative = byte & 0x40 != 0 && bits < 64;
                return Some(if negative {
                    number | -1_i64.checked_shl(bits)?
                } else {
                    number
                });
            }
        }
        None
    }
}
