//! `lossbook hub`: serving a hub, and the operator's short commands beside it.
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

mod reference_file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lossbook_core::rules::SHIPPED;
use lossbook_hub::admin::Command as Order;
use lossbook_hub::refusal::Refusal;
use lossbook_hub::{Hub, HubError, HubKey, ServeConfig, SystemHost, TlsFiles, serve};
use serde_json::{Value, json};

use crate::device::Said;
use crate::failure::Failure;
use crate::keyfile;

/// `lossbook hub`.
#[derive(Debug, Args)]
pub struct HubArgs {
    /// Folder of the hub.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Key file; DIR.key beside the folder if not given.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What an operator does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve; a new hub is made in an empty folder.
    Serve {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8440")]
        listen: SocketAddr,
        /// TLS certificate chain (PEM); without it only this machine is served.
        #[arg(long, value_name = "FILE", requires = "cert_key")]
        cert: Option<PathBuf>,
        /// TLS private key (PEM).
        #[arg(long, value_name = "FILE", requires = "cert")]
        cert_key: Option<PathBuf>,
        /// How long a device's token is good for, in seconds.
        #[arg(long, default_value_t = 3600)]
        token_seconds: u64,
        /// Photos leave so many bytes of the disk free; entries are taken all the same.
        #[arg(long, value_name = "BYTES", default_value_t = lossbook_hub::blobs::RESERVE_BYTES)]
        reserve: u64,
    },
    /// Print a single-use enrolment code.
    Invite {
        /// liaison, surveyor or auditor.
        #[arg(long)]
        role: String,
        /// Which scope.
        #[arg(long)]
        scope: String,
        /// Who will use the device.
        #[arg(long)]
        user: String,
        /// Where phones reach the hub; where it is served if not given.
        #[arg(long)]
        url: Option<String>,
    },
    /// Make a scope: a village, a team.
    Scope {
        /// Its name.
        name: String,
    },
    /// Office users.
    User {
        /// What to do with them.
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Rule packs: what judges cases, on phones and here.
    Pack {
        /// What to do with them.
        #[command(subcommand)]
        command: PackCommand,
    },
    /// Every device, the people on it, and what it destroyed when it was told to.
    Devices,
    /// Withdraw a device for good; it learns so at its next contact.
    Revoke {
        /// Its id, the beginning of it, or its user.
        device: String,
        /// keep-own: it keeps what it wrote and the hub lacks. purge: it destroys everything.
        #[arg(long, default_value = "keep-own")]
        mode: String,
    },
    /// Give scopes to a device, take others from it.
    Scopes {
        /// Its id, the beginning of it, or its user.
        device: String,
        /// Of whom, on a device that several people share; of everybody if not given.
        #[arg(long)]
        user: Option<String>,
        /// A scope it may read from now on. May be repeated.
        #[arg(long, value_name = "SCOPE")]
        add: Vec<String>,
        /// A scope it may no longer read. May be repeated.
        #[arg(long, value_name = "SCOPE")]
        remove: Vec<String>,
        /// What it does with what it holds of that: keep-own or purge.
        #[arg(long, default_value = "purge")]
        mode: String,
    },
    /// Reference tables: what head office keeps and phones read.
    Reference {
        /// What to do with them.
        #[command(subcommand)]
        command: ReferenceCommand,
    },
    /// What is kept outside the record, and why.
    Quarantine {
        /// Write it to this file, as docs/formats/quarantine.md says.
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Print a new one-time link to the page.
    Link,
    /// What the hub holds.
    Status,
}

/// Office users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add one, or give one a new token, which is printed once.
    Add {
        /// The name.
        name: String,
    },
}

/// Reference tables.
#[derive(Debug, Subcommand)]
pub enum ReferenceCommand {
    /// Make a table hold exactly the rows of a file; phones fetch only what differs.
    Put {
        /// Its name: policies, rosters, zones, calendar, tasks, or one of your own.
        table: String,
        /// A JSON object of rows by key, a JSON list of rows with a "key", or CSV whose first column
        /// is the key.
        file: PathBuf,
        /// Of which scope; every device reads it if not given.
        #[arg(long)]
        scope: Option<String>,
    },
    /// Every table and its size.
    List,
    /// Whose photos a phone finds again when it takes one: of its own scopes, or of all.
    Looks {
        /// own or all.
        of: String,
    },
}

/// Rule packs.
#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// Put a pack on the shelf, in the place of another of the same id and version.
    Add {
        /// Its TOML file, or the id of one that comes with this program.
        pack: String,
        /// TOML file with the insurer's values for its blanks.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
    },
    /// Every version held, and whether it judges.
    List,
    /// Take a version off the shelf; it stays readable by digest.
    Retire {
        /// The pack's id.
        id: String,
        /// Which version.
        // Named apart, because every command has --version.
        #[arg(id = "pack_version", value_name = "VERSION")]
        version: String,
    },
}

