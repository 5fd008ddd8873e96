//! Judging a case: time and allocations beside reading its file and writing the answer.

use std::hint::black_box;

use lossbook_core::domain::facts::CaseFacts;
use lossbook_core::rules::{Pack, Packs, SHIPPED, assess};
use lossbook_tests::cases::{case_of, now_of};

use crate::Failed;
use crate::row::{Row, Timings, number};

const LINES: u32 = 15;
const ROUNDS: usize = 41;
const REPEATS: u32 = 50;
/// Any one does; the same for every contract.
const SEED: u64 = 15;

/// What one contract takes, in microseconds and allocations.
struct Taken {
    id: String,
    ours: f64,
    floor: f64,
    allocations: u64,
    floor_allocations: u64,
    bytes: u64,
}

pub(crate) fn run() -> Result<(), Failed> {
    let packs = Packs::shipped().all().iter();
    let contracts = packs.filter(|pack| !pack.paying.covers.is_empty());
    let mut all = contracts.map(judging).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|one, other| other.ours.total_cmp(&one.ours));
    let slowest = all.first().ok_or("no contract is shipped")?;
    let each = |say: fn(&Taken) -> String| all.iter().map(say).collect::<Vec<_>>().join(", ");
    Row {
        name: "assess a case of 15 lines, one core",
        ours: format!("{:.0} µs, {:.0} a second", slowest.ours, 1e6 / slowest.ours),
        peer: format!("{:.0} µs", slowest.floor),
        ratio: slowest.ours / slowest.floor,
        goal: "≤ 2",
        note: format!(
            "the slowest of the contracts, median of {ROUNDS} rounds of {REPEATS}; the floor is \
             serde_json, which reads the case file and writes the answer; a second: {}",
            each(|taken| format!("{} {:.0}", taken.id, 1e6 / taken.ours)),
        ),
    }
    .print();
    Row {
        name: "assess a case of 15 lines, allocations",
        ours: slowest.allocations.to_string(),
        peer: slowest.floor_allocations.to_string(),
        ratio: number(slowest.allocations) / number(slowest.floor_allocations),
        goal: "≤ 4",
        note: format!(
            "same case and floor; {} bytes in all; most are the texts of the answer in two \
             languages, which the answer owns; each contract: {}",
            slowest.bytes,
            each(|taken| format!("{} {}", taken.id, taken.allocations)),
        ),
    }
    .print();
    parsing()?;
    sizes()
}

/// Microseconds of one of many.
fn micros(timings: &Timings) -> f64 {
    timings.median() * 1_000.0 / f64::from(REPEATS)
}

fn judging(pack: &Pack) -> Result<Taken, Failed> {
    let facts = case_of(pack, SEED, LINES);
    let now = now_of(&facts, SEED);
    let file = serde_json::to_vec(&facts)?;
    let judges = Packs::shipped().judges(&pack.id, &facts)?;
    let judge = || assess(&facts, judges, Some(now));
    let answer = judge();
    let floor = || -> Result<(), Failed> {
        let read: CaseFacts = serde_json::from_slice(&file)?;
        black_box(read);
        black_box(serde_json::to_vec(&answer)?);
        Ok(())
    };
    let (mut ours, mut beside) = (Timings::default(), Timings::default());
    for _ in 0..ROUNDS {
        ours.time(|| {
            for _ in 0..REPEATS {
                black_box(judge());
            }
            Ok::<(), Failed>(())
        })?;
        beside.time(|| (0..REPEATS).try_for_each(|_| floor()))?;
    }
    let counted = allocation_counter::measure(|| {
        black_box(judge());
    });
    let mut done = Ok(());
    let floor_counted = allocation_counter::measure(|| done = floor());
    done?;
    Ok(Taken {
        id: pack.id.clone(),
        ours: micros(&ours),
        floor: micros(&beside),
        allocations: counted.count_total,
        floor_allocations: floor_counted.count_total,
        bytes: counted.bytes_total,
    })
}

/// Reading all shipped packs, which happens once in a process.
fn parsing() -> Result<(), Failed> {
    let ours = || {
        SHIPPED.iter().try_for_each(|(_, text)| {
            black_box(Pack::from_toml(text)?);
            Ok::<(), Failed>(())
        })
    };
    let floor = || {
        SHIPPED.iter().try_for_each(|(_, text)| {
            black_box(toml::de::DeTable::parse(text)?);
            Ok::<(), Failed>(())
        })
    };
    let (mut all, mut beside) = (Timings::default(), Timings::default());
    for _ in 0..ROUNDS {
        all.time(ours)?;
        beside.time(floor)?;
    }
    let mut done = Ok(());
    let counted = allocation_counter::measure(|| done = ours());
    done?;
    let mut done = Ok(());
    let floor_counted = allocation_counter::measure(|| done = floor());
    done?;
    Row {
        name: "read the shipped packs",
        ours: format!("{:.2} ms", all.median()),
        peer: format!("{:.2} ms", beside.median()),
        ratio: all.median() / beside.median(),
        goal: "≤ 4",
        note: format!(
            "median of {ROUNDS}, {} packs, once in a process; ours also checks every id, source and \
             number and takes the digest: {} allocations; the peer is the toml crate alone: {}",
            SHIPPED.len(),
            counted.count_total,
            floor_counted.count_total,
        ),
    }
    .print();
    Ok(())
}

/// What the packs add to the library of a phone.
fn sizes() -> Result<(), Failed> {
    let mut bytes = Vec::new();
    let mut text = 0;
    for (_, toml) in SHIPPED {
        text += toml.len();
        bytes.extend_from_slice(Pack::from_toml(toml)?.bytes());
    }
    let squeezed = zstd::bulk::compress(&bytes, 19)?.len();
    let (text, squeezed) = (u64::try_from(text)?, u64::try_from(squeezed)?);
    Row {
        name: "the packs in the phone library",
        ours: format!("{:.1} KiB", number(text) / 1_024.0),
        peer: format!("{:.1} KiB", number(squeezed) / 1_024.0),
        ratio: number(text) / number(squeezed),
        goal: "≤ 512 KiB",
        note: format!(
            "all {} packs as the TOML that is built in, comments included; the peer is their \
             canonical CBOR ({:.1} KiB) under zstd 19, the least they could take with the \
             decompressor that the library has anyway",
            SHIPPED.len(),
            number(u64::try_from(bytes.len())?) / 1_024.0,
        ),
    }
    .print();
    Ok(())
}
