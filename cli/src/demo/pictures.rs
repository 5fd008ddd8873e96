//! The photos of the story: rendered with honest EXIF, or a folder of real ones.

use std::io::Cursor;
use std::path::Path;

use lossbook_core::domain::CivilTime;
use lossbook_core::evidence::{ExamineError, examine};

use crate::failure::Failure;
use crate::scene::{SceneKind, Shot, render};

/// A photo and the name of its file.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Photos of a folder, or rendered ones.
pub(super) fn gather(dir: Option<&Path>) -> Result<Vec<Picture>, Failure> {
    match dir {
        None => Ok(rendered()),
        Some(dir) => from_folder(dir),
    }
}

/// Three houses, three shots each, on a July afternoon in Huzhu county.
pub(super) fn rendered() -> Vec<Picture> {
    let mut pictures = Vec::new();
    for house in 0..3_u32 {
        let kinds = [
            SceneKind::House,
            SceneKind::Roof,
            if house == 0 {
                SceneKind::Hailstones
            } else {
                SceneKind::Interior
            },
        ];
        for (at, kind) in (0_u32..).zip(kinds) {
            let sideways = house == 1 && at == 2;
            let shot = Shot {
                width: if sideways { 1200 } else { 1600 },
                height: if sideways { 1600 } else { 1200 },
                seed: u64::from(house * 10 + at + 1),
                kind,
                taken_at: CivilTime {
                    civil: format!(
                        "2025-07-16T{:02}:{:02}:{:02}",
                        15 + house,
                        4 + 3 * at,
                        11 * at
                    ),
                    offset: Some("+08:00".to_owned()),
                },
                place: (
                    36.84 + f64::from(house) * 0.001,
                    101.96 + f64::from(at) * 0.0001,
                    2_530.0,
                ),
                make: "Lossbook".to_owned(),
                model: "Scene".to_owned(),
                orientation: if sideways { 6 } else { 1 },
            };
            pictures.push(Picture {
                name: format!("house{}_{}.jpg", house + 1, at + 1),
                bytes: render(&shot),
            });
        }
    }
    pictures
}

/// Every file of the folder that is a photo; others are left out.
fn from_folder(dir: &Path) -> Result<Vec<Picture>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            "unreadable",
            format!("cannot be read ({error}): name a folder of photos"),
        )
        .at(dir)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    let mut pictures = Vec::new();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path)
            .map_err(|error| Failure::input("unreadable", error.to_string()).at(&path))?;
        match examine(&mut Cursor::new(&bytes)) {
            Ok(_) => {}
            Err(ExamineError::Empty | ExamineError::NotAPhoto) => continue,
            Err(error) => return Err(Failure::input(error.code(), error.to_string()).at(&path)),
        }
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        pictures.push(Picture { name, bytes });
    }
    if pictures.len() < 3 {
        return Err(Failure::input(
            "too_few_photos",
            "the story needs at least three photos in the folder: add some, or leave --photos out to use drawn ones",
        )
        .at(dir));
    }
    Ok(pictures)
}
