//! Reading what is insured.

use std::collections::BTreeMap;

use super::word::{Answer, Mask, UnitOf};
use super::{
    Condition, Exclusion, Insured, InsuredClass, Item, ObjectKind, Peril, Question, Registered,
};
use crate::rules::problem::Code;
use crate::rules::section::Section;

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

fn unlisted(section: &mut Section<'_, '_>) -> crate::rules::figure::Sourced<String> {
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
