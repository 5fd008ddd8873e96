//! The addresses of the API: each finds out who asks, calls one function, and writes it down.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use lossbook_core::domain::Digest;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::event::{EventPage, events};
use super::integration::sign_in;
use super::page::{Asked, CasePage, cases};
use super::{ApiError, doc};
use crate::catalogue::{Ask, Personal, entries, entry};
use crate::http::{
    App, SMALL_BODY_BYTES, bearer, blocking, body_of, json_response, send, status_of, with_retry,
};
use crate::hub::Hub;
use crate::meta::{AuditRow, OfficeUser, ToldRow, in_tx, look};
use crate::office::{self, CaseDetail, NewDecision, check_readable, check_right};
use crate::refusal::Refusal;
use crate::role::Right;
use crate::sight::Sight;
use crate::table::Words;

/// Longest name of something that the insured was told.
const MAX_WORD_BYTES: usize = 200;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/openapi.json", get(described))
        .route("/api/v1/me", get(me))
        .route("/api/v1/cases", get(list))
        .route("/api/v1/cases/{case}", get(show))
        .route("/api/v1/cases/{case}/decisions", post(decide))
        .route("/api/v1/cases/{case}/notices", post(tell))
        .route("/api/v1/cases/{case}/photos", get(photos))
        .route("/api/v1/cases/{case}/photos/{sha256}", get(photo))
        .route("/api/v1/tables", get(tables))
        .route("/api/v1/tables/{table}", get(table))
        .route("/api/v1/events", get(feed))
        .route("/api/v1/{*rest}", axum::routing::any(nowhere))
}

fn refuse(refusal: &Refusal) -> Response {
    let response = json_response(status_of(refusal), &ApiError::from(refusal));
    with_retry(response, refusal.retry_after_s)
}

/// Does something for whoever brings the token, and writes down that they asked.
async fn asked<T: Send + 'static>(
    app: &Arc<App>,
    headers: &HeaderMap,
    what: String,
    work: impl FnOnce(&Hub, &OfficeUser) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let token = bearer(headers).map_err(|_none| {
        let detail = "请求须带令牌（Authorization: Bearer） / a bearer token is needed (Authorization: Bearer)";
        Refusal::new(401, "AUTH_UNKNOWN", detail)
    })?;
    let app = Arc::clone(app);
    blocking(move || {
        let hub = &app.hub;
        let user = sign_in(hub.looking(), &token)?;
        let done = work(hub, &user);
        let end = done.as_ref().map_or_else(|refusal| refusal.code, |_| "ok");
        let name = user.name.strip_prefix("api:").unwrap_or(&user.name);
        let row = AuditRow {
            at: hub.now().wall,
            user: user.name.clone(),
            deed: "api".to_owned(),
            case: None,
            detail: format!("{what}: {end}"),
        };
        in_tx(hub.store(), |tx| {
            tx.set_used(name, row.at)?;
            tx.put_audit(&row)
        })?;
        done
    })
    .await
}

fn answer<T: Serialize>(done: Result<T, Refusal>) -> Response {
    match done {
        Ok(value) => json_response(StatusCode::OK, &value),
        Err(refusal) => refuse(&refusal),
    }
}

/// A name in an address that is no text is as unknown as any other.
fn named<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Refusal> {
    path.map(|Path(name)| name).map_err(|_rejected| {
        let detail = "没有找到 / nothing has that name";
        Refusal::new(404, "NOT_FOUND", detail)
    })
}

async fn nowhere() -> Response {
    let detail = "没有这个接口，请见 /api/v1/openapi.json / there is no such address: see /api/v1/openapi.json";
    refuse(&Refusal::new(404, "NOT_FOUND", detail))
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "description", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Value)))]
async fn described() -> Response {
    json_response(StatusCode::OK, &doc::openapi())
}

/// Who a token stands for.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// The name with which decisions are signed.
    name: String,
    /// What it may do.
    roles: Vec<String>,
    /// Names of the scopes it sees; all if none is named.
    scopes: Vec<String>,
}

/// Who the token stands for.
#[utoipa::path(get, path = "/api/v1/me", tag = "description",
    responses((status = 200, description = "The integration", body = Me), doc::Refused))]
