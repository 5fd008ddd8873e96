//! Figures of performance: which there are, what each counts, and what a case adds to it.
//!
//! Figures are data ([`METRICS`]). Where a contract defines a figure of that name, its clocks and
//! its target are used; where it defines none, the clocks named here. What a contract leaves blank
//! counts nowhere, and without a target nothing is judged (R340, G17).
//!
//! Output: [`crate::meta::figure::Part`]s that [`crate::desk`] writes with the case; the board adds them up.

mod board;
mod count;
mod sheet;

use lossbook_core::rules::{Kpi, Pack};

pub use board::{Figure, Sum};
pub(crate) use count::{Subject, parts};
pub(crate) use sheet::{plain, sheet};

/// The register of callbacks after a claim: its ratings make the satisfaction of customers.
pub(crate) const CALLBACKS: &str = "claim_callbacks";

/// Whether a rating counts as satisfied: the upper two of three, as contracts count it.
pub(crate) fn is_satisfied(rating: &str) -> bool {
    matches!(rating, "satisfied" | "fairly")
}

/// How a figure reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A part of a whole.
    Share,
    /// Fen for each case.
    Money,
    /// Milliseconds for each case.
    Duration,
}

/// How far a case got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// Surveyed.
    Surveyed,
    /// Approved or denied for good.
    Decided,
    /// Paid, of those approved.
    Paid,
    /// Closed.
    Closed,
}

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Clocks that ended in time, of those that ended or ran out: those of the contract's figure
    /// of that name, else these; all of the contract's if there are none.
    Clocks {
        /// The contract's figure.
        kpi: &'static str,
        /// Clocks of contracts without it.
        clocks: &'static [&'static str],
    },
    /// Required fields of the report that are filled and pass their checks.
    Fields,
    /// Ratings of callbacks.
    Ratings,
    /// Cases that got so far.
    Reached(Milestone),
    /// What was paid.
    Paid,
    /// From report to payment.
    Settling,
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// A stable word: its address.
    pub id: &'static str,
    /// Chinese and English.
    pub name: (&'static str, &'static str),
    /// What is counted.
    pub numerator: (&'static str, &'static str),
    /// Out of what.
    pub denominator: (&'static str, &'static str),
    /// How it reads.
    pub shape: Shape,
    /// What counts.
    pub counts: Counts,
    /// The requirements it answers.
    pub sources: &'static [&'static str],
}

