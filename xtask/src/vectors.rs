//! Writes the seeded cases with their assessments, for the bindings to replay.
//!
//! Output: `vectors.jsonl` in the folder asked for (else `vectors` beside what cargo makes), and
//! its digest in `docs/vectors.sha256`, which is all of it that is kept. A changed digest says that
//! a pack or the engine answers otherwise than before: look whether that is meant.

use crate::machine::Machine;

/// Writes them and notes the digest.
pub(crate) fn write(machine: &Machine, folder: Option<&str>) -> Result<(), String> {
    let folder = folder.map_or_else(|| machine.target().join("vectors"), Into::into);
    let place = folder.to_str().ok_or("the folder's name is not UTF-8")?;
    let made = machine.answer(&[
        "cargo",
        "run",
        "--quiet",
        "--package",
        "lossbook-tests",
        "--bin",
        "vectors",
        "--",
        place,
    ])?;
    let page = machine.root.join("docs/vectors.sha256");
    let broken = |error: std::io::Error| format!("{}: {error}", page.display());
    let noted = std::fs::read_to_string(&page).unwrap_or_default();
    std::fs::write(&page, format!("{made}\n")).map_err(broken)?;
    let changed = if noted.trim() == made {
        "as noted before"
    } else {
        "another than was noted"
    };
    println!("{made}\n{place}/vectors.jsonl; the digest is {changed}");
    Ok(())
}
