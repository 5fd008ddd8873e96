//! Cases as JSON and as text for a terminal.

use std::fmt::Write as _;
use std::path::Path;

use lossbook_core::app::{AtHub, CaseView, Device, Judged};
use lossbook_core::chain::BlobRole;
use lossbook_core::domain::{ScopeId, civil_text};
use lossbook_core::record::{CaseRecord, FieldReading, Section};
use lossbook_core::rules::Packs;
use lossbook_core::statement::{CaseStatus, Difference, SignatureState};
use lossbook_core::store::{CaseRow, Clash, SignatureStanding};
use serde_json::{Map, Value, json};

use super::Said;
use super::copies::{seen_json, seen_text};
use super::findings;
use super::sign::{signature_json, write};
use crate::failure::Failure;

/// The zone in which times are shown; the data keeps instants.
pub(super) const ZONE: &str = "Asia/Shanghai";

/// One line of the list.
pub fn row_json(row: &CaseRow) -> Value {
    json!({
        "case": row.case.to_string(), "number": row.number, "scope": row.scope.to_string(), "household": row.household, "place": row.place,
        "cause": row.cause, "total_fen": {"low": row.total.low.fen(), "high": row.total.high.fen()},
        "contested": row.contested, "lines": row.lines, "photos": row.photos, "status": row.status,
        "signature": row.signature, "updated_ms": row.updated.0, "heads_digest": row.heads.to_hex(),
    })
}

/// The list; with several scopes each line says which.
pub(super) fn list(rows: &[CaseRow], scopes: &[(ScopeId, String)]) -> Said {
    let name = |row: &CaseRow| {
        let known = scopes.iter().find(|(id, _)| *id == row.scope);
        known.map_or("", |(_, name)| name.as_str())
    };
    let line = |row: &CaseRow| {
        let mut json = row_json(row);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("scope_name".to_owned(), json!(name(row)));
        }
        json
    };
    let json = json!({"cases": rows.iter().map(line).collect::<Vec<_>>()});
    let mut text = String::new();
    for row in rows {
        let contested = if row.contested > 0 {
            format!(" ({} contested)", row.contested)
        } else {
            String::new()
        };
        let scope = if scopes.len() > 1 { name(row) } else { "" };
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            text,
            "{}  {scope}{}{:<10}  {:<10}  {:>20}  {} photos  {}/{}{contested}",
            row.number,
            if scope.is_empty() { "" } else { "  " },
            row.household,
            row.cause,
            row.total.to_string(),
            row.photos,
            row.status,
            row.signature
        );
    }
    if rows.is_empty() {
        text.push_str("no cases\n");
    }
    Said::new(json, text)
}

fn differences(all: &[Difference]) -> Value {
    all.iter()
        .map(|one| json!({"path": one.path, "then": one.then, "now": one.now}))
        .collect()
}

fn record_json(record: &CaseRecord) -> Value {
    let mut sections = Map::new();
    for section in Section::ALL {
        let value = if section.has_rows() {
            let rows = record
                .rows(section)
                .map(|(id, row)| (id.to_string(), row_fields(row)));
            Value::Object(rows.collect())
        } else {
            row_fields(record.section(section))
        };
        sections.insert(section.key().to_owned(), value);
    }
    Value::Object(sections)
}

fn row_fields(row: &lossbook_core::record::Row) -> Value {
    let field = |reading| match reading {
        FieldReading::Absent => Value::Null,
        FieldReading::Agreed(value) => json!(value.to_string()),
        FieldReading::Contested(all) => {
            json!({"contested": all.iter().map(|one| one.value.to_string()).collect::<Vec<_>>()})
        }
    };
    Value::Object(
        row.fields
            .iter()
            .map(|(name, one)| ((*name).to_owned(), field(one.reading())))
            .collect(),
    )
}

fn clash_json(clash: &Clash) -> Value {
    let (zh, en) = clash.kind.words();
    let others: Vec<Value> = clash
        .others
        .iter()
        .map(|(number, value)| json!({"number": number, "value": value}))
        .collect();
    json!({"path": clash.path.to_string(), "value": clash.value, "zh": zh, "en": en, "others": others})
}

/// A signature with what changed or is contested since.
fn standing_json(one: &SignatureStanding) -> Value {
    let (changed, contested) = match &one.state {
        SignatureState::Superseded(all) => (differences(all), Value::Null),
        SignatureState::Contested(paths) => (Value::Null, json!(paths)),
        SignatureState::Valid | SignatureState::Revoked | SignatureState::Refused => {
            (Value::Null, Value::Null)
        }
    };
    let mut json = signature_json(one);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("changed".to_owned(), changed);
        fields.insert("contested".to_owned(), contested);
    }
    json
}

