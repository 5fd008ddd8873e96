//! Photos and thumbnails: what is known of them, what is held, what has left, what is confirmed.

use std::io::Read;

use minicbor::bytes::ByteVec;
use rusqlite::{OptionalExtension, Row};

use super::error::StoreError;
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::chain::{BlobRole, PhotoBody};
use crate::domain::{CaseId, Digest, Host, ScopeId, cbor};
use crate::vault::{self, BlobKey};

/// Encrypted bytes on disk, not yet in any row.
#[derive(Debug)]
pub struct StoredBlob {
    /// SHA-256 of the plain bytes.
    pub digest: Digest,
    /// Plain length.
    pub len_bytes: u64,
    /// Digests of the 256-KiB chunks.
    pub chunks: Vec<Digest>,
    pub(super) name: String,
    pub(super) key: BlobKey,
}

/// What is known of one blob of a case.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts that become true one by one, each a column"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Scope of its case.
    pub scope: ScopeId,
    /// Its case.
    pub case: CaseId,
    /// The photo envelope that announced it.
    pub envelope: Digest,
    /// Length in bytes.
    pub len_bytes: u64,
    /// RFC 6962 root over its chunks.
    pub chunk_root: Digest,
    /// MIME type.
    pub media_type: String,
    /// Whether it is evidence or made from it.
    pub role: BlobRole,
    /// For what is made from it: its original.
    pub of: Option<Digest>,
    /// Whether this device announced it.
    pub own: bool,
    /// Whether the hub said that it holds all bytes.
    pub sent: bool,
    /// Whether a signed receipt for it is held here.
    pub confirmed: bool,
    /// Whether the bytes are held here.
    pub held: bool,
}

const COLUMNS: &str = "blob.digest, blob.scope, blob.case_id, blob.envelope, blob.len, blob.chunk_root, blob.media_type,
    blob.role, blob.of_digest, blob.own, blob.sent, blob.confirmed,
    EXISTS (SELECT 1 FROM file WHERE file.digest = blob.digest)";

fn blob_from(row: &Row<'_>) -> rusqlite::Result<Option<BlobRow>> {
    let digest = |column| {
        row.get::<_, Vec<u8>>(column)
            .map(|bytes| Digest::from_slice(&bytes))
    };
    let (scope, case): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
    let of: Option<Vec<u8>> = row.get(8)?;
    let ids = (
        digest(0)?,
        ScopeId::from_slice(&scope),
        CaseId::from_slice(&case),
        digest(3)?,
        digest(5)?,
    );
    let (Some(digest), Some(scope), Some(case), Some(envelope), Some(chunk_root)) = ids else {
        return Ok(None);
    };
    Ok(Some(BlobRow {
        digest,
        scope,
        case,
        envelope,
        len_bytes: unsigned(row.get(4)?),
        chunk_root,
        media_type: row.get(6)?,
        role: role_of(row.get(7)?),
        of: of.and_then(|bytes| Digest::from_slice(&bytes)),
        own: row.get(9)?,
        sent: row.get(10)?,
        confirmed: row.get(11)?,
        held: row.get(12)?,
    }))
}

const fn role_number(role: BlobRole) -> i64 {
    match role {
        BlobRole::Original => 1,
        BlobRole::Thumbnail => 2,
        BlobRole::Preview => 3,
    }
}

fn role_of(number: i64) -> BlobRole {
    let made = [BlobRole::Thumbnail, BlobRole::Preview];
    let found = made.into_iter().find(|role| role_number(*role) == number);
    found.unwrap_or(BlobRole::Original)
}

/// What reviewers see first goes first: thumbnails, previews, originals.
const BY_URGENCY: &str = "CASE blob.role WHEN 2 THEN 0 WHEN 3 THEN 1 ELSE 2 END";

impl BlobRow {
    /// Whether it is evidence itself, as the camera wrote it.
    pub fn is_original(&self) -> bool {
        self.role == BlobRole::Original
    }

