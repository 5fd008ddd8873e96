//! Numbers, tests and references of a pack as phrases in both languages.

use lossbook_core::domain::{Money, facts::Event};
use lossbook_core::rules::{
    Choice, Comparison, Fact, Figure, Pack, Rule, Scalar, Sourced, Span, Test,
};

use crate::words::{Both, source, word};

/// Writes phrases; names of ids come from its pack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase<'p> {
    pub(super) pack: &'p Pack,
}

/// A blank, shown as one.
pub(super) fn blank(why: &Both) -> Both {
    Both::of(
        format!("______【空白：{}】", why.zh),
        format!("______ [blank: {}]", why.en),
    )
}

/// A number that the policy gives.
pub(super) fn of_policy() -> Both {
    Both::of("以保单所载为准", "as the policy says")
}

/// A phrase with the source behind it.
pub(super) fn with_source(text: Both, from: &str) -> Both {
    let from = source(from);
    Both::of(
        format!("{}（{}）", text.zh, from.zh),
        format!("{} ({})", text.en, from.en),
    )
}

/// `1234567.80` as `1,234,567.80`.
pub(super) fn money(amount: Money) -> Both {
    let text = amount.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    Both::of(
        format!("{grouped}.{part} 元"),
        format!("{grouped}.{part} yuan"),
    )
}

pub(super) fn span(span: Span) -> Both {
    Both::of(span.zh(), span.en())
}

/// A word or a span that was kept as text, such as a term of retention.
pub(super) fn term(text: &str) -> Both {
    let units = [
        ("min", "分钟", "minutes"),
        ("h", "小时", "hours"),
        ("wd", "个工作日", "working days"),
        ("d", "日", "days"),
        ("mo", "个月", "months"),
    ];
    let spoken = text.split_once(' ').and_then(|(number, unit)| {
        let (_, zh, en) = units.iter().find(|(key, _, _)| *key == unit)?;
        Some(Both::of(format!("{number}{zh}"), format!("{number} {en}")))
    });
    spoken.unwrap_or_else(|| word(text))
}

pub(super) fn truth(truth: bool) -> Both {
    word(if truth { "yes" } else { "no" })
}

/// `zh：` and `en: ` before a phrase.
pub(super) fn labelled(zh: &str, en: &str, text: &Both) -> Both {
    Both::of(format!("{zh}：{}", text.zh), format!("{en}: {}", text.en))
}

/// Events as they are called.
pub(super) fn events(events: &[Event]) -> Vec<Both> {
    events.iter().map(|event| self::event(*event)).collect()
}

pub(super) fn event(event: Event) -> Both {
    Both::of(event.zh(), event.en())
}

impl<'p> Phrase<'p> {
    pub(super) const fn of(pack: &'p Pack) -> Self {
        Self { pack }
    }

    /// A number with its source.
    pub(super) fn figure<T>(&self, figure: &Sourced<T>, show: impl Fn(&T) -> Both) -> Both {
        let text = match &figure.figure {
            Figure::Is(value) => show(value),
            Figure::Blank(why) => blank(&word(why)),
            Figure::Policy => of_policy(),
            Figure::Object => Both::of("以标的登记所载为准", "as the object's entry says"),
        };
        with_source(text, &figure.source)
    }

    /// A choice by test: one phrase for every branch.
    pub(super) fn choice<T>(&self, choice: &Choice<T>, show: impl Fn(&T) -> Both) -> Both {
        let branches: Vec<Both> = choice
            .0
            .iter()
            .map(|branch| {
                let figure = self.figure(&branch.figure, &show);
                if !branch.when.is_empty() {
                    let when = self.tests(&branch.when);
                    return Both::of(
                        format!("如{}：{}", when.zh, figure.zh),
                        format!("if {}: {}", when.en, figure.en),
                    );
                }
                if choice.0.len() == 1 {
                    return figure;
                }
                Both::of(
                    format!("其他情形：{}", figure.zh),
                    format!("otherwise: {}", figure.en),
                )
            })
            .collect();
        Both::join(&branches, "；", "; ")
    }

    /// All tests together.
    pub(super) fn tests(&self, tests: &[Test]) -> Both {
        let each: Vec<Both> = tests.iter().map(|test| self.test(test)).collect();
        Both::join(&each, "，且", " and ")
    }

