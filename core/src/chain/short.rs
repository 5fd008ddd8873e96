//! The short form of a run: nothing travels that its receiver can compute.
//!
//! [`shorten`] takes a sealed run apart where things leave; [`expand`] puts the very same headers
//! and bodies together again where they arrive, from what the receiver holds of the stream, and
//! hands the run to the gate like any other. Links, digests, numbers, names of the stream, and of
//! a change its magic, checksum, past and counters are computed; clocks are differences; digests
//! and ids are named once (`names`); like values stand together (`columns`).
//!
//! Invariants: what is sent was expanded again by the sender and was the same; what is expanded is
//! nothing until the seal over the rebuilt headers verifies, so no mistake here can forge or spoil
//! anything; memory is bounded before it is taken.
//!
//! Refuses: to guess. What cannot be rebuilt is not there (`None`); the receiver then answers
//! `RUN_UNVERIFIED`, and the sender repeats the run in long form, headers verbatim.

mod change;
mod chunk;
mod columns;
mod names;
mod rebuild;
mod tree;
mod write;

use std::collections::BTreeMap;

use minicbor::bytes::ByteArray;

use self::change::{Lookup, Memory};
use self::chunk::Summary;
use self::columns::{Key, Reader, Writer};
use self::names::{Context, NameReader, NameWriter};
use self::rebuild::Rebuilding;
use self::tree::{Clocks, Shapes};
use self::write::Writing;
use super::envelope::{Envelope, Header, Kind, MAX_BODY_BYTES, Run, Seal, Seen, StreamId, Subject};
use super::gate::MAX_RUN_ENVELOPES;
use super::key::KeyId;
use super::ledger::Ledger;
use crate::domain::{CaseId, DeviceId, Digest, Epoch, Reading, ScopeId, WallMs, cbor};

/// A run expands to no more than this.
const MAX_EXPANDED_BYTES: usize = 1024 * 1024;

const FLAGS: Key = Key::of(1);
const KIND: Key = Key::of(2);
const SUBJECT: Key = Key::of(3);
const SUBJECT_NAME: Key = Key::of(4);
const SUBJECT_PLACE: Key = Key::of(5);
const USER: Key = Key::of(6);
const WALL: Key = Key::of(7);
const MONO: Key = Key::of(8);
const BOOT: Key = Key::of(9);
const SEEN: Key = Key::of(10);
const SEEN_NAME: Key = Key::of(11);
const SEEN_SEQ: Key = Key::of(12);
const BODY: Key = Key::of(13);
const BARE: Key = Key::of(14);
const RAW: Key = Key::of(15);

const SAME_SUBJECT: u64 = 1;
const SAME_USER: u64 = 2;
const SAME_BOOT: u64 = 4;
const SAME_SEEN: u64 = 8;
const SAME_KEY: u64 = 16;

/// A run without what its receiver can compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortRun {
    /// Number of its first envelope.
    pub first: u64,
    /// How many envelopes.
    pub count: u64,
    /// Their columns.
    pub columns: Vec<u8>,
    /// Bytes that do not compress: digests, ids, the seal's signature.
    pub pool: Vec<u8>,
}

/// Who is to expand a run, as far as that decides what need not be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// A hub holds its own headers, which `seen` names.
    Hub,
    /// A phone may not.
    Phone,
}

/// What a receiver holds, as far as runs are rebuilt from it.
pub trait Known: Ledger {
    /// The header at a place of a stream, and its digest.
    ///
    /// # Errors
    /// As the store fails.
    fn header_of(
        &self,
        stream: StreamId,
        seq: u64,
    ) -> Result<Option<(Header, Digest)>, Self::Error>;
    /// The body of a stream's newest change of a case below a number.
    ///
    /// # Errors
    /// As the store fails.
    fn newest_change(
        &self,
        stream: StreamId,
        case: CaseId,
        before: u64,
    ) -> Result<Option<Vec<u8>>, Self::Error>;
    /// Where a stream first speaks of a case.
    ///
    /// # Errors
    /// As the store fails.
    fn first_about(&self, stream: StreamId, case: CaseId) -> Result<Option<u64>, Self::Error>;
    /// The only change of a case whose hash begins so, with its highest operation; changes of the
    /// stream from a number on do not count.
    ///
    /// # Errors
    /// As the store fails.
    fn change_like(
        &self,
        beside: (StreamId, u64),
        case: CaseId,
        prefix: &[u8],
    ) -> Result<Option<(Digest, u64)>, Self::Error>;
    /// The only actor of a case's changes that begins so; changes of the stream from a number on
    /// do not count.
    ///
    /// # Errors
    /// As the store fails.
    fn actor_like(
        &self,
        beside: (StreamId, u64),
        case: CaseId,
        prefix: &[u8],
    ) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// A store beside the run itself.
struct Beside<'k, K: ?Sized> {
    known: &'k K,
    run: (StreamId, u64),
}

