//! The two correction ledgers (R314, R315), drawn from the history of the cases.
//!
//! Histories are read when somebody looks, newest reports first; nothing of them is kept twice.

use lossbook_core::app::Correction;
use lossbook_core::domain::{Money, WallMs};
use lossbook_core::record::ValueKind;
use lossbook_core::store::StoreError;

use super::{Heading, all, table, text};
use crate::catalogue::{Area, Ask, Entry, Make, Personal};
use crate::meta::MetaTx;
use crate::office::masked;
use crate::role::Right;
use crate::sight::HIDDEN;
use crate::table::{Cell, Row, Table, Words};

/// Cases whose history is read at once.
const CASES_AT_ONCE: u32 = 50;

const RECORD_COLUMNS: &[Heading] = &[
    ("problem", "问题记录", "Record in question"),
    ("correction", "修正内容", "Correction"),
    ("by", "修正责任人", "Corrected by"),
];

/// R314: disputes that were settled and rows that were withdrawn.
pub(super) const RECORDS: Entry = Entry {
    id: "record_corrections",
    name: ("记录修正台账", "Corrections of records"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R314"],
    make: Make::Derived(records),
};

fn records(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let rows = rows(tx, ask, Which::Records)?;
    Ok(table(&RECORDS, RECORD_COLUMNS, rows))
}

const DATA_COLUMNS: &[Heading] = &[
    ("before", "问题数据", "Data in question"),
    ("after", "修正后数据", "Corrected data"),
    ("by", "修正责任人", "Corrected by"),
];

/// R315: every value that took the place of another.
pub(super) const DATA: Entry = Entry {
    id: "data_corrections",
    name: ("数据修正台账", "Corrections of data"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R315"],
    make: Make::Derived(data),
};

fn data(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let rows = rows(tx, ask, Which::Data)?;
    Ok(table(&DATA, DATA_COLUMNS, rows))
}

#[derive(Clone, Copy)]
enum Which {
    Records,
    Data,
}

/// Reads histories until there are rows enough.
fn rows(tx: &dyn MetaTx, ask: &Ask<'_>, which: Which) -> Result<Vec<Row>, StoreError> {
    let skip = usize::try_from(ask.skipped()).unwrap_or(usize::MAX);
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    let (mut found, mut rows) = (0, Vec::new());
    let mut part = all(ask);
    part.limit = CASES_AT_ONCE;
    loop {
        let sheets = tx.sheets(part)?;
        for (sheet, _) in &sheets {
            let see = See {
                contract: &sheet.contract,
                ask,
            };
            let ledgers = tx.ledgers(sheet.case)?;
            let corrections = match which {
                Which::Records => ledgers.records,
                Which::Data => ledgers.data,
            };
            for correction in corrections.iter().rev() {
                found += 1;
                if found > skip {
                    rows.push(Row {
                        cells: cells(correction, which, see),
                        case: Some(sheet.case),
                    });
                }
                if rows.len() >= limit {
                    return Ok(rows);
                }
            }
        }
        if sheets.len() < usize::try_from(CASES_AT_ONCE).unwrap_or(usize::MAX) {
            return Ok(rows);
        }
        part.skip = part.skip.saturating_add(u64::from(CASES_AT_ONCE));
    }
}

/// What whoever asks may see of a case.
#[derive(Clone, Copy)]
struct See<'a> {
    contract: &'a str,
    ask: &'a Ask<'a>,
}

fn cells(one: &Correction, which: Which, see: See<'_>) -> Vec<Cell> {
    let read = |value: &str| value_text(one, value, see);
    let before: Vec<String> = one.before.iter().map(|value| read(value)).collect();
    let before = before.join(" / ");
    let after = read(&one.after);
    let named = |value: &str| {
        let spec = one.path.spec();
        let (zh, en) = spec.map_or((one.path.name, one.path.name), |spec| (spec.zh, spec.en));
        Cell::Words(if value.is_empty() {
            Words::new(zh, en)
        } else {
            Words::new(format!("{zh}：{value}"), format!("{en}: {value}"))
        })
    };
    let (first, second) = match which {
        Which::Records if one.path.name == "removed" => (
            named(""),
            Cell::Words(Words::new(
                format!("撤销：{}", one.reason),
                format!("withdrawn: {}", one.reason),
            )),
        ),
        Which::Records => (
            named(&before),
            Cell::Words(Words::new(
                format!("{after}（{}）", one.reason),
                format!("{after} ({})", one.reason),
            )),
        ),
        Which::Data => (named(&before), text(after)),
    };
    vec![first, second, text(&one.user)]
}

/// A value as people read it.
fn value_text(one: &Correction, value: &str, see: See<'_>) -> String {
    if see.ask.sight.hides(see.contract, &one.path.to_string()) {
        return HIDDEN.to_owned();
    }
    match one.path.spec().map(|spec| spec.kind) {
        Some(ValueKind::Time) => match value.parse() {
            Ok(ms) => crate::console::time_text(WallMs(ms)),
            Err(_no_time) => value.to_owned(),
        },
        Some(ValueKind::Money) => match value.parse::<Money>() {
            Ok(money) => crate::console::yuan_text(money.fen()),
            Err(_no_amount) => value.to_owned(),
        },
        Some(
            ValueKind::Text
            | ValueKind::Prose
            | ValueKind::Number
            | ValueKind::Digest
            | ValueKind::Position,
        )
        | None => match see.ask.personal {
            Personal::Masked => masked(one.path.name, value),
            Personal::Shown => value.to_owned(),
        },
    }
}
