//! Makes the small upright JPEG that lists and reviewers look at.
//!
//! Bytes and facts come from `app`, off the commit path; the JPEG goes to `store` beside the
//! original. It carries no EXIF, so no position leaves with it. A baseline JPEG is decoded at
//! reduced scale, so a picture of twelve million pixels never exists in full. Header sizes are
//! read from the bytes once more, so facts of another photo cannot lift a limit.
//!
//! Refused: HEVC pixels (the small JPEG inside the EXIF is used if there is one) and pictures over
//! the limits in `container`. For an ordinary photo an embedded thumbnail is never used: an editor
//! leaves the old one behind.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{ImageDecoder, ImageFormat};
use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

use super::container::{self, Coding, Layout, MAX_FULL_PIXELS};
use super::pixels::{Depth, Pixels, rgb_from_inks, rgb_on_white};
use super::{MediaType, PhotoFacts, Problem, ProblemCode, Size, claims};

/// The longer side of a thumbnail.
pub const THUMBNAIL_LONG_SIDE: u32 = 512;

const QUALITY: u8 = 80;

/// Sides and memory that the general decoders may use.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODER_BYTES: u64 = 256 * 1024 * 1024;

/// A profile larger than this describes a printing press, not a camera.
const MAX_PROFILE_BYTES: usize = 8 * 1024;

/// A small upright picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// JPEG, quality 80, without EXIF.
    pub jpeg: Vec<u8>,
    /// Its size in pixels.
    pub size: Size,
}

/// Makes the thumbnail of a photo that `examine` has looked at.
///
/// # Errors
/// A [`Problem`] that says why there is none; it belongs beside the photo's other problems.
pub fn thumbnail(bytes: &[u8], facts: &PhotoFacts) -> Result<Thumbnail, Problem> {
    catch_unwind(AssertUnwindSafe(|| make(bytes, facts)))
        .unwrap_or_else(|_| Err(failed("the decoder stopped on damaged picture data")))
}

fn failed(why: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::ThumbnailFailed, why)
}

fn make(bytes: &[u8], facts: &PhotoFacts) -> Result<Thumbnail, Problem> {
    let orientation = facts.orientation.unwrap_or(1);
    match facts.media_type {
        MediaType::Jpeg => encode(decode_jpeg(bytes)?, orientation),
        MediaType::Png => encode(decode_in_full(bytes, ImageFormat::Png)?, orientation),
        MediaType::Webp => encode(decode_in_full(bytes, ImageFormat::WebP)?, orientation),
        MediaType::Tiff => {
            let why = "TIFF pixels are not decoded here";
            Err(Problem::new(ProblemCode::NoPreview, why))
        }
        MediaType::Heic | MediaType::Heif => {
            let layout = read_layout(container::read(
                &mut Cursor::new(bytes),
                facts.media_type,
                bytes.len() as u64,
            ))?;
            let embedded = layout.exif.as_deref().and_then(claims::embedded_thumbnail);
            let Some((jpeg, orientation)) = embedded else {
                let why = "HEIF pixels are decoded by the phone, and no small picture is embedded";
                return Err(Problem::new(ProblemCode::NoPreview, why));
            };
            encode(decode_jpeg(&jpeg)?, orientation.unwrap_or(1))
        }
    }
}

fn read_layout(read: std::io::Result<Layout>) -> Result<Layout, Problem> {
    let layout = read.map_err(|error| failed(error.to_string()))?;
    match layout
        .problems
        .iter()
        .find(|problem| problem.code == ProblemCode::PixelsTooMany)
    {
        Some(too_many) => Err(too_many.clone()),
        None => Ok(layout),
    }
}

fn decode_jpeg(bytes: &[u8]) -> Result<Pixels, Problem> {
    let layout = read_layout(container::read_jpeg_head(
        &mut Cursor::new(bytes),
        bytes.len() as u64,
    ))?;
    let size = layout
        .stored
        .ok_or_else(|| failed("no header says how large the picture is"))?;
    match decode_scaled(bytes, &layout, size) {
        Ok(pixels) => Ok(pixels),
        // The general decoder carries on where a scan is broken, and shows what is left of it.
        Err(why) if size.pixels() <= MAX_FULL_PIXELS => decode_in_full(bytes, ImageFormat::Jpeg)
            .map_err(|again| failed(format!("{why}; {}", again.detail))),
        Err(why) => Err(failed(why.to_string())),
    }
}

