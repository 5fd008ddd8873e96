//! How much memory a process takes, as the system counts it, and children that are asked for it.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::Failed;

/// What this program, started once more with these words, prints as its only figure.
pub(crate) fn of_child<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> Result<u64, Failed> {
    let mut child = Command::new(std::env::current_exe()?);
    let said = child.args(words).stderr(Stdio::inherit()).output()?;
    Ok(String::from_utf8(said.stdout)?.trim().parse()?)
}

/// From here on the system counts the peak anew.
pub(crate) fn forget_peak() -> Result<(), Failed> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

/// The highest resident set so far, in KiB.
pub(crate) fn peak_kib() -> Result<u64, Failed> {
    of_status("VmHWM:")
}

/// The resident set now, in KiB.
pub(crate) fn now_kib() -> Result<u64, Failed> {
    of_status("VmRSS:")
}

fn of_status(name: &str) -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.and_then(|line| line.split_whitespace().next());
    Ok(figure
        .ok_or("the system does not count memory here")?
        .parse()?)
}
