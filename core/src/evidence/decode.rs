//! From a photo's bytes to small upright pixels, by whichever decoder does it with least.
//!
//! Bytes come from `thumbnail`, pixels go back. A baseline JPEG goes through `scaled` and never
//! exists in full; one in several passes through `jpeg-decoder`, if its coefficients fit into
//! [`MAX_COEFFICIENT_BYTES`]; PNG and WebP are decoded in full up to a limit; HEIF pixels come
//! from the phone's own decoder. Header sizes are read from the bytes once more, so facts of
//! another photo cannot lift a limit.
//!
//! A picture that is left undecoded may show the small one inside its EXIF instead, and then says
//! so: an editor leaves the old one behind, so it need not be the same picture.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{ImageDecoder, ImageFormat};
use jpeg_decoder::{ColorTransform, PixelFormat};

use super::container::{self, Coding, Layout, MAX_FULL_PIXELS};
use super::pixels::{Depth, Pixels, rgb_from_inks, rgb_on_white};
use super::{MediaType, PictureDecoder, Problem, ProblemCode, Size, claims, scaled};

/// Sides and memory that the general decoders may use.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODER_BYTES: u64 = 256 * 1024 * 1024;

/// A JPEG in several passes is kept whole as coefficients until the last one: no more than this.
const MAX_COEFFICIENT_BYTES: u64 = 64 * 1024 * 1024;

/// A profile larger than this describes a printing press, not a camera.
const MAX_PROFILE_BYTES: usize = 8 * 1024;

/// Small upright pixels, and what is doubtful about where they came from.
pub(super) struct Small {
    pub(super) pixels: Pixels,
    pub(super) problem: Option<Problem>,
}

/// What is to be decoded, and how large it should become.
pub(super) struct Wanted<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) kind: MediaType,
    pub(super) orientation: u16,
    pub(super) long: u32,
    pub(super) phone: Option<&'a dyn PictureDecoder>,
}

pub(super) fn failed(why: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::ThumbnailFailed, why)
}

/// Decodes, resizes, turns upright. A decoder that panics on foreign bytes yields a problem.
pub(super) fn guarded(wanted: &Wanted<'_>) -> Result<Small, Problem> {
    catch_unwind(AssertUnwindSafe(|| small(wanted)))
        .unwrap_or_else(|_| Err(failed("the decoder stopped on damaged picture data")))
}

fn small(wanted: &Wanted<'_>) -> Result<Small, Problem> {
    let Wanted {
        bytes,
        kind,
        orientation,
        long,
        ..
    } = *wanted;
    let decoded = match kind {
        MediaType::Jpeg => return small_jpeg(wanted),
        MediaType::Png => in_full(bytes, ImageFormat::Png)?,
        MediaType::Webp => in_full(bytes, ImageFormat::WebP)?,
        MediaType::Heic | MediaType::Heif => return small_heif(wanted),
        MediaType::Tiff => {
            let why = "TIFF pixels are not decoded here";
            return Err(Problem::new(ProblemCode::NoPreview, why));
        }
    };
    let pixels = finish(decoded, long, orientation)?;
    Ok(Small {
        pixels,
        problem: None,
    })
}

fn finish(pixels: Pixels, long: u32, orientation: u16) -> Result<Pixels, Problem> {
    let size = pixels.size.fit(long);
    Ok(pixels.resize(size).map_err(failed)?.upright(orientation))
}

fn small_heif(wanted: &Wanted<'_>) -> Result<Small, Problem> {
    if let Some(phone) = wanted.phone
        && let Some(decoded) = phone.decode(wanted.bytes, wanted.kind, wanted.long)
    {
        let size = decoded.size;
        if decoded.rgb.len() as u64 != size.pixels() * 3 || size.pixels() == 0 {
            return Err(failed(
                "the phone's decoder gave other bytes than its size asks for",
            ));
        }
        let pixels = Pixels {
            size,
            depth: Depth::Rgb,
            bytes: decoded.rgb,
            profile: None,
        };
        // The phone's decoder follows the file's own turns.
        return Ok(Small {
            pixels: finish(pixels, wanted.long, 1)?,
            problem: None,
        });
    }
    let len = wanted.bytes.len() as u64;
    let layout = container::read(&mut Cursor::new(wanted.bytes), wanted.kind, len)
        .map_err(|error| failed(error.to_string()))?;
    refuse_too_many(&layout)?;
    let why = "HEIF pixels are decoded by the phone, and no small picture is embedded";
    embedded(layout, wanted).ok_or_else(|| Problem::new(ProblemCode::NoPreview, why))
}

/// The small JPEG inside the EXIF, marked as what it is.
fn embedded(layout: Layout, wanted: &Wanted<'_>) -> Option<Small> {
    let (jpeg, orientation) = layout
        .exif
        .as_deref()
        .and_then(claims::embedded_thumbnail)?;
    let len = jpeg.len() as u64;
    let own = container::read_jpeg_head(&mut Cursor::new(&jpeg), len).ok()?;
    let size = own.stored?;
    let turned = orientation.unwrap_or(wanted.orientation);
    let decoded = jpeg_pixels(&jpeg, &own, size, wanted.long).ok()?;
    let detail = format!(
        "{} × {} pixels out of the EXIF: nothing shows that they are this picture's",
        size.width, size.height
    );
    Some(Small {
        pixels: finish(decoded.pixels, wanted.long, turned).ok()?,
        problem: Some(Problem::new(ProblemCode::ThumbnailEmbedded, detail)),
    })
}

