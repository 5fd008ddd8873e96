//! The papers of a case as PDF: typst with our templates, the operator's fonts and nothing else.
//!
//! [`lossbook_hub::paper`] says what a paper holds, this crate sets it: a [`TypstPress`] is a
//! [`lossbook_hub::press::Press`]. What a person typed reaches a template as a JSON file and never as
//! source, so no word of a case is a command. Templates read that file, the pictures of the sheet and
//! each other; there is no other file, no package, no network and no clock.
//!
//! - The same sheet and the same fonts give the same bytes.
//! - A warning of the typesetter is an error: a missing font would be seen too late on paper.
//!
//! Refuses: to start without a font that has Chinese letters.

mod fonts;
mod world;

use std::path::Path;

use lossbook_hub::press::{Press, PressError, Sheet};
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use fonts::Fonts;
use world::PaperWorld;

/// How many papers back the typesetter remembers what it laid out.
const REMEMBERED: usize = 4;

/// Sets papers.
pub struct TypstPress {
    fonts: Fonts,
}

impl std::fmt::Debug for TypstPress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "TypstPress({})", self.fonts.families().join(", "))
    }
}

impl TypstPress {
    /// A press with the fonts of a folder, or of the system's folder that has Chinese letters.
    ///
    /// # Errors
    /// [`PressError::NoFont`].
    pub fn open(folder: Option<&Path>) -> Result<Self, PressError> {
        let fonts = match folder {
            Some(folder) => Fonts::of_folder(folder),
            None => Fonts::of_system(),
        };
        Ok(Self { fonts: fonts? })
    }
}

impl Press for TypstPress {
    fn set(&self, sheet: &Sheet) -> Result<Vec<u8>, PressError> {
        let world = PaperWorld::new(&self.fonts, sheet)?;
        let made = typst::compile::<PagedDocument>(&world);
        comemo::evict(REMEMBERED);
        let document = made.output.map_err(|errors| failed(&errors))?;
        if !made.warnings.is_empty() {
            return Err(failed(&made.warnings));
        }
        typst_pdf::pdf(&document, &PdfOptions::default()).map_err(|errors| failed(&errors))
    }
}

fn failed(all: &[SourceDiagnostic]) -> PressError {
    let texts: Vec<&str> = all.iter().map(|one| one.message.as_str()).collect();
    PressError::Template(texts.join("; "))
}

/// A press that says why there is none: the hub serves all the same.
#[derive(Debug)]
pub struct NoPress(pub PressError);

impl Press for NoPress {
    fn set(&self, _sheet: &Sheet) -> Result<Vec<u8>, PressError> {
        Err(self.0.clone())
    }
}
