//! The desks of head office: no-survey samples, staff, risks, closing.

use lossbook_core::app::Device;
use lossbook_core::domain::WallMs;

use super::console::{person, visitor};
use super::http::served;
use super::register::{EVERYTHING, add, correct, said};
use super::{VILLAGE, World, report};
use crate::catalogue::{self, Ask, Personal};
use crate::meta::{OfficeUser, RegisterPart, in_tx};
use crate::no_survey::{NewDraw, draw, sample};
use crate::office::{NewDecision, case, decide};
use crate::refusal::Refusal;
use crate::register::{Said, value_of};
use crate::role::OfficeRole;
use crate::staff::hand_over;
use crate::table::{Cell, Table, Words};

pub(super) const SHAOGUAN: &str = "shaoguan-official-vehicles";
pub(super) const AVIATION: &str = "guangzhou-police-aviation";
/// The day of the tests' clock.
const TODAY: &str = "2025-06-15";

pub(super) fn user(world: &World, name: &str, role: OfficeRole) -> OfficeUser {
    OfficeUser {
        roles: vec![role],
        ..OfficeUser::reviewer(name, world.hub.now().wall)
    }
}

pub(super) fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = fields.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A case under a contract, as the phone reports it.
pub(super) fn reported(world: &World, phone: &Device, (contract, cause): (&str, &str)) -> String {
    let fields = [
        ("contract", contract),
        ("cause", cause),
        ("place", "一村"),
        ("occurred_at", "2025-06-15 09:30"),
    ];
    let id = phone.report_loss(None, &owned(&fields)).unwrap();
    world.sync(phone);
    id.to_string()
}

fn about(case: &str, values: &[(&str, &str)]) -> Said {
    Said {
        case: Some(case.to_owned()),
        ..said(values)
    }
}

fn table(world: &World, id: &str) -> Table {
    let ask = Ask {
        scopes: &[],
        from: None,
        to: None,
        case: None,
        words: None,
        now: world.hub.now().wall,
        limit: 500,
        after: None,
        personal: Personal::Masked,
        sight: &EVERYTHING,
    };
    let entry = catalogue::entry(id).unwrap();
    in_tx(world.hub.store(), |tx| entry.table(tx, &ask)).unwrap()
}

fn rows(world: &World, register: &str) -> usize {
    let part = RegisterPart::all(register);
    in_tx(world.hub.store(), |tx| tx.register_rows(part))
        .unwrap()
        .len()
}

fn new_draw(share: &str, reason: &str) -> NewDraw {
    NewDraw {
        contract: SHAOGUAN.to_owned(),
        from: "2025-06-01".to_owned(),
        to: "2025-06-30".to_owned(),
        share: share.to_owned(),
        seed: "2025年6月".to_owned(),
        reason: reason.to_owned(),
    }
}

#[test]
fn a_sample_of_no_survey_cases_is_the_one_that_its_seed_draws() {
    let world = World::new();
    let phone = world.phone("a", 1);
    for _ in 0..5 {
        reported(&world, &phone, (SHAOGUAN, "hail"));
    }
    reported(&world, &phone, (SHAOGUAN, "collision"));
    let inspector = user(&world, "王抽查", OfficeRole::ReviewSupervisor);
    let writer = (&inspector, world.hub.now().wall);
    let drawn = draw(world.hub.store(), writer, &new_draw("40", "试行阶段")).unwrap();
    assert_eq!(drawn.len(), 2, "two of five, the collision is none of them");
    assert_eq!(rows(&world, "no_survey_checks"), 2);
    let all = in_tx(world.hub.store(), |tx| {
        let part = crate::meta::WaiverPart {
            answer: Some("yes"),
            contract: None,
            scopes: &[],
            case: None,
            from: None,
            to: None,
            skip: 0,
            limit: 100,
        };
        tx.waivers(part)
    });
    let all: Vec<_> = all.unwrap().into_iter().map(|row| row.case).collect();
    assert_eq!(sample(&all, ("2025年6月", 40)), drawn);
}

#[test]
fn a_sample_that_its_seed_does_not_draw_is_not_written() {
    let world = World::new();
    let phone = world.phone("a", 1);
    reported(&world, &phone, (SHAOGUAN, "hail"));
    let inspector = user(&world, "王抽查", OfficeRole::ReviewSupervisor);
    let made_up = said(&[
        ("contract", SHAOGUAN),
        ("from", "2025-06-01"),
        ("to", "2025-06-30"),
        ("share", "50"),
        ("seed", "x"),
        ("pool", "9"),
        ("drawn", "1"),
        ("basis", "随意"),
    ]);
    let refusal = add(&world, ("no_survey_draws", &inspector), &made_up).unwrap_err();
    assert_eq!(refusal.code, "DRAW_DIFFERS");
}

