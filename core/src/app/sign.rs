//! Freezing a case and signing the frozen statement, in one transaction.

use minicbor::bytes::ByteArray;

use super::device::{Device, case_named, enrolled};
use super::edit::{check_bringing, roles};
use super::error::AppError;
use crate::chain::{Kind, Subject};
use crate::domain::{Digest, Money, cbor};
use crate::record::access::Bringing;
use crate::statement::{Act, FreezeBody, Language, SignatureBody, Stroke};

/// What the person in front of the screen gave.
#[derive(Debug, Clone)]
pub struct NewSignature<'a> {
    /// Who says to sign.
    pub signer: &'a str,
    /// Signed, or refused.
    pub act: Act,
    /// Language of the text shown.
    pub language: Language,
    /// The ink.
    pub strokes: Vec<Stroke>,
    /// Width and height of the screen in pixels.
    pub screen: (u32, u32),
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

impl Device {
    /// The statement as it would be shown and frozen now.
    ///
    /// # Errors
    /// [`AppError::Freeze`] while a value is contested or nothing is priced.
    pub fn statement_text(&self, case: &str, language: Language) -> Result<String, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            let heads = tx.heads(case)?;
            let record = tx.with_document(case, |document| document.read())?;
            Ok(FreezeBody::make(case, &record, heads, language)?.text)
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
            let heads = tx.heads(case)?;
            let record = tx.with_document(case, |document| document.read())?;
            let frozen = FreezeBody::make(case, &record, heads, new.language)?;
            let body = cbor::encode(&frozen);
            let (freeze, _) = tx.append(
                &me,
                user,
                self.host.now(),
                (scope, Kind::Freeze, Subject::case(case), body),
            )?;
            let mut nonce = [0; 16];
            self.host.fill_random(&mut nonce);
            let signature = SignatureBody {
                case,
                freeze,
                text_sha256: Digest::of(frozen.text.as_bytes()),
                act: new.act,
                signer: new.signer.to_owned(),
                consent: consent(new.language).to_owned(),
                strokes: new.strokes.clone(),
                screen: new.screen,
                place: None,
                nonce: ByteArray::from(nonce),
            };
            let body = cbor::encode(&signature);
            let (id, _) = tx.append(
                &me,
                user,
                self.host.now(),
                (scope, Kind::Signature, Subject::case(case), body),
            )?;
            tx.project_later(case)?;
            Ok(Signed {
                freeze,
                signature: id,
                total: frozen.total,
                text: frozen.text,
            })
        })
    }
}

/// The sentence assented to.
const fn consent(language: Language) -> &'static str {
    match language {
        Language::Zh => "本人确认以上损失清单及金额属实，同意以此作为理赔依据。",
        Language::En => {
            "I confirm that the loss lines and amounts above are true and agree that the claim is based on them."
        }
    }
}
