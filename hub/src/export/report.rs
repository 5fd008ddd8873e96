//! Several tables as one file: a workbook, or what a press makes pages of.

use lossbook_core::statement::Language;
use lossbook_core::store::StoreError;
use serde_json::json;

use super::text::{pick, plain};
use super::{About, Cut, book, not_written, state_of};
use crate::meta::MetaTx;
use crate::paper::tag;
use crate::press::Sheet;
use crate::refusal::Refusal;
use crate::table::Table;

/// What a file of these tables says of itself.
pub(crate) fn about_all(
    tx: &dyn MetaTx,
    (tables, cut): (&[Table], &Cut<'_>),
    name: &str,
) -> Result<Result<About, Refusal>, StoreError> {
    let state = state_of(tx, &tables.iter().collect::<Vec<_>>())?;
    let data = match serde_json::to_vec(tables) {
        Ok(data) => data,
        Err(error) => return Ok(Err(not_written(&error))),
    };
    let mut about = state.about(tx, cut, (name, &data))?;
    let sources = tables.iter().flat_map(|table| table.sources);
    about.sources = sources.copied().collect();
    about.sources.sort_unstable();
    about.sources.dedup();
    Ok(Ok(about))
}

/// The tables as an XLSX workbook with a sheet for each.
pub(crate) fn workbook(
    (title, tables): (&str, &[Table]),
    about: &About,
    language: Language,
) -> Result<Vec<u8>, Refusal> {
    let tables: Vec<&Table> = tables.iter().collect();
    book::write((title, &tables), about, language)
}

/// The tables as a press reads them.
pub(crate) fn sheet(
    (title, tables): (&str, &[Table]),
    about: &About,
    language: Language,
) -> Result<Sheet, Refusal> {
    let say = |zh: &'static str, en: &'static str| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let scopes = match about.scopes.as_slice() {
        [] => say("全部", "all").to_owned(),
        named => named.join("、"),
    };
    let fact = |label: &str, text: &str| json!({ "label": label, "text": text });
    let drawn = tables.iter().map(|table| {
        let columns = table.columns.iter().map(|one| pick(language, &one.name));
        let cells = |row: &crate::table::Row| {
            let cells = row.cells.iter().map(|cell| plain(cell, language));
            cells.collect::<Vec<_>>()
        };
        json!({
            "title": pick(language, &table.title), "sources": table.sources.join(" "),
            "columns": columns.collect::<Vec<_>>(),
            "rows": table.rows.iter().map(cells).collect::<Vec<_>>(),
        })
    });
    let data = json!({
        "template": "report", "language": tag(language), "title": title, "code": about.code,
        "pictures": [],
        "content": {
            "head": [
                fact(say("起（含）", "From"), &about.from),
                fact(say("止（不含）", "Until"), &about.to),
                fact(say("范围", "Villages"), &scopes),
                fact(say("案件数", "Cases"), &about.cases.to_string()),
            ],
            "tables": drawn.collect::<Vec<_>>(),
            "heads": about.heads,
        },
    });
    Ok(Sheet {
        template: "report",
        data: serde_json::to_vec(&data).map_err(|error| not_written(&error))?,
        pictures: Vec::new(),
    })
}
