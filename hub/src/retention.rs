//! What reached the end of the time for which it must be kept (R207, R208, R313).
//!
//! The times are those of the rule packs on the shelf: `permanent`, a span, or a blank that the
//! insurer has to fill; a blank ends nothing. The span of a case begins when it was closed.
//!
//! Refuses: to delete. Erasing personal fields so that every signature still verifies needs a key
//! for each field, which this version does not have; the list says who could be erased, no more.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lossbook_core::app::packs_in_force;
use lossbook_core::domain::{CaseId, WallMs};
use lossbook_core::rules::calendar::{
    Calendar, OutOfRange, calendar_days_after, date_at, due_at_end, months_after,
};
use lossbook_core::rules::{Figure, Packs, Retention, Span};
use lossbook_core::statement::Action;
use lossbook_core::store::StoreError;
use serde::Serialize;

use crate::hub::Hub;
use crate::meta::{MetaTx, look};
use crate::refusal::Refusal;

/// Cases looked at in one transaction.
const CASES_AT_ONCE: u32 = 200;
const ZONE: &str = "Asia/Shanghai";

/// What a contract says about keeping something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The pack.
    pub contract: String,
    /// What is kept.
    pub class: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Where it stands.
    pub source: String,
    /// `permanent`, a span such as `60 mo`, or nothing if the contract left it blank.
    pub term: Option<String>,
    /// Who has to fill the blank.
    pub blank: Option<String>,
    /// Closed cases whose span is over.
    pub reached: Vec<Reached>,
}

/// A case whose span is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Its number.
    pub case: String,
    /// When it was closed.
    pub closed_ms: i64,
    /// The end of the last day for which it had to be kept.
    pub until_ms: i64,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List {
    /// By contract and class.
    pub kept: Vec<Kept>,
    /// What this list is not.
    pub note_zh: &'static str,
    /// In English.
    pub note_en: &'static str,
}

/// Everything the packs say about keeping, and the closed cases that reached it.
///
/// # Errors
/// As the store fails.
pub fn list(hub: &Hub) -> Result<List, Refusal> {
    let packs = hub.own_store().look(packs_in_force).map_err(|error| {
        tracing::error!(code = error.code(), "the packs could not be read");
        Refusal::new(500, "INTERNAL", "the hub failed; its log says why")
    })?;
    let mut kept = classes(&packs);
    let now = hub.now().wall;
    let mut after = None;
    loop {
        let cases = look(hub.looking(), |tx| {
            let cases = tx.cases_after(after, CASES_AT_ONCE)?;
            for case in &cases {
                note(tx, *case, (&mut kept, now))?;
            }
            Ok(cases)
        })?;
        let Some(last) = cases.last() else { break };
        after = Some(*last);
    }
    Ok(List {
        kept,
        note_zh: "本清单只列出已到期的案件；删除个人信息须待字段级密钥体系，本版本不删除任何内容。",
        note_en: "This only lists what is due; erasing personal fields needs a key for each field, which comes later: this version deletes nothing.",
    })
}

fn classes(packs: &Arc<Packs>) -> Vec<Kept> {
    let of = |contract: &str, Retention { rule, term }: &Retention| {
        let (term, blank) = match &term.figure {
            Figure::Is(term) => (Some(term.clone()), None),
            Figure::Blank(by) => (None, Some(by.clone())),
            Figure::Policy | Figure::Object => (None, None),
        };
        Kept {
            contract: contract.to_owned(),
            class: rule.id.clone(),
            zh: rule.names.zh.clone(),
            en: rule.names.en.clone(),
            source: rule.source.clone(),
            term,
            blank,
            reached: Vec::new(),
        }
    };
    let packs = packs.all().iter();
    packs
        .flat_map(|pack| {
            let all = pack.handling.retention.iter();
            all.map(|one| of(&pack.id, one)).collect::<Vec<_>>()
        })
        .collect()
}

/// Puts a closed case under every class of its contract whose span is over.
fn note(
    tx: &dyn MetaTx,
    case: CaseId,
    (kept, now): (&mut [Kept], WallMs),
) -> Result<(), StoreError> {
    let Some(row) = tx.desk_row(case)?.filter(|row| row.status == "closed") else {
        return Ok(());
    };
    let contract = row
        .contract
        .split('@')
        .next()
        .unwrap_or_default()
        .to_owned();
    if !kept
        .iter()
        .any(|one| one.contract == contract && one.term.is_some())
    {
        return Ok(());
    }
    let Some(standing) = tx.case_standing(case)? else {
        return Ok(());
    };
    let mut decisions = standing.decisions.iter().rev();
    let Some(closed) = decisions.find(|one| one.body.action == Action::Close) else {
        return Ok(());
    };
    let closed = closed.header.wall;
    for one in kept.iter_mut().filter(|one| one.contract == contract) {
        let until = one.term.as_deref().and_then(Span::parse);
        let until = until.and_then(|span| until_of(closed, span).ok());
        if let Some(until) = until.filter(|until| *until < now) {
            one.reached.push(Reached {
                case: row.number.clone(),
                closed_ms: closed.0,
                until_ms: until.0,
            });
        }
    }
    Ok(())
}

/// The end of the last day of a span that begins with a day.
fn until_of(from: WallMs, span: Span) -> Result<WallMs, OutOfRange> {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let first: Date = date_at(from, &zone)?;
    let last = match span {
        Span::AtOnce => first,
        Span::Minutes(minutes) => calendar_days_after(first, minutes.div_ceil(24 * 60))?,
        Span::HalfWorkingDays(halves) => {
            Calendar::china().working_days_after(first, halves.div_ceil(2))?
        }
        Span::WorkingDays(days) => Calendar::china().working_days_after(first, days)?,
        Span::Days(days) => calendar_days_after(first, days)?,
        Span::Months(months) => months_after(first, months)?,
    };
    due_at_end(last, &zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_months_ends_with_its_last_day_in_china() {
        // 2025-01-31 10:00 in China.
        let closed = WallMs(1_738_288_800_000);
        let until = until_of(closed, Span::Months(1)).unwrap();
        // The end of 2025-02-28 in China.
        assert_eq!(until.0, 1_740_758_400_000);
    }
}
