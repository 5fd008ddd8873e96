//! One contract as checked data (`docs/formats/pack.md` tells the form and the reasons).
//!
//! A `Pack` exists only if its source had no problem: every id it uses is defined, every number
//! has a source or is a named blank. Reading stands in `pack/`, judging in the rules' other files.

mod check;
mod fill;
mod handling;
mod insured;
mod money;
mod service;
mod word;

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::calendar::WorkingHours;
use super::fact::{Facts, Test, Tri};
use super::figure::Sourced;
use super::node::{Node, Value};
use super::problem::{Code, PackError, Problem};
use super::section::{Notes, Section};
use crate::domain::{Digest, WallMs};

pub use handling::{
    Authority, Criterion, Document, Field, Handling, NoSurvey, Personal, Retention, Round, Setting,
    ShotRule,
};
pub use insured::{
    Condition, Exclusion, Insured, InsuredClass, Item, ObjectKind, Peril, Question, Registered,
};
pub use money::{Cover, PayeeRule, Paying, RecoveryRule, Tariff, TariffRow};
pub use service::{CaseClass, Clock, Kpi, Notice, Service, Tier, Zone};
pub use word::{
    Answer, Channel, Chosen, Formula, Mask, NoticeKind, Order, PayeeNeed, Pays, Per, PerUnit,
    SpanOf, Stage, TariffStatus, UnitOf,
};

/// The two names of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Id, names and source that every rule has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its id within its list.
    pub id: String,
    /// What people call it.
    pub names: Names,
    /// Where it stands.
    pub source: String,
}

/// One branch of a choice by test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch<T> {
    /// Holds if all these do.
    pub when: Vec<Test>,
    /// The number then.
    pub figure: Sourced<T>,
}

/// A number that depends on the case: the first branch that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T>(pub Vec<Branch<T>>);

impl<T> Choice<T> {
    /// The number for a case: `Ok(None)` if no branch holds, `Err` if that cannot be known.
    ///
    /// # Errors
    /// A branch before the first certain one is unknown.
    pub fn pick(&self, facts: &dyn Facts) -> Result<Option<&Sourced<T>>, Undecided> {
        for branch in &self.0 {
            match Test::all(&branch.when, facts) {
                Tri::Yes => return Ok(Some(&branch.figure)),
                Tri::No => {}
                Tri::Unknown => return Err(Undecided),
            }
        }
        Ok(None)
    }
}

/// A choice hangs on a fact nobody gave, or on values that disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided;

/// A number of the pack as the list of numbers shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureNote {
    /// Place in the data.
    pub path: String,
    /// Line in the file, 0 without one.
    pub line: u32,
    /// The value, nothing when blank.
    pub value: Option<String>,
    /// Why there is none, when blank.
    pub blank: Option<String>,
    /// Its source.
    pub source: String,
}

/// A rule of the pack as the list of rules shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleNote {
    /// Place in the data.
    pub path: String,
    /// Line in the file, 0 without one.
    pub line: u32,
    /// Its id.
    pub id: String,
    /// Its source.
    pub source: String,
}

/// A half-open period in civil time of the pack's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CivilPeriod {
    /// First instant inside.
    pub from: DateTime,
    /// First instant after it, if it ends.
    pub to: Option<DateTime>,
    /// Where it stands.
    pub source: String,
}

/// One contract as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    pub title: Names,
    /// Name of its zone, such as `Asia/Shanghai`.
    pub zone_name: String,
    /// The pack beside it, such as the statute.
    pub beside: Option<String>,
    /// When this version is in force.
    pub effective: CivilPeriod,
    /// The period of insurance, where the contract states it.
    pub period: Option<CivilPeriod>,
    /// Lines of business.
    pub lines: Vec<String>,
    /// Working hours.
    pub working_hours: Sourced<WorkingHours>,
    /// What is insured.
    pub insured: Insured,
    /// What is paid.
    pub paying: Paying,
    /// What is due when.
    pub service: Service,
    /// How a case is handled.
    pub handling: Handling,
    /// Every number and blank, for the list and the contract sheet.
    pub figures: Vec<FigureNote>,
    /// Every rule, likewise.
    pub rules: Vec<RuleNote>,
    zone: TimeZone,
    digest: Digest,
    bytes: Vec<u8>,
}

