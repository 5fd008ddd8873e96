//! `cargo xtask screens android`: the demo's screens as pictures, from the same presenters.
//!
//! Input: the presenters, which a test draws as HTML. Output: `docs/screens/android/*.png`, taken by
//! headless Chromium. Each is as high as its page and at most 150 KB.

use std::path::{Path, PathBuf};

use crate::apk;
use crate::machine::{Installing, Machine};
use crate::tools::{self, Search};

/// What draws pictures.
const TOOLS: [&str; 3] = ["mvn", "chromium", "fonts-wqy-microhei"];
/// The test that writes the HTML.
const DRAWING: &str = "DrawScreensTest";
const FOLDER: &str = "docs/screens/android";
const LARGEST: u64 = 150_000;
/// The width of a small phone.
const WIDTH: u32 = 360;
/// How finely it is drawn; a picture that is too large is drawn coarser.
const SCALES: [&str; 3] = [
    "--force-device-scale-factor=1.25",
    "--force-device-scale-factor=1",
    "--force-device-scale-factor=0.8",
];
const BROWSER: &[&str] = &[
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// Draws all screens anew.
pub(crate) fn draw(machine: &Machine) -> Result<(), String> {
    for tool in TOOLS {
        match tools::find(tool, machine, Installing::Refused)? {
            Search::Found => {}
            Search::Absent { how } => return Err(how),
        }
    }
    let pages = machine.cache.join("screens");
    if pages.exists() {
        std::fs::remove_dir_all(&pages).map_err(|error| format!("{}: {error}", pages.display()))?;
    }
    apk::presenters(machine, DRAWING, &pages)?;
    let to = machine.root.join(FOLDER);
    std::fs::create_dir_all(&to).map_err(|error| format!("{}: {error}", to.display()))?;
    let pages = listed(&pages)?;
    for page in &pages {
        take(machine, page, &to)?;
    }
    println!("{} pictures in {FOLDER}", pages.len());
    Ok(())
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let broken = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(broken)? {
        let path = entry.map_err(broken)?.path();
        if path.extension().is_some_and(|kind| kind == "html") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}

/// One picture.
fn take(machine: &Machine, page: &Path, to: &Path) -> Result<(), String> {
    let name = page
        .file_stem()
        .and_then(|stem| stem.to_str())
        .ok_or_else(|| format!("{} has no name", page.display()))?;
    let file = to.join(format!("{name}.png"));
    let address = format!("file://{}", page.display());
    for scale in SCALES {
        shoot(machine, (&address, scale), &file)?;
        let size = std::fs::metadata(&file)
            .map_err(|error| format!("{}: {error}", file.display()))?
            .len();
        if size <= LARGEST {
            return Ok(());
        }
    }
    Err(format!(
        "{} is larger than {LARGEST} bytes however it is drawn",
        file.display()
    ))
}

fn shoot(machine: &Machine, (address, scale): (&str, &str), file: &Path) -> Result<(), String> {
    let height = height(machine, (address, scale))?;
    let mut chromium = machine.command(BROWSER);
    chromium
        .args([scale, &format!("--window-size={WIDTH},{height}")])
        .arg(format!("--screenshot={}", file.display()))
        .arg(address)
        .stderr(std::process::Stdio::null());
    machine.run(&mut chromium)
}

/// How high the page is when it is as wide as a phone: a script of the page writes it down.
fn height(machine: &Machine, (address, scale): (&str, &str)) -> Result<u32, String> {
    let size = format!("--window-size={WIDTH},760");
    let words = [BROWSER, &[scale, &size, "--dump-dom", address]].concat();
    let page = machine.answer(&words)?;
    page.split_once("data-height=\"")
        .and_then(|(_, rest)| rest.split('"').next()?.parse().ok())
        .ok_or_else(|| format!("{address} says no height"))
}
