//! Random positions in China with all their conversions, for a foreign library to check.
//!
//! One line a position: WGS-84, GCJ-02, BD-09, and WGS-84 again from both, as `lat,lon` pairs in
//! one row. The same positions each time. A few lie outside China, where nothing may move.

use std::fmt::Write as _;
use std::path::Path;

use lossbook_core::domain::{Bd09, Digest, Gcj02, Wgs84};
use serde_json::json;

use crate::device::Said;
use crate::failure::Failure;

const INSIDE: u64 = 100_000;
const OUTSIDE: u64 = 1_000;

/// Writes them.
///
/// # Errors
/// Exit 4 if they cannot be written.
pub fn write(file: &Path) -> Result<Said, Failure> {
    let mut text = String::new();
    for number in 0..INSIDE {
        line(&mut text, draw(number, (18.0, 53.5), (73.7, 135.0)));
    }
    for number in 0..OUTSIDE {
        line(&mut text, draw(number, (-60.0, -1.0), (-170.0, 60.0)));
    }
    std::fs::write(file, text)
        .map_err(|error| Failure::not_now("file_system", error.to_string()).at(file))?;
    let count = INSIDE + OUTSIDE;
    Ok(Said::new(
        json!({"positions": count}),
        format!("{count} positions"),
    ))
}

fn line(text: &mut String, position: Option<Wgs84>) {
    let Some(wgs84) = position else {
        return;
    };
    let (gcj02, bd09) = (Gcj02::from(wgs84), Bd09::from(wgs84));
    let (back, back_from_bd09) = (Wgs84::from(gcj02), Wgs84::from(bd09));
    // Writing to a String cannot fail.
    let _infallible = writeln!(
        text,
        "{},{},{},{},{},{},{},{},{},{}",
        wgs84.lat(),
        wgs84.lon(),
        gcj02.lat(),
        gcj02.lon(),
        bd09.lat(),
        bd09.lon(),
        back.lat(),
        back.lon(),
        back_from_bd09.lat(),
        back_from_bd09.lon()
    );
}

/// A position that only its number decides.
fn draw(number: u64, lat: (f64, f64), lon: (f64, f64)) -> Option<Wgs84> {
    let digest = Digest::labelled("lossbook/position", &[&number.to_be_bytes()]);
    let part = |at: usize| {
        let bytes = digest.as_bytes().get(at..at + 4)?.try_into().ok()?;
        Some(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX))
    };
    let within = |(low, high): (f64, f64), part: f64| low + (high - low) * part;
    Wgs84::new(within(lat, part(0)?), within(lon, part(4)?)).ok()
}
