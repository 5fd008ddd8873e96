//! Papers, tables and maps of the demo's event, read by other programs; and their pictures.
//!
//! Input: the built program and `tests/peers/papers_peer.py`. Output: pages as PNG in the cache, or
//! under `docs/screens/papers`. Refuses to judge a layout: people look at the pictures.

use crate::legs;
use crate::machine::{Installing, Machine};
use crate::tools::{self, Search};

/// What reads and draws.
pub(crate) const TOOLS: &[&str] = &[
    "python3",
    "pdftotext",
    "ogrinfo",
    "openpyxl",
    "fonts-wqy-microhei",
];
const FOLDER: &str = "docs/screens/papers";
/// Makes them, reads them, makes them again.
pub(crate) const SCRIPT: &[&str] = &[
    "python3",
    "tests/peers/papers_peer.py",
    "{program}",
    "{folder}",
];

/// The same, with the first page of every paper as a picture of the documentation.
pub(crate) fn draw(machine: &Machine) -> Result<(), String> {
    for tool in TOOLS {
        match tools::find(tool, machine, Installing::Refused)? {
            Search::Found => {}
            Search::Absent { how } => return Err(how),
        }
    }
    legs::peer(machine, "papers", &[], &[SCRIPT, &[FOLDER]].concat())
}
