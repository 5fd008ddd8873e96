//! What the desks of head office read across cases: who was spared a visit, whose cases are open,
//! what of a contract is not over, and who did unusual things.

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::StoreError;

/// What the contract says about a visit to a case: a projection, made by [`crate::desk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverRow {
    /// The case.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// The contract it names.
    pub contract: String,
    /// `yes`, `no`, `suspended` or `head_office`.
    pub answer: String,
    /// The rules that led there, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// By which version of the rules.
    pub version: String,
    /// When the case was reported.
    pub reported: WallMs,
}

/// Which of them are wanted.
#[derive(Debug, Clone, Copy)]
pub struct WaiverPart<'a> {
    /// Only with this answer.
    pub answer: Option<&'a str>,
    /// Only of this contract.
    pub contract: Option<&'a str>,
    /// Only of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// Only this case.
    pub case: Option<CaseId>,
    /// Not reported before.
    pub from: Option<WallMs>,
    /// Reported before.
    pub to: Option<WallMs>,
    /// Without the first of them.
    pub skip: u64,
    /// At most so many.
    pub limit: u32,
}

/// What somebody did of a kind on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedRow {
    /// The day, where head office is.
    pub day: String,
    /// Who.
    pub user: String,
    /// What: a word of the audit.
    pub deed: String,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: WallMs,
}

/// Reads across cases for the desks.
pub trait Oversight {
    /// Writes what the contract says about a visit; nothing takes out what stood.
    ///
    /// # Errors
    /// As the store fails.
    fn put_waiver(&self, case: CaseId, row: Option<&WaiverRow>) -> Result<(), StoreError>;
    /// What the contracts say about visits, newest report first.
    ///
    /// # Errors
    /// As the store fails.
    fn waivers(&self, part: WaiverPart<'_>) -> Result<Vec<WaiverRow>, StoreError>;
    /// Cases given to somebody that are not paid, denied or closed.
    ///
    /// # Errors
    /// As the store fails.
    fn given_open(&self, surveyor: &str) -> Result<Vec<CaseId>, StoreError>;
    /// Cases of a contract with their status, those that are not closed; at most so many.
    ///
    /// # Errors
    /// As the store fails.
    fn not_closed(&self, contract: &str, limit: u32) -> Result<Vec<(CaseId, String)>, StoreError>;
    /// How many cases a contract has, and how many of them are not closed.
    ///
    /// # Errors
    /// As the store fails.
    fn contract_counts(&self, contract: &str) -> Result<(u64, u64), StoreError>;
    /// Names of the scopes that hold cases of a contract.
    ///
    /// # Errors
    /// As the store fails.
    fn villages_of(&self, contract: &str) -> Result<Vec<String>, StoreError>;
    /// Deeds of these kinds in a period by day and person, newest day first; the first of them
    /// left out, and at most so many.
    ///
    /// # Errors
    /// As the store fails.
    fn deeds(
        &self,
        kinds: &[&str],
        period: (Option<WallMs>, Option<WallMs>),
        part: (u64, u32),
    ) -> Result<Vec<DeedRow>, StoreError>;
}
