//! Reads calendar files: TOML to a [`Calendar`], or the first problem with its line.
//!
//! What is not known is refused, a misspelt key too: a holiday that is silently dropped would move
//! deadlines. Refuses also years with gaps or out of order, holidays that overlap, make-up days that
//! are no weekend, and a published year after a provisional one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Calendar, DayKind, Holiday, Year, YearStatus, is_weekend, tomorrow};

/// A calendar file that cannot be used, at its first problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("calendar, line {line}: {problem}")]
pub struct CalendarError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: CalendarProblem,
}

/// What can be wrong with a calendar file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarProblem {
    /// It is no TOML.
    #[error("{0}: write it as TOML")]
    Syntax(String),
    /// A key is missing.
    #[error("the key {0:?} is missing: add it")]
    Missing(&'static str),
    /// A key means nothing here.
    #[error("the key {0:?} means nothing here: remove it or correct its spelling")]
    Unknown(String),
    /// A value is of another kind.
    #[error("{key:?} must be {wanted}")]
    Wrong {
        /// The key.
        key: String,
        /// What it must be.
        wanted: Wanted,
    },
    /// A year is not the one after the year before it.
    #[error("year {0} does not follow the year before it: list the years in order, without a gap")]
    YearOrder(i16),
    /// A published year follows a provisional one.
    #[error("year {0} is published but follows a provisional one: publish that one first")]
    YearStatus(i16),
    /// A holiday ends before it begins, or lasts longer than a month.
    #[error("the holiday from {from} to {to} ends before it begins or is longer than 31 days")]
    Length {
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
    },
    /// A day has two meanings.
    #[error("{0} is named twice: a day is one holiday or one make-up day")]
    Twice(Date),
    /// A make-up day is no Saturday or Sunday.
    #[error("{0} is no Saturday or Sunday, so it cannot be a make-up day")]
    NoWeekend(Date),
    /// A day lies in none of the file's years.
    #[error("{0} lies in none of the years of this file")]
    OtherYear(Date),
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wanted {
    /// A text that is not empty.
    #[error("a text that is not empty")]
    Text,
    /// A year.
    #[error("a year from 1949 to 9998")]
    Year,
    /// `published` or `provisional`.
    #[error("\"published\" or \"provisional\"")]
    Status,
    /// A date.
    #[error("a date such as 2026-10-01")]
    Date,
    /// A list.
    #[error("a list")]
    List,
    /// A table.
    #[error("a table")]
    Table,
}

impl Wanted {
    const fn zh(self) -> &'static str {
        match self {
            Self::Text => "非空文字",
            Self::Year => "1949 至 9998 的年份",
            Self::Status => "\"published\" 或 \"provisional\"",
            Self::Date => "日期，例如 2026-10-01",
            Self::List => "列表",
            Self::Table => "表",
        }
    }
}

impl CalendarProblem {
    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "CALENDAR_SYNTAX",
            Self::Missing(_) => "CALENDAR_KEY_MISSING",
            Self::Unknown(_) => "CALENDAR_KEY_UNKNOWN",
            Self::Wrong { .. } => "CALENDAR_VALUE",
            Self::YearOrder(_) => "CALENDAR_YEAR_ORDER",
            Self::YearStatus(_) => "CALENDAR_YEAR_STATUS",
            Self::Length { .. } => "CALENDAR_HOLIDAY_LENGTH",
            Self::Twice(_) => "CALENDAR_DAY_TWICE",
            Self::NoWeekend(_) => "CALENDAR_MAKE_UP",
            Self::OtherYear(_) => "CALENDAR_DAY_YEAR",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Syntax(what) => format!("不是合法的 TOML（{what}）：请改正"),
            Self::Missing(key) => format!("缺少键 {key:?}：请补上"),
            Self::Unknown(key) => format!("键 {key:?} 在此无意义：请删除或改正拼写"),
            Self::Wrong { key, wanted } => format!("{key:?} 必须是{}", wanted.zh()),
            Self::YearOrder(year) => {
                format!("{year} 年没有紧接上一年：请按顺序列出各年，不得缺年")
            }
            Self::YearStatus(year) => {
                format!("{year} 年已公布，但其前一年仍是暂定：请先公布前一年")
            }
            Self::Length { from, to } => {
                format!("{from} 至 {to} 的假期结束早于开始，或长于 31 天")
            }
            Self::Twice(date) => {
                format!("{date} 出现两次：一天只能属于一个假期，或是一个调休上班日")
            }
            Self::NoWeekend(date) => format!("{date} 不是周六或周日，不能作调休上班日"),
            Self::OtherYear(date) => format!("{date} 不在本文件的任何一年内"),
        }
    }
}

