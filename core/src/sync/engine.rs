//! The state machine itself: which event moves it where. Exchange and upload have their own files.

use std::collections::VecDeque;

use super::auth::Token;
use super::effect::{Block, Effect, LoadRequest, Progress, Report, StateName, Txn};
use super::event::{Event, Link, LinkClass, Loaded, OpId, Policy, StoreFailure, Waiting};
use super::pace::{self, Batch, Budget, Jitter, Piece};
use super::phase::{AfterStore, Next, Phase, Pulling, Session, Wanted, Writing};
use super::wire::Response;
use crate::chain::StreamId;
use crate::domain::{DeviceId, dictionary};

/// Synchronises one device with one hub: events in, effects out, nothing else.
#[derive(Debug)]
pub struct Engine {
    pub(super) device: DeviceId,
    pub(super) token: Token,
    pub(super) session: Session,
    pub(super) phase: Phase,
    pub(super) progress: Progress,
    pub(super) piece: Piece,
    pub(super) batch: Batch,
    pub(super) budget: Budget,
    pub(super) link: Link,
    pub(super) policy: Policy,
    /// The dictionary that pages are packed with, until the hub says that it knows none.
    pub(super) dictionary: Option<u8>,
    /// Exchanges that only put something right, since anything was acknowledged.
    pub(super) recoveries: u32,
    /// Tokens refused one after the other: the first was old, the second is a matter for people.
    pub(super) refused_tokens: u32,
    jitter: Jitter,
    /// Tries since anything was acknowledged.
    failures: u32,
    next_id: u64,
    /// Length of the body in flight.
    pub(super) body_len: u64,
    /// Blobs that wait behind those that were listed.
    pub(super) unlisted: Waiting,
    reported: Progress,
}

/// One call of `step`: its time, and what comes out.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) now: u64,
    pub(super) out: Vec<Effect>,
}

impl Turn {
    pub(super) fn trouble(&mut self, code: &str, detail: &str, stream: Option<StreamId>) {
        self.out.push(Effect::Report(Report::Trouble {
            code: code.to_owned(),
            detail: detail.to_owned(),
            stream,
        }));
    }
}

const START_LINK: Link = Link::Up {
    class: LinkClass::Wifi,
    metered: false,
};

const START_PROGRESS: Progress = Progress {
    state: StateName::Stopped,
    bytes_up: 0,
    bytes_down: 0,
    requests: 0,
    retries: 0,
    pushed: 0,
    pulled: 0,
    to_push: 0,
    to_pull: 0,
    blobs_sent: 0,
    blobs_left: 0,
    blob_bytes_left: 0,
    blobs_held: 0,
    blob_bytes_held: 0,
    blobs_broken: 0,
    streams_held: 0,
};

impl Engine {
    /// An engine that waits for its start. `seed` spreads retries; it need not be secret.
    pub fn new(device: DeviceId, seed: u64) -> Self {
        Self {
            device,
            token: Token::Unasked,
            session: Session::new(),
            phase: Phase::Stopped,
            progress: START_PROGRESS,
            piece: Piece::guess(START_LINK),
            batch: Batch::guess(START_LINK),
            budget: Budget::new(),
            link: START_LINK,
            policy: Policy::THRIFTY,
            dictionary: Some(dictionary::NEWEST),
            recoveries: 0,
            refused_tokens: 0,
            jitter: Jitter::new(seed),
            failures: 0,
            next_id: 0,
            body_len: 0,
            unlisted: Waiting::default(),
            reported: START_PROGRESS,
        }
    }

