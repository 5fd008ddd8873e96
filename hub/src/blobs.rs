//! Photo bytes: taken in piece by piece over tus, checked, kept as one encrypted object, given out.
//!
//! `http` brings a device, a digest and bytes; pieces and finished blobs go to the object store
//! encrypted through `core::vault`, their rows to [`crate::meta::MetaStore`].
//!
//! Invariants: the offset counts only bytes whose piece is durable, and every byte that arrived
//! becomes a piece, also when the connection breaks; a piece lies in one 256-KiB chunk; with a
//! chunk list each chunk is checked as it completes and a bad one costs only itself; a blob counts
//! as verified when the SHA-256 of the whole is the wanted one, and that row, the receipts it owes
//! and the end of the upload are one transaction; one transfer at a time per upload; object names
//! are random, so that neither a path nor a backup tells which photos are held.
//!
//! Refuses: bytes that no photo envelope of a scope of the caller has announced; in that case the
//! answer is the same whether the hub holds them or not.

mod download;
mod finish;
mod lease;
mod piece;
mod receive;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lossbook_core::domain::{CHUNK_BYTES, ChunkedDigest, DeviceId, Digest, Host, ScopeId, WallMs};
use lossbook_core::store::StoreError;
use lossbook_core::vault::{Algorithm, BlobKey};
use object_store::ObjectStore;

use crate::alike::Alike;
use crate::meta::{BlobRow, MetaStore, MetaTx, PhotoRow, UploadRow, in_tx};
use crate::refusal::Refusal;

pub use download::BlobBytes;
pub(crate) use piece::{object_name, piece_name};

/// How long an upload lives after its last byte.
const UPLOAD_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Room that photos leave for everything else, unless the operator says otherwise.
pub const RESERVE_BYTES: u64 = 256 * 1024 * 1024;
/// How long a phone waits with its photos when there is no room.
const FULL_RETRY_S: u32 = 600;
const CHUNK: u64 = CHUNK_BYTES as u64;

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes held durably.
    pub offset: u64,
    /// Bytes wanted.
    pub len_bytes: u64,
    /// When it is forgotten unless more arrives; nothing once it is verified.
    pub expires: Option<WallMs>,
}

/// What a device wants to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUpload {
    /// Where it belongs.
    pub scope: ScopeId,
    /// Which bytes.
    pub digest: Digest,
    /// How many.
    pub len_bytes: u64,
}

/// The hub's blobs.
pub struct Blobs {
    store: Arc<dyn MetaStore>,
    objects: Arc<dyn ObjectStore>,
    host: Arc<dyn Host>,
    leases: lease::Leases,
    reserve: AtomicU64,
    alike: Arc<Alike>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blobs")
    }
}

/// What is known about a digest in the scope where it belongs.
struct Place {
    scope: ScopeId,
    photos: Vec<PhotoRow>,
    upload: Option<UploadRow>,
    blob: Option<BlobRow>,
}

impl Blobs {
    /// Blobs over a store of rows and a store of objects.
    pub fn new(
        store: Arc<dyn MetaStore>,
        objects: Arc<dyn ObjectStore>,
        host: Arc<dyn Host>,
    ) -> Self {
        Self {
            store,
            objects,
            host,
            leases: lease::Leases::default(),
            reserve: AtomicU64::new(RESERVE_BYTES),
            alike: Arc::default(),
        }
    }

    /// Photos leave so many bytes free from now on.
    pub(crate) fn keep_free(&self, reserve_bytes: u64) {
        self.reserve.store(reserve_bytes, Ordering::Relaxed);
    }

    pub(crate) fn reserve_bytes(&self) -> u64 {
        self.reserve.load(Ordering::Relaxed)
    }

