//! The Kotlin package: generated, compiled and tested with Maven, beside the library of this machine.
//!
//! Input: the clone. Output: tests that ran, and the package in a Maven repository of our own in the
//! cache folder, where the demo app finds it. Everything that is built stands in the cache folder.
//! Warnings of our own Kotlin are errors; those of the generated code are not ours to mend.

use std::path::PathBuf;
use std::process::Command;

use crate::bindings;
use crate::machine::Machine;

/// The package's build file.
const PACKAGE: &str = "bindings/kotlin/pom.xml";

/// What compiles and tests Kotlin.
pub(crate) const TOOLS: &[&str] = &["mvn"];

/// Builds everything the tests need and runs them.
pub(crate) fn leg(machine: &Machine) -> Result<(), String> {
    prepare(machine)?;
    machine.run(maven(machine, PACKAGE)?.arg("install"))
}

/// Compiles the package into the repository of the cache folder, without its tests.
pub(crate) fn package(machine: &Machine) -> Result<(), String> {
    prepare(machine)?;
    machine.run(maven(machine, PACKAGE)?.args(["-q", "install", "-DskipTests"]))
}

/// The comparison with Rust, over the library built for release.
pub(crate) fn bench(machine: &Machine) -> Result<Command, String> {
    let mut command = maven_over(machine, PACKAGE, "release")?;
    command.args(["test", "-Dtest=InterfaceBench"]);
    command.arg("-Dsurefire.failIfNoSpecifiedTests=false");
    Ok(command)
}

/// A Maven command for a build file of the clone.
pub(crate) fn maven(machine: &Machine, file: &str) -> Result<Command, String> {
    maven_over(machine, file, "debug")
}

fn maven_over(machine: &Machine, file: &str, profile: &str) -> Result<Command, String> {
    let mut command = machine.command(&["mvn", "--batch-mode", "--no-transfer-progress"]);
    command.arg("--file").arg(machine.root.join(file));
    let program = format!("lossbook{}", std::env::consts::EXE_SUFFIX);
    let program = machine.target().join("debug").join(program);
    let properties = [
        ("maven.repo.local", ours(machine).join("repository")),
        ("lossbook.build", ours(machine).join("build")),
        ("lossbook.generated", bindings::generated(machine, "kotlin")),
        ("lossbook.library", machine.target().join(profile)),
        ("lossbook.program", program),
        ("lossbook.clone", machine.root.clone()),
        ("lossbook.vectors", vectors(machine)),
    ];
    for (name, path) in properties {
        let path = path
            .to_str()
            .ok_or("the name of the clone or of the cache folder is not UTF-8")?;
        command.arg(format!("-D{name}={path}"));
    }
    Ok(command)
}

/// Where Maven builds and keeps.
pub(crate) fn ours(machine: &Machine) -> PathBuf {
    machine.cache.join("maven")
}

fn vectors(machine: &Machine) -> PathBuf {
    machine.target().join("vectors")
}

/// The library, the program, the generated Kotlin and the thousand cases.
fn prepare(machine: &Machine) -> Result<(), String> {
    bindings::generate(machine)?;
    let mut write = machine.command(&["cargo", "run", "--quiet", "-p", "lossbook-tests"]);
    write.args(["--bin", "vectors", "--"]).arg(vectors(machine));
    machine.run(&mut write)
}
