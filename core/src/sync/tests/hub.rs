//! A hub in memory: as much of the real one as the engine can tell.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::{ByteArray, ByteVec};

use super::world::{DEVICE, HUB, Writer, pretend_short, stream, tag};
use crate::chain::{Run, StreamId};
use crate::domain::{DeviceId, Digest, ScopeId, WallMs, cbor};
use crate::sync::frame::{
    self, AckFrame, ClaimMark, Cursor, Fault, Form, Frame, ShortFrame, StreamMark, StreamName,
    Welcome,
};
use crate::sync::{Body, Method, Request};

#[derive(Clone)]
pub(super) struct Upload {
    pub(super) len: u64,
    pub(super) offset: u64,
    pub(super) listed: bool,
}

pub(super) type Answer = (u16, Vec<(String, String)>, Vec<u8>);

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that a hub can fail at"
)]
pub(super) struct Hub {
    pub(super) streams: BTreeMap<StreamId, Vec<Digest>>,
    pub(super) feed: Writer,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) valid: BTreeSet<String>,
    /// Faults for a stream instead of taking its runs.
    pub(super) refuse: BTreeMap<StreamId, &'static str>,
    pub(super) log: Vec<String>,
    pub(super) page_runs: usize,
    /// Short runs are rebuilt, or not.
    pub(super) rebuilds: bool,
    /// Answers in short form.
    pub(super) short: bool,
    /// Knows the dictionary.
    pub(super) dictionary: bool,
    /// Forms in which pages were asked for.
    pub(super) forms: Vec<Option<Form>>,
    tokens: u64,
}

/// A stream in full.
fn full(stream: StreamId) -> StreamName {
    StreamName {
        claim: None,
        stream: Some(stream),
    }
}

pub(super) fn fault(code: &str, stream: Option<StreamId>, expected: Option<u64>) -> Frame {
    Frame::Fault(Fault {
        code: code.to_owned(),
        detail: String::new(),
        stream: stream.map(full),
        expected,
    })
}

/// A refusal as the hub words it.
pub(super) fn refusal(status: u16, code: &str) -> Answer {
    let body = frame::pack(&[fault(code, None, None), Frame::End]).unwrap();
    (status, Vec::new(), body)
}

impl Hub {
    pub(super) fn new() -> Self {
        Self {
            streams: BTreeMap::new(),
            feed: Writer::new(stream(HUB, 1, 0)),
            uploads: BTreeMap::new(),
            valid: BTreeSet::new(),
            refuse: BTreeMap::new(),
            log: Vec::new(),
            page_runs: 2,
            rebuilds: true,
            short: false,
            dictionary: true,
            forms: Vec::new(),
            tokens: 0,
        }
    }

    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        let line = format!("{} {}", request.method.as_str(), request.path);
        self.log.push(line);
        let header = |name: &str| {
            let found = request.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let body = match &request.body {
            Body::Mem(bytes) => bytes.as_slice(),
            Body::Empty | Body::Blob { .. } => &[],
        };
        if request.path == "/v1/token" {
            return self.token(body);
        }
        let bearer = header("Authorization").unwrap_or_default();
        if !self.valid.contains(&bearer) {
            return refusal(401, "AUTH_EXPIRED");
        }
        if request.path == "/v1/sync" {
            return self.sync(body);
        }
        let name = request.path.rsplit('/').next().unwrap().to_owned();
        match (request.method, self.uploads.get_mut(&name)) {
            (Method::Post, _) => {
                let length = header("Upload-Length").unwrap().parse().unwrap();
                self.create(&header("Upload-Metadata").unwrap(), length)
            }
            (Method::Put, _) => {
                for (name, upload) in &mut self.uploads {
                    upload.listed |= request.path.contains(name.as_str());
                }
                (204, Vec::new(), Vec::new())
            }
            (_, None) => (404, Vec::new(), Vec::new()),
            (Method::Head, Some(upload)) => offset_answer(200, upload.offset),
            (Method::Patch, Some(upload)) => {
                let at: u64 = header("Upload-Offset").unwrap().parse().unwrap();
                if at != upload.offset {
                    return offset_answer(409, upload.offset);
                }
                upload.offset += request.body.len_bytes();
                offset_answer(204, upload.offset)
            }
        }
    }

    fn create(&mut self, metadata: &str, len: u64) -> Answer {
        // The fake reads no base64: the test names blobs by their metadata through `job`.
        let name = self.names_of(metadata);
        let fresh = Upload {
            len,
            offset: 0,
            listed: false,
        };
        self.uploads.entry(name).or_insert(fresh);
        (201, Vec::new(), Vec::new())
    }

