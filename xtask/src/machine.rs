//! The machine this runs on: where the clone and the cache are, and how a command is started.
//!
//! Input: the environment. Output: [`Machine::command`], which every leg uses, so that all of
//! them see the same target folder, the same search path and the same OpenSSL. Knows no leg and
//! no tool; refuses to run outside a clone.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Whether missing foreign tools may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installing {
    /// A missing tool skips its leg.
    Refused,
    /// A missing tool is installed, and its leg fails if that does not help.
    Allowed,
}

/// Where OpenSSL comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenSsl {
    /// The system has the library and its headers.
    System,
    /// It is compiled from source with everything else: minutes, but nothing to install.
    Compiled,
}

/// The machine, as the legs need it.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Root of the clone.
    pub(crate) root: PathBuf,
    /// `lossbook` in the user's cache folder.
    pub(crate) cache: PathBuf,
    /// Where OpenSSL comes from.
    pub(crate) openssl: OpenSsl,
}

impl Machine {
    /// Looks around.
    pub(crate) fn look() -> Result<Self, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here
            .parent()
            .filter(|root| root.join("Cargo.lock").is_file());
        let root = root
            .ok_or_else(|| format!("no clone around {}", here.display()))?
            .to_path_buf();
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
            .ok_or("neither XDG_CACHE_HOME nor HOME is set")?
            .join("lossbook");
        let mut machine = Self {
            root,
            cache,
            openssl: OpenSsl::Compiled,
        };
        machine.look_for_openssl();
        Ok(machine)
    }

    /// Takes the system's OpenSSL when pkg-config finds it; its headers alone do not help the build.
    /// `OPENSSL_NO_VENDOR=0` asks for one inside all the same, for a library that goes elsewhere.
    pub(crate) fn look_for_openssl(&mut self) {
        let inside = std::env::var_os("OPENSSL_NO_VENDOR").is_some_and(|word| word == "0");
        let found = !inside && self.answers(&["pkg-config", "--exists", "openssl"]);
        self.openssl = if found {
            OpenSsl::System
        } else {
            OpenSsl::Compiled
        };
    }

    /// The Python environment with the foreign tools.
    pub(crate) fn venv(&self) -> PathBuf {
        self.cache.join("venv")
    }

    /// The folder with the foreign Node packages.
    pub(crate) fn node(&self) -> PathBuf {
        self.cache.join("node")
    }

    /// Where cargo puts what it makes.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.cache.join("target"), PathBuf::from)
    }

    /// A command in the clone's root, with the environment all legs share.
    pub(crate) fn command(&self, argv: &[&str]) -> Command {
        let (program, args) = argv
            .split_first()
            .map_or(("true", [].as_slice()), |(program, args)| (*program, args));
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.root);
        command
            .env("CARGO_TARGET_DIR", self.target())
            .env("PATH", self.search_path())
            .env("NODE_PATH", self.node().join("node_modules"));
        if self.openssl == OpenSsl::System {
            command.env("OPENSSL_NO_VENDOR", "1");
        }
        if in_ci() {
            // What is built once only needs no notes for the next build: gigabytes of them.
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    /// Runs it with its output shown; an error says which command ended how.
    pub(crate) fn run(&self, command: &mut Command) -> Result<(), String> {
        let ended = command
            .status()
            .map_err(|error| format!("{}: {error}", name_of(command)))?;
        if ended.success() {
            Ok(())
        } else {
            Err(format!("{}: {ended}", name_of(command)))
        }
    }

    /// Runs it with its output shown, and hands each line of that output to `reader` too.
    pub(crate) fn run_reading(
        &self,
        command: &mut Command,
        mut reader: impl FnMut(&str),
    ) -> Result<(), String> {
        let name = name_of(command);
        let broken = |error: std::io::Error| format!("{name}: {error}");
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(broken)?;
        let output = child.stdout.take().ok_or("no output to read")?;
        for line in BufReader::new(output).lines() {
            let line = line.map_err(broken)?;
            println!("{line}");
            reader(&line);
        }
        let ended = child.wait().map_err(broken)?;
        if ended.success() {
            Ok(())
        } else {
            Err(format!("{name}: {ended}"))
        }
    }

    /// Whether a command exists and says yes; its output is dropped.
    pub(crate) fn answers(&self, argv: &[&str]) -> bool {
        let mut command = self.command(argv);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|ended| ended.success())
    }

    /// What a short command prints, trimmed.
    pub(crate) fn answer(&self, argv: &[&str]) -> Result<String, String> {
        let mut command = self.command(argv);
        let output = command
            .output()
            .map_err(|error| format!("{}: {error}", name_of(&command)))?;
        if !output.status.success() {
            return Err(format!("{}: {}", name_of(&command), output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The installed tools come first, then whatever the user has.
    fn search_path(&self) -> OsString {
        let mut path = self.venv().join("bin").into_os_string();
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        path
    }
}

/// Whether nobody is looking on: tools may be installed, and nothing is built twice.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

fn name_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs something and says how long it took.
pub(crate) fn timed<T>(what: impl FnOnce() -> T) -> (T, String) {
    let start = Instant::now();
    let done = what();
    (done, format!("{:.1} s", start.elapsed().as_secs_f64()))
}
