//! A case for the screen: everything computed, every disputed value with who wrote it.

use super::device::{Device, case_named};
use super::error::AppError;
use super::lookalike::{self, SeenBefore};
use crate::domain::{DeviceId, Digest, WallMs};
use crate::record::{CaseRecord, FieldPath, FieldReading};
use crate::store::{BlobRow, CaseProgress, CaseQuery, CaseRow, CaseStanding, StoreError, Tx};

/// A value and its writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBy {
    /// The value, as text.
    pub value: String,
    /// Who used the device.
    pub user: String,
    /// Which device.
    pub device: Option<DeviceId>,
    /// When, by that device's clock.
    pub wall: WallMs,
}

/// A field in which different values stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestedField {
    /// Which field.
    pub path: FieldPath,
    /// All values, with writer and time.
    pub values: Vec<WrittenBy>,
    /// Whether approval waits for it.
    pub binding: bool,
}

/// A photo of a case and one of another case that it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPhoto {
    /// The photo of this case.
    pub photo: Digest,
    /// What was there before it.
    pub before: SeenBefore,
}

/// A case for the screen.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// Where it stands.
    pub standing: CaseStanding,
    /// What is contested.
    pub contested: Vec<ContestedField>,
    /// Its photos and thumbnails.
    pub blobs: Vec<BlobRow>,
    /// Photos that are like those of other cases, found when they were taken.
    pub seen: Vec<SeenPhoto>,
    /// How far what was written here has come.
    pub progress: CaseProgress,
}

impl CaseView {
    /// Draws a case together.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of(tx: &Tx<'_>, standing: CaseStanding) -> Result<Self, StoreError> {
        let contested = contested_fields(tx, &standing.record)?;
        let blobs = tx.blobs_of_case(standing.case)?;
        let mut seen = Vec::new();
        for row in tx.seen_in_case(standing.case)? {
            seen.push(SeenPhoto {
                photo: row.photo,
                before: lookalike::named(tx, standing.case, &row)?,
            });
        }
        let progress = tx.progress_of_case(standing.case)?;
        Ok(Self {
            standing,
            contested,
            blobs,
            seen,
            progress,
        })
    }
}

fn contested_fields(tx: &Tx<'_>, record: &CaseRecord) -> Result<Vec<ContestedField>, StoreError> {
    let mut all = Vec::new();
    for (path, field) in record.all_fields() {
        let FieldReading::Contested(standing) = field.reading() else {
            continue;
        };
        let mut values = Vec::new();
        for one in standing {
            let writer = tx.writer_of(&one.change)?;
            values.push(WrittenBy {
                value: one.value.to_string(),
                user: writer
                    .as_ref()
                    .map(|header| header.user.clone())
                    .unwrap_or_default(),
                device: writer.as_ref().map(|header| header.device),
                wall: writer.map(|header| header.wall).unwrap_or_default(),
            });
        }
        let binding = path.spec().is_some_and(|spec| spec.binding);
        all.push(ContestedField {
            path,
            values,
            binding,
        });
    }
    Ok(all)
}

impl Device {
    /// Cases for the list, newest first.
    ///
    /// # Errors
    /// As the store fails.
    pub fn cases(&self, query: &CaseQuery) -> Result<Vec<CaseRow>, AppError> {
        Ok(self.store.transact(|tx| tx.cases(query))?)
    }

    /// One case, whole.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`].
    pub fn case(&self, name: &str) -> Result<CaseView, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, name)?;
            let standing = tx
                .standing(case)?
                .ok_or_else(|| AppError::UnknownCase(name.to_owned()))?;
            Ok(CaseView::of(tx, standing)?)
        })
    }
}
