//! The plain page: cases with their photos and where they stand, in Chinese or English.
//!
//! Opened by a one-time link that the hub prints; the link becomes a session cookie and is used
//! up. Reads the same summaries as the office's JSON. No scripts; nothing is changed from here.
//!
//! Refuses: to show anything without a session, and to load anything from elsewhere.

pub(crate) mod text;
mod view;

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lossbook_core::domain::{Digest, Host, ScopeId, WallMs};
use lossbook_core::store::CaseQuery;
use maud::Markup;
use serde::Deserialize;

use crate::http::{App, blocking, send};
use crate::meta::{MetaStore, in_tx};
use crate::office::{MAX_CASES, summary};
use crate::refusal::Refusal;
use crate::sight::Sight;
use text::Language;
use view::{CaseCard, Thumbnail};

const COOKIE: &str = "lossbook";
/// A session lasts a working day.
const SESSION_MS: i64 = 12 * 60 * 60 * 1_000;
#[derive(Deserialize)]
pub(crate) struct Wish {
    lang: Option<String>,
}

/// A path of the page that works once.
pub(crate) fn make_link(
    store: &dyn MetaStore,
    host: &dyn Host,
    expires: WallMs,
) -> Result<String, Refusal> {
    let secret = secret(host);
    in_tx(store, |tx| tx.put_page_link(&digest(&secret), expires))?;
    Ok(format!("/open/{secret}"))
}

fn secret(host: &dyn Host) -> String {
    let mut bytes = [0; 32];
    host.fill_random(&mut bytes);
    hex::encode(bytes)
}

fn digest(secret: &str) -> Digest {
    Digest::labelled("lossbook/hub/page", &[secret.as_bytes()])
}

/// `/open/{secret}`: uses the link up and opens a session.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = Language::wished(None, &headers);
    let is_tls = app.is_tls;
    match opened(app, link).await {
        Ok(Some(session)) => {
            let secure = if is_tls { "; Secure" } else { "" };
            let age = SESSION_MS / 1_000;
            let cookie = format!(
                "{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age}{secure}"
            );
            // SameSite=Strict: a redirect from a link in another program would arrive without
            // the cookie, so the page itself takes the last step.
            let mut response = show(StatusCode::OK, &view::opened(language));
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            let onwards = HeaderValue::from_static("0; url=/");
            response.headers_mut().insert("refresh", onwards);
            response
        }
        Ok(None) => show(StatusCode::GONE, &view::link_used(language)),
        Err(refusal) => refusal.into_response(),
    }
}

async fn opened(app: Arc<App>, link: String) -> Result<Option<String>, Refusal> {
    blocking(move || {
        let now = app.hub.now().wall;
        let session = secret(app.hub.host());
        let expires = WallMs(now.0.saturating_add(SESSION_MS));
        let good = in_tx(app.hub.store(), |tx| {
            let good = tx.use_page_link(&digest(&link), now)?;
            if good {
                tx.forget_expired(now)?;
                tx.put_page_session(&digest(&session), expires)?;
            }
            Ok(good)
        })?;
        Ok(good.then_some(session))
    })
    .await
}

/// `/`: the cases.
pub(crate) async fn cases(
    State(app): State<Arc<App>>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let language = Language::wished(wish.lang.as_deref(), &headers);
    match is_open(&app, &headers).await {
        Ok(true) => {}
        Ok(false) => return show(StatusCode::UNAUTHORIZED, &view::link_needed(language)),
        Err(refusal) => return refusal.into_response(),
    }
    match blocking(move || cards(&app)).await {
        Ok(cards) => show(StatusCode::OK, &view::cases(language, &cards)),
        Err(refusal) => refusal.into_response(),
    }
}

fn cards(app: &App) -> Result<Vec<CaseCard>, Refusal> {
    let query = CaseQuery {
        text: None,
        limit: MAX_CASES,
        offset: 0,
    };
    Ok(in_tx(app.hub.store(), |tx| {
        let mut cards = Vec::new();
        // Whoever has the link reads it: nothing confidential stands there.
        let sight = Sight::least(tx)?;
        for row in tx.list_cases(&query)? {
            let mut thumbnails = Vec::new();
            for photo in tx.case_photos(row.case)? {
                if photo.is_thumbnail() && tx.blob(photo.scope, &photo.digest)?.is_some() {
                    thumbnails.push(Thumbnail {
                        path: format!("/photo/{}/{}", photo.scope, photo.digest),
                    });
                }
            }
            cards.push(CaseCard {
                summary: sight.summary(summary(tx, &row)?),
                thumbnails,
            });
        }
        Ok(cards)
    })?)
}

/// `/photo/{scope}/{digest}`: one image, for an open session.
pub(crate) async fn photo(
    State(app): State<Arc<App>>,
    Path((scope, digest)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match image(&app, (&scope, &digest), &headers).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn image(
    app: &Arc<App>,
    (scope, digest): (&str, &str),
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let unknown = || Refusal::new(404, "NOT_FOUND", "no such photo");
    if !is_open(app, headers).await? {
        return Err(Refusal::new(401, "AUTH_UNKNOWN", "open the page first"));
    }
    let scope: ScopeId = scope.parse().map_err(|_not_an_id| unknown())?;
    let wanted: Digest = digest.parse().map_err(|_not_a_digest| unknown())?;
    let blob = app.hub.blobs().open_in(scope, wanted).await?;
    Ok(send(app.hub.blobs(), blob, (digest, headers)))
}

async fn is_open(app: &Arc<App>, headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(session) = session(headers) else {
        return Ok(false);
    };
    let app = Arc::clone(app);
    blocking(move || {
        let now = app.hub.now().wall;
        Ok(in_tx(app.hub.store(), |tx| {
            tx.page_session(&digest(&session), now)
        })?)
    })
    .await
}

fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    let mut ours = pairs.filter(|(name, _)| *name == COOKIE);
    ours.next().map(|(_, value)| value.to_owned())
}

/// Nothing but the page's own images and its one style sheet, which is named by its digest.
fn policy() -> HeaderValue {
    static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
        let style = STANDARD.encode(Digest::of(view::STYLE.as_bytes()).as_bytes());
        let policy = format!(
            "default-src 'none'; img-src 'self'; style-src 'sha256-{style}'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).ok()
    });
    let none = HeaderValue::from_static("default-src 'none'");
    POLICY.clone().unwrap_or(none)
}

fn show(status: StatusCode, page: &Markup) -> Response {
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept-Language, Cookie"),
    ];
    let policy = [(header::CONTENT_SECURITY_POLICY, policy())];
    (status, fixed, policy, page.0.clone()).into_response()
}
