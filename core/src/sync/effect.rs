//! What the engine wants done, and what it says about itself. The driver executes, in order.

use super::event::{Incoming, OpId, Originals, RequestId};
use super::frame::{Ack, StreamMark};
use crate::chain::{Envelope, StreamId};
use crate::domain::Digest;

/// What to read from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadRequest {
    /// Claims, marks, cursor, and what to push.
    Exchange {
        /// How much to push, nearly; one run may exceed it.
        max_bytes: u64,
        /// How long one run should be.
        run_bytes: u64,
        /// Streams whose push starts here and not behind the stored mark: the hub has a gap.
        from: Vec<(StreamId, u64)>,
        /// Streams that are not pushed for now.
        skip: Vec<StreamId>,
        /// Streams whose runs are wanted in long form only: the hub could not rebuild a short one.
        long: Vec<StreamId>,
    },
    /// Blobs to send, ordered.
    Blobs {
        /// Whether originals may go.
        originals: Originals,
    },
    /// The token of an earlier run, if it is still good.
    Token,
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// POST.
    Post,
    /// PUT.
    Put,
    /// HEAD.
    Head,
    /// PATCH.
    Patch,
}

impl Method {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
        }
    }
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Mem(Vec<u8>),
    /// A range of a blob's plain bytes, streamed from the vault.
    Blob {
        /// Which blob.
        digest: Digest,
        /// First byte.
        from: u64,
        /// How many.
        len: u64,
    },
}

impl Body {
    /// How many bytes that is.
    pub fn len_bytes(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Mem(bytes) => bytes.len() as u64,
            Self::Blob { len, .. } => *len,
        }
    }
}

/// One request to the hub. Its headers may hold the access token: never log them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its name.
    pub rid: RequestId,
    /// How.
    pub method: Method,
    /// Path below the hub's address.
    pub path: String,
    /// Headers to send as they are.
    pub headers: Vec<(String, String)>,
    /// What it carries.
    pub body: Body,
    /// Give up when no byte moved for so long; there is no limit on the whole.
    pub no_progress_ms: u64,
}

/// What to write in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Txn {
    /// The hub holds each stream up to the mark; it is taken over even if it is lower than the
    /// one stored. A header that is not ours at that number is refused with
    /// [`super::StoreFailure::NotOurs`].
    Acked(Vec<Ack>),
    /// Envelopes of others through the gate, and the cursor behind them.
    Page {
        /// Runs in feed order; a short one that cannot be expanded, or does not verify, refuses
        /// the page with [`super::StoreFailure::Unexpanded`].
        runs: Vec<Incoming>,
        /// Bodies that come after their headers.
        late: Vec<Envelope>,
        /// Where the next page starts.
        cursor: Vec<u8>,
    },
    /// The hub holds every byte of this blob.
    BlobSent(Digest),
    /// This store was restored from an older state: open a new epoch, forget the cursor.
    Rollback {
        /// What the hub holds of the stream.
        hub: StreamMark,
    },
    /// Forget the cursor, keep everything else.
    CursorReset,
    /// A new token, so that the next process need not ask for one.
    Token {
        /// Its text: never log it.
        text: String,
        /// How long it is good for from now.
        valid_ms: u64,
    },
    /// Two headers claim one number: keep both, freeze the stream, alert.
    Fork {
        /// Which stream.
        stream: StreamId,
    },
}

/// What is done in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read, then [`super::Event::Loaded`] or [`super::Event::StoreFail`].
    Load {
        /// Its name.
        op: OpId,
        /// What.
        what: LoadRequest,
    },
    /// Send, then [`super::Event::HttpDone`] or [`super::Event::HttpFail`].
    Http(Request),
    /// Break this request off; its outcome is of no interest any more.
    Cancel {
        /// Which.
        rid: RequestId,
    },
    /// Write, then [`super::Event::Stored`] or [`super::Event::StoreFail`].
    Store {
        /// Its name.
        op: OpId,
        /// What.
        txn: Txn,
    },
    /// Sign with the device key, then [`super::Event::Signed`].
    Sign {
        /// From the hub.
        nonce: Vec<u8>,
    },
    /// Send [`super::Event::Tick`] then; the newest timer replaces the others.
    Timer {
        /// On the monotonic clock of `step`.
        at_ms: u64,
    },
    /// Tell people and the log.
    Report(Report),
}

/// Something worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The figures changed.
    Progress(Progress),
    /// The hub or the way to it refused something; the engine goes on as it can.
    Trouble {
        /// The protocol's code, or one of `NO_NETWORK`, `CUT`, `TIMEOUT`, `REFUSED`, `TLS`,
        /// `PAGE`, `HTTP`, `STORE`, `UNACKNOWLEDGED`, `UNSENDABLE`, `TOKEN`.
        code: String,
        /// For the log.
        detail: String,
        /// The stream it is about.
        stream: Option<StreamId>,
    },
    /// A blob is given up until the next start.
    BlobBroken {
        /// Which.
        digest: Digest,
        /// For the log.
        why: String,
    },
}

/// Why nothing goes on without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The app is too old to pull; it still pushes.
    Upgrade,
    /// The device was revoked; what it holds is kept.
    Revoked,
    /// The hub does not take this device's signature or its fresh token.
    NeedAuth,
}

/// What is being put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// A new epoch after a restored store.
    Rollback,
    /// Pulling from the beginning.
    CursorReset,
    /// Freezing a stream.
    Fork,
}

/// Where the engine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateName {
    /// Waits for a start.
    Stopped,
    /// Everything is done.
    Idle,
    /// Gets a token.
    Auth,
    /// Loads, pushes and pulls.
    Exchange,
    /// Waits for a transaction.
    Storing,
    /// Sends photos.
    Blobs,
    /// Waits for a time or a link.
    Backoff,
    /// Puts something right.
    Recover(Recovery),
    /// Waits for a person.
    Blocked(Block),
    /// Waits for room; the next start pushes first and then tries to pull again.
    DiskFull,
}

/// Figures for progress bars. Bytes are those of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Where the engine stands.
    pub state: StateName,
    /// Bytes sent, also those of requests that failed.
    pub bytes_up: u64,
    /// Bytes received.
    pub bytes_down: u64,
    /// Requests made.
    pub requests: u64,
    /// Requests that had to be made again.
    pub retries: u64,
    /// Envelopes the hub acknowledged.
    pub pushed: u64,
    /// Envelopes taken from the hub.
    pub pulled: u64,
    /// Envelopes that wait here.
    pub to_push: u64,
    /// Feed entries that wait at the hub.
    pub to_pull: u64,
    /// Blobs sent.
    pub blobs_sent: u64,
    /// Blobs that wait.
    pub blobs_left: u64,
    /// Their bytes.
    pub blob_bytes_left: u64,
    /// Blobs that wait for a link that costs nothing.
    pub blobs_held: u64,
    /// Their bytes.
    pub blob_bytes_held: u64,
    /// Blobs given up until the next start.
    pub blobs_broken: u64,
    /// Streams not pushed until the next start.
    pub streams_held: u64,
}