impl Pack {
    /// The pack written in a TOML text.
    ///
    /// # Errors
    /// [`PackError`] with every problem of the text.
    pub fn from_toml(text: &str) -> Result<Self, PackError> {
        let mut problems = Vec::new();
        let node = Node::from_toml(text, "", &mut problems);
        Self::from_node(&node, problems)
    }

    /// The same with an insurer's settings for its blanks.
    ///
    /// # Errors
    /// [`PackError`] with every problem of either text; those of the settings have the path
    /// `settings`.
    pub fn from_toml_filled(text: &str, settings: &str) -> Result<Self, PackError> {
        let mut problems = Vec::new();
        let node = Node::from_toml(text, "", &mut problems);
        Self::fill_in(node, settings, problems)
    }

    fn fill_in(
        mut node: Node,
        settings: &str,
        mut problems: Vec<Problem>,
    ) -> Result<Self, PackError> {
        let filling = Node::from_toml(settings, "settings", &mut problems);
        let filled = if is_legible(&problems) {
            fill::fill(&mut node, &filling, &mut problems)
        } else {
            Vec::new()
        };
        Self::from_node(&node, problems).map_err(|mut error| {
            for problem in &mut error.problems {
                for place in &filled {
                    place.claim(problem);
                }
            }
            error
        })
    }

    /// This pack with an insurer's settings for its blanks.
    ///
    /// # Errors
    /// [`PackError`] with every problem of the settings; lines are those of the settings.
    pub fn filled(&self, settings: &str) -> Result<Self, PackError> {
        let node = Node::from_cbor(&self.bytes).unwrap_or_else(|| Node {
            value: Value::Table(BTreeMap::new()),
            line: 0,
        });
        Self::fill_in(node, settings, Vec::new())
    }

    /// The pack whose canonical bytes these are.
    ///
    /// # Errors
    /// [`PackError`] if they are not canonical or the pack has problems.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackError> {
        let Some(node) = Node::from_cbor(bytes) else {
            let problem = Problem::new(0, "", Code::Syntax, "not a pack in canonical CBOR");
            return Err(PackError {
                problems: vec![problem],
            });
        };
        Self::from_node(&node, Vec::new())
    }

    /// Canonical bytes: what travels, and what the digest is over.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the canonical bytes.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Its time zone.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether losses are reported under it. A pack that names no line of business insures nothing:
    /// it stands beside contracts, as the statute does.
    pub const fn is_contract(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Whether this version is in force at the instant.
    pub fn in_force(&self, at: WallMs) -> bool {
        self.effective.holds(at, &self.zone)
    }

    /// Numbers the contract leaves open.
    pub fn blanks(&self) -> impl Iterator<Item = &FigureNote> {
        self.figures.iter().filter(|figure| figure.value.is_none())
    }

    fn from_node(node: &Node, mut problems: Vec<Problem>) -> Result<Self, PackError> {
        if !is_legible(&problems) {
            problems.sort();
            return Err(PackError { problems });
        }
        let mut notes = Notes {
            problems,
            ..Notes::default()
        };
        let empty = BTreeMap::new();
        let map = match &node.value {
            Value::Table(map) => map,
            Value::Text(_) | Value::Whole(_) | Value::Truth(_) | Value::List(_) => {
                let text = "a table is wanted";
                notes
                    .problems
                    .push(Problem::new(node.line, "", Code::WrongType, text));
                &empty
            }
        };
        let bytes = node.to_cbor();
        let mut section = Section::new(&mut notes, String::new(), 1, map);
        let mut pack = read(&mut section, bytes);
        section.finish();
        check::check(&pack, &mut notes);
        if !notes.problems.is_empty() {
            notes.problems.sort();
            notes.problems.dedup();
            return Err(PackError {
                problems: notes.problems,
            });
        }
        pack.figures = notes.figures;
        pack.rules = notes.rules;
        Ok(pack)
    }
}