    /// Whether bytes of a photo may still come; what else phones bring is taken all the same.
    fn refuse_without_room(&self) -> Result<(), Refusal> {
        match self.host.free_bytes() {
            Some(free) if free < self.reserve_bytes() => {
                tracing::warn!(free, "photos are refused: too little room is left");
                let detail = "the hub has no room for photos now（机构存储空间不足，暂不接收照片）: reports and signatures are taken, photos wait on the phone";
                let mut refusal = Refusal::new(507, "QUOTA", detail);
                refusal.retry_after_s = Some(FULL_RETRY_S);
                Err(refusal)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Begins an upload, or finds the one that is under way.
    ///
    /// # Errors
    /// `NOT_FOUND` if nothing announced these bytes to this device.
    pub async fn create(&self, device: DeviceId, wanted: NewUpload) -> Result<Progress, Refusal> {
        let fresh = UploadRow {
            name: self.random(),
            scope: wanted.scope,
            digest: wanted.digest,
            len_bytes: wanted.len_bytes,
            offset: 0,
            verified: 0,
            chunks: None,
            key: BlobKey::make(self.host.as_ref()),
            expires: self.expiry(),
        };
        let progress = self
            .rows(move |tx| begin(tx, device, (wanted, &fresh)))
            .await??;
        if progress.offset == progress.len_bytes && progress.expires.is_some() {
            return self.state(device, wanted.digest).await;
        }
        if progress.offset < progress.len_bytes {
            self.refuse_without_room()?;
        }
        Ok(progress)
    }

    /// Where the upload of a digest stands. A transfer that is still open is ended first, because
    /// its sender is gone if somebody asks.
    ///
    /// # Errors
    /// `NOT_FOUND`; `LOCKED` if another transfer does not end.
    pub async fn state(&self, device: DeviceId, digest: Digest) -> Result<Progress, Refusal> {
        let Some(upload) = self.under_way(device, digest).await? else {
            let place = self.place(device, digest).await?;
            let blob = place.blob.ok_or_else(not_found)?;
            return Ok(done(&blob));
        };
        let lease = self.lease(&upload.name).await?;
        let settled = self.settle((device, digest), &lease).await;
        self.release(lease).await;
        settled
    }

    /// With the lease held: finishes an upload whose bytes are all here, else says where it stands.
    async fn settle(
        &self,
        (device, digest): (DeviceId, Digest),
        lease: &lease::Lease,
    ) -> Result<Progress, Refusal> {
        let Some(upload) = self.under_way(device, digest).await? else {
            let place = self.place(device, digest).await?;
            return place.blob.as_ref().map(done).ok_or_else(not_found);
        };
        if upload.offset < upload.len_bytes {
            return Ok(progress(&upload));
        }
        self.prolong(&upload.name, &lease.holder).await?;
        self.finish(&upload).await
    }

    /// Takes the digests of an upload's chunks, so that each can be checked as it completes.
    ///
    /// # Errors
    /// `CHUNKS_MISMATCH` if they are not the ones that the photo envelope binds; `BLOB_HASH` if
    /// bytes that are here already do not fit them.
    pub async fn put_chunks(
        &self,
        device: DeviceId,
        digest: Digest,
        list: &[u8],
    ) -> Result<Progress, Refusal> {
        let place = self.place(device, digest).await?;
        let chunks = parse_chunks(list)?;
        let photo = place.photos.iter().find(|photo| {
            photo.len_bytes.div_ceil(CHUNK) == chunks.len() as u64
                && ChunkedDigest::merkle_root(&chunks) == photo.chunk_root
        });
        let Some(photo) = photo else {
            return Err(chunks_mismatch());
        };
        if let Some(blob) = &place.blob {
            return Ok(done(blob));
        }
        let wanted = NewUpload {
            scope: place.scope,
            digest,
            len_bytes: photo.len_bytes,
        };
        self.create(device, wanted).await?;
        let Some(upload) = self.under_way(device, digest).await? else {
            return self.state(device, digest).await;
        };
        let lease = self.lease(&upload.name).await?;
        let name = upload.name;
        let checked = match self
            .rows(move |tx| tx.put_upload_chunks(&name, Some(&chunks)))
            .await
        {
            Ok(()) => self.check_chunks(device, digest).await,
            Err(refusal) => Err(refusal),
        };
        self.release(lease).await;
        checked
    }

    /// The digests of a verified blob's chunks, one after another.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn chunks(&self, device: DeviceId, digest: Digest) -> Result<Vec<u8>, Refusal> {
        let place = self.place(device, digest).await?;
        let blob = place.blob.ok_or_else(not_found)?;
        Ok(blob
            .chunks
            .iter()
            .flat_map(|digest| *digest.as_bytes())
            .collect())
    }

    /// Forgets an upload that is not verified.
    ///
    /// # Errors
    /// `NOT_FOUND`, also for a verified blob: evidence is not deleted this way.
    pub async fn terminate(&self, device: DeviceId, digest: Digest) -> Result<(), Refusal> {
        let upload = self.under_way(device, digest).await?;
        let upload = upload.ok_or_else(not_found)?;
        let lease = self.lease(&upload.name).await?;
        let forgotten = self.forget(&upload).await;
        self.release(lease).await;
        forgotten
    }

    /// Runs rows' work off the async threads.
    async fn rows<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn MetaTx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || in_tx(store.as_ref(), work)).await;
        done.map_err(|_stopped| stopping())?.map_err(Refusal::from)
    }

