//! Insured or not: covered, not covered, or needs head office, each with its reasons.
//!
//! The answer is the worst of all reasons. What nobody answered, and what people dispute, needs
//! head office; nothing is ever denied because a question was left open.

use serde::Serialize;

use super::case::Case;
use super::fact::{Fact, Facts, Known, Test, Tri};
use super::pack::{Answer, Chosen, Cover, Rule};
use super::reason::Reason;
use crate::domain::facts::{Exclusion, Suspicion};

/// What the contract says to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverAnswer {
    /// The answer.
    pub answer: Answer,
    /// Why; empty when covered.
    pub reasons: Vec<Reason>,
}

impl Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.key())
    }
}

pub(super) struct Judging<'c, 'a> {
    case: &'c Case<'a>,
    answer: Answer,
    reasons: Vec<Reason>,
}

/// Judges the case; lines and limits are judged with the money.
pub(super) fn judge(case: &Case<'_>) -> CoverAnswer {
    let mut judging = Judging {
        case,
        answer: Answer::Covered,
        reasons: Vec::new(),
    };
    judging.version();
    judging.period();
    judging.perils();
    judging.object();
    judging.conditions();
    judging.exclusions();
    judging.covers();
    judging.roster();
    CoverAnswer {
        answer: judging.answer,
        reasons: judging.reasons,
    }
}

impl Judging<'_, '_> {
    fn add(&mut self, answer: Answer, reason: Reason) {
        self.answer = self.answer.max(answer);
        if answer != Answer::Covered {
            self.reasons.push(reason);
        }
    }

    fn version(&mut self) {
        let (pack, at) = (self.case.pack, self.case.facts.loss.at);
        if !pack.in_force(at) {
            let reason = Reason::of("version_not_in_force").about(&pack.version);
            self.add(Answer::HeadOffice, reason.source(&pack.effective.source));
        }
    }

    fn period(&mut self) {
        let (pack, at) = (self.case.pack, self.case.facts.loss.at);
        if pack.paying.covers.is_empty() {
            return;
        }
        let stated = pack
            .period
            .as_ref()
            .map(|period| period.holds(at, pack.zone()));
        let of_policy = self.case.facts.policy.period.map(|period| period.holds(at));
        match (stated, of_policy) {
            (None, None) => self.add(Answer::HeadOffice, Reason::of("period_unknown")),
            (Some(false), _) | (_, Some(false)) => {
                let source = pack
                    .period
                    .as_ref()
                    .map_or("", |period| period.source.as_str());
                self.add(
                    Answer::NotCovered,
                    Reason::of("out_of_period").source(source),
                );
            }
            (_, _) => {}
        }
    }

    fn perils(&mut self) {
        let insured = &self.case.pack.insured;
        if insured.perils.is_empty() {
            return;
        }
        let Some(given) = &self.case.facts.loss.peril else {
            self.add(Answer::HeadOffice, Reason::of("peril_unknown"));
            return;
        };
        if given.is_contested() {
            let each: Vec<Answer> = given.all().iter().map(|id| self.peril(id).0).collect();
            if each.windows(2).any(|pair| pair.first() != pair.last()) {
                let about = given.all().join(" | ");
                self.add(
                    Answer::HeadOffice,
                    Reason::of("peril_contested").about(about),
                );
                return;
            }
        }
        for (answer, reason) in given
            .all()
            .iter()
            .map(|id| self.peril(id))
            .collect::<Vec<_>>()
        {
            self.add(answer, reason);
        }
    }

    /// What the contract says to one cause.
    fn peril(&self, id: &str) -> (Answer, Reason) {
        let insured = &self.case.pack.insured;
        let Some(peril) = self.case.peril(id) else {
            let unlisted = insured.unlisted.as_ref();
            let answer = match unlisted
                .and_then(|figure| figure.value())
                .map(String::as_str)
            {
                Some("not_covered") => Answer::NotCovered,
                Some(_) | None => Answer::HeadOffice,
            };
            let source = unlisted.map_or("", |figure| figure.source.as_str());
            return (
                answer,
                Reason::of("peril_not_listed").about(id).source(source),
            );
        };
        match Test::all(&peril.when, self.case) {
            Tri::Yes => (peril.answer, Reason::rule(&peril.rule)),
            Tri::No => (Answer::NotCovered, Reason::rule(&peril.rule)),
            Tri::Unknown => (Answer::HeadOffice, self.open(&peril.rule, &peril.when)),
        }
    }

    /// The reason for a test that cannot be answered.
    fn open(&self, rule: &Rule, tests: &[Test]) -> Reason {
        let contested = |test: &&Test| match self.case.known(&test.fact) {
            Known::Values(values) => values.len() > 1 && test.fact != Fact::Items,
            Known::Amount(range) => range.is_some_and(|range| !range.is_exact()),
        };
        let unknown = tests
            .iter()
            .filter(|test| test.answer(self.case) == Tri::Unknown);
        let code = if unknown.clone().any(|test| contested(&test)) {
            "answer_contested"
        } else {
            "answer_missing"
        };
        let names: Vec<String> = unknown.map(|test| name(&test.fact)).collect();
        Reason::on(code, rule).about(names.join(", "))
    }

