//! What crosses the wire in one exchange, and how a page of it is packed.
//!
//! A page is a sequence of `u32 length ‖ canonical CBOR frame`, compressed together with a window
//! of at most 1 MiB. Limits are checked before anything is expanded: 4 MiB out, ratio 64,
//! 256 KiB a frame.

use std::io::Read;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::chain::{Envelope, Run, StreamId};
use crate::domain::{DeviceId, Digest, ScopeId, WallMs, cbor};

/// Largest frame in bytes.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;
/// Largest page after decompression.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// A page may not expand to more than this multiple of what came.
pub const MAX_RATIO: usize = 64;
/// log2 of the largest compression window.
const WINDOW_LOG: u32 = 20;
/// Small pages expand well beyond the ratio without harm.
const RATIO_FREE_BYTES: usize = 64 * 1024;

/// Where a device says one of its streams stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StreamClaim {
    /// Which stream.
    #[n(0)]
    pub stream: StreamId,
    /// Its newest number on the device.
    #[n(1)]
    pub last_seq: u64,
    /// Digest of that header.
    #[n(2)]
    pub last_header: Digest,
}

/// Opens an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Protocol versions spoken.
    #[n(1)]
    pub protocols: Vec<u8>,
    /// Who speaks.
    #[n(2)]
    pub device: DeviceId,
    /// Its streams in the current epoch.
    #[n(3)]
    pub streams: Vec<StreamClaim>,
    /// Schema of the case documents it writes.
    #[n(4)]
    pub schema: u32,
}

/// Asks for what is new.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pull {
    /// The cursor of the last page that was stored, exactly as given.
    #[n(1)]
    pub cursor: Option<ByteVec>,
    /// How much may come.
    #[n(2)]
    pub max_bytes: u64,
}

/// Where the hub stands with one stream of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StreamMark {
    /// Which stream.
    #[n(0)]
    pub stream: StreamId,
    /// Highest number durably held; 0 if none.
    #[n(1)]
    pub mark: u64,
    /// Digest of that header.
    #[n(2)]
    pub header: Digest,
}

/// Answers a [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// Which hub.
    #[n(1)]
    pub hub: DeviceId,
    /// Its clock; only shown, it orders nothing.
    #[n(2)]
    pub hub_time: WallMs,
    /// What the caller may read.
    #[n(3)]
    pub scopes: Vec<ScopeId>,
    /// Where the hub stands with the streams of the hello, before this exchange.
    #[n(4)]
    pub streams: Vec<StreamMark>,
    /// Largest request body it takes.
    #[n(5)]
    pub max_request_bytes: u64,
}

/// One envelope that was taken but not applied.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Exception {
    /// Its number.
    #[n(0)]
    pub seq: u64,
    /// A stable code: `DEPS_MISSING` (parked), `CHANGE_INVALID` (quarantined).
    #[n(1)]
    pub code: String,
    /// For people.
    #[n(2)]
    pub detail: String,
}

/// Durable when sent: the hub holds the stream up to `mark`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ack {
    /// Which stream.
    #[n(1)]
    pub stream: StreamId,
    /// Up to where.
    #[n(2)]
    pub mark: u64,
    /// Digest of the header there.
    #[n(3)]
    pub header: Digest,
    /// Envelopes that are held but not applied.
    #[n(4)]
    pub exceptions: Vec<Exception>,
}

/// Ends a page: everything before it was stored together with it, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    /// Opaque and authenticated; comes back in the next [`Pull`].
    #[n(1)]
    pub token: ByteVec,
    /// Whether nothing more waits.
    #[n(2)]
    pub caught_up: bool,
    /// How many feed entries wait behind this page.
    #[n(3)]
    pub lag: u64,
}

