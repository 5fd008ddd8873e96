//! Turns drafts into the next envelopes of a stream. Pure: the store commits what comes out.

use minicbor::bytes::{ByteArray, ByteVec};

use super::envelope::{Envelope, Header, Kind, Seal, Seen, StreamId, Subject};
use super::key::DeviceKey;
use crate::domain::{Digest, Reading, cbor};

/// Where a stream stands: its newest envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Which stream.
    pub stream: StreamId,
    /// Number of the newest envelope; 0 before the first.
    pub seq: u64,
    /// Digest of its header; zero before the first.
    pub header: Digest,
}

impl Tip {
    /// A stream in which nothing is written yet.
    pub const fn start(stream: StreamId) -> Self {
        Self {
            stream,
            seq: 0,
            header: Digest::ZERO,
        }
    }
}

/// What is about to be written.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// What the body is.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// The body.
    pub body: Vec<u8>,
    /// Who uses the device.
    pub user: &'a str,
    /// The clocks.
    pub reading: Reading,
    /// The newest hub header held.
    pub seen: Option<Seen>,
}

/// The next envelope of the stream, and where the stream then stands.
pub fn append(tip: Tip, draft: Draft<'_>, key: &DeviceKey) -> (Envelope, Header, Tip) {
    let Draft {
        kind,
        subject,
        body,
        user,
        reading,
        seen,
    } = draft;
    let header = Header {
        version: 1,
        scope: tip.stream.scope,
        device: tip.stream.device,
        epoch: tip.stream.epoch,
        seq: tip.seq + 1,
        prev: tip.header,
        kind,
        subject,
        body_sha256: Digest::of(&body),
        body_len: body.len() as u64,
        user: user.to_owned(),
        wall: reading.wall,
        boot_id: ByteArray::from(reading.boot_id),
        mono_ms: reading.mono_ms,
        seen,
        key: key.public().id(),
    };
    let bytes = cbor::encode(&header);
    let next = Tip {
        stream: tip.stream,
        seq: header.seq,
        header: Digest::of(&bytes),
    };
    (
        Envelope {
            header: ByteVec::from(bytes),
            body: Some(ByteVec::from(body)),
        },
        header,
        next,
    )
}

/// Signs everything up to the tip.
pub fn seal_tip(tip: Tip, key: &DeviceKey) -> Seal {
    Seal::make(tip.stream, tip.seq, tip.header, key)
}
