//! Writes the vectors for the bindings and says their digest (`cargo xtask vectors`).
//!
//! Input: a folder for `vectors.jsonl`, or none; `--count N` for the first N alone. Output: the
//! file, and on standard output the line that `docs/vectors.sha256` holds.
#![expect(clippy::print_stdout, reason = "the digest is the answer")]

use std::error::Error;
use std::path::Path;

use lossbook_tests::vectors::{COUNT, digest_line, vectors};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (count, folder) = match words.as_slice() {
        [] => (COUNT, None),
        [word, count] if word == "--count" => (count.parse()?, None),
        [folder] => (COUNT, Some(folder)),
        _ => return Err("usage: vectors [FOLDER | --count N]".into()),
    };
    let text = vectors(count)?;
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
        std::fs::write(Path::new(folder).join("vectors.jsonl"), &text)?;
    }
    print!("{}", digest_line(&text));
    Ok(())
}
