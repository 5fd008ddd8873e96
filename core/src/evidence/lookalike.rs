//! Finds photos that look alike among very many: the index of fingerprints, as bytes and in memory.
//!
//! Fingerprints come from this device's photos or, as bytes, from a hub for everybody's; matches go
//! to `app`, which names photo and case. An entry is 38 bytes: a fingerprint and the first eight
//! bytes of the photo's digest, enough to ask for it and too little to be the photo.
//!
//! In memory the entries stand on several shelves, each sorted by a few of their bits. A search
//! looks at the places where the picture in question would stand, under each of its views, and
//! counts the differing bits only of what it finds there.
//!
//! ```text
//! index = "LBFP" ‖ 1 ‖ 0 0 0 ‖ count (32 bits, big-endian) ‖ count × (fingerprint 30 ‖ photo 8)
//! ```
//! Entries ascend and no two are equal, so equal sets of photos have equal bytes.
#![expect(
    clippy::indexing_slicing,
    reason = "places on a shelf have sixteen bits, as many as the shelf has rows"
)]

use std::collections::HashMap;

use super::Shades;
use super::fingerprint::{Fingerprint, KEY_BITS, SHELVES, View, Views, key};

/// Bytes before the entries.
const HEAD: usize = 12;

/// Bytes of one entry.
pub const INDEX_ENTRY_BYTES: usize = 38;

/// Entries that one index may have.
pub const MAX_INDEX_ENTRIES: usize = 2_000_000;

const MAGIC: [u8; 8] = *b"LBFP\x01\0\0\0";

/// Of the clear bits of a view, so many may differ in a copy (docs/formats/index.md).
pub const MAX_DIFFERENT: u32 = 14;

/// Entries that stand on no shelf yet are compared one by one, up to so many: shelves take room.
const MAX_LOOSE: usize = 256;

/// The first bytes of a photo's digest.
pub type PhotoMark = [u8; 8];

/// A fingerprint and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// What it looks like.
    pub fingerprint: Fingerprint,
    /// Which photo.
    pub photo: PhotoMark,
}

/// A photo that looks like the one in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookalike {
    /// Which photo.
    pub photo: PhotoMark,
    /// How many of 160 clear bits differ.
    pub different: u32,
}

/// Why bytes are no index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Not the beginning of an index, or of another version.
    #[error(
        "these bytes are no photo index of version 1: update the app, or fetch the index again"
    )]
    Foreign,
    /// Another length than the count of entries asks for.
    #[error("the photo index says {count} entries and has {bytes} bytes: fetch it again")]
    Length {
        /// What its head says.
        count: u32,
        /// How long it is.
        bytes: usize,
    },
    /// Entries out of order, or twice the same.
    #[error("entry {at} of the photo index is out of order: fetch it again")]
    Order {
        /// Which entry, from 0.
        at: usize,
    },
}

impl IndexError {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Foreign => "index_foreign",
            Self::Length { .. } => "index_length",
            Self::Order { .. } => "index_order",
        }
    }
}

/// Fingerprints of photos, ready to be searched.
#[derive(Debug, Default)]
pub struct LookalikeIndex {
    entries: Vec<IndexEntry>,
    shelves: Vec<Shelf>,
    /// How many entries the shelves know.
    shelved: usize,
}

/// Entries sorted by some of their bits: where each key begins, and who stands there.
#[derive(Debug)]
struct Shelf {
    begins: Vec<u32>,
    numbers: Vec<u32>,
}

impl Shelf {
    fn of(entries: &[IndexEntry], shelf: usize) -> Self {
        let keys: Vec<u16> = entries
            .iter()
            .map(|entry| key(&entry.fingerprint, shelf))
            .collect();
        let mut begins = vec![0_u32; (1 << KEY_BITS) + 1];
        for key in &keys {
            begins[usize::from(*key) + 1] += 1;
        }
        for place in 0..1 << KEY_BITS {
            begins[place + 1] += begins[place];
        }
        let mut next = begins.clone();
        let mut numbers = vec![0; entries.len()];
        for (number, key) in (0_u32..).zip(&keys) {
            let place = &mut next[usize::from(*key)];
            numbers[*place as usize] = number;
            *place += 1;
        }
        Self { begins, numbers }
    }

    fn at(&self, key: u16) -> &[u32] {
        let place = usize::from(key);
        &self.numbers[self.begins[place] as usize..self.begins[place + 1] as usize]
    }
}

impl FromIterator<IndexEntry> for LookalikeIndex {
    fn from_iter<I: IntoIterator<Item = IndexEntry>>(entries: I) -> Self {
        let mut index = Self {
            entries: entries.into_iter().collect(),
            ..Self::default()
        };
        index.shelve_if_many();
        index
    }
}

