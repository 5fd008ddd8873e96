//! `lossbook device`: a real phone for scripts. Each command opens the home, does one use case and
//! closes it.

mod args;
mod bundle;
mod copies;
mod findings;
mod packs;
mod past;
mod peer;
mod people;
mod photo;
mod reference;
mod show;
mod sign;
mod sync;

pub use args::{ByHand, Command, DeviceArgs, ReferenceCommand, UserCommand};
pub use reference::{Refreshed, refresh};
pub use show::{case_json, row_json};
pub use sync::enrol;

use std::path::Path;
use std::sync::Arc;

use lossbook_core::app::Device;
use lossbook_core::domain::Host;
use lossbook_core::record::{FieldPath, Section, ValueKind, section};
use lossbook_core::store::CaseQuery;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::host::Machine;
use crate::keyfile;

/// What a command has to say: for machines, and for people.
#[derive(Debug)]
pub struct Said {
    /// One object.
    pub json: Value,
    /// Lines.
    pub text: String,
    /// Warnings for standard error.
    pub warnings: Vec<String>,
}

impl Said {
    /// Without warnings.
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self {
            json,
            text: text.into(),
            warnings: Vec::new(),
        }
    }
}

/// Says something before a command has ended: the address of a phone that waits.
pub type Announce<'a> = &'a mut dyn FnMut(&Said);

/// Runs one device command.
///
/// # Errors
/// Each with its exit code and one line.
pub fn run(args: &DeviceArgs, progress: bool, announce: Announce<'_>) -> Result<Said, Failure> {
    let machine = match &args.clock {
        Some(clock) => Machine::with_clock(clock)?,
        None => Machine::new(),
    };
    let host = Arc::new(machine.with_room_in(&args.home));
    let key_file = keyfile::path_for(&args.home, args.key.as_deref());
    if let Command::Init = args.command {
        let key = keyfile::read_or_make(&key_file, host.as_ref())?;
        let device = Device::init(&args.home, &key, host)
            .map_err(|error| Failure::from(error).at(&args.home))?;
        let id = device.identity()?.device.to_string();
        return Ok(Said::new(
            json!({"device": id, "home": args.home, "key": key_file}),
            format!("device {id}\nkey file {}", key_file.display()),
        ));
    }
    let key = keyfile::read(&key_file)?;
    let device = Device::open(&args.home, &key, host.clone())
        .map_err(|error| Failure::from(error).at(&args.home))?;
    dispatch(&device, args, (host.as_ref(), progress, announce)).map_err(|failure| {
        match failure.code.as_str() {
            "disk_full" | "damaged" | "database" => failure.at(&args.home),
            _ => failure,
        }
    })
}

