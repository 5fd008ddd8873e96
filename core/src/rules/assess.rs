//! The whole answer to a case: one pure function from facts and packs to an [`Assessment`].
//!
//! Cover and money are judged by the pack version in force at the loss, service clocks, papers and
//! review by the one at the report; both digests are named. The statute stands beside the contract:
//! its clocks run too, and the earlier of a topic leads.

use serde::Serialize;

use super::calendar::{Calendar, date_at};
use super::case::Case;
use super::checklist::{self, Missing};
use super::clock::{self, Desk, Running};
use super::cover::{self, CoverAnswer};
use super::figure::Sourced;
use super::kpi::{self, KpiPart};
use super::notice::{self, NoticeState};
use super::pack::{Answer, Pack};
use super::path::{self, NoSurveyResult};
use super::pay::{self, Payable};
use super::price::PricedLine;
use super::reason::Reason;
use super::review::{self, ReviewState};
use crate::domain::facts::CaseFacts;
use crate::domain::{Digest, WallMs};

/// The packs a case is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judges<'p> {
    /// In force at the loss: cover and money.
    pub cover: &'p Pack,
    /// In force at the report: clocks, papers, review.
    pub service: &'p Pack,
    /// The statute beside them.
    pub law: Option<&'p Pack>,
    /// Working days.
    pub calendar: &'p Calendar,
}

/// Names one version of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackName {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its canonical bytes.
    #[serde(serialize_with = "hex_text")]
    pub digest: Digest,
}

fn hex_text<S: serde::Serializer>(digest: &Digest, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(digest)
}

impl PackName {
    fn of(pack: &Pack) -> Self {
        Self {
            id: pack.id.clone(),
            version: pack.version.clone(),
            digest: pack.digest(),
        }
    }
}

/// Everything the rules say about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// The case.
    pub case: String,
    /// Judged cover and money.
    pub pack: PackName,
    /// Judged clocks, papers and review.
    pub service_pack: PackName,
    /// The statute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<PackName>,
    /// Version of the calendar.
    pub calendar: String,
    /// Insured or not.
    pub cover: CoverAnswer,
    /// The lines.
    pub lines: Vec<PricedLine>,
    /// The money.
    pub money: Payable,
    /// Settlement tier.
    pub tier: Option<String>,
    /// Simple, ordinary, complex.
    pub class: Option<String>,
    /// Service zone.
    pub zone: Option<String>,
    /// Whether a visit may be skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_survey: Option<NoSurveyResult>,
    /// What is due when.
    pub clocks: Vec<Running>,
    /// What people must be told.
    pub notices: Vec<NoticeState>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Where the review stands.
    pub review: ReviewState,
    /// Everything else worth saying.
    pub findings: Vec<Reason>,
    /// This case's part of the performance figures.
    pub kpis: Vec<KpiPart>,
}

/// Judges a case. `now` is asked only to say what is overdue.
pub fn assess(facts: &CaseFacts, judges: Judges<'_>, now: Option<WallMs>) -> Assessment {
    let money_case = Case::new(facts, judges.cover);
    let service_case = Case::new(facts, judges.service);
    let desk = Desk {
        calendar: judges.calendar,
        now,
    };
    let mut findings = Vec::new();
    let mut cover = cover::judge(&money_case);
    let (mut money, open) = pay::pay(&money_case, cover.answer, &mut findings);
    if cover.answer == Answer::Covered && !open.is_empty() {
        cover.answer = Answer::HeadOffice;
        money.is_final = false;
    }
    cover.reasons.extend(open);
    remarks(&money_case, &service_case, &mut findings);
    let (clocks, notices) = times(&service_case, judges.law, desk, &mut findings);
    let missing = checklist::missing(&service_case);
    let review = review::state(&service_case, &cover, &money, &missing);
    let failed = findings
        .iter()
        .filter(|finding| finding.code == "check_failed")
        .count();
    let all: Vec<&Running> = clocks
        .iter()
        .chain(notices.iter().filter_map(|notice| notice.clock.as_ref()))
        .collect();
    let failed = u32::try_from(failed).unwrap_or(u32::MAX);
    let kpis = kpi::parts(facts, judges.service, &all, &missing, failed);
    findings.dedup();
    Assessment {
        case: facts.case.clone(),
        pack: PackName::of(judges.cover),
        service_pack: PackName::of(judges.service),
        law: judges.law.map(PackName::of),
        calendar: judges.calendar.version().to_owned(),
        cover,
        money,
        tier: service_case.tier.clone(),
        class: service_case.class.clone(),
        zone: service_case.zone.clone(),
        no_survey: path::no_survey(&service_case),
        clocks,
        notices,
        missing,
        review,
        findings,
        kpis,
        lines: money_case.lines,
    }
}

/// Clocks and notices of contract and statute together.
fn times(
    case: &Case<'_>,
    law: Option<&Pack>,
    desk: Desk<'_>,
    findings: &mut Vec<Reason>,
) -> (Vec<Running>, Vec<NoticeState>) {
    let mut clocks = clock::clocks(case, desk, findings);
    let mut notices = notice::notices(case, desk, findings);
    if let Some(law) = law {
        let beside = Case::new(case.facts, law);
        clocks.extend(clock::clocks(&beside, desk, findings));
        notices.extend(notice::notices(&beside, desk, findings));
    }
    clock::lead(&mut clocks);
    (clocks, notices)
}

/// Remarks that change no amount.
fn remarks(case: &Case<'_>, service: &Case<'_>, findings: &mut Vec<Reason>) {
    for line in &case.lines {
        findings.extend(line.reasons.iter().cloned());
    }
    if case.is_contested() {
        findings.push(Reason::of("contested_amount"));
    }
    aboard(case, findings);
    findings.extend(cover::off_roster(case));
    let facts = case.facts;
    let unit = facts.policy.unit.as_ref();
    for open in &facts.policy.open {
        if Some(&open.unit) == unit && open.case != facts.case {
            findings.push(Reason::of("two_open_cases").about(&open.case));
        }
    }
    pay::payee(case, findings);
    if let Some(choice) = &facts.loss.zone {
        findings.push(
            Reason::of("zone_override")
                .about(format!("{}: {} ({})", choice.id, choice.reason, choice.by)),
        );
    }
    if facts.loss.place.high_seas {
        findings.push(Reason::of("high_seas"));
    } else if service.zone.is_none() && !service.pack.service.zones.is_empty() {
        findings.push(Reason::of("zone_unknown"));
    }
    let at = clock::judged_at(facts);
    if let Ok(day) = date_at(at, service.pack.zone()) {
        checklist::checks(service, day, findings);
    }
}

/// More people aboard than crew and passenger seats together (R7).
fn aboard(case: &Case<'_>, findings: &mut Vec<Reason>) {
    let (Some(object), Some(entry)) = (&case.facts.object, case.registered()) else {
        return;
    };
    let seats =
        |figure: &Option<Sourced<u32>>| figure.as_ref().and_then(|figure| figure.value().copied());
    let (Some(crew), Some(passengers)) = (seats(&entry.crew), seats(&entry.passengers)) else {
        return;
    };
    let there = u32::from(object.crew.unwrap_or(0))
        .saturating_add(u32::from(object.passengers.unwrap_or(0)));
    let seats = crew.saturating_add(passengers);
    if there > seats {
        let source = entry
            .crew
            .as_ref()
            .map_or("", |figure| figure.source.as_str());
        findings.push(
            Reason::of("too_many_aboard")
                .about(format!("{there} > {seats}"))
                .source(source),
        );
    }
}
