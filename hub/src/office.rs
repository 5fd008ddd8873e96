//! The office's desk: who signed in, which cases there are, and decisions as envelopes.
//!
//! `http` brings a bearer token and JSON; decisions leave as envelopes of the hub's own stream of
//! the case's scope, sealed at once, with the reviewer's name, and enter the feed.
//!
//! Invariants: a decision names the heads and figures it looked at; an approval is refused with
//! every obstacle at once; the person who worked on a case does not approve it.
//!
//! Refuses: to compute a status of its own: that follows from the newest decision and the figures.

use std::collections::BTreeSet;

use lossbook_core::chain::{Kind, Subject};
use lossbook_core::domain::{Digest, Host, WallMs, cbor};
use lossbook_core::statement::{
    Action, ApprovalInputs, DecisionBody, ReasonToRefuse, approval_obstacles,
};
use lossbook_core::store::{CaseQuery, CaseRow, CaseStanding, StoreError};
use serde::{Deserialize, Serialize};

use crate::enrol::check_name;
use crate::meta::{Identity, MetaStore, MetaTx, OfficeUser, OwnDraft, in_tx};
use crate::refusal::Refusal;

/// Most cases in one answer.
pub const MAX_CASES: u32 = 200;
/// Longest reason in bytes.
const MAX_REASON_BYTES: usize = 4_000;

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseSummary {
    /// The short number.
    pub number: String,
    /// The id.
    pub id: String,
    /// Whose house.
    pub household: String,
    /// Where.
    pub place: String,
    /// What happened.
    pub cause: String,
    /// The estimate in fen, lowest reading.
    pub low_fen: i64,
    /// The estimate in fen, highest reading.
    pub high_fen: i64,
    /// Fields with more than one value.
    pub contested: u64,
    /// A stable word.
    pub status: String,
    /// A stable word.
    pub signature: String,
    /// Photos named by the case.
    pub photos: u64,
    /// Photos whose bytes have not arrived, by digest.
    pub photos_missing: Vec<String>,
    /// When it last changed, as its writers' clocks claim.
    pub updated_ms: i64,
}

/// A case with what was signed and decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// The heads that a decision would name.
    pub heads: Vec<String>,
    /// Fields that money hangs on, with their values.
    pub binding: Vec<(String, String)>,
    /// Fields among them with more than one value.
    pub contested_fields: Vec<String>,
    /// States of the signatures, oldest first.
    pub signatures: Vec<String>,
    /// Decisions, oldest first.
    pub decisions: Vec<DecisionSummary>,
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionSummary {
    /// A stable word.
    pub action: String,
    /// Which round.
    pub round: u8,
    /// Who.
    pub user: String,
    /// When, by the hub's clock.
    pub at_ms: i64,
    /// Why.
    pub reason: String,
}

/// What a reviewer wants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// approve, return, deny, pay, close, reopen or assign.
    pub action: String,
    /// Which review round.
    #[serde(default = "first_round")]
    pub round: u8,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// With *return*: which fields to mend.
    #[serde(default)]
    pub fields: Vec<String>,
}

const fn first_round() -> u8 {
    1
}

/// Adds an office user, or gives one a new token; the token is shown once.
///
/// # Errors
/// `BAD_NAME`; else as the store fails.
pub fn add_user(store: &dyn MetaStore, name: &str, host: &dyn Host) -> Result<String, Refusal> {
    check_name("user", name)?;
    let mut secret = [0; 32];
    host.fill_random(&mut secret);
    let token = hex::encode(secret);
    let user = OfficeUser {
        name: name.to_owned(),
        since: host.now().wall,
    };
    in_tx(store, |tx| tx.put_office_user(&user, &token_digest(&token)))?;
    Ok(token)
}

