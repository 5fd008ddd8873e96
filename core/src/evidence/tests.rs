use std::io::{self, Cursor, Read, Seek, SeekFrom};

use exif::{Field, Tag};
use jpeg_encoder::ColorType;

use super::*;
use crate::domain::CivilTime;

mod alike;
mod reduced;
mod sample;
mod small;

fn facts(bytes: &[u8]) -> PhotoFacts {
    examine(&mut Cursor::new(bytes)).unwrap()
}

fn codes(facts: &PhotoFacts) -> Vec<ProblemCode> {
    facts.problems.iter().map(|problem| problem.code).collect()
}

fn with_fields(fields: &[Field]) -> PhotoFacts {
    facts(&sample::jpeg(40, 30, fields))
}

#[test]
fn digest_length_and_chunks_are_those_of_all_bytes() {
    let mut bytes = sample::jpeg(64, 48, &[]);
    bytes.resize(600_000, 7);
    let facts = facts(&bytes);
    assert_eq!(
        (facts.digest, facts.len_bytes),
        (Digest::of(&bytes), 600_000)
    );
    let chunks: Vec<Digest> = bytes.chunks(CHUNK_BYTES).map(Digest::of).collect();
    assert_eq!(facts.chunk_root, ChunkedDigest::merkle_root(&chunks));
    assert_eq!(facts.chunks, chunks);
}

#[test]
fn what_the_camera_wrote_comes_back_as_claims() {
    let mut fields = sample::place("S", "W");
    fields.extend([
        sample::fractions(Tag::GPSAltitude, &[(4315, 10)]),
        sample::byte(Tag::GPSAltitudeRef, 1),
        sample::text(Tag::DateTimeOriginal, "2025:07:01 14:03:22"),
        sample::text(Tag::SubSecTimeOriginal, "054 "),
        sample::text(Tag::OffsetTimeOriginal, "+08:00"),
        sample::text(Tag::Make, "  HUAWEI \0junk"),
        sample::text(Tag::Model, "P60 Pro   "),
    ]);
    let claims = with_fields(&fields).claims;
    let time = CivilTime {
        civil: "2025-07-01T14:03:22.054".to_owned(),
        offset: Some("+08:00".to_owned()),
    };
    assert_eq!(claims.taken_at, Some(time));
    let place = claims.place.unwrap();
    assert!(
        (place.lat() + 36.834).abs() < 1e-9 && (place.lon() + 101.952).abs() < 1e-9,
        "{place:?}"
    );
    assert_eq!(place.alt_m(), Some(-431.5));
    assert_eq!(
        (
            claims.camera_make.as_deref(),
            claims.camera_model.as_deref()
        ),
        (Some("HUAWEI"), Some("P60 Pro"))
    );
}

#[test]
fn satellite_time_keeps_its_fraction_without_trailing_zeros() {
    let facts = with_fields(&sample::times("2008:10:22", [(14, 1), (27, 1), (724, 100)]));
    assert_eq!(
        facts.claims.gps_time.as_deref(),
        Some("2008-10-22T14:27:07.24Z")
    );
    assert_eq!(codes(&facts), []);
}

#[test]
fn a_difference_that_no_zone_explains_is_a_problem() {
    let disagrees = |date, time| {
        codes(&with_fields(&sample::times(date, time))).contains(&ProblemCode::GpsDateDisagrees)
    };
    assert!(disagrees("2008:10:23", [(14, 1), (27, 1), (7, 1)]));
    assert!(disagrees("2008:10:23", [(6, 1), (28, 1), (40, 1)]));
    assert!(!disagrees("2008:10:23", [(6, 1), (28, 1), (39, 1)]));
    assert!(!disagrees("2008:10:22", [(2, 1), (28, 1), (39, 1)]));
    assert!(disagrees("2008:10:22", [(2, 1), (28, 1), (38, 1)]));
}

#[test]
fn a_date_without_a_time_of_day_is_compared_as_a_whole_day() {
    let disagrees = |date| {
        let fields = [
            sample::text(Tag::DateTimeOriginal, "2008:10:22 16:28:39"),
            sample::text(Tag::GPSDateStamp, date),
        ];
        codes(&with_fields(&fields)).contains(&ProblemCode::GpsDateDisagrees)
    };
    // The 21st ends 16 hours before the shutter, the 23rd begins 8 hours after it.
    let dates = ["2008:10:21", "2008:10:22", "2008:10:23", "2008:10:24"];
    assert_eq!(dates.map(disagrees), [true, false, false, true]);
}

