//! Rule packs by digest, and the hub's signed shelves that say which of them judge.
//!
//! A shelf judges only when every pack it names is here: until then it waits beside the one before
//! it, so that a fetch cut short never changes half of the rules. Packs that left the shelf stay
//! readable by digest.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::tx::Tx;
use crate::chain::SignedShelf;
use crate::domain::{Digest, cbor};

/// A pack that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    /// SHA-256 of its canonical bytes.
    pub digest: Digest,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// Which of the two shelves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShelfRow {
    /// The one that judges.
    InForce,
    /// A newer one, some of whose packs are not here yet.
    Waiting,
}

impl ShelfRow {
    const fn state(self) -> i64 {
        match self {
            Self::InForce => 0,
            Self::Waiting => 1,
        }
    }
}

impl Tx<'_> {
    /// Keeps a pack; one that is held stays as it is.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_pack(&self, row: &PackRow, bytes: &[u8]) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR IGNORE INTO pack (digest, id, version, bytes) VALUES (?1, ?2, ?3, ?4)",
            (row.digest.as_bytes(), &row.id, &row.version, bytes),
        )?;
        Ok(())
    }

    /// The canonical bytes of a pack.
    ///
    /// # Errors
    /// As the database fails.
    pub fn pack_bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let mut query = self
            .sql()
            .prepare_cached("SELECT bytes FROM pack WHERE digest = ?1")?;
        Ok(query
            .query_row([digest.as_bytes()], |row| row.get(0))
            .optional()?)
    }

    /// Every pack held, by id and version.
    ///
    /// # Errors
    /// As the database fails.
    pub fn pack_rows(&self) -> Result<Vec<PackRow>, StoreError> {
        let mut query = self
            .sql()
            .prepare_cached("SELECT digest, id, version FROM pack ORDER BY id, version, digest")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (digest, id, version): (Vec<u8>, String, String) = row?;
            let digest = Digest::from_slice(&digest)
                .ok_or_else(|| StoreError::Damaged("a pack's digest has 32 bytes".to_owned()))?;
            Ok(PackRow {
                digest,
                id,
                version,
            })
        })
        .collect()
    }

    /// A shelf that is held.
    ///
    /// # Errors
    /// As the database fails.
    pub fn shelf(&self, which: ShelfRow) -> Result<Option<SignedShelf>, StoreError> {
        let mut query = self
            .sql()
            .prepare_cached("SELECT bytes FROM shelf WHERE state = ?1")?;
        let bytes: Option<Vec<u8>> = query
            .query_row([which.state()], |row| row.get(0))
            .optional()?;
        Ok(bytes.map(|bytes| cbor::decode(&bytes)).transpose()?)
    }

    /// Keeps a shelf; one that judges leaves none waiting.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_shelf(&self, which: ShelfRow, shelf: &SignedShelf) -> Result<(), StoreError> {
        self.sql()
            .execute("DELETE FROM shelf WHERE state = 1", [])?;
        self.sql().execute(
            "INSERT OR REPLACE INTO shelf (state, bytes) VALUES (?1, ?2)",
            (which.state(), cbor::encode(shelf)),
        )?;
        Ok(())
    }
}
