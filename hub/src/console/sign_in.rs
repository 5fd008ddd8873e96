//! The door: sign in, sign out, which language.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::{Markup, html};

use super::form::Form;
use super::{
    COOKIE, Next, act, frame, html as answer, is_from_elsewhere, not_from_here, see_other,
};
use crate::account::{self, SESSION_MS};
use crate::http::{App, SMALL_BODY_BYTES, blocking, body_of, status_of};
use crate::page::text::Language;
use crate::refusal::Refusal;

/// `GET /console/sign-in`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let language = Language::wished(None, &headers);
    answer(StatusCode::OK, &door(language, None), &app.policy)
}

/// `POST /console/sign-in`: there is no session yet whose token the form could carry, so the
/// browser's word on where it comes from must do; the worst another site could do is to sign
/// somebody in under another name, which every page shows.
pub(super) async fn enter(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    let language = Language::wished(None, &headers);
    let refused = |app: &App, refusal: &Refusal| {
        let page = door(language, Some(refusal));
        let mut response = answer(status_of(refusal), &page, &app.policy);
        if let Some(seconds) = refusal.retry_after_s {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    };
    if is_from_elsewhere(&headers) {
        return refused(&app, &not_from_here());
    }
    let form = match body_of(body, SMALL_BODY_BYTES).await {
        Ok(body) => Form::parse(&body),
        Err(refusal) => return refused(&app, &refusal),
    };
    let Ok(_turn) = app.doors.acquire().await else {
        return refused(&app, &Refusal::busy("the hub stops（服务正在停止）"));
    };
    let at = Arc::clone(&app);
    let opened = blocking(move || {
        let who = (form.text("name"), form.text("password"));
        account::sign_in(&at.hub, who, language.tag())
    });
    match opened.await {
        Ok(secret) => with_cookie(&secret, SESSION_MS / 1_000, app.is_tls),
        Err(refusal) => refused(&app, &refusal),
    }
}

fn with_cookie(secret: &str, age_s: i64, is_tls: bool) -> Response {
    let secure = if is_tls { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/console; Max-Age={age_s}{secure}"
    );
    let mut response = see_other("/console");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /console/sign-out`.
pub(super) async fn leave(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, _| {
        account::sign_out(visit.hub, visit.session)?;
        Ok(Next::Go("/console/sign-in".to_owned()))
    })
    .await
}

/// `POST /console/language`: the same page in the other language.
pub(super) async fn speak(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, form| {
        let language = Language::named(form.text("to")).unwrap_or(Language::Chinese);
        account::speak(visit.hub, visit.session, language.tag())?;
        let back = form.text("back");
        let is_own = back.starts_with("/console") && !back.contains(['\\', '\r', '\n']);
        Ok(Next::Go(if is_own { back } else { "/console" }.to_owned()))
    })
    .await
}

fn door(language: Language, refusal: Option<&Refusal>) -> Markup {
    let title = language.pick("登录理赔工作台", "Sign in to the claims desk");
    let body = html! {
        main .door {
            h1 { "Lossbook" small { (language.pick("理赔工作台", "claims desk")) } }
            @if let Some(refusal) = refusal {
                p .refused role="alert" { strong { (refusal.code) } " " (refusal.detail) }
            }
            form method="post" action="/console/sign-in" {
                label { (language.pick("用户名", "Name")) input name="name" autocomplete="username" required autofocus; }
                label { (language.pick("密码", "Password")) input name="password" type="password" autocomplete="current-password" required; }
                button .primary { (language.pick("登录", "Sign in")) }
            }
            p .quiet { (language.pick(
                "账号由管理员开设：lossbook hub user add 姓名 --role 角色 --console",
                "Accounts are made by the operator: lossbook hub user add NAME --role ROLE --console",
            )) }
        }
    };
    frame::bare(language, title, &body)
}
