//! What the views of a case's past ask: which envelope brought which change, what the hub holds,
//! what its user last looked at, and what a stranger needs beside a signature.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::chain::{Kind, SignedCertificate, StreamId};
use crate::domain::{CaseId, DeviceId, Digest, cbor};

impl Tx<'_> {
    /// The place of the envelope that came last, to ask later what came since.
    ///
    /// # Errors
    /// As the database fails.
    pub fn newest_envelope(&self) -> Result<i64, StoreError> {
        let sql = "SELECT coalesce(max(ord), 0) FROM envelope";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?)
    }

    /// Cases that envelopes behind this place are about, with the kinds of those envelopes.
    ///
    /// # Errors
    /// As the database fails.
    pub fn cases_touched_since(&self, place: i64) -> Result<Vec<(CaseId, Kind)>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT DISTINCT subject, kind FROM envelope WHERE ord > ?1 AND state = 0 AND subject IN (SELECT case_id FROM case_row)",
        )?;
        let mut rows = select.query([place])?;
        let mut touched = Vec::new();
        while let Some(row) = rows.next()? {
            let (subject, kind): (Vec<u8>, i64) = (row.get(0)?, row.get(1)?);
            touched.extend(CaseId::from_slice(&subject).zip(Kind::from_number(kind)));
        }
        Ok(touched)
    }

    /// The change that each envelope of a case brought.
    ///
    /// # Errors
    /// As the database fails.
    pub fn changes_by_envelope(
        &self,
        case: CaseId,
    ) -> Result<BTreeMap<Digest, Digest>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT envelope, hash FROM change WHERE case_id = ?1")?;
        let mut rows = select.query([case.as_bytes()])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (envelope, hash): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            all.extend(Digest::from_slice(&envelope).zip(Digest::from_slice(&hash)));
        }
        Ok(all)
    }

    /// Changes of a case that the hub has: all but this device's own that it did not acknowledge.
    ///
    /// # Errors
    /// As the database fails.
    pub fn changes_at_hub(&self, case: CaseId) -> Result<BTreeSet<Digest>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT change.hash FROM change JOIN envelope ON envelope.id = change.envelope
             JOIN stream ON stream.id = envelope.stream
             WHERE change.case_id = ?1 AND NOT (stream.own = 1 AND envelope.seq > stream.acked)",
        )?;
        let rows = select.query_map([case.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
        let mut all = BTreeSet::new();
        for hash in rows {
            all.extend(Digest::from_slice(&hash?));
        }
        Ok(all)
    }

    /// Takes changes out of a case's record; their envelopes stay, outside it, with the reason.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_aside(&self, case: CaseId, changes: &[(Digest, String)]) -> Result<(), StoreError> {
        for (change, why) in changes {
            self.sql().execute(
                "UPDATE envelope SET state = 2, why = ?3
                 WHERE id = (SELECT envelope FROM change WHERE hash = ?1 AND case_id = ?2)",
                (change.as_bytes(), case.as_bytes(), why),
            )?;
            self.sql().execute(
                "DELETE FROM change WHERE hash = ?1 AND case_id = ?2",
                (change.as_bytes(), case.as_bytes()),
            )?;
        }
        self.sql().execute(
            "UPDATE document SET snapshot = NULL, snapshot_ord = 0 WHERE case_id = ?1",
            [case.as_bytes()],
        )?;
        self.forget_document(case);
        Ok(())
    }

    /// The heads when the user last looked at a case; none if never.
    ///
    /// # Errors
    /// As the database fails.
    pub fn looked(&self, case: CaseId) -> Result<Vec<Digest>, StoreError> {
        let heads: Option<Vec<u8>> = self
            .sql()
            .prepare_cached("SELECT heads FROM looked WHERE case_id = ?1")?
            .query_row([case.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(heads
            .map(|heads| cbor::decode(&heads))
            .transpose()?
            .unwrap_or_default())
    }

    /// The user looks at a case now.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_looked(&self, case: CaseId, heads: &[Digest]) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO looked (case_id, heads) VALUES (?1, ?2)")?
            .execute((case.as_bytes(), cbor::encode(&heads.to_vec())))?;
        Ok(())
    }

    /// The number of the first seal at or after a place of a stream.
    ///
    /// # Errors
    /// As the database fails.
    pub fn seal_after(&self, stream: StreamId, seq: u64) -> Result<Option<u64>, StoreError> {
        let row = self.stream_row(stream, false)?;
        let found: Option<i64> = self.sql().query_row(
            "SELECT min(seq) FROM seal WHERE stream = ?1 AND seq >= ?2",
            (row, signed(seq)),
            |row| row.get(0),
        )?;
        Ok(found.map(unsigned))
    }

    /// A device's certificate as the hub signed it.
    ///
    /// # Errors
    /// As the database fails.
    pub fn certificate_of(
        &self,
        device: DeviceId,
    ) -> Result<Option<SignedCertificate>, StoreError> {
        let bytes: Option<Option<Vec<u8>>> = self
            .sql()
            .query_row(
                "SELECT certificate FROM author WHERE device = ?1",
                [device.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        Ok(bytes
            .flatten()
            .map(|bytes| cbor::decode(&bytes))
            .transpose()?)
    }
}
