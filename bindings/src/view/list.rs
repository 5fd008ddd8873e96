//! The list of cases, and the words and sums that every screen shares.

use lossbook_core::app::{AppError, Device};
use lossbook_core::domain::{Money, MoneyRange};
use lossbook_core::rules::{Packs, Rule};
use lossbook_core::statement;
use lossbook_core::store::{self, StoreError};

use crate::error::LossbookError;
use crate::words::Words;

/// An amount of money as it is shown. Apps group digits; they never compute.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Amount {
    /// The least it can come to, in fen.
    pub low_fen: i64,
    /// The most it can come to; the same, unless somebody's figures disagree.
    pub high_fen: i64,
    /// Yuan: `1250.50`, or `950.00–1250.50`.
    pub text: String,
}

impl From<MoneyRange> for Amount {
    fn from(range: MoneyRange) -> Self {
        Self {
            low_fen: range.low.fen(),
            high_fen: range.high.fen(),
            text: range.to_string(),
        }
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        MoneyRange::exact(money).into()
    }
}

/// The honest word: never more than all of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum SyncState {
    /// 已保存: committed here.
    Saved,
    /// 已接收: the hub acknowledged it durably.
    Received,
    /// 已确认: the hub's signed receipt is here.
    Confirmed,
}

/// How far a case of this device has come.
pub(crate) fn state_of(progress: &store::CaseProgress) -> SyncState {
    match progress.word() {
        "confirmed" => SyncState::Confirmed,
        "received" => SyncState::Received,
        _saved => SyncState::Saved,
    }
}

/// Where a case stands at head office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum CaseStatus {
    /// Nobody decided anything yet.
    Open,
    /// Given to a surveyor.
    Assigned,
    /// Sent back to be mended.
    Returned,
    /// Approved.
    Approved,
    /// Denied.
    Denied,
    /// Paid.
    Paid,
    /// Closed.
    Closed,
    /// Decided earlier; something it rests on changed since.
    Reopened,
}

impl CaseStatus {
    const WORDS: [(&'static str, Self); 8] = [
        ("open", Self::Open),
        ("assigned", Self::Assigned),
        ("returned", Self::Returned),
        ("approved", Self::Approved),
        ("denied", Self::Denied),
        ("paid", Self::Paid),
        ("closed", Self::Closed),
        ("reopened", Self::Reopened),
    ];

    pub(crate) fn of(status: &statement::CaseStatus) -> Self {
        match status {
            statement::CaseStatus::Open => Self::Open,
            statement::CaseStatus::Assigned => Self::Assigned,
            statement::CaseStatus::Returned(_) => Self::Returned,
            statement::CaseStatus::Approved => Self::Approved,
            statement::CaseStatus::Denied => Self::Denied,
            statement::CaseStatus::Paid => Self::Paid,
            statement::CaseStatus::Closed => Self::Closed,
            statement::CaseStatus::Reopened(_) => Self::Reopened,
        }
    }

    fn from_word(word: &str) -> Self {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map_or(Self::Open, |(_, status)| *status)
    }

    pub(crate) const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Open => ("open", "待审核", "open"),
            Self::Assigned => ("assigned", "已派单", "assigned"),
            Self::Returned => ("returned", "已退回，待修正", "returned to be mended"),
            Self::Approved => ("approved", "已批准", "approved"),
            Self::Denied => ("denied", "已拒赔", "denied"),
            Self::Paid => ("paid", "已支付", "paid"),
            Self::Closed => ("closed", "已结案", "closed"),
            Self::Reopened => (
                "reopened",
                "决定后有改动，已重开",
                "changed since the decision, reopened",
            ),
        }
    }
}

/// The newest signature of a case, or the state of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum SignatureMark {
    /// There is none.
    None,
    /// The case reads exactly as it was signed.
    Valid,
    /// Something that was signed changed since.
    Superseded,
    /// Different values stand in what was signed.
    Contested,
    /// The signer took it back.
    Revoked,
    /// The signer refused.
    Refused,
}

