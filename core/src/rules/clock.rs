//! What is due when, and whether it was in time.
//!
//! A clock runs from its anchor to its event. Minutes run through nights and holidays; working days
//! end at 24:00 of the last one, the anchor day not counted; half working days are counted in
//! office minutes. The due instant itself is in time. A blank, an unhappened anchor, an unknown
//! zone and "at once" have no due, and nothing without a due is ever late.

use serde::Serialize;

use super::calendar::{
    Calendar, OutOfRange, calendar_days_after, date_at, due_at_end, months_after,
};
use super::case::Case;
use super::fact::{Facts, Known, Scalar, Test, Tri};
use super::figure::Span;
use super::pack::{Choice, Clock, Order, Stage};
use super::reason::Reason;
use super::stamp::Stamp;
use crate::domain::WallMs;
use crate::domain::facts::{Event, Extension};

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Its anchor has not happened.
    NotStarted,
    /// It has no number: blank, or no zone.
    NoNumber,
    /// It waits for somebody.
    Paused,
    /// Not yet due.
    Running,
    /// Past due, and not done.
    Overdue,
    /// Done in time.
    InTime,
    /// Done late.
    Late,
    /// "立即": only the elapsed time is shown.
    AtOnce,
}

/// A clock of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The clock's id.
    pub id: String,
    /// The pack it stands in.
    pub pack: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Stage of service (R135).
    pub stage: &'static str,
    /// Clocks on one topic are compared.
    pub topic: String,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Stamp>,
    /// The limit in words, `15 min`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Stamp>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<Stamp>,
    /// How it stands.
    pub state: ClockState,
    /// From start to done or now, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<i64>,
    /// `reported_late`, `told_late`, `extended`, `paused`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<&'static str>,
    /// Whether it is the earliest of its topic.
    pub leads: bool,
    /// Where it stands.
    pub source: String,
}

/// What clocks are judged with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'d> {
    pub(super) calendar: &'d Calendar,
    pub(super) now: Option<WallMs>,
}

/// All clocks of the case's pack.
pub(super) fn clocks(case: &Case<'_>, desk: Desk<'_>, findings: &mut Vec<Reason>) -> Vec<Running> {
    let mut all = Vec::new();
    for clock in &case.pack.service.clocks {
        if Test::all(&clock.when, case) != Tri::No {
            all.push(run(case, clock, desk, findings));
        }
    }
    all
}

/// One clock, also for notices.
pub(super) fn run(
    case: &Case<'_>,
    clock: &Clock,
    desk: Desk<'_>,
    findings: &mut Vec<Reason>,
) -> Running {
    let mut timing = Timing {
        case,
        clock,
        desk,
        findings,
        marks: Vec::new(),
    };
    let anchor = timing.anchor();
    let done = case
        .happened(clock.until)
        .filter(|done| anchor.is_none_or(|at| *done >= at));
    let limit = anchor.and_then(|at| timing.limit(at, done));
    let due = anchor
        .zip(limit)
        .and_then(|(at, span)| timing.due(at, span, done));
    timing.reported_late(due);
    let state = timing.state(anchor, limit, due, done);
    let marks = std::mem::take(&mut timing.marks);
    let zone = case.pack.zone();
    let stamp = |at: WallMs| Stamp::new(at, zone);
    let end = done.or(desk.now);
    Running {
        id: clock.rule.id.clone(),
        pack: case.pack.id.clone(),
        zh: clock.rule.names.zh.clone(),
        en: clock.rule.names.en.clone(),
        stage: clock.stage.key(),
        topic: clock.topic.clone(),
        since: anchor.map(stamp),
        limit: limit.map(|span| span.to_string()),
        due: due.map(stamp),
        done: done.map(stamp),
        state,
        elapsed_ms: anchor
            .zip(end)
            .map(|(from, to)| to.0.saturating_sub(from.0)),
        marks,
        leads: true,
        source: source(clock, case),
    }
}

fn source(clock: &Clock, case: &Case<'_>) -> String {
    let picked = clock.due.pick(case).unwrap_or(None);
    picked
        .map_or(&clock.rule.source, |figure| &figure.source)
        .clone()
}

struct Timing<'c, 'a, 'f> {
    case: &'c Case<'a>,
    clock: &'c Clock,
    desk: Desk<'c>,
    findings: &'f mut Vec<Reason>,
    marks: Vec<&'static str>,
}

