//! Draws plausible survey photos at run time, so that no picture file lives in the repository.
//!
//! A [`Shot`] comes from the demo, the benchmarks or a test; JPEG bytes with honest EXIF go back.
//! The same shot gives the same bytes. The pictures show damage of the kind that adjusters meet
//! (hail on tiles, a cracked wall), drawn from simple shapes and noise; their file sizes are those
//! of a phone. Nothing here looks at a real photo, and nobody should take these for one.
//!
//! ```
//! use lossbook_cli::scene::{SceneKind, Shot, render};
//! use lossbook_core::domain::CivilTime;
//! let shot = Shot {
//!     width: 160,
//!     height: 120,
//!     seed: 1,
//!     kind: SceneKind::WallCrack,
//!     taken_at: CivilTime { civil: "2025-07-01T14:03:22".to_owned(), offset: Some("+08:00".to_owned()) },
//!     place: (36.834, 101.952, 2543.0),
//!     make: "Lossbook".to_owned(),
//!     model: "Scene".to_owned(),
//!     orientation: 1,
//! };
//! assert!(render(&shot).starts_with(&[0xFF, 0xD8]));
//! ```

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use lossbook_core::domain::CivilTime;

use canvas::Canvas;

mod canvas;
mod exif;
mod gable;
mod ground;
mod house;
mod indoors;
mod roof;

/// JPEG quality of a phone camera.
const QUALITY: u8 = 90;

/// What a shot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SceneKind {
    /// The whole house after hail, from the yard.
    House,
    /// The same house after hail, from its gable end.
    Gable,
    /// Tiles from close by, with holes.
    Roof,
    /// A crack through a plastered wall.
    WallCrack,
    /// A room under a broken roof.
    Interior,
    /// Hailstones on the ground beside a ruler.
    Hailstones,
}

impl SceneKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::House,
        Self::Gable,
        Self::Roof,
        Self::WallCrack,
        Self::Interior,
        Self::Hailstones,
    ];
}

/// A photo to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Other seeds give other houses, cracks and stones.
    pub seed: u64,
    /// What it shows.
    pub kind: SceneKind,
    /// When the camera says it was taken.
    pub taken_at: CivilTime,
    /// Degrees north, degrees east, metres above sea level.
    pub place: (f64, f64, f64),
    /// Who made the camera.
    pub make: String,
    /// Which camera.
    pub model: String,
    /// EXIF orientation, 1 to 8; the pixels are stored turned, so that it shows upright.
    pub orientation: u16,
}

/// Draws the shot: JPEG bytes with EXIF. No bytes if a side is 0 or over 65,535 pixels.
pub fn render(shot: &Shot) -> Vec<u8> {
    let (Ok(width), Ok(height)) = (u16::try_from(shot.width), u16::try_from(shot.height)) else {
        return Vec::new();
    };
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let pixels = stored_pixels(shot);
    let mut jpeg = Vec::with_capacity(pixels.len() / 6);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // Maker and model have no bound; a block too long for its segment is left out.
    let _fits = exif::block(shot).is_some_and(|block| encoder.add_exif_metadata(&block).is_ok());
    match encoder.encode(&pixels, width, height, ColorType::Rgb) {
        Ok(()) => jpeg,
        Err(_) => Vec::new(),
    }
}

/// RGB rows as they are stored: drawn upright, then turned back.
fn stored_pixels(shot: &Shot) -> Vec<u8> {
    let sideways = shot.orientation >= 5;
    let (width, height) = if sideways {
        (shot.height, shot.width)
    } else {
        (shot.width, shot.height)
    };
    let mut canvas = Canvas::new(width, height, shot.seed);
    match shot.kind {
        SceneKind::House => house::draw(&mut canvas),
        SceneKind::Gable => gable::draw(&mut canvas),
        SceneKind::Roof => roof::draw(&mut canvas),
        SceneKind::WallCrack => indoors::draw_crack(&mut canvas),
        SceneKind::Interior => indoors::draw_room(&mut canvas),
        SceneKind::Hailstones => ground::draw(&mut canvas),
    }
    let upright = canvas.develop();
    if !(2..=8).contains(&shot.orientation) {
        return upright;
    }
    turn(&upright, width, height, shot.orientation)
}

/// From upright to stored: each stored place, and the upright one that it shows.
fn turn(upright: &[u8], width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let (stored_width, stored_height) = if orientation >= 5 {
        (height, width)
    } else {
        (width, height)
    };
    let mut stored = Vec::with_capacity(upright.len());
    for y in 0..stored_height {
        for x in 0..stored_width {
            let (from_x, from_y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (width - 1 - y, x),
                7 => (width - 1 - y, height - 1 - x),
                8 => (y, height - 1 - x),
                _ => (x, y),
            };
            let at = (from_y as usize * width as usize + from_x as usize) * 3;
            stored.extend_from_slice(upright.get(at..at + 3).unwrap_or(&[0; 3]));
        }
    }
    stored
}

#[cfg(test)]
mod tests;
