//! Pixels in memory, in the one or two shapes that a thumbnail needs, and what is done to them.
//!
//! Decoders in `thumbnail` make them, the encoder there takes them. Small on purpose: the largest
//! is a JPEG decoded at reduced scale.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Size;

/// How many bytes a pixel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// One: how bright.
    Grey,
    /// Three: red, green, blue.
    Rgb,
}

impl Depth {
    /// Bytes a pixel.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// A picture, row after row.
#[derive(Debug)]
pub(super) struct Pixels {
    pub(super) size: Size,
    pub(super) depth: Depth,
    pub(super) bytes: Vec<u8>,
    /// The colour profile that the bytes are meant in, if it is not plain sRGB.
    pub(super) profile: Option<Vec<u8>>,
}

impl Pixels {
    /// At another size, filtered by Lanczos.
    pub(super) fn resize(self, to: Size) -> Result<Self, String> {
        if self.size == to {
            return Ok(self);
        }
        let kind = match self.depth {
            Depth::Grey => PixelType::U8,
            Depth::Rgb => PixelType::U8x3,
        };
        let from = ImageRef::new(self.size.width, self.size.height, &self.bytes, kind)
            .map_err(|e| e.to_string())?;
        let mut small = Image::new(to.width, to.height, kind);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        Resizer::new()
            .resize(&from, &mut small, &options)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            size: to,
            bytes: small.into_vec(),
            ..self
        })
    }

    /// As a person sees it, given the EXIF orientation it is stored in.
    pub(super) fn upright(self, orientation: u16) -> Self {
        let Size {
            width: w,
            height: h,
        } = self.size;
        let size = if orientation >= 5 {
            self.size.turned()
        } else {
            self.size
        };
        // For each place of the upright picture, the stored place it comes from.
        let origin = |x: u32, y: u32| match orientation {
            2 => (w - 1 - x, y),
            3 => (w - 1 - x, h - 1 - y),
            4 => (x, h - 1 - y),
            5 => (y, x),
            6 => (y, h - 1 - x),
            7 => (w - 1 - y, h - 1 - x),
            8 => (w - 1 - y, x),
            _ => (x, y),
        };
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let depth = self.depth.bytes();
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..size.height {
            for x in 0..size.width {
                let (from_x, from_y) = origin(x, y);
                let at = (from_y as usize * w as usize + from_x as usize) * depth;
                bytes.extend_from_slice(self.bytes.get(at..at + depth).unwrap_or_default());
            }
        }
        Self {
            size,
            bytes,
            ..self
        }
    }
}

/// Inks to light: what cyan, magenta, yellow and black leave of white paper.
pub(super) fn rgb_from_inks(inks: &[u8]) -> Vec<u8> {
    let left = |ink: u8, black: u8| {
        let light = (255 - u32::from(ink)) * (255 - u32::from(black));
        u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
    };
    let mut rgb = Vec::with_capacity(inks.len() / 4 * 3);
    for pixel in inks.chunks_exact(4) {
        if let [c, m, y, k] = pixel {
            rgb.extend([left(*c, *k), left(*m, *k), left(*y, *k)]);
        }
    }
    rgb
}

/// Transparent pixels laid on white.
pub(super) fn rgb_on_white(rgba: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.chunks_exact(4) {
        if let [r, g, b, a] = pixel {
            let over = |colour: u8| {
                let light = u32::from(colour) * u32::from(*a) + 255 * (255 - u32::from(*a));
                u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
            };
            rgb.extend([over(*r), over(*g), over(*b)]);
        }
    }
    rgb
}
