//! Running a hub: backups while phones sync, restoring, finding what was changed, stopping.
//!
//! Real phones exchange with a real hub over loopback. Whatever a backup or a stop leaves must be
//! what was acknowledged, and one bit that is not what was written must be named.

mod fleet;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lossbook_cli::host::Machine;
use lossbook_core::vault::age::AgeIdentity;
use lossbook_hub::backup::{self, Opener};
use lossbook_hub::check::check;
use lossbook_hub::{Hub, HubKey, ServeConfig, serve};

use crate::kill::chance::Chance;
use crate::kill::process::{HubProcess, program};
use fleet::{Fleet, Seen};

fn machine() -> Machine {
    Machine::new()
}

fn restore_into(from: &Path, name: &str, dir: &Path, key: &HubKey) -> Hub {
    let key_file = dir.with_extension("key");
    if !key_file.exists() {
        key.save(&key_file).expect("written");
    }
    let opener = Opener::Key(HubKey::read(&key_file).expect("read"));
    backup::restore((from, Some(name)), (dir, &key_file), opener, &machine()).expect("restored");
    Hub::open(dir, key).expect("opens")
}

#[test]
#[ignore = "minutes of an unoptimised build: cargo xtask long backup"]
fn a_backup_made_while_fifty_phones_sync_restores_and_the_phones_bring_back_the_rest() {
    let mut fleet = Fleet::new(50);
    let to = fleet.dir.path().join("backups");
    let done = AtomicBool::new(false);
    let meanwhile = std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            fleet.everybody_works_and_syncs(1);
            done.store(true, Ordering::Relaxed);
        });
        // Several, so that one falls into the middle of it.
        let mut made = Vec::new();
        while !done.load(Ordering::Relaxed) {
            made.push(fleet.backup(&to));
            std::thread::sleep(Duration::from_millis(1_000));
        }
        working.join().expect("nobody fails");
        made
    });
    fleet.decide_on_every_other_case();
    let last = fleet.backup(&to);
    let before = Seen::of(&fleet.hub);
    assert!(last.reused > 0, "photos of earlier backups are used again");
    let early = meanwhile.first().expect("one was made meanwhile");
    println!(
        "COUNT {{\"backups while 50 phones sync\": {}, \"cases in the first\": {}, \"cases\": {}, \"photos\": {}}}",
        meanwhile.len(),
        early.manifest.cases,
        before.heads.len(),
        before.photos.len()
    );

    fleet.wipe();
    let hub = restore_into(&to, &last.name, &fleet.hub_dir(), &fleet.key);
    assert_eq!(Seen::of(&hub), before, "heads, digests and decisions");
    drop(hub);
    let checked = check(&fleet.hub_dir(), &fleet.key).expect("looked through");
    assert_eq!(checked.findings, []);

    // An early backup lacks most of it; the phones bring it again.
    fs::remove_dir_all(fleet.hub_dir()).expect("wiped");
    let hub = restore_into(&to, &early.name, &fleet.hub_dir(), &fleet.key);
    assert!(Seen::of(&hub).heads.len() <= before.heads.len());
    fleet.serve(hub);
    fleet.everybody_syncs();
    let after = Seen::of(&fleet.hub);
    assert_eq!(
        after.reported(),
        before.reported(),
        "every case is there again"
    );
    assert_eq!(after.photos, before.photos, "every photo is there again");
    fleet.stop();
    let checked = check(&fleet.hub_dir(), &fleet.key).expect("looked through");
    assert_eq!(checked.findings, []);
}

/// Every file below a folder, but the lock, which is empty.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if fs::metadata(&path).expect("a file").len() > 0 {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// Flips one bit of one file, and gives back what was there and where.
fn flip(path: &Path, chance: &mut Chance) -> (Vec<u8>, usize) {
    let good = fs::read(path).expect("bytes");
    let mut bad = good.clone();
    let at = usize::try_from(chance.below(good.len() as u64)).expect("small");
    bad[at] ^= 1 << chance.below(8);
    fs::write(path, bad).expect("written");
    (good, at)
}

