//! Looks through phone and hub, and fails at what is lost, doubled, half done or different.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lossbook_cli::device::{case_json, row_json};
use lossbook_cli::host::Machine;
use lossbook_cli::http::Client;
use lossbook_cli::keyfile;
use lossbook_core::app::{CaseView, Device};
use lossbook_core::domain::Digest;
use lossbook_core::store::CaseQuery;
use serde_json::{Value, json};

use super::world::{Known, World};

/// A phone looked through: every case by id, and every blob known to it.
struct Phone {
    cases: BTreeMap<String, Case>,
    blobs: BTreeMap<Digest, bool>,
}

struct Case {
    row: Value,
    heads: Value,
    record: Value,
    marks: Vec<String>,
}

/// What holds at any time: on the phone everything saved, at the hub everything sent.
pub(super) fn phone_and_hub(world: &World) {
    let phone = look(&world.home);
    judge_marks(world, "phone", &phone.marks(), Known::Saved);
    let rebuilt = world.must(world.phone(&world.home, &["rebuild"]));
    assert_eq!(rebuilt["differing"], json!([]), "{rebuilt}");
    let mut at_hub = BTreeMap::new();
    for id in phone.cases.keys() {
        if let Some(case) = office_case(world, id) {
            count(&mut at_hub, binding_values(&case));
        }
    }
    judge_marks(world, "hub", &at_hub, Known::Sent);
}

/// What holds after a sync that nobody disturbed: hub and a new second phone are as the phone.
pub(super) fn everywhere(world: &mut World) -> Value {
    let phone = look(&world.home);
    let second_home = world.home.with_file_name("second");
    world.enrol(&second_home, "zhang");
    let pulled = world.must(world.phone(&second_home, &["sync", "--patience", "20"]));
    let second = look(&second_home);
    judge_marks(world, "second phone", &second.marks(), Known::Saved);
    assert_eq!(
        second.cases.keys().collect::<Vec<_>>(),
        phone.cases.keys().collect::<Vec<_>>(),
        "both phones hold the same cases: {pulled}"
    );
    for (id, case) in &phone.cases {
        let other = &second.cases[id];
        for name in ["heads_digest", "total_fen", "photos", "lines", "contested"] {
            assert_eq!(case.row[name], other.row[name], "{name} of {id}");
        }
        assert_eq!(case.record, other.record, "record of {id}");
        let office = office_case(world, id).unwrap_or_else(|| panic!("the hub lacks {id}"));
        assert_eq!(office["heads"], case.heads, "heads of {id} at the hub");
        let total = json!({"low": office["low_fen"], "high": office["high_fen"]});
        assert_eq!(total, case.row["total_fen"], "total of {id} at the hub");
        assert_eq!(
            office["photos"], case.row["photos"],
            "photos of {id} at the hub"
        );
        assert_eq!(
            office["photos_missing"],
            json!([]),
            "bytes of {id} at the hub"
        );
    }
    let status = world.must(world.hub_order(&["status"]));
    assert_eq!(status["cases"], phone.cases.len(), "{status}");
    assert_eq!(
        status["blobs"],
        phone.blobs.len(),
        "each blob once: {status}"
    );
    assert_eq!(status["uploads"], 0, "{status}");
    verify_photos(world, &phone);
    let originals = phone.blobs.values().filter(|original| **original).count();
    json!({"cases": phone.cases.len(), "photos verified": originals})
}

/// Opens the store as any next command would, and reads everything in it.
fn look(home: &Path) -> Phone {
    let key = keyfile::read(&keyfile::path_for(home, None)).expect("the key file");
    let device = Device::open(home, &key, Arc::new(Machine::new())).expect("opens without repair");
    let all = CaseQuery {
        limit: u32::MAX,
        ..CaseQuery::default()
    };
    let mut phone = Phone {
        cases: BTreeMap::new(),
        blobs: BTreeMap::new(),
    };
    for row in device.cases(&all).expect("the list") {
        let id = row.case.to_string();
        let view = device.case(&id).expect("a listed case has a document");
        hold_blobs(&device, &view, &mut phone.blobs);
        let texts = view.standing.binding.to_texts();
        let full = case_json(&view);
        let case = Case {
            row: row_json(&row),
            heads: full["heads"].clone(),
            record: full["record"].clone(),
            marks: texts.into_iter().map(|text| text.value).collect(),
        };
        assert!(
            phone.cases.insert(id.clone(), case).is_none(),
            "{id} is listed twice"
        );
    }
    phone
}

