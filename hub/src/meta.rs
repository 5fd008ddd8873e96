//! What the hub remembers, behind one transaction: identity and access, feeds, uploads, and the
//! ledger of envelopes that phone and hub share.
//!
//! [`MetaStore`] writes by a single method, so everything that belongs to one event is written together
//! or not at all. The SQLite form is the default; a PostgreSQL form implements the same traits.
//!
//! Invariants: secrets that open something (invites, tokens, office users, page links) are kept
//! as digests only; feed numbers of a scope have no gap, because the counter moves in the
//! transaction that writes the feed rows.
//!
//! Refuses: to decide. Rows go in and out; `enrol`, `exchange` and `blobs` know what they mean.

mod access;
mod account;
mod desk;
mod feed;
pub mod figure;
mod integration;
mod oversight;
mod people;
mod register;
mod sqlite;
mod upload;
mod whole;

use lossbook_core::app::office::{DecisionError, NewDecision};
use lossbook_core::app::{AppError, Judged};
use lossbook_core::chain::short::Known;
use lossbook_core::chain::{
    Envelope, Header, Kind, Ledger, Mark, Run, SignedShelf, StreamId, Subject,
};
use lossbook_core::domain::{CaseId, DeviceId, Digest, Reading, ScopeId, WallMs};
use lossbook_core::statement::DecisionBody;
use lossbook_core::store::{self, CaseQuery, CaseRow, CaseStanding, PackRow, ShelfRow, StoreError};

pub use access::{Access, Identity, InviteRow, InviteUse, OfficeUser, ScopeRow};
pub use account::{Account, Accounts, AuditRow, InviteWish, SessionRow};
pub use desk::{
    Assigned, BoardRow, CasePart, CaseReads, Desk, DeskRow, Due, Listed, Part, SurveyorRow,
    ToldRow, Waiting,
};
pub use feed::{Feed, FeedEntry, FeedRow};
pub use figure::Figures;
pub use integration::{EventRow, Integration, Integrations};
pub use oversight::{DeedRow, Oversight, WaiverPart, WaiverRow};
pub use people::{People, PurgeNote, Tables};
pub use register::{PaymentSum, RegisterPart, RegisterRow, Registers, Tally};
pub use sqlite::STEPS;
pub use upload::{BlobRow, PhotoRow, PieceRow, UploadRow, Uploads};
pub use whole::Whole;

/// The ledger half as the hub reads it back; writing others' envelopes goes through [`Ledger`].
pub trait Evidence: Known + Ledger<Error = StoreError> {
    /// A stored run: from one number to the seal at another. Bodies that are not applied stay out.
    ///
    /// # Errors
    /// As the store fails, and if no seal stands at `to`.
    fn stored_run(&self, stream: StreamId, from: u64, to: u64) -> Result<Run, StoreError>;
    /// One envelope by its id.
    ///
    /// # Errors
    /// As the store fails.
    fn stored_envelope(&self, id: &Digest) -> Result<Option<(Header, Envelope)>, StoreError>;
    /// Every stream of a writer, with how far it is held.
    ///
    /// # Errors
    /// As the store fails.
    fn streams_of(&self, device: DeviceId) -> Result<Vec<(StreamId, Mark)>, StoreError>;
    /// Envelopes of a stretch of a stream that were set aside for good, with the reason.
    ///
    /// # Errors
    /// As the store fails.
    fn refused_in(
        &self,
        stream: StreamId,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, String)>, StoreError>;
    /// Cases, newest first.
    ///
    /// # Errors
    /// As the store fails.
    fn list_cases(&self, query: &CaseQuery) -> Result<Vec<CaseRow>, StoreError>;
    /// The case with this number or id.
    ///
    /// # Errors
    /// As the store fails.
    fn case_named(&self, name: &str) -> Result<Option<CaseRow>, StoreError>;
    /// Where a case stands.
    ///
    /// # Errors
    /// As the store fails.
    fn case_standing(&self, case: CaseId) -> Result<Option<CaseStanding>, StoreError>;
    /// Photos and thumbnails that a case names.
    ///
    /// # Errors
    /// As the store fails.
    fn case_photos(&self, case: CaseId) -> Result<Vec<store::BlobRow>, StoreError>;
    /// Judges a decision against a case; the body to write if nothing stands against it.
    ///
    /// # Errors
    /// Everything that stands against it, at once.
    fn judge(
        &self,
        standing: &CaseStanding,
        missing_photos: &[Digest],
        new: &NewDecision<'_>,
    ) -> Result<DecisionBody, DecisionError>;
    /// What the contract says to a case, by the packs on the shelf.
    ///
    /// # Errors
    /// As [`Judged::of`].
    fn assess(&self, standing: &CaseStanding, now: WallMs) -> Result<Judged, AppError>;
    /// Keeps a rule pack.
    ///
    /// # Errors
    /// As the store fails.
    fn put_pack(&self, row: &PackRow, bytes: &[u8]) -> Result<(), StoreError>;
    /// The canonical bytes of a rule pack.
    ///
    /// # Errors
    /// As the store fails.
    fn pack_bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;
    /// Every rule pack held, by id and version.
    ///
    /// # Errors
    /// As the store fails.
    fn pack_rows(&self) -> Result<Vec<PackRow>, StoreError>;
    /// A shelf that is held.
    ///
    /// # Errors
    /// As the store fails.
    fn shelf(&self, which: ShelfRow) -> Result<Option<SignedShelf>, StoreError>;
    /// Keeps a shelf.
    ///
    /// # Errors
    /// As the store fails.
    fn put_shelf(&self, which: ShelfRow, shelf: &SignedShelf) -> Result<(), StoreError>;
    /// How many cases there are.
    ///
    /// # Errors
    /// As the store fails.
    fn count_cases(&self) -> Result<u64, StoreError>;
    /// Appends to the hub's own stream of a scope, seals at once, and takes the body in.
    ///
    /// # Errors
    /// As the store fails.
    fn append_own(&self, hub: &Identity, draft: OwnDraft) -> Result<(), StoreError>;
}

