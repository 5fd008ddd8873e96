//! What follows from policies: gaps, expiries, rosters on a day, who is not insured, what each
//! payer owes.
//!
//! Figures of the premium come from the contract's pack; where it leaves one blank, the cell is.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lossbook_core::domain::Money;
use lossbook_core::rules::Pack;
use lossbook_core::store::StoreError;

use super::policy::{CLASSES, HOUSEHOLDS, PAYERS, POLICIES, PREMIUMS, ROSTER, day};
use super::{day_of, value_of};
use crate::catalogue::{Area, Ask, Entry, Make, MakeTable};
use crate::meta::{MetaTx, RegisterPart, RegisterRow};
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// This desk's tables.
pub(crate) const ENTRIES: &[Entry] = &[
    entry(
        "policy_gaps",
        ("保险空档期", "Gaps between policies"),
        &["R10"],
        gaps,
    ),
    entry(
        "policy_expiry",
        ("保单到期提醒", "Policies that expire"),
        &["R11", "R12", "R265"],
        expiries,
    ),
    entry(
        "roster",
        ("当日有效名册", "Roster on a day"),
        &["R16", "R17", "R108"],
        roster_table,
    ),
    entry(
        "not_insured",
        ("应保未保农户", "Households not insured"),
        &["R23", "R24", "R349"],
        not_insured,
    ),
    entry(
        "premium_split",
        ("保费分担结算表", "Premium by payer"),
        &["R35", "R37", "R38", "R39", "R40"],
        premium_split,
    ),
];

const fn entry(
    id: &'static str,
    name: (&'static str, &'static str),
    sources: &'static [&'static str],
    make: MakeTable,
) -> Entry {
    Entry {
        id,
        name,
        area: Area::Policy,
        right: Right::ReadCases,
        sources,
        make: Make::Derived(make),
    }
}

/// The table of an entry, with the part of the rows that is asked for.
fn table(id: &str, columns: Vec<Column>, (rows, ask): (Vec<Row>, &Ask<'_>)) -> Table {
    let (id, title, sources) = ENTRIES.iter().find(|entry| entry.id == id).map_or(
        ("", Words::new("", ""), [].as_slice()),
        |entry| {
            (
                entry.id,
                Words::new(entry.name.0, entry.name.1),
                entry.sources,
            )
        },
    );
    let skip = usize::try_from(ask.skipped()).unwrap_or(usize::MAX);
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    Table {
        id,
        title,
        sources,
        columns,
        rows: rows.into_iter().skip(skip).take(limit).collect(),
    }
}

fn text(row: &RegisterRow, field: &str) -> Cell {
    match value_of(row, field) {
        "" => Cell::Blank,
        text => Cell::Text(text.to_owned()),
    }
}

fn date(day: Option<Date>) -> Cell {
    day.map_or(Cell::Blank, |day| Cell::Day(day.to_string()))
}

/// Days from one day to another; 0 if it is not later.
fn days(from: Date, to: Date) -> u64 {
    let span = from.until(to).map_or(0, |span| span.get_days());
    u64::try_from(span).unwrap_or(0)
}

/// Days on which a version of a policy covers.
struct Stretch {
    from: Date,
    to: Date,
    row: RegisterRow,
}

/// The stretches of each insured object and line, oldest first. A version covers until the day
/// before the next one begins, and none covers from the day on which the policy was surrendered.
fn by_object(tx: &dyn MetaTx) -> Result<BTreeMap<(String, String), Vec<Stretch>>, StoreError> {
    let mut policies: BTreeMap<String, Vec<RegisterRow>> = BTreeMap::new();
    for row in tx.register_rows(RegisterPart::all(POLICIES.id))? {
        let policy = value_of(&row, "policy").to_owned();
        policies.entry(policy).or_default().push(row);
    }
    let ended = surrendered(tx)?;
    let mut objects: BTreeMap<_, Vec<Stretch>> = BTreeMap::new();
    for (policy, mut versions) in policies {
        versions.sort_by_key(|row| value_of(row, "version").parse::<u64>().unwrap_or(0));
        let mut until = ended.get(&policy).copied();
        for row in versions.into_iter().rev() {
            let Some((from, to)) = day(&row, "from").zip(day(&row, "to")) else {
                continue;
            };
            let last = until.and_then(|day| day.yesterday().ok());
            let to = last.map_or(to, |last| last.min(to));
            until = Some(until.map_or(from, |day| day.min(from)));
            let key = (
                value_of(&row, "object").to_owned(),
                value_of(&row, "line").to_owned(),
            );
            if from <= to {
                objects
                    .entry(key)
                    .or_default()
                    .push(Stretch { from, to, row });
            }
        }
    }
    for stretches in objects.values_mut() {
        stretches.sort_by_key(|one| one.from);
    }
    Ok(objects)
}

/// The first day without cover of each policy that was surrendered.
fn surrendered(tx: &dyn MetaTx) -> Result<BTreeMap<String, Date>, StoreError> {
    let rows = tx.register_rows(RegisterPart::all("policy_surrenders"))?;
    let done = rows.iter().filter(|row| value_of(row, "step") == "done");
    let days = done.filter_map(|row| {
        let policy = value_of(row, "policy").to_owned();
        Some((policy, day(row, "surrendered")?))
    });
    Ok(days.collect())
}

/// A policy that ended, its successor if any, the first and the last day without cover.
struct Gap<'a> {
    ended: &'a RegisterRow,
    next: Option<&'a RegisterRow>,
    from: Date,
    to: Date,
}

