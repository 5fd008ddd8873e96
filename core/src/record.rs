//! The record of one case: an Automerge document, the only truth for edits.
//!
//! Edits come from `app`; one use case becomes one change, which `chain` wraps and `store`
//! commits. Changes from others are applied after the gate let them in. Reading gives every
//! value that stands, with the change that wrote it, so nothing concurrent is hidden.
//!
//! Invariants: all containers are made by the case's first change; rows are maps keyed by random
//! ids; money is whole fen and read with `get_all`; equal values written independently agree,
//! different ones are contested. Documents are walked to a fixed depth, never recursively.
//!
//! Refuses: to store a status (it follows from decisions) and to pick a winner.

mod document;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod value;

pub use document::{CaseDocument, Edit, NewRow, RecordError, Written, actor};
pub use read::{CaseRecord, Field, FieldReading, Row, Standing};
pub use schema::{
    FieldPath, FieldSpec, PathError, SCHEMA_VERSION, Section, ValueKind, field, fields, section,
};
pub use value::{Thousandths, Value, ValueError};