#[test]
fn a_share_that_the_contract_leaves_blank_is_not_invented() {
    let world = World::new();
    let inspector = user(&world, "王抽查", OfficeRole::ReviewSupervisor);
    let writer = (&inspector, world.hub.now().wall);
    let code = |new: &NewDraw| draw(world.hub.store(), writer, new).unwrap_err().code;
    assert_eq!(code(&new_draw("", "")), "NO_SHARE");
    assert_eq!(code(&new_draw("40", "")), "NO_REASON");
    assert_eq!(code(&new_draw("140", "多抽")), "BAD_SHARE");
}

#[test]
fn the_surveyor_of_a_case_does_not_look_at_it_again() {
    let world = World::new();
    let phone = world.phone("张查勘", 1);
    let id = reported(&world, &phone, (SHAOGUAN, "hail"));
    phone
        .set_field(&id, "times.survey_done_at", "1750000000000")
        .unwrap();
    world.sync(&phone);
    let inspector = user(&world, "王抽查", OfficeRole::ReviewSupervisor);
    let finding = |checker| {
        about(
            &id,
            &[
                ("draw", "CY-000001"),
                ("inflated", "no"),
                ("over_repair", "no"),
                ("fraud", "no"),
                ("checker", checker),
                ("checked", "2025-06-15 11:00"),
            ],
        )
    };
    let refusal = add(&world, ("no_survey_checks", &inspector), &finding("张查勘"));
    assert_eq!(refusal.unwrap_err().code, "OWN_WORK");
    add(&world, ("no_survey_checks", &inspector), &finding("王抽查")).unwrap();
}

#[test]
fn only_a_case_that_nobody_has_to_visit_goes_to_the_repair_shop() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let hail = reported(&world, &phone, (SHAOGUAN, "hail"));
    let typhoon = reported(&world, &phone, (SHAOGUAN, "typhoon"));
    let house = report(&phone);
    world.sync(&phone);
    let desk = user(&world, "赵理赔", OfficeRole::ClaimsSpecialist);
    let handed = |case: &str, more: &[(&str, &str)]| {
        let mut values = vec![
            ("shop", "韶关定点一厂"),
            ("handed", "2025-06-15 11:00"),
            ("claims", "赵理赔"),
        ];
        values.extend(more);
        add(&world, ("repair_handovers", &desk), &about(case, &values))
    };
    handed(&hail, &[]).unwrap();
    assert_eq!(handed(&house, &[]).unwrap_err().code, "VISIT_NEEDED");
    assert_eq!(handed(&typhoon, &[]).unwrap_err().code, "FIELD_REQUIRED");
    handed(&typhoon, &[("basis", "与暴风同类，经会商免查勘")]).unwrap();
}

#[test]
fn the_weather_of_the_day_stands_beside_a_case_of_the_weather_only() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let hail = reported(&world, &phone, (SHAOGUAN, "hail"));
    let crash = reported(&world, &phone, (SHAOGUAN, "collision"));
    let desk = user(&world, "赵理赔", OfficeRole::ClaimsSpecialist);
    let seen = said(&[
        ("day", TODAY),
        ("place", VILLAGE),
        ("phenomenon", "hail"),
        ("origin", "bureau"),
        ("reference", "气证〔2025〕17号"),
    ]);
    add(&world, ("weather", &desk), &seen).unwrap();
    let password = person(&world, "赵理赔", OfficeRole::ClaimsSpecialist);
    let visitor = visitor(serving.addr, "赵理赔", &password);
    let page = |case: &str| visitor.page(&format!("/console/case/{case}"));
    assert!(page(&hail).contains("气证〔2025〕17号"));
    assert!(!page(&crash).contains("气证〔2025〕17号"));
}

fn assign(world: &World, case: &str, (by, to): (&OfficeUser, &str)) -> Result<(), Refusal> {
    let new: NewDecision =
        serde_json::from_value(serde_json::json!({ "action": "assign", "surveyor": to })).unwrap();
    let (hub, host) = (&world.hub, world.host.as_ref());
    decide(hub.store(), hub.identity(), (case, by), (new, host)).map(|_| ())
}

fn qualified(world: &World, name: &str, until: &str) -> crate::meta::RegisterRow {
    let keeper = user(world, "陈主管", OfficeRole::SurveySupervisor);
    let row = said(&[
        ("name", name),
        ("post", "查勘定损"),
        ("certificate", "资产评估师证书"),
        ("from", "2020-01-01"),
        ("until", until),
    ]);
    add(world, ("qualifications", &keeper), &row).unwrap()
}

