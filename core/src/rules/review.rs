//! Which review round is next, and what stands in the way of approval.

use serde::Serialize;

use super::case::Case;
use super::checklist::Missing;
use super::cover::CoverAnswer;
use super::pack::Answer;
use super::pay::Payable;
use super::reason::Reason;
use crate::domain::facts::{Review, ReviewResult};

/// Where the review stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewState {
    /// The round that is next; nothing when all have passed, one failed, or the pack has none.
    pub next: Option<String>,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether all rounds have passed.
    pub passed: bool,
    /// What stands in the way.
    pub obstacles: Vec<Reason>,
}

/// Judges the rounds held so far; a return starts them again.
pub(super) fn state(
    case: &Case<'_>,
    cover: &CoverAnswer,
    payable: &Payable,
    missing: &[Missing],
) -> ReviewState {
    let mut obstacles = Vec::new();
    if case.is_contested() {
        obstacles.push(Reason::of("contested_amount"));
    }
    if cover.answer == Answer::HeadOffice {
        obstacles.push(Reason::of("cover_open"));
    }
    for (kind, code) in [("document", "documents_missing"), ("shot", "shots_missing")] {
        let ids: Vec<&str> = missing
            .iter()
            .filter(|one| one.kind == kind)
            .map(|one| one.id.as_str())
            .collect();
        if !ids.is_empty() {
            obstacles.push(Reason::of(code).about(ids.join(", ")));
        }
    }
    if cover.answer == Answer::Covered && !payable.is_final {
        obstacles.push(Reason::of("not_final"));
    }
    let rounds = &case.pack.handling.rounds;
    let held = since_return(&case.facts.reviews);
    people(case, held, &mut obstacles);
    authority(case, held, payable, &mut obstacles);
    let mut next = rounds.iter();
    for review in held {
        let Some(expected) = next.clone().next() else {
            break;
        };
        if review.round == expected.rule.id && review.result == ReviewResult::Passed {
            next.next();
        } else if review.round != expected.rule.id {
            obstacles.push(Reason::of("round_out_of_order").about(&review.round));
        }
    }
    let failed = held
        .iter()
        .any(|review| review.result == ReviewResult::Failed);
    let waiting = if failed { None } else { next.next() };
    ReviewState {
        next: waiting.map(|round| round.rule.id.clone()),
        role: waiting.map(|round| round.role.clone()),
        passed: !rounds.is_empty() && !failed && waiting.is_none(),
        obstacles,
    }
}

/// Reviews after the last one that sent the case back.
fn since_return(reviews: &[Review]) -> &[Review] {
    let returned = reviews
        .iter()
        .rposition(|review| review.result == ReviewResult::Returned);
    let start = returned.map_or(0, |at| at.saturating_add(1));
    reviews.get(start..).unwrap_or(&[])
}

fn people(case: &Case<'_>, held: &[Review], obstacles: &mut Vec<Reason>) {
    let handling = &case.pack.handling;
    let may = handling
        .surveyor_may_approve
        .as_ref()
        .and_then(|figure| figure.value());
    for (index, review) in held.iter().enumerate() {
        let by_surveyor = case.facts.surveyor.as_ref() == Some(&review.by);
        if by_surveyor && may == Some(&false) {
            obstacles.push(Reason::of("surveyor_approves").about(&review.by));
        }
        let round = handling
            .rounds
            .iter()
            .find(|round| round.rule.id == review.round);
        let Some(round) = round else {
            obstacles.push(Reason::of("round_unknown").about(&review.round));
            continue;
        };
        if round.role != review.role {
            obstacles
                .push(Reason::of("wrong_role").about(format!("{}: {}", review.round, review.role)));
        }
        let earlier = held.iter().take(index);
        if round.independent
            && earlier
                .clone()
                .any(|other| other.by == review.by && other.round != review.round)
        {
            obstacles.push(Reason::of("same_person_twice").about(&review.by));
        }
    }
}

/// Nobody approves beyond a stated limit; a range counts with its high end.
fn authority(case: &Case<'_>, held: &[Review], payable: &Payable, obstacles: &mut Vec<Reason>) {
    let Some(amount) = payable.payable else {
        return;
    };
    for review in held
        .iter()
        .filter(|review| review.result == ReviewResult::Passed)
    {
        let rule = case
            .pack
            .handling
            .authority
            .iter()
            .find(|rule| rule.role == review.role);
        let limit =
            rule.and_then(|rule| rule.limit.value().map(|limit| (limit, &rule.limit.source)));
        if let Some((limit, source)) = limit
            && amount.high > *limit
        {
            let reason = Reason::of("beyond_authority")
                .about(format!("{}: {amount} > {limit}", review.role));
            obstacles.push(reason.source(source));
        }
    }
}
