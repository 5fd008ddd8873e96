//! The clocks and randomness of a server.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lossbook_core::domain::{Host, Reading, WallMs};

/// The operating system's clocks and randomness. A boot is one life of the process.
#[derive(Debug)]
pub struct SystemHost {
    boot_id: [u8; 16],
    started: Instant,
}

impl Default for SystemHost {
    fn default() -> Self {
        Self::new()
    }
}

impl SystemHost {
    /// The host of this process.
    pub fn new() -> Self {
        let mut host = Self {
            boot_id: [0; 16],
            started: Instant::now(),
        };
        let mut boot_id = [0; 16];
        host.fill_random(&mut boot_id);
        host.boot_id = boot_id;
        host
    }
}

impl Host for SystemHost {
    fn now(&self) -> Reading {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = since_1970.map_or(0, |span| {
            i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
        });
        let mono = self.started.elapsed().as_millis();
        Reading {
            wall: WallMs(wall),
            boot_id: self.boot_id,
            mono_ms: u64::try_from(mono).unwrap_or(u64::MAX),
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Without it no key or secret may be made, and a half-made one must not be used.
            tracing::error!("the operating system has no randomness");
            std::process::abort();
        }
    }
}
