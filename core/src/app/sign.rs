//! Freezing a case and signing the frozen statement, in one transaction; refusing, witnessing,
//! taking back.

use minicbor::bytes::ByteArray;

use super::assess::{self, Judged};
use super::device::{Device, case_named, enrolled};
use super::edit::{check_bringing, roles};
use super::error::AppError;
use crate::chain::{Kind, Run, Subject};
use crate::domain::{CaseId, Digest, Money, ScopeId, cbor};
use crate::record::access::Bringing;
use crate::statement::{
    self, Act, FreezeBody, Language, PackDigest, Payable, PayableStep, SignatureBody,
    StatementKind, Stroke, Wanted,
};
use crate::store::{SignatureStanding, Tx};

/// What the person in front of the screen gave.
#[derive(Debug, Clone)]
pub struct NewSignature<'a> {
    /// Who says to sign.
    pub signer: &'a str,
    /// Signed, or refused.
    pub act: Act,
    /// What is signed, in which language.
    pub wanted: Wanted,
    /// The ink.
    pub strokes: Vec<Stroke>,
    /// Width and height of the screen in pixels.
    pub screen: (u32, u32),
    /// What else the signer says.
    pub claims: SignerClaims<'a>,
}

/// What a signer says of themselves, and where the device says it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignerClaims<'a> {
    /// Identity number.
    pub id_no: Option<&'a str>,
    /// What they are to the insured.
    pub relation: Option<&'a str>,
    /// Why they refuse.
    pub reason: Option<&'a str>,
    /// Latitude and longitude in ten-millionths of a degree.
    pub place: Option<(i32, i32)>,
}

/// A signature that is saved and sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Name of the freeze's envelope.
    pub freeze: Digest,
    /// Name of the signature's envelope.
    pub signature: Digest,
    /// The sum signed.
    pub total: Money,
    /// The exact text shown.
    pub text: String,
}

/// Everything a stranger needs to verify one signature: canonical CBOR, ten years from now too.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct StatementPacket {
    /// The hub's public key, which a verifier compares with the one it trusts.
    #[n(1)]
    pub hub_key: crate::chain::PublicKey,
    /// The hub's word for the device that froze and signed.
    #[n(2)]
    pub certificate: crate::chain::SignedCertificate,
    /// The stretch of the device's stream from the freeze to the seal after the signature.
    #[n(3)]
    pub run: Run,
    /// Id of the signature's envelope.
    #[n(4)]
    pub signature: Digest,
}

impl Device {
    /// The statement as it would be shown and frozen now.
    ///
    /// # Errors
    /// [`AppError::Freeze`] while a value is contested or nothing is priced.
    pub fn statement_text(&self, case: &str, wanted: &Wanted) -> Result<String, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            Ok(frozen(tx, case, wanted)?.text)
        })
    }

    /// Freezes the case as it reads now and binds the ink to it.
    ///
    /// # Errors
    /// [`AppError::Freeze`] while a value is contested or nothing is priced.
    pub fn sign(&self, case: &str, new: &NewSignature<'_>) -> Result<Signed, AppError> {
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let user = &enrolled(&me)?.user;
            check_bringing(Bringing::Signature, &roles(tx, &me)?)?;
            let (case, scope) = case_named(tx, case)?;
            let frozen = frozen(tx, case, &new.wanted)?;
            let body = cbor::encode(&frozen);
            let (freeze, _) = tx.append(
                &me,
                user,
                self.host.now(),
                (scope, Kind::Freeze, Subject::case(case), body),
            )?;
            let own = |text: Option<&str>| text.map(ToOwned::to_owned);
            let signature = SignatureBody {
                case,
                freeze,
                text_sha256: Digest::of(frozen.text.as_bytes()),
                act: new.act,
                signer: new.signer.to_owned(),
                consent: consent(new.act, new.wanted.language).to_owned(),
                strokes: new.strokes.clone(),
                screen: new.screen,
                place: new.claims.place,
                nonce: self.nonce(),
                id_no: own(new.claims.id_no),
                relation: own(new.claims.relation),
                reason: own(new.claims.reason),
            };
            let id = self.append_signature(tx, (case, scope), &signature)?;
            Ok(Signed {
                freeze,
                signature: id,
                total: frozen.total,
                text: frozen.text,
            })
        })
    }

    /// Takes a signature back, with the signer's reason. The ink and what it covered stay.
    ///
    /// # Errors
    /// [`AppError::NoSignature`], [`AppError::NoReason`].
    pub fn revoke(&self, case: &str, signature: &str, reason: &str) -> Result<(), AppError> {
        if reason.trim().is_empty() {
            return Err(AppError::NoReason);
        }
        self.follow(case, signature, (Act::Revoked, Some(reason)))
    }

    /// Says, from a device of one's own, to have seen a signature made.
    ///
    /// # Errors
    /// [`AppError::NoSignature`]; [`AppError::OwnSignature`] on the device that took it.
    pub fn witness(&self, case: &str, signature: &str) -> Result<(), AppError> {
        self.follow(case, signature, (Act::Witnessed, None))
    }

    /// A later act over the same freeze.
    fn follow(
        &self,
        case: &str,
        signature: &str,
        (act, reason): (Act, Option<&str>),
    ) -> Result<(), AppError> {
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let user = enrolled(&me)?.user.clone();
            check_bringing(Bringing::Signature, &roles(tx, &me)?)?;
            let (case, scope) = case_named(tx, case)?;
            let earlier = signature_named(tx, case, signature)?;
            if act == Act::Witnessed && earlier.signature.header.device == me.device {
                return Err(AppError::OwnSignature);
            }
            let signer = match act {
                Act::Witnessed => user,
                Act::Signed | Act::Refused | Act::Revoked => earlier.signature.body.signer.clone(),
            };
            let body = SignatureBody {
                act,
                signer,
                consent: consent(act, earlier.freeze.language).to_owned(),
                strokes: Vec::new(),
                nonce: self.nonce(),
                reason: reason.map(ToOwned::to_owned),
                ..earlier.signature.body
            };
            self.append_signature(tx, (case, scope), &body)?;
            Ok(())
        })
    }

    fn nonce(&self) -> ByteArray<16> {
        let mut nonce = [0; 16];
        self.host.fill_random(&mut nonce);
        ByteArray::from(nonce)
    }

    fn append_signature(
        &self,
        tx: &Tx<'_>,
        (case, scope): (CaseId, ScopeId),
        body: &SignatureBody,
    ) -> Result<Digest, AppError> {
        let me = tx.identity()?;
        let user = &enrolled(&me)?.user;
        let what = (
            scope,
            Kind::Signature,
            Subject::case(case),
            cbor::encode(body),
        );
        let (id, _) = tx.append(&me, user, self.host.now(), what)?;
        tx.project_later(case)?;
        Ok(id)
    }

    /// One signature with all that a stranger needs to verify it.
    ///
    /// # Errors
    /// [`AppError::NoSignature`], also while its seal is not here.
    pub fn statement_packet(
        &self,
        case: &str,
        signature: &str,
    ) -> Result<StatementPacket, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            let standing = signature_named(tx, case, signature)?;
            let id = standing.signature.id;
            let missing = || AppError::NoSignature(signature.to_owned());
            let stream = standing.signature.header.stream();
            let freeze = tx.envelope(&standing.signature.body.freeze)?;
            let (freeze, _) = freeze.ok_or_else(missing)?;
            let sealed = tx.seal_after(stream, standing.signature.header.seq)?;
            let to = sealed.ok_or_else(missing)?;
            let me = tx.identity()?;
            Ok(StatementPacket {
                hub_key: enrolled(&me)?.hub_key,
                certificate: tx.certificate_of(stream.device)?.ok_or_else(missing)?,
                run: tx.read_run(stream, freeze.seq, to)?,
                signature: id,
            })
        })
    }
}

