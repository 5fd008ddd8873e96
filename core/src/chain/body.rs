//! Bodies that belong to the chain itself: photos, keys, access, receipts.
//!
//! Statements, signatures and decisions have their bodies in the `statement` room; a change's
//! body is the raw Automerge change.

use std::str::FromStr;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::envelope::StreamId;
use super::key::SignedCertificate;
use crate::domain::{CaseId, DeviceId, Digest, Epoch, ScopeId, WallMs};

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
    /// A larger upright JPEG of it, for reviewers while the original waits for a better link.
    #[n(3)]
    Preview,
}

impl BlobRole {
    /// The word of lists and of the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Thumbnail => "thumbnail",
            Self::Preview => "preview",
        }
    }
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
    /// A bundle from another person's phone.
    #[n(4)]
    Bundle,
}

/// What the device itself knew when the shutter opened, or when a file was taken in. Whole
/// numbers, so that one moment has one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MomentBody {
    /// The wall clock's claim.
    #[n(1)]
    pub wall: WallMs,
    /// Which boot.
    #[n(2)]
    pub boot_id: ByteArray<16>,
    /// Milliseconds since that boot.
    #[n(3)]
    pub mono_ms: u64,
    /// Own camera: the number of the shot, counted by the device without gaps.
    #[n(4)]
    pub shutter: Option<u64>,
    /// Own camera: the highest number that was kept before, 0 for none.
    #[n(5)]
    pub kept_before: Option<u64>,
    /// Where the device was.
    #[n(6)]
    pub fix: Option<FixBody>,
}

/// Where the device says it was (WGS-84).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FixBody {
    /// Degrees north times ten million.
    #[n(1)]
    pub lat_e7: i64,
    /// Degrees east times ten million.
    #[n(2)]
    pub lon_e7: i64,
    /// How far off it may be.
    #[n(3)]
    pub accuracy_cm: Option<i64>,
    /// Above sea level.
    #[n(4)]
    pub alt_cm: Option<i64>,
    /// The satellites' time of the fix.
    #[n(5)]
    pub satellites: Option<WallMs>,
    /// How old the fix was.
    #[n(6)]
    pub age_ms: u32,
    /// The system says that a program made it up.
    #[n(7)]
    pub mocked: bool,
}

/// What the file claimed when it was taken in, so that it can be compared where the bytes are not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClaimBody {
    /// The camera's civil time.
    #[n(1)]
    pub civil: Option<String>,
    /// Its offset.
    #[n(2)]
    pub offset: Option<String>,
    /// The satellites' time.
    #[n(3)]
    pub gps_time: Option<String>,
    /// Degrees north times ten million, as written.
    #[n(4)]
    pub lat_e7: Option<i64>,
    /// Degrees east times ten million, as written.
    #[n(5)]
    pub lon_e7: Option<i64>,
    /// How far off the position may be.
    #[n(6)]
    pub accuracy_cm: Option<i64>,
    /// The datum as the camera named it.
    #[n(7)]
    pub datum: Option<String>,
    /// Maker and model.
    #[n(8)]
    pub camera: Option<String>,
    /// What wrote the file.
    #[n(9)]
    pub software: Option<String>,
    /// Words of the traces of editing.
    #[n(10)]
    pub edits: Option<Vec<String>>,
    /// Words of what is wrong with the file.
    #[n(11)]
    pub problems: Option<Vec<String>>,
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
    /// For an original: what the device knew then.
    #[n(9)]
    pub moment: Option<MomentBody>,
    /// For an original: what the file claimed then.
    #[n(10)]
    pub claims: Option<ClaimBody>,
    /// For a recording: how long it plays, as it claims.
    #[n(11)]
    pub duration_ms: Option<u64>,
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
    /// Head office took a scope from the device, which destroyed what it held of it.
    #[n(3)]
    Purge,
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
    /// Whether the device is withdrawn from here on.
    #[n(2)]
    pub revoked: bool,
    /// The hub's count of its words about this device; the one with the highest number stands,
    /// in whatever order they arrive.
    #[n(3)]
    pub number: Option<u64>,
    /// In the device's private scope: what it may no longer read, and what it must do with it.
    #[n(4)]
    pub ends: Option<Vec<ScopeEnd>>,
    /// In a scope it loses: how far the hub held its streams then. That much stays valid.
    #[n(5)]
    pub marks: Option<Vec<StreamEnd>>,
}

impl AclBody {
    /// The first word about a device: it is let in.
    pub const fn new(certificate: SignedCertificate, number: u64) -> Self {
        Self {
            certificate,
            revoked: false,
            number: Some(number),
            ends: None,
            marks: None,
        }
    }
}

/// What a device does with a scope that it may no longer read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EndMode {
    /// Destroy what others wrote, and what the hub has; keep its own unsent work, out of sight.
    #[n(1)]
    KeepOwn,
    /// Destroy everything, also its own unsent work.
    #[n(2)]
    Purge,
}

impl EndMode {
    /// The word used on the command line and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::KeepOwn => "keep-own",
            Self::Purge => "purge",
        }
    }

    /// The number in the store.
    pub const fn number(self) -> i64 {
        match self {
            Self::KeepOwn => 1,
            Self::Purge => 2,
        }
    }
}

/// A word that is no way to end a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is no mode: use keep-own or purge（只能是 keep-own 或 purge）")]
pub struct UnknownMode {
    /// What was given.
    pub got: String,
}

impl FromStr for EndMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::KeepOwn, Self::Purge]
            .into_iter()
            .find(|mode| mode.word() == text)
            .ok_or_else(|| UnknownMode {
                got: text.to_owned(),
            })
    }
}

/// A scope that a device may no longer read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ScopeEnd {
    /// Which scope.
    #[n(0)]
    pub scope: ScopeId,
    /// What becomes of what the device holds.
    #[n(1)]
    pub mode: EndMode,
}

/// How far a stream was held when its writer lost the right to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StreamEnd {
    /// Which stream.
    #[n(0)]
    pub stream: StreamId,
    /// Up to which number.
    #[n(1)]
    pub seq: u64,
    /// Digest of the header there.
    #[n(2)]
    pub header: Digest,
}

/// In the body of an audit envelope of a device's private scope: it destroyed what it held of a
/// scope. Counts only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PurgeBody {
    /// Which scope.
    #[n(1)]
    pub scope: ScopeId,
    /// How.
    #[n(2)]
    pub mode: EndMode,
    /// Envelopes destroyed.
    #[n(3)]
    pub envelopes: u64,
    /// Files of photos destroyed.
    #[n(4)]
    pub files: u64,
    /// Own envelopes that the hub had not received: kept, or destroyed with the rest.
    #[n(5)]
    pub unsent: u64,
}

/// Who did what: for now, which unread bundle a device took on for others.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuditBody {
    /// A bundle that this device carries from here on.
    #[n(6)]
    pub carried: Option<CarriedBundle>,
}

/// A bundle as its carrier knows it: by its bytes only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CarriedBundle {
    /// SHA-256 of the file.
    #[n(0)]
    pub digest: Digest,
    /// Length in bytes.
    #[n(1)]
    pub len_bytes: u64,
    /// RFC 6962 root over the digests of its 256-KiB chunks.
    #[n(2)]
    pub chunk_root: Digest,
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