async fn me(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let done = asked(&app, &headers, "me".to_owned(), |hub, user| {
        let scopes = look(hub.looking(), |tx| tx.named_scopes())?;
        let seen = scopes.into_iter();
        let seen = seen.filter(|scope| user.scopes.contains(&scope.id));
        Ok(Me {
            name: user.name.clone(),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            scopes: seen.map(|scope| scope.name).collect(),
        })
    });
    answer(done.await)
}

/// Cases in the order of their reports, or those that hold some words.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases",
    params(
        ("q" = Option<String>, Query, max_length = 60, description = "Words of names, places, policy or case numbers; the newest cases that hold all of them, not paged"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Most entries; 50 if not given"),
    ),
    responses((status = 200, description = "A page of cases", body = CasePage), doc::Refused))]
async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let done = asked(&app, &headers, "cases".to_owned(), move |hub, user| {
        let asked = Asked::parse(query.as_deref(), &["q", "cursor", "limit"])?;
        cases(hub, user, &asked)
    });
    answer(done.await)
}

/// A case with what was signed and decided, and what the contract says to it.
#[utoipa::path(get, path = "/api/v1/cases/{case}", tag = "cases",
    params(("case" = String, Path, description = "Number or id")),
    responses((status = 200, description = "The case", body = CaseDetail), doc::Refused))]
async fn show(
    State(app): State<Arc<App>>,
    case: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let done = asked(&app, &headers, "case".to_owned(), move |hub, user| {
        let case = named(case)?;
        check_readable(hub.store(), user, &case)?;
        let sight = Sight::looked_up(hub.looking(), user)?;
        let detail = office::case(hub.store(), &case, hub.now().wall)?;
        Ok(sight.detail(detail))
    });
    answer(done.await)
}

/// Reads a JSON body.
async fn json_of<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let detail = "请使用 application/json / send application/json";
        return Err(Refusal::new(415, "MEDIA_TYPE", detail));
    }
    let body = body_of(body, SMALL_BODY_BYTES).await?;
    serde_json::from_slice(&body).map_err(|error| {
        let detail = format!("请求内容有误 / the body is not what is wanted: {error}");
        Refusal::new(400, "MALFORMED", detail)
    })
}

/// Decides a case. The answer is the case as it is then; a refusal names everything that stands
/// against it. Say which heads were looked at, and a case that changed meanwhile refuses (`STALE`).
#[utoipa::path(post, path = "/api/v1/cases/{case}/decisions", tag = "cases",
    params(("case" = String, Path, description = "Number or id")),
    request_body = NewDecision,
    responses((status = 200, description = "The case", body = CaseDetail), doc::Refused))]
async fn decide(
    State(app): State<Arc<App>>,
    case: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let new = json_of::<NewDecision>(&headers, body).await;
    let done = asked(&app, &headers, "decide".to_owned(), move |hub, user| {
        let (case, new) = (named(case)?, new?);
        let who = (case.as_str(), user);
        office::decide(hub.store(), hub.identity(), who, (new, hub.host()))
    });
    answer(done.await)
}

/// That the insured was told something.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNotice {
    /// The id of the notice or clock of the contract.
    #[schema(min_length = 1, max_length = 60)]
    what: String,
    /// How: `call`, `message`, `letter`, `visit` or another word.
    #[schema(min_length = 1, max_length = 60)]
    channel: String,
}

/// What was written down.
#[derive(Debug, Serialize, ToSchema)]
struct Noted {
    /// The case's id.
    case_id: String,
    /// When, in milliseconds since 1970.
    at_ms: i64,
}

/// Notes that the insured was told something; it ends the wait of that name.
#[utoipa::path(post, path = "/api/v1/cases/{case}/notices", tag = "cases",
    params(("case" = String, Path, description = "Number or id")),
    request_body = NewNotice,
    responses((status = 200, description = "Noted", body = Noted), doc::Refused))]
