//! What somebody does to a case: decide, note a draft, note a notice, see what is masked.
//!
//! A decision goes the way of every decision ([`office::decide`]) with the heads the page was made
//! of, so whatever changed meanwhile refuses it. The answer to a refusal is the case as it is now,
//! with the reason above it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lossbook_core::domain::Digest;
use lossbook_core::record::{Field, FieldPath};
use lossbook_core::statement::Action;

use super::case::{Above, shown, unknown};
use super::form::Form;
use super::{Next, Visit, act, status_of};
use crate::desk;
use crate::http::App;
use crate::meta::{AuditRow, ToldRow, in_tx, look};
use crate::office::{self, check_readable, check_right, is_personal};
use crate::refusal::Refusal;
use crate::role::Right;
use crate::serve::Tiles;

/// A reason says something.
const MIN_REASON_CHARS: usize = 4;
const MAX_TEXT_BYTES: usize = 4_000;

/// `POST /console/case/{name}/decide`.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let tiles = app.tiles.clone();
    act(app, &headers, body, move |visit, form| {
        let user = &visit.session.user;
        let decided = wanted(visit, form).and_then(|new| {
            let who = (name.as_str(), user);
            office::decide(
                visit.hub.store(),
                visit.hub.identity(),
                who,
                (new, visit.hub.host()),
            )
        });
        match decided {
            Ok(case) => {
                note(visit, ("decide", &name), form.text("action").to_owned())?;
                Ok(Next::Go(format!("/console/case/{}", case.summary.number)))
            }
            Err(refusal) => {
                let detail = format!("{} {}", form.text("action"), refusal.code);
                note(visit, ("decide_refused", &name), detail)?;
                refused(visit, (&name, tiles.as_ref()), refusal)
            }
        }
    })
    .await
}

/// The case as it is, with why nothing was done above it.
fn refused(
    visit: &Visit<'_>,
    (name, tiles): (&str, Option<&Tiles>),
    refusal: Refusal,
) -> Result<Next, Refusal> {
    check_readable(visit.hub.store(), &visit.session.user, name)?;
    let status = status_of(&refusal);
    let page = shown(visit, (name, tiles), &Above::Refused(refusal))?;
    Ok(Next::Show(status, page))
}

fn wanted(visit: &Visit<'_>, form: &Form) -> Result<office::NewDecision, Refusal> {
    let bad = |detail: &str| Refusal::new(400, "BAD_DECISION", detail);
    let heads: Vec<Digest> = form
        .all("head")
        .iter()
        .filter_map(|head| head.parse().ok())
        .collect();
    if heads.is_empty() {
        return Err(bad(
            "表单缺少所看版本 / the form does not say which heads were looked at",
        ));
    }
    let round = form.text("round").parse().unwrap_or(1);
    let action = form.text("action").to_owned();
    let surveyor = Some(form.text("surveyor").to_owned()).filter(|name| !name.is_empty());
    let is_assign = action == Action::Assign.word();
    if is_assign && surveyor.is_none() {
        return Err(bad("请选择查勘员 / choose a surveyor"));
    }
    let said = form.text("reason");
    let reason = match &surveyor {
        Some(name) if is_assign => {
            let to = visit.say("派查勘员", "given to");
            format!("{to} {name} {said}").trim().to_owned()
        }
        Some(_) | None => said.to_owned(),
    };
    let returns = action == Action::Return.word();
    Ok(office::NewDecision {
        action,
        round,
        reason,
        fields: if returns {
            form.all("field")
        } else {
            Vec::new()
        },
        heads: Some(heads),
        surveyor: surveyor.filter(|_| is_assign),
    })
}

/// Writes down what was done or seen; never a value.
fn note(visit: &Visit<'_>, (deed, name): (&str, &str), detail: String) -> Result<(), Refusal> {
    let row = AuditRow {
        at: visit.hub.now().wall,
        user: visit.session.user.name.clone(),
        deed: deed.to_owned(),
        case: None,
        detail,
    };
    Ok(in_tx(visit.hub.store(), |tx| {
        let case = tx.case_named(name)?.map(|found| found.case);
        tx.put_audit(&AuditRow { case, ..row })
    })?)
}

