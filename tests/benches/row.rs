//! One comparison as a line, and the middle of many timings.

use std::time::{Duration, Instant};

use serde_json::json;

/// One comparison.
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) ours: String,
    pub(crate) peer: String,
    pub(crate) ratio: f64,
    pub(crate) goal: &'a str,
    pub(crate) note: String,
}

impl Row<'_> {
    /// Says it.
    pub(crate) fn print(&self) {
        let Self {
            name,
            ours,
            peer,
            ratio,
            goal,
            note,
        } = self;
        let ratio = format!("{ratio:.3}");
        let object = json!({
            "name": name, "ours": ours, "peer": peer, "ratio": ratio, "goal": goal, "note": note,
        });
        println!("BENCH {object}");
    }
}

/// Timings of one thing.
#[derive(Debug, Default)]
pub(crate) struct Timings(Vec<Duration>);

impl Timings {
    /// Runs something and keeps its time.
    pub(crate) fn time<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let start = Instant::now();
        let done = work();
        self.0.push(start.elapsed());
        done
    }

    /// Keeps a time that was measured otherwise.
    pub(crate) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Keeps those of another as well.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// Of those alone that `part` picks from the order in which they were taken.
    pub(crate) fn only(&self, part: std::ops::Range<usize>) -> Self {
        Self(self.0.get(part).unwrap_or_default().to_vec())
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds, so many hundredths from the fastest to the slowest.
    pub(crate) fn at(&self, hundredths: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let taken = sorted.get(last * hundredths / 100).copied();
        taken.unwrap_or_default().as_secs_f64() * 1_000.0
    }

    /// The middle one, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        self.at(50)
    }
}

/// Whole numbers as they are compared.
#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of benchmarks are far below 2^52"
)]
pub(crate) fn number(value: u64) -> f64 {
    value as f64
}
