//! Bundles by hand: made for head office or another phone, taken in, carried for others.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lossbook_core::app::Device;
use lossbook_core::app::bundle::{self, BundleSink, Imported, Since};
use lossbook_core::store::CarriedRow;

use crate::body::{private, sync_folder};
use crate::cancel::{Cancellation, Stop, Stoppable, unless_stopped};
use crate::error::{LossbookError, of_io};
use crate::lossbook::Lossbook;
use crate::observer::{Mark, News};
use crate::view::SyncState;
use crate::words::Words;

/// Somebody who can be given a bundle.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReceiverView {
    /// `hub`, or the id of a device: what `NewBundle.to` takes.
    pub id: String,
    /// Who uses it; nothing for head office.
    pub user: String,
    /// `hub` or `device`.
    pub kind: String,
}

/// A bundle to be made.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewBundle {
    /// The file, ending in `.lossbundle`; parts are numbered `.001` before that ending.
    pub path: String,
    /// Receivers by id; head office if nobody is named.
    #[uniffi(default = [])]
    pub to: Vec<String>,
    /// Only these cases; all if none is named. Head office takes all.
    #[uniffi(default = [])]
    pub cases: Vec<String>,
    /// Whether originals go along, or thumbnails only.
    #[uniffi(default = true)]
    pub originals: bool,
    /// Largest part; one file if nothing is said.
    #[uniffi(default = None)]
    pub part_bytes: Option<u64>,
}

/// A bundle that was made.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExportedBundle {
    /// Its files, in order.
    pub files: Vec<String>,
    /// Entries in it.
    pub envelopes: u64,
    /// Photos and thumbnails in it.
    pub photos: u64,
    /// Bytes, nearly.
    pub bytes: u64,
}

/// A part that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportedBundle {
    /// Who used the device that made it; `hub` for head office.
    pub maker: String,
    /// When it was made, by its maker's clock.
    pub made_ms: Option<i64>,
    /// Whether all of it could be read.
    pub complete: bool,
    /// What is wrong with the file, if anything: what could be read was taken in.
    pub problem: Option<Words>,
    /// Entries not held before.
    pub fresh: u64,
    /// Entries held already.
    pub known: u64,
    /// Photos and thumbnails that are whole now.
    pub photos: u64,
    /// Stretches that wait for others, or for the hub's word about their writer.
    pub waiting: u64,
    /// Stretches that were refused.
    pub refused: u64,
    /// Entries kept outside the record.
    pub outside: u64,
    /// Ids of cases that read otherwise than before.
    pub cases: Vec<String>,
}

/// A bundle carried for others, unread.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CarriedView {
    /// SHA-256 of the file.
    pub digest: String,
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// How far it has come.
    pub state: SyncState,
}

#[uniffi::export]
impl Lossbook {
    /// Everybody who can be given a bundle: head office, and the devices that the hub vouched for.
    ///
    /// # Errors
    /// As the store fails.
    pub fn receivers(&self) -> Result<Vec<ReceiverView>, LossbookError> {
        self.home.read(|device| {
            let me = device.identity()?.device;
            let known = device.store().transact(|tx| tx.certificates())?;
            let hub = ReceiverView {
                id: "hub".to_owned(),
                user: String::new(),
                kind: "hub".to_owned(),
            };
            let others = known
                .into_iter()
                .filter(|one| one.device != me && !one.revoked);
            let others = others.map(|one| ReceiverView {
                id: one.device.to_string(),
                user: one.user,
                kind: "device".to_owned(),
            });
            Ok(std::iter::once(hub).chain(others).collect())
        })
    }

