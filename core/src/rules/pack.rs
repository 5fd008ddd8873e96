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
use super::figure::{Sourced, Span};
use super::node::{Node, Value};
use super::problem::{Code, PackError, Problem};
use super::section::{Notes, Section};
use crate::domain::facts::{Event, Method};
use crate::domain::{Digest, Money, WallMs};

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

/// A question on the survey form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Id, the question itself, source.
    pub rule: Rule,
    /// The answers allowed.
    pub answers: Vec<String>,
    /// The shot that proves the answer.
    pub photo: Option<String>,
    /// Asked only then.
    pub when: Vec<Test>,
}

/// A kind of insured thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKind {
    /// Id, names, source.
    pub rule: Rule,
    /// Whose limit it uses.
    pub unit: UnitOf,
    /// Attributes wanted before submission.
    pub attributes: Vec<String>,
    /// Attributes whose text can be checked.
    pub checks: Vec<Mask>,
}

/// What a loss line can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Id, names, source.
    pub rule: Rule,
    /// Object kinds it belongs to; all if empty.
    pub objects: Vec<String>,
    /// The cover that pays it, or why nothing does.
    pub cover: Result<String, Names>,
}

/// A cause of loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peril {
    /// Id, names, source.
    pub rule: Rule,
    /// Natural, accident, …
    pub group: String,
    /// What the contract says to it.
    pub answer: Answer,
    /// Holds only then.
    pub when: Vec<Test>,
}

/// Something that must hold for cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Id, the reason when it fails, source.
    pub rule: Rule,
    /// For these object kinds; all if empty.
    pub objects: Vec<String>,
    /// What must hold.
    pub tests: Vec<Test>,
    /// What follows when it does not.
    pub otherwise: Answer,
}

/// What the contract never pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// Id, names, source.
    pub rule: Rule,
    /// Whose acts.
    pub by: Vec<String>,
}

/// A class of insured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsuredClass {
    /// Id, names, source.
    pub rule: Rule,
    /// The paper that proves it.
    pub evidence: Option<String>,
}

/// A thing the contract itself lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Id, names, source.
    pub rule: Rule,
    /// Its kind.
    pub object: String,
    /// Agreed value.
    pub agreed_value: Option<Sourced<Money>>,
    /// Crew it may carry.
    pub crew: Option<Sourced<u32>>,
    /// Passengers it may carry.
    pub passengers: Option<Sourced<u32>>,
    /// Everything else that is written about it.
    pub attributes: BTreeMap<String, String>,
}

/// What pays a kind of loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Id, names, source.
    pub rule: Rule,
    /// Line of business.
    pub line: Option<String>,
    /// Object kinds; all if empty.
    pub objects: Vec<String>,
    /// Part of every policy, or only where the policy lists it.
    pub bought: Chosen,
    /// What the limit counts over.
    pub span: SpanOf,
    /// The limit.
    pub limit: Choice<Money>,
    /// The deductible.
    pub deductible: Choice<Money>,
    /// Whether a sum insured below the value pays only its proportion.
    pub underinsurance: Sourced<bool>,
    /// How lines may be priced.
    pub methods: Vec<Method>,
    /// What a confirmed total loss pays.
    pub total: Option<Pays>,
    /// Whether the insured may keep the remains against their value.
    pub salvage: Sourced<bool>,
    /// Whether wear is taken off.
    pub depreciation: Sourced<bool>,
    /// Whether rescue cost is paid beside the limit.
    pub rescue: Sourced<bool>,
}

/// Prices by grade and structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// Id, names, source.
    pub rule: Rule,
    /// Its version.
    pub version: String,
    /// An example is never final.
    pub status: TariffStatus,
    /// Items it prices; all if empty.
    pub items: Vec<String>,
    /// Damage grades.
    pub grades: Vec<(String, Names)>,
    /// Structure classes.
    pub structures: Vec<(String, Names)>,
    /// The rates.
    pub rows: Vec<TariffRow>,
}

/// One rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffRow {
    /// Damage grade.
    pub grade: String,
    /// Structure class.
    pub structure: String,
    /// Unit.
    pub per: PerUnit,
    /// Price of one unit.
    pub rate: Sourced<Money>,
}

/// Whether the third party's share is claimed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryRule {
    /// Whether at all.
    pub allowed: Sourced<bool>,
    /// Never against these, unless they acted on purpose.
    pub never_against: Vec<String>,
}

