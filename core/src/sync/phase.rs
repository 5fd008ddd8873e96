//! Where the engine stands, as one value: a state that cannot be said cannot be reached.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::effect::{Block, Recovery, StateName, Txn};
use super::event::{BlobJob, Incoming, OpId, RequestId};
use super::exchange::Sent;
use super::frame::Form;
use crate::chain::StreamId;
use crate::domain::Digest;

/// What goes on after a token or a wait.
#[derive(Debug)]
pub(super) enum Next {
    Exchange,
    Blobs(Box<Upload>),
}

#[derive(Debug)]
pub(super) enum AuthStep {
    Nonce { rid: RequestId },
    Signing { nonce: Vec<u8> },
    Token { rid: RequestId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Exchange,
    Blobs,
}

/// What to do when an answer is dealt with.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Another exchange now.
    Again,
    /// Nothing more to push or pull.
    Quiet,
    /// Another exchange later, at the earliest after so long.
    Wait {
        floor_ms: u64,
    },
    Block(Block),
}

#[derive(Debug)]
pub(super) enum AfterStore {
    Exchange(Verdict),
    Blobs(VecDeque<BlobJob>),
    Go(Next),
}

/// What is being written, as far as it matters once it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writing {
    Acked,
    Page { envelopes: u64 },
    BlobSent(Digest),
    Token,
    Recover(Recovery),
}

impl Writing {
    pub(super) fn of(txn: &Txn) -> Self {
        match txn {
            Txn::Acked(_) => Self::Acked,
            Txn::Page {
                runs,
                late,
                cursor: _,
            } => {
                let in_runs = runs.iter().map(Incoming::count);
                let in_runs = in_runs.fold(0, u64::saturating_add);
                Self::Page {
                    envelopes: in_runs.saturating_add(late.len() as u64),
                }
            }
            Txn::BlobSent(digest) => Self::BlobSent(*digest),
            Txn::Token { .. } => Self::Token,
            Txn::Rollback { .. } => Self::Recover(Recovery::Rollback),
            Txn::CursorReset => Self::Recover(Recovery::CursorReset),
            Txn::Fork { .. } => Self::Recover(Recovery::Fork),
        }
    }
}

/// One blob on its way, and those behind it.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) job: BlobJob,
    pub(super) rest: VecDeque<BlobJob>,
    /// The highest offset the hub ever told.
    pub(super) best: u64,
    /// Failed turns since `best` last grew.
    pub(super) turns: u32,
}

#[derive(Debug)]
pub(super) enum UploadStep {
    Create,
    Head,
    Chunks { offset: u64 },
    Patch { from: u64, len: u64, since_ms: u64 },
}

#[derive(Debug)]
pub(super) enum Phase {
    Stopped,
    Idle,
    /// Looks for the token of an earlier run.
    Recall {
        op: OpId,
        then: Next,
    },
    Auth {
        step: AuthStep,
        then: Next,
    },
    Loading {
        op: OpId,
        what: Wanted,
    },
    Exchange {
        rid: RequestId,
        sent: Box<Sent>,
    },
    Storing {
        op: OpId,
        writing: Writing,
        queue: VecDeque<Txn>,
        then: AfterStore,
    },
    Blobs {
        rid: RequestId,
        step: UploadStep,
        upload: Box<Upload>,
    },
    /// Until a time, and never before `floor_ms`, which the hub asked for.
    Backoff {
        until_ms: u64,
        floor_ms: u64,
        then: Next,
    },
    Blocked(Block),
    DiskFull,
}

impl Phase {
    pub(super) const fn name(&self) -> StateName {
        match self {
            Self::Stopped => StateName::Stopped,
            Self::Idle => StateName::Idle,
            Self::Recall { .. }
            | Self::Auth { .. }
            | Self::Storing {
                writing: Writing::Token,
                ..
            } => StateName::Auth,
            Self::Loading {
                what: Wanted::Exchange,
                ..
            }
            | Self::Exchange { .. } => StateName::Exchange,
            Self::Storing {
                writing: Writing::Recover(what),
                ..
            } => StateName::Recover(*what),
            Self::Storing { .. } => StateName::Storing,
            Self::Loading {
                what: Wanted::Blobs,
                ..
            }
            | Self::Blobs { .. } => StateName::Blobs,
            Self::Backoff { .. } => StateName::Backoff,
            Self::Blocked(why) => StateName::Blocked(*why),
            Self::DiskFull => StateName::DiskFull,
        }
    }

    /// The request whose answer is awaited.
    pub(super) const fn in_flight(&self) -> Option<RequestId> {
        match self {
            Self::Auth {
                step: AuthStep::Nonce { rid } | AuthStep::Token { rid },
                ..
            }
            | Self::Exchange { rid, .. }
            | Self::Blobs { rid, .. } => Some(*rid),
            Self::Auth {
                step: AuthStep::Signing { .. },
                ..
            }
            | Self::Stopped
            | Self::Idle
            | Self::Recall { .. }
            | Self::Loading { .. }
            | Self::Storing { .. }
            | Self::Backoff { .. }
            | Self::Blocked(_)
            | Self::DiskFull => None,
        }
    }
}

/// Whether pages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulling {
    Open,
    /// The disk was full: first push everything, then try one page.
    AfterPush,
    /// The hub wants a newer app.
    Never,
}

/// What is known since the last start and may be forgotten.
#[derive(Debug)]
pub(super) struct Session {
    /// Something was committed since the last load.
    pub(super) news: bool,
    pub(super) pulling: Pulling,
    /// Largest batch the hub took, if it refused one.
    pub(super) batch_cap: u64,
    /// Where the hub wants streams to start.
    pub(super) from: BTreeMap<StreamId, u64>,
    /// Streams that are not pushed.
    pub(super) held: BTreeSet<StreamId>,
    /// Streams whose runs go in long form.
    pub(super) long: BTreeSet<StreamId>,
    /// How runs are asked for.
    pub(super) form: Option<Form>,
    /// Receipts for what was sent are still to be fetched.
    pub(super) receipts: Receipts,
    /// Blobs that are sent or given up.
    pub(super) settled: BTreeSet<Digest>,
    /// Blobs whose upload exists at the hub.
    pub(super) created: BTreeSet<Digest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receipts {
    None,
    Due,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            news: false,
            pulling: Pulling::Open,
            batch_cap: u64::MAX,
            from: BTreeMap::new(),
            held: BTreeSet::new(),
            long: BTreeSet::new(),
            form: None,
            receipts: Receipts::None,
            settled: BTreeSet::new(),
            created: BTreeSet::new(),
        }
    }

    /// A new start; only a full disk is remembered.
    pub(super) fn restart(&mut self) {
        let pulling = match self.pulling {
            Pulling::Open | Pulling::Never => Pulling::Open,
            Pulling::AfterPush => Pulling::AfterPush,
        };
        let created = std::mem::take(&mut self.created);
        *self = Self {
            pulling,
            created,
            receipts: self.receipts,
            ..Self::new()
        };
    }
}
