//! Who may: what somebody of the office is, reads and decides; and what of a case is hidden.

use lossbook_core::statement::Action;
use lossbook_core::store::CaseQuery;

use super::{CaseSummary, MAX_CASES, summary, unknown};
use crate::meta::{MetaStore, OfficeUser, in_tx};
use crate::refusal::Refusal;
use crate::role::{OfficeRole, Right};
use crate::sight::Sight;

/// Says what an office user is, and in which scopes; all, if none is named.
///
/// # Errors
/// `USER_UNKNOWN`, `SCOPE_UNKNOWN`, `BAD_ROLE`.
pub fn set_roles(
    store: &dyn MetaStore,
    name: &str,
    (roles, scopes): (&[String], &[String]),
) -> Result<(), Refusal> {
    let roles = roles.iter().map(|role| role.parse::<OfficeRole>());
    let roles = roles
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Refusal::new(400, "BAD_ROLE", error.to_string()))?;
    in_tx(store, |tx| {
        let Some(account) = tx.account(name)? else {
            let detail = format!("no office user is called {name:?}（没有这位用户）");
            return Ok(Err(Refusal::new(404, "USER_UNKNOWN", detail)));
        };
        let named = tx.named_scopes()?;
        let mut ids = Vec::new();
        for wanted in scopes {
            let Some(found) = named.iter().find(|scope| scope.name == *wanted) else {
                let detail = format!("no scope is called {wanted:?}（没有这个范围）");
                return Ok(Err(Refusal::new(404, "SCOPE_UNKNOWN", detail)));
            };
            ids.push(found.id);
        }
        let user = OfficeUser {
            roles,
            scopes: ids,
            ..account.user
        };
        Ok(Ok(tx.set_office_user(&user)?))
    })?
}

/// The cases that somebody may read, newest first: at most [`MAX_CASES`] behind so many.
///
/// # Errors
/// `NOT_YOUR_ROLE`; else as the store fails.
pub fn cases_of(
    store: &dyn MetaStore,
    user: &OfficeUser,
    (text, skip): (Option<&str>, u32),
) -> Result<Vec<CaseSummary>, Refusal> {
    check_right(user, Right::ReadCases)?;
    let sight = Sight::looked_up(store, user)?;
    let query = CaseQuery {
        text: text.map(ToOwned::to_owned),
        limit: MAX_CASES,
        offset: skip,
    };
    Ok(in_tx(store, |tx| {
        let rows = tx.list_cases(&query)?.into_iter();
        let seen = rows.filter(|row| user.sees(row.scope));
        let shown = seen.map(|row| Ok(sight.summary(summary(tx, &row)?)));
        shown.collect()
    })?)
}

/// Whether somebody may read a case.
///
/// # Errors
/// `NOT_YOUR_ROLE`; `CASE_UNKNOWN`, also for a case of a scope that they do not see.
pub fn check_readable(store: &dyn MetaStore, user: &OfficeUser, name: &str) -> Result<(), Refusal> {
    check_right(user, Right::ReadCases)?;
    let row = in_tx(store, |tx| tx.case_named(name))?;
    match row.filter(|row| user.sees(row.scope)) {
        Some(_) => Ok(()),
        None => Err(unknown(name)),
    }
}

/// Whether somebody has a right.
///
/// # Errors
/// `NOT_YOUR_ROLE`.
pub fn check_right(user: &OfficeUser, right: Right) -> Result<(), Refusal> {
    if user.has(right) {
        return Ok(());
    }
    let detail = "您的角色没有此权限 / your role has no right to this";
    Err(Refusal::new(403, "NOT_YOUR_ROLE", detail))
}

/// An ID number, phone or account with its middle hidden; other fields as they are.
pub(crate) fn masked(path: &str, value: &str) -> String {
    if !is_personal(path) || value.is_empty() {
        return value.to_owned();
    }
    let all: Vec<char> = value.chars().collect();
    let (head, tail) = if all.len() > 8 { (3, 4) } else { (1, 1) };
    let shown = |at: usize| at < head || at + tail >= all.len();
    let mask = |(at, letter): (usize, &char)| if shown(at) { *letter } else { '*' };
    all.iter().enumerate().map(mask).collect()
}

/// Whether a field holds an ID number, a phone or an account.
pub(crate) fn is_personal(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    ["id_no", "phone", "account"].contains(&name)
}

/// Why somebody does not take a decision.
pub(crate) fn not_your_role(user: &OfficeUser, action: Action) -> Refusal {
    let roles: Vec<&str> = user.roles.iter().map(|role| role.names().0).collect();
    let words: Vec<&str> = user.roles.iter().map(|role| role.word()).collect();
    let detail = format!(
        "您的角色（{}）不能执行此操作 / {} may not {action}",
        roles.join("、"),
        words.join(", ")
    );
    Refusal::new(403, "NOT_YOUR_ROLE", detail)
}
