//! The overview: what waits for somebody of this role, what is late, what came last.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::frame::{self, Counts};
use super::{Visit, cookie, page, queue, word};
use crate::account;
use crate::http::{App, blocking};
use crate::meta::{DeskRow, Part, look};
use crate::refusal::Refusal;
use crate::role::{OfficeRole, Right};

/// Newest cases on the page.
const NEWEST: u32 = 12;
/// Clocks on the page.
const SOONEST: u32 = 10;

/// `GET /console`: people who read no cases go to what they do.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let (at, secret) = (Arc::clone(&app), cookie(&headers));
    let session = blocking(move || account::session(&at.hub, &secret)).await;
    if session.is_ok_and(|session| !session.user.has(Right::ReadCases)) {
        return Redirect::to("/console/people").into_response();
    }
    page(app, &headers, Right::ReadCases, overview).await
}

fn overview(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let scopes = &visit.session.user.scopes;
    let (counts, newest, clocks) = look(visit.hub.looking(), |tx| {
        let part = Part {
            queue: "clock",
            after: None,
            scopes,
            limit: SOONEST,
        };
        Ok((
            Counts::read(tx, visit)?,
            tx.newest(scopes, NEWEST)?,
            tx.dues(part)?,
        ))
    })?;
    let mine = mine(&visit.session.user.roles);
    let body = html! {
        h1 { (visit.say("总览", "Overview")) }
        section .tiles aria-label=(visit.say("等您办理", "Waiting for you")) {
            @for (name, zh, en) in frame::queues() {
                @if mine.contains(&name) {
                    a .tile href={ "/console/queue/" (name) } {
                        strong { (counts.of(name)) }
                        span { (visit.say(zh, en)) }
                    }
                }
            }
        }
        section {
            h2 { (visit.say("最早到期的时限", "Clocks that run out first")) }
            (queue::due_table(visit, &clocks))
        }
        section {
            h2 { (visit.say("最近变动的案件", "Cases that changed last")) }
            (newest_table(visit, &newest))
        }
    };
    let title = visit.say("总览", "Overview");
    Ok(frame::page(
        visit,
        (title, "/console"),
        Some(&counts),
        &body,
    ))
}

fn newest_table(visit: &Visit<'_>, rows: &[DeskRow]) -> Markup {
    html! {
        table {
            thead { (queue::case_head(visit)) }
            tbody {
                @for row in rows {
                    tr { (queue::case_cells(visit, row)) td .num { (word::short_time(row.updated)) } }
                }
            }
        }
    }
}

/// The queues that somebody works on.
fn mine(roles: &[OfficeRole]) -> Vec<&'static str> {
    let mut mine: Vec<&'static str> = Vec::new();
    for role in roles {
        let queues: &[&str] = match role {
            OfficeRole::Admin => &[],
            OfficeRole::Dispatcher => &["new", "clocks", "notices"],
            OfficeRole::SurveySupervisor => &["new", "returned", "photos", "clocks"],
            OfficeRole::ClaimsSpecialist => &[
                "review:claims_specialist",
                "review:reviewer",
                "disputes",
                "answered",
                "notices",
            ],
            OfficeRole::ReviewSupervisor => &[
                "review:review_supervisor",
                "review:reviewer",
                "reopened",
                "disputes",
            ],
            OfficeRole::Finance => &["review:finance", "payments", "closing"],
            OfficeRole::Reviewer => &[
                "review:reviewer",
                "disputes",
                "answered",
                "reopened",
                "payments",
            ],
            OfficeRole::Auditor | OfficeRole::RegionalManager => {
                &["clocks", "disputes", "reopened", "photos"]
            }
        };
        mine.extend(queues);
    }
    mine.sort_unstable();
    mine.dedup();
    mine
}
