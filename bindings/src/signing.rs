//! Statements: shown, signed, refused, witnessed, taken back. What is signed is what was shown.

use std::path::Path;

use lossbook_core::app::{self, AppError, Device, SignerClaims};
use lossbook_core::domain::{Digest, cbor};
use lossbook_core::statement::{self, Act, Point, Stroke, Wanted};

use crate::body::replace;
use crate::error::{LossbookError, of_io};
use crate::host::{PlaceFix, core_fix};
use crate::lossbook::Lossbook;
use crate::view::{Amount, Language, StatementKind};

/// What is to be shown or signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct StatementWish {
    /// What kind of statement.
    pub kind: StatementKind,
    /// In which language.
    pub language: Language,
}

impl From<StatementWish> for Wanted {
    fn from(wish: StatementWish) -> Self {
        Self {
            kind: wish.kind.into(),
            language: wish.language.into(),
            assessment: statement::Assessment::default(),
        }
    }
}

/// A statement as it is shown before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StatementView {
    /// The exact text.
    pub text: String,
    /// Its digest: hand it over with the signature.
    pub text_sha256: String,
}

/// A sample of the pen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct InkPoint {
    /// Pixels from the left.
    pub x: i32,
    /// Pixels from the top.
    pub y: i32,
    /// Milliseconds since the first sample.
    pub t_ms: u32,
    /// Pressure in thousandths; 0 if the screen does not say.
    pub pressure: u16,
}

/// From pen down to pen up.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InkStroke {
    /// Its samples.
    pub points: Vec<InkPoint>,
}

/// Signed, or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum SignAct {
    /// Signed.
    Signed,
    /// Refused; say why in `reason`.
    Refused,
}

/// What the person in front of the screen gave.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NewSignature {
    /// Who says to sign.
    pub signer: String,
    /// Signed, or refused.
    pub act: SignAct,
    /// What is signed, in which language.
    pub wanted: StatementWish,
    /// The digest of the text that was shown.
    pub shown_sha256: String,
    /// The ink.
    pub strokes: Vec<InkStroke>,
    /// Width of the canvas in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Identity number.
    #[uniffi(default = None)]
    pub id_no: Option<String>,
    /// What they are to the insured.
    #[uniffi(default = None)]
    pub relation: Option<String>,
    /// Why they refuse.
    #[uniffi(default = None)]
    pub reason: Option<String>,
    /// Where; without one the host's location is asked.
    #[uniffi(default = None)]
    pub fix: Option<PlaceFix>,
}

/// A signature that is saved and sealed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SignedView {
    /// Its id.
    pub signature: String,
    /// The id of what was frozen.
    pub freeze: String,
    /// The sum signed.
    pub total: Amount,
    /// The exact text signed.
    pub text: String,
}

#[uniffi::export]
impl Lossbook {
    /// The statement as it would be frozen now.
    ///
    /// # Errors
    /// `WrongState` (`contested`: settle first; `no_lines`).
    pub fn statement(
        &self,
        case: &str,
        wanted: StatementWish,
    ) -> Result<StatementView, LossbookError> {
        let text = self
            .home
            .read(|device| device.statement_text(case, &wanted.into()))?;
        Ok(StatementView {
            text_sha256: Digest::of(text.as_bytes()).to_hex(),
            text,
        })
    }

    /// Freezes the case as it was shown and binds the ink to it.
    ///
    /// # Errors
    /// `WrongState` (`statement_changed`: show it again; `contested`; `no_lines`), `NotAllowed`.
    pub fn sign(&self, case: &str, new: NewSignature) -> Result<SignedView, LossbookError> {
        let place = self.signed_at(&new)?;
        let wanted = Wanted::from(new.wanted);
        let strokes = new.strokes.iter().map(stroke).collect();
        let signature = app::NewSignature {
            signer: &new.signer,
            act: match new.act {
                SignAct::Signed => Act::Signed,
                SignAct::Refused => Act::Refused,
            },
            wanted: wanted.clone(),
            strokes,
            screen: (new.width, new.height),
            claims: SignerClaims {
                id_no: new.id_no.as_deref(),
                relation: new.relation.as_deref(),
                reason: new.reason.as_deref(),
                place,
            },
        };
        let signed = self.home.change(|device| {
            let now = self.home.checked(device.statement_text(case, &wanted))?;
            if Digest::of(now.as_bytes()).to_hex() != new.shown_sha256 {
                return Err(LossbookError::wrong_state(
                    "statement_changed",
                    "show_again",
                ));
            }
            self.home.checked(device.sign(case, &signature))
        })?;
        self.tell(case)?;
        Ok(SignedView {
            signature: signed.signature.to_hex(),
            freeze: signed.freeze.to_hex(),
            total: signed.total.into(),
            text: signed.text,
        })
    }

    /// Takes a signature back, with the signer's reason. The ink and what it covered stay.
    ///
    /// # Errors
    /// `NotFound` (`no_signature`), `InvalidInput` (`no_reason`).
    pub fn revoke_signature(
        &self,
        case: &str,
        signature: &str,
        reason: &str,
    ) -> Result<(), LossbookError> {
        self.home
            .write_case(case, |device| device.revoke(case, signature, reason))
    }

    /// Says, from a device of one's own, to have seen a signature made.
    ///
    /// # Errors
    /// `NotFound` (`no_signature`), `WrongState` (`own_signature`) on the device that took it.
    pub fn witness_signature(&self, case: &str, signature: &str) -> Result<(), LossbookError> {
        self.home
            .write_case(case, |device| device.witness(case, signature))
    }

    /// Writes everything that a stranger needs to verify one signature to a file.
    ///
    /// # Errors
    /// `NotFound` (`no_signature`), `StorageFull`.
    pub fn write_statement_packet(
        &self,
        case: &str,
        signature: &str,
        path: &str,
    ) -> Result<(), LossbookError> {
        let packet = self
            .home
            .read(|device| device.statement_packet(case, signature))?;
        let written = replace(Path::new(path), &cbor::encode(&packet));
        written.map_err(|error| of_io(&error, "unwritable"))
    }
}

impl Lossbook {
    fn tell(&self, case: &str) -> Result<(), LossbookError> {
        let found = |device: &Device| {
            let row = device.store().transact(|tx| tx.find_case(case));
            row.map_err(AppError::from)
        };
        let row = self.home.read(found)?;
        self.home.tell_case(row.map(|row| row.case));
        Ok(())
    }

    /// Latitude and longitude in ten-millionths of a degree.
    fn signed_at(&self, new: &NewSignature) -> Result<Option<(i32, i32)>, LossbookError> {
        let fix = match &new.fix {
            Some(fix) => {
                core_fix(fix)?;
                Some(fix.clone())
            }
            None => self.home.host.fix().filter(|fix| core_fix(fix).is_ok()),
        };
        Ok(fix.and_then(|fix| Some((e7(fix.lat)?, e7(fix.lon)?))))
    }
}

/// Degrees, which are on the globe, in ten-millionths.
fn e7(degrees: f64) -> Option<i32> {
    format!("{:.0}", degrees * 1e7).parse().ok()
}

fn stroke(stroke: &InkStroke) -> Stroke {
    let point = |point: &InkPoint| Point {
        x: point.x,
        y: point.y,
        t_ms: point.t_ms,
        pressure: point.pressure,
    };
    Stroke(stroke.points.iter().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_become_ten_millionths() {
        assert_eq!(e7(36.834), Some(368_340_000));
        assert_eq!(e7(-0.000_000_04), Some(0));
    }
}
