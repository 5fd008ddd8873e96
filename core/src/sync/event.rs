//! What can happen to the engine. Every event is legal at every time; a late answer is ignored.

use super::frame::{StreamClaim, StreamMark};
use crate::chain::short::ShortRun;
use crate::chain::{BlobRole, Run};
use crate::domain::{Digest, Epoch, ScopeId};

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
        /// Whether bytes cost money; the policy may then hold originals back.
        metered: bool,
    },
}

/// What the host lets cost money. Set it before the first start, or at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether originals travel over a link that is metered.
    pub metered_originals: Originals,
}

impl Policy {
    /// Originals wait for a link that costs nothing.
    pub const THRIFTY: Self = Self {
        metered_originals: Originals::Hold,
    };
}

/// Whether originals are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Originals {
    /// They are.
    Send,
    /// They wait; everything smaller goes.
    Hold,
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
    /// A short run of the page could not be expanded: it is wanted in long form.
    Unexpanded,
    /// Anything else, for the log.
    Broken(String),
}

/// A run that leaves, and its short form where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The run.
    pub run: Run,
    /// The same in short form.
    pub short: Option<ShortRun>,
}

impl Outgoing {
    /// Size on the wire before compression, nearly.
    pub fn len_bytes(&self) -> usize {
        self.short.as_ref().map_or_else(
            || self.run.len_bytes(),
            |short| short.columns.len() + short.pool.len(),
        )
    }
}

/// A run that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// Headers verbatim.
    Long(Run),
    /// To be expanded from what is held of its stream.
    Short(crate::chain::StreamId, ShortRun),
}

impl Incoming {
    /// How many envelopes it says to have.
    pub fn count(&self) -> u64 {
        match self {
            Self::Long(run) => run.envelopes.len() as u64,
            Self::Short(_, short) => short.count,
        }
    }
}

/// A token that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedToken {
    /// Its text.
    pub text: String,
    /// How long it is still good for, by the wall clock.
    pub left_ms: u64,
}

impl std::fmt::Debug for SavedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SavedToken({} ms)", self.left_ms)
    }
}

/// What `app` read for an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeLoad {
    /// The epoch that this device writes in.
    pub epoch: Epoch,
    /// Every scope it may hold.
    pub scopes: Vec<ScopeId>,
    /// The streams of this device in the current epoch.
    pub claims: Vec<StreamClaim>,
    /// Schema of the case documents this build writes.
    pub schema: u32,
    /// Up to where the hub acknowledged each of them; a stream without any may be left out.
    pub acked: Vec<StreamMark>,
    /// What to push, most urgent stream first; each stream's runs in order from its mark + 1.
    pub runs: Vec<Outgoing>,
    /// Whether more waits behind `runs`.
    pub more: bool,
    /// Envelopes that the hub has not acknowledged, those of `runs` among them.
    pub waiting: u64,
    /// The cursor of the last page that was stored.
    pub cursor: Option<Vec<u8>>,
}

impl ExchangeLoad {
    /// Nothing to push and nothing pulled yet.
    pub const fn nothing(epoch: Epoch) -> Self {
        Self {
            epoch,
            scopes: Vec::new(),
            claims: Vec::new(),
            schema: 0,
            acked: Vec::new(),
            runs: Vec::new(),
            more: false,
            waiting: 0,
            cursor: None,
        }
    }
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
    Blobs(BlobLoad),
    /// The token that was kept, if it is still good.
    Token(Option<SavedToken>),
}

/// Blobs to send, and what waits in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlobLoad {
    /// The first of them.
    pub jobs: Vec<BlobJob>,
    /// All that may go now.
    pub waiting: Waiting,
    /// Those that wait for a link that costs nothing.
    pub held: Waiting,
}

/// A number of blobs and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// How many.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
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
    /// What may cost money changed.
    Policy(Policy),
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
