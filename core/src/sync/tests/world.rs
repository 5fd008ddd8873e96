//! A fake store, and a driver between it, the fake hub and the engine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::hub::{Answer, Hub};
use crate::chain::{
    BlobRole, DeviceKey, Draft, Envelope, Kind, Run, Seal, StreamId, Subject, Tip, append,
};
use crate::domain::{DeviceId, Digest, Epoch, Reading, ScopeId, WallMs};
use crate::sync::frame::{HeaderTag, StreamClaim, StreamMark};
use crate::sync::{
    BlobJob, BlobLoad, Body, Effect, Engine, Event, ExchangeLoad, Failure, Incoming, LoadRequest,
    Loaded, Originals, Outgoing, Report, Request, SavedToken, StateName, StoreFailure, Txn,
    Waiting,
};

pub(super) const DEVICE: DeviceId = DeviceId::from_bytes([1; 16]);
pub(super) const HUB: DeviceId = DeviceId::from_bytes([9; 16]);

pub(super) fn stream(device: DeviceId, scope: u8, epoch: u8) -> StreamId {
    StreamId {
        scope: ScopeId::from_bytes([scope; 16]),
        device,
        epoch: Epoch::from_bytes([epoch; 8]),
    }
}

/// A stream with its writer.
pub(super) struct Writer {
    pub(super) id: StreamId,
    pub(super) envelopes: Vec<Envelope>,
    key: DeviceKey,
}

impl Writer {
    pub(super) fn new(id: StreamId) -> Self {
        let key = DeviceKey::from_secret(&[3; 64]);
        let envelopes = Vec::new();
        Self { id, envelopes, key }
    }

    pub(super) fn header_at(&self, seq: u64) -> Digest {
        let at = usize::try_from(seq).unwrap();
        at.checked_sub(1)
            .map_or(Digest::ZERO, |at| self.envelopes[at].id())
    }

    pub(super) fn last_seq(&self) -> u64 {
        self.envelopes.len() as u64
    }

    pub(super) fn write(&mut self, text: &str) {
        let tip = Tip {
            stream: self.id,
            seq: self.last_seq(),
            header: self.header_at(self.last_seq()),
        };
        let draft = Draft {
            kind: Kind::Audit,
            subject: Subject::none(),
            body: text.as_bytes().to_vec(),
            user: "u",
            reading: Reading {
                wall: WallMs(0),
                boot_id: [0; 16],
                mono_ms: 0,
            },
            seen: None,
        };
        self.envelopes.push(append(tip, draft, &self.key).0);
    }

    /// Sealed runs of at most three envelopes from a number on.
    pub(super) fn runs_from(&self, seq: u64) -> Vec<Run> {
        let from = usize::try_from(seq - 1).unwrap().min(self.envelopes.len());
        let mut end = seq - 1;
        let cut = self.envelopes[from..].chunks(3).map(|some| {
            end += some.len() as u64;
            Run {
                envelopes: some.to_vec(),
                seal: Seal::make(self.id, end, self.header_at(end), &self.key),
            }
        });
        cut.collect()
    }
}

#[derive(Default)]
pub(super) struct Store {
    pub(super) own: Vec<Writer>,
    pub(super) acked: BTreeMap<StreamId, StreamMark>,
    pub(super) cursor: Option<Vec<u8>>,
    pub(super) pulled: BTreeSet<Digest>,
    pub(super) jobs: Vec<BlobJob>,
    pub(super) sent: Vec<Digest>,
    pub(super) forked: BTreeSet<StreamId>,
    pub(super) txns: Vec<&'static str>,
    pub(super) fail: VecDeque<StoreFailure>,
    pub(super) token: Option<SavedToken>,
    /// Writes runs in short form, which the fake hub cannot tell from a real one.
    pub(super) short: bool,
    pub(super) longs: Vec<StreamId>,
    epoch: u8,
}

/// Runs of the fake world in a form that only says who they are.
pub(super) fn pretend_short(run: &Run) -> crate::chain::short::ShortRun {
    crate::chain::short::ShortRun {
        first: run.seal.seq + 1 - run.envelopes.len() as u64,
        count: run.envelopes.len() as u64,
        columns: crate::domain::cbor::encode(run),
        pool: vec![1; 70],
    }
}