fn refuse_too_many(layout: &Layout) -> Result<(), Problem> {
    let problems = &mut layout.problems.iter();
    match problems.find(|problem| problem.code == ProblemCode::PixelsTooMany) {
        Some(too_many) => Err(too_many.clone()),
        None => Ok(()),
    }
}

fn small_jpeg(wanted: &Wanted<'_>) -> Result<Small, Problem> {
    let len = wanted.bytes.len() as u64;
    let layout = container::read_jpeg_head(&mut Cursor::new(wanted.bytes), len)
        .map_err(|error| failed(error.to_string()))?;
    let size = layout
        .stored
        .ok_or_else(|| failed("no header says how large the picture is"))?;
    let decoded = refuse_too_many(&layout)
        .and_then(|()| refuse_coefficients(wanted.bytes, &layout))
        .and_then(|()| jpeg_pixels(wanted.bytes, &layout, size, wanted.long));
    match decoded {
        Ok(Decoded { pixels, problem }) => Ok(Small {
            pixels: finish(pixels, wanted.long, wanted.orientation)?,
            problem,
        }),
        Err(why) if why.code == ProblemCode::PixelsTooMany => embedded(layout, wanted).ok_or(why),
        Err(why) => Err(why),
    }
}

fn refuse_coefficients(bytes: &[u8], layout: &Layout) -> Result<(), Problem> {
    if layout.coding == Coding::Sequential {
        return Ok(());
    }
    let needed = scaled::coefficient_bytes(bytes).unwrap_or(0);
    if needed <= MAX_COEFFICIENT_BYTES {
        return Ok(());
    }
    let detail = format!(
        "in several passes, it needs {needed} bytes of memory, {MAX_COEFFICIENT_BYTES} are given"
    );
    Err(Problem::new(ProblemCode::PixelsTooMany, detail))
}

/// Pixels as stored.
struct Decoded {
    pixels: Pixels,
    problem: Option<Problem>,
}

impl From<Pixels> for Decoded {
    fn from(pixels: Pixels) -> Self {
        Self {
            pixels,
            problem: None,
        }
    }
}

/// Decoded, at most twice as large as wanted if that can be had.
fn jpeg_pixels(bytes: &[u8], layout: &Layout, size: Size, long: u32) -> Result<Decoded, Problem> {
    let why = match scaled_pixels(bytes, layout, size, long) {
        Ok(decoded) => return Ok(decoded),
        Err(why) => why,
    };
    let why = match general_pixels(bytes, layout, size, long) {
        Ok(pixels) => return Ok(pixels.into()),
        Err(error) => format!("{why}; {error}"),
    };
    // The most forgiving decoder comes last: it shows what is left of a broken picture.
    if size.pixels() > MAX_FULL_PIXELS {
        return Err(failed(why));
    }
    let forgiven = in_full(bytes, ImageFormat::Jpeg);
    forgiven
        .map(Decoded::from)
        .map_err(|again| failed(format!("{why}; {}", again.detail)))
}

fn scaled_pixels(bytes: &[u8], layout: &Layout, size: Size, long: u32) -> Result<Decoded, String> {
    let wanted = usize::try_from(long).map_err(|error| error.to_string())?;
    let scaled = scaled::decode(bytes, wanted).map_err(|scaled::Refused(why)| why.to_owned())?;
    // libjpeg's rule: JFIF means brightness and colour, without it Adobe's word counts, then names.
    let is_rgb = match (layout.jfif, layout.adobe) {
        (true, _) => false,
        (false, Some(transform)) => transform == 0,
        (false, None) => scaled.names == b"RGB",
    };
    let (depth, space) = match (scaled.planes.len(), is_rgb) {
        (1, _) => (Depth::Grey, b"GRAY"),
        (_, true) => (Depth::Rgb, b"RGB "),
        (_, false) => (Depth::Ycc, b"RGB "),
    };
    let mut pixels = Pixels::weave(&scaled.planes, size.fit(long), depth)?;
    let mut heads = jpeg_decoder::Decoder::new(bytes);
    // Profiles stand before the frame's header, so no more than that is read.
    if heads.read_info().is_ok() {
        pixels.profile = heads
            .icc_profile()
            .filter(|profile| worth_keeping(profile, space));
    }
    let cut = "the scan is broken or cut: what could not be read is grey";
    Ok(Decoded {
        pixels,
        problem: (!scaled.is_whole).then(|| Problem::new(ProblemCode::Damaged, cut)),
    })
}

fn general_pixels(
    bytes: &[u8],
    layout: &Layout,
    size: Size,
    long: u32,
) -> Result<Pixels, jpeg_decoder::Error> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let side = u16::try_from(long).unwrap_or(u16::MAX);
    // Only the long side decides, or rounding of the short one could ask for an enlargement.
    let (width, height) = if size.width >= size.height {
        (side, u16::MAX)
    } else {
        (u16::MAX, side)
    };
    if layout.coding != Coding::WholeFrame {
        decoder.scale(width, height)?;
    }
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

fn in_full(bytes: &[u8], format: ImageFormat) -> Result<Pixels, Problem> {
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
