//! One walk over a case document, now or at earlier heads: its entries become a [`CaseRecord`].
//!
//! Input is the document that the gate let in; what no schema knows is passed over. Never recursive:
//! the document's own order brings sections before their rows.

use std::collections::HashMap;
use std::sync::Arc;

use automerge::iter::{DocItem, MapRangeItem};
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ValueRef};

use super::document::{CaseDocument, RecordError, change_hashes};
use super::examine::row_id;
use super::read::{CaseRecord, Field, Row, Standing, Withdrawal};
use super::schema::{FieldSpec, Section, ValueKind, field};
use super::value::Value;
use crate::domain::{Digest, RowId};

/// The document now, or as it was at some heads.
struct Lens<'a> {
    doc: &'a AutoCommit,
    at: Option<&'a [ChangeHash]>,
}

impl CaseDocument {
    /// Reads the whole case, to its fixed depth of three.
    ///
    /// # Errors
    /// [`RecordError`] if the document was not made by this schema.
    pub fn read(&self) -> Result<CaseRecord, RecordError> {
        let lens = Lens {
            doc: &self.doc,
            at: None,
        };
        lens.read()
    }

    /// Reads the case as it was at these heads.
    ///
    /// # Errors
    /// As [`CaseDocument::read`].
    pub fn read_at(&self, heads: &[Digest]) -> Result<CaseRecord, RecordError> {
        let heads = change_hashes(heads);
        let lens = Lens {
            doc: &self.doc,
            at: Some(&heads),
        };
        lens.read()
    }
}

/// What the object whose entries are being read is.
#[derive(Clone, Copy)]
enum Within {
    Root,
    /// A section without rows.
    Fields(Section),
    /// A section with rows.
    Rows(Section),
    Row(Section, RowId),
}

/// The object whose entries are being read, and the row they fill.
struct OpenObject {
    object: Arc<ObjId>,
    /// Nothing if the schema does not know it.
    within: Option<Within>,
    row: Row,
}

