//! A picture being drawn: shapes with soft edges, and noise to make them look like matter.
//!
//! The scenes call it; `develop` hands out RGB rows. One unit is the picture's height, so a scene
//! looks the same at any size; `x` runs from 0 to [`Canvas::aspect`], `y` downwards from 0 to 1.
//! Deterministic: the only chance in it comes from the seed.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "drawing moves between places and pixels; casts saturate and a pixel off is no harm"
)]

/// Red, green and blue from 0 to 255.
pub(super) type Colour = [f32; 3];

/// A place on the canvas.
pub(super) type Point = (f32, f32);

const TILE: usize = 256;

/// Whole tiles between the canvas and the noise's own zero.
const FAR: f32 = 64.0;

/// The picture and its noise.
pub(super) struct Canvas {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
    noise: Box<[f32; TILE * TILE]>,
    seed: u64,
}

/// Well-mixed bits of a number.
pub(super) fn hash(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// A colour as bright as `by` says.
pub(super) fn lit(colour: Colour, by: f32) -> Colour {
    colour.map(|part| part * by)
}

/// From `a` at 0 to `b` at 1.
pub(super) fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    let t = t.clamp(0.0, 1.0);
    [0, 1, 2].map(|i: usize| {
        let (a, b) = (
            a.get(i).copied().unwrap_or(0.0),
            b.get(i).copied().unwrap_or(0.0),
        );
        a + (b - a) * t
    })
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn ramp(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, seed: u64) -> Self {
        let bytes = vec![0; width as usize * height as usize * 3];
        Self {
            width,
            height,
            bytes,
            noise: fractal_tile(seed),
            seed,
        }
    }

    /// How many heights it is wide.
    pub(super) fn aspect(&self) -> f32 {
        self.width as f32 / self.height.max(1) as f32
    }

    /// A number from 0 to 1 that belongs to this picture and `key`.
    pub(super) fn chance(&self, key: u64) -> f32 {
        (hash(self.seed ^ hash(key.wrapping_add(0x9E37_79B9_7F4A_7C15))) >> 40) as f32
            / (1_u64 << 24) as f32
    }

    /// The same for a place in a grid.
    pub(super) fn chance_at(&self, x: i32, y: i32) -> f32 {
        self.chance((u64::from(x as u32) << 32) | u64::from(y as u32))
    }

    /// Smooth noise from 0 to 1 around 0.5; it repeats every unit.
    pub(super) fn noise(&self, x: f32, y: f32) -> f32 {
        let ([upper_left, upper_right, lower_left, lower_right], dx, dy) = self.cell(x, y);
        let upper = upper_left + (upper_right - upper_left) * dx;
        let lower = lower_left + (lower_right - lower_left) * dx;
        upper + (lower - upper) * dy
    }

    /// How far the same noise falls to the right, per 150th of its tile: light from the left.
    pub(super) fn relief(&self, x: f32, y: f32) -> f32 {
        let ([upper_left, upper_right, lower_left, lower_right], _, dy) = self.cell(x, y);
        let (upper, lower) = (upper_left - upper_right, lower_left - lower_right);
        (upper + (lower - upper) * dy) * (TILE as f32 / 150.0)
    }

    /// The four corners of the noise's cell at a place, and where in the cell it is.
    fn cell(&self, x: f32, y: f32) -> ([f32; 4], f32, f32) {
        // Far enough to the right for truncation to be the floor; f32::floor is a slow call here.
        let (x, y) = ((x + FAR) * TILE as f32, (y + FAR) * TILE as f32);
        let (left, top) = (x as i32, y as i32);
        let (dx, dy) = (x - left as f32, y - top as f32);
        let (left, top) = (left as usize, top as usize);
        let at = |x: usize, y: usize| {
            self.noise
                .get((y % TILE) * TILE + x % TILE)
                .copied()
                .unwrap_or(0.5)
        };
        (
            [
                at(left, top),
                at(left + 1, top),
                at(left, top + 1),
                at(left + 1, top + 1),
            ],
            dx,
            dy,
        )
    }

    /// Noise around a circle, for the rims of holes: where it ends it joins its beginning.
    pub(super) fn rim(&self, u: f32, v: f32, key: u64) -> f32 {
        let away = (u * u + v * v).sqrt().max(1e-4);
        let (c, s) = (u / away, v / away);
        let at = self.chance(key) * 7.0;
        0.6 * self.noise(at + 0.10 * c, 0.3 + 0.10 * s)
            + 0.4 * self.noise(0.7 + 0.5 * c, at + 0.5 * s)
    }

    /// Colours every place.
    pub(super) fn fill(&mut self, shade: impl Fn(&Self, f32, f32) -> Colour) {
        self.area(
            0.0,
            1.0,
            |_| Some((0.0, f32::MAX)),
            |canvas, x, y| (shade(canvas, x, y), 1.0),
        );
    }

    /// Colours the inside of a polygon without hollows: one span a row.
    pub(super) fn polygon(&mut self, corners: &[Point], shade: impl Fn(&Self, f32, f32) -> Colour) {
        let top = corners
            .iter()
            .map(|corner| corner.1)
            .fold(f32::MAX, f32::min);
        let bottom = corners
            .iter()
            .map(|corner| corner.1)
            .fold(f32::MIN, f32::max);
        let edges = || corners.iter().zip(corners.iter().cycle().skip(1));
        let span = |y: f32| {
            let cut = edges().filter(|((_, y1), (_, y2))| (*y1 <= y) != (*y2 <= y));
            let cuts = cut.map(|(&(x1, y1), &(x2, y2))| x1 + (y - y1) / (y2 - y1) * (x2 - x1));
            let (first, last) = cuts.fold((f32::MAX, f32::MIN), |(a, b), x| (a.min(x), b.max(x)));
            (first <= last).then_some((first, last))
        };
        self.area(top, bottom, span, |canvas, x, y| (shade(canvas, x, y), 1.0));
    }

    /// Colours an ellipse; the shade gets places from -1 to 1 across it and says how opaque it is.
    pub(super) fn ellipse(
        &mut self,
        centre: Point,
        radii: Point,
        shade: impl Fn(&Self, f32, f32) -> (Colour, f32),
    ) {
        let ((cx, cy), (rx, ry)) = (centre, radii);
        let soft = 1.5 / (self.height as f32 * rx.min(ry)).max(1.0);
        let span = |y: f32| {
            let v = (y - cy) / ry;
            (v.abs() < 1.0).then(|| {
                (
                    cx - rx * (1.0 - v * v).sqrt(),
                    cx + rx * (1.0 - v * v).sqrt(),
                )
            })
        };
        self.area(cy - ry, cy + ry, span, |canvas, x, y| {
            let (u, v) = ((x - cx) / rx, (y - cy) / ry);
            let (colour, opacity) = shade(canvas, u, v);
            (
                colour,
                opacity * (1.0 - ramp(1.0 - soft, 1.0, (u * u + v * v).sqrt())),
            )
        });
    }

    /// A line of changing width through the points; opaque in its middle.
    pub(super) fn stroke(&mut self, points: &[(Point, f32)], colour: Colour, opacity: f32) {
        for (&((x1, y1), w1), &((x2, y2), w2)) in points.iter().zip(points.iter().skip(1)) {
            let (dx, dy) = (x2 - x1, y2 - y1);
            let length = (dx * dx + dy * dy).max(1e-9);
            let wide = w1.max(w2) + 1.0 / self.height as f32;
            let (left, right) = (x1.min(x2) - wide, x1.max(x2) + wide);
            let pixel = 1.0 / self.height as f32;
            self.area(
                y1.min(y2) - wide,
                y1.max(y2) + wide,
                |_| Some((left, right)),
                |_, x, y| {
                    let t = (((x - x1) * dx + (y - y1) * dy) / length).clamp(0.0, 1.0);
                    let (ox, oy) = (x - x1 - t * dx, y - y1 - t * dy);
                    let half = (w1 + (w2 - w1) * t) / 2.0;
                    let away = (ox * ox + oy * oy).sqrt();
                    (
                        colour,
                        opacity * (1.0 - ramp(half - pixel * 0.7, half + pixel * 0.7, away)),
                    )
                },
            );
        }
    }

    /// Darkens (or lightens) an ellipse towards its middle.
    pub(super) fn shadow(&mut self, centre: Point, radii: Point, colour: Colour, strength: f32) {
        self.ellipse(centre, radii, |_, u, v| {
            (
                colour,
                strength * (1.0 - ramp(0.2, 1.0, (u * u + v * v).sqrt())),
            )
        });
    }

    /// Each row between two heights, each pixel of its span, mixed in by opacity.
    fn area(
        &mut self,
        top: f32,
        bottom: f32,
        span: impl Fn(f32) -> Option<(f32, f32)>,
        shade: impl Fn(&Self, f32, f32) -> (Colour, f32),
    ) {
        let unit = self.height as f32;
        let mut bytes = std::mem::take(&mut self.bytes);
        let (first, last) = (
            (top * unit).max(0.0) as usize,
            (bottom * unit).ceil().clamp(0.0, unit) as usize,
        );
        let rows = bytes.chunks_exact_mut(self.width as usize * 3).enumerate();
        for (row, line) in rows.take(last).skip(first) {
            let y = (row as f32 + 0.5) / unit;
            let Some((from, to)) = span(y) else { continue };
            let (from, to) = (
                (from * unit).max(0.0),
                (to * unit).clamp(0.0, self.width as f32),
            );
            let pixels = line.chunks_exact_mut(3).enumerate();
            for (column, pixel) in pixels.take(to.ceil() as usize).skip(from as usize) {
                let left = column as f32;
                let cover = ((left + 1.0).min(to) - left.max(from)).clamp(0.0, 1.0);
                let (colour, opacity) = shade(self, (left + 0.5) / unit, y);
                let opacity = opacity * cover;
                for (part, new) in pixel.iter_mut().zip(colour) {
                    let old = f32::from(*part);
                    *part = (old + (new - old) * opacity + 0.5) as u8;
                }
            }
        }
        self.bytes = bytes;
    }

    /// What the sensor makes of it: darker corners, grain in every pixel.
    pub(super) fn develop(mut self) -> Vec<u8> {
        let (width, height) = (self.width as f32, self.height as f32);
        let seed = self.seed;
        for (row, line) in self
            .bytes
            .chunks_exact_mut(self.width as usize * 3)
            .enumerate()
        {
            let v = row as f32 / height - 0.5;
            for (column, pixel) in line.chunks_exact_mut(3).enumerate() {
                let u = column as f32 / width - 0.5;
                let light = 1.04 - 0.32 * (u * u + v * v);
                let bits = hash(seed ^ ((row as u64) << 32 | column as u64));
                // Two uniform bytes make a roughly bell-shaped grain, shared by the colours.
                let grain = ((bits & 255) as f32 + ((bits >> 8) & 255) as f32 - 255.0) / 20.0;
                for (index, part) in pixel.iter_mut().enumerate() {
                    let own = ((bits >> (16 + 8 * index)) & 255) as f32 / 64.0 - 2.0;
                    *part = (f32::from(*part) * light + grain + own + 0.5) as u8;
                }
            }
        }
        self.bytes
    }
}

