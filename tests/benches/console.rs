//! The console over a hundred thousand cases: how long a page takes while twenty people read and
//! phones sync, how that grew from ten thousand, and how much memory the hub has.
//!
//! A few cases come through the intake; a bulk loader copies their rows under new ids, each case
//! with ten photos whose small pictures come from a pool, and its places in the queues.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lossbook_core::app::Device;
use lossbook_core::domain::{CaseId, Digest, Host};
use lossbook_core::store::rusqlite::types::Value;
use lossbook_core::store::rusqlite::{Connection, Row as SqlRow, params_from_iter};
use lossbook_core::store::{CaseQuery, Store, StoreError, StoreKey};
use lossbook_hub::meta::STEPS;
use lossbook_hub::{Hub, ServeConfig, serve};
use lossbook_tests::field::{Dice, FieldHost, MEASURED, Worker};
use lossbook_tests::wire::{exchange, hub, phone};

use crate::Failed;
use crate::row::{Row, Timings, number};

const TEMPLATES: u64 = 8;
const LINES: u64 = 15;
const SMALL: u64 = 10_000;
const LARGE: u64 = 100_000;
const PHOTOS: u64 = 10;
const POOL: u64 = 1_000;
const READERS: usize = 20;
const READ_FOR: Duration = Duration::from_secs(30);
/// Cases written in one transaction.
const BATCH: u64 = 500;
const QUEUES: [&str; 8] = [
    "new",
    "disputes",
    "returned",
    "review:reviewer",
    "payments",
    "clocks",
    "notices",
    "photos",
];

/// What the readers saw.
#[derive(Default)]
struct Seen {
    queues: Timings,
    cases: Timings,
    exchanges: u64,
}

pub(crate) fn run() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let home = dir.path().join("hub");
    let hub = hub(&home)?;
    let host = Arc::new(FieldHost::new(77));
    let device = phone(&hub, &dir.path().join("phone"), ("岳", Arc::clone(&host)))?;
    let mut worker = Worker {
        device: &device,
        host: &host,
        words: &MEASURED,
        dice: Dice::new(5),
    };
    for _ in 0..TEMPLATES {
        let case = worker.report()?;
        worker.survey(&case)?;
        for _ in 0..LINES {
            worker.line(&case)?;
        }
        worker.sign(&case, 60)?;
    }
    exchange(&device, &hub)?;
    hub.add_user("读者").map_err(|refusal| refusal.detail)?;
    let password = hub
        .make_password("读者")
        .map_err(|refusal| refusal.detail)?;
    bulk(&home, (0, SMALL))?;
    let small = read(&hub, &device, &password)?;
    bulk(&home, (SMALL, LARGE))?;
    let large = read(&hub, &device, &password)?;
    say(&small, &large);
    Ok(())
}

fn say(small: &Seen, large: &Seen) {
    for (name, small, large) in [
        (
            "console: p95 of a queue, 100,000 cases beside 10,000",
            &small.queues,
            &large.queues,
        ),
        (
            "console: p95 of a case page, 100,000 cases beside 10,000",
            &small.cases,
            &large.cases,
        ),
    ] {
        Row {
            name,
            ours: format!("{:.0} ms", large.at(95)),
            peer: format!("{:.0} ms", small.at(95)),
            ratio: large.at(95) / small.at(95),
            goal: "at most 150 ms",
            note: format!(
                "{READERS} readers at once over loopback, each the next page as soon as the last has come, \
                 while a phone syncs; median {:.0} and {:.0} ms, {} and {} pages; {} photo rows",
                large.median(),
                small.median(),
                large.count(),
                small.count(),
                LARGE * PHOTOS,
            ),
        }
        .print();
    }
    let resident = resident_mib();
    Row {
        name: "console: memory of hub, phone and readers together",
        ours: format!("{resident} MiB"),
        peer: "300 MiB".to_owned(),
        ratio: number(resident) / 300.0,
        goal: "at most 300 MiB for the hub",
        note: format!(
            "resident at the end; {} exchanges of the phone meanwhile",
            large.exchanges
        ),
    }
    .print();
}

fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

/// Twenty people read for a while; a phone edits and syncs beside them.
fn read(hub: &Hub, device: &Device, password: &str) -> Result<Seen, Failed> {
    let serving = serve(hub.clone(), &ServeConfig::default())?;
    let people = People {
        addr: serving.addr,
        cookie: sign_in(serving.addr, password)?,
        numbers: numbers(hub)?,
        queues: Mutex::default(),
        cases: Mutex::default(),
        is_over: AtomicBool::new(false),
    };
    let exchanges = std::thread::scope(|scope| {
        for reader in 0..READERS {
            let people = &people;
            scope.spawn(move || people.read(reader * 31));
        }
        let done = keep_syncing(hub, device);
        people.is_over.store(true, Ordering::Relaxed);
        done
    })?;
    let own = |kept: Mutex<Timings>| kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Seen {
        queues: own(people.queues),
        cases: own(people.cases),
        exchanges,
    })
}

