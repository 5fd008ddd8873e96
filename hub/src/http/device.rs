//! Enrolment, tokens, exchanges.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{
    App, SMALL_BODY_BYTES, any_device_of, blocking, body_of, cbor_response, device_of,
    json_response, with_retry,
};
use crate::enrol;
use crate::exchange::{Answer, Caller, MAX_REQUEST_BYTES};
use crate::office;
use crate::refusal::Refusal;
use crate::token;

/// The media type of a page that somebody may look at.
pub(super) const PAGE_TYPE: &str = "application/vnd.lossbook.page";

pub(super) async fn enrol(State(app): State<Arc<App>>, body: Body) -> Response {
    cbor_response(enrolled(app, body).await)
}

async fn enrolled(app: Arc<App>, body: Body) -> Result<Vec<u8>, Refusal> {
    let body = body_of(body, SMALL_BODY_BYTES).await?;
    blocking(move || {
        let hub = &app.hub;
        enrol::enrol(hub.store(), hub.identity(), &body, hub.now())
    })
    .await
}

pub(super) async fn token(State(app): State<Arc<App>>, body: Body) -> Response {
    match given(app, body).await {
        Err(refusal) if refusal.code == "DEVICE_REVOKED" => refusal.into_response(),
        answered => cbor_response(answered),
    }
}

async fn given(app: Arc<App>, body: Body) -> Result<Vec<u8>, Refusal> {
    let body = body_of(body, SMALL_BODY_BYTES).await?;
    blocking(move || {
        let hub = &app.hub;
        let asked = (body.as_ref(), app.token_valid_ms);
        token::token(hub.store(), hub.identity(), hub.host(), asked)
    })
    .await
}

pub(super) async fn sync(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    match exchanged(&app, &headers, body).await {
        Ok(answer) => {
            let status =
                StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            // No header that the device does not read: an idle exchange is mostly headers.
            let response = (status, Body::from(answer.page)).into_response();
            with_retry(response, answer.retry_after_s)
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn exchanged(app: &Arc<App>, headers: &HeaderMap, body: Body) -> Result<Answer, Refusal> {
    let Ok(turn) = app.turns.try_acquire() else {
        return Err(Refusal::busy("many devices at once: try again in a moment"));
    };
    let device = any_device_of(app, headers).await?;
    let body = body_of(body, MAX_REQUEST_BYTES).await?;
    let hub = app.hub.clone();
    let answer = blocking(move || {
        let caller = Caller {
            device,
            now: hub.now(),
        };
        Ok(hub.exchange(caller, &body))
    })
    .await;
    drop(turn);
    answer
}

/// Which photos of a case the hub lacks, and on whose phone they are.
pub(super) async fn missing(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let device = device_of(&app, &headers).await?;
    let missing = blocking(move || office::missing(app.hub.store(), (device, &name))).await?;
    Ok(json_response(
        StatusCode::OK,
        &json!({ "missing": missing }),
    ))
}
