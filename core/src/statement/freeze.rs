//! Freezing: the estimate as canonical bytes, with the exact text the signer was shown.

use std::str::FromStr;

use minicbor::{Decode, Encode};

use super::binding::{BindingFields, FieldText};
use super::text;
use crate::domain::{CaseId, Digest, Money, RowId};
use crate::record::{CaseRecord, Row, Section};

/// The language of the text shown to the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
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

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum StatementKind {
    /// 损失确认书: everything money hangs on.
    #[default]
    #[n(1)]
    Estimate,
    /// 查勘报告: what was seen and measured, without prices (R157).
    #[n(2)]
    SurveyReport,
    /// 免查勘确认书: why nobody came.
    #[n(3)]
    NoSurvey,
}

/// A word that names no kind of statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is no statement: use estimate, survey-report or no-survey")]
pub struct UnknownStatement {
    /// What was given.
    pub got: String,
}

impl StatementKind {
    const ALL: [Self; 3] = [Self::Estimate, Self::SurveyReport, Self::NoSurvey];

    /// The word on the command line and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::SurveyReport => "survey-report",
            Self::NoSurvey => "no-survey",
        }
    }

    /// Whether it speaks of this section's binding fields.
    pub fn covers(self, section: Section) -> bool {
        match self {
            Self::Estimate => true,
            Self::SurveyReport => section != Section::Lines,
            Self::NoSurvey => !matches!(section, Section::Lines | Section::Damage),
        }
    }
}

impl FromStr for StatementKind {
    type Err = UnknownStatement;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|kind| kind.word() == text);
        known.ok_or_else(|| UnknownStatement {
            got: text.to_owned(),
        })
    }
}

/// What is payable by a rule pack, with the steps that lead to it. Filled by whoever evaluates the
/// contract's rules; a freeze without it states the loss alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Payable {
    /// The amount.
    #[n(1)]
    pub amount: Money,
    /// How it came about, in order, as shown.
    #[n(2)]
    pub steps: Vec<PayableStep>,
}

/// One step towards what is payable.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PayableStep {
    /// Which rule, as shown.
    #[n(0)]
    pub rule: String,
    /// What it left.
    #[n(1)]
    pub amount: Money,
}

/// A rule pack that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PackDigest {
    /// Its id.
    #[n(0)]
    pub pack: String,
    /// Digest of its canonical bytes.
    #[n(1)]
    pub digest: Digest,
}

/// What is frozen beside the record itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assessment {
    /// What is payable, if rules were evaluated.
    pub payable: Option<Payable>,
    /// By which packs.
    pub packs: Vec<PackDigest>,
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
    /// What is payable, if rules were evaluated.
    #[n(8)]
    pub payable: Option<Payable>,
    /// The rule packs behind it, sorted by id.
    #[n(9)]
    pub packs: Option<Vec<PackDigest>>,
    /// What kind of statement; absent for an estimate.
    #[n(10)]
    pub kind: Option<StatementKind>,
}

/// What is to be frozen.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What kind of statement.
    pub kind: StatementKind,
    /// In which language it is shown.
    pub language: Language,
    /// What the rules say, if they were asked.
    pub assessment: Assessment,
}

impl FreezeBody {
    /// Freezes a case as it reads now.
    ///
    /// # Errors
    /// [`FreezeError`] while a covered field is contested, or an estimate has nothing priced.
    pub fn make(
        case: CaseId,
        record: &CaseRecord,
        heads: Vec<Digest>,
        wanted: &Wanted,
    ) -> Result<Self, FreezeError> {
        let binding = BindingFields::of(record).covered_by(wanted.kind);
        let contested: Vec<String> = binding.contested().map(ToOwned::to_owned).collect();
        if !contested.is_empty() {
            return Err(FreezeError::Contested(contested));
        }
        let is_estimate = wanted.kind == StatementKind::Estimate;
        if is_estimate && standing(record, Section::Lines).next().is_none() {
            return Err(FreezeError::NoLines);
        }
        let total = if is_estimate {
            let total = record.total().filter(|total| total.is_exact());
            total.ok_or(FreezeError::Total)?.low
        } else {
            Money::ZERO
        };
        let mut photos: Vec<Digest> = record.photos().map(|(_, digest, _)| digest).collect();
        photos.sort();
        photos.dedup();
        let mut packs = wanted.assessment.packs.clone();
        packs.sort_by(|a, b| a.pack.cmp(&b.pack));
        Ok(Self {
            case,
            fields: binding.to_texts(),
            total,
            text: text::render(case, record, (total, photos.len()), wanted),
            photos,
            heads,
            language: wanted.language,
            payable: wanted.assessment.payable.clone(),
            packs: (!packs.is_empty()).then_some(packs),
            kind: (!is_estimate).then_some(wanted.kind),
        })
    }

    /// The binding fields as they were.
    pub fn binding(&self) -> BindingFields {
        BindingFields::from_texts(&self.fields)
    }

    /// What kind of statement it is.
    pub fn kind(&self) -> StatementKind {
        self.kind.unwrap_or_default()
    }
}

pub(super) fn standing(
    record: &CaseRecord,
    section: Section,
) -> impl Iterator<Item = (&RowId, &Row)> {
    record.rows(section).filter(|(_, row)| !row.is_removed())
}
