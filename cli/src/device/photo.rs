//! `device photo` and `device shutter`: what a phone's camera and gallery hand over.
//!
//! Files come from the command line, one at a time in memory; `core` takes them in. A file that is
//! written to while it is read is refused, for half of two pictures is none.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use lossbook_core::app::{
    AddedPhoto, AddedRecording, AppError, Device, FreePolicy, NewPhoto, NewRecording, PHOTO_BUDGET,
    PhotoBudget, Taken,
};
use lossbook_core::chain::Origin;
use lossbook_core::domain::{StatedPosition, WallMs};
use lossbook_core::evidence::{
    ExamineError, Fix, MAX_PHOTO_BYTES, Problem, Provider, is_recording,
};
use lossbook_core::rules::Missing;
use serde_json::{Value, json};

use super::Said;
use super::args::{FreeArgs, PhotoArgs, TakenArgs};
use super::copies;
use crate::failure::Failure;
use crate::inspect::{harmless, open_file, stamp};

/// When a saved photo is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saying {
    /// As soon as it is saved.
    Each,
    /// All of them at the end.
    Together,
}

impl Saying {
    /// What the option asks for.
    pub(super) fn of(each: bool) -> Self {
        if each { Self::Each } else { Self::Together }
    }
}

/// Counts a shot.
///
/// # Errors
/// As the store fails.
pub(super) fn shutter(device: &Device) -> Result<Said, Failure> {
    let opened = device.open_shutter()?;
    Ok(Said::new(
        json!({"shutter": opened.number, "wall_ms": opened.clocks.wall.0}),
        format!("shot {}", opened.number),
    ))
}

/// `device photo`.
///
/// # Errors
/// As [`add`].
pub(super) fn run(device: &Device, args: &PhotoArgs) -> Result<Said, Failure> {
    let said = Saying::of(args.each);
    let words = (
        args.slot.as_str(),
        args.caption.as_str(),
        args.origin.as_str(),
    );
    add(device, (&args.case, &args.files, said), words, &args.taken)
}

/// Takes files in, one after the other; those before a refused one stay saved.
///
/// # Errors
/// Exit 2 for a file that is no photo, exit 4 for a full disk.
fn add(
    device: &Device,
    (case, files, saying): (&str, &[PathBuf], Saying),
    (slot, caption, origin): (&str, &str, &str),
    args: &TakenArgs,
) -> Result<Said, Failure> {
    let (origin, taken) = (parse_origin(origin)?, measured(args)?);
    let mut all = Vec::new();
    let mut said = Said::new(Value::Null, String::new());
    for file in files {
        let (json, problems, seen) = match open(file)? {
            Opened::Recording(mut opened) => {
                let new = NewRecording {
                    origin,
                    slot,
                    caption,
                    taken,
                };
                let added = device
                    .add_recording(case, &mut opened, new)
                    .map_err(|error| Failure::from(error).at(file))?;
                (
                    recording_json(file, &added),
                    added.facts.problems,
                    Vec::new(),
                )
            }
            Opened::Photo(bytes) => {
                let photo = NewPhoto {
                    bytes: &bytes,
                    origin,
                    slot,
                    caption,
                    taken,
                };
                let added = device
                    .add_photo(case, photo)
                    .map_err(|error| Failure::from(error).at(file))?;
                (photo_json(file, &added), added.facts.problems, added.seen)
            }
        };
        if saying == Saying::Each {
            say_now(&json)?;
        }
        let name = harmless(&file.display().to_string());
        for problem in &problems {
            let code = problem.code.code();
            said.warnings
                .push(format!("{name}: {code}: {}", problem.detail));
        }
        for before in &seen {
            said.warnings
                .push(format!("{name}: {}", copies::seen_text(before)));
        }
        let digest = json.get("sha256").and_then(Value::as_str);
        let digest = digest.unwrap_or_default();
        said.text.push_str(&format!("saved {digest} {name}\n"));
        all.push(json);
    }
    said.warnings.extend(over_budget(device, case)?);
    let missing = device.missing_shots(case)?;
    said.text.extend(missing.iter().map(shot_text));
    said.json = json!({"case": case, "photos": all, "shots_missing": missing});
    Ok(said)
}

fn shot_text(shot: &Missing) -> String {
    format!(
        "还缺 / still missing: {} / {} × {} ({})\n",
        shot.zh, shot.en, shot.count, shot.id
    )
}

/// What is said is saved: a script that reads it may rely on it, whatever happens next.
fn say_now(json: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{json}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::not_now("output", error.to_string()))
}

/// A photo is held in memory, a recording stays in its file.
enum Opened {
    Photo(Vec<u8>),
    Recording(File),
}

