//! The project's own commands: what CI runs is what a developer runs.
//!
//! `cargo xtask test` runs the legs of [`legs`] one by one; `cargo xtask long NAME` makes one of
//! the long runs of [`long`] and writes its row into `docs/benchmarks.md`; `cargo xtask vectors`
//! writes the cases that bindings replay, and notes their digest; `cargo xtask dictionary` trains the
//! dictionary that pages are packed with; `cargo xtask
//! requirements` writes `docs/requirements-status.md`; `cargo xtask swift-sources` and `cargo xtask
//! ios` put the core into the Swift package, `cargo xtask android` packs it for Android phones, and
//! `cargo xtask screens android` draws the demo's screens. Input: the command line, and `CI` in the
//! environment. Output: the exit code (0 all well, 1 something failed,
//! 2 not understood) and what is printed. Installs nothing unless told to (`--install` or `CI`),
//! and never judges a test by its speed.
#![allow(
    clippy::print_stdout,
    reason = "a command that developers read in a terminal"
)]

mod android;
mod apk;
mod bench_page;
mod bindings;
mod dictionary;
mod ios;
mod kotlin;
mod legs;
mod long;
mod machine;
mod papers;
mod requirements;
mod screens;
mod size;
mod swift;
mod tools;
mod vectors;

use std::process::ExitCode;

use legs::Outcome;
use machine::{Installing, Machine};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    List,
    Test {
        installing: Installing,
        only: Vec<String>,
    },
    Long {
        name: String,
        seed: Option<u64>,
    },
    Vectors {
        folder: Option<String>,
    },
    Dictionary,
    Requirements,
    SwiftSources {
        folder: Option<String>,
    },
    Ios,
    Android,
    AndroidScreens,
    PaperScreens,
    Surface,
    Wheel,
    Size,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match parse(&args) {
        Ok(Wish::List) => {
            list();
            Ok(true)
        }
        Ok(Wish::Test { installing, only }) => test(installing, &only),
        Ok(Wish::Long { name, seed }) => Machine::look()
            .and_then(|machine| match seed {
                None => long::run(&machine, &name),
                Some(seed) => long::replay(&machine, &name, seed),
            })
            .map(|()| true),
        Ok(Wish::Vectors { folder }) => Machine::look()
            .and_then(|machine| vectors::write(&machine, folder.as_deref()))
            .map(|()| true),
        Ok(Wish::Dictionary) => Machine::look()
            .and_then(|machine| dictionary::write(&machine))
            .map(|()| true),
        Ok(Wish::Requirements) => Machine::look()
            .and_then(|machine| requirements::write(&machine.root))
            .map(|()| true),
        Ok(Wish::SwiftSources { folder }) => {
            on_machine(|machine| swift::write_sources(machine, folder.as_deref()))
        }
        Ok(Wish::Ios) => on_machine(ios::framework),
        Ok(Wish::Android) => on_machine(android::archive),
        Ok(Wish::AndroidScreens) => on_machine(screens::draw),
        Ok(Wish::PaperScreens) => on_machine(papers::draw),
        Ok(Wish::Surface) => on_machine(bindings::write_surface),
        Ok(Wish::Wheel) => on_machine(bindings::wheel),
        Ok(Wish::Size) => on_machine(size::weigh),
        Err(problem) => {
            println!("xtask: {problem}\n");
            list();
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            println!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn on_machine(work: impl FnOnce(&Machine) -> Result<(), String>) -> Result<bool, String> {
    Machine::look()
        .and_then(|machine| work(&machine))
        .map(|()| true)
}

fn parse(args: &[String]) -> Result<Wish, String> {
    let mut words = args.iter().map(String::as_str);
    match words.next() {
        None | Some("help" | "--help" | "-h") => Ok(Wish::List),
        Some("test") => parse_test(words),
        Some("dictionary") => match words.next() {
            None => Ok(Wish::Dictionary),
            Some(word) => Err(format!("`dictionary` does not know `{word}`")),
        },
        Some("requirements") => match words.next() {
            None => Ok(Wish::Requirements),
            Some(word) => Err(format!("`requirements` does not know `{word}`")),
        },
        Some("ios") => match words.next() {
            None => Ok(Wish::Ios),
            Some(word) => Err(format!("`ios` does not know `{word}`")),
        },
        Some("swift-sources") => match (words.next(), words.next()) {
            (folder, None) => Ok(Wish::SwiftSources {
                folder: folder.map(str::to_owned),
            }),
            (_, Some(_)) => Err("`swift-sources` takes one folder, or none".to_owned()),
        },
        Some("android") => match words.next() {
            None => Ok(Wish::Android),
            Some(word) => Err(format!("`android` does not know `{word}`")),
        },
        Some("screens") => match (words.next(), words.next()) {
            (Some("android"), None) => Ok(Wish::AndroidScreens),
            (Some("papers"), None) => Ok(Wish::PaperScreens),
            (_, _) => Err("`screens` takes `android` or `papers`".to_owned()),
        },
        Some(word @ ("surface" | "wheel" | "size")) => match (words.next(), word) {
            (None, "surface") => Ok(Wish::Surface),
            (None, "wheel") => Ok(Wish::Wheel),
            (None, _) => Ok(Wish::Size),
            (Some(more), _) => Err(format!("`{word}` does not know `{more}`")),
        },
        Some("long") => parse_long(words),
        Some("vectors") => match (words.next(), words.next()) {
            (folder, None) => Ok(Wish::Vectors {
                folder: folder.map(str::to_owned),
            }),
            (_, Some(_)) => Err("`vectors` takes one folder, or none".to_owned()),
        },
        Some(other) => Err(format!("no command is called `{other}`")),
    }
}

fn parse_test<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Wish, String> {
    let mut installing = Installing::Refused;
    let mut only = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--install" => installing = Installing::Allowed,
            "--only" => match words.next().filter(|name| legs::named(name).is_some()) {
                Some(name) => only.push(name.to_owned()),
                None => return Err("`--only` takes the name of a leg".to_owned()),
            },
            other => return Err(format!("`test` does not know `{other}`")),
        }
    }
    if machine::in_ci() {
        installing = Installing::Allowed;
    }
    Ok(Wish::Test { installing, only })
}

