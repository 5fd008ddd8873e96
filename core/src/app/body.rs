//! What is known of a photo, in the whole numbers of an envelope, and back.
//!
//! Facts come from `evidence`, bodies go to the chain; the way back feeds the findings. Numbers
//! are rounded to what can be measured: a ten-millionth of a degree, a centimetre.

use crate::chain::{ClaimBody, FixBody, MomentBody};
use crate::domain::{CivilTime, Datum, Place, Reading, WallMs, Wgs84};
use crate::evidence::{Fix, Moment, PhotoFacts, Provider, ShotClaims, ShutterCount};

const DEGREE: f64 = 1e7;
const METRE: f64 = 100.0;

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees and metres of this world fit; anything else saturates"
)]
fn whole(number: f64, unit: f64) -> i64 {
    (number * unit).round() as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a foreign number, rounded and then checked for range"
)]
fn real(number: i64, unit: f64) -> f64 {
    number as f64 / unit
}

/// Degrees in the whole numbers of an envelope.
pub(super) fn degrees_e7(degrees: f64) -> i64 {
    whole(degrees, DEGREE)
}

/// What a file claims.
pub(super) fn claims(facts: &PhotoFacts) -> ClaimBody {
    let claims = &facts.claims;
    let (civil, offset) = match claims.taken_at.clone() {
        Some(CivilTime { civil, offset }) => (Some(civil), offset),
        None => (None, None),
    };
    let camera = [&claims.camera_make, &claims.camera_model]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let words = |words: Vec<&str>| {
        (!words.is_empty()).then(|| words.into_iter().map(str::to_owned).collect())
    };
    ClaimBody {
        civil,
        offset,
        gps_time: claims.gps_time.clone(),
        lat_e7: claims.place.map(|place| whole(place.lat(), DEGREE)),
        lon_e7: claims.place.map(|place| whole(place.lon(), DEGREE)),
        accuracy_cm: claims.accuracy_m.map(|metres| whole(metres, METRE)),
        datum: claims.datum.clone(),
        camera: (!camera.is_empty()).then_some(camera),
        software: claims.software.clone(),
        edits: words(claims.edits.iter().map(|trace| trace.kind.word()).collect()),
        problems: words(
            facts
                .problems
                .iter()
                .map(|problem| problem.code.code())
                .collect(),
        ),
    }
}

/// Claims that can be compared; what is out of range is none.
pub(super) fn shot_claims(body: &ClaimBody) -> ShotClaims {
    let degrees = body
        .lat_e7
        .zip(body.lon_e7)
        .map(|(lat, lon)| (real(lat, DEGREE), real(lon, DEGREE)))
        .filter(|(lat, lon)| Place::new(*lat, *lon, None).is_ok());
    // No datum written means WGS-84, as EXIF says; an unknown one cannot be compared.
    let datum = match &body.datum {
        None => Some(Datum::Wgs84),
        Some(name) => Datum::from_name(name),
    };
    ShotClaims {
        taken_at: body.civil.clone().map(|civil| CivilTime {
            civil,
            offset: body.offset.clone(),
        }),
        gps_time: body
            .gps_time
            .as_ref()
            .and_then(|text| text.parse::<jiff::Timestamp>().ok())
            .map(|instant| WallMs(instant.as_millisecond())),
        degrees,
        place: degrees
            .zip(datum)
            .and_then(|((lat, lon), datum)| datum.to_wgs84(lat, lon).ok()),
        accuracy_m: body.accuracy_cm.map(|cm| real(cm, METRE)),
    }
}

/// What a device knew.
pub(super) fn moment(moment: &Moment) -> MomentBody {
    let Moment {
        clocks: Reading {
            wall,
            boot_id,
            mono_ms,
        },
        shutter,
        fix,
    } = *moment;
    MomentBody {
        wall,
        boot_id: boot_id.into(),
        mono_ms,
        shutter: shutter.map(|count| count.number),
        kept_before: shutter.map(|count| count.kept_before),
        fix: fix.map(|fix| FixBody {
            lat_e7: whole(fix.place.lat(), DEGREE),
            lon_e7: whole(fix.place.lon(), DEGREE),
            accuracy_cm: fix.accuracy_m.map(|metres| whole(metres, METRE)),
            alt_cm: fix.alt_m.map(|metres| whole(metres, METRE)),
            satellites: fix.satellites,
            age_ms: fix.age_ms,
            mocked: fix.provider == Provider::Program,
        }),
    }
}

/// The moment of a body; a position off the globe is none.
pub(super) fn moment_of(body: &MomentBody) -> Moment {
    let fix = body.fix.as_ref().and_then(|fix| {
        let metres = |cm: Option<i64>| cm.map(|cm| real(cm, METRE));
        Some(Fix {
            place: Wgs84::new(real(fix.lat_e7, DEGREE), real(fix.lon_e7, DEGREE)).ok()?,
            accuracy_m: metres(fix.accuracy_cm),
            alt_m: metres(fix.alt_cm),
            satellites: fix.satellites,
            age_ms: fix.age_ms,
            provider: if fix.mocked {
                Provider::Program
            } else {
                Provider::Receiver
            },
        })
    });
    Moment {
        clocks: Reading {
            wall: body.wall,
            boot_id: *body.boot_id,
            mono_ms: body.mono_ms,
        },
        shutter: body.shutter.map(|number| ShutterCount {
            number,
            kept_before: body.kept_before.unwrap_or(0),
        }),
        fix,
    }
}
