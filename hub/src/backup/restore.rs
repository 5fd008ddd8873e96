//! A backup becomes a hub again, in an empty folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use lossbook_core::domain::Host;
use lossbook_core::store::{Store, StoreError};
use lossbook_core::vault::age::{AgeChunk, AgeIdentity, AgeReader};
use zeroize::Zeroizing;

use super::place::{Hashing, digest_of, manifests, plain_header, write_whole};
use super::{BackupError, Kept, Manifest, at, of_store, state_of};
use crate::key::HubKey;
use crate::meta::{STEPS, in_tx};

/// What opens a backup.
#[derive(Debug)]
pub enum Opener {
    /// The hub's key.
    Key(HubKey),
    /// The secret of an age receiver for whom the hub's key was put in.
    Identity(AgeIdentity),
}

/// A backup, unpacked if it is a tar.
pub(super) struct Source {
    folder: PathBuf,
    /// Goes with this.
    unpacked: Option<tempfile::TempDir>,
}

impl Source {
    /// Opens a folder of backups, or unpacks a tar into a folder that vanishes afterwards.
    pub(super) fn open(from: &Path, work: &Path) -> Result<Self, BackupError> {
        if from.is_dir() {
            return Ok(Self {
                folder: from.to_owned(),
                unpacked: None,
            });
        }
        if !from.exists() {
            return Err(BackupError::NoBackup(from.to_owned()));
        }
        let unpacked = tempfile::Builder::new()
            .prefix(".unpacked-")
            .tempdir_in(work)
            .map_err(at(work))?;
        let file = File::open(from).map_err(at(from))?;
        // A tar that does not unpack is damaged; a disk that is full says so itself.
        tar::Archive::new(file)
            .unpack(unpacked.path())
            .map_err(|error| {
                if error.kind() == std::io::ErrorKind::StorageFull {
                    return at(work)(error);
                }
                let object = from.display().to_string();
                BackupError::Damaged { object }
            })?;
        Ok(Self {
            folder: unpacked.path().to_owned(),
            unpacked: Some(unpacked),
        })
    }

    /// Whether the tar is, byte by byte, the tar of what it holds.
    pub(super) fn is_whole(&self, from: &Path) -> Result<bool, BackupError> {
        if self.unpacked.is_none() {
            return Ok(true);
        }
        let read = || {
            let mut again = tar::Builder::new(Sink(Hashing::of(std::io::empty())));
            for entry in tar::Archive::new(File::open(from)?).entries()? {
                let mut entry = entry?;
                let name = entry.path()?.into_owned();
                let mut header = plain_header(entry.size());
                again.append_data(&mut header, name, &mut entry)?;
            }
            Ok(again.into_inner()?.0.finish())
        };
        let again = read().map_err(|error: std::io::Error| at(from)(error))?;
        Ok(again == digest_of(from).map_err(at(from))?)
    }

    /// Every manifest, oldest first; nothing in the place of one that is damaged.
    pub(super) fn manifests(&self) -> Result<Vec<(String, Option<Manifest>)>, BackupError> {
        manifests(&self.folder)
    }

    /// The newest backup, or the newest whose name begins so.
    pub(super) fn choose(&self, name: Option<&str>) -> Result<(String, Manifest), BackupError> {
        let mut all = self.manifests()?;
        all.retain(|(found, _)| name.is_none_or(|name| found.starts_with(name)));
        match all.pop() {
            None => Err(BackupError::NoBackup(self.folder.clone())),
            Some((object, None)) => Err(BackupError::Damaged { object }),
            Some((name, Some(manifest))) => Ok((name, manifest)),
        }
    }

    /// Whether a file is what its manifest says.
    pub(super) fn is_good(&self, kept: &Kept) -> bool {
        let found = digest_of(&self.folder.join(&kept.name));
        found.is_ok_and(|found| found == (kept.digest, kept.len_bytes))
    }

