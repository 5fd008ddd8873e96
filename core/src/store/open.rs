//! Opening: lock, key, settings, version, in this order. Nothing is read before the key is right.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where core makes its folder"
)]

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use zeroize::Zeroizing;

use super::error::StoreError;
use super::files::{Fault, Files};
use super::looks::LOOK_STEPS;
use super::migrate::{STEPS, Step, is_newest, migrate};
use super::recent::RecentDocuments;
use super::tx::{Follow, Tx};

/// The raw 32-byte key of a store, from the host's key store.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(hidden)")
    }
}

impl StoreKey {
    /// From the host's key store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// An open store; it stays locked against other processes until dropped.
#[derive(Debug)]
pub struct Store {
    inner: Mutex<Inner>,
    files: Files,
    home: PathBuf,
    follow: Option<Follow>,
    _lock: Option<File>,
}

/// The connection, and the documents that the last transactions left behind.
#[derive(Debug)]
struct Inner {
    connection: Connection,
    recent: RecentDocuments,
}

impl Inner {
    fn of(connection: Connection) -> Mutex<Self> {
        Mutex::new(Self {
            connection,
            recent: RecentDocuments::default(),
        })
    }
}

pub(super) const DATABASE: &str = "store.db";

/// So many documents are in memory at once while words are renewed.
pub(super) const CASES_AT_ONCE: usize = 50;

impl Store {
    /// Makes a new, empty store in `home`, which is created if need be.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one.
    pub fn create(home: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        if home.join(DATABASE).exists() {
            return Err(StoreError::Exists(home.display().to_string()));
        }
        fs::create_dir_all(home)?;
        Self::open_at(home, key, None, &[])
    }

    /// Opens the store in `home`.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::InUse`], [`StoreError::WrongKey`],
    /// [`StoreError::Newer`]; in each case nothing was changed.
    pub fn open(home: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        Self::open_with(home, key, None, &[])
    }

    /// Opens it with a planned fault in the file layer, and with parts of its own (the hub's).
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(
        home: &Path,
        key: &StoreKey,
        fault: Option<Fault>,
        parts: &[(&str, &[Step])],
    ) -> Result<Self, StoreError> {
        if !home.join(DATABASE).exists() {
            return Err(StoreError::Missing(home.display().to_string()));
        }
        Self::open_at(home, key, fault, parts)
    }

    /// Opens it beside the process that holds it, for one short transaction of an operator's
    /// command: SQLite keeps the two apart, files are not touched.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::InUse`] if the other process writes for too long.
    pub fn open_beside(
        home: &Path,
        key: &StoreKey,
        parts: &[(&str, &[Step])],
    ) -> Result<Self, StoreError> {
        if !home.join(DATABASE).exists() {
            return Err(StoreError::Missing(home.display().to_string()));
        }
        let connection = prepare(home, key, parts)?;
        Ok(Self {
            inner: Inner::of(connection),
            files: Files::beside(home),
            home: home.to_owned(),
            follow: None,
            _lock: None,
        })
    }

