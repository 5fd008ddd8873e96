//! What a case document holds: sections, their fields, and what each field means for others.
//!
//! The table is the one place that knows field names; reading, writing, the command line, signed
//! fields and the gate of later versions all follow it. Additive only: a name never changes type.

use std::fmt;
use std::str::FromStr;

use crate::domain::{IdParseError, RowId};

/// Version written into the first change of a case.
pub const SCHEMA_VERSION: u32 = 1;

/// A part of a case document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// The first notice of loss (报案): R71, R80.
    Report,
    /// First contact and arrival on the scene.
    Times,
    /// People: householder, payee, driver, witness (R78).
    Parties,
    /// What is insured or touched by the loss (R50).
    Objects,
    /// Photos that belong to the case.
    Photos,
    /// Measured damage (R43).
    Damage,
    /// Priced loss items (损失清单, R81).
    Lines,
    /// Free remarks.
    Notes,
    /// Who settled which disputed value, and why.
    Settlements,
}

impl Section {
    /// All, in the order people read them.
    pub const ALL: [Self; 9] = [
        Self::Report,
        Self::Times,
        Self::Parties,
        Self::Objects,
        Self::Photos,
        Self::Damage,
        Self::Lines,
        Self::Notes,
        Self::Settlements,
    ];

    /// Its key in the document and on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Times => "times",
            Self::Parties => "parties",
            Self::Objects => "objects",
            Self::Photos => "photos",
            Self::Damage => "damage",
            Self::Lines => "lines",
            Self::Notes => "notes",
            Self::Settlements => "settlements",
        }
    }

    /// Whether it holds rows with ids, rather than fields.
    pub const fn has_rows(self) -> bool {
        !matches!(self, Self::Report | Self::Times)
    }
}

/// How a field's text becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Words.
    Text,
    /// Whole fen; typed as yuan.
    Money,
    /// Thousandths of a unit (m², pieces); typed with up to three decimals.
    Number,
    /// Milliseconds since 1970 UTC.
    Time,
    /// A SHA-256 digest.
    Digest,
    /// Degrees and the datum they are on: R90.
    Position,
}

/// One field and what hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Where it stands.
    pub section: Section,
    /// Its key.
    pub name: &'static str,
    /// Its type.
    pub kind: ValueKind,
    /// Concurrent different values must be settled before approval, and a signature covers it.
    pub binding: bool,
    /// For people: Chinese.
    pub zh: &'static str,
    /// For people: English.
    pub en: &'static str,
}

