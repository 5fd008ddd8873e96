//! What a change of somebody else would do, judged before it does it: checks 7 and 9 of the gate.
//!
//! Each operation is resolved to a field of the schema by a map from Automerge's object ids to
//! parts of the case ([`Places`]), which grows with the document and is never searched
//! recursively. A change may write known fields with values of their kind, add rows, and edit free
//! text; it may not delete, count, mark, nest or make containers, and its writer needs the right
//! to each field ([`super::access`]). Choosing among different values needs a settlement's reason.
//!
//! Fields that this version does not know may come from a newer one: surveyors' scalars of a
//! sober name and size are kept unread, so that mixed versions stay one document.

use std::collections::HashMap;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{
    ActorId, AutoCommit, Change, ChangeHash, ExpandedChange, ObjId, ObjType, ROOT, ReadDoc,
    ScalarValue,
};

use super::access::{Deed, any_may};
use super::document::{CaseDocument, change_hashes};
use super::schema::{FieldPath, FieldSpec, Section, ValueKind, field, section};
use super::value::{MAX_TEXT_BYTES, Value};
use crate::domain::{CaseId, Digest, Role, RowId};

/// Most rows in one section.
pub const MAX_ROWS: usize = 2_000;
const MAX_UNKNOWN_NAME: usize = 40;

/// Under which terms a change is taken.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The case its envelope names.
    pub case: CaseId,
    /// What its writer may be.
    pub roles: &'a [Role],
    /// The newest change of the same device and epoch: it must be in this one's past.
    pub previous: Option<Digest>,
}

/// Which part of the case an object of the document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Section(Section),
    Row(Section, RowId),
    Text(FieldPath),
    /// A part that this version does not know.
    Unknown,
}

/// All places of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    by_object: HashMap<ObjId, Place>,
    rows: HashMap<Section, usize>,
}

impl Places {
    pub(super) fn get(&self, object: &ObjId) -> Option<&Place> {
        self.by_object.get(object)
    }

    fn put(&mut self, object: ObjId, place: Place) {
        if let Place::Row(section, _) = &place {
            *self.rows.entry(*section).or_default() += 1;
        }
        self.by_object.insert(object, place);
    }

    /// Takes over what a change made, once it is applied.
    pub(super) fn adopt(&mut self, fresh: Fresh) {
        for (object, place) in fresh.0 {
            self.put(object, place);
        }
    }

    pub(super) fn of(doc: &AutoCommit) -> Self {
        let mut places = Self::default();
        for section in Section::ALL {
            for (_, object) in objects(doc, &ROOT, section.key()) {
                places.put_section(doc, section, object);
            }
        }
        places
    }

    fn put_section(&mut self, doc: &AutoCommit, section: Section, object: ObjId) {
        if !section.has_rows() {
            self.put_texts(doc, (section, None), &object);
        }
        let rows: Vec<(RowId, ObjId)> = doc
            .map_range(&object, ..)
            .filter(|_| section.has_rows())
            .filter_map(|item| Some((row_id(&item.key)?, item.id())))
            .collect();
        for (id, row) in rows {
            self.put_texts(doc, (section, Some(id)), &row);
            self.put(row, Place::Row(section, id));
        }
        self.put(object, Place::Section(section));
    }

    fn put_texts(
        &mut self,
        doc: &AutoCommit,
        (section, row): (Section, Option<RowId>),
        at: &ObjId,
    ) {
        for spec in super::schema::fields(section).filter(|spec| spec.kind == ValueKind::Prose) {
            let path = FieldPath {
                section,
                row,
                name: spec.name,
            };
            for (kind, object) in objects(doc, at, spec.name) {
                if kind == ObjType::Text {
                    self.put(object, Place::Text(path.clone()));
                }
            }
        }
    }
}

/// Objects that stand under a key.
fn objects(doc: &AutoCommit, at: &ObjId, key: &str) -> Vec<(ObjType, ObjId)> {
    let all = doc.get_all(at, key).unwrap_or_default();
    all.into_iter()
        .filter_map(|(value, id)| match value {
            automerge::Value::Object(kind) => Some((kind, id)),
            automerge::Value::Scalar(_) => None,
        })
        .collect()
}

/// Objects that a change makes.
#[derive(Debug, Default)]
pub(super) struct Fresh(HashMap<ObjId, Place>);

impl Fresh {
    /// The rows among them.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Section, RowId)> {
        self.0.values().filter_map(|place| match place {
            Place::Row(section, row) => Some((*section, *row)),
            Place::Section(_) | Place::Text(_) | Place::Unknown => None,
        })
    }
}

