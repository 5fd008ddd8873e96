//! What leaves the hub as a file for other programs: tables, the map, the list of cases.
//!
//! A [`Table`] becomes XLSX, CSV or JSON, where cases and photos lie becomes
//! GeoJSON or a GeoPackage, the cases become a plain JSON list. Each file carries an [`About`]: what
//! it covers, a digest over the heads of every case in it, and a verification code.
//!
//! - The same state of the hub gives the same bytes: no file says when it was written, its date is
//!   that of the newest entry in it.
//! - ID numbers, phones and accounts are masked, unless a written reason stands in the audit.
//!
//! Refuses: a case of a scope that the reader does not see.

mod book;
mod cases;
mod geo;
mod give;
mod package;
mod report;
mod text;

use std::fmt;
use std::str::FromStr;

use lossbook_core::domain::{CaseId, Digest, ScopeId, WallMs};
use lossbook_core::statement::Language;
use lossbook_core::store::StoreError;
use serde::Serialize;

use crate::meta::MetaTx;
use crate::paper::{code_of, tag};
use crate::refusal::Refusal;
use crate::sight::Sight;
use crate::table::{Cell, Table};

pub use cases::feed;
pub use geo::Places;
pub(crate) use give::Part;
pub use give::TableWish;
pub(crate) use report::{about_all, sheet, workbook};

/// As what a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For Excel, LibreOffice, WPS.
    Xlsx,
    /// Text with commas, UTF-8 with its mark so that Excel reads Chinese.
    Csv,
    /// For programs: the cells with their types.
    Json,
}

/// As what the map is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapFormat {
    /// RFC 7946.
    GeoJson,
    /// OGC GeoPackage 1.3.
    GeoPackage,
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} 不是可用的格式 / {got:?} is no format here: use {use_one_of}")]
pub struct UnknownFormat {
    /// What was given.
    pub got: String,
    /// What can be given.
    pub use_one_of: &'static str,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Xlsx, Self::Csv, Self::Json];

    /// The word, which is also the file's extension.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.word() == text)
            .ok_or_else(|| UnknownFormat {
                got: text.to_owned(),
                use_one_of: "xlsx, csv, json",
            })
    }
}

impl MapFormat {
    /// Both.
    pub const ALL: [Self; 2] = [Self::GeoJson, Self::GeoPackage];

    /// The word, which is also the file's extension.
    pub const fn word(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoPackage => "gpkg",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::GeoPackage => "application/geopackage+sqlite3",
        }
    }
}

impl FromStr for MapFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.word() == text)
            .ok_or_else(|| UnknownFormat {
                got: text.to_owned(),
                use_one_of: "geojson, gpkg",
            })
    }
}

impl fmt::Display for MapFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// What a file covers and how to know it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// Names of the scopes; empty for all.
    pub scopes: Vec<String>,
    /// From when, `2026-11-01 00:00`; empty without a beginning.
    pub from: String,
    /// Until when; empty without an end.
    pub to: String,
    /// How many cases it is about.
    pub cases: u64,
    /// Digest over the ids and heads of those cases.
    pub heads: String,
    /// The newest entry in it: what is written as the file's date.
    pub newest_ms: i64,
    /// `masked` or `shown`.
    pub personal: &'static str,
    /// The requirements it answers.
    pub sources: Vec<&'static str>,
    /// The verification code.
    pub code: String,
}

/// What a file is asked to cover.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'a> {
    /// Only of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// From then.
    pub from: Option<WallMs>,
    /// Before then.
    pub to: Option<WallMs>,
    /// `masked` or `shown`.
    pub personal: &'static str,
    /// Whose amounts are shown.
    pub sight: &'a Sight,
}

/// Heads and newest entry of some cases.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) cases: u64,
    pub(crate) heads: Digest,
    pub(crate) newest: WallMs,
}

