//! Trouble, told in one clear line with the right exit code, and nothing half done.
//!
//! The real binary, a hub process on loopback, homes in a temporary folder. Processes are ended by
//! their own id.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use lossbook_core::chain::Invite;
use lossbook_core::domain::Digest;
use lossbook_core::store::{Store, StoreError, StoreKey};
use serde_json::Value;

struct Hub {
    process: Child,
    data: PathBuf,
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

struct Stage {
    dir: tempfile::TempDir,
}

/// Exit code, the JSON answer, standard error.
type Ran = (i32, Value, String);

fn lossbook(args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_lossbook"))
        .arg("--json")
        .args(args)
        .output()
        .unwrap();
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
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn device(&self, home: &str, args: &[&str]) -> Ran {
        let home = self.text(home);
        lossbook(&[&["device", "--home", &home], args].concat())
    }

    fn hub(&self) -> Hub {
        let data = self.path("hub");
        let mut process = Command::new(env!("CARGO_BIN_EXE_lossbook"))
            .args(["--json", "hub", "--data"])
            .arg(&data)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(first.contains("http://127.0.0.1:"), "{first}");
        Hub { process, data }
    }

    /// A phone that is enrolled with a hub, and its case.
    fn enrolled(&self, hub: &Hub, home: &str) -> String {
        let (exit, made, error) = hub.ask(&["scope", home]);
        assert_eq!(exit, 0, "{made} {error}");
        let code = hub.invite(home, home);
        assert_eq!(self.device(home, &["init"]).0, 0);
        let (exit, _, error) = self.device(home, &["enrol", &code]);
        assert_eq!(exit, 0, "{error}");
        let (exit, case, error) = self.device(home, &["report", "household=张三", "cause=hail"]);
        assert_eq!(exit, 0, "{error}");
        case["number"].as_str().unwrap().to_owned()
    }
}

impl Hub {
    fn ask(&self, args: &[&str]) -> Ran {
        let data = self.data.display().to_string();
        lossbook(&[&["hub", "--data", &data], args].concat())
    }

