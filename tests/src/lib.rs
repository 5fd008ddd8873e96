//! What the integration tests share.
//!
//! For now that is one thing: [`source`] reads Rust files and finds the paths they name, so that a
//! test can hold the crates to the arrows between their rooms. Input: source text. Output: values
//! for a test to judge; nothing here passes or fails by itself. Not shipped to anyone.

pub mod source;
