//! The operator's commands: short, also beside a hub that is being served.
//!
//! The command line opens the hub with [`Hub::open_beside`] and runs one [`Command`]; the store
//! keeps the two processes apart. Where a hub is served stands in `DIR/serving`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use lossbook_core::app::Outside;
use lossbook_core::chain::{EndMode, UnknownMode};

use crate::api;
use crate::desk;
use crate::enrol::NewInvite;
use crate::hub::Hub;
use crate::meta::in_tx;
use crate::reference::{self, LooksOf};
use crate::refusal::Refusal;
use crate::retention;
use crate::rights::{self, ScopeChange};

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
        /// What they are; a new user is a reviewer if nothing is said.
        #[serde(default)]
        roles: Vec<String>,
        /// Names of the scopes they see; all if none is named.
        #[serde(default)]
        scopes: Vec<String>,
        /// `console` to let them sign in there, by a password that is printed once.
        #[serde(default)]
        way_in: Option<String>,
    },
    /// Makes everything the console's queues read anew, after a rule pack changed.
    RebuildDesk,
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
    /// Every device with the people on it.
    ListDevices,
    /// Withdraws a device for good.
    Revoke {
        /// Its id, the beginning of it, or its user.
        device: String,
        /// `keep-own` or `purge`.
        mode: String,
    },
    /// Gives scopes to a device and takes others from it.
    ChangeScopes {
        /// Its id, the beginning of it, or its user.
        device: String,
        /// Of whom on it; of everybody if absent.
        user: Option<String>,
        /// Names of scopes it gets.
        add: Vec<String>,
        /// Names of scopes it loses.
        remove: Vec<String>,
        /// `keep-own` or `purge`.
        mode: String,
    },
    /// Makes a reference table hold exactly these rows.
    PutReference {
        /// Its name.
        table: String,
        /// Of which scope; of all if absent.
        scope: Option<String>,
        /// Its rows by key.
        rows: Vec<(String, Value)>,
    },
    /// The reference tables.
    ListReference,
    /// Whose photos devices can find again: of their own scopes, or of all.
    ShowLooks {
        /// `own` or `all`.
        of: String,
    },
    /// What is kept outside the record; written to a file if one is named.
    Quarantine {
        /// Which file.
        export: Option<PathBuf>,
    },
    /// A new one-time link to the page.
    Link,
    /// What the hub holds.
    Status,
    /// What reached the end of the time for which it must be kept.
    ListRetention,
    /// Programs of the insurer.
    Integration {
        /// What to do with them.
        order: IntegrationOrder,
    },
}

/// What an operator wants with programs of the insurer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum IntegrationOrder {
    /// Let one in, by a token that is shown once.
    Add {
        /// Its name.
        name: String,
        /// What it may do.
        roles: Vec<String>,
        /// Names of the scopes it sees; all if none is named.
        scopes: Vec<String>,
    },
    /// Withdraw the token of one.
    End {
        /// Its name.
        name: String,
    },
    /// Every one, and when it last came.
    List,
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
    /// Envelopes and photos outside the record.
    pub outside: u64,
    /// Bytes left where photos are kept, if that is known.
    pub free_bytes: Option<u64>,
    /// Bytes that photos leave free; below it none is taken, and everything else is.
    pub reserve_bytes: u64,
    /// When the newest backup was made, if one ever was.
    pub backup_ms: Option<i64>,
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
            Command::AddUser {
                name,
                roles,
                scopes,
                way_in,
            } => self.let_in(&name, (&roles, &scopes), way_in.as_deref()),
            Command::RebuildDesk => Ok(json!({ "cases": desk::rebuild(self.store())? })),
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
            Command::ListDevices
            | Command::Revoke { .. }
            | Command::ChangeScopes { .. }
            | Command::PutReference { .. }
            | Command::ListReference
            | Command::ShowLooks { .. }
            | Command::ListRetention
            | Command::Integration { .. }
            | Command::Quarantine { .. } => self.run_other(command),
            Command::Status => to_json(&self.status()?),
        }
    }
}

