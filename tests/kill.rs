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

mod chance;
mod judge;
mod process;
mod world;

use std::time::Duration;

use chance::Chance;
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
    let points = std::env::var("LOSSBOOK_KILL_POINTS")
        .map_or(POINTS, |text| text.parse().expect("a number of points"));
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
