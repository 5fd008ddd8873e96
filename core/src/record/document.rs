//! Writing: edits become one change; changes of others are applied one at a time.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::hydrate;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};

use super::schema::{FieldPath, SCHEMA_VERSION, Section};
use super::value::Value;
use crate::domain::{CaseId, DeviceId, Digest, Epoch, RowId, WallMs};

/// What can go wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The stored bytes are not a document.
    #[error("the case document cannot be read: {0}")]
    Unreadable(String),
    /// A section is missing: the document was not made by a first change of this schema.
    #[error("the case document has no section {0}")]
    NoSection(&'static str),
    /// The row does not exist.
    #[error("there is no row {row} in {section}")]
    NoRow {
        /// Where it was looked for.
        section: &'static str,
        /// Which one.
        row: RowId,
    },
    /// Automerge refused.
    #[error("the change cannot be applied: {0}")]
    Refused(String),
}

impl From<automerge::AutomergeError> for RecordError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// A new row with its first values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// Where.
    pub section: Section,
    /// Its id.
    pub id: RowId,
    /// Its values.
    pub values: Vec<(&'static str, Value)>,
}

/// One thing a person did to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Writes one value; over contested values it settles them.
    Set(FieldPath, Value),
    /// Adds a row.
    Add(NewRow),
}

/// A change that was written here and must now be wrapped and committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The uncompressed change chunk.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: Digest,
    /// Its actor.
    pub actor: Vec<u8>,
    /// Its number within the actor.
    pub seq: u64,
    /// Its highest operation counter.
    pub max_op: u64,
}

/// A fresh actor for one process session of one device; never used again.
pub fn actor(device: DeviceId, epoch: Epoch, session_nonce: &[u8; 16]) -> [u8; 16] {
    let digest = Digest::labelled(
        "lossbook/actor",
        &[device.as_bytes(), epoch.as_bytes(), session_nonce],
    );
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    id
}

/// The Automerge document of one case.
#[derive(Debug, Clone)]
pub struct CaseDocument {
    pub(super) doc: AutoCommit,
}

impl CaseDocument {
    /// A new case: its id, all containers and the first values in one change. The id keeps two
    /// cases that were reported alike in the same second apart.
    ///
    /// # Errors
    /// [`RecordError::Refused`] if Automerge refuses, which would be a bug.
    pub fn create(
        case: CaseId,
        actor: [u8; 16],
        first: &[Edit],
        at: WallMs,
    ) -> Result<(Self, Written), RecordError> {
        let mut sections: HashMap<&str, HashMap<String, hydrate::Value>> = Section::ALL
            .iter()
            .map(|section| (section.key(), HashMap::new()))
            .collect();
        for edit in first {
            let (section, key, value) = match edit {
                Edit::Set(path, value) => (
                    path.section,
                    path.name.to_owned(),
                    hydrate::Value::Scalar(value.to_scalar()),
                ),
                Edit::Add(row) => (row.section, row.id.to_string(), row_value(row)),
            };
            if let Some(map) = sections.get_mut(section.key()) {
                map.insert(key, value);
            }
        }
        let mut root: HashMap<String, hydrate::Value> = sections
            .into_iter()
            .map(|(key, map)| (key.to_owned(), hydrate::Value::Map(map.into())))
            .collect();
        root.insert(
            "schema".to_owned(),
            hydrate::Value::Scalar(ScalarValue::Uint(u64::from(SCHEMA_VERSION))),
        );
        let id = ScalarValue::Bytes(case.as_bytes().to_vec());
        root.insert("case".to_owned(), hydrate::Value::Scalar(id));
        let mut document = Self {
            doc: AutoCommit::new().with_actor(ActorId::from(actor)),
        };
        document.doc.init_root_from_hydrate(&root.into())?;
        let written = document
            .commit(at)?
            .ok_or_else(|| RecordError::Refused("the first change is empty".to_owned()))?;
        Ok((document, written))
    }

    /// A document with nothing in it, for a case that others began.
    pub fn empty() -> Self {
        Self {
            doc: AutoCommit::new(),
        }
    }

    /// From a saved document and the changes after it, as one byte string.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] for damaged bytes.
    pub fn load(bytes: &[u8]) -> Result<Self, RecordError> {
        let loaded = catch_unwind(|| AutoCommit::load(bytes));
        match loaded {
            Ok(Ok(doc)) => Ok(Self { doc }),
            Ok(Err(error)) => Err(RecordError::Unreadable(error.to_string())),
            Err(_) => Err(RecordError::Unreadable("reading it failed".to_owned())),
        }
    }

