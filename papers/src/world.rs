//! All that a template can see: the templates, one sheet, the fonts' names.

use lossbook_hub::press::{PressError, Sheet};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

use crate::fonts::Fonts;

/// Templates by name; the first is read by all others.
const TEMPLATES: [(&str, &str); 7] = [
    ("frame", include_str!("../templates/frame.typ")),
    ("survey", include_str!("../templates/survey.typ")),
    ("loss", include_str!("../templates/loss.typ")),
    ("no-survey", include_str!("../templates/no-survey.typ")),
    ("commitment", include_str!("../templates/commitment.typ")),
    ("case-file", include_str!("../templates/case-file.typ")),
    ("report", include_str!("../templates/report.typ")),
];

/// One sheet on the press.
pub(crate) struct PaperWorld<'f> {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: &'f [Font],
    main: FileId,
    sources: Vec<Source>,
    files: Vec<(FileId, Bytes)>,
}

impl<'f> PaperWorld<'f> {
    pub(crate) fn new(fonts: &'f Fonts, sheet: &Sheet) -> Result<Self, PressError> {
        let named = |name: &str| {
            let path = VirtualPath::new(name);
            let path = path.map_err(|error| PressError::Template(format!("{name}: {error:?}")))?;
            Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
        };
        let mut sources = Vec::new();
        for (name, text) in TEMPLATES {
            sources.push(Source::new(named(&format!("{name}.typ"))?, text.to_owned()));
        }
        let families = serde_json::to_vec(&fonts.families());
        let families = families.map_err(|error| PressError::Template(error.to_string()))?;
        let mut files = vec![
            (named("data.json")?, Bytes::new(sheet.data.clone())),
            (named("fonts.json")?, Bytes::new(families)),
        ];
        for (name, bytes) in &sheet.pictures {
            files.push((named(name)?, Bytes::new(bytes.clone())));
        }
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(fonts.book.clone()),
            fonts: &fonts.fonts,
            main: named(&format!("{}.typ", sheet.template))?,
            sources,
            files,
        })
    }
}

impl World for PaperWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.sources.iter().find(|source| source.id() == id);
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.iter().find(|(known, _)| *known == id);
        found
            .map(|(_, bytes)| bytes.clone())
            .ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
