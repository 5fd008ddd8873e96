//! The compression dictionary of pages, built in and versioned in the protocol.
//!
//! Made by `cargo xtask dictionary` from generated cases; a released version never changes, and a
//! receiver that does not know one says so and gets the page without.

/// The version that is written.
pub const NEWEST: u8 = 1;

/// The bytes of a version, if this build knows it.
pub const fn dictionary(version: u8) -> Option<&'static [u8]> {
    match version {
        1 => Some(include_bytes!("../../dict/page-1.zstd-dictionary")),
        _ => None,
    }
}
