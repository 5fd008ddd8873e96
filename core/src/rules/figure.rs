//! A number of a contract: the value with its source, or the blank it left.

use std::fmt;

use super::calendar::WorkingHours;
use super::node::{Node, Value};
use crate::domain::{Money, Share};

/// A number, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The number, or why there is none.
    pub figure: Figure<T>,
    /// Requirement, gap or placeholder id, statute, or "set by the insurer".
    pub source: String,
}

/// A number or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure<T> {
    /// The contract or the insurer says so.
    Is(T),
    /// Left open; the text says by whom it is to be filled.
    Blank(String),
    /// Stands in the policy facts of the case.
    Policy,
    /// Stands in the object's register entry or facts.
    Object,
}

impl<T> Sourced<T> {
    /// The number, if the pack itself has it.
    pub const fn value(&self) -> Option<&T> {
        match &self.figure {
            Figure::Is(value) => Some(value),
            Figure::Blank(_) | Figure::Policy | Figure::Object => None,
        }
    }

    /// Whether the contract left it open.
    pub const fn is_blank(&self) -> bool {
        matches!(self.figure, Figure::Blank(_))
    }
}

/// A length of time as contracts write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// Minutes; hours are 60 of them.
    Minutes(u32),
    /// Half working days, one or more, counted in working minutes.
    HalfWorkingDays(u32),
    /// Whole working days.
    WorkingDays(u32),
    /// Calendar days.
    Days(u32),
    /// Calendar months.
    Months(u32),
    /// "立即": elapsed time is shown, nothing is ever overdue.
    AtOnce,
}

impl Span {
    /// Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::Minutes(n) if n % 60 == 0 => format!("{}小时", n / 60),
            Self::Minutes(n) => format!("{n}分钟"),
            Self::HalfWorkingDays(1) => "半个工作日".to_owned(),
            Self::HalfWorkingDays(n) => format!("{n}个半工作日"),
            Self::WorkingDays(n) => format!("{n}个工作日"),
            Self::Days(n) => format!("{n}日"),
            Self::Months(n) => format!("{n}个月"),
            Self::AtOnce => "立即".to_owned(),
        }
    }

    /// English.
    pub fn en(self) -> String {
        let many = |n: u32, one: &str| {
            if n == 1 {
                format!("1 {one}")
            } else {
                format!("{n} {one}s")
            }
        };
        match self {
            Self::Minutes(n) if n % 60 == 0 => many(n / 60, "hour"),
            Self::Minutes(n) => many(n, "minute"),
            Self::HalfWorkingDays(1) => "half a working day".to_owned(),
            Self::HalfWorkingDays(n) => many(n, "half working day"),
            Self::WorkingDays(n) => many(n, "working day"),
            Self::Days(n) => many(n, "day"),
            Self::Months(n) => many(n, "month"),
            Self::AtOnce => "at once".to_owned(),
        }
    }
}

impl Span {
    /// From its text, such as `30 d` or `1.5 wd`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "at once" {
            return Some(Self::AtOnce);
        }
        let (number, unit) = text.split_once(' ')?;
        let halves = halves(number)?;
        let whole = (halves % 2 == 0).then_some(halves / 2);
        match unit {
            "min" => whole.map(Self::Minutes),
            "h" => halves.checked_mul(30).map(Self::Minutes),
            "wd" => Some(whole.map_or(Self::HalfWorkingDays(halves), Self::WorkingDays)),
            "d" => whole.map(Self::Days),
            "mo" => whole.map(Self::Months),
            _ => None,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(n) if n % 60 == 0 => write!(f, "{} h", n / 60),
            Self::Minutes(n) => write!(f, "{n} min"),
            Self::HalfWorkingDays(n) if n % 2 == 1 => write!(f, "{}.5 wd", n / 2),
            Self::HalfWorkingDays(n) => write!(f, "{} wd in minutes", n / 2),
            Self::WorkingDays(n) => write!(f, "{n} wd"),
            Self::Days(n) => write!(f, "{n} d"),
            Self::Months(n) => write!(f, "{n} mo"),
            Self::AtOnce => f.write_str("at once"),
        }
    }
}

/// How a number is read from the tree, and shown again.
pub(super) trait Number: Sized + Clone {
    /// What is wanted, with an example.
    const WANTED: &'static str;
    fn read(node: &Node) -> Option<Self>;
    fn show(&self) -> String;
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        Value::Whole(_) | Value::Truth(_) | Value::List(_) | Value::Table(_) => None,
    }
}

impl Number for Money {
    const WANTED: &'static str = "an amount in yuan as text, such as \"30000.00\"";
    fn read(node: &Node) -> Option<Self> {
        text(node)?
            .parse()
            .ok()
            .filter(|money: &Self| money.fen() >= 0)
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Number for Share {
    const WANTED: &'static str = "a share as text, such as \"70%\"";
    fn read(node: &Node) -> Option<Self> {
        text(node)?.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Number for u32 {
    const WANTED: &'static str = "a whole number of 0 or more";
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Whole(number) => Self::try_from(*number).ok(),
            Value::Text(_) | Value::Truth(_) | Value::List(_) | Value::Table(_) => None,
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Number for bool {
    const WANTED: &'static str = "true or false";
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Truth(truth) => Some(*truth),
            Value::Text(_) | Value::Whole(_) | Value::List(_) | Value::Table(_) => None,
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Number for Vec<String> {
    const WANTED: &'static str = "a list of texts";
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::List(items) => items
                .iter()
                .map(|item| text(item).map(str::to_owned))
                .collect(),
            Value::Text(_) | Value::Whole(_) | Value::Truth(_) | Value::Table(_) => None,
        }
    }
    fn show(&self) -> String {
        self.join(" ")
    }
}

/// A word of the pack, such as the answer for unlisted perils or a retention of "permanent".
impl Number for String {
    const WANTED: &'static str = "a word as text";
    fn read(node: &Node) -> Option<Self> {
        text(node)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Number for Span {
    const WANTED: &'static str = "a span as text: \"15 min\", \"3 h\", \"0.5 wd\", \"2 wd\", \"30 d\", \"1 mo\" or \"at once\"";
    fn read(node: &Node) -> Option<Self> {
        Self::parse(text(node)?)
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// Twice the number: `1.5` is 3, `2` is 4; at most a thousand.
fn halves(text: &str) -> Option<u32> {
    let (whole, half) = match text.split_once('.') {
        Some((whole, "5")) => (whole, 1),
        Some(_) => return None,
        None => (text, 0),
    };
    let whole: u32 = whole.parse().ok()?;
    let halves = whole.checked_mul(2)?.checked_add(half)?;
    (1..=20_000).contains(&halves).then_some(halves)
}

impl Number for WorkingHours {
    const WANTED: &'static str = "working hours as text, such as \"09:00-12:00, 13:30-17:30\"";
    fn read(node: &Node) -> Option<Self> {
        text(node)?.parse().ok()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}
