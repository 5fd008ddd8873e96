//! The hub's shelf on a phone: what is taken, what is refused, and what judges then.

use super::*;
use crate::chain::{DeviceKey, Shelf, ShelfEntry};
use crate::domain::WallMs;
use crate::rules::{Pack, Packs, SHIPPED, Stamp};

/// A due time the contract leaves to the insurer (R135, I78).
const SETTINGS: &str = r#"
[[clock]]
id = "survey"
due = { value = "2 h", source = "set by the insurer" }
"#;

const HUZHU: &str = "huzhu-rural-housing";

fn filled() -> Pack {
    Pack::from_toml_filled(SHIPPED[0].1, SETTINGS).unwrap()
}

fn shipped() -> Vec<&'static Pack> {
    Packs::shipped().all().iter().collect()
}

fn surveyed_case(phone: &Device) -> String {
    let fields = [("contract", HUZHU), ("cause", "冰雹"), ("area", "630223")];
    let case = phone.report_loss(None, &report(&fields)).unwrap();
    let case = case.number().to_string();
    phone
        .set_field(&case, "times.survey_started_at", "1750000000000")
        .unwrap();
    case
}

fn survey_due(phone: &Device, case: &str) -> Option<WallMs> {
    let judged = phone.assess(case).unwrap();
    let mut clocks = judged.assessment.clocks.into_iter();
    let survey = clocks.find(|clock| clock.id == "survey").unwrap();
    survey.due.as_ref().map(Stamp::at)
}

#[test]
fn a_filled_pack_from_the_hub_sets_a_due_time_on_the_phone() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let case = surveyed_case(&phone);
    assert_eq!(survey_due(&phone, &case), None);
    let filled = filled();
    let mut packs = shipped();
    packs.push(&filled);
    let missing = phone.take_shelf(&world.shelf(1, &packs)).unwrap();
    assert_eq!(missing, [filled.digest()]);
    assert_eq!(
        survey_due(&phone, &case),
        None,
        "half a shelf judges nothing"
    );
    phone.take_pack(filled.bytes()).unwrap();
    let two_hours = WallMs(1_750_000_000_000 + 2 * 3_600_000);
    assert_eq!(survey_due(&phone, &case), Some(two_hours));
    let judged = phone.assess(&case).unwrap();
    assert_eq!(judged.assessment.pack.digest, filled.digest());
}

#[test]
fn a_shelf_of_another_hub_is_refused() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let other = DeviceKey::make(TestHost::new(5).as_ref());
    let refused = phone.take_shelf(&World::shelf_by(&other, 1, &shipped()));
    assert_eq!(refused.unwrap_err().code(), "wrong_hub");
}

#[test]
fn a_shelf_older_than_the_one_held_is_refused() {
    let world = World::new();
    let phone = world.phone("li", 1);
    phone.take_shelf(&world.shelf(2, &shipped())).unwrap();
    phone.take_shelf(&world.shelf(2, &shipped())).unwrap();
    let refused = phone.take_shelf(&world.shelf(1, &shipped()));
    assert_eq!(refused.unwrap_err().code(), "shelf_old");
}

#[test]
fn a_pack_with_one_changed_byte_is_refused_and_not_kept() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let filled = filled();
    phone.take_shelf(&world.shelf(1, &[&filled])).unwrap();
    let mut tampered = filled.bytes().to_vec();
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    assert_eq!(
        phone.take_pack(&tampered).unwrap_err().code(),
        "not_on_shelf"
    );
    let held = phone.held_packs().unwrap();
    let filled = held.iter().find(|pack| pack.digest == filled.digest());
    assert_eq!(filled.unwrap().standing, PackStanding::Missing);
}

#[test]
fn bytes_the_hub_names_but_nobody_can_read_are_refused() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let bytes = b"no pack".as_slice();
    let mut shelf = Shelf {
        hub: HUB,
        since: WallMs(1),
        packs: Vec::new(),
    };
    shelf.put(ShelfEntry {
        id: HUZHU.to_owned(),
        version: "9".to_owned(),
        digest: Digest::of(bytes),
    });
    phone.take_shelf(&world.sign_shelf(&shelf)).unwrap();
    assert_eq!(phone.take_pack(bytes).unwrap_err().code(), "bad_pack");
}

#[test]
fn a_retired_version_stays_readable_by_digest_and_no_longer_judges() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let case = surveyed_case(&phone);
    phone.take_shelf(&world.shelf(1, &shipped())).unwrap();
    let huzhu = *shipped().iter().find(|pack| pack.id == HUZHU).unwrap();
    let rest: Vec<&Pack> = shipped()
        .into_iter()
        .filter(|pack| pack.id != HUZHU)
        .collect();
    phone.take_shelf(&world.shelf(2, &rest)).unwrap();
    let refused = phone.assess(&case).unwrap_err();
    assert_eq!(refused.code(), "unknown_contract");
    let bytes = phone
        .store()
        .transact(|tx| tx.pack_bytes(&huzhu.digest()))
        .unwrap();
    assert_eq!(bytes.as_deref(), Some(huzhu.bytes()));
    let held = phone.held_packs().unwrap();
    let huzhu = held.iter().find(|pack| pack.id == HUZHU).unwrap();
    assert_eq!(huzhu.standing, PackStanding::Retired);
}
