//! The enrolment code and the two messages it leads to, as phone and hub both write them.
//!
//! The hub makes an [`Invite`] and shows it as one line of text (or as a QR code of it); the
//! phone parses that line, sends an [`EnrolRequest`] once, and checks the [`EnrolAnswer`] against
//! the hub key that the line pinned. From then on certificates verify offline.
//!
//! Refuses: to remember which secrets were used (the hub's store), and to open a connection.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::key::{Certificate, CertificateError, DeviceKey, PublicKey, SignedCertificate};
use crate::domain::{DeviceId, Digest, Host, Role, ScopeId, WallMs, cbor};

const INVITE_PREFIX: &str = "lossbook:";
const ENROL_LABEL: &[u8] = b"lossbook/enrol/v1\0";
/// Longest enrolment code in characters; the real ones have about 250.
const MAX_TEXT_BYTES: usize = 2_048;

/// What a single-use enrolment code is worth: 128 bits.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct InviteSecret(ByteArray<16>);

impl fmt::Debug for InviteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteSecret(hidden)")
    }
}

impl InviteSecret {
    /// A new secret from the host's randomness.
    pub fn make(host: &dyn Host) -> Self {
        let mut bytes = [0; 16];
        host.fill_random(&mut bytes);
        Self(ByteArray::from(bytes))
    }

    /// What the hub keeps of it.
    pub fn digest(&self) -> Digest {
        Digest::labelled("lossbook/invite", &[self.0.as_slice()])
    }
}

/// Everything a phone needs to enrol, in one line of text.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invite {
    /// Where the hub listens, e.g. `https://hub.example.cn`.
    #[n(1)]
    pub url: String,
    /// Digest of the hub's public key: the phone trusts no other.
    #[n(2)]
    pub hub_key: Digest,
    /// Proves that the phone was invited; works once.
    #[n(3)]
    pub secret: InviteSecret,
    /// What the user may do; shown only, the hub decides.
    #[n(4)]
    pub role: Role,
    /// Where the user works; shown only.
    #[n(5)]
    pub scope: String,
    /// Who the user is; shown only.
    #[n(6)]
    pub user: String,
}

/// A text that is not an enrolment code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InviteParseError {
    /// It does not begin as one.
    #[error("an enrolment code begins with lossbook:")]
    Prefix,
    /// It was cut or changed on the way.
    #[error("the enrolment code is cut off or mistyped: copy the whole line again")]
    Damaged,
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = cbor::encode(self);
        // Four bytes of digest tell a mistyped line from a wrong secret.
        let check = Digest::labelled("lossbook/invite-text", &[&bytes]);
        let (check, _) = check.as_bytes().split_at(4);
        let text = URL_SAFE_NO_PAD.encode([check, &bytes].concat());
        write!(f, "{INVITE_PREFIX}{text}")
    }
}

impl FromStr for Invite {
    type Err = InviteParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let coded = text
            .strip_prefix(INVITE_PREFIX)
            .filter(|coded| coded.len() <= MAX_TEXT_BYTES)
            .ok_or(InviteParseError::Prefix)?;
        let raw = URL_SAFE_NO_PAD
            .decode(coded)
            .or(Err(InviteParseError::Damaged))?;
        let (check, bytes) = raw
            .split_first_chunk::<4>()
            .ok_or(InviteParseError::Damaged)?;
        let digest = Digest::labelled("lossbook/invite-text", &[bytes]);
        if !digest.as_bytes().starts_with(check) {
            return Err(InviteParseError::Damaged);
        }
        cbor::decode(bytes).or(Err(InviteParseError::Damaged))
    }
}

/// Body of `POST /v1/enrol`: the secret, who asks, and proof that it holds the keys it names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EnrolRequest {
    /// From the code.
    #[n(0)]
    pub secret: InviteSecret,
    /// The phone's own random id.
    #[n(1)]
    pub device: DeviceId,
    /// Its key for seals.
    #[n(2)]
    pub key: PublicKey,
    /// Its X25519 key.
    #[n(3)]
    pub recipient: ByteArray<32>,
    /// Ed25519 over the four above.
    #[n(4)]
    pub sig: ByteArray<64>,
}

impl EnrolRequest {
    /// The request of a device that was given this code; repeating it is safe.
    pub fn make(invite: &Invite, device: DeviceId, key: &DeviceKey) -> Self {
        let mut request = Self {
            secret: invite.secret.clone(),
            device,
            key: key.public(),
            recipient: ByteArray::from(key.recipient()),
            sig: ByteArray::from([0; 64]),
        };
        request.sig = ByteArray::from(key.sign(ENROL_LABEL, &request.signed_bytes()));
        request
    }

    /// Whether the sender holds the key it names.
    pub fn is_signed(&self) -> bool {
        self.key
            .verify(ENROL_LABEL, &self.signed_bytes(), &self.sig)
    }

    fn signed_bytes(&self) -> Vec<u8> {
        [
            self.secret.0.as_slice(),
            self.device.as_bytes(),
            self.key.as_bytes(),
            self.recipient.as_slice(),
        ]
        .concat()
    }
}

