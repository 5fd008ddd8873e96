//! What the queues of the console read: one row for each case, where it waits, and what runs out.
//!
//! Projections over the record and the decisions: [`crate::desk`] writes them in the transaction
//! that changed a case, and can make them anew.

use std::sync::Arc;

use lossbook_core::app::{CaseView, Event, Judged, Ledgers, ReturnedField};
use lossbook_core::domain::{CaseId, Digest, ScopeId, WallMs};
use lossbook_core::evidence::PhotoMark;
use lossbook_core::record::FieldChange;
use lossbook_core::rules::{Handling, Packs};
use lossbook_core::store::{CaseStanding, StoreError};

/// A case as the queues show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "three facts that the board counts, each of its own"
)]
pub struct DeskRow {
    /// The case.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its number for people.
    pub number: String,
    /// Householder or insured.
    pub household: String,
    /// Place of loss.
    pub place: String,
    /// Cause of loss.
    pub cause: String,
    /// The contract it names.
    pub contract: String,
    /// A word of the case's status.
    pub status: String,
    /// State of the signature that counts.
    pub signature: String,
    /// Fields with different values, and claims of other cases.
    pub contested: u64,
    /// Photos it names.
    pub photos: u64,
    /// Photos whose bytes are not here.
    pub missing: u64,
    /// What is payable in fen, lowest reading.
    pub low: i64,
    /// What is payable in fen, highest reading.
    pub high: i64,
    /// When it was reported, by the phone's clock.
    pub reported: WallMs,
    /// Newest wall clock among its envelopes.
    pub updated: WallMs,
    /// Who surveys it.
    pub surveyor: String,
    /// Which review round is next; 0 if none is.
    pub round: u8,
    /// Who holds that round.
    pub role: String,
    /// Whether the survey is done.
    pub surveyed: bool,
    /// Whether every round has passed.
    pub approved: bool,
    /// Whether it is paid.
    pub paid: bool,
    /// Where, in millionths of a degree on WGS-84.
    pub at: Option<(i64, i64)>,
}

/// A place in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which queue.
    pub queue: &'static str,
    /// Since when it waits there.
    pub since: WallMs,
    /// What for.
    pub note: String,
}

/// Something that runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// `clock` or `notice`.
    pub kind: String,
    /// When it runs out.
    pub due: WallMs,
    /// The rule's id.
    pub id: String,
    /// Since when it runs.
    pub since: WallMs,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Where the rule stands.
    pub source: String,
}

/// Which part of a queue is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Which queue.
    pub queue: &'a str,
    /// Behind this entry.
    pub after: Option<(i64, CaseId)>,
    /// Only of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// At most so many.
    pub limit: u32,
}

/// A village on the board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardRow {
    /// Its name.
    pub village: String,
    /// Cases reported.
    pub reported: u64,
    /// Of these, surveyed.
    pub surveyed: u64,
    /// Of these, signed.
    pub signed: u64,
    /// Of these, approved in every round.
    pub approved: u64,
    /// Of these, paid.
    pub paid: u64,
    /// Photos whose bytes are not here.
    pub outstanding: u64,
    /// What is payable in fen, highest reading.
    pub payable: i64,
    /// What is approved in fen.
    pub granted: i64,
}

/// A surveyor who could go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyorRow {
    /// The name.
    pub name: String,
    /// Cases given to them that are not surveyed yet.
    pub load: u64,
    /// Where they surveyed last.
    pub at: Option<(i64, i64)>,
}

/// A case given to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// To whom.
    pub surveyor: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: WallMs,
}

/// What the insured was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// The id of the notice or clock.
    pub what: String,
    /// How.
    pub channel: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: WallMs,
}

/// Reads of one case that only the console wants.
pub trait CaseReads {
    /// The case for a screen.
    ///
    /// # Errors
    /// As the store fails.
    fn case_view(&self, standing: CaseStanding) -> Result<CaseView, StoreError>;
    /// Everything that happened to a case, in the order it came here.
    ///
    /// # Errors
    /// As the store fails.
    fn case_events(&self, case: CaseId) -> Result<Vec<Event>, StoreError>;
    /// What the contract says, and how it is to be handled.
    ///
    /// # Errors
    /// As the store fails.
    fn contract_of(
        &self,
        standing: &CaseStanding,
        now: WallMs,
    ) -> Result<Option<(Judged, Handling)>, StoreError>;
    /// The rule packs that judge.
    ///
    /// # Errors
    /// As the store fails.
    fn packs(&self) -> Result<Arc<Packs>, StoreError>;
    /// The two correction ledgers of a case (R314, R315).
    ///
    /// # Errors
    /// As the store fails.
    fn ledgers(&self, case: CaseId) -> Result<Ledgers, StoreError>;
    /// If it was returned: what became of the fields to mend.
    ///
    /// # Errors
    /// As the store fails.
    fn returned_fields(&self, standing: &CaseStanding) -> Result<Vec<ReturnedField>, StoreError>;
    /// What changed since these heads.
    ///
    /// # Errors
    /// As the store fails.
    fn changes_since(&self, case: CaseId, heads: &[Digest])
    -> Result<Vec<FieldChange>, StoreError>;
    /// Who wrote a change, and when.
    ///
    /// # Errors
    /// As the store fails.
    fn writer(&self, change: &Digest) -> Result<Option<(String, WallMs)>, StoreError>;
    /// Other cases with a photo of the same bytes.
    ///
    /// # Errors
    /// As the store fails.
    fn same_bytes(&self, digest: &Digest, case: CaseId) -> Result<Vec<String>, StoreError>;
    /// Notes that a photo looks like one whose digest begins like this.
    ///
    /// # Errors
    /// As the store fails.
    fn put_alike(
        &self,
        photo: &Digest,
        other: &PhotoMark,
        different: u32,
    ) -> Result<(), StoreError>;
    /// Other cases with a photo that looks like this one, and in how many of 240 bits it differs.
    ///
    /// # Errors
    /// As the store fails.
    fn alike(&self, photo: &Digest, case: CaseId) -> Result<Vec<(String, u32)>, StoreError>;
}

