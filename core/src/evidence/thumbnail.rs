//! Makes the small upright JPEGs that lists and reviewers look at: thumbnail and preview.
//!
//! Bytes and facts come from `app`, off the commit path; the JPEG goes to `store` beside the
//! original. It carries no EXIF, so no position leaves with it. The decoders are `decode`'s.
//!
//! Refused: pictures over the limits in `container`, HEVC pixels without a phone's decoder. For an
//! ordinary photo an embedded thumbnail is never used: an editor leaves the old one behind.

use super::decode::{self, Wanted, failed};
use super::pixels::{Depth, Pixels};
use super::{MediaType, PhotoFacts, Problem, Shades, Size};

/// The longer side of a thumbnail.
pub const THUMBNAIL_LONG_SIDE: u32 = 512;

/// The longer side of a preview.
pub const PREVIEW_LONG_SIDE: u32 = 1_600;

const QUALITY: u8 = 80;

/// A small upright picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallPicture {
    /// JPEG, quality 80, without EXIF.
    pub jpeg: Vec<u8>,
    /// Its size in pixels.
    pub size: Size,
    /// How bright each of its pixels is: what fingerprints and quality doubts are read from.
    pub shades: Shades,
    /// What is doubtful about where its pixels came from.
    pub problem: Option<Problem>,
}

/// The host's own decoder, for pictures that only the phone's platform can decode.
pub trait PictureDecoder: Send + Sync {
    /// The picture upright, with a longer side of about `long` pixels if it can be had smaller
    /// than stored. Nothing if the platform cannot decode it either.
    fn decode(&self, photo: &[u8], kind: MediaType, long: u32) -> Option<HostPicture>;
}

/// What the host's decoder gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPicture {
    /// Its size.
    pub size: Size,
    /// Red, green, blue, row after row.
    pub rgb: Vec<u8>,
}

/// Makes the thumbnail of a photo that `examine` has looked at.
///
/// # Errors
/// A [`Problem`] that says why there is none; it belongs beside the photo's other problems.
pub fn thumbnail(
    bytes: &[u8],
    facts: &PhotoFacts,
    phone: Option<&dyn PictureDecoder>,
) -> Result<SmallPicture, Problem> {
    small(bytes, facts, phone, THUMBNAIL_LONG_SIDE)
}

/// Makes the preview: what a reviewer looks at before asking for the original.
///
/// # Errors
/// As [`thumbnail`].
pub fn preview(
    bytes: &[u8],
    facts: &PhotoFacts,
    phone: Option<&dyn PictureDecoder>,
) -> Result<SmallPicture, Problem> {
    small(bytes, facts, phone, PREVIEW_LONG_SIDE)
}

fn small(
    bytes: &[u8],
    facts: &PhotoFacts,
    phone: Option<&dyn PictureDecoder>,
    long: u32,
) -> Result<SmallPicture, Problem> {
    let wanted = Wanted {
        bytes,
        kind: facts.media_type,
        orientation: facts.orientation.unwrap_or(1),
        long,
        phone,
    };
    let decode::Small { pixels, problem } = decode::guarded(&wanted)?;
    Ok(SmallPicture {
        jpeg: encode(&pixels)?,
        size: pixels.size,
        shades: Shades {
            size: pixels.size,
            bytes: pixels.shades(),
        },
        problem,
    })
}

/// As JPEG, without metadata but for a colour profile.
pub(super) fn encode(pixels: &Pixels) -> Result<Vec<u8>, Problem> {
    let mut jpeg = Vec::with_capacity(pixels.bytes.len() / 8);
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    if let Some(profile) = &pixels.profile {
        encoder
            .add_icc_profile(profile)
            .map_err(|error| failed(error.to_string()))?;
    }
    let colour = match pixels.depth {
        Depth::Grey => jpeg_encoder::ColorType::Luma,
        Depth::Rgb => jpeg_encoder::ColorType::Rgb,
        Depth::Ycc => jpeg_encoder::ColorType::Ycbcr,
    };
    let side = |side: u32| u16::try_from(side).map_err(|error| failed(error.to_string()));
    let (width, height) = (side(pixels.size.width)?, side(pixels.size.height)?);
    encoder
        .encode(&pixels.bytes, width, height, colour)
        .map_err(|error| failed(error.to_string()))?;
    Ok(jpeg)
}
