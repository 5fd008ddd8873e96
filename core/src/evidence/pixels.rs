//! Pixels in memory, in the few shapes that a small picture needs, and what is done to them.
//!
//! Decoders in `decode` make them, the encoder in `thumbnail` takes them. Small on purpose: the
//! largest is a JPEG decoded at reduced scale. A JPEG's own brightness and colour are kept as they
//! are: going through red, green and blue would cost time twice and gain nothing.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use super::Size;
use super::scaled::Plane;

/// How many bytes a pixel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// One: how bright.
    Grey,
    /// Three: red, green, blue.
    Rgb,
    /// Three: how bright, how blue, how red, as JPEG keeps them.
    Ycc,
}

impl Depth {
    /// Bytes a pixel.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::Ycc => 3,
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
        let whole = (f64::from(self.size.width), f64::from(self.size.height));
        let from = (self.bytes.as_slice(), self.size);
        let bytes = match self.depth {
            Depth::Grey => resized::<U8>(from, (whole, to), FilterType::Lanczos3)?,
            Depth::Rgb | Depth::Ycc => resized::<U8x3>(from, (whole, to), FilterType::Lanczos3)?,
        };
        Ok(Self {
            size: to,
            bytes,
            ..self
        })
    }

    /// From planes of their own sizes, woven together at one.
    pub(super) fn weave(planes: &[Plane], to: Size, depth: Depth) -> Result<Self, String> {
        let mut sized = Vec::with_capacity(planes.len());
        for (place, plane) in planes.iter().enumerate() {
            let side = |side: usize| u32::try_from(side).map_err(|error| error.to_string());
            let size = Size {
                width: side(plane.stride)?,
                height: side(plane.rows)?,
            };
            let from = (plane.bytes.as_slice(), size);
            // Colour has half the pixels or fewer, so there is nothing that could alias.
            let filter = match (depth, place) {
                (Depth::Ycc, 1..) => FilterType::Bilinear,
                (Depth::Grey | Depth::Rgb | Depth::Ycc, _) => FilterType::Lanczos3,
            };
            sized.push(resized::<U8>(from, (plane.shown, to), filter)?);
        }
        let bytes = match sized.as_slice() {
            [grey] => grey.clone(),
            [first, second, third] => {
                let mut bytes = Vec::with_capacity(first.len() * 3);
                for ((a, b), c) in first.iter().zip(second).zip(third) {
                    bytes.extend([*a, *b, *c]);
                }
                bytes
            }
            _ => return Err("neither one plane nor three".to_owned()),
        };
        Ok(Self {
            size: to,
            depth,
            bytes,
            profile: None,
        })
    }

    /// How bright each pixel is.
    pub(super) fn shades(&self) -> Vec<u8> {
        let pixels = self.bytes.chunks_exact(3);
        match self.depth {
            Depth::Grey => self.bytes.clone(),
            Depth::Ycc => pixels.filter_map(|pixel| pixel.first().copied()).collect(),
            Depth::Rgb => pixels
                .map(|pixel| match pixel {
                    [r, g, b] => {
                        let sum = 77 * u32::from(*r) + 150 * u32::from(*g) + 29 * u32::from(*b);
                        u8::try_from(sum >> 8).unwrap_or(u8::MAX)
                    }
                    _ => 0,
                })
                .collect(),
        }
    }

    /// In red, green and blue.
    pub(super) fn into_rgb(self) -> Self {
        let bytes = match self.depth {
            Depth::Rgb => return self,
            Depth::Grey => self.bytes.iter().flat_map(|grey| [*grey; 3]).collect(),
            Depth::Ycc => self
                .bytes
                .as_chunks()
                .0
                .iter()
                .flat_map(rgb_from_ycc)
                .collect(),
        };
        Self {
            depth: Depth::Rgb,
            bytes,
            ..self
        }
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

/// The shown part of a picture, filtered to another size. Its pixels' type is known here and not
/// while it runs: otherwise the filters of ten more types would be part of a phone's library, 3 MB.
fn resized<P: PixelTrait>(
    (bytes, size): (&[u8], Size),
    ((width, height), to): ((f64, f64), Size),
    filter: FilterType,
) -> Result<Vec<u8>, String> {
    let from = TypedImageRef::<P>::from_buffer(size.width, size.height, bytes)
        .map_err(|error| error.to_string())?;
    let mut shown = vec![0; to.width as usize * to.height as usize * P::size()];
    let mut small = TypedImage::<P>::from_buffer(to.width, to.height, &mut shown)
        .map_err(|error| error.to_string())?;
    let options = ResizeOptions::new()
        .crop(0.0, 0.0, width, height)
        .resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new()
        .resize_typed(&from, &mut small, &options)
        .map_err(|error| error.to_string())?;
    Ok(shown)
}

/// JFIF's brightness and colour to red, green and blue.
fn rgb_from_ycc(&[y, blue, red]: &[u8; 3]) -> [u8; 3] {
    let (y, blue, red) = (
        i32::from(y) << 16,
        i32::from(blue) - 128,
        i32::from(red) - 128,
    );
    let parts = [
        y + 91_881 * red,
        y - 22_554 * blue - 46_802 * red,
        y + 116_130 * blue,
    ];
    parts.map(|part| u8::try_from(((part + (1 << 15)) >> 16).clamp(0, 255)).unwrap_or(0))
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
