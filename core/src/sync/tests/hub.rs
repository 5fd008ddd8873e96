//! A hub in memory: as much of the real one as the engine can tell.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::{ByteArray, ByteVec};

use super::world::{HUB, Writer, stream};
use crate::chain::{Run, StreamId};
use crate::domain::{DeviceId, Digest, WallMs, cbor};
use crate::sync::frame::{self, Ack, Cursor, Fault, Frame, StreamMark, Welcome};
use crate::sync::{Body, Method, Request};

#[derive(Clone)]
pub(super) struct Upload {
    pub(super) len: u64,
    pub(super) offset: u64,
    pub(super) listed: bool,
}

pub(super) type Answer = (u16, Vec<(String, String)>, Vec<u8>);

pub(super) struct Hub {
    pub(super) streams: BTreeMap<StreamId, Vec<Digest>>,
    pub(super) feed: Writer,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) valid: BTreeSet<String>,
    /// Faults for a stream instead of taking its runs.
    pub(super) refuse: BTreeMap<StreamId, &'static str>,
    pub(super) log: Vec<String>,
    pub(super) page_runs: usize,
    tokens: u64,
}

pub(super) fn fault(code: &str, stream: Option<StreamId>, expected: Option<u64>) -> Frame {
    Frame::Fault(Fault {
        code: code.to_owned(),
        detail: String::new(),
        stream,
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
        let frames = frame::unpack(body).unwrap();
        assert!(frame::is_whole(&frames));
        let (mut out, mut pages, mut touched) = (Vec::new(), Vec::new(), BTreeSet::new());
        for frame in frames {
            match frame {
                Frame::Hello(hello) => {
                    let marks = hello.streams.iter().map(|claim| self.mark(claim.stream));
                    out.push(Frame::Welcome(Welcome {
                        hub: HUB,
                        hub_time: WallMs(0),
                        scopes: Vec::new(),
                        streams: marks.collect(),
                        max_request_bytes: 1 << 20,
                    }));
                }
                Frame::Run(run) => match self.take(&run) {
                    None => drop(touched.insert(run.seal.stream)),
                    Some(fault) => pages.push(fault),
                },
                Frame::Pull(pull) => {
                    if !touched.is_empty() {
                        self.feed.write("receipt");
                    }
                    pages.extend(self.page(pull.cursor.as_ref().map(|token| token.as_slice())));
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
            out.push(Frame::Ack(Ack {
                stream,
                mark,
                header,
                exceptions: Vec::new(),
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
            header: held.last().copied().unwrap_or(Digest::ZERO),
        }
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

    fn page(&self, cursor: Option<&[u8]>) -> Vec<Frame> {
        let at = cursor.map_or(0, |token| u64::from_be_bytes(token.try_into().unwrap()));
        let runs: Vec<Run> = self.feed.runs_from(at + 1);
        let runs = &runs[..runs.len().min(self.page_runs)];
        let end = runs.last().map_or(at, |run| run.seal.seq);
        let lag = self.feed.last_seq() - end;
        let mut out: Vec<Frame> = runs.iter().cloned().map(Frame::Run).collect();
        out.push(Frame::Cursor(Cursor {
            token: ByteVec::from(end.to_be_bytes().to_vec()),
            caught_up: lag == 0,
            lag,
        }));
        out
    }
}

pub(super) fn offset_answer(status: u16, offset: u64) -> Answer {
    let headers = vec![("upload-offset".to_owned(), offset.to_string())];
    (status, headers, Vec::new())
}