#[test]
fn a_stray_pointer_behind_the_gps_directory_costs_nothing() {
    let mut block = sample::exif(&sample::place("N", "E"));
    let u32_at = |block: &[u8], at: usize| {
        u32::from_le_bytes(block[at..at + 4].try_into().unwrap()) as usize
    };
    // The first directory holds one entry, the pointer to the GPS directory.
    let gps = u32_at(&block, 10 + 8);
    let entries = usize::from(u16::from_le_bytes(block[gps..gps + 2].try_into().unwrap()));
    let next = gps + 2 + entries * 12;
    block[next..next + 4].copy_from_slice(&8_u32.to_le_bytes());
    let facts = facts(&sample::jpeg_with_block(40, 30, Some(&block)));
    assert!(facts.claims.place.is_some());
    assert_eq!(codes(&facts), [ProblemCode::ExifPartial]);
}

#[test]
fn unreadable_metadata_is_a_problem_of_a_photo_that_is_kept() {
    let facts = facts(&sample::jpeg_with_block(
        40,
        30,
        Some(b"not a TIFF header at all"),
    ));
    assert_eq!(codes(&facts), [ProblemCode::ExifUnreadable]);
    assert_eq!(
        facts.stored,
        Some(Size {
            width: 40,
            height: 30
        })
    );
}

#[test]
fn claims_out_of_range_are_left_out_and_named() {
    let far_north = [
        sample::text(Tag::GPSLatitudeRef, "N"),
        sample::fractions(Tag::GPSLatitude, &[(91, 1), (0, 1), (0, 1)]),
        sample::text(Tag::GPSLongitudeRef, "E"),
        sample::fractions(Tag::GPSLongitude, &[(10, 1), (0, 1), (0, 1)]),
    ];
    let no_side = &sample::place("", "E");
    let [nowhere_ref, mut nowhere, lon_ref, mut lon] = far_north.clone();
    (nowhere.value, lon.value) = (
        sample::fractions(Tag::GPSLatitude, &[(0, 1), (0, 1), (0, 1)]).value,
        sample::fractions(Tag::GPSLongitude, &[(0, 1), (0, 1), (0, 1)]).value,
    );
    let cases: [(&[Field], ProblemCode); 6] = [
        (&far_north, ProblemCode::GpsOutOfRange),
        (no_side, ProblemCode::GpsUnreadable),
        (
            &[nowhere_ref, nowhere, lon_ref, lon],
            ProblemCode::GpsAtZero,
        ),
        (
            &[sample::short(Tag::Orientation, 9)],
            ProblemCode::BadOrientation,
        ),
        (
            &[sample::text(Tag::DateTimeOriginal, "2025:13:01 14:03:22")],
            ProblemCode::TimeUnreadable,
        ),
        (
            &[sample::fractions(
                Tag::GPSTimeStamp,
                &[(25, 1), (0, 1), (0, 1)],
            )],
            ProblemCode::GpsOutOfRange,
        ),
    ];
    for (fields, code) in cases {
        assert_eq!(codes(&with_fields(fields)), [code], "{fields:?}");
    }
    let unset = with_fields(&[sample::text(Tag::DateTimeOriginal, "0000:00:00 00:00:00")]);
    assert_eq!((codes(&unset), unset.claims.taken_at), (vec![], None));
}

#[test]
fn a_cut_jpeg_is_kept_with_the_problem_truncated() {
    let whole = sample::jpeg(200, 150, &sample::place("N", "E"));
    for len in [whole.len() - 2, whole.len() - 200, whole.len() / 2, 30, 3] {
        let facts = facts(&whole[..len]);
        assert!(
            codes(&facts).contains(&ProblemCode::Truncated),
            "{len}: {facts:?}"
        );
        assert_eq!(facts.digest, Digest::of(&whole[..len]));
    }
}

#[test]
fn a_foreign_marker_inside_the_scan_is_damage() {
    let mut bytes = sample::jpeg(200, 150, &[]);
    let at = bytes.len() - 100;
    bytes[at..at + 2].copy_from_slice(&[0xFF, 0x9F]);
    assert_eq!(codes(&facts(&bytes)), [ProblemCode::Damaged]);
}

#[test]
fn bytes_after_the_end_of_the_picture_do_no_harm() {
    let mut bytes = sample::jpeg(40, 30, &[]);
    bytes.extend_from_slice(b"a motion photo's film follows");
    assert_eq!(codes(&facts(&bytes)), []);
}