impl CalendarError {
    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        self.problem.code()
    }

    /// In Chinese.
    pub fn zh(&self) -> String {
        format!("日历第 {} 行：{}", self.line, self.problem.zh())
    }
}

type Value<'t> = Spanned<DeValue<'t>>;

impl Calendar {
    /// Reads a calendar file.
    ///
    /// # Errors
    /// [`CalendarError`]: the first thing that is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let reader = Reader { text };
        let root = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            reader.error(at, CalendarProblem::Syntax(error.message().to_owned()))
        })?;
        let root = Table {
            reader,
            at: 0,
            entries: root.get_ref(),
        };
        root.only(&["name", "version", "year"])?;
        let mut calendar = Self {
            name: root.text("name")?,
            version: root.text("version")?,
            years: BTreeMap::new(),
            holidays: Vec::new(),
            special: BTreeMap::new(),
        };
        let mut days = Vec::new();
        for year in root.tables("year")? {
            calendar.take_year(&year)?;
            for holiday in year.tables("holiday")? {
                days.push(calendar.take_holiday(&holiday)?);
            }
        }
        if calendar.years.is_empty() {
            return Err(reader.error(0, CalendarProblem::Missing("year")));
        }
        // A holiday may reach into the next year, so years are only compared when all are read.
        let strange = days
            .into_iter()
            .flatten()
            .find(|(_, date)| !calendar.years.contains_key(&date.year()));
        match strange {
            Some((at, date)) => Err(reader.error(at, CalendarProblem::OtherYear(date))),
            None => Ok(calendar),
        }
    }

    fn take_year(&mut self, table: &Table<'_>) -> Result<(), CalendarError> {
        table.only(&["year", "status", "source", "holiday"])?;
        let (at, year) = table.year()?;
        let (_, status) = table.status()?;
        if let Some((last, before)) = self.years.last_key_value() {
            if year != last.saturating_add(1) {
                return Err(table.reader.error(at, CalendarProblem::YearOrder(year)));
            }
            let is_late = before.status == YearStatus::Provisional;
            if is_late && status == YearStatus::Published {
                return Err(table.reader.error(at, CalendarProblem::YearStatus(year)));
            }
        }
        let source = table.text("source")?;
        self.years.insert(year, Year { status, source });
        Ok(())
    }

    /// Adds a holiday; returns its days with their places.
    fn take_holiday(&mut self, table: &Table<'_>) -> Result<Vec<(usize, Date)>, CalendarError> {
        table.only(&["zh", "en", "from", "to", "make_up"])?;
        let ((at, from), (_, to)) = (table.date("from")?, table.date("to")?);
        let (zh, en) = (table.text("zh")?, table.text("en")?);
        let length = || table.reader.error(at, CalendarProblem::Length { from, to });
        let mut off = Vec::new();
        let mut day = from;
        while day <= to && off.len() <= 31 {
            off.push((at, day));
            day = tomorrow(day).or(Err(length()))?;
        }
        if off.is_empty() || off.len() > 31 {
            return Err(length());
        }
        let make_up = table.dates("make_up")?;
        if let Some((at, date)) = make_up.iter().find(|(_, date)| !is_weekend(*date)) {
            let problem = CalendarProblem::NoWeekend(*date);
            return Err(table.reader.error(*at, problem));
        }
        let place = self.holidays.len();
        let kinds = (off.iter().map(|day| (*day, DayKind::Holiday)))
            .chain(make_up.iter().map(|day| (*day, DayKind::MakeUp)));
        for ((at, date), kind) in kinds {
            if self.special.insert(date, (kind, place)).is_some() {
                return Err(table.reader.error(at, CalendarProblem::Twice(date)));
            }
        }
        let all = off.into_iter().chain(make_up.iter().copied()).collect();
        let make_up = make_up.into_iter().map(|(_, date)| date).collect();
        self.holidays.push(Holiday {
            zh,
            en,
            from,
            to,
            make_up,
        });
        Ok(all)
    }
}

