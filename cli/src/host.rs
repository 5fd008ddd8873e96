//! The senses of a command-line device: the machine's clocks and randomness.
//!
//! A rehearsal may set the clocks (`--clock`): a scripted day then takes seconds, and its phone may
//! have a clock that somebody turned back.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use lossbook_core::domain::{Digest, Host, Reading, WallMs};

use crate::failure::Failure;

/// This machine.
#[derive(Debug, Clone)]
pub struct Machine {
    boot_id: [u8; 16],
    started: std::time::Instant,
    mono_at_start_ms: u64,
    wall_at_start: Option<WallMs>,
    room_in: Option<PathBuf>,
}

impl Machine {
    /// Reads which boot this is, once.
    pub fn new() -> Self {
        let boot = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            boot_id: boot_id(&boot),
            started: std::time::Instant::now(),
            mono_at_start_ms: uptime_ms(),
            wall_at_start: None,
            room_in: None,
        }
    }

    /// A machine whose clocks start at `2025-07-01T14:00:00+08:00,BOOT,MS`: the wall clock, a name
    /// for the boot, and milliseconds since that boot.
    ///
    /// # Errors
    /// Exit 2 for anything else.
    pub fn with_clock(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::input(
                "bad_clock",
                format!(
                    "{text:?} is no clock: write TIME,BOOT,MS such as 2025-07-01T14:00:00+08:00,first,60000"
                ),
            )
        };
        let parts: Vec<&str> = text.split(',').collect();
        let [time, boot, mono] = parts.as_slice() else {
            return Err(wrong());
        };
        let time: jiff::Timestamp = time.parse().or(Err(wrong()))?;
        Ok(Self {
            boot_id: boot_id(boot.as_bytes()),
            mono_at_start_ms: mono.parse().or(Err(wrong()))?,
            wall_at_start: Some(WallMs(time.as_millisecond())),
            ..Self::new()
        })
    }
}

impl Machine {
    /// The same machine, which tells how much room is left beside this folder.
    #[must_use]
    pub fn with_room_in(mut self, folder: &Path) -> Self {
        self.room_in = Some(folder.to_owned());
        self
    }
}

fn boot_id(name: &[u8]) -> [u8; 16] {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(Digest::of(name).as_bytes()) {
        *to = *from;
    }
    id
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

/// Milliseconds since boot where the system tells them, else 0: then only this process's own
/// order of times is known.
fn uptime_ms() -> u64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = text.split_whitespace().next().unwrap_or("0");
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let whole: u64 = whole.parse().unwrap_or(0);
    let hundredths: u64 = format!("{part:0<2}")
        .chars()
        .take(2)
        .collect::<String>()
        .parse()
        .unwrap_or(0);
    whole * 1000 + hundredths * 10
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Host for Machine {
    fn now(&self) -> Reading {
        let running = millis(self.started.elapsed());
        let whole = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let wall = match self.wall_at_start {
            Some(WallMs(start)) => start.saturating_add(whole(running)),
            None => whole(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map(millis)
                    .unwrap_or(0),
            ),
        };
        Reading {
            wall: WallMs(wall),
            boot_id: self.boot_id,
            mono_ms: self.mono_at_start_ms.saturating_add(running),
        }
    }

    fn free_bytes(&self) -> Option<u64> {
        // A rehearsal of a full disk says how much is left.
        if let Ok(text) = std::env::var("LOSSBOOK_FREE_BYTES") {
            return text.parse().ok();
        }
        let folder = self.room_in.as_ref()?;
        let system = rustix::fs::statvfs(folder).ok()?;
        system.f_bavail.checked_mul(system.f_frsize)
    }

    #[expect(
        clippy::expect_used,
        reason = "without randomness no key is safe: stopping is the only honest answer"
    )]
    fn fill_random(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system gives random bytes");
    }
}
