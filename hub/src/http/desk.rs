//! The office's JSON.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use lossbook_core::domain::WallMs;
use serde::Deserialize;
use serde_json::json;

use super::{App, SMALL_BODY_BYTES, bearer, blocking, body_of, json_response};
use crate::catalogue::{self, Ask, Personal};
use crate::hub::Hub;
use crate::meta::{OfficeUser, in_tx, look};
use crate::office::{self, NewDecision};
use crate::refusal::Refusal;
use crate::sight::Sight;

/// Rows of a table in one answer.
const ROWS: u32 = 1_000;

#[derive(Deserialize)]
pub(super) struct Search {
    q: Option<String>,
    /// How many were read before.
    #[serde(default)]
    skip: u32,
}

/// What of a table is wanted.
#[derive(Deserialize)]
pub(super) struct Part {
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    /// Where an earlier answer ended.
    after: Option<String>,
}

/// Runs office work for whoever the token names.
async fn desk<T: Send + 'static>(
    app: Arc<App>,
    headers: &HeaderMap,
    work: impl FnOnce(&Hub, &OfficeUser) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let token = bearer(headers)?;
    blocking(move || {
        let user = office::sign_in(app.hub.store(), &token)?;
        work(&app.hub, &user)
    })
    .await
}

pub(super) async fn cases(
    State(app): State<Arc<App>>,
    Query(search): Query<Search>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let cases = desk(app, &headers, move |hub, user| {
        office::cases_of(hub.store(), user, (search.q.as_deref(), search.skip))
    })
    .await?;
    Ok(json_response(StatusCode::OK, &json!({ "cases": cases })))
}

pub(super) async fn case(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let case = desk(app, &headers, move |hub, user| {
        office::check_readable(hub.store(), user, &name)?;
        let case = office::case(hub.store(), &name, hub.now().wall)?;
        Ok(Sight::looked_up(hub.store(), user)?.detail(case))
    })
    .await?;
    Ok(json_response(StatusCode::OK, &case))
}

pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let body = body_of(body, SMALL_BODY_BYTES).await?;
    let new: NewDecision = serde_json::from_slice(&body).map_err(|error| malformed(&error))?;
    let case = desk(app, &headers, move |hub, user| {
        let who = (name.as_str(), user);
        office::decide(hub.store(), hub.identity(), who, (new, hub.host()))
    })
    .await?;
    Ok(json_response(StatusCode::OK, &case))
}

/// A table of the catalogue, personal data masked.
pub(super) async fn table(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(part): Query<Part>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (table, next) = desk(app, &headers, move |hub, user| {
        let Some(entry) = catalogue::entry(&name) else {
            let detail = format!("没有这张表 / no such table: {name:?}");
            return Err(Refusal::new(404, "TABLE_UNKNOWN", detail));
        };
        office::check_right(user, entry.right)?;
        let sight = Sight::looked_up(hub.looking(), user)?;
        let ask = Ask {
            sight: &sight,
            scopes: &user.scopes,
            from: part.from_ms.map(WallMs),
            to: part.to_ms.map(WallMs),
            case: None,
            words: None,
            now: hub.now().wall,
            limit: ROWS,
            after: part.after,
            personal: Personal::Masked,
        };
        let table = look(hub.looking(), |tx| entry.table(tx, &ask))?;
        let next = ask.next(table.rows.len());
        Ok((table, next))
    })
    .await?;
    let body = json!({ "table": table, "next": next });
    Ok(json_response(StatusCode::OK, &body))
}

pub(super) async fn users(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let users = desk(app, &headers, |hub, _| {
        Ok(in_tx(hub.store(), |tx| tx.office_users())?)
    })
    .await?;
    let names: Vec<_> = users
        .iter()
        .map(|user| json!({ "name": user.name, "since_ms": user.since.0 }))
        .collect();
    Ok(json_response(StatusCode::OK, &json!({ "users": names })))
}

fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal::new(400, "MALFORMED", error.to_string())
}
