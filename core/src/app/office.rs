//! What head office decides: judged here, written by the hub as an envelope of its own stream.

use super::assess::Judged;
use super::error::AppError;
use super::packs::packs_in_force;
use crate::chain::Kind;
use crate::domain::{Digest, Money, WallMs};
use crate::record::FieldPath;
use crate::rules::{Assessment, Handling};
use crate::statement::{
    Action, ApprovalInputs, CaseStatus, DecisionBody, ReasonToRefuse, SignatureState,
    StatementKind, approval_obstacles, approvals,
};
use crate::store::{CaseStanding, Clash, StoreError, Tx};

/// What a reviewer wants.
#[derive(Debug, Clone)]
pub struct NewDecision<'a> {
    /// What.
    pub action: Action,
    /// Which review round; 1 if there is only one.
    pub round: u8,
    /// Why.
    pub reason: &'a str,
    /// With *return*: paths of the fields to mend.
    pub fields: Vec<String>,
    /// Who decides.
    pub reviewer: &'a str,
    /// What they are at head office, in the words of rule packs.
    pub roles: Vec<&'a str>,
    /// When: by it the contract is judged.
    pub now: WallMs,
    /// The heads the reviewer looked at; nothing if the tool shows the newest and decides at once.
    pub seen_heads: Option<Vec<Digest>>,
}

/// Why a decision is refused.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Everything that stands against it.
    #[error("{}", .0.iter().map(|one| format!("{} / {one}", one.zh())).collect::<Vec<_>>().join("; "))]
    Refused(Vec<ReasonToRefuse>),
    /// The case changed since it was looked at.
    #[error(
        "案件在查看之后有改动，请重新查看 / the case changed since it was looked at: look again"
    )]
    Stale,
    /// Return and deny need a reason.
    #[error("须填写理由 / {0} needs a reason")]
    NoReason(Action),
    /// A field to mend that the case does not have.
    #[error(
        "本案没有字段 {0:?} / {0:?} names no field of this case: use section.field or section.ROW.field"
    )]
    UnknownField(String),
    /// Only an approved case is paid, only a paid or denied one closed.
    #[error("案件当前状态不允许此操作 / {action} is not possible while the case is {status}")]
    NotNow {
        /// What was wanted.
        action: Action,
        /// Where the case stands.
        status: &'static str,
    },
}

/// Judges a decision against the case as it stands; the body to write if nothing stands against it.
/// `missing_photos` are originals of the case whose bytes the hub has not verified.
///
/// # Errors
/// [`DecisionError`] with every reason at once.
pub fn decide(
    tx: &Tx<'_>,
    standing: &CaseStanding,
    missing_photos: &[Digest],
    new: &NewDecision<'_>,
) -> Result<DecisionBody, DecisionError> {
    if new
        .seen_heads
        .as_ref()
        .is_some_and(|seen| *seen != standing.heads)
    {
        return Err(DecisionError::Stale);
    }
    let needs_reason = matches!(
        new.action,
        Action::Return | Action::Deny | Action::Reopen | Action::Supplement
    );
    if needs_reason && new.reason.trim().is_empty() {
        return Err(DecisionError::NoReason(new.action));
    }
    check_order(new.action, standing)?;
    check_fields(new, standing)?;
    if new.action == Action::Approve {
        let authors = authors(tx, standing)?;
        let decided = standing.decisions.iter();
        let approvals = approvals(decided.map(|one| (&one.body, one.header.user.clone())));
        let clashes: Vec<String> = standing.clashes.iter().map(clash_words).collect();
        // A signed survey report is no assent to an amount.
        let estimates = standing
            .signatures
            .iter()
            .filter(|one| one.freeze.kind() == StatementKind::Estimate);
        let states: Vec<SignatureState> = estimates.map(|one| one.state.clone()).collect();
        let mut against = approval_obstacles(&ApprovalInputs {
            now: &standing.binding,
            clashes: &clashes,
            signatures: &states,
            missing_photos,
            authors: &authors,
            reviewer: new.reviewer,
            round: new.round,
            approvals: &approvals,
        });
        against.extend(contract_obstacles(tx, standing, new)?);
        if !against.is_empty() {
            return Err(DecisionError::Refused(against));
        }
    }
    if new.action == Action::Pay {
        rounds_passed(tx, standing, new.now)?;
    }
    let valid = standing.signatures.iter().rev().find(|one| {
        one.state == SignatureState::Valid && one.freeze.kind() == StatementKind::Estimate
    });
    Ok(DecisionBody {
        case: standing.case,
        action: new.action,
        round: new.round,
        heads: standing.heads.clone(),
        basis: standing.binding.to_texts(),
        signature: valid.map(|one| one.signature.id),
        reason: new.reason.to_owned(),
        fields: new.fields.clone(),
    })
}

/// What the contract says to a case and how it is to be handled; nothing while none can judge it.
///
/// # Errors
/// As the store fails.
pub fn contract_of(
    tx: &Tx<'_>,
    standing: &CaseStanding,
    now: WallMs,
) -> Result<Option<(Judged, Handling)>, StoreError> {
    let judged = match Judged::of(tx, standing, now) {
        Ok(judged) => judged,
        Err(AppError::Store(error)) => return Err(error),
        Err(_no_contract_that_judges) => return Ok(None),
    };
    let Ok(packs) = packs_in_force(tx) else {
        return Ok(None);
    };
    let name = &judged.assessment.service_pack;
    let pack = packs.all().iter().find(|pack| pack.digest() == name.digest);
    Ok(pack.map(|pack| (judged, pack.handling.clone())))
}

