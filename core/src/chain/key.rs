//! Keys and certificates: who a device is, as the hub vouched at enrolment.
//!
//! A certificate verifies offline against the hub key that the enrolment code pinned.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::domain::{DeviceId, Digest, Host, Role, ScopeId, WallMs, cbor};
use crate::vault::age::AgeIdentity;

/// First eight bytes of the digest of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct KeyId(#[cbor(with = "minicbor::bytes")] [u8; 8]);

impl KeyId {
    pub(super) const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// An Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PublicKey(#[cbor(with = "minicbor::bytes")] [u8; 32]);

impl PublicKey {
    /// From raw bytes; whether they are a good key shows when a signature is checked.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its short name.
    pub fn id(&self) -> KeyId {
        let digest = self.digest();
        let mut id = [0; 8];
        for (to, from) in id.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        KeyId(id)
    }

    /// The X25519 key of the same secret (the birational map of RFC 7748): what is encrypted to a
    /// hub is encrypted to it, because enrolment pins the hub's Ed25519 key only. All zero for
    /// bytes that are no key, and nobody can encrypt to that.
    pub fn to_recipient(&self) -> [u8; 32] {
        VerifyingKey::from_bytes(&self.0).map_or([0; 32], |key| key.to_montgomery().to_bytes())
    }

    /// Its full digest: what an enrolment code pins.
    pub fn digest(&self) -> Digest {
        Digest::labelled("lossbook/public-key", &[&self.0])
    }

    /// Whether `sig` is this key's signature over label and message. Weak keys never verify.
    pub fn verify(&self, label: &[u8], message: &[u8], sig: &[u8; 64]) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else {
            return false;
        };
        key.verify_strict(&[label, message].concat(), &Signature::from_bytes(sig))
            .is_ok()
    }
}

/// The secret half: Ed25519 for seals, X25519 for what is encrypted to this device.
pub struct DeviceKey {
    signing: SigningKey,
    recipient: x25519_dalek::StaticSecret,
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({:?})", self.public().id())
    }
}

impl DeviceKey {
    /// A new key pair from the host's randomness.
    pub fn make(host: &dyn Host) -> Self {
        let mut secret = Zeroizing::new([0; 64]);
        host.fill_random(secret.as_mut_slice());
        Self::from_secret(&secret)
    }

    /// From the 64 secret bytes of [`DeviceKey::secret`].
    pub fn from_secret(secret: &[u8; 64]) -> Self {
        let mut halves = [Zeroizing::new([0_u8; 32]), Zeroizing::new([0_u8; 32])];
        for (half, bytes) in halves.iter_mut().zip(secret.chunks(32)) {
            half.copy_from_slice(bytes);
        }
        let [sign, receive] = &halves;
        Self {
            signing: SigningKey::from_bytes(sign),
            recipient: x25519_dalek::StaticSecret::from(**receive),
        }
    }

    /// The 64 secret bytes, for the encrypted store only.
    pub fn secret(&self) -> Zeroizing<[u8; 64]> {
        let mut secret = Zeroizing::new([0; 64]);
        let (sign, receive) = secret.split_at_mut(32);
        sign.copy_from_slice(self.signing.as_bytes());
        receive.copy_from_slice(self.recipient.as_bytes());
        secret
    }

    /// The public half for signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.signing.verifying_key().to_bytes())
    }

    /// The public half for encryption.
    pub fn recipient(&self) -> [u8; 32] {
        x25519_dalek::PublicKey::from(&self.recipient).to_bytes()
    }

    /// What opens bundles to this device.
    pub fn to_age(&self) -> AgeIdentity {
        AgeIdentity::from_bytes(self.recipient.as_bytes())
    }

    /// What opens bundles to the hub of this key (see [`PublicKey::to_recipient`]).
    pub fn to_hub_age(&self) -> AgeIdentity {
        AgeIdentity::from_bytes(&Zeroizing::new(self.signing.to_scalar_bytes()))
    }

    /// The X25519 secret, for a Noise session of this device.
    pub fn noise_secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.recipient.to_bytes())
    }

    /// Ed25519 over label and message.
    pub fn sign(&self, label: &[u8], message: &[u8]) -> [u8; 64] {
        self.signing.sign(&[label, message].concat()).to_bytes()
    }
}

/// What the hub vouches for about a device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Certificate {
    /// Which device.
    #[n(1)]
    pub device: DeviceId,
    /// Its key for seals.
    #[n(2)]
    pub key: PublicKey,
    /// Its X25519 key for what only it may read.
    #[n(3)]
    pub recipient: ByteArray<32>,
    /// Who uses it.
    #[n(4)]
    pub user: String,
    /// What that person may do.
    #[n(5)]
    pub roles: Vec<Role>,
    /// Where it may read and write.
    #[n(6)]
    pub scopes: Vec<ScopeId>,
    /// Until when, by the hub's clock.
    #[n(7)]
    pub not_after: WallMs,
    /// Which hub signed.
    #[n(8)]
    pub hub: DeviceId,
}

/// A certificate with the hub's signature over its exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedCertificate {
    /// Canonical CBOR of the [`Certificate`].
    #[n(0)]
    pub bytes: ByteVec,
    /// Ed25519 by the hub.
    #[n(1)]
    pub sig: ByteArray<64>,
}

/// A certificate that cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not signed by the hub whose key is pinned.
    #[error("the certificate is not signed by the pinned hub key")]
    NotByHub,
    /// Not a certificate.
    #[error(transparent)]
    Cbor(#[from] cbor::CborError),
}

const CERT_LABEL: &[u8] = b"lossbook/cert/v1\0";

impl SignedCertificate {
    /// The hub's word for a device.
    pub fn make(certificate: &Certificate, hub: &DeviceKey) -> Self {
        let bytes = cbor::encode(certificate);
        let sig = hub.sign(CERT_LABEL, &bytes);
        Self {
            bytes: ByteVec::from(bytes),
            sig: ByteArray::from(sig),
        }
    }

    /// The certificate, if `hub` signed it.
    ///
    /// # Errors
    /// [`CertificateError::NotByHub`] for a foreign signature.
    pub fn verify(&self, hub: &PublicKey) -> Result<Certificate, CertificateError> {
        if !hub.verify(CERT_LABEL, &self.bytes, &self.sig) {
            return Err(CertificateError::NotByHub);
        }
        Ok(cbor::decode(&self.bytes)?)
    }
}
