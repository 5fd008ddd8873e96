//! What a hub holds, and where it is being served.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Name of the file in which a served hub says where it listens.
pub(crate) const SERVING_FILE: &str = "serving";

/// What a hub holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The hub's id.
    pub hub: String,
    /// Digest of its public key.
    pub hub_key: String,
    /// Names of its scopes.
    pub scopes: Vec<String>,
    /// Names of its office users.
    pub users: Vec<String>,
    /// Cases.
    pub cases: u64,
    /// Photos on their way in.
    pub uploads: u64,
    /// Verified photos and thumbnails.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Enrolment codes that can still be used.
    pub open_invites: u64,
}

/// Where the hub in this directory is being served, if it says so.
pub fn serving_at(dir: &Path) -> Option<String> {
    let url = std::fs::read_to_string(dir.join(SERVING_FILE)).ok()?;
    Some(url.trim().to_owned()).filter(|url| !url.is_empty())
}
