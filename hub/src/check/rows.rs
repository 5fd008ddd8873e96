//! The hub's own rows: what it signed, the numbers of its feeds, and what the queues read.

use lossbook_core::chain::{PublicKey, SignedCertificate};
use lossbook_core::domain::{CaseId, Digest, cbor};
use lossbook_core::store::rusqlite::{self, types::ValueRef};
use lossbook_core::store::{Finding, Problem, ShelfRow, Store, StoreError, Tx};

use crate::desk;
use crate::meta::{Access as _, Desk as _};

/// So many cases are projected anew at a time.
const CASES_AT_ONCE: u32 = 50;
/// What the queues read of one case.
const OF_A_CASE: [&str; 6] = [
    "hub_desk",
    "hub_queue",
    "hub_due",
    "hub_waiver",
    "hub_sheet",
    "hub_part",
];

/// Rows that must not be there: each statement names what it finds.
const NOTHING_FOUND: [(&str, Problem); 8] = [
    (
        "SELECT 'feed ' || lower(hex(scope)) FROM hub_feed GROUP BY scope
         HAVING count(*) <> max(seq) OR min(seq) <> 1",
        Problem::Gap,
    ),
    (
        "SELECT 'feed ' || lower(hex(hub_scope.id)) FROM hub_scope
         WHERE next <> 1 + coalesce((SELECT max(seq) FROM hub_feed WHERE scope = hub_scope.id), 0)",
        Problem::Row,
    ),
    (
        "SELECT 'feed ' || lower(hex(f.scope)) || '/' || f.seq FROM hub_feed AS f
         LEFT JOIN stream AS s ON s.scope = f.stream_scope AND s.device = f.device AND s.epoch = f.epoch
         LEFT JOIN seal ON seal.stream = s.id AND seal.seq = f.last
         WHERE f.kind = 1 AND seal.seq IS NULL",
        Problem::Seal,
    ),
    (
        "SELECT 'feed ' || lower(hex(f.scope)) || '/' || f.seq FROM hub_feed AS f
         WHERE f.kind = 2 AND NOT EXISTS (SELECT 1 FROM envelope WHERE id = f.envelope)",
        Problem::Missing,
    ),
    (
        "SELECT 'desk of case ' || number FROM hub_desk WHERE case_id NOT IN (SELECT case_id FROM document)",
        Problem::Projection,
    ),
    (
        "SELECT 'board of scope ' || lower(hex(scope)) FROM hub_board AS b
         WHERE (reported, surveyed, signed, approved, paid, outstanding, payable, granted) IS NOT
           (SELECT count(*), coalesce(sum(surveyed), 0), coalesce(sum(signature = 'valid'), 0),
              coalesce(sum(approved), 0), coalesce(sum(paid), 0), coalesce(sum(missing), 0),
              coalesce(sum(high), 0), coalesce(sum(high * approved), 0)
            FROM hub_desk WHERE scope = b.scope)",
        Problem::Projection,
    ),
    (
        "SELECT 'figure ' || metric || ' of ' || contract FROM hub_tally AS t
         WHERE (n, num, den) IS NOT
           (SELECT count(*), coalesce(sum(num), 0), coalesce(sum(den), 0) FROM hub_part AS p
            WHERE p.metric = t.metric AND p.day = t.day AND p.contract = t.contract
              AND p.scope = t.scope AND p.ripe / 3600000 = t.hour)",
        Problem::Projection,
    ),
    (
        "SELECT 'count of queue ' || queue FROM hub_queue_count AS c
         WHERE n <> (SELECT count(*) FROM hub_queue WHERE queue = c.queue AND scope = c.scope)",
        Problem::Projection,
    ),
];

/// Everything of the hub's own in a private copy of its rows.
pub(super) fn check(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let mut found = Vec::new();
    store.look(|tx| {
        database(tx, &mut found)?;
        signed(tx, &mut found)?;
        for (sql, problem) in NOTHING_FOUND {
            for object in texts(tx, sql)? {
                found.push(Finding::new(object, problem));
            }
        }
        Ok::<_, StoreError>(())
    })?;
    let mut after = None;
    loop {
        let cases = store.look(|tx| {
            let cases = tx.cases_after(after, CASES_AT_ONCE)?;
            for case in &cases {
                desk_of(tx, *case, &mut found)?;
            }
            Ok::<_, StoreError>(cases)
        })?;
        let Some(last) = cases.last() else {
            return Ok(found);
        };
        after = Some(*last);
    }
}

fn texts(tx: &Tx<'_>, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut select = tx.sql().prepare(sql)?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// SQLite's own opinion of its tables and indexes.
fn database(tx: &Tx<'_>, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    for line in texts(tx, "PRAGMA integrity_check")? {
        if line != "ok" {
            found.push(Finding::new(format!("store.db: {line}"), Problem::Page));
        }
    }
    for table in texts(tx, "PRAGMA foreign_key_check")? {
        found.push(Finding::new(format!("table {table}"), Problem::Row));
    }
    Ok(())
}

/// The shelf, its packs, and every certificate.
fn signed(tx: &Tx<'_>, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let key: PublicKey = tx.hub()?.own.key.public();
    match tx.shelf(ShelfRow::InForce)? {
        Some(shelf) if shelf.verify(&key).is_ok() => {}
        Some(_) => found.push(Finding::new("shelf of rule packs", Problem::Signature)),
        None => found.push(Finding::new("shelf of rule packs", Problem::Missing)),
    }
    for row in tx.pack_rows()? {
        let bytes = tx.pack_bytes(&row.digest)?.unwrap_or_default();
        if Digest::of(&bytes) != row.digest {
            let object = format!("rule pack {} {}", row.id, row.version);
            found.push(Finding::new(object, Problem::Bytes));
        }
    }
    let mut select = tx
        .sql()
        .prepare("SELECT lower(hex(device)), certificate FROM person")?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    for row in rows {
        let (device, bytes) = row?;
        let certificate = cbor::decode::<SignedCertificate>(&bytes).ok();
        if certificate.is_none_or(|one| one.verify(&key).is_err()) {
            let object = format!("certificate of device {device}");
            found.push(Finding::new(object, Problem::Signature));
        }
    }
    Ok(())
}

/// What the queues know of a case, against the same made anew.
fn desk_of(tx: &Tx<'_>, case: CaseId, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let before = prints(tx, case)?;
    for table in OF_A_CASE {
        let sql = format!("DELETE FROM {table} WHERE case_id = ?1");
        tx.sql().execute(&sql, [case.as_bytes()])?;
    }
    desk::project(tx, case)?;
    if prints(tx, case)? != before {
        let object = format!("desk of case {}", case.number());
        found.push(Finding::new(object, Problem::Projection));
    }
    Ok(())
}

fn prints(tx: &Tx<'_>, case: CaseId) -> Result<Vec<String>, StoreError> {
    let mut prints = Vec::new();
    for table in OF_A_CASE {
        let sql = format!("SELECT * FROM {table} WHERE case_id = ?1");
        let mut select = tx.sql().prepare_cached(&sql)?;
        let rows = select.query_map([case.as_bytes()], print_of)?;
        for row in rows {
            prints.push(format!("{table} {}", row?));
        }
    }
    prints.sort();
    Ok(prints)
}

fn print_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<String> {
    let columns = row.as_ref().column_count();
    let value = |at| {
        row.get_ref(at)
            .map(|value: ValueRef<'_>| format!("{value:?}"))
    };
    let values: rusqlite::Result<Vec<String>> = (0..columns).map(value).collect();
    Ok(values?.join("|"))
}