/// Around a broken line the rest of a file cannot be told from what is missing.
fn is_legible(problems: &[Problem]) -> bool {
    problems.iter().all(|problem| problem.code != Code::Syntax)
}

impl CivilPeriod {
    /// Whether the instant lies inside, by the clock of `zone`.
    pub fn holds(&self, at: WallMs, zone: &TimeZone) -> bool {
        let civil = jiff::Timestamp::from_millisecond(at.0)
            .map(|instant| instant.to_zoned(zone.clone()).datetime());
        civil.is_ok_and(|civil| self.from <= civil && self.to.is_none_or(|to| civil < to))
    }
}

fn read(section: &mut Section<'_, '_>, bytes: Vec<u8>) -> Pack {
    if section.whole("format") != 1 && section.has("format") {
        section.complain("format", Code::BadValue, "this program reads format 1");
    }
    let zone_name = section.text("time_zone");
    let zone = TimeZone::get(&zone_name).unwrap_or_else(|_| {
        let text = format!("{zone_name:?} is no time zone");
        section.complain("time_zone", Code::BadValue, &text);
        TimeZone::UTC
    });
    let languages = section.texts("languages");
    for wanted in ["zh-CN", "en"] {
        if !languages.iter().any(|language| language == wanted) {
            let text = format!("{wanted} is not among the languages");
            section.complain("languages", Code::Missing, &text);
        }
    }
    let effective = section.table("effective", period).flatten();
    if !section.has("effective") {
        section.complain(
            "effective",
            Code::Missing,
            "{ from = …, source = … } is needed",
        );
    }
    Pack {
        id: section.text("id"),
        version: section.text("version"),
        title: section.names_under("title"),
        zone_name,
        beside: section.maybe_text("beside"),
        effective: effective.unwrap_or(CivilPeriod {
            from: DateTime::ZERO,
            to: None,
            source: String::new(),
        }),
        period: section.table("period", period).flatten(),
        lines: section.texts("lines"),
        working_hours: section.figure("working_hours"),
        insured: insured::read(section),
        paying: money::read(section),
        service: service::read(section),
        handling: handling::read(section),
        figures: Vec::new(),
        rules: Vec::new(),
        zone,
        digest: Digest::of(&bytes),
        bytes,
    }
}

fn period(section: &mut Section<'_, '_>) -> Option<CivilPeriod> {
    let from = civil(section, "from");
    let to = section.maybe_text("to").and_then(|text| {
        let time = civil_time(&text);
        if time.is_none() && !text.is_empty() {
            section.complain("to", Code::BadValue, WANTED_TIME);
        }
        time
    });
    let source = section.source();
    let from = from?;
    if to.is_some_and(|to| to <= from) {
        section.complain("to", Code::Order, "the end is not after the beginning");
    }
    Some(CivilPeriod { from, to, source })
}

const WANTED_TIME: &str =
    "a civil time is wanted, such as \"2025-12-22T00:00\" or \"2026-12-21T24:00\"";

fn civil(section: &mut Section<'_, '_>, key: &str) -> Option<DateTime> {
    let text = section.text(key);
    let time = civil_time(&text);
    if time.is_none() && !text.is_empty() {
        section.complain(key, Code::BadValue, WANTED_TIME);
    }
    time
}

/// Civil time to the minute; hour 24 is the next midnight.
fn civil_time(text: &str) -> Option<DateTime> {
    match text.strip_suffix("T24:00") {
        Some(date) => {
            let date: jiff::civil::Date = date.parse().ok()?;
            Some(
                date.tomorrow()
                    .ok()?
                    .to_datetime(jiff::civil::Time::midnight()),
            )
        }
        None => text.contains('T').then(|| text.parse().ok()).flatten(),
    }
}
