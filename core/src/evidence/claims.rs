//! Reads what a photo says about itself out of its EXIF block.
//!
//! The block comes from the container walkers, at most a mebibyte; claims and problems go into
//! `PhotoFacts`. Each value is checked for range before it becomes a claim; a value that fails is
//! left out and named as a problem. The foreign parser runs under `catch_unwind` and goes on past
//! its own errors, so a stray pointer costs one directory and not the position.
//!
//! Refused: maker notes, and any guess at a missing value.

use std::panic::{AssertUnwindSafe, catch_unwind};

use exif::{Exif, In, Reader, Tag, Value};

use super::{Claims, Problem, ProblemCode};
use crate::domain::CivilTime;

mod gps;

/// Longer camera names are cut: they are shown on a phone.
const MAX_NAME_CHARS: usize = 128;

/// What an EXIF block yields.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) claims: Claims,
    pub(super) orientation: Option<u16>,
    pub(super) problems: Vec<Problem>,
}

impl Reading {
    fn note(&mut self, code: ProblemCode, detail: impl Into<String>) {
        self.problems.push(Problem::new(code, detail));
    }
}

/// Reads the block; never fails, whatever is in it.
pub(super) fn read(block: Vec<u8>) -> Reading {
    // Values are parsed when they are asked for, so asking belongs inside as well.
    catch_unwind(AssertUnwindSafe(|| read_unguarded(block))).unwrap_or_else(|_| {
        let mut reading = Reading::default();
        reading.note(
            ProblemCode::ExifUnreadable,
            "the EXIF parser stopped on damaged metadata",
        );
        reading
    })
}

/// The small JPEG that the EXIF block carries, and how it is to be turned.
pub(super) fn embedded_thumbnail(block: Vec<u8>) -> Option<(Vec<u8>, Option<u16>)> {
    let exif = parse(block, &mut Vec::new()).ok()?;
    let number = |tag| exif.get_field(tag, In::THUMBNAIL)?.value.get_uint(0);
    let at = usize::try_from(number(Tag::JPEGInterchangeFormat)?).ok()?;
    let len = usize::try_from(number(Tag::JPEGInterchangeFormatLength)?).ok()?;
    let jpeg = exif.buf().get(at..)?.get(..len)?.to_vec();
    let mut reading = Reading::default();
    Some((jpeg, orientation(Fields(&exif), &mut reading)))
}

fn parse(block: Vec<u8>, ignored: &mut Vec<exif::Error>) -> Result<Exif, exif::Error> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    reader
        .read_raw(block)
        .or_else(|error| error.distill_partial_result(|errors| *ignored = errors))
}

fn read_unguarded(block: Vec<u8>) -> Reading {
    let mut reading = Reading::default();
    let mut ignored = Vec::new();
    let exif = match parse(block, &mut ignored) {
        Ok(exif) => exif,
        Err(error) => {
            reading.note(ProblemCode::ExifUnreadable, error.to_string());
            return reading;
        }
    };
    if !ignored.is_empty() {
        let first: Vec<String> = ignored.iter().take(3).map(ToString::to_string).collect();
        reading.note(
            ProblemCode::ExifPartial,
            format!("{} parts left out: {}", ignored.len(), first.join("; ")),
        );
    }
    let fields = Fields(&exif);
    reading.orientation = orientation(fields, &mut reading);
    let shutter = taken_at(fields, &mut reading);
    let fix = gps::read(fields, &mut reading);
    reading.claims.camera_make = fields.text(Tag::Make);
    reading.claims.camera_model = fields.text(Tag::Model);
    if let (Some(shutter), Some(fix)) = (shutter, fix) {
        gps::compare(shutter, fix, &mut reading);
    }
    reading
}

