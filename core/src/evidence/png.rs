//! Walks the chunks of a PNG: size and EXIF block, up to its end chunk.
//!
//! Chunks are skipped by seeking. The XMP packet lies in a text chunk. Checksums and pixels are the decoder's business.

use std::io::{Read, Seek};

use super::container::Layout;
use super::source::{Source, Stop};
use super::{MAX_METADATA_BYTES, Size};

/// The eight bytes that every PNG starts with.
pub(super) const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// A bound against endless empty chunks.
const MAX_CHUNKS: usize = 100_000;

const CHECKSUM_BYTES: u64 = 4;

/// The whole file.
pub(super) fn walk<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
) -> Result<(), Stop> {
    source.skip(SIGNATURE.len() as u64)?;
    for _ in 0..MAX_CHUNKS {
        let len = u32::from_be_bytes(source.array()?);
        let kind: [u8; 4] = source.array()?;
        let mut rest = u64::from(len) + CHECKSUM_BYTES;
        match &kind {
            b"IHDR" if len >= 8 && layout.stored.is_none() => {
                let width = u32::from_be_bytes(source.array()?);
                let height = u32::from_be_bytes(source.array()?);
                layout.stored = Some(Size { width, height });
                rest -= 8;
            }
            b"eXIf" if len as usize > MAX_METADATA_BYTES => {
                layout.note_metadata_too_large(len.into())
            }
            b"eXIf" => {
                let at = source.at();
                layout.keep_exif(source.bytes(len as usize)?, Some(at));
                rest = CHECKSUM_BYTES;
            }
            b"iTXt" if layout.xmp.is_none() && len as usize <= layout.metadata_left() => {
                text(&source.bytes(len as usize)?, layout);
                rest = CHECKSUM_BYTES;
            }
            b"IEND" => return source.skip(rest),
            _ => {}
        }
        source.skip(rest)?;
    }
    Err(Stop::Broken(format!("more than {MAX_CHUNKS} chunks")))
}

/// The text chunk that holds XMP: keyword, two flags, language, translated keyword, packet.
fn text(chunk: &[u8], layout: &mut Layout) {
    let Some(rest) = chunk.strip_prefix(b"XML:com.adobe.xmp\0".as_slice()) else {
        return;
    };
    // A compressed packet is against the XMP standard and is left alone.
    let Some(rest) = rest.strip_prefix(&[0, 0]) else {
        return;
    };
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    if let Some(packet) = parts.nth(2) {
        layout.keep_xmp(packet.to_vec());
    }
}
