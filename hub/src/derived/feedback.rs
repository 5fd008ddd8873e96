//! What customers think, from the callbacks that people keep.

use lossbook_core::store::StoreError;

use super::{Heading, figures, paged, plain, share, span, table, text};
use crate::catalogue::{Area, Ask, Entry, Make};
use crate::kpi::{CALLBACKS, Figure, Shape, is_satisfied, metric};
use crate::meta::{MetaTx, RegisterPart};
use crate::register::{DIMENSIONS, SATISFACTION as SCALE, value_of};
use crate::role::Right;
use crate::table::{Cell, Table, Words};

const SATISFACTION_COLUMNS: &[Heading] = &[
    ("score", "满意度得分", "Score"),
    ("grade", "评价等级", "Ratings"),
    ("gap", "与预期目标差距", "Distance from the target"),
];

/// R351: how satisfied customers are; the grade is how often each of the three was given.
pub(super) const SATISFACTION: Entry = Entry {
    id: "satisfaction",
    name: ("客户满意度分析表", "Satisfaction"),
    area: Area::Service,
    right: Right::ReadCases,
    sources: &["R351", "R343"],
    make: Make::Derived(satisfaction),
};

fn satisfaction(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let Some(metric) = metric("satisfaction") else {
        return Ok(table(&SATISFACTION, SATISFACTION_COLUMNS, Vec::new()));
    };
    let figure = Figure::of(tx, metric, span(ask))?;
    let ratings = ratings(tx, ask, "satisfaction")?;
    if ratings.is_empty() {
        // Nobody was asked: that is no row, and not a row of blanks.
        return Ok(table(&SATISFACTION, SATISFACTION_COLUMNS, Vec::new()));
    }
    let counted = |pick: fn(&(&str, &'static str, &'static str)) -> &'static str| {
        let parts = SCALE.iter().map(|choice| {
            let mut given = ratings.iter();
            let given = given.find(|(rating, _)| rating == choice.0);
            format!("{} {}", pick(choice), given.map_or(0, |(_, count)| *count))
        });
        parts.collect::<Vec<_>>().join("、")
    };
    let grade = Cell::Words(Words::new(counted(|one| one.1), counted(|one| one.2)));
    // A gap has a meaning only where every contract that was rated has the same target.
    let packs = tx.packs()?;
    let targets = figure.contracts.keys().map(|id| {
        let pack = packs.all().iter().rev().find(|pack| pack.id == *id);
        pack.and_then(|pack| metric.target(pack))
    });
    let targets: Option<Vec<i64>> = targets.collect();
    let one = targets.as_deref().and_then(|all| match all.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => Some(*first),
        Some(_) | None => None,
    });
    let gap = figure.total.value(Shape::Share).zip(one);
    let gap = gap.map_or(Cell::Blank, |(value, target)| {
        let points = value - target;
        let sign = if points < 0 { "-" } else { "+" };
        let points = points.unsigned_abs();
        let text = format!("{sign}{}.{:02}", points / 100, points % 100);
        Cell::Words(Words::new(
            format!("{text} 个百分点"),
            format!("{text} percentage points"),
        ))
    });
    let row = plain(vec![figures::part(figure.total), grade, gap]);
    Ok(table(
        &SATISFACTION,
        SATISFACTION_COLUMNS,
        paged(ask, vec![row]),
    ))
}

/// How often each rating of a column was given, by callbacks about cases reported in the period.
fn ratings(
    tx: &dyn MetaTx,
    ask: &Ask<'_>,
    column: &'static str,
) -> Result<Vec<(String, u64)>, StoreError> {
    let span = span(ask);
    let part = RegisterPart {
        scopes: ask.scopes,
        case: ask.case,
        reported: Some((span.from, span.to)),
        ..RegisterPart::all(CALLBACKS)
    };
    let tally = tx.register_tally(part, &[column], None)?.into_iter();
    let given = tally.filter_map(|one| Some((one.key.into_iter().next()?, one.rows)));
    Ok(given.filter(|(rating, _)| !rating.is_empty()).collect())
}

const EVALUATION_COLUMNS: &[Heading] = &[
    ("dimension", "评价指标", "Dimension"),
    ("share", "满意比例", "Satisfied"),
    ("reasons", "不满意原因", "Why dissatisfied"),
    ("measure", "改进措施", "Measure"),
];

/// R261: each dimension that somebody rated or wrote about, with its share and what was written.
pub(super) const EVALUATION: Entry = Entry {
    id: "evaluation",
    name: ("满意度评价表", "Evaluation by dimension"),
    area: Area::Service,
    right: Right::ReadCases,
    sources: &["R261", "R247", "R262"],
    make: Make::Derived(evaluation),
};

fn evaluation(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let measures = tx.register_rows(RegisterPart {
        from: ask.from,
        to: ask.to,
        ..RegisterPart::all("satisfaction_measures")
    })?;
    let mut rows = Vec::new();
    for (word, zh, en) in DIMENSIONS {
        let ratings = ratings(tx, ask, word)?;
        let mut notes = measures.iter();
        let note = notes.find(|row| value_of(row, "dimension") == *word);
        if ratings.is_empty() && note.is_none() {
            continue;
        }
        let all: u64 = ratings.iter().map(|(_, count)| count).sum();
        let good = ratings.iter().filter(|(rating, _)| is_satisfied(rating));
        let good: u64 = good.map(|(_, count)| count).sum();
        let written = |field: &str| note.map_or(Cell::Blank, |row| text(value_of(row, field)));
        rows.push(plain(vec![
            Cell::Words(Words::new(*zh, *en)),
            share(good, all),
            written("reasons"),
            written("measure"),
        ]));
    }
    Ok(table(&EVALUATION, EVALUATION_COLUMNS, paged(ask, rows)))
}
