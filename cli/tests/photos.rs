//! Photos through the real binary: a scripted day and what is doubtful about it, and files that no
//! camera wrote.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::domain::CivilTime;
use serde_json::Value;

/// Exit code, the JSON answer, standard error.
type Ran = (i32, Value, String);

fn lossbook(args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_lossbook"))
        .arg("--json")
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let json = serde_json::from_str(text.lines().last().unwrap_or("null")).unwrap_or(Value::Null);
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), json, error)
}

/// A hub that runs until the test ends.
struct Hub(Child);

impl Drop for Hub {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A phone with one case.
struct Phone {
    dir: tempfile::TempDir,
    home: String,
    case: String,
    _hub: Hub,
}

impl Phone {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (hub, home) = (dir.path().join("hub"), dir.path().join("phone"));
        let (data, home) = (hub.display().to_string(), home.display().to_string());
        let mut process = Command::new(env!("CARGO_BIN_EXE_lossbook"))
            .args([
                "--json",
                "hub",
                "--data",
                &data,
                "serve",
                "--listen",
                "127.0.0.1:0",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut first).unwrap();
        let hub = Hub(process);
        assert_eq!(lossbook(&["hub", "--data", &data, "scope", "village"]).0, 0);
        let words = [
            "invite", "--role", "surveyor", "--scope", "village", "--user", "li",
        ];
        let (_, invite, _) = lossbook(&[&["hub", "--data", &data], words.as_slice()].concat());
        let mut phone = Self {
            dir,
            home,
            case: String::new(),
            _hub: hub,
        };
        assert_eq!(phone.device(&["init"]).0, 0);
        let code = invite["invite"].as_str().unwrap();
        assert_eq!(phone.device(&["enrol", code]).0, 0);
        let fields = [
            "report",
            "household=张三",
            "cause=hail",
            "position=36.834,101.952",
        ];
        let (exit, case, error) = phone.device(&fields);
        assert_eq!(exit, 0, "{error}");
        phone.case = case["number"].as_str().unwrap().to_owned();
        phone
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn device(&self, words: &[&str]) -> Ran {
        lossbook(&[&["device", "--home", &self.home], words].concat())
    }

    /// The same with clocks of the day's script.
    fn at(&self, clock: &str, words: &[&str]) -> Value {
        let args = [&["device", "--home", &self.home, "--clock", clock], words].concat();
        let (exit, json, error) = lossbook(&args);
        assert_eq!(exit, 0, "{words:?}: {error}");
        json
    }

    /// Adds a photo that claims this time and place, and returns its digest.
    fn take(&self, clock: &str, (civil, lat): (&str, f64), words: &[&str]) -> String {
        let file = self.path("photo.jpg");
        fs::write(&file, picture(civil, lat)).unwrap();
        let file = file.display().to_string();
        let args = [&["photo", &self.case, &file], words].concat();
        let said = self.at(clock, &args);
        said["photos"][0]["sha256"].as_str().unwrap().to_owned()
    }

    fn add(&self, file: &Path) -> Ran {
        self.device(&["photo", &self.case, &file.display().to_string()])
    }
}

fn picture(civil: &str, lat: f64) -> Vec<u8> {
    render(&Shot {
        width: 160,
        height: 120,
        seed: 3,
        kind: SceneKind::House,
        taken_at: CivilTime {
            civil: civil.to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (lat, 101.952, 2543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    })
}

const FIX: [&str; 6] = [
    "--origin",
    "camera",
    "--fix",
    "36.834,101.952",
    "--accuracy",
    "5",
];

/// The day's script; digests in the order of the shots.
fn live_the_day(phone: &Phone) -> Vec<String> {
    let clock = |time: &str, ms: u64| format!("2025-07-01T{time}+08:00,morning,{ms}");
    let shot = |time: &str| format!("2025-07-01T{time}");
    let mut digests = vec![
        phone.take(
            &clock("09:00:00", 60_000),
            (&shot("09:00:00"), 36.834),
            &FIX,
        ),
        phone.take(
            &clock("09:05:00", 360_000),
            (&shot("09:05:00"), 36.834),
            &FIX,
        ),
    ];
    // A shot is thrown away, and somebody sets the clock back by a day.
    phone.at(&clock("09:06:00", 420_000), &["shutter"]);
    let yesterday = "2025-06-30T09:10:00+08:00,morning,660000";
    digests.push(phone.take(yesterday, ("2025-06-30T09:10:00", 36.834), &FIX));
    let gallery = ["--origin", "gallery"];
    digests.push(phone.take(
        &clock("09:15:00", 960_000),
        ("2025-06-10T12:00:00", 36.834),
        &gallery,
    ));
    let mocked = [FIX.as_slice(), &["--mocked"]].concat();
    digests.push(phone.take(
        &clock("09:20:00", 1_260_000),
        (&shot("09:20:00"), 36.834),
        &mocked,
    ));
    let far = ["--origin", "gallery", "--fix", "36.834,101.952"];
    digests.push(phone.take(
        &clock("09:25:00", 1_560_000),
        (&shot("09:24:00"), 37.194),
        &far,
    ));
    digests
}

#[test]
fn a_scripted_day_shows_each_doubt_at_its_photo_and_none_at_the_honest_ones() {
    let phone = Phone::new();
    let digests = live_the_day(&phone);
    let (exit, shown, error) = phone.device(&["show", &phone.case]);
    assert_eq!(exit, 0, "{error}");
    let all = shown["findings"].as_array().unwrap();
    assert_eq!(all.len(), digests.len());
    let of = |at: usize, code: &str| {
        let photo = all
            .iter()
            .find(|one| one["sha256"] == digests[at].as_str())
            .unwrap();
        let finding = &photo["findings"][code];
        let word = |name: &str| finding[name].as_str().unwrap().to_owned();
        (word("grade"), word("case"), finding["numbers"].clone())
    };
    let is = |at: usize, code: &str, grade: &str, case: &str| {
        let (found, found_case, numbers) = of(at, code);
        assert_eq!(
            (found.as_str(), found_case.as_str()),
            (grade, case),
            "{at} {code} {numbers}"
        );
        numbers
    };
    for honest in [0, 1] {
        let photo = all
            .iter()
            .find(|one| one["sha256"] == digests[honest].as_str())
            .unwrap();
        assert_eq!(photo["worst"], "pass", "{photo}");
    }
    let gap = is(2, "shutter_gap", "warn", "gap");
    assert_eq!(
        (&gap["missing"], &gap["kept_before"]),
        (&1.0.into(), &2.0.into())
    );
    let step = is(2, "clock_set", "fail", "set_back");
    assert!(step["seconds"].as_f64().unwrap() < -86_000.0, "{step}");
    is(3, "clock_set", "fail", "set_forward");
    is(3, "origin", "warn", "gallery");
    assert!(
        is(3, "time_camera", "warn", "age")["hours"]
            .as_f64()
            .unwrap()
            > 500.0
    );
    is(4, "mocked_position", "warn", "program");
    is(4, "origin", "pass", "in_app");
    for code in ["place_insured", "place_others"] {
        let metres = is(5, code, "fail", "distance")["metres"].as_f64().unwrap();
        assert!((39_000.0..41_000.0).contains(&metres), "{code}: {metres}");
    }
    is(5, "place_device", "warn", "distance");
    people_read_it_in_both_languages(&phone);
}

fn people_read_it_in_both_languages(phone: &Phone) {
    let text = plain(phone, &["show", &phone.case]);
    for words in [
        "1 shots were not kept",
        "时钟被调动",
        "from the phone's gallery",
        "由程序模拟",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

/// What people read.
fn plain(phone: &Phone, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lossbook"))
        .args(["device", "--home", &phone.home])
        .args(words)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_shot_is_kept_once_and_only_after_the_shutter_was_opened() {
    let phone = Phone::new();
    let file = phone.path("photo.jpg");
    fs::write(&file, picture("2025-07-01T09:00:00", 36.834)).unwrap();
    let file = file.display().to_string();
    let keep = [
        "photo",
        &phone.case,
        &file,
        "--origin",
        "camera",
        "--shutter",
        "1",
    ];
    assert_eq!(phone.device(&keep).1["error"]["code"], "unknown_shutter");
    assert_eq!(phone.device(&["shutter"]).1["shutter"], 1);
    assert_eq!(phone.device(&keep).0, 0);
    let (_, shown, _) = phone.device(&["show", &phone.case]);
    assert_eq!(shown["findings"][0]["shutter"], 1);
}

/// Runs `inspect` on a file and insists on an answer in time.
fn inspect(file: &Path) -> Ran {
    let start = Instant::now();
    let ran = lossbook(&["inspect", &file.display().to_string()]);
    assert!(start.elapsed() < Duration::from_secs(20), "{file:?}");
    ran
}

/// A JPEG, a PNG and a WebP whose headers claim 65,500 pixels a side.
fn bombs() -> [(&'static str, Vec<u8>); 3] {
    let mut jpeg = picture("2025-07-01T09:00:00", 36.834);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([
        0, 0, 0xFF, 0xDC, 0, 0, 0xFF, 0xDC, 8, 2, 0, 0, 0, 0, 0, 0, 0,
    ]);
    png.extend(b"\0\0\0\0IEND\xAE\x42\x60\x82");
    let mut webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    webp.extend([0xDB, 0xFF, 0, 0xDB, 0xFF, 0]);
    [("bomb.jpg", jpeg), ("bomb.png", png), ("bomb.webp", webp)]
}

#[test]
fn a_decompression_bomb_is_kept_as_evidence_and_never_decoded() {
    let phone = Phone::new();
    for (name, bytes) in bombs() {
        let file = phone.path(name);
        fs::write(&file, &bytes).unwrap();
        let (exit, facts, _) = inspect(&file);
        assert_eq!(
            (exit, &facts["width"]),
            (0, &65_500.into()),
            "{name} {facts}"
        );
        assert_eq!(facts["problems"][0]["code"], "pixels_too_many", "{name}");
        let (exit, added, error) = phone.add(&file);
        assert_eq!(exit, 0, "{error}");
        assert_eq!(added["photos"][0]["thumbnail"], Value::Null, "{name}");
        assert!(error.contains("4290250000 pixels"), "{error}");
    }
    let (_, shown, _) = phone.device(&["show", &phone.case]);
    assert_eq!(shown["photos"].as_array().unwrap().len(), 3);
}

#[test]
fn two_gigabytes_a_folder_and_a_pipe_are_refused_at_once_with_one_line() {
    let phone = Phone::new();
    let (huge, folder, pipe) = (
        phone.path("huge.jpg"),
        phone.path("folder.jpg"),
        phone.path("pipe.jpg"),
    );
    let mut file = File::create(&huge).unwrap();
    file.write_all(&[0xFF, 0xD8, 0xFF, 0xE0]).unwrap();
    file.set_len(2 * 1024 * 1024 * 1024).unwrap();
    fs::create_dir(&folder).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for (file, code, word) in [
        (&huge, "too_large", "2147483648"),
        (&folder, "unreadable", "folder"),
        (&pipe, "unreadable", "pipe"),
    ] {
        let (exit, said, _) = inspect(file);
        assert_eq!(
            (exit, said["error"]["code"].as_str()),
            (2, Some(code)),
            "{file:?}"
        );
        let start = Instant::now();
        let (exit, said, error) = phone.add(file);
        assert!(start.elapsed() < Duration::from_secs(20), "{file:?}");
        assert_eq!(
            (exit, said["error"]["code"].as_str()),
            (2, Some(code)),
            "{error}"
        );
        assert!(
            error.contains(word) && error.lines().count() == 1,
            "{error}"
        );
    }
    let (_, shown, _) = phone.device(&["show", &phone.case]);
    assert_eq!(shown["photos"].as_array().unwrap().len(), 0);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_taken_whole_or_not_at_all() {
    let phone = Phone::new();
    let file = phone.path("growing.jpg");
    let whole = picture("2025-07-01T09:00:00", 36.834);
    fs::write(&file, &whole).unwrap();
    let writer = {
        let file = file.clone();
        std::thread::spawn(move || {
            let mut end = fs::OpenOptions::new().append(true).open(file).unwrap();
            for _ in 0..4_000 {
                end.write_all(&[0xAB; 4096]).unwrap();
                std::thread::sleep(Duration::from_micros(200));
            }
        })
    };
    let mut saved = Vec::new();
    while !writer.is_finished() {
        let (exit, said, error) = phone.add(&file);
        match exit {
            0 => saved.push((
                said["photos"][0]["sha256"].clone(),
                said["photos"][0]["bytes"].clone(),
            )),
            _ => assert_eq!(
                (exit, said["error"]["code"].as_str()),
                (4, Some("changed")),
                "{error}"
            ),
        }
        let (exit, said, error) = inspect(&file);
        assert!(
            exit == 0 || said["error"]["code"] == "changed",
            "{said} {error}"
        );
    }
    writer.join().unwrap();
    // Whatever was saved is a beginning of the file as it stood at one moment.
    let end = fs::read(&file).unwrap();
    for (digest, bytes) in saved {
        let len = usize::try_from(bytes.as_u64().unwrap()).unwrap();
        let then = lossbook_core::domain::Digest::of(&end[..len]).to_hex();
        assert_eq!(digest, then.as_str());
    }
}

#[test]
fn a_name_with_control_characters_cannot_steer_the_terminal() {
    let phone = Phone::new();
    let file = phone.path("a\u{1b}[2J\u{7}\u{202e}gpj.jpg");
    fs::write(&file, picture("2025-07-01T09:00:00", 36.834)).unwrap();
    let broken = phone.path("b\u{1b}[2J.jpg");
    fs::write(&broken, b"no photo").unwrap();
    for file in [&file, &broken] {
        for words in [
            vec!["inspect"],
            vec!["device", "--home", &phone.home, "photo", &phone.case],
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_lossbook"))
                .args(words)
                .arg(file)
                .output()
                .unwrap();
            for stream in [output.stdout, output.stderr] {
                let text = String::from_utf8(stream).unwrap();
                assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
            }
        }
    }
    let (_, shown, _) = phone.device(&["show", &phone.case]);
    assert_eq!(shown["photos"].as_array().unwrap().len(), 1);
}

/// A film of `len` bytes, most of them a hole.
fn film(file: &Path, len: u64) {
    let boxed = |kind: &[u8; 4], body: &[u8]| {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes(), kind.as_slice(), body].concat()
    };
    let numbers = [0_u32, 0, 0, 1_000, 42_000];
    let mvhd: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect();
    let handler = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0vide\0\0\0\0");
    let track = boxed(b"trak", &boxed(b"mdia", &handler));
    let moov = boxed(b"moov", &[boxed(b"mvhd", &mvhd), track].concat());
    let mut head = [boxed(b"ftyp", b"isom\0\0\0\0"), moov].concat();
    let rest = len - head.len() as u64;
    head.extend(u32::try_from(rest).unwrap().to_be_bytes());
    head.extend(b"mdat");
    let mut out = File::create(file).unwrap();
    out.write_all(&head).unwrap();
    out.set_len(len).unwrap();
}

#[test]
fn a_film_is_streamed_in_and_says_how_long_it_plays() {
    let phone = Phone::new();
    let file = phone.path("film.mp4");
    film(&file, 20_000_000);
    let (exit, facts, _) = inspect(&file);
    assert_eq!(
        (exit, &facts["duration_ms"]),
        (0, &42_000.into()),
        "{facts}"
    );
    let (exit, added, error) = phone.add(&file);
    assert_eq!(exit, 0, "{error}");
    assert_eq!(added["photos"][0]["media_type"], "video/mp4");
    assert_eq!(added["photos"][0]["sha256"], facts["sha256"]);
    let (_, again, _) = phone.add(&file);
    assert_eq!(again["photos"][0]["known"], true);
    let (_, shown, _) = phone.device(&["show", &phone.case]);
    assert_eq!(shown["photos"][0]["bytes"], 20_000_000);
    assert_eq!(shown["photo_budget"]["exceeded"], false);
}

#[test]
fn a_photo_is_refused_before_it_takes_the_room_of_reports() {
    let phone = Phone::new();
    let file = phone.path("photo.jpg");
    fs::write(&file, picture("2025-07-01T09:00:00", 36.834)).unwrap();
    let nearly_full = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_lossbook"))
            .env("LOSSBOOK_FREE_BYTES", "60000000")
            .args(["--json", "device", "--home", &phone.home])
            .args(words)
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), json)
    };
    let (exit, said) = nearly_full(&["photo", &phone.case, &file.display().to_string()]);
    assert_eq!(
        (exit, &said["error"]["code"]),
        (4, &"no_room".into()),
        "{said}"
    );
    let (exit, said) = nearly_full(&["set", &phone.case, "report.cause", "flood"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(phone.add(&file).0, 0, "with room again it is taken");
}

#[test]
fn an_original_is_let_go_of_only_when_confirmed_and_only_as_the_policy_asks() {
    let phone = Phone::new();
    let file = phone.path("photo.jpg");
    fs::write(&file, picture("2025-07-01T09:00:00", 36.834)).unwrap();
    assert_eq!(phone.add(&file).0, 0);
    let open = ["free", "--state", "open", "--quiet-days", "0"];
    let freed = |words: &[&str]| phone.device(words).1["photos"].as_u64().unwrap();
    assert_eq!(freed(&open), 0, "the hub has nothing yet");
    for _ in 0..2 {
        let (exit, _, error) = phone.device(&["sync"]);
        assert_eq!(exit, 0, "{error}");
    }
    let photo = || phone.device(&["show", &phone.case]).1["photos"][0].clone();
    assert_eq!(photo()["confirmed"], true);
    assert_eq!(freed(&["free"]), 0, "an open case keeps its photos");
    assert_eq!(
        freed(&["free", "--state", "open"]),
        0,
        "it was touched today"
    );
    assert_eq!(freed(&open), 1);
    assert_eq!(
        (&photo()["held"], &photo()["confirmed"]),
        (&false.into(), &true.into())
    );
    assert_eq!(freed(&open), 0);
    let (exit, _, error) = phone.device(&["sync"]);
    assert_eq!(exit, 0, "{error}");
}
