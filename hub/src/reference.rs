//! The reference tables of this hub: what head office keeps and phones read, scope by scope.
//!
//! An operator puts a table as it is now; only what differs takes new numbers. The hub itself keeps
//! the name of each scope, the shelf of rule packs, and what the photos of a scope look like.
//! `http` gives a device the deltas of the scopes it may read, signed, or says that nothing is new.
//!
//! Refuses: to give a device rows of a scope that it may not read.

use lossbook_core::app::{check_row, table};
use lossbook_core::chain::{EVERYWHERE, ReferenceAnswer, SignedReference, reference_tag};
use lossbook_core::domain::{DeviceId, Digest, ScopeId, cbor};
use lossbook_core::evidence::{Fingerprint, examine, thumbnail};
use lossbook_core::store::{StoreError, TableChange};
use serde::Serialize;
use serde_json::Value;

use crate::alike::{Alike, Look};
use crate::meta::{Identity, MetaStore, MetaTx, in_tx};
use crate::refusal::Refusal;

/// Longest row in bytes.
const MAX_ROW_BYTES: usize = 16 * 1024;
/// Most rows of one table.
const MAX_ROWS: usize = 200_000;
/// A picture larger than this is no thumbnail, and is not decoded here.
const MAX_THUMBNAIL_BYTES: u64 = 256 * 1024;
/// Nor is one with a longer side.
const MAX_THUMBNAIL_SIDE: u32 = 1_024;
/// The switch that shows every device what the photos of all scopes look like.
const SETTINGS: &str = "settings";

/// A table and its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableSummary {
    /// Of which scope; nothing for what every device reads.
    pub scope: Option<String>,
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
}

/// Whose photos a device can find again when it takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksOf {
    /// Those of its own scopes.
    Own,
    /// Those of all scopes: 38 bytes a photo, without place, case or picture.
    All,
}

/// Makes a table of a scope, or of all, hold exactly these rows.
///
/// # Errors
/// `BAD_TABLE`, `BAD_ROW` with key and problem, `SCOPE_UNKNOWN`.
pub fn put(
    store: &dyn MetaStore,
    (scope, name): (Option<&str>, &str),
    rows: &[(String, Value)],
) -> Result<TableChange, Refusal> {
    check_table(name)?;
    if rows.len() > MAX_ROWS {
        let detail = format!("a table has at most {MAX_ROWS} rows（行数过多）");
        return Err(Refusal::new(400, "BAD_TABLE", detail));
    }
    let mut checked = Vec::with_capacity(rows.len());
    for (key, row) in rows {
        let bytes = row.to_string().into_bytes();
        let problem = if key.is_empty() || key.len() > 256 || bytes.len() > MAX_ROW_BYTES {
            Some("its key or text is empty or too long".to_owned())
        } else {
            check_row(name, &bytes).err()
        };
        if let Some(problem) = problem {
            let detail = format!("row {key:?} of {name}（表中该行有误）: {problem}");
            return Err(Refusal::new(400, "BAD_ROW", detail));
        }
        checked.push((key.clone(), bytes));
    }
    in_tx(store, |tx| {
        let id = match scope {
            None => EVERYWHERE,
            Some(scope) => {
                let known = tx.named_scopes()?.into_iter().find(|row| row.name == scope);
                match known {
                    Some(row) => row.id,
                    None => {
                        let detail =
                            format!("there is no scope {scope:?}（没有这个范围）: see hub status");
                        return Ok(Err(Refusal::new(404, "SCOPE_UNKNOWN", detail)));
                    }
                }
            }
        };
        Ok(Ok(tx.put_table(id, name, &checked)?))
    })?
}

fn check_table(name: &str) -> Result<(), Refusal> {
    let own = [table::PACKS, table::LOOKS, table::SCOPE, SETTINGS];
    let fits = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if fits && !own.contains(&name) {
        return Ok(());
    }
    let detail = format!(
        "{name:?} is no table that can be put（表名无效或由系统维护）: use a-z, 0-9 and _, but not {}",
        own.join(", ")
    );
    Err(Refusal::new(400, "BAD_TABLE", detail))
}

/// Every table.
///
/// # Errors
/// As the store fails.
pub fn list(store: &dyn MetaStore) -> Result<Vec<TableSummary>, Refusal> {
    Ok(in_tx(store, |tx| {
        let names = tx.named_scopes()?;
        let tables = tx.tables()?.into_iter().map(|(scope, table, rows)| {
            let name = names.iter().find(|row| row.id == scope);
            TableSummary {
                scope: name.map(|row| row.name.clone()),
                table,
                rows,
            }
        });
        Ok(tables.collect())
    })?)
}

