//! How large the library for phones is, by profile, and what takes the room in it.
//!
//! Input: the clone. Builds the library in each profile with its symbols, reads those by `nm`, then
//! strips a copy. Output: rows of `docs/benchmarks.md`. OpenSSL is the system's (Apple's phones have
//! their own; on Android it comes on top), so what is weighed is ours and our dependencies'.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use serde_json::{Value, json};

use crate::bench_page::{self, Row};
use crate::bindings;
use crate::machine::{self, Machine, OpenSsl};

/// Profiles, and what they are.
const PROFILES: &[(&str, &str)] = &[
    (
        "mobile",
        "optimised for size (s), whole-program LTO, one unit",
    ),
    ("release", "optimised for speed (3), no whole-program LTO"),
];
/// What a phone's library may take, in bytes: stripped, and compressed.
const GOALS: (u64, u64) = (4_500_000, 2_200_000);
/// As the library for Android is linked.
const RELOCATIONS: &str = "link-arg=-Wl,-z,pack-relative-relocs";
/// So many parts are named.
const PARTS: usize = 14;

/// Weighs the library and notes it.
pub(crate) fn weigh(machine: &Machine) -> Result<(), String> {
    if machine.openssl == OpenSsl::Compiled {
        return Err(
            "OpenSSL would be weighed too: install libssl-dev and pkg-config first".to_owned(),
        );
    }
    let mut rows = Vec::new();
    let (done, took) = machine::timed(|| {
        for (profile, what) in PROFILES {
            rows.extend(weighed(machine, (profile, what))?);
        }
        Ok::<_, String>(())
    });
    done?;
    let cores = available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let row = Row {
        name: "size".to_owned(),
        counted: format!("comparisons {}", rows.len()),
        commit: machine.answer(&["git", "rev-parse", "--short=12", "HEAD"])?,
        date: machine.answer(&["date", "-u", "+%F"])?,
        took,
        cores,
    };
    bench_page::note(&machine.root.join("docs/benchmarks.md"), &row, Some(&rows))
}

fn weighed(machine: &Machine, (profile, what): (&str, &str)) -> Result<Vec<Value>, String> {
    let mut build = machine.command(&["cargo", "rustc", "-p", "lossbook-ffi", "--lib"]);
    let strip = format!("CARGO_PROFILE_{}_STRIP", profile.to_uppercase());
    let linked = ["--", "-C", RELOCATIONS];
    build
        .args(["--profile", profile])
        .args(linked)
        .env(strip, "none");
    machine.run(&mut build)?;
    let library = bindings::library(machine, profile);
    let parts = parts(&machine.answer(&[
        "nm",
        "--demangle",
        "--print-size",
        "--size-sort",
        "--radix=d",
        bindings::text(&library)?,
    ])?);
    let bare = library.with_extension("bare");
    let (from, to) = (bindings::text(&library)?, bindings::text(&bare)?);
    machine.run(&mut machine.command(&["strip", "--strip-all", "-o", to, from]))?;
    let stripped = length(&bare)?;
    let packed: u64 = machine
        .answer(&["sh", "-c", "gzip -9 -c \"$0\" | wc -c", to])?
        .parse()
        .map_err(|error| format!("gzip: {error}"))?;
    fs::remove_file(&bare).map_err(|error| format!("{to}: {error}"))?;
    let note = format!(
        "{what}; libcrypto is the system's; by symbols: {}",
        listed(&parts)
    );
    let row = |name: String, bytes: u64, goal: u64, note: &str| {
        json!({
            "name": name, "ours": megabytes(bytes), "peer": megabytes(goal),
            "ratio": ratio(bytes, goal), "goal": "≤ 1", "note": note,
        })
    };
    Ok(vec![
        row(
            format!("phone library, {profile}, stripped"),
            stripped,
            GOALS.0,
            &note,
        ),
        row(
            format!("phone library, {profile}, stripped and compressed"),
            packed,
            GOALS.1,
            "gzip -9; the peer is the goal",
        ),
    ])
}

fn length(path: &Path) -> Result<u64, String> {
    let found = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(found.len())
}

fn megabytes(bytes: u64) -> String {
    let hundredths = (bytes + 5_000) / 10_000;
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}

fn ratio(bytes: u64, goal: u64) -> String {
    let thousandths = (bytes * 1_000 + goal / 2) / goal;
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// Bytes of symbols by the crate or library that they come from, largest first.
fn parts(symbols: &str) -> Vec<(String, u64)> {
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for line in symbols.lines() {
        let mut words = line.splitn(4, ' ');
        let (_, size, _, name) = (words.next(), words.next(), words.next(), words.next());
        if let (Some(Ok(size)), Some(name)) = (size.map(str::parse::<u64>), name) {
            *sizes.entry(part_of(name)).or_default() += size;
        }
    }
    let mut parts: Vec<(String, u64)> = sizes.into_iter().collect();
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    parts
}

/// The crate in a demangled name, or the C library that its beginning tells.
fn part_of(name: &str) -> String {
    let rust = name.trim_start_matches(['<', '&', '[', '(', '*']);
    let rust = rust.strip_prefix("dyn ").unwrap_or(rust);
    if let Some((first, _)) = rust.split_once("::") {
        let is_word = first.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_word && !first.is_empty() {
            return first.to_owned();
        }
    }
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    if begins(&[
        "sqlite3",
        "fts5",
        "sqlcipher",
        "rtree",
        "json",
        "vdbe",
        "btree",
        "pager",
    ]) {
        "sqlite and sqlcipher".to_owned()
    } else if begins(&["ZSTD", "HUF", "FSE", "COVER", "ZDICT"]) {
        "zstd".to_owned()
    } else if begins(&["uniffi", "ffi_lossbook", "UNIFFI"]) {
        "uniffi scaffolding".to_owned()
    } else if name.contains("::") || begins(&["_ZN", "_R", "anon.", ".L"]) {
        "other Rust".to_owned()
    } else {
        "other C (nearly all sqlite)".to_owned()
    }
}

fn listed(parts: &[(String, u64)]) -> String {
    let (named, rest) = parts.split_at(parts.len().min(PARTS));
    let mut words: Vec<String> = named
        .iter()
        .map(|(name, bytes)| format!("{name} {} KB", (bytes + 500) / 1_000))
        .collect();
    let rest: u64 = rest.iter().map(|(_, bytes)| bytes).sum();
    words.push(format!("the rest {} KB", (rest + 500) / 1_000));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_counted_by_crate() {
        let symbols = "0001 00000010 t <automerge::Automerge as core::clone::Clone>::clone\n\
                       0002 00000005 T sqlite3_open\n0003 00000007 t automerge::op::f";
        let parts = parts(symbols);
        assert_eq!(
            parts,
            [
                ("automerge".to_owned(), 17),
                ("sqlite and sqlcipher".to_owned(), 5)
            ]
        );
    }

    #[test]
    fn a_size_is_said_in_hundredths_of_megabytes() {
        assert_eq!(
            (megabytes(3_186_768), ratio(9, 18)),
            ("3.19 MB".to_owned(), "0.500".to_owned())
        );
    }
}
