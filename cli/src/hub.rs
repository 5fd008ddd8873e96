//! `lossbook hub`: serving a hub, and the operator's short commands beside it.
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

mod backup;
mod export;
mod order;
mod reference_file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use lossbook_core::domain::Datum;
use lossbook_core::rules::SHIPPED;
use lossbook_hub::admin::Command as Order;
use lossbook_hub::press::Press;
use lossbook_hub::refusal::Refusal;
use lossbook_hub::{Hub, HubError, HubKey, ServeConfig, SystemHost, Tiles, TlsFiles, serve};
use serde_json::{Value, json};

use crate::bundle::{self, ExportArgs};
use crate::device::Said;
use crate::failure::Failure;
use crate::keyfile;

pub use export::press_of;

/// `lossbook hub`.
#[derive(Debug, Args)]
pub struct HubArgs {
    /// Folder of the hub; every command but openapi needs it.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Key file; DIR.key beside the folder if not given.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl HubArgs {
    /// The folder; [`run`] refuses a command that needs one and got none.
    fn folder(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new(""))
    }
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
        /// Address of map pictures for the console, with {z}, {x} and {y}; none is asked without it.
        #[arg(long, value_name = "URL")]
        tiles: Option<String>,
        /// On which grid those pictures lie: wgs84 or gcj02.
        #[arg(long, value_name = "DATUM", default_value = "wgs84")]
        tiles_datum: String,
        /// Folder with the fonts of papers; else the system's that has Chinese letters.
        #[arg(long, value_name = "DIR")]
        fonts: Option<PathBuf>,
        /// How the log on standard error is written: text, or json for one object a line.
        #[arg(long, value_name = "FORM", default_value = "text")]
        log: LogForm,
        /// A file with a token that opens /metrics from elsewhere; else only this machine reads them.
        #[arg(long, value_name = "FILE")]
        metrics_token_file: Option<PathBuf>,
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
    /// Write what phones without network lack into a bundle that only they can open.
    Export(ExportArgs),
    /// Take bundles in: any parts, in any order, any number of times.
    Import {
        /// Bundles, or parts of them.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write the hub's secret for the stock age tool, to open a bundle without this program.
    AgeIdentity {
        /// A new file.
        file: PathBuf,
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
    /// Make everything the console's queues read anew: after a rule pack changed.
    Desk,
    /// Papers, tables and maps as files.
    #[command(flatten)]
    File(export::FileCommand),
    /// Print a new one-time link to the page.
    Link,
    /// What reached the end of the time for which it must be kept, by the rule packs.
    Retention,
    /// What the hub holds.
    Status,
    /// Programs of the insurer, which come in over the API.
    Integration {
        /// What to do with them.
        #[command(subcommand)]
        command: IntegrationCommand,
    },
    /// Print the description of the API (OpenAPI 3.1); needs no hub.
    Openapi,
    /// Backups, restoring, and looking through.
    #[command(flatten)]
    Care(backup::Care),
}

/// Office users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add one, or give one a new token, which is printed once.
    Add {
        /// The name.
        name: String,
        /// What they are: admin, dispatcher, survey_supervisor, claims_specialist,
        /// review_supervisor, finance, reviewer, auditor, regional_manager. May be repeated; a new
        /// user is a reviewer if nothing is said.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// A scope they see; all if none is given. May be repeated.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// Let them sign in to the console by a password, which is printed once.
        #[arg(long)]
        console: bool,
    },
}

