//! A village house after hail: sky, hills, adobe walls, a tiled roof with gaps, stones in the yard.
//!
//! The canvas comes from `scene`; tiles and stones are drawn by `roof` and `ground`.

use super::canvas::{Canvas, Colour, Point, lit, mix, ramp};
use super::{ground, roof};

const ADOBE: Colour = [188.0, 152.0, 108.0];
const SKY_HIGH: Colour = [96.0, 132.0, 172.0];
const SKY_LOW: Colour = [204.0, 212.0, 214.0];
const CLOUD: Colour = [226.0, 228.0, 230.0];
const WOOD: Colour = [96.0, 58.0, 40.0];

/// Where the yard begins.
const HORIZON: f32 = 0.60;

/// The whole frame.
pub(super) fn draw(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    surroundings(canvas);
    let left = aspect * (0.16 + 0.06 * canvas.chance(3));
    let right = left + aspect * 0.66;
    walls(canvas, left, right);
    openings(canvas, left, right - left);
    roofing(canvas, left, right);
    litter(canvas, aspect);
}

/// Sky, hills and yard.
pub(super) fn surroundings(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    canvas.fill(|canvas, x, y| {
        if y < HORIZON {
            far(canvas, x, y)
        } else {
            yard(canvas, x - aspect / 2.0, y)
        }
    });
}

fn far(canvas: &Canvas, x: f32, y: f32) -> Colour {
    let near_hill = 0.40 + 0.16 * canvas.noise(x * 0.16 + 0.1, 0.2);
    let far_hill = 0.28 + 0.2 * canvas.noise(x * 0.11 + 0.6, 0.7);
    if y > near_hill {
        let grass = canvas.noise(x * 1.4, y * 2.6);
        return mix(
            lit([92.0, 108.0, 70.0], 0.7 + 0.6 * grass),
            [150.0, 146.0, 112.0],
            ramp(0.5, 0.8, grass),
        );
    }
    if y > far_hill {
        return mix(
            [112.0, 128.0, 122.0],
            [150.0, 162.0, 166.0],
            canvas.noise(x * 0.8, y * 1.2),
        );
    }
    let cloud = ramp(
        0.48,
        0.72,
        canvas.noise(x * 0.22, y * 0.5) * 0.8 + canvas.noise(x * 0.9, y * 1.6) * 0.25,
    );
    mix(
        mix(SKY_HIGH, SKY_LOW, y / 0.42),
        lit(CLOUD, 1.0 - 0.25 * cloud * y),
        cloud,
    )
}

fn yard(canvas: &Canvas, x: f32, y: f32) -> Colour {
    let depth = 0.12 / (y - HORIZON + 0.06);
    let soil = ground::soil(canvas, x * depth * 1.6 + 0.4, depth * 1.3);
    mix(
        lit(soil, 1.08),
        [134.0, 138.0, 92.0],
        ramp(0.55, 0.75, canvas.noise(x * depth * 0.5, depth * 0.7)) * 0.6,
    )
}

fn walls(canvas: &mut Canvas, left: f32, right: f32) {
    let foot = 0.80;
    canvas.shadow(
        ((left + right) / 2.0, foot),
        ((right - left) * 0.6, 0.05),
        [40.0, 34.0, 26.0],
        0.8,
    );
    let gable = [
        (left, 0.46),
        (left + 0.02, 0.44),
        (left + 0.02, foot),
        (left - 0.10, foot - 0.05),
        (left - 0.10, 0.47),
    ];
    canvas.polygon(&gable, |canvas, x, y| lit(wall(canvas, x * 1.7, y), 0.62));
    canvas.polygon(
        &[(left, 0.44), (right, 0.44), (right, foot), (left, foot)],
        |canvas, x, y| {
            // The eaves throw their shadow on the top of the wall; rain splashed its foot.
            let shade = 0.55 + 0.45 * ramp(0.50, 0.545, y);
            let damp =
                1.0 - 0.35 * ramp(0.735, 0.80, y + 0.04 * (canvas.noise(x * 0.8, 0.5) - 0.5));
            lit(wall(canvas, x, y), shade * damp)
        },
    );
}

pub(super) fn wall(canvas: &Canvas, x: f32, y: f32) -> Colour {
    let course = (y * 34.0).fract();
    let brick = (x * 11.0 + if (y * 34.0) % 2.0 < 1.0 { 0.5 } else { 0.0 }).fract();
    let joint =
        1.0 - 0.12 * (1.0 - ramp(0.0, 0.16, course)) - 0.10 * (1.0 - ramp(0.0, 0.05, brick));
    let pitted = 1.0 - 0.4 * ramp(0.70, 0.86, canvas.noise(x * 2.7, y * 2.7));
    lit(
        ADOBE,
        joint * pitted * (0.74 + 0.45 * canvas.noise(x * 0.9, y * 0.9)),
    )
}

