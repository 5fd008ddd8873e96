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

mod assess;
#[cfg(test)]
mod broken;
pub mod calendar;
pub mod capital;
mod case;
mod checklist;
mod clock;
mod cover;
mod fact;
mod figure;
#[cfg(test)]
mod golden;
pub mod identity;
mod kpi;
mod naming;
mod node;
mod notice;
mod pack;
mod path;
mod pay;
mod price;
mod problem;
mod reason;
mod review;
mod section;
mod shipped;
mod stamp;
mod zone;

pub use assess::{Assessment, Judges, PackName, assess};
pub use checklist::Missing;
pub use clock::{ClockState, Running};
pub use cover::CoverAnswer;
pub use fact::{Comparison, Fact, Facts, Known, Scalar, Test, Tri};
pub use figure::{Figure, Sourced, Span};
pub use kpi::{KpiPart, share};
pub use naming::to_ids;
pub use notice::NoticeState;
pub use pack::*;
pub use path::{NoSurveyAnswer, NoSurveyResult};
pub use pay::{CoverPayable, Payable, Step};
pub use price::{PricedLine, Standing};
pub use problem::{Code, PackError, Problem};
pub use reason::Reason;
pub use review::ReviewState;
pub use shipped::{PackChoiceError, Packs, SHIPPED};
pub use stamp::Stamp;