/// More than a case is expected to need: told, never refused.
fn over_budget(device: &Device, case: &str) -> Result<Option<String>, Failure> {
    let used = PhotoBudget::used(&device.case(case)?.blobs);
    Ok(PHOTO_BUDGET.is_exceeded_by(used).then(|| {
        format!(
            "photo_budget: {} photos with {} bytes are more than the {} and {} a case is expected to need",
            used.photos, used.bytes, PHOTO_BUDGET.photos, PHOTO_BUDGET.bytes
        )
    }))
}

/// Lets go of what the policy names.
///
/// # Errors
/// As store or file system fail.
pub(super) fn free(device: &Device, args: &FreeArgs) -> Result<Said, Failure> {
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    let policy = FreePolicy {
        states: args.states.clone(),
        quiet_ms: i64::from(args.quiet_days) * DAY_MS,
        until_free: args.until_free,
    };
    let freed = device.free_room(&policy)?;
    Ok(Said::new(
        json!({"photos": freed.photos, "bytes": freed.bytes}),
        format!(
            "let go of {} confirmed originals, {} bytes",
            freed.photos, freed.bytes
        ),
    ))
}

fn problems_json(problems: &[Problem]) -> Value {
    problems
        .iter()
        .map(|one| json!({"code": one.code.code(), "detail": one.detail}))
        .collect()
}

fn recording_json(file: &Path, added: &AddedRecording) -> Value {
    let facts = &added.facts;
    json!({
        "file": file, "sha256": facts.digest.to_hex(), "bytes": facts.len_bytes,
        "media_type": facts.media_type.mime(), "duration_ms": facts.duration_ms,
        "width": facts.size.map(|size| size.width), "height": facts.size.map(|size| size.height),
        "created_ms": facts.created_at.map(|at| at.0), "thumbnail": Value::Null,
        "known": added.known, "problems": problems_json(&facts.problems), "status": "saved",
    })
}

fn photo_json(file: &Path, added: &AddedPhoto) -> Value {
    let problems = problems_json(&added.facts.problems);
    json!({
        "file": file, "sha256": added.facts.digest.to_hex(), "bytes": added.facts.len_bytes,
        "thumbnail": added.thumbnail.map(|digest| digest.to_hex()), "known": added.known,
        "seen_before": added.seen.iter().map(copies::seen_json).collect::<Vec<_>>(),
        "problems": problems, "status": "saved",
    })
}

fn parse_origin(word: &str) -> Result<Origin, Failure> {
    match word {
        "camera" => Ok(Origin::Camera),
        "gallery" => Ok(Origin::Gallery),
        "imported" => Ok(Origin::Imported),
        "bundle" => Ok(Origin::Bundle),
        other => Err(Failure::input(
            "bad_origin",
            format!("{other:?} is no origin: use camera, gallery, imported or bundle"),
        )),
    }
}

fn measured(args: &TakenArgs) -> Result<Taken, Failure> {
    let bad = |what: String| Failure::input("bad_fix", what);
    let fix = match &args.fix {
        None => None,
        Some(text) => {
            let stated: StatedPosition =
                text.parse()
                    .map_err(|error: lossbook_core::domain::PositionParseError| {
                        bad(error.to_string())
                    })?;
            let place = stated.wgs84().map_err(|error| bad(error.to_string()))?;
            let satellites = args.satellites.as_deref().map(parse_instant).transpose()?;
            Some(Fix {
                place,
                accuracy_m: args.accuracy,
                alt_m: None,
                satellites,
                age_ms: 0,
                provider: if args.mocked {
                    Provider::Program
                } else {
                    Provider::Receiver
                },
            })
        }
    };
    Ok(Taken {
        shutter: args.shutter,
        fix,
    })
}

fn parse_instant(text: &str) -> Result<WallMs, Failure> {
    let instant: Result<jiff::Timestamp, _> = text.parse();
    instant
        .map(|instant| WallMs(instant.as_millisecond()))
        .map_err(|error| Failure::input("bad_time", format!("{text:?} is no instant ({error})")))
}

fn open(file: &Path) -> Result<Opened, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            "unreadable",
            format!("cannot be read ({error}): check the name"),
        )
        .at(file)
    };
    let refused = |error: ExamineError| Failure::from(AppError::Photo(error)).at(file);
    let mut opened = open_file(file).map_err(unreadable)?;
    if is_recording(&mut opened).map_err(refused)? {
        return Ok(Opened::Recording(opened));
    }
    opened.rewind().map_err(unreadable)?;
    let before = stamp(&opened);
    let len = before.map_or(0, |(len, _)| len);
    let limit = MAX_PHOTO_BYTES;
    if len > limit {
        return Err(refused(ExamineError::TooLarge { len, limit }));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    // One byte over the limit is enough to notice a file that grows while it is read.
    let mut bounded = (&mut opened).take(limit + 1);
    bounded.read_to_end(&mut bytes).map_err(unreadable)?;
    if stamp(&opened) != before || bytes.len() as u64 != len {
        return Err(refused(ExamineError::Changed));
    }
    Ok(Opened::Photo(bytes))
}
