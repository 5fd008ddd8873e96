//! Payments: never more than approved, never to somebody else, and what came back is traced.

use lossbook_core::app::{NewSignature, SignerClaims};
use lossbook_core::record::Section;
use lossbook_core::statement::{Act, Wanted};

use super::register::{add, ask, correct, said, table, user};
use super::{World, report};
use crate::meta::{OfficeUser, RegisterRow};
use crate::office::{NewDecision, case, decide};
use crate::refusal::Refusal;
use crate::register::Said;
use crate::role::OfficeRole;
use crate::table::Cell;

/// A case of 3,000 yuan that a phone recorded and the insured signed.
pub(super) fn signed(world: &World) -> String {
    let phone = world.phone("a", 1);
    let id = report(&phone);
    let own = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vec<_>>()
    };
    let line = [
        ("item", "屋面瓦"),
        ("quantity", "10"),
        ("unit_price", "300"),
    ];
    phone.add_row(&id, Section::Lines, &own(&line)).unwrap();
    let payee = [
        ("name", "赵甲"),
        ("role", "payee"),
        ("account", "6222000012345678"),
    ];
    phone.add_row(&id, Section::Parties, &own(&payee)).unwrap();
    let signature = NewSignature {
        signer: "赵甲",
        act: Act::Signed,
        wanted: Wanted::default(),
        strokes: Vec::new(),
        screen: (1080, 600),
        claims: SignerClaims::default(),
    };
    phone.sign(&id, &signature).unwrap();
    world.sync(&phone);
    let found = case(world.hub.store(), &id, world.hub.now().wall).unwrap();
    found.summary.number
}

pub(super) fn does(world: &World, number: &str, action: &str) {
    let who = OfficeUser::reviewer("李审核", world.hub.now().wall);
    let new: NewDecision = serde_json::from_value(serde_json::json!({ "action": action })).unwrap();
    let (hub, host) = (&world.hub, world.host.as_ref());
    decide(hub.store(), hub.identity(), (number, &who), (new, host)).unwrap();
}

fn finance(world: &World, name: &str) -> OfficeUser {
    user(world, name, OfficeRole::Finance)
}

