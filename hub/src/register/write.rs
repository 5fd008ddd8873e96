//! Writing rows: added, corrected with a reason, struck out with a reason; never overwritten.

use std::collections::BTreeMap;

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::StoreError;

use super::value::Problem;
use super::{CaseLink, Field, Kind, Need, Proposed, Register, value_of};
use crate::desk;
use crate::meta::{AuditRow, MetaStore, MetaTx, OfficeUser, RegisterRow, in_tx, look};
use crate::office::check_right;
use crate::refusal::Refusal;

/// A reason says something.
const MIN_REASON_CHARS: usize = 2;
const MAX_REASON_CHARS: usize = 1_000;

/// What somebody says about a row: values as people write them, by column.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Number or id of the case.
    pub case: Option<String>,
    /// Values by column; with a correction, only those that change. An empty one is taken out.
    pub values: BTreeMap<String, String>,
    /// With a correction: which version was looked at.
    pub version: u64,
    /// With a correction: why.
    pub reason: String,
}

/// Who writes, and when.
type Writer<'a> = (&'a OfficeUser, WallMs);

/// A row is written, or the writer hears why not.
type Written = Result<Result<RegisterRow, Refusal>, StoreError>;

/// Adds a row.
///
/// # Errors
/// `NOT_YOUR_ROLE`; `FIELD_REQUIRED`, `FIELD_BAD`, `FIELD_UNKNOWN`, `SCOPE_UNKNOWN`,
/// `CASE_REQUIRED`, `CASE_UNKNOWN`, `CASE_NOT_HERE`, `NOT_UNIQUE`, each naming the column; what
/// the register's own check refuses.
pub fn add(
    store: &dyn MetaStore,
    register: &Register,
    writer: Writer<'_>,
    said: &Said,
) -> Result<RegisterRow, Refusal> {
    in_tx(store, |tx| add_in(tx, register, writer, said))?
}

/// The same inside a transaction.
///
/// # Errors
/// As the store fails.
pub fn add_in(tx: &dyn MetaTx, register: &Register, writer: Writer<'_>, said: &Said) -> Written {
    let (user, now) = writer;
    if let Err(refusal) = check_right(user, register.write) {
        return Ok(Err(refusal));
    }
    let row = RegisterRow {
        register: register.id.to_owned(),
        row: tx.register_last(register.id)?.saturating_add(1),
        version: 1,
        scope: None,
        case: None,
        unique: None,
        since: now,
        at: now,
        by: user.name.clone(),
        reason: String::new(),
        struck: false,
        values: BTreeMap::new(),
    };
    write(tx, register, (row, None), (user, said))
}

/// Corrects a row.
///
/// # Errors
/// As [`add`]; `ROW_UNKNOWN`, `NO_REASON`, `STALE`, `STRUCK`.
pub fn correct(
    store: &dyn MetaStore,
    register: &Register,
    writer: Writer<'_>,
    (row, said): (u64, &Said),
) -> Result<RegisterRow, Refusal> {
    in_tx(store, |tx| correct_in(tx, register, writer, (row, said)))?
}

