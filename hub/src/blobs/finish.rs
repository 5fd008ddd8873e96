//! Checks: each chunk as it completes, the whole at the end; then one object instead of pieces.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use lossbook_core::domain::{ChunkedDigest, Digest, Host, ScopeId};
use lossbook_core::store::StoreError;
use lossbook_core::vault::{BlobKey, VaultError, encrypt_stream};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;

use super::lease::FINISH_LEASE_MS;
use super::piece::{PieceReader, STAGING, blob_path, piece_path};
use super::{Blobs, CHUNK, Progress, algorithm, done, objects_failed, stopping};
use crate::alike::Look;
use crate::meta::{BlobRow, MetaTx, PieceRow, UploadRow, in_tx};
use crate::reference::{keep_look, look_of, may_be_thumbnail};
use crate::refusal::Refusal;

/// Bytes of one part of a finished object; S3 takes no smaller ones.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// What came out of putting an upload together.
enum Assembled {
    Right(BlobRow),
    /// The bytes have another digest.
    Wrong,
}

impl Blobs {
    /// Checks every chunk that is complete and not checked yet; says how far the upload is checked.
    pub(super) async fn check_upload(&self, upload: &UploadRow) -> Result<u64, Refusal> {
        let Some(chunks) = &upload.chunks else {
            return Ok(upload.verified);
        };
        let mut at = upload.verified;
        while at < upload.offset {
            let end = (at + CHUNK).min(upload.len_bytes);
            let number = usize::try_from(at / CHUNK).unwrap_or(usize::MAX);
            if upload.offset < end {
                break;
            }
            let found = self.digest_of(upload, (at, end)).await?;
            if chunks.get(number) != Some(&found) {
                self.fall_back(&upload.name, at).await?;
                let (digest, now) = (upload.digest, self.host.now().wall);
                let why = format!("the bytes from {at} on do not match their chunk's digest");
                self.rows(move |tx| tx.note_broken(&digest, &why, now))
                    .await?;
                return Err(bad_bytes(at));
            }
            at = end;
        }
        if at > upload.verified {
            let name = upload.name;
            self.rows(move |tx| tx.put_verified(&name, at)).await?;
        }
        Ok(at)
    }

    /// SHA-256 over the pieces between two borders of chunks.
    async fn digest_of(
        &self,
        upload: &UploadRow,
        (from, to): (u64, u64),
    ) -> Result<Digest, Refusal> {
        let name = upload.name;
        let mut pieces = self.rows(move |tx| tx.pieces(&name, from)).await?;
        pieces.retain(|piece| piece.offset < to);
        let mut reader = self.reader(upload, pieces);
        blocking(move || {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            Ok(Digest::of(&bytes))
        })
        .await
    }

    fn reader(&self, upload: &UploadRow, pieces: Vec<PieceRow>) -> PieceReader {
        PieceReader::new(
            Arc::clone(&self.objects),
            Handle::current(),
            (upload.name, upload.key.clone()),
            pieces,
        )
    }

    /// With all bytes here: one object, one row, and the receipts that are owed.
    pub(super) async fn finish(&self, upload: &UploadRow) -> Result<Progress, Refusal> {
        self.check_upload(upload).await?;
        let name = upload.name;
        let pieces = self.rows(move |tx| tx.pieces(&name, 0)).await?;
        match self.assemble(upload, pieces.clone()).await? {
            Assembled::Wrong => {
                // Chunks that fit their list but not the whole: the list was not of these bytes.
                let (digest, now) = (upload.digest, self.host.now().wall);
                self.rows(move |tx| {
                    tx.note_broken(&digest, "the bytes that came have another digest", now)?;
                    tx.put_verified(&name, 0)?;
                    tx.put_upload_chunks(&name, None)
                })
                .await?;
                self.fall_back(&name, 0).await?;
                Err(bad_bytes(0))
            }
            Assembled::Right(blob) => {
                let progress = done(&blob);
                let look = self.look_of(upload, pieces.clone()).await?;
                let alike = Arc::clone(&self.alike);
                self.rows(move |tx| {
                    keep_verified(tx, &blob)?;
                    if let Some(look) = look {
                        keep_look(tx, (blob.scope, &blob.digest), (&alike, &look))?;
                    }
                    tx.delete_upload(&name)
                })
                .await?;
                self.delete_pieces(&name, &pieces).await;
                tracing::info!(bytes = progress.len_bytes, "blob verified");
                Ok(progress)
            }
        }
    }