/// What the hub is about to write.
#[derive(Debug, Clone)]
pub struct OwnDraft {
    /// Where.
    pub scope: ScopeId,
    /// What the body is.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// The body.
    pub body: Vec<u8>,
    /// The signed-in reviewer, or `hub`.
    pub user: String,
    /// The clocks.
    pub reading: Reading,
}

/// Everything one transaction can do.
pub trait MetaTx:
    Evidence
    + Access
    + Accounts
    + CaseReads
    + Desk
    + Feed
    + Oversight
    + Figures
    + Uploads
    + People
    + Registers
    + Tables
    + Whole
    + Integrations
{
}

impl<T> MetaTx for T where
    T: Evidence
        + Access
        + Accounts
        + CaseReads
        + Desk
        + Feed
        + Oversight
        + Figures
        + Uploads
        + People
        + Registers
        + Tables
        + Whole
        + Integrations
{
}

/// The hub's store.
pub trait MetaStore: Send + Sync {
    /// Runs `work` in one transaction: committed durably if it returns `Ok`, else undone.
    ///
    /// # Errors
    /// What `work` returned, or why the store failed.
    fn with_tx(&self, work: &mut TxWork<'_>) -> Result<(), StoreError>;
    /// Runs `work` over one state of the rows; whatever it writes is undone, and it holds up no
    /// writer.
    ///
    /// # Errors
    /// What `work` returned, or why the store failed.
    fn with_look(&self, work: &mut TxWork<'_>) -> Result<(), StoreError>;
}

/// What runs inside a transaction.
pub type TxWork<'w> = dyn FnMut(&dyn MetaTx) -> Result<(), StoreError> + 'w;

/// One transaction with a result.
///
/// # Errors
/// What `work` returned, or why the store failed.
pub fn in_tx<T>(
    store: &dyn MetaStore,
    work: impl FnOnce(&dyn MetaTx) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut work = Some(work);
    let mut result = None;
    store.with_tx(&mut |tx| {
        if let Some(work) = work.take() {
            result = Some(work(tx)?);
        }
        Ok(())
    })?;
    result.ok_or(StoreError::Damaged("a transaction ran nothing".to_owned()))
}

/// One look with a result.
///
/// # Errors
/// What `work` returned, or why the store failed.
pub fn look<T>(
    store: &dyn MetaStore,
    work: impl FnOnce(&dyn MetaTx) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut work = Some(work);
    let mut result = None;
    store.with_look(&mut |tx| {
        if let Some(work) = work.take() {
            result = Some(work(tx)?);
        }
        Ok(())
    })?;
    result.ok_or(StoreError::Damaged("a look saw nothing".to_owned()))
}
