//! Rows of uploads and blobs.

use lossbook_core::domain::{Digest, ScopeId, WallMs};
use lossbook_core::store::{StoreError, Tx};
use lossbook_core::vault::BlobKey;
use rusqlite::{OptionalExtension, Row};
use zeroize::Zeroizing;

use super::{as_sql, damaged, digest, digests, from_sql, joined, scope, stream};
use crate::meta::{BlobRow, Desk as _, PhotoRow, PieceRow, UploadRow, Uploads};

const UPLOAD: &str =
    "SELECT name, scope, digest, len, received, verified, chunks, key, expires FROM hub_upload";

impl Uploads for Tx<'_> {
    fn put_photo(&self, photo: &PhotoRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_photo (scope, digest, device, epoch, len, chunk_root, media_type)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            (
                photo.stream.scope.as_bytes(),
                photo.digest.as_bytes(),
                photo.stream.device.as_bytes(),
                photo.stream.epoch.as_bytes(),
                as_sql(photo.len_bytes),
                photo.chunk_root.as_bytes(),
                &photo.media_type,
            ),
        )?;
        Ok(())
    }

    fn photos(&self, scope: ScopeId, digest: &Digest) -> Result<Vec<PhotoRow>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT scope, digest, device, epoch, len, chunk_root, media_type
             FROM hub_photo WHERE scope = ?1 AND digest = ?2 ORDER BY device, epoch",
        )?;
        let rows = query.query_map((scope.as_bytes(), digest.as_bytes()), |row| {
            Ok((
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
                (row.get(4)?, row.get(5)?, row.get(6)?),
            ))
        })?;
        rows.map(|row| photo_row(row?)).collect()
    }

    fn upload(&self, scope: ScopeId, digest: &Digest) -> Result<Option<UploadRow>, StoreError> {
        let row = self
            .sql()
            .query_row(
                &format!("{UPLOAD} WHERE scope = ?1 AND digest = ?2"),
                (scope.as_bytes(), digest.as_bytes()),
                upload_columns,
            )
            .optional()?;
        row.map(upload_row).transpose()
    }

    fn put_upload(&self, upload: &UploadRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_upload (name, scope, digest, len, chunks, key, expires)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                upload.name.as_bytes(),
                upload.scope.as_bytes(),
                upload.digest.as_bytes(),
                as_sql(upload.len_bytes),
                upload.chunks.as_deref().map(joined),
                upload.key.as_bytes(),
                upload.expires.0,
            ),
        )?;
        Ok(())
    }

    fn put_upload_chunks(
        &self,
        name: &Digest,
        chunks: Option<&[Digest]>,
    ) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE hub_upload SET chunks = ?2 WHERE name = ?1",
            (name.as_bytes(), chunks.map(joined)),
        )?;
        Ok(())
    }

    fn put_piece(
        &self,
        name: &Digest,
        piece: &PieceRow,
        expires: WallMs,
    ) -> Result<(), StoreError> {
        let moved = self.sql().execute(
            "UPDATE hub_upload SET received = ?3, expires = ?4 WHERE name = ?1 AND received = ?2",
            (
                name.as_bytes(),
                as_sql(piece.offset),
                as_sql(piece.offset + piece.len_bytes),
                expires.0,
            ),
        )?;
        if moved != 1 {
            return Err(damaged("a piece does not follow the bytes before it"));
        }
        self.sql().execute(
            "INSERT INTO hub_piece (name, start, len) VALUES (?1, ?2, ?3)",
            (
                name.as_bytes(),
                as_sql(piece.offset),
                as_sql(piece.len_bytes),
            ),
        )?;
        Ok(())
    }

    fn pieces(&self, name: &Digest, from: u64) -> Result<Vec<PieceRow>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT start, len FROM hub_piece WHERE name = ?1 AND start >= ?2 ORDER BY start",
        )?;
        let rows = query.query_map((name.as_bytes(), as_sql(from)), |row| {
            Ok(PieceRow {
                offset: from_sql(row.get(0)?),
                len_bytes: from_sql(row.get(1)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn put_verified(&self, name: &Digest, verified: u64) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE hub_upload SET verified = ?2 WHERE name = ?1",
            (name.as_bytes(), as_sql(verified)),
        )?;
        Ok(())
    }

    fn fall_back(&self, name: &Digest) -> Result<Vec<PieceRow>, StoreError> {
        let verified: i64 = self.sql().query_row(
            "UPDATE hub_upload SET received = verified WHERE name = ?1 RETURNING verified",
            [name.as_bytes()],
            |row| row.get(0),
        )?;
        let forgotten = self.pieces(name, from_sql(verified))?;
        self.sql().execute(
            "DELETE FROM hub_piece WHERE name = ?1 AND start >= ?2",
            (name.as_bytes(), verified),
        )?;
        Ok(forgotten)
    }

    fn delete_upload(&self, name: &Digest) -> Result<(), StoreError> {
        self.sql()
            .execute("DELETE FROM hub_upload WHERE name = ?1", [name.as_bytes()])?;
        Ok(())
    }

    fn uploads(&self) -> Result<Vec<UploadRow>, StoreError> {
        let mut query = self.sql().prepare_cached(UPLOAD)?;
        let rows = query.query_map([], upload_columns)?;
        rows.map(|row| upload_row(row?)).collect()
    }

    fn has_upload(&self, name: &Digest) -> Result<bool, StoreError> {
        let count: i64 = self.sql().query_row(
            "SELECT count(*) FROM hub_upload WHERE name = ?1",
            [name.as_bytes()],
            |row| row.get(0),
        )?;
        Ok(count > 0)
    }

    fn take_lease(
        &self,
        name: &Digest,
        holder: &Digest,
        now: WallMs,
        until: WallMs,
    ) -> Result<bool, StoreError> {
        let taken = self.sql().execute(
            "UPDATE hub_upload SET lease_holder = ?2, lease_until = ?4
             WHERE name = ?1 AND (lease_holder IS NULL OR lease_holder = ?2 OR lease_until <= ?3)",
            (name.as_bytes(), holder.as_bytes(), now.0, until.0),
        )?;
        Ok(taken == 1)
    }

    fn give_lease(&self, name: &Digest, holder: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE hub_upload SET lease_holder = NULL WHERE name = ?1 AND lease_holder = ?2",
            (name.as_bytes(), holder.as_bytes()),
        )?;
        Ok(())
    }

    fn end_leases(&self) -> Result<(), StoreError> {
        self.sql()
            .execute("UPDATE hub_upload SET lease_holder = NULL", [])?;
        Ok(())
    }

    fn blob(&self, scope_id: ScopeId, wanted: &Digest) -> Result<Option<BlobRow>, StoreError> {
        let row: Option<BlobColumns> = self
            .sql()
            .query_row(
                "SELECT len, name, key, chunks FROM hub_blob WHERE scope = ?1 AND digest = ?2",
                (scope_id.as_bytes(), wanted.as_bytes()),
                |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2).map(Zeroizing::new)?,
                        row.get(3)?,
                    ))
                },
            )
            .optional()?;
        let Some((len, name, key, chunks)) = row else {
            return Ok(None);
        };
        Ok(Some(BlobRow {
            scope: scope_id,
            digest: *wanted,
            len_bytes: from_sql(len),
            name: digest(&name)?,
            key: blob_key(&key)?,
            chunks: digests(&chunks)?,
        }))
    }

    fn put_blob(&self, blob: &BlobRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_blob (scope, digest, len, name, key, chunks)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                blob.scope.as_bytes(),
                blob.digest.as_bytes(),
                as_sql(blob.len_bytes),
                blob.name.as_bytes(),
                blob.key.as_bytes(),
                joined(&blob.chunks),
            ),
        )?;
        self.recount_missing(blob.scope, &blob.digest)
    }

    fn all_blobs(&self) -> Result<Vec<BlobRow>, StoreError> {
        let mut select = self
            .sql()
            .prepare("SELECT scope, digest FROM hub_blob ORDER BY scope, digest")?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let mut blobs = Vec::new();
        for row in rows {
            let (scope_id, wanted) = row?;
            blobs.extend(self.blob(scope(&scope_id)?, &digest(&wanted)?)?);
        }
        Ok(blobs)
    }

    fn blob_count(&self) -> Result<(u64, u64), StoreError> {
        let (count, bytes): (i64, i64) = self.sql().query_row(
            "SELECT count(*), coalesce(sum(len), 0) FROM hub_blob",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok((from_sql(count), from_sql(bytes)))
    }
}

