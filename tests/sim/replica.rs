//! A look into one store, phone or hub: streams, cases, changes, as far as they can be compared.

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::chain::StreamId;
use lossbook_core::domain::{CaseId, DeviceId, Digest, Epoch, ScopeId};
use lossbook_core::store::{Store, StoreError, Tx};

/// Where a stream stands: number and header.
pub(super) type Place = (u64, Digest);

/// One store as it can be compared with others.
#[derive(Debug, Default)]
pub(super) struct Replica {
    /// Where each stream of each scope stands.
    pub(super) vector: BTreeMap<ScopeId, BTreeMap<StreamId, Place>>,
    /// What each case reads as: heads, projection, record.
    pub(super) cases: BTreeMap<ScopeId, BTreeMap<CaseId, (Digest, String, Digest)>>,
}

impl Replica {
    pub(super) fn read(store: &Store) -> Self {
        store
            .transact(Self::read_in)
            .expect("a store that can be read")
    }

    fn read_in(tx: &Tx<'_>) -> Result<Self, StoreError> {
        let mut replica = Self::default();
        for (stream, place) in streams(tx)? {
            let vector = replica.vector.entry(stream.scope).or_default();
            vector.insert(stream, place);
        }
        for (scope, case, line) in projected(tx)? {
            let heads = tx.heads(case)?;
            let all: Vec<&[u8]> = heads
                .iter()
                .map(|head| head.as_bytes().as_slice())
                .collect();
            let record = tx.with_document(case, |document| document.read())?;
            let record = Digest::of(format!("{record:?}").as_bytes());
            let cases = replica.cases.entry(scope).or_default();
            cases.insert(case, (Digest::labelled("heads", &all), line, record));
        }
        Ok(replica)
    }
}

/// Every stream of which something is held.
pub(super) fn streams(tx: &Tx<'_>) -> Result<Vec<(StreamId, Place)>, StoreError> {
    let mut select = tx
        .sql()
        .prepare_cached("SELECT scope, device, epoch, seq, header FROM stream WHERE seq > 0")?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = |at| row.get::<_, Vec<u8>>(at);
        let stream = StreamId {
            scope: ScopeId::from_slice(&bytes(0)?).expect("a scope"),
            device: DeviceId::from_slice(&bytes(1)?).expect("a device"),
            epoch: Epoch::from_slice(&bytes(2)?).expect("an epoch"),
        };
        let seq: i64 = row.get(3)?;
        let header = Digest::from_slice(&bytes(4)?).expect("a digest");
        all.push((stream, (u64::try_from(seq).expect("a number"), header)));
    }
    Ok(all)
}

/// Every projected case: its row as text, but for what is a store's own affair.
fn projected(tx: &Tx<'_>) -> Result<Vec<(ScopeId, CaseId, String)>, StoreError> {
    let mut select = tx.sql().prepare_cached(
        "SELECT scope, case_id, number || '|' || household || '|' || place || '|' || cause || '|' || low
           || '|' || high || '|' || contested || '|' || lines || '|' || photos || '|' || status
           || '|' || signature || '|' || updated || '|' || hex(words) || '|' || hex(heads) FROM case_row",
    )?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (scope, case): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let scope = ScopeId::from_slice(&scope).expect("a scope");
        let case = CaseId::from_slice(&case).expect("a case");
        all.push((scope, case, row.get(2)?));
    }
    Ok(all)
}

/// Hashes of all changes that are applied.
pub(super) fn changes(tx: &Tx<'_>) -> Result<BTreeSet<Digest>, StoreError> {
    digests(tx, "SELECT hash FROM change")
}

/// Digests of all files that are held.
pub(super) fn files(tx: &Tx<'_>) -> Result<BTreeSet<Digest>, StoreError> {
    digests(tx, "SELECT digest FROM file")
}

/// Nonces of all signatures whose envelope is applied.
pub(super) fn digests(tx: &Tx<'_>, sql: &str) -> Result<BTreeSet<Digest>, StoreError> {
    let mut select = tx.sql().prepare_cached(sql)?;
    let rows = select.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let mut all = BTreeSet::new();
    for row in rows {
        all.extend(Digest::from_slice(&row?));
    }
    Ok(all)
}
