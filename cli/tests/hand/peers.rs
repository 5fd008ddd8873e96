//! Two phones side by side, with the real program: over loopback, over a pipe, over a line that
//! breaks.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Output, Stdio};
use std::thread;

use crate::stage::{Stage, assert_trouble, jpeg, large_jpeg, program};
use lossbook_core::domain::Digest;
use serde_json::Value;

/// A phone that waits, and where.
struct Waiting {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
    at: String,
}

impl Waiting {
    fn new(stage: &Stage, home: &str) -> Self {
        let mut process = program()
            .args([
                "--json",
                "device",
                "--home",
                &stage.text(home),
                "peer",
                "--listen",
                "127.0.0.1:0",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        let said: Value = serde_json::from_str(&first).unwrap();
        Self {
            process,
            output,
            at: said["listening"].as_str().unwrap().to_owned(),
        }
    }

    fn end(mut self) -> (i32, Value) {
        let mut last = String::new();
        self.output.read_to_string(&mut last).unwrap();
        let exit = self.process.wait().unwrap().code().unwrap();
        (
            exit,
            serde_json::from_str(last.lines().last().unwrap_or("null")).unwrap(),
        )
    }
}

/// Two enrolled phones of one village, one case with a large photo, no hub any more.
fn village() -> (Stage, String) {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "bo", "village");
    stage.enrol(&hub, "far", "elsewhere");
    drop(hub);
    let case = stage.good("anna", &["report", "household=张三", "cause=hail"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(stage.path("large.jpg"), large_jpeg()).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("large.jpg")]);
    (stage, case)
}

#[test]
fn over_loopback_both_give_what_the_other_lacks() {
    let (stage, case) = village();
    let of_bo = stage.good("bo", &["report", "household=李四"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    let waiting = Waiting::new(&stage, "bo");
    let said = stage.good("anna", &["peer", "--connect", &waiting.at]);
    let (exit, bos) = waiting.end();
    assert_eq!(
        (exit, bos["with"].as_str(), said["with"].as_str()),
        (0, Some("anna"), Some("bo"))
    );
    assert_eq!(bos["taken"]["photos"], 2, "{bos}");
    let shown = stage.good("bo", &["show", &case]);
    assert!(
        shown
            .to_string()
            .contains(&Digest::of(&large_jpeg()).to_hex()),
        "{shown}"
    );
    stage.good("anna", &["show", &of_bo]);
    let waiting = Waiting::new(&stage, "anna");
    let again = stage.good("bo", &["peer", "--connect", &waiting.at]);
    assert_eq!(
        (&again["taken"]["entries"], &again["given"]["chunks"]),
        (&0.into(), &0.into()),
        "{again}"
    );
    assert_eq!(waiting.end().0, 0);
}

#[test]
fn over_a_pipe_the_same_session_runs_on_standard_input_and_output() {
    let (stage, case) = village();
    let spawn = |home: &str, side: &str| {
        program()
            .args([
                "--json",
                "device",
                "--home",
                &stage.text(home),
                "peer",
                "--stdio",
                side,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let (mut anna, mut bo) = (spawn("anna", "ask"), spawn("bo", "answer"));
    let pump = |from: &mut Child, to: &mut Child| {
        let (mut from, mut to) = (from.stdout.take().unwrap(), to.stdin.take().unwrap());
        thread::spawn(move || std::io::copy(&mut from, &mut to).map(|_| ()))
    };
    let pumps = [pump(&mut anna, &mut bo), pump(&mut bo, &mut anna)];
    let ended: Vec<Output> = vec![
        anna.wait_with_output().unwrap(),
        bo.wait_with_output().unwrap(),
    ];
    for output in ended {
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{error}");
        let said: Value = serde_json::from_str(error.lines().last().unwrap()).unwrap();
        assert!(said["with"].is_string(), "{said}");
    }
    for pump in pumps {
        let _ended = pump.join().unwrap();
    }
    stage.good("bo", &["show", &case]);
}

/// Passes bytes on between a caller and a waiting phone until so many went, then hangs up.
fn breaking_line(to: &str, after: u64) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let to = to.to_owned();
    let line = thread::spawn(move || {
        let (caller, _) = listener.accept().unwrap();
        let called = TcpStream::connect(to).unwrap();
        let way = |from: &TcpStream, to: &TcpStream| {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let all = (caller.try_clone().unwrap(), called.try_clone().unwrap());
            thread::spawn(move || {
                let mut left = after;
                let mut buffer = [0; 4_096];
                while left > 0 {
                    let most = buffer.len().min(usize::try_from(left).unwrap());
                    let Ok(read @ 1..) = from.read(&mut buffer[..most]) else {
                        break;
                    };
                    left -= read as u64;
                    if to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _gone = all.0.shutdown(Shutdown::Both);
                let _gone = all.1.shutdown(Shutdown::Both);
            })
        };
        let ways = [way(&caller, &called), way(&called, &caller)];
        for way in ways {
            way.join().unwrap();
        }
    });
    (at, line)
}

#[test]
fn a_line_that_breaks_again_and_again_costs_time_and_nothing_else() {
    let (stage, case) = village();
    for cut in [30, 700, 5_000, 400_000, 900_000, 1_300_000] {
        let waiting = Waiting::new(&stage, "bo");
        let (at, line) = breaking_line(&waiting.at, cut);
        let (exit, json, error) = stage.device("anna", &["peer", "--connect", &at]);
        assert_eq!(
            (exit, json["error"]["code"].as_str()),
            (4, Some("peer_cut")),
            "{json} {error}"
        );
        assert_ne!(waiting.end().0, 0);
        line.join().unwrap();
    }
    let waiting = Waiting::new(&stage, "bo");
    let said = stage.good("anna", &["peer", "--connect", &waiting.at]);
    let (exit, bos) = waiting.end();
    assert_eq!((exit, &bos["waiting_chunks"]), (0, &0.into()), "{bos}");
    let given = said["given"]["chunks"].as_u64().unwrap();
    assert!(
        given < large_jpeg().len() as u64 / (256 * 1024),
        "most chunks crossed before: {given}"
    );
    assert!(
        stage
            .good("bo", &["show", &case])
            .to_string()
            .contains(&Digest::of(&large_jpeg()).to_hex())
    );
}

#[test]
fn another_village_gets_nothing_and_another_insurer_is_refused() {
    let (stage, case) = village();
    std::fs::write(stage.path("small.jpg"), jpeg(1)).unwrap();
    let waiting = Waiting::new(&stage, "anna");
    let said = stage.good("far", &["peer", "--connect", &waiting.at]);
    assert_eq!(
        (&said["taken"]["entries"], &said["taken"]["chunks"]),
        (&0.into(), &0.into()),
        "{said}"
    );
    assert_eq!(waiting.end().1["given"]["runs"], 0);
    assert_trouble(&stage.device("far", &["show", &case]), 2, "unknown_case");

    let other = Stage::new();
    let their_hub = other.hub();
    other.enrol(&their_hub, "eve", "village");
    let waiting = Waiting::new(&stage, "anna");
    assert_trouble(
        &other.device("eve", &["peer", "--connect", &waiting.at]),
        4,
        "other_hub",
    );
    assert_ne!(waiting.end().0, 0);
    // Something that is no phone at all.
    let waiting = Waiting::new(&stage, "anna");
    let mut stream = TcpStream::connect(&waiting.at).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let (exit, json) = waiting.end();
    assert_eq!(
        (exit, json["error"]["code"].as_str()),
        (4, Some("not_a_peer")),
        "{json}"
    );
}
