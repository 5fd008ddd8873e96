//! A hub in its directory: `store.db`, `objects/`, a lock; made once, opened by one process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lossbook_core::domain::{Digest, Host, Reading, ScopeId, WallMs};
use lossbook_core::store::{Store, StoreError};
use object_store::local::LocalFileSystem;

use crate::account;
use crate::admin::Status;
use crate::blobs::Blobs;
use crate::desk;
use crate::enrol::{NewInvite, check_name, invite, scope_named};
use crate::exchange::{Answer, Caller, exchange};
use crate::host::SystemHost;
use crate::key::HubKey;
use crate::meta::{Identity, MetaStore, STEPS, in_tx};
use crate::office;
use crate::page;
use crate::press::Press;
use crate::readers::Readers;
use crate::refusal::Refusal;
use crate::shelf::{self, PackSummary};

/// How long a link to the page waits to be opened.
const LINK_MS: i64 = 24 * 60 * 60 * 1_000;

/// A copy of a damaged log under this name says that its operator goes on without it.
const KEPT_LOG: &str = "store.db-wal.damaged";

/// Why a hub cannot be made, opened or served. One line: what, where, how to mend.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The store.
    #[error("{}: {source}", dir.display())]
    Store {
        /// Which hub.
        dir: PathBuf,
        /// What failed.
        source: StoreError,
    },
    /// The log beside the store is not what was written.
    #[error(
        "{}: the log that a killed hub left is damaged（被中断的机构日志已损坏，打开会丢失其后的内容）: {frames}; opening the store would drop what was saved after that. Keep the folder and restore the newest backup into a new one; or, to go on without it, keep a copy of the log as {KEPT_LOG} beside it",
        dir.display()
    )]
    Log {
        /// Which hub.
        dir: PathBuf,
        /// Where in the log.
        frames: String,
    },
    /// The key file.
    #[error("the key file {}: {problem}", path.display())]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The folder of objects.
    #[error("{}: the folder of photos cannot be used: {problem}", dir.display())]
    Objects {
        /// Which hub.
        dir: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Plain HTTP beyond this machine.
    #[error(
        "plain HTTP is only served on this machine: give a TLS certificate and key, or listen on 127.0.0.1 (asked for {0})"
    )]
    PlainHttp(std::net::SocketAddr),
    /// The address.
    #[error("cannot listen on {addr}: {problem}")]
    Listen {
        /// Which address.
        addr: std::net::SocketAddr,
        /// What is wrong.
        problem: String,
    },
    /// The certificate files.
    #[error("the TLS certificate or key cannot be used: {0}")]
    Tls(String),
    /// The operating system.
    #[error("the operating system refused: {0}")]
    System(#[from] std::io::Error),
}

impl HubError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store { source, .. } => match source {
                StoreError::WrongKey => "WRONG_KEY",
                StoreError::Newer { .. } => "MADE_BY_NEWER",
                StoreError::InUse => "IN_USE",
                StoreError::Missing(_) => "NO_HUB",
                StoreError::Exists(_) => "EXISTS",
                StoreError::DiskFull => "DISK_FULL",
                StoreError::Damaged(_)
                | StoreError::Record(_)
                | StoreError::Envelope(_)
                | StoreError::Cbor(_)
                | StoreError::Vault(_)
                | StoreError::Sql(_)
                | StoreError::Io(_) => "STORE",
            },
            Self::Log { .. } => "DAMAGED_LOG",
            Self::KeyFile { .. } => "KEY_FILE",
            Self::Objects { .. } => "OBJECTS",
            Self::PlainHttp(_) => "PLAIN_HTTP",
            Self::Listen { .. } => "LISTEN",
            Self::Tls(_) => "TLS",
            Self::System(_) => "SYSTEM",
        }
    }
}