    /// Takes one event in; what comes out is to be executed in order. `now_ms` never goes back.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Effect> {
        let mut turn = Turn {
            now: now_ms,
            out: Vec::new(),
        };
        match event {
            Event::Start => self.on_start(&mut turn),
            Event::Stop => {
                self.cancel(&mut turn);
                self.phase = Phase::Stopped;
            }
            Event::Tick => self.on_tick(&mut turn),
            Event::Link(link) => self.on_link(&mut turn, link),
            Event::Policy(policy) => self.on_policy(&mut turn, policy),
            Event::Local => self.on_local(&mut turn),
            Event::Loaded { op, loaded } => self.on_loaded(&mut turn, op, loaded),
            Event::HttpDone {
                rid,
                status,
                headers,
                body,
            } => {
                let got = Response::new(status, headers, body);
                self.on_done(&mut turn, rid, got);
            }
            Event::HttpFail { rid, why, sent } => self.on_fail(&mut turn, rid, why, sent),
            Event::Stored { op } => self.on_stored(&mut turn, op),
            Event::StoreFail { op, why } => self.on_store_fail(&mut turn, op, why),
            Event::Signed { nonce, sig } => self.on_signed(&mut turn, &nonce, sig),
        }
        self.progress.state = self.phase.name();
        self.progress.streams_held = self.session.held.len() as u64;
        if self.progress != self.reported {
            self.reported = self.progress;
            turn.out
                .push(Effect::Report(Report::Progress(self.progress)));
        }
        turn.out
    }

    /// Where it stands.
    pub fn state(&self) -> StateName {
        self.phase.name()
    }

    /// The figures so far.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    fn on_start(&mut self, turn: &mut Turn) {
        self.session.restart();
        self.progress.blobs_broken = 0;
        self.refused_tokens = 0;
        match &mut self.phase {
            Phase::Stopped | Phase::Idle | Phase::Blocked(_) | Phase::DiskFull => {
                self.go(turn, Next::Exchange);
            }
            Phase::Backoff { then, .. } => {
                *then = Next::Exchange;
                self.try_now(turn);
            }
            Phase::Recall { .. }
            | Phase::Auth { .. }
            | Phase::Loading { .. }
            | Phase::Exchange { .. }
            | Phase::Storing { .. }
            | Phase::Blobs { .. } => self.session.news = true,
        }
    }

    fn on_local(&mut self, turn: &mut Turn) {
        self.session.news = true;
        match self.phase {
            Phase::Idle | Phase::DiskFull | Phase::Blocked(Block::Upgrade) => {
                self.go(turn, Next::Exchange);
            }
            Phase::Stopped
            | Phase::Blocked(Block::Revoked | Block::NeedAuth)
            | Phase::Backoff { .. }
            | Phase::Recall { .. }
            | Phase::Auth { .. }
            | Phase::Loading { .. }
            | Phase::Exchange { .. }
            | Phase::Storing { .. }
            | Phase::Blobs { .. } => {}
        }
    }

    /// What was held back may go now, or the other way round: looked at when nothing is under way.
    fn on_policy(&mut self, turn: &mut Turn, policy: Policy) {
        if self.policy != policy {
            self.policy = policy;
            self.on_local(turn);
        }
    }

    fn on_link(&mut self, turn: &mut Turn, link: Link) {
        let changed = self.link != link;
        self.link = link;
        if !changed {
            return;
        }
        self.piece = Piece::guess(link);
        self.batch = Batch::guess(link);
        if link == Link::Down {
            self.cancel(turn);
        } else {
            self.try_now(turn);
        }
    }

    /// One try before its time, but never before what the hub asked for.
    fn try_now(&mut self, turn: &mut Turn) {
        if let Phase::Backoff {
            until_ms, floor_ms, ..
        } = &mut self.phase
        {
            *until_ms = *floor_ms;
            self.on_tick(turn);
        }
    }

    fn on_tick(&mut self, turn: &mut Turn) {
        let Phase::Backoff { until_ms, .. } = self.phase else {
            return;
        };
        if self.link == Link::Down {
            return;
        }
        if turn.now < until_ms {
            turn.out.push(Effect::Timer { at_ms: until_ms });
            return;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        if let Phase::Backoff { then, .. } = phase {
            self.go(turn, then);
        }
    }

    /// Breaks off what is in flight; it goes on from there when the link is back.
    fn cancel(&mut self, turn: &mut Turn) {
        let Some(rid) = self.phase.in_flight() else {
            return;
        };
        turn.out.push(Effect::Cancel { rid });
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        let then = match phase {
            Phase::Auth { then, .. } => then,
            Phase::Blobs { upload, .. } => Next::Blobs(upload),
            Phase::Exchange { .. }
            | Phase::Stopped
            | Phase::Idle
            | Phase::Recall { .. }
            | Phase::Loading { .. }
            | Phase::Storing { .. }
            | Phase::Backoff { .. }
            | Phase::Blocked(_)
            | Phase::DiskFull => Next::Exchange,
        };
        self.phase = Phase::Backoff {
            until_ms: turn.now,
            floor_ms: turn.now,
            then,
        };
    }

    /// Goes on with the network: waits for a link, gets a token, then does it.
    pub(super) fn go(&mut self, turn: &mut Turn, next: Next) {
        if self.link == Link::Down {
            self.phase = Phase::Backoff {
                until_ms: turn.now,
                floor_ms: turn.now,
                then: next,
            };
            return;
        }
        if !self.token.is_good(turn.now) {
            return self.authenticate(turn, next);
        }
        match next {
            Next::Exchange => self.load_exchange(turn),
            Next::Blobs(upload) => self.resume_upload(turn, upload),
        }
    }

    pub(super) fn load(&mut self, turn: &mut Turn, wanted: Wanted, what: LoadRequest) {
        let op = OpId(self.make_id());
        turn.out.push(Effect::Load { op, what });
        self.phase = Phase::Loading { op, what: wanted };
    }

    fn on_loaded(&mut self, turn: &mut Turn, op: OpId, loaded: Loaded) {
        match (&self.phase, loaded) {
            (
                Phase::Loading {
                    op: wanted,
                    what: Wanted::Exchange,
                },
                Loaded::Exchange(load),
            ) if *wanted == op => self.exchange(turn, load),
            (
                Phase::Loading {
                    op: wanted,
                    what: Wanted::Blobs,
                },
                Loaded::Blobs(jobs),
            ) if *wanted == op => self.upload_all(turn, jobs),
            (Phase::Recall { op: wanted, .. }, Loaded::Token(saved)) if *wanted == op => {
                self.on_recalled(turn, saved);
            }
            _ => {}
        }
    }

    pub(super) const fn make_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Writes one transaction after the other, then goes on.
    pub(super) fn store(&mut self, turn: &mut Turn, mut queue: VecDeque<Txn>, then: AfterStore) {
        let Some(txn) = queue.pop_front() else {
            return match then {
                AfterStore::Exchange(verdict) => self.follow_verdict(turn, verdict),
                AfterStore::Blobs(rest) => self.next_blob(turn, rest),
                AfterStore::Go(next) => self.go(turn, next),
            };
        };
        let op = OpId(self.make_id());
        let writing = Writing::of(&txn);
        turn.out.push(Effect::Store { op, txn });
        self.phase = Phase::Storing {
            op,
            writing,
            queue,
            then,
        };
    }

    fn on_stored(&mut self, turn: &mut Turn, op: OpId) {
        if !matches!(&self.phase, Phase::Storing { op: wanted, .. } if *wanted == op) {
            return;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        if let Phase::Storing {
            writing,
            queue,
            then,
            ..
        } = phase
        {
            self.note_stored(writing);
            self.store(turn, queue, then);
        }
    }

    fn on_store_fail(&mut self, turn: &mut Turn, op: OpId, why: StoreFailure) {
        let wanted = match &self.phase {
            Phase::Storing { op, .. } | Phase::Loading { op, .. } | Phase::Recall { op, .. } => *op,
            Phase::Stopped
            | Phase::Idle
            | Phase::Auth { .. }
            | Phase::Exchange { .. }
            | Phase::Blobs { .. }
            | Phase::Backoff { .. }
            | Phase::Blocked(_)
            | Phase::DiskFull => return,
        };
        if wanted != op {
            return;
        }
        // Without the token of an earlier run, or a place for the new one, all else still goes.
        if matches!(self.phase, Phase::Recall { .. }) {
            return self.on_recalled(turn, None);
        }
        if self.phase.name() == StateName::Auth {
            let phase = std::mem::replace(&mut self.phase, Phase::Idle);
            if let Phase::Storing {
                then: AfterStore::Go(next),
                ..
            } = phase
            {
                self.go(turn, next);
            }
            return;
        }
        match why {
            StoreFailure::Full => {
                turn.trouble("STORE", "the disk is full", None);
                self.session.pulling = Pulling::AfterPush;
                self.phase = Phase::DiskFull;
            }
            StoreFailure::NotOurs(hub) => self.recover_rollback(turn, hub),
            StoreFailure::Unexpanded => self.ask_long(turn),
            StoreFailure::Broken(why) => {
                turn.trouble("STORE", &why, None);
                self.wait(turn, 0, Next::Exchange);
            }
        }
    }

    /// Tries again after a jittered time, at the earliest after `floor_ms`.
    pub(super) fn wait(&mut self, turn: &mut Turn, floor_ms: u64, then: Next) {
        let wait_ms = pace::plan_wait_ms(self.failures, &mut self.jitter)
            .max(floor_ms)
            .max(self.budget.spend());
        self.failures = self.failures.saturating_add(1);
        self.progress.retries += 1;
        let until_ms = turn.now.saturating_add(wait_ms);
        turn.out.push(Effect::Timer { at_ms: until_ms });
        self.phase = Phase::Backoff {
            until_ms,
            floor_ms: turn.now.saturating_add(floor_ms),
            then,
        };
    }

    /// Waits, but for a connection that broke off while bytes moved: it says nothing against the
    /// next one, so one try follows at once. Another without acknowledged bytes in between waits.
    pub(super) fn wait_unless_it_moved(&mut self, turn: &mut Turn, broke_off: bool, then: Next) {
        if !broke_off || self.failures > 0 {
            return self.wait(turn, 0, then);
        }
        self.failures = 1;
        self.progress.retries += 1;
        self.go(turn, then);
    }

    /// A byte was acknowledged: the link works.
    pub(super) fn advanced(&mut self) {
        self.failures = 0;
        self.recoveries = 0;
        self.budget.refill();
    }

    pub(super) fn block(&mut self, why: Block) {
        self.phase = Phase::Blocked(why);
    }

    /// Everything is done that can be done.
    pub(super) fn rest(&mut self) {
        self.failures = 0;
        self.phase = match self.session.pulling {
            Pulling::Open => Phase::Idle,
            Pulling::Never => Phase::Blocked(Block::Upgrade),
            Pulling::AfterPush => Phase::DiskFull,
        };
    }
}