    fn open_at(
        home: &Path,
        key: &StoreKey,
        fault: Option<Fault>,
        parts: &[(&str, &[Step])],
    ) -> Result<Self, StoreError> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(home.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::InUse),
            Err(fs::TryLockError::Error(error)) => return Err(error.into()),
        }
        let connection = prepare(home, key, parts)?;
        let files = Files::open(home, fault)?;
        let store = Self {
            inner: Inner::of(connection),
            files,
            home: home.to_owned(),
            follow: None,
            _lock: Some(lock),
        };
        store.bring_up_to_date()?;
        Ok(store)
    }

    /// The same store, whose commits also write what another part projects.
    #[must_use]
    pub fn followed_by(self, follow: Follow) -> Self {
        Self {
            follow: Some(follow),
            ..self
        }
    }

    /// Does once what an older build left to do. Words are indexed anew a few cases in a
    /// transaction: whoever stops in between only begins again.
    fn bring_up_to_date(&self) -> Result<(), StoreError> {
        let cases = self.transact(|tx| {
            tx.wrap_old_files()?;
            let is_old = tx.words_are_old()?;
            is_old.then(|| tx.all_cases()).transpose()
        })?;
        let Some(cases) = cases else {
            return Ok(());
        };
        for some in cases.chunks(CASES_AT_ONCE) {
            self.transact(|tx| tx.renew_words(some))?;
        }
        self.transact(|tx| tx.words_are_new())
    }

    /// Does one use case: everything in it is committed together, durably, or not at all.
    ///
    /// # Errors
    /// Whatever `work` fails with; then nothing of it is kept.
    pub fn transact<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // A panic inside a transaction rolls it back; the connection itself is still whole.
        let mut inner = self
            .inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let Inner { connection, recent } = &mut *inner;
        let sql = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| E::from(StoreError::from(error)))?;
        let tx = Tx::new(sql, &self.files, recent);
        let done = work(&tx)?;
        tx.commit(self.follow).map_err(E::from)?;
        Ok(done)
    }

    /// Looks, and writes nothing: sees one state of the store and holds up no writer.
    ///
    /// # Errors
    /// Whatever `work` fails with.
    pub fn look<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut inner = self
            .inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let Inner { connection, recent } = &mut *inner;
        let sql = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(|error| E::from(StoreError::from(error)))?;
        // Dropped without a commit, whatever `work` did.
        work(&Tx::new(sql, &self.files, recent))
    }

    /// Merges the database's log into it and cuts the log to nothing.
    ///
    /// # Errors
    /// As the database fails.
    pub(super) fn cut_log(&self) -> Result<(), StoreError> {
        let inner = self
            .inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_busy: i64 =
            inner
                .connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy == 0 {
            Ok(())
        } else {
            Err(StoreError::InUse)
        }
    }

    /// The encrypted files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Where the store is.
    pub fn home(&self) -> &Path {
        &self.home
    }
}

/// A keyed connection at the newest version.
fn prepare(
    home: &Path,
    key: &StoreKey,
    parts: &[(&str, &[Step])],
) -> Result<Connection, StoreError> {
    let mut connection = connect(&home.join(DATABASE), key)?;
    let ours = [("core", STEPS), ("looks", LOOK_STEPS)];
    let all: Vec<(&str, &[Step])> = ours.iter().chain(parts).copied().collect();
    if !is_newest(&connection, &all) {
        for (part, steps) in all {
            migrate(&mut connection, part, steps)?;
        }
    }
    Ok(connection)
}

/// A connection that was told its key; nothing was read yet.
pub(super) fn keyed(path: &Path, key: &StoreKey) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let mut pragma = Zeroizing::new(String::with_capacity(128));
    pragma.push_str("PRAGMA key = \"x'");
    for byte in key.0.iter() {
        // Writing to a String cannot fail.
        let _infallible = write!(pragma, "{byte:02x}");
    }
    pragma.push_str("'\";");
    // A wrong key is an answer, not an event for standard error.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    connection.execute_batch(&pragma)?;
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256;")?;
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    Ok(connection)
}

/// Statements that stay compiled: more than one use case has, some kilobytes each.
const STATEMENTS: usize = 256;

/// A keyed connection with the settings that evidence needs.
pub(super) fn connect(path: &Path, key: &StoreKey) -> Result<Connection, StoreError> {
    let connection = keyed(path, key)?;
    // The first read fails with NotADatabase if the key is wrong.
    let _version: i64 = connection.query_row("PRAGMA schema_version", [], |row| row.get(0))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = 1;
         PRAGMA checkpoint_fullfsync = 1;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA secure_delete = ON;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16384;",
    )?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    check_sqlite(&connection)?;
    Ok(connection)
}

/// SQLite before 3.51.3 can corrupt a WAL that two connections reset at once.
fn check_sqlite(connection: &Connection) -> Result<(), StoreError> {
    let version: String = connection.query_row("SELECT sqlite_version()", [], |row| row.get(0))?;
    let numbers: Vec<u32> = version
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    if numbers.as_slice() >= [3, 51, 3].as_slice() {
        Ok(())
    } else {
        Err(StoreError::Damaged(format!(
            "SQLite {version} is too old: 3.51.3 or newer is needed"
        )))
    }
}
