//! The fields of a case that money, cover and payment hang on, in canonical order.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::freeze::{Language, StatementKind};
use crate::record::{CaseRecord, Dispute, Field, FieldPath, FieldReading, Section};

/// One field and its value as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct FieldText {
    /// `lines.<row>.amount`.
    #[n(0)]
    pub path: String,
    /// Its value, in the record's own notation.
    #[n(1)]
    pub value: String,
}

/// One field that reads differently than it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which field: `lines.<row>.amount`.
    pub path: String,
    /// How it read then; nothing if it was absent.
    pub then: Option<String>,
    /// How it reads now; nothing if it is absent, all values if it is contested.
    pub now: Option<String>,
}

impl Difference {
    /// The field's label for people, with its path.
    pub fn sentence(&self, language: Language) -> String {
        let absent = match language {
            Language::Zh => "无",
            Language::En => "absent",
        };
        let (then, now) = (
            self.then.as_deref().unwrap_or(absent),
            self.now.as_deref().unwrap_or(absent),
        );
        match language {
            Language::Zh => format!("{} 原为 {then}，现为 {now}", label(&self.path, language)),
            Language::En => format!("{} was {then}, is {now}", label(&self.path, language)),
        }
    }
}

/// A field as people call it, with its path.
pub(super) fn label(path: &str, language: Language) -> String {
    let spec = path.parse::<FieldPath>().ok().and_then(|path| path.spec());
    match (spec, language) {
        (None, _) => path.to_owned(),
        (Some(spec), Language::Zh) => format!("{}（{path}）", spec.zh),
        (Some(spec), Language::En) => format!("{} ({path})", spec.en),
    }
}

/// Binding fields as text: what they say, or all they say when contested.
///
/// Rows that everybody withdrew are left out: withdrawing a signed row is a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BindingFields {
    agreed: BTreeMap<String, String>,
    contested: BTreeMap<String, Vec<String>>,
}

impl BindingFields {
    /// Drawn from a case as it reads now.
    pub fn of(record: &CaseRecord) -> Self {
        let mut binding = Self::default();
        for (path, field) in record.all_fields() {
            let withdrawn = path.row.is_some_and(|id| {
                record
                    .rows
                    .get(&path.section)
                    .and_then(|rows| rows.get(&id))
                    .is_some_and(crate::record::Row::is_removed)
            });
            let is_binding = path.spec().is_some_and(|spec| spec.binding);
            // Whether a row counts shows in its fields; the mark itself is no figure.
            if is_binding && !withdrawn && path.name != "removed" {
                binding.take(path.to_string(), field);
            }
        }
        for (path, dispute) in record.disputes() {
            match dispute {
                Dispute::Values => {}
                Dispute::Withdrawal => {
                    let values = ["keep".to_owned(), "withdraw".to_owned()];
                    binding.contested.insert(path.to_string(), values.to_vec());
                }
                Dispute::Payees => binding.contest_payee(record, &path),
            }
        }
        binding
    }

    fn contest_payee(&mut self, record: &CaseRecord, path: &FieldPath) {
        let name = |row: &crate::record::Row| row.text("name").unwrap_or_default();
        let rows = record.rows.get(&Section::Parties);
        let names: Vec<String> = record
            .payees()
            .iter()
            .filter_map(|id| Some(name(rows?.get(id)?)))
            .collect();
        self.agreed.remove(&path.to_string());
        self.contested.insert(path.to_string(), names);
    }

    /// Those that a kind of statement speaks of.
    pub fn covered_by(mut self, kind: StatementKind) -> Self {
        let covered = |path: &String| {
            let section = path.split('.').next().and_then(crate::record::section);
            section.is_none_or(|section| kind.covers(section))
        };
        self.agreed.retain(|path, _| covered(path));
        self.contested.retain(|path, _| covered(path));
        self
    }

    /// As they were written down in a freeze or a decision.
    pub fn from_texts(texts: &[FieldText]) -> Self {
        let agreed = texts
            .iter()
            .map(|text| (text.path.clone(), text.value.clone()))
            .collect();
        Self {
            agreed,
            contested: BTreeMap::new(),
        }
    }

    /// To be written down, in canonical order.
    pub fn to_texts(&self) -> Vec<FieldText> {
        self.agreed
            .iter()
            .map(|(path, value)| FieldText {
                path: path.clone(),
                value: value.clone(),
            })
            .collect()
    }

    /// Paths with more than one value.
    pub fn contested(&self) -> impl Iterator<Item = &str> {
        self.contested.keys().map(String::as_str)
    }

    /// What reads differently now than in `then`.
    pub fn differences_since(&self, then: &Self) -> Vec<Difference> {
        let paths: BTreeSet<&String> = then
            .agreed
            .keys()
            .chain(self.agreed.keys())
            .chain(self.contested.keys())
            .collect();
        let differing = paths.into_iter().map(|path| Difference {
            path: path.clone(),
            then: then.agreed.get(path).cloned(),
            now: self
                .agreed
                .get(path)
                .cloned()
                .or_else(|| self.contested.get(path).map(|values| values.join(" | "))),
        });
        differing
            .filter(|difference| difference.then != difference.now)
            .collect()
    }

    fn take(&mut self, path: String, field: &Field) {
        match field.reading() {
            FieldReading::Absent => {}
            FieldReading::Agreed(value) => {
                self.agreed.insert(path, value.to_string());
            }
            FieldReading::Contested(standing) => {
                self.contested.insert(
                    path,
                    standing.iter().map(|one| one.value.to_string()).collect(),
                );
            }
        }
    }
}
