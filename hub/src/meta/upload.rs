//! Blobs on their way in, piece by piece, and blobs that were verified.

use lossbook_core::chain::StreamId;
use lossbook_core::domain::{Digest, ScopeId, WallMs};
use lossbook_core::vault::BlobKey;

use lossbook_core::store::StoreError;

/// What a photo envelope says: these bytes belong here, and this stream wants the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRow {
    /// The stream whose envelope says so.
    pub stream: StreamId,
    /// Which bytes.
    pub digest: Digest,
    /// How many.
    pub len_bytes: u64,
    /// Merkle root over the digests of their chunks.
    pub chunk_root: Digest,
    /// What kind of file.
    pub media_type: String,
}

/// A blob on its way in.
#[derive(Debug, Clone)]
pub struct UploadRow {
    /// Random name: the folder of its pieces, and of the object it will become.
    pub name: Digest,
    /// Where it belongs.
    pub scope: ScopeId,
    /// Which bytes are wanted.
    pub digest: Digest,
    /// How many.
    pub len_bytes: u64,
    /// Bytes held durably.
    pub offset: u64,
    /// Bytes checked against the chunk list; a border of a chunk.
    pub verified: u64,
    /// Digests of its chunks, if the sender gave them.
    pub chunks: Option<Vec<Digest>>,
    /// The key of its pieces.
    pub key: BlobKey,
    /// When it is forgotten unless more arrives.
    pub expires: WallMs,
}

/// A stretch of an upload that lies in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceRow {
    /// Its first byte.
    pub offset: u64,
    /// How many.
    pub len_bytes: u64,
}

/// A blob whose bytes were checked against its digest.
#[derive(Debug, Clone)]
pub struct BlobRow {
    /// Where it belongs.
    pub scope: ScopeId,
    /// Which bytes.
    pub digest: Digest,
    /// How many.
    pub len_bytes: u64,
    /// Random name of its object.
    pub name: Digest,
    /// The key of its object.
    pub key: BlobKey,
    /// Digests of its chunks.
    pub chunks: Vec<Digest>,
}

/// Rows of uploads and blobs.
pub trait Uploads {
    /// Notes a photo envelope; one that is known stays as it is.
    ///
    /// # Errors
    /// As the store fails.
    fn put_photo(&self, photo: &PhotoRow) -> Result<(), StoreError>;
    /// Every photo envelope of a scope that names this digest.
    ///
    /// # Errors
    /// As the store fails.
    fn photos(&self, scope: ScopeId, digest: &Digest) -> Result<Vec<PhotoRow>, StoreError>;

    /// An upload that is under way.
    ///
    /// # Errors
    /// As the store fails.
    fn upload(&self, scope: ScopeId, digest: &Digest) -> Result<Option<UploadRow>, StoreError>;
    /// Begins an upload.
    ///
    /// # Errors
    /// As the store fails.
    fn put_upload(&self, upload: &UploadRow) -> Result<(), StoreError>;
    /// Keeps the chunk list of an upload, or drops it.
    ///
    /// # Errors
    /// As the store fails.
    fn put_upload_chunks(&self, name: &Digest, chunks: Option<&[Digest]>)
    -> Result<(), StoreError>;
    /// A piece is durable: it counts from now on, and the upload lives longer.
    ///
    /// # Errors
    /// As the store fails.
    fn put_piece(&self, name: &Digest, piece: &PieceRow, expires: WallMs)
    -> Result<(), StoreError>;
    /// Pieces of an upload from a byte on, in order.
    ///
    /// # Errors
    /// As the store fails.
    fn pieces(&self, name: &Digest, from: u64) -> Result<Vec<PieceRow>, StoreError>;
    /// Bytes up to here were checked.
    ///
    /// # Errors
    /// As the store fails.
    fn put_verified(&self, name: &Digest, verified: u64) -> Result<(), StoreError>;
    /// Forgets everything from the last checked byte on, and says what was forgotten.
    ///
    /// # Errors
    /// As the store fails.
    fn fall_back(&self, name: &Digest) -> Result<Vec<PieceRow>, StoreError>;
    /// Forgets an upload and its pieces.
    ///
    /// # Errors
    /// As the store fails.
    fn delete_upload(&self, name: &Digest) -> Result<(), StoreError>;
    /// Every upload that is under way.
    ///
    /// # Errors
    /// As the store fails.
    fn uploads(&self) -> Result<Vec<UploadRow>, StoreError>;

    /// Whether an upload of that name is under way.
    ///
    /// # Errors
    /// As the store fails.
    fn has_upload(&self, name: &Digest) -> Result<bool, StoreError>;
    /// Takes the lease of an upload if nobody holds it.
    ///
    /// # Errors
    /// As the store fails.
    fn take_lease(
        &self,
        name: &Digest,
        holder: &Digest,
        now: WallMs,
        until: WallMs,
    ) -> Result<bool, StoreError>;
    /// Gives a lease back.
    ///
    /// # Errors
    /// As the store fails.
    fn give_lease(&self, name: &Digest, holder: &Digest) -> Result<(), StoreError>;
    /// Ends every lease: a hub that just started has no transfer under way.
    ///
    /// # Errors
    /// As the store fails.
    fn end_leases(&self) -> Result<(), StoreError>;

    /// A verified blob.
    ///
    /// # Errors
    /// As the store fails.
    fn blob(&self, scope: ScopeId, digest: &Digest) -> Result<Option<BlobRow>, StoreError>;
    /// Keeps a verified blob.
    ///
    /// # Errors
    /// As the store fails.
    fn put_blob(&self, blob: &BlobRow) -> Result<(), StoreError>;
    /// Every verified blob.
    ///
    /// # Errors
    /// As the store fails.
    fn all_blobs(&self) -> Result<Vec<BlobRow>, StoreError>;
    /// How many blobs are verified, and how many bytes they have.
    ///
    /// # Errors
    /// As the store fails.
    fn blob_count(&self) -> Result<(u64, u64), StoreError>;
}
