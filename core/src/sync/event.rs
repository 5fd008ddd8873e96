//! What can happen to the engine. Every event is legal at every time; a late answer is ignored.

use super::frame::{StreamClaim, StreamMark};
use crate::chain::{BlobRole, Run};
use crate::domain::{Digest, ScopeId};

/// Names one request; its answer brings the name back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Names one load or transaction; its outcome brings the name back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u64);

/// How fast the way to the hub is, as far as the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkClass {
    /// About 20 kbit/s.
    Gprs,
    /// About 60 kbit/s.
    Edge,
    /// 3G and better.
    Cell,
    /// Wi-Fi or a cable.
    Wifi,
}

/// Whether there is a way to the hub. Until told otherwise the engine takes it for Wi-Fi, so a
/// driver without senses sends no such event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// No interface is up.
    Down,
    /// One is.
    Up {
        /// How fast.
        class: LinkClass,
        /// Whether bytes cost money; `app` may then hold originals back.
        metered: bool,
    },
}

/// Why a request brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No way to the hub: no interface, no name, no route.
    NoNetwork,
    /// The connection broke while it was used.
    Cut,
    /// No byte moved for the time that the request allows.
    Timeout,
    /// Nobody listens there.
    Refused,
    /// The hub's certificate is not trusted.
    Tls,
}

/// Why a load or a transaction did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFailure {
    /// No room on the disk.
    Full,
    /// The header of an acknowledgement is not the one held at that number: this store was
    /// restored from an older state.
    NotOurs(StreamMark),
    /// Anything else, for the log.
    Broken(String),
}

/// What `app` read for an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExchangeLoad {
    /// The streams of this device in the current epoch.
    pub claims: Vec<StreamClaim>,
    /// Schema of the case documents this build writes.
    pub schema: u32,
    /// Up to where the hub acknowledged each of them; a stream without any may be left out.
    pub acked: Vec<StreamMark>,
    /// What to push, most urgent stream first; each stream's runs in order from its mark + 1.
    pub runs: Vec<Run>,
    /// Whether more waits behind `runs`.
    pub more: bool,
    /// Envelopes that the hub has not acknowledged, those of `runs` among them.
    pub waiting: u64,
    /// The cursor of the last page that was stored.
    pub cursor: Option<Vec<u8>>,
}

/// One blob that the hub lacks and whose envelope it has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobJob {
    /// Its name.
    pub digest: Digest,
    /// Its length.
    pub len_bytes: u64,
    /// The scope of its envelope.
    pub scope: ScopeId,
    /// Digests of its 256-KiB chunks.
    pub chunks: Vec<Digest>,
    /// Thumbnails go before originals.
    pub role: BlobRole,
}

/// What a load brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// For an exchange.
    Exchange(ExchangeLoad),
    /// Blobs to send, most urgent first; it may be a part of them, the engine asks again.
    Blobs(Vec<BlobJob>),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Synchronise now; also forgets what was held back or broken before.
    Start,
    /// Stop at once.
    Stop,
    /// The time of a timer came; too early does no harm.
    Tick,
    /// The interface changed.
    Link(Link),
    /// Something new was committed here.
    Local,
    /// A load is done.
    Loaded {
        /// Which.
        op: OpId,
        /// What it brought.
        loaded: Loaded,
    },
    /// A request was answered, whatever the status.
    HttpDone {
        /// Which.
        rid: RequestId,
        /// HTTP status.
        status: u16,
        /// Response headers; names in any case.
        headers: Vec<(String, String)>,
        /// Response body, at most 4 MiB; the driver cuts longer ones.
        body: Vec<u8>,
    },
    /// A request was not answered.
    HttpFail {
        /// Which.
        rid: RequestId,
        /// Why.
        why: Failure,
        /// Bytes of the body that left, if known.
        sent: u64,
    },
    /// A transaction is durable.
    Stored {
        /// Which.
        op: OpId,
    },
    /// A load or transaction did not happen.
    StoreFail {
        /// Which.
        op: OpId,
        /// Why.
        why: StoreFailure,
    },
    /// The device key signed a nonce. A locked key answers whenever it is unlocked.
    Signed {
        /// The nonce of the effect.
        nonce: Vec<u8>,
        /// Ed25519 over `lossbook/token/v1\0` and the nonce.
        sig: [u8; 64],
    },
}
