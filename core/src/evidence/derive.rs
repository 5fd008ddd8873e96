//! Copies made for a purpose: a preview, one with a watermark, one with regions burnt out.
//!
//! Photo, font and text come from `app`; a JPEG goes back that names, in a comment inside the file,
//! the digest of its original and how it was made. An original is only ever read. What is burnt out
//! is gone from the copy's pixels before they are encoded; metadata of the original, its position
//! among them, do not travel with a copy.
//!
//! Refused: text that the font cannot write (a box in place of a name would be no watermark), and
//! copies of pictures that cannot be decoded.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places within a picture whose sides have at most 65,535 pixels"
)]

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::decode::{self, Wanted};
use super::pixels::{Depth, Pixels};
use super::thumbnail::encode;
use super::{PhotoFacts, PictureDecoder, Problem, Size};

/// What a copy is for.
#[derive(Debug, Clone)]
pub enum Making<'a> {
    /// Smaller, nothing else.
    Preview,
    /// Lines of text on a dark band at the foot.
    Watermark {
        /// What is written, line by line.
        lines: &'a [String],
        /// A TrueType or OpenType font that has all its characters.
        font: &'a [u8],
    },
    /// Regions burnt out.
    Redaction(&'a [Region]),
}

/// A part of the upright picture, in thousandths of its sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// From the left edge.
    pub left: u16,
    /// From the upper edge.
    pub top: u16,
    /// How wide.
    pub width: u16,
    /// How high.
    pub height: u16,
}

/// A finished copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// JPEG with a comment that names original and making.
    pub jpeg: Vec<u8>,
    /// Its size in pixels.
    pub size: Size,
    /// The comment: one line, the same for the same original, making and size.
    pub made: String,
    /// What is doubtful about where its pixels came from.
    pub problem: Option<Problem>,
}

/// Why a copy could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeriveError {
    /// The picture cannot be decoded.
    #[error("no copy: {0}")]
    Picture(Problem),
    /// These bytes are no font.
    #[error("these bytes are no TrueType or OpenType font: choose another file")]
    NoFont,
    /// The font lacks a character.
    #[error("the font has no {character:?} (in {line:?}): choose one that covers the text")]
    NoGlyph {
        /// Which character.
        character: char,
        /// Where.
        line: String,
    },
    /// A region lies outside the picture or has no area.
    #[error("region {0:?} is empty or reaches beyond the picture: give thousandths from 0 to 1000")]
    BadRegion(Region),
}

impl DeriveError {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Picture(problem) => problem.code.code(),
            Self::NoFont => "no_font",
            Self::NoGlyph { .. } => "no_glyph",
            Self::BadRegion(_) => "bad_region",
        }
    }
}

/// Makes a copy whose longer side has at most `long` pixels.
///
/// # Errors
/// [`DeriveError`]; then there is no copy.
pub fn derive(
    (bytes, facts): (&[u8], &PhotoFacts),
    making: &Making<'_>,
    long: u32,
    phone: Option<&dyn PictureDecoder>,
) -> Result<Copied, DeriveError> {
    let wanted = Wanted {
        bytes,
        kind: facts.media_type,
        orientation: facts.orientation.unwrap_or(1),
        long,
        phone,
    };
    let decode::Small { pixels, problem } =
        decode::guarded(&wanted).map_err(DeriveError::Picture)?;
    let (pixels, how) = match making {
        Making::Preview => (pixels, "preview".to_owned()),
        Making::Watermark { lines, font } => {
            let mut pixels = pixels.into_rgb();
            write(&mut pixels, lines, font)?;
            (pixels, format!("watermark {lines:?}"))
        }
        Making::Redaction(regions) => {
            let mut pixels = pixels.into_rgb();
            let mut how = "redaction".to_owned();
            for region in *regions {
                burn(&mut pixels, *region)?;
                let Region {
                    left,
                    top,
                    width,
                    height,
                } = region;
                how.push_str(&format!(" {left},{top},{width},{height}"));
            }
            (pixels, how)
        }
    };
    let size = pixels.size;
    let made = format!(
        "lossbook copy 1; original sha256 {}; {how}; {}x{}",
        facts.digest, size.width, size.height
    );
    let jpeg = encode(&pixels).map_err(DeriveError::Picture)?;
    Ok(Copied {
        jpeg: with_comment(&jpeg, &made),
        size,
        made,
        problem,
    })
}

/// The JPEG with a comment right behind its first marker.
fn with_comment(jpeg: &[u8], comment: &str) -> Vec<u8> {
    let most = usize::from(u16::MAX) - 2;
    let text = comment.as_bytes();
    let text = text.get(..most).unwrap_or(text);
    let len = u16::try_from(text.len() + 2).unwrap_or(u16::MAX);
    let (start, rest) = jpeg.split_at_checked(2).unwrap_or((jpeg, &[]));
    let mut bytes = Vec::with_capacity(jpeg.len() + text.len() + 4);
    bytes.extend(start);
    bytes.extend([0xFF, 0xFE]);
    bytes.extend(len.to_be_bytes());
    bytes.extend(text);
    bytes.extend(rest);
    bytes
}

