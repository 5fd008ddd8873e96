//! One exchange, pulled by the app: the engine of the core, its requests handed out one by one.
//!
//! Loads, transactions and signatures are done here between two questions of the app; requests and
//! waits are the app's. Decides nothing that the engine decides; when it is done, rules and
//! reference data are fetched ([`crate::refresh`]), and a note is kept.
//!
//! A piece of a photo is encrypted at rest, and a client that sends in the background reads a file
//! while the app sleeps: so its plain bytes are written to a file first, and are gone as soon as the
//! request is reported.

mod drive;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drive::Drive;
use lossbook_core::app::{AppError, Device, PREVIEWS_AT_ONCE};
use lossbook_core::sync::Event;

use crate::body::{BODY_SUFFIX, sweep};
use crate::error::LossbookError;
use crate::home::Home;
use crate::host::LogLevel;
use crate::observer::News;
use crate::sync::{HubAnswer, LinkState, SyncOptions, SyncProgress, SyncTask, TransportFailure};

/// An exchange with the hub, from `Lossbook.sync`. Ask for tasks until it is done; freeing it ends
/// it. Nothing that the hub acknowledged is ever lost.
#[derive(uniffi::Object)]
pub struct SyncRun {
    home: Arc<Home>,
    drive: Mutex<Drive>,
    shown: Mutex<SyncProgress>,
    cancelled: AtomicBool,
    /// Whether this run still keeps others from beginning.
    is_open: AtomicBool,
}

impl std::fmt::Debug for SyncRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncRun").finish_non_exhaustive()
    }
}

impl Drop for SyncRun {
    fn drop(&mut self) {
        self.end();
    }
}

#[uniffi::export]
impl SyncRun {
    /// What to do next. Does everything that needs no network on the way.
    ///
    /// # Errors
    /// `WrongState` (`closed`), `Internal`.
    pub fn next_task(&self) -> Result<SyncTask, LossbookError> {
        let cancelled = self.cancelled.load(Ordering::Acquire);
        let task = self.locked(|drive, device| drive.next(&self.home, device, cancelled))?;
        if matches!(task, SyncTask::Done { .. }) {
            self.end();
        }
        Ok(task)
    }

    /// Takes the answer to a request, whatever its status. One that nobody waits for is dropped, so
    /// a client may report late.
    ///
    /// # Errors
    /// `WrongState` (`closed`), `Internal`.
    pub fn report(&self, id: u64, answer: HubAnswer) -> Result<(), LossbookError> {
        self.locked(|drive, device| drive.answered(&self.home, device, (id, Ok(answer))))
    }

    /// Takes the news that a request brought no answer.
    ///
    /// # Errors
    /// `WrongState` (`closed`), `Internal`.
    pub fn report_failure(&self, id: u64, why: TransportFailure) -> Result<(), LossbookError> {
        self.locked(|drive, device| drive.answered(&self.home, device, (id, Err(why))))
    }

    /// The link is another from now on.
    ///
    /// # Errors
    /// `WrongState` (`closed`), `Internal`.
    pub fn link_changed(&self, link: LinkState) -> Result<(), LossbookError> {
        self.locked(|drive, _device| {
            drive.feed(Event::Link(link.into()));
            Ok(())
        })
    }

    /// The figures now.
    pub fn progress(&self) -> SyncProgress {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    /// Stops. The next task is `Done`, with the end `Cancelled`.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }
}

impl SyncRun {
    pub(crate) fn begin(home: Arc<Home>, options: SyncOptions) -> Result<Arc<Self>, LossbookError> {
        let device = home.device()?;
        let began = home.host.clocks()?;
        let me = home.checked(device.identity())?;
        let pinned = home.checked(me.pinned.ok_or(AppError::NotEnrolled))?;
        let before = home.checked(device.cases_left())?;
        let folder = PathBuf::from(&options.body_dir);
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|_unwritable| LossbookError::input("unwritable", Some("body_dir")))?;
        if home.exchanging.swap(true, Ordering::AcqRel) {
            return Err(LossbookError::wrong_state("sync_running", "wait"));
        }
        sweep(&folder, BODY_SUFFIX);
        if options.holds_originals() {
            // A disk that is full costs the previews and nothing else.
            let made = home.change(|device| home.checked(device.make_previews(PREVIEWS_AT_ONCE)));
            let text = made.map_or_else(|error| error.to_string(), |made| format!("{made} made"));
            home.host.log(LogLevel::Debug, "previews", text);
        }
        let drive = Drive::new(&home, (me.device, &pinned.url), began, (options, before));
        Ok(Arc::new(Self {
            shown: Mutex::new(drive.progress()),
            drive: Mutex::new(drive),
            cancelled: AtomicBool::new(false),
            is_open: AtomicBool::new(true),
            home,
        }))
    }

    /// Lets another run begin.
    fn end(&self) {
        if self.is_open.swap(false, Ordering::AcqRel) {
            self.home.exchanging.store(false, Ordering::Release);
        }
    }

    fn held(&self) -> MutexGuard<'_, Drive> {
        self.drive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the run, then tells what came of it, when nothing is held any more.
    fn locked<T>(
        &self,
        work: impl FnOnce(&mut Drive, &Device) -> Result<T, LossbookError>,
    ) -> Result<T, LossbookError> {
        let (done, mut news, progress) = self.home.look(|device| {
            let mut drive = self.held();
            let done = work(&mut drive, device);
            Ok((done, drive.take_news(), drive.progress()))
        })?;
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != progress {
            *shown = progress.clone();
            news.push(News::Progress(progress));
        }
        drop(shown);
        self.home.tell(news);
        done
    }
}
