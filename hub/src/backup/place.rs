//! Where backups lie: a folder that many share, or one tar file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lossbook_core::domain::Digest;
use sha2::{Digest as _, Sha256};

use super::manifest::SignedManifest;
use super::{BackupError, Kept, Manifest, at};
use crate::meta::Identity;

/// Bytes read at a time.
const PIECE: usize = 128 * 1024;

/// A backup in the making.
pub(super) struct Place {
    form: Form,
    written: u64,
    written_bytes: u64,
}

enum Form {
    Folder(PathBuf),
    /// The file, and what it will be called when it is whole.
    Tar(Box<tar::Builder<File>>, PathBuf),
}

impl Place {
    /// A folder, made if need be; or a new file whose name ends in `.tar`.
    pub(super) fn open(to: &Path) -> Result<Self, BackupError> {
        let is_tar = to.extension().is_some_and(|end| end == "tar");
        let form = if is_tar && !to.is_dir() {
            if to.exists() {
                return Err(BackupError::NotEmpty(to.to_owned()));
            }
            let file = File::create(beside(to)).map_err(at(to))?;
            Form::Tar(Box::new(tar::Builder::new(file)), to.to_owned())
        } else {
            fs::create_dir_all(to).map_err(at(to))?;
            Form::Folder(to.to_owned())
        };
        Ok(Self {
            form,
            written: 0,
            written_bytes: 0,
        })
    }

    /// Files of earlier backups in the folder.
    pub(super) fn known(&self, hub: &Identity) -> Result<BTreeMap<String, Kept>, BackupError> {
        let Form::Folder(folder) = &self.form else {
            return Ok(BTreeMap::new());
        };
        let mut known = BTreeMap::new();
        for (_, manifest) in manifests(folder)? {
            // A damaged manifest vouches for nothing; the restore test names it.
            let Some(manifest) = manifest else { continue };
            if manifest.hub != hub.device() {
                return Err(BackupError::OtherHub(folder.clone()));
            }
            let files = manifest.files.into_iter();
            known.extend(files.map(|kept| (kept.name.clone(), kept)));
        }
        Ok(known)
    }

    /// Whether a file of an earlier backup is still there.
    pub(super) fn has(&self, kept: &Kept) -> bool {
        match &self.form {
            Form::Folder(folder) => fs::metadata(folder.join(&kept.name))
                .is_ok_and(|found| found.len() == kept.len_bytes),
            Form::Tar(..) => false,
        }
    }

    /// Copies a file in.
    pub(super) fn put(&mut self, name: &str, from: &Path) -> Result<Kept, BackupError> {
        let mut file = File::open(from).map_err(at(from))?;
        let len = file.metadata().map_err(at(from))?.len();
        self.add(name, (&mut file, len))
    }

    /// Writes a file of these bytes.
    pub(super) fn put_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<Kept, BackupError> {
        self.add(name, (&mut &*bytes, bytes.len() as u64))
    }

    fn add(&mut self, name: &str, (bytes, len): (&mut dyn Read, u64)) -> Result<Kept, BackupError> {
        let mut hashing = Hashing::of(bytes);
        match &mut self.form {
            Form::Folder(folder) => {
                let target = folder.join(name);
                write_whole(&target, &mut hashing).map_err(at(&target))?;
            }
            Form::Tar(tar, path) => {
                let mut header = plain_header(len);
                let added = tar.append_data(&mut header, name, &mut hashing);
                added.map_err(at(path))?;
            }
        }
        let (digest, len_bytes) = hashing.finish();
        self.written += 1;
        self.written_bytes += len_bytes;
        Ok(Kept {
            name: name.to_owned(),
            len_bytes,
            digest,
        })
    }

    /// Makes it durable; says how many files and bytes were written.
    pub(super) fn finish(&mut self) -> Result<(u64, u64), BackupError> {
        if let Form::Tar(tar, path) = &mut self.form {
            let done = tar
                .finish()
                .and_then(|()| tar.get_mut().sync_all())
                .and_then(|()| fs::rename(beside(path), &*path));
            done.map_err(at(path))?;
        }
        Ok((self.written, self.written_bytes))
    }
}

/// A header that says nothing about this machine, so that the same files make the same tar.
pub(super) fn plain_header(len: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(len);
    header.set_mode(0o600);
    header
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes a file under another name, syncs and renames it: whole, or not there.
pub(super) fn write_whole(target: &Path, bytes: &mut impl Read) -> io::Result<()> {
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder)?;
    let part = beside(target);
    let mut file = File::create(&part)?;
    io::copy(bytes, &mut file)?;
    file.flush()?;
    file.sync_all()?;
    fs::rename(&part, target)?;
    File::open(folder)?.sync_all()
}

/// The manifests of a folder, oldest first; nothing in the place of one that is damaged.
pub(super) fn manifests(folder: &Path) -> Result<Vec<(String, Option<Manifest>)>, BackupError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| name.ends_with(".manifest")) else {
            continue;
        };
        let bytes = fs::read(&path).map_err(at(&path))?;
        found.push((name.to_owned(), SignedManifest::read(&bytes)));
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

/// Hashes what passes.
pub(super) struct Hashing<R> {
    inner: R,
    digest: Sha256,
    len: u64,
}

impl<R: Read> Hashing<R> {
    pub(super) fn of(inner: R) -> Self {
        Self {
            inner,
            digest: Sha256::new(),
            len: 0,
        }
    }

    /// Takes bytes that did not come through the reader.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.len += bytes.len() as u64;
    }

    pub(super) fn finish(self) -> (Digest, u64) {
        (Digest::from_bytes(self.digest.finalize().into()), self.len)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.update(out.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// SHA-256 and length of a file.
pub(super) fn digest_of(path: &Path) -> io::Result<(Digest, u64)> {
    let mut hashing = Hashing::of(io::BufReader::with_capacity(PIECE, File::open(path)?));
    io::copy(&mut hashing, &mut io::sink())?;
    Ok(hashing.finish())
}
