//! The senses of a command-line device: the machine's clocks and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use lossbook_core::domain::{Digest, Host, Reading, WallMs};

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    boot_id: [u8; 16],
    started: std::time::Instant,
    mono_at_start_ms: u64,
}

impl Machine {
    /// Reads which boot this is, once.
    pub fn new() -> Self {
        let boot = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let mut boot_id = [0; 16];
        for (to, from) in boot_id.iter_mut().zip(Digest::of(&boot).as_bytes()) {
            *to = *from;
        }
        Self {
            boot_id,
            started: std::time::Instant::now(),
            mono_at_start_ms: uptime_ms(),
        }
    }
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
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(millis)
            .unwrap_or(0);
        Reading {
            wall: WallMs(i64::try_from(wall).unwrap_or(i64::MAX)),
            boot_id: self.boot_id,
            mono_ms: self.mono_at_start_ms + millis(self.started.elapsed()),
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "without randomness no key is safe: stopping is the only honest answer"
    )]
    fn fill_random(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system gives random bytes");
    }
}
