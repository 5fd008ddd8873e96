//! `lossbook hub backup` and `restore`: a hub as it stood at one moment, in another place (R306, R308,
//! R310).
//!
//! A backup is a folder that any number of backups of one hub share, or a tar of such a folder:
//! the rows of one moment (`stores/`), the photos that they name (`objects/`, never written
//! twice), what came in pieces (`blobs/`), and a manifest under the hub's signature that names each
//! file with its SHA-256. Everything in it is encrypted as in the hub's own folder; its key is the
//! hub's key file, or an age identity of a receiver for whom the key was put in (`keys/`).
//!
//! Invariants: the manifest is written last, so a backup without one is none; the hub is served on
//! meanwhile; restoring writes into an empty folder only, checks each file on its way, and begins
//! new feeds and a new epoch of the hub, because phones may have heard what the backup does not hold.
//!
//! Refuses: a folder that holds another hub's backups.

mod drill;
mod manifest;
mod place;
mod restore;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lossbook_core::domain::{Digest, Host, WallMs};
use lossbook_core::store::{Store, StoreError};
use lossbook_core::vault::age::{AgeRecipient, AgeWriter};

use crate::blobs::object_name;
use crate::hub::{HubError, sound_log};
use crate::key::HubKey;
use crate::meta::{Identity, MetaTx, STEPS, in_tx};

pub use drill::{Drill, Step, drill};
pub use manifest::{Kept, Manifest};
pub use restore::{Opener, key_for, restore};

use manifest::SignedManifest;
use place::Place;

/// A photo may come in while rows are copied, and its pieces vanish; then the rows are copied again.
const TRIES: u32 = 5;
/// Each try waits two seconds for the other writers.
const BUSY_TRIES: u32 = 30;

/// Why a backup cannot be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The hub itself.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A file or folder.
    #[error("{}: {source}（无法读写该文件或文件夹）", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder to restore into holds something.
    #[error("{}: is not empty（文件夹非空）: a hub is restored into a new folder only", .0.display())]
    NotEmpty(PathBuf),
    /// No manifest.
    #[error("{}: holds no backup（没有可用的备份）: give the folder or file that `hub backup` wrote", .0.display())]
    NoBackup(PathBuf),
    /// A folder of another hub.
    #[error("{}: holds backups of another hub（该文件夹属于另一机构）: choose another folder", .0.display())]
    OtherHub(PathBuf),
    /// Something in it is not what was written.
    #[error("{object}: is not what was written（备份内容已损坏或被改动）: use another backup")]
    Damaged {
        /// What.
        object: String,
    },
    /// Nothing opens it.
    #[error(
        "this backup does not open（无法解密此备份）: give the hub's key file (--key) or the identity file of an age receiver (--identity)"
    )]
    NoKey,
    /// A receiver that is none.
    #[error("{0:?} is no age receiver（接收方无效）: it begins with age1")]
    BadReceiver(String),
}

impl BackupError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Hub(error) => error.code(),
            Self::File { .. } => "BACKUP_FILE",
            Self::NotEmpty(_) => "NOT_EMPTY",
            Self::NoBackup(_) => "NO_BACKUP",
            Self::OtherHub(_) => "OTHER_HUB",
            Self::Damaged { .. } => "BACKUP_DAMAGED",
            Self::NoKey => "NO_KEY",
            Self::BadReceiver(_) => "BAD_RECEIVER",
        }
    }
}

/// A failure at a path.
fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    |source| BackupError::File {
        path: path.to_owned(),
        source,
    }
}

fn of_store(dir: &Path) -> impl Fn(StoreError) -> BackupError + '_ {
    |source| {
        BackupError::Hub(HubError::Store {
            dir: dir.to_owned(),
            source,
        })
    }
}

/// What a backup wrote.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its manifest's name in the folder.
    pub name: String,
    /// What it holds.
    pub manifest: Manifest,
    /// Files written now.
    pub written: u64,
    /// Their bytes.
    pub written_bytes: u64,
    /// Photos that lay there from an earlier backup.
    pub reused: u64,
}

/// Backs a hub up, served or not, into a folder, or into a new file whose name ends in `.tar`.
///
/// # Errors
/// [`BackupError`]; what was written until then is used by the next backup into the same folder.
pub fn backup(
    (dir, key): (&Path, &HubKey),
    to: &Path,
    receivers: &[String],
    host: &dyn Host,
) -> Result<Made, BackupError> {
    let receivers: Vec<AgeRecipient> = receivers
        .iter()
        .map(|text| AgeRecipient::parse(text).ok_or_else(|| BackupError::BadReceiver(text.clone())))
        .collect::<Result<_, _>>()?;
    sound_log(dir).map_err(BackupError::Hub)?;
    let mut place = Place::open(to)?;
    for again in (0..TRIES).rev() {
        let work = tempfile::Builder::new()
            .prefix(".backup-")
            .tempdir_in(dir)
            .map_err(at(dir))?;
        let rows = Rows::copy((dir, key), work.path(), host.now().wall)?;
        let absent = rows.absent(dir);
        if again > 0 && !absent.is_empty() {
            // A piece was put together with others after the rows were copied.
            continue;
        }
        let made = rows.write((dir, key), &mut place, (&receivers, host), &absent)?;
        let Manifest { cases, photos, .. } = made.manifest;
        tracing::info!(cases, photos, written = made.written, "backup made");
        let at = made.manifest.made;
        patiently(|| {
            let live = Store::open_beside(dir, &key.to_store_key(), &[("hub", STEPS)])?;
            in_tx(&live, |tx| tx.set_backup_made(at))
        })
        .map_err(of_store(dir))?;
        return Ok(made);
    }
    Err(at(dir)(io::Error::other("no try was made")))
}

