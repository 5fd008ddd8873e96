//! The legs of the test run, as a table, and how one of them is run.
//!
//! Input: a row of [`LEGS`]. Output: an [`Outcome`]. The order is the order of cost: what is quick
//! to say no comes first. The last legs are *peers*: foreign programs that read what this project
//! wrote and must agree with it. Refuses to call a leg passed that did not run.

use std::fmt;

use serde_json::Value;

use crate::apk;
use crate::bindings;
use crate::kotlin;
use crate::machine::{Installing, Machine};
use crate::papers;
use crate::swift;
use crate::tools::{self, Search};

/// The least number of checks that a whole demo makes.
const DEMO_CHECKS: usize = 12;

/// One leg.
#[derive(Debug)]
pub(crate) struct Leg {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    /// What it shows when it passes.
    pub(crate) what: &'static str,
    /// Foreign tools it needs, by their names in `tools`.
    needs: &'static [&'static str],
    act: Act,
}

#[derive(Debug)]
enum Act {
    /// One command that must succeed.
    Command(&'static [&'static str]),
    /// The same for rustdoc, whose warnings become errors.
    Doc(&'static [&'static str]),
    /// The demo, whose last line must be a good report.
    Demo,
    /// Our Swift against the generated Swift, as far as that goes without a compiler.
    SwiftNames,
    /// The Swift packages, where there is a compiler: nothing that can be installed brings one.
    Swift,
    /// The Kotlin package.
    Kotlin,
    /// The demo app for Android.
    Android,
    /// The bindings are generated, and their surface compared.
    Bindings,
    /// The bindings through Python.
    Python,
    /// A foreign reader. `{program}` and `{folder}` stand for the built program and an empty folder.
    Peer {
        /// What our program is told first, so that there is something to read.
        first: &'static [&'static [&'static str]],
        /// The interpreter and the script that reads and judges it.
        script: &'static [&'static str],
    },
}

