//! Two phones, a stick and a courier, with the real program: no network between them, nothing lost.
use crate::stage::{Stage, assert_trouble, jpeg};
use lossbook_core::domain::Digest;
use serde_json::Value;

fn history_text(said: &Value) -> String {
    said.to_string()
}

#[test]
fn two_phones_and_a_stick_work_on_one_case_without_a_hub_and_both_reach_it_through_one() {
    let stage = Stage::new();
    let hub = stage.hub();
    for home in ["anna", "bo"] {
        stage.enrol(&hub, home, "village");
    }
    stage.enrol(&hub, "courier", "elsewhere");
    for home in ["anna", "bo", "courier"] {
        stage.good(home, &["sync"]);
    }
    let port = hub.port();
    drop(hub);

    let case = stage.good("anna", &["report", "household=张三", "cause=hail"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(stage.path("house.jpg"), jpeg(1)).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("house.jpg")]);
    stage.good(
        "anna",
        &["export", &stage.text("to-bo.lossbundle"), "--to", "bo"],
    );

    // Whoever carries the stick sees nothing of it.
    assert_trouble(
        &stage.device("courier", &["import", &stage.text("to-bo.lossbundle")]),
        2,
        "not_for_us",
    );
    stage.good("courier", &["carry", &stage.text("to-bo.lossbundle")]);
    assert_trouble(
        &stage.device("courier", &["show", &case]),
        2,
        "unknown_case",
    );
    stage.good(
        "courier",
        &["carry", "--give", &stage.text("given.lossbundle")],
    );

    let taken = stage.good("bo", &["import", &stage.text("given.lossbundle")]);
    assert_eq!(taken["files"][0]["complete"], true, "{taken}");
    assert_eq!(
        taken["files"][0]["photos"], 2,
        "photo and thumbnail: {taken}"
    );
    stage.good("bo", &["set", &case, "report.place", "五十镇"]);
    std::fs::write(stage.path("roof.jpg"), jpeg(2)).unwrap();
    stage.good("bo", &["photo", &case, &stage.text("roof.jpg")]);
    stage.good(
        "bo",
        &["export", &stage.text("back.lossbundle"), "--to", "anna"],
    );
    let back = stage.good("anna", &["import", &stage.text("back.lossbundle")]);
    assert_eq!(
        back["files"][0]["entries"]["known"], 0,
        "Anna's own writing did not travel back: {back}"
    );
    let again = stage.good("anna", &["import", &stage.text("back.lossbundle")]);
    assert_eq!(again["files"][0]["entries"]["new"], 0, "{again}");

    let hub = stage.hub_at(port);
    let sent = stage.good("anna", &["sync"]);
    assert_eq!(sent["left"]["entries"], 0, "{sent}");
    // A third phone of the village gets everything from the hub, with its authors.
    stage.enrol(&hub, "cai", "village");
    stage.good("cai", &["sync"]);
    let shown = stage.good("cai", &["show", &case]);
    assert!(shown.to_string().contains("五十镇"), "{shown}");
    let photos: Vec<&str> = shown["photos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|photo| photo["sha256"].as_str().unwrap())
        .collect();
    for bytes in [jpeg(1), jpeg(2)] {
        assert!(photos.contains(&Digest::of(&bytes).to_hex().as_str()));
    }
    let history = history_text(&stage.good("cai", &["history", &case]));
    assert!(
        history.contains("anna") && history.contains("bo"),
        "{history}"
    );
    let (_, status, _) = hub.ask(&["status"]);
    assert_eq!(
        status["blobs"], 4,
        "both photos and both thumbnails: {status}"
    );
    // Bo never met the hub; its receipts wait there for its next exchange.
    stage.good("bo", &["sync"]);
    assert_eq!(stage.good("bo", &["status"])["entries"]["unconfirmed"], 0);
}

#[test]
fn a_courier_of_another_village_brings_a_sealed_bundle_to_the_hub_by_its_own_exchange() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "courier", "elsewhere");
    let case = stage.good("anna", &["report", "household=李四", "cause=flood"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(stage.path("house.jpg"), jpeg(3)).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("house.jpg")]);
    stage.good(
        "anna",
        &["export", &stage.text("to-hub.lossbundle"), "--to", "hub"],
    );
    stage.good("courier", &["carry", &stage.text("to-hub.lossbundle")]);
    stage.good("courier", &["sync"]);
    let (_, status, _) = hub.ask(&["status"]);
    assert_eq!(
        (&status["cases"], &status["blobs"]),
        (&1.into(), &3.into()),
        "{status}"
    );
    let carried = stage.good("courier", &["carry", "--list"]);
    assert_eq!(carried["carried"][0]["state"], "confirmed", "{carried}");
    assert_trouble(
        &stage.device("courier", &["show", &case]),
        2,
        "unknown_case",
    );
    stage.good("anna", &["sync"]);
    assert_eq!(stage.good("anna", &["status"])["entries"]["unconfirmed"], 0);
}