/// A hub that many phones write to at once lets others wait longer than one try.
fn patiently<T>(work: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 1..BUSY_TRIES {
        let done = work();
        if !matches!(done, Err(StoreError::InUse)) {
            return done;
        }
    }
    work()
}

/// The rows of one moment, and what they name.
struct Rows {
    store: PathBuf,
    identity: Identity,
    manifest: Manifest,
    /// Files by their names in the backup, and where they lie below the hub's folder.
    named: BTreeMap<String, PathBuf>,
}

impl Rows {
    fn copy((dir, key): (&Path, &HubKey), work: &Path, made: WallMs) -> Result<Self, BackupError> {
        let store = work.join("store.db");
        patiently(|| {
            // What an earlier try left.
            if store.exists() {
                std::fs::remove_file(&store)?;
            }
            Store::copy_rows((dir, &key.to_store_key()), &store, std::thread::sleep)
        })
        .map_err(of_store(dir))?;
        let opened = Store::open_beside(work, &key.to_store_key(), &[("hub", STEPS)])
            .map_err(of_store(dir))?;
        let (identity, manifest, named) = in_tx(&opened, |tx| {
            // Whoever brings a photo begins it again; its pieces are gone by then.
            for upload in tx.uploads()? {
                tx.delete_upload(&upload.name)?;
            }
            let identity = tx.hub()?;
            let manifest = Manifest::of(tx, &identity, made)?;
            Ok((identity, manifest, named(tx)?))
        })
        .map_err(of_store(dir))?;
        // Only a closed store is one file.
        drop(opened);
        Ok(Self {
            store,
            identity,
            manifest,
            named,
        })
    }

    /// Names of files that rows name and that are not there.
    fn absent(&self, dir: &Path) -> Vec<String> {
        let gone = self
            .named
            .iter()
            .filter(|(_, from)| !dir.join(from).exists());
        gone.map(|(name, _)| name.clone()).collect()
    }

    fn write(
        mut self,
        (dir, key): (&Path, &HubKey),
        place: &mut Place,
        (receivers, host): (&[AgeRecipient], &dyn Host),
        absent: &[String],
    ) -> Result<Made, BackupError> {
        self.manifest.absent = absent.to_vec();
        self.named.retain(|name, _| !absent.contains(name));
        let known = place.known(&self.identity)?;
        let stamp = stamp(self.manifest.made, host);
        let mut reused = 0;
        for (name, from) in std::mem::take(&mut self.named) {
            let kept = match known.get(&name).filter(|kept| place.has(kept)) {
                Some(kept) => {
                    reused += 1;
                    kept.clone()
                }
                None => place.put(&name, &dir.join(from))?,
            };
            self.manifest.files.push(kept);
        }
        self.manifest.store = place.put(&format!("stores/{stamp}.db"), &self.store)?;
        if !receivers.is_empty() {
            let sealed = enclose(key, (receivers, host)).map_err(at(dir))?;
            let kept = place.put_bytes(&format!("keys/{stamp}.age"), &sealed)?;
            self.manifest.key_file = Some(kept);
        }
        let signed = SignedManifest::make(&self.manifest, &self.identity.own.key);
        let name = format!("{stamp}.manifest");
        place.put_bytes(&name, &signed.to_bytes())?;
        let (written, written_bytes) = place.finish()?;
        Ok(Made {
            name,
            manifest: self.manifest,
            written,
            written_bytes,
            reused,
        })
    }
}

/// Every file that rows name, by its name in a backup.
fn named(tx: &dyn MetaTx) -> Result<BTreeMap<String, PathBuf>, StoreError> {
    let mut named = BTreeMap::new();
    for blob in tx.all_blobs()? {
        let name = format!("objects/{}", object_name(&blob.name));
        named.insert(name.clone(), PathBuf::from(name));
    }
    for file in tx.named_files()? {
        let folder: String = file.chars().take(2).collect();
        let name = format!("blobs/{folder}/{file}");
        named.insert(name.clone(), PathBuf::from(name));
    }
    Ok(named)
}

/// A name that sorts by time, and that two backups of one second do not share.
fn stamp(made: WallMs, host: &dyn Host) -> String {
    let mut random = [0; 3];
    host.fill_random(&mut random);
    let time = jiff::Timestamp::from_millisecond(made.0).unwrap_or_default();
    format!(
        "{}-{}",
        time.strftime("%Y%m%dT%H%M%SZ"),
        hex::encode(random)
    )
}

/// The hub's key, for receivers only.
fn enclose(key: &HubKey, (receivers, host): (&[AgeRecipient], &dyn Host)) -> io::Result<Vec<u8>> {
    let mut writer = AgeWriter::new(Vec::new(), receivers, host)?;
    io::Write::write_all(&mut writer, key.to_text().as_bytes())?;
    writer.finish()
}

/// Digest over everything that a restored hub must have again: the end of every stream, the heads
/// of every case, and which photos are held.
fn state_of(tx: &dyn MetaTx) -> Result<Digest, StoreError> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (stream, mark) in tx.all_marks()? {
        let seq = mark.seq.to_be_bytes();
        parts.push(
            [
                stream.scope.as_bytes().as_slice(),
                stream.device.as_bytes(),
                stream.epoch.as_bytes(),
                &seq,
                mark.header.as_bytes(),
            ]
            .concat(),
        );
    }
    for (case, heads) in tx.all_heads()? {
        parts.push([case.as_bytes().as_slice(), heads.as_bytes()].concat());
    }
    for blob in tx.all_blobs()? {
        parts.push([blob.scope.as_bytes().as_slice(), blob.digest.as_bytes()].concat());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Ok(Digest::labelled("lossbook/backup/state", &parts))
}
