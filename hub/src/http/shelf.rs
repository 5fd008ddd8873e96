//! The shelf of rule packs, and packs by digest.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{App, blocking, bytes_response, device_of, digest_of, set};
use crate::refusal::Refusal;
use crate::shelf;

const CBOR: &str = "application/cbor";

pub(super) async fn read(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let _any_device = device_of(&app, &headers).await?;
    let bytes = blocking(move || shelf::signed(app.hub.store())).await?;
    let mut response = bytes_response(StatusCode::OK, CBOR, bytes);
    set(&mut response, "cache-control", "private, no-cache");
    Ok(response)
}

pub(super) async fn pack(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let _any_device = device_of(&app, &headers).await?;
    let wanted = digest_of(&digest)?;
    let bytes = blocking(move || shelf::pack(app.hub.store(), &wanted)).await?;
    let mut response = bytes_response(StatusCode::OK, CBOR, bytes);
    // The name is the digest of the bytes, so they never change.
    let forever = "private, max-age=31536000, immutable";
    set(&mut response, "cache-control", forever);
    set(&mut response, "etag", &format!("\"{wanted}\""));
    Ok(response)
}
