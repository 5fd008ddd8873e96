//! Rust source as the layer test sees it: files, words and the paths that they spell.
//!
//! Input: a crate's `src` folder, or planted text. Output: [`SourceFile`]s, and for each the
//! [`NamedPath`]s in it, wherever they stand: in `use` (nested groups are spelled out), in types,
//! calls, attributes and macro bodies. Comments, strings and characters are dropped first.
//! It is a reader of words, not a compiler: it resolves `crate`, `self` and `super` from the file's
//! place and its inline modules, but does not expand macros or follow renamed imports; a rename of
//! the crate root itself is therefore reported as [`Reach::Root`].

mod words;

use std::io;
use std::path::{Path, PathBuf};

pub use words::{Word, words};

/// Words that a path of its own may follow, although they look like names.
const BEFORE_A_PATH: [&str; 9] = [
    "use", "as", "dyn", "impl", "for", "in", "return", "mut", "where",
];

/// A source file and its place among the modules of its crate.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path below `src`, for messages.
    pub name: String,
    /// The module it holds: `["store", "blobs"]`; empty for the crate root.
    pub module: Vec<String>,
    /// Its text.
    pub text: String,
}

/// A path that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// The line of its first word.
    pub line: usize,
    /// Its words, groups spelled out; `*` for a glob.
    pub segments: Vec<String>,
    /// Where it leads inside its own crate.
    pub reach: Reach,
}

/// Where a path leads, seen from the crate root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Not spelled from `crate`, `self` or `super`, or it stays in the module it came from.
    Near,
    /// Into this item of the crate root: a room, if the crate keeps to its rooms.
    Item(String),
    /// The root as a whole, under another name or by glob.
    Root,
}

/// All `.rs` files below a crate's `src` folder, sorted by name.
///
/// # Errors
/// When a folder or a file cannot be read.
pub fn read_crate(src: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    let mut folders = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(read_file(src, &path)?);
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn read_file(src: &Path, path: &Path) -> io::Result<SourceFile> {
    let below: PathBuf = path.strip_prefix(src).unwrap_or(path).to_path_buf();
    let text = std::fs::read_to_string(path)?;
    Ok(SourceFile::planted(
        &below.to_string_lossy().replace('\\', "/"),
        &text,
    ))
}

impl SourceFile {
    /// A file from its name below `src` and its text.
    pub fn planted(name: &str, text: &str) -> Self {
        let stem = name.strip_suffix(".rs").unwrap_or(name);
        let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
        let is_root = module == ["lib"] || module == ["main"];
        if is_root || module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        Self {
            name: name.to_owned(),
            module,
            text: text.to_owned(),
        }
    }

    /// The room of the crate that the file belongs to; none for the crate root.
    pub fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// All paths that the file names, also single words.
    pub fn paths(&self) -> Vec<NamedPath> {
        Reader::new(self).read()
    }
}

/// Walks through the words of a file and knows the inline module it is in.
#[derive(Debug)]
struct Reader {
    words: Vec<Word>,
    module: Vec<String>,
    /// For each open brace, whether it opened an inline module.
    braces: Vec<bool>,
}

impl Reader {
    fn new(file: &SourceFile) -> Self {
        Self {
            words: words(&file.text),
            module: file.module.clone(),
            braces: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<NamedPath> {
        let mut found = Vec::new();
        for at in 0..self.words.len() {
            match self.text(at) {
                "{" => self.open(at),
                "}" => self.close(),
                _ if self.starts_path(at) => self.read_path(at, &mut found),
                _ => {}
            }
        }
        found
    }

    fn read_path(&self, at: usize, found: &mut Vec<NamedPath>) {
        let line = self.words.get(at).map_or(0, |word| word.line);
        let mut spelled = Vec::new();
        self.spell(at, &[], &mut spelled);
        let is_visibility = self.is_visibility(at);
        found.extend(spelled.into_iter().map(|segments| {
            let reach = if is_visibility {
                Reach::Near
            } else {
                reach(&segments, &self.module)
            };
            NamedPath {
                line,
                segments,
                reach,
            }
        }));
    }

    fn text(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }

    fn text_before(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).map_or("", |before| self.text(before))
    }

    fn open(&mut self, at: usize) {
        let is_module = self.text_before(at, 2) == "mod" && is_name(self.text_before(at, 1));
        if is_module {
            self.module.push(self.text_before(at, 1).to_owned());
        }
        self.braces.push(is_module);
    }

    fn close(&mut self) {
        if self.braces.pop() == Some(true) {
            self.module.pop();
        }
    }

    /// A name begins a path unless it continues one; in `use ::std` and `-> ::std` it begins one too.
    fn starts_path(&self, at: usize) -> bool {
        let before = self.text_before(at, 2);
        let after_name = is_name(before) && !BEFORE_A_PATH.contains(&before);
        let after_type = before == ">" && self.text_before(at, 3) != "-";
        is_name(self.text(at)) && (self.text_before(at, 1) != "::" || !(after_name || after_type))
    }

    /// `pub(crate)`, `pub(super)`, `pub(in crate::x)` say who may see, not what is used.
    fn is_visibility(&self, at: usize) -> bool {
        let opens =
            |back| self.text_before(at, back) == "(" && self.text_before(at, back + 1) == "pub";
        opens(1) || (self.text_before(at, 1) == "in" && opens(2))
    }

    /// Spells out the path, or each path of the group, at `at`; returns the place after it.
    fn spell(&self, mut at: usize, before: &[String], spelled: &mut Vec<Vec<String>>) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.text(at) {
                "{" => return self.spell_group(at + 1, &path, spelled),
                word => path.push(word.to_owned()),
            }
            at += 1;
            if self.text(at) != "::" || !self.goes_on(at + 1) {
                spelled.push(path);
                return at;
            }
            at += 1;
        }
    }

    fn goes_on(&self, at: usize) -> bool {
        is_name(self.text(at)) || matches!(self.text(at), "*" | "{")
    }

    /// The members of a group, up to its closing brace; returns the place after it.
    fn spell_group(
        &self,
        mut at: usize,
        before: &[String],
        spelled: &mut Vec<Vec<String>>,
    ) -> usize {
        loop {
            match self.text(at) {
                "}" => return at + 1,
                "" => return at,
                "as" => at += 2,
                _ if self.goes_on(at) => at = self.spell(at, before, spelled),
                _ => at += 1,
            }
        }
    }
}

/// Where a path leads that is named in `module`.
fn reach(segments: &[String], module: &[String]) -> Reach {
    let mut here = module.to_vec();
    let mut is_anchored = false;
    for segment in segments {
        match segment.as_str() {
            "crate" => here.clear(),
            "super" => drop(here.pop()),
            "self" => {}
            "*" if is_anchored && here.is_empty() => return Reach::Root,
            item if is_anchored && here.is_empty() => return Reach::Item(item.to_owned()),
            _ => return Reach::Near,
        }
        is_anchored = true;
    }
    if is_anchored && here.is_empty() {
        Reach::Root
    } else {
        Reach::Near
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first == '_' || first.is_alphabetic())
}
