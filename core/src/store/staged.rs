//! Blobs that come in pieces from a stick or a phone: proven chunks wait until all are here.

use std::io::{self, Read};

use rusqlite::OptionalExtension;

use super::blob::StoredBlob;
use super::error::StoreError;
use super::files::Files;
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::domain::{ChunkedDigest, Digest, Host, WallMs};
use crate::vault::{self, BlobKey};

/// A blob as its photo envelope, or a chunk's proof, names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlobName {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// RFC 6962 root over its chunks.
    pub root: Digest,
    /// Length in bytes.
    pub len_bytes: u64,
}

/// One chunk in its file.
#[derive(Debug, Clone)]
struct StagedChunk {
    name: String,
    key: BlobKey,
    len_bytes: u64,
}

impl Tx<'_> {
    /// Whether a chunk waits here already.
    ///
    /// # Errors
    /// As the database fails.
    pub fn is_staged(&self, blob: &BlobName, number: u64) -> Result<bool, StoreError> {
        Ok(self
            .sql()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM staged WHERE digest = ?1 AND root = ?2 AND number = ?3)",
            )?
            .query_row(
                (blob.digest.as_bytes(), blob.root.as_bytes(), signed(number)),
                |row| row.get(0),
            )?)
    }

    /// Remembers a chunk whose bytes are on disk and were proven.
    ///
    /// # Errors
    /// As the database fails.
    pub fn stage(
        &self,
        blob: &BlobName,
        number: u64,
        (stored, at): (&StoredBlob, WallMs),
    ) -> Result<(), StoreError> {
        self.sql().prepare_cached(
            "INSERT OR IGNORE INTO staged (digest, root, number, total, name, key, len, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?.execute(rusqlite::params![
            blob.digest.as_bytes(),
            blob.root.as_bytes(),
            signed(number),
            signed(blob.len_bytes),
            stored.name,
            stored.key.as_bytes().as_slice(),
            signed(stored.len_bytes),
            at.0,
        ])?;
        Ok(())
    }

    /// How many chunks wait here.
    ///
    /// # Errors
    /// As the database fails.
    pub fn staged_count(&self) -> Result<u64, StoreError> {
        let count: i64 = self
            .sql()
            .query_row("SELECT count(*) FROM staged", [], |row| row.get(0))?;
        Ok(unsigned(count))
    }

    /// Blobs all of whose chunks wait here.
    ///
    /// # Errors
    /// As the database fails.
    pub fn staged_whole(&self) -> Result<Vec<BlobName>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT digest, root, total FROM staged GROUP BY digest, root HAVING sum(len) = total",
        )?;
        let rows = select.query_map([], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let mut whole = Vec::new();
        for row in rows {
            let (digest, root, total) = row?;
            if let (Some(digest), Some(root)) =
                (Digest::from_slice(&digest), Digest::from_slice(&root))
            {
                whole.push(BlobName {
                    digest,
                    root,
                    len_bytes: unsigned(total),
                });
            }
        }
        Ok(whole)
    }

    /// The numbers of a blob's chunks that wait here.
    ///
    /// # Errors
    /// As the database fails.
    pub fn staged_numbers(&self, blob: &BlobName) -> Result<Vec<u64>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT number FROM staged WHERE digest = ?1 AND root = ?2 ORDER BY number",
        )?;
        let rows = select.query_map((blob.digest.as_bytes(), blob.root.as_bytes()), |row| {
            row.get::<_, i64>(0)
        })?;
        rows.map(|row| Ok(unsigned(row?))).collect()
    }

    fn staged_chunks(&self, blob: &BlobName) -> Result<Vec<StagedChunk>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT name, key, len FROM staged WHERE digest = ?1 AND root = ?2 ORDER BY number",
        )?;
        let mut rows = select.query((blob.digest.as_bytes(), blob.root.as_bytes()))?;
        let mut chunks = Vec::new();
        while let Some(row) = rows.next()? {
            let key: Vec<u8> = row.get(1)?;
            chunks.push(StagedChunk {
                name: row.get(0)?,
                key: BlobKey::from_slice(&key).ok_or_else(|| {
                    StoreError::Damaged("a chunk's key has the wrong length".to_owned())
                })?,
                len_bytes: unsigned(row.get(2)?),
            });
        }
        Ok(chunks)
    }

    /// Forgets the chunks of a blob and returns their files' names, which nobody needs then.
    ///
    /// # Errors
    /// As the database fails.
    pub fn unstage(&self, blob: &BlobName) -> Result<Vec<String>, StoreError> {
        let mut delete = self
            .sql()
            .prepare_cached("DELETE FROM staged WHERE digest = ?1 AND root = ?2 RETURNING name")?;
        let rows = delete.query_map((blob.digest.as_bytes(), blob.root.as_bytes()), |row| {
            row.get(0)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Chunks that have waited since before a time for the rest of their blob, or for its envelope.
    ///
    /// # Errors
    /// As the database fails.
    pub fn unstage_before(&self, before: WallMs) -> Result<Vec<String>, StoreError> {
        let mut delete = self
            .sql()
            .prepare_cached("DELETE FROM staged WHERE at < ?1 RETURNING name")?;
        let rows = delete.query_map([before.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// These bytes came by hand: the hub may lack them.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_brought(&self, digest: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR IGNORE INTO brought (digest) VALUES (?1)",
            [digest.as_bytes()],
        )?;
        Ok(())
    }

    /// Photos and thumbnails of others whose bytes are not here and not known to be at the hub:
    /// thumbnails first, then newest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn lacking(&self, limit: usize) -> Result<Vec<BlobName>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT DISTINCT blob.digest, blob.chunk_root, blob.len FROM blob
             WHERE blob.own = 0 AND blob.sent = 0 AND blob.len > 0 AND NOT EXISTS (SELECT 1 FROM file WHERE file.digest = blob.digest)
             ORDER BY blob.role DESC, blob.rowid DESC LIMIT ?1",
        )?;
        let rows = select.query_map([signed(limit as u64)], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let mut lacking = Vec::new();
        for row in rows {
            let (digest, root, len) = row?;
            if let (Some(digest), Some(root)) =
                (Digest::from_slice(&digest), Digest::from_slice(&root))
            {
                lacking.push(BlobName {
                    digest,
                    root,
                    len_bytes: unsigned(len),
                });
            }
        }
        Ok(lacking)
    }

    /// The file of bytes held here: its length, and the name under which others ask for it.
    ///
    /// # Errors
    /// As the database fails.
    pub fn held_len(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let len: Option<i64> = self
            .sql()
            .prepare_cached("SELECT len FROM file WHERE digest = ?1")?
            .query_row([digest.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(len.map(unsigned))
    }
}

impl super::Store {
    /// Puts the chunks of a blob together into one file. `None` if they are not these bytes: then
    /// the root was of another blob, and the chunks are forgotten.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`]; the chunks then stay.
    pub fn assemble(
        &self,
        blob: &BlobName,
        host: &dyn Host,
    ) -> Result<Option<StoredBlob>, StoreError> {
        let chunks = self.transact(|tx| tx.staged_chunks(blob))?;
        let mut reader = Hashing {
            chunks: Chunks {
                files: self.files(),
                left: chunks.into_iter(),
                current: io::Cursor::new(Vec::new()),
            },
            digest: ChunkedDigest::new(),
        };
        let stored =
            self.store_bytes(&mut reader, (blob.digest, blob.len_bytes, Vec::new()), host)?;
        let (digest, list, len_bytes) = reader.digest.finish();
        if digest == blob.digest && len_bytes == blob.len_bytes {
            return Ok(Some(StoredBlob {
                chunks: list,
                ..stored
            }));
        }
        self.discard(&stored)?;
        let names = self.transact(|tx| tx.unstage(blob))?;
        self.remove_files(&names)?;
        Ok(None)
    }

    /// Plain bytes of a blob whose chunks all wait here, one chunk after the other.
    ///
    /// # Errors
    /// As the store fails.
    pub fn read_staged(&self, blob: &BlobName) -> Result<impl Read + '_, StoreError> {
        let chunks = self.transact(|tx| tx.staged_chunks(blob))?;
        Ok(Chunks {
            files: self.files(),
            left: chunks.into_iter(),
            current: io::Cursor::new(Vec::new()),
        })
    }

    /// Removes files that no row names any more.
    ///
    /// # Errors
    /// As the file system fails.
    pub fn remove_files(&self, names: &[String]) -> Result<(), StoreError> {
        names.iter().try_for_each(|name| self.remove_file(name))
    }
}

/// Chunk files, decrypted one after the other.
struct Chunks<'f> {
    files: &'f Files,
    left: std::vec::IntoIter<StagedChunk>,
    current: io::Cursor<Vec<u8>>,
}

impl Read for Chunks<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let Some(chunk) = self.left.next() else {
                return Ok(0);
            };
            let file = self
                .files
                .open_file(&chunk.name)
                .map_err(io::Error::other)?;
            let mut plain = Vec::with_capacity(usize::try_from(chunk.len_bytes).unwrap_or(0));
            vault::decrypt_stream(file, &mut plain, &chunk.key).map_err(io::Error::other)?;
            self.current = io::Cursor::new(plain);
        }
    }
}

/// Hashes what passes.
struct Hashing<R> {
    chunks: R,
    digest: ChunkedDigest,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.chunks.read(out)?;
        if let Some(bytes) = out.get(..read) {
            self.digest.update(bytes);
        }
        Ok(read)
    }
}
