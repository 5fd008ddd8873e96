//! Deltas of the reference tables.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{App, blocking, bytes_response, device_of, set};
use crate::reference;
use crate::refusal::Refusal;

#[derive(Deserialize)]
pub(super) struct Behind {
    /// `scope.number,…`: where the device stands; nothing for the beginning.
    #[serde(default)]
    after: String,
}

pub(super) async fn read(
    State(app): State<Arc<App>>,
    Query(behind): Query<Behind>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let device = device_of(&app, &headers).await?;
    let tag = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tag| tag.to_str().ok())
        .map(|tag| tag.trim_matches('"').to_owned());
    let answered = blocking(move || {
        let hub = &app.hub;
        let asked = (device, behind.after.as_str(), tag.as_deref());
        reference::answer(hub.store(), hub.identity(), asked)
    })
    .await?;
    let Some(bytes) = answered else {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    };
    let mut response = bytes_response(StatusCode::OK, "application/cbor", bytes);
    set(&mut response, "cache-control", "private, no-cache");
    Ok(response)
}
