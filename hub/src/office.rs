//! The office's desk: who signed in, which cases there are, and decisions as envelopes.
//!
//! `http` brings a bearer token and JSON; decisions leave as envelopes of the hub's own stream of
//! the case's scope, sealed at once, with the reviewer's name, and enter the feed.
//!
//! Invariants: a decision names the heads and figures it looked at; an approval is refused with
//! every obstacle at once; the person who worked on a case does not approve it.
//!
//! Refuses: to compute a status of its own: that follows from the newest decision and the figures.

mod beside;
mod right;

use lossbook_core::app::office::{self as desk, DecisionError};
use lossbook_core::app::{AppError, Judged};
use lossbook_core::chain::{BlobRole, Kind, Subject};
use lossbook_core::domain::{CaseId, DeviceId, Digest, Host, WallMs, cbor};
use lossbook_core::record::{FieldChange, Value};
use lossbook_core::rules::{Assessment, Reason};
use lossbook_core::statement::{Action, ReasonToRefuse};
use lossbook_core::store::{CaseQuery, CaseRow, CaseStanding, StoreError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::enrol::check_name;
use crate::meta::{Assigned, Identity, MetaStore, MetaTx, OfficeUser, OwnDraft, in_tx};
use crate::refusal::Refusal;
use crate::sight::Sight;
use crate::staff;

pub use beside::{Beside, ToldSummary};
pub use right::{cases_of, check_readable, check_right, set_roles};
pub(crate) use right::{is_personal, masked, not_your_role};

/// Most cases in one answer.
pub const MAX_CASES: u32 = 200;
/// Longest reason in bytes.
const MAX_REASON_BYTES: usize = 4_000;
/// Most fields to be mended.
const MAX_FIELDS: usize = 200;

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
    /// The contract it names; empty while that is unsettled.
    pub contract: String,
    /// The estimate in fen, lowest reading; nothing if it is confidential.
    pub low_fen: Option<i64>,
    /// The estimate in fen, highest reading; nothing if it is confidential.
    pub high_fen: Option<i64>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
    /// Fields that changed since the newest decision on figures without reopening the case.
    pub late: Vec<LateChange>,
    /// Photos and thumbnails whose bytes are not here, and on whose phone they are.
    pub missing: Vec<MissingPhoto>,
    /// Where it lies, when what was done, and what the insured was told.
    #[serde(flatten)]
    pub beside: Beside,
    /// What the contract says.
    #[serde(flatten)]
    pub opinion: Opinion,
}

/// A field that reads otherwise than when the case was decided, and on which nothing rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LateChange {
    /// Which field.
    pub path: String,
    /// What stood then.
    pub then: Vec<String>,
    /// What stands now.
    pub now: Vec<String>,
}

/// A photo, or a picture made from one, that a case names and the hub does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingPhoto {
    /// Which bytes.
    pub sha256: String,
    /// `original`, or `thumbnail` or `preview` made from one.
    pub kind: &'static str,
    /// How many bytes.
    pub bytes: u64,
    /// How many of them came already.
    pub received: u64,
    /// Who announced it.
    pub user: String,
    /// On which device it is.
    pub device: String,
    /// When it was announced, by that device's clock.
    pub announced_ms: i64,
    /// Why what came did not count, if it did not.
    pub broken: Option<String>,
}

impl MissingPhoto {
    /// Whether evidence itself is missing, not only a picture made from it.
    pub fn is_original(&self) -> bool {
        self.kind == BlobRole::Original.word()
    }
}

/// What the contract says to a case by the packs on the hub's shelf, or why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Opinion {
    /// It was judged.
    Judged {
        /// What the rules say: cover, payable with its steps, due times, and the packs' digests.
        #[schema(value_type = Object)]
        assessment: Box<Assessment>,
        /// What was written and no rule knows.
        #[schema(value_type = Vec<Object>)]
        unmatched: Vec<Reason>,
    },
    /// It was not.
    Not {
        /// Why.
        not_judged: NotJudged,
    },
}

/// Why no contract can judge a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotJudged {
    /// A stable word.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl Opinion {
    /// What stands in its place for whoever may not see the amounts.
    pub(crate) fn hidden() -> Self {
        Self::Not {
            not_judged: NotJudged {
                code: "AMOUNTS_HIDDEN",
                detail: "本合同金额保密，您的角色不可查看 / this contract keeps its amounts confidential: your role does not see them".to_owned(),
            },
        }
    }

    fn of(judged: Result<Judged, AppError>) -> Result<Self, StoreError> {
        match judged {
            Ok(Judged {
                assessment,
                unmatched,
            }) => Ok(Self::Judged {
                assessment: Box::new(assessment),
                unmatched,
            }),
            Err(AppError::Store(error)) => Err(error),
            Err(error) => Ok(Self::Not {
                not_judged: NotJudged {
                    code: error.code(),
                    detail: error.to_string(),
                },
            }),
        }
    }
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
#[derive(Debug, Clone, Deserialize, ToSchema)]
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
    /// The heads that were looked at; if the case has others by now, nothing is decided.
    #[serde(default, deserialize_with = "digests")]
    #[schema(value_type = Option<Vec<String>>)]
    pub heads: Option<Vec<Digest>>,
    /// With *assign*: to whom.
    #[serde(default)]
    pub surveyor: Option<String>,
}

