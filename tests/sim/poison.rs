//! One envelope that is none and one photo whose bytes are spoilt, among five hundred: everything
//! else arrives, and what did not is named.

use std::path::{Path, PathBuf};

use lossbook_core::app::AppError;
use lossbook_core::chain::{Kind, Subject};
use lossbook_core::domain::Host as _;
use lossbook_core::record::Section;
use lossbook_core::sync::Event;

use super::goodput::{add_photo, quiet_world, report, run_until_idle};
use super::link::Profile;
use super::replica;
use super::stage::Stage;
use super::watch::outside;
use super::world::World;
use crate::kill::chance::Chance;

/// Notes, and photos among them.
const NOTES: usize = 400;
const PHOTOS: usize = 100;

/// A change that no gate takes, in the phone's own sealed stream: what a broken or hostile app
/// writes.
fn write_nonsense(world: &World) {
    let phone = &world.phones[0];
    let written = phone.device().store().transact(|tx| {
        let me = tx.identity()?;
        let query = lossbook_core::store::CaseQuery {
            text: None,
            limit: 1,
            offset: 0,
        };
        let row = tx.cases(&query)?.pop().expect("a case");
        let body = b"this is no change".to_vec();
        let what = (row.scope, Kind::Change, Subject::case(row.case), body);
        tx.append(&me, "li", phone.host.now(), what)?;
        Ok::<_, AppError>(())
    });
    written.expect("an envelope");
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Spoils the largest encrypted file of the phone, as a failing memory card does.
fn spoil_photo(world: &World) {
    let mut files = Vec::new();
    let blobs = world.phones[0].home().join("blobs");
    files_below(&blobs, &mut files);
    let len = |path: &PathBuf| std::fs::metadata(path).expect("a file").len();
    let largest = files.into_iter().max_by_key(len).expect("a photo");
    let mut bytes = std::fs::read(&largest).expect("bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::write(&largest, bytes).expect("written");
}

#[test]
fn one_bad_envelope_and_one_bad_photo_among_five_hundred_stop_nothing_else() {
    let stage = Stage::new();
    let mut world = quiet_world(&stage, Profile::WIFI);
    let mut case = report(&world);
    let mut chance = Chance::of(500);
    for number in 0..NOTES {
        if number % 20 == 19 {
            case = report(&world);
        }
        let text = vec![("text".to_owned(), format!("note {number}"))];
        let device = world.phones[0].device();
        device
            .add_row(&case, Section::Notes, &text)
            .expect("a note");
        if number == NOTES / 2 {
            write_nonsense(&world);
        }
        if number % (NOTES / PHOTOS) == 0 {
            let len = if number == NOTES / 2 { 20_000 } else { 6_000 };
            add_photo(&world, &case, (&mut chance, len));
        }
    }
    world.phones[0].note_saved();
    spoil_photo(&world);
    for _ in 0..3 {
        world.feed(0, Event::Start);
        let end = world.now() + 3_600_000;
        run_until_idle(&mut world, end);
    }
    let saved = world.phones[0].saved.clone();
    let read = world.view().transact(|tx| {
        Ok::<_, AppError>((
            replica::changes(tx)?,
            replica::digests(tx, "SELECT digest FROM hub_blob")?,
        ))
    });
    let (changes, blobs) = read.expect("the hub's rows");
    assert_eq!(
        saved.changes.difference(&changes).count(),
        0,
        "every change arrived"
    );
    assert_eq!(saved.files.len(), PHOTOS, "photos");
    assert_eq!(
        saved.files.difference(&blobs).count(),
        1,
        "all photos but the spoilt one arrived"
    );
    let aside = outside(world.view(), false);
    assert_eq!(
        aside.len(),
        1,
        "the hub names what it did not take: {aside:?}"
    );
    let aside = outside(world.phones[0].device().store(), false);
    assert_eq!(aside.len(), 1, "and so does the phone: {aside:?}");
}
