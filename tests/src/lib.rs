//! What the integration tests, benchmarks and bindings share.
//!
//! [`source`] reads Rust files and finds the paths they name, so that a test can hold the crates to
//! the arrows between their rooms. [`cases`] makes random cases of a contract from a seed, and
//! [`vectors`] a thousand of them with their assessments. [`bulk`] copies a hub's cases. [`field`] makes field work with a phone,
//! [`wire`] keeps every page of its exchanges with a hub, and [`proxy`] counts bytes on loopback. Nothing here passes or fails by itself.
//! Not shipped to anyone.

pub mod bulk;
pub mod cases;
pub mod field;
pub mod proxy;
pub mod source;
pub mod vectors;
pub mod wire;