/// Whose token it is.
///
/// # Errors
/// `AUTH_UNKNOWN`.
pub fn sign_in(store: &dyn MetaStore, token: &str) -> Result<OfficeUser, Refusal> {
    let user = in_tx(store, |tx| tx.office_user(&token_digest(token)))?;
    user.ok_or_else(|| {
        Refusal::new(
            401,
            "AUTH_UNKNOWN",
            "no office user has that token: ask the hub's operator for one (hub user add)",
        )
    })
}

fn token_digest(token: &str) -> Digest {
    Digest::labelled("lossbook/hub/office-token", &[token.as_bytes()])
}

/// Cases, newest first, perhaps only those that hold some words.
///
/// # Errors
/// As the store fails.
pub fn cases(store: &dyn MetaStore, text: Option<&str>) -> Result<Vec<CaseSummary>, Refusal> {
    let query = CaseQuery {
        text: text.map(ToOwned::to_owned),
        limit: MAX_CASES,
        offset: 0,
    };
    Ok(in_tx(store, |tx| {
        let rows = tx.list_cases(&query)?;
        rows.iter().map(|row| summary(tx, row)).collect()
    })?)
}

/// One case by number or id.
///
/// # Errors
/// `CASE_UNKNOWN`.
pub fn case(store: &dyn MetaStore, name: &str) -> Result<CaseDetail, Refusal> {
    in_tx(store, |tx| {
        let Some((row, standing)) = find(tx, name)? else {
            return Ok(Err(unknown(name)));
        };
        Ok(Ok(detail(summary(tx, &row)?, &standing)))
    })?
}

/// Writes a decision, or says everything that stands against it.
///
/// # Errors
/// `BAD_DECISION`, `CASE_UNKNOWN`, or the code of the first obstacle, with all in the detail.
pub fn decide(
    store: &dyn MetaStore,
    hub: &Identity,
    (name, user): (&str, &OfficeUser),
    (new, host): (NewDecision, &dyn Host),
) -> Result<CaseDetail, Refusal> {
    let action = check(&new)?;
    in_tx(store, |tx| {
        let Some((_, standing)) = find(tx, name)? else {
            return Ok(Err(unknown(name)));
        };
        if matches!(action, Action::Approve) {
            let against = obstacles(tx, &standing, user)?;
            if let Some(refusal) = refuse(&against) {
                return Ok(Err(refusal));
            }
        }
        let signature = standing.signatures.last();
        let body = DecisionBody {
            case: standing.case,
            action,
            round: new.round,
            heads: standing.heads.clone(),
            basis: standing.binding.to_texts(),
            signature: signature.map(|signature| signature.signature.id),
            reason: new.reason.clone(),
            fields: new.fields.clone(),
        };
        let draft = OwnDraft {
            scope: standing.scope,
            kind: Kind::Decision,
            subject: Subject::case(standing.case),
            body: cbor::encode(&body),
            user: user.name.clone(),
            reading: host.now(),
        };
        tx.append_own(hub, draft)?;
        tracing::info!(case = %standing.case, action = action.word(), "decided");
        let Some((row, standing)) = find(tx, name)? else {
            return Ok(Err(unknown(name)));
        };
        let mut summary = summary(tx, &row)?;
        // The projection follows at commit; the answer is what it will say.
        standing.status.word().clone_into(&mut summary.status);
        Ok(Ok(detail(summary, &standing)))
    })?
}

fn check(new: &NewDecision) -> Result<Action, Refusal> {
    let bad = |detail: String| Refusal::new(400, "BAD_DECISION", detail);
    let action: Action = new
        .action
        .parse()
        .map_err(|error: lossbook_core::statement::UnknownAction| bad(error.to_string()))?;
    if !(1..=3).contains(&new.round) {
        return Err(bad("review rounds are 1, 2 and 3".to_owned()));
    }
    if new.reason.len() > MAX_REASON_BYTES || new.fields.len() > 200 {
        return Err(bad(
            "the reason or the list of fields is too long".to_owned()
        ));
    }
    let unsaid = new.reason.trim().is_empty();
    if unsaid && matches!(action, Action::Deny | Action::Return | Action::Reopen) {
        return Err(bad(format!("to {action} a case, say why (reason)")));
    }
    Ok(action)
}

