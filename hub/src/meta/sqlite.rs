//! The hub's rows in SQLite, beside the tables that phone and hub share, on one connection.
//!
//! [`lossbook_core::store::Store`] opens and migrates both; its transaction is the hub's. The
//! rows that phone and hub share are only read here, in `evidence`.

mod access;
mod account;
mod case_read;
mod desk;
mod evidence;
mod feed;
mod figure;
mod integration;
mod oversight;
mod people;
mod register;
mod upload;
mod whole;

use lossbook_core::chain::StreamId;
use lossbook_core::domain::{DeviceId, Digest, Epoch, ScopeId};
use lossbook_core::store::{Step, Store, StoreError};

use super::{MetaStore, TxWork};

/// The hub's own tables; a released step never changes.
pub const STEPS: &[Step] = &[
    Step {
        to: 1,
        sql: include_str!("migrations/0001_init.sql"),
    },
    Step {
        to: 2,
        sql: include_str!("migrations/0002_console.sql"),
    },
    Step {
        to: 3,
        sql: include_str!("migrations/0003_register.sql"),
    },
    Step {
        to: 4,
        sql: include_str!("migrations/0004_figures.sql"),
    },
    Step {
        to: 5,
        sql: include_str!("migrations/0005_desks.sql"),
    },
    Step {
        to: 6,
        sql: include_str!("migrations/0006_api.sql"),
    },
];

impl MetaStore for Store {
    fn with_tx(&self, work: &mut TxWork<'_>) -> Result<(), StoreError> {
        self.transact(|tx| work(tx))
    }

    fn with_look(&self, work: &mut TxWork<'_>) -> Result<(), StoreError> {
        self.look(|tx| work(tx))
    }
}

/// A number as SQLite keeps it; nothing that is counted here comes near the limit.
fn as_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that SQLite kept; none is ever negative.
fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("hub: {what}"))
}

fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    Digest::from_slice(bytes).ok_or_else(|| damaged("a digest has 32 bytes"))
}

fn device(bytes: &[u8]) -> Result<DeviceId, StoreError> {
    DeviceId::from_slice(bytes).ok_or_else(|| damaged("a device id has 16 bytes"))
}

fn scope(bytes: &[u8]) -> Result<ScopeId, StoreError> {
    ScopeId::from_slice(bytes).ok_or_else(|| damaged("a scope id has 16 bytes"))
}

fn epoch(bytes: &[u8]) -> Result<Epoch, StoreError> {
    Epoch::from_slice(bytes).ok_or_else(|| damaged("an epoch has 8 bytes"))
}

fn stream(scope_id: &[u8], device_id: &[u8], epoch_id: &[u8]) -> Result<StreamId, StoreError> {
    Ok(StreamId {
        scope: scope(scope_id)?,
        device: device(device_id)?,
        epoch: epoch(epoch_id)?,
    })
}

/// Digests one after another, as the hub keeps chunk lists.
fn digests(bytes: &[u8]) -> Result<Vec<Digest>, StoreError> {
    bytes.chunks(32).map(digest).collect()
}

fn joined(digests: &[Digest]) -> Vec<u8> {
    digests
        .iter()
        .flat_map(|digest| *digest.as_bytes())
        .collect()
}
