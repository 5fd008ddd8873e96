//! Which way a case goes: its class, its settlement tier, and whether a visit may be skipped.

use serde::Serialize;

use super::case::Case;
use super::fact::{Test, Tri};
use super::pack::{Criterion, NoSurvey};
use super::reason::Reason;

/// Whether a visit may be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoSurveyAnswer {
    /// It may.
    Yes,
    /// It may not.
    No,
    /// Not until something is cleared up (R190).
    Suspended,
    /// The contract does not list this kind.
    HeadOffice,
}

/// The answer with the record the contract asks for (R196).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoSurveyResult {
    /// The answer.
    pub answer: NoSurveyAnswer,
    /// The basis: criteria met, or what stands in the way.
    pub basis: Vec<Reason>,
    /// How the loss is assessed instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// What its record must hold.
    pub record: Vec<String>,
    /// The rule version it was judged by.
    pub version: String,
}

/// The tier of the assessed loss. A range belongs to the tier of its high end: it never counts as
/// under a limit that it may exceed.
pub(super) fn tier(case: &Case<'_>) -> Option<String> {
    let high = case.assessed()?.high;
    let tiers = &case.pack.service.tiers;
    let tier = tiers.iter().find(|tier| match &tier.up_to {
        Some(limit) => limit.value().is_some_and(|limit| high <= *limit),
        None => true,
    });
    tier.map(|tier| tier.rule.id.clone())
}

/// The class as head office set it, else the first the pack lets the device propose.
pub(super) fn class(case: &Case<'_>) -> Option<String> {
    if let Some(class) = &case.facts.class {
        return Some(class.clone());
    }
    let proposed = case
        .pack
        .service
        .classes
        .iter()
        .find(|class| !class.propose.is_empty() && Test::all(&class.propose, case) == Tri::Yes);
    proposed.map(|class| class.rule.id.clone())
}

/// Whether a visit may be skipped; nothing if the pack has no such way.
pub(super) fn no_survey(case: &Case<'_>) -> Option<NoSurveyResult> {
    let rules = case.pack.handling.no_survey.as_ref()?;
    let (answer, basis) = decide(case, rules);
    Some(NoSurveyResult {
        answer,
        basis,
        mode: (answer == NoSurveyAnswer::Yes).then(|| rules.mode.clone()),
        record: rules.record.clone(),
        version: case.pack.version.clone(),
    })
}

fn decide(case: &Case<'_>, rules: &NoSurvey) -> (NoSurveyAnswer, Vec<Reason>) {
    let holding = |criteria: &[Criterion], wanted: Tri| -> Vec<Reason> {
        let held = criteria
            .iter()
            .filter(|one| Test::all(&one.tests, case) == wanted);
        held.map(|one| Reason::rule(&one.rule)).collect()
    };
    let referred = holding(&rules.refer, Tri::Yes);
    if !referred.is_empty() {
        return (NoSurveyAnswer::HeadOffice, referred);
    }
    let suspended = holding(&rules.suspend, Tri::Yes);
    if !suspended.is_empty() {
        return (NoSurveyAnswer::Suspended, suspended);
    }
    let met = holding(&rules.criteria, Tri::Yes);
    if !met.is_empty() {
        // A disputed amount is never a yes, whatever the criteria ask for.
        return if case.is_contested() {
            (
                NoSurveyAnswer::Suspended,
                vec![Reason::of("contested_amount")],
            )
        } else {
            (NoSurveyAnswer::Yes, met)
        };
    }
    let open = holding(&rules.criteria, Tri::Unknown);
    if !open.is_empty() {
        return (NoSurveyAnswer::HeadOffice, open);
    }
    match rules.unlisted.value().map(String::as_str) {
        Some("no") => (NoSurveyAnswer::No, Vec::new()),
        Some(_) | None => (NoSurveyAnswer::HeadOffice, Vec::new()),
    }
}
