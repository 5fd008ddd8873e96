//! Drives the engine for one run: executes its effects, hands out its requests, counts its waits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use lossbook_core::app::{self, AppError, Device, SyncNote};
use lossbook_core::domain::{CaseId, DeviceId, Digest, Host as _, Reading};
use lossbook_core::store::{CaseLeft, CaseProgress, StoreError};
use lossbook_core::sync::{
    self, Block, Body, Effect, Engine, Event, Policy, Report, Request, RequestId, StateName, Txn,
};

use crate::body::{BODY_SUFFIX, PlainFile};
use crate::error::LossbookError;
use crate::home::Home;
use crate::observer::{AttentionKind, Mark, News};
use crate::refresh::{Ask, Refresh};
use crate::sync::{
    BodyStyle, HubAnswer, HubBody, HubHeader, HubRequest, LinkState, Originals, SyncEnd,
    SyncOptions, SyncOutcome, SyncPhase, SyncProgress, SyncTask, TransportFailure, UNMETERED,
};
use crate::words::Words;

/// Longest answer that the engine reads.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// How long requests for rules and reference data may stand still.
const REFRESH_QUIET_MS: u64 = 30_000;

/// A request that the app has.
struct Given {
    request: HubRequest,
    asked_by: AskedBy,
    /// The file with its body, as long as it is needed.
    _file: Option<PlainFile>,
}

#[derive(Clone, Copy)]
enum AskedBy {
    Engine(RequestId),
    Refresh,
}

enum Stage {
    Exchange,
    Refresh(Refresh),
    Done(Box<SyncOutcome>),
}

/// Time since the run began, and how much of it was waited in vain.
struct Clock {
    began: Reading,
    now_ms: u64,
    waiting_since: Option<u64>,
    waited_ms: u64,
    reached: (u64, u64, u64, u64),
}

impl Clock {
    /// A clock that goes back stands still; so does one of another boot.
    fn tick(&mut self, now: Reading) {
        if now.boot_id == self.began.boot_id {
            let since = now.mono_ms.saturating_sub(self.began.mono_ms);
            self.now_ms = self.now_ms.max(since);
        }
    }
}

/// One run of the engine.
pub(super) struct Drive {
    engine: Engine,
    stage: Stage,
    effects: VecDeque<Effect>,
    given: Option<Given>,
    timer: Option<u64>,
    clock: Clock,
    options: SyncOptions,
    hub: String,
    troubles: Vec<String>,
    broken: BTreeSet<Digest>,
    before: BTreeMap<CaseId, CaseProgress>,
    next_id: u64,
    /// Whether the hub was told that this device obeyed its withdrawal.
    obeyed: bool,
    news: Vec<News>,
}

impl Drive {
    pub(super) fn new(
        home: &Home,
        (me, hub): (DeviceId, &str),
        began: Reading,
        (options, before): (SyncOptions, Vec<CaseLeft>),
    ) -> Self {
        let mut seed = [0; 8];
        home.host.fill_random(&mut seed);
        let mut drive = Self {
            engine: Engine::new(me, u64::from_le_bytes(seed)),
            stage: Stage::Exchange,
            effects: VecDeque::new(),
            given: None,
            timer: None,
            clock: Clock {
                began,
                now_ms: 0,
                waiting_since: None,
                waited_ms: 0,
                reached: (0, 0, 0, 0),
            },
            hub: hub.trim_end_matches('/').to_owned(),
            troubles: Vec::new(),
            broken: BTreeSet::new(),
            before: by_case(before),
            next_id: 1,
            obeyed: false,
            news: Vec::new(),
            options,
        };
        drive.feed(Event::Policy(Policy {
            metered_originals: match drive.options.metered_originals {
                Some(Originals::Send) => sync::Originals::Send,
                Some(Originals::Hold) | None => sync::Originals::Hold,
            },
        }));
        let link = drive.options.link.unwrap_or(UNMETERED);
        drive.feed(Event::Link(link.into()));
        drive.feed(Event::Start);
        drive
    }