impl Hub {
    /// Devices, tables, and what is outside the record.
    fn run_other(&self, command: Command) -> Result<Value, Refusal> {
        let (store, me) = (self.store(), self.identity());
        match command {
            Command::ListDevices => Ok(json!({ "devices": to_json(&rights::devices(store)?)? })),
            Command::Revoke { device, mode } => {
                let what = (device.as_str(), mode_named(&mode)?);
                to_json(&rights::revoke(store, me, what, self.now())?)
            }
            Command::ChangeScopes {
                device,
                user,
                add,
                remove,
                mode,
            } => {
                let mode = mode_named(&mode)?;
                let change = ScopeChange {
                    user,
                    add,
                    remove,
                    mode,
                };
                let what = (device.as_str(), &change);
                to_json(&rights::change_scopes(store, me, what, self.now())?)
            }
            Command::PutReference { table, scope, rows } => {
                let change = reference::put(store, (scope.as_deref(), &table), &rows)?;
                Ok(json!({
                    "table": table, "scope": scope, "written": change.written,
                    "removed": change.removed, "unchanged": change.unchanged,
                }))
            }
            Command::ListReference => Ok(json!({ "tables": to_json(&reference::list(store)?)? })),
            Command::ShowLooks { of } => {
                let of = match of.as_str() {
                    "own" => LooksOf::Own,
                    "all" => LooksOf::All,
                    _ => {
                        let detail = "use own or all（只能是 own 或 all）";
                        return Err(Refusal::new(400, "BAD_WORD", detail));
                    }
                };
                Ok(json!({ "shown_to_all": reference::show_looks(store, of)? }))
            }
            Command::Quarantine { export } => self.quarantine(export.as_deref()),
            Command::ListRetention => to_json(&retention::list(self)?),
            Command::Integration { order } => self.run_integration(order),
            Command::Invite { .. }
            | Command::AddUser { .. }
            | Command::RebuildDesk
            | Command::AddScope { .. }
            | Command::AddPack { .. }
            | Command::RetirePack { .. }
            | Command::ListPacks
            | Command::Link
            | Command::Status => Err(Refusal::new(500, "INTERNAL", "handled elsewhere")),
        }
    }

    fn run_integration(&self, order: IntegrationOrder) -> Result<Value, Refusal> {
        let store = self.store();
        match order {
            IntegrationOrder::Add {
                name,
                roles,
                scopes,
            } => {
                let token = api::add(store, (&name, &roles, &scopes), self.host())?;
                Ok(json!({ "name": name, "token": token }))
            }
            IntegrationOrder::End { name } => {
                api::end(store, &name)?;
                Ok(json!({ "name": name, "ended": true }))
            }
            IntegrationOrder::List => Ok(json!({ "integrations": to_json(&api::list(store)?)? })),
        }
    }

    /// Adds an office user with roles, scopes and perhaps a password.
    fn let_in(
        &self,
        name: &str,
        (roles, scopes): (&[String], &[String]),
        way_in: Option<&str>,
    ) -> Result<Value, Refusal> {
        let token = self.add_user(name)?;
        if !roles.is_empty() || !scopes.is_empty() {
            let plain = ["reviewer".to_owned()];
            let roles = if roles.is_empty() { &plain } else { roles };
            self.set_roles(name, (roles, scopes))?;
        }
        let password = match way_in {
            Some("console") => Some(self.make_password(name)?),
            Some(_) | None => None,
        };
        Ok(json!({ "token": token, "name": name, "password": password }))
    }

    fn quarantine(&self, export: Option<&Path>) -> Result<Value, Refusal> {
        let outside = in_tx(self.store(), |tx| {
            Ok(Outside {
                envelopes: tx.outside()?,
                photos: tx.broken()?,
            })
        })?;
        if let Some(path) = export {
            // A photo that failed here was never whole; its bytes are on the phone that took it.
            write_file(path, &outside).map_err(|error| {
                let detail = format!("{}: cannot be written（无法写入）: {error}", path.display());
                Refusal::new(400, "UNWRITABLE", detail)
            })?;
        }
        let envelopes: Vec<Value> = outside.envelopes.iter().map(|one| json!({
            "envelope": one.id.to_hex(), "state": one.state, "why": one.why, "user": one.header.user,
            "device": one.header.device.to_string(), "seq": one.header.seq,
            "kind": format!("{:?}", one.header.kind).to_lowercase(),
        })).collect();
        let photos: Vec<Value> = outside.photos.iter().map(|one| json!({
            "sha256": one.digest.to_hex(), "case": one.case.map(|case| case.number().to_string()), "why": one.why,
            "user": one.announced.as_ref().map(|(user, _)| user),
            "device": one.announced.as_ref().map(|(_, device)| device.to_string()), "at_ms": one.wall.0,
        })).collect();
        Ok(json!({ "outside": envelopes, "photos": photos, "export": export }))
    }
}

fn write_file(path: &Path, outside: &Outside) -> std::io::Result<()> {
    let mut file = std::fs::File::create_new(path)?;
    outside.write(&mut file, &|_| None)?;
    file.sync_all()
}

fn mode_named(mode: &str) -> Result<EndMode, Refusal> {
    mode.parse()
        .map_err(|error: UnknownMode| Refusal::new(400, "BAD_MODE", error.to_string()))
}

fn to_json<T: Serialize>(value: &T) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| Refusal::new(500, "INTERNAL", error.to_string()))
}
