//! Walls from close by and from inside: a crack through plaster, a room under a broken roof.
//!
//! The canvas comes from `scene`.
#![expect(clippy::cast_precision_loss, reason = "drawing: counts become places")]

use super::canvas::{Canvas, Colour, Point, lit, mix, ramp};
use super::roof;

const PLASTER: Colour = [206.0, 196.0, 176.0];
const MUD: Colour = [150.0, 118.0, 82.0];
const WOOD: Colour = [112.0, 78.0, 50.0];

fn plaster(canvas: &Canvas, x: f32, y: f32) -> Colour {
    let trowel = canvas.noise(x * 0.6, y * 1.1);
    let relief = canvas.relief(x * 3.1, y * 3.1);
    lit(PLASTER, 0.86 + 0.24 * trowel + 1.3 * relief)
}

/// A plastered wall with a stepped crack from corner to corner and a strip of plaster fallen off.
pub(super) fn draw_crack(canvas: &mut Canvas) {
    let aspect = canvas.aspect();
    canvas.fill(|canvas, x, y| {
        let stain = ramp(0.52, 0.8, canvas.noise(x * 0.35 + 0.4, y * 0.16));
        let light = 1.05 - 0.25 * x / aspect;
        mix(
            lit(plaster(canvas, x, y), light),
            [158.0, 138.0, 104.0],
            stain * 0.5,
        )
    });
    let patch = (aspect * (0.30 + 0.2 * canvas.chance(5)), 0.66);
    fallen_plaster(canvas, patch, (0.20, 0.15));
    let mut path = vec![((aspect * 0.16, -0.02), 0.004)];
    for step in 1..30_u16 {
        let y = f32::from(step) / 28.0;
        let along = aspect * (0.16 + 0.62 * y);
        let jag = 0.09 * (canvas.chance(u64::from(step) + 60) - 0.5)
            + if step % 3 == 0 { 0.025 } else { -0.02 };
        let width = 0.004
            + 0.016
                * (1.0 - (y - 0.45).abs() * 1.5).max(0.05)
                * (0.6 + canvas.chance(u64::from(step)));
        path.push(((along + jag, y), width));
    }
    crack(canvas, &path);
    for (index, &(from, width)) in path.iter().enumerate().skip(4).step_by(5) {
        branch(canvas, from, width * 0.5, 400 + index as u64 * 16);
    }
    scale_card(canvas, (aspect * 0.70, 0.30));
}

fn crack(canvas: &mut Canvas, path: &[(Point, f32)]) {
    let shifted: Vec<_> = path
        .iter()
        .map(|&((x, y), width)| ((x - width * 0.5, y), width))
        .collect();
    canvas.stroke(&shifted, [232.0, 224.0, 208.0], 0.55);
    canvas.stroke(path, [70.0, 54.0, 40.0], 0.9);
    let core: Vec<_> = path
        .iter()
        .map(|&((x, y), width)| ((x + width * 0.1, y), width * 0.55))
        .collect();
    canvas.stroke(&core, [22.0, 17.0, 14.0], 0.95);
}

fn branch(canvas: &mut Canvas, (mut x, mut y): Point, width: f32, key: u64) {
    let side = if canvas.chance(key) < 0.5 { -1.0 } else { 1.0 };
    let mut path = vec![((x, y), width)];
    for step in 1..8_u64 {
        x += side * (0.010 + 0.03 * canvas.chance(key + step));
        y += 0.05 * (canvas.chance(key + step + 50) - 0.35);
        path.push(((x, y), width * (1.0 - step as f32 / 8.0)));
    }
    crack(canvas, &path);
}

