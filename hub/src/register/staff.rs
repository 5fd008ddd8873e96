//! People of the service: what they are qualified for, who stands in for whom, who replaces whom,
//! and how they are assessed (R358–R373).

use super::value::Choice;
use super::{CaseLink, Field, Kind, Register};
use crate::catalogue::Area;
use crate::role::Right;
use crate::staff;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[
    &QUALIFICATIONS,
    &CASE_TEAM,
    &REPLACEMENTS,
    &CONTACT_TESTS,
    &ASSESSMENTS,
    &RESOURCES,
    &SERVICE_ERRORS,
    &INFO_HANDOVERS,
];

/// R359.
const TEAMS: &[Choice] = &[
    ("market", "市场拓展组", "Market"),
    ("claims", "理赔服务组", "Claims"),
    ("support", "综合保障组", "Support"),
];

/// R358 with its columns in their order; what is asked of backup staff beside them (R364–R366).
pub(crate) static QUALIFICATIONS: Register = Register {
    id: "qualifications",
    name: ("人员资质表", "Qualifications"),
    area: Area::People,
    sources: &[
        "R178", "R304", "R358", "R359", "R364", "R365", "R366", "R369",
    ],
    read: Right::ReadStaff,
    write: Right::KeepStaff,
    case: CaseLink::Never,
    fields: &[
        Field::new("name", "人员姓名", "Name", Kind::Person).must(),
        Field::new("post", "岗位", "Post", Kind::Text).must(),
        Field::new("certificate", "专业资质证书", "Certificate", Kind::Text).must(),
        Field::new("training", "培训情况", "Training", Kind::Note),
        Field::new("assessment", "考核结果", "Assessment", Kind::Text),
        Field::new(
            "number",
            "证书编号",
            "Number of the certificate",
            Kind::Text,
        )
        .aside(),
        Field::new("from", "有效期起", "Valid from", Kind::Day).aside(),
        Field::new("until", "有效期止", "Valid until", Kind::Day).aside(),
        Field::new("team", "所属小组", "Team", Kind::Choice(TEAMS)).aside(),
        Field::new(
            "years",
            "车险服务年限",
            "Years with motor insurance",
            Kind::Number,
        )
        .aside(),
        Field::new("backup", "后备服务人员", "Stands by", Kind::YesNo).aside(),
        Field::new("phone", "联系方式", "Phone", Kind::Phone).aside(),
        Field::new("second", "备用联系人", "Second contact", Kind::Person).aside(),
        Field::new("told", "告知采购人日期", "Buyer told on", Kind::Day).aside(),
    ],
    unique: &["name", "certificate", "number"],
    when: None,
    check: Some(staff::check_period),
};

/// R134, R228, R372, R373: who else works on a case, and who stands in for its surveyor.
pub(crate) static CASE_TEAM: Register = Register {
    id: "case_team",
    name: ("案件参与人与备岗", "People of a case and deputies"),
    area: Area::People,
    sources: &["R134", "R228", "R372", "R373", "I29", "I61"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("name", "姓名", "Name", Kind::Person).must(),
        Field::new("duty", "职责", "Duty", Kind::Choice(DUTIES)).must(),
        Field::new("since", "自", "Since", Kind::Day).must(),
        Field::new("until", "至", "Until", Kind::Day),
        Field::new("note", "说明或会诊意见", "Note or opinion", Kind::Note),
    ],
    unique: &[],
    when: Some("since"),
    check: Some(staff::check_team),
};

const DUTIES: &[Choice] = &[
    ("deputy", "备岗（代理查勘）", "Deputy of the surveyor"),
    ("follower", "专人跟踪", "Follows the case"),
    (
        "manager",
        "项目经理（统筹决策）",
        "Project manager, decides",
    ),
    ("specialist", "理赔专员", "Claims specialist"),
    ("technician", "技术专家", "Technician"),
    ("lawyer", "法律顾问", "Lawyer"),
    ("expert", "会诊专家", "Expert"),
    ("partner", "合作机构", "Partner"),
];

/// R367, R368 with the steps of the contract's table.
pub(crate) static REPLACEMENTS: Register = Register {
    id: "staff_replacements",
    name: ("人员更换", "Replacements"),
    area: Area::People,
    sources: &["R366", "R367", "R368"],
    read: Right::ReadStaff,
    write: Right::KeepStaff,
    case: CaseLink::Never,
    fields: &[
        Field::new("outgoing", "原服务人员", "Who leaves", Kind::Person).must(),
        Field::new("incoming", "新服务人员", "Who comes", Kind::Person).must(),
        Field::new("reason", "更换原因", "Why", Kind::Note).must(),
        Field::new("applied", "提出申请", "Applied on", Kind::Day).must(),
        Field::new("consented", "采购人审批", "Buyer consented on", Kind::Day),
        Field::new("consenter", "采购人同意人", "Who consented", Kind::Person),
        Field::new("reference", "同意书编号", "Letter of consent", Kind::Text),
        Field::new("handed", "人员交接", "Handed over on", Kind::Day),
        Field::new("introduced", "介绍新人员", "Introduced on", Kind::Day),
        Field::new("moved", "已移交案件数", "Cases moved", Kind::Number),
    ],
    unique: &[],
    when: Some("applied"),
    check: Some(staff::check_replacement),
};

