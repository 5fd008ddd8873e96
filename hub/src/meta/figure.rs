//! What registers and figures read: one sheet for each case, and what it adds to each figure.
//!
//! Projections over record, decisions and contract: [`crate::desk`] writes them in the transaction
//! that changed a case, and can make them anew. Sums move with the rows, so a board of a hundred
//! thousand cases reads some hundred rows.

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::StoreError;

use super::DeskRow;
use crate::sight::Sight;

/// China is eight hours ahead of UTC all year: the day people mean by a time.
const AHEAD_MS: i64 = 8 * 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The day of an instant in China, in days since 1970.
pub const fn day_of(at: WallMs) -> i64 {
    at.0.saturating_add(AHEAD_MS).div_euclid(DAY_MS)
}

/// The first instant of a day.
pub const fn start_of(day: i64) -> WallMs {
    WallMs(day.saturating_mul(DAY_MS).saturating_sub(AHEAD_MS))
}

/// The Monday of a day's week.
pub const fn week_of(day: i64) -> i64 {
    // 1970 began on a Thursday.
    (day + 3).div_euclid(7) * 7 - 3
}

/// A step of service: by when, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepTime {
    /// By when; nothing where the contract gives no number.
    pub due: Option<WallMs>,
    /// When it was done.
    pub done: Option<WallMs>,
}

impl StepTime {
    /// Whether it was kept; nothing without a limit, or while it may still be kept.
    pub fn is_kept(self, now: WallMs) -> Option<bool> {
        let due = self.due?;
        match self.done {
            Some(done) => Some(done <= due),
            None => (now > due).then_some(false),
        }
    }
}

/// What registers need of a case beside its row on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The case.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// The contract it names, without a version.
    pub contract: String,
    /// When the report was received.
    pub received: WallMs,
    /// Who reported.
    pub reporter: String,
    /// How to reach them, masked.
    pub phone: String,
    /// What happened.
    pub situation: String,
    /// Whether it was handed over to survey.
    pub handed: bool,
    /// The vehicle, if it is one.
    pub plate: String,
    /// The loss in fen before any deduction, highest reading; nothing while no line stands.
    pub assessed: Option<i64>,
    /// What is damaged, in words.
    pub damage: String,
    /// What the newest review said.
    pub opinion: String,
    /// Who said it.
    pub reviewer: String,
    /// When.
    pub reviewed: Option<WallMs>,
    /// When the claim was decided.
    pub decided: Option<WallMs>,
    /// When it was paid.
    pub paid_at: Option<WallMs>,
    /// What was paid in fen.
    pub paid: Option<i64>,
    /// When it was closed.
    pub closed: Option<WallMs>,
    /// Fields that the contract asks for and nobody filled.
    pub lacking: u64,
    /// Arrival on the scene.
    pub arrival: StepTime,
    /// The five steps of service in order: response, survey, review, payment, callback.
    pub steps: [StepTime; 5],
}

/// Something that a case adds to a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which figure.
    pub metric: &'static str,
    /// What is counted: a clock's id, or nothing.
    pub unit: String,
    /// Counted.
    pub num: i64,
    /// Out of.
    pub den: i64,
    /// From when it counts; 0 for always.
    pub ripe: i64,
}

/// Sums of a figure for one contract and week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Which contract.
    pub contract: String,
    /// The Monday of the week, in days since 1970.
    pub week: i64,
    /// Counted.
    pub num: i64,
    /// Out of.
    pub den: i64,
}

/// Which cases are counted.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// First day of the report.
    pub from: i64,
    /// Last day of the report.
    pub to: i64,
    /// Only of this contract.
    pub contract: Option<&'a str>,
    /// Only of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// What has run out by now counts.
    pub now: WallMs,
    /// Amounts of contracts that are hidden are not added up.
    pub sight: &'a Sight,
}

/// What a number is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was counted.
    Numerator,
    /// Out of what.
    Denominator,
}

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The day of the last row.
    pub day: i64,
    /// Its case.
    pub case: CaseId,
    /// What it counted.
    pub unit: String,
}

