//! How bright each pixel of a small picture is, and what that says about its quality.
//!
//! `thumbnail` makes them; `app` reads doubts from them at capture, while the surveyor can still
//! take the shot again, and `fingerprint` reads its bits. A doubt is a [`Problem`] with the number
//! it rests on: a picture of a dark cellar may well be dark. Nothing here refuses a photo, and a
//! blur that a small picture hides is not seen.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of at most a few million pixels"
)]

use super::{Problem, ProblemCode, Size};

/// Brightness from 0 to 255, row after row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shades {
    /// Width and height.
    pub size: Size,
    /// One byte a pixel.
    pub bytes: Vec<u8>,
}

/// At or below this a pixel shows nothing.
const BLACK: u8 = 20;

/// At or above this a pixel shows nothing.
const WHITE: u8 = 250;

/// So much of a picture may show nothing before it is doubted.
const MOST_BLACK: f32 = 0.70;
const MOST_WHITE: f32 = 0.30;

/// Blur, from 0 for an edge in every pixel to 1 for none at all, above which a picture is doubted.
const MOST_BLUR: f32 = 0.50;

/// Steps from pixel to pixel, on average, below which there is nothing that could be blurred.
const LEAST_STEPS: f32 = 0.4;

/// Too few pixels to judge.
const LEAST_SIDE: u32 = 128;

impl Shades {
    /// What a surveyor may want to take again: dark, burnt out, blurred.
    pub fn doubts(&self) -> Vec<Problem> {
        let side = self.size.width.min(self.size.height);
        if side < LEAST_SIDE || self.bytes.len() as u64 != self.size.pixels() {
            return Vec::new();
        }
        let mut doubts = Vec::new();
        let share = |wanted: fn(u8) -> bool| {
            let found = self.bytes.iter().filter(|shade| wanted(**shade)).count();
            found as f32 / self.bytes.len() as f32
        };
        let (black, white) = (share(|shade| shade <= BLACK), share(|shade| shade >= WHITE));
        if black > MOST_BLACK {
            let detail = format!("{:.0} % of the picture is black", black * 100.0);
            doubts.push(Problem::new(ProblemCode::TooDark, detail));
        }
        if white > MOST_WHITE {
            let detail = format!(
                "{:.0} % of the picture is burnt out to white",
                white * 100.0
            );
            doubts.push(Problem::new(ProblemCode::TooBright, detail));
        }
        if let Some(blur) = self.blur().filter(|blur| *blur > MOST_BLUR) {
            let detail =
                format!("blur {blur:.2} of 1, {MOST_BLUR:.2} is the most of a sharp picture");
            doubts.push(Problem::new(ProblemCode::Blurred, detail));
        }
        doubts
    }

    /// How little a picture loses when it is blurred once more, from 0 to 1: what is blurred
    /// already loses little (Crete and others, 2007). Nothing for a flat picture.
    pub fn blur(&self) -> Option<f32> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let rows = self.lost(width, height, |line, place| line * width + place);
        let columns = self.lost(height, width, |line, place| place * width + line);
        Some(rows?.max(columns?))
    }

    /// The part of all steps along lines that stays when each pixel becomes the mean of nine.
    fn lost(&self, len: usize, lines: usize, at: impl Fn(usize, usize) -> usize) -> Option<f32> {
        const REACH: usize = 4;
        let (mut steps, mut gone) = (0.0_f32, 0.0_f32);
        let mut shades = Vec::with_capacity(len);
        for line in 0..lines {
            shades.clear();
            shades.extend(
                (0..len)
                    .filter_map(|place| self.bytes.get(at(line, place)))
                    .map(|shade| i32::from(*shade)),
            );
            let means: Vec<i32> = shades
                .windows(2 * REACH + 1)
                .map(|nine| nine.iter().sum())
                .collect();
            let middle = shades.get(REACH..).unwrap_or_default();
            let sharp = middle
                .iter()
                .zip(middle.iter().skip(1))
                .map(|(a, b)| (a - b).abs() * 9);
            let blurred = means
                .iter()
                .zip(means.iter().skip(1))
                .map(|(a, b)| (a - b).abs());
            for (sharp, blurred) in sharp.zip(blurred) {
                steps += sharp as f32;
                gone += (sharp - blurred).max(0) as f32;
            }
        }
        let pixels = (len * lines) as f32;
        (steps / 9.0 / pixels >= LEAST_STEPS).then(|| 1.0 - gone / steps)
    }
}
