//! Walks the chunks of a WebP: size from its first picture header, and the EXIF block.
//!
//! Chunks are skipped by seeking. Pixels are the decoder's business.

use std::io::{Read, Seek};

use super::container::Layout;
use super::source::{Source, Stop};
use super::{MAX_METADATA_BYTES, Size};

/// A bound against endless empty chunks.
const MAX_CHUNKS: usize = 100_000;

/// Bytes of a chunk that hold any of the three picture headers.
const HEADER_BYTES: u32 = 10;

/// The whole file.
pub(super) fn walk<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
) -> Result<(), Stop> {
    source.skip(4)?;
    let end = 8 + u64::from(u32::from_le_bytes(source.array()?));
    source.skip(4)?;
    for _ in 0..MAX_CHUNKS {
        if source.at() + 8 > end {
            return Ok(());
        }
        let kind: [u8; 4] = source.array()?;
        let len = u32::from_le_bytes(source.array()?);
        let mut rest = u64::from(len);
        match &kind {
            b"VP8 " | b"VP8L" | b"VP8X" if len >= HEADER_BYTES && layout.stored.is_none() => {
                layout.stored = size(kind, source.array()?);
                rest -= u64::from(HEADER_BYTES);
            }
            b"EXIF" if len as usize > MAX_METADATA_BYTES => {
                layout.note_metadata_too_large(len.into())
            }
            b"EXIF" => {
                let at = source.at();
                layout.keep_exif(source.bytes(len as usize)?, Some(at));
                rest = 0;
            }
            b"XMP " if len as usize <= layout.metadata_left() => {
                layout.keep_xmp(source.bytes(len as usize)?);
                rest = 0;
            }
            _ => {}
        }
        source.skip(rest)?;
        // Chunks start on even bytes; a missing pad at the very end hurts nobody.
        if len % 2 == 1 && source.left() > 0 {
            source.skip(1)?;
        }
    }
    Err(Stop::Broken(format!("more than {MAX_CHUNKS} chunks")))
}

fn size(kind: [u8; 4], header: [u8; 10]) -> Option<Size> {
    let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9] = header;
    let (width, height) = match &kind {
        b"VP8X" => (
            1 + u32::from_le_bytes([b4, b5, b6, 0]),
            1 + u32::from_le_bytes([b7, b8, b9, 0]),
        ),
        b"VP8L" if b0 == 0x2F => {
            let bits = u32::from_le_bytes([b1, b2, b3, b4]);
            (1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF))
        }
        b"VP8 " if [b3, b4, b5] == [0x9D, 0x01, 0x2A] => {
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
            (side(b6, b7), side(b8, b9))
        }
        _ => return None,
    };
    Some(Size { width, height })
}
