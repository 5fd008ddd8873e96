//! Two phones, a stick and a courier, with the real program: no network between them, nothing lost.
use crate::stage::{Stage, assert_trouble, jpeg, large_jpeg};
use lossbook_core::domain::Digest;
use serde_json::Value;

fn file(stage: &Stage, name: &str, bytes: &[u8]) -> String {
    std::fs::write(stage.path(name), bytes).unwrap();
    stage.text(name)
}

/// A case of one phone, with a photo; its number.
fn case_with_photo(stage: &Stage, home: &str, photo: &[u8]) -> String {
    let said = stage.good(home, &["report", "household=张三", "cause=hail"]);
    let case = said["number"].as_str().unwrap().to_owned();
    let photo = file(stage, "photo.jpg", photo);
    stage.good(home, &["photo", &case, &photo]);
    case
}

#[test]
fn two_phones_and_a_stick_work_on_one_case_without_a_hub_and_both_reach_it_through_one() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "courier", "elsewhere");
    for home in ["anna", "bo"] {
        stage.enrol(&hub, home, "village");
    }
    stage.good("anna", &["sync"]);
    stage.good("bo", &["sync"]);
    let port = hub.port();
    drop(hub);
    let case = case_with_photo(&stage, "anna", &jpeg(1));
    let to_bo = stage.text("to-bo.lossbundle");
    stage.good("anna", &["export", &to_bo, "--to", "bo"]);
    let given = carried_unread(&stage, &to_bo, &case);

    let taken = stage.good("bo", &["import", &given]);
    assert_eq!(taken["files"][0]["complete"], true, "{taken}");
    assert_eq!(
        taken["files"][0]["photos"], 2,
        "photo and thumbnail: {taken}"
    );
    stage.good("bo", &["set", &case, "report.place", "五十镇"]);
    let roof = file(&stage, "roof.jpg", &jpeg(2));
    stage.good("bo", &["photo", &case, &roof]);
    let to_anna = stage.text("back.lossbundle");
    stage.good("bo", &["export", &to_anna, "--to", "anna"]);
    let back = stage.good("anna", &["import", &to_anna]);
    let known = &back["files"][0]["entries"]["known"];
    assert_eq!(known, 0, "Anna's own writing did not travel back: {back}");
    let again = stage.good("anna", &["import", &to_anna]);
    assert_eq!(again["files"][0]["entries"]["new"], 0, "{again}");

    let hub = stage.hub_at(port);
    let sent = stage.good("anna", &["sync"]);
    assert_eq!(sent["left"]["entries"], 0, "{sent}");
    let (_, status, _) = hub.ask(&["status"]);
    assert_eq!(
        status["blobs"], 4,
        "both photos and both thumbnails: {status}"
    );
    // Bo never met the hub; its receipts wait there for its next exchange.
    stage.good("bo", &["sync"]);
    assert_eq!(stage.good("bo", &["status"])["entries"]["unconfirmed"], 0);
    stage.enrol(&hub, "cai", "village");
    stage.good("cai", &["sync"]);
    assert_attributed(&stage, &case);
}

/// Whoever carries the stick sees nothing of it, and can hand it on.
fn carried_unread(stage: &Stage, bundle: &str, case: &str) -> String {
    let opened = stage.device("courier", &["import", bundle]);
    assert_trouble(&opened, 2, "not_for_us");
    stage.good("courier", &["carry", bundle]);
    assert_trouble(&stage.device("courier", &["show", case]), 2, "unknown_case");
    let given = stage.text("given.lossbundle");
    stage.good("courier", &["carry", "--give", &given]);
    given
}

/// A third phone of the village got everything from the hub, with its authors.
fn assert_attributed(stage: &Stage, case: &str) {
    let shown = stage.good("cai", &["show", case]);
    assert!(shown.to_string().contains("五十镇"), "{shown}");
    let photos = shown["photos"].as_array().unwrap();
    for bytes in [jpeg(1), jpeg(2)] {
        let digest = Digest::of(&bytes).to_hex();
        assert!(
            photos
                .iter()
                .any(|photo| photo["sha256"] == digest.as_str())
        );
    }
    let history = stage.good("cai", &["history", case]).to_string();
    assert!(
        history.contains("anna") && history.contains("bo"),
        "{history}"
    );
}

#[test]
fn a_courier_of_another_village_brings_a_sealed_bundle_to_the_hub_by_its_own_exchange() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "courier", "elsewhere");
    let case = case_with_photo(&stage, "anna", &jpeg(3));
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

/// Takes parts in, the last first, and then all of them again; what the last one says.
fn take_in_any_order(files: &[String], take: &dyn Fn(&str) -> Value) -> Value {
    let mut last = Value::Null;
    for file in files.iter().rev().chain(files) {
        last = take(file);
    }
    last["files"][0].clone()
}

