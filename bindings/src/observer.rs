//! Who is told that something changed. Ids and counts only: whoever wants more asks.
//!
//! Called after the work that brought the change is committed and nothing is held, on the thread
//! that did it. What an observer throws is logged and changes nothing.

use lossbook_core::app::AppError;
use lossbook_core::chain::Kind;
use lossbook_core::domain::CaseId;
use lossbook_core::store::{StoreError, Tx};

use crate::host::HostError;
use crate::sync::SyncProgress;

/// What somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum AttentionKind {
    /// Head office sent the case back.
    Returned,
    /// Head office decided something else about it.
    Decided,
    /// Different values stand in it.
    Contested,
    /// Something came that is kept outside the record.
    Outside,
    /// A photo could not be brought.
    BrokenPhoto,
    /// Head office withdrew this device.
    Withdrawn,
    /// There is no room.
    DiskFull,
    /// The app is too old to receive.
    UpdateNeeded,
    /// Other rule packs judge from now on.
    NewRules,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Attention {
    /// What.
    pub kind: AttentionKind,
    /// In which case, if in one.
    pub case: Option<String>,
}

/// Implemented by the app. May call Lossbook again.
#[uniffi::export(foreign)]
pub trait Observer: Send + Sync {
    /// A case reads otherwise than before, or has come further. Its id.
    ///
    /// # Errors
    /// [`HostError`]; logged.
    fn case_changed(&self, case: String) -> Result<(), HostError>;

    /// An exchange has come further.
    ///
    /// # Errors
    /// [`HostError`]; logged.
    fn progress(&self, progress: SyncProgress) -> Result<(), HostError>;

    /// Somebody should look.
    ///
    /// # Errors
    /// [`HostError`]; logged.
    fn attention(&self, what: Attention) -> Result<(), HostError>;
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    Case(CaseId),
    Progress(SyncProgress),
    Attention(AttentionKind, Option<CaseId>),
}

impl News {
    pub(crate) fn tell(self, observer: &dyn Observer) -> Result<(), HostError> {
        match self {
            Self::Case(case) => observer.case_changed(case.to_string()),
            Self::Progress(progress) => observer.progress(progress),
            Self::Attention(kind, case) => {
                let case = case.map(|case| case.to_string());
                observer.attention(Attention { kind, case })
            }
        }
    }
}

/// A place in the order in which envelopes came here, to tell later what came since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    envelopes: i64,
    outside: usize,
}

impl Mark {
    pub(crate) fn now(tx: &Tx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            envelopes: tx.newest_envelope()?,
            outside: tx.quarantined()?.len(),
        })
    }

    /// What came since.
    pub(crate) fn since(self, tx: &Tx<'_>) -> Result<Vec<News>, AppError> {
        let mut news = Vec::new();
        for (case, kind) in tx.cases_touched_since(self.envelopes)? {
            let Some(row) = tx.find_case(&case.to_string())? else {
                continue;
            };
            if !news.contains(&News::Case(case)) {
                news.push(News::Case(case));
            }
            let decided = if row.status == "returned" {
                AttentionKind::Returned
            } else {
                AttentionKind::Decided
            };
            match kind {
                Kind::Decision => news.push(News::Attention(decided, Some(case))),
                Kind::Change if row.contested > 0 => {
                    news.push(News::Attention(AttentionKind::Contested, Some(case)));
                }
                Kind::Change
                | Kind::Photo
                | Kind::Freeze
                | Kind::Signature
                | Kind::Audit
                | Kind::Key
                | Kind::Acl
                | Kind::Tombstone
                | Kind::Snapshot
                | Kind::Receipt => {}
            }
        }
        if tx.quarantined()?.len() > self.outside {
            news.push(News::Attention(AttentionKind::Outside, None));
        }
        Ok(news)
    }
}
