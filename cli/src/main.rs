//! `lossbook`: the words, the dispatch, and what reaches standard output.
//!
//! Answers go to standard output (one JSON object with `--json`), failures and warnings to
//! standard error, one line each; exit codes are in [`lossbook_cli::failure`].
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where the command speaks"
)]

use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lossbook_cli::assess::{self, AssessArgs};
use lossbook_cli::calendar::{self, CalendarArgs};
use lossbook_cli::check::{self, CheckArgs};
use lossbook_cli::device::{self, DeviceArgs, Said};
use lossbook_cli::failure::Failure;
use lossbook_cli::hub::{self, HubArgs};
use lossbook_cli::office::{self, OfficeArgs};
use lossbook_cli::packs::{self, PacksArgs};
use lossbook_cli::{corpus, demo, inspect, positions};

/// Offline-first field survey for insurers: device, hub, office, and a demonstration of all three.
#[derive(Debug, Parser)]
#[command(name = "lossbook", version, about, propagate_version = true)]
struct Lossbook {
    /// One JSON object on standard output instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole story on this machine: two phones without network, one hub, one approved case.
    Demo(demo::DemoArgs),
    /// Digest, type, size, orientation, claims and problems of photos.
    Inspect {
        /// Files.
        #[arg(required = true)]
        photos: Vec<PathBuf>,
    },
    /// The contracts and their rules, with the source of each number.
    Packs(PacksArgs),
    /// What the rules say to one case: insured or not, what it pays and why, what is due or missing.
    Assess(AssessArgs),
    /// The form of identity numbers, and amounts in Chinese capitals.
    Check(CheckArgs),
    /// Working days, make-up days and holidays of mainland China.
    Calendar(CalendarArgs),
    /// A phone.
    Device(DeviceArgs),
    /// A reviewer at head office.
    Office(OfficeArgs),
    /// The hub at head office.
    Hub(HubArgs),
    /// Render the project's own test photos into a folder.
    #[command(hide = true)]
    Scene {
        /// Where to.
        dir: PathBuf,
    },
    /// Write random positions in China and their conversions into a file.
    #[command(hide = true)]
    Positions {
        /// Where to.
        file: PathBuf,
    },
    /// Write the files that the photo readers are held to into a folder.
    #[command(hide = true)]
    Corpus {
        /// Where to.
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let args = match Lossbook::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers; everything else is bad input.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _printed = error.print();
            return ExitCode::from(code);
        }
    };
    let said = match run(&args) {
        Ok(Some(said)) => said,
        Ok(None) => return ExitCode::SUCCESS,
        Err(failure) => return fail(&failure, args.json),
    };
    say(&said, args.json);
    ExitCode::SUCCESS
}

fn say(said: &Said, json: bool) {
    for warning in &said.warnings {
        eprintln!("warning: {warning}");
    }
    let text = if json {
        said.json.to_string()
    } else {
        said.text.trim_end().to_owned()
    };
    // A reader that has seen enough, such as `head`, may close the pipe; that is no failure.
    let _written = writeln!(std::io::stdout().lock(), "{text}");
}

fn fail(failure: &Failure, json: bool) -> ExitCode {
    if json {
        println!("{}", failure.to_json());
    }
    eprintln!("lossbook: {failure}");
    ExitCode::from(u8::try_from(failure.exit).unwrap_or(3))
}

fn run(args: &Lossbook) -> Result<Option<Said>, Failure> {
    let progress = !args.json && std::io::stderr().is_terminal();
    match &args.command {
        Command::Demo(demo) => {
            demo::run(demo, args.json, &mut |line| println!("{line}")).map(|()| None)
        }
        Command::Inspect { photos } => {
            match inspect::run(photos, args.json, &mut std::io::stdout().lock()) {
                0 => Ok(None),
                code => std::process::exit(code),
            }
        }
        Command::Packs(packs) => {
            let checked = packs::run(packs)?;
            say(&checked.said, args.json);
            if checked.is_good {
                Ok(None)
            } else {
                std::process::exit(2)
            }
        }
        Command::Assess(assess) => assess::run(assess).map(Some),
        Command::Check(check) => {
            let checked = check::run(check)?;
            say(&checked.said, args.json);
            if checked.is_good {
                Ok(None)
            } else {
                std::process::exit(1)
            }
        }
        Command::Calendar(calendar) => calendar::run(calendar).map(Some),
        Command::Device(device) => run_device(device, (progress, args.json)).map(Some),
        Command::Office(office) => office::run(office).map(Some),
        Command::Hub(hub) => hub::run(hub, &mut |said| say(said, args.json), progress).map(Some),
        Command::Scene { dir } => demo::write_scenes(dir).map(Some),
        Command::Positions { file } => positions::write(file).map(Some),
        Command::Corpus { dir } => corpus::write(dir).map(Some),
    }
}

/// A phone that speaks over standard output says its last word on standard error.
fn run_device(args: &DeviceArgs, (progress, json): (bool, bool)) -> Result<Said, Failure> {
    let said = device::run(args, progress, &mut |said| say(said, json));
    if !args.speaks_on_stdout() {
        return said;
    }
    let (text, exit) = match &said {
        Ok(said) if json => (said.json.to_string(), 0),
        Ok(said) => (said.text.clone(), 0),
        Err(failure) if json => (failure.to_json().to_string(), failure.exit),
        Err(failure) => (format!("lossbook: {failure}"), failure.exit),
    };
    eprintln!("{text}");
    std::process::exit(exit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn no_two_arguments_of_a_command_have_one_name() {
        Lossbook::command().debug_assert();
    }
}
