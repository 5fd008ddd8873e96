//! What is doubtful about the photos of a case, as JSON and as lines in both languages.
//!
//! Findings come computed in the case's view. JSON holds every one; people read those that ask for
//! a look.

use lossbook_core::app::{CaseView, PHOTO_BUDGET, PhotoBudget};
use lossbook_core::evidence::{Finding, Grade};
use serde_json::{Map, Value, json};

/// One object a photo.
pub(super) fn json(view: &CaseView) -> Value {
    view.findings
        .iter()
        .map(|photo| {
            let shutter = view
                .shots
                .iter()
                .find(|shot| shot.photo == photo.photo)
                .and_then(|shot| shot.moment?.shutter)
                .map(|count| count.number);
            let findings: Map<String, Value> = photo
                .findings
                .iter()
                .map(|finding| (finding.code.word().to_owned(), finding_json(finding)))
                .collect();
            json!({
                "sha256": photo.photo.to_hex(), "shutter": shutter, "worst": photo.worst().word(),
                "findings": findings,
            })
        })
        .collect()
}

/// What the case's photos take of what it is expected to need.
pub(super) fn budget_json(view: &CaseView) -> Value {
    let used = PhotoBudget::used(&view.blobs);
    json!({
        "photos": used.photos, "bytes": used.bytes, "most_photos": PHOTO_BUDGET.photos,
        "most_bytes": PHOTO_BUDGET.bytes, "exceeded": PHOTO_BUDGET.is_exceeded_by(used),
    })
}

fn finding_json(finding: &Finding) -> Value {
    let numbers: Map<String, Value> = finding
        .numbers
        .iter()
        .map(|(name, number)| {
            (
                (*name).to_owned(),
                json!((number * 1_000.0).round() / 1_000.0),
            )
        })
        .collect();
    json!({
        "grade": finding.grade.word(), "case": finding.case, "numbers": numbers,
        "zh": finding.zh(), "en": finding.en(),
    })
}

/// A line for each finding that asks for a look, under its photo.
pub(super) fn lines(view: &CaseView) -> Vec<String> {
    let mut lines = Vec::new();
    for photo in &view.findings {
        let digest = photo.photo.to_hex();
        let short: String = digest.chars().take(12).collect();
        let grade = match photo.worst() {
            Grade::NotAvailable => "not available 无从比较",
            Grade::Pass => "pass 通过",
            Grade::Warn => "warn 留意",
            Grade::Fail => "fail 不符",
        };
        lines.push(format!("  photo {short}: {grade}"));
        let doubts = photo
            .findings
            .iter()
            .filter(|finding| finding.grade >= Grade::Warn);
        for finding in doubts {
            lines.push(format!("    {}: {}", finding.code.word(), finding.en()));
            lines.push(format!("      {}", finding.zh()));
        }
    }
    lines
}
