//! Copies of photos for a purpose: preview, watermark, redaction. The original is only read.

use std::io::Cursor;

use super::device::{Device, case_named, enrolled};
use super::error::AppError;
use crate::evidence::{self, Copied, Making, MediaType, PhotoFacts, Region};

/// What a copy is for.
#[derive(Debug, Clone, Copy)]
pub enum CopyFor<'a> {
    /// A smaller picture.
    Preview,
    /// Time, place, case number and surveyor, written in Chinese with this font.
    Watermark {
        /// The bytes of a font that has Chinese characters.
        font: &'a [u8],
    },
    /// Regions burnt out.
    Redaction(&'a [Region]),
}

/// What a watermark says where the photo says nothing: nothing is made up.
const NOT_SAID: &str = "照片未注明";

impl Device {
    /// Makes a copy of a photo of a case, named by the beginning of its digest. Its longer side
    /// has at most `long` pixels.
    ///
    /// # Errors
    /// [`AppError::UnknownPhoto`] if the case has no such photo here, or several;
    /// [`AppError::Copy`] if the copy cannot be made.
    pub fn copy_photo(
        &self,
        case: &str,
        photo: &str,
        purpose: CopyFor<'_>,
        long: u32,
    ) -> Result<Copied, AppError> {
        let unknown = || AppError::UnknownPhoto(photo.to_owned());
        let (bytes, number, user) = self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            let blobs = tx.blobs_of_case(case)?;
            let mut named = blobs.iter().filter(|blob| {
                // A recording may be larger than memory, and has no picture to copy.
                blob.is_original()
                    && blob.held
                    && MediaType::from_mime(&blob.media_type).is_some()
                    && blob.digest.to_hex().starts_with(photo)
            });
            let (Some(blob), None) = (named.next(), named.next()) else {
                return Err(unknown());
            };
            let me = tx.identity()?;
            let user = enrolled(&me)?.user.clone();
            let bytes = tx.read_blob(&blob.digest, 0, None)?;
            Ok((bytes, case.number().as_str().to_owned(), user))
        })?;
        let facts = evidence::examine(&mut Cursor::new(&bytes))?;
        let lines;
        let making = match purpose {
            CopyFor::Preview => Making::Preview,
            CopyFor::Redaction(regions) => Making::Redaction(regions),
            CopyFor::Watermark { font } => {
                lines = watermark(&facts, &number, &user);
                Making::Watermark {
                    lines: &lines,
                    font,
                }
            }
        };
        let phone = self.decoder.as_deref();
        Ok(evidence::derive((&bytes, &facts), &making, long, phone)?)
    }
}

/// The lines of a watermark; time and place are what the photo claims.
fn watermark(facts: &PhotoFacts, number: &str, user: &str) -> [String; 4] {
    let claims = &facts.claims;
    let time = claims.taken_at.as_ref().map(|time| {
        let offset = time.offset.as_deref().unwrap_or("");
        format!("{} {offset}", time.civil.replace('T', " "))
    });
    // Degrees without their datum may be half a kilometre off.
    let datum = claims.datum.as_deref().unwrap_or("");
    let place = claims
        .place
        .map(|place| format!("{:.5}, {:.5} {datum}", place.lat(), place.lon()));
    let said = |value: Option<String>| value.unwrap_or_else(|| NOT_SAID.to_owned());
    [
        format!("时间: {}", said(time).trim_end()),
        format!("地点: {}", said(place).trim_end()),
        format!("案件号: {number}"),
        format!("查勘员: {user}"),
    ]
}
