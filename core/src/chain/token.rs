//! How a device proves its key to a hub for an hour: it signs a number the hub made up.
//!
//! Phone clocks are wrong after days offline, so the proof rests on a nonce and not on a time.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::key::{DeviceKey, PublicKey};
use crate::domain::DeviceId;

const TOKEN_LABEL: &[u8] = b"lossbook/token/v1\0";

/// First body of `POST /v1/token`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct NonceRequest {
    /// Who asks.
    #[n(0)]
    pub device: DeviceId,
}

/// The hub's made-up number; good once, for five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct NonceAnswer {
    /// The number.
    #[n(0)]
    pub nonce: ByteArray<32>,
}

/// Second body of `POST /v1/token`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct TokenRequest {
    /// Who asks.
    #[n(0)]
    pub device: DeviceId,
    /// The number that the hub gave.
    #[n(1)]
    pub nonce: ByteArray<32>,
    /// Ed25519 over it.
    #[n(2)]
    pub sig: ByteArray<64>,
}

/// The token, to be sent as `Authorization: Bearer`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct TokenAnswer {
    /// The token's text.
    #[n(0)]
    pub token: String,
    /// How long it is good for.
    #[n(1)]
    pub valid_ms: u64,
}

/// Body of every refusal of `/v1/enrol` and `/v1/token`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RefusalAnswer {
    /// A stable code, e.g. `INVITE_USED`.
    #[n(0)]
    pub code: String,
    /// For people.
    #[n(1)]
    pub detail: String,
}

impl TokenRequest {
    /// The proof for this number.
    pub fn make(device: DeviceId, nonce: [u8; 32], key: &DeviceKey) -> Self {
        Self {
            device,
            nonce: ByteArray::from(nonce),
            sig: ByteArray::from(key.sign(TOKEN_LABEL, &nonce)),
        }
    }

    /// Whether the holder of `key` signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify(TOKEN_LABEL, self.nonce.as_slice(), &self.sig)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_for_its_key_and_number_only() {
        let key = DeviceKey::from_secret(&[1; 64]);
        let mut proof = TokenRequest::make(DeviceId::from_bytes([2; 16]), [3; 32], &key);
        assert!(proof.is_signed_by(&key.public()));
        assert!(!proof.is_signed_by(&DeviceKey::from_secret(&[4; 64]).public()));
        proof.nonce = ByteArray::from([5; 32]);
        assert!(!proof.is_signed_by(&key.public()));
    }
}
