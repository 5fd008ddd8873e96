//! People of the service: whose certificate is valid, who stands in, and who takes over (R178,
//! R358, R364–R368).
//!
//! Invariants: nobody whose every certificate ran out is given a case; cases move to another
//! person only with the buyer's consent, all of them in one act, and the audit says so.
//!
//! Refuses: to guess. Somebody of whom no certificate is on file may be sent; the table says that
//! nothing is known.

use std::collections::BTreeMap;

use lossbook_core::app::office::{self as desk, DecisionError};
use lossbook_core::chain::{Kind, Subject};
use lossbook_core::domain::{CaseId, Host, WallMs, cbor};
use lossbook_core::statement::Action;
use lossbook_core::store::StoreError;

use crate::catalogue::{Area, Ask, Entry, Make};
use crate::meta::{
    Assigned, AuditRow, Identity, MetaStore, MetaTx, OfficeUser, OwnDraft, RegisterPart,
    RegisterRow, in_tx,
};
use crate::office::{check_right, not_your_role};
use crate::refusal::Refusal;
use crate::register::staff::{QUALIFICATIONS, REPLACEMENTS};
use crate::register::{Proposed, Said, correct_in, day_of, value_of};
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// Deeds of which many on one day by one person are unusual (R292).
const UNUSUAL: [&str; 6] = [
    "sign_in_failed",
    "decide_refused",
    "reveal",
    "people",
    "register_correct",
    "register_strike",
];

/// Tables of this desk.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        id: "certificates",
        name: ("资质有效期", "Certificates by validity"),
        area: Area::People,
        right: Right::ReadStaff,
        sources: &["R178", "R366"],
        make: Make::Derived(certificates),
    },
    Entry {
        id: "backup_staff",
        name: ("后备服务人员核对", "People who stand by"),
        area: Area::People,
        right: Right::ReadStaff,
        sources: &["R364", "R365"],
        make: Make::Derived(backup_staff),
    },
    Entry {
        id: "unusual_deeds",
        name: ("异常操作", "Unusual deeds"),
        area: Area::People,
        right: Right::ReadAudit,
        sources: &["R292"],
        make: Make::Derived(unusual_deeds),
    },
];

/// What is known of somebody's certificates on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// None is on file.
    Unknown,
    /// One is valid.
    Valid,
    /// None is valid; the last ran out, or the first begins, on this day.
    Lapsed(String),
}

impl Standing {
    const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Unknown => ("无记录", "Nothing on file"),
            Self::Valid => ("有效", "Valid"),
            Self::Lapsed(_) => ("已失效", "Not valid"),
        }
    }
}

/// Whether a certificate is valid on a day: both ends may be open.
fn holds(row: &RegisterRow, day: &str) -> bool {
    let (from, until) = (value_of(row, "from"), value_of(row, "until"));
    (from.is_empty() || from <= day) && (until.is_empty() || until >= day)
}

fn standing_of<'r>(rows: impl Iterator<Item = &'r RegisterRow>, day: &str) -> Standing {
    let mut standing = Standing::Unknown;
    for row in rows {
        if holds(row, day) {
            return Standing::Valid;
        }
        let end = value_of(row, "until");
        let at = if !end.is_empty() && end < day {
            end
        } else {
            value_of(row, "from")
        };
        match &standing {
            Standing::Lapsed(known) if known.as_str() >= at => {}
            Standing::Lapsed(_) | Standing::Unknown | Standing::Valid => {
                standing = Standing::Lapsed(at.to_owned());
            }
        }
    }
    standing
}

/// What is known of somebody's certificates now.
///
/// # Errors
/// As the store fails.
pub fn standing(tx: &dyn MetaTx, name: &str, now: WallMs) -> Result<Standing, StoreError> {
    let rows = tx.register_rows(RegisterPart::all(QUALIFICATIONS.id))?;
    let of = rows.iter().filter(|row| value_of(row, "name") == name);
    Ok(standing_of(of, &day_of(now)))
}

/// Why somebody cannot be given a case, if they cannot.
pub(crate) fn check_assignable(
    tx: &dyn MetaTx,
    name: &str,
    now: WallMs,
) -> Result<Option<Refusal>, StoreError> {
    let Standing::Lapsed(day) = standing(tx, name, now)? else {
        return Ok(None);
    };
    let detail = format!(
        "{name} 的资质证书已失效（{day}），请更新人员资质表 / no certificate of {name} is valid ({day}): renew it in the table of qualifications"
    );
    Ok(Some(Refusal::new(409, "CERTIFICATE_LAPSED", detail)))
}