fn dispatch(
    device: &Device,
    args: &DeviceArgs,
    (host, progress, announce): (&Machine, bool, Announce<'_>),
) -> Result<Said, Failure> {
    match &args.command {
        Command::Init => Err(Failure::bug("init", "init was handled before")),
        Command::Enrol { code } => enrol(device, code, args.ca.as_deref()),
        Command::User { command } => people::run(device, command, args.ca.as_deref()),
        Command::Token => packs::token(device, args.ca.as_deref()),
        Command::Reference {
            command: ReferenceCommand::List { table },
        } => reference::list(device, table.as_deref(), args.ca.as_deref()),
        Command::Report { scope, fields } => report(device, scope.as_deref(), fields),
        Command::Set { case, path, value } => set(device, (case, path, value), host),
        Command::Add {
            case,
            section,
            fields,
        } => add(device, case, section, fields),
        Command::Line { case, row, fields } => line(device, (case, row.as_deref()), fields),
        Command::Photo(args) => photo::run(device, args),
        Command::Shutter => photo::shutter(device),
        Command::Free { policy } => photo::free(device, policy),
        Command::Copy { case, photo, copy } => copies::copy(device, (case, photo), copy),
        Command::Withdraw { case, row, reason } => withdraw(device, case, (row, reason)),
        Command::Settle {
            case,
            path,
            value,
            reason,
        } => settle(device, case, (path, value, reason)),
        Command::Packs => packs::run(device, args.ca.as_deref()),
        Command::Sign(args) => sign::sign(device, args),
        Command::Revoke {
            case,
            signature,
            reason,
        } => sign::follow(device, (case, signature), Some(reason)),
        Command::Witness { case, signature } => sign::follow(device, (case, signature), None),
        Command::ByHand(what) => by_hand(device, what, (progress, announce)),
        Command::Sync(how) => sync::run(device, (args.ca.as_deref(), how), progress),
        Command::Statement(_)
        | Command::List { .. }
        | Command::Show { .. }
        | Command::Assess { .. }
        | Command::History(_)
        | Command::Status
        | Command::Scopes { .. }
        | Command::Quarantine { .. }
        | Command::Rebuild => look(device, &args.command, args.ca.as_deref()),
    }
}

/// The commands that give and take without a hub.
fn by_hand(
    device: &Device,
    what: &ByHand,
    (progress, announce): (bool, Announce<'_>),
) -> Result<Said, Failure> {
    match what {
        ByHand::Export(args) => bundle::export(device, args, progress),
        ByHand::Import { files } => bundle::import(device, files, progress),
        ByHand::Carry(args) => bundle::carry(device, args, progress),
        ByHand::Peer(args) => peer::run(device, args, (progress, announce)),
        ByHand::AgeIdentity { file } => bundle::age_identity(device, file),
    }
}

/// The commands that only look.
fn look(device: &Device, command: &Command, ca: Option<&Path>) -> Result<Said, Failure> {
    match command {
        Command::Statement(args) => sign::statement(device, args),
        Command::List {
            scope,
            find,
            limit,
            offset,
        } => {
            let query = CaseQuery {
                text: find.clone(),
                limit: *limit,
                offset: *offset,
            };
            let rows = device.cases_in(scope.as_deref(), &query)?;
            Ok(show::list(&rows, &device.scopes()?))
        }
        Command::Assess { case } => show::judged(&device.assess(case)?, &*device.packs()?),
        Command::Show {
            case,
            automerge: Some(file),
            ..
        } => show::automerge(device, case, file),
        Command::Show {
            case,
            signatures: true,
            files,
            ..
        } => sign::signatures(device, case, files),
        Command::Show {
            case, at_hub: true, ..
        } => reference::missing(device, case, ca),
        Command::Show { case, .. } => Ok(show::case(&device.case(case)?)),
        Command::History(args) => past::history(device, args),
        Command::Quarantine { export } => people::quarantine(device, export.as_deref()),
        Command::Scopes { export } => people::scopes(device, export.as_deref()),
        Command::Rebuild => rebuild(device),
        Command::Status
        | Command::Init
        | Command::Enrol { .. }
        | Command::User { .. }
        | Command::Token
        | Command::Reference { .. }
        | Command::Report { .. }
        | Command::Set { .. }
        | Command::Add { .. }
        | Command::Line { .. }
        | Command::Photo(_)
        | Command::Withdraw { .. }
        | Command::Shutter
        | Command::Free { .. }
        | Command::Copy { .. }
        | Command::Settle { .. }
        | Command::Packs
        | Command::Sign(_)
        | Command::Revoke { .. }
        | Command::Witness { .. }
        | Command::ByHand(_)
        | Command::Sync(_) => sync::status(device),
    }
}

/// `name=value` pairs as typed.
fn pairs(fields: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let split = |field: &String| {
        field
            .split_once('=')
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .ok_or_else(|| {
                Failure::input(
                    "bad_field",
                    format!("{field:?} is no field: write name=value, such as cause=hail"),
                )
            })
    };
    fields.iter().map(split).collect()
}

fn report(device: &Device, scope: Option<&str>, fields: &[String]) -> Result<Said, Failure> {
    let case = device.report_loss(scope, &pairs(fields)?)?;
    let number = case.number().to_string();
    Ok(Said::new(
        json!({"case": case.to_string(), "number": number, "status": "saved"}),
        format!("saved case {number}"),
    ))
}

fn set(
    device: &Device,
    (case, path, value): (&str, &str, &str),
    host: &Machine,
) -> Result<Said, Failure> {
    let is_time = path
        .parse::<FieldPath>()
        .is_ok_and(|path| path.spec().is_some_and(|spec| spec.kind == ValueKind::Time));
    let value = if is_time && value == "now" {
        host.now().wall.0.to_string()
    } else {
        value.to_owned()
    };
    device.set_field(case, path, &value)?;
    Ok(Said::new(
        json!({"case": case, "path": path, "value": value, "status": "saved"}),
        format!("saved {path} = {value}"),
    ))
}

fn withdraw(device: &Device, case: &str, (row, reason): (&str, &str)) -> Result<Said, Failure> {
    device.withdraw(case, row, reason)?;
    Ok(Said::new(
        json!({"case": case, "withdrawn": row, "status": "saved"}),
        format!("withdrew {row}"),
    ))
}

fn settle(
    device: &Device,
    case: &str,
    (path, value, reason): (&str, &str, &str),
) -> Result<Said, Failure> {
    device.settle(case, path, value, reason)?;
    Ok(Said::new(
        json!({"case": case, "settled": path, "value": value}),
        format!("settled {path} = {value}"),
    ))
}

fn add(device: &Device, case: &str, key: &str, fields: &[String]) -> Result<Said, Failure> {
    let Some(section) = section(key).filter(|section| section.has_rows()) else {
        let known = Section::ALL
            .iter()
            .filter(|section| section.has_rows())
            .map(|section| section.key())
            .collect::<Vec<_>>();
        return Err(Failure::input(
            "unknown_section",
            format!("{key:?} takes no rows: use one of {}", known.join(", ")),
        ));
    };
    let row = device.add_row(case, section, &pairs(fields)?)?;
    let json = json!({"case": case, "section": key, "row": row.to_string(), "status": "saved"});
    Ok(Said::new(json, format!("saved {key}.{row}")))
}

fn line(
    device: &Device,
    (case, row): (&str, Option<&str>),
    fields: &[String],
) -> Result<Said, Failure> {
    let Some(row) = row else {
        return add(device, case, Section::Lines.key(), fields);
    };
    for (name, value) in pairs(fields)? {
        device.set_field(
            case,
            &format!("{}.{row}.{name}", Section::Lines.key()),
            &value,
        )?;
    }
    let json = json!({"case": case, "section": "lines", "row": row, "status": "saved"});
    Ok(Said::new(json, format!("saved lines.{row}")))
}

fn rebuild(device: &Device) -> Result<Said, Failure> {
    let rebuilt = device.rebuild()?;
    let differing: Vec<String> = rebuilt.differing.iter().map(ToString::to_string).collect();
    let mut said = Said::new(
        json!({"cases": rebuilt.cases, "differing": differing, "swept_files": rebuilt.swept_files}),
        format!(
            "rebuilt {} cases, {} differed, {} stray files removed",
            rebuilt.cases,
            differing.len(),
            rebuilt.swept_files
        ),
    );
    said.warnings.extend(
        differing
            .iter()
            .map(|case| format!("case {case} was projected differently before")),
    );
    Ok(said)
}
