//! Policies as the office keeps them: versions, what changes them, who is on them, what is owed.

use jiff::civil::Date;
use lossbook_core::store::StoreError;

use super::{CaseLink, Choice, Field, Kind, Proposed, Register, value_of};
use crate::catalogue::Area;
use crate::meta::{MetaTx, RegisterPart, RegisterRow};
use crate::refusal::Refusal;
use crate::role::Right;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[
    &POLICIES,
    &CHANGES,
    &RENEWALS,
    &SURRENDERS,
    &AUDITS,
    &ROSTER,
    &HOUSEHOLDS,
    &PREMIUMS,
];

/// R10, R14, R15, R22, R48, R53–R57, R59, R62, R63: one row for each version of a policy.
pub(super) static POLICIES: Register = Register {
    id: "policies",
    name: ("保单登记表", "Policies"),
    area: Area::Policy,
    sources: &[
        "R10", "R14", "R15", "R18", "R22", "R40", "R48", "R53", "R55", "R56", "R57", "R59", "R62",
        "R63", "R65",
    ],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("policy", "保单号", "Policy number", Kind::Text).must(),
        Field::new("version", "版本", "Version", Kind::Number).must(),
        Field::new("contract", "合同", "Contract", Kind::Choice(CONTRACTS)).must(),
        Field::new("line", "险种", "Line", Kind::Text).must(),
        Field::new(
            "object",
            "保险标的（车牌号、注册号等）",
            "Insured object",
            Kind::Text,
        )
        .must(),
        Field::new("insured", "被保险人", "Insured", Kind::Person).must(),
        Field::new("from", "起保日期（零时起）", "From, at 00:00", Kind::Day).must(),
        Field::new("to", "终保日期（二十四时止）", "To, until 24:00", Kind::Day).must(),
        Field::new("sum_insured", "保险金额", "Sum insured", Kind::Money),
        Field::new("premium", "保险费", "Premium", Kind::Money),
        Field::new("stage", "出单进度", "Stage", Kind::Choice(STAGES)).must(),
        Field::new("kind", "保单类别", "Kind", Kind::Choice(KINDS)).aside(),
        Field::new("clauses", "具体条款", "Clauses", Kind::Note).aside(),
        Field::new("limit", "赔偿限额", "Limit", Kind::Note).aside(),
        Field::new("deductible", "免赔情况", "Deductible", Kind::Note).aside(),
        Field::new(
            "special",
            "特别约定与附加条款",
            "Special agreements and riders",
            Kind::Note,
        )
        .aside(),
        Field::new("add_on", "附加商业险", "Commercial add-on", Kind::YesNo).aside(),
        Field::new("authority", "备案部门", "Filed with", Kind::Text).aside(),
        Field::new("filed", "备案日期", "Filed on", Kind::Day).aside(),
        Field::new("filing", "备案编号", "Filing number", Kind::Text).aside(),
        Field::new("copy", "合同副本送达日期", "Copy delivered on", Kind::Day).aside(),
        Field::new("archive", "纸质档案位置", "Paper archive", Kind::Text).aside(),
        Field::new(
            "archive_checked",
            "档案检查日期",
            "Archive checked on",
            Kind::Day,
        )
        .aside(),
    ],
    unique: &["policy", "version"],
    when: Some("from"),
    check: Some(check_policy),
};

pub(super) const CONTRACTS: &[Choice] = &[
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
    ("insurer-fnol-policy", "其他", "Other"),
];

const STAGES: &[Choice] = &[
    ("approval", "审批", "Approval"),
    ("issued", "出单", "Issued"),
    ("entered", "录入", "Entered"),
];

const KINDS: &[Choice] = &[
    ("motor", "机动车辆保险单", "Motor"),
    ("non_motor", "非机动车保险单", "Other than motor"),
    ("house", "农村住房保险单", "Rural housing"),
    ("aviation", "航空保险单", "Aviation"),
];

pub(super) fn day(row: &RegisterRow, field: &str) -> Option<Date> {
    value_of(row, field).parse().ok()
}

/// Every version of a policy, by its number.
pub(super) fn versions(tx: &dyn MetaTx, policy: &str) -> Result<Vec<RegisterRow>, StoreError> {
    let part = RegisterPart {
        words: Some((policy, &["policy"])),
        ..RegisterPart::all(POLICIES.id)
    };
    let mut rows = tx.register_rows(part)?;
    // What contains the number is found; only what is the number is meant.
    rows.retain(|row| value_of(row, "policy") == policy);
    rows.sort_by_key(|row| value_of(row, "version").parse::<u64>().unwrap_or(0));
    Ok(rows)
}

