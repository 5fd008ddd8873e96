//! The hours of an office, and half working days counted in them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Calendar, OutOfRange, date_at, due_at_end};
use crate::domain::WallMs;

const DAY_MINUTES: u16 = 24 * 60;

/// A stretch of office hours, in minutes after midnight; the end is no longer office time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    open: u16,
    close: u16,
}

/// When an office works on a working day: `09:00-12:00, 13:30-17:30`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingHours {
    spans: Vec<Span>,
}

/// A text that is no working hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkingHoursError {
    /// A stretch cannot be read, or ends before it begins.
    #[error("{0:?} is no stretch of working hours: write such as 09:00-12:00, up to 24:00")]
    Stretch(String),
    /// A stretch begins before the one before it ends.
    #[error("{0:?} begins before the stretch before it ends: list them in order, apart")]
    Order(String),
    /// Nothing is given.
    #[error("no working hours are given: write such as 09:00-12:00, 13:30-17:30")]
    Empty,
}

impl WorkingHoursError {
    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Stretch(_) => "HOURS_STRETCH",
            Self::Order(_) => "HOURS_ORDER",
            Self::Empty => "HOURS_EMPTY",
        }
    }

    /// In Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Stretch(got) => {
                format!("{got:?} 不是工作时段：请写成 09:00-12:00 的形式，最晚 24:00")
            }
            Self::Order(got) => {
                format!("{got:?} 早于上一时段的结束：请按先后列出，时段不得重叠")
            }
            Self::Empty => "没有工作时段：请写成 09:00-12:00, 13:30-17:30 的形式".to_owned(),
        }
    }
}

impl FromStr for WorkingHours {
    type Err = WorkingHoursError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut spans: Vec<Span> = Vec::new();
        let parts = text.split([',', '，', '、']).map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let span =
                parse_span(part).ok_or_else(|| WorkingHoursError::Stretch(part.to_owned()))?;
            if spans.last().is_some_and(|before| span.open < before.close) {
                return Err(WorkingHoursError::Order(part.to_owned()));
            }
            spans.push(span);
        }
        if spans.is_empty() {
            return Err(WorkingHoursError::Empty);
        }
        Ok(Self { spans })
    }
}

impl fmt::Display for WorkingHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Span { open, close }) in self.spans.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let (from, to) = ((open / 60, open % 60), (close / 60, close % 60));
            write!(
                f,
                "{comma}{:02}:{:02}-{:02}:{:02}",
                from.0, from.1, to.0, to.1
            )?;
        }
        Ok(())
    }
}

fn parse_span(text: &str) -> Option<Span> {
    let (open, close) = text.split_once('-')?;
    let (open, close) = (parse_minute(open.trim())?, parse_minute(close.trim())?);
    (open < close).then_some(Span { open, close })
}

/// `09:30` as minutes after midnight, `24:00` included.
fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |part: &str| -> Option<u16> {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let at = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && at <= DAY_MINUTES).then_some(at)
}

impl WorkingHours {
    /// Office minutes of one working day.
    pub fn minutes(&self) -> u32 {
        let lengths = self.spans.iter().map(|span| span.close - span.open);
        lengths.map(u32::from).sum()
    }
}

impl Calendar {
    /// When `halves` half working days end that begin at `anchor` (R141). Half a working day is half
    /// of the office minutes of a day, counted forward while the office is open: across lunch,
    /// closing time and days off. Nothing is rounded; half of an odd number of minutes is a half
    /// minute more. An anchor outside office hours counts from the next opening. A term that is used
    /// up exactly at closing time ends there, not at the next opening. No halves end at the anchor.
    ///
    /// # Errors
    /// [`OutOfRange`] if the term passes the years known.
    pub fn half_days_after(
        &self,
        anchor: WallMs,
        halves: u32,
        hours: &WorkingHours,
        zone: &TimeZone,
    ) -> Result<WallMs, OutOfRange> {
        // Half of a minute is 30,000 ms.
        let mut left = i64::from(halves)
            .checked_mul(i64::from(hours.minutes()) * 30_000)
            .ok_or(OutOfRange::Time)?;
        let mut day = date_at(anchor, zone)?;
        let mut at = anchor;
        while left > 0 {
            if self.is_working(day)? {
                for span in &hours.spans {
                    let opens = instant(day, span.open, zone)?.max(at);
                    let room = instant(day, span.close, zone)?.0 - opens.0;
                    if room >= left {
                        return Ok(WallMs(opens.0 + left));
                    }
                    left -= room.max(0);
                }
            }
            at = at.max(due_at_end(day, zone)?);
            day = super::tomorrow(day)?;
        }
        Ok(anchor)
    }
}

/// A minute of a day as an instant. A time that a zone skips is the first after the gap.
fn instant(day: Date, minute: u16, zone: &TimeZone) -> Result<WallMs, OutOfRange> {
    if minute >= DAY_MINUTES {
        return due_at_end(day, zone);
    }
    let clock = |value: u16| i8::try_from(value).or(Err(OutOfRange::Time));
    let time = Time::new(clock(minute / 60)?, clock(minute % 60)?, 0, 0);
    let zoned = time.and_then(|time| day.to_datetime(time).to_zoned(zone.clone()));
    match zoned {
        Ok(zoned) => Ok(WallMs(zoned.timestamp().as_millisecond())),
        Err(_) => Err(OutOfRange::Time),
    }
}
