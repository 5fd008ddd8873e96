//! tus 1.0: core, creation, creation-with-upload, expiration, termination.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lossbook_core::domain::{DeviceId, Digest, ScopeId, WallMs};

use super::{App, device_of, digest_of, set};
use crate::blobs::{NewUpload, Progress};
use crate::refusal::Refusal;

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,expiration,termination";
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const BYTES_TYPE: &str = "application/offset+octet-stream";
/// An answer waits so long for a carried bundle to be taken in; phones give up after twice that.
const CARRIED_FOR: Duration = Duration::from_secs(10);

/// `/v1/tus`: what the server can do, and new uploads.
pub(super) async fn collection(State(app): State<Arc<App>>, request: Request) -> Response {
    let answered = match *request.method() {
        Method::OPTIONS => Ok(StatusCode::NO_CONTENT.into_response()),
        Method::POST => create(&app, request).await,
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    };
    stamped(answered)
}

/// `/v1/tus/{digest}`: one upload.
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    request: Request,
) -> Response {
    let method = method_of(&request);
    let answered = match method {
        Method::OPTIONS => Ok(StatusCode::NO_CONTENT.into_response()),
        Method::HEAD => head(&app, &digest, request.headers()).await,
        Method::PATCH => patch(&app, &digest, request).await,
        Method::DELETE => delete(&app, &digest, request.headers()).await,
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    };
    stamped(answered)
}

/// Clients behind old proxies send POST and name the method they mean.
fn method_of(request: &Request) -> Method {
    let named = text(request.headers(), "x-http-method-override");
    let named = named.and_then(|name| name.parse().ok());
    named.unwrap_or_else(|| request.method().clone())
}

/// Every answer names the version, also refusals.
fn stamped(answered: Result<Response, Refusal>) -> Response {
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    set(&mut response, "tus-resumable", VERSION);
    set(&mut response, "tus-version", VERSION);
    set(&mut response, "tus-extension", EXTENSIONS);
    set(&mut response, "tus-max-size", &MAX_BYTES.to_string());
    set(&mut response, "cache-control", "no-store");
    response
}

async fn create(app: &Arc<App>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let device = asker(app, &parts.headers).await?;
    let wanted = wanted(&parts.headers)?;
    let mut progress = app.hub.blobs().create(device, wanted).await?;
    let brings = is_bytes(&parts.headers) && progress.offset == 0 && progress.expires.is_some();
    if brings && wanted.len_bytes > 0 {
        progress = receive(app, (device, wanted.digest), 0, body).await?;
    }
    let mut response = respond(StatusCode::CREATED, &progress);
    let location = format!("/v1/tus/{}", wanted.digest);
    set(&mut response, "location", &location);
    Ok(response)
}

async fn head(app: &Arc<App>, digest: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let device = asker(app, headers).await?;
    let progress = app.hub.blobs().state(device, digest_of(digest)?).await?;
    let mut response = respond(StatusCode::OK, &progress);
    set(
        &mut response,
        "upload-length",
        &progress.len_bytes.to_string(),
    );
    Ok(response)
}

async fn patch(app: &Arc<App>, digest: &str, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let device = asker(app, &parts.headers).await?;
    if !is_bytes(&parts.headers) {
        return Err(Refusal::new(
            415,
            "MEDIA_TYPE",
            format!("a piece is sent as {BYTES_TYPE}"),
        ));
    }
    let offset = number(&parts.headers, "upload-offset")?;
    let what = (device, digest_of(digest)?);
    let progress = receive(app, what, offset, body).await?;
    Ok(respond(StatusCode::NO_CONTENT, &progress))
}

async fn receive(
    app: &Arc<App>,
    what: (DeviceId, Digest),
    offset: u64,
    body: Body,
) -> Result<Progress, Refusal> {
    let stream = body.into_data_stream();
    let progress = app.hub.blobs().receive(what, offset, stream).await?;
    if progress.offset == progress.len_bytes {
        let (device, digest) = what;
        // A large bundle is taken in behind the answer: its bytes are safe already.
        let hub = app.hub.clone();
        let work = tokio::spawn(async move { hub.import_carried(device, digest).await });
        let _in_time = tokio::time::timeout(CARRIED_FOR, work).await;
    }
    Ok(progress)
}

async fn delete(app: &Arc<App>, digest: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let device = asker(app, headers).await?;
    let digest = digest_of(digest)?;
    app.hub.blobs().terminate(device, digest).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn asker(app: &Arc<App>, headers: &HeaderMap) -> Result<DeviceId, Refusal> {
    if text(headers, "tus-resumable") != Some(VERSION) {
        return Err(Refusal::new(
            412,
            "TUS_VERSION",
            "this hub speaks tus 1.0.0 (Tus-Resumable)",
        ));
    }
    device_of(app, headers).await
}

fn respond(status: StatusCode, progress: &Progress) -> Response {
    let mut response = status.into_response();
    set(&mut response, "upload-offset", &progress.offset.to_string());
    if let Some(expires) = progress.expires.and_then(http_date) {
        set(&mut response, "upload-expires", &expires);
    }
    response
}

fn http_date(at: WallMs) -> Option<String> {
    let instant = jiff::Timestamp::from_millisecond(at.0).ok()?;
    Some(instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn number(headers: &HeaderMap, name: &str) -> Result<u64, Refusal> {
    text(headers, name)
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| Refusal::new(400, "MALFORMED", format!("{name} must be a number")))
}

fn is_bytes(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == BYTES_TYPE)
}

/// `Upload-Length` and `Upload-Metadata: sha256 …,scope …`, each value base64 of its hex text.
fn wanted(headers: &HeaderMap) -> Result<NewUpload, Refusal> {
    let len_bytes = number(headers, "upload-length")?;
    if len_bytes > MAX_BYTES {
        return Err(Refusal::new(413, "TOO_LARGE", "a file has at most 2 GiB"));
    }
    let metadata = text(headers, "upload-metadata").unwrap_or_default();
    let value = |wanted: &str| {
        let pair = metadata.split(',').find_map(|pair| {
            let (key, value) = pair.trim().split_once(' ')?;
            (key == wanted).then_some(value)
        })?;
        String::from_utf8(STANDARD.decode(pair.trim()).ok()?).ok()
    };
    let digest: Option<Digest> = value("sha256").and_then(|text| text.parse().ok());
    let scope: Option<ScopeId> = value("scope").and_then(|text| text.parse().ok());
    match (digest, scope) {
        (Some(digest), Some(scope)) => Ok(NewUpload {
            scope,
            digest,
            len_bytes,
        }),
        (_, _) => Err(Refusal::new(
            400,
            "MALFORMED",
            "Upload-Metadata needs sha256 and scope, each as base64 of its hexadecimal text",
        )),
    }
}
