//! A store in memory, for the gate and the intake.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use lossbook_core::chain::gate::Admitted;
use lossbook_core::chain::ingest::State;
use lossbook_core::chain::{
    Author, Envelope, Header, Kind, Ledger, Mark, ParkedChange, PublicKey, Run, Seal, StreamId,
};
use lossbook_core::domain::{CaseId, DeviceId, Digest, Epoch, Role, ScopeId};
use lossbook_core::record::{CaseDocument, Terms};

pub(super) const VILLAGE: ScopeId = ScopeId::from_bytes([0xbb; 16]);

/// Everything a phone holds.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) document: CaseDocument,
    pub(super) runs: BTreeMap<StreamId, Vec<Run>>,
    pub(super) envelopes: BTreeMap<Digest, Envelope>,
    pub(super) acts: BTreeSet<Digest>,
    pub(super) refused: Vec<String>,
    keys: BTreeMap<DeviceId, PublicKey>,
    /// hash → (actor, seq, max_op).
    changes: BTreeMap<Digest, (Vec<u8>, u64, u64)>,
    newest: BTreeMap<(DeviceId, Epoch), Digest>,
    actors: BTreeMap<Vec<u8>, (DeviceId, u64)>,
    waiting: BTreeMap<Digest, BTreeSet<Digest>>,
}

