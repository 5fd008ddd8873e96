//! How a case is handled: its shapes, and reading them.

use super::Rule;
use super::word::{Mask, Per};
use crate::domain::{Money, Share};
use crate::rules::fact::Test;
use crate::rules::figure::{Number, Sourced, Span};
use crate::rules::problem::Code;
use crate::rules::section::Section;

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

pub(super) fn read(section: &mut Section<'_, '_>) -> Handling {
    Handling {
        no_survey: section.table("no_survey", no_survey),
        shots: section.list("shot", shot),
        documents: section.list("document", |s| Document {
            rule: s.rule(),
            when: s.tests("when"),
        }),
        fields: section.list("field", |s| Field {
            rule: s.rule(),
            group: named(s, "group", &GROUPS),
            when: s.tests("when"),
        }),
        rounds: section.list("round", |s| Round {
            rule: s.rule(),
            role: named(s, "role", &ROLES),
            independent: s.flag("independent"),
        }),
        authority: section.list("authority", |s| Authority {
            role: named(s, "role", &ROLES),
            limit: s.figure("limit"),
        }),
        surveyor_may_approve: section.table("approval", |s| s.figure("surveyor_may_approve")),
        retention: section.list("retention", retention),
        personal: section.list("personal", |s| Personal {
            rule: s.rule(),
            mask: s.word("mask", &Mask::WORDS).unwrap_or(Mask::Name),
            fields: s.texts("fields"),
        }),
        settings: section.list("setting", setting),
    }
}

/// Groups of report fields.
const GROUPS: [(&str, ()); 5] = [
    ("customer", ()),
    ("contract", ()),
    ("event", ()),
    ("loss", ()),
    ("other", ()),
];

/// Roles that review or approve.
const ROLES: [(&str, ()); 5] = [
    ("claims_specialist", ()),
    ("review_supervisor", ()),
    ("finance", ()),
    ("reviewer", ()),
    ("admin", ()),
];

/// A word out of a closed list, kept as text.
fn named(section: &mut Section<'_, '_>, key: &str, words: &[(&str, ())]) -> String {
    section
        .word_text(key, words)
        .map(|(word, ())| word)
        .unwrap_or_default()
}

fn criterion(section: &mut Section<'_, '_>) -> Criterion {
    let rule = section.rule();
    let tests = section.tests("tests");
    if tests.is_empty() {
        section.complain("tests", Code::Missing, "one test or more is needed");
    }
    Criterion { rule, tests }
}

fn no_survey(section: &mut Section<'_, '_>) -> NoSurvey {
    let unlisted = section.figure::<String>("unlisted");
    if unlisted
        .value()
        .is_some_and(|word| !["no", "head_office"].contains(&word.as_str()))
    {
        section.complain("unlisted", Code::BadValue, "no or head_office is wanted");
    }
    NoSurvey {
        source: section.source(),
        mode: section.text("mode"),
        unlisted,
        record: section.texts("record"),
        criteria: section.list("criterion", criterion),
        suspend: section.list("suspend", criterion),
        refer: section.list("refer", criterion),
    }
}

fn shot(section: &mut Section<'_, '_>) -> ShotRule {
    ShotRule {
        rule: section.rule(),
        at_least: section.figure("at_least"),
        when: section.tests("when"),
        per: section.maybe_word("per", &Per::WORDS).unwrap_or(Per::Case),
        items: section.texts("items"),
        in_app: section
            .maybe_word("origin", &[("in_app", true), ("any", false)])
            .unwrap_or(false),
    }
}

fn retention(section: &mut Section<'_, '_>) -> Retention {
    let rule = section.rule();
    let term = section.figure::<String>("term");
    if let Some(text) = term.value() {
        let node = crate::rules::node::Node {
            value: crate::rules::node::Value::Text(text.clone()),
            line: 0,
        };
        if text != "permanent" && Span::read(&node).is_none() {
            let text = format!("\"permanent\" or {} is wanted", Span::WANTED);
            section.complain("term", Code::BadValue, &text);
        }
    }
    Retention { rule, term }
}

fn setting(section: &mut Section<'_, '_>) -> Setting {
    let rule = section.rule();
    let mut stated = Vec::new();
    stated.extend(
        section
            .maybe_figure::<Money>("amount")
            .map(|f| f.value().map(Number::show)),
    );
    stated.extend(
        section
            .maybe_figure::<Share>("share")
            .map(|f| f.value().map(Number::show)),
    );
    stated.extend(
        section
            .maybe_figure::<u32>("count")
            .map(|f| f.value().map(Number::show)),
    );
    stated.extend(
        section
            .maybe_figure::<Span>("span")
            .map(|f| f.value().map(Number::show)),
    );
    stated.extend(
        section
            .maybe_figure::<bool>("switch")
            .map(|f| f.value().map(Number::show)),
    );
    let present = ["amount", "share", "count", "span", "switch"]
        .iter()
        .filter(|key| section.has(key))
        .count();
    if present != 1 {
        let text = "exactly one of amount, share, count, span or switch is needed";
        section.complain("", Code::BadValue, text);
    }
    Setting {
        rule,
        value: stated.pop().flatten(),
    }
}
