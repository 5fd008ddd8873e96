//! One phone, one hub, what was asked of them and what they acknowledged.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::domain::{CivilTime, Digest};
use serde_json::{Value, json};

use super::chance::Chance;
use super::process::{Answer, HubProcess, Running, program};

pub(super) const VILLAGE: &str = "village";

/// What is started, and who is killed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Report,
    Line,
    Photo,
    SyncPhoneDies,
    SyncHubDies,
}

impl Action {
    /// Each as often as it stands here.
    pub(super) const MIX: [Self; 12] = [
        Self::Report,
        Self::Report,
        Self::Line,
        Self::Line,
        Self::Line,
        Self::Photo,
        Self::Photo,
        Self::Photo,
        Self::SyncPhoneDies,
        Self::SyncPhoneDies,
        Self::SyncHubDies,
        Self::SyncHubDies,
    ];
}

/// Something asked of the phone. Its mark is a text that nothing else in the world holds.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) mark: String,
    pub(super) known: Known,
}

/// How far a deed is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// No answer came: it may have been done or not.
    Asked,
    /// The phone said that it is saved.
    Saved,
    /// A sync said, after that, that nothing is left to send.
    Sent,
}

/// Everything of one run. Processes end and files vanish with it.
pub(super) struct World {
    pub(super) program: PathBuf,
    pub(super) hub: HubProcess,
    pub(super) hub_data: PathBuf,
    pub(super) home: PathBuf,
    pub(super) token: PathBuf,
    pub(super) scope: String,
    pub(super) deeds: Vec<Deed>,
    cases: Vec<String>,
    usual: BTreeMap<Action, Duration>,
    picture: Vec<u8>,
    outcomes: BTreeMap<&'static str, u64>,
    dir: tempfile::TempDir,
}

impl World {
    /// An enrolled phone with one case, and a hub. Each command was run once to know its time.
    pub(super) fn new(chance: &mut Chance) -> Self {
        let program = program();
        let dir = tempfile::tempdir().expect("a folder");
        let hub_data = dir.path().join("hub");
        std::fs::create_dir(&hub_data).expect("a folder");
        let hub = HubProcess::start(&program, &hub_data, "127.0.0.1:0");
        let mut world = Self {
            home: dir.path().join("phone"),
            token: dir.path().join("token"),
            scope: String::new(),
            deeds: Vec::new(),
            cases: Vec::new(),
            usual: BTreeMap::new(),
            picture: picture(),
            outcomes: BTreeMap::new(),
            program,
            hub,
            hub_data,
            dir,
        };
        world.scope = world.text(world.hub_order(&["scope", VILLAGE]), "scope");
        let token = world.text(world.hub_order(&["user", "add", "office"]), "token");
        std::fs::write(&world.token, token).expect("written");
        world.enrol(&world.home.clone(), "li");
        for action in [Action::Report, Action::Line, Action::Photo] {
            let (mut command, mark) = world.command(action, chance);
            let answer = Running::start(&mut command).finish();
            world.usual.insert(action, answer.took);
            world.note(mark, &answer);
            assert_eq!(answer.code, Some(0), "{action:?} undisturbed: {answer:?}");
        }
        let took = world.sync_undisturbed();
        world.usual.insert(Action::SyncPhoneDies, took);
        world.usual.insert(Action::SyncHubDies, took);
        world.outcomes.clear();
        world
    }

    pub(super) fn enrol(&self, home: &Path, user: &str) {
        let order = [
            "invite", "--role", "surveyor", "--scope", VILLAGE, "--user", user,
        ];
        let code = self.text(self.hub_order(&order), "invite");
        self.must(self.phone(home, &["init"]));
        self.must(self.phone(home, &["enrol", &code]));
    }

    pub(super) fn phone(&self, home: &Path, words: &[&str]) -> Command {
        let mut command = self.lossbook();
        command.args(["device".as_ref(), "--home".as_ref(), home.as_os_str()]);
        command.args(words);
        command
    }

    pub(super) fn hub_order(&self, words: &[&str]) -> Command {
        let mut command = self.lossbook();
        command.args(["hub".as_ref(), "--data".as_ref(), self.hub_data.as_os_str()]);
        command.args(words);
        command
    }

    pub(super) fn office(&self, words: &[&str]) -> Command {
        let mut command = self.lossbook();
        let token: &OsStr = self.token.as_os_str();
        command.args(["office", "--hub", &self.hub.url]);
        command.args(["--token-file".as_ref(), token]);
        command.args(words);
        command
    }

    fn lossbook(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--json");
        command
    }

    /// Runs a command that nobody disturbs: it works, whatever was killed before it.
    pub(super) fn must(&self, mut command: Command) -> Value {
        let answer = Running::start(&mut command).finish();
        assert_eq!(answer.code, Some(0), "{command:?}: {answer:?}");
        answer.json
    }

    fn text(&self, command: Command, name: &str) -> String {
        self.must(command)[name].as_str().expect("text").to_owned()
    }

    pub(super) fn usual(&self, action: Action) -> Duration {
        self.usual[&action]
    }