    /// `适用条件：…` if there are tests.
    pub(super) fn when(&self, tests: &[Test]) -> Option<Both> {
        (!tests.is_empty()).then(|| labelled("适用条件", "only if", &self.tests(tests)))
    }

    fn test(&self, test: &Test) -> Both {
        let fact = self.fact(&test.fact);
        if let Some(holds) = plain(test) {
            return if holds {
                fact
            } else {
                Both::of(format!("并非{}", fact.zh), format!("not: {}", fact.en))
            };
        }
        let amount = |limit: &Sourced<Money>| self.figure(limit, |amount| money(*amount));
        let (verb, object) = match &test.comparison {
            Comparison::In(values) => (("为", " is "), self.scalars(&test.fact, values)),
            Comparison::NotIn(values) => (("不为", " is not "), self.scalars(&test.fact, values)),
            Comparison::AtMost(limit) => (("不超过 ", " is at most "), amount(limit)),
            Comparison::MoreThan(limit) => (("超过 ", " is more than "), amount(limit)),
            Comparison::AtLeast(limit) => (("不少于 ", " is at least "), amount(limit)),
            Comparison::LessThan(limit) => (("少于 ", " is less than "), amount(limit)),
            Comparison::StartsWith(prefixes) => {
                let all: Vec<Both> = prefixes.iter().map(Both::same).collect();
                let all = Both::join(&all, "或", " or ");
                (("的前几位为 ", " begins with "), all)
            }
            Comparison::Has(item) => {
                let item = self.name(&test.fact, item);
                (("包含", " include "), item)
            }
        };
        fact.then(&Both::of(verb.0, verb.1)).then(&object)
    }

    fn scalars(&self, fact: &Fact, values: &[Scalar]) -> Both {
        let each: Vec<Both> = values
            .iter()
            .map(|value| match value {
                Scalar::Truth(is) => truth(*is),
                Scalar::Word(id) => self.name(fact, id),
            })
            .collect();
        Both::join(&each, "或", " or ")
    }

    fn fact(&self, fact: &Fact) -> Both {
        let fixed = |zh: &str, en: &str| Both::of(zh, en);
        match fact {
            Fact::Peril => fixed("出险原因", "the cause of loss"),
            Fact::PerilGroup => fixed("出险原因类别", "the group of the cause"),
            Fact::ObjectKind => fixed("标的种类", "the kind of object"),
            Fact::Attribute(id) => word(id),
            Fact::PolicyClass => fixed("被保险人类别", "the class of insured"),
            Fact::TopUp => fixed("已交自愿再投保费", "the voluntary premium was paid"),
            Fact::Line => fixed("险种", "the line"),
            Fact::Class => fixed("案件类别", "the class of case"),
            Fact::Zone => fixed("服务区域", "the zone"),
            Fact::Tier => fixed("结算档次", "the tier"),
            Fact::Assessed => fixed("定损总额", "the assessed loss"),
            Fact::AssessedContested => fixed("定损金额有争议", "the assessed loss is contested"),
            Fact::Area => fixed("地区编码", "the area code"),
            Fact::HighSeas => fixed("在公海", "on the high seas"),
            Fact::Items => fixed("损失项目", "the loss lines"),
            Fact::Answer(id) => {
                let questions = &self.pack.insured.questions;
                let rules = questions.iter().map(|question| &question.rule);
                let asked = name_of(rules, id);
                Both::of(format!("「{}」", asked.zh), format!("“{}”", asked.en))
            }
            Fact::Happened(happened) => {
                let event = event(*happened);
                Both::of(
                    format!("「{}」已发生", event.zh),
                    format!("“{}” has happened", event.en),
                )
            }
        }
    }

