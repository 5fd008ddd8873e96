//! Rows of feeds and receipts.

use lossbook_core::chain::StreamId;
use lossbook_core::domain::{Digest, ScopeId};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::OptionalExtension;

use super::{as_sql, damaged, digest, from_sql, stream};
use crate::meta::{Feed, FeedEntry, FeedRow};

const RUN: i64 = 1;
const LATE: i64 = 2;

impl Feed for Tx<'_> {
    fn put_feed(&self, scope: ScopeId, entries: &[FeedEntry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let after: Option<i64> = self
            .sql()
            .query_row(
                "UPDATE hub_scope SET next = next + ?2 WHERE id = ?1 RETURNING next",
                (scope.as_bytes(), as_sql(entries.len() as u64)),
                |row| row.get(0),
            )
            .optional()?;
        let after = after.ok_or_else(|| damaged("a feed row for a scope that is not here"))?;
        let mut insert = self.sql().prepare_cached(
            "INSERT INTO hub_feed
               (scope, seq, kind, stream_scope, device, epoch, first, last, envelope)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let first = after - as_sql(entries.len() as u64);
        for (seq, entry) in (first..after).zip(entries) {
            let (kind, from, to, envelope) = match entry {
                FeedEntry::Run { from, to, .. } => (RUN, *from, *to, None),
                FeedEntry::Late { seq, envelope, .. } => (LATE, *seq, *seq, Some(envelope)),
            };
            let of = entry.stream();
            insert.execute((
                scope.as_bytes(),
                seq,
                kind,
                of.scope.as_bytes(),
                of.device.as_bytes(),
                of.epoch.as_bytes(),
                as_sql(from),
                as_sql(to),
                envelope.map(Digest::as_bytes),
            ))?;
        }
        Ok(())
    }

    fn feed_after(
        &self,
        scope: ScopeId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<FeedRow>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT seq, kind, stream_scope, device, epoch, first, last, envelope
             FROM hub_feed WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?;
        let rows = query.query_map((scope.as_bytes(), as_sql(after), limit), |row| {
            Ok((
                (row.get(0)?, row.get(1)?, row.get(5)?, row.get(6)?),
                (row.get(2)?, row.get(3)?, row.get(4)?, row.get(7)?),
            ))
        })?;
        rows.map(|row| feed_row(row?)).collect()
    }

    fn feed_head(&self, scope: ScopeId) -> Result<u64, StoreError> {
        let next: Option<i64> = self
            .sql()
            .query_row(
                "SELECT next FROM hub_scope WHERE id = ?1",
                [scope.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        Ok(next.map_or(0, |next| from_sql(next - 1)))
    }

    fn late_in(&self, of: StreamId, from: u64, to: u64) -> Result<Vec<u64>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT first FROM hub_feed
             WHERE kind = 2 AND stream_scope = ?1 AND device = ?2 AND epoch = ?3
               AND first BETWEEN ?4 AND ?5",
        )?;
        let numbers = query.query_map(
            (
                of.scope.as_bytes(),
                of.device.as_bytes(),
                of.epoch.as_bytes(),
                as_sql(from),
                as_sql(to),
            ),
            |row| row.get(0).map(from_sql),
        )?;
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    fn receipted(&self, of: StreamId) -> Result<u64, StoreError> {
        let mark: Option<i64> = self
            .sql()
            .query_row(
                "SELECT mark FROM hub_receipted WHERE scope = ?1 AND device = ?2 AND epoch = ?3",
                (
                    of.scope.as_bytes(),
                    of.device.as_bytes(),
                    of.epoch.as_bytes(),
                ),
                |row| row.get(0),
            )
            .optional()?;
        Ok(mark.map_or(0, from_sql))
    }

    fn put_receipted(&self, of: StreamId, mark: u64) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_receipted (scope, device, epoch, mark) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (scope, device, epoch) DO UPDATE SET mark = excluded.mark",
            (
                of.scope.as_bytes(),
                of.device.as_bytes(),
                of.epoch.as_bytes(),
                as_sql(mark),
            ),
        )?;
        Ok(())
    }

    fn put_receipt_due(&self, of: StreamId, digest: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_receipt_due (scope, device, epoch, digest)
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (
                of.scope.as_bytes(),
                of.device.as_bytes(),
                of.epoch.as_bytes(),
                digest.as_bytes(),
            ),
        )?;
        Ok(())
    }

    fn take_receipt_due(&self, of: StreamId, limit: u32) -> Result<Vec<Digest>, StoreError> {
        let key = (
            of.scope.as_bytes(),
            of.device.as_bytes(),
            of.epoch.as_bytes(),
        );
        let mut query = self.sql().prepare_cached(
            "SELECT digest FROM hub_receipt_due
             WHERE scope = ?1 AND device = ?2 AND epoch = ?3 ORDER BY digest LIMIT ?4",
        )?;
        let rows = query.query_map((key.0, key.1, key.2, limit), |row| row.get::<_, Vec<u8>>(0))?;
        let due: Vec<Digest> = rows
            .map(|row| digest(&row?))
            .collect::<Result<_, StoreError>>()?;
        let mut delete = self.sql().prepare_cached(
            "DELETE FROM hub_receipt_due
             WHERE scope = ?1 AND device = ?2 AND epoch = ?3 AND digest = ?4",
        )?;
        for one in &due {
            delete.execute((key.0, key.1, key.2, one.as_bytes()))?;
        }
        Ok(due)
    }
}

type FeedColumns = (
    (i64, i64, i64, i64),
    (Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>),
);

fn feed_row(columns: FeedColumns) -> Result<FeedRow, StoreError> {
    let ((seq, kind, first, last), (scope, device, epoch, envelope)) = columns;
    let stream = stream(&scope, &device, &epoch)?;
    let entry = match (kind, envelope) {
        (RUN, None) => FeedEntry::Run {
            stream,
            from: from_sql(first),
            to: from_sql(last),
        },
        (LATE, Some(envelope)) => FeedEntry::Late {
            stream,
            seq: from_sql(first),
            envelope: digest(&envelope)?,
        },
        (_, _) => return Err(damaged("a feed row of an unknown kind")),
    };
    Ok(FeedRow {
        seq: from_sql(seq),
        entry,
    })
}
