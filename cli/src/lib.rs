//! The `lossbook` command: demo, inspect, device, office, hub.

pub mod inspect;
pub mod scene;
