//! Who this store belongs to, whom it trusts, and small facts about the exchange.

use minicbor::{Decode, Encode};
use rusqlite::OptionalExtension;
use zeroize::Zeroizing;

use super::error::StoreError;
use super::tx::Tx;
use crate::chain::{DeviceKey, KeyReason, PublicKey, Seen, SignedCertificate};
use crate::domain::{DeviceId, Epoch, Host, ScopeId, cbor};

/// The device of this store and its keys.
#[derive(Debug)]
pub struct Identity {
    /// Its id.
    pub device: DeviceId,
    /// Its keys.
    pub key: DeviceKey,
    /// What enrolment fixed; nothing before it.
    pub pinned: Option<Pinned>,
}

/// What enrolment fixed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pinned {
    /// Where the hub is.
    #[n(1)]
    pub url: String,
    /// The hub's key, pinned by the enrolment code.
    #[n(2)]
    pub hub_key: PublicKey,
    /// The hub's id.
    #[n(3)]
    pub hub: DeviceId,
    /// Who uses this device.
    #[n(4)]
    pub user: String,
    /// The certificate.
    #[n(5)]
    pub certificate: SignedCertificate,
}

/// The epoch now written in, and why it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct EpochMemo {
    #[n(0)]
    pub(super) epoch: Epoch,
    #[n(1)]
    pub(super) reason: KeyReason,
    #[n(2)]
    pub(super) previous: Option<Epoch>,
}

const EPOCH: &str = "epoch";
const SEEN: &str = "seen";

impl Tx<'_> {
    /// Mints the store's identity; once in its life.
    ///
    /// # Errors
    /// As the database fails.
    pub fn make_identity(&self, host: &dyn Host) -> Result<Identity, StoreError> {
        let identity = Identity {
            device: DeviceId::make_random(host),
            key: DeviceKey::make(host),
            pinned: None,
        };
        self.sql().execute(
            "INSERT INTO identity (one, device, secret, pinned) VALUES (1, ?1, ?2, NULL)",
            (identity.device.as_bytes(), identity.key.secret().as_slice()),
        )?;
        self.set_epoch(EpochMemo {
            epoch: Epoch::make_random(host),
            reason: KeyReason::Install,
            previous: None,
        })?;
        Ok(identity)
    }

    /// Whether there is an identity; the making of a store without one was interrupted.
    ///
    /// # Errors
    /// As the database fails.
    pub fn has_identity(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM identity)";
        Ok(self.sql().query_row(sql, [], |row| row.get(0))?)
    }

    /// The store's identity.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if there is none.
    pub fn identity(&self) -> Result<Identity, StoreError> {
        let damaged = || StoreError::Damaged("the store has no identity".to_owned());
        type Columns = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);
        let row: Option<Columns> = self
            .sql()
            .query_row(
                "SELECT device, secret, pinned FROM identity WHERE one = 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let (device, secret, pinned) = row.ok_or_else(damaged)?;
        let secret = Zeroizing::new(secret);
        let secret: &[u8; 64] = secret.as_slice().try_into().ok().ok_or_else(damaged)?;
        Ok(Identity {
            device: DeviceId::from_slice(&device).ok_or_else(damaged)?,
            key: DeviceKey::from_secret(secret),
            pinned: pinned.map(|bytes| cbor::decode(&bytes)).transpose()?,
        })
    }

    /// Keeps what enrolment fixed.
    ///
    /// # Errors
    /// As the database fails.
    pub fn pin(&self, pinned: &Pinned) -> Result<(), StoreError> {
        self.sql().execute(
            "UPDATE identity SET pinned = ?1 WHERE one = 1",
            [cbor::encode(pinned)],
        )?;
        Ok(())
    }

    /// The scopes this store may hold, by name.
    ///
    /// # Errors
    /// As the database fails.
    pub fn scopes(&self) -> Result<Vec<(ScopeId, String)>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT id, name FROM scope ORDER BY name")?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut scopes = Vec::new();
        for row in rows {
            let (id, name) = row?;
            if let Some(id) = ScopeId::from_slice(&id) {
                scopes.push((id, name));
            }
        }
        Ok(scopes)
    }

    /// Adds or renames a scope.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_scope(&self, id: ScopeId, name: &str) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO scope (id, name) VALUES (?1, ?2)",
            (id.as_bytes(), name),
        )?;
        Ok(())
    }

    /// The epoch now written in.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if there is none.
    pub fn epoch(&self) -> Result<Epoch, StoreError> {
        Ok(self.epoch_memo()?.epoch)
    }

    pub(super) fn epoch_memo(&self) -> Result<EpochMemo, StoreError> {
        let bytes = self
            .memo(EPOCH)?
            .ok_or_else(|| StoreError::Damaged("the store has no epoch".to_owned()))?;
        Ok(cbor::decode(&bytes)?)
    }

    fn set_epoch(&self, memo: EpochMemo) -> Result<(), StoreError> {
        self.set_memo(EPOCH, &cbor::encode(&memo))
    }

    /// Opens a new epoch: from now on the device writes new streams.
    ///
    /// # Errors
    /// As the database fails.
    pub fn open_epoch(&self, reason: KeyReason, host: &dyn Host) -> Result<Epoch, StoreError> {
        let previous = self.epoch()?;
        let epoch = Epoch::make_random(host);
        self.set_epoch(EpochMemo {
            epoch,
            reason,
            previous: Some(previous),
        })?;
        Ok(epoch)
    }

    /// The newest hub header held.
    ///
    /// # Errors
    /// As the database fails.
    pub fn seen(&self) -> Result<Option<Seen>, StoreError> {
        Ok(self
            .memo(SEEN)?
            .map(|bytes| cbor::decode(&bytes))
            .transpose()?)
    }

    pub(super) fn set_seen(&self, seen: &Seen) -> Result<(), StoreError> {
        self.set_memo(SEEN, &cbor::encode(seen))
    }

    pub(super) fn forget_seen(&self) -> Result<(), StoreError> {
        self.forget_memo(SEEN)
    }

    /// A small remembered value.
    ///
    /// # Errors
    /// As the database fails.
    pub fn memo(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .sql()
            .query_row("SELECT value FROM memo WHERE key = ?1", [key], |row| {
                row.get(0)
            })
            .optional()?)
    }

    /// Remembers a small value.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_memo(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO memo (key, value) VALUES (?1, ?2)",
            (key, value),
        )?;
        Ok(())
    }

    /// Forgets a small value.
    ///
    /// # Errors
    /// As the database fails.
    pub fn forget_memo(&self, key: &str) -> Result<(), StoreError> {
        self.sql()
            .execute("DELETE FROM memo WHERE key = ?1", [key])?;
        Ok(())
    }
}
