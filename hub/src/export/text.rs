//! Tables as CSV and JSON, and how a cell reads as plain text.

use jiff::tz::TimeZone;
use lossbook_core::domain::{Money, WallMs};
use lossbook_core::statement::Language;
use serde_json::json;

use super::{About, not_written};
use crate::refusal::Refusal;
use crate::table::{Cell, Table, Words};

/// So that Excel takes the file for UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn pick(language: Language, words: &Words) -> &str {
    match language {
        Language::Zh => &words.zh,
        Language::En => &words.en,
    }
}

/// The headings, then the rows.
pub(super) fn csv(table: &Table, language: Language) -> Result<Vec<u8>, Refusal> {
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(MARK.to_vec());
    let names = table
        .columns
        .iter()
        .map(|column| pick(language, &column.name));
    out.write_record(names)
        .map_err(|error| not_written(&error))?;
    for row in &table.rows {
        let cells = row.cells.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Blank
            | Cell::Words(_)
            | Cell::Count(_)
            | Cell::Fen(_)
            | Cell::Time(_)
            | Cell::Day(_)
            | Cell::Span(_)
            | Cell::Share(..)
            | Cell::Yes(_) => plain(cell, language),
        });
        out.write_record(cells)
            .map_err(|error| not_written(&error))?;
    }
    out.into_inner().map_err(|error| not_written(&error))
}

/// A cell as text.
pub(super) fn plain(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Words(words) => pick(language, words).to_owned(),
        Cell::Count(count) => count.to_string(),
        Cell::Fen(fen) => Money::from_fen(*fen).to_string(),
        Cell::Time(at) => civil(*at).replace('T', " "),
        Cell::Day(day) => day.clone(),
        Cell::Span(ms) => minutes(*ms),
        Cell::Share(_, 0) => String::new(),
        Cell::Share(part, whole) => format!("{part}/{whole}"),
        Cell::Yes(yes) => yes_or_no(*yes, language).to_owned(),
    }
}

/// What a person typed is no formula: a spreadsheet would run a text that begins like one.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

pub(super) const fn yes_or_no(yes: bool, language: Language) -> &'static str {
    match (yes, language) {
        (true, Language::Zh) => "是",
        (false, Language::Zh) => "否",
        (true, Language::En) => "yes",
        (false, Language::En) => "no",
    }
}

/// Hours and minutes: `26:05`.
fn minutes(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let minutes = ms.unsigned_abs() / 60_000;
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}

/// An instant in China time: `2026-11-22T09:40:00`.
pub(super) fn civil(at: WallMs) -> String {
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    jiff::Timestamp::from_millisecond(at.0).map_or_else(
        |_beyond_the_calendar| String::new(),
        |instant| {
            let zoned = instant.to_zoned(zone);
            zoned.strftime("%Y-%m-%dT%H:%M:%S").to_string()
        },
    )
}

/// The table as it is, beside what it covers.
pub(super) fn json(table: &Table, about: &About) -> Result<Vec<u8>, Refusal> {
    let whole = json!({ "about": about, "table": table });
    serde_json::to_vec_pretty(&whole).map_err(|error| not_written(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_looks_like_a_formula_stays_text() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("户主 =1"), "户主 =1");
    }

    #[test]
    fn a_span_reads_in_hours_and_minutes() {
        assert_eq!(minutes(93_900_000), "26:05");
        assert_eq!(minutes(-60_000), "-0:01");
    }

    #[test]
    fn an_instant_reads_in_china_time() {
        assert_eq!(civil(WallMs(0)), "1970-01-01T08:00:00");
    }
}
