//! The figures of the board as a table: over all contracts, then for each.

use lossbook_core::store::StoreError;

use super::{Heading, contract, paged, plain, span, table};
use crate::catalogue::{Area, Ask, Entry, Make};
use crate::kpi::{Figure, Metric, Shape, Sum};
use crate::meta::MetaTx;
use crate::role::Right;
use crate::table::{Cell, Row, Table, Words};

const COLUMNS: &[Heading] = &[
    ("figure", "指标", "Figure"),
    ("contract", "合同", "Contract"),
    ("numerator", "分子", "Counted"),
    ("denominator", "分母", "Out of"),
    ("value", "数值", "Value"),
    ("target", "目标", "Target"),
    ("met", "是否达标", "Target met"),
];

/// R340, R341: the figures of performance.
pub(super) const FIGURES: Entry = Entry {
    id: "figures",
    name: ("绩效指标表", "Performance figures"),
    area: Area::Timeliness,
    right: Right::ReadCases,
    sources: &["R340", "R341"],
    make: Make::Derived(figures),
};

fn figures(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let packs = tx.packs()?;
    let mut rows = Vec::new();
    for figure in Figure::all(tx, span(ask))? {
        let everywhere = Cell::Words(Words::new("全部", "all"));
        rows.push(row(figure.metric, everywhere, (figure.total, None)));
        for (id, sum) in &figure.contracts {
            let pack = packs.all().iter().rev().find(|pack| pack.id == *id);
            let target = pack.and_then(|pack| figure.metric.target(pack));
            rows.push(row(figure.metric, contract(id), (*sum, target)));
        }
    }
    Ok(table(&FIGURES, COLUMNS, paged(ask, rows)))
}

fn row(metric: &Metric, contract: Cell, (sum, target): (Sum, Option<i64>)) -> Row {
    let count = |n: i64| Cell::Count(u64::try_from(n).unwrap_or(0));
    let value = sum.value(metric.shape);
    let (num, shown) = match metric.shape {
        Shape::Share => (count(sum.num), part(sum)),
        Shape::Money => (Cell::Fen(sum.num), value.map_or(Cell::Blank, Cell::Fen)),
        Shape::Duration => (Cell::Span(sum.num), value.map_or(Cell::Blank, Cell::Span)),
    };
    let aim = target.and_then(|target| u64::try_from(target).ok());
    let met = value.zip(target).map(|(value, target)| value >= target);
    plain(vec![
        Cell::Words(Words::new(metric.name.0, metric.name.1)),
        contract,
        num,
        count(sum.den),
        shown,
        aim.map_or(Cell::Blank, |aim| Cell::Share(aim, 10_000)),
        met.map_or(Cell::Blank, Cell::Yes),
    ])
}

/// A share as a cell; nothing of nothing is blank.
pub(super) fn part(sum: Sum) -> Cell {
    let (num, den) = (u64::try_from(sum.num), u64::try_from(sum.den));
    match (num, den) {
        (Ok(num), Ok(den)) if den > 0 => Cell::Share(num, den),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Cell::Blank,
    }
}
