//! Pieces of an upload in the object store: written encrypted, read back in order.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use lossbook_core::domain::{Digest, Host};
use lossbook_core::vault::{BlobKey, VaultError, decrypt_stream, encrypt_stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::algorithm;
use crate::meta::PieceRow;

/// Folder of all pieces.
pub(super) const STAGING: &str = "staging";

/// Where a piece lies.
pub(super) fn piece_path(name: &Digest, piece: &PieceRow) -> Path {
    Path::from(piece_name(name, piece))
}

/// The same as a name below the folder of objects.
pub(crate) fn piece_name(name: &Digest, piece: &PieceRow) -> String {
    let PieceRow { offset, len_bytes } = piece;
    format!("{STAGING}/{name}/{offset:012}-{len_bytes}")
}

/// Where a finished blob lies.
pub(super) fn blob_path(name: &Digest) -> Path {
    Path::from(object_name(name))
}

/// The same as a name below the folder of objects.
pub(crate) fn object_name(name: &Digest) -> String {
    let hex = name.to_hex();
    let folder: String = hex.chars().take(2).collect();
    format!("blobs/{folder}/{hex}")
}

/// Encrypts a piece; it is small enough to be held whole.
pub(super) fn encrypt_piece(
    plain: &[u8],
    key: &BlobKey,
    host: &dyn Host,
) -> Result<PutPayload, VaultError> {
    let mut cipher = Vec::new();
    encrypt_stream(plain, &mut cipher, key, algorithm(), host)?;
    Ok(PutPayload::from_bytes(Bytes::from(cipher)))
}

/// Reads pieces one after another, as one stream of plain bytes. Blocks: not for async threads.
pub(super) struct PieceReader {
    objects: Arc<dyn ObjectStore>,
    runtime: Handle,
    key: BlobKey,
    name: Digest,
    pieces: std::vec::IntoIter<PieceRow>,
    current: io::Cursor<Zeroizing<Vec<u8>>>,
}

impl PieceReader {
    pub(super) fn new(
        objects: Arc<dyn ObjectStore>,
        runtime: Handle,
        (name, key): (Digest, BlobKey),
        pieces: Vec<PieceRow>,
    ) -> Self {
        Self {
            objects,
            runtime,
            key,
            name,
            pieces: pieces.into_iter(),
            current: io::Cursor::new(Zeroizing::new(Vec::new())),
        }
    }

    fn load(&self, piece: &PieceRow) -> io::Result<Zeroizing<Vec<u8>>> {
        let path = piece_path(&self.name, piece);
        let cipher = self.runtime.block_on(async {
            let object = self.objects.get(&path).await?;
            object.bytes().await
        })?;
        let mut plain = Zeroizing::new(Vec::with_capacity(cipher.len()));
        decrypt_stream(cipher.as_ref(), &mut *plain, &self.key).map_err(io::Error::other)?;
        if plain.len() as u64 == piece.len_bytes {
            Ok(plain)
        } else {
            Err(io::Error::other("a piece has another length than its row"))
        }
    }
}

impl Read for PieceReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let Some(piece) = self.pieces.next() else {
                return Ok(0);
            };
            self.current = io::Cursor::new(self.load(&piece)?);
        }
    }
}
