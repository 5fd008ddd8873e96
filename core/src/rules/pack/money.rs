//! Reading what is paid.

use super::word::{Chosen, PayeeNeed, Pays, PerUnit, SpanOf, TariffStatus};
use super::{Cover, Names, PayeeRule, Paying, RecoveryRule, Tariff, TariffRow};
use crate::domain::facts::Method;
use crate::rules::problem::Code;
use crate::rules::section::Section;

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