/// The hub's answer: its key, and its word for the device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EnrolAnswer {
    /// The hub's public key; must be the pinned one.
    #[n(0)]
    pub hub_key: PublicKey,
    /// The hub's own id as a writer.
    #[n(1)]
    pub hub: DeviceId,
    /// The device's certificate.
    #[n(2)]
    pub certificate: SignedCertificate,
    /// Scopes with the names people use for them.
    #[n(3)]
    pub scopes: Vec<ScopeName>,
    /// The hub's clock; shown only.
    #[n(4)]
    pub hub_time: WallMs,
}

/// A scope and its name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ScopeName {
    /// Which scope.
    #[n(0)]
    pub id: ScopeId,
    /// What people call it.
    #[n(1)]
    pub name: String,
}

/// An answer to an enrolment that must not be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Another hub answered than the one in the code.
    #[error("the hub that answered is not the one in the enrolment code")]
    OtherHub,
    /// The certificate is for somebody else.
    #[error("the certificate names another device or another hub")]
    OtherDevice,
    /// The certificate does not verify.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl EnrolAnswer {
    /// The certificate, if it is the pinned hub's word for this device and key.
    ///
    /// # Errors
    /// [`EnrolError`] says what does not fit; nothing of the answer may then be kept.
    pub fn verify(
        &self,
        invite: &Invite,
        device: DeviceId,
        key: &PublicKey,
    ) -> Result<Certificate, EnrolError> {
        if self.hub_key.digest() != invite.hub_key {
            return Err(EnrolError::OtherHub);
        }
        let certificate = self.certificate.verify(&self.hub_key)?;
        let fits =
            certificate.device == device && certificate.key == *key && certificate.hub == self.hub;
        if fits {
            Ok(certificate)
        } else {
            Err(EnrolError::OtherDevice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reading;

    struct Sevens;
    impl Host for Sevens {
        fn now(&self) -> Reading {
            Reading {
                wall: WallMs(0),
                boot_id: [0; 16],
                mono_ms: 0,
            }
        }
        fn fill_random(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    fn invite(hub: &DeviceKey) -> Invite {
        Invite {
            url: "https://hub.example.cn:8443".into(),
            hub_key: hub.public().digest(),
            secret: InviteSecret::make(&Sevens),
            role: Role::Liaison,
            scope: "威远镇".into(),
            user: "扎西".into(),
        }
    }

    #[test]
    fn an_enrolment_code_survives_its_text_and_shows_a_typing_error() {
        let invite = invite(&DeviceKey::from_secret(&[1; 64]));
        let text = invite.to_string();
        assert_eq!(format!(" {text}\n").parse::<Invite>().unwrap(), invite);
        assert_eq!("http://x".parse::<Invite>(), Err(InviteParseError::Prefix));
        for at in INVITE_PREFIX.len()..text.len() {
            let other = if text.as_bytes()[at] == b'A' {
                "B"
            } else {
                "A"
            };
            let mut mistyped = text.clone();
            mistyped.replace_range(at..=at, other);
            assert_eq!(
                mistyped.parse::<Invite>(),
                Err(InviteParseError::Damaged),
                "at {at}"
            );
        }
        assert!(!format!("{invite:?}").contains("[7"));
    }

    #[test]
    fn a_request_is_bound_to_every_field_in_it() {
        let key = DeviceKey::from_secret(&[2; 64]);
        let invite = invite(&DeviceKey::from_secret(&[1; 64]));
        let request = EnrolRequest::make(&invite, DeviceId::from_bytes([3; 16]), &key);
        assert!(request.is_signed());
        let mut other = request.clone();
        other.device = DeviceId::from_bytes([4; 16]);
        assert!(!other.is_signed());
        let mut other = request;
        other.recipient = ByteArray::from([5; 32]);
        assert!(!other.is_signed());
    }

    #[test]
    fn an_answer_of_another_hub_is_not_believed() {
        let (pinned, foreign) = (
            DeviceKey::from_secret(&[1; 64]),
            DeviceKey::from_secret(&[9; 64]),
        );
        let key = DeviceKey::from_secret(&[2; 64]);
        let (device, hub) = (DeviceId::from_bytes([3; 16]), DeviceId::from_bytes([8; 16]));
        let certificate = Certificate {
            device,
            key: key.public(),
            recipient: ByteArray::from(key.recipient()),
            user: "扎西".into(),
            roles: vec![Role::Liaison],
            scopes: Vec::new(),
            not_after: WallMs(1),
            hub,
        };
        let answer = |signer: &DeviceKey| EnrolAnswer {
            hub_key: signer.public(),
            hub,
            certificate: SignedCertificate::make(&certificate, signer),
            scopes: Vec::new(),
            hub_time: WallMs(0),
        };
        let invite = invite(&pinned);
        let verify = |answer: &EnrolAnswer, device| answer.verify(&invite, device, &key.public());
        assert_eq!(verify(&answer(&pinned), device), Ok(certificate.clone()));
        assert_eq!(verify(&answer(&foreign), device), Err(EnrolError::OtherHub));
        assert_eq!(verify(&answer(&pinned), hub), Err(EnrolError::OtherDevice));
    }
}
