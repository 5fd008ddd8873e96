//! The end of a contract: what of it is still open, and closing it when nothing is (R356).
//!
//! Invariants: a contract is closed only when every claim is closed, both surveys were held and the
//! final report was submitted; whoever tries before hears everything that is open at once.

use lossbook_core::domain::CaseId;
use lossbook_core::store::StoreError;

use crate::catalogue::{Area, Ask, Entry, Make};
use crate::meta::{MetaTx, RegisterPart};
use crate::refusal::Refusal;
use crate::register::contract::{CLOSINGS, REPORTS, SURVEYS};
use crate::register::{Proposed, value_of};
use crate::risk::check_contract;
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// Open cases that the table names one by one.
const MOST_NAMED: u32 = 200;

/// Tables of this desk.
pub(crate) const ENTRIES: &[Entry] = &[Entry {
    id: "contract_open",
    name: ("合同未了事项", "What is open in each contract"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R356"],
    make: Make::Derived(open_table),
}];

/// What stands against closing a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Open {
    /// A claim that is not closed, with its status.
    Claim(CaseId, String),
    /// The second survey was not held.
    Survey,
    /// The final report was not submitted.
    Report,
}

impl Open {
    fn words(&self) -> Words {
        match self {
            Self::Claim(_, status) => {
                let (zh, en) = status_words(status);
                Words::new(
                    format!("案件未结案：{zh}"),
                    format!("Claim not closed: {en}"),
                )
            }
            Self::Survey => Words::new("未做第二次满意度调查", "No second survey"),
            Self::Report => Words::new("未提交服务总结报告", "No final report"),
        }
    }

    const fn case(&self) -> Option<CaseId> {
        match self {
            Self::Claim(case, _) => Some(*case),
            Self::Survey | Self::Report => None,
        }
    }
}

fn status_words(status: &str) -> (&str, &str) {
    match status {
        "open" => ("待办", "open"),
        "assigned" => ("已派查勘", "assigned"),
        "returned" => ("已退回", "returned"),
        "approved" => ("已核赔未支付", "approved, not paid"),
        "denied" => ("已拒赔未结案", "denied, not closed"),
        "paid" => ("已支付未结案", "paid, not closed"),
        "reopened" => ("重新打开", "opened again"),
        other => (other, other),
    }
}

/// Everything that stands against closing a contract.
fn open_of(tx: &dyn MetaTx, contract: &str) -> Result<Vec<Open>, StoreError> {
    let claims = tx.not_closed(contract, MOST_NAMED)?.into_iter();
    let mut open: Vec<Open> = claims
        .map(|(case, status)| Open::Claim(case, status))
        .collect();
    let has = |register: &str, (field, word): (&str, &str)| -> Result<bool, StoreError> {
        let rows = tx.register_rows(RegisterPart::all(register))?;
        let mut of = rows
            .iter()
            .filter(|row| value_of(row, "contract") == contract);
        Ok(of.any(|row| value_of(row, field) == word))
    };
    if !has(SURVEYS.id, ("round", "second"))? {
        open.push(Open::Survey);
    }
    if !has(REPORTS.id, ("kind", "final"))? {
        open.push(Open::Report);
    }
    Ok(open)
}

/// A contract is closed when nothing of it is open, and counts all its claims.
pub(crate) fn check(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    if new.row.struck {
        return Ok(None);
    }
    if let Some(refusal) = check_contract(tx, new)? {
        return Ok(Some(refusal));
    }
    let contract = new.value("contract");
    let open = open_of(tx, contract)?;
    let (all, not_closed) = tx.contract_counts(contract)?;
    if !open.is_empty() {
        return Ok(Some(still_open(&open, not_closed)));
    }
    if new.value("claims") != all.to_string() {
        let detail = format!("案件总数（claims）应为 {all} / claims: the contract has {all}");
        return Ok(Some(Refusal::new(409, "COUNT_DIFFERS", detail)));
    }
    Ok(None)
}