/// A phone edits its cases and exchanges, again and again; says how often.
fn keep_syncing(hub: &Hub, device: &Device) -> Result<u64, Failed> {
    let until = Instant::now() + READ_FOR;
    let mine = device.cases(&CaseQuery::default())?;
    let mut exchanges = 0;
    while Instant::now() < until {
        for row in &mine {
            let text = format!("报案人 {exchanges}");
            device.set_field(&row.number, "report.reporter", &text)?;
        }
        exchange(device, hub)?;
        exchanges += 1;
    }
    Ok(exchanges)
}

/// Everybody who reads, under one session.
struct People {
    addr: SocketAddr,
    cookie: String,
    numbers: Vec<String>,
    queues: Mutex<Timings>,
    cases: Mutex<Timings>,
    is_over: AtomicBool,
}

impl People {
    /// One reader: a queue, a case, a queue, until it is over.
    fn read(&self, from: usize) {
        let mut turn = from;
        while !self.is_over.load(Ordering::Relaxed) {
            turn += 1;
            let is_case = turn.is_multiple_of(2);
            let path = if is_case {
                let number = self.numbers.get(turn * 7_919 % self.numbers.len().max(1));
                format!("/console/case/{}", number.map_or("", String::as_str))
            } else {
                let queue = QUEUES.get(turn / 2 % QUEUES.len()).unwrap_or(&"new");
                format!("/console/queue/{queue}")
            };
            let start = Instant::now();
            let answer = get(self.addr, &path, &self.cookie);
            let took = start.elapsed();
            if answer.is_ok_and(|text| text.starts_with("HTTP/1.1 200")) {
                let kept = if is_case { &self.cases } else { &self.queues };
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(took);
            }
        }
    }
}

fn numbers(hub: &Hub) -> Result<Vec<String>, Failed> {
    let rows = lossbook_hub::meta::look(hub.looking(), |tx| tx.newest(&[], 2_000))?;
    Ok(rows.into_iter().map(|row| row.number).collect())
}

