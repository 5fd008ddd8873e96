//! Speed and size beside well-known peers, measured in the same run on the same machine.
//!
//! Prints one `BENCH {json}` line for each comparison, which `cargo xtask long bench` notes in
//! `docs/benchmarks.md`. Ratios below 1 are better than the peer. Figures that are quoted and not
//! run again say so in their note. Goals were set before measuring (docs of the design). Needs
//! `vipsthumbnail`, and a C compiler, cmake and nasm for the peer in `tests/peers/turbojpeg`; rows
//! whose peer is missing are left out. The network is loopback only.
#![expect(clippy::print_stdout, reason = "benchmarks speak on standard output")]

mod console;
mod document;
mod edit;
mod list;
mod load;
mod memory;
mod photo;
mod row;
mod rules;
mod thumbnail;
mod wire;
mod world;

use std::error::Error;

/// Whatever stops a benchmark.
type Failed = Box<dyn Error>;

/// Measures a group and says its rows.
type Group = fn() -> Result<(), Failed>;

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // A bench starts itself once more to have a process whose memory is all its own.
    if let [word, home, case, file] = words.as_slice()
        && word == photo::CHILD
    {
        return photo::child(home, case, file);
    }
    if let [word, home] = words.as_slice()
        && word == list::CHILD
    {
        return list::child(home);
    }
    if let [word, home, from, to] = words.as_slice()
        && word == console::CHILD
    {
        return console::child(home, (from, to));
    }
    // `cargo bench` passes `--bench`; a plain word picks groups.
    let wished: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let groups: [(&str, Group); 9] = [
        ("thumbnail", thumbnail::run),
        ("photo", photo::run),
        ("document", document::run),
        ("edit", edit::run),
        ("list", list::run),
        ("wire", wire::run),
        ("load", load::run),
        ("console", console::run),
        ("rules", rules::run),
    ];
    for (name, run) in groups {
        // A hub under load takes many minutes: only when it is asked for.
        let is_usual = wished.is_empty() && !["load", "console"].contains(&name);
        if is_usual || wished.iter().any(|wish| *wish == name) {
            run()?;
        }
    }
    Ok(())
}
