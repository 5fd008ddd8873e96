//! Streams: appending to one's own, sealing, cutting runs, and what became of each envelope.

use minicbor::bytes::ByteVec;
use rusqlite::{OptionalExtension, Row};

use super::error::StoreError;
use super::identity::Identity;
use super::tx::Tx;
use crate::chain::{
    ChangeEntry, DeviceKey, Draft, Envelope, Header, KeyBody, Kind, MAX_RUN_BYTES, Run, Seal,
    StreamId, Subject, Tip, append, seal_tip,
};
use crate::domain::{CaseId, DeviceId, Digest, Epoch, Reading, ScopeId, cbor};
use crate::record::Written;

/// One of this device's own streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnStream {
    /// Its row.
    pub(super) row: i64,
    /// Which stream.
    pub stream: StreamId,
    /// Newest number.
    pub seq: u64,
    /// Digest of the newest header.
    pub header: Digest,
    /// Newest number the hub acknowledged as durable.
    pub acked: u64,
    /// Newest number under a signed receipt held here.
    pub confirmed: u64,
    /// Whether a fork froze it.
    pub forked: bool,
}

pub(super) const STREAM_COLUMNS: &str =
    "id, scope, device, epoch, seq, header, acked, confirmed, forked";

pub(super) fn stream_from(row: &Row<'_>) -> rusqlite::Result<Option<OwnStream>> {
    let (scope, device, epoch): (Vec<u8>, Vec<u8>, Vec<u8>) =
        (row.get(1)?, row.get(2)?, row.get(3)?);
    let header: Vec<u8> = row.get(5)?;
    let parts = (
        ScopeId::from_slice(&scope),
        DeviceId::from_slice(&device),
        Epoch::from_slice(&epoch),
        Digest::from_slice(&header),
    );
    let (Some(scope), Some(device), Some(epoch), Some(header)) = parts else {
        return Ok(None);
    };
    Ok(Some(OwnStream {
        row: row.get(0)?,
        stream: StreamId {
            scope,
            device,
            epoch,
        },
        seq: unsigned(row.get(4)?),
        header,
        acked: unsigned(row.get(6)?),
        confirmed: unsigned(row.get(7)?),
        forked: row.get(8)?,
    }))
}

