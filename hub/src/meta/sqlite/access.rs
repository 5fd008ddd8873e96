//! Rows of identity and access.

use lossbook_core::chain::Author;
use lossbook_core::domain::{DeviceId, Digest, Epoch, Host, ScopeId, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::{OptionalExtension, Row};
use zeroize::Zeroizing;

use super::account::{USER, user_columns, user_of};
use super::{damaged, device, digest, epoch, from_sql, scope};
use crate::meta::{Access, Identity, InviteRow, InviteUse, OfficeUser, ScopeRow};

impl Access for Tx<'_> {
    fn make_hub(&self, host: &dyn Host) -> Result<Identity, StoreError> {
        let own = self.make_identity(host)?;
        let author = Author {
            key: own.key.public(),
            scopes: Vec::new(),
            roles: Vec::new(),
            revoked: false,
            is_hub: true,
        };
        self.put_author(own.device, &author, ("hub", None))?;
        let mut mac_key = Zeroizing::new([0; 32]);
        host.fill_random(mac_key.as_mut_slice());
        self.sql().execute(
            "INSERT INTO hub_secret (only, feed_epoch, mac_key) VALUES (1, ?1, ?2)",
            (Epoch::make_random(host).as_bytes(), mac_key.as_slice()),
        )?;
        self.hub()
    }

    fn hub(&self) -> Result<Identity, StoreError> {
        let row: Option<(Vec<u8>, Zeroizing<Vec<u8>>)> = self
            .sql()
            .query_row("SELECT feed_epoch, mac_key FROM hub_secret", [], |row| {
                Ok((row.get(0)?, row.get(1).map(Zeroizing::new)?))
            })
            .optional()?;
        let (feed_epoch, mac_key) = row.ok_or_else(|| damaged("this is not a hub's store"))?;
        let mac_key: [u8; 32] = mac_key
            .as_slice()
            .try_into()
            .map_err(|_wrong_length| damaged("the key for cursors has another length"))?;
        Ok(Identity {
            own: self.identity()?,
            epoch: self.epoch()?,
            feed_epoch: epoch(&feed_epoch)?,
            mac_key: Zeroizing::new(mac_key),
        })
    }

    fn named_scopes(&self) -> Result<Vec<ScopeRow>, StoreError> {
        let mut query = self
            .sql()
            .prepare_cached("SELECT id, name FROM hub_scope WHERE name <> '' ORDER BY name")?;
        let rows = query.query_map([], scope_columns)?;
        rows.map(|row| scope_row(row?)).collect()
    }

    fn scope_row(&self, id: ScopeId) -> Result<Option<ScopeRow>, StoreError> {
        self.sql()
            .query_row(
                "SELECT id, name FROM hub_scope WHERE id = ?1",
                [id.as_bytes()],
                scope_columns,
            )
            .optional()?
            .map(scope_row)
            .transpose()
    }

    fn add_scope(&self, scope: &ScopeRow) -> Result<(), StoreError> {
        if !scope.name.is_empty() {
            self.put_scope(scope.id, &scope.name)?;
        }
        self.sql().execute(
            "INSERT INTO hub_scope (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
            (scope.id.as_bytes(), &scope.name),
        )?;
        Ok(())
    }

    fn put_invite(&self, invite: &InviteRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_invite (secret, role, scope, user, expires)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                invite.secret.as_bytes(),
                invite.role.word(),
                invite.scope.as_bytes(),
                &invite.user,
                invite.expires.0,
            ),
        )?;
        Ok(())
    }

    fn invite(&self, secret: &Digest) -> Result<Option<InviteRow>, StoreError> {
        let row = self
            .sql()
            .query_row(
                "SELECT role, scope, user, expires, device, request, answer
                 FROM hub_invite WHERE secret = ?1",
                [secret.as_bytes()],
                invite_columns,
            )
            .optional()?;
        row.map(|columns| invite_row(*secret, columns)).transpose()
    }

    fn use_invite(&self, secret: &Digest, used: &InviteUse) -> Result<(), StoreError> {
        let changed = self.sql().execute(
            "UPDATE hub_invite SET device = ?2, request = ?3, answer = ?4
             WHERE secret = ?1 AND device IS NULL",
            (
                secret.as_bytes(),
                used.device.as_bytes(),
                used.request.as_bytes(),
                &used.answer,
            ),
        )?;
        if changed == 1 {
            Ok(())
        } else {
            Err(damaged("an invitation was used twice"))
        }
    }

    fn open_invites(&self, now: WallMs) -> Result<u64, StoreError> {
        let count: i64 = self.sql().query_row(
            "SELECT count(*) FROM hub_invite WHERE device IS NULL AND expires > ?1",
            [now.0],
            |row| row.get(0),
        )?;
        Ok(from_sql(count))
    }

    fn put_office_user(&self, user: &OfficeUser, token: &Digest) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_office_user (name, token, since) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET token = excluded.token",
            (&user.name, token.as_bytes(), user.since.0),
        )?;
        Ok(())
    }

    fn office_user(&self, token: &Digest) -> Result<Option<OfficeUser>, StoreError> {
        let sql = format!("SELECT {USER} FROM hub_office_user WHERE token = ?1 AND ended = 0");
        let row = self
            .sql()
            .query_row(&sql, [token.as_bytes()], user_columns)
            .optional()?;
        row.map(|columns| user_of(self, columns)).transpose()
    }

    fn office_users(&self) -> Result<Vec<OfficeUser>, StoreError> {
        let sql = format!("SELECT {USER} FROM hub_office_user ORDER BY name");
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map([], user_columns)?;
        rows.map(|row| user_of(self, row?)).collect()
    }

    fn use_nonce(&self, nonce: &Digest, expires: WallMs) -> Result<bool, StoreError> {
        let added = self.sql().execute(
            "INSERT INTO hub_nonce (nonce, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (nonce.as_bytes(), expires.0),
        )?;
        Ok(added == 1)
    }

    fn put_token(
        &self,
        token: &Digest,
        device: DeviceId,
        expires: WallMs,
    ) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_token (token, device, expires) VALUES (?1, ?2, ?3)",
            (token.as_bytes(), device.as_bytes(), expires.0),
        )?;
        Ok(())
    }

    fn token(&self, token: &Digest) -> Result<Option<(DeviceId, WallMs)>, StoreError> {
        let row: Option<(Vec<u8>, i64)> = self
            .sql()
            .query_row(
                "SELECT device, expires FROM hub_token WHERE token = ?1",
                [token.as_bytes()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        row.map(|(id, expires)| Ok((device(&id)?, WallMs(expires))))
            .transpose()
    }

    fn forget_expired(&self, now: WallMs) -> Result<(), StoreError> {
        for table in [
            "hub_nonce",
            "hub_token",
            "hub_page_link",
            "hub_page_session",
            "hub_session",
        ] {
            self.sql()
                .execute(&format!("DELETE FROM {table} WHERE expires <= ?1"), [now.0])?;
        }
        Ok(())
    }

    fn put_page_link(&self, link: &Digest, expires: WallMs) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_page_link (link, expires) VALUES (?1, ?2)",
            (link.as_bytes(), expires.0),
        )?;
        Ok(())
    }

    fn use_page_link(&self, link: &Digest, now: WallMs) -> Result<bool, StoreError> {
        let removed = self.sql().execute(
            "DELETE FROM hub_page_link WHERE link = ?1 AND expires > ?2",
            (link.as_bytes(), now.0),
        )?;
        Ok(removed == 1)
    }

    fn put_page_session(&self, session: &Digest, expires: WallMs) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_page_session (session, expires) VALUES (?1, ?2)",
            (session.as_bytes(), expires.0),
        )?;
        Ok(())
    }

    fn page_session(&self, session: &Digest, now: WallMs) -> Result<bool, StoreError> {
        let count: i64 = self.sql().query_row(
            "SELECT count(*) FROM hub_page_session WHERE session = ?1 AND expires > ?2",
            (session.as_bytes(), now.0),
            |row| row.get(0),
        )?;
        Ok(count > 0)
    }
}

fn scope_columns(row: &Row<'_>) -> rusqlite::Result<(Vec<u8>, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn scope_row((id, name): (Vec<u8>, String)) -> Result<ScopeRow, StoreError> {
    Ok(ScopeRow {
        id: scope(&id)?,
        name,
    })
}

type InviteColumns = (
    (String, Vec<u8>, String, i64),
    (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>),
);

fn invite_columns(row: &Row<'_>) -> rusqlite::Result<InviteColumns> {
    Ok((
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
        (row.get(4)?, row.get(5)?, row.get(6)?),
    ))
}

fn invite_row(secret: Digest, columns: InviteColumns) -> Result<InviteRow, StoreError> {
    let ((role, scope_id, user, expires), used) = columns;
    let used = match used {
        (Some(by), Some(request), Some(answer)) => Some(InviteUse {
            device: device(&by)?,
            request: digest(&request)?,
            answer,
        }),
        _ => None,
    };
    Ok(InviteRow {
        secret,
        role: role
            .parse()
            .map_err(|_unknown| damaged("an invitation names an unknown role"))?,
        scope: scope(&scope_id)?,
        user,
        expires: WallMs(expires),
        used,
    })
}