fn refuse(status: u16, code: &'static str, detail: &str) -> Result<Option<Refusal>, StoreError> {
    Ok(Some(Refusal::new(status, code, detail)))
}

/// A period ends after it begins, and versions follow each other without one left out (R15, R40).
fn check_policy(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    if new.row.struck {
        return Ok(None);
    }
    if day(new.row, "to") < day(new.row, "from") {
        return refuse(
            400,
            "PERIOD_BACKWARD",
            "终保日期（to）早于起保日期（from） / to is before from",
        );
    }
    let mut others = versions(tx, new.value("policy"))?;
    others.retain(|row| row.row != new.row.row);
    let number = |row: &RegisterRow| value_of(row, "version").parse::<u64>().unwrap_or(0);
    let mine = number(new.row);
    let newest = others.iter().map(number).max().unwrap_or(0);
    if new.before.is_none() && mine != newest + 1 {
        let detail = format!(
            "版本（version）应为 {} / version: the next one is {}",
            newest + 1,
            newest + 1
        );
        return refuse(409, "VERSION_ORDER", &detail);
    }
    if let Some(before) = new.before
        && (value_of(before, "policy"), number(before)) != (new.value("policy"), mine)
    {
        return refuse(
            409,
            "VERSION_ORDER",
            "保单号和版本不可更改 / a row keeps its policy and version",
        );
    }
    Ok(None)
}

/// What is written about a policy is written about one that is there.
fn check_known(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let policy = new.value("policy");
    if new.row.struck || !versions(tx, policy)?.is_empty() {
        return Ok(None);
    }
    let detail = format!("保单号（policy）不存在 / policy: there is no policy {policy:?}");
    refuse(404, "POLICY_UNKNOWN", &detail)
}

const STEPS: &[Choice] = &[
    ("asked", "已申请", "Asked for"),
    ("reviewed", "已审核", "Reviewed"),
    ("done", "已办理", "Done"),
    ("refused", "不予办理", "Refused"),
];

/// R19.
static CHANGES: Register = Register {
    id: "policy_changes",
    name: ("保单变更登记表", "Changes of policies"),
    area: Area::Policy,
    sources: &["R19"],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("policy", "保单号", "Policy number", Kind::Text).must(),
        Field::new("content", "变更内容", "What changes", Kind::Note).must(),
        Field::new("reason", "变更原因", "Why", Kind::Note).must(),
        Field::new("changed", "变更时间", "When", Kind::Day).must(),
        Field::new("step", "办理情况", "How far", Kind::Choice(STEPS)).must(),
        Field::new("told", "通知客户时间", "Customer told at", Kind::Time).aside(),
    ],
    unique: &[],
    when: Some("changed"),
    check: Some(check_known),
};

/// R12, R20.
static RENEWALS: Register = Register {
    id: "policy_renewals",
    name: ("保单续保登记表", "Renewals"),
    area: Area::Policy,
    sources: &["R12", "R20"],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("policy", "保单号", "Policy number", Kind::Text).must(),
        Field::new("renewed", "续保时间", "When", Kind::Day).must(),
        Field::new("amount", "续保金额", "Premium", Kind::Money).must(),
        Field::new("clauses", "续保条款", "Clauses", Kind::Note).must(),
        Field::new("step", "办理情况", "How far", Kind::Choice(STEPS)).must(),
        Field::new("successor", "新保单号", "New policy", Kind::Text),
        Field::new(
            "reminded",
            "提醒客户时间",
            "Customer reminded at",
            Kind::Time,
        )
        .aside(),
        Field::new(
            "channel",
            "提醒方式",
            "Reminded by",
            Kind::Choice(&[
                ("phone", "电话", "Phone"),
                ("mail", "邮件", "E-mail"),
                ("letter", "书面通知", "Letter"),
            ]),
        )
        .aside(),
        Field::new(
            "reminder",
            "条款变化与保费调整说明",
            "Changes of clauses and premium",
            Kind::Note,
        )
        .aside(),
    ],
    unique: &[],
    when: Some("renewed"),
    check: Some(check_known),
};

