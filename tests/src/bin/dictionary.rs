//! Trains the dictionary of pages (`cargo xtask dictionary`).
//!
//! Input: the file to write, and its size. Output: the dictionary of the same bytes every time,
//! made from the pages of made-up field work in the training district.
#![expect(clippy::print_stdout, reason = "the digest is the answer")]

use std::error::Error;
use std::sync::Arc;

use lossbook_core::domain::Digest;
use lossbook_tests::field::{Dice, FieldHost, TRAINING, Worker};
use lossbook_tests::wire::{compressible, exchange, hub, phone};

const SESSIONS: u64 = 48;
/// A small picture: its thumbnail is what costs time here.
const PICTURE: (u32, u32) = (64, 48);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, size] = words.as_slice() else {
        return Err("usage: dictionary FILE BYTES".into());
    };
    let samples = samples()?;
    let dictionary = zstd::dict::from_samples(&samples, size.parse()?)?;
    std::fs::write(file, &dictionary)?;
    println!(
        "{} {} bytes from {} pages",
        Digest::of(&dictionary),
        dictionary.len(),
        samples.len()
    );
    Ok(())
}

/// What phones send: new cases of every size, edits of old ones, statements.
fn samples() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let hub = hub(&dir.path().join("hub"))?;
    let mut samples = Vec::new();
    let picture = lossbook_cli::scene::render(&lossbook_cli::scene::Shot {
        width: PICTURE.0,
        height: PICTURE.1,
        seed: 1,
        kind: lossbook_cli::scene::SceneKind::House,
        taken_at: lossbook_core::domain::CivilTime {
            civil: "2024-03-05T09:10:11".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (23.117, 113.275, 21.0),
        make: "Maker".to_owned(),
        model: "Phone".to_owned(),
        orientation: 1,
    });
    for number in 0..4_u64 {
        let host = Arc::new(FieldHost::new(100 + number));
        let name = format!("u{number}");
        let home = dir.path().join(&name);
        let device = phone(&hub, &home, (&name, Arc::clone(&host)))?;
        let mut worker = Worker {
            device: &device,
            host: &host,
            words: &TRAINING,
            dice: Dice::new(number + 1),
        };
        let mut cases: Vec<(String, Vec<String>)> = Vec::new();
        for session in 0..SESSIONS / 4 {
            if session.is_multiple_of(2) {
                cases.push(new_case(&mut worker, &picture, session)?);
            } else {
                for (case, rows) in &cases {
                    worker.edit(case, rows)?;
                    worker.edit(case, rows)?;
                }
            }
            for pages in exchange(&device, &hub)? {
                samples.push(compressible(&pages.up)?);
            }
        }
    }
    Ok(samples)
}

fn new_case(
    worker: &mut Worker<'_>,
    picture: &[u8],
    session: u64,
) -> Result<(String, Vec<String>), Box<dyn Error>> {
    let case = worker.report()?;
    if session.is_multiple_of(3) {
        worker.survey(&case)?;
    }
    let mut rows = Vec::new();
    for _ in 0..2 + session {
        rows.push(worker.line(&case)?);
    }
    for _ in 0..session {
        worker.photo(&case, picture)?;
    }
    if session.is_multiple_of(4) {
        worker.sign(&case, 60)?;
    }
    Ok((case, rows))
}
