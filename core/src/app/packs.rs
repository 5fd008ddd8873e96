//! The rule packs that judge here, and how newer ones come in.
//!
//! Without a hub's word the shipped packs judge. With one, exactly the packs on its newest shelf
//! that is here as a whole: so phone and head office give the same answer by the same bytes, and a
//! fetch that was cut short changes nothing. Parsed packs are kept for the life of the process by
//! the digest of their shelf, since parsing takes longer than judging.

use std::sync::{Arc, Mutex, PoisonError};

use super::device::{Device, enrolled};
use super::error::AppError;
use super::reference::table;
use crate::chain::{EVERYWHERE, Shelf, ShelfError, SignedShelf};
use crate::domain::{Digest, cbor};
use crate::rules::{Pack, Packs};
use crate::store::{PackRow, ShelfRow, StoreError, Tx};

/// So many shelves stay parsed: a hub and its phones in one process share one.
const MOST_PARSED: usize = 4;

static PARSED: Mutex<Vec<(Digest, Arc<Packs>)>> = Mutex::new(Vec::new());

/// Where a pack stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackStanding {
    /// It judges.
    InForce,
    /// It is here and judges as soon as the rest of its shelf is here.
    Waiting,
    /// The newest shelf names it, and it is not here.
    Missing,
    /// It is here and no longer on the shelf.
    Retired,
}

impl PackStanding {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Waiting => "waiting",
            Self::Missing => "missing",
            Self::Retired => "retired",
        }
    }
}

/// A pack that is here or should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPack {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its canonical bytes.
    pub digest: Digest,
    /// Where it stands.
    pub standing: PackStanding,
}

/// The packs that judge in this store.
///
/// # Errors
/// [`AppError::BadPack`] if this program cannot read one that an other one took in.
pub fn packs_in_force(tx: &Tx<'_>) -> Result<Arc<Packs>, AppError> {
    let shelf = tx.shelf(ShelfRow::InForce)?;
    let name = shelf.as_ref().map_or(Digest::ZERO, SignedShelf::digest);
    let parsed = || PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, packs)) = parsed().iter().find(|(known, _)| *known == name) {
        return Ok(Arc::clone(packs));
    }
    let packs = match shelf {
        Some(shelf) => Arc::new(shelved(tx, &shelf.read()?)?),
        None => Arc::new(Packs::shipped().clone()),
    };
    let mut parsed = parsed();
    if parsed.len() >= MOST_PARSED {
        parsed.remove(0);
    }
    parsed.push((name, Arc::clone(&packs)));
    Ok(packs)
}

/// The packs a shelf names, from the store or from this program.
fn shelved(tx: &Tx<'_>, shelf: &Shelf) -> Result<Packs, AppError> {
    let shipped = Packs::shipped().all();
    let packs = shelf.packs.iter().map(|entry| {
        if let Some(pack) = shipped.iter().find(|pack| pack.digest() == entry.digest) {
            return Ok(pack.clone());
        }
        let bytes = tx.pack_bytes(&entry.digest)?.ok_or_else(|| {
            StoreError::Damaged(format!("pack {} on the shelf is not here", entry.digest))
        })?;
        let name = || format!("{}@{}", entry.id, entry.version);
        Pack::from_bytes(&bytes).map_err(|error| AppError::bad_pack(name(), &error))
    });
    Ok(Packs::of(packs.collect::<Result<_, AppError>>()?))
}

impl Device {
    /// The packs that judge here.
    ///
    /// # Errors
    /// As [`packs_in_force`].
    pub fn packs(&self) -> Result<Arc<Packs>, AppError> {
        self.store.transact(packs_in_force)
    }

