//! What a case document holds: sections, their fields, and what each field means for others.
//!
//! The table is the one place that knows field names; reading, writing, the command line, signed
//! fields, rights ([`super::access`]) and the gate all follow it. Additive only.

use std::fmt;
use std::str::FromStr;

use crate::domain::{IdParseError, RowId};

/// Version written into the first change of a case. In 1, free text was one value that a later
/// writer replaced; in 2 it merges by character; 3 adds the sections
/// of covers and answers. All read, and all may meet in one document; a case of an older version
/// has no place for what came later.
pub const SCHEMA_VERSION: u32 = 3;

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
    /// Covers of the policy with their figures (R15), as the policy states them.
    Covers,
    /// Answers to the contract's questions (R28).
    Answers,
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
    pub const ALL: [Self; 11] = [
        Self::Report,
        Self::Times,
        Self::Parties,
        Self::Objects,
        Self::Covers,
        Self::Answers,
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
            Self::Covers => "covers",
            Self::Answers => "answers",
            Self::Photos => "photos",
            Self::Damage => "damage",
            Self::Lines => "lines",
            Self::Notes => "notes",
            Self::Settlements => "settlements",
        }
    }

    /// The schema version that brought it.
    pub const fn since(self) -> u32 {
        match self {
            Self::Covers | Self::Answers => 3,
            Self::Report
            | Self::Times
            | Self::Parties
            | Self::Objects
            | Self::Photos
            | Self::Damage
            | Self::Lines
            | Self::Notes
            | Self::Settlements => 1,
        }
    }

    /// Whether any of its fields is merged text: asked for every value that is written.
    pub(super) const fn has_prose(self) -> bool {
        matches!(self, Self::Report | Self::Notes)
    }

    /// Whether it holds rows with ids, rather than fields.
    pub const fn has_rows(self) -> bool {
        !matches!(self, Self::Report | Self::Times)
    }
}

/// How a field's text becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Words, as one value: names, grades, numbers of policies.
    Text,
    /// Free text of several people, merged by character.
    Prose,
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
    /// Who may write it.
    pub writers: Writers,
    /// For people: Chinese.
    pub zh: &'static str,
    /// For people: English.
    pub en: &'static str,
}

