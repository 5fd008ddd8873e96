//! What waits for somebody to say what is right.

use lossbook_core::app::{CaseView, ContestedField};
use lossbook_core::record::{Dispute, Section};
use lossbook_core::store::Clash;

use super::record::{WrittenValue, label};
use crate::words::Words;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum DisputeKind {
    /// Which of several values.
    Values,
    /// Whether a row that one person withdrew and another edited stays.
    Withdrawal,
    /// Which of several payees.
    Payees,
    /// Whether this case is right although others contradict it.
    Clash,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DisputeView {
    /// Where: what `settle` takes.
    pub path: String,
    /// The field's label.
    pub label: Words,
    /// What is asked.
    pub kind: DisputeKind,
    /// Whether signature and approval wait for it.
    pub binding: bool,
    /// Everything that stands, with writer and time.
    pub values: Vec<WrittenValue>,
    /// What `settle` takes as `chosen`.
    pub choices: Vec<String>,
    /// What kind of clash it is, with the other cases' numbers in `values`.
    pub words: Option<Words>,
}

/// Two lines that two people probably entered for the same damage. A suggestion only.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DuplicateView {
    /// The path of one.
    pub one: String,
    /// The path of the other.
    pub other: String,
}

pub(super) fn disputes(view: &CaseView) -> Vec<DisputeView> {
    let contested = view.contested.iter().map(|field| of_field(view, field));
    let clashes = view.standing.clashes.iter().map(of_clash);
    contested.chain(clashes).collect()
}

fn of_field(view: &CaseView, field: &ContestedField) -> DisputeView {
    let path = field.path.to_string();
    let (kind, choices) = match field.dispute {
        Dispute::Values => {
            let mut values: Vec<String> =
                field.values.iter().map(|one| one.value.clone()).collect();
            values.sort();
            values.dedup();
            (DisputeKind::Values, values)
        }
        Dispute::Withdrawal => (
            DisputeKind::Withdrawal,
            vec!["keep".to_owned(), "withdraw".to_owned()],
        ),
        Dispute::Payees => {
            let rows = view.standing.record.rows.get(&Section::Parties);
            let row = field.path.row.and_then(|id| rows?.get(&id));
            let name = row.and_then(|row| row.text("name")).unwrap_or_default();
            (DisputeKind::Payees, vec![name])
        }
    };
    DisputeView {
        label: label(&path),
        path,
        kind,
        binding: field.binding,
        values: field.values.iter().map(WrittenValue::from).collect(),
        choices,
        words: None,
    }
}

fn of_clash(clash: &Clash) -> DisputeView {
    let path = clash.path.to_string();
    let (zh, en) = clash.kind.words();
    let values = clash.others.iter().map(|(number, value)| WrittenValue {
        value: value.clone(),
        reason: number.clone(),
        user: String::new(),
        device: None,
        wall_ms: 0,
    });
    DisputeView {
        label: label(&path),
        path,
        kind: DisputeKind::Clash,
        binding: true,
        values: values.collect(),
        choices: vec![clash.value.clone()],
        words: Some(Words::new("clash", zh, en)),
    }
}

pub(super) fn duplicates(view: &CaseView) -> Vec<DuplicateView> {
    let pairs = view.duplicates.iter().map(|(one, other)| DuplicateView {
        one: one.to_string(),
        other: other.to_string(),
    });
    pairs.collect()
}
