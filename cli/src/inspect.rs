//! `lossbook inspect`: what photo files are, what they claim and what is wrong with them.
//!
//! Files come from the command line, `core::evidence` reads them; a report goes to the caller's
//! writer, as one JSON object a line or as text for people. A file that is no photo gets its
//! object too, with an `error`, and the others are still done. It changes no file and keeps nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lossbook_core::domain::{ChunkedDigest, CivilTime};
use lossbook_core::evidence::{
    Claims, ExamineError, MirrorAxis, PhotoFacts, RecordingFacts, Size, examine, examine_recording,
    is_recording,
};
use serde::Serialize;

mod text;

pub(crate) use text::harmless;

/// Every file was a photo.
const EXIT_DONE: i32 = 0;
/// At least one file was none.
const EXIT_BAD_INPUT: i32 = 2;
/// The report could not be written.
const EXIT_NOT_NOW: i32 = 4;

/// What is said about one file; absent values are null.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Report {
    file: String,
    sha256: Option<String>,
    bytes: Option<u64>,
    media_type: Option<&'static str>,
    width: Option<u32>,
    height: Option<u32>,
    displayed: Option<Sides>,
    orientation: Option<u16>,
    turn: Option<Turned>,
    taken_at: Option<TakenAt>,
    digitized_at: Option<TakenAt>,
    modified_at: Option<TakenAt>,
    gps_time: Option<String>,
    place: Option<Spot>,
    direction: Option<Heading>,
    camera: Option<Camera>,
    lens: Option<String>,
    serial: Option<String>,
    software: Option<String>,
    embedded: Option<Small>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_ms: Option<i64>,
    edits: Vec<Trace>,
    from_xmp: Vec<&'static str>,
    problems: Vec<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Sides {
    width: u32,
    height: u32,
}

/// How the boxes of a HEIF file turn it: degrees against the clock, and the axis of a mirror.
#[derive(Debug, PartialEq, Serialize)]
struct Turned {
    degrees: u16,
    mirror: Option<&'static str>,
}

