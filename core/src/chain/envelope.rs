//! The envelope, its header, the seal and the run: the bytes that courts and peers check.
//!
//! Shapes are fixed by `docs/formats/envelope.md`; a released shape never changes meaning.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::key::{DeviceKey, KeyId, PublicKey};
use crate::domain::{CaseId, DeviceId, Digest, Epoch, Reading, ScopeId, WallMs, cbor};

/// Largest body in bytes (a change, a freeze).
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Largest envelope as a frame.
pub const MAX_ENVELOPE_BYTES: usize = 256 * 1024;
/// A run is closed by a seal at the latest when it reaches this size.
pub const MAX_RUN_BYTES: usize = 64 * 1024;

/// One device's writing in one scope during one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct StreamId {
    /// Who may read it.
    #[n(0)]
    pub scope: ScopeId,
    /// Who writes it.
    #[n(1)]
    pub device: DeviceId,
    /// Which unbroken life of the writer's store.
    #[n(2)]
    pub epoch: Epoch,
}

/// What an envelope carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// One uncompressed Automerge change of a case.
    #[n(1)]
    Change,
    /// A photo (or its thumbnail) exists: digest, length, chunk root.
    #[n(2)]
    Photo,
    /// A frozen statement: canonical bytes and the exact text shown.
    #[n(3)]
    Freeze,
    /// Ink, refusal or revocation bound to a freeze.
    #[n(4)]
    Signature,
    /// An office decision that names the heads it looked at; only from a hub.
    #[n(5)]
    Decision,
    /// Who did what, for the record of access.
    #[n(6)]
    Audit,
    /// Opens an epoch and says why.
    #[n(7)]
    Key,
    /// A certificate or its revocation; only from a hub.
    #[n(8)]
    Acl,
    /// A deletion with its reason.
    #[n(9)]
    Tombstone,
    /// Reserved; refused.
    #[n(10)]
    Snapshot,
    /// What the hub durably holds; only from a hub.
    #[n(11)]
    Receipt,
}

impl Kind {
    /// Kinds that only a hub may write.
    pub const fn hub_only(self) -> bool {
        matches!(
            self,
            Self::Decision | Self::Acl | Self::Receipt | Self::Snapshot
        )
    }

    /// Kinds that are sealed at once rather than when they leave.
    pub const fn sealed_at_once(self) -> bool {
        matches!(self, Self::Freeze | Self::Signature | Self::Decision)
    }

    /// The number on the wire and in the store.
    pub const fn number(self) -> u8 {
        match self {
            Self::Change => 1,
            Self::Photo => 2,
            Self::Freeze => 3,
            Self::Signature => 4,
            Self::Decision => 5,
            Self::Audit => 6,
            Self::Key => 7,
            Self::Acl => 8,
            Self::Tombstone => 9,
            Self::Snapshot => 10,
            Self::Receipt => 11,
        }
    }

    const ALL: [Self; 11] = [
        Self::Change,
        Self::Photo,
        Self::Freeze,
        Self::Signature,
        Self::Decision,
        Self::Audit,
        Self::Key,
        Self::Acl,
        Self::Tombstone,
        Self::Snapshot,
        Self::Receipt,
    ];

    /// The kind with that number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| i64::from(kind.number()) == number)
    }
}

/// What an envelope is about: a case, a device, a digest, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Subject(ByteVec);

impl Subject {
    /// About nothing in particular.
    pub fn none() -> Self {
        Self(ByteVec::from(Vec::new()))
    }

    /// About a case.
    pub fn case(id: CaseId) -> Self {
        Self(ByteVec::from(id.as_bytes().to_vec()))
    }

    /// About a device.
    pub fn device(id: DeviceId) -> Self {
        Self(ByteVec::from(id.as_bytes().to_vec()))
    }

    /// The case, if the subject has the length of one.
    pub fn as_case(&self) -> Option<CaseId> {
        CaseId::from_slice(&self.0)
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(ByteVec::from(bytes))
    }

    fn is_well_formed(&self) -> bool {
        matches!(self.0.len(), 0 | 16 | 32)
    }
}

/// The newest hub header the writer held: a *not before* that no phone clock can forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Seen {
    /// The hub's stream.
    #[n(0)]
    pub stream: StreamId,
    /// Its sequence number.
    #[n(1)]
    pub seq: u64,
    /// Digest of that header.
    #[n(2)]
    pub header: Digest,
}

