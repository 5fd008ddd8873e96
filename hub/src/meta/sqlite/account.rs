//! Rows about people of the office.

use lossbook_core::domain::{CaseId, Digest, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::{OptionalExtension, Row};

use super::{damaged, digest, scope};
use crate::meta::{Account, Accounts, AuditRow, InviteWish, OfficeUser, SessionRow};
use crate::role::OfficeRole;

/// Columns of a person of the office, in the order in which [`user_columns`] reads them.
pub(super) const USER: &str = "name, since, roles, ended";

/// Name, since, roles, whether they may no longer come in.
pub(super) type UserColumns = (String, i64, String, bool);

pub(super) fn user_columns(row: &Row<'_>) -> rusqlite::Result<UserColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

/// Somebody with the scopes that bound them.
pub(super) fn user_of(
    tx: &Tx<'_>,
    (name, since, roles, ended): UserColumns,
) -> Result<OfficeUser, StoreError> {
    let mut query = tx
        .sql()
        .prepare_cached("SELECT scope FROM hub_office_scope WHERE name = ?1 ORDER BY scope")?;
    let rows = query.query_map([&name], |row| row.get::<_, Vec<u8>>(0))?;
    let mut scopes = Vec::new();
    for row in rows {
        scopes.push(scope(&row?)?);
    }
    let roles = roles.split_whitespace().map(str::parse::<OfficeRole>);
    Ok(OfficeUser {
        name,
        since: WallMs(since),
        roles: roles
            .collect::<Result<_, _>>()
            .map_err(|unknown| damaged(&unknown.to_string()))?,
        scopes,
        ended,
    })
}

impl Accounts for Tx<'_> {
    fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let sql = format!(
            "SELECT {USER}, password, failed, locked_until FROM hub_office_user WHERE name = ?1"
        );
        let row = self
            .sql()
            .query_row(&sql, [name], |row| {
                Ok((user_columns(row)?, row.get(4)?, row.get(5)?, row.get(6)?))
            })
            .optional()?;
        row.map(|(columns, password, failed, until)| {
            Ok(Account {
                user: user_of(self, columns)?,
                password,
                failed,
                locked_until: WallMs(until),
            })
        })
        .transpose()
    }

    fn set_office_user(&self, user: &OfficeUser) -> Result<(), StoreError> {
        let roles: Vec<&str> = user.roles.iter().map(|role| role.word()).collect();
        self.sql().execute(
            "UPDATE hub_office_user SET roles = ?2, ended = ?3 WHERE name = ?1",
            (&user.name, roles.join(" "), user.ended),
        )?;
        self.sql()
            .execute("DELETE FROM hub_office_scope WHERE name = ?1", [&user.name])?;
        for scope in &user.scopes {
            self.sql().execute(
                "INSERT INTO hub_office_scope (name, scope) VALUES (?1, ?2)",
                (&user.name, scope.as_bytes()),
            )?;
        }
        if user.ended {
            self.sql()
                .execute("DELETE FROM hub_session WHERE name = ?1", [&user.name])?;
        }
        Ok(())
    }

    fn set_password(&self, name: &str, password: &str) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE hub_office_user SET password = ?2, failed = 0, locked_until = 0 WHERE name = ?1",
            (name, password),
        )?;
        self.sql()
            .execute("DELETE FROM hub_session WHERE name = ?1", [name])?;
        Ok(())
    }

    fn set_failed(&self, name: &str, failed: u32, until: WallMs) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE hub_office_user SET failed = ?2, locked_until = ?3 WHERE name = ?1",
            (name, failed, until.0),
        )?;
        Ok(())
    }

    fn put_session(&self, session: &Digest, row: &SessionRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_session (session, name, language, seen, expires)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (session) DO UPDATE SET language = ?3, seen = ?4",
            (
                session.as_bytes(),
                &row.name,
                &row.language,
                row.seen.0,
                row.expires.0,
            ),
        )?;
        Ok(())
    }

    fn session(&self, session: &Digest) -> Result<Option<(SessionRow, OfficeUser)>, StoreError> {
        let sql = "SELECT user.name, since, roles, ended, language, seen, expires
                   FROM hub_session JOIN hub_office_user AS user USING (name) WHERE session = ?1";
        let row = self
            .sql()
            .prepare_cached(sql)?
            .query_row([session.as_bytes()], |row| {
                let name: String = row.get(0)?;
                let session = SessionRow {
                    name,
                    language: row.get(4)?,
                    seen: WallMs(row.get(5)?),
                    expires: WallMs(row.get(6)?),
                };
                Ok((session, user_columns(row)?))
            })
            .optional()?;
        row.map(|(session, columns)| Ok((session, user_of(self, columns)?)))
            .transpose()
    }

    fn end_session(&self, session: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "DELETE FROM hub_session WHERE session = ?1",
            [session.as_bytes()],
        )?;
        Ok(())
    }

    fn put_audit(&self, row: &AuditRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_audit (at, user, deed, case_id, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                row.at.0,
                &row.user,
                &row.deed,
                row.case.as_ref().map(CaseId::as_bytes),
                &row.detail,
            ),
        )?;
        Ok(())
    }

    fn audit(&self, case: Option<CaseId>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let only = if case.is_some() {
            "case_id = ?1"
        } else {
            "?1 IS NULL"
        };
        let sql = format!(
            "SELECT at, user, deed, case_id, detail FROM hub_audit WHERE {only} ORDER BY ord DESC LIMIT ?2"
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let which = (case.as_ref().map(CaseId::as_bytes), limit);
        let rows = query.query_map(which, audit_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn audited(&self, word: &str) -> Result<Vec<AuditRow>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT at, user, deed, case_id, detail FROM hub_audit
             WHERE instr(detail, ?1) > 0 ORDER BY ord DESC LIMIT 100",
        )?;
        let rows = query.query_map([word], audit_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn put_wish(&self, wish: &InviteWish) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_invite_wish (id, role, scope, user, by, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                wish.id.as_bytes(),
                &wish.role,
                &wish.scope,
                &wish.user,
                &wish.by,
                wish.at.0,
            ),
        )?;
        Ok(())
    }

    fn wishes(&self) -> Result<Vec<InviteWish>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT id, role, scope, user, by, at FROM hub_invite_wish ORDER BY at",
        )?;
        let rows = query.query_map([], |row| {
            let id: Vec<u8> = row.get(0)?;
            Ok((
                id,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })?;
        let mut wishes = Vec::new();
        for row in rows {
            let (id, role, scope, user, by, at) = row?;
            wishes.push(InviteWish {
                id: digest(&id)?,
                role,
                scope,
                user,
                by,
                at: WallMs(at),
            });
        }
        Ok(wishes)
    }

    fn take_wish(&self, id: &Digest) -> Result<Option<InviteWish>, StoreError> {
        let found = self.wishes()?.into_iter().find(|wish| wish.id == *id);
        self.sql()
            .execute("DELETE FROM hub_invite_wish WHERE id = ?1", [id.as_bytes()])?;
        Ok(found)
    }
}

fn audit_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    let case: Option<Vec<u8>> = row.get(3)?;
    Ok(AuditRow {
        at: WallMs(row.get(0)?),
        user: row.get(1)?,
        deed: row.get(2)?,
        case: case.and_then(|id| CaseId::from_slice(&id)),
        detail: row.get(4)?,
    })
}