    /// Starts a command and kills who is to die after `moment`.
    pub(super) fn kill_during(&mut self, action: Action, moment: Duration, chance: &mut Chance) {
        let (mut command, mark) = self.command(action, chance);
        let mut running = Running::start(&mut command);
        std::thread::sleep(moment);
        let answer = match action {
            Action::SyncHubDies => {
                self.restart_hub();
                running.finish()
            }
            Action::Report | Action::Line | Action::Photo | Action::SyncPhoneDies => {
                running.kill();
                running.finish()
            }
        };
        // A sync whose hub died under it may say so; everything else works or was killed.
        let fair = match answer.code {
            None | Some(0) => true,
            Some(4) => action == Action::SyncHubDies,
            Some(_) => false,
        };
        assert!(
            fair,
            "{action:?} killed after {moment:?}: {command:?}: {answer:?}"
        );
        if answer.code.is_none() {
            *self.outcomes.entry("cut_before_an_answer").or_default() += 1;
        }
        let word = if action == Action::SyncHubDies {
            "hub_killed"
        } else {
            "phone_killed"
        };
        *self.outcomes.entry(word).or_default() += 1;
        self.note(mark, &answer);
        if action == Action::Photo && answer.json.is_null() && chance.below(2) == 0 {
            // Who got no answer takes the same file again.
            let again = self.must(command);
            self.note_again(&again);
        }
    }

    fn restart_hub(&mut self) {
        self.hub.kill();
        let address = self.hub.url.trim_start_matches("http://").to_owned();
        self.hub = HubProcess::start(&self.program, &self.hub_data, &address);
    }

    /// The command line of an action, and the mark by which its deed is known.
    fn command(&mut self, action: Action, chance: &mut Chance) -> (Command, Option<String>) {
        let number = self.deeds.len() + 1;
        let home = self.home.clone();
        match action {
            Action::Report => {
                let mark = format!("household {number}");
                let field = format!("household={mark}");
                (
                    self.phone(&home, &["report", &field, "cause=hail"]),
                    Some(mark),
                )
            }
            Action::Line => {
                let mark = format!("item {number}");
                let case = chance.pick(&self.cases).clone();
                let (item, amount) = (format!("item={mark}"), format!("amount={number}.05"));
                (
                    self.phone(&home, &["line", &case, &item, &amount]),
                    Some(mark),
                )
            }
            Action::Photo => {
                let bytes = chance.photo(&self.picture);
                let file = self.dir.path().join("photo.jpg");
                std::fs::write(&file, &bytes).expect("written");
                let case = chance.pick(&self.cases).clone();
                let file = file.to_str().expect("text");
                let mark = Digest::of(&bytes).to_hex();
                (self.phone(&home, &["photo", &case, file]), Some(mark))
            }
            Action::SyncPhoneDies | Action::SyncHubDies => {
                (self.phone(&home, &["sync", "--patience", "4"]), None)
            }
        }
    }

    /// Takes down what an answer acknowledged.
    fn note(&mut self, mark: Option<String>, answer: &Answer) {
        let said = &answer.json;
        let Some(mark) = mark else {
            let left = &said["left"];
            if answer.code == Some(0) && left["entries"] == 0 && left["blobs"] == 0 {
                for deed in &mut self.deeds {
                    if deed.known == Known::Saved {
                        deed.known = Known::Sent;
                    }
                }
            }
            return;
        };
        let saved = said["status"] == "saved" || said["photos"][0]["status"] == "saved";
        let is_new_case = said["number"].is_string();
        if saved && is_new_case {
            self.cases
                .push(said["case"].as_str().expect("an id").to_owned());
        }
        let known = if saved { Known::Saved } else { Known::Asked };
        self.deeds.push(Deed { mark, known });
    }

    fn note_again(&mut self, said: &Value) {
        assert_eq!(said["photos"][0]["status"], "saved", "{said}");
        self.deeds.last_mut().expect("the photo").known = Known::Saved;
    }

    /// Sends everything, with nobody killed.
    pub(super) fn sync_undisturbed(&mut self) -> Duration {
        let mut command = self.phone(&self.home, &["sync", "--patience", "20"]);
        let answer = Running::start(&mut command).finish();
        assert_eq!(answer.code, Some(0), "sync undisturbed: {answer:?}");
        assert_eq!(answer.json["broken"], json!([]), "{answer:?}");
        self.note(None, &answer);
        let unsent = self
            .deeds
            .iter()
            .filter(|deed| deed.known == Known::Saved)
            .count();
        assert_eq!(unsent, 0, "nothing saved waits any more: {answer:?}");
        answer.took
    }

    /// What the run counted; that it got here says that nothing was lost.
    pub(super) fn count(&self, points: u32, seed: u64, same: &Value) -> Value {
        let saved = self
            .deeds
            .iter()
            .filter(|deed| deed.known >= Known::Saved)
            .count();
        let mut count = json!({
            "points": points, "acknowledged": saved, "unanswered": self.deeds.len() - saved,
            "lost": 0, "twice": 0, "half": 0, "repaired by hand": 0, "seed": seed,
        });
        let more = self
            .outcomes
            .iter()
            .map(|(name, times)| (name.replace('_', " "), json!(times)));
        let map = count.as_object_mut().expect("an object");
        map.extend(more);
        map.extend(same.as_object().cloned().unwrap_or_default());
        count
    }
}

fn picture() -> Vec<u8> {
    render(&Shot {
        width: 320,
        height: 240,
        seed: 1,
        kind: SceneKind::Hailstones,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (36.834, 101.952, 2543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    })
}
