//! The map: cases where they happened, on WGS-84, or on the grid of the operator's pictures.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lossbook_core::domain::{Datum, Gcj02, Wgs84};
use maud::html;
use serde::Deserialize;
use serde_json::json;

use super::frame::{self, Counts};
use super::{Visit, cookie, export, page, word};
use crate::account;
use crate::http::{App, blocking};
use crate::meta::look;
use crate::office::check_right;
use crate::refusal::Refusal;
use crate::role::Right;
use crate::serve::Tiles;

/// Cases that one answer draws; more are not told apart by an eye.
const MOST_PLACES: u32 = 2_000;
/// Where a map without cases begins: the county of the first contract.
const NOWHERE: [i64; 4] = [36_700_000, 101_800_000, 37_000_000, 102_200_000];

/// `GET /console/map`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let tiles = app.tiles.clone();
    page(app, &headers, Right::ReadCases, move |visit| {
        let scopes = &visit.session.user.scopes;
        let (counts, extent) = look(visit.hub.looking(), |tx| {
            Ok((Counts::read(tx, visit)?, tx.extent(scopes)?))
        })?;
        let title = visit.say("地图", "Map");
        let (url, datum) = tiles_of(tiles.as_ref());
        let body = html! {
            header .head {
                h1 { (title) }
                ul .legend {
                    @for status in ["open", "assigned", "returned", "approved", "paid", "reopened", "denied"] {
                        li { span class={ "dot " (status) } {} (word::status(visit, status)) }
                    }
                }
            }
            div #map .map data-cases="/console/map/cases" data-tiles=(url) data-grid=(datum.word())
                data-extent=(bounds(extent.unwrap_or(NOWHERE)))
                role="region" aria-label=(title) {}
            (export::map_forms(visit))
            p .quiet { (visit.say(
                "坐标以 WGS-84 保存；底图为 GCJ-02 时，点位按底图换算后显示。未配置底图时显示经纬网。",
                "Positions are kept on WGS-84 and shown on the grid of the map's pictures. Without pictures, lines of latitude and longitude are drawn.",
            )) }
        };
        Ok(frame::page(visit, (title, "/console/map"), Some(&counts), &body))
    })
    .await
}

/// What the script is told of the tile server.
pub(super) fn tiles_of(tiles: Option<&Tiles>) -> (&str, Datum) {
    tiles.map_or(("", Datum::Wgs84), |tiles| {
        (tiles.url.as_str(), tiles.datum)
    })
}

fn bounds(corners: [i64; 4]) -> String {
    let texts: Vec<String> = corners
        .iter()
        .map(|one| degrees(*one).to_string())
        .collect();
    texts.join(",")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "millionths of a degree are far below the limit of exact whole floats"
)]
pub(crate) fn degrees(millionths: i64) -> f64 {
    millionths as f64 / 1_000_000.0
}

/// A position as the map shows it.
pub(super) fn drawn(lat: f64, lon: f64, grid: Datum) -> [f64; 2] {
    match (grid, Wgs84::new(lat, lon)) {
        (Datum::Gcj02, Ok(place)) => {
            let moved = Gcj02::from(place);
            [moved.lat(), moved.lon()]
        }
        (Datum::Wgs84 | Datum::Cgcs2000 | Datum::Bd09 | Datum::Gcj02, _) => [lat, lon],
    }
}

#[derive(Deserialize)]
pub(super) struct Window {
    /// `south,west,north,east` in degrees.
    #[serde(default)]
    within: String,
}

/// `GET /console/map/cases`: what lies in a rectangle, as JSON for the script.
pub(super) async fn cases(
    State(app): State<Arc<App>>,
    Query(window): Query<Window>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let secret = cookie(&headers);
    let grid = tiles_of(app.tiles.as_ref()).1;
    let value = blocking(move || {
        let session = account::session(&app.hub, &secret)?;
        check_right(&session.user, Right::ReadCases)?;
        let visit = Visit::of(&app.hub, &session)?;
        let corners: Vec<i64> = window.within.split(',').filter_map(millionths_of).collect();
        let bounds = <[i64; 4]>::try_from(corners).map_err(|_other_count| {
            let detail = "写成 南,西,北,东 / write south,west,north,east in degrees";
            Refusal::new(400, "MALFORMED", detail)
        })?;
        let rows = look(visit.hub.looking(), |tx| {
            tx.places(bounds, &session.user.scopes, MOST_PLACES)
        })?;
        let places: Vec<_> = rows.iter().filter_map(|row| {
            let (lat, lon) = row.at?;
            Some(json!({
                "at": drawn(degrees(lat), degrees(lon), grid), "number": row.number, "status": row.status,
                "text": format!("{} {}", row.household, row.place),
                "state": word::status(&visit, &row.status), "payable": word::sum(&visit, row),
            }))
        }).collect();
        Ok(json!({ "cases": places, "more": rows.len() >= MOST_PLACES as usize }))
    })
    .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::OK, headers, value.to_string()).into_response())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees are checked to be those of the earth"
)]
fn millionths_of(text: &str) -> Option<i64> {
    let degrees: f64 = text.trim().parse().ok()?;
    (-360.0..=360.0)
        .contains(&degrees)
        .then(|| (degrees * 1_000_000.0).round() as i64)
}
