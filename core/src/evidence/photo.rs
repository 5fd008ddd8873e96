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
    /// TIFF, as scanners write, and the raw formats built on it.
    Tiff,
}

impl MediaType {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Heic,
        Self::Heif,
        Self::Tiff,
    ];

    /// The registered media type, `image/jpeg`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Heic => "image/heic",
            Self::Heif => "image/heif",
            Self::Tiff => "image/tiff",
        }
    }

    /// The kind with that media type.
    pub fn from_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mime() == mime)
    }
}

/// What the photo says about itself. Everything here can be edited by anybody.
///
/// EXIF leads; what it lacks is taken from XMP, and [`Claims::from_xmp`] names it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims {
    /// When the camera says the shutter opened (`DateTimeOriginal`).
    pub taken_at: Option<CivilTime>,
    /// When the picture became a file (`DateTimeDigitized`).
    pub digitized_at: Option<CivilTime>,
    /// When the file was last changed (`DateTime`).
    pub modified_at: Option<CivilTime>,
    /// When the satellites say so, in UTC: `2008-10-23T14:27:07.24Z`.
    pub gps_time: Option<String>,
    /// Where the camera says it was: degrees as written, on the datum that [`Claims::datum`] names.
    pub place: Option<Place>,
    /// The globe or grid of the degrees, as the camera named it; mostly nothing, and WGS-84 meant.
    pub datum: Option<String>,
    /// How far off the position may be, in metres.
    pub accuracy_m: Option<f64>,
    /// Which way the lens looked.
    pub direction: Option<Direction>,
    /// Who made the camera.
    pub camera_make: Option<String>,
    /// Which camera.
    pub camera_model: Option<String>,
    /// The camera's serial number.
    pub serial: Option<String>,
    /// Which lens.
    pub lens: Option<String>,
    /// What wrote the file.
    pub software: Option<String>,
    /// Traces of editing.
    pub edits: Vec<EditTrace>,
    /// Where the file carries a small picture of its own.
    pub embedded: Option<Embedded>,
    /// Claims that EXIF lacks and XMP makes, by name.
    pub from_xmp: Vec<&'static str>,
}

/// How the boxes of a HEIF file turn its picture; its EXIF orientation is then a mere remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoxTurn {
    /// Quarter turns against the clock, 0 to 3 (`irot`).
    pub quarters: u8,
    /// The axis it is mirrored about, if it is (`imir`).
    pub mirror: Option<MirrorAxis>,
}

/// The axis of a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirrorAxis {
    /// Left and right change places.
    Vertical,
    /// Top and bottom change places.
    Horizontal,
}

/// Which way a lens looked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// Degrees clockwise from north, below 360.
    pub degrees: f64,
    /// Which north.
    pub north: North,
}

/// Which north a direction is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum North {
    /// Geographic north.
    True,
    /// Where a compass points.
    Magnetic,
    /// The camera does not say.
    Unstated,
}

impl North {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Magnetic => "magnetic",
            Self::Unstated => "unstated",
        }
    }
}

/// A place in a file where a small JPEG lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedded {
    /// Its first byte, counted from the beginning of the file.
    pub at: u64,
    /// Its length in bytes.
    pub len: u32,
}

/// A sign that something other than a camera wrote to the file. Cropping is no crime: it is told,
/// not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditTrace {
    /// Which kind.
    pub kind: EditKind,
    /// What exactly.
    pub detail: String,
}

/// The kinds of trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EditKind {
    /// The software named is a known editor.
    Software,
    /// It was changed after it was taken.
    ModifiedLater,
    /// XMP keeps a history of steps.
    History,
    /// XMP names another file it was made from.
    DerivedFrom,
    /// Photoshop's own block is there.
    PhotoshopBlock,
    /// The file itself says that it is composed or generated.
    SourceType,
}

impl EditKind {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::ModifiedLater => "modified_later",
            Self::History => "history",
            Self::DerivedFrom => "derived_from",
            Self::PhotoshopBlock => "photoshop_block",
            Self::SourceType => "source_type",
        }
    }
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
    /// HEIF: how its boxes turn the picture.
    pub turn: Option<BoxTurn>,
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
