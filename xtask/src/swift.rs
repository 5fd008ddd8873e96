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
    write_vectors(machine, &lib)
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
