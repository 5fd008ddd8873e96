//! The demo app for Android: compiled, its presenters tested, and packed as a signed APK.
//!
//! Input: the clone, Maven Central and four Debian packages. Output: tests that ran and
//! `lossbook-demo.apk` in the cache folder, verified by `apksigner`. It holds **no native library**:
//! there is no Android standard library for Rust here (`cargo xtask android` builds it where the NDK
//! is), so it shows that sources, resources, dex and signature fit together, and does not run.

use std::path::{Path, PathBuf};

use crate::kotlin;
use crate::machine::Machine;

/// The app's build file.
const APP: &str = "android-demo/pom.xml";
/// Resources of the framework, of Android 10: the newest that Debian has.
const FRAMEWORK: &str = "/usr/share/android-framework-res/framework-res.apk";
/// The key that signs a demo; everybody may know it.
const PASSWORD: &str = "pass:lossbook";

/// What packs an app.
pub(crate) const TOOLS: &[&str] = &["mvn", "apk-tools"];

/// Compiles, tests and packs the app.
pub(crate) fn leg(machine: &Machine) -> Result<(), String> {
    kotlin::package(machine)?;
    machine.run(kotlin::maven(machine, APP)?.arg("install"))?;
    let apk = pack(machine)?;
    verify(machine, &apk)
}

/// Runs one test class of the presenters.
pub(crate) fn presenters(machine: &Machine, class: &str, folder: &Path) -> Result<(), String> {
    kotlin::package(machine)?;
    let mut command = kotlin::maven(machine, APP)?;
    command
        .args(["test", "--projects", "presenters", "--also-make"])
        .arg(format!("-Dtest={class}"))
        .arg(format!("-Dlossbook.screens={}", folder.display()));
    machine.run(&mut command)
}

fn pack(machine: &Machine) -> Result<PathBuf, String> {
    let built = kotlin::ours(machine)
        .join("build")
        .join("lossbook-demo-app");
    let work = built.join("apk");
    fresh(&work)?;
    dex(machine, &built, &work)?;
    let (bare, aligned, signed) = (
        work.join("bare.apk"),
        work.join("aligned.apk"),
        machine.cache.join("lossbook-demo.apk"),
    );
    let main = machine.root.join("android-demo/app/src/main");
    let mut aapt = machine.command(&["aapt", "package", "-f", "-I", FRAMEWORK]);
    aapt.arg("-M").arg(main.join("AndroidManifest.xml"));
    aapt.arg("-S").arg(main.join("res")).arg("-F").arg(&bare);
    machine.run(&mut aapt)?;
    let mut add = machine.command(&["aapt", "add"]);
    add.arg(&bare).args(added(&work)?).current_dir(&work);
    machine.run(&mut add)?;
    let mut align = machine.command(&["zipalign", "-f", "4"]);
    machine.run(align.arg(&bare).arg(&aligned))?;
    let key = key(machine)?;
    let mut sign = machine.command(&["apksigner", "sign", "--ks-pass", PASSWORD, "--ks"]);
    sign.arg(key).arg("--out").arg(&signed).arg(&aligned);
    machine.run(&mut sign)?;
    Ok(signed)
}

/// All classes as one dex; services that are looked up by name come beside it.
fn dex(machine: &Machine, built: &Path, work: &Path) -> Result<(), String> {
    let mut dexer = machine.command(&["java", "-Xmx1500m", "-cp"]);
    dexer
        .arg(built.join("dx.jar"))
        .args([
            "com.android.dx.command.Main",
            "--dex",
            "--min-sdk-version=28",
        ])
        .arg(format!("--output={}", work.join("classes.dex").display()))
        .arg(built.join("unpacked"))
        .arg(built.join("classes"));
    machine.run(&mut dexer)?;
    let (from, to) = (
        built.join("unpacked/META-INF/services"),
        work.join("META-INF/services"),
    );
    let broken = |error: std::io::Error| format!("{}: {error}", to.display());
    std::fs::create_dir_all(&to).map_err(broken)?;
    for entry in std::fs::read_dir(&from).map_err(|error| format!("{}: {error}", from.display()))? {
        let entry = entry.map_err(broken)?;
        std::fs::copy(entry.path(), to.join(entry.file_name())).map_err(broken)?;
    }
    Ok(())
}

/// What goes into the package beside the resources, by names relative to `work`.
fn added(work: &Path) -> Result<Vec<String>, String> {
    let services = work.join("META-INF/services");
    let broken = |error: std::io::Error| format!("{}: {error}", services.display());
    let mut names = vec!["classes.dex".to_owned()];
    for entry in std::fs::read_dir(&services).map_err(broken)? {
        let name = entry.map_err(broken)?.file_name();
        names.push(format!("META-INF/services/{}", name.to_string_lossy()));
    }
    names.sort();
    Ok(names)
}

/// A key made once; a demo needs no secret.
fn key(machine: &Machine) -> Result<PathBuf, String> {
    let file = machine.cache.join("demo-key.p12");
    if !file.exists() {
        let mut make = machine.command(&["keytool", "-genkeypair", "-alias", "demo"]);
        make.args([
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "36500",
        ])
        .args(["-dname", "CN=Lossbook demo", "-storetype", "PKCS12"])
        .args(["-storepass:env", "LOSSBOOK_DEMO_KEY", "-keystore"])
        .arg(&file)
        .env("LOSSBOOK_DEMO_KEY", PASSWORD.trim_start_matches("pass:"));
        machine.run(&mut make)?;
    }
    Ok(file)
}

fn verify(machine: &Machine, apk: &Path) -> Result<(), String> {
    let mut check = machine.command(&["apksigner", "verify", "--verbose"]);
    machine.run(check.arg(apk))?;
    let path = apk.to_str().ok_or("the cache folder's name is not UTF-8")?;
    let listed = machine.answer(&["aapt", "list", path])?;
    let has = |name: &str| listed.lines().any(|line| line == name);
    if !has("classes.dex") || !has("resources.arsc") {
        return Err(format!("{path} lacks its code or its resources"));
    }
    if listed.lines().any(|line| line.starts_with("lib/")) {
        return Err(format!(
            "{path} holds a native library that nobody built here"
        ));
    }
    println!("{path}: signed and verified; it holds no native library (cargo xtask android)");
    Ok(())
}

fn fresh(folder: &Path) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(broken)?;
    }
    std::fs::create_dir_all(folder).map_err(broken)
}
