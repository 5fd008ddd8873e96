//! The engine against a small hub and a small store, both of which do as they are told.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one case and passes over the others"
)]

mod blobs;
mod hub;
mod rules;
mod storm;
mod world;
