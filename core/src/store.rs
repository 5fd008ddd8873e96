//! The encrypted store: SQLite (SQLCipher) for everything but photo bytes, files for those.
//!
//! `app` and the hub open a [`Store`] with a raw key from the host and do each use case in one
//! [`Store::transact`]: envelopes, changes, blob rows and projections are committed together or
//! not at all. Photo bytes are encrypted to a temporary file, synced, renamed; only then their row
//! is committed (ODK Collect #6522 shows what the other order does).
//!
//! Invariants: WAL, `synchronous=FULL`, one writer; a lock file keeps a second process out; a
//! newer store is refused unread; projections (`case_row`, `case_text`) follow from envelopes and
//! can be rebuilt; nothing is deleted to make room.
//!
//! Refuses: to judge (the gate does), to talk, and to open with the wrong key.

mod access;
mod blob;
mod carried;
mod case;
mod check;
mod copy;
mod error;
mod files;
mod history;
mod identity;
mod known;
mod ledger;
mod looks;
mod migrate;
mod open;
mod pack;
mod progress;
mod project;
mod purge;
mod recent;
mod reference;
mod relay;
mod secret;
mod staged;
mod stream;
mod sync_log;
mod tokens;
mod told;
mod tx;
mod unique;
mod wal;

pub use blob::{BlobRow, StoredBlob};
pub use carried::CarriedRow;
pub use case::{CaseEnvelope, CaseQuery, CaseRow, CaseStanding, SignatureStanding};
pub use check::{Finding, Problem};
pub use error::StoreError;
pub use files::{Fault, Files};
pub use identity::{Identity, Pinned};
pub use looks::{Likeness, SeenRow};
pub use migrate::{Step, migrate, version};
pub use open::{Store, StoreKey};
pub use pack::{PackRow, ShelfRow};
pub use progress::{BrokenBlob, CaseProgress, Quarantined};
pub use project::Rebuilt;
pub use purge::{EndState, EndedScope, Purged};
pub use reference::{ReferenceRow, TableChange};
pub use relay::{Bodies, HeldStream, KnownDevice};
pub use staged::BlobName;
pub use stream::OwnStream;
pub use sync_log::CaseLeft;
pub use tx::{Follow, Tx};
pub use unique::Clash;

pub use rusqlite;
