//! What follows from calls, complaints and contacts: limits kept, callbacks and contacts due,
//! where each case is, which ones stand still.
//!
//! A limit comes from the contract's pack. Where it is blank nothing is judged.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lossbook_core::domain::WallMs;
use lossbook_core::rules::calendar::{
    Calendar, calendar_days_after, date_at, due_at_end, months_after,
};
use lossbook_core::rules::{Notice, Pack, Span};
use lossbook_core::store::StoreError;

use super::contact::CONTACTS;
use super::feedback::{CHANNELS, COMPLAINTS};
use super::policy::POLICIES;
use super::{day_of, start_of, value_of};
use crate::catalogue::{Area, Ask, Entry, Make, MakeTable};
use crate::meta::{CasePart, DeskRow, Listed, MetaTx, RegisterPart, RegisterRow};
use crate::page::text::Language;
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// This desk's tables.
pub(crate) const ENTRIES: &[Entry] = &[
    entry(
        ("complaint_limits", Area::Service),
        ("投诉处理时效表", "Limits of complaints"),
        &["R250", "R251", "R256", "R257", "R269", "R271"],
        complaint_limits,
    ),
    entry(
        ("callbacks_due", Area::Service),
        ("待回访案件", "Callbacks to make"),
        &["R247", "R264", "R280"],
        callbacks_due,
    ),
    entry(
        ("contacts_due", Area::Service),
        ("定期回访到期表", "Contacts to make"),
        &["R265", "R266", "R267", "R272"],
        contacts_due,
    ),
    entry(
        ("progress", Area::Intake),
        ("案件进度查询", "Progress of cases"),
        &["R95", "R109", "R226", "R240"],
        progress,
    ),
    entry(
        ("stalled", Area::Timeliness),
        ("停滞案件", "Cases that stand still"),
        &["R278"],
        stalled,
    ),
];

const fn entry(
    (id, area): (&'static str, Area),
    name: (&'static str, &'static str),
    sources: &'static [&'static str],
    make: MakeTable,
) -> Entry {
    Entry {
        id,
        name,
        area,
        right: Right::ReadCases,
        sources,
        make: Make::Derived(make),
    }
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC)
}

/// A span without the part of a day: the same list says the same all day.
const fn whole_days(ms: i64) -> i64 {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    ms - ms.rem_euclid(DAY_MS)
}

/// When a limit ends; nothing if it cannot be told (a year that the calendar does not know yet, or
/// a limit in working minutes).
fn due(span: Span, from: WallMs) -> Option<WallMs> {
    let day = date_at(from, &zone()).ok()?;
    let last = match span {
        Span::Minutes(minutes) => {
            let ms = i64::from(minutes).saturating_mul(60_000);
            return Some(WallMs(from.0.saturating_add(ms)));
        }
        Span::WorkingDays(days) => Calendar::china().working_days_after(day, days).ok()?,
        Span::Days(days) => calendar_days_after(day, days).ok()?,
        Span::Months(months) => months_after(day, months).ok()?,
        Span::HalfWorkingDays(_) | Span::AtOnce => return None,
    };
    due_at_end(last, &zone()).ok()
}

fn time(row: &RegisterRow, field: &str) -> Option<WallMs> {
    value_of(row, field).parse().ok().map(WallMs)
}

fn moment(at: Option<WallMs>) -> Cell {
    at.map_or(Cell::Blank, Cell::Time)
}

/// A step of a complaint: its name, where its time stands, and the rules that may limit it.
struct Stage {
    names: (&'static str, &'static str),
    field: &'static str,
    rule: &'static str,
}

const STAGES: [Stage; 3] = [
    Stage {
        names: ("启动处理", "Taken up"),
        field: "started",
        rule: "complaint_start",
    },
    Stage {
        names: ("初步处理意见", "First opinion"),
        field: "first_opinion",
        rule: "complaint_opinion",
    },
    Stage {
        names: ("处理完毕并回复", "Closed and answered"),
        field: "answered",
        rule: "complaint_closed",
    },
];