#[test]
fn somebody_whose_certificate_ran_out_is_not_given_a_case() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = reported(&world, &phone, (SHAOGUAN, "collision"));
    let supervisor = user(&world, "陈主管", OfficeRole::SurveySupervisor);
    let row = qualified(&world, "张查勘", "2025-06-14");
    let refusal = assign(&world, &id, (&supervisor, "张查勘")).unwrap_err();
    assert_eq!((refusal.status, refusal.code), (409, "CERTIFICATE_LAPSED"));
    correct(&world, (&row, &supervisor), &[("until", TODAY)]).unwrap();
    assign(&world, &id, (&supervisor, "张查勘")).unwrap();
}

#[test]
fn a_deputy_is_somebody_else_and_may_be_sent() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = reported(&world, &phone, (SHAOGUAN, "collision"));
    let supervisor = user(&world, "陈主管", OfficeRole::SurveySupervisor);
    assign(&world, &id, (&supervisor, "张查勘")).unwrap();
    qualified(&world, "李查勘", "2025-06-14");
    let deputy = |name| {
        let row = [("name", name), ("duty", "deputy"), ("since", TODAY)];
        add(&world, ("case_team", &supervisor), &about(&id, &row))
    };
    assert_eq!(deputy("张查勘").unwrap_err().code, "OWN_DEPUTY");
    assert_eq!(deputy("李查勘").unwrap_err().code, "CERTIFICATE_LAPSED");
    deputy("周查勘").unwrap();
}

#[test]
fn cases_move_to_who_comes_only_with_the_buyers_consent_and_all_at_once() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let supervisor = user(&world, "陈主管", OfficeRole::SurveySupervisor);
    let cases: Vec<String> = (0..3)
        .map(|_| reported(&world, &phone, (SHAOGUAN, "collision")))
        .collect();
    for case in &cases {
        assign(&world, case, (&supervisor, "张查勘")).unwrap();
    }
    let row = said(&[
        ("outgoing", "张查勘"),
        ("incoming", "周查勘"),
        ("reason", "调岗"),
        ("applied", "2025-06-01"),
    ]);
    let row = add(&world, ("staff_replacements", &supervisor), &row).unwrap();
    let moved = |number| {
        let (hub, host) = (&world.hub, world.host.as_ref());
        hand_over(hub.store(), hub.identity(), (&supervisor, host), number)
    };
    assert_eq!(moved(row.row).unwrap_err().code, "NO_CONSENT");
    let consent = [
        ("consented", "2025-06-10"),
        ("consenter", "采购人 林科长"),
        ("reference", "函〔2025〕8号"),
    ];
    correct(&world, (&row, &supervisor), &consent).unwrap();
    assert_eq!(moved(row.row).unwrap(), 3);
    assert_eq!(moved(row.row).unwrap_err().code, "ALREADY_MOVED");
    let (left, audit) = in_tx(world.hub.store(), |tx| {
        Ok((tx.given_open("张查勘")?, tx.audit(None, 50)?))
    })
    .unwrap();
    assert!(left.is_empty());
    assert!(audit.iter().any(|row| row.deed == "hand_over"));
    let decided = case(world.hub.store(), &cases[0], world.hub.now().wall).unwrap();
    let newest = decided.decisions.last().unwrap();
    assert!(newest.reason.contains("函〔2025〕8号"), "{}", newest.reason);
}

#[test]
fn backup_staff_is_counted_against_what_the_contract_asks() {
    let world = World::new();
    let keeper = user(&world, "陈主管", OfficeRole::SurveySupervisor);
    for (name, years) in [("甲", "5"), ("乙", "2")] {
        let row = said(&[
            ("name", name),
            ("post", "后备"),
            ("certificate", "保险公估人"),
            ("years", years),
            ("backup", "yes"),
        ]);
        add(&world, ("qualifications", &keeper), &row).unwrap();
    }
    let table = table(&world, "backup_staff");
    let cells = &table.rows[0].cells;
    assert_eq!(cells[1], Cell::Count(2), "asked for");
    assert_eq!(cells[3], Cell::Count(1), "with three years and more");
    assert_eq!(cells[5], Cell::Yes(false));
}

