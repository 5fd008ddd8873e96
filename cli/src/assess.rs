//! `lossbook assess`: what the rules say to one case file.
//!
//! Facts come from a JSON file (`docs/formats/case.md`), packs from `core::rules`, the moment from
//! `--at`; without it nothing is overdue. The answer is the whole assessment, for people in the
//! language they ask for, or as it is with `--json`. Keeps nothing and asks no clock.

mod text;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lossbook_core::domain::WallMs;
use lossbook_core::domain::facts::CaseFacts;
use lossbook_core::rules::{Assessment, PackChoiceError, Packs, assess};

use crate::device::Said;
use crate::failure::Failure;
use crate::packs::{self, check};
use crate::words::Tongue;

/// `lossbook assess`.
#[derive(Debug, Args)]
pub struct AssessArgs {
    /// The case, a JSON file.
    case: PathBuf,
    /// The contract, `ID`, or `ID@VERSION` to fix one version.
    #[arg(long, value_name = "ID[@VERSION]")]
    pack: String,
    /// The moment it is asked at, such as 2025-07-02T09:00+08:00: only this makes a limit overdue.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<WallMs>,
    /// An insurer's settings that fill the contract's blanks (TOML).
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// One language; by default Chinese with English beside it.
    #[arg(long)]
    lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

fn instant(text: &str) -> Result<WallMs, String> {
    text.parse()
}

/// Assesses a case file.
///
/// # Errors
/// Exit 2 for a file that is no case, and for an unknown pack, version or id.
pub fn run(args: &AssessArgs) -> Result<Said, Failure> {
    let file = args.case.display().to_string();
    let bytes = check::bytes(&args.case)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let text =
            format!("{file}: the file is empty / 文件是空的: write a case (docs/formats/case.md)");
        return Err(Failure::input("case", text));
    }
    let facts = CaseFacts::from_json(&bytes)
        .map_err(|error| Failure::input("case", format!("{file}: {error}（案件文件此处有误）")))?;
    let packs = packs(args)?;
    let judges = packs
        .judges(&args.pack, &facts)
        .map_err(|error| refusal(&file, &error))?;
    let assessment = assess(&facts, judges, args.at);
    let tongue = match args.lang {
        None => Tongue::Both,
        Some(Lang::Zh) => Tongue::Zh,
        Some(Lang::En) => Tongue::En,
    };
    let json = serde_json::to_value(&assessment)
        .map_err(|error| Failure::bug("json", error.to_string()))?;
    let text = text::write(&assessment, judges.service, tongue);
    Ok(Said::new(json, text))
}

/// The shipped packs, the wanted one filled with the insurer's settings.
fn packs(args: &AssessArgs) -> Result<Packs, Failure> {
    let mut all = Packs::shipped().all().to_vec();
    if let Some(file) = &args.settings {
        let settings = check::text(file)?;
        let filled = packs::find(&args.pack)?
            .filled(&settings)
            .map_err(|error| {
                let more = error.problems.len().saturating_sub(1);
                let first = error
                    .problems
                    .first()
                    .map_or_else(String::new, ToString::to_string);
                let more = if more == 0 {
                    String::new()
                } else {
                    format!(" (and {more} more: `lossbook packs check PACK --settings` lists them)")
                };
                Failure::input("settings", format!("{}: {first}{more}", file.display()))
            })?;
        all.push(filled);
    }
    Ok(Packs::of(all))
}

fn refusal(file: &str, error: &PackChoiceError) -> Failure {
    let (code, zh) = match error {
        PackChoiceError::UnknownPack { .. } => ("unknown_pack", "没有这个规则包"),
        PackChoiceError::UnknownVersion { .. } => ("unknown_version", "规则包没有这个版本"),
        PackChoiceError::UnknownId { .. } => ("unknown_id", "规则包不认识此编号"),
    };
    Failure::input(code, format!("{file}: {error}（{zh}）"))
}

/// An assessment for people, in both languages, with the names of the pack that judged it.
pub fn page(assessment: &Assessment, packs: &Packs) -> String {
    let judged = &assessment.service_pack.digest;
    let pack = packs.all().iter().find(|pack| pack.digest() == *judged);
    pack.map_or_else(String::new, |pack| {
        text::write(assessment, pack, Tongue::Both)
    })
}