#[test]
fn each_kind_is_told_from_its_bytes_and_measured() {
    let rgb = image::RgbImage::from_raw(40, 30, sample::quarters(40, 30)).unwrap();
    let write = |format| {
        let mut bytes = Cursor::new(Vec::new());
        rgb.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let block = sample::exif(&sample::place("N", "E"));
    let cases = [
        (sample::jpeg(40, 30, &[]), MediaType::Jpeg),
        (write(image::ImageFormat::Png), MediaType::Png),
        (write(image::ImageFormat::WebP), MediaType::Webp),
        (sample::heif(b"heic", 0, &block), MediaType::Heic),
        (sample::heif(b"mif1", 0, &block), MediaType::Heif),
    ];
    for (bytes, kind) in cases {
        let facts = facts(&bytes);
        assert_eq!(
            (facts.media_type, facts.stored),
            (
                kind,
                Some(Size {
                    width: 40,
                    height: 30
                })
            )
        );
        assert_eq!(codes(&facts), [], "{kind:?}");
        let cut = self::facts(&bytes[..bytes.len() - 20]);
        assert!(codes(&cut).contains(&ProblemCode::Truncated), "{kind:?}");
        assert_eq!(MediaType::from_mime(kind.mime()), Some(kind));
    }
}

#[test]
fn heif_turns_by_its_boxes_and_claims_by_its_exif() {
    let mut fields = sample::place("N", "E");
    fields.push(sample::short(Tag::Orientation, 6));
    let facts = facts(&sample::heif(b"heic", 3, &sample::exif(&fields)));
    assert_eq!(
        facts.displayed,
        Some(Size {
            width: 30,
            height: 40
        })
    );
    assert!(facts.claims.place.is_some());
    assert_eq!(facts.orientation, Some(6));
}

#[test]
fn what_is_no_photo_is_refused_with_its_reason() {
    let refuse = |bytes: &[u8]| examine(&mut Cursor::new(bytes)).unwrap_err();
    assert_eq!(refuse(b""), ExamineError::Empty);
    for bytes in [
        b"%PDF-1.7".as_slice(),
        b"\xFF\xD8",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
    ] {
        assert_eq!(refuse(bytes), ExamineError::NotAPhoto);
    }
    let error = examine(&mut Endless { at: 0 }).unwrap_err();
    assert_eq!(
        error,
        ExamineError::TooLarge {
            len: MAX_PHOTO_BYTES + 1,
            limit: MAX_PHOTO_BYTES
        }
    );
}

/// A file that is one byte too long and holds nothing but a claim to be a JPEG.
struct Endless {
    at: u64,
}

impl Read for Endless {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("nobody should read a file of this length"))
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(_) | SeekFrom::Current(_) => MAX_PHOTO_BYTES + 1,
        };
        Ok(self.at)
    }
}

#[test]
fn every_problem_has_a_word_of_its_own() {
    for code in ProblemCode::ALL {
        assert_eq!(ProblemCode::from_code(code.code()), Some(*code));
    }
    assert_eq!(ProblemCode::from_code("fine"), None);
}

/// 2,000 damaged copies; whatever happens, it is an answer and not a panic.
#[test]
fn no_damage_to_the_bytes_makes_it_panic() {
    let mut fields = sample::place("N", "E");
    fields.extend(sample::times("2008:10:22", [(14, 1), (27, 1), (7, 1)]));
    fields.push(sample::short(Tag::Orientation, 6));
    let block = sample::exif(&fields);
    let rgb = image::RgbImage::from_raw(48, 36, sample::quarters(48, 36)).unwrap();
    let mut png = Cursor::new(Vec::new());
    rgb.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let grey = sample::encode(&[90; 48 * 36], 48, 36, ColorType::Luma, None);
    let sources = [
        sample::jpeg(48, 36, &fields),
        sample::heif(b"heic", 1, &block),
        png.into_inner(),
        grey,
    ];
    let mut random = 0x1234_5678_9ABC_DEF1_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    for case in 0..2_000 {
        // Most of the cases go to the JPEG, whose metadata and scan are both read here.
        let mut bytes = sources[if case % 2 == 0 { 0 } else { next(4) }].clone();
        for _ in 0..=next(6) {
            let at = if next(3) == 0 {
                next(bytes.len())
            } else {
                next(bytes.len().min(900))
            };
            bytes[at] = u8::try_from(next(256)).unwrap();
        }
        if next(10) == 0 {
            bytes.truncate(next(bytes.len()) + 1);
        }
        if let Ok(facts) = examine(&mut Cursor::new(&bytes)) {
            let _made = thumbnail(&bytes, &facts, None);
        }
    }
}
