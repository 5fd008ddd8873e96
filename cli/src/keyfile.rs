//! The key file beside a home: 64 hexadecimal digits, readable by its owner only.
//!
//! On a phone the platform's key store holds this; on a computer it is a file, never inside the
//! home it opens.

use std::io::Write;
use std::path::{Path, PathBuf};

use lossbook_core::domain::Host;
use lossbook_core::store::StoreKey;

use crate::failure::Failure;

/// The key file of a home: the one named, or `HOME.key` beside it.
pub fn path_for(home: &Path, named: Option<&Path>) -> PathBuf {
    named.map_or_else(
        || {
            let mut name = home.as_os_str().to_owned();
            name.push(".key");
            PathBuf::from(name)
        },
        Path::to_owned,
    )
}

/// Reads a key file.
///
/// # Errors
/// Exit 2 if it is missing or is no key file.
pub fn read(path: &Path) -> Result<StoreKey, Failure> {
    let missing = |error: std::io::Error| {
        Failure::input(
            "no_key",
            format!("the key file cannot be read ({error}): name it with --key FILE"),
        )
        .at(path)
    };
    let text = std::fs::read_to_string(path).map_err(missing)?;
    let mut bytes = [0; 32];
    match hex::decode_to_slice(text.trim(), &mut bytes) {
        Ok(()) => Ok(StoreKey::from_bytes(bytes)),
        Err(_) => Err(
            Failure::input("bad_key", "not a key file: it holds 64 hexadecimal digits").at(path),
        ),
    }
}

/// Reads the key file, or makes one with a new random key, mode 0600.
///
/// # Errors
/// Exit 2 if it exists and is no key file, exit 4 if it cannot be written.
pub fn read_or_make(path: &Path, host: &dyn Host) -> Result<StoreKey, Failure> {
    if path.exists() {
        return read(path);
    }
    let mut bytes = [0; 32];
    host.fill_random(&mut bytes);
    write_private(path, &hex::encode(bytes)).map_err(|error| {
        Failure::not_now(
            "file_system",
            format!("the key file cannot be written ({error})"),
        )
        .at(path)
    })?;
    Ok(StoreKey::from_bytes(bytes))
}

/// Writes a file that only its owner can read, durably.
///
/// # Errors
/// As the file system fails; an existing file is not touched.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    if path.exists() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    // Whole or not there: a key file cut short would lock its home for ever.
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
