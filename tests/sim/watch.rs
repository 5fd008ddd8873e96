//! The invariants: what must be true after every step, and what at times and at rest. INV, because
//! plain letters name requirements of a contract.
//!
//! - INV1: an acknowledged envelope is at the hub, and in its feed exactly once.
//! - INV2: feeds have no gap.
//! - INV3: equal version vectors mean equal heads and equal readings.
//! - INV4: what was called saved is there after every death, and "confirmed" has a receipt under the
//!   hub's seal.
//! - INV5: a verified blob hashes to its name.
//! - INV6: no phone holds anything of a scope that it may not read.
//! - INV7: forks are reported.
//! - INV8: a signature is in the state that the model says.
//! - INV9: without faults everything comes to rest and agrees.

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::chain::{Kind, Ledger as _, StreamId};
use lossbook_core::domain::{DeviceId, Digest, Epoch, ScopeId};
use lossbook_core::statement::Act;
use lossbook_core::store::{CaseQuery, Store, StoreError, Tx};
use lossbook_core::sync::{Body, Request};

use super::replica::{self, Replica};
use super::world::World;
use crate::merge::phone::model;

/// What was seen of the hub so far, so that a look costs only what is new.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Newest feed number of each scope.
    heads: BTreeMap<ScopeId, i64>,
    /// How far each stream is in the feed.
    pub(super) reach: BTreeMap<StreamId, i64>,
    late: BTreeSet<(StreamId, i64)>,
    /// Blobs that were hashed.
    blobs: BTreeSet<(ScopeId, Digest)>,
    /// Bytes of blobs that left phones, and which of them.
    pub(super) blob_bytes_left: u64,
    pub(super) body_bytes_left: u64,
}

impl Watch {
    /// So many bytes of a body left a phone.
    pub(super) fn note_sent(&mut self, request: &Request, left: u64) {
        self.body_bytes_left += left;
        if matches!(request.body, Body::Blob { .. }) {
            self.blob_bytes_left += left;
        }
    }

    fn take_row(
        &mut self,
        (scope, seq): (ScopeId, i64),
        (kind, stream, span): (i64, StreamId, (i64, i64)),
    ) {
        let head = self.heads.entry(scope).or_default();
        assert_eq!(seq, *head + 1, "INV2: the feed has a gap");
        *head = seq;
        let reach = self.reach.entry(stream).or_default();
        if kind == 1 {
            assert_eq!(
                span.0,
                *reach + 1,
                "INV1: an envelope is twice in the feed, or missing"
            );
            *reach = span.1;
        } else {
            assert!(span.0 <= *reach, "INV2: a late body before its header");
            let first = self.late.insert((stream, span.0));
            assert!(first, "INV1: a late body is twice in the feed");
        }
    }
}

type FeedRow = ((ScopeId, i64), (i64, StreamId, (i64, i64)));