/// An open hub.
#[derive(Clone)]
pub struct Hub {
    dir: PathBuf,
    store: Arc<Store>,
    identity: Arc<Identity>,
    blobs: Arc<Blobs>,
    readers: Arc<Readers>,
    host: Arc<dyn Host>,
    press: Option<Arc<dyn Press>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hub({})", self.identity.device())
    }
}

impl Hub {
    /// Makes a new hub in a directory.
    ///
    /// # Errors
    /// [`HubError::Store`] if there is one already.
    pub fn init(dir: &Path, key: &HubKey) -> Result<Self, HubError> {
        Self::init_hosted(dir, key, Arc::new(SystemHost::new().with_room_in(dir)))
    }

    /// Makes a new hub whose clocks and randomness are the caller's: a simulator's.
    ///
    /// # Errors
    /// As [`Hub::init`].
    pub fn init_hosted(dir: &Path, key: &HubKey, host: Arc<dyn Host>) -> Result<Self, HubError> {
        let failed = |source| HubError::Store {
            dir: dir.to_owned(),
            source,
        };
        drop(Store::create(dir, &key.to_store_key()).map_err(failed)?);
        let store = Self::open_store(dir, key)?;
        in_tx(&store, |tx| tx.make_hub(host.as_ref()).map(|_| ())).map_err(failed)?;
        Ok(Self::with_store(dir, store, host)?.read_beside(key))
    }

    /// Opens the hub in a directory; it stays locked until dropped. One whose making was
    /// interrupted is completed: nobody can have used it.
    ///
    /// # Errors
    /// [`HubError`]; a hub that is being served elsewhere is [`StoreError::InUse`].
    pub fn open(dir: &Path, key: &HubKey) -> Result<Self, HubError> {
        Self::open_hosted(dir, key, Arc::new(SystemHost::new().with_room_in(dir)))
    }

    /// Opens a hub whose clocks and randomness are the caller's: a simulator's.
    ///
    /// # Errors
    /// As [`Hub::open`].
    pub fn open_hosted(dir: &Path, key: &HubKey, host: Arc<dyn Host>) -> Result<Self, HubError> {
        let store = Self::open_store(dir, key)?;
        let failed = |source| HubError::Store {
            dir: dir.to_owned(),
            source,
        };
        if !store.transact(|tx| tx.has_identity()).map_err(failed)? {
            in_tx(&store, |tx| tx.make_hub(host.as_ref()).map(|_| ())).map_err(failed)?;
        }
        Ok(Self::with_store(dir, store, host)?.read_beside(key))
    }

    /// Pages read over connections of their own, so that they wait for no phone.
    fn read_beside(self, key: &HubKey) -> Self {
        Self {
            readers: Arc::new(Readers::beside(&self.dir, key)),
            ..self
        }
    }

    /// Opens a hub beside the process that serves it, for one short command of its operator.
    ///
    /// # Errors
    /// As [`Hub::open`].
    pub fn open_beside(dir: &Path, key: &HubKey) -> Result<Self, HubError> {
        sound_log(dir)?;
        let parts = [("hub", STEPS)];
        let store = Store::open_beside(dir, &key.to_store_key(), &parts).map_err(|source| {
            HubError::Store {
                dir: dir.to_owned(),
                source,
            }
        })?;
        let store = store.followed_by(desk::follow);
        Self::with_store(dir, store, Arc::new(SystemHost::new().with_room_in(dir)))
    }

    pub(crate) fn open_store(dir: &Path, key: &HubKey) -> Result<Store, HubError> {
        sound_log(dir)?;
        let parts = [("hub", STEPS)];
        let store = Store::open_with(dir, &key.to_store_key(), None, &parts);
        let store = store.map_err(|source| HubError::Store {
            dir: dir.to_owned(),
            source,
        })?;
        Ok(store.followed_by(desk::follow))
    }

