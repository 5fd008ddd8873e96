//! A world: a hub, phones, the ways between them, one clock, one seed. A step is one event
//! delivered to one node.
//!
//! Everything that will happen stands in one queue, ordered by time and then by the order in which
//! it was planned; nothing else decides, so a seed replays exactly. The engine, the device, the
//! store, the hub's routes and its gate are the real ones.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use lossbook_core::domain::Digest;
use lossbook_core::statement::Act;
use lossbook_core::store::Store;
use lossbook_core::sync::{Event, StateName, Txn};

use super::flight::{Flight, Outcome};
use super::host::Clock;
use super::hub::HubNode;
use super::phone::{Death, Phone, Process};
use super::script::{Script, Stimulus, What};
use super::stage::{Stage, scratch};
use super::watch::Watch;

/// What is planned.
#[derive(Debug)]
pub(super) enum Happening {
    /// Something from outside.
    Stimulus(Stimulus),
    /// A phone executes its next effect.
    Work { phone: usize, life: u64 },
    /// A timer.
    Tick { phone: usize, life: u64, timer: u64 },
    /// A request, or a late copy of it, reaches the hub.
    Arrive { flight: u64, again: bool },
    /// A phone hears what became of its request.
    Hear { flight: u64, outcome: Outcome },
    /// An app that died is opened again.
    Wake { phone: usize },
    /// The system lets the app synchronise.
    Rouse { phone: usize },
}

/// Signed by whom, and what the model read then.
#[derive(Debug, Clone)]
pub(super) struct SignedHere {
    pub(super) figures: Option<BTreeMap<String, String>>,
    pub(super) act: Act,
    pub(super) taken_back: bool,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "two facts about a world that have nothing to do with each other"
)]
pub(super) struct World {
    pub(super) clock: Clock,
    queue: BTreeMap<(u64, u64), Happening>,
    planned: u64,
    pub(super) hub: Option<HubNode>,
    /// The hub's rows, read beside it.
    pub(super) view: Option<Store>,
    pub(super) phones: Vec<Phone>,
    pub(super) flights: BTreeMap<u64, Flight>,
    pub(super) next_flight: u64,
    pub(super) watch: Watch,
    pub(super) signed: BTreeMap<[u8; 16], SignedHere>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    pub(super) steps: u64,
    /// Everything that happened, as one number: equal for equal runs.
    pub(super) trace: Digest,
    /// Faults are over.
    pub(super) calm: bool,
    pub(super) forks: bool,
    /// So much is still to come from outside.
    pub(super) stimuli_left: usize,
    _dir: tempfile::TempDir,
}

/// An app is woken by its system so often.
const ROUSE_MS: u64 = 15 * 60 * 1_000;

