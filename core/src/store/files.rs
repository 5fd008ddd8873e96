//! Encrypted photo bytes as files: temporary file, sync, rename, sync of the folder, then the row.
#![expect(clippy::disallowed_methods, reason = "this is where core writes files")]

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::error::StoreError;
use crate::domain::Host;
use crate::vault::{self, Algorithm, BlobKey};

/// A full disk on purpose: writing fails once this many bytes were written. For tests.
#[derive(Debug, Clone)]
pub struct Fault {
    left: Arc<AtomicI64>,
}

impl Fault {
    /// The disk is full after `bytes` more.
    pub fn disk_full_after(bytes: i64) -> Self {
        Self {
            left: Arc::new(AtomicI64::new(bytes)),
        }
    }
}

/// The folder of encrypted files.
#[derive(Debug)]
pub struct Files {
    blobs: PathBuf,
    temporary: PathBuf,
    fault: Option<Fault>,
}

impl Files {
    /// Opens the folders below `home`, and removes what an interrupted write left behind.
    ///
    /// # Errors
    /// As the file system fails.
    pub fn open(home: &Path, fault: Option<Fault>) -> Result<Self, StoreError> {
        let files = Self {
            blobs: home.join("blobs"),
            temporary: home.join("tmp"),
            fault,
        };
        fs::create_dir_all(&files.blobs)?;
        fs::create_dir_all(&files.temporary)?;
        for entry in fs::read_dir(&files.temporary)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(files)
    }

    /// The same folders, untouched: another process holds them.
    pub(super) fn beside(home: &Path) -> Self {
        Self {
            blobs: home.join("blobs"),
            temporary: home.join("tmp"),
            fault: None,
        }
    }

    /// Encrypts `plain` under a new random key into a new file, durably; returns its name.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] leaves nothing behind but, at worst, a temporary file that the
    /// next open removes.
    pub fn write(
        &self,
        plain: &mut dyn Read,
        key: &BlobKey,
        host: &dyn Host,
    ) -> Result<String, StoreError> {
        let mut name = [0; 16];
        host.fill_random(&mut name);
        let name = hex::encode(name);
        let temporary = self.temporary.join(&name);
        let written = self.write_temporary(&temporary, plain, key, host);
        if let Err(error) = written {
            // The space is wanted back now; if even this fails, the next open removes it.
            let _left_for_next_open = fs::remove_file(&temporary);
            return Err(error);
        }
        let target = self.path(&name);
        if let Some(folder) = target.parent() {
            let fresh = !folder.exists();
            fs::create_dir_all(folder)?;
            fs::rename(&temporary, &target)?;
            File::open(folder)?.sync_all()?;
            if fresh {
                File::open(&self.blobs)?.sync_all()?;
            }
        }
        Ok(name)
    }

    fn write_temporary(
        &self,
        path: &Path,
        plain: &mut dyn Read,
        key: &BlobKey,
        host: &dyn Host,
    ) -> Result<(), StoreError> {
        let file = File::create(path)?;
        let mut guarded = Guarded {
            inner: io::BufWriter::with_capacity(128 * 1024, file),
            fault: self.fault.as_ref(),
        };
        vault::encrypt_stream(plain, &mut guarded, key, algorithm(), host)?;
        guarded.flush()?;
        guarded.inner.get_ref().sync_all()?;
        Ok(())
    }

    /// The encrypted file, for reading through the vault.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the file is gone.
    pub fn open_file(&self, name: &str) -> Result<impl Read + Seek + use<>, StoreError> {
        File::open(self.path(name)).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                StoreError::Damaged(format!("file {name} is missing"))
            } else {
                StoreError::from(error)
            }
        })
    }

    /// Removes a file; one that is gone already is no failure.
    ///
    /// # Errors
    /// As the file system fails.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes files that no row names: leftovers of a crash between rename and commit.
    ///
    /// # Errors
    /// As the file system fails.
    pub fn sweep(&self, keep: &dyn Fn(&str) -> bool) -> Result<usize, StoreError> {
        let mut removed = 0;
        for folder in fs::read_dir(&self.blobs)? {
            for entry in fs::read_dir(folder?.path())? {
                let entry = entry?;
                if !entry.file_name().to_str().is_some_and(keep) {
                    fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn path(&self, name: &str) -> PathBuf {
        let folder: String = name.chars().take(2).collect();
        self.blobs.join(folder).join(name)
    }
}

fn algorithm() -> Algorithm {
    Algorithm::preferred(cfg!(any(target_arch = "x86_64", target_arch = "aarch64")))
}

struct Guarded<'a, W> {
    inner: W,
    fault: Option<&'a Fault>,
}

impl<W: Write> Write for Guarded<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(fault) = self.fault {
            let wanted = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            if fault.left.fetch_sub(wanted, Ordering::Relaxed) < wanted {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
