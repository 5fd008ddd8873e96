//! Storage care: room that is kept free, bytes that may be let go of, and a budget for photos.
//!
//! A photo is refused before it eats the room that reports, estimates and signatures need. Bytes
//! are let go of only when the hub's signed receipt over their digest is held here, and only as a
//! policy asks: never before, never by themselves. Envelope, row and thumbnail stay, and the
//! original can be fetched again. The budget refuses nothing, for evidence is worth more than
//! room; it tells.

use super::device::{Device, case_named};
use super::error::AppError;
use crate::domain::{CaseId, WallMs};
use crate::statement::CaseStatus;
use crate::store::{BlobRow, CaseQuery};

/// Room kept for everything that is no photo: a season's reports and estimates of one surveyor
/// with the write-ahead log and its copy while it is merged take less.
pub const RESERVE_BYTES: u64 = 64 * 1024 * 1024;

/// A house with forty rooms' and fields' worth of shots; more is a camera left running.
pub const PHOTO_BUDGET: PhotoBudget = PhotoBudget {
    photos: 300,
    bytes: 2 * 1024 * 1024 * 1024,
};

/// How many photos a case is expected to need at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoBudget {
    /// How many.
    pub photos: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl PhotoBudget {
    /// What the originals of a case have used of it.
    pub fn used(blobs: &[BlobRow]) -> Self {
        let originals = || blobs.iter().filter(|blob| blob.is_original());
        Self {
            photos: originals().count() as u64,
            bytes: originals().map(|blob| blob.len_bytes).sum(),
        }
    }

    /// Whether more is used than this.
    pub fn is_exceeded_by(self, used: Self) -> bool {
        used.photos > self.photos || used.bytes > self.bytes
    }
}

/// Which confirmed originals may be let go of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreePolicy {
    /// Words of the case states in which the office needs nothing more from the phone.
    pub states: Vec<String>,
    /// How long a case must have been left alone.
    pub quiet_ms: i64,
    /// Stop when so much is free again; nothing for all that may go.
    pub until_free: Option<u64>,
}

impl Default for FreePolicy {
    fn default() -> Self {
        Self {
            states: vec![CaseStatus::Closed.word().to_owned()],
            quiet_ms: 7 * 24 * 3_600 * 1_000,
            until_free: None,
        }
    }
}

/// What was let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Originals.
    pub photos: u64,
    /// Their bytes, and those of bundles carried for others that the hub has.
    pub bytes: u64,
}

impl Device {
    pub(super) fn refuse_without_room(&self, len: u64) -> Result<(), AppError> {
        let needed = len.saturating_add(RESERVE_BYTES);
        match self.host.free_bytes() {
            Some(free) if free < needed => Err(AppError::NoRoom { free, needed }),
            Some(_) | None => Ok(()),
        }
    }

    /// Lets go of confirmed originals of cases that the policy names, the longest untouched first.
    ///
    /// # Errors
    /// As store or file system fail; what was let go of until then stays so.
    pub fn free_room(&self, policy: &FreePolicy) -> Result<Freed, AppError> {
        let mut freed = Freed::default();
        self.free_carried(&mut freed)?;
        for (case, updated) in self.cases_by_age()? {
            let quiet = self.host.now().wall.0.saturating_sub(updated.0);
            if quiet < policy.quiet_ms {
                continue;
            }
            for blob in self.may_go(case, policy)? {
                let enough = policy.until_free.zip(self.host.free_bytes());
                if enough.is_some_and(|(wanted, free)| free >= wanted) {
                    return Ok(freed);
                }
                // The row goes first: a file without a row is swept, a row without a file is damage.
                let name = self.store.transact(|tx| tx.let_go(&blob.digest))?;
                if let Some(name) = name {
                    self.store.remove_file(&name)?;
                    freed.photos += 1;
                    freed.bytes += blob.len_bytes;
                }
            }
        }
        Ok(freed)
    }

    /// Bundles carried for others go as soon as the hub's receipt for them is here.
    fn free_carried(&self, freed: &mut Freed) -> Result<(), AppError> {
        for row in self.carried()?.into_iter().filter(|row| row.confirmed) {
            let name = self.store.transact(|tx| tx.let_go(&row.digest))?;
            if let Some(name) = name {
                self.store.remove_file(&name)?;
                freed.bytes += row.len_bytes;
            }
        }
        Ok(())
    }

    /// What [`Device::free_room`] would let go of in one case.
    ///
    /// # Errors
    /// As the store fails.
    pub fn freeable(&self, case: &str, policy: &FreePolicy) -> Result<Vec<BlobRow>, AppError> {
        let (case, _) = self.store.transact(|tx| case_named(tx, case))?;
        self.may_go(case, policy)
    }

    fn may_go(&self, case: CaseId, policy: &FreePolicy) -> Result<Vec<BlobRow>, AppError> {
        self.store.transact(|tx| {
            let Some(standing) = tx.standing(case)? else {
                return Ok(Vec::new());
            };
            if policy
                .states
                .iter()
                .any(|state| state == standing.status.word())
            {
                Ok(tx.freeable(case)?)
            } else {
                Ok(Vec::new())
            }
        })
    }

    fn cases_by_age(&self) -> Result<Vec<(CaseId, WallMs)>, AppError> {
        const PAGE: u32 = 500;
        let mut all = Vec::new();
        loop {
            let query = CaseQuery {
                text: None,
                limit: PAGE,
                offset: u32::try_from(all.len()).unwrap_or(u32::MAX),
            };
            let page = self.store.transact(|tx| tx.cases(&query))?;
            let is_last = page.len() < PAGE as usize;
            all.extend(page.iter().map(|row| (row.case, row.updated)));
            if is_last {
                break;
            }
        }
        all.reverse();
        Ok(all)
    }
}
