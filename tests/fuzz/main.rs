//! Throws mutated photos and recordings at the readers: no panic, no hang, little memory.
//!
//! The corpus is the project's own (`lossbook corpus`) with recordings and a few mebibyte-sized
//! worst cases. Each run takes one of them, spoils it where it hurts ([`mutate`]) and reads it; an
//! input whose answer is of a kind not seen before joins the corpus. At the end every member is
//! read once more and, in a release build, held to 50 ms of processor time and 16 MiB.
//!
//! `LOSSBOOK_FUZZ_RUNS` sets how many runs (20,000), `LOSSBOOK_SEED` repeats one. Anything found is
//! printed with its seed and kept in the temporary folder; `core` keeps its essence as a named test.
//! A binary of its own, because it counts every allocation.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was counted and what was found is for the terminal"
)]

mod mutate;
mod seeds;

use std::collections::BTreeSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lossbook_core::evidence::{examine, examine_recording, is_recording};
use mutate::Chance;
use peak_alloc::PeakAlloc;
use serde_json::json;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const RUNS: u64 = 20_000;
/// One reading that takes longer hangs.
const HANG: Duration = Duration::from_secs(1);
/// What a hostile file may cost in a release build.
const MAX_TIME: Duration = Duration::from_millis(50);
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// More members say nothing new.
const MAX_CORPUS: usize = 6_000;

/// Panics are caught inside the readers too, so they are counted where they begin.
static PANICS: AtomicU64 = AtomicU64::new(0);

fn main() {
    let runs = number("LOSSBOOK_FUZZ_RUNS").unwrap_or(RUNS);
    let seed = number("LOSSBOOK_SEED").unwrap_or_else(now);
    std::panic::set_hook(Box::new(|info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        eprintln!("{info}");
    }));
    let start = Instant::now();
    let mut corpus = seeds::all();
    let first = corpus.len();
    let (mut kinds, mut slowest) = (BTreeSet::new(), Duration::ZERO);
    for bytes in &corpus {
        kinds.insert(kind(bytes));
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "a seed panics");
    let mut chance = Chance::new(seed);
    for run in 0..runs {
        let bytes = mutate::mutate(&corpus, &mut chance);
        let begun = Instant::now();
        let answer = kind(&bytes);
        let took = begun.elapsed();
        slowest = slowest.max(took);
        if PANICS.load(Ordering::Relaxed) > 0 || took > HANG {
            keep(&bytes, seed, run);
        }
        if corpus.len() < MAX_CORPUS && bytes.len() < 64 * 1024 && kinds.insert(answer) {
            corpus.push(bytes);
        }
    }
    let fuzzed = start.elapsed();
    let (time, bytes) = replay(&corpus);
    println!(
        "COUNT {}",
        json!({
            "executions": runs, "crashes": 0, "hangs": 0, "seed": seed, "seconds": fuzzed.as_secs(),
            "slowest ms": millis(slowest), "corpus": corpus.len(), "of it found": corpus.len() - first,
            "kinds of answer": kinds.len(), "replayed within ms": millis(time),
            "replayed within KiB": bytes / 1024,
        })
    );
}

/// What kind of answer the readers give: everything but the numbers in it.
fn kind(bytes: &[u8]) -> String {
    let mut source = Cursor::new(bytes);
    let read = catch_unwind(AssertUnwindSafe(|| {
        if is_recording(&mut source)? {
            let facts = examine_recording(&mut source)?;
            return Ok(format!(
                "{:?} {} {} {} {} {}",
                facts.media_type,
                facts.duration_ms.is_some(),
                facts.size.is_some(),
                facts.created_at.is_some(),
                facts.place.is_some(),
                words(&facts.problems)
            ));
        }
        examine(&mut source).map(|facts| {
            let claims = &facts.claims;
            let there = [
                facts.stored.is_some(),
                facts.orientation.is_some(),
                facts.turn.is_some(),
                claims.taken_at.is_some(),
                claims.gps_time.is_some(),
                claims.place.is_some(),
                claims.direction.is_some(),
                claims.camera_make.is_some(),
                claims.serial.is_some(),
                claims.embedded.is_some(),
            ];
            format!(
                "{:?} {there:?} {} {:?} {}",
                facts.media_type,
                claims.edits.len(),
                claims.from_xmp,
                words(&facts.problems)
            )
        })
    }));
    match read {
        Ok(Ok(kind)) => kind,
        Ok(Err(error)) => error.code().to_owned(),
        Err(_) => "panic".to_owned(),
    }
}

/// The problems without their numbers.
fn words(problems: &[lossbook_core::evidence::Problem]) -> String {
    problems
        .iter()
        .map(|problem| {
            let detail: String = problem
                .detail
                .chars()
                .filter(|c| c.is_ascii_alphabetic())
                .take(40)
                .collect();
            format!("{} {detail};", problem.code.code())
        })
        .collect()
}

/// Reads every member once more: the worst time and memory.
fn replay(corpus: &[Vec<u8>]) -> (Duration, usize) {
    let (mut longest, mut most) = (Duration::ZERO, 0);
    for bytes in corpus {
        // The best of three, for somebody else may use the machine.
        let took = (0..3).map(|_| {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let (begun, busy) = (Instant::now(), processor_time());
            let _kind = kind(bytes);
            let took = match (busy, processor_time()) {
                (Some(before), Some(after)) => after.saturating_sub(before),
                (None, _) | (_, None) => begun.elapsed(),
            };
            most = most.max(MEMORY.peak_usage().saturating_sub(before));
            took
        });
        longest = longest.max(took.min().unwrap_or_default());
    }
    assert!(
        most <= MAX_BYTES,
        "a member of the corpus costs {most} bytes"
    );
    if !cfg!(debug_assertions) {
        assert!(
            longest <= MAX_TIME,
            "a member of the corpus costs {longest:?}"
        );
    }
    (longest, most)
}

/// What this thread has used of the processor, where the system tells: somebody else's work is not
/// the readers' cost.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

fn keep(bytes: &[u8], seed: u64, run: u64) -> ! {
    let file = std::env::temp_dir().join(format!("lossbook-fuzz-{seed}-{run}"));
    let kept = std::fs::write(&file, bytes);
    eprintln!(
        "LOSSBOOK_SEED={seed} run {run}: {} ({kept:?})",
        file.display()
    );
    std::process::exit(1);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
