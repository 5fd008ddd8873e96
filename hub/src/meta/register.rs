//! Rows that people of the office keep, with every version of each.

use std::collections::BTreeMap;

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::StoreError;

/// One version of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterRow {
    /// Which register.
    pub register: String,
    /// Its number in the register, from 1.
    pub row: u64,
    /// From 1; a correction is the next.
    pub version: u64,
    /// Where it belongs, if anywhere.
    pub scope: Option<ScopeId>,
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// What no other row of the register may have.
    pub unique: Option<String>,
    /// The time by which periods find it.
    pub since: WallMs,
    /// When this version was written.
    pub at: WallMs,
    /// By whom.
    pub by: String,
    /// Why; empty for a first version.
    pub reason: String,
    /// Whether it no longer counts.
    pub struck: bool,
    /// Values by column, as they are kept.
    pub values: BTreeMap<String, String>,
}

/// Which rows of a register are wanted.
#[derive(Debug, Clone, Copy)]
pub struct RegisterPart<'a> {
    /// Which register.
    pub register: &'a str,
    /// Only of these scopes; of all, and of none, if there are none.
    pub scopes: &'a [ScopeId],
    /// Only about this case.
    pub case: Option<CaseId>,
    /// Not before.
    pub from: Option<WallMs>,
    /// Before.
    pub to: Option<WallMs>,
    /// Only about cases that were reported on these days, the first and the last.
    pub reported: Option<(i64, i64)>,
    /// Only rows with this text in one of these columns.
    pub words: Option<(&'a str, &'a [&'static str])>,
    /// Without the first of them.
    pub skip: u64,
    /// At most so many.
    pub limit: u32,
}

impl<'a> RegisterPart<'a> {
    /// All rows of a register.
    pub const fn all(register: &'a str) -> Self {
        Self {
            register,
            scopes: &[],
            case: None,
            from: None,
            to: None,
            reported: None,
            words: None,
            skip: 0,
            limit: u32::MAX,
        }
    }
}

/// Rows of the registers.
pub trait Registers {
    /// Rows that count, newest first.
    ///
    /// # Errors
    /// As the store fails.
    fn register_rows(&self, part: RegisterPart<'_>) -> Result<Vec<RegisterRow>, StoreError>;
    /// How many rows count.
    ///
    /// # Errors
    /// As the store fails.
    fn register_count(&self, part: RegisterPart<'_>) -> Result<u64, StoreError>;
    /// Every version of a row, oldest first.
    ///
    /// # Errors
    /// As the store fails.
    fn register_versions(&self, register: &str, row: u64) -> Result<Vec<RegisterRow>, StoreError>;
    /// The row that has a value which no other may have.
    ///
    /// # Errors
    /// As the store fails.
    fn register_holder(&self, register: &str, unique: &str) -> Result<Option<u64>, StoreError>;
    /// The number of the newest row; 0 if there is none.
    ///
    /// # Errors
    /// As the store fails.
    fn register_last(&self, register: &str) -> Result<u64, StoreError>;
    /// How many rows of each register are about a case.
    ///
    /// # Errors
    /// As the store fails.
    fn registers_of(&self, case: CaseId) -> Result<Vec<(String, u64)>, StoreError>;
    /// Rows that count, put together by the values of some columns (their words in the register),
    /// with the sum of another.
    ///
    /// # Errors
    /// As the store fails.
    fn register_tally(
        &self,
        part: RegisterPart<'_>,
        by: &[&'static str],
        sum: Option<&'static str>,
    ) -> Result<Vec<Tally>, StoreError>;
    /// Cases that were decided to be paid or have a payment, newest first.
    ///
    /// # Errors
    /// As the store fails.
    fn payment_sums(&self, part: RegisterPart<'_>) -> Result<Vec<PaymentSum>, StoreError>;
    /// Writes a version.
    ///
    /// # Errors
    /// As the store fails.
    fn put_register(&self, row: &RegisterRow) -> Result<(), StoreError>;
}

/// What was approved for a case, and what was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSum {
    /// The case.
    pub case: CaseId,
    /// Whose.
    pub household: String,
    /// What is approved, in fen.
    pub payable: i64,
    /// Whether the decision to pay stands.
    pub decided: bool,
    /// What left and did not come back, in fen.
    pub paid: i64,
    /// Transfers that failed or came back.
    pub unsettled: u64,
    /// Payments whose receipt nobody confirmed.
    pub unconfirmed: u64,
    /// When the last one left.
    pub last: Option<WallMs>,
}

/// Rows of a register that have the same values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The values, one for each column asked for; empty where a row has none.
    pub key: Vec<String>,
    /// How many rows.
    pub rows: u64,
    /// The sum of a column of money or numbers.
    pub sum: i64,
}
