//! Streams as they are handed on: by stick, to another phone, or for another phone to the hub.
//!
//! A stretch that is handed on ends on a seal and never passes over a missing body: whoever counts
//! a stream by its seals would otherwise believe to hold what nobody gave it.

use std::collections::BTreeSet;

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::stream::{OwnStream, STREAM_COLUMNS, envelope_from, signed, stream_from, unsigned};
use super::tx::Tx;
use crate::chain::{
    Certificate, DeviceKey, Envelope, Kind, Ledger, MAX_RUN_BYTES, Mark, Run, Seal,
    SignedCertificate, StreamId, Tip, seal_tip,
};
use crate::domain::{CaseId, DeviceId, Digest, ScopeId, WallMs, cbor};

/// Most envelopes of one run.
const MAX_RUN: usize = 1_000;

/// A stream held here, whoever writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldStream {
    /// Where it stands; `acked` says how far the hub is known to hold it.
    pub at: OwnStream,
    /// Whether this store writes it.
    pub own: bool,
}

/// Whose bodies go along; the others travel as bare headers, so that the chain has no hole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Bodies {
    /// Every one.
    #[default]
    All,
    /// Those of these cases, and those about no case.
    Cases(BTreeSet<CaseId>),
}

impl Bodies {
    fn takes(&self, kind: Kind, subject: Option<CaseId>) -> bool {
        match (self, kind) {
            (Self::All, _) => true,
            (Self::Cases(_), Kind::Key | Kind::Acl | Kind::Receipt) => true,
            (
                Self::Cases(cases),
                Kind::Change
                | Kind::Photo
                | Kind::Freeze
                | Kind::Signature
                | Kind::Decision
                | Kind::Audit
                | Kind::Tombstone
                | Kind::Snapshot,
            ) => subject.is_some_and(|case| cases.contains(&case)),
        }
    }
}

