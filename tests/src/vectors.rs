//! A thousand seeded cases with their assessments, for the bindings to replay.
//!
//! Output: one JSON object a line, `{"number", "pack", "at", "case", "assessment"}`; a binding reads
//! `case`, judges it by `pack` at `at`, and compares its answer with `assessment` byte for byte.
//! The lines are made anew wherever they are needed; only their digest is kept
//! (`docs/vectors.sha256`), and it changes with every change of a pack or of the engine.

use std::error::Error;

use lossbook_core::domain::Digest;
use lossbook_core::domain::facts::CaseFacts;
use lossbook_core::rules::{Packs, assess};

use crate::cases::{Dice, case_of, now_of};

/// How many there are.
pub const COUNT: u64 = 1_000;

/// One of them, without the end of its line.
///
/// # Errors
/// A generated case that its pack refuses, which would be a bug of the generator.
pub fn vector(number: u64) -> Result<String, Box<dyn Error>> {
    let packs = Packs::shipped().all();
    let index = usize::try_from(number)? % packs.len().max(1);
    let pack = packs.get(index).ok_or("no pack is shipped")?;
    let lines = u32::try_from(Dice::new(number).below(16))?;
    let case = serde_json::to_string(&case_of(pack, number, lines))?;
    let facts = CaseFacts::from_json(case.as_bytes())?;
    let now = now_of(&facts, number);
    let judges = Packs::shipped().judges(&pack.id, &facts)?;
    let answer = serde_json::to_string(&assess(&facts, judges, Some(now)))?;
    let (id, at) = (
        serde_json::to_string(&pack.id)?,
        serde_json::to_string(&now)?,
    );
    Ok(format!(
        r#"{{"number":{number},"pack":{id},"at":{at},"case":{case},"assessment":{answer}}}"#
    ))
}

/// The first so many, each with the end of its line.
///
/// # Errors
/// See [`vector`].
pub fn vectors(count: u64) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for number in 0..count {
        text.push_str(&vector(number)?);
        text.push('\n');
    }
    Ok(text)
}

/// What `docs/vectors.sha256` holds for them.
pub fn digest_line(vectors: &str) -> String {
    format!("{}  vectors.jsonl\n", Digest::of(vectors.as_bytes()))
}
