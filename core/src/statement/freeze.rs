//! Freezing: the estimate as canonical bytes, with the exact text the signer was shown.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use minicbor::{Decode, Encode};

use super::binding::{BindingFields, FieldText};
use crate::domain::{CaseId, Digest, Money};
use crate::record::{CaseRecord, Row, Section};

/// The language of the text shown to the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Language {
    /// Simplified Chinese.
    #[n(1)]
    Zh,
    /// English.
    #[n(2)]
    En,
}

/// A word that names no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not a language here: use zh or en")]
pub struct UnknownLanguage {
    /// What was given.
    pub got: String,
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "zh" | "zh-CN" => Ok(Self::Zh),
            "en" => Ok(Self::En),
            _ => Err(UnknownLanguage {
                got: text.to_owned(),
            }),
        }
    }
}

/// Why a case cannot be frozen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    /// Somebody must settle these fields first.
    #[error("different values stand in {}: settle them before signing", .0.join(", "))]
    Contested(Vec<String>),
    /// Nothing is priced.
    #[error("the case has no loss line: there is nothing to sign")]
    NoLines,
    /// The sum is no amount of money.
    #[error("the lines do not add up to an amount")]
    Total,
}

/// A frozen statement. Its envelope's body is exactly these canonical bytes, so that ten years
/// later it reads without Automerge.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FreezeBody {
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// Every binding field.
    #[n(2)]
    pub fields: Vec<FieldText>,
    /// The sum of the lines.
    #[n(3)]
    pub total: Money,
    /// Digests of the photos, sorted.
    #[n(4)]
    pub photos: Vec<Digest>,
    /// The changes it was drawn from, sorted.
    #[n(5)]
    pub heads: Vec<Digest>,
    /// The language of the text.
    #[n(6)]
    pub language: Language,
    /// The exact text shown.
    #[n(7)]
    pub text: String,
}

impl FreezeBody {
    /// Freezes a case as it reads now.
    ///
    /// # Errors
    /// [`FreezeError`] while a binding field is contested or nothing is priced.
    pub fn make(
        case: CaseId,
        record: &CaseRecord,
        heads: Vec<Digest>,
        language: Language,
    ) -> Result<Self, FreezeError> {
        let binding = BindingFields::of(record);
        let contested: Vec<String> = binding.contested().map(ToOwned::to_owned).collect();
        if !contested.is_empty() {
            return Err(FreezeError::Contested(contested));
        }
        if !record
            .rows(Section::Lines)
            .any(|(_, row)| !row.is_removed())
        {
            return Err(FreezeError::NoLines);
        }
        let total = record
            .total()
            .filter(|total| total.is_exact())
            .ok_or(FreezeError::Total)?
            .low;
        let mut photos: Vec<Digest> = record.photos().map(|(_, digest, _)| digest).collect();
        photos.sort();
        photos.dedup();
        let text = render(case, record, total, &photos, language);
        Ok(Self {
            case,
            fields: binding.to_texts(),
            total,
            photos,
            heads,
            language,
            text,
        })
    }

    /// The binding fields as they were.
    pub fn binding(&self) -> BindingFields {
        BindingFields::from_texts(&self.fields)
    }
}

struct Words {
    title: &'static str,
    case: &'static str,
    household: &'static str,
    cause: &'static str,
    lines: &'static str,
    total: &'static str,
    photos: &'static str,
    yuan: &'static str,
}

const ZH: Words = Words {
    title: "损失确认书",
    case: "案件编号",
    household: "户主",
    cause: "出险原因",
    lines: "损失清单",
    total: "合计",
    photos: "照片张数",
    yuan: "元",
};

const EN: Words = Words {
    title: "Statement of loss",
    case: "Case",
    household: "Household",
    cause: "Cause of loss",
    lines: "Loss lines",
    total: "Total",
    photos: "Photos",
    yuan: "yuan",
};

fn render(
    case: CaseId,
    record: &CaseRecord,
    total: Money,
    photos: &[Digest],
    language: Language,
) -> String {
    let words = match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    };
    let report = record.section(Section::Report);
    let mut text = Page(String::new());
    text.line(format_args!("{}", words.title));
    text.line(format_args!("{}: {}", words.case, case.number()));
    text.line(format_args!(
        "{}: {}",
        words.household,
        report.text("household").unwrap_or_default()
    ));
    text.line(format_args!(
        "{}: {}",
        words.cause,
        report.text("cause").unwrap_or_default()
    ));
    text.line(format_args!("{}:", words.lines));
    let lines = record
        .rows(Section::Lines)
        .filter(|(_, row)| !row.is_removed());
    for (number, (_, row)) in lines.enumerate() {
        text.line(format_args!(
            "  {}. {}",
            number + 1,
            line_text(row, words.yuan)
        ));
    }
    text.line(format_args!("{}: {total} {}", words.total, words.yuan));
    text.line(format_args!("{}: {}", words.photos, photos.len()));
    text.0
}

fn line_text(row: &Row, yuan: &str) -> String {
    let parts = ["room", "item", "quantity", "unit"].map(|name| row.text(name).unwrap_or_default());
    let what: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    format!(
        "{}: {} {yuan}",
        what.join(" "),
        row.text("amount").unwrap_or_default()
    )
}

struct Page(String);

impl Page {
    fn line(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _infallible = writeln!(self.0, "{text}");
    }
}
