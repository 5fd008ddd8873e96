//! Tells the kind of a file from its content and gathers what its headers say.
//!
//! Bytes come from `examine` and `thumbnail`, one walker per format fills a [`Layout`]. A walker
//! that runs out of bytes leaves what it found so far; the cut becomes a problem here. No pixel is
//! decoded and no metadata interpreted: that is `thumbnail`'s and `claims`' part.

use std::io::{self, Read, Seek, SeekFrom};

use super::source::{Source, Stop};
use super::tiff::{self, Next, Tags, tag};
use super::{
    BoxTurn, MAX_METADATA_BYTES, MediaType, Problem, ProblemCode, Size, heif, jpeg, png, webp,
};

/// Baseline JPEGs are decoded at reduced scale, so a whole picture never exists in memory.
pub(super) const MAX_SCALED_PIXELS: u64 = 200_000_000;

/// Everything else is decoded in full.
pub(super) const MAX_FULL_PIXELS: u64 = 24_000_000;

/// How the pixels of a JPEG are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Coding {
    /// In one pass from top to bottom.
    #[default]
    Sequential,
    /// In several passes: a decoder must hold all coefficients.
    Progressive,
    /// Without loss, or stranger: a decoder must hold the whole picture.
    WholeFrame,
}

/// What the headers of a photo say.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Pixel size as stored.
    pub(super) stored: Option<Size>,
    /// The EXIF block, from its TIFF header on.
    pub(super) exif: Option<Vec<u8>>,
    /// Where the EXIF block starts in the file, if it lies in one piece.
    pub(super) exif_at: Option<u64>,
    /// The XMP packet.
    pub(super) xmp: Option<Vec<u8>>,
    /// TIFF: the values of its first directory, read by seeking.
    pub(super) tags: Option<Tags>,
    /// JPEG: where Photoshop's own block lies.
    pub(super) photoshop_at: Option<u64>,
    /// HEIF: how its boxes turn the picture.
    pub(super) turn: Option<BoxTurn>,
    /// JPEG: how the pixels are coded.
    pub(super) coding: Coding,
    /// JPEG: colour components in the frame.
    pub(super) components: u8,
    /// JPEG: a JFIF header was there.
    pub(super) jfif: bool,
    /// JPEG: the colour transform that Adobe's header names.
    pub(super) adobe: Option<u8>,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
}

impl Layout {
    /// Notes a problem; the same kind twice says nothing new.
    pub(super) fn note(&mut self, code: ProblemCode, detail: impl Into<String>) {
        if !self.has(code) {
            self.problems.push(Problem::new(code, detail));
        }
    }

    /// Whether a problem of that kind is noted.
    pub(super) fn has(&self, code: ProblemCode) -> bool {
        self.problems.iter().any(|problem| problem.code == code)
    }

    /// Keeps an EXIF block that starts at byte `at`, the first one, without its label.
    pub(super) fn keep_exif(&mut self, mut block: Vec<u8>, mut at: Option<u64>) {
        if block.starts_with(b"Exif\0") && block.len() >= 6 {
            block.drain(..6);
            at = at.map(|at| at + 6);
        }
        if block.len() > self.metadata_left() {
            self.note_metadata_too_large(block.len() as u64);
        } else if self.exif.is_none() {
            self.exif = Some(block);
            self.exif_at = at;
        }
    }

    /// Keeps an XMP packet, the first one.
    pub(super) fn keep_xmp(&mut self, packet: Vec<u8>) {
        if packet.len() > self.metadata_left() {
            self.note_metadata_too_large(packet.len() as u64);
        } else if self.xmp.is_none() {
            self.xmp = Some(packet);
        }
    }

    /// How much more metadata of this file a parser may see.
    pub(super) fn metadata_left(&self) -> usize {
        let kept = |block: &Option<Vec<u8>>| block.as_ref().map_or(0, Vec::len);
        MAX_METADATA_BYTES.saturating_sub(kept(&self.exif) + kept(&self.xmp))
    }

