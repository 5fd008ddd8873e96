//! The figures: each with what was counted and out of how many, by contract and by week.
//!
//! Every number leads to the cases behind it ([`super::kpi_cases`]). A target stands only where a
//! contract gives one; without it nothing is judged.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lossbook_core::rules::Packs;
use maud::{Markup, html};
use serde::Deserialize;

use super::frame::{self, Counts};
use super::{Visit, kpi_chart, page, word};
use crate::http::App;
use crate::kpi::{Figure, METRICS, Metric, Shape, Sum};
use crate::meta::figure::{Span, day_of, start_of};
use crate::meta::look;
use crate::refusal::Refusal;
use crate::role::Right;

/// Twelve weeks are shown unless others are asked for.
const DAYS: i64 = 12 * 7;
/// The figures of the reporting policy come first.
const LEADING: usize = 4;

/// Which cases are wanted, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Period {
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    pub(super) contract: String,
    #[serde(default)]
    pub(super) after: String,
}

impl Period {
    /// The days and the contract that are meant.
    pub(super) fn span<'s>(&'s self, visit: &'s Visit<'_>) -> Result<Span<'s>, Refusal> {
        let now = visit.hub.now().wall;
        let today = day_of(now);
        let to = day(&self.to)?.unwrap_or(today);
        let from = day(&self.from)?.unwrap_or(to.saturating_sub(DAYS - 1));
        Ok(Span {
            from,
            to,
            contract: Some(self.contract.as_str()).filter(|text| !text.is_empty()),
            scopes: &visit.session.user.scopes,
            now,
            sight: &visit.sight,
        })
    }
}

/// `2026-11-22` in days since 1970.
fn day(text: &str) -> Result<Option<i64>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let bad = |error: jiff::Error| {
        let detail =
            format!("日期应写作 2026-11-22 / write days as 2026-11-22: {text:?} ({error})");
        Refusal::new(400, "BAD_DAY", detail)
    };
    let date: jiff::civil::Date = text.parse().map_err(bad)?;
    let utc = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(bad)?;
    Ok(Some(utc.timestamp().as_second().div_euclid(86_400)))
}

/// A day as `2026-11-22`.
pub(super) fn day_text(day: i64) -> String {
    let text = word::time(start_of(day));
    text.get(..10).unwrap_or_default().to_owned()
}

/// `GET /console/kpi`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(period): Query<Period>,
    headers: HeaderMap,
) -> Response {
    page(app, &headers, Right::ReadCases, move |visit| {
        let span = period.span(visit)?;
        let (counts, figures, packs) = look(visit.hub.looking(), |tx| {
            Ok((
                Counts::read(tx, visit)?,
                Figure::all(tx, span)?,
                tx.packs()?,
            ))
        })?;
        let title = visit.say("绩效指标", "Performance figures");
        let board = Board {
            visit,
            span,
            packs: &packs,
        };
        let body = html! {
            header .head {
                h1 { (title) }
                span .quiet { (visit.say("截至 ", "as of ")) (word::time(span.now)) }
            }
            (form(visit, span))
            section { (board.table(&figures)) }
            section {
                h2 { (visit.say("按合同", "By contract")) }
                (board.by_contract(&figures))
            }
            p .quiet { (visit.say(
                "件数按报案日期计入。分子、分母均可点开查看对应案件。合同未给时限的不计；未完成的时限自到期起计入分母。合同留空的目标不作评判。",
                "Cases count by the day of their report. Each number opens the cases behind it. What a contract gives no limit for does not count; a limit not yet met counts from when it runs out. A target that a contract leaves blank judges nothing.",
            )) }
        };
        Ok(frame::page(visit, (title, "/console/kpi"), Some(&counts), &body))
    })
    .await
}

/// From when to when, and which contract.
pub(super) fn form(visit: &Visit<'_>, span: Span<'_>) -> Markup {
    let chosen = span.contract.unwrap_or_default();
    html! {
        form .period method="get" {
            label { (visit.say("报案自", "Reported from")) " " input type="date" name="from" value=(day_text(span.from)); }
            label { (visit.say("至", "to")) " " input type="date" name="to" value=(day_text(span.to)); }
            label {
                (visit.say("合同", "Contract")) " "
                select name="contract" {
                    option value="" selected[chosen.is_empty()] { (visit.say("全部", "all")) }
                    @for id in contracts() {
                        option value=(id) selected[chosen == id] { (word::contract(visit, id)) }
                    }
                }
            }
            button { (visit.say("查看", "Show")) }
        }
    }
}

/// Contracts that cases name.
fn contracts() -> impl Iterator<Item = &'static str> {
    let all = Packs::shipped().all().iter();
    all.filter(|pack| pack.is_contract())
        .map(|pack| pack.id.as_str())
}

/// What the tables of one look share.
struct Board<'b> {
    visit: &'b Visit<'b>,
    span: Span<'b>,
    packs: &'b Packs,
}

