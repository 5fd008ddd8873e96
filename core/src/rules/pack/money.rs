//! What is paid: its shapes, and reading them.

use super::word::{Chosen, PayeeNeed, Pays, PerUnit, SpanOf, TariffStatus};
use super::{Choice, Names, Rule};
use crate::domain::Money;
use crate::domain::facts::Method;
use crate::rules::figure::Sourced;
use crate::rules::problem::Code;
use crate::rules::section::Section;

/// What pays a kind of loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Id, names, source.
    pub rule: Rule,
    /// Line of business.
    pub line: Option<String>,
    /// Object kinds; all if empty.
    pub objects: Vec<String>,
    /// Part of every policy, or only where the policy lists it.
    pub bought: Chosen,
    /// What the limit counts over.
    pub span: SpanOf,
    /// The limit.
    pub limit: Choice<Money>,
    /// The deductible.
    pub deductible: Choice<Money>,
    /// Whether a sum insured below the value pays only its proportion.
    pub underinsurance: Sourced<bool>,
    /// How lines may be priced.
    pub methods: Vec<Method>,
    /// What a confirmed total loss pays.
    pub total: Option<Pays>,
    /// Whether the insured may keep the remains against their value.
    pub salvage: Sourced<bool>,
    /// Whether wear is taken off.
    pub depreciation: Sourced<bool>,
    /// Whether rescue cost is paid beside the limit.
    pub rescue: Sourced<bool>,
}

/// Prices by grade and structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// Id, names, source.
    pub rule: Rule,
    /// Its version.
    pub version: String,
    /// An example is never final.
    pub status: TariffStatus,
    /// Items it prices; all if empty.
    pub items: Vec<String>,
    /// Damage grades.
    pub grades: Vec<(String, Names)>,
    /// Structure classes.
    pub structures: Vec<(String, Names)>,
    /// The rates.
    pub rows: Vec<TariffRow>,
}

/// One rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffRow {
    /// Damage grade.
    pub grade: String,
    /// Structure class.
    pub structure: String,
    /// Unit.
    pub per: PerUnit,
    /// Price of one unit.
    pub rate: Sourced<Money>,
}

/// Whether the third party's share is claimed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryRule {
    /// Whether at all.
    pub allowed: Sourced<bool>,
    /// Never against these, unless they acted on purpose.
    pub never_against: Vec<String>,
}

/// Whether somebody else may receive the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayeeRule {
    /// Whether at all.
    pub third_party: Sourced<bool>,
    /// What that needs.
    pub needs: Vec<PayeeNeed>,
}

/// What is paid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paying {
    /// Covers.
    pub covers: Vec<Cover>,
    /// Tables of prices.
    pub tariffs: Vec<Tariff>,
    /// Whether money may be paid ahead.
    pub advance: Option<Sourced<bool>>,
    /// Recovery from third parties.
    pub recovery: Option<RecoveryRule>,
    /// Payment to somebody else.
    pub payee: Option<PayeeRule>,
}

pub(super) fn read(section: &mut Section<'_, '_>) -> Paying {
    Paying {
        covers: section.list("cover", cover),
        tariffs: section.list("tariff", tariff),
        advance: section.table("advance", |s| s.figure("allowed")),
        recovery: section.table("recovery", |s| RecoveryRule {
            allowed: s.figure("allowed"),
            never_against: s.texts("never_against"),
        }),
        payee: section.table("payee", |s| PayeeRule {
            third_party: s.figure("third_party"),
            needs: s.words("needs", &PayeeNeed::WORDS),
        }),
    }
}

fn cover(section: &mut Section<'_, '_>) -> Cover {
    let methods = Method::ALL.map(|method| (method.key(), method));
    let cover = Cover {
        rule: section.rule(),
        line: section.maybe_text("line"),
        objects: section.texts("objects"),
        bought: section
            .word("bought", &Chosen::WORDS)
            .unwrap_or(Chosen::ByPolicy),
        span: section
            .word("span", &SpanOf::WORDS)
            .unwrap_or(SpanOf::Event),
        limit: section.choice("limit"),
        deductible: section.choice("deductible"),
        underinsurance: section.figure("underinsurance"),
        methods: section.words("methods", &methods),
        total: section.maybe_word("total", &Pays::WORDS),
        salvage: section.figure("salvage"),
        depreciation: section.figure("depreciation"),
        rescue: section.figure("rescue"),
    };
    for (key, missing) in [
        ("limit", cover.limit.0.is_empty()),
        ("deductible", cover.deductible.0.is_empty()),
    ] {
        if missing {
            let text = "a number, a blank or from = \"policy\" is needed: it must be stated";
            section.complain(key, Code::Missing, text);
        }
    }
    if cover.methods.is_empty() {
        let text = "one way of pricing or more is needed";
        section.complain("methods", Code::Missing, text);
    }
    cover
}

fn tariff(section: &mut Section<'_, '_>) -> Tariff {
    let named = |s: &mut Section<'_, '_>| (s.id(), s.names());
    Tariff {
        rule: section.rule(),
        version: section.text("version"),
        status: section
            .word("status", &TariffStatus::WORDS)
            .unwrap_or(TariffStatus::Example),
        items: section.texts("items"),
        grades: section.list::<(String, Names)>("grades", named),
        structures: section.list::<(String, Names)>("structures", named),
        rows: section.list("rows", |s| TariffRow {
            grade: s.text("grade"),
            structure: s.text("structure"),
            per: s
                .word("per", &PerUnit::WORDS)
                .unwrap_or(PerUnit::SquareMetre),
            rate: s.figure("rate"),
        }),
    }
}
