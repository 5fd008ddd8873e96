//! The board: every figure with its sums, by contract and by week.

use std::collections::BTreeMap;

use lossbook_core::store::StoreError;

use super::{METRICS, Metric, Shape};
use crate::meta::MetaTx;
use crate::meta::figure::Span;

/// Counted, and out of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Counted.
    pub num: i64,
    /// Out of.
    pub den: i64,
}

impl Sum {
    fn add(&mut self, num: i64, den: i64) {
        self.num = self.num.saturating_add(num);
        self.den = self.den.saturating_add(den);
    }

    /// A share in hundredths of a percent, or the mean; nothing of nothing.
    pub fn value(self, shape: Shape) -> Option<i64> {
        let scale = match shape {
            Shape::Share => 10_000,
            Shape::Money | Shape::Duration => 1,
        };
        self.num.saturating_mul(scale).checked_div(self.den)
    }
}

/// A figure with its sums.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Which.
    pub metric: &'static Metric,
    /// Over everything that was asked for.
    pub total: Sum,
    /// By contract.
    pub contracts: BTreeMap<String, Sum>,
    /// By week, the day of its Monday first; weeks without a number are left out.
    pub weeks: BTreeMap<i64, Sum>,
}

impl Figure {
    /// Adds up one figure.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of(
        tx: &dyn MetaTx,
        metric: &'static Metric,
        span: Span<'_>,
    ) -> Result<Self, StoreError> {
        let mut figure = Self {
            metric,
            total: Sum::default(),
            contracts: BTreeMap::new(),
            weeks: BTreeMap::new(),
        };
        let is_money = metric.shape == Shape::Money;
        for one in tx.tally(metric.id, span)? {
            if is_money && !span.sight.shows(&one.contract) {
                continue;
            }
            figure.total.add(one.num, one.den);
            let contract = figure.contracts.entry(one.contract).or_default();
            contract.add(one.num, one.den);
            figure
                .weeks
                .entry(one.week)
                .or_default()
                .add(one.num, one.den);
        }
        figure.contracts.retain(|_, sum| *sum != Sum::default());
        figure.weeks.retain(|_, sum| sum.den != 0);
        Ok(figure)
    }

    /// Every figure.
    ///
    /// # Errors
    /// As the store fails.
    pub fn all(tx: &dyn MetaTx, span: Span<'_>) -> Result<Vec<Self>, StoreError> {
        METRICS
            .iter()
            .map(|metric| Self::of(tx, metric, span))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_nothing_has_no_value() {
        assert_eq!(Sum::default().value(Shape::Share), None);
        assert_eq!(Sum { num: 2, den: 3 }.value(Shape::Share), Some(6_666));
        assert_eq!(Sum { num: 700, den: 2 }.value(Shape::Money), Some(350));
    }
}
