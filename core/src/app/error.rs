//! What a use case can fail at, in the user's terms, with a stable code and what to do.

use crate::chain::{EnrolError, InviteParseError};
use crate::domain::{IdParseError, Role};
use crate::evidence::ExamineError;
use crate::record::{PathError, RecordError, ValueError};
use crate::statement::FreezeError;
use crate::store::StoreError;

/// What kind of failure it is; the command line turns it into an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The answer is no (1).
    No,
    /// The input is wrong (2).
    Input,
    /// Our bug, or damage (3).
    Bug,
    /// Not possible now: no network, disk full, in use, refused by the hub (4).
    NotNow,
}

/// A failed use case. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The photo.
    #[error(transparent)]
    Photo(#[from] ExamineError),
    /// The field's name.
    #[error(transparent)]
    Path(#[from] PathError),
    /// An id.
    #[error(transparent)]
    Id(#[from] IdParseError),
    /// The field's value.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The case cannot be frozen.
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    /// The enrolment code.
    #[error(transparent)]
    Invite(#[from] InviteParseError),
    /// The hub's answer to it.
    #[error("{0}: ask for a new code and check the address")]
    Enrol(#[from] EnrolError),
    /// No hub vouched for this device yet.
    #[error("this device is not enrolled: use an enrolment code first")]
    NotEnrolled,
    /// It is enrolled already.
    #[error("this device is enrolled already, as {user}")]
    Enrolled {
        /// As whom.
        user: String,
    },
    /// No such scope here.
    #[error("there is no scope {name:?} here; this device may write in: {known}")]
    UnknownScope {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// No such case here.
    #[error("there is no case {0:?} here: list the cases, or synchronise first")]
    UnknownCase(String),
    /// No such field name in a section.
    #[error("{section} has no field {name:?}; it has: {known}")]
    UnknownField {
        /// The section.
        section: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The user's role does not include it.
    #[error("{roles} may not {what}: ask somebody whose role includes it (docs/roles.md)")]
    NotAllowed {
        /// The user's roles.
        roles: String,
        /// What was tried.
        what: String,
    },
    /// Different values stand; one is chosen by settling, not by writing over them.
    #[error("different values stand in {0}: settle it with a reason")]
    Contested(String),
    /// No signature of the case has that id.
    #[error("no one signature of this case begins with {0:?}: see show --signatures")]
    NoSignature(String),
    /// A witness is a second person on a second device.
    #[error("this device took the signature: a witness signs on a device of their own")]
    OwnSignature,
    /// The heads are of another case, or did not come here yet.
    #[error("these heads are not in this case's history here: synchronise first")]
    UnknownHeads,
    /// There is nothing to settle.
    #[error("{0} is not contested: nothing to settle")]
    NotContested(String),
    /// A settlement needs one of the values that stand.
    #[error("{got:?} is none of the values that stand: {standing}")]
    NotStanding {
        /// What was chosen.
        got: String,
        /// What stands.
        standing: String,
    },
    /// A reason is missing.
    #[error("say why: the reason becomes part of the record")]
    NoReason,
    /// One edit is larger than an envelope may be.
    #[error("this edit has {len} bytes, at most {limit} fit into one: split it")]
    EditTooLarge {
        /// Its size.
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// The photo's bytes changed while they were read.
    #[error("the photo changed while it was read: try again")]
    PhotoChanged,
}

impl From<RecordError> for AppError {
    fn from(error: RecordError) -> Self {
        Self::Store(StoreError::Record(error))
    }
}

impl AppError {
    pub(super) fn not_allowed(roles: &[Role], what: &str) -> Self {
        let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
        Self::NotAllowed {
            roles: words.join(", "),
            what: what.to_owned(),
        }
    }

    /// What kind of failure it is.
    pub const fn class(&self) -> Class {
        match self {
            Self::Store(error) => store_class(error),
            Self::Photo(ExamineError::Read(_)) | Self::Enrol(_) | Self::PhotoChanged => {
                Class::NotNow
            }
            Self::Freeze(FreezeError::Contested(_))
            | Self::Contested(_)
            | Self::NotAllowed { .. } => Class::No,
            Self::Photo(_)
            | Self::Path(_)
            | Self::Id(_)
            | Self::Value(_)
            | Self::Freeze(_)
            | Self::Invite(_)
            | Self::NotEnrolled
            | Self::Enrolled { .. }
            | Self::UnknownScope { .. }
            | Self::UnknownCase(_)
            | Self::UnknownField { .. }
            | Self::NoSignature(_)
            | Self::OwnSignature
            | Self::UnknownHeads
            | Self::NotContested(_)
            | Self::NotStanding { .. }
            | Self::NoReason
            | Self::EditTooLarge { .. } => Class::Input,
        }
    }

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => store_code(error),
            Self::Photo(error) => error.code(),
            Self::Path(_) => "unknown_path",
            Self::Id(_) => "bad_id",
            Self::Value(_) => "bad_value",
            Self::Freeze(FreezeError::Contested(_)) => "contested",
            Self::Freeze(FreezeError::NoLines) => "no_lines",
            Self::Freeze(FreezeError::Total) => "no_total",
            Self::Invite(_) => "bad_invite",
            Self::Enrol(_) => "wrong_hub",
            Self::NotEnrolled => "not_enrolled",
            Self::Enrolled { .. } => "already_enrolled",
            Self::UnknownScope { .. } => "unknown_scope",
            Self::UnknownCase(_) => "unknown_case",
            Self::UnknownField { .. } => "unknown_field",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Contested(_) => "contested",
            Self::NoSignature(_) => "no_signature",
            Self::OwnSignature => "own_signature",
            Self::UnknownHeads => "unknown_heads",
            Self::NotContested(_) => "not_contested",
            Self::NotStanding { .. } => "not_standing",
            Self::NoReason => "no_reason",
            Self::EditTooLarge { .. } => "edit_too_large",
            Self::PhotoChanged => "photo_changed",
        }
    }
}

const fn store_class(error: &StoreError) -> Class {
    match error {
        StoreError::WrongKey
        | StoreError::Newer { .. }
        | StoreError::Missing(_)
        | StoreError::Exists(_)
        | StoreError::Record(RecordError::NoRow { .. }) => Class::Input,
        StoreError::InUse | StoreError::DiskFull | StoreError::Io(_) => Class::NotNow,
        StoreError::Damaged(_)
        | StoreError::Record(_)
        | StoreError::Envelope(_)
        | StoreError::Cbor(_)
        | StoreError::Vault(_)
        | StoreError::Sql(_) => Class::Bug,
    }
}

const fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::WrongKey => "wrong_key",
        StoreError::Newer { .. } => "newer_store",
        StoreError::InUse => "in_use",
        StoreError::Missing(_) => "no_store",
        StoreError::Exists(_) => "store_exists",
        StoreError::DiskFull => "disk_full",
        StoreError::Damaged(_) => "damaged",
        StoreError::Record(RecordError::NoRow { .. }) => "unknown_row",
        StoreError::Record(_) => "record",
        StoreError::Envelope(_) | StoreError::Cbor(_) => "stored_value",
        StoreError::Vault(_) => "vault",
        StoreError::Sql(_) => "database",
        StoreError::Io(_) => "file_system",
    }
}
