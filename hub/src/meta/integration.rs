//! Programs of the insurer, and what they are told of.

use lossbook_core::domain::{CaseId, Digest, ScopeId, WallMs};
use lossbook_core::store::StoreError;

use crate::role::OfficeRole;

/// A program that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub roles: Vec<OfficeRole>,
    /// The scopes it sees; all, if none is named.
    pub scopes: Vec<ScopeId>,
    /// Since when.
    pub since: WallMs,
    /// When it came last; 0 if never.
    pub used: WallMs,
    /// Whether it may no longer come in.
    pub ended: bool,
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its number; later ones are larger.
    pub seq: u64,
    /// The case.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// `reported`, `changed`, or the status that it came to.
    pub kind: String,
    /// Its status then.
    pub status: String,
    /// Digest of its heads then.
    pub heads: Digest,
    /// The newest clock in it.
    pub at: WallMs,
}

/// Rows of integrations and events.
pub trait Integrations {
    /// Adds one, or gives one a new token and other rights.
    ///
    /// # Errors
    /// As the store fails.
    fn put_integration(&self, one: &Integration, token: &Digest) -> Result<(), StoreError>;
    /// Whose token this is.
    ///
    /// # Errors
    /// As the store fails.
    fn integration(&self, token: &Digest) -> Result<Option<Integration>, StoreError>;
    /// All of them, by name.
    ///
    /// # Errors
    /// As the store fails.
    fn integrations(&self) -> Result<Vec<Integration>, StoreError>;
    /// It may no longer come in; `false` if there is none of that name.
    ///
    /// # Errors
    /// As the store fails.
    fn end_integration(&self, name: &str) -> Result<bool, StoreError>;
    /// It came.
    ///
    /// # Errors
    /// As the store fails.
    fn set_used(&self, name: &str, at: WallMs) -> Result<(), StoreError>;
    /// Writes down what became of a case, if it is otherwise than the newest event says.
    ///
    /// # Errors
    /// As the store fails.
    fn note_event(&self, case: CaseId) -> Result<(), StoreError>;
    /// Events behind a number, in order.
    ///
    /// # Errors
    /// As the store fails.
    fn events_after(&self, after: u64, limit: u32) -> Result<Vec<EventRow>, StoreError>;
}