impl Lens<'_> {
    /// One pass over the document in the order it is kept in: sections come before their rows.
    fn read(&self) -> Result<CaseRecord, RecordError> {
        let mut record = CaseRecord::default();
        let mut known = HashMap::from([(ROOT, Within::Root)]);
        let mut open: Option<OpenObject> = None;
        for entry in self.doc.iter_at(ROOT, self.at) {
            let DocItem::Map(item) = entry.item else {
                continue;
            };
            let is_same = |open: &OpenObject| Arc::ptr_eq(&open.object, &entry.obj);
            if !open.as_ref().is_some_and(is_same) {
                self.keep(open.take(), &mut record)?;
                let within = known.remove(entry.obj.as_ref());
                open = Some(OpenObject {
                    object: entry.obj,
                    within,
                    row: Row::default(),
                });
            }
            let Some(OpenObject {
                object,
                within: Some(within),
                row,
            }) = &mut open
            else {
                continue;
            };
            match *within {
                Within::Root | Within::Rows(_) => {
                    known.extend(inside(*within, &item, &mut record));
                }
                Within::Fields(section) | Within::Row(section, _) => {
                    self.take_field((section, object), item, row)?;
                }
            }
        }
        self.keep(open, &mut record)?;
        for section in Section::ALL {
            let is_there =
                record.fields.contains_key(&section) || record.rows.contains_key(&section);
            // A case that an older version reported lacks the sections that came later.
            if section.since() == 1 && !is_there {
                return Err(RecordError::NoSection(section.key()));
            }
        }
        Ok(record)
    }

    fn take_field(
        &self,
        (section, object): (Section, &ObjId),
        item: MapRangeItem<'_>,
        row: &mut Row,
    ) -> Result<(), RecordError> {
        let Some(spec) = field(section, &item.key) else {
            return Ok(());
        };
        let standing = if item.conflict {
            self.all_standing(object, spec)?
        } else {
            let id = item.id();
            self.standing(spec, &item.value, &id)?.into_iter().collect()
        };
        if !standing.is_empty() {
            row.fields.insert(spec.name, Field { standing });
        }
        Ok(())
    }

    /// A row is whole: it goes to its place.
    fn keep(&self, open: Option<OpenObject>, record: &mut CaseRecord) -> Result<(), RecordError> {
        let Some(OpenObject {
            object,
            within: Some(within),
            mut row,
        }) = open
        else {
            return Ok(());
        };
        let (section, id) = match within {
            Within::Fields(section) => (section, None),
            Within::Row(section, id) => (section, Some(id)),
            Within::Root | Within::Rows(_) => return Ok(()),
        };
        if row.fields.contains_key("removed") {
            (row.withdrawal, row.written_apart) = self.withdrawal(section, &object, &row)?;
        }
        match id {
            Some(id) => {
                record.rows.entry(section).or_default().insert(id, row);
            }
            None => {
                record.fields.insert(section, row);
            }
        }
        Ok(())
    }

    fn all_standing(&self, object: &ObjId, spec: &FieldSpec) -> Result<Vec<Standing>, RecordError> {
        let all = match self.at {
            None => self.doc.get_all(object, spec.name)?,
            Some(heads) => self.doc.get_all_at(object, spec.name, heads)?,
        };
        let mut standing = Vec::new();
        for (value, id) in all {
            let value = match value {
                automerge::Value::Scalar(scalar) => Value::from_scalar(spec.kind, &scalar),
                automerge::Value::Object(kind) => self.text(spec, kind, &id)?,
            };
            standing.extend(self.stands(spec, value, &id));
        }
        standing.sort_by(|a, b| (&a.value, &a.change).cmp(&(&b.value, &b.change)));
        Ok(standing)
    }

    fn standing(
        &self,
        spec: &FieldSpec,
        value: &ValueRef<'_>,
        id: &ObjId,
    ) -> Result<Option<Standing>, RecordError> {
        let value = match value {
            ValueRef::Scalar(scalar) => Value::from_lent(spec.kind, scalar),
            ValueRef::Object(kind) => self.text(spec, *kind, id)?,
        };
        Ok(self.stands(spec, value, id))
    }

    fn text(
        &self,
        spec: &FieldSpec,
        kind: ObjType,
        id: &ObjId,
    ) -> Result<Option<Value>, RecordError> {
        if spec.kind != ValueKind::Prose || kind != ObjType::Text {
            return Ok(None);
        }
        let text = match self.at {
            None => self.doc.text(id)?,
            Some(heads) => self.doc.text_at(id, heads)?,
        };
        Ok(Some(Value::Text(text)))
    }

    /// With the change that wrote it. A text nobody wrote in yet is no value.
    fn stands(&self, spec: &FieldSpec, value: Option<Value>, id: &ObjId) -> Option<Standing> {
        let is_blank = |value: &Value| *value == Value::Text(String::new());
        let value = value.filter(|value| spec.kind != ValueKind::Prose || !is_blank(value))?;
        let hash = self.doc.hash_for_opid(id);
        let change = hash.map_or(Digest::ZERO, |hash| Digest::from_bytes(hash.0));
        Some(Standing { value, change })
    }

    /// A withdrawal covers what its writer saw. What stands now and did not stand then was written
    /// by somebody who wanted the row.
    fn withdrawal(
        &self,
        section: Section,
        object: &ObjId,
        row: &Row,
    ) -> Result<(Withdrawal, Vec<&'static str>), RecordError> {
        let (kept, withdrawn): (Vec<&Standing>, Vec<&Standing>) = row
            .field("removed")
            .standing()
            .iter()
            .partition(|one| one.value == Value::Text(String::new()));
        if withdrawn.is_empty() {
            return Ok((Withdrawal::Stands, Vec::new()));
        }
        let seen: Vec<Digest> = withdrawn.iter().map(|one| one.change).collect();
        let heads = change_hashes(&seen);
        let then = Lens {
            doc: self.doc,
            at: Some(&heads),
        };
        let mut apart = Vec::new();
        for (name, now) in row.fields.iter().filter(|(name, _)| **name != "removed") {
            let Some(spec) = field(section, name) else {
                continue;
            };
            if then.all_standing(object, spec)? != now.standing {
                apart.push(*name);
            }
        }
        if kept.is_empty() && apart.is_empty() {
            Ok((Withdrawal::Withdrawn, apart))
        } else {
            Ok((Withdrawal::Asked, apart))
        }
    }
}

/// The section or the row that an entry begins, if it does; rows are there even if empty.
fn inside(
    within: Within,
    item: &MapRangeItem<'_>,
    record: &mut CaseRecord,
) -> Option<(ObjId, Within)> {
    if !matches!(item.value, ValueRef::Object(ObjType::Map)) {
        return None;
    }
    let begun = match within {
        Within::Root => {
            let section = super::schema::section(&item.key)?;
            if section.has_rows() {
                record.rows.entry(section).or_default();
                Within::Rows(section)
            } else {
                record.fields.entry(section).or_default();
                Within::Fields(section)
            }
        }
        Within::Rows(section) => {
            let id = row_id(&item.key)?;
            let rows = record.rows.entry(section).or_default();
            rows.entry(id).or_default();
            Within::Row(section, id)
        }
        Within::Fields(_) | Within::Row(..) => return None,
    };
    Some((item.id(), begun))
}
