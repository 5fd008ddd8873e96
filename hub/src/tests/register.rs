//! Registers: what is written, what is refused, and that nothing written is lost.

use std::collections::BTreeMap;

use lossbook_core::store::StoreError;

use super::console::{Visitor, case_of, person, text, visitor};
use super::http::served;
use super::{VILLAGE, World};
use crate::catalogue::{self, Area, Ask, Personal};
use crate::meta::{OfficeUser, RegisterRow, Registers, in_tx};
use crate::refusal::Refusal;
use crate::register::{self, Said};
use crate::role::OfficeRole;
use crate::sight::Sight;
use crate::table::Cell;

pub(super) fn user(world: &World, name: &str, role: OfficeRole) -> OfficeUser {
    OfficeUser {
        roles: vec![role],
        ..OfficeUser::reviewer(name, world.hub.now().wall)
    }
}

pub(super) fn said(values: &[(&str, &str)]) -> Said {
    let values = values.iter();
    Said {
        values: values
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Said::default()
    }
}

pub(super) fn add(
    world: &World,
    (register, user): (&str, &OfficeUser),
    said: &Said,
) -> Result<RegisterRow, Refusal> {
    let register = register::named(register).unwrap();
    let writer = (user, world.hub.now().wall);
    register::add(world.hub.store(), register, writer, said)
}

pub(super) fn correct(
    world: &World,
    (row, user): (&RegisterRow, &OfficeUser),
    values: &[(&str, &str)],
) -> Result<RegisterRow, Refusal> {
    let register = register::named(&row.register).unwrap();
    let change = Said {
        version: row.version,
        reason: "据实更正".to_owned(),
        ..said(values)
    };
    let writer = (user, world.hub.now().wall);
    register::correct(world.hub.store(), register, writer, (row.row, &change))
}

const CALL: [(&str, &str); 6] = [
    ("called", "2026-11-20 09:40"),
    ("customer", "赵甲"),
    ("phone", "139 0000 1234"),
    ("content", "咨询理赔进度"),
    ("handling", "已告知"),
    ("kind", "question"),
];

/// The hub's own sight.
pub(super) static EVERYTHING: std::sync::LazyLock<Sight> = std::sync::LazyLock::new(Sight::whole);

pub(super) fn ask<'a>(limit: u32) -> Ask<'a> {
    Ask {
        scopes: &[],
        from: None,
        to: None,
        case: None,
        words: None,
        now: lossbook_core::domain::WallMs(0),
        limit,
        after: None,
        personal: Personal::Masked,
        sight: &EVERYTHING,
    }
}

pub(super) fn table(world: &World, id: &str, ask: &Ask<'_>) -> crate::table::Table {
    let entry = catalogue::entry(id).unwrap();
    in_tx(world.hub.store(), |tx| entry.table(tx, ask)).unwrap()
}

#[test]
fn a_row_has_exactly_the_columns_of_the_requirement() {
    let world = World::new();
    let user = user(&world, "客服", OfficeRole::Dispatcher);
    add(&world, ("hotline", &user), &said(&CALL)).unwrap();
    let table = table(&world, "hotline", &ask(10));
    let headings: Vec<&str> = table
        .columns
        .iter()
        .map(|one| one.name.zh.as_str())
        .collect();
    assert_eq!(
        headings,
        [
            "来电时间",
            "客户姓名",
            "联系方式",
            "咨询/投诉/报案内容",
            "处理情况"
        ]
    );
    let at = register::start_of("2026-11-20").unwrap().0 + (9 * 60 + 40) * 60_000;
    let cells = &table.rows[0].cells;
    assert_eq!(cells[0], Cell::Time(lossbook_core::domain::WallMs(at)));
    assert_eq!(cells[2], Cell::Text("139****1234".to_owned()));
}

#[test]
fn every_column_that_is_wrong_is_named_at_once() {
    let world = World::new();
    let user = user(&world, "客服", OfficeRole::Dispatcher);
    let mut values = CALL.to_vec();
    values[0].1 = "昨天";
    values[2].1 = "无";
    values[5].1 = "gossip";
    values[1].1 = " ";
    let refusal = add(&world, ("hotline", &user), &said(&values)).unwrap_err();
    assert_eq!((refusal.status, refusal.code), (400, "FIELD_BAD"));
    for column in [
        "来电时间（called）",
        "（phone）",
        "（kind）",
        "（customer）必填",
    ] {
        assert!(
            refusal.detail.contains(column),
            "{column}: {}",
            refusal.detail
        );
    }
    let unknown = add(&world, ("hotline", &user), &said(&[("price", "1")])).unwrap_err();
    assert_eq!(unknown.code, "FIELD_UNKNOWN");
    assert!(table(&world, "hotline", &ask(10)).rows.is_empty());
}

