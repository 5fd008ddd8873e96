//! What the gate and the intake need from a store, on a phone and at the hub alike.
//!
//! `store` implements it over SQLite for both; a test may implement it over maps. All calls of
//! one intake happen inside one transaction of the implementer.

use super::envelope::{Envelope, Header, Seal, StreamId};
use super::gate::Admitted;
use super::key::PublicKey;
use crate::domain::{CaseId, DeviceId, Digest, Epoch, Role, ScopeId};

/// A writer the hub vouched for, or the hub itself.
#[expect(
    clippy::struct_excessive_bools,
    reason = "two independent facts, each a column of its own"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The key that seals its streams.
    pub key: PublicKey,
    /// Where it may write.
    pub scopes: Vec<ScopeId>,
    /// What its user may do there.
    pub roles: Vec<Role>,
    /// Whether its certificate was withdrawn.
    pub revoked: bool,
    /// Whether it is the hub.
    pub is_hub: bool,
}

/// A person on a device, as the hub vouched for them. Several may share a device; each has a
/// certificate of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Where they may read and write.
    pub scopes: Vec<ScopeId>,
    /// What they may do there.
    pub roles: Vec<Role>,
}

/// How far a stream is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Number of the newest envelope held.
    pub seq: u64,
    /// Digest of its header.
    pub header: Digest,
}

/// What must be remembered about a change to check the next ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEntry {
    /// The change's own hash.
    pub hash: Digest,
    /// Its case.
    pub case: CaseId,
    /// Its actor.
    pub actor: Vec<u8>,
    /// Its number within the actor.
    pub seq: u64,
    /// The highest operation counter in it.
    pub max_op: u64,
}

/// A change that waits for others it builds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedChange {
    /// The envelope's id.
    pub envelope: Digest,
    /// Its header.
    pub header: Header,
    /// The change's bytes.
    pub body: Vec<u8>,
}

/// The store, as the chain sees it.
pub trait Ledger {
    /// What the store can fail with.
    type Error;

    /// A known writer.
    ///
    /// # Errors
    /// As the store fails.
    fn author(&self, device: DeviceId) -> Result<Option<Author>, Self::Error>;
    /// A person on a device; nothing if the hub never vouched for that name there. A ledger that
    /// knows no persons has one on each device.
    ///
    /// # Errors
    /// As the store fails.
    fn person(&self, device: DeviceId, _user: &str) -> Result<Option<Person>, Self::Error> {
        Ok(self.author(device)?.map(|author| Person {
            scopes: author.scopes,
            roles: author.roles,
        }))
    }
    /// Up to where a stream stays valid although its writer lost the right to it since.
    ///
    /// # Errors
    /// As the store fails.
    fn stream_end(&self, _stream: StreamId) -> Result<Option<Mark>, Self::Error> {
        Ok(None)
    }
    /// Whether this store may hold what belongs to a scope. What it may not hold is never taken.
    ///
    /// # Errors
    /// As the store fails.
    fn may_hold(&self, _scope: ScopeId) -> Result<bool, Self::Error> {
        Ok(true)
    }
    /// How far a stream is held.
    ///
    /// # Errors
    /// As the store fails.
    fn mark(&self, stream: StreamId) -> Result<Option<Mark>, Self::Error>;
    /// The header digest held at a place of a stream.
    ///
    /// # Errors
    /// As the store fails.
    fn header_at(&self, stream: StreamId, seq: u64) -> Result<Option<Digest>, Self::Error>;
    /// Which device an actor belongs to.
    ///
    /// # Errors
    /// As the store fails.
    fn actor_owner(&self, actor: &[u8]) -> Result<Option<DeviceId>, Self::Error>;
    /// The newest change of a case that a device wrote in an epoch.
    ///
    /// # Errors
    /// As the store fails.
    fn newest_of(
        &self,
        case: CaseId,
        device: DeviceId,
        epoch: Epoch,
    ) -> Result<Option<Digest>, Self::Error>;
    /// The newest change of an actor in a case: its number, 0 if none.
    ///
    /// # Errors
    /// As the store fails.
    fn actor_seq(&self, case: CaseId, actor: &[u8]) -> Result<u64, Self::Error>;
    /// The highest operation counter of a change of this case that is applied here.
    ///
    /// # Errors
    /// As the store fails.
    fn change_max_op(&self, case: CaseId, hash: &Digest) -> Result<Option<u64>, Self::Error>;

    /// Keeps an envelope; `state` says whether it is applied, parked or quarantined.
    ///
    /// # Errors
    /// As the store fails.
    fn put_envelope(
        &self,
        header: &Header,
        envelope: &Envelope,
        state: &super::ingest::State,
    ) -> Result<(), Self::Error>;
    /// Keeps a seal; the stream's mark moves to it.
    ///
    /// # Errors
    /// As the store fails.
    fn put_seal(&self, seal: &Seal) -> Result<(), Self::Error>;
    /// Lets the case's document take a change, and remembers it. `Ok(Err(why))` means the record
    /// refused it: the envelope is then quarantined.
    ///
    /// # Errors
    /// As the store fails.
    fn apply_change(
        &self,
        header: &Header,
        admitted: Admitted,
    ) -> Result<Result<(), String>, Self::Error>;
    /// Takes in the body of any other kind. `Ok(Err(why))` quarantines the envelope.
    ///
    /// # Errors
    /// As the store fails.
    fn apply_other(
        &self,
        header: &Header,
        id: Digest,
        body: &[u8],
    ) -> Result<Result<(), String>, Self::Error>;
    /// Changes that wait for this one, perhaps among others.
    ///
    /// # Errors
    /// As the store fails.
    fn waiting_for(&self, change: &Digest) -> Result<Vec<ParkedChange>, Self::Error>;
    /// How many changes of a case wait.
    ///
    /// # Errors
    /// As the store fails.
    fn waiting_count(&self, case: CaseId) -> Result<u64, Self::Error>;
    /// A parked envelope's new state.
    ///
    /// # Errors
    /// As the store fails.
    fn set_state(&self, envelope: &Digest, state: &super::ingest::State)
    -> Result<(), Self::Error>;
    /// Puts the body of an envelope in place whose header is held bare. False if no such header
    /// is held, or if it has its body.
    ///
    /// # Errors
    /// As the store fails.
    fn fill_body(&self, envelope: &Digest, body: &[u8]) -> Result<bool, Self::Error>;
    /// Keeps two different headers that claim the same place; the stream is frozen.
    ///
    /// # Errors
    /// As the store fails.
    fn put_fork(&self, stream: StreamId, seq: u64, other: &Envelope) -> Result<(), Self::Error>;
    /// Whether a fork was ever seen in this stream.
    ///
    /// # Errors
    /// As the store fails.
    fn is_forked(&self, stream: StreamId) -> Result<bool, Self::Error>;
}
