//! A copy of all rows as they stand at one moment, made while others go on writing.
//!
//! A backup and a check work on such a copy: it is encrypted under the same key, nobody writes in
//! it, and whoever serves the store waits for nothing. Every page passes its HMAC on the way, so a
//! page that is not what was written stops the copy.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};

use super::Store;
use super::error::StoreError;
use super::open::{DATABASE, StoreKey, connect, keyed};

/// Another process may hold the file for a moment.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);
/// A damaged page is damaged each of so many times.
const AGAIN: u32 = 5;

impl Store {
    /// Copies the rows of the store in `home` into a new file under the same key. Files are not
    /// touched, nothing is migrated, and whoever has the store open goes on with it. `wait` lets
    /// so much time pass while another process holds the file.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::WrongKey`]; anything else
    /// means that a page could not be read or written.
    pub fn copy_rows(
        (home, key): (&Path, &StoreKey),
        to: &Path,
        wait: impl Fn(Duration),
    ) -> Result<(), StoreError> {
        let from = home.join(DATABASE);
        if !from.exists() {
            return Err(StoreError::Missing(home.display().to_string()));
        }
        if to.exists() {
            return Err(StoreError::Exists(to.display().to_string()));
        }
        let from = connect(&from, key)?;
        let mut copy = keyed(to, key)?;
        let backup = Backup::new(&from, &mut copy)?;
        for _ in 0..TRIES {
            // All pages in one step: one state of the rows, whoever writes meanwhile.
            if backup.step(-1)? == StepResult::Done {
                return refuse_damaged((home, key), wait);
            }
            wait(PAUSE);
        }
        Err(StoreError::InUse)
    }

    /// Numbers of the pages of the store in `home` that are not what was written. A page that
    /// somebody is just writing may be among them.
    ///
    /// # Errors
    /// As the database fails.
    pub fn damaged_pages(home: &Path, key: &StoreKey) -> Result<Vec<u64>, StoreError> {
        let connection = keyed(&home.join(DATABASE), key)?;
        let mut select = connection.prepare("PRAGMA cipher_integrity_check")?;
        let rows = select.query_map([], |row| row.get::<_, String>(0))?;
        let mut pages = Vec::new();
        for row in rows {
            // "HMAC verification failed for page 12"
            let number: Option<u64> = row?.rsplit(' ').next().and_then(|last| last.parse().ok());
            pages.extend(number);
        }
        Ok(pages)
    }
}

/// SQLCipher copies a page that does not fit its HMAC as zeros, so pages are looked at once more.
fn refuse_damaged(
    (home, key): (&Path, &StoreKey),
    wait: impl Fn(Duration),
) -> Result<(), StoreError> {
    let mut pages = Store::damaged_pages(home, key)?;
    for _ in 0..AGAIN {
        if pages.is_empty() {
            return Ok(());
        }
        // One that was being written is whole by then.
        wait(PAUSE);
        let now = Store::damaged_pages(home, key)?;
        pages.retain(|page| now.contains(page));
    }
    let names: Vec<String> = pages.iter().map(|page| format!("page {page}")).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(StoreError::Damaged(names.join(", ")))
}
