//! The calendar of working days: which days a contract counts, and when a deadline ends.
//!
//! Input: a calendar file (TOML; one year a table, as the State Council's notice says it), dates, and
//! instants together with the zone of the contract. Output: kinds of days, dates, instants. The
//! calendar of mainland China comes with the program ([`Calendar::china`]); it is versioned apart
//! from rule packs, because it changes each November (R133, G25).
//!
//! How days are counted:
//! - the day of the anchor is never counted (Civil Code, art. 201);
//! - a term in days ends at 24:00 of its last day, which is the next midnight of the zone; an act at
//!   that very instant is in time;
//! - a term in months ends on the day of the same number, or on the last day of a shorter month
//!   (art. 202);
//! - make-up days are working days, days of a holiday are not, whatever the weekday;
//! - half a working day is half of the office's minutes of a day ([`WorkingHours`]; R141).
//!
//! Refuses: days of years that it does not know (never guesses from weekdays), and to read a clock or
//! the host's zone: the same question has the same answer on every machine.
//!
//! ```
//! use jiff::civil::date;
//! use lossbook_core::rules::calendar::{Calendar, DayKind};
//!
//! let calendar = Calendar::china();
//! assert_eq!(calendar.day(date(2025, 10, 11))?, DayKind::MakeUp);
//! // National Day 2025 lasts to 8 October; the make-up Saturday after it counts.
//! assert_eq!(calendar.working_days_after(date(2025, 9, 30), 3)?, date(2025, 10, 11));
//! # Ok::<(), lossbook_core::rules::calendar::OutOfRange>(())
//! ```

mod file;
mod hours;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::domain::WallMs;

pub use file::{CalendarError, CalendarProblem, Wanted};
pub use hours::{WorkingHours, WorkingHoursError};

/// What a day is in a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Monday to Friday, no holiday.
    Working,
    /// A Saturday or Sunday on which people work, in exchange for a holiday.
    MakeUp,
    /// A Saturday or Sunday.
    Weekend,
    /// A day of a holiday, whatever its weekday.
    Holiday,
}

impl DayKind {
    /// Whether people work on it.
    pub const fn is_working(self) -> bool {
        matches!(self, Self::Working | Self::MakeUp)
    }

    /// A stable word for machines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::MakeUp => "make-up",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
        }
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Working => "工作日",
            Self::MakeUp => "调休上班",
            Self::Weekend => "周末",
            Self::Holiday => "节假日",
        }
    }
}

/// A holiday as announced: its days and the make-up days that pay for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Weekend days that became working days.
    pub make_up: Vec<Date>,
}

/// Where a year's days come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Whether the notice for this year is out.
    pub status: YearStatus,
    /// The notice or law, by name and date.
    pub source: String,
}

/// Whether a year's days can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YearStatus {
    /// As announced.
    Published,
    /// Statutory holidays only: days in lieu and make-up days are not announced yet.
    Provisional,
}

/// A day or instant that cannot be answered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// A day outside the years known.
    #[error("{date} is outside the years {first} to {last}: install a calendar that has its year")]
    Day {
        /// The first day that was needed and is not known.
        date: Date,
        /// First year known.
        first: i16,
        /// Last year known.
        last: i16,
    },
    /// A term or instant that leaves the range of dates (years -9999 to 9999).
    #[error("the time is outside the years -9999 to 9999: check the clock or the term")]
    Time,
}

impl OutOfRange {
    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Day { .. } => "CALENDAR_YEAR",
            Self::Time => "CALENDAR_TIME",
        }
    }

    /// In Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Day { date, first, last } => {
                format!("日历只含 {first} 至 {last} 年，不含 {date}：请安装包含该年的日历")
            }
            Self::Time => "时间超出可表示范围：请检查时钟或期限".to_owned(),
        }
    }
}

/// A calendar of working days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    name: String,
    version: String,
    years: BTreeMap<i16, Year>,
    holidays: Vec<Holiday>,
    /// Days that are not what their weekday says, each with its place in `holidays`.
    special: BTreeMap<Date, (DayKind, usize)>,
}

