//! The record of a case: sections, rows and fields, with every value that stands.

use lossbook_core::app::{ContestedField, WrittenBy};
use lossbook_core::domain::civil_text;
use lossbook_core::record::{
    CaseRecord, Field, FieldPath, FieldReading, Row, Section, Value, ValueKind, Withdrawal,
};

use super::contract::Names;
use super::list::Amount;
use crate::words::Words;

/// The zone in which times are shown; the data keep instants.
const ZONE: &str = "Asia/Shanghai";

/// How a field's text is written and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum FieldKind {
    /// Words.
    Text,
    /// Free text, merged by character.
    Prose,
    /// Yuan.
    Money,
    /// A number with up to three decimals.
    Number,
    /// Milliseconds since 1970 UTC.
    Time,
    /// A SHA-256 digest.
    Digest,
    /// Degrees and their datum.
    Position,
}

impl From<ValueKind> for FieldKind {
    fn from(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Text => Self::Text,
            ValueKind::Prose => Self::Prose,
            ValueKind::Money => Self::Money,
            ValueKind::Number => Self::Number,
            ValueKind::Time => Self::Time,
            ValueKind::Digest => Self::Digest,
            ValueKind::Position => Self::Position,
        }
    }
}

/// How a field reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum FieldState {
    /// One value.
    Agreed,
    /// One value, written by several people independently.
    Corroborated,
    /// Different values stand.
    Contested,
}

/// Whether a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum RowStanding {
    /// It does.
    Stands,
    /// It was withdrawn.
    Withdrawn,
    /// One person withdrew it while another edited it: somebody is asked.
    Asked,
}

impl From<Withdrawal> for RowStanding {
    fn from(withdrawal: Withdrawal) -> Self {
        match withdrawal {
            Withdrawal::Stands => Self::Stands,
            Withdrawal::Withdrawn => Self::Withdrawn,
            Withdrawal::Asked => Self::Asked,
        }
    }
}

/// A value and its writer.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WrittenValue {
    /// The value, as text.
    pub value: String,
    /// Why, where a reason was given.
    pub reason: String,
    /// Who used the device.
    pub user: String,
    /// Which device, if known.
    pub device: Option<String>,
    /// When, by that device's clock.
    pub wall_ms: i64,
}

impl From<&WrittenBy> for WrittenValue {
    fn from(written: &WrittenBy) -> Self {
        Self {
            value: written.value.clone(),
            reason: written.reason.clone(),
            user: written.user.clone(),
            device: written.device.map(|device| device.to_string()),
            wall_ms: written.wall.0,
        }
    }
}

/// A field that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldView {
    /// Its path: what `set_fields` and `settle` take.
    pub path: String,
    /// Its name in the section.
    pub name: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// How it is written.
    pub kind: FieldKind,
    /// The value as it is written; nothing while it is contested.
    pub value: Option<String>,
    /// The value as people read it: times by their clock.
    pub shown: Option<String>,
    /// The contract's words for the value, if it is one of its choices.
    pub choice: Option<Words>,
    /// How it reads.
    pub state: FieldState,
    /// Every value that stands, while it is contested.
    pub values: Vec<WrittenValue>,
    /// Whether a signature covers it.
    pub signed: bool,
}

/// A row of a section, or the section's own fields.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RowView {
    /// Its id; nothing in a section without rows.
    pub id: Option<String>,
    /// Its path: what `withdraw` takes.
    pub path: String,
    /// Whether it counts.
    pub standing: RowStanding,
    /// What a loss line comes to.
    pub amount: Option<Amount>,
    /// Its fields that somebody wrote.
    pub fields: Vec<FieldView>,
}

/// A part of a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SectionView {
    /// Its key.
    pub key: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Its rows, in the order they were made.
    pub rows: Vec<RowView>,
}

/// Chinese and English names of the sections.
pub(super) const fn section_words(section: Section) -> (&'static str, &'static str) {
    match section {
        Section::Report => ("报案信息", "Report"),
        Section::Times => ("时间", "Times"),
        Section::Parties => ("相关人员", "People"),
        Section::Objects => ("标的", "Objects"),
        Section::Covers => ("险别", "Covers"),
        Section::Answers => ("问题", "Questions"),
        Section::Photos => ("照片", "Photos"),
        Section::Damage => ("损坏情况", "Damage"),
        Section::Lines => ("损失项目", "Loss lines"),
        Section::Notes => ("备注", "Notes"),
        Section::Settlements => ("争议处理", "Settlements"),
    }
}

/// The label of a path: its field's, or the path itself if it names none.
pub(super) fn label(path: &str) -> Words {
    let parsed = path.parse::<FieldPath>().ok();
    let spec = parsed.as_ref().and_then(FieldPath::spec);
    spec.map_or_else(
        || Words::new(path, path, path),
        |spec| Words::new(spec.name, spec.zh, spec.en),
    )
}

/// The whole record. Writers of contested values come from the case's view.
pub(super) fn sections(
    record: &CaseRecord,
    contested: &[ContestedField],
    names: &Names,
) -> Vec<SectionView> {
    let reading = Reading { contested, names };
    Section::ALL
        .into_iter()
        .map(|section| {
            let (zh, en) = section_words(section);
            let rows = if section.has_rows() {
                let rows = record.rows(section);
                rows.map(|(id, row)| reading.row((section, Some(*id)), row))
                    .collect()
            } else {
                vec![reading.row((section, None), record.section(section))]
            };
            SectionView {
                key: section.key().to_owned(),
                zh: zh.to_owned(),
                en: en.to_owned(),
                rows,
            }
        })
        .collect()
}

struct Reading<'r> {
    contested: &'r [ContestedField],
    names: &'r Names,
}

type Place = (Section, Option<lossbook_core::domain::RowId>);

impl Reading<'_> {
    fn row(&self, (section, id): Place, row: &Row) -> RowView {
        let key = section.key();
        let fields = row.fields.iter().filter_map(|(name, field)| {
            let path = FieldPath {
                section,
                row: id,
                name,
            };
            self.field(&path, field)
        });
        RowView {
            path: id.map_or_else(|| key.to_owned(), |id| format!("{key}.{id}")),
            id: id.map(|id| id.to_string()),
            standing: row.withdrawal.into(),
            amount: (section == Section::Lines).then(|| row.line_amount().into()),
            fields: fields.collect(),
        }
    }

    fn field(&self, path: &FieldPath, field: &Field) -> Option<FieldView> {
        let spec = path.spec()?;
        let (value, state) = match field.reading() {
            FieldReading::Absent => return None,
            FieldReading::Agreed(value) if field.is_corroborated() => {
                (Some(value), FieldState::Corroborated)
            }
            FieldReading::Agreed(value) => (Some(value), FieldState::Agreed),
            FieldReading::Contested(_) => (None, FieldState::Contested),
        };
        let written = value.map(ToString::to_string);
        let choice = written
            .as_deref()
            .and_then(|text| self.names.words(path, text));
        let known = self.contested.iter().find(|one| one.path == *path);
        let values = known.map_or(&[][..], |one| &one.values);
        Some(FieldView {
            path: path.to_string(),
            name: spec.name.to_owned(),
            zh: spec.zh.to_owned(),
            en: spec.en.to_owned(),
            kind: spec.kind.into(),
            shown: value.map(shown),
            value: written,
            choice,
            state,
            values: values.iter().map(WrittenValue::from).collect(),
            signed: spec.binding,
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Time(at) => civil_text(*at, ZONE),
        Value::Text(_) | Value::Money(_) | Value::Number(_) | Value::Digest(_) => value.to_string(),
    }
}
