//! Everything a field-survey device knows: evidence, record, chain, store, sync.
//!
//! The crate has no socket, thread, clock or random source of its own; a host supplies them
//! through [`domain::Host`]. Data flows one way: photo bytes and edits come in through `app`,
//! become facts and changes, are committed by `store` in one transaction, and only then leave
//! as signed envelopes through `sync`.
//!
//! Rooms and the arrows between them (a test reads every path and fails on any other):
//! `domain` ← {`evidence`, `rules`, `record`, `vault`} ← {`statement`, `chain`} ← {`store`, `sync`} ← `app`.

pub mod app;
pub mod chain;
pub mod domain;
pub mod evidence;
pub mod record;
pub mod rules;
pub mod statement;
pub mod store;
pub mod sync;
pub mod vault;