    fn object(&mut self) {
        let facts = self.case.facts;
        let Some(object) = &facts.object else {
            if !self.case.pack.insured.objects.is_empty()
                && !self.case.pack.paying.covers.is_empty()
            {
                self.add(Answer::HeadOffice, Reason::of("object_unknown"));
            }
            return;
        };
        let Some(id) = &object.id else { return };
        let by_policy = facts
            .policy
            .objects
            .as_ref()
            .is_some_and(|ids| !ids.contains(id));
        let register = &self.case.pack.insured.register;
        let has_register = register.iter().any(|entry| entry.object == object.kind);
        if by_policy || (has_register && self.case.registered().is_none()) {
            self.add(
                Answer::NotCovered,
                Reason::of("object_not_on_policy").about(id),
            );
        }
    }

    fn conditions(&mut self) {
        let kind = self
            .case
            .facts
            .object
            .as_ref()
            .map(|object| object.kind.clone());
        for condition in &self.case.pack.insured.conditions {
            let applies = condition.objects.is_empty()
                || kind
                    .as_ref()
                    .is_none_or(|kind| condition.objects.contains(kind));
            if !applies {
                continue;
            }
            match Test::all(&condition.tests, self.case) {
                Tri::Yes => {}
                Tri::No => self.add(condition.otherwise, Reason::rule(&condition.rule)),
                Tri::Unknown => {
                    let reason = self.open(&condition.rule, &condition.tests);
                    self.add(Answer::HeadOffice, reason);
                }
            }
        }
    }

    fn exclusions(&mut self) {
        for marked in &self.case.facts.exclusions {
            let Exclusion { id, state, by } = marked;
            let rules = &self.case.pack.insured.exclusions;
            let Some(rule) = rules.iter().find(|rule| rule.rule.id == *id) else {
                continue;
            };
            let other = by
                .as_ref()
                .is_some_and(|by| !rule.by.is_empty() && !rule.by.contains(by));
            if other {
                continue;
            }
            let about = by.clone().unwrap_or_default();
            match state {
                Suspicion::Suspected => {
                    let reason = Reason::on("exclusion_suspected", &rule.rule).about(about);
                    self.add(Answer::HeadOffice, reason);
                }
                Suspicion::Confirmed => {
                    self.add(Answer::NotCovered, Reason::rule(&rule.rule).about(about));
                }
            }
        }
    }

    /// If no covered line belongs to a bought cover, nothing is insured.
    fn covers(&mut self) {
        let of_lines: Vec<&Cover> = covers(self.case).collect();
        let states: Vec<Bought> = of_lines
            .iter()
            .map(|cover| bought(self.case, cover))
            .collect();
        if states.is_empty() {
            return;
        }
        if states.iter().all(|state| *state == Bought::No) {
            let about: Vec<&str> = of_lines
                .iter()
                .map(|cover| cover.rule.id.as_str())
                .collect();
            self.add(
                Answer::NotCovered,
                Reason::of("cover_not_bought").about(about.join(", ")),
            );
        } else if states.contains(&Bought::Unknown) {
            self.add(Answer::HeadOffice, Reason::of("cover_unknown"));
        }
    }

    fn roster(&mut self) {
        for reason in off_roster(self.case) {
            self.add(Answer::HeadOffice, reason);
        }
    }
}

/// Persons hurt who were not on the roster when it happened (R16, R17).
pub(super) fn off_roster(case: &Case<'_>) -> Vec<Reason> {
    let (facts, at) = (case.facts, case.facts.loss.at);
    let people = facts
        .object
        .as_ref()
        .map_or(&[][..], |object| object.people.as_slice());
    let listed = |person: &String| {
        facts.policy.roster.iter().any(|entry| {
            entry.person == *person && entry.from <= at && entry.to.is_none_or(|to| at < to)
        })
    };
    let off = people.iter().filter(|person| !listed(person));
    off.map(|person| Reason::of("not_on_roster").about(person))
        .collect()
}

/// Whether a cover is part of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bought {
    Yes,
    No,
    Unknown,
}

pub(super) fn bought(case: &Case<'_>, cover: &Cover) -> Bought {
    match (cover.bought, &case.facts.policy.covers) {
        (Chosen::Always, _) => Bought::Yes,
        (Chosen::ByPolicy, None) => Bought::Unknown,
        (Chosen::ByPolicy, Some(covers)) if covers.contains_key(&cover.rule.id) => Bought::Yes,
        (Chosen::ByPolicy, Some(_)) => Bought::No,
    }
}

/// The covers that the covered lines belong to, in the pack's order.
pub(super) fn covers<'a>(case: &'a Case<'_>) -> impl Iterator<Item = &'a Cover> {
    case.pack.paying.covers.iter().filter(|cover| {
        case.lines
            .iter()
            .any(|line| line.covered && line.cover.as_ref() == Some(&cover.rule.id))
    })
}

/// What a fact is called in a reason.
fn name(fact: &Fact) -> String {
    match fact {
        Fact::Answer(id) => format!("answers.{id}"),
        Fact::Attribute(id) => format!("object.{id}"),
        Fact::Happened(event) => format!("event.{}", event.key()),
        Fact::Peril => "loss.peril".to_owned(),
        Fact::PerilGroup => "loss.peril".to_owned(),
        Fact::ObjectKind => "object.kind".to_owned(),
        Fact::PolicyClass => "policy.class".to_owned(),
        Fact::TopUp => "policy.top_up".to_owned(),
        Fact::Line => "line".to_owned(),
        Fact::Class => "class".to_owned(),
        Fact::Zone => "zone".to_owned(),
        Fact::Tier => "tier".to_owned(),
        Fact::Assessed | Fact::AssessedContested => "lines".to_owned(),
        Fact::Area => "loss.place.area".to_owned(),
        Fact::HighSeas => "loss.place.high_seas".to_owned(),
        Fact::Items => "lines".to_owned(),
    }
}
