//! Many cases out of a few: their rows copied under new ids, as intake would have written them.
//!
//! A few cases come through the intake; a copy has the changes, envelopes and rows of one of them
//! under an id of its own. So a hub of a hundred thousand cases is there in minutes, not days.

use lossbook_core::domain::{CaseId, Digest};
use lossbook_core::store::StoreError;
use lossbook_core::store::rusqlite::types::Value;
use lossbook_core::store::rusqlite::{Connection, Row as SqlRow, params_from_iter};
use lossbook_hub::desk::{PHOTOS, QUEUES};

/// Rows of one table about one case, to be written again under another id.
#[derive(Debug)]
struct Copied {
    sql: String,
    rows: Vec<Vec<Value>>,
}

impl Copied {
    fn read(
        sql: &Connection,
        (table, columns): (&str, &str),
        wanted: (&str, &[u8]),
    ) -> Result<Self, StoreError> {
        let (key, case) = wanted;
        let count = columns.split(',').count();
        let mut query = sql.prepare(&format!("SELECT {columns} FROM {table} WHERE {key} = ?1"))?;
        let values = |row: &SqlRow<'_>| {
            (0..count)
                .map(|at| row.get::<_, Value>(at))
                .collect::<Result<Vec<_>, _>>()
        };
        let rows = query
            .query_map([case], values)?
            .collect::<Result<Vec<_>, _>>()?;
        let marks: Vec<String> = (1..=count).map(|at| format!("?{at}")).collect();
        Ok(Self {
            sql: format!(
                "INSERT INTO {table} ({columns}) VALUES ({})",
                marks.join(", ")
            ),
            rows,
        })
    }

    /// Writes the rows, each after `change` had its way with it.
    fn write(
        &self,
        sql: &Connection,
        mut change: impl FnMut(&mut Vec<Value>),
    ) -> Result<(), StoreError> {
        let mut insert = sql.prepare_cached(&self.sql)?;
        for row in &self.rows {
            let mut row = row.clone();
            change(&mut row);
            insert.execute(params_from_iter(row))?;
        }
        Ok(())
    }
}

/// Tables whose rows are copied as they are, but for the case, which is their first column.
const PLAIN: [(&str, &str); 4] = [
    ("change", "case_id, hash, actor, seq, max_op, envelope"),
    (
        "hub_due",
        "case_id, kind, due, id, scope, since, zh, en, source",
    ),
    (
        "hub_part",
        "case_id, metric, day, unit, contract, scope, num, den, ripe",
    ),
    (
        "hub_sheet",
        "case_id, scope, contract, received, day, reporter, phone, situation, handed, plate, assessed, damage, opinion, reviewer, reviewed, decided, paid_at, paid, closed, lacking, arrive_due, arrive_done, report_due, report_done, survey_due, survey_done, review_due, review_done, pay_due, pay_done, call_due, call_done",
    ),
];

/// Everything of one case that is copied.
#[derive(Debug)]
pub struct Template {
    document: Copied,
    envelopes: Copied,
    row: Copied,
    desk: Copied,
    plain: Vec<Copied>,
    queue: Copied,
    stream: i64,
    /// Its scope.
    pub scope: Vec<u8>,
}

impl Template {
    /// The first cases of a store.
    ///
    /// # Errors
    /// As the store fails.
    pub fn first(sql: &Connection, limit: u64) -> Result<Vec<Self>, StoreError> {
        let mut query = sql.prepare("SELECT case_id FROM case_row ORDER BY row_id LIMIT ?1")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = query.query_map([limit], |row| row.get::<_, Vec<u8>>(0))?;
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        ids.iter().map(|id| Self::read(sql, id)).collect()
    }

