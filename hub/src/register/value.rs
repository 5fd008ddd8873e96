//! What a column holds: how people write it, how it is kept, how a table shows it.
//!
//! A value is kept as plain text: a day `2026-11-22`, a time in milliseconds, money in fen, a
//! choice by its word. Everything else is refused when it is written (R18).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use lossbook_core::domain::{Money, WallMs};

use crate::catalogue::Personal;
use crate::office::masked;
use crate::table::{Cell, Words};

/// Where head office is.
const ZONE: &str = "Asia/Shanghai";
/// Longest line and longest note, in characters.
const MAX_LINE: usize = 200;
const MAX_NOTE: usize = 2_000;

/// A word that a choice is kept as, with its Chinese and English.
pub type Choice = (&'static str, &'static str, &'static str);

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One line.
    Text,
    /// Some lines.
    Note,
    /// One of these.
    Choice(&'static [Choice]),
    /// A calendar day.
    Day,
    /// A moment, to the minute.
    Time,
    /// An amount, not below zero.
    Money,
    /// How many.
    Number,
    /// Somebody's name.
    Person,
    /// A scope of the hub by name: a village. The row belongs to it.
    Scope,
    /// A telephone number; personal.
    Phone,
    /// A bank account; personal.
    Account,
    /// An ID number; personal.
    IdNo,
    /// Yes or no.
    YesNo,
    /// Given by the hub: these letters and the row's number.
    Serial(&'static str),
}

/// Why a text is no value of a kind: Chinese and English.
pub(super) type Problem = (&'static str, &'static str);

impl Kind {
    /// Whether it is masked.
    pub const fn is_personal(self) -> bool {
        match self {
            Self::Phone | Self::Account | Self::IdNo => true,
            Self::Text
            | Self::Note
            | Self::Choice(_)
            | Self::Day
            | Self::Time
            | Self::Money
            | Self::Number
            | Self::Person
            | Self::Scope
            | Self::YesNo
            | Self::Serial(_) => false,
        }
    }

    /// What is kept of a text that is not empty.
    pub(super) fn parse(self, text: &str) -> Result<String, Problem> {
        match self {
            Self::Text | Self::Person | Self::Scope => line(text),
            Self::Note => note(text),
            Self::Choice(choices) => {
                let found = choices.iter().find(|(word, _, _)| *word == text);
                let word = found.map(|(word, _, _)| (*word).to_owned());
                word.ok_or(("不在可选项中", "is none of the choices"))
            }
            Self::Day => day(text).map(|day| day.to_string()),
            Self::Time => time(text).map(|at| at.0.to_string()),
            Self::Money => amount(text),
            Self::Number => {
                let number = text.parse::<u64>().ok().filter(|n| *n <= 1_000_000_000);
                let kept = number.map(|number| number.to_string());
                kept.ok_or(("须为非负整数", "is not a whole number"))
            }
            Self::Phone => {
                digits(text, (5, 20), "+-()").ok_or(("不是电话号码", "is no phone number"))
            }
            Self::Account => digits(text, (6, 34), "").ok_or(("不是账号", "is no account number")),
            Self::IdNo => id_no(text),
            Self::YesNo => match text {
                "yes" | "no" => Ok(text.to_owned()),
                _ => Err(("须为是或否", "is neither yes nor no")),
            },
            Self::Serial(_) => Err(("由系统生成", "is given by the hub")),
        }
    }

    /// What a table shows.
    pub fn cell(self, kept: &str, personal: Personal) -> Cell {
        if kept.is_empty() {
            return Cell::Blank;
        }
        let text = || Cell::Text(kept.to_owned());
        match self {
            Self::Text | Self::Note | Self::Person | Self::Scope | Self::Serial(_) => text(),
            Self::Choice(choices) => {
                let found = choices.iter().find(|(word, _, _)| *word == kept);
                found.map_or_else(text, |(_, zh, en)| Cell::Words(Words::new(*zh, *en)))
            }
            Self::Day => Cell::Day(kept.to_owned()),
            Self::Time => kept
                .parse()
                .map_or_else(|_| text(), |ms| Cell::Time(WallMs(ms))),
            Self::Money => kept.parse().map_or_else(|_| text(), Cell::Fen),
            Self::Number => kept.parse().map_or_else(|_| text(), Cell::Count),
            Self::YesNo => Cell::Yes(kept == "yes"),
            Self::Phone | Self::Account | Self::IdNo => match personal {
                Personal::Shown => text(),
                Personal::Masked => Cell::Text(masked("phone", kept)),
            },
        }
    }

    /// How a form writes what is kept.
    pub fn written(self, kept: &str) -> String {
        match self {
            Self::Time => kept
                .parse()
                .ok()
                .and_then(|ms| local(WallMs(ms)))
                .map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M").to_string()),
            Self::Money => kept
                .parse()
                .map_or_else(|_| String::new(), |fen| Money::from_fen(fen).to_string()),
            Self::Text
            | Self::Note
            | Self::Choice(_)
            | Self::Day
            | Self::Number
            | Self::Person
            | Self::Scope
            | Self::Phone
            | Self::Account
            | Self::IdNo
            | Self::YesNo
            | Self::Serial(_) => kept.to_owned(),
        }
    }

    /// The moment that a day or time stands for.
    pub(super) fn moment(self, kept: &str) -> Option<WallMs> {
        match self {
            Self::Time => kept.parse().ok().map(WallMs),
            Self::Day => start_of(kept),
            Self::Text
            | Self::Note
            | Self::Choice(_)
            | Self::Money
            | Self::Number
            | Self::Person
            | Self::Scope
            | Self::Phone
            | Self::Account
            | Self::IdNo
            | Self::YesNo
            | Self::Serial(_) => None,
        }
    }
}

/// The first moment of a day, where head office is.
pub fn start_of(day: &str) -> Option<WallMs> {
    let date: Date = day.parse().ok()?;
    moment_of(date.at(0, 0, 0, 0))
}

/// The first moment after a day, where head office is.
pub fn end_of(day: &str) -> Option<WallMs> {
    let date: Date = day.parse().ok()?;
    moment_of(date.tomorrow().ok()?.at(0, 0, 0, 0))
}

/// The day on which a moment falls, where head office is.
pub fn day_of(at: WallMs) -> String {
    local(at).map_or_else(String::new, |at| at.date().to_string())
}

/// A moment to the minute, where head office is.
pub(crate) fn minute_of(at: WallMs) -> String {
    local(at).map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

fn local(at: WallMs) -> Option<DateTime> {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let instant = Timestamp::from_millisecond(at.0).ok()?;
    Some(zone.to_datetime(instant))
}

fn moment_of(at: DateTime) -> Option<WallMs> {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let zoned = at.to_zoned(zone).ok()?;
    Some(WallMs(zoned.timestamp().as_millisecond()))
}

fn line(text: &str) -> Result<String, Problem> {
    if text.chars().count() > MAX_LINE || text.chars().any(char::is_control) {
        return Err((
            "须为一行，不超过 200 字",
            "is more than one line of 200 characters",
        ));
    }
    Ok(text.to_owned())
}

fn note(text: &str) -> Result<String, Problem> {
    let text = text.replace("\r\n", "\n");
    let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.chars().count() > MAX_NOTE || text.chars().any(is_odd) {
        return Err(("不超过 2000 字", "is longer than 2,000 characters"));
    }
    Ok(text)
}

fn is_near(year: i16) -> bool {
    (1900..2200).contains(&year)
}

fn day(text: &str) -> Result<Date, Problem> {
    let date = text
        .parse::<Date>()
        .ok()
        .filter(|date| is_near(date.year()));
    date.ok_or(("须为日期，如 2026-11-22", "is no day such as 2026-11-22"))
}

/// A moment with its offset, or one of the office's clock.
fn time(text: &str) -> Result<WallMs, Problem> {
    let problem = (
        "须为时间，如 2026-11-22 09:40",
        "is no time such as 2026-11-22 09:40",
    );
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(WallMs(instant.as_millisecond()));
    }
    let civil = text.parse::<DateTime>().ok();
    // A day alone would read as midnight, which nobody said.
    let civil = civil.filter(|at| text.contains(':') && is_near(at.year()));
    civil.and_then(moment_of).ok_or(problem)
}

fn amount(text: &str) -> Result<String, Problem> {
    let plain: String = text.chars().filter(|c| *c != ',').collect();
    let money = plain.parse::<Money>().ok().filter(|money| money.fen() >= 0);
    let kept = money.map(|money| money.fen().to_string());
    kept.ok_or((
        "须为金额（元），如 1234.50",
        "is no amount in yuan such as 1234.50",
    ))
}

/// Digits and a few signs, without spaces, of a length.
fn digits(text: &str, (least, most): (usize, usize), signs: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let count = plain.chars().filter(char::is_ascii_digit).count();
    let is_known = plain
        .chars()
        .all(|c| c.is_ascii_digit() || signs.contains(c));
    (is_known && (least..=most).contains(&count)).then_some(plain)
}

/// A resident's number with its check digit (GB 11643), or 9 to 18 letters and digits of another
/// paper.
fn id_no(text: &str) -> Result<String, Problem> {
    let plain = text.trim().to_ascii_uppercase();
    let is_plain =
        plain.chars().all(|c| c.is_ascii_alphanumeric()) && (6..=18).contains(&plain.len());
    let is_resident = plain.len() == 18 && plain.chars().take(17).all(|c| c.is_ascii_digit());
    if !is_plain || (is_resident && !is_checked(&plain)) {
        return Err(("证件号码有误", "is no ID number: a digit is wrong"));
    }
    Ok(plain)
}

fn is_checked(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = number.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let wanted = "10X98765432"
        .chars()
        .nth(usize::try_from(sum % 11).unwrap_or(0));
    number.chars().last() == wanted
}
