//! Takes the body of a PATCH: every byte that arrives becomes durable, however the body ends.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use lossbook_core::domain::{DeviceId, Digest, WallMs};
use object_store::ObjectStoreExt;

use super::lease::{LEASE_MS, Lease, locked};
use super::piece::{encrypt_piece, piece_path};
use super::{Blobs, CHUNK, Progress, not_found, objects_failed, progress, stopping};
use crate::meta::{PieceRow, UploadRow};
use crate::refusal::Refusal;

/// When nothing comes for this long, what is here becomes durable.
const FLUSH_AFTER: Duration = Duration::from_secs(2);
/// When nothing comes this many times in a row, the sender is gone: a minute.
const SILENT_TURNS: u32 = 30;
/// When a newer request wants the upload, bytes that reached this machine already are still taken:
/// a connection that is silent for so long has no more of them, …
const DRAIN_SILENCE: Duration = Duration::from_millis(40);
/// … and one that never falls silent is left after this long.
const DRAIN: Duration = Duration::from_secs(2);

/// A transfer at work.
struct Transfer {
    lease: Lease,
    upload: UploadRow,
    buffer: BytesMut,
}

/// Why the body ended.
enum End {
    /// All of it came, or the connection broke.
    Body,
    /// A newer request wants the upload.
    Wanted,
    /// More came than was announced.
    TooLong,
}

impl Blobs {
    /// Takes bytes at an offset. The work goes on if the caller is dropped, so that bytes which
    /// arrived on a breaking connection are kept.
    ///
    /// # Errors
    /// `OFFSET_CONFLICT` if the upload stands elsewhere, `BLOB_HASH` if bytes were bad (the
    /// upload then stands at the last good border), `NOT_FOUND`, `LOCKED`, `TOO_LARGE`.
    pub async fn receive<S, E>(
        self: &Arc<Self>,
        (device, digest): (DeviceId, Digest),
        offset: u64,
        body: S,
    ) -> Result<Progress, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
        E: Send + 'static,
    {
        let blobs = Arc::clone(self);
        let work = tokio::spawn(async move { blobs.take((device, digest), offset, body).await });
        work.await.map_err(|_stopped| stopping())?
    }

