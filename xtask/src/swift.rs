//! The Swift packages: what they need from the core, put where they look for it; and their leg.
//!
//! Input: the clone. Output: `bindings/swift` with the generated Swift, its C header, the library
//! of this machine and the program, in place or as a copy that builds on a machine without Rust.
//! The generated files are not in the repository. Refuses nothing on a machine without Swift: it
//! only says that nothing was checked.

use std::path::Path;

use crate::bindings;
use crate::legs::Outcome;
use crate::machine::Machine;

/// The packages, in the order in which they depend on each other.
const PACKAGES: [&str; 2] = ["bindings/swift", "ios-demo/Models"];

/// What the generator writes: the Swift, and the C header that it stands on.
pub(crate) const SWIFT: &str = "LossbookFFI.swift";
pub(crate) const HEADER: &str = "CLossbook.h";

/// What a leg says where there is no compiler.
const NOT_HERE: &str = "swift: not checked here";

/// Puts the generated code, the library and the program into the Swift package: in the clone, or
/// in a copy of the packages in `folder`.
pub(crate) fn write_sources(machine: &Machine, folder: Option<&str>) -> Result<(), String> {
    let base = match folder {
        None => machine.root.clone(),
        Some(folder) => {
            let base = std::path::absolute(folder)
                .map_err(|error| format!("{folder} is no folder: {error}"))?;
            copy_packages(machine, &base)?;
            base
        }
    };
    fill(machine, &base.join("bindings/swift"))?;
    println!(
        "cd {0} && swift test\ncd {1} && swift test",
        base.join("bindings/swift").display(),
        base.join("ios-demo/Models").display()
    );
    Ok(())
}

/// Reads our Swift beside the generated one.
pub(crate) fn compare_names(machine: &Machine) -> Result<(), String> {
    bindings::generate(machine)?;
    let generated = bindings::generated(machine, "swift").join(SWIFT);
    let mut command = machine.command(&["python3", "tests/peers/swift_names.py"]);
    machine.run(command.arg(generated).args(["bindings/swift", "ios-demo"]))
}

/// Builds and tests both packages where there is a Swift compiler.
pub(crate) fn leg(machine: &Machine) -> Outcome {
    if !machine.answers(&["swift", "--version"]) {
        println!("{NOT_HERE}");
        return Outcome::NotRunHere("there is no Swift compiler on this machine".to_owned());
    }
    match build_and_test(machine) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn build_and_test(machine: &Machine) -> Result<(), String> {
    let base = machine.cache.join("swift");
    copy_packages(machine, &base)?;
    fill(machine, &base.join("bindings/swift"))?;
    for package in PACKAGES {
        for words in [["swift", "build"], ["swift", "test"]] {
            machine.run(machine.command(&words).current_dir(base.join(package)))?;
        }
    }
    Ok(())
}

/// Copies the files of both packages, as they are in the clone now.
fn copy_packages(machine: &Machine, base: &Path) -> Result<(), String> {
    let words = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "bindings/swift",
        "ios-demo",
    ];
    let files = machine.answer(&words)?;
    for name in files.lines() {
        let from = machine.root.join(name);
        if from.is_file() {
            copy(&from, &base.join(name))?;
        }
    }
    Ok(())
}

/// Generates the code and puts it, the library and the program into the package.
fn fill(machine: &Machine, package: &Path) -> Result<(), String> {
    bindings::generate(machine)?;
    let generated = bindings::generated(machine, "swift");
    let library = bindings::library(machine, "debug");
    let name = library.file_name().unwrap_or_default().to_owned();
    let program = format!("lossbook{}", std::env::consts::EXE_SUFFIX);
    let lib = package.join("lib");
    let places = [
        (
            generated.join(SWIFT),
            package.join("Sources/LossbookFFI").join(SWIFT),
        ),
        (
            generated.join(HEADER),
            package.join("Sources/CLossbook").join(HEADER),
        ),
        (library.with_file_name(&program), lib.join(&program)),
        (library, lib.join(name)),
    ];
    for (from, to) in places {
        copy(&from, &to)?;
    }
    copy_home(&machine.root.join("fixtures/stores"), &lib.join("home"))?;
    write_vectors(machine, &lib)
}

/// The home of the newest store that is kept: a phone that head office knows, for tests to begin with.
fn copy_home(stores: &Path, to: &Path) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("{}: {error}", stores.display());
    let mut newest = None;
    for entry in std::fs::read_dir(stores).map_err(broken)? {
        let name = entry.map_err(broken)?.file_name();
        let version = name
            .to_str()
            .and_then(|name| name.strip_prefix('v')?.parse().ok());
        newest = newest.max(version.map(|version: u32| (version, name)));
    }
    let (_, name) = newest.ok_or_else(|| format!("no store is kept in {}", stores.display()))?;
    if to.exists() {
        std::fs::remove_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    copy_folder(&stores.join(name).join("home"), to)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in std::fs::read_dir(from).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// The thousand cases that every binding judges as Rust does.
fn write_vectors(machine: &Machine, folder: &Path) -> Result<(), String> {
    let words = [
        "cargo",
        "run",
        "--quiet",
        "-p",
        "lossbook-tests",
        "--bin",
        "vectors",
        "--",
    ];
    machine.run(machine.command(&words).arg(folder))
}

/// Copies one file and makes the folders above it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    std::fs::copy(from, to).map(drop).map_err(|error| {
        format!(
            "cannot copy {} to {}: {error}",
            from.display(),
            to.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_the_guide_is_the_one_that_is_tested() {
        let machine = Machine::look().expect("a clone");
        let read = |name: &str| std::fs::read_to_string(machine.root.join(name)).expect(name);
        let tested = read("bindings/swift/Tests/LossbookKitTests/FirstCase.swift");
        let lines: Vec<&str> = tested
            .lines()
            .skip_while(|line| line.trim() != "// begin sample")
            .skip(1)
            .take_while(|line| line.trim() != "// end sample")
            .map(|line| line.strip_prefix("    ").unwrap_or(line))
            .collect();
        assert!((10..40).contains(&lines.len()), "{} lines", lines.len());
        assert!(
            read("docs/embedding.md").contains(&lines.join("\n")),
            "docs/embedding.md shows another sample than FirstCase.swift"
        );
    }

    #[test]
    fn the_newest_home_is_the_one_with_the_highest_number() {
        let folder = std::env::temp_dir().join(format!("lossbook-xtask-{}", std::process::id()));
        for name in ["v9", "v10", "newer"] {
            let file = folder.join("stores").join(name).join("home/blobs/key");
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(&file, name).expect("written");
        }
        let copied = copy_home(&folder.join("stores"), &folder.join("home"));
        let key = std::fs::read_to_string(folder.join("home/blobs/key"));
        std::fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(copied, Ok(()));
        assert_eq!(key.expect("copied"), "v10");
    }
}
