//! The console over a hundred thousand cases: how long a page takes while twenty people read and
//! phones sync, how that grew from ten thousand, and how much memory the hub has.
//!
//! A few cases come through the intake; a bulk loader copies their rows under new ids, each case
//! with ten photos whose small pictures come from a pool, and its places in the queues. It is a
//! process of its own, for it takes memory that is not the hub's.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lossbook_core::app::Device;
use lossbook_core::domain::{CaseId, Digest, Host};
use lossbook_core::store::rusqlite::Connection;
use lossbook_core::store::{Store, StoreError, StoreKey};
use lossbook_hub::meta::STEPS;
use lossbook_hub::{Hub, ServeConfig, serve};
use lossbook_tests::bulk::{Template, case_id};
use lossbook_tests::field::{Dice, FieldHost, MEASURED, Worker};
use lossbook_tests::wire::{exchange, hub, phone};

use crate::row::{Row, Timings, number};
use crate::{Failed, memory};

const TEMPLATES: u64 = 8;
const CONTRACT: &str = "huzhu-rural-housing";
const LINES: u64 = 15;
const SMALL: u64 = 10_000;
const LARGE: u64 = 100_000;
const PHOTOS: u64 = 10;
const POOL: u64 = 1_000;
const READERS: usize = 20;
const READ_FOR: Duration = Duration::from_secs(30);
/// Nobody reads a page in less.
const THINK: Duration = Duration::from_secs(1);
/// How often each page is read alone.
const ALONE: usize = 10;
/// The word by which this program starts itself to copy cases.
pub(crate) const CHILD: &str = "copy-cases";
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

/// How long pages took, by kind.
#[derive(Default)]
struct Pages {
    queues: Timings,
    cases: Timings,
    boards: Timings,
}

impl Pages {
    const fn queues(&self) -> &Timings {
        &self.queues
    }

    const fn cases(&self) -> &Timings {
        &self.cases
    }

    const fn boards(&self) -> &Timings {
        &self.boards
    }

    fn of(&mut self, kind: Kind) -> &mut Timings {
        match kind {
            Kind::Queue => &mut self.queues,
            Kind::Case => &mut self.cases,
            Kind::Board => &mut self.boards,
        }
    }

    fn all(&self) -> Timings {
        let mut all = Timings::default();
        for part in [&self.queues, &self.cases, &self.boards] {
            all.extend(part);
        }
        all
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Queue,
    Case,
    Board,
}

/// What the readers saw of one hub.
struct Seen {
    /// One reader, nothing else.
    alone: Pages,
    /// Twenty who read what they open, beside a phone.
    calm: Pages,
    /// Twenty who do not wait.
    pressed: Pages,
    exchanges: u64,
    resident_mib: u64,
}

impl Seen {
    fn of(hub: &Hub, phone: (&Device, &str), password: &str) -> Result<Self, Failed> {
        let serving = serve(hub.clone(), &ServeConfig::default())?;
        let cookie = sign_in(serving.addr, password)?;
        let people = |think| People {
            addr: serving.addr,
            cookie: cookie.clone(),
            numbers: numbers(hub).unwrap_or_default(),
            think,
            pages: Mutex::default(),
            is_over: AtomicBool::new(false),
        };
        let alone = people(Duration::ZERO);
        alone.read_all();
        let (calm, exchanges) = people(THINK).read_beside(hub, phone)?;
        let (pressed, more) = people(Duration::ZERO).read_beside(hub, phone)?;
        Ok(Self {
            alone: alone.done(),
            calm,
            pressed,
            exchanges: exchanges + more,
            resident_mib: resident_mib(),
        })
    }

    fn rate(&self) -> f64 {
        number(self.pressed.all().count() as u64) / READ_FOR.as_secs_f64()
    }
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
        device.set_field(&case, "report.contract", CONTRACT)?;
        worker.survey(&case)?;
        for _ in 0..LINES {
            worker.line(&case)?;
        }
        worker.sign(&case, 60)?;
    }
    // Those that are copied stay as they are: the phone goes on writing in another.
    let case = device.report_loss(None, &[])?.to_string();
    exchange(&device, &hub)?;
    hub.add_user("读者").map_err(|refusal| refusal.detail)?;
    let password = hub
        .make_password("读者")
        .map_err(|refusal| refusal.detail)?;
    fill(&home, (0, SMALL))?;
    let small = Seen::of(&hub, (&device, &case), &password)?;
    fill(&home, (SMALL, LARGE))?;
    let large = Seen::of(&hub, (&device, &case), &password)?;
    say(&small, &large);
    Ok(())
}

