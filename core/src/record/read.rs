//! Reading: every value that stands, with the change that wrote it; totals exact or a range.

use std::collections::BTreeMap;

use automerge::{ObjId, ReadDoc};

use super::document::{CaseDocument, RecordError};
use super::schema::{FieldPath, Section, fields};
use super::value::Value;
use crate::domain::{Digest, Money, MoneyRange, RowId};

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

/// One row of a section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Its fields, by name.
    pub fields: BTreeMap<&'static str, Field>,
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

    /// Whether everybody agrees that it is withdrawn.
    pub fn is_removed(&self) -> bool {
        self.field("removed").agreed().is_some()
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

    /// Binding fields in which different values stand.
    pub fn contested(&self) -> Vec<FieldPath> {
        self.all_fields()
            .filter(|(path, field)| {
                path.spec().is_some_and(|spec| spec.binding)
                    && matches!(field.reading(), FieldReading::Contested(_))
            })
            .map(|(path, _)| path)
            .collect()
    }

    /// Photos of the case that are not withdrawn: row and digest.
    pub fn photos(&self) -> impl Iterator<Item = (&RowId, Digest, &Row)> {
        self.rows(Section::Photos)
            .filter(|(_, row)| !row.is_removed())
            .filter_map(|(id, row)| match row.field("sha256").agreed() {
                Some(Value::Digest(digest)) => Some((id, *digest, row)),
                _ => None,
            })
    }

    /// The sum of all lines that stand: exact, or a range while amounts are contested. Nothing if
    /// the sum leaves the range of money.
    pub fn total(&self) -> Option<MoneyRange> {
        self.rows(Section::Lines)
            .map(|(_, row)| line_range(row))
            .try_fold(MoneyRange::default(), MoneyRange::checked_add)
    }
}

/// What one line can come to. A disputed withdrawal may make it nothing.
fn line_range(row: &Row) -> MoneyRange {
    if row.is_removed() {
        return MoneyRange::default();
    }
    let amounts = row
        .field("amount")
        .standing()
        .iter()
        .filter_map(|standing| match standing.value {
            Value::Money(money) => Some(money),
            Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Digest(_) => None,
        });
    let zero = if matches!(row.field("removed").reading(), FieldReading::Contested(_)) {
        Some(Money::ZERO)
    } else {
        None
    };
    let (low, high) =
        amounts
            .chain(zero)
            .fold((None::<Money>, None::<Money>), |(low, high), amount| {
                (
                    Some(low.map_or(amount, |low| low.min(amount))),
                    Some(high.map_or(amount, |high| high.max(amount))),
                )
            });
    MoneyRange {
        low: low.unwrap_or_default(),
        high: high.unwrap_or_default(),
    }
}

impl CaseDocument {
    /// Reads the whole case, to its fixed depth of three.
    ///
    /// # Errors
    /// [`RecordError`] if the document was not made by this schema.
    pub fn read(&self) -> Result<CaseRecord, RecordError> {
        let mut record = CaseRecord::default();
        for section in Section::ALL {
            let object = self.section(section)?;
            if section.has_rows() {
                record
                    .rows
                    .insert(section, self.read_rows(section, &object)?);
            } else {
                record
                    .fields
                    .insert(section, self.read_row(section, &object)?);
            }
        }
        Ok(record)
    }

    fn read_rows(
        &self,
        section: Section,
        object: &ObjId,
    ) -> Result<BTreeMap<RowId, Row>, RecordError> {
        let mut rows = BTreeMap::new();
        let keys: Vec<String> = self.doc.keys(object).collect();
        for key in keys {
            let Ok(id) = key.parse::<RowId>() else {
                continue;
            };
            if let Some(row) = self.child(object, &key)? {
                rows.insert(id, self.read_row(section, &row)?);
            }
        }
        Ok(rows)
    }

    fn read_row(&self, section: Section, object: &ObjId) -> Result<Row, RecordError> {
        let mut row = Row::default();
        for spec in fields(section) {
            let mut standing = Vec::new();
            for (value, id) in self.doc.get_all(object, spec.name)? {
                let automerge::Value::Scalar(scalar) = value else {
                    continue;
                };
                let Some(value) = Value::from_scalar(spec.kind, &scalar) else {
                    continue;
                };
                let change = self
                    .doc
                    .hash_for_opid(&id)
                    .map_or(Digest::ZERO, |hash| Digest::from_bytes(hash.0));
                standing.push(Standing { value, change });
            }
            if !standing.is_empty() {
                standing.sort_by(|a, b| (&a.value, &a.change).cmp(&(&b.value, &b.change)));
                row.fields.insert(spec.name, Field { standing });
            }
        }
        Ok(row)
    }
}
