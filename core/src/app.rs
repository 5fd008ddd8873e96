//! Use cases: the only room that composes the others. A phone app, the command line and the hub
//! call these; each is one transaction.
//!
//! [`Device`] is a phone: it reports, edits, photographs, settles, signs and shows, offline. The
//! driver of a host moves bytes for [`Device::perform`], which executes what the sync engine asks.
//! [`office`] judges what head office wants to decide, for the hub.
//!
//! Invariants: "saved" means committed; an edit is one change in one envelope; nothing is sent
//! before its commit.
//!
//! Refuses: transport, screens, and every figure that belongs to a contract.

mod assess;
mod body;
pub mod bundle;
mod capture;
mod copies;
mod device;
mod edit;
mod error;
mod exchange;
mod fence;
mod findings;
mod history;
mod lookalike;
pub mod office;
mod packs;
mod peer;
mod people;
mod preview;
mod quarantine;
mod recording;
mod reference;
mod room;
mod scopes;
mod settle;
mod shutter;
mod sign;
mod sync_log;
#[cfg(test)]
mod tests;
mod view;

pub use assess::Judged;
pub use capture::{AddedPhoto, NewPhoto, Taken};
pub use copies::CopyFor;
pub use device::Device;
pub use edit::RowEdit;
pub use error::{AppError, Class};
pub use history::{Correction, Event, HubView, Ledgers, News, ReturnedField, returned};
pub use lookalike::SeenBefore;
pub use packs::{HeldPack, PackStanding, packs_in_force};
pub use peer::PhonePeer;
pub use people::PersonHere;
pub use preview::PREVIEWS_AT_ONCE;
pub use quarantine::{Outside, QUARANTINE_FORMAT};
pub use recording::{AddedRecording, NewRecording};
pub use reference::{Known, ReferenceTable, TakenReference, check_row, table};
pub use room::{FreePolicy, Freed, PHOTO_BUDGET, PhotoBudget, RESERVE_BYTES};
pub use shutter::OpenedShutter;
pub use sign::{NewSignature, Signed, SignerClaims, StatementPacket};
pub use sync_log::{SyncEnd, SyncNote};
pub use view::{AtHub, CaseView, ContestedField, SeenPhoto, WrittenBy};