/// Days without cover up to a day; a policy that nothing follows counts until then.
fn gaps_of(stretches: &[Stretch], today: Date) -> Vec<Gap<'_>> {
    let mut gaps = Vec::new();
    let mut covered: Option<(Date, &RegisterRow)> = None;
    for one in stretches {
        if let Some((until, ended)) = covered
            && let Some((from, to)) = until.tomorrow().ok().zip(one.from.yesterday().ok())
            && from <= to
        {
            let next = Some(&one.row);
            gaps.push(Gap {
                ended,
                next,
                from,
                to,
            });
        }
        if covered.is_none_or(|(until, _)| until < one.to) {
            covered = Some((one.to, &one.row));
        }
    }
    if let Some((until, ended)) = covered
        && let Ok(from) = until.tomorrow()
        && from <= today
    {
        gaps.push(Gap {
            ended,
            next: None,
            from,
            to: today,
        });
    }
    gaps
}

fn today(ask: &Ask<'_>) -> Date {
    day_of(ask.now).parse().unwrap_or(Date::ZERO)
}

fn gaps(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let objects = by_object(tx)?;
    let mut rows = Vec::new();
    for policies in objects.values() {
        for gap in gaps_of(policies, today(ask)) {
            let days = days(gap.from, gap.to).saturating_add(1);
            rows.push(Row {
                cells: vec![
                    text(gap.ended, "object"),
                    text(gap.ended, "line"),
                    text(gap.ended, "policy"),
                    gap.next.map_or(Cell::Blank, |next| text(next, "policy")),
                    Cell::Day(gap.from.to_string()),
                    Cell::Day(gap.to.to_string()),
                    Cell::Count(days),
                ],
                case: None,
            });
        }
    }
    let columns = vec![
        Column::new("object", "保险标的", "Insured object"),
        Column::new("line", "险种", "Line"),
        Column::new("ended", "到期保单", "Policy that ended"),
        Column::new("next", "后续保单", "Policy that follows"),
        Column::new("from", "空档开始", "First day without cover"),
        Column::new("to", "空档结束", "Last day without cover"),
        Column::new("days", "空档天数", "Days without cover"),
    ];
    Ok(table("policy_gaps", columns, (rows, ask)))
}

/// Policies that still run, soonest end first; a period asks for those that end in it. How many
/// days ahead somebody is reminded is nowhere written, so nothing is judged early or late.
fn expiries(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let now = today(ask);
    let first = ask.from.map_or(now, |at| day_of(at).parse().unwrap_or(now));
    let last: Option<Date> = ask.to.and_then(|at| day_of(at).parse().ok());
    let objects = by_object(tx)?;
    let renewals = tx.register_rows(RegisterPart::all("policy_renewals"))?;
    let mut found: Vec<(Date, &RegisterRow)> = Vec::new();
    for policies in objects.values() {
        let Some(last_one) = policies.iter().max_by_key(|one| one.to) else {
            continue;
        };
        let (end, row) = (last_one.to, &last_one.row);
        if first <= end && last.is_none_or(|last| end < last) {
            found.push((end, row));
        }
    }
    found.sort_by_key(|(end, _)| *end);
    let reminded = |policy: &str| {
        let mut all = renewals
            .iter()
            .filter(|row| value_of(row, "policy") == policy);
        all.find(|row| !value_of(row, "reminded").is_empty())
    };
    let row = |(end, row): &(Date, &RegisterRow)| {
        let told = reminded(value_of(row, "policy"));
        let told = told.and_then(|row| value_of(row, "reminded").parse().ok());
        Row {
            cells: vec![
                text(row, "policy"),
                text(row, "insured"),
                text(row, "object"),
                text(row, "line"),
                Cell::Day(end.to_string()),
                Cell::Count(days(now, *end)),
                told.map_or(Cell::Blank, |ms| {
                    Cell::Time(lossbook_core::domain::WallMs(ms))
                }),
            ],
            case: None,
        }
    };
    let columns = vec![
        Column::new("policy", "保单号", "Policy number"),
        Column::new("insured", "被保险人", "Insured"),
        Column::new("object", "保险标的", "Insured object"),
        Column::new("line", "险种", "Line"),
        Column::new("to", "终保日期", "Ends on"),
        Column::new("left", "剩余天数", "Days left"),
        Column::new("reminded", "提醒客户时间", "Customer reminded at"),
    ];
    let rows = found.iter().map(row).collect();
    Ok(table("policy_expiry", columns, (rows, ask)))
}