fn feed_rows(tx: &Tx<'_>, heads: &BTreeMap<ScopeId, i64>) -> Result<Vec<FeedRow>, StoreError> {
    let mut scopes = tx.sql().prepare_cached("SELECT id, next FROM hub_scope")?;
    let mut scopes = scopes.query([])?;
    let mut all = Vec::new();
    while let Some(row) = scopes.next()? {
        let (id, next): (Vec<u8>, i64) = (row.get(0)?, row.get(1)?);
        let scope = ScopeId::from_slice(&id).expect("a scope");
        let head = heads.get(&scope).copied().unwrap_or(0);
        if next - 1 == head {
            continue;
        }
        let mut select = tx.sql().prepare_cached(
            "SELECT seq, kind, stream_scope, device, epoch, first, last FROM hub_feed
             WHERE scope = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        let mut rows = select.query((scope.as_bytes(), head))?;
        while let Some(row) = rows.next()? {
            let bytes = |at| row.get::<_, Vec<u8>>(at);
            let stream = StreamId {
                scope: ScopeId::from_slice(&bytes(2)?).expect("a scope"),
                device: DeviceId::from_slice(&bytes(3)?).expect("a device"),
                epoch: Epoch::from_slice(&bytes(4)?).expect("an epoch"),
            };
            let span = (row.get(5)?, row.get(6)?);
            all.push(((scope, row.get(0)?), (row.get(1)?, stream, span)));
        }
    }
    Ok(all)
}

impl World {
    /// INV1, INV2: what is new in the hub's feeds follows what was there. INV5: new blobs are theirs.
    pub(super) fn check_feed(&mut self) {
        let heads = &self.watch.heads;
        let rows = self
            .view
            .as_ref()
            .expect("the hub")
            .transact(|tx| feed_rows(tx, heads));
        for (place, entry) in rows.expect("the feed") {
            self.watch.take_row(place, entry);
        }
    }

    /// INV1: everything a phone holds as acknowledged is at the hub, header for header.
    pub(super) fn check_acked(&mut self, phone: usize) {
        let store = self.phones[phone].device().store();
        let acked = store.transact(|tx| {
            let mut all = Vec::new();
            for own in tx.own_streams(None)? {
                if own.acked > 0 {
                    all.push((own.stream, own.acked, tx.header_at(own.stream, own.acked)?));
                }
            }
            Ok::<_, StoreError>(all)
        });
        for (stream, mark, header) in acked.expect("marks") {
            let reach = self.watch.reach.get(&stream).copied().unwrap_or(0);
            let mark_here = i64::try_from(mark).expect("small");
            assert!(
                reach >= mark_here,
                "INV1: acknowledged up to {mark} and {reach} in the feed"
            );
            let there = self.view().transact(|tx| tx.header_at(stream, mark));
            let there = there.expect("a header");
            assert_eq!(there, header, "INV1: another header was acknowledged");
        }
        self.count("acknowledgements checked");
    }

    /// INV5: what the hub calls verified hashes to its name.
    pub(super) fn check_sent(&mut self, phone: usize, digest: &Digest) {
        let scopes = self.phones[phone].scopes.clone();
        let found = scopes.iter().any(|scope| self.check_blob(*scope, digest));
        assert!(found, "INV5: a blob called sent is not at the hub");
    }

    fn check_blob(&mut self, scope: ScopeId, digest: &Digest) -> bool {
        if self.watch.blobs.contains(&(scope, *digest)) {
            return true;
        }
        let Some(bytes) = self.hub().blob(scope, *digest) else {
            return false;
        };
        assert_eq!(
            Digest::of(&bytes),
            *digest,
            "INV5: a verified blob is not its bytes"
        );
        self.watch.blobs.insert((scope, *digest));
        self.count("blobs hashed at the hub");
        true
    }

    /// INV4: what was saved before a death is there after it.
    pub(super) fn check_saved(&mut self, phone: usize) {
        let phone_here = &self.phones[phone];
        let store = phone_here.device().store();
        let saved = &phone_here.saved;
        let read = store.transact(|tx| {
            let files = replica::files(tx)?;
            for digest in &saved.files {
                let bytes = tx.read_blob(digest, 0, None)?;
                assert_eq!(
                    Digest::of(&bytes),
                    *digest,
                    "INV4: a photo is not its bytes"
                );
            }
            let set_aside = tx.quarantined()?.len();
            Ok::<_, StoreError>((replica::changes(tx)?, files, set_aside))
        });
        let (changes, files, _) = read.expect("INV4: the store can be read");
        let lost = if phone_here.hostile {
            0
        } else {
            saved.changes.difference(&changes).count()
        };
        assert_eq!(lost, 0, "INV4: {lost} saved changes are gone");
        let lost = saved.files.difference(&files).count();
        assert_eq!(lost, 0, "INV4: {lost} saved photos are gone");
        self.count("deaths survived");
    }

    /// Everything that can be compared at any time.
    pub(super) fn check_all(&mut self) {
        self.count("full checks");
        self.forget_flights_if_calm();
        let hub = self.view().transact(|tx| tx.identity()).map(|me| me.device);
        let hub = hub.expect("the hub's identity");
        let mut replicas = vec![("hub", Replica::read(self.view()))];
        for at in 0..self.phones.len() {
            if self.phones[at].process.is_none() {
                continue;
            }
            self.check_confirmed(at, hub);
            self.check_scopes(at);
            self.check_signatures(at);
            let phone = &self.phones[at];
            if phone.hostile && !self.calm {
                // Until the hub's refusal is heard, it reads what only it believes.
                continue;
            }
            replicas.push((phone.part.name, Replica::read(phone.device().store())));
        }
        let mut compared = 0;
        for (at, (name, one)) in replicas.iter().enumerate() {
            for (other_name, other) in replicas.iter().skip(at + 1) {
                compared += compare((name, one), (other_name, other));
            }
        }
        *self.counts.entry("replicas compared").or_default() += compared;
    }

    fn forget_flights_if_calm(&mut self) {
        if self.calm {
            self.forget_flights();
        }
    }

    /// INV4: "confirmed" has a receipt over exactly that number and header, under the hub's seal.
    fn check_confirmed(&mut self, phone: usize, hub: DeviceId) {
        let store = self.phones[phone].device().store();
        let checked = store.transact(|tx| {
            let key = tx.identity()?.pinned.expect("enrolled").hub_key;
            let receipts = tx.receipts()?;
            let mut checked = 0;
            for own in tx.own_streams(None)? {
                if own.confirmed == 0 {
                    continue;
                }
                let header = tx.header_at(own.stream, own.confirmed)?;
                let stands = receipts.iter().any(|(receipt, _)| {
                    let exact = receipt.stream == own.stream && receipt.mark == own.confirmed;
                    exact && Some(receipt.header) == header
                });
                assert!(stands, "INV4: confirmed without a receipt");
                checked += 1;
            }
            for run in sealed_receipts(tx)? {
                assert_eq!(
                    run.seal.stream.device, hub,
                    "INV4: a receipt that is not the hub's"
                );
                assert!(
                    run.seal.verify(&key),
                    "INV4: a receipt without the hub's seal"
                );
            }
            Ok::<_, StoreError>(checked)
        });
        *self.counts.entry("receipts checked").or_default() += checked.expect("receipts");
    }

    /// INV6: nothing of another scope is here.
    fn check_scopes(&self, phone: usize) {
        let phone = &self.phones[phone];
        let held = phone.device().store().transact(|tx| {
            // What it may read now: after a purge that is less than it was.
            let named = tx.scopes()?.into_iter().map(|(scope, _)| scope);
            let private = ScopeId::private_of(tx.identity()?.device);
            let may: BTreeSet<ScopeId> = named.chain([private]).collect();
            let mut scopes: BTreeSet<ScopeId> = BTreeSet::new();
            for table in ["stream", "document", "blob", "case_row"] {
                let sql = format!("SELECT DISTINCT scope FROM {table}");
                let mut select = tx.sql().prepare_cached(&sql)?;
                let rows = select.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
                for row in rows {
                    scopes.extend(ScopeId::from_slice(&row?));
                }
            }
            Ok::<_, StoreError>((may, scopes))
        });
        let (may, held) = held.expect("scopes");
        let foreign = held.difference(&may).count();
        assert_eq!(
            foreign, 0,
            "INV6: {} holds another village",
            phone.part.name
        );
    }

    /// INV8: each signature is in the state that the model says, and none has vanished.
    fn check_signatures(&mut self, phone: usize) {
        let store = self.phones[phone].device().store();
        let states = store.transact(signature_states).expect("signatures");
        let mut checked = 0;
        for (nonce, (word, figures)) in &states {
            let Some(signed) = self.signed.get(nonce) else {
                continue;
            };
            let expected = match figures {
                _ if signed.act == Act::Refused => "refused",
                _ if signed.taken_back && word == "revoked" => "revoked",
                None => "contested",
                Some(_) if *figures == signed.figures => "valid",
                Some(_) => "superseded",
            };
            assert_eq!(word, expected, "INV8: state of a signature");
            checked += 1;
        }
        let gone = |nonce: &&[u8; 16]| !states.contains_key(*nonce);
        let gone = self.phones[phone]
            .saved
            .signatures
            .iter()
            .filter(gone)
            .count();
        assert_eq!(gone, 0, "INV8: {gone} signatures given here have vanished");
        *self.counts.entry("signatures checked").or_default() += checked;
    }
}

type States = BTreeMap<[u8; 16], (String, Option<BTreeMap<String, String>>)>;

fn signature_states(tx: &Tx<'_>) -> Result<States, StoreError> {
    let query = CaseQuery {
        text: None,
        limit: 200,
        offset: 0,
    };
    let mut states = States::new();
    for row in tx.cases(&query)? {
        let Some(standing) = tx.standing(row.case)? else {
            continue;
        };
        if standing.signatures.is_empty() {
            continue;
        }
        let figures = model(&standing.record);
        for one in &standing.signatures {
            let word = one.state.word().to_owned();
            states.insert(*one.signature.body.nonce, (word, figures.clone()));
        }
    }
    Ok(states)
}

/// The runs of the hub in which receipts came.
fn sealed_receipts(tx: &Tx<'_>) -> Result<Vec<lossbook_core::chain::Run>, StoreError> {
    let mut select = tx.sql().prepare_cached(
        "SELECT id FROM envelope WHERE kind = ?1 AND state = 0 ORDER BY ord DESC LIMIT 3",
    )?;
    let ids = select.query_map([Kind::Receipt.number()], |row| row.get::<_, Vec<u8>>(0))?;
    let mut runs = Vec::new();
    for id in ids {
        let id = Digest::from_slice(&id?).expect("a digest");
        let Some((header, _)) = tx.envelope(&id)? else {
            continue;
        };
        let sealed: Option<i64> = tx.sql().query_row(
            "SELECT min(seal.seq) FROM seal JOIN stream ON stream.id = seal.stream
             WHERE stream.scope = ?1 AND stream.device = ?2 AND stream.epoch = ?3 AND seal.seq >= ?4",
            (
                header.scope.as_bytes(),
                header.device.as_bytes(),
                header.epoch.as_bytes(),
                i64::try_from(header.seq).expect("small"),
            ),
            |row| row.get(0),
        )?;
        let sealed = sealed.expect("INV4: a receipt without a seal");
        let sealed = u64::try_from(sealed).expect("a number");
        runs.push(tx.read_run(header.stream(), header.seq, sealed)?);
    }
    Ok(runs)
}

/// INV3: in each scope where both hold the same of every stream, they read the same.
fn compare((name, one): (&str, &Replica), (other_name, other): (&str, &Replica)) -> u64 {
    let mut compared = 0;
    for (scope, vector) in &one.vector {
        if other.vector.get(scope) != Some(vector) {
            continue;
        }
        let (here, there) = (one.cases.get(scope), other.cases.get(scope));
        assert_eq!(
            here, there,
            "INV3: {name} and {other_name} hold the same and read otherwise"
        );
        compared += 1;
    }
    compared
}

/// Everything that is kept outside the record. Both pasts of a phone that was restored and wrote
/// on before it met its hub are kept as evidence; that is no disagreement.
/// What hostile apps wrote is set aside for good, and what was built on it waits for ever: it was
/// written anew.
pub(super) fn outside(store: &Store, hostile: bool) -> Vec<String> {
    let mut all = store.transact(|tx| tx.quarantined()).expect("a list");
    all.retain(|it| it.state != "forked");
    if hostile {
        all.clear();
    }
    all.iter()
        .map(|it| format!("{} {:?}: {}", it.state, it.header.kind, it.why))
        .collect()
}

/// Invariants that cannot fail prove nothing.
mod can_fail {
    use lossbook_core::domain::CaseId;

    use super::*;

    fn stream() -> StreamId {
        StreamId {
            scope: ScopeId::from_bytes([1; 16]),
            device: DeviceId::from_bytes([2; 16]),
            epoch: Epoch::from_bytes([3; 8]),
        }
    }

    fn take(rows: &[(i64, (i64, i64))]) {
        let mut watch = Watch::default();
        for (seq, span) in rows {
            watch.take_row((stream().scope, *seq), (1, stream(), *span));
        }
    }

    #[test]
    fn a_feed_without_gap_and_repetition_passes() {
        take(&[(1, (1, 4)), (2, (5, 5))]);
    }

    #[test]
    #[should_panic(expected = "INV2")]
    fn a_gap_in_a_feed_is_seen() {
        take(&[(1, (1, 4)), (3, (5, 5))]);
    }

    #[test]
    #[should_panic(expected = "INV1")]
    fn an_envelope_twice_in_a_feed_is_seen() {
        take(&[(1, (1, 4)), (2, (4, 5))]);
    }

    #[test]
    #[should_panic(expected = "INV1")]
    fn an_envelope_missing_from_a_feed_is_seen() {
        take(&[(1, (1, 4)), (2, (6, 7))]);
    }

    #[test]
    #[should_panic(expected = "INV3")]
    fn two_that_hold_the_same_and_read_otherwise_are_seen() {
        let replica = |reads: &str| {
            let mut replica = Replica::default();
            let scope = stream().scope;
            let place = [(stream(), (4, Digest::ZERO))];
            replica.vector.insert(scope, place.into());
            let case = CaseId::from_bytes([4; 16]);
            let line = (Digest::ZERO, reads.to_owned(), Digest::ZERO);
            replica.cases.insert(scope, [(case, line)].into());
            replica
        };
        compare(("one", &replica("hail")), ("other", &replica("fire")));
    }
}