/// A whole case.
pub fn case_json(view: &CaseView) -> Value {
    let standing = &view.standing;
    let total = standing.record.total().unwrap_or_default();
    let contested: Vec<Value> = view.contested.iter().map(|field| {
        let values: Vec<Value> = field.values.iter().map(|one| json!({
            "value": one.value, "reason": one.reason, "user": one.user, "device": one.device.map(|id| id.to_string()), "wall_ms": one.wall.0,
        })).collect();
        json!({"path": field.path.to_string(), "binding": field.binding, "values": values})
    }).collect();
    let clashes: Vec<Value> = standing.clashes.iter().map(clash_json).collect();
    let duplicates: Vec<Value> = view
        .duplicates
        .iter()
        .map(|(one, other)| json!([one.to_string(), other.to_string()]))
        .collect();
    let causes: Vec<String> = standing
        .record
        .total_causes()
        .iter()
        .map(ToString::to_string)
        .collect();
    let signatures: Vec<Value> = standing.signatures.iter().map(standing_json).collect();
    let returned: Vec<Value> = view.returned.iter().map(|one| {
        let answers: Vec<Value> = one.answers.iter().map(|answer| json!({"value": answer.value, "user": answer.user, "wall_ms": answer.wall.0})).collect();
        json!({"path": one.path, "then": one.then, "answers": answers})
    }).collect();
    let decisions: Vec<Value> = standing.decisions.iter().map(|one| json!({
        "action": one.body.action.word(), "round": one.body.round, "user": one.header.user, "reason": one.body.reason,
        "fields": one.body.fields, "wall_ms": one.header.wall.0,
    })).collect();
    let reopened = if let CaseStatus::Reopened(all) = &standing.status {
        differences(all)
    } else {
        Value::Null
    };
    let late: Vec<Value> = standing
        .late
        .iter()
        .map(|one| {
            json!({
                "path": one.path.to_string(), "then": texts(&one.then), "now": texts(&one.now),
            })
        })
        .collect();
    let photos: Vec<Value> = view.blobs.iter().filter(|blob| blob.is_original()).map(|blob| json!({
        "sha256": blob.digest.to_hex(), "bytes": blob.len_bytes, "media_type": blob.media_type, "held": blob.held,
        "own": blob.own, "sent": blob.sent, "confirmed": blob.confirmed,
        "at_hub": view.is_at_hub(blob).word(), "announced_by": view.announced_by(blob),
        "seen_before": view.seen.iter().filter(|seen| seen.photo == blob.digest).map(|seen| seen_json(&seen.before)).collect::<Vec<_>>(),
    })).collect();
    json!({
        "case": standing.case.to_string(), "number": standing.case.number().as_str(), "status": standing.status.word(),
        "reopened_by": reopened, "late": late, "returned": returned, "sync": view.progress.word(),
        "heads": standing.heads.iter().map(|head| head.to_hex()).collect::<Vec<_>>(),
        "total_fen": {"low": total.low.fen(), "high": total.high.fen()},
        "total_causes": causes, "clashes": clashes, "likely_duplicates": duplicates,
        "contested": contested, "signatures": signatures, "decisions": decisions, "photos": photos,
        "findings": findings::json(view), "photo_budget": findings::budget_json(view),
        "missing_at_hub": missing_json(view),
        "record": record_json(&standing.record),
    })
}

