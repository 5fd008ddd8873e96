//! Complaints against their limits, callbacks and contacts that are due, cases that stand still.

use super::World;
use super::desks::SHAOGUAN;
use super::payment::{does, signed};
use super::policy::{at_now, cells};
use super::register::{add, said, table, user};
use crate::meta::OfficeUser;
use crate::register::Said;
use crate::role::OfficeRole;

fn clerk(world: &World) -> OfficeUser {
    user(world, "客服", OfficeRole::Reviewer)
}

/// A complaint of Wednesday 11 June 2025, under a contract; the clock stands on Sunday the 15th.
fn complain(world: &World, contract: &str, class: &str) {
    let values = [
        ("complained", "2025-06-11 10:00"),
        ("customer", "钱乙"),
        ("phone", "13900005678"),
        ("content", "系统无法提交"),
        ("class", class),
        ("handler", "李审核"),
        ("state", "answered"),
        ("course", "排查"),
        ("result", "已修复"),
        ("basis", "服务承诺"),
        ("answered", "2025-06-13 09:00"),
        ("channel", "phone"),
        ("contract", contract),
    ];
    add(world, ("complaints", &clerk(world)), &said(&values)).unwrap();
}

#[test]
fn a_complaint_is_held_against_the_limits_of_its_contract_and_a_blank_one_judges_nothing() {
    let world = World::new();
    let columns = ["stage", "limit", "late"];
    let limits = || {
        cells(
            &table(&world, "complaint_limits", &at_now(&world)),
            &columns,
        )
    };
    complain(&world, "huzhu-rural-housing", "service");
    assert_eq!(
        limits(),
        [
            ["Taken up", "-", "-"],
            ["First opinion", "-", "-"],
            ["Closed and answered", "-", "-"]
        ]
    );
    complain(&world, "huangpu-sanitation-vehicles", "technical");
    complain(&world, "huangpu-sanitation-vehicles", "policy");
    let closed: Vec<Vec<String>> = limits()
        .into_iter()
        .filter(|row| row[0] == "Closed and answered")
        .collect();
    assert_eq!(
        closed,
        [
            ["Closed and answered", "3 wd", "Yes(false)"],
            ["Closed and answered", "24 h", "Yes(true)"],
            ["Closed and answered", "-", "-"],
        ]
    );
}

#[test]
fn a_callback_is_owed_from_the_payment_until_somebody_called() {
    let world = World::new();
    let number = signed(&world);
    let owed = || table(&world, "callbacks_due", &at_now(&world)).rows.len();
    does(&world, &number, "approve");
    assert_eq!(owed(), 0);
    does(&world, &number, "pay");
    assert_eq!(owed(), 1);
    let call = [
        ("customer", "赵甲"),
        ("phone", "13900001234"),
        ("paid", "3000"),
        ("satisfaction", "satisfied"),
        ("asked", "2025-06-15 23:00"),
        ("channel", "phone"),
    ];
    let about = Said {
        case: Some(number),
        ..said(&call)
    };
    add(&world, ("claim_callbacks", &clerk(&world)), &about).unwrap();
    assert_eq!(owed(), 0);
}

#[test]
fn contacts_are_due_as_often_as_the_contract_says() {
    let world = World::new();
    let policy = [
        ("policy", "V1"),
        ("version", "1"),
        ("contract", "huangpu-sanitation-vehicles"),
        ("line", "车损险"),
        ("object", "粤A00001"),
        ("insured", "环卫中心"),
        ("from", "2025-05-01"),
        ("to", "2026-04-30"),
        ("stage", "entered"),
    ];
    add(&world, ("policies", &clerk(&world)), &said(&policy)).unwrap();
    let due = || {
        let table = table(&world, "contacts_due", &at_now(&world));
        cells(&table, &["what", "due"])
    };
    assert_eq!(
        due(),
        [
            ["First callback after the policy takes effect", "2025-06-01"],
            ["Monthly callback to every buyer", "2025-06-01"],
            ["A phone call at least once a month", "2025-06-01"],
            ["An e-mail once a quarter", "2025-08-01"],
        ]
    );
    let contact = [
        ("at", "2025-06-10 10:00"),
        ("whom", "环卫中心"),
        ("content", "服务回访"),
        ("channel", "phone"),
        ("purpose", "first"),
        ("policy", "V1"),
    ];
    add(&world, ("contacts", &clerk(&world)), &said(&contact)).unwrap();
    assert_eq!(
        due(),
        [
            ["Monthly callback to every buyer", "2025-07-10"],
            ["A phone call at least once a month", "2025-07-10"],
            ["An e-mail once a quarter", "2025-08-01"],
        ]
    );
}

#[test]
fn progress_and_standstill_name_every_open_case_once() {
    let world = World::new();
    let number = signed(&world);
    world.host.pass(3 * 24 * 60 * 60 * 1_000);
    let listed = |id: &str| {
        let rows = table(&world, id, &at_now(&world)).rows;
        let cases = rows.iter().filter_map(|row| row.case);
        cases
            .map(|case| case.number().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("progress"), std::slice::from_ref(&number));
    assert_eq!(listed("stalled"), std::slice::from_ref(&number));
    does(&world, &number, "approve");
    does(&world, &number, "pay");
    does(&world, &number, "close");
    assert_eq!(listed("progress"), [number]);
    assert!(listed("stalled").is_empty());
}

#[test]
fn the_class_of_a_complaint_decides_who_handles_it() {
    let world = World::new();
    let desk = [
        ("class", "technical"),
        ("handler", "郑技术"),
        ("process", "组织技术人员排查修复"),
    ];
    add(&world, ("complaint_desks", &clerk(&world)), &said(&desk)).unwrap();
    let mut values = vec![
        ("complained", "2025-06-11 10:00"),
        ("customer", "钱乙"),
        ("phone", "13900005678"),
        ("content", "系统无法提交"),
        ("class", "technical"),
        ("state", "received"),
        ("handler", "李审核"),
    ];
    let other = add(&world, ("complaints", &clerk(&world)), &said(&values)).unwrap_err();
    assert_eq!(other.code, "HANDLER_OTHER");
    values[6].1 = "郑技术";
    add(&world, ("complaints", &clerk(&world)), &said(&values)).unwrap();
}

/// Fills a blank span of the contract of Shaoguan, as an insurer does.
fn filled(world: &World, setting: &str, span: &str) {
    let mut shipped = lossbook_core::rules::SHIPPED.iter();
    let (_, pack) = shipped.find(|(id, _)| *id == SHAOGUAN).unwrap();
    let span = format!("span = {{ value = {span:?}, source = \"set by the insurer\" }}");
    let settings = format!("[[setting]]\nid = {setting:?}\n{span}\n");
    world.hub.add_pack(pack, Some(&settings)).unwrap();
}

#[test]
fn a_limit_that_the_insurer_filled_in_judges_when_a_complaint_was_taken_up() {
    let world = World::new();
    complain(&world, SHAOGUAN, "service");
    let taken_up = || {
        let limits = table(&world, "complaint_limits", &at_now(&world));
        cells(&limits, &["limit", "late"]).remove(0)
    };
    assert_eq!(taken_up(), ["-", "-"]);
    filled(&world, "complaint_start", "2 h");
    assert_eq!(taken_up(), ["2 h", "Yes(true)"]);
}
