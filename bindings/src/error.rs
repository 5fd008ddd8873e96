//! The one error of the apps: a variant for each thing that an app can do about it.
//!
//! [`LossbookError::of`] maps every failure of the core, by name and without a wildcard. Words come
//! from [`Words`]; no dependency's text crosses, and none of what the user typed.

use std::sync::atomic::{AtomicU64, Ordering};

use lossbook_core::app::AppError;
use lossbook_core::chain::ReferenceError;
use lossbook_core::evidence::ExamineError;
use lossbook_core::record::RecordError;
use lossbook_core::statement::FreezeError;
use lossbook_core::store::StoreError;
use lossbook_core::sync::bundle::BundleError;
use lossbook_core::sync::peer::PeerError;

use crate::words::Words;

/// What went wrong, by what the app can do about it. `code` is stable and for programs; `zh` and
/// `en` are sentences for people and hold nothing private.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum LossbookError {
    /// Something typed or chosen is wrong: show it, at the field if one is named.
    #[error("{code}: {en}")]
    InvalidInput {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// The field or argument, if it is one.
        field: Option<String>,
    },
    /// It is not here: refresh what is shown.
    #[error("{code}: {en}")]
    NotFound {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// `case`, `photo`, `signature`, `home`, `person`, `scope`, `pack`, `row`, `bundle` or `receiver`.
        kind: String,
        /// What was asked for.
        id: String,
    },
    /// Something else comes first: say what.
    #[error("{code}: {en}")]
    WrongState {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// `open`, `enrol`, `new_code`, `settle`, `price`, `contract`, `show_again`, `wait` or `other`.
        needs: String,
    },
    /// The user's role does not include it.
    #[error("{code}: {en}")]
    NotAllowed {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// The key store is locked: unlock it and try again.
    #[error("{code}: {en}")]
    Locked {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// There is no room: let the user free some. Nothing of the attempt is kept.
    #[error("{code}: {en}")]
    StorageFull {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// What is needed, if known.
        needed_bytes: Option<u64>,
        /// What is left, if known.
        free_bytes: Option<u64>,
    },
    /// The data here are damaged: delete nothing and start the guided rescue.
    #[error("{code}: {en}")]
    StorageDamaged {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// `keep_folder_and_export`, or `ask_head_office` if the key is gone.
        salvage: String,
    },
    /// A newer app made it: ask for an update. Nothing was touched.
    #[error("{code}: {en}")]
    MadeByNewerApp {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// Its version, if known.
        version: Option<u32>,
    },
    /// Not now: wait and try again.
    #[error("{code}: {en}")]
    TryLater {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// How long to wait at least.
        after_ms: u64,
    },
    /// Head office, or the other phone, refused: show it.
    #[error("{code}: {en}")]
    Refused {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// The user stopped it. Nothing half-done is kept.
    #[error("{code}: {en}")]
    Cancelled {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
    },
    /// Our fault: apologise, and offer to send the log, where it stands under this incident.
    #[error("{code}: {en} ({incident})")]
    Internal {
        /// Stable.
        code: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// Names it in the log.
        incident: String,
    },
}

/// How long to wait before something that is in use is tried again.
const SHORTLY_MS: u64 = 1_000;
/// How long to wait before the hub is asked again.
const LATER_MS: u64 = 30_000;

impl LossbookError {
    pub(crate) fn input(code: &str, field: Option<&str>) -> Self {
        let Words { code, zh, en } = Words::of(code);
        let field = field.map(ToOwned::to_owned);
        Self::InvalidInput {
            code,
            zh,
            en,
            field,
        }
    }

    pub(crate) fn not_found(code: &str, kind: &str, id: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        let (kind, id) = (kind.to_owned(), id.to_owned());
        Self::NotFound {
            code,
            zh,
            en,
            kind,
            id,
        }
    }

    pub(crate) fn wrong_state(code: &str, needs: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        let needs = needs.to_owned();
        Self::WrongState {
            code,
            zh,
            en,
            needs,
        }
    }

    pub(crate) fn not_allowed(code: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        Self::NotAllowed { code, zh, en }
    }

    pub(crate) fn locked(code: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        Self::Locked { code, zh, en }
    }

    pub(crate) fn full(code: &str, needed_bytes: Option<u64>, free_bytes: Option<u64>) -> Self {
        let Words { code, zh, en } = Words::of(code);
        Self::StorageFull {
            code,
            zh,
            en,
            needed_bytes,
            free_bytes,
        }
    }

    pub(crate) fn damaged(code: &str, salvage: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        let salvage = salvage.to_owned();
        Self::StorageDamaged {
            code,
            zh,
            en,
            salvage,
        }
    }

    pub(crate) fn newer(code: &str, version: Option<u32>) -> Self {
        let Words { code, zh, en } = Words::of(code);
        Self::MadeByNewerApp {
            code,
            zh,
            en,
            version,
        }
    }

    pub(crate) fn later(code: &str, after_ms: u64) -> Self {
        let Words { code, zh, en } = Words::of(code);
        Self::TryLater {
            code,
            zh,
            en,
            after_ms,
        }
    }

    pub(crate) fn refused(code: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        Self::Refused { code, zh, en }
    }

    pub(crate) fn cancelled() -> Self {
        let Words { code, zh, en } = Words::of("cancelled");
        Self::Cancelled { code, zh, en }
    }

    pub(crate) fn internal(code: &str) -> Self {
        let Words { code, zh, en } = Words::of(code);
        let incident = incident();
        Self::Internal {
            code,
            zh,
            en,
            incident,
        }
    }

    /// The failure of a use case.
    pub(crate) fn of(error: &AppError) -> Self {
        let code = error.code();
        match error {
            AppError::Store(error) => of_store(error, code),
            AppError::Photo(error) => of_photo(error, code),
            AppError::Bundle(error) => of_bundle(error, code),
            AppError::Peer(error) => of_peer(error, code),
            AppError::Freeze(FreezeError::Contested(_)) | AppError::Contested(_) => {
                Self::wrong_state(code, "settle")
            }
            AppError::Freeze(FreezeError::NoLines | FreezeError::Total) => {
                Self::wrong_state(code, "price")
            }
            AppError::Path(_) | AppError::Id(_) | AppError::Value(_) => Self::input(code, None),
            AppError::UnknownField { name, .. } => Self::input(code, Some(name)),
            AppError::NotStanding { .. } => Self::input(code, Some("chosen")),
            AppError::NoReason => Self::input(code, Some("reason")),
            AppError::EditTooLarge { .. } | AppError::Copy(_) | AppError::Index(_) => {
                Self::input(code, None)
            }
            AppError::PartTooSmall { .. } => Self::input(code, Some("part_bytes")),
            AppError::HubTakesAll => Self::input(code, Some("cases")),
            AppError::UnknownShutter(_) => Self::input(code, Some("shutter")),
            AppError::CarryTooLarge { .. } => Self::input(code, Some("path")),
            AppError::UnknownPerson { name, .. } => Self::not_found(code, "person", name),
            AppError::UnknownScope { name, .. } => Self::not_found(code, "scope", name),
            AppError::UnknownCase(name) => Self::not_found(code, "case", name),
            AppError::NoSignature(name) => Self::not_found(code, "signature", name),
            AppError::UnknownPhoto(name) => Self::not_found(code, "photo", name),
            AppError::UnknownContract(name) => Self::not_found(code, "pack", name),
            AppError::UnknownReceiver { name, .. } => Self::not_found(code, "receiver", name),
            AppError::UnknownCarried(name) | AppError::CarriedGone(name) => {
                Self::not_found(code, "bundle", name)
            }
            AppError::NotOnShelf(digest) => Self::not_found(code, "pack", &digest.to_hex()),
            AppError::UnknownHeads => Self::not_found(code, "case", ""),
            AppError::NotEnrolled => Self::wrong_state(code, "enrol"),
            AppError::Invite(_) => Self::wrong_state(code, "new_code"),
            AppError::NoContract | AppError::Pack(_) => Self::wrong_state(code, "contract"),
            AppError::Enrolled { .. }
            | AppError::OtherHub
            | AppError::OwnSignature
            | AppError::NotContested(_)
            | AppError::NoSharedScope => Self::wrong_state(code, "other"),
            AppError::NotAllowed { .. } | AppError::ReceiverRevoked(_) => Self::not_allowed(code),
            AppError::NoRoom { free, needed } => Self::full(code, Some(*needed), Some(*free)),
            AppError::BundleWrite(error) => of_io(error, code),
            AppError::PhotoChanged => Self::later(code, SHORTLY_MS),
            AppError::Reference(ReferenceError::Gap { .. }) => Self::later(code, LATER_MS),
            AppError::Reference(ReferenceError::NotByHub | ReferenceError::Cbor(_))
            | AppError::Enrol(_)
            | AppError::Shelf(_)
            | AppError::ShelfOld
            | AppError::Certificate(_) => Self::refused(code),
            AppError::BadPack { .. } => Self::newer(code, None),
        }
    }
}

fn of_store(error: &StoreError, code: &str) -> LossbookError {
    match error {
        StoreError::WrongKey => LossbookError::locked(code),
        StoreError::Newer { found, .. } => LossbookError::newer(code, u32::try_from(*found).ok()),
        StoreError::InUse | StoreError::Io(_) => LossbookError::later(code, SHORTLY_MS),
        StoreError::Missing(_) => LossbookError::not_found(code, "home", ""),
        StoreError::Exists(_) => LossbookError::wrong_state(code, "open"),
        StoreError::DiskFull => LossbookError::full(code, None, None),
        StoreError::Record(RecordError::NoRow { row, .. }) => {
            LossbookError::not_found(code, "row", &row.to_string())
        }
        StoreError::Record(RecordError::Full { .. }) => LossbookError::wrong_state(code, "other"),
        StoreError::Damaged(_) | StoreError::Vault(_) => {
            LossbookError::damaged(code, "keep_folder_and_export")
        }
        StoreError::Record(_)
        | StoreError::Envelope(_)
        | StoreError::Cbor(_)
        | StoreError::Sql(_) => LossbookError::internal(code),
    }
}

fn of_photo(error: &ExamineError, code: &str) -> LossbookError {
    match error {
        ExamineError::Empty | ExamineError::NotAPhoto | ExamineError::TooLarge { .. } => {
            LossbookError::input(code, Some("path"))
        }
        ExamineError::Changed => LossbookError::later(code, SHORTLY_MS),
        ExamineError::Read(_) => LossbookError::input(code, Some("path")),
    }
}

fn of_bundle(error: &BundleError, code: &str) -> LossbookError {
    match error {
        BundleError::NotABundle | BundleError::NotForUs | BundleError::OtherContent => {
            LossbookError::input(code, Some("path"))
        }
        BundleError::Newer(version) => LossbookError::newer(code, Some(u32::from(*version))),
        BundleError::NewerAge(_) => LossbookError::newer(code, None),
        BundleError::OtherHub
        | BundleError::UnknownSender
        | BundleError::Unsigned
        | BundleError::Revoked { .. } => LossbookError::refused(code),
        BundleError::Io(error) => of_io(error, code),
    }
}

fn of_peer(error: &PeerError, code: &str) -> LossbookError {
    match error {
        PeerError::Newer(version) => LossbookError::newer(code, Some(u32::from(*version))),
        PeerError::NotAPeer
        | PeerError::OtherHub
        | PeerError::Handshake
        | PeerError::Unknown { .. }
        | PeerError::Revoked { .. }
        | PeerError::Ourselves
        | PeerError::Refused { .. }
        | PeerError::Malformed => LossbookError::refused(code),
        PeerError::Store(_) => LossbookError::later(code, SHORTLY_MS),
    }
}

/// What the file system says about a file of the app.
pub(crate) fn of_io(error: &std::io::Error, code: &str) -> LossbookError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        LossbookError::full("disk_full", None, None)
    } else if error.kind() == std::io::ErrorKind::AlreadyExists {
        LossbookError::input("file_exists", Some("path"))
    } else {
        LossbookError::input(code, Some("path"))
    }
}