/// The row that a key names; a second spelling of an id names none.
pub(super) fn row_id(key: &str) -> Option<RowId> {
    let plain = key
        .bytes()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let mut id = [0; 16];
    hex::decode_to_slice(key, &mut id).ok().filter(|()| plain)?;
    Some(RowId::from_bytes(id))
}

/// One value that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldWrite {
    /// Which field.
    pub(super) path: FieldPath,
    /// The value; nothing for an edit of a text.
    pub(super) value: Option<Value>,
    /// How many standing values it replaces.
    pub(super) replaces: usize,
    /// Which of the change's operations it is.
    pub(super) counter: u64,
}

/// The id of an object as Automerge names it outside; the index is only a hint.
fn object_id(OpId(counter, actor): &OpId) -> ObjId {
    ObjId::Id(*counter, actor.clone(), 0)
}

/// Whose rights are asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rights<'a> {
    /// Of a writer with these roles.
    Of(&'a [Role]),
    /// Nobody's: the change was let in before, and only what it says is wanted.
    Unasked,
}

impl Rights<'_> {
    fn allow(self, deed: Deed, spec: &FieldSpec) -> bool {
        match self {
            Self::Of(roles) => any_may(roles, deed, spec),
            Self::Unasked => true,
        }
    }

    fn allow_unknown(self) -> bool {
        match self {
            Self::Of(roles) => roles.contains(&Role::Surveyor),
            Self::Unasked => true,
        }
    }
}

/// A text that another value took the place of while somebody still wrote in it.
fn replaced_text(doc: &AutoCommit, object: &ObjId) -> Option<Place> {
    if doc.object_type(object).ok()? != ObjType::Text {
        return None;
    }
    let names: Vec<String> = doc
        .parents(object)
        .ok()?
        .map(|parent| parent.prop.to_string())
        .collect();
    let (key, row, name) = match names.as_slice() {
        [name, key] => (key, None, name),
        [name, row, key] => (key, Some(row_id(row)?), name),
        _ => return None,
    };
    let spec = field(section(key)?, name).filter(|spec| spec.kind == ValueKind::Prose)?;
    Some(Place::Text(FieldPath {
        section: spec.section,
        row,
        name: spec.name,
    }))
}

struct Examination<'a> {
    doc: &'a AutoCommit,
    places: &'a Places,
    case: Option<CaseId>,
    rights: Rights<'a>,
    actor: ActorId,
    is_first: bool,
    fresh: Fresh,
    writes: Vec<FieldWrite>,
}

type Judged = Result<(), String>;

impl CaseDocument {
    /// Draws the map of which object is which part of the case.
    fn draw_places(&mut self) {
        if self.places.is_none() {
            self.places = Some(Places::of(&self.doc));
        }
    }

    /// Checks 7 and 9. Says which objects the change would make.
    pub(super) fn examine(&mut self, change: &Change, terms: &Terms<'_>) -> Result<Fresh, String> {
        if change.deps().is_empty() && self.doc.stats().num_changes > 0 {
            return Err("a case has one first change".to_owned());
        }
        self.check_past(change, terms.previous)?;
        let rights = Rights::Of(terms.roles);
        let (fresh, writes) = self.writes_of(change, (Some(terms.case), rights))?;
        self.check_settled(change, &writes, terms.roles)?;
        Ok(fresh)
    }

    /// A device builds on everything it wrote before: two ends of one device are a fork.
    fn check_past(&mut self, change: &Change, previous: Option<Digest>) -> Judged {
        let Some(previous) = previous else {
            return Ok(());
        };
        let previous = ChangeHash(*previous.as_bytes());
        if change.deps().contains(&previous) {
            return Ok(());
        }
        let outside = self.doc.get_changes_meta(change.deps());
        if outside.iter().any(|other| other.hash == previous) {
            return Err("it does not build on its device's own last change".to_owned());
        }
        Ok(())
    }

