//! What papers hold, as templates read it: words for people in one language, figures written out.
//!
//! The order of these fields is part of what a verification code covers: add at the end.

use lossbook_core::domain::Digest;
use serde::Serialize;

/// Everything a paper says. A part that its kind does not need is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The case's number.
    pub number: String,
    /// Facts at the top.
    pub head: Vec<Fact>,
    /// When the newest entry of the case was written: everything is as of then.
    pub as_of: String,
    /// The rule pack that judged it.
    pub pack: Option<PackLine>,
    /// The changes that the case consists of at its end.
    pub heads: Vec<String>,
    /// `masked` or `shown`.
    pub personal: &'static str,
    /// `shown`, or `hidden` from whoever may not see this contract's amounts.
    pub amounts: &'static str,
    /// What was reported.
    pub report: Vec<Fact>,
    /// When what happened.
    pub times: Vec<Fact>,
    /// People.
    pub parties: Vec<Vec<Fact>>,
    /// What is insured.
    pub objects: Vec<Vec<Fact>>,
    /// What was measured.
    pub damage: Vec<Vec<Fact>>,
    /// Answers to the contract's questions.
    pub answers: Vec<Fact>,
    /// Remarks.
    pub notes: Vec<String>,
    /// What stands in dispute.
    pub disputes: Vec<Fact>,
    /// Whether the loss is covered, and why.
    pub cover: Option<Judgement>,
    /// Priced lines.
    pub lines: Vec<Line>,
    /// Their sum.
    pub total: String,
    /// What is payable.
    pub money: Option<Money>,
    /// Settlement tier and class, as words.
    pub grade: Vec<Fact>,
    /// Whether a visit may be skipped.
    pub no_survey: Option<Judgement>,
    /// What the insured was told.
    pub told: Vec<Told>,
    /// What the contract promises.
    pub promises: Vec<Promise>,
    /// What was signed, newest first.
    pub signed: Vec<Signed>,
    /// What head office decided, oldest first.
    pub decisions: Vec<Decision>,
    /// Photos.
    pub photos: Vec<Photo>,
    /// Everything that came, oldest first.
    pub history: Vec<Past>,
}

impl Content {
    /// Small pictures that it shows: the name for templates, and which bytes.
    pub(super) fn thumbnails(&self) -> Vec<(String, Digest)> {
        let named = self.photos.iter().filter_map(|photo| {
            let (name, digest) = photo.thumbnail.as_ref()?;
            Some((name.clone(), digest.parse().ok()?))
        });
        named.collect()
    }
}

/// A label and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// What stands there.
    pub text: String,
}

/// A version of a rule pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackLine {
    /// Id and version.
    pub name: String,
    /// SHA-256 of its canonical bytes.
    pub digest: String,
}

/// An answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// The answer.
    pub answer: String,
    /// Why.
    pub reasons: Vec<Sourced>,
    /// Further facts: how, by which version.
    pub facts: Vec<Fact>,
}

/// A sentence and where it stands in the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sourced {
    /// The sentence.
    pub text: String,
    /// Where it stands.
    pub source: String,
}

/// A priced line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What.
    pub item: String,
    /// Where.
    pub room: String,
    /// How much of it, with its unit.
    pub quantity: String,
    /// For each.
    pub unit_price: String,
    /// How the amount came about.
    pub formula: String,
    /// In yuan.
    pub amount: String,
}

/// What is payable, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The steps.
    pub steps: Vec<Step>,
    /// In yuan.
    pub payable: String,
    /// In capitals.
    pub capital: String,
    /// What is still open; empty if it is final.
    pub open: String,
}

/// A step towards it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What.
    pub text: String,
    /// By how much.
    pub change: String,
    /// To how much.
    pub after: String,
    /// By which rule.
    pub source: String,
}

/// Something that the insured was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What.
    pub what: String,
    /// How.
    pub channel: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: String,
}

/// A time that the contract sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// What is done within it.
    pub text: String,
    /// Within how long; empty if the contract left it blank.
    pub limit: String,
    /// Until when, once it runs.
    pub due: String,
    /// How it stands.
    pub state: String,
    /// Where it stands in the contract.
    pub source: String,
}

/// A statement that somebody signed, refused or took back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// `estimate`, `survey-report` or `no-survey`.
    pub kind: &'static str,
    /// The exact text.
    pub text: String,
    /// Its SHA-256.
    pub text_sha256: String,
    /// Who, and everything said about it.
    pub facts: Vec<Fact>,
    /// The sentence assented to.
    pub consent: String,
    /// Whether it still covers the case.
    pub state: String,
    /// Name of the picture with the ink.
    pub ink: String,
    /// The lines as they were signed.
    pub lines: Vec<Line>,
    /// Their sum.
    pub total: String,
    /// What was payable, if rules were asked.
    pub money: Option<Money>,
    /// Id of the signature's envelope.
    pub envelope: String,
}

/// A decision of head office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What.
    pub action: String,
    /// Which round; empty if it is none.
    pub round: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: String,
    /// Why.
    pub reason: String,
    /// The changes it looked at.
    pub heads: Vec<String>,
}

/// A photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Photo {
    /// What it shows.
    pub caption: String,
    /// When, by the phone or the file's claim.
    pub taken: String,
    /// Where.
    pub place: String,
    /// How it came in.
    pub source: String,
    /// Who announced it.
    pub by: String,
    /// What is doubtful.
    pub doubts: Vec<String>,
    /// SHA-256 of the original.
    pub sha256: String,
    /// Name and digest of its small picture.
    pub thumbnail: Option<(String, String)>,
}

/// Something that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Past {
    /// When, by its writer's clock.
    pub at: String,
    /// Who.
    pub by: String,
    /// What.
    pub what: String,
    /// Fields that were written.
    pub writes: Vec<String>,
}
