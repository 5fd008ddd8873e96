//! The rule packs of this hub: which versions are current, signed, and every version by digest.
//!
//! An operator adds a pack as text, with settings for its blanks, or retires a version; each makes
//! a new shelf over the hub's signature. Phones fetch shelf and packs over `http`; the office is
//! answered by the same packs.
//!
//! Invariants: every pack on the shelf is held here; a retired pack stays readable by digest.

use lossbook_core::app::{PackStanding, table};
use lossbook_core::chain::{EVERYWHERE, Shelf, ShelfEntry, SignedShelf};
use lossbook_core::domain::{Digest, Host, cbor};
use lossbook_core::rules::{Pack, PackError, Packs};
use lossbook_core::store::{PackRow, ShelfRow, StoreError};
use serde::Serialize;

use crate::meta::{Identity, MetaStore, MetaTx, in_tx};
use crate::refusal::Refusal;

/// A version of a pack that the hub holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackSummary {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its canonical bytes.
    pub digest: String,
    /// `in_force` or `retired`.
    pub standing: &'static str,
}

/// A hub that has no shelf yet gets one with the shipped packs.
///
/// # Errors
/// As the store fails.
pub(crate) fn stock(
    store: &dyn MetaStore,
    hub: &Identity,
    host: &dyn Host,
) -> Result<(), StoreError> {
    in_tx(store, |tx| {
        if let Some(shelf) = tx.shelf(ShelfRow::InForce)? {
            return announce(tx, &shelf);
        }
        let mut shelf = Shelf {
            hub: hub.device(),
            since: host.now().wall,
            packs: Vec::new(),
        };
        for pack in Packs::shipped().all() {
            shelf.put(keep(tx, pack)?);
        }
        sign(tx, hub, &shelf)
    })
}

/// Puts a pack on the shelf, in the place of another of the same id and version.
///
/// # Errors
/// `BAD_PACK` with every problem of pack and settings.
pub(crate) fn add(
    store: &dyn MetaStore,
    (hub, host): (&Identity, &dyn Host),
    (text, settings): (&str, Option<&str>),
) -> Result<PackSummary, Refusal> {
    let pack = match settings {
        Some(settings) => Pack::from_toml_filled(text, settings),
        None => Pack::from_toml(text),
    };
    let pack = pack.map_err(|error| bad_pack(&error))?;
    let entry = in_tx(store, |tx| {
        let mut shelf = current(tx)?.next_at(host.now().wall);
        let entry = keep(tx, &pack)?;
        shelf.put(entry.clone());
        sign(tx, hub, &shelf)?;
        Ok(entry)
    })?;
    tracing::info!(pack = entry.id, version = entry.version, digest = %entry.digest, "pack added");
    Ok(summary(entry, PackStanding::InForce))
}

/// Takes a version off the shelf.
///
/// # Errors
/// `PACK_UNKNOWN` if it does not stand there.
pub(crate) fn retire(
    store: &dyn MetaStore,
    (hub, host): (&Identity, &dyn Host),
    (id, version): (&str, &str),
) -> Result<(), Refusal> {
    let stood = in_tx(store, |tx| {
        let mut shelf = current(tx)?.next_at(host.now().wall);
        let stood = shelf.take_off(id, version);
        if stood {
            sign(tx, hub, &shelf)?;
        }
        Ok(stood)
    })?;
    if !stood {
        let detail =
            format!("{id} {version} is not on the shelf（清单中没有该版本）: see hub pack list");
        return Err(Refusal::new(404, "PACK_UNKNOWN", detail));
    }
    tracing::info!(pack = id, version, "pack retired");
    Ok(())
}

/// Every version held, by id and version.
///
/// # Errors
/// As the store fails.
pub(crate) fn list(store: &dyn MetaStore) -> Result<Vec<PackSummary>, Refusal> {
    Ok(in_tx(store, |tx| {
        let shelf = current(tx)?;
        let rows = tx.pack_rows()?.into_iter().map(|row| {
            let standing = match shelf.entry(&row.digest) {
                Some(_) => PackStanding::InForce,
                None => PackStanding::Retired,
            };
            let entry = ShelfEntry {
                id: row.id,
                version: row.version,
                digest: row.digest,
            };
            summary(entry, standing)
        });
        Ok(rows.collect())
    })?)
}

/// The signed shelf, as phones fetch it.
///
/// # Errors
/// As the store fails.
pub(crate) fn signed(store: &dyn MetaStore) -> Result<Vec<u8>, Refusal> {
    let shelf = in_tx(store, |tx| tx.shelf(ShelfRow::InForce))?;
    let none = || Refusal::new(404, "NOT_FOUND", "this hub has no list of rule packs");
    Ok(cbor::encode(&shelf.ok_or_else(none)?))
}

/// The canonical bytes of a pack, current or retired.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) fn pack(store: &dyn MetaStore, digest: &Digest) -> Result<Vec<u8>, Refusal> {
    let bytes = in_tx(store, |tx| tx.pack_bytes(digest))?;
    bytes.ok_or_else(|| {
        let detail = format!("no rule pack at this hub has the digest {digest}");
        Refusal::new(404, "NOT_FOUND", detail)
    })
}

/// The packs in force, opened.
pub(crate) fn packs(tx: &dyn MetaTx) -> Result<Vec<Pack>, StoreError> {
    let mut packs = Vec::new();
    for entry in current(tx)?.packs {
        let Some(bytes) = tx.pack_bytes(&entry.digest)? else {
            continue;
        };
        let unreadable = |error| StoreError::Damaged(format!("the pack {}: {error}", entry.id));
        packs.push(Pack::from_bytes(&bytes).map_err(unreadable)?);
    }
    Ok(packs)
}

fn current(tx: &dyn MetaTx) -> Result<Shelf, StoreError> {
    let none = || StoreError::Damaged("the hub has no shelf".to_owned());
    let signed = tx.shelf(ShelfRow::InForce)?.ok_or_else(none)?;
    let unreadable = |error| StoreError::Damaged(format!("the hub's shelf: {error}"));
    signed.read().map_err(unreadable)
}

fn keep(tx: &dyn MetaTx, pack: &Pack) -> Result<ShelfEntry, StoreError> {
    let row = PackRow {
        digest: pack.digest(),
        id: pack.id.clone(),
        version: pack.version.clone(),
    };
    tx.put_pack(&row, pack.bytes())?;
    let PackRow {
        digest,
        id,
        version,
    } = row;
    Ok(ShelfEntry {
        id,
        version,
        digest,
    })
}

fn sign(tx: &dyn MetaTx, hub: &Identity, shelf: &Shelf) -> Result<(), StoreError> {
    let signed = SignedShelf::make(shelf, &hub.own.key);
    tx.put_shelf(ShelfRow::InForce, &signed)?;
    announce(tx, &signed)
}

/// Devices learn of a new shelf with the reference tables, and ask for packs only then.
fn announce(tx: &dyn MetaTx, shelf: &SignedShelf) -> Result<(), StoreError> {
    let row = cbor::encode(shelf);
    tx.put_row(EVERYWHERE, (table::PACKS, "shelf"), Some(&row))?;
    Ok(())
}

fn summary(entry: ShelfEntry, standing: PackStanding) -> PackSummary {
    PackSummary {
        id: entry.id,
        version: entry.version,
        digest: entry.digest.to_hex(),
        standing: standing.word(),
    }
}

fn bad_pack(error: &PackError) -> Refusal {
    Refusal::new(400, "BAD_PACK", error.to_string())
}
