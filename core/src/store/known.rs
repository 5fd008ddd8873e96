//! What is held of streams, as far as short runs are written and rebuilt from it.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::stream::{envelope_from, signed, unsigned};
use super::tx::Tx;
use crate::chain::short::Known;
use crate::chain::{Header, Kind, StreamId};
use crate::domain::{CaseId, Digest};

/// The first bytes above all that begin with a prefix.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    end.resize(33, 0xff);
    end
}

impl Tx<'_> {
    /// The row of a stream, if anything of it is here.
    fn held_row(&self, stream: StreamId) -> Result<Option<i64>, StoreError> {
        Ok(self
            .sql()
            .prepare_cached(
                "SELECT id FROM stream WHERE scope = ?1 AND device = ?2 AND epoch = ?3",
            )?
            .query_row(
                (
                    stream.scope.as_bytes(),
                    stream.device.as_bytes(),
                    stream.epoch.as_bytes(),
                ),
                |row| row.get(0),
            )
            .optional()?)
    }
}

impl Known for Tx<'_> {
    fn header_of(
        &self,
        stream: StreamId,
        seq: u64,
    ) -> Result<Option<(Header, Digest)>, StoreError> {
        let row = self.held_row(stream)?;
        let found = self
            .sql()
            .prepare_cached("SELECT header, NULL FROM envelope WHERE stream = ?1 AND seq = ?2")?
            .query_row((row, signed(seq)), envelope_from)
            .optional()?;
        Ok(found
            .map(|envelope| envelope.parse().map(|header| (header, envelope.id())))
            .transpose()?)
    }

    fn newest_change(
        &self,
        stream: StreamId,
        case: CaseId,
        before: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.held_row(stream)?;
        let found: Option<Option<Vec<u8>>> = self
            .sql()
            .prepare_cached(
                "SELECT body FROM envelope WHERE subject = ?1 AND kind = ?2 AND stream = ?3 AND seq < ?4
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(
                (
                    case.as_bytes(),
                    Kind::Change.number(),
                    row,
                    signed(before),
                ),
                |row| row.get(0),
            )
            .optional()?;
        Ok(found.flatten())
    }

    fn first_about(&self, stream: StreamId, case: CaseId) -> Result<Option<u64>, StoreError> {
        let row = self.held_row(stream)?;
        let seq: Option<i64> = self
            .sql()
            .prepare_cached("SELECT min(seq) FROM envelope WHERE subject = ?1 AND stream = ?2")?
            .query_row((case.as_bytes(), row), |row| row.get(0))?;
        Ok(seq.map(unsigned))
    }

    fn change_like(
        &self,
        (stream, from): (StreamId, u64),
        case: CaseId,
        prefix: &[u8],
    ) -> Result<Option<(Digest, u64)>, StoreError> {
        let row = self.held_row(stream)?;
        let mut select = self.sql().prepare_cached(
            "SELECT change.hash, change.max_op FROM change JOIN envelope ON envelope.id = change.envelope
             WHERE change.case_id = ?1 AND change.hash BETWEEN ?2 AND ?3
               AND (envelope.stream IS NOT ?4 OR envelope.seq < ?5) LIMIT 2",
        )?;
        let found = select
            .query_map(
                (case.as_bytes(), prefix, end_of(prefix), row, signed(from)),
                |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)),
            )?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(match found.as_slice() {
            [(hash, max_op)] => Digest::from_slice(hash).map(|hash| (hash, unsigned(*max_op))),
            _ => None,
        })
    }

    fn actor_like(
        &self,
        (stream, from): (StreamId, u64),
        case: CaseId,
        prefix: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.held_row(stream)?;
        let mut select = self.sql().prepare_cached(
            "SELECT DISTINCT change.actor FROM change JOIN envelope ON envelope.id = change.envelope
             WHERE change.case_id = ?1 AND change.actor BETWEEN ?2 AND ?3
               AND (envelope.stream IS NOT ?4 OR envelope.seq < ?5) LIMIT 2",
        )?;
        let found = select
            .query_map(
                (case.as_bytes(), prefix, end_of(prefix), row, signed(from)),
                |row| row.get::<_, Vec<u8>>(0),
            )?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(match found.as_slice() {
            [actor] => Some(actor.clone()),
            _ => None,
        })
    }
}