impl State {
    /// Of cases, each named once.
    pub(crate) fn of(tx: &dyn MetaTx, mut cases: Vec<CaseId>) -> Result<Self, StoreError> {
        cases.sort_unstable();
        cases.dedup();
        let (mut all, mut newest) = (Vec::new(), WallMs(0));
        for case in &cases {
            if let Some(row) = tx.case_named(&case.to_string())? {
                all.extend_from_slice(case.as_bytes());
                all.extend_from_slice(row.heads.as_bytes());
                newest = newest.max(row.updated);
            }
        }
        Ok(Self {
            cases: cases.len() as u64,
            heads: Digest::labelled("lossbook/heads", &[&all]),
            newest,
        })
    }

    /// What a file about these cases says of itself; `data` is everything else in it.
    pub(crate) fn about(
        self,
        tx: &dyn MetaTx,
        cut: &Cut<'_>,
        (name, data): (&str, &[u8]),
    ) -> Result<About, StoreError> {
        let mut scopes = Vec::new();
        for scope in cut.scopes {
            scopes.extend(tx.scope_row(*scope)?.map(|row| row.name));
        }
        let time = |at: Option<WallMs>| at.map_or_else(String::new, crate::console::word::time);
        let heads = self.heads.to_hex();
        let parts: [&[u8]; 3] = [heads.as_bytes(), name.as_bytes(), data];
        Ok(About {
            scopes,
            from: time(cut.from),
            to: time(cut.to),
            cases: self.cases,
            code: code_of(&Digest::labelled("lossbook/export", &parts)),
            heads,
            newest_ms: self.newest.0,
            personal: cut.personal,
            sources: Vec::new(),
        })
    }
}

/// A file for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// A safe name for it.
    pub file: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it covers.
    pub about: About,
}

/// A table as a file.
///
/// # Errors
/// As the store fails, and `NOT_WRITTEN` if the format cannot hold the table, inside.
pub fn table(
    tx: &dyn MetaTx,
    (table, cut): (&Table, &Cut<'_>),
    (format, language): (Format, Language),
) -> Result<Result<Export, Refusal>, StoreError> {
    let about = match about_table(tx, table, cut)? {
        Ok(about) => about,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let bytes = match format {
        Format::Xlsx => {
            let title = text::pick(language, &table.title);
            book::write((title, &[table]), &about, language)
        }
        Format::Csv => text::csv(table, language),
        Format::Json => text::json(table, &about),
    };
    Ok(bytes.map(|bytes| Export {
        file: format!("{}-{}.{format}", table.id, tag(language)),
        media_type: format.media_type(),
        bytes,
        about,
    }))
}

/// What a file of one table says of itself.
fn about_table(
    tx: &dyn MetaTx,
    table: &Table,
    cut: &Cut<'_>,
) -> Result<Result<About, Refusal>, StoreError> {
    let state = state_of(tx, &[table])?;
    let data = match serde_json::to_vec(table) {
        Ok(data) => data,
        Err(error) => return Ok(Err(not_written(&error))),
    };
    let mut about = state.about(tx, cut, (table.id, &data))?;
    about.sources = table.sources.to_vec();
    Ok(Ok(about))
}

/// The cases of some tables; where there are none, the newest time in a row stands for them.
fn state_of(tx: &dyn MetaTx, tables: &[&Table]) -> Result<State, StoreError> {
    let rows = || tables.iter().flat_map(|table| &table.rows);
    let mut state = State::of(tx, rows().filter_map(|row| row.case).collect())?;
    let cells = rows().flat_map(|row| &row.cells);
    let times = cells.filter_map(|cell| match cell {
        Cell::Time(at) => Some(*at),
        Cell::Blank
        | Cell::Text(_)
        | Cell::Words(_)
        | Cell::Count(_)
        | Cell::Fen(_)
        | Cell::Day(_)
        | Cell::Span(_)
        | Cell::Share(..)
        | Cell::Yes(_) => None,
    });
    if state.cases == 0 {
        state.newest = times.max().unwrap_or_default();
    }
    Ok(state)
}

pub(crate) fn not_written(error: &dyn fmt::Display) -> Refusal {
    let detail = format!("文件未能写出：{error} / the file could not be written: {error}");
    Refusal::new(500, "NOT_WRITTEN", detail)
}
