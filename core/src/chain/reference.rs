//! Reference data in deltas: what a hub's tables of one scope hold, over the hub's signature.
//!
//! The hub numbers every row it writes in a scope; a phone asks for what is newer than the last
//! number it has and gets a [`SignedReference`], page after page. A phone only reads these tables.
//!
//! Refuses: to know what a row means (`app` does), and to store it (`store`).

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::key::{DeviceKey, PublicKey};
use crate::domain::{DeviceId, Digest, ScopeId, cbor};

/// The scope of what every device of a hub reads: rule packs, the calendar.
pub const EVERYWHERE: ScopeId = ScopeId::from_bytes([0; 16]);

/// A row that was written or removed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ReferenceItem {
    /// Which table.
    #[n(0)]
    pub table: String,
    /// Which row.
    #[n(1)]
    pub key: String,
    /// What it says, nearly always JSON; nothing once it is removed.
    #[n(2)]
    pub row: Option<ByteVec>,
}

/// The rows of a scope behind a number.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reference {
    /// Which hub says so.
    #[n(1)]
    pub hub: DeviceId,
    /// Of which scope.
    #[n(2)]
    pub scope: ScopeId,
    /// Behind which number; 0 replaces everything held before.
    #[n(3)]
    pub from: u64,
    /// Up to which number.
    #[n(4)]
    pub to: u64,
    /// The newest number there is; more can be asked for until it is reached.
    #[n(5)]
    pub head: u64,
    /// The rows, in the order of their numbers.
    #[n(6)]
    pub rows: Vec<ReferenceItem>,
}

/// A delta with the hub's signature over its exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedReference {
    /// Canonical CBOR of the [`Reference`].
    #[n(0)]
    pub bytes: ByteVec,
    /// Ed25519 by the hub.
    #[n(1)]
    pub sig: ByteArray<64>,
}

/// The answer to `GET /v1/reference`: a delta for each scope that has news.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ReferenceAnswer {
    /// One for each scope.
    #[n(0)]
    pub deltas: Vec<SignedReference>,
    /// Where all scopes of the device stand; the same text means that nothing is new.
    #[n(1)]
    pub tag: String,
}

/// Reference data that cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not signed by the hub whose key is pinned.
    #[error("the reference data is not signed by the pinned hub key（参考数据不是本机构签发）")]
    NotByHub,
    /// It does not follow what is held.
    #[error(
        "the reference data begins behind {from}, and this device holds up to {held}（参考数据不衔接）"
    )]
    Gap {
        /// Where it begins.
        from: u64,
        /// What is held.
        held: u64,
    },
    /// Not reference data.
    #[error("this is no reference data（不是参考数据）: {0}")]
    Cbor(#[from] cbor::CborError),
}

const REFERENCE_LABEL: &[u8] = b"lossbook/reference/v1\0";

impl SignedReference {
    /// The hub's word on a scope's tables.
    pub fn make(reference: &Reference, hub: &DeviceKey) -> Self {
        let bytes = cbor::encode(reference);
        let sig = hub.sign(REFERENCE_LABEL, &bytes);
        Self {
            bytes: ByteVec::from(bytes),
            sig: ByteArray::from(sig),
        }
    }

    /// The delta, if `hub` signed it.
    ///
    /// # Errors
    /// [`ReferenceError::NotByHub`] for a foreign signature.
    pub fn verify(&self, hub: &PublicKey) -> Result<Reference, ReferenceError> {
        if !hub.verify(REFERENCE_LABEL, &self.bytes, &self.sig) {
            return Err(ReferenceError::NotByHub);
        }
        Ok(cbor::decode(&self.bytes)?)
    }
}

/// The tag of scopes that stand at these numbers.
pub fn reference_tag(heads: &[(ScopeId, u64)]) -> String {
    let mut bytes = Vec::new();
    for (scope, head) in heads {
        bytes.extend(scope.as_bytes());
        bytes.extend(head.to_be_bytes());
    }
    let mut tag = Digest::labelled("lossbook/reference-tag", &[&bytes]).to_hex();
    tag.truncate(16);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_data_is_good_under_the_hubs_key_only_and_unchanged_only() {
        let hub = DeviceKey::from_secret(&[1; 64]);
        let reference = Reference {
            hub: DeviceId::from_bytes([7; 16]),
            scope: EVERYWHERE,
            from: 0,
            to: 1,
            head: 1,
            rows: vec![ReferenceItem {
                table: "zones".to_owned(),
                key: "a".to_owned(),
                row: Some(ByteVec::from(b"{}".to_vec())),
            }],
        };
        let mut signed = SignedReference::make(&reference, &hub);
        assert_eq!(signed.verify(&hub.public()), Ok(reference));
        let other = DeviceKey::from_secret(&[2; 64]).public();
        assert_eq!(signed.verify(&other), Err(ReferenceError::NotByHub));
        signed.bytes[10] ^= 1;
        assert_eq!(signed.verify(&hub.public()), Err(ReferenceError::NotByHub));
    }

    #[test]
    fn a_tag_changes_with_every_number_and_every_scope() {
        let one = ScopeId::from_bytes([1; 16]);
        let tags = [
            reference_tag(&[(EVERYWHERE, 1)]),
            reference_tag(&[(EVERYWHERE, 2)]),
            reference_tag(&[(one, 1)]),
            reference_tag(&[(EVERYWHERE, 1), (one, 0)]),
        ];
        for (at, tag) in tags.iter().enumerate() {
            assert!(!tags[at + 1..].contains(tag));
        }
    }
}