fn orientation(fields: Fields<'_>, reading: &mut Reading) -> Option<u16> {
    let value = fields.value(Tag::Orientation)?;
    let number = value.get_uint(0);
    let orientation = number
        .and_then(|number| u16::try_from(number).ok())
        .filter(|o| (1..=8).contains(o));
    if orientation.is_none() {
        let found = number.map_or_else(|| "no number".to_owned(), |number| number.to_string());
        reading.note(
            ProblemCode::BadOrientation,
            format!("orientation is {found}, not 1 to 8"),
        );
    }
    orientation
}

/// Takes the camera's time over and returns it for comparison.
fn taken_at(fields: Fields<'_>, reading: &mut Reading) -> Option<jiff::civil::DateTime> {
    let text = fields.text(Tag::DateTimeOriginal)?;
    let written = text.chars().any(|c| c.is_ascii_digit() && c != '0');
    let Some(time) = parse_time(&text) else {
        // Zeros and blanks are how a camera says that its clock was never set.
        if written {
            reading.note(
                ProblemCode::TimeUnreadable,
                format!("{text:?} is no date and time"),
            );
        }
        return None;
    };
    let fraction = fields
        .text(Tag::SubSecTimeOriginal)
        .filter(|digits| digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let civil = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let civil = fraction.map_or(civil.clone(), |fraction| format!("{civil}.{fraction}"));
    let offset = fields
        .text(Tag::OffsetTimeOriginal)
        .and_then(|text| parse_offset(&text));
    reading.claims.taken_at = Some(CivilTime { civil, offset });
    Some(time)
}

/// `2008:10:22 16:28:39`, with the separators that cameras use.
fn parse_time(text: &str) -> Option<jiff::civil::DateTime> {
    let mut parts = text
        .split([':', '-', '/', '.', ' ', 'T'])
        .filter(|part| !part.is_empty());
    let mut part = || {
        parts
            .next()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let year = part()?.parse().ok()?;
    let mut small = || part()?.parse::<i8>().ok();
    let (month, day, hour, minute, second) = (small()?, small()?, small()?, small()?, small()?);
    jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0)
        .ok()
        .filter(|time| time.year() > 0)
}

/// `+08:00`, within what the world uses.
fn parse_offset(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("+00:00".to_owned());
    }
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = digits.split_once(':')?;
    let in_range = hours.len() == 2
        && minutes.len() == 2
        && hours.parse::<u8>().is_ok_and(|hours| hours <= 14)
        && minutes.parse::<u8>().is_ok_and(|minutes| minutes < 60);
    in_range.then(|| text.to_owned())
}

/// Fields of the primary picture, by tag.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Exif);

impl<'a> Fields<'a> {
    fn value(self, tag: Tag) -> Option<&'a Value> {
        self.0.get_field(tag, In::PRIMARY).map(|field| &field.value)
    }

    /// Text without blanks, NULs and control characters around or in it; nothing if none is left.
    fn text(self, tag: Tag) -> Option<String> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "a foreign enum of value types; only text is text"
        )]
        let bytes = match self.value(tag)? {
            Value::Ascii(parts) => parts.first()?.as_slice(),
            Value::Byte(bytes) | Value::Undefined(bytes, _) => bytes.as_slice(),
            _ => return None,
        };
        let bytes = bytes.split(|byte| *byte == 0).next()?;
        let text: String = String::from_utf8_lossy(bytes)
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first numbers of a field; a fraction over zero is `None` in its place.
    fn numbers<const N: usize>(self, tag: Tag) -> Option<[Option<f64>; N]> {
        let value = self.value(tag)?;
        Some(std::array::from_fn(|index| number(value, index)))
    }
}

fn number(value: &Value, index: usize) -> Option<f64> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a foreign enum of value types; the others hold integers or text"
    )]
    let number = match value {
        Value::Rational(list) => list.get(index)?.to_f64(),
        Value::SRational(list) => list.get(index)?.to_f64(),
        Value::Float(list) => f64::from(*list.get(index)?),
        Value::Double(list) => *list.get(index)?,
        other => f64::from(other.get_uint(index)?),
    };
    number.is_finite().then_some(number)
}