fn texts(values: &[lossbook_core::record::Value]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// What the hub lacks of a case as far as this phone knows, and on which phone it is.
fn missing_json(view: &CaseView) -> Vec<Value> {
    let missing = view
        .blobs
        .iter()
        .filter(|blob| view.is_at_hub(blob) != AtHub::Yes);
    missing
        .map(|blob| {
            json!({
                "sha256": blob.digest.to_hex(), "kind": blob.role.word(), "bytes": blob.len_bytes,
                "at_hub": view.is_at_hub(blob).word(), "held_here": blob.held, "own": blob.own,
                "announced_by": view.announced_by(blob),
            })
        })
        .collect()
}

pub(super) fn case(view: &CaseView) -> Said {
    let standing = &view.standing;
    let mut text = Page::default();
    text.line(format!(
        "case {}  {}  ({})",
        standing.case.number(),
        standing.status.word(),
        view.progress.word()
    ));
    if let CaseStatus::Reopened(all) = &standing.status {
        text.differences("  changed since the decision", all);
    }
    text.returned(view);
    for one in &standing.late {
        let (then, now) = (texts(&one.then).join(" | "), texts(&one.now).join(" | "));
        text.line(format!(
            "  决定之后的改动，不影响决定 / changed since the decision, which stands: {} was {then}, is {now}",
            one.path
        ));
    }
    for (path, field) in standing.record.all_fields() {
        let value = match field.reading() {
            FieldReading::Absent => continue,
            FieldReading::Agreed(value) => value.to_string(),
            FieldReading::Contested(_) => "CONTESTED".to_owned(),
        };
        let label = path.spec().map_or(path.name, |spec| spec.en);
        text.line(format!("  {label}: {value}    [{path}]"));
    }
    text.seen_before(view);
    text.disputed(view);
    text.line(format!(
        "  total: {}",
        standing.record.total().unwrap_or_default()
    ));
    text.judged(view);
    text.missing(view);
    for line in findings::lines(view) {
        text.line(line);
    }
    Said::new(case_json(view), text.0)
}

#[derive(Default)]
pub(super) struct Page(pub(super) String);

impl Page {
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    fn seen_before(&mut self, view: &CaseView) {
        for seen in &view.seen {
            let photo = seen.photo.to_hex();
            let mark = photo.get(..12).unwrap_or(&photo);
            self.line(format!("  photo {mark} {}", seen_text(&seen.before)));
        }
    }

    fn differences(&mut self, title: &str, all: &[Difference]) {
        for one in all {
            let (then, now) = (
                one.then.as_deref().unwrap_or("-"),
                one.now.as_deref().unwrap_or("-"),
            );
            self.line(format!("{title}: {} was {then}, is {now}", one.path));
        }
    }

    /// Fields to mend, with the answers.
    fn returned(&mut self, view: &CaseView) {
        for one in &view.returned {
            let answers: Vec<String> = one
                .answers
                .iter()
                .map(|answer| format!("{} by {}", answer.value, answer.user))
                .collect();
            let answer = if answers.is_empty() {
                "待修正 / to be mended".to_owned()
            } else {
                format!("已答复 / answered: {}", answers.join(", "))
            };
            self.line(format!(
                "  returned {} (was {}): {answer}",
                one.path,
                one.then.join(" | ")
            ));
        }
    }

    /// Everything that waits for somebody to say what is right.
    fn disputed(&mut self, view: &CaseView) {
        let standing = &view.standing;
        for field in &view.contested {
            self.line(format!("  contested {}:", field.path));
            for one in &field.values {
                let reason = if one.reason.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", one.reason)
                };
                self.line(format!(
                    "    {}{reason} by {} at {}",
                    one.value,
                    one.user,
                    civil_text(one.wall, ZONE)
                ));
            }
        }
        for clash in &standing.clashes {
            let (zh, en) = clash.kind.words();
            self.line(format!("  {zh} / {en} at {}: {}", clash.path, clash.value));
            for (number, value) in &clash.others {
                self.line(format!("    case {number} says {value}"));
            }
        }
        for (one, other) in &view.duplicates {
            self.line(format!(
                "  可能重复录入 / probably entered twice: {one} and {other}"
            ));
        }
    }

    /// Photos the hub lacks, as far as this phone knows.
    fn missing(&mut self, view: &CaseView) {
        for blob in view
            .blobs
            .iter()
            .filter(|blob| view.is_at_hub(blob) == AtHub::No)
        {
            let digest = blob.digest.to_hex();
            let kind = match blob.role {
                BlobRole::Thumbnail => "缩略图 / thumbnail",
                BlobRole::Preview => "预览图 / preview",
                BlobRole::Original => "照片 / photo",
            };
            self.line(format!(
                "  机构尚缺 / missing at the hub: {kind} {}, {} bytes, on the phone of {}{}",
                digest.get(..12).unwrap_or(&digest),
                blob.len_bytes,
                view.announced_by(blob).unwrap_or("?"),
                if blob.held { "（本机）" } else { "" },
            ));
        }
    }

    /// Signatures and decisions.
    fn judged(&mut self, view: &CaseView) {
        let standing = &view.standing;
        for one in &standing.signatures {
            self.line(format!(
                "  signature of {} over {}: {}",
                one.signature.body.signer,
                one.freeze.total,
                one.state.word()
            ));
            if let SignatureState::Superseded(all) = &one.state {
                self.differences("    changed since", all);
            }
        }
        for one in &standing.decisions {
            self.line(format!(
                "  {} by {} at {} {}",
                one.body.action,
                one.header.user,
                civil_text(one.header.wall, ZONE),
                one.body.reason
            ));
        }
    }
}

/// The document as Automerge saves it: any Automerge reads it.
pub(super) fn automerge(device: &Device, case: &str, file: &Path) -> Result<Said, Failure> {
    let id = device.case(case)?.standing.case;
    let saved = device
        .store()
        .transact(|tx| tx.with_document(id, |document| Ok(document.save())))
        .map_err(lossbook_core::app::AppError::from)?;
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    write(file.parent().unwrap_or(Path::new(".")), name, &saved)?;
    Ok(Said::new(
        json!({"case": id.to_string(), "file": file, "bytes": saved.len()}),
        format!("wrote {} bytes to {}", saved.len(), file.display()),
    ))
}

/// What the contract says to a case.
pub(super) fn judged(judged: &Judged, packs: &Packs) -> Result<Said, Failure> {
    let mut json = serde_json::to_value(&judged.assessment)
        .map_err(|error| Failure::bug("json", error.to_string()))?;
    let unmatched = serde_json::to_value(&judged.unmatched)
        .map_err(|error| Failure::bug("json", error.to_string()))?;
    if let Some(map) = json.as_object_mut() {
        map.insert("unmatched".to_owned(), unmatched);
    }
    let mut text = crate::assess::page(&judged.assessment, packs);
    for missing in &judged.unmatched {
        let _infallible = writeln!(
            text,
            "  ! {} {} ({})",
            missing.about, missing.zh, missing.en
        );
    }
    Ok(Said::new(json, text.trim_end().to_owned()))
}