const PAYMENT: [(&str, &str); 6] = [
    ("paid", "2026-11-22 10:00"),
    ("amount", "3000"),
    ("way", "bank"),
    ("payee", "赵甲"),
    ("account", "6222 0000 1234 5678"),
    ("state", "sent"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut values = PAYMENT.to_vec();
    for (name, value) in changes {
        values.retain(|(known, _)| known != name);
        values.push((*name, *value));
    }
    values
}

fn pay(world: &World, number: &str, values: &[(&str, &str)]) -> Result<RegisterRow, Refusal> {
    let about = Said {
        case: Some(number.to_owned()),
        ..said(values)
    };
    add(world, ("payments", &finance(world, "戊")), &about)
}

#[test]
fn nothing_is_paid_before_every_round_of_review_has_passed() {
    let world = World::new();
    let number = signed(&world);
    assert_eq!(
        pay(&world, &number, &PAYMENT).unwrap_err().code,
        "NOT_APPROVED"
    );
    does(&world, &number, "approve");
    pay(&world, &number, &PAYMENT).unwrap();
}

#[test]
fn payments_of_a_case_never_come_to_more_than_was_approved() {
    let world = World::new();
    let number = signed(&world);
    does(&world, &number, "approve");
    let more = pay(&world, &number, &with(&[("amount", "3000.01")])).unwrap_err();
    assert_eq!((more.status, more.code), (409, "BEYOND_APPROVED"));
    let part = pay(&world, &number, &with(&[("amount", "2000")])).unwrap();
    let rest = with(&[("amount", "1000.01")]);
    assert_eq!(
        pay(&world, &number, &rest).unwrap_err().code,
        "BEYOND_APPROVED"
    );
    pay(&world, &number, &with(&[("amount", "1000")])).unwrap();
    let raised = correct(
        &world,
        (&part, &finance(&world, "戊")),
        &[("amount", "2000.01")],
    );
    assert_eq!(raised.unwrap_err().code, "BEYOND_APPROVED");
}

#[test]
fn a_transfer_that_came_back_says_why_and_can_be_paid_again() {
    let world = World::new();
    let number = signed(&world);
    does(&world, &number, "approve");
    let row = pay(&world, &number, &PAYMENT).unwrap();
    let clerk = finance(&world, "戊");
    let silent = correct(&world, (&row, &clerk), &[("state", "returned")]).unwrap_err();
    assert_eq!(silent.code, "FIELD_REQUIRED");
    let fate = [("state", "returned"), ("cause", "entry")];
    let back = correct(&world, (&row, &clerk), &fate).unwrap();
    let revived = correct(&world, (&back, &clerk), &[("state", "sent")]).unwrap_err();
    assert_eq!(revived.code, "STATE_ORDER");
    let received = correct(&world, (&back, &clerk), &[("confirmed", "yes")]).unwrap_err();
    assert_eq!(received.code, "NOT_RECEIVED");
    pay(&world, &number, &PAYMENT).unwrap();
}

#[test]
fn another_payee_needs_a_second_person_and_only_then_is_paid() {
    let world = World::new();
    let number = signed(&world);
    does(&world, &number, "approve");
    let (first, second) = (finance(&world, "戊"), finance(&world, "己"));
    let other = with(&[("payee", "钱乙"), ("account", "6217000098765432")]);
    assert_eq!(
        pay(&world, &number, &other).unwrap_err().code,
        "PAYEE_DIFFERS"
    );
    let account = with(&[("account", "6217000098765432")]);
    assert_eq!(
        pay(&world, &number, &account).unwrap_err().code,
        "PAYEE_DIFFERS"
    );
    let wish = [
        ("payee", "钱乙"),
        ("account", "6217000098765432"),
        ("why", "户主委托儿子代收"),
        ("state", "asked"),
    ];
    let about = |values: &[(&str, &str)]| Said {
        case: Some(number.clone()),
        ..said(values)
    };
    let mut at_once = wish;
    at_once[3].1 = "confirmed";
    let at_once = add(&world, ("payee_changes", &first), &about(&at_once)).unwrap_err();
    assert_eq!(at_once.code, "SECOND_PERSON");
    let asked = add(&world, ("payee_changes", &first), &about(&wish)).unwrap();
    let confirm = [("state", "confirmed")];
    let alone = correct(&world, (&asked, &first), &confirm).unwrap_err();
    assert_eq!((alone.status, alone.code), (409, "SECOND_PERSON"));
    let altered = [("state", "confirmed"), ("account", "6217000000000000")];
    let altered = correct(&world, (&asked, &second), &altered).unwrap_err();
    assert_eq!(altered.code, "SECOND_PERSON");
    assert_eq!(
        pay(&world, &number, &other).unwrap_err().code,
        "PAYEE_DIFFERS"
    );
    let confirmed = correct(&world, (&asked, &second), &confirm).unwrap();
    pay(&world, &number, &other).unwrap();
    let later = correct(&world, (&confirmed, &second), &[("payee", "孙丙")]).unwrap_err();
    assert_eq!(later.code, "STATE_ORDER");
}

#[test]
fn what_was_paid_is_held_against_what_was_decided() {
    let world = World::new();
    let number = signed(&world);
    does(&world, &number, "approve");
    let verdict = || {
        let table = table(&world, "payment_reconciliation", &ask(10));
        let row = table.rows.first().map(|row| row.cells.clone());
        row.map(|cells| match &cells[8] {
            Cell::Words(words) => (cells[1].clone(), cells[3].clone(), words.en.clone()),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(verdict(), None);
    pay(&world, &number, &with(&[("amount", "2000")])).unwrap();
    let (all, part) = (Cell::Fen(300_000), Cell::Fen(200_000));
    assert_eq!(
        verdict(),
        Some((all.clone(), part, "Paid too little".to_owned()))
    );
    pay(&world, &number, &with(&[("amount", "1000")])).unwrap();
    assert_eq!(
        verdict(),
        Some((all.clone(), all.clone(), "Paid, not decided".to_owned()))
    );
    does(&world, &number, "pay");
    assert_eq!(verdict(), Some((all.clone(), all, "Agrees".to_owned())));
}
