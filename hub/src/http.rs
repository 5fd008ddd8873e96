//! The HTTP border: carries bytes between the network and functions that know no HTTP.
//!
//! Each route reads a bounded body, finds out who asks, calls one function off the async threads
//! and turns its answer into a response. Refusals keep their status and code: as CBOR on the
//! enrolment routes, as a page on `/v1/sync`, as JSON elsewhere.
//!
//! Refuses: to decide anything, and bodies over their limit before they are held.

mod blob;
mod desk;
mod device;
mod pulse;
mod reference;
mod shelf;
mod tus;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use lossbook_core::domain::{DeviceId, Digest};
use lossbook_core::sync::frame::{Fault, Frame, pack};
use serde::Serialize;
use tokio::sync::Semaphore;

pub(crate) use blob::send;

use crate::api;
use crate::console;
use crate::hub::Hub;
use crate::page;
use crate::pulse::Pulse;
use crate::refusal::Refusal;
use crate::serve::Tiles;
use crate::token::{authenticate, recognise};

/// Exchanges at a time; more are asked to come back.
const MAX_AT_ONCE: usize = 32;
/// Passwords tried at a time; each takes 19 MiB.
const PASSWORDS_AT_ONCE: usize = 2;
/// Largest body of everything but exchanges and photos.
pub(crate) const SMALL_BODY_BYTES: usize = 64 * 1024;

/// What every route needs.
pub(crate) struct App {
    pub(crate) hub: Hub,
    pub(crate) token_valid_ms: u64,
    pub(crate) is_tls: bool,
    /// Passwords tried at a time: each takes memory.
    pub(crate) doors: Semaphore,
    /// What pages of the console may load.
    pub(crate) policy: HeaderValue,
    /// Where the map's pictures come from.
    pub(crate) tiles: Option<Tiles>,
    /// Counts and times of requests.
    pulse: Pulse,
    metrics_token: Option<String>,
    turns: Semaphore,
}

impl App {
    pub(crate) fn new(hub: Hub, token_valid_ms: u64, is_tls: bool, tiles: Option<Tiles>) -> Self {
        Self {
            policy: console::policy(tiles.as_ref().map(|tiles| tiles.url.as_str())),
            tiles,
            hub,
            token_valid_ms,
            is_tls,
            doors: Semaphore::new(PASSWORDS_AT_ONCE),
            pulse: Pulse::new(),
            metrics_token: None,
            turns: Semaphore::new(MAX_AT_ONCE),
        }
    }

    /// Whoever brings this token reads the metrics from elsewhere.
    pub(crate) fn with_metrics_token(self, token: Option<String>) -> Self {
        Self {
            metrics_token: token,
            ..self
        }
    }
}

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/enrol", post(device::enrol))
        .route("/v1/token", post(device::token))
        .route("/v1/sync", post(device::sync))
        .route("/v1/tus", any(tus::collection))
        .route("/v1/tus/{digest}", any(tus::upload))
        .route("/v1/blobs/{digest}", get(blob::read))
        .route(
            "/v1/blobs/{digest}/chunks",
            get(blob::chunks).put(blob::put_chunks),
        )
        .route("/v1/reference", get(reference::read))
        .route("/v1/cases/{name}/missing", get(device::missing))
        .route("/v1/packs", get(shelf::read))
        .route("/v1/packs/{digest}", get(shelf::pack))
        .route("/v1/office/cases", get(desk::cases))
        .route("/v1/office/cases/{name}", get(desk::case))
        .route("/v1/office/cases/{name}/decide", post(desk::decide))
        .route("/v1/office/tables/{name}", get(desk::table))
        .route("/v1/office/users", get(desk::users))
        .route("/", get(page::cases))
        .route("/open/{secret}", get(page::open))
        .route("/photo/{scope}/{digest}", get(page::photo))
        .route("/healthz", get(pulse::health))
        .route("/metrics", get(pulse::metrics))
        .merge(console::routes())
        .merge(api::route::routes())
        .layer(from_fn_with_state(Arc::clone(&app), pulse::watch))
        .with_state(app)
}

/// Runs a synchronous function off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|stopped| {
        tracing::error!(panicked = stopped.is_panic(), "a request was not finished");
        Refusal::new(500, "INTERNAL", "the hub failed; its log says why")
    })?
}

pub(crate) async fn body_of(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    to_bytes(body, limit).await.map_err(|_cut_or_too_long| {
        Refusal::new(
            413,
            "TOO_LARGE",
            format!("the body was cut off or has more than {limit} bytes"),
        )
    })
}

/// The bearer token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<String, Refusal> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(|token| token.trim().to_owned())
        .ok_or_else(|| {
            Refusal::new(
                401,
                "AUTH_EXPIRED",
                "a bearer token is needed (Authorization: Bearer …)",
            )
        })
}

/// Which device asks.
async fn device_of(app: &Arc<App>, headers: &HeaderMap) -> Result<DeviceId, Refusal> {
    let token = bearer(headers)?;
    let app = Arc::clone(app);
    blocking(move || authenticate(app.hub.store(), &token, app.hub.now().wall)).await
}

/// Which device asks for an exchange, also one that was withdrawn.
async fn any_device_of(app: &Arc<App>, headers: &HeaderMap) -> Result<DeviceId, Refusal> {
    let token = bearer(headers)?;
    let app = Arc::clone(app);
    blocking(move || recognise(app.hub.store(), &token, app.hub.now().wall)).await
}

/// A digest in a path; anything else is as unknown as any other name.
fn digest_of(text: &str) -> Result<Digest, Refusal> {
    text.parse()
        .map_err(|error: lossbook_core::domain::DigestParseError| {
            Refusal::new(404, "NOT_FOUND", error.to_string())
        })
}

pub(crate) fn status_of(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub(crate) fn with_retry(mut response: Response, retry_after_s: Option<u32>) -> Response {
    if let Some(seconds) = retry_after_s {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn bytes_response(status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static(kind);
    (status, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}

pub(crate) fn json_response<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes_response(status, "application/json; charset=utf-8", bytes),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn cbor_response(answered: Result<Vec<u8>, Refusal>) -> Response {
    match answered {
        Ok(bytes) => bytes_response(StatusCode::OK, "application/cbor", bytes),
        Err(refusal) => {
            let body = bytes_response(status_of(&refusal), "application/cbor", refusal.to_cbor());
            with_retry(body, refusal.retry_after_s)
        }
    }
}

#[derive(Serialize)]
struct JsonRefusal<'a> {
    code: &'a str,
    detail: &'a str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // Every answer to a withdrawn device is one that its sync engine understands.
        if self.code == "DEVICE_REVOKED" {
            return revoked(self);
        }
        let body = JsonRefusal {
            code: self.code,
            detail: &self.detail,
        };
        let response = json_response(status_of(&self), &body);
        with_retry(response, self.retry_after_s)
    }
}

fn revoked(refusal: Refusal) -> Response {
    let status = status_of(&refusal);
    let fault = Fault {
        code: refusal.code.to_owned(),
        detail: refusal.detail,
        stream: None,
        expected: None,
    };
    let page = pack(&[Frame::Fault(fault), Frame::End]).unwrap_or_default();
    bytes_response(status, device::PAGE_TYPE, page)
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    let name = HeaderName::from_static(name);
    response.headers_mut().insert(name, header_value(value));
}
