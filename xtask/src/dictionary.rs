//! Trains the dictionary that pages are packed with, and writes it under `core/dict`.
//!
//! Input: nothing; the made-up field work is the same every time. Output: the file that is built
//! into phones and hubs. Once a version is released its file never changes: a new one gets a new
//! number here and in `core::domain::dictionary`.

use crate::machine::Machine;

const FILE: &str = "core/dict/page-1.zstd-dictionary";
/// What compresses new cases best for its size; twice as much gave one per cent more.
const BYTES: &str = "16384";

/// Trains and writes it.
pub(crate) fn write(machine: &Machine) -> Result<(), String> {
    let file = machine.root.join(FILE);
    let place = file.to_str().ok_or("the folder's name is not UTF-8")?;
    let made = machine.answer(&[
        "cargo",
        "run",
        "--quiet",
        "--package",
        "lossbook-tests",
        "--bin",
        "dictionary",
        "--",
        place,
        BYTES,
    ])?;
    println!("{FILE}: {made}");
    Ok(())
}