impl Calendar {
    /// The calendar of mainland China that comes with this program.
    pub fn china() -> &'static Self {
        static CHINA: OnceLock<Calendar> = OnceLock::new();
        CHINA.get_or_init(|| {
            #[expect(clippy::expect_used, reason = "a test reads the file that is built in")]
            Self::parse(include_str!("../../packs/calendar-cn.toml"))
                .expect("the built-in calendar is well formed")
        })
    }

    /// Its name, such as `cn`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, such as `2026.1`: a deadline names the calendar that it was counted with.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The years it knows, without a gap.
    pub fn years(&self) -> &BTreeMap<i16, Year> {
        &self.years
    }

    /// What a day is.
    ///
    /// # Errors
    /// [`OutOfRange::Day`] in a year that is not known.
    pub fn day(&self, date: Date) -> Result<DayKind, OutOfRange> {
        self.year_of(date)?;
        Ok(match self.special.get(&date) {
            Some((kind, _)) => *kind,
            None if is_weekend(date) => DayKind::Weekend,
            None => DayKind::Working,
        })
    }

    /// Whether people work on a day.
    ///
    /// # Errors
    /// As [`Calendar::day`].
    pub fn is_working(&self, date: Date) -> Result<bool, OutOfRange> {
        self.day(date).map(DayKind::is_working)
    }

    /// Whether the year of a day is not announced yet, so that a deadline there can still move.
    /// Provisional years come last: a term that passes through one also ends in one.
    ///
    /// # Errors
    /// As [`Calendar::day`].
    pub fn is_provisional(&self, date: Date) -> Result<bool, OutOfRange> {
        Ok(self.year_of(date)?.status == YearStatus::Provisional)
    }

    /// The holiday that a day belongs to, or that a make-up day pays for.
    pub fn holiday(&self, date: Date) -> Option<&Holiday> {
        let (_, at) = self.special.get(&date)?;
        self.holidays.get(*at)
    }

    /// The last day of a term of `count` working days; the anchor's own day is not counted. With a
    /// count of 0 that is the anchor's day, working or not.
    ///
    /// # Errors
    /// [`OutOfRange`] if the term passes the years known.
    pub fn working_days_after(&self, anchor: Date, count: u32) -> Result<Date, OutOfRange> {
        let mut day = anchor;
        self.year_of(day)?;
        for _ in 0..count {
            day = self.next_working(day)?;
        }
        Ok(day)
    }

    /// The first working day after a day.
    fn next_working(&self, after: Date) -> Result<Date, OutOfRange> {
        let mut day = tomorrow(after)?;
        while !self.is_working(day)? {
            day = tomorrow(day)?;
        }
        Ok(day)
    }

    fn year_of(&self, date: Date) -> Result<&Year, OutOfRange> {
        let known = || self.years.keys().copied();
        self.years.get(&date.year()).ok_or_else(|| OutOfRange::Day {
            date,
            first: known().min().unwrap_or_default(),
            last: known().max().unwrap_or_default(),
        })
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn tomorrow(date: Date) -> Result<Date, OutOfRange> {
    date.tomorrow().or(Err(OutOfRange::Time))
}

/// The last day of a term of `count` calendar days; the anchor's own day is not counted.
///
/// # Errors
/// [`OutOfRange::Time`] beyond the year 9999.
pub fn calendar_days_after(anchor: Date, count: u32) -> Result<Date, OutOfRange> {
    let term = jiff::Span::new().try_days(count);
    term.and_then(|term| anchor.checked_add(term))
        .or(Err(OutOfRange::Time))
}

/// The last day of a term of `count` months: the day of the same number, or the month's last day.
///
/// # Errors
/// [`OutOfRange::Time`] beyond the year 9999.
pub fn months_after(anchor: Date, count: u32) -> Result<Date, OutOfRange> {
    let term = jiff::Span::new().try_months(count);
    term.and_then(|term| anchor.checked_add(term))
        .or(Err(OutOfRange::Time))
}

/// The instant at which a day ends in `zone`: its 24:00, the next midnight. What happens at that
/// instant is still in time.
///
/// # Errors
/// [`OutOfRange::Time`] at the end of the year 9999.
pub fn due_at_end(date: Date, zone: &TimeZone) -> Result<WallMs, OutOfRange> {
    let midnight = date
        .checked_add(1.day())
        .and_then(|next| next.to_zoned(zone.clone()));
    match midnight {
        Ok(midnight) => Ok(WallMs(midnight.timestamp().as_millisecond())),
        Err(_) => Err(OutOfRange::Time),
    }
}

/// The day that people in `zone` have at an instant.
///
/// # Errors
/// [`OutOfRange::Time`] for an instant that no calendar date can name.
pub fn date_at(at: WallMs, zone: &TimeZone) -> Result<Date, OutOfRange> {
    Timestamp::from_millisecond(at.0)
        .map(|instant| zone.to_datetime(instant).date())
        .or(Err(OutOfRange::Time))
}
