//! What crosses the wire in one exchange, and how a page of it is packed.
//!
//! A page is one byte that says how it is packed, then canonical CBOR frames one after the other up
//! to [`Frame::End`], then the bytes of short runs that no compression helps. Packed as they are,
//! with zstd, or with zstd and a built-in dictionary; the window is at most 1 MiB. Limits are
//! checked before anything is expanded: 4 MiB out, ratio 64, 256 KiB a frame.

mod page;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

pub use page::{PageError, dictionary_of, is_whole, pack, pack_with, unpack};

use crate::chain::short::ShortRun;
use crate::chain::{Envelope, Run, StreamId};
use crate::domain::{Digest, Epoch, ScopeId, WallMs};

/// Largest frame in bytes.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;
/// Largest page after decompression.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// A page may not expand to more than this multiple of what came.
pub const MAX_RATIO: usize = 64;
/// Largest request body that a hub takes, if it does not say otherwise.
pub const DEFAULT_REQUEST_BYTES: u64 = 1024 * 1024;

/// The first bytes of a header's digest: enough to see that a store was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct HeaderTag(#[cbor(with = "minicbor::bytes")] [u8; 8]);

impl HeaderTag {
    /// Of no header.
    pub const NONE: Self = Self([0; 8]);

    /// Of the header with this digest.
    pub fn of(header: &Digest) -> Self {
        let mut tag = [0; 8];
        for (to, from) in tag.iter_mut().zip(header.as_bytes()) {
            *to = *from;
        }
        Self(tag)
    }
}

/// The first bytes of a scope's id, or all of them where two of a device's begin alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct ScopeTag(ByteVec);

impl ScopeTag {
    /// The shortest tag that tells a scope from the others.
    pub fn of(scope: ScopeId, among: &[ScopeId]) -> Self {
        let short = |id: &ScopeId| id.as_bytes().first_chunk::<4>().copied();
        let alike = among
            .iter()
            .filter(|other| **other != scope && short(other) == short(&scope));
        let len = if alike.count() == 0 { 4 } else { 16 };
        let bytes = scope.as_bytes().iter().take(len).copied();
        Self(ByteVec::from(bytes.collect::<Vec<_>>()))
    }

    /// The only scope that begins so.
    pub fn find(&self, among: &[ScopeId]) -> Option<ScopeId> {
        let long_enough = self.0.len() >= 4;
        let mut like = among
            .iter()
            .filter(|scope| long_enough && scope.as_bytes().starts_with(&self.0));
        like.next().copied().filter(|_| like.next().is_none())
    }
}

/// Where a device says one of its streams stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamClaim {
    /// Which stream.
    pub stream: StreamId,
    /// Its newest number on the device.
    pub last_seq: u64,
    /// Of that header.
    pub last_header: HeaderTag,
}

/// The same on the wire: device and epoch are known.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Claim {
    /// Its scope.
    #[n(0)]
    pub scope: ScopeTag,
    /// Its newest number on the device.
    #[n(1)]
    pub last_seq: u64,
    /// Of that header.
    #[n(2)]
    pub last_header: HeaderTag,
}

/// Opens an exchange. The token says who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Protocol versions spoken.
    #[n(1)]
    pub protocols: Vec<u8>,
    /// The epoch its streams are written in.
    #[n(2)]
    pub epoch: Epoch,
    /// Its streams in that epoch; other frames name them by their place here.
    #[n(3)]
    pub streams: Vec<Claim>,
    /// Schema of the case documents it writes.
    #[n(4)]
    pub schema: u32,
}

/// Asks for what is new.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pull {
    /// The cursor of the last page that was stored, exactly as given.
    #[n(1)]
    pub cursor: Option<ByteVec>,
    /// How much may come.
    #[n(2)]
    pub max_bytes: u64,
    /// Runs in long form: the short form of the last page could not be expanded.
    #[n(3)]
    pub form: Option<Form>,
}

/// How runs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Form {
    /// Headers verbatim.
    #[n(1)]
    Long,
}

/// A stream as a frame names it: by its place in the hello, or in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StreamName {
    /// Its place among the streams of the hello.
    #[n(1)]
    pub claim: Option<u64>,
    /// Its full name, if it has no place there.
    #[n(2)]
    pub stream: Option<StreamId>,
}

impl StreamName {
    /// The shortest name of a stream, given the claims of a hello.
    pub fn of(stream: StreamId, claims: impl IntoIterator<Item = StreamId>) -> Self {
        let mut places = claims.into_iter().zip(0..);
        let place = places.find(|(claim, _)| *claim == stream);
        match place {
            Some((_, place)) => Self {
                claim: Some(place),
                stream: None,
            },
            None => Self {
                claim: None,
                stream: Some(stream),
            },
        }
    }

    /// The stream, given the claims; nothing for a place that is none.
    pub fn find(&self, claims: impl IntoIterator<Item = StreamId>) -> Option<StreamId> {
        match (self.claim, self.stream) {
            (Some(place), None) => claims.into_iter().nth(usize::try_from(place).ok()?),
            (None, stream) => stream,
            (Some(_), Some(_)) => None,
        }
    }
}

