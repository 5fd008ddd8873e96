//! What a backup holds: every file with its SHA-256, under the hub's signature.

use lossbook_core::chain::{DeviceKey, PublicKey};
use lossbook_core::domain::{DeviceId, Digest, WallMs, cbor, civil_text};
use lossbook_core::store::StoreError;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::state_of;
use crate::meta::{Identity, MetaTx};

const VERSION: u8 = 1;
const LABEL: &[u8] = b"lossbook/backup/v1\0";

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Kept {
    /// Its name below the backup's folder.
    #[n(1)]
    pub name: String,
    /// Its length.
    #[n(2)]
    pub len_bytes: u64,
    /// SHA-256 of its bytes.
    #[n(3)]
    pub digest: Digest,
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Manifest {
    /// Version of this form.
    #[n(1)]
    pub version: u8,
    /// Whose.
    #[n(2)]
    pub hub: DeviceId,
    /// The key that signs.
    #[n(3)]
    pub key: PublicKey,
    /// The moment it shows, by the hub's clock.
    #[n(4)]
    pub made: WallMs,
    /// The rows.
    #[n(5)]
    pub store: Kept,
    /// Photos, and what came in pieces.
    #[n(6)]
    pub files: Vec<Kept>,
    /// The hub's key, for receivers.
    #[n(7)]
    pub key_file: Option<Kept>,
    /// Digest of all marks, heads and photos: a restored hub must have it again.
    #[n(8)]
    pub state: Digest,
    /// How many cases.
    #[n(9)]
    pub cases: u64,
    /// How many photos and thumbnails.
    #[n(10)]
    pub photos: u64,
    /// Files that the hub should have and had not.
    #[n(11)]
    pub absent: Vec<String>,
}

impl Manifest {
    /// Of a copy of the rows; its files are put in as they are written.
    pub(super) fn of(tx: &dyn MetaTx, hub: &Identity, made: WallMs) -> Result<Self, StoreError> {
        Ok(Self {
            version: VERSION,
            hub: hub.device(),
            key: hub.own.key.public(),
            made,
            store: Kept {
                name: String::new(),
                len_bytes: 0,
                digest: Digest::ZERO,
            },
            files: Vec::new(),
            key_file: None,
            state: state_of(tx)?,
            cases: tx.count_cases()?,
            photos: tx.blob_count()?.0,
            absent: Vec::new(),
        })
    }

    /// Every file of the backup but the manifest itself.
    pub fn all_files(&self) -> impl Iterator<Item = &Kept> {
        let rest = self.key_file.iter().chain(&self.files);
        std::iter::once(&self.store).chain(rest)
    }

    /// The moment it shows, in China time.
    pub fn made_text(&self) -> String {
        text_of(self.made)
    }

    /// Bytes of all its files.
    pub fn len_bytes(&self) -> u64 {
        self.all_files().map(|kept| kept.len_bytes).sum()
    }
}

/// A moment in China time.
pub(super) fn text_of(at: WallMs) -> String {
    civil_text(at, "Asia/Shanghai")
}

/// As it lies in the folder.
#[derive(Debug, Clone, Encode, Decode)]
#[cbor(array)]
pub(super) struct SignedManifest {
    #[n(0)]
    bytes: ByteVec,
    #[n(1)]
    sig: ByteArray<64>,
}

impl SignedManifest {
    pub(super) fn make(manifest: &Manifest, key: &DeviceKey) -> Self {
        let bytes = cbor::encode(manifest);
        Self {
            sig: ByteArray::from(key.sign(LABEL, &bytes)),
            bytes: ByteVec::from(bytes),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// The manifest, if it is one of this version and its own key signed it. Whether that key is the
    /// hub's, the rows say: they are restored first.
    pub(super) fn read(bytes: &[u8]) -> Option<Manifest> {
        let signed: Self = cbor::decode(bytes).ok()?;
        let manifest: Manifest = cbor::decode(&signed.bytes).ok()?;
        let is_good = manifest.version == VERSION
            && manifest.key.verify(LABEL, &signed.bytes, &signed.sig)
            && manifest.all_files().all(|kept| is_safe(&kept.name));
        is_good.then_some(manifest)
    }
}

/// Names lead nowhere but below the folder.
fn is_safe(name: &str) -> bool {
    let known = ["stores/", "objects/blobs/", "blobs/", "keys/"];
    let plain = |part: &str| {
        let mut letters = part.chars();
        !part.starts_with('.')
            && !part.is_empty()
            && letters.all(|one| one.is_ascii_alphanumeric() || one == '-' || one == '.')
    };
    known.iter().any(|start| name.starts_with(start)) && name.split('/').all(plain)
}
