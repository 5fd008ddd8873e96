//! Reference data: tables that head office keeps and phones only read, scope by scope.
//!
//! Deltas come from the hub over its signature and are taken in the order of their numbers. Some
//! tables mean something here: `policies` and `rosters` tell the rules what no case says, `packs`
//! is the shelf of rule packs, `looks` is what photos of the scope look like, `scope` is its name.
//! All others (`zones`, `tasks`, `calendar`, …) are kept for the host's screens.
//!
//! Refuses: rows of a scope that nobody on this device may read.

use serde::Deserialize;

use super::device::{Device, enrolled};
use super::error::AppError;
use super::people::visible;
use crate::chain::{
    EVERYWHERE, Reference, ReferenceAnswer, ReferenceError, ReferenceItem, reference_tag,
};
use crate::domain::facts::{CaseFacts, Policy, Rostered};
use crate::domain::{ScopeId, cbor};
use crate::evidence::{Fingerprint, IndexEntry, PhotoMark};
use crate::store::{ReferenceRow, StoreError, Tx};

/// Tables with a meaning of their own.
pub mod table {
    /// Policies by number, as the rules read them.
    pub const POLICIES: &str = "policies";
    /// Insured persons, each with the number of their policy.
    pub const ROSTERS: &str = "rosters";
    /// The shelf of rule packs. Only the hub itself writes it.
    pub const PACKS: &str = "packs";
    /// What photos look like. Only the hub itself writes it.
    pub const LOOKS: &str = "looks";
    /// The scope's own name. Only the hub itself writes it.
    pub const SCOPE: &str = "scope";
}

const TOKEN: &str = "reference_token";

/// A table and how many rows it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceTable {
    /// Of which scope; nothing for what every device reads.
    pub scope: Option<String>,
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
}

/// What an answer of the hub brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenReference {
    /// Rows written or removed.
    pub rows: u64,
    /// Whether there is more to ask for.
    pub more: bool,
}

/// A person of a roster, as a row of the table.
#[derive(Debug, Clone, Deserialize)]
struct RosterRow {
    policy: String,
    #[serde(flatten)]
    person: RosterPerson,
}

#[derive(Debug, Clone, Deserialize)]
struct RosterPerson {
    person: String,
    class: String,
    from: crate::domain::WallMs,
    #[serde(default)]
    to: Option<crate::domain::WallMs>,
}

/// What the tables know that a case does not say.
#[derive(Debug, Clone, Default)]
pub struct Known {
    policy: Option<Policy>,
    roster: Vec<Rostered>,
}

impl Known {
    /// What is known of a policy in a scope.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of(tx: &Tx<'_>, scope: ScopeId, policy: Option<&str>) -> Result<Self, StoreError> {
        let Some(number) = policy.map(str::trim).filter(|number| !number.is_empty()) else {
            return Ok(Self::default());
        };
        let mut known = Self::default();
        for place in [EVERYWHERE, scope] {
            for row in tx.reference_rows(place, table::POLICIES)? {
                if row.key.trim() == number {
                    known.policy = serde_json::from_slice(&row.row).ok();
                }
            }
            for row in tx.reference_rows(place, table::ROSTERS)? {
                let parsed = serde_json::from_slice::<RosterRow>(&row.row);
                if let Some(row) = parsed.ok().filter(|row| row.policy.trim() == number) {
                    let RosterPerson {
                        person,
                        class,
                        from,
                        to,
                    } = row.person;
                    known.roster.push(Rostered {
                        person,
                        class,
                        from,
                        to,
                    });
                }
            }
        }
        Ok(known)
    }

    /// Fills in what the case leaves open; what people wrote in the case stands.
    pub(super) fn fill(&self, facts: &mut CaseFacts) {
        facts.policy.roster.extend(self.roster.iter().cloned());
        let Some(Policy {
            number: _,
            period,
            unit,
            class,
            top_up,
            objects,
            covers,
            roster,
            paid,
            open,
        }) = self.policy.clone()
        else {
            return;
        };
        let policy = &mut facts.policy;
        policy.period = policy.period.or(period);
        policy.unit = policy.unit.take().or(unit);
        policy.class = policy.class.take().or(class);
        policy.top_up = policy.top_up.or(top_up);
        policy.objects = policy.objects.take().or(objects);
        policy.covers = policy.covers.take().or(covers);
        policy.roster.extend(roster);
        policy.paid.extend(paid);
        policy.open.extend(open);
        // A case is not another open case of its own policy.
        let case = facts.case.clone();
        facts.policy.open.retain(|other| other.case != case);
    }
}

/// Whether a row can stand in its table.
///
/// # Errors
/// What is wrong with it.
pub fn check_row(name: &str, row: &[u8]) -> Result<(), String> {
    let parsed = match name {
        table::POLICIES => serde_json::from_slice::<Policy>(row).map(|_| ()),
        table::ROSTERS => serde_json::from_slice::<RosterRow>(row).map(|_| ()),
        _ => serde_json::from_slice::<serde_json::Value>(row).map(|_| ()),
    };
    parsed.map_err(|error| error.to_string())
}

