//! The key file of a hub: 32 random bytes that open its store. Whoever has file and store has all.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use lossbook_core::domain::Host;
use lossbook_core::store::StoreKey;
use zeroize::Zeroizing;

use crate::hub::HubError;

/// The key of a hub's store.
pub struct HubKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for HubKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubKey(hidden)")
    }
}

impl HubKey {
    /// Where the key of a hub lies unless another place is named: `DIR.key`, beside `DIR`.
    pub fn default_path(dir: &Path) -> PathBuf {
        let mut name = dir.as_os_str().to_owned();
        name.push(".key");
        PathBuf::from(name)
    }

    /// A new key, for a hub in memory only.
    pub fn make(host: &dyn Host) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        host.fill_random(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Makes a key file that only its owner can read; never over another.
    ///
    /// # Errors
    /// [`HubError::KeyFile`].
    pub fn create(path: &Path, host: &dyn Host) -> Result<Self, HubError> {
        let key = Self::make(host);
        key.save(path)?;
        Ok(key)
    }

    /// Writes it into a file that only its owner can read; never over another.
    ///
    /// # Errors
    /// [`HubError::KeyFile`].
    pub fn save(&self, path: &Path) -> Result<(), HubError> {
        // Whole or not there: a key file cut short would lock its hub for ever.
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let write = || {
            if path.exists() {
                return Err(std::io::ErrorKind::AlreadyExists.into());
            }
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&beside)?;
            file.write_all(self.to_text().as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, path)
        };
        write().map_err(|error: std::io::Error| HubError::KeyFile {
            path: path.to_owned(),
            problem: error.to_string(),
        })
    }

    /// As the file holds it.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// From what a file holds.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), bytes.as_mut_slice()).ok()?;
        Some(Self(bytes))
    }

    /// Reads a key file; one that others may read is refused.
    ///
    /// # Errors
    /// [`HubError::KeyFile`].
    pub fn read(path: &Path) -> Result<Self, HubError> {
        let refuse = |problem: String| HubError::KeyFile {
            path: path.to_owned(),
            problem,
        };
        let mut file = File::open(path).map_err(|error| refuse(error.to_string()))?;
        let mode = file
            .metadata()
            .map_err(|error| refuse(error.to_string()))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(refuse("others may read it: chmod 600".to_owned()));
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)
            .map_err(|error| refuse(error.to_string()))?;
        Self::from_text(&text)
            .ok_or_else(|| refuse("it does not hold 64 hexadecimal digits".to_owned()))
    }

    /// What opens the store.
    pub(crate) fn to_store_key(&self) -> StoreKey {
        StoreKey::from_bytes(*self.0)
    }
}