/// The deltas that a device lacks; nothing if its tag says that it lacks none.
///
/// # Errors
/// `MALFORMED` for a cursor that is none; else as the store fails.
pub(crate) fn answer(
    store: &dyn MetaStore,
    hub: &Identity,
    (device, after, tag): (DeviceId, &str, Option<&str>),
) -> Result<Option<Vec<u8>>, Refusal> {
    let after = cursor(after)?;
    Ok(in_tx(store, |tx| {
        let author = tx.author(device)?.filter(|author| !author.revoked);
        let mut scopes = author.map_or_else(Vec::new, |author| author.scopes);
        scopes.push(EVERYWHERE);
        scopes.sort_unstable();
        let mut heads = Vec::with_capacity(scopes.len());
        for scope in &scopes {
            heads.push((*scope, tx.table_head(*scope)?));
        }
        let fresh = reference_tag(&heads);
        if tag == Some(fresh.as_str()) {
            return Ok(None);
        }
        let mut deltas = Vec::new();
        for (scope, head) in heads {
            let held = after.iter().find(|(known, _)| *known == scope);
            let held = held.map_or(0, |(_, version)| *version);
            if held != head {
                let delta = tx.table_delta(hub.device(), scope, held)?;
                deltas.push(SignedReference::make(&delta, &hub.own.key));
            }
        }
        Ok(Some(cbor::encode(&ReferenceAnswer { deltas, tag: fresh })))
    })?)
}

/// `scope.number`, separated by commas.
fn cursor(text: &str) -> Result<Vec<(ScopeId, u64)>, Refusal> {
    let one = |part: &str| {
        let (scope, version) = part.split_once('.')?;
        Some((scope.parse().ok()?, version.parse().ok()?))
    };
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let detail = "after lists scope.number, separated by commas";
            one(part).ok_or_else(|| Refusal::new(400, "MALFORMED", detail))
        })
        .collect()
}

/// Whose looks devices are shown from now on.
///
/// # Errors
/// As the store fails.
pub fn show_looks(store: &dyn MetaStore, of: LooksOf) -> Result<u64, Refusal> {
    Ok(in_tx(store, |tx| {
        let mut rows = Vec::new();
        if of == LooksOf::All {
            for scope in tx.named_scopes()? {
                let looks = tx.table_rows(scope.id, table::LOOKS)?.into_iter();
                rows.extend(looks.map(|row| (row.key, row.row)));
            }
        }
        let word = (of == LooksOf::All).then_some(b"\"all\"".as_slice());
        tx.put_row(EVERYWHERE, (SETTINGS, "looks"), word)?;
        tx.put_table(EVERYWHERE, table::LOOKS, &rows)?;
        Ok(rows.len() as u64)
    })?)
}

/// What a picture looks like, if it is small enough to be a thumbnail that may be decoded here.
pub(crate) fn look_of(bytes: &[u8]) -> Option<Look> {
    let facts = examine(&mut std::io::Cursor::new(bytes)).ok()?;
    let size = facts.stored?;
    if size.width.max(size.height) > MAX_THUMBNAIL_SIDE {
        return None;
    }
    let small = thumbnail(bytes, &facts, None).ok()?;
    Some(Look {
        fingerprint: Fingerprint::of(&small.shades)?,
        shades: small.shades,
    })
}

/// Whether bytes of that length may be decoded here.
pub(crate) const fn may_be_thumbnail(len_bytes: u64) -> bool {
    len_bytes <= MAX_THUMBNAIL_BYTES
}

/// Writes down what the originals of a thumbnail look like.
///
/// # Errors
/// As the store fails.
pub(crate) fn keep_look(
    tx: &dyn MetaTx,
    (scope, thumbnail): (ScopeId, &Digest),
    (alike, look): (&Alike, &Look),
) -> Result<(), StoreError> {
    let shown_to_all = !tx.table_rows(EVERYWHERE, SETTINGS)?.is_empty();
    for original in tx.originals_of(scope, thumbnail)? {
        let mut mark = original.to_hex();
        mark.truncate(16);
        alike.note(tx, &original, look)?;
        let bits = look.fingerprint.to_bytes();
        tx.put_row(scope, (table::LOOKS, &mark), Some(&bits))?;
        if shown_to_all {
            tx.put_row(EVERYWHERE, (table::LOOKS, &mark), Some(&bits))?;
        }
    }
    Ok(())
}