    /// Whether it is a thumbnail.
    pub fn is_thumbnail(&self) -> bool {
        self.role == BlobRole::Thumbnail
    }
}

impl super::Store {
    /// Encrypts bytes to disk, durably, before any row names them.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`]; then nothing is kept.
    pub fn store_bytes(
        &self,
        plain: &mut dyn Read,
        (digest, len_bytes, chunks): (Digest, u64, Vec<Digest>),
        host: &dyn Host,
    ) -> Result<StoredBlob, StoreError> {
        let key = BlobKey::make(host);
        let name = self.files().write(plain, &key, host)?;
        Ok(StoredBlob {
            digest,
            len_bytes,
            chunks,
            name,
            key,
        })
    }
}

impl super::Store {
    /// Removes a file that no row names any more.
    ///
    /// # Errors
    /// As the file system fails.
    pub fn remove_file(&self, name: &str) -> Result<(), StoreError> {
        self.files().remove(name)
    }

    /// Removes bytes that were stored and are not wanted after all.
    ///
    /// # Errors
    /// As the file system fails.
    pub fn discard(&self, stored: &StoredBlob) -> Result<(), StoreError> {
        self.files().remove(&stored.name)
    }
}

impl Tx<'_> {
    /// Remembers bytes on disk. If the digest is held already, the older file stays.
    ///
    /// # Errors
    /// As the database fails.
    pub fn keep_file(&self, stored: &StoredBlob) -> Result<(), StoreError> {
        let chunks: Vec<ByteVec> = stored
            .chunks
            .iter()
            .map(|chunk| ByteVec::from(chunk.as_bytes().to_vec()))
            .collect();
        self.sql().execute(
            "INSERT OR IGNORE INTO file (digest, name, key, len, chunks) VALUES (?1, ?2, ?3, ?4, ?5)",
            (stored.digest.as_bytes(), &stored.name, stored.key.as_bytes().as_slice(), signed(stored.len_bytes), cbor::encode(&chunks)),
        )?;
        self.wrap_file(&stored.digest)
    }

    /// Whether bytes are held here under this digest.
    ///
    /// # Errors
    /// As the database fails.
    pub fn holds(&self, digest: &Digest) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM file WHERE digest = ?1)";
        Ok(self
            .sql()
            .query_row(sql, [digest.as_bytes()], |row| row.get(0))?)
    }

    /// Knows a blob from its photo envelope.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_blob(
        &self,
        scope: ScopeId,
        envelope: Digest,
        photo: &PhotoBody,
        own: bool,
    ) -> Result<(), StoreError> {
        let origin = match photo.origin {
            crate::chain::Origin::Camera => 1,
            crate::chain::Origin::Gallery => 2,
            crate::chain::Origin::Imported => 3,
            crate::chain::Origin::Bundle => 4,
        };
        self.sql().execute(
            "INSERT OR IGNORE INTO blob (digest, scope, case_id, envelope, len, chunk_root, media_type, role, of_digest, origin, own, sent, confirmed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0)",
            rusqlite::params![
                photo.digest.as_bytes(),
                scope.as_bytes(),
                photo.case.as_bytes(),
                envelope.as_bytes(),
                signed(photo.len_bytes),
                photo.chunk_root.as_bytes(),
                photo.media_type,
                role_number(photo.role),
                photo.of.as_ref().map(Digest::as_bytes),
                origin,
                own,
            ],
        )?;
        self.wrap_file(&photo.digest)?;
        // The list shows when a case was last written to, and a photo is written to it as well.
        if self.scope_of_case(photo.case)?.is_some() {
            self.touch(photo.case)?;
        }
        Ok(())
    }

    pub(super) fn blobs_where(
        &self,
        condition: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<BlobRow>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM blob {condition}"))?;
        let rows = select.query_map(params, blob_from)?;
        let mut blobs = Vec::new();
        for row in rows {
            blobs.extend(row?);
        }
        Ok(blobs)
    }

    /// Blobs of a case, originals first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn blobs_of_case(&self, case: CaseId) -> Result<Vec<BlobRow>, StoreError> {
        self.blobs_where("WHERE case_id = ?1 ORDER BY role, rowid", [case.as_bytes()])
    }

    /// A blob known in a scope.
    ///
    /// # Errors
    /// As the database fails.
    pub fn blob_in_scope(
        &self,
        digest: &Digest,
        scope: ScopeId,
    ) -> Result<Option<BlobRow>, StoreError> {
        Ok(self
            .blobs_where(
                "WHERE digest = ?1 AND scope = ?2",
                (digest.as_bytes(), scope.as_bytes()),
            )?
            .pop())
    }

    /// Blobs of these scopes whose bytes are held here: thumbnails first, then previews, then originals, oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn held_blobs(&self, scopes: &[ScopeId]) -> Result<Vec<BlobRow>, StoreError> {
        let held = format!(
            "WHERE EXISTS (SELECT 1 FROM file WHERE file.digest = blob.digest) ORDER BY {BY_URGENCY}, rowid"
        );
        let mut blobs = self.blobs_where(&held, [])?;
        blobs.retain(|blob| scopes.contains(&blob.scope));
        Ok(blobs)
    }

    /// Blobs that photo envelopes of these scopes name: thumbnails first, then previews, then originals, oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn known_blobs(&self, scopes: &[ScopeId]) -> Result<Vec<BlobRow>, StoreError> {
        let mut blobs = self.blobs_where(&format!("WHERE 1 ORDER BY {BY_URGENCY}, rowid"), [])?;
        blobs.retain(|blob| scopes.contains(&blob.scope));
        Ok(blobs)
    }

    /// All blobs known under a digest, one per case.
    ///
    /// # Errors
    /// As the database fails.
    pub fn blobs_by_digest(&self, digest: &Digest) -> Result<Vec<BlobRow>, StoreError> {
        self.blobs_where("WHERE digest = ?1", [digest.as_bytes()])
    }

    /// Blobs whose photo envelope the hub has and whose bytes it lacks, own ones and those that
    /// others gave here by hand: thumbnails first, then previews, then originals, oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn blobs_to_send(&self) -> Result<Vec<BlobRow>, StoreError> {
        let waiting = format!(
            "JOIN envelope ON envelope.id = blob.envelope JOIN stream ON stream.id = envelope.stream
             LEFT JOIN case_row ON case_row.case_id = blob.case_id
             WHERE blob.sent = 0 AND stream.acked >= envelope.seq
               AND (blob.own = 1 OR EXISTS (SELECT 1 FROM brought WHERE brought.digest = blob.digest))
               AND blob.scope NOT IN (SELECT scope FROM scope_end WHERE state < 2)
             ORDER BY {BY_URGENCY}, coalesce(case_row.status IN ('paid', 'closed', 'denied'), 0),
                      coalesce(case_row.signature <> '', 0) DESC, blob.case_id, envelope.ord"
        );
        self.blobs_where(&waiting, [])
    }

    /// Own originals of at least so many bytes that the hub still lacks, that are held here, and of
    /// which there is no preview: oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn without_preview(&self, at_least: u64) -> Result<Vec<BlobRow>, StoreError> {
        self.blobs_where(
            "WHERE blob.role = 1 AND blob.own = 1 AND blob.sent = 0 AND blob.len >= ?1
               AND EXISTS (SELECT 1 FROM file WHERE file.digest = blob.digest)
               AND NOT EXISTS (SELECT 1 FROM blob AS made WHERE made.of_digest = blob.digest
                               AND made.case_id = blob.case_id AND made.role = 3)
             ORDER BY blob.rowid",
            [signed(at_least)],
        )
    }

    /// How many own blobs the hub does not hold yet, and their bytes.
    ///
    /// # Errors
    /// As the database fails.
    pub fn unsent_blobs(&self) -> Result<(u64, u64), StoreError> {
        Ok(self.sql().query_row(
            "SELECT count(*), coalesce(sum(len), 0) FROM blob WHERE own = 1 AND sent = 0",
            [],
            |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?))),
        )?)
    }

    /// The hub said that it holds all bytes.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_sent(&self, digest: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE blob SET sent = 1 WHERE digest = ?1",
            [digest.as_bytes()],
        )?;
        self.sql().execute(
            "UPDATE carried SET sent = 1 WHERE digest = ?1",
            [digest.as_bytes()],
        )?;
        self.forget_broken(digest)
    }

    /// The hub's feeds began anew, perhaps from a backup: whatever bytes are held here are offered to
    /// it once more. One that it has is answered without being sent.
    ///
    /// # Errors
    /// As the database fails.
    pub fn offer_blobs_again(&self) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE blob SET sent = 0 WHERE sent = 1 AND own = 1
               AND EXISTS (SELECT 1 FROM file WHERE file.digest = blob.digest)",
            [],
        )?;
        Ok(())
    }

    /// The chunk digests of bytes held here.
    ///
    /// # Errors
    /// As the database fails.
    pub fn chunks(&self, digest: &Digest) -> Result<Vec<Digest>, StoreError> {
        let bytes: Option<Vec<u8>> = self
            .sql()
            .query_row(
                "SELECT chunks FROM file WHERE digest = ?1",
                [digest.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        let chunks: Vec<ByteVec> = bytes
            .map(|bytes| cbor::decode(&bytes))
            .transpose()?
            .unwrap_or_default();
        Ok(chunks
            .iter()
            .filter_map(|chunk| Digest::from_slice(chunk))
            .collect())
    }

    /// Plain bytes of a blob held here, from `from` on, `len` of them.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the blob is not held or its file is gone or altered.
    pub fn read_blob(
        &self,
        digest: &Digest,
        from: u64,
        len: Option<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        let total: Option<i64> = self
            .sql()
            .query_row(
                "SELECT len FROM file WHERE digest = ?1",
                [digest.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        let file = total.zip(self.file_secret(digest)?);
        let (total, (name, key)) =
            file.ok_or_else(|| StoreError::Damaged(format!("the bytes of {digest} are not here")))?;
        let wanted = len.unwrap_or_else(|| unsigned(total).saturating_sub(from));
        let mut plain = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
        vault::decrypt_range(
            self.files().open_file(&name)?,
            &mut plain,
            &key,
            from,
            wanted,
        )?;
        Ok(plain)
    }

    /// Originals of a case whose bytes could be let go of: held here, and wherever they are used
    /// either covered by the hub's signed receipt, or another's, who keeps them until then, and at
    /// the hub.
    ///
    /// # Errors
    /// As the database fails.
    pub fn freeable(&self, case: CaseId) -> Result<Vec<BlobRow>, StoreError> {
        self.blobs_where(
            "WHERE case_id = ?1 AND role = 1 AND EXISTS (SELECT 1 FROM file WHERE file.digest = blob.digest)
               AND NOT EXISTS (SELECT 1 FROM blob AS other WHERE other.digest = blob.digest
                 AND CASE other.own WHEN 1 THEN other.confirmed ELSE other.sent END = 0)
             ORDER BY rowid",
            [case.as_bytes()],
        )
    }

    /// Forgets that bytes are held here and returns their file's name, which nobody needs then.
    ///
    /// # Errors
    /// As the database fails.
    pub fn let_go(&self, digest: &Digest) -> Result<Option<String>, StoreError> {
        self.sql().execute(
            "DELETE FROM file_key WHERE digest = ?1",
            [digest.as_bytes()],
        )?;
        let name = self
            .sql()
            .query_row(
                "DELETE FROM file WHERE digest = ?1 RETURNING name",
                [digest.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        Ok(name)
    }

    /// Removes files that no row names.
    ///
    /// # Errors
    /// As database or file system fail.
    pub(super) fn sweep_files(&self) -> Result<usize, StoreError> {
        let mut select = self
            .sql()
            .prepare("SELECT name FROM file UNION ALL SELECT name FROM staged")?;
        let names: std::collections::HashSet<String> = select
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<_, _>>()?;
        self.files().sweep(&|name| names.contains(name))
    }
}