/// Whether somebody else may receive the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayeeRule {
    /// Whether at all.
    pub third_party: Sourced<bool>,
    /// What that needs.
    pub needs: Vec<PayeeNeed>,
}

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

/// A rule that holds when its tests do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Id, names, source.
    pub rule: Rule,
    /// All of these.
    pub tests: Vec<Test>,
}

/// When nobody needs to visit the scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSurvey {
    /// Where it stands.
    pub source: String,
    /// How such a case is assessed.
    pub mode: String,
    /// What a kind outside the list gets.
    pub unlisted: Sourced<String>,
    /// What its record must hold (R196).
    pub record: Vec<String>,
    /// Any one suffices.
    pub criteria: Vec<Criterion>,
    /// Any one suspends the answer.
    pub suspend: Vec<Criterion>,
    /// Any one goes to head office.
    pub refer: Vec<Criterion>,
}

/// A required photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShotRule {
    /// Id, names, source.
    pub rule: Rule,
    /// How many.
    pub at_least: Sourced<u32>,
    /// Wanted only then.
    pub when: Vec<Test>,
    /// Once, or for every line.
    pub per: Per,
    /// With `per` line: only lines of these items.
    pub items: Vec<String>,
    /// Whether only the in-app camera counts.
    pub in_app: bool,
}

/// A required paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Id, names, source.
    pub rule: Rule,
    /// Wanted only then.
    pub when: Vec<Test>,
}

/// A required field of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Id, names, source.
    pub rule: Rule,
    /// Customer, contract, event, loss, other.
    pub group: String,
    /// Wanted only then.
    pub when: Vec<Test>,
}

/// A review round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Id, what it looks at, source.
    pub rule: Rule,
    /// Who holds it.
    pub role: String,
    /// Whether nobody sees another's draft and every round is another person.
    pub independent: bool,
}

/// How much a role may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Whose.
    pub role: String,
    /// Up to how much.
    pub limit: Sourced<Money>,
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

/// How long something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Id, names, source.
    pub rule: Rule,
    /// A span as text, or "permanent".
    pub term: Sourced<String>,
}

/// A class of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// Id, names, source.
    pub rule: Rule,
    /// How it is masked.
    pub mask: Mask,
    /// Fields it covers.
    pub fields: Vec<String>,
}

/// A number or blank that head office works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Id, names, source.
    pub rule: Rule,
    /// The number as text, nothing when blank.
    pub value: Option<String>,
}

/// What is insured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Insured {
    /// Questions of the survey form.
    pub questions: Vec<Question>,
    /// Kinds of things.
    pub objects: Vec<ObjectKind>,
    /// What lines can be about.
    pub items: Vec<Item>,
    /// Causes of loss.
    pub perils: Vec<Peril>,
    /// What a cause outside the list gets.
    pub unlisted: Option<Sourced<String>>,
    /// What must hold.
    pub conditions: Vec<Condition>,
    /// What is never paid.
    pub exclusions: Vec<Exclusion>,
    /// Classes of insured.
    pub classes: Vec<InsuredClass>,
    /// Things the contract lists.
    pub register: Vec<Registered>,
}

/// What is paid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paying {
    /// Covers.
    pub covers: Vec<Cover>,
    /// Tables of prices.
    pub tariffs: Vec<Tariff>,
    /// Whether money may be paid ahead.
    pub advance: Option<Sourced<bool>>,
    /// Recovery from third parties.
    pub recovery: Option<RecoveryRule>,
    /// Payment to somebody else.
    pub payee: Option<PayeeRule>,
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

/// How a case is handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handling {
    /// The way without a visit.
    pub no_survey: Option<NoSurvey>,
    /// Required photos.
    pub shots: Vec<ShotRule>,
    /// Required papers.
    pub documents: Vec<Document>,
    /// Required fields.
    pub fields: Vec<Field>,
    /// Review rounds in order.
    pub rounds: Vec<Round>,
    /// Who may approve how much.
    pub authority: Vec<Authority>,
    /// Whether who surveyed may approve.
    pub surveyor_may_approve: Option<Sourced<bool>>,
    /// How long things are kept.
    pub retention: Vec<Retention>,
    /// Classes of personal data.
    pub personal: Vec<Personal>,
    /// Everything else with a number or a blank.
    pub settings: Vec<Setting>,
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
