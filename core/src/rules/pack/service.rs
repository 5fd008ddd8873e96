//! What is due when: its shapes, and reading them.

use super::word::{Channel, Formula, NoticeKind, Order, Stage};
use super::{Choice, Names, Rule};
use crate::domain::Money;
use crate::domain::facts::{Degrees, Event};
use crate::rules::fact::Test;
use crate::rules::figure::{Number, Sourced, Span};
use crate::rules::node::{Node, Value};
use crate::rules::problem::Code;
use crate::rules::section::Section;

/// An area with its own service times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Id, names, source.
    pub rule: Rule,
    /// Prefixes of area codes.
    pub areas: Sourced<Vec<String>>,
    /// Corners in millionths of degrees (longitude, latitude), WGS-84.
    pub polygon: Vec<(i64, i64)>,
}

/// A time limit between two events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Id, names, source.
    pub rule: Rule,
    /// The stage of service it belongs to (R135).
    pub stage: Stage,
    /// Clocks on one topic are compared: the earlier leads.
    pub topic: String,
    /// Events it starts from.
    pub from: Vec<Event>,
    /// Which of several.
    pub order: Order,
    /// The event that stops it.
    pub until: Event,
    /// Runs only then.
    pub when: Vec<Test>,
    /// The limit.
    pub due: Choice<Span>,
    /// Whether pauses count.
    pub pausable: bool,
}

/// A settlement tier by assessed amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Id, names, source.
    pub rule: Rule,
    /// Highest amount in it; the last tier has none.
    pub up_to: Option<Sourced<Money>>,
    /// Whether a letter of commitment is due.
    pub letter: bool,
}

/// Simple, ordinary, complex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseClass {
    /// Id, names, source.
    pub rule: Rule,
    /// When the device may propose it.
    pub propose: Vec<Test>,
}

/// What people must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Id, names, source.
    pub rule: Rule,
    /// Feedback, result, denial, …
    pub kind: NoticeKind,
    /// Events it starts from.
    pub from: Vec<Event>,
    /// The event that says it was done.
    pub until: Option<Event>,
    /// By when.
    pub due: Choice<Span>,
    /// How often again.
    pub every: Option<Sourced<Span>>,
    /// Whether all channels are needed, or any.
    pub all_channels: bool,
    /// The channels.
    pub by: Vec<Channel>,
    /// What it must say.
    pub content: Vec<String>,
    /// Owed only then.
    pub when: Vec<Test>,
}

/// A performance figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kpi {
    /// Id, names, source.
    pub rule: Rule,
    /// How it is computed.
    pub formula: Formula,
    /// Version of the formula.
    pub version: String,
    /// Clocks it counts; all if empty.
    pub clocks: Vec<String>,
    /// What is counted.
    pub numerator: Names,
    /// Out of what.
    pub denominator: Names,
    /// What is aimed at.
    pub target: Sourced<String>,
}

/// What is due when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Service zones, the first that matches.
    pub zones: Vec<Zone>,
    /// Time limits.
    pub clocks: Vec<Clock>,
    /// Tiers by amount.
    pub tiers: Vec<Tier>,
    /// Simple, ordinary, complex.
    pub classes: Vec<CaseClass>,
    /// Notices, feedback, callbacks.
    pub notices: Vec<Notice>,
    /// Performance figures.
    pub kpis: Vec<Kpi>,
}

pub(super) fn read(section: &mut Section<'_, '_>) -> Service {
    Service {
        zones: section.list("zone", zone),
        clocks: section.list("clock", clock),
        tiers: section.list("tier", |s| Tier {
            rule: s.rule(),
            up_to: s.maybe_figure("up_to"),
            letter: s.flag("letter"),
        }),
        classes: section.list("case_class", |s| CaseClass {
            rule: s.rule(),
            propose: s.tests("propose"),
        }),
        notices: section.list("notice", notice),
        kpis: section.list("kpi", kpi),
    }
}

