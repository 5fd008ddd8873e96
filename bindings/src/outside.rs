//! What is kept outside the record: nothing of it is lost, and all of it can be written to a file.

use std::io::{BufWriter, Write};

use lossbook_core::app::{AppError, Device};
use lossbook_core::domain::CaseId;

use crate::body::private;
use crate::error::{LossbookError, of_io};
use crate::lossbook::Lossbook;

/// An entry or a photo outside the record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OutsideView {
    /// Its digest.
    pub id: String,
    /// `envelope` or `photo`.
    pub kind: String,
    /// `parked` (it waits for something), `quarantined`, `forked`, `kept` or `broken`.
    pub state: String,
    /// Why, for a technician.
    pub why: String,
    /// The case it is about, if known.
    pub case: Option<String>,
    /// When, by its writer's clock or this device's.
    pub wall_ms: i64,
}

#[uniffi::export]
impl Lossbook {
    /// What is outside the record and may be seen by the signed-in person.
    ///
    /// # Errors
    /// As the store fails.
    pub fn outside(&self) -> Result<Vec<OutsideView>, LossbookError> {
        let outside = self.home.read(Device::outside)?;
        let named = |case: Option<CaseId>| case.map(|case| case.to_string());
        let envelopes = outside.envelopes.iter().map(|one| OutsideView {
            id: one.id.to_hex(),
            kind: "envelope".to_owned(),
            state: one.state.to_owned(),
            why: one.why.clone(),
            case: named(one.header.subject.as_case()),
            wall_ms: one.header.wall.0,
        });
        let photos = outside.photos.iter().map(|one| OutsideView {
            id: one.digest.to_hex(),
            kind: "photo".to_owned(),
            state: "broken".to_owned(),
            why: one.why.clone(),
            case: named(one.case),
            wall_ms: one.wall.0,
        });
        Ok(envelopes.chain(photos).collect())
    }

    /// Writes all of it to a file (`docs/formats/quarantine.md`), with what was kept of areas that
    /// ended here; says how many items.
    ///
    /// # Errors
    /// `StorageFull`, `InvalidInput` (`unwritable`).
    pub fn export_outside(&self, path: &str) -> Result<u64, LossbookError> {
        let unwritable = |error: std::io::Error| of_io(&error, "unwritable");
        self.home.look(|device| {
            let all = |device: &Device| {
                let (mut all, kept) = (device.outside()?, device.kept()?);
                all.envelopes.extend(kept.envelopes);
                all.photos.extend(kept.photos);
                Ok::<_, AppError>(all)
            };
            let all = self.home.checked(all(device))?;
            let file = private(std::path::Path::new(path)).map_err(unwritable)?;
            let mut out = BufWriter::new(file);
            device.write_outside(&all, &mut out).map_err(unwritable)?;
            out.flush().map_err(unwritable)?;
            out.get_ref().sync_all().map_err(unwritable)?;
            Ok((all.envelopes.len() + all.photos.len()) as u64)
        })
    }
}