    pub(crate) fn with_store(
        dir: &Path,
        store: Store,
        host: Arc<dyn Host>,
    ) -> Result<Self, HubError> {
        let failed = |source| HubError::Store {
            dir: dir.to_owned(),
            source,
        };
        let identity = in_tx(&store, |tx| tx.hub()).map_err(failed)?;
        shelf::stock(&store, &identity, host.as_ref()).map_err(failed)?;
        let store = Arc::new(store);
        let objects = objects(dir)?;
        let rows: Arc<dyn MetaStore> = Arc::clone(&store) as Arc<dyn MetaStore>;
        Ok(Self {
            dir: dir.to_owned(),
            store,
            identity: Arc::new(identity),
            blobs: Arc::new(Blobs::new(rows, Arc::new(objects), Arc::clone(&host))),
            readers: Arc::default(),
            host,
            press: None,
        })
    }

    /// Papers are set by this press.
    #[must_use]
    pub fn printing_by(self, press: Arc<dyn Press>) -> Self {
        Self {
            press: Some(press),
            ..self
        }
    }

    /// What sets papers.
    ///
    /// # Errors
    /// `NO_PRESS` if this program brought none.
    pub(crate) fn press(&self) -> Result<&dyn Press, Refusal> {
        let detail = "本程序不含排版功能 / this program sets no papers";
        let none = || Refusal::new(501, "NO_PRESS", detail);
        self.press.as_deref().ok_or_else(none)
    }

    /// Photos leave so many bytes free from now on: reports, estimates and signatures need them.
    pub fn keep_free(&self, reserve_bytes: u64) {
        self.blobs.keep_free(reserve_bytes);
    }

    /// Makes an invitation.
    ///
    /// # Errors
    /// `BAD_NAME`; else as the store fails.
    pub fn invite(&self, new: NewInvite) -> Result<lossbook_core::chain::Invite, Refusal> {
        invite(self.store(), &self.identity, new, self.host.as_ref())
    }

    /// Adds a scope, or finds the one of that name.
    ///
    /// # Errors
    /// `BAD_NAME`; else as the store fails.
    pub fn add_scope(&self, name: &str) -> Result<ScopeId, Refusal> {
        check_name("scope", name)?;
        Ok(in_tx(self.store(), |tx| {
            scope_named(tx, name, self.host.as_ref())
        })?)
    }

    /// Adds an office user, or gives one a new token; it is shown this once.
    ///
    /// # Errors
    /// `BAD_NAME`; else as the store fails.
    pub fn add_user(&self, name: &str) -> Result<String, Refusal> {
        office::add_user(self.store(), name, self.host.as_ref())
    }

    /// Says what an office user is, and in which scopes; all, if none is named.
    ///
    /// # Errors
    /// `USER_UNKNOWN`, `SCOPE_UNKNOWN`, `BAD_ROLE`.
    pub fn set_roles(
        &self,
        name: &str,
        (roles, scopes): (&[String], &[String]),
    ) -> Result<(), Refusal> {
        office::set_roles(self.store(), name, (roles, scopes))
    }

    /// Lets an office user into the console by a new password; it is shown this once.
    ///
    /// # Errors
    /// `USER_UNKNOWN`; else as the store fails.
    pub fn make_password(&self, name: &str) -> Result<String, Refusal> {
        let password = account::make_password(self.host.as_ref());
        account::set_password(self, name, &password)?;
        Ok(password)
    }

    /// A path of the page that can be opened once.
    ///
    /// # Errors
    /// As the store fails.
    pub fn make_page_link(&self) -> Result<String, Refusal> {
        let expires = WallMs(self.now().wall.0.saturating_add(LINK_MS));
        page::make_link(self.store(), self.host.as_ref(), expires)
    }

    /// Puts a rule pack on the shelf: its TOML text, and settings for its blanks.
    ///
    /// # Errors
    /// `BAD_PACK` with every problem.
    pub fn add_pack(&self, text: &str, settings: Option<&str>) -> Result<PackSummary, Refusal> {
        let who = (self.identity(), self.host());
        shelf::add(self.store(), who, (text, settings))
    }