impl<K: Known + ?Sized> Lookup for Beside<'_, K> {
    type Error = K::Error;

    fn change(&self, case: CaseId, prefix: &[u8]) -> Result<Option<(Digest, u64)>, K::Error> {
        self.known.change_like(self.run, case, prefix)
    }

    fn actor(&self, case: CaseId, prefix: &[u8]) -> Result<Option<[u8; 16]>, K::Error> {
        let found = self.known.actor_like(self.run, case, prefix)?;
        Ok(found.and_then(|actor| actor.try_into().ok()))
    }
}

/// What both ends keep from envelope to envelope.
struct Past<'k, K: ?Sized> {
    beside: Beside<'k, K>,
    previous: Option<(Header, Digest)>,
    newest: BTreeMap<CaseId, Option<Summary>>,
    brought: BTreeMap<Digest, u64>,
    longest_text: Option<[u8; 32]>,
    shapes: Shapes,
    changes: Memory,
}

impl<'k, K: Known + ?Sized> Past<'k, K> {
    fn new(known: &'k K, stream: StreamId, first: u64) -> Result<Self, K::Error> {
        let previous = match first.checked_sub(1) {
            None | Some(0) => None,
            Some(seq) => known.header_of(stream, seq)?,
        };
        Ok(Self {
            beside: Beside {
                known,
                run: (stream, first),
            },
            previous,
            newest: BTreeMap::new(),
            brought: BTreeMap::new(),
            longest_text: None,
            shapes: Shapes::default(),
            changes: Memory::default(),
        })
    }

    /// The newest change of a case in this stream, within the run or before it.
    fn newest(&mut self, case: CaseId) -> Result<Option<Summary>, K::Error> {
        if let Some(newest) = self.newest.get(&case) {
            return Ok(*newest);
        }
        let (stream, first) = self.beside.run;
        let body = self.beside.known.newest_change(stream, case, first)?;
        let newest = body.and_then(|body| chunk::summarise(&body));
        self.newest.insert(case, newest);
        Ok(newest)
    }

    /// What both ends can compute when they come to an envelope's body.
    fn context(&mut self, header: &Header) -> Result<(Context, Option<Summary>), K::Error> {
        let newest = match (header.kind, header.subject.as_case()) {
            (Kind::Change | Kind::Freeze | Kind::Signature, Some(case)) => self.newest(case)?,
            _ => None,
        };
        let previous = self.previous.as_ref().map(|(_, id)| *id.as_bytes());
        let newest_hash = newest.map(|newest| *newest.hash.as_bytes());
        let context = Context {
            wall: header.wall.0,
            actor: None,
            previous,
            newest: newest_hash,
            chunk_root: None,
            text: self.longest_text,
            subject: header.subject.as_case().map(|case| *case.as_bytes()),
            boot: Some(*header.boot_id),
        };
        Ok((context, newest))
    }

    fn note_change(&mut self, case: CaseId, change: Option<Summary>) {
        if let Some(change) = change {
            self.brought.insert(change.hash, change.max_op);
        }
        self.newest.insert(case, change);
    }

    fn finish_envelope(&mut self, header: Header, id: Digest, body: Option<&[u8]>) {
        self.longest_text = body
            .filter(|_| header.kind == Kind::Freeze)
            .and_then(tree::longest_text)
            .map(|text| *Digest::of(text).as_bytes());
        self.previous = Some((header, id));
    }
}

