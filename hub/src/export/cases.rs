//! The cases as a plain JSON list: what another system needs to know of each, with its heads.

use lossbook_core::domain::CaseId;
use lossbook_core::store::StoreError;
use serde::Serialize;
use serde_json::json;

use super::text::civil;
use super::{Cut, Export, State, not_written};
use crate::meta::{DeskRow, MetaTx};
use crate::refusal::Refusal;

/// Cases read at a time.
const PAGE: u32 = 500;

/// A case in the list.
#[expect(
    clippy::struct_excessive_bools,
    reason = "another system is told of each step whether it was reached"
)]
#[derive(Debug, Serialize)]
struct Entry {
    number: String,
    id: String,
    scope: String,
    household: String,
    place: String,
    cause: String,
    contract: String,
    status: String,
    signature: String,
    contested: u64,
    photos: u64,
    photos_missing: u64,
    /// Absent where the contract keeps amounts from whoever asks.
    payable_low_fen: Option<i64>,
    payable_high_fen: Option<i64>,
    reported_ms: i64,
    reported: String,
    updated_ms: i64,
    surveyor: String,
    round: u8,
    round_role: String,
    surveyed: bool,
    approved: bool,
    paid: bool,
    /// Latitude and longitude in millionths of a degree on WGS-84.
    position: Option<(i64, i64)>,
    heads: String,
}

/// Every case that a cut holds, in the order of their ids.
pub(super) fn rows(tx: &dyn MetaTx, cut: &Cut<'_>) -> Result<Vec<DeskRow>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page: Vec<CaseId> = tx.cases_after(after, PAGE)?;
        let Some(last) = page.last().copied() else {
            return Ok(all);
        };
        for case in page {
            all.extend(tx.desk_row(case)?.filter(|row| holds(cut, row)));
        }
        after = Some(last);
    }
}

fn holds(cut: &Cut<'_>, row: &DeskRow) -> bool {
    let is_seen = cut.scopes.is_empty() || cut.scopes.contains(&row.scope);
    let is_after = cut.from.is_none_or(|from| row.reported >= from);
    is_seen && is_after && cut.to.is_none_or(|to| row.reported < to)
}

/// The list of cases.
///
/// # Errors
/// As the store fails.
pub fn feed(tx: &dyn MetaTx, cut: &Cut<'_>) -> Result<Result<Export, Refusal>, StoreError> {
    let rows = rows(tx, cut)?;
    let state = State::of(tx, rows.iter().map(|row| row.case).collect())?;
    let mut entries = Vec::new();
    for row in rows {
        let heads = tx.case_named(&row.case.to_string())?;
        let heads = heads.map_or_else(String::new, |case| case.heads.to_hex());
        let is_shown = cut.sight.shows_row(&row);
        entries.push(entry(row, heads, is_shown));
    }
    let data = match serde_json::to_vec(&entries) {
        Ok(data) => data,
        Err(error) => return Ok(Err(not_written(&error))),
    };
    let about = state.about(tx, cut, ("cases", &data))?;
    let whole = json!({ "about": about, "cases": entries });
    let bytes = serde_json::to_vec_pretty(&whole).map_err(|error| not_written(&error));
    Ok(bytes.map(|bytes| Export {
        file: "cases.json".to_owned(),
        media_type: "application/json; charset=utf-8",
        bytes,
        about,
    }))
}

fn entry(row: DeskRow, heads: String, is_shown: bool) -> Entry {
    Entry {
        number: row.number,
        id: row.case.to_string(),
        scope: row.scope.to_string(),
        household: row.household,
        place: row.place,
        cause: row.cause,
        contract: row.contract,
        status: row.status,
        signature: row.signature,
        contested: row.contested,
        photos: row.photos,
        photos_missing: row.missing,
        payable_low_fen: is_shown.then_some(row.low),
        payable_high_fen: is_shown.then_some(row.high),
        reported_ms: row.reported.0,
        reported: format!("{}+08:00", civil(row.reported)),
        updated_ms: row.updated.0,
        surveyor: row.surveyor,
        round: row.round,
        round_role: row.role,
        surveyed: row.surveyed,
        approved: row.approved,
        paid: row.paid,
        position: row.at,
        heads,
    }
}