    /// What a thumbnail looks like; nothing for what is too large to be one.
    async fn look_of(
        &self,
        upload: &UploadRow,
        pieces: Vec<PieceRow>,
    ) -> Result<Option<Look>, Refusal> {
        if !may_be_thumbnail(upload.len_bytes) {
            return Ok(None);
        }
        let mut reader = self.reader(upload, pieces);
        blocking(move || {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            Ok(look_of(&bytes))
        })
        .await
    }

    async fn assemble(
        &self,
        upload: &UploadRow,
        pieces: Vec<PieceRow>,
    ) -> Result<Assembled, Refusal> {
        let key = BlobKey::make(self.host.as_ref());
        let parts = self
            .objects
            .put_multipart(&blob_path(&upload.name))
            .await
            .map_err(|error| objects_failed(&error))?;
        let mut reader = self.reader(upload, pieces);
        let writer = PartWriter::new(Handle::current(), parts);
        let (host, upload) = (Arc::clone(&self.host), upload.clone());
        let wanted = (upload.scope, upload.digest, upload.len_bytes);
        blocking(move || {
            let object = (upload.name, key, writer);
            write_object(wanted, &mut reader, object, host.as_ref())
        })
        .await
    }

    /// Keeps bytes that came on a stick as the blob of a scope. Blocks: not for async threads.
    /// `false` if they are not what they were said to be.
    ///
    /// # Errors
    /// As the stores fail.
    pub(crate) fn import(
        &self,
        runtime: &Handle,
        wanted: (ScopeId, Digest, u64),
        plain: &mut dyn Read,
    ) -> Result<bool, Refusal> {
        let (name, key) = (self.random(), BlobKey::make(self.host.as_ref()));
        let path = blob_path(&name);
        let parts = runtime
            .block_on(self.objects.put_multipart(&path))
            .map_err(|error| objects_failed(&error))?;
        let object = (name, key, PartWriter::new(runtime.clone(), parts));
        let written = write_object(wanted, plain, object, self.host.as_ref())
            .map_err(|error| objects_failed(&error))?;
        let Assembled::Right(blob) = written else {
            return Ok(false);
        };
        in_tx(self.store.as_ref(), |tx| {
            keep_verified(tx, &blob)?;
            // What the network had begun is no longer wanted; its pieces are swept at the next start.
            match tx.upload(blob.scope, &blob.digest)? {
                Some(upload) => tx.delete_upload(&upload.name),
                None => Ok(()),
            }
        })?;
        Ok(true)
    }

    /// Forgets the bytes from the last good border on.
    async fn fall_back(&self, name: &Digest, border: u64) -> Result<(), Refusal> {
        let name = *name;
        let forgotten = self
            .rows(move |tx| {
                tx.put_verified(&name, border)?;
                tx.fall_back(&name)
            })
            .await?;
        self.delete_pieces(&name, &forgotten).await;
        Ok(())
    }

    /// Forgets an upload with its pieces.
    pub(super) async fn forget(&self, upload: &UploadRow) -> Result<(), Refusal> {
        let name = upload.name;
        let pieces = self
            .rows(move |tx| {
                let pieces = tx.pieces(&name, 0)?;
                tx.delete_upload(&name)?;
                Ok(pieces)
            })
            .await?;
        self.delete_pieces(&name, &pieces).await;
        // A finish that was interrupted may have left an object that no row names.
        self.delete_object(&blob_path(&name)).await;
        Ok(())
    }

    async fn delete_pieces(&self, name: &Digest, pieces: &[PieceRow]) {
        for piece in pieces {
            self.delete_object(&piece_path(name, piece)).await;
        }
    }

