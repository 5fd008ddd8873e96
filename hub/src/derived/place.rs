//! Where and what: villages, causes, vehicles, hours, surveyors.

use lossbook_core::domain::WallMs;
use lossbook_core::store::StoreError;

use super::{Heading, all, cause, paged, plain, share, table, text};
use crate::catalogue::{Area, Ask, Entry, Make};
use crate::meta::figure::{Group, Key, Only, Wanted};
use crate::meta::{MetaTx, RegisterPart};
use crate::register::value_of;
use crate::role::Right;
use crate::table::{Cell, Row, Table, Words};

const COVERAGE_COLUMNS: &[Heading] = &[
    ("area", "地区", "Area"),
    ("expected", "预期参保户数", "Households expected"),
    ("insured", "实际参保户数", "Households insured"),
    ("share", "参保比例", "Share insured"),
    ("reasons", "未参保原因分析", "Why some are not insured"),
    ("measure", "解决措施", "Measure"),
];

/// R349: how many households are insured, from what people keep (`coverage`).
pub(super) const COVERAGE: Entry = Entry {
    id: "coverage_analysis",
    name: ("参保情况分析表", "Coverage"),
    area: Area::Policy,
    right: Right::ReadCases,
    sources: &["R349"],
    make: Make::Derived(coverage),
};

fn coverage(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let kept = tx.register_rows(RegisterPart {
        scopes: ask.scopes,
        from: ask.from,
        to: ask.to,
        skip: ask.skipped(),
        limit: ask.limit,
        ..RegisterPart::all("coverage")
    })?;
    let rows = kept.iter().map(|row| {
        let number = |field: &str| value_of(row, field).parse::<u64>().ok();
        let (expected, insured) = (number("expected"), number("insured"));
        let count = |n: Option<u64>| n.map_or(Cell::Blank, Cell::Count);
        let part = insured.zip(expected);
        plain(vec![
            text(value_of(row, "village")),
            count(expected),
            count(insured),
            part.map_or(Cell::Blank, |(insured, expected)| share(insured, expected)),
            text(value_of(row, "reasons")),
            text(value_of(row, "measure")),
        ])
    });
    Ok(table(&COVERAGE, COVERAGE_COLUMNS, rows.collect()))
}

const AREA_COLUMNS: &[Heading] = &[
    ("area", "地区", "Area"),
    ("cause", "出险原因", "Cause"),
    ("cases", "报案件数", "Reports"),
    ("share", "占全部报案比例", "Share of all reports"),
    ("payable", "应付金额", "Payable"),
    ("paid", "已付金额", "Paid"),
];

/// R339: villages and causes with most reports first.
pub(super) const AREAS: Entry = Entry {
    id: "areas",
    name: ("高风险区域分析表", "Areas with most losses"),
    area: Area::Risk,
    right: Right::ReadCases,
    sources: &["R339"],
    make: Make::Derived(areas),
};

fn areas(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let groups = tx.groups(&[Key::Scope, Key::Cause], all(ask), ask.now)?;
    let whole: u64 = groups.iter().map(|group| group.cases).sum();
    let packs = tx.packs()?;
    let rows = groups.iter().map(|group| {
        plain(vec![
            key(group, 0),
            cause(&packs, group, 1),
            Cell::Count(group.cases),
            share(group.cases, whole),
            Cell::Fen(group.payable),
            Cell::Fen(group.paid),
        ])
    });
    Ok(table(&AREAS, AREA_COLUMNS, paged(ask, rows.collect())))
}

const VEHICLE_COLUMNS: &[Heading] = &[
    ("plate", "车牌号", "Plate"),
    ("cases", "出险次数", "Reports"),
    ("first", "最早报案时间", "First report"),
    ("last", "最近报案时间", "Last report"),
    ("payable", "应付金额", "Payable"),
    ("paid", "已付金额", "Paid"),
];

/// High-frequency vehicles (I127): how many reports each plate had in the period, most first. How
/// many are too many the contract does not say, so nobody is marked.
pub(super) const VEHICLES: Entry = Entry {
    id: "vehicles",
    name: ("高频出险车辆表", "Vehicles with most losses"),
    area: Area::Risk,
    right: Right::ReadCases,
    sources: &["I127"],
    make: Make::Derived(vehicles),
};

