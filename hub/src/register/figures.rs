//! What people add to the figures: causes, conclusions, households, papers.

use super::value::Choice;
use super::{CaseLink, Field, Kind, Register};
use crate::catalogue::Area;
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[
    &LATE_CAUSES,
    &STATISTIC_NOTES,
    &COVERAGE,
    &CONTRACT_YEARS,
    &PAPER_ARCHIVE,
];

/// Steps whose delay somebody explains: the five of R135, and the arrival of R120.
const STEPS: &[Choice] = &[
    ("arrival", "到达现场", "Arrival on the scene"),
    ("response", "报案响应", "Response"),
    ("survey", "查勘", "Survey"),
    ("review", "理赔审核", "Review"),
    ("payment", "赔款支付", "Payment"),
    ("callback", "客户回访", "Callback"),
];

/// The causes of R120 and R135.
static LATE_CAUSES: Register = Register {
    id: "late_causes",
    name: ("超时原因登记", "Causes of delays"),
    area: Area::Timeliness,
    sources: &["R120", "R135", "R140"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("step", "服务环节", "Step of service", Kind::Choice(STEPS)).must(),
        Field::new("cause", "超时原因", "Cause", Kind::Note).must(),
        Field::new("measure", "改进措施", "What is done about it", Kind::Note),
    ],
    unique: &[],
    when: None,
    check: None,
};

/// Conclusions of R348 and R341.
static STATISTIC_NOTES: Register = Register {
    id: "statistic_notes",
    name: ("统计分析结论登记", "Conclusions from statistics"),
    area: Area::Risk,
    sources: &["R348", "R341"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new(
            "indicator",
            "数据指标",
            "Indicator",
            Kind::Choice(&[
                ("reports", "报案数量", "Reports"),
                ("surveys", "查勘情况", "Surveys"),
                ("claims", "理赔金额", "Paid"),
                ("satisfaction", "客户满意度", "Satisfaction"),
            ]),
        )
        .must(),
        Field::new("from", "统计开始日期", "From", Kind::Day).must(),
        Field::new("conclusion", "分析结论", "Conclusion", Kind::Note).must(),
        Field::new("measure", "改进措施", "Measure", Kind::Note),
    ],
    unique: &["indicator", "from"],
    when: Some("from"),
    check: None,
};

/// Households of R349.
static COVERAGE: Register = Register {
    id: "coverage",
    name: ("参保户数登记", "Households, expected and insured"),
    area: Area::Policy,
    sources: &["R349"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("village", "地区", "Area", Kind::Scope).must(),
        Field::new("from", "统计日期", "As of", Kind::Day).must(),
        Field::new(
            "expected",
            "预期参保户数",
            "Households expected",
            Kind::Number,
        )
        .must(),
        Field::new(
            "insured",
            "实际参保户数",
            "Households insured",
            Kind::Number,
        ),
        Field::new(
            "reasons",
            "未参保原因分析",
            "Why some are not insured",
            Kind::Note,
        ),
        Field::new("measure", "解决措施", "Measure", Kind::Note),
    ],
    unique: &["village", "from"],
    when: Some("from"),
    check: None,
};

/// Policies and premium of R343 and R345.
static CONTRACT_YEARS: Register = Register {
    id: "contract_years",
    name: ("合同承保数据登记", "Policies and premium by contract"),
    area: Area::Policy,
    sources: &["R343", "R345"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Choice(CONTRACTS)).must(),
        Field::new("from", "起始日期", "From", Kind::Day).must(),
        Field::new("policies", "保单数量", "Policies", Kind::Number),
        Field::new("premium", "保费收入", "Premium", Kind::Money),
    ],
    unique: &["contract", "from"],
    when: Some("from"),
    check: None,
};

const CONTRACTS: &[Choice] = &[
    ("huzhu-rural-housing", "互助农房", "Huzhu housing"),
    (
        "shaoguan-official-vehicles",
        "韶关公务车",
        "Shaoguan vehicles",
    ),
    (
        "huangpu-sanitation-vehicles",
        "黄埔环卫车",
        "Huangpu sanitation",
    ),
    (
        "guangzhou-police-aviation",
        "广州警航",
        "Guangzhou aviation",
    ),
    ("insurer-fnol-policy", "通用报案", "FNOL policy"),
];

/// The paper half of R313.
static PAPER_ARCHIVE: Register = Register {
    id: "paper_archive",
    name: ("归档资料表（纸质）", "Archive, paper"),
    area: Area::Quality,
    sources: &["R313"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::May,
    fields: &[
        Field::new("name", "资料名称", "What", Kind::Text).must(),
        Field::new("archived", "归档时间", "Archived at", Kind::Day).must(),
        Field::new("kept", "保管方式", "How it is kept", Kind::Text).must(),
        Field::new("found", "查询方式", "How it is found", Kind::Text).must(),
        Field::new("class", "类别", "Class", Kind::Text).aside(),
    ],
    unique: &[],
    when: Some("archived"),
    check: None,
};