/// Who is on a roster on a day: the newest change of each person until then, unless they left.
pub(super) fn roster(changes: &[RegisterRow], on: Date) -> Vec<&RegisterRow> {
    let mut newest: BTreeMap<(&str, &str), &RegisterRow> = BTreeMap::new();
    let mut until: Vec<&RegisterRow> = changes
        .iter()
        .filter(|row| day(row, "from").is_some_and(|from| from <= on))
        .collect();
    until.sort_by_key(|row| (day(row, "from"), row.row));
    for row in until {
        newest.insert((value_of(row, "policy"), value_of(row, "name")), row);
    }
    let stays = |row: &&RegisterRow| value_of(row, "change") != "leave";
    newest.into_values().filter(stays).collect()
}

/// The roster on the last day of the period, or of the loss if a case is asked for (R17).
fn roster_table(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let mut on = today(ask);
    if let Some(to) = ask.to {
        let last = lossbook_core::domain::WallMs(to.0.saturating_sub(1));
        on = day_of(last).parse().unwrap_or(on);
    }
    if let Some(case) = ask.case
        && let Some(standing) = tx.case_standing(case)?
    {
        let report = standing
            .record
            .section(lossbook_core::record::Section::Report);
        let lost = report.text("occurred_at").unwrap_or_default();
        let lost = lost.get(..10).and_then(|day| day.parse().ok());
        on = lost.unwrap_or(on);
    }
    let changes = tx.register_rows(RegisterPart::all(ROSTER.id))?;
    let row = |row: &&RegisterRow| Row {
        cells: vec![
            Cell::Day(on.to_string()),
            text(row, "policy"),
            text(row, "name"),
            text(row, "occupation"),
            ROSTER.field("class").map_or(Cell::Blank, |field| {
                field.kind.cell(value_of(row, "class"), ask.personal)
            }),
            date(day(row, "from")),
        ],
        case: None,
    };
    let columns = vec![
        Column::new("on", "日期", "On"),
        Column::new("policy", "保单号", "Policy number"),
        Column::new("name", "姓名", "Name"),
        Column::new("occupation", "职业", "Occupation"),
        Column::new("class", "人员类别", "Class"),
        Column::new("from", "自", "Since"),
    ];
    let rows = roster(&changes, on).iter().map(row).collect();
    Ok(table("roster", columns, (rows, ask)))
}

/// Whether a household has cover on a day.
fn is_insured(row: &RegisterRow, on: Date) -> bool {
    let period = day(row, "from").zip(day(row, "to"));
    !value_of(row, "policy").is_empty() && period.is_some_and(|(from, to)| from <= on && on <= to)
}

fn not_insured(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let households = tx.register_rows(HOUSEHOLDS.part(&everything(ask)))?;
    let on = today(ask);
    let lacks = |row: &&RegisterRow| value_of(row, "eligible") == "yes" && !is_insured(row, on);
    let class = |row: &RegisterRow| {
        let word = value_of(row, "class");
        let found = CLASSES.iter().find(|(id, _, _)| *id == word);
        found.map_or(Cell::Blank, |(_, zh, en)| Cell::Words(Words::new(*zh, *en)))
    };
    let row = |row: &RegisterRow| Row {
        cells: vec![
            text(row, "village"),
            text(row, "head"),
            text(row, "house"),
            class(row),
            date(day(row, "to")),
            text(row, "why_not"),
        ],
        case: None,
    };
    let columns = vec![
        Column::new("village", "村", "Village"),
        Column::new("head", "户主", "Head of household"),
        Column::new("house", "房屋地址", "House"),
        Column::new("class", "农户类别", "Class"),
        Column::new("ended", "原保单到期", "Was insured until"),
        Column::new("why_not", "未参保原因", "Why not insured"),
    ];
    let rows = households.iter().filter(lacks).map(row).collect();
    Ok(table("not_insured", columns, (rows, ask)))
}

