//! Rows of integrations and events.

use lossbook_core::domain::{CaseId, Digest, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::{OptionalExtension, Row};

use super::{as_sql, damaged, digest, from_sql, scope};
use crate::meta::{EventRow, Integration, Integrations};
use crate::role::OfficeRole;

const COLUMNS: &str = "name, roles, since, used, ended";

type Columns = (String, String, i64, i64, bool);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}

fn integration_of(
    tx: &Tx<'_>,
    (name, roles, since, used, ended): Columns,
) -> Result<Integration, StoreError> {
    let mut select = tx
        .sql()
        .prepare_cached("SELECT scope FROM hub_integration_scope WHERE name = ?1 ORDER BY scope")?;
    let rows = select.query_map([&name], |row| row.get::<_, Vec<u8>>(0))?;
    let scopes = rows.map(|row| scope(&row?)).collect::<Result<_, _>>()?;
    let roles = roles.split_whitespace().map(str::parse::<OfficeRole>);
    let roles = roles
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(&error.to_string()))?;
    Ok(Integration {
        name,
        roles,
        scopes,
        since: WallMs(since),
        used: WallMs(used),
        ended,
    })
}

impl Integrations for Tx<'_> {
    fn put_integration(&self, one: &Integration, token: &Digest) -> Result<(), StoreError> {
        let roles: Vec<&str> = one.roles.iter().map(|role| role.word()).collect();
        self.sql().execute(
            "INSERT INTO hub_integration (name, token, roles, since) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET token = ?2, roles = ?3, ended = 0",
            (&one.name, token.as_bytes(), roles.join(" "), one.since.0),
        )?;
        self.sql().execute(
            "DELETE FROM hub_integration_scope WHERE name = ?1",
            [&one.name],
        )?;
        for id in &one.scopes {
            self.sql().execute(
                "INSERT INTO hub_integration_scope (name, scope) VALUES (?1, ?2)",
                (&one.name, id.as_bytes()),
            )?;
        }
        Ok(())
    }

    fn integration(&self, token: &Digest) -> Result<Option<Integration>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM hub_integration WHERE token = ?1");
        let found = self
            .sql()
            .prepare_cached(&sql)?
            .query_row([token.as_bytes()], columns)
            .optional()?;
        found.map(|row| integration_of(self, row)).transpose()
    }

    fn integrations(&self) -> Result<Vec<Integration>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM hub_integration ORDER BY name");
        let mut select = self.sql().prepare(&sql)?;
        let rows = select.query_map([], columns)?;
        rows.map(|row| integration_of(self, row?)).collect()
    }

    fn end_integration(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE hub_integration SET ended = 1 WHERE name = ?1";
        Ok(self.sql().execute(sql, [name])? == 1)
    }

    fn set_used(&self, name: &str, at: WallMs) -> Result<(), StoreError> {
        let sql = "UPDATE hub_integration SET used = max(used, ?2) WHERE name = ?1";
        self.sql().prepare_cached(sql)?.execute((name, at.0))?;
        Ok(())
    }

    fn note_event(&self, case: CaseId) -> Result<(), StoreError> {
        type Now = (Vec<u8>, String, Vec<u8>, i64);
        let now: Option<Now> = self
            .sql()
            .prepare_cached(
                "SELECT scope, status, heads, updated FROM case_row WHERE case_id = ?1",
            )?
            .query_row([case.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((scope, status, heads, updated)) = now else {
            return Ok(());
        };
        let last: Option<(String, Vec<u8>)> = self
            .sql()
            .prepare_cached(
                "SELECT status, heads FROM hub_event WHERE case_id = ?1 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row([case.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let kind = match &last {
            None => "reported",
            Some((was, _)) if *was != status => status.as_str(),
            Some((_, was)) if *was != heads => "changed",
            Some(_) => return Ok(()),
        };
        self.sql()
            .prepare_cached(
                "INSERT INTO hub_event (case_id, scope, kind, status, heads, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((case.as_bytes(), scope, kind, &status, heads, updated))?;
        Ok(())
    }

    fn events_after(&self, after: u64, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT seq, case_id, scope, kind, status, heads, at FROM hub_event
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let mut rows = select.query((as_sql(after), limit))?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            let (case, of): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
            let heads: Vec<u8> = row.get(5)?;
            events.push(EventRow {
                seq: from_sql(row.get(0)?),
                case: CaseId::from_slice(&case).ok_or_else(|| damaged("a case id has 16 bytes"))?,
                scope: scope(&of)?,
                kind: row.get(3)?,
                status: row.get(4)?,
                heads: digest(&heads)?,
                at: WallMs(row.get(6)?),
            });
        }
        Ok(events)
    }
}
