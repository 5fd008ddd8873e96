//! Two phones edit one case apart: nothing is lost, nothing is decided silently.

use super::*;
use crate::record::Dispute;

fn kinds(phone: &Device, case: &str) -> Vec<(String, Dispute)> {
    let contested = phone.case(case).unwrap().contested.into_iter();
    contested
        .filter(|field| field.binding)
        .map(|field| (field.path.to_string(), field.dispute))
        .collect()
}

fn total(phone: &Device, case: &str) -> String {
    let record = phone.case(case).unwrap().standing.record;
    record.total().unwrap().to_string()
}

#[test]
fn contested_amounts_are_not_written_over_without_a_reason() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    a.set_field(&case, &path, "800").unwrap();
    b.set_field(&case, &path, "950").unwrap();
    meet(&a, &b);
    assert_eq!(
        a.set_field(&case, &path, "900").unwrap_err().code(),
        "contested"
    );
}

#[test]
fn two_people_who_settle_differently_are_in_dispute_again() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    a.set_field(&case, &path, "800").unwrap();
    b.set_field(&case, &path, "950").unwrap();
    meet(&a, &b);
    a.settle(&case, &path, "800", "my tape").unwrap();
    b.settle(&case, &path, "950", "my laser").unwrap();
    meet(&a, &b);
    assert_eq!(kinds(&a, &case), [(path.clone(), Dispute::Values)]);
    assert_eq!(kinds(&b, &case), kinds(&a, &case));
    b.settle(&case, &path, "800", "the tape was right").unwrap();
    meet(&a, &b);
    assert_eq!(kinds(&a, &case), []);
    assert_eq!(total(&b, &case), "800.00");
}

#[test]
fn a_line_withdrawn_by_one_and_edited_by_another_is_kept_and_asked_about() {
    for (chosen, expected) in [("keep", "900.00"), ("withdraw", "0.00")] {
        let world = World::new();
        let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
        let (case, path) = case_with_line(&a);
        hand_over(&a, &b);
        let row = path.trim_end_matches(".amount");
        a.withdraw(&case, row, "entered twice").unwrap();
        assert_eq!(total(&a, &case), "0.00");
        b.set_field(&case, &path, "900").unwrap();
        meet(&a, &b);
        let removed = format!("{row}.removed");
        assert_eq!(kinds(&a, &case), [(removed.clone(), Dispute::Withdrawal)]);
        assert_eq!(kinds(&b, &case), kinds(&a, &case));
        assert_eq!(total(&b, &case), "0.00–900.00");
        let contested = b.case(&case).unwrap().contested;
        let said: Vec<_> = contested[0]
            .values
            .iter()
            .map(|one| (one.value.as_str(), one.reason.as_str(), one.user.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("withdraw", "entered twice", "li"),
                ("keep", "amount = 900.00", "zhang")
            ]
        );
        assert_eq!(b.sign(&case, &signature()).unwrap_err().code(), "contested");
        b.settle(&case, &removed, chosen, "entered twice").unwrap();
        meet(&a, &b);
        assert_eq!(kinds(&a, &case), []);
        assert_eq!(total(&a, &case), expected);
    }
}

#[test]
fn a_line_withdrawn_after_it_was_edited_asks_nobody() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    b.set_field(&case, &path, "900").unwrap();
    hand_over(&b, &a);
    a.withdraw(&case, path.trim_end_matches(".amount"), "not insured")
        .unwrap();
    meet(&a, &b);
    assert_eq!(kinds(&b, &case), []);
    assert_eq!(total(&b, &case), "0.00");
}

#[test]
fn two_payees_are_contested_until_one_is_chosen() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, _) = case_with_line(&a);
    hand_over(&a, &b);
    let payee = |phone: &Device, name: &str| {
        let fields = report(&[("name", name), ("role", "payee"), ("account", "6222")]);
        phone.add_row(&case, Section::Parties, &fields).unwrap()
    };
    let (first, second) = (payee(&a, "王小明"), payee(&b, "王大明"));
    meet(&a, &b);
    let paths: Vec<String> = kinds(&a, &case).into_iter().map(|(path, _)| path).collect();
    let mut expected = [
        format!("parties.{first}.role"),
        format!("parties.{second}.role"),
    ];
    expected.sort();
    assert_eq!(paths, expected);
    assert_eq!(a.sign(&case, &signature()).unwrap_err().code(), "contested");
    b.settle(
        &case,
        &format!("parties.{second}.role"),
        "payee",
        "holds the policy",
    )
    .unwrap();
    meet(&a, &b);
    assert_eq!(kinds(&a, &case), []);
    assert_eq!(a.case(&case).unwrap().standing.record.payees(), [second]);
}

#[test]
fn remarks_of_two_people_merge_by_character() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, _) = case_with_line(&a);
    a.set_field(&case, "report.course", "大风。").unwrap();
    hand_over(&a, &b);
    a.set_field(&case, "report.course", "夜里大风。").unwrap();
    b.set_field(&case, "report.course", "大风，瓦片落地。")
        .unwrap();
    meet(&a, &b);
    for phone in [&a, &b] {
        let record = phone.case(&case).unwrap().standing.record;
        let course = record.section(Section::Report).text("course");
        assert_eq!(course.as_deref(), Some("夜里大风，瓦片落地。"));
    }
}

#[test]
fn the_same_damage_entered_by_two_people_is_suggested_and_counted_twice_until_withdrawn() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, _) = case_with_line(&a);
    hand_over(&a, &b);
    let line = |phone: &Device, item: &str| {
        let fields = report(&[("room", "北房"), ("item", item), ("amount", "100")]);
        phone.add_row(&case, Section::Lines, &fields).unwrap()
    };
    line(&a, "窗 户");
    let second = line(&b, "窗户");
    meet(&a, &b);
    assert_eq!(a.case(&case).unwrap().duplicates.len(), 1);
    assert_eq!(total(&a, &case), "1450.50");
    b.withdraw(&case, &format!("lines.{second}"), "entered twice")
        .unwrap();
    meet(&a, &b);
    assert_eq!(a.case(&case).unwrap().duplicates.len(), 0);
    assert_eq!(total(&a, &case), "1350.50");
}

#[test]
fn one_house_of_two_households_is_raised_after_the_merge_and_settled_with_a_reason() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let house = |phone: &Device, household: &str| {
        let case = phone
            .report_loss(None, &report(&[("household", household)]))
            .unwrap()
            .number()
            .to_string();
        let fields = report(&[("kind", "house"), ("address", "北庄村 12 号")]);
        let row = phone.add_row(&case, Section::Objects, &fields).unwrap();
        (case, format!("objects.{row}.address"))
    };
    let (mine, path) = house(&a, "王小明");
    let (yours, _) = house(&b, "李四");
    assert_eq!(a.case(&mine).unwrap().standing.clashes, []);
    meet(&a, &b);
    let clash = &a.case(&mine).unwrap().standing.clashes[0];
    assert_eq!(clash.path.to_string(), path);
    assert_eq!(clash.others, [(yours.clone(), "李四".to_owned())]);
    assert_eq!(b.case(&yours).unwrap().standing.clashes.len(), 1);
    a.settle(&mine, &path, "北庄村 12 号", "deed seen").unwrap();
    meet(&a, &b);
    assert_eq!(b.case(&mine).unwrap().standing.clashes, []);
    assert_eq!(b.case(&yours).unwrap().standing.clashes.len(), 1);
    assert!(a.rebuild().unwrap().differing.is_empty());
}
