//! What the contract says to a case, and what of it may be signed.

use super::*;
use crate::app::check_row;
use crate::chain::Origin;
use crate::evidence::FindingCode;
use crate::record::Section;

const ANSWERS: [(&str, &str); 9] = [
    ("occupied", "yes"),
    ("under_construction", "no"),
    ("countryside", "yes"),
    ("main_home", "yes"),
    ("second_house", "no"),
    ("undivided", "no"),
    ("local_hukou", "yes"),
    ("rural_hukou", "yes"),
    ("resident", "yes"),
];

/// A house that the Huzhu contract covers, with one bedroom of 800 yuan.
fn covered_house(phone: &Device) -> String {
    let fields = [
        ("contract", "huzhu-rural-housing"),
        ("cause", "冰雹"),
        ("occurred_at", "2025-07-16 14:40"),
        ("policy_from", "2025-01-01 00:00"),
        ("policy_to", "2026-01-01 00:00"),
        ("insured_class", "ordinary"),
        ("unit", "G-1"),
    ];
    let case = phone.report_loss(None, &report(&fields)).unwrap();
    let case = case.number().to_string();
    let house = report(&[("kind", "house"), ("insured_id", "house-1")]);
    phone.add_row(&case, Section::Objects, &house).unwrap();
    for (question, answer) in ANSWERS {
        let row = report(&[("question", question), ("answer", answer)]);
        phone.add_row(&case, Section::Answers, &row).unwrap();
    }
    line(phone, &case, "卧室");
    case
}

fn line(phone: &Device, case: &str, part: &str) {
    let row = report(&[("part", part), ("item", "修复"), ("amount", "800")]);
    phone.add_row(case, Section::Lines, &row).unwrap();
}

fn signed_text(phone: &Device, case: &str) -> String {
    phone.sign(case, &signature()).unwrap().text
}

#[test]
fn an_estimate_that_the_contract_covers_is_signed_with_its_payable() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let case = covered_house(&phone);
    assert!(phone.assess(&case).unwrap().assessment.money.is_final);
    assert!(signed_text(&phone, &case).contains("应付赔款: 800.00"));
}

#[test]
fn a_line_that_no_rule_knows_leaves_the_amount_open_and_unsigned() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let case = covered_house(&phone);
    line(&phone, &case, "飞船");
    let judged = phone.assess(&case).unwrap();
    assert_eq!(judged.unmatched[0].about, "飞船");
    assert!(!judged.assessment.money.is_final);
    let obstacles = &judged.assessment.review.obstacles;
    assert!(obstacles.iter().any(|one| one.code == "not_final"));
    assert!(!signed_text(&phone, &case).contains("应付赔款"));
}

#[test]
fn nobody_signs_a_payable_while_cover_is_open() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let case = covered_house(&phone);
    phone.set_field(&case, "report.cause", "陨石").unwrap();
    let judged = phone.assess(&case).unwrap();
    assert_eq!(judged.unmatched[0].code, "peril_not_known");
    assert_eq!(judged.assessment.cover.reasons[0].code, "peril_unknown");
    assert!(!signed_text(&phone, &case).contains("应付赔款"));
}

#[test]
fn what_head_office_paid_before_under_the_policy_counts_against_the_household_s_limit() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let case = covered_house(&phone);
    phone.set_field(&case, "report.policy_no", "P-1").unwrap();
    assert!(signed_text(&phone, &case).contains("应付赔款: 800.00"));
    let put = |table: &str, key: &str, row: &str| {
        let row = row.as_bytes();
        check_row(table, row).unwrap();
        let place = (VILLAGE, table, key);
        let written = phone
            .store()
            .transact(|tx| tx.put_reference_row(place, Some(row)));
        assert!(written.unwrap());
    };
    let paid = r#"{"unit": "other", "paid": [{"case": "C-1", "unit": "G-1", "cover": "house", "amount": "29500.00"}]}"#;
    put("policies", "P-1", paid);
    put("policies", "P-2", r#"{"paid": []}"#);
    let person = r#"{"policy": "P-1", "person": "张三", "class": "owner", "from": "2025-01-01T00:00+08:00"}"#;
    put("rosters", "P-1/张三", person);
    let judged = phone.assess(&case).unwrap();
    let payable = judged.assessment.money.payable.unwrap();
    assert_eq!(payable.high.to_string(), "500.00");
    assert!(check_row("policies", br#"{"padi": []}"#).is_err());
}

#[test]
fn a_shot_that_only_the_camera_may_fill_stays_missing_when_the_gallery_fills_it() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let fields = [
        ("contract", "guangzhou-police-aviation"),
        ("line", "aircraft_comprehensive"),
    ];
    let case = phone.report_loss(None, &report(&fields)).unwrap();
    let case = case.number().to_string();
    let lacking = || {
        let missing = phone.missing_shots(&case).unwrap();
        let shot = missing.iter().find(|one| one.id == "scene_overview");
        shot.map_or(0, |shot| shot.count)
    };
    let take = |seed, origin| {
        let bytes = jpeg(seed);
        let taken = NewPhoto {
            slot: "scene_overview",
            origin,
            ..photo(&bytes)
        };
        phone.add_photo(&case, taken).unwrap().facts.digest
    };
    let chosen = take(1, Origin::Gallery);
    assert_eq!(lacking(), 2);
    take(2, Origin::Camera);
    assert_eq!(lacking(), 1);
    let findings = phone.case(&case).unwrap().findings;
    let of = |photo| findings.iter().find(|one| one.photo == photo).unwrap();
    let origin = of(chosen)
        .findings
        .iter()
        .find(|one| one.code == FindingCode::Origin);
    assert_eq!(origin.unwrap().case, "in_app_demanded");
}