/// R21.
static SURRENDERS: Register = Register {
    id: "policy_surrenders",
    name: ("保单退保登记表", "Surrenders"),
    area: Area::Policy,
    sources: &["R21"],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("policy", "保单号", "Policy number", Kind::Text).must(),
        Field::new("reason", "退保原因", "Why", Kind::Note).must(),
        Field::new("surrendered", "退保时间", "When", Kind::Day).must(),
        Field::new("amount", "退保金额", "Amount", Kind::Money).must(),
        Field::new("step", "办理情况", "How far", Kind::Choice(STEPS)).must(),
    ],
    unique: &[],
    when: Some("surrendered"),
    check: Some(check_known),
};

/// R61, R65–R67: a policy is looked through by somebody else than its writer.
static AUDITS: Register = Register {
    id: "policy_audits",
    name: ("保单审核记录", "Policy audits"),
    area: Area::Policy,
    sources: &["R61", "R65", "R66", "R67"],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("policy", "保单号", "Policy number", Kind::Text).must(),
        Field::new(
            "content",
            "审核内容",
            "What was audited",
            Kind::Choice(AUDITED),
        )
        .must(),
        Field::new("way", "审核方式", "How", Kind::Text).must(),
        Field::new("standard", "审核标准", "By which standard", Kind::Text).must(),
        Field::new("audited", "审核时间", "Audited at", Kind::Time).must(),
        Field::new("auditor", "审核人员", "Auditor", Kind::Person).must(),
        Field::new(
            "result",
            "审核结果",
            "Result",
            Kind::Choice(&[
                ("passed", "通过", "Passed"),
                ("mend", "需更正", "To be mended"),
            ]),
        )
        .must(),
        Field::new("handling", "问题处理情况", "What became of it", Kind::Note),
    ],
    unique: &[],
    when: Some("audited"),
    check: Some(check_audit),
};

const AUDITED: &[Choice] = &[
    ("clauses", "条款合规性", "Clauses are in order"),
    ("amount", "金额计算准确性", "Amounts are right"),
    ("cover", "保险责任明确性", "Cover is clear"),
    ("rate", "条款、保额、费率", "Clauses, sum insured, rate"),
    ("key", "重点字段复核", "Key fields double-checked"),
    ("record", "审核记录与反馈", "Record and feedback"),
];

fn check_audit(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let versions = versions(tx, new.value("policy"))?;
    let Some(newest) = versions.last() else {
        return check_known(tx, new);
    };
    if !new.row.struck && newest.by == new.user.name {
        return refuse(
            409,
            "SECOND_PERSON",
            "保单由他人复核，录入人不能审核 / whoever wrote the policy does not audit it",
        );
    }
    Ok(None)
}

/// R16, R17, R108: people join, leave and change occupation on a day.
pub(super) static ROSTER: Register = Register {
    id: "roster_changes",
    name: ("被保险人员变动登记表", "Roster changes"),
    area: Area::Policy,
    sources: &["R16", "R17", "R108"],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("policy", "保单号", "Policy number", Kind::Text).must(),
        Field::new("name", "姓名", "Name", Kind::Person).must(),
        Field::new("occupation", "职业", "Occupation", Kind::Text).must(),
        Field::new(
            "class",
            "人员类别",
            "Class",
            Kind::Choice(&[
                ("air", "飞行员及空勤人员", "Pilots and aircrew"),
                ("ground", "地勤人员", "Ground crew"),
                ("other", "其他", "Other"),
            ]),
        )
        .must(),
        Field::new(
            "change",
            "变动",
            "Change",
            Kind::Choice(&[
                ("join", "增加", "Joins"),
                ("leave", "减少", "Leaves"),
                ("occupation", "职业变更", "Changes occupation"),
            ]),
        )
        .must(),
        Field::new("from", "生效日期", "From", Kind::Day).must(),
        Field::new("id_no", "证件号码", "ID number", Kind::IdNo).aside(),
    ],
    unique: &[],
    when: Some("from"),
    check: Some(check_roster),
};

/// Nobody leaves or changes who is not on the roster that day, nobody joins twice.
fn check_roster(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    if let Some(refusal) = check_known(tx, new)? {
        return Ok(Some(refusal));
    }
    if new.row.struck {
        return Ok(None);
    }
    let Some(from) = day(new.row, "from") else {
        return Ok(None);
    };
    let mut rows = tx.register_rows(RegisterPart::all(ROSTER.id))?;
    let (policy, name) = (new.value("policy"), new.value("name"));
    rows.retain(|row| {
        let same = value_of(row, "policy") == policy && value_of(row, "name") == name;
        same && row.row != new.row.row
    });
    let is_on = !super::policy_view::roster(&rows, from).is_empty();
    if (new.value("change") == "join") == is_on {
        let detail = if is_on {
            "此人当日已在名册（change） / change: on the roster that day already"
        } else {
            "此人当日不在名册（change） / change: not on the roster that day"
        };
        return refuse(409, "ROSTER_ORDER", detail);
    }
    Ok(None)
}

