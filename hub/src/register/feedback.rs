//! What customers say: calls, complaints, callbacks, and what was set right because of them.

use lossbook_core::store::StoreError;

use super::Choice;
use super::policy::CONTRACTS;
use super::{CaseLink, Field, Kind, Proposed, Register, value_of};
use crate::catalogue::Area;
use crate::meta::MetaTx;
use crate::refusal::Refusal;
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[
    &HOTLINE,
    &MISSED_CALLS,
    &COMPLAINTS,
    &COMPLAINT_DESKS,
    &COMPLAINT_CALLBACKS,
    &CLAIM_CALLBACKS,
    &MEASURES,
    &RECTIFICATION,
    &RECTIFICATION_PROGRESS,
];

/// The scale of three (R259).
pub const SATISFACTION: &[Choice] = &[
    ("satisfied", "满意", "Satisfied"),
    ("fairly", "基本满意", "Fairly satisfied"),
    ("dissatisfied", "不满意", "Dissatisfied"),
];

/// What people are asked about (R247, R262).
pub const DIMENSIONS: &[Choice] = &[
    ("attitude", "服务态度", "Attitude"),
    ("speed", "理赔速度", "Speed of the claim"),
    ("clauses", "保险条款清晰度", "Clarity of the clauses"),
    ("quality", "服务质量", "Quality of service"),
    ("intake", "受理", "Taking the report"),
    ("survey", "查勘", "Survey"),
    ("assessment", "定损", "Assessment"),
    ("claim", "理赔", "Settlement"),
];

/// How somebody is reached (R263).
pub(super) const CHANNELS: &[Choice] = &[
    ("phone", "电话", "Phone"),
    ("sms", "短信", "SMS"),
    ("mail", "邮件", "E-mail"),
    ("letter", "书面", "Letter"),
    ("visit", "实地", "On site"),
];

