//! The clocks and randomness of a server.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lossbook_core::domain::{Host, Reading, WallMs};

/// The operating system's clocks and randomness. A boot is one life of the process.
#[derive(Debug)]
pub struct SystemHost {
    boot_id: [u8; 16],
    started: Instant,
    room_in: Option<PathBuf>,
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
            room_in: None,
        };
        let mut boot_id = [0; 16];
        host.fill_random(&mut boot_id);
        host.boot_id = boot_id;
        host
    }

    /// Also says how much room is left in a folder.
    #[must_use]
    pub fn with_room_in(self, folder: &Path) -> Self {
        Self {
            room_in: Some(folder.to_owned()),
            ..self
        }
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

    fn free_bytes(&self) -> Option<u64> {
        let found = rustix::fs::statvfs(self.room_in.as_ref()?).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn fill_random(&self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Without it no key or secret may be made, and a half-made one must not be used.
            tracing::error!("the operating system has no randomness");
            std::process::abort();
        }
    }
}
