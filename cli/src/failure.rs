//! One line for a failure: what, where, how to mend it; and the exit code.
//!
//! 0 done, 1 the answer is no, 2 bad input, 3 our bug, 4 not possible now.

use std::path::Path;

use lossbook_core::app::{AppError, Class};
use lossbook_core::store::StoreError;
use serde_json::json;

/// A failed command.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub exit: i32,
    /// A stable word.
    pub code: String,
    /// One line.
    pub message: String,
}

impl Failure {
    /// Bad input (2).
    pub fn input(code: &str, message: impl Into<String>) -> Self {
        Self {
            exit: 2,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// The answer is no (1).
    pub fn no(code: &str, message: impl Into<String>) -> Self {
        Self {
            exit: 1,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// Not possible now (4).
    pub fn not_now(code: &str, message: impl Into<String>) -> Self {
        Self {
            exit: 4,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// Our bug (3).
    pub fn bug(code: &str, message: impl Into<String>) -> Self {
        Self {
            exit: 3,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// With the place in front, unless the message names it.
    #[must_use]
    pub fn at(mut self, place: &Path) -> Self {
        let place = crate::inspect::harmless(&place.display().to_string());
        if !self.message.contains(&place) {
            self.message = format!("{place}: {}", self.message);
        }
        self
    }

    /// For machines.
    pub fn to_json(&self) -> serde_json::Value {
        json!({"ok": false, "error": {"code": self.code, "message": self.message}})
    }
}

/// How the user mends what a library can only name.
fn advice(error: &AppError) -> &'static str {
    let AppError::Store(error) = error else {
        return "";
    };
    match error {
        StoreError::WrongKey => ": give the key file this store was made with (--key FILE)",
        StoreError::InUse => ": wait until the other command has ended, then try again",
        StoreError::DiskFull => ": free some space and try again; nothing was changed",
        StoreError::Missing(_) => ": make one with `init`, or check --home",
        StoreError::Exists(_) => ": choose another folder, or use this one without `init`",
        StoreError::Damaged(_) => {
            ": keep the folder as it is and ask for help; nothing was changed"
        }
        StoreError::Newer { .. }
        | StoreError::Record(_)
        | StoreError::Envelope(_)
        | StoreError::Cbor(_)
        | StoreError::Vault(_)
        | StoreError::Sql(_)
        | StoreError::Io(_) => "",
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let exit = match error.class() {
            Class::No => 1,
            Class::Input => 2,
            Class::Bug => 3,
            Class::NotNow => 4,
        };
        Self {
            exit,
            code: error.code().to_owned(),
            message: format!("{error}{}", advice(&error)),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::from(AppError::Store(error))
    }
}