    fn invite(&self, scope: &str, user: &str) -> String {
        let (exit, json, error) = self.ask(&[
            "invite", "--role", "surveyor", "--scope", scope, "--user", user,
        ]);
        assert_eq!(exit, 0, "{error}");
        json["invite"].as_str().unwrap().to_owned()
    }
}

/// One line, exit code and stable word.
fn assert_trouble(ran: &Ran, exit: i32, code: &str) {
    let (got, json, error) = ran;
    assert_eq!(
        (*got, json["error"]["code"].as_str()),
        (exit, Some(code)),
        "{json} {error}"
    );
    assert_eq!(error.trim().lines().count(), 1, "{error}");
}

fn jpeg() -> Vec<u8> {
    let pixels: Vec<u8> = (0..320_u32 * 240 * 3)
        .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&pixels, 320, 240, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

#[test]
fn what_is_no_photo_is_bad_input_and_leaves_the_case_alone() {
    let stage = Stage::new();
    let hub = stage.hub();
    let case = stage.enrolled(&hub, "li");
    std::fs::write(stage.path("empty.jpg"), b"").unwrap();
    std::fs::write(stage.path("words.jpg"), b"not a photo at all").unwrap();
    let add = |file: &str| stage.device("li", &["photo", &case, &stage.text(file)]);
    assert_trouble(&add("empty.jpg"), 2, "empty");
    assert_trouble(&add("words.jpg"), 2, "not_a_photo");
    assert_trouble(&add("missing.jpg"), 2, "unreadable");
    assert_eq!(
        stage.device("li", &["show", &case]).1["photos"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn a_cut_photo_and_an_impossible_size_are_kept_as_evidence_with_the_problem_named() {
    let stage = Stage::new();
    let hub = stage.hub();
    let case = stage.enrolled(&hub, "li");
    let whole = jpeg();
    std::fs::write(stage.path("cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    let mut huge = whole.clone();
    let sof = whole
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    huge[sof + 5..sof + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    std::fs::write(stage.path("huge.jpg"), &huge).unwrap();
    for (file, bytes, problem) in [
        ("cut.jpg", &whole[..whole.len() / 2], "truncated"),
        ("huge.jpg", &huge[..], "pixels_too_many"),
    ] {
        let (exit, json, error) = stage.device("li", &["photo", &case, &stage.text(file)]);
        let photo = &json["photos"][0];
        assert_eq!(
            (exit, photo["sha256"].as_str().unwrap()),
            (0, Digest::of(bytes).to_hex().as_str()),
            "{error}"
        );
        let codes: Vec<&str> = photo["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert!(codes.contains(&problem), "{codes:?}");
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn a_store_says_wrong_key_newer_version_and_in_use() {
    let stage = Stage::new();
    assert_eq!(stage.device("li", &["init"]).0, 0);
    assert_trouble(&stage.device("li", &["init"]), 2, "store_exists");
    let other = stage.text("other.key");
    std::fs::write(stage.path("other.key"), "11".repeat(32)).unwrap();
    assert_trouble(
        &lossbook(&[
            "device",
            "--home",
            &stage.text("li"),
            "--key",
            &other,
            "list",
        ]),
        2,
        "wrong_key",
    );
    let key = open_key(&stage.path("li.key"));
    let held = Store::open(&stage.path("li"), &key).unwrap();
    assert_trouble(&stage.device("li", &["list"]), 4, "in_use");
    held.transact(|tx| {
        Ok::<_, StoreError>(
            tx.sql()
                .execute("UPDATE part_version SET version = 99", [])?,
        )
    })
    .unwrap();
    drop(held);
    assert_trouble(&stage.device("li", &["list"]), 2, "newer_store");
    assert_trouble(&stage.device("nobody", &["list"]), 2, "no_key");
}

fn open_key(path: &Path) -> StoreKey {
    let mut bytes = [0; 32];
    hex::decode_to_slice(std::fs::read_to_string(path).unwrap().trim(), &mut bytes).unwrap();
    StoreKey::from_bytes(bytes)
}

#[test]
fn an_enrolment_code_works_once_and_only_with_its_own_hub() {
    let stage = Stage::new();
    let hub = stage.hub();
    assert_eq!(hub.ask(&["scope", "village"]).0, 0);
    assert_trouble(
        &hub.ask(&[
            "invite", "--role", "surveyor", "--scope", "nowhere", "--user", "x",
        ]),
        2,
        "scope_unknown",
    );
    assert_trouble(
        &hub.ask(&[
            "invite", "--role", "king", "--scope", "village", "--user", "x",
        ]),
        2,
        "bad_role",
    );
    let code = hub.invite("village", "li");
    for home in ["a", "b", "c"] {
        assert_eq!(stage.device(home, &["init"]).0, 0);
    }
    assert_eq!(stage.device("a", &["enrol", &code]).0, 0);
    assert_trouble(&stage.device("a", &["enrol", &code]), 2, "already_enrolled");
    assert_trouble(&stage.device("b", &["enrol", &code]), 2, "invite_used");
    assert_trouble(
        &stage.device("b", &["enrol", "lossbook:abc"]),
        2,
        "bad_invite",
    );
    assert_trouble(
        &stage.device("b", &["report", "cause=hail"]),
        2,
        "unknown_scope",
    );
    let mut foreign: Invite = hub.invite("village", "wang").parse().unwrap();
    foreign.hub_key = Digest::of(b"another hub");
    assert_trouble(
        &stage.device("c", &["enrol", &foreign.to_string()]),
        4,
        "wrong_hub",
    );
    assert_eq!(stage.device("c", &["status"]).1["user"], Value::Null);
    assert_trouble(
        &stage.device("a", &["report", "--scope", "moon", "cause=hail"]),
        2,
        "unknown_scope",
    );
}

#[test]
fn without_a_network_everything_stays_saved_and_goes_later() {
    let stage = Stage::new();
    let hub = stage.hub();
    let case = stage.enrolled(&hub, "li");
    std::fs::write(stage.path("house.jpg"), jpeg()).unwrap();
    assert_eq!(
        stage
            .device("li", &["photo", &case, &stage.text("house.jpg")])
            .0,
        0
    );
    drop(hub);
    assert_trouble(
        &stage.device("li", &["sync", "--patience", "0"]),
        4,
        "no_network",
    );
    assert_eq!(stage.device("li", &["show", &case]).1["sync"], "saved");
    let again = Stage {
        dir: tempfile::tempdir().unwrap(),
    };
    assert_eq!(again.device("x", &["init"]).0, 0);
    assert_trouble(&again.device("x", &["sync"]), 2, "not_enrolled");
}

#[test]
fn an_exchange_ends_with_everything_confirmed_and_a_second_phone_sees_it() {
    let stage = Stage::new();
    let hub = stage.hub();
    let case = stage.enrolled(&hub, "li");
    std::fs::write(stage.path("house.jpg"), jpeg()).unwrap();
    assert_eq!(
        stage
            .device("li", &["photo", &case, &stage.text("house.jpg")])
            .0,
        0
    );
    let (exit, json, error) = stage.device("li", &["sync"]);
    assert_eq!(
        (exit, json["left"]["blobs"].as_u64()),
        (0, Some(0)),
        "{json} {error}"
    );
    assert_eq!(stage.device("li", &["show", &case]).1["sync"], "confirmed");
    assert_eq!(stage.device("zhang", &["init"]).0, 0);
    assert_eq!(
        stage
            .device("zhang", &["enrol", &hub.invite("li", "zhang")])
            .0,
        0
    );
    assert_eq!(stage.device("zhang", &["sync"]).0, 0);
    let (here, there) = (
        stage.device("li", &["show", &case]).1,
        stage.device("zhang", &["show", &case]).1,
    );
    assert_eq!(
        (&here["heads"], &here["record"]),
        (&there["heads"], &there["record"])
    );
    assert_eq!(
        stage.device("zhang", &["rebuild"]).1["differing"],
        serde_json::json!([])
    );
}
