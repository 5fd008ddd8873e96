//! Gives verified blobs out, whole or in ranges, decrypted on the way.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use lossbook_core::domain::{DeviceId, Digest, ScopeId};
use lossbook_core::vault::{VaultError, cipher_len, decrypt_range};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;

use super::piece::blob_path;
use super::{Blobs, not_found};
use crate::meta::{BlobRow, in_tx};
use crate::refusal::Refusal;

/// Pieces of a download that wait for the network at a time.
const AHEAD: usize = 4;

/// No picture on a page is larger.
const MAX_SMALL_BYTES: u64 = 4 * 1024 * 1024;

/// A verified blob that may be read.
#[derive(Debug)]
pub struct BlobBytes {
    blob: BlobRow,
    /// What kind of file, as its photo envelope says.
    pub media_type: String,
}

impl BlobBytes {
    /// How many bytes it has.
    pub const fn len_bytes(&self) -> u64 {
        self.blob.len_bytes
    }
}

impl Blobs {
    /// A blob that a device may read.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn open(&self, device: DeviceId, digest: Digest) -> Result<BlobBytes, Refusal> {
        let place = self.place(device, digest).await?;
        let media_type = place
            .photos
            .into_iter()
            .next()
            .map(|photo| photo.media_type);
        Ok(BlobBytes {
            blob: place.blob.ok_or_else(not_found)?,
            media_type: media_type.unwrap_or_default(),
        })
    }

    /// A blob of a scope, for the office.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn open_in(&self, scope: ScopeId, digest: Digest) -> Result<BlobBytes, Refusal> {
        let found = self
            .rows(move |tx| Ok((tx.blob(scope, &digest)?, tx.photos(scope, &digest)?)))
            .await?;
        let (Some(blob), photos) = found else {
            return Err(not_found());
        };
        let media_type = photos.into_iter().next().map(|photo| photo.media_type);
        Ok(BlobBytes {
            blob,
            media_type: media_type.unwrap_or_default(),
        })
    }

    /// Bytes `from..from + len` of a verified blob, at once. Blocks: not for async threads.
    ///
    /// # Errors
    /// As the object store fails.
    pub(crate) fn read_now(
        &self,
        runtime: &Handle,
        blob: &BlobRow,
        (from, len): (u64, u64),
    ) -> Result<Vec<u8>, VaultError> {
        let reader = ObjectReader {
            objects: Arc::clone(&self.objects),
            runtime: runtime.clone(),
            path: blob_path(&blob.name),
            len: cipher_len(blob.len_bytes),
            at: 0,
        };
        let mut plain = Vec::new();
        decrypt_range(reader, &mut plain, &blob.key, from, len)?;
        Ok(plain)
    }

    /// A small picture whole, if it is here. Blocks: not for async threads, but also without any.
    pub(crate) fn small(&self, scope: ScopeId, digest: Digest) -> Option<Vec<u8>> {
        let found = in_tx(self.store.as_ref(), |tx| tx.blob(scope, &digest)).ok()?;
        let blob = found.filter(|blob| blob.len_bytes <= MAX_SMALL_BYTES)?;
        let whole = (0, blob.len_bytes);
        let read = match Handle::try_current() {
            Ok(runtime) => self.read_now(&runtime, &blob, whole),
            Err(_no_runtime_here) => {
                let runtime = Builder::new_multi_thread().worker_threads(1).build().ok()?;
                self.read_now(runtime.handle(), &blob, whole)
            }
        };
        read.ok()
    }

    /// Bytes `from..from + len` of a blob.
    pub fn read(
        &self,
        bytes: BlobBytes,
        from: u64,
        len: u64,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let reader = ObjectReader {
            objects: Arc::clone(&self.objects),
            runtime: Handle::current(),
            path: blob_path(&bytes.blob.name),
            len: cipher_len(bytes.blob.len_bytes),
            at: 0,
        };
        let key = bytes.blob.key;
        tokio::task::spawn_blocking(move || {
            let writer = ChannelWriter(sender.clone());
            match decrypt_range(reader, writer, &key, from, len) {
                // The reader went away, which is its right.
                Ok(()) => {}
                Err(VaultError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => {
                    tracing::error!(%error, "a blob could not be read");
                    let gone = sender.blocking_send(Err(io::Error::other(error)));
                    drop(gone);
                }
            }
        });
        futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|item| (item, receiver))
        })
    }
}

/// An object as a file. Blocks: not for async threads.
struct ObjectReader {
    objects: Arc<dyn ObjectStore>,
    runtime: Handle,
    path: Path,
    len: u64,
    at: u64,
}

impl Read for ObjectReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let end = self.len.min(self.at.saturating_add(out.len() as u64));
        if self.at >= end {
            return Ok(0);
        }
        let range = self.objects.get_range(&self.path, self.at..end);
        let bytes = self.runtime.block_on(range)?;
        let taken = out.get_mut(..bytes.len());
        taken
            .ok_or_else(|| io::Error::other("the object store gave more than was asked for"))?
            .copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

struct ChannelWriter(mpsc::Sender<io::Result<Bytes>>);

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_gone| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