fn openings(canvas: &mut Canvas, left: f32, width: f32) {
    let door = left + width * 0.44;
    frame(canvas, (door, 0.555), (0.13, 0.245));
    canvas.polygon(
        &rectangle((door + 0.008, 0.563), (0.114, 0.237)),
        |canvas, x, y| {
            let plank = ((x - door) * 36.0).fract();
            lit(
                WOOD,
                (0.6 + 0.5 * canvas.noise(x * 5.0, y * 0.4))
                    * (1.0 - 0.5 * (1.0 - ramp(0.0, 0.1, plank))),
            )
        },
    );
    for (pane, at) in [0.14, 0.74].into_iter().enumerate() {
        let corner = (left + width * at, 0.575);
        frame(canvas, corner, (0.16, 0.115));
        window(
            canvas,
            (corner.0 + 0.008, corner.1 + 0.008),
            (0.144, 0.099),
            40 + pane as u64 * 8,
        );
    }
}

pub(super) fn rectangle((x, y): Point, (width, height): Point) -> [Point; 4] {
    [
        (x, y),
        (x + width, y),
        (x + width, y + height),
        (x, y + height),
    ]
}

pub(super) fn frame(canvas: &mut Canvas, corner: Point, size: Point) {
    canvas.polygon(&rectangle(corner, size), |canvas, x, y| {
        lit(
            [74.0, 96.0, 104.0],
            0.8 + 0.4 * canvas.noise(x * 3.0, y * 3.0),
        )
    });
}

/// Glass with the sky in it, and a star of broken glass around where a stone went through.
pub(super) fn window(canvas: &mut Canvas, (x, y): Point, (width, height): Point, key: u64) {
    let hit = (
        x + width * (0.3 + 0.4 * canvas.chance(key)),
        y + height * (0.3 + 0.4 * canvas.chance(key + 1)),
    );
    let reach = 0.030 + 0.016 * canvas.chance(key + 2);
    canvas.polygon(&rectangle((x, y), (width, height)), |canvas, px, py| {
        let (dx, dy) = (px - hit.0, py - hit.1);
        let star = reach * (0.35 + 1.3 * canvas.rim(dx, dy, key + 4));
        if (dx * dx + dy * dy).sqrt() < star {
            return [24.0, 22.0, 22.0];
        }
        mix(
            [70.0, 88.0, 104.0],
            [168.0, 186.0, 198.0],
            canvas.noise(px * 0.6 + py * 0.8, py * 0.3),
        )
    });
    for ray in 0..7_u16 {
        let angle = f32::from(ray) * 0.9 + canvas.chance(key + 3);
        let end = (
            (hit.0 + 0.06 * angle.cos()).clamp(x, x + width),
            (hit.1 + 0.06 * angle.sin()).clamp(y, y + height),
        );
        canvas.stroke(&[(hit, 0.0012), (end, 0.0006)], [214.0, 222.0, 226.0], 0.7);
    }
    let middle = x + width / 2.0;
    canvas.stroke(
        &[((middle, y), 0.007), ((middle, y + height), 0.007)],
        [74.0, 96.0, 104.0],
        1.0,
    );
}

fn roofing(canvas: &mut Canvas, left: f32, right: f32) {
    let (eave, ridge) = (0.50, 0.25);
    let corners = [
        (left + 0.03, ridge),
        (right - 0.03, ridge),
        (right + 0.06, eave),
        (left - 0.06, eave),
    ];
    let middle = (left + right) / 2.0;
    canvas.polygon(&corners, |canvas, x, y| {
        let down = (y - ridge) / (eave - ridge);
        let spread = 0.92 + 0.16 * down;
        let u = (x - middle) / spread * 34.0 + 300.0;
        // Hail fell hardest on one side of the roof.
        let broken = 0.025 + 0.4 * ramp(0.5, 0.8, canvas.noise(x * 0.33 + 0.2, y * 0.5));
        lit(roof::tiles(canvas, u, down * 15.0, broken), 1.06)
    });
    let cap = [
        ((left + 0.03, ridge), 0.022),
        ((right - 0.03, ridge), 0.022),
    ];
    canvas.stroke(&cap, [128.0, 84.0, 66.0], 1.0);
    let edge = [((left - 0.06, eave), 0.013), ((right + 0.06, eave), 0.013)];
    canvas.stroke(&edge, [84.0, 58.0, 44.0], 1.0);
}

pub(super) fn litter(canvas: &mut Canvas, aspect: f32) {
    for shard in 0..46_u64 {
        let key = 700 + shard * 5;
        let y = 0.81 + 0.17 * canvas.chance(key).powi(2);
        let at = (aspect * (0.12 + 0.76 * canvas.chance(key + 1)), y);
        roof::chip(canvas, at, 0.004 + 0.03 * (y - 0.79), key);
    }
    for stone in 0..260_u64 {
        let key = 3000 + stone * 4;
        let y = 0.82 + 0.18 * canvas.chance(key);
        let radius = 0.0016 + (0.004 + 0.03 * canvas.chance(key + 1)) * (y - 0.79);
        ground::hailstone(canvas, (aspect * canvas.chance(key + 2), y), radius, key);
    }
}