/// The limit that a pack states for a step of a complaint of a class.
fn limit(pack: &Pack, stage: &Stage, class: &str) -> Option<Span> {
    let rule = match (stage.field, class) {
        ("answered", "technical") => "technical_problem",
        ("answered", "policy") => "policy_problem",
        _ => stage.rule,
    };
    let clocks = pack.service.clocks.iter();
    let of = |id: &str| {
        let mut named = clocks.clone().filter(|clock| clock.rule.id == id);
        let branches = named.next().map(|clock| clock.due.0.as_slice())?;
        branches
            .iter()
            .find_map(|branch| branch.figure.value().copied())
    };
    of(rule)
        .or_else(|| of(stage.rule))
        .or_else(|| setting(pack, stage.rule))
}

/// A span among the settings of a contract, if the insurer filled it.
fn setting(pack: &Pack, id: &str) -> Option<Span> {
    let mut settings = pack.handling.settings.iter();
    let found = settings.find(|setting| setting.rule.id == id)?;
    Span::parse(found.value.as_deref()?)
}

fn complaint_limits(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let packs = crate::shelf::packs(tx)?;
    let complaints = tx.register_rows(COMPLAINTS.part(ask))?;
    let mut rows = Vec::new();
    for row in &complaints {
        let mut contract = value_of(row, "contract").to_owned();
        if let Some(desk) = row
            .case
            .map(|case| tx.desk_row(case))
            .transpose()?
            .flatten()
        {
            contract = desk.contract;
        }
        let id = contract.split('@').next().unwrap_or_default();
        let pack = packs.iter().find(|pack| pack.id == id);
        for stage in &STAGES {
            let limit = pack.and_then(|pack| limit(pack, stage, value_of(row, "class")));
            rows.push(limited(row, stage, (limit, ask.now)));
        }
    }
    let columns = vec![
        Column::new("number", "投诉编号", "Number"),
        Column::new("customer", "客户姓名", "Customer"),
        Column::new("handler", "处理责任人", "Handler"),
        Column::new("stage", "处理环节", "Step"),
        Column::new("limit", "规定时间", "Limit"),
        Column::new("due", "到期时间", "Due"),
        Column::new("done", "实际时间", "Done at"),
        Column::new("late", "是否超时", "Late"),
    ];
    Ok(table("complaint_limits", columns, rows))
}

/// A step against its limit; without a limit, or before it ends, nothing is said.
fn limited(row: &RegisterRow, stage: &Stage, (limit, now): (Option<Span>, WallMs)) -> Row {
    let since = time(row, "complained");
    let due = limit.zip(since).and_then(|(span, from)| due(span, from));
    let done = time(row, stage.field);
    let late = due.and_then(|due| match done {
        Some(done) => Some(done > due),
        None => (now > due).then_some(true),
    });
    let text = |field: &str| Cell::Text(value_of(row, field).to_owned());
    Row {
        cells: vec![
            text("number"),
            text("customer"),
            text("handler"),
            Cell::Words(Words::new(stage.names.0, stage.names.1)),
            limit.map_or(Cell::Blank, |span| {
                Cell::Words(Words::new(span.zh(), span.to_string()))
            }),
            moment(due),
            moment(done),
            late.map_or(Cell::Blank, Cell::Yes),
        ],
        case: row.case,
    }
}

/// A table of this desk; its rows are a part already.
fn table(id: &str, columns: Vec<Column>, rows: Vec<Row>) -> Table {
    let entry = ENTRIES.iter().find(|entry| entry.id == id);
    let (id, name, sources) = entry.map_or(("", ("", ""), [].as_slice()), |entry| {
        (entry.id, entry.name, entry.sources)
    });
    Table {
        id,
        title: Words::new(name.0, name.1),
        sources,
        columns,
        rows,
    }
}

/// The part of some rows that is asked for.
fn part<T>(rows: impl Iterator<Item = T>, ask: &Ask<'_>) -> Vec<T> {
    let skip = usize::try_from(ask.skipped()).unwrap_or(usize::MAX);
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    rows.skip(skip).take(limit).collect()
}

/// The part of some cases that is asked for; a period means their reports.
fn cases(tx: &dyn MetaTx, ask: &Ask<'_>, listed: Listed) -> Result<Vec<DeskRow>, StoreError> {
    tx.listed(CasePart {
        listed,
        scopes: ask.scopes,
        case: ask.case,
        from: ask.from,
        to: ask.to,
        skip: ask.skipped(),
        limit: ask.limit,
    })
}

