//! A case's past for people: its timeline, two correction ledgers, differences between heads.
//!
//! Projections over the document's own changes and the envelopes that brought them; nothing here is
//! stored but where the user last looked.

use std::collections::BTreeMap;

use super::device::{Device, case_named};
use super::error::AppError;
use super::view::written_by;
use crate::chain::Header;
use crate::domain::{CaseId, Digest, WallMs};
use crate::record::{Deed, FieldChange, FieldPath, Section, Value};
use crate::store::{StoreError, Tx};

/// One envelope about a case.
#[derive(Debug, Clone)]
pub struct Event {
    /// The envelope.
    pub envelope: Digest,
    /// Its header: who, on which device, when.
    pub header: Header,
    /// What it wrote, if it is a change.
    pub deed: Option<Deed>,
}

/// A line of a correction ledger (R314, R315).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Which field.
    pub path: FieldPath,
    /// What was wrong: 问题数据 or 问题记录.
    pub before: Vec<String>,
    /// What took its place: 修正后数据 or 修正内容.
    pub after: String,
    /// Who answers for it: 修正责任人.
    pub user: String,
    /// When, by that device's clock.
    pub wall: WallMs,
    /// Why, where a reason was given.
    pub reason: String,
}

/// The two ledgers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledgers {
    /// 记录修正台账: settled disputes and withdrawn rows.
    pub records: Vec<Correction>,
    /// 数据修正台账: every value that was replaced by another.
    pub data: Vec<Correction>,
}

/// What changed between two looks at a case.
#[derive(Debug, Clone)]
pub struct News {
    /// Fields that read differently.
    pub fields: Vec<FieldChange>,
    /// Envelopes that came since.
    pub events: Vec<Event>,
}

/// What the hub lacks of a case.
#[derive(Debug, Clone)]
pub struct HubView {
    /// Heads of what the hub holds of the record.
    pub heads: Vec<Digest>,
    /// What it would see differently if everything were sent now.
    pub fields: Vec<FieldChange>,
    /// Envelopes it has not acknowledged.
    pub waiting: u64,
    /// Photos and thumbnails it has not confirmed, with their sizes.
    pub blobs: Vec<(Digest, u64)>,
}

impl Device {
    /// Everything that happened to a case, in the order it came here.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`].
    pub fn timeline(&self, case: &str) -> Result<Vec<Event>, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            Ok(events(tx, case)?)
        })
    }

    /// The correction ledgers of a case.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`].
    pub fn ledgers(&self, case: &str) -> Result<Ledgers, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            Ok(Ledgers::of_case(tx, case)?)
        })
    }

    /// What changed between two sets of heads; with none, since the beginning and until now.
    ///
    /// # Errors
    /// [`AppError::UnknownHeads`] if the case has no such changes here.
    pub fn difference(
        &self,
        case: &str,
        from: &[Digest],
        to: Option<&[Digest]>,
    ) -> Result<Vec<FieldChange>, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            let now = tx.heads(case)?;
            let to = to.unwrap_or(&now);
            let known = tx.with_document(case, |document| {
                Ok(document.holds(from) && document.holds(to))
            })?;
            if !known {
                return Err(AppError::UnknownHeads);
            }
            Ok(tx.with_document(case, |document| document.difference(from, to))?)
        })
    }

    /// What changed since the user last looked; looking again starts from here.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`].
    pub fn news(&self, case: &str) -> Result<News, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            let (then, now) = (tx.looked(case)?, tx.heads(case)?);
            let fields = tx.with_document(case, |document| document.difference(&then, &now))?;
            let fresh: std::collections::BTreeSet<Digest> = tx
                .with_document(case, |document| Ok(document.changes_since(&then)))?
                .into_iter()
                .collect();
            let is_fresh = |event: &Event| {
                let change = event.deed.as_ref().map(|deed| deed.change);
                change.is_some_and(|change| fresh.contains(&change))
            };
            let mut events = events(tx, case)?;
            events.retain(is_fresh);
            tx.set_looked(case, &now)?;
            Ok(News { fields, events })
        })
    }

    /// What the hub holds of a case, and what it would see if everything were sent now.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`].
    pub fn hub_view(&self, case: &str) -> Result<HubView, AppError> {
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            let held = tx.changes_at_hub(case)?;
            let now = tx.heads(case)?;
            let (heads, fields) = tx.with_document(case, |document| {
                let heads = document.ends_of(&held);
                let fields = document.difference(&heads, &now)?;
                Ok((heads, fields))
            })?;
            let blobs = tx.blobs_of_case(case)?;
            let progress = tx.progress_of_case(case)?;
            Ok(HubView {
                heads,
                fields,
                waiting: progress.written.saturating_sub(progress.received),
                blobs: blobs
                    .into_iter()
                    .filter(|blob| blob.own && !blob.sent)
                    .map(|blob| (blob.digest, blob.len_bytes))
                    .collect(),
            })
        })
    }
}

impl Event {
    /// Everything that happened to a case, in the order it came here.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of_case(tx: &Tx<'_>, case: CaseId) -> Result<Vec<Self>, StoreError> {
        events(tx, case)
    }
}

