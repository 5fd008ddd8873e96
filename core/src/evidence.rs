//! Turns photo bytes into facts and claims, and into a small upright picture.
//!
//! Bytes come from `app` as anything that reads and seeks; facts go to `store` through `app`, the
//! thumbnail likewise. Nothing here touches disk, clock or network, and nothing is re-encoded:
//! the original stays as the camera wrote it.
//!
//! - A digest, a length, a pixel size are *facts*, read from the bytes themselves. Time, place
//!   and camera are *claims*: the file says so, and anybody can edit a file.
//! - The type is told from content, never from a name.
//! - Broken metadata or a cut scan is a [`Problem`] beside the facts, never an error: a damaged
//!   photo of a collapsed house is still evidence. Only what is no photo at all is refused.
//! - Nobody's bytes are trusted: at most [`MAX_METADATA_BYTES`] reach the EXIF and XMP readers, headers are
//!   checked before a pixel is allocated, and foreign decoders run under `catch_unwind`.
//!
//! Video and voice notes are read by [`examine_recording`], never decoded.
//!
//! Refused: HEVC pixels (the phone's platform decodes them), any opinion
//! on whether a claim is true (`app` compares it with the device's own fix).
//!
//! ```
//! use std::io::Cursor;
//! use lossbook_core::evidence::{ExamineError, examine};
//! assert_eq!(examine(&mut Cursor::new(b"")), Err(ExamineError::Empty));
//! assert_eq!(examine(&mut Cursor::new(b"#!/bin/sh")), Err(ExamineError::NotAPhoto));
//! ```

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::domain::{CHUNK_BYTES, ChunkedDigest, Digest};

mod boxes;
mod claims;
mod container;
mod decode;
mod derive;
mod findings;
mod fingerprint;
mod heif;
mod jpeg;
mod lookalike;
mod photo;
mod pixels;
mod png;
mod problem;
mod recording;
mod scaled;
mod shades;
mod source;
mod thumbnail;
mod tiff;
mod webp;
mod xmp;

#[cfg(test)]
mod tests;

pub use derive::{Copied, DeriveError, Making, Region, derive};
pub use findings::{
    Finding, FindingCode, Fix, Grade, HubBracket, Moment, PhotoFindings, Provider, Shot,
    ShotClaims, ShutterCount, Source, Thresholds, findings,
};
pub use fingerprint::{FINGERPRINT_BITS, Fingerprint};
pub use lookalike::{
    INDEX_ENTRY_BYTES, IndexEntry, IndexError, Lookalike, LookalikeIndex, MAX_DIFFERENT,
    MAX_INDEX_ENTRIES, PhotoMark,
};
pub use photo::{
    BoxTurn, Claims, Direction, EditKind, EditTrace, Embedded, MediaType, MirrorAxis, North,
    PhotoFacts, Size,
};
pub use problem::{Problem, ProblemCode};
pub use recording::{
    MAX_RECORDING_BYTES, RecordingFacts, RecordingType, examine_recording, is_recording,
};
pub use shades::Shades;
pub use thumbnail::{
    HostPicture, PREVIEW_LONG_SIDE, PictureDecoder, SmallPicture, THUMBNAIL_LONG_SIDE, preview,
    thumbnail,
};

/// The longest photo that is taken in.
pub const MAX_PHOTO_BYTES: u64 = 128 * 1024 * 1024;

/// The most metadata of one photo that a parser gets to see.
pub const MAX_METADATA_BYTES: usize = 1024 * 1024;

/// Why bytes were not taken in as a photo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExamineError {
    /// Not one byte.
    #[error("the file is empty (0 bytes): copy it again from the camera")]
    Empty,
    /// Some other kind of file, whatever its name says.
    #[error(
        "its first bytes are not those of a JPEG, PNG, WebP, HEIF or TIFF photo or of an MP4, MOV or M4A recording: choose another file, or convert it first"
    )]
    NotAPhoto,
    /// More bytes than a photo may have.
    #[error(
        "{len} bytes are more than the {limit} a photo may have: add the photo at a smaller size"
    )]
    TooLarge {
        /// Its length in bytes.
        len: u64,
        /// [`MAX_PHOTO_BYTES`].
        limit: u64,
    },
    /// Somebody wrote to it in the meantime.
    #[error("it changed while it was read: wait until nobody writes to it, then try again")]
    Changed,
    /// The bytes could not be read; the text is the operating system's.
    #[error("reading stopped: {0}; check that the file is there, is a file and may be read")]
    Read(String),
}

