//! The operator's exports: by names of scopes, each noted in the audit.

use lossbook_core::domain::ScopeId;

use super::{Cut, Export, MapFormat, Places, feed};
use crate::hub::Hub;
use crate::meta::look;
use crate::paper::EXPORT_DEED;
use crate::refusal::Refusal;

impl Hub {
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
        let places = look(self.looking(), |tx| Places::read(tx, &all_of(&scopes)))?;
        let export = places?.write(format)?;
        self.note_file(by, ("map", format.word()), &export)?;
        Ok(export)
    }

    /// The cases of some scopes, or all, as a plain list.
    ///
    /// # Errors
    /// `SCOPE_UNKNOWN`, `NOT_WRITTEN`; else as the store fails.
    pub fn export_feed(&self, (by, scopes): (&str, &[String])) -> Result<Export, Refusal> {
        let scopes = self.scopes_named(scopes)?;
        let export = look(self.looking(), |tx| feed(tx, &all_of(&scopes)))??;
        self.note_file(by, ("cases", "json"), &export)?;
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

    fn note_file(
        &self,
        by: &str,
        (name, format): (&str, &str),
        export: &Export,
    ) -> Result<(), Refusal> {
        let about = &export.about;
        let detail = format!("{name} {format} {} {}", about.code, about.personal);
        self.note_export((by, EXPORT_DEED), None, detail)
    }
}

const fn all_of(scopes: &[ScopeId]) -> Cut<'_> {
    Cut {
        scopes,
        from: None,
        to: None,
        personal: "masked",
    }
}
