//! The short form of a run: nothing travels that its receiver can compute.
//!
//! [`shorten`] takes a sealed run apart where things leave; [`expand`] puts the very same headers
//! and bodies together again where they arrive, from what the receiver holds of the stream, and
//! hands the run to the gate like any other. Links, digests, numbers, names of the stream, and of
//! a change its magic, checksum, past and counters are computed; clocks are differences; digests
//! and ids are named once ([`names`]); like values stand together ([`columns`]).
//!
//! Invariants: what is sent was expanded again by the sender and was the same; what is expanded is
//! nothing until the seal over the rebuilt headers verifies, so no mistake here can forge or spoil
//! anything; memory is bounded before it is taken.
//!
//! Refuses: to guess. What cannot be rebuilt is not there (`None`); the receiver then answers
//! `RUN_UNVERIFIED`, and the sender repeats the run in long form, headers verbatim.

mod chunk;
mod columns;
mod names;
mod tree;

use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};

use self::chunk::{Chunk, Lookup, Memory, Setting, Summary};
use self::columns::{Key, Reader, Writer};
use self::names::{Context, NameReader, NameWriter};
use self::tree::{Clocks, Shapes};
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

struct Writing<'k, K: ?Sized> {
    past: Past<'k, K>,
    columns: Writer,
    names: NameWriter,
    toward: Toward,
}

