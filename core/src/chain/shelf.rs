//! The shelf: which versions of rule packs are current, by digest, over the hub's signature.
//!
//! The hub makes a [`SignedShelf`] whenever a pack is added or retired; phones fetch it, check it
//! against the hub key their enrolment code pinned, and then take any bytes whose digest it names,
//! from wherever they come.
//!
//! Refuses: to hold the packs themselves (the store) and to read them (`rules`).

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::key::{DeviceKey, PublicKey};
use crate::domain::{DeviceId, Digest, WallMs, cbor};

/// One current version of a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct ShelfEntry {
    /// The pack's id.
    #[n(0)]
    pub id: String,
    /// Its version.
    #[n(1)]
    pub version: String,
    /// SHA-256 of its canonical bytes.
    #[n(2)]
    pub digest: Digest,
}

/// The versions that judge cases from a time on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Shelf {
    /// Which hub says so.
    #[n(1)]
    pub hub: DeviceId,
    /// Since when, by the hub's clock; a later shelf replaces an earlier one.
    #[n(2)]
    pub since: WallMs,
    /// By id and version, each once.
    #[n(3)]
    pub packs: Vec<ShelfEntry>,
}

impl Shelf {
    /// The next shelf after this one: never of the same instant, so that phones see which is newer.
    #[must_use]
    pub fn next_at(&self, now: WallMs) -> Self {
        Self {
            since: now.max(WallMs(self.since.0.saturating_add(1))),
            ..self.clone()
        }
    }

    /// Puts a version on it, in the place of another of the same id and version.
    pub fn put(&mut self, entry: ShelfEntry) {
        self.take_off(&entry.id, &entry.version);
        self.packs.push(entry);
        self.packs.sort();
    }

    /// Takes a version off it; whether it stood there.
    pub fn take_off(&mut self, id: &str, version: &str) -> bool {
        let before = self.packs.len();
        self.packs
            .retain(|entry| (entry.id.as_str(), entry.version.as_str()) != (id, version));
        self.packs.len() < before
    }

    /// The entry of a digest.
    pub fn entry(&self, digest: &Digest) -> Option<&ShelfEntry> {
        self.packs.iter().find(|entry| entry.digest == *digest)
    }
}

/// A shelf with the hub's signature over its exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedShelf {
    /// Canonical CBOR of the [`Shelf`].
    #[n(0)]
    pub bytes: ByteVec,
    /// Ed25519 by the hub.
    #[n(1)]
    pub sig: ByteArray<64>,
}

/// A shelf that cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    /// Not signed by the hub whose key is pinned.
    #[error(
        "the list of rule packs is not signed by the pinned hub key（规则包清单不是本机构签发）"
    )]
    NotByHub,
    /// Not a shelf.
    #[error("this is no list of rule packs（不是规则包清单）: {0}")]
    Cbor(#[from] cbor::CborError),
}

const SHELF_LABEL: &[u8] = b"lossbook/shelf/v1\0";

impl SignedShelf {
    /// The hub's word on what is current.
    pub fn make(shelf: &Shelf, hub: &DeviceKey) -> Self {
        let bytes = cbor::encode(shelf);
        let sig = hub.sign(SHELF_LABEL, &bytes);
        Self {
            bytes: ByteVec::from(bytes),
            sig: ByteArray::from(sig),
        }
    }

    /// The shelf, if `hub` signed it.
    ///
    /// # Errors
    /// [`ShelfError::NotByHub`] for a foreign signature.
    pub fn verify(&self, hub: &PublicKey) -> Result<Shelf, ShelfError> {
        if !hub.verify(SHELF_LABEL, &self.bytes, &self.sig) {
            return Err(ShelfError::NotByHub);
        }
        self.read()
    }

    /// What it says; for one that was verified before it was kept.
    ///
    /// # Errors
    /// [`ShelfError::Cbor`].
    pub fn read(&self) -> Result<Shelf, ShelfError> {
        Ok(cbor::decode(&self.bytes)?)
    }

    /// Names this shelf and no other.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, version: &str, byte: u8) -> ShelfEntry {
        ShelfEntry {
            id: id.to_owned(),
            version: version.to_owned(),
            digest: Digest::of(&[byte]),
        }
    }

    fn shelf() -> Shelf {
        let mut shelf = Shelf {
            hub: DeviceId::from_bytes([7; 16]),
            since: WallMs(5),
            packs: Vec::new(),
        };
        shelf.put(entry("b", "1", 1));
        shelf.put(entry("a", "1", 2));
        shelf
    }

    #[test]
    fn a_shelf_is_good_under_the_hubs_key_only_and_unchanged_only() {
        let hub = DeviceKey::from_secret(&[1; 64]);
        let mut signed = SignedShelf::make(&shelf(), &hub);
        assert_eq!(signed.verify(&hub.public()).unwrap(), shelf());
        let other = DeviceKey::from_secret(&[2; 64]).public();
        assert_eq!(signed.verify(&other), Err(ShelfError::NotByHub));
        signed.bytes[10] ^= 1;
        assert_eq!(signed.verify(&hub.public()), Err(ShelfError::NotByHub));
    }

    #[test]
    fn a_version_stands_once_and_the_next_shelf_is_always_newer() {
        let mut next = shelf().next_at(WallMs(0));
        assert_eq!(next.since, WallMs(6));
        next.put(entry("a", "1", 3));
        assert_eq!(next.packs, [entry("a", "1", 3), entry("b", "1", 1)]);
        assert!(next.take_off("b", "1") && !next.take_off("b", "1"));
    }
}
