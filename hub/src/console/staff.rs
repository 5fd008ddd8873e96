//! The desk of the staff: whose certificate is valid, and who takes over from whom.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use lossbook_core::statement::Action;
use lossbook_core::store::StoreError;
use maud::{Markup, html};

use super::frame::{self, Counts};
use super::{Next, Visit, act, page, status_of};
use crate::http::App;
use crate::meta::{MetaTx, RegisterPart, RegisterRow, look};
use crate::refusal::Refusal;
use crate::register::staff::{QUALIFICATIONS, REPLACEMENTS};
use crate::register::value_of;
use crate::role::Right;
use crate::staff::{self, Standing};

/// Tables of this desk, in the order people work with them.
const TABLES: [&str; 10] = [
    "qualifications",
    "certificates",
    "backup_staff",
    "staff_replacements",
    "case_team",
    "contact_tests",
    "collector_assessments",
    "local_resources",
    "service_errors",
    "info_handovers",
];

/// What the page says above.
enum Above<'a> {
    Nothing,
    Refused(&'a Refusal),
    Moved(u64),
}

/// A replacement and how many cases are still with who leaves.
struct Leaving {
    row: RegisterRow,
    open: usize,
}

struct Desk {
    counts: Counts,
    /// Names with what is known of their certificates, those that are not valid.
    lapsed: Vec<(String, String)>,
    leaving: Vec<Leaving>,
}

impl Desk {
    fn read(tx: &dyn MetaTx, visit: &Visit<'_>) -> Result<Self, StoreError> {
        let now = visit.hub.now().wall;
        let staff = tx.register_rows(RegisterPart::all(QUALIFICATIONS.id))?;
        let mut names: Vec<&str> = staff.iter().map(|row| value_of(row, "name")).collect();
        names.sort_unstable();
        names.dedup();
        let mut lapsed = Vec::new();
        for name in names {
            if let Standing::Lapsed(day) = staff::standing(tx, name, now)? {
                lapsed.push((name.to_owned(), day));
            }
        }
        let rows = tx.register_rows(RegisterPart::all(REPLACEMENTS.id))?;
        let leaving = rows.into_iter().map(|row| {
            let open = tx.given_open(value_of(&row, "outgoing"))?.len();
            Ok(Leaving { row, open })
        });
        Ok(Self {
            counts: Counts::read(tx, visit)?,
            lapsed,
            leaving: leaving.collect::<Result<_, StoreError>>()?,
        })
    }
}

/// `GET /console/staff`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page(app, &headers, Right::ReadStaff, |visit| {
        shown(visit, &Above::Nothing)
    })
    .await
}

fn shown(visit: &Visit<'_>, above: &Above<'_>) -> Result<Markup, Refusal> {
    let desk = look(visit.hub.looking(), |tx| Desk::read(tx, visit))?;
    let title = visit.say("人员资质与更换", "Staff");
    let body = html! {
        h1 { (title) }
        @match above {
            Above::Nothing => {},
            Above::Refused(refusal) => (frame::banner(refusal)),
            Above::Moved(count) => p .done role="status" { (visit.say("已移交在办案件：", "Cases handed over: ")) (count) },
        }
        section .panel { (frame::tables(visit, &TABLES)) }
        section { h2 { (visit.say("资质已失效，不能派查勘", "No valid certificate: not to be assigned")) } (lapsed(visit, &desk.lapsed)) }
        section { h2 { (visit.say("人员更换（须采购人同意）", "Replacements, with the buyer's consent")) } (leaving(visit, &desk.leaving)) }
    };
    let here = (title, "/console/staff");
    Ok(frame::page(visit, here, Some(&desk.counts), &body))
}

fn lapsed(visit: &Visit<'_>, lapsed: &[(String, String)]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("人员姓名", "Name")) }
                th scope="col" .num { (visit.say("失效日期", "Not valid since")) }
            } }
            tbody {
                @for (name, day) in lapsed { tr { td { (name) } td .num { (day) } } }
                @if lapsed.is_empty() { tr { td .empty colspan="2" { (visit.say("没有", "Nobody")) } } }
            }
        }
    }
}

fn leaving(visit: &Visit<'_>, all: &[Leaving]) -> Markup {
    let user = &visit.session.user;
    let may = user.has(Right::KeepStaff) && user.may_decide(Action::Assign);
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("行", "Row")) }
                th scope="col" { (visit.say("原服务人员", "Who leaves")) }
                th scope="col" { (visit.say("新服务人员", "Who comes")) }
                th scope="col" { (visit.say("采购人同意", "Buyer's consent")) }
                th scope="col" .num { (visit.say("仍在办", "Still open")) }
                th scope="col" { (visit.say("移交", "Handed over")) }
            } }
            tbody {
                @for one in all { (line(visit, one, may)) }
                @if all.is_empty() { tr { td .empty colspan="6" { (visit.say("没有更换", "None")) } } }
            }
        }
    }
}

fn line(visit: &Visit<'_>, one: &Leaving, may: bool) -> Markup {
    let row = &one.row;
    let consent = [
        value_of(row, "consented"),
        value_of(row, "consenter"),
        value_of(row, "reference"),
    ];
    let has_consent = consent.iter().all(|part| !part.is_empty());
    let moved = value_of(row, "moved");
    html! {
        tr {
            td .id { a href={ "/console/table/staff_replacements/" (row.row) } { (row.row) } }
            td { (value_of(row, "outgoing")) }
            td { (value_of(row, "incoming")) }
            td { @if has_consent { (consent.join(" · ")) } @else { span .mark .late { (visit.say("未同意", "not given")) } } }
            td .num { (one.open) }
            td {
                @if !moved.is_empty() { (value_of(row, "handed")) " · " (moved) }
                @else if may && has_consent {
                    form method="post" action="/console/staff/hand-over" {
                        (frame::hidden(visit))
                        input type="hidden" name="row" value=(row.row);
                        button { (visit.say("移交全部在办案件", "Hand over every open case")) }
                    }
                }
            }
        }
    }
}

/// `POST /console/staff/hand-over`.
pub(super) async fn hand_over(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, |visit, form| {
        let row = form.text("row").parse().unwrap_or(0);
        let who = (&visit.session.user, visit.hub.host());
        match staff::hand_over(visit.hub.store(), visit.hub.identity(), who, row) {
            Ok(moved) => {
                let page = shown(visit, &Above::Moved(moved))?;
                Ok(Next::Show(StatusCode::OK, page))
            }
            Err(refusal) if visit.session.user.has(Right::ReadStaff) => {
                let page = shown(visit, &Above::Refused(&refusal))?;
                Ok(Next::Show(status_of(&refusal), page))
            }
            Err(refusal) => Err(refusal),
        }
    })
    .await
}
