//! Has this photo been seen before? By its bytes and by its looks, in all cases of this device and
//! in the indexes that hubs sent. A match points a person at two pictures; it judges nobody.

use std::sync::{Mutex, PoisonError};

use super::device::Device;
use super::error::AppError;
use crate::domain::{CaseId, Digest, ScopeId};
use crate::evidence::{
    Fingerprint, IndexEntry, IndexError, Lookalike, LookalikeIndex, PhotoMark, Shades,
};
use crate::store::{Likeness, SeenRow, Store, StoreError, Tx};

/// More matches than these say nothing new.
const MOST_MATCHES: usize = 5;

/// A photo that was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBefore {
    /// The beginning of its digest.
    pub mark: PhotoMark,
    /// Its digest, if the photo is known here and not only in a hub's index.
    pub photo: Option<Digest>,
    /// The other cases here that it belongs to.
    pub cases: Vec<CaseId>,
    /// How much they are alike.
    pub likeness: Likeness,
}

/// The looks of all photos known to a device: read when first asked for, then kept up.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<Option<LookalikeIndex>>);

impl Looks {
    fn search(&self, store: &Store, shades: &Shades) -> Result<Vec<Lookalike>, AppError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match kept.take() {
            Some(index) => index,
            None => read_all(store)?,
        };
        // A photo of this case may be among the nearest: ask for more than are shown.
        let found = if index.is_empty() {
            Vec::new()
        } else {
            index.search(shades, MOST_MATCHES * 8)
        };
        *kept = Some(index);
        Ok(found)
    }

    fn push(&self, entry: IndexEntry) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = kept.as_mut() {
            index.push(entry);
        }
    }

    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn read_all(store: &Store) -> Result<LookalikeIndex, AppError> {
    let (mut entries, indexes) = store.transact(|tx| {
        let mut entries = tx.looks()?;
        entries.extend(super::reference::looks(tx)?);
        Ok::<_, StoreError>((entries, tx.look_indexes()?))
    })?;
    for bytes in indexes {
        // Checked when it was kept; a damaged one is as if it had not come.
        if let Ok(index) = LookalikeIndex::parse(&bytes) {
            entries.extend(index.entries());
        }
    }
    entries.sort_unstable_by_key(IndexEntry::to_bytes);
    entries.dedup();
    Ok(entries.into_iter().collect())
}

impl Device {
    /// Keeps the index of looks that a hub made for a scope, for searches at capture.
    ///
    /// # Errors
    /// [`IndexError`] as [`AppError::Index`]; then the older one stays.
    pub fn keep_look_index(&self, scope: ScopeId, bytes: &[u8]) -> Result<usize, AppError> {
        let count = LookalikeIndex::parse(bytes)?.len();
        self.store.transact(|tx| tx.put_look_index(scope, bytes))?;
        self.looks.forget();
        Ok(count)
    }

    /// The looks of this device's photos as an index, as a hub would make it.
    ///
    /// # Errors
    /// As the store fails.
    pub fn look_index(&self) -> Result<Vec<u8>, AppError> {
        let entries = self.store.transact(|tx| tx.looks())?;
        Ok(entries.into_iter().collect::<LookalikeIndex>().to_bytes())
    }

    /// Compares a new photo of a case with all known ones.
    pub(super) fn look_back(
        &self,
        case: CaseId,
        photo: Digest,
        shades: Option<&Shades>,
    ) -> Result<Found, AppError> {
        let mut rows = vec![SeenRow {
            photo,
            other: mark(&photo),
            likeness: Likeness::SameBytes,
        }];
        let look = shades.and_then(Fingerprint::of);
        if let (Some(_), Some(shades)) = (look, shades) {
            let found = self.looks.search(&self.store, shades)?;
            let others = found.iter().filter(|alike| alike.photo != mark(&photo));
            rows.extend(others.map(|alike| SeenRow {
                photo,
                other: alike.photo,
                likeness: Likeness::Looks {
                    different: alike.different,
                },
            }));
        }
        let mut found = Found {
            case,
            photo,
            look,
            rows: Vec::new(),
            seen: Vec::new(),
        };
        self.store.transact(|tx| {
            for row in rows {
                let before = named(tx, case, &row)?;
                // Shots of one case look alike by nature: two views of a room are no doubt.
                let only_in_index = before.photo.is_none() && row.likeness != Likeness::SameBytes;
                let elsewhere = only_in_index || !before.cases.is_empty();
                if elsewhere && found.seen.len() < MOST_MATCHES {
                    found.rows.push(row);
                    found.seen.push(before);
                }
            }
            Ok::<_, AppError>(())
        })?;
        Ok(found)
    }

    /// From now on a photo that was kept is found by its look.
    pub(super) fn remember_look(&self, found: &Found) {
        if let Some(fingerprint) = found.look {
            let photo = mark(&found.photo);
            self.looks.push(IndexEntry { fingerprint, photo });
        }
    }
}

/// What a new photo looks like, and what it is like.
#[derive(Debug)]
pub(super) struct Found {
    case: CaseId,
    photo: Digest,
    look: Option<Fingerprint>,
    rows: Vec<SeenRow>,
    pub(super) seen: Vec<SeenBefore>,
}

impl Found {
    /// Writes it beside the photo.
    pub(super) fn keep(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        for row in &self.rows {
            tx.note_seen(self.case, row)?;
        }
        match self.look {
            Some(look) => tx.put_look(&self.photo, look),
            None => Ok(()),
        }
    }
}

/// The row with the photo that its mark stands for here, and that photo's other cases.
pub(super) fn named(tx: &Tx<'_>, case: CaseId, row: &SeenRow) -> Result<SeenBefore, StoreError> {
    let originals = tx.originals_marked(&row.other)?;
    let cases = originals.iter().map(|blob| blob.case);
    Ok(SeenBefore {
        mark: row.other,
        photo: originals.first().map(|blob| blob.digest),
        cases: cases.filter(|other| *other != case).collect(),
        likeness: row.likeness,
    })
}

fn mark(photo: &Digest) -> PhotoMark {
    let [a, b, c, d, e, f, g, h, ..] = *photo.as_bytes();
    [a, b, c, d, e, f, g, h]
}

impl From<IndexError> for AppError {
    fn from(error: IndexError) -> Self {
        Self::Index(error)
    }
}