/// Where plaster came down, the mud bricks show.
fn fallen_plaster(canvas: &mut Canvas, centre: Point, radii: Point) {
    canvas.ellipse(centre, radii, |canvas, u, v| {
        let edge = 0.64 + 0.8 * (canvas.rim(u, v, 6) - 0.5);
        let away = (u * u + v * v).sqrt();
        if away > edge {
            return (PLASTER, 0.0);
        }
        let course = (v * 3.5 + 0.3).fract().abs();
        let joint = 1.0 - 0.35 * (1.0 - ramp(0.0, 0.14, course));
        let straw = ramp(0.70, 0.9, canvas.noise(u * 4.1, v * 1.3)) * 0.7;
        let mud = mix(
            lit(MUD, joint * (0.62 + 0.5 * canvas.noise(u * 0.6, v * 0.6))),
            [196.0, 170.0, 112.0],
            straw,
        );
        (lit(mud, 0.6 + 0.4 * ramp(0.0, 0.09, edge - away)), 1.0)
    });
}

/// Black and white centimetres, stuck on with tape, so that the crack can be measured.
fn scale_card(canvas: &mut Canvas, (x, y): Point) {
    let card = |from: f32, to: f32, inset: f32| {
        [
            (x + inset, y + from),
            (x + 0.05 - inset, y + from),
            (x + 0.05 - inset, y + to),
            (x + inset, y + to),
        ]
    };
    canvas.polygon(&card(0.008, 0.328, -0.006), |_, _, _| [150.0, 142.0, 126.0]);
    canvas.polygon(&card(0.0, 0.32, 0.0), |_, _, _| [242.0, 241.0, 236.0]);
    for mark in 0..10_u16 {
        let top = 0.01 + f32::from(mark) * 0.03;
        if mark % 2 == 0 {
            canvas.polygon(&card(top, top + 0.03, 0.012), |_, _, _| [26.0, 26.0, 28.0]);
        }
    }
}

/// A room seen from its door: sky through the roof, wet walls, plaster on the floor.
pub(super) fn draw_room(canvas: &mut Canvas) {
    let a = canvas.aspect();
    let (left, right, top, floor) = (a * 0.24, a * 0.78, 0.26, 0.66);
    canvas.polygon(
        &[(0.0, 0.0), (a, 0.0), (right, top), (left, top)],
        |canvas, x, y| {
            let depth = 1.0 / (1.12 - y / top * 0.6);
            let beam = ((x - a / 2.0) * 9.0 * (1.2 - y) + 40.0).fract();
            let reed = lit(
                [138.0, 116.0, 82.0],
                0.5 + 0.5 * canvas.noise(x * 0.6, y * 7.0 * depth),
            );
            lit(
                if beam < 0.16 {
                    lit(WOOD, 0.5 + beam * 4.0)
                } else {
                    reed
                },
                0.75,
            )
        },
    );
    canvas.polygon(
        &[(0.0, 0.0), (left, top), (left, floor), (0.0, 1.0)],
        |canvas, x, y| lit(wet(canvas, x * 0.8 + y * 0.2, y), 0.55 + 0.2 * x / left),
    );
    canvas.polygon(
        &[(a, 0.0), (right, top), (right, floor), (a, 1.0)],
        |canvas, x, y| {
            lit(
                wet(canvas, x * 0.9, y * 1.1),
                0.66 - 0.2 * (x - right) / (a - right),
            )
        },
    );
    canvas.polygon(
        &[(left, top), (right, top), (right, floor), (left, floor)],
        |canvas, x, y| lit(wet(canvas, x, y), 0.82),
    );
    canvas.polygon(
        &[(left, floor), (right, floor), (a, 1.0), (0.0, 1.0)],
        |canvas, x, y| {
            let depth = 0.1 / (y - floor + 0.12);
            let puddle = ramp(
                0.56,
                0.64,
                canvas.noise((x - a / 2.0) * depth + 0.3, depth * 1.3),
            );
            let earth = lit(
                [112.0, 96.0, 78.0],
                0.6 + 0.5 * canvas.noise((x - a / 2.0) * depth * 5.0, depth * 7.0),
            );
            mix(earth, [148.0, 154.0, 158.0], puddle * 0.6)
        },
    );
    sky_hole(canvas, (a * (0.5 + 0.12 * (canvas.chance(9) - 0.5)), 0.13));
    window_and_bed(canvas, (left, right), floor);
    rubble(canvas, a, floor);
}