    /// The hub's key.
    fn key(&self, manifest: &Manifest, opener: Opener) -> Result<HubKey, BackupError> {
        let identity = match opener {
            Opener::Key(key) => return Ok(key),
            Opener::Identity(identity) => identity,
        };
        let kept = manifest.key_file.as_ref().ok_or(BackupError::NoKey)?;
        if !self.is_good(kept) {
            let object = kept.name.clone();
            return Err(BackupError::Damaged { object });
        }
        let path = self.folder.join(&kept.name);
        let file = File::open(&path).map_err(at(&path))?;
        let mut reader = AgeReader::open(file, &identity).or(Err(BackupError::NoKey))?;
        let mut text = Zeroizing::new(Vec::new());
        while let AgeChunk::Plain(plain) = reader.next_chunk().map_err(at(&path))? {
            text.extend_from_slice(&plain);
        }
        let text = std::str::from_utf8(&text).or(Err(BackupError::NoKey))?;
        HubKey::from_text(text).ok_or(BackupError::NoKey)
    }

    /// Copies a file out, if it is what its manifest says.
    fn take(&self, kept: &Kept, to: &Path) -> Result<(), BackupError> {
        let damaged = || BackupError::Damaged {
            object: kept.name.clone(),
        };
        let from = self.folder.join(&kept.name);
        let file = match File::open(&from) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged()),
            Err(error) => return Err(at(&from)(error)),
        };
        let mut hashing = Hashing::of(file);
        write_whole(to, &mut hashing).map_err(at(to))?;
        if hashing.finish() == (kept.digest, kept.len_bytes) {
            Ok(())
        } else {
            Err(damaged())
        }
    }
}

/// Restores a hub into an empty folder; its key file is written beside it if only a receiver's
/// secret was given. Says what was restored.
///
/// # Errors
/// [`BackupError`]; then the folder is empty again.
pub fn restore(
    (from, name): (&Path, Option<&str>),
    (dir, key_file): (&Path, &Path),
    opener: Opener,
    host: &dyn Host,
) -> Result<Manifest, BackupError> {
    let used = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(BackupError::NotEmpty(dir.to_owned()));
    }
    fs::create_dir_all(dir).map_err(at(dir))?;
    let above = dir.parent().filter(|above| above.is_dir());
    let source = Source::open(from, above.unwrap_or(dir))?;
    let (_, manifest) = source.choose(name)?;
    let is_receiver = matches!(opener, Opener::Identity(_));
    let key = source.key(&manifest, opener)?;
    let put = put_back(&source, &manifest, (dir, &key), host);
    if let Err(error) = put {
        // Nothing was there before; half a hub must not be taken for one.
        fs::remove_dir_all(dir).map_err(at(dir))?;
        return Err(error);
    }
    if is_receiver && !key_file.exists() {
        key.save(key_file)?;
    }
    tracing::info!(
        cases = manifest.cases,
        photos = manifest.photos,
        "hub restored"
    );
    Ok(manifest)
}

/// The hub's key, out of a backup that was made for a receiver.
///
/// # Errors
/// [`BackupError::NoKey`] if it was not made for this one.
pub fn key_for(
    (from, name): (&Path, Option<&str>),
    identity: AgeIdentity,
) -> Result<HubKey, BackupError> {
    let source = Source::open(from, &std::env::temp_dir())?;
    let (_, manifest) = source.choose(name)?;
    source.key(&manifest, Opener::Identity(identity))
}

fn put_back(
    source: &Source,
    manifest: &Manifest,
    (dir, key): (&Path, &HubKey),
    host: &dyn Host,
) -> Result<(), BackupError> {
    source.take(&manifest.store, &dir.join("store.db"))?;
    for kept in &manifest.files {
        source.take(kept, &dir.join(&kept.name))?;
    }
    let parts = [("hub", STEPS)];
    let store = Store::open_with(dir, &key.to_store_key(), None, &parts);
    let store = store.map_err(|error| {
        if matches!(error, StoreError::WrongKey) {
            return BackupError::NoKey;
        }
        of_store(dir)(error)
    })?;
    let is_same = in_tx(&store, |tx| {
        let same_hub = tx.hub()?.own.key.public() == manifest.key;
        let is_same = same_hub && state_of(tx)? == manifest.state;
        if is_same {
            tx.begin_anew(host)?;
        }
        Ok(is_same)
    });
    if is_same.map_err(of_store(dir))? {
        Ok(())
    } else {
        let object = manifest.store.name.clone();
        Err(BackupError::Damaged { object })
    }
}

/// A writer that only hashes.
struct Sink(Hashing<std::io::Empty>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