/// SQLite integers are signed; counters here never pass 2^63.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl Tx<'_> {
    /// Appends to this device's stream of `scope`, in the current epoch. The first envelope of
    /// every stream is the `key` envelope that says why the epoch was opened.
    ///
    /// # Errors
    /// As the database fails.
    pub fn append(
        &self,
        me: &Identity,
        user: &str,
        reading: Reading,
        (scope, kind, subject, body): (ScopeId, Kind, Subject, Vec<u8>),
    ) -> Result<(Digest, Header), StoreError> {
        let memo = self.epoch_memo()?;
        let stream = StreamId {
            scope,
            device: me.device,
            epoch: memo.epoch,
        };
        let mut tip = self.own_tip(stream)?;
        let seen = self.seen()?;
        if tip.seq == 0 {
            let opening = KeyBody {
                reason: memo.reason,
                previous: memo.previous,
            };
            let draft = Draft {
                kind: Kind::Key,
                subject: Subject::device(me.device),
                body: cbor::encode(&opening),
                user,
                reading,
                seen,
            };
            tip = self.append_one(tip, draft, &me.key)?.2;
        }
        let (id, header, tip) = self.append_one(
            tip,
            Draft {
                kind,
                subject,
                body,
                user,
                reading,
                seen,
            },
            &me.key,
        )?;
        if kind.sealed_at_once() {
            self.keep_seal(&seal_tip(tip, &me.key))?;
        }
        Ok((id, header))
    }

    fn append_one(
        &self,
        tip: Tip,
        draft: Draft<'_>,
        key: &DeviceKey,
    ) -> Result<(Digest, Header, Tip), StoreError> {
        let (envelope, header, next) = append(tip, draft, key);
        self.insert_envelope(&header, &envelope, (0, None))?;
        Ok((next.header, header, next))
    }

    fn own_tip(&self, stream: StreamId) -> Result<Tip, StoreError> {
        let row = self.stream_row(stream, true)?;
        Ok(self.sql().query_row(
            "SELECT seq, header FROM stream WHERE id = ?1",
            [row],
            |row| {
                let header: Vec<u8> = row.get(1)?;
                Ok(Tip {
                    stream,
                    seq: unsigned(row.get(0)?),
                    header: Digest::from_slice(&header).unwrap_or(Digest::ZERO),
                })
            },
        )?)
    }

    /// The stream's row; made if there is none yet.
    pub(super) fn stream_row(&self, stream: StreamId, own: bool) -> Result<i64, StoreError> {
        let keys = (
            stream.scope.as_bytes(),
            stream.device.as_bytes(),
            stream.epoch.as_bytes(),
        );
        let found = self
            .sql()
            .prepare_cached(
                "SELECT id FROM stream WHERE scope = ?1 AND device = ?2 AND epoch = ?3",
            )?
            .query_row(keys, |row| row.get(0))
            .optional()?;
        if let Some(id) = found {
            return Ok(id);
        }
        self.sql().execute(
            "INSERT INTO stream (scope, device, epoch, own, seq, header, sealed, acked, confirmed, forked)
             VALUES (?1, ?2, ?3, ?4, 0, ?5, 0, 0, 0, 0)",
            (keys.0, keys.1, keys.2, own, Digest::ZERO.as_bytes()),
        )?;
        Ok(self.sql().last_insert_rowid())
    }

    /// Writes the envelope's row and moves the stream's newest number to it.
    pub(super) fn insert_envelope(
        &self,
        header: &Header,
        envelope: &Envelope,
        (state, why): (i64, Option<&str>),
    ) -> Result<(), StoreError> {
        let row = self.stream_row(header.stream(), false)?;
        let id = envelope.id();
        self.sql()
            .prepare_cached(
                "INSERT INTO envelope (stream, seq, id, kind, subject, wall, header, body, state, why)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(rusqlite::params![
                row,
                signed(header.seq),
                id.as_bytes(),
                header.kind.number(),
                header.subject.as_bytes(),
                header.wall.0,
                envelope.header.as_slice(),
                envelope.body.as_ref().map(|body| body.as_slice()),
                state,
                why,
            ])?;
        self.sql()
            .prepare_cached("UPDATE stream SET seq = ?2, header = ?3 WHERE id = ?1")?
            .execute((row, signed(header.seq), id.as_bytes()))?;
        Ok(())
    }

    pub(super) fn keep_seal(&self, seal: &Seal) -> Result<(), StoreError> {
        let row = self.stream_row(seal.stream, false)?;
        self.sql()
            .prepare_cached("INSERT OR IGNORE INTO seal (stream, seq, bytes) VALUES (?1, ?2, ?3)")?
            .execute((row, signed(seal.seq), cbor::encode(seal)))?;
        self.sql()
            .prepare_cached("UPDATE stream SET sealed = max(sealed, ?2) WHERE id = ?1")?
            .execute((row, signed(seal.seq)))?;
        Ok(())
    }

    /// Remembers a change that was written here, and projects its case at commit.
    ///
    /// # Errors
    /// As the database fails.
    pub fn keep_own_change(
        &self,
        case: CaseId,
        header: &Header,
        envelope: Digest,
        written: &Written,
    ) -> Result<(), StoreError> {
        let entry = ChangeEntry {
            hash: written.hash,
            case,
            actor: written.actor.clone(),
            seq: written.seq,
            max_op: written.max_op,
        };
        self.keep_change(header, envelope, &entry)?;
        self.touch(case)
    }

    pub(super) fn keep_change(
        &self,
        header: &Header,
        envelope: Digest,
        entry: &ChangeEntry,
    ) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT OR IGNORE INTO actor (actor, device, epoch) VALUES (?1, ?2, ?3)",
            )?
            .execute((
                &entry.actor,
                header.device.as_bytes(),
                header.epoch.as_bytes(),
            ))?;
        self.sql()
            .prepare_cached("INSERT INTO change (hash, case_id, actor, seq, max_op, envelope) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((
                entry.hash.as_bytes(),
                entry.case.as_bytes(),
                &entry.actor,
                signed(entry.seq),
                signed(entry.max_op),
                envelope.as_bytes(),
            ))?;
        Ok(())
    }

    /// This device's streams: all, or those that are still exchanged, which are the ones of the
    /// current epoch, and older ones that the hub lacks something of. A scope that ended here is
    /// not exchanged.
    ///
    /// # Errors
    /// As the database fails.
    pub fn own_streams(&self, epoch: Option<Epoch>) -> Result<Vec<OwnStream>, StoreError> {
        let sql = format!(
            "SELECT {STREAM_COLUMNS}, scope IN (SELECT scope FROM scope_end WHERE state < 2)
             FROM stream WHERE own = 1 ORDER BY id"
        );
        let mut select = self.sql().prepare_cached(&sql)?;
        let rows = select.query_map([], |row| Ok((stream_from(row)?, row.get::<_, bool>(9)?)))?;
        let mut streams = Vec::new();
        for row in rows {
            let (own, has_ended) = row?;
            let is_exchanged = |own: &OwnStream| match epoch {
                None => true,
                Some(epoch) => !has_ended && (own.stream.epoch == epoch || own.acked < own.seq),
            };
            streams.extend(own.filter(is_exchanged));
        }
        Ok(streams)
    }

    /// This device's streams of an epoch, those first in which a statement or a signature waits.
    ///
    /// # Errors
    /// As the database fails.
    pub fn own_streams_by_urgency(&self, epoch: Epoch) -> Result<Vec<OwnStream>, StoreError> {
        let mut streams = Vec::new();
        let mut urgent = self.sql().prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM envelope WHERE stream = ?1 AND seq > ?2 AND kind IN (?3, ?4))",
        )?;
        for own in self.own_streams(Some(epoch))? {
            let kinds = (Kind::Freeze.number(), Kind::Signature.number());
            let waits: bool = urgent
                .query_row((own.row, signed(own.acked), kinds.0, kinds.1), |row| {
                    row.get(0)
                })?;
            streams.push((!waits, own));
        }
        streams.sort_by_key(|(later, _)| *later);
        Ok(streams.into_iter().map(|(_, own)| own).collect())
    }

    /// Cuts sealed runs of an own stream, from `from` on, at most about `max_bytes`. Seals that
    /// are missing are made now, because this is where things leave the device.
    ///
    /// # Errors
    /// As the database fails.
    pub fn cut_runs(
        &self,
        stream: &OwnStream,
        from: u64,
        (max_bytes, run_bytes): (usize, usize),
        key: &DeviceKey,
    ) -> Result<Vec<Run>, StoreError> {
        let mut runs = Vec::new();
        let mut spent = 0;
        let mut next = from;
        while next <= stream.seq && spent < max_bytes {
            let Some(run) = self.cut_run(stream, next, MAX_RUN_BYTES.min(run_bytes), key)? else {
                break;
            };
            spent += run.envelopes.iter().map(short_bytes).sum::<usize>();
            next = run.seal.seq + 1;
            runs.push(run);
        }
        Ok(runs)
    }

    /// One run from `from` on: as many envelopes as fit, at least one.
    fn cut_run(
        &self,
        stream: &OwnStream,
        from: u64,
        max_bytes: usize,
        key: &DeviceKey,
    ) -> Result<Option<Run>, StoreError> {
        let mut envelopes: Vec<Envelope> = Vec::new();
        let (mut bytes, mut long_bytes) = (0, 0);
        // What was set aside after the hub refused it is nobody else's affair: its header suffices.
        let mut select = self.sql().prepare_cached(
            "SELECT header, CASE state WHEN 2 THEN NULL ELSE body END FROM envelope
             WHERE stream = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1000",
        )?;
        let mut rows = select.query((stream.row, signed(from)))?;
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            bytes += short_bytes(&envelope);
            long_bytes += envelope.len_bytes();
            if !envelopes.is_empty() && (bytes > max_bytes || long_bytes > MAX_LONG_BYTES) {
                break;
            }
            envelopes.push(envelope);
        }
        let Some(last) = envelopes.last() else {
            return Ok(None);
        };
        let tip = Tip {
            stream: stream.stream,
            seq: from + envelopes.len() as u64 - 1,
            header: last.id(),
        };
        let seal = match self.seal_at(stream.row, tip.seq)? {
            Some(seal) => seal,
            None => {
                let seal = seal_tip(tip, key);
                self.keep_seal(&seal)?;
                seal
            }
        };
        Ok(Some(Run { envelopes, seal }))
    }

    pub(super) fn seal_at(&self, row: i64, seq: u64) -> Result<Option<Seal>, StoreError> {
        let bytes: Option<Vec<u8>> = self
            .sql()
            .prepare_cached("SELECT bytes FROM seal WHERE stream = ?1 AND seq = ?2")?
            .query_row((row, signed(seq)), |row| row.get(0))
            .optional()?;
        Ok(bytes.map(|bytes| cbor::decode(&bytes)).transpose()?)
    }

    /// A stored run: from `from` to the seal at `to`. Bodies that are not applied stay behind.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if no seal stands at `to`.
    pub fn read_run(&self, stream: StreamId, from: u64, to: u64) -> Result<Run, StoreError> {
        let row = self.stream_row(stream, false)?;
        let seal = self
            .seal_at(row, to)?
            .ok_or_else(|| StoreError::Damaged(format!("no seal at {to}")))?;
        let mut select = self.sql().prepare_cached(
            "SELECT header, CASE state WHEN 0 THEN body END FROM envelope
             WHERE stream = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq",
        )?;
        let mut rows = select.query((row, signed(from), signed(to)))?;
        let mut envelopes = Vec::new();
        while let Some(row) = rows.next()? {
            envelopes.push(envelope_from(row)?);
        }
        Ok(Run { envelopes, seal })
    }

    /// One stored envelope, by its name.
    ///
    /// # Errors
    /// As the database fails.
    pub fn envelope(&self, id: &Digest) -> Result<Option<(Header, Envelope)>, StoreError> {
        let found = self
            .sql()
            .prepare_cached("SELECT header, body FROM envelope WHERE id = ?1")?
            .query_row([id.as_bytes()], envelope_from)
            .optional()?;
        Ok(found
            .map(|envelope| envelope.parse().map(|header| (header, envelope)))
            .transpose()?)
    }

    /// The hub holds an own stream durably up to `mark`; it may take back what it lost.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_acked(&self, stream: StreamId, mark: u64) -> Result<(), StoreError> {
        let row = self.stream_row(stream, true)?;
        self.sql().execute(
            "UPDATE stream SET acked = min(seq, ?2) WHERE id = ?1",
            (row, signed(mark)),
        )?;
        Ok(())
    }

    /// Marks a stream as forked: nothing more is pushed from it.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_forked(&self, stream: StreamId) -> Result<(), StoreError> {
        let row = self.stream_row(stream, false)?;
        self.sql()
            .execute("UPDATE stream SET forked = 1 WHERE id = ?1", [row])?;
        Ok(())
    }

    /// Envelopes after `seq` of an own stream, for writing them anew in the next epoch.
    ///
    /// # Errors
    /// As the database fails.
    pub fn own_after(
        &self,
        stream: StreamId,
        seq: u64,
    ) -> Result<Vec<(Header, Envelope)>, StoreError> {
        let row = self.stream_row(stream, true)?;
        let mut select = self.sql().prepare_cached(
            "SELECT header, body FROM envelope WHERE stream = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        let mut rows = select.query((row, signed(seq)))?;
        let mut envelopes = Vec::new();
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            envelopes.push((envelope.parse()?, envelope));
        }
        Ok(envelopes)
    }

    /// Takes envelopes after `seq` out of an own stream, so that they can be written anew in
    /// another epoch. Their changes stay in the record.
    ///
    /// # Errors
    /// As the database fails.
    pub fn retract_own(
        &self,
        stream: StreamId,
        seq: u64,
    ) -> Result<Vec<(Header, Envelope)>, StoreError> {
        let envelopes = self.own_after(stream, seq)?;
        let row = self.stream_row(stream, true)?;
        self.sql().execute(
            "DELETE FROM envelope WHERE stream = ?1 AND seq > ?2",
            (row, signed(seq)),
        )?;
        self.sql().execute(
            "DELETE FROM seal WHERE stream = ?1 AND seq > ?2",
            (row, signed(seq)),
        )?;
        self.sql().execute(
            "UPDATE stream SET own = 0, seq = ?2, sealed = min(sealed, ?2),
               header = coalesce((SELECT id FROM envelope WHERE stream = ?1 AND seq = ?2), ?3) WHERE id = ?1",
            (row, signed(seq), Digest::ZERO.as_bytes()),
        )?;
        Ok(envelopes)
    }

    /// A change or photo is from now on known by another envelope.
    ///
    /// # Errors
    /// As the database fails.
    pub fn readdress(&self, from: &Digest, to: &Digest, epoch: Epoch) -> Result<(), StoreError> {
        let ids = (to.as_bytes(), from.as_bytes());
        self.sql().execute(
            "UPDATE actor SET epoch = ?1 WHERE actor IN (SELECT actor FROM change WHERE envelope = ?2)",
            (epoch.as_bytes(), ids.1),
        )?;
        self.sql()
            .execute("UPDATE change SET envelope = ?1 WHERE envelope = ?2", ids)?;
        self.sql()
            .execute("UPDATE blob SET envelope = ?1 WHERE envelope = ?2", ids)?;
        Ok(())
    }
}

/// A run in long form must fit into a frame.
const MAX_LONG_BYTES: usize = 200 * 1024;

/// Size of an envelope in short form before compression, nearly.
fn short_bytes(envelope: &Envelope) -> usize {
    envelope.body.as_ref().map_or(40, |body| body.len() + 20)
}

pub(super) fn envelope_from(row: &Row<'_>) -> rusqlite::Result<Envelope> {
    let header: Vec<u8> = row.get(0)?;
    let body: Option<Vec<u8>> = row.get(1)?;
    Ok(Envelope {
        header: ByteVec::from(header),
        body: body.map(ByteVec::from),
    })
}