/// Photo rows of the record and blob rows name the same photos, and bytes held are the right ones.
fn hold_blobs(device: &Device, view: &CaseView, blobs: &mut BTreeMap<Digest, bool>) {
    let id = view.standing.case;
    let mut named: Vec<Digest> = view.standing.record.photos().map(|photo| photo.1).collect();
    let mut known: Vec<Digest> = Vec::new();
    for blob in &view.blobs {
        assert!(
            blob.held || !blob.own,
            "{id}: half a photo, no bytes of {}",
            blob.digest
        );
        if blob.held {
            let bytes = device
                .blob_range(&blob.digest, 0, blob.len_bytes)
                .expect("bytes");
            assert_eq!(Digest::of(&bytes), blob.digest, "{id}");
        }
        if blob.is_original() {
            known.push(blob.digest);
        }
        let twice = blobs.insert(blob.digest, blob.is_original());
        assert!(
            twice.is_none() || blob.is_thumbnail(),
            "{} is held twice",
            blob.digest
        );
    }
    named.sort();
    known.sort();
    assert_eq!(
        named, known,
        "{id}: photos in the record, and photos announced"
    );
}

impl Phone {
    fn marks(&self) -> BTreeMap<String, u64> {
        let mut marks = BTreeMap::new();
        for case in self.cases.values() {
            count(&mut marks, case.marks.iter().cloned());
        }
        marks
    }
}

fn count(marks: &mut BTreeMap<String, u64>, values: impl IntoIterator<Item = String>) {
    for value in values {
        *marks.entry(value).or_default() += 1;
    }
}

fn judge_marks(world: &World, place: &str, marks: &BTreeMap<String, u64>, from: Known) {
    for deed in &world.deeds {
        let times = marks.get(&deed.mark).copied().unwrap_or(0);
        assert!(
            times <= 1,
            "{place}: {} stands there {times} times",
            deed.mark
        );
        assert!(
            times == 1 || deed.known < from,
            "{place}: {} is lost",
            deed.mark
        );
    }
}

/// The case as the office sees it; nothing if the hub has not heard of it.
fn office_case(world: &World, id: &str) -> Option<Value> {
    let mut command = world.office(&["show", id]);
    let answer = super::process::Running::start(&mut command).finish();
    match answer.code {
        Some(0) => Some(answer.json),
        Some(2) => None,
        None | Some(_) => panic!("{command:?}: {answer:?}"),
    }
}

fn binding_values(case: &Value) -> Vec<String> {
    let pairs = case["binding"].as_array().expect("a list");
    let values = pairs.iter().filter_map(|pair| pair[1].as_str());
    values.map(str::to_owned).collect()
}

/// Fetches every photo and thumbnail from the hub's page and hashes it.
fn verify_photos(world: &World, phone: &Phone) {
    let client = Client::new(&world.hub.url, None).expect("loopback");
    let get = |path: &str, cookie: &str| {
        let headers = [("Cookie".to_owned(), cookie.to_owned())];
        let quiet = Duration::from_secs(20);
        client
            .send("GET", path, &headers, (Vec::new(), quiet))
            .expect("an answer")
    };
    let opened = get(
        world.hub.page.trim_start_matches(world.hub.url.as_str()),
        "none=0",
    );
    let cookie = opened.headers.iter().find(|(name, _)| name == "set-cookie");
    let cookie = &cookie.expect("a session").1;
    let cookie = cookie.split(';').next().expect("a pair");
    for digest in phone.blobs.keys() {
        let photo = get(&format!("/photo/{}/{digest}", world.scope), cookie);
        assert_eq!(photo.status, 200, "{digest} at the hub");
        assert_eq!(Digest::of(&photo.body), *digest, "the hub's bytes");
    }
}