/// Something was refused; the rest of the page stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Fault {
    /// A stable code of the protocol: `GAP`, `ROLLBACK`, `STREAM_FORKED`, `RUN_UNVERIFIED`,
    /// `SCOPE_DENIED`, `CURSOR_RESET`, `DEVICE_REVOKED`, `SCHEMA_TOO_OLD`, `TOO_LARGE`, `BUSY` …
    #[n(1)]
    pub code: String,
    /// For people.
    #[n(2)]
    pub detail: String,
    /// The stream it is about, if any.
    #[n(3)]
    pub stream: Option<StreamId>,
    /// With `GAP`: the number that must come next.
    #[n(4)]
    pub expected: Option<u64>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub enum Frame {
    /// Opens a request.
    #[n(1)]
    Hello(#[n(0)] Hello),
    /// A sealed run, either way.
    #[n(2)]
    Run(#[n(0)] Run),
    /// Asks for a page.
    #[n(3)]
    Pull(#[n(0)] Pull),
    /// Opens an answer.
    #[n(4)]
    Welcome(#[n(0)] Welcome),
    /// Durable.
    #[n(5)]
    Ack(#[n(0)] Ack),
    /// The body of an envelope whose header came bare before.
    #[n(6)]
    Late(#[n(0)] Envelope),
    /// Ends a page.
    #[n(7)]
    Cursor(#[n(0)] Cursor),
    /// Refusal.
    #[n(8)]
    Fault(#[n(0)] Fault),
    /// Ends a request or an answer; without it the page was cut.
    #[n(9)]
    End,
}

/// Bytes that are not a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Longer than allowed once expanded.
    #[error("the page expands beyond its limit")]
    TooLarge,
    /// Not compressed as agreed.
    #[error("the page cannot be decompressed")]
    Compression,
    /// A frame is cut or too long.
    #[error("a frame is cut or over 256 KiB")]
    FrameLength,
    /// A frame is not what it should be.
    #[error("bad frame: {0}")]
    Frame(#[from] cbor::CborError),
}

/// Packs frames into one page.
///
/// # Errors
/// [`PageError::FrameLength`] for a frame over the limit, [`PageError::TooLarge`] for a page over
/// its own.
pub fn pack(frames: &[Frame]) -> Result<Vec<u8>, PageError> {
    let mut plain = Vec::new();
    for frame in frames {
        let bytes = cbor::encode(frame);
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(PageError::FrameLength);
        }
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(&bytes);
    }
    if plain.len() > MAX_PAGE_BYTES {
        return Err(PageError::TooLarge);
    }
    compress(&plain).ok().ok_or(PageError::Compression)
}

fn compress(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.include_checksum(false)?;
    encoder.set_pledged_src_size(Some(plain.len() as u64))?;
    std::io::Write::write_all(&mut encoder, plain)?;
    encoder.finish()
}

/// Unpacks a page. Whole frames only; a page without [`Frame::End`] was cut, which the caller
/// checks with [`is_whole`].
///
/// # Errors
/// [`PageError`] names the limit or form that is broken.
pub fn unpack(page: &[u8]) -> Result<Vec<Frame>, PageError> {
    let plain = decompress(page)?;
    let mut rest = plain.as_slice();
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest
            .split_first_chunk::<4>()
            .ok_or(PageError::FrameLength)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_FRAME_BYTES {
            return Err(PageError::FrameLength);
        }
        let (frame, after) = after
            .split_at_checked(length)
            .ok_or(PageError::FrameLength)?;
        frames.push(cbor::decode(frame)?);
        rest = after;
    }
    Ok(frames)
}

fn decompress(page: &[u8]) -> Result<Vec<u8>, PageError> {
    let limit = page
        .len()
        .saturating_mul(MAX_RATIO)
        .clamp(RATIO_FREE_BYTES, MAX_PAGE_BYTES);
    let Ok(mut decoder) = zstd::stream::read::Decoder::new(page) else {
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

    #[test]
    fn a_page_survives_packing() {
        let frames = vec![
            Frame::Pull(Pull {
                cursor: Some(ByteVec::from(vec![1, 2, 3])),
                max_bytes: 9,
            }),
            Frame::Fault(Fault {
                code: "GAP".into(),
                detail: String::new(),
                stream: None,
                expected: Some(4),
            }),
            Frame::End,
        ];
        let back = unpack(&pack(&frames).unwrap()).unwrap();
        assert_eq!(back, frames);
        assert!(is_whole(&back));
    }

    #[test]
    fn a_page_that_expands_too_far_is_refused_before_it_is_held() {
        let bomb = compress(&vec![0_u8; 64 * 1024 * 1024]).unwrap();
        assert!(bomb.len() < 64 * 1024);
        assert_eq!(unpack(&bomb), Err(PageError::TooLarge));
    }

    #[test]
    fn a_cut_page_is_an_error_and_not_a_panic() {
        let page = pack(&[Frame::End, Frame::End]).unwrap();
        for cut in 0..page.len() {
            let _frames = unpack(&page[..cut]);
        }
    }
}
