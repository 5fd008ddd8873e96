//! Lossbook for apps. [`Lossbook`] is an open device home; its methods are what a screen needs, one
//! or two calls each. Kotlin, Swift and Python are generated from here.
//!
//! Input: texts and paths from the app, and what its platform lends ([`HostParts`]: keys, clock,
//! place). Output: records to show (`…View`, [`CaseScreen`]), and one error, [`LossbookError`], with
//! a variant for each thing an app can do. Photos cross as paths, never as bytes; money crosses as
//! fen with its text, so that no app computes.
//!
//! Every method blocks and may be called from any thread but the one that draws. A method that
//! writes returns when its work survives a power cut. Traits of the host are called on the calling
//! thread and must not call back; an [`Observer`] may, for it is called when nothing is held.
//!
//! Refuses: to decide. Rules, rights and sums are `lossbook_core`'s; transport, camera and screens
//! are the app's.
#![forbid(unsafe_code)]

mod body;
mod bundles;
mod cancel;
mod cases;
mod edits;
mod error;
mod functions;
mod home;
mod host;
mod keys;
mod lossbook;
mod observer;
mod outside;
mod people;
mod photos;
mod refresh;
mod run;
mod signing;
mod sync;
mod view;
mod words;

pub use bundles::{CarriedView, ExportedBundle, ImportedBundle, NewBundle, ReceiverView};
pub use cancel::Cancellation;
pub use edits::{FieldEdit, NewReport, SavedCase};
pub use error::LossbookError;
pub use functions::{
    FieldCheck, Verdict, Versions, assess, capital, check_field, home_exists, inspect_photo,
    versions,
};
pub use host::{
    ClockReading, DecodedPicture, HostClock, HostError, HostKeyStore, HostLocation, HostLog,
    HostParts, HostPictures, HostRandom, HostRoom, LogLevel, LogLine, PlaceFix,
};
pub use lossbook::Lossbook;
pub use observer::{Attention, AttentionKind, Observer};
pub use outside::OutsideView;
pub use people::{DeviceStatus, PersonView, ScopeView};
pub use photos::{AddedPhoto, FreedView, NewPhoto, PhotoOrigin, SeenView, Shutter};
pub use run::SyncRun;
pub use signing::{
    InkPoint, InkStroke, NewSignature, SignAct, SignedView, StatementView, StatementWish,
};
pub use sync::{
    BodyStyle, CaseLeftView, HostTransport, HubAnswer, HubBody, HubHeader, HubRequest, LinkSpeed,
    LinkState, Originals, SyncEnd, SyncNoteView, SyncOptions, SyncOutcome, SyncPhase, SyncProgress,
    SyncTask, TransportError, TransportFailure,
};
pub use view::*;
pub use words::Words;

uniffi::setup_scaffolding!();
