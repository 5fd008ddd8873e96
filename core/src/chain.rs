//! One chain: everything a device produces leaves as a signed, hash-chained, gap-free envelope.
//!
//! Drafts come from `app`; [`append`] turns them into envelopes of a stream; a [`Seal`] over the
//! newest header signs every envelope before it through the chain. Runs from outside (hub, phone,
//! later a bundle) enter through the [`gate`], which both sides share, and are taken in by
//! [`ingest`] through the [`Ledger`] that a store implements.
//!
//! Invariants: `seq` starts at 1 and has no gap; `prev` is the digest of the previous header; a
//! body is bound by its digest, so it can be missing and the chain still verifies; a receiver
//! takes whole runs only, so its mark always stands on a seal.
//!
//! Refuses: to store, to send, to judge figures, and to drop anything silently: what cannot be
//! taken is parked, quarantined or refused with a code.

mod append;
mod body;
mod envelope;
pub mod gate;
pub mod ingest;
mod invite;
mod key;
mod ledger;
mod reference;
mod shelf;
pub mod short;
mod token;

pub use append::{Draft, Tip, append, seal_tip};
pub use body::{
    AclBody, AuditBody, BlobRole, CarriedBundle, ClaimBody, EndMode, FixBody, KeyBody, KeyReason,
    MomentBody, Origin, PhotoBody, PurgeBody, ReceiptBody, ScopeEnd, StreamEnd, UnknownMode,
};
pub use envelope::{
    Envelope, EnvelopeError, Header, Kind, MAX_BODY_BYTES, MAX_ENVELOPE_BYTES, MAX_RUN_BYTES, Run,
    Seal, Seen, StreamId, Subject,
};
pub use invite::{
    EnrolAnswer, EnrolError, EnrolRequest, Invite, InviteParseError, InviteSecret, ScopeName,
};
pub use key::{Certificate, CertificateError, DeviceKey, KeyId, PublicKey, SignedCertificate};
pub use ledger::{Author, ChangeEntry, Ledger, Mark, ParkedChange, Person};
pub use reference::{
    EVERYWHERE, Reference, ReferenceAnswer, ReferenceError, ReferenceItem, SignedReference,
    reference_tag,
};
pub use shelf::{Shelf, ShelfEntry, ShelfError, SignedShelf};
pub use token::{NonceAnswer, NonceRequest, RefusalAnswer, TokenAnswer, TokenRequest};