fn find(tx: &dyn MetaTx, name: &str) -> Result<Option<(CaseRow, CaseStanding)>, StoreError> {
    let Some(row) = tx.case_named(name)? else {
        return Ok(None);
    };
    Ok(tx.case_standing(row.case)?.map(|standing| (row, standing)))
}

fn obstacles(
    tx: &dyn MetaTx,
    standing: &CaseStanding,
    user: &OfficeUser,
) -> Result<Vec<ReasonToRefuse>, StoreError> {
    let signatures: Vec<_> = standing
        .signatures
        .iter()
        .map(|signature| signature.state.clone())
        .collect();
    let missing = missing_photos(tx, standing)?;
    let authors: Vec<String> = tx
        .case_headers(standing.case)?
        .into_iter()
        .filter(|header| header.kind != Kind::Decision)
        .map(|header| header.user)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    Ok(approval_obstacles(&ApprovalInputs {
        now: &standing.binding,
        signatures: &signatures,
        missing_photos: &missing,
        authors: &authors,
        reviewer: &user.name,
    }))
}

fn refuse(against: &[ReasonToRefuse]) -> Option<Refusal> {
    let first = against.first()?;
    let all: Vec<String> = against
        .iter()
        .map(|reason| format!("{}: {reason}", reason.code()))
        .collect();
    Some(Refusal::new(409, first.code(), all.join("; ")))
}

fn missing_photos(tx: &dyn MetaTx, standing: &CaseStanding) -> Result<Vec<Digest>, StoreError> {
    let mut missing = Vec::new();
    for photo in tx.case_photos(standing.case)? {
        let held = tx.blob(photo.scope, &photo.digest)?.is_some();
        if !photo.is_thumbnail && !held {
            missing.push(photo.digest);
        }
    }
    Ok(missing)
}

pub(crate) fn summary(tx: &dyn MetaTx, row: &CaseRow) -> Result<CaseSummary, StoreError> {
    let mut photos_missing = Vec::new();
    for photo in tx.case_photos(row.case)? {
        if !photo.is_thumbnail && tx.blob(photo.scope, &photo.digest)?.is_none() {
            photos_missing.push(photo.digest.to_hex());
        }
    }
    let WallMs(updated_ms) = row.updated;
    Ok(CaseSummary {
        number: row.number.clone(),
        id: row.case.to_string(),
        household: row.household.clone(),
        place: row.place.clone(),
        cause: row.cause.clone(),
        low_fen: row.total.low.fen(),
        high_fen: row.total.high.fen(),
        contested: row.contested,
        status: row.status.clone(),
        signature: row.signature.clone(),
        photos: row.photos,
        photos_missing,
        updated_ms,
    })
}

fn detail(summary: CaseSummary, standing: &CaseStanding) -> CaseDetail {
    let texts = standing.binding.to_texts();
    CaseDetail {
        summary,
        heads: standing.heads.iter().map(Digest::to_hex).collect(),
        binding: texts
            .into_iter()
            .map(|text| (text.path, text.value))
            .collect(),
        contested_fields: standing
            .binding
            .contested()
            .map(ToOwned::to_owned)
            .collect(),
        signatures: standing
            .signatures
            .iter()
            .map(|signature| signature.state.word().to_owned())
            .collect(),
        decisions: standing
            .decisions
            .iter()
            .map(|decision| DecisionSummary {
                action: decision.body.action.word().to_owned(),
                round: decision.body.round,
                user: decision.header.user.clone(),
                at_ms: decision.header.wall.0,
                reason: decision.body.reason.clone(),
            })
            .collect(),
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(
        404,
        "CASE_UNKNOWN",
        format!("no case at this hub has the number or id {name:?}"),
    )
}
