//! `lossbook hub check`: is everything in a hub's folder what was written there?
//!
//! The rows are copied in one moment, and the copy is looked through, so a hub that is being served
//! serves on; photos are read where they lie. Every page, header, link, seal, signature, document
//! and list is held against what it follows from, every photo against its digest and its chunks.
//!
//! Invariants: whatever is wrong is named, by file, page, stream and number, case or digest; the
//! folder is not changed.
//!
//! Refuses: to mend. What to do is in `docs/operations.md`.

mod bytes;
mod rows;

use std::path::Path;

use lossbook_core::store::{Finding, Problem, Store, StoreError};

use crate::hub::HubError;
use crate::key::HubKey;
use crate::meta::{MetaStore as _, STEPS};

/// What was looked through, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Envelopes in all streams.
    pub envelopes: u64,
    /// Cases.
    pub cases: u64,
    /// Photos and thumbnails.
    pub photos: u64,
    /// Their bytes.
    pub photo_bytes: u64,
    /// Files that no row names: harmless leftovers of what was interrupted.
    pub leftovers: u64,
    /// What is not what it should be.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether nothing is wrong.
    pub const fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Looks through the hub in a folder, served or not.
///
/// # Errors
/// [`HubError`] if it could not be looked through; what is wrong with it is no error.
pub fn check(dir: &Path, key: &HubKey) -> Result<Checked, HubError> {
    let failed = |source| HubError::Store {
        dir: dir.to_owned(),
        source,
    };
    // Opening the store would take a damaged log for a shorter one and end it.
    let log = Store::damaged_log(dir, std::thread::sleep).map_err(failed)?;
    if !log.is_empty() {
        let findings = log.into_iter();
        return Ok(Checked {
            findings: findings
                .map(|one| Finding::new(one, Problem::Page))
                .collect(),
            ..Checked::default()
        });
    }
    // Encrypted like the store, and gone when this function ends.
    let work = tempfile::Builder::new().prefix(".check-").tempdir_in(dir)?;
    let copy = work.path().join("store.db");
    match Store::copy_rows((dir, &key.to_store_key()), &copy, std::thread::sleep) {
        Ok(()) => match look_through(dir, work.path(), key) {
            // Somebody with the key wrote what no row can be.
            Err(error) if is_damage(&error) => {
                let object = format!("store.db: {error}");
                Ok(Checked {
                    findings: vec![Finding::new(object, Problem::Row)],
                    ..Checked::default()
                })
            }
            done => done.map_err(failed),
        },
        Err(
            error @ (StoreError::Missing(_)
            | StoreError::InUse
            | StoreError::Newer { .. }
            | StoreError::Exists(_)
            | StoreError::DiskFull),
        ) => Err(failed(error)),
        Err(error) => {
            tracing::error!(%error, "the rows could not be copied");
            Ok(Checked {
                findings: damaged(dir, key),
                ..Checked::default()
            })
        }
    }
}

/// Whether the rows themselves cannot be read, rather than the disk or the system.
const fn is_damage(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Damaged(_)
            | StoreError::Record(_)
            | StoreError::Envelope(_)
            | StoreError::Cbor(_)
            | StoreError::Vault(_)
            | StoreError::Sql(_)
    )
}

/// Which pages are damaged; the whole file if that cannot be told.
fn damaged(dir: &Path, key: &HubKey) -> Vec<Finding> {
    let pages = Store::damaged_pages(dir, &key.to_store_key()).unwrap_or_default();
    if pages.is_empty() {
        let object = "store.db, or its key（数据库或其密钥）";
        return vec![Finding::new(object, Problem::Page)];
    }
    let named = |page: u64| Finding::new(format!("store.db page {page}"), Problem::Page);
    pages.into_iter().map(named).collect()
}

fn look_through(dir: &Path, work: &Path, key: &HubKey) -> Result<Checked, StoreError> {
    let parts = [("hub", STEPS)];
    let store = Store::open_beside(work, &key.to_store_key(), &parts)?;
    let mut checked = Checked::default();
    let (envelopes, found) = store.check_streams()?;
    checked.envelopes = envelopes;
    checked.findings.extend(found);
    let (cases, found) = store.check_cases()?;
    checked.cases = cases;
    checked.findings.extend(found);
    checked.findings.extend(store.check_files(dir)?);
    checked.findings.extend(rows::check(&store)?);
    let mut blobs = Vec::new();
    store.with_look(&mut |tx| {
        blobs = bytes::wanted(tx)?;
        Ok(())
    })?;
    bytes::check(dir, &blobs, &mut checked)?;
    Ok(checked)
}
