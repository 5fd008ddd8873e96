//! One coded block, decoded at an eighth, a quarter or half of its size.
//!
//! An inverse transform of 1, 2 or 4 points needs only as many coefficients a side, so the others
//! are leapt over without being looked at.

use super::bits::Bits;
use super::huffman::{Table, number};

/// What a block needs besides its bits.
#[derive(Debug)]
pub(super) struct Coder<'t> {
    pub(super) first: &'t Table,
    pub(super) others: &'t Table,
    /// Steps of the first 25 coefficients, in the order they are written.
    pub(super) steps: [i32; 25],
}

/// Where each of the first 25 coefficients stands in a square of `POINTS` a side; 16 is nowhere.
const fn places(points: u8) -> [u8; 25] {
    const ROWS: [u8; 25] = [
        0, 0, 1, 2, 1, 0, 0, 1, 2, 3, 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 5, 4, 3,
    ];
    const COLUMNS: [u8; 25] = [
        0, 1, 0, 0, 1, 2, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 0, 1, 2, 3,
    ];
    let mut places = [16; 25];
    let mut k = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    while k < 25 {
        if ROWS[k] < points && COLUMNS[k] < points {
            places[k] = ROWS[k] * points + COLUMNS[k];
        }
        k += 1;
    }
    places
}

const QUARTER: [u8; 25] = places(2);
const HALF: [u8; 25] = places(4);

/// Far beyond any real picture, near enough that sums of sixteen stay in range.
const MOST: i32 = 1 << 20;

/// Decodes a block into `POINTS` rows of `out`. Says whether all of it were codes.
#[inline(always)]
pub(super) fn decode<const POINTS: usize>(
    bits: &mut Bits<'_>,
    coder: &Coder<'_>,
    before: &mut i32,
    (out, stride): (&mut [u8], usize),
) -> bool {
    bits.refill();
    let size = coder.first.symbol(bits);
    let difference = number(bits, u32::from(size.unwrap_or(0) & 15));
    *before = (*before + difference).clamp(-0x8000, 0x7FFF);
    let mut square = [0_i32; 17];
    let [middle, ..] = &mut square;
    let [step, ..] = coder.steps;
    *middle = (*before * step).clamp(-MOST, MOST);
    let mut at = 1;
    if POINTS > 1 {
        let (wanted, places) = if POINTS == 2 {
            (5, &QUARTER)
        } else {
            (25, &HALF)
        };
        while at < wanted {
            let Some(low) = coder.others.low(bits) else {
                return false;
            };
            at += u32::from(low.run);
            if at < wanted {
                let k = at as usize;
                let place = places.get(k).copied().unwrap_or(16);
                let step = coder.steps.get(k).copied().unwrap_or(0);
                if let Some(slot) = square.get_mut(usize::from(place)) {
                    *slot = (i32::from(low.value) * step).clamp(-MOST, MOST);
                }
            }
            at += 1;
        }
    }
    match POINTS {
        1 => one(&square, out),
        2 => two(&square, out, stride),
        _ => four(&square, out, stride),
    }
    // A block that ended early stands at 65 or beyond; one that ran over is damage.
    let whole = at > 64 || coder.others.leap(bits, at);
    whole && size.is_some()
}

#[inline(always)]
fn shade(level: i32, shift: u32) -> u8 {
    let level = ((level + (1 << (shift - 1))) >> shift) + 128;
    u8::try_from(level.clamp(0, 255)).unwrap_or(0)
}

#[inline(always)]
fn one(square: &[i32; 17], out: &mut [u8]) {
    let [mean, ..] = square;
    if let Some(pixel) = out.first_mut() {
        *pixel = shade(*mean, 3);
    }
}

#[inline(always)]
fn two(square: &[i32; 17], out: &mut [u8], stride: usize) {
    let [mean, x, y, xy, ..] = square;
    let (upper, lower) = (mean + y, mean - y);
    let (right, left) = (x + xy, x - xy);
    if let Some([a, b]) = out.get_mut(..2) {
        (*a, *b) = (shade(upper + right, 3), shade(upper - right, 3));
    }
    if let Some([a, b]) = out.get_mut(stride..stride + 2) {
        (*a, *b) = (shade(lower + left, 3), shade(lower - left, 3));
    }
}

/// A transform of four points, scaled by 2^11.
#[inline(always)]
fn points([a, b, c, d]: [i64; 4]) -> [i64; 4] {
    // cos(pi/8) and cos(3 pi/8) times the square root of two, and the plain mean, times 2^11.
    const NEAR: i64 = 2676;
    const FAR: i64 = 1108;
    const ONE: i64 = 2048;
    let (even, odd) = ((a + c) * ONE, (a - c) * ONE);
    let (outer, inner) = (b * NEAR + d * FAR, b * FAR - d * NEAR);
    [even + outer, odd + inner, odd - inner, even - outer]
}

#[inline(always)]
fn four(square: &[i32; 17], out: &mut [u8], stride: usize) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, _] = square.map(i64::from);
    let columns = [
        points([a, e, i, m]),
        points([b, f, j, n]),
        points([c, g, k, o]),
        points([d, h, l, p]),
    ];
    for row in 0..4 {
        let across = columns.map(|column| column.get(row).copied().unwrap_or(0));
        let line = points(across);
        let Some(pixels) = out.get_mut(row * stride..row * stride + 4) else {
            return;
        };
        for (pixel, level) in pixels.iter_mut().zip(line) {
            *pixel = shade(i32::try_from(level >> 14).unwrap_or(i32::MAX >> 1), 11);
        }
    }
}