/// All legs, in order.
pub(crate) const LEGS: &[Leg] = &[
    Leg {
        name: "fmt",
        what: "the code is formatted",
        needs: &[],
        act: Act::Command(&["cargo", "fmt", "--all", "--check"]),
    },
    Leg {
        name: "clippy",
        what: "no lint complains",
        needs: &[],
        act: Act::Command(&[
            "cargo",
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Leg {
        name: "doc",
        what: "every documentation link leads somewhere",
        needs: &[],
        act: Act::Doc(&["cargo", "doc", "--workspace", "--no-deps"]),
    },
    Leg {
        name: "test",
        what: "the unit and integration tests pass",
        needs: &[],
        act: Act::Command(&["cargo", "test", "--workspace"]),
    },
    Leg {
        name: "deny",
        what: "dependencies have allowed licences and sources",
        needs: &["cargo-deny"],
        act: Act::Command(&["cargo", "deny", "check", "licenses", "bans", "sources"]),
    },
    Leg {
        name: "demo",
        what: "the whole story runs and all its checks hold",
        needs: &[],
        act: Act::Demo,
    },
    Leg {
        name: "sqlcipher",
        what: "SQLCipher's own library opens the store with its key only",
        needs: &["python3", "sqlcipher3"],
        act: Act::Peer {
            first: &[&["demo", "--json", "--dir", "{folder}/story"]],
            script: &[
                "python3",
                "tests/peers/sqlcipher_peer.py",
                "{folder}/story/surveyor",
                "{folder}/story/surveyor.key",
            ],
        },
    },
    Leg {
        name: "statement",
        what: "two phones dispute, settle and sign on the command line; Python verifies what was signed",
        needs: &["python3", "cbor2", "cryptography"],
        act: Act::Peer {
            first: &[],
            script: &[
                "python3",
                "tests/peers/two_homes.py",
                "{program}",
                "{folder}",
                "python3",
                "tests/peers/statement_peer.py",
            ],
        },
    },
    Leg {
        name: "automerge",
        what: "the npm package @automerge/automerge reads the same values and conflicts",
        needs: &["python3", "node", "automerge"],
        act: Act::Peer {
            first: &[],
            script: &[
                "python3",
                "tests/peers/two_homes.py",
                "{program}",
                "{folder}",
                "node",
                "tests/peers/automerge_peer.cjs",
            ],
        },
    },
    Leg {
        name: "exiftool",
        what: "ExifTool reads the same facts from the same photos",
        needs: &["python3", "exiftool"],
        act: Act::Peer {
            first: &[&["scene", "{folder}"], &["corpus", "{folder}/corpus"]],
            script: &[
                "python3",
                "tests/peers/exiftool_peer.py",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "bundle",
        what: "the stock age tool opens our bundles and makes one that we open; Python checks what is inside",
        needs: &["python3", "age", "cbor2", "cryptography"],
        act: Act::Peer {
            first: &[],
            script: &[
                "python3",
                "tests/peers/bundle_peer.py",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "gcoord",
        what: "gcoord converts a hundred thousand positions to the same degrees",
        needs: &["node", "gcoord"],
        act: Act::Peer {
            first: &[&["positions", "{folder}/positions.csv"]],
            script: &[
                "node",
                "tests/peers/gcoord_peer.js",
                "{folder}/positions.csv",
            ],
        },
    },
    Leg {
        name: "rules",
        what: "four Python packages agree on working days, numbers and capitals",
        needs: &[
            "python3",
            "chinesecalendar",
            "python-stdnum",
            "vininfo",
            "cn2an",
        ],
        act: Act::Peer {
            first: &[],
            script: &["python3", "tests/peers/rules_peer.py", "{program}"],
        },
    },
    Leg {
        name: "tus",
        what: "tuspy and tus-js-client bring a photo over a link that breaks, and go on with it",
        needs: &["python3", "node", "tuspy", "tus-js-client"],
        act: Act::Peer {
            first: &[],
            script: &[
                "python3",
                "tests/peers/tus_peer.py",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "console",
        what: "a browser walks the console, one case through four people, and every refusal",
        needs: &["node", "chromium", "playwright-core", "axe-core"],
        act: Act::Peer {
            first: &[],
            script: &[
                "node",
                "tests/peers/console_peer.cjs",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "office",
        what: "a browser walks the desks of head office: registers, samples, staff, risks, hidden amounts",
        needs: &["node", "chromium", "playwright-core", "axe-core"],
        act: Act::Peer {
            first: &[],
            script: &[
                "node",
                "tests/peers/office_peer.cjs",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "board",
        what: "a browser walks the board of figures and the tables made from cases; every list adds up to its number",
        needs: &["node", "chromium", "playwright-core", "axe-core"],
        act: Act::Peer {
            first: &[],
            script: &[
                "node",
                "tests/peers/board_peer.cjs",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "kpi",
        what: "every figure, total and correction counted again in Python and JavaScript from cases, decisions and changes",
        needs: &["python3", "sqlcipher3", "cbor2", "node", "automerge"],
        act: Act::Peer {
            first: &[],
            script: &[
                "python3",
                "tests/peers/kpi_peer.py",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "api",
        what: "Schemathesis asks the API of a filled hub for a minute: no failure, no answer that is not described",
        needs: &["python3", "schemathesis"],
        act: Act::Peer {
            first: &[],
            script: &[
                "python3",
                "tests/peers/api_peer.py",
                "{program}",
                "{folder}",
            ],
        },
    },
    Leg {
        name: "templates",
        what: "every paper is set in both languages without a warning, twice the same",
        needs: &["fonts-wqy-microhei"],
        act: Act::Command(&[
            "cargo",
            "test",
            "-p",
            "lossbook-papers",
            "--test",
            "papers",
            "--",
            "--ignored",
        ]),
    },
    Leg {
        name: "papers",
        what: "poppler, openpyxl and GDAL read every paper, table and map of the demo's event, the same twice",
        needs: papers::TOOLS,
        act: Act::Peer {
            first: &[],
            script: papers::SCRIPT,
        },
    },
    Leg {
        name: "swift-names",
        what: "our Swift has no syntax error and names what the generated Swift has",
        needs: &["python3", "tree-sitter-swift"],
        act: Act::SwiftNames,
    },
    Leg {
        name: "swift",
        what: "the Swift package and the view models of the iOS app build and pass their tests",
        needs: &[],
        act: Act::Swift,
    },
    Leg {
        name: "kotlin",
        what: "the Kotlin package compiles without a warning; the story, the vectors and every misuse run through it",
        needs: kotlin::TOOLS,
        act: Act::Kotlin,
    },
    Leg {
        name: "android",
        what: "the Android demo compiles, its screens are tested, and an APK is packed and verified",
        needs: apk::TOOLS,
        act: Act::Android,
    },
    Leg {
        name: "bindings",
        what: "Kotlin, Swift and Python are generated from the library, and its surface is the one written down",
        needs: &["python3"],
        act: Act::Bindings,
    },
    Leg {
        name: "python",
        what: "the story, the thousand cases, the old stores and the samples through Python, from an installed wheel too",
        needs: bindings::WHEEL_TOOLS,
        act: Act::Python,
    },
];

/// How a leg ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It ran and all is well.
    Passed,
    /// It ran, or should have, and something is wrong.
    Failed(String),
    /// A foreign tool is missing and nobody asked to install it.
    NotRunHere(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(out, "passed"),
            Self::Failed(why) => write!(out, "FAILED: {why}"),
            Self::NotRunHere(how) => write!(out, "not run here, {how}"),
        }
    }
}

/// The leg of that name.
pub(crate) fn named(name: &str) -> Option<&'static Leg> {
    LEGS.iter().find(|leg| leg.name == name)
}

/// Runs one leg.
pub(crate) fn run(leg: &Leg, machine: &Machine, installing: Installing) -> Outcome {
    for tool in leg.needs {
        match tools::find(tool, machine, installing) {
            Ok(Search::Found) => {}
            Ok(Search::Absent { how }) => return Outcome::NotRunHere(how),
            Err(why) => return Outcome::Failed(why),
        }
    }
    let done = match leg.act {
        Act::Command(argv) => machine.run(&mut machine.command(argv)),
        Act::Doc(argv) => machine.run(machine.command(argv).env("RUSTDOCFLAGS", "-D warnings")),
        Act::Demo => demo(machine),
        Act::SwiftNames => swift::compare_names(machine),
        Act::Swift => return swift::leg(machine),
        Act::Kotlin => kotlin::leg(machine),
        Act::Android => apk::leg(machine),
        Act::Bindings => bindings::leg(machine),
        Act::Python => bindings::python(machine),
        Act::Peer { first, script } => peer(machine, leg.name, first, script),
    };
    match done {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn demo(machine: &Machine) -> Result<(), String> {
    let mut last = String::new();
    let mut command = machine.command(&["cargo", "run", "--release", "--", "demo", "--json"]);
    machine.run_reading(&mut command, |line| {
        if !line.trim().is_empty() {
            line.clone_into(&mut last);
        }
    })?;
    judge_demo(&last)
}

/// Decides by the demo's last line: `{"ok": true, "checks": [{"name": …, "ok": true}, …]}`.
fn judge_demo(line: &str) -> Result<(), String> {
    let report: Value =
        serde_json::from_str(line).map_err(|error| format!("the last line is no JSON: {error}"))?;
    let checks = report
        .get("checks")
        .and_then(Value::as_array)
        .ok_or("the report has no list of checks")?;
    if checks.len() < DEMO_CHECKS {
        return Err(format!(
            "the demo made {} checks, expected {DEMO_CHECKS} or more",
            checks.len()
        ));
    }
    let is_good = |value: &Value| value.get("ok") == Some(&Value::Bool(true));
    if let Some(bad) = checks.iter().find(|check| !is_good(check)) {
        return Err(format!("a check did not hold: {bad}"));
    }
    if is_good(&report) {
        Ok(())
    } else {
        Err("the demo says that it is not ok".to_owned())
    }
}

pub(crate) fn peer(
    machine: &Machine,
    leg: &str,
    first: &[&[&str]],
    script: &[&str],
) -> Result<(), String> {
    machine.run(&mut machine.command(&["cargo", "build", "--release"]))?;
    let folder = machine.cache.join("peers").join(leg);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("cannot empty {}: {error}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let program = machine
        .target()
        .join("release")
        .join(format!("lossbook{}", std::env::consts::EXE_SUFFIX));
    let (program, folder) = (program.display().to_string(), folder.display().to_string());
    let filled = |words: &[&str]| -> Vec<String> {
        words
            .iter()
            .map(|word| {
                word.replace("{program}", &program)
                    .replace("{folder}", &folder)
            })
            .collect()
    };
    for words in first {
        machine.run(machine.command(&[&program]).args(filled(words)))?;
    }
    let script = filled(script);
    let words: Vec<&str> = script.iter().map(String::as_str).collect();
    machine.run(&mut machine.command(&words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ok: bool, checks: &[bool]) -> String {
        let checks: Vec<Value> = checks
            .iter()
            .map(|held| serde_json::json!({ "name": "x", "ok": held }))
            .collect();
        serde_json::json!({ "ok": ok, "checks": checks }).to_string()
    }

    #[test]
    fn a_demo_with_enough_good_checks_passes() {
        assert_eq!(judge_demo(&report(true, &[true; DEMO_CHECKS])), Ok(()));
    }

    #[test]
    fn a_demo_fails_that_is_not_ok_or_too_short_or_holds_a_bad_check() {
        let mut one_bad = [true; DEMO_CHECKS];
        one_bad[3] = false;
        let lines = [
            report(false, &[true; DEMO_CHECKS]),
            report(true, &[true; 3]),
            report(true, &one_bad),
        ];
        for line in lines
            .iter()
            .map(String::as_str)
            .chain(["", "done", "{}", r#"{"ok":true}"#])
        {
            assert!(judge_demo(line).is_err(), "{line}");
        }
    }

    #[test]
    fn every_leg_has_a_name_of_its_own() {
        let mut names: Vec<&str> = LEGS.iter().map(|leg| leg.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), LEGS.len());
    }
}
