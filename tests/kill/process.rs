//! The program as processes: built once, started, killed, always cleaned up by their own id.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a hub may take to say that it serves.
const HUB_START: Duration = Duration::from_secs(30);

/// Builds `lossbook` in the profile of this test, or finds that it is built, and says where it is.
pub(crate) fn program() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "-p", "lossbook", "--bin", "lossbook"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.output().expect("cargo runs");
    assert!(built.status.success(), "lossbook cannot be built");
    String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "lossbook")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the program")
}

/// A child that dies with its owner, also in a panic.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    started: Instant,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Self {
            child,
            started: Instant::now(),
        }
    }

    /// Kills it with SIGKILL; one that has ended already stays as it is.
    pub(crate) fn kill(&mut self) {
        let _ended_already = self.child.kill();
    }

    /// What it says, while it runs.
    pub(crate) fn output(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("piped")
    }

    /// The most memory it has had so far, where the system tells.
    pub(crate) fn peak_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Waits for its end and reads what it said until then. Answers fit into a pipe's buffer, so
    /// reading may begin after the end.
    pub(crate) fn finish(mut self) -> Answer {
        let mut said = String::new();
        if let Some(mut out) = self.child.stdout.take() {
            std::io::Read::read_to_string(&mut out, &mut said).expect("text");
        }
        let code = self.child.wait().expect("a child").code();
        let json = said
            .strip_suffix('\n')
            .and_then(|line| serde_json::from_str(line).ok());
        Answer {
            code,
            json: json.unwrap_or(Value::Null),
            took: self.started.elapsed(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _reaped = self.child.wait();
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Nothing if a signal ended it.
    pub(crate) code: Option<i32>,
    /// What was said in whole lines; null if it did not come to that.
    pub(crate) json: Value,
    pub(crate) took: Duration,
}

/// A served hub.
#[derive(Debug)]
pub(crate) struct HubProcess {
    running: Running,
    _talk: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) page: String,
}

impl HubProcess {
    /// Serves the hub in `data` and waits until it listens. Whoever killed the last one did
    /// nothing to mend it: that this returns is what the test is about.
    pub(crate) fn start(program: &Path, data: &Path, listen: &str) -> Self {
        let mut running = Self::spawn(program, data, listen);
        let mut talk = BufReader::new(running.child.stdout.take().expect("piped"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _nothing_is_seen_as_such = talk.read_line(&mut line);
            // The reader goes along, so that the pipe stays open.
            let _nobody_waits = tell.send((line, talk));
        });
        let (line, talk) = told
            .recv_timeout(HUB_START)
            .expect("a killed hub starts again by itself");
        let said: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("a hub serves again without repair, but said {line:?}"));
        let text = |name: &str| said[name].as_str().expect("a string").to_owned();
        Self {
            running,
            _talk: talk,
            url: text("url"),
            page: text("page"),
        }
    }

    fn spawn(program: &Path, data: &Path, listen: &str) -> Running {
        let mut command = Command::new(program);
        command.args(["--json", "hub", "--data"]).arg(data);
        Running::start(command.args(["serve", "--listen", listen]))
    }

    /// Starts one in a new folder and kills it after a moment, whatever it has come to.
    pub(crate) fn start_and_kill(program: &Path, data: &Path, moment: Duration) {
        let running = Self::spawn(program, data, "127.0.0.1:0");
        std::thread::sleep(moment);
        drop(running);
    }

    /// Tells it to stop, as a service manager does, and waits for its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let id = self.running.child.id().to_string();
        let told = Command::new("sh")
            .args(["-c", "kill -TERM $0", &id])
            .status();
        assert!(told.expect("a shell").success(), "it was told");
        self.running.child.wait().expect("a child").code()
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.running.kill();
        let _reaped = self.running.child.wait();
    }
}
