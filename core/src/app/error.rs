//! What a use case can fail at, in the user's terms, with a stable code and what to do.

use crate::chain::{CertificateError, EnrolError, InviteParseError, ReferenceError, ShelfError};
use crate::domain::{Digest, IdParseError, Role};
use crate::evidence::{DeriveError, ExamineError, IndexError};
use crate::record::{PathError, RecordError, ValueError};
use crate::rules::{PackChoiceError, PackError};
use crate::statement::FreezeError;
use crate::store::StoreError;
use crate::sync::bundle::BundleError;
use crate::sync::peer::PeerError;

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
    /// The hub did not vouch for that person on this device.
    #[error(
        "the hub vouched for nobody called {name:?} on this device（本机没有该用户）; here are: {known}"
    )]
    UnknownPerson {
        /// Who was asked for.
        name: String,
        /// Who is here.
        known: String,
    },
    /// The code is of another hub than this device's.
    #[error(
        "this device belongs to another hub than the code（邀请码属于另一机构）: people of one hub share a device"
    )]
    OtherHub,
    /// The reference data.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
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
    /// The report names no contract, so nothing can be judged.
    #[error("the report names no contract: set report.contract to one of: lossbook packs")]
    NoContract,
    /// The named contract is not known here.
    #[error("contract {0:?} is not known here: see lossbook packs")]
    UnknownContract(String),
    /// The contract's packs cannot judge this case.
    #[error(transparent)]
    Pack(#[from] PackChoiceError),
    /// No shot with this number waits to be kept.
    #[error(
        "no shot with number {0} waits to be kept: open the shutter first, and keep a shot once"
    )]
    UnknownShutter(u64),
    /// Room is kept for reports, estimates and signatures.
    #[error(
        "{free} bytes are left and {needed} are needed, so that reports and signatures can still be saved: free some space, then take the photo again"
    )]
    NoRoom {
        /// What is left.
        free: u64,
        /// What the photo and the reserve need.
        needed: u64,
    },
    /// The case has no such photo here, or several.
    #[error(
        "no photo of this case, or more than one, begins with {0:?}: give more of its digest; show the case to see them"
    )]
    UnknownPhoto(String),
    /// A copy could not be made.
    #[error(transparent)]
    Copy(#[from] DeriveError),
    /// An index of looks is none.
    #[error(transparent)]
    Index(IndexError),
    /// The hub's list of rule packs.
    #[error("{0}: check the address, or ask head office")]
    Shelf(#[from] ShelfError),
    /// A list of rule packs older than the one held.
    #[error(
        "the hub gave an older list of rule packs than the one held here（规则包清单比本机的旧）: ask head office"
    )]
    ShelfOld,
    /// A pack that the hub's list does not name.
    #[error("no current rule pack has the digest {0}（当前清单中没有该规则包）: fetch it again")]
    NotOnShelf(Digest),
    /// A pack that this program cannot read.
    #[error("rule pack {name} cannot be read（规则包无法读取）: {problem}; update this program")]
    BadPack {
        /// Its id, version or digest.
        name: String,
        /// The first problem.
        problem: String,
    },
    /// A file that is no bundle for this device.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A bundle cannot be written.
    #[error("the bundle cannot be written（无法写入交换包）: {0}")]
    BundleWrite(std::io::Error),
    /// Nobody of that name can be encrypted to.
    #[error(
        "no one device here is called {name:?}（没有唯一的接收设备）: name hub, or one of: {known}"
    )]
    UnknownReceiver {
        /// What was asked for.
        name: String,
        /// Who there is.
        known: String,
    },
    /// The receiver was withdrawn.
    #[error(
        "the device of {0} was withdrawn by head office（该设备已被总部停用）: it is given nothing"
    )]
    ReceiverRevoked(String),
    /// There is nothing that all receivers may read.
    #[error(
        "there is no scope that this device and every receiver may read（没有共同可读的范围）: make a bundle to hub instead"
    )]
    NoSharedScope,
    /// The hub takes whole streams.
    #[error(
        "head office takes everything or nothing of a stream（发往总部的包不能只含部分案件）: leave --case out, or give the case to a phone"
    )]
    HubTakesAll,
    /// Parts that are too small.
    #[error("a part has at least {least} bytes（分卷过小）: give a larger --part-size")]
    PartTooSmall {
        /// The least.
        least: u64,
    },
    /// No carried bundle of that name.
    #[error("no one carried bundle begins with {0:?}（没有这样的代送包）: see carry --list")]
    UnknownCarried(String),
    /// A carried bundle whose bytes were let go of.
    #[error("the hub has {0:?}, and its bytes were let go of here（总部已收到，本机已释放）")]
    CarriedGone(String),
    /// A bundle that no hub takes in one piece.
    #[error(
        "a carried file has at most {limit} bytes（代送文件过大）: ask for parts (export --part-size)"
    )]
    CarryTooLarge {
        /// The limit.
        limit: u64,
    },
    /// A certificate that the pinned hub did not sign.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Another phone that cannot be spoken with.
    #[error(transparent)]
    Peer(#[from] PeerError),
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
    pub(super) fn bad_pack(name: String, error: &PackError) -> Self {
        let problem = error.problems.first().map(ToString::to_string);
        Self::BadPack {
            name,
            problem: problem.unwrap_or_default(),
        }
    }

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
            Self::Photo(ExamineError::Read(_) | ExamineError::Changed)
            | Self::Bundle(BundleError::Io(_))
            | Self::BundleWrite(_)
            | Self::Peer(_)
            | Self::Enrol(_)
            | Self::NoRoom { .. }
            | Self::Shelf(_)
            | Self::ShelfOld
            | Self::NotOnShelf(_)
            | Self::BadPack { .. }
            | Self::Reference(_)
            | Self::PhotoChanged => Class::NotNow,
            Self::Freeze(FreezeError::Contested(_))
            | Self::ReceiverRevoked(_)
            | Self::NoSharedScope
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
            | Self::UnknownPerson { .. }
            | Self::OtherHub
            | Self::UnknownScope { .. }
            | Self::UnknownCase(_)
            | Self::UnknownField { .. }
            | Self::NoSignature(_)
            | Self::OwnSignature
            | Self::UnknownHeads
            | Self::NotContested(_)
            | Self::NotStanding { .. }
            | Self::NoReason
            | Self::NoContract
            | Self::UnknownContract(_)
            | Self::Pack(_)
            | Self::UnknownShutter(_)
            | Self::UnknownPhoto(_)
            | Self::Copy(_)
            | Self::Index(_)
            | Self::Bundle(_)
            | Self::UnknownReceiver { .. }
            | Self::HubTakesAll
            | Self::PartTooSmall { .. }
            | Self::UnknownCarried(_)
            | Self::CarriedGone(_)
            | Self::CarryTooLarge { .. }
            | Self::Certificate(_)
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
            Self::UnknownPerson { .. } => "unknown_person",
            Self::OtherHub => "other_hub",
            Self::Reference(ReferenceError::NotByHub) => "wrong_hub",
            Self::Reference(ReferenceError::Gap { .. }) => "reference_gap",
            Self::Reference(ReferenceError::Cbor(_)) => "bad_reference",
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
            Self::NoContract => "no_contract",
            Self::UnknownContract(_) => "unknown_contract",
            Self::Pack(_) => "unknown_to_pack",
            Self::UnknownShutter(_) => "unknown_shutter",
            Self::NoRoom { .. } => "no_room",
            Self::UnknownPhoto(_) => "unknown_photo",
            Self::Copy(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Shelf(ShelfError::NotByHub) => "wrong_hub",
            Self::Shelf(ShelfError::Cbor(_)) => "bad_shelf",
            Self::ShelfOld => "shelf_old",
            Self::NotOnShelf(_) => "not_on_shelf",
            Self::BadPack { .. } => "bad_pack",
            Self::Bundle(error) => error.code(),
            Self::BundleWrite(_) => "bundle_write",
            Self::UnknownReceiver { .. } => "unknown_receiver",
            Self::ReceiverRevoked(_) => "receiver_revoked",
            Self::NoSharedScope => "no_shared_scope",
            Self::HubTakesAll => "hub_takes_all",
            Self::PartTooSmall { .. } => "part_too_small",
            Self::UnknownCarried(_) => "unknown_carried",
            Self::CarriedGone(_) => "carried_gone",
            Self::CarryTooLarge { .. } => "carry_too_large",
            Self::Certificate(_) => "bad_certificate",
            Self::Peer(error) => error.code(),
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
        | StoreError::Record(RecordError::NoRow { .. } | RecordError::Full { .. }) => Class::Input,
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
        StoreError::Record(RecordError::Full { .. }) => "case_full",
        StoreError::Record(_) => "record",
        StoreError::Envelope(_) | StoreError::Cbor(_) => "stored_value",
        StoreError::Vault(_) => "vault",
        StoreError::Sql(_) => "database",
        StoreError::Io(_) => "file_system",
    }
}
