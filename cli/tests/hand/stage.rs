//! A stage for the real program: a hub process on loopback, homes in a temporary folder. Processes
//! are ended by their own id.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub(crate) struct Hub {
    process: Child,
    data: PathBuf,
    url: String,
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

pub(crate) struct Stage {
    dir: tempfile::TempDir,
}

/// Exit code, the JSON answer, standard error.
pub(crate) type Ran = (i32, Value, String);

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lossbook"))
}

fn lossbook(args: &[&str]) -> Ran {
    let output = program().arg("--json").args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().last().unwrap_or("null");
    let json = serde_json::from_str(last).unwrap_or(Value::Null);
    (
        output.status.code().unwrap(),
        json,
        String::from_utf8(output.stderr).unwrap(),
    )
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn device(&self, home: &str, args: &[&str]) -> Ran {
        let home = self.text(home);
        lossbook(&[&["device", "--home", &home], args].concat())
    }

    /// The answer of a command that must succeed.
    pub(crate) fn good(&self, home: &str, args: &[&str]) -> Value {
        let (exit, json, error) = self.device(home, args);
        assert_eq!(exit, 0, "{home} {args:?}: {json} {error}");
        json
    }

    pub(crate) fn hub(&self) -> Hub {
        self.hub_at(0)
    }

    /// Serves the stage's hub, at the port where its phones look for it.
    pub(crate) fn hub_at(&self, port: u16) -> Hub {
        let data = self.path("hub");
        let mut process = program()
            .args(["--json", "hub", "--data"])
            .arg(&data)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let said: Value = serde_json::from_str(&first).unwrap();
        Hub {
            process,
            data,
            url: said["url"].as_str().unwrap().to_owned(),
        }
    }

    /// A phone that is enrolled with a hub.
    pub(crate) fn enrol(&self, hub: &Hub, home: &str, scope: &str) {
        let (exit, made, error) = hub.ask(&["scope", scope]);
        assert_eq!(exit, 0, "{made} {error}");
        let (exit, json, error) = hub.ask(&[
            "invite", "--role", "surveyor", "--scope", scope, "--user", home,
        ]);
        assert_eq!(exit, 0, "{error}");
        self.good(home, &["init"]);
        self.good(home, &["enrol", json["invite"].as_str().unwrap()]);
    }
}

impl Hub {
    pub(crate) fn ask(&self, args: &[&str]) -> Ran {
        let data = self.data.display().to_string();
        lossbook(&[&["hub", "--data", &data], args].concat())
    }

    /// The answer of a command that must succeed.
    pub(crate) fn good(&self, args: &[&str]) -> Value {
        let (exit, json, error) = self.ask(args);
        assert_eq!(exit, 0, "hub {args:?}: {json} {error}");
        json
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }
}

/// One line, exit code and stable word.
pub(crate) fn assert_trouble(ran: &Ran, exit: i32, code: &str) {
    let (got, json, error) = ran;
    assert_eq!(
        (*got, json["error"]["code"].as_str()),
        (exit, Some(code)),
        "{json} {error}"
    );
    assert_eq!(error.trim().lines().count(), 1, "{error}");
}

fn noise(width: u16, height: u16, seed: u32, quality: u8) -> Vec<u8> {
    let pixels: Vec<u8> = (0..u32::from(width) * u32::from(height) * 3)
        .map(|i| (i ^ seed).wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

pub(crate) fn jpeg(seed: u32) -> Vec<u8> {
    noise(320, 240, seed.wrapping_mul(977), 90)
}

/// A photo of several chunks.
pub(crate) fn large_jpeg() -> Vec<u8> {
    let bytes = noise(1_600, 1_200, 7, 95);
    assert!(bytes.len() > 2_000_000, "{}", bytes.len());
    bytes
}
