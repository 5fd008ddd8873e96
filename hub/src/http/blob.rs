//! Verified photos out, with ranges; chunk lists in and out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{App, body_of, bytes_response, device_of, digest_of, set};
use crate::blobs::{BlobBytes, Blobs};
use crate::refusal::Refusal;

/// Digests of the chunks of 2 GiB.
const MAX_CHUNK_LIST_BYTES: usize = 8_192 * 32;

pub(super) async fn read(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let device = device_of(&app, &headers).await?;
    let blob = app.hub.blobs().open(device, digest_of(&digest)?).await?;
    Ok(send(app.hub.blobs(), blob, (&digest, &headers)))
}

/// A blob as a response: whole, or the one range that was asked for.
pub(crate) fn send(
    blobs: &Blobs,
    blob: BlobBytes,
    (digest, headers): (&str, &HeaderMap),
) -> Response {
    let len = blob.len_bytes();
    let tag = format!("\"{digest}\"");
    let fresh = headers
        .get(header::IF_RANGE)
        .is_none_or(|wanted| *wanted == *tag);
    let range = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok())
        .filter(|_| fresh);
    let (status, from, to) = match range.map(|range| wanted_range(range, len)) {
        None | Some(Wanted::Whole) => (StatusCode::OK, 0, len),
        Some(Wanted::Part(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(Wanted::Nothing) => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            set(&mut response, "content-range", &format!("bytes */{len}"));
            return response;
        }
    };
    let kind = media_type(&blob.media_type);
    let body = Body::from_stream(blobs.read(blob, from, to - from));
    let mut response = (status, body).into_response();
    set(&mut response, "content-type", kind);
    set(&mut response, "content-length", &(to - from).to_string());
    set(&mut response, "accept-ranges", "bytes");
    set(&mut response, "etag", &tag);
    set(&mut response, "x-content-type-options", "nosniff");
    set(&mut response, "cache-control", "private, no-store");
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{len}", to - 1);
        set(&mut response, "content-range", &range);
    }
    response
}

/// What an envelope claims is only passed on if it is an image type that browsers merely show.
fn media_type(claimed: &str) -> &'static str {
    ["image/jpeg", "image/png", "image/webp", "image/heic"]
        .into_iter()
        .find(|known| *known == claimed)
        .unwrap_or("application/octet-stream")
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// From, and one behind the last.
    Part(u64, u64),
    Nothing,
}

/// One range only; several, or another unit, mean the whole.
fn wanted_range(text: &str, len: u64) -> Wanted {
    let parsed = text
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'));
    let Some((from, to)) = parsed else {
        return Wanted::Whole;
    };
    let (from, to) = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => (from, to.saturating_add(1).min(len)),
        (Ok(from), Err(_)) if to.is_empty() => (from, len),
        (Err(_), Ok(last)) if from.is_empty() => (len.saturating_sub(last), len),
        (_, _) => return Wanted::Whole,
    };
    if from < to {
        Wanted::Part(from, to)
    } else {
        Wanted::Nothing
    }
}

pub(super) async fn chunks(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let device = device_of(&app, &headers).await?;
    let list = app.hub.blobs().chunks(device, digest_of(&digest)?).await?;
    let kind = "application/octet-stream";
    Ok(bytes_response(StatusCode::OK, kind, list))
}

pub(super) async fn put_chunks(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let device = device_of(&app, &headers).await?;
    let list = body_of(body, MAX_CHUNK_LIST_BYTES).await?;
    let blobs = app.hub.blobs();
    let progress = blobs.put_chunks(device, digest_of(&digest)?, &list).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set(&mut response, "upload-offset", &progress.offset.to_string());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_header_means_what_rfc_9110_says() {
        assert_eq!(wanted_range("bytes=0-3", 10), Wanted::Part(0, 4));
        assert_eq!(wanted_range("bytes=4-", 10), Wanted::Part(4, 10));
        assert_eq!(wanted_range("bytes=-4", 10), Wanted::Part(6, 10));
        assert_eq!(wanted_range("bytes=8-99", 10), Wanted::Part(8, 10));
        assert_eq!(wanted_range("bytes=10-", 10), Wanted::Nothing);
        assert_eq!(wanted_range("bytes=0-1,3-4", 10), Wanted::Whole);
        assert_eq!(wanted_range("lines=0-1", 10), Wanted::Whole);
    }
}