async fn tell(
    State(app): State<Arc<App>>,
    case: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let new = json_of::<NewNotice>(&headers, body).await;
    let done = asked(&app, &headers, "notice".to_owned(), move |hub, user| {
        let (case, new) = (named(case)?, new?);
        check_right(user, Right::Tell)?;
        check_readable(hub.store(), user, &case)?;
        let good = |word: &str| !word.is_empty() && word.len() <= MAX_WORD_BYTES;
        if !good(&new.what) || !good(&new.channel) {
            let detail =
                "what 与 channel 不能为空或过长 / what and channel must be neither empty nor long";
            return Err(Refusal::new(400, "MALFORMED", detail));
        }
        let at = hub.now().wall;
        let told = ToldRow {
            what: new.what,
            channel: new.channel,
            by: user.name.clone(),
            at,
        };
        let id = in_tx(hub.store(), |tx| {
            let Some(row) = tx.case_named(&case)? else {
                return Ok(None);
            };
            tx.put_told(row.case, &told)?;
            crate::desk::project(tx, row.case)?;
            Ok(Some(row.case))
        })?;
        let id =
            id.ok_or_else(|| Refusal::new(404, "CASE_UNKNOWN", "没有此案件 / no such case"))?;
        Ok(Noted {
            case_id: id.to_string(),
            at_ms: at.0,
        })
    });
    answer(done.await)
}

/// A photo, or a picture made from one, that a case names.
#[derive(Debug, Serialize, ToSchema)]
struct Photo {
    /// Which bytes.
    sha256: String,
    /// `original`, `thumbnail` or `preview`.
    kind: String,
    /// How many bytes.
    bytes: u64,
    /// What kind of file, as its envelope says.
    media_type: String,
    /// For what was made from one: its original.
    of: Option<String>,
    /// Whether its bytes are here.
    here: bool,
}

/// The photos of a case.
#[derive(Debug, Serialize, ToSchema)]
struct Photos {
    /// Originals first.
    photos: Vec<Photo>,
}

/// The photos of a case.
#[utoipa::path(get, path = "/api/v1/cases/{case}/photos", tag = "cases",
    params(("case" = String, Path, description = "Number or id")),
    responses((status = 200, description = "Photos", body = Photos), doc::Refused))]
async fn photos(
    State(app): State<Arc<App>>,
    case: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let done = asked(&app, &headers, "photos".to_owned(), move |hub, user| {
        let case = named(case)?;
        check_readable(hub.store(), user, &case)?;
        Ok(look(hub.looking(), |tx| {
            let Some(row) = tx.case_named(&case)? else {
                return Ok(Photos { photos: Vec::new() });
            };
            let mut photos = Vec::new();
            for photo in tx.case_photos(row.case)? {
                photos.push(Photo {
                    sha256: photo.digest.to_hex(),
                    kind: photo.role.word().to_owned(),
                    bytes: photo.len_bytes,
                    here: tx.blob(photo.scope, &photo.digest)?.is_some(),
                    of: photo.of.as_ref().map(Digest::to_hex),
                    media_type: photo.media_type,
                });
            }
            Ok(Photos { photos })
        })?)
    });
    answer(done.await)
}

/// The bytes of a photo of a case, as the camera wrote them.
#[utoipa::path(get, path = "/api/v1/cases/{case}/photos/{sha256}", tag = "cases",
    params(
        ("case" = String, Path, description = "Number or id"),
        ("sha256" = String, Path, description = "Which photo"),
    ),
    responses((status = 200, description = "Its bytes", content_type = "application/octet-stream", body = Vec<u8>), doc::Refused))]
async fn photo(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let found = asked(&app, &headers, "photo".to_owned(), move |hub, user| {
        let (case, sha256) = named(path)?;
        check_readable(hub.store(), user, &case)?;
        let unknown = || {
            let detail = "此案件没有这张照片，或照片尚未到达 / the case has no such photo, or it has not arrived";
            Refusal::new(404, "NOT_FOUND", detail)
        };
        let digest: Digest = sha256.parse().map_err(|_no_digest| unknown())?;
        let scope = look(hub.looking(), |tx| {
            let Some(row) = tx.case_named(&case)? else {
                return Ok(None);
            };
            let mut all = tx.case_photos(row.case)?.into_iter();
            let is_here = tx.blob(row.scope, &digest)?.is_some();
            let named = all.any(|photo| photo.digest == digest);
            Ok((named && is_here).then_some(row.scope))
        })?;
        Ok((scope.ok_or_else(unknown)?, digest))
    });
    let (scope, digest) = match found.await {
        Ok(found) => found,
        Err(refusal) => return refuse(&refusal),
    };
    match app.hub.blobs().open_in(scope, digest).await {
        Ok(mut bytes) => {
            // Whole, and as plain bytes: what it is stands in the list.
            bytes.media_type.clear();
            send(
                app.hub.blobs(),
                bytes,
                (&digest.to_hex(), &HeaderMap::new()),
            )
        }
        Err(refusal) => refuse(&refusal),
    }
}