impl Held {
    pub(super) fn new() -> Self {
        Self {
            document: CaseDocument::empty(),
            runs: BTreeMap::new(),
            envelopes: BTreeMap::new(),
            acts: BTreeSet::new(),
            refused: Vec::new(),
            keys: BTreeMap::new(),
            changes: BTreeMap::new(),
            newest: BTreeMap::new(),
            actors: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn know(&mut self, device: DeviceId, key: PublicKey) {
        self.keys.insert(device, key);
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (&DeviceId, &PublicKey)> {
        self.keys.iter()
    }

    /// Envelopes that wait for a change that is nowhere any more.
    pub(super) fn parked(&self) -> BTreeSet<Digest> {
        let waiting = self.waiting.iter();
        let lost = waiting.filter(|(dep, _)| !self.changes.contains_key(dep));
        lost.flat_map(|(_, envelopes)| envelopes.iter().copied())
            .collect()
    }

    pub(super) fn mark(&self, stream: StreamId) -> u64 {
        self.runs.get(&stream).map_or(0, |runs| runs.len() as u64)
    }

    /// Keeps a change that is part of the document.
    pub(super) fn keep_change(&mut self, header: &Header, entry: (Digest, Vec<u8>, u64, u64)) {
        let (hash, actor, seq, max_op) = entry;
        self.newest.insert((header.device, header.epoch), hash);
        self.actors.insert(actor.clone(), (header.device, seq));
        self.changes.insert(hash, (actor, seq, max_op));
    }
}

/// The gate's view of it, for one intake.
pub(super) struct Memory(pub(super) RefCell<Held>);

type Sure<T> = Result<T, Infallible>;

impl Ledger for Memory {
    type Error = Infallible;

    fn author(&self, device: DeviceId) -> Sure<Option<Author>> {
        Ok(self.0.borrow().keys.get(&device).map(|key| Author {
            key: *key,
            scopes: vec![VILLAGE],
            roles: vec![Role::Surveyor],
            revoked: false,
            is_hub: false,
        }))
    }

    fn mark(&self, stream: StreamId) -> Sure<Option<Mark>> {
        let held = self.0.borrow();
        let runs = held.runs.get(&stream).filter(|runs| !runs.is_empty());
        let newest = runs.and_then(|runs| runs.last());
        Ok(newest.map(|run| Mark {
            seq: run.seal.seq,
            header: run.seal.header,
        }))
    }

    fn header_at(&self, stream: StreamId, seq: u64) -> Sure<Option<Digest>> {
        let held = self.0.borrow();
        let at = usize::try_from(seq).expect("few") - 1;
        let run = held.runs.get(&stream).and_then(|runs| runs.get(at));
        Ok(run.map(|run| run.seal.header))
    }

    fn actor_owner(&self, actor: &[u8]) -> Sure<Option<DeviceId>> {
        Ok(self.0.borrow().actors.get(actor).map(|(device, _)| *device))
    }

    fn newest_of(&self, _: CaseId, device: DeviceId, epoch: Epoch) -> Sure<Option<Digest>> {
        Ok(self.0.borrow().newest.get(&(device, epoch)).copied())
    }

    fn actor_seq(&self, _: CaseId, actor: &[u8]) -> Sure<u64> {
        Ok(self.0.borrow().actors.get(actor).map_or(0, |(_, seq)| *seq))
    }

    fn change_max_op(&self, _: CaseId, hash: &Digest) -> Sure<Option<u64>> {
        Ok(self
            .0
            .borrow()
            .changes
            .get(hash)
            .map(|(_, _, max_op)| *max_op))
    }

    fn put_envelope(&self, _: &Header, envelope: &Envelope, state: &State) -> Sure<()> {
        let id = envelope.id();
        self.0.borrow_mut().envelopes.insert(id, envelope.clone());
        self.set_state(&id, state)
    }

    fn put_seal(&self, _: &Seal) -> Sure<()> {
        Ok(())
    }

    fn apply_change(&self, header: &Header, admitted: Admitted) -> Sure<Result<(), String>> {
        let mut held = self.0.borrow_mut();
        let Admitted {
            entry,
            change,
            roles,
            previous,
        } = admitted;
        let terms = Terms {
            case: entry.case,
            roles: &roles,
            previous,
        };
        if let Err(error) = held.document.take(change, &terms) {
            return Ok(Err(error.to_string()));
        }
        held.keep_change(header, (entry.hash, entry.actor, entry.seq, entry.max_op));
        Ok(Ok(()))
    }

    fn apply_other(&self, header: &Header, id: Digest, _: &[u8]) -> Sure<Result<(), String>> {
        if header.kind == Kind::Signature {
            self.0.borrow_mut().acts.insert(id);
        }
        Ok(Ok(()))
    }

    fn waiting_for(&self, change: &Digest) -> Sure<Vec<ParkedChange>> {
        let held = self.0.borrow();
        let ids = held.waiting.get(change).cloned().unwrap_or_default();
        let parked = ids.iter().filter_map(|id| {
            let envelope = held.envelopes.get(id)?;
            Some(ParkedChange {
                envelope: *id,
                header: envelope.parse().ok()?,
                body: envelope.body.clone()?.to_vec(),
            })
        });
        Ok(parked.collect())
    }

    fn waiting_count(&self, _: CaseId) -> Sure<u64> {
        Ok(self.0.borrow().waiting.len() as u64)
    }

    fn set_state(&self, envelope: &Digest, state: &State) -> Sure<()> {
        let mut held = self.0.borrow_mut();
        for waiting in held.waiting.values_mut() {
            waiting.remove(envelope);
        }
        held.waiting.retain(|_, waiting| !waiting.is_empty());
        match state {
            State::Parked { missing } => {
                for dep in missing {
                    held.waiting.entry(*dep).or_default().insert(*envelope);
                }
            }
            State::Quarantined { why } => held.refused.push(why.clone()),
            State::Applied | State::Bare => {}
        }
        Ok(())
    }

    fn fill_body(&self, _: &Digest, _: &[u8]) -> Sure<bool> {
        Ok(false)
    }

    fn put_fork(&self, _: StreamId, seq: u64, _: &Envelope) -> Sure<()> {
        self.0.borrow_mut().refused.push(format!("a fork at {seq}"));
        Ok(())
    }

    fn is_forked(&self, _: StreamId) -> Sure<bool> {
        Ok(false)
    }
}
