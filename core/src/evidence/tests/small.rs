//! The thumbnail: upright, small, in the right colours, and refused where it must be.

use super::sample::{self, BLUE, GREEN, RED, WHITE};
use super::*;

/// The colours in the middle of the four quarters: upper left and right, lower left and right.
pub(super) fn corners(thumbnail: &SmallPicture) -> [[u8; 3]; 4] {
    let picture = image::load_from_memory(&thumbnail.jpeg)
        .unwrap()
        .into_rgb8();
    assert_eq!(
        (picture.width(), picture.height()),
        (thumbnail.size.width, thumbnail.size.height)
    );
    let (w, h) = picture.dimensions();
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| picture.get_pixel(w * x / 4, h * y / 4).0)
}

pub(super) fn close(got: [[u8; 3]; 4], wanted: [[u8; 3]; 4]) -> bool {
    got.as_flattened()
        .iter()
        .zip(wanted.as_flattened())
        .all(|(a, b)| a.abs_diff(*b) <= 12)
}

fn make(bytes: &[u8]) -> Result<SmallPicture, Problem> {
    thumbnail(bytes, &facts(bytes), None)
}

#[test]
fn a_thumbnail_is_upright_for_every_orientation() {
    let expected = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    for (orientation, wanted) in (1..).zip(expected) {
        let bytes = sample::jpeg(1200, 800, &[sample::short(Tag::Orientation, orientation)]);
        let made = make(&bytes).unwrap();
        let size = Size {
            width: 512,
            height: 341,
        };
        assert_eq!(
            made.size,
            if orientation >= 5 {
                size.turned()
            } else {
                size
            }
        );
        assert!(
            close(corners(&made), wanted),
            "{orientation}: {:?}",
            corners(&made)
        );
    }
}

#[test]
fn a_thumbnail_carries_no_exif() {
    let made = make(&sample::jpeg(1200, 800, &sample::place("N", "E"))).unwrap();
    assert!(facts(&made.jpeg).claims.place.is_none());
    assert!(!made.jpeg.windows(4).any(|window| window == b"Exif"));
}

#[test]
fn a_small_photo_is_not_enlarged() {
    assert_eq!(
        make(&sample::jpeg(40, 30, &[])).unwrap().size,
        Size {
            width: 40,
            height: 30
        }
    );
    assert_eq!(
        make(&sample::jpeg(511, 1, &[])).unwrap().size,
        Size {
            width: 511,
            height: 1
        }
    );
    assert_eq!(
        make(&sample::jpeg(4088, 3066, &[])).unwrap().size,
        Size {
            width: 512,
            height: 384
        }
    );
}

#[test]
fn grey_and_printing_inks_keep_their_look() {
    let grey = sample::encode(&[90; 64 * 64], 64, 64, ColorType::Luma, None);
    assert!(close(corners(&make(&grey).unwrap()), [[90; 3]; 4]));
    let inks: Vec<u8> = sample::quarters(64, 64)
        .chunks(3)
        .flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0])
        .collect();
    for colour in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let bytes = sample::encode(&inks, 64, 64, colour, None);
        let made = make(&bytes).unwrap();
        assert!(
            close(corners(&made), [RED, GREEN, BLUE, WHITE]),
            "{colour:?} {:?}",
            corners(&made)
        );
    }
}

#[test]
fn png_and_webp_are_decoded_and_clear_pixels_are_white() {
    let mut picture = image::RgbaImage::new(600, 400);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let [r, g, b] = if x < 300 { RED } else { BLUE };
        *pixel = image::Rgba([r, g, b, if y < 200 { 255 } else { 0 }]);
    }
    for format in [image::ImageFormat::Png, image::ImageFormat::WebP] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        let made = make(&bytes.into_inner()).unwrap();
        assert_eq!(
            made.size,
            Size {
                width: 512,
                height: 341
            }
        );
        assert!(
            close(corners(&made), [RED, BLUE, [255; 3], [255; 3]]),
            "{format:?} {:?}",
            corners(&made)
        );
    }
}

#[test]
fn a_header_of_a_billion_pixels_is_refused_before_any_is_allocated() {
    let mut bytes = sample::jpeg(64, 48, &[]);
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let facts = facts(&bytes);
    assert_eq!(
        facts.stored,
        Some(Size {
            width: 30_000,
            height: 30_000
        })
    );
    assert_eq!(codes(&facts), [ProblemCode::PixelsTooMany]);
    assert_eq!(
        thumbnail(&bytes, &facts, None).unwrap_err().code,
        ProblemCode::PixelsTooMany
    );
    // Facts of another photo do not lift the limit.
    let other = self::facts(&sample::jpeg(64, 48, &[]));
    assert_eq!(
        thumbnail(&bytes, &other, None).unwrap_err().code,
        ProblemCode::PixelsTooMany
    );
}

#[test]
fn a_cut_photo_shows_what_is_left_of_it() {
    let whole = sample::jpeg(1200, 800, &[]);
    let cut = &whole[..whole.len() * 3 / 4];
    let [upper_left, upper_right, ..] = corners(&make(cut).unwrap());
    assert!(close(
        [upper_left, upper_right, RED, RED],
        [RED, GREEN, RED, RED]
    ));
    assert_eq!(
        make(&whole[..200]).unwrap_err().code,
        ProblemCode::ThumbnailFailed
    );
}

#[test]
fn heif_shows_its_embedded_picture_or_says_that_it_has_none() {
    let without = sample::heif(b"heic", 0, &sample::exif(&sample::place("N", "E")));
    assert_eq!(make(&without).unwrap_err().code, ProblemCode::NoPreview);

    let small = sample::jpeg(160, 120, &[]);
    let turned = sample::short(Tag::Orientation, 6);
    let mut writer = exif::experimental::Writer::new();
    writer.push_field(&turned);
    writer.set_jpeg(&small, exif::In::THUMBNAIL);
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    let made = make(&sample::heif(b"heic", 3, &block.into_inner())).unwrap();
    assert!(
        close(corners(&made), [BLUE, RED, WHITE, GREEN]),
        "{:?}",
        corners(&made)
    );
}