/// All figures, in the order people read them: the four of the reporting policy first.
pub const METRICS: [Metric; 12] = [
    Metric {
        id: "intake_timeliness",
        name: ("报案受理及时率", "Reports accepted in time"),
        numerator: ("按时受理、联系的时限数", "intake limits kept"),
        denominator: (
            "已完成或已超时的受理、联系时限数",
            "intake limits met or run out",
        ),
        shape: Shape::Share,
        counts: Counts::Clocks {
            kpi: "intake_timeliness",
            clocks: &["acceptance", "contact", "response"],
        },
        sources: &["R340", "R341"],
    },
    Metric {
        id: "information_accuracy",
        name: ("信息收集准确率", "Information collected accurately"),
        numerator: (
            "已填且通过核对的应填字段数",
            "required fields filled and sound",
        ),
        denominator: ("合同要求的应填字段数", "fields that the contract requires"),
        shape: Shape::Share,
        counts: Counts::Fields,
        sources: &["R340", "R341"],
    },
    Metric {
        id: "deadline_attainment",
        name: ("处理时限达标率", "Deadlines kept"),
        numerator: ("在时限内完成的环节数", "steps finished in time"),
        denominator: (
            "有时限且已完成或已超时的环节数",
            "steps with a limit, finished or run out",
        ),
        shape: Shape::Share,
        counts: Counts::Clocks {
            kpi: "deadline_attainment",
            clocks: &[],
        },
        sources: &["R340", "R341", "R135"],
    },
    Metric {
        id: "satisfaction",
        name: ("客户满意度", "Satisfaction of customers"),
        numerator: (
            "评价为满意或基本满意的回访数",
            "callbacks rated satisfied or mostly so",
        ),
        denominator: ("已作评价的回访数", "callbacks with a rating"),
        shape: Shape::Share,
        counts: Counts::Ratings,
        sources: &["R340", "R351"],
    },
    Metric {
        id: "arrival",
        name: ("现场到达及时率", "Arrivals in time"),
        numerator: ("按时到达现场的案件数", "cases reached in time"),
        denominator: (
            "有到达时限且已到达或已超时的案件数",
            "cases with an arrival limit, reached or run out",
        ),
        shape: Shape::Share,
        counts: Counts::Clocks {
            kpi: "arrival_on_time",
            clocks: &["arrival"],
        },
        sources: &["R120", "R363"],
    },
    Metric {
        id: "response",
        name: ("响应及时率", "Responses in time"),
        numerator: (
            "按时完成的联系、响应、出发时限数",
            "contact, response and departure limits kept",
        ),
        denominator: (
            "已完成或已超时的联系、响应、出发时限数",
            "such limits met or run out",
        ),
        shape: Shape::Share,
        counts: Counts::Clocks {
            kpi: "response_timeliness",
            clocks: &["contact", "response", "departure"],
        },
        sources: &["R112", "R122"],
    },
    Metric {
        id: "surveyed",
        name: ("查勘完成率", "Surveyed"),
        numerator: ("已查勘案件数", "cases surveyed"),
        denominator: ("报案数量", "cases reported"),
        shape: Shape::Share,
        counts: Counts::Reached(Milestone::Surveyed),
        sources: &["R348"],
    },
    Metric {
        id: "decided",
        name: ("核定完成率", "Decided"),
        numerator: ("已核定（通过或拒赔）案件数", "cases approved or denied"),
        denominator: ("报案数量", "cases reported"),
        shape: Shape::Share,
        counts: Counts::Reached(Milestone::Decided),
        sources: &["R348"],
    },
    Metric {
        id: "paid",
        name: ("支付完成率", "Paid"),
        numerator: ("已支付案件数", "cases paid"),
        denominator: ("已核赔通过案件数", "cases approved"),
        shape: Shape::Share,
        counts: Counts::Reached(Milestone::Paid),
        sources: &["R348", "R350"],
    },
    Metric {
        id: "closed",
        name: ("结案率", "Closed"),
        numerator: ("已结案案件数", "cases closed"),
        denominator: ("报案数量", "cases reported"),
        shape: Shape::Share,
        counts: Counts::Reached(Milestone::Closed),
        sources: &["R356"],
    },
    Metric {
        id: "mean_paid",
        name: ("平均理赔金额", "Mean payment"),
        numerator: ("已支付金额", "what was paid"),
        denominator: ("已支付案件数", "cases paid"),
        shape: Shape::Money,
        counts: Counts::Paid,
        sources: &["R350"],
    },
    Metric {
        id: "settling",
        name: ("平均赔付时长", "Mean time to payment"),
        numerator: (
            "报案至支付的时长合计",
            "time from report to payment, added up",
        ),
        denominator: ("已支付案件数", "cases paid"),
        shape: Shape::Duration,
        counts: Counts::Settling,
        sources: &["R350"],
    },
];

/// The figure of that name.
pub fn metric(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.id == id)
}

impl Metric {
    /// The contract's own figure of this name.
    pub fn of_pack<'p>(&self, pack: &'p Pack) -> Option<&'p Kpi> {
        let name = match self.counts {
            Counts::Clocks { kpi, .. } => kpi,
            Counts::Fields | Counts::Ratings => self.id,
            Counts::Reached(_) | Counts::Paid | Counts::Settling => return None,
        };
        let mut all = pack.service.kpis.iter();
        all.find(|kpi| kpi.rule.id == name)
    }

    /// What the contract aims at in hundredths of a percent; nothing where it is blank.
    pub fn target(&self, pack: &Pack) -> Option<i64> {
        let text = self.of_pack(pack)?.target.value()?;
        hundredths(text)
    }
}

/// `95%`, `95.5%` or `0.955` in hundredths of a percent.
fn hundredths(text: &str) -> Option<i64> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix(['%', '％']) {
        Some(percent) => (percent.trim(), 100),
        None => (text, 10_000),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut value = whole.parse::<i64>().ok()?.checked_mul(scale)?;
    let mut unit = scale;
    for digit in part.chars() {
        unit /= 10;
        value = value.checked_add(i64::from(digit.to_digit(10)?).checked_mul(unit)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_percent_or_as_a_share() {
        assert_eq!(hundredths("95%"), Some(9_500));
        assert_eq!(hundredths("95.5 %"), Some(9_550));
        assert_eq!(hundredths("0.955"), Some(9_550));
        assert_eq!(hundredths("soon"), None);
    }

    #[test]
    fn every_figure_has_a_name_of_its_own() {
        let mut ids: Vec<&str> = METRICS.iter().map(|metric| metric.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), METRICS.len());
    }

    #[test]
    fn every_figure_that_a_shipped_contract_defines_is_on_the_board() {
        for pack in lossbook_core::rules::Packs::shipped().all() {
            for kpi in &pack.service.kpis {
                let shown = METRICS.iter().any(|metric| {
                    metric
                        .of_pack(pack)
                        .is_some_and(|own| own.rule.id == kpi.rule.id)
                });
                assert!(shown, "{}: {}", pack.id, kpi.rule.id);
            }
        }
    }
}
