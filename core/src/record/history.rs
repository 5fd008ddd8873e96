//! History: what each change wrote and over what, and how a case read at earlier heads.
//!
//! Everything is read out of the document's own changes; nothing is stored beside them. Who wrote a
//! change, on which device and when, stands in its envelope, which the store knows.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::OpId;
use automerge::{ChangeHash, ObjType, ReadDoc};

use super::document::{CaseDocument, Edit, NewRow, RecordError, change_hashes};
use super::examine::Rights;
use super::read::{CaseRecord, Field};
use super::schema::{FieldPath, Section, ValueKind};
use super::value::Value;
use crate::domain::{Digest, RowId};

/// One value that a change wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastWrite {
    /// Which field.
    pub path: FieldPath,
    /// What stood there in the eyes of the writer; more than one value if it was in dispute.
    pub before: Vec<Value>,
    /// What was written.
    pub after: Value,
}

/// What one change wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The change.
    pub change: Digest,
    /// Its writes, one for each field.
    pub writes: Vec<PastWrite>,
}

/// A field that reads differently at two heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which field.
    pub path: FieldPath,
    /// What stood then.
    pub then: Vec<Value>,
    /// What stands now.
    pub now: Vec<Value>,
}

/// The last write of a field by a change.
struct LastWrite {
    /// The value; nothing for an edit of a text.
    value: Option<Value>,
    /// What the first such write replaced, if all of it is known.
    replaced: Option<BTreeSet<Value>>,
}

impl CaseDocument {
    /// Every change with what it wrote, each after those it builds on. Every value that was ever
    /// written is in it.
    ///
    /// # Errors
    /// [`RecordError`] if a change does not fit the schema, which the gate would not have let in.
    pub fn deeds(&mut self) -> Result<Vec<Deed>, RecordError> {
        let changes = self.doc.get_changes(&[]);
        let mut known = BTreeMap::new();
        let deeds = changes.iter();
        deeds
            .map(|change| self.deed_after(change, &mut known))
            .collect()
    }

    /// What one change wrote.
    ///
    /// # Errors
    /// As [`CaseDocument::deeds`].
    pub(super) fn deed(&mut self, change: &automerge::Change) -> Result<Deed, RecordError> {
        self.deed_after(change, &mut BTreeMap::new())
    }

    /// The same after the changes that wrote these values: whoever writes a field names the values
    /// it replaces, which are those that stood there in its eyes. The document is only asked where
    /// one of them is not known, and for texts: that walks through its whole past each time.
    fn deed_after(
        &mut self,
        change: &automerge::Change,
        known: &mut BTreeMap<OpId, Value>,
    ) -> Result<Deed, RecordError> {
        let (hash, decoded) = (change.hash(), change.decode());
        let (_, writes) = self
            .writes_in((change, &decoded), (None, Rights::Unasked))
            .map_err(RecordError::Refused)?;
        let first = decoded.start_op.get();
        let mut last: BTreeMap<FieldPath, LastWrite> = BTreeMap::new();
        for write in writes {
            let op = usize::try_from(write.counter.saturating_sub(first)).ok();
            let op = op.and_then(|at| decoded.operations.get(at));
            let replaced = op.filter(|_| write.value.is_some()).and_then(|op| {
                let values = op.pred.iter().map(|id| known.get(id).cloned());
                values.collect::<Option<BTreeSet<Value>>>()
            });
            if let Some(value) = &write.value {
                let id = OpId(write.counter, decoded.actor_id.clone());
                known.insert(id, value.clone());
            }
            // What stood before the change is what its first write replaced.
            let place = last.entry(write.path).or_insert(LastWrite {
                value: None,
                replaced,
            });
            place.value = write.value;
        }
        let mut past = Vec::new();
        for (path, LastWrite { value, replaced }) in last {
            let after = match value {
                Some(value) => Some(value),
                None => self.values_at(&path, &[hash])?.into_iter().next(),
            };
            // A text that nobody wrote in yet is no value.
            if let Some(after) = after {
                let before = match replaced {
                    Some(replaced) => replaced.into_iter().collect(),
                    None => self.values_at(&path, change.deps())?,
                };
                past.push(PastWrite {
                    path,
                    before,
                    after,
                });
            }
        }
        Ok(Deed {
            change: Digest::from_bytes(hash.0),
            writes: past,
        })
    }

