//! Rows of registers: written, looked at with their history, corrected, struck out, revealed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::form::Form;
use super::frame::{self, Counts};
use super::register_form::{Choices, Filled, fields};
use super::{Next, Visit, act, page, status_of, tables, word};
use crate::catalogue::Personal;
use crate::http::App;
use crate::meta::{AuditRow, RegisterRow, in_tx, look};
use crate::office::check_right;
use crate::refusal::Refusal;
use crate::register::{self, Kind, Register, Said, value_of};
use crate::role::Right;

/// A reason says something.
const MIN_REASON_CHARS: usize = 4;
const MAX_REASON_BYTES: usize = 4_000;

fn named(id: &str) -> Result<&'static Register, Refusal> {
    register::named(id).ok_or_else(tables::unknown)
}

/// What a page reads besides the row.
fn around(visit: &Visit<'_>) -> Result<(Counts, Choices), Refusal> {
    let user = &visit.session.user;
    Ok(look(visit.hub.looking(), |tx| {
        let villages = tx.named_scopes()?.into_iter();
        let people = tx.office_users()?.into_iter();
        let choices = Choices {
            villages: villages.filter(|scope| user.sees(scope.id)).collect(),
            people: people.filter(|user| !user.ended).collect(),
        };
        Ok((Counts::read(tx, visit)?, choices))
    })?)
}

#[derive(Deserialize)]
pub(super) struct About {
    #[serde(default)]
    case: String,
}

/// `GET /console/table/{id}/new`.
pub(super) async fn blank(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(about): Query<About>,
    headers: HeaderMap,
) -> Response {
    let right = register::named(&id).map_or(Right::ReadCases, |register| register.write);
    page(app, &headers, right, move |visit| {
        let filled = Filled {
            case: about.case,
            ..Filled::default()
        };
        new_page(visit, named(&id)?, (&filled, None))
    })
    .await
}

fn new_page(
    visit: &Visit<'_>,
    register: &Register,
    (filled, refusal): (&Filled, Option<&Refusal>),
) -> Result<Markup, Refusal> {
    let (counts, choices) = around(visit)?;
    let name = visit.say(register.name.0, register.name.1);
    let title = format!("{name} · {}", visit.say("新增一行", "Add a row"));
    let here = format!("/console/table/{}", register.id);
    let body = html! {
        header .head { h1 { (title) } a href=(here) { (visit.say("回到表", "Back to the table")) } }
        @if let Some(refusal) = refusal { (frame::banner(refusal)) }
        form .panel .stack .entry method="post" action=(here) {
            (frame::hidden(visit))
            (fields(visit, (register, &choices), (filled, None)))
            div { button .primary { (visit.say("登记", "Write it down")) } }
        }
    };
    Ok(frame::page(
        visit,
        (&title, &format!("{here}/new")),
        Some(&counts),
        &body,
    ))
}

/// Values of the form by column; those of `v.` and no other.
fn said(register: &Register, form: &Form) -> BTreeMap<String, String> {
    let written = register.fields.iter();
    let written = written.filter(|field| !matches!(field.kind, Kind::Serial(_)));
    let text = |id: &str| form.text(&format!("v.{id}")).to_owned();
    written
        .map(|field| (field.id.to_owned(), text(field.id)))
        .collect()
}

/// `POST /console/table/{id}`: a row more.
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let register = named(&id)?;
        let filled = Filled {
            values: said(register, form),
            case: form.text("case").to_owned(),
        };
        let new = Said {
            case: Some(filled.case.clone()),
            values: filled.values.clone(),
            ..Said::default()
        };
        let writer = (&visit.session.user, visit.hub.now().wall);
        match register::add(visit.hub.store(), register, writer, &new) {
            Ok(row) => Ok(Next::Go(address(&row))),
            Err(refusal) if visit.session.user.has(register.write) => {
                let page = new_page(visit, register, (&filled, Some(&refusal)))?;
                Ok(Next::Show(status_of(&refusal), page))
            }
            Err(refusal) => Err(refusal),
        }
    })
    .await
}

