//! `cargo xtask ios`: the core for iPhone and simulator, as an XCFramework beside the Swift package.
//!
//! Input: the clone, on a Mac with Xcode and the Rust targets. Output:
//! `bindings/swift/CLossbook.xcframework` and the generated Swift. Refuses everywhere else, before
//! it builds anything, and says what is missing.

use std::path::{Path, PathBuf};

use crate::bindings;
use crate::machine::Machine;
use crate::swift;

const DEVICE: &str = "aarch64-apple-ios";
/// Simulators on Apple's and on Intel's processors; one file holds both.
const SIMULATORS: [&str; 2] = ["aarch64-apple-ios-sim", "x86_64-apple-ios"];
const FRAMEWORK: &str = "bindings/swift/CLossbook.xcframework";
const LIBRARY: &str = "liblossbook_ffi.a";
/// Without a `link` line: the framework brings its library itself.
const MODULE_MAP: &str = "module CLossbook {\n    header \"CLossbook.h\"\n    export *\n}\n";

/// Makes the framework.
pub(crate) fn framework(machine: &Machine) -> Result<(), String> {
    refuse_elsewhere(std::env::consts::OS)?;
    look_for_tools(machine)?;
    let work = machine.cache.join("ios");
    let headers = work.join("include");
    bindings::generate(machine)?;
    let generated = bindings::generated(machine, "swift");
    swift::copy(
        &generated.join(swift::HEADER),
        &headers.join("CLossbook").join(swift::HEADER),
    )?;
    write(&headers.join("CLossbook/module.modulemap"), MODULE_MAP)?;
    let sources = machine.root.join("bindings/swift/Sources");
    swift::copy(
        &generated.join(swift::SWIFT),
        &sources.join("LossbookFFI").join(swift::SWIFT),
    )?;
    let device = library(machine, DEVICE)?;
    let simulator = work.join("simulator").join(LIBRARY);
    join_simulators(machine, &simulator)?;
    assemble(machine, &headers, &[device, simulator])
}

/// Only a Mac has Apple's linker and frameworks.
fn refuse_elsewhere(system: &str) -> Result<(), String> {
    if system == "macos" {
        return Ok(());
    }
    Err(format!(
        "`ios` needs a Mac with Xcode, and this is {system}: Apple's linker, its frameworks and xcodebuild are nowhere else. \
         The Swift packages themselves build here: cargo xtask swift-sources"
    ))
}

fn look_for_tools(machine: &Machine) -> Result<(), String> {
    machine.answer(&["xcodebuild", "-version"]).map_err(|why| {
        format!("xcodebuild does not answer ({why}): install Xcode and run it once")
    })?;
    let installed = machine.answer(&["rustup", "target", "list", "--installed"])?;
    let missing = missing_targets(&installed);
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("rustup target add {}", missing.join(" ")))
}

/// The targets that are not in the list of installed ones.
fn missing_targets(installed: &str) -> Vec<&'static str> {
    std::iter::once(DEVICE)
        .chain(SIMULATORS)
        .filter(|target| installed.lines().all(|line| line.trim() != *target))
        .collect()
}

/// Builds the static library of one target.
fn library(machine: &Machine, target: &str) -> Result<PathBuf, String> {
    let words = [
        "cargo",
        "rustc",
        "--package",
        "lossbook-ffi",
        "--lib",
        "--crate-type",
        "staticlib",
        "--profile",
        "mobile",
        "--target",
        target,
    ];
    let mut cargo = machine.command(&words);
    // Apple's CommonCrypto enciphers on a phone; a hint at the Mac's OpenSSL would put that in its place.
    for hint in ["OPENSSL_DIR", "OPENSSL_LIB_DIR", "OPENSSL_INCLUDE_DIR"] {
        cargo.env_remove(hint);
    }
    machine.run(&mut cargo)?;
    Ok(machine.target().join(target).join("mobile").join(LIBRARY))
}

fn join_simulators(machine: &Machine, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut command = machine.command(&["lipo", "-create", "-output"]);
    command.arg(to);
    for target in SIMULATORS {
        command.arg(library(machine, target)?);
    }
    machine.run(&mut command)
}

fn assemble(machine: &Machine, headers: &Path, libraries: &[PathBuf]) -> Result<(), String> {
    let framework = machine.root.join(FRAMEWORK);
    if framework.exists() {
        std::fs::remove_dir_all(&framework)
            .map_err(|error| format!("cannot remove {}: {error}", framework.display()))?;
    }
    let mut command = machine.command(&["xcodebuild", "-create-xcframework"]);
    for library in libraries {
        command
            .arg("-library")
            .arg(library)
            .arg("-headers")
            .arg(headers);
    }
    command.arg("-output").arg(&framework);
    machine.run(&mut command)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_a_mac_is_refused_with_what_is_needed() {
        let said = refuse_elsewhere("linux").expect_err("no Mac");
        assert!(said.contains("Mac with Xcode") && said.contains("linux"));
        assert_eq!(refuse_elsewhere("macos"), Ok(()));
    }

    #[test]
    fn the_library_of_an_iphone_holds_no_openssl() {
        let machine = Machine::look().expect("a clone");
        let crates_for = |target: &str| {
            let tree = ["cargo", "tree", "--offline", "--package", "lossbook-ffi"];
            let more = ["--prefix", "none", "--target", target];
            let said = machine.answer(&[&tree[..], &more[..]].concat());
            said.expect("a tree of crates")
        };
        for target in std::iter::once(DEVICE).chain(SIMULATORS) {
            let crates = crates_for(target);
            assert!(crates.contains("libsqlite3-sys "), "{crates}");
            assert!(!crates.contains("openssl"), "{target}: {crates}");
        }
        assert!(crates_for("aarch64-linux-android").contains("openssl-sys "));
    }

    #[test]
    fn missing_targets_are_named() {
        let installed = "aarch64-apple-darwin\naarch64-apple-ios\n";
        assert_eq!(missing_targets(installed), SIMULATORS);
        let all = "aarch64-apple-ios\naarch64-apple-ios-sim\nx86_64-apple-ios\n";
        assert!(missing_targets(all).is_empty());
    }
}
