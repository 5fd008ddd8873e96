//! Exchanging with the hub: requests that the app's own client sends, answers that it brings back.
//!
//! [`Lossbook::sync`] gives a [`SyncRun`]: the app asks it for the next task, does it, reports, and
//! asks again until it is done. That suits background clients, which start a request now and bring
//! its answer in another life of the app. [`Lossbook::sync_with`] is the loop ready-made over a
//! blocking transport.

use std::sync::Arc;
use std::time::Duration;

use lossbook_core::app::{self, Device};
use lossbook_core::statement::Language;
use lossbook_core::sync::{self, LinkClass, StateName};

use crate::cancel::{Cancellation, go_on};
use crate::error::LossbookError;
use crate::lossbook::Lossbook;
use crate::run::SyncRun;
use crate::view::{SyncState, state_of};
use crate::words::Words;

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HubHeader {
    /// Its name.
    pub name: String,
    /// Its value. It may hold a token: never log it.
    pub value: String,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HubBody {
    /// Nothing.
    Empty,
    /// These bytes: entries, at most some hundred kilobytes.
    Bytes {
        /// Them.
        bytes: Vec<u8>,
    },
    /// The bytes of this file: a piece of a photo. It is plain, in the app's own folder, and
    /// Lossbook removes it when the request is reported, when the run ends, or when the next begins.
    File {
        /// Where it is.
        path: String,
        /// Its length.
        len_bytes: u64,
    },
}

/// A request to the hub. Send it as it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HubRequest {
    /// Its name in its run.
    pub id: u64,
    /// `GET`, `POST`, `PUT`, `HEAD` or `PATCH`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Headers to send.
    pub headers: Vec<HubHeader>,
    /// What it carries.
    pub body: HubBody,
    /// Give up when no byte moved for so long; there is no limit on the whole.
    pub quiet_ms: u64,
}

/// The hub's answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HubAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers; names in any case.
    pub headers: Vec<HubHeader>,
    /// Body, at most 4 MiB; do not follow redirects.
    pub body: Vec<u8>,
}

/// Why a request brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum TransportFailure {
    /// No way to the hub: no interface, no name, no route.
    NoNetwork,
    /// The connection broke while it was used.
    Cut,
    /// No byte moved for the time that the request allows.
    Timeout,
    /// Nobody listens there.
    Refused,
    /// The hub's certificate is not trusted.
    Tls,
}

impl From<TransportFailure> for sync::Failure {
    fn from(why: TransportFailure) -> Self {
        match why {
            TransportFailure::NoNetwork => Self::NoNetwork,
            TransportFailure::Cut => Self::Cut,
            TransportFailure::Timeout => Self::Timeout,
            TransportFailure::Refused => Self::Refused,
            TransportFailure::Tls => Self::Tls,
        }
    }
}

/// What a transport of the app throws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TransportError {
    /// As [`TransportFailure::NoNetwork`].
    #[error("no network")]
    NoNetwork,
    /// As [`TransportFailure::Cut`].
    #[error("cut")]
    Cut,
    /// As [`TransportFailure::Timeout`].
    #[error("timeout")]
    Timeout,
    /// As [`TransportFailure::Refused`].
    #[error("refused")]
    Refused,
    /// As [`TransportFailure::Tls`].
    #[error("the certificate is not trusted")]
    Tls,
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
    /// Anything else: it counts as a broken connection.
    #[error("failed")]
    Failed {
        /// For the log of the app; Lossbook keeps it nowhere.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for TransportError {
    fn from(_thrown: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed {
            reason: "unexpected".to_owned(),
        }
    }
}

/// The app's client for `sync_with` and `enrol_with`.
#[uniffi::export(foreign)]
pub trait HostTransport: Send + Sync {
    /// Sends one request and waits for the answer.
    ///
    /// # Errors
    /// [`TransportError`].
    fn send(&self, request: HubRequest) -> Result<HubAnswer, TransportError>;
}

/// Why enrolling got no answer.
pub(crate) fn refused_on_the_way(why: &TransportError) -> LossbookError {
    match why {
        TransportError::NoNetwork | TransportError::Refused => {
            LossbookError::later("no_network", 5_000)
        }
        TransportError::Tls => LossbookError::refused("tls"),
        TransportError::Cancelled => LossbookError::cancelled(),
        TransportError::Cut | TransportError::Timeout | TransportError::Failed { .. } => {
            LossbookError::later("no_answer", 5_000)
        }
    }
}

/// How fast the way to the hub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum LinkSpeed {
    /// About 20 kbit/s.
    Gprs,
    /// About 60 kbit/s.
    Edge,
    /// 3G and better.
    Cell,
    /// Wi-Fi or a cable.
    Wifi,
}

