//! What one case adds to the performance figures. Head office sums; 0 of 0 is not available.

use serde::Serialize;

use super::checklist::Missing;
use super::clock::{ClockState, Running};
use super::pack::{Formula, Pack};
use crate::domain::facts::{CaseFacts, Satisfaction};

/// One case's part of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KpiPart {
    /// The figure's id.
    pub id: String,
    /// The formula and its version, `clocks_in_time/1`.
    pub formula: String,
    /// Counted.
    pub numerator: u32,
    /// Out of.
    pub denominator: u32,
}

/// The sum of parts as a share in hundredths of a percent; nothing for 0 of 0.
pub fn share<'p>(parts: impl Iterator<Item = &'p KpiPart>) -> Option<u32> {
    let (mut numerator, mut denominator) = (0_u64, 0_u64);
    for part in parts {
        numerator = numerator.saturating_add(u64::from(part.numerator));
        denominator = denominator.saturating_add(u64::from(part.denominator));
    }
    let points = numerator.saturating_mul(10_000).checked_div(denominator)?;
    u32::try_from(points).ok()
}

/// This case's part of every figure of the pack.
pub(super) fn parts(
    facts: &CaseFacts,
    pack: &Pack,
    clocks: &[&Running],
    missing: &[Missing],
    failed_checks: u32,
) -> Vec<KpiPart> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut all = Vec::new();
    for kpi in &pack.service.kpis {
        let (numerator, denominator) = match kpi.formula {
            Formula::ClocksInTime => {
                let own = clocks.iter().filter(|clock| {
                    clock.pack == pack.id
                        && (kpi.clocks.is_empty() || kpi.clocks.contains(&clock.id))
                });
                let ended = own.filter(|clock| {
                    matches!(
                        clock.state,
                        ClockState::InTime | ClockState::Late | ClockState::Overdue
                    )
                });
                let in_time = ended
                    .clone()
                    .filter(|clock| clock.state == ClockState::InTime);
                (count(in_time.count()), count(ended.count()))
            }
            Formula::FieldsAccurate => {
                let wanted = count(pack.handling.fields.len());
                let gone = missing.iter().filter(|one| one.kind == "field").count();
                let good = wanted
                    .saturating_sub(count(gone))
                    .saturating_sub(failed_checks);
                (good, wanted)
            }
            Formula::Satisfied => match facts.satisfaction {
                None => (0, 0),
                Some(Satisfaction::Satisfied | Satisfaction::Mostly) => (1, 1),
                Some(Satisfaction::Unsatisfied) => (0, 1),
            },
        };
        let formula = format!("{}/{}", kpi.formula.key(), kpi.version);
        all.push(KpiPart {
            id: kpi.rule.id.clone(),
            formula,
            numerator,
            denominator,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_nothing_is_not_available() {
        let part = |numerator, denominator| KpiPart {
            id: "k".to_owned(),
            formula: "f/1".to_owned(),
            numerator,
            denominator,
        };
        assert_eq!(share([part(0, 0)].iter()), None);
        assert_eq!(
            share([part(1, 2), part(0, 0), part(1, 1)].iter()),
            Some(6666)
        );
    }
}
