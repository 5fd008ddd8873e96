//! A figure week by week, as a small picture in the page: no script, no style of its own.

use maud::{Markup, html};

use super::{Visit, kpi};
use crate::kpi::{Figure, Shape};

const WIDTH: i64 = 160;
const HEIGHT: i64 = 32;
const EDGE: i64 = 3;
/// So many weeks fit.
const WEEKS: usize = 26;

/// The picture; nothing while there are fewer than two weeks.
pub(super) fn trend(visit: &Visit<'_>, figure: &Figure) -> Markup {
    let points = figure.weeks.iter().filter_map(|(week, sum)| {
        let value = sum.value(figure.metric.shape)?;
        Some((*week, value, kpi::value(visit, figure.metric, *sum)))
    });
    let mut points: Vec<(i64, i64, String)> = points.collect();
    let extra = points.len().saturating_sub(WEEKS);
    points.drain(..extra);
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return html! {};
    };
    if points.len() < 2 {
        return html! { span .quiet { (visit.say("不足两周", "less than two weeks")) } };
    }
    let (from, to) = (first.0, last.0);
    let most = points.iter().map(|point| point.1).max().unwrap_or(0);
    let top = match figure.metric.shape {
        Shape::Share => 10_000,
        Shape::Money | Shape::Duration => most.max(1),
    };
    let place = |(week, value, _): &(i64, i64, String)| {
        let x = EDGE + (week - from) * (WIDTH - 2 * EDGE) / (to - from).max(1);
        let y = HEIGHT - EDGE - value.clamp(&0, &top) * (HEIGHT - 2 * EDGE) / top;
        (x, y)
    };
    let line: Vec<String> = points
        .iter()
        .map(|point| {
            let (x, y) = place(point);
            format!("{x},{y}")
        })
        .collect();
    let (x, y) = place(last);
    let told: Vec<String> = points
        .iter()
        .map(|(week, _, text)| format!("{} {text}", kpi::day_text(*week)))
        .collect();
    let label = format!(
        "{}{}",
        visit.say("自周一起各周：", "weeks from Monday: "),
        told.join("; ")
    );
    html! {
        svg .trend role="img" aria-label=(label) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) {
            title { (label) }
            polyline points=(line.join(" ")) fill="none" stroke="#1f4e79" stroke-width="1.5" {}
            circle cx=(x) cy=(y) r="2.5" fill="#1f4e79" {}
        }
    }
}