type BlobColumns = (i64, Vec<u8>, Zeroizing<Vec<u8>>, Vec<u8>);

type PhotoColumns = ((Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>), (i64, Vec<u8>, String));

fn photo_row(columns: PhotoColumns) -> Result<PhotoRow, StoreError> {
    let ((scope_id, wanted, device, epoch), (len, chunk_root, media_type)) = columns;
    Ok(PhotoRow {
        stream: stream(&scope_id, &device, &epoch)?,
        digest: digest(&wanted)?,
        len_bytes: from_sql(len),
        chunk_root: digest(&chunk_root)?,
        media_type,
    })
}

fn blob_key(bytes: &[u8]) -> Result<BlobKey, StoreError> {
    BlobKey::from_slice(bytes).ok_or_else(|| damaged("a blob key has 32 bytes"))
}

type UploadColumns = (
    (Vec<u8>, Vec<u8>, Vec<u8>, i64),
    (i64, i64, Option<Vec<u8>>, Zeroizing<Vec<u8>>, i64),
);

fn upload_columns(row: &Row<'_>) -> rusqlite::Result<UploadColumns> {
    Ok((
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
        (
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7).map(Zeroizing::new)?,
            row.get(8)?,
        ),
    ))
}

fn upload_row(columns: UploadColumns) -> Result<UploadRow, StoreError> {
    let ((name, scope_id, wanted, len), (received, verified, chunks, key, expires)) = columns;
    Ok(UploadRow {
        name: digest(&name)?,
        scope: scope(&scope_id)?,
        digest: digest(&wanted)?,
        len_bytes: from_sql(len),
        offset: from_sql(received),
        verified: from_sql(verified),
        chunks: chunks.as_deref().map(digests).transpose()?,
        key: blob_key(&key)?,
        expires: WallMs(expires),
    })
}
