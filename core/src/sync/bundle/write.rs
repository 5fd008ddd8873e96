//! Writes one part: records into blocks, blocks into an age file.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::block::Layout;
use super::{MAX_RECORD_BYTES, Record, SignedHeader, Trailer};
use crate::chain::DeviceKey;
use crate::domain::{Digest, Host, cbor};
use crate::vault::age::{AgeRecipient, AgeWriter};

/// What every part ends with beside its records: trailer, tags, heads of blocks.
const END_BYTES: u64 = 2_048;

/// Writes one part of a bundle.
#[derive(Debug)]
pub struct BundleWriter<W: Write> {
    age: AgeWriter<W>,
    layout: Layout,
    header: SignedHeader,
    hasher: Sha256,
    records: u64,
}

impl<W: Write> BundleWriter<W> {
    /// Begins a part for these receivers with its header.
    ///
    /// # Errors
    /// As the writer fails.
    pub fn new(
        inner: W,
        to: &[AgeRecipient],
        header: SignedHeader,
        host: &dyn Host,
    ) -> io::Result<Self> {
        let mut writer = Self {
            age: AgeWriter::new(inner, to, host)?,
            layout: Layout::default(),
            header: header.clone(),
            hasher: Sha256::new(),
            records: 0,
        };
        writer.put(&Record::Header(header))?;
        Ok(writer)
    }

    /// Adds a record.
    ///
    /// # Errors
    /// As the writer fails; `InvalidInput` for a record over the limit.
    pub fn put(&mut self, record: &Record) -> io::Result<()> {
        let bytes = cbor::encode(record);
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a record of a bundle is too long",
            ));
        }
        self.hasher.update((bytes.len() as u64).to_be_bytes());
        self.hasher.update(&bytes);
        self.records += 1;
        self.age.write_all(&self.layout.lay(&bytes))
    }

    /// Bytes of the finished part if so many more bytes of records were added, nearly.
    pub fn len_with(&self, more: usize) -> u64 {
        self.age.len_bytes() + self.header.bytes.len() as u64 + more as u64 + END_BYTES
    }

    /// Ends the part with its trailer and gives the writer back.
    ///
    /// # Errors
    /// As the writer fails.
    pub fn finish(mut self, key: &DeviceKey, last: bool) -> io::Result<W> {
        let digest = Digest::from_bytes(self.hasher.finalize_reset().into());
        let trailer = Trailer::make(&self.header, (self.records, digest, last), key);
        self.put(&Record::Trailer(trailer))?;
        self.age.finish()
    }
}

impl BundleWriter<Vec<u8>> {
    /// Takes out what was written so far: a part need not be in memory as a whole.
    pub fn take_written(&mut self) -> Vec<u8> {
        std::mem::take(self.age.get_mut())
    }
}