impl Timing<'_, '_, '_> {
    /// When it started: the later of its events, all of which must have happened, or the earlier.
    fn anchor(&self) -> Option<WallMs> {
        let times = self
            .clock
            .from
            .iter()
            .map(|event| self.case.happened(*event));
        match self.clock.order {
            Order::Later => times.collect::<Option<Vec<_>>>()?.into_iter().max(),
            Order::Earlier => times.flatten().min(),
        }
    }

    /// The limit. A tier that rose while the clock ran lengthens it; one that fell shortens nothing.
    fn limit(&self, anchor: WallMs, done: Option<WallMs>) -> Option<Span> {
        let own = pick(&self.clock.due, self.case);
        let held = held_tiers(self.case, anchor, done.or(self.desk.now));
        let others = held.iter().filter_map(|tier| {
            pick(
                &self.clock.due,
                &WithTier {
                    case: self.case,
                    tier,
                },
            )
        });
        let longest = others
            .chain(own)
            .max_by_key(|span| self.length(anchor, *span));
        if depends_on_tier(&self.clock.due) {
            longest
        } else {
            own
        }
    }

    fn length(&self, anchor: WallMs, span: Span) -> Option<WallMs> {
        self.plain_due(anchor, span).ok().flatten()
    }

    fn due(&mut self, anchor: WallMs, span: Span, done: Option<WallMs>) -> Option<WallMs> {
        let plain = match self.plain_due(anchor, span) {
            Ok(due) => due?,
            Err(error) => {
                let about = format!("{}: {error}", self.clock.rule.id);
                self.findings.push(Reason::of("calendar_year").about(about));
                return None;
            }
        };
        self.provisional(plain);
        let paused = self.paused(anchor, plain, span, done)?;
        Some(self.extended(paused))
    }

    fn plain_due(&self, anchor: WallMs, span: Span) -> Result<Option<WallMs>, OutOfRange> {
        let (calendar, zone) = (self.desk.calendar, self.case.pack.zone());
        let at_end = |date| due_at_end(date, zone).map(Some);
        match span {
            Span::AtOnce => Ok(None),
            Span::Minutes(minutes) => Ok(Some(WallMs(
                anchor.0.saturating_add(i64::from(minutes) * 60_000),
            ))),
            Span::HalfWorkingDays(halves) => match self.case.pack.working_hours.value() {
                Some(hours) => calendar
                    .half_days_after(anchor, halves, hours, zone)
                    .map(Some),
                None => Ok(None),
            },
            Span::WorkingDays(days) => {
                at_end(calendar.working_days_after(date_at(anchor, zone)?, days)?)
            }
            Span::Days(days) => at_end(calendar_days_after(date_at(anchor, zone)?, days)?),
            Span::Months(months) => at_end(months_after(date_at(anchor, zone)?, months)?),
        }
    }

    fn provisional(&mut self, due: WallMs) {
        let date = date_at(WallMs(due.0.saturating_sub(1)), self.case.pack.zone());
        let provisional = date.and_then(|date| self.desk.calendar.is_provisional(date));
        if provisional == Ok(true) {
            self.findings
                .push(Reason::of("calendar_provisional").about(&self.clock.rule.id));
        }
    }

    /// Adds what pauses cost; nothing while one is open.
    fn paused(
        &mut self,
        anchor: WallMs,
        due: WallMs,
        span: Span,
        done: Option<WallMs>,
    ) -> Option<WallMs> {
        let mut due = due;
        for pause in self
            .case
            .facts
            .pauses
            .iter()
            .filter(|pause| pause.clock == self.clock.rule.id)
        {
            if !self.clock.pausable {
                self.findings
                    .push(Reason::of("pause_not_allowed").about(&pause.clock));
                continue;
            }
            let from = pause.from.max(anchor);
            if from > due {
                continue;
            }
            self.marks.push("paused");
            let to = pause.to.or(done)?;
            due = self.later(due, span, from, to);
        }
        Some(due)
    }

    /// The due moved on by a pause: minutes by its length, days by the days that began in it.
    fn later(&self, due: WallMs, span: Span, from: WallMs, to: WallMs) -> WallMs {
        let (calendar, zone) = (self.desk.calendar, self.case.pack.zone());
        let by_length = WallMs(due.0.saturating_add(to.0.saturating_sub(from.0).max(0)));
        let working = matches!(span, Span::WorkingDays(_));
        if !working && !matches!(span, Span::Days(_) | Span::Months(_)) {
            return by_length;
        }
        let (Ok(first), Ok(last)) = (date_at(from, zone), date_at(to, zone)) else {
            return by_length;
        };
        let mut lost = 0_u32;
        let mut day = first;
        while day < last {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            if !working || calendar.is_working(day).unwrap_or(false) {
                lost = lost.saturating_add(1);
            }
        }
        let Ok(last_day) = date_at(WallMs(due.0.saturating_sub(1)), zone) else {
            return by_length;
        };
        let moved = if working {
            calendar.working_days_after(last_day, lost)
        } else {
            calendar_days_after(last_day, lost)
        };
        if lost == 0 {
            due
        } else {
            moved
                .and_then(|day| due_at_end(day, zone))
                .unwrap_or(by_length)
        }
    }

    /// An approved extension replaces the due; one told after the old due is marked (R234).
    fn extended(&mut self, due: WallMs) -> WallMs {
        let mut due = due;
        let own = self
            .case
            .facts
            .extensions
            .iter()
            .filter(|one| one.clock == self.clock.rule.id);
        for Extension {
            until,
            approved_by,
            approved_at,
            told_at,
            clock,
            reason: _,
        } in own
        {
            if approved_by.is_none() || approved_at.is_none() {
                self.findings
                    .push(Reason::of("extension_not_approved").about(clock));
                continue;
            }
            self.marks.push("extended");
            if told_at.is_none_or(|told| told > due) {
                self.marks.push("told_late");
            }
            due = due.max(*until);
        }
        due
    }

    /// A clock from the accident whose due had passed before anybody reported (G15).
    fn reported_late(&mut self, due: Option<WallMs>) {
        let from_accident = self
            .clock
            .from
            .iter()
            .any(|event| matches!(event, Event::Accident | Event::Discovered));
        let reported = self
            .case
            .happened(Event::ReportReceived)
            .or(self.case.happened(Event::ReportAccepted));
        if from_accident
            && due
                .zip(reported)
                .is_some_and(|(due, reported)| reported > due)
        {
            self.marks.push("reported_late");
        }
    }

    fn state(
        &self,
        anchor: Option<WallMs>,
        limit: Option<Span>,
        due: Option<WallMs>,
        done: Option<WallMs>,
    ) -> ClockState {
        match (anchor, limit, due, done) {
            (None, _, _, _) => ClockState::NotStarted,
            (Some(_), Some(Span::AtOnce), _, _) => ClockState::AtOnce,
            (Some(_), _, None, _) if self.marks.contains(&"paused") => ClockState::Paused,
            (Some(_), _, None, _) => ClockState::NoNumber,
            (Some(_), _, Some(due), Some(done)) if done <= due => ClockState::InTime,
            (Some(_), _, Some(_), Some(_)) => ClockState::Late,
            (Some(_), _, Some(due), None) if self.desk.now.is_some_and(|now| now > due) => {
                ClockState::Overdue
            }
            (Some(_), _, Some(_), None) => ClockState::Running,
        }
    }
}

