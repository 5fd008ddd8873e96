//! Are altered copies found, and only they? `cargo xtask long lookalike`.
//!
//! 2,400 photos of 400 seeds are drawn, six scenes of each seed: they share sky, soil and walls,
//! and two of the six are one house from two sides. They go into an index with 7,600 more drawn
//! photos and 90,000 fingerprints mixed of the drawn ones' bits. Then twelve alterations of each
//! photo are looked for, as JPEG through the same decoder as at capture, and 1,200 photos of other
//! seeds, which should find nothing. Prints one `COUNT {json}` line, which goes to
//! `docs/benchmarks.md`, and draws `docs/lookalike.svg`.
#![expect(clippy::print_stdout, reason = "benchmarks speak on standard output")]

mod alter;
mod curve;

use std::error::Error;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::domain::CivilTime;
use lossbook_core::evidence::{
    Fingerprint, INDEX_ENTRY_BYTES, IndexEntry, LookalikeIndex, MAX_DIFFERENT, PhotoMark, Shades,
    examine, thumbnail,
};
use serde_json::{Map, Value, json};

use alter::{KINDS, Picture, alter};
use curve::Curve;

type Failed = Box<dyn Error + Send + Sync>;

/// Six scenes of each.
const SEEDS: u64 = 400;
const STRANGERS: u64 = 7_600;
const ENTRIES: usize = 100_000;
const UNRELATED: u64 = 1_200;
const TIMED: usize = 200;

/// Distances drawn beyond the limit that is used.
const FURTHEST: u32 = 28;

fn main() -> Result<(), Failed> {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|word| word == "--test") {
        return Ok(());
    }
    let seeds = match std::env::var("LOSSBOOK_LOOK_SEEDS") {
        Ok(text) => text.parse()?,
        Err(_) => SEEDS,
    };
    let originals = halves(seeds * 6, |number| draw(number, 640))?;
    let mut entries = halves(seeds * 6, |number| entry(number, &originals))?;
    entries.extend(halves(STRANGERS * seeds / SEEDS, |number| {
        let jpeg = draw(1_000_000 + number, 320)?;
        look(&shades(&jpeg)?, 1_000_000 + number)
    })?);
    let drawn = entries.len();
    fill(&mut entries);
    let index: LookalikeIndex = entries.into_iter().collect();
    println!(
        "{} originals, {drawn} drawn, {} entries",
        originals.len(),
        index.len()
    );

    let queries = seeds * 6 * KINDS.len() as u64;
    let copies = halves(queries, |query| copy(query, &originals, &index))?;
    let unrelated = halves(UNRELATED * seeds / SEEDS, |number| {
        let found = index.search_within(&shades(&draw(5_000_000 + number, 640)?)?, 1, FURTHEST);
        Ok(found.first().map(|alike| alike.different))
    })?;
    let sides = halves(seeds * 2, |side| other_side(side, &originals, &index))?;
    let times = timed(&index, &originals)?;
    let curve = Curve::of(&copies, &unrelated, FURTHEST);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lookalike.svg");
    std::fs::write(docs, curve.svg(MAX_DIFFERENT))?;
    report(
        &curve,
        &sides,
        &times,
        (originals.len(), drawn, index.len()),
    );
    Ok(())
}

/// The work of numbers from 0 on, by two threads.
fn halves<T: Send>(
    count: u64,
    work: impl Fn(u64) -> Result<T, Failed> + Sync,
) -> Result<Vec<T>, Failed> {
    let some = |from: u64, to: u64| (from..to).map(&work).collect::<Result<Vec<T>, Failed>>();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| some(0, count / 2));
        let second = some(count / 2, count)?;
        let mut all = first.join().map_err(|_panic| "a worker stopped")??;
        all.extend(second);
        Ok(all)
    })
}

/// Six scenes of one seed follow each other; the first two are a house from two sides.
fn draw(number: u64, width: u32) -> Result<Vec<u8>, Failed> {
    let place = usize::try_from(number % 6)?;
    let kind = *SceneKind::ALL.get(place).ok_or("six kinds")?;
    Ok(render(&Shot {
        width,
        height: width / 4 * 3,
        seed: number / 6 + 1,
        kind,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: None,
        },
        place: (36.834, 101.952, 2_543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    }))
}

/// As at capture.
fn shades(jpeg: &[u8]) -> Result<Shades, Failed> {
    let facts = examine(&mut Cursor::new(jpeg))?;
    let small = thumbnail(jpeg, &facts, None).map_err(|problem| problem.to_string())?;
    Ok(small.shades)
}

