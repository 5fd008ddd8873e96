//! Makes many cases of the few that a hub holds (`cargo xtask long kpi`): copies under new ids and
//! days. Nothing else may have the folder open.
//!
//! Input: the hub's folder and how many cases there shall be. `lossbook hub desk` must follow, so
//! that registers and figures know the copies.
#![expect(clippy::print_stdout, reason = "what was done is the answer")]

use std::error::Error;
use std::path::Path;

use lossbook_core::store::{Store, StoreError, StoreKey};
use lossbook_hub::HubKey;
use lossbook_hub::meta::STEPS;
use lossbook_tests::bulk::{Template, case_id};

/// Cases written in one transaction.
const BATCH: u64 = 500;
/// The first copy was made in September 2026, each next ten minutes later.
const FIRST_MS: u64 = 1_789_000_000_000;
const APART_MS: u64 = 600_000;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count] = words.as_slice() else {
        return Err("usage: bulk HUB_FOLDER CASES".into());
    };
    let count: u64 = count.parse()?;
    let home = Path::new(folder);
    let text = std::fs::read_to_string(HubKey::default_path(home))?;
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key)?;
    let store = Store::open_beside(home, &StoreKey::from_bytes(key), &[("hub", STEPS)])?;
    let templates = store.transact(|tx| Template::first(tx.sql(), u64::MAX))?;
    let few = u64::try_from(templates.len())?;
    let mut at = few;
    while at < count {
        let end = (at + BATCH).min(count);
        store.transact(|tx| {
            for number in at..end {
                let place = usize::try_from(number % few).unwrap_or(0);
                if let Some(template) = templates.get(place) {
                    let case = case_id(FIRST_MS + number * APART_MS);
                    template.copy(tx.sql(), (&case, number))?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        at = end;
    }
    println!("{count} cases, {few} of them the originals");
    Ok(())
}
