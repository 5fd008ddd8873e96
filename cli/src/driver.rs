//! Drives the sync engine of one device over HTTP until it is idle, blocked, or out of patience.
//!
//! Executes effects in order and decides nothing: the engine does. Requests go through
//! [`Client`], loads and transactions through [`Device::perform`].

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use lossbook_core::app::{Device, SyncEnd, SyncNote};
use lossbook_core::domain::{Digest, Host};
use lossbook_core::sync::{
    Block, Body, Effect, Engine, Event, Failure as Trouble, Link, LinkClass, Progress, Report,
    Request, StateName,
};

use crate::failure::Failure;
use crate::http::Client;

/// How long to keep trying, and how fast time passes.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Give up after waiting this long in vain since the last progress.
    pub without_progress: Duration,
    /// Waits are shorter by this factor: 1 in life, more in a demonstration.
    pub hurry: u32,
    /// What kind of link it is.
    pub link: Link,
}

impl Patience {
    /// One try, and short waits while bytes still move.
    pub const DEFAULT: Self = Self {
        without_progress: Duration::from_secs(5),
        hurry: 1,
        link: UNMETERED,
    };
}

/// A cable, as far as anybody knows.
pub const UNMETERED: Link = Link::Up {
    class: LinkClass::Wifi,
    metered: false,
};

/// What one synchronisation did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The engine's figures at the end.
    pub progress: Progress,
    /// Codes of what went wrong on the way, in order.
    pub troubles: Vec<String>,
    /// Blobs given up for now, with the reason.
    pub broken: Vec<String>,
    /// Requests that were answered or not, by how often they had to be made again.
    pub retries: u64,
}

struct Drive<'a> {
    device: &'a Device,
    client: &'a Client,
    patience: Patience,
    started: Instant,
    queue: VecDeque<Effect>,
    timer: Option<u64>,
    /// Waited in vain since the last progress; slow answers do not count, only waits.
    waited: Duration,
    engine: Engine,
    outcome: Outcome,
    /// Broken photos that are listed.
    noted: BTreeSet<Digest>,
    watch: &'a mut dyn FnMut(&Progress),
}

