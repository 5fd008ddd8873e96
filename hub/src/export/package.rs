//! The map as an OGC GeoPackage 1.3: SQLite with two layers of points and one table about them.
//!
//! Made in memory and never encrypted: it leaves the hub for programs such as QGIS. Rows are written
//! in one order by one writer, so the same map gives the same bytes.

use lossbook_core::domain::WallMs;
use rusqlite::{Connection, params};

use super::geo::{CasePlace, PhotoPlace, Places};
use super::text::civil;

/// `GPKG`, and version 1.3.
const HEADER: &str = "PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300;";

/// The tables of the standard, with the three reference systems that it asks for, then ours.
const TABLES: &str = include_str!("geopackage.sql");

const WGS84: i32 = 4326;

pub(super) fn write(places: &Places) -> rusqlite::Result<Vec<u8>> {
    let mut sql = Connection::open_in_memory()?;
    sql.execute_batch(HEADER)?;
    let tx = sql.transaction()?;
    tx.execute_batch(TABLES)?;
    for one in &places.cases {
        put_case(&tx, one)?;
    }
    for one in &places.photos {
        put_photo(&tx, one)?;
    }
    contents(&tx, places)?;
    tx.commit()?;
    let bytes = sql.serialize("main")?.to_vec();
    Ok(bytes)
}

fn put_case(sql: &Connection, one: &CasePlace) -> rusqlite::Result<()> {
    sql.prepare_cached(
        "INSERT INTO cases (geom, number, village, household, place, cause, contract, status, signature,
             surveyor, reported, payable_low, payable_high, photos, heads)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 / 100.0, ?13 / 100.0, ?14, ?15)",
    )?
    .execute(params![
        point(one.lon, one.lat), one.number, one.village, one.household, one.place, one.cause,
        one.contract, one.status, one.signature, one.surveyor, utc_text(&one.reported),
        one.payable_low_fen, one.payable_high_fen, i64::try_from(one.photos).unwrap_or(i64::MAX), one.heads,
    ])?;
    Ok(())
}

fn put_photo(sql: &Connection, one: &PhotoPlace) -> rusqlite::Result<()> {
    let taken = (!one.taken.is_empty()).then(|| utc_text(&one.taken));
    sql.prepare_cached(
        "INSERT INTO photos (geom, number, caption, taken, source, accuracy_m, sha256)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        point(one.lon, one.lat),
        one.number,
        one.caption,
        taken,
        one.source,
        one.accuracy_m,
        one.sha256,
    ])?;
    Ok(())
}

/// The standard's DATETIME is written in UTC.
fn utc_text(text: &str) -> String {
    text.parse::<jiff::Timestamp>().map_or_else(
        |_as_it_is| text.to_owned(),
        |at| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
    )
}

/// A GeoPackage geometry: header without an envelope, then a WKB point, both little-endian.
fn point(lon: f64, lat: f64) -> Vec<u8> {
    let mut bytes = vec![b'G', b'P', 0, 1];
    bytes.extend_from_slice(&WGS84.to_le_bytes());
    bytes.push(1);
    bytes.extend_from_slice(&1_u32.to_le_bytes());
    bytes.extend_from_slice(&lon.to_le_bytes());
    bytes.extend_from_slice(&lat.to_le_bytes());
    bytes
}

/// West, south, east, north.
fn bounds(points: impl Iterator<Item = (f64, f64)>) -> Option<[f64; 4]> {
    points.fold(None, |found: Option<[f64; 4]>, (lon, lat)| {
        let [west, south, east, north] = found.unwrap_or([lon, lat, lon, lat]);
        Some([west.min(lon), south.min(lat), east.max(lon), north.max(lat)])
    })
}

fn contents(sql: &Connection, places: &Places) -> rusqlite::Result<()> {
    let about = &places.about;
    let newest = utc_text(&format!("{}+08:00", civil(WallMs(about.newest_ms))));
    let cases = bounds(places.cases.iter().map(|one| (one.lon, one.lat)));
    let photos = bounds(places.photos.iter().map(|one| (one.lon, one.lat)));
    let layers = [
        ("cases", "案件 Cases", cases),
        ("photos", "照片 Photos", photos),
    ];
    for (table, name, bounds) in layers {
        let [west, south, east, north] = bounds.map_or([None; 4], |all| all.map(Some));
        sql.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, min_x, min_y, max_x, max_y, srs_id)
             VALUES (?1, 'features', ?2, ?3, ?4, ?5, ?6, ?7, ?8, 4326)",
            params![table, name, about.code, newest, west, south, east, north],
        )?;
        sql.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', 'POINT', 4326, 0, 0)",
            [table],
        )?;
    }
    sql.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
         VALUES ('about', 'attributes', '说明 About', ?1, ?2)",
        params![about.code, newest],
    )?;
    let rows = [
        ("code", about.code.clone()),
        ("heads", about.heads.clone()),
        ("cases", about.cases.to_string()),
        ("unlocated", places.unlocated.to_string()),
        ("newest", newest.clone()),
        ("scopes", about.scopes.join("、")),
        ("from", about.from.clone()),
        ("to", about.to.clone()),
        (
            "check",
            format!("lossbook hub paper --check {}", about.code),
        ),
    ];
    for (name, value) in rows {
        sql.execute(
            "INSERT INTO about (name, value) VALUES (?1, ?2)",
            [name, &value],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_the_standards_header_and_longitude_first() {
        let bytes = point(101.5, 36.25);
        assert_eq!(&bytes[..8], b"GP\x00\x01\xe6\x10\x00\x00");
        assert_eq!(&bytes[8..13], &[1, 1, 0, 0, 0]);
        assert_eq!(bytes[13..21], 101.5_f64.to_le_bytes());
        assert_eq!(bytes.len(), 29);
    }

    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(
            utc_text("2026-11-22T08:00:00+08:00"),
            "2026-11-22T00:00:00.000Z"
        );
    }
}