impl Tx<'_> {
    /// Every stream of these scopes that anything is held of.
    ///
    /// # Errors
    /// As the database fails.
    pub fn held_streams(&self, scopes: &[ScopeId]) -> Result<Vec<HeldStream>, StoreError> {
        let sql = format!("SELECT {STREAM_COLUMNS}, own FROM stream WHERE seq > 0 ORDER BY id");
        let mut select = self.sql().prepare_cached(&sql)?;
        let mut rows = select.query([])?;
        let mut streams = Vec::new();
        while let Some(row) = rows.next()? {
            let own: bool = row.get(9)?;
            if let Some(at) = stream_from(row)?.filter(|at| scopes.contains(&at.stream.scope)) {
                streams.push(HeldStream { at, own });
            }
        }
        Ok(streams)
    }

    /// How far a stream is held with every body: there the next bundle of others may go on.
    ///
    /// # Errors
    /// As the database fails.
    pub fn whole_mark(&self, held: &HeldStream) -> Result<Option<Mark>, StoreError> {
        let first_bare = self.first_bare(&held.at, 1)?;
        if first_bare.is_none() {
            return Ok(Some(Mark {
                seq: held.at.seq,
                header: held.at.header,
            }));
        }
        let seq: Option<i64> = self.sql().query_row(
            "SELECT max(seq) FROM seal WHERE stream = ?1 AND seq < ?2",
            (held.at.row, signed(first_bare.unwrap_or(0))),
            |row| row.get(0),
        )?;
        let Some(seq) = seq.map(unsigned) else {
            return Ok(None);
        };
        let header = self.header_at(held.at.stream, seq)?;
        Ok(header.map(|header| Mark { seq, header }))
    }

    fn first_bare(&self, at: &OwnStream, from: u64) -> Result<Option<u64>, StoreError> {
        let seq: Option<i64> = self
            .sql()
            .prepare_cached(
                "SELECT min(seq) FROM envelope WHERE stream = ?1 AND seq >= ?2 AND body IS NULL",
            )?
            .query_row((at.row, signed(from)), |row| row.get(0))?;
        Ok(seq.map(unsigned))
    }

    /// The next run of a stream from a number on: at most 64 KiB, ending on a seal. An own stream
    /// is sealed here if need be. Nothing if the stream ends there, or if a body is missing before
    /// the next seal.
    ///
    /// # Errors
    /// As the database fails.
    pub fn next_run(
        &self,
        held: &HeldStream,
        from: u64,
        (bodies, key): (&Bodies, &DeviceKey),
    ) -> Result<Option<Run>, StoreError> {
        let (mut envelopes, seal) = match held.own {
            true => {
                let envelopes = self.stretch(&held.at, from, (MAX_RUN_BYTES, None))?;
                let Some(last) = envelopes.last() else {
                    return Ok(None);
                };
                let tip = Tip {
                    stream: held.at.stream,
                    seq: from + envelopes.len() as u64 - 1,
                    header: last.id(),
                };
                let seal = self.own_seal(&held.at, tip, key)?;
                (envelopes, seal)
            }
            false => {
                let Some(seal) = self.seal_of_next_run(&held.at, from)? else {
                    return Ok(None);
                };
                let envelopes = self.stretch(&held.at, from, (usize::MAX, Some(seal.seq)))?;
                (envelopes, seal)
            }
        };
        for envelope in &mut envelopes {
            let header = envelope.parse()?;
            if !bodies.takes(header.kind, header.subject.as_case()) {
                envelope.body = None;
            }
        }
        Ok(Some(Run { envelopes, seal }))
    }

    fn own_seal(&self, at: &OwnStream, tip: Tip, key: &DeviceKey) -> Result<Seal, StoreError> {
        if let Some(seal) = self.seal_at(at.row, tip.seq)? {
            return Ok(seal);
        }
        let seal = seal_tip(tip, key);
        self.keep_seal(&seal)?;
        Ok(seal)
    }

    /// The seal that closes the longest run from a number on that is not too long, at least the
    /// next one; nothing if a body is missing before that.
    fn seal_of_next_run(&self, at: &OwnStream, from: u64) -> Result<Option<Seal>, StoreError> {
        let bare = self.first_bare(at, from)?.unwrap_or(u64::MAX);
        let fits = self.stretch(at, from, (MAX_RUN_BYTES, None))?.len() as u64;
        let end = from.saturating_add(fits).min(bare).saturating_sub(1);
        let bytes: Option<Vec<u8>> = self
            .sql()
            .prepare_cached(
                "SELECT bytes FROM seal WHERE stream = ?1 AND seq = coalesce(
                   (SELECT max(seq) FROM seal WHERE stream = ?1 AND seq BETWEEN ?2 AND ?3),
                   (SELECT min(seq) FROM seal WHERE stream = ?1 AND seq >= ?2))",
            )?
            .query_row((at.row, signed(from), signed(end)), |row| row.get(0))
            .optional()?;
        let seal: Option<Seal> = bytes.map(|bytes| cbor::decode(&bytes)).transpose()?;
        Ok(seal.filter(|seal| seal.seq < bare))
    }

    /// Envelopes from a number on, as many as fit, or up to a number. What the hub refused of an
    /// own stream is nobody else's affair: its header suffices.
    fn stretch(
        &self,
        at: &OwnStream,
        from: u64,
        (max_bytes, to): (usize, Option<u64>),
    ) -> Result<Vec<Envelope>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT envelope.header, CASE WHEN state = 2 AND stream.own = 1 THEN NULL ELSE body END
             FROM envelope JOIN stream ON stream.id = envelope.stream
             WHERE envelope.stream = ?1 AND envelope.seq BETWEEN ?2 AND ?3 ORDER BY envelope.seq",
        )?;
        let to = to.map_or(i64::MAX, signed);
        let mut rows = select.query((at.row, signed(from), to))?;
        let (mut envelopes, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            bytes += envelope.len_bytes();
            let full = bytes > max_bytes || envelopes.len() == MAX_RUN;
            if full && !envelopes.is_empty() {
                break;
            }
            envelopes.push(envelope);
        }
        Ok(envelopes)
    }

    /// The number of the first envelope of a stream that its writer's clock puts at or after a time.
    ///
    /// # Errors
    /// As the database fails.
    pub fn first_since(&self, held: &HeldStream, since: WallMs) -> Result<u64, StoreError> {
        let seq: Option<i64> = self.sql().query_row(
            "SELECT min(seq) FROM envelope WHERE stream = ?1 AND wall >= ?2",
            (held.at.row, since.0),
            |row| row.get(0),
        )?;
        Ok(seq.map_or(held.at.seq + 1, unsigned))
    }

    /// The hub is known to hold a stream of others so far.
    ///
    /// # Errors
    /// As the database fails.
    pub fn note_at_hub(&self, stream: StreamId, mark: u64) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "UPDATE stream SET acked = max(acked, min(seq, ?4))
                 WHERE scope = ?1 AND device = ?2 AND epoch = ?3 AND own = 0",
            )?
            .execute((
                stream.scope.as_bytes(),
                stream.device.as_bytes(),
                stream.epoch.as_bytes(),
                signed(mark),
            ))?;
        Ok(())
    }

    /// Streams of others that the hub may not hold as far as this store does. The hub's own are not
    /// brought back to it.
    ///
    /// # Errors
    /// As the database fails.
    pub fn streams_to_relay(&self) -> Result<Vec<HeldStream>, StoreError> {
        let sql = format!(
            "SELECT {STREAM_COLUMNS} FROM stream WHERE own = 0 AND forked = 0 AND sealed > acked
               AND device NOT IN (SELECT device FROM author WHERE is_hub = 1)
               AND (scope IN (SELECT id FROM scope) OR device = (SELECT device FROM identity)) ORDER BY id"
        );
        let mut select = self.sql().prepare_cached(&sql)?;
        let rows = select.query_map([], stream_from)?;
        let mut streams = Vec::new();
        for row in rows {
            streams.extend(row?.map(|at| HeldStream { at, own: false }));
        }
        Ok(streams)
    }

    /// Whether an envelope is held without its body.
    ///
    /// # Errors
    /// As the database fails.
    pub fn is_bare(&self, envelope: &Digest) -> Result<bool, StoreError> {
        let found: Option<bool> = self
            .sql()
            .prepare_cached("SELECT body IS NULL FROM envelope WHERE id = ?1")?
            .query_row([envelope.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(found == Some(true))
    }

    /// Writers of these scopes that the hub vouched for, with its word.
    ///
    /// # Errors
    /// As the database fails.
    pub fn certificates(&self) -> Result<Vec<KnownDevice>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT device, user, revoked, certificate FROM author WHERE certificate IS NOT NULL ORDER BY user, device",
        )?;
        let mut rows = select.query([])?;
        let mut known = Vec::new();
        while let Some(row) = rows.next()? {
            let device: Vec<u8> = row.get(0)?;
            let certificate: Vec<u8> = row.get(3)?;
            let Some(device) = DeviceId::from_slice(&device) else {
                continue;
            };
            known.push(KnownDevice {
                device,
                user: row.get(1)?,
                revoked: row.get(2)?,
                certificate: cbor::decode(&certificate)?,
            });
        }
        Ok(known)
    }
}

/// A device that the hub vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// Which device.
    pub device: DeviceId,
    /// Who uses it.
    pub user: String,
    /// Whether it was withdrawn.
    pub revoked: bool,
    /// The hub's word.
    pub certificate: SignedCertificate,
}

impl KnownDevice {
    /// Where it may read and write, by that word.
    pub fn certificate_scopes(&self) -> Vec<ScopeId> {
        cbor::decode::<Certificate>(&self.certificate.bytes)
            .map_or_else(|_| Vec::new(), |known| known.scopes)
    }
}