impl Board<'_> {
    fn table(&self, figures: &[Figure]) -> Markup {
        let visit = self.visit;
        html! {
            table .kpi {
                thead { tr {
                    th scope="col" { (visit.say("指标", "Figure")) }
                    th scope="col" .num { (visit.say("数值", "Value")) }
                    th scope="col" .num { (visit.say("分子", "Counted")) }
                    th scope="col" .num { (visit.say("分母", "Out of")) }
                    th scope="col" { (visit.say("目标", "Target")) }
                    th scope="col" { (visit.say("每周趋势", "By week")) }
                } }
                tbody { @for (at, figure) in figures.iter().enumerate() { (self.line(at, figure)) } }
            }
        }
    }

    fn line(&self, at: usize, figure: &Figure) -> Markup {
        let (visit, metric) = (self.visit, figure.metric);
        let name = visit.say(metric.name.0, metric.name.1);
        html! {
            tr .leading[at < LEADING] {
                th scope="row" {
                    (name)
                    div .quiet { (visit.say(metric.numerator.0, metric.numerator.1)) " ÷ " (visit.say(metric.denominator.0, metric.denominator.1)) }
                }
                td .num { strong { (value(visit, metric, figure.total)) } }
                td .num { (self.number(metric, "numerator", figure.total, self.span.contract)) }
                td .num { (self.number(metric, "denominator", figure.total, self.span.contract)) }
                td { (self.target(metric, figure)) }
                td { (kpi_chart::trend(visit, figure)) }
            }
        }
    }

    /// One side of a figure, leading to the cases behind it.
    fn number(&self, metric: &Metric, side: &str, sum: Sum, contract: Option<&str>) -> Markup {
        let (text, count) = match (side, metric.shape) {
            ("numerator", Shape::Money) => (word::yuan(sum.num), sum.num),
            ("numerator", Shape::Duration) => (word::span(self.visit, sum.num), sum.num),
            ("numerator", _) => (sum.num.to_string(), sum.num),
            _ => (sum.den.to_string(), sum.den),
        };
        let label = format!(
            "{} {text}",
            if side == "numerator" {
                self.visit.say(metric.numerator.0, metric.numerator.1)
            } else {
                self.visit.say(metric.denominator.0, metric.denominator.1)
            }
        );
        let href = address(metric.id, side, self.span, contract);
        html! { a href=(href) data-count=(count) aria-label=(label) { (text) } }
    }

    /// The target of the one contract that is looked at, or how many contracts give one.
    fn target(&self, metric: &Metric, figure: &Figure) -> Markup {
        let visit = self.visit;
        match self.span.contract {
            Some(contract) => self.judged(metric, (contract, figure.total)),
            None => html! { span .quiet { (visit.say("见各合同", "by contract")) } },
        }
    }

    fn judged(&self, metric: &Metric, (contract, sum): (&str, Sum)) -> Markup {
        let visit = self.visit;
        let mut packs = self.packs.all().iter().rev();
        let pack = packs.find(|pack| pack.id == contract);
        let target = pack.and_then(|pack| metric.target(pack));
        let Some(target) = target else {
            return html! { span .quiet { (visit.say("未定", "none set")) } };
        };
        html! {
            (percent(target))
            @if let Some(value) = sum.value(metric.shape) {
                " " @if value >= target { span .mark .good { (visit.say("达标", "met")) } }
                @else { span .mark .late { (visit.say("未达标", "missed")) } }
            }
        }
    }

    fn by_contract(&self, figures: &[Figure]) -> Markup {
        let visit = self.visit;
        let mut contracts: Vec<&String> = figures
            .iter()
            .flat_map(|figure| figure.contracts.keys())
            .collect();
        contracts.sort();
        contracts.dedup();
        html! {
            @if contracts.is_empty() { p .empty { (visit.say("这段时间没有报案", "No case was reported in these days")) } }
            @else {
                table .kpi {
                    thead { tr {
                        th scope="col" { (visit.say("指标", "Figure")) }
                        @for contract in &contracts { th scope="col" .num { (word::contract(visit, contract)) } }
                    } }
                    tbody { @for figure in figures { tr {
                        th scope="row" { (visit.say(figure.metric.name.0, figure.metric.name.1)) }
                        @for contract in &contracts { (self.cell(figure, contract)) }
                    } } }
                }
            }
        }
    }

    fn cell(&self, figure: &Figure, contract: &str) -> Markup {
        let sum = figure.contracts.get(contract).copied().unwrap_or_default();
        if sum.den == 0 {
            return html! { td .num .quiet { "–" } };
        }
        let has_target = matches!(figure.metric.shape, Shape::Share);
        html! {
            td .num {
                (value(self.visit, figure.metric, sum))
                div .quiet {
                    (self.number(figure.metric, "numerator", sum, Some(contract)))
                    " / "
                    (self.number(figure.metric, "denominator", sum, Some(contract)))
                }
                @if has_target { div { (self.judged(figure.metric, (contract, sum))) } }
            }
        }
    }
}

/// Where the cases behind a number are listed.
fn address(metric: &str, side: &str, span: Span<'_>, contract: Option<&str>) -> String {
    format!(
        "/console/kpi/{metric}/{side}?from={}&to={}&contract={}",
        day_text(span.from),
        day_text(span.to),
        contract.unwrap_or_default()
    )
}

/// A figure as people read it.
pub(super) fn value(visit: &Visit<'_>, metric: &Metric, sum: Sum) -> String {
    let Some(value) = sum.value(metric.shape) else {
        return "–".to_owned();
    };
    match metric.shape {
        Shape::Share => percent(value),
        Shape::Money => word::yuan(value),
        Shape::Duration => word::span(visit, value),
    }
}

/// Hundredths of a percent as `95.50%`.
pub(super) fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths.rem_euclid(100))
}

/// The figure of that name.
pub(super) fn named(id: &str) -> Result<&'static Metric, Refusal> {
    crate::kpi::metric(id).ok_or_else(|| {
        let known: Vec<&str> = METRICS.iter().map(|metric| metric.id).collect();
        let detail = format!(
            "没有这个指标 / no such figure: {id:?}; {}",
            known.join(", ")
        );
        Refusal::new(404, "METRIC_UNKNOWN", detail)
    })
}
