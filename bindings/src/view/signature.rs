//! Signatures, decisions, and what changed since.

use lossbook_core::app::{self, CaseView};
use lossbook_core::chain::Header;
use lossbook_core::record::{FieldChange, Value};
use lossbook_core::statement::{
    self, Action, CaseStatus, DecisionBody, Difference, SignatureState,
};
use lossbook_core::store::{CaseEnvelope, SignatureStanding};

use super::list::{Amount, SignatureMark};
use super::record::{WrittenValue, label};
use crate::words::Words;

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum StatementKind {
    /// 损失确认书: everything money hangs on.
    Estimate,
    /// 查勘报告: what was seen and measured, without prices.
    SurveyReport,
    /// 免查勘确认书: why nobody came.
    NoSurvey,
}

impl From<StatementKind> for statement::StatementKind {
    fn from(kind: StatementKind) -> Self {
        match kind {
            StatementKind::Estimate => Self::Estimate,
            StatementKind::SurveyReport => Self::SurveyReport,
            StatementKind::NoSurvey => Self::NoSurvey,
        }
    }
}

impl From<statement::StatementKind> for StatementKind {
    fn from(kind: statement::StatementKind) -> Self {
        match kind {
            statement::StatementKind::Estimate => Self::Estimate,
            statement::StatementKind::SurveyReport => Self::SurveyReport,
            statement::StatementKind::NoSurvey => Self::NoSurvey,
        }
    }
}

/// The language of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

impl From<Language> for statement::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Zh,
            Language::En => Self::En,
        }
    }
}

/// A field that reads differently.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DifferenceView {
    /// Its path.
    pub path: String,
    /// Its label.
    pub label: Words,
    /// How it read then; nothing if it was absent.
    pub then: Option<String>,
    /// How it reads now; all values if it is contested.
    pub now: Option<String>,
}

pub(super) fn difference(one: &Difference) -> DifferenceView {
    DifferenceView {
        path: one.path.clone(),
        label: label(&one.path),
        then: one.then.clone(),
        now: one.now.clone(),
    }
}

pub(super) fn change(one: &FieldChange) -> DifferenceView {
    let path = one.path.to_string();
    DifferenceView {
        label: label(&path),
        path,
        then: joined(&one.then),
        now: joined(&one.now),
    }
}

fn joined(values: &[Value]) -> Option<String> {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(" | "))
}

/// A signature and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SignatureView {
    /// Its id: what `revoke_signature` and `witness_signature` take.
    pub id: String,
    /// Who says to have signed.
    pub signer: String,
    /// What was signed.
    pub kind: StatementKind,
    /// Its state, computed now.
    pub mark: SignatureMark,
    /// The sum signed.
    pub total: Amount,
    /// Who used the device.
    pub user: String,
    /// When, by that device's clock.
    pub wall_ms: i64,
    /// Why it was refused or taken back.
    pub reason: Option<String>,
    /// Who saw it, on devices of their own.
    pub witnesses: Vec<String>,
    /// If superseded: what changed.
    pub changed: Vec<DifferenceView>,
    /// If contested: where.
    pub contested: Vec<String>,
}

pub(super) fn signature(one: &SignatureStanding) -> SignatureView {
    let Header { user, wall, .. } = &one.signature.header;
    let (changed, contested) = match &one.state {
        SignatureState::Superseded(all) => (all.iter().map(difference).collect(), Vec::new()),
        SignatureState::Contested(paths) => (Vec::new(), paths.clone()),
        SignatureState::Valid | SignatureState::Revoked | SignatureState::Refused => {
            (Vec::new(), Vec::new())
        }
    };
    SignatureView {
        id: one.signature.id.to_hex(),
        signer: one.signature.body.signer.clone(),
        kind: one.freeze.kind().into(),
        mark: SignatureMark::from_word(one.state.word()),
        total: one.freeze.total.into(),
        user: user.clone(),
        wall_ms: wall.0,
        reason: one.reason.clone(),
        witnesses: one.witnesses.clone(),
        changed,
        contested,
    }
}

/// What head office did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum DecisionAction {
    /// Gave it to a surveyor.
    Assign,
    /// Sent it back.
    Return,
    /// Approved.
    Approve,
    /// Denied.
    Deny,
    /// Paid.
    Pay,
    /// Closed.
    Close,
    /// Opened again.
    Reopen,
    /// Looked at what came late.
    Supplement,
}

/// A decision of head office.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DecisionView {
    /// What.
    pub action: DecisionAction,
    /// Which review round.
    pub round: u8,
    /// Who.
    pub user: String,
    /// Why.
    pub reason: String,
    /// If returned: paths of the fields to mend.
    pub fields: Vec<String>,
    /// When, by the hub's clock.
    pub wall_ms: i64,
}

pub(super) fn decision(one: &CaseEnvelope<DecisionBody>) -> DecisionView {
    DecisionView {
        action: match one.body.action {
            Action::Assign => DecisionAction::Assign,
            Action::Return => DecisionAction::Return,
            Action::Approve => DecisionAction::Approve,
            Action::Deny => DecisionAction::Deny,
            Action::Pay => DecisionAction::Pay,
            Action::Close => DecisionAction::Close,
            Action::Reopen => DecisionAction::Reopen,
            Action::Supplement => DecisionAction::Supplement,
        },
        round: one.body.round,
        user: one.header.user.clone(),
        reason: one.body.reason.clone(),
        fields: one.body.fields.clone(),
        wall_ms: one.header.wall.0,
    }
}

/// A field that head office asked to be mended, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReturnedView {
    /// Its path.
    pub path: String,
    /// Its label.
    pub label: Words,
    /// What head office saw.
    pub then: Vec<String>,
    /// What stands now; nothing while it is not answered.
    pub answers: Vec<WrittenValue>,
}

pub(super) fn returned(one: &app::ReturnedField) -> ReturnedView {
    ReturnedView {
        path: one.path.clone(),
        label: label(&one.path),
        then: one.then.clone(),
        answers: one.answers.iter().map(WrittenValue::from).collect(),
    }
}

/// If the case was reopened: what changed since the decision.
pub(super) fn reopened_by(view: &CaseView) -> Vec<DifferenceView> {
    match &view.standing.status {
        CaseStatus::Reopened(all) => all.iter().map(difference).collect(),
        CaseStatus::Open
        | CaseStatus::Assigned
        | CaseStatus::Returned(_)
        | CaseStatus::Approved
        | CaseStatus::Denied
        | CaseStatus::Paid
        | CaseStatus::Closed => Vec::new(),
    }
}
