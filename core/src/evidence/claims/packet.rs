//! Claims that XMP makes: fills what EXIF lacks and notes where both speak and differ.
//!
//! The packet comes from `xmp`; claims and problems stay in `claims`. XMP writes degrees as
//! `36,50.04N` or with seconds, times as ISO 8601, numbers as fractions.

use super::{MAX_NAME_CHARS, Reading, gps, is_fraction, parse_offset, parse_time};
use crate::domain::{CivilTime, Place};
use crate::evidence::ProblemCode;
use crate::evidence::xmp::Packet;

/// Positions closer than this are the same one, rounded differently (about ten metres).
const SAME_DEGREES: f64 = 1e-4;

/// Fills the gaps and notes the differences.
pub(super) fn fill(packet: &Packet, reading: &mut Reading) {
    let texts = [
        ("camera_make", &["tiff:Make"][..]),
        ("camera_model", &["tiff:Model"]),
        ("serial", &["exifEX:BodySerialNumber", "aux:SerialNumber"]),
        ("lens", &["exifEX:LensModel", "aux:Lens"]),
        ("software", &["tiff:Software", "xmp:CreatorTool"]),
    ];
    for (name, properties) in texts {
        let Some(said) = properties.iter().find_map(|property| packet.get(property)) else {
            continue;
        };
        let claims = &mut reading.claims;
        let claim = match name {
            "camera_make" => &mut claims.camera_make,
            "camera_model" => &mut claims.camera_model,
            "serial" => &mut claims.serial,
            "lens" => &mut claims.lens,
            _ => &mut claims.software,
        };
        match claim {
            None => {
                *claim = Some(said.chars().take(MAX_NAME_CHARS).collect());
                claims.from_xmp.push(name);
            }
            // Editors are known to name themselves in one of the two only.
            Some(held) if name.starts_with("camera") && held != said => {
                let detail = format!("{name}: EXIF says {held:?}, XMP {said:?}");
                reading.note(ProblemCode::XmpDisagrees, detail);
            }
            Some(_) => {}
        }
    }
    fill_times(packet, reading);
    fill_place(packet, reading);
}

fn fill_times(packet: &Packet, reading: &mut Reading) {
    let said = |properties: &[&str]| {
        let text = properties
            .iter()
            .find_map(|property| packet.get(property))?;
        parse_iso(text)
    };
    let taken = said(&["exif:DateTimeOriginal", "photoshop:DateCreated"]);
    let claims = &mut reading.claims;
    match (&claims.taken_at, taken) {
        (None, Some(taken)) => {
            claims.taken_at = Some(taken);
            claims.from_xmp.push("taken_at");
        }
        (Some(held), Some(taken)) if whole(&held.civil) != whole(&taken.civil) => {
            let detail = format!("taken_at: EXIF says {}, XMP {}", held.civil, taken.civil);
            reading.note(ProblemCode::XmpDisagrees, detail);
        }
        (None | Some(_), _) => {}
    }
    let claims = &mut reading.claims;
    let others = [
        (
            &mut claims.digitized_at,
            "digitized_at",
            said(&["exif:DateTimeDigitized", "xmp:CreateDate"]),
        ),
        (
            &mut claims.modified_at,
            "modified_at",
            said(&["xmp:ModifyDate"]),
        ),
    ];
    for (claim, name, time) in others {
        if claim.is_none() && time.is_some() {
            *claim = time;
            claims.from_xmp.push(name);
        }
    }
    if claims.gps_time.is_none() {
        let instant = packet
            .get("exif:GPSTimeStamp")
            .and_then(|text| text.parse::<jiff::Timestamp>().ok());
        if let Some(instant) = instant {
            claims.gps_time = Some(instant.to_string());
            claims.from_xmp.push("gps_time");
        }
    }
}

fn whole(civil: &str) -> &str {
    civil.split('.').next().unwrap_or_default()
}

/// `2025-07-01T14:03:22.5+08:00`, with or without fraction and offset.
fn parse_iso(text: &str) -> Option<CivilTime> {
    let (date, clock) = text.split_once('T')?;
    let at = clock.find(['+', '-', 'Z']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at_checked(at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    // Seconds may be left out.
    let seconds = if clock.matches(':').count() == 1 {
        ":00"
    } else {
        ""
    };
    let time = parse_time(&format!("{date} {clock}{seconds}"))?;
    let civil = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let has_fraction = !fraction.is_empty() && is_fraction(fraction);
    Some(CivilTime {
        civil: if has_fraction {
            format!("{civil}.{fraction}")
        } else {
            civil
        },
        offset: parse_offset(offset),
    })
}

fn fill_place(packet: &Packet, reading: &mut Reading) {
    let degrees = |name, hemispheres| {
        packet
            .get(name)
            .and_then(|text| parse_degrees(text, hemispheres))
    };
    let lat = degrees("exif:GPSLatitude", ['N', 'S']);
    let lon = degrees("exif:GPSLongitude", ['E', 'W']);
    let (Some(lat), Some(lon)) = (lat, lon) else {
        return;
    };
    let below = packet.get("exif:GPSAltitudeRef") == Some("1");
    let alt_m = packet
        .get("exif:GPSAltitude")
        .and_then(parse_fraction)
        .map(|metres| if below { -metres } else { metres })
        .filter(|metres| gps::ALTITUDES_M.contains(metres));
    match (reading.claims.place, Place::new(lat, lon, alt_m)) {
        (None, Ok(place)) => {
            reading.claims.place = Some(place);
            reading.claims.from_xmp.push("place");
            if reading.claims.datum.is_none() {
                reading.claims.datum = packet.get("exif:GPSMapDatum").map(str::to_owned);
            }
        }
        (None, Err(error)) => reading.note(ProblemCode::GpsOutOfRange, format!("XMP: {error}")),
        (Some(held), Ok(place)) => {
            let far = |a: f64, b: f64| (a - b).abs() > SAME_DEGREES;
            if far(held.lat(), place.lat()) || far(held.lon(), place.lon()) {
                let detail = format!(
                    "place: EXIF says {:.6}, {:.6}, XMP {:.6}, {:.6}",
                    held.lat(),
                    held.lon(),
                    place.lat(),
                    place.lon()
                );
                reading.note(ProblemCode::XmpDisagrees, detail);
            }
        }
        (Some(_), Err(_)) => {}
    }
}

/// `36,50.04N` or `36,50,2.4N`.
fn parse_degrees(text: &str, [positive, negative]: [char; 2]) -> Option<f64> {
    let hemisphere = text.chars().next_back()?.to_ascii_uppercase();
    let sign = match hemisphere {
        found if found == positive => 1.0,
        found if found == negative => -1.0,
        _ => return None,
    };
    let mut parts = text.get(..text.len().checked_sub(1)?)?.split(',');
    let mut degrees = parts.next()?.parse::<f64>().ok()?;
    for (part, unit) in parts.zip([60.0, 3600.0]) {
        degrees += part.parse::<f64>().ok()? / unit;
    }
    // Adding zero turns -0 into 0.
    degrees.is_finite().then_some(0.0 + sign * degrees)
}

/// `25430/10` or `2543`.
fn parse_fraction(text: &str) -> Option<f64> {
    let (num, denom) = text.split_once('/').unwrap_or((text, "1"));
    let (num, denom) = (num.parse::<f64>().ok()?, denom.parse::<f64>().ok()?);
    let number = num / denom;
    number.is_finite().then_some(number)
}