fn zone(section: &mut Section<'_, '_>) -> Zone {
    let rule = section.rule();
    let areas = section.figure::<Vec<String>>("areas");
    for code in areas.value().into_iter().flatten() {
        if code.len() > 12 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            let text = format!("{code:?} is no area code: digits, at most 12");
            section.complain("areas", Code::BadValue, &text);
        }
    }
    Zone {
        rule,
        areas,
        polygon: polygon(section),
    }
}

fn polygon(section: &mut Section<'_, '_>) -> Vec<(i64, i64)> {
    let Some(node) = section.raw("polygon") else {
        return Vec::new();
    };
    let corners: Option<Vec<(i64, i64)>> = match &node.value {
        Value::List(corners) => corners.iter().map(corner).collect(),
        Value::Text(_) | Value::Whole(_) | Value::Truth(_) | Value::Table(_) => None,
    };
    match corners {
        Some(corners) if corners.len() >= 3 => corners,
        Some(_) | None => {
            let text =
                "three corners or more as [[\"longitude\", \"latitude\"], …] in degrees as text";
            section.complain("polygon", Code::BadValue, text);
            Vec::new()
        }
    }
}

fn corner(node: &Node) -> Option<(i64, i64)> {
    let pair = <Vec<String>>::read(node)?;
    let [lon, lat] = pair.as_slice() else {
        return None;
    };
    let (lon, lat): (Degrees, Degrees) = (lon.parse().ok()?, lat.parse().ok()?);
    Some((lon.0, lat.0))
}

fn events(section: &mut Section<'_, '_>, key: &str) -> Vec<Event> {
    let mut events = Vec::new();
    for text in section.texts(key) {
        events.extend(event(section, key, &text));
    }
    events
}

fn event(section: &mut Section<'_, '_>, key: &str, text: &str) -> Option<Event> {
    let event = Event::named(text);
    if event.is_none() && !text.is_empty() {
        section.complain(key, Code::UnknownId, &format!("{text:?} is no event"));
    }
    event
}

fn clock(section: &mut Section<'_, '_>) -> Clock {
    let rule = section.rule();
    let from = events(section, "from");
    if from.is_empty() {
        section.complain("from", Code::Missing, "the event it starts from is needed");
    }
    let until = section.text("until");
    let until = event(section, "until", &until).unwrap_or(Event::Closed);
    let due = section.choice("due");
    if due.0.is_empty() {
        let text = "a span with its source, or a blank, is needed";
        section.complain("due", Code::Missing, text);
    }
    let topic = section
        .maybe_text("topic")
        .unwrap_or_else(|| rule.id.clone());
    Clock {
        rule,
        stage: section.word("stage", &Stage::WORDS).unwrap_or(Stage::Other),
        topic,
        from,
        order: section
            .maybe_word("of", &Order::WORDS)
            .unwrap_or(Order::Later),
        until,
        when: section.tests("when"),
        due,
        pausable: section.flag("pausable"),
    }
}

fn notice(section: &mut Section<'_, '_>) -> Notice {
    let rule = section.rule();
    let from = events(section, "from");
    let until = section.maybe_text("until");
    let until = until.and_then(|text| event(section, "until", &text));
    let by = section.words("by", &Channel::WORDS);
    Notice {
        rule,
        kind: section
            .word("kind", &NoticeKind::WORDS)
            .unwrap_or(NoticeKind::Progress),
        from,
        until,
        due: section.choice("due"),
        every: section.maybe_figure("every"),
        all_channels: section
            .maybe_word("channels", &[("all", true), ("any", false)])
            .unwrap_or(false),
        by,
        content: section.texts("content"),
        when: section.tests("when"),
    }
}

fn kpi(section: &mut Section<'_, '_>) -> Kpi {
    Kpi {
        rule: section.rule(),
        formula: section
            .word("formula", &Formula::WORDS)
            .unwrap_or(Formula::ClocksInTime),
        version: section.text("version"),
        clocks: section.texts("clocks"),
        numerator: section.names_under("numerator"),
        denominator: section.names_under("denominator"),
        target: section.figure("target"),
    }
}
