//! Quantities and shares, held whole. Floats are banned here as in money.
#![deny(clippy::float_arithmetic)]

use std::fmt;
use std::str::FromStr;

/// A quantity with three decimals: 12.5 m² is 12,500 thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

/// A share with two decimals of a percent: 12.5 % is 1,250.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Share(u32);

/// A text that is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{got:?} is not a quantity: write a number of at most 1,000,000 with at most three decimals, such as 12.5"
)]
pub struct QuantityParseError {
    /// What was given.
    pub got: String,
}

/// A text that is not a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not a share: write 0% to 100% with at most two decimals, such as 12.5%")]
pub struct ShareParseError {
    /// What was given.
    pub got: String,
}

/// A million units: no house, vehicle or bill has more, and the product with a price stays exact.
const MAX_THOUSANDTHS: i64 = 1_000_000_000;

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(1000);

    /// In thousandths.
    pub const fn thousandths(self) -> i64 {
        self.0
    }
}

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self(10_000);

    /// In hundredths of a percent, at most 10,000.
    pub const fn basis_points(self) -> u32 {
        self.0
    }

    /// What is left beside it.
    pub const fn rest(self) -> Self {
        Self(10_000_u32.saturating_sub(self.0))
    }
}

impl FromStr for Quantity {
    type Err = QuantityParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decimal(text, 3)
            .filter(|number| *number <= MAX_THOUSANDTHS)
            .map(Self)
            .ok_or_else(|| QuantityParseError {
                got: text.to_owned(),
            })
    }
}

impl FromStr for Share {
    type Err = ShareParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_suffix('%')
            .and_then(|number| decimal(number, 2))
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number <= Self::WHOLE.0)
            .map(Self)
            .ok_or_else(|| ShareParseError {
                got: text.to_owned(),
            })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:03}", self.0 % 1000);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / 1000),
            some => write!(f, "{}.{some}", self.0 / 1000),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:02}", self.0 % 100);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{}%", self.0 / 100),
            some => write!(f, "{}.{some}%", self.0 / 100),
        }
    }
}

/// A number without sign, as whole units of its last decimal place.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > places || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_keeps_three_decimals_and_has_no_sign() {
        assert_eq!("1.005".parse::<Quantity>().unwrap().thousandths(), 1005);
        assert_eq!("7.500".parse::<Quantity>().unwrap().to_string(), "7.5");
        for text in ["-1", "1.0005", "", "1e3", "1000000.001", "½"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_between_nothing_and_all() {
        assert_eq!("12.5%".parse::<Share>().unwrap().basis_points(), 1250);
        assert_eq!("70%".parse::<Share>().unwrap().rest().to_string(), "30%");
        for text in ["100.01%", "12", "-1%", "%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