/// Whether there is a way to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum LinkState {
    /// No interface is up.
    Down,
    /// One is.
    Up {
        /// How fast.
        speed: LinkSpeed,
        /// Whether bytes cost money.
        metered: bool,
    },
}

/// What an engine without senses takes the link for.
pub(crate) const UNMETERED: LinkState = LinkState::Up {
    speed: LinkSpeed::Wifi,
    metered: false,
};

impl From<LinkState> for sync::Link {
    fn from(link: LinkState) -> Self {
        match link {
            LinkState::Down => Self::Down,
            LinkState::Up { speed, metered } => Self::Up {
                class: match speed {
                    LinkSpeed::Gprs => LinkClass::Gprs,
                    LinkSpeed::Edge => LinkClass::Edge,
                    LinkSpeed::Cell => LinkClass::Cell,
                    LinkSpeed::Wifi => LinkClass::Wifi,
                },
                metered,
            },
        }
    }
}

/// Whether originals travel over a link that costs money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Originals {
    /// They do.
    Send,
    /// They wait; everything smaller goes.
    Hold,
}

/// How request bodies are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum BodyStyle {
    /// Pieces of photos as files, everything else as bytes.
    BySize,
    /// All as files, for clients that take nothing else in the background.
    Files,
}

/// How to synchronise.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncOptions {
    /// A folder of the app's sandbox for request bodies. Made if need be.
    pub body_dir: String,
    /// The link, as the platform tells it; unmetered Wi-Fi if nothing is said.
    #[uniffi(default = None)]
    pub link: Option<LinkState>,
    /// How bodies are handed out; by size if nothing is said.
    #[uniffi(default = None)]
    pub bodies: Option<BodyStyle>,
    /// Whether originals travel over a metered link; held if nothing is said.
    #[uniffi(default = None)]
    pub metered_originals: Option<Originals>,
    /// Give up after waiting so long in vain since the last progress.
    #[uniffi(default = 60000)]
    pub patience_ms: u64,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SyncTask {
    /// Send this and report. Asking again before that gives the same request.
    Request {
        /// It.
        request: HubRequest,
    },
    /// Ask again after so long; earlier does no harm.
    Wait {
        /// How long.
        ms: u64,
    },
    /// Nothing more. Every further question gives the same.
    Done {
        /// What it came to.
        outcome: SyncOutcome,
    },
}

/// What an exchange is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum SyncPhase {
    /// It begins.
    Starting,
    /// Proves who it is.
    SigningIn,
    /// Entries go and come.
    Exchanging,
    /// Photos go.
    Photos,
    /// Rules and reference data come.
    Rules,
    /// Waits for a better moment.
    Waiting,
    /// Everything that could go went.
    Done,
    /// A person must act.
    Blocked,
}

/// Figures for progress bars.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncProgress {
    /// What it is doing.
    pub phase: SyncPhase,
    /// Entries that wait here.
    pub entries_left: u64,
    /// Entries that wait at the hub.
    pub entries_to_fetch: u64,
    /// Photos that wait here.
    pub photos_left: u64,
    /// Their bytes.
    pub photo_bytes_left: u64,
    /// Photos that wait for a link that costs nothing.
    pub photos_held: u64,
    /// Entries that the hub acknowledged.
    pub sent: u64,
    /// Entries that came.
    pub received: u64,
    /// Photos that the hub holds now.
    pub photos_sent: u64,
    /// Bytes sent.
    pub bytes_up: u64,
    /// Bytes received.
    pub bytes_down: u64,
    /// Requests made.
    pub requests: u64,
    /// Of those, made again.
    pub retries: u64,
}

