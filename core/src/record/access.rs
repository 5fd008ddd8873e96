//! Who may do what to which field: one table, the same for all contracts.
//!
//! The app asks it before writing, the gate before applying; `docs/roles.md` shows it. The column
//! `writers` of the schema is the only thing that differs between fields, so that a new field
//! cannot be forgotten here.
//!
//! In words: liaisons report and photograph and never touch what a payment is computed from;
//! surveyors do all field work and settle disputes; head office decides and writes no field;
//! auditors read.

use super::schema::{FieldSpec, Writers};
use crate::domain::Role;

/// What somebody does to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Writes it, or adds a row that has it.
    Write,
    /// Withdraws its row, or lets a withdrawn one stand again.
    Withdraw,
    /// Chooses among different values that stand.
    Settle,
}

/// What somebody brings to a case beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bringing {
    /// A photo.
    Photo,
    /// A frozen statement, ink, a refusal.
    Signature,
    /// Assign, return, approve, deny, pay, close, reopen.
    Decision,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Write, Self::Withdraw, Self::Settle];
}

impl Bringing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Photo, Self::Signature, Self::Decision];
}

/// Whether a role may do this to a field.
pub const fn may(role: Role, deed: Deed, field: &FieldSpec) -> bool {
    match role {
        Role::Surveyor => true,
        Role::Liaison => !matches!(deed, Deed::Settle) && matches!(field.writers, Writers::Field),
        Role::Auditor | Role::Reviewer => false,
    }
}

/// Whether a role may bring this to a case.
pub const fn may_bring(role: Role, what: Bringing) -> bool {
    match what {
        Bringing::Photo | Bringing::Signature => matches!(role, Role::Liaison | Role::Surveyor),
        Bringing::Decision => matches!(role, Role::Reviewer),
    }
}

/// Whether any of somebody's roles may do this to a field.
pub fn any_may(roles: &[Role], deed: Deed, field: &FieldSpec) -> bool {
    roles.iter().any(|role| may(*role, deed, field))
}
