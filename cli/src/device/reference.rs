//! Reference data on a device: fetched in deltas when the hub can be reached, listed always.

use std::path::Path;

use lossbook_core::app::{Device, table};
use serde_json::{Value, json};

use super::Said;
use super::packs::{self, NO_NETWORK};
use super::show::Page;
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
    let bearer = packs::bearer(device, client)?;
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
        if let Some(shelf) = taken.shelf {
            refreshed.packs += packs::take(device, client, (&shelf, &bearer))?;
        }
        if !taken.more {
            break;
        }
    }
    Ok(refreshed)
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
            Err(failure) if failure.code == NO_NETWORK || failure.code == "refused" => {
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