const fn spec(
    (section, name): (Section, &'static str),
    kind: ValueKind,
    (binding, writers): (Binding, Writers),
    (zh, en): (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec {
        section,
        name,
        kind,
        binding: matches!(binding, Signed),
        writers,
        zh,
        en,
    }
}

/// Whether a signature covers the field.
enum Binding {
    Signed,
    Free,
}

/// Which roles write a field (R186: several people work on one case).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Everybody in the field: liaisons and surveyors.
    Field,
    /// Surveyors: what a payment is computed from.
    Survey,
}

use Binding::{Free, Signed};
use Section::{
    Answers, Covers, Damage, Lines, Notes, Objects, Parties, Photos, Report, Settlements, Times,
};
use ValueKind::{Digest, Money, Number, Position, Prose, Text, Time};
use Writers::{Field, Survey};

/// In sections with rows, a row whose `removed` is set is withdrawn, with the reason as its value;
/// it stays readable. Set to nothing, it stands again.
#[rustfmt::skip]
const FIELDS: &[FieldSpec] = &[
    spec((Report, "household"), Text, (Signed, Field), ("户主", "household")),
    spec((Report, "reporter"), Text, (Free, Field), ("报案人", "reporter")),
    spec((Report, "phone"), Text, (Free, Field), ("联系电话", "phone")),
    spec((Report, "policy_no"), Text, (Signed, Field), ("保险单号", "policy number")),
    spec((Report, "cause"), Text, (Signed, Field), ("出险原因", "cause of loss")),
    spec((Report, "cover"), Text, (Signed, Survey), ("承保意见", "cover")),
    spec((Report, "occurred_at"), Text, (Signed, Field), ("出险时间", "time of loss")),
    spec((Report, "place"), Text, (Free, Field), ("出险地点", "place of loss")),
    spec((Report, "position"), Position, (Free, Field), ("出险经纬度", "position of loss")),
    spec((Report, "course"), Prose, (Free, Field), ("出险经过", "course of events")),
    spec((Report, "contract"), Text, (Signed, Field), ("合同", "contract")),
    spec((Report, "line"), Text, (Signed, Field), ("险种", "line of business")),
    spec((Report, "area"), Text, (Free, Field), ("行政区划代码", "area code")),
    spec((Report, "zone"), Text, (Free, Survey), ("服务区域（人工）", "service zone by hand")),
    spec((Report, "zone_reason"), Text, (Free, Survey), ("人工指定区域的理由", "why the zone was chosen")),
    spec((Report, "unit"), Text, (Signed, Survey), ("保障单位", "unit of the limit")),
    spec((Report, "insured_class"), Text, (Signed, Survey), ("被保险人类别", "class of insured")),
    spec((Report, "top_up"), Text, (Signed, Survey), ("自愿再投保（是/否）", "voluntary premium paid (yes/no)")),
    spec((Report, "policy_from"), Text, (Signed, Survey), ("保险期间起", "insured from")),
    spec((Report, "policy_to"), Text, (Signed, Survey), ("保险期间止", "insured to")),
    spec((Times, "report_received_at"), Time, (Free, Field), ("接到报案时间", "report received")),
    spec((Times, "report_accepted_at"), Time, (Free, Field), ("受理报案时间", "report accepted")),
    spec((Times, "contacted_at"), Time, (Free, Field), ("首次联系时间", "first contact")),
    spec((Times, "responded_at"), Time, (Free, Field), ("启动响应时间", "response started")),
    spec((Times, "departed_at"), Time, (Free, Field), ("出发时间", "departed")),
    spec((Times, "arrived_at"), Time, (Free, Field), ("到达现场时间", "arrival on scene")),
    spec((Times, "survey_started_at"), Time, (Free, Field), ("查勘开始时间", "survey started")),
    spec((Times, "survey_done_at"), Time, (Free, Field), ("查勘完成时间", "survey complete")),
    spec((Times, "assessment_done_at"), Time, (Free, Survey), ("定损完成时间", "loss assessed")),
    spec((Times, "assessment_agreed_at"), Time, (Free, Survey), ("定损确认时间", "assessment agreed")),
    spec((Times, "documents_requested_at"), Time, (Free, Field), ("通知补充材料时间", "papers asked for")),
    spec((Times, "documents_complete_at"), Time, (Free, Field), ("材料齐全时间", "papers complete")),
    spec((Times, "no_survey_told_at"), Time, (Free, Field), ("告知免查勘时间", "no-survey told")),
    spec((Times, "repair_started_at"), Time, (Free, Field), ("开始维修时间", "repair started")),
    spec((Times, "major_declared_at"), Time, (Free, Survey), ("认定重大事故时间", "major accident declared")),
    spec((Parties, "name"), Text, (Signed, Field), ("姓名", "name")),
    spec((Parties, "role"), Text, (Signed, Field), ("身份", "role")),
    spec((Parties, "id_no"), Text, (Signed, Field), ("身份证号码", "ID number")),
    spec((Parties, "phone"), Text, (Free, Field), ("联系方式", "phone")),
    spec((Parties, "account"), Text, (Signed, Survey), ("收款账号", "payee account")),
    spec((Parties, "removed"), Text, (Signed, Survey), ("撤销理由", "withdrawn because")),
    spec((Objects, "kind"), Text, (Signed, Field), ("标的种类", "kind of object")),
    spec((Objects, "label"), Text, (Signed, Field), ("标的名称", "object")),
    spec((Objects, "address"), Text, (Free, Field), ("房屋地址", "address")),
    spec((Objects, "position"), Position, (Free, Field), ("标的经纬度", "position of the object")),
    spec((Objects, "structure"), Text, (Signed, Survey), ("房屋结构", "structure")),
    spec((Objects, "area"), Number, (Signed, Survey), ("建筑面积", "floor area m²")),
    spec((Objects, "insured_id"), Text, (Signed, Survey), ("保单标的编号", "id on the policy")),
    spec((Objects, "year_built"), Text, (Free, Survey), ("建造年代", "year built")),
    spec((Objects, "plate"), Text, (Signed, Field), ("车牌号", "plate")),
    spec((Objects, "vin"), Text, (Signed, Field), ("车架号", "VIN")),
    spec((Objects, "make_model"), Text, (Free, Field), ("厂牌型号", "make and model")),
    spec((Objects, "using_department"), Text, (Free, Field), ("使用部门", "using department")),
    spec((Objects, "number"), Text, (Signed, Survey), ("注册号或序列号", "registration or serial number")),
    spec((Objects, "crew"), Number, (Free, Survey), ("机组人数", "crew aboard")),
    spec((Objects, "passengers"), Number, (Free, Survey), ("乘客人数", "passengers aboard")),
    spec((Objects, "removed"), Text, (Signed, Survey), ("撤销理由", "withdrawn because")),
    spec((Covers, "cover"), Text, (Signed, Survey), ("险别", "cover")),
    spec((Covers, "limit"), Money, (Signed, Survey), ("赔偿限额", "limit")),
    spec((Covers, "deductible"), Money, (Signed, Survey), ("免赔额", "deductible")),
    spec((Covers, "sum_insured"), Money, (Signed, Survey), ("保险金额", "sum insured")),
    spec((Covers, "insured_value"), Money, (Signed, Survey), ("保险价值", "insured value")),
    spec((Covers, "removed"), Text, (Signed, Survey), ("撤销理由", "withdrawn because")),
    spec((Answers, "question"), Text, (Signed, Field), ("问题", "question")),
    spec((Answers, "answer"), Text, (Signed, Field), ("回答", "answer")),
    spec((Answers, "removed"), Text, (Signed, Field), ("撤销理由", "withdrawn because")),
    spec((Photos, "sha256"), Digest, (Signed, Field), ("照片指纹", "photo digest")),
    spec((Photos, "slot"), Text, (Free, Field), ("拍摄项", "shot")),
    spec((Photos, "line"), Text, (Free, Field), ("损失项目编号", "loss line shown")),
    spec((Photos, "caption"), Text, (Free, Field), ("说明", "caption")),
    spec((Photos, "removed"), Text, (Signed, Field), ("撤销理由", "withdrawn because")),
    spec((Damage, "object"), Text, (Free, Survey), ("标的", "object")),
    spec((Damage, "room"), Text, (Signed, Survey), ("房间", "room")),
    spec((Damage, "grade"), Text, (Signed, Survey), ("受损等级", "damage grade")),
    spec((Damage, "area"), Number, (Signed, Survey), ("受损面积", "damaged area m²")),
    spec((Damage, "removed"), Text, (Signed, Survey), ("撤销理由", "withdrawn because")),
    spec((Lines, "item"), Text, (Signed, Survey), ("损失项目", "loss item")),
    spec((Lines, "room"), Text, (Signed, Survey), ("房间", "room")),
    spec((Lines, "unit"), Text, (Signed, Survey), ("单位", "unit")),
    spec((Lines, "quantity"), Number, (Signed, Survey), ("数量", "quantity")),
    spec((Lines, "unit_price"), Money, (Signed, Survey), ("单价", "unit price")),
    spec((Lines, "amount"), Money, (Signed, Survey), ("金额", "amount")),
    spec((Lines, "part"), Text, (Signed, Survey), ("赔偿项目", "insured part")),
    spec((Lines, "method"), Text, (Signed, Survey), ("计价方法", "pricing method")),
    spec((Lines, "grade"), Text, (Signed, Survey), ("受损等级", "damage grade")),
    spec((Lines, "structure"), Text, (Signed, Survey), ("房屋结构", "structure")),
    spec((Lines, "price_source"), Text, (Free, Survey), ("价格来源", "price source")),
    spec((Lines, "price_date"), Text, (Free, Survey), ("价格日期", "price date")),
    spec((Lines, "depreciation"), Text, (Signed, Survey), ("折旧率", "depreciation")),
    spec((Lines, "salvage"), Money, (Signed, Survey), ("残值", "salvage")),
    spec((Lines, "kept"), Text, (Signed, Survey), ("残值归被保险人（是/否）", "insured keeps the remains (yes/no)")),
    spec((Lines, "voucher"), Text, (Free, Survey), ("凭证（是/否）", "voucher (yes/no)")),
    spec((Lines, "removed"), Text, (Signed, Survey), ("撤销理由", "withdrawn because")),
    spec((Notes, "text"), Prose, (Free, Field), ("备注", "note")),
    spec((Notes, "removed"), Text, (Free, Field), ("撤销理由", "withdrawn because")),
    spec((Settlements, "path"), Text, (Free, Survey), ("争议项", "settled field")),
    spec((Settlements, "chosen"), Text, (Free, Survey), ("采用值", "chosen value")),
    spec((Settlements, "against"), Text, (Free, Survey), ("相关案件", "cases it clashed with")),
    spec((Settlements, "reason"), Text, (Free, Survey), ("理由", "reason")),
    spec((Settlements, "by"), Text, (Free, Survey), ("处理人", "settled by")),
];

/// All fields of a section: the table is in the order of sections.
pub fn fields(section: Section) -> impl Iterator<Item = &'static FieldSpec> {
    let from = FIELDS.partition_point(|field| field.section < section);
    let to = FIELDS.partition_point(|field| field.section <= section);
    FIELDS.get(from..to).unwrap_or_default().iter()
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
    fn sections_with_prose_are_those_with_a_field_of_it() {
        for section in Section::ALL {
            let has = fields(section).any(|spec| spec.kind == Prose);
            assert_eq!(section.has_prose(), has, "{section:?}");
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

    #[test]
    fn the_table_of_fields_is_in_the_order_of_sections() {
        assert!(FIELDS.is_sorted_by_key(|field| field.section));
    }
}
