//! Rules as data: what a contract insures, pays, asks for, and when.
//!
//! A [`Pack`] is one contract; [`assess`] judges a case ([`crate::domain::facts::CaseFacts`]) by it
//! and says why. Input: packs (shipped in `core/packs` or received by digest) and case facts.
//! Output: an [`Assessment`] with findings, payable and its steps, paths, clocks and what is
//! missing. Phone and hub run this same code: same input, same answer, in any machine's zone.
//!
//! Kept here: integer fen throughout; every number comes from a pack with its source; a blank
//! starts no clock and takes nothing off, and a blank limit asks head office. Contested values
//! give ranges, and a range is never under a limit unless all of it is.
//!
//! Refuses: clocks, zones of the host, and defaults for what a contract leaves open.

pub mod calendar;
pub mod capital;
mod fact;
mod figure;
pub mod identity;
mod node;
mod pack;
mod problem;
mod section;

pub use fact::{Comparison, Fact, Facts, Known, Scalar, Test, Tri};
pub use figure::{Figure, Sourced, Span};
pub use pack::*;
pub use problem::{Code, PackError, Problem};
