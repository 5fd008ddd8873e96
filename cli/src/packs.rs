//! `lossbook packs`: the contracts and their rules, with the source of each number.
//!
//! Packs come from `core::rules` (shipped) or from a file; what is said of them goes to standard
//! output, contract sheets and canonical bytes to files. Nothing here knows what a rule means.

pub mod check;
mod list;
mod markdown;
pub mod sheet;
mod terminal;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lossbook_core::rules::{Pack, Packs};
use serde_json::json;

use crate::device::Said;
use crate::failure::Failure;
use crate::words::Tongue;
use check::{CheckArgs, Checked};
use sheet::Sheet;

/// `lossbook packs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PacksArgs {
    /// Show the contract sheet of one pack, `ID` or `ID@VERSION`; without it, list all.
    id: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All problems of a pack file (TOML, or the canonical bytes that `export` writes).
    Check(CheckArgs),
    /// Write readable contract sheets (Markdown, both languages) into a folder.
    #[command(allow_missing_positional = true)]
    Sheet {
        /// The pack, `ID` or `ID@VERSION`.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// Every shipped pack.
        #[arg(long)]
        all: bool,
        /// Where to; a sheet is called ID.md.
        dir: PathBuf,
    },
    /// Write a pack's canonical bytes (CBOR): what travels, and what its digest is over.
    Export {
        /// The pack, `ID` or `ID@VERSION`.
        id: String,
        /// The file to write.
        file: PathBuf,
    },
}

/// Runs one `packs` command.
///
/// # Errors
/// Exit 2 for an unknown pack or a file that cannot be read, 4 for one that cannot be written.
pub fn run(args: &PacksArgs) -> Result<Checked, Failure> {
    let said = match (&args.command, &args.id) {
        (Some(Command::Check(check)), _) => return check::run(check),
        (Some(Command::Sheet { id, dir, .. }), _) => sheets(id.as_deref(), dir)?,
        (Some(Command::Export { id, file }), _) => export(id, file)?,
        (None, Some(id)) => show(find(id)?),
        (None, None) => list::list(Packs::shipped()),
    };
    Ok(Checked {
        said,
        is_good: true,
    })
}

/// The shipped pack of that name, `ID` or `ID@VERSION`; without a version the newest.
///
/// # Errors
/// Exit 2 for an id or version that does not exist.
pub fn find(name: &str) -> Result<&'static Pack, Failure> {
    let (id, version) = match name.split_once('@') {
        Some((id, version)) => (id, Some(version)),
        None => (name, None),
    };
    let of_id = Packs::shipped().all().iter().filter(|pack| pack.id == id);
    let known: Vec<&str> = of_id.clone().map(|pack| pack.version.as_str()).collect();
    if known.is_empty() {
        let all: Vec<&str> = Packs::shipped()
            .all()
            .iter()
            .map(|p| p.id.as_str())
            .collect();
        let all = all.join(", ");
        let text = format!("pack {id:?} is not known / 没有这个规则包: use one of {all}");
        return Err(Failure::input("unknown_pack", text));
    }
    let found = of_id
        .filter(|pack| version.is_none_or(|version| pack.version == version))
        .max_by_key(|pack| pack.effective.from);
    found.ok_or_else(|| {
        let version = version.unwrap_or_default();
        let known = known.join(", ");
        let text = format!(
            "pack {id:?} has no version {version:?} / 规则包没有这个版本: use one of {known}"
        );
        Failure::input("unknown_version", text)
    })
}

fn show(pack: &Pack) -> Said {
    let sheet = Sheet::of(pack);
    Said::new(
        terminal::json(pack, &sheet),
        terminal::text(&sheet, Tongue::Both),
    )
}

fn sheets(id: Option<&str>, dir: &Path) -> Result<Said, Failure> {
    let packs: Vec<&Pack> = match id {
        Some(id) => vec![find(id)?],
        None => Packs::shipped().all().iter().collect(),
    };
    std::fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
    let mut files = Vec::new();
    for pack in packs {
        let file = dir.join(format!("{}.md", pack.id));
        std::fs::write(&file, markdown(pack)).map_err(|error| cannot_write(&file, &error))?;
        files.push(file.display().to_string());
    }
    Ok(Said::new(
        json!({"ok": true, "files": files}),
        files.join("\n"),
    ))
}

/// The contract sheet as Markdown.
pub fn markdown(pack: &Pack) -> String {
    markdown::write(&Sheet::of(pack))
}

fn export(id: &str, file: &Path) -> Result<Said, Failure> {
    let pack = find(id)?;
    std::fs::write(file, pack.bytes()).map_err(|error| cannot_write(file, &error))?;
    let (digest, bytes) = (pack.digest().to_string(), pack.bytes().len());
    Ok(Said::new(
        json!({"ok": true, "file": file, "bytes": bytes, "digest": digest}),
        format!("{}\n{bytes} bytes, SHA-256 {digest}", file.display()),
    ))
}

fn cannot_write(place: &Path, error: &std::io::Error) -> Failure {
    let text = format!(
        "{}: cannot be written / 无法写入 ({error}): choose another place",
        place.display()
    );
    Failure::not_now("write", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_contract_sheets_are_those_of_the_shipped_packs() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contracts");
        for pack in Packs::shipped().all() {
            let file = folder.join(format!("{}.md", pack.id));
            let written = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(
                written == markdown(pack),
                "{}.md is stale: run `cargo run -- packs sheet --all docs/contracts`",
                pack.id
            );
        }
    }

    #[test]
    fn every_number_of_a_pack_stands_in_its_sheet_with_its_source() {
        for pack in Packs::shipped().all() {
            let text = markdown(pack);
            for figure in &pack.figures {
                let place = sheet::place(pack, &figure.path);
                let row = format!(
                    "| `{place}` | {}",
                    figure.value.as_deref().unwrap_or("______")
                );
                assert!(text.contains(&row), "{}: {row}", pack.id);
            }
        }
    }
}
