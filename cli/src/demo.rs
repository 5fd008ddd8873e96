//! `lossbook demo`: the whole story on this machine, on embedded defaults.
//!
//! A real hub is served on this machine's loopback address; a liaison's and a surveyor's phone are
//! real devices in folders beside it; between them lies a link that loses the network and drops
//! connections. Every step prints what happened and what was checked; the figures of
//! the last table are counted on the link, not computed.
//!
//! Refuses: to go on past a step that could not be done, and to call a failed check green.

mod checks;
mod contract;
mod event;
mod hands;
mod link;
mod payable;
mod pictures;
mod story;
mod world;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::device::Said;
use crate::failure::Failure;

use checks::Checks;
use world::World;

/// `lossbook demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep hub and phones in this folder, which must be empty; else a temporary one is used.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Use these photos instead of rendered ones.
    #[arg(long, value_name = "DIR")]
    pub photos: Option<PathBuf>,
    /// Which contract the story is told for.
    #[arg(long, value_name = "ID", default_value = CONTRACT)]
    pub contract: String,
    /// Fill a hub with a believable event instead, and serve its console.
    #[arg(long)]
    pub serve: bool,
    /// How many cases the event has.
    #[arg(long, value_name = "N", default_value_t = event::CASES, requires = "serve")]
    pub cases: NonZeroUsize,
    /// Where the console is served.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8440",
        requires = "serve"
    )]
    pub listen: SocketAddr,
}

/// The contract whose story this is: rural housing, Huzhu county.
const CONTRACT: &str = "huzhu-rural-housing";

/// Tells the story. With `json` only the last object is printed.
///
/// # Errors
/// Exit 1 if a check failed, else as the step that could not be done.
pub fn run(args: &DemoArgs, json: bool, print: &mut dyn FnMut(&str)) -> Result<(), Failure> {
    let tale = contract::tale(&args.contract);
    if args.contract != CONTRACT && tale.is_none() {
        return Err(Failure::input(
            "unknown_contract",
            format!(
                "{:?} is no contract with a story: use {CONTRACT}, {}",
                args.contract,
                contract::ids()
            ),
        ));
    }
    let temporary =
        tempfile::tempdir().map_err(|error| Failure::not_now("file_system", error.to_string()))?;
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| temporary.path().to_owned());
    refuse_used(&dir)?;
    if args.serve {
        return event::serve(&dir, (args.cases.get(), args.listen), print, json);
    }
    let mut silent = |_: &str| {};
    let mut checks = Checks::new(if json { &mut silent } else { &mut *print });
    let photos = pictures::gather(args.photos.as_deref())?;
    let mut world = World::open(&dir, photos)?;
    match tale {
        None => story::tell(&mut world, &mut checks)?,
        Some(tale) => contract::tell(tale, &mut world, &mut checks)?,
    }
    let summary = world.summary(&checks)?;
    checks.table(&summary);
    let ok = checks.all_green();
    drop(checks);
    if json {
        print(&summary.to_string());
    }
    if ok {
        Ok(())
    } else {
        Err(Failure::no(
            "check_failed",
            "a check of the story failed: see above",
        ))
    }
}

/// The story is told once per folder: what is in it is somebody's evidence.
fn refuse_used(dir: &Path) -> Result<(), Failure> {
    let used = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(
            Failure::input("dir_not_empty", "the folder is not empty: choose a new one").at(dir),
        );
    }
    std::fs::create_dir_all(dir)
        .map_err(|error| Failure::not_now("file_system", error.to_string()).at(dir))
}

/// Renders one photo of each kind into a folder.
///
/// # Errors
/// Exit 4 if they cannot be written.
pub fn write_scenes(dir: &Path) -> Result<Said, Failure> {
    let failed = |error: std::io::Error| Failure::not_now("file_system", error.to_string()).at(dir);
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut names = Vec::new();
    for photo in pictures::rendered() {
        std::fs::write(dir.join(&photo.name), &photo.bytes).map_err(failed)?;
        names.push(photo.name);
    }
    Ok(Said::new(json!({"files": names}), names.join("\n")))
}