/// R369.
static CONTACT_TESTS: Register = Register {
    id: "contact_tests",
    name: ("联络畅通测试", "Contacts tested"),
    area: Area::People,
    sources: &["R369"],
    read: Right::ReadStaff,
    write: Right::KeepStaff,
    case: CaseLink::Never,
    fields: &[
        Field::new("tested", "测试时间", "Tested at", Kind::Time).must(),
        Field::new("name", "联络人", "Contact", Kind::Person).must(),
        Field::new("phone", "电话", "Phone", Kind::Phone).must(),
        Field::new("reached", "是否接通", "Reached", Kind::YesNo).must(),
        Field::new("second", "备用联系人", "Second contact", Kind::Person),
        Field::new("measure", "处理", "What was done", Kind::Note),
    ],
    unique: &[],
    when: Some("tested"),
    check: None,
};

/// R371.
static ASSESSMENTS: Register = Register {
    id: "collector_assessments",
    name: ("资料收集人员考核", "Assessment of collectors"),
    area: Area::People,
    sources: &["R341", "R371"],
    read: Right::ReadStaff,
    write: Right::KeepStaff,
    case: CaseLink::Never,
    fields: &[
        Field::new("name", "人员姓名", "Name", Kind::Person).must(),
        Field::new(
            "what",
            "考核内容",
            "What is assessed",
            Kind::Choice(&[
                ("accuracy", "资料收集准确性", "Accuracy"),
                ("timeliness", "资料收集及时性", "Timeliness"),
                ("communication", "沟通能力", "Communication"),
                ("teamwork", "团队协作", "Teamwork"),
            ]),
        )
        .must(),
        Field::new("how", "考核方式", "How", Kind::Text).must(),
        Field::new(
            "cycle",
            "考核周期",
            "Cycle",
            Kind::Choice(&[
                ("month", "每月", "Monthly"),
                ("quarter", "每季度", "Quarterly"),
            ]),
        )
        .must(),
        Field::new("day", "考核日期", "Assessed on", Kind::Day).must(),
        Field::new("result", "考核结果", "Result", Kind::Text).must(),
        Field::new("follows", "奖惩措施", "Reward or penalty", Kind::Note),
    ],
    unique: &["name", "what", "day"],
    when: Some("day"),
    check: None,
};

/// Who and what can be sent: vehicles, partners, repair shops, people on the spot.
static RESOURCES: Register = Register {
    id: "local_resources",
    name: ("本地查勘资源", "Local resources"),
    area: Area::People,
    sources: &["R137", "I22", "I47", "I48", "I62", "I122", "I123"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new(
            "kind",
            "类别",
            "Kind",
            Kind::Choice(&[
                ("vehicle", "查勘车辆", "Survey vehicle"),
                ("partner", "合作查勘机构", "Partner"),
                ("branch", "分支机构", "Branch"),
                ("shop", "定点维修厂", "Repair shop"),
                ("reserve", "备用人员", "Person in reserve"),
                ("on_site", "驻点人员", "Person on the spot"),
            ]),
        )
        .must(),
        Field::new("name", "名称", "Name", Kind::Text).must(),
        Field::new("area", "服务区域", "Area", Kind::Text).must(),
        Field::new("phone", "电话", "Phone", Kind::Phone),
        Field::new("from", "自", "From", Kind::Day),
        Field::new("until", "至", "Until", Kind::Day),
        Field::new("note", "说明", "Note", Kind::Note).aside(),
    ],
    unique: &["kind", "name", "area"],
    when: None,
    check: None,
};

/// A service error and who answers for it.
static SERVICE_ERRORS: Register = Register {
    id: "service_errors",
    name: ("服务差错记录", "Service errors"),
    area: Area::People,
    sources: &["I24", "I30"],
    read: Right::ReadStaff,
    write: Right::KeepStaff,
    case: CaseLink::May,
    fields: &[
        Field::new("at", "发生时间", "At", Kind::Time).must(),
        Field::new("error", "差错情况", "What went wrong", Kind::Note).must(),
        Field::new("owner", "责任人", "Who answers for it", Kind::Person).must(),
        Field::new("remedy", "处理措施", "Remedy", Kind::Note),
    ],
    unique: &[],
    when: Some("at"),
    check: None,
};

/// R294.
static INFO_HANDOVERS: Register = Register {
    id: "info_handovers",
    name: ("信息交接审核", "Information handed over"),
    area: Area::People,
    sources: &["R294"],
    read: Right::ReadStaff,
    write: Right::KeepStaff,
    case: CaseLink::May,
    fields: &[
        Field::new("at", "交接时间", "At", Kind::Time).must(),
        Field::new("what", "信息内容", "What", Kind::Note).must(),
        Field::new("from", "移交人", "From", Kind::Person).must(),
        Field::new("to", "接收人", "To", Kind::Person).must(),
        Field::new("urgent", "紧急", "Urgent", Kind::YesNo).must(),
        Field::new("accurate", "准确", "Accurate", Kind::YesNo).must(),
        Field::new("complete", "完整", "Complete", Kind::YesNo).must(),
        Field::new(
            "confidential",
            "已保密处理",
            "Kept confidential",
            Kind::YesNo,
        )
        .must(),
    ],
    unique: &[],
    when: Some("at"),
    check: None,
};
