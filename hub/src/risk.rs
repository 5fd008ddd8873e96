//! Risks of a contract: where they stand in the matrix, and which measure is due when (R321–R326).
//!
//! How often a measure comes back stands in the contract's rule pack; where it is blank, nothing is
//! due and nothing is late.

use jiff::Span as CivilSpan;
use jiff::civil::Date;
use lossbook_core::rules::Pack;
use lossbook_core::store::StoreError;

use crate::catalogue::{Area, Ask, Entry, Make};
use crate::meta::{MetaTx, RegisterPart, RegisterRow};
use crate::refusal::Refusal;
use crate::register::risk::{IMPACTS, LIKELIHOODS, RISK_CHECKS, RISKS};
use crate::register::{Proposed, day_of, value_of};
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// Tables of this desk.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        id: "risk_matrix",
        name: ("风险矩阵", "Risk matrix"),
        area: Area::Risk,
        right: Right::ReadCases,
        sources: &["R322", "R323", "R324"],
        make: Make::Derived(matrix),
    },
    Entry {
        id: "risk_tasks",
        name: ("风险管理措施（周期任务）", "Measures that come back"),
        area: Area::Risk,
        right: Right::ReadCases,
        sources: &["R326", "I101"],
        make: Make::Derived(tasks),
    },
];

/// A level of risk: it follows from the impact (R322), belongs to a kind of place, and the pack says
/// how often its measure comes back (R326).
struct Level {
    impact: &'static str,
    name: (&'static str, &'static str),
    area: (&'static str, &'static str),
    setting: &'static str,
}

const LEVELS: [Level; 4] = [
    Level {
        impact: "severe",
        name: ("重大风险", "Major risk"),
        area: ("高风险区域", "High-risk area"),
        setting: "risk_every_major",
    },
    Level {
        impact: "larger",
        name: ("较大风险", "Larger risk"),
        area: ("关键环节", "Key step"),
        setting: "risk_every_larger",
    },
    Level {
        impact: "general",
        name: ("一般风险", "General risk"),
        area: ("一般区域", "General area"),
        setting: "risk_every_general",
    },
    Level {
        impact: "minor",
        name: ("较小风险", "Minor risk"),
        area: ("低风险区域", "Low-risk area"),
        setting: "risk_every_minor",
    },
];

/// A row names a contract whose rules are in force.
pub(crate) fn check_contract(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let id = new.value("contract");
    let packs = tx.packs()?;
    if packs.all().iter().any(|pack| pack.id == id) {
        return Ok(None);
    }
    let known: Vec<&str> = packs.all().iter().map(|pack| pack.id.as_str()).collect();
    let detail = format!(
        "合同（contract）须为以下之一 / contract is one of: {}",
        known.join(", ")
    );
    Ok(Some(Refusal::new(404, "CONTRACT_UNKNOWN", detail)))
}

/// A measure is carried out for a risk that is there.
pub(crate) fn check_done(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let number = new.value("risk");
    let rows = tx.register_rows(RegisterPart::all(RISKS.id))?;
    if rows.iter().any(|row| value_of(row, "number") == number) {
        return Ok(None);
    }
    let detail = format!("没有这个风险编号（risk）：{number} / no risk has this number");
    Ok(Some(Refusal::new(404, "RISK_UNKNOWN", detail)))
}

