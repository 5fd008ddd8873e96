//! The engine against a small hub and a small store, both of which do as they are told.

mod blobs;
mod rules;
mod storm;
mod world;