impl SyncProgress {
    pub(crate) fn of(progress: &sync::Progress) -> Self {
        Self {
            phase: match progress.state {
                StateName::Stopped => SyncPhase::Starting,
                StateName::Idle => SyncPhase::Done,
                StateName::Auth => SyncPhase::SigningIn,
                StateName::Exchange | StateName::Storing | StateName::Recover(_) => {
                    SyncPhase::Exchanging
                }
                StateName::Blobs => SyncPhase::Photos,
                StateName::Backoff => SyncPhase::Waiting,
                StateName::Blocked(_) | StateName::DiskFull => SyncPhase::Blocked,
            },
            entries_left: progress.to_push,
            entries_to_fetch: progress.to_pull,
            photos_left: progress.blobs_left,
            photo_bytes_left: progress.blob_bytes_left,
            photos_held: progress.blobs_held,
            sent: progress.pushed,
            received: progress.pulled,
            photos_sent: progress.blobs_sent,
            bytes_up: progress.bytes_up,
            bytes_down: progress.bytes_down,
            requests: progress.requests,
            retries: progress.retries,
        }
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum SyncEnd {
    /// Everything that could go went.
    Done,
    /// The way to the hub was too weak, or absent.
    NoWay,
    /// A person must act: see the problem.
    Blocked,
    /// There is no room.
    DiskFull,
    /// The user stopped it.
    Cancelled,
}

impl From<app::SyncEnd> for SyncEnd {
    fn from(end: app::SyncEnd) -> Self {
        match end {
            app::SyncEnd::Done => Self::Done,
            app::SyncEnd::NoWay => Self::NoWay,
            app::SyncEnd::Blocked => Self::Blocked,
            app::SyncEnd::DiskFull => Self::DiskFull,
        }
    }
}

/// What an exchange came to. Whatever the end: what was saved stays saved and goes with the next.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncOutcome {
    /// How it ended.
    pub end: SyncEnd,
    /// What stood in the way.
    pub problem: Option<Words>,
    /// The last figures.
    pub progress: SyncProgress,
    /// Digests of photos that could not be brought.
    pub broken_photos: Vec<String>,
    /// Rule packs that came.
    pub new_rules: u64,
}

/// What an earlier exchange did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncNoteView {
    /// When it began.
    pub began_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// How.
    pub end: SyncEnd,
    /// The whole note in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// A case of which something is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseLeftView {
    /// Its id.
    pub id: String,
    /// Its number for people.
    pub number: String,
    /// How far it has come.
    pub state: SyncState,
    /// Entries that the hub has not received.
    pub entries_left: u64,
    /// Photos and thumbnails that the hub has not received.
    pub photos_left: u64,
    /// Their bytes.
    pub bytes_left: u64,
}

#[uniffi::export]
impl Lossbook {
    /// Begins an exchange. One at a time: drop the run, or bring it to its end, before the next.
    ///
    /// # Errors
    /// `WrongState` (`not_enrolled`, `sync_running`), `InvalidInput` (`unwritable`) at `body_dir`.
    pub fn sync(&self, options: SyncOptions) -> Result<Arc<SyncRun>, LossbookError> {
        SyncRun::begin(Arc::clone(&self.home), options)
    }

    /// A whole exchange over a blocking transport of the app.
    ///
    /// # Errors
    /// As `sync`, and `Cancelled`. Everything else is in the outcome.
    pub fn sync_with(
        &self,
        transport: Arc<dyn HostTransport>,
        options: SyncOptions,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<SyncOutcome, LossbookError> {
        let run = self.sync(options)?;
        let stop = cancel.as_deref();
        loop {
            if go_on(stop).is_err() {
                run.cancel();
            }
            match run.next_task()? {
                SyncTask::Request { request } => answer(&run, transport.as_ref(), request)?,
                SyncTask::Wait { ms } => {
                    std::thread::sleep(Duration::from_millis(ms.min(SLICE_MS)))
                }
                SyncTask::Done { outcome } => return Ok(outcome),
            }
        }
    }

    /// What earlier exchanges did, newest first.
    ///
    /// # Errors
    /// As the store fails.
    pub fn sync_log(&self, limit: u32) -> Result<Vec<SyncNoteView>, LossbookError> {
        let notes = self.home.read(|device| device.sync_log(limit))?;
        let shown = notes.iter().map(|note| SyncNoteView {
            began_ms: note.began.0,
            ended_ms: note.ended.0,
            end: note.end.into(),
            zh: note.sentence(Language::Zh),
            en: note.sentence(Language::En),
        });
        Ok(shown.collect())
    }

    /// Every case of which something is not confirmed yet.
    ///
    /// # Errors
    /// As the store fails.
    pub fn unfinished(&self) -> Result<Vec<CaseLeftView>, LossbookError> {
        let left = self.home.read(Device::cases_left)?;
        let shown = left.into_iter().map(|left| CaseLeftView {
            id: left.case.to_string(),
            number: left.case.number().to_string(),
            state: state_of(&left.progress),
            entries_left: left.progress.written.saturating_sub(left.progress.received),
            photos_left: left
                .progress
                .photos
                .saturating_sub(left.progress.photos_received),
            bytes_left: left.bytes_left,
        });
        Ok(shown.collect())
    }
}

/// Waits are cut into pieces, so that a stop is seen soon.
const SLICE_MS: u64 = 100;

fn answer(
    run: &SyncRun,
    transport: &dyn HostTransport,
    request: HubRequest,
) -> Result<(), LossbookError> {
    let id = request.id;
    let why = match transport.send(request) {
        Ok(answer) => return run.report(id, answer),
        Err(TransportError::Cancelled) => {
            run.cancel();
            return Ok(());
        }
        Err(TransportError::NoNetwork) => TransportFailure::NoNetwork,
        Err(TransportError::Timeout) => TransportFailure::Timeout,
        Err(TransportError::Refused) => TransportFailure::Refused,
        Err(TransportError::Tls) => TransportFailure::Tls,
        Err(TransportError::Cut | TransportError::Failed { .. }) => TransportFailure::Cut,
    };
    run.report_failure(id, why)
}
