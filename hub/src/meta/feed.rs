//! The order in which a scope's sealed runs and late bodies are given out, and what was receipted.

use lossbook_core::chain::StreamId;
use lossbook_core::domain::{Digest, ScopeId};

use lossbook_core::store::StoreError;

/// What one feed number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEntry {
    /// A sealed run.
    Run {
        /// Whose.
        stream: StreamId,
        /// Its first number.
        from: u64,
        /// Its last, where a seal stands.
        to: u64,
    },
    /// The body of an envelope that was parked when its run entered the feed.
    Late {
        /// Whose.
        stream: StreamId,
        /// Its number.
        seq: u64,
        /// Its id.
        envelope: Digest,
    },
}

impl FeedEntry {
    /// The stream it is about.
    pub const fn stream(&self) -> StreamId {
        match self {
            Self::Run { stream, .. } | Self::Late { stream, .. } => *stream,
        }
    }
}

/// A feed number and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedRow {
    /// The number: from 1, without gaps.
    pub seq: u64,
    /// What it stands for.
    pub entry: FeedEntry,
}

/// Rows of feeds and receipts.
pub trait Feed {
    /// Appends to the feed of the entries' scope; numbers follow the last without a gap.
    ///
    /// # Errors
    /// As the store fails.
    fn put_feed(&self, scope: ScopeId, entries: &[FeedEntry]) -> Result<(), StoreError>;
    /// Feed rows behind a number, oldest first.
    ///
    /// # Errors
    /// As the store fails.
    fn feed_after(
        &self,
        scope: ScopeId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<FeedRow>, StoreError>;
    /// The newest feed number of a scope; 0 if nothing is in it.
    ///
    /// # Errors
    /// As the store fails.
    fn feed_head(&self, scope: ScopeId) -> Result<u64, StoreError>;
    /// Numbers of a stretch of a stream whose bodies came late: they travel bare in their run.
    ///
    /// # Errors
    /// As the store fails.
    fn late_in(&self, stream: StreamId, from: u64, to: u64) -> Result<Vec<u64>, StoreError>;

    /// Up to which number a stream was receipted; 0 if never.
    ///
    /// # Errors
    /// As the store fails.
    fn receipted(&self, stream: StreamId) -> Result<u64, StoreError>;
    /// Remembers up to where a stream was receipted.
    ///
    /// # Errors
    /// As the store fails.
    fn put_receipted(&self, stream: StreamId, mark: u64) -> Result<(), StoreError>;
    /// Notes a verified blob that the next receipt of a stream must name.
    ///
    /// # Errors
    /// As the store fails.
    fn put_receipt_due(&self, stream: StreamId, digest: &Digest) -> Result<(), StoreError>;
    /// Verified blobs that no receipt of the stream names yet; they are forgotten with this call.
    ///
    /// # Errors
    /// As the store fails.
    fn take_receipt_due(&self, stream: StreamId, limit: u32) -> Result<Vec<Digest>, StoreError>;
}
