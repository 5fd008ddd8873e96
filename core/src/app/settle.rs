//! Settling: somebody chooses among what stands, and says why.
//!
//! The choice is itself an edit that merges: two people who settle differently apart are in
//! dispute again. What was not chosen stays in the history and in the correction ledger.

use super::device::{Device, case_named, enrolled};
use super::edit::{parse_value, roles};
use super::error::AppError;
use crate::domain::RowId;
use crate::record::access::{Deed, any_may};
use crate::record::{CaseRecord, Dispute, Edit, FieldPath, NewRow, Section, Value};
use crate::store::Clash;

/// What a settlement writes: the edits, and what it says was chosen.
struct Choice {
    edits: Vec<Edit>,
    chosen: String,
    against: String,
}

impl Device {
    /// Settles a dispute: a contested field with one of its values; a row that one person
    /// withdrew and another edited with `keep` or `withdraw`; several payees with the one whose
    /// role this is; a clash with other cases with the value that stands here.
    ///
    /// # Errors
    /// [`AppError::NotContested`], [`AppError::NotStanding`], [`AppError::NoReason`],
    /// [`AppError::NotAllowed`].
    pub fn settle(
        &self,
        case: &str,
        path: &str,
        chosen: &str,
        reason: &str,
    ) -> Result<(), AppError> {
        if reason.trim().is_empty() {
            return Err(AppError::NoReason);
        }
        let path: FieldPath = path.parse()?;
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let user = enrolled(&me)?.user.clone();
            let roles = roles(tx, &me)?;
            if !path
                .spec()
                .is_some_and(|spec| any_may(&roles, Deed::Settle, spec))
            {
                return Err(AppError::not_allowed(&roles, &format!("settle {path}")));
            }
            let (case, scope) = case_named(tx, case)?;
            let record = tx.with_document(case, |document| document.read())?;
            let dispute = record
                .disputes()
                .into_iter()
                .find_map(|(at, kind)| (at == path).then_some(kind));
            let clashes = tx.clashes(case, (scope, &record))?;
            let choice = match dispute {
                Some(Dispute::Values) => choose_value(&record, &path, chosen)?,
                Some(Dispute::Withdrawal) => choose_row(&record, &path, (chosen, reason))?,
                Some(Dispute::Payees) => choose_payee(&record, &path, reason),
                None => choose_here(&record, &path, (chosen, &clashes))?,
            };
            let account = NewRow {
                section: Section::Settlements,
                id: RowId::make(self.host.as_ref()),
                values: account(&path, choice.chosen, choice.against, (reason, user)),
            };
            let mut edits = choice.edits;
            edits.push(Edit::Add(account));
            self.write(tx, (case, scope), &edits)
        })
    }
}

fn account(
    path: &FieldPath,
    chosen: String,
    against: String,
    (reason, user): (&str, String),
) -> Vec<(&'static str, Value)> {
    let mut values = vec![
        ("path", Value::Text(path.to_string())),
        ("chosen", Value::Text(chosen)),
        ("reason", Value::Text(reason.to_owned())),
        ("by", Value::Text(user)),
    ];
    if !against.is_empty() {
        values.push(("against", Value::Text(against)));
    }
    values
}

fn not_standing(got: &str, standing: &[String]) -> AppError {
    AppError::NotStanding {
        got: got.to_owned(),
        standing: standing.join(", "),
    }
}

fn choose_value(record: &CaseRecord, path: &FieldPath, chosen: &str) -> Result<Choice, AppError> {
    let value = parse_value(path, chosen)?;
    let standing: Vec<String> = record
        .field(path)
        .map(|field| {
            field
                .standing()
                .iter()
                .map(|one| one.value.to_string())
                .collect()
        })
        .unwrap_or_default();
    if !standing.contains(&value.to_string()) {
        return Err(not_standing(chosen, &standing));
    }
    Ok(Choice {
        chosen: value.to_string(),
        edits: vec![Edit::Set(path.clone(), value)],
        against: String::new(),
    })
}

fn choose_row(
    record: &CaseRecord,
    path: &FieldPath,
    (chosen, reason): (&str, &str),
) -> Result<Choice, AppError> {
    let set = |text: &str| Edit::Set(path.clone(), Value::Text(text.to_owned()));
    let edits = match chosen {
        "keep" => vec![set("")],
        // A new withdrawal, even in the same words, covers what was edited since the last.
        "withdraw"
            if record
                .field(path)
                .and_then(|field| field.agreed())
                .is_some() =>
        {
            vec![set(""), set(reason)]
        }
        "withdraw" => vec![set(reason)],
        _ => {
            return Err(not_standing(
                chosen,
                &["keep".to_owned(), "withdraw".to_owned()],
            ));
        }
    };
    Ok(Choice {
        edits,
        chosen: chosen.to_owned(),
        against: String::new(),
    })
}

/// The party whose role this is stays; the other payees are withdrawn, with the same reason.
fn choose_payee(record: &CaseRecord, path: &FieldPath, reason: &str) -> Choice {
    let others = record
        .payees()
        .into_iter()
        .filter(|id| Some(*id) != path.row);
    let edits = others
        .map(|id| {
            let removed = FieldPath {
                section: Section::Parties,
                row: Some(id),
                name: "removed",
            };
            Edit::Set(removed, Value::Text(reason.to_owned()))
        })
        .collect();
    let rows = record.rows.get(&Section::Parties);
    let name = path
        .row
        .and_then(|id| rows?.get(&id)?.text("name"))
        .unwrap_or_default();
    Choice {
        edits,
        chosen: name,
        against: String::new(),
    }
}

/// What this case says is right, whatever the named other cases say.
fn choose_here(
    record: &CaseRecord,
    path: &FieldPath,
    (chosen, clashes): (&str, &[Clash]),
) -> Result<Choice, AppError> {
    let against: Vec<String> = clashes
        .iter()
        .filter(|clash| clash.path == *path)
        .flat_map(|clash| clash.others.iter().map(|(number, _)| number.clone()))
        .collect();
    if against.is_empty() {
        return Err(AppError::NotContested(path.to_string()));
    }
    let here = record.field(path).and_then(|field| field.agreed());
    let here = here.map(ToString::to_string).unwrap_or_default();
    if here != chosen {
        return Err(not_standing(chosen, &[here]));
    }
    Ok(Choice {
        edits: Vec::new(),
        chosen: here,
        against: against.join(" "),
    })
}
