//! What the app's platform lends: keys, clock, place, pictures, log; and how the core sees it.
//!
//! Each trait is implemented by the app. Its methods are called on the thread that called Lossbook,
//! may throw [`HostError`], and must not call Lossbook. Anything else that they throw counts as
//! [`HostError::Failed`]; its text is dropped, for it may name people.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lossbook_core::domain::{Digest, Host, Reading, WallMs, Wgs84};
use lossbook_core::evidence::{Fix, HostPicture, MediaType, PictureDecoder, Provider, Size};

use crate::error::LossbookError;

/// What a method of the host may fail with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// The user must unlock something first.
    #[error("locked")]
    Locked,
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
    /// It does not work.
    #[error("failed")]
    Failed {
        /// For the log of the app; Lossbook keeps it nowhere.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(_thrown: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed {
            reason: "unexpected".to_owned(),
        }
    }
}

/// Keeps the key of the store: a key that never leaves the platform's key store wraps it.
#[uniffi::export(foreign)]
pub trait HostKeyStore: Send + Sync {
    /// Encrypts the 32 bytes of a new store key. Lossbook keeps the answer beside the store.
    ///
    /// # Errors
    /// [`HostError::Locked`] while the user must unlock.
    fn wrap(&self, key: Vec<u8>) -> Result<Vec<u8>, HostError>;

    /// Decrypts what [`HostKeyStore::wrap`] gave.
    ///
    /// # Errors
    /// [`HostError::Locked`] while the user must unlock.
    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, HostError>;
}

/// One look at the clocks.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClockReading {
    /// The wall clock: milliseconds since 1970 UTC. Users may set it; it orders nothing.
    pub wall_ms: i64,
    /// Milliseconds since this boot, sleep included.
    pub mono_ms: u64,
    /// Any text that differs after each restart of the phone.
    pub boot: String,
}

/// The clocks of the phone.
#[uniffi::export(foreign)]
pub trait HostClock: Send + Sync {
    /// The clocks, now.
    ///
    /// # Errors
    /// [`HostError`]; what was to be written then is not.
    fn read(&self) -> Result<ClockReading, HostError>;
}

/// Randomness of the platform, where it is better than the operating system's own.
#[uniffi::export(foreign)]
pub trait HostRandom: Send + Sync {
    /// So many unpredictable bytes. With fewer, or none, the operating system's are taken.
    ///
    /// # Errors
    /// [`HostError`].
    fn bytes(&self, count: u32) -> Result<Vec<u8>, HostError>;
}

/// How much room there is.
#[uniffi::export(foreign)]
pub trait HostRoom: Send + Sync {
    /// Bytes left where the store is, if the platform can tell. Photos are refused before the
    /// last of it is used, so that reports and signatures can still be saved.
    ///
    /// # Errors
    /// [`HostError`]; it counts as not known.
    fn free_bytes(&self) -> Result<Option<u64>, HostError>;
}

/// Where the phone was when something was taken.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct PlaceFix {
    /// Degrees north, WGS-84.
    pub lat: f64,
    /// Degrees east, WGS-84.
    pub lon: f64,
    /// How far off it may be, in metres.
    #[uniffi(default = None)]
    pub accuracy_m: Option<f64>,
    /// Metres above sea level.
    #[uniffi(default = None)]
    pub alt_m: Option<f64>,
    /// The satellites' own time of it, in milliseconds since 1970 UTC.
    #[uniffi(default = None)]
    pub satellites_ms: Option<i64>,
    /// How old it was then.
    #[uniffi(default = 0)]
    pub age_ms: u32,
    /// Whether the platform says that a program made it up.
    #[uniffi(default = false)]
    pub mocked: bool,
}

/// Where the phone is.
#[uniffi::export(foreign)]
pub trait HostLocation: Send + Sync {
    /// The newest fix there is; nothing if there is none or it may not be told. Must not wait.
    ///
    /// # Errors
    /// [`HostError`]; it counts as nothing.
    fn last_fix(&self) -> Result<Option<PlaceFix>, HostError>;
}

