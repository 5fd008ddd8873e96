//! An open home: the device behind a handle that can be closed, and that refuses after a fault.
//!
//! Reads run beside each other; writes and steps of an exchange one after the other. A panic inside
//! leaves the handle refusing ([`LossbookError::Internal`], `handle_broken`) and the process alive;
//! the store itself rolled back. Observers are told after everything is let go of.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lossbook_core::app::{AppError, Class, Device};
use lossbook_core::domain::CaseId;
use lossbook_core::store::StoreError;

use crate::body;
use crate::error::LossbookError;
use crate::host::{Bridge, Decoder, HostParts, LogLevel};
use crate::keys;
use crate::observer::{News, Observer};

/// Where plain bytes may be for a moment, for the host's decoder.
const PLAIN_FOLDER: &str = "plain";

/// Whether a home is made or must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    New,
    Existing,
    Either,
}

pub(crate) struct Home {
    device: RwLock<Option<Arc<Device>>>,
    /// Held by whoever writes.
    writing: Mutex<()>,
    broken: AtomicBool,
    pub(crate) host: Arc<Bridge>,
    observer: RwLock<Option<Arc<dyn Observer>>>,
    /// Whether an exchange goes on.
    pub(crate) exchanging: AtomicBool,
}

/// Says that a panic goes through.
struct Alarm<'h>(&'h AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
        }
    }
}

impl Home {
    pub(crate) fn open(
        folder: &Path,
        parts: HostParts,
        opening: Opening,
    ) -> Result<Arc<Self>, LossbookError> {
        let host = Bridge::new(parts)?;
        let make = || {
            let key = keys::read_or_make(folder, &host)?;
            let made = Device::init(folder, &key, Arc::clone(&host) as _);
            Ok::<_, LossbookError>((key, made))
        };
        let open = |key| Device::open(folder, &key, Arc::clone(&host) as _);
        let device = match opening {
            Opening::New => make()?.1,
            Opening::Existing => open(keys::read(folder, &host)?),
            Opening::Either => match make()? {
                (key, Err(AppError::Store(StoreError::Exists(_)))) => open(key),
                (_, made) => made,
            },
        };
        let device = device.map_err(|error| failed(&host, &error))?;
        Ok(Arc::new(Self {
            device: RwLock::new(Some(Arc::new(with_decoder(device, folder, &host)))),
            writing: Mutex::default(),
            broken: AtomicBool::new(false),
            host,
            observer: RwLock::default(),
            exchanging: AtomicBool::new(false),
        }))
    }

    /// Lets the device go; it is closed when the last running call has ended.
    pub(crate) fn close(&self) {
        let mut device = self.device.write().unwrap_or_else(PoisonError::into_inner);
        *device = None;
    }

    /// The device, while the home is open and whole.
    pub(crate) fn device(&self) -> Result<Arc<Device>, LossbookError> {
        if self.broken.load(Ordering::Acquire) {
            return Err(LossbookError::internal("handle_broken"));
        }
        let device = self.device.read().unwrap_or_else(PoisonError::into_inner);
        device
            .clone()
            .ok_or_else(|| LossbookError::wrong_state("closed", "open"))
    }

    /// Whoever holds this is the only one that writes.
    pub(crate) fn alone(&self) -> MutexGuard<'_, ()> {
        // After a panic the handle refuses by itself.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Device) -> Result<T, AppError>,
    ) -> Result<T, LossbookError> {
        self.look(|device| self.checked(work(device)))
    }

    /// Reads, and may fail in the app's terms.
    pub(crate) fn look<T>(
        &self,
        work: impl FnOnce(&Device) -> Result<T, LossbookError>,
    ) -> Result<T, LossbookError> {
        let device = self.device()?;
        let _alarm = Alarm(&self.broken);
        work(&device)
    }

    /// Writes, once the host's clock has answered.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Device) -> Result<T, AppError>,
    ) -> Result<T, LossbookError> {
        self.change(|device| self.checked(work(device)))
    }

    /// Writes, and may fail in the app's terms.
    pub(crate) fn change<T>(
        &self,
        work: impl FnOnce(&Device) -> Result<T, LossbookError>,
    ) -> Result<T, LossbookError> {
        let device = self.device()?;
        let _alarm = Alarm(&self.broken);
        let _call = self.host.begin()?;
        let _alone = self.alone();
        work(&device)
    }

    /// Writes something of a case, and tells that it changed.
    pub(crate) fn write_case<T>(
        &self,
        case: &str,
        work: impl FnOnce(&Device) -> Result<T, AppError>,
    ) -> Result<T, LossbookError> {
        let done = self.write(|device| {
            let done = work(device)?;
            let row = device.store().transact(|tx| tx.find_case(case))?;
            Ok((done, row.map(|row| row.case)))
        })?;
        self.tell_case(done.1);
        Ok(done.0)
    }

    /// The result as the app sees it; what is our fault goes to the log.
    pub(crate) fn checked<T>(&self, done: Result<T, AppError>) -> Result<T, LossbookError> {
        done.map_err(|error| failed(&self.host, &error))
    }

    pub(crate) fn observe(&self, observer: Option<Arc<dyn Observer>>) {
        *self
            .observer
            .write()
            .unwrap_or_else(PoisonError::into_inner) = observer;
    }

    pub(crate) fn tell_case(&self, case: Option<CaseId>) {
        self.tell(case.map(News::Case));
    }

    /// Tells whoever observes. Nothing may be held meanwhile.
    pub(crate) fn tell(&self, news: impl IntoIterator<Item = News>) {
        let observer = {
            let told = self.observer.read().unwrap_or_else(PoisonError::into_inner);
            told.clone()
        };
        let Some(observer) = observer else {
            return;
        };
        for one in news {
            if one.tell(observer.as_ref()).is_err() {
                let text = "the observer threw; nothing else is changed by it".to_owned();
                self.host.log(LogLevel::Warning, "observer_threw", text);
            }
        }
    }
}

fn with_decoder(device: Device, folder: &Path, host: &Arc<Bridge>) -> Device {
    let plain: PathBuf = folder.join(PLAIN_FOLDER);
    body::sweep(&plain, "");
    let Some(pictures) = &host.parts.pictures else {
        return device;
    };
    if std::fs::create_dir_all(&plain).is_err() {
        // Then HEIC photos have no thumbnail until there is room.
        return device;
    }
    device.with_decoder(Arc::new(Decoder {
        host: Arc::clone(pictures),
        folder: plain,
    }))
}

/// The error for the app; a fault of ours is logged under its incident, by code and kind only.
fn failed(host: &Bridge, error: &AppError) -> LossbookError {
    let shown = LossbookError::of(error);
    if let LossbookError::Internal { incident, .. } = &shown {
        host.log(
            LogLevel::Error,
            error.code(),
            format!("incident {incident}"),
        );
    } else if error.class() == Class::Bug {
        host.log(LogLevel::Error, error.code(), String::new());
    }
    shown
}