#[test]
fn one_flipped_bit_of_a_backup_fails_the_restore_test_which_names_the_file() {
    let (mut chance, seed) = Chance::from_env();
    let mut fleet = Fleet::new(2);
    let to = fleet.dir.path().join("backups");
    fleet.everybody_works_and_syncs(1);
    fleet.backup(&to);
    fleet.everybody_works_and_syncs(1);
    fleet.backup(&to);
    let tar = fleet.dir.path().join("backup.tar");
    fleet.backup(&tar);
    fleet.stop();
    let test = |from: &Path| {
        backup::drill((from, None), &fleet.key, fleet.dir.path(), &machine()).expect("tested")
    };
    for from in [&to, &tar] {
        let good = test(from);
        assert!(good.passed(), "{}", good.report());
    }
    let mut kinds = BTreeMap::new();
    let all = files(&to);
    for _ in 0..60 {
        let path = chance.pick(&all).clone();
        let (good, at) = flip(&path, &mut chance);
        let drill = test(&to);
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        assert!(
            !drill.passed(),
            "byte {at} of {} (seed {seed})",
            path.display()
        );
        assert!(drill.report().contains(name), "{name}: {}", drill.report());
        fs::write(&path, good).expect("mended");
        let kind = path
            .strip_prefix(&to)
            .expect("below")
            .components()
            .next()
            .expect("a name");
        *kinds.entry(kind.as_os_str().to_owned()).or_insert(0) += 1;
    }
    for _ in 0..20 {
        let (good, at) = flip(&tar, &mut chance);
        assert!(!test(&tar).passed(), "byte {at} of the tar (seed {seed})");
        fs::write(&tar, good).expect("mended");
    }
    println!(
        "COUNT {{\"flips in a backup\": 60, \"flips in a tar\": 20, \"kinds\": \"{kinds:?}\", \"seed\": {seed}}}"
    );
    assert!(test(&to).passed());
}

#[test]
fn one_flipped_bit_of_a_hubs_folder_is_found_and_the_object_named() {
    let (mut chance, seed) = Chance::from_env();
    let mut fleet = Fleet::new(2);
    fleet.everybody_works_and_syncs(2);
    fleet.decide_on_every_other_case();
    fleet.stop();
    let dir = fleet.hub_dir();
    let checked = check(&dir, &fleet.key).expect("looked through");
    assert_eq!(checked.findings, [], "nothing is wrong yet");
    assert!(checked.photos > 0 && checked.cases > 0 && checked.envelopes > 0);
    let all = files(&dir);
    for _ in 0..40 {
        let path = chance.pick(&all).clone();
        let (good, at) = flip(&path, &mut chance);
        let checked = check(&dir, &fleet.key).expect("looked through");
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let page = format!("store.db page {}", at / 4096 + 1);
        let wanted = if name == "store.db" && at >= 4096 {
            page.as_str()
        } else {
            name
        };
        let mut findings = checked.findings.iter();
        assert!(
            findings.any(|one| one.object.contains(wanted)),
            "byte {at} of {name} (seed {seed}): {:?}",
            checked.findings
        );
        fs::write(&path, good).expect("mended");
    }
    println!("COUNT {{\"flips in a hub's folder\": 40, \"seed\": {seed}}}");
}

#[test]
fn one_flipped_bit_of_the_log_that_a_killed_hub_left_is_found_before_anything_drops_it() {
    let (mut chance, seed) = Chance::from_env();
    let program = program();
    let mut fleet = Fleet::new(2);
    fleet.stop();
    fleet.save_key();
    let mut served = HubProcess::start(&program, &fleet.hub_dir(), "127.0.0.1:0");
    fleet.url = served.url.clone();
    fleet.everybody_works_and_syncs(1);
    served.kill();
    let dir = fleet.hub_dir();
    let log = dir.join("store.db-wal");
    assert!(fs::metadata(&log).expect("a log").len() > 0);
    for _ in 0..10 {
        let (good, at) = flip(&log, &mut chance);
        let bad = fs::read(&log).expect("bytes");
        let checked = check(&dir, &fleet.key).expect("looked through");
        let mut findings = checked.findings.iter();
        assert!(
            findings.any(|one| one.object.contains("store.db-wal")),
            "byte {at} (seed {seed}): {:?}",
            checked.findings
        );
        assert_eq!(fs::read(&log).expect("bytes"), bad, "the log is left alone");
        fs::write(&log, good).expect("mended");
    }
    let checked = check(&dir, &fleet.key).expect("looked through");
    assert_eq!(checked.findings, []);
}

