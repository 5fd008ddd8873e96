//! A case for the screen: everything computed, every disputed value with who wrote it.

use std::collections::BTreeMap;

use super::device::{Device, case_named, scope_named};
use super::error::AppError;
use super::history::{ReturnedField, returned};
use super::lookalike::{self, SeenBefore};
use super::people::only_visible;
use crate::chain::ReceiptBody;
use crate::domain::{DeviceId, Digest, ScopeId, WallMs};
use crate::evidence::{self, PhotoFindings, Shot, Thresholds};
use crate::record::{CaseRecord, Dispute, Field, FieldPath, FieldReading, Section, Standing};
use crate::store::{BlobRow, CaseProgress, CaseQuery, CaseRow, CaseStanding, StoreError, Tx};

/// A value and its writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBy {
    /// The value, as text; what a settlement takes.
    pub value: String,
    /// Why, where a reason was given: a withdrawal's.
    pub reason: String,
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
    /// What is asked.
    pub dispute: Dispute,
    /// All values, with writer and time.
    pub values: Vec<WrittenBy>,
    /// Whether signature and approval wait for it.
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
    /// Pairs of lines that two people probably entered for the same damage. A suggestion only.
    pub duplicates: Vec<(FieldPath, FieldPath)>,
    /// If it was returned: what became of the fields to mend.
    pub returned: Vec<ReturnedField>,
    /// Its photos and thumbnails.
    pub blobs: Vec<BlobRow>,
    /// Photos that are like those of other cases, found when they were taken.
    pub seen: Vec<SeenPhoto>,
    /// How far what was written here has come.
    pub progress: CaseProgress,
    /// Its originals as they were taken.
    pub shots: Vec<Shot>,
    /// What is doubtful about them.
    pub findings: Vec<PhotoFindings>,
    /// Who announced each photo and thumbnail, and on which device: that is where its bytes are.
    pub announced: BTreeMap<Digest, (String, DeviceId)>,
}

/// Whether the hub holds the bytes of a photo, as far as this store knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtHub {
    /// It said so.
    Yes,
    /// It did not.
    No,
    /// Another phone brings them, and the hub tells only that one.
    Unknown,
}

impl AtHub {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl CaseView {
    /// Draws a case together.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of(tx: &Tx<'_>, standing: CaseStanding) -> Result<Self, StoreError> {
        let receipts = tx.receipts()?;
        Self::by(tx, standing, &receipts)
    }

    /// The same at the hub, which writes receipts and holds one for every exchange of every phone:
    /// they are not read, and no finding says before when the hub had a photo.
    ///
    /// # Errors
    /// As the store fails.
    pub fn at_hub(tx: &Tx<'_>, standing: CaseStanding) -> Result<Self, StoreError> {
        Self::by(tx, standing, &[])
    }

    fn by(
        tx: &Tx<'_>,
        standing: CaseStanding,
        receipts: &[(ReceiptBody, WallMs)],
    ) -> Result<Self, StoreError> {
        let contested = contested_fields(tx, &standing.record)?;
        let duplicates = duplicates(tx, &standing.record)?;
        let returned = returned(tx, &standing)?;
        let blobs = tx.blobs_of_case(standing.case)?;
        let mut seen = Vec::new();
        for row in tx.seen_in_case(standing.case)? {
            seen.push(SeenPhoto {
                photo: row.photo,
                before: lookalike::named(tx, standing.case, &row)?,
            });
        }
        let progress = tx.progress_of_case(standing.case)?;
        let shots = super::findings::shots(tx, &standing, receipts)?;
        let insured = super::findings::insured_place(&standing.record);
        let thresholds = Thresholds {
            in_app_slots: super::assess::in_app_slots(tx, &standing)?,
            ..Thresholds::default()
        };
        let findings = evidence::findings(&shots, insured, &thresholds);
        let mut announced = BTreeMap::new();
        for blob in &blobs {
            if let Some((header, _)) = tx.envelope(&blob.envelope)? {
                announced.insert(blob.digest, (header.user, header.device));
            }
        }
        Ok(Self {
            announced,
            standing,
            contested,
            duplicates,
            returned,
            blobs,
            seen,
            progress,
            shots,
            findings,
        })
    }
}

impl CaseView {
    /// Whether the hub holds a photo of the case.
    pub const fn is_at_hub(&self, blob: &BlobRow) -> AtHub {
        match (blob.sent || blob.confirmed, blob.own) {
            (true, _) => AtHub::Yes,
            (false, true) => AtHub::No,
            (false, false) => AtHub::Unknown,
        }
    }

    /// Who announced a photo of the case.
    pub fn announced_by(&self, blob: &BlobRow) -> Option<&str> {
        let (user, _) = self.announced.get(&blob.digest)?;
        Some(user)
    }
}

fn contested_fields(tx: &Tx<'_>, record: &CaseRecord) -> Result<Vec<ContestedField>, StoreError> {
    let mut all = Vec::new();
    for (path, dispute) in record.disputes() {
        let values = match dispute {
            Dispute::Values => {
                let standing = record.field(&path).map(Field::standing).unwrap_or_default();
                said(tx, standing)?
            }
            Dispute::Withdrawal => withdrawal(tx, record, &path)?,
            Dispute::Payees => payees(tx, record)?,
        };
        all.push(ContestedField {
            path,
            dispute,
            values,
            binding: true,
        });
    }
    for (path, field) in record.all_fields() {
        let is_free = path.spec().is_some_and(|spec| !spec.binding);
        if let (true, FieldReading::Contested(standing)) = (is_free, field.reading()) {
            all.push(ContestedField {
                path,
                dispute: Dispute::Values,
                values: said(tx, standing)?,
                binding: false,
            });
        }
    }
    Ok(all)
}

