//! The store's key: made here, wrapped by the host's key store, kept wrapped beside the store.

use std::fs;
use std::io;
use std::path::Path;

use lossbook_core::domain::Host;
use lossbook_core::store::StoreKey;
use zeroize::Zeroizing;

use crate::body;
use crate::error::{LossbookError, of_io};
use crate::host::{Bridge, of_host};

const KEY_FILE: &str = "key";
const DATABASE: &str = "store.db";
/// Longer than any key store's answer.
const MAX_WRAPPED_BYTES: u64 = 64 * 1024;

/// Whether there is a store in the folder.
pub(crate) fn is_made(home: &Path) -> bool {
    home.join(DATABASE).exists()
}

/// The key of a store that is there.
pub(crate) fn read(home: &Path, host: &Bridge) -> Result<StoreKey, LossbookError> {
    match wrapped(home)? {
        Some(wrapped) => unwrapped(&wrapped, host),
        None if is_made(home) => Err(LossbookError::damaged("key_lost", "ask_head_office")),
        None => Err(LossbookError::not_found("no_store", "home", "")),
    }
}

/// The key of a new store. One that an interrupted start left is taken again.
pub(crate) fn read_or_make(home: &Path, host: &Bridge) -> Result<StoreKey, LossbookError> {
    if let Some(wrapped) = wrapped(home)? {
        return unwrapped(&wrapped, host);
    }
    if is_made(home) {
        return Err(LossbookError::damaged("key_lost", "ask_head_office"));
    }
    let mut key = Zeroizing::new([0; 32]);
    host.fill_random(key.as_mut_slice());
    let wrapped = host.parts.keys.wrap(key.to_vec());
    let wrapped = wrapped.map_err(|error| of_host(&error))?;
    if wrapped.is_empty() || wrapped.len() as u64 > MAX_WRAPPED_BYTES {
        return Err(LossbookError::locked("key_failed"));
    }
    let unwritable = |error: io::Error| of_io(&error, "unwritable");
    fs::create_dir_all(home).map_err(unwritable)?;
    body::replace(&home.join(KEY_FILE), &wrapped).map_err(unwritable)?;
    Ok(StoreKey::from_bytes(*key))
}

fn wrapped(home: &Path) -> Result<Option<Vec<u8>>, LossbookError> {
    let path = home.join(KEY_FILE);
    match fs::metadata(&path) {
        Ok(found) if found.len() > MAX_WRAPPED_BYTES => {
            Err(LossbookError::damaged("key_lost", "ask_head_office"))
        }
        Ok(_) => fs::read(&path)
            .map(Some)
            .map_err(|error| of_io(&error, "unreadable")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(of_io(&error, "unreadable")),
    }
}

fn unwrapped(wrapped: &[u8], host: &Bridge) -> Result<StoreKey, LossbookError> {
    let key = host.parts.keys.unwrap(wrapped.to_vec());
    let key = Zeroizing::new(key.map_err(|error| of_host(&error))?);
    let bytes: [u8; 32] = key
        .as_slice()
        .try_into()
        .map_err(|_another_length| LossbookError::locked("wrong_key"))?;
    Ok(StoreKey::from_bytes(bytes))
}
