//! Ink, refusal and revocation, bound to one frozen statement; their state is computed.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::binding::{BindingFields, Difference, label};
use super::freeze::{FreezeBody, Language};
use crate::domain::{CaseId, Digest};

/// What the person in front of the screen did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Act {
    /// Signed.
    #[n(1)]
    Signed,
    /// Refused to sign; recorded all the same.
    #[n(2)]
    Refused,
    /// Withdrew an earlier signature over the same freeze.
    #[n(3)]
    Revoked,
    /// Saw another sign it: a second person, on a device of their own.
    #[n(4)]
    Witnessed,
}

/// One sample of the pen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Point {
    /// Pixels from the left.
    #[n(0)]
    pub x: i32,
    /// Pixels from the top.
    #[n(1)]
    pub y: i32,
    /// Milliseconds since the first sample.
    #[n(2)]
    pub t_ms: u32,
    /// Pressure in thousandths; 0 if the screen does not say.
    #[n(3)]
    pub pressure: u16,
}

/// From pen down to pen up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Stroke(pub Vec<Point>);

/// A signature over one freeze.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignatureBody {
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// Id of the freeze's envelope: through it header and body.
    #[n(2)]
    pub freeze: Digest,
    /// SHA-256 of the exact text shown.
    #[n(3)]
    pub text_sha256: Digest,
    /// What was done.
    #[n(4)]
    pub act: Act,
    /// Who says to have signed: a claim.
    #[n(5)]
    pub signer: String,
    /// The sentence assented to, as shown.
    #[n(6)]
    pub consent: String,
    /// The ink.
    #[n(7)]
    pub strokes: Vec<Stroke>,
    /// Screen width and height in pixels.
    #[n(8)]
    pub screen: (u32, u32),
    /// Latitude and longitude in ten-millionths of a degree (WGS-84), if known.
    #[n(9)]
    pub place: Option<(i32, i32)>,
    /// Makes two equal signatures different.
    #[n(10)]
    pub nonce: ByteArray<16>,
    /// The signer's identity number: a claim.
    #[n(11)]
    pub id_no: Option<String>,
    /// What the signer is to the insured: a claim.
    #[n(12)]
    pub relation: Option<String>,
    /// Why the signer refused or took the signature back.
    #[n(13)]
    pub reason: Option<String>,
}

/// Whether a signature still covers the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureState {
    /// The case reads exactly as it was signed.
    Valid,
    /// It covers what was signed; since then these fields changed.
    Superseded(Vec<Difference>),
    /// Different values stand in these signed fields.
    Contested(Vec<String>),
    /// The signer took it back.
    Revoked,
    /// The signer refused.
    Refused,
}

impl SignatureState {
    /// A stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Superseded(_) => "superseded",
            Self::Contested(_) => "contested",
            Self::Revoked => "revoked",
            Self::Refused => "refused",
        }
    }

    /// Why it is so, for people.
    pub fn sentence(&self, language: Language) -> String {
        let listed = |all: Vec<String>| match language {
            Language::Zh => all.join("；"),
            Language::En => all.join("; "),
        };
        let (zh, en, what) = match self {
            Self::Valid => (
                "有效：案件内容与所签一致",
                "valid: the case reads exactly as signed",
                None,
            ),
            Self::Superseded(all) => (
                "已被取代：签字后内容有变",
                "superseded: changed since it was signed",
                Some(listed(
                    all.iter().map(|one| one.sentence(language)).collect(),
                )),
            ),
            Self::Contested(paths) => (
                "有争议：所签内容存在不同的值",
                "contested: different values stand in what was signed",
                Some(listed(
                    paths.iter().map(|path| label(path, language)).collect(),
                )),
            ),
            Self::Revoked => (
                "已撤回：签字人撤回",
                "revoked: the signer took it back",
                None,
            ),
            Self::Refused => (
                "拒签：签字人拒绝签字",
                "refused: the signer refused to sign",
                None,
            ),
        };
        match (language, what) {
            (Language::Zh, None) => zh.to_owned(),
            (Language::En, None) => en.to_owned(),
            (Language::Zh, Some(what)) => format!("{zh}：{what}"),
            (Language::En, Some(what)) => format!("{en}: {what}"),
        }
    }
}

/// Computes the state of one signature. `revoked` says whether a later act took it back.
pub fn signature_state(
    act: Act,
    revoked: bool,
    freeze: &FreezeBody,
    now: &BindingFields,
) -> SignatureState {
    if act == Act::Refused {
        return SignatureState::Refused;
    }
    if revoked || act == Act::Revoked {
        return SignatureState::Revoked;
    }
    let now = now.clone().covered_by(freeze.kind());
    let contested: Vec<String> = now.contested().map(ToOwned::to_owned).collect();
    if !contested.is_empty() {
        return SignatureState::Contested(contested);
    }
    let differences = now.differences_since(&freeze.binding());
    if differences.is_empty() {
        SignatureState::Valid
    } else {
        SignatureState::Superseded(differences)
    }
}