fn vehicles(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let page = Wanted {
        skip: ask.skipped(),
        limit: ask.limit,
        only: Only::All,
        ..all(ask)
    };
    let groups = tx.groups(&[Key::Plate], page, ask.now)?;
    let rows = groups.iter().map(|group| {
        plain(vec![
            key(group, 0),
            Cell::Count(group.cases),
            Cell::Time(WallMs(group.first)),
            Cell::Time(WallMs(group.last)),
            Cell::Fen(group.payable),
            Cell::Fen(group.paid),
        ])
    });
    Ok(table(&VEHICLES, VEHICLE_COLUMNS, rows.collect()))
}

const WEEKDAY_COLUMNS: &[Heading] = &[
    ("weekday", "星期", "Weekday"),
    ("hours", "时段", "Hours"),
    ("cases", "报案件数", "Reports"),
    ("share", "占比", "Share"),
];

/// R339: when reports come in.
pub(super) const WEEKDAYS: Entry = Entry {
    id: "report_times",
    name: ("报案时段分析表", "Reports by weekday and hour"),
    area: Area::Risk,
    right: Right::ReadCases,
    sources: &["R339"],
    make: Make::Derived(weekdays),
};

const WEEK: [(&str, &str); 7] = [
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
];

fn weekdays(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let mut groups = tx.groups(&[Key::Weekday, Key::Hours], all(ask), ask.now)?;
    let number = |group: &Group, at: usize| -> usize {
        let key = group.keys.get(at);
        key.and_then(|key| key.parse().ok()).unwrap_or(0)
    };
    groups.sort_by_key(|group| (number(group, 0), number(group, 1)));
    let whole: u64 = groups.iter().map(|group| group.cases).sum();
    let rows = groups.iter().map(|group| {
        let (day, hour) = (number(group, 0), number(group, 1));
        let named = WEEK.get(day.saturating_sub(1));
        let (zh, en) = named.copied().unwrap_or_default();
        plain(vec![
            Cell::Words(Words::new(zh, en)),
            Cell::Text(format!("{hour:02}:00–{:02}:00", hour + 4)),
            Cell::Count(group.cases),
            share(group.cases, whole),
        ])
    });
    Ok(table(
        &WEEKDAYS,
        WEEKDAY_COLUMNS,
        paged(ask, rows.collect()),
    ))
}

const ARRIVAL_COLUMNS: &[Heading] = &[
    ("area", "地区", "Area"),
    ("surveyor", "查勘人员", "Surveyor"),
    ("arrived", "到达件数", "Arrivals"),
    (
        "limited",
        "有到达时限且已到期或已到达件数",
        "With a limit, reached or run out",
    ),
    ("in_time", "按时到达件数", "In time"),
    ("share", "按时到达率", "Share in time"),
];

/// R363: arrivals by area and surveyor.
pub(super) const ARRIVAL_STATISTICS: Entry = Entry {
    id: "arrival_statistics",
    name: ("现场到达统计表", "Arrivals by area and surveyor"),
    area: Area::Timeliness,
    right: Right::ReadCases,
    sources: &["R363", "R341"],
    make: Make::Derived(arrival_statistics),
};

fn arrival_statistics(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let groups = tx.groups(&[Key::Scope, Key::Surveyor], all(ask), ask.now)?;
    let rows = groups.iter().map(|group| -> Row {
        plain(vec![
            key(group, 0),
            key(group, 1),
            Cell::Count(group.arrived),
            Cell::Count(group.arrivals),
            Cell::Count(group.arrived_in_time),
            share(group.arrived_in_time, group.arrivals),
        ])
    });
    Ok(table(
        &ARRIVAL_STATISTICS,
        ARRIVAL_COLUMNS,
        paged(ask, rows.collect()),
    ))
}

fn key(group: &Group, at: usize) -> Cell {
    group.keys.get(at).map_or(Cell::Blank, text)
}
