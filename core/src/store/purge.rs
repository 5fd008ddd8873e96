//! Letting go of a scope for good: its rows, its words, its files and the key that opens them.
//!
//! The hub's word (`access`) notes what ends; `app` carries it out between two transactions. Deleted
//! bytes are overwritten in the database (`secure_delete`), the log of the database is cut to
//! nothing, files are removed, and the scope's key goes with the rest: what a disk still holds of
//! them opens with no key any more.
//!
//! Every step can be repeated: a phone that dies half way goes on at its next start.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::stream::unsigned;
use super::tx::Tx;
use crate::chain::{EndMode, Kind, ReceiptBody, Run};
use crate::domain::{ScopeId, cbor};

/// How far the end of a scope has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndState {
    /// Still to be carried out.
    Due,
    /// Carried out; own work that the hub lacks is kept.
    Kept,
    /// The scope was given back: what was kept goes out first.
    GivenBack,
}

impl EndState {
    const fn number(self) -> i64 {
        match self {
            Self::Due => 0,
            Self::Kept => 1,
            Self::GivenBack => 2,
        }
    }
}

/// A scope that this device may no longer read, or could not for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedScope {
    /// Which scope.
    pub scope: ScopeId,
    /// What becomes of what is here.
    pub mode: EndMode,
    /// How far that has come.
    pub state: EndState,
    /// Own envelopes here that the hub has not received.
    pub unsent: u64,
    /// Own photos and thumbnails here that the hub has not received.
    pub unsent_photos: u64,
}

/// What was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Envelopes.
    pub envelopes: u64,
    /// Files of photos.
    pub files: u64,
    /// Own envelopes that the hub had not received: kept, or destroyed with the rest.
    pub unsent: u64,
}

/// Own streams of a scope that hold something the hub lacks.
const UNSENT: &str =
    "SELECT id FROM stream WHERE scope = ?1 AND own = 1 AND (seq > acked OR EXISTS (
   SELECT 1 FROM blob JOIN envelope ON envelope.id = blob.envelope
   WHERE envelope.stream = stream.id AND blob.own = 1 AND blob.sent = 0))";

