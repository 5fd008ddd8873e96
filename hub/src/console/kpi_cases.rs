//! The cases behind a number: what each of them counts for, newest report first.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lossbook_core::domain::CaseId;
use lossbook_core::rules::Packs;
use maud::{Markup, html};

use super::frame::{self, Counts};
use super::kpi::{self, Period};
use super::{Visit, page, queue, word};
use crate::http::App;
use crate::kpi::{Figure, Metric, Shape};
use crate::meta::figure::{Behind, Place, Side, Span};
use crate::meta::look;
use crate::refusal::Refusal;
use crate::role::Right;
use crate::sight::HIDDEN;

/// Rows of one page.
const PAGE: u32 = 50;

/// `GET /console/kpi/{metric}/{side}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path((metric, side)): Path<(String, String)>,
    Query(period): Query<Period>,
    headers: HeaderMap,
) -> Response {
    page(app, &headers, Right::ReadCases, move |visit| {
        let metric = kpi::named(&metric)?;
        let side = side_of(&side)?;
        list(visit, (metric, side), &period)
    })
    .await
}

fn side_of(word: &str) -> Result<Side, Refusal> {
    match word {
        "numerator" => Ok(Side::Numerator),
        "denominator" => Ok(Side::Denominator),
        other => {
            let detail =
                format!("应为 numerator 或 denominator / numerator or denominator, not {other:?}");
            Err(Refusal::new(404, "SIDE_UNKNOWN", detail))
        }
    }
}

fn list(
    visit: &Visit<'_>,
    (metric, side): (&'static Metric, Side),
    period: &Period,
) -> Result<Markup, Refusal> {
    let span = period.span(visit)?;
    let after = place_of(&period.after)?;
    let (counts, figure, mut rows, packs) = look(visit.hub.looking(), |tx| {
        Ok((
            Counts::read(tx, visit)?,
            Figure::of(tx, metric, span)?,
            tx.behind((metric.id, side), span, (after.as_ref(), PAGE))?,
            tx.packs()?,
        ))
    })?;
    let more = more(visit, (metric, side), span, &rows);
    if metric.shape == Shape::Money {
        // What is not added up is not listed either.
        rows.retain(|row| visit.sight.shows_row(&row.row));
    }
    let (words, sum) = match side {
        Side::Numerator => (metric.numerator, figure.total.num),
        Side::Denominator => (metric.denominator, figure.total.den),
    };
    let title = visit.say(metric.name.0, metric.name.1);
    let body = html! {
        header .head {
            h1 { (title) }
            span .quiet { (visit.say(words.0, words.1)) }
            strong #sum data-count=(sum) { (amount(visit, (metric, side), sum)) }
        }
        p { a href=(back(span)) { (visit.say("回到指标板", "Back to the figures")) } }
        (kpi::form(visit, span))
        table {
            thead { (head(visit)) }
            tbody {
                @for row in &rows { (line(visit, (metric, side), row, &packs)) }
                @if rows.is_empty() { tr { td .empty colspan="10" { (visit.say("没有对应的案件", "No case stands behind this number")) } } }
            }
        }
        (more)
    };
    let here = format!("/console/kpi/{}/{}", metric.id, word_of(side));
    Ok(frame::page(visit, (title, &here), Some(&counts), &body))
}

const fn word_of(side: Side) -> &'static str {
    match side {
        Side::Numerator => "numerator",
        Side::Denominator => "denominator",
    }
}

fn days(span: Span<'_>) -> String {
    format!(
        "from={}&to={}&contract={}",
        kpi::day_text(span.from),
        kpi::day_text(span.to),
        span.contract.unwrap_or_default()
    )
}

fn back(span: Span<'_>) -> String {
    format!("/console/kpi?{}", days(span))
}

fn head(visit: &Visit<'_>) -> Markup {
    html! {
        tr {
            (queue::case_headings(visit))
            th scope="col" { (visit.say("计数项", "What")) }
            th scope="col" .num { (visit.say("报案日期", "Reported")) }
            th scope="col" .num { (visit.say("计入", "Counts for")) }
        }
    }
}

fn line(visit: &Visit<'_>, (metric, side): (&Metric, Side), row: &Behind, packs: &Packs) -> Markup {
    let part = match side {
        Side::Numerator => row.num,
        Side::Denominator => row.den,
    };
    html! {
        tr {
            (queue::case_cells(visit, &row.row))
            td { (unit(visit, &row.place.unit, &row.row.contract, packs)) }
            td .num { (kpi::day_text(row.place.day)) }
            @if visit.sight.shows_row(&row.row) || !matches!(metric.shape, Shape::Money) {
                td .num data-count=(part) { (amount(visit, (metric, side), part)) }
            } @else {
                td .num { (HIDDEN) }
            }
        }
    }
}

/// A sum as people read it.
fn amount(visit: &Visit<'_>, (metric, side): (&Metric, Side), sum: i64) -> String {
    match (side, metric.shape) {
        (Side::Numerator, Shape::Money) => word::yuan(sum),
        (Side::Numerator, Shape::Duration) => word::span(visit, sum),
        (Side::Numerator, Shape::Share) | (Side::Denominator, _) => sum.to_string(),
    }
}

/// What a clock or notice is called in its contract.
fn unit(visit: &Visit<'_>, unit: &str, contract: &str, packs: &Packs) -> String {
    let id = unit.strip_prefix("notice:").unwrap_or(unit);
    let contract = crate::kpi::plain(contract);
    let mut packs = packs.all().iter().rev();
    let Some(pack) = packs.find(|pack| pack.id == contract) else {
        return unit.to_owned();
    };
    let clocks = pack.service.clocks.iter().map(|clock| &clock.rule);
    let notices = pack.service.notices.iter().map(|notice| &notice.rule);
    let mut rules = clocks.chain(notices);
    match rules.find(|rule| rule.id == id) {
        Some(rule) => visit.pick(&rule.names.zh, &rule.names.en).to_owned(),
        None => unit.to_owned(),
    }
}

/// Where a list goes on: `20414.0190….arrival`.
fn place_of(text: &str) -> Result<Option<Place>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut parts = text.splitn(3, '.');
    let day = parts.next().and_then(|day| day.parse().ok());
    let case = parts.next().and_then(|case| case.parse::<CaseId>().ok());
    match (day, case, parts.next()) {
        (Some(day), Some(case), Some(unit)) => Ok(Some(Place {
            day,
            case,
            unit: unit.to_owned(),
        })),
        _ => {
            let detail = "列表位置无效，请从头查看 / no such place in the list: begin again";
            Err(Refusal::new(400, "BAD_CURSOR", detail))
        }
    }
}

fn more(
    visit: &Visit<'_>,
    (metric, side): (&Metric, Side),
    span: Span<'_>,
    rows: &[Behind],
) -> Markup {
    let is_full = u32::try_from(rows.len()).is_ok_and(|len| len >= PAGE);
    let Some(last) = rows.last().filter(|_| is_full) else {
        return html! {};
    };
    let place = &last.place;
    let next = format!(
        "/console/kpi/{}/{}?{}&after={}.{}.{}",
        metric.id,
        word_of(side),
        days(span),
        place.day,
        place.case,
        place.unit.replace(' ', "%20")
    );
    html! { p .more { a #more href=(next) { (visit.say("下一页", "Next page")) } } }
}
