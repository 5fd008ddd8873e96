//! Numbers over a period: reports, surveys, payments, and how they spread.

use lossbook_core::store::StoreError;

use super::{
    Heading, all, cause, contract, fen, figures, paged, period, plain, share, span, table, text,
};
use crate::catalogue::{Area, Ask, Entry, Make};
use crate::kpi::{Figure, metric};
use crate::meta::figure::{Group, Key};
use crate::meta::{MetaTx, RegisterPart, RegisterRow};
use crate::register::value_of;
use crate::role::Right;
use crate::table::{Cell, Row, Table, Words};

const STATISTIC_COLUMNS: &[Heading] = &[
    ("indicator", "数据指标", "Indicator"),
    ("period", "统计时间段", "Period"),
    ("value", "数据值", "Value"),
    ("conclusion", "分析结论", "Conclusion"),
    ("measure", "改进措施", "Measure"),
];

/// R348: the four indicators; conclusions come from the register `statistic_notes`.
pub(super) const STATISTICS: Entry = Entry {
    id: "statistics",
    name: ("数据统计分析表", "Statistics"),
    area: Area::Risk,
    right: Right::ReadCases,
    sources: &["R348"],
    make: Make::Derived(statistics),
};

fn statistics(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let notes = notes(tx, ask)?;
    let surveyed = sum(tx, ask, "surveyed")?;
    let paid = sum(tx, ask, "mean_paid")?;
    let satisfied = sum(tx, ask, "satisfaction")?;
    let count = u64::try_from(surveyed.den).unwrap_or(0);
    let values = [
        ("reports", "报案数量", "Reports", Cell::Count(count)),
        ("surveys", "查勘情况", "Surveys", figures::part(surveyed)),
        ("claims", "理赔金额", "Paid", Cell::Fen(paid.num)),
        (
            "satisfaction",
            "客户满意度",
            "Satisfaction",
            figures::part(satisfied),
        ),
    ];
    let rows = values.into_iter().map(|(word, zh, en, value)| {
        let mut all = notes.iter();
        let note = all.find(|row| value_of(row, "indicator") == word);
        let written = |field: &str| note.map_or(Cell::Blank, |row| text(value_of(row, field)));
        plain(vec![
            Cell::Words(Words::new(zh, en)),
            period(ask),
            value,
            written("conclusion"),
            written("measure"),
        ])
    });
    Ok(table(
        &STATISTICS,
        STATISTIC_COLUMNS,
        paged(ask, rows.collect()),
    ))
}

