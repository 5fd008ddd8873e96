//! Choices that can be made again: everything random in a run follows from one number.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Splitmix64.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// From `LOSSBOOK_SEED`, else from the clock; the number is returned to be printed.
    pub(crate) fn from_env() -> (Self, u64) {
        let wished = std::env::var("LOSSBOOK_SEED").ok();
        let seed = wished.map_or_else(
            || {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("1970");
                u64::try_from(now.as_micros()).expect("this millennium")
            },
            |text| text.parse().expect("LOSSBOOK_SEED is a number"),
        );
        (Self(seed), seed)
    }

    /// What follows from a number.
    pub(crate) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `many`.
    pub(crate) fn below(&mut self, many: u64) -> u64 {
        self.next() % many.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).expect("an index")]
    }

    /// A moment between now and `longest`.
    pub(super) fn moment(&mut self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).expect("short");
        Duration::from_micros(self.below(micros))
    }

    /// A photo nobody has: the same small picture behind so many bytes of comment.
    pub(super) fn photo(&mut self, picture: &[u8]) -> Vec<u8> {
        let (start, rest) = picture.split_at(2);
        let mut bytes = start.to_vec();
        for _ in 0..1 + self.below(12) {
            let len: u16 = 60_000;
            bytes.extend([0xFF, 0xFE]);
            bytes.extend((len + 2).to_be_bytes());
            for _ in 0..len / 8 {
                bytes.extend(self.next().to_le_bytes());
            }
        }
        bytes.extend(rest);
        bytes
    }
}