#[test]
fn a_hub_with_a_damaged_log_is_not_opened_until_its_operator_keeps_a_copy_of_that_log() {
    let (mut chance, _) = Chance::from_env();
    let program = program();
    let mut fleet = Fleet::new(1);
    fleet.stop();
    fleet.save_key();
    let mut served = HubProcess::start(&program, &fleet.hub_dir(), "127.0.0.1:0");
    fleet.url = served.url.clone();
    fleet.everybody_works_and_syncs(1);
    served.kill();
    let dir = fleet.hub_dir();
    let log = dir.join("store.db-wal");
    flip(&log, &mut chance);
    let bad = fs::read(&log).expect("bytes");
    let codes = [
        Hub::open(&dir, &fleet.key).expect_err("refused").code(),
        Hub::open_beside(&dir, &fleet.key)
            .expect_err("refused")
            .code(),
    ];
    assert_eq!(codes, ["DAMAGED_LOG"; 2]);
    let to = fleet.dir.path().join("backups");
    let refused = backup::backup((&dir, &fleet.key), &to, &[], &machine());
    assert_eq!(refused.expect_err("refused").code(), "DAMAGED_LOG");
    assert_eq!(fs::read(&log).expect("bytes"), bad, "the log is left alone");
    fs::copy(&log, dir.join("store.db-wal.damaged")).expect("copied");
    drop(Hub::open(&dir, &fleet.key).expect("goes on without it"));
}

#[test]
fn the_holder_of_an_age_identity_restores_without_the_hubs_key_file() {
    let mut fleet = Fleet::new(1);
    fleet.everybody_works_and_syncs(1);
    let to = fleet.dir.path().join("backups");
    let identity = || AgeIdentity::from_bytes(&[9; 32]);
    let receivers = [identity().recipient().to_text()];
    let from = (fleet.hub_dir(), &fleet.key);
    backup::backup((&from.0, from.1), &to, &receivers, &machine()).expect("made");
    let before = Seen::of(&fleet.hub);
    let dir = fleet.dir.path().join("other");
    let key_file = fleet.dir.path().join("other.key");
    let restored = |identity| {
        let opener = Opener::Identity(identity);
        backup::restore((&to, None), (&dir, &key_file), opener, &machine())
    };
    let stranger = restored(AgeIdentity::from_bytes(&[8; 32]));
    assert_eq!(stranger.expect_err("not for them").code(), "NO_KEY");
    restored(identity()).expect("restored");
    let key = HubKey::read(&key_file).expect("the key was written");
    assert_eq!(Seen::of(&Hub::open(&dir, &key).expect("opens")), before);
    let again = restored(identity());
    assert_eq!(again.expect_err("in use").code(), "NOT_EMPTY");
    fleet.stop();
}

#[test]
fn a_hub_told_to_stop_while_twenty_phones_sync_closes_and_they_go_on_where_they_were() {
    let program = program();
    let mut fleet = Fleet::new(20);
    // The hub goes on as a process of its own, which can be told to stop.
    fleet.stop();
    fleet.save_key();
    let mut served = HubProcess::start(&program, &fleet.hub_dir(), "127.0.0.1:0");
    let listen = served.url.trim_start_matches("http://").to_owned();
    fleet.url = served.url.clone();
    let code = std::thread::scope(|scope| {
        let working = scope.spawn(|| fleet.everybody_works_and_may_be_cut(2));
        std::thread::sleep(Duration::from_millis(1_500));
        let code = served.terminate();
        working.join().expect("a cut is no failure");
        code
    });
    assert_eq!(code, Some(0), "it stops in order");
    assert!(
        !fleet.hub_dir().join("store.db-wal").exists(),
        "the store is closed"
    );
    assert!(!fleet.hub_dir().join("serving").exists());
    let checked = check(&fleet.hub_dir(), &fleet.key).expect("looked through");
    assert_eq!(checked.findings, []);
    let mut again = HubProcess::start(&program, &fleet.hub_dir(), &listen);
    fleet.everybody_syncs();
    assert_eq!(again.terminate(), Some(0));
    let hub = Hub::open(&fleet.hub_dir(), &fleet.key).expect("opens");
    assert_eq!(
        Seen::of(&hub).heads.len(),
        fleet.reported(),
        "every report is there once"
    );
    drop(serve(hub, &ServeConfig::default()).expect("serves"));
}