impl Store {
    fn load(&mut self, what: LoadRequest) -> Loaded {
        let (max_bytes, from, skip) = match what {
            LoadRequest::Blobs { originals } => return Loaded::Blobs(self.blobs(originals)),
            LoadRequest::Token => return Loaded::Token(self.token.clone()),
            LoadRequest::Exchange {
                max_bytes,
                from,
                skip,
                long,
                ..
            } => {
                self.longs = long;
                (max_bytes, BTreeMap::from_iter(from), skip)
            }
        };
        let mut load = ExchangeLoad {
            schema: 1,
            scopes: self.own.iter().map(|writer| writer.id.scope).collect(),
            cursor: self.cursor.clone(),
            acked: self.acked.values().copied().collect(),
            ..ExchangeLoad::nothing(self.own[0].id.epoch)
        };
        let mut room = max_bytes;
        for writer in &self.own {
            load.claims.push(StreamClaim {
                stream: writer.id,
                last_seq: writer.last_seq(),
                last_header: tag(writer.header_at(writer.last_seq())),
            });
            if self.forked.contains(&writer.id) || skip.contains(&writer.id) {
                continue;
            }
            let mark = self.acked.get(&writer.id).map_or(0, |mark| mark.mark);
            load.waiting += writer.last_seq() - mark;
            let first = from.get(&writer.id).copied().unwrap_or(mark + 1);
            for run in writer.runs_from(first) {
                let left = room.checked_sub(run.len_bytes() as u64);
                if left.is_none() && !load.runs.is_empty() {
                    load.more = true;
                    break;
                }
                room = left.unwrap_or(0);
                let is_short = self.short && !self.longs.contains(&writer.id);
                let short = is_short.then(|| pretend_short(&run));
                load.runs.push(Outgoing { run, short });
            }
        }
        Loaded::Exchange(load)
    }

    fn blobs(&self, originals: Originals) -> BlobLoad {
        let mut load = BlobLoad::default();
        for job in self.jobs.iter().filter(|j| !self.sent.contains(&j.digest)) {
            let goes = job.role == BlobRole::Thumbnail || originals == Originals::Send;
            let count: &mut Waiting = if goes {
                &mut load.waiting
            } else {
                &mut load.held
            };
            count.blobs += 1;
            count.bytes += job.len_bytes;
            load.jobs.extend(goes.then(|| job.clone()));
        }
        load
    }

    fn commit(&mut self, txn: Txn) {
        match txn {
            Txn::Acked(acks) => {
                self.txns.push("acked");
                for ack in acks {
                    let mark = StreamMark {
                        stream: ack.stream,
                        mark: ack.mark,
                        header: ack.header,
                    };
                    self.acked.insert(ack.stream, mark);
                }
            }
            Txn::Page { runs, cursor, .. } => {
                self.txns.push("page");
                for run in runs {
                    let run = match run {
                        Incoming::Long(run) => run,
                        Incoming::Short(_, short) => {
                            crate::domain::cbor::decode(&short.columns).unwrap()
                        }
                    };
                    self.pulled.extend(run.envelopes.iter().map(Envelope::id));
                }
                self.cursor = Some(cursor);
            }
            Txn::Token { text, valid_ms } => {
                self.token = Some(SavedToken {
                    text,
                    left_ms: valid_ms,
                });
            }
            Txn::BlobSent(digest) => {
                self.txns.push("blob");
                self.sent.push(digest);
            }
            Txn::Rollback { .. } => {
                self.txns.push("rollback");
                self.epoch += 1;
                self.cursor = None;
                for writer in &mut self.own {
                    let scope = writer.id.scope.as_bytes()[0];
                    *writer = Writer::new(stream(DEVICE, scope, 100 + self.epoch));
                    writer.write("new epoch");
                }
            }
            Txn::CursorReset => {
                self.txns.push("cursor reset");
                self.cursor = None;
            }
            Txn::Fork { stream } => {
                self.txns.push("fork");
                self.forked.insert(stream);
            }
        }
    }
}

/// A tag as hub and phone write it: nothing is held before the first.
pub(super) fn tag(header: Digest) -> HeaderTag {
    match header {
        Digest::ZERO => HeaderTag::NONE,
        header => HeaderTag::of(&header),
    }
}

/// What the network does with one request.
#[derive(Debug, Clone)]
pub(super) enum Net {
    Fine,
    /// Nothing arrives.
    Lost,
    /// It arrives; the answer does not.
    AnswerLost,
    /// So many bytes of a PATCH arrive.
    CutAt(u64),
    /// The answer loses its last bytes.
    AnswerCut,
    /// Somebody else answers.
    Instead(Answer),
}

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) store: Store,
    pub(super) hub: Hub,
    pub(super) now: u64,
    pub(super) timer: Option<u64>,
    pub(super) net: VecDeque<Net>,
    pub(super) todo: VecDeque<Effect>,
    pub(super) requests: Vec<Request>,
    pub(super) reports: Vec<Report>,
    in_flight: Option<u64>,
}

impl World {
    /// One stream with `envelopes` waiting; `entries` in the hub's feed.
    pub(super) fn new(envelopes: usize, entries: usize) -> Self {
        let mut store = Store::default();
        store.own.push(Writer::new(stream(DEVICE, 1, 1)));
        let mut hub = Hub::new();
        (0..envelopes).for_each(|at| store.own[0].write(&format!("mine {at}")));
        (0..entries).for_each(|at| hub.feed.write(&format!("theirs {at}")));
        Self {
            engine: Engine::new(DEVICE, 5),
            store,
            hub,
            now: 1_000,
            timer: None,
            net: VecDeque::new(),
            todo: VecDeque::new(),
            requests: Vec::new(),
            reports: Vec::new(),
            in_flight: None,
        }
    }

