//! Checks of identity fields: resident ID, plate, VIN, mobile number, payee's bank account (R51, R58).
//!
//! Input: what somebody typed, and for an ID number the day on which it is checked. Output: a
//! [`Verdict`] with its reasons, each with a stable code and a sentence in Chinese and English; and a
//! [`mask`](Field::mask) that is safe to show (R51, R296). `Bad` is what no valid number can look like;
//! `Warn` is what is unusual, or a check that not every issuer keeps: the surveyor looks again at the
//! document and may go on.
//!
//! Refuses to say that a number exists: only its issuer knows. There is no list of county codes,
//! because codes are abolished every year and stay valid for those who were born under them.
//!
//! ```
//! use jiff::civil::date;
//! use lossbook_core::rules::identity::{Field, Reason, Verdict};
//!
//! let day = date(2026, 11, 22);
//! assert_eq!(Field::ResidentId.check("11010519491231002X", day), Verdict::Good);
//! let verdict = Field::ResidentId.check("110105194912310021", day);
//! assert_eq!(verdict, Verdict::Bad(vec![Reason::IdChecksum]));
//! assert_eq!(Field::Mobile.mask("13800138000"), "138****8000");
//! ```

mod plate;
mod reason;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime};

use crate::domain::half_width;

pub use reason::Reason;

/// A kind of identity field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Resident identity number (GB 11643), 18 digits or the old 15.
    ResidentId,
    /// Vehicle plate (GA 36).
    Plate,
    /// Vehicle identification number (GB 16735). Motor vehicles only: serial numbers of aircraft
    /// and of machines follow other rules.
    Vin,
    /// Mobile number of mainland China.
    Mobile,
    /// Account number of a payee.
    Account,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong with its form.
    Good,
    /// Unusual: look at the document again.
    Warn(Vec<Reason>),
    /// No valid number looks like this. Warnings may stand beside the reasons that decide.
    Bad(Vec<Reason>),
}

impl Verdict {
    fn of(reasons: Vec<Reason>) -> Self {
        if reasons.iter().any(|reason| reason.is_bad()) {
            Self::Bad(reasons)
        } else if reasons.is_empty() {
            Self::Good
        } else {
            Self::Warn(reasons)
        }
    }

    /// A stable word for machines.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn(_) => "warn",
            Self::Bad(_) => "bad",
        }
    }

    /// Why; empty for [`Verdict::Good`].
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Good => &[],
            Self::Warn(reasons) | Self::Bad(reasons) => reasons,
        }
    }
}

impl Field {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::ResidentId,
        Self::Plate,
        Self::Vin,
        Self::Mobile,
        Self::Account,
    ];

    /// A stable word for machines and for the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ResidentId => "id",
            Self::Plate => "plate",
            Self::Vin => "vin",
            Self::Mobile => "mobile",
            Self::Account => "account",
        }
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::ResidentId => "身份证号码",
            Self::Plate => "车牌号",
            Self::Vin => "车架号",
            Self::Mobile => "手机号",
            Self::Account => "收款账号",
        }
    }

    /// The text as it is compared: without spaces, hyphens and the plate's dot, in half-width capitals;
    /// a mobile number without +86.
    pub fn canonical(self, text: &str) -> String {
        let plain: String = text
            .chars()
            .map(half_width)
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–' | '·' | '•' | '・'))
            .flat_map(char::to_uppercase)
            .collect();
        match self {
            Self::Mobile => without_country(&plain).to_owned(),
            Self::ResidentId | Self::Plate | Self::Vin | Self::Account => plain,
        }
    }

    /// Checks what was typed. `day` is the day of the check: nobody is born after it.
    pub fn check(self, text: &str, day: Date) -> Verdict {
        let text = self.canonical(text);
        if text.is_empty() {
            return Verdict::Bad(vec![Reason::Empty]);
        }
        Verdict::of(match self {
            Self::ResidentId => resident_id(&text, day),
            Self::Plate => plate::check(&text),
            Self::Vin => vin(&text),
            Self::Mobile => mobile(&text),
            Self::Account => account(&text),
        })
    }

    /// The text with its middle hidden, for lists, logs and screens that others see. What is too
    /// short to hide at least three characters is hidden whole.
    pub fn mask(self, text: &str) -> String {
        let text = self.canonical(text);
        let (head, tail) = match self {
            Self::ResidentId | Self::Mobile | Self::Vin => (3, 4),
            Self::Plate => (2, 2),
            Self::Account => (0, 4),
        };
        let len = text.chars().count();
        let is_short = len < head + tail + 3;
        let hidden = |at: usize| is_short || (head..len - tail).contains(&at);
        text.chars()
            .enumerate()
            .map(|(at, c)| if hidden(at) { '*' } else { c })
            .collect()
    }
}