/// Which cases are listed, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Every one, newest change first.
    Every,
    /// Paid, and nobody called the customer since: newest change first.
    NotCalled,
    /// Neither closed nor denied, longest unchanged first.
    Open,
}

/// Which part of them is wanted.
#[derive(Debug, Clone, Copy)]
pub struct CasePart<'a> {
    /// Which.
    pub listed: Listed,
    /// Only of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// Only this one.
    pub case: Option<CaseId>,
    /// Not reported before.
    pub from: Option<WallMs>,
    /// Reported before.
    pub to: Option<WallMs>,
    /// So many are left out first.
    pub skip: u64,
    /// At most so many.
    pub limit: u32,
}

/// Rows of the queues.
pub trait Desk {
    /// Some cases behind one, by id.
    ///
    /// # Errors
    /// As the store fails.
    fn cases_after(&self, after: Option<CaseId>, limit: u32) -> Result<Vec<CaseId>, StoreError>;
    /// Writes everything the queues know of a case, in the place of what they knew.
    ///
    /// # Errors
    /// As the store fails.
    fn put_desk(&self, row: &DeskRow, waiting: &[Waiting], dues: &[Due]) -> Result<(), StoreError>;
    /// Counts the missing photos of every case that names a digest, and queues follow.
    ///
    /// # Errors
    /// As the store fails.
    fn recount_missing(&self, scope: ScopeId, digest: &Digest) -> Result<(), StoreError>;
    /// A case as the queues show it.
    ///
    /// # Errors
    /// As the store fails.
    fn desk_row(&self, case: CaseId) -> Result<Option<DeskRow>, StoreError>;
    /// A part of a queue: since when, what for, which case.
    ///
    /// # Errors
    /// As the store fails.
    fn queue(&self, part: Part<'_>) -> Result<Vec<(WallMs, String, DeskRow)>, StoreError>;
    /// How many wait in each queue.
    ///
    /// # Errors
    /// As the store fails.
    fn queue_counts(&self, scopes: &[ScopeId]) -> Result<Vec<(String, u64)>, StoreError>;
    /// What runs out of a kind, soonest first.
    ///
    /// # Errors
    /// As the store fails.
    fn dues(&self, part: Part<'_>) -> Result<Vec<(Due, DeskRow)>, StoreError>;
    /// How many of a kind ran out before a time; counting ends at a thousand.
    ///
    /// # Errors
    /// As the store fails.
    fn overdue(&self, kind: &str, now: WallMs, scopes: &[ScopeId]) -> Result<u64, StoreError>;
    /// The newest cases.
    ///
    /// # Errors
    /// As the store fails.
    fn newest(&self, scopes: &[ScopeId], limit: u32) -> Result<Vec<DeskRow>, StoreError>;
    /// Cases that are to be listed for a reason.
    ///
    /// # Errors
    /// As the store fails.
    fn listed(&self, part: CasePart<'_>) -> Result<Vec<DeskRow>, StoreError>;
    /// The board, by village.
    ///
    /// # Errors
    /// As the store fails.
    fn board(&self, scopes: &[ScopeId]) -> Result<Vec<BoardRow>, StoreError>;
    /// Cases in a rectangle (south, west, north, east, in millionths of a degree).
    ///
    /// # Errors
    /// As the store fails.
    fn places(
        &self,
        bounds: [i64; 4],
        scopes: &[ScopeId],
        limit: u32,
    ) -> Result<Vec<DeskRow>, StoreError>;
    /// The rectangle that holds the cases of the region with most of them.
    ///
    /// # Errors
    /// As the store fails.
    fn extent(&self, scopes: &[ScopeId]) -> Result<Option<[i64; 4]>, StoreError>;
    /// Surveyors of a scope with what they have to do.
    ///
    /// # Errors
    /// As the store fails.
    fn surveyors(&self, scope: ScopeId) -> Result<Vec<SurveyorRow>, StoreError>;
    /// To whom a case was given.
    ///
    /// # Errors
    /// As the store fails.
    fn assigned(&self, case: CaseId) -> Result<Option<Assigned>, StoreError>;
    /// Gives a case to somebody.
    ///
    /// # Errors
    /// As the store fails.
    fn put_assigned(&self, case: CaseId, to: &Assigned) -> Result<(), StoreError>;
    /// What the insured was told.
    ///
    /// # Errors
    /// As the store fails.
    fn told(&self, case: CaseId) -> Result<Vec<ToldRow>, StoreError>;
    /// The insured was told something.
    ///
    /// # Errors
    /// As the store fails.
    fn put_told(&self, case: CaseId, told: &ToldRow) -> Result<(), StoreError>;
    /// What somebody wrote for themselves.
    ///
    /// # Errors
    /// As the store fails.
    fn draft(&self, case: CaseId, user: &str) -> Result<Option<(String, WallMs)>, StoreError>;
    /// Keeps it, or throws it away.
    ///
    /// # Errors
    /// As the store fails.
    fn put_draft(
        &self,
        case: CaseId,
        user: &str,
        draft: Option<(&str, WallMs)>,
    ) -> Result<(), StoreError>;
}
