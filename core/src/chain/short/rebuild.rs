//! Puts headers and bodies together again, one envelope after the other.

use minicbor::bytes::{ByteArray, ByteVec};

use super::change::Setting;
use super::chunk::Summary;
use super::columns::Reader;
use super::names::{Context, NameReader};
use super::*;

/// A run being rebuilt.
pub(super) struct Rebuilding<'k, 'a, K: ?Sized> {
    pub(super) past: Past<'k, K>,
    pub(super) columns: Reader<'a>,
    pub(super) names: NameReader<'a>,
    pub(super) stream: StreamId,
    pub(super) room: usize,
}

impl<K: Known + ?Sized> Rebuilding<'_, '_, K> {
    pub(super) fn is_spent(&self) -> bool {
        self.columns.is_spent() && self.names.is_spent()
    }

    pub(super) fn envelope(&mut self, seq: u64) -> Result<Option<Envelope>, K::Error> {
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
