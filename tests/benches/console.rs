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
use lossbook_core::store::rusqlite::Connection;
use lossbook_core::store::{CaseQuery, Store, StoreError, StoreKey};
use lossbook_hub::meta::STEPS;
use lossbook_hub::{Hub, ServeConfig, serve};
use lossbook_tests::bulk::{Template, case_id};
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
const BATCH: u64 = 10_000;
/// Pages kept in memory while copying, as SQLite counts KiB: indexes are written where an id falls.
const CACHE_KIB: i64 = -8_000_000;
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

/// The board of figures, and lists behind its numbers; all cases of the bench lie in these days.
const BOARDS: [&str; 4] = [
    "kpi?from=2025-01-01&to=2027-12-31",
    "kpi/arrival/denominator?from=2025-01-01&to=2027-12-31",
    "kpi?from=2025-01-01&to=2027-12-31&contract=huzhu-rural-housing",
    "kpi/surveyed/numerator?from=2025-01-01&to=2027-12-31",
];

/// What the readers saw.
#[derive(Default)]
struct Seen {
    queues: Timings,
    cases: Timings,
    boards: Timings,
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
        (
            "console: p95 of the board of figures and the lists behind it, 100,000 cases beside 10,000",
            &small.boards,
            &large.boards,
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
        boards: Mutex::default(),
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
        boards: own(people.boards),
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
    boards: Mutex<Timings>,
    is_over: AtomicBool,
}

impl People {
    /// One reader: a queue, a case, a queue, until it is over.
    fn read(&self, from: usize) {
        let mut turn = from;
        while !self.is_over.load(Ordering::Relaxed) {
            turn += 1;
            let (path, kept) = self.next(turn);
            let start = Instant::now();
            let answer = get(self.addr, &path, &self.cookie);
            let took = start.elapsed();
            if answer.is_ok_and(|text| text.starts_with("HTTP/1.1 200")) {
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(took);
            }
        }
    }
}

impl People {
    /// Which page comes next, and where its time is kept: every other one is a case.
    fn next(&self, turn: usize) -> (String, &Mutex<Timings>) {
        if turn.is_multiple_of(2) {
            let number = self.numbers.get(turn * 7_919 % self.numbers.len().max(1));
            let number = number.map_or("", String::as_str);
            return (format!("/console/case/{number}"), &self.cases);
        }
        if turn % 6 == 1 {
            let board = BOARDS.get(turn / 6 % BOARDS.len()).unwrap_or(&"kpi");
            return (format!("/console/{board}"), &self.boards);
        }
        let queue = QUEUES.get(turn / 2 % QUEUES.len()).unwrap_or(&"new");
        (format!("/console/queue/{queue}"), &self.queues)
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

/// Ids of 2026, one millisecond after the other.
fn id_of(at: u64) -> CaseId {
    case_id(1_790_000_000_000 + at)
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

/// Copies the first cases until there are so many.
#[expect(clippy::print_stderr, reason = "it takes minutes, and somebody waits")]
fn bulk(home: &std::path::Path, (from, to): (u64, u64)) -> Result<(), Failed> {
    // The key that `wire::hub` makes.
    let mut key = [0; 32];
    FieldHost::new(1).fill_random(&mut key);
    let store = Store::open_beside(home, &StoreKey::from_bytes(key), &[("hub", STEPS)])?;
    let templates = store.transact(|tx| Template::first(tx.sql(), TEMPLATES))?;
    let mut at = from;
    while at < to {
        let end = (at + BATCH).min(to);
        store.transact(|tx| {
            tx.sql().pragma_update(None, "cache_size", CACHE_KIB)?;
            for case in at..end {
                let template = usize::try_from(case % TEMPLATES).unwrap_or(0);
                if let Some(template) = templates.get(template) {
                    let (sql, id) = (tx.sql(), id_of(case + 1));
                    template.copy(sql, (&id, case + 1))?;
                    photos(sql, (&id, case + 1), &template.scope)?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        at = end;
        eprintln!("{at} of {to} cases copied");
    }
    Ok(())
}