/// Whether somebody of this role may hold a round: a round of reviewers is held by whoever reviews.
pub fn may_hold(role: &str, round: &str) -> bool {
    role == round
        || (round == "reviewer" && ["claims_specialist", "review_supervisor"].contains(&role))
}

/// What the contract has against an approval: rounds, roles, limits, and what it asks for.
fn contract_obstacles(
    tx: &Tx<'_>,
    standing: &CaseStanding,
    new: &NewDecision<'_>,
) -> Result<Vec<ReasonToRefuse>, StoreError> {
    let Some((judged, handling)) = contract_of(tx, standing, new.now)? else {
        return Ok(Vec::new());
    };
    let mut against = Vec::new();
    let number = usize::from(new.round.max(1)).saturating_sub(1);
    match handling.rounds.get(number) {
        None if handling.rounds.is_empty() => {}
        None => against.push(ReasonToRefuse::NoSuchRound {
            rounds: handling.rounds.len(),
        }),
        Some(round) => {
            let roles = new.roles.iter().filter(|role| may_hold(role, &round.role));
            let roles: Vec<&str> = roles.copied().collect();
            if roles.is_empty() {
                against.push(ReasonToRefuse::WrongRole {
                    round: new.round,
                    needs: round.role.clone(),
                });
            } else {
                let amount = amount(standing, &judged.assessment);
                against.extend(beyond(&handling, &roles, amount));
            }
        }
    }
    let missing = asked_for(&judged.assessment);
    if !missing.is_empty() && new.reason.trim().is_empty() {
        against.push(ReasonToRefuse::Incomplete(missing));
    }
    Ok(against)
}

/// What is to be approved: what the contract pays, else the sum of the lines; a range with its end.
fn amount(standing: &CaseStanding, assessment: &Assessment) -> Money {
    let payable = assessment.money.payable.or(standing.record.total());
    payable.unwrap_or_default().high
}

/// The highest limit of the roles, if each has one and the amount is beyond it.
fn beyond(handling: &Handling, roles: &[&str], amount: Money) -> Option<ReasonToRefuse> {
    let mut highest: Option<(&str, Money, &str)> = None;
    for role in roles {
        let rule = handling.authority.iter().find(|rule| rule.role == *role)?;
        let limit = *rule.limit.value()?;
        if highest.is_none_or(|(_, most, _)| limit > most) {
            highest = Some((role, limit, &rule.limit.source));
        }
    }
    let (role, limit, source) = highest.filter(|(_, most, _)| amount > *most)?;
    Some(ReasonToRefuse::BeyondAuthority {
        role: role.to_owned(),
        amount,
        limit,
        source_text: source.to_owned(),
    })
}

/// Shots and papers that the contract asks for and the case lacks.
fn asked_for(assessment: &Assessment) -> Vec<String> {
    let missing = assessment.missing.iter();
    missing
        .filter(|one| one.kind == "shot" || one.kind == "document")
        .map(|one| format!("{} {}", one.zh, one.en))
        .collect()
}

/// Money leaves only when every round of the contract has passed.
fn rounds_passed(tx: &Tx<'_>, standing: &CaseStanding, now: WallMs) -> Result<(), DecisionError> {
    let Some((judged, handling)) = contract_of(tx, standing, now)? else {
        return Ok(());
    };
    let next = judged.assessment.review.next;
    let waiting = next.and_then(|id| handling.rounds.iter().position(|round| round.rule.id == id));
    match waiting.and_then(|at| u8::try_from(at).ok()) {
        Some(at) => Err(DecisionError::Refused(vec![ReasonToRefuse::RoundMissing {
            missing: at.saturating_add(1),
        }])),
        None => Ok(()),
    }
}

/// A return names fields that the case has, so that it reaches them on the phone.
fn check_fields(new: &NewDecision<'_>, standing: &CaseStanding) -> Result<(), DecisionError> {
    let names_a_field = |text: &String| {
        text.parse::<FieldPath>().is_ok_and(|path| {
            path.row.is_none_or(|row| {
                let rows = standing.record.rows.get(&path.section);
                rows.is_some_and(|rows| rows.contains_key(&row))
            })
        })
    };
    match new.fields.iter().find(|text| !names_a_field(text)) {
        Some(unknown) => Err(DecisionError::UnknownField(unknown.clone())),
        None => Ok(()),
    }
}

/// A case is paid only while approved, closed only when paid or denied.
fn check_order(action: Action, standing: &CaseStanding) -> Result<(), DecisionError> {
    let status = standing.status.word();
    let possible = match action {
        Action::Pay => status == "approved",
        Action::Close => status == "paid" || status == "denied",
        Action::Supplement => {
            matches!(&standing.status, CaseStatus::Reopened(late) if !late.is_empty())
        }
        Action::Assign | Action::Return | Action::Approve | Action::Deny | Action::Reopen => true,
    };
    if possible {
        Ok(())
    } else {
        Err(DecisionError::NotNow { action, status })
    }
}

fn clash_words(clash: &Clash) -> String {
    let others: Vec<String> = clash
        .others
        .iter()
        .map(|(number, value)| format!("{number} says {value}"))
        .collect();
    let (_, words) = clash.kind.words();
    format!("{} ({words}; {})", clash.path, others.join(", "))
}

/// Everybody whose hand is in the case: who wrote changes, froze, or collected signatures.
fn authors(tx: &Tx<'_>, standing: &CaseStanding) -> Result<Vec<String>, StoreError> {
    let mut users: Vec<String> = tx
        .timeline(standing.case)?
        .into_iter()
        .filter(|(_, header)| header.kind != Kind::Decision)
        .map(|(_, header)| header.user)
        .collect();
    users.sort();
    users.dedup();
    Ok(users)
}
