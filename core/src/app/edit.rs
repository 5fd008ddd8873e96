//! Reporting a loss, writing fields and rows, withdrawing rows; each within the user's rights.

use super::device::{Device, case_named, enrolled, scope_named};
use super::error::AppError;
pub(super) use super::people::roles;
use crate::chain::{Kind, MAX_BODY_BYTES, Subject};
use crate::domain::{CaseId, Role, RowId, ScopeId};
use crate::record::access::{Bringing, Deed, any_may, may_bring};
use crate::record::{
    CaseDocument, Edit, FieldPath, NewRow, Section, Value, Written, field, fields,
};
use crate::store::{Identity, Tx};

/// Fields of a row as a person typed them: name and text.
pub type RowEdit<'a> = &'a [(String, String)];

impl Device {
    /// Reports a new loss; `report` holds fields of the report section.
    ///
    /// # Errors
    /// [`AppError::NotEnrolled`], [`AppError::UnknownScope`], [`AppError::UnknownField`],
    /// [`AppError::Value`].
    pub fn report_loss(
        &self,
        scope: Option<&str>,
        report: RowEdit<'_>,
    ) -> Result<CaseId, AppError> {
        let first: Vec<Edit> = parse_fields(Section::Report, report)?
            .into_iter()
            .map(|(name, value)| {
                Edit::Set(
                    FieldPath {
                        section: Section::Report,
                        row: None,
                        name,
                    },
                    value,
                )
            })
            .collect();
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let scope = scope_named(tx, scope)?;
            may_report(&roles(tx, &me)?)?;
            check_rights(&roles(tx, &me)?, &first)?;
            let case = CaseId::make(self.host.as_ref());
            let (document, written) =
                CaseDocument::create(case, self.actor(tx, &me)?, &first, self.host.now().wall)?;
            tx.begin_own_case(case, scope, document)?;
            self.commit_change(tx, &me, (case, scope), &written)?;
            Ok(case)
        })
    }

    /// Writes one field by its path: `report.cause`, `lines.<row>.amount`. Nothing happens if it
    /// reads so already.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`], [`AppError::Path`], [`AppError::Value`].
    pub fn set_field(&self, case: &str, path: &str, text: &str) -> Result<(), AppError> {
        let path: FieldPath = path.parse()?;
        let value = parse_value(&path, text)?;
        self.store.transact(|tx| {
            let (case, scope) = case_named(tx, case)?;
            let record = tx.with_document(case, |document| document.read())?;
            if record.must_be_settled(&path) {
                return Err(AppError::Contested(path.to_string()));
            }
            self.write(tx, (case, scope), &[Edit::Set(path, value)])
        })
    }

    /// Writes several fields of one case by their paths, in one change: a form that is saved. What
    /// reads so already is left out; if one of them is refused, none is written.
    ///
    /// # Errors
    /// As [`Device::set_field`].
    pub fn set_fields(&self, case: &str, edits: RowEdit<'_>) -> Result<(), AppError> {
        let mut wanted = Vec::with_capacity(edits.len());
        for (path, text) in edits {
            let path: FieldPath = path.parse()?;
            let value = parse_value(&path, text)?;
            wanted.push((path, value));
        }
        self.store.transact(|tx| {
            let (case, scope) = case_named(tx, case)?;
            let record = tx.with_document(case, |document| document.read())?;
            let disputed = wanted.iter().find(|(path, _)| record.must_be_settled(path));
            if let Some((path, _)) = disputed {
                return Err(AppError::Contested(path.to_string()));
            }
            let edits: Vec<Edit> = wanted
                .into_iter()
                .map(|(path, value)| Edit::Set(path, value))
                .collect();
            self.write(tx, (case, scope), &edits)
        })
    }

    /// Adds a row to a section and returns its id.
    ///
    /// # Errors
    /// As [`Device::set_field`].
    pub fn add_row(
        &self,
        case: &str,
        section: Section,
        row: RowEdit<'_>,
    ) -> Result<RowId, AppError> {
        let values = parse_fields(section, row)?;
        self.store.transact(|tx| {
            let id = self.row_id(tx)?;
            let edit = Edit::Add(NewRow {
                section,
                id,
                values,
            });
            self.write(tx, case_named(tx, case)?, &[edit])?;
            Ok(id)
        })
    }

    /// Withdraws a row, with a reason; it stays readable, and comes back with an empty one.
    ///
    /// # Errors
    /// [`AppError::NoReason`], [`AppError::NotAllowed`], and as [`Device::set_field`].
    pub fn withdraw(&self, case: &str, row: &str, reason: &str) -> Result<(), AppError> {
        if reason.trim().is_empty() {
            return Err(AppError::NoReason);
        }
        self.set_field(case, &format!("{row}.removed"), reason)
    }

    /// One change of one case, in one envelope.
    pub(super) fn write(
        &self,
        tx: &Tx<'_>,
        (case, scope): (CaseId, ScopeId),
        edits: &[Edit],
    ) -> Result<(), AppError> {
        let me = tx.identity()?;
        check_rights(&roles(tx, &me)?, edits)?;
        let actor = self.actor(tx, &me)?;
        let at = self.host.now().wall;
        let written = tx.with_document(case, |document| {
            document.set_actor(actor);
            document.write(edits, at)
        })?;
        match written {
            Some(written) => self.commit_change(tx, &me, (case, scope), &written),
            None => Ok(()),
        }
    }

    fn commit_change(
        &self,
        tx: &Tx<'_>,
        me: &Identity,
        (case, scope): (CaseId, ScopeId),
        written: &Written,
    ) -> Result<(), AppError> {
        if written.bytes.len() > MAX_BODY_BYTES {
            return Err(AppError::EditTooLarge {
                len: written.bytes.len(),
                limit: MAX_BODY_BYTES,
            });
        }
        let user = &enrolled(me)?.user;
        let what = (
            scope,
            Kind::Change,
            Subject::case(case),
            written.bytes.clone(),
        );
        let (id, header) = tx.append(me, user, self.host.now(), what)?;
        tx.keep_own_change(case, &header, id, written)?;
        Ok(())
    }
}

