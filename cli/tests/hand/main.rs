//! What goes from hand to hand, with the real program: bundles, couriers, two phones side by side.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod bundles;
mod metered;
mod peers;
mod stage;