/// A table that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
struct TableName {
    /// Its address.
    id: String,
    /// What it is called.
    name: Words,
    /// The requirements it answers.
    sources: Vec<String>,
}

/// Tables that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
struct TableNames {
    /// Those that the token's roles may read.
    tables: Vec<TableName>,
}

/// Every table that the token may read: registers, boards and lists.
#[utoipa::path(get, path = "/api/v1/tables", tag = "tables",
    responses((status = 200, description = "Tables", body = TableNames), doc::Refused))]
async fn tables(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let done = asked(&app, &headers, "tables".to_owned(), |_, user| {
        let readable = entries().filter(|entry| user.has(entry.right));
        let tables = readable.map(|entry| TableName {
            id: entry.id.to_owned(),
            name: Words::new(entry.name.0, entry.name.1),
            sources: entry.sources.iter().map(|&one| one.to_owned()).collect(),
        });
        Ok(TableNames {
            tables: tables.collect(),
        })
    });
    answer(done.await)
}

/// A part of a table.
#[derive(Debug, Serialize, ToSchema)]
struct TablePage {
    /// Its title, columns and rows. A cell is `"blank"`, or an object of one name: `text`, `words`,
    /// `count`, `fen`, `time` (milliseconds since 1970), `day`, `span` (milliseconds), `share` (a
    /// pair) or `yes`.
    #[schema(value_type = Object)]
    table: Value,
    /// What the next part is asked for with; nothing at the end.
    next: Option<String>,
}

/// A table; ID numbers, phones and accounts are masked.
#[utoipa::path(get, path = "/api/v1/tables/{table}", tag = "tables",
    params(
        ("table" = String, Path, description = "Which table"),
        ("from" = Option<i64>, Query, description = "Not before, in milliseconds since 1970"),
        ("to" = Option<i64>, Query, description = "Before, in milliseconds since 1970"),
        ("case" = Option<String>, Query, description = "Only rows about this case"),
        ("cursor" = Option<String>, Query, description = "`next` of the part before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Most rows; 50 if not given"),
    ),
    responses((status = 200, description = "A part of the table", body = TablePage), doc::Refused))]
async fn table(
    State(app): State<Arc<App>>,
    table: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let done = asked(&app, &headers, "table".to_owned(), move |hub, user| {
        let entry = entry(&named(table)?).ok_or_else(|| {
            let detail =
                "没有这张表，请见 /api/v1/tables / there is no such table: see /api/v1/tables";
            Refusal::new(404, "NOT_FOUND", detail)
        })?;
        check_right(user, entry.right)?;
        let known = ["from", "to", "case", "cursor", "limit"];
        let asked = Asked::parse(query.as_deref(), &known)?;
        let case = match asked.text("case") {
            None => None,
            Some(name) => {
                check_readable(hub.store(), user, name)?;
                look(hub.looking(), |tx| tx.case_named(name))?.map(|row| row.case)
            }
        };
        let sight = Sight::looked_up(hub.looking(), user)?;
        let ask = Ask {
            sight: &sight,
            scopes: &user.scopes,
            from: asked.time("from")?,
            to: asked.time("to")?,
            case,
            words: None,
            now: hub.now().wall,
            limit: asked.limit()?,
            after: asked.rows()?,
            personal: Personal::Masked,
        };
        let made = look(hub.looking(), |tx| entry.table(tx, &ask))?;
        let next = ask.next(made.rows.len());
        let table = serde_json::to_value(&made)
            .map_err(|error| Refusal::new(500, "INTERNAL", error.to_string()))?;
        Ok(TablePage { table, next })
    });
    answer(done.await)
}

/// What happened to cases, oldest first, at least once each. Keep `cursor` once the events are taken
/// in, and read on with it; `CURSOR_RESET` means that the hub was restored from a backup, so read
/// from the start.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(
        ("cursor" = Option<String>, Query, description = "`cursor` of the part before; from the start if not given"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Most events; 50 if not given"),
    ),
    responses((status = 200, description = "Events", body = EventPage), doc::Refused))]
async fn feed(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let done = asked(&app, &headers, "events".to_owned(), move |hub, user| {
        let asked = Asked::parse(query.as_deref(), &["cursor", "limit"])?;
        events(hub, user, &asked)
    });
    answer(done.await)
}
