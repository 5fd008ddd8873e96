//! Reports that come by themselves: who composes them, when they are due, what they hold.

use serde_json::Value;

use super::World;
use super::figures::house;
use super::papers::printing;
use super::register::{add, correct, said, user};
use crate::meta::{OfficeUser, RegisterRow, in_tx};
use crate::refusal::Refusal;
use crate::report::Due;
use crate::role::OfficeRole;

/// The day of the tests' clock is Sunday, 2025-06-15.
const WEEK: [(&str, &str); 6] = [
    ("name", "每周通报"),
    ("tables", "report_register，figures"),
    ("every", "week"),
    ("from", "2025-06-02"),
    ("format", "both"),
    ("language", "zh"),
];
const DAY_MS: i64 = 86_400_000;

fn manager(world: &World) -> OfficeUser {
    user(world, "区域", OfficeRole::RegionalManager)
}

fn planned(world: &World, change: &[(&str, &str)]) -> Result<RegisterRow, Refusal> {
    let mut values = WEEK.to_vec();
    values.retain(|(name, _)| !change.iter().any(|(changed, _)| changed == name));
    values.extend(change);
    add(world, ("report_plans", &manager(world)), &said(&values))
}

fn due(world: &World) -> Vec<Due> {
    world.hub.reports_due().unwrap()
}

fn files(world: &World) -> Vec<String> {
    due(world).into_iter().map(|one| one.file).collect()
}

#[test]
fn a_plan_is_due_for_the_week_that_ended_in_every_format_it_names() {
    let world = World::new();
    planned(&world, &[]).unwrap();
    let week = "report-1-2025-06-02-2025-06-08-zh";
    assert_eq!(
        files(&world),
        [format!("{week}.pdf"), format!("{week}.xlsx")]
    );
    world.host.pass(DAY_MS);
    let next = "report-1-2025-06-09-2025-06-15-zh";
    assert_eq!(
        files(&world),
        [format!("{next}.pdf"), format!("{next}.xlsx")]
    );
}

#[test]
fn no_report_is_due_before_its_first_day_after_its_last_or_once_struck_out() {
    let world = World::new();
    planned(&world, &[("from", "2025-06-09")]).unwrap();
    assert!(due(&world).is_empty());
    let ended = [("name", "已停"), ("until", "2025-06-07")];
    let row = planned(&world, &ended).unwrap();
    assert!(due(&world).is_empty());
    correct(&world, (&row, &manager(&world)), &[("until", "")]).unwrap();
    assert_eq!(due(&world).len(), 2);
}

#[test]
fn a_plan_names_tables_that_are_there_once_each_and_that_its_writer_reads() {
    let world = World::new();
    let code = |tables: &str| planned(&world, &[("tables", tables)]).unwrap_err().code;
    assert_eq!(code("figures nothing"), "TABLE_UNKNOWN");
    assert_eq!(code("figures figures"), "FIELD_BAD");
    assert_eq!(code("figures unusual_deeds"), "NOT_YOUR_ROLE");
}

#[test]
fn who_sees_some_villages_only_composes_no_report_about_all_of_them() {
    let world = World::new();
    let scope = in_tx(world.hub.store(), |tx| tx.named_scopes())
        .unwrap()
        .remove(0);
    let bound = OfficeUser {
        scopes: vec![scope.id],
        ..manager(&world)
    };
    let compose = |village: &str| {
        let mut values = WEEK.to_vec();
        values.push(("village", village));
        add(&world, ("report_plans", &bound), &said(&values))
    };
    assert_eq!(compose("").unwrap_err().code, "SCOPE_REQUIRED");
    assert_eq!(compose(&scope.name).unwrap().scope, Some(scope.id));
}

#[test]
fn a_report_holds_its_tables_for_its_days_masked_and_is_known_by_its_code() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = house(&world, &phone);
    planned(&world, &[("every", "day"), ("from", "2025-06-14")]).unwrap();
    let hub = printing(&world);
    let pdf = |hub: &crate::Hub| -> (Value, String) {
        let due = hub.reports_due().unwrap();
        let due = due.iter().find(|due| due.file.ends_with(".pdf")).unwrap();
        let made = hub.make_report("operator", due).unwrap();
        (
            serde_json::from_slice(&made.bytes).unwrap(),
            made.about.code,
        )
    };
    let (before, _) = pdf(&hub);
    assert_eq!(
        before["content"]["tables"][0]["rows"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    world.host.pass(DAY_MS);
    let (paper, code) = pdf(&hub);
    let text = paper.to_string();
    assert_eq!(paper["title"], "每周通报");
    assert_eq!(paper["content"]["tables"].as_array().unwrap().len(), 2);
    assert!(
        text.contains(&number) && text.contains("139****1234"),
        "{text}"
    );
    assert!(!text.contains("13900001234"));
    assert_eq!(hub.check_paper(&code).unwrap()["kind"], "report-1");
}

#[test]
fn a_workbook_is_the_same_bytes_when_it_is_made_twice_and_each_time_is_noted() {
    let world = World::new();
    let phone = world.phone("a", 1);
    house(&world, &phone);
    planned(&world, &[("format", "xlsx")]).unwrap();
    let only = due(&world).remove(0);
    let first = world.hub.make_report("operator", &only).unwrap();
    assert_eq!(world.hub.make_report("operator", &only).unwrap(), first);
    assert!(first.bytes.starts_with(b"PK"));
    let audit = in_tx(world.hub.store(), |tx| tx.audit(None, 100)).unwrap();
    let noted = audit
        .iter()
        .filter(|row| row.detail.contains(&first.about.code));
    assert_eq!(noted.count(), 2);
}