fn pick(choice: &Choice<Span>, facts: &dyn Facts) -> Option<Span> {
    choice
        .pick(facts)
        .unwrap_or(None)
        .and_then(|figure| figure.value().copied())
}

fn depends_on_tier(choice: &Choice<Span>) -> bool {
    choice
        .0
        .iter()
        .flat_map(|branch| &branch.when)
        .any(|test| test.fact == super::fact::Fact::Tier)
}

/// Tiers the case held while the clock ran: the last one before it began, and all until it ended.
fn held_tiers(case: &Case<'_>, anchor: WallMs, end: Option<WallMs>) -> Vec<String> {
    let history = &case.facts.tiers;
    let before = history.iter().rev().find(|held| held.at <= anchor);
    let during = history
        .iter()
        .filter(|held| held.at > anchor && end.is_none_or(|end| held.at <= end));
    before
        .into_iter()
        .chain(during)
        .map(|held| held.tier.clone())
        .collect()
}

/// The case as it was in another tier.
struct WithTier<'c, 'a> {
    case: &'c Case<'a>,
    tier: &'c str,
}

impl Facts for WithTier<'_, '_> {
    fn known(&self, fact: &super::fact::Fact) -> Known {
        if *fact == super::fact::Fact::Tier {
            return Known::Values(vec![Scalar::word(self.tier)]);
        }
        self.case.known(fact)
    }
}

/// Of clocks on one topic the earliest due leads.
pub(super) fn lead(clocks: &mut [Running]) {
    let dues: Vec<(String, Option<WallMs>)> = clocks
        .iter()
        .map(|clock| (clock.topic.clone(), clock.due.as_ref().map(Stamp::at)))
        .collect();
    for clock in clocks {
        let own = clock.due.as_ref().map(Stamp::at);
        let earliest = dues
            .iter()
            .filter(|(topic, _)| *topic == clock.topic)
            .filter_map(|(_, due)| *due)
            .min();
        clock.leads = own.is_some() && own == earliest;
    }
}

/// A notice's limit as a clock.
pub(super) fn of_notice(notice: &super::pack::Notice, until: Event) -> Clock {
    Clock {
        rule: notice.rule.clone(),
        stage: Stage::Feedback,
        topic: notice.rule.id.clone(),
        from: notice.from.clone(),
        order: Order::Later,
        until,
        when: Vec::new(),
        due: notice.due.clone(),
        pausable: false,
    }
}

/// The service clocks are judged by the pack in force at the report (or the loss, if unreported).
pub(super) fn judged_at(facts: &crate::domain::facts::CaseFacts) -> WallMs {
    let reported = [Event::ReportReceived, Event::ReportAccepted];
    reported
        .iter()
        .find_map(|event| facts.events.get(event))
        .copied()
        .unwrap_or(facts.loss.at)
}
