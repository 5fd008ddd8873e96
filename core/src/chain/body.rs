//! Bodies that belong to the chain itself: photos, keys, access, receipts.
//!
//! Statements, signatures and decisions have their bodies in the `statement` room; a change's
//! body is the raw Automerge change.

use minicbor::{Decode, Encode};

use super::envelope::StreamId;
use super::key::SignedCertificate;
use crate::domain::{CaseId, DeviceId, Digest, Epoch};

/// Whether a blob is evidence or made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum BlobRole {
    /// The photo as the camera wrote it.
    #[n(1)]
    Original,
    /// A small upright JPEG of it.
    #[n(2)]
    Thumbnail,
}

/// How a photo came into the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Origin {
    /// The app's own camera.
    #[n(1)]
    Camera,
    /// Picked from the phone's gallery.
    #[n(2)]
    Gallery,
    /// A file from elsewhere.
    #[n(3)]
    Imported,
}

/// Says that a photo exists and which bytes it is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PhotoBody {
    /// The case it belongs to.
    #[n(1)]
    pub case: CaseId,
    /// SHA-256 of the bytes.
    #[n(2)]
    pub digest: Digest,
    /// Length in bytes.
    #[n(3)]
    pub len_bytes: u64,
    /// RFC 6962 root over the digests of its 256-KiB chunks.
    #[n(4)]
    pub chunk_root: Digest,
    /// MIME type found in the content.
    #[n(5)]
    pub media_type: String,
    /// Original or made from one.
    #[n(6)]
    pub role: BlobRole,
    /// For a thumbnail: the original's digest.
    #[n(7)]
    pub of: Option<Digest>,
    /// How it came in.
    #[n(8)]
    pub origin: Origin,
}

/// Why an epoch was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyReason {
    /// The device was enrolled.
    #[n(1)]
    Install,
    /// The store was restored from a copy and the hub knew more than it.
    #[n(2)]
    Rollback,
}

/// Opens an epoch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyBody {
    /// Why.
    #[n(1)]
    pub reason: KeyReason,
    /// The epoch this one follows.
    #[n(2)]
    pub previous: Option<Epoch>,
}

/// The hub's word on who may read and write.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AclBody {
    /// The device's certificate.
    #[n(1)]
    pub certificate: SignedCertificate,
    /// Whether it is withdrawn from here on.
    #[n(2)]
    pub revoked: bool,
}

/// What the hub durably holds of one stream, and which blobs it has verified since the last.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReceiptBody {
    /// Whose envelopes.
    #[n(1)]
    pub stream: StreamId,
    /// Up to which number.
    #[n(2)]
    pub mark: u64,
    /// Digest of the header there.
    #[n(3)]
    pub header: Digest,
    /// Blobs whose bytes were checked against their digest.
    #[n(4)]
    pub blobs: Vec<Digest>,
    /// Which device it is for.
    #[n(5)]
    pub device: DeviceId,
}
