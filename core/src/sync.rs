//! The exchange with a hub: frames, and the pure state machine that decides what to send next.
//!
//! Events come from the host's driver (answers, timers, what the store committed); effects go
//! back to it (requests, transactions, timers). Knows no store and no transport.
//!
//! Refuses: to read a clock, to open a socket, to remember anything that the store does not hold.

pub mod frame;
