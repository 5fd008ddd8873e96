//! Photos that look alike across cases, found when their small pictures arrive.
//!
//! The looks of all photos stand in the reference tables; the index over them is read when the first
//! picture arrives and kept up from then on. A match is written down beside the photo and points a
//! reviewer at two pictures; it judges nobody.

use std::sync::{Mutex, PoisonError};

use lossbook_core::app::table;
use lossbook_core::domain::Digest;
use lossbook_core::evidence::{Fingerprint, IndexEntry, LookalikeIndex, PhotoMark, Shades};
use lossbook_core::store::StoreError;

use crate::meta::MetaTx;

/// More matches than these say nothing new.
const MOST_MATCHES: usize = 20;

/// What a picture looks like: for the tables, and for a search.
pub(crate) struct Look {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) shades: Shades,
}

/// The index over all looks.
#[derive(Debug, Default)]
pub(crate) struct Alike(Mutex<Option<LookalikeIndex>>);

impl Alike {
    /// Writes down which photos an original looks like, and remembers its look.
    ///
    /// # Errors
    /// As the store fails.
    pub(crate) fn note(
        &self,
        tx: &dyn MetaTx,
        original: &Digest,
        look: &Look,
    ) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut index = match kept.take() {
            Some(index) => index,
            None => read_all(tx)?,
        };
        let own = mark(original);
        for found in index.search(&look.shades, MOST_MATCHES) {
            if found.photo != own {
                tx.put_alike(original, &found.photo, found.different)?;
            }
        }
        index.push(IndexEntry {
            fingerprint: look.fingerprint,
            photo: own,
        });
        *kept = Some(index);
        Ok(())
    }
}

fn read_all(tx: &dyn MetaTx) -> Result<LookalikeIndex, StoreError> {
    let mut entries = Vec::new();
    for scope in tx.named_scopes()? {
        for row in tx.table_rows(scope.id, table::LOOKS)? {
            let photo = hex::decode(&row.key)
                .ok()
                .and_then(|mark| mark.try_into().ok());
            let bits: Option<[u8; 30]> = row.row.as_slice().try_into().ok();
            if let Some((photo, bits)) = photo.zip(bits) {
                entries.push(IndexEntry {
                    fingerprint: Fingerprint::from_bytes(&bits),
                    photo,
                });
            }
        }
    }
    Ok(entries.into_iter().collect())
}

/// The beginning of a digest, by which an index names a photo.
pub(crate) fn mark(photo: &Digest) -> PhotoMark {
    let [a, b, c, d, e, f, g, h, ..] = *photo.as_bytes();
    [a, b, c, d, e, f, g, h]
}
