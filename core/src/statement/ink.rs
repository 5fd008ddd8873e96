//! Ink as pictures: an SVG that keeps the strokes, and a PNG for readers that know nothing else.
//!
//! Pure over the strokes of a signature, which may come from anybody: points are clamped to the
//! screen, and the picture is at most [`MAX_SIDE`] pixels wide and high.

use std::fmt::Write as _;

use image::{GrayImage, ImageFormat, Luma};

use super::signature::{Point, SignatureBody, Stroke};

/// Longest side of the picture in pixels.
pub const MAX_SIDE: u32 = 1_600;
const PAPER: u8 = 255;
const INK: u8 = 20;

/// The screen's size, within reason.
fn size(signature: &SignatureBody) -> (u32, u32) {
    let (width, height) = signature.screen;
    (width.clamp(1, MAX_SIDE), height.clamp(1, MAX_SIDE))
}

/// Half the width of the line, in pixels: what the pressure says, or a plain pen.
fn radius(point: &Point) -> u32 {
    match point.pressure {
        0 => 2,
        pressure => 1 + u32::from(pressure.min(1_000)) / 334,
    }
}

/// The strokes as an SVG picture.
pub fn svg(signature: &SignatureBody) -> String {
    let (width, height) = size(signature);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" fill=\"none\" stroke=\"black\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n"
    );
    for Stroke(points) in &signature.strokes {
        let Some(first) = points.first() else {
            continue;
        };
        let (x, y) = clamped(first, (width, height));
        let widest = points.iter().map(radius).max().unwrap_or(2) * 2;
        // Writing to a String cannot fail.
        let _infallible = write!(text, "<path stroke-width=\"{widest}\" d=\"M{x} {y}");
        for point in points {
            let (x, y) = clamped(point, (width, height));
            let _infallible = write!(text, " L{x} {y}");
        }
        text.push_str("\"/>\n");
    }
    text.push_str("</svg>\n");
    text
}

/// The strokes as a PNG picture.
///
/// # Errors
/// As the encoder fails.
pub fn png(signature: &SignatureBody) -> Result<Vec<u8>, image::ImageError> {
    let (width, height) = size(signature);
    let mut picture = GrayImage::from_pixel(width, height, Luma([PAPER]));
    for Stroke(points) in &signature.strokes {
        let mut from = points.first();
        for to in points {
            if let Some(from) = from {
                line(&mut picture, from, to);
            }
            from = Some(to);
        }
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn clamped(point: &Point, (width, height): (u32, u32)) -> (u32, u32) {
    let within = |at: i32, side: u32| u32::try_from(at).unwrap_or(0).min(side - 1);
    (within(point.x, width), within(point.y, height))
}

/// Discs along the way from one point to the next.
fn line(picture: &mut GrayImage, from: &Point, to: &Point) {
    let size = picture.dimensions();
    let ((x0, y0), (x1, y1)) = (clamped(from, size), clamped(to, size));
    let steps = x0.abs_diff(x1).max(y0.abs_diff(y1)).max(1);
    // Both factors are at most MAX_SIDE, so the products fit.
    let between = |a: u32, b: u32, step: u32| (a * (steps - step) + b * step) / steps;
    for step in 0..=steps {
        disc(
            picture,
            (between(x0, x1, step), between(y0, y1, step)),
            radius(to),
        );
    }
}

fn disc(picture: &mut GrayImage, (x, y): (u32, u32), radius: u32) {
    for row in y.saturating_sub(radius)..=y + radius {
        for column in x.saturating_sub(radius)..=x + radius {
            let far = column.abs_diff(x).pow(2) + row.abs_diff(y).pow(2) > radius.pow(2);
            if let (false, Some(pixel)) = (far, picture.get_pixel_mut_checked(column, row)) {
                *pixel = Luma([INK]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CaseId, Digest};
    use crate::statement::Act;

    fn signature(points: Vec<(i32, i32)>, screen: (u32, u32)) -> SignatureBody {
        let point = |(x, y)| Point {
            x,
            y,
            t_ms: 0,
            pressure: 500,
        };
        SignatureBody {
            case: CaseId::from_bytes([1; 16]),
            freeze: Digest::ZERO,
            text_sha256: Digest::ZERO,
            act: Act::Signed,
            signer: String::new(),
            consent: String::new(),
            strokes: vec![Stroke(points.into_iter().map(point).collect())],
            screen,
            place: None,
            nonce: [0; 16].into(),
            id_no: None,
            relation: None,
            reason: None,
        }
    }

    #[test]
    fn a_stroke_is_drawn_where_the_pen_was() {
        let ink = signature(vec![(10, 10), (90, 10)], (100, 50));
        let picture = image::load_from_memory(&png(&ink).unwrap())
            .unwrap()
            .to_luma8();
        assert_eq!(picture.dimensions(), (100, 50));
        assert_eq!(
            (picture.get_pixel(50, 10).0, picture.get_pixel(50, 30).0),
            ([INK], [PAPER])
        );
        assert!(svg(&ink).contains("M10 10 L10 10 L90 10"));
    }

    #[test]
    fn ink_off_the_screen_costs_nothing() {
        let ink = signature(vec![(i32::MIN, i32::MAX), (i32::MAX, 0)], (u32::MAX, 0));
        assert!(png(&ink).unwrap().len() < 100_000);
        assert!(svg(&ink).contains("viewBox=\"0 0 1600 1\""));
    }
}
