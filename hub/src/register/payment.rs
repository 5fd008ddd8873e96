//! Money on its way: payments with their fate, changes of payees, and what review wrote down.

use std::cmp::Ordering;

use lossbook_core::record::Section;
use lossbook_core::store::StoreError;

use super::Choice;
use super::{CaseLink, Field, Kind, Proposed, Register, value_of};
use crate::catalogue::{Area, Ask, Entry, Make};
use crate::meta::{DeskRow, MetaTx, PaymentSum, RegisterPart, RegisterRow};
use crate::refusal::Refusal;
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[
    &PAYMENTS,
    &PAYEE_CHANGES,
    &CHECKLISTS,
    &CONSULTATIONS,
    &TIMETABLES,
];

/// This desk's tables that are made from others.
pub(crate) const ENTRIES: &[Entry] = &[Entry {
    id: "payment_reconciliation",
    name: ("赔款支付核对表", "Payments against decisions"),
    area: Area::Payment,
    right: Right::ReadCases,
    sources: &["R221", "R203"],
    make: Make::Derived(reconciliation),
}];

/// R221, with what became of a transfer beside it (R220).
static PAYMENTS: Register = Register {
    id: "payments",
    name: ("赔款支付记录表", "Payments"),
    area: Area::Payment,
    sources: &["R220", "R221"],
    read: Right::ReadCases,
    write: Right::KeepPayments,
    case: CaseLink::Must,
    fields: &[
        Field::new("paid", "支付时间", "Paid at", Kind::Time).must(),
        Field::new("amount", "支付金额", "Amount", Kind::Money).must(),
        Field::new("way", "支付方式", "Way", Kind::Choice(WAYS)).must(),
        Field::new(
            "confirmed",
            "客户收款确认",
            "Receipt confirmed",
            Kind::YesNo,
        ),
        Field::new("payee", "收款人", "Payee", Kind::Person)
            .must()
            .aside(),
        Field::new("account", "收款账号", "Account", Kind::Account).aside(),
        Field::new("state", "状态", "State", Kind::Choice(FATES))
            .must()
            .aside(),
        Field::new(
            "cause",
            "延迟、失败或退汇原因",
            "Why late, failed or returned",
            Kind::Choice(CAUSES),
        )
        .aside(),
        Field::new("remark", "说明", "Remark", Kind::Note).aside(),
        Field::new("reference", "支付凭证号", "Voucher", Kind::Text).aside(),
        Field::new("confirmed_at", "确认时间", "Confirmed at", Kind::Time).aside(),
    ],
    unique: &["reference"],
    when: Some("paid"),
    check: Some(check_payment),
};

const WAYS: &[Choice] = &[
    ("bank", "银行转账", "Bank transfer"),
    ("cheque", "支票", "Cheque"),
    ("other", "其他", "Other"),
];

/// What became of a transfer; those that came back count no longer.
const FATES: &[Choice] = &[
    ("sent", "已支付", "Paid"),
    ("failed", "支付失败", "Failed"),
    ("returned", "退汇", "Returned"),
];

const CAUSES: &[Choice] = &[
    ("bank", "银行系统故障", "The bank's system failed"),
    ("entry", "信息录入错误", "Wrong data were entered"),
    (
        "account",
        "账户停用或户名不符",
        "Account closed or of another name",
    ),
    ("other", "其他", "Other"),
];

/// Whether money of a row has left and not come back.
fn counts(row: &RegisterRow) -> bool {
    value_of(row, "state") == "sent" && !row.struck
}

fn fen(row: &RegisterRow, field: &str) -> i64 {
    value_of(row, field).parse().unwrap_or(0)
}

