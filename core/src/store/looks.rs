//! What photos look like, the hub's indexes of looks, and which photos were seen before.
//!
//! A part of the database of its own: nothing here is evidence, and all of it can be made again.

use rusqlite::Row;

use super::blob::BlobRow;
use super::error::StoreError;
use super::migrate::Step;
use super::tx::Tx;
use crate::domain::{CaseId, Digest, ScopeId};
use crate::evidence::{Fingerprint, IndexEntry, PhotoMark};

/// The steps of these tables.
pub(super) const LOOK_STEPS: &[Step] = &[Step {
    to: 1,
    sql: include_str!("migrations/looks_0001.sql"),
}];

/// How much a photo is like one that was there before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The very same bytes, in another case.
    SameBytes,
    /// A picture that looks alike; so many of its clear bits differ.
    Looks {
        /// How many.
        different: u32,
    },
}

/// A photo of a case and what it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRow {
    /// The photo of the case.
    pub photo: Digest,
    /// The beginning of the other's digest.
    pub other: PhotoMark,
    /// How much they are alike.
    pub likeness: Likeness,
}

fn entry_from(row: &Row<'_>) -> rusqlite::Result<Option<IndexEntry>> {
    let (digest, bits): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let parts = (digest.first_chunk(), bits.as_array());
    Ok(match parts {
        (Some(photo), Some(bits)) => Some(IndexEntry {
            fingerprint: Fingerprint::from_bytes(bits),
            photo: *photo,
        }),
        _ => None,
    })
}

impl Tx<'_> {
    /// Remembers what a photo looks like.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_look(&self, photo: &Digest, look: Fingerprint) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO look (digest, bits) VALUES (?1, ?2)",
            (photo.as_bytes(), look.to_bytes()),
        )?;
        Ok(())
    }

    /// What all photos here look like.
    ///
    /// # Errors
    /// As the database fails.
    pub fn looks(&self) -> Result<Vec<IndexEntry>, StoreError> {
        let mut select = self.sql().prepare("SELECT digest, bits FROM look")?;
        let rows = select.query_map([], entry_from)?;
        let mut entries = Vec::new();
        for row in rows {
            entries.extend(row?);
        }
        Ok(entries)
    }

    /// Keeps the index of a scope as its hub sent it, in place of the older one.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_look_index(&self, scope: ScopeId, bytes: &[u8]) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO look_index (scope, bytes) VALUES (?1, ?2)",
            (scope.as_bytes(), bytes),
        )?;
        Ok(())
    }

    /// All indexes that hubs sent.
    ///
    /// # Errors
    /// As the database fails.
    pub fn look_indexes(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut select = self.sql().prepare("SELECT bytes FROM look_index")?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes what a photo of a case is like.
    ///
    /// # Errors
    /// As the database fails.
    pub fn note_seen(&self, case: CaseId, seen: &SeenRow) -> Result<(), StoreError> {
        let different = match seen.likeness {
            Likeness::SameBytes => -1,
            Likeness::Looks { different } => i64::from(different),
        };
        self.sql().execute(
            "INSERT OR REPLACE INTO look_seen (digest, case_id, other, different) VALUES (?1, ?2, ?3, ?4)",
            (seen.photo.as_bytes(), case.as_bytes(), seen.other, different),
        )?;
        Ok(())
    }

    /// What the photos of a case are like.
    ///
    /// # Errors
    /// As the database fails.
    pub fn seen_in_case(&self, case: CaseId) -> Result<Vec<SeenRow>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT digest, other, different FROM look_seen WHERE case_id = ?1 ORDER BY digest, different",
        )?;
        let rows = select.query_map([case.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let mut seen = Vec::new();
        for row in rows {
            let (photo, other, different): (Vec<u8>, Vec<u8>, i64) = row?;
            let likeness = u32::try_from(different).map_or(Likeness::SameBytes, |different| {
                Likeness::Looks { different }
            });
            if let (Some(photo), Some(other)) = (Digest::from_slice(&photo), other.as_array()) {
                let other = *other;
                seen.push(SeenRow {
                    photo,
                    other,
                    likeness,
                });
            }
        }
        Ok(seen)
    }

    /// The originals whose digest begins like this, one row for each of their cases.
    ///
    /// # Errors
    /// As the database fails.
    pub fn originals_marked(&self, mark: &PhotoMark) -> Result<Vec<BlobRow>, StoreError> {
        let bound = |filling: u8| {
            let mut digest = [filling; 32];
            digest
                .iter_mut()
                .zip(mark)
                .for_each(|(to, from)| *to = *from);
            digest
        };
        let mut found =
            self.blobs_where("WHERE digest BETWEEN ?1 AND ?2", (bound(0), bound(0xFF)))?;
        found.retain(|blob| blob.is_original());
        Ok(found)
    }
}