/// Paid cases that nobody called back: a callback is owed as soon as a claim is paid.
fn callbacks_due(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let rows = cases(tx, ask, Listed::NotCalled)?.into_iter();
    let row = |row: DeskRow| Row {
        cells: vec![
            Cell::Text(row.household),
            Cell::Text(row.place),
            Cell::Fen(row.high),
            Cell::Time(row.updated),
        ],
        case: Some(row.case),
    };
    let columns = vec![
        Column::new("customer", "客户姓名", "Customer"),
        Column::new("place", "地点", "Place"),
        Column::new("paid", "理赔金额", "Claim amount"),
        Column::new("updated", "最近变动", "Last change"),
    ];
    Ok(table("callbacks_due", columns, rows.map(row).collect()))
}

/// How often a notice to every customer is owed, or within what time of the policy's beginning.
fn rhythm(notice: &Notice) -> Option<(Option<Span>, Option<Span>)> {
    let every = notice
        .every
        .as_ref()
        .and_then(|every| every.value().copied());
    let first = notice
        .due
        .0
        .iter()
        .find_map(|branch| branch.figure.value().copied());
    let at_start = notice
        .from
        .iter()
        .any(|event| event.key() == "policy_effective");
    (at_start && (every.is_some() || first.is_some())).then_some((every, first))
}

/// For each running policy and each contact its contract asks for: when the next is due.
fn contacts_due(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let packs = crate::shelf::packs(tx)?;
    let contacts = tx.register_rows(RegisterPart::all(CONTACTS.id))?;
    let today = day_of(ask.now);
    let mut policies: BTreeMap<String, RegisterRow> = BTreeMap::new();
    for row in tx.register_rows(RegisterPart::all(POLICIES.id))? {
        let runs =
            value_of(&row, "from") <= today.as_str() && today.as_str() <= value_of(&row, "to");
        if runs {
            policies
                .entry(value_of(&row, "policy").to_owned())
                .or_insert(row);
        }
    }
    let mut found = Vec::new();
    for policy in policies.values() {
        let pack = packs
            .iter()
            .find(|pack| pack.id == value_of(policy, "contract"));
        let notices = pack.map_or([].as_slice(), |pack| pack.service.notices.as_slice());
        for notice in notices {
            found.extend(contact(policy, notice, &contacts));
        }
    }
    found.sort_by_key(|(until, _)| *until);
    let columns = vec![
        Column::new("policy", "保单号", "Policy number"),
        Column::new("insured", "回访对象", "Whom"),
        Column::new("what", "回访内容", "What"),
        Column::new("how", "沟通方式", "How"),
        Column::new("last", "上次", "Last"),
        Column::new("due", "应于（含）", "Due until, with it"),
        Column::new("source", "依据", "Rule"),
    ];
    let rows = part(found.into_iter(), ask).into_iter();
    Ok(table(
        "contacts_due",
        columns,
        rows.map(|(_, row)| row).collect(),
    ))
}

fn contact(policy: &RegisterRow, notice: &Notice, contacts: &[RegisterRow]) -> Option<(Date, Row)> {
    let (every, first) = rhythm(notice)?;
    // The office writes "mail" where the packs write "email".
    let by: Vec<&str> = notice
        .by
        .iter()
        .map(|channel| {
            if channel.key() == "email" {
                "mail"
            } else {
                channel.key()
            }
        })
        .collect();
    let fits = |row: &&RegisterRow| {
        let about = value_of(row, "policy") == value_of(policy, "policy");
        about && by.contains(&value_of(row, "channel"))
    };
    let last = contacts.iter().filter(fits).map(|row| row.since).max();
    let from = start_of(value_of(policy, "from"))?;
    let span = match (last, every, first) {
        (Some(_), Some(every), _) => every,
        (Some(_), None, _) => return None,
        (None, every, first) => first.or(every)?,
    };
    let end = due(span, last.unwrap_or(from))?;
    let until: Date = day_of(WallMs(end.0.saturating_sub(1))).parse().ok()?;
    let say = |language: Language| {
        let named = |id: &&str| {
            let found = CHANNELS.iter().find(|(word, _, _)| word == id);
            found.map(|(_, zh, en)| language.pick(zh, en))
        };
        let names: Vec<&str> = by.iter().filter_map(named).collect();
        names.join(language.pick("、", ", "))
    };
    let text = |field: &str| Cell::Text(value_of(policy, field).to_owned());
    let row = Row {
        cells: vec![
            text("policy"),
            text("insured"),
            Cell::Words(Words::new(&notice.rule.names.zh, &notice.rule.names.en)),
            Cell::Words(Words::new(say(Language::Chinese), say(Language::English))),
            moment(last),
            Cell::Day(until.to_string()),
            Cell::Text(notice.rule.source.clone()),
        ],
        case: None,
    };
    Some((until, row))
}