/// A picture in memory.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DecodedPicture {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Red, green, blue, row after row.
    pub rgb: Vec<u8>,
}

/// The platform's decoder, for pictures that only it can decode (HEIC).
#[uniffi::export(foreign)]
pub trait HostPictures: Send + Sync {
    /// The picture in the file at `path`, upright, its longer side about `long_side` pixels.
    /// Nothing if the platform cannot decode it. The file is removed afterwards.
    ///
    /// # Errors
    /// [`HostError`]; the photo then has no thumbnail, and is saved all the same.
    fn decode(&self, path: String, long_side: u32) -> Result<Option<DecodedPicture>, HostError>;
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// For us.
    Debug,
    /// It happened.
    Info,
    /// It was put right, or will be.
    Warning,
    /// It failed.
    Error,
}

/// A line for the app's log: codes, ids and counts, never a name, a place or an amount.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// Stable.
    pub code: String,
    /// More, in English.
    pub text: String,
}

/// Where lines go.
#[uniffi::export(foreign)]
pub trait HostLog: Send + Sync {
    /// Takes one line. Must not wait.
    ///
    /// # Errors
    /// [`HostError`]; the line is lost.
    fn line(&self, line: LogLine) -> Result<(), HostError>;
}

/// Everything that an app lends. Keys and clock are needed; the rest may be left out.
#[derive(Clone, uniffi::Record)]
pub struct HostParts {
    /// The platform's key store.
    pub keys: Arc<dyn HostKeyStore>,
    /// The clocks.
    pub clock: Arc<dyn HostClock>,
    /// Randomness; the operating system's by default.
    #[uniffi(default = None)]
    pub random: Option<Arc<dyn HostRandom>>,
    /// Room; unknown by default.
    #[uniffi(default = None)]
    pub room: Option<Arc<dyn HostRoom>>,
    /// Place; nobody is asked by default.
    #[uniffi(default = None)]
    pub location: Option<Arc<dyn HostLocation>>,
    /// Decoder for HEIC; none by default.
    #[uniffi(default = None)]
    pub pictures: Option<Arc<dyn HostPictures>>,
    /// Log; silent by default.
    #[uniffi(default = None)]
    pub log: Option<Arc<dyn HostLog>>,
}

impl std::fmt::Debug for HostParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostParts").finish_non_exhaustive()
    }
}

/// The host as the core sees it.
pub(crate) struct Bridge {
    pub(crate) parts: HostParts,
    /// The newest reading, for the moments in which the host fails to give one.
    last: Mutex<Reading>,
}

thread_local! {
    /// The call that this thread is in: whose host, what its clocks said, and when.
    static CALL: Cell<Option<(usize, Reading, Instant)>> = const { Cell::new(None) };
}

/// A call that writes, on the thread that makes it.
pub(crate) struct Call(PhantomData<*const ()>);

impl Drop for Call {
    fn drop(&mut self) {
        CALL.set(None);
    }
}

impl Bridge {
    /// A host whose clock answers.
    pub(crate) fn new(parts: HostParts) -> Result<Arc<Self>, LossbookError> {
        let last = reading(&parts)?;
        Ok(Arc::new(Self {
            parts,
            last: Mutex::new(last),
        }))
    }

    /// The clocks; fails as the host does. Asked before anything is written.
    pub(crate) fn clocks(&self) -> Result<Reading, LossbookError> {
        let now = reading(&self.parts)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(now)
    }

    /// Asks the clocks for a call that is about to write. Until it ends they go on by themselves:
    /// asking an app for the time costs as much as a small read.
    pub(crate) fn begin(&self) -> Result<Call, LossbookError> {
        let now = self.clocks()?;
        CALL.set(Some((std::ptr::from_ref(self).addr(), now, Instant::now())));
        Ok(Call(PhantomData))
    }

    /// Where the phone is, if the host says so.
    pub(crate) fn fix(&self) -> Option<PlaceFix> {
        self.parts.location.as_ref()?.last_fix().ok().flatten()
    }

