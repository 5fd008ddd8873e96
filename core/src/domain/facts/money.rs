//! The money facts of a case: lines, what came in, what went out.

use serde::{Deserialize, Serialize};

use super::given::Given;
use crate::domain::{Money, Quantity, Share, WallMs};

/// One priced loss item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its id; stable over edits.
    pub id: String,
    /// Item of the contract.
    pub item: String,
    /// How it is priced; by the first way of its cover that fits if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// How much of it; one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Given<Quantity>>,
    /// Unit of the quantity: `m2`, `room`, `piece`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Price of one unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Given<Money>>,
    /// Where the price comes from (R188).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_source: Option<String>,
    /// Its date, `2025-06-30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_date: Option<String>,
    /// The amount itself, for invoices and injuries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Given<Money>>,
    /// Damage grade, for a tariff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Given<String>>,
    /// Structure class, for a tariff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure: Option<String>,
    /// Wear taken off the price (R163).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depreciation: Option<Given<Share>>,
    /// Worth of the remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salvage: Option<Given<Money>>,
    /// Whether the insured keeps the remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
    /// Whether head office confirmed a total loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// Whether a voucher photo is linked (R206).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<bool>,
    /// Whether the medical insurance scheme lists the cost (I13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insured_scheme: Option<bool>,
}

/// How a line is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Repair cost of similar houses (R174).
    RepairCost,
    /// Parts at market price (R188).
    Parts,
    /// Table of grade and structure (R43).
    Tariff,
    /// Agreed value (R6).
    AgreedValue,
    /// Total or constructive total loss (I1).
    Total,
    /// A bill.
    Invoice,
    /// Sum for an injured person.
    Injury,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::RepairCost,
        Self::Parts,
        Self::Tariff,
        Self::AgreedValue,
        Self::Total,
        Self::Invoice,
        Self::Injury,
    ];

    /// The method of that key.
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.key() == key)
    }

    /// Its key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::RepairCost => "repair_cost",
            Self::Parts => "parts",
            Self::Tariff => "tariff",
            Self::AgreedValue => "agreed_value",
            Self::Total => "total",
            Self::Invoice => "invoice",
            Self::Injury => "injury",
        }
    }
}

/// Figures of one bought cover.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverFigures {
    /// Limit of indemnity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Money>,
    /// Deductible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deductible: Option<Money>,
    /// Sum insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum_insured: Option<Money>,
    /// Value of the object when the loss happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insured_value: Option<Money>,
}

/// A payout approved earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// For which case.
    pub case: String,
    /// To whose limit.
    pub unit: String,
    /// Under which cover.
    pub cover: String,
    /// How much.
    pub amount: Money,
    /// When it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<WallMs>,
}

/// Money the insured already has from the liable party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// From whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// For what; the only cover with lines if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<String>,
    /// How much.
    pub amount: Given<Money>,
}

/// Money paid ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// How much.
    pub amount: Money,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<WallMs>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// What saving the object cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescue {
    /// What was done.
    pub what: String,
    /// Under which cover; the only one with lines if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<String>,
    /// How much.
    pub amount: Given<Money>,
    /// Whether it was necessary and reasonable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasonable: Option<bool>,
}

/// Who may have to pay it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// In what role the liable party stands.
    pub against: String,
    /// Its share of the blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Given<Share>>,
    /// Whether it acted on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wilful: Option<bool>,
}

/// Who receives the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payee {
    /// Somebody else than the insured (授权第三方收款).
    #[serde(default)]
    pub third_party: bool,
    /// Papers at hand: `authorisation`, `identity`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has: Vec<String>,
    /// Bank account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether the insured signed for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<bool>,
}
