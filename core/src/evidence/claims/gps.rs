//! Reads the satellite part of an EXIF block: place, datum, altitude, accuracy, direction, time.
//!
//! Fields come from `claims`, which keeps the outcome. A position without a hemisphere is no
//! position; a number off the globe is a problem, not a claim. Whether the place is plausible for
//! the case is `app`'s question.

use jiff::civil::{Date, DateTime, Time};

use super::{Fields, ProblemCode, Reading};
use crate::domain::Place;
use crate::evidence::tiff::{Tag, tag};
use crate::evidence::{Direction, North};

/// No time zone is further from UTC.
const MAX_ZONE_SECONDS: i64 = 14 * 3600;

const MICROS_PER_SECOND: u64 = 1_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// The deepest mine and the highest balloon, with room to spare.
pub(super) const ALTITUDES_M: std::ops::RangeInclusive<f64> = -12_000.0..=100_000.0;

/// When the satellites were heard: a day, and the moment of it if it is known.
#[derive(Clone, Copy)]
pub(super) struct Fix {
    date: Date,
    micros: Option<u64>,
}

/// Takes over place and time and returns the time for comparison.
pub(super) fn read(fields: Fields<'_>, reading: &mut Reading) -> Option<Fix> {
    reading.claims.place = place(fields, reading);
    if reading.claims.place.is_some() {
        reading.claims.datum = fields.text(tag::DATUM);
        reading.claims.accuracy_m = fields.number(tag::ACCURACY).filter(|metres| *metres >= 0.0);
    }
    reading.claims.direction = direction(fields);
    let date = fields
        .text(tag::GPS_DATE)
        .and_then(|text| parse_date(&text));
    let micros = micros_of_day(fields, reading);
    if let (Some(date), Some(micros)) = (date, micros) {
        reading.claims.gps_time = Some(format!("{}T{}Z", date.strftime("%Y-%m-%d"), clock(micros)));
    }
    date.map(|date| Fix { date, micros })
}

/// Notes a satellite time that no time zone reconciles with the camera's.
pub(super) fn compare(shutter: DateTime, fix: Fix, reading: &mut Reading) {
    // Without a time of day the fix lies anywhere within its day.
    let (first, last) = match fix.micros {
        Some(micros) => (micros / MICROS_PER_SECOND, micros / MICROS_PER_SECOND),
        None => (0, SECONDS_PER_DAY),
    };
    let since_midnight = fix
        .date
        .to_datetime(Time::midnight())
        .duration_until(shutter)
        .as_secs();
    let ahead = since_midnight.saturating_sub_unsigned(last);
    let behind = since_midnight.saturating_sub_unsigned(first);
    if ahead > MAX_ZONE_SECONDS || behind < -MAX_ZONE_SECONDS {
        let gps = reading
            .claims
            .gps_time
            .clone()
            .unwrap_or_else(|| fix.date.to_string());
        let detail = format!(
            "the camera says {shutter}, the satellites {gps}: no time zone explains the difference"
        );
        reading.note(ProblemCode::GpsDateDisagrees, detail);
    }
}

fn place(fields: Fields<'_>, reading: &mut Reading) -> Option<Place> {
    if fields.value(tag::LAT).is_none() && fields.value(tag::LON).is_none() {
        return None;
    }
    let lat = degrees(fields, tag::LAT, tag::LAT_REF, ['N', 'S']);
    let lon = degrees(fields, tag::LON, tag::LON_REF, ['E', 'W']);
    let (Some(lat), Some(lon)) = (lat, lon) else {
        reading.note(
            ProblemCode::GpsUnreadable,
            "latitude and longitude need numbers and a hemisphere each",
        );
        return None;
    };
    let alt_m = altitude(fields, reading);
    match Place::new(lat, lon, alt_m) {
        Ok(place) => {
            if lat.abs() + lon.abs() == 0.0 {
                reading.note(
                    ProblemCode::GpsAtZero,
                    "latitude and longitude are both 0: most likely there was no fix",
                );
            }
            Some(place)
        }
        Err(error) => {
            reading.note(ProblemCode::GpsOutOfRange, error.to_string());
            None
        }
    }
}

fn degrees(
    fields: Fields<'_>,
    tag: Tag,
    reference: Tag,
    [positive, negative]: [char; 2],
) -> Option<f64> {
    let value = fields.value(tag)?;
    let mut degrees = 0.0;
    // What is not written counts nothing; what is written and no number makes the whole none.
    for (index, unit) in [1.0, 60.0, 3600.0]
        .into_iter()
        .enumerate()
        .take(value.items().max(1))
    {
        degrees += value.number(index)? / unit;
    }
    let hemisphere = fields.text(reference)?.chars().next()?.to_ascii_uppercase();
    if hemisphere == positive {
        Some(degrees)
    } else if hemisphere == negative {
        // Adding zero turns -0 into 0.
        Some(0.0 - degrees)
    } else {
        None
    }
}

fn direction(fields: Fields<'_>) -> Option<Direction> {
    let degrees = fields
        .number(tag::DIRECTION)
        .filter(|degrees| (0.0..=360.0).contains(degrees))?;
    let north = match fields.text(tag::DIRECTION_REF).as_deref() {
        Some("T") => North::True,
        Some("M") => North::Magnetic,
        _ => North::Unstated,
    };
    Some(Direction {
        degrees: degrees % 360.0,
        north,
    })
}

fn altitude(fields: Fields<'_>, reading: &mut Reading) -> Option<f64> {
    let [Some(metres)] = fields.numbers(tag::ALT)? else {
        return None;
    };
    // 1 is below sea level; EXIF 3 adds 3, below the ellipsoid.
    let below = fields
        .value(tag::ALT_REF)
        .and_then(|value| value.uint(0))
        .is_some_and(|r| r == 1 || r == 3);
    let metres = if below { -metres } else { metres };
    if ALTITUDES_M.contains(&metres) {
        return Some(metres);
    }
    reading.note(ProblemCode::GpsOutOfRange, format!("altitude {metres} m"));
    None
}

fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.split([':', '-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (parts.next().is_none() && date.year() > 0).then_some(date)
}

fn micros_of_day(fields: Fields<'_>, reading: &mut Reading) -> Option<u64> {
    let [hours, minutes, seconds] = fields.numbers(tag::GPS_TIME)?;
    let micros = (hours? * 3600.0 + minutes? * 60.0 + seconds?) * 1e6;
    let day = 86_400.0 * 1e6;
    if !(0.0..day).contains(&micros.round()) {
        reading.note(
            ProblemCode::GpsOutOfRange,
            format!("satellite time {:.0} s after midnight", micros / 1e6),
        );
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within one day, checked above"
    )]
    Some(micros.round() as u64)
}

/// `14:27:07.24`, without trailing zeros.
fn clock(micros: u64) -> String {
    let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
    let clock = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if fraction == 0 {
        return clock;
    }
    format!("{clock}.{}", format!("{fraction:06}").trim_end_matches('0'))
}
