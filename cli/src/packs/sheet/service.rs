//! What is due when, row by row.

use lossbook_core::rules::{Clock, Formula, Kpi, Notice, Order, Zone};

use super::phrase::{self, Phrase, labelled};
use super::{Part, Row};
use crate::words::{Both, listed, word};

pub(super) fn parts(phrase: &Phrase<'_>) -> Vec<Part> {
    let service = &phrase.pack.service;
    let tiers = service.tiers.iter().map(|tier| {
        let mut terms = vec![match &tier.up_to {
            Some(limit) => {
                let limit = phrase.figure(limit, |amount| phrase::money(*amount));
                labelled("不超过", "up to and including", &limit)
            }
            None => Both::of("以上各档之外", "everything above"),
        }];
        if tier.letter {
            terms.push(Both::of("须出具承诺函", "a letter of commitment is due"));
        }
        Row::of(&tier.rule, terms)
    });
    let classes = service.classes.iter().map(|class| {
        let propose = (!class.propose.is_empty()).then(|| {
            labelled(
                "现场可建议",
                "may be proposed if",
                &phrase.tests(&class.propose),
            )
        });
        Row::of(&class.rule, propose.into_iter().collect())
    });
    vec![
        Part::new(
            "服务区域",
            "Service zones",
            service.zones.iter().map(|z| zone(phrase, z)).collect(),
        ),
        Part::new(
            "时限",
            "Time limits",
            service.clocks.iter().map(|c| clock(phrase, c)).collect(),
        ),
        Part::new("结算档次", "Settlement tiers", tiers.collect()),
        Part::new("案件类别", "Classes of case", classes.collect()),
        Part::new(
            "告知与反馈",
            "Notices and feedback",
            service.notices.iter().map(|n| notice(phrase, n)).collect(),
        ),
        Part::new(
            "考核指标",
            "Performance figures",
            service.kpis.iter().map(|k| kpi(phrase, k)).collect(),
        ),
    ]
}

fn zone(phrase: &Phrase<'_>, zone: &Zone) -> Row {
    let areas = phrase.figure(&zone.areas, |codes: &Vec<String>| {
        Both::same(codes.join(", "))
    });
    let mut terms = vec![labelled("地区编码前缀", "prefixes of area codes", &areas)];
    if !zone.polygon.is_empty() {
        let corners = zone.polygon.len();
        terms.push(Both::of(
            format!("另有 {corners} 个顶点的范围"),
            format!("and an outline of {corners} corners"),
        ));
    }
    Row::of(&zone.rule, terms)
}

/// `报案 → 到达`, both ends of a limit.
fn ends(from: &[Both], order: Order, until: Option<Both>) -> Both {
    let start = match order {
        Order::Later => Both::join(from, " 与 ", " and "),
        Order::Earlier => Both::join(from, " 或 ", " or "),
    };
    let start = match (from.len(), order) {
        (0 | 1, _) => start,
        (_, Order::Later) => Both::of(
            format!("{}（以较晚者为准）", start.zh),
            format!("{} (the later)", start.en),
        ),
        (_, Order::Earlier) => Both::of(
            format!("{}（以较早者为准）", start.zh),
            format!("{} (the earlier)", start.en),
        ),
    };
    match until {
        Some(until) => start.then(&Both::same(" → ")).then(&until),
        None => start,
    }
}

fn clock(phrase: &Phrase<'_>, clock: &Clock) -> Row {
    let from = phrase::events(&clock.from);
    let run = ends(&from, clock.order, Some(phrase::event(clock.until)));
    let due = phrase.choice(&clock.due, |span| phrase::span(*span));
    let mut terms = vec![
        labelled("起止", "runs", &run),
        labelled("时限", "limit", &due),
        labelled("环节", "stage", &word(clock.stage.key())),
    ];
    terms.extend(phrase.when(&clock.when));
    if clock.pausable {
        terms.push(Both::of("可中止", "can be paused"));
    }
    Row::of(&clock.rule, terms)
}

fn notice(phrase: &Phrase<'_>, notice: &Notice) -> Row {
    let mut terms = vec![labelled("种类", "kind", &word(notice.kind.key()))];
    if !notice.from.is_empty() {
        let from = phrase::events(&notice.from);
        let run = ends(&from, Order::Later, notice.until.map(phrase::event));
        terms.push(labelled("起止", "runs", &run));
    }
    if !notice.due.0.is_empty() {
        let due = phrase.choice(&notice.due, |span| phrase::span(*span));
        terms.push(labelled("时限", "limit", &due));
    }
    if let Some(every) = &notice.every {
        let every = phrase.figure(every, |span| phrase::span(*span));
        terms.push(labelled("间隔", "every", &every));
    }
    if !notice.by.is_empty() {
        let by = listed(notice.by.iter().map(|channel| channel.key()));
        terms.push(if notice.all_channels {
            labelled("方式（须全部采用）", "by all of", &by)
        } else {
            labelled("方式（任一）", "by any of", &by)
        });
    }
    if !notice.content.is_empty() {
        let content = listed(notice.content.iter().map(String::as_str));
        terms.push(labelled("须说明", "must say", &content));
    }
    terms.extend(phrase.when(&notice.when));
    Row::of(&notice.rule, terms)
}

fn kpi(phrase: &Phrase<'_>, kpi: &Kpi) -> Row {
    let mut terms = vec![
        labelled("公式", "formula", &word(kpi.formula.key())),
        labelled("公式版本", "formula version", &Both::same(&kpi.version)),
        labelled(
            "分子",
            "numerator",
            &Both::of(&kpi.numerator.zh, &kpi.numerator.en),
        ),
        labelled(
            "分母",
            "denominator",
            &Both::of(&kpi.denominator.zh, &kpi.denominator.en),
        ),
        labelled(
            "目标",
            "target",
            &phrase.figure(&kpi.target, |text: &String| Both::same(text)),
        ),
    ];
    if kpi.formula == Formula::ClocksInTime {
        let clocks: Vec<Both> = kpi.clocks.iter().map(|id| phrase.clock(id)).collect();
        let clocks = if clocks.is_empty() {
            Both::of("全部时限", "all limits")
        } else {
            Both::join(&clocks, "、", ", ")
        };
        terms.push(labelled("计入的时限", "limits counted", &clocks));
    }
    Row::of(&kpi.rule, terms)
}