/// A row behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Where it stands.
    pub place: Place,
    /// Counted.
    pub num: i64,
    /// Out of.
    pub den: i64,
    /// The case.
    pub row: DeskRow,
}

/// Which sheets are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Not reported before.
    pub from: Option<WallMs>,
    /// Reported before.
    pub to: Option<WallMs>,
    /// Only this case.
    pub case: Option<CaseId>,
    /// Only of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// Only cases that got so far.
    pub only: Only,
    /// Amounts of contracts that are hidden are not added up.
    pub sight: &'a Sight,
    /// So many are left out first.
    pub skip: u64,
    /// At most so many.
    pub limit: u32,
}

/// How far a case must have got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// Any case.
    All,
    /// With an opinion of a review.
    Reviewed,
    /// Closed.
    Closed,
}

/// What cases are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The village or team.
    Scope,
    /// Cause of loss.
    Cause,
    /// Plate of the vehicle; cases without one are left out.
    Plate,
    /// Who surveyed.
    Surveyor,
    /// The contract.
    Contract,
    /// Monday is 1.
    Weekday,
    /// The hour of the day, in fours: 0, 4, 8, …
    Hours,
    /// Whole days from report to payment; unpaid cases are left out.
    DaysToPay,
    /// The month of the report, `2026-11`.
    Month,
    /// Thousands of yuan paid; unpaid cases are left out.
    Thousands,
}

/// Cases that have something in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// What they have in common, as it was asked.
    pub keys: Vec<String>,
    /// How many.
    pub cases: u64,
    /// The first report.
    pub first: i64,
    /// The last report.
    pub last: i64,
    /// Of these, surveyed.
    pub surveyed: u64,
    /// Reached in time.
    pub arrived_in_time: u64,
    /// With a limit for arrival that was met or ran out.
    pub arrivals: u64,
    /// Arrived, with a limit or without.
    pub arrived: u64,
    /// Paid.
    pub paid_cases: u64,
    /// What was paid in fen.
    pub paid: i64,
    /// What is payable in fen, highest reading.
    pub payable: i64,
}

/// Rows of registers and figures.
pub trait Figures {
    /// Writes what registers and figures know of a case, in the place of what they knew.
    ///
    /// # Errors
    /// As the store fails.
    fn put_figures(&self, sheet: &Sheet, parts: &[Part]) -> Result<(), StoreError>;
    /// Sums of a figure, by contract and week.
    ///
    /// # Errors
    /// As the store fails.
    fn tally(&self, metric: &str, span: Span<'_>) -> Result<Vec<Tally>, StoreError>;
    /// The rows behind one side of a figure, newest report first: behind a place, at most so many.
    ///
    /// # Errors
    /// As the store fails.
    fn behind(
        &self,
        number: (&str, Side),
        span: Span<'_>,
        part: (Option<&Place>, u32),
    ) -> Result<Vec<Behind>, StoreError>;
    /// Sheets with their rows on the desk, newest report first.
    ///
    /// # Errors
    /// As the store fails.
    fn sheets(&self, wanted: Wanted<'_>) -> Result<Vec<(Sheet, DeskRow)>, StoreError>;
    /// Cases by what they have in common, most cases first.
    ///
    /// # Errors
    /// As the store fails.
    fn groups(&self, by: &[Key], wanted: Wanted<'_>, now: WallMs)
    -> Result<Vec<Group>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let midnight = WallMs(1_795_276_800_000); // 2026-11-22 00:00 +08:00
        assert_eq!(day_of(midnight) - 1, day_of(WallMs(midnight.0 - 1)));
        assert_eq!(start_of(day_of(midnight)), midnight);
    }

    #[test]
    fn a_week_begins_on_monday() {
        let sunday = day_of(WallMs(1_795_276_800_000));
        assert_eq!(week_of(sunday), sunday - 6);
        assert_eq!(week_of(sunday + 1), sunday + 1);
    }
}