#[test]
fn parts_go_in_in_any_order_and_again_at_the_hub_and_on_a_phone() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "bo", "village");
    stage.good("anna", &["sync"]);
    let case = stage.good("anna", &["report", "household=王五"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(stage.path("large.jpg"), crate::stage::large_jpeg()).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("large.jpg")]);
    for note in 0..3 {
        stage.good(
            "anna",
            &["add", &case, "notes", &format!("text=note {note}")],
        );
    }
    for (to, name) in [("bo", "bo"), ("hub", "hub")] {
        let said = stage.good(
            "anna",
            &[
                "export",
                &stage.text(&format!("{name}.lossbundle")),
                "--to",
                to,
                "--part-size",
                "1100K",
            ],
        );
        let files: Vec<String> = said["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file.as_str().unwrap().to_owned())
            .collect();
        assert!(files.len() >= 3, "{said}");
        for file in &files {
            assert!(
                std::fs::metadata(file).unwrap().len() <= 1_100_000,
                "{file}"
            );
        }
        let mut last = Value::Null;
        for file in files.iter().rev().chain(&files) {
            last = if to == "hub" {
                let (exit, json, error) = hub.ask(&["import", file]);
                assert_eq!(exit, 0, "{error}");
                json
            } else {
                stage.good("bo", &["import", file])
            };
        }
        let last = &last["files"][0];
        assert_eq!(
            (&last["waiting_chunks"], &last["waiting_runs"]),
            (&0.into(), &0.into()),
            "{last}"
        );
    }
    let shown = stage.good("bo", &["show", &case]);
    assert!(shown.to_string().contains("note 2"), "{shown}");
    let (_, status, _) = hub.ask(&["status"]);
    assert_eq!(status["blobs"], 2, "{status}");
}

#[test]
fn a_wrong_a_cut_and_a_damaged_bundle_say_so_and_give_what_they_can() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "bo", "village");
    stage.good("anna", &["sync"]);
    let case = stage.good("anna", &["report", "household=赵六"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(stage.path("large.jpg"), crate::stage::large_jpeg()).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("large.jpg")]);
    stage.good(
        "anna",
        &["export", &stage.text("good.lossbundle"), "--to", "bo"],
    );
    let good = std::fs::read(stage.path("good.lossbundle")).unwrap();

    std::fs::write(stage.path("letter.lossbundle"), "dear Bo").unwrap();
    assert_trouble(
        &stage.device("bo", &["import", &stage.text("letter.lossbundle")]),
        2,
        "not_a_bundle",
    );
    assert_trouble(
        &stage.device("bo", &["import", &stage.text("nothing.lossbundle")]),
        2,
        "unreadable",
    );
    assert_trouble(
        &stage.device("anna", &["import", &stage.text("good.lossbundle")]),
        2,
        "not_for_us",
    );
    let over = stage.device(
        "anna",
        &["export", &stage.text("good.lossbundle"), "--to", "bo"],
    );
    assert_trouble(&over, 4, "bundle_write");
    assert_trouble(
        &stage.device("anna", &["export", &stage.text("x"), "--to", "nobody"]),
        2,
        "unknown_receiver",
    );
    assert_trouble(
        &stage.device(
            "anna",
            &["export", &stage.text("x"), "--to", "hub", "--case", &case],
        ),
        2,
        "hub_takes_all",
    );

    std::fs::write(stage.path("cut.lossbundle"), &good[..good.len() / 2]).unwrap();
    let cut = &stage.good("bo", &["import", &stage.text("cut.lossbundle")])["files"][0];
    assert_eq!(
        (&cut["cut"], &cut["complete"]),
        (&true.into(), &false.into()),
        "{cut}"
    );
    assert!(
        stage
            .good("bo", &["show", &case])
            .to_string()
            .contains("赵六")
    );

    let mut damaged = good.clone();
    let middle = good.len() * 3 / 4;
    damaged[middle] ^= 1;
    std::fs::write(stage.path("damaged.lossbundle"), &damaged).unwrap();
    let damaged = &stage.good("bo", &["import", &stage.text("damaged.lossbundle")])["files"][0];
    assert_eq!(damaged["damaged_chunks"], 1, "{damaged}");
    assert!(damaged["waiting_chunks"].as_u64().unwrap() > 0, "{damaged}");
    let whole = &stage.good("bo", &["import", &stage.text("good.lossbundle")])["files"][0];
    assert_eq!(
        (&whole["complete"], &whole["waiting_chunks"]),
        (&true.into(), &0.into()),
        "{whole}"
    );

    // Another insurer's phone.
    let other = Stage::new();
    let their_hub = other.hub();
    other.enrol(&their_hub, "eve", "village");
    let said = other.device("eve", &["import", &stage.text("good.lossbundle")]);
    assert_trouble(&said, 2, "not_for_us");
}

#[test]
fn a_phone_without_network_gets_decisions_and_receipts_on_a_stick_from_the_hub() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "bo", "village");
    let case = stage.good("anna", &["report", "household=钱七"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(stage.path("house.jpg"), jpeg(5)).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("house.jpg")]);
    stage.good("anna", &["sync"]);
    let (exit, said, error) = hub.ask(&["export", &stage.text("to-bo.lossbundle"), "--to", "bo"]);
    assert_eq!(exit, 0, "{said} {error}");
    let taken = &stage.good("bo", &["import", &stage.text("to-bo.lossbundle")])["files"][0];
    assert_eq!(
        (taken["maker"].as_str(), &taken["photos"]),
        (Some("hub"), &2.into()),
        "{taken}"
    );
    assert!(
        stage
            .good("bo", &["show", &case])
            .to_string()
            .contains("钱七")
    );
    // What came from the hub is not carried back to it.
    assert_eq!(stage.good("bo", &["sync"])["pushed"], 0);
    stage.good("bo", &["set", &case, "report.place", "五十镇"]);
    stage.good("bo", &["export", &stage.text("to-hub.lossbundle")]);
    let (exit, said, error) = hub.ask(&["import", &stage.text("to-hub.lossbundle")]);
    assert_eq!(exit, 0, "{said} {error}");
    let (exit, said, error) =
        hub.ask(&["export", &stage.text("receipts.lossbundle"), "--to", "bo"]);
    assert_eq!(exit, 0, "{said} {error}");
    stage.good("bo", &["import", &stage.text("receipts.lossbundle")]);
    assert_eq!(
        stage.good("bo", &["status"])["entries"]["waiting"],
        0,
        "the hub's word counts as its acknowledgement"
    );
}
