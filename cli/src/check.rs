//! `lossbook check`: the form of identity numbers, and amounts in capitals; nothing is kept.
//!
//! Texts come from the command line or, a line each, from standard input: what stands on a command
//! line stays in the shell's history. The checks are `core::rules`; answers show numbers masked.

use std::io::{BufRead, BufReader};

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lossbook_core::domain::{Host as _, Money};
use lossbook_core::rules::calendar::date_at;
use lossbook_core::rules::capital::capital;
use lossbook_core::rules::identity::{Field, Verdict};
use serde_json::{Value, json};

use crate::device::Said;
use crate::failure::Failure;
use crate::host::Machine;

/// `lossbook check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What the texts are.
    kind: Kind,
    /// Texts; without any, the lines of standard input.
    #[arg(allow_hyphen_values = true)]
    texts: Vec<String>,
    /// With id: the day of the check, by default today in China.
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<Date>,
}

/// What can be checked.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Resident identity number.
    Id,
    /// Vehicle plate.
    Plate,
    /// Vehicle identification number.
    Vin,
    /// Mobile number.
    Mobile,
    /// Bank account of a payee.
    Account,
    /// Amount in yuan, written in capitals.
    Amount,
}

impl Kind {
    fn field(self) -> Option<Field> {
        match self {
            Self::Id => Some(Field::ResidentId),
            Self::Plate => Some(Field::Plate),
            Self::Vin => Some(Field::Vin),
            Self::Mobile => Some(Field::Mobile),
            Self::Account => Some(Field::Account),
            Self::Amount => None,
        }
    }
}

/// What was found, and whether all of it may stand: a warning may.
#[derive(Debug)]
pub struct Checked {
    /// For people and machines.
    pub said: Said,
    /// No text was refused.
    pub is_good: bool,
}

/// Checks texts.
///
/// # Errors
/// Exit 2 for an amount that is none, 4 if standard input cannot be read.
pub fn run(args: &CheckArgs) -> Result<Checked, Failure> {
    let texts = if args.texts.is_empty() {
        lines()?
    } else {
        args.texts.clone()
    };
    match args.kind.field() {
        Some(field) => check(field, &texts, day(args)?),
        None => amounts(&texts),
    }
}

fn lines() -> Result<Vec<String>, Failure> {
    let lines: Result<_, _> = BufReader::new(std::io::stdin()).lines().collect();
    lines.map_err(|error| {
        Failure::not_now(
            "stdin",
            format!("standard input cannot be read ({error}): give it as UTF-8 text"),
        )
    })
}

fn day(args: &CheckArgs) -> Result<Date, Failure> {
    let today = || {
        let zone = TimeZone::get("Asia/Shanghai").ok()?;
        date_at(Machine::new().now().wall, &zone).ok()
    };
    args.day
        .or_else(today)
        .ok_or_else(|| Failure::not_now("clock", "the clock shows no date: give --day"))
}

fn check(field: Field, texts: &[String], day: Date) -> Result<Checked, Failure> {
    let mut is_good = true;
    let (mut results, mut lines) = (Vec::new(), Vec::new());
    for text in texts {
        let verdict = field.check(text, day);
        is_good &= !matches!(verdict, Verdict::Bad(_));
        let mask = field.mask(text);
        lines.push(format!("{mask}  {}", verdict.word()));
        for reason in verdict.reasons() {
            lines.push(format!("    {}: {}", reason.code(), reason.zh()));
            lines.push(format!("    {}", reason.en()));
        }
        results.push(said_of(&mask, &verdict));
    }
    let json = json!({"ok": is_good, "kind": field.word(), "results": results});
    Ok(Checked {
        said: Said::new(json, lines.join("\n")),
        is_good,
    })
}

fn said_of(mask: &str, verdict: &Verdict) -> Value {
    let reasons = verdict.reasons().iter();
    let reasons: Vec<Value> = reasons
        .map(|reason| json!({"code": reason.code(), "zh": reason.zh(), "en": reason.en()}))
        .collect();
    json!({"mask": mask, "verdict": verdict.word(), "reasons": reasons})
}

fn amounts(texts: &[String]) -> Result<Checked, Failure> {
    let (mut results, mut lines) = (Vec::new(), Vec::new());
    for text in texts {
        let amount: Money = text
            .parse()
            .map_err(|error| Failure::input("amount", format!("{error}")))?;
        let capitals = capital(amount);
        lines.push(format!("{amount}  {capitals}"));
        results.push(json!({"amount": amount.to_string(), "capital": capitals}));
    }
    let json = json!({"ok": true, "kind": "amount", "results": results});
    Ok(Checked {
        said: Said::new(json, lines.join("\n")),
        is_good: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: Kind, texts: &[&str]) -> Result<Checked, Failure> {
        run(&CheckArgs {
            kind,
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            day: Some(jiff::civil::date(2026, 11, 22)),
        })
    }

    #[test]
    fn an_answer_never_shows_the_number() {
        let id = "110105194912310021";
        let checked = answer(Kind::Id, &["11010519491231002X", id]).unwrap();
        assert!(!checked.is_good);
        let said = format!("{}{}", checked.said.text, checked.said.json);
        assert!(said.contains("110***********0021") && !said.contains(id));
    }

    #[test]
    fn a_warning_may_stand() {
        let checked = answer(Kind::Vin, &["1M8GDM9A1KP042788"]).unwrap();
        assert!(checked.is_good);
        assert!(checked.said.text.contains("VIN_CHECK_DIGIT"));
    }

    #[test]
    fn an_amount_is_written_in_capitals_and_anything_else_is_bad_input() {
        let checked = answer(Kind::Amount, &["1409.50"]).unwrap();
        assert!(checked.said.text.ends_with("人民币壹仟肆佰零玖元伍角"));
        assert_eq!(answer(Kind::Amount, &["x"]).unwrap_err().exit, 2);
    }
}