fn say(small: &Seen, large: &Seen) {
    for (what, part) in [
        ("a queue", Pages::queues as fn(&Pages) -> &Timings),
        ("a case page", Pages::cases),
        (
            "the board of figures and the lists behind it",
            Pages::boards,
        ),
    ] {
        let of = |pages: &Pages| part(pages).at(95);
        let (alone, calm) = (part(&large.alone), part(&large.calm));
        Row {
            name: &format!("console: p95 of {what}, 100,000 cases beside 10,000"),
            ours: format!("{:.0} ms", of(&large.calm)),
            peer: format!("{:.0} ms", of(&small.calm)),
            ratio: of(&large.calm) / of(&small.calm),
            goal: "at most 150 ms",
            note: format!(
                "{READERS} readers over loopback, each the next page a second after the last has come, \
                 while a phone syncs without pause; median {:.0} and {:.0} ms, {} and {} pages; {} photo \
                 rows. One reader alone: p95 {:.0} and {:.0} ms",
                calm.median(),
                part(&small.calm).median(),
                calm.count(),
                part(&small.calm).count(),
                LARGE * PHOTOS,
                alone.at(95),
                of(&small.alone),
            ),
        }
        .print();
    }
    Row {
        name: "console: pages a second, 100,000 cases beside 10,000",
        ours: format!("{:.0}", large.rate()),
        peer: format!("{:.0}", small.rate()),
        ratio: large.rate() / small.rate(),
        goal: "none",
        note: format!(
            "{READERS} readers, each the next page as soon as the last has come, on two processors with \
             the phone and the readers; p95 of all pages {:.0} and {:.0} ms",
            large.pressed.all().at(95),
            small.pressed.all().at(95)
        ),
    }
    .print();
    Row {
        name: "console: memory of hub, phone and readers together",
        ours: format!("{} MiB", large.resident_mib),
        peer: format!("{} MiB", small.resident_mib),
        ratio: number(large.resident_mib) / number(small.resident_mib.max(1)),
        goal: "at most 300 MiB for the hub",
        note: format!(
            "resident at the end of reading; {} exchanges of the phone meanwhile",
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

/// A phone edits a case and exchanges, again and again; says how often.
fn keep_syncing(hub: &Hub, (device, case): (&Device, &str)) -> Result<u64, Failed> {
    let until = Instant::now() + READ_FOR;
    let mut exchanges = 0;
    while Instant::now() < until {
        let text = format!("报案人 {exchanges}");
        device.set_field(case, "report.reporter", &text)?;
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
    think: Duration,
    pages: Mutex<Pages>,
    is_over: AtomicBool,
}

impl People {
    /// Twenty read for a while; a phone edits and syncs beside them. Says how often it did.
    fn read_beside(self, hub: &Hub, phone: (&Device, &str)) -> Result<(Pages, u64), Failed> {
        let exchanges = std::thread::scope(|scope| {
            for reader in 0..READERS {
                let people = &self;
                scope.spawn(move || people.read(reader * 31));
            }
            let done = keep_syncing(hub, phone);
            self.is_over.store(true, Ordering::Relaxed);
            done
        })?;
        Ok((self.done(), exchanges))
    }

    fn done(self) -> Pages {
        let pages = self.pages.into_inner();
        pages.unwrap_or_else(PoisonError::into_inner)
    }

    /// One reader: a case, a queue, a case, a board, until it is over.
    fn read(&self, from: usize) {
        let mut turn = from;
        while !self.is_over.load(Ordering::Relaxed) {
            turn += 1;
            let (path, kind) = self.next(turn);
            self.open(&path, kind);
            std::thread::sleep(self.think);
        }
    }

    /// Every page some times, one after the other; says how long each took at its best.
    #[expect(clippy::print_stderr, reason = "so that one knows what to look at")]
    fn read_all(&self) {
        let queues = QUEUES.map(|queue| (format!("/console/queue/{queue}"), Kind::Queue));
        let boards = BOARDS.map(|board| (format!("/console/{board}"), Kind::Board));
        let cases = (0..5).map(|turn| (self.case(turn), Kind::Case));
        for (path, kind) in queues.into_iter().chain(boards).chain(cases) {
            let took = (0..ALONE).filter_map(|_| self.open(&path, kind)).min();
            let ms = took.unwrap_or_default().as_secs_f64() * 1_000.0;
            let page = get(self.addr, &path, &self.cookie).unwrap_or_default();
            eprintln!("{path}: {ms:.1} ms, {} KB", page.len() / 1_000);
        }
    }

    fn open(&self, path: &str, kind: Kind) -> Option<Duration> {
        let start = Instant::now();
        let answer = get(self.addr, path, &self.cookie);
        let took = start.elapsed();
        answer
            .ok()
            .filter(|text| text.starts_with("HTTP/1.1 200"))?;
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.of(kind).push(took);
        Some(took)
    }

    fn case(&self, turn: usize) -> String {
        let number = self.numbers.get(turn * 7_919 % self.numbers.len().max(1));
        format!("/console/case/{}", number.map_or("", String::as_str))
    }

    /// Which page comes next: every other one is a case.
    fn next(&self, turn: usize) -> (String, Kind) {
        if turn.is_multiple_of(2) {
            return (self.case(turn), Kind::Case);
        }
        if turn % 6 == 1 {
            let board = BOARDS.get(turn / 6 % BOARDS.len()).unwrap_or(&"kpi");
            return (format!("/console/{board}"), Kind::Board);
        }
        let queue = QUEUES.get(turn / 2 % QUEUES.len()).unwrap_or(&"new");
        (format!("/console/queue/{queue}"), Kind::Queue)
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

/// Has the cases copied by a process of its own.
fn fill(home: &Path, (from, to): (u64, u64)) -> Result<(), Failed> {
    let numbers = [from.to_string(), to.to_string()];
    let [from, to] = numbers.each_ref().map(OsStr::new);
    let copied = memory::of_child([OsStr::new(CHILD), home.as_os_str(), from, to])?;
    (copied > 0)
        .then_some(())
        .ok_or_else(|| "nothing was copied".into())
}

/// Copies the first cases until there are so many; prints how many were copied.
#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "it takes minutes, and somebody waits; this process speaks to its parent"
)]
pub(crate) fn child(home: &str, (from, to): (&str, &str)) -> Result<(), Failed> {
    let (from, to): (u64, u64) = (from.parse()?, to.parse()?);
    let store = store(Path::new(home))?;
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
    println!("{}", to - from);
    Ok(())
}

/// The store of a hub that [`hub`] made, with the key that it makes.
fn store(home: &Path) -> Result<Store, Failed> {
    let mut key = [0; 32];
    FieldHost::new(1).fill_random(&mut key);
    Ok(Store::open_beside(
        home,
        &StoreKey::from_bytes(key),
        &[("hub", STEPS)],
    )?)
}
