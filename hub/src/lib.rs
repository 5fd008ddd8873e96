//! The head-office hub: takes in what phones recorded, gives back what others wrote, decides.
//!
//! Phones come over HTTP ([`serve`]); their envelopes go through the same gate and the same store
//! as on a phone, their photos through [`blobs`] into an object store; people of the office use
//! [`office`] and a plain page. The command line opens a [`Hub`] in a directory.
//!
//! Invariants: one process serves a directory at a time; the hub's private key lies in the
//! encrypted store and nowhere else; logs hold ids and counts only.
//!
//! Refuses: plain HTTP beyond this machine, and to judge evidence otherwise than a phone would.

pub mod account;
pub mod admin;
mod alike;
pub mod api;
pub mod backup;
pub mod blobs;
mod bundle;
pub mod catalogue;
pub mod check;
pub mod closing;
mod console;
pub mod derived;
pub mod desk;
pub mod enrol;
pub mod exchange;
pub mod export;
mod host;
mod http;
mod hub;
mod key;
pub mod kpi;
mod mac;
pub mod meta;
pub mod no_survey;
pub mod office;
mod page;
pub mod paper;
pub mod press;
mod pulse;
mod readers;
pub mod reference;
pub mod refusal;
pub mod register;
pub mod report;
pub mod retention;
pub mod rights;
pub mod risk;
pub mod role;
mod serve;
pub mod shelf;
pub mod sight;
pub mod staff;
pub mod table;
pub mod token;

pub use host::SystemHost;
pub use hub::{Hub, HubError};
pub use key::HubKey;
pub use serve::{ServeConfig, Serving, Tiles, TlsFiles, routes, serve};

#[cfg(test)]
mod tests;
