//! How a case is handled, row by row.

use lossbook_core::rules::{Criterion, NoSurvey, Per, Setting, ShotRule};

use super::phrase::{self, Phrase, labelled, truth};
use super::{Part, Row};
use crate::words::{Both, listed, word};

pub(super) fn parts(phrase: &Phrase<'_>) -> Vec<Part> {
    let handling = &phrase.pack.handling;
    let documents = handling.documents.iter().map(|document| {
        let when = phrase.when(&document.when);
        Row::of(&document.rule, when.into_iter().collect())
    });
    let fields = handling.fields.iter().map(|field| {
        let mut terms = vec![labelled("类别", "group", &word(&field.group))];
        terms.extend(phrase.when(&field.when));
        Row::of(&field.rule, terms)
    });
    let retention = handling.retention.iter().map(|kept| {
        let term = phrase.figure(&kept.term, |term| phrase::term(term));
        Row::of(&kept.rule, vec![labelled("期限", "term", &term)])
    });
    let personal = handling.personal.iter().map(|class| {
        let fields = listed(class.fields.iter().map(String::as_str));
        let terms = vec![
            labelled("按此方式遮盖", "masked as", &word(class.mask.key())),
            labelled("字段", "fields", &fields),
        ];
        Row::of(&class.rule, terms)
    });
    let settings = handling.settings.iter().enumerate();
    let no_survey = handling.no_survey.as_ref();
    vec![
        Part::new(
            "免查勘",
            "No survey",
            no_survey.map_or_else(Vec::new, |n| self::no_survey(phrase, n)),
        ),
        Part::new(
            "必拍照片",
            "Required photos",
            handling.shots.iter().map(|s| shot(phrase, s)).collect(),
        ),
        Part::new("索赔材料", "Papers", documents.collect()),
        Part::new("报案要素", "Report fields", fields.collect()),
        Part::new("审核", "Review", review(phrase)),
        Part::new("保存期限", "Retention", retention.collect()),
        Part::new("个人信息", "Personal data", personal.collect()),
        Part::new(
            "其他数字与空白",
            "Other numbers and blanks",
            settings.map(|(at, s)| setting(phrase, at, s)).collect(),
        ),
    ]
}

fn no_survey(phrase: &Phrase<'_>, no_survey: &NoSurvey) -> Vec<Row> {
    let unlisted = phrase.figure(&no_survey.unlisted, |answer| word(answer));
    let record = listed(no_survey.record.iter().map(String::as_str));
    let mut rows = vec![Row {
        source: no_survey.source.clone(),
        ..Row::stated(
            "no_survey",
            "免查勘",
            "survey waived",
            vec![
                labelled("定损方式", "assessed by", &word(&no_survey.mode)),
                labelled("未列明的情形", "kinds not listed", &unlisted),
                labelled("须记录", "its record holds", &record),
            ],
        )
    }];
    let lists: [(&[Criterion], &str, &str); 3] = [
        (
            &no_survey.criteria,
            "符合任一即可免查勘",
            "any one suffices",
        ),
        (&no_survey.suspend, "符合任一即暂缓", "any one suspends"),
        (
            &no_survey.refer,
            "符合任一即由总部确定",
            "any one goes to head office",
        ),
    ];
    for (criteria, zh, en) in lists {
        let of = |criterion: &Criterion| {
            let tests = labelled(zh, en, &phrase.tests(&criterion.tests));
            Row::of(&criterion.rule, vec![tests])
        };
        rows.extend(criteria.iter().map(of));
    }
    rows
}

fn shot(phrase: &Phrase<'_>, shot: &ShotRule) -> Row {
    let count = phrase.figure(&shot.at_least, |number| Both::same(number.to_string()));
    let mut terms = vec![labelled("至少", "at least", &count)];
    terms.push(match shot.per {
        Per::Case => Both::of("每案", "for the case"),
        Per::Line => Both::of("每个损失项目", "for every loss line"),
    });
    terms.extend(phrase.items(&shot.items));
    if shot.in_app {
        terms.push(Both::of("仅限应用内拍摄", "only by the app's own camera"));
    }
    terms.extend(phrase.when(&shot.when));
    Row::of(&shot.rule, terms)
}

fn review(phrase: &Phrase<'_>) -> Vec<Row> {
    let handling = &phrase.pack.handling;
    let mut rows: Vec<Row> = handling
        .rounds
        .iter()
        .map(|round| {
            let mut terms = vec![labelled("审核人", "held by", &word(&round.role))];
            if round.independent {
                terms.push(Both::of("独立审核", "independent"));
            }
            Row::of(&round.rule, terms)
        })
        .collect();
    for authority in &handling.authority {
        let role = word(&authority.role);
        let limit = phrase.figure(&authority.limit, |amount| phrase::money(*amount));
        let terms = vec![labelled("审核权限", "may approve up to", &limit)];
        rows.push(Row::stated(&authority.role, &role.zh, &role.en, terms));
    }
    if let Some(figure) = &handling.surveyor_may_approve {
        let answer = phrase.figure(figure, |is| truth(*is));
        let terms = vec![labelled("允许", "allowed", &answer)];
        let (zh, en) = ("查勘人员审核自己的案件", "who surveyed approves the case");
        rows.push(Row::stated("surveyor_may_approve", zh, en, terms));
    }
    rows
}

/// A setting's number stands in the list of figures: its kind is known only there.
fn setting(phrase: &Phrase<'_>, at: usize, setting: &Setting) -> Row {
    let path = format!("setting[{at}].");
    let note = phrase
        .pack
        .figures
        .iter()
        .find(|figure| figure.path.starts_with(&path));
    let value = note.map(|note| {
        let value = match (&note.value, &note.blank) {
            (Some(value), _) => phrase::term(value),
            (None, why) => phrase::blank(&word(why.as_deref().unwrap_or_default())),
        };
        phrase::with_source(value, &note.source)
    });
    Row::of(&setting.rule, value.into_iter().collect())
}
