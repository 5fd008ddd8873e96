//! The library for apps: built, its code generated in three languages, its surface compared, its
//! Python package put together and tested, its size weighed.
//!
//! Input: the clone. Output: `bindings/{kotlin,swift,python}` in the cache folder, from where the
//! packages of each language take the generated code. `bindings/surface.txt` is compared and only
//! written when somebody asks. Nothing is built inside the clone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::machine::{Installing, Machine};
use crate::tools::{self, Search};

/// The languages, and how the generated code of each is told apart.
const LANGUAGES: &[(&str, &str)] = &[
    ("kotlin", "org/lossbook/ffi/lossbook_ffi.kt"),
    ("swift", "LossbookFFI.swift"),
    ("python", "lossbook_ffi.py"),
];
/// What a wheel is built with.
pub(crate) const WHEEL_TOOLS: &[&str] = &["python3", "python3-venv", "setuptools"];
/// Where the surface is written down.
pub(crate) const SURFACE: &str = "bindings/surface.txt";

/// Where the generated code of a language is.
pub(crate) fn generated(machine: &Machine, language: &str) -> PathBuf {
    machine.cache.join("bindings").join(language)
}

/// The library for this machine, as cargo makes it in a profile.
pub(crate) fn library(machine: &Machine, profile: &str) -> PathBuf {
    machine.target().join(profile).join(format!(
        "{}lossbook_ffi{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ))
}

/// Builds the library and the program, and generates all three languages.
pub(crate) fn generate(machine: &Machine) -> Result<(), String> {
    let build = ["cargo", "build", "-p", "lossbook-ffi", "-p", "lossbook"];
    machine.run(&mut machine.command(&build))?;
    for (language, file) in LANGUAGES {
        let folder = generated(machine, language);
        empty(&folder)?;
        let mut command = machine.command(&["cargo", "run", "--quiet", "-p", "lossbook-ffi"]);
        command
            .args(["--features", "bindgen", "--bin", "uniffi-bindgen", "--"])
            .arg("generate")
            .arg(library(machine, "debug"))
            .args(["--language", language, "--no-format", "--out-dir"])
            .arg(&folder);
        machine.run(&mut command)?;
        if !folder.join(file).is_file() {
            return Err(format!("no {file} came for {language}"));
        }
    }
    Ok(())
}

/// The leg: all three languages, and a surface that nobody changed by accident.
pub(crate) fn leg(machine: &Machine) -> Result<(), String> {
    generate(machine)?;
    let noted = fs::read_to_string(machine.root.join(SURFACE)).unwrap_or_default();
    let now = surface(machine)?;
    if noted.trim() == now {
        return Ok(());
    }
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (old, new) = (lines(&noted), lines(&now));
    for gone in old.iter().filter(|line| !new.contains(line)) {
        println!("- {gone}");
    }
    for came in new.iter().filter(|line| !old.contains(line)) {
        println!("+ {came}");
    }
    Err(format!(
        "the surface is another than {SURFACE} says: if that is meant, `cargo xtask surface` writes it anew"
    ))
}

/// Writes the surface down.
pub(crate) fn write_surface(machine: &Machine) -> Result<(), String> {
    generate(machine)?;
    let page = machine.root.join(SURFACE);
    fs::write(&page, format!("{}\n", surface(machine)?))
        .map_err(|error| format!("{}: {error}", page.display()))?;
    println!("{SURFACE} is written");
    Ok(())
}

fn surface(machine: &Machine) -> Result<String, String> {
    let module = generated(machine, "python").join("lossbook_ffi.py");
    let module = text(&module)?;
    machine.answer(&["python3", "bindings/python/surface.py", module])
}

/// Puts the Python package together: ours, the generated module, and the library beside it.
pub(crate) fn package(machine: &Machine, profile: &str) -> Result<PathBuf, String> {
    let folder = machine.cache.join("bindings").join("package").join(profile);
    empty(&folder)?;
    let package = folder.join("lossbook");
    let ours = machine.root.join("bindings/python");
    copy_files(&ours.join("lossbook"), &package)?;
    for file in ["pyproject.toml", "README.md"] {
        copy(&ours.join(file), &folder.join(file))?;
    }
    let module = generated(machine, "python").join("lossbook_ffi.py");
    copy(&module, &package.join("lossbook_ffi.py"))?;
    let library = library(machine, profile);
    let name = library.file_name().unwrap_or_default();
    copy(&library, &package.join(name))?;
    Ok(folder)
}

/// The leg: the story and the thousand cases through Python, beside a hub process of ours.
pub(crate) fn python(machine: &Machine) -> Result<(), String> {
    generate(machine)?;
    let package = package(machine, "debug")?;
    let vectors = machine.target().join("vectors");
    machine.run(&mut machine.command(&[
        "cargo",
        "run",
        "--quiet",
        "-p",
        "lossbook-tests",
        "--bin",
        "vectors",
        "--",
        text(&vectors)?,
    ]))?;
    let stage = machine.cache.join("peers").join("python");
    empty(&stage)?;
    let program = machine
        .target()
        .join("debug")
        .join(format!("lossbook{}", std::env::consts::EXE_SUFFIX));
    let tests = "bindings/python/tests";
    let runs = [
        vec![
            format!("{tests}/story.py"),
            text(&program)?.to_owned(),
            text(&stage)?.to_owned(),
        ],
        vec![
            format!("{tests}/vectors.py"),
            text(&vectors.join("vectors.jsonl"))?.to_owned(),
        ],
        vec![
            format!("{tests}/upgrade.py"),
            text(&machine.root.join("fixtures/stores"))?.to_owned(),
        ],
    ];
    for words in runs {
        let mut command = machine.command(&["python3", "-W", "error"]);
        command.args(words).env("PYTHONPATH", &package);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        machine.run(&mut command)?;
    }
    samples(machine, &package, &program)
}

/// Builds a wheel of the release library; says where it is.
pub(crate) fn wheel(machine: &Machine) -> Result<(), String> {
    for tool in WHEEL_TOOLS {
        if let Search::Absent { how } = tools::find(tool, machine, Installing::Refused)? {
            return Err(how);
        }
    }
    generate(machine)?;
    machine.run(&mut machine.command(&["cargo", "build", "--release", "-p", "lossbook-ffi"]))?;
    let wheel = build_wheel(machine, &package(machine, "release")?)?;
    println!("{}", wheel.display());
    Ok(())
}

/// A wheel of a package that was put together, named after the machine that its library is for.
fn build_wheel(machine: &Machine, package: &Path) -> Result<PathBuf, String> {
    let wheels = package.join("wheels");
    empty(&wheels)?;
    let platform =
        "import sysconfig; print(sysconfig.get_platform().replace('-', '_').replace('.', '_'))";
    let platform = machine.answer(&["python3", "-c", platform])?;
    let words = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"];
    let mut build = machine.command(&["python3"]);
    build
        .args(words)
        .arg("--no-build-isolation")
        .arg(format!(
            "--config-settings=--build-option=--plat-name={platform}"
        ))
        .arg("--wheel-dir")
        .arg(&wheels)
        .arg(package);
    machine.run(&mut build)?;
    let broken = |error: std::io::Error| format!("{}: {error}", wheels.display());
    let made = fs::read_dir(&wheels).map_err(broken)?.next();
    let made = made.ok_or_else(|| format!("no wheel came into {}", wheels.display()))?;
    Ok(made.map_err(broken)?.path())
}

/// The wheel in an empty environment, and there the samples of the package's page.
fn samples(machine: &Machine, package: &Path, program: &Path) -> Result<(), String> {
    let wheel = build_wheel(machine, package)?;
    let folder = machine.cache.join("peers").join("python-wheel");
    empty(&folder)?;
    let environment = folder.join("desk");
    machine.run(&mut machine.command(&["python3", "-m", "venv", text(&environment)?]))?;
    let python = environment.join("bin/python3");
    let python = text(&python)?;
    let pip = [python, "-m", "pip", "install", "--quiet", "--no-index"];
    machine.run(machine.command(&pip).arg(&wheel))?;
    let place = folder.join("samples");
    empty(&place.join("stage"))?;
    let mut command = machine.command(&[python, "-W", "error"]);
    command
        .arg("bindings/python/tests/readme.py")
        .arg("bindings/python/README.md")
        .args([program, &place])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("PYTHONPATH");
    machine.run(&mut command)
}

pub(crate) fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{} is no UTF-8", path.display()))
}

/// An empty folder.
pub(crate) fn empty(folder: &Path) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(broken)?;
    }
    fs::create_dir_all(folder).map_err(broken)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to)
        .map(|_bytes| ())
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

fn copy_files(from: &Path, to: &Path) -> Result<(), String> {
    empty(to)?;
    let broken = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        if entry.path().is_file() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
