//! Long runs: too slow for every change, worth a dated row in `docs/benchmarks.md`.
//!
//! Input: a row of [`RUNS`]. The command prints lines `BENCH {json}` or `COUNT {json}`; everything
//! else it prints is only shown. Output: the page, rewritten between its markers. No number gets
//! there by hand. Refuses to note a run that failed or counted nothing.

use std::process::Command;
use std::thread::available_parallelism;

use serde_json::Value;

use crate::bench_page::{self, Row};
use crate::bindings;
use crate::kotlin;
use crate::machine::{self, Installing, Machine};
use crate::tools;

/// One long run.
#[derive(Debug)]
pub(crate) struct LongRun {
    /// What `cargo xtask long` calls it.
    pub(crate) name: &'static str,
    /// What it measures or counts.
    pub(crate) what: &'static str,
    argv: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// Tools that its peers need; installed when the run is asked for, and only then.
    tools: &'static [&'static str],
    yields: Yield,
    /// The variable that makes it replay one seed, if it can.
    seed: Option<&'static str>,
    /// What is made before the clock starts.
    before: Before,
}

/// What a run needs beside the clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// The program, the copier of cases, and an empty folder.
    Figures,
    /// The Python package, with the library built for release.
    PythonPackage,
    /// The Kotlin package in Maven's repository of our own, with the library built for release.
    KotlinPackage,
}

impl LongRun {
    /// Whether one of its seeds can be replayed.
    pub(crate) const fn replays(&self) -> bool {
        self.seed.is_some()
    }
}

/// What the lines of a run mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yield {
    /// `BENCH {"name", "ours", "peer", "ratio", "goal", "note"}`: one row of a comparison each.
    Comparisons,
    /// `COUNT {…}`: what the run counted, one object for each test.
    Counts,
}

impl Yield {
    fn mark(self) -> &'static str {
        match self {
            Self::Comparisons => "BENCH {",
            Self::Counts => "COUNT {",
        }
    }
}