    async fn place(&self, device: DeviceId, digest: Digest) -> Result<Place, Refusal> {
        let place = self
            .rows(move |tx| place(tx, device, (&digest, None)))
            .await?;
        place.ok_or_else(not_found)
    }

    async fn under_way(
        &self,
        device: DeviceId,
        digest: Digest,
    ) -> Result<Option<UploadRow>, Refusal> {
        Ok(self.place(device, digest).await?.upload)
    }

    fn random(&self) -> Digest {
        let mut bytes = [0; 32];
        self.host.fill_random(&mut bytes);
        Digest::from_bytes(bytes)
    }

    fn expiry(&self) -> WallMs {
        WallMs(self.host.now().wall.0.saturating_add(UPLOAD_MS))
    }
}

/// The processor's AES instructions are part of every 64-bit server processor of this decade.
fn algorithm() -> Algorithm {
    Algorithm::preferred(cfg!(any(target_arch = "x86_64", target_arch = "aarch64")))
}

/// Finds the scope in which a device may handle a digest: one whose photo envelopes name it. With
/// several, the one whose upload is under way leads.
fn place(
    tx: &dyn MetaTx,
    device: DeviceId,
    (digest, within): (&Digest, Option<ScopeId>),
) -> Result<Option<Place>, StoreError> {
    let author = tx.author(device)?.filter(|author| !author.revoked);
    let Some(author) = author else {
        return Ok(None);
    };
    let mut best: Option<Place> = None;
    let private = ScopeId::private_of(device);
    let scopes = author.scopes.iter().chain([&private]);
    for scope in scopes.filter(|scope| within.is_none_or(|within| within == **scope)) {
        let photos = tx.photos(*scope, digest)?;
        if photos.is_empty() {
            continue;
        }
        let found = Place {
            scope: *scope,
            photos,
            upload: tx.upload(*scope, digest)?,
            blob: tx.blob(*scope, digest)?,
        };
        let leads = found.upload.is_some();
        if best.is_none() || leads {
            best = Some(found);
        }
        if leads {
            break;
        }
    }
    Ok(best)
}

fn begin(
    tx: &dyn MetaTx,
    device: DeviceId,
    (wanted, fresh): (NewUpload, &UploadRow),
) -> Result<Result<Progress, Refusal>, StoreError> {
    let found = place(tx, device, (&wanted.digest, Some(wanted.scope)))?;
    let announced = |photo: &PhotoRow| photo.len_bytes == wanted.len_bytes;
    let Some(place) = found.filter(|place| place.photos.iter().any(announced)) else {
        return Ok(Err(not_found()));
    };
    if let Some(blob) = &place.blob {
        return Ok(Ok(done(blob)));
    }
    if let Some(upload) = &place.upload {
        if upload.len_bytes == wanted.len_bytes {
            return Ok(Ok(progress(upload)));
        }
        // Two envelopes name other lengths for one digest: only one can be true, and the sender
        // who is here now may have it. Its pieces are swept at the next start.
        tx.delete_upload(&upload.name)?;
    }
    tx.put_upload(fresh)?;
    Ok(Ok(progress(fresh)))
}

fn progress(upload: &UploadRow) -> Progress {
    Progress {
        offset: upload.offset,
        len_bytes: upload.len_bytes,
        expires: Some(upload.expires),
    }
}

fn done(blob: &BlobRow) -> Progress {
    Progress {
        offset: blob.len_bytes,
        len_bytes: blob.len_bytes,
        expires: None,
    }
}

fn parse_chunks(list: &[u8]) -> Result<Vec<Digest>, Refusal> {
    list.chunks(32)
        .map(|bytes| Digest::from_slice(bytes).ok_or_else(chunks_mismatch))
        .collect()
}

fn chunks_mismatch() -> Refusal {
    Refusal::new(
        422,
        "CHUNKS_MISMATCH",
        "the chunk digests are not the ones that the photo's envelope binds",
    )
}

/// The one answer for everything that is unknown, not announced, or not for this device.
fn not_found() -> Refusal {
    Refusal::new(
        404,
        "NOT_FOUND",
        "no photo of a scope of this device has that digest and length: send its envelope first",
    )
}

fn stopping() -> Refusal {
    Refusal::busy("the hub is stopping: try again in a moment")
}

fn objects_failed(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "the object store failed");
    Refusal::new(
        500,
        "INTERNAL",
        "the hub could not keep the bytes; its log says why",
    )
}
