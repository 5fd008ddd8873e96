//! The case as the rules see it: what people reported, measured, priced and decided.
//!
//! `record` fills it from a case document; `lossbook assess` reads it from a file
//! (`docs/formats/case.md`). Everything but the loss may be missing: what nobody gave is unknown.
//! Values that two people wrote differently stay side by side as [`Given::Contested`].
//!
//! Refuses: unknown keys, wrong types, impossible numbers ([`CaseFacts::from_json`]); ids that no
//! pack knows are refused by `rules`, which knows the packs.

mod event;
mod given;
mod money;
mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use event::Event;
pub use given::{Answer, Given};
pub use money::{Advance, Line, Method, Paid, Payee, Received, Recovery, Rescue};
pub use read::FactsError;

use super::WallMs;

/// Everything the rules may look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFacts {
    /// Version of this form; 1.
    pub format: u32,
    /// The case's name for people.
    pub case: String,
    /// Line of business (险种), where the contract has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Simple, ordinary or complex, as head office set it (R86).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What happened, when and where.
    pub loss: Loss,
    /// What has happened to the case so far, and when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<Event, WallMs>,
    /// Filled fields of the report (R71); empty text counts as missing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub report: BTreeMap<String, String>,
    /// Answers to the contract's questions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Given<Answer>>,
    /// What is known of the policy.
    #[serde(default)]
    pub policy: Policy,
    /// The thing that was hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// Priced loss items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Money already received from the liable party.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<Received>,
    /// Advance payments (预赔付).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advances: Vec<Advance>,
    /// Rescue cost (施救费).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescue: Vec<Rescue>,
    /// A claim against a liable third party (代位追偿).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// Who receives the money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Payee>,
    /// Exclusions suspected in the field or confirmed by head office (R47).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// State of papers by document id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<String, PaperState>,
    /// Photos by shot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Shot>,
    /// Settlement tiers the case has had, oldest first (R146).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierHeld>,
    /// Times that do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Longer limits (R234).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// Who surveyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surveyor: Option<String>,
    /// Review rounds already held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// What people have been told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Told>,
    /// How the customer judged the service (R259).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<Satisfaction>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// When it happened.
    pub at: WallMs,
    /// Cause of loss: a peril id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peril: Option<Given<String>>,
    /// Where.
    #[serde(default)]
    pub place: LossPlace,
    /// A service zone chosen by hand (G8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneChoice>,
}

/// Where it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossPlace {
    /// Area code (GB/T 2260), 2 to 12 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Degrees north, WGS-84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<Degrees>,
    /// Degrees east, WGS-84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<Degrees>,
    /// On the high seas (公海, I3): no area and no zone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub high_seas: bool,
}

/// Degrees held as whole millionths, so that borders are decided without floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Degrees(pub i64);

/// A zone set by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneChoice {
    /// Zone id of the contract.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

/// What is known of the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Policy number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Period of insurance, half-open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose limit is used: household group (R32), airframe, vehicle, person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Class of insured (R36).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Given<String>>,
    /// Whether the voluntary premium was paid (R38).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_up: Option<bool>,
    /// Ids of the insured objects; nothing when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<String>>,
    /// Covers bought with their figures; nothing when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<BTreeMap<String, CoverFigures>>,
    /// Insured persons by date (R16, R17).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roster: Vec<Rostered>,
    /// Payouts already approved under this policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paid: Vec<Paid>,
    /// Other open cases under this policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenCase>,
}

pub use money::CoverFigures;

/// A half-open span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First instant inside.
    pub from: WallMs,
    /// First instant after it.
    pub to: WallMs,
}

impl Period {
    /// Whether the instant lies inside.
    pub fn holds(self, at: WallMs) -> bool {
        self.from <= at && at < self.to
    }
}

/// A person insured for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rostered {
    /// Person id.
    pub person: String,
    /// Person class of the contract.
    pub class: String,
    /// First instant on the roster.
    pub from: WallMs,
    /// First instant off it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<WallMs>,
}

/// Another case of the same policy that is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenCase {
    /// Its name.
    pub case: String,
    /// Its unit.
    pub unit: String,
}

/// The thing that was hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Object kind of the contract.
    pub kind: String,
    /// Its id on the policy or in the contract's register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Address, structure, plate, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Crew aboard (R7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<u16>,
    /// Passengers aboard (R7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passengers: Option<u16>,
    /// Agreed value (协议价值) if the register has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_value: Option<super::Money>,
    /// Persons hurt or killed, by roster id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
}

/// An exclusion somebody thinks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Exclusion id of the contract.
    pub id: String,
    /// Whether head office has confirmed it.
    pub state: Suspicion,
    /// Who did it, in what role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// How sure an exclusion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// Marked in the field.
    Suspected,
    /// Decided by head office.
    Confirmed,
}

/// State of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperState {
    /// Here.
    Present,
    /// Asked for, not here.
    Missing,
    /// Waived by head office.
    NotNeeded,
}

/// A photo as far as the checklist goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shot {
    /// Shot id of the contract.
    pub slot: String,
    /// The loss line it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// How it came in.
    #[serde(default)]
    pub origin: ShotOrigin,
}

/// How a photo came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotOrigin {
    /// Taken inside the app.
    #[default]
    InApp,
    /// Picked from the phone's gallery.
    Gallery,
    /// Imported as a file.
    Imported,
    /// Received in a bundle.
    Bundle,
}

/// A tier and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierHeld {
    /// Tier id.
    pub tier: String,
    /// Since when.
    pub at: WallMs,
}

/// Time that does not count for a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Clock id.
    pub clock: String,
    /// From when.
    pub from: WallMs,
    /// Until when; still paused if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<WallMs>,
    /// Why.
    pub reason: String,
}

/// A longer limit; it counts only once approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Clock id.
    pub clock: String,
    /// The new due instant.
    pub until: WallMs,
    /// Why.
    pub reason: String,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<WallMs>,
    /// When the customer was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<WallMs>,
}

/// One review round held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Round id.
    pub round: String,
    /// Who.
    pub by: String,
    /// In what role.
    pub role: String,
    /// How it ended.
    pub result: ReviewResult,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<WallMs>,
}

/// How a review round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewResult {
    /// On to the next round.
    Passed,
    /// Back to the field: rounds start again.
    Returned,
    /// Refused.
    Failed,
}

/// Somebody was told something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Notice id of the contract.
    pub id: String,
    /// Channel.
    pub by: String,
    /// When.
    pub at: WallMs,
    /// What it said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<String>,
}

/// The scale of three (R259).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Satisfaction {
    /// 满意.
    Satisfied,
    /// 基本满意.
    Mostly,
    /// 不满意.
    Unsatisfied,
}
