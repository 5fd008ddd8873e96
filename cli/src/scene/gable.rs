//! The same village house from its gable end: its sky, its adobe, its soil, another shape.
//!
//! The canvas comes from `scene`, the materials from `house`. A seed that drew a house from the
//! yard draws its end here, so the two pictures share all matter and no outline.

use super::canvas::{Canvas, Point, lit, ramp};
use super::house::{self, rectangle};
use super::{ground, roof};

/// The whole frame.
pub(super) fn draw(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    house::surroundings(canvas);
    let middle = aspect * (0.42 + 0.16 * canvas.chance(11));
    let half = 0.30 + 0.05 * canvas.chance(12);
    wall(canvas, middle, half);
    verge(canvas, middle, half);
    opening(canvas, (middle, half));
    shed(canvas, middle + half, aspect);
    house::litter(canvas, aspect);
}

const EAVE: f32 = 0.47;
const RIDGE: f32 = 0.22;
const FOOT: f32 = 0.80;

fn wall(canvas: &mut Canvas, middle: f32, half: f32) {
    canvas.shadow((middle, FOOT), (half * 1.3, 0.05), [40.0, 34.0, 26.0], 0.8);
    let corners = [
        (middle, RIDGE),
        (middle + half, EAVE),
        (middle + half, FOOT),
        (middle - half, FOOT),
        (middle - half, EAVE),
    ];
    canvas.polygon(&corners, |canvas, x, y| {
        let shade = 0.62 + 0.38 * ramp(0.0, 0.03, y - RIDGE - 0.8 * (x - middle).abs());
        lit(house::wall(canvas, x + 3.0, y), shade)
    });
}

/// The edge of the roof over the wall, tile after tile, with gaps.
fn verge(canvas: &mut Canvas, middle: f32, half: f32) {
    for side in [-1.0, 1.0] {
        let end = (middle + side * (half + 0.05), EAVE + 0.04);
        let top: Point = (middle, RIDGE - 0.02);
        canvas.polygon(
            &[top, end, (end.0, end.1 + 0.045), (top.0, top.1 + 0.05)],
            |canvas, x, y| {
                let along = (x - middle).abs() * 24.0;
                lit(
                    roof::tiles(canvas, along + 40.0 * side, y * 14.0, 0.12),
                    0.95,
                )
            },
        );
    }
}

fn opening(canvas: &mut Canvas, (middle, half): (f32, f32)) {
    let corner = (middle - half * (0.5 - 0.4 * canvas.chance(13)), 0.52);
    house::frame(canvas, corner, (0.12, 0.13));
    house::window(
        canvas,
        (corner.0 + 0.008, corner.1 + 0.008),
        (0.104, 0.114),
        60,
    );
    // A vent under the ridge.
    canvas.polygon(
        &rectangle((middle - 0.02, 0.34), (0.04, 0.05)),
        |canvas, x, y| {
            lit(
                [36.0, 30.0, 26.0],
                0.6 + 0.8 * canvas.noise(x * 4.0, y * 4.0),
            )
        },
    );
}

/// A lean-to behind the house, and the wall of the yard.
fn shed(canvas: &mut Canvas, from: f32, aspect: f32) {
    let top = 0.56 + 0.05 * canvas.chance(14);
    canvas.polygon(
        &rectangle((from, top), (aspect - from, FOOT - top)),
        |canvas, x, y| lit(house::wall(canvas, x * 1.3 + 5.0, y), 0.7),
    );
    let edge = [((from, top), 0.02), ((aspect, top - 0.01), 0.02)];
    canvas.stroke(&edge, [110.0, 74.0, 58.0], 1.0);
    for stone in 0..40_u64 {
        let key = 5_000 + stone * 4;
        let at = (
            from * canvas.chance(key),
            0.80 + 0.18 * canvas.chance(key + 1),
        );
        ground::hailstone(canvas, at, 0.003 + 0.004 * canvas.chance(key + 2), key);
    }
}
