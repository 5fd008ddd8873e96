//! What the host lends to a core that has no senses of its own.

use super::WallMs;

/// One look at the clocks. Clocks order nothing; they are claims beside the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, which a user can set: milliseconds since 1970 UTC.
    pub wall: WallMs,
    /// Names this boot of the phone; it changes with every restart.
    pub boot_id: [u8; 16],
    /// Milliseconds since that boot, never set back.
    pub mono_ms: u64,
}

/// Time, randomness and room from outside; a phone, a server or a simulator implements it.
pub trait Host: Send + Sync {
    /// The clocks, now.
    fn now(&self) -> Reading;
    /// Fills `out` with unpredictable bytes.
    fn fill_random(&self, out: &mut [u8]);
    /// How much room is left where the store is, if the host can tell.
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}
