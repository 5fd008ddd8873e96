//! The scaled decoder agrees with a full decoder whose picture is made smaller afterwards.

use jpeg_encoder::{Encoder, SamplingFactor};

use super::super::scaled;
use super::sample::{self, BLUE, GREEN, RED, WHITE};
use super::*;

/// Soft waves in three colours: nothing in them is finer than a block.
fn waves(width: u16, height: u16) -> Vec<u8> {
    let wave = |at: f64| (127.0 + 110.0 * at.sin()).round();
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (f64::from(x), f64::from(y));
            for level in [
                wave(x / 31.0 + y / 57.0),
                wave(y / 43.0),
                wave(x / 71.0 - y / 37.0),
            ] {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "17 to 237"
                )]
                rgb.push(level as u8);
            }
        }
    }
    rgb
}

fn coded(size: (u16, u16), set: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    set(&mut encoder);
    encoder
        .encode(&waves(size.0, size.1), size.0, size.1, ColorType::Rgb)
        .unwrap();
    bytes
}

/// The mean difference between the first plane and the full picture's brightness, block by block.
fn difference(bytes: &[u8], long: usize, points: usize) -> f64 {
    let scaled = scaled::decode(bytes, long).unwrap();
    assert!(scaled.is_whole);
    let full = image::load_from_memory(bytes).unwrap().into_rgb8();
    let step = 8 / u32::try_from(points).unwrap();
    let plane = &scaled.planes[0];
    let (columns, rows) = (full.width() / step, full.height() / step);
    let mut sum = 0.0;
    for y in 0..rows {
        for x in 0..columns {
            let mut mean = 0.0;
            for (dx, dy) in (0..step * step).map(|place| (place % step, place / step)) {
                let [r, g, b] = full
                    .get_pixel(x * step + dx, y * step + dy)
                    .0
                    .map(f64::from);
                mean += 0.299 * r + 0.587 * g + 0.114 * b;
            }
            let ours = plane.bytes[y as usize * plane.stride + x as usize];
            sum += (f64::from(ours) - mean / f64::from(step * step)).abs();
        }
    }
    sum / f64::from(columns * rows)
}

#[test]
fn each_scale_and_sampling_agrees_with_a_full_decoder() {
    let kinds: [(&str, SamplingFactor); 5] = [
        ("4:4:4", SamplingFactor::F_1_1),
        ("4:2:2", SamplingFactor::F_2_1),
        ("4:4:0", SamplingFactor::F_1_2),
        ("4:2:0", SamplingFactor::F_2_2),
        ("4:1:1", SamplingFactor::F_4_1),
    ];
    for (name, sampling) in kinds {
        // Neither side is a multiple of a block, so the last blocks hang over.
        let bytes = coded((613, 421), |encoder| encoder.set_sampling_factor(sampling));
        for (long, points) in [(70, 1), (150, 2), (300, 4)] {
            let difference = difference(&bytes, long, points);
            assert!(difference < 1.6, "{name} {points}/8: {difference}");
        }
    }
}

#[test]
fn restart_markers_and_optimised_tables_change_nothing() {
    let plain = coded((400, 300), |_| {});
    let marked = coded((400, 300), |encoder| encoder.set_restart_interval(3));
    let tuned = coded((400, 300), |encoder| {
        encoder.set_optimized_huffman_tables(true)
    });
    let planes = |bytes: &[u8]| {
        let scaled = scaled::decode(bytes, 90).unwrap();
        assert!(scaled.is_whole);
        scaled
            .planes
            .into_iter()
            .map(|plane| plane.bytes)
            .collect::<Vec<_>>()
    };
    assert!(planes(&plain) == planes(&marked));
    assert!(planes(&plain) == planes(&tuned));
}

#[test]
fn behind_a_broken_stretch_the_next_restart_marker_is_found() {
    let whole = coded((400, 300), |encoder| encoder.set_restart_interval(3));
    let mut broken = whole.clone();
    let scan = whole
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap()
        + 14;
    broken[scan + 40..scan + 60].fill(0xAA);
    let (good, bad) = (
        scaled::decode(&whole, 90).unwrap(),
        scaled::decode(&broken, 90).unwrap(),
    );
    let [good, bad] = [good, bad].map(|scaled| scaled.planes[0].bytes.clone());
    let half = good.len() / 2;
    assert!(good[half..] == bad[half..], "the lower half is another");
    assert!(good[..half] != bad[..half], "nothing was broken");
}