/// R23–R25, R30–R32, R35–R38, R52: one file for each household that ought to be insured.
pub(super) static HOUSEHOLDS: Register = Register {
    id: "households",
    name: ("农户保险档案", "Household files"),
    area: Area::Policy,
    sources: &[
        "R23", "R24", "R25", "R30", "R31", "R32", "R36", "R38", "R54",
    ],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("village", "村", "Village", Kind::Scope).must(),
        Field::new("head", "户主", "Head of household", Kind::Person).must(),
        Field::new("house", "房屋地址", "House", Kind::Text).must(),
        Field::new("class", "农户类别", "Class", Kind::Choice(CLASSES)).must(),
        Field::new("eligible", "应保", "Ought to be insured", Kind::YesNo).must(),
        Field::new("policy", "保单号", "Policy number", Kind::Text),
        Field::new("from", "起保日期", "From", Kind::Day),
        Field::new("to", "终保日期", "To", Kind::Day),
        Field::new("why_not", "未参保原因", "Why not insured", Kind::Text),
        Field::new("id_no", "身份证号码", "ID number", Kind::IdNo)
            .must()
            .aside(),
        Field::new("phone", "联系方式", "Contact", Kind::Phone).aside(),
        Field::new("top_up", "自愿再投保", "Voluntary top-up", Kind::YesNo).aside(),
        Field::new(
            "group",
            "未分家同住户主",
            "Lives undivided with",
            Kind::Person,
        )
        .aside(),
        Field::new(
            "proposed_by",
            "村级联络员",
            "Proposed by the liaison",
            Kind::Person,
        )
        .aside(),
        Field::new("checked", "动态排查日期", "Looked at again on", Kind::Day).aside(),
    ],
    unique: &["id_no"],
    when: None,
    check: Some(check_household),
};

/// Ordinary, and the five special classes.
pub(super) const CLASSES: &[Choice] = &[
    ("ordinary", "普通农户", "Ordinary"),
    ("allowance", "农村低保户", "Rural subsistence allowance"),
    ("support", "特困供养家庭", "In special support"),
    ("honoured", "优抚家庭", "Honoured families"),
    (
        "disabled",
        "贫困重度残疾人家庭",
        "Poor with severe disability",
    ),
    ("lifted", "脱贫户", "Lifted out of poverty"),
];

fn check_household(_tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let dates = day(new.row, "from").zip(day(new.row, "to"));
    if new.value("policy").is_empty() {
        return Ok(None);
    }
    match dates {
        None => refuse(
            400,
            "FIELD_REQUIRED",
            "已参保须写明起止日期（from, to） / from, to: an insured household has a period",
        ),
        Some((from, to)) if to < from => refuse(
            400,
            "PERIOD_BACKWARD",
            "终保日期（to）早于起保日期（from） / to is before from",
        ),
        Some(_) => Ok(None),
    }
}

/// R39, R54: premium as it came in, by payer.
pub(super) static PREMIUMS: Register = Register {
    id: "premiums",
    name: ("保费收入台账", "Premiums received"),
    area: Area::Policy,
    sources: &["R35", "R39", "R54"],
    read: Right::ReadCases,
    write: Right::KeepPolicies,
    case: CaseLink::Never,
    fields: &[
        Field::new("received", "到账日期", "Received on", Kind::Day).must(),
        Field::new("payer", "承担方", "Payer", Kind::Choice(PAYERS)).must(),
        Field::new("amount", "金额", "Amount", Kind::Money).must(),
        Field::new("village", "村", "Village", Kind::Scope),
        Field::new("policy", "保单号", "Policy number", Kind::Text),
        Field::new("receipt", "缴费凭证号", "Receipt", Kind::Text).must(),
    ],
    unique: &["receipt"],
    when: Some("received"),
    check: None,
};

/// Who bears a premium; the two treasuries settle what they owe from this.
pub(super) const PAYERS: &[Choice] = &[
    ("household", "农户", "Household"),
    ("province", "省财政", "Province"),
    ("county", "县财政", "County"),
    ("buyer", "采购人", "Buyer"),
];
