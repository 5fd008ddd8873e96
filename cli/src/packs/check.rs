//! `lossbook packs check`: every problem of a pack file, with its line and how to mend it.

use std::path::{Path, PathBuf};

use clap::Args;
use lossbook_core::rules::{Pack, PackError, Problem};
use serde_json::{Value, json};

use crate::device::Said;
use crate::failure::Failure;

/// `lossbook packs check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The pack: TOML, or canonical bytes (CBOR).
    file: PathBuf,
    /// An insurer's settings that fill its blanks (TOML).
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// What was found, and whether the file may stand.
#[derive(Debug)]
pub struct Checked {
    /// For people and machines.
    pub said: Said,
    /// No problem was found.
    pub is_good: bool,
}

/// Largest file that is read at all; the reader's own limit is lower.
const MAX_BYTES: u64 = 4 << 20;

/// Checks a pack file.
///
/// # Errors
/// Exit 2 for a file that cannot be read.
pub fn run(args: &CheckArgs) -> Result<Checked, Failure> {
    let bytes = bytes(&args.file)?;
    let settings = args.settings.as_deref().map(text).transpose()?;
    let own = args.file.display().to_string();
    let of_settings = args
        .settings
        .as_ref()
        .map(|file| file.display().to_string());
    // A pack that begins like CBOR's map is one: no TOML text can.
    let read = match std::str::from_utf8(&bytes) {
        Ok(text) if !is_cbor(&bytes) => Pack::from_toml(text),
        Ok(_) | Err(_) => Pack::from_bytes(&bytes),
    };
    let mut found: Vec<(String, Problem)> = Vec::new();
    let pack = match (read, &settings) {
        (Ok(pack), None) => Some(pack),
        (Ok(pack), Some(settings)) => {
            let name = of_settings.clone().unwrap_or_default();
            match pack.filled(settings) {
                Ok(pack) => Some(pack),
                Err(error) => {
                    found.extend(error.problems.into_iter().map(|one| (name.clone(), one)));
                    None
                }
            }
        }
        (Err(error), settings) => {
            let more = settings.as_ref().and_then(|settings| {
                let text = std::str::from_utf8(&bytes).ok()?;
                Pack::from_toml_filled(text, settings).err()
            });
            found.extend(of_both(error, more, (own.clone(), of_settings.clone())));
            None
        }
    };
    Ok(answer(&own, pack.as_ref(), &found))
}

/// Problems of a pack, then those that only appear with the settings.
fn of_both(
    pack: PackError,
    filled: Option<PackError>,
    (own, settings): (String, Option<String>),
) -> Vec<(String, Problem)> {
    let more: Vec<Problem> = filled.map_or_else(Vec::new, |filled| {
        let new = |one: &Problem| !pack.problems.contains(one);
        filled.problems.into_iter().filter(new).collect()
    });
    let settings = settings.unwrap_or_default();
    let own = pack.problems.into_iter().map(|one| (own.clone(), one));
    own.chain(more.into_iter().map(|one| (settings.clone(), one)))
        .collect()
}

fn is_cbor(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first >= 0x80)
}

fn answer(file: &str, pack: Option<&Pack>, found: &[(String, Problem)]) -> Checked {
    let problems: Vec<Value> = found
        .iter()
        .map(|(file, problem)| {
            let (zh, en) = problem.code.mend();
            json!({
                "file": file,
                "line": (problem.line > 0).then_some(problem.line),
                "path": problem.path,
                "code": problem.code.key(),
                "what": problem.text,
                "mend": {"zh": zh, "en": en},
            })
        })
        .collect();
    let text = match pack {
        Some(pack) => format!(
            "{file}: 没有问题 / no problem: {} {}, {} rules, {} numbers, {} blanks\nSHA-256 {}",
            pack.id,
            pack.version,
            pack.rules.len(),
            pack.figures.len(),
            pack.blanks().count(),
            pack.digest(),
        ),
        None => {
            let mut lines: Vec<String> = found.iter().map(line).collect();
            lines.push(format!(
                "{} 个问题 / {} problem(s)",
                found.len(),
                found.len()
            ));
            lines.join("\n")
        }
    };
    let json = json!({
        "ok": pack.is_some(),
        "file": file,
        "id": pack.map(|pack| &pack.id),
        "version": pack.map(|pack| &pack.version),
        "digest": pack.map(|pack| pack.digest().to_string()),
        "problems": problems,
    });
    Checked {
        said: Said::new(json, text),
        is_good: pack.is_some(),
    }
}

/// `FILE:LINE: path: what [code]; how to mend it（怎样改）`.
fn line((file, problem): &(String, Problem)) -> String {
    let place = if problem.line > 0 {
        format!("{file}:{}", problem.line)
    } else {
        file.clone()
    };
    let path = if problem.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", problem.path)
    };
    let (zh, en) = problem.code.mend();
    format!(
        "{place}: {path}{} [{}]; {en}（{zh}）",
        problem.text,
        problem.code.key()
    )
}

/// A file as bytes.
///
/// # Errors
/// Exit 2 if it cannot be read or is far too large.
pub fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |error: &std::io::Error| {
        let text = format!(
            "{}: cannot be read / 无法读取 ({error}): check the name of the file",
            file.display()
        );
        Failure::input("read", text)
    };
    let length = std::fs::metadata(file)
        .map_err(|error| cannot(&error))?
        .len();
    if length > MAX_BYTES {
        let text = format!(
            "{}: {length} bytes are too many / 文件过大: at most 1 MiB",
            file.display()
        );
        return Err(Failure::input("too_large", text));
    }
    std::fs::read(file).map_err(|error| cannot(&error))
}

/// A file as text.
///
/// # Errors
/// Exit 2 if it cannot be read or is no UTF-8.
pub fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|error| {
        let text = format!(
            "{}: not UTF-8 text / 不是 UTF-8 文本 ({}): save it as UTF-8",
            file.display(),
            error.utf8_error()
        );
        Failure::input("not_text", text)
    })
}