    /// Takes a version of a rule pack off the shelf; it stays readable by digest.
    ///
    /// # Errors
    /// `PACK_UNKNOWN`.
    pub fn retire_pack(&self, id: &str, version: &str) -> Result<(), Refusal> {
        let who = (self.identity(), self.host());
        shelf::retire(self.store(), who, (id, version))
    }

    /// Every version of a rule pack that is held.
    ///
    /// # Errors
    /// As the store fails.
    pub fn packs(&self) -> Result<Vec<PackSummary>, Refusal> {
        shelf::list(self.store())
    }

    /// What the hub holds.
    ///
    /// # Errors
    /// As the store fails.
    pub fn status(&self) -> Result<Status, Refusal> {
        let now = self.now().wall;
        Ok(in_tx(self.store(), |tx| {
            let (blobs, blob_bytes) = tx.blob_count()?;
            Ok(Status {
                hub: self.identity.device().to_string(),
                hub_key: self.key_digest().to_hex(),
                scopes: tx.named_scopes()?.into_iter().map(|row| row.name).collect(),
                users: tx
                    .office_users()?
                    .into_iter()
                    .map(|user| user.name)
                    .collect(),
                cases: tx.count_cases()?,
                uploads: tx.uploads()?.len() as u64,
                blobs,
                blob_bytes,
                open_invites: tx.open_invites(now)?,
                outside: (tx.outside()?.len() + tx.broken()?.len()) as u64,
                free_bytes: self.host.free_bytes(),
                reserve_bytes: self.blobs.reserve_bytes(),
                backup_ms: tx.backup_made()?.map(|made| made.0),
            })
        })?)
    }

    /// One exchange with a device, without a socket in between.
    pub fn exchange(&self, caller: Caller, request: &[u8]) -> Answer {
        exchange(self.store(), &self.identity, caller, request)
    }

    /// The digest of the hub's public key, which enrolment codes pin.
    pub fn key_digest(&self) -> Digest {
        self.identity.own.key.public().digest()
    }

    /// The hub's clocks.
    pub fn now(&self) -> Reading {
        self.host.now()
    }

    /// Where the hub is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its rows.
    pub fn store(&self) -> &dyn MetaStore {
        self.store.as_ref()
    }

    /// Its rows, for looking only.
    pub fn looking(&self) -> &dyn MetaStore {
        self.readers.any().unwrap_or(self.store.as_ref())
    }

    /// Its identity.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its photos.
    pub const fn blobs(&self) -> &Arc<Blobs> {
        &self.blobs
    }

    /// The shared tables, with their files: what came in pieces on a stick waits there.
    pub(crate) fn own_store(&self) -> &Store {
        self.store.as_ref()
    }

    pub(crate) fn host(&self) -> &dyn Host {
        self.host.as_ref()
    }
}

/// Local files; every write is synced before it counts.
fn objects(dir: &Path) -> Result<LocalFileSystem, HubError> {
    let folder = dir.join("objects");
    std::fs::create_dir_all(&folder)?;
    let objects = LocalFileSystem::new_with_prefix(&folder).map_err(|error| HubError::Objects {
        dir: dir.to_owned(),
        problem: error.to_string(),
    })?;
    Ok(objects.with_fsync(true).with_automatic_cleanup(true))
}

/// Opening a store takes a damaged log for a shorter one and ends it, so nothing opens one whose
/// operator has not put a copy of it aside.
///
/// # Errors
/// [`HubError::Log`].
pub(crate) fn sound_log(dir: &Path) -> Result<(), HubError> {
    let failed = |source| HubError::Store {
        dir: dir.to_owned(),
        source,
    };
    let frames = Store::damaged_log(dir, std::thread::sleep).map_err(failed)?;
    let bytes = |name| std::fs::read(dir.join(name)).ok();
    if frames.is_empty() || bytes("store.db-wal") == bytes(KEPT_LOG) {
        return Ok(());
    }
    Err(HubError::Log {
        dir: dir.to_owned(),
        frames: frames.join(", "),
    })
}
