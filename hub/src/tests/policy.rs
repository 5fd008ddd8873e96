//! Policies: versions in order, gaps by the day, rosters as of a day, premium by payer.

use super::register::{add, ask, correct, said, table, user};
use super::{VILLAGE, World};
use crate::catalogue::Ask;
use crate::meta::{OfficeUser, RegisterRow};
use crate::refusal::Refusal;
use crate::register::{end_of, start_of};
use crate::role::OfficeRole;
use crate::table::{Cell, Table};

fn keeper(world: &World) -> OfficeUser {
    user(world, "周管理", OfficeRole::ReviewSupervisor)
}

fn policy(
    world: &World,
    (number, version): (&str, &str),
    (from, to): (&str, &str),
) -> Result<RegisterRow, Refusal> {
    let values = [
        ("policy", number),
        ("version", version),
        ("contract", "guangzhou-police-aviation"),
        ("line", "航空器综合险"),
        ("object", "H145-4401120088"),
        ("insured", "警航队"),
        ("from", from),
        ("to", to),
        ("stage", "issued"),
    ];
    add(world, ("policies", &keeper(world)), &said(&values))
}

/// The cells of some columns, as text.
pub(super) fn cells(table: &Table, columns: &[&str]) -> Vec<Vec<String>> {
    let at = |id: &&str| table.columns.iter().position(|one| one.id == *id).unwrap();
    let at: Vec<usize> = columns.iter().map(at).collect();
    let text = |cell: &Cell| match cell {
        Cell::Blank => "-".to_owned(),
        Cell::Text(text) | Cell::Day(text) => text.clone(),
        Cell::Words(words) => words.en.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Fen(fen) => fen.to_string(),
        other => format!("{other:?}"),
    };
    let rows = table.rows.iter();
    rows.map(|row| at.iter().map(|at| text(&row.cells[*at])).collect())
        .collect()
}

#[test]
fn versions_of_a_policy_follow_each_other_and_a_period_ends_after_it_began() {
    let world = World::new();
    let year = ("2025-12-22", "2026-12-21");
    policy(&world, ("P1", "1"), year).unwrap();
    let again = policy(&world, ("P1", "1"), year).unwrap_err();
    assert_eq!(again.code, "NOT_UNIQUE");
    let skipped = policy(&world, ("P1", "3"), year).unwrap_err();
    assert_eq!(skipped.code, "VERSION_ORDER");
    let second = policy(&world, ("P1", "2"), year).unwrap();
    let moved = correct(&world, (&second, &keeper(&world)), &[("version", "7")]).unwrap_err();
    assert_eq!(moved.code, "VERSION_ORDER");
    let backward = policy(&world, ("P2", "1"), ("2026-12-21", "2025-12-22")).unwrap_err();
    assert_eq!(backward.code, "PERIOD_BACKWARD");
}

#[test]
fn days_without_cover_are_found_between_policies_and_after_the_last() {
    let world = World::new();
    // The clock of these tests stands on 2025-06-15.
    policy(&world, ("P1", "1"), ("2024-01-01", "2024-12-31")).unwrap();
    policy(&world, ("P2", "1"), ("2025-01-11", "2025-06-10")).unwrap();
    let gaps = table(&world, "policy_gaps", &at_now(&world));
    let found = cells(&gaps, &["ended", "next", "from", "to", "days"]);
    assert_eq!(
        found,
        [
            ["P1", "P2", "2025-01-01", "2025-01-10", "10"],
            ["P2", "-", "2025-06-11", "2025-06-15", "5"],
        ]
    );
    policy(&world, ("P3", "1"), ("2025-06-11", "2026-06-10")).unwrap();
    policy(&world, ("P4", "1"), ("2025-01-01", "2025-01-10")).unwrap();
    assert!(
        table(&world, "policy_gaps", &at_now(&world))
            .rows
            .is_empty()
    );
}

pub(super) fn at_now(world: &World) -> Ask<'static> {
    Ask {
        now: world.hub.now().wall,
        ..ask(50)
    }
}

#[test]
fn a_further_version_and_a_surrender_change_which_days_are_covered() {
    let world = World::new();
    policy(&world, ("P1", "1"), ("2024-01-01", "2024-12-31")).unwrap();
    policy(&world, ("P2", "1"), ("2025-01-01", "2025-12-31")).unwrap();
    policy(&world, ("P2", "2"), ("2025-03-01", "2025-12-31")).unwrap();
    let gaps = || {
        let table = table(&world, "policy_gaps", &at_now(&world));
        cells(&table, &["ended", "from", "to"])
    };
    assert!(gaps().is_empty());
    let surrender = [
        ("policy", "P2"),
        ("reason", "车辆报废"),
        ("surrendered", "2025-06-01"),
        ("amount", "1200"),
        ("step", "done"),
    ];
    add(
        &world,
        ("policy_surrenders", &keeper(&world)),
        &said(&surrender),
    )
    .unwrap();
    assert_eq!(gaps(), [["P2", "2025-06-01", "2025-06-15"]]);
    policy(&world, ("P3", "1"), ("2025-06-01", "2026-05-31")).unwrap();
    policy(&world, ("P3", "2"), ("2025-06-10", "2026-05-31")).unwrap();
    assert!(gaps().is_empty());
}

