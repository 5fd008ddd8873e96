//! What one case adds to every figure.

use lossbook_core::app::Judged;
use lossbook_core::domain::WallMs;
use lossbook_core::rules::{Pack, Running};

use super::{Counts, METRICS, Milestone};
use crate::meta::figure::{Part, Sheet};
use crate::meta::{DeskRow, ToldRow};

/// Everything that is counted.
pub(crate) struct Subject<'a> {
    /// The case on the desk.
    pub(crate) desk: &'a DeskRow,
    /// What its contract says, and the pack that says when things are due.
    pub(crate) judged: Option<(&'a Judged, &'a Pack)>,
    /// What the insured was told.
    pub(crate) told: &'a [ToldRow],
    /// Ratings of callbacks: whether each is satisfied.
    pub(crate) ratings: &'a [bool],
}

impl Subject<'_> {
    /// Clocks of the contract itself, with those of its notices, each under a name of its own.
    pub(crate) fn clocks(&self) -> impl Iterator<Item = (String, &Running)> {
        let judged = self.judged.iter();
        judged.flat_map(|(judged, pack)| {
            let plain = judged.assessment.clocks.iter();
            let plain = plain.map(|clock| (clock.id.clone(), clock));
            let notices = judged.assessment.notices.iter();
            let notices = notices.filter_map(|notice| notice.clock.as_ref());
            let notices = notices.map(|clock| (format!("notice:{}", clock.id), clock));
            plain
                .chain(notices)
                .filter(move |(_, clock)| clock.pack == pack.id)
        })
    }

    /// When a clock ended: by an event of the case, or because somebody was told.
    pub(crate) fn done(&self, clock: &Running) -> Option<WallMs> {
        let told = self.told.iter().find(|told| told.what == clock.id);
        let done = clock.done.as_ref().map(|done| done.at());
        done.or_else(|| told.map(|told| told.at))
    }
}

/// What a case adds to every figure.
pub(crate) fn parts(subject: &Subject<'_>, sheet: &Sheet) -> Vec<Part> {
    let mut all = Vec::new();
    for metric in &METRICS {
        let mut add = |unit: String, num: i64, den: i64, ripe: i64| {
            all.push(Part {
                metric: metric.id,
                unit,
                num,
                den,
                ripe,
            });
        };
        match metric.counts {
            Counts::Clocks { clocks, .. } => {
                let Some((_, pack)) = subject.judged else {
                    continue;
                };
                let own = metric.of_pack(pack);
                let is_meant = |id: &str| match own {
                    Some(kpi) => kpi.clocks.is_empty() || kpi.clocks.iter().any(|one| one == id),
                    None => clocks.is_empty() || clocks.contains(&id),
                };
                for (unit, clock) in subject.clocks().filter(|(_, clock)| is_meant(&clock.id)) {
                    let Some(due) = clock.due.as_ref().map(|due| due.at()) else {
                        continue;
                    };
                    match subject.done(clock) {
                        Some(done) => add(unit, i64::from(done <= due), 1, 0),
                        None => add(unit, 0, 1, due.0.saturating_add(1).max(1)),
                    }
                }
            }
            Counts::Fields => {
                if let Some((good, wanted)) = fields(subject).filter(|(_, wanted)| *wanted > 0) {
                    add(String::new(), good, wanted, 0);
                }
            }
            Counts::Ratings => {
                for (at, is_good) in subject.ratings.iter().enumerate() {
                    add(format!("callback {}", at + 1), i64::from(*is_good), 1, 0);
                }
            }
            Counts::Reached(milestone) => {
                if let Some(is_there) = reached(milestone, subject.desk, sheet) {
                    add(String::new(), i64::from(is_there), 1, 0);
                }
            }
            Counts::Paid => {
                if let Some(paid) = sheet.paid {
                    add(String::new(), paid, 1, 0);
                }
            }
            Counts::Settling => {
                if let Some(at) = sheet.paid_at {
                    let took = at.0.saturating_sub(sheet.received.0);
                    add(String::new(), took, 1, 0);
                }
            }
        }
    }
    all
}

/// Required fields that are filled and sound, out of those required.
fn fields(subject: &Subject<'_>) -> Option<(i64, i64)> {
    let (judged, pack) = subject.judged?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let wanted = count(pack.handling.fields.len());
    let assessment = &judged.assessment;
    let gone = assessment.missing.iter();
    let gone = count(gone.filter(|one| one.kind == "field").count());
    let failed = assessment.findings.iter();
    let failed = count(failed.filter(|one| one.code == "check_failed").count());
    Some(((wanted - gone - failed).max(0), wanted))
}

/// Whether a case got so far; nothing where the question does not arise.
fn reached(milestone: Milestone, desk: &DeskRow, sheet: &Sheet) -> Option<bool> {
    match milestone {
        Milestone::Surveyed => Some(desk.surveyed),
        Milestone::Decided => Some(sheet.decided.is_some()),
        Milestone::Paid => desk.approved.then_some(desk.paid),
        Milestone::Closed => Some(sheet.closed.is_some()),
    }
}