impl ExamineError {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotAPhoto => "not_a_photo",
            Self::TooLarge { .. } => "too_large",
            Self::Changed => "changed",
            Self::Read(_) => "unreadable",
        }
    }
}

/// Reads a photo from its beginning: digests, type, size, orientation, claims and problems.
///
/// # Errors
/// [`ExamineError`] when the bytes are no photo at all, too many, none, or cannot be read.
/// Whatever else is wrong with a photo is listed in [`PhotoFacts::problems`].
pub fn examine<R: Read + Seek>(source: &mut R) -> Result<PhotoFacts, ExamineError> {
    let (digest, chunks, len_bytes) = hash(source, MAX_PHOTO_BYTES)?;
    let media_type = container::sniff(source)
        .map_err(read_error)?
        .ok_or(ExamineError::NotAPhoto)?;
    let layout = layout(source, media_type, len_bytes).map_err(read_error)?;

    let read = claims::read(&layout);
    let (claims, orientation) = (read.claims, read.orientation);
    let mut problems = layout.problems;
    problems.extend(read.problems);
    let sideways = match media_type {
        MediaType::Heic | MediaType::Heif => layout.turn.is_some_and(|turn| turn.quarters % 2 == 1),
        MediaType::Jpeg | MediaType::Png | MediaType::Webp | MediaType::Tiff => {
            orientation.is_some_and(|o| o >= 5)
        }
    };
    let displayed = layout
        .stored
        .map(|size| if sideways { size.turned() } else { size });
    let chunk_root = ChunkedDigest::merkle_root(&chunks);
    Ok(PhotoFacts {
        digest,
        len_bytes,
        chunks,
        chunk_root,
        media_type,
        stored: layout.stored,
        displayed,
        orientation,
        turn: layout.turn,
        claims,
        problems,
    })
}

/// The headers; a reader that stops on them costs the headers and not the photo.
fn layout<R: Read + Seek>(
    source: &mut R,
    media_type: MediaType,
    len_bytes: u64,
) -> std::io::Result<container::Layout> {
    let read = AssertUnwindSafe(|| container::read(source, media_type, len_bytes));
    catch_unwind(read).unwrap_or_else(|_| {
        let mut layout = container::Layout::default();
        layout.note(
            ProblemCode::Damaged,
            "the header reader stopped on damaged headers",
        );
        Ok(layout)
    })
}

fn hash<R: Read + Seek>(
    source: &mut R,
    limit: u64,
) -> Result<(Digest, Vec<Digest>, u64), ExamineError> {
    let len = source.seek(SeekFrom::End(0)).map_err(read_error)?;
    refuse_too_large(len, limit)?;
    source.seek(SeekFrom::Start(0)).map_err(read_error)?;
    let mut hasher = ChunkedDigest::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    // One byte over the limit is enough to notice a file that grows while it is read.
    let mut bounded = source.take(limit + 1);
    loop {
        let got = match bounded.read(&mut buffer) {
            Ok(got) => got,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(read_error(error)),
        };
        match buffer.get(..got) {
            None | Some([]) => break,
            Some(bytes) => hasher.update(bytes),
        }
    }
    let (digest, chunks, len) = hasher.finish();
    refuse_too_large(len, limit)?;
    if len == 0 {
        Err(ExamineError::Empty)
    } else {
        Ok((digest, chunks, len))
    }
}

fn refuse_too_large(len: u64, limit: u64) -> Result<(), ExamineError> {
    if len > limit {
        Err(ExamineError::TooLarge { len, limit })
    } else {
        Ok(())
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn read_error(error: std::io::Error) -> ExamineError {
    ExamineError::Read(error.to_string())
}