#[test]
fn a_correction_keeps_what_stood_before_with_writer_time_and_reason() {
    let world = World::new();
    let (first, second) = (
        user(&world, "甲", OfficeRole::Dispatcher),
        user(&world, "乙", OfficeRole::Dispatcher),
    );
    let row = add(&world, ("hotline", &first), &said(&CALL)).unwrap();
    world.host.pass(60_000);
    let newer = correct(&world, (&row, &second), &[("handling", "已转查勘")]).unwrap();
    assert_eq!(
        (newer.version, newer.values["customer"].as_str()),
        (2, "赵甲")
    );
    let hotline = register::named("hotline").unwrap();
    let all = register::versions(world.hub.store(), hotline, (&first, row.row)).unwrap();
    let told: Vec<(&str, &str, &str)> = all
        .iter()
        .map(|one| {
            (
                one.by.as_str(),
                one.values["handling"].as_str(),
                one.reason.as_str(),
            )
        })
        .collect();
    assert_eq!(told, [("甲", "已告知", ""), ("乙", "已转查勘", "据实更正")]);
    let stale = correct(&world, (&row, &second), &[("handling", "x")]).unwrap_err();
    assert_eq!((stale.status, stale.code), (409, "STALE"));
    let silent = Said {
        version: 2,
        ..said(&[("handling", "x")])
    };
    let writer = (&second, world.hub.now().wall);
    let silent = register::correct(world.hub.store(), hotline, writer, (row.row, &silent));
    assert_eq!(silent.unwrap_err().code, "NO_REASON");
}

#[test]
fn what_is_written_can_be_neither_changed_nor_deleted_in_the_store() {
    let world = World::new();
    let home = world.home("other");
    drop(crate::Hub::init(&home, &world.key).unwrap());
    let store = crate::Hub::open_store(&home, &world.key).unwrap();
    let row = RegisterRow {
        register: "hotline".to_owned(),
        row: 1,
        version: 1,
        scope: None,
        case: None,
        unique: None,
        since: world.hub.now().wall,
        at: world.hub.now().wall,
        by: "客服".to_owned(),
        reason: String::new(),
        struck: false,
        values: BTreeMap::new(),
    };
    store.transact(|tx| tx.put_register(&row)).unwrap();
    for sql in [
        "DELETE FROM hub_register_row",
        "UPDATE hub_register_row SET fields = '{}'",
    ] {
        let done = store.transact(|tx| Ok::<_, StoreError>(tx.sql().execute(sql, [])?));
        let refused = done.unwrap_err().to_string();
        assert!(refused.contains("only added to"), "{sql}: {refused}");
    }
}

#[test]
fn a_struck_row_counts_no_longer_and_stays_to_be_read() {
    let world = World::new();
    let user = user(&world, "客服", OfficeRole::Dispatcher);
    let row = add(&world, ("hotline", &user), &said(&CALL)).unwrap();
    let hotline = register::named("hotline").unwrap();
    let change = Said {
        version: 1,
        reason: "重复登记".to_owned(),
        ..Said::default()
    };
    let writer = (&user, world.hub.now().wall);
    let struck = register::strike(world.hub.store(), hotline, writer, (row.row, &change));
    assert!(struck.unwrap().struck);
    assert!(table(&world, "hotline", &ask(10)).rows.is_empty());
    let kept = register::versions(world.hub.store(), hotline, (&user, row.row)).unwrap();
    assert_eq!(kept.len(), 2);
}