#[test]
fn a_risk_stands_in_the_matrix_and_its_measure_comes_back() {
    let world = World::new();
    let keeper = user(&world, "陈主管", OfficeRole::SurveySupervisor);
    let risk = said(&[
        ("contract", AVIATION),
        ("risk", "停机坪侧风"),
        ("nature", "natural"),
        ("likelihood", "high"),
        ("impact", "larger"),
        ("measure", "每月检查系留装置"),
        ("owner", "周技术"),
        ("since", "2025-01-10"),
    ]);
    let risk = add(&world, ("risks", &keeper), &risk).unwrap();
    let number = value_of(&risk, "number").to_owned();
    let matrix = table(&world, "risk_matrix");
    assert_eq!(matrix.rows.len(), 3);
    assert_eq!(matrix.columns.len(), 5);
    assert_eq!(matrix.rows[0].cells[3], Cell::Count(1), "likely, larger");
    let next = || table(&world, "risk_tasks").rows[0].cells[7..].to_vec();
    let day = |day: &str| Cell::Day(day.to_owned());
    assert_eq!(next(), [day("2025-01-10"), Cell::Yes(true)]);
    let done = said(&[
        ("risk", &number),
        ("done", "2025-06-01"),
        ("by", "周技术"),
        ("finding", "完好"),
    ]);
    add(&world, ("risk_checks", &keeper), &done).unwrap();
    assert_eq!(next(), [day("2025-07-01"), Cell::Yes(false)]);
}

#[test]
fn a_contract_is_closed_when_nothing_of_it_is_open_and_says_everything_that_is() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = reported(&world, &phone, (SHAOGUAN, "collision"));
    let manager = user(&world, "区域", OfficeRole::RegionalManager);
    let close = || {
        let row = said(&[("contract", SHAOGUAN), ("day", TODAY), ("claims", "1")]);
        add(&world, ("contract_closings", &manager), &row)
    };
    let refusal = close().unwrap_err();
    assert_eq!(refusal.code, "CONTRACT_OPEN");
    for open in ["1 claims not closed", "No second survey", "No final report"] {
        assert!(refusal.detail.contains(open), "{}", refusal.detail);
    }
    let survey = said(&[
        ("contract", SHAOGUAN),
        ("round", "second"),
        ("day", TODAY),
        ("asked", "40"),
        ("satisfied", "38"),
        ("grade", "satisfied"),
    ]);
    add(&world, ("contract_surveys", &manager), &survey).unwrap();
    let final_report = said(&[
        ("contract", SHAOGUAN),
        ("kind", "final"),
        ("submitted", TODAY),
        ("to", "采购人"),
        ("course", "全年服务"),
        ("result", "案件全部办结"),
    ]);
    add(&world, ("contract_reports", &manager), &final_report).unwrap();
    let reviewer = user(&world, "李审核", OfficeRole::Reviewer);
    for (action, reason) in [("deny", "不属保险责任"), ("close", "")] {
        let new = serde_json::json!({ "action": action, "reason": reason });
        let new: NewDecision = serde_json::from_value(new).unwrap();
        let (hub, host) = (&world.hub, world.host.as_ref());
        decide(hub.store(), hub.identity(), (&id, &reviewer), (new, host)).unwrap();
    }
    close().unwrap();
    let open = table(&world, "contract_open");
    assert_eq!(open.rows.len(), 1, "{open:?}");
}

#[test]
fn unusual_deeds_are_counted_by_day_and_person() {
    let world = World::new();
    let refused = |user: &str| crate::meta::AuditRow {
        at: WallMs(world.hub.now().wall.0),
        user: user.to_owned(),
        deed: "sign_in_failed".to_owned(),
        case: None,
        detail: String::new(),
    };
    in_tx(world.hub.store(), |tx| {
        (0..3).try_for_each(|_| tx.put_audit(&refused("甲")))
    })
    .unwrap();
    let table = table(&world, "unusual_deeds");
    assert_eq!(table.rows.len(), 1);
    assert_eq!(table.rows[0].cells[3], Cell::Count(3));
}

#[test]
fn a_cause_is_counted_once_whether_its_id_or_its_name_was_written_and_reads_in_both_languages() {
    let world = World::new();
    let phone = world.phone("a", 1);
    for cause in ["collision", "碰撞", "Collision"] {
        reported(&world, &phone, (SHAOGUAN, cause));
    }
    let number = reported(&world, &phone, (SHAOGUAN, "树枝砸落"));
    let areas = table(&world, "areas");
    let counted: Vec<_> = areas.rows.iter().map(|row| row.cells.get(1..3)).collect();
    let words = Cell::Words(Words::new("碰撞", "collision"));
    let free = Cell::Text("树枝砸落".to_owned());
    assert_eq!(
        counted,
        [
            Some(&[words, Cell::Count(3)][..]),
            Some(&[free, Cell::Count(1)][..])
        ]
    );
    let serving = served(&world);
    let password = person(&world, "赵理赔", OfficeRole::ClaimsSpecialist);
    let reader = visitor(serving.addr, "赵理赔", &password);
    let page = reader.page("/console/queue/new");
    assert!(
        page.contains("碰撞") && !page.contains("ollision"),
        "{page}"
    );
    assert!(
        reader
            .page(&format!("/console/case/{number}"))
            .contains("树枝砸落")
    );
}