impl Device {
    /// Where this device stands in the tables of each scope, as `GET /v1/reference` asks it, and
    /// the tag of all of them.
    ///
    /// # Errors
    /// As the store fails.
    pub fn reference_cursor(&self) -> Result<(Vec<(ScopeId, u64)>, String), AppError> {
        self.store.transact(|tx| {
            let mut heads = Vec::new();
            for scope in reference_scopes(tx.readable()?) {
                heads.push((scope, tx.reference_head(scope)?));
            }
            let tag = reference_tag(&heads);
            Ok((heads, tag))
        })
    }

    /// Takes the hub's answer in.
    ///
    /// # Errors
    /// [`AppError::Reference`] for what the enrolled hub did not sign or what does not follow; then
    /// nothing of the answer is kept.
    pub fn take_reference(&self, bytes: &[u8]) -> Result<TakenReference, AppError> {
        let answer: ReferenceAnswer = cbor::decode(bytes).map_err(ReferenceError::from)?;
        let taken = self.store.transact(|tx| {
            let me = tx.identity()?;
            let hub = enrolled(&me)?.hub_key;
            let scopes = reference_scopes(tx.readable()?);
            let mut taken = TakenReference::default();
            for signed in &answer.deltas {
                let delta = signed.verify(&hub)?;
                if !scopes.contains(&delta.scope) {
                    continue;
                }
                let held = tx.reference_head(delta.scope)?;
                if delta.from != 0 && delta.from != held {
                    let from = delta.from;
                    return Err(ReferenceError::Gap { from, held }.into());
                }
                tx.take_reference(&delta)?;
                taken.rows += delta.rows.len() as u64;
                taken.more |= delta.to < delta.head;
                heed(tx, &delta)?;
            }
            Ok::<_, AppError>(taken)
        })?;
        if taken.rows > 0 {
            self.looks.forget();
        }
        Ok(taken)
    }

    /// The token that opened the last request for reference data; the hub may not take it any more.
    ///
    /// # Errors
    /// As the store fails.
    pub fn remembered_token(&self) -> Result<Option<String>, AppError> {
        let bytes = self.store.transact(|tx| tx.memo(TOKEN))?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Remembers a token, so that asking whether anything is new takes one request.
    ///
    /// # Errors
    /// As the store fails.
    pub fn remember_token(&self, token: &str) -> Result<(), AppError> {
        Ok(self
            .store
            .transact(|tx| tx.set_memo(TOKEN, token.as_bytes()))?)
    }

    /// The tables the signed-in person may see.
    ///
    /// # Errors
    /// As the store fails.
    pub fn reference_tables(&self) -> Result<Vec<ReferenceTable>, AppError> {
        self.store.transact(|tx| {
            let visible = visible(tx)?;
            let names = tx.scopes()?;
            let mut tables = Vec::new();
            for (scope, table, rows) in tx.reference_tables()? {
                if scope != EVERYWHERE && !visible.contains(&scope) {
                    continue;
                }
                let name = names.iter().find(|(id, _)| *id == scope);
                tables.push(ReferenceTable {
                    scope: (scope != EVERYWHERE)
                        .then(|| name.map_or_else(|| scope.to_string(), |(_, name)| name.clone())),
                    table,
                    rows,
                });
            }
            Ok(tables)
        })
    }

    /// The rows of a table in all scopes that the signed-in person may see.
    ///
    /// # Errors
    /// As the store fails.
    pub fn reference_rows(&self, table: &str) -> Result<Vec<ReferenceRow>, AppError> {
        self.store.transact(|tx| {
            let mut rows = Vec::new();
            for scope in reference_scopes(visible(tx)?) {
                rows.extend(tx.reference_rows(scope, table)?);
            }
            Ok(rows)
        })
    }
}

/// The scopes whose tables a device reads: its own, and what everybody reads; none for nobody.
fn reference_scopes(mut readable: Vec<ScopeId>) -> Vec<ScopeId> {
    if !readable.is_empty() {
        readable.push(EVERYWHERE);
    }
    readable.sort_unstable();
    readable
}

/// Rows that mean something at once: the name of the scope.
fn heed(tx: &Tx<'_>, delta: &Reference) -> Result<(), AppError> {
    let is_name = |item: &&ReferenceItem| item.table == table::SCOPE && item.key == "name";
    for item in delta.rows.iter().filter(is_name) {
        let name = item.row.as_ref().map(|row| String::from_utf8(row.to_vec()));
        if let Some(Ok(name)) = name {
            tx.put_scope(delta.scope, &name)?;
        }
    }
    Ok(())
}

/// What photos of other devices look like, as the hub's tables say.
pub(super) fn looks(tx: &Tx<'_>) -> Result<Vec<IndexEntry>, StoreError> {
    let mut entries = Vec::new();
    for scope in reference_scopes(tx.readable()?) {
        for row in tx.reference_rows(scope, table::LOOKS)? {
            let mut photo: PhotoMark = [0; 8];
            let bits = row.row.as_slice().try_into().ok();
            let mark = hex::decode_to_slice(&row.key, &mut photo).ok();
            if let (Some(bits), Some(())) = (bits, mark) {
                let fingerprint = Fingerprint::from_bytes(bits);
                entries.push(IndexEntry { fingerprint, photo });
            }
        }
    }
    Ok(entries)
}
