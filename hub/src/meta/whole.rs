//! The hub as a whole: what a backup compares, and what a restored hub begins anew.

use lossbook_core::chain::{Mark, StreamId};
use lossbook_core::domain::{CaseId, Digest, Host, WallMs};
use lossbook_core::store::StoreError;

/// Rows over everything.
pub trait Whole {
    /// The end of every stream, by scope, device and epoch.
    ///
    /// # Errors
    /// As the store fails.
    fn all_marks(&self) -> Result<Vec<(StreamId, Mark)>, StoreError>;
    /// The digest of the heads of every case, by case.
    ///
    /// # Errors
    /// As the store fails.
    fn all_heads(&self) -> Result<Vec<(CaseId, Digest)>, StoreError>;
    /// Names of the files beside the object store that rows name.
    ///
    /// # Errors
    /// As the store fails.
    fn named_files(&self) -> Result<Vec<String>, StoreError>;
    /// When the newest backup was made.
    ///
    /// # Errors
    /// As the store fails.
    fn backup_made(&self) -> Result<Option<WallMs>, StoreError>;
    /// A backup was made.
    ///
    /// # Errors
    /// As the store fails.
    fn set_backup_made(&self, at: WallMs) -> Result<(), StoreError>;
    /// A hub that was put back to an earlier state writes new streams and gives out its feeds from
    /// the start: phones may have heard of it what it no longer knows. Ends every session and token.
    ///
    /// # Errors
    /// As the store fails.
    fn begin_anew(&self, host: &dyn Host) -> Result<(), StoreError>;
}