#[test]
fn parts_go_in_in_any_order_and_again_at_the_hub_and_on_a_phone() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "bo", "village");
    stage.good("anna", &["sync"]);
    let case = case_with_photo(&stage, "anna", &large_jpeg());
    for note in 0..3 {
        stage.good(
            "anna",
            &["add", &case, "notes", &format!("text=note {note}")],
        );
    }
    for to in ["bo", "hub"] {
        let bundle = stage.text(&format!("{to}.lossbundle"));
        let said = stage.good(
            "anna",
            &["export", &bundle, "--to", to, "--part-size", "1100K"],
        );
        let named = said["files"].as_array().unwrap().iter();
        let files: Vec<String> = named
            .map(|file| file.as_str().unwrap().to_owned())
            .collect();
        assert!(files.len() >= 3, "{said}");
        for file in &files {
            assert!(
                std::fs::metadata(file).unwrap().len() <= 1_100_000,
                "{file}"
            );
        }
        let last = take_in_any_order(&files, &|file| match to {
            "hub" => hub.good(&["import", file]),
            phone => stage.good(phone, &["import", file]),
        });
        let waiting = (&last["waiting_chunks"], &last["waiting_runs"]);
        assert_eq!(waiting, (&0.into(), &0.into()), "{last}");
    }
    let shown = stage.good("bo", &["show", &case]);
    assert!(shown.to_string().contains("note 2"), "{shown}");
    assert_eq!(hub.good(&["status"])["blobs"], 2);
}

/// Two phones that know each other, a case with a large photo, and a bundle of it for the other.
fn one_bundle() -> (Stage, String, Vec<u8>) {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    stage.enrol(&hub, "bo", "village");
    stage.good("anna", &["sync"]);
    let case = case_with_photo(&stage, "anna", &large_jpeg());
    stage.good(
        "anna",
        &["export", &stage.text("good.lossbundle"), "--to", "bo"],
    );
    let good = std::fs::read(stage.path("good.lossbundle")).unwrap();
    (stage, case, good)
}

#[test]
fn a_wrong_file_and_a_wrong_wish_are_named_as_what_they_are() {
    let (stage, case, _) = one_bundle();
    let letter = file(&stage, "letter.lossbundle", b"dear Bo");
    let (good, new) = (stage.text("good.lossbundle"), stage.text("new.lossbundle"));
    let import = |home: &str, file: &str| stage.device(home, &["import", file]);
    assert_trouble(&import("bo", &letter), 2, "not_a_bundle");
    assert_trouble(&import("bo", &new), 2, "unreadable");
    assert_trouble(&import("anna", &good), 2, "not_for_us");
    let export = |args: &[&str]| stage.device("anna", &[&["export"], args].concat());
    assert_trouble(&export(&[&good, "--to", "bo"]), 4, "bundle_write");
    assert_trouble(&export(&[&new, "--to", "nobody"]), 2, "unknown_receiver");
    assert_trouble(
        &export(&[&new, "--to", "hub", "--case", &case]),
        2,
        "hub_takes_all",
    );
    assert_trouble(&export(&[&new, "--part-size", "10K"]), 2, "part_too_small");
    assert!(!stage.path("new.lossbundle").exists());
    // Another insurer's phone.
    let other = Stage::new();
    other.enrol(&other.hub(), "eve", "village");
    assert_trouble(&other.device("eve", &["import", &good]), 2, "not_for_us");
}

#[test]
fn a_cut_and_a_damaged_bundle_say_so_and_give_what_they_can() {
    let (stage, case, good) = one_bundle();
    let import = |name: &str, bytes: &[u8]| {
        let path = file(&stage, name, bytes);
        stage.good("bo", &["import", &path])["files"][0].clone()
    };
    let cut = import("cut.lossbundle", &good[..good.len() / 2]);
    assert_eq!(
        (&cut["cut"], &cut["complete"]),
        (&true.into(), &false.into()),
        "{cut}"
    );
    assert!(
        stage
            .good("bo", &["show", &case])
            .to_string()
            .contains("张三")
    );
    let mut damaged = good.clone();
    damaged[good.len() * 3 / 4] ^= 1;
    let damaged = import("damaged.lossbundle", &damaged);
    assert_eq!(damaged["damaged_chunks"], 1, "{damaged}");
    assert!(damaged["waiting_chunks"].as_u64().unwrap() > 0, "{damaged}");
    let whole = import("whole.lossbundle", &good);
    assert_eq!(
        (&whole["complete"], &whole["waiting_chunks"]),
        (&true.into(), &0.into()),
        "{whole}"
    );
}

#[test]
fn a_case_given_alone_is_no_hole_for_the_hub_and_the_rest_may_follow() {
    let (stage, case, _) = one_bundle();
    let other = stage.good("anna", &["report", "household=李四"])["number"]
        .as_str()
        .unwrap()
        .to_owned();
    let one = stage.text("one-case.lossbundle");
    stage.good("anna", &["export", &one, "--to", "bo", "--case", &other]);
    stage.good("bo", &["import", &one]);
    assert!(
        stage
            .good("bo", &["show", &other])
            .to_string()
            .contains("李四")
    );
    assert_trouble(&stage.device("bo", &["show", &case]), 2, "unknown_case");
    let to_hub = stage.text("to-hub.lossbundle");
    let said = stage.good("bo", &["export", &to_hub]);
    // Bo holds bare headers of Anna's other case: what has a hole is not handed on.
    assert_eq!(said["entries"], 0, "{said}");
    let rest = stage.good("bo", &["import", &stage.text("good.lossbundle")]);
    assert!(
        rest["files"][0]["entries"]["filled"].as_u64().unwrap() > 0,
        "{rest}"
    );
    stage.good("bo", &["show", &case]);
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
