//! What is wrong or doubtful with a photo that is evidence all the same.
//!
//! Found by `examine` and `thumbnail`, kept with the photo, shown to surveyor and reviewer. The
//! words are stable: stores and programs hold on to them. It judges nobody.

use std::fmt;

/// One thing that is wrong, with the data to understand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub code: ProblemCode,
    /// What exactly, in English, with the numbers.
    pub detail: String,
}

impl Problem {
    /// A problem of that kind.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.detail)
    }
}

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// The kinds of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemCode { $($(#[$doc])* $name,)* }

        impl ProblemCode {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// A stable word for stores and programs.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

problem_codes! {
    /// The file ends before its picture does.
    Truncated => "truncated",
    /// The file's structure or scan is broken in the middle.
    Damaged => "damaged",
    /// No header says how large the picture is.
    NoDimensions => "no_dimensions",
    /// More pixels than are decoded here; the photo is kept, no thumbnail is made.
    PixelsTooMany => "pixels_too_many",
    /// More metadata than a parser gets to see; it was not read.
    MetadataTooLarge => "metadata_too_large",
    /// The metadata cannot be read at all.
    ExifUnreadable => "exif_unreadable",
    /// The metadata is broken in part; the rest was read.
    ExifPartial => "exif_partial",
    /// The XMP packet is broken; what stands before the break was read.
    XmpPartial => "xmp_partial",
    /// EXIF and XMP say different things.
    XmpDisagrees => "xmp_disagrees",
    /// The orientation is none of 1 to 8.
    BadOrientation => "bad_orientation",
    /// The camera's time is no time.
    TimeUnreadable => "time_unreadable",
    /// Part of the position or of the satellite time is missing or no number.
    GpsUnreadable => "gps_unreadable",
    /// The position or satellite time cannot exist.
    GpsOutOfRange => "gps_out_of_range",
    /// The position is exactly 0°, 0°: most likely the receiver had no fix.
    GpsAtZero => "gps_at_zero",
    /// Satellite time and camera time differ by more than any time zone explains.
    GpsDateDisagrees => "gps_date_disagrees",
    /// The picture's pixels are not decoded here and it carries no small picture.
    NoPreview => "no_preview",
    /// Most of the picture is black.
    TooDark => "too_dark",
    /// Much of the picture is burnt out to white.
    TooBright => "too_bright",
    /// The picture is blurred even at its small size.
    Blurred => "blurred",
    /// The small picture shown is the one inside the metadata, which need not be of this picture.
    ThumbnailEmbedded => "thumbnail_embedded",
    /// No thumbnail could be made.
    ThumbnailFailed => "thumbnail_failed",
}

impl ProblemCode {
    /// The kind with that word.
    pub fn from_code(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.code() == word)
    }
}
