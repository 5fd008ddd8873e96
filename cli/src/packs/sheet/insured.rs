//! What is insured, row by row.

use lossbook_core::rules::{Registered, UnitOf};

use super::phrase::{self, Phrase, labelled};
use super::{Part, Row};
use crate::words::{Both, listed, word};

pub(super) fn parts(phrase: &Phrase<'_>) -> Vec<Part> {
    let insured = &phrase.pack.insured;
    let perils = insured.perils.iter().map(|peril| {
        let mut terms = vec![word(peril.answer.key())];
        terms.push(labelled("类别", "group", &word(&peril.group)));
        terms.extend(phrase.when(&peril.when));
        Row::of(&peril.rule, terms)
    });
    let unlisted = insured.unlisted.iter().map(|figure| {
        let answer = phrase.figure(figure, |answer| word(answer));
        Row::stated(
            "unlisted",
            "未列明的原因",
            "causes not listed",
            vec![answer],
        )
    });
    let conditions = insured.conditions.iter().map(|condition| {
        let mut terms: Vec<Both> = phrase.objects(&condition.objects).into_iter().collect();
        terms.push(labelled(
            "须满足",
            "must hold",
            &phrase.tests(&condition.tests),
        ));
        terms.push(labelled(
            "不满足时",
            "otherwise",
            &word(condition.otherwise.key()),
        ));
        Row::of(&condition.rule, terms)
    });
    let exclusions = insured.exclusions.iter().map(|exclusion| {
        let by = listed(exclusion.by.iter().map(String::as_str));
        let by = (!exclusion.by.is_empty()).then(|| labelled("行为人", "by", &by));
        Row::of(&exclusion.rule, by.into_iter().collect())
    });
    let classes = insured.classes.iter().map(|class| {
        let paper = class.evidence.as_ref();
        let paper = paper.map(|id| labelled("证明", "proved by", &phrase.document(id)));
        Row::of(&class.rule, paper.into_iter().collect())
    });
    vec![
        Part::new("保险标的", "Insured objects", objects(phrase)),
        Part::new(
            "合同列明的标的",
            "Objects the contract lists",
            register(phrase),
        ),
        Part::new("损失项目", "Loss items", items(phrase)),
        Part::new(
            "出险原因",
            "Causes of loss",
            perils.chain(unlisted).collect(),
        ),
        Part::new("承保条件", "Conditions", conditions.collect()),
        Part::new("除外责任", "Exclusions", exclusions.collect()),
        Part::new("被保险人类别", "Classes of insured", classes.collect()),
        Part::new("查勘问题", "Questions of the survey", questions(phrase)),
    ]
}

fn objects(phrase: &Phrase<'_>) -> Vec<Row> {
    let kinds = phrase.pack.insured.objects.iter().map(|kind| {
        let unit = match kind.unit {
            UnitOf::HouseholdGroup => "household_group",
            UnitOf::Airframe => "airframe",
            UnitOf::Vehicle => "vehicle",
            UnitOf::Person => "person",
            UnitOf::Policy => "whole_policy",
        };
        let mut terms = vec![labelled("限额单位", "limit counts for", &word(unit))];
        if !kind.attributes.is_empty() {
            let all = listed(kind.attributes.iter().map(String::as_str));
            terms.push(labelled("须登记", "to be recorded", &all));
        }
        if !kind.checks.is_empty() {
            let all = listed(kind.checks.iter().map(|check| check.key()));
            terms.push(labelled("须校验", "to be checked", &all));
        }
        Row::of(&kind.rule, terms)
    });
    kinds.collect()
}

fn register(phrase: &Phrase<'_>) -> Vec<Row> {
    let entries = phrase.pack.insured.register.iter().map(|entry| {
        let Registered {
            rule,
            object,
            agreed_value,
            crew,
            passengers,
            attributes,
        } = entry;
        let count = |number: &u32| Both::same(number.to_string());
        let mut terms = vec![labelled("种类", "kind", &phrase.object(object))];
        if let Some(value) = agreed_value {
            let value = phrase.figure(value, |amount| phrase::money(*amount));
            terms.push(labelled("约定价值", "agreed value", &value));
        }
        if let Some(crew) = crew {
            terms.push(labelled("空勤人员", "crew", &phrase.figure(crew, count)));
        }
        if let Some(seats) = passengers {
            terms.push(labelled("乘客", "passengers", &phrase.figure(seats, count)));
        }
        for (key, text) in attributes {
            let name = word(key);
            terms.push(labelled(&name.zh, &name.en, &Both::same(text)));
        }
        Row::of(rule, terms)
    });
    entries.collect()
}

fn items(phrase: &Phrase<'_>) -> Vec<Row> {
    let items = phrase.pack.insured.items.iter().map(|item| {
        let mut terms: Vec<Both> = phrase.objects(&item.objects).into_iter().collect();
        terms.push(match &item.cover {
            Ok(cover) => labelled("由此险别赔付", "paid by", &phrase.cover(cover)),
            Err(why) => labelled("不赔付", "pays nothing", &Both::of(&why.zh, &why.en)),
        });
        Row::of(&item.rule, terms)
    });
    items.collect()
}

fn questions(phrase: &Phrase<'_>) -> Vec<Row> {
    let questions = phrase.pack.insured.questions.iter().map(|question| {
        let answers = listed(question.answers.iter().map(String::as_str));
        let mut terms = vec![labelled("回答", "answers", &answers)];
        let photo = question.photo.as_ref();
        terms.extend(photo.map(|id| labelled("照片佐证", "proved by photo", &phrase.shot(id))));
        terms.extend(phrase.when(&question.when));
        Row::of(&question.rule, terms)
    });
    questions.collect()
}
