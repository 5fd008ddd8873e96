//! Packing: frames one after the other, pools behind them, one compressed whole.

use std::io::{Read, Write};

use super::{Frame, MAX_FRAME_BYTES, MAX_PAGE_BYTES, MAX_RATIO};
use crate::domain::{cbor, dictionary};

/// log2 of the largest compression window.
const WINDOW_LOG: u32 = 20;
/// Small pages expand well beyond the ratio without harm.
const RATIO_FREE_BYTES: usize = 64 * 1024;
/// Strong where pages are small and links are slow.
const LEVEL: i32 = 19;
/// Larger pages travel on links where time counts more than bytes.
const LARGE_LEVEL: i32 = 9;
const LARGE_BYTES: usize = 256 * 1024;
/// So many bytes that do not compress are worth a block of their own.
const POOL_BLOCK: usize = 64;

const PLAIN: u8 = 0;
/// zstd without a dictionary; with one, this and its version.
const ZSTD: u8 = 1;

/// Bytes that are not a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Longer than allowed once expanded.
    #[error("the page expands beyond its limit")]
    TooLarge,
    /// Not compressed as agreed.
    #[error("the page cannot be decompressed")]
    Compression,
    /// Compressed with a dictionary that this build does not have.
    #[error("dictionary {0} is not known here: send the page without one")]
    UnknownDictionary(u8),
    /// A frame is cut or too long.
    #[error("a frame is cut or over 256 KiB")]
    FrameLength,
    /// A frame is not what it should be.
    #[error("bad frame: {0}")]
    Frame(#[from] cbor::CborError),
}

/// Packs frames into one page that everybody can read.
///
/// # Errors
/// As [`pack_with`].
pub fn pack(frames: &[Frame]) -> Result<Vec<u8>, PageError> {
    pack_with(frames, None)
}

/// Packs frames into one page, with a dictionary that the receiver knows.
///
/// # Errors
/// [`PageError::FrameLength`] for a frame over the limit, [`PageError::TooLarge`] for a page over
/// its own.
pub fn pack_with(frames: &[Frame], version: Option<u8>) -> Result<Vec<u8>, PageError> {
    let (mut plain, mut pool) = (vec![PLAIN], Vec::new());
    for frame in frames {
        let bytes = cbor::encode(frame);
        let mut len = bytes.len();
        plain.extend_from_slice(&bytes);
        if let Frame::Short(short) = frame {
            pool.extend_from_slice(&short.pool);
            len += short.pool.len();
        }
        if len > MAX_FRAME_BYTES {
            return Err(PageError::FrameLength);
        }
    }
    if plain.len() + pool.len() > MAX_PAGE_BYTES {
        return Err(PageError::TooLarge);
    }
    let version = version.filter(|version| dictionary(*version).is_some());
    let compressed = compress(plain.get(1..).unwrap_or_default(), &pool, version);
    let compressed = compressed.ok().ok_or(PageError::Compression)?;
    plain.append(&mut pool);
    Ok(if compressed.len() < plain.len() {
        compressed
    } else {
        plain
    })
}

fn compress(frames: &[u8], pool: &[u8], version: Option<u8>) -> std::io::Result<Vec<u8>> {
    let len = frames.len() + pool.len();
    let level = if len > LARGE_BYTES {
        LARGE_LEVEL
    } else {
        LEVEL
    };
    let known = version.and_then(dictionary).unwrap_or_default();
    let out = vec![ZSTD + version.unwrap_or(0)];
    let mut encoder = zstd::stream::write::Encoder::with_dictionary(out, level, known)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.include_checksum(false)?;
    encoder.include_dictid(false)?;
    encoder.set_pledged_src_size(Some(len as u64))?;
    encoder.write_all(frames)?;
    // What does not compress would spoil the statistics of what does.
    if pool.len() > POOL_BLOCK {
        encoder.flush()?;
    }
    encoder.write_all(pool)?;
    encoder.finish()
}

/// Which dictionary a page is packed with.
pub fn dictionary_of(page: &[u8]) -> Option<u8> {
    page.first()
        .and_then(|coding| coding.checked_sub(ZSTD))
        .filter(|version| *version > 0)
}

