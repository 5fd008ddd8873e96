//! Time and randomness of a simulated machine: both follow from the world's clock and a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use lossbook_core::domain::{Digest, Host, Reading, WallMs};

/// Where all simulated time begins.
const DAWN_MS: i64 = 1_767_225_600_000;

/// The one true time of a world, in milliseconds since its beginning.
pub(super) type Clock = Arc<AtomicU64>;

/// A machine with a wall clock that may be wrong and randomness that repeats.
pub(super) struct SimHost {
    seed: u64,
    clock: Clock,
    skew_ms: AtomicI64,
    booted_ms: AtomicU64,
    boots: AtomicU64,
    drawn: AtomicU64,
}

impl SimHost {
    pub(super) fn new(seed: u64, clock: &Clock) -> Arc<Self> {
        Arc::new(Self {
            seed,
            clock: Arc::clone(clock),
            skew_ms: AtomicI64::new(0),
            booted_ms: AtomicU64::new(0),
            boots: AtomicU64::new(1),
            drawn: AtomicU64::new(0),
        })
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_skew(&self, ms: i64) {
        self.skew_ms.store(ms, Ordering::Relaxed);
    }

    /// The machine starts anew; its randomness does not.
    pub(super) fn reboot(&self) {
        self.boots.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.load(Ordering::Relaxed);
        self.booted_ms.store(now, Ordering::Relaxed);
    }
}

impl Host for SimHost {
    fn now(&self) -> Reading {
        let now = self.clock.load(Ordering::Relaxed);
        let since = i64::try_from(now).expect("a few years");
        let boot = self.boots.load(Ordering::Relaxed).to_be_bytes();
        let mut boot_id = [0; 16];
        boot_id[8..].copy_from_slice(&boot);
        Reading {
            wall: WallMs(DAWN_MS + since + self.skew_ms.load(Ordering::Relaxed)),
            boot_id,
            mono_ms: now.saturating_sub(self.booted_ms.load(Ordering::Relaxed)),
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
            let parts: [&[u8]; 2] = [&self.seed.to_le_bytes(), &drawn.to_le_bytes()];
            let digest = Digest::labelled("lossbook/sim", &parts);
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
    }
}
