//! What people do to copies: twelve kinds, each by chance that the seed fixes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places in pictures of a few hundred pixels a side"
)]

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::Failed;

/// The kinds, in the order in which `alter` knows them.
pub(crate) const KINDS: [&str; 12] = [
    "made smaller, to 35 to 85 %",
    "compressed again, quality 25 to 60",
    "cut by up to 5 % at each edge",
    "cut by 10 % at one edge",
    "quarter turn right",
    "quarter turn left",
    "half turn",
    "turned by 0.7 to 2 degrees and cut to fit",
    "another watermark over a tenth",
    "other light and contrast",
    "border of 5 % all round",
    "as a messenger sends it: watermark, half size, quality 40",
];

const QUALITY: u8 = 88;

/// Chance from a seed.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // The first numbers of near seeds are near each other.
        for _ in 0..5 {
            chance.part();
        }
        chance
    }

    /// From 0 to 1.
    fn part(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.part()
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (f64::from(self.part()) * count as f64) as usize
    }
}

/// Red, green and blue, row after row.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    pub(crate) fn decode(jpeg: &[u8]) -> Result<Self, Failed> {
        let picture = image::load_from_memory(jpeg)?.into_rgb8();
        Ok(Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            rgb: picture.into_raw(),
        })
    }

    fn encode(&self, quality: u8) -> Result<Vec<u8>, Failed> {
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        let (width, height) = (u16::try_from(self.width)?, u16::try_from(self.height)?);
        encoder.encode(&self.rgb, width, height, ColorType::Rgb)?;
        Ok(jpeg)
    }

    fn at(&self, x: usize, y: usize, part: usize) -> f32 {
        let place = (y.min(self.height - 1) * self.width + x.min(self.width - 1)) * 3 + part;
        self.rgb.get(place).copied().map_or(0.0, f32::from)
    }

    /// Another picture, each place of which comes from a place of this one.
    fn drawn(&self, (width, height): (f32, f32), from: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        let (width, height) = (width as usize, height as usize);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let (u, v) = from(x as f32 + 0.5, y as f32 + 0.5);
                let (u, v) = ((u - 0.5).max(0.0), (v - 0.5).max(0.0));
                let (left, top) = (u as usize, v as usize);
                let (dx, dy) = (u - left as f32, v - top as f32);
                for part in 0..3 {
                    let row = |y: usize| {
                        let (a, b) = (self.at(left, y, part), self.at(left + 1, y, part));
                        a + (b - a) * dx
                    };
                    let (upper, lower) = (row(top), row(top + 1));
                    rgb.push((upper + (lower - upper) * dy + 0.5) as u8);
                }
            }
        }
        Self { width, height, rgb }
    }

    fn sides(&self) -> (f32, f32) {
        (self.width as f32, self.height as f32)
    }

    /// Halves are averaged first, as any careful program does.
    fn scaled(&self, by: f32) -> Self {
        let (width, height) = self.sides();
        let reach = (0.5 / by - 0.5).max(0.0);
        let shifted = [-reach, reach].map(|shift| {
            self.drawn((width * by, height * by), |x, y| {
                (x / by + shift, y / by + shift)
            })
        });
        let [mut one, other] = shifted;
        for (part, more) in one.rgb.iter_mut().zip(&other.rgb) {
            *part = part.midpoint(*more);
        }
        one
    }

    fn cut(&self, (left, top): (f32, f32), (right, bottom): (f32, f32)) -> Self {
        let (width, height) = self.sides();
        let size = (width * (1.0 - left - right), height * (1.0 - top - bottom));
        self.drawn(size, |x, y| (x + left * width, y + top * height))
    }

    /// Light marks on a darkened band near the foot, as of some other app.
    fn watermarked(&self, chance: &mut Chance) -> Self {
        let mut marked = self.clone();
        let top = (self.height as f32 * chance.between(0.86, 0.89)) as usize;
        let (tall, key) = (self.height / 10, chance.below(1_000));
        for (place, part) in marked.rgb.iter_mut().enumerate() {
            let (x, y) = (place / 3 % self.width, place / 3 / self.width);
            if (top..top + tall).contains(&y) && x < self.width * 3 / 4 {
                let ink = ((x / 5) * 7_919 + (y / 6) * 104_729 + key * 31) % 7 < 3;
                *part = if ink { 250 } else { *part / 2 };
            }
        }
        marked
    }

    fn bordered(&self, shade: u8) -> Self {
        let (wide, high) = (self.width / 20, self.height / 20);
        let (width, height) = (self.width + 2 * wide, self.height + 2 * high);
        let mut rgb = vec![shade; width * height * 3];
        let rows = rgb.chunks_exact_mut(width * 3).skip(high);
        for (row, own) in rows.zip(self.rgb.chunks_exact(self.width * 3)) {
            let inner = row.get_mut(wide * 3..(wide + self.width) * 3);
            inner
                .into_iter()
                .for_each(|inner| inner.copy_from_slice(own));
        }
        Self { width, height, rgb }
    }

    fn turned(&self, degrees: f32) -> Self {
        let (width, height) = self.sides();
        let (sin, cos) = degrees.to_radians().sin_cos();
        // What a turn of two degrees leaves without empty corners.
        let inner = 0.955;
        self.drawn((width * inner, height * inner), |x, y| {
            let (x, y) = (x - width * inner / 2.0, y - height * inner / 2.0);
            (
                x * cos - y * sin + width / 2.0,
                x * sin + y * cos + height / 2.0,
            )
        })
    }
}

/// An altered copy as JPEG.
pub(crate) fn alter(picture: &Picture, kind: usize, seed: u64) -> Result<Vec<u8>, Failed> {
    let mut chance = Chance::new(seed);
    let (width, height) = picture.sides();
    let altered = match kind {
        0 => picture.scaled(chance.between(0.35, 0.85)),
        1 => return picture.encode(chance.between(25.0, 60.0) as u8),
        2 => {
            let mut edge = || chance.between(0.0, 0.05);
            picture.cut((edge(), edge()), (edge(), edge()))
        }
        3 => match chance.below(4) {
            0 => picture.cut((0.1, 0.0), (0.0, 0.0)),
            1 => picture.cut((0.0, 0.1), (0.0, 0.0)),
            2 => picture.cut((0.0, 0.0), (0.1, 0.0)),
            _ => picture.cut((0.0, 0.0), (0.0, 0.1)),
        },
        4 => picture.drawn((height, width), |x, y| (y, height - x)),
        5 => picture.drawn((height, width), |x, y| (width - y, x)),
        6 => picture.drawn((width, height), |x, y| (width - x, height - y)),
        7 => {
            let side = if chance.part() < 0.5 { -1.0 } else { 1.0 };
            picture.turned(side * chance.between(0.7, 2.0))
        }
        8 => picture.watermarked(&mut chance),
        9 => {
            let (by, more) = (chance.between(0.75, 1.25), chance.between(-20.0, 20.0));
            let lit = picture
                .rgb
                .iter()
                .map(|part| (f32::from(*part) * by + more) as u8);
            Picture {
                rgb: lit.collect(),
                ..picture.clone()
            }
        }
        10 => picture.bordered(if chance.part() < 0.5 { 0 } else { 255 }),
        _ => return picture.watermarked(&mut chance).scaled(0.5).encode(40),
    };
    altered.encode(QUALITY)
}
