//! Keys of files under keys of scopes: a scope's key is all that must be destroyed to make its
//! photos noise. A file that several scopes use is wrapped for each of them.

use rusqlite::OptionalExtension;
use zeroize::Zeroizing;

use super::error::StoreError;
use super::tx::Tx;
use crate::domain::{Digest, ScopeId};
use crate::vault::{BlobKey, unwrap_key, wrap_key};

/// Remembered once nothing is left that an older build kept bare.
const WRAPPED: &str = "files_wrapped";

/// A file whose key is known.
struct OpenFile {
    name: String,
    key: BlobKey,
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

impl Tx<'_> {
    /// The scope's key; made when it is first needed. SQLCipher draws it, as it draws its own.
    fn scope_key(&self, scope: ScopeId) -> Result<BlobKey, StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT OR IGNORE INTO scope_key (scope, key) VALUES (?1, randomblob(32))",
            )?
            .execute([scope.as_bytes()])?;
        let bytes: Vec<u8> = self
            .sql()
            .prepare_cached("SELECT key FROM scope_key WHERE scope = ?1")?
            .query_row([scope.as_bytes()], |row| row.get(0))?;
        BlobKey::from_slice(&Zeroizing::new(bytes))
            .ok_or_else(|| damaged("a scope's key has the wrong length"))
    }

    /// Wraps the key of a file for every scope that uses it, and keeps it no other way.
    pub(super) fn wrap_file(&self, digest: &Digest) -> Result<(), StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT DISTINCT scope FROM blob WHERE digest = ?1
             AND scope NOT IN (SELECT scope FROM file_key WHERE digest = ?1)",
        )?;
        let scopes: Vec<Vec<u8>> = select
            .query_map([digest.as_bytes()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if scopes.is_empty() {
            return Ok(());
        }
        let Some(file) = self.open_file_key(digest)? else {
            return Ok(());
        };
        for scope in scopes.iter().filter_map(|id| ScopeId::from_slice(id)) {
            let wrapped = wrap_key(&file.key, &self.scope_key(scope)?, &file.name)?;
            self.sql().execute(
                "INSERT INTO file_key (digest, scope, wrapped) VALUES (?1, ?2, ?3)",
                (digest.as_bytes(), scope.as_bytes(), wrapped),
            )?;
        }
        self.sql().execute(
            "UPDATE file SET key = x'' WHERE digest = ?1 AND key <> x''",
            [digest.as_bytes()],
        )?;
        Ok(())
    }

    /// Name and key of a file held here; nothing if it is not held.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if no scope's key opens its key any more.
    pub(super) fn file_secret(
        &self,
        digest: &Digest,
    ) -> Result<Option<(String, BlobKey)>, StoreError> {
        Ok(self
            .open_file_key(digest)?
            .map(|file| (file.name, file.key)))
    }

    fn open_file_key(&self, digest: &Digest) -> Result<Option<OpenFile>, StoreError> {
        let row: Option<(String, Vec<u8>)> = self
            .sql()
            .prepare_cached("SELECT name, key FROM file WHERE digest = ?1")?
            .query_row([digest.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((name, plain)) = row else {
            return Ok(None);
        };
        // Written in this transaction, or by an older build.
        if !plain.is_empty() {
            let key = BlobKey::from_slice(&Zeroizing::new(plain));
            let key = key.ok_or_else(|| damaged("a blob key has the wrong length"))?;
            return Ok(Some(OpenFile { name, key }));
        }
        let wrapped: Option<(Vec<u8>, Vec<u8>)> = self
            .sql()
            .prepare_cached(
                "SELECT file_key.wrapped, scope_key.key FROM file_key JOIN scope_key USING (scope)
                 WHERE file_key.digest = ?1 LIMIT 1",
            )?
            .query_row([digest.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (wrapped, scope) =
            wrapped.ok_or_else(|| damaged("the key of a photo was destroyed with its scope"))?;
        let scope = BlobKey::from_slice(&Zeroizing::new(scope))
            .ok_or_else(|| damaged("a scope's key has the wrong length"))?;
        let key = unwrap_key(&wrapped, &scope, &name)?;
        Ok(Some(OpenFile { name, key }))
    }

    /// Wraps what older builds kept bare.
    pub(super) fn wrap_old_files(&self) -> Result<(), StoreError> {
        if self.memo(WRAPPED)?.is_some() {
            return Ok(());
        }
        let mut select = self.sql().prepare(
            "SELECT digest FROM file WHERE key <> x'' AND digest IN (SELECT digest FROM blob)",
        )?;
        let digests: Vec<Vec<u8>> = select
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for digest in digests.iter().filter_map(|bytes| Digest::from_slice(bytes)) {
            self.wrap_file(&digest)?;
        }
        self.set_memo(WRAPPED, &[])
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::chain::{BlobRole, Origin, PhotoBody};
    use crate::domain::{CaseId, ChunkedDigest, Host, Reading, WallMs};
    use crate::store::{Store, StoreKey};

    struct Counting(std::sync::atomic::AtomicU8);
    impl Host for Counting {
        fn now(&self) -> Reading {
            Reading {
                wall: WallMs(0),
                boot_id: [0; 16],
                mono_ms: 0,
            }
        }
        fn fill_random(&self, out: &mut [u8]) {
            let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            out.fill(number);
        }
    }

    const BYTES: &[u8] = b"a photo of a house";
    const ONE: ScopeId = ScopeId::from_bytes([1; 16]);
    const OTHER: ScopeId = ScopeId::from_bytes([2; 16]);

    fn photo(case: u8) -> PhotoBody {
        PhotoBody {
            case: CaseId::from_bytes([case; 16]),
            digest: Digest::of(BYTES),
            len_bytes: BYTES.len() as u64,
            chunk_root: ChunkedDigest::merkle_root(&[Digest::of(BYTES)]),
            media_type: "image/jpeg".to_owned(),
            role: BlobRole::Original,
            of: None,
            origin: Origin::Camera,
            moment: None,
            claims: None,
            duration_ms: None,
        }
    }

    /// A store in which two scopes use one file.
    fn store(home: &std::path::Path) -> Store {
        let key = StoreKey::from_bytes([9; 32]);
        let store = Store::create(home, &key).unwrap();
        let host = Counting(std::sync::atomic::AtomicU8::new(1));
        let named = (
            Digest::of(BYTES),
            BYTES.len() as u64,
            vec![Digest::of(BYTES)],
        );
        let stored = store
            .store_bytes(&mut Cursor::new(BYTES), named, &host)
            .unwrap();
        store
            .transact(|tx| {
                tx.put_blob(ONE, Digest::of(b"e1"), &photo(1), true)?;
                tx.keep_file(&stored)?;
                tx.put_blob(OTHER, Digest::of(b"e2"), &photo(2), true)
            })
            .unwrap();
        store
    }

    fn bare_keys(store: &Store) -> i64 {
        let sql = "SELECT count(*) FROM file WHERE key <> x''";
        let count: Result<i64, StoreError> =
            store.transact(|tx| Ok(tx.sql().query_row(sql, [], |row| row.get(0))?));
        count.unwrap()
    }

    fn read(store: &Store) -> Result<Vec<u8>, StoreError> {
        store.transact(|tx| tx.read_blob(&Digest::of(BYTES), 0, None))
    }

    fn destroy(store: &Store, scope: ScopeId) {
        let sql = "DELETE FROM scope_key WHERE scope = ?1";
        let done: Result<usize, StoreError> =
            store.transact(|tx| Ok(tx.sql().execute(sql, [scope.as_bytes()])?));
        assert_eq!(done.unwrap(), 1);
    }

    #[test]
    fn a_file_of_two_scopes_opens_until_the_keys_of_both_are_destroyed() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        assert_eq!(bare_keys(&store), 0);
        assert_eq!(read(&store).unwrap(), BYTES);
        destroy(&store, ONE);
        assert_eq!(read(&store).unwrap(), BYTES);
        destroy(&store, OTHER);
        assert!(read(&store).is_err());
    }

    #[test]
    fn a_key_that_an_older_build_kept_bare_is_wrapped_when_the_store_opens() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        store
            .transact(|tx| {
                let (_, key) = tx.file_secret(&Digest::of(BYTES))?.unwrap();
                tx.sql()
                    .execute("UPDATE file SET key = ?1", [key.as_bytes().as_slice()])?;
                tx.sql().execute("DELETE FROM file_key", [])?;
                tx.forget_memo(WRAPPED)?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        drop(store);
        let store = Store::open(home.path(), &StoreKey::from_bytes([9; 32])).unwrap();
        assert_eq!(bare_keys(&store), 0);
        assert_eq!(read(&store).unwrap(), BYTES);
        destroy(&store, ONE);
        destroy(&store, OTHER);
        assert!(read(&store).is_err());
    }
}