impl SignatureMark {
    const WORDS: [(&'static str, Self); 6] = [
        ("none", Self::None),
        ("valid", Self::Valid),
        ("superseded", Self::Superseded),
        ("contested", Self::Contested),
        ("revoked", Self::Revoked),
        ("refused", Self::Refused),
    ];

    pub(crate) fn from_word(word: &str) -> Self {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map_or(Self::None, |(_, mark)| *mark)
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseRow {
    /// Its id.
    pub id: String,
    /// Its number for people.
    pub number: String,
    /// The id of its area.
    pub scope: String,
    /// Householder.
    pub household: String,
    /// Place of loss.
    pub place: String,
    /// Cause of loss, as it was written.
    pub cause: String,
    /// The contracts' words for it, if it is one of their causes.
    pub cause_choice: Option<Words>,
    /// Sum of its lines.
    pub total: Amount,
    /// How many binding fields are in dispute.
    pub contested: u64,
    /// How many lines it has.
    pub lines: u64,
    /// How many photos it has.
    pub photos: u64,
    /// Where it stands.
    pub status: CaseStatus,
    /// Its newest signature.
    pub signature: SignatureMark,
    /// The newest wall clock among its entries, for ordering only.
    pub updated_ms: i64,
    /// How far what was written here has come.
    pub state: SyncState,
    /// Digest over its heads: equal on any two devices that hold the same.
    pub heads: String,
}

impl CaseRow {
    pub(crate) fn of(row: store::CaseRow, state: SyncState, packs: &Packs) -> Self {
        let cause = packs.peril("", &row.cause).map(|peril| {
            let Rule { id, names, .. } = &peril.rule;
            Words::new(id, &names.zh, &names.en)
        });
        Self {
            id: row.case.to_string(),
            number: row.number,
            scope: row.scope.to_string(),
            household: row.household,
            place: row.place,
            cause: row.cause,
            cause_choice: cause,
            total: row.total.into(),
            contested: row.contested,
            lines: row.lines,
            photos: row.photos,
            status: CaseStatus::from_word(&row.status),
            signature: SignatureMark::from_word(&row.signature),
            updated_ms: row.updated.0,
            state,
            heads: row.heads.to_hex(),
        }
    }
}

/// Which cases are wanted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseQuery {
    /// Words that must all occur; two Chinese characters are enough.
    #[uniffi(default = None)]
    pub text: Option<String>,
    /// Only of this area, by id or name.
    #[uniffi(default = None)]
    pub scope: Option<String>,
    /// The `next` of the page before.
    #[uniffi(default = None)]
    pub after: Option<String>,
    /// How many; a screen asks for 50, nobody gets more than 1,000.
    #[uniffi(default = 50)]
    pub limit: u32,
}

/// One page of the list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CasePage {
    /// Its lines.
    pub rows: Vec<CaseRow>,
    /// Where the next page begins; nothing on the last.
    pub next: Option<String>,
}

/// Most rows of one page.
const MAX_ROWS: u32 = 1_000;

/// Where a page begins, from the mark of the one before.
pub(crate) fn offset(after: Option<&String>) -> Result<u32, LossbookError> {
    match after {
        None => Ok(0),
        Some(mark) => mark
            .parse()
            .map_err(|_no_mark| LossbookError::input("bad_page", Some("after"))),
    }
}

/// The mark of the page after this one; nothing if it is the last.
pub(crate) fn mark_after(offset: u32, limit: u32, is_last: bool) -> Option<String> {
    (!is_last).then(|| offset.saturating_add(limit).to_string())
}

pub(crate) fn limited(limit: u32) -> u32 {
    limit.clamp(1, MAX_ROWS)
}

/// One page; it asks for a row more than it shows, to know whether there is another.
pub(crate) fn page(device: &Device, query: &CaseQuery, offset: u32) -> Result<CasePage, AppError> {
    let limit = limited(query.limit);
    let wanted = store::CaseQuery {
        text: query.text.clone().filter(|text| !text.trim().is_empty()),
        limit: limit.saturating_add(1),
        offset,
    };
    let mut rows = device.cases_in(query.scope.as_deref(), &wanted)?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = rows.len() <= shown;
    rows.truncate(shown);
    let packs = device.packs()?;
    let drawn = device.store().transact(|tx| {
        let rows = rows.into_iter();
        let drawn = rows.map(|row| {
            let state = state_of(&tx.progress_of_case(row.case)?);
            Ok(CaseRow::of(row, state, &packs))
        });
        drawn.collect::<Result<_, StoreError>>()
    })?;
    Ok(CasePage {
        rows: drawn,
        next: mark_after(offset, limit, is_last),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_status_is_known() {
        for (word, status) in CaseStatus::WORDS {
            assert_eq!(
                (CaseStatus::from_word(word), status.words().0),
                (status, word)
            );
        }
    }

    #[test]
    fn a_range_is_shown_with_both_ends() {
        let range = MoneyRange {
            low: Money::from_fen(95_000),
            high: Money::from_fen(125_050),
        };
        assert_eq!(Amount::from(range).text, "950.00–1250.50");
    }
}