impl Tx<'_> {
    /// Notes that a scope ends here.
    pub(super) fn end_scope(&self, scope: ScopeId, mode: EndMode) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO scope_end (scope, mode, state) VALUES (?1, ?2, ?3)",
            (scope.as_bytes(), mode.number(), EndState::Due.number()),
        )?;
        Ok(())
    }

    /// A scope may be read again.
    pub(super) fn give_back(&self, scope: ScopeId) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("UPDATE scope_end SET state = ?2 WHERE scope = ?1 AND state = ?3")?
            .execute((
                scope.as_bytes(),
                EndState::GivenBack.number(),
                EndState::Kept.number(),
            ))?;
        Ok(())
    }

    /// Scopes that ended here and are not done with.
    ///
    /// # Errors
    /// As the database fails.
    pub fn ended_scopes(&self) -> Result<Vec<EndedScope>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT scope, mode, state FROM scope_end ORDER BY scope")?;
        let rows = select.query_map([], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let mut ended = Vec::new();
        for row in rows {
            let (scope, mode, state) = row?;
            let Some(scope) = ScopeId::from_slice(&scope) else {
                continue;
            };
            let mode = if mode == EndMode::KeepOwn.number() {
                EndMode::KeepOwn
            } else {
                EndMode::Purge
            };
            let known = [EndState::Kept, EndState::GivenBack];
            let state = known.into_iter().find(|known| known.number() == state);
            ended.push(EndedScope {
                scope,
                mode,
                state: state.unwrap_or(EndState::Due),
                unsent: self.unsent_in(scope)?,
                unsent_photos: self.unsent_photos_in(scope)?,
            });
        }
        Ok(ended)
    }

    fn unsent_in(&self, scope: ScopeId) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(seq - acked), 0) FROM stream WHERE scope = ?1 AND own = 1";
        Ok(unsigned(self.sql().query_row(
            sql,
            [scope.as_bytes()],
            |row| row.get(0),
        )?))
    }

    fn unsent_photos_in(&self, scope: ScopeId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM blob WHERE scope = ?1 AND own = 1 AND sent = 0";
        Ok(unsigned(self.sql().query_row(
            sql,
            [scope.as_bytes()],
            |row| row.get(0),
        )?))
    }

    /// Deletes the rows of a scope; with *keep-own* all but the streams that hold own unsent work,
    /// and the photos they announce. Returns the names of files that nobody needs any more.
    pub(super) fn purge_rows(
        &self,
        scope: ScopeId,
        mode: EndMode,
    ) -> Result<(Purged, Vec<String>), StoreError> {
        let mut purged = Purged {
            unsent: self.unsent_in(scope)?,
            ..Purged::default()
        };
        let going = match mode {
            EndMode::Purge => "SELECT id FROM stream WHERE scope = ?1".to_owned(),
            EndMode::KeepOwn => {
                format!("SELECT id FROM stream WHERE scope = ?1 AND id NOT IN ({UNSENT})")
            }
        };
        self.purge_cases(scope)?;
        purged.envelopes = self.purge_chain(scope, &going)?;
        let names = self.purge_files(scope, mode)?;
        purged.files = names.len() as u64;
        self.purge_receipts(scope)?;
        self.purge_the_rest(scope)?;
        self.forget_documents();
        Ok((purged, names))
    }

    /// Documents, projections and words.
    fn purge_cases(&self, scope: ScopeId) -> Result<(), StoreError> {
        let cases = "(SELECT case_id FROM document WHERE scope = ?1 UNION SELECT case_id FROM blob WHERE scope = ?1)";
        let id = [scope.as_bytes()];
        self.sql().execute(
            "DELETE FROM case_text WHERE rowid IN (SELECT row_id FROM case_row WHERE scope = ?1)",
            id,
        )?;
        // A deleted row of this index only gets a tombstone; its words go when segments are merged.
        self.sql()
            .execute("INSERT INTO case_text (case_text) VALUES ('optimize')", [])?;
        for table in ["change", "unique_claim", "looked", "look_seen"] {
            let sql = format!("DELETE FROM {table} WHERE case_id IN {cases}");
            self.sql().execute(&sql, id)?;
        }
        self.sql()
            .execute("DELETE FROM case_row WHERE scope = ?1", id)?;
        self.sql()
            .execute("DELETE FROM document WHERE scope = ?1", id)?;
        self.sql().execute(
            "DELETE FROM actor WHERE actor NOT IN (SELECT actor FROM change)",
            [],
        )?;
        Ok(())
    }

    /// Streams with all they hold; how many envelopes that were.
    fn purge_chain(&self, scope: ScopeId, going: &str) -> Result<u64, StoreError> {
        let id = [scope.as_bytes()];
        let blobs = format!(
            "DELETE FROM blob WHERE scope = ?1 AND envelope NOT IN (
               SELECT id FROM envelope WHERE stream NOT IN ({going}))"
        );
        self.sql().execute(&blobs, id)?;
        let waiting = format!(
            "DELETE FROM waiting WHERE envelope IN (SELECT id FROM envelope WHERE stream IN ({going}))"
        );
        self.sql().execute(&waiting, id)?;
        for table in ["seal", "fork"] {
            let sql = format!("DELETE FROM {table} WHERE stream IN ({going})");
            self.sql().execute(&sql, id)?;
        }
        let sql = format!("DELETE FROM envelope WHERE stream IN ({going})");
        let envelopes = self.sql().execute(&sql, id)?;
        // The list of streams depends on blobs and envelopes; by now an own stream is empty or kept.
        self.sql().execute(
            "DELETE FROM stream WHERE scope = ?1 AND id NOT IN (SELECT stream FROM envelope)",
            id,
        )?;
        let mut select = self.sql().prepare("SELECT digest, run FROM parked_run")?;
        let parked: Vec<(Vec<u8>, Vec<u8>)> = select
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (digest, bytes) in parked {
            if cbor::decode::<Run>(&bytes)?.seal.stream.scope == scope {
                self.sql()
                    .execute("DELETE FROM parked_run WHERE digest = ?1", [digest])?;
            }
        }
        Ok(envelopes as u64)
    }

    /// Keys and file rows that no photo of this store needs any more; the names of those files.
    fn purge_files(&self, scope: ScopeId, mode: EndMode) -> Result<Vec<String>, StoreError> {
        let id = [scope.as_bytes()];
        self.sql().execute(
            "DELETE FROM file_key WHERE scope = ?1 AND digest NOT IN (SELECT digest FROM blob WHERE scope = ?1)",
            id,
        )?;
        if mode == EndMode::Purge {
            self.sql()
                .execute("DELETE FROM scope_key WHERE scope = ?1", id)?;
        }
        let mut names = Vec::new();
        // A bundle that is carried for others is nobody's photo and stays.
        for sql in [
            "DELETE FROM file WHERE digest NOT IN (SELECT digest FROM blob UNION SELECT digest FROM carried) RETURNING name",
            "DELETE FROM staged WHERE digest NOT IN (SELECT digest FROM blob) RETURNING name",
        ] {
            let mut select = self.sql().prepare(sql)?;
            for name in select.query_map([], |row| row.get::<_, String>(0))? {
                names.push(name?);
            }
        }
        for table in ["look", "broken_blob", "brought", "told_want"] {
            let sql = format!("DELETE FROM {table} WHERE digest NOT IN (SELECT digest FROM blob)");
            self.sql().execute(&sql, [])?;
        }
        Ok(names)
    }

    /// Receipts name photos of the scope; their headers stay, so that the chain has no hole.
    fn purge_receipts(&self, scope: ScopeId) -> Result<(), StoreError> {
        let mut select = self
            .sql()
            .prepare("SELECT id, body FROM envelope WHERE kind = ?1 AND body IS NOT NULL")?;
        let held: Vec<(Vec<u8>, Vec<u8>)> = select
            .query_map([Kind::Receipt.number()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        for (id, body) in held {
            if cbor::decode::<ReceiptBody>(&body)?.stream.scope == scope {
                self.sql().execute(
                    "UPDATE envelope SET body = NULL, state = 3 WHERE id = ?1",
                    [id],
                )?;
            }
        }
        Ok(())
    }

    fn purge_the_rest(&self, scope: ScopeId) -> Result<(), StoreError> {
        let id = [scope.as_bytes()];
        for table in [
            "look_index",
            "reference",
            "reference_head",
            "stream_end",
            "told_mark",
        ] {
            let sql = format!("DELETE FROM {table} WHERE scope = ?1");
            self.sql().execute(&sql, id)?;
        }
        if !self.readable()?.contains(&scope) {
            self.sql().execute("DELETE FROM scope WHERE id = ?1", id)?;
        }
        if self.seen()?.is_some_and(|seen| seen.stream.scope == scope) {
            self.forget_seen()?;
        }
        self.forget_strangers()
    }

    /// A scope that was given back: what was kept of it has arrived, so the old streams go, and
    /// come back with everything else when they are pulled.
    ///
    /// # Errors
    /// As the database fails.
    pub fn drop_received(&self, scope: ScopeId) -> Result<(), StoreError> {
        let epoch = self.epoch()?;
        let keys = (scope.as_bytes(), epoch.as_bytes());
        let old = "(SELECT id FROM stream WHERE scope = ?1 AND own = 1 AND epoch <> ?2)";
        for table in ["seal", "fork", "envelope"] {
            let sql = format!("DELETE FROM {table} WHERE stream IN {old}");
            self.sql().execute(&sql, keys)?;
        }
        self.sql().execute(
            "DELETE FROM stream WHERE scope = ?1 AND own = 1 AND epoch <> ?2",
            keys,
        )?;
        self.sql()
            .execute("DELETE FROM scope_end WHERE scope = ?1", [scope.as_bytes()])?;
        Ok(())
    }

    /// The end of a scope is carried out. What was kept stays noted until it is received.
    ///
    /// # Errors
    /// As the database fails.
    pub fn settle_end(&self, scope: ScopeId) -> Result<(), StoreError> {
        let kept: Option<i64> = self
            .sql()
            .query_row(
                "SELECT id FROM stream WHERE scope = ?1 AND own = 1 LIMIT 1",
                [scope.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        if kept.is_none() {
            self.sql()
                .execute("DELETE FROM scope_end WHERE scope = ?1", [scope.as_bytes()])?;
            return Ok(());
        }
        let state = if self.readable()?.contains(&scope) {
            EndState::GivenBack
        } else {
            EndState::Kept
        };
        self.sql().execute(
            "UPDATE scope_end SET state = ?2 WHERE scope = ?1",
            (scope.as_bytes(), state.number()),
        )?;
        Ok(())
    }
}

impl super::Store {
    /// Destroys what is here of a scope: rows, words, keys, files, and the database's own log.
    ///
    /// # Errors
    /// As database or file system fail; repeating it goes on.
    pub fn purge_scope(&self, scope: ScopeId, mode: EndMode) -> Result<Purged, StoreError> {
        let (purged, names) = self.transact(|tx| tx.purge_rows(scope, mode))?;
        for name in &names {
            self.remove_file(name)?;
        }
        self.cut_log()?;
        Ok(purged)
    }

    /// Removes files that no row names. Only while nobody captures: right after opening.
    ///
    /// # Errors
    /// As database or file system fail.
    pub fn sweep(&self) -> Result<usize, StoreError> {
        self.transact(|tx| tx.sweep_files())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StoreKey};

    const GONE: ScopeId = ScopeId::from_bytes([1; 16]);

    fn count(store: &Store, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let counted: Result<i64, StoreError> =
            store.transact(|tx| Ok(tx.sql().query_row(&sql, [], |row| row.get(0))?));
        counted.unwrap()
    }

    #[test]
    fn what_came_by_hand_goes_with_its_scope_and_a_bundle_carried_for_others_stays() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::create(home.path(), &StoreKey::from_bytes([9; 32])).unwrap();
        let id = GONE.as_bytes().as_slice();
        store
            .transact(|tx| {
                let digest = [7_u8; 32].as_slice();
                let file = "INSERT INTO file (digest, name, key, len, chunks) VALUES (?1, 'carried', x'', 0, x'')";
                tx.sql().execute(file, [digest])?;
                let carried = "INSERT INTO carried VALUES (?1, 'b', 0, 0, x'', 0, 0)";
                tx.sql().execute(carried, [digest])?;
                let staged = "INSERT INTO staged VALUES (x'05', x'05', 0, 1, 'part', x'', 1, 0)";
                tx.sql().execute(staged, [])?;
                tx.sql().execute("INSERT INTO brought VALUES (x'05')", [])?;
                tx.sql().execute("INSERT INTO told_want VALUES (x'01', x'05')", [])?;
                let told = "INSERT INTO told_mark VALUES (x'01', ?1, x'02', x'03', 4)";
                tx.sql().execute(told, [id])?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        store.purge_scope(GONE, EndMode::Purge).unwrap();
        for table in ["staged", "brought", "told_want", "told_mark"] {
            assert_eq!(count(&store, table), 0, "{table}");
        }
        assert_eq!((count(&store, "carried"), count(&store, "file")), (1, 1));
    }
}