/// Whether one of the roles may bring a photo or a signature.
pub(super) fn check_bringing(what: Bringing, roles: &[Role]) -> Result<(), AppError> {
    let may = roles.iter().any(|role| may_bring(*role, what));
    let word = format!("bring a {what:?}").to_lowercase();
    may.then_some(())
        .ok_or_else(|| AppError::not_allowed(roles, &word))
}

fn may_report(roles: &[Role]) -> Result<(), AppError> {
    let may =
        field(Section::Report, "household").is_some_and(|spec| any_may(roles, Deed::Write, spec));
    may.then_some(())
        .ok_or_else(|| AppError::not_allowed(roles, "report a loss"))
}

/// Asks the table of rights before anything is written; the gate of others asks it again.
fn check_rights(roles: &[Role], edits: &[Edit]) -> Result<(), AppError> {
    let check = |path: &FieldPath| {
        let (deed, word) = if path.name == "removed" {
            (Deed::Withdraw, "withdraw")
        } else {
            (Deed::Write, "write")
        };
        let may = path.spec().is_some_and(|spec| any_may(roles, deed, spec));
        may.then_some(())
            .ok_or_else(|| AppError::not_allowed(roles, &format!("{word} {path}")))
    };
    for edit in edits {
        match edit {
            Edit::Set(path, _) => check(path)?,
            Edit::Add(row) => {
                for (name, _) in &row.values {
                    check(&FieldPath {
                        section: row.section,
                        row: Some(row.id),
                        name,
                    })?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn parse_value(path: &FieldPath, text: &str) -> Result<Value, AppError> {
    let kind = path
        .spec()
        .map_or(crate::record::ValueKind::Text, |spec| spec.kind);
    Ok(Value::parse(kind, text)?)
}

/// Typed values of a section's fields.
pub(super) fn parse_fields(
    section: Section,
    typed: RowEdit<'_>,
) -> Result<Vec<(&'static str, Value)>, AppError> {
    let mut values = Vec::new();
    for (name, text) in typed {
        let Some(spec) = field(section, name) else {
            let known = fields(section)
                .map(|spec| spec.name)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(AppError::UnknownField {
                section: section.key().to_owned(),
                name: name.clone(),
                known,
            });
        };
        values.push((spec.name, Value::parse(spec.kind, text)?));
    }
    Ok(values)
}
