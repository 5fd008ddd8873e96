//! The `lossbook` command: demo, inspect, packs, assess, check, calendar, device, office,
//! hub.
//!
//! A library so that the demonstration, the tests and the benchmarks drive the same client that
//! people do. Every command says one thing for people and one JSON object for machines; failures
//! are one line with an exit code ([`failure`]).

pub mod assess;
pub mod bundle;
pub mod calendar;
pub mod check;
pub mod corpus;
pub mod demo;
pub mod device;
pub mod driver;
pub mod failure;
pub mod host;
pub mod http;
pub mod hub;
pub mod inspect;
pub mod keyfile;
pub mod office;
pub mod packs;
pub mod positions;
pub mod scene;
pub mod words;
