//! Bundles carried for others: their bytes are kept and handed on, and never opened here.

use rusqlite::Row;

use super::error::StoreError;
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::domain::{Digest, WallMs};

/// A bundle that this device carries.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts that become true one by one, each a column"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedRow {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// What the file was called.
    pub name: String,
    /// Its length.
    pub len_bytes: u64,
    /// When it was taken in.
    pub at: WallMs,
    /// Whether the hub holds its bytes.
    pub sent: bool,
    /// Whether the hub's signed receipt for it is here.
    pub confirmed: bool,
}

fn carried_from(row: &Row<'_>) -> rusqlite::Result<Option<CarriedRow>> {
    let digest: Vec<u8> = row.get(0)?;
    let Some(digest) = Digest::from_slice(&digest) else {
        return Ok(None);
    };
    Ok(Some(CarriedRow {
        digest,
        name: row.get(1)?,
        len_bytes: unsigned(row.get(2)?),
        at: WallMs(row.get(3)?),
        sent: row.get(4)?,
        confirmed: row.get(5)?,
    }))
}

impl Tx<'_> {
    /// Remembers a bundle, and the envelope that says who took it in when.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_carried(&self, carried: &CarriedRow, envelope: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR IGNORE INTO carried (digest, name, len, at, envelope, sent, confirmed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            rusqlite::params![
                carried.digest.as_bytes(),
                carried.name,
                signed(carried.len_bytes),
                carried.at.0,
                envelope.as_bytes(),
                carried.sent,
                carried.confirmed,
            ],
        )?;
        Ok(())
    }

    /// Every bundle that is carried, oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn carried(&self) -> Result<Vec<CarriedRow>, StoreError> {
        self.carried_where("1")
    }

    /// Bundles whose envelope is at the hub and whose bytes are not.
    ///
    /// # Errors
    /// As the database fails.
    pub fn carried_to_send(&self) -> Result<Vec<CarriedRow>, StoreError> {
        self.carried_where(
            "sent = 0 AND EXISTS (SELECT 1 FROM envelope JOIN stream ON stream.id = envelope.stream
               WHERE envelope.id = carried.envelope AND stream.acked >= envelope.seq)",
        )
    }

    fn carried_where(&self, condition: &str) -> Result<Vec<CarriedRow>, StoreError> {
        let mut select = self.sql().prepare_cached(&format!(
            "SELECT digest, name, len, at, sent, confirmed FROM carried WHERE {condition} ORDER BY rowid"
        ))?;
        let rows = select.query_map([], carried_from)?;
        let mut carried = Vec::new();
        for row in rows {
            carried.extend(row?);
        }
        Ok(carried)
    }
}
