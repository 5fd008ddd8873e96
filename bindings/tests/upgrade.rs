//! Stores of earlier versions open; one of a later version is refused and stays as it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lossbook_ffi::*;
use serde_json::{Value, json};

use crate::query;
use crate::stage::{Clock, Keys, edit, parts};

fn stores() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stores")
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn open(home: &Path) -> Result<Arc<Lossbook>, LossbookError> {
    let (keys, clock) = (Arc::<Keys>::default(), Arc::<Clock>::default());
    Lossbook::open(&home.display().to_string(), parts(&keys, &clock))
}

/// What is read from a home, as `expected.json` holds it.
fn read(book: &Lossbook) -> Value {
    let row = book.cases(query()).unwrap().rows.remove(0);
    let screen = book.case_screen(&row.id).unwrap();
    let photos: Vec<&String> = screen.photos.iter().map(|photo| &photo.digest).collect();
    let marks: Vec<String> = screen
        .signatures
        .iter()
        .map(|one| format!("{:?}", one.mark).to_lowercase())
        .collect();
    json!({
        "number": row.number, "household": row.household, "total": row.total.text, "heads": row.heads,
        "photos": photos, "signatures": marks, "events": book.timeline(&row.id, None, 100).unwrap().rows.len(),
    })
}

#[test]
fn every_store_ever_written_opens_and_reads_as_it_did() {
    let mut versions = 0;
    for entry in fs::read_dir(stores()).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with('v') {
            continue;
        }
        let temporary = tempfile::tempdir().unwrap();
        copied(&folder.join("home"), temporary.path());
        let expected = fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let book = open(temporary.path()).unwrap();
        assert_eq!(read(&book), expected, "{name}");
        let case = book.cases(query()).unwrap().rows.remove(0).id;
        book.add_row(&case, "notes", vec![edit("text", "升级后补记")])
            .unwrap();
        versions += 1;
    }
    assert!(versions > 0);
}

#[test]
fn a_store_of_a_newer_app_is_refused_and_not_touched() {
    let temporary = tempfile::tempdir().unwrap();
    copied(&stores().join("newer/home"), temporary.path());
    let database = temporary.path().join("store.db");
    let before = fs::read(&database).unwrap();
    let refused = open(temporary.path()).unwrap_err();
    assert!(
        matches!(&refused, LossbookError::MadeByNewerApp { version: Some(999), code, .. } if code == "newer_store"),
        "{refused:?}"
    );
    assert_eq!(fs::read(&database).unwrap(), before);
}
