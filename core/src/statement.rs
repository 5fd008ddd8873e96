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
mod signature;
#[cfg(test)]
mod tests;

pub use binding::{BindingFields, Difference, FieldText};
pub use decision::{
    Action, ApprovalInputs, CaseStatus, DecisionBody, ReasonToRefuse, UnknownAction,
    approval_obstacles, case_status,
};
pub use freeze::{FreezeBody, FreezeError, Language, UnknownLanguage};
pub use signature::{Act, Point, SignatureBody, SignatureState, Stroke, signature_state};