impl<K: Known + ?Sized> Writing<'_, K> {
    fn envelope(&mut self, header: Header, envelope: &Envelope) -> Result<(), K::Error> {
        self.names.context = Context {
            wall: header.wall.0,
            ..Context::default()
        };
        self.header(&header)?;
        let (context, newest) = self.past.context(&header)?;
        self.names.context = context;
        let body = envelope.body.as_ref().map(|body| body.as_slice());
        self.body(&header, newest, body)?;
        self.past.finish_envelope(header, envelope.id(), body);
        Ok(())
    }

    fn header(&mut self, header: &Header) -> Result<(), K::Error> {
        let before = self
            .past
            .previous
            .as_ref()
            .map(|(header, _)| header.clone());
        let same = |is: fn(&Header, &Header) -> bool| {
            before.as_ref().is_some_and(|before| is(before, header))
        };
        let flags = [
            (SAME_SUBJECT, same(|a, b| a.subject == b.subject)),
            (SAME_USER, same(|a, b| a.user == b.user)),
            (SAME_BOOT, same(|a, b| a.boot_id == b.boot_id)),
            (SAME_SEEN, same(|a, b| a.seen == b.seen)),
            (SAME_KEY, same(|a, b| a.key == b.key)),
        ];
        let set = flags.iter().filter(|(_, is)| *is);
        let flags = set.fold(0, |all, (flag, _)| all | flag);
        self.columns.number(FLAGS, flags);
        self.columns.number(KIND, u64::from(header.kind.number()));
        let (wall, mono) = clocks_before(before.as_ref());
        let wall_step = header.wall.0.wrapping_sub(wall);
        let mono_step = header.mono_ms.wrapping_sub(mono).cast_signed();
        self.columns.signed(WALL, wall_step);
        self.columns.signed(MONO, mono_step.wrapping_sub(wall_step));
        if flags & SAME_SUBJECT == 0 {
            self.subject(header)?;
        }
        if flags & SAME_USER == 0 {
            self.columns.bytes(USER, header.user.as_bytes());
        }
        if flags & SAME_BOOT == 0 {
            self.names.narrow(&mut self.columns, BOOT, *header.boot_id);
        }
        if flags & SAME_SEEN == 0 {
            self.seen(header.seen, before.as_ref().and_then(|before| before.seen))?;
        }
        if flags & SAME_KEY == 0 {
            self.names.raw(header.key.as_bytes());
        }
        Ok(())
    }

    fn subject(&mut self, header: &Header) -> Result<(), K::Error> {
        let bytes = header.subject.as_bytes();
        if bytes.is_empty() {
            self.columns.number(SUBJECT, SUBJECT_NONE);
        } else if bytes == header.device.as_bytes() {
            self.columns.number(SUBJECT, SUBJECT_DEVICE);
        } else if let Ok(wide) = <[u8; 32]>::try_from(bytes) {
            self.columns.number(SUBJECT, SUBJECT_WIDE);
            self.names.wide(&mut self.columns, SUBJECT_NAME, wide);
        } else if let Some(case) = header.subject.as_case() {
            let (stream, first) = self.past.beside.run;
            let place = if self.names.knows(*case.as_bytes()) {
                None
            } else {
                self.past.beside.known.first_about(stream, case)?
            };
            match place.filter(|place| *place < first) {
                Some(place) => {
                    self.columns.number(SUBJECT, SUBJECT_PLACED);
                    self.columns.step(SUBJECT_PLACE, place.cast_signed());
                    self.names.learn(*case.as_bytes());
                }
                None => {
                    self.columns.number(SUBJECT, SUBJECT_NAMED);
                    self.names
                        .narrow(&mut self.columns, SUBJECT_NAME, *case.as_bytes());
                }
            }
        }
        Ok(())
    }

    fn seen(&mut self, seen: Option<Seen>, before: Option<Seen>) -> Result<(), K::Error> {
        let Some(seen) = seen else {
            self.columns.number(SEEN, SEEN_NONE);
            return Ok(());
        };
        let held = match self.toward {
            Toward::Hub => self.past.beside.known.header_of(seen.stream, seen.seq)?,
            Toward::Phone => None,
        };
        let looked_up = held.is_some_and(|(_, id)| id == seen.header);
        let same_stream = before.is_some_and(|before| before.stream == seen.stream);
        let form = [(SEEN_LOOKED_UP, looked_up), (SEEN_SAME_STREAM, same_stream)];
        let set = form.iter().filter(|(_, is)| *is);
        self.columns
            .number(SEEN, set.fold(SEEN_SOME, |all, (flag, _)| all | flag));
        if !same_stream {
            let StreamId {
                scope,
                device,
                epoch,
            } = seen.stream;
            self.names
                .narrow(&mut self.columns, SEEN_NAME, *scope.as_bytes());
            self.names
                .narrow(&mut self.columns, SEEN_NAME, *device.as_bytes());
            self.names.raw(epoch.as_bytes());
        }
        let seq_before = before.map_or(0, |before| before.seq);
        let step = seen.seq.wrapping_sub(seq_before).cast_signed();
        self.columns.signed(SEEN_SEQ, step);
        if !looked_up {
            self.names
                .wide(&mut self.columns, SEEN_NAME, *seen.header.as_bytes());
        }
        Ok(())
    }

    fn body(
        &mut self,
        header: &Header,
        newest: Option<Summary>,
        body: Option<&[u8]>,
    ) -> Result<(), K::Error> {
        let Some(body) = body else {
            self.columns.number(BODY, BODY_BARE);
            self.columns.number(BARE, header.body_len);
            self.names.wide(
                &mut self.columns,
                BARE.part(1),
                *header.body_sha256.as_bytes(),
            );
            return Ok(());
        };
        let case = header
            .subject
            .as_case()
            .filter(|_| header.kind == Kind::Change);
        if let Some((case, chunk)) = case.zip(Chunk::parse(body)) {
            self.columns.number(BODY, BODY_CHANGE);
            let Past {
                beside,
                brought,
                changes,
                ..
            } = &mut self.past;
            let setting = Setting {
                case,
                newest,
                time: header.wall.0.div_euclid(1000),
                brought,
            };
            let out = (&mut self.columns, &mut self.names);
            let change = changes.write(&chunk, (&setting, beside), out)?;
            self.past.note_change(case, change);
            return Ok(());
        }
        if let Some(case) = case {
            self.past.note_change(case, None);
        }
        let clocks = clocks_of(header);
        match tree::outline(body, clocks) {
            Some(shape) => {
                self.columns.number(BODY, BODY_TREE);
                let at = (header.kind.number(), clocks);
                let out = (&mut self.columns, &mut self.names);
                self.past.shapes.write((body, shape), at, out);
            }
            None => {
                self.columns.number(BODY, BODY_RAW);
                self.names.text(&mut self.columns, RAW, body);
            }
        }
        Ok(())
    }
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

struct Rebuilding<'k, 'a, K: ?Sized> {
    past: Past<'k, K>,
    columns: Reader<'a>,
    names: NameReader<'a>,
    stream: StreamId,
    room: usize,
}

impl<K: Known + ?Sized> Rebuilding<'_, '_, K> {
    fn is_spent(&self) -> bool {
        self.columns.is_spent() && self.names.is_spent()
    }