    /// Changes that build on this one, each with the edits that would write it anew elsewhere.
    ///
    /// # Errors
    /// As [`CaseDocument::deeds`].
    pub fn built_on(&mut self, base: Digest) -> Result<Vec<(Digest, Vec<Edit>)>, RecordError> {
        let mut behind = BTreeSet::from([ChangeHash(*base.as_bytes())]);
        let mut all = Vec::new();
        for change in self.doc.get_changes(&[]) {
            if change.deps().iter().any(|dep| behind.contains(dep)) {
                behind.insert(change.hash());
                let edits = self.edits_of(&change)?;
                all.push((Digest::from_bytes(change.hash().0), edits));
            }
        }
        Ok(all)
    }

    fn edits_of(&mut self, change: &automerge::Change) -> Result<Vec<Edit>, RecordError> {
        let (fresh, _) = self
            .writes_of(change, (None, Rights::Unasked))
            .map_err(RecordError::Refused)?;
        let mut rows: BTreeMap<(Section, RowId), NewRow> = fresh
            .rows()
            .map(|(section, id)| {
                let values = Vec::new();
                (
                    (section, id),
                    NewRow {
                        section,
                        id,
                        values,
                    },
                )
            })
            .collect();
        let mut edits = Vec::new();
        for write in self.deed(change)?.writes {
            let key = write.path.row.map(|row| (write.path.section, row));
            match key.and_then(|key| rows.get_mut(&key)) {
                Some(row) => row.values.push((write.path.name, write.after)),
                None => edits.push(Edit::Set(write.path, write.after)),
            }
        }
        edits.extend(rows.into_values().map(Edit::Add));
        Ok(edits)
    }

    fn values_at(&self, path: &FieldPath, heads: &[ChangeHash]) -> Result<Vec<Value>, RecordError> {
        let Some((object, spec)) = self.object_of(path).zip(path.spec()) else {
            return Ok(Vec::new());
        };
        let mut values = BTreeSet::new();
        for (value, id) in self.doc.get_all_at(&object, path.name, heads)? {
            values.extend(match value {
                automerge::Value::Scalar(scalar) => Value::from_scalar(spec.kind, &scalar),
                automerge::Value::Object(ObjType::Text) if spec.kind == ValueKind::Prose => {
                    let text = self.doc.text_at(&id, heads)?;
                    (!text.is_empty()).then_some(Value::Text(text))
                }
                automerge::Value::Object(_) => None,
            });
        }
        Ok(values.into_iter().collect())
    }

    /// What reads differently at two sets of heads.
    ///
    /// # Errors
    /// As [`CaseDocument::read`].
    pub fn difference(
        &self,
        from: &[Digest],
        to: &[Digest],
    ) -> Result<Vec<FieldChange>, RecordError> {
        // Before its first change a case has nothing in it.
        let then = if from.is_empty() {
            CaseRecord::default()
        } else {
            self.read_at(from)?
        };
        let now = self.read_at(to)?;
        let paths: BTreeSet<FieldPath> = then
            .all_fields()
            .chain(now.all_fields())
            .map(|(path, _)| path)
            .collect();
        let values = |record: &CaseRecord, path: &FieldPath| -> Vec<Value> {
            let standing = record.field(path).map(Field::standing).unwrap_or_default();
            let distinct: BTreeSet<Value> = standing.iter().map(|one| one.value.clone()).collect();
            distinct.into_iter().collect()
        };
        let changes = paths.into_iter().map(|path| FieldChange {
            then: values(&then, &path),
            now: values(&now, &path),
            path,
        });
        Ok(changes.filter(|change| change.then != change.now).collect())
    }

    /// The heads of a part of the changes: those of it that no other of it builds on.
    pub fn ends_of(&mut self, part: &BTreeSet<Digest>) -> Vec<Digest> {
        let mut ends = part.clone();
        for meta in self.doc.get_changes_meta(&[]) {
            if part.contains(&Digest::from_bytes(meta.hash.0)) {
                for dep in &meta.deps {
                    ends.remove(&Digest::from_bytes(dep.0));
                }
            }
        }
        ends.into_iter().collect()
    }

    /// Whether all of these changes are in the document.
    pub fn holds(&mut self, changes: &[Digest]) -> bool {
        change_hashes(changes)
            .iter()
            .all(|hash| self.doc.get_change_meta_by_hash(hash).is_some())
    }
}
