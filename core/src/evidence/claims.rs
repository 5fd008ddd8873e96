//! Reads what a photo says about itself out of its EXIF and XMP.
//!
//! Blocks come from the container walkers, at most a mebibyte together; claims and problems go
//! into `PhotoFacts`. Each value is checked for range before it becomes a claim; a value that fails
//! is left out and named as a problem. EXIF leads and XMP fills what is missing, because cameras
//! write EXIF and editors XMP. All of it runs under `catch_unwind`.
//!
//! Refused: maker notes, and any guess at a missing value.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::container::Layout;
use super::tiff::{self, Next, Tag, Tags, Value, tag};
use super::xmp;
use super::{Claims, Embedded, Problem, ProblemCode};
use crate::domain::CivilTime;

mod edits;
mod gps;
mod packet;

/// Longer names are cut: they are shown on a phone.
const MAX_NAME_CHARS: usize = 128;

/// What the metadata yields.
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

/// Reads what the headers held; never fails, whatever is in it.
pub(super) fn read(layout: &Layout) -> Reading {
    catch_unwind(AssertUnwindSafe(|| read_unguarded(layout))).unwrap_or_else(|_| {
        let mut reading = Reading::default();
        reading.note(
            ProblemCode::ExifUnreadable,
            "the metadata reader stopped on damaged metadata",
        );
        reading
    })
}

/// The small JPEG that the EXIF block carries, and how it is to be turned.
pub(super) fn embedded_thumbnail(block: &[u8]) -> Option<(Vec<u8>, Option<u16>)> {
    let mut places = block;
    let tags = tiff::walk(&mut places, Next::IsThumbnail).ok()?;
    let Embedded { at, len } = embedded(&tags)?;
    let from = usize::try_from(at).ok()?;
    let jpeg = block
        .get(from..)?
        .get(..usize::try_from(len).ok()?)?
        .to_vec();
    let turned = |tag| orientation(Fields(&tags), tag, &mut Reading::default());
    Some((
        jpeg,
        turned(tag::SMALL_ORIENTATION).or_else(|| turned(tag::ORIENTATION)),
    ))
}

/// Where the small picture lies, counted from the TIFF header.
fn embedded(tags: &Tags) -> Option<Embedded> {
    let number = |tag| tags.get(tag)?.uint(0);
    let (at, len) = (number(tag::SMALL_AT)?, number(tag::SMALL_BYTES)?);
    (len > 0).then_some(Embedded { at: at.into(), len })
}

fn read_unguarded(layout: &Layout) -> Reading {
    let mut reading = Reading::default();
    let in_block;
    let tags = match (&layout.tags, &layout.exif) {
        (Some(tags), _) => Some(tags),
        (None, Some(block)) => {
            let mut places = block.as_slice();
            // A block in memory has no reading errors.
            in_block = tiff::walk(&mut places, Next::IsThumbnail).unwrap_or_default();
            Some(&in_block)
        }
        (None, None) => None,
    };
    if let Some(tags) = tags {
        read_tags(tags, layout, &mut reading);
    }
    if let Some(bytes) = &layout.xmp {
        let packet = xmp::read(bytes);
        if let Some(why) = &packet.broken {
            reading.note(
                ProblemCode::XmpPartial,
                format!("the XMP packet breaks: {why}"),
            );
        }
        packet::fill(&packet, &mut reading);
        edits::in_packet(&packet, &mut reading.claims.edits);
    }
    edits::in_claims(layout, &mut reading.claims);
    reading
}

fn read_tags(tags: &Tags, layout: &Layout, reading: &mut Reading) {
    if let Some(why) = &tags.unreadable {
        reading.note(ProblemCode::ExifUnreadable, why);
        return;
    }
    if !tags.left_out.is_empty() {
        let first: Vec<&str> = tags.left_out.iter().take(3).map(String::as_str).collect();
        reading.note(
            ProblemCode::ExifPartial,
            format!(
                "{} parts left out: {}",
                tags.left_out.len(),
                first.join("; ")
            ),
        );
    }
    let fields = Fields(tags);
    reading.orientation = orientation(fields, tag::ORIENTATION, reading);
    let shutter = shutter(fields, reading);
    let fix = gps::read(fields, reading);
    let claims = &mut reading.claims;
    claims.digitized_at = time_of(
        fields,
        [tag::DIGITIZED, tag::SUBSEC_DIGITIZED, tag::OFFSET_DIGITIZED],
    );
    claims.modified_at = time_of(
        fields,
        [tag::MODIFIED, tag::SUBSEC_MODIFIED, tag::OFFSET_MODIFIED],
    );
    claims.camera_make = fields.text(tag::MAKE);
    claims.camera_model = fields.text(tag::MODEL);
    claims.serial = fields.text(tag::SERIAL);
    claims.lens = fields.text(tag::LENS_MODEL);
    claims.software = fields.text(tag::SOFTWARE);
    claims.embedded = embedded(tags).and_then(|Embedded { at, len }| {
        let at = at.checked_add(layout.exif_at?)?;
        Some(Embedded { at, len })
    });
    if let (Some(shutter), Some(fix)) = (shutter, fix) {
        gps::compare(shutter, fix, reading);
    }
}

fn orientation(fields: Fields<'_>, tag: Tag, reading: &mut Reading) -> Option<u16> {
    let value = fields.value(tag)?;
    let number = value.uint(0);
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
fn shutter(fields: Fields<'_>, reading: &mut Reading) -> Option<jiff::civil::DateTime> {
    let text = fields.text(tag::TAKEN)?;
    let Some(time) = parse_time(&text) else {
        // Zeros and blanks are how a camera says that its clock was never set.
        if text.chars().any(|c| c.is_ascii_digit() && c != '0') {
            reading.note(
                ProblemCode::TimeUnreadable,
                format!("{text:?} is no date and time"),
            );
        }
        return None;
    };
    reading.claims.taken_at = time_of(fields, [tag::TAKEN, tag::SUBSEC_TAKEN, tag::OFFSET_TAKEN]);
    Some(time)
}

/// A time with its fraction and its offset, as far as the camera wrote them.
fn time_of(fields: Fields<'_>, [whole, fraction, offset]: [Tag; 3]) -> Option<CivilTime> {
    let time = parse_time(&fields.text(whole)?)?;
    let civil = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let fraction = fields.text(fraction).filter(|digits| is_fraction(digits));
    Some(CivilTime {
        civil: fraction.map_or(civil.clone(), |fraction| format!("{civil}.{fraction}")),
        offset: fields.text(offset).and_then(|text| parse_offset(&text)),
    })
}

fn is_fraction(digits: &str) -> bool {
    digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
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

/// Values of the main picture, by tag.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Tags);

impl<'a> Fields<'a> {
    fn value(self, tag: Tag) -> Option<&'a Value> {
        self.0.get(tag)
    }

    /// Text without blanks, NULs and control characters around or in it; nothing if none is left.
    fn text(self, tag: Tag) -> Option<String> {
        let text: String = String::from_utf8_lossy(self.value(tag)?.text()?)
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
        Some(std::array::from_fn(|index| value.number(index)))
    }

    fn number(self, tag: Tag) -> Option<f64> {
        self.value(tag)?.number(0)
    }
}