    /// What an id is called where that fact looks it up.
    fn name(&self, fact: &Fact, id: &str) -> Both {
        let (insured, service) = (&self.pack.insured, &self.pack.service);
        match fact {
            Fact::Peril => name_of(insured.perils.iter().map(|peril| &peril.rule), id),
            Fact::ObjectKind => self.object(id),
            Fact::PolicyClass => name_of(insured.classes.iter().map(|class| &class.rule), id),
            Fact::Class => name_of(service.classes.iter().map(|class| &class.rule), id),
            Fact::Zone => name_of(service.zones.iter().map(|zone| &zone.rule), id),
            Fact::Tier => name_of(service.tiers.iter().map(|tier| &tier.rule), id),
            Fact::Items => self.item(id),
            Fact::PerilGroup
            | Fact::Attribute(_)
            | Fact::TopUp
            | Fact::Line
            | Fact::Assessed
            | Fact::AssessedContested
            | Fact::Area
            | Fact::HighSeas
            | Fact::Answer(_)
            | Fact::Happened(_) => word(id),
        }
    }

    pub(super) fn object(&self, id: &str) -> Both {
        name_of(self.pack.insured.objects.iter().map(|kind| &kind.rule), id)
    }

    pub(super) fn item(&self, id: &str) -> Both {
        name_of(self.pack.insured.items.iter().map(|item| &item.rule), id)
    }

    pub(super) fn cover(&self, id: &str) -> Both {
        name_of(self.pack.paying.covers.iter().map(|cover| &cover.rule), id)
    }

    pub(super) fn document(&self, id: &str) -> Both {
        name_of(
            self.pack.handling.documents.iter().map(|paper| &paper.rule),
            id,
        )
    }

    pub(super) fn shot(&self, id: &str) -> Both {
        name_of(self.pack.handling.shots.iter().map(|shot| &shot.rule), id)
    }

    pub(super) fn clock(&self, id: &str) -> Both {
        let (clocks, notices) = (&self.pack.service.clocks, &self.pack.service.notices);
        let rules = clocks.iter().map(|clock| &clock.rule);
        name_of(rules.chain(notices.iter().map(|notice| &notice.rule)), id)
    }

    /// `标的：…` if kinds are named.
    pub(super) fn objects(&self, ids: &[String]) -> Option<Both> {
        let names: Vec<Both> = ids.iter().map(|id| self.object(id)).collect();
        (!names.is_empty()).then(|| labelled("标的", "objects", &Both::join(&names, "、", ", ")))
    }

    /// `项目：…` if items are named.
    pub(super) fn items(&self, ids: &[String]) -> Option<Both> {
        let names: Vec<Both> = ids.iter().map(|id| self.item(id)).collect();
        (!names.is_empty()).then(|| labelled("项目", "items", &Both::join(&names, "、", ", ")))
    }
}

/// Whether a fact that is itself a statement must hold or must not.
fn plain(test: &Test) -> Option<bool> {
    let is_statement = match &test.fact {
        Fact::TopUp | Fact::AssessedContested | Fact::HighSeas | Fact::Happened(_) => true,
        Fact::Peril
        | Fact::PerilGroup
        | Fact::ObjectKind
        | Fact::Attribute(_)
        | Fact::PolicyClass
        | Fact::Line
        | Fact::Class
        | Fact::Zone
        | Fact::Tier
        | Fact::Assessed
        | Fact::Area
        | Fact::Items
        | Fact::Answer(_) => false,
    };
    match &test.comparison {
        Comparison::In(values) if is_statement => match values.as_slice() {
            [Scalar::Truth(holds)] => Some(*holds),
            [] | [Scalar::Word(_)] | [_, _, ..] => None,
        },
        Comparison::In(_)
        | Comparison::NotIn(_)
        | Comparison::AtMost(_)
        | Comparison::MoreThan(_)
        | Comparison::AtLeast(_)
        | Comparison::LessThan(_)
        | Comparison::StartsWith(_)
        | Comparison::Has(_) => None,
    }
}

/// What the rule of that id is called, else the word itself.
fn name_of<'r>(mut rules: impl Iterator<Item = &'r Rule>, id: &str) -> Both {
    rules
        .find(|rule| rule.id == id)
        .map_or_else(|| word(id), |rule| Both::of(&rule.names.zh, &rule.names.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_thousands() {
        assert_eq!(
            money(Money::from_fen(7_000_000_000)).en,
            "70,000,000.00 yuan"
        );
        assert_eq!(money(Money::from_fen(50_000)).zh, "500.00 元");
        assert_eq!(money(Money::from_fen(100_000)).zh, "1,000.00 元");
    }
}
