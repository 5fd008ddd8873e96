//! The record of one case: an Automerge document, the only truth for edits.
//!
//! Edits come from `app`; one use case becomes one change, which `chain` wraps and `store`
//! commits. Changes of others are examined against schema and roles, then applied. Reading gives
//! every value that stands, with the change that wrote it, so nothing concurrent is hidden;
//! history gives every value that ever stood.
//!
//! Invariants: all containers are made by the case's first change; rows are maps keyed by random
//! ids and are withdrawn, never deleted; money is whole fen; equal values written independently
//! agree, different ones are contested; free text merges by character. Documents are walked to a
//! fixed depth, never recursively.
//!
//! Refuses: to store a status (it follows from decisions) and to pick a winner.

pub mod access;
mod document;
mod examine;
mod facts;
mod history;
mod read;
mod schema;
mod stowed;
#[cfg(test)]
mod tests;
mod unique;
mod value;
mod walk;

pub use document::{
    CaseDocument, Edit, MAX_CHANGES, MAX_HEADS, MAX_OP, NewRow, OWN_CHANGES, OWN_OPS, RecordError,
    Written, actor,
};
pub use examine::{MAX_ROWS, Terms};
pub use history::{Deed, FieldChange, PastWrite};
pub use read::{CaseRecord, Dispute, Field, FieldReading, Row, Standing, Withdrawal};
pub use schema::{
    FieldPath, FieldSpec, PathError, SCHEMA_VERSION, Section, ValueKind, Writers, field, fields,
    section,
};
pub use stowed::unstow;
pub use unique::{ClaimKind, UniqueClaim};
pub use value::{MAX_PROSE_CHARS, Thousandths, Value, ValueError};
