//! Tokens of programs: made once, kept as digests, withdrawn by name.

use lossbook_core::domain::{Digest, Host, WallMs};
use serde::Serialize;

use crate::enrol::check_name;
use crate::meta::{Integration, MetaStore, OfficeUser, in_tx, look};
use crate::refusal::Refusal;
use crate::role::OfficeRole;

/// An integration as the operator reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub roles: Vec<&'static str>,
    /// Names of the scopes it sees; all if none is named.
    pub scopes: Vec<String>,
    /// Since when.
    pub since_ms: i64,
    /// When it came last, to the minute; nothing if never.
    pub used_ms: Option<i64>,
    /// Whether it was withdrawn.
    pub ended: bool,
}

/// Adds an integration, or gives one a new token; it is shown this once.
///
/// # Errors
/// `BAD_NAME`, `BAD_ROLE`, `SCOPE_UNKNOWN`.
pub fn add(
    store: &dyn MetaStore,
    (name, roles, scopes): (&str, &[String], &[String]),
    host: &dyn Host,
) -> Result<String, Refusal> {
    check_name("integration", name)?;
    let roles: Vec<OfficeRole> = roles
        .iter()
        .map(|role| role.parse::<OfficeRole>())
        .collect::<Result<_, _>>()
        .map_err(|error| Refusal::new(400, "BAD_ROLE", error.to_string()))?;
    if roles.is_empty() {
        let detail = "请至少给出一个角色（--role） / give it a role (--role)";
        return Err(Refusal::new(400, "BAD_ROLE", detail));
    }
    let mut secret = [0; 32];
    host.fill_random(&mut secret);
    let token = format!("lbk_{}", hex::encode(secret));
    in_tx(store, |tx| {
        let named = tx.named_scopes()?;
        let mut ids = Vec::new();
        for wanted in scopes {
            let Some(found) = named.iter().find(|scope| scope.name == *wanted) else {
                let detail = format!("no scope is called {wanted:?}（没有这个范围）");
                return Ok(Err(Refusal::new(404, "SCOPE_UNKNOWN", detail)));
            };
            ids.push(found.id);
        }
        let one = Integration {
            name: name.to_owned(),
            roles,
            scopes: ids,
            since: host.now().wall,
            used: WallMs(0),
            ended: false,
        };
        tx.put_integration(&one, &digest_of(&token))?;
        Ok(Ok(()))
    })??;
    tracing::info!("integration added");
    Ok(token)
}

/// Withdraws an integration's token.
///
/// # Errors
/// `INTEGRATION_UNKNOWN`.
pub fn end(store: &dyn MetaStore, name: &str) -> Result<(), Refusal> {
    if in_tx(store, |tx| tx.end_integration(name))? {
        return Ok(());
    }
    let detail = format!("no integration is called {name:?}（没有这个对接程序）");
    Err(Refusal::new(404, "INTEGRATION_UNKNOWN", detail))
}

/// Every integration, by name.
///
/// # Errors
/// As the store fails.
pub fn list(store: &dyn MetaStore) -> Result<Vec<Shown>, Refusal> {
    Ok(look(store, |tx| {
        let named = tx.named_scopes()?;
        let all = tx.integrations()?.into_iter();
        let shown = all.map(|one| {
            let is_seen = |id| one.scopes.contains(id);
            let scopes = named.iter().filter(|scope| is_seen(&scope.id));
            Shown {
                roles: one.roles.iter().map(|role| role.word()).collect(),
                scopes: scopes.map(|scope| scope.name.clone()).collect(),
                since_ms: one.since.0,
                used_ms: Some(one.used.0).filter(|used| *used > 0),
                ended: one.ended,
                name: one.name,
            }
        });
        Ok(shown.collect())
    })?)
}

/// Whose token it is, as somebody of the office: decisions are signed with `api:` and its name.
pub(super) fn sign_in(store: &dyn MetaStore, token: &str) -> Result<OfficeUser, Refusal> {
    let found = look(store, |tx| tx.integration(&digest_of(token)))?;
    let Some(one) = found.filter(|one| !one.ended) else {
        let detail = "令牌无效或已停用 / no integration has this token, or it was withdrawn";
        return Err(Refusal::new(401, "AUTH_UNKNOWN", detail));
    };
    Ok(OfficeUser {
        name: format!("api:{}", one.name),
        since: one.since,
        roles: one.roles,
        scopes: one.scopes,
        ended: false,
    })
}

fn digest_of(token: &str) -> Digest {
    Digest::labelled("lossbook/hub/integration", &[token.as_bytes()])
}
