//! Files out of the console: papers of a case, the map, the list of cases; and what a code stands for.
//!
//! Every file is asked for by a form and written to the audit before it is given.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lossbook_core::domain::WallMs;
use lossbook_core::statement::Language;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::case::CasePage;
use super::form::Form;
use super::frame::{self, Counts};
use super::tables::{self, Filter};
use super::{Next, Visit, act, page, word};
use crate::catalogue;
use crate::export::{self, Cut, Export, Format, MapFormat, Places};
use crate::http::App;
use crate::meta::look;
use crate::office::{check_readable, check_right};
use crate::page::text::Language as PageLanguage;
use crate::paper::{self, Kind, Wish};
use crate::refusal::Refusal;
use crate::role::Right;

/// More cases than these are asked of the command line, which keeps nobody waiting.
const MOST_CASES: u64 = 5_000;

/// A file to be given.
pub(crate) struct Download {
    file: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl From<Export> for Download {
    fn from(export: Export) -> Self {
        Self {
            file: export.file,
            media_type: export.media_type,
            bytes: export.bytes,
        }
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        // Names of files are made of letters, digits, dots and hyphens only: see `paper::safe`.
        let named = format!("attachment; filename=\"{}\"", self.file);
        let named = HeaderValue::from_str(&named).unwrap_or(HeaderValue::from_static("attachment"));
        let fixed = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.media_type),
            ),
            (header::CONTENT_DISPOSITION, named),
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'"),
            ),
        ];
        (StatusCode::OK, fixed, self.bytes).into_response()
    }
}

fn language_of(visit: &Visit<'_>, form: &Form) -> Language {
    form.text("language")
        .parse()
        .unwrap_or(match visit.language {
            PageLanguage::Chinese => Language::Zh,
            PageLanguage::English => Language::En,
        })
}

fn bad(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(400, "MALFORMED", error.to_string())
}

/// The panel of a case page that gives papers.
pub(super) fn papers(visit: &Visit<'_>, case: &CasePage) -> Markup {
    html! {
        section .panel #papers {
            h2 { (visit.say("文书", "Papers")) }
            form method="post" action={ "/console/case/" (case.row.number) "/paper" } .stack {
                (frame::hidden(visit))
                label { (visit.say("种类", "Kind"))
                    select name="kind" { @for kind in Kind::ALL {
                        @let (zh, en) = kind.names();
                        option value=(kind) { (visit.say(zh, en)) }
                    } } }
                (languages(visit))
                div .row { button name="personal" value="masked" { "PDF" } }
                @if visit.session.user.has(Right::Reveal) {
                    details {
                        summary { (visit.say("含完整个人信息", "With personal data in full")) }
                        label { (visit.say("理由", "Why")) input name="reason" maxlength="300"; }
                        button name="personal" value="shown" { (visit.say("出具并记入审计", "Make it, and write it to the audit")) }
                    }
                }
            }
            p .quiet { (visit.say("证件号、电话、账号默认隐去。", "ID numbers, phones and accounts are masked by default. "))
                a href="/console/check" { (visit.say("核验文书", "Check a paper")) } }
        }
    }
}

fn languages(visit: &Visit<'_>) -> Markup {
    let is_english = matches!(visit.language, PageLanguage::English);
    html! {
        label { (visit.say("语言", "Language"))
            select name="language" {
                option value="zh" selected[!is_english] { "中文" }
                option value="en" selected[is_english] { "English" }
            } }
    }
}

/// `POST /console/case/{name}/paper`.
pub(super) async fn paper(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let user = &visit.session.user;
        check_readable(visit.hub.store(), user, &name)?;
        let personal = if form.text("personal") == "shown" {
            check_right(user, Right::Reveal)?;
            paper::Personal::Shown(form.text("reason").to_owned())
        } else {
            paper::Personal::Masked
        };
        let wish = Wish {
            kind: form
                .text("kind")
                .parse()
                .map_err(|error: paper::UnknownKind| bad(error))?,
            language: language_of(visit, form),
            personal,
        };
        let paper = visit
            .hub
            .make_paper((&name, &user.name), &wish, &visit.sight)?;
        Ok(Next::Give(Download {
            file: paper.file,
            media_type: "application/pdf",
            bytes: paper.pdf,
        }))
    })
    .await
}

/// The forms of the map's page.
pub(super) fn map_forms(visit: &Visit<'_>) -> Markup {
    html! {
        form .row method="post" action="/console/map/export" {
            (frame::hidden(visit))
            span .quiet { (visit.say("导出：", "Export: ")) }
            @for format in MapFormat::ALL { button name="format" value=(format) { (format) } }
            button name="format" value="json" formaction="/console/cases/export" { (visit.say("案件清单 JSON", "cases as JSON")) }
        }
    }
}

/// `POST /console/map/export`.
pub(super) async fn map(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, form| {
        let format: MapFormat = form
            .text("format")
            .parse()
            .map_err(|error: export::UnknownFormat| bad(error))?;
        give(visit, ("map", format.word()), |cut| {
            let places = look(visit.hub.looking(), |tx| Places::read(tx, cut))?;
            places?.write(format)
        })
    })
    .await
}

/// `POST /console/cases/export`.
pub(super) async fn cases(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, _form| {
        give(visit, ("cases", "json"), |cut| {
            look(visit.hub.looking(), |tx| export::feed(tx, cut))?
        })
    })
    .await
}

