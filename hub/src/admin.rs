//! The operator's commands: short, also beside a hub that is being served.
//!
//! The command line opens the hub with [`Hub::open_beside`] and runs one [`Command`]; the store
//! keeps the two processes apart. Where a hub is served stands in `DIR/serving`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::enrol::NewInvite;
use crate::hub::Hub;
use crate::refusal::Refusal;

/// Name of the file in which a served hub says where it listens.
pub(crate) const SERVING_FILE: &str = "serving";

/// What an operator wants.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// An enrolment code.
    Invite {
        /// Where the phone reaches the hub; the address it listens on if absent.
        url: Option<String>,
        /// liaison, surveyor or auditor.
        role: String,
        /// Name of the scope.
        scope: String,
        /// Who the person is.
        user: String,
    },
    /// An office user.
    AddUser {
        /// The name.
        name: String,
    },
    /// A scope.
    AddScope {
        /// The name.
        name: String,
    },
    /// Puts a rule pack on the shelf.
    AddPack {
        /// Its TOML text.
        text: String,
        /// TOML text with values for its blanks.
        settings: Option<String>,
    },
    /// Takes a version of a rule pack off the shelf.
    RetirePack {
        /// The pack's id.
        id: String,
        /// Which version.
        version: String,
    },
    /// The rule packs that are held.
    ListPacks,
    /// A new one-time link to the page.
    Link,
    /// What the hub holds.
    Status,
}

/// What a hub holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The hub's id.
    pub hub: String,
    /// Digest of its public key.
    pub hub_key: String,
    /// Names of its scopes.
    pub scopes: Vec<String>,
    /// Names of its office users.
    pub users: Vec<String>,
    /// Cases.
    pub cases: u64,
    /// Photos on their way in.
    pub uploads: u64,
    /// Verified photos and thumbnails.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Enrolment codes that can still be used.
    pub open_invites: u64,
}

/// Where the hub in this directory is being served, if it says so.
pub fn serving_at(dir: &Path) -> Option<String> {
    let url = std::fs::read_to_string(dir.join(SERVING_FILE)).ok()?;
    Some(url.trim().to_owned()).filter(|url| !url.is_empty())
}

impl Hub {
    /// Does one command; the answer is JSON for people and programs.
    ///
    /// # Errors
    /// As the command's own function, and `BAD_ROLE`.
    pub fn run(&self, command: Command) -> Result<Value, Refusal> {
        match command {
            Command::Invite {
                url,
                role,
                scope,
                user,
            } => {
                let role = role
                    .parse()
                    .map_err(|error: lossbook_core::domain::UnknownRole| {
                        Refusal::new(400, "BAD_ROLE", error.to_string())
                    })?;
                let url = url.or_else(|| serving_at(self.dir())).ok_or_else(|| {
                    Refusal::new(
                        400,
                        "NO_URL",
                        "say where phones reach the hub (--url), or serve it first",
                    )
                })?;
                let invite = self.invite(NewInvite {
                    url,
                    role,
                    scope,
                    user,
                })?;
                Ok(json!({ "invite": invite.to_string() }))
            }
            Command::AddUser { name } => {
                Ok(json!({ "token": self.add_user(&name)?, "name": name }))
            }
            Command::AddScope { name } => {
                let id = self.add_scope(&name)?;
                Ok(json!({ "scope": id.to_string(), "name": name }))
            }
            Command::Link => Ok(json!({ "path": self.make_page_link()? })),
            Command::AddPack { text, settings } => {
                to_json(&self.add_pack(&text, settings.as_deref())?)
            }
            Command::RetirePack { id, version } => {
                self.retire_pack(&id, &version)?;
                Ok(json!({ "id": id, "version": version, "standing": "retired" }))
            }
            Command::ListPacks => Ok(json!({ "packs": to_json(&self.packs()?)? })),
            Command::Status => to_json(&self.status()?),
        }
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| Refusal::new(500, "INTERNAL", error.to_string()))
}
