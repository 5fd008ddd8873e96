//! Where cases and photos lie: read once, written as GeoJSON (RFC 7946) or handed to `package`.
//!
//! Positions are degrees on WGS-84. A case without a position is counted, not drawn.

use lossbook_core::app::CaseView;
use lossbook_core::evidence::Source;
use lossbook_core::store::StoreError;
use serde::Serialize;
use serde_json::{Value, json};

use super::text::civil;
use super::{About, Cut, Export, MapFormat, State, cases, not_written, package};
use crate::console::map::degrees;
use crate::meta::{DeskRow, MetaTx};
use crate::refusal::Refusal;

/// What lies where.
#[derive(Debug)]
pub struct Places {
    pub(super) cases: Vec<CasePlace>,
    pub(super) photos: Vec<PhotoPlace>,
    /// Cases that say nowhere where they are.
    pub(super) unlocated: u64,
    pub(super) about: About,
}

/// A case on the map.
#[derive(Debug, Serialize)]
pub(super) struct CasePlace {
    #[serde(skip)]
    pub(super) lon: f64,
    #[serde(skip)]
    pub(super) lat: f64,
    pub(super) number: String,
    pub(super) village: String,
    pub(super) household: String,
    pub(super) place: String,
    pub(super) cause: String,
    pub(super) contract: String,
    pub(super) status: String,
    pub(super) signature: String,
    pub(super) surveyor: String,
    pub(super) reported: String,
    pub(super) payable_low_fen: Option<i64>,
    pub(super) payable_high_fen: Option<i64>,
    pub(super) photos: u64,
    pub(super) heads: String,
}

/// A photo on the map.
#[derive(Debug, Serialize)]
pub(super) struct PhotoPlace {
    #[serde(skip)]
    pub(super) lon: f64,
    #[serde(skip)]
    pub(super) lat: f64,
    pub(super) number: String,
    pub(super) caption: String,
    pub(super) taken: String,
    pub(super) source: &'static str,
    pub(super) accuracy_m: f64,
    pub(super) sha256: String,
}

impl Places {
    /// Of every case that a cut holds.
    ///
    /// # Errors
    /// As the store fails.
    pub fn read(tx: &dyn MetaTx, cut: &Cut<'_>) -> Result<Result<Self, Refusal>, StoreError> {
        let rows = cases::rows(tx, cut)?;
        let state = State::of(tx, rows.iter().map(|row| row.case).collect())?;
        let (mut drawn, mut photos, mut unlocated) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            if row.photos > 0
                && let Some(standing) = tx.case_standing(row.case)?
            {
                photos.extend(photos_of(&row.number, &tx.case_view(standing)?));
            }
            match row.at {
                Some(at) => {
                    let is_shown = cut.sight.shows_row(&row);
                    drawn.push(case_place(tx, (row, is_shown), at)?);
                }
                None => unlocated += 1,
            }
        }
        let data = match serde_json::to_vec(&(located(&drawn), photo_points(&photos))) {
            Ok(data) => data,
            Err(error) => return Ok(Err(not_written(&error))),
        };
        Ok(Ok(Self {
            about: state.about(tx, cut, ("map", &data))?,
            cases: drawn,
            photos,
            unlocated,
        }))
    }

    /// As a file.
    ///
    /// # Errors
    /// `NOT_WRITTEN`.
    pub fn write(self, format: MapFormat) -> Result<Export, Refusal> {
        let bytes = match format {
            MapFormat::GeoJson => self.geojson()?,
            MapFormat::GeoPackage => package::write(&self).map_err(|error| not_written(&error))?,
        };
        Ok(Export {
            file: format!("map.{format}"),
            media_type: format.media_type(),
            bytes,
            about: self.about,
        })
    }

    fn geojson(&self) -> Result<Vec<u8>, Refusal> {
        let cases = located(&self.cases).into_iter();
        let features: Vec<Value> = cases.chain(photo_points(&self.photos)).collect();
        let whole = json!({
            "type": "FeatureCollection", "name": "lossbook",
            "about": self.about, "unlocated": self.unlocated, "features": features,
        });
        serde_json::to_vec_pretty(&whole).map_err(|error| not_written(&error))
    }
}

fn located(cases: &[CasePlace]) -> Vec<Value> {
    let feature = |one: &CasePlace| {
        let id = format!("case/{}", one.number);
        point(("case", &id), [one.lon, one.lat], json!(one))
    };
    cases.iter().map(feature).collect()
}

fn photo_points(photos: &[PhotoPlace]) -> Vec<Value> {
    let feature = |one: &PhotoPlace| {
        let id = format!("photo/{}/{}", one.number, one.sha256);
        point(("photo", &id), [one.lon, one.lat], json!(one))
    };
    photos.iter().map(feature).collect()
}

/// RFC 7946 puts the longitude first.
fn point((layer, id): (&str, &str), at: [f64; 2], mut properties: Value) -> Value {
    if let Some(map) = properties.as_object_mut() {
        map.insert("layer".to_owned(), json!(layer));
    }
    json!({
        "type": "Feature", "id": id,
        "geometry": { "type": "Point", "coordinates": at }, "properties": properties,
    })
}

fn case_place(
    tx: &dyn MetaTx,
    (row, is_shown): (DeskRow, bool),
    (lat, lon): (i64, i64),
) -> Result<CasePlace, StoreError> {
    let heads = tx.case_named(&row.case.to_string())?;
    let village = tx.scope_row(row.scope)?;
    Ok(CasePlace {
        lon: degrees(lon),
        lat: degrees(lat),
        number: row.number,
        village: village.map_or_else(String::new, |scope| scope.name),
        household: row.household,
        place: row.place,
        cause: row.cause,
        contract: row.contract,
        status: row.status,
        signature: row.signature,
        surveyor: row.surveyor,
        reported: format!("{}+08:00", civil(row.reported)),
        payable_low_fen: is_shown.then_some(row.low),
        payable_high_fen: is_shown.then_some(row.high),
        photos: row.photos,
        heads: heads.map_or_else(String::new, |case| case.heads.to_hex()),
    })
}

fn photos_of(number: &str, view: &CaseView) -> Vec<PhotoPlace> {
    let record = &view.standing.record;
    let shots = view.shots.iter().filter_map(|shot| {
        let (at, accuracy_m) = shot.place()?;
        let mut rows = record.photos();
        let row = rows.find(|(_, digest, _)| *digest == shot.photo);
        let caption = row.and_then(|(_, _, row)| row.text("caption").or_else(|| row.text("slot")));
        Some(PhotoPlace {
            lon: at.lon(),
            lat: at.lat(),
            number: number.to_owned(),
            caption: caption.unwrap_or_default(),
            taken: shot.moment.map_or_else(String::new, |moment| {
                format!("{}+08:00", civil(moment.clocks.wall))
            }),
            source: match shot.source {
                Source::InApp => "camera",
                Source::Gallery => "gallery",
                Source::Imported => "imported",
                Source::Bundle => "bundle",
            },
            accuracy_m,
            sha256: shot.photo.to_hex(),
        })
    });
    shots.collect()
}