/// All long runs.
pub(crate) const RUNS: &[LongRun] = &[
    LongRun {
        name: "bench",
        what: "speed and size beside well-known peers",
        argv: &["cargo", "bench", "-p", "lossbook-tests", "--bench", "bench"],
        env: &[],
        tools: &["vipsthumbnail", "cmake", "nasm"],
        yields: Yield::Comparisons,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "bench-rules",
        what: "of these, the rules alone",
        argv: &[
            "cargo",
            "bench",
            "-p",
            "lossbook-tests",
            "--bench",
            "bench",
            "--",
            "rules",
        ],
        env: &[],
        tools: &[],
        yields: Yield::Comparisons,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "bench-ffi",
        what: "the interface to Python beside the same calls in Rust",
        argv: &["python3", "-P", "bindings/python/bench.py"],
        env: &[],
        tools: &["python3"],
        yields: Yield::Comparisons,
        seed: None,
        before: Before::PythonPackage,
    },
    LongRun {
        name: "bench-ffi-kotlin",
        what: "the interface to Kotlin on the JVM beside the same calls in Rust",
        argv: &[],
        env: &[],
        tools: kotlin::TOOLS,
        yields: Yield::Comparisons,
        seed: None,
        before: Before::KotlinPackage,
    },
    LongRun {
        name: "bench-load",
        what: "a hub with two hundred phones, and how it grows with its feed",
        argv: &[
            "cargo",
            "bench",
            "-p",
            "lossbook-tests",
            "--bench",
            "bench",
            "--",
            "load",
        ],
        env: &[],
        tools: &[],
        yields: Yield::Comparisons,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "bench-console",
        what: "the console over a hundred thousand cases, with twenty readers",
        argv: &[
            "cargo",
            "bench",
            "-p",
            "lossbook-tests",
            "--bench",
            "bench",
            "--",
            "console",
        ],
        env: &[],
        tools: &[],
        yields: Yield::Comparisons,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "papers",
        what: "papers, tables and maps of the demo's event in other programs, LibreOffice among them",
        argv: &[
            "sh",
            "-c",
            "cargo build --release && python3 tests/peers/papers_peer.py \"${CARGO_TARGET_DIR:-target}/release/lossbook\" \"$(mktemp -d)\"",
        ],
        env: &[],
        tools: &[
            "pdftotext",
            "ogrinfo",
            "openpyxl",
            "fonts-wqy-microhei",
            "libreoffice",
        ],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "kpi",
        what: "every figure and total of ten thousand cases, counted again in Python from their JSON",
        argv: &["python3", "tests/peers/kpi_peer.py"],
        env: &[],
        tools: &["python3", "sqlcipher3", "cbor2"],
        yields: Yield::Counts,
        seed: None,
        before: Before::Figures,
    },
    LongRun {
        name: "lookalike",
        what: "altered copies found among 100,000 photos, and what is not to be found",
        argv: &[
            "cargo",
            "bench",
            "-p",
            "lossbook-tests",
            "--bench",
            "lookalike",
        ],
        env: &[],
        tools: &[],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "kill9",
        what: "phone and hub killed at two hundred moments lose nothing they called saved",
        argv: &[
            "cargo",
            "test",
            "-p",
            "lossbook-tests",
            "--release",
            "--test",
            "tests",
            "--",
            "kill_",
            "--nocapture",
        ],
        env: &[("LOSSBOOK_KILL_POINTS", "200")],
        tools: &[],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "backup",
        what: "a backup made while fifty phones sync restores with the same heads, digests and decisions",
        argv: &[
            "cargo",
            "test",
            "-p",
            "lossbook-tests",
            "--release",
            "--test",
            "tests",
            "--",
            "operate::a_backup",
            "--ignored",
            "--nocapture",
        ],
        env: &[],
        tools: &[],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "fuzz",
        what: "five million spoilt photos and recordings neither crash nor stop the readers",
        argv: &[
            "cargo",
            "test",
            "-p",
            "lossbook-tests",
            "--release",
            "--test",
            "fuzz",
        ],
        env: &[("LOSSBOOK_FUZZ_RUNS", "5000000")],
        tools: &[],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "api",
        what: "ten minutes of made-up requests to the API of a filled hub: no failure, no answer that is not described",
        argv: &["cargo", "xtask", "test", "--only", "api"],
        env: &[("LOSSBOOK_API_SECONDS", "600")],
        tools: &["python3", "schemathesis"],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "photos200",
        what: "two hundred photos of five megabytes in one go, killed in the middle",
        argv: &[
            "cargo",
            "test",
            "-p",
            "lossbook-tests",
            "--release",
            "--test",
            "tests",
            "--",
            "two_hundred_photos",
            "--nocapture",
        ],
        env: &[("LOSSBOOK_PHOTOS", "200")],
        tools: &[],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "merge",
        what: "a million random steps of two to eight phones lose no value and read alike everywhere",
        argv: &[
            "cargo",
            "test",
            "-p",
            "lossbook-tests",
            "--release",
            "--",
            "merge_",
            "--nocapture",
        ],
        env: &[("LOSSBOOK_MERGE_STEPS", "1000000")],
        tools: &[],
        yields: Yield::Counts,
        seed: None,
        before: Before::Nothing,
    },
    LongRun {
        name: "sim",
        what: "five million events of phones and a hub on bad networks: nothing lost, all agree",
        argv: &[
            "cargo",
            "test",
            "-p",
            "lossbook-tests",
            "--release",
            "--test",
            "tests",
            "--",
            "sim_worlds_lose_nothing",
            "--nocapture",
        ],
        env: &[
            ("LOSSBOOK_SIM_STEPS", "5000000"),
            ("LOSSBOOK_SIM_FROM", "1000000"),
        ],
        tools: &[],
        yields: Yield::Counts,
        seed: Some("LOSSBOOK_SIM_SEED"),
        before: Before::Nothing,
    },
];

/// The long run of that name.
pub(crate) fn named(name: &str) -> Option<&'static LongRun> {
    RUNS.iter().find(|run| run.name == name)
}