    /// Notes metadata that is left unread.
    pub(super) fn note_metadata_too_large(&mut self, len: u64) {
        self.note(
            ProblemCode::MetadataTooLarge,
            format!("{len} bytes of metadata, {MAX_METADATA_BYTES} are read"),
        );
    }

    fn check_pixels(&mut self, kind: MediaType) {
        let Some(size) = self.stored.filter(|size| size.width > 0 && size.height > 0) else {
            self.stored = None;
            return self.note(
                ProblemCode::NoDimensions,
                "no header says how large the picture is",
            );
        };
        let limit = match (kind, self.coding) {
            (MediaType::Jpeg, Coding::Sequential)
            | (MediaType::Heic | MediaType::Heif | MediaType::Tiff, _) => MAX_SCALED_PIXELS,
            (MediaType::Jpeg, Coding::Progressive | Coding::WholeFrame)
            | (MediaType::Png | MediaType::Webp, _) => MAX_FULL_PIXELS,
        };
        if size.pixels() > limit {
            let detail = format!(
                "{} × {} = {} pixels, {limit} are decoded",
                size.width,
                size.height,
                size.pixels()
            );
            self.note(ProblemCode::PixelsTooMany, detail);
        }
    }
}

/// The kind of photo, or nothing for other files.
pub(super) fn sniff<R: Read + Seek>(reader: &mut R) -> io::Result<Option<MediaType>> {
    reader.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(256);
    reader.by_ref().take(256).read_to_end(&mut head)?;
    Ok(if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some(MediaType::Jpeg)
    } else if head.starts_with(png::SIGNATURE) {
        Some(MediaType::Png)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP".as_slice()) {
        Some(MediaType::Webp)
    } else if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        Some(MediaType::Tiff)
    } else {
        heif::brand(&head)
    })
}

/// What the headers of a photo of that kind say, its problems included.
pub(super) fn read<R: Read + Seek>(
    reader: &mut R,
    kind: MediaType,
    len: u64,
) -> io::Result<Layout> {
    let mut layout = Layout::default();
    let mut source = Source::new(reader, len)?;
    let walked = match kind {
        MediaType::Jpeg => jpeg::walk(&mut source, &mut layout),
        MediaType::Png => png::walk(&mut source, &mut layout),
        MediaType::Webp => webp::walk(&mut source, &mut layout),
        MediaType::Heic | MediaType::Heif => heif::walk(&mut source, &mut layout),
        MediaType::Tiff => walk_tiff(&mut source, &mut layout),
    };
    finish(walked, kind, len, layout)
}

fn walk_tiff<R: Read + Seek>(source: &mut Source<'_, R>, layout: &mut Layout) -> Result<(), Stop> {
    let tags = tiff::walk(source, Next::IsPage)?;
    let side = |tag| tags.get(tag).and_then(|value| value.uint(0));
    layout.stored = side(tag::WIDTH)
        .zip(side(tag::HEIGHT))
        .map(|(width, height)| Size { width, height });
    if let Some(packet) = tags.get(tag::XMP) {
        layout.keep_xmp(packet.bytes().to_vec());
    }
    layout.exif_at = Some(0);
    layout.tags = Some(tags);
    Ok(())
}

/// What the headers before the first scan of a JPEG say.
pub(super) fn read_jpeg_head<R: Read + Seek>(reader: &mut R, len: u64) -> io::Result<Layout> {
    let mut layout = Layout::default();
    let walked = jpeg::walk_head(&mut Source::new(reader, len)?, &mut layout);
    finish(walked, MediaType::Jpeg, len, layout)
}

fn finish(
    walked: Result<(), Stop>,
    kind: MediaType,
    len: u64,
    mut layout: Layout,
) -> io::Result<Layout> {
    match walked {
        Ok(()) => {}
        Err(Stop::End) => {
            layout.note(
                ProblemCode::Truncated,
                format!("the file ends after {len} bytes, before its picture does"),
            );
        }
        Err(Stop::Broken(what)) => layout.note(ProblemCode::Damaged, what),
        Err(Stop::Io(error)) => return Err(error),
    }
    layout.check_pixels(kind);
    Ok(layout)
}