    /// What cannot be deleted now is swept at the next start.
    async fn delete_object(&self, path: &Path) {
        match self.objects.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%error, "an object could not be deleted"),
        }
    }

    /// Forgets uploads that ran out.
    ///
    /// # Errors
    /// As the stores fail.
    pub async fn forget_expired(&self) -> Result<(), Refusal> {
        let now = self.host.now().wall;
        for upload in self.rows(|tx| tx.uploads()).await? {
            if upload.expires <= now {
                self.forget(&upload).await?;
            }
        }
        Ok(())
    }

    /// Before the first request: ends leases, forgets uploads that ran out, and deletes pieces
    /// that no row names.
    ///
    /// # Errors
    /// As the stores fail.
    pub async fn sweep(&self) -> Result<(), Refusal> {
        self.rows(|tx| tx.end_leases()).await?;
        self.forget_expired().await?;
        let mut kept = HashSet::new();
        for upload in self.rows(|tx| tx.uploads()).await? {
            let name = upload.name;
            let pieces = self.rows(move |tx| tx.pieces(&name, 0)).await?;
            kept.extend(pieces.iter().map(|piece| piece_path(&name, piece)));
        }
        let mut staged = self.objects.list(Some(&Path::from(STAGING)));
        let mut leftovers = Vec::new();
        while let Some(object) = staged.next().await {
            let path = object.map_err(|error| objects_failed(&error))?.location;
            if !kept.contains(&path) {
                leftovers.push(path);
            }
        }
        for path in &leftovers {
            self.delete_object(path).await;
        }
        if !leftovers.is_empty() {
            tracing::info!(count = leftovers.len(), "swept leftovers of uploads");
        }
        Ok(())
    }

    /// A finish may take long; the lease lasts for it.
    pub(super) async fn prolong(&self, name: &Digest, holder: &Digest) -> Result<(), Refusal> {
        self.renew(name, holder, FINISH_LEASE_MS).await?;
        Ok(())
    }
}

/// The row of a verified blob, and the receipts it owes.
fn keep_verified(tx: &dyn MetaTx, blob: &BlobRow) -> Result<(), StoreError> {
    tx.put_blob(blob)?;
    tx.forget_broken(&blob.digest)?;
    for photo in tx.photos(blob.scope, &blob.digest)? {
        tx.put_receipt_due(photo.stream, &blob.digest)?;
    }
    Ok(())
}

/// Encrypts plain bytes into one object, and says whether they are the wanted ones.
fn write_object(
    (scope, wanted, wanted_bytes): (ScopeId, Digest, u64),
    plain: &mut dyn Read,
    (name, key, mut writer): (Digest, BlobKey, PartWriter),
    host: &dyn Host,
) -> io::Result<Assembled> {
    let mut reader = Hashing {
        inner: plain,
        digest: ChunkedDigest::new(),
    };
    encrypt_stream(&mut reader, &mut writer, &key, algorithm(), host).map_err(plain_error)?;
    let (digest, chunks, len_bytes) = reader.digest.finish();
    if digest != wanted || len_bytes != wanted_bytes {
        writer.abort()?;
        return Ok(Assembled::Wrong);
    }
    writer.complete()?;
    Ok(Assembled::Right(BlobRow {
        scope,
        digest,
        len_bytes,
        name,
        key,
        chunks,
    }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_stopped| stopping())?
        .map_err(|error| objects_failed(&error))
}

fn plain_error(error: VaultError) -> io::Error {
    if let VaultError::Io(error) = error {
        error
    } else {
        io::Error::other(error)
    }
}

fn bad_bytes(border: u64) -> Refusal {
    Refusal::new(
        460,
        "BLOB_HASH",
        format!("the bytes do not match their digest: send them again from byte {border}"),
    )
}

/// Hashes what passes.
struct Hashing<R> {
    inner: R,
    digest: ChunkedDigest,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        if let Some(bytes) = out.get(..read) {
            self.digest.update(bytes);
        }
        Ok(read)
    }
}

/// Writes an object in parts. Blocks: not for async threads.
struct PartWriter {
    runtime: Handle,
    parts: Box<dyn MultipartUpload>,
    buffer: Vec<u8>,
}

impl PartWriter {
    fn new(runtime: Handle, parts: Box<dyn MultipartUpload>) -> Self {
        Self {
            runtime,
            parts,
            buffer: Vec::with_capacity(PART_BYTES),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::replace(&mut self.buffer, Vec::with_capacity(PART_BYTES));
        let payload = PutPayload::from_bytes(Bytes::from(part));
        Ok(self.runtime.block_on(self.parts.put_part(payload))?)
    }

    fn complete(mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.send()?;
        }
        self.runtime.block_on(self.parts.complete())?;
        Ok(())
    }

    fn abort(mut self) -> io::Result<()> {
        Ok(self.runtime.block_on(self.parts.abort())?)
    }
}

impl Write for PartWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