/// What is signed, through the chain, about one envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// Format version, 1.
    #[n(1)]
    pub version: u8,
    /// The stream's scope.
    #[n(2)]
    pub scope: ScopeId,
    /// The stream's device.
    #[n(3)]
    pub device: DeviceId,
    /// The stream's epoch.
    #[n(4)]
    pub epoch: Epoch,
    /// Place in the stream, from 1, without gaps.
    #[n(5)]
    pub seq: u64,
    /// Digest of the previous header; zero for the first.
    #[n(6)]
    pub prev: Digest,
    /// What the body is.
    #[n(7)]
    pub kind: Kind,
    /// What it is about.
    #[n(8)]
    pub subject: Subject,
    /// SHA-256 of the body.
    #[n(9)]
    pub body_sha256: Digest,
    /// Length of the body in bytes.
    #[n(10)]
    pub body_len: u64,
    /// Who used the device: a name of the certificate, or the signed-in reviewer.
    #[n(11)]
    pub user: String,
    /// The wall clock's claim.
    #[n(12)]
    pub wall: WallMs,
    /// Which boot.
    #[n(13)]
    pub boot_id: ByteArray<16>,
    /// Milliseconds since that boot.
    #[n(14)]
    pub mono_ms: u64,
    /// The newest hub header held when this was written.
    #[n(15)]
    pub seen: Option<Seen>,
    /// Which key seals the stream.
    #[n(16)]
    pub key: KeyId,
}

impl Header {
    /// The stream this belongs to.
    pub fn stream(&self) -> StreamId {
        StreamId {
            scope: self.scope,
            device: self.device,
            epoch: self.epoch,
        }
    }

    /// The clocks as the writer read them.
    pub fn reading(&self) -> Reading {
        Reading {
            wall: self.wall,
            boot_id: *self.boot_id,
            mono_ms: self.mono_ms,
        }
    }
}

/// Bytes that are not an envelope or a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The CBOR is wrong or has a second spelling.
    #[error(transparent)]
    Cbor(#[from] cbor::CborError),
    /// A format version this build does not know.
    #[error("header version {0} is newer than this build")]
    Version(u8),
    /// Body, user name or subject beyond the limit.
    #[error("{what} has {len} bytes, at most {limit}")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// The body is not the one the header names.
    #[error("the body does not match its digest")]
    BodyMismatch,
}

/// A header and its body; a body that is parked, redacted or not wanted is absent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Envelope {
    /// Canonical CBOR of the [`Header`].
    #[n(0)]
    pub header: ByteVec,
    /// The body's bytes.
    #[n(1)]
    pub body: Option<ByteVec>,
}

impl Envelope {
    /// The envelope's name: digest of its header.
    pub fn id(&self) -> Digest {
        Digest::of(&self.header)
    }

    /// Size on the wire, nearly.
    pub fn len_bytes(&self) -> usize {
        self.header.len() + self.body.as_ref().map_or(1, |body| body.len()) + 8
    }

    /// The header, checked for form and limits, and the body against the header.
    ///
    /// # Errors
    /// [`EnvelopeError`] names what is wrong.
    pub fn parse(&self) -> Result<Header, EnvelopeError> {
        let header: Header = cbor::decode(&self.header)?;
        if header.version != 1 {
            return Err(EnvelopeError::Version(header.version));
        }
        if header.user.len() > 128 {
            return Err(EnvelopeError::TooLarge {
                what: "user",
                len: header.user.len(),
                limit: 128,
            });
        }
        if !header.subject.is_well_formed() {
            return Err(EnvelopeError::TooLarge {
                what: "subject",
                len: header.subject.0.len(),
                limit: 32,
            });
        }
        if let Some(body) = &self.body {
            if body.len() > MAX_BODY_BYTES {
                return Err(EnvelopeError::TooLarge {
                    what: "body",
                    len: body.len(),
                    limit: MAX_BODY_BYTES,
                });
            }
            if header.body_len != body.len() as u64 || header.body_sha256 != Digest::of(body) {
                return Err(EnvelopeError::BodyMismatch);
            }
        }
        Ok(header)
    }
}

/// One signature that covers a stream from its beginning to `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Seal {
    /// Which stream.
    #[n(0)]
    pub stream: StreamId,
    /// Up to where.
    #[n(1)]
    pub seq: u64,
    /// Digest of the header at `seq`.
    #[n(2)]
    pub header: Digest,
    /// Which key signed.
    #[n(3)]
    pub key: KeyId,
    /// Ed25519 over the label and `header`.
    #[n(4)]
    pub sig: ByteArray<64>,
}

const SEAL_LABEL: &[u8] = b"lossbook/seal/v1\0";

impl Seal {
    /// Signs the newest header of a stream.
    pub fn make(stream: StreamId, seq: u64, header: Digest, key: &DeviceKey) -> Self {
        let sig = key.sign(SEAL_LABEL, header.as_bytes());
        Self {
            stream,
            seq,
            header,
            key: key.public().id(),
            sig: ByteArray::from(sig),
        }
    }

    /// Whether `key` made this seal.
    pub fn verify(&self, key: &PublicKey) -> bool {
        self.key == key.id() && key.verify(SEAL_LABEL, self.header.as_bytes(), &self.sig)
    }
}

/// A stretch of one stream that ends in a seal; receivers take it whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Run {
    /// Consecutive envelopes.
    #[n(0)]
    pub envelopes: Vec<Envelope>,
    /// The seal over the last of them.
    #[n(1)]
    pub seal: Seal,
}

impl Run {
    /// Size on the wire, nearly.
    pub fn len_bytes(&self) -> usize {
        self.envelopes
            .iter()
            .map(Envelope::len_bytes)
            .sum::<usize>()
            + 200
    }
}
