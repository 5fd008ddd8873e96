//! Exports by name: tables of the catalogue, the map, the list of cases; each noted in the audit.

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::statement::Language;
use lossbook_core::store::StoreError;

use super::{Cut, Export, Format, MapFormat, Places, feed, table};
use crate::catalogue::{self, Ask, Entry, Personal};
use crate::hub::Hub;
use crate::meta::{MetaTx, look};
use crate::paper::EXPORT_DEED;
use crate::refusal::Refusal;
use crate::register::{end_of, start_of};
use crate::sight::Sight;
use crate::table::{Cell, Column, Table};

/// Rows asked of a table at a time.
const PART: u32 = 2_000;

/// Which part of a table the operator wants.
#[derive(Debug, Clone, Default)]
pub struct TableWish {
    /// Names of scopes; all if there are none.
    pub scopes: Vec<String>,
    /// From this day, `2026-11-01`.
    pub from: Option<String>,
    /// Until this day, which is in it.
    pub to: Option<String>,
    /// Why personal columns are shown in full, if they are.
    pub reveal: Option<String>,
}

impl Hub {
    /// The tables that can be exported: id, Chinese and English name.
    pub fn tables(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let all = catalogue::entries();
        all.map(|entry| (entry.id, entry.name.0, entry.name.1))
            .collect()
    }

    /// A table as a file.
    ///
    /// # Errors
    /// `TABLE_UNKNOWN`, `SCOPE_UNKNOWN`, `BAD_DAY`, `NO_REASON`, `NOT_WRITTEN`; else as the store fails.
    pub fn export_table(
        &self,
        (by, id): (&str, &str),
        wish: &TableWish,
        as_what: (Format, Language),
    ) -> Result<Export, Refusal> {
        let entry = catalogue::entry(id).ok_or_else(|| {
            let detail = format!("没有表 {id:?} / there is no table {id:?}: see hub export-table");
            Refusal::new(404, "TABLE_UNKNOWN", detail)
        })?;
        let (scopes, personal) = (self.scopes_named(&wish.scopes)?, shown(wish)?);
        let whole = Sight::whole();
        let part = Part {
            scopes: &scopes,
            from: day(wish.from.as_deref(), start_of)?,
            to: day(wish.to.as_deref(), end_of)?,
            case: None,
            words: None,
            now: self.now().wall,
            personal,
            sight: &whole,
        };
        let export = look(self.looking(), |tx| part.export(tx, (&entry, as_what)))??;
        self.note_file(
            (by, wish.reveal.as_deref()),
            (id, as_what.0.word()),
            &export,
        )?;
        Ok(export)
    }

    /// Where the cases and photos of some scopes lie, or of all.
    ///
    /// # Errors
    /// `SCOPE_UNKNOWN`, `NOT_WRITTEN`; else as the store fails.
    pub fn export_map(
        &self,
        (by, scopes): (&str, &[String]),
        format: MapFormat,
    ) -> Result<Export, Refusal> {
        let scopes = self.scopes_named(scopes)?;
        let places = look(self.looking(), |tx| {
            Places::read(tx, &all_of(&scopes, &Sight::whole()))
        })?;
        let export = places?.write(format)?;
        self.note_file((by, None), ("map", format.word()), &export)?;
        Ok(export)
    }

    /// The cases of some scopes, or all, as a plain list.
    ///
    /// # Errors
    /// `SCOPE_UNKNOWN`, `NOT_WRITTEN`; else as the store fails.
    pub fn export_feed(&self, (by, scopes): (&str, &[String])) -> Result<Export, Refusal> {
        let scopes = self.scopes_named(scopes)?;
        let export = look(self.looking(), |tx| {
            feed(tx, &all_of(&scopes, &Sight::whole()))
        })??;
        self.note_file((by, None), ("cases", "json"), &export)?;
        Ok(export)
    }

