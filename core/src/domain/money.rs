//! Money in whole fen. Floats are banned here: a cent must never be lost or invented.
#![deny(clippy::float_arithmetic)]

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// `numerator ÷ denominator`, half a fen upwards: the one way amounts are rounded. What leaves the
/// range of money stays at its end.
pub fn half_up(numerator: i128, denominator: i128) -> Money {
    let denominator = denominator.max(1);
    let rounded = numerator
        .saturating_add(denominator / 2)
        .div_euclid(denominator);
    Money(i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX }))
}

/// An amount in fen (1 yuan = 100 fen); R6: agreed values reach 7,000,000,000 fen, hence `i64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Money(i64);

/// A text that is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not an amount: write yuan with at most two decimals, such as 1250 or 1250.50")]
pub struct MoneyParseError {
    /// What was given.
    pub got: String,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From whole fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// In whole fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The sum, or nothing when it would leave the range of `i64`.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl FromStr for Money {
    type Err = MoneyParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_fen(text.trim())
            .map(Self)
            .ok_or_else(|| MoneyParseError {
                got: text.to_owned(),
            })
    }
}

fn parse_fen(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (yuan, fen) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if yuan.is_empty() || !all_digits(yuan) || !all_digits(fen) || fen.len() > 2 {
        return None;
    }
    let yuan: i64 = yuan.parse().ok()?;
    let fen: i64 = format!("{fen:0<2}").parse().ok()?;
    let total = yuan.checked_mul(100)?.checked_add(fen)?;
    Some(if negative { -total } else { total })
}

/// A total that is exact, or a range as long as somebody's figures disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(array)]
pub struct MoneyRange {
    /// The least it can come to.
    #[n(0)]
    pub low: Money,
    /// The most it can come to.
    #[n(1)]
    pub high: Money,
}

impl MoneyRange {
    /// An exact amount.
    pub const fn exact(amount: Money) -> Self {
        Self {
            low: amount,
            high: amount,
        }
    }

    /// Whether both ends agree.
    pub fn is_exact(self) -> bool {
        self.low == self.high
    }

    /// End by end; nothing on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            low: self.low.checked_add(other.low)?,
            high: self.high.checked_add(other.high)?,
        })
    }
}

impl fmt::Display for MoneyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{}–{}", self.low, self.high)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_text_becomes_fen_and_back() {
        for (text, fen) in [
            ("0", 0),
            ("12", 1200),
            ("12.5", 1250),
            ("12.05", 1205),
            ("-3.10", -310),
        ] {
            assert_eq!(text.parse::<Money>().unwrap().fen(), fen, "{text}");
        }
        assert_eq!(Money::from_fen(-5).to_string(), "-0.05");
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in [
            "",
            ".",
            "1.234",
            "1e3",
            "十",
            "1,000",
            "99999999999999999999",
            "--1",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }
}
