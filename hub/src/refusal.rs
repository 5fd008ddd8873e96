//! How the hub says no: a status, a stable code for programs, one line for people.

use lossbook_core::chain::RefusalAnswer;
use lossbook_core::domain::cbor;
use lossbook_core::store::StoreError;

/// A refused request. Nothing of it was kept, unless the code says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: &'static str,
    /// For people: what, where, how to mend.
    pub detail: String,
    /// When to try again, if trying again can help.
    pub retry_after_s: Option<u32>,
}

impl Refusal {
    /// A refusal that repeating does not mend.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_s: None,
        }
    }

    /// The hub is busy; the same request may succeed soon.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self {
            status: 503,
            code: "BUSY",
            detail: detail.into(),
            retry_after_s: Some(2),
        }
    }

    /// The body in which `/v1/enrol` and `/v1/token` say it.
    pub fn to_cbor(&self) -> Vec<u8> {
        cbor::encode(&RefusalAnswer {
            code: self.code.to_owned(),
            detail: self.detail.clone(),
        })
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::InUse) {
            return Self::busy("the hub is busy: try again in a moment");
        }
        tracing::error!(%error, "the hub's store failed");
        if matches!(error, StoreError::DiskFull) {
            return Self {
                status: 507,
                code: "QUOTA",
                detail: "the hub's disk is full: head office must make room".to_owned(),
                retry_after_s: Some(600),
            };
        }
        Self::new(500, "INTERNAL", "the hub failed; its log says why")
    }
}