fn look(shades: &Shades, number: u64) -> Result<IndexEntry, Failed> {
    let fingerprint = Fingerprint::of(shades).ok_or("a flat picture")?;
    let photo = number.to_be_bytes();
    Ok(IndexEntry { fingerprint, photo })
}

fn original(originals: &[Vec<u8>], number: u64) -> Result<&[u8], Failed> {
    let place = usize::try_from(number)?;
    Ok(originals.get(place).ok_or("no such original")?)
}

fn entry(number: u64, originals: &[Vec<u8>]) -> Result<IndexEntry, Failed> {
    look(&shades(original(originals, number)?)?, number)
}

/// Up to the full count: each bit from one of two drawn photos, so the mixture is as real as can be.
fn fill(entries: &mut Vec<IndexEntry>) {
    let drawn = entries.clone();
    let mut chance = alter::Chance::new(77);
    while entries.len() < ENTRIES {
        let mut pick = || {
            drawn
                .get(chance.below(drawn.len()))
                .map(|entry| entry.fingerprint.to_bytes())
        };
        let (Some(mut bytes), Some(other)) = (pick(), pick()) else {
            return;
        };
        for (byte, other) in bytes.iter_mut().zip(other) {
            let mask = u8::try_from(chance.below(256)).unwrap_or(0);
            *byte = (*byte & mask) | (other & !mask);
        }
        entries.push(IndexEntry {
            fingerprint: Fingerprint::from_bytes(&bytes),
            photo: [0xFF; 8],
        });
    }
}

/// Which alteration it was, and how different the copy's original is if it is found.
fn copy(
    query: u64,
    originals: &[Vec<u8>],
    index: &LookalikeIndex,
) -> Result<(usize, Option<u32>), Failed> {
    let kinds = KINDS.len() as u64;
    let (number, kind) = (query / kinds, usize::try_from(query % kinds)?);
    let picture = Picture::decode(original(originals, number)?)?;
    let altered = alter(&picture, kind, query)?;
    let found = index.search_within(&shades(&altered)?, usize::MAX, FURTHEST);
    let wanted: PhotoMark = number.to_be_bytes();
    let own = found.iter().find(|alike| alike.photo == wanted);
    Ok((kind, own.map(|alike| alike.different)))
}

/// Whether a house from one side finds the same house from the other.
fn other_side(side: u64, originals: &[Vec<u8>], index: &LookalikeIndex) -> Result<bool, Failed> {
    let (number, other) = (side / 2 * 6 + side % 2, side / 2 * 6 + 1 - side % 2);
    let found = index.search(&shades(original(originals, number)?)?, usize::MAX);
    Ok(found.iter().any(|alike| alike.photo == other.to_be_bytes()))
}

/// One thread, one search after the other.
fn timed(index: &LookalikeIndex, originals: &[Vec<u8>]) -> Result<Vec<Duration>, Failed> {
    let mut times = Vec::new();
    for jpeg in originals.iter().take(TIMED) {
        let shades = shades(jpeg)?;
        let start = Instant::now();
        let found = index.search(&shades, 5);
        times.push(start.elapsed());
        if found.is_empty() {
            return Err("an original does not find itself".into());
        }
    }
    times.sort_unstable();
    Ok(times)
}

fn report(
    curve: &Curve,
    sides: &[bool],
    times: &[Duration],
    (originals, drawn, entries): (usize, usize, usize),
) {
    let mut counted = Map::new();
    let mut note = |name: &str, value: Value| counted.insert(name.to_owned(), value);
    note("recall", json!(percent(curve.recall(MAX_DIFFERENT))));
    for (kind, name) in KINDS.iter().enumerate() {
        let recall = curve.recall_of(kind, MAX_DIFFERENT);
        note(&format!("recall: {name}"), json!(percent(recall)));
    }
    note(
        "unrelated that hit anything",
        json!(percent(curve.false_hits(MAX_DIFFERENT))),
    );
    note("unrelated asked", json!(curve.unrelated()));
    let matched = sides.iter().filter(|matched| **matched).count();
    note(
        "other sides matched",
        json!(format!("{matched} of {}", sides.len())),
    );
    let milliseconds = |part: usize| {
        let time = times
            .get(times.len() * part / 100)
            .copied()
            .unwrap_or_default();
        format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
    };
    note("query, median", json!(milliseconds(50)));
    note("query, p95", json!(milliseconds(95)));
    note("bytes per photo", json!(INDEX_ENTRY_BYTES));
    note("originals", json!(originals));
    note("drawn entries", json!(drawn));
    note("entries", json!(entries));
    note(
        "differing bits allowed",
        json!(format!("{MAX_DIFFERENT} of 160")),
    );
    println!("COUNT {}", Value::Object(counted));
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}
