//! Writes a planned bundle, part after part.

use std::io::{self, Write};

use minicbor::bytes::{ByteArray, ByteVec};

use super::{Watch, name_of};
use crate::app::AppError;
use crate::chain::{DeviceKey, SignedCertificate};
use crate::domain::{CHUNK_BYTES, ChunkedDigest, Digest, Host, cbor};
use crate::store::{BlobName, BlobRow, Bodies, HeldStream, Store};
use crate::sync::bundle::{
    BundleHeader, BundleWriter, Extent, MAX_RECORD_BYTES, Record, SignedHeader, chunk_count,
};
use crate::vault::age::AgeRecipient;

/// Smallest part: a header, a few certificates and the longest record must fit.
pub const MIN_PART_BYTES: u64 = 2 * MAX_RECORD_BYTES as u64;

/// Where parts are written to; the host's files.
pub trait BundleSink: Write {
    /// Begins a part, counted from 1.
    ///
    /// # Errors
    /// As the host's files fail.
    fn begin(&mut self, part: u32) -> io::Result<()>;
    /// Ends the part durably: a stick may be pulled out right after.
    ///
    /// # Errors
    /// As the host's files fail.
    fn close(&mut self) -> io::Result<()>;
}

/// Where the bytes of blobs come from.
pub trait BlobBytes {
    /// Digests of a blob's chunks; nothing if its bytes are not here.
    ///
    /// # Errors
    /// As the store fails.
    fn chunks(&self, blob: &BlobName) -> Result<Option<Vec<Digest>>, AppError>;
    /// Some of its bytes.
    ///
    /// # Errors
    /// As the store fails.
    fn range(&self, blob: &BlobName, from: u64, len: u64) -> Result<Vec<u8>, AppError>;
}

/// What goes into a bundle, and for whom.
#[derive(Debug)]
pub struct BundlePlan<'k> {
    /// The header; its part is filled in.
    pub header: BundleHeader,
    /// The maker's key.
    pub key: &'k DeviceKey,
    /// Who can open it.
    pub to: Vec<AgeRecipient>,
    /// The hub's word for the writers of the streams.
    pub certificates: Vec<SignedCertificate>,
    /// Streams, each from a number on.
    pub streams: Vec<(HeldStream, u64)>,
    /// Which bodies go along.
    pub bodies: Bodies,
    /// Blobs, in order.
    pub blobs: Vec<BlobRow>,
    /// Largest part.
    pub part_bytes: Option<u64>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Parts.
    pub parts: u32,
    /// Envelopes.
    pub envelopes: u64,
    /// Photos and thumbnails.
    pub blobs: u64,
    /// Bytes of all parts, nearly.
    pub bytes: u64,
}

