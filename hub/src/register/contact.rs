//! Customers without a claim in hand: contacts, how they want to be reached, what they suggest,
//! and how handlers look after cases that stand still.

use super::feedback::{CHANNELS, SATISFACTION};
use super::{CaseLink, Choice, Field, Kind, Register};
use crate::catalogue::Area;
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] =
    &[&CONTACTS, &PREFERENCES, &SUGGESTIONS, &PROGRESS_REVIEWS];

/// R265–R268, R272: who was visited or called without a claim, and why.
pub(super) static CONTACTS: Register = Register {
    id: "contacts",
    name: ("客户沟通与定期回访", "Customer contacts"),
    area: Area::Service,
    sources: &["R254", "R265", "R266", "R267", "R268", "R272"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Never,
    fields: &[
        Field::new("at", "回访时间", "At", Kind::Time).must(),
        Field::new("whom", "回访对象", "Whom", Kind::Text).must(),
        Field::new("content", "回访内容", "About what", Kind::Note).must(),
        Field::new("channel", "沟通方式", "How", Kind::Choice(CHANNELS)).must(),
        Field::new(
            "purpose",
            "沟通目的",
            "Purpose",
            Kind::Choice(&[
                ("first", "首次回访", "First callback"),
                ("regular", "定期回访", "Regular callback"),
                ("claim", "理赔后回访", "After a claim"),
                ("channels", "宣传投诉渠道", "Complaint channels made known"),
                ("other", "其他", "Other"),
            ]),
        )
        .must(),
        Field::new("policy", "保单号", "Policy", Kind::Text).aside(),
        Field::new(
            "satisfaction",
            "满意度评价",
            "Satisfaction",
            Kind::Choice(SATISFACTION),
        )
        .aside(),
    ],
    unique: &[],
    when: Some("at"),
    check: None,
};

/// R252, R274, R276: how somebody wants to be told.
static PREFERENCES: Register = Register {
    id: "channel_preferences",
    name: ("客户反馈方式偏好", "How customers want to be told"),
    area: Area::Service,
    sources: &["R252", "R274", "R276"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Never,
    fields: &[
        Field::new("customer", "客户姓名", "Customer", Kind::Person).must(),
        Field::new("phone", "联系方式", "Contact", Kind::Phone).must(),
        Field::new(
            "channel",
            "偏好方式",
            "Preferred way",
            Kind::Choice(CHANNELS),
        )
        .must(),
        Field::new(
            "urgent",
            "紧急事项方式",
            "When it is urgent",
            Kind::Choice(CHANNELS),
        ),
        Field::new("asked", "征询日期", "Asked on", Kind::Day).must(),
    ],
    unique: &["phone"],
    when: Some("asked"),
    check: None,
};

/// R277: a suggestion goes to a department and comes back with a result.
static SUGGESTIONS: Register = Register {
    id: "suggestions",
    name: ("客户建议登记表", "Suggestions"),
    area: Area::Service,
    sources: &["R277"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::May,
    fields: &[
        Field::new("received", "收到时间", "Received at", Kind::Time).must(),
        Field::new("customer", "客户姓名", "Customer", Kind::Person).must(),
        Field::new("suggestion", "建议内容", "Suggestion", Kind::Note).must(),
        Field::new("department", "转交部门", "Passed to", Kind::Text).must(),
        Field::new("result", "处理结果", "Result", Kind::Note),
        Field::new(
            "answered",
            "反馈客户时间",
            "Customer answered at",
            Kind::Time,
        ),
        Field::new("phone", "联系方式", "Contact", Kind::Phone).aside(),
    ],
    unique: &[],
    when: Some("received"),
    check: None,
};

/// R278: a handler looked at a case and passed on what is wrong.
static PROGRESS_REVIEWS: Register = Register {
    id: "progress_reviews",
    name: ("案件进度检查与上报", "Progress reviews"),
    area: Area::Timeliness,
    sources: &["R109", "R278"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("reviewed", "检查时间", "Looked at", Kind::Time).must(),
        Field::new("finding", "情况", "Finding", Kind::Choice(FINDINGS)).must(),
        Field::new("problem", "问题", "Problem", Kind::Note),
        Field::new("passed_to", "上报人员", "Passed on to", Kind::Person),
        Field::new("measure", "处理措施", "What is done", Kind::Note),
    ],
    unique: &[],
    when: Some("reviewed"),
    check: None,
};

const FINDINGS: &[Choice] = &[
    ("well", "进展正常", "Goes well"),
    ("slow", "进展缓慢", "Slow"),
    ("stuck", "停滞", "Stands still"),
];