#[test]
fn pictures_for_other_decoders_are_left_to_them() {
    let progressive = coded((800, 600), |encoder| encoder.set_progressive(true));
    assert!(scaled::decode(&progressive, 90).is_err());
    assert!(scaled::decode(&coded((200, 150), |_| {}), 128).is_err());
    let facts = facts(&progressive);
    let made = thumbnail(&progressive, &facts, None).unwrap();
    assert_eq!(
        (made.size, made.problem),
        (
            Size {
                width: 512,
                height: 384
            },
            None
        )
    );
}

#[test]
fn coefficients_are_counted_from_the_header() {
    let bytes = coded((800, 600), |encoder| {
        encoder.set_progressive(true);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
    });
    // 50 groups by 38, six blocks each, 64 coefficients of two bytes.
    assert_eq!(scaled::coefficient_bytes(&bytes), Some(50 * 38 * 6 * 128));
}

/// A picture in several passes whose header claims 5,600 by 4,200 pixels of full colour.
#[test]
fn a_picture_that_needs_too_much_memory_shows_its_embedded_one_and_says_so() {
    let mut writer = exif::experimental::Writer::new();
    let orientation = sample::short(Tag::Orientation, 1);
    writer.push_field(&orientation);
    let small = sample::jpeg(160, 120, &[]);
    writer.set_jpeg(&small, exif::In::THUMBNAIL);
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, true).unwrap();
    let coded = |block: Option<&[u8]>| {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 90);
        encoder.set_progressive(true);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
        block
            .into_iter()
            .for_each(|block| encoder.add_exif_metadata(block).unwrap());
        encoder
            .encode(&sample::quarters(64, 48), 64, 48, ColorType::Rgb)
            .unwrap();
        let frame = bytes
            .windows(2)
            .rposition(|pair| pair == [0xFF, 0xC2])
            .unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0x10, 0x68, 0x15, 0xE0]);
        bytes
    };
    let bytes = coded(Some(&block.into_inner()));
    let made = thumbnail(&bytes, &facts(&bytes), None).unwrap();
    assert_eq!(
        made.problem.map(|problem| problem.code),
        Some(ProblemCode::ThumbnailEmbedded)
    );
    assert_eq!(
        made.size,
        Size {
            width: 160,
            height: 120
        }
    );
    let bare = coded(None);
    let refused = thumbnail(&bare, &facts(&bare), None).unwrap_err();
    assert_eq!(refused.code, ProblemCode::PixelsTooMany);
}

struct Phone;

impl PictureDecoder for Phone {
    fn decode(&self, _: &[u8], kind: MediaType, _: u32) -> Option<HostPicture> {
        (kind == MediaType::Heic).then(|| HostPicture {
            size: Size {
                width: 600,
                height: 400,
            },
            rgb: sample::quarters(600, 400),
        })
    }
}

#[test]
fn the_phone_decodes_what_only_it_can() {
    let bytes = sample::heif(b"heic", 1, &sample::exif(&sample::place("N", "E")));
    let made = thumbnail(&bytes, &facts(&bytes), Some(&Phone)).unwrap();
    assert_eq!(
        made.size,
        Size {
            width: 512,
            height: 341
        }
    );
    assert!(small::close(
        small::corners(&made),
        [RED, GREEN, BLUE, WHITE]
    ));
}

#[test]
fn a_preview_is_larger_and_upright() {
    let bytes = sample::jpeg(4000, 3000, &[sample::short(Tag::Orientation, 6)]);
    let made = preview(&bytes, &facts(&bytes), None).unwrap();
    assert_eq!(
        made.size,
        Size {
            width: 1200,
            height: 1600
        }
    );
    assert!(small::close(
        small::corners(&made),
        [BLUE, RED, WHITE, GREEN]
    ));
}