    /// Writes a bundle of what is here, encrypted to its receivers. Nothing here is changed.
    ///
    /// # Errors
    /// `InvalidInput` (`file_exists`, `hub_takes_all`, `part_too_small`), `NotFound`
    /// (`unknown_receiver`), `WrongState` (`no_shared_scope`), `StorageFull`, `Cancelled`.
    pub fn export_bundle(
        &self,
        new: NewBundle,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<ExportedBundle, LossbookError> {
        let stop = cancel.as_deref();
        let wish = bundle::NewBundle {
            to: new.to,
            cases: new.cases,
            since: Since::Known,
            part_bytes: new.part_bytes,
            originals: if new.originals {
                bundle::Originals::With
            } else {
                bundle::Originals::Without
            },
        };
        let mut parts = Parts::new(Path::new(&new.path), new.part_bytes.is_some(), stop);
        let written = self
            .home
            .read(|device| device.export_bundle(&wish, &mut parts, &mut |_, _| {}));
        let exported = unless_stopped(stop, written)?;
        let files = std::mem::take(&mut parts.finished);
        Ok(ExportedBundle {
            files: files
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
            envelopes: exported.envelopes,
            photos: exported.blobs,
            bytes: exported.bytes,
        })
    }

    /// Takes one part of a bundle in, in any order and as often as one likes.
    ///
    /// # Errors
    /// `InvalidInput` (`not_a_bundle`, `not_for_us`), `Refused` (`other_hub`, …), `MadeByNewerApp`,
    /// `StorageFull`, `Cancelled`; what was taken until then stays.
    pub fn import_bundle(
        &self,
        path: &str,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<ImportedBundle, LossbookError> {
        let stop = cancel.as_deref();
        let unreadable = |error: io::Error| of_io(&error, "unreadable");
        let file = File::open(path).map_err(unreadable)?;
        let len = file.metadata().map_err(unreadable)?.len();
        let mut file = Stoppable { inner: file, stop };
        let taken = self.home.write(|device| {
            let mark = device.store().transact(Mark::now)?;
            let taken = device.import_bundle(&mut file, (len, &mut |_, _| {}));
            let news = device.store().transact(|tx| mark.since(tx))?;
            Ok((taken, news))
        });
        let (taken, news) = unless_stopped(stop, taken)?;
        self.home.tell(news);
        let imported = unless_stopped(stop, self.home.checked(taken))?;
        self.home
            .tell(imported.cases.iter().copied().map(News::Case));
        Ok(shown(&imported))
    }

    /// Takes a bundle on for others. The next exchange hands it to the hub; it is never opened here.
    ///
    /// # Errors
    /// `InvalidInput` (`not_a_bundle`, `carry_too_large`), `StorageFull`.
    pub fn carry(&self, path: &str) -> Result<CarriedView, LossbookError> {
        let mut file = File::open(path).map_err(|error| of_io(&error, "unreadable"))?;
        let name = Path::new(path).file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let carried = self
            .home
            .write(|device| device.carry(&mut file, (&name, &mut |_, _| {})))?;
        Ok(CarriedView {
            digest: carried.digest.to_hex(),
            name,
            bytes: carried.len_bytes,
            state: SyncState::Saved,
        })
    }

    /// The bundles carried here.
    ///
    /// # Errors
    /// As the store fails.
    pub fn carried(&self) -> Result<Vec<CarriedView>, LossbookError> {
        let rows = self.home.read(Device::carried)?;
        Ok(rows.iter().map(carried_row).collect())
    }

    /// Writes a carried bundle out again, named by its digest.
    ///
    /// # Errors
    /// `NotFound` (`unknown_carried`, `carried_gone`), `InvalidInput` (`file_exists`), `StorageFull`.
    pub fn give_carried(&self, digest: &str, path: &str) -> Result<CarriedView, LossbookError> {
        let unwritable = |error: io::Error| of_io(&error, "bundle_write");
        let mut parts = Parts::new(Path::new(path), false, None);
        parts.begin(1).map_err(unwritable)?;
        let give =
            |device: &Device| device.give_carried(Some(digest), (&mut parts, &mut |_, _| {}));
        let row = self.home.read(give)?;
        parts.close().map_err(unwritable)?;
        Ok(carried_row(&row))
    }
}

fn shown(imported: &Imported) -> ImportedBundle {
    let outcome = &imported.outcome;
    let problem = if outcome.damaged > 0 || outcome.lost > 0 || imported.bad_chunks > 0 {
        Some(Words::of("bundle_damaged"))
    } else if outcome.cut || !outcome.complete {
        Some(Words::of("bundle_cut"))
    } else if imported.no_room > 0 {
        Some(Words::of("disk_full"))
    } else {
        None
    };
    ImportedBundle {
        maker: imported.maker_name.clone(),
        made_ms: imported.made.map(|made| made.0),
        complete: outcome.complete,
        problem,
        fresh: imported.fresh,
        known: imported.known,
        photos: imported.blobs,
        waiting: imported.waiting,
        refused: imported.refused.len() as u64,
        outside: imported.quarantined.len() as u64,
        cases: imported.cases.iter().map(ToString::to_string).collect(),
    }
}

fn carried_row(row: &CarriedRow) -> CarriedView {
    CarriedView {
        digest: row.digest.to_hex(),
        name: row.name.clone(),
        bytes: row.len_bytes,
        state: match (row.confirmed, row.sent) {
            (true, _) => SyncState::Confirmed,
            (false, true) => SyncState::Received,
            (false, false) => SyncState::Saved,
        },
    }
}

/// The parts of a bundle as files: written aside, synced, renamed. What is half is removed.
struct Parts<'s> {
    file: PathBuf,
    numbered: bool,
    stop: Stop<'s>,
    open: Option<(BufWriter<File>, PathBuf, PathBuf)>,
    finished: Vec<PathBuf>,
}

impl<'s> Parts<'s> {
    fn new(file: &Path, numbered: bool, stop: Stop<'s>) -> Self {
        Self {
            file: file.to_owned(),
            numbered,
            stop,
            open: None,
            finished: Vec::new(),
        }
    }

    fn target(&self, part: u32) -> PathBuf {
        let ending = self.file.extension().unwrap_or_default().to_string_lossy();
        if self.numbered {
            self.file.with_extension(format!("{part:03}.{ending}"))
        } else {
            self.file.clone()
        }
    }
}

impl Drop for Parts<'_> {
    fn drop(&mut self) {
        if let Some((_, aside, _)) = self.open.take() {
            // If even this fails, its name says that it is half.
            let _left = fs::remove_file(aside);
        }
    }
}

impl BundleSink for Parts<'_> {
    fn begin(&mut self, part: u32) -> io::Result<()> {
        let target = self.target(part);
        if target.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".half");
        let aside = target.with_file_name(name);
        let writer = BufWriter::with_capacity(256 * 1024, private(&aside)?);
        self.open = Some((writer, aside, target));
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        let Some((writer, aside, target)) = self.open.take() else {
            return Ok(());
        };
        let file = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(aside, &target)?;
        sync_folder(&target)?;
        self.finished.push(target);
        Ok(())
    }
}

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stop.is_some_and(Cancellation::is_cancelled) {
            return Err(io::Error::other("stopped"));
        }
        match &mut self.open {
            Some((writer, _, _)) => writer.write(bytes),
            None => Err(io::Error::other("no part is open")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some((writer, _, _)) => writer.flush(),
            None => Ok(()),
        }
    }
}