fn send(addr: SocketAddr, text: &str) -> Result<String, Failed> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(text.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn get(addr: SocketAddr, path: &str, cookie: &str) -> Result<String, Failed> {
    send(
        addr,
        &format!(
            "GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        ),
    )
}

fn sign_in(addr: SocketAddr, password: &str) -> Result<String, Failed> {
    let body = format!("name=%E8%AF%BB%E8%80%85&password={password}");
    let head = "POST /console/sign-in HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n";
    let answer = send(
        addr,
        &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()),
    )?;
    let line = answer
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
    let cookie = line.and_then(|line| line.split([':', ';']).nth(1));
    Ok(cookie.ok_or("nobody was let in")?.trim().to_owned())
}

/// Rows of one table about one case, to be written again under another id.
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

/// Everything of one case that is copied.
struct Template {
    document: Copied,
    changes: Copied,
    envelopes: Copied,
    row: Copied,
    desk: Copied,
    queues: Copied,
    dues: Copied,
    scope: Vec<u8>,
}

impl Template {
    fn read(sql: &Connection, case: &[u8]) -> Result<Self, StoreError> {
        let read = |table, columns, key| Copied::read(sql, (table, columns), (key, case));
        Ok(Self {
            document: read(
                "document",
                "case_id, scope, snapshot, snapshot_ord",
                "case_id",
            )?,
            changes: read(
                "change",
                "case_id, hash, actor, seq, max_op, envelope",
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
            queues: read("hub_queue", "case_id, queue, since, scope, note", "case_id")?,
            dues: read(
                "hub_due",
                "case_id, kind, due, id, scope, since, zh, en, source",
                "case_id",
            )?,
            scope: sql.query_row(
                "SELECT scope FROM document WHERE case_id = ?1",
                [case],
                |row| row.get(0),
            )?,
        })
    }

    fn copy(&self, sql: &Connection, at: u64, stream: i64) -> Result<(), StoreError> {
        let case = case_id(at);
        let id = Value::Blob(case.as_bytes().to_vec());
        let place = i64::try_from(at).unwrap_or(0);
        let first = |row: &mut Vec<Value>| put(row, 0, id.clone());
        self.document.write(sql, |row| {
            first(row);
            // Changes are copied with numbers of their own: all of them are read.
            put(row, 2, Value::Null);
            put(row, 3, Value::Integer(0));
        })?;
        self.changes.write(sql, first)?;
        let mut seq = place * 1_000;
        self.envelopes.write(sql, |row| {
            first(row);
            seq += 1;
            put(row, 1, Value::Integer(stream));
            put(row, 2, Value::Integer(seq));
            put(
                row,
                3,
                Value::Blob(
                    Digest::labelled("bulk", &[&seq.to_be_bytes()])
                        .as_bytes()
                        .to_vec(),
                ),
            );
        })?;
        let name = Value::Text(case.number().to_string());
        self.row.write(sql, |row| {
            first(row);
            put(row, 1, Value::Integer(1_000 + place));
            put(row, 2, name.clone());
        })?;
        self.desk.write(sql, |row| {
            first(row);
            put(row, 1, name.clone());
            put(row, 10, Value::Integer(10));
        })?;
        self.queues.write(sql, first)?;
        self.dues.write(sql, first)?;
        photos(sql, (&case, at), &self.scope)
    }
}

fn put(row: &mut [Value], at: usize, value: Value) {
    if let Some(slot) = row.get_mut(at) {
        *slot = value;
    }
}

/// Ids of 2026, one millisecond after the other.
fn case_id(at: u64) -> CaseId {
    let mut bytes = [0x70; 16];
    let stamp = (1_790_000_000_000 + at).to_be_bytes();
    for (to, from) in bytes.iter_mut().zip(stamp.iter().skip(2)) {
        *to = *from;
    }
    CaseId::from_bytes(bytes)
}

/// Ten originals of its own, and small pictures from the pool.
fn photos(sql: &Connection, (case, at): (&CaseId, u64), scope: &[u8]) -> Result<(), StoreError> {
    let mut blob = sql.prepare_cached(
        "INSERT INTO blob (digest, scope, case_id, envelope, len, chunk_root, media_type, role, of_digest, origin, own, sent, confirmed)
         VALUES (?1, ?2, ?3, zeroblob(32), 1000, zeroblob(32), 'image/jpeg', ?4, ?5, 1, 0, 0, 0)",
    )?;
    let mut held = sql.prepare_cached(
        "INSERT OR IGNORE INTO hub_blob (scope, digest, len, name, key, chunks) VALUES (?1, ?2, 1000, zeroblob(32), zeroblob(32), zeroblob(32))",
    )?;
    for photo in 0..PHOTOS {
        let original = Digest::labelled("original", &[&(at * PHOTOS + photo).to_be_bytes()]);
        let small = Digest::labelled("small", &[&((at * PHOTOS + photo) % POOL).to_be_bytes()]);
        blob.execute((
            original.as_bytes(),
            scope,
            case.as_bytes(),
            1,
            None::<&[u8]>,
        ))?;
        blob.execute((
            small.as_bytes(),
            scope,
            case.as_bytes(),
            2,
            Some(original.as_bytes()),
        ))?;
        held.execute((scope, original.as_bytes()))?;
        held.execute((scope, small.as_bytes()))?;
    }
    Ok(())
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

/// Copies the first cases until there are so many.
fn bulk(home: &std::path::Path, (from, to): (u64, u64)) -> Result<(), Failed> {
    // The key that `wire::hub` makes.
    let mut key = [0; 32];
    FieldHost::new(1).fill_random(&mut key);
    let store = Store::open_beside(home, &StoreKey::from_bytes(key), &[("hub", STEPS)])?;
    let (templates, stream) = store.transact(|tx| {
        let sql = tx.sql();
        let stream = stream(sql)?;
        let mut query = sql.prepare("SELECT case_id FROM case_row ORDER BY row_id LIMIT ?1")?;
        let ids = query.query_map([i64::try_from(TEMPLATES).unwrap_or(0)], |row| {
            row.get::<_, Vec<u8>>(0)
        })?;
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let templates = ids.iter().map(|id| Template::read(sql, id));
        Ok::<_, StoreError>((templates.collect::<Result<Vec<_>, _>>()?, stream))
    })?;
    let mut at = from;
    while at < to {
        let end = (at + BATCH).min(to);
        store.transact(|tx| {
            for case in at..end {
                let template = usize::try_from(case % TEMPLATES).unwrap_or(0);
                if let Some(template) = templates.get(template) {
                    template.copy(tx.sql(), case + 1, stream)?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        at = end;
    }
    Ok(())
}