impl World {
    pub(super) fn new(stage: &Stage, script: &Script) -> Self {
        let dir = scratch();
        stage.set(dir.path(), &script.phones);
        let clock = Clock::default();
        // A world begins an hour after its stage was set.
        clock.store(60 * 60 * 1_000, Ordering::Relaxed);
        let hub = HubNode::open(&dir.path().join("hub"), script.seed ^ 0xABCD, &clock);
        let view = hub.open_view();
        let phone = |part: &usize| Phone::new(dir.path(), *part, script.seed, &clock);
        let phones: Vec<Phone> = script.phones.iter().map(phone).collect();
        let mut world = Self {
            clock,
            queue: BTreeMap::new(),
            planned: 0,
            hub: Some(hub),
            view: Some(view),
            phones,
            flights: BTreeMap::new(),
            next_flight: 0,
            watch: Watch::default(),
            signed: BTreeMap::new(),
            counts: BTreeMap::new(),
            steps: 0,
            trace: Digest::ZERO,
            calm: false,
            forks: script.forks,
            stimuli_left: script.stimuli.len(),
            _dir: dir,
        };
        let begin = world.now();
        for stimulus in &script.stimuli {
            world.plan(begin + stimulus.at, Happening::Stimulus(*stimulus));
        }
        for phone in 0..world.phones.len() {
            world.plan(begin + phone as u64, Happening::Rouse { phone });
        }
        world
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    pub(super) fn plan(&mut self, at: u64, what: Happening) {
        self.planned += 1;
        let at = at.max(self.now());
        self.queue.insert((at, self.planned), what);
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(super) const fn hub(&mut self) -> &mut HubNode {
        self.hub.as_mut().expect("the hub runs")
    }

    pub(super) const fn view(&self) -> &Store {
        self.view.as_ref().expect("the hub runs")
    }

    /// What is planned next.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Lets the next thing happen; false if nothing is planned.
    pub(super) fn advance(&mut self) -> bool {
        let Some(((at, _), what)) = self.queue.pop_first() else {
            return false;
        };
        self.clock.store(at, Ordering::Relaxed);
        match what {
            Happening::Stimulus(stimulus) => self.stimulate(stimulus),
            Happening::Work { phone, life } => {
                if self.phones[phone].life == life {
                    self.work(phone);
                }
            }
            Happening::Tick { phone, life, timer } => {
                let newest = self.phones[phone].process.as_ref().map(|it| it.timer);
                if self.phones[phone].life == life && newest == Some(timer) {
                    self.feed(phone, Event::Tick);
                }
            }
            Happening::Arrive { flight, again } => self.arrive(flight, again),
            Happening::Hear { flight, outcome } => self.hear(flight, outcome),
            Happening::Wake { phone } => self.wake(phone),
            Happening::Rouse { phone } => {
                if !self.calm {
                    self.plan(at + ROUSE_MS, Happening::Rouse { phone });
                }
                self.rouse(phone);
            }
        }
        true
    }

    /// One more event was delivered.
    pub(super) fn stepped(&mut self, label: &str, detail: u64) {
        self.steps += 1;
        let now = self.now();
        let parts: [&[u8]; 4] = [
            self.trace.as_bytes(),
            label.as_bytes(),
            &now.to_le_bytes(),
            &detail.to_le_bytes(),
        ];
        self.trace = Digest::labelled("trace", &parts);
        if std::env::var_os("LOSSBOOK_SIM_SAY").is_some() {
            println!("{now:>10} {:>6} {label} {detail}", self.steps);
        }
        if self.steps.is_multiple_of(100) && !self.calm {
            self.check_all();
        }
    }

    fn stimulate(&mut self, stimulus: Stimulus) {
        let Stimulus { what, dice, .. } = stimulus;
        self.stimuli_left -= 1;
        match what {
            What::Act(phone, act) => self.act(phone, (act, dice)),
            What::Fault(phone, fault) => self.befall(phone, (fault, dice)),
            What::Office => self.decide(dice),
            What::HubRestart => self.restart_hub(),
            What::Carry { from, to } => self.carry(from, to),
            What::Revoke(phone) => self.revoke(phone),
        }
    }

    /// Gives an event to a phone's engine.
    pub(super) fn feed(&mut self, phone: usize, event: Event) {
        let now = self.now();
        let Some(process) = self.phones[phone].process.as_mut() else {
            return;
        };
        let label = label(&event);
        let effects = process.engine.step(now, event);
        let made = effects.len() as u64;
        process.todo.extend(effects);
        self.stepped(label, (phone as u64) << 32 | made);
        self.work_soon(phone);
    }

    fn work_soon(&mut self, phone: usize) {
        let (now, life) = (self.now(), self.phones[phone].life);
        let Some(process) = self.phones[phone].process.as_mut() else {
            return;
        };
        if !process.busy && !process.todo.is_empty() {
            process.busy = true;
            self.plan(now, Happening::Work { phone, life });
        }
    }

    /// Executes effects in order, up to the first that an event follows from.
    fn work(&mut self, phone: usize) {
        loop {
            let dies = self.doomed(phone);
            if dies == Some(Death::Before) {
                return self.kill(phone);
            }
            let Some(process) = self.phones[phone].process.as_mut() else {
                return;
            };
            let Some(effect) = process.todo.pop_front() else {
                process.busy = false;
                return;
            };
            if let Some(event) = self.execute(phone, effect) {
                // First: one that dies as it obeys is not to be asked for what it let go of.
                if self.has_obeyed(phone) {
                    return self.retire(phone);
                }
                if dies == Some(Death::After) {
                    return self.kill(phone);
                }
                if let Some(process) = self.phones[phone].process.as_mut() {
                    process.busy = false;
                }
                return self.feed(phone, event);
            }
            if dies == Some(Death::After) {
                return self.kill(phone);
            }
        }
    }

    /// Whether the phone was withdrawn, knows it, and has let go of what it held.
    fn has_obeyed(&self, phone: usize) -> bool {
        let phone = &self.phones[phone];
        phone.revoked && phone.process.is_some() && phone.device().is_withdrawn().unwrap_or(false)
    }

    /// A withdrawn phone falls silent: nobody works with it any more.
    fn retire(&mut self, phone: usize) {
        self.count("withdrawn phones that fell silent");
        self.kill(phone);
        self.phones[phone].is_retired = true;
    }

    /// Whether the process dies with this effect.
    fn doomed(&mut self, phone: usize) -> Option<Death> {
        let (left, death) = self.phones[phone].doom?;
        let next = left.checked_sub(1);
        self.phones[phone].doom = next.map(|left| (left, death));
        next.is_none().then_some(death)
    }

    fn execute(&mut self, phone: usize, effect: lossbook_core::sync::Effect) -> Option<Event> {
        use lossbook_core::sync::Effect;
        let now = self.now();
        let life = self.phones[phone].life;
        match &effect {
            Effect::Http(request) => {
                self.send(phone, request);
                None
            }
            Effect::Timer { at_ms } => {
                let process = self.phones[phone].process.as_mut()?;
                process.timer += 1;
                let timer = process.timer;
                let at = (*at_ms).max(now + 1);
                self.plan(at, Happening::Tick { phone, life, timer });
                None
            }
            Effect::Cancel { rid } => {
                let mine = |flight: &&mut Flight| flight.is_of(phone, life) && flight.rid() == *rid;
                for flight in self.flights.values_mut().filter(mine) {
                    flight.heard = false;
                }
                None
            }
            Effect::Report(report) => {
                self.phones[phone].note(report);
                None
            }
            Effect::Load { .. } | Effect::Store { .. } | Effect::Sign { .. } => {
                let event = self.phones[phone].perform(&effect);
                if let (Effect::Store { txn, .. }, Some(Event::Stored { .. })) = (&effect, &event) {
                    self.stored(phone, txn);
                }
                event
            }
        }
    }

    /// Something of the exchange was written: what it claims must be true.
    fn stored(&mut self, phone: usize, txn: &Txn) {
        match txn {
            Txn::Acked(_) => self.check_acked(phone),
            Txn::BlobSent(digest) => self.check_sent(phone, digest),
            Txn::Page { .. } => self.count("pages"),
            Txn::Token { .. } => self.count("tokens kept"),
            Txn::Rollback { .. } => self.count("rollbacks"),
            Txn::CursorReset => self.count("cursor resets"),
            Txn::Fork { .. } => self.count("forks told"),
        }
    }

    pub(super) fn kill(&mut self, phone: usize) {
        self.count("process deaths");
        let life = self.phones[phone].life;
        for flight in self.flights.values_mut() {
            if flight.is_of(phone, life) {
                flight.heard = false;
            }
        }
        self.phones[phone].die();
        let pause = 1_000 + self.phones[phone].chance.below(60_000);
        self.plan(self.now() + pause, Happening::Wake { phone });
    }

    fn wake(&mut self, phone: usize) {
        if self.phones[phone].process.is_some() || self.phones[phone].is_retired {
            return;
        }
        self.phones[phone].start();
        self.check_saved(phone);
        let link = self.phones[phone].link();
        self.feed(phone, Event::Link(link));
        self.feed(phone, Event::Start);
    }

    pub(super) fn rouse(&mut self, phone: usize) {
        if self.phones[phone].process.is_some() {
            self.feed(phone, Event::Start);
        }
    }

    fn restart_hub(&mut self) {
        self.count("hub restarts");
        self.view = None;
        let hub = self.hub.take().expect("the hub runs").restart();
        self.view = Some(hub.open_view());
        self.hub = Some(hub);
    }

    /// Phones that still may speak.
    pub(super) fn speakers(&self) -> Vec<usize> {
        let all = 0..self.phones.len();
        all.filter(|at| !self.phones[*at].revoked).collect()
    }

    /// Whether nothing moves any more at a phone.
    pub(super) fn rests(&self, phone: usize) -> bool {
        let phone = &self.phones[phone];
        let quiet = |process: &Process| process.todo.is_empty();
        let rested = matches!(
            phone.state(),
            StateName::Idle | StateName::Blocked(_) | StateName::DiskFull
        );
        rested && phone.process.as_ref().is_some_and(quiet)
    }
}

fn label(event: &Event) -> &'static str {
    match event {
        Event::Start => "start",
        Event::Stop => "stop",
        Event::Tick => "tick",
        Event::Link(_) => "link",
        Event::Policy(_) => "policy",
        Event::Local => "local",
        Event::Loaded { .. } => "loaded",
        Event::HttpDone { .. } => "answer",
        Event::HttpFail { .. } => "no answer",
        Event::Stored { .. } => "stored",
        Event::StoreFail { .. } => "not stored",
        Event::Signed { .. } => "signed",
    }
}
