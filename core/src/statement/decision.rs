//! Office decisions: they name the heads they looked at and keep the figures they rested on.
//!
//! A case's status follows from its decisions and its present figures; it is never written.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use super::binding::{BindingFields, Difference, FieldText};
use crate::domain::{CaseId, Digest, Money};

/// What head office decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Action {
    /// Gave it to a surveyor.
    #[n(1)]
    Assign,
    /// Sent it back for named fields.
    #[n(2)]
    Return,
    /// Approved.
    #[n(3)]
    Approve,
    /// Denied.
    #[n(4)]
    Deny,
    /// Paid.
    #[n(5)]
    Pay,
    /// Closed.
    #[n(6)]
    Close,
    /// Opened again.
    #[n(7)]
    Reopen,
    /// Looked at what came late: the decision before it stands, with the figures as they are now.
    #[n(8)]
    Supplement,
}

/// A word that names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{got:?} is not a decision: use approve, return, deny, pay, close, reopen, assign or supplement"
)]
pub struct UnknownAction {
    /// What was given.
    pub got: String,
}

impl Action {
    const ALL: [Self; 8] = [
        Self::Assign,
        Self::Return,
        Self::Approve,
        Self::Deny,
        Self::Pay,
        Self::Close,
        Self::Reopen,
        Self::Supplement,
    ];

    /// The word on the command line and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Return => "return",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Pay => "pay",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Supplement => "supplement",
        }
    }

    /// Whether a later change to its figures reopens the case.
    pub const fn rests_on_figures(self) -> bool {
        matches!(self, Self::Approve | Self::Pay | Self::Close | Self::Deny)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|action| action.word() == text)
            .ok_or_else(|| UnknownAction {
                got: text.to_owned(),
            })
    }
}

/// The body of a decision's envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DecisionBody {
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// What was decided.
    #[n(2)]
    pub action: Action,
    /// Which review round.
    #[n(3)]
    pub round: u8,
    /// The heads that were looked at, sorted.
    #[n(4)]
    pub heads: Vec<Digest>,
    /// The binding fields it rests on.
    #[n(5)]
    pub basis: Vec<FieldText>,
    /// The signature it rests on.
    #[n(6)]
    pub signature: Option<Digest>,
    /// Why.
    #[n(7)]
    pub reason: String,
    /// With *return*: which fields to mend.
    #[n(8)]
    pub fields: Vec<String>,
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseStatus {
    /// Nobody at head office decided anything yet.
    Open,
    /// Given to a surveyor.
    Assigned,
    /// Sent back: these fields are to be mended.
    Returned(Vec<String>),
    /// Approved, and nothing it rests on changed since.
    Approved,
    /// Denied.
    Denied,
    /// Paid.
    Paid,
    /// Closed.
    Closed,
    /// Decided earlier; these fields changed since, whenever they were written.
    Reopened(Vec<Difference>),
}

impl CaseStatus {
    /// A stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Returned(_) => "returned",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Paid => "paid",
            Self::Closed => "closed",
            Self::Reopened(_) => "reopened",
        }
    }
}

/// The status that follows from the decisions, oldest first, and the present figures. A supplement
/// renews the figures of the decision before it.
pub fn case_status<'a>(
    decisions: impl DoubleEndedIterator<Item = &'a DecisionBody> + Clone,
    now: &BindingFields,
) -> CaseStatus {
    let mut newest_first = decisions.rev();
    let basis = newest_first.clone().next().map(|newest| &newest.basis);
    let decision = newest_first.find(|one| one.action != Action::Supplement);
    let Some((decision, basis)) = decision.zip(basis) else {
        return CaseStatus::Open;
    };
    if decision.action.rests_on_figures() {
        let differences = now.differences_since(&BindingFields::from_texts(basis));
        if !differences.is_empty() {
            return CaseStatus::Reopened(differences);
        }
    }
    match decision.action {
        Action::Assign => CaseStatus::Assigned,
        Action::Return => CaseStatus::Returned(decision.fields.clone()),
        Action::Approve => CaseStatus::Approved,
        Action::Deny => CaseStatus::Denied,
        Action::Pay => CaseStatus::Paid,
        Action::Close => CaseStatus::Closed,
        Action::Reopen | Action::Supplement => CaseStatus::Reopened(Vec::new()),
    }
}

