//! The exchange with a hub: frames, and the pure state machine that decides what to send next.
//!
//! Events come from the host's driver (answers, timers, what the store committed); effects go
//! back to it (requests, transactions, timers). The driver owns one [`Engine`], executes every
//! [`Effect`] in order and feeds back what came of it as an [`Event`]; it decides nothing.
//!
//! Invariants: at most one request is in flight; every event is legal in every state; nothing is
//! remembered that the store does not hold, so [`Event::Start`] always begins by loading; a
//! request that builds on a transaction is made only after that was stored; a page that is cut is
//! dropped whole; the hub's mark, never this memory, says what has arrived.
//!
//! Refuses: to read a clock, to open a socket, to draw randomness, to sign. Knows no store and no
//! transport: `app` cuts and seals runs and commits, the host's client moves the bytes.
//!
//! ```
//! use lossbook_core::domain::DeviceId;
//! use lossbook_core::sync::{Effect, Engine, Event, StateName};
//! let mut engine = Engine::new(DeviceId::from_bytes([1; 16]), 7);
//! let effects = engine.step(0, Event::Start);
//! assert!(matches!(effects.first(), Some(Effect::Load { .. })), "the token of an earlier run");
//! assert_eq!(engine.state(), StateName::Auth);
//! ```

mod answer;
mod auth;
pub mod bundle;
mod effect;
mod engine;
mod event;
mod exchange;
pub mod frame;
mod pace;
pub mod peer;
mod phase;
mod push_pull;
#[cfg(test)]
mod tests;
mod upload;
mod wire;

pub use effect::{
    Block, Body, Effect, LoadRequest, Method, Progress, Recovery, Report, Request, StateName, Txn,
};
pub use engine::Engine;
pub use event::{
    BlobJob, BlobLoad, Event, ExchangeLoad, Failure, Incoming, Link, LinkClass, Loaded, OpId,
    Originals, Outgoing, Policy, RequestId, SavedToken, StoreFailure, Waiting,
};