#[test]
fn a_row_about_a_case_is_seen_where_the_case_is_seen() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = case_of(&world, &phone);
    world.hub.add_scope("别处").unwrap();
    let all = user(&world, "客服", OfficeRole::Dispatcher);
    let about = Said {
        case: Some(number.clone()),
        ..said(&CALL)
    };
    let row = add(&world, ("hotline", &all), &about).unwrap();
    let scopes = in_tx(world.hub.store(), |tx| tx.named_scopes()).unwrap();
    let of = |name: &str| scopes.iter().find(|scope| scope.name == name).unwrap().id;
    let bound = |name: &str| OfficeUser {
        scopes: vec![of(name)],
        ..all.clone()
    };
    assert_eq!(row.scope, Some(of(VILLAGE)));
    for (name, seen) in [(VILLAGE, 1), ("别处", 0)] {
        let user = bound(name);
        let ask = Ask {
            scopes: &user.scopes,
            ..ask(10)
        };
        assert_eq!(table(&world, "hotline", &ask).rows.len(), seen, "{name}");
    }
    let hotline = register::named("hotline").unwrap();
    let elsewhere = bound("别处");
    let unseen = register::versions(world.hub.store(), hotline, (&elsewhere, row.row));
    assert_eq!(unseen.unwrap_err().code, "ROW_UNKNOWN");
    let about_it = add(&world, ("hotline", &elsewhere), &about).unwrap_err();
    assert_eq!(about_it.code, "CASE_UNKNOWN");
    let nowhere = add(&world, ("hotline", &elsewhere), &said(&CALL)).unwrap_err();
    assert_eq!(nowhere.code, "SCOPE_REQUIRED");
}

#[test]
fn tables_are_read_by_period_and_in_parts_without_losing_a_row() {
    let world = World::new();
    let user = user(&world, "客服", OfficeRole::Dispatcher);
    for day in 1..=5 {
        let mut values = CALL.to_vec();
        let at = format!("2026-11-0{day} 09:00");
        values[0].1 = &at;
        add(&world, ("hotline", &user), &said(&values)).unwrap();
    }
    let period = Ask {
        from: register::start_of("2026-11-02"),
        to: register::end_of("2026-11-04"),
        ..ask(10)
    };
    assert_eq!(table(&world, "hotline", &period).rows.len(), 3);
    let mut seen = Vec::new();
    let mut part = ask(2);
    loop {
        let rows = table(&world, "hotline", &part).rows;
        part.after = part.next(rows.len());
        seen.extend(rows);
        if part.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, table(&world, "hotline", &ask(10)).rows);
}

#[test]
fn every_table_has_a_name_of_its_own_words_in_both_languages_and_a_source() {
    let mut ids = Vec::new();
    for entry in catalogue::entries() {
        assert!(!ids.contains(&entry.id), "{}", entry.id);
        ids.push(entry.id);
        assert!(
            !entry.name.0.is_empty() && !entry.name.1.is_empty(),
            "{}",
            entry.id
        );
        assert!(Area::ALL.contains(&entry.area));
        assert!(
            entry.sources.iter().all(|id| id.starts_with(['R', 'I'])),
            "{}",
            entry.id
        );
    }
    for register in register::all() {
        let mut columns = BTreeMap::new();
        for field in register.fields {
            let twice = columns.insert(field.id, field.zh);
            assert!(twice.is_none(), "{} {}", register.id, field.id);
        }
        let named = register.unique.iter().chain(&register.when);
        for id in named {
            assert!(columns.contains_key(id), "{} {id}", register.id);
        }
    }
}

fn complaint<'a>() -> Vec<(&'a str, &'a str)> {
    vec![
        ("complained", "2026-11-20T10:00"),
        ("customer", "钱乙"),
        ("phone", "13900005678"),
        ("content", "定损偏低"),
        ("class", "dispute"),
        ("handler", "李审核"),
        ("state", "received"),
    ]
}

#[test]
fn a_complaint_gets_a_number_is_answered_with_its_basis_and_can_be_opened_again() {
    let world = World::new();
    let user = user(&world, "客服", OfficeRole::Dispatcher);
    let row = add(&world, ("complaints", &user), &said(&complaint())).unwrap();
    assert_eq!(row.values["number"], "TS-000001");
    let bare = correct(&world, (&row, &user), &[("state", "answered")]).unwrap_err();
    assert_eq!(bare.code, "FIELD_REQUIRED");
    let answer = [
        ("state", "answered"),
        ("course", "复核定损"),
        ("result", "补付"),
        ("basis", "条款第五条"),
        ("answered", "2026-11-21 15:00"),
        ("channel", "phone"),
        ("satisfaction", "dissatisfied"),
    ];
    let answered = correct(&world, (&row, &user), &answer).unwrap();
    let closed = correct(&world, (&answered, &user), &[("state", "closed")]).unwrap();
    let back = correct(&world, (&closed, &user), &[("state", "received")]).unwrap_err();
    assert_eq!(back.code, "STATE_ORDER");
    let again = correct(&world, (&closed, &user), &[("state", "reopened")]).unwrap();
    assert_eq!(again.values["number"], "TS-000001");
    let callback = [
        ("number", "TS-000001"),
        ("customer", "钱乙"),
        ("result", "补付"),
        ("satisfaction", "fairly"),
        ("asked", "2026-11-22 09:00"),
        ("channel", "phone"),
    ];
    add(&world, ("complaint_callbacks", &user), &said(&callback)).unwrap();
    let mut unknown = callback;
    unknown[0].1 = "TS-000009";
    let unknown = add(&world, ("complaint_callbacks", &user), &said(&unknown)).unwrap_err();
    assert_eq!(unknown.code, "COMPLAINT_UNKNOWN");
}

