//! The EXIF block of a drawn photo: the same fields that a phone writes.
//!
//! A shot comes from `scene`; the TIFF block goes into its APP1 segment. A time that is no time
//! is written as it stands and without a satellite time, as a broken camera would.

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};

use super::Shot;

/// The block, or nothing if it cannot be written.
pub(super) fn block(shot: &Shot) -> Option<Vec<u8>> {
    let mut fields = camera(shot);
    fields.extend(position(shot));
    fields.extend(satellite_time(shot).into_iter().flatten());
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    writer.write(&mut bytes, true).ok()?;
    Some(bytes.into_inner())
}

fn field(tag: Tag, value: Value) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    }
}

fn text(tag: Tag, text: &str) -> Field {
    field(tag, Value::Ascii(vec![text.as_bytes().to_vec()]))
}

fn camera(shot: &Shot) -> Vec<Field> {
    let (seconds, fraction) = shot
        .taken_at
        .civil
        .split_once('.')
        .unwrap_or((&shot.taken_at.civil, ""));
    let mut fields = vec![
        text(Tag::Make, &shot.make),
        text(Tag::Model, &shot.model),
        field(Tag::Orientation, Value::Short(vec![shot.orientation])),
        text(
            Tag::DateTimeOriginal,
            &seconds.replace('-', ":").replace('T', " "),
        ),
        field(Tag::ExifVersion, Value::Undefined(b"0232".to_vec(), 0)),
        field(Tag::PixelXDimension, Value::Long(vec![shot.width])),
        field(Tag::PixelYDimension, Value::Long(vec![shot.height])),
    ];
    if !fraction.is_empty() {
        fields.push(text(Tag::SubSecTimeOriginal, fraction));
    }
    if let Some(offset) = &shot.taken_at.offset {
        fields.push(text(Tag::OffsetTimeOriginal, offset));
    }
    fields
}

fn position(shot: &Shot) -> Vec<Field> {
    let (lat, lon, alt) = shot.place;
    vec![
        field(Tag::GPSVersionID, Value::Byte(vec![2, 3, 0, 0])),
        text(Tag::GPSLatitudeRef, if lat < 0.0 { "S" } else { "N" }),
        field(Tag::GPSLatitude, degrees(lat)),
        text(Tag::GPSLongitudeRef, if lon < 0.0 { "W" } else { "E" }),
        field(Tag::GPSLongitude, degrees(lon)),
        field(Tag::GPSAltitudeRef, Value::Byte(vec![u8::from(alt < 0.0)])),
        field(
            Tag::GPSAltitude,
            Value::Rational(vec![rational(alt.abs(), 100)]),
        ),
    ]
}

/// Degrees, minutes and seconds to a ten-thousandth.
fn degrees(angle: f64) -> Value {
    let ten_thousandths = (angle.abs() * 36_000_000.0).round();
    let minutes = (ten_thousandths / 600_000.0).floor();
    let seconds = rational((ten_thousandths - minutes * 600_000.0) / 10_000.0, 10_000);
    Value::Rational(vec![
        rational((minutes / 60.0).floor(), 1),
        rational(minutes % 60.0, 1),
        seconds,
    ])
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts saturate; demo values are small"
)]
fn rational(number: f64, denom: u32) -> Rational {
    Rational {
        num: (number * f64::from(denom)).round() as u32,
        denom,
    }
}

/// The same instant in UTC, if the civil time names one.
fn satellite_time(shot: &Shot) -> Option<Vec<Field>> {
    let offset = shot.taken_at.offset.as_deref()?;
    let instant: jiff::Timestamp = format!("{}{offset}", shot.taken_at.civil).parse().ok()?;
    let utc = instant.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |number: i8| Rational {
        num: u32::try_from(number).unwrap_or(0),
        denom: 1,
    };
    let clock = vec![part(utc.hour()), part(utc.minute()), part(utc.second())];
    Some(vec![
        text(Tag::GPSDateStamp, &utc.strftime("%Y:%m:%d").to_string()),
        field(Tag::GPSTimeStamp, Value::Rational(clock)),
    ])
}
