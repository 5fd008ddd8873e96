//! Power cuts in the middle of the main transactions of a phone, at every page that SQLite writes.
//!
//! In WAL mode with `synchronous=FULL` a transaction only appends pages to the log and then syncs
//! it; the database itself is untouched until a checkpoint. So the files before and after a
//! transaction hold every write of it, and each state a cut can leave is an image: the old files
//! with some of the new pages (in order, torn in a sector, or in any order, because unsynced writes
//! reach the disk as they like). Each image is opened as a phone would open it: it is whole, it
//! reads as before, and with all pages it reads as after.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use lossbook_core::app::{AppError, Device};
use lossbook_core::record::Section;
use lossbook_core::store::StoreError;
use lossbook_core::sync::{Effect, Event};

use super::acts::photo_of;
use super::goodput::{quiet_world, report, run_until_idle};
use super::link::Profile;
use super::replica::{Replica, streams};
use super::stage::{Stage, copy_folder, phone_key, scratch};
use super::world::World;
use crate::kill::chance::Chance;

/// One page of SQLCipher's log with its frame.
const FRAME: usize = 24 + 4096;
const LOG_HEADER: usize = 32;
const SECTOR: usize = 512;

/// What is on the disk of a phone.
struct Disk {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Disk {
    fn read(home: &Path) -> Self {
        Self {
            database: fs::read(home.join("store.db")).expect("a database"),
            log: fs::read(home.join("store.db-wal")).unwrap_or_default(),
        }
    }
}

/// How a phone reads: streams, cases, files. Equal if nothing is different.
fn reading(device: &Device) -> String {
    let replica = Replica::read(device.store());
    let streams = device.store().transact(streams).expect("streams");
    let sent = device.store().transact(|tx| {
        let sql = "SELECT coalesce(group_concat(hex(digest) || sent || confirmed), '') FROM blob";
        let blobs: String = tx.sql().query_row(sql, [], |row| row.get(0))?;
        let sql = "SELECT coalesce(sum(acked * 1000 + confirmed), 0) FROM stream";
        let marks: i64 = tx.sql().query_row(sql, [], |row| row.get(0))?;
        Ok::<_, StoreError>(format!("{blobs} {marks} {:?}", tx.memo("cursor")?))
    });
    format!("{replica:?} {streams:?} {}", sent.expect("rows"))
}

/// The images that a cut can leave behind.
fn images(before: &Disk, after: &Disk, chance: &mut Chance) -> Vec<Vec<u8>> {
    let frames = after.log.len().saturating_sub(LOG_HEADER) / FRAME;
    let span = |frame: usize| LOG_HEADER + frame * FRAME..LOG_HEADER + (frame + 1) * FRAME;
    let is_new = |frame: &usize| before.log.get(span(*frame)) != after.log.get(span(*frame));
    let new: Vec<usize> = (0..frames).filter(is_new).collect();
    let mut old = before.log.clone();
    // The header may be rewritten with the first page.
    old.resize(old.len().max(LOG_HEADER), 0);
    let put = |image: &mut Vec<u8>, frame: usize, bytes: usize| {
        let at = span(frame);
        image.resize(image.len().max(at.end), 0);
        let part = at.start..at.start + bytes;
        image[part.clone()].copy_from_slice(&after.log[part]);
    };
    let begin = || {
        let mut image = old.clone();
        image[..LOG_HEADER].copy_from_slice(&after.log[..LOG_HEADER]);
        image
    };
    let mut all = vec![before.log.clone()];
    let mut ordered = begin();
    for frame in &new {
        let mut torn = ordered.clone();
        let sectors = usize::try_from(1 + chance.below(7)).expect("few");
        put(&mut torn, *frame, 24 + sectors * SECTOR);
        all.push(torn);
        put(&mut ordered, *frame, FRAME);
        all.push(ordered.clone());
    }
    // The last in order is the whole transaction; it stands at the end.
    let whole = all.pop().expect("an image");
    for _ in 0..new.len().min(6) {
        let mut any = begin();
        let missing = *chance.pick(&new);
        for frame in new.iter().filter(|frame| **frame != missing) {
            if chance.below(4) > 0 {
                put(&mut any, *frame, FRAME);
            }
        }
        all.push(any);
    }
    all.push(whole);
    all
}

/// Opens an image as the phone would after the cut.
fn open_image(
    home: &Path,
    (disk, log): (&Disk, &[u8]),
    world: &World,
) -> (tempfile::TempDir, Device) {
    let dir = scratch();
    let folder = dir.path().join("phone");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("store.db"), &disk.database).expect("written");
    fs::write(folder.join("store.db-wal"), log).expect("written");
    let blobs: PathBuf = home.join("blobs");
    if blobs.is_dir() {
        copy_folder(&blobs, &folder.join("blobs"));
    }
    let phone = &world.phones[0];
    let device = Device::open(&folder, &phone_key(phone.number), phone.host.clone());
    (dir, device.expect("the store opens after a cut"))
}

fn is_whole(device: &Device) {
    let checked = device.store().transact(|tx| {
        let told: String = tx
            .sql()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let mut pages = tx.sql().prepare("PRAGMA cipher_integrity_check")?;
        let damaged = pages.query_map([], |row| row.get::<_, String>(0))?.count();
        Ok::<_, StoreError>((told, damaged))
    });
    let (told, damaged) = checked.expect("a check");
    assert_eq!((told.as_str(), damaged), ("ok", 0), "the store is whole");
}