impl Ledgers {
    /// The correction ledgers of a case.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of_case(tx: &Tx<'_>, case: CaseId) -> Result<Self, StoreError> {
        Ok(ledgers(&events(tx, case)?))
    }
}

fn events(tx: &Tx<'_>, case: CaseId) -> Result<Vec<Event>, StoreError> {
    let changes = tx.changes_by_envelope(case)?;
    let deeds = tx.with_document(case, |document| document.deeds())?;
    let mut deeds: BTreeMap<Digest, Deed> =
        deeds.into_iter().map(|deed| (deed.change, deed)).collect();
    let timeline = tx.timeline(case)?.into_iter();
    Ok(timeline
        .map(|(envelope, header)| Event {
            deed: changes
                .get(&envelope)
                .and_then(|change| deeds.remove(change)),
            envelope,
            header,
        })
        .collect())
}

fn ledgers(events: &[Event]) -> Ledgers {
    let mut all = Ledgers::default();
    for event in events {
        let Some(deed) = &event.deed else { continue };
        let reasons = reasons(deed);
        for write in &deed.writes {
            if write.path.section == Section::Settlements {
                continue;
            }
            let correction = Correction {
                path: write.path.clone(),
                before: write.before.iter().map(ToString::to_string).collect(),
                after: write.after.to_string(),
                user: event.header.user.clone(),
                wall: event.header.wall,
                reason: reasons
                    .get(&write.path.to_string())
                    .cloned()
                    .unwrap_or_default(),
            };
            let is_withdrawal = write.path.name == "removed";
            if is_withdrawal || !correction.reason.is_empty() {
                all.records.push(correction.clone());
            }
            let replaced = write.before.iter().any(|before| *before != write.after);
            if replaced && !is_withdrawal {
                all.data.push(correction);
            }
        }
        // A settlement that changed no field (a clash with other cases) is a line of its own.
        for (path, reason) in &reasons {
            let written = deed
                .writes
                .iter()
                .any(|write| write.path.to_string() == *path);
            if let (false, Ok(path)) = (written, path.parse::<FieldPath>()) {
                all.records.push(Correction {
                    path,
                    before: Vec::new(),
                    after: chosen(deed),
                    user: event.header.user.clone(),
                    wall: event.header.wall,
                    reason: reason.clone(),
                });
            }
        }
    }
    all
}

/// Why, by field: from the settlements and withdrawals of the same change.
fn reasons(deed: &Deed) -> BTreeMap<String, String> {
    let mut reasons = BTreeMap::new();
    for write in &deed.writes {
        if write.path.name == "removed" {
            reasons.insert(write.path.to_string(), write.after.to_string());
        }
    }
    let of_row = |row, name: &str| {
        deed.writes.iter().find_map(|write| {
            let here = write.path.section == Section::Settlements
                && write.path.row == row
                && write.path.name == name;
            here.then(|| write.after.to_string())
        })
    };
    let settled = deed
        .writes
        .iter()
        .filter(|write| write.path.section == Section::Settlements && write.path.name == "path");
    for write in settled {
        if let Some(reason) = of_row(write.path.row, "reason") {
            reasons.insert(write.after.to_string(), reason);
        }
    }
    reasons
}

fn chosen(deed: &Deed) -> String {
    let write = deed
        .writes
        .iter()
        .find(|write| write.path.section == Section::Settlements && write.path.name == "chosen");
    write
        .map(|write| write.after.to_string())
        .unwrap_or_default()
}

/// A field that head office asked to be mended, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedField {
    /// Which field.
    pub path: String,
    /// What head office saw.
    pub then: Vec<String>,
    /// What stands now, with who wrote it since; nothing while it is not answered.
    pub answers: Vec<super::view::WrittenBy>,
}

/// What became of the fields that the newest return names.
///
/// # Errors
/// As the store fails.
pub fn returned(
    tx: &Tx<'_>,
    standing: &crate::store::CaseStanding,
) -> Result<Vec<ReturnedField>, StoreError> {
    let crate::statement::CaseStatus::Returned(paths) = &standing.status else {
        return Ok(Vec::new());
    };
    let Some(decision) = standing.decisions.last() else {
        return Ok(Vec::new());
    };
    let heads = &decision.body.heads;
    let changes = tx.with_document(standing.case, |document| {
        if document.holds(heads) {
            document.difference(heads, &standing.heads)
        } else {
            Ok(Vec::new())
        }
    })?;
    let texts = |values: &[Value]| values.iter().map(ToString::to_string).collect();
    let mut all = Vec::new();
    for path in paths {
        let change = changes
            .iter()
            .find(|change| change.path.to_string() == *path);
        let field = path
            .parse()
            .ok()
            .and_then(|path| standing.record.field(&path));
        let now = field
            .map(crate::record::Field::standing)
            .unwrap_or_default();
        let answers = match change {
            None => Vec::new(),
            Some(_) => now
                .iter()
                .map(|one| written_by(tx, one.value.to_string(), &one.change))
                .collect::<Result<_, _>>()?,
        };
        all.push(ReturnedField {
            path: path.clone(),
            then: change.map_or_else(
                || now.iter().map(|one| one.value.to_string()).collect(),
                |change| texts(&change.then),
            ),
            answers,
        });
    }
    Ok(all)
}
