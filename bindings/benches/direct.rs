//! The calls that `python/bench.py` makes through the foreign function interface, made here without
//! it: the floor that the interface is compared with. Leaves the home for the other side to open.
//!
//! usage: direct FOLDER      (empty; `home` and `photos` are made in it)
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement: its stage must stand, its answer is what it prints"
)]

#[path = "../tests/stage.rs"]
#[expect(dead_code, reason = "the stage of the tests has more")]
mod stage;

use std::path::{Path, PathBuf};
use std::time::Instant;

use lossbook_ffi::*;
use serde_json::json;
use stage::{Phone, Stage, edit, photo, report};

const CASES: usize = 1_000;
const LINES: usize = 15;
const PHOTOS: u32 = 25;

fn main() {
    // Cargo adds `--bench`.
    let folder = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"));
    let folder = PathBuf::from(folder.expect("a folder"));
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    for _ in 0..CASES {
        report(&phone);
    }
    // One whose photos are taken in here, and one that the other side finds as it was opened here.
    let (own, case) = (full(&stage, &phone, 100), full(&stage, &phone, 200));
    let pictures: Vec<PathBuf> = (0..2 * PHOTOS).map(|seed| picture(&folder, seed)).collect();
    let (direct, through) = pictures.split_at(PHOTOS as usize);
    let mut shots = direct.iter();
    let said = json!({
        "versions_ns": median(2_001, || drop(versions())),
        "status_ns": median(501, || drop(phone.book.status().unwrap())),
        "page_50_ns": median(201, || drop(page(&phone, 50))),
        "page_1000_ns": median(41, || drop(page(&phone, 1_000))),
        "screen_ns": median(201, || drop(phone.book.case_screen(&case).unwrap())),
        "photo_ns": median(PHOTOS as usize, || {
            let path = shots.next().unwrap().display().to_string();
            phone.book.add_photo(&own, photo(path), None).unwrap();
        }),
        "case": case,
        "photos": through,
        "home": folder.join("home"),
    });
    phone.book.close_home();
    copied(&phone.home, &folder.join("home"));
    println!("{said}");
}

fn page(phone: &Phone, limit: u32) -> CasePage {
    let query = CaseQuery {
        text: None,
        scope: None,
        after: None,
        limit,
    };
    phone.book.cases(query).unwrap()
}

/// A case as a surveyor leaves it: an object, fifteen lines, photos, a signature.
fn full(stage: &Stage, phone: &Phone, first: u32) -> String {
    let case = report(phone).id;
    let object = vec![
        edit("kind", "house"),
        edit("structure", "土木"),
        edit("area", "62.5"),
    ];
    phone.book.add_row(&case, "objects", object).unwrap();
    for line in 0..LINES {
        let fields = vec![
            edit("item", &format!("瓦片 {line}")),
            edit("room", "北房"),
            edit("part", "roof"),
            edit("quantity", "4"),
            edit("unit_price", "12.50"),
        ];
        phone.book.add_row(&case, "lines", fields).unwrap();
    }
    for seed in 0..6 {
        let small = photo(stage.photo(first + seed));
        phone.book.add_photo(&case, small, None).unwrap();
    }
    case
}

/// A 12-megapixel JPEG of some megabytes.
fn picture(folder: &Path, seed: u32) -> PathBuf {
    let (width, height) = (4_000_u32, 3_000_u32);
    let pixels: Vec<u8> = (0..width * height)
        .flat_map(|at| {
            let (x, y) = (at % width, at / width);
            let grain = (at ^ seed).wrapping_mul(2_654_435_761).to_be_bytes()[0] / 12;
            [x / 16, y / 12, (x + y) / 28].map(|base| u8::try_from(base.min(200)).unwrap() + grain)
        })
        .collect();
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 85);
    let (width, height) = (
        u16::try_from(width).unwrap(),
        u16::try_from(height).unwrap(),
    );
    encoder
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    let place = folder.join("photos");
    std::fs::create_dir_all(&place).unwrap();
    let path = place.join(format!("{seed}.jpg"));
    std::fs::write(&path, bytes).unwrap();
    settled(&path);
    path
}

/// On the disk, so that nothing is written behind the back of what is measured next.
fn settled(file: &Path) {
    std::fs::File::open(file).unwrap().sync_all().unwrap();
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
            settled(&target);
        }
    }
}

/// Nanoseconds, the median of so many.
fn median(times: usize, mut work: impl FnMut()) -> u64 {
    let mut took: Vec<u128> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_nanos()
        })
        .collect();
    took.sort_unstable();
    u64::try_from(took[times / 2]).unwrap()
}