/// Synchronises until nothing is left to do.
///
/// # Errors
/// Exit 4 without a way to the hub, when revoked or refused, with a full disk, or when the app is
/// too old. Everything saved stays saved.
pub fn synchronise(
    device: &Device,
    client: &Client,
    patience: Patience,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Outcome, Failure> {
    let me = device.identity()?;
    if me.pinned.is_none() {
        return Err(lossbook_core::app::AppError::NotEnrolled.into());
    }
    let mut seed = [0; 8];
    crate::host::Machine::new().fill_random(&mut seed);
    let engine = Engine::new(me.device, u64::from_le_bytes(seed));
    let progress = engine.progress();
    let outcome = Outcome {
        progress,
        troubles: Vec::new(),
        broken: Vec::new(),
        retries: 0,
    };
    let mut drive = Drive {
        device,
        client,
        patience,
        started: Instant::now(),
        queue: VecDeque::new(),
        timer: None,
        waited: Duration::ZERO,
        engine,
        outcome,
        noted: BTreeSet::new(),
        watch,
    };
    let began = drive.device.now();
    drive.feed(Event::Link(patience.link));
    drive.feed(Event::Start);
    let done = drive.run();
    let note = SyncNote::of(
        (began, drive.device.now()),
        drive.end(),
        (&drive.engine.progress(), &drive.outcome.troubles),
    );
    device.note_sync(&note)?;
    done
}

impl Drive<'_> {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(self.patience.hurry))
    }

    fn feed(&mut self, event: Event) {
        let now = self.now_ms();
        self.queue.extend(self.engine.step(now, event));
    }

    /// How it ended, for the log.
    fn end(&self) -> SyncEnd {
        match self.engine.state() {
            StateName::Idle | StateName::Stopped => SyncEnd::Done,
            StateName::Blocked(_) => SyncEnd::Blocked,
            StateName::DiskFull => SyncEnd::DiskFull,
            StateName::Auth
            | StateName::Exchange
            | StateName::Storing
            | StateName::Blobs
            | StateName::Backoff
            | StateName::Recover(_) => SyncEnd::NoWay,
        }
    }

    fn run(&mut self) -> Result<Outcome, Failure> {
        let mut reached = self.reached();
        loop {
            while let Some(effect) = self.queue.pop_front() {
                self.execute(effect);
            }
            if self.reached() != reached {
                reached = self.reached();
                self.waited = Duration::ZERO;
            }
            match self.engine.state() {
                StateName::Idle | StateName::Stopped => return Ok(self.finish()),
                StateName::Blocked(block) => return Err(blocked(block)),
                StateName::DiskFull => {
                    return Err(Failure::not_now(
                        "disk_full",
                        "the disk is full: free some space and synchronise again; nothing is lost",
                    ));
                }
                StateName::Auth
                | StateName::Exchange
                | StateName::Storing
                | StateName::Blobs
                | StateName::Backoff
                | StateName::Recover(_) => {}
            }
            if !self.wait() {
                return Err(self.no_way());
            }
        }
    }

    /// Sleeps until the newest timer. False when patience is at its end, or nothing will ever
    /// happen.
    fn wait(&mut self) -> bool {
        let Some(at) = self.timer.take() else {
            return false;
        };
        let left = self.patience.without_progress.saturating_sub(self.waited);
        if left.is_zero() {
            return false;
        }
        let ms = at
            .saturating_sub(self.now_ms())
            .div_ceil(u64::from(self.patience.hurry));
        // Every wait counts for something, so that even the shortest come to an end.
        let pause = Duration::from_millis(ms.max(1)).min(left);
        std::thread::sleep(pause);
        self.waited += pause;
        self.feed(Event::Tick);
        true
    }

    fn execute(&mut self, effect: Effect) {
        match effect {
            Effect::Http(request) => {
                let event = self.send(&request);
                self.feed(event);
            }
            Effect::Timer { at_ms } => self.timer = Some(at_ms),
            Effect::Cancel { .. } => {}
            Effect::Report(report) => self.note(report),
            Effect::Load { .. } | Effect::Store { .. } | Effect::Sign { .. } => {
                if let Some(event) = self.device.perform(&effect) {
                    self.feed(event);
                }
            }
        }
    }

    fn send(&mut self, request: &Request) -> Event {
        let rid = request.rid;
        let body = match &request.body {
            Body::Empty => Ok(Vec::new()),
            Body::Mem(bytes) => Ok(bytes.clone()),
            Body::Blob { digest, from, len } => self.device.blob_range(digest, *from, *len),
        };
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                if let Body::Blob { digest, .. } = &request.body {
                    self.keep_note(digest, &error.to_string());
                }
                return Event::HttpFail {
                    rid,
                    why: Trouble::Cut,
                    sent: 0,
                };
            }
        };
        let quiet = Duration::from_millis(request.no_progress_ms.max(1_000));
        match self.client.send(
            request.method.as_str(),
            &request.path,
            &request.headers,
            (body, quiet),
        ) {
            Ok(answer) => Event::HttpDone {
                rid,
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
            },
            Err(why) => Event::HttpFail { rid, why, sent: 0 },
        }
    }

    fn note(&mut self, report: Report) {
        match report {
            Report::Progress(progress) => (self.watch)(&progress),
            Report::Trouble { code, .. } => self.outcome.troubles.push(code),
            Report::BlobBroken { digest, why } => {
                self.keep_note(&digest, &why);
                self.outcome.broken.push(format!("{digest}: {why}"))
            }
        }
    }

    /// A broken photo is listed until the hub holds it, with the first reason that was seen.
    fn keep_note(&mut self, digest: &Digest, why: &str) {
        if self.noted.insert(*digest) {
            // The exchange goes on without the note; the outcome says it in any case.
            let _noted_or_not = self.device.note_broken(digest, why);
        }
    }

    /// What counts as progress: anything the hub or this store acknowledged.
    fn reached(&self) -> (u64, u64, u64, u64) {
        let progress = self.engine.progress();
        (
            progress.pushed,
            progress.pulled,
            progress.blobs_sent,
            progress.blob_bytes_left,
        )
    }

    fn finish(&mut self) -> Outcome {
        self.outcome.progress = self.engine.progress();
        self.outcome.retries = self.outcome.progress.retries;
        self.outcome.clone()
    }

    fn no_way(&self) -> Failure {
        let last = self
            .outcome
            .troubles
            .last()
            .map_or("NO_ANSWER", String::as_str);
        let (code, what) = match last {
            "NO_NETWORK" | "REFUSED" => (
                "no_network",
                "no way to the hub: check the network and that the hub runs",
            ),
            "TLS" => (
                "tls",
                "the hub's certificate is not trusted: check the address, or give its authority with --ca FILE",
            ),
            "TIMEOUT" | "CUT" => (
                "weak_network",
                "the connection to the hub broke again and again",
            ),
            _ => ("no_exchange", "the hub did not complete the exchange"),
        };
        Failure::not_now(
            code,
            format!("{what} ({last}); everything saved stays here and goes with the next sync"),
        )
    }
}

fn blocked(block: Block) -> Failure {
    match block {
        Block::Revoked => Failure::not_now(
            "revoked",
            "head office withdrew this device: its data is kept; ask the office for a new enrolment",
        ),
        Block::NeedAuth => Failure::not_now(
            "not_recognised",
            "the hub does not recognise this device: enrol it again with a new code",
        ),
        Block::Upgrade => Failure::not_now(
            "too_old",
            "this build is too old to receive: install a newer one; what was saved is sent all the same",
        ),
    }
}
