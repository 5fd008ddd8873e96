//! What the queues say: what waits where, told of everything that decides it.

use lossbook_core::app::Device;
use lossbook_core::record::Section;

use super::World;
use super::console::{case_of, person, visitor};
use super::http::served;
use crate::meta::{Part, in_tx};
use crate::role::OfficeRole;

fn queue(world: &World, name: &str) -> Vec<String> {
    let part = Part {
        queue: name,
        after: None,
        scopes: &[],
        limit: 50,
    };
    let rows = in_tx(world.hub.store(), |tx| tx.queue(part)).unwrap();
    rows.into_iter().map(|(_, _, row)| row.number).collect()
}

#[test]
fn a_return_waits_in_its_queue_until_every_field_is_answered() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let number = case_of(&world, &phone);
    assert_eq!(queue(&world, "new"), std::slice::from_ref(&number));
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let visitor = visitor(serving.addr, "李审核", &password);
    let fields = [
        ("action", "return"),
        ("reason", "请核实"),
        ("field", "report.cause"),
        ("field", "report.place"),
    ];
    assert_eq!(visitor.decide(&number, &fields).status, 303);
    assert_eq!(
        (queue(&world, "new").len(), queue(&world, "returned").len()),
        (0, 1)
    );
    assert!(visitor.page("/console/queue/returned").contains("李审核"));
    world.sync(&phone);
    phone.set_field(&number, "report.cause", "冰雹").unwrap();
    world.sync(&phone);
    assert_eq!(
        (
            queue(&world, "returned").len(),
            queue(&world, "answered").len()
        ),
        (1, 0)
    );
    phone
        .set_field(&number, "report.place", "一村 8 号")
        .unwrap();
    world.sync(&phone);
    assert_eq!(
        (
            queue(&world, "returned").len(),
            queue(&world, "answered").len()
        ),
        (0, 1)
    );
    assert!(
        visitor
            .page(&format!("/console/case/{number}"))
            .contains("冰雹")
    );
}

/// Reports a damaged house of a household.
fn house(world: &World, phone: &Device, (household, address): (&str, &str)) -> String {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let report = [field("household", household), field("cause", "暴雨")];
    let case = phone.report_loss(None, &report).unwrap();
    let object = [field("address", address)];
    phone
        .add_row(&case.to_string(), Section::Objects, &object)
        .unwrap();
    world.sync(phone);
    case.number().to_string()
}

#[test]
fn a_case_that_another_contradicts_waits_for_a_settlement_though_nobody_wrote_in_it() {
    let world = World::new();
    let (first, second) = (world.phone("a", 1), world.phone("b", 2));
    let one = house(&world, &first, ("张三", "一村 8 号"));
    assert_eq!(queue(&world, "disputes"), Vec::<String>::new());
    let other = house(&world, &second, ("李四", "一村 8 号"));
    let mut both = vec![one.clone(), other.clone()];
    both.sort();
    let mut waiting = queue(&world, "disputes");
    waiting.sort();
    assert_eq!(waiting, both, "both say that it is theirs");
    second
        .set_field(&other, "report.household", "张三")
        .unwrap();
    world.sync(&second);
    assert_eq!(queue(&world, "disputes"), Vec::<String>::new());
}

#[test]
fn made_anew_the_queues_say_what_they_said() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let numbers: Vec<String> = (0..3).map(|_| case_of(&world, &phone)).collect();
    let before = queue(&world, "new");
    assert_eq!(before.len(), numbers.len());
    assert_eq!(crate::desk::rebuild(world.hub.store()).unwrap(), 3);
    assert_eq!(queue(&world, "new"), before);
    let counted = in_tx(world.hub.store(), |tx| tx.queue_counts(&[])).unwrap();
    assert!(counted.contains(&("new".to_owned(), 3)));
}