/// Paid is what was approved, no more, to the case's payee; what came back says why.
fn check_payment(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let refuse = |status, code, detail: String| Ok(Some(Refusal::new(status, code, detail)));
    let before = new.before.map_or("", |row| value_of(row, "state"));
    let state = new.value("state");
    if matches!(before, "failed" | "returned") && before != state {
        let detail = "失败或退汇的支付不可恢复，请另行登记一笔 / what failed or came back stays so: write another payment";
        return refuse(409, "STATE_ORDER", detail.to_owned());
    }
    if state != "sent" && new.value("cause").is_empty() {
        let detail = "支付失败或退汇须写明原因（cause） / cause: say why it failed or came back";
        return refuse(400, "FIELD_REQUIRED", detail.to_owned());
    }
    if state != "sent" && new.value("confirmed") == "yes" {
        let detail = "未到账的支付不能确认收款（confirmed） / confirmed: nothing was received";
        return refuse(409, "NOT_RECEIVED", detail.to_owned());
    }
    let Some(case) = new.row.case.filter(|_| counts(new.row)) else {
        return Ok(None);
    };
    let granted = crate::desk::granted(tx, case)?;
    let Some((granted, desk)) = granted.zip(tx.desk_row(case)?) else {
        let detail = "本案尚未核赔通过，不能支付 / the case has not passed every round of review";
        return refuse(409, "NOT_APPROVED", detail.to_owned());
    };
    let others = payments(tx, new.row)?;
    let earlier = others.iter().filter(|row| counts(row));
    let sum = earlier.fold(fen(new.row, "amount"), |sum, row| {
        sum.saturating_add(fen(row, "amount"))
    });
    if sum > granted {
        let yuan = |fen| lossbook_core::domain::Money::from_fen(fen).to_string();
        let detail = format!(
            "支付金额（amount）合计 {} 元，超过核定应付 {} 元 / amount: {} in all is more than the approved {}",
            yuan(sum),
            yuan(granted),
            yuan(sum),
            yuan(granted)
        );
        return refuse(409, "BEYOND_APPROVED", detail);
    }
    check_payee(tx, new, &desk)
}

/// Other payments of the same case.
fn payments(tx: &dyn MetaTx, row: &RegisterRow) -> Result<Vec<RegisterRow>, StoreError> {
    let part = RegisterPart {
        case: row.case,
        ..RegisterPart::all(PAYMENTS.id)
    };
    let mut rows = tx.register_rows(part)?;
    rows.retain(|one| one.row != row.row);
    Ok(rows)
}

/// Somebody who may receive the money of a case, and the account if it is known.
struct Payee {
    name: String,
    account: String,
}

/// Whoever the newest confirmed change names, else the case's payees, else its insured.
fn payees(tx: &dyn MetaTx, desk: &DeskRow) -> Result<Vec<Payee>, StoreError> {
    let part = RegisterPart {
        case: Some(desk.case),
        ..RegisterPart::all(PAYEE_CHANGES.id)
    };
    let changes = tx.register_rows(part)?;
    let mut confirmed = changes
        .iter()
        .filter(|row| value_of(row, "state") == "confirmed");
    if let Some(change) = confirmed.next() {
        return Ok(vec![Payee {
            name: value_of(change, "payee").to_owned(),
            account: value_of(change, "account").to_owned(),
        }]);
    }
    let mut payees = Vec::new();
    if let Some(standing) = tx.case_standing(desk.case)? {
        let ids = standing.record.payees();
        for (id, row) in standing.record.rows(Section::Parties) {
            if ids.contains(id) {
                payees.push(Payee {
                    name: row.text("name").unwrap_or_default(),
                    account: row.text("account").unwrap_or_default(),
                });
            }
        }
    }
    if payees.is_empty() {
        payees.push(Payee {
            name: desk.household.clone(),
            account: String::new(),
        });
    }
    Ok(payees)
}

