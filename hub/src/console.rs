//! The console: where head office sees, decides and explains, in a browser.
//!
//! Pages are made here on the server; htmx fetches parts of them, Leaflet draws the map, and both
//! come from this program (`hub/assets`). Whoever is not signed in sees one form. What is decided
//! goes through [`crate::office`], which refuses with the same codes as everywhere else.
//!
//! - Every form carries the session's token; nothing is changed by a GET but the time of last use.
//! - ID numbers, phones and accounts are masked; who reveals one writes why, and that is kept.
//! - The policy of every answer allows this hub's own files and nothing else: no inline script or
//!   style, no other host but the tile server that an operator named.
//!
//! Refuses: to show a case of a scope that the person does not see; it is unknown to them.

mod asset;
mod audit;
mod board;
mod case;
mod case_act;
mod case_desk;
mod case_money;
mod case_past;
mod case_photo;
mod case_record;
mod case_view;
mod export;
mod form;
mod frame;
mod home;
mod kpi;
mod kpi_cases;
mod kpi_chart;
pub(crate) mod map;
mod no_survey;
mod notice;
mod people;
mod queue;
mod register;
mod register_form;
mod sign_in;
mod staff;
mod tables;
pub(crate) mod word;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use lossbook_core::domain::WallMs;
use lossbook_core::rules::Packs;
use maud::Markup;

use crate::account::{self, Session};
use crate::http::{App, SMALL_BODY_BYTES, blocking, body_of, status_of};
use crate::hub::Hub;
use crate::meta::look;
use crate::office::check_right;
use crate::page::text::Language;
use crate::refusal::Refusal;
use crate::role::Right;
use crate::sight::Sight;
use form::Form;

/// An instant as the office writes it, for texts that name one.
pub(crate) fn time_text(at: WallMs) -> String {
    word::time(at)
}

/// Fen as yuan with groups of three, for texts that name an amount.
pub(crate) fn yuan_text(fen: i64) -> String {
    word::yuan(fen)
}

/// The cookie of a session; it goes to the console only.
const COOKIE: &str = "lossbook_desk";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/favicon.ico", get(asset::icon))
        .route("/console", get(home::show))
        .route("/console/assets/{name}", get(asset::file))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/language", post(sign_in::speak))
        .route("/console/search", get(queue::search))
        .route("/console/queue/{name}", get(queue::show))
        .route("/console/case/{name}", get(case::show))
        .route("/console/case/{name}/decide", post(case_act::decide))
        .route("/console/case/{name}/draft", post(case_act::draft))
        .route("/console/case/{name}/tell", post(case_act::tell))
        .route("/console/case/{name}/reveal", post(case_act::reveal))
        .route("/console/case/{name}/paper", post(export::paper))
        .route("/console/check", get(export::check))
        .route("/console/map/export", post(export::map))
        .route("/console/cases/export", post(export::cases))
        .route("/console/table/{id}/export", post(export::table))
        .route(
            "/console/case/{name}/notices",
            get(notice::show).post(notice::give),
        )
        .route("/console/photo/{scope}/{digest}", get(case::photo))
        .route("/console/map", get(map::show))
        .route("/console/map/cases", get(map::cases))
        .route("/console/board", get(board::show))
        .route("/console/kpi", get(kpi::show))
        .route("/console/kpi/{metric}/{side}", get(kpi_cases::show))
        .route("/console/tables", get(tables::index))
        .route("/console/table/{id}", get(tables::show).post(register::add))
        .route("/console/table/{id}/new", get(register::blank))
        .route(
            "/console/table/{id}/{row}",
            get(register::show).post(register::change),
        )
        .route("/console/table/{id}/{row}/reveal", post(register::reveal))
        .route(
            "/console/no-survey",
            get(no_survey::show).post(no_survey::draw),
        )
        .route("/console/staff", get(staff::show))
        .route("/console/staff/hand-over", post(staff::hand_over))
        .route("/console/people", get(people::show).post(people::save))
        .route("/console/people/enrol", post(people::enrol))
        .route("/console/audit", get(audit::show))
}

/// Who looks at a page, and in which language.
pub(crate) struct Visit<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) session: &'a Session,
    pub(crate) language: Language,
    /// What of confidential amounts is shown.
    pub(crate) sight: Sight,
    /// What says a contract's words in English; rows hold the Chinese ones.
    pub(crate) packs: Arc<Packs>,
}

impl Visit<'_> {
    /// The one of two texts.
    pub(crate) const fn say(&self, chinese: &'static str, english: &'static str) -> &'static str {
        self.language.pick(chinese, english)
    }

    /// The same for texts that were made.
    pub(crate) fn pick<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        match self.language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// What follows a form.
pub(crate) enum Next {
    /// Another page.
    Go(String),
    /// This answer.
    Show(StatusCode, Markup),
    /// A file.
    Give(export::Download),
}