    pub(super) fn feed(&mut self, event: Event) {
        let effects = self.engine.step(self.clock.now_ms, event);
        self.effects.extend(effects);
    }

    pub(super) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    pub(super) fn progress(&self) -> SyncProgress {
        let progress = SyncProgress::of(&self.engine.progress());
        match &self.stage {
            Stage::Exchange => progress,
            Stage::Refresh(_) => SyncProgress {
                phase: SyncPhase::Rules,
                ..progress
            },
            Stage::Done(outcome) => outcome.progress.clone(),
        }
    }

    /// What the app is to do next.
    pub(super) fn next(
        &mut self,
        home: &Home,
        device: &Device,
        cancelled: bool,
    ) -> Result<SyncTask, LossbookError> {
        self.clock.tick(home.host.now());
        loop {
            self.execute(home, device);
            if cancelled && !matches!(self.stage, Stage::Done(_)) {
                self.finish(home, device, (SyncEnd::Cancelled, None))?;
            }
            if let Some(given) = &self.given {
                let request = given.request.clone();
                return Ok(SyncTask::Request { request });
            }
            match &mut self.stage {
                Stage::Done(outcome) => {
                    let outcome = outcome.as_ref().clone();
                    return Ok(SyncTask::Done { outcome });
                }
                Stage::Exchange => {
                    if let Some(wait) = self.exchange(home, device)? {
                        return Ok(wait);
                    }
                }
                Stage::Refresh(refresh) => {
                    let asked = refresh.next(device);
                    let given = asked.and_then(|ask| ask.map(|ask| self.give_ask(ask)).transpose());
                    if let Err(error) = &given {
                        self.troubles.push(error.code().to_owned());
                    }
                    if !matches!(given, Ok(Some(()))) {
                        self.finish(home, device, (SyncEnd::Done, None))?;
                    }
                }
            }
        }
    }

    /// What the engine's state asks for; nothing if there is something to execute first.
    fn exchange(
        &mut self,
        home: &Home,
        device: &Device,
    ) -> Result<Option<SyncTask>, LossbookError> {
        match self.engine.state() {
            StateName::Idle | StateName::Stopped => {
                self.stage = Stage::Refresh(Refresh::new());
                Ok(None)
            }
            StateName::Blocked(Block::Revoked) if !self.obeyed => {
                // What the withdrawal asked for is carried out by now: the hub is told before this
                // phone falls silent.
                self.obeyed = true;
                self.feed(Event::Start);
                Ok(None)
            }
            StateName::Blocked(block) => {
                let end = (SyncEnd::Blocked, Some(Words::of(block_code(block))));
                self.finish(home, device, end)?;
                Ok(None)
            }
            StateName::DiskFull => {
                let end = (SyncEnd::DiskFull, Some(Words::of("disk_full")));
                self.finish(home, device, end)?;
                Ok(None)
            }
            StateName::Auth
            | StateName::Exchange
            | StateName::Storing
            | StateName::Blobs
            | StateName::Backoff
            | StateName::Recover(_) => self.wait(home, device),
        }
    }

    /// Waits for the newest timer, as long as there is patience.
    fn wait(&mut self, home: &Home, device: &Device) -> Result<Option<SyncTask>, LossbookError> {
        let now = self.clock.now_ms;
        if let Some(since) = self.clock.waiting_since.take() {
            self.clock.waited_ms += now.saturating_sub(since);
        }
        let reached = self.reached();
        if reached != self.clock.reached {
            self.clock.reached = reached;
            self.clock.waited_ms = 0;
        }
        let left = self
            .options
            .patience_ms
            .saturating_sub(self.clock.waited_ms);
        match self.timer {
            Some(at) if at <= now => {
                self.timer = None;
                self.feed(Event::Tick);
                Ok(None)
            }
            Some(at) if left > 0 => {
                self.clock.waiting_since = Some(now);
                let ms = (at - now).min(left);
                Ok(Some(SyncTask::Wait { ms }))
            }
            Some(_) | None => {
                let end = (SyncEnd::NoWay, Some(Words::of(self.no_way())));
                self.finish(home, device, end)?;
                Ok(None)
            }
        }
    }

