//! Bundles made and taken in: what a phone gives to another, to head office, or to whoever carries.
//!
//! [`super::Device::export_bundle`] and the hub plan what goes along and write it with [`write_bundle`];
//! [`super::Device::import_bundle`] and the hub take parts in with [`read_bundle`], each through its own
//! [`Intake`]. What comes in passes the same gate as what comes over the network.
//!
//! Invariants: nothing of a scope that the receiver may not read goes along, and nothing that this
//! device may not read is kept; a stream goes along only as far as its bodies are here; a part can
//! be taken in alone, again and in any order.

mod carry;
mod export;
mod import;
mod intake;
mod write;

pub use carry::{BUNDLE_MEDIA_TYPE, Carried};
pub use export::{NewBundle, Originals, Receiver, Since, find_device, whole_marks};
pub use import::{Imported, Intake, RefusedRun, read_bundle};
pub use intake::take_extent;
pub(super) use intake::{PhoneIntake, know, readable};
pub use write::{
    BlobBytes, BundlePlan, BundleSink, Exported, MIN_PART_BYTES, new_set, write_bundle,
};

use crate::domain::Digest;
use crate::store::{BlobName, BlobRow};

/// The blob of a row, as chunks prove it.
pub(super) const fn name_of(row: &BlobRow) -> BlobName {
    BlobName {
        digest: row.digest,
        root: row.chunk_root,
        len_bytes: row.len_bytes,
    }
}

/// How far a long work has come: bytes done, and all that there are as far as is known.
pub type Watch<'w> = &'w mut dyn FnMut(u64, u64);

/// An empty list of chunks is no list.
pub(super) fn some_chunks(chunks: Vec<Digest>) -> Option<Vec<Digest>> {
    Some(chunks).filter(|chunks| !chunks.is_empty())
}
