//! What is still missing: photos, papers, report fields, answers, attributes.

use serde::Serialize;

use super::case::Case;
use super::fact::{Test, Tri};
use super::identity::{Field, Verdict};
use super::pack::{Mask, Per, Rule, ShotRule};
use super::reason::Reason;
use crate::domain::facts::{PaperState, ShotOrigin};

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// `shot`, `document`, `field`, `question`, `attribute`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// The loss line it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// How many more.
    pub count: u32,
    /// Where it stands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
}

fn gone(kind: &'static str, rule: &Rule) -> Missing {
    Missing {
        kind,
        id: rule.id.clone(),
        zh: rule.names.zh.clone(),
        en: rule.names.en.clone(),
        line: None,
        count: 1,
        source: rule.source.clone(),
    }
}

/// Everything the contract wants before submission and does not have.
pub(super) fn missing(case: &Case<'_>) -> Vec<Missing> {
    let wanted = |tests: &[Test]| Test::all(tests, case) == Tri::Yes;
    let (facts, pack) = (case.facts, case.pack);
    let mut all = Vec::new();
    for shot in pack.handling.shots.iter().filter(|shot| wanted(&shot.when)) {
        shots(case, shot, &mut all);
    }
    for document in pack
        .handling
        .documents
        .iter()
        .filter(|document| wanted(&document.when))
    {
        let state = facts.documents.get(&document.rule.id);
        if !matches!(state, Some(PaperState::Present | PaperState::NotNeeded)) {
            all.push(gone("document", &document.rule));
        }
    }
    for field in pack
        .handling
        .fields
        .iter()
        .filter(|field| wanted(&field.when))
    {
        let text = facts.report.get(&field.rule.id);
        if text.is_none_or(|text| text.trim().is_empty()) {
            all.push(gone("field", &field.rule));
        }
    }
    for question in pack
        .insured
        .questions
        .iter()
        .filter(|question| wanted(&question.when))
    {
        if !facts.answers.contains_key(&question.rule.id) {
            all.push(gone("question", &question.rule));
        }
    }
    attributes(case, &mut all);
    all
}

fn attributes(case: &Case<'_>, all: &mut Vec<Missing>) {
    let (Some(kind), Some(object)) = (case.object_kind(), &case.facts.object) else {
        return;
    };
    let listed = case.registered().map(|entry| &entry.attributes);
    for attribute in &kind.attributes {
        let own = object.attributes.get(attribute);
        let text = own.or_else(|| listed.and_then(|map| map.get(attribute)));
        if text.is_none_or(|text| text.trim().is_empty()) {
            let mut missing = gone("attribute", &kind.rule);
            (missing.id, missing.zh, missing.en) =
                (attribute.clone(), attribute.clone(), attribute.clone());
            all.push(missing);
        }
    }
}

fn shots(case: &Case<'_>, shot: &ShotRule, all: &mut Vec<Missing>) {
    let needed = shot.at_least.value().copied().unwrap_or(0);
    let photos = |line: Option<&str>| {
        let here = case.facts.photos.iter().filter(|photo| {
            photo.slot == shot.rule.id
                && (line.is_none() || photo.line.as_deref() == line)
                && (!shot.in_app || photo.origin == ShotOrigin::InApp)
        });
        u32::try_from(here.count()).unwrap_or(u32::MAX)
    };
    let mut want = |line: Option<&str>| {
        let there = photos(line);
        if there < needed {
            let count = needed.saturating_sub(there);
            all.push(Missing {
                line: line.map(str::to_owned),
                count,
                ..gone("shot", &shot.rule)
            });
        }
    };
    match shot.per {
        Per::Case => want(None),
        Per::Line => {
            let items = &shot.items;
            for line in case
                .facts
                .lines
                .iter()
                .filter(|line| items.is_empty() || items.contains(&line.item))
            {
                want(Some(&line.id));
            }
        }
    }
}

/// Checks the identity fields that the pack names; a failed one is a finding, never a lock.
pub(super) fn checks(case: &Case<'_>, day: jiff::civil::Date, findings: &mut Vec<Reason>) {
    let mut look = |field: Field, name: &str, text: &str| {
        let verdict = field.check(text, day);
        let code = match &verdict {
            Verdict::Good => return,
            Verdict::Warn(_) => "check_warned",
            Verdict::Bad(_) => "check_failed",
        };
        let why: Vec<&str> = verdict
            .reasons()
            .iter()
            .map(|reason| reason.code())
            .collect();
        findings.push(Reason::of(code).about(format!("{name}: {}", why.join(", "))));
    };
    if let (Some(kind), Some(object)) = (case.object_kind(), &case.facts.object) {
        for mask in &kind.checks {
            let text = object.attributes.get(mask.key());
            if let (Some(field), Some(text)) = (field(*mask), text) {
                look(field, mask.key(), text);
            }
        }
    }
    for personal in &case.pack.handling.personal {
        for name in &personal.fields {
            let text = case
                .facts
                .report
                .get(name)
                .filter(|text| !text.trim().is_empty());
            if let (Some(field), Some(text)) = (field(personal.mask), text) {
                look(field, name, text);
            }
        }
    }
    let account = case
        .facts
        .payee
        .as_ref()
        .and_then(|payee| payee.account.as_ref());
    if let Some(account) = account {
        look(Field::Account, "payee.account", account);
    }
}

fn field(mask: Mask) -> Option<Field> {
    match mask {
        Mask::ResidentId => Some(Field::ResidentId),
        Mask::Mobile => Some(Field::Mobile),
        Mask::Account => Some(Field::Account),
        Mask::Plate => Some(Field::Plate),
        Mask::Vin => Some(Field::Vin),
        Mask::Name | Mask::Address | Mask::Amount | Mask::Medical => None,
    }
}
