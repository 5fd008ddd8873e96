//! What a case reads as: every value that stands, with the change that wrote it; what is in dispute;
//! totals exact or a range with its causes. The document is walked in [`super::walk`].

use std::collections::BTreeMap;

use super::schema::{FieldPath, Section};
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
    pub(super) standing: Vec<Standing>,
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