/// How a body travels.
const BODY_BARE: u64 = 0;
const BODY_CHANGE: u64 = 1;
const BODY_TREE: u64 = 2;
const BODY_RAW: u64 = 3;

/// The short form of a run, for a receiver that holds the stream up to the run and everything the
/// run builds on. Nothing if the run is of a form that cannot be rebuilt.
///
/// # Errors
/// As the store fails.
pub fn shorten<K: Known + ?Sized>(
    run: &Run,
    known: &K,
    toward: Toward,
) -> Result<Option<ShortRun>, K::Error> {
    let mut headers = Vec::with_capacity(run.envelopes.len());
    for envelope in &run.envelopes {
        match envelope.parse() {
            Ok(header) => headers.push(header),
            Err(_) => return Ok(None),
        }
    }
    let Some(first) = headers.first().map(|header| header.seq) else {
        return Ok(None);
    };
    let mut writing = Writing {
        past: Past::new(known, run.seal.stream, first)?,
        columns: Writer::default(),
        names: NameWriter::default(),
        toward,
    };
    for (header, envelope) in headers.into_iter().zip(&run.envelopes) {
        writing.envelope(header, envelope)?;
    }
    let Writing { columns, names, .. } = writing;
    let mut pool = names.finish();
    pool.extend_from_slice(run.seal.sig.as_slice());
    let short = ShortRun {
        first,
        count: run.envelopes.len() as u64,
        columns: columns.finish(),
        pool,
    };
    let same = expand(run.seal.stream, &short, known)?.as_ref() == Some(run);
    Ok(same.then_some(short))
}

const SUBJECT_NONE: u64 = 0;
const SUBJECT_DEVICE: u64 = 1;
const SUBJECT_NAMED: u64 = 2;
const SUBJECT_PLACED: u64 = 3;
const SUBJECT_WIDE: u64 = 4;

const SEEN_NONE: u64 = 0;
const SEEN_SOME: u64 = 1;
const SEEN_LOOKED_UP: u64 = 2;
const SEEN_SAME_STREAM: u64 = 4;

fn clocks_before(before: Option<&Header>) -> (i64, u64) {
    before.map_or((0, 0), |before| (before.wall.0, before.mono_ms))
}

fn clocks_of(header: &Header) -> Clocks {
    Clocks {
        wall: header.wall.0,
        mono: i64::try_from(header.mono_ms).unwrap_or(0),
    }
}

/// The run that was shortened; nothing if that cannot be said from what is held here.
///
/// # Errors
/// As the store fails.
pub fn expand<K: Known + ?Sized>(
    stream: StreamId,
    short: &ShortRun,
    known: &K,
) -> Result<Option<Run>, K::Error> {
    let count = usize::try_from(short.count).unwrap_or(usize::MAX);
    let last = short
        .first
        .checked_add(short.count)
        .and_then(|end| end.checked_sub(1));
    let parts = Reader::open(&short.columns).zip(short.pool.split_last_chunk::<64>());
    let (Some((columns, (pool, sig))), Some(last)) = (parts, last) else {
        return Ok(None);
    };
    if count == 0 || count > MAX_RUN_ENVELOPES || short.first == 0 {
        return Ok(None);
    }
    let mut rebuilding = Rebuilding {
        past: Past::new(known, stream, short.first)?,
        columns,
        names: NameReader::open(pool),
        stream,
        room: MAX_EXPANDED_BYTES,
    };
    let mut envelopes = Vec::with_capacity(count);
    for seq in short.first..=last {
        match rebuilding.envelope(seq)? {
            Some(envelope) => envelopes.push(envelope),
            None => return Ok(None),
        }
    }
    let newest = rebuilding.past.previous.as_ref();
    let (Some((header, id)), true) = (newest, rebuilding.is_spent()) else {
        return Ok(None);
    };
    let seal = Seal {
        stream,
        seq: last,
        header: *id,
        key: header.key,
        sig: ByteArray::from(*sig),
    };
    Ok(Some(Run { envelopes, seal }))
}
