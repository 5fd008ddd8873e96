//! Two phones side by side: what one holds and the other lacks goes over any stream of bytes.
//!
//! The host brings the bytes (hotspot, Wi-Fi Direct, Bluetooth, a pipe) and hands them to
//! [`PeerSession::step`]; what comes out is written to the other side. The session reads and writes
//! the store through [`PeerSide`], which `app` implements. The form is fixed by
//! `docs/formats/bundle.md`.
//!
//! Invariants: nothing of a case leaves before the other side proved, with the key that the pinned
//! hub certified, who it is; only scopes that both certificates may read are spoken of; what was
//! taken is in the store, so a session that breaks at any byte is gone on with by the next one; at
//! most [`WINDOW`] pieces are on their way, so neither side outruns the other's disk.
//!
//! Refuses: sockets, time, and randomness of its own; and to judge runs, which the gate does.

mod channel;
mod noise;
mod session;

use minicbor::{Decode, Encode};

use super::bundle::{Extent, HeldMark};
use crate::chain::{Certificate, Run, SignedCertificate};
use crate::domain::Digest;

pub use session::{PeerEvent, PeerMe, PeerProgress, PeerSession, PeerStep, Role};

/// Version spoken.
pub const PEER_VERSION: u8 = 1;
/// Pieces on their way that the other side has not stored yet.
pub const WINDOW: u32 = 32;
/// Most blobs asked for at a time.
pub const MAX_ASKED: usize = 1_000;

/// Why two phones do not speak, or stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// Something else answered.
    #[error("what answered is no Lossbook phone（对方不是本系统的手机）")]
    NotAPeer,
    /// A later version.
    #[error(
        "the other phone speaks version {0}, newer than this build（对方版本较新）: update the app"
    )]
    Newer(u8),
    /// Another insurer's.
    #[error("the other phone belongs to another hub（对方属于另一家总部）: nothing was exchanged")]
    OtherHub,
    /// The handshake failed: noise on the line, or somebody in between.
    #[error("the secure handshake failed（安全握手失败）: try again, side by side")]
    Handshake,
    /// The hub did not vouch for the other side.
    #[error("{name} is not vouched for by this phone's hub（对方未经总部认证）: refused")]
    Unknown {
        /// What it calls itself.
        name: String,
    },
    /// The other side was withdrawn.
    #[error("the phone of {name} was withdrawn by head office（对方手机已被总部停用）: refused")]
    Revoked {
        /// Its user.
        name: String,
    },
    /// A phone that met itself.
    #[error("this is the same phone（对方就是本机）")]
    Ourselves,
    /// The other side said no.
    #[error("the other phone refused（对方拒绝）: {detail} ({code})")]
    Refused {
        /// Its code.
        code: String,
        /// What it said.
        detail: String,
    },
    /// What came is not what the protocol says.
    #[error("the other phone sent something that does not belong here（对方发来无法识别的内容）")]
    Malformed,
    /// The store of this phone failed.
    #[error("this phone could not go on（本机存储出错）: {0}")]
    Store(String),
}

impl PeerError {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPeer => "not_a_peer",
            Self::Newer(_) => "newer_peer",
            Self::OtherHub => "other_hub",
            Self::Handshake => "handshake",
            Self::Unknown { .. } => "unknown_peer",
            Self::Revoked { .. } => "peer_revoked",
            Self::Ourselves => "same_phone",
            Self::Refused { .. } => "refused_by_peer",
            Self::Malformed => "peer_malformed",
            Self::Store(_) => "peer_store",
        }
    }
}

/// A blob that is asked for, and which chunks of it wait already.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Want {
    /// SHA-256 of its bytes.
    #[n(0)]
    pub digest: Digest,
    /// RFC 6962 root over its chunks.
    #[n(1)]
    pub root: Digest,
    /// Its length.
    #[n(2)]
    pub len_bytes: u64,
    /// Numbers of the chunks that are here.
    #[n(3)]
    pub have: Vec<u64>,
}

/// Something of a stream for the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The hub's word for a writer whose runs follow.
    Certificate(SignedCertificate),
    /// A run.
    Run(Run),
}

/// What crosses between two phones once they know each other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) enum PeerFrame {
    /// How far the sender holds each stream whole, in scopes that both may read.
    #[n(1)]
    Hello(#[n(0)] Vec<HeldMark>),
    /// The hub's word for a writer.
    #[n(2)]
    Certificate(#[n(0)] SignedCertificate),
    /// A run, headers verbatim.
    #[n(3)]
    Run(#[n(0)] Run),
    /// No run follows.
    #[n(4)]
    RunsEnd,
    /// Blobs that the sender lacks; none if it lacks nothing more.
    #[n(5)]
    Wants(#[n(0)] Vec<Want>),
    /// Bytes of a blob.
    #[n(6)]
    Extent(#[n(0)] Extent),
    /// Everything that was asked for and is held was sent.
    #[n(7)]
    ExtentsEnd,
    /// So many runs and extents more are stored.
    #[n(8)]
    Stored(#[n(0)] u32),
    /// The sender refuses to go on: code, and words for people.
    #[n(9)]
    Refuse(#[n(0)] String, #[n(1)] String),
}

/// The store of one side, as the session needs it.
pub trait PeerSide {
    /// Who the other side is, if the hub vouched for it and this key is its own.
    ///
    /// # Errors
    /// [`PeerError::Unknown`], [`PeerError::Revoked`], [`PeerError::Ourselves`].
    fn admit(
        &mut self,
        signed: &SignedCertificate,
        key: &[u8; 32],
    ) -> Result<Certificate, PeerError>;
    /// How far streams are held whole, in scopes that both may read.
    ///
    /// # Errors
    /// As the store fails.
    fn marks(&mut self) -> Result<Vec<HeldMark>, PeerError>;
    /// What the other side holds: from here on [`PeerSide::next_piece`] gives what it lacks.
    ///
    /// # Errors
    /// As the store fails.
    fn meet(&mut self, marks: &[HeldMark]) -> Result<(), PeerError>;
    /// The next piece for the other side.
    ///
    /// # Errors
    /// As the store fails.
    fn next_piece(&mut self) -> Result<Option<Piece>, PeerError>;
    /// The hub's word for a writer, not yet verified.
    ///
    /// # Errors
    /// As the store fails.
    fn take_certificate(&mut self, signed: &SignedCertificate) -> Result<(), PeerError>;
    /// Runs in order.
    ///
    /// # Errors
    /// As the store fails.
    fn take_runs(&mut self, runs: &[Run]) -> Result<(), PeerError>;
    /// Blobs to ask for, small ones first; none twice in a session.
    ///
    /// # Errors
    /// As the store fails.
    fn wants(&mut self) -> Result<Vec<Want>, PeerError>;
    /// What the other side asks for: from here on [`PeerSide::next_extent`] gives it, as far as it
    /// is held and may be read there.
    ///
    /// # Errors
    /// As the store fails.
    fn serve(&mut self, wants: Vec<Want>) -> Result<(), PeerError>;
    /// The next chunk for the other side.
    ///
    /// # Errors
    /// As the store fails.
    fn next_extent(&mut self) -> Result<Option<Extent>, PeerError>;
    /// A proven chunk.
    ///
    /// # Errors
    /// As the store fails.
    fn take_extent(&mut self, extent: &Extent) -> Result<(), PeerError>;
}