fn said(tx: &Tx<'_>, standing: &[Standing]) -> Result<Vec<WrittenBy>, StoreError> {
    standing
        .iter()
        .map(|one| written_by(tx, one.value.to_string(), &one.change))
        .collect()
}

pub(super) fn written_by(
    tx: &Tx<'_>,
    value: String,
    change: &Digest,
) -> Result<WrittenBy, StoreError> {
    let writer = tx.writer_of(change)?;
    let (user, device, wall) = writer.map_or_else(
        || (String::new(), None, WallMs::default()),
        |header| (header.user, Some(header.device), header.wall),
    );
    Ok(WrittenBy {
        value,
        reason: String::new(),
        user,
        device,
        wall,
    })
}

/// Who withdrew the row and why; and who wrote in it without seeing that.
fn withdrawal(
    tx: &Tx<'_>,
    record: &CaseRecord,
    path: &FieldPath,
) -> Result<Vec<WrittenBy>, StoreError> {
    let row = path
        .row
        .and_then(|id| record.rows.get(&path.section)?.get(&id));
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let mut values = Vec::new();
    for one in row.field("removed").standing() {
        let reason = one.value.to_string();
        let word = if reason.is_empty() {
            "keep"
        } else {
            "withdraw"
        };
        let mut said = written_by(tx, word.to_owned(), &one.change)?;
        said.reason = reason;
        values.push(said);
    }
    for name in &row.written_apart {
        for one in row.field(name).standing() {
            let mut said = written_by(tx, "keep".to_owned(), &one.change)?;
            said.reason = format!("{name} = {}", one.value);
            values.push(said);
        }
    }
    Ok(values)
}

fn payees(tx: &Tx<'_>, record: &CaseRecord) -> Result<Vec<WrittenBy>, StoreError> {
    let rows = record.rows.get(&Section::Parties);
    let mut values = Vec::new();
    for row in record.payees().iter().filter_map(|id| rows?.get(id)) {
        let name = row.text("name").unwrap_or_default();
        if let Some(one) = row.field("role").standing().first() {
            values.push(written_by(tx, name, &one.change)?);
        }
    }
    Ok(values)
}

/// The same room and item, entered by different people.
fn duplicates(tx: &Tx<'_>, record: &CaseRecord) -> Result<Vec<(FieldPath, FieldPath)>, StoreError> {
    let path = |row| FieldPath {
        section: Section::Lines,
        row: Some(row),
        name: "item",
    };
    let user = |path: &FieldPath| -> Result<Option<String>, StoreError> {
        let standing = record.field(path).map(Field::standing).unwrap_or_default();
        let Some(first) = standing.first() else {
            return Ok(None);
        };
        Ok(tx.writer_of(&first.change)?.map(|header| header.user))
    };
    let mut pairs = Vec::new();
    for (one, other) in record.likely_duplicates() {
        let (one, other) = (path(one), path(other));
        if user(&one)? != user(&other)? {
            pairs.push((one, other));
        }
    }
    Ok(pairs)
}

impl Device {
    /// Cases for the list, newest first.
    ///
    /// # Errors
    /// As the store fails.
    pub fn cases(&self, query: &CaseQuery) -> Result<Vec<CaseRow>, AppError> {
        self.cases_in(None, query)
    }

    /// Cases of one scope, or of all that the signed-in person may see, newest first.
    ///
    /// # Errors
    /// [`AppError::UnknownScope`].
    pub fn cases_in(
        &self,
        scope: Option<&str>,
        query: &CaseQuery,
    ) -> Result<Vec<CaseRow>, AppError> {
        self.store.transact(|tx| {
            let scopes = match scope {
                Some(name) => Some(vec![scope_named(tx, Some(name))?]),
                None => only_visible(tx)?,
            };
            Ok(tx.cases_in(query, scopes.as_deref())?)
        })
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
            let mut view = CaseView::of(tx, standing)?;
            if let Some(visible) = only_visible(tx)? {
                hide(tx, &mut view, &visible)?;
            }
            Ok(view)
        })
    }
}

/// Takes out what points at cases of scopes that the signed-in person may not see.
fn hide(tx: &Tx<'_>, view: &mut CaseView, visible: &[ScopeId]) -> Result<(), StoreError> {
    for clash in &mut view.standing.clashes {
        let mut kept = Vec::new();
        for (number, value) in std::mem::take(&mut clash.others) {
            let row = tx.find_case(&number)?;
            if row.is_none_or(|row| visible.contains(&row.scope)) {
                kept.push((number, value));
            }
        }
        clash.others = kept;
    }
    view.standing
        .clashes
        .retain(|clash| !clash.others.is_empty());
    for seen in &mut view.seen {
        let mut kept = Vec::new();
        for case in std::mem::take(&mut seen.before.cases) {
            if tx
                .scope_of_case(case)?
                .is_some_and(|scope| visible.contains(&scope))
            {
                kept.push(case);
            }
        }
        seen.before.cases = kept;
    }
    Ok(())
}
