//! The stage's clock: behind the machine's by some days at first, level with it at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use lossbook_core::domain::{Host, Reading, WallMs};

use crate::host::Machine;

/// The event begins so long before the present.
pub(super) const DAYS: i64 = 3;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The one clock of phones and hub on the stage.
#[derive(Clone)]
pub(super) struct StageClock {
    machine: Machine,
    behind_ms: Arc<AtomicI64>,
}

impl StageClock {
    pub(super) fn new() -> Self {
        Self {
            machine: Machine::new(),
            behind_ms: Arc::new(AtomicI64::new((DAYS + 1) * DAY_MS)),
        }
    }

    /// The machine's own time.
    pub(super) fn present(&self) -> i64 {
        self.machine.now().wall.0
    }

    /// Moves on to a time; never back.
    pub(super) fn set_to(&self, at: i64) {
        let wanted = self.present().saturating_sub(at).max(0);
        self.behind_ms.fetch_min(wanted, Ordering::Relaxed);
    }

    /// The stage's time is the machine's from now on.
    pub(super) fn arrive(&self) {
        self.behind_ms.store(0, Ordering::Relaxed);
    }
}

impl Host for StageClock {
    fn now(&self) -> Reading {
        let reading = self.machine.now();
        let behind = self.behind_ms.load(Ordering::Relaxed);
        // Both clocks move by the same, as those of a phone do that nobody sets.
        let moved = (DAYS + 1) * DAY_MS - behind;
        Reading {
            wall: WallMs(reading.wall.0.saturating_sub(behind)),
            mono_ms: reading
                .mono_ms
                .saturating_add(u64::try_from(moved).unwrap_or(0)),
            ..reading
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        self.machine.fill_random(out);
    }
}