/// The statement as it reads now. An estimate under a known contract says what that pays and by
/// which packs; without one the lines speak alone.
fn frozen(tx: &Tx<'_>, case: CaseId, wanted: &Wanted) -> Result<FreezeBody, AppError> {
    let heads = tx.heads(case)?;
    let record = tx.with_document(case, |document| document.read())?;
    let mut wanted = wanted.clone();
    if wanted.kind == StatementKind::Estimate && wanted.assessment.payable.is_none() {
        match assess::judge(tx, case, case.made_at()) {
            Ok(judged) => wanted.assessment = frozen_assessment(&judged, wanted.language),
            Err(AppError::NoContract | AppError::UnknownContract(_) | AppError::Pack(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(FreezeBody::make(case, &record, heads, &wanted)?)
}

/// What the rules said, in the signer's language. Nobody signs an amount as payable while cover,
/// price or a line's place in the contract is open.
fn frozen_assessment(judged: &Judged, language: Language) -> statement::Assessment {
    let assessment = &judged.assessment;
    let money = &assessment.money;
    let payable = money.payable.filter(|_| money.is_final);
    let steps = assessment
        .money
        .covers
        .iter()
        .flat_map(|cover| &cover.steps);
    let steps = steps.map(|step| PayableStep {
        rule: match language {
            Language::Zh => step.zh.clone(),
            Language::En => step.en.clone(),
        },
        amount: step.after.low,
    });
    let name = |pack: &crate::rules::PackName| PackDigest {
        pack: pack.id.clone(),
        digest: pack.digest,
    };
    let mut packs = vec![name(&assessment.pack)];
    packs.extend(assessment.law.as_ref().map(name));
    statement::Assessment {
        payable: payable.map(|range| Payable {
            amount: range.low,
            steps: steps.collect(),
        }),
        packs,
    }
}

/// The signature whose id begins so.
fn signature_named(tx: &Tx<'_>, case: CaseId, name: &str) -> Result<SignatureStanding, AppError> {
    let missing = || AppError::NoSignature(name.to_owned());
    let standing = tx.standing(case)?.ok_or_else(missing)?;
    let mut named = standing
        .signatures
        .into_iter()
        .filter(|one| !name.is_empty() && one.signature.id.to_hex().starts_with(name));
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (_, _) => Err(missing()),
    }
}

/// The sentence assented to, or said.
const fn consent(act: Act, language: Language) -> &'static str {
    match (act, language) {
        (Act::Signed, Language::Zh) => "本人确认以上内容属实，同意以此作为理赔依据。",
        (Act::Signed, Language::En) => {
            "I confirm that the above is true and agree that the claim is based on it."
        }
        (Act::Refused, Language::Zh) => "本人已看过以上内容，拒绝签字。",
        (Act::Refused, Language::En) => "I have seen the above and refuse to sign.",
        (Act::Revoked, Language::Zh) => "本人撤回对以上内容的签字。",
        (Act::Revoked, Language::En) => "I take back my signature under the above.",
        (Act::Witnessed, Language::Zh) => "本人见证了以上签字。",
        (Act::Witnessed, Language::En) => "I saw the above being signed.",
    }
}