    async fn take<S, E>(
        &self,
        (device, digest): (DeviceId, Digest),
        offset: u64,
        body: S,
    ) -> Result<Progress, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let Some(upload) = self.under_way(device, digest).await? else {
            let here = self.state(device, digest).await?;
            return if here.offset == offset {
                Ok(here)
            } else {
                Err(conflict(here.offset))
            };
        };
        self.refuse_without_room()?;
        let lease = self.lease(&upload.name).await?;
        // It may have moved before the lease was ours.
        let taken = match self.under_way(device, digest).await {
            Ok(Some(upload)) if upload.offset == offset => {
                let mut transfer = Transfer {
                    lease,
                    upload,
                    buffer: BytesMut::new(),
                };
                let taken = self.transfer(&mut transfer, body).await;
                let settled = match taken {
                    Ok(()) => self.settle((device, digest), &transfer.lease).await,
                    Err(refusal) => Err(refusal),
                };
                self.release(transfer.lease).await;
                return settled;
            }
            Ok(Some(upload)) => Err(conflict(upload.offset)),
            Ok(None) => Err(not_found()),
            Err(refusal) => Err(refusal),
        };
        self.release(lease).await;
        taken
    }

    async fn transfer<S, E>(&self, transfer: &mut Transfer, mut body: S) -> Result<(), Refusal>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let mut silent = 0;
        let end = loop {
            let wanted = Arc::clone(&transfer.lease.wanted);
            let next = tokio::select! {
                biased;
                () = wanted.notified() => break End::Wanted,
                next = tokio::time::timeout(FLUSH_AFTER, body.next()) => next,
            };
            match next {
                Ok(Some(Ok(bytes))) => {
                    silent = 0;
                    if self.accept(transfer, bytes).await? == Room::Full {
                        break End::TooLong;
                    }
                }
                Ok(Some(Err(_)) | None) => break End::Body,
                Err(_elapsed) => {
                    silent += 1;
                    self.flush(transfer).await?;
                    if silent >= SILENT_TURNS {
                        break End::Body;
                    }
                }
            }
        };
        if matches!(end, End::Wanted) {
            self.drain(transfer, &mut body).await?;
        }
        self.flush(transfer).await?;
        match end {
            End::Body | End::Wanted => Ok(()),
            End::TooLong => Err(Refusal::new(
                413,
                "TOO_LARGE",
                "more bytes came than the photo has",
            )),
        }
    }

    /// Takes what the broken connection brought before it broke: on a weak link the phone is back
    /// before the last bytes of the old request are read.
    async fn drain<S, E>(&self, transfer: &mut Transfer, body: &mut S) -> Result<(), Refusal>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
    {
        let until = tokio::time::Instant::now() + DRAIN;
        while tokio::time::Instant::now() < until {
            let Ok(Some(Ok(bytes))) = tokio::time::timeout(DRAIN_SILENCE, body.next()).await else {
                break;
            };
            if self.accept(transfer, bytes).await? == Room::Full {
                break;
            }
        }
        Ok(())
    }

    /// Buffers bytes, and stores every chunk that is full.
    async fn accept(&self, transfer: &mut Transfer, mut bytes: Bytes) -> Result<Room, Refusal> {
        while !bytes.is_empty() {
            let at = transfer.upload.offset + transfer.buffer.len() as u64;
            let end = transfer.upload.len_bytes;
            if at >= end {
                return Ok(Room::Full);
            }
            let border = ((at / CHUNK + 1) * CHUNK).min(end);
            let room = usize::try_from(border - at).unwrap_or(usize::MAX);
            let take = room.min(bytes.len());
            transfer.buffer.extend_from_slice(&bytes.split_to(take));
            if at + take as u64 == border {
                self.flush(transfer).await?;
            }
        }
        Ok(Room::Left)
    }

    /// Makes a piece of what is buffered, then checks chunks that are complete.
    async fn flush(&self, transfer: &mut Transfer) -> Result<(), Refusal> {
        if transfer.buffer.is_empty() {
            return Ok(());
        }
        let upload = &mut transfer.upload;
        let piece = PieceRow {
            offset: upload.offset,
            len_bytes: transfer.buffer.len() as u64,
        };
        let cipher = encrypt_piece(&transfer.buffer, &upload.key, self.host.as_ref())
            .map_err(|error| objects_failed(&error))?;
        self.objects
            .put(&piece_path(&upload.name, &piece), cipher)
            .await
            .map_err(|error| objects_failed(&error))?;
        transfer.buffer.advance(transfer.buffer.len());
        self.keep_piece(&transfer.lease, &piece).await?;
        upload.offset += piece.len_bytes;
        if upload.offset.is_multiple_of(CHUNK) || upload.offset == upload.len_bytes {
            upload.verified = self.check_upload(upload).await?;
        }
        Ok(())
    }

    /// The piece counts from now on, if the lease is still ours.
    async fn keep_piece(&self, lease: &Lease, piece: &PieceRow) -> Result<(), Refusal> {
        let (name, holder, piece) = (lease.name, lease.holder, piece.clone());
        let (now, expires) = (self.host.now().wall, self.expiry());
        let until = WallMs(now.0.saturating_add(LEASE_MS));
        let kept = self
            .rows(move |tx| {
                let ours = tx.take_lease(&name, &holder, now, until)?;
                if ours {
                    tx.put_piece(&name, &piece, expires)?;
                }
                Ok(ours)
            })
            .await?;
        if kept { Ok(()) } else { Err(locked()) }
    }

    /// Checks what can be checked of an upload, and says where it then stands.
    pub(super) async fn check_chunks(
        &self,
        device: DeviceId,
        digest: Digest,
    ) -> Result<Progress, Refusal> {
        let upload = self.under_way(device, digest).await?;
        let upload = upload.ok_or_else(not_found)?;
        self.check_upload(&upload).await?;
        Ok(progress(&upload))
    }
}

#[derive(PartialEq, Eq)]
enum Room {
    Left,
    Full,
}

fn conflict(offset: u64) -> Refusal {
    Refusal::new(
        409,
        "OFFSET_CONFLICT",
        format!("the upload stands at byte {offset}: go on from there"),
    )
}
