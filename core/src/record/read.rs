//! Reading: every value that stands, with the change that wrote it, now or at earlier heads;
//! totals exact or a range with its causes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use automerge::iter::{DocItem, MapRangeItem};
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ValueRef};

use super::document::{CaseDocument, RecordError, change_hashes};
use super::examine::row_id;
use super::schema::{FieldPath, FieldSpec, Section, ValueKind, field};
use super::value::Value;
use crate::domain::{Digest, Money, MoneyRange, RowId, half_up};

/// A value that stands, and the change that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The value.
    pub value: Value,
    /// Hash of its change; the store knows whose it is.
    pub change: Digest,
}

/// All values that stand in one field; more than one only after concurrent writing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    standing: Vec<Standing>,
}

/// How a field reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldReading<'a> {
    /// Nobody wrote it.
    Absent,
    /// One value, written once or by several people independently.
    Agreed(&'a Value),
    /// Different values stand; nobody has settled them.
    Contested(&'a [Standing]),
}

impl Field {
    /// How it reads.
    pub fn reading(&self) -> FieldReading<'_> {
        match self.standing.as_slice() {
            [] => FieldReading::Absent,
            [first, rest @ ..] if rest.iter().all(|other| other.value == first.value) => {
                FieldReading::Agreed(&first.value)
            }
            all => FieldReading::Contested(all),
        }
    }

    /// The value, if nobody disputes it.
    pub fn agreed(&self) -> Option<&Value> {
        match self.reading() {
            FieldReading::Agreed(value) => Some(value),
            FieldReading::Absent | FieldReading::Contested(_) => None,
        }
    }

    /// Every value that stands.
    pub fn standing(&self) -> &[Standing] {
        &self.standing
    }

    /// Whether two or more people wrote the same value independently.
    pub fn is_corroborated(&self) -> bool {
        self.standing.len() > 1 && self.agreed().is_some()
    }
}

/// Whether a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Withdrawal {
    /// It does.
    #[default]
    Stands,
    /// Everybody agrees that it does not.
    Withdrawn,
    /// One person withdrew it while another edited or kept it: it is kept, and somebody is asked.
    Asked,
}

/// One row of a section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Its fields, by name.
    pub fields: BTreeMap<&'static str, Field>,
    /// Whether it counts.
    pub withdrawal: Withdrawal,
    /// If it was withdrawn: fields that were written by somebody who did not see that.
    pub written_apart: Vec<&'static str>,
}

impl Row {
    /// A field; absent if nobody wrote it.
    pub fn field(&self, name: &str) -> &Field {
        static ABSENT: Field = Field {
            standing: Vec::new(),
        };
        self.fields.get(name).unwrap_or(&ABSENT)
    }

    /// A text nobody disputes, or nothing.
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name).agreed().map(ToString::to_string)
    }

    /// What a loss line comes to: exact, or a range while figures disagree.
    pub fn line_amount(&self) -> MoneyRange {
        line_range(self)
    }

    /// Whether everybody agrees that it is withdrawn.
    pub fn is_removed(&self) -> bool {
        self.withdrawal == Withdrawal::Withdrawn
    }
}

/// A case as it reads now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseRecord {
    /// Fields of sections without rows.
    pub fields: BTreeMap<Section, Row>,
    /// Rows of the other sections.
    pub rows: BTreeMap<Section, BTreeMap<RowId, Row>>,
}

impl CaseRecord {
    /// A section's own fields.
    pub fn section(&self, section: Section) -> &Row {
        static EMPTY: Row = Row {
            fields: BTreeMap::new(),
            withdrawal: Withdrawal::Stands,
            written_apart: Vec::new(),
        };
        self.fields.get(&section).unwrap_or(&EMPTY)
    }

    /// A section's rows, in the order they were made.
    pub fn rows(&self, section: Section) -> impl Iterator<Item = (&RowId, &Row)> {
        self.rows.get(&section).into_iter().flatten()
    }

    /// A field anywhere in the case.
    pub fn field(&self, path: &FieldPath) -> Option<&Field> {
        let row = match path.row {
            None => self.fields.get(&path.section)?,
            Some(id) => self.rows.get(&path.section)?.get(&id)?,
        };
        row.fields.get(path.name)
    }

    /// Every field with its path, in a fixed order.
    pub fn all_fields(&self) -> impl Iterator<Item = (FieldPath, &Field)> {
        let single = self.fields.iter().flat_map(|(section, row)| {
            row.fields.iter().map(move |(name, field)| {
                (
                    FieldPath {
                        section: *section,
                        row: None,
                        name,
                    },
                    field,
                )
            })
        });
        let rows = self.rows.iter().flat_map(|(section, rows)| {
            rows.iter().flat_map(move |(id, row)| {
                row.fields.iter().map(move |(name, field)| {
                    (
                        FieldPath {
                            section: *section,
                            row: Some(*id),
                            name,
                        },
                        field,
                    )
                })
            })
        });
        single.chain(rows)
    }

    /// Everything that somebody must settle before a signature or an approval, in a fixed order.
    pub fn disputes(&self) -> Vec<(FieldPath, Dispute)> {
        let payees = self.payees();
        let rows_are_kept = |path: &FieldPath| {
            let row = path
                .row
                .and_then(|id| self.rows.get(&path.section)?.get(&id));
            !row.is_some_and(Row::is_removed)
        };
        self.all_fields()
            .filter(|(path, _)| path.spec().is_some_and(|spec| spec.binding) && rows_are_kept(path))
            .filter_map(|(path, field)| {
                let kind = if path.name == "removed" {
                    let row = self.rows.get(&path.section)?.get(&path.row?)?;
                    (row.withdrawal == Withdrawal::Asked).then_some(Dispute::Withdrawal)?
                } else if matches!(field.reading(), FieldReading::Contested(_)) {
                    Dispute::Values
                } else if payees.len() > 1
                    && path.name == "role"
                    && path.row.is_some_and(|row| payees.contains(&row))
                {
                    Dispute::Payees
                } else {
                    return None;
                };
                Some((path, kind))
            })
            .collect()
    }

