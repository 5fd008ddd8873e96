//! A change chunk taken apart and put together again, byte by byte as Automerge writes it.

use super::columns::{put_signed, put_unsigned, take_unsigned};
use crate::chain::gate;
use crate::domain::Digest;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The column of what each operation does; every operation has an entry there.
const ACTIONS: u64 = 66;
/// Most entries of any of its lists.
pub(super) const MOST: u64 = 64;

/// The parts of an uncompressed change chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) deps: Vec<Digest>,
    pub(super) actor: [u8; 16],
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: &'a [u8],
    pub(super) others: Vec<[u8; 16]>,
    pub(super) columns: Vec<(u64, &'a [u8])>,
}

/// A change as those after it need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) hash: Digest,
    pub(super) actor: [u8; 16],
    pub(super) seq: u64,
    pub(super) max_op: u64,
}

fn take<'a>(bytes: &mut &'a [u8], len: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(len).ok()?)?;
    *bytes = rest;
    Some(taken)
}

fn take_prefixed<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take_unsigned(bytes)?;
    take(bytes, len)
}

fn take_count(bytes: &mut &[u8]) -> Option<u64> {
    take_unsigned(bytes).filter(|count| *count <= MOST)
}

fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let mut number: i64 = 0;
    for place in 0..10_u32 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
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

impl<'a> Chunk<'a> {
    /// Takes a chunk apart; nothing if it is not of the usual form.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut left = body;
        let (magic, _checksum) = (take(&mut left, 4)?, take(&mut left, 4)?);
        if magic != MAGIC || take(&mut left, 1)? != [1] {
            return None;
        }
        let declared = take_unsigned(&mut left)?;
        if declared != left.len() as u64 {
            return None;
        }
        let mut deps = Vec::new();
        for _ in 0..take_count(&mut left)? {
            deps.push(Digest::from_slice(take(&mut left, 32)?)?);
        }
        let actor = take_prefixed(&mut left)?.try_into().ok()?;
        let (seq, start_op) = (take_unsigned(&mut left)?, take_unsigned(&mut left)?);
        let time = take_signed(&mut left)?;
        let message = take_prefixed(&mut left)?;
        let mut others = Vec::new();
        for _ in 0..take_count(&mut left)? {
            others.push(take_prefixed(&mut left)?.try_into().ok()?);
        }
        let mut lengths = Vec::new();
        for _ in 0..take_count(&mut left)? {
            lengths.push((take_unsigned(&mut left)?, take_unsigned(&mut left)?));
        }
        let mut columns = Vec::new();
        for (specification, len) in lengths {
            columns.push((specification, take(&mut left, len)?));
        }
        left.is_empty().then_some(Self {
            deps,
            actor,
            seq,
            start_op,
            time,
            message,
            others,
            columns,
        })
    }

    pub(super) fn summary(&self, hash: Digest) -> Option<Summary> {
        let actions = self.columns.iter().find(|(spec, _)| *spec == ACTIONS);
        let operations = actions.map_or(Some(0), |(_, data)| gate::operations(data))?;
        Some(Summary {
            hash,
            actor: self.actor,
            seq: self.seq,
            max_op: self.start_op.checked_add(operations)?.checked_sub(1)?,
        })
    }
}

/// How long the values are whose kinds and lengths a column gives.
pub(super) fn values_len(mut kinds: &[u8]) -> Option<usize> {
    let mut len: u64 = 0;
    while !kinds.is_empty() {
        let run = take_signed(&mut kinds)?;
        if run == 0 {
            take_unsigned(&mut kinds)?;
        }
        let (values, times) = match run {
            1.. => (1, run.unsigned_abs()),
            _ => (run.unsigned_abs(), 1),
        };
        for _ in 0..values {
            let one = take_unsigned(&mut kinds)? >> 4;
            len = len.checked_add(one.checked_mul(times)?)?;
        }
    }
    usize::try_from(len).ok()
}

/// A column of numbers in which zero and the first operation's changed places: rows are mostly
/// written to where they were just made. Done twice it is undone.
pub(super) fn swapped(mut data: &[u8], start_op: u64) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    while !data.is_empty() {
        let run = take_signed(&mut data)?;
        put_signed(&mut out, run);
        if run == 0 {
            let nulls = take_unsigned(&mut data)?;
            put_unsigned(&mut out, nulls);
        }
        let values = if run > 0 { 1 } else { run.unsigned_abs() };
        for _ in 0..values {
            let number = take_unsigned(&mut data)?;
            let other = match number {
                0 => start_op,
                same if same == start_op => 0,
                other => other,
            };
            put_unsigned(&mut out, other);
        }
    }
    Some(out)
}

/// The chunk of these parts, and its hash.
pub(super) fn compose(chunk: &Chunk<'_>) -> (Vec<u8>, Digest) {
    let mut inner = Vec::new();
    put_unsigned(&mut inner, chunk.deps.len() as u64);
    for dep in &chunk.deps {
        inner.extend_from_slice(dep.as_bytes());
    }
    let prefixed = |out: &mut Vec<u8>, bytes: &[u8]| {
        put_unsigned(out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    };
    prefixed(&mut inner, &chunk.actor);
    put_unsigned(&mut inner, chunk.seq);
    put_unsigned(&mut inner, chunk.start_op);
    put_signed(&mut inner, chunk.time);
    prefixed(&mut inner, chunk.message);
    put_unsigned(&mut inner, chunk.others.len() as u64);
    for other in &chunk.others {
        prefixed(&mut inner, other);
    }
    put_unsigned(&mut inner, chunk.columns.len() as u64);
    for (specification, data) in &chunk.columns {
        put_unsigned(&mut inner, *specification);
        put_unsigned(&mut inner, data.len() as u64);
    }
    for (_, data) in &chunk.columns {
        inner.extend_from_slice(data);
    }
    let mut hashed = vec![1];
    put_unsigned(&mut hashed, inner.len() as u64);
    hashed.append(&mut inner);
    let hash = Digest::of(&hashed);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(hash.as_bytes().iter().take(4));
    bytes.append(&mut hashed);
    (bytes, hash)
}

/// The newest change of a case, from a stored body.
pub(super) fn summarise(body: &[u8]) -> Option<Summary> {
    let chunk = Chunk::parse(body)?;
    let inner = body.get(8..)?;
    chunk.summary(Digest::of(inner))
}
