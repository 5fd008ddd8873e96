//! What is insured: its shapes, and reading them.

use std::collections::BTreeMap;

use super::word::{Answer, Mask, UnitOf};
use super::{Names, Rule};
use crate::domain::Money;
use crate::domain::facts::Answer as GivenAnswer;
use crate::rules::fact::Test;
use crate::rules::figure::Sourced;
use crate::rules::problem::Code;
use crate::rules::section::Section;

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

impl Question {
    /// Whether it may be answered so.
    pub fn allows(&self, answer: &GivenAnswer) -> bool {
        let word = match answer {
            GivenAnswer::Yes(true) => "yes",
            GivenAnswer::Yes(false) => "no",
            GivenAnswer::Choice(id) => id,
        };
        self.answers.iter().any(|known| known == word)
    }
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

pub(super) fn read(section: &mut Section<'_, '_>) -> Insured {
    Insured {
        questions: section.list("question", question),
        objects: section.list("object", object),
        items: section.list("item", item),
        perils: section.list("peril", peril),
        unlisted: section.table("perils", unlisted),
        conditions: section.list("condition", condition),
        exclusions: section.list("exclusion", |s| Exclusion {
            rule: s.rule(),
            by: s.texts("by"),
        }),
        classes: section.list("class", |s| InsuredClass {
            rule: s.rule(),
            evidence: s.maybe_text("evidence"),
        }),
        register: section.list("register", registered),
    }
}

fn question(section: &mut Section<'_, '_>) -> Question {
    let rule = section.rule();
    let answers = section.texts("answers");
    if answers.len() < 2 {
        section.complain("answers", Code::BadValue, "two answers or more are needed");
    }
    Question {
        rule,
        answers,
        photo: section.maybe_text("photo"),
        when: section.tests("when"),
    }
}

fn object(section: &mut Section<'_, '_>) -> ObjectKind {
    ObjectKind {
        rule: section.rule(),
        unit: section
            .word("unit", &UnitOf::WORDS)
            .unwrap_or(UnitOf::Policy),
        attributes: section.texts("attributes"),
        checks: section.words("checks", &CHECKED),
    }
}

fn item(section: &mut Section<'_, '_>) -> Item {
    let rule = section.rule();
    let objects = section.texts("objects");
    let cover = match section.maybe_text("cover") {
        Some(cover) => Ok(cover),
        None => Err(section.names_under("why")),
    };
    Item {
        rule,
        objects,
        cover,
    }
}

fn peril(section: &mut Section<'_, '_>) -> Peril {
    Peril {
        rule: section.rule(),
        group: section.text("group"),
        answer: section
            .word("answer", &Answer::WORDS)
            .unwrap_or(Answer::HeadOffice),
        when: section.tests("when"),
    }
}

fn unlisted(section: &mut Section<'_, '_>) -> Sourced<String> {
    let figure = section.figure::<String>("unlisted");
    let known = |word: &String| REFUSALS.iter().any(|(name, _)| name == word);
    if figure.value().is_some_and(|word| !known(word)) {
        let text = "not_covered or head_office is wanted";
        section.complain("unlisted", Code::BadValue, text);
    }
    figure
}

/// What may follow when something does not hold.
const REFUSALS: [(&str, Answer); 2] = [
    ("not_covered", Answer::NotCovered),
    ("head_office", Answer::HeadOffice),
];

/// The attributes whose text has a check of its own.
const CHECKED: [(&str, Mask); 5] = [
    ("plate", Mask::Plate),
    ("vin", Mask::Vin),
    ("resident_id", Mask::ResidentId),
    ("mobile", Mask::Mobile),
    ("account", Mask::Account),
];

fn condition(section: &mut Section<'_, '_>) -> Condition {
    let rule = section.rule();
    let tests = section.tests("tests");
    if tests.is_empty() {
        section.complain("tests", Code::Missing, "one test or more is needed");
    }
    Condition {
        rule,
        objects: section.texts("objects"),
        tests,
        otherwise: section
            .word("otherwise", &REFUSALS)
            .unwrap_or(Answer::HeadOffice),
    }
}

fn registered(section: &mut Section<'_, '_>) -> Registered {
    Registered {
        rule: section.rule(),
        object: section.text("object"),
        agreed_value: section.maybe_figure("agreed_value"),
        crew: section.maybe_figure("crew"),
        passengers: section.maybe_figure("passengers"),
        attributes: section
            .table("attributes", |s| {
                s.entries().into_iter().collect::<BTreeMap<_, _>>()
            })
            .unwrap_or_default(),
    }
}
