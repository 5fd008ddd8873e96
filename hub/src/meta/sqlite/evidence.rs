//! The tables that phone and hub share, as the hub reads them back.

use lossbook_core::app::office::{DecisionError, NewDecision, decide};
use lossbook_core::app::{AppError, Judged};
use lossbook_core::chain::{
    Envelope, Header, Ledger, Mark, Run, SignedShelf, StreamId, Tip, seal_tip,
};
use lossbook_core::domain::{CaseId, DeviceId, Digest, WallMs};
use lossbook_core::statement::DecisionBody;
use lossbook_core::store::{
    BlobRow, CaseQuery, CaseRow, CaseStanding, PackRow, ShelfRow, StoreError, Tx,
};

use super::{as_sql, damaged, digest, from_sql, stream};
use crate::meta::{Evidence, Feed, FeedEntry, Identity, OwnDraft};

impl Evidence for Tx<'_> {
    fn stored_run(&self, of: StreamId, from: u64, to: u64) -> Result<Run, StoreError> {
        self.read_run(of, from, to)
    }

    fn stored_envelope(&self, id: &Digest) -> Result<Option<(Header, Envelope)>, StoreError> {
        self.envelope(id)
    }

    fn streams_of(&self, device: DeviceId) -> Result<Vec<(StreamId, Mark)>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT scope, device, epoch, seq, header FROM stream
             WHERE device = ?1 AND seq > 0 ORDER BY id",
        )?;
        let rows = query.query_map([device.as_bytes()], |row| {
            Ok((
                (row.get(0)?, row.get(1)?, row.get(2)?),
                (row.get(3)?, row.get(4)?),
            ))
        })?;
        rows.map(|row| stream_mark(row?)).collect()
    }

    fn refused_in(
        &self,
        of: StreamId,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT envelope.seq, coalesce(envelope.why, '') FROM envelope
             JOIN stream ON stream.id = envelope.stream
             WHERE stream.scope = ?1 AND stream.device = ?2 AND stream.epoch = ?3
               AND envelope.state = 2 AND envelope.seq BETWEEN ?4 AND ?5 ORDER BY envelope.seq",
        )?;
        let place = (
            of.scope.as_bytes(),
            of.device.as_bytes(),
            of.epoch.as_bytes(),
            as_sql(from),
            as_sql(to),
        );
        let rows = query.query_map(place, |row| Ok((from_sql(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn list_cases(&self, query: &CaseQuery) -> Result<Vec<CaseRow>, StoreError> {
        self.cases(query)
    }

    fn case_named(&self, name: &str) -> Result<Option<CaseRow>, StoreError> {
        self.find_case(name)
    }

    fn case_standing(&self, case: CaseId) -> Result<Option<CaseStanding>, StoreError> {
        self.standing(case)
    }

    fn case_photos(&self, case: CaseId) -> Result<Vec<BlobRow>, StoreError> {
        self.blobs_of_case(case)
    }

    fn judge(
        &self,
        standing: &CaseStanding,
        missing_photos: &[Digest],
        new: &NewDecision<'_>,
    ) -> Result<DecisionBody, DecisionError> {
        decide(self, standing, missing_photos, new)
    }

    fn assess(&self, standing: &CaseStanding, now: WallMs) -> Result<Judged, AppError> {
        Judged::of(self, standing, now)
    }

    fn put_pack(&self, row: &PackRow, bytes: &[u8]) -> Result<(), StoreError> {
        Tx::put_pack(self, row, bytes)
    }

    fn pack_bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Tx::pack_bytes(self, digest)
    }

    fn pack_rows(&self) -> Result<Vec<PackRow>, StoreError> {
        Tx::pack_rows(self)
    }

    fn shelf(&self, which: ShelfRow) -> Result<Option<SignedShelf>, StoreError> {
        Tx::shelf(self, which)
    }

    fn put_shelf(&self, which: ShelfRow, shelf: &SignedShelf) -> Result<(), StoreError> {
        Tx::put_shelf(self, which, shelf)
    }

    fn count_cases(&self) -> Result<u64, StoreError> {
        self.case_count()
    }

    fn append_own(&self, hub: &Identity, draft: OwnDraft) -> Result<(), StoreError> {
        let OwnDraft {
            scope,
            kind,
            subject,
            body,
            user,
            reading,
        } = draft;
        let of = hub.stream(scope);
        let before = self.mark(of)?.map_or(0, |mark| mark.seq);
        let what = (scope, kind, subject, body.clone());
        let (id, header) = self.append(&hub.own, &user, reading, what)?;
        let tip = Tip {
            stream: of,
            seq: header.seq,
            header: id,
        };
        self.put_seal(&seal_tip(tip, &hub.own.key))?;
        if let Err(_why) = self.apply_other(&header, id, &body)? {
            return Err(damaged("the hub refuses its own envelope"));
        }
        let run = FeedEntry::Run {
            stream: of,
            from: before + 1,
            to: header.seq,
        };
        self.put_feed(scope, &[run])
    }
}

type StreamColumns = ((Vec<u8>, Vec<u8>, Vec<u8>), (i64, Vec<u8>));

fn stream_mark(columns: StreamColumns) -> Result<(StreamId, Mark), StoreError> {
    let ((scope, device, epoch), (seq, header)) = columns;
    let mark = Mark {
        seq: from_sql(seq),
        header: digest(&header)?,
    };
    Ok((stream(&scope, &device, &epoch)?, mark))
}
