//! Reference data on a device: fetched in deltas when the hub can be reached, listed always.

use std::path::Path;

use lossbook_core::app::{Device, table};
use serde_json::{Value, json};

use super::Said;
use super::packs::{self, NO_NETWORK, REFUSED};
use super::show::{self, Page};
use crate::failure::Failure;
use crate::http::Client;

/// What came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refreshed {
    /// Rows written or removed.
    pub rows: u64,
    /// Rule packs.
    pub packs: usize,
}

/// Fetches what is new; one small request if nothing is.
///
/// # Errors
/// Exit 4 without a way to the hub, if it refuses, or if what it gives cannot be trusted.
pub fn refresh(device: &Device, client: &Client) -> Result<Refreshed, Failure> {
    if let Some(token) = device.remembered_token()? {
        match fetch(device, client, &packs::bearer_of(&token)) {
            // Most likely it is more than an hour old.
            Err(failure) if failure.code == REFUSED => {}
            done => return done,
        }
    }
    let token = packs::ask_token(device, client)?.token;
    device.remember_token(&token)?;
    fetch(device, client, &packs::bearer_of(&token))
}

fn fetch(
    device: &Device,
    client: &Client,
    bearer: &(String, String),
) -> Result<Refreshed, Failure> {
    let mut refreshed = Refreshed::default();
    loop {
        let (heads, tag) = device.reference_cursor()?;
        let after: Vec<String> = heads
            .iter()
            .filter(|(_, version)| *version > 0)
            .map(|(scope, version)| format!("{scope}.{version}"))
            .collect();
        let path = format!("/v1/reference?after={}", after.join(","));
        let headers = [
            bearer.clone(),
            ("If-None-Match".to_owned(), format!("\"{tag}\"")),
        ];
        let Some(bytes) = packs::get_new(client, &path, &headers)? else {
            break;
        };
        let taken = device.take_reference(&bytes)?;
        refreshed.rows += taken.rows;
        if !taken.more {
            break;
        }
    }
    // Also one whose packs did not all come last time.
    if let Some(shelf) = device.shelf_due()? {
        refreshed.packs = packs::take(device, client, (&shelf, bearer))?;
    }
    Ok(refreshed)
}

/// `device show --at-hub`: the case, and what the hub says it lacks of it.
///
/// # Errors
/// Exit 4 without a way to the hub, or if it refuses.
pub(super) fn missing(device: &Device, case: &str, ca: Option<&Path>) -> Result<Said, Failure> {
    let view = device.case(case)?;
    let pinned = device
        .identity()?
        .pinned
        .ok_or(lossbook_core::app::AppError::NotEnrolled)?;
    let client = Client::new(&pinned.url, ca)?;
    let bearer = packs::bearer_of(&packs::ask_token(device, &client)?.token);
    let path = format!("/v1/cases/{}/missing", view.standing.case.number());
    let bytes = packs::get_new(&client, &path, &[bearer])?.unwrap_or_default();
    let answer: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::not_now("wrong_hub", format!("no list came: {error}")))?;
    let missing = answer.get("missing").cloned().unwrap_or_default();
    let mut said = show::case(&view);
    let mut text = Page::default();
    let word = |one: &Value, name: &str| {
        let word = one.get(name).and_then(Value::as_str).unwrap_or_default();
        word.chars().take(12).collect::<String>()
    };
    for one in missing.as_array().into_iter().flatten() {
        let count = |name: &str| one.get(name).and_then(Value::as_u64).unwrap_or_default();
        text.line(format!(
            "  机构所缺 / the hub lacks: {}, {} of {} bytes there, on the phone of {}",
            word(one, "sha256"),
            count("received"),
            count("bytes"),
            word(one, "user"),
        ));
    }
    if missing.as_array().is_some_and(Vec::is_empty) {
        text.line("  机构已收齐照片 / the hub has every photo of it");
    }
    said.text.push_str(&text.0);
    if let Some(fields) = said.json.as_object_mut() {
        fields.insert("missing_at_hub".to_owned(), missing);
    }
    Ok(said)
}

/// `device reference list`.
pub(super) fn list(
    device: &Device,
    table: Option<&str>,
    ca: Option<&Path>,
) -> Result<Said, Failure> {
    let mut warnings = Vec::new();
    if let Some(pinned) = device.identity()?.pinned {
        match refresh(device, &Client::new(&pinned.url, ca)?) {
            Ok(_) => {}
            Err(failure) if failure.code == NO_NETWORK || failure.code == REFUSED => {
                warnings.push(failure.message);
            }
            Err(failure) => return Err(failure),
        }
    }
    let mut said = match table {
        None => tables(device)?,
        Some(name) => rows(device, name)?,
    };
    said.warnings = warnings;
    Ok(said)
}

fn tables(device: &Device) -> Result<Said, Failure> {
    let tables = device.reference_tables()?;
    let mut text = Page::default();
    for one in &tables {
        text.line(format!(
            "{:<16} {:>6}  {}",
            one.table,
            one.rows,
            one.scope.as_deref().unwrap_or("(all)")
        ));
    }
    if tables.is_empty() {
        text.line("no reference data here yet（尚无参考数据）");
    }
    let json: Vec<Value> = tables
        .iter()
        .map(|one| json!({"scope": one.scope, "table": one.table, "rows": one.rows}))
        .collect();
    Ok(Said::new(json!({"tables": json}), text.0))
}

fn rows(device: &Device, name: &str) -> Result<Said, Failure> {
    let rows = device.reference_rows(name)?;
    let is_readable = name != table::LOOKS && name != table::PACKS;
    let mut text = Page::default();
    let mut all: Vec<Value> = Vec::new();
    for row in &rows {
        let value = if is_readable {
            serde_json::from_slice(&row.row)
                .unwrap_or_else(|_plain| json!(String::from_utf8_lossy(&row.row)))
        } else {
            json!({"bytes": row.row.len()})
        };
        text.line(format!("{}  {value}", row.key));
        all.push(json!({"key": row.key, "version": row.version, "row": value}));
    }
    if rows.is_empty() {
        text.line(format!("no rows of {name} here（本机没有该表的数据）"));
    }
    Ok(Said::new(json!({"table": name, "rows": all}), text.0))
}