/// Makes the run and notes it.
pub(crate) fn run(machine: &Machine, name: &str) -> Result<(), String> {
    let run = named(name).ok_or_else(|| format!("no long run is called `{name}`"))?;
    for tool in run.tools {
        tools::find(tool, machine, Installing::Allowed)?;
    }
    let commit = commit(machine)?;
    let date = machine.answer(&["date", "-u", "+%F"])?;
    let mut found = Vec::new();
    let mut command = prepared(machine, run)?;
    let (done, took) = machine::timed(|| {
        machine.run_reading(&mut command, |line| {
            found.extend(object_after(line, run.yields.mark()))
        })
    });
    done?;
    if found.is_empty() {
        return Err(format!(
            "{name} printed no line with `{}…}}`: nothing to note",
            run.yields.mark()
        ));
    }
    let counted = match run.yields {
        Yield::Comparisons => format!("comparisons {}", found.len()),
        Yield::Counts => found.iter().map(in_words).collect::<Vec<_>>().join("; "),
    };
    let cores = available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let row = Row {
        name: run.name.to_owned(),
        counted,
        commit,
        date,
        took,
        cores,
    };
    let comparisons = (run.yields == Yield::Comparisons).then_some(found.as_slice());
    bench_page::note(&machine.root.join("docs/benchmarks.md"), &row, comparisons)
}

/// What the run calls, with everything made that it needs beside the clone.
fn prepared(machine: &Machine, run: &LongRun) -> Result<Command, String> {
    let release = || {
        let build = ["cargo", "build", "--release", "-p", "lossbook-ffi"];
        machine.run(&mut machine.command(&build))
    };
    let mut command = match run.before {
        Before::Nothing => machine.command(run.argv),
        Before::PythonPackage => {
            bindings::generate(machine)?;
            release()?;
            let mut command = machine.command(run.argv);
            command.env("PYTHONPATH", bindings::package(machine, "release")?);
            command
        }
        Before::Figures => figures(machine, run)?,
        Before::KotlinPackage => {
            kotlin::package(machine)?;
            release()?;
            kotlin::bench(machine)?
        }
    };
    command.envs(run.env.iter().copied());
    Ok(command)
}

/// The program, the copier of cases beside it, and an empty folder: 400 cases of the demo, copied
/// until there are ten thousand.
fn figures(machine: &Machine, run: &LongRun) -> Result<Command, String> {
    let copier = ["-p", "lossbook", "-p", "lossbook-tests", "--bins"];
    let mut build = machine.command(&["cargo", "build", "--release"]);
    machine.run(build.args(copier))?;
    let folder = machine.cache.join("long").join(run.name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("cannot empty {}: {error}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let program = format!("lossbook{}", std::env::consts::EXE_SUFFIX);
    let mut command = machine.command(run.argv);
    command
        .arg(machine.target().join("release").join(program))
        .arg(folder)
        .args(["400", "10000"]);
    Ok(command)
}

/// Replays one seed of a run; nothing is noted.
pub(crate) fn replay(machine: &Machine, name: &str, seed: u64) -> Result<(), String> {
    let run = named(name).ok_or_else(|| format!("no long run is called `{name}`"))?;
    let variable = run.seed.ok_or_else(|| format!("{name} has no seeds"))?;
    let mut command = machine.command(run.argv);
    command.env(variable, seed.to_string());
    machine.run_reading(&mut command, |_line| ())
}

/// The commit that is measured, marked when files other than the page itself differ from it.
fn commit(machine: &Machine) -> Result<String, String> {
    let hash = machine.answer(&["git", "rev-parse", "--short=12", "HEAD"])?;
    let changed = machine.answer(&[
        "git",
        "status",
        "--porcelain",
        "--",
        ".",
        ":!docs/benchmarks.md",
    ])?;
    Ok(if changed.is_empty() {
        hash
    } else {
        format!("{hash} and changes")
    })
}

/// The JSON object after the mark, which need not stand at the line's beginning.
fn object_after(line: &str, mark: &str) -> Option<Value> {
    let (_, rest) = line.split_once(mark)?;
    serde_json::from_str(&format!("{{{rest}")).ok()
}

/// `{"points": 2000, "lost": 0}` as `points 2000, lost 0`.
fn in_words(object: &Value) -> String {
    let fields = object.as_object().into_iter().flatten();
    fields
        .map(|(key, value)| format!("{key} {}", bench_page::cell(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_behind_the_name_of_a_test() {
        let line = r#"test kill_anywhere ... COUNT {"points": 2000, "lost": 0}"#;
        let object = object_after(line, Yield::Counts.mark()).expect("an object");
        assert_eq!(object["points"], 2000);
        assert!(object_after("COUNT none", Yield::Counts.mark()).is_none());
    }

    #[test]
    fn counts_are_said_in_words() {
        assert_eq!(
            in_words(&serde_json::json!({ "lost": 0, "points": 2000 })),
            "lost 0, points 2000"
        );
    }
}
