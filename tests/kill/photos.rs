//! Two hundred photos of five megabytes in one go: flat memory, and none acknowledged is lost.
//!
//! A real phone takes them file by file and says each as it is saved; halfway SIGKILL ends it. What
//! it had said is there, readable and whole; the same command then takes the rest. Memory is what
//! the system says of the process. `LOSSBOOK_PHOTOS` sets how many photos (6).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use lossbook_cli::host::Machine;
use lossbook_cli::keyfile;
use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::app::Device;
use lossbook_core::domain::{CivilTime, Digest};
use serde_json::{Value, json};

use super::chance::Chance;
use super::process::Running;
use super::world::World;

const PHOTOS: usize = 6;
const PHOTO_BYTES: usize = 5_000_000;
/// How much the peak may grow after the tenth photo: pages of the database and its log.
const FLAT_KIB: u64 = 16 * 1024;

#[test]
fn two_hundred_photos_are_taken_in_one_go_with_flat_memory_and_a_kill_loses_none_acknowledged() {
    let photos = std::env::var("LOSSBOOK_PHOTOS")
        .map_or(PHOTOS, |text| text.parse().expect("a number of photos"));
    let (mut chance, _) = Chance::from_env();
    let world = World::new(&mut chance);
    let case = world.must(world.phone(&world.home, &["report", "household=two hundred"]));
    let case = case["number"].as_str().expect("a number");
    let folder = tempfile::tempdir().expect("a folder");
    let files = write_photos(folder.path(), photos);

    let cut = take(&world, case, &files, Some(photos / 2));
    hold(&world.home, case, &cut.saved);
    let start = Instant::now();
    let rest = take(&world, case, &files, None);
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(rest.saved.len(), photos, "the second go takes all");
    assert!(
        rest.peak_at_end <= rest.peak_at_tenth + FLAT_KIB,
        "peak memory grows from {} KiB to {} KiB",
        rest.peak_at_tenth,
        rest.peak_at_end
    );
    assert_eq!(hold(&world.home, case, &rest.saved), photos, "each once");
    let rebuilt = world.must(world.phone(&world.home, &["rebuild"]));
    assert_eq!(rebuilt["differing"], json!([]), "{rebuilt}");
    println!(
        "COUNT {}",
        json!({
            "photos": photos, "bytes each": PHOTO_BYTES, "said before the kill": cut.saved.len(), "lost": 0,
            "twice": 0, "taken by the second go": rest.fresh, "its seconds": seconds.round(),
            "peak KiB at the tenth": rest.peak_at_tenth, "peak KiB at the end": rest.peak_at_end,
        })
    );
}

/// Photos of one scene that differ in their last bytes, which no decoder reads.
fn write_photos(folder: &Path, count: usize) -> Vec<PathBuf> {
    let scene = render(&Shot {
        width: if cfg!(debug_assertions) { 1_200 } else { 4_000 },
        height: if cfg!(debug_assertions) { 900 } else { 3_000 },
        seed: 5,
        kind: SceneKind::Roof,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (36.834, 101.952, 2543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 6,
    });
    let mut bytes = scene;
    bytes.resize(PHOTO_BYTES, 0x5A);
    (0..count)
        .map(|number| {
            let end = bytes.len() - 8;
            bytes[end..].copy_from_slice(&(number as u64).to_be_bytes());
            let file = folder.join(format!("{number:03}.jpg"));
            std::fs::write(&file, &bytes).expect("written");
            file
        })
        .collect()
}

struct Taken {
    saved: Vec<Digest>,
    fresh: usize,
    peak_at_tenth: u64,
    peak_at_end: u64,
}

/// Takes the files in; kills the phone after so many were said, if at all.
fn take(world: &World, case: &str, files: &[PathBuf], kill_after: Option<usize>) -> Taken {
    let mut command = world.phone(&world.home, &["photo", case, "--each"]);
    let mut running = Running::start(command.args(files));
    let mut taken = Taken {
        saved: Vec::new(),
        fresh: 0,
        peak_at_tenth: 0,
        peak_at_end: 0,
    };
    for line in BufReader::new(running.output()).lines() {
        let line = line.expect("text");
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        // The last line repeats them all.
        let Some(digest) = said["sha256"].as_str() else {
            continue;
        };
        taken.saved.push(digest.parse().expect("a digest"));
        taken.fresh += usize::from(said["known"] == false);
        taken.peak_at_end = running.peak_kib().unwrap_or(taken.peak_at_end);
        if taken.fresh <= 10 {
            taken.peak_at_tenth = taken.peak_at_end;
        }
        if kill_after == Some(taken.saved.len()) {
            running.kill();
        }
    }
    let answer = running.finish();
    assert_eq!(
        answer.code,
        kill_after.map_or(Some(0), |_| None),
        "{answer:?}"
    );
    taken
}

/// Every digest said is a photo of the case whose bytes are here and right; says how many there are.
fn hold(home: &Path, case: &str, said: &[Digest]) -> usize {
    let key = keyfile::read(&keyfile::path_for(home, None)).expect("the key file");
    let device = Device::open(home, &key, Arc::new(Machine::new())).expect("opens without repair");
    let view = device.case(case).expect("the case");
    let named: Vec<Digest> = view.standing.record.photos().map(|photo| photo.1).collect();
    for digest in said {
        assert_eq!(
            named.iter().filter(|one| *one == digest).count(),
            1,
            "{digest}"
        );
        let bytes = device
            .store()
            .transact(|tx| tx.read_blob(digest, 0, None))
            .expect("the bytes");
        assert_eq!(Digest::of(&bytes), *digest);
    }
    named.len()
}