/// Runs one hub command; serving returns when it is told to stop.
///
/// # Errors
/// Each with its exit code and one line.
pub fn run(args: &HubArgs, announce: &mut dyn FnMut(&Said)) -> Result<Said, Failure> {
    let order = match &args.command {
        Command::Serve {
            listen,
            cert,
            cert_key,
            token_seconds,
            reserve,
        } => {
            let tls = cert
                .clone()
                .zip(cert_key.clone())
                .map(|(certificate, key)| TlsFiles { certificate, key });
            let config = ServeConfig {
                listen: *listen,
                tls,
                token_valid_ms: token_seconds.saturating_mul(1000),
            };
            return serve_until_told(args, (&config, *reserve), announce);
        }
        Command::Pack { command } => return pack(args, command),
        Command::Invite {
            role,
            scope,
            user,
            url,
        } => Order::Invite {
            url: url.clone(),
            role: role.clone(),
            scope: scope.clone(),
            user: user.clone(),
        },
        Command::Scope { name } => Order::AddScope { name: name.clone() },
        Command::User {
            command: UserCommand::Add { name },
        } => Order::AddUser { name: name.clone() },
        Command::Devices | Command::Revoke { .. } | Command::Scopes { .. } => {
            rights_order(&args.command)
        }
        Command::Reference { command } => reference_order(command)?,
        Command::Quarantine { export } => Order::Quarantine {
            export: export.clone(),
        },
        Command::Link => Order::Link,
        Command::Status => Order::Status,
    };
    let value = give(args, order)?;
    let text = made(&args.command, &value).unwrap_or_else(|| format!("{value:#}"));
    Ok(Said::new(value, text))
}

/// The one thing a command made, for a person to copy.
fn made(command: &Command, value: &Value) -> Option<String> {
    let made = match command {
        Command::Invite { .. } => &value["invite"],
        Command::User { .. } => &value["token"],
        Command::Scope { .. } => &value["scope"],
        Command::Link => &value["path"],
        Command::Serve { .. }
        | Command::Pack { .. }
        | Command::Devices
        | Command::Revoke { .. }
        | Command::Scopes { .. }
        | Command::Reference { .. }
        | Command::Quarantine { .. }
        | Command::Status => return None,
    };
    made.as_str().map(ToOwned::to_owned)
}

/// What is given to a device, and what is taken from it.
fn rights_order(command: &Command) -> Order {
    match command {
        Command::Revoke { device, mode } => Order::Revoke {
            device: device.clone(),
            mode: mode.clone(),
        },
        Command::Scopes {
            device,
            user,
            add,
            remove,
            mode,
        } => Order::ChangeScopes {
            device: device.clone(),
            user: user.clone(),
            add: add.clone(),
            remove: remove.clone(),
            mode: mode.clone(),
        },
        Command::Serve { .. }
        | Command::Invite { .. }
        | Command::Scope { .. }
        | Command::User { .. }
        | Command::Pack { .. }
        | Command::Devices
        | Command::Reference { .. }
        | Command::Quarantine { .. }
        | Command::Link
        | Command::Status => Order::ListDevices,
    }
}

fn reference_order(command: &ReferenceCommand) -> Result<Order, Failure> {
    Ok(match command {
        ReferenceCommand::Put { table, file, scope } => Order::PutReference {
            table: table.clone(),
            scope: scope.clone(),
            rows: reference_file::read(file)?,
        },
        ReferenceCommand::List => Order::ListReference,
        ReferenceCommand::Looks { of } => Order::ShowLooks { of: of.clone() },
    })
}

