//! A table as people read it: named columns, typed cells, and the cases behind each row.
//!
//! Registers, boards and lists are made into one [`Table`] each; the console draws it, exports
//! write it as XLSX, CSV or JSON, the API answers with it. So a figure is the same everywhere.
//!
//! Refuses: to format. A cell keeps fen, milliseconds or a part of a whole; whoever shows it
//! rounds it and picks the language.

use lossbook_core::domain::{CaseId, WallMs};
use serde::{Serialize, Serializer};

/// The same words in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Words {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// From two texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// A stable word: the key of the column in JSON and in addresses.
    pub id: &'static str,
    /// The heading; Chinese exactly as the requirement has it.
    pub name: Words,
}

impl Column {
    /// A column with its heading in both languages.
    pub fn new(id: &'static str, zh: &str, en: &str) -> Self {
        Self {
            id,
            name: Words::new(zh, en),
        }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Nothing is known; a blank stays blank.
    Blank,
    /// A person's words, shown as they are.
    Text(String),
    /// A word of ours in both languages.
    Words(Words),
    /// How many.
    Count(u64),
    /// Money in fen.
    Fen(i64),
    /// A moment, shown in China time to the minute.
    #[serde(serialize_with = "ms")]
    Time(WallMs),
    /// A calendar day, `2026-11-22`.
    Day(String),
    /// A span in milliseconds.
    Span(i64),
    /// A part of a whole: numerator, denominator; a whole of 0 has no share.
    Share(u64, u64),
    /// Yes or no.
    Yes(bool),
}

/// A row, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// One cell for each column.
    pub cells: Vec<Cell>,
    /// The case that the row is about, if it is about one.
    #[serde(serialize_with = "id")]
    pub case: Option<CaseId>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// A stable word: its address in the console, its name as a file.
    pub id: &'static str,
    /// What it is called.
    pub title: Words,
    /// The requirements it answers, such as `R120`.
    pub sources: &'static [&'static str],
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, in the order they are read.
    pub rows: Vec<Row>,
}

fn ms<S: Serializer>(at: &WallMs, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_i64(at.0)
}

fn id<S: Serializer>(case: &Option<CaseId>, to: S) -> Result<S::Ok, S::Error> {
    match case {
        Some(case) => to.collect_str(case),
        None => to.serialize_none(),
    }
}