    /// Takes the hub's signed list of current packs; returns the digests of those to fetch. It
    /// judges as soon as all of them are here.
    ///
    /// # Errors
    /// [`AppError::Shelf`] if the enrolled hub did not sign it, [`AppError::ShelfOld`].
    pub fn take_shelf(&self, bytes: &[u8]) -> Result<Vec<Digest>, AppError> {
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let hub = enrolled(&me)?.hub_key;
            let signed: SignedShelf = cbor::decode(bytes).map_err(ShelfError::from)?;
            let shelf = signed.verify(&hub)?;
            if newest(tx)?.is_some_and(|held| held.since > shelf.since) {
                return Err(AppError::ShelfOld);
            }
            // A later version of this program ships other packs; the shelf may still name these.
            for pack in Packs::shipped().all() {
                if shelf.entry(&pack.digest()).is_some() {
                    tx.put_pack(&row_of(pack), pack.bytes())?;
                }
            }
            settle(tx, &signed, &shelf)
        })
    }

    /// The signed shelf that came with the reference data, if it is newer than the one that judges:
    /// it is to be taken, and its packs to be fetched.
    ///
    /// # Errors
    /// As the store fails.
    pub fn shelf_due(&self) -> Result<Option<Vec<u8>>, AppError> {
        self.store.transact(|tx| {
            let rows = tx.reference_rows(EVERYWHERE, table::PACKS)?;
            let Some(told) = rows.into_iter().find(|row| row.key == "shelf") else {
                return Ok(None);
            };
            let signed: SignedShelf = cbor::decode(&told.row).map_err(ShelfError::from)?;
            let since = signed.read()?.since;
            let judges = read(tx, ShelfRow::InForce)?;
            let is_newer = judges.is_none_or(|shelf| shelf.since < since);
            Ok(is_newer.then_some(told.row))
        })
    }

    /// Takes the bytes of a pack that the newest shelf names.
    ///
    /// # Errors
    /// [`AppError::NotOnShelf`], [`AppError::BadPack`]; then nothing is kept.
    pub fn take_pack(&self, bytes: &[u8]) -> Result<(), AppError> {
        let digest = Digest::of(bytes);
        self.store.transact(|tx| {
            let Some(signed) = tx.shelf(ShelfRow::Waiting)? else {
                let held = tx.pack_bytes(&digest)?;
                return held.map(|_| ()).ok_or(AppError::NotOnShelf(digest));
            };
            let shelf = signed.read()?;
            let entry = shelf.entry(&digest).ok_or(AppError::NotOnShelf(digest))?;
            let pack = Pack::from_bytes(bytes).map_err(|error| {
                AppError::bad_pack(format!("{}@{}", entry.id, entry.version), &error)
            })?;
            if (&pack.id, &pack.version) != (&entry.id, &entry.version) {
                return Err(AppError::NotOnShelf(digest));
            }
            tx.put_pack(&row_of(&pack), bytes)?;
            settle(tx, &signed, &shelf).map(|_| ())
        })
    }

    /// Every pack that is here or should be, by id and version.
    ///
    /// # Errors
    /// As the store fails.
    pub fn held_packs(&self) -> Result<Vec<HeldPack>, AppError> {
        self.store.transact(held)
    }
}

fn row_of(pack: &Pack) -> PackRow {
    PackRow {
        digest: pack.digest(),
        id: pack.id.clone(),
        version: pack.version.clone(),
    }
}

fn read(tx: &Tx<'_>, which: ShelfRow) -> Result<Option<Shelf>, AppError> {
    let shelf = tx.shelf(which)?;
    Ok(shelf.map(|shelf| shelf.read()).transpose()?)
}

/// The newest shelf that came, whole or not.
fn newest(tx: &Tx<'_>) -> Result<Option<Shelf>, AppError> {
    match read(tx, ShelfRow::Waiting)? {
        Some(shelf) => Ok(Some(shelf)),
        None => read(tx, ShelfRow::InForce),
    }
}

/// Lets a shelf judge, or wait for the packs that come back.
fn settle(tx: &Tx<'_>, signed: &SignedShelf, shelf: &Shelf) -> Result<Vec<Digest>, AppError> {
    let mut missing = Vec::new();
    for entry in &shelf.packs {
        if tx.pack_bytes(&entry.digest)?.is_none() {
            missing.push(entry.digest);
        }
    }
    let which = if missing.is_empty() {
        ShelfRow::InForce
    } else {
        ShelfRow::Waiting
    };
    if tx.shelf(which)?.as_ref() != Some(signed) {
        tx.put_shelf(which, signed)?;
    }
    Ok(missing)
}

fn held(tx: &Tx<'_>) -> Result<Vec<HeldPack>, AppError> {
    let in_force = packs_in_force(tx)?;
    let judges = |digest| in_force.all().iter().any(|pack| pack.digest() == digest);
    let waiting = read(tx, ShelfRow::Waiting)?;
    let is_waiting = |digest: &Digest| {
        let entry = waiting.as_ref().and_then(|shelf| shelf.entry(digest));
        entry.is_some()
    };
    let mut rows = tx.pack_rows()?;
    let mut all: Vec<HeldPack> = Vec::new();
    let here: Vec<Digest> = rows.iter().map(|row| row.digest).collect();
    rows.extend(in_force.all().iter().map(row_of));
    for entry in waiting.iter().flat_map(|shelf| &shelf.packs) {
        rows.push(PackRow {
            digest: entry.digest,
            id: entry.id.clone(),
            version: entry.version.clone(),
        });
    }
    for row in rows {
        if all.iter().any(|known| known.digest == row.digest) {
            continue;
        }
        let standing = if judges(row.digest) {
            PackStanding::InForce
        } else if !here.contains(&row.digest) {
            PackStanding::Missing
        } else if is_waiting(&row.digest) {
            PackStanding::Waiting
        } else {
            PackStanding::Retired
        };
        all.push(HeldPack {
            id: row.id,
            version: row.version,
            digest: row.digest,
            standing,
        });
    }
    all.sort_by(|one, other| (&one.id, &one.version).cmp(&(&other.id, &other.version)));
    Ok(all)
}
