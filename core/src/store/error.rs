//! What the store can fail at, with what is needed to mend it.

use crate::chain::EnvelopeError;
use crate::domain::cbor::CborError;
use crate::record::RecordError;
use crate::vault::VaultError;

/// A failure of the store. Nothing of the failed transaction is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key does not open this store.
    #[error("the key does not open this store")]
    WrongKey,
    /// Made by a newer build; nothing was read or changed.
    #[error("the store has version {found}, this build knows {known}: use a newer build")]
    Newer {
        /// Version of the store.
        found: i64,
        /// Newest version this build knows.
        known: i64,
    },
    /// Another process has it open.
    #[error("the store is open in another process")]
    InUse,
    /// There is no store here.
    #[error("there is no store at {0}")]
    Missing(String),
    /// There is a store here already.
    #[error("there is a store at {0} already")]
    Exists(String),
    /// The disk is full; nothing was changed.
    #[error("the disk is full")]
    DiskFull,
    /// The bytes on disk are not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A case document cannot be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A stored envelope is not one.
    #[error("a stored envelope cannot be read: {0}")]
    Envelope(#[from] EnvelopeError),
    /// Stored CBOR is not what it should be.
    #[error("a stored value cannot be read: {0}")]
    Cbor(#[from] CborError),
    /// Encrypted bytes cannot be read or written.
    #[error("an encrypted file: {0}")]
    Vault(VaultError),
    /// The database refused for another reason.
    #[error("the database: {0}")]
    Sql(rusqlite::Error),
    /// The file system refused for another reason.
    #[error("the file system: {0}")]
    Io(std::io::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::NotADatabase) => Self::WrongKey,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            _ => Self::Sql(error),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        if matches!(error.kind(), StorageFull | QuotaExceeded) {
            Self::DiskFull
        } else {
            Self::Io(error)
        }
    }
}

impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        if let VaultError::Io(io) = error {
            Self::from(io)
        } else {
            Self::Vault(error)
        }
    }
}
