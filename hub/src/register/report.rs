//! Reports that somebody composes and that come by themselves (R342): [`crate::report`] makes them.

use lossbook_core::store::StoreError;

use super::value::Choice;
use super::{CaseLink, Field, Kind, Proposed, Register};
use crate::catalogue::{self, Area};
use crate::meta::MetaTx;
use crate::refusal::Refusal;
use crate::report::{PLANS, tables_of};
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[&REPORT_PLANS];

/// Most tables of one report.
const MOST_TABLES: usize = 20;

const EVERY: &[Choice] = &[
    ("day", "每日", "Every day"),
    ("week", "每周（周一至周日）", "Every week, Monday to Sunday"),
    ("month", "每月", "Every month"),
];
const FORMATS: &[Choice] = &[
    ("xlsx", "Excel", "Excel"),
    ("pdf", "PDF", "PDF"),
    ("both", "Excel 与 PDF", "Excel and PDF"),
];
const LANGUAGES: &[Choice] = &[("zh", "中文", "Chinese"), ("en", "英文", "English")];

/// Which tables, how often, as what.
static REPORT_PLANS: Register = Register {
    id: PLANS,
    name: ("定期报表", "Reports that come by themselves"),
    area: Area::Risk,
    sources: &["R342"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("name", "报表名称", "Name", Kind::Text).must(),
        Field::new(
            "tables",
            "表（地址中的英文名，以空格分开）",
            "Tables (their names in addresses, apart by spaces)",
            Kind::Note,
        )
        .must(),
        Field::new("every", "周期", "How often", Kind::Choice(EVERY)).must(),
        Field::new("from", "起始日期", "From", Kind::Day).must(),
        Field::new("until", "截止日期", "Until", Kind::Day),
        Field::new("village", "村 / 片区", "Village", Kind::Scope),
        Field::new("format", "格式", "Format", Kind::Choice(FORMATS)).must(),
        Field::new("language", "语言", "Language", Kind::Choice(LANGUAGES)).must(),
    ],
    unique: &["name"],
    when: Some("from"),
    check: Some(check_tables),
};

/// A report names tables that are there, each once, that its writer may read.
fn check_tables(_tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let named = tables_of(new.value("tables"));
    for (at, id) in named.iter().enumerate() {
        let Some(entry) = catalogue::entry(id) else {
            let detail = format!("表（tables）：没有 {id:?} / tables: there is no table {id:?}");
            return Ok(Some(Refusal::new(404, "TABLE_UNKNOWN", detail)));
        };
        if !new.user.has(entry.right) {
            let detail = format!("您的角色不可读 {id:?} / your role does not read {id:?}");
            return Ok(Some(Refusal::new(403, "NOT_YOUR_ROLE", detail)));
        }
        if named.iter().take(at).any(|other| other == id) {
            let detail = format!("表（tables）：{id:?} 重复 / tables: {id:?} stands there twice");
            return Ok(Some(Refusal::new(400, "FIELD_BAD", detail)));
        }
    }
    if named.len() > MOST_TABLES {
        let detail = format!("表（tables）最多 {MOST_TABLES} 张 / tables: at most {MOST_TABLES}");
        return Ok(Some(Refusal::new(400, "FIELD_BAD", detail)));
    }
    Ok(None)
}
