//! Times that a text promises: spans such as `3个工作日`, days to come, words such as `明天`.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// What may be said: limits of the contract, due days, and every day until today.
#[derive(Debug)]
pub(super) struct Stated {
    today: String,
    limits: BTreeSet<(u64, Unit)>,
    days: BTreeSet<String>,
}

/// A unit of a span; hours are minutes, weeks are days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Minutes,
    WorkingDays,
    Days,
    Months,
}

/// Units as people write them, longer ones first, with how many of the unit one is.
const UNITS: [(&str, Unit, u64); 21] = [
    ("working day", Unit::WorkingDays, 1),
    ("business day", Unit::WorkingDays, 1),
    ("工作日", Unit::WorkingDays, 1),
    ("自然日", Unit::Days, 1),
    ("minute", Unit::Minutes, 1),
    ("分钟", Unit::Minutes, 1),
    ("小时", Unit::Minutes, 60),
    ("钟头", Unit::Minutes, 60),
    ("hour", Unit::Minutes, 60),
    ("month", Unit::Months, 1),
    ("星期", Unit::Days, 7),
    ("week", Unit::Days, 7),
    ("个月", Unit::Months, 1),
    ("min", Unit::Minutes, 1),
    ("day", Unit::Days, 1),
    ("wd", Unit::WorkingDays, 1),
    ("mo", Unit::Months, 1),
    ("周", Unit::Days, 7),
    ("天", Unit::Days, 1),
    ("日", Unit::Days, 1),
    ("h", Unit::Minutes, 60),
];

/// Words that promise a day without a figure.
const SOON: [&str; 12] = [
    "明天",
    "明日",
    "后天",
    "今日内",
    "今天内",
    "当天内",
    "本周",
    "下周",
    "月底",
    "tomorrow",
    "next week",
    "this week",
];

impl Stated {
    pub(super) fn until(today: String) -> Self {
        Self {
            today,
            limits: BTreeSet::new(),
            days: BTreeSet::new(),
        }
    }

    /// A limit as the contract's pack writes it: `3 wd`, `24 h`.
    pub(super) fn limit(&mut self, limit: &str) {
        if limit.contains('.') {
            return;
        }
        self.limits
            .extend(spans(limit).into_iter().map(|(_, span)| span));
        if let Some(days) = limit.strip_suffix(" d").and_then(|days| days.parse().ok()) {
            self.limits.insert((days, Unit::Days));
        }
    }

    pub(super) fn day(&mut self, day: String) {
        self.days.insert(day);
    }

    fn allows(&self, day: &str) -> bool {
        day <= self.today.as_str() || self.days.contains(day)
    }
}

/// The first time in a text that nobody stated.
pub(super) fn invented(text: &str, stated: &Stated) -> Option<String> {
    let text = plain(text);
    if let Some(word) = SOON.iter().find(|word| text.contains(**word)) {
        return Some((*word).to_owned());
    }
    for (said, day) in days(&text, &stated.today) {
        if !stated.allows(&day) {
            return Some(said);
        }
    }
    let mut spans = spans(&text).into_iter();
    let found = spans.find(|(_, span)| !stated.limits.contains(span));
    found.map(|(said, _)| said)
}

/// Lower case, Western digits, and Chinese numerals up to ninety-nine as digits.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text
        .to_lowercase()
        .chars()
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    while let Some(letter) = letters.next() {
        let wide = u32::from(letter).wrapping_sub(u32::from('０'));
        if wide < 10 {
            plain.extend(char::from_digit(wide, 10));
            continue;
        }
        let Some(first) = numeral(letter) else {
            plain.push(letter);
            continue;
        };
        let mut value = first;
        while let Some(next) = letters.peek().copied().and_then(numeral) {
            letters.next();
            value = match (value, next) {
                (tens, 10) => tens * 10,
                (tens, ones) if tens % 10 == 0 => tens + ones,
                (tens, ones) => tens * 10 + ones,
            };
        }
        plain.push_str(&value.to_string());
    }
    plain
}

fn numeral(letter: char) -> Option<u64> {
    let at = "零一二三四五六七八九十"
        .chars()
        .position(|one| one == letter);
    let at = at.or((letter == '两').then_some(2))?;
    u64::try_from(at).ok()
}