#[derive(Debug, PartialEq, Serialize)]
struct TakenAt {
    civil: String,
    offset: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Spot {
    lat: f64,
    lon: f64,
    alt_m: Option<f64>,
    accuracy_m: Option<f64>,
    datum: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Heading {
    degrees: f64,
    north: &'static str,
}

#[derive(Debug, PartialEq, Serialize)]
struct Camera {
    make: Option<String>,
    model: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Small {
    at: u64,
    bytes: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Trace {
    kind: &'static str,
    detail: String,
}

#[derive(Debug, PartialEq, Serialize)]
struct Trouble {
    code: &'static str,
    detail: String,
}

#[derive(Debug, PartialEq, Serialize)]
struct Refusal {
    code: &'static str,
    message: String,
}

/// What is known about one file, as JSON.
pub fn inspect_json(file: &Path) -> serde_json::Value {
    serde_json::to_value(report(file)).unwrap_or_default()
}

/// Writes a report on each file to `out` and returns the exit code: 0, 2 if any file was no
/// photo, 4 if `out` takes no more.
pub fn run(files: &[PathBuf], json: bool, out: &mut dyn Write) -> i32 {
    let mut code = EXIT_DONE;
    for file in files {
        let report = report(file);
        if report.error.is_some() {
            code = EXIT_BAD_INPUT;
        }
        let written = if json {
            write_line(&report, out)
        } else {
            text::write(&report, out)
        };
        if written.is_err() {
            return EXIT_NOT_NOW;
        }
    }
    if out.flush().is_err() {
        EXIT_NOT_NOW
    } else {
        code
    }
}

fn write_line(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    out.write_all(&line)
}

fn report(file: &Path) -> Report {
    let name = file.display().to_string();
    let examined = open_file(file)
        .map_err(|error| ExamineError::Read(error.to_string()))
        .and_then(|mut opened| {
            let before = stamp(&opened);
            let report = if is_recording(&mut opened)? {
                recorded(name.clone(), &examine_recording(&mut opened)?)
            } else {
                known(name.clone(), examine(&mut opened)?)
            };
            if before != stamp(&opened) {
                return Err(ExamineError::Changed);
            }
            Ok(report)
        });
    match examined {
        Ok(report) => report,
        Err(error) => refused(name, file, &error),
    }
}

/// A file that a person may have meant: a pipe would be waited for, a device never ends.
///
/// # Errors
/// As the file system fails, or if it is no file.
pub fn open_file(file: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(file)?.file_type();
    let what = if kind.is_file() {
        return File::open(file);
    } else if kind.is_dir() {
        "it is a folder"
    } else {
        "it is a pipe or a device"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// Length and time of last change: what differs when somebody writes while we read.
pub fn stamp(file: &File) -> Option<(u64, Option<std::time::SystemTime>)> {
    let metadata = file.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// A video or a voice note.
fn recorded(file: String, facts: &RecordingFacts) -> Report {
    let problems = facts.problems.iter().map(|problem| Trouble {
        code: problem.code.code(),
        detail: problem.detail.clone(),
    });
    Report {
        file,
        sha256: Some(facts.digest.to_hex()),
        bytes: Some(facts.len_bytes),
        media_type: Some(facts.media_type.mime()),
        width: facts.size.map(|size| size.width),
        height: facts.size.map(|size| size.height),
        duration_ms: facts.duration_ms,
        created_ms: facts.created_at.map(|at| at.0),
        place: facts.place.map(|place| Spot {
            lat: place.lat(),
            lon: place.lon(),
            alt_m: place.alt_m(),
            accuracy_m: None,
            datum: None,
        }),
        problems: problems.collect(),
        ..Report::default()
    }
}

fn known(file: String, facts: PhotoFacts) -> Report {
    let PhotoFacts {
        digest,
        len_bytes,
        media_type,
        stored,
        displayed,
        orientation,
        turn,
        claims,
        problems,
        chunks: _,
        chunk_root: _,
    } = facts;
    let sides = |Size { width, height }| Sides { width, height };
    let problems = problems.into_iter().map(|problem| Trouble {
        code: problem.code.code(),
        detail: problem.detail,
    });
    let turn = turn.map(|turn| Turned {
        degrees: u16::from(turn.quarters) * 90,
        mirror: turn.mirror.map(|axis| match axis {
            MirrorAxis::Vertical => "vertical",
            MirrorAxis::Horizontal => "horizontal",
        }),
    });
    Report {
        file,
        sha256: Some(digest.to_hex()),
        bytes: Some(len_bytes),
        media_type: Some(media_type.mime()),
        width: stored.map(|size| size.width),
        height: stored.map(|size| size.height),
        displayed: displayed.map(sides),
        orientation,
        turn,
        problems: problems.collect(),
        ..claimed(claims)
    }
}

/// What the photo says about itself.
fn claimed(claims: Claims) -> Report {
    let time = |time: CivilTime| TakenAt {
        civil: time.civil,
        offset: time.offset,
    };
    let (accuracy_m, datum) = (claims.accuracy_m, claims.datum);
    let camera = Camera {
        make: claims.camera_make,
        model: claims.camera_model,
    };
    let edits = claims.edits.into_iter().map(|trace| Trace {
        kind: trace.kind.word(),
        detail: trace.detail,
    });
    Report {
        taken_at: claims.taken_at.map(time),
        digitized_at: claims.digitized_at.map(time),
        modified_at: claims.modified_at.map(time),
        gps_time: claims.gps_time,
        place: claims.place.map(|place| Spot {
            lat: place.lat(),
            lon: place.lon(),
            alt_m: place.alt_m(),
            accuracy_m,
            datum,
        }),
        direction: claims.direction.map(|direction| Heading {
            degrees: direction.degrees,
            north: direction.north.word(),
        }),
        camera: (camera.make.is_some() || camera.model.is_some()).then_some(camera),
        lens: claims.lens,
        serial: claims.serial,
        software: claims.software,
        embedded: claims.embedded.map(|small| Small {
            at: small.at,
            bytes: small.len,
        }),
        edits: edits.collect(),
        from_xmp: claims.from_xmp,
        ..Report::default()
    }
}

/// Digest and length of a file that is no photo are facts all the same.
fn refused(name: String, file: &Path, error: &ExamineError) -> Report {
    // What is too long to be a photo is not read to its end either.
    let read = match error {
        ExamineError::TooLarge { .. } => None,
        ExamineError::Empty
        | ExamineError::NotAPhoto
        | ExamineError::Changed
        | ExamineError::Read(_) => digest(file).ok(),
    };
    Report {
        file: name,
        sha256: read.as_ref().map(|(digest, _)| digest.clone()),
        bytes: read.map(|(_, bytes)| bytes),
        error: Some(Refusal {
            code: error.code(),
            message: error.to_string(),
        }),
        ..Report::default()
    }
}

fn digest(file: &Path) -> io::Result<(String, u64)> {
    let mut opened = open_file(file)?;
    let mut hasher = ChunkedDigest::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let got = opened.read(&mut buffer)?;
        match buffer.get(..got) {
            None | Some([]) => break,
            Some(bytes) => hasher.update(bytes),
        }
    }
    let (digest, _, bytes) = hasher.finish();
    Ok((digest.to_hex(), bytes))
}

#[cfg(test)]
mod tests;