const fn spec(
    section: Section,
    name: &'static str,
    kind: ValueKind,
    binding: Binding,
    (zh, en): (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec {
        section,
        name,
        kind,
        binding: matches!(binding, Signed),
        zh,
        en,
    }
}

/// Whether a signature covers the field.
enum Binding {
    Signed,
    Free,
}

use Binding::{Free, Signed};
use Section::{Damage, Lines, Notes, Objects, Parties, Photos, Report, Settlements, Times};
use ValueKind::{Digest, Money, Number, Position, Text, Time};

const FIELDS: &[FieldSpec] = &[
    spec(Report, "household", Text, Signed, ("户主", "household")),
    spec(Report, "reporter", Text, Free, ("报案人", "reporter")),
    spec(Report, "phone", Text, Free, ("联系电话", "phone")),
    spec(
        Report,
        "policy_no",
        Text,
        Signed,
        ("保险单号", "policy number"),
    ),
    spec(Report, "cause", Text, Signed, ("出险原因", "cause of loss")),
    spec(
        Report,
        "occurred_at",
        Text,
        Signed,
        ("出险时间", "time of loss"),
    ),
    spec(Report, "place", Text, Free, ("出险地点", "place of loss")),
    spec(
        Report,
        "position",
        Position,
        Free,
        ("出险经纬度", "position of loss"),
    ),
    spec(
        Report,
        "course",
        Text,
        Free,
        ("出险经过", "course of events"),
    ),
    spec(
        Times,
        "contacted_at",
        Time,
        Free,
        ("首次联系时间", "first contact"),
    ),
    spec(
        Times,
        "arrived_at",
        Time,
        Free,
        ("到达现场时间", "arrival on scene"),
    ),
    spec(Parties, "name", Text, Signed, ("姓名", "name")),
    spec(Parties, "role", Text, Signed, ("身份", "role")),
    spec(Parties, "id_no", Text, Signed, ("身份证号码", "ID number")),
    spec(Parties, "phone", Text, Free, ("联系方式", "phone")),
    spec(
        Parties,
        "account",
        Text,
        Signed,
        ("收款账号", "payee account"),
    ),
    spec(
        Objects,
        "kind",
        Text,
        Signed,
        ("标的种类", "kind of object"),
    ),
    spec(Objects, "label", Text, Signed, ("标的名称", "object")),
    spec(Objects, "address", Text, Free, ("房屋地址", "address")),
    spec(
        Objects,
        "position",
        Position,
        Free,
        ("标的经纬度", "position of the object"),
    ),
    spec(
        Objects,
        "structure",
        Text,
        Signed,
        ("房屋结构", "structure"),
    ),
    spec(
        Objects,
        "area",
        Number,
        Signed,
        ("建筑面积", "floor area m²"),
    ),
    spec(
        Photos,
        "sha256",
        Digest,
        Signed,
        ("照片指纹", "photo digest"),
    ),
    spec(Photos, "slot", Text, Free, ("拍摄项", "shot")),
    spec(Photos, "caption", Text, Free, ("说明", "caption")),
    spec(Damage, "object", Text, Free, ("标的", "object")),
    spec(Damage, "room", Text, Signed, ("房间", "room")),
    spec(Damage, "grade", Text, Signed, ("受损等级", "damage grade")),
    spec(
        Damage,
        "area",
        Number,
        Signed,
        ("受损面积", "damaged area m²"),
    ),
    spec(Lines, "item", Text, Signed, ("损失项目", "loss item")),
    spec(Lines, "room", Text, Signed, ("房间", "room")),
    spec(Lines, "unit", Text, Signed, ("单位", "unit")),
    spec(Lines, "quantity", Number, Signed, ("数量", "quantity")),
    spec(Lines, "unit_price", Money, Signed, ("单价", "unit price")),
    spec(Lines, "amount", Money, Signed, ("金额", "amount")),
    spec(Notes, "text", Text, Free, ("备注", "note")),
    spec(Settlements, "path", Text, Free, ("争议项", "settled field")),
    spec(
        Settlements,
        "chosen",
        Text,
        Free,
        ("采用值", "chosen value"),
    ),
    spec(Settlements, "reason", Text, Free, ("理由", "reason")),
    spec(Settlements, "by", Text, Free, ("处理人", "settled by")),
];

/// A row with this field set is withdrawn, with the reason as its value; it stays readable.
const REMOVED: FieldSpec = spec(
    Lines,
    "removed",
    Text,
    Signed,
    ("撤销理由", "withdrawn because"),
);

/// All fields of a section.
pub fn fields(section: Section) -> impl Iterator<Item = &'static FieldSpec> {
    let removed = section.has_rows().then_some(&REMOVED);
    FIELDS
        .iter()
        .filter(move |field| field.section == section)
        .chain(removed)
}

/// One field by name.
pub fn field(section: Section, name: &str) -> Option<&'static FieldSpec> {
    fields(section).find(|field| field.name == name)
}

/// A section by its key.
pub fn section(key: &str) -> Option<Section> {
    Section::ALL
        .into_iter()
        .find(|section| section.key() == key)
}

/// Names one value: `report.cause` or `lines.<row id>.amount`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath {
    /// The section.
    pub section: Section,
    /// The row, in sections with rows.
    pub row: Option<RowId>,
    /// The field.
    pub name: &'static str,
}

/// A text that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No such section or field.
    #[error("{0:?} names no field: use section.field or section.ROW.field, such as report.cause")]
    Unknown(String),
    /// The row is not an id.
    #[error(transparent)]
    Row(#[from] IdParseError),
}

impl FieldPath {
    /// The field's entry in the table.
    pub fn spec(&self) -> Option<&'static FieldSpec> {
        field(self.section, self.name)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "{}.{row}.{}", self.section.key(), self.name),
            None => write!(f, "{}.{}", self.section.key(), self.name),
        }
    }
}

impl FromStr for FieldPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || PathError::Unknown(text.to_owned());
        let parts: Vec<&str> = text.split('.').collect();
        let (key, row, name) = match parts.as_slice() {
            [key, name] => (*key, None, *name),
            [key, row, name] => (*key, Some(row.parse::<RowId>()?), *name),
            _ => return Err(unknown()),
        };
        let section = section(key).ok_or_else(unknown)?;
        let spec = field(section, name).ok_or_else(unknown)?;
        if section.has_rows() != row.is_some() {
            return Err(unknown());
        }
        Ok(Self {
            section,
            row,
            name: spec.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_its_text() {
        let row = RowId::from_bytes([3; 16]);
        for text in [
            "report.cause".to_owned(),
            format!("lines.{row}.amount"),
            format!("notes.{row}.removed"),
        ] {
            assert_eq!(text.parse::<FieldPath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_field_is_refused() {
        for text in [
            "",
            "report",
            "report.nothing",
            "lines.amount",
            "report.00.cause",
            "x.y",
            "a.b.c.d",
        ] {
            assert!(text.parse::<FieldPath>().is_err(), "{text}");
        }
    }
}