fn decode_scaled(bytes: &[u8], layout: &Layout, size: Size) -> Result<Pixels, jpeg_decoder::Error> {
    let mut decoder = Decoder::new(bytes);
    let long = u16::try_from(THUMBNAIL_LONG_SIDE).unwrap_or(u16::MAX);
    // Only the long side decides, or rounding of the short one could ask for an enlargement.
    let (width, height) = if size.width >= size.height {
        (long, u16::MAX)
    } else {
        (u16::MAX, long)
    };
    if layout.coding == Coding::Sequential {
        decoder.scale(width, height)?;
    }
    // libjpeg's rule: without JFIF, Adobe's word counts, whatever the components are called.
    if layout.components == 3 && !layout.jfif && layout.adobe == Some(0) {
        decoder.set_color_transform(ColorTransform::RGB);
    }
    decoder.set_max_decoding_buffer_size(usize::try_from(MAX_DECODER_BYTES).unwrap_or(usize::MAX));
    let decoded = decoder.decode()?;
    let info = decoder
        .info()
        .ok_or_else(|| jpeg_decoder::Error::Format("no picture header".to_owned()))?;
    let profile = decoder.icc_profile();
    let (depth, bytes, space) = match info.pixel_format {
        PixelFormat::L8 => (Depth::Grey, decoded, b"GRAY"),
        PixelFormat::L16 => (
            Depth::Grey,
            decoded.chunks_exact(2).map(high_byte).collect(),
            b"GRAY",
        ),
        PixelFormat::RGB24 => (Depth::Rgb, decoded, b"RGB "),
        PixelFormat::CMYK32 => {
            // The decoder takes Adobe's inverted inks for granted; other writers store them plainly.
            let plain = layout.adobe.is_none();
            let inks = if plain {
                decoded.iter().map(|ink| 255 - ink).collect()
            } else {
                decoded
            };
            (Depth::Rgb, rgb_from_inks(&inks), b"RGB ")
        }
    };
    let size = Size {
        width: info.width.into(),
        height: info.height.into(),
    };
    Ok(Pixels {
        size,
        depth,
        bytes,
        profile: profile.filter(|profile| worth_keeping(profile, space)),
    })
}

fn high_byte(pair: &[u8]) -> u8 {
    let pair = <[u8; 2]>::try_from(pair).unwrap_or_default();
    let [high, _] = u16::from_ne_bytes(pair).to_be_bytes();
    high
}

/// Viewers take an unlabelled picture for sRGB, so only other profiles are worth their bytes.
fn worth_keeping(profile: &[u8], space: &[u8; 4]) -> bool {
    let says = |name: &[u8]| profile.windows(name.len()).any(|window| window == name);
    profile.len() <= MAX_PROFILE_BYTES
        && profile.get(16..20) == Some(space.as_slice())
        && !says(b"sRGB")
        && !says(b"s\0R\0G\0B")
}

fn decode_in_full(bytes: &[u8], format: ImageFormat) -> Result<Pixels, Problem> {
    let mut reader = image::ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let mut decoder = reader
        .into_decoder()
        .map_err(|error| failed(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    if size.pixels() > MAX_FULL_PIXELS {
        let detail = format!("{width} × {height} pixels, {MAX_FULL_PIXELS} are decoded");
        return Err(Problem::new(ProblemCode::PixelsTooMany, detail));
    }
    let profile = decoder
        .icc_profile()
        .ok()
        .flatten()
        .filter(|profile| worth_keeping(profile, b"RGB "));
    let picture =
        image::DynamicImage::from_decoder(decoder).map_err(|error| failed(error.to_string()))?;
    let bytes = if picture.color().has_alpha() {
        rgb_on_white(&picture.into_rgba8())
    } else {
        picture.into_rgb8().into_raw()
    };
    Ok(Pixels {
        size,
        depth: Depth::Rgb,
        bytes,
        profile,
    })
}

fn encode(pixels: Pixels, orientation: u16) -> Result<Thumbnail, Problem> {
    let size = pixels.size.fit(THUMBNAIL_LONG_SIDE);
    let pixels = pixels.resize(size).map_err(failed)?.upright(orientation);
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    if let Some(profile) = &pixels.profile {
        encoder
            .add_icc_profile(profile)
            .map_err(|error| failed(error.to_string()))?;
    }
    let colour = match pixels.depth {
        Depth::Grey => jpeg_encoder::ColorType::Luma,
        Depth::Rgb => jpeg_encoder::ColorType::Rgb,
    };
    let side = |side: u32| u16::try_from(side).map_err(|error| failed(error.to_string()));
    let (width, height) = (side(pixels.size.width)?, side(pixels.size.height)?);
    encoder
        .encode(&pixels.bytes, width, height, colour)
        .map_err(|error| failed(error.to_string()))?;
    Ok(Thumbnail {
        jpeg,
        size: pixels.size,
    })
}