/// Everything that is open, in both languages; claims are counted and the first few named.
fn still_open(open: &[Open], not_closed: u64) -> Refusal {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    if not_closed > 0 {
        let cases = open.iter().filter_map(Open::case).take(5);
        let named: Vec<String> = cases.map(|case| case.number().to_string()).collect();
        zh.push(format!("{not_closed} 件未结案（{}…）", named.join("、")));
        en.push(format!(
            "{not_closed} claims not closed ({}…)",
            named.join(", ")
        ));
    }
    for one in open.iter().filter(|one| one.case().is_none()) {
        let words = one.words();
        zh.push(words.zh);
        en.push(words.en);
    }
    let detail = format!("{} / {}", zh.join("；"), en.join("; "));
    Refusal::new(409, "CONTRACT_OPEN", detail)
}

/// No more people are satisfied than were asked.
pub(crate) fn check_survey(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    if let Some(refusal) = check_contract(tx, new)? {
        return Ok(Some(refusal));
    }
    let number = |id: &str| new.value(id).parse::<u64>().unwrap_or(0);
    Ok((number("satisfied") > number("asked")).then(|| {
        let detail =
            "满意人数（satisfied）多于调查人数（asked） / more are satisfied than were asked";
        Refusal::new(400, "FIELD_BAD", detail)
    }))
}

/// A score is not above the full one, and what falls short names its row in the ledger (R362).
pub(crate) fn check_inspection(
    _tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let number = |id: &str| new.value(id).parse::<u64>().unwrap_or(0);
    let (score, full) = (number("score"), number("full"));
    if score > full {
        let detail = "得分（score）高于满分（full） / the score is above the full one";
        return Ok(Some(Refusal::new(400, "FIELD_BAD", detail)));
    }
    let lacks = !new.value("problem").is_empty() && new.value("ledger").is_empty();
    Ok(lacks.then(|| {
        let detail = "发现问题须先登记整改台账并写明行号（ledger） / a problem goes into the rectification ledger first: name its row (ledger)";
        Refusal::new(400, "FIELD_REQUIRED", detail)
    }))
}

/// Every contract in force with what is open in it; one that is closed says so.
fn open_table(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let closed = tx.register_rows(RegisterPart::all(CLOSINGS.id))?;
    let packs = tx.packs()?;
    let mut rows = Vec::new();
    for pack in packs.all() {
        let (all, _) = tx.contract_counts(&pack.id)?;
        let is_closed = closed
            .iter()
            .find(|row| value_of(row, "contract") == pack.id);
        let name = || Cell::Words(Words::new(pack.title.zh.as_str(), pack.title.en.as_str()));
        if let Some(row) = is_closed {
            let day = value_of(row, "day");
            let words = Words::new(format!("已于 {day} 结束"), format!("Closed on {day}"));
            let cells = vec![
                name(),
                Cell::Text(pack.id.clone()),
                Cell::Count(all),
                Cell::Words(words),
            ];
            rows.push(Row { cells, case: None });
            continue;
        }
        if all == 0 {
            continue;
        }
        for one in open_of(tx, &pack.id)? {
            if !is_seen(tx, ask, one.case())? {
                continue;
            }
            let cells = vec![
                name(),
                Cell::Text(pack.id.clone()),
                Cell::Count(all),
                Cell::Words(one.words()),
            ];
            rows.push(Row {
                cells,
                case: one.case(),
            });
        }
    }
    let skip = usize::try_from(ask.skipped()).unwrap_or(usize::MAX);
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    Ok(Table {
        id: "contract_open",
        title: Words::new("合同未了事项", "What is open in each contract"),
        sources: &["R356"],
        columns: vec![
            Column::new("contract", "合同", "Contract"),
            Column::new("id", "合同代号", "Id"),
            Column::new("claims", "案件总数", "Cases in all"),
            Column::new("open", "未了事项", "What is open"),
        ],
        rows: rows.into_iter().skip(skip).take(limit).collect(),
    })
}

/// Whether the asking sees a case; what is about no case, everybody sees.
fn is_seen(tx: &dyn MetaTx, ask: &Ask<'_>, case: Option<CaseId>) -> Result<bool, StoreError> {
    let Some(case) = case.filter(|_| !ask.scopes.is_empty()) else {
        return Ok(true);
    };
    let row = tx.desk_row(case)?;
    Ok(row.is_some_and(|row| ask.scopes.contains(&row.scope)))
}