/// Risks that are not over.
fn open(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Vec<RegisterRow>, StoreError> {
    let today = day_of(ask.now);
    let mut rows = tx.register_rows(RegisterPart::all(RISKS.id))?;
    rows.retain(|row| {
        let over = value_of(row, "over");
        over.is_empty() || over > today.as_str()
    });
    Ok(rows)
}

/// Three likelihoods by four impacts: how many open risks stand where.
fn matrix(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let risks = open(tx, ask)?;
    let count = |likelihood: &str, impact: &str| {
        let there = risks.iter().filter(|row| {
            value_of(row, "likelihood") == likelihood && value_of(row, "impact") == impact
        });
        Cell::Count(u64::try_from(there.count()).unwrap_or(u64::MAX))
    };
    let mut columns = vec![Column::new(
        "likelihood",
        "发生可能性 ＼ 影响程度",
        "Likelihood by impact",
    )];
    columns.extend(
        IMPACTS
            .iter()
            .map(|(word, zh, en)| Column::new(word, zh, en)),
    );
    let rows = LIKELIHOODS.iter().rev().map(|(word, zh, en)| {
        let mut cells = vec![Cell::Words(Words::new(*zh, *en))];
        cells.extend(IMPACTS.iter().map(|(impact, _, _)| count(word, impact)));
        Row { cells, case: None }
    });
    Ok(Table {
        id: "risk_matrix",
        title: Words::new("风险矩阵", "Risk matrix"),
        sources: &["R322", "R323", "R324"],
        columns,
        rows: rows.collect(),
    })
}

/// Every open risk with its level, its measure and when that is due again.
fn tasks(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let risks = open(tx, ask)?;
    let checks = tx.register_rows(RegisterPart::all(RISK_CHECKS.id))?;
    let packs = tx.packs()?;
    let today = day_of(ask.now);
    let rows = risks.iter().map(|risk| {
        let pack = packs
            .all()
            .iter()
            .find(|pack| pack.id == value_of(risk, "contract"));
        task(risk, &checks, (pack, &today))
    });
    Ok(Table {
        id: "risk_tasks",
        title: Words::new("风险管理措施（周期任务）", "Measures that come back"),
        sources: &["R326", "I101"],
        columns: vec![
            Column::new("number", "风险编号", "Number"),
            Column::new("area", "风险区域", "Area"),
            Column::new("level", "风险等级", "Level"),
            Column::new("measure", "管理措施", "Measure"),
            Column::new("every", "实施频率", "How often"),
            Column::new("owner", "责任人", "Who"),
            Column::new("last", "上次实施", "Last done"),
            Column::new("next", "下次应实施", "Due again"),
            Column::new("late", "是否逾期", "Late"),
        ],
        rows: rows.collect(),
    })
}

fn task(risk: &RegisterRow, checks: &[RegisterRow], (pack, today): (Option<&Pack>, &str)) -> Row {
    let text = |id: &str| Cell::Text(value_of(risk, id).to_owned());
    let mut levels = LEVELS.iter();
    let level = levels.find(|level| level.impact == value_of(risk, "impact"));
    let words = |pair: Option<&(&str, &str)>| {
        pair.map_or(Cell::Blank, |(zh, en)| Cell::Words(Words::new(*zh, *en)))
    };
    let every = pack.zip(level).and_then(|(pack, level)| {
        let mut all = pack.handling.settings.iter();
        all.find(|one| one.rule.id == level.setting)?.value.clone()
    });
    let of = checks
        .iter()
        .filter(|row| value_of(row, "risk") == value_of(risk, "number"));
    let last = of.map(|row| value_of(row, "done")).max();
    let next = every
        .as_deref()
        .and_then(|every| next(last, value_of(risk, "since"), every));
    let late = next
        .as_deref()
        .map_or(Cell::Blank, |next| Cell::Yes(next < today));
    Row {
        cells: vec![
            text("number"),
            words(level.map(|level| &level.area)),
            words(level.map(|level| &level.name)),
            text("measure"),
            every.as_deref().map_or(Cell::Blank, often),
            text("owner"),
            last.map_or(Cell::Blank, |day| Cell::Day(day.to_owned())),
            next.clone().map_or(Cell::Blank, Cell::Day),
            late,
        ],
        case: None,
    }
}

/// A span of days or months as a pack writes it: `1 d`, `3 mo`.
fn span(every: &str) -> Option<(i64, CivilSpan, bool)> {
    let (count, unit) = every.split_once(' ')?;
    let count: i64 = count
        .parse()
        .ok()
        .filter(|count| (1..=1_200).contains(count))?;
    match unit {
        "d" => Some((count, CivilSpan::new().try_days(count).ok()?, true)),
        "mo" => Some((count, CivilSpan::new().try_months(count).ok()?, false)),
        _ => None,
    }
}

/// How often, in words.
fn often(every: &str) -> Cell {
    match span(every) {
        Some((1, _, true)) => Cell::Words(Words::new("每天", "every day")),
        Some((1, _, false)) => Cell::Words(Words::new("每月", "every month")),
        Some((count, _, true)) => Cell::Words(Words::new(
            format!("每{count}天"),
            format!("every {count} days"),
        )),
        Some((count, _, false)) => Cell::Words(Words::new(
            format!("每{count}个月"),
            format!("every {count} months"),
        )),
        None => Cell::Text(every.to_owned()),
    }
}

/// The day on which a measure is due: a span after it was done last, and at once if it never was.
fn next(last: Option<&str>, since: &str, every: &str) -> Option<String> {
    let (_, span, _) = span(every)?;
    let Some(last) = last else {
        return Some(since.to_owned()).filter(|day| !day.is_empty());
    };
    let done: Date = last.parse().ok()?;
    Some(done.checked_add(span).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_comes_back_a_span_after_it_was_done_last() {
        let day = |every| next(Some("2026-08-31"), "2026-01-01", every);
        assert_eq!(day("1 d").as_deref(), Some("2026-09-01"));
        assert_eq!(day("3 mo").as_deref(), Some("2026-11-30"));
    }

    #[test]
    fn a_measure_that_was_never_done_is_due_from_the_first_day() {
        assert_eq!(
            next(None, "2026-01-01", "6 mo").as_deref(),
            Some("2026-01-01")
        );
    }

    #[test]
    fn a_span_that_is_no_calendar_span_makes_nothing_due() {
        assert_eq!(next(Some("2026-08-31"), "2026-01-01", "90 min"), None);
    }
}