    /// Where somebody must settle something.
    pub fn contested(&self) -> Vec<FieldPath> {
        self.disputes().into_iter().map(|(path, _)| path).collect()
    }

    /// Whether a field must be settled rather than written over: also in a row that is withdrawn,
    /// which has to stand again first.
    pub fn must_be_settled(&self, path: &FieldPath) -> bool {
        let is_binding = path.spec().is_some_and(|spec| spec.binding);
        let differs = self.field(path).is_some_and(|field| {
            path.name != "removed" && matches!(field.reading(), FieldReading::Contested(_))
        });
        (is_binding && differs) || self.contested().contains(path)
    }

    /// Parties that stand as payee. A case pays one (R30, R314: what clashes is raised, not dropped).
    pub fn payees(&self) -> Vec<RowId> {
        self.rows(Section::Parties)
            .filter(|(_, row)| !row.is_removed() && is_payee(row))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Pairs of loss lines that look like the same damage entered twice: same room, same item.
    /// They are only suggested; whoever looks decides.
    pub fn likely_duplicates(&self) -> Vec<(RowId, RowId)> {
        let mut seen: BTreeMap<(String, String), RowId> = BTreeMap::new();
        let mut pairs = Vec::new();
        for (id, row) in self
            .rows(Section::Lines)
            .filter(|(_, row)| !row.is_removed())
        {
            let Some(item) = row.text("item") else {
                continue;
            };
            let key = (fold(&row.text("room").unwrap_or_default()), fold(&item));
            match seen.get(&key) {
                Some(first) => pairs.push((*first, *id)),
                None => {
                    seen.insert(key, *id);
                }
            }
        }
        pairs
    }

    /// Photos of the case that are not withdrawn: row and digest.
    pub fn photos(&self) -> impl Iterator<Item = (&RowId, Digest, &Row)> {
        self.rows(Section::Photos)
            .filter(|(_, row)| !row.is_removed())
            .filter_map(|(id, row)| match row.field("sha256").agreed() {
                Some(Value::Digest(digest)) => Some((id, *digest, row)),
                Some(Value::Text(_) | Value::Money(_) | Value::Number(_) | Value::Time(_))
                | None => None,
            })
    }

    /// Why the total is a range: the lines' fields that are in dispute.
    pub fn total_causes(&self) -> Vec<FieldPath> {
        self.contested()
            .into_iter()
            .filter(|path| {
                path.section == Section::Lines && matches!(path.name, "amount" | "removed")
            })
            .collect()
    }

    /// The sum of all lines that stand: exact, or a range while amounts are contested. Nothing if
    /// the sum leaves the range of money.
    pub fn total(&self) -> Option<MoneyRange> {
        self.rows(Section::Lines)
            .map(|(_, row)| line_range(row))
            .try_fold(MoneyRange::default(), MoneyRange::checked_add)
    }
}

/// What one line can come to: quantity × unit price, half a fen upwards, where a price stands;
/// else the amount that was written. A disputed withdrawal may make it nothing.
fn line_range(row: &Row) -> MoneyRange {
    if row.is_removed() {
        return MoneyRange::default();
    }
    let prices = amounts(row, "unit_price");
    let mut all = if prices.is_empty() {
        amounts(row, "amount")
    } else {
        let mut products = Vec::new();
        for quantity in quantities(row) {
            products.extend(prices.iter().map(|price| product(quantity, *price)));
        }
        products
    };
    all.extend((row.withdrawal == Withdrawal::Asked).then_some(Money::ZERO));
    MoneyRange {
        low: all.iter().min().copied().unwrap_or_default(),
        high: all.iter().max().copied().unwrap_or_default(),
    }
}

fn amounts(row: &Row, name: &str) -> Vec<Money> {
    let standing = row.field(name).standing().iter();
    let money = standing.filter_map(|one| match one.value {
        Value::Money(money) => Some(money),
        Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Digest(_) => None,
    });
    money.collect()
}

/// In thousandths; one piece if nobody wrote a quantity.
fn quantities(row: &Row) -> Vec<i64> {
    let standing = row.field("quantity").standing().iter();
    let numbers = standing.filter_map(|one| match one.value {
        Value::Number(number) => Some(number.0),
        Value::Text(_) | Value::Money(_) | Value::Time(_) | Value::Digest(_) => None,
    });
    let all: Vec<i64> = numbers.collect();
    if all.is_empty() { vec![1000] } else { all }
}

fn product(thousandths: i64, price: Money) -> Money {
    half_up(
        i128::from(thousandths).saturating_mul(i128::from(price.fen())),
        1000,
    )
}

/// What kind of decision a dispute asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dispute {
    /// Which of the values that stand is right.
    Values,
    /// Whether a row that one withdrew and another edited is kept.
    Withdrawal,
    /// Which of several parties is paid.
    Payees,
}

/// Whether any standing role of a party makes it the payee.
fn is_payee(row: &Row) -> bool {
    let roles = row.field("role").standing();
    roles
        .iter()
        .any(|one| matches!(fold(&one.value.to_string()).as_str(), "payee" | "收款人"))
}

/// Letters without case and white space: for comparing what two people typed.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

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
