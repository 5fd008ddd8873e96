//! Who reads the amounts of a contract that keeps them confidential, wherever they would stand.

use lossbook_core::app::Device;
use lossbook_core::record::Section;

use super::World;
use super::console::{person, text, visitor};
use super::desks::{AVIATION, SHAOGUAN, owned, reported, user};
use super::http::{Got, send, served};
use crate::catalogue;
use crate::meta::{OfficeUser, in_tx};
use crate::office::case;
use crate::role::{OfficeRole, Right};
use crate::sight::{HIDDEN, Sight};
use crate::table::{Cell, Table};

/// A helicopter with a repair of 1234.56 yuan.
fn helicopter(world: &World, phone: &Device) -> String {
    let id = reported(world, phone, (AVIATION, "collision"));
    let line = [("item", "hull"), ("amount", "1234.56")];
    phone.add_row(&id, Section::Lines, &owned(&line)).unwrap();
    world.sync(phone);
    id
}

/// Whether a text holds the amount of [`helicopter`], however it is written.
fn tells(text: &str) -> bool {
    let mut written = ["1,234.56", "1234.56", "123456"].iter();
    written.any(|amount| text.contains(amount))
}

/// The header of somebody with one role.
fn bearer(world: &World, (name, role): (&str, OfficeRole)) -> String {
    let token = world.hub.add_user(name).unwrap();
    let roles = [role.word().to_owned()];
    world.hub.set_roles(name, (&roles, &[])).unwrap();
    format!("Bearer {token}")
}

/// Everything that somebody reads about a case in the console and over JSON, as one text.
fn all_read(world: &World, name: &str, (role, case): (OfficeRole, &str)) -> String {
    let serving = served(world);
    let password = person(world, name, role);
    let visitor = visitor(serving.addr, name, &password);
    let pages = [
        format!("/console/case/{case}"),
        "/console/search?q=%E4%B8%80%E6%9D%91".to_owned(),
        "/console".to_owned(),
        "/console/queue/new".to_owned(),
        "/console/board".to_owned(),
        "/console/map/cases?within=-90,-180,90,180".to_owned(),
        format!("/console/case/{case}/notices"),
        "/console/kpi".to_owned(),
    ];
    let tables = catalogue::entries().map(|entry| format!("/console/table/{}", entry.id));
    let pages: Vec<String> = pages.into_iter().chain(tables).collect();
    let mut all: String = pages.iter().map(|path| visitor.page(path)).collect();
    let bearer = bearer(world, (name, role));
    for path in [
        "/v1/office/cases".to_owned(),
        format!("/v1/office/cases/{case}"),
    ] {
        let headers = [("Authorization", bearer.as_str())];
        let got = send(serving.addr, &format!("GET {path}"), &headers, b"");
        assert_eq!(got.status, 200, "{path} {}", text(&got));
        all.push_str(&text(&got));
    }
    all
}

#[test]
fn amounts_of_a_confidential_contract_are_read_by_who_handles_money_and_by_nobody_else() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = helicopter(&world, &phone);
    for role in OfficeRole::ALL {
        if role == OfficeRole::Admin {
            continue;
        }
        let read = all_read(&world, role.word(), (role, &id));
        assert_eq!(tells(&read), role.has(Right::ReadAmounts), "{role}");
    }
}

#[test]
fn amounts_of_other_contracts_are_read_by_everybody() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = reported(&world, &phone, (SHAOGUAN, "collision"));
    let line = [
        ("part", "vehicle_body"),
        ("item", "保险杠"),
        ("amount", "1234.56"),
    ];
    phone.add_row(&id, Section::Lines, &owned(&line)).unwrap();
    world.sync(&phone);
    let read = all_read(&world, "区域", (OfficeRole::RegionalManager, &id));
    assert!(read.contains("1,234.56"));
}

#[test]
fn a_table_hides_the_amounts_of_confidential_cases_and_shows_the_others() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let plane = helicopter(&world, &phone).parse().unwrap();
    let car = reported(&world, &phone, (SHAOGUAN, "collision"));
    let car = car.parse().unwrap();
    let row = |case| crate::table::Row {
        cells: vec![Cell::Fen(123_456)],
        case: Some(case),
    };
    let shown = |user: &OfficeUser| {
        let table = Table {
            id: "t",
            title: crate::table::Words::new("表", "Table"),
            sources: &[],
            columns: Vec::new(),
            rows: vec![row(plane), row(car)],
        };
        in_tx(world.hub.store(), |tx| {
            Sight::of(tx, user)?.table(tx, table)
        })
        .unwrap()
    };
    let manager = shown(&user(&world, "区域", OfficeRole::RegionalManager));
    assert!(!matches!(manager.rows[0].cells[0], Cell::Fen(_)));
    assert_eq!(manager.rows[1].cells[0], Cell::Fen(123_456));
    let finance = shown(&user(&world, "财务", OfficeRole::Finance));
    assert_eq!(finance.rows[0].cells[0], Cell::Fen(123_456));
}

#[test]
fn a_link_that_is_passed_on_shows_no_confidential_amount() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = helicopter(&world, &phone);
    let detail = case(world.hub.store(), &id, world.hub.now().wall).unwrap();
    let least = in_tx(world.hub.store(), |tx| Sight::least(tx)).unwrap();
    assert_eq!(detail.summary.low_fen, Some(123_456));
    let copy = least.detail(detail);
    assert_eq!(copy.summary.low_fen, None);
    let is_amount = |path: &str| path.ends_with(".amount");
    let amounts = copy.binding.iter().filter(|(path, _)| is_amount(path));
    assert!(amounts.clone().count() > 0);
    assert!(amounts.clone().all(|(_, value)| value == HIDDEN));
}

#[test]
fn whoever_may_not_see_amounts_does_not_learn_them_by_deciding() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let serving = served(&world);
    for role in OfficeRole::ALL {
        let bearer = bearer(&world, (role.word(), role));
        for (action, is_right) in [
            ("return", lossbook_core::statement::Action::Return),
            ("assign", lossbook_core::statement::Action::Assign),
        ] {
            let id = helicopter(&world, &phone);
            let decide = |heads: &str| -> Got {
                let body = format!(r#"{{"action":"{action}","reason":"补照片"{heads}}}"#);
                let line = format!("POST /v1/office/cases/{id}/decide");
                let headers = [("Authorization", bearer.as_str())];
                send(serving.addr, &line, &headers, body.as_bytes())
            };
            let stale = text(&decide(r#","heads":[]"#));
            assert!(!tells(&stale), "{role} {action}: {stale}");
            let got = decide("");
            let may = role.may_decide(is_right);
            assert_eq!(got.status == 200, may, "{role} {action}: {}", text(&got));
            let is_told = may && role.has(Right::ReadAmounts);
            assert_eq!(tells(&text(&got)), is_told, "{role} {action}");
        }
    }
}