/// Cuts one transaction everywhere; gives how many images there were.
fn cut_everywhere(
    world: &mut World,
    (name, work): (&str, &mut dyn FnMut(&mut World)),
    chance: &mut Chance,
) -> usize {
    let home = world.phones[0].home().to_owned();
    let (before, was) = (Disk::read(&home), reading(world.phones[0].device()));
    work(world);
    let (after, is) = (Disk::read(&home), reading(world.phones[0].device()));
    assert_ne!(was, is, "{name} changes something");
    assert!(
        before.database == after.database,
        "{name}: no checkpoint in between"
    );
    let images = images(&before, &after, chance);
    let last = images.len() - 1;
    for (at, log) in images.iter().enumerate() {
        let (_dir, device) = open_image(&home, (&before, log), world);
        is_whole(&device);
        let read = reading(&device);
        if at == last {
            assert!(
                read == is,
                "{name}: called saved, and lost by a cut after it"
            );
        } else {
            assert!(
                read == was,
                "{name}: half of it is there after a cut (image {at} of {last})"
            );
        }
    }
    images.len()
}

/// Executes effects up to the next that writes, and gives that one.
fn next_write(world: &mut World) -> Option<Effect> {
    loop {
        let process = world.phones[0].process.as_mut().expect("a running app");
        if let Some(at) = process
            .todo
            .iter()
            .position(|it| matches!(it, Effect::Store { .. }))
        {
            return process.todo.remove(at);
        }
        if world.rests(0) || !world.advance() {
            return None;
        }
    }
}

/// Cuts the next transactions of the exchange, whichever they are.
fn cut_exchange(world: &mut World, chance: &mut Chance) -> (usize, usize) {
    let (mut images, mut writes) = (0, 0);
    world.feed(0, Event::Start);
    while let Some(effect) = next_write(world) {
        let name: String = format!("{effect:?}").chars().take(40).collect();
        let was = reading(world.phones[0].device());
        let home = world.phones[0].home().to_owned();
        let before = Disk::read(&home);
        let event = world.phones[0].perform(&effect);
        if reading(world.phones[0].device()) != was {
            let (after, is) = (Disk::read(&home), reading(world.phones[0].device()));
            for (at, log) in all_but_last(&self::images(&before, &after, chance)) {
                let (_dir, device) = open_image(&home, (&before, log), world);
                is_whole(&device);
                assert!(
                    reading(&device) == was,
                    "{name}: half of it is there (image {at})"
                );
                images += 1;
            }
            let (_dir, device) = open_image(&home, (&before, &after.log), world);
            assert!(
                reading(&device) == is,
                "{name}: called stored, and lost by a cut after it"
            );
        }
        writes += 1;
        if let Some(event) = event {
            world.feed(0, event);
        }
    }
    (images, writes)
}

fn all_but_last(images: &[Vec<u8>]) -> impl Iterator<Item = (usize, &[u8])> {
    let last = images.len() - 1;
    images.iter().map(Vec::as_slice).enumerate().take(last)
}

#[test]
fn a_power_cut_at_every_page_of_the_main_transactions_leaves_all_of_it_or_nothing() {
    let stage = Stage::new();
    let mut world = quiet_world(&stage, Profile::WIFI);
    world.feed(0, Event::Start);
    let end = world.now() + 600_000;
    run_until_idle(&mut world, end);
    let mut chance = Chance::of(99);
    let mut photos = Chance::of(98);
    let mut case = String::new();
    let mut count = 0;
    count += cut_everywhere(
        &mut world,
        ("report", &mut |world| case = report(world)),
        &mut chance,
    );
    let edit = |world: &mut World, name: &str| {
        let device = world.phones[0].device();
        let done = match name {
            "field" => device.set_field(&case, "report.cause", "fire"),
            "line" => {
                let row = [("item", "tiles"), ("amount", "12.50")];
                let row = row.map(|(name, text)| (name.to_owned(), text.to_owned()));
                device.add_row(&case, Section::Lines, &row).map(|_| ())
            }
            "photo" => {
                let photo = lossbook_core::app::NewPhoto {
                    bytes: &photo_of(&mut photos, 2_000),
                    origin: lossbook_core::chain::Origin::Imported,
                    taken: lossbook_core::app::Taken::default(),
                    slot: "",
                    caption: "",
                };
                device.add_photo(&case, photo).map(|_| ())
            }
            _ => sign(device, &case),
        };
        done.expect("done");
    };
    let mut edit = edit;
    for name in ["field", "line", "sign"] {
        count += cut_everywhere(
            &mut world,
            (name, &mut |world| edit(world, name)),
            &mut chance,
        );
    }
    edit(&mut world, "photo");
    let (images, writes) = cut_exchange(&mut world, &mut chance);
    count += images;
    assert!(writes >= 4, "acknowledgement, page, photos: {writes}");
    println!(
        "COUNT {}",
        json!({ "power cuts": count, "transactions": 4 + writes, "half": 0, "lost": 0 })
    );
}

fn sign(device: &Device, case: &str) -> Result<(), AppError> {
    let signature = lossbook_core::app::NewSignature {
        signer: "wang",
        act: lossbook_core::statement::Act::Signed,
        wanted: lossbook_core::statement::Wanted::default(),
        strokes: Vec::new(),
        screen: (1080, 600),
        claims: lossbook_core::app::SignerClaims::default(),
    };
    device.sign(case, &signature).map(|_| ())
}