    fn read(sql: &Connection, case: &[u8]) -> Result<Self, StoreError> {
        let read = |table, columns, key| Copied::read(sql, (table, columns), (key, case));
        let plain = PLAIN.iter();
        Ok(Self {
            document: read(
                "document",
                "case_id, scope, snapshot, snapshot_ord",
                "case_id",
            )?,
            envelopes: read(
                "envelope",
                "subject, stream, seq, id, kind, wall, header, body, state, why",
                "subject",
            )?,
            row: read(
                "case_row",
                "case_id, row_id, number, scope, household, place, cause, low, high, contested, lines, photos, status, signature, updated, heads, words",
                "case_id",
            )?,
            desk: read(
                "hub_desk",
                "case_id, number, scope, household, place, cause, contract, status, signature, contested, photos, missing, low, high, reported, updated, surveyor, round, role, surveyed, approved, paid, lat, lon",
                "case_id",
            )?,
            plain: plain
                .map(|(table, columns)| read(table, columns, "case_id"))
                .collect::<Result<_, _>>()?,
            queue: read("hub_queue", "case_id, queue, since, scope, note", "case_id")?,
            stream: stream(sql)?,
            scope: sql.query_row(
                "SELECT scope FROM document WHERE case_id = ?1",
                [case],
                |row| row.get(0),
            )?,
        })
    }

    /// Writes everything again under another id; `at` is the copy's number.
    ///
    /// # Errors
    /// As the store fails.
    pub fn copy(&self, sql: &Connection, (case, at): (&CaseId, u64)) -> Result<(), StoreError> {
        let id = Value::Blob(case.as_bytes().to_vec());
        let place = i64::try_from(at).unwrap_or(0);
        let first = |row: &mut Vec<Value>| put(row, 0, id.clone());
        self.document.write(sql, |row| {
            first(row);
            // Changes are copied with numbers of their own: all of them are read.
            put(row, 2, Value::Null);
            put(row, 3, Value::Integer(0));
        })?;
        let mut seq = (1_000_000 + place) * 1_000;
        self.envelopes.write(sql, |row| {
            first(row);
            seq += 1;
            put(row, 1, Value::Integer(self.stream));
            put(row, 2, Value::Integer(seq));
            let id = Digest::labelled("bulk", &[&seq.to_be_bytes()]);
            put(row, 3, Value::Blob(id.as_bytes().to_vec()));
        })?;
        let name = Value::Text(case.number().to_string());
        self.row.write(sql, |row| {
            first(row);
            put(row, 1, Value::Integer(1_000_000 + place));
            put(row, 2, name.clone());
        })?;
        self.desk.write(sql, |row| {
            first(row);
            put(row, 1, name.clone());
            put(row, 10, Value::Integer(10));
        })?;
        self.plain
            .iter()
            .try_for_each(|table| table.write(sql, first))?;
        self.queue.write(sql, |row| {
            first(row);
            put(row, 1, Value::Text(queue_of(at).to_owned()));
        })
    }
}

/// The stream that the copies' envelopes are in: a device's that is no more, for a phone that found
/// entries in its own stream which it never wrote would rightly stop.
fn stream(sql: &Connection) -> Result<i64, StoreError> {
    sql.execute(
        "INSERT OR IGNORE INTO stream (scope, device, epoch, own, seq, header, sealed, acked, confirmed, forked)
         SELECT scope, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'b0b0b0b0b0b0b0b0', 0, seq, header, sealed, acked, confirmed, 0
         FROM stream ORDER BY id LIMIT 1",
        [],
    )?;
    let found = sql.query_row(
        "SELECT id FROM stream WHERE device = x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0'",
        [],
        |row| row.get(0),
    )?;
    Ok(found)
}

/// Every queue gets its share of the copies, whatever the cases themselves wait for.
fn queue_of(at: u64) -> &'static str {
    let place = usize::try_from(at).unwrap_or_default() % (QUEUES.len() + 1);
    QUEUES.get(place).map_or(PHOTOS, |(word, _, _)| word)
}

fn put(row: &mut [Value], at: usize, value: Value) {
    if let Some(slot) = row.get_mut(at) {
        *slot = value;
    }
}

/// An id with the time of its making in front, as phones make them.
pub fn case_id(made_ms: u64) -> CaseId {
    let mut bytes = [0x70; 16];
    let stamp = made_ms.to_be_bytes();
    for (to, from) in bytes.iter_mut().zip(stamp.iter().skip(2)) {
        *to = *from;
    }
    CaseId::from_bytes(bytes)
}
