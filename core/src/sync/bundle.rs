//! Bundles: the same envelopes and photo bytes as on the network, in a file that anybody can carry.
//!
//! A [`BundleWriter`] takes records in order and writes one age file; a [`BundleReader`] gives them
//! back from any reader, past damage and up to a cut. `app` and the hub choose what goes in and
//! pass what comes out through the same gate as the network. The form is fixed by
//! `docs/formats/bundle.md`.
//!
//! Invariants: a block of plain bytes is exactly one chunk of the age file and says where its first
//! record begins, so a damaged chunk costs the records that touch it and no other; each extent of a
//! blob proves itself against the root that the photo envelope binds; nothing is trusted for being
//! in a bundle: runs are judged by their authors' seals, certificates by the hub's signature.
//!
//! Refuses: to touch a store or a file system, and to judge a run.

mod block;
mod read;
#[cfg(test)]
mod tests;
mod write;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::chain::{Certificate, DeviceKey, PublicKey, Run, SignedCertificate, StreamId};
use crate::domain::{CHUNK_BYTES, ChunkedDigest, DeviceId, Digest, WallMs, cbor};

pub use read::{BundleError, BundleReader, Item, Outcome};
pub use write::BundleWriter;

/// First bytes of the plain form.
pub const MAGIC: &[u8; 4] = b"LBB1";
/// Version written; a bundle of a later one is refused.
pub const BUNDLE_VERSION: u8 = 1;
/// Longest record in bytes: an extent with its path, or a long run.
pub const MAX_RECORD_BYTES: usize = 512 * 1024;
/// Most marks in a header; streams beyond are sent again, which costs bytes only.
pub const MAX_MARKS: usize = 2_000;
/// Most digests that a header asks for.
pub const MAX_WANTS: usize = 1_000;

const HEADER_LABEL: &[u8] = b"lossbook/bundle/v1\0";
const TRAILER_LABEL: &[u8] = b"lossbook/bundle-end/v1\0";

/// How far a store holds a stream without a gap, for whoever has no claims to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HeldMark {
    /// Which stream.
    #[n(0)]
    pub stream: StreamId,
    /// Highest number held.
    #[n(1)]
    pub mark: u64,
    /// Digest of that header.
    #[n(2)]
    pub header: Digest,
}

/// Who made a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub enum Sender {
    /// The hub itself.
    #[n(1)]
    Hub,
    /// A device, with the hub's word for it.
    #[n(2)]
    Device(#[n(0)] SignedCertificate),
}

/// What its maker says about a bundle. Signed, because the next bundle back is cut by it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BundleHeader {
    /// Version of the form.
    #[n(1)]
    pub version: u8,
    /// Whose hub: a phone of another insurer takes nothing from it.
    #[n(2)]
    pub hub: DeviceId,
    /// Who made it.
    #[n(3)]
    pub sender: Sender,
    /// Names the set of parts it belongs to.
    #[n(4)]
    pub set: ByteArray<16>,
    /// Which part, from 1.
    #[n(5)]
    pub part: u32,
    /// When, by the maker's clock.
    #[n(6)]
    pub made: WallMs,
    /// How far the maker holds each stream whole: the version vector.
    #[n(7)]
    pub marks: Vec<HeldMark>,
    /// Photos and thumbnails whose bytes the maker lacks.
    #[n(8)]
    pub wants: Vec<Digest>,
}

/// A header with its maker's signature over its exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedHeader {
    /// Canonical CBOR of the [`BundleHeader`].
    #[n(0)]
    pub bytes: ByteVec,
    /// Ed25519 by the maker.
    #[n(1)]
    pub sig: ByteArray<64>,
}

impl SignedHeader {
    /// The maker's word.
    pub fn make(header: &BundleHeader, key: &DeviceKey) -> Self {
        let bytes = cbor::encode(header);
        let sig = key.sign(HEADER_LABEL, &bytes);
        Self {
            bytes: ByteVec::from(bytes),
            sig: ByteArray::from(sig),
        }
    }

