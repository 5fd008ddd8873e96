//! Takes headers and bodies apart, one envelope after the other.

use super::change::Setting;
use super::chunk::{Chunk, Summary};
use super::columns::Writer;
use super::names::{Context, NameWriter};
use super::*;

/// A run being written.
pub(super) struct Writing<'k, K: ?Sized> {
    pub(super) past: Past<'k, K>,
    pub(super) columns: Writer,
    pub(super) names: NameWriter,
    pub(super) toward: Toward,
}

impl<K: Known + ?Sized> Writing<'_, K> {
    pub(super) fn envelope(&mut self, header: Header, envelope: &Envelope) -> Result<(), K::Error> {
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