/// A certificate ends after it begins.
pub(crate) fn check_period(
    _tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let (from, until) = (new.value("from"), new.value("until"));
    let is_turned = !from.is_empty() && !until.is_empty() && until < from;
    Ok(is_turned.then(|| {
        let detail = "有效期止（until）早于有效期起（from） / until is before from";
        Refusal::new(400, "FIELD_BAD", detail)
    }))
}

/// A deputy is somebody else than the surveyor, and may be sent.
pub(crate) fn check_team(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let Some(case) = new.row.case.filter(|_| new.value("duty") == "deputy") else {
        return Ok(None);
    };
    let name = new.value("name");
    let surveyor = tx.assigned(case)?.map(|to| to.surveyor);
    if surveyor.is_some_and(|surveyor| surveyor == name) {
        let detail = "备岗不能是本案查勘人员 / a deputy is somebody else than the surveyor";
        return Ok(Some(Refusal::new(409, "OWN_DEPUTY", detail)));
    }
    check_assignable(tx, name, new.row.at)
}

/// A survey is reviewed by somebody else (R177).
pub(crate) fn check_reviewer(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let surveyor = match new.row.case {
        Some(case) => tx.desk_row(case)?.map(|row| row.surveyor),
        None => None,
    };
    Ok(surveyor
        .filter(|surveyor| surveyor == new.value("reviewer"))
        .map(|_| {
            let detail = "审核人不能是本案查勘人员 / nobody reviews their own survey";
            Refusal::new(409, "OWN_WORK", detail)
        }))
}

/// The consent is whole or not there; cases moved only with it, and then all of them.
pub(crate) fn check_replacement(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let (outgoing, incoming) = (new.value("outgoing"), new.value("incoming"));
    if outgoing == incoming {
        let detail = "新旧人员相同 / nobody replaces themselves";
        return Ok(Some(Refusal::new(400, "FIELD_BAD", detail)));
    }
    let consent = CONSENT.map(|id| new.value(id));
    let has_moved = !new.value("moved").is_empty() || !new.value("handed").is_empty();
    let is_whole = consent.iter().all(|value| !value.is_empty());
    if !is_whole && (has_moved || consent.iter().any(|value| !value.is_empty())) {
        return Ok(Some(no_consent()));
    }
    if !new.value("moved").is_empty() && !tx.given_open(outgoing)?.is_empty() {
        let detail = "原服务人员仍有在办案件，请在“人员”页办理移交 / cases are still with who leaves: hand them over on the page of the staff";
        return Ok(Some(Refusal::new(409, "CASES_NOT_MOVED", detail)));
    }
    Ok(None)
}

const CONSENT: [&str; 3] = ["consented", "consenter", "reference"];

fn no_consent() -> Refusal {
    let detail = "须先写明采购人同意日期、同意人和同意书编号 / the buyer's consent is needed first: day, person and letter";
    Refusal::new(409, "NO_CONSENT", detail)
}

