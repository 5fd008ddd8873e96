//! From a file's bytes to facts; texts to numbers and instants.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CaseFacts, Degrees};
use crate::domain::{Money, Quantity, Share, WallMs};

/// Largest case file in bytes.
const MAX_BYTES: usize = 1 << 20;
/// Most loss lines of a case; sums of that many stay exact.
const MAX_LINES: usize = 1000;
/// Ten thousand billion yuan: a thousand such amounts still add up without overflow.
const MAX_FEN: i64 = 1_000_000_000_000_000;

/// A case file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct FactsError {
    /// Path inside the file, such as `lines[2].quantity`, with the line.
    pub place: String,
    /// What is wrong and what is wanted.
    pub problem: String,
}

impl CaseFacts {
    /// The facts in a case file.
    ///
    /// # Errors
    /// [`FactsError`] names the first place that cannot be used.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FactsError> {
        let whole = |problem: &str| FactsError {
            place: "case".to_owned(),
            problem: problem.to_owned(),
        };
        if bytes.len() > MAX_BYTES {
            return Err(whole("larger than 1 MiB"));
        }
        let mut input = serde_json::Deserializer::from_slice(bytes);
        let facts: Self = serde_path_to_error::deserialize(&mut input).map_err(|error| {
            let place = error.path().to_string();
            FactsError {
                place: if place == "." {
                    "case".to_owned()
                } else {
                    place
                },
                problem: error.inner().to_string(),
            }
        })?;
        input.end().map_err(|error| whole(&error.to_string()))?;
        if facts.format != 1 {
            return Err(FactsError {
                place: "format".to_owned(),
                problem: format!("{} is not known: this program reads format 1", facts.format),
            });
        }
        if facts.lines.len() > MAX_LINES {
            return Err(FactsError {
                place: "lines".to_owned(),
                problem: format!("{} lines: at most {MAX_LINES}", facts.lines.len()),
            });
        }
        facts.checked_ids()
    }

    fn checked_ids(self) -> Result<Self, FactsError> {
        let mut seen = std::collections::BTreeSet::new();
        for (index, line) in self.lines.iter().enumerate() {
            if !seen.insert(line.id.as_str()) {
                return Err(FactsError {
                    place: format!("lines[{index}].id"),
                    problem: format!(
                        "{:?} stands twice: every line has an id of its own",
                        line.id
                    ),
                });
            }
        }
        Ok(self)
    }
}

/// Reads a text and hands it to `parse`; the error text is what `parse` says.
fn from_text<'de, D, T, E>(input: D, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    let text = String::deserialize(input)?;
    parse(&text).map_err(serde::de::Error::custom)
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        from_text(input, |text| {
            let whole = text.split('.').next().unwrap_or(text);
            if whole.len() > 14 && whole.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!(
                    "{text:?} is too large: at most 10,000,000,000,000.00 yuan"
                ));
            }
            let money: Self = text.parse().map_err(|error| format!("{error}"))?;
            match money.fen() {
                ..0 => Err(format!(
                    "{text:?} is below zero: write an amount of 0 or more"
                )),
                0..=MAX_FEN => Ok(money),
                _ => Err(format!(
                    "{text:?} is too large: at most 10,000,000,000,000.00 yuan"
                )),
            }
        })
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        from_text(input, str::parse::<Self>)
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        from_text(input, str::parse::<Self>)
    }
}

impl Serialize for WallMs {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => out.collect_str(&instant),
            Err(_) => out.collect_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for WallMs {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        from_text(input, parse_instant)
    }
}

/// An instant with offset; hour 24 is the next midnight.
fn parse_instant(text: &str) -> Result<WallMs, String> {
    let wrong =
        || format!("{text:?} is not an instant: write 2025-07-01T15:20+08:00, with the offset");
    let (plain, a_day_later) = match text.split_once("T24:00") {
        Some((date, rest)) => (format!("{date}T00:00{rest}"), true),
        None => (text.to_owned(), false),
    };
    let instant: jiff::Timestamp = plain.parse().map_err(|_error: jiff::Error| wrong())?;
    let day_ms = if a_day_later { 86_400_000 } else { 0 };
    instant
        .as_millisecond()
        .checked_add(day_ms)
        .map(WallMs)
        .ok_or_else(wrong)
}