/// The name of a run; with `--seed N`, one of its seeds is replayed and nothing is noted.
fn parse_long<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Wish, String> {
    let Some(name) = words.next() else {
        return Err("`long` takes one name".to_owned());
    };
    let run = long::named(name).ok_or_else(|| format!("no long run is called `{name}`"))?;
    let seed = match (words.next(), words.next(), words.next()) {
        (None, _, _) => None,
        (Some("--seed"), Some(seed), None) if run.replays() => {
            let seed = seed.parse();
            Some(seed.map_err(|_not_one| "`--seed` takes a number".to_owned())?)
        }
        (Some(_), _, _) => return Err(format!("`long {name}` does not know these words")),
    };
    Ok(Wish::Long {
        name: name.to_owned(),
        seed,
    })
}

fn list() {
    println!("cargo xtask test [--install] [--only LEG]   run the legs, in this order:");
    for leg in legs::LEGS {
        println!("  {:<10} {}", leg.name, leg.what);
    }
    println!(
        "\ncargo xtask long NAME                       make a long run and note it in docs/benchmarks.md\
         \n                                             (sim --seed N replays one world and notes nothing):"
    );
    for run in long::RUNS {
        println!("  {:<10} {}", run.name, run.what);
    }
    println!(
        "\ncargo xtask vectors [FOLDER]                write the cases that bindings replay, and note their digest\ncargo xtask dictionary                      train the dictionary of pages and write it under core/dict\ncargo xtask requirements                    write {}: what serves which requirement\
         \ncargo xtask swift-sources [FOLDER]          put what the Swift package needs into it, or into a copy of it\
         \ncargo xtask ios                             make the XCFramework of the core, on a Mac\
         \ncargo xtask surface                         write {} anew, after a meant change of the bindings\
         \ncargo xtask wheel                           build the Python package\
         \ncargo xtask size                            weigh the library for phones, and note it\
         \ncargo xtask android                         build the core for Android phones and pack it as an AAR (needs the NDK)\
         \ncargo xtask screens android                 draw the demo's screens anew under docs/screens\
         \ncargo xtask screens papers                  draw a page of every paper anew under docs/screens",
        requirements::PAGE,
        bindings::SURFACE
    );
}

/// Runs the wished legs; true if none failed.
fn test(installing: Installing, only: &[String]) -> Result<bool, String> {
    let mut machine = Machine::look()?;
    tools::prepare_openssl(&mut machine, installing);
    let wished = legs::LEGS
        .iter()
        .filter(|leg| only.is_empty() || only.iter().any(|name| name == leg.name));
    let mut rows = Vec::new();
    for leg in wished {
        println!("\n==> {}: {}", leg.name, leg.what);
        let (outcome, took) = machine::timed(|| legs::run(leg, &machine, installing));
        println!("<== {}: {outcome} ({took})", leg.name);
        rows.push((leg.name, outcome, took));
    }
    println!("\n{:<10} {:>9}  outcome", "leg", "time");
    for (name, outcome, took) in &rows {
        println!("{name:<10} {took:>9}  {outcome}");
    }
    let count = |wanted: fn(&Outcome) -> bool| {
        rows.iter()
            .filter(|(_, outcome, _)| wanted(outcome))
            .count()
    };
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let passed = count(|outcome| matches!(outcome, Outcome::Passed));
    let skipped = count(|outcome| matches!(outcome, Outcome::NotRunHere(_)));
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args)
    }

    #[test]
    fn no_words_ask_for_the_list() {
        assert_eq!(wish(""), Ok(Wish::List));
    }

    #[test]
    fn install_and_a_leg_are_understood() {
        let expected = Wish::Test {
            installing: Installing::Allowed,
            only: vec!["fmt".to_owned(), "deny".to_owned()],
        };
        assert_eq!(wish("test --install --only fmt --only deny"), Ok(expected));
    }

    #[test]
    fn a_seed_of_the_simulator_can_be_replayed() {
        let expected = Wish::Long {
            name: "sim".to_owned(),
            seed: Some(7),
        };
        assert_eq!(wish("long sim --seed 7"), Ok(expected));
    }

    #[test]
    fn unknown_words_are_refused() {
        for line in [
            "tests",
            "test --fast",
            "test --only",
            "test --only nothing",
            "long",
            "long nothing",
            "long sim --seed",
            "long sim --seed x",
            "long bench --seed 1",
            "long bench x",
            "vectors here there",
        ] {
            assert!(wish(line).is_err(), "{line}");
        }
    }
}
