//! Kills phone and hub at random moments, as batteries and out-of-memory killers do.
//!
//! A real phone and a real hub run as processes and talk over loopback. At each point one command
//! of the phone is started (report, line, photo, sync), and after a random part of the time that
//! it usually takes, SIGKILL ends it or the hub. Whatever was answered before is acknowledged and
//! must be there ever after, exactly once; whatever was not may be there or not, but whole; and the
//! next command simply works. [`judge`] holds phone, hub and a fresh second phone to that.
//!
//! `LOSSBOOK_KILL_POINTS` sets how many points (40), `LOSSBOOK_SEED` repeats the choices of a run;
//! the moments themselves depend on the machine. Refuses any address but loopback.

pub(crate) mod chance;
mod judge;
mod photos;
pub(crate) mod process;
mod world;

use std::process::Command;
use std::time::{Duration, Instant};

use chance::Chance;
use process::{HubProcess, Running, program};
use serde_json::json;
use world::{Action, World};

const POINTS: u32 = 40;
/// So often everything is looked through.
const CHECK_EVERY: u32 = 10;

/// Prints how to repeat a run that fails.
struct SaySeed(u64);

impl Drop for SaySeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("LOSSBOOK_SEED={} repeats the choices of this run", self.0);
        }
    }
}

#[test]
fn kill_at_any_moment_loses_nothing_acknowledged_and_doubles_nothing() {
    let points = points();
    let (mut chance, seed) = Chance::from_env();
    let _say = SaySeed(seed);
    let mut world = World::new(&mut chance);
    for point in 1..=points {
        let action = *chance.pick(&Action::MIX);
        // Half as long again: an answer that came is as good a moment as any before it.
        let longest = world.usual(action).mul_f64(1.5);
        let moment = chance.moment(longest.max(Duration::from_millis(1)));
        world.kill_during(action, moment, &mut chance);
        if point % CHECK_EVERY == 0 {
            judge::phone_and_hub(&world);
        }
    }
    world.sync_undisturbed();
    judge::phone_and_hub(&world);
    let same = judge::everywhere(&mut world);
    println!("COUNT {}", world.count(points, seed, &same));
}

#[test]
fn kill_while_phone_or_hub_is_made_leaves_what_the_next_start_completes() {
    let points = points() / 2;
    let (mut chance, seed) = Chance::from_env();
    let _say = SaySeed(seed);
    let program = program();
    let dir = tempfile::tempdir().expect("a folder");
    let (mut usual_phone, mut usual_hub) = (Duration::from_millis(100), Duration::from_millis(100));
    let mut cut = 0;
    for point in 0..=points {
        let home = dir.path().join(format!("phone {point}"));
        let command = |word: &str| {
            let mut command = Command::new(&program);
            command
                .args(["--json", "device", "--home"])
                .arg(&home)
                .arg(word);
            Running::start(&mut command)
        };
        if point == 0 {
            usual_phone = command("init").finish().took;
            continue;
        }
        let mut making = command("init");
        std::thread::sleep(chance.moment(usual_phone));
        making.kill();
        cut += u32::from(making.finish().code.is_none());
        let again = command("init").finish();
        let is_there = again.code == Some(0) || again.json["error"]["code"] == "store_exists";
        assert!(is_there, "init after a killed init: {again:?}");
        let status = command("status").finish();
        assert_eq!(
            status.code,
            Some(0),
            "status after a killed init: {status:?}"
        );
    }
    for point in 0..=points / 2 {
        let data = dir.path().join(format!("hub {point}"));
        if point > 0 {
            HubProcess::start_and_kill(&program, &data, chance.moment(usual_hub));
            cut += 1;
        }
        let start = Instant::now();
        drop(HubProcess::start(&program, &data, "127.0.0.1:0"));
        if point == 0 {
            usual_hub = start.elapsed();
        }
    }
    println!(
        "COUNT {}",
        json!({"points": points + points / 2, "cut while made": cut, "repaired by hand": 0, "seed": seed})
    );
}

fn points() -> u32 {
    std::env::var("LOSSBOOK_KILL_POINTS")
        .map_or(POINTS, |text| text.parse().expect("a number of points"))
}
