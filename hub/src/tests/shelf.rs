use lossbook_core::app::Device;
use lossbook_core::chain::{Shelf, SignedShelf};
use lossbook_core::domain::{Digest, cbor};
use lossbook_core::record::Section;
use lossbook_core::rules::{Packs, SHIPPED};

use super::World;
use super::http::{Got, send, served, token};
use crate::Serving;
use crate::admin::Command;
use crate::office::{Opinion, case};

/// A due time the contract leaves to the insurer (R135, I77).
const SETTINGS: &str = r#"
[[clock]]
id = "response"
due = { value = "10 min", source = "set by the insurer" }
"#;

const HUZHU: &str = SHIPPED[0].0;

fn judged_case(device: &Device) -> String {
    let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let told = [
        ("contract", HUZHU),
        ("cause", "冰雹"),
        ("place", "一村 1 号"),
        ("area", "630223102"),
        ("insured_class", "ordinary"),
        ("top_up", "否"),
        ("unit", "G-12"),
        ("policy_from", "2025-01-01 00:00"),
        ("policy_to", "2026-01-01 00:00"),
    ];
    let id = device
        .report_loss(None, &fields(&told))
        .unwrap()
        .to_string();
    let add =
        |section, pairs: &[(&str, &str)]| device.add_row(&id, section, &fields(pairs)).unwrap();
    add(
        Section::Objects,
        &[("kind", "house"), ("insured_id", "house-1")],
    );
    let yes = [
        "occupied",
        "countryside",
        "main_home",
        "local_hukou",
        "rural_hukou",
        "resident",
    ];
    let no = ["under_construction", "second_house", "undivided"];
    for (questions, answer) in [(yes.as_slice(), "yes"), (no.as_slice(), "no")] {
        for question in questions {
            add(
                Section::Answers,
                &[("question", question), ("answer", answer)],
            );
        }
    }
    let line = [
        ("item", "卧室"),
        ("method", "repair_cost"),
        ("quantity", "12.5"),
        ("unit", "m2"),
        ("unit_price", "100.00"),
        ("price_source", "县住建局"),
        ("price_date", "2025-06-01"),
    ];
    add(Section::Lines, &line);
    id
}

/// What a device does with `GET`.
struct Fetch<'w> {
    serving: &'w Serving,
    bearer: String,
}

impl Fetch<'_> {
    fn get(&self, path: &str) -> Got {
        let headers = [("Authorization", self.bearer.as_str())];
        send(self.serving.addr, &format!("GET {path}"), &headers, b"")
    }

    /// Takes the shelf and whatever is missing; how many packs that were.
    fn all(&self, device: &Device) -> usize {
        let missing = device.take_shelf(&self.get("/v1/packs").body).unwrap();
        for digest in &missing {
            let got = self.get(&format!("/v1/packs/{digest}"));
            device.take_pack(&got.body).unwrap();
        }
        missing.len()
    }
}

fn fetch<'w>(serving: &'w Serving, device: &Device) -> Fetch<'w> {
    Fetch {
        serving,
        bearer: token(serving.addr, device),
    }
}

fn shelf(bytes: &[u8]) -> Shelf {
    cbor::decode::<SignedShelf>(bytes).unwrap().read().unwrap()
}

#[test]
fn phone_and_hub_judge_a_case_with_the_same_bytes() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let id = judged_case(&phone);
    world.sync(&phone);
    world.hub.add_pack(SHIPPED[0].1, Some(SETTINGS)).unwrap();
    assert_eq!(fetch(&serving, &phone).all(&phone), 1);
    let here = phone.assess(&id).unwrap().assessment;
    assert_eq!(here.money.payable.unwrap().to_string(), "1250.00");
    let there = case(world.hub.store(), &id, world.hub.now().wall).unwrap();
    let Opinion::Judged { assessment, .. } = there.opinion else {
        panic!("the hub did not judge")
    };
    let bytes = |one| serde_json::to_vec(one).unwrap();
    assert_eq!(bytes(&here), bytes(assessment.as_ref()));
}

#[test]
fn a_filled_pack_reaches_the_phone_and_starts_a_clock() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let id = judged_case(&phone);
    let response = || {
        let clocks = phone.assess(&id).unwrap().assessment.clocks;
        let response = clocks.into_iter().find(|clock| clock.id == "response");
        response.unwrap().limit
    };
    assert_eq!(fetch(&serving, &phone).all(&phone), 0);
    assert_eq!(response(), None);
    world.hub.add_pack(SHIPPED[0].1, Some(SETTINGS)).unwrap();
    fetch(&serving, &phone).all(&phone);
    assert_eq!(response().as_deref(), Some("10 min"));
}

#[test]
fn a_new_hub_has_the_shipped_packs_on_its_shelf_for_devices_only() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    assert_eq!(send(serving.addr, "GET /v1/packs", &[], b"").status, 401);
    let shelf = shelf(&fetch(&serving, &phone).get("/v1/packs").body);
    let mut shipped: Vec<Digest> = Packs::shipped()
        .all()
        .iter()
        .map(|pack| pack.digest())
        .collect();
    let mut there: Vec<Digest> = shelf.packs.iter().map(|entry| entry.digest).collect();
    shipped.sort();
    there.sort();
    assert_eq!(there, shipped);
    let path = format!("GET /v1/packs/{}", shipped[0]);
    assert_eq!(send(serving.addr, &path, &[], b"").status, 401);
}

#[test]
fn a_retired_version_leaves_the_shelf_and_stays_readable_by_digest() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let pack = &Packs::shipped().all()[0];
    let id = pack.id.clone();
    let version = pack.version.clone();
    world.hub.run(Command::RetirePack { id, version }).unwrap();
    let fetch = fetch(&serving, &phone);
    assert_eq!(
        shelf(&fetch.get("/v1/packs").body).entry(&pack.digest()),
        None
    );
    let got = fetch.get(&format!("/v1/packs/{}", pack.digest()));
    assert_eq!((got.status, got.body.as_slice()), (200, pack.bytes()));
    let cached = got
        .headers()
        .into_iter()
        .find(|(name, _)| name == "cache-control");
    assert!(cached.unwrap().1.contains("immutable"));
    let nobodys = fetch.get(&format!("/v1/packs/{}", Digest::ZERO));
    assert_eq!(nobodys.status, 404);
}

#[test]
fn a_pack_with_problems_is_refused_with_all_of_them() {
    let world = World::new();
    let settings = "[[clock]]\nid = \"arrival\"\ndue = { value = \"1 min\", source = \"x\" }\n[[clock]]\nid = \"nobodys\"\n";
    let refused = world
        .hub
        .add_pack(SHIPPED[0].1, Some(settings))
        .unwrap_err();
    assert_eq!(refused.code, "BAD_PACK");
    assert!(
        refused.detail.starts_with("2 problem(s)"),
        "{}",
        refused.detail
    );
    let unknown = world.hub.retire_pack(HUZHU, "1999.1").unwrap_err();
    assert_eq!(unknown.code, "PACK_UNKNOWN");
}

#[test]
fn a_case_without_a_contract_says_why_it_is_not_judged() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = super::report(&phone);
    world.sync(&phone);
    let detail = case(world.hub.store(), &id, world.hub.now().wall).unwrap();
    let json = serde_json::to_value(&detail).unwrap();
    assert_eq!(json["not_judged"]["code"], "no_contract");
}
