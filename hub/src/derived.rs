//! Tables that are made from cases, at every look: registers, statistics, what stands out.
//!
//! Each answers a requirement and has its columns word for word; a row about one case leads to it.
//! What people add by hand (a cause, a measure, how many households there are) comes from the
//! registers beside them. What no case and no register holds stays blank.
//!
//! Periods mean the time of the report. Input: the projections of [`crate::meta::figure`].

mod case;
mod feedback;
mod figures;
mod ledger;
mod place;
mod statistics;

use lossbook_core::domain::WallMs;
use lossbook_core::rules::Packs;

use crate::catalogue::{Ask, Entry};
use crate::meta::figure::{Group, Only, Span, Wanted, day_of, start_of};
use crate::table::{Cell, Column, Row, Table, Words};

/// Every table of this kind.
pub const ENTRIES: &[Entry] = &[
    case::REPORTS,
    case::ARRIVALS,
    case::TIMELINESS,
    case::REVIEWS,
    case::ARCHIVE,
    case::COMPLIANCE,
    case::COMPLETENESS,
    ledger::RECORDS,
    ledger::DATA,
    figures::FIGURES,
    statistics::STATISTICS,
    statistics::CLAIMS,
    statistics::BUSINESS,
    statistics::ANALYSIS,
    feedback::SATISFACTION,
    feedback::EVALUATION,
    place::COVERAGE,
    place::AREAS,
    place::VEHICLES,
    place::WEEKDAYS,
    place::ARRIVAL_STATISTICS,
];

/// A column: its word, Chinese as the requirement has it, English.
type Heading = (&'static str, &'static str, &'static str);

/// A table with its rows.
fn table(entry: &Entry, columns: &[Heading], rows: Vec<Row>) -> Table {
    let columns = columns.iter();
    Table {
        id: entry.id,
        title: Words::new(entry.name.0, entry.name.1),
        sources: entry.sources,
        columns: columns
            .map(|(id, zh, en)| Column::new(id, zh, en))
            .collect(),
        rows,
    }
}

/// A row about no single case.
const fn plain(cells: Vec<Cell>) -> Row {
    Row { cells, case: None }
}

/// The sheets that are asked for.
fn wanted<'a>(ask: &Ask<'a>, only: Only) -> Wanted<'a> {
    Wanted {
        from: ask.from,
        to: ask.to,
        case: ask.case,
        scopes: ask.scopes,
        only,
        sight: ask.sight,
        skip: ask.skipped(),
        limit: ask.limit,
    }
}

/// The same without a page: for tables whose rows are sums.
fn all<'a>(ask: &Ask<'a>) -> Wanted<'a> {
    Wanted {
        skip: 0,
        limit: u32::MAX,
        ..wanted(ask, Only::All)
    }
}

/// One page of rows that were all made.
fn paged(ask: &Ask<'_>, rows: Vec<Row>) -> Vec<Row> {
    let skip = usize::try_from(ask.skipped()).unwrap_or(usize::MAX);
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    rows.into_iter().skip(skip).take(limit).collect()
}

/// The days that are asked for.
fn span<'a>(ask: &Ask<'a>) -> Span<'a> {
    Span {
        from: ask.from.map_or(0, day_of),
        to: ask
            .to
            .map_or(day_of(ask.now), |to| day_of(WallMs(to.0 - 1))),
        contract: None,
        scopes: ask.scopes,
        now: ask.now,
        sight: ask.sight,
    }
}

/// The period in words: `2026-09-01 至 2026-11-22`.
fn period(ask: &Ask<'_>) -> Cell {
    let span = span(ask);
    let day = |day: i64| crate::register::day_of(start_of(day));
    Cell::Words(match ask.from {
        Some(_) => Words::new(
            format!("{} 至 {}", day(span.from), day(span.to)),
            format!("{} to {}", day(span.from), day(span.to)),
        ),
        None => Words::new(
            format!("至 {}", day(span.to)),
            format!("until {}", day(span.to)),
        ),
    })
}

/// A text; an empty one is blank.
/// A cause of loss that cases are counted by, in the contracts' words.
fn cause(packs: &Packs, group: &Group, at: usize) -> Cell {
    let written = group.keys.get(at).cloned().unwrap_or_default();
    packs.peril("", &written).map_or_else(
        || text(&written),
        |peril| {
            let names = &peril.rule.names;
            Cell::Words(Words::new(&names.zh, &names.en))
        },
    )
}

fn text(text: impl Into<String>) -> Cell {
    let text = text.into();
    if text.is_empty() {
        Cell::Blank
    } else {
        Cell::Text(text)
    }
}

fn time(at: Option<WallMs>) -> Cell {
    at.map_or(Cell::Blank, Cell::Time)
}

fn fen(fen: Option<i64>) -> Cell {
    fen.map_or(Cell::Blank, Cell::Fen)
}

/// A part of a whole; nothing of nothing is blank.
const fn share(part: u64, whole: u64) -> Cell {
    if whole == 0 {
        Cell::Blank
    } else {
        Cell::Share(part, whole)
    }
}

/// A contract's name.
fn contract(id: &str) -> Cell {
    let all = Packs::shipped().all();
    match all.iter().find(|pack| pack.id == id) {
        Some(pack) => Cell::Words(Words::new(pack.title.zh.clone(), pack.title.en.clone())),
        None if id.is_empty() => Cell::Blank,
        None => Cell::Text(id.to_owned()),
    }
}