/// A page for whoever has a right.
pub(crate) async fn page(
    app: Arc<App>,
    headers: &HeaderMap,
    right: Right,
    work: impl FnOnce(&Visit<'_>) -> Result<Markup, Refusal> + Send + 'static,
) -> Response {
    let secret = cookie(headers);
    let policy = app.policy.clone();
    let made = blocking(move || {
        let session = account::session(&app.hub, &secret)?;
        let visit = Visit::of(&app.hub, &session)?;
        let shown = check_right(&session.user, right).and_then(|()| work(&visit));
        Ok(match shown {
            Ok(page) => (StatusCode::OK, page),
            Err(refusal) => (status_of(&refusal), frame::refused(&visit, &refusal)),
        })
    });
    match made.await {
        Ok((status, page)) => html(status, &page, &policy),
        Err(refusal) => turned_away(headers, &refusal, &policy),
    }
}

/// What a form of an open session asks for, if it came from a page of that session.
pub(crate) async fn act(
    app: Arc<App>,
    headers: &HeaderMap,
    body: Body,
    work: impl FnOnce(&Visit<'_>, &Form) -> Result<Next, Refusal> + Send + 'static,
) -> Response {
    let (secret, policy) = (cookie(headers), app.policy.clone());
    let is_foreign = is_from_elsewhere(headers);
    let body = match body_of(body, SMALL_BODY_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return turned_away(headers, &refusal, &policy),
    };
    let done = blocking(move || {
        let session = account::session(&app.hub, &secret)?;
        let (visit, form) = (Visit::of(&app.hub, &session)?, Form::parse(&body));
        let is_own = !is_foreign && account::is_csrf(&session, form.text("csrf"));
        let next = if is_own {
            work(&visit, &form)
        } else {
            Err(not_from_here())
        };
        Ok(next.unwrap_or_else(|refusal| {
            Next::Show(status_of(&refusal), frame::refused(&visit, &refusal))
        }))
    });
    match done.await {
        Ok(Next::Go(path)) => see_other(&path),
        Ok(Next::Show(status, page)) => html(status, &page, &policy),
        Ok(Next::Give(download)) => download.into_response(),
        Err(refusal) => turned_away(headers, &refusal, &policy),
    }
}

impl<'a> Visit<'a> {
    fn of(hub: &'a Hub, session: &'a Session) -> Result<Self, Refusal> {
        Ok(Self {
            hub,
            session,
            language: Language::named(&session.language).unwrap_or(Language::Chinese),
            sight: Sight::looked_up(hub.looking(), &session.user)?,
            packs: look(hub.looking(), |tx| tx.packs())?,
        })
    }
}

fn not_from_here() -> Refusal {
    let detail =
        "本表单已失效，请重新打开页面 / this form is not of your session: open the page again";
    Refusal::new(403, "FORM_FOREIGN", detail)
}

/// A browser says where a request comes from; one that says nothing is judged by the token alone.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

/// The secret of the session's cookie; empty if there is none.
fn cookie(headers: &HeaderMap) -> String {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let texts = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(name, _)| *name == COOKIE);
    found.map_or_else(String::new, |(_, value)| value.to_owned())
}

/// Who is not signed in goes to the door, also out of a part of a page; other refusals are told
/// plainly, since nobody knows in whose language.
fn turned_away(headers: &HeaderMap, refusal: &Refusal, policy: &HeaderValue) -> Response {
    if refusal.status == 401 {
        if headers.contains_key("hx-request") {
            let to = [(HeaderName::from_static("hx-redirect"), "/console/sign-in")];
            return (StatusCode::UNAUTHORIZED, to).into_response();
        }
        return see_other("/console/sign-in");
    }
    let page = frame::plain_refusal(Language::wished(None, headers), refusal);
    html(status_of(refusal), &page, policy)
}

fn see_other(path: &str) -> Response {
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/console"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

fn html(status: StatusCode, page: &Markup, policy: &HeaderValue) -> Response {
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Cookie"),
    ];
    let policy = [(header::CONTENT_SECURITY_POLICY, policy.clone())];
    (status, fixed, policy, page.0.clone()).into_response()
}

/// What pages may load: this hub's own files, and pictures of a tile server if there is one.
pub(crate) fn policy(tiles: Option<&str>) -> HeaderValue {
    let host = tiles.and_then(host_of).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {host}; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Scheme and host of a tile server's address: `https://tiles.example` of
/// `https://tiles.example/{z}/{x}/{y}.png`.
fn host_of(url: &str) -> Option<&str> {
    let at = url.find("://")?;
    let rest = url.get(at + 3..)?;
    let end = rest.find('/').map_or(url.len(), |slash| at + 3 + slash);
    url.get(..end)
        .filter(|host| !host.contains([' ', ';', ',', '{']))
}
