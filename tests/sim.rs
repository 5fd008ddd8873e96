//! The simulator: random worlds of phones and a hub on bad networks, with deaths, full disks,
//! wrong clocks, restored copies, old apps and withdrawn devices. Nothing acknowledged is lost,
//! nothing diverges, nothing panics, and when the faults stop everybody agrees.
//!
//! `LOSSBOOK_SIM_STEPS` sets how many steps (150,000, and at least 300 seeds), `LOSSBOOK_SIM_FROM`
//! the first seed, `LOSSBOOK_SIM_SEED` replays one, and `LOSSBOOK_SIM_SAY` prints each of its
//! events. `cargo xtask long sim [--seed N]` does the same for five million.

mod acts;
mod flight;
mod goodput;
mod host;
mod hub;
mod link;
mod phone;
mod poison;
mod power;
mod regressions;
mod replica;
mod rest;
mod restored;
mod script;
mod shaper;
mod stage;
mod watch;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use script::Script;
use stage::Stage;
use world::World;

const STEPS: u64 = 150_000;
const SEEDS: u64 = 300;
/// No world of this size takes so many; one that does never ends.
const TOO_MANY_STEPS: u64 = 30_000;
/// Time to shorten a failing script.
const SHORTEN: Duration = Duration::from_secs(90);
/// The gate runs Automerge over foreign bytes; it needs a known, large stack.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// What a world did.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ended {
    steps: u64,
    exchanges: u32,
    counts: BTreeMap<&'static str, u64>,
    trace: lossbook_core::domain::Digest,
}

/// The thread on which worlds are lived; what breaks there is told once, shortened.
const QUIET: &str = "worlds";

/// Says nothing about panics of worlds: their message is kept, and there may be hundreds while a
/// script is shortened.
fn keep_worlds_quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(QUIET) {
                loud(panic);
            }
        }));
    });
}

/// Lives one world to its end; the message of the invariant that broke.
fn live(stage: &Stage, script: &Script) -> Result<Ended, String> {
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(stage, script);
        while world.stimuli_left > 0 && world.advance() {
            assert!(world.steps < TOO_MANY_STEPS, "INV9: this world never ends");
        }
        world.check_all();
        let exchanges = world.come_to_rest();
        Ended {
            steps: world.steps,
            exchanges,
            counts: std::mem::take(&mut world.counts),
            trace: world.trace,
        }
    }));
    lived.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        text.unwrap_or_else(|| "a panic without words".to_owned())
    })
}

/// Which invariant a message is about.
fn kind(message: &str) -> &str {
    message.split([':', '`']).next().unwrap_or(message)
}

/// The fewest stimuli that still break the same invariant, as far as time allows.
fn shorten(stage: &Stage, script: &Script, message: &str) -> (Script, Vec<usize>) {
    let begun = Instant::now();
    let mut kept: Vec<usize> = (0..script.stimuli.len()).collect();
    let with = |kept: &[usize]| {
        let mut shorter = script.clone();
        shorter.stimuli = kept.iter().map(|at| script.stimuli[*at]).collect();
        shorter
    };
    let mut part = kept.len() / 2;
    while part > 0 && begun.elapsed() < SHORTEN {
        let mut at = 0;
        while at < kept.len() && begun.elapsed() < SHORTEN {
            let mut fewer = kept.clone();
            fewer.drain(at..(at + part).min(fewer.len()));
            let failed = live(stage, &with(&fewer)).err();
            if failed.is_some_and(|other| kind(&other) == kind(message)) {
                kept = fewer;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    (with(&kept), kept)
}

/// What all worlds did together.
#[derive(Debug, Default)]
struct Total {
    steps: u64,
    worlds: u64,
    exchanges: u32,
    counts: BTreeMap<&'static str, u64>,
    failures: Vec<String>,
}

/// Lives worlds on every core until there are enough.
fn live_many(from: u64, (seeds, steps): (u64, u64)) -> Total {
    let next = AtomicU64::new(from);
    let stop = AtomicBool::new(false);
    let total = Mutex::new(Total::default());
    keep_worlds_quiet();
    let stage = Stage::new();
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            let run = || work(&stage, (&next, &stop, &total), (from, seeds, steps));
            let thread = std::thread::Builder::new().name(QUIET.to_owned());
            let thread = thread.stack_size(STACK_BYTES);
            let _running = thread.spawn_scoped(scope, run).expect("a thread");
        }
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn work(
    stage: &Stage,
    (next, stop, total): (&AtomicU64, &AtomicBool, &Mutex<Total>),
    (from, seeds, steps): (u64, u64, u64),
) {
    while !stop.load(Ordering::Relaxed) {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let enough_of = |total: &Total| total.steps >= steps && seed >= from + seeds;
        if enough_of(&total.lock().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let script = Script::of(seed);
        let ended = live(stage, &script);
        let failure = ended.as_ref().err().map(|message| {
            let (shorter, kept) = shorten(stage, &script, message);
            format!(
                "seed {seed}: {message}\n  LOSSBOOK_SIM_SEED={seed} replays it; these stimuli suffice: {kept:?}\n  {shorter:?}"
            )
        });
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = &failure {
            println!("{failure}\n");
        }
        total.failures.extend(failure);
        if let Ok(ended) = ended {
            total.worlds += 1;
            total.steps += ended.steps;
            total.exchanges = total.exchanges.max(ended.exchanges);
            for (what, times) in ended.counts {
                *total.counts.entry(what).or_default() += times;
            }
            if total.worlds.is_multiple_of(200) {
                println!("so far {} worlds, {} steps", total.worlds, total.steps);
            }
        }
        if total.failures.len() >= 3 {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn sim_worlds_lose_nothing_and_agree_when_the_faults_stop() {
    if let Some(seed) = number("LOSSBOOK_SIM_SEED") {
        let ended = live(&Stage::new(), &Script::of(seed));
        println!("{ended:?}");
        assert_eq!(ended.err(), None, "seed {seed}");
        return;
    }
    let steps = number("LOSSBOOK_SIM_STEPS").unwrap_or(STEPS);
    let from = number("LOSSBOOK_SIM_FROM").unwrap_or(1);
    let begun = Instant::now();
    let total = live_many(from, (SEEDS, steps));
    let mut count = json!({
        "steps": total.steps, "seeds": total.worlds, "first seed": from,
        "diverged": 0, "acknowledged and lost": 0, "panics": 0,
        "most exchanges until all agreed": total.exchanges, "failed": total.failures.len(),
        "seconds": begun.elapsed().as_secs(),
    });
    let counts = total.counts.iter();
    let counts = counts.map(|(what, times)| ((*what).to_owned(), json!(times)));
    count.as_object_mut().expect("an object").extend(counts);
    assert!(total.failures.is_empty(), "{}", total.failures.join("\n\n"));
    println!("COUNT {count}");
}

#[test]
fn sim_world_of_a_seed_replays_exactly() {
    let stage = Stage::new();
    for seed in [3, 8] {
        let script = Script::of(seed);
        let (one, other) = (live(&stage, &script), live(&stage, &script));
        assert_eq!(one, other, "seed {seed} went another way");
    }
}

#[test]
fn sim_worlds_that_failed_once_no_longer_do() {
    let stage = Stage::new();
    for kept in regressions::ALL {
        let failed = live(&stage, &kept.script()).err();
        assert_eq!(failed, None, "{}", kept.name);
    }
}