fn office(world: &World, role: OfficeRole) -> (crate::serve::Serving, Visitor) {
    let serving = served(world);
    let password = person(world, "职员", role);
    let visitor = visitor(serving.addr, "职员", &password);
    (serving, visitor)
}

#[test]
fn a_row_is_written_corrected_and_revealed_in_the_console() {
    let world = World::new();
    let (_serving, visitor) = office(&world, OfficeRole::Reviewer);
    let fields: Vec<(String, &str)> = CALL
        .iter()
        .map(|(name, value)| (format!("v.{name}"), *value))
        .collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let got = visitor.post("/console/table/hotline", &fields);
    assert_eq!(
        (got.status, got.header("location")),
        (303, Some("/console/table/hotline/1"))
    );
    let page = visitor.page("/console/table/hotline");
    assert!(page.contains("赵甲") && page.contains("139****1234") && !page.contains("13900001234"));
    let row = "/console/table/hotline/1";
    assert!(!visitor.page(row).contains("13900001234"));
    let change = [
        ("version", "1"),
        ("do", "correct"),
        ("reason", "客户来电更正"),
    ];
    let mut change: Vec<(&str, &str)> = change.to_vec();
    change.extend(
        fields
            .iter()
            .filter(|(name, _)| *name != "v.phone" && *name != "v.customer"),
    );
    change.push(("v.customer", "赵甲甲"));
    assert_eq!(visitor.post(row, &change).status, 303);
    let page = visitor.page(row);
    assert!(
        page.contains("赵甲甲") && page.contains("客户来电更正") && page.contains("139****1234")
    );
    let bare = visitor.post(
        &format!("{row}/reveal"),
        &[("field", "phone"), ("reason", "")],
    );
    assert_eq!(bare.status, 400);
    let shown = visitor.post(
        &format!("{row}/reveal"),
        &[("field", "phone"), ("reason", "回电核实")],
    );
    assert!(text(&shown).contains("13900001234"));
    let audit = in_tx(world.hub.store(), |tx| tx.audit(None, 10)).unwrap();
    assert!(
        audit
            .iter()
            .any(|one| one.deed == "reveal" && one.detail == "hotline 1 phone: 回电核实")
    );
}

#[test]
fn rows_are_found_by_what_is_open_and_not_by_what_is_masked() {
    let world = World::new();
    let (_serving, visitor) = office(&world, OfficeRole::Reviewer);
    let user = user(&world, "客服", OfficeRole::Dispatcher);
    add(&world, ("hotline", &user), &said(&CALL)).unwrap();
    let finds = |words: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", words);
        let path = format!("/console/table/hotline?{}", query.finish());
        visitor.page(&path).contains("赵甲</td>")
    };
    assert!(finds("理赔进度") && finds("赵甲"));
    assert!(!finds("孙丙") && !finds("13900001234"));
}

#[test]
fn a_refused_row_keeps_what_was_typed_and_says_what_is_wrong() {
    let world = World::new();
    let (_serving, visitor) = office(&world, OfficeRole::Reviewer);
    let fields = [("v.customer", "孙丙"), ("v.called", "2026-11-20T09:40")];
    let got = visitor.post("/console/table/hotline", &fields);
    assert_eq!(got.status, 400);
    let page = text(&got);
    assert!(
        page.contains("FIELD_REQUIRED")
            && page.contains("孙丙")
            && page.contains("2026-11-20T09:40")
    );
}

#[test]
fn who_may_only_read_a_register_writes_nothing() {
    let world = World::new();
    let (_serving, visitor) = office(&world, OfficeRole::Auditor);
    assert_eq!(visitor.get("/console/table/hotline").status, 200);
    assert_eq!(visitor.get("/console/table/hotline/new").status, 403);
    let got = visitor.post("/console/table/hotline", &[("v.customer", "x")]);
    assert!(got.status == 403 && text(&got).contains("NOT_YOUR_ROLE"));
    assert_eq!(visitor.get("/console/table/no-such").status, 404);
}
