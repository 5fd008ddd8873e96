//! What head office decides: judged here, written by the hub as an envelope of its own stream.

use crate::chain::Kind;
use crate::domain::Digest;
use crate::record::FieldPath;
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
        let against = approval_obstacles(&ApprovalInputs {
            now: &standing.binding,
            clashes: &clashes,
            signatures: &states,
            missing_photos,
            authors: &authors,
            reviewer: new.reviewer,
            round: new.round,
            approvals: &approvals,
        });
        if !against.is_empty() {
            return Err(DecisionError::Refused(against));
        }
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
