//! Fonts from a folder: those with Chinese letters first, others behind them.

use std::path::{Path, PathBuf};

use lossbook_hub::press::PressError;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};

/// Folders that systems keep fonts in; the first that holds Chinese letters is taken, so that a
/// machine with many fonts does not read them all.
const SYSTEM: [&str; 7] = [
    "/usr/share/fonts/truetype/wqy",
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/truetype/droid",
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
];

/// Letters that every paper needs: simplified Chinese and a figure.
const NEEDED: [char; 4] = ['险', '赔', '户', '8'];

/// Folders in folders, at most so deep.
const DEEPEST: usize = 4;

/// Fonts that papers are set with.
pub(crate) struct Fonts {
    pub(crate) book: FontBook,
    pub(crate) fonts: Vec<Font>,
}

impl Fonts {
    pub(crate) fn of_system() -> Result<Self, PressError> {
        let mut found = SYSTEM.iter().filter_map(|folder| {
            let fonts = read(Path::new(folder));
            fonts.iter().any(has_chinese).then(|| Self::of(fonts))
        });
        found.next().ok_or_else(|| PressError::NoFont {
            looked_in: SYSTEM.join(", "),
        })
    }

    pub(crate) fn of_folder(folder: &Path) -> Result<Self, PressError> {
        let fonts = read(folder);
        if fonts.iter().any(has_chinese) {
            return Ok(Self::of(fonts));
        }
        Err(PressError::NoFont {
            looked_in: folder.display().to_string(),
        })
    }

    fn of(mut fonts: Vec<Font>) -> Self {
        // Stable: within both halves the order of the files' names stays.
        fonts.sort_by_key(|font| !has_chinese(font));
        Self {
            book: FontBook::from_fonts(&fonts),
            fonts,
        }
    }

    /// Their families, each once, in the order in which templates ask for them.
    pub(crate) fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = Vec::new();
        for font in &self.fonts {
            let family = font.info().family.as_str();
            if !families.contains(&family) {
                families.push(family);
            }
        }
        families
    }
}

fn has_chinese(font: &Font) -> bool {
    let coverage = &font.info().coverage;
    NEEDED
        .iter()
        .all(|letter| coverage.contains(u32::from(*letter)))
}

/// Every font below a folder, by the order of the files' names; what is no font is passed over.
fn read(folder: &Path) -> Vec<Font> {
    let mut files = Vec::new();
    gather(folder, DEEPEST, &mut files);
    files.sort();
    let bytes = files.iter().filter_map(|file| std::fs::read(file).ok());
    bytes
        .flat_map(|bytes| Font::iter(Bytes::new(bytes)).collect::<Vec<_>>())
        .collect()
}

fn gather(folder: &Path, deeper: usize, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let kind = path.extension().and_then(|kind| kind.to_str());
        let is_font = kind.is_some_and(|kind| {
            ["ttf", "otf", "ttc", "otc"]
                .iter()
                .any(|known| kind.eq_ignore_ascii_case(known))
        });
        if is_font {
            files.push(path);
        } else if deeper > 0 && path.is_dir() {
            gather(&path, deeper - 1, files);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_chinese_letters_is_refused_with_the_package_to_install() {
        let empty = tempfile::tempdir().unwrap();
        let error = Fonts::of_folder(empty.path()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("fonts-wqy-microhei"), "{error}");
    }
}