fn status(row: &DeskRow) -> Cell {
    Cell::Words(Words::new(
        Language::Chinese.status(&row.status),
        Language::English.status(&row.status),
    ))
}

/// Where each case is, newest change first.
fn progress(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let mut rows = Vec::new();
    for row in cases(tx, ask, Listed::Every)? {
        let standing = tx.case_standing(row.case)?;
        let policy = standing.and_then(|standing| {
            let report = standing
                .record
                .section(lossbook_core::record::Section::Report);
            report.text("policy_no")
        });
        rows.push(Row {
            cells: vec![
                Cell::Time(row.reported),
                policy.map_or(Cell::Blank, Cell::Text),
                Cell::Text(row.household.clone()),
                status(&row),
                Cell::Text(row.surveyor.clone()),
                Cell::Yes(row.surveyed),
                Cell::Fen(row.high),
                Cell::Yes(row.approved),
                Cell::Yes(row.paid),
                Cell::Time(row.updated),
            ],
            case: Some(row.case),
        });
    }
    let columns = vec![
        Column::new("reported", "报案时间", "Reported at"),
        Column::new("policy", "保单号", "Policy number"),
        Column::new("insured", "被保险人", "Insured"),
        Column::new("status", "当前状态", "Status"),
        Column::new("surveyor", "查勘人员", "Surveyor"),
        Column::new("surveyed", "已查勘", "Surveyed"),
        Column::new("amount", "定损金额", "Assessed"),
        Column::new("approved", "审核通过", "Approved"),
        Column::new("paid", "已赔付", "Paid"),
        Column::new("updated", "最近变动", "Last change"),
    ];
    Ok(table("progress", columns, rows))
}

/// After how long without a change a case of a contract stands still.
const STALLED_AFTER: &str = "stalled_after";

/// Open cases, longest unchanged first. Where the insurer filled in from when on a case stands still,
/// it is judged; where that is blank, the table sorts and does not judge.
fn stalled(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let packs = crate::shelf::packs(tx)?;
    let rows = cases(tx, ask, Listed::Open)?.into_iter();
    let stands = |row: &DeskRow| {
        let id = row.contract.split('@').next().unwrap_or_default();
        let pack = packs.iter().find(|pack| pack.id == id);
        let span = pack.and_then(|pack| setting(pack, STALLED_AFTER));
        let until = span.and_then(|span| due(span, row.updated));
        until.map_or(Cell::Blank, |until| Cell::Yes(ask.now > until))
    };
    let row = |row: DeskRow| Row {
        cells: vec![
            Cell::Text(row.household.clone()),
            Cell::Text(row.place.clone()),
            status(&row),
            Cell::Text(row.surveyor.clone()),
            Cell::Time(row.updated),
            Cell::Span(whole_days(ask.now.0.saturating_sub(row.updated.0))),
            stands(&row),
        ],
        case: Some(row.case),
    };
    let columns = vec![
        Column::new("insured", "被保险人", "Insured"),
        Column::new("place", "地点", "Place"),
        Column::new("status", "当前状态", "Status"),
        Column::new("surveyor", "查勘人员", "Surveyor"),
        Column::new("updated", "最近变动", "Last change"),
        Column::new("unchanged", "未变动时长", "Unchanged for"),
        Column::new("stands", "是否停滞", "Stands still"),
    ];
    Ok(table("stalled", columns, rows.map(row).collect()))
}