/// Blackens a region, rounded outwards: no row of it stays.
fn burn(pixels: &mut Pixels, region: Region) -> Result<(), DeriveError> {
    let Region {
        left,
        top,
        width,
        height,
    } = region;
    let (right, bottom) = (
        u32::from(left) + u32::from(width),
        u32::from(top) + u32::from(height),
    );
    if width == 0 || height == 0 || right > 1_000 || bottom > 1_000 {
        return Err(DeriveError::BadRegion(region));
    }
    let first = |part: u16, side: u32| (u64::from(part) * u64::from(side) / 1_000) as usize;
    let last = |part: u32, side: u32| (u64::from(part) * u64::from(side)).div_ceil(1_000) as usize;
    let Size {
        width: across,
        height: down,
    } = pixels.size;
    let stride = across as usize * 3;
    let rows = pixels.bytes.chunks_exact_mut(stride.max(3));
    for row in rows.take(last(bottom, down)).skip(first(top, down)) {
        let part = first(left, across) * 3..last(right, across) * 3;
        row.get_mut(part).into_iter().for_each(|part| part.fill(0));
    }
    Ok(())
}

/// A line as it will be written: where each character begins.
struct Line {
    glyphs: Vec<(ab_glyph::GlyphId, f32)>,
    width: f32,
}

/// Writes white lines on a darkened band at the foot of the picture.
fn write(pixels: &mut Pixels, lines: &[String], font: &[u8]) -> Result<(), DeriveError> {
    let font = FontRef::try_from_slice_and_index(font, 0).map_err(|_error| DeriveError::NoFont)?;
    let (width, height) = (pixels.size.width as f32, pixels.size.height as f32);
    let mut scale = PxScale::from((width.min(height) / 26.0).clamp(9.0, 64.0));
    let laid_out = |scale: PxScale| {
        lines
            .iter()
            .map(|line| lay_out(&font, scale, line))
            .collect::<Result<Vec<_>, _>>()
    };
    let widest = |laid: &[Line]| laid.iter().map(|line| line.width).fold(0.0, f32::max);
    let mut laid = laid_out(scale)?;
    let room = (width - scale.x).max(1.0);
    if widest(&laid) > room {
        // Small enough for the longest line, and never too small to be seen at all.
        scale = PxScale::from((scale.x * room / widest(&laid)).max(6.0));
        laid = laid_out(scale)?;
    }
    let step = scale.y * 1.25;
    let band = step * lines.len() as f32 + scale.y * 0.6;
    let top = (height - band).max(0.0);
    darken(pixels, top as u32);
    let ascent = font.as_scaled(scale).ascent();
    for (number, line) in laid.iter().enumerate() {
        let base = top + scale.y * 0.3 + step * number as f32 + ascent;
        for (glyph, x) in &line.glyphs {
            let glyph = glyph.with_scale_and_position(scale, point(scale.x / 2.0 + x, base));
            let Some(outlined) = font.outline_glyph(glyph) else {
                continue;
            };
            let bounds = outlined.px_bounds();
            outlined.draw(|x, y, cover| {
                lighten(
                    pixels,
                    (
                        bounds.min.x as i64 + i64::from(x),
                        bounds.min.y as i64 + i64::from(y),
                    ),
                    cover,
                );
            });
        }
    }
    Ok(())
}

fn lay_out(font: &FontRef<'_>, scale: PxScale, line: &str) -> Result<Line, DeriveError> {
    let scaled = font.as_scaled(scale);
    let mut glyphs = Vec::new();
    let mut width = 0.0;
    for character in line.chars() {
        let glyph = font.glyph_id(character);
        if glyph.0 == 0 {
            let line = line.to_owned();
            return Err(DeriveError::NoGlyph { character, line });
        }
        glyphs.push((glyph, width));
        width += scaled.h_advance(glyph);
    }
    Ok(Line { glyphs, width })
}

fn darken(pixels: &mut Pixels, top: u32) {
    let at = top as usize * pixels.size.width as usize * pixels.depth.bytes();
    for part in pixels.bytes.iter_mut().skip(at) {
        *part = *part / 8 * 3;
    }
}

fn lighten(pixels: &mut Pixels, (x, y): (i64, i64), cover: f32) {
    let (width, height) = (i64::from(pixels.size.width), i64::from(pixels.size.height));
    if !(0..width).contains(&x) || !(0..height).contains(&y) {
        return;
    }
    let at = usize::try_from((y * width + x) * 3).unwrap_or(usize::MAX);
    debug_assert_eq!(pixels.depth, Depth::Rgb);
    for part in pixels.bytes.iter_mut().skip(at).take(3) {
        let old = f32::from(*part);
        *part = (old + (255.0 - old) * cover.clamp(0.0, 1.0)) as u8;
    }
}
