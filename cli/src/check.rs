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