fn wet(canvas: &Canvas, x: f32, y: f32) -> Colour {
    // Water ran down from the ceiling in tongues.
    let tongue = 0.30 + 0.5 * canvas.noise(x * 0.9 + 0.1, 0.45);
    let stained = 1.0
        - ramp(
            tongue - 0.05,
            tongue + 0.05,
            y + 0.05 * canvas.noise(x * 3.0, y),
        );
    mix(
        plaster(canvas, x, y),
        lit([134.0, 112.0, 82.0], 0.8 + 0.3 * canvas.noise(x, y * 0.3)),
        stained * 0.6,
    )
}

fn sky_hole(canvas: &mut Canvas, centre: Point) {
    canvas.shadow(centre, (0.34, 0.16), [214.0, 220.0, 224.0], 0.4);
    canvas.ellipse(centre, (0.22, 0.10), |canvas, u, v| {
        let edge = 0.66 + 0.7 * (canvas.rim(u, v, 8) - 0.5);
        let away = (u * u + v * v).sqrt();
        let rafter = (u * 1.6 + v * 0.4 + 0.7).fract().abs() < 0.13;
        let sky = mix(
            [186.0, 204.0, 222.0],
            [240.0, 242.0, 244.0],
            canvas.noise(u * 0.3, v * 0.3),
        );
        let inside = if rafter { lit(WOOD, 0.55) } else { sky };
        (
            mix(inside, [96.0, 74.0, 52.0], ramp(edge - 0.08, edge, away)),
            1.0 - ramp(edge, edge + 0.02, away),
        )
    });
}

fn window_and_bed(canvas: &mut Canvas, (left, right): Point, floor: f32) {
    let (x, y) = (left + (right - left) * 0.62, 0.36);
    let glass = [(x, y), (x + 0.17, y), (x + 0.17, y + 0.15), (x, y + 0.15)];
    canvas.polygon(&glass, |canvas, px, py| {
        mix(
            [150.0, 172.0, 160.0],
            [232.0, 236.0, 230.0],
            canvas.noise(px * 0.9, py),
        )
    });
    for bar in [0.0, 0.5, 1.0] {
        let (bx, by) = (x + 0.17 * bar, y + 0.15 * bar);
        canvas.stroke(&[((bx, y), 0.011), ((bx, y + 0.15), 0.011)], WOOD, 1.0);
        canvas.stroke(&[((x, by), 0.011), ((x + 0.17, by), 0.011)], WOOD, 1.0);
    }
    // The kang, the heated brick bed, with a quilt on it.
    let kang = [
        (left, floor - 0.10),
        (left + 0.34, floor - 0.10),
        (left + 0.40, floor + 0.10),
        (left - 0.07, floor + 0.10),
    ];
    canvas.polygon(&kang, |canvas, px, py| {
        let stripe = (px * 16.0 + py * 3.0).fract();
        let cloth = if stripe < 0.5 {
            [158.0, 58.0, 56.0]
        } else {
            [196.0, 168.0, 128.0]
        };
        lit(cloth, 0.55 + 0.5 * canvas.noise(px * 1.2, py * 1.2))
    });
    let front = [
        (left - 0.07, floor + 0.10),
        (left + 0.40, floor + 0.10),
        (left + 0.40, floor + 0.19),
        (left - 0.07, floor + 0.19),
    ];
    canvas.polygon(&front, |canvas, px, py| {
        lit(MUD, 0.45 + 0.4 * canvas.noise(px * 2.0, py * 2.0))
    });
}

fn rubble(canvas: &mut Canvas, aspect: f32, floor: f32) {
    for piece in 0..120_u64 {
        let key = 5000 + piece * 6;
        let y = floor + 0.08 + (0.97 - floor - 0.08) * canvas.chance(key);
        let spread = (canvas.chance(key + 1) + canvas.chance(key + 2) - 1.0) * 0.5;
        let size = (0.006 + 0.03 * canvas.chance(key + 3).powi(2)) * (0.4 + (y - floor) * 2.0);
        roof::chip(canvas, (aspect * (0.58 + spread * 0.7), y), size, key);
    }
}