/// Names a fault in the log: the process and a count.
fn incident() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{count:x}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::known;

    /// The files in which the core names its failures.
    const SOURCES: &[&str] = &[
        include_str!("../../core/src/app/error.rs"),
        include_str!("../../core/src/evidence.rs"),
        include_str!("../../core/src/evidence/derive.rs"),
        include_str!("../../core/src/evidence/lookalike.rs"),
        include_str!("../../core/src/evidence/problem.rs"),
        include_str!("../../core/src/sync/bundle/read.rs"),
        include_str!("../../core/src/sync/peer.rs"),
    ];

    /// The words in quotes behind the arrows of a `code` function.
    fn codes(source: &str) -> impl Iterator<Item = &str> {
        source.lines().filter_map(|line| {
            let (_, word) = line.split_once("=> \"")?;
            let (word, _) = word.split_once('"')?;
            let is_code = word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            is_code.then_some(word)
        })
    }

    #[test]
    fn every_code_of_the_core_has_words() {
        let all: Vec<&str> = SOURCES.iter().flat_map(|source| codes(source)).collect();
        assert!(
            all.len() > 100,
            "{} codes: are they where they were?",
            all.len()
        );
        let lacking: Vec<&&str> = all.iter().filter(|code| known(code).is_none()).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
    }

    #[test]
    fn a_full_disk_a_newer_store_and_a_locked_key_are_told_apart() {
        let full = LossbookError::of(&AppError::NoRoom { free: 1, needed: 2 });
        assert!(matches!(
            full,
            LossbookError::StorageFull {
                needed_bytes: Some(2),
                free_bytes: Some(1),
                ..
            }
        ));
        let newer = LossbookError::of(&AppError::Store(StoreError::Newer { found: 9, known: 6 }));
        assert!(matches!(
            newer,
            LossbookError::MadeByNewerApp {
                version: Some(9),
                ..
            }
        ));
        let key = LossbookError::of(&AppError::Store(StoreError::WrongKey));
        assert!(matches!(key, LossbookError::Locked { ref code, .. } if code == "wrong_key"));
    }

    #[test]
    fn what_the_user_typed_is_no_part_of_the_words() {
        let error = LossbookError::of(&AppError::NotStanding {
            got: "张三".to_owned(),
            standing: "李四".to_owned(),
        });
        let text = error.to_string();
        assert!(!text.contains("张三") && !text.contains("李四"), "{text}");
    }
}
