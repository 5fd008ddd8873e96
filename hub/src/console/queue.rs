//! The work queues: a page of fifty, oldest first, the next fifty on demand.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lossbook_core::domain::{CaseId, WallMs};
use lossbook_core::store::CaseQuery;
use maud::{Markup, html};
use serde::Deserialize;

use super::frame::{self, Counts};
use super::{Visit, page, word};
use crate::desk::PHOTOS;
use crate::http::App;
use crate::meta::{DeskRow, Due, Part, look};
use crate::refusal::Refusal;
use crate::role::Right;

/// Entries of one page.
const PAGE: u32 = 50;
/// Cases that a search shows.
const FOUND: u32 = 100;
/// What runs out within this time is soon late.
const SOON_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Deserialize)]
pub(super) struct Place {
    /// Behind this entry: `since-case`.
    after: Option<String>,
}

/// `GET /console/queue/{name}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(place): Query<Place>,
    headers: HeaderMap,
) -> Response {
    let is_part = headers.contains_key("hx-request");
    page(app, &headers, Right::ReadCases, move |visit| {
        let Some((word, zh, en)) = frame::queues().find(|(word, _, _)| *word == name) else {
            let detail = "没有这个队列 / there is no such queue";
            return Err(Refusal::new(404, "NOT_FOUND", detail));
        };
        let after = place.after.as_deref().and_then(place_of);
        let kind = match word {
            "clocks" => Some("clock"),
            "notices" => Some("notice"),
            _ => None,
        };
        let (counts, rows) = read(visit, (word, kind), after)?;
        if is_part {
            return Ok(rows);
        }
        let title = visit.say(zh, en);
        let body = html! {
            header .head { h1 { (title) } span .quiet { (counts.of(word)) " " (visit.say("件", "waiting")) } }
            table .queue {
                thead { @if kind.is_some() { (due_head(visit)) } @else { (waiting_head(visit)) } }
                tbody #rows { (rows) }
            }
        };
        let here = format!("/console/queue/{word}");
        Ok(frame::page(visit, (title, &here), Some(&counts), &body))
    })
    .await
}

fn place_of(text: &str) -> Option<(i64, CaseId)> {
    let (since, case) = text.rsplit_once('-')?;
    Some((since.parse().ok()?, case.parse().ok()?))
}

fn read(
    visit: &Visit<'_>,
    (queue, kind): (&'static str, Option<&'static str>),
    after: Option<(i64, CaseId)>,
) -> Result<(Counts, Markup), Refusal> {
    let part = Part {
        queue: kind.unwrap_or(queue),
        after,
        scopes: &visit.session.user.scopes,
        limit: PAGE,
    };
    Ok(look(visit.hub.looking(), |tx| {
        let counts = Counts::read(tx, visit)?;
        let rows = if kind.is_some() {
            let dues = tx.dues(part)?;
            let last = dues.last().map(|(due, row)| (due.due, row.case));
            html! { (due_rows(visit, &dues)) (more(visit, (queue, dues.len()), last)) }
        } else {
            let entries = tx.queue(part)?;
            let last = entries.last().map(|(since, _, row)| (*since, row.case));
            html! {
                @for (since, note, row) in &entries {
                    @if queue == PHOTOS {
                        (waiting_row(visit, *since, &format!("{} / {}", row.missing, row.photos), row))
                    } @else {
                        (waiting_row(visit, *since, note, row))
                    }
                }
                (more(visit, (queue, entries.len()), last))
                @if entries.is_empty() && after.is_none() {
                    tr { td .empty colspan="9" { (visit.say("没有等待的案件", "Nothing waits here")) } }
                }
            }
        };
        Ok((counts, rows))
    })?)
}

/// The row that fetches the next page.
fn more(visit: &Visit<'_>, (queue, len): (&str, usize), last: Option<(WallMs, CaseId)>) -> Markup {
    let Some((at, case)) = last.filter(|_| u32::try_from(len).is_ok_and(|len| len >= PAGE)) else {
        return html! {};
    };
    let next = format!("/console/queue/{queue}?after={}-{case}", at.0);
    html! {
        tr .more {
            td colspan="9" {
                a href=(next) hx-get=(next) hx-target="closest tr" hx-swap="outerHTML" {
                    (visit.say("再显示 50 件", "Show 50 more"))
                }
            }
        }
    }
}

/// Headings of the cells of a case, and of a time behind them.
pub(super) fn case_head(visit: &Visit<'_>) -> Markup {
    html! {
        tr {
            (case_headings(visit))
            th scope="col" .num { (visit.say("时间", "Time")) }
        }
    }
}

