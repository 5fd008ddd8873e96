//! The photos of a case: what is known, what is doubtful, how far each has come.

use lossbook_core::app::{self, CaseView};
use lossbook_core::domain::Digest;
use lossbook_core::evidence::{self, MediaType, PhotoFindings, Problem};
use lossbook_core::record::{Row, Section};
use lossbook_core::store::BlobRow;

use super::list::SyncState;
use super::record::RowStanding;
use crate::words::Words;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum PhotoKind {
    /// A photo.
    Photo,
    /// A video or a voice note.
    Recording,
}

/// Whether the hub holds the bytes, as far as this device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum AtHub {
    /// It said so.
    Yes,
    /// It did not.
    No,
    /// Another phone brings them, and the hub tells only that one.
    Unknown,
}

/// How a comparison looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Grade {
    /// There is nothing to compare.
    NotAvailable,
    /// It fits.
    Pass,
    /// Somebody should look.
    Warn,
    /// It cannot be true, or demands are not met.
    Fail,
}

impl From<evidence::Grade> for Grade {
    fn from(grade: evidence::Grade) -> Self {
        match grade {
            evidence::Grade::NotAvailable => Self::NotAvailable,
            evidence::Grade::Pass => Self::Pass,
            evidence::Grade::Warn => Self::Warn,
            evidence::Grade::Fail => Self::Fail,
        }
    }
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhotoFinding {
    /// What was compared.
    pub code: String,
    /// How it looks.
    pub grade: Grade,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A photo or recording of a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PhotoView {
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Its row in the record: what `withdraw` takes is `photos.<row>`.
    pub row: Option<String>,
    /// Which shot of the contract's list it is, or nothing.
    pub slot: String,
    /// A remark.
    pub caption: String,
    /// MIME type.
    pub media_type: String,
    /// How many bytes it has.
    pub len_bytes: u64,
    /// What it is.
    pub kind: PhotoKind,
    /// Whether it counts.
    pub standing: RowStanding,
    /// Whether its bytes are on this phone.
    pub held: bool,
    /// Whether the hub has it.
    pub at_hub: AtHub,
    /// How far it has come.
    pub state: SyncState,
    /// Digest of its thumbnail, if that is on this phone.
    pub thumbnail: Option<String>,
    /// Who brought it.
    pub announced_by: Option<String>,
    /// The worst of its findings.
    pub worst: Grade,
    /// What was compared.
    pub findings: Vec<PhotoFinding>,
    /// Photos of other cases that it is like.
    pub seen_before: u32,
}

/// What is doubtful about a photo's file.
pub(crate) fn problem_words(problem: &Problem) -> Words {
    let code = problem.code.code();
    // The store has a code of the same name, and other words for it.
    let words = Words::of(if code == "damaged" {
        "damaged_photo"
    } else {
        code
    });
    Words {
        code: code.to_owned(),
        ..words
    }
}

pub(super) fn photos(view: &CaseView) -> Vec<PhotoView> {
    let originals = view.blobs.iter().filter(|blob| !blob.is_thumbnail);
    originals.map(|blob| photo(view, blob)).collect()
}

fn photo(view: &CaseView, blob: &BlobRow) -> PhotoView {
    let row = row_of(view, &blob.digest);
    let read = |name: &str| row.as_ref().and_then(|(_, row)| row.text(name));
    let text = |name: &str| read(name).unwrap_or_default();
    let thumbnail = view
        .blobs
        .iter()
        .find(|small| small.is_thumbnail && small.held && small.of.as_ref() == Some(&blob.digest));
    let findings = view.findings.iter().find(|one| one.photo == blob.digest);
    let seen = view.seen.iter().filter(|seen| seen.photo == blob.digest);
    PhotoView {
        digest: blob.digest.to_hex(),
        row: row.as_ref().map(|(id, _)| id.clone()),
        slot: text("slot"),
        caption: text("caption"),
        media_type: blob.media_type.clone(),
        len_bytes: blob.len_bytes,
        kind: if MediaType::from_mime(&blob.media_type).is_some() {
            PhotoKind::Photo
        } else {
            PhotoKind::Recording
        },
        standing: row
            .as_ref()
            .map_or(RowStanding::Stands, |(_, row)| row.withdrawal.into()),
        held: blob.held,
        at_hub: match view.is_at_hub(blob) {
            app::AtHub::Yes => AtHub::Yes,
            app::AtHub::No => AtHub::No,
            app::AtHub::Unknown => AtHub::Unknown,
        },
        state: match (blob.confirmed, blob.sent) {
            (true, _) => SyncState::Confirmed,
            (false, true) => SyncState::Received,
            (false, false) => SyncState::Saved,
        },
        thumbnail: thumbnail.map(|small| small.digest.to_hex()),
        announced_by: view.announced_by(blob).map(ToOwned::to_owned),
        worst: findings.map_or(Grade::NotAvailable, |one| one.worst().into()),
        findings: findings.map_or_else(Vec::new, compared),
        seen_before: u32::try_from(seen.count()).unwrap_or(u32::MAX),
    }
}

fn row_of<'v>(view: &'v CaseView, digest: &Digest) -> Option<(String, &'v Row)> {
    let wanted = digest.to_hex();
    let mut rows = view.standing.record.rows(Section::Photos);
    let found = rows.find(|(_, row)| row.text("sha256").as_deref() == Some(wanted.as_str()));
    found.map(|(id, row)| (id.to_string(), row))
}

fn compared(findings: &PhotoFindings) -> Vec<PhotoFinding> {
    let all = findings.findings.iter().map(|finding| PhotoFinding {
        code: finding.code.word().to_owned(),
        grade: finding.grade.into(),
        zh: finding.zh(),
        en: finding.en(),
    });
    all.collect()
}
