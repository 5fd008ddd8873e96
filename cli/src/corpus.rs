//! Makes the files that the photo readers are held to: sound ones, odd ones, and broken ones.
//!
//! Written at run time, so that no picture lives in the repository: every orientation, datum tags,
//! fractions over zero, pointers to nowhere and in circles, both byte orders, broken XMP, turned
//! HEIC items, in JPEG, PNG, WebP, HEIC and TIFF. `lossbook corpus DIR` writes them for ExifTool to
//! read too; the fuzzer starts from them. The project's readers take no part in the making.

use std::path::Path;

use serde_json::json;

use crate::device::Said;
use crate::failure::Failure;

mod block;
mod container;
mod variants;

use block::Order;
use container::{Container, wrap};

/// A file of the corpus.
#[derive(Debug, Clone)]
pub struct CorpusFile {
    /// Its name, which says what is special about it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// All files, always the same.
pub fn files() -> Vec<CorpusFile> {
    let mut all = Vec::new();
    for (at, (name, cargo)) in variants::all().iter().enumerate() {
        for container in Container::ALL {
            // Only HEIF turns its pictures by boxes; a TIFF with a bad header is no photo.
            let fits = match container {
                Container::Heic => true,
                Container::Tiff => cargo.turn.is_none() && !name.contains("bad-header"),
                Container::Jpeg | Container::Png | Container::Webp => cargo.turn.is_none(),
            };
            if !fits {
                continue;
            }
            let orders: &[(Order, &str)] = match (container, at % 2) {
                (Container::Jpeg, _) => &[(Order::Little, "le"), (Order::Big, "be")],
                (_, 0) => &[(Order::Little, "le")],
                (_, _) => &[(Order::Big, "be")],
            };
            for (order, word) in orders {
                all.push(CorpusFile {
                    name: format!("{name}-{word}.{}", container.suffix()),
                    bytes: wrap(container, cargo, *order),
                });
            }
        }
    }
    all
}

/// Writes all files into a folder.
///
/// # Errors
/// Exit 4 if they cannot be written.
pub fn write(dir: &Path) -> Result<Said, Failure> {
    let failed = |error: std::io::Error| Failure::not_now("file_system", error.to_string()).at(dir);
    std::fs::create_dir_all(dir).map_err(failed)?;
    let files = files();
    for file in &files {
        std::fs::write(dir.join(&file.name), &file.bytes).map_err(failed)?;
    }
    let text = format!("{} files", files.len());
    Ok(Said::new(json!({"files": files.len()}), text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Cursor;

    use lossbook_core::evidence::{ProblemCode, examine};

    use super::*;

    #[test]
    fn the_corpus_has_three_hundred_files_with_names_of_their_own() {
        let files = files();
        let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names.len(), files.len());
        assert!(files.len() >= 300, "{}", files.len());
    }

    #[test]
    fn every_file_is_taken_for_a_photo_of_its_size() {
        for CorpusFile { name, bytes } in files() {
            let facts = examine(&mut Cursor::new(&bytes)).expect(&name);
            // A TIFF keeps its size in the same directory that is broken here.
            let broken =
                name.contains("block-") || name.contains("loop") || name.contains("overstated");
            if !(name.ends_with(".tif") && broken) {
                let size = facts.stored.expect(&name);
                assert_eq!((size.width, size.height), (24, 16), "{name}");
            }
        }
    }

    #[test]
    fn a_pointer_to_nowhere_costs_nothing_but_what_it_points_to() {
        for CorpusFile { name, bytes } in files() {
            let facts = examine(&mut Cursor::new(&bytes)).expect(&name);
            if name.starts_with("huge-offset-of-make") {
                assert_eq!(facts.claims.camera_make, None, "{name}");
                assert_eq!(
                    facts.claims.camera_model.as_deref(),
                    Some("Corpus 1"),
                    "{name}"
                );
                assert!(facts.claims.place.is_some(), "{name}");
                assert!(facts.problem(ProblemCode::ExifPartial).is_some(), "{name}");
            }
            // In a TIFF file the next directory is another page, which nobody visits.
            let is_page = name.starts_with("loop-next") && name.ends_with(".tif");
            if (name.starts_with("outside-exif") || name.starts_with("loop-next")) && !is_page {
                assert!(facts.claims.place.is_some(), "{name}");
                assert!(facts.problem(ProblemCode::ExifPartial).is_some(), "{name}");
            }
        }
    }
}
