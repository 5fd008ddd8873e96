//! Writing: edits become one change; changes of others are applied one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::hydrate;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, AutoCommit, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue,
    TextEncoding,
};

use super::examine::{Places, Terms};
use super::schema::{FieldPath, SCHEMA_VERSION, Section, ValueKind, field};
use super::value::Value;
use crate::domain::{CaseId, DeviceId, Digest, Epoch, RowId, WallMs};

/// Most unmerged ends of a document: an honest device always has one.
pub const MAX_HEADS: usize = 64;
/// Most changes in one document.
pub const MAX_CHANGES: u64 = 20_000;
/// Highest operation counter in one document.
pub const MAX_OP: u64 = 1_000_000;

/// A device stops writing here: what others write meanwhile, not seeing it, still finds room.
pub const OWN_CHANGES: u64 = 18_000;
/// The same for operations.
pub const OWN_OPS: u64 = 900_000;

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
    /// The document is as large as it may become; it is as before, and stays readable.
    #[error(
        "the case has {changes} changes, as many as it may have: report what is new as a case of its own that names this one"
    )]
    Full {
        /// How many it has.
        changes: u64,
    },
    /// A rule of the gate or Automerge refused; the document is as before.
    #[error("{0}")]
    Refused(String),
    /// Applying it failed half way: the document in memory must be loaded again.
    #[error("applying the change failed; the document is loaded again")]
    Broken,
}

