//! Cases that nobody has to visit: handed to the repair shop, proved by the weather, looked at
//! again by sample, and by rules that are published (R195, R198–R200).

use lossbook_core::store::StoreError;

use super::value::Choice;
use super::{CaseLink, Field, Kind, Proposed, Register};
use crate::catalogue::Area;
use crate::meta::MetaTx;
use crate::no_survey;
use crate::refusal::Refusal;
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[&HANDOVERS, &WEATHER, &PUBLISHED, &DRAWS, &CHECKS];

/// How something is repaired.
const REPAIR_MODES: &[Choice] = &[
    ("repair", "修复", "Repair"),
    ("replace", "更换", "Replace"),
    ("factory", "返厂维修", "Back to the maker"),
    ("on_site", "现场维修", "On the spot"),
    ("outside", "外委维修", "By another workshop"),
];

/// R198: to which shop a case went that nobody visits, and when the shop called the owner.
static HANDOVERS: Register = Register {
    id: "repair_handovers",
    name: ("免查勘案件移交维修厂", "Handed to the repair shop"),
    area: Area::Quality,
    sources: &["R198", "I8"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("shop", "定点维修厂", "Repair shop", Kind::Text).must(),
        Field::new("handed", "移交时间", "Handed over at", Kind::Time).must(),
        Field::new("claims", "理赔人员", "Claims staff", Kind::Person).must(),
        Field::new("called", "联系车主时间", "Owner called at", Kind::Time),
        Field::new(
            "mode",
            "维修方式",
            "How it is repaired",
            Kind::Choice(REPAIR_MODES),
        ),
        Field::new("result", "处理结果", "Result", Kind::Note),
        Field::new(
            "contact",
            "维修厂联系人",
            "Contact at the shop",
            Kind::Person,
        )
        .aside(),
        Field::new("phone", "联系方式", "Phone", Kind::Phone).aside(),
        Field::new(
            "basis",
            "总部认定依据",
            "Why head office says so",
            Kind::Note,
        )
        .aside(),
    ],
    unique: &[],
    when: Some("handed"),
    check: Some(no_survey::check_handover),
};

/// R200: what the weather was, where and on which day.
pub(crate) static WEATHER: Register = Register {
    id: "weather",
    name: ("气象记录", "Weather records"),
    area: Area::Quality,
    sources: &["R194", "R200"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Never,
    fields: &[
        Field::new("day", "日期", "Day", Kind::Day).must(),
        Field::new("place", "地区", "Where", Kind::Scope).must(),
        Field::new(
            "phenomenon",
            "天气现象",
            "What",
            Kind::Choice(&[
                ("rainstorm", "暴雨", "Rainstorm"),
                ("windstorm", "暴风", "Windstorm"),
                ("hail", "冰雹", "Hail"),
                ("typhoon", "台风", "Typhoon"),
                ("flood", "洪水", "Flood"),
                ("snow", "暴雪", "Heavy snow"),
                ("lightning", "雷击", "Lightning"),
                ("quiet", "无灾害性天气", "Nothing unusual"),
                ("other", "其他", "Other"),
            ]),
        )
        .must(),
        Field::new("measured", "观测值", "Measured", Kind::Text),
        Field::new(
            "origin",
            "来源",
            "Source",
            Kind::Choice(&[
                ("bureau", "气象部门", "Weather bureau"),
                ("site", "气象网站", "Weather site"),
                ("app", "气象应用", "Weather app"),
            ]),
        )
        .must(),
        Field::new(
            "reference",
            "证明编号或网址",
            "Certificate or address",
            Kind::Text,
        )
        .must(),
        Field::new("note", "说明", "Note", Kind::Note).aside(),
    ],
    unique: &["day", "place", "phenomenon", "origin"],
    when: Some("day"),
    check: None,
};

/// R195: where the rules were made known, and when somebody looked at them again.
static PUBLISHED: Register = Register {
    id: "no_survey_published",
    name: ("免查勘规则发布与复核", "No-survey rules made known"),
    area: Area::Quality,
    sources: &["R195"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new("version", "规则版本", "Version", Kind::Text).must(),
        Field::new(
            "channel",
            "发布渠道",
            "Where",
            Kind::Choice(&[
                ("policy", "保单", "Policy"),
                ("site", "官方网站", "Web site"),
                ("hotline", "客服热线", "Hotline"),
            ]),
        )
        .must(),
        Field::new("published", "发布日期", "Published on", Kind::Day).must(),
        Field::new("effective", "生效日期", "In force from", Kind::Day).must(),
        Field::new("reviewed", "复核日期", "Reviewed on", Kind::Day),
        Field::new("reviewer", "复核人", "Reviewed by", Kind::Person),
        Field::new("opinion", "复核意见", "Opinion", Kind::Note),
    ],
    unique: &["contract", "version", "channel"],
    when: Some("published"),
    check: Some(check_version),
};

fn check_version(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let (id, version) = (new.value("contract"), new.value("version"));
    let packs = tx.packs()?;
    let mut all = packs.all().iter();
    if all.any(|pack| pack.id == id && pack.version == version) {
        return Ok(None);
    }
    let detail =
        format!("没有生效的合同版本 {id} {version} / no such version of a contract is in force");
    Ok(Some(Refusal::new(404, "CONTRACT_UNKNOWN", detail)))
}

/// R199: a sample that anybody can draw again from its seed.
pub(crate) static DRAWS: Register = Register {
    id: "no_survey_draws",
    name: ("免查勘抽样", "Samples of no-survey cases"),
    area: Area::Quality,
    sources: &["R199", "I30"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("number", "抽样编号", "Number", Kind::Serial("CY")),
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new("from", "报案日期起", "Reported from", Kind::Day).must(),
        Field::new("to", "报案日期止", "Reported until", Kind::Day).must(),
        Field::new("share", "抽样比例（%）", "Share in percent", Kind::Number).must(),
        Field::new("seed", "随机种子", "Seed", Kind::Text).must(),
        Field::new("pool", "可抽案件数", "Cases to draw from", Kind::Number).must(),
        Field::new("drawn", "抽中案件数", "Cases drawn", Kind::Number).must(),
        Field::new("basis", "比例依据", "Why this share", Kind::Note).must(),
    ],
    unique: &["contract", "from", "to", "seed"],
    when: Some("to"),
    check: Some(no_survey::check_draw),
};

/// R199: what was found in a case of the sample.
pub(crate) static CHECKS: Register = Register {
    id: "no_survey_checks",
    name: ("免查勘抽查结果", "No-survey cases looked at again"),
    area: Area::Quality,
    sources: &["R199", "I30"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Must,
    fields: &[
        Field::new("draw", "抽样编号", "Sample", Kind::Text).must(),
        Field::new("inflated", "定损是否虚高", "Assessed too high", Kind::YesNo),
        Field::new(
            "over_repair",
            "是否过度维修",
            "Repaired too much",
            Kind::YesNo,
        ),
        Field::new("fraud", "是否涉嫌欺诈", "Suspicion of fraud", Kind::YesNo),
        Field::new("opinion", "抽查意见", "Opinion", Kind::Note),
        Field::new("checker", "抽查人", "Checked by", Kind::Person),
        Field::new("checked", "抽查时间", "Checked at", Kind::Time),
    ],
    unique: &[],
    when: None,
    check: Some(no_survey::check_verdict),
};
