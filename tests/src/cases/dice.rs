//! Chance decided by a seed: SplitMix64, the same on every machine.

use lossbook_core::domain::Money;
use lossbook_core::domain::facts::Given;

/// A row of numbers that looks random and is decided by its seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The row of that seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to but not including `end`; 0 if there is nothing between.
    pub fn below(&mut self, end: i64) -> i64 {
        let drawn = self.next();
        let end = u64::try_from(end).unwrap_or(0);
        drawn
            .checked_rem(end)
            .and_then(|drawn| i64::try_from(drawn).ok())
            .unwrap_or(0)
    }

    /// Yes, in so many cases of a hundred.
    pub fn chance(&mut self, hundredths: i64) -> bool {
        self.below(100) < hundredths
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let end = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let drawn = usize::try_from(self.below(end)).unwrap_or(0);
        all.get(drawn)
    }

    /// An amount up to so many fen, small ones and round ones more often.
    pub fn money(&mut self, most: i64) -> Money {
        let end = match self.below(4) {
            0 => 1_000,
            1 => 100_000,
            _ => most,
        };
        let fen = self.below(end + 1);
        Money::from_fen(if self.chance(30) {
            fen / 10_000 * 10_000
        } else {
            fen
        })
    }

    /// One value, or in so many cases of a hundred two or three different ones.
    pub fn given<T: PartialEq>(
        &mut self,
        contested: i64,
        mut make: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Given<T>> {
        let first = make(self)?;
        if !self.chance(contested) {
            return Some(Given::Agreed(first));
        }
        let mut all = vec![first];
        for _ in 0..=self.below(2) {
            let next = make(self)?;
            if !all.contains(&next) {
                all.push(next);
            }
        }
        Some(match all.len() {
            0 | 1 => Given::Agreed(all.pop()?),
            _ => Given::Contested(all),
        })
    }
}