    fn envelope(&mut self, seq: u64) -> Result<Option<Envelope>, K::Error> {
        let Some(mut header) = self.header(seq)? else {
            return Ok(None);
        };
        let (context, newest) = self.past.context(&header)?;
        self.names.context = context;
        let Some(body) = self.body(&mut header, newest)? else {
            return Ok(None);
        };
        let bytes = cbor::encode(&header);
        let spent = bytes.len() + body.as_ref().map_or(0, Vec::len);
        let Some(room) = self.room.checked_sub(spent) else {
            return Ok(None);
        };
        self.room = room;
        let envelope = Envelope {
            header: ByteVec::from(bytes),
            body: body.map(ByteVec::from),
        };
        let body = envelope.body.as_ref().map(|body| body.as_slice());
        self.past.finish_envelope(header, envelope.id(), body);
        Ok(Some(envelope))
    }

    fn header(&mut self, seq: u64) -> Result<Option<Header>, K::Error> {
        let before = self.past.previous.clone();
        let Some(plain) = self.plain(before.as_ref().map(|(header, _)| header)) else {
            return Ok(None);
        };
        let before_header = before.as_ref().map(|(header, _)| header);
        self.names.context = Context {
            wall: plain.reading.wall.0,
            ..Context::default()
        };
        let same = |flag: u64| plain.flags & flag != 0;
        let subject = match before_header.filter(|_| same(SAME_SUBJECT)) {
            Some(before) => Some(before.subject.clone()),
            None => self.subject()?,
        };
        let user = match before_header.filter(|_| same(SAME_USER)) {
            Some(before) => Some(before.user.clone()),
            None => self
                .columns
                .bytes(USER)
                .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()),
        };
        let boot_id = match before_header.filter(|_| same(SAME_BOOT)) {
            Some(before) => Some(*before.boot_id),
            None => self.names.narrow(&mut self.columns, BOOT),
        };
        let seen_before = before_header.and_then(|before| before.seen);
        let seen = match before_header.filter(|_| same(SAME_SEEN)) {
            Some(before) => Some(before.seen),
            None => self.seen(seen_before)?,
        };
        let key = match before_header.filter(|_| same(SAME_KEY)) {
            Some(before) => Some(before.key),
            None => self.names.raw().map(KeyId::from_bytes),
        };
        let parts = (subject, user, boot_id, seen, key);
        let (Some(subject), Some(user), Some(boot_id), Some(seen), Some(key)) = parts else {
            return Ok(None);
        };
        Ok(Some(Header {
            version: 1,
            scope: self.stream.scope,
            device: self.stream.device,
            epoch: self.stream.epoch,
            seq,
            prev: before.map_or(Digest::ZERO, |(_, id)| id),
            kind: plain.kind,
            subject,
            body_sha256: Digest::ZERO,
            body_len: 0,
            user,
            wall: plain.reading.wall,
            boot_id: ByteArray::from(boot_id),
            mono_ms: plain.reading.mono_ms,
            seen,
            key,
        }))
    }

    /// What every header says in numbers.
    fn plain(&mut self, before: Option<&Header>) -> Option<Plain> {
        let flags = self.columns.number(FLAGS)?;
        let kind = u8::try_from(self.columns.number(KIND)?).ok()?;
        let kind = minicbor::decode(&[kind]).ok()?;
        let (wall, mono) = clocks_before(before);
        let wall_step = self.columns.signed(WALL)?;
        let mono_step = self.columns.signed(MONO)?.wrapping_add(wall_step);
        Some(Plain {
            flags,
            kind,
            reading: Reading {
                wall: WallMs(wall.wrapping_add(wall_step)),
                boot_id: [0; 16],
                mono_ms: mono.wrapping_add_signed(mono_step),
            },
        })
    }

    fn subject(&mut self) -> Result<Option<Subject>, K::Error> {
        let bytes = match self.columns.number(SUBJECT) {
            Some(SUBJECT_NONE) => Some(Vec::new()),
            Some(SUBJECT_DEVICE) => Some(self.stream.device.as_bytes().to_vec()),
            Some(SUBJECT_NAMED) => self
                .names
                .narrow(&mut self.columns, SUBJECT_NAME)
                .map(|bytes| bytes.to_vec()),
            Some(SUBJECT_WIDE) => self
                .names
                .wide(&mut self.columns, SUBJECT_NAME)
                .map(|bytes| bytes.to_vec()),
            Some(SUBJECT_PLACED) => {
                let Some(place) = self.columns.step(SUBJECT_PLACE) else {
                    return Ok(None);
                };
                let known = self.past.beside.known;
                let held = known.header_of(self.stream, place.cast_unsigned())?;
                let case = held.and_then(|(header, _)| header.subject.as_case());
                case.into_iter()
                    .for_each(|case| self.names.learn(*case.as_bytes()));
                case.map(|case| case.as_bytes().to_vec())
            }
            Some(_) | None => None,
        };
        Ok(bytes.map(Subject::from_bytes))
    }

    fn seen(&mut self, before: Option<Seen>) -> Result<Option<Option<Seen>>, K::Error> {
        let Some(form) = self.columns.number(SEEN) else {
            return Ok(None);
        };
        if form == SEEN_NONE {
            return Ok(Some(None));
        }
        let Some((stream, seq)) = self.seen_place(form, before) else {
            return Ok(None);
        };
        let header = if form & SEEN_LOOKED_UP == 0 {
            let named = self.names.wide(&mut self.columns, SEEN_NAME);
            named.map(Digest::from_bytes)
        } else {
            let held = self.past.beside.known.header_of(stream, seq)?;
            held.map(|(_, id)| id)
        };
        Ok(header.map(|header| {
            Some(Seen {
                stream,
                seq,
                header,
            })
        }))
    }

    fn seen_place(&mut self, form: u64, before: Option<Seen>) -> Option<(StreamId, u64)> {
        let stream = if form & SEEN_SAME_STREAM == 0 {
            StreamId {
                scope: ScopeId::from_bytes(self.names.narrow(&mut self.columns, SEEN_NAME)?),
                device: DeviceId::from_bytes(self.names.narrow(&mut self.columns, SEEN_NAME)?),
                epoch: Epoch::from_bytes(self.names.raw()?),
            }
        } else {
            before?.stream
        };
        let seq_before = before.map_or(0, |before| before.seq);
        let step = self.columns.signed(SEEN_SEQ)?;
        Some((stream, seq_before.wrapping_add_signed(step)))
    }

    /// The body, and its digest and length in the header.
    fn body(
        &mut self,
        header: &mut Header,
        newest: Option<Summary>,
    ) -> Result<Option<Option<Vec<u8>>>, K::Error> {
        let form = self.columns.number(BODY);
        let case = header
            .subject
            .as_case()
            .filter(|_| header.kind == Kind::Change);
        let body = match (form, case) {
            (Some(BODY_BARE), _) => {
                let len = self.columns.number(BARE);
                let named = self.names.wide(&mut self.columns, BARE.part(1));
                let Some((len, digest)) = len.zip(named) else {
                    return Ok(None);
                };
                header.body_len = len;
                header.body_sha256 = Digest::from_bytes(digest);
                return Ok(Some(None));
            }
            (Some(BODY_CHANGE), Some(case)) => self.change(header, (case, newest))?,
            (Some(BODY_TREE), _) => {
                let at = (header.kind.number(), clocks_of(header));
                let from = (&mut self.columns, &mut self.names);
                self.past.shapes.read(at, from, MAX_BODY_BYTES)
            }
            (Some(BODY_RAW), _) => self.names.text(&mut self.columns, RAW, MAX_BODY_BYTES),
            (Some(_) | None, _) => None,
        };
        if let (Some(case), Some(BODY_RAW | BODY_TREE)) = (case, form) {
            self.past.note_change(case, None);
        }
        Ok(body.map(|body| {
            header.body_len = body.len() as u64;
            header.body_sha256 = Digest::of(&body);
            Some(body)
        }))
    }

    fn change(
        &mut self,
        header: &Header,
        (case, newest): (CaseId, Option<Summary>),
    ) -> Result<Option<Vec<u8>>, K::Error> {
        let Past {
            beside,
            brought,
            changes,
            ..
        } = &mut self.past;
        let setting = Setting {
            case,
            newest,
            time: header.wall.0.div_euclid(1000),
            brought,
        };
        let from = (&mut self.columns, &mut self.names);
        let read = changes.read((&setting, beside), from, MAX_BODY_BYTES)?;
        Ok(read.map(|(bytes, change)| {
            self.past.note_change(case, change);
            bytes
        }))
    }
}

/// Flags, kind and clocks.
struct Plain {
    flags: u64,
    kind: Kind,
    reading: Reading,
}
