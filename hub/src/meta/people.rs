//! People on devices, and the reference tables they read.

use lossbook_core::chain::{Person, PurgeBody, Reference, SignedCertificate, StreamEnd};
use lossbook_core::domain::{DeviceId, Digest, ScopeId, WallMs};
use lossbook_core::store::{BrokenBlob, Quarantined, ReferenceRow, StoreError, TableChange};

/// A device that destroyed what it held of a scope, and when it said so by its own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeNote {
    /// What it said.
    pub said: PurgeBody,
    /// When.
    pub wall: WallMs,
}

/// Rows about people and devices.
pub trait People {
    /// Every device that was let in, and whether it is withdrawn.
    ///
    /// # Errors
    /// As the store fails.
    fn all_devices(&self) -> Result<Vec<(DeviceId, bool)>, StoreError>;
    /// The people on a device, by name.
    ///
    /// # Errors
    /// As the store fails.
    fn people(&self, device: DeviceId) -> Result<Vec<(String, Person)>, StoreError>;
    /// A person's certificate on a device.
    ///
    /// # Errors
    /// As the store fails.
    fn person_certificate(
        &self,
        device: DeviceId,
        user: &str,
    ) -> Result<Option<SignedCertificate>, StoreError>;
    /// How many words about a device were said.
    ///
    /// # Errors
    /// As the store fails.
    fn words(&self, device: DeviceId) -> Result<u64, StoreError>;
    /// How far the streams of a device in a scope are held.
    ///
    /// # Errors
    /// As the store fails.
    fn stream_ends(&self, device: DeviceId, scope: ScopeId) -> Result<Vec<StreamEnd>, StoreError>;
    /// What a device said that it destroyed.
    ///
    /// # Errors
    /// As the store fails.
    fn purge_notes(&self, device: DeviceId) -> Result<Vec<PurgeNote>, StoreError>;
    /// Everything that is kept outside the record, with the reason.
    ///
    /// # Errors
    /// As the store fails.
    fn outside(&self) -> Result<Vec<Quarantined>, StoreError>;
    /// Notes that a photo could not be taken.
    ///
    /// # Errors
    /// As the store fails.
    fn note_broken(&self, digest: &Digest, why: &str, now: WallMs) -> Result<(), StoreError>;
    /// A photo is whole after all.
    ///
    /// # Errors
    /// As the store fails.
    fn forget_broken(&self, digest: &Digest) -> Result<(), StoreError>;
    /// Photos that could not be taken, and why.
    ///
    /// # Errors
    /// As the store fails.
    fn broken(&self) -> Result<Vec<BrokenBlob>, StoreError>;
}

/// Rows of reference tables.
pub trait Tables {
    /// Makes a table of a scope hold exactly these rows.
    ///
    /// # Errors
    /// As the store fails.
    fn put_table(
        &self,
        scope: ScopeId,
        table: &str,
        rows: &[(String, Vec<u8>)],
    ) -> Result<TableChange, StoreError>;
    /// Writes one row, or removes it; whether that changed anything.
    ///
    /// # Errors
    /// As the store fails.
    fn put_row(
        &self,
        scope: ScopeId,
        table_and_key: (&str, &str),
        row: Option<&[u8]>,
    ) -> Result<bool, StoreError>;
    /// The rows of a table of a scope.
    ///
    /// # Errors
    /// As the store fails.
    fn table_rows(&self, scope: ScopeId, table: &str) -> Result<Vec<ReferenceRow>, StoreError>;
    /// All tables with their number of rows.
    ///
    /// # Errors
    /// As the store fails.
    fn tables(&self) -> Result<Vec<(ScopeId, String, u64)>, StoreError>;
    /// The newest number of a scope's tables.
    ///
    /// # Errors
    /// As the store fails.
    fn table_head(&self, scope: ScopeId) -> Result<u64, StoreError>;
    /// The originals of a scope that a thumbnail was made from.
    ///
    /// # Errors
    /// As the store fails.
    fn originals_of(&self, scope: ScopeId, thumbnail: &Digest) -> Result<Vec<Digest>, StoreError>;
    /// What is newer than a number.
    ///
    /// # Errors
    /// As the store fails.
    fn table_delta(
        &self,
        hub: DeviceId,
        scope: ScopeId,
        after: u64,
    ) -> Result<Reference, StoreError>;
}
