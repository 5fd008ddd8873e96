//! Opening a store of ten thousand cases to its first list, beside SQLite with the same rows.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use lossbook_core::app::Device;
use lossbook_core::store::rusqlite::{Connection, params};
use lossbook_core::store::{CaseQuery, CaseRow};

use crate::row::{Row, Timings, number};
use crate::world::{RAW_KEY, World, fields, open};
use crate::{Failed, memory};

/// The word by which this program starts itself to measure memory.
pub(crate) const CHILD: &str = "list-ten-thousand-cases";
const CASES: u32 = 10_000;
const ROUNDS: u32 = 31;
const COLUMNS: &str = "case_id, scope, number, household, place, cause, low, high, contested, lines, photos, status, signature, updated, heads";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cipher {
    Plain,
    Keyed,
}

pub(crate) fn run() -> Result<(), Failed> {
    let world = World::new()?;
    let start = Instant::now();
    let phone = world.phone("li")?;
    fill(&phone)?;
    let built = start.elapsed().as_secs_f64();
    let all = CaseQuery {
        limit: u32::MAX,
        ..CaseQuery::default()
    };
    let rows = phone.cases(&all)?;
    drop(phone);
    let (plain, keyed) = (
        world.dir.path().join("plain.db"),
        world.dir.path().join("keyed.db"),
    );
    copy(&plain, Cipher::Plain, &rows)?;
    copy(&keyed, Cipher::Keyed, &rows)?;
    let [ours, beside, floor] = measure(&world.home("li"), &keyed, &plain)?;
    let note = format!(
        "median of {} in one process, files in the page cache, closed in between; ours also locks \
         the folder, checks the version and parses ids, and closing counts on both sides; the \
         store was built by {} reports in {built:.0} s ({:.2} ms each, durable)",
        ours.count(),
        rows.len(),
        built * 1_000.0 / f64::from(CASES),
    );
    let names = [
        (
            "open 10,000 cases and list 50, beside SQLCipher",
            &beside,
            "≤ 2",
        ),
        (
            "open 10,000 cases and list 50, beside plain SQLite",
            &floor,
            "≤ 2.5",
        ),
    ];
    for (name, peer, goal) in names {
        Row {
            name,
            ours: format!("{:.2} ms", ours.median()),
            peer: format!("{:.2} ms", peer.median()),
            ratio: ours.median() / peer.median(),
            goal,
            note: note.clone(),
        }
        .print();
    }
    resident(&world.home("li"))
}

/// What a process takes that opens the store and lists, and that has nothing else in it.
fn resident(home: &Path) -> Result<(), Failed> {
    let kib = memory::of_child([OsStr::new(CHILD), home.as_os_str()])?;
    let mib = number(kib) / 1_024.0;
    Row {
        name: "memory with 10,000 cases open and 50 listed",
        ours: format!("{mib:.1} MiB"),
        peer: "32 MiB".to_owned(),
        ratio: mib / 32.0,
        goal: "≤ 1",
        note: "resident set of the whole process, its code and the pages of the database \
               included; the peer is the goal"
            .to_owned(),
    }
    .print();
    Ok(())
}

/// Opens the store, lists, and prints the resident set in KiB.
#[expect(
    clippy::print_stdout,
    reason = "this process speaks to its parent through its output"
)]
pub(crate) fn child(home: &str) -> Result<(), Failed> {
    let phone = open(Path::new(home))?;
    let listed = phone.cases(&CaseQuery::default())?.len();
    let kib = memory::now_kib()?;
    if listed != 50 {
        return Err(format!("listed {listed} cases, not 50").into());
    }
    println!("{kib}");
    Ok(())
}

/// Opening and listing: ours, with a key, without one, by turns.
fn measure(home: &Path, keyed: &Path, plain: &Path) -> Result<[Timings; 3], Failed> {
    let (mut ours, mut beside, mut floor) = <(Timings, Timings, Timings)>::default();
    for _ in 0..ROUNDS {
        let listed = ours.time(|| -> Result<usize, Failed> {
            Ok(open(home)?.cases(&CaseQuery::default())?.len())
        })?;
        let keyed = beside.time(|| first_list(keyed, Cipher::Keyed))?;
        let plain = floor.time(|| first_list(plain, Cipher::Plain))?;
        if [listed, keyed, plain] != [50; 3] {
            return Err(format!("listed {listed}, {keyed} and {plain} rows, not 50 each").into());
        }
    }
    Ok([ours, beside, floor])
}

fn fill(phone: &Device) -> Result<(), Failed> {
    for number in 0..CASES {
        let report = fields(&[
            ("household", format!("户主 {number}")),
            ("reporter", format!("报案人 {number}")),
            ("phone", format!("139{number:08}")),
            ("cause", "hail".to_owned()),
            (
                "place",
                format!("五十镇 {} 村 {} 号", number % 97, number % 331),
            ),
        ]);
        phone.report_loss(None, &report)?;
    }
    Ok(())
}

/// The settings of our store; a key only if wished.
fn connect(path: &Path, cipher: Cipher) -> Result<Connection, Failed> {
    let connection = Connection::open(path)?;
    if cipher == Cipher::Keyed {
        let mut pragma = String::from("PRAGMA key = \"x'");
        for byte in RAW_KEY {
            write!(pragma, "{byte:02x}")?;
        }
        pragma.push_str("'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;");
        connection.execute_batch(&pragma)?;
    }
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;",
    )?;
    Ok(connection)
}

fn copy(path: &Path, cipher: Cipher, rows: &[CaseRow]) -> Result<(), Failed> {
    let mut connection = connect(path, cipher)?;
    connection.execute_batch(&format!(
        "CREATE TABLE case_row ({COLUMNS}, PRIMARY KEY (case_id));
         CREATE INDEX case_updated ON case_row (updated DESC, case_id);"
    ))?;
    let insert = format!("INSERT INTO case_row ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    let tx = connection.transaction()?;
    for row in rows {
        tx.prepare_cached(&insert)?.execute(params![
            row.case.as_bytes(),
            row.scope.as_bytes(),
            row.number,
            row.household,
            row.place,
            row.cause,
            row.total.low.fen(),
            row.total.high.fen(),
            i64::try_from(row.contested)?,
            i64::try_from(row.lines)?,
            i64::try_from(row.photos)?,
            row.status,
            row.signature,
            row.updated.0,
            row.heads.as_bytes(),
        ])?;
    }
    tx.commit()?;
    Ok(())
}

fn first_list(path: &Path, cipher: Cipher) -> Result<usize, Failed> {
    let connection = connect(path, cipher)?;
    let sql = format!("SELECT {COLUMNS} FROM case_row ORDER BY updated DESC, case_id LIMIT 50");
    let mut select = connection.prepare(&sql)?;
    let mut rows = select.query([])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let (case, heads): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(14)?);
        let (number, household): (String, String) = (row.get(2)?, row.get(3)?);
        let (place, cause): (String, String) = (row.get(4)?, row.get(5)?);
        let (status, signature): (String, String) = (row.get(11)?, row.get(12)?);
        let updated: i64 = row.get(13)?;
        texts.push((
            case, heads, number, household, place, cause, status, signature, updated,
        ));
    }
    Ok(texts.len())
}