    fn names_of(&self, metadata: &str) -> String {
        let coded = metadata.split([' ', ',']).nth(1).unwrap();
        let value = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            _ => 0,
        };
        let mut text = String::new();
        for four in coded.as_bytes().chunks(4) {
            let bits = four
                .iter()
                .fold(0_u32, |all, b| (all << 6) | u32::from(value(*b)));
            text.extend(bits.to_be_bytes()[1..].iter().map(|b| char::from(*b)));
        }
        text.trim_end_matches('\0').to_owned()
    }

    fn token(&mut self, body: &[u8]) -> Answer {
        if cbor::decode::<(DeviceId,)>(body).is_ok() {
            let nonce = (ByteArray::from([7_u8; 32]),);
            return (200, Vec::new(), cbor::encode(&nonce));
        }
        type Proof = (DeviceId, ByteArray<32>, ByteArray<64>);
        assert!(cbor::decode::<Proof>(body).is_ok());
        self.tokens += 1;
        let token = format!("t{}", self.tokens);
        self.valid.insert(format!("Bearer {token}"));
        (200, Vec::new(), cbor::encode(&(token, 3_600_000_u64)))
    }

    fn sync(&mut self, body: &[u8]) -> Answer {
        if !self.dictionary && frame::dictionary_of(body).is_some() {
            return refusal(415, "DICTIONARY_UNKNOWN");
        }
        let frames = frame::unpack(body).unwrap();
        assert!(frame::is_whole(&frames));
        let (mut out, mut pages, mut touched) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut claims = Vec::new();
        for frame in frames {
            match frame {
                Frame::Hello(hello) => {
                    claims = self.claims(&hello);
                    out.push(self.welcome(&hello, &claims));
                }
                Frame::Run(run) => match self.take(&run) {
                    None => drop(touched.insert(run.seal.stream)),
                    Some(fault) => pages.push(fault),
                },
                Frame::Short(short) => {
                    let stream = short.stream.find(claims.iter().copied()).unwrap();
                    let run: Run = cbor::decode(&short.columns).unwrap();
                    let taken = if self.rebuilds {
                        self.take(&run)
                    } else {
                        Some(fault("RUN_UNVERIFIED", Some(stream), None))
                    };
                    match taken {
                        None => drop(touched.insert(stream)),
                        Some(fault) => pages.push(fault),
                    }
                }
                Frame::Pull(pull) => {
                    self.forms.push(pull.form);
                    let short = self.short && pull.form.is_none();
                    if !touched.is_empty() {
                        self.feed.write("receipt");
                    }
                    let at = pull.cursor.as_ref().map(|token| token.as_slice());
                    pages.extend(self.page(at, short));
                }
                _ => {}
            }
        }
        for stream in touched {
            let StreamMark {
                stream,
                mark,
                header,
            } = self.mark(stream);
            out.push(Frame::Ack(AckFrame {
                stream: full(stream),
                mark,
                header,
                exceptions: None,
            }));
        }
        out.append(&mut pages);
        out.push(Frame::End);
        (200, Vec::new(), frame::pack(&out).unwrap())
    }

    pub(super) fn mark(&self, stream: StreamId) -> StreamMark {
        let held = self.streams.get(&stream).map_or(&[][..], |held| held);
        StreamMark {
            stream,
            mark: held.len() as u64,
            header: tag(held.last().copied().unwrap_or(Digest::ZERO)),
        }
    }

    fn welcome(&self, hello: &frame::Hello, claims: &[StreamId]) -> Frame {
        let marks = claims.iter().zip(&hello.streams).zip(0..);
        let others = marks.filter_map(|((stream, said), claim)| {
            let held = self.mark(*stream);
            let differs = (held.mark, held.header) != (said.last_seq, said.last_header);
            differs.then_some(ClaimMark {
                claim,
                mark: held.mark,
                header: held.header,
            })
        });
        Frame::Welcome(Welcome {
            hub_time: WallMs(0),
            streams: Some(others.collect()),
            max_request_bytes: None,
        })
    }

    /// The streams of a hello: scopes of the fake world repeat one byte.
    fn claims(&self, hello: &frame::Hello) -> Vec<StreamId> {
        let scopes = [1, 2].map(|scope| ScopeId::from_bytes([scope; 16]));
        let of = |claim: &frame::Claim| StreamId {
            scope: claim.scope.find(&scopes).unwrap(),
            device: DEVICE,
            epoch: hello.epoch,
        };
        hello.streams.iter().map(of).collect()
    }

    fn take(&mut self, run: &Run) -> Option<Frame> {
        let stream = run.seal.stream;
        if let Some(code) = self.refuse.get(&stream) {
            return Some(fault(code, Some(stream), None));
        }
        let held = self.streams.entry(stream).or_default();
        let first = run.seal.seq + 1 - run.envelopes.len() as u64;
        if first > held.len() as u64 + 1 {
            return Some(fault("GAP", Some(stream), Some(held.len() as u64 + 1)));
        }
        for (envelope, at) in run
            .envelopes
            .iter()
            .zip(usize::try_from(first).unwrap() - 1..)
        {
            match held.get(at) {
                None => held.push(envelope.id()),
                Some(id) if *id == envelope.id() => {}
                Some(_) => return Some(fault("STREAM_FORKED", Some(stream), None)),
            }
        }
        None
    }

    fn page(&self, cursor: Option<&[u8]>, short: bool) -> Vec<Frame> {
        let at = cursor.map_or(0, |token| u64::from_be_bytes(token.try_into().unwrap()));
        let runs: Vec<Run> = self.feed.runs_from(at + 1);
        let runs = &runs[..runs.len().min(self.page_runs)];
        let end = runs.last().map_or(at, |run| run.seal.seq);
        let lag = self.feed.last_seq() - end;
        let form = |run: &Run| match short {
            true => Frame::Short(ShortFrame::new(full(run.seal.stream), pretend_short(run))),
            false => Frame::Run(run.clone()),
        };
        let mut out: Vec<Frame> = runs.iter().map(form).collect();
        out.push(Frame::Cursor(Cursor {
            token: Some(ByteVec::from(end.to_be_bytes().to_vec())),
            lag: (lag > 0).then_some(lag),
        }));
        out
    }
}

pub(super) fn offset_answer(status: u16, offset: u64) -> Answer {
    let headers = vec![("upload-offset".to_owned(), offset.to_string())];
    (status, headers, Vec::new())
}