    /// Edits from now on are this session's.
    pub fn set_actor(&mut self, actor: [u8; 16]) {
        self.doc.set_actor(ActorId::from(actor));
    }

    /// Writes edits as one change; nothing if they change nothing.
    ///
    /// # Errors
    /// [`RecordError::NoRow`] for a row that does not exist; then nothing is written.
    pub fn write(&mut self, edits: &[Edit], at: WallMs) -> Result<Option<Written>, RecordError> {
        for edit in edits {
            if let Err(error) = self.put(edit) {
                self.doc.rollback();
                return Err(error);
            }
        }
        self.commit(at)
    }

    fn put(&mut self, edit: &Edit) -> Result<(), RecordError> {
        match edit {
            Edit::Set(path, value) => {
                let section = self.section(path.section)?;
                let target = match path.row {
                    None => section,
                    Some(row) => {
                        self.child(&section, &row.to_string())?
                            .ok_or(RecordError::NoRow {
                                section: path.section.key(),
                                row,
                            })?
                    }
                };
                self.doc.put(&target, path.name, value.to_scalar())?;
            }
            Edit::Add(row) => {
                let section = self.section(row.section)?;
                self.doc.batch_create_object(
                    &section,
                    row.id.to_string(),
                    &row_value(row),
                    false,
                )?;
            }
        }
        Ok(())
    }

    fn commit(&mut self, at: WallMs) -> Result<Option<Written>, RecordError> {
        let options = CommitOptions::default().with_time(at.0.div_euclid(1000));
        if self.doc.commit_with(options).is_none() {
            return Ok(None);
        }
        let change = self
            .doc
            .get_last_local_change()
            .ok_or_else(|| RecordError::Refused("the change was not kept".to_owned()))?;
        Ok(Some(Written {
            bytes: change.raw_bytes().to_vec(),
            hash: Digest::from_bytes(change.hash().0),
            actor: change.actor_id().to_bytes().to_vec(),
            seq: change.seq(),
            max_op: change.max_op(),
        }))
    }

    /// Applies one change that passed the gate. On any surprise the document is as before.
    ///
    /// # Errors
    /// [`RecordError::Refused`] with Automerge's reason.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        let before = self.doc.clone();
        let applied = catch_unwind(AssertUnwindSafe(|| {
            let change = Change::from_bytes(bytes.to_vec()).map_err(|error| error.to_string())?;
            let hash = change.hash();
            self.doc
                .apply_changes([change])
                .map_err(|error| error.to_string())?;
            // A change that Automerge only queued is not part of the document.
            match self.doc.get_change_by_hash(&hash) {
                Some(_) => Ok(()),
                None => Err("its past is not here".to_owned()),
            }
        }));
        match applied {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => {
                self.doc = before;
                Err(RecordError::Refused(why))
            }
            Err(_) => {
                self.doc = before;
                Err(RecordError::Refused("applying it failed".to_owned()))
            }
        }
    }

    /// The newest changes, sorted: what a decision or a statement names.
    pub fn heads(&mut self) -> Vec<Digest> {
        let mut heads: Vec<Digest> = self
            .doc
            .get_heads()
            .iter()
            .map(|hash| Digest::from_bytes(hash.0))
            .collect();
        heads.sort();
        heads
    }

    /// Changes that the given heads do not cover; all of them if a head is unknown here.
    pub fn changes_since(&mut self, heads: &[Digest]) -> Vec<Digest> {
        let known: Vec<automerge::ChangeHash> = heads
            .iter()
            .map(|head| automerge::ChangeHash(*head.as_bytes()))
            .collect();
        self.doc
            .get_changes(&known)
            .iter()
            .map(|change| Digest::from_bytes(change.hash().0))
            .collect()
    }

    /// The whole document with its history, compact.
    pub fn save(&mut self) -> Vec<u8> {
        self.doc.save()
    }

    pub(super) fn section(&self, section: Section) -> Result<ObjId, RecordError> {
        self.child(&ROOT, section.key())?
            .ok_or(RecordError::NoSection(section.key()))
    }

    pub(super) fn child(&self, parent: &ObjId, key: &str) -> Result<Option<ObjId>, RecordError> {
        Ok(self.doc.get(parent, key)?.and_then(|(value, id)| {
            matches!(value, automerge::Value::Object(ObjType::Map)).then_some(id)
        }))
    }
}

fn row_value(row: &NewRow) -> hydrate::Value {
    let fields: HashMap<String, hydrate::Value> = row
        .values
        .iter()
        .map(|(name, value)| {
            (
                (*name).to_owned(),
                hydrate::Value::Scalar(value.to_scalar()),
            )
        })
        .collect();
    hydrate::Value::Map(fields.into())
}