/// Moves every open case of who leaves to who comes, with the consent that is on file.
///
/// # Errors
/// `NOT_YOUR_ROLE`, `ROW_UNKNOWN`, `ALREADY_MOVED`, `NO_CONSENT`, `CERTIFICATE_LAPSED`; else as the
/// store fails.
pub fn hand_over(
    store: &dyn MetaStore,
    hub: &Identity,
    (user, host): (&OfficeUser, &dyn Host),
    row: u64,
) -> Result<u64, Refusal> {
    check_right(user, Right::KeepStaff)?;
    if !user.may_decide(Action::Assign) {
        return Err(not_your_role(user, Action::Assign));
    }
    in_tx(store, |tx| {
        let now = host.now().wall;
        let plan = match plan(tx, (user, now), row)? {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for case in &plan.cases {
            move_one(tx, hub, (user, host), (&plan, *case))?;
        }
        let moved = u64::try_from(plan.cases.len()).unwrap_or(u64::MAX);
        let said = Said {
            values: BTreeMap::from([
                ("moved".to_owned(), moved.to_string()),
                ("handed".to_owned(), day_of(now)),
            ]),
            version: plan.row.version,
            reason: "移交在办案件".to_owned(),
            ..Said::default()
        };
        if let Err(refusal) = correct_in(tx, &REPLACEMENTS, (user, now), (row, &said))? {
            return Ok(Err(refusal));
        }
        tx.put_audit(&AuditRow {
            at: now,
            user: user.name.clone(),
            deed: "hand_over".to_owned(),
            case: None,
            detail: format!("{} → {}: {moved}", plan.outgoing(), plan.incoming()),
        })?;
        Ok(Ok(moved))
    })?
}

/// A replacement that may be carried out, with the cases that move.
struct Plan {
    row: RegisterRow,
    cases: Vec<CaseId>,
}

impl Plan {
    fn outgoing(&self) -> &str {
        value_of(&self.row, "outgoing")
    }

    fn incoming(&self) -> &str {
        value_of(&self.row, "incoming")
    }
}

fn plan(
    tx: &dyn MetaTx,
    (user, now): (&OfficeUser, WallMs),
    row: u64,
) -> Result<Result<Plan, Refusal>, StoreError> {
    let newest = tx.register_versions(REPLACEMENTS.id, row)?.pop();
    let Some(found) = newest.filter(|row| !row.struck) else {
        let detail = "没有这项更换 / there is no such replacement";
        return Ok(Err(Refusal::new(404, "ROW_UNKNOWN", detail)));
    };
    if !value_of(&found, "moved").is_empty() {
        let detail = "案件已移交 / the cases have moved already";
        return Ok(Err(Refusal::new(409, "ALREADY_MOVED", detail)));
    }
    if CONSENT.iter().any(|id| value_of(&found, id).is_empty()) {
        return Ok(Err(no_consent()));
    }
    if let Some(refusal) = check_assignable(tx, value_of(&found, "incoming"), now)? {
        return Ok(Err(refusal));
    }
    let cases = tx.given_open(value_of(&found, "outgoing"))?;
    for case in &cases {
        let seen = tx.desk_row(*case)?.is_some_and(|row| user.sees(row.scope));
        if !seen {
            let detail = "部分案件不在您的范围内，须由能看到全部案件的人办理 / some of the cases are of scopes that you do not see";
            return Ok(Err(Refusal::new(403, "SCOPE_REQUIRED", detail)));
        }
    }
    Ok(Ok(Plan { row: found, cases }))
}

/// Gives one case to who comes. A case that nobody has decided on yet says so in its own decisions,
/// where the phone sees it; a later state, such as one that was sent back, stays as it is.
fn move_one(
    tx: &dyn MetaTx,
    hub: &Identity,
    (user, host): (&OfficeUser, &dyn Host),
    (plan, case): (&Plan, CaseId),
) -> Result<(), StoreError> {
    let now = host.now();
    let Some(standing) = tx.case_standing(case)? else {
        return Ok(());
    };
    if matches!(standing.status.word(), "open" | "assigned") {
        let reason = format!(
            "人员更换：{} → {}（{}）",
            plan.outgoing(),
            plan.incoming(),
            value_of(&plan.row, "reference")
        );
        let wanted = desk::NewDecision {
            action: Action::Assign,
            round: 1,
            reason: &reason,
            fields: Vec::new(),
            reviewer: &user.name,
            roles: user.roles.iter().map(|role| role.word()).collect(),
            now: now.wall,
            seen_heads: None,
        };
        match tx.judge(&standing, &[], &wanted) {
            Ok(body) => tx.append_own(
                hub,
                OwnDraft {
                    scope: standing.scope,
                    kind: Kind::Decision,
                    subject: Subject::case(case),
                    body: cbor::encode(&body),
                    user: user.name.clone(),
                    reading: now,
                },
            )?,
            Err(DecisionError::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::Damaged(format!("an assignment: {error}"))),
        }
    }
    let to = Assigned {
        surveyor: plan.incoming().to_owned(),
        by: user.name.clone(),
        at: now.wall,
    };
    tx.put_assigned(case, &to)?;
    crate::desk::project(tx, case)
}

fn certificates(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let rows = tx.register_rows(QUALIFICATIONS.part(ask))?;
    let today = day_of(ask.now);
    let day = |text: &str| match text {
        "" => Cell::Blank,
        text => Cell::Day(text.to_owned()),
    };
    Ok(Table {
        id: "certificates",
        title: Words::new("资质有效期", "Certificates by validity"),
        sources: &["R178", "R366"],
        columns: vec![
            Column::new("name", "人员姓名", "Name"),
            Column::new("certificate", "专业资质证书", "Certificate"),
            Column::new("from", "有效期起", "Valid from"),
            Column::new("until", "有效期止", "Valid until"),
            Column::new("state", "状态", "State"),
        ],
        rows: rows
            .iter()
            .map(|row| {
                let (zh, en) = standing_of(std::iter::once(row), &today).names();
                let cells = vec![
                    Cell::Text(value_of(row, "name").to_owned()),
                    Cell::Text(value_of(row, "certificate").to_owned()),
                    day(value_of(row, "from")),
                    day(value_of(row, "until")),
                    Cell::Words(Words::new(zh, en)),
                ];
                Row { cells, case: None }
            })
            .collect(),
    })
}

/// What each contract asks of backup staff, and how many there are.
fn backup_staff(tx: &dyn MetaTx, _ask: &Ask<'_>) -> Result<Table, StoreError> {
    let staff = tx.register_rows(RegisterPart::all(QUALIFICATIONS.id))?;
    let packs = tx.packs()?;
    let mut rows = Vec::new();
    for pack in packs.all() {
        let setting = |id: &str| -> Option<u64> {
            let mut all = pack.handling.settings.iter();
            all.find(|one| one.rule.id == id)?
                .value
                .as_ref()?
                .parse()
                .ok()
        };
        let Some(wanted) = setting("backup_staff") else {
            continue;
        };
        let years = setting("backup_experience_years");
        let mut names: Vec<&str> = staff
            .iter()
            .filter(|row| value_of(row, "backup") == "yes")
            .filter(|row| {
                let held: u64 = value_of(row, "years").parse().unwrap_or(0);
                years.is_none_or(|years| held >= years)
            })
            .map(|row| value_of(row, "name"))
            .collect();
        names.sort_unstable();
        names.dedup();
        let there = u64::try_from(names.len()).unwrap_or(u64::MAX);
        let title = &pack.title;
        rows.push(Row {
            cells: vec![
                Cell::Words(Words::new(title.zh.as_str(), title.en.as_str())),
                Cell::Count(wanted),
                years.map_or(Cell::Blank, Cell::Count),
                Cell::Count(there),
                Cell::Text(names.join("、")),
                Cell::Yes(there >= wanted),
            ],
            case: None,
        });
    }
    Ok(Table {
        id: "backup_staff",
        title: Words::new("后备服务人员核对", "People who stand by"),
        sources: &["R364", "R365"],
        columns: vec![
            Column::new("contract", "合同", "Contract"),
            Column::new("wanted", "要求人数", "Wanted"),
            Column::new("years", "要求车险服务年限", "Years wanted"),
            Column::new("there", "符合人数", "There"),
            Column::new("names", "人员", "Who"),
            Column::new("enough", "是否符合", "Enough"),
        ],
        rows,
    })
}

fn unusual_deeds(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let rows = tx.deeds(&UNUSUAL, (ask.from, ask.to), (ask.skipped(), ask.limit))?;
    Ok(Table {
        id: "unusual_deeds",
        title: Words::new("异常操作", "Unusual deeds"),
        sources: &["R292"],
        columns: vec![
            Column::new("day", "日期", "Day"),
            Column::new("user", "人员", "Who"),
            Column::new("deed", "行为", "Did"),
            Column::new("count", "次数", "How often"),
            Column::new("last", "最近一次", "Last"),
        ],
        rows: rows
            .iter()
            .map(|row| Row {
                cells: vec![
                    Cell::Day(row.day.clone()),
                    Cell::Text(row.user.clone()),
                    Cell::Words(deed_words(&row.deed)),
                    Cell::Count(row.count),
                    Cell::Time(row.last),
                ],
                case: None,
            })
            .collect(),
    })
}

fn deed_words(deed: &str) -> Words {
    match deed {
        "sign_in_failed" => Words::new("登录失败", "Wrong password"),
        "decide_refused" => Words::new("决定被拒绝", "Decision refused"),
        "reveal" => Words::new("查看个人信息", "Saw personal data"),
        "people" => Words::new("变更人员权限", "Changed what people may do"),
        "register_correct" => Words::new("更正登记", "Corrected a row"),
        "register_strike" => Words::new("作废登记", "Struck out a row"),
        other => Words::new(other, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(from: &str, until: &str) -> RegisterRow {
        let value = |id: &str, text: &str| (id.to_owned(), text.to_owned());
        RegisterRow {
            register: QUALIFICATIONS.id.to_owned(),
            row: 1,
            version: 1,
            scope: None,
            case: None,
            unique: None,
            since: WallMs(0),
            at: WallMs(0),
            by: String::new(),
            reason: String::new(),
            struck: false,
            values: BTreeMap::from([value("from", from), value("until", until)]),
        }
    }

    #[test]
    fn a_certificate_is_valid_on_its_last_day_and_not_on_the_next() {
        let rows = [row("2025-01-01", "2026-11-22")];
        assert_eq!(standing_of(rows.iter(), "2026-11-22"), Standing::Valid);
        let lapsed = Standing::Lapsed("2026-11-22".to_owned());
        assert_eq!(standing_of(rows.iter(), "2026-11-23"), lapsed);
    }

    #[test]
    fn one_valid_certificate_is_enough() {
        let rows = [row("2020-01-01", "2021-01-01"), row("2026-01-01", "")];
        assert_eq!(standing_of(rows.iter(), "2026-11-22"), Standing::Valid);
    }

    #[test]
    fn of_whom_nothing_is_on_file_nothing_is_known() {
        assert_eq!(standing_of([].iter(), "2026-11-22"), Standing::Unknown);
    }
}