fn pack(args: &HubArgs, command: &PackCommand) -> Result<Said, Failure> {
    let order = match command {
        PackCommand::Add { pack, settings } => Order::AddPack {
            text: pack_text(pack)?,
            settings: settings.as_deref().map(read_text).transpose()?,
        },
        PackCommand::List => Order::ListPacks,
        PackCommand::Retire { id, version } => Order::RetirePack {
            id: id.clone(),
            version: version.clone(),
        },
    };
    let value = give(args, order).map_err(|failure| match command {
        PackCommand::Add { pack, .. } if failure.code == "bad_pack" => failure.at(Path::new(pack)),
        PackCommand::Add { .. } | PackCommand::List | PackCommand::Retire { .. } => failure,
    })?;
    let one = |pack: &Value| {
        let word = |name: &str| pack[name].as_str().unwrap_or_default().to_owned();
        let (id, version) = (word("id"), word("version"));
        format!(
            "{id:<28} {version:<8} {:<9} {}",
            word("standing"),
            word("digest")
        )
    };
    let text = match value["packs"].as_array() {
        Some(packs) => packs.iter().map(one).collect::<Vec<_>>().join("\n"),
        None => one(&value),
    };
    Ok(Said::new(value, text))
}

/// The text of a pack by file or, if there is no such file, by id.
fn pack_text(name: &str) -> Result<String, Failure> {
    let path = Path::new(name);
    let shipped = SHIPPED.iter().find(|(id, _)| *id == name);
    match shipped {
        Some((_, text)) if !path.exists() => Ok((*text).to_owned()),
        Some(_) | None => read_text(path),
    }
}

fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        let text = format!("cannot be read ({error}): give a TOML file, or the id of a pack");
        Failure::input("unreadable", text).at(path)
    })
}

fn key_path(args: &HubArgs) -> PathBuf {
    keyfile::path_for(&args.data, args.key.as_deref())
}

/// Opens the hub, or makes it if there is none.
fn open_or_init(args: &HubArgs) -> Result<Hub, HubError> {
    let path = key_path(args);
    if args.data.join("store.db").exists() {
        return Hub::open(&args.data, &HubKey::read(&path)?);
    }
    let key = if path.exists() {
        HubKey::read(&path)?
    } else {
        HubKey::create(&path, &SystemHost::new())?
    };
    Hub::init(&args.data, &key)
}

fn serve_until_told(
    args: &HubArgs,
    (config, reserve): (&ServeConfig, u64),
    announce: &mut dyn FnMut(&Said),
) -> Result<Said, Failure> {
    // The log goes to standard error: ids and counts, never names, places or amounts.
    let _first_wins = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
    let hub = open_or_init(args)?;
    hub.keep_free(reserve);
    let link = hub.make_page_link()?;
    let key = hub.key_digest().to_hex();
    let serving = serve(hub, config)?;
    let page = format!("{}{link}", serving.url);
    let json = json!({"url": serving.url, "hub_key": key, "page": page});
    announce(&Said::new(
        json,
        format!(
            "serving {}\npage, once: {page}\nCtrl-C ends it",
            serving.url
        ),
    ));
    serving.wait();
    Ok(Said::new(json!({"stopped": true}), "stopped"))
}

/// Gives an order to the store, also beside the process that serves it.
fn give(args: &HubArgs, order: Order) -> Result<Value, Failure> {
    let key = HubKey::read(&key_path(args))?;
    Ok(Hub::open_beside(&args.data, &key)?.run(order)?)
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Store { dir, source } => Self::from(source).at(&dir),
            HubError::KeyFile { .. } | HubError::PlainHttp(_) | HubError::Tls(_) => {
                Self::input(error.code(), error.to_string())
            }
            HubError::Objects { .. } | HubError::Listen { .. } | HubError::System(_) => {
                Self::not_now(error.code(), error.to_string())
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code.to_lowercase();
        match refusal.status {
            400 | 404 => Self::input(&code, refusal.detail),
            409 | 422 => Self::no(&code, refusal.detail),
            _ => Self::not_now(&code, refusal.detail),
        }
    }
}