impl std::str::FromStr for WallMs {
    type Err = String;

    /// An instant with its offset, `2025-07-01T15:20+08:00`; hour 24 is the next midnight.
    fn from_str(text: &str) -> Result<Self, String> {
        parse_instant(text)
    }
}

impl Serialize for Degrees {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        out.collect_str(&format_args!(
            "{sign}{}.{:06}",
            all / 1_000_000,
            all % 1_000_000
        ))
    }
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        from_text(input, parse_degrees)
    }
}

fn parse_degrees(text: &str) -> Result<Degrees, String> {
    let wrong = || format!("{text:?} is not degrees: write such as 36.830100 or -12.5");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !all_digits(whole) || !all_digits(part) {
        return Err(wrong());
    }
    let six: String = part.chars().chain("000000".chars()).take(6).collect();
    let value: i64 = format!("{whole}{six}")
        .parse()
        .map_err(|_error: std::num::ParseIntError| wrong())?;
    if value > 180_000_000 {
        return Err(wrong());
    }
    Ok(Degrees(if negative { -value } else { value }))
}

impl std::str::FromStr for Degrees {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_degrees(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        CaseFacts::from_json(json.as_bytes())
            .unwrap_err()
            .to_string()
    }

    fn with_line(line: &str) -> String {
        format!(
            r#"{{"format":1,"case":"A","loss":{{"at":"2025-07-01T15:20+08:00"}},"lines":[{line}]}}"#
        )
    }

    #[test]
    fn hour_twenty_four_is_the_next_midnight() {
        let late = parse_instant("2026-12-21T24:00+08:00").unwrap();
        assert_eq!(late, parse_instant("2026-12-22T00:00+08:00").unwrap());
    }

    #[test]
    fn an_error_names_the_place_and_what_is_wanted() {
        let line = r#"{"id":"l1","item":"bedroom","method":"repair_cost","quantity":"-2"}"#;
        let text = error(&with_line(line));
        assert!(
            text.starts_with("lines[0].quantity: \"-2\" is not a quantity"),
            "{text}"
        );
    }

    #[test]
    fn a_quintillion_yuan_is_too_large() {
        let line = r#"{"id":"l1","item":"x","method":"invoice","amount":"1000000000000000000"}"#;
        let text = error(&with_line(line));
        assert!(
            text.contains("lines[0].amount") && text.contains("too large"),
            "{text}"
        );
    }

    #[test]
    fn a_contested_value_keeps_both() {
        let line =
            r#"{"id":"l1","item":"x","method":"invoice","amount":{"contested":["1.00","2.00"]}}"#;
        let facts = CaseFacts::from_json(with_line(line).as_bytes()).unwrap();
        let amount = facts.lines[0].amount.as_ref().unwrap();
        assert_eq!(amount.all().len(), 2);
        let again = serde_json::to_vec(&facts).unwrap();
        assert_eq!(CaseFacts::from_json(&again).unwrap(), facts);
    }

    #[test]
    fn wrong_types_unknown_keys_and_doubled_ids_are_refused() {
        assert!(error(&with_line("7")).contains("lines[0]"));
        assert!(error(r#"{"format":1,"case":"A","loss":{"at":1}}"#).contains("loss.at"));
        let odd =
            r#"{"format":1,"case":"A","loss":{"at":"2025-07-01T15:20+08:00"},"colour":"red"}"#;
        assert!(error(odd).contains("colour"));
        let line = r#"{"id":"l1","item":"x","method":"invoice"}"#;
        assert!(error(&with_line(&format!("{line},{line}"))).contains("stands twice"));
    }
}