/// Only if a whole mobile number is left.
fn without_country(text: &str) -> &str {
    ["+86", "0086", "86"]
        .iter()
        .find_map(|code| text.strip_prefix(code).filter(|rest| rest.len() == 11))
        .unwrap_or(text)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ASCII text between two places; empty where there is none.
fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

fn resident_id(text: &str, day: Date) -> Vec<Reason> {
    let (body, check) = match (text.len(), text.is_ascii()) {
        (18, true) => (part(text, 0, 17), part(text, 17, 18)),
        (15, true) => (text, ""),
        _ => return vec![Reason::IdLength],
    };
    if !all_digits(body) || !(all_digits(check) || check == "X") {
        return vec![Reason::IdCharacter];
    }
    let mut reasons = Vec::new();
    let birth = if check.is_empty() {
        reasons.push(Reason::IdOldForm);
        // The old form has no century; numbers of that form were given to those born before 2000.
        format!("19{}", part(body, 6, 12))
    } else {
        part(body, 6, 14).to_owned()
    };
    reasons.extend(area(body));
    reasons.extend(birth_date(&birth, day));
    if !check.is_empty() && check != id_check(body) {
        reasons.push(Reason::IdChecksum);
    }
    reasons
}

/// Provinces of GB/T 2260, with the residence permits of Hong Kong, Macao and Taiwan (81 to 83).
const PROVINCES: &str = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83";

/// The first six digits: place of first registration. Permanent residents from abroad have 9, the
/// province, and their country's number instead.
fn area(body: &str) -> Option<Reason> {
    let is_foreign = body.starts_with('9');
    let province = if is_foreign {
        part(body, 1, 3)
    } else {
        part(body, 0, 2)
    };
    if !PROVINCES.split(' ').any(|known| known == province) {
        return Some(Reason::IdProvince);
    }
    let number = |from, to| part(body, from, to).parse::<u8>().unwrap_or_default();
    let (city, county) = (number(2, 4), number(4, 6));
    // Cities are 01 to 70 and 90 (counties directly below the province); no county is 00.
    let is_usual = matches!(city, 1..=70 | 90) && county > 0;
    let is_permit = matches!(province, "81" | "82" | "83") && (city, county) == (0, 0);
    (!is_foreign && !is_usual && !is_permit).then_some(Reason::IdArea)
}

/// `19491231`: a day of the calendar, not after `day`, within a lifetime.
fn birth_date(digits: &str, day: Date) -> Option<Reason> {
    let number = |from, to| part(digits, from, to).parse::<i16>().ok();
    let small = |from, to| part(digits, from, to).parse::<i8>().ok();
    let parts = (number(0, 4), small(4, 6), small(6, 8));
    let (Some(year), Some(month), Some(of_month)) = parts else {
        return Some(Reason::IdDate);
    };
    match DateTime::new(year, month, of_month, 0, 0, 0, 0).map(DateTime::date) {
        Err(_) => Some(Reason::IdDate),
        Ok(birth) if birth > day => Some(Reason::IdFuture),
        Ok(birth) if day.year() - birth.year() > 120 => Some(Reason::IdAge),
        Ok(_) => None,
    }
}

/// The check character of seventeen digits: ISO 7064 MOD 11-2.
fn id_check(body: &str) -> &'static str {
    const CHECKS: [&str; 11] = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"];
    let sum = body
        .bytes()
        .fold(0_usize, |sum, digit| (sum + digit_value(digit)) * 2 % 11);
    CHECKS.get(sum % 11).copied().unwrap_or_default()
}

fn digit_value(byte: u8) -> usize {
    usize::from(byte.saturating_sub(b'0'))
}

fn vin(text: &str) -> Vec<Reason> {
    if text.chars().count() != 17 {
        return vec![Reason::VinLength];
    }
    let values: Option<Vec<usize>> = text.chars().map(vin_value).collect();
    let Some(values) = values else {
        return vec![Reason::VinCharacter];
    };
    const WEIGHTS: [usize; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum: usize = values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum();
    const CHECKS: [char; 11] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'X'];
    let is_right = text.chars().nth(8) == CHECKS.get(sum % 11).copied();
    // Makers outside North America and China often use the ninth place for something else.
    if is_right {
        Vec::new()
    } else {
        vec![Reason::VinCheckDigit]
    }
}

/// What a character counts in the check sum; none for I, O, Q and whatever is no letter or digit.
fn vin_value(c: char) -> Option<usize> {
    match c {
        '0'..='9' => c.to_digit(10).and_then(|digit| usize::try_from(digit).ok()),
        'A' | 'J' => Some(1),
        'B' | 'K' | 'S' => Some(2),
        'C' | 'L' | 'T' => Some(3),
        'D' | 'M' | 'U' => Some(4),
        'E' | 'N' | 'V' => Some(5),
        'F' | 'W' => Some(6),
        'G' | 'P' | 'X' => Some(7),
        'H' | 'Y' => Some(8),
        'R' | 'Z' => Some(9),
        _ => None,
    }
}

fn mobile(text: &str) -> Vec<Reason> {
    if !all_digits(text) || text.len() != 11 {
        vec![Reason::MobileLength]
    } else if matches!(
        part(text, 0, 2),
        "13" | "14" | "15" | "16" | "17" | "18" | "19"
    ) {
        Vec::new()
    } else {
        vec![Reason::MobilePrefix]
    }
}

fn account(text: &str) -> Vec<Reason> {
    if !all_digits(text) {
        vec![Reason::AccountCharacter]
    } else if !(12..=19).contains(&text.len()) {
        vec![Reason::AccountLength]
    } else if luhn(text) {
        Vec::new()
    } else {
        // Cards have a check digit, accounts of companies mostly have none.
        vec![Reason::AccountCheckDigit]
    }
}

/// Every second digit from the right counts double, its two digits added; the sum ends in 0.
fn luhn(digits: &str) -> bool {
    let sum: usize = digits
        .bytes()
        .rev()
        .map(digit_value)
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}
