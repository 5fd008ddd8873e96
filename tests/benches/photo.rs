//! Taking in a photo of twelve megapixels, beside the tools that do the same parts.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::app::{Device, NewPhoto, Taken};
use lossbook_core::chain::Origin;
use lossbook_core::domain::{CivilTime, Digest};

use crate::Failed;
use crate::row::{Row, Timings, number};
use crate::world::{World, fields, open};
use crate::{memory, thumbnail};

/// The word by which this program starts itself to measure memory.
pub(crate) const CHILD: &str = "take-in-one-photo";
const ROUNDS: u32 = 15;
/// How often ours and the peer take turns.
const TURNS: u32 = 3;

/// The photo of all photo benchmarks: a roof of twelve megapixels, as a phone codes it.
pub(crate) fn picture() -> Vec<u8> {
    roof(4_000, 3_000)
}

fn roof(width: u32, height: u32) -> Vec<u8> {
    render(&Shot {
        width,
        height,
        seed: 12,
        kind: SceneKind::Roof,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (36.834, 101.952, 2_543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    })
}

pub(crate) fn run() -> Result<(), Failed> {
    let picture = picture();
    let world = World::new()?;
    let phone = world.phone("li")?;
    let report = fields(&[("household", "王小明".to_owned())]);
    let case = phone.report_loss(None, &report)?.to_string();
    whole(&world, (&phone, &case), &picture)?;
    until_saved(&world, (&phone, &case), &picture)?;
    drop(phone);
    peak(
        &world,
        &case,
        (&picture, 4.0),
        "take in a 12 MP photo, memory",
    )?;
    let large = roof(12_000, 9_000);
    peak(
        &world,
        &case,
        (&large, 8.0),
        "take in a 108 MP photo, memory",
    )
}

/// The same picture as a file that is new: a comment tells it apart.
fn unlike(picture: &[u8], round: u32) -> Vec<u8> {
    let (start, rest) = picture.split_at_checked(2).unwrap_or((picture, &[]));
    let mut bytes = Vec::with_capacity(picture.len() + 8);
    bytes.extend(start);
    bytes.extend([0xFF, 0xFE, 0, 6]);
    bytes.extend(round.to_be_bytes());
    bytes.extend(rest);
    bytes
}

fn add(phone: &Device, case: &str, bytes: &[u8]) -> Result<bool, Failed> {
    let photo = NewPhoto {
        bytes,
        origin: Origin::Camera,
        taken: Taken::default(),
        slot: "",
        caption: "",
    };
    let added = phone.add_photo(case, photo)?;
    if added.known {
        return Err("the photo was known: nothing was measured".into());
    }
    Ok(added.thumbnail.is_some())
}

fn whole(world: &World, (phone, case): (&Device, &str), picture: &[u8]) -> Result<(), Failed> {
    let file = world.dir.path().join("photo.jpg");
    let (mut ours, mut peers) = (Timings::default(), Vec::new());
    // By turns, because a machine's disk and clock are not the same from one minute to the next.
    for turn in 0..TURNS {
        for round in 0..ROUNDS {
            std::fs::write(&file, unlike(picture, turn * ROUNDS + round))?;
            let has_thumbnail = ours.time(|| add(phone, case, &std::fs::read(&file)?))?;
            if !has_thumbnail {
                return Err("no thumbnail was made".into());
            }
        }
        let Some((_, peer)) = thumbnail::turbojpeg(world.dir.path(), &file)? else {
            return Ok(());
        };
        peers.push(peer);
    }
    peers.sort_by(f64::total_cmp);
    let peer = peers.get(peers.len() / 2).copied().unwrap_or_default();
    Row {
        name: "take in a 12 MP photo, all of it",
        ours: format!("{:.1} ms", ours.median()),
        peer: format!("{peer:.1} ms"),
        ratio: ours.median() / peer,
        goal: "≤ 1.05",
        note: format!(
            "median of {} JPEGs of {:.2} MB, by turns with the peer; ours reads, hashes whole and in chunks, examines, \
             encrypts, syncs, commits, makes and keeps thumbnail and fingerprint, and looks for \
             photos that look alike; the peer reads, hashes, reads EXIF, makes the thumbnail with \
             libjpeg-turbo at a quarter and Lanczos, encrypts, writes and syncs both, in one \
             process, without a database",
            ours.count(),
            number(picture.len() as u64) / 1e6,
        ),
    }
    .print();
    Ok(())
}

/// What the user waits for: a HEIC photo is saved in the same way, and has no thumbnail made.
fn until_saved(
    world: &World,
    (phone, case): (&Device, &str),
    picture: &[u8],
) -> Result<(), Failed> {
    let (mut ours, mut peer) = <(Timings, Timings)>::default();
    for round in 0..ROUNDS {
        let bytes = as_heic(&unlike(picture, 1_000 + round))?;
        if ours.time(|| add(phone, case, &bytes))? {
            return Err("a thumbnail was made".into());
        }
        let path = world.dir.path().join(format!("raw-{round}"));
        peer.time(|| -> Result<Digest, Failed> {
            let digest = Digest::of(&bytes);
            let mut file = File::create(&path)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            Ok(digest)
        })?;
    }
    Row {
        name: "take in a 12 MP photo, until it is saved",
        ours: format!("{:.1} ms", ours.median()),
        peer: format!("{:.1} ms", peer.median()),
        ratio: ours.median() / peer.median(),
        goal: "≤ 1.5",
        note: format!(
            "median of {}; what the user waits for: hash whole and in chunks, examine, encrypt, \
             sync, commit; the same bytes in a HEIC box, of which no thumbnail is made; the peer \
             is SHA-256, write and fdatasync of the same bytes in this process, without encryption. \
             What costs more than the peer: not one sync but four (the file, its folder and the \
             folder above, the commit), and the encryption",
            ours.count()
        ),
    }
    .print();
    Ok(())
}

/// The bytes inside the smallest file that is taken for HEIC.
fn as_heic(bytes: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut heic = Vec::with_capacity(bytes.len() + 40);
    heic.extend(24_u32.to_be_bytes());
    heic.extend(b"ftypheic\0\0\0\0mif1heic");
    heic.extend(u32::try_from(bytes.len() + 8)?.to_be_bytes());
    heic.extend(b"mdat");
    heic.extend(bytes);
    Ok(heic)
}

/// The peak of memory while one photo is taken in, beside its own size and what may be added.
fn peak(
    world: &World,
    case: &str,
    (picture, more_mib): (&[u8], f64),
    name: &str,
) -> Result<(), Failed> {
    let file = world.dir.path().join("photo.jpg");
    std::fs::write(&file, picture)?;
    let home = world.home("li");
    let words = [
        OsStr::new(CHILD),
        home.as_os_str(),
        OsStr::new(case),
        file.as_os_str(),
    ];
    let peak_kib = memory::of_child(words)?;
    let mib = |bytes: f64| bytes / 1_048_576.0;
    let peak = mib(number(peak_kib) * 1_024.0);
    let goal = mib(number(picture.len() as u64)) + more_mib;
    Row {
        name,
        ours: format!("{peak:.1} MiB"),
        peer: format!("{goal:.1} MiB"),
        ratio: peak / goal,
        goal: "≤ 1",
        note: format!(
            "how far the resident set of a process that has its store open and took in a small \
             photo before grows at its peak, the photo's own bytes in memory included; the peer is \
             the goal, the photo's size and {more_mib} MiB"
        ),
    }
    .print();
    Ok(())
}

/// Takes in a small photo and then one photo, and prints by how much memory grew, in KiB.
#[expect(
    clippy::print_stdout,
    reason = "this process speaks to its parent through its output"
)]
pub(crate) fn child(home: &str, case: &str, file: &str) -> Result<(), Failed> {
    let phone = open(Path::new(home))?;
    // Code and tables come into memory once, whatever the size of a photo.
    add(&phone, case, &unlike(&roof(640, 480), std::process::id()))?;
    memory::forget_peak()?;
    let before = memory::peak_kib()?;
    add(&phone, case, &std::fs::read(file)?)?;
    println!("{}", memory::peak_kib()?.saturating_sub(before));
    Ok(())
}