    fn scopes_named(&self, names: &[String]) -> Result<Vec<ScopeId>, Refusal> {
        let known = look(self.looking(), |tx| tx.named_scopes())?;
        let mut ids = Vec::new();
        for name in names {
            let Some(row) = known.iter().find(|row| row.name == *name) else {
                let detail = format!("no scope is called {name:?}（没有这个范围）");
                return Err(Refusal::new(404, "SCOPE_UNKNOWN", detail));
            };
            ids.push(row.id);
        }
        Ok(ids)
    }

    /// Writes down that a file was made, and why it shows personal data if it does.
    pub(crate) fn note_file(
        &self,
        (by, reveal): (&str, Option<&str>),
        (name, format): (&str, &str),
        export: &Export,
    ) -> Result<(), Refusal> {
        let about = &export.about;
        let why = reveal.map_or_else(String::new, |why| format!(": {why}"));
        let detail = format!("{name} {format} {} {}{why}", about.code, about.personal);
        self.note_export((by, EXPORT_DEED), None, detail)
    }
}

fn shown(wish: &TableWish) -> Result<Personal, Refusal> {
    match &wish.reveal {
        None => Ok(Personal::Masked),
        Some(why) => crate::paper::check_reason(why).map(|()| Personal::Shown),
    }
}

fn day(text: Option<&str>, read: fn(&str) -> Option<WallMs>) -> Result<Option<WallMs>, Refusal> {
    let Some(text) = text else {
        return Ok(None);
    };
    let bad = || {
        let detail =
            format!("{text:?} 不是日期，例如 2026-11-22 / {text:?} is no day such as 2026-11-22");
        Refusal::new(400, "BAD_DAY", detail)
    };
    read(text).map(Some).ok_or_else(bad)
}

const fn all_of<'a>(scopes: &'a [ScopeId], sight: &'a Sight) -> Cut<'a> {
    Cut {
        scopes,
        from: None,
        to: None,
        personal: "masked",
        sight,
    }
}

/// Which part of a table is exported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) scopes: &'a [ScopeId],
    pub(crate) from: Option<WallMs>,
    pub(crate) to: Option<WallMs>,
    pub(crate) case: Option<CaseId>,
    pub(crate) words: Option<&'a str>,
    pub(crate) now: WallMs,
    pub(crate) personal: Personal,
    pub(crate) sight: &'a Sight,
}

impl Part<'_> {
    /// Reads every row of the part, and writes them as a file.
    pub(crate) fn export(
        &self,
        tx: &dyn MetaTx,
        (entry, as_what): (&Entry, (Format, Language)),
    ) -> Result<Result<Export, Refusal>, StoreError> {
        let cut = Cut {
            scopes: self.scopes,
            from: self.from,
            to: self.to,
            personal: match self.personal {
                Personal::Masked => "masked",
                Personal::Shown => "shown",
            },
            sight: self.sight,
        };
        let whole = self.whole(tx, entry)?;
        table(tx, (&whole, &cut), as_what)
    }

    /// Every row of the part.
    pub(crate) fn whole(&self, tx: &dyn MetaTx, entry: &Entry) -> Result<Table, StoreError> {
        let mut ask = Ask {
            scopes: self.scopes,
            from: self.from,
            to: self.to,
            case: self.case,
            words: self.words,
            now: self.now,
            limit: PART,
            after: None,
            personal: self.personal,
            sight: self.sight,
        };
        let mut table = entry.table(tx, &ask)?;
        let mut next = ask.next(table.rows.len());
        while let Some(after) = next {
            ask.after = Some(after);
            let more = entry.table(tx, &ask)?.rows;
            next = ask.next(more.len());
            table.rows.extend(more);
        }
        name_cases(&mut table);
        Ok(table)
    }
}

/// Rows about cases say so in a column at the end, as on the table's page.
fn name_cases(table: &mut Table) {
    if table.rows.iter().all(|row| row.case.is_none()) {
        return;
    }
    table.columns.push(Column::new("case", "案件", "Case"));
    for row in &mut table.rows {
        let number = row.case.map(|case| Cell::Text(case.number().to_string()));
        row.cells.push(number.unwrap_or(Cell::Blank));
    }
}
