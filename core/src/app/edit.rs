//! Reporting a loss, writing fields and rows, settling what is contested.

use super::device::{Device, case_named, enrolled, scope_named};
use super::error::AppError;
use crate::chain::{Kind, MAX_BODY_BYTES, Subject};
use crate::domain::{CaseId, RowId, ScopeId};
use crate::record::{
    CaseDocument, Edit, FieldPath, FieldReading, NewRow, Section, Value, Written, field, fields,
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
        let edit = Edit::Set(path.clone(), parse_value(&path, text)?);
        self.store
            .transact(|tx| self.write(tx, case_named(tx, case)?, &[edit]))
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
        let id = RowId::make(self.host.as_ref());
        let edit = Edit::Add(NewRow {
            section,
            id,
            values,
        });
        self.store
            .transact(|tx| self.write(tx, case_named(tx, case)?, &[edit]))?;
        Ok(id)
    }

    /// Settles a contested field with one of the values that stand, and records why.
    ///
    /// # Errors
    /// [`AppError::NotContested`], [`AppError::NotStanding`], [`AppError::NoReason`].
    pub fn settle(
        &self,
        case: &str,
        path: &str,
        chosen: &str,
        reason: &str,
    ) -> Result<(), AppError> {
        if reason.trim().is_empty() {
            return Err(AppError::NoReason);
        }
        let path: FieldPath = path.parse()?;
        let value = parse_value(&path, chosen)?;
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let user = enrolled(&me)?.user.clone();
            let (case, scope) = case_named(tx, case)?;
            let record = tx.with_document(case, |document| document.read())?;
            let Some(FieldReading::Contested(standing)) =
                record.field(&path).map(crate::record::Field::reading)
            else {
                return Err(AppError::NotContested(path.to_string()));
            };
            if !standing.iter().any(|one| one.value == value) {
                let all = standing
                    .iter()
                    .map(|one| one.value.to_string())
                    .collect::<Vec<_>>()
                    .join(", ");
                return Err(AppError::NotStanding {
                    got: chosen.to_owned(),
                    standing: all,
                });
            }
            let account = NewRow {
                section: Section::Settlements,
                id: RowId::make(self.host.as_ref()),
                values: vec![
                    ("path", Value::Text(path.to_string())),
                    ("chosen", Value::Text(value.to_string())),
                    ("reason", Value::Text(reason.to_owned())),
                    ("by", Value::Text(user)),
                ],
            };
            self.write(
                tx,
                (case, scope),
                &[Edit::Set(path, value), Edit::Add(account)],
            )
        })
    }

    /// One change of one case, in one envelope.
    pub(super) fn write(
        &self,
        tx: &Tx<'_>,
        (case, scope): (CaseId, ScopeId),
        edits: &[Edit],
    ) -> Result<(), AppError> {
        let me = tx.identity()?;
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

fn parse_value(path: &FieldPath, text: &str) -> Result<Value, AppError> {
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
