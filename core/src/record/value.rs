//! A field's value, typed by its field's kind; text in, text out.

use std::fmt;

use automerge::{ScalarValue, ScalarValueRef};

use super::schema::ValueKind;
use crate::domain::{Digest, Money, StatedPosition, WallMs};

/// A number with three decimals, held whole: 12.5 m² is 12,500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thousandths(pub i64);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        let decimals = format!("{:03}", all % 1000);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", all / 1000),
            some => write!(f, "{sign}{}.{some}", all / 1000),
        }
    }
}

/// One value of one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Words.
    Text(String),
    /// Whole fen.
    Money(Money),
    /// Thousandths.
    Number(Thousandths),
    /// An instant.
    Time(WallMs),
    /// A digest.
    Digest(Digest),
}

/// A text that is no value of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not {wanted}")]
pub struct ValueError {
    /// What was given.
    pub got: String,
    /// What is wanted, with an example.
    pub wanted: &'static str,
}

/// Longest text in a field, in bytes (gate row 9).
pub(super) const MAX_TEXT_BYTES: usize = 8 * 1024;
/// Longest free text in characters: each is an operation, and a change has at most 2,000 (row 6).
pub const MAX_PROSE_CHARS: usize = 1_800;

impl Value {
    /// The value that a person typed.
    ///
    /// # Errors
    /// [`ValueError`] says what is wanted.
    pub fn parse(kind: ValueKind, text: &str) -> Result<Self, ValueError> {
        let wrong = |wanted| ValueError {
            got: text.chars().take(80).collect(),
            wanted,
        };
        match kind {
            ValueKind::Text if text.len() > MAX_TEXT_BYTES => Err(wrong("a text of at most 8 KiB")),
            ValueKind::Prose if text.chars().count() > MAX_PROSE_CHARS => {
                Err(wrong("a text of at most 1,800 characters"))
            }
            ValueKind::Text | ValueKind::Prose => Ok(Self::Text(text.to_owned())),
            ValueKind::Position => text
                .parse::<StatedPosition>()
                .map(|position| Self::Text(position.to_string()))
                .or(Err(wrong(
                    "latitude,longitude and the datum if it is not WGS-84, such as 36.834,101.952 gcj02",
                ))),
            ValueKind::Money => text
                .parse()
                .map(Self::Money)
                .or(Err(wrong("an amount in yuan, such as 1250.50"))),
            ValueKind::Number => parse_thousandths(text)
                .map(Self::Number)
                .ok_or_else(|| wrong("a number with at most three decimals, such as 12.5")),
            ValueKind::Time => text
                .parse()
                .map(|ms| Self::Time(WallMs(ms)))
                .or(Err(wrong("milliseconds since 1970 UTC"))),
            ValueKind::Digest => text
                .parse()
                .map(Self::Digest)
                .or(Err(wrong("a SHA-256 digest of 64 hexadecimal digits"))),
        }
    }

    /// Some other value of the same kind.
    pub(super) fn another(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(format!("{text} ")),
            Self::Money(money) => Self::Money(Money::from_fen(!money.fen())),
            Self::Number(number) => Self::Number(Thousandths(!number.0)),
            Self::Time(at) => Self::Time(WallMs(!at.0)),
            Self::Digest(digest) => Self::Digest(Digest::of(digest.as_bytes())),
        }
    }

    pub(super) fn to_scalar(&self) -> ScalarValue {
        match self {
            Self::Text(text) => ScalarValue::Str(text.as_str().into()),
            Self::Money(money) => ScalarValue::Int(money.fen()),
            Self::Number(number) => ScalarValue::Int(number.0),
            Self::Time(at) => ScalarValue::Int(at.0),
            Self::Digest(digest) => ScalarValue::Bytes(digest.as_bytes().to_vec()),
        }
    }

    /// A stored scalar as the field's kind; nothing if somebody wrote another type.
    pub(super) fn from_scalar(kind: ValueKind, scalar: &ScalarValue) -> Option<Self> {
        let raw = match scalar {
            ScalarValue::Str(text) => Raw::Words(text),
            ScalarValue::Int(whole) => Raw::Whole(*whole),
            ScalarValue::Bytes(bytes) => Raw::Bytes(bytes),
            ScalarValue::Uint(_)
            | ScalarValue::F64(_)
            | ScalarValue::Counter(_)
            | ScalarValue::Timestamp(_)
            | ScalarValue::Boolean(_)
            | ScalarValue::Unknown { .. }
            | ScalarValue::Null => return None,
        };
        Self::from_raw(kind, raw)
    }

    /// As [`Value::from_scalar`], of what an iteration lends.
    pub(super) fn from_lent(kind: ValueKind, scalar: &ScalarValueRef<'_>) -> Option<Self> {
        let raw = match scalar {
            ScalarValueRef::Str(text) => Raw::Words(text),
            ScalarValueRef::Int(whole) => Raw::Whole(*whole),
            ScalarValueRef::Bytes(bytes) => Raw::Bytes(bytes),
            ScalarValueRef::Uint(_)
            | ScalarValueRef::F64(_)
            | ScalarValueRef::Counter(_)
            | ScalarValueRef::Timestamp(_)
            | ScalarValueRef::Boolean(_)
            | ScalarValueRef::Unknown { .. }
            | ScalarValueRef::Null => return None,
        };
        Self::from_raw(kind, raw)
    }

    fn from_raw(kind: ValueKind, raw: Raw<'_>) -> Option<Self> {
        match (kind, raw) {
            (ValueKind::Text | ValueKind::Prose | ValueKind::Position, Raw::Words(text)) => {
                Some(Self::Text(text.to_owned()))
            }
            (ValueKind::Money, Raw::Whole(fen)) => Some(Self::Money(Money::from_fen(fen))),
            (ValueKind::Number, Raw::Whole(number)) => Some(Self::Number(Thousandths(number))),
            (ValueKind::Time, Raw::Whole(ms)) => Some(Self::Time(WallMs(ms))),
            (ValueKind::Digest, Raw::Bytes(bytes)) => Digest::from_slice(bytes).map(Self::Digest),
            (_, _) => None,
        }
    }
}

/// The scalars that fields are stored as.
enum Raw<'a> {
    Words(&'a str),
    Whole(i64),
    Bytes(&'a [u8]),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Money(money) => write!(f, "{money}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(at) => write!(f, "{}", at.0),
            Self::Digest(digest) => write!(f, "{digest}"),
        }
    }
}

fn parse_thousandths(text: &str) -> Option<Thousandths> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 3 || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<3}").parse().ok()?;
    let all = whole.checked_mul(1000)?.checked_add(part)?;
    Some(Thousandths(if negative { -all } else { all }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_decimals_and_no_more() {
        for (text, back) in [
            ("12.5", "12.5"),
            ("0.125", "0.125"),
            ("-3", "-3"),
            ("7.000", "7"),
        ] {
            assert_eq!(
                Value::parse(ValueKind::Number, text).unwrap().to_string(),
                back
            );
        }
        assert!(Value::parse(ValueKind::Number, "1.0005").is_err());
    }
}
