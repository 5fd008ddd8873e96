//! The thumbnail of twelve megapixels, beside `vipsthumbnail` and libjpeg-turbo; and its fingerprint.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use lossbook_core::evidence::{Fingerprint, PhotoFacts, examine, thumbnail};

use crate::Failed;
use crate::photo;
use crate::row::{Row, Timings, number};

const ROUNDS: u32 = 21;

/// Files in one call of `vipsthumbnail`, so that its start hardly counts.
const BATCH: u32 = 20;

pub(crate) fn run() -> Result<(), Failed> {
    let picture = photo::picture();
    let facts = examine(&mut Cursor::new(&picture))?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("photo.jpg");
    std::fs::write(&file, &picture)?;
    // A whole round of each comes first, unmeasured, so that nobody pays for cold caches.
    let (mut ours, mut prints) = <(Timings, Timings)>::default();
    for _ in 0..ROUNDS {
        let small = ours.time(|| made(&picture, &facts))?;
        prints.time(|| Fingerprint::of(&small.shades).ok_or("no fingerprint"))?;
    }
    let size = number(picture.len() as u64) / 1e6;
    beside_vips(dir.path(), &file, &ours, size)?;
    beside_turbojpeg(dir.path(), &file, &ours)?;
    Row {
        name: "fingerprint, beside the thumbnail",
        ours: format!("{:.3} ms", prints.median()),
        peer: format!("{:.1} ms", ours.median()),
        ratio: prints.median() / ours.median(),
        goal: "≤ 0.02",
        note: "median; 240 bits from the thumbnail's brightness; the peer is the thumbnail itself"
            .to_owned(),
    }
    .print();
    Ok(())
}

fn made(
    picture: &[u8],
    facts: &PhotoFacts,
) -> Result<lossbook_core::evidence::SmallPicture, Failed> {
    Ok(thumbnail(picture, facts, None).map_err(|problem| problem.to_string())?)
}

fn beside_vips(dir: &Path, file: &Path, ours: &Timings, size: f64) -> Result<(), Failed> {
    let mut files = Vec::new();
    for copy in 0..BATCH {
        let path = dir.join(format!("{copy}.jpg"));
        std::fs::copy(file, &path)?;
        files.push(path);
    }
    let mut peer = Timings::default();
    for _ in 0..5 {
        let mut command = Command::new("vipsthumbnail");
        command
            .args(&files)
            .args(["-s", "512", "-o", "small_%s.jpg[Q=80]"]);
        command
            .env("VIPS_CONCURRENCY", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let start = Instant::now();
        match command.status() {
            Ok(status) if status.success() => peer.push(start.elapsed() / BATCH),
            _ => return Ok(()),
        }
    }
    Row {
        name: "thumbnail of 12 MP, beside vipsthumbnail",
        ours: format!("{:.1} ms", ours.median()),
        peer: format!("{:.1} ms", peer.median()),
        ratio: ours.median() / peer.median(),
        goal: "≤ 0.65",
        note: format!(
            "median of {}, one thread, a JPEG of {size:.2} MB to 512 px and quality 80; the peer's \
             share of a batch of {BATCH} files in one process, reading and writing included",
            ours.count()
        ),
    }
    .print();
    Ok(())
}

fn beside_turbojpeg(dir: &Path, file: &Path, ours: &Timings) -> Result<(), Failed> {
    let Some((small, _)) = turbojpeg(dir, file)? else {
        return Ok(());
    };
    Row {
        name: "thumbnail of 12 MP, beside libjpeg-turbo",
        ours: format!("{:.1} ms", ours.median()),
        peer: format!("{small:.1} ms"),
        ratio: ours.median() / small,
        goal: "≤ 1.05",
        note:
            "the same JPEG; the peer decodes at a quarter with libjpeg-turbo and its vector code, \
               resizes by Lanczos, encodes with libjpeg-turbo, in one process"
                .to_owned(),
    }
    .print();
    Ok(())
}

/// Milliseconds of the reference pipeline: thumbnail, and whole intake. Nothing if it cannot be
/// built here (it needs a C compiler, cmake and nasm).
pub(crate) fn turbojpeg(dir: &Path, file: &Path) -> Result<Option<(f64, f64)>, Failed> {
    let manifest: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/turbojpeg/Cargo.toml");
    let mut command = Command::new("cargo");
    command
        .args(["run", "--release", "--quiet", "--manifest-path"])
        .arg(manifest)
        .arg("--");
    command
        .arg(file)
        .arg(ROUNDS.to_string())
        .arg(dir)
        .stderr(Stdio::inherit());
    let Ok(said) = command.output() else {
        return Ok(None);
    };
    let text = String::from_utf8(said.stdout)?;
    match text.trim().split_once(' ') {
        Some((small, whole)) if said.status.success() => Ok(Some((small.parse()?, whole.parse()?))),
        _ => Ok(None),
    }
}