/// Figures with a unit behind them: as they are said, and what they come to.
fn spans(text: &str) -> Vec<(String, (u64, Unit))> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        before = rest
            .get(..at)
            .and_then(|skipped| skipped.chars().last())
            .or(before);
        let digits = rest.get(at..).unwrap_or_default();
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let (figure, behind) = digits.split_at_checked(end).unwrap_or((digits, ""));
        let unit = behind.trim_start_matches([' ', '个', '-']);
        // "22日" behind a month is a day of the calendar.
        let is_date = before == Some('月') && unit.starts_with('日');
        let is_name = before.is_some_and(|c| c.is_ascii_alphabetic());
        let month = behind
            .starts_with("个月")
            .then_some(("个月", Unit::Months, 1));
        let known = UNITS
            .iter()
            .find(|(word, _, _)| begins(unit, word))
            .copied();
        if let (Some((word, unit, many)), Ok(figure), false) =
            (month.or(known), figure.parse::<u64>(), is_date || is_name)
        {
            let said = format!("{figure} {word}");
            found.push((said, (figure.saturating_mul(many), unit)));
        }
        before = figure.chars().last();
        rest = behind;
    }
    found
}

/// Whether a text begins with a unit; a short one stands alone, so that `3 houses` are no hours.
fn begins(text: &str, word: &str) -> bool {
    let Some(behind) = text.strip_prefix(word) else {
        return false;
    };
    word.len() > 3 || !word.is_ascii() || !behind.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Days of the calendar: as they are said, and as `2026-11-22`; without a year, of this one.
fn days(text: &str, today: &str) -> Vec<(String, String)> {
    let year = today.get(..4).unwrap_or_default();
    let parts = text.split(|c: char| !c.is_ascii_digit());
    let figures: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let mut found = Vec::new();
    for (at, month) in figures.iter().enumerate() {
        let Some(day) = figures.get(at + 1) else {
            continue;
        };
        let spoken = format!("{month}月{day}日");
        let signs = ['-', '/', '.'];
        let before = at.checked_sub(1).and_then(|at| figures.get(at)).copied();
        let before = before.filter(|year| year.len() == 4).unwrap_or(year);
        let written = signs
            .iter()
            .map(|sign| format!("{before}{sign}{month}{sign}{day}"));
        let said = std::iter::once(spoken)
            .chain(written)
            .find(|said| text.contains(said.as_str()));
        let number = |text: &str| text.parse::<i8>().ok();
        let date = number(month).zip(number(day)).zip(before.parse().ok());
        let date = date.and_then(|((month, day), year)| Date::new(year, month, day).ok());
        if let (Some(said), Some(date)) = (said, date) {
            found.push((said, date.to_string()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Stated, invented};

    fn stated() -> Stated {
        let mut stated = Stated::until("2026-11-22".to_owned());
        for limit in ["1 wd", "24 h", "2 mo", "10 d"] {
            stated.limit(limit);
        }
        stated.day("2026-11-25".to_owned());
        stated
    }

    #[test]
    fn what_the_contract_states_may_be_said() {
        for text in [
            "一个工作日内支付",
            "1 个工作日",
            "within 24 hours",
            "二十四小时内",
            "within 1 working day",
            "10天内",
            "2个月",
            "赔款 3000.00 元，案号 7K2M-9Q3P",
            "于2026年11月20日查勘，预计11月25日支付",
            "到期 2026-11-25 18:00",
            "3 houses, 2 hens, part AB7H",
        ] {
            assert_eq!(invented(text, &stated()), None, "{text}");
        }
    }

    #[test]
    fn a_time_that_nobody_stated_is_found_however_it_is_written() {
        for text in [
            "3个工作日内支付",
            "三个工作日",
            "请等待２小时",
            "within 48 hours",
            "约5天",
            "两周内",
            "明天上门",
            "pay tomorrow",
            "11月30日前结案",
            "2026-12-01 前",
            "by 2026/12/1",
            "7h",
        ] {
            assert!(invented(text, &stated()).is_some(), "{text}");
        }
    }
}