/// Programs of the insurer.
#[derive(Debug, Subcommand)]
pub enum IntegrationCommand {
    /// Let one in, or give one a new token, which is printed once.
    Add {
        /// Its name.
        name: String,
        /// What it may do, as people of the office: claims_specialist, finance, auditor … May be repeated.
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<String>,
        /// A scope it sees; all if none is given. May be repeated.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// Every one, what it may do, and when it last came.
    List,
    /// Withdraw the token of one.
    End {
        /// Its name.
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
pub fn run(
    args: &HubArgs,
    announce: &mut dyn FnMut(&Said),
    progress: bool,
) -> Result<Said, Failure> {
    if args.data.is_none() && !matches!(args.command, Command::Openapi) {
        let text = "say which hub: lossbook hub --data DIR …（请用 --data 指定机构文件夹）";
        return Err(Failure::input("no_data", text));
    }
    match &args.command {
        Command::Serve {
            listen,
            cert,
            cert_key,
            token_seconds,
            reserve,
            tiles,
            tiles_datum,
            fonts,
            log,
            metrics_token_file,
        } => {
            log.begin(std::io::stderr);
            let tiles = tiles.as_ref().map(|url| tiles_at(url, tiles_datum));
            let tls = cert
                .clone()
                .zip(cert_key.clone())
                .map(|(certificate, key)| TlsFiles { certificate, key });
            let config = ServeConfig {
                listen: *listen,
                tls,
                token_valid_ms: token_seconds.saturating_mul(1000),
                tiles: tiles.transpose()?,
                metrics_token: metrics_token_file.as_deref().map(secret_in).transpose()?,
            };
            let press = press_of(fonts.as_deref())?;
            serve_until_told(args, (&config, *reserve, press), announce)
        }
        Command::Pack { command } => pack(args, command),
        Command::File(command) => export::run(args, command),
        Command::Export(_) | Command::Import { .. } | Command::AgeIdentity { .. } => {
            by_hand(args, progress)
        }
        Command::Invite { .. } => ordered(args, Some("invite")),
        Command::User {
            command: UserCommand::Add { console: true, .. },
        } => ordered(args, None),
        Command::User { .. } => ordered(args, Some("token")),
        Command::Scope { .. } => ordered(args, Some("scope")),
        Command::Link => ordered(args, Some("path")),
        Command::Devices
        | Command::Revoke { .. }
        | Command::Scopes { .. }
        | Command::Reference { .. }
        | Command::Quarantine { .. }
        | Command::Desk
        | Command::Retention
        | Command::Status => ordered(args, None),
        Command::Care(care) => backup::run(args, care),
        Command::Integration {
            command: IntegrationCommand::Add { .. },
        } => ordered(args, Some("token")),
        Command::Integration { .. } => ordered(args, None),
        Command::Openapi => described(),
    }
}

/// The API's description.
fn described() -> Result<Said, Failure> {
    let json = serde_json::to_value(lossbook_hub::api::openapi())
        .map_err(|error| Failure::bug("openapi", error.to_string()))?;
    let text = format!("{json:#}");
    Ok(Said::new(json, text))
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogForm {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogForm {
    /// The log of a served hub: ids and counts, never names, places or amounts.
    pub(crate) fn begin<W>(self, to: W)
    where
        W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
    {
        let log = tracing_subscriber::fmt().with_writer(to).with_ansi(false);
        let _first_wins = match self {
            Self::Text => log.try_init(),
            Self::Json => log.json().flatten_event(true).try_init(),
        };
    }
}

/// The secret that a file holds.
fn secret_in(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::input("unreadable", error.to_string()).at(path))?;
    let secret = text.trim();
    if secret.len() < 16 {
        let text = "holds no token of 16 characters or more（令牌过短）";
        return Err(Failure::input("bad_token", text).at(path));
    }
    Ok(secret.to_owned())
}

fn tiles_at(url: &str, datum: &str) -> Result<Tiles, Failure> {
    let known = Datum::from_name(datum).ok_or_else(|| {
        let text =
            format!("{datum:?} is no grid of map pictures: use wgs84 or gcj02（坐标系无效）");
        Failure::input("bad_datum", text)
    })?;
    Ok(Tiles {
        url: url.to_owned(),
        datum: known,
    })
}

/// Has an order carried out, and says the word that it is about, or all of the answer.
fn ordered(args: &HubArgs, word: Option<&str>) -> Result<Said, Failure> {
    let value = give(args, order::of(&args.command)?)?;
    let said = word
        .and_then(|word| value.get(word))
        .and_then(Value::as_str);
    let text = said.map_or_else(|| format!("{value:#}"), ToOwned::to_owned);
    Ok(Said::new(value, text))
}

/// Bundles; also beside the process that serves the hub.
fn by_hand(args: &HubArgs, progress: bool) -> Result<Said, Failure> {
    let hub = Hub::open_beside(args.folder(), &HubKey::read(&key_path(args))?)?;
    match &args.command {
        Command::Export(export) if export.to.is_empty() || !export.case.is_empty() => {
            Err(Failure::input(
                "bad_export",
                "say to whom (--to), and leave --case out: a phone gets everything it may read（请用 --to 指定接收设备）",
            ))
        }
        Command::Export(export) => bundle::export(export, progress, &|wish, sink, watch| {
            hub.export_bundle(wish, sink, watch)
        }),
        Command::Import { files } => bundle::import(files, progress, &|file, length| {
            hub.import_bundle(file, length)
        }),
        Command::AgeIdentity { file } => bundle::age_identity(file, &hub.age_identity()),
        Command::Serve { .. }
        | Command::Invite { .. }
        | Command::Scope { .. }
        | Command::User { .. }
        | Command::Pack { .. }
        | Command::File(_)
        | Command::Devices
        | Command::Revoke { .. }
        | Command::Scopes { .. }
        | Command::Reference { .. }
        | Command::Quarantine { .. }
        | Command::Desk
        | Command::Link
        | Command::Retention
        | Command::Status
        | Command::Integration { .. }
        | Command::Openapi
        | Command::Care(_) => Err(Failure::bug("by_hand", "not a command about bundles")),
    }
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
    keyfile::path_for(args.folder(), args.key.as_deref())
}

/// Opens the hub, or makes it if there is none.
fn open_or_init(args: &HubArgs) -> Result<Hub, HubError> {
    let path = key_path(args);
    if args.folder().join("store.db").exists() {
        return Hub::open(args.folder(), &HubKey::read(&path)?);
    }
    let key = if path.exists() {
        HubKey::read(&path)?
    } else {
        HubKey::create(&path, &SystemHost::new())?
    };
    Hub::init(args.folder(), &key)
}

fn serve_until_told(
    args: &HubArgs,
    (config, reserve, press): (&ServeConfig, u64, Arc<dyn Press>),
    announce: &mut dyn FnMut(&Said),
) -> Result<Said, Failure> {
    let hub = open_or_init(args)?.printing_by(press);
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
    Ok(Hub::open_beside(args.folder(), &key)?.run(order)?)
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Store { dir, source } => Self::from(source).at(&dir),
            HubError::KeyFile { .. } | HubError::PlainHttp(_) | HubError::Tls(_) => {
                Self::input(error.code(), error.to_string())
            }
            HubError::Log { .. }
            | HubError::Objects { .. }
            | HubError::Listen { .. }
            | HubError::System(_) => Self::not_now(error.code(), error.to_string()),
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
