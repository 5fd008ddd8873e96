//! Carrying a bundle for others: kept as it is, handed on to the hub or to anybody, never opened.

use std::io::{Read, Seek, SeekFrom, Write};

use super::Watch;
use crate::app::device::{Device, enrolled};
use crate::app::error::AppError;
use crate::chain::{AuditBody, CarriedBundle, Kind, Subject};
use crate::domain::{ChunkedDigest, Digest, ScopeId, cbor};
use crate::store::CarriedRow;
use crate::sync::bundle::BundleError;

/// What the hub calls such bytes.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.lossbook.bundle";
/// Every age file begins so.
const AGE_START: &[u8] = b"age-encryption.org/";
const PIECE_BYTES: u64 = 1024 * 1024;
/// Longest file that a hub takes.
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Longest name kept of a file.
const MAX_NAME_CHARS: usize = 80;

/// A bundle taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Its length.
    pub len_bytes: u64,
    /// Whether it was carried already.
    pub known: bool,
}

impl Device {
    /// Takes a bundle on: its bytes are kept, and an envelope in this device's private scope says
    /// who took it in and when. The next exchange with the hub hands it on.
    ///
    /// # Errors
    /// [`BundleError::NotABundle`], [`AppError::CarryTooLarge`], [`AppError::NoRoom`]; then nothing
    /// is kept.
    pub fn carry<R: Read + Seek>(
        &self,
        file: &mut R,
        (name, watch): (&str, Watch<'_>),
    ) -> Result<Carried, AppError> {
        let (digest, chunks, len_bytes) = examine(file, watch)?;
        if self
            .store
            .transact(|tx| tx.carried())?
            .iter()
            .any(|one| one.digest == digest)
        {
            return Ok(Carried {
                digest,
                len_bytes,
                known: true,
            });
        }
        if len_bytes > MAX_BYTES {
            return Err(AppError::CarryTooLarge { limit: MAX_BYTES });
        }
        self.refuse_without_room(len_bytes)?;
        let carried = CarriedBundle {
            digest,
            len_bytes,
            chunk_root: ChunkedDigest::merkle_root(&chunks),
        };
        file.seek(SeekFrom::Start(0)).map_err(BundleError::Io)?;
        let stored =
            self.store
                .store_bytes(file, (digest, len_bytes, chunks), self.host.as_ref())?;
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let user = enrolled(&me)?.user.clone();
            let body = AuditBody {
                carried: Some(carried),
            };
            let now = self.host.now();
            let what = (
                ScopeId::private_of(me.device),
                Kind::Audit,
                Subject::none(),
                cbor::encode(&body),
            );
            let (envelope, _) = tx.append(&me, &user, now, what)?;
            tx.keep_file(&stored)?;
            let row = CarriedRow {
                digest,
                name: name.chars().take(MAX_NAME_CHARS).collect(),
                len_bytes,
                at: now.wall,
                sent: false,
                confirmed: false,
            };
            Ok::<_, AppError>(tx.put_carried(&row, &envelope)?)
        })?;
        Ok(Carried {
            digest,
            len_bytes,
            known: false,
        })
    }

    /// The bundles carried here.
    ///
    /// # Errors
    /// As the store fails.
    pub fn carried(&self) -> Result<Vec<CarriedRow>, AppError> {
        Ok(self.store.transact(|tx| tx.carried())?)
    }

    /// Writes a carried bundle out again: the one whose digest or name begins so, or the only one.
    ///
    /// # Errors
    /// [`AppError::UnknownCarried`], [`AppError::BundleWrite`].
    pub fn give_carried(
        &self,
        which: Option<&str>,
        (out, watch): (&mut dyn Write, Watch<'_>),
    ) -> Result<CarriedRow, AppError> {
        let fits = |row: &CarriedRow| {
            which.is_none_or(|which| {
                row.digest.to_hex().starts_with(which) || row.name.starts_with(which)
            })
        };
        let mut found = self.carried()?.into_iter().filter(fits);
        let (Some(row), None) = (found.next(), found.next()) else {
            return Err(AppError::UnknownCarried(which.unwrap_or("").to_owned()));
        };
        if !self.store.transact(|tx| tx.holds(&row.digest))? {
            return Err(AppError::CarriedGone(row.name));
        }
        let mut at = 0;
        while at < row.len_bytes {
            let len = (row.len_bytes - at).min(PIECE_BYTES);
            let bytes = self.blob_range(&row.digest, at, len)?;
            out.write_all(&bytes).map_err(AppError::BundleWrite)?;
            at += len;
            watch(at, row.len_bytes);
        }
        out.flush().map_err(AppError::BundleWrite)?;
        Ok(row)
    }
}

/// Digests of a file that begins as a bundle does.
fn examine<R: Read>(
    file: &mut R,
    watch: Watch<'_>,
) -> Result<(Digest, Vec<Digest>, u64), AppError> {
    let mut hasher = ChunkedDigest::new();
    let mut start: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        let read = file.read(&mut buffer).map_err(BundleError::Io)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        let missing = AGE_START.len().saturating_sub(start.len());
        start.extend(bytes.iter().take(missing));
        hasher.update(bytes);
        total += read as u64;
        watch(total, total);
    }
    if start != AGE_START {
        return Err(BundleError::NotABundle.into());
    }
    Ok(hasher.finish())
}