#[test]
fn a_policy_that_ends_is_listed_until_another_follows() {
    let world = World::new();
    policy(&world, ("P1", "1"), ("2024-07-01", "2025-06-30")).unwrap();
    let listed = || {
        let table = table(&world, "policy_expiry", &at_now(&world));
        cells(&table, &["policy", "to", "left"])
    };
    assert_eq!(listed(), [["P1", "2025-06-30", "15"]]);
    let within = Ask {
        from: start_of("2025-06-15"),
        to: end_of("2025-06-29"),
        ..at_now(&world)
    };
    assert!(table(&world, "policy_expiry", &within).rows.is_empty());
    policy(&world, ("P2", "1"), ("2025-07-01", "2026-06-30")).unwrap();
    assert_eq!(listed(), [["P2", "2026-06-30", "380"]]);
}

#[test]
fn whoever_wrote_a_policy_does_not_audit_it() {
    let world = World::new();
    policy(&world, ("P1", "1"), ("2025-01-01", "2025-12-31")).unwrap();
    let audit = [
        ("policy", "P1"),
        ("content", "amount"),
        ("way", "重新计算"),
        ("standard", "计算无误"),
        ("audited", "2025-06-15 10:00"),
        ("auditor", "吴复核"),
        ("result", "passed"),
    ];
    let alone = add(&world, ("policy_audits", &keeper(&world)), &said(&audit)).unwrap_err();
    assert_eq!(alone.code, "SECOND_PERSON");
    let other = user(&world, "吴复核", OfficeRole::ReviewSupervisor);
    add(&world, ("policy_audits", &other), &said(&audit)).unwrap();
    let mut unknown = audit;
    unknown[0].1 = "P9";
    let unknown = add(&world, ("policy_audits", &other), &said(&unknown)).unwrap_err();
    assert_eq!(unknown.code, "POLICY_UNKNOWN");
}

#[test]
fn a_loss_is_judged_on_the_roster_of_its_day() {
    let world = World::new();
    policy(&world, ("P1", "1"), ("2025-01-01", "2025-12-31")).unwrap();
    let change = |name: &str, occupation: &str, change: &str, from: &str| {
        let values = [
            ("policy", "P1"),
            ("name", name),
            ("occupation", occupation),
            ("class", "air"),
            ("change", change),
            ("from", from),
        ];
        add(&world, ("roster_changes", &keeper(&world)), &said(&values))
    };
    change("赵甲", "飞行员", "join", "2025-01-01").unwrap();
    change("赵甲", "机械师", "occupation", "2025-03-01").unwrap();
    change("赵甲", "机械师", "leave", "2025-05-01").unwrap();
    let twice = change("赵甲", "飞行员", "join", "2025-02-01").unwrap_err();
    assert_eq!(twice.code, "ROSTER_ORDER");
    let absent = change("钱乙", "飞行员", "leave", "2025-02-01").unwrap_err();
    assert_eq!(absent.code, "ROSTER_ORDER");
    let on = |day: &str| {
        let ask = Ask {
            to: end_of(day),
            ..at_now(&world)
        };
        cells(&table(&world, "roster", &ask), &["name", "occupation"])
    };
    assert_eq!(on("2025-02-28"), [["赵甲", "飞行员"]]);
    assert_eq!(on("2025-04-30"), [["赵甲", "机械师"]]);
    assert!(on("2025-05-01").is_empty());
}

fn household(world: &World, id_no: &str, more: &[(&str, &str)]) -> Result<RegisterRow, Refusal> {
    let mut values = vec![
        ("village", VILLAGE),
        ("head", "赵甲"),
        ("house", "一村 8 号"),
        ("class", "ordinary"),
        ("eligible", "yes"),
        ("id_no", id_no),
    ];
    for (name, value) in more {
        values.retain(|(known, _)| known != name);
        values.push((name, value));
    }
    add(world, ("households", &keeper(world)), &said(&values))
}

const INSURED: [(&str, &str); 3] = [
    ("policy", "H1"),
    ("from", "2025-01-01"),
    ("to", "2025-12-31"),
];

#[test]
fn a_household_is_insured_once_and_one_that_is_not_is_listed() {
    let world = World::new();
    household(&world, "110101199003070038", &INSURED).unwrap();
    let twice = household(&world, "110101199003070038", &INSURED).unwrap_err();
    assert_eq!(twice.code, "NOT_UNIQUE");
    let wrong = household(&world, "110101199003070039", &[]).unwrap_err();
    assert_eq!(wrong.code, "FIELD_BAD");
    let why = [("head", "钱乙"), ("why_not", "外出务工")];
    household(&world, "P-1000001", &why).unwrap_err();
    household(&world, "AB1000001", &why).unwrap();
    let table = table(&world, "not_insured", &at_now(&world));
    assert_eq!(
        cells(&table, &["village", "head", "why_not"]),
        [[VILLAGE, "钱乙", "外出务工"]]
    );
}

#[test]
fn each_payer_owes_what_the_contract_says_for_each_household() {
    let world = World::new();
    household(&world, "AB1000001", &INSURED).unwrap();
    let mut special = INSURED.to_vec();
    special.push(("class", "allowance"));
    household(&world, "AB1000002", &special).unwrap();
    special.push(("top_up", "yes"));
    household(&world, "AB1000003", &special).unwrap();
    let came = [
        ("received", "2025-03-01"),
        ("payer", "province"),
        ("amount", "20"),
        ("village", VILLAGE),
        ("receipt", "SK-1"),
    ];
    add(&world, ("premiums", &keeper(&world)), &said(&came)).unwrap();
    let table = table(&world, "premium_split", &at_now(&world));
    let found = cells(&table, &["payer", "households", "owed", "received", "open"]);
    // 10 yuan of each subsidy for all three; the ordinary household and the top-up pay 10 each.
    assert_eq!(
        found,
        [
            ["Household", "3", "2000", "0", "2000"],
            ["Province", "3", "3000", "2000", "1000"],
            ["County", "3", "3000", "0", "3000"],
        ]
    );
}