impl From<automerge::AutomergeError> for RecordError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Refused(format!("the change cannot be applied: {error}"))
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
    /// Which object of the document is which part of the case; drawn when first needed.
    pub(super) places: Option<Places>,
    /// The schema that is written: older only in tests of old apps.
    schema: u32,
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
        Self::create_as(SCHEMA_VERSION, case, (actor, at), first)
    }

    /// As an app of that schema would make it: for tests of old apps.
    ///
    /// # Errors
    /// As [`CaseDocument::create`].
    pub fn create_as(
        schema: u32,
        case: CaseId,
        (actor, at): ([u8; 16], WallMs),
        first: &[Edit],
    ) -> Result<(Self, Written), RecordError> {
        let mut document = Self::of(AutoCommit::new().with_actor(ActorId::from(actor)));
        document.schema = schema;
        let mut root = hydrate::Map::default();
        for section in Section::ALL {
            if section.since() <= schema.max(1) {
                let texts = document.first_texts(section);
                put_plain(&mut root, section.key(), hydrate::Value::Map(texts));
            }
        }
        for edit in first {
            let (section, key, value) = match edit {
                Edit::Set(path, value) => (
                    path.section,
                    path.name.to_owned(),
                    document.hydrated(path.section, path.name, value),
                ),
                Edit::Add(row) => (row.section, row.id.to_string(), document.row_value(row)),
            };
            if let Some(hydrate::Value::Map(map)) = root.get_mut(section.key()) {
                put_plain(map, key, value);
            }
        }
        let schema = ScalarValue::Uint(u64::from(schema));
        put_plain(&mut root, "schema", hydrate::Value::Scalar(schema));
        let id = ScalarValue::Bytes(case.as_bytes().to_vec());
        put_plain(&mut root, "case", hydrate::Value::Scalar(id));
        document.doc.init_root_from_hydrate(&root)?;
        let written = document
            .commit(at)?
            .ok_or_else(|| RecordError::Refused("the first change is empty".to_owned()))?;
        Ok((document, written))
    }

    /// A document with nothing in it, for a case that others began.
    pub fn empty() -> Self {
        Self::of(AutoCommit::new())
    }

    fn of(doc: AutoCommit) -> Self {
        Self {
            doc,
            places: None,
            schema: SCHEMA_VERSION,
        }
    }

    /// Writes from now on as an app of that schema would: for tests of old apps.
    pub fn write_as(&mut self, schema: u32) {
        self.schema = schema;
    }

    /// From a saved document and the changes after it, as one byte string.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] for damaged bytes.
    pub fn load(bytes: &[u8]) -> Result<Self, RecordError> {
        let loaded = catch_unwind(|| AutoCommit::load(bytes));
        match loaded {
            Ok(Ok(doc)) => Ok(Self::of(doc)),
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
    /// [`RecordError::NoRow`] for a row that does not exist, [`RecordError::Full`]; then nothing is
    /// written.
    pub fn write(&mut self, edits: &[Edit], at: WallMs) -> Result<Option<Written>, RecordError> {
        let stats = self.doc.stats();
        if stats.num_changes >= OWN_CHANGES || stats.num_ops >= OWN_OPS {
            return Err(RecordError::Full {
                changes: stats.num_changes,
            });
        }
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
                if self.is_merged_text(path.section, path.name) {
                    return self.put_text(&target, path.name, &value.to_string());
                }
                // Among several values Automerge would "put" one by deleting the others; two people
                // who choose differently would then delete both. So the chosen one is new.
                if self.doc.get_all(&target, path.name)?.len() > 1 {
                    self.doc
                        .put(&target, path.name, value.another().to_scalar())?;
                }
                self.doc.put(&target, path.name, value.to_scalar())?;
            }
            Edit::Add(row) => {
                let section = self.section(row.section)?;
                let value = self.row_value(row);
                self.doc
                    .batch_create_object(&section, row.id.to_string(), &value, false)?;
                self.places = None;
            }
        }
        Ok(())
    }

    /// Changes one text by its difference, so that others' changes to it merge. Where an older app
    /// wrote a plain value, or several texts stand, one new text takes their place.
    fn put_text(&mut self, target: &ObjId, name: &str, text: &str) -> Result<(), RecordError> {
        let standing = self.doc.get_all(target, name)?;
        let object = match standing.as_slice() {
            [(automerge::Value::Object(ObjType::Text), id)] => id.clone(),
            [(automerge::Value::Scalar(scalar), _)] if scalar.as_str() == Some(text) => {
                return Ok(());
            }
            _ => {
                self.places = None;
                self.doc.put_object(target, name, ObjType::Text)?
            }
        };
        Ok(self.doc.update_text(&object, text)?)
    }

    fn is_merged_text(&self, section: Section, name: &str) -> bool {
        self.schema > 1
            && section.has_prose()
            && field(section, name).is_some_and(|spec| spec.kind == ValueKind::Prose)
    }

    /// The texts that a section holds from the start, so that first words written apart merge.
    fn first_texts(&self, section: Section) -> hydrate::Map {
        let mut texts = hydrate::Map::default();
        for spec in super::schema::fields(section) {
            if !section.has_rows() && self.is_merged_text(section, spec.name) {
                put_plain(&mut texts, spec.name, text_object(""));
            }
        }
        texts
    }

    fn hydrated(&self, section: Section, name: &str, value: &Value) -> hydrate::Value {
        if self.is_merged_text(section, name) {
            text_object(&value.to_string())
        } else {
            hydrate::Value::Scalar(value.to_scalar())
        }
    }

    fn row_value(&self, row: &NewRow) -> hydrate::Value {
        let mut fields = hydrate::Map::default();
        fields.reserve(row.values.len());
        for (name, value) in &row.values {
            put_plain(&mut fields, *name, self.hydrated(row.section, name, value));
        }
        hydrate::Value::Map(fields)
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

    /// Takes a change of somebody else in: checks 7 (its writer's past), 9 (schema and roles), 10
    /// (apply, compare) and 11 (caps) of the gate. Checks 5 to 8 came before, in `chain`.
    ///
    /// # Errors
    /// [`RecordError::Refused`], and the document is as before; [`RecordError::Broken`], and it
    /// must be loaded again.
    pub fn take(&mut self, change: Change, terms: &Terms<'_>) -> Result<(), RecordError> {
        let fresh = self.examine(&change, terms).map_err(RecordError::Refused)?;
        self.check_caps(&change)?;
        self.apply_change(change)?;
        if let Some(places) = &mut self.places {
            places.adopt(fresh);
        }
        Ok(())
    }

    fn check_caps(&mut self, change: &Change) -> Result<(), RecordError> {
        let refused = |why: &str| Err(RecordError::Refused(why.to_owned()));
        if self.doc.stats().num_changes >= MAX_CHANGES || change.max_op() > MAX_OP {
            return refused("the case document is full");
        }
        let heads = self.doc.get_heads();
        let merged = heads
            .iter()
            .filter(|head| change.deps().contains(head))
            .count();
        if heads.len() + 1 - merged > MAX_HEADS {
            return refused("too many unmerged ends: merge before writing");
        }
        Ok(())
    }

    /// Applies a change that was let in before, from its bytes.
    ///
    /// # Errors
    /// As [`CaseDocument::take`].
    pub fn apply(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        let read = catch_unwind(|| Change::from_bytes(bytes.to_vec()));
        match read {
            Ok(Ok(change)) => {
                self.places = None;
                self.apply_change(change)
            }
            Ok(Err(error)) => Err(RecordError::Refused(error.to_string())),
            Err(_) => Err(RecordError::Refused("reading the change failed".to_owned())),
        }
    }

    /// A change whose past is missing is never given to Automerge, which would queue and save it.
    fn apply_change(&mut self, change: Change) -> Result<(), RecordError> {
        let doc = &mut self.doc;
        let applied = catch_unwind(AssertUnwindSafe(|| {
            let known = |hash: &ChangeHash, doc: &mut AutoCommit| {
                doc.get_heads().contains(hash) || doc.get_change_meta_by_hash(hash).is_some()
            };
            if !change.deps().iter().all(|dep| known(dep, doc)) {
                return Err(RecordError::Refused("its past is not here".to_owned()));
            }
            let hash = change.hash();
            doc.apply_changes([change])?;
            if known(&hash, doc) {
                Ok(())
            } else {
                Err(RecordError::Broken)
            }
        }));
        applied.unwrap_or(Err(RecordError::Broken))
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
        self.doc
            .get_changes_meta(&change_hashes(heads))
            .iter()
            .map(|change| Digest::from_bytes(change.hash.0))
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

fn put_plain(map: &mut hydrate::Map, key: impl Into<String>, value: hydrate::Value) {
    let conflict = false;
    map.insert(key.into(), hydrate::MapValue { value, conflict });
}

fn text_object(text: &str) -> hydrate::Value {
    hydrate::Value::text(TextEncoding::platform_default(), text)
}

/// As Automerge names a change.
pub(super) fn change_hashes(digests: &[Digest]) -> Vec<ChangeHash> {
    digests
        .iter()
        .map(|digest| ChangeHash(*digest.as_bytes()))
        .collect()
}