/// R101, with what R75, R76 and R96 keep beside it.
static HOTLINE: Register = Register {
    id: "hotline",
    name: ("热线来电记录表", "Hotline record"),
    area: Area::Intake,
    sources: &["R70", "R75", "R76", "R96", "R101", "R104", "R105"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::May,
    fields: &[
        Field::new("called", "来电时间", "Called at", Kind::Time).must(),
        Field::new("customer", "客户姓名", "Customer", Kind::Person).must(),
        Field::new("phone", "联系方式", "Contact", Kind::Phone).must(),
        Field::new(
            "content",
            "咨询/投诉/报案内容",
            "Question, complaint or report",
            Kind::Note,
        )
        .must(),
        Field::new("handling", "处理情况", "What was done", Kind::Note),
        Field::new(
            "kind",
            "类别",
            "Kind",
            Kind::Choice(&[
                ("question", "咨询", "Question"),
                ("complaint", "投诉", "Complaint"),
                ("report", "报案", "Report"),
            ]),
        )
        .must()
        .aside(),
        Field::new(
            "channel",
            "渠道",
            "Channel",
            Kind::Choice(&[
                ("hotline", "热线", "Hotline"),
                ("web", "网站", "Web site"),
                ("app", "应用", "App"),
                ("mail", "电子邮件", "E-mail"),
                ("letter", "书面信函", "Letter"),
                ("sales", "销售人员", "Sales staff"),
            ]),
        )
        .aside(),
        Field::new("introducer", "转介人", "Passed on by", Kind::Person).aside(),
        Field::new("taken_by", "受理人员", "Taken by", Kind::Person).aside(),
        Field::new(
            "verified",
            "报案真实性已核实",
            "Report verified",
            Kind::YesNo,
        )
        .aside(),
        Field::new("recording", "录音编号", "Recording", Kind::Text).aside(),
        Field::new("seconds", "通话秒数", "Seconds of the call", Kind::Number).aside(),
    ],
    unique: &[],
    when: Some("called"),
    check: None,
};

/// R103.
static MISSED_CALLS: Register = Register {
    id: "missed_calls",
    name: ("未接来电分析", "Missed calls"),
    area: Area::Intake,
    sources: &["R103"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Never,
    fields: &[
        Field::new("missed", "来电时间", "Called at", Kind::Time).must(),
        Field::new("phone", "来电号码", "Number", Kind::Phone),
        Field::new(
            "cause",
            "原因",
            "Cause",
            Kind::Choice(&[
                ("staffing", "人员排班不合理", "Too few on duty"),
                ("equipment", "设备故障", "Equipment failed"),
                ("other", "其他", "Other"),
            ]),
        )
        .must(),
        Field::new("measure", "整改措施", "What is done about it", Kind::Note),
        Field::new("called_back", "回拨时间", "Called back at", Kind::Time),
    ],
    unique: &[],
    when: Some("missed"),
    check: None,
};

/// R248, R249, R251–R253, R255, R271, R273.
pub(super) static COMPLAINTS: Register = Register {
    id: "complaints",
    name: ("投诉登记表", "Complaints"),
    area: Area::Service,
    sources: &[
        "R248", "R249", "R251", "R252", "R253", "R255", "R269", "R271", "R273",
    ],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::May,
    fields: &[
        Field::new("number", "投诉编号", "Number", Kind::Serial("TS")),
        Field::new("complained", "投诉时间", "Complained at", Kind::Time).must(),
        Field::new("customer", "投诉人/客户姓名", "Customer", Kind::Person).must(),
        Field::new("phone", "联系方式", "Contact", Kind::Phone).must(),
        Field::new("content", "投诉内容", "Complaint", Kind::Note).must(),
        Field::new("cause", "投诉原因", "Cause", Kind::Note),
        Field::new(
            "class",
            "投诉类别",
            "Class",
            Kind::Choice(COMPLAINT_CLASSES),
        )
        .must(),
        Field::new("handler", "处理责任人", "Handler", Kind::Person).must(),
        Field::new("state", "状态", "State", Kind::Choice(COMPLAINT_STATES)).must(),
        Field::new(
            "first_opinion",
            "初步处理意见时间",
            "First opinion at",
            Kind::Time,
        )
        .aside(),
        Field::new("course", "处理过程", "What was done", Kind::Note).aside(),
        Field::new("result", "处理结果", "Result", Kind::Note).aside(),
        Field::new("basis", "处理依据", "On what basis", Kind::Note).aside(),
        Field::new("answered", "回复客户时间", "Answered at", Kind::Time).aside(),
        Field::new("channel", "回复方式", "Answered by", Kind::Choice(CHANNELS)).aside(),
        Field::new("contract", "合同", "Contract", Kind::Choice(CONTRACTS)).aside(),
        Field::new("started", "启动处理时间", "Taken up at", Kind::Time).aside(),
        Field::new(
            "satisfaction",
            "满意度评价",
            "Satisfaction",
            Kind::Choice(SATISFACTION),
        ),
    ],
    unique: &[],
    when: Some("complained"),
    check: Some(check_complaint),
};

const COMPLAINT_CLASSES: &[Choice] = &[
    ("service", "服务质量问题", "Quality of service"),
    ("dispute", "理赔纠纷问题", "Dispute over a claim"),
    ("clauses", "保险条款问题", "Clauses"),
    ("technical", "技术问题", "Technical"),
    ("policy", "政策问题", "Policy"),
    ("other", "其他", "Other"),
];

const COMPLAINT_STATES: &[Choice] = &[
    ("received", "已受理", "Received"),
    ("handling", "处理中", "In hand"),
    ("answered", "已回复", "Answered"),
    ("closed", "已办结", "Closed"),
    ("reopened", "重新处理", "Opened again"),
];

/// Whether a complaint may go from one state to another; nothing before means a new one.
fn follows(before: Option<&str>, after: &str) -> bool {
    match before {
        None => matches!(after, "received" | "handling" | "answered"),
        Some(before) if before == after => true,
        Some("received" | "reopened") => matches!(after, "handling" | "answered"),
        Some("handling") => after == "answered",
        Some("answered") => matches!(after, "closed" | "reopened"),
        Some("closed") => after == "reopened",
        Some(_) => false,
    }
}

/// R249: who handles complaints of a class, and how.
static COMPLAINT_DESKS: Register = Register {
    id: "complaint_desks",
    name: ("投诉类别与处理责任人", "Who handles which complaints"),
    area: Area::Service,
    sources: &["R249", "R251"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new(
            "class",
            "投诉类别",
            "Class",
            Kind::Choice(COMPLAINT_CLASSES),
        )
        .must(),
        Field::new("handler", "处理责任人", "Handler", Kind::Person).must(),
        Field::new("process", "处理流程", "How it is handled", Kind::Note).must(),
    ],
    unique: &["class"],
    when: None,
    check: None,
};

/// A new complaint goes to whoever handles its class, if somebody was named for it (R249).
fn check_handler(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let Some(row) = tx.register_holder(COMPLAINT_DESKS.id, new.value("class"))? else {
        return Ok(None);
    };
    let desk = tx.register_versions(COMPLAINT_DESKS.id, row)?.pop();
    let handler = desk.as_ref().map_or("", |row| value_of(row, "handler"));
    if new.before.is_some() || handler == new.value("handler") {
        return Ok(None);
    }
    let detail = format!(
        "本类投诉由 {handler} 处理（handler） / handler: complaints of this class go to {handler}"
    );
    Ok(Some(Refusal::new(409, "HANDLER_OTHER", detail)))
}

/// An answer says process, result and basis (R252); states follow each other (R253).
fn check_complaint(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    if let Some(refusal) = check_handler(tx, new)? {
        return Ok(Some(refusal));
    }
    let before = new.before.map(|row| value_of(row, "state"));
    let state = new.value("state");
    if !follows(before, state) {
        let detail = format!(
            "状态（state）不能从“{}”改为“{state}” / state cannot go from {:?} to {state:?}",
            before.unwrap_or("-"),
            before.unwrap_or("-"),
        );
        return Ok(Some(Refusal::new(409, "STATE_ORDER", detail)));
    }
    let told = ["course", "result", "basis", "answered", "channel"];
    let lacks: Vec<&str> = told
        .into_iter()
        .filter(|id| new.value(id).is_empty())
        .collect();
    if matches!(state, "answered" | "closed") && !lacks.is_empty() {
        let detail = format!(
            "回复须写明处理过程、结果、依据、时间和方式 / an answer needs these columns: {}",
            lacks.join(", ")
        );
        return Ok(Some(Refusal::new(400, "FIELD_REQUIRED", detail)));
    }
    Ok(None)
}

/// R258.
static COMPLAINT_CALLBACKS: Register = Register {
    id: "complaint_callbacks",
    name: ("投诉回访表", "Complaint callbacks"),
    area: Area::Service,
    sources: &["R258", "R259", "R263", "R273"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::May,
    fields: &[
        Field::new("number", "投诉编号", "Complaint", Kind::Text).must(),
        Field::new("customer", "客户姓名", "Customer", Kind::Person).must(),
        Field::new("result", "处理结果", "Result", Kind::Note).must(),
        Field::new(
            "satisfaction",
            "满意度评价",
            "Satisfaction",
            Kind::Choice(SATISFACTION),
        )
        .must(),
        Field::new("advice", "意见建议", "Advice", Kind::Note),
        Field::new("asked", "回访时间", "Asked at", Kind::Time)
            .must()
            .aside(),
        Field::new("channel", "回访方式", "How", Kind::Choice(CHANNELS))
            .must()
            .aside(),
    ],
    unique: &[],
    when: Some("asked"),
    check: Some(check_complaint_number),
};

/// A callback is about a complaint that is there.
fn check_complaint_number(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let number = new.value("number");
    let row = number.strip_prefix("TS-").and_then(|row| row.parse().ok());
    let known = match row {
        Some(row) => tx.register_versions(COMPLAINTS.id, row)?.pop(),
        None => None,
    };
    if known.is_some_and(|row| !row.struck) {
        return Ok(None);
    }
    let detail = format!("投诉编号（number）不存在 / number: no complaint is called {number:?}");
    Ok(Some(Refusal::new(404, "COMPLAINT_UNKNOWN", detail)))
}

/// R260, with the dimensions of R247 and R262 beside it.
static CLAIM_CALLBACKS: Register = Register {
    id: "claim_callbacks",
    name: ("理赔服务回访表", "Claim callbacks"),
    area: Area::Service,
    sources: &["R247", "R259", "R260", "R262", "R263", "R264", "R268"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("customer", "客户姓名", "Customer", Kind::Person).must(),
        Field::new("phone", "联系方式", "Contact", Kind::Phone).must(),
        Field::new("paid", "理赔金额", "Claim amount", Kind::Money).must(),
        Field::new(
            "satisfaction",
            "满意度评价",
            "Satisfaction",
            Kind::Choice(SATISFACTION),
        )
        .must(),
        Field::new("advice", "意见建议", "Advice", Kind::Note),
        Field::new("asked", "回访时间", "Asked at", Kind::Time)
            .must()
            .aside(),
        Field::new("channel", "回访方式", "How", Kind::Choice(CHANNELS))
            .must()
            .aside(),
        Field::new(
            "attitude",
            "服务态度",
            "Attitude",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
        Field::new(
            "speed",
            "理赔速度",
            "Speed of the claim",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
        Field::new(
            "clauses",
            "保险条款清晰度",
            "Clarity of the clauses",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
        Field::new(
            "quality",
            "服务质量",
            "Quality of service",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
        Field::new(
            "intake",
            "受理",
            "Taking the report",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
        Field::new("survey", "查勘", "Survey", Kind::Choice(SATISFACTION)).aside(),
        Field::new(
            "assessment",
            "定损",
            "Assessment",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
        Field::new("claim", "理赔", "Settlement", Kind::Choice(SATISFACTION)).aside(),
    ],
    unique: &[],
    when: Some("asked"),
    check: None,
};

/// What is done about a dimension: the written half of R261.
static MEASURES: Register = Register {
    id: "satisfaction_measures",
    name: ("不满意原因与改进措施", "Dissatisfaction and measures"),
    area: Area::Service,
    sources: &["R261", "R264"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::Never,
    fields: &[
        Field::new(
            "dimension",
            "评价指标",
            "Dimension",
            Kind::Choice(DIMENSIONS),
        )
        .must(),
        Field::new("from", "统计开始日期", "From", Kind::Day).must(),
        Field::new("reasons", "不满意原因", "Why dissatisfied", Kind::Note).must(),
        Field::new("measure", "改进措施", "What is done", Kind::Note).must(),
    ],
    unique: &["dimension", "from"],
    when: Some("from"),
    check: None,
};

/// R353.
static RECTIFICATION: Register = Register {
    id: "rectification",
    name: ("整改台账", "Rectification ledger"),
    area: Area::Service,
    sources: &["R353"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::May,
    fields: &[
        Field::new("problem", "问题详情", "Problem", Kind::Note).must(),
        Field::new("owner", "整改责任人", "Who sets it right", Kind::Person).must(),
        Field::new("due", "整改时间", "When", Kind::Day).must(),
        Field::new("result", "整改结果", "Result", Kind::Note),
    ],
    unique: &[],
    when: Some("due"),
    check: None,
};

/// R354.
static RECTIFICATION_PROGRESS: Register = Register {
    id: "rectification_progress",
    name: ("整改进度表", "Rectification progress"),
    area: Area::Service,
    sources: &["R354"],
    read: Right::ReadCases,
    write: Right::Rectify,
    case: CaseLink::May,
    fields: &[
        Field::new("task", "整改任务", "Task", Kind::Note).must(),
        Field::new("owner", "责任人", "Who", Kind::Person).must(),
        Field::new("due", "整改时间节点", "By when", Kind::Day).must(),
        Field::new("progress", "完成情况", "How far", Kind::Note),
    ],
    unique: &[],
    when: Some("due"),
    check: None,
};