    /// What counts as progress: anything that the hub or this store acknowledged.
    fn reached(&self) -> (u64, u64, u64, u64) {
        let progress = self.engine.progress();
        (
            progress.pushed,
            progress.pulled,
            progress.blobs_sent,
            progress.blob_bytes_left,
        )
    }

    fn no_way(&self) -> &'static str {
        match self.troubles.last().map_or("", String::as_str) {
            "NO_NETWORK" | "REFUSED" => "no_network",
            "TLS" => "tls",
            "TIMEOUT" | "CUT" => "weak_network",
            "" if self.options.link == Some(LinkState::Down) => "no_network",
            _other => "no_exchange",
        }
    }

    fn execute(&mut self, home: &Home, device: &Device) {
        while let Some(effect) = self.effects.pop_front() {
            match &effect {
                Effect::Http(request) => self.give(home, device, request),
                Effect::Timer { at_ms } => self.timer = Some(*at_ms),
                Effect::Cancel { rid } => {
                    let is_it = |given: &mut Given| matches!(given.asked_by, AskedBy::Engine(asked) if asked == *rid);
                    drop(self.given.take_if(is_it));
                }
                Effect::Report(report) => self.note(device, report),
                Effect::Load { .. } | Effect::Sign { .. } => {
                    if let Some(event) = device.perform(&effect) {
                        self.feed(event);
                    }
                }
                Effect::Store { txn, .. } => {
                    let event = self.store(home, device, (&effect, txn));
                    event.into_iter().for_each(|event| self.feed(event));
                }
            }
        }
    }

    /// One transaction, and who is to be told of it.
    fn store(
        &mut self,
        home: &Home,
        device: &Device,
        (effect, txn): (&Effect, &Txn),
    ) -> Option<Event> {
        let _alone = home.alone();
        let mark = match txn {
            Txn::Page { .. } => device.store().transact(Mark::now).ok(),
            Txn::Acked(_)
            | Txn::BlobSent(_)
            | Txn::Rollback { .. }
            | Txn::CursorReset
            | Txn::Token { .. }
            | Txn::Fork { .. } => None,
        };
        let event = device.perform(effect);
        let came = mark.map(|mark| device.store().transact(|tx| mark.since(tx)));
        self.news
            .extend(came.and_then(Result::ok).unwrap_or_default());
        if let Txn::BlobSent(digest) = txn {
            let blobs = device.store().transact(|tx| tx.blobs_by_digest(digest));
            let cases = blobs.unwrap_or_default().into_iter().map(|blob| blob.case);
            self.news.extend(cases.map(News::Case));
        }
        event
    }

    /// Hands a request of the engine out.
    fn give(&mut self, home: &Home, device: &Device, request: &Request) {
        let body = match &request.body {
            Body::Empty => Ok((HubBody::Empty, None)),
            Body::Mem(bytes) if self.options.bodies != Some(BodyStyle::Files) => {
                let bytes = bytes.clone();
                Ok((HubBody::Bytes { bytes }, None))
            }
            Body::Mem(bytes) => self.as_file(bytes),
            Body::Blob { digest, from, len } => {
                let plain = device.blob_range(digest, *from, *len);
                if let Err(error) = &plain {
                    self.note_broken(device, *digest, error.code());
                }
                plain.and_then(|plain| self.as_file(&plain))
            }
        };
        match body {
            Ok((body, file)) => {
                let headers = request.headers.iter().map(|(name, value)| HubHeader {
                    name: name.clone(),
                    value: value.clone(),
                });
                self.given = Some(Given {
                    request: HubRequest {
                        id: self.next_id,
                        method: request.method.as_str().to_owned(),
                        url: format!("{}{}", self.hub, request.path),
                        headers: headers.collect(),
                        body,
                        quiet_ms: request.no_progress_ms.max(1_000),
                    },
                    asked_by: AskedBy::Engine(request.rid),
                    _file: file,
                });
                self.next_id += 1;
            }
            Err(error) => {
                let shown = home.checked(Err::<(), _>(error));
                if matches!(shown, Err(LossbookError::StorageFull { .. })) {
                    self.news
                        .push(News::Attention(AttentionKind::DiskFull, None));
                }
                self.feed(Event::HttpFail {
                    rid: request.rid,
                    why: sync::Failure::Cut,
                    sent: 0,
                });
            }
        }
    }

    fn as_file(&self, plain: &[u8]) -> Result<(HubBody, Option<PlainFile>), AppError> {
        let name = format!("{}{BODY_SUFFIX}", self.next_id);
        let path = PathBuf::from(&self.options.body_dir).join(name);
        let file = PlainFile::write(&path, plain).map_err(|error| {
            if error.kind() == std::io::ErrorKind::StorageFull {
                StoreError::DiskFull
            } else {
                StoreError::Io(error)
            }
        })?;
        let body = HubBody::File {
            path: file.text(),
            len_bytes: plain.len() as u64,
        };
        Ok((body, Some(file)))
    }

    /// Hands a request for rules or reference data out.
    fn give_ask(&mut self, ask: Ask) -> Result<(), AppError> {
        let (body, file) = match (ask.body.is_empty(), self.options.bodies) {
            (true, _) => (HubBody::Empty, None),
            (false, Some(BodyStyle::Files)) => self.as_file(&ask.body)?,
            (false, Some(BodyStyle::BySize) | None) => (HubBody::Bytes { bytes: ask.body }, None),
        };
        self.given = Some(Given {
            request: HubRequest {
                id: self.next_id,
                method: ask.method.to_owned(),
                url: format!("{}{}", self.hub, ask.path),
                headers: ask.headers,
                body,
                quiet_ms: REFRESH_QUIET_MS,
            },
            asked_by: AskedBy::Refresh,
            _file: file,
        });
        self.next_id += 1;
        Ok(())
    }

    /// Takes what came of a request; one that nobody waits for is dropped.
    pub(super) fn answered(
        &mut self,
        home: &Home,
        device: &Device,
        (id, came): (u64, Result<HubAnswer, TransportFailure>),
    ) -> Result<(), LossbookError> {
        self.clock.tick(home.host.now());
        let Some(given) = self.given.take_if(|given| given.request.id == id) else {
            return Ok(());
        };
        match (given.asked_by, came) {
            (AskedBy::Engine(rid), Ok(answer)) => self.feed(done(rid, answer)),
            (AskedBy::Engine(rid), Err(why)) => self.feed(Event::HttpFail {
                rid,
                why: why.into(),
                sent: 0,
            }),
            (AskedBy::Refresh, came) => {
                let _alone = home.alone();
                let Stage::Refresh(refresh) = &mut self.stage else {
                    return Ok(());
                };
                if let Err(error) = refresh.take(device, came.ok()) {
                    self.troubles.push(error.code().to_owned());
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, device: &Device, report: &Report) {
        match report {
            // Read from the engine whenever somebody asks.
            Report::Progress(_) => {}
            Report::Trouble { code, .. } => self.troubles.push(code.clone()),
            Report::BlobBroken { digest, why } => self.note_broken(device, *digest, why),
        }
    }

    /// A photo that cannot be brought is listed until the hub holds it, with the first reason.
    fn note_broken(&mut self, device: &Device, digest: Digest, why: &str) {
        if self.broken.insert(digest) {
            // The exchange goes on without the note; the outcome says it in any case.
            let _noted_or_not = device.note_broken(&digest, why);
            self.news
                .push(News::Attention(AttentionKind::BrokenPhoto, None));
        }
    }

    /// Ends the run: the note is kept, and whoever observes is told what came further.
    fn finish(
        &mut self,
        home: &Home,
        device: &Device,
        (end, problem): (SyncEnd, Option<Words>),
    ) -> Result<(), LossbookError> {
        let new_rules = match &self.stage {
            Stage::Refresh(refresh) => refresh.new_rules,
            Stage::Exchange | Stage::Done(_) => 0,
        };
        self.given = None;
        self.effects.clear();
        if end == SyncEnd::Cancelled {
            self.feed(Event::Stop);
            self.effects.clear();
        }
        let noted = match end {
            SyncEnd::Done => app::SyncEnd::Done,
            SyncEnd::NoWay | SyncEnd::Cancelled => app::SyncEnd::NoWay,
            SyncEnd::Blocked => app::SyncEnd::Blocked,
            SyncEnd::DiskFull => app::SyncEnd::DiskFull,
        };
        let times = (self.clock.began.wall, home.host.now().wall);
        let figures = (&self.engine.progress(), self.troubles.as_slice());
        let note = SyncNote::of(times, noted, figures);
        // A full disk takes no note, and the outcome says all of it.
        let _noted_or_not = device.note_sync(&note);
        let after = by_case(home.checked(device.cases_left())?);
        let changed = self.before.keys().chain(after.keys());
        let changed: BTreeSet<CaseId> = changed
            .filter(|case| self.before.get(case) != after.get(case))
            .copied()
            .collect();
        self.news.extend(changed.into_iter().map(News::Case));
        self.news
            .extend(attention(end, problem.as_ref(), new_rules));
        let mut progress = self.progress();
        progress.phase = match end {
            SyncEnd::Done | SyncEnd::Cancelled | SyncEnd::NoWay => SyncPhase::Done,
            SyncEnd::Blocked | SyncEnd::DiskFull => SyncPhase::Blocked,
        };
        self.stage = Stage::Done(Box::new(SyncOutcome {
            end,
            problem,
            progress,
            broken_photos: self.broken.iter().map(Digest::to_hex).collect(),
            new_rules,
        }));
        Ok(())
    }
}

fn by_case(left: Vec<CaseLeft>) -> BTreeMap<CaseId, CaseProgress> {
    left.into_iter()
        .map(|one| (one.case, one.progress))
        .collect()
}

fn done(rid: RequestId, answer: HubAnswer) -> Event {
    let mut body = answer.body;
    body.truncate(MAX_ANSWER_BYTES);
    let headers = answer.headers.into_iter();
    Event::HttpDone {
        rid,
        status: answer.status,
        headers: headers.map(|one| (one.name, one.value)).collect(),
        body,
    }
}

const fn block_code(block: Block) -> &'static str {
    match block {
        Block::Upgrade => "update_needed",
        Block::Revoked => "revoked",
        Block::NeedAuth => "need_auth",
    }
}

fn attention(end: SyncEnd, problem: Option<&Words>, new_rules: u64) -> Option<News> {
    let kind = match (end, problem.map(|words| words.code.as_str())) {
        (SyncEnd::DiskFull, _) => AttentionKind::DiskFull,
        (SyncEnd::Blocked, Some("revoked")) => AttentionKind::Withdrawn,
        (SyncEnd::Blocked, Some("update_needed")) => AttentionKind::UpdateNeeded,
        (SyncEnd::Done, _) if new_rules > 0 => AttentionKind::NewRules,
        (SyncEnd::Done | SyncEnd::NoWay | SyncEnd::Blocked | SyncEnd::Cancelled, _) => {
            return None;
        }
    };
    Some(News::Attention(kind, None))
}
