//! Notices of a case: what its contract asks to be told, written out, and what was told.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::frame::{self, Counts};
use super::{Next, Visit, act, case, page, status_of, word};
use crate::http::App;
use crate::meta::{DeskRow, RegisterPart, RegisterRow, look};
use crate::office::{check_readable, check_right};
use crate::refusal::Refusal;
use crate::register::notice::{self, CHANNELS, Draft};
use crate::register::{self, Said, value_of};
use crate::role::Right;

/// Everything on the page.
struct Notices {
    counts: Counts,
    row: DeskRow,
    drafts: Vec<Draft>,
    given: Vec<RegisterRow>,
}

/// What somebody sent and was refused: which notice, and what they had written.
struct Refused<'a> {
    refusal: &'a Refusal,
    notice: &'a str,
    text: &'a str,
}

/// `GET /console/case/{name}/notices`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    page(app, &headers, Right::ReadCases, move |visit| {
        shown(visit, &name, None)
    })
    .await
}

fn shown(visit: &Visit<'_>, name: &str, refused: Option<&Refused<'_>>) -> Result<Markup, Refusal> {
    check_readable(visit.hub.looking(), &visit.session.user, name)?;
    let now = visit.hub.now().wall;
    let found = look(visit.hub.looking(), |tx| {
        let Some(found) = tx.case_named(name)? else {
            return Ok(None);
        };
        let Some(row) = tx.desk_row(found.case)? else {
            return Ok(None);
        };
        let part = RegisterPart {
            case: Some(found.case),
            ..RegisterPart::all(notice::ID)
        };
        Ok(Some(Notices {
            counts: Counts::read(tx, visit)?,
            drafts: notice::drafts(tx, (found.case, now), (visit.language, &visit.sight))?,
            given: tx.register_rows(part)?,
            row,
        }))
    })?;
    let notices = found.ok_or_else(|| case::unknown(name))?;
    let number = &notices.row.number;
    let title = format!("{} · {number}", visit.say("应告知事项", "Notices"));
    let can_tell = visit.session.user.has(Right::Tell);
    let body = html! {
        header .head {
            h1 { (title) }
            a href={ "/console/case/" (number) } { (visit.say("回到案件", "Back to the case")) }
            a href={ "/console/table/" (notice::ID) "?case=" (number) } { (visit.say("告知记录", "Notices given")) }
        }
        @if notices.drafts.is_empty() {
            p .quiet { (visit.say("合同没有告知事项，或尚不能判定合同。", "The contract asks for no notice, or no contract judges this case.")) }
        }
        @for draft in &notices.drafts {
            @let mine = refused.filter(|refused| refused.notice == draft.id);
            section .panel {
                h2 { (visit.pick(&draft.names.0, &draft.names.1)) " " span .quiet { (draft.source) } }
                @if let Some(mine) = mine { (frame::banner(mine.refusal)) }
                (given(visit, &notices, draft))
                @if can_tell { (form(visit, &notices.row, (draft, mine))) }
            }
        }
    };
    let here = format!("/console/case/{number}/notices");
    Ok(frame::page(
        visit,
        (&title, &here),
        Some(&notices.counts),
        &body,
    ))
}

fn channel<'a>(visit: &Visit<'_>, id: &'a str) -> &'a str {
    let found = CHANNELS.iter().find(|(word, _, _)| *word == id);
    found.map_or(id, |(_, zh, en)| visit.say(zh, en))
}

fn given(visit: &Visit<'_>, notices: &Notices, draft: &Draft) -> Markup {
    let rows = notices.given.iter();
    html! {
        ul .plain {
            @for row in rows.filter(|row| value_of(row, "notice") == draft.id) {
                li {
                    span .mark .good { (visit.say("已告知", "told")) } " "
                    (word::time(row.since)) " " (channel(visit, value_of(row, "channel"))) " → "
                    (value_of(row, "to")) " " span .quiet { (row.by) }
                }
            }
        }
    }
}

fn form(
    visit: &Visit<'_>,
    row: &DeskRow,
    (draft, refused): (&Draft, Option<&Refused<'_>>),
) -> Markup {
    let text = refused.map_or(draft.text.as_str(), |refused| refused.text);
    let text = visit.sight.text(row, text);
    let lines = draft.points.len().max(2) + 1;
    html! {
        form .stack method="post" action={ "/console/case/" (row.number) "/notices" } {
            (frame::hidden(visit))
            input type="hidden" name="notice" value=(draft.id);
            label { (visit.say("内容（【】处须填写）", "Text (fill what stands in 【】)"))
                textarea name="text" rows=(lines) required maxlength="2000" { (text) }
            }
            fieldset { legend { (visit.say("合同要求说明", "The contract asks to say")) }
                @for point in &draft.points {
                    label .tick { input type="checkbox" name="point" value=(point) checked; (notice::label(point, visit.language)) }
                }
            }
            div .row {
                label { (visit.say("告知对象", "To whom")) input name="to" value=(row.household) required maxlength="200"; }
                label { (visit.say("方式", "How")) @if draft.is_every { " " (visit.say("（须全部）", "(all of them)")) }
                    select name="channel" required {
                        @for id in &draft.channels { option value=(id) { (channel(visit, id)) } }
                    }
                }
                button .primary { (visit.say("记录已告知", "Note that it was told")) }
            }
        }
    }
}

/// `POST /console/case/{name}/notices`: somebody was told.
pub(super) async fn give(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let user = &visit.session.user;
        check_right(user, Right::Tell)?;
        check_readable(visit.hub.store(), user, &name)?;
        let register = register::named(notice::ID).ok_or_else(super::tables::unknown)?;
        let now = visit.hub.now().wall;
        let values = [
            ("notice", form.text("notice").to_owned()),
            ("sent", register::minute_of(now)),
            ("to", form.text("to").to_owned()),
            ("channel", form.text("channel").to_owned()),
            ("points", form.all("point").join(",")),
            ("text", form.text("text").to_owned()),
        ];
        let said = Said {
            case: Some(name.clone()),
            values: values
                .into_iter()
                .map(|(id, text)| (id.to_owned(), text))
                .collect(),
            ..Said::default()
        };
        match register::add(visit.hub.store(), register, (user, now), &said) {
            Ok(_) => Ok(Next::Go(format!("/console/case/{name}/notices"))),
            Err(refusal) => {
                let refused = Refused {
                    refusal: &refusal,
                    notice: form.text("notice"),
                    text: form.text("text"),
                };
                let page = shown(visit, &name, Some(&refused))?;
                Ok(Next::Show(status_of(&refusal), page))
            }
        }
    })
    .await
}