const fn first_round() -> u8 {
    1
}

fn digests<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Vec<Digest>>, D::Error> {
    let texts = Option::<Vec<String>>::deserialize(source)?;
    let parse = |text: String| text.parse().map_err(D::Error::custom);
    texts
        .map(|texts| texts.into_iter().map(parse).collect())
        .transpose()
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
    let user = OfficeUser::reviewer(name, host.now().wall);
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
pub fn case(store: &dyn MetaStore, name: &str, now: WallMs) -> Result<CaseDetail, Refusal> {
    in_tx(store, |tx| {
        let Some((row, standing)) = find(tx, name)? else {
            return Ok(Err(unknown(name)));
        };
        let opinion = Opinion::of(tx.assess(&standing, now))?;
        let aside = (manifest(tx, row.case)?, Beside::of(tx, &standing)?);
        Ok(Ok(detail((summary(tx, &row)?, aside), &standing, opinion)))
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
    let now = host.now();
    if !user.may_decide(action) {
        return Err(not_your_role(user, action));
    }
    in_tx(store, |tx| {
        let found = find(tx, name)?.filter(|(row, _)| user.sees(row.scope));
        let Some((_, standing)) = found else {
            return Ok(Err(unknown(name)));
        };
        let surveyor = new.surveyor.filter(|_| action == Action::Assign);
        if let Some(surveyor) = &surveyor
            && let Some(refusal) = staff::check_assignable(tx, surveyor, now.wall)?
        {
            return Ok(Err(refusal));
        }
        let wanted = desk::NewDecision {
            action,
            round: new.round,
            reason: &new.reason,
            fields: new.fields,
            reviewer: &user.name,
            roles: user.roles.iter().map(|role| role.word()).collect(),
            now: now.wall,
            seen_heads: new.heads,
        };
        let missing = missing_photos(tx, standing.case)?;
        let body = match tx.judge(&standing, &missing, &wanted) {
            Ok(body) => body,
            Err(DecisionError::Store(error)) => return Err(error),
            Err(error) => return Ok(Err(refuse(&error))),
        };
        let draft = OwnDraft {
            scope: standing.scope,
            kind: Kind::Decision,
            subject: Subject::case(standing.case),
            body: cbor::encode(&body),
            user: user.name.clone(),
            reading: now,
        };
        tx.append_own(hub, draft)?;
        tx.put_draft(standing.case, &user.name, None)?;
        if let Some(surveyor) = surveyor {
            let (by, at) = (user.name.clone(), now.wall);
            tx.put_assigned(standing.case, &Assigned { surveyor, by, at })?;
        }
        tracing::info!(case = %standing.case, action = action.word(), "decided");
        decided(tx, name, (user, now.wall))
    })?
}

/// A case as it stands after a decision, as far as who took it sees it.
fn decided(
    tx: &dyn MetaTx,
    name: &str,
    (user, now): (&OfficeUser, WallMs),
) -> Result<Result<CaseDetail, Refusal>, StoreError> {
    let Some((row, standing)) = find(tx, name)? else {
        return Ok(Err(unknown(name)));
    };
    let mut summary = summary(tx, &row)?;
    // The projection follows at commit; the answer is what it will say.
    standing.status.word().clone_into(&mut summary.status);
    let opinion = Opinion::of(tx.assess(&standing, now))?;
    let aside = (manifest(tx, row.case)?, Beside::of(tx, &standing)?);
    let all = detail((summary, aside), &standing, opinion);
    Ok(Ok(Sight::of(tx, user)?.detail(all)))
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
    if let (Action::Assign, Some(surveyor)) = (action, &new.surveyor) {
        check_name("user", surveyor)?;
    }
    if new.reason.len() > MAX_REASON_BYTES || new.fields.len() > MAX_FIELDS {
        return Err(bad(
            "the reason or the list of fields is too long".to_owned()
        ));
    }
    Ok(action)
}

fn find(tx: &dyn MetaTx, name: &str) -> Result<Option<(CaseRow, CaseStanding)>, StoreError> {
    let Some(row) = tx.case_named(name)? else {
        return Ok(None);
    };
    Ok(tx.case_standing(row.case)?.map(|standing| (row, standing)))
}

/// The first obstacle gives the code; the detail names all.
fn refuse(error: &DecisionError) -> Refusal {
    let (status, code) = match error {
        DecisionError::Refused(against) => {
            (409, against.first().map_or("REFUSED", ReasonToRefuse::code))
        }
        DecisionError::Stale => (409, "STALE"),
        DecisionError::NoReason(_) => (400, "NO_REASON"),
        DecisionError::UnknownField(_) => (400, "UNKNOWN_FIELD"),
        DecisionError::NotNow { .. } => (409, "NOT_NOW"),
        DecisionError::Store(_) => (500, "INTERNAL"),
    };
    Refusal::new(status, code, error.to_string())
}

/// Originals of a case whose bytes the hub has not verified.
fn missing_photos(tx: &dyn MetaTx, case: CaseId) -> Result<Vec<Digest>, StoreError> {
    let mut missing = Vec::new();
    for photo in tx.case_photos(case)? {
        if photo.is_original() && tx.blob(photo.scope, &photo.digest)?.is_none() {
            missing.push(photo.digest);
        }
    }
    Ok(missing)
}

/// What is missing of a case that a device may read.
///
/// # Errors
/// `CASE_UNKNOWN`, also for a case of a scope that it may not read.
pub fn missing(
    store: &dyn MetaStore,
    (device, name): (DeviceId, &str),
) -> Result<Vec<MissingPhoto>, Refusal> {
    in_tx(store, |tx| {
        let author = tx.author(device)?.filter(|author| !author.revoked);
        let scopes = author.map_or_else(Vec::new, |author| author.scopes);
        let row = tx.case_named(name)?;
        match row.filter(|row| scopes.contains(&row.scope)) {
            Some(row) => Ok(Ok(manifest(tx, row.case)?)),
            None => Ok(Err(unknown(name))),
        }
    })?
}

/// What is missing of a case, and on whose phone it is.
pub(crate) fn manifest(tx: &dyn MetaTx, case: CaseId) -> Result<Vec<MissingPhoto>, StoreError> {
    let broken = tx.broken()?;
    let mut missing = Vec::new();
    for photo in tx.case_photos(case)? {
        if tx.blob(photo.scope, &photo.digest)?.is_some() {
            continue;
        }
        let Some((header, _)) = tx.stored_envelope(&photo.envelope)? else {
            continue;
        };
        let upload = tx.upload(photo.scope, &photo.digest)?;
        let why = broken.iter().find(|one| one.digest == photo.digest);
        missing.push(MissingPhoto {
            sha256: photo.digest.to_hex(),
            kind: photo.role.word(),
            bytes: photo.len_bytes,
            received: upload.map_or(0, |upload| upload.offset),
            user: header.user,
            device: header.device.to_string(),
            announced_ms: header.wall.0,
            broken: why.map(|one| one.why.clone()),
        });
    }
    Ok(missing)
}

pub(crate) fn summary(tx: &dyn MetaTx, row: &CaseRow) -> Result<CaseSummary, StoreError> {
    let photos_missing = missing_photos(tx, row.case)?;
    let WallMs(updated_ms) = row.updated;
    Ok(CaseSummary {
        number: row.number.clone(),
        id: row.case.to_string(),
        household: row.household.clone(),
        place: row.place.clone(),
        cause: row.cause.clone(),
        contract: tx
            .desk_row(row.case)?
            .map_or_else(String::new, |row| row.contract),
        low_fen: Some(row.total.low.fen()),
        high_fen: Some(row.total.high.fen()),
        contested: row.contested,
        status: row.status.clone(),
        signature: row.signature.clone(),
        photos: row.photos,
        photos_missing: photos_missing.iter().map(Digest::to_hex).collect(),
        updated_ms,
    })
}

fn detail(
    (summary, (missing, beside)): (CaseSummary, (Vec<MissingPhoto>, Beside)),
    standing: &CaseStanding,
    opinion: Opinion,
) -> CaseDetail {
    let texts = standing.binding.to_texts();
    CaseDetail {
        summary,
        heads: standing.heads.iter().map(Digest::to_hex).collect(),
        binding: texts
            .into_iter()
            .map(|text| {
                let value = masked(&text.path, &text.value);
                (text.path, value)
            })
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
        late: standing.late.iter().map(late_change).collect(),
        missing,
        beside,
        opinion,
    }
}

fn late_change(change: &FieldChange) -> LateChange {
    let path = change.path.to_string();
    let text = |value: &Value| masked(&path, &value.to_string());
    let texts = |values: &[Value]| values.iter().map(text).collect();
    LateChange {
        path: path.clone(),
        then: texts(&change.then),
        now: texts(&change.now),
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(
        404,
        "CASE_UNKNOWN",
        format!("no case at this hub has the number or id {name:?}"),
    )
}