/// Who approved which round since the case was last returned, denied or opened again.
pub fn approvals<'a, T>(
    decisions: impl DoubleEndedIterator<Item = (&'a DecisionBody, T)>,
) -> Vec<(u8, T)> {
    let open = decisions.rev().take_while(|(one, _)| {
        !matches!(one.action, Action::Return | Action::Deny | Action::Reopen)
    });
    open.filter(|(one, _)| one.action == Action::Approve)
        .map(|(one, who)| (one.round, who))
        .collect()
}

/// Why an approval is refused. Each has a stable code and names what to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReasonToRefuse {
    /// Different values stand.
    #[error("different values stand in {}: have them settled", .0.join(", "))]
    Contested(Vec<String>),
    /// Other cases claim the same house, household or account, and nobody settled it.
    #[error("other cases contradict {}: have it settled", .0.join(", "))]
    Clashing(Vec<String>),
    /// Nobody signed.
    #[error("no signature covers the estimate: have it signed")]
    Unsigned,
    /// The signature covers earlier figures.
    #[error("the signature covers earlier figures; changed since: {}", .0.join(", "))]
    Superseded(Vec<String>),
    /// Photos named by the case have not arrived.
    #[error("{} photos have not arrived: {}", .0.len(), .0.iter().map(short).collect::<Vec<_>>().join(", "))]
    PhotosMissing(Vec<Digest>),
    /// The rounds are gone through one after the other.
    #[error("round {missing} was not approved yet")]
    RoundMissing {
        /// The earlier round.
        missing: u8,
    },
    /// Rounds are independent (R150): each by another person.
    #[error("{user} approved round {round}: another person must approve this one")]
    SameReviewer {
        /// Who.
        user: String,
        /// Which round.
        round: u8,
    },
    /// The reviewer worked on the case.
    #[error("{user} worked on this case: another person must review it")]
    OwnWork {
        /// Who.
        user: String,
    },
    /// The contract has fewer rounds.
    #[error("the contract has {rounds} review rounds")]
    NoSuchRound {
        /// How many it has.
        rounds: usize,
    },
    /// The contract gives this round to somebody else.
    #[error("round {round} is held by the role {needs}")]
    WrongRole {
        /// Which round.
        round: u8,
        /// Whose it is.
        needs: String,
    },
    /// The amount is beyond what the contract lets this role approve.
    #[error("{amount} yuan is beyond the limit of {role}, {limit} yuan ({source_text})")]
    BeyondAuthority {
        /// Whose limit.
        role: String,
        /// What is to be approved; the high end of a range.
        amount: Money,
        /// Up to how much.
        limit: Money,
        /// Where the limit stands.
        source_text: String,
    },
    /// Shots or papers that the contract asks for are not there, and nobody wrote why that will do.
    #[error("the contract asks for {}: have it brought, or write why the case stands without", .0.join(", "))]
    Incomplete(Vec<String>),
}

impl ReasonToRefuse {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Contested(_) => "CONTESTED",
            Self::Clashing(_) => "NOT_UNIQUE",
            Self::Unsigned => "UNSIGNED",
            Self::Superseded(_) => "SIGNATURE_SUPERSEDED",
            Self::PhotosMissing(_) => "PHOTOS_MISSING",
            Self::RoundMissing { .. } => "ROUND_MISSING",
            Self::SameReviewer { .. } => "SAME_REVIEWER",
            Self::OwnWork { .. } => "OWN_WORK",
            Self::NoSuchRound { .. } => "NO_SUCH_ROUND",
            Self::WrongRole { .. } => "WRONG_ROLE",
            Self::BeyondAuthority { .. } => "BEYOND_AUTHORITY",
            Self::Incomplete(_) => "INCOMPLETE",
        }
    }

    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Contested(fields) => {
                format!("{} 存在不同的值，请先裁定", fields.join("、"))
            }
            Self::Clashing(clashes) => {
                format!("与其他案件矛盾：{}，请先裁定", clashes.join("、"))
            }
            Self::Unsigned => "没有签字覆盖本定损单，请先签字".to_owned(),
            Self::Superseded(fields) => {
                format!("签字之后又有改动：{}，请重新签字", fields.join("、"))
            }
            Self::PhotosMissing(digests) => format!(
                "{} 张照片原件尚未到达：{}",
                digests.len(),
                digests.iter().map(short).collect::<Vec<_>>().join("、")
            ),
            Self::RoundMissing { missing } => format!("第 {missing} 轮尚未通过"),
            Self::SameReviewer { user, round } => {
                format!("{user} 已审第 {round} 轮，本轮须由他人审核")
            }
            Self::OwnWork { user } => format!("{user} 参与了本案，须由他人审核"),
            Self::NoSuchRound { rounds } => format!("合同只有 {rounds} 轮审核"),
            Self::WrongRole { round, needs } => {
                format!("第 {round} 轮由 {needs} 审核，须由该角色的人员办理")
            }
            Self::BeyondAuthority {
                role,
                amount,
                limit,
                source_text,
            } => format!("{amount} 元超出 {role} 的核赔权限 {limit} 元（{source_text}）"),
            Self::Incomplete(missing) => format!(
                "合同要求的 {} 尚缺，请补齐，或书面说明理由",
                missing.join("、")
            ),
        }
    }
}

