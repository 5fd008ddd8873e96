//! What is known about one photo: facts from its bytes, claims from its metadata.
//!
//! Made by `evidence::examine`, kept by `store`, shown by every screen. Decides nothing.

use super::Problem;
use crate::domain::{CivilTime, Digest, Place};

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Size {
    /// How many pixels that is.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The longer of the two sides.
    pub fn long_side(self) -> u32 {
        self.width.max(self.height)
    }

    /// After a quarter turn.
    pub fn turned(self) -> Self {
        Self {
            width: self.height,
            height: self.width,
        }
    }

    /// The same shape with a long side of at most `long`; never larger than it is.
    pub fn fit(self, long: u32) -> Self {
        let longest = self.long_side();
        if longest <= long {
            return self;
        }
        let scaled = |side: u32| {
            let side =
                (u64::from(side) * u64::from(long) + u64::from(longest) / 2) / u64::from(longest);
            u32::try_from(side).unwrap_or(long).max(1)
        };
        Self {
            width: scaled(self.width),
            height: scaled(self.height),
        }
    }
}

/// What kind of photo the bytes are, told from the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// JPEG, as nearly every camera writes.
    Jpeg,
    /// PNG, as screenshots are.
    Png,
    /// WebP, as messengers pass on.
    Webp,
    /// HEIF with HEVC pictures, as iPhones write.
    Heic,
    /// HEIF of a general brand.
    Heif,
}

impl MediaType {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Heic, Self::Heif];

    /// The registered media type, `image/jpeg`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Heic => "image/heic",
            Self::Heif => "image/heif",
        }
    }

    /// The kind with that media type.
    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mime() == mime)
    }
}

/// What the photo says about itself. Everything here can be edited by anybody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims {
    /// When the camera says the shutter opened (`DateTimeOriginal`).
    pub taken_at: Option<CivilTime>,
    /// When the satellites say so, in UTC: `2008-10-23T14:27:07.24Z`.
    pub gps_time: Option<String>,
    /// Where the camera says it was.
    pub place: Option<Place>,
    /// Who made the camera.
    pub camera_make: Option<String>,
    /// Which camera.
    pub camera_model: Option<String>,
}

/// Everything that one reading of a photo yields.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoFacts {
    /// SHA-256 of all bytes: the photo's name.
    pub digest: Digest,
    /// How many bytes.
    pub len_bytes: u64,
    /// SHA-256 of each 256 KiB chunk, in order.
    pub chunks: Vec<Digest>,
    /// The Merkle root over `chunks`.
    pub chunk_root: Digest,
    /// The kind of photo.
    pub media_type: MediaType,
    /// Pixel size as stored, if the header gives one.
    pub stored: Option<Size>,
    /// Pixel size as a person sees it, after orientation.
    pub displayed: Option<Size>,
    /// The EXIF orientation, 1 to 8, if the file carries one.
    pub orientation: Option<u16>,
    /// What the photo says about itself.
    pub claims: Claims,
    /// What is wrong or doubtful with it, in the order found.
    pub problems: Vec<Problem>,
}

impl PhotoFacts {
    /// The first problem of that kind, if there is one.
    pub fn problem(&self, code: super::ProblemCode) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.code == code)
    }
}
