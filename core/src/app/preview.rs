//! Previews: what a reviewer looks at while the original waits for a link that costs nothing.
//!
//! Made only when the host says that originals will wait (a metered link), because a preview costs
//! as much processor time as a thumbnail and more bytes. They leave before any original. Refuses:
//! pictures that are small already, those of scopes that the signed-in person does not see, and
//! pictures that cannot be made smaller, which are not tried again until the app starts anew.

use std::io::Cursor;
use std::sync::PoisonError;

use super::capture::small_body;
use super::device::Device;
use super::error::AppError;
use super::people::visible;
use crate::chain::{BlobRole, PhotoBody};
use crate::domain::{Digest, cbor};
use crate::evidence::{self, MediaType, SmallPicture, THUMBNAIL_LONG_SIDE};
use crate::store::{BlobRow, StoreError};

/// Below this an original travels in hardly more time than its preview.
const WORTH_A_PREVIEW: u64 = 768 * 1024;

/// Previews made before one exchange over a metered link: a few seconds' work on a cheap phone.
pub const PREVIEWS_AT_ONCE: usize = 12;

impl Device {
    /// Makes previews of own originals that the hub lacks, at most so many, oldest first; says how
    /// many were made. A host calls it before an exchange over a metered link.
    ///
    /// # Errors
    /// As the store fails, [`crate::store::StoreError::DiskFull`] and [`AppError::NoRoom`]; the
    /// previews made until then stay.
    pub fn make_previews(&self, at_most: usize) -> Result<usize, AppError> {
        let waiting = self.store.transact(|tx| {
            let (mut rows, visible) = (tx.without_preview(WORTH_A_PREVIEW)?, visible(tx)?);
            rows.retain(|row| visible.contains(&row.scope));
            Ok::<_, AppError>(rows)
        })?;
        let mut made = 0;
        for original in waiting {
            if made == at_most {
                break;
            }
            let is_picture = MediaType::from_mime(&original.media_type).is_some();
            if is_picture && !self.was_passed_over(&original.digest) {
                made += usize::from(self.make_preview(&original)?);
            }
        }
        Ok(made)
    }

    fn make_preview(&self, original: &BlobRow) -> Result<bool, AppError> {
        let (bytes, origin) = self.store.transact(|tx| {
            let bytes = tx.read_blob(&original.digest, 0, None)?;
            let envelope = tx.envelope(&original.envelope)?;
            let body = envelope.and_then(|(_, envelope)| envelope.body);
            let body = body.ok_or_else(|| lost(original))?;
            let body: PhotoBody = cbor::decode(&body).map_err(StoreError::from)?;
            Ok::<_, AppError>((bytes, body.origin))
        })?;
        let facts = evidence::examine(&mut Cursor::new(&bytes))?;
        let small = evidence::preview(&bytes, &facts, self.decoder.as_deref());
        drop(bytes);
        let Some(small) = small.ok().filter(|small| helps(small, original)) else {
            self.pass_over(original.digest);
            return Ok(false);
        };
        self.refuse_without_room(small.jpeg.len() as u64)?;
        let what = (original.case, original.digest, origin);
        let (body, named) = small_body(&small.jpeg, BlobRole::Preview, what);
        let stored = self.store_once(&small.jpeg, named)?;
        self.store
            .transact(|tx| self.commit_blob(tx, original.scope, &body, stored.as_ref()))?;
        Ok(true)
    }

    fn was_passed_over(&self, digest: &Digest) -> bool {
        let passed = self.passed_over.lock();
        passed
            .unwrap_or_else(PoisonError::into_inner)
            .contains(digest)
    }

    fn pass_over(&self, digest: Digest) {
        let passed = self.passed_over.lock();
        passed
            .unwrap_or_else(PoisonError::into_inner)
            .insert(digest);
    }
}

/// Half the bytes for a quarter of the picture would help nobody, nor a second thumbnail.
fn helps(small: &SmallPicture, original: &BlobRow) -> bool {
    let long = small.size.width.max(small.size.height);
    long > THUMBNAIL_LONG_SIDE && small.jpeg.len() as u64 <= original.len_bytes / 2
}

fn lost(original: &BlobRow) -> StoreError {
    StoreError::Damaged(format!("photo {} has no envelope", original.digest))
}