/// A run in short form.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ShortFrame {
    /// Which stream.
    #[n(1)]
    pub stream: StreamName,
    /// Number of its first envelope.
    #[n(2)]
    pub first: u64,
    /// How many envelopes.
    #[n(3)]
    pub count: u64,
    /// Their columns.
    #[n(4)]
    pub columns: ByteVec,
    /// How many bytes of its own stand behind the frames.
    #[n(5)]
    pub pool_len: u64,
    /// Those bytes.
    #[cbor(skip)]
    pub pool: Vec<u8>,
}

impl ShortFrame {
    /// A short run of a stream.
    pub fn new(stream: StreamName, run: ShortRun) -> Self {
        let ShortRun {
            first,
            count,
            columns,
            pool,
        } = run;
        Self {
            stream,
            first,
            count,
            columns: ByteVec::from(columns),
            pool_len: pool.len() as u64,
            pool,
        }
    }

    /// The run, without the stream's name.
    pub fn into_run(self) -> ShortRun {
        ShortRun {
            first: self.first,
            count: self.count,
            columns: self.columns.into(),
            pool: self.pool,
        }
    }
}

/// Where the hub stands with one stream of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamMark {
    /// Which stream.
    pub stream: StreamId,
    /// Highest number durably held; 0 if none.
    pub mark: u64,
    /// Of that header.
    pub header: HeaderTag,
}

/// The same on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ClaimMark {
    /// The stream's place in the hello.
    #[n(0)]
    pub claim: u64,
    /// Highest number durably held; 0 if none.
    #[n(1)]
    pub mark: u64,
    /// Of that header.
    #[n(2)]
    pub header: HeaderTag,
}

/// Answers a [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// The hub's clock; only shown, it orders nothing.
    #[n(1)]
    pub hub_time: WallMs,
    /// Where the hub stands, before this exchange, with the streams that it does not hold exactly
    /// as claimed.
    #[n(2)]
    pub streams: Option<Vec<ClaimMark>>,
    /// Largest request body it takes, if not the usual.
    #[n(3)]
    pub max_request_bytes: Option<u64>,
}

/// One envelope that was taken but not applied.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Exception {
    /// Its number.
    #[n(0)]
    pub seq: u64,
    /// A stable code: `DEPS_MISSING` (parked), `CHANGE_INVALID` (quarantined).
    #[n(1)]
    pub code: String,
    /// For people.
    #[n(2)]
    pub detail: String,
}

/// What a hub holds durably of one stream now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Which stream.
    pub stream: StreamId,
    /// Up to where.
    pub mark: u64,
    /// Of the header there.
    pub header: HeaderTag,
    /// Envelopes that are held but not applied.
    pub exceptions: Vec<Exception>,
}

/// Durable when sent: the hub holds the stream up to `mark`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AckFrame {
    /// Which stream.
    #[n(1)]
    pub stream: StreamName,
    /// Up to where.
    #[n(2)]
    pub mark: u64,
    /// Of the header there.
    #[n(3)]
    pub header: HeaderTag,
    /// Envelopes that are held but not applied.
    #[n(4)]
    pub exceptions: Option<Vec<Exception>>,
}

/// Ends a page: everything before it was stored together with it, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    /// Opaque and authenticated; comes back in the next [`Pull`]. Absent: the one that was sent.
    #[n(1)]
    pub token: Option<ByteVec>,
    /// How many feed entries wait behind this page; absent if none.
    #[n(2)]
    pub lag: Option<u64>,
}

/// Something was refused; the rest of the page stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Fault {
    /// A stable code of the protocol: `GAP`, `ROLLBACK`, `STREAM_FORKED`, `RUN_UNVERIFIED`,
    /// `SCOPE_DENIED`, `CURSOR_RESET`, `DEVICE_REVOKED`, `SCHEMA_TOO_OLD`, `TOO_LARGE`, `BUSY`,
    /// `DICTIONARY_UNKNOWN` …
    #[n(1)]
    pub code: String,
    /// For people.
    #[n(2)]
    pub detail: String,
    /// The stream it is about, if any.
    #[n(3)]
    pub stream: Option<StreamName>,
    /// With `GAP`: the number that must come next.
    #[n(4)]
    pub expected: Option<u64>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub enum Frame {
    /// Opens a request.
    #[n(1)]
    Hello(#[n(0)] Hello),
    /// A sealed run in long form, either way.
    #[n(2)]
    Run(#[n(0)] Run),
    /// Asks for a page.
    #[n(3)]
    Pull(#[n(0)] Pull),
    /// Opens an answer.
    #[n(4)]
    Welcome(#[n(0)] Welcome),
    /// Durable.
    #[n(5)]
    Ack(#[n(0)] AckFrame),
    /// The body of an envelope whose header came bare before.
    #[n(6)]
    Late(#[n(0)] Envelope),
    /// Ends a page.
    #[n(7)]
    Cursor(#[n(0)] Cursor),
    /// Refusal.
    #[n(8)]
    Fault(#[n(0)] Fault),
    /// Ends a request or an answer; without it the page was cut.
    #[n(9)]
    End,
    /// A sealed run in short form, either way.
    #[n(10)]
    Short(#[n(0)] ShortFrame),
}
