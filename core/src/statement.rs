//! A signature covers a statement, not a screen; a decision rests on figures, not on trust.
//!
//! [`BindingFields`] are the fields of a case that money hangs on, drawn from the record. Freezing
//! turns them into canonical bytes with the exact text shown; ink, signer and place bind to those
//! bytes' digest. Whether a signature still covers the case is computed here on every read and
//! stored nowhere. Office decisions keep the binding fields they rested on, so a later change
//! reopens the case with the difference.
//!
//! Refuses: to store a state, and to sign while a value is contested.

mod binding;
mod decision;
mod freeze;
pub mod ink;
mod signature;
#[cfg(test)]
mod tests;
mod text;

pub use binding::{BindingFields, Difference, FieldText};
pub use decision::{
    Action, ApprovalInputs, CaseStatus, DecisionBody, ReasonToRefuse, UnknownAction,
    approval_obstacles, approvals, case_status,
};
pub use freeze::{
    Assessment, FreezeBody, FreezeError, Language, PackDigest, Payable, PayableStep, StatementKind,
    UnknownLanguage, UnknownStatement, Wanted,
};
pub use signature::{Act, Point, SignatureBody, SignatureState, Stroke, signature_state};
