//! Risks before something happens, and emergencies when it did (R321–R335).

use super::value::Choice;
use super::{CaseLink, Field, Kind, Register};
use crate::catalogue::Area;
use crate::risk;
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] =
    &[&RISKS, &RISK_CHECKS, &WARNINGS, &EMERGENCIES, &HAZARDS];

/// R321.
const NATURES: &[Choice] = &[
    ("natural", "自然风险", "Natural"),
    ("human", "人为风险", "Human"),
    ("technical", "技术风险", "Technical"),
];

/// R323, from the least likely up.
pub(crate) const LIKELIHOODS: &[Choice] = &[
    ("low", "低", "Low"),
    ("medium", "中", "Medium"),
    ("high", "高", "High"),
];

/// R324, from the smallest up.
pub(crate) const IMPACTS: &[Choice] = &[
    ("minor", "较小", "Minor"),
    ("general", "一般", "General"),
    ("larger", "较大", "Larger"),
    ("severe", "严重", "Severe"),
];

/// R321–R324.
pub(crate) static RISKS: Register = Register {
    id: "risks",
    name: ("风险清单", "Risks"),
    area: Area::Risk,
    sources: &["R321", "R322", "R323", "R324", "R326", "I99"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("number", "风险编号", "Number", Kind::Serial("FX")),
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new("risk", "风险", "Risk", Kind::Note).must(),
        Field::new("nature", "风险性质", "Nature", Kind::Choice(NATURES)).must(),
        Field::new(
            "likelihood",
            "发生可能性",
            "Likelihood",
            Kind::Choice(LIKELIHOODS),
        )
        .must(),
        Field::new("impact", "影响程度", "Impact", Kind::Choice(IMPACTS)).must(),
        Field::new("measure", "管理措施", "Measure", Kind::Note).must(),
        Field::new("owner", "责任人", "Who", Kind::Person).must(),
        Field::new("since", "自", "Since", Kind::Day).must(),
        Field::new("over", "解除日期", "Over on", Kind::Day),
    ],
    unique: &[],
    when: Some("since"),
    check: Some(risk::check_contract),
};

/// R326: a measure that was carried out.
pub(crate) static RISK_CHECKS: Register = Register {
    id: "risk_checks",
    name: ("风险措施实施记录", "Measures carried out"),
    area: Area::Risk,
    sources: &["R326"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("risk", "风险编号", "Risk", Kind::Text).must(),
        Field::new("done", "实施日期", "Done on", Kind::Day).must(),
        Field::new("by", "实施人", "By", Kind::Person).must(),
        Field::new("finding", "结果", "Finding", Kind::Note).must(),
    ],
    unique: &["risk", "done"],
    when: Some("done"),
    check: Some(risk::check_done),
};

/// R327–R330: the thresholds are blank in the contract, so a person writes the warning and its why.
static WARNINGS: Register = Register {
    id: "risk_warnings",
    name: ("风险预警", "Warnings"),
    area: Area::Risk,
    sources: &["R327", "R328", "R329", "R330", "I138"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("at", "预警时间", "At", Kind::Time).must(),
        Field::new(
            "kind",
            "预警类别",
            "Kind",
            Kind::Choice(&[
                ("accidents", "事故发生率", "Accident rate"),
                ("violations", "违规次数", "Violations"),
                ("equipment", "设备参数", "Equipment"),
                ("other", "其他", "Other"),
            ]),
        )
        .must(),
        Field::new("seen", "实际情况", "What was seen", Kind::Note).must(),
        Field::new(
            "threshold",
            "所用阈值及依据",
            "Threshold and its basis",
            Kind::Note,
        )
        .must(),
        Field::new("owner", "责任人", "Who", Kind::Person).must(),
        Field::new(
            "channel",
            "通知方式",
            "Told by",
            Kind::Choice(&[
                ("sms", "短信", "SMS"),
                ("mail", "邮件", "E-mail"),
                ("system", "系统提示", "On the page"),
            ]),
        )
        .must(),
        Field::new("measure", "处置", "What was done", Kind::Note),
    ],
    unique: &[],
    when: Some("at"),
    check: None,
};

/// R333, R334: the level of an emergency with the columns of the contract, and its report.
pub(crate) static EMERGENCIES: Register = Register {
    id: "emergencies",
    name: ("应急响应", "Emergencies"),
    area: Area::Risk,
    sources: &["R126", "R333", "R334", "R335", "R372"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::May,
    fields: &[
        Field::new("level", "应急响应级别", "Level", Kind::Choice(LEVELS)).must(),
        Field::new("severity", "事件严重程度", "Severity", Kind::Note).must(),
        Field::new("reach", "影响范围", "Reach", Kind::Note).must(),
        Field::new("measures", "应急措施", "Measures", Kind::Note).must(),
        Field::new("resources", "资源调配", "Resources", Kind::Note).must(),
        Field::new("at", "时间", "At", Kind::Time).must(),
        Field::new("place", "地点", "Where", Kind::Text)
            .must()
            .aside(),
        Field::new("nature", "性质", "Nature", Kind::Text)
            .must()
            .aside(),
        Field::new("by", "报告人", "Reported by", Kind::Person)
            .must()
            .aside(),
        Field::new("phoned", "电话报告时间", "Reported by phone at", Kind::Time).aside(),
        Field::new(
            "written",
            "书面报告时间",
            "Reported in writing at",
            Kind::Time,
        )
        .aside(),
        Field::new("over", "解除时间", "Over at", Kind::Time).aside(),
    ],
    unique: &[],
    when: Some("at"),
    check: None,
};

const LEVELS: &[Choice] = &[
    ("1", "一级（特别重大）", "Level 1, extraordinary"),
    ("2", "二级（重大）", "Level 2, major"),
    ("3", "三级（较大）", "Level 3, larger"),
    ("4", "四级（一般）", "Level 4, general"),
];

/// Natural hazards by village.
static HAZARDS: Register = Register {
    id: "natural_hazards",
    name: ("自然灾害风险识别", "Natural hazards"),
    area: Area::Risk,
    sources: &["I73", "I97", "I99"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("place", "地区", "Where", Kind::Scope).must(),
        Field::new("hazard", "灾害种类", "Hazard", Kind::Text).must(),
        Field::new(
            "likelihood",
            "发生可能性",
            "Likelihood",
            Kind::Choice(LIKELIHOODS),
        )
        .must(),
        Field::new("impact", "影响程度", "Impact", Kind::Choice(IMPACTS)).must(),
        Field::new("season", "易发时段", "Season", Kind::Text),
        Field::new("basis", "依据", "Basis", Kind::Note).must(),
    ],
    unique: &["place", "hazard"],
    when: None,
    check: None,
};