/// Conclusions of the period, newest first.
fn notes(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Vec<RegisterRow>, StoreError> {
    tx.register_rows(RegisterPart {
        from: ask.from,
        to: ask.to,
        ..RegisterPart::all("statistic_notes")
    })
}

fn sum(tx: &dyn MetaTx, ask: &Ask<'_>, id: &str) -> Result<crate::kpi::Sum, StoreError> {
    match metric(id) {
        Some(metric) => Ok(Figure::of(tx, metric, span(ask))?.total),
        None => Ok(crate::kpi::Sum::default()),
    }
}

const CLAIM_COLUMNS: &[Heading] = &[
    ("cases", "理赔案件数量", "Cases paid"),
    ("total", "理赔总金额", "Total paid"),
    ("mean", "平均理赔金额", "Mean"),
    ("time", "理赔时间分布", "Time from report to payment"),
];

/// R350: what was paid, and how long it took.
pub(super) const CLAIMS: Entry = Entry {
    id: "claims",
    name: ("理赔数据分析表", "Claims"),
    area: Area::Payment,
    right: Right::ReadCases,
    sources: &["R350"],
    make: Make::Derived(claims),
};

/// From report to payment, in whole days: before this day, Chinese, English.
const DAYS: [(u64, &str, &str); 5] = [
    (1, "1天内", "within a day"),
    (3, "1–3天", "1–3 days"),
    (10, "3–10天", "3–10 days"),
    (30, "10–30天", "10–30 days"),
    (u64::MAX, "30天以上", "over 30 days"),
];

fn claims(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let paid = sum(tx, ask, "mean_paid")?;
    let groups = tx.groups(&[Key::DaysToPay], all(ask), ask.now)?;
    let spread = spread(&DAYS, &groups);
    let told = |pick: fn(&(&str, &str, u64, i64)) -> String| {
        let parts: Vec<String> = spread.iter().map(pick).collect();
        parts.join("；")
    };
    let row = plain(vec![
        Cell::Count(u64::try_from(paid.den).unwrap_or(0)),
        Cell::Fen(paid.num),
        fen(paid.value(crate::kpi::Shape::Money)),
        if spread.is_empty() {
            Cell::Blank
        } else {
            Cell::Words(Words::new(
                told(|(zh, _, n, _)| format!("{zh} {n}件")),
                told(|(_, en, n, _)| format!("{en}: {n}")),
            ))
        },
    ]);
    Ok(table(&CLAIMS, CLAIM_COLUMNS, paged(ask, vec![row])))
}

/// A stretch with what falls into it: Chinese, English, cases, fen paid.
type Stretch = (&'static str, &'static str, u64, i64);

/// Groups by whole numbers, put into stretches; empty stretches are left out.
fn spread(borders: &[(u64, &'static str, &'static str)], groups: &[Group]) -> Vec<Stretch> {
    let mut from = 0;
    let mut all = Vec::new();
    for (border, zh, en) in borders {
        let here = groups.iter().filter(|group| {
            let number = group.keys.first().and_then(|key| key.parse::<u64>().ok());
            // A payment dated before its report falls into the first stretch.
            let number = number.unwrap_or(0);
            from <= number && number < *border
        });
        let (mut cases, mut paid) = (0, 0_i64);
        for group in here {
            cases += group.cases;
            paid = paid.saturating_add(group.paid);
        }
        if cases > 0 {
            all.push((*zh, *en, cases, paid));
        }
        from = *border;
    }
    all
}

const BUSINESS_COLUMNS: &[Heading] = &[
    ("contract", "合同", "Contract"),
    ("policies", "保单数量", "Policies"),
    ("premium", "保费收入", "Premium"),
    ("reports", "报案件数", "Reports"),
    ("paid_cases", "赔付件数", "Cases paid"),
    ("paid", "赔付金额", "Paid"),
    ("ratio", "赔付率", "Loss ratio"),
];

/// R343, R345: business by contract; premiums come from the register `contract_years`.
pub(super) const BUSINESS: Entry = Entry {
    id: "business",
    name: ("保险业务统计表", "Business by contract"),
    area: Area::Risk,
    right: Right::ReadCases,
    sources: &["R343", "R345"],
    make: Make::Derived(business),
};

fn business(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let known = tx.register_rows(RegisterPart {
        from: ask.from,
        to: ask.to,
        ..RegisterPart::all("contract_years")
    })?;
    let mut rows = Vec::new();
    for group in tx.groups(&[Key::Contract], all(ask), ask.now)? {
        let id = group.keys.first().map_or("", String::as_str);
        let own = known.iter().filter(|row| value_of(row, "contract") == id);
        let added = |field: &str| -> Option<u64> {
            let numbers = own
                .clone()
                .map(|row| value_of(row, field).parse::<u64>().ok());
            let numbers: Option<Vec<u64>> = numbers.collect();
            numbers
                .filter(|all| !all.is_empty())
                .map(|all| all.iter().sum())
        };
        let premium = added("premium");
        let paid = u64::try_from(group.paid).unwrap_or(0);
        rows.push(plain(vec![
            contract(id),
            added("policies").map_or(Cell::Blank, Cell::Count),
            fen(premium.and_then(|fen| i64::try_from(fen).ok())),
            Cell::Count(group.cases),
            Cell::Count(group.paid_cases),
            Cell::Fen(group.paid),
            premium
                .filter(|_| ask.sight.shows(id))
                .map_or(Cell::Blank, |premium| share(paid, premium)),
        ]));
    }
    Ok(table(&BUSINESS, BUSINESS_COLUMNS, paged(ask, rows)))
}

const ANALYSIS_COLUMNS: &[Heading] = &[
    ("dimension", "分析维度", "Dimension"),
    ("content", "分析内容", "Content"),
    ("aim", "分析目的", "Aim"),
    ("cases", "件数", "Cases"),
    ("paid", "已赔付金额", "Paid"),
];

/// R344: claims by frequency, amount and cause.
pub(super) const ANALYSIS: Entry = Entry {
    id: "analysis",
    name: ("理赔数据分析维度表", "Analysis of claims"),
    area: Area::Risk,
    right: Right::ReadCases,
    sources: &["R344"],
    make: Make::Derived(analysis),
};

/// What was paid, in whole thousands of yuan: before this, Chinese, English.
const THOUSANDS: [(u64, &str, &str); 5] = [
    (1, "1千元以下", "below 1,000 yuan"),
    (5, "1千–5千元", "1,000–5,000 yuan"),
    (10, "5千–1万元", "5,000–10,000 yuan"),
    (30, "1万–3万元", "10,000–30,000 yuan"),
    (u64::MAX, "3万元以上", "30,000 yuan or more"),
];

fn analysis(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let line = |dimension: (&str, &str), content: Cell, aim: (&str, &str), (n, paid)| {
        plain(vec![
            Cell::Words(Words::new(dimension.0, dimension.1)),
            content,
            Cell::Words(Words::new(aim.0, aim.1)),
            Cell::Count(n),
            Cell::Fen(paid),
        ])
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut months = tx.groups(&[Key::Month], all(ask), ask.now)?;
    months.sort_by(|one, other| one.keys.cmp(&other.keys));
    for group in months {
        let month = text(group.keys.first().cloned().unwrap_or_default());
        let aim = ("安排人力", "plan staff");
        let sums = (group.cases, group.paid);
        rows.push(line(
            ("理赔频率（按月）", "Frequency by month"),
            month,
            aim,
            sums,
        ));
    }
    let amounts = tx.groups(&[Key::Thousands], all(ask), ask.now)?;
    for (zh, en, cases, paid) in spread(&THOUSANDS, &amounts) {
        let content = Cell::Words(Words::new(zh, en));
        let aim = ("评估赔付水平", "judge the level of payments");
        rows.push(line(
            ("理赔金额分布", "Amounts"),
            content,
            aim,
            (cases, paid),
        ));
    }
    let packs = tx.packs()?;
    for group in tx.groups(&[Key::Cause], all(ask), ask.now)? {
        let cause = cause(&packs, &group, 0);
        let aim = ("防灾减损", "prevent losses");
        let sums = (group.cases, group.paid);
        rows.push(line(("理赔原因分类", "Causes"), cause, aim, sums));
    }
    Ok(table(&ANALYSIS, ANALYSIS_COLUMNS, paged(ask, rows)))
}
