//! What is paid, row by row.

use lossbook_core::rules::{Chosen, Cover, Pays, SpanOf, Tariff, TariffStatus};

use super::phrase::{self, Phrase, labelled, truth};
use super::{Part, Row};
use crate::words::{Both, listed, word};

pub(super) fn parts(phrase: &Phrase<'_>) -> Vec<Part> {
    let paying = &phrase.pack.paying;
    let covers: Vec<Row> = paying.covers.iter().map(|c| cover(phrase, c)).collect();
    let steps = if covers.is_empty() {
        Vec::new()
    } else {
        vec![steps()]
    };
    let tariffs = paying.tariffs.iter().map(|t| tariff(phrase, t)).collect();
    vec![
        Part::new("险别", "Covers", covers),
        Part::new("计算顺序", "Order of steps", steps),
        Part::new("价目表", "Tariffs", tariffs),
        Part::new(
            "预赔付、追偿、收款人",
            "Advances, recovery, payee",
            money(phrase),
        ),
    ]
}

fn cover(phrase: &Phrase<'_>, cover: &Cover) -> Row {
    let mut terms = Vec::new();
    let line = cover.line.as_ref();
    terms.extend(line.map(|line| labelled("险种", "line", &word(line))));
    terms.extend(phrase.objects(&cover.objects));
    terms.push(match cover.bought {
        Chosen::Always => Both::of("每份保单均含", "part of every policy"),
        Chosen::ByPolicy => Both::of("保单列明时适用", "only where the policy lists it"),
    });
    let span = match cover.span {
        SpanOf::Event => "event",
        SpanOf::Period => "period",
    };
    let limit = phrase.choice(&cover.limit, |amount| phrase::money(*amount));
    terms.push(labelled("赔偿限额", "limit", &limit));
    terms.push(labelled("限额范围", "the limit counts over", &word(span)));
    let deductible = phrase.choice(&cover.deductible, |amount| phrase::money(*amount));
    terms.push(labelled("免赔额", "deductible", &deductible));
    let methods = listed(cover.methods.iter().map(|method| method.key()));
    terms.push(labelled("计价方法", "ways of pricing", &methods));
    if let Some(pays) = cover.total {
        let pays = match pays {
            Pays::AgreedValue => "agreed_value",
            Pays::SumInsured => "sum_insured",
        };
        terms.push(labelled("全损赔付", "a total loss pays", &word(pays)));
    }
    for (zh, en, figure) in [
        (
            "比例赔付",
            "paid in proportion if underinsured",
            &cover.underinsurance,
        ),
        ("残值抵扣", "salvage taken off", &cover.salvage),
        ("折旧", "wear taken off", &cover.depreciation),
        ("另付施救费", "rescue cost beside the limit", &cover.rescue),
    ] {
        terms.push(labelled(zh, en, &phrase.figure(figure, |is| truth(*is))));
    }
    Row::of(&cover.rule, terms)
}

/// The one order all contracts share; it is part of the engine and no number of a contract.
fn steps() -> Row {
    let terms = vec![
        Both::of(
            "损失项目金额（每项四舍五入到分，一次）→ 只计属于保险责任的项目 → 比例赔付（仅在合同约定时）→ 减责任方已付 → 减免赔额（不低于 0）→ 不超过剩余限额 → 另加施救费",
            "loss lines (each rounded half up to the fen, once) → covered lines only → in proportion (only where stated) → less what the liable party paid → less the deductible (not below 0) → cut to what is left of the limit → rescue cost beside it",
        ),
        Both::of(
            "预赔付不改变应付金额，只减少余额；追偿不减少应付金额；限额空白时由总部确定",
            "advances never change the payable, only the balance; recovery does not lower it; with a blank limit head office decides",
        ),
    ];
    Row::stated(
        "steps",
        "应付金额的计算",
        "how the payable is worked out",
        terms,
    )
}

fn tariff(phrase: &Phrase<'_>, tariff: &Tariff) -> Row {
    let named = |list: &[(String, lossbook_core::rules::Names)], id: &str| {
        let found = list.iter().find(|(name, _)| name == id);
        found.map_or_else(|| word(id), |(_, names)| Both::of(&names.zh, &names.en))
    };
    let status = match tariff.status {
        TariffStatus::Example => "example",
        TariffStatus::Official => "official",
    };
    let mut terms = vec![
        labelled("版本", "version", &Both::same(&tariff.version)),
        labelled("效力", "standing", &word(status)),
    ];
    terms.extend(phrase.items(&tariff.items));
    for row in &tariff.rows {
        let grade = named(&tariff.grades, &row.grade);
        let structure = named(&tariff.structures, &row.structure);
        let per = word(row.per.key());
        let rate = phrase.figure(&row.rate, |amount| phrase::money(*amount));
        terms.push(labelled(
            &format!("{}，{}，每{}", grade.zh, structure.zh, per.zh),
            &format!("{}, {}, per {}", grade.en, structure.en, per.en),
            &rate,
        ));
    }
    Row::of(&tariff.rule, terms)
}

fn money(phrase: &Phrase<'_>) -> Vec<Row> {
    let paying = &phrase.pack.paying;
    let allowed = |figure| labelled("允许", "allowed", &phrase.figure(figure, |is| truth(*is)));
    let mut rows = Vec::new();
    if let Some(figure) = &paying.advance {
        let terms = vec![allowed(figure)];
        rows.push(Row::stated("advance", "预赔付", "advance payment", terms));
    }
    if let Some(recovery) = &paying.recovery {
        let mut terms = vec![allowed(&recovery.allowed)];
        if !recovery.never_against.is_empty() {
            let never = listed(recovery.never_against.iter().map(String::as_str));
            terms.push(labelled(
                "除故意外不得追偿",
                "never against, unless wilful",
                &never,
            ));
        }
        rows.push(Row::stated("recovery", "代位追偿", "recovery", terms));
    }
    if let Some(payee) = &paying.payee {
        let mut terms = vec![allowed(&payee.third_party)];
        if !payee.needs.is_empty() {
            let needs = listed(payee.needs.iter().map(|need| need.key()));
            terms.push(labelled("须有", "needs", &needs));
        }
        rows.push(Row::stated(
            "payee",
            "授权第三方收款",
            "third-party payee",
            terms,
        ));
    }
    rows
}
