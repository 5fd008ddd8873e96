//! A case on the screen, in one piece.

use lossbook_core::app::{AppError, CaseView, Device, PHOTO_BUDGET, PhotoBudget};
use lossbook_core::record::Section;
use lossbook_core::store;

use super::contract::Names;
use super::dispute::{DisputeView, DuplicateView, disputes, duplicates};
use super::judgement::{Judgement, MissingView};
use super::list::{Amount, CaseRow, CaseStatus, state_of};
use super::photo::{PhotoView, photos};
use super::record::{SectionView, sections};
use super::signature::{
    DecisionView, DifferenceView, ReturnedView, SignatureView, change, decision, reopened_by,
    returned, signature,
};
use crate::words::Words;

/// How far what was written here about a case has come.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseProgress {
    /// Entries written here.
    pub written: u64,
    /// Of those, acknowledged by the hub.
    pub received: u64,
    /// Of those, under its signed receipt.
    pub confirmed: u64,
    /// Photos and thumbnails added here.
    pub photos: u64,
    /// Of those, held by the hub.
    pub photos_received: u64,
    /// Of those, under its signed receipt.
    pub photos_confirmed: u64,
}

impl From<store::CaseProgress> for CaseProgress {
    fn from(progress: store::CaseProgress) -> Self {
        let store::CaseProgress {
            written,
            received,
            confirmed,
            photos,
            photos_received,
            photos_confirmed,
        } = progress;
        Self {
            written,
            received,
            confirmed,
            photos,
            photos_received,
            photos_confirmed,
        }
    }
}

/// Everything that the screen of one case shows.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseScreen {
    /// Its line of the list.
    pub row: CaseRow,
    /// Its status in words.
    pub status_words: Words,
    /// How far it has come.
    pub progress: CaseProgress,
    /// The record.
    pub sections: Vec<SectionView>,
    /// What waits for somebody to say what is right.
    pub disputes: Vec<DisputeView>,
    /// Lines that were probably entered twice.
    pub duplicates: Vec<DuplicateView>,
    /// The sum of its lines.
    pub total: Amount,
    /// If that is a range: the paths that make it one.
    pub total_causes: Vec<String>,
    /// What the contract says; nothing if none judges it.
    pub judgement: Option<Judgement>,
    /// Why none does.
    pub judgement_problem: Option<Words>,
    /// Its photos.
    pub photos: Vec<PhotoView>,
    /// Shots that the contract asks for and the case lacks.
    pub shots_missing: Vec<MissingView>,
    /// Whether it has more photos than a case is expected to need.
    pub photo_budget_exceeded: bool,
    /// Its signatures, oldest first.
    pub signatures: Vec<SignatureView>,
    /// Head office's decisions, oldest first.
    pub decisions: Vec<DecisionView>,
    /// If it was returned: the fields to mend.
    pub returned: Vec<ReturnedView>,
    /// If it was reopened: what changed since the decision.
    pub reopened_by: Vec<DifferenceView>,
    /// What changed since the decision without touching it.
    pub late: Vec<DifferenceView>,
}

/// Draws a case.
pub(crate) fn screen(device: &Device, case: &str) -> Result<CaseScreen, AppError> {
    let view = device.case(case)?;
    let id = view.standing.case.to_string();
    let row = device.store().transact(|tx| tx.find_case(&id))?;
    let row = row.ok_or_else(|| AppError::UnknownCase(case.to_owned()))?;
    let (judgement, judgement_problem) = judgement(device, &id)?;
    let record = &view.standing.record;
    let contract = record.section(Section::Report).text("contract");
    let packs = device.packs()?;
    let names = Names::of(&packs, contract.as_deref());
    let (code, zh, en) = CaseStatus::of(&view.standing.status).words();
    let missing = judgement.iter().flat_map(|one| &one.missing);
    let budget = PHOTO_BUDGET.is_exceeded_by(PhotoBudget::used(&view.blobs));
    Ok(CaseScreen {
        row: CaseRow::of(row, state_of(&view.progress), &packs),
        status_words: Words::new(code, zh, en),
        progress: view.progress.into(),
        sections: sections(record, &view.contested, &names),
        disputes: disputes(&view),
        duplicates: duplicates(&view),
        total: record.total().unwrap_or_default().into(),
        total_causes: record
            .total_causes()
            .iter()
            .map(ToString::to_string)
            .collect(),
        shots_missing: missing.filter(|one| one.kind == "shot").cloned().collect(),
        judgement,
        judgement_problem,
        photos: photos(&view),
        photo_budget_exceeded: budget,
        signatures: view.standing.signatures.iter().map(signature).collect(),
        decisions: view.standing.decisions.iter().map(decision).collect(),
        returned: view.returned.iter().map(returned).collect(),
        reopened_by: reopened_by(&view),
        late: late(&view),
    })
}

fn late(view: &CaseView) -> Vec<DifferenceView> {
    view.standing.late.iter().map(change).collect()
}

/// What the contract says, or why no contract does.
fn judgement(device: &Device, case: &str) -> Result<(Option<Judgement>, Option<Words>), AppError> {
    match device.assess(case) {
        Ok(judged) => Ok((Some(Judgement::from(&judged)), None)),
        Err(
            problem @ (AppError::NoContract | AppError::UnknownContract(_) | AppError::Pack(_)),
        ) => Ok((None, Some(Words::of(problem.code())))),
        Err(error) => Err(error),
    }
}
