//! A contract from its plan to its end: milestones, inspections, reports, surveys, closing
//! (R147, R156, R355–R362).

use super::feedback::SATISFACTION;
use super::value::Choice;
use super::{CaseLink, Field, Kind, Register};
use crate::catalogue::Area;
use crate::closing;
use crate::risk;
use crate::role::Right;
use crate::staff;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[
    &REVIEW_CHECKS,
    &COMMITMENTS,
    &MILESTONES,
    &PLANS,
    &INSPECTIONS,
    &REPORTS,
    &SURVEYS,
    &CLOSINGS,
];

/// R156: the three standards, part by part of the survey; R177: by somebody else.
static REVIEW_CHECKS: Register = Register {
    id: "review_checks",
    name: ("查勘审核标准核对", "Survey reviewed by standard"),
    area: Area::Quality,
    sources: &["R156", "R177", "R216"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Must,
    fields: &[
        Field::new(
            "part",
            "审核部分",
            "Part",
            Kind::Choice(&[
                ("survey", "现场查勘", "Survey"),
                ("photos", "照片与证据", "Photos and evidence"),
                ("assessment", "损失评估", "Assessment"),
                ("liability", "责任判断", "Liability"),
            ]),
        )
        .must(),
        Field::new(
            "content",
            "内容真实、准确，无遗漏",
            "True and complete",
            Kind::YesNo,
        )
        .must(),
        Field::new(
            "fair",
            "评估合理、公正，有依据",
            "Fair and founded",
            Kind::YesNo,
        )
        .must(),
        Field::new(
            "sound",
            "判断准确、合理，有逻辑",
            "Sound in logic",
            Kind::YesNo,
        )
        .must(),
        Field::new("reviewer", "审核人", "Reviewer", Kind::Person).must(),
        Field::new("opinion", "审核意见", "Opinion", Kind::Note),
    ],
    unique: &[],
    when: None,
    check: Some(staff::check_reviewer),
};

/// R147: what was promised in writing, who signed it, and how it reached the customer.
static COMMITMENTS: Register = Register {
    id: "commitments",
    name: ("书面承诺函", "Letters of commitment"),
    area: Area::Timeliness,
    sources: &["R147", "R148", "I68"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("tier", "金额分档", "Tier", Kind::Text).must(),
        Field::new("content", "承诺内容", "What is promised", Kind::Note).must(),
        Field::new(
            "code",
            "文书验证码",
            "Verification code of the paper",
            Kind::Text,
        ),
        Field::new("signer", "签署人", "Signed by", Kind::Person).must(),
        Field::new("signed", "签署日期", "Signed on", Kind::Day).must(),
        Field::new("delivered", "送达时间", "Delivered at", Kind::Time),
        Field::new("receiver", "签收人", "Received by", Kind::Person),
    ],
    unique: &[],
    when: Some("signed"),
    check: None,
};

/// R360, R361.
static MILESTONES: Register = Register {
    id: "milestones",
    name: ("项目里程碑", "Milestones"),
    area: Area::Timeliness,
    sources: &["R360", "R361", "I29"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new("stage", "阶段", "Stage", Kind::Text).must(),
        Field::new("task", "工作内容", "Task", Kind::Note).must(),
        Field::new("from", "计划开始", "Planned from", Kind::Day).must(),
        Field::new("to", "计划完成", "Planned until", Kind::Day).must(),
        Field::new("owner", "责任人", "Who", Kind::Person).must(),
        Field::new("done", "实际完成", "Done on", Kind::Day),
    ],
    unique: &["contract", "stage", "task"],
    when: Some("to"),
    check: Some(risk::check_contract),
};

/// Plans and goals of a period.
static PLANS: Register = Register {
    id: "service_plans",
    name: ("服务计划与专项服务", "Service plans and special services"),
    area: Area::Timeliness,
    sources: &["R213", "I14", "I65", "I106", "I137"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::May,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new(
            "kind",
            "类别",
            "Kind",
            Kind::Choice(&[
                ("year", "年度计划", "Year"),
                ("quarter", "季度计划", "Quarter"),
                ("month", "月度计划", "Month"),
                ("special", "特别约定服务", "Special service"),
                ("papers", "资料收集时间表", "Timetable for papers"),
                ("emergency", "应急预案", "Emergency plan"),
            ]),
        )
        .must(),
        Field::new("version", "版本", "Version", Kind::Text),
        Field::new("goal", "目标或事项", "Goal or task", Kind::Note).must(),
        Field::new("to", "完成期限", "Until", Kind::Day).must(),
        Field::new("owner", "责任人", "Who", Kind::Person).must(),
        Field::new("progress", "完成情况", "How far", Kind::Note),
    ],
    unique: &[],
    when: Some("to"),
    check: Some(risk::check_contract),
};

/// R362; what falls short goes into the rectification ledger.
static INSPECTIONS: Register = Register {
    id: "inspections",
    name: ("内部检查", "Inspections"),
    area: Area::Quality,
    sources: &["R352", "R357", "R362"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::May,
    fields: &[
        Field::new("day", "检查日期", "Inspected on", Kind::Day).must(),
        Field::new("measure", "检查指标", "Measure", Kind::Text).must(),
        Field::new("standard", "评分标准", "How it is scored", Kind::Note).must(),
        Field::new("score", "得分", "Score", Kind::Number).must(),
        Field::new("full", "满分", "Full score", Kind::Number).must(),
        Field::new("inspector", "检查人", "Inspector", Kind::Person).must(),
        Field::new("problem", "发现问题", "Problem found", Kind::Note),
        Field::new(
            "ledger",
            "整改台账行号",
            "Row of the rectification ledger",
            Kind::Number,
        ),
    ],
    unique: &[],
    when: Some("day"),
    check: Some(closing::check_inspection),
};

/// Kinds of report to the buyer and the regulator.
const REPORT_KINDS: &[Choice] = &[
    ("acceptance", "验收报告", "Acceptance report"),
    ("final", "服务总结报告", "Final service report"),
    ("periodic", "定期服务报告", "Periodic report"),
    ("advice", "服务优化建议", "Advice"),
];

/// R355, R356.
pub(crate) static REPORTS: Register = Register {
    id: "contract_reports",
    name: ("服务报告", "Service reports"),
    area: Area::Quality,
    sources: &["R355", "R356", "I76", "I105", "I135"],
    read: Right::ReadCases,
    write: Right::CloseContract,
    case: CaseLink::Never,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new("kind", "报告种类", "Kind", Kind::Choice(REPORT_KINDS)).must(),
        Field::new("submitted", "提交日期", "Submitted on", Kind::Day).must(),
        Field::new("to", "提交对象", "To whom", Kind::Text).must(),
        Field::new("course", "过程", "Process", Kind::Note).must(),
        Field::new("result", "结果", "Result", Kind::Note).must(),
        Field::new("problems", "存在问题", "Problems", Kind::Note),
        Field::new("advice", "建议", "Suggestions", Kind::Note),
        Field::new("filed", "归档编号", "Filed as", Kind::Text),
    ],
    unique: &["contract", "kind", "submitted"],
    when: Some("submitted"),
    check: Some(risk::check_contract),
};

/// How satisfied people are, asked once in the middle and once before the end.
pub(crate) static SURVEYS: Register = Register {
    id: "contract_surveys",
    name: ("合同满意度调查", "Surveys of a contract"),
    area: Area::Quality,
    sources: &["R262", "R351", "R356"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new(
            "round",
            "第几次",
            "Round",
            Kind::Choice(&[("first", "第一次", "First"), ("second", "第二次", "Second")]),
        )
        .must(),
        Field::new("day", "调查日期", "Asked on", Kind::Day).must(),
        Field::new("asked", "调查人数", "People asked", Kind::Number).must(),
        Field::new("satisfied", "满意人数", "Satisfied", Kind::Number).must(),
        Field::new(
            "grade",
            "总体评价",
            "All in all",
            Kind::Choice(SATISFACTION),
        )
        .must(),
        Field::new("advice", "意见建议", "Advice", Kind::Note),
    ],
    unique: &["contract", "round"],
    when: Some("day"),
    check: Some(closing::check_survey),
};

/// R356: a contract is closed when nothing of it is open.
pub(crate) static CLOSINGS: Register = Register {
    id: "contract_closings",
    name: ("合同结束", "Contracts closed"),
    area: Area::Quality,
    sources: &["R356"],
    read: Right::ReadCases,
    write: Right::CloseContract,
    case: CaseLink::Never,
    fields: &[
        Field::new("contract", "合同", "Contract", Kind::Text).must(),
        Field::new("day", "结束日期", "Closed on", Kind::Day).must(),
        Field::new("claims", "案件总数", "Cases in all", Kind::Number).must(),
        Field::new("note", "说明", "Note", Kind::Note),
    ],
    unique: &["contract"],
    when: Some("day"),
    check: Some(closing::check),
};
