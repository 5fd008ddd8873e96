//! What is wrong with a pack: where, what, and how to mend it.

use std::fmt;

/// One problem of a pack. All of them are reported at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line in the file, from 1; 0 when the pack came as bytes.
    pub line: u32,
    /// Place in the data, such as `clock[2].due`.
    pub path: String,
    /// Stable code.
    pub code: Code,
    /// What is wrong and what is wanted.
    pub text: String,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Not TOML, or not canonical CBOR.
    Syntax,
    /// A needed key is not there.
    Missing,
    /// A key the format does not know.
    UnknownKey,
    /// Another type is wanted.
    WrongType,
    /// A value of the right type that means nothing.
    BadValue,
    /// A number or rule without a source that can be looked up.
    NoSource,
    /// An id used twice.
    Duplicate,
    /// An id that stands nowhere.
    UnknownId,
    /// Entries in an impossible order.
    Order,
}

impl Code {
    /// The stable code.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Missing => "missing",
            Self::UnknownKey => "unknown_key",
            Self::WrongType => "wrong_type",
            Self::BadValue => "bad_value",
            Self::NoSource => "no_source",
            Self::Duplicate => "duplicate",
            Self::UnknownId => "unknown_id",
            Self::Order => "order",
        }
    }

    /// How such a thing is mended, in Chinese and English.
    pub const fn mend(self) -> (&'static str, &'static str) {
        match self {
            Self::Syntax => ("按 TOML 语法修改此行", "mend the TOML of this line"),
            Self::Missing => ("补上这一项", "add the key"),
            Self::UnknownKey => ("删除或改正键名", "remove the key or correct its name"),
            Self::WrongType => ("改为所需类型", "write the wanted type"),
            Self::BadValue => ("改为有效的值", "write a value of the wanted form"),
            Self::NoSource => (
                "注明出处，如 \"R34\" 或 \"set by the insurer\"",
                "name the source, such as \"R34\" or \"set by the insurer\"",
            ),
            Self::Duplicate => ("换一个编号", "give it an id of its own"),
            Self::UnknownId => (
                "改为已有的编号，或先定义它",
                "use an id that exists, or define it",
            ),
            Self::Order => ("调整顺序", "put the entries in order"),
        }
    }
}

impl Problem {
    pub(super) fn new(line: u32, path: &str, code: Code, text: &str) -> Self {
        Self {
            line,
            path: path.to_owned(),
            code,
            text: text.trim().replace('\n', " "),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        let (zh, en) = self.code.mend();
        write!(f, "{} [{}]; {en}（{zh}）", self.text, self.code.key())
    }
}

/// A pack that cannot be used, with every problem found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PackError {
    /// All problems, by line.
    pub problems: Vec<Problem>,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problem(s)", self.problems.len())?;
        for problem in &self.problems {
            write!(f, "\n{problem}")?;
        }
        Ok(())
    }
}
