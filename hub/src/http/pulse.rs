//! Whether the hub is well, and its figures: for whoever runs it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{App, bearer, blocking, bytes_response, json_response};
use crate::mac;
use crate::meta::look;
use crate::refusal::Refusal;

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every request passes here; none is logged unless the hub failed it.
pub(super) async fn watch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let began = Instant::now();
    app.pulse.begin();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.pulse.end((&method, &route, status), took);
    if status >= 500 {
        tracing::warn!(method, route, status, "a request failed");
    }
    response
}

/// `GET /healthz`: 200 if the store answers.
pub(super) async fn health(State(app): State<Arc<App>>) -> Response {
    let asked = blocking(move || Ok(look(app.hub.looking(), |tx| tx.count_cases())?)).await;
    let version = env!("CARGO_PKG_VERSION");
    match asked {
        Ok(_) => json_response(StatusCode::OK, &json!({"status": "ok", "version": version})),
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /metrics`: for this machine, or with the operator's token.
pub(super) async fn metrics(State(app): State<Arc<App>>, request: Request) -> Response {
    if !is_near(&request) && !has_token(&app, request.headers()) {
        let detail = "仅限本机，或使用 --metrics-token-file 中的令牌 / only on this machine, or with the token of --metrics-token-file";
        return Refusal::new(403, "METRICS_CLOSED", detail).into_response();
    }
    let made = blocking(move || Ok(app.pulse.text(&app.hub.status()?))).await;
    match made {
        Ok(text) => bytes_response(StatusCode::OK, TEXT, text.into_bytes()),
        Err(refusal) => refusal.into_response(),
    }
}

/// Whether it comes from this machine, and from no proxy on it.
fn is_near(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let is_passed_on = ["forwarded", "x-forwarded-for", "via"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    peer.is_some_and(|ConnectInfo(peer)| peer.ip().is_loopback()) && !is_passed_on
}

fn has_token(app: &App, headers: &HeaderMap) -> bool {
    let given = bearer(headers).unwrap_or_default();
    let wanted = app.metrics_token.as_deref();
    wanted.is_some_and(|wanted| mac::same(wanted.as_bytes(), given.as_bytes()))
}