fn digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn check_payee(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
    desk: &DeskRow,
) -> Result<Option<Refusal>, StoreError> {
    let payees = payees(tx, desk)?;
    let (name, account) = (new.value("payee"), new.value("account"));
    let fits = |payee: &Payee| {
        let known = digits(&payee.account);
        let is_account = known.is_empty() || account.is_empty() || known == digits(account);
        payee.name == name && is_account
    };
    if payees.iter().any(fits) {
        return Ok(None);
    }
    let names: Vec<&str> = payees.iter().map(|payee| payee.name.as_str()).collect();
    let detail = format!(
        "收款人或账号（payee, account）与案件不符，应为 {}；变更须先登记并由另一人复核 / the case's payee is {}: a change is asked for and confirmed by another person first",
        names.join("、"),
        names.join(", ")
    );
    Ok(Some(Refusal::new(409, "PAYEE_DIFFERS", detail)))
}

/// Another payee or account: one person asks, another confirms.
static PAYEE_CHANGES: Register = Register {
    id: "payee_changes",
    name: ("收款人变更登记表", "Changes of payees"),
    area: Area::Payment,
    sources: &["R220", "R221"],
    read: Right::ReadCases,
    write: Right::KeepPayments,
    case: CaseLink::Must,
    fields: &[
        Field::new("payee", "新收款人", "New payee", Kind::Person).must(),
        Field::new("account", "新收款账号", "New account", Kind::Account).must(),
        Field::new("why", "变更原因", "Why", Kind::Note).must(),
        Field::new("paper", "证明材料", "Proof", Kind::Text),
        Field::new(
            "state",
            "状态",
            "State",
            Kind::Choice(&[
                ("asked", "待另一人复核", "Waits for another person"),
                ("confirmed", "已复核同意", "Confirmed"),
                ("refused", "已拒绝", "Refused"),
            ]),
        )
        .must(),
    ],
    unique: &[],
    when: None,
    check: Some(check_payee_change),
};

/// Whoever wrote any version of a change does not confirm it; a confirmed one stays as it is.
fn check_payee_change(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let state = new.value("state");
    let Some(before) = new.before else {
        if state == "asked" {
            return Ok(None);
        }
        let detail = "先申请，再由另一人复核 / it is asked for first, then another person confirms";
        return Ok(Some(Refusal::new(409, "SECOND_PERSON", detail)));
    };
    if value_of(before, "state") != "asked" {
        let detail = "已复核的变更不可更改，请另行申请 / this was decided: ask for another change";
        return Ok(Some(Refusal::new(409, "STATE_ORDER", detail)));
    }
    if state != "confirmed" {
        return Ok(None);
    }
    let versions = tx.register_versions(PAYEE_CHANGES.id, new.row.row)?;
    let has_written = versions.iter().any(|row| row.by == new.user.name);
    let same = |id: &str| new.value(id) == value_of(before, id);
    if has_written || !["payee", "account", "why", "paper"].into_iter().all(same) {
        let detail =
            "须由另一人原样复核 / another person must confirm this, exactly as it was asked";
        return Ok(Some(Refusal::new(409, "SECOND_PERSON", detail)));
    }
    Ok(None)
}

const ANSWERS: &[Choice] = &[
    ("yes", "符合", "Yes"),
    ("no", "不符合", "No"),
    ("open", "待补充", "Open"),
];

/// R214, R216: the points of a review, one by one.
static CHECKLISTS: Register = Register {
    id: "review_checklists",
    name: ("理赔审核清单", "Review checklists"),
    area: Area::Payment,
    sources: &["R205", "R214", "R215", "R216", "R223"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new(
            "within_cover",
            "是否属于保险责任",
            "Within cover",
            Kind::Choice(ANSWERS),
        )
        .must(),
        Field::new(
            "amount_fair",
            "赔款金额是否合理",
            "Amount reasonable",
            Kind::Choice(ANSWERS),
        )
        .must(),
        Field::new(
            "papers",
            "资料是否齐全",
            "Papers complete",
            Kind::Choice(ANSWERS),
        )
        .must(),
        Field::new(
            "basis",
            "审核依据和过程",
            "Grounds and course of the review",
            Kind::Note,
        )
        .must(),
        Field::new(
            "method",
            "计算方法与参考标准",
            "Method and standards of the calculation",
            Kind::Note,
        )
        .aside(),
    ],
    unique: &[],
    when: None,
    check: None,
};

