//! The files that pages load: styles, scripts, a picture for the browser's tab.
//!
//! `htmx-2.0.11.min.js` (0BSD) and `leaflet-1.9.4.js` with its style (BSD-2-Clause) are other
//! people's, as they were published; their licences lie beside them in `hub/assets`.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name, type, bytes.
const FILES: [(&str, &str, &str); 7] = [
    (
        "htmx-2.0.11.min.js",
        SCRIPT,
        include_str!("../../assets/htmx-2.0.11.min.js"),
    ),
    (
        "leaflet-1.9.4.js",
        SCRIPT,
        include_str!("../../assets/leaflet-1.9.4.js"),
    ),
    (
        "leaflet-1.9.4.css",
        STYLE,
        include_str!("../../assets/leaflet-1.9.4.css"),
    ),
    (
        "console.css",
        STYLE,
        include_str!("../../assets/console.css"),
    ),
    (
        "console.js",
        SCRIPT,
        include_str!("../../assets/console.js"),
    ),
    ("map.js", SCRIPT, include_str!("../../assets/map.js")),
    ("icon.svg", "image/svg+xml", ICON),
];

const ICON: &str = include_str!("../../assets/icon.svg");

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, text)) => answer(kind, text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) async fn icon() -> Response {
    answer("image/svg+xml", ICON)
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "max-age=300"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (headers, text).into_response()
}
