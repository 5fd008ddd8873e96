//! Rows of the log of exchanges, and what of each case is still on its way.

use super::error::StoreError;
use super::progress::CaseProgress;
use super::stream::unsigned;
use super::tx::Tx;
use crate::domain::CaseId;

/// How many notes are kept.
const MAX_NOTES: i64 = 500;

/// What of a case the hub does not hold yet, or has not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseLeft {
    /// Which case.
    pub case: CaseId,
    /// How far it has come.
    pub progress: CaseProgress,
    /// Bytes of its photos that wait here.
    pub bytes_left: u64,
}

impl Tx<'_> {
    /// Adds a note; the oldest beyond the limit are forgotten.
    ///
    /// # Errors
    /// As the database fails.
    pub fn add_sync_note(&self, note: &[u8]) -> Result<(), StoreError> {
        self.sql()
            .execute("INSERT INTO sync_log (note) VALUES (?1)", [note])?;
        self.sql().execute(
            "DELETE FROM sync_log WHERE id <= (SELECT max(id) FROM sync_log) - ?1",
            [MAX_NOTES],
        )?;
        Ok(())
    }

    /// The newest notes, newest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn sync_notes(&self, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT note FROM sync_log ORDER BY id DESC LIMIT ?1")?;
        let rows = select.query_map([limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every case of which something of this device is not confirmed, oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn cases_left(&self) -> Result<Vec<CaseLeft>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT case_id, coalesce((SELECT sum(len) FROM blob WHERE own = 1 AND sent = 0 AND blob.case_id = waiting.case_id), 0)
             FROM (SELECT envelope.subject AS case_id FROM envelope JOIN stream ON stream.id = envelope.stream
                   WHERE stream.own = 1 AND envelope.seq > stream.confirmed AND length(envelope.subject) = 16
                   UNION SELECT case_id FROM blob WHERE own = 1 AND confirmed = 0) AS waiting
             WHERE EXISTS (SELECT 1 FROM document WHERE document.case_id = waiting.case_id) ORDER BY case_id",
        )?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?))
        })?;
        let mut left = Vec::new();
        for row in rows {
            let (case, bytes) = row?;
            let Some(case) = CaseId::from_slice(&case) else {
                continue;
            };
            left.push(CaseLeft {
                case,
                progress: self.progress_of_case(case)?,
                bytes_left: unsigned(bytes),
            });
        }
        Ok(left)
    }
}
