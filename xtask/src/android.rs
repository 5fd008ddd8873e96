//! `cargo xtask android`: the core for Android phones, packed as an AAR beside the Kotlin package.
//!
//! Input: the clone, the NDK and the Rust targets. Output: `lossbook.aar` in the cache folder with
//! the library for three kinds of processors, pages of 16 KiB, and the rules for shrinkers. Refuses
//! before it builds anything where a part is missing, and says which.

use std::path::{Path, PathBuf};

use crate::kotlin;
use crate::machine::Machine;

/// The least version of Android that the library runs on.
const API: u32 = 28;
const LIBRARY: &str = "liblossbook_ffi.so";
const PROFILE: &str = "mobile";

/// A kind of processor.
#[derive(Debug)]
struct Abi {
    /// What Rust calls it.
    target: &'static str,
    /// What Android calls it.
    folder: &'static str,
    /// What the NDK's compiler calls it.
    clang: &'static str,
}

/// Phones of the last ten years, and emulators.
const ABIS: [Abi; 3] = [
    Abi {
        target: "aarch64-linux-android",
        folder: "arm64-v8a",
        clang: "aarch64-linux-android",
    },
    Abi {
        target: "armv7-linux-androideabi",
        folder: "armeabi-v7a",
        clang: "armv7a-linux-androideabi",
    },
    Abi {
        target: "x86_64-linux-android",
        folder: "x86_64",
        clang: "x86_64-linux-android",
    },
];

/// JNA finds classes and their members by name.
const SHRINKER: &str = "-keep class com.sun.jna.** { *; }\n-keep class org.lossbook.ffi.** { *; }\n-dontwarn java.awt.**\n-dontwarn java.net.http.**\n";
const MANIFEST: &str = "<manifest xmlns:android=\"http://schemas.android.com/apk/res/android\" package=\"org.lossbook\">\n  <uses-sdk android:minSdkVersion=\"28\" />\n</manifest>\n";

/// Builds the library for each kind of processor and packs it.
pub(crate) fn archive(machine: &Machine) -> Result<(), String> {
    let tools = look_for_ndk(
        std::env::var_os("ANDROID_NDK_HOME").map(PathBuf::from),
        std::env::consts::OS,
    )?;
    let installed = machine.answer(&["rustup", "target", "list", "--installed"])?;
    let missing = missing_targets(&installed);
    if !missing.is_empty() {
        return Err(format!(
            "Rust lacks Android's standard library: rustup target add {}",
            missing.join(" ")
        ));
    }
    let work = machine.cache.join("android");
    for abi in &ABIS {
        build(machine, &tools, abi)?;
        let built = machine
            .target()
            .join(abi.target)
            .join(PROFILE)
            .join(LIBRARY);
        copy(&built, &work.join("jni").join(abi.folder).join(LIBRARY))?;
    }
    kotlin::package(machine)?;
    pack(machine, &work)
}

/// The folder of the NDK's compilers.
fn look_for_ndk(home: Option<PathBuf>, system: &str) -> Result<PathBuf, String> {
    let how = "install the NDK (r28 or newer) and set ANDROID_NDK_HOME to its folder";
    let home = home.ok_or_else(|| format!("`android` needs the Android NDK: {how}"))?;
    let host = if system == "macos" { "darwin" } else { system };
    let tools = home
        .join("toolchains/llvm/prebuilt")
        .join(format!("{host}-x86_64"))
        .join("bin");
    if tools.is_dir() {
        Ok(tools)
    } else {
        Err(format!("there is no {}: {how}", tools.display()))
    }
}

fn missing_targets(installed: &str) -> Vec<&'static str> {
    let has = |target: &str| installed.lines().any(|line| line.trim() == target);
    ABIS.iter()
        .map(|abi| abi.target)
        .filter(|target| !has(target))
        .collect()
}

/// OpenSSL is compiled with the rest: a phone has none that an app may use.
fn build(machine: &Machine, tools: &Path, abi: &Abi) -> Result<(), String> {
    let clang = tools.join(format!("{}{API}-clang", abi.clang));
    let archiver = tools.join("llvm-ar");
    let name = abi.target.replace('-', "_");
    let mut cargo = machine.command(&["cargo", "build", "-p", "lossbook-ffi", "--lib"]);
    cargo
        .args(["--profile", PROFILE, "--target", abi.target])
        .env_remove("OPENSSL_NO_VENDOR")
        .env(format!("CC_{name}"), &clang)
        .env(format!("AR_{name}"), &archiver)
        .env(
            format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()),
            &clang,
        )
        .env(
            format!("CARGO_TARGET_{}_RUSTFLAGS", name.to_uppercase()),
            // Relocations packed as Android 9 reads them: half a megabyte less.
            "-C link-arg=-Wl,-z,max-page-size=16384 \
             -C link-arg=-Wl,--pack-dyn-relocs=android+relr,--use-android-relr-tags",
        );
    machine.run(&mut cargo)
}

/// An AAR is a zip of a manifest, the classes, the libraries and the rules for shrinkers.
fn pack(machine: &Machine, work: &Path) -> Result<(), String> {
    write(&work.join("AndroidManifest.xml"), MANIFEST)?;
    write(&work.join("proguard.txt"), SHRINKER)?;
    write(&work.join("R.txt"), "")?;
    let built = kotlin::ours(machine).join("build");
    let classes = work.join("classes.jar");
    let mut jar = machine.command(&["jar", "--create", "--file"]);
    jar.arg(&classes);
    for part in ["lossbook-ffi", "lossbook"] {
        jar.arg("-C").arg(built.join(part).join("classes")).arg(".");
    }
    machine.run(&mut jar)?;
    let archive = machine.cache.join("lossbook.aar");
    let mut zip = machine.command(&["jar", "--create", "--no-manifest", "--file"]);
    zip.arg(&archive).arg("-C").arg(work).arg(".");
    machine.run(&mut zip)?;
    println!("{}", archive.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    make_parent(to)?;
    std::fs::copy(from, to)
        .map(|_bytes| ())
        .map_err(|error| format!("{}: {error}", from.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    make_parent(file)?;
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn make_parent(file: &Path) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_ndk_nothing_is_built_and_the_way_to_it_is_said() {
        let unset = look_for_ndk(None, "linux").expect_err("it is not there");
        assert!(unset.contains("ANDROID_NDK_HOME"), "{unset}");
        let nowhere = look_for_ndk(Some(PathBuf::from("/nowhere")), "linux");
        assert!(nowhere.is_err_and(|why| why.contains("linux-x86_64")));
    }

    #[test]
    fn targets_that_rust_lacks_are_named() {
        let missing = missing_targets("x86_64-unknown-linux-gnu\naarch64-linux-android\n");
        assert_eq!(missing, ["armv7-linux-androideabi", "x86_64-linux-android"]);
    }
}