fn address(row: &RegisterRow) -> String {
    format!("/console/table/{}/{}", row.register, row.row)
}

/// What the page of a row says above it.
enum Above<'a> {
    Nothing,
    Refused(&'a Refusal),
    Revealed(&'static str, String),
}

/// `GET /console/table/{id}/{row}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path((id, row)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Response {
    let right = register::named(&id).map_or(Right::ReadCases, |register| register.read);
    page(app, &headers, right, move |visit| {
        row_page(visit, (named(&id)?, row), (&Above::Nothing, None))
    })
    .await
}

fn row_page(
    visit: &Visit<'_>,
    (register, row): (&'static Register, u64),
    (above, typed): (&Above<'_>, Option<&Filled>),
) -> Result<Markup, Refusal> {
    let user = &visit.session.user;
    let versions = register::versions(visit.hub.looking(), register, (user, row))?;
    let Some(newest) = versions.last() else {
        return Err(tables::unknown());
    };
    visit
        .sight
        .check_row(visit.hub.looking(), (register, newest))?;
    let (counts, choices) = around(visit)?;
    let standing = Filled::of(register, newest);
    let filled = typed.unwrap_or(&standing);
    let name = visit.say(register.name.0, register.name.1);
    let title = format!("{name} · {row}");
    let body = html! {
        header .head {
            h1 { (title) }
            @if newest.struck { span .mark .late { (visit.say("已作废", "struck out")) } }
            a href={ "/console/table/" (register.id) } { (visit.say("回到表", "Back to the table")) }
        }
        @match above {
            Above::Nothing => {},
            Above::Refused(refusal) => (frame::banner(refusal)),
            Above::Revealed(label, value) => p .done role="status" { (label) ": " strong { (value) } },
        }
        section .panel { (values(visit, register, newest)) }
        @if user.has(register.write) && !newest.struck {
            section .panel {
                details open[typed.is_some()] {
                    summary { (visit.say("更正或作废", "Correct or strike out")) }
                    (correction(visit, (register, &choices), (newest, filled)))
                }
            }
        }
        section .panel {
            h2 { (visit.say("历次版本", "Every version")) }
            ol .past reversed { @for at in (0..versions.len()).rev() { (version(visit, register, &versions, at)) } }
        }
    };
    let here = address(newest);
    Ok(frame::page(visit, (&title, &here), Some(&counts), &body))
}

fn values(visit: &Visit<'_>, register: &Register, row: &RegisterRow) -> Markup {
    let can_reveal = visit.session.user.has(Right::Reveal);
    html! {
        dl .fields {
            @if let Some(case) = row.case {
                dt { (visit.say("案件", "Case")) }
                dd { a .id href={ "/console/case/" (case.number()) } { (case.number()) } }
            }
            @for field in register.fields {
                @let kept = value_of(row, field.id);
                @let cell = field.kind.cell(kept, Personal::Masked);
                dt { (visit.say(field.zh, field.en)) }
                dd {
                    (tables::text(visit, &cell))
                    @if field.kind.is_personal() && !kept.is_empty() && can_reveal {
                        details .reveal {
                            summary { (visit.say("查看", "Show")) }
                            form .row method="post" action={ (address(row)) "/reveal" } {
                                (frame::hidden(visit))
                                input type="hidden" name="field" value=(field.id);
                                label { (visit.say("理由", "Why")) input name="reason" required minlength="4" maxlength="400"; }
                                button { (visit.say("查看并留痕", "Show, and keep a note of it")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn correction(
    visit: &Visit<'_>,
    (register, choices): (&Register, &Choices),
    (row, filled): (&RegisterRow, &Filled),
) -> Markup {
    html! {
        form .stack .entry method="post" action=(address(row)) {
            (frame::hidden(visit))
            input type="hidden" name="version" value=(row.version);
            (fields(visit, (register, choices), (filled, Some(row))))
            label { (visit.say("更正理由", "Why")) " *" input name="reason" required minlength="2" maxlength="1000"; }
            div .row {
                button .primary name="do" value="correct" { (visit.say("更正", "Correct")) }
                button .danger name="do" value="strike" formnovalidate { (visit.say("作废", "Strike out")) }
            }
        }
    }
}

/// A version: who wrote it, when and why, and what it changed; personal values only as changed.
fn version(visit: &Visit<'_>, register: &Register, versions: &[RegisterRow], at: usize) -> Markup {
    let Some(row) = versions.get(at) else {
        return html! {};
    };
    let before = at.checked_sub(1).and_then(|at| versions.get(at));
    let then = |id: &str| before.map_or("", |row| value_of(row, id));
    let said = |kind: Kind, kept: &str| tables::text(visit, &kind.cell(kept, Personal::Masked));
    html! {
        li {
            strong { (row.by) } " " span .quiet { (word::time(row.at)) }
            @if !row.reason.is_empty() { " · " (row.reason) }
            @if row.struck { " " span .mark .late { (visit.say("作废", "struck out")) } }
            ul { @for field in register.fields {
                @let (old, new) = (then(field.id), value_of(row, field.id));
                @if old != new {
                    li {
                        (visit.say(field.zh, field.en)) ": "
                        @if before.is_some() { del { (said(field.kind, old)) } " → " }
                        ins { (said(field.kind, new)) }
                    }
                }
            } }
        }
    }
}

/// `POST /console/table/{id}/{row}`: corrected, or struck out.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Path((id, row)): Path<(String, u64)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let register = named(&id)?;
        let mut values = said(register, form);
        let case = form.text("case").to_owned();
        let filled = Filled {
            values: values.clone(),
            case: case.clone(),
        };
        // An empty personal field means that it stays: the form does not show what is there.
        let is_personal = |id: &str| {
            register
                .field(id)
                .is_some_and(|field| field.kind.is_personal())
        };
        values.retain(|id, text| !(text.is_empty() && is_personal(id)));
        let change = Said {
            case: Some(case).filter(|case| !case.is_empty()),
            values,
            version: form.text("version").parse().unwrap_or(0),
            reason: form.text("reason").to_owned(),
        };
        let (store, writer) = (
            visit.hub.store(),
            (&visit.session.user, visit.hub.now().wall),
        );
        let changed = if form.text("do") == "strike" {
            register::strike(store, register, writer, (row, &change))
        } else {
            register::correct(store, register, writer, (row, &change))
        };
        match changed {
            Ok(row) => Ok(Next::Go(address(&row))),
            Err(refusal) => {
                let above = (&Above::Refused(&refusal), Some(&filled));
                let page = row_page(visit, (register, row), above)?;
                Ok(Next::Show(status_of(&refusal), page))
            }
        }
    })
    .await
}

/// `POST /console/table/{id}/{row}/reveal`: one personal value, with a reason that is kept.
pub(super) async fn reveal(
    State(app): State<Arc<App>>,
    Path((id, row)): Path<(String, u64)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let register = named(&id)?;
        let user = &visit.session.user;
        check_right(user, Right::Reveal)?;
        let reason = form.text("reason");
        if reason.chars().count() < MIN_REASON_CHARS || reason.len() > MAX_REASON_BYTES {
            let detail = "查看个人信息须写明理由 / a reason is needed to see personal data";
            return Err(Refusal::new(400, "NO_REASON", detail));
        }
        let field = register.field(form.text("field"));
        let field = field
            .filter(|field| field.kind.is_personal())
            .ok_or_else(|| Refusal::new(404, "UNKNOWN_FIELD", "没有这个字段 / no such field"))?;
        let found = register::find(visit.hub.looking(), register, (user, row))?;
        let note = AuditRow {
            at: visit.hub.now().wall,
            user: user.name.clone(),
            deed: "reveal".to_owned(),
            case: found.case,
            detail: format!("{} {row} {}: {reason}", register.id, field.id),
        };
        // Written before it is shown.
        in_tx(visit.hub.store(), |tx| tx.put_audit(&note))?;
        let label = visit.say(field.zh, field.en);
        let above = Above::Revealed(label, value_of(&found, field.id).to_owned());
        let page = row_page(visit, (register, row), (&above, None))?;
        Ok(Next::Show(StatusCode::OK, page))
    })
    .await
}
