//! Records in blocks: where a record begins can be found in every block without any other.
//!
//! A block has the size of one age chunk. It starts with four bytes: `LBB1` in the first block, in
//! every other the place at which the first record begins in it, or zero if none does. A record is
//! its length (u32) and its CBOR, and goes on over the heads of the blocks that follow.

use super::{MAGIC, MAX_RECORD_BYTES};
use crate::vault::age::AGE_CHUNK_BYTES;

const HEAD_BYTES: usize = 4;
const LENGTH_BYTES: usize = 4;

/// Lays records out in blocks.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// How full the block is.
    filled: usize,
    /// Whether the first block was begun.
    begun: bool,
}

impl Layout {
    /// The bytes of a record where the layout stands, heads of blocks between them.
    pub(super) fn lay(&mut self, record: &[u8]) -> Vec<u8> {
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        let bytes = [length.to_be_bytes().as_slice(), record].concat();
        let mut out = Vec::with_capacity(bytes.len() + 2 * HEAD_BYTES);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            if self.filled == AGE_CHUNK_BYTES {
                self.filled = 0;
            }
            if self.filled == 0 {
                // A record that starts right here has its whole length before it.
                let before = if rest.len() == bytes.len() {
                    0
                } else {
                    rest.len()
                };
                out.extend_from_slice(&self.head(before));
                self.filled = HEAD_BYTES;
            }
            let (now, later) = rest.split_at(rest.len().min(AGE_CHUNK_BYTES - self.filled));
            out.extend_from_slice(now);
            self.filled += now.len();
            rest = later;
        }
        out
    }

    /// The head of a block in which `before` bytes of an older record come first.
    fn head(&mut self, before: usize) -> [u8; HEAD_BYTES] {
        if !std::mem::replace(&mut self.begun, true) {
            return *MAGIC;
        }
        let at = HEAD_BYTES + before;
        let at = if at < AGE_CHUNK_BYTES { at } else { 0 };
        u32::try_from(at).unwrap_or(0).to_be_bytes()
    }
}

/// Finds records in blocks again.
#[derive(Debug)]
pub(super) struct Finder {
    /// Bytes of the record under way, its length first.
    record: Vec<u8>,
    /// Whether the beginning of the next record is known.
    place: Place,
    first: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Known,
    Lost,
}

/// What a block brought.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whole records, in order.
    pub(super) records: Vec<Vec<u8>>,
    /// Records that are lost with certainty: begun and never ended.
    pub(super) lost: u64,
}

/// The first block is not one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoMagic(pub(super) [u8; 4]);

impl Finder {
    pub(super) const fn new() -> Self {
        Self {
            record: Vec::new(),
            place: Place::Known,
            first: true,
        }
    }

    /// Whether a record is begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        !self.record.is_empty()
    }

    /// Takes the next block; `None` for one that is damaged.
    pub(super) fn take(&mut self, block: Option<&[u8]>) -> Result<Found, NoMagic> {
        let mut found = Found::default();
        let first = std::mem::replace(&mut self.first, false);
        let Some((head, body)) = block.and_then(<[u8]>::split_first_chunk::<HEAD_BYTES>) else {
            self.lose(&mut found);
            return Ok(found);
        };
        if first {
            if head != MAGIC {
                return Err(NoMagic(*head));
            }
            self.read(body, &mut found);
            return Ok(found);
        }
        let at = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if self.place == Place::Lost {
            // Everything before the first record of this block belongs to one that is lost.
            let start = at.checked_sub(HEAD_BYTES).and_then(|at| body.get(at..));
            if let Some(rest) = start {
                self.place = Place::Known;
                self.read(rest, &mut found);
            }
            return Ok(found);
        }
        self.read(body, &mut found);
        Ok(found)
    }

    fn lose(&mut self, found: &mut Found) {
        found.lost += u64::from(self.is_within());
        self.record.clear();
        self.place = Place::Lost;
    }

    fn read(&mut self, mut bytes: &[u8], found: &mut Found) {
        while !bytes.is_empty() {
            let Some(missing) = self.missing() else {
                // No writer makes such a length: wait for the next place that is known.
                return self.lose(found);
            };
            let (now, later) = bytes.split_at(bytes.len().min(missing));
            self.record.extend_from_slice(now);
            bytes = later;
            if self.missing() == Some(0) {
                let record = std::mem::take(&mut self.record);
                found
                    .records
                    .push(record.into_iter().skip(LENGTH_BYTES).collect());
            }
        }
    }

    /// How many bytes the part under way lacks: first its length, then its body. Nothing if the
    /// length is impossible.
    fn missing(&self) -> Option<usize> {
        let Some((length, body)) = self.record.split_first_chunk::<LENGTH_BYTES>() else {
            return Some(LENGTH_BYTES - self.record.len());
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if length == 0 || length > MAX_RECORD_BYTES {
            return None;
        }
        Some(length - body.len())
    }
}