    pub(super) fn writes_of(
        &mut self,
        change: &Change,
        (case, rights): (Option<CaseId>, Rights<'_>),
    ) -> Result<(Fresh, Vec<FieldWrite>), String> {
        self.writes_in((change, &change.decode()), (case, rights))
    }

    /// The same of a change that is decoded already.
    pub(super) fn writes_in(
        &mut self,
        (change, decoded): (&Change, &ExpandedChange),
        (case, rights): (Option<CaseId>, Rights<'_>),
    ) -> Result<(Fresh, Vec<FieldWrite>), String> {
        self.draw_places();
        let no_places = Places::default();
        let mut examination = Examination {
            doc: &self.doc,
            places: self.places.as_ref().unwrap_or(&no_places),
            case,
            rights,
            actor: decoded.actor_id.clone(),
            is_first: change.deps().is_empty(),
            fresh: Fresh::default(),
            writes: Vec::new(),
        };
        for (counter, op) in (decoded.start_op.get()..).zip(&decoded.operations) {
            examination.judge(counter, op)?;
        }
        let Examination { fresh, writes, .. } = examination;
        Ok((fresh, writes))
    }

    /// Different values are only replaced together with a settlement that says why.
    fn check_settled(&self, change: &Change, writes: &[FieldWrite], roles: &[Role]) -> Judged {
        let past: Vec<Digest> = change
            .deps()
            .iter()
            .map(|dep| Digest::from_bytes(dep.0))
            .collect();
        for write in writes.iter().filter(|write| write.replaces > 1) {
            let Some(spec) = write.path.spec().filter(|spec| spec.binding) else {
                continue;
            };
            if !self.differed(&write.path, &past) {
                continue;
            }
            if !any_may(roles, Deed::Settle, spec) {
                return Err(format!("its writer may not settle {}", write.path));
            }
            if !explains(writes, &write.path) {
                return Err(format!("it settles {} without a reason", write.path));
            }
        }
        Ok(())
    }

    /// Whether different values stood in a field at these heads.
    fn differed(&self, path: &FieldPath, heads: &[Digest]) -> bool {
        let Some((object, spec)) = self.object_of(path).zip(path.spec()) else {
            return false;
        };
        let heads = change_hashes(heads);
        let standing = self
            .doc
            .get_all_at(&object, path.name, &heads)
            .unwrap_or_default();
        let values: Vec<Option<Value>> = standing
            .iter()
            .map(|(value, _)| match value {
                automerge::Value::Scalar(scalar) => Value::from_scalar(spec.kind, scalar),
                automerge::Value::Object(_) => None,
            })
            .map(|value| match value {
                // Two reasons for one withdrawal are no difference.
                Some(Value::Text(text)) if path.name == "removed" && !text.is_empty() => None,
                other => other,
            })
            .collect();
        values.windows(2).any(|pair| pair.first() != pair.last())
    }

    pub(super) fn object_of(&self, path: &FieldPath) -> Option<ObjId> {
        let section = self.section(path.section).ok()?;
        match path.row {
            None => Some(section),
            Some(row) => self.child(&section, &row.to_string()).ok()?,
        }
    }
}

/// Whether a settlement row of the same change names the field and has a reason.
fn explains(writes: &[FieldWrite], path: &FieldPath) -> bool {
    let said = |row: Option<RowId>, name: &str| {
        writes.iter().find_map(|write| {
            let here = write.path.section == Section::Settlements
                && write.path.row == row
                && write.path.name == name;
            here.then(|| write.value.as_ref().map(ToString::to_string))?
        })
    };
    let wanted = path.to_string();
    writes
        .iter()
        .filter(|write| write.path.section == Section::Settlements && write.path.name == "path")
        .any(|write| {
            said(write.path.row, "path").as_deref() == Some(wanted.as_str())
                && said(write.path.row, "reason").is_some_and(|reason| !reason.trim().is_empty())
        })
}

impl Examination<'_> {
    fn judge(&mut self, counter: u64, op: &Op) -> Judged {
        let place = match &op.obj {
            ObjectId::Root => return self.judge_root(counter, op),
            ObjectId::Id(id) => {
                let object = object_id(id);
                let known = self
                    .fresh
                    .0
                    .get(&object)
                    .or_else(|| self.places.get(&object));
                known
                    .cloned()
                    .or_else(|| replaced_text(self.doc, &object))
                    .ok_or("it writes into something that is not in the case")?
            }
        };
        match place {
            Place::Section(section) if section.has_rows() => self.judge_row(section, counter, op),
            Place::Section(section) => self.judge_field(section, None, (counter, op)),
            Place::Row(section, row) => self.judge_field(section, Some(row), (counter, op)),
            Place::Text(path) => self.judge_text(path, (counter, op)),
            Place::Unknown => self.judge_unknown(op),
        }
    }

    /// The root holds the case's id, its schema and one container for each section, from the start.
    fn judge_root(&mut self, counter: u64, op: &Op) -> Judged {
        let Key::Map(key) = &op.key else {
            return Err("it breaks the case's outline".to_owned());
        };
        if !self.is_first {
            return Err("only a first change makes the case's outline".to_owned());
        }
        match (key.as_str(), &op.action) {
            ("schema", OpType::Put(ScalarValue::Uint(1..))) => Ok(()),
            ("case", OpType::Put(ScalarValue::Bytes(id))) => {
                if self
                    .case
                    .is_none_or(|case| id.as_slice() == case.as_bytes())
                {
                    Ok(())
                } else {
                    Err("the document is of another case than its envelope says".to_owned())
                }
            }
            (name, OpType::Make(ObjType::Map)) => {
                let place = section(name).map_or(Place::Unknown, Place::Section);
                self.make(counter, place);
                Ok(())
            }
            _ => Err(format!("the case's outline has no {key:?} of that kind")),
        }
    }

    fn judge_row(&mut self, section: Section, counter: u64, op: &Op) -> Judged {
        let (Key::Map(key), OpType::Make(ObjType::Map), true) =
            (&op.key, &op.action, op.pred.is_empty())
        else {
            return Err(format!(
                "{} holds rows, which are only added",
                section.key()
            ));
        };
        let row = row_id(key).ok_or("a row's key is its id")?;
        let fresh = self.fresh.0.values();
        let made = fresh
            .filter(|place| matches!(place, Place::Row(of, _) if *of == section))
            .count();
        let held = self.places.rows.get(&section).copied().unwrap_or_default();
        if made + held >= MAX_ROWS {
            return Err(format!("{} has {MAX_ROWS} rows already", section.key()));
        }
        self.make(counter, Place::Row(section, row));
        Ok(())
    }

    fn judge_field(
        &mut self,
        section: Section,
        row: Option<RowId>,
        (counter, op): (u64, &Op),
    ) -> Judged {
        let Key::Map(key) = &op.key else {
            return Err("a field has a name".to_owned());
        };
        let Some(spec) = field(section, key) else {
            return self.judge_unknown(op);
        };
        let path = FieldPath {
            section,
            row,
            name: spec.name,
        };
        self.check_right(&path, spec)?;
        let value = match &op.action {
            OpType::Make(ObjType::Text) if spec.kind == ValueKind::Prose => {
                self.make(counter, Place::Text(path.clone()));
                None
            }
            OpType::Put(scalar) => Some(
                Value::from_scalar(spec.kind, scalar)
                    .filter(
                        |value| !matches!(value, Value::Text(text) if text.len() > MAX_TEXT_BYTES),
                    )
                    .ok_or_else(|| format!("{path} takes no such value"))?,
            ),
            OpType::Make(_)
            | OpType::Delete
            | OpType::Increment(_)
            | OpType::MarkBegin(_)
            | OpType::MarkEnd(_) => {
                return Err(format!("{path} is written whole, never otherwise"));
            }
        };
        self.writes.push(FieldWrite {
            path,
            value,
            replaces: op.pred.len(),
            counter,
        });
        Ok(())
    }

    fn check_right(&self, path: &FieldPath, spec: &FieldSpec) -> Judged {
        let deed = if path.name == "removed" {
            Deed::Withdraw
        } else {
            Deed::Write
        };
        if self.rights.allow(deed, spec) {
            Ok(())
        } else {
            let word = if deed == Deed::Write {
                "write"
            } else {
                "withdraw"
            };
            Err(format!("its writer may not {word} {path}"))
        }
    }

    fn judge_text(&mut self, path: FieldPath, (counter, op): (u64, &Op)) -> Judged {
        if let Some(spec) = path.spec() {
            self.check_right(&path, spec)?;
        }
        let is_sober = match (&op.key, &op.action) {
            (Key::Seq(_), OpType::Put(ScalarValue::Str(text))) => op.insert && text.len() <= 64,
            (Key::Seq(_), OpType::Delete) => true,
            _ => false,
        };
        if !is_sober {
            return Err(format!("{path} is plain text"));
        }
        if self.writes.last().is_none_or(|last| last.path != path) {
            self.writes.push(FieldWrite {
                path,
                value: None,
                replaces: 1,
                counter,
            });
        }
        Ok(())
    }

    fn judge_unknown(&self, op: &Op) -> Judged {
        let sober_name = |name: &str| {
            name.len() <= MAX_UNKNOWN_NAME
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let sober_value = |scalar: &ScalarValue| match scalar {
            ScalarValue::Str(text) => text.len() <= MAX_TEXT_BYTES,
            ScalarValue::Bytes(bytes) => bytes.len() <= 1_024,
            ScalarValue::Int(_)
            | ScalarValue::Uint(_)
            | ScalarValue::F64(_)
            | ScalarValue::Timestamp(_)
            | ScalarValue::Boolean(_)
            | ScalarValue::Null => true,
            ScalarValue::Counter(_) | ScalarValue::Unknown { .. } => false,
        };
        match (&op.key, &op.action) {
            (Key::Map(name), OpType::Put(scalar))
                if sober_name(name) && sober_value(scalar) && self.rights.allow_unknown() =>
            {
                Ok(())
            }
            _ => Err("it writes something that the schema does not know".to_owned()),
        }
    }

    fn make(&mut self, counter: u64, place: Place) {
        let id = ObjId::Id(counter, self.actor.clone(), 0);
        self.fresh.0.insert(id, place);
    }
}
