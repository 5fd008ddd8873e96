//! `lossbook inspect`: what photo files are, what they claim and what is wrong with them.
//!
//! Files come from the command line, `core::evidence` reads them; a report goes to the caller's
//! writer, as one JSON object a line or as text for people. A file that is no photo gets its
//! object too, with an `error`, and the others are still done. It changes no file and keeps nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lossbook_core::domain::{ChunkedDigest, CivilTime, Place};
use lossbook_core::evidence::{ExamineError, PhotoFacts, examine};
use serde::Serialize;

mod text;

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
    orientation: Option<u16>,
    taken_at: Option<TakenAt>,
    gps_time: Option<String>,
    place: Option<Spot>,
    camera: Option<Camera>,
    problems: Vec<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
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
}

#[derive(Debug, PartialEq, Serialize)]
struct Camera {
    make: Option<String>,
    model: Option<String>,
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
    let examined = match File::open(file) {
        Ok(mut opened) => examine(&mut opened),
        Err(error) => Err(ExamineError::Read(error.to_string())),
    };
    match examined {
        Ok(facts) => known(name, facts),
        Err(error) => refused(name, file, &error),
    }
}

fn known(file: String, facts: PhotoFacts) -> Report {
    let claims = facts.claims;
    let camera = Camera {
        make: claims.camera_make,
        model: claims.camera_model,
    };
    Report {
        file,
        sha256: Some(facts.digest.to_hex()),
        bytes: Some(facts.len_bytes),
        media_type: Some(facts.media_type.mime()),
        width: facts.stored.map(|size| size.width),
        height: facts.stored.map(|size| size.height),
        orientation: facts.orientation,
        taken_at: claims
            .taken_at
            .map(|CivilTime { civil, offset }| TakenAt { civil, offset }),
        gps_time: claims.gps_time,
        place: claims.place.map(spot),
        camera: (camera.make.is_some() || camera.model.is_some()).then_some(camera),
        problems: facts
            .problems
            .into_iter()
            .map(|problem| Trouble {
                code: problem.code.code(),
                detail: problem.detail,
            })
            .collect(),
        error: None,
    }
}

fn spot(place: Place) -> Spot {
    Spot {
        lat: place.lat(),
        lon: place.lon(),
        alt_m: place.alt_m(),
    }
}

/// Digest and length of a file that is no photo are facts all the same.
fn refused(name: String, file: &Path, error: &ExamineError) -> Report {
    let read = digest(file).ok();
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
    let mut opened = File::open(file)?;
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
