//! The ground: soil, hailstones on it, and the ruler that somebody laid beside them.
//!
//! The canvas comes from `scene`. The ruler is what makes such a photo evidence: stones can be
//! counted in centimetres.
#![expect(clippy::cast_precision_loss, reason = "drawing: counts become places")]

use super::canvas::{Canvas, Colour, Point, lit, mix, ramp};

const SOIL: Colour = [122.0, 98.0, 72.0];
const STRAW: Colour = [186.0, 164.0, 112.0];
const ICE: Colour = [226.0, 234.0, 240.0];
const RULER: Colour = [232.0, 204.0, 92.0];
const INK: Colour = [34.0, 30.0, 28.0];

/// Bare soil with pebbles' light and shade, seen from above.
pub(super) fn soil(canvas: &Canvas, x: f32, y: f32) -> Colour {
    let broad = canvas.noise(x * 0.7, y * 0.7);
    let fine = canvas.noise(x * 4.3, y * 4.3);
    let relief = canvas.relief(x * 4.3, y * 4.3);
    let dry = canvas.noise(x * 0.41 + 0.2, y * 0.47) * 0.7 + fine * 0.3;
    let base = mix(SOIL, lit(STRAW, 0.9), ramp(0.5, 0.85, dry) * 0.5);
    lit(base, 0.62 + 0.5 * broad + 2.2 * relief)
}

/// One hailstone: milky ice with a clear rim, its shadow to the lower right.
pub(super) fn hailstone(canvas: &mut Canvas, (x, y): Point, radius: f32, key: u64) {
    canvas.shadow(
        (x + radius * 0.35, y + radius * 0.45),
        (radius * 1.5, radius * 1.25),
        [28.0, 24.0, 22.0],
        0.75,
    );
    let squash = 0.78 + 0.22 * canvas.chance(key + 3);
    let turn = canvas.chance(key + 7);
    canvas.ellipse((x, y), (radius, radius * squash), |canvas, u, v| {
        let away = (u * u + v * v).sqrt();
        let light = 1.02 - 0.36 * ramp(-0.2, 1.0, u * 0.5 + v * 0.8);
        let ring = 1.0 - 0.1 * ((away * 9.0 + turn * 6.0).sin() * 0.5 + 0.5);
        let milk = 0.86 + 0.22 * canvas.noise(u * 0.21 + turn, v * 0.21);
        let glint =
            90.0 * (1.0 - ramp(0.0, 0.28, ((u + 0.38).powi(2) + (v + 0.42).powi(2)).sqrt()));
        let ice = lit(ICE, light * ring * milk).map(|part| (part + glint).min(255.0));
        (
            mix(ice, [150.0, 158.0, 166.0], ramp(0.8, 1.0, away) * 0.6),
            0.97,
        )
    });
}

/// The whole frame: soil, stones, ruler.
pub(super) fn draw(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    canvas.fill(soil);
    for blade in 0..90_u64 {
        let (x, y) = (
            aspect * canvas.chance(blade * 5 + 9),
            canvas.chance(blade * 5 + 10),
        );
        let (dx, dy) = (
            0.09 * (canvas.chance(blade * 5 + 11) - 0.5),
            0.07 * (canvas.chance(blade * 5 + 12) - 0.5),
        );
        let colour = lit(STRAW, 0.6 + 0.5 * canvas.chance(blade * 5 + 13));
        canvas.stroke(&[((x, y), 0.004), ((x + dx, y + dy), 0.002)], colour, 0.8);
    }
    for stone in 0..46_u64 {
        let key = 500 + stone * 8;
        let radius = 0.012 + 0.05 * canvas.chance(key).powi(2);
        let y = canvas.chance(key + 2);
        // The ruler's strip stays free.
        if (0.60..0.90).contains(&y) {
            continue;
        }
        hailstone(canvas, (aspect * canvas.chance(key + 1), y), radius, key);
    }
    ruler(canvas, aspect);
    for (index, radius) in [0.052, 0.041, 0.062, 0.035].into_iter().enumerate() {
        let x = aspect * (0.2 + 0.19 * index as f32);
        hailstone(
            canvas,
            (x, 0.655 - radius * 0.6),
            radius,
            900 + index as u64 * 8,
        );
    }
}

fn ruler(canvas: &mut Canvas, aspect: f32) {
    let (left, right, top, bottom) = (aspect * 0.07, aspect * 0.95, 0.70, 0.80);
    // Laid down by hand: one end a little lower.
    let tilt = |x: f32| (x - left) * 0.012;
    let box_at = |dy: f32| {
        [
            (left, top + dy),
            (right, top + tilt(right) + dy),
            (right, bottom + tilt(right) + dy),
            (left, bottom + dy),
        ]
    };
    canvas.polygon(&box_at(0.012), |_, _, _| [44.0, 35.0, 27.0]);
    canvas.polygon(&box_at(0.0), |canvas, x, y| {
        lit(RULER, 0.9 + 0.12 * canvas.noise(x * 0.2, y * 3.0))
    });
    // Thirty centimetres, millimetre by millimetre.
    let millimetre = (right - left) / 306.0;
    for mark in 0..=300_u16 {
        let x = left + millimetre * (f32::from(mark) + 3.0);
        let length = if mark % 10 == 0 {
            0.036
        } else if mark % 5 == 0 {
            0.026
        } else {
            0.017
        };
        let start = top + tilt(x) + 0.002;
        canvas.stroke(
            &[((x, start), 0.0014), ((x, start + length), 0.0014)],
            INK,
            0.9,
        );
        if mark % 10 == 0 && mark < 300 {
            number(canvas, mark / 10, (x - 0.008, start + 0.046));
        }
    }
}

/// Seven strokes make any digit: top, middle, bottom, upper left and right, lower left and right.
const DIGITS: [[u8; 7]; 10] = [
    [1, 0, 1, 1, 1, 1, 1],
    [0, 0, 0, 0, 1, 0, 1],
    [1, 1, 1, 0, 1, 1, 0],
    [1, 1, 1, 0, 1, 0, 1],
    [0, 1, 0, 1, 1, 0, 1],
    [1, 1, 1, 1, 0, 0, 1],
    [1, 1, 1, 1, 0, 1, 1],
    [1, 0, 0, 0, 1, 0, 1],
    [1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 0, 1],
];

fn number(canvas: &mut Canvas, number: u16, (mut x, y): Point) {
    const W: f32 = 0.010;
    const H: f32 = 0.018;
    for digit in number.to_string().bytes() {
        let strokes = DIGITS
            .get(usize::from(digit - b'0'))
            .copied()
            .unwrap_or_default();
        let ends = [
            ((0.0, 0.0), (W, 0.0)),
            ((0.0, H / 2.0), (W, H / 2.0)),
            ((0.0, H), (W, H)),
            ((0.0, 0.0), (0.0, H / 2.0)),
            ((W, 0.0), (W, H / 2.0)),
            ((0.0, H / 2.0), (0.0, H)),
            ((W, H / 2.0), (W, H)),
        ];
        for (on, ((x1, y1), (x2, y2))) in strokes.into_iter().zip(ends) {
            if on == 1 {
                canvas.stroke(
                    &[((x + x1, y + y1), 0.0025), ((x + x2, y + y2), 0.0025)],
                    INK,
                    0.95,
                );
            }
        }
        x += W * 1.5;
    }
}