/// R228: what an expert said of a hard case.
static CONSULTATIONS: Register = Register {
    id: "consultations",
    name: ("专家会诊记录", "Consultations"),
    area: Area::Payment,
    sources: &["R87", "R228"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("held", "会诊时间", "Held at", Kind::Time).must(),
        Field::new("expert", "专家", "Expert", Kind::Person).must(),
        Field::new("question", "会诊问题", "Question", Kind::Note).must(),
        Field::new("opinion", "会诊意见", "Opinion", Kind::Note).must(),
        Field::new("plan", "处理方案", "Plan", Kind::Note),
        Field::new("follower", "跟进人", "Who follows it up", Kind::Person),
    ],
    unique: &[],
    when: Some("held"),
    check: None,
};

/// R213, R233: what was agreed for this case alone, and how far it is.
static TIMETABLES: Register = Register {
    id: "timetables",
    name: ("资料收集与复杂案件时间表", "Timetables of cases"),
    area: Area::Payment,
    sources: &["R213", "R233"],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("step", "事项", "Step", Kind::Text).must(),
        Field::new("agreed", "约定日期", "Agreed day", Kind::Day).must(),
        Field::new("spare", "预留天数", "Days to spare", Kind::Number),
        Field::new("done", "完成日期", "Done on", Kind::Day),
        Field::new("told", "告知客户时间", "Customer told at", Kind::Time),
    ],
    unique: &[],
    when: Some("agreed"),
    check: None,
};

/// Whether what was paid is what was approved and decided.
fn reconciliation(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let sums = tx.payment_sums(PAYMENTS.part(ask))?;
    Ok(Table {
        id: "payment_reconciliation",
        title: Words::new("赔款支付核对表", "Payments against decisions"),
        sources: &["R221", "R203"],
        columns: vec![
            Column::new("insured", "被保险人", "Insured"),
            Column::new("payable", "核定应付金额", "Approved"),
            Column::new("decided", "已作支付决定", "Payment decided"),
            Column::new("paid", "已支付金额", "Paid"),
            Column::new("difference", "差额", "Difference"),
            Column::new("unsettled", "失败或退汇笔数", "Failed or returned"),
            Column::new("unconfirmed", "未确认收款笔数", "Receipt not confirmed"),
            Column::new("last", "最近支付时间", "Last payment"),
            Column::new("verdict", "核对结果", "Verdict"),
        ],
        rows: sums.iter().map(reconciled).collect(),
    })
}

fn reconciled(sum: &PaymentSum) -> Row {
    let verdict = match (sum.decided, sum.paid, sum.paid.cmp(&sum.payable)) {
        (true, 0, _) if sum.payable > 0 => {
            ("已决定支付，未登记支付", "Decided, no payment written")
        }
        (true, _, Ordering::Equal) => ("一致", "Agrees"),
        (false, 0, _) => ("未支付", "Not paid"),
        (false, _, Ordering::Equal) => ("已支付，未作支付决定", "Paid, not decided"),
        (_, _, Ordering::Less) => ("少付", "Paid too little"),
        (_, _, Ordering::Greater) => ("多付", "Paid too much"),
    };
    Row {
        cells: vec![
            Cell::Text(sum.household.clone()),
            Cell::Fen(sum.payable),
            Cell::Yes(sum.decided),
            Cell::Fen(sum.paid),
            Cell::Fen(sum.payable.saturating_sub(sum.paid)),
            Cell::Count(sum.unsettled),
            Cell::Count(sum.unconfirmed),
            sum.last.map_or(Cell::Blank, Cell::Time),
            Cell::Words(Words::new(verdict.0, verdict.1)),
        ],
        case: Some(sum.case),
    }
}
