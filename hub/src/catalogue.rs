//! Every table there is: those that people keep and those that are made from cases.
//!
//! The console draws them, exports write them, the API answers with them: each takes an [`Entry`]
//! from here and asks it for a [`Table`], so a table added to a list appears everywhere.
//!
//! Invariants: a table holds rows of the asked scopes only; ID numbers, phones and accounts are
//! masked unless [`Personal::Shown`] is asked for, which needs a written reason that is audited;
//! confidential amounts are hidden as [`Ask::sight`] says.
//!
//! Refuses: to check who asks. Callers compare [`Entry::right`] with the person's role.

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::StoreError;

use crate::derived;
use crate::meta::MetaTx;
use crate::register::{self, Register};
use crate::role::Right;
use crate::sight::Sight;
use crate::table::Table;

/// What of a table is wanted.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Only rows of these scopes; of all if there are none.
    pub scopes: &'a [ScopeId],
    /// Not before.
    pub from: Option<WallMs>,
    /// Before.
    pub to: Option<WallMs>,
    /// Only rows about this case.
    pub case: Option<CaseId>,
    /// Of rows that people keep, only those with these words.
    pub words: Option<&'a str>,
    /// Now.
    pub now: WallMs,
    /// At most so many rows.
    pub limit: u32,
    /// How many rows were read before, as an earlier answer ended: [`Ask::next`].
    pub after: Option<String>,
    /// Whether personal data is masked.
    pub personal: Personal,
    /// Which confidential amounts are shown.
    pub sight: &'a Sight,
}

impl Ask<'_> {
    /// How many rows were read before.
    pub fn skipped(&self) -> u64 {
        let text = self.after.as_deref().unwrap_or_default();
        text.parse().unwrap_or(0)
    }

    /// Where the next part begins, if this one was full.
    pub fn next(&self, rows: usize) -> Option<String> {
        let rows = u64::try_from(rows).ok()?;
        let is_full = rows > 0 && rows >= u64::from(self.limit);
        is_full.then(|| self.skipped().saturating_add(rows).to_string())
    }
}

/// Whether personal data is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// The middle of an ID number, phone or account is hidden.
    Masked,
    /// Shown in full: somebody with the right wrote why, and that was audited.
    Shown,
}

/// Under which heading people look for a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Reports and calls.
    Intake,
    /// Complaints, callbacks, satisfaction, what was set right.
    Service,
    /// Review and payment.
    Payment,
    /// Policies, premiums, who is insured.
    Policy,
    /// Limits and how they were kept.
    Timeliness,
    /// Staff and what they may do.
    People,
    /// Risk and loss.
    Risk,
    /// Surveys, sampling, archives.
    Quality,
}

impl Area {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 8] = [
        Self::Intake,
        Self::Timeliness,
        Self::Quality,
        Self::Payment,
        Self::Service,
        Self::Policy,
        Self::Risk,
        Self::People,
    ];

    /// Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Intake => ("报案与来电", "Reports and calls"),
            Self::Service => ("投诉、回访与整改", "Complaints, callbacks, corrections"),
            Self::Payment => ("审核与支付", "Review and payment"),
            Self::Policy => ("保单与参保", "Policies and coverage"),
            Self::Timeliness => ("时效", "Timeliness"),
            Self::People => ("人员", "People"),
            Self::Risk => ("风险与统计", "Risk and statistics"),
            Self::Quality => ("查勘质量与归档", "Survey quality and archive"),
        }
    }
}

/// Makes a table from what the hub holds.
pub type MakeTable = fn(&dyn MetaTx, &Ask<'_>) -> Result<Table, StoreError>;

/// Where the rows come from.
#[derive(Debug, Clone, Copy)]
pub enum Make {
    /// From cases and other rows, at every look.
    Derived(MakeTable),
    /// People write them.
    Kept(&'static Register),
}

/// A table that can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// A stable word: its address.
    pub id: &'static str,
    /// Chinese and English.
    pub name: (&'static str, &'static str),
    /// Its heading.
    pub area: Area,
    /// What a reader needs.
    pub right: Right,
    /// The requirements it answers.
    pub sources: &'static [&'static str],
    /// Where the rows come from.
    pub make: Make,
}

impl Entry {
    /// The table.
    ///
    /// # Errors
    /// As the store fails.
    pub fn table(&self, tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
        let table = match self.make {
            Make::Derived(make) => make(tx, ask),
            Make::Kept(register) => register.table(tx, ask),
        };
        ask.sight.table(tx, table?)
    }
}

/// Every table.
pub fn entries() -> impl Iterator<Item = Entry> {
    let derived = register::ENTRIES.iter().chain([&derived::ENTRIES]);
    let derived = derived.flat_map(|list| list.iter().copied());
    register::all().map(Register::entry).chain(derived)
}

/// The table of that name.
pub fn entry(id: &str) -> Option<Entry> {
    entries().find(|entry| entry.id == id)
}
