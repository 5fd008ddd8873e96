//! Reference tables: written by a hub, read by phones. The same table on both sides.
//!
//! Every row that is written or removed takes the next number of its scope, so what is newer than a
//! number is a delta. A removed row stays as a gap until everybody may have heard of it.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::chain::{Reference, ReferenceItem};
use crate::domain::{DeviceId, ScopeId};

/// Most bytes of rows in one delta; the rest follows in the next.
const MAX_DELTA_BYTES: usize = 256 * 1024;

/// A row of a reference table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRow {
    /// Of which scope.
    pub scope: ScopeId,
    /// Which table.
    pub table: String,
    /// Which row.
    pub key: String,
    /// Its number.
    pub version: u64,
    /// What it says.
    pub row: Vec<u8>,
}

/// What a new state of a table changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableChange {
    /// Rows that are new or say something else.
    pub written: u64,
    /// Rows that are gone.
    pub removed: u64,
    /// Rows that say what they said.
    pub unchanged: u64,
}

impl Tx<'_> {
    /// The newest number of a scope's tables; 0 before the first row.
    ///
    /// # Errors
    /// As the database fails.
    pub fn reference_head(&self, scope: ScopeId) -> Result<u64, StoreError> {
        let head: Option<i64> = self
            .sql()
            .prepare_cached("SELECT version FROM reference_head WHERE scope = ?1")?
            .query_row([scope.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(head.map_or(0, unsigned))
    }

    fn set_reference_head(&self, scope: ScopeId, head: u64) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT OR REPLACE INTO reference_head (scope, version) VALUES (?1, ?2)",
            )?
            .execute((scope.as_bytes(), signed(head)))?;
        Ok(())
    }

    fn reference_row(
        &self,
        (scope, table, key): (ScopeId, &str, &str),
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<Option<Vec<u8>>> = self
            .sql()
            .prepare_cached(
                "SELECT row FROM reference WHERE scope = ?1 AND name = ?2 AND key = ?3",
            )?
            .query_row((scope.as_bytes(), table, key), |row| row.get(0))
            .optional()?;
        Ok(row.flatten())
    }

    /// Writes a row under the next number, or removes it; whether anything changed.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_reference_row(
        &self,
        (scope, table, key): (ScopeId, &str, &str),
        row: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        if self.reference_row((scope, table, key))?.as_deref() == row {
            return Ok(false);
        }
        let version = self.reference_head(scope)? + 1;
        self.write_reference((scope, table, key), version, row)?;
        self.set_reference_head(scope, version)?;
        Ok(true)
    }

    fn write_reference(
        &self,
        (scope, table, key): (ScopeId, &str, &str),
        version: u64,
        row: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached(
                "INSERT INTO reference (scope, name, key, version, born, row) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
                 ON CONFLICT (scope, name, key) DO UPDATE SET version = ?4, row = ?5,
                   born = CASE WHEN row IS NULL THEN ?4 ELSE born END",
            )?
            .execute((scope.as_bytes(), table, key, signed(version), row))?;
        Ok(())
    }

    /// Makes a table hold exactly these rows: what is not among them is removed.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_reference_table(
        &self,
        (scope, table): (ScopeId, &str),
        rows: &[(String, Vec<u8>)],
    ) -> Result<TableChange, StoreError> {
        let mut change = TableChange::default();
        for (key, row) in rows {
            if self.put_reference_row((scope, table, key), Some(row))? {
                change.written += 1;
            } else {
                change.unchanged += 1;
            }
        }
        let wanted: std::collections::BTreeSet<&str> =
            rows.iter().map(|(key, _)| key.as_str()).collect();
        for held in self.reference_rows(scope, table)? {
            if !wanted.contains(held.key.as_str()) {
                self.put_reference_row((scope, table, &held.key), None)?;
                change.removed += 1;
            }
        }
        Ok(change)
    }

    /// The rows of a table of a scope, by key.
    ///
    /// # Errors
    /// As the database fails.
    pub fn reference_rows(
        &self,
        scope: ScopeId,
        table: &str,
    ) -> Result<Vec<ReferenceRow>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT key, version, row FROM reference
             WHERE scope = ?1 AND name = ?2 AND row IS NOT NULL ORDER BY key",
        )?;
        let rows = select.query_map((scope.as_bytes(), table), |row| {
            Ok(ReferenceRow {
                scope,
                table: table.to_owned(),
                key: row.get(0)?,
                version: row.get(1).map(unsigned)?,
                row: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The tables of every scope: how many rows each has.
    ///
    /// # Errors
    /// As the database fails.
    pub fn reference_tables(&self) -> Result<Vec<(ScopeId, String, u64)>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT scope, name, count(*) FROM reference WHERE row IS NOT NULL
             GROUP BY scope, name ORDER BY scope, name",
        )?;
        let rows = select.query_map([], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, String>(1)?,
                row.get(2).map(unsigned)?,
            ))
        })?;
        let mut tables = Vec::new();
        for row in rows {
            let (scope, name, count) = row?;
            tables.extend(ScopeId::from_slice(&scope).map(|scope| (scope, name, count)));
        }
        Ok(tables)
    }

    /// What a scope's tables have behind a number, as much as fits into one delta. A number that is
    /// not of these tables begins anew.
    ///
    /// # Errors
    /// As the database fails.
    pub fn reference_after(
        &self,
        hub: DeviceId,
        scope: ScopeId,
        after: u64,
    ) -> Result<Reference, StoreError> {
        let head = self.reference_head(scope)?;
        let from = if after > head { 0 } else { after };
        // A row that came and went since is no news; from the beginning no removed row is.
        let mut select = self.sql().prepare_cached(
            "SELECT name, key, version, row FROM reference
             WHERE scope = ?1 AND version > ?2 AND (row IS NOT NULL OR born <= ?2) ORDER BY version",
        )?;
        let mut rows = select.query((scope.as_bytes(), signed(from)))?;
        let mut delta = Reference {
            hub,
            scope,
            from,
            to: head,
            head,
            rows: Vec::new(),
        };
        let (mut bytes, mut reached) = (0, from);
        while let Some(row) = rows.next()? {
            let item = ReferenceItem {
                table: row.get(0)?,
                key: row.get(1)?,
                row: row.get::<_, Option<Vec<u8>>>(3)?.map(Into::into),
            };
            bytes += item.table.len() + item.key.len() + 16;
            bytes += item.row.as_ref().map_or(0, |row| row.len());
            if bytes > MAX_DELTA_BYTES && !delta.rows.is_empty() {
                delta.to = reached;
                break;
            }
            reached = unsigned(row.get(2)?);
            delta.rows.push(item);
        }
        Ok(delta)
    }

    /// Takes a delta of the hub in that follows what is held, or begins anew.
    ///
    /// # Errors
    /// As the database fails.
    pub fn take_reference(&self, delta: &Reference) -> Result<(), StoreError> {
        let scope = delta.scope;
        if delta.from == 0 {
            self.sql()
                .execute("DELETE FROM reference WHERE scope = ?1", [scope.as_bytes()])?;
        }
        for item in &delta.rows {
            let key = (scope, item.table.as_str(), item.key.as_str());
            match &item.row {
                Some(row) => self.write_reference(key, delta.to, Some(row))?,
                // A phone tells nobody: what is removed is gone.
                None => {
                    self.sql()
                        .prepare_cached(
                            "DELETE FROM reference WHERE scope = ?1 AND name = ?2 AND key = ?3",
                        )?
                        .execute((scope.as_bytes(), key.1, key.2))?;
                }
            }
        }
        self.set_reference_head(scope, delta.to)
    }
}
