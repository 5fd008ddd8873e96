//! Clay tiles: the close-up of a roof that hail went through, and the tiles of the house's roof.
//!
//! The canvas comes from `scene`. A tile is a half-round of clay, lit from the left, with a shadow
//! where the next row lies over it.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "drawing: places become grid cells"
)]

use super::canvas::{Canvas, Colour, Point, lit, mix, ramp};

const CLAY: Colour = [158.0, 84.0, 58.0];
const GREY_CLAY: Colour = [118.0, 104.0, 96.0];
const HOLE: Colour = [26.0, 20.0, 17.0];
const BATTEN: Colour = [122.0, 92.0, 60.0];

/// The colour of a tiled roof at tile coordinates `u` across and `v` down the slope.
///
/// `broken` is the share of tiles that hail took.
pub(super) fn tiles(canvas: &Canvas, u: f32, v: f32, broken: f32) -> Colour {
    let (column, row) = (u.floor(), v.floor());
    let (across, down) = (u - column, v - row);
    let chance = canvas.chance_at(column as i32, row as i32);
    if chance < broken {
        // Under a lost tile: the dark attic, and the batten that held it.
        let depth = mix(HOLE, lit(HOLE, 1.8), canvas.noise(u * 0.31, v * 0.27));
        return if (0.42..0.58).contains(&down) {
            lit(BATTEN, 0.55 + across * 0.3)
        } else {
            depth
        };
    }
    let round = (across * std::f32::consts::PI).sin();
    let side = 0.62 + 0.38 * round + 0.14 * (0.5 - across);
    let overlap = 1.0 - 0.5 * ramp(0.82, 1.0, down) + 0.12 * (1.0 - ramp(0.0, 0.12, down));
    let tint = mix(
        CLAY,
        GREY_CLAY,
        canvas.chance_at(row as i32, column as i32) * 0.7,
    );
    let weather =
        0.72 + 0.5 * canvas.noise(u * 0.13 + 0.3, v * 0.11) + 0.14 * canvas.noise(u * 1.7, v * 1.9);
    lit(tint, side * overlap * weather)
}

/// The whole frame: tiles from close by, with holes and stones that still lie there.
pub(super) fn draw(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    canvas.fill(|canvas, x, y| {
        let (u, v) = slope(x - aspect / 2.0, y);
        tiles(canvas, u, v, 0.012)
    });
    let holes = if canvas.chance(1) < 0.5 { 4_u64 } else { 5 };
    for hole in 0..holes {
        let key = hole * 16 + 100;
        let place = (hole as f32 + 0.5) / holes as f32;
        let centre = (
            aspect * (0.1 + 0.8 * place),
            0.22 + 0.6 * canvas.chance(key + 1),
        );
        break_through(canvas, centre, 0.07 + 0.08 * canvas.chance(key + 2), key);
    }
    for stone in 0..26 {
        let key = 2000 + stone * 4;
        let y = 0.08 + 0.9 * canvas.chance(key);
        let radius = (0.008 + 0.012 * canvas.chance(key + 1)) * (0.5 + y);
        super::ground::hailstone(canvas, (aspect * canvas.chance(key + 2), y), radius, key);
    }
}

/// Tile coordinates under a place of the close-up: further rows are smaller.
fn slope(x: f32, y: f32) -> (f32, f32) {
    let near = 0.55 + y * 0.75;
    (
        x * 9.0 / near + 400.0,
        11.0 * (1.0 + near).ln() * 1.9 + 40.0,
    )
}

fn break_through(canvas: &mut Canvas, (cx, cy): Point, radius: f32, key: u64) {
    canvas.shadow(
        (cx, cy),
        (radius * 1.5, radius * 1.3),
        [30.0, 22.0, 18.0],
        0.5,
    );
    canvas.ellipse((cx, cy), (radius * 1.2, radius), |canvas, u, v| {
        let away = (u * u + v * v).sqrt();
        let edge = 0.66 + 0.75 * (canvas.rim(u, v, key + 3) - 0.5);
        let clay = lit([206.0, 138.0, 104.0], 0.7 + 0.5 * canvas.noise(u, v));
        if away > edge {
            return (clay, 0.0);
        }
        if away > edge - 0.02 - 0.09 * canvas.noise(u * 1.3, v * 1.3) {
            return (clay, 0.95);
        }
        let inside = lit(
            HOLE,
            0.5 + 1.1 * canvas.noise(u * 0.5 + 0.2, v * 0.5) + 0.5 * ramp(-0.2, 0.9, v),
        );
        let batten = ((v * 2.2 + 0.15 * u).fract().abs() - 0.5).abs() < 0.12;
        let rafter = (u * 1.1 + 0.6).fract().abs() < 0.16;
        let wood = lit(
            BATTEN,
            0.4 + 0.35 * canvas.noise(u * 0.9, v * 6.0) + 0.2 * ramp(-1.0, 1.0, v),
        );
        (if batten || rafter { wood } else { inside }, 1.0)
    });
    for shard in 0..9_u64 {
        let angle = canvas.chance(key + 20 + shard) * std::f32::consts::TAU;
        let away = radius * (0.95 + 0.7 * canvas.chance(key + 40 + shard));
        let (x, y) = (cx + away * angle.cos() * 1.2, cy + away * angle.sin());
        chip(
            canvas,
            (x, y),
            radius * (0.08 + 0.1 * canvas.chance(key + 60 + shard)),
            key + shard * 7,
        );
    }
}

/// A shard of clay that lies about.
pub(super) fn chip(canvas: &mut Canvas, (x, y): Point, size: f32, key: u64) {
    canvas.shadow(
        (x + size * 0.3, y + size * 0.5),
        (size * 1.5, size * 1.1),
        [20.0, 15.0, 12.0],
        0.6,
    );
    let corner = |canvas: &Canvas, index: u64, angle: f32| {
        let away = size * (0.6 + 0.7 * canvas.chance(key * 11 + index));
        (x + away * angle.cos() * 1.3, y + away * angle.sin() * 0.9)
    };
    let corners = [0_u64, 1, 2, 3, 4].map(|index| corner(canvas, index, index as f32 * 1.2566));
    let light = 0.75 + 0.5 * canvas.chance(key * 13);
    canvas.polygon(&corners, |canvas, px, py| {
        lit(CLAY, light * (0.7 + 0.6 * canvas.noise(px * 3.0, py * 3.0)))
    });
}