/// `POST /console/case/{name}/draft`: for the writer's own eyes.
pub(super) async fn draft(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let (user, now) = (&visit.session.user, visit.hub.now().wall);
        check_readable(visit.hub.store(), user, &name)?;
        let text = form.text("draft");
        if text.len() > MAX_TEXT_BYTES {
            return Err(Refusal::new(
                400,
                "TOO_LONG",
                "草稿过长 / the draft is too long",
            ));
        }
        in_tx(visit.hub.store(), |tx| match tx.case_named(&name)? {
            Some(row) => {
                let kept = Some((text, now)).filter(|_| !text.is_empty());
                tx.put_draft(row.case, &user.name, kept)
            }
            None => Ok(()),
        })?;
        Ok(Next::Go(format!("/console/case/{name}")))
    })
    .await
}

/// `POST /console/case/{name}/tell`: the insured was told something.
pub(super) async fn tell(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let user = &visit.session.user;
        check_right(user, Right::Tell)?;
        check_readable(visit.hub.store(), user, &name)?;
        let (what, channel) = (form.text("what"), form.text("channel"));
        if what.is_empty() || channel.is_empty() || channel.len() > 200 || what.len() > 100 {
            let detail = "写明告知事项和方式 / say what was told and how";
            return Err(Refusal::new(400, "MALFORMED", detail));
        }
        let told = ToldRow {
            what: what.to_owned(),
            channel: channel.to_owned(),
            by: user.name.clone(),
            at: visit.hub.now().wall,
        };
        in_tx(visit.hub.store(), |tx| match tx.case_named(&name)? {
            Some(row) => {
                tx.put_told(row.case, &told)?;
                // Figures count when the insured was told.
                desk::project(tx, row.case)
            }
            None => Ok(()),
        })?;
        note(visit, ("tell", &name), format!("{what} · {channel}"))?;
        Ok(Next::Go(format!("/console/case/{name}#clocks")))
    })
    .await
}

/// `POST /console/case/{name}/reveal`: one masked field, for a written reason.
pub(super) async fn reveal(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let tiles = app.tiles.clone();
    act(app, &headers, body, move |visit, form| {
        let user = &visit.session.user;
        check_right(user, Right::Reveal)?;
        check_readable(visit.hub.store(), user, &name)?;
        let (path, reason) = (form.text("path"), form.text("reason"));
        if reason.chars().count() < MIN_REASON_CHARS || reason.len() > MAX_TEXT_BYTES {
            let detail = "查看个人信息须写明理由 / a reason is needed to see personal data";
            return refused(
                visit,
                (&name, tiles.as_ref()),
                Refusal::new(400, "NO_REASON", detail),
            );
        }
        let known = path.parse::<FieldPath>().ok().filter(|_| is_personal(path));
        let field = known
            .ok_or_else(|| Refusal::new(404, "UNKNOWN_FIELD", "没有这个字段 / no such field"))?;
        let values = look(visit.hub.looking(), |tx| {
            let Some(row) = tx.case_named(&name)? else {
                return Ok(None);
            };
            let standing = tx.case_standing(row.case)?;
            Ok(standing.and_then(|standing| {
                let found = standing.record.field(&field).map(Field::standing)?;
                Some(
                    found
                        .iter()
                        .map(|one| one.value.to_string())
                        .collect::<Vec<_>>(),
                )
            }))
        })?;
        let value = values.ok_or_else(|| unknown(&name))?.join(" / ");
        // Written before it is shown.
        note(visit, ("reveal", &name), format!("{path}: {reason}"))?;
        let label = field
            .spec()
            .map_or("", |spec| visit.say(spec.zh, spec.en))
            .to_owned();
        let above = Above::Revealed { label, value };
        let page = shown(visit, (&name, tiles.as_ref()), &above)?;
        Ok(Next::Show(axum::http::StatusCode::OK, page))
    })
    .await
}