/// Knows the text, so that a problem has a line.
#[derive(Debug, Clone, Copy)]
struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn error(&self, at: usize, problem: CalendarProblem) -> CalendarError {
        let before = self.text.bytes().take(at);
        CalendarError {
            line: 1 + before.filter(|byte| *byte == b'\n').count(),
            problem,
        }
    }
}

/// A table of the file and where it begins.
#[derive(Debug, Clone, Copy)]
struct Table<'t> {
    reader: Reader<'t>,
    at: usize,
    entries: &'t DeTable<'t>,
}

impl<'t> Table<'t> {
    /// Refuses keys that mean nothing.
    fn only(&self, known: &[&str]) -> Result<(), CalendarError> {
        let strange = |key: &&Spanned<_>| {
            let name: &str = AsRef::<str>::as_ref(key.get_ref());
            !known.contains(&name)
        };
        match self.entries.keys().find(strange) {
            Some(key) => {
                let problem = CalendarProblem::Unknown(key.get_ref().clone().into_owned());
                Err(self.reader.error(key.span().start, problem))
            }
            None => Ok(()),
        }
    }

    fn need(&self, key: &'static str) -> Result<&'t Value<'t>, CalendarError> {
        let missing = || self.reader.error(self.at, CalendarProblem::Missing(key));
        self.entries.get(key).ok_or_else(missing)
    }

    fn wrong(&self, value: &Value<'_>, key: &str, wanted: Wanted) -> CalendarError {
        let key = key.to_owned();
        let problem = CalendarProblem::Wrong { key, wanted };
        self.reader.error(value.span().start, problem)
    }

    fn text(&self, key: &'static str) -> Result<String, CalendarError> {
        let value = self.need(key)?;
        let text = value.get_ref().as_str().map(str::trim);
        match text.filter(|text| !text.is_empty()) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.wrong(value, key, Wanted::Text)),
        }
    }

    fn year(&self) -> Result<(usize, i16), CalendarError> {
        let value = self.need("year")?;
        let year = (value.get_ref().as_integer())
            .and_then(|number| i16::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|year| (1949..=9998).contains(year));
        year.map(|year| (value.span().start, year))
            .ok_or_else(|| self.wrong(value, "year", Wanted::Year))
    }

    fn status(&self) -> Result<(usize, YearStatus), CalendarError> {
        let value = self.need("status")?;
        let status = match value.get_ref().as_str() {
            Some("published") => YearStatus::Published,
            Some("provisional") => YearStatus::Provisional,
            Some(_) | None => return Err(self.wrong(value, "status", Wanted::Status)),
        };
        Ok((value.span().start, status))
    }

    fn date(&self, key: &'static str) -> Result<(usize, Date), CalendarError> {
        self.date_in(self.need(key)?, key)
    }

    fn date_in(&self, value: &Value<'_>, key: &str) -> Result<(usize, Date), CalendarError> {
        let date = (value.get_ref().as_datetime())
            .filter(|moment| moment.time.is_none() && moment.offset.is_none())
            .and_then(|moment| moment.to_string().parse().ok());
        date.map(|date| (value.span().start, date))
            .ok_or_else(|| self.wrong(value, key, Wanted::Date))
    }

    /// The dates of a list that may be absent.
    fn dates(&self, key: &'static str) -> Result<Vec<(usize, Date)>, CalendarError> {
        let items = self.list(key)?;
        let dates = items.iter().map(|item| self.date_in(item, key));
        dates.collect()
    }

    /// The tables of a list that may be absent.
    fn tables(&self, key: &'static str) -> Result<Vec<Table<'t>>, CalendarError> {
        let tables = self.list(key)?.iter().map(|item| {
            let entries = item.get_ref().as_table();
            let wrong = || self.wrong(item, key, Wanted::Table);
            Ok(Table {
                reader: self.reader,
                at: item.span().start,
                entries: entries.ok_or_else(wrong)?,
            })
        });
        tables.collect()
    }

    fn list(&self, key: &'static str) -> Result<&'t [Value<'t>], CalendarError> {
        match self.entries.get(key) {
            None => Ok(&[]),
            Some(value) => match value.get_ref().as_array() {
                Some(items) => Ok(items),
                None => Err(self.wrong(value, key, Wanted::List)),
            },
        }
    }
}