impl LookalikeIndex {
    /// How many photos it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it knows.
    pub fn entries(&self) -> impl Iterator<Item = IndexEntry> + '_ {
        self.entries.iter().copied()
    }

    /// One more photo.
    pub fn push(&mut self, entry: IndexEntry) {
        self.entries.push(entry);
        self.shelve_if_many();
    }

    fn shelve_if_many(&mut self) {
        if self.entries.len() - self.shelved <= MAX_LOOSE {
            return;
        }
        self.shelved = self.entries.len();
        self.shelves = (0..SHELVES)
            .map(|shelf| Shelf::of(&self.entries, shelf))
            .collect();
    }

    /// The photos that look like this one, the most alike first; at most `most` of them.
    pub fn search(&self, shades: &Shades, most: usize) -> Vec<Lookalike> {
        self.search_within(shades, most, MAX_DIFFERENT)
    }

    /// The same with another limit than [`MAX_DIFFERENT`]: to draw what each limit would find.
    pub fn search_within(&self, shades: &Shades, most: usize, limit: u32) -> Vec<Lookalike> {
        let Some(views) = Views::of(shades) else {
            return Vec::new();
        };
        let mut best: HashMap<u32, u32> = HashMap::new();
        let mut look = |view: &View, number: u32| {
            let entry = &self.entries[number as usize];
            let different = view.differs(&entry.fingerprint);
            if different <= limit {
                let least = best.entry(number).or_insert(different);
                *least = different.min(*least);
            }
        };
        for (number, shelf) in self.shelves.iter().enumerate() {
            for view in &views.all {
                for place in view.places[number] {
                    shelf
                        .at(place)
                        .iter()
                        .for_each(|number| look(view, *number));
                }
            }
        }
        for number in self.shelved..self.entries.len() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            views.all.iter().for_each(|view| look(view, number));
        }
        let found = best.into_iter().map(|(number, different)| Lookalike {
            photo: self.entries[number as usize].photo,
            different,
        });
        let mut found: Vec<Lookalike> = found.collect();
        found.sort_by_key(|alike| (alike.different, alike.photo));
        // A photo of two cases stands in the index twice.
        found.dedup_by_key(|alike| alike.photo);
        found.truncate(most);
        found
    }

    /// The index as bytes: the same for the same photos, in whatever order they came.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut entries: Vec<[u8; INDEX_ENTRY_BYTES]> =
            self.entries.iter().map(IndexEntry::to_bytes).collect();
        entries.sort_unstable();
        entries.dedup();
        entries.truncate(MAX_INDEX_ENTRIES);
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(HEAD + entries.len() * INDEX_ENTRY_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(count.to_be_bytes());
        bytes.extend(entries.as_flattened());
        bytes
    }

    /// Reads an index that a hub sent.
    ///
    /// # Errors
    /// [`IndexError`]; nothing of a broken index is used.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        let head = bytes
            .split_first_chunk::<8>()
            .filter(|(magic, _)| **magic == MAGIC);
        let (count, rest) = head
            .and_then(|(_, rest)| rest.split_first_chunk::<4>())
            .ok_or(IndexError::Foreign)?;
        let count = u32::from_be_bytes(*count);
        let (entries, left) = rest.as_chunks::<INDEX_ENTRY_BYTES>();
        if !left.is_empty()
            || entries.len() as u64 != u64::from(count)
            || entries.len() > MAX_INDEX_ENTRIES
        {
            let bytes = bytes.len();
            return Err(IndexError::Length { count, bytes });
        }
        if let Some(at) = entries.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(IndexError::Order { at: at + 1 });
        }
        Ok(entries.iter().map(IndexEntry::from_bytes).collect())
    }
}

impl IndexEntry {
    /// As it stands in an index.
    pub fn to_bytes(&self) -> [u8; INDEX_ENTRY_BYTES] {
        let mut bytes = [0; INDEX_ENTRY_BYTES];
        let (fingerprint, photo) = bytes.split_at_mut(30);
        fingerprint.copy_from_slice(&self.fingerprint.to_bytes());
        photo.copy_from_slice(&self.photo);
        bytes
    }

    /// From an index.
    pub fn from_bytes(bytes: &[u8; INDEX_ENTRY_BYTES]) -> Self {
        let (mut fingerprint, mut photo) = ([0; 30], [0; 8]);
        let (first, second) = bytes.split_at(30);
        fingerprint.copy_from_slice(first);
        photo.copy_from_slice(second);
        Self {
            fingerprint: Fingerprint::from_bytes(&fingerprint),
            photo,
        }
    }
}