/// The same scopes, without part and period: a table cuts after it has counted.
fn everything<'a>(ask: &Ask<'a>) -> Ask<'a> {
    Ask {
        limit: u32::MAX,
        after: None,
        from: None,
        to: None,
        ..ask.clone()
    }
}

/// What the pack says that a payer owes for a household, in fen; nothing where it is blank.
struct Shares {
    household: Option<i64>,
    top_up: Option<i64>,
    province: Option<i64>,
    county: Option<i64>,
}

impl Shares {
    fn of(packs: &[Pack]) -> Self {
        let fen = |id: &str| {
            let settings = packs.iter().flat_map(|pack| &pack.handling.settings);
            let mut named = settings.filter(|setting| setting.rule.id == id);
            let value = named.next()?.value.as_deref()?.parse::<Money>().ok()?;
            Some(value.fen())
        };
        Self {
            household: fen("premium_by_farmer"),
            top_up: fen("top_up_premium"),
            province: fen("subsidy_province"),
            county: fen("subsidy_county"),
        }
    }

    /// What a payer owes for a household.
    fn owed(&self, payer: &str, row: &RegisterRow) -> Option<i64> {
        match payer {
            "province" => self.province,
            "county" => self.county,
            "household" if value_of(row, "class") == "ordinary" => self.household,
            "household" if value_of(row, "top_up") == "yes" => self.top_up,
            "household" => Some(0),
            _ => None,
        }
    }
}

/// For each village and payer: insured households, what is owed for them, what came in.
fn premium_split(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let shares = Shares::of(&crate::shelf::packs(tx)?);
    let households = tx.register_rows(HOUSEHOLDS.part(&everything(ask)))?;
    let in_period = |row: &&RegisterRow| {
        let start = value_of(row, "from");
        let at = super::start_of(start).filter(|_| !value_of(row, "policy").is_empty());
        at.is_some_and(|at| {
            ask.from.is_none_or(|from| from <= at) && ask.to.is_none_or(|to| at < to)
        })
    };
    let mut insured: BTreeMap<&str, Vec<&RegisterRow>> = BTreeMap::new();
    for row in households.iter().filter(in_period) {
        insured
            .entry(value_of(row, "village"))
            .or_default()
            .push(row);
    }
    let all = Ask {
        limit: u32::MAX,
        after: None,
        ..ask.clone()
    };
    let tally = tx.register_tally(PREMIUMS.part(&all), &["village", "payer"], Some("amount"))?;
    let received = |village: &str, payer: &str| {
        let mut same = tally.iter();
        same.find(|one| one.key.iter().map(String::as_str).eq([village, payer]))
            .map_or(0, |one| one.sum)
    };
    let mut rows = Vec::new();
    for (village, households) in &insured {
        for (payer, zh, en) in PAYERS.iter().filter(|(payer, _, _)| *payer != "buyer") {
            let parts = households.iter().map(|row| shares.owed(payer, row));
            let owed: Option<i64> = parts.sum();
            let came = received(village, payer);
            rows.push(Row {
                cells: vec![
                    Cell::Text((*village).to_owned()),
                    Cell::Words(Words::new(*zh, *en)),
                    Cell::Count(u64::try_from(households.len()).unwrap_or(u64::MAX)),
                    owed.map_or(Cell::Blank, Cell::Fen),
                    Cell::Fen(came),
                    owed.map_or(Cell::Blank, |owed| Cell::Fen(owed.saturating_sub(came))),
                ],
                case: None,
            });
        }
    }
    let columns = vec![
        Column::new("village", "村", "Village"),
        Column::new("payer", "承担方", "Payer"),
        Column::new("households", "参保户数", "Insured households"),
        Column::new("owed", "应缴保费", "Owed"),
        Column::new("received", "已到账", "Received"),
        Column::new("open", "未到账", "Outstanding"),
    ];
    Ok(table("premium_split", columns, (rows, ask)))
}
