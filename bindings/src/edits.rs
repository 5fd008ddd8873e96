//! Reporting a loss and writing a case. Values are texts as a person types them; each is checked
//! before anything is written, so that an error names its field.

use lossbook_core::app::{AppError, Device};
use lossbook_core::record::{FieldPath, FieldSpec, Section, Value, ValueKind, field, section};

use crate::error::LossbookError;
use crate::lossbook::Lossbook;

/// A field and what it is to read.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldEdit {
    /// Its name in the section (`cause`), or its path in a case (`report.cause`,
    /// `lines.<row>.amount`).
    pub name: String,
    /// Its text: amounts in yuan, times in milliseconds since 1970 UTC.
    pub value: String,
}

/// A loss to be reported.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewReport {
    /// Where, by id or name; may be left out if there is only one.
    #[uniffi(default = None)]
    pub scope: Option<String>,
    /// Fields of the report.
    pub fields: Vec<FieldEdit>,
}

/// A case that is saved.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SavedCase {
    /// Its id.
    pub id: String,
    /// Its number for people.
    pub number: String,
}

#[uniffi::export]
impl Lossbook {
    /// Reports a new loss. It is saved when this returns, network or not.
    ///
    /// # Errors
    /// `InvalidInput` at a field, `WrongState` (`not_enrolled`), `NotAllowed`, `StorageFull`.
    pub fn report_loss(&self, new: NewReport) -> Result<SavedCase, LossbookError> {
        check_row(Section::Report, &new.fields)?;
        let fields = pairs(new.fields);
        let report = |device: &Device| device.report_loss(new.scope.as_deref(), &fields);
        let case = self.home.write(report)?;
        self.home.tell_case(Some(case));
        Ok(SavedCase {
            id: case.to_string(),
            number: case.number().to_string(),
        })
    }

    /// Writes fields by their paths, all in one change or none of them.
    ///
    /// # Errors
    /// `InvalidInput` at a field, `WrongState` (`contested`: settle it), `NotAllowed`, `NotFound`.
    pub fn set_fields(&self, case: &str, edits: Vec<FieldEdit>) -> Result<(), LossbookError> {
        for edit in &edits {
            check_path(edit)?;
        }
        let edits = pairs(edits);
        self.home
            .write_case(case, |device| device.set_fields(case, &edits))
    }

    /// Adds a row to a section and returns its id.
    ///
    /// # Errors
    /// As `set_fields`.
    pub fn add_row(
        &self,
        case: &str,
        section: &str,
        fields: Vec<FieldEdit>,
    ) -> Result<String, LossbookError> {
        let section = rows_of(section)?;
        check_row(section, &fields)?;
        let fields = pairs(fields);
        let added = self
            .home
            .write_case(case, |device| device.add_row(case, section, &fields))?;
        Ok(added.to_string())
    }

    /// Withdraws a row (`lines.<row>`), with a reason. It stays readable; it stands again when its
    /// `removed` is set to nothing.
    ///
    /// # Errors
    /// `InvalidInput` (`no_reason`), `NotAllowed`, `NotFound`.
    pub fn withdraw(&self, case: &str, row: &str, reason: &str) -> Result<(), LossbookError> {
        self.home
            .write_case(case, |device| device.withdraw(case, row, reason))
    }

    /// Settles a dispute with one of its `choices`, and says why.
    ///
    /// # Errors
    /// `InvalidInput` (`not_standing`, `no_reason`), `WrongState` (`not_contested`), `NotAllowed`.
    pub fn settle(
        &self,
        case: &str,
        path: &str,
        chosen: &str,
        reason: &str,
    ) -> Result<(), LossbookError> {
        self.home
            .write_case(case, |device| device.settle(case, path, chosen, reason))
    }
}

fn pairs(edits: Vec<FieldEdit>) -> Vec<(String, String)> {
    edits
        .into_iter()
        .map(|edit| (edit.name, edit.value))
        .collect()
}

fn rows_of(key: &str) -> Result<Section, LossbookError> {
    let found = section(key).filter(|section| section.has_rows());
    found.ok_or_else(|| LossbookError::input("unknown_section", Some("section")))
}

fn check_row(section: Section, fields: &[FieldEdit]) -> Result<(), LossbookError> {
    for edit in fields {
        let spec = field(section, &edit.name)
            .ok_or_else(|| LossbookError::input("unknown_field", Some(&edit.name)))?;
        check(spec, edit)?;
    }
    Ok(())
}

fn check_path(edit: &FieldEdit) -> Result<(), LossbookError> {
    let unknown = || LossbookError::input("unknown_path", Some(&edit.name));
    let path: FieldPath = edit.name.parse().map_err(|_no_field| unknown())?;
    check(path.spec().ok_or_else(unknown)?, edit)
}

fn check(spec: &FieldSpec, edit: &FieldEdit) -> Result<(), LossbookError> {
    let read = Value::parse(spec.kind, &edit.value).map_err(AppError::Value);
    let code = match spec.kind {
        ValueKind::Text => "bad_text",
        ValueKind::Prose => "bad_prose",
        ValueKind::Money => "bad_money",
        ValueKind::Number => "bad_number",
        ValueKind::Time => "bad_moment",
        ValueKind::Digest => "bad_digest",
        ValueKind::Position => "bad_position",
    };
    read.map(|_good| ())
        .map_err(|_wrong| LossbookError::input(code, Some(&edit.name)))
}