/// Writes it.
///
/// # Errors
/// [`AppError::BundleWrite`] as the sink fails; else as the store fails. Finished parts are good.
pub fn write_bundle(
    (store, host): (&Store, &dyn Host),
    plan: &BundlePlan<'_>,
    bytes: &dyn BlobBytes,
    (sink, watch): (&mut dyn BundleSink, Watch<'_>),
) -> Result<Exported, AppError> {
    if plan.part_bytes.is_some_and(|part| part < MIN_PART_BYTES) {
        return Err(AppError::PartTooSmall {
            least: MIN_PART_BYTES,
        });
    }
    let mut writing = Writing {
        plan,
        host,
        sink,
        watch,
        part: None,
        done: Exported::default(),
        total: plan.blobs.iter().map(|blob| blob.len_bytes).sum(),
    };
    writing.begin()?;
    for (stream, from) in &plan.streams {
        let mut next = *from;
        while let Some(run) =
            store.transact(|tx| tx.next_run(stream, next, (&plan.bodies, plan.key)))?
        {
            next = run.seal.seq + 1;
            writing.done.envelopes += run.envelopes.len() as u64;
            writing.put(&Record::Run(run))?;
        }
    }
    for row in &plan.blobs {
        writing.blob(&name_of(row), bytes)?;
    }
    writing.end(true)?;
    Ok(writing.done)
}

struct Writing<'a, 'k> {
    plan: &'a BundlePlan<'k>,
    host: &'a dyn Host,
    sink: &'a mut dyn BundleSink,
    watch: Watch<'a>,
    part: Option<Part>,
    done: Exported,
    total: u64,
}

/// The part under way; its bytes are handed to the sink as they come.
struct Part {
    writer: BundleWriter<Vec<u8>>,
    payload: Payload,
}

/// Whether a part holds more than what every part begins with.
#[derive(PartialEq, Eq)]
enum Payload {
    None,
    Some,
}

impl Writing<'_, '_> {
    fn begin(&mut self) -> Result<(), AppError> {
        self.done.parts += 1;
        let header = BundleHeader {
            part: self.done.parts,
            ..self.plan.header.clone()
        };
        self.sink
            .begin(self.done.parts)
            .map_err(AppError::BundleWrite)?;
        let signed = SignedHeader::make(&header, self.plan.key);
        let mut writer = BundleWriter::new(Vec::new(), &self.plan.to, signed, self.host)
            .map_err(AppError::BundleWrite)?;
        for certificate in &self.plan.certificates {
            writer
                .put(&Record::Certificate(certificate.clone()))
                .map_err(AppError::BundleWrite)?;
        }
        self.part = Some(Part {
            writer,
            payload: Payload::None,
        });
        Ok(())
    }

    fn end(&mut self, last: bool) -> Result<(), AppError> {
        let Some(part) = self.part.take() else {
            return Ok(());
        };
        let rest = part
            .writer
            .finish(self.plan.key, last)
            .map_err(AppError::BundleWrite)?;
        self.hand_over(&rest)?;
        self.sink.close().map_err(AppError::BundleWrite)
    }

    fn hand_over(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        self.sink.write_all(bytes).map_err(AppError::BundleWrite)?;
        self.done.bytes += bytes.len() as u64;
        (self.watch)(self.done.bytes, self.total.max(self.done.bytes));
        Ok(())
    }

    fn put(&mut self, record: &Record) -> Result<(), AppError> {
        let more = cbor::encode(record).len();
        let over = |part: &Part| {
            let limit = self.plan.part_bytes;
            part.payload == Payload::Some
                && limit.is_some_and(|limit| part.writer.len_with(more) > limit)
        };
        if self.part.as_ref().is_some_and(over) {
            self.end(false)?;
            self.begin()?;
        }
        let Some(part) = &mut self.part else {
            return Ok(());
        };
        part.payload = Payload::Some;
        part.writer.put(record).map_err(AppError::BundleWrite)?;
        let ready = part.writer.take_written();
        self.hand_over(&ready)
    }

    fn blob(&mut self, blob: &BlobName, bytes: &dyn BlobBytes) -> Result<(), AppError> {
        let Some(chunks) = bytes.chunks(blob)? else {
            return Ok(());
        };
        if chunks.len() as u64 != chunk_count(blob.len_bytes) {
            return Ok(());
        }
        for (number, at) in (0..chunk_count(blob.len_bytes)).zip(0_usize..) {
            let from = number * CHUNK_BYTES as u64;
            let len = (blob.len_bytes - from).min(CHUNK_BYTES as u64);
            let extent = Extent {
                digest: blob.digest,
                len_bytes: blob.len_bytes,
                root: blob.root,
                number,
                path: ChunkedDigest::merkle_path(&chunks, at),
                bytes: ByteVec::from(bytes.range(blob, from, len)?),
            };
            self.put(&Record::Extent(extent))?;
        }
        self.done.blobs += 1;
        Ok(())
    }
}

/// Names a set of parts.
pub fn new_set(host: &dyn Host) -> ByteArray<16> {
    let mut set = [0; 16];
    host.fill_random(&mut set);
    ByteArray::from(set)
}
