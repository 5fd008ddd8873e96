//! The description of the API: OpenAPI 3.1, made of the handlers and the types that they answer with.

use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use super::ApiError;
use super::route;

/// The description, as `GET /api/v1/openapi.json` answers it.
pub fn openapi() -> Description {
    Api::openapi()
}

/// What every address may answer instead.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "it is only described: answers are made of refusals"
)]
pub(super) enum Refused {
    /// A parameter or the body is wrong.
    #[response(status = 400)]
    Bad(ApiError),
    /// There is no token, or it was withdrawn.
    #[response(status = 401)]
    Unknown(ApiError),
    /// The token's roles may not do this.
    #[response(status = 403)]
    Denied(ApiError),
    /// There is none, or the token does not see it.
    #[response(status = 404)]
    Missing(ApiError),
    /// Not now: everything that stands against it.
    #[response(status = 409)]
    NotNow(ApiError),
    /// The cursor is of another life of the hub.
    #[response(status = 410)]
    Gone(ApiError),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(ApiError),
    /// The body is not JSON.
    #[response(status = 415)]
    NotJson(ApiError),
    /// The hub is busy or stopping: come again.
    #[response(status = 503)]
    Busy(ApiError),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Lossbook hub",
        description = "Cases, decisions, photos, tables and events of a head-office hub, for the insurer's own programs. 机构系统对接接口：案件、决定、照片、报表与事件。",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        route::described,
        route::me,
        route::list,
        route::show,
        route::decide,
        route::tell,
        route::photos,
        route::photo,
        route::tables,
        route::table,
        route::feed
    ),
    modifiers(&Token),
    security(("token" = []))
)]
struct Api;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut Description) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("Made by `lossbook hub integration add`"))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}