/// Headings of the cells of a case.
pub(super) fn case_headings(visit: &Visit<'_>) -> Markup {
    html! {
        th scope="col" { (visit.say("案号", "Case")) }
        th scope="col" { (visit.say("被保险人", "Insured")) }
        th scope="col" { (visit.say("地点 · 原因", "Place · cause")) }
        th scope="col" { (visit.say("合同", "Contract")) }
        th scope="col" .num { (visit.say("应付（元）", "Payable, yuan")) }
        th scope="col" { (visit.say("状态", "Status")) }
    }
}

fn waiting_head(visit: &Visit<'_>) -> Markup {
    html! {
        tr {
            (case_headings(visit))
            th scope="col" { (visit.say("为何等待", "Waits for")) }
            th scope="col" .num { (visit.say("自", "Since")) }
            th scope="col" .num { (visit.say("已等", "Waited")) }
        }
    }
}

/// The cells of a case that every table shares.
pub(super) fn case_cells(visit: &Visit<'_>, row: &DeskRow) -> Markup {
    html! {
        td .id { a href={ "/console/case/" (row.number) } { (row.number) } }
        td .name { (row.household) }
        td .wide { (row.place) @if !row.cause.is_empty() { span .quiet { " · " (word::cause(visit, row)) } } }
        td .name { (word::contract(visit, &row.contract)) }
        td .num { (word::sum(visit, row)) }
        td {
            span class={ "chip " (row.status) } { (word::status(visit, &row.status)) }
            @for (text, style) in word::marks(visit, row) { span class={ "mark " (style) } { (text) } }
        }
    }
}

fn waiting_row(visit: &Visit<'_>, since: WallMs, note: &str, row: &DeskRow) -> Markup {
    let waited = visit.hub.now().wall.0.saturating_sub(since.0);
    html! {
        tr {
            (case_cells(visit, row))
            td .wide { (note) @if !row.surveyor.is_empty() { span .quiet { " → " (row.surveyor) } } }
            td .num { (word::short_time(since)) }
            td .num { (word::span(visit, waited)) }
        }
    }
}

fn due_head(visit: &Visit<'_>) -> Markup {
    html! {
        tr {
            (case_headings(visit))
            th scope="col" { (visit.say("事项 · 依据", "What · by which rule")) }
            th scope="col" .num { (visit.say("到期", "Due")) }
            th scope="col" .num { (visit.say("剩余", "Left")) }
        }
    }
}

/// Clocks or notices with their cases.
pub(super) fn due_table(visit: &Visit<'_>, dues: &[(Due, DeskRow)]) -> Markup {
    html! { table { thead { (due_head(visit)) } tbody { (due_rows(visit, dues)) } } }
}

fn due_rows(visit: &Visit<'_>, dues: &[(Due, DeskRow)]) -> Markup {
    let now = visit.hub.now().wall;
    let left = |due: &Due| due.due.0.saturating_sub(now.0);
    let style = |left: i64| match left {
        ..0 => "late",
        0..SOON_MS => "runs",
        _ => "quiet",
    };
    html! {
        @for (due, row) in dues {
            tr {
                (case_cells(visit, row))
                td .wide { (visit.pick(&due.zh, &due.en)) span .quiet { " " (due.source) } }
                td .num { (word::short_time(due.due)) }
                td .num {
                    @let left = left(due);
                    span class={ "mark " (style(left)) } {
                        @if left < 0 { (visit.say("超 ", "late ")) (word::span(visit, -left)) }
                        @else { (word::span(visit, left)) }
                    }
                }
            }
        }
        @if dues.is_empty() { tr { td .empty colspan="9" { (visit.say("没有计时事项", "Nothing runs")) } } }
    }
}

#[derive(Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    q: String,
}

/// `GET /console/search`.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    page(app, &headers, Right::ReadCases, move |visit| {
        let text: String = wish.q.chars().take(100).collect();
        let user = &visit.session.user;
        let (counts, rows) = look(visit.hub.looking(), |tx| {
            let query = CaseQuery {
                text: Some(text.clone()),
                limit: FOUND,
                offset: 0,
            };
            let named = tx.case_named(text.trim())?.into_iter();
            let mut rows = Vec::new();
            for found in named.chain(tx.list_cases(&query)?) {
                let is_new = rows.iter().all(|row: &DeskRow| row.case != found.case);
                if is_new && user.sees(found.scope) {
                    rows.extend(tx.desk_row(found.case)?);
                }
            }
            Ok((Counts::read(tx, visit)?, rows))
        })?;
        let title = visit.say("查找案件", "Find cases");
        let body = html! {
            header .head { h1 { (title) } span .quiet { "“" (text) "” · " (rows.len()) } }
            table {
                thead { (case_head(visit)) }
                tbody {
                    @for row in &rows { tr { (case_cells(visit, row)) td .num { (word::short_time(row.updated)) } } }
                    @if rows.is_empty() { tr { td .empty colspan="7" { (visit.say("没有找到", "Nothing found")) } } }
                }
            }
        };
        Ok(frame::page(visit, (title, "/console/search"), Some(&counts), &body))
    })
    .await
}