/// Unpacks a page. Whole frames only; a page without [`Frame::End`] was cut, which the caller
/// checks with [`is_whole`].
///
/// # Errors
/// [`PageError`] names the limit or form that is broken.
pub fn unpack(page: &[u8]) -> Result<Vec<Frame>, PageError> {
    let plain = expand(page)?;
    let mut rest = plain.as_slice();
    let mut frames = Vec::new();
    while !rest.is_empty() && !is_whole(&frames) {
        let (frame, after) = cbor::decode_first::<Frame>(rest)?;
        if rest.len() - after.len() > MAX_FRAME_BYTES {
            return Err(PageError::FrameLength);
        }
        frames.push(frame);
        rest = after;
    }
    for frame in &mut frames {
        let Frame::Short(short) = frame else { continue };
        let len = usize::try_from(short.pool_len).unwrap_or(usize::MAX);
        let (pool, after) = rest
            .split_at_checked(len)
            .filter(|_| len <= MAX_FRAME_BYTES)
            .ok_or(PageError::FrameLength)?;
        short.pool = pool.to_vec();
        rest = after;
    }
    if rest.is_empty() {
        Ok(frames)
    } else {
        Err(PageError::FrameLength)
    }
}

fn expand(page: &[u8]) -> Result<Vec<u8>, PageError> {
    let Some((coding, packed)) = page.split_first() else {
        return Ok(Vec::new());
    };
    if *coding != PLAIN {
        return decompress(packed, coding - ZSTD);
    }
    if packed.len() > MAX_PAGE_BYTES {
        return Err(PageError::TooLarge);
    }
    Ok(packed.to_vec())
}

fn decompress(packed: &[u8], version: u8) -> Result<Vec<u8>, PageError> {
    let known = match version {
        0 => &[][..],
        version => dictionary(version).ok_or(PageError::UnknownDictionary(version))?,
    };
    let limit = packed
        .len()
        .saturating_mul(MAX_RATIO)
        .clamp(RATIO_FREE_BYTES, MAX_PAGE_BYTES);
    let Ok(mut decoder) = zstd::stream::read::Decoder::with_dictionary(packed, known) else {
        return Err(PageError::Compression);
    };
    if decoder.window_log_max(WINDOW_LOG).is_err() {
        return Err(PageError::Compression);
    }
    let mut plain = Vec::new();
    let read = decoder.take(limit as u64 + 1).read_to_end(&mut plain);
    if read.is_err() {
        return Err(PageError::Compression);
    }
    if plain.len() > limit {
        Err(PageError::TooLarge)
    } else {
        Ok(plain)
    }
}

/// Whether the page ends as it should.
pub fn is_whole(frames: &[Frame]) -> bool {
    matches!(frames.last(), Some(Frame::End))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::short::ShortRun;
    use crate::sync::frame::{Fault, Pull, ShortFrame, StreamName};
    use minicbor::bytes::ByteVec;

    fn frames() -> Vec<Frame> {
        let name = StreamName {
            claim: Some(0),
            stream: None,
        };
        let run = |first: u8| {
            let run = ShortRun {
                first: 1,
                count: 2,
                columns: vec![first; 300],
                pool: (0..200).map(|at: u8| at.wrapping_mul(first)).collect(),
            };
            Frame::Short(ShortFrame::new(name, run))
        };
        let pull = Pull {
            cursor: Some(ByteVec::from(vec![1, 2, 3])),
            max_bytes: 9,
            form: None,
        };
        let fault = Fault {
            code: "GAP".into(),
            detail: String::new(),
            stream: None,
            expected: Some(4),
        };
        vec![
            run(3),
            Frame::Pull(pull),
            run(91),
            Frame::Fault(fault),
            Frame::End,
        ]
    }

    #[test]
    fn a_page_survives_packing_with_and_without_the_dictionary() {
        for version in [None, Some(dictionary::NEWEST)] {
            let page = pack_with(&frames(), version).unwrap();
            assert_eq!(dictionary_of(&page), version);
            let back = unpack(&page).unwrap();
            assert_eq!(back, frames());
            assert!(is_whole(&back));
        }
    }

    #[test]
    fn a_dictionary_of_tomorrow_is_named_and_not_guessed() {
        let mut page = pack_with(&frames(), Some(dictionary::NEWEST)).unwrap();
        page[0] = 200;
        assert_eq!(unpack(&page), Err(PageError::UnknownDictionary(199)));
        let without = pack_with(&frames(), Some(199)).unwrap();
        assert_eq!(unpack(&without).unwrap(), frames());
    }

    #[test]
    fn a_small_page_is_not_blown_up_by_packing_it() {
        assert_eq!(pack(&[Frame::End]).unwrap(), [PLAIN, 0x82, 9, 0x80]);
    }

    #[test]
    fn a_page_that_expands_too_far_is_refused_before_it_is_held() {
        let bomb = compress(&vec![0_u8; 64 * 1024 * 1024], &[], None).unwrap();
        assert!(bomb.len() < 64 * 1024);
        assert_eq!(unpack(&bomb), Err(PageError::TooLarge));
    }

    #[test]
    fn a_cut_page_is_an_error_and_not_a_panic() {
        let page = pack(&frames()).unwrap();
        for cut in 0..page.len() {
            let _frames = unpack(&page[..cut]);
        }
    }
}