/// The same inside a transaction.
///
/// # Errors
/// As the store fails.
pub fn correct_in(
    tx: &dyn MetaTx,
    register: &Register,
    writer: Writer<'_>,
    (row, said): (u64, &Said),
) -> Written {
    let before = match standing(tx, register, writer.0, (row, said))? {
        Ok(before) => before,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let next = next_version(&before, writer, said);
    write(tx, register, (next, Some(&before)), (writer.0, said))
}

/// Strikes a row out: it stays in its history and counts no longer.
///
/// # Errors
/// `NOT_YOUR_ROLE`, `ROW_UNKNOWN`, `NO_REASON`, `STALE`, `STRUCK`; what the register's own check
/// refuses.
pub fn strike(
    store: &dyn MetaStore,
    register: &Register,
    writer: Writer<'_>,
    (row, said): (u64, &Said),
) -> Result<RegisterRow, Refusal> {
    in_tx(store, |tx| {
        let before = match standing(tx, register, writer.0, (row, said))? {
            Ok(before) => before,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let next = RegisterRow {
            struck: true,
            ..next_version(&before, writer, said)
        };
        keep(tx, register, (next, Some(&before)), writer.0)
    })?
}

/// The newest version of a row that somebody sees.
///
/// # Errors
/// `NOT_YOUR_ROLE`, `ROW_UNKNOWN`.
pub fn find(
    store: &dyn MetaStore,
    register: &Register,
    (user, row): (&OfficeUser, u64),
) -> Result<RegisterRow, Refusal> {
    let mut versions = versions(store, register, (user, row))?;
    versions.pop().ok_or_else(|| unknown(register, row))
}

/// Every version of a row that somebody sees, oldest first.
///
/// # Errors
/// `NOT_YOUR_ROLE`, `ROW_UNKNOWN`.
pub fn versions(
    store: &dyn MetaStore,
    register: &Register,
    (user, row): (&OfficeUser, u64),
) -> Result<Vec<RegisterRow>, Refusal> {
    check_right(user, register.read)?;
    let versions = look(store, |tx| tx.register_versions(register.id, row))?;
    let is_seen = versions
        .last()
        .is_some_and(|row| register.is_seen(user, row));
    if is_seen {
        Ok(versions)
    } else {
        Err(unknown(register, row))
    }
}

fn unknown(register: &Register, row: u64) -> Refusal {
    let detail = format!(
        "{}没有第 {row} 行 / {} has no row {row}",
        register.name.0, register.name.1
    );
    Refusal::new(404, "ROW_UNKNOWN", detail)
}

fn next_version(before: &RegisterRow, (user, now): Writer<'_>, said: &Said) -> RegisterRow {
    RegisterRow {
        version: before.version.saturating_add(1),
        at: now,
        by: user.name.clone(),
        reason: said.reason.trim().to_owned(),
        ..before.clone()
    }
}

/// The row that a correction means, if it may be made.
fn standing(
    tx: &dyn MetaTx,
    register: &Register,
    user: &OfficeUser,
    (row, said): (u64, &Said),
) -> Written {
    if let Err(refusal) = check_right(user, register.write) {
        return Ok(Err(refusal));
    }
    let newest = tx.register_versions(register.id, row)?.pop();
    let Some(before) = newest.filter(|row| register.is_seen(user, row)) else {
        return Ok(Err(unknown(register, row)));
    };
    let chars = said.reason.trim().chars().count();
    let (status, code, detail) = if before.struck {
        (409, "STRUCK", "本行已作废 / this row is struck out")
    } else if before.version != said.version {
        let detail = "本行已被他人更正，请重新打开 / somebody corrected this row: open it again";
        (409, "STALE", detail)
    } else if !(MIN_REASON_CHARS..=MAX_REASON_CHARS).contains(&chars) {
        (400, "NO_REASON", "更正须写明理由 / say why it is corrected")
    } else {
        return Ok(Ok(before));
    };
    Ok(Err(Refusal::new(status, code, detail)))
}

/// Fills a row with what was said, and keeps it.
fn write(
    tx: &dyn MetaTx,
    register: &Register,
    (mut row, before): (RegisterRow, Option<&RegisterRow>),
    (user, said): (&OfficeUser, &Said),
) -> Written {
    let mut problems = Vec::new();
    fill(register, &mut row, (said, before.is_none()), &mut problems);
    if let Some(refusal) = place(tx, register, (&mut row, user), said)? {
        return Ok(Err(refusal));
    }
    for field in register.fields {
        if field.need == Need::Must && value_of(&row, field.id).is_empty() {
            problems.push(("FIELD_REQUIRED", named(field, ("必填", "is required"))));
        }
    }
    if let Some((code, _)) = problems.first() {
        let details: Vec<&str> = problems.iter().map(|(_, detail)| detail.as_str()).collect();
        return Ok(Err(Refusal::new(400, code, details.join("；"))));
    }
    if let Some(at) = moment(register, &row) {
        row.since = at;
    }
    keep(tx, register, (row, before), user)
}

fn named(field: &Field, (zh, en): Problem) -> String {
    format!("{}（{}）{zh} / {} {en}", field.zh, field.id, field.en)
}

/// Takes over what was said, and notes what cannot be.
fn fill(
    register: &Register,
    row: &mut RegisterRow,
    (said, is_new): (&Said, bool),
    problems: &mut Vec<(&'static str, String)>,
) {
    for (id, text) in &said.values {
        let Some(field) = register.field(id) else {
            let known: Vec<&str> = register.fields.iter().map(|field| field.id).collect();
            let known = known.join(", ");
            let id: String = id.chars().take(60).collect();
            problems.push((
                "FIELD_UNKNOWN",
                format!("没有这一列 / no such column: {id:?}（{known}）"),
            ));
            continue;
        };
        let text = text.trim();
        if text.is_empty() {
            row.values.remove(field.id);
            continue;
        }
        match field.kind.parse(text) {
            Ok(kept) => {
                row.values.insert(field.id.to_owned(), kept);
            }
            Err(problem) => problems.push(("FIELD_BAD", named(field, problem))),
        }
    }
    for field in register.fields {
        if let (Kind::Serial(letters), true) = (field.kind, is_new) {
            let number = format!("{letters}-{:06}", row.row);
            row.values.insert(field.id.to_owned(), number);
        }
    }
}

/// Finds the case and the scope that a row names.
fn place(
    tx: &dyn MetaTx,
    register: &Register,
    (row, user): (&mut RegisterRow, &OfficeUser),
    said: &Said,
) -> Result<Option<Refusal>, StoreError> {
    let name = said.case.as_deref().map_or("", str::trim);
    if !name.is_empty() {
        let found = tx.case_named(name)?.filter(|found| user.sees(found.scope));
        let case: Option<(CaseId, ScopeId)> = found.map(|found| (found.case, found.scope));
        let refusal = match (register.case, case, row.case) {
            (CaseLink::Never, _, _) => {
                let detail = "本登记簿不关联案件 / rows of this register are not about cases";
                Some(Refusal::new(400, "CASE_NOT_HERE", detail))
            }
            (_, None, _) => {
                let detail = format!("没有案件 {name:?} / no case has the number or id {name:?}");
                Some(Refusal::new(404, "CASE_UNKNOWN", detail))
            }
            (_, Some((case, _)), Some(before)) if case != before => {
                let detail = "案件不可更换，请作废后重写 / a row keeps its case: strike it out and write another";
                Some(Refusal::new(409, "CASE_FIXED", detail))
            }
            (_, Some((case, scope)), _) => {
                (row.case, row.scope) = (Some(case), Some(scope));
                None
            }
        };
        if refusal.is_some() {
            return Ok(refusal);
        }
    }
    if register.case == CaseLink::Must && row.case.is_none() {
        let detail = "须写明案件 / a row of this register names its case";
        return Ok(Some(Refusal::new(400, "CASE_REQUIRED", detail)));
    }
    village(tx, register, (row, user))
}

/// The scope by name; a row about a case stays in the case's.
fn village(
    tx: &dyn MetaTx,
    register: &Register,
    (row, user): (&mut RegisterRow, &OfficeUser),
) -> Result<Option<Refusal>, StoreError> {
    let name = register.scope_field().map(|field| value_of(row, field.id));
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        let scopes = tx.named_scopes()?;
        let mut known = scopes.iter().filter(|scope| user.sees(scope.id));
        let Some(found) = known.find(|scope| scope.name == name) else {
            let detail = format!("没有这个范围 / no scope is called {name:?}");
            return Ok(Some(Refusal::new(404, "SCOPE_UNKNOWN", detail)));
        };
        if row.case.is_none() {
            row.scope = Some(found.id);
        }
    }
    if register.is_seen(user, row) {
        return Ok(None);
    }
    let detail = "须写明您负责范围内的案件或村 / name a case or a village of yours";
    Ok(Some(Refusal::new(403, "SCOPE_REQUIRED", detail)))
}

fn moment(register: &Register, row: &RegisterRow) -> Option<WallMs> {
    let field = register.when.and_then(|id| register.field(id))?;
    field.kind.moment(value_of(row, field.id))
}

/// Writes a version, unless another row has what must be its own or the register forbids it.
fn keep(
    tx: &dyn MetaTx,
    register: &Register,
    (mut row, before): (RegisterRow, Option<&RegisterRow>),
    user: &OfficeUser,
) -> Written {
    let own: Vec<&str> = register
        .unique
        .iter()
        .map(|id| value_of(&row, id))
        .collect();
    let own = own.join("\u{1f}");
    // Rows that lack these columns altogether share nothing.
    row.unique = Some(own).filter(|own| own.chars().any(|c| c != '\u{1f}'));
    if let Some(own) = row.unique.as_deref().filter(|_| !row.struck) {
        let holder = tx.register_holder(register.id, own)?;
        if let Some(holder) = holder.filter(|holder| *holder != row.row) {
            let fields = register.unique.iter().filter_map(|id| register.field(id));
            let (zh, en): (Vec<&str>, Vec<&str>) = fields.map(|field| (field.zh, field.en)).unzip();
            let detail = format!(
                "{}（{}）已在第 {holder} 行 / row {holder} has the same {}",
                zh.join("、"),
                register.unique.join(", "),
                en.join(", ")
            );
            return Ok(Err(Refusal::new(409, "NOT_UNIQUE", detail)));
        }
    }
    let proposed = Proposed {
        row: &row,
        before,
        user,
    };
    if let Some(check) = register.check
        && let Some(refusal) = check(tx, &proposed)?
    {
        return Ok(Err(refusal));
    }
    tx.put_register(&row)?;
    super::notice::follow(tx, &row)?;
    if let Some(case) = row.case {
        // Figures count rows of registers too, such as ratings of callbacks.
        desk::project(tx, case)?;
    }
    let what = match (before.is_some(), row.struck) {
        (false, _) => "register_add",
        (true, false) => "register_correct",
        (true, true) => "register_strike",
    };
    tx.put_audit(&AuditRow {
        at: row.at,
        user: row.by.clone(),
        deed: what.to_owned(),
        case: row.case,
        detail: format!("{} {}", register.id, row.row),
    })?;
    Ok(Ok(row))
}