    /// Writes a line, if anybody reads them.
    pub(crate) fn log(&self, level: LogLevel, code: &str, text: String) {
        if let Some(log) = &self.parts.log {
            let code = code.to_owned();
            // A log that fails has nowhere to say so.
            let _lost = log.line(LogLine { level, code, text });
        }
    }
}

fn reading(parts: &HostParts) -> Result<Reading, LossbookError> {
    let now = parts.clock.read().map_err(|error| of_host(&error))?;
    let mut boot_id = [0; 16];
    for (to, from) in boot_id
        .iter_mut()
        .zip(Digest::of(now.boot.as_bytes()).as_bytes())
    {
        *to = *from;
    }
    Ok(Reading {
        wall: WallMs(now.wall_ms),
        boot_id,
        mono_ms: now.mono_ms,
    })
}

/// A failure of the host as an error of ours.
pub(crate) fn of_host(error: &HostError) -> LossbookError {
    match error {
        HostError::Locked => LossbookError::locked("key_locked"),
        HostError::Cancelled => LossbookError::cancelled(),
        HostError::Failed { .. } => LossbookError::later("host_failed", 1_000),
    }
}

impl Host for Bridge {
    fn now(&self) -> Reading {
        if let Some((host, said, since)) = CALL.get()
            && host == std::ptr::from_ref(self).addr()
        {
            let passed = u64::try_from(since.elapsed().as_millis()).unwrap_or_default();
            return Reading {
                wall: WallMs(said.wall.0.saturating_add_unsigned(passed)),
                mono_ms: said.mono_ms.saturating_add(passed),
                ..said
            };
        }
        match self.clocks() {
            Ok(now) => now,
            Err(_) => *self.last.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "without randomness no key is safe: stopping is the only honest answer"
    )]
    fn fill_random(&self, out: &mut [u8]) {
        let host = self
            .parts
            .random
            .as_ref()
            .zip(u32::try_from(out.len()).ok());
        let given = host.and_then(|(random, count)| random.bytes(count).ok());
        match given.filter(|bytes| bytes.len() == out.len()) {
            Some(bytes) => out.copy_from_slice(&bytes),
            None => getrandom::fill(out).expect("the operating system gives random bytes"),
        }
    }

    fn free_bytes(&self) -> Option<u64> {
        self.parts.room.as_ref()?.free_bytes().ok().flatten()
    }
}

/// The platform's decoder as the core sees it: bytes go through a file that is removed at once.
pub(crate) struct Decoder {
    pub(crate) host: Arc<dyn HostPictures>,
    /// A folder of Lossbook's own.
    pub(crate) folder: std::path::PathBuf,
}

impl PictureDecoder for Decoder {
    fn decode(&self, photo: &[u8], kind: MediaType, long: u32) -> Option<HostPicture> {
        let name = format!(
            "decode-{}.{}",
            Digest::of(photo).to_hex(),
            kind.mime().split('/').next_back().unwrap_or("photo")
        );
        let file = crate::body::PlainFile::write(&self.folder.join(name), photo).ok()?;
        let decoded = self.host.decode(file.text(), long).ok().flatten()?;
        let pixels = u64::from(decoded.width) * u64::from(decoded.height) * 3;
        let whole = usize::try_from(pixels).ok() == Some(decoded.rgb.len());
        whole.then_some(HostPicture {
            size: Size {
                width: decoded.width,
                height: decoded.height,
            },
            rgb: decoded.rgb,
        })
    }
}

/// A fix as the core keeps it; nothing if it is not on the globe.
pub(crate) fn core_fix(fix: &PlaceFix) -> Result<Fix, LossbookError> {
    let place = Wgs84::new(fix.lat, fix.lon)
        .map_err(|_not_on_the_globe| LossbookError::input("bad_place", Some("fix")))?;
    Ok(Fix {
        place,
        accuracy_m: fix.accuracy_m,
        alt_m: fix.alt_m,
        satellites: fix.satellites_ms.map(WallMs),
        age_ms: fix.age_ms,
        provider: if fix.mocked {
            Provider::Program
        } else {
            Provider::Receiver
        },
    })
}