    /// The header and, for a device's bundle, its maker's certificate.
    ///
    /// # Errors
    /// [`BundleError`]: of another hub, of a later version, or not signed by whom it names.
    pub fn verify(
        &self,
        (hub, hub_key): (DeviceId, &PublicKey),
    ) -> Result<(BundleHeader, Option<Certificate>), BundleError> {
        let header: BundleHeader = cbor::decode(&self.bytes).or(Err(BundleError::Unsigned))?;
        if header.version > BUNDLE_VERSION {
            return Err(BundleError::Newer(header.version));
        }
        if header.hub != hub {
            return Err(BundleError::OtherHub);
        }
        let certificate = match &header.sender {
            Sender::Hub => None,
            Sender::Device(signed) => {
                Some(signed.verify(hub_key).or(Err(BundleError::UnknownSender))?)
            }
        };
        let key = certificate.as_ref().map_or(*hub_key, |known| known.key);
        if key.verify(HEADER_LABEL, &self.bytes, &self.sig) {
            Ok((header, certificate))
        } else {
            Err(BundleError::Unsigned)
        }
    }
}

/// One 256-KiB chunk of a blob, which proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Extent {
    /// SHA-256 of the whole blob.
    #[n(1)]
    pub digest: Digest,
    /// Length of the whole blob.
    #[n(2)]
    pub len_bytes: u64,
    /// RFC 6962 root over the digests of its chunks, as its photo envelope says.
    #[n(3)]
    pub root: Digest,
    /// Which chunk, from 0.
    #[n(4)]
    pub number: u64,
    /// The way from this chunk's digest to the root.
    #[n(5)]
    pub path: Vec<Digest>,
    /// Its bytes.
    #[n(6)]
    pub bytes: ByteVec,
}

/// Longest blob taken: a video.
const MAX_BLOB_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// How many chunks a blob of this length has; an empty one has none.
pub const fn chunk_count(len_bytes: u64) -> u64 {
    len_bytes.div_ceil(CHUNK_BYTES as u64)
}

impl Extent {
    /// Whether the bytes are that chunk of a blob with this root, length and number.
    pub fn is_proven(&self) -> bool {
        let count = chunk_count(self.len_bytes);
        if self.len_bytes > MAX_BLOB_BYTES || self.number >= count {
            return false;
        }
        let start = self.number * CHUNK_BYTES as u64;
        let wanted = (self.len_bytes - start).min(CHUNK_BYTES as u64);
        let place = (self.number, count);
        self.bytes.len() as u64 == wanted
            && ChunkedDigest::root_by_path(&Digest::of(&self.bytes), place, &self.path)
                == Some(self.root)
    }
}

/// Ends a part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Trailer {
    /// The part's header once more, for readers that lost the first.
    #[n(1)]
    pub header: SignedHeader,
    /// How many records stand before this one.
    #[n(2)]
    pub records: u64,
    /// SHA-256 over those records, each with its length in front.
    #[n(3)]
    pub digest: Digest,
    /// Whether no part follows.
    #[n(4)]
    pub last: bool,
    /// Ed25519 by the maker over the four above.
    #[n(5)]
    pub sig: ByteArray<64>,
}

impl Trailer {
    fn signed_bytes(
        header: &SignedHeader,
        records: u64,
        (digest, last): (Digest, bool),
    ) -> Vec<u8> {
        let header = Digest::of(&header.bytes);
        [
            header.as_bytes().as_slice(),
            &records.to_be_bytes(),
            digest.as_bytes(),
            &[u8::from(last)],
        ]
        .concat()
    }

    fn make(
        header: &SignedHeader,
        (records, digest, last): (u64, Digest, bool),
        key: &DeviceKey,
    ) -> Self {
        let bytes = Self::signed_bytes(header, records, (digest, last));
        Self {
            header: header.clone(),
            records,
            digest,
            last,
            sig: ByteArray::from(key.sign(TRAILER_LABEL, &bytes)),
        }
    }

    fn is_signed_by(&self, key: &PublicKey) -> bool {
        let bytes = Self::signed_bytes(&self.header, self.records, (self.digest, self.last));
        key.verify(TRAILER_LABEL, &bytes, &self.sig)
    }
}

/// What a bundle is made of.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub enum Record {
    /// The first.
    #[n(1)]
    Header(#[n(0)] SignedHeader),
    /// The hub's word for a writer whose runs follow.
    #[n(2)]
    Certificate(#[n(0)] SignedCertificate),
    /// Envelopes, headers verbatim.
    #[n(3)]
    Run(#[n(0)] Run),
    /// Bytes of a photo.
    #[n(4)]
    Extent(#[n(0)] Extent),
    /// The last.
    #[n(5)]
    Trailer(#[n(0)] Trailer),
}