/// Five octaves of value noise that join at the edges.
fn fractal_tile(seed: u64) -> Box<[f32; TILE * TILE]> {
    let mut tile = Box::new([0.0_f32; TILE * TILE]);
    let mut weight = 0.5;
    for octave in 0..6_u64 {
        let cells = 4_usize << octave;
        let drawn: Vec<f32> = (0..(cells * cells) as u64)
            .map(|cell| {
                hash(
                    seed.wrapping_mul(31)
                        .wrapping_add(hash((octave << 48) + cell + 1)),
                )
            })
            .map(|bits| (bits >> 40) as f32 / (1_u64 << 24) as f32)
            .collect();
        let corner = |x: usize, y: usize| {
            drawn
                .get((y % cells) * cells + x % cells)
                .copied()
                .unwrap_or(0.5)
        };
        let step = TILE / cells;
        let eased: Vec<f32> = (0..step)
            .map(|at| ramp(0.0, 1.0, at as f32 / step as f32))
            .collect();
        let ease = |at: usize| eased.get(at % step).copied().unwrap_or(0.0);
        for (index, value) in tile.iter_mut().enumerate() {
            let (x, y) = (index % TILE, index / TILE);
            let (cx, cy) = (x / step, y / step);
            let (dx, dy) = (ease(x), ease(y));
            let upper = corner(cx, cy) * (1.0 - dx) + corner(cx + 1, cy) * dx;
            let lower = corner(cx, cy + 1) * (1.0 - dx) + corner(cx + 1, cy + 1) * dx;
            *value += weight * (upper * (1.0 - dy) + lower * dy);
        }
        weight *= 0.55;
    }
    // The weights add up to about 1.08; stretched around the middle, the noise uses its range.
    for value in tile.iter_mut() {
        *value = ((*value / 1.08 - 0.5) * 1.7 + 0.5).clamp(0.0, 1.0);
    }
    tile
}