/// Enough of a digest to find the photo by.
fn short(digest: &Digest) -> String {
    digest.to_hex().chars().take(12).collect()
}

/// What an approval is judged by.
#[derive(Debug)]
pub struct ApprovalInputs<'a> {
    /// The case's binding fields now.
    pub now: &'a BindingFields,
    /// Where other cases contradict it.
    pub clashes: &'a [String],
    /// States of its signatures.
    pub signatures: &'a [super::SignatureState],
    /// Photos of the case whose original bytes the hub has not verified.
    pub missing_photos: &'a [Digest],
    /// Everybody who wrote in the case.
    pub authors: &'a [String],
    /// Who wants to approve.
    pub reviewer: &'a str,
    /// Which round.
    pub round: u8,
    /// Rounds approved so far, and by whom.
    pub approvals: &'a [(u8, String)],
}

/// Everything that stands against an approval, all at once.
pub fn approval_obstacles(inputs: &ApprovalInputs<'_>) -> Vec<ReasonToRefuse> {
    use super::SignatureState::{Contested, Refused, Revoked, Superseded, Valid};
    let mut against = Vec::new();
    let contested: Vec<String> = inputs.now.contested().map(ToOwned::to_owned).collect();
    if !contested.is_empty() {
        against.push(ReasonToRefuse::Contested(contested));
    }
    if !inputs.clashes.is_empty() {
        against.push(ReasonToRefuse::Clashing(inputs.clashes.to_vec()));
    }
    let newest_superseded = inputs
        .signatures
        .iter()
        .rev()
        .find_map(|state| match state {
            Superseded(differences) => {
                Some(differences.iter().map(|one| one.path.clone()).collect())
            }
            Valid | Contested(_) | Revoked | Refused => None,
        });
    let signed = inputs.signatures.iter().any(|state| matches!(state, Valid));
    let unsettled = inputs
        .signatures
        .iter()
        .any(|state| matches!(state, Contested(_)));
    match (signed, newest_superseded) {
        (true, _) => {}
        (false, Some(fields)) => against.push(ReasonToRefuse::Superseded(fields)),
        (false, None) if unsettled => {}
        (false, None) => against.push(ReasonToRefuse::Unsigned),
    }
    if !inputs.missing_photos.is_empty() {
        against.push(ReasonToRefuse::PhotosMissing(
            inputs.missing_photos.to_vec(),
        ));
    }
    if inputs
        .authors
        .iter()
        .any(|author| author == inputs.reviewer)
    {
        against.push(ReasonToRefuse::OwnWork {
            user: inputs.reviewer.to_owned(),
        });
    }
    against.extend(round_obstacles(inputs));
    against
}

fn round_obstacles(inputs: &ApprovalInputs<'_>) -> Vec<ReasonToRefuse> {
    let approved = |round: u8| inputs.approvals.iter().any(|(done, _)| *done == round);
    let missing = (1..inputs.round).find(|round| !approved(*round));
    let same = inputs
        .approvals
        .iter()
        .find(|(round, user)| *round != inputs.round && user == inputs.reviewer);
    let missing = missing.map(|missing| ReasonToRefuse::RoundMissing { missing });
    let same = same.map(|(round, user)| ReasonToRefuse::SameReviewer {
        user: user.clone(),
        round: *round,
    });
    missing.into_iter().chain(same).collect()
}