/// The forms of a table's page: the part that is shown, in every format.
pub(super) fn table_form(visit: &Visit<'_>, id: &str, filter: &[(&str, &str)]) -> Markup {
    html! {
        form .row method="post" action={ "/console/table/" (id) "/export" } {
            (frame::hidden(visit))
            @for (name, value) in filter { input type="hidden" name=(name) value=(value); }
            (languages(visit))
            @for format in Format::ALL { button name="format" value=(format) { (format) } }
            @if visit.session.user.has(Right::Reveal) {
                details {
                    summary { (visit.say("含完整个人信息", "With personal data in full")) }
                    label { (visit.say("理由", "Why")) input name="reason" maxlength="300"; }
                }
            }
        }
    }
}

/// `POST /console/table/{id}/export`: in full if a reason was written, by whom has the right.
pub(super) async fn table(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    act(app, &headers, body, move |visit, form| {
        let user = &visit.session.user;
        let entry = catalogue::entry(&id).ok_or_else(tables::unknown)?;
        check_right(user, entry.right)?;
        let format: Format = form
            .text("format")
            .parse()
            .map_err(|error: export::UnknownFormat| bad(error))?;
        let reason = Some(form.text("reason")).filter(|reason| !reason.is_empty());
        let personal = match reason {
            None => catalogue::Personal::Masked,
            Some(why) => {
                check_right(user, Right::Reveal)?;
                paper::check_reason(why)?;
                catalogue::Personal::Shown
            }
        };
        let as_what = (format, language_of(visit, form));
        let filter = Filter::of(form);
        let export = look(visit.hub.looking(), |tx| {
            match filter.understood(tx, visit)? {
                Ok(wanted) => wanted
                    .part(personal, &visit.sight)
                    .export(tx, (&entry, as_what)),
                Err(refusal) => Ok(Err(refusal)),
            }
        })??;
        visit
            .hub
            .note_file((&user.name, reason), (&id, format.word()), &export)?;
        Ok(Next::Give(export.into()))
    })
    .await
}

/// Makes a file of what somebody sees, notes it, gives it.
fn give(
    visit: &Visit<'_>,
    (name, format): (&str, &str),
    make: impl FnOnce(&Cut<'_>) -> Result<Export, Refusal>,
) -> Result<Next, Refusal> {
    let user = &visit.session.user;
    check_right(user, Right::ReadCases)?;
    let count = look(visit.hub.looking(), |tx| tx.count_cases())?;
    if count > MOST_CASES {
        let detail = format!(
            "案件超过 {MOST_CASES} 件，请在服务器上用 lossbook hub 命令导出 / more than {MOST_CASES} cases: export them with lossbook hub on its machine"
        );
        return Err(Refusal::new(413, "TOO_MANY", detail));
    }
    let cut = Cut {
        scopes: &user.scopes,
        from: None,
        to: None,
        personal: "masked",
        sight: &visit.sight,
    };
    let export = make(&cut)?;
    visit
        .hub
        .note_file((&user.name, None), (name, format), &export)?;
    Ok(Next::Give(export.into()))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    code: String,
}

/// `GET /console/check`: what a verification code stands for.
pub(super) async fn check(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    page(app, &headers, Right::ReadCases, move |visit| {
        let counts = look(visit.hub.looking(), |tx| Counts::read(tx, visit))?;
        let title = visit.say("核验文书", "Check a paper");
        let found = (!asked.code.is_empty()).then(|| checked(visit, &asked.code));
        let body = html! {
            header .head { h1 { (title) } }
            form .row action="/console/check" {
                label { (visit.say("核验码", "Verification code"))
                    input name="code" value=(asked.code) required maxlength="40" autocomplete="off"; }
                button .primary { (visit.say("核验", "Check")) }
            }
            @match &found {
                None => {}
                Some(Ok(said)) => { (told(visit, said)) }
                Some(Err(refusal)) => { (frame::banner(refusal)) }
            }
        };
        Ok(frame::page(visit, (title, "/console/check"), Some(&counts), &body))
    })
    .await
}

/// What is known of a code; of a case that somebody does not see, nothing, not even that it is.
fn checked(visit: &Visit<'_>, code: &str) -> Result<Value, Refusal> {
    let said = visit.hub.check_paper(code)?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let is_seen = match text("case") {
        Some(case) => check_readable(visit.hub.store(), &visit.session.user, case).is_ok(),
        None => true,
    };
    if is_seen {
        Ok(said)
    } else {
        Err(paper::unknown_code(text("code").unwrap_or_default()))
    }
}

fn told(visit: &Visit<'_>, said: &Value) -> Markup {
    let word = |name: &str| {
        said.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let at = said
        .get("made_at_ms")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let stands = said.get("stands").and_then(Value::as_bool);
    let kind = word("kind").parse::<Kind>().map_or_else(
        |_no_paper| word("kind"),
        |kind| {
            let (zh, en) = kind.names();
            visit.say(zh, en).to_owned()
        },
    );
    html! {
        dl .fields #said {
            dt { (visit.say("文书", "Paper")) } dd { (kind) " · " (word("language")) }
            @if !word("case").is_empty() { dt { (visit.say("案件", "Case")) } dd { (word("case")) } }
            dt { (visit.say("出具", "Made by")) } dd { (word("made_by")) " · " (word::time(WallMs(at))) }
            @if let Some(stands) = stands {
                dt { (visit.say("现状", "Now")) }
                dd { @if stands { span .mark .good { (visit.say("案件未变，与文书一致", "the case still reads as the paper says")) } }
                    @else { span .mark .late { (visit.say("案件其后有变更", "the case changed since")) } } }
            }
        }
    }
}