    pub(super) fn blob(&mut self, name: u8, len_bytes: u64, role: BlobRole) -> Digest {
        let digest = Digest::of(&[name]);
        let chunks = len_bytes.div_ceil(256 * 1024);
        self.store.jobs.push(BlobJob {
            digest,
            len_bytes,
            scope: ScopeId::from_bytes([1; 16]),
            chunks: (0..chunks).map(|_| digest).collect(),
            role,
        });
        digest
    }

    pub(super) fn feed(&mut self, event: Event) {
        if let Event::HttpDone { rid, .. } | Event::HttpFail { rid, .. } = &event
            && self.in_flight == Some(rid.0)
        {
            self.in_flight = None;
        }
        for effect in self.engine.step(self.now, event) {
            match &effect {
                Effect::Http(request) => {
                    assert_eq!(self.in_flight, None, "two requests in flight");
                    self.in_flight = Some(request.rid.0);
                }
                Effect::Cancel { rid } if self.in_flight == Some(rid.0) => self.in_flight = None,
                _ => {}
            }
            self.todo.push_back(effect);
        }
    }

    /// Executes one effect, or lets time pass to the timer; false if nothing is left to do.
    pub(super) fn advance(&mut self) -> bool {
        let Some(effect) = self.todo.pop_front() else {
            let Some(at) = self.timer.take() else {
                return false;
            };
            self.now = self.now.max(at);
            self.feed(Event::Tick);
            return true;
        };
        match effect {
            Effect::Load { op, what } => {
                let event = match self.store.fail.pop_front() {
                    Some(why) => Event::StoreFail { op, why },
                    None => Event::Loaded {
                        op,
                        loaded: self.store.load(what),
                    },
                };
                self.feed(event);
            }
            Effect::Store { op, txn } => {
                let event = match self.store.fail.pop_front() {
                    Some(why) => Event::StoreFail { op, why },
                    None => {
                        self.store.commit(txn);
                        Event::Stored { op }
                    }
                };
                self.feed(event);
            }
            Effect::Http(request) => self.transmit(request),
            Effect::Sign { nonce } => self.feed(Event::Signed {
                nonce,
                sig: [4; 64],
            }),
            Effect::Timer { at_ms } => self.timer = Some(at_ms),
            Effect::Report(report) => self.reports.push(report),
            Effect::Cancel { .. } => {}
        }
        true
    }

    fn transmit(&mut self, mut request: Request) {
        self.now += 100;
        self.requests.push(request.clone());
        let rid = request.rid;
        let done = |(status, headers, body): Answer| Event::HttpDone {
            rid,
            status,
            headers,
            body,
        };
        let fail = |why, sent| Event::HttpFail { rid, why, sent };
        let event = match self.net.pop_front().unwrap_or(Net::Fine) {
            Net::Fine => done(self.hub.answer(&request)),
            Net::Lost => fail(Failure::NoNetwork, 0),
            Net::AnswerLost => {
                self.hub.answer(&request);
                fail(Failure::Cut, request.body.len_bytes())
            }
            Net::CutAt(bytes) => {
                if let Body::Blob { len, .. } = &mut request.body {
                    *len = bytes.min(*len);
                    self.hub.answer(&request);
                }
                fail(Failure::Cut, bytes)
            }
            Net::AnswerCut => {
                let (status, headers, mut body) = self.hub.answer(&request);
                body.truncate(body.len() / 2);
                done((status, headers, body))
            }
            Net::Instead(answer) => done(answer),
        };
        self.feed(event);
    }

    pub(super) fn run(&mut self, max_steps: usize) -> StateName {
        for _ in 0..max_steps {
            if !self.advance() {
                break;
            }
        }
        self.engine.state()
    }

    pub(super) fn start_and_run(&mut self) -> StateName {
        self.feed(Event::Start);
        self.run(20_000)
    }

    /// Runs until the engine is in that state; the effects behind stay undone.
    pub(super) fn run_until(&mut self, state: StateName) -> bool {
        (0..20_000).any(|_| self.engine.state() == state || !self.advance())
            && self.engine.state() == state
    }

    pub(super) fn all_arrived(&self) -> bool {
        let acked = self.store.own.iter().all(|writer| {
            let mark = self.store.acked.get(&writer.id).map_or(0, |mark| mark.mark);
            mark == writer.last_seq() && self.hub.mark(writer.id).mark == mark
        });
        let blobs = self.store.jobs.iter().all(|job| {
            let upload = self.hub.uploads.get(&job.digest.to_hex());
            self.store.sent.contains(&job.digest)
                && upload.is_some_and(|upload| upload.offset == upload.len)
        });
        let theirs = self.hub.feed.envelopes.iter();
        acked
            && blobs
            && theirs
                .map(Envelope::id)
                .all(|id| self.store.pulled.contains(&id))
    }

    pub(super) fn count(&self, line: &str) -> usize {
        self.hub
            .log
            .iter()
            .filter(|it| it.starts_with(line))
            .count()
    }

    pub(super) fn troubles(&self, wanted: &str) -> usize {
        let is =
            |report: &&Report| matches!(report, Report::Trouble { code, .. } if code == wanted);
        self.reports.iter().filter(is).count()
    }
}
