use lossbook_core::app::Device;
use lossbook_core::chain::Kind;
use lossbook_core::record::Section;
use lossbook_core::sync::frame::Frame;

use super::{World, report};
use crate::meta::OfficeUser;
use crate::office::{NewDecision, case, cases, decide, sign_in};
use crate::refusal::Refusal;

fn decision(action: &str, reason: &str) -> NewDecision {
    serde_json::from_value(serde_json::json!({ "action": action, "reason": reason })).unwrap()
}

fn reviewer(world: &World) -> OfficeUser {
    let token = world.hub.add_user("李审核").unwrap();
    assert_eq!(
        sign_in(world.hub.store(), "guess").unwrap_err().code,
        "AUTH_UNKNOWN"
    );
    sign_in(world.hub.store(), &token).unwrap()
}

fn does(world: &World, case: &str, user: &OfficeUser, new: NewDecision) -> Result<String, Refusal> {
    let hub = &world.hub;
    let host = world.host.as_ref();
    decide(hub.store(), hub.identity(), (case, user), (new, host)).map(|case| case.summary.status)
}

#[test]
fn a_decision_reaches_the_phones_under_the_reviewers_name() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = report(&phone);
    world.sync(&phone);
    let user = reviewer(&world);
    assert_eq!(cases(world.hub.store(), None).unwrap().len(), 1);
    let number = case(world.hub.store(), &id, world.hub.now().wall)
        .unwrap()
        .summary
        .number;
    let status = does(&world, &number, &user, decision("return", "缺少门牌照片")).unwrap();
    assert_eq!(status, "returned");
    let listed = cases(world.hub.store(), None).unwrap();
    assert_eq!(listed[0].status, "returned");
    let news = world.sync(&phone);
    let signed = news.iter().any(|frame| match frame {
        Frame::Run(run) => run.envelopes.iter().any(|envelope| {
            let header = envelope.parse().unwrap();
            header.kind == Kind::Decision && header.user == "李审核"
        }),
        _ => false,
    });
    assert!(signed);
}

#[test]
fn decisions_that_cannot_stand_are_refused_with_a_code() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = report(&phone);
    world.sync(&phone);
    let user = reviewer(&world);
    let code = |action: &str| {
        let answer = does(&world, &id, &user, decision(action, ""));
        answer.unwrap_err().code
    };
    assert_eq!(code("approve"), "UNSIGNED");
    assert_eq!(code("deny"), "NO_REASON");
    assert_eq!(code("pay"), "NOT_NOW");
    assert_eq!(code("burn"), "BAD_DECISION");
    let unknown = does(&world, "0000-0000-0", &user, decision("deny", "x"));
    assert_eq!(unknown.unwrap_err().code, "CASE_UNKNOWN");
    let mut stale = decision("assign", "");
    stale.heads = Some(Vec::new());
    assert_eq!(does(&world, &id, &user, stale).unwrap_err().code, "STALE");
}

#[test]
fn what_no_decision_rests_on_is_listed_beside_it_and_reopens_nothing() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = report(&phone);
    world.sync(&phone);
    let user = reviewer(&world);
    assert_eq!(
        does(&world, &id, &user, decision("deny", "不属保险责任")).unwrap(),
        "denied"
    );
    phone.set_field(&id, "report.reporter", "王小明").unwrap();
    world.sync(&phone);
    let shown = case(world.hub.store(), &id, world.hub.now().wall).unwrap();
    assert_eq!(shown.summary.status, "denied");
    let [late] = shown.late.as_slice() else {
        panic!("{:?}", shown.late);
    };
    assert_eq!(late.path, "report.reporter");
    assert_eq!(
        (late.then.len(), late.now.as_slice()),
        (0, ["王小明".to_owned()].as_slice())
    );
}

#[test]
fn one_house_of_two_households_stops_an_approval_at_head_office() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    let house = |phone: &Device, household: &str| {
        let fields = [("household".to_owned(), household.to_owned())];
        let id = phone.report_loss(None, &fields).unwrap().to_string();
        let object = [
            ("kind".to_owned(), "house".to_owned()),
            ("address".to_owned(), "北庄村 12 号".to_owned()),
        ];
        phone.add_row(&id, Section::Objects, &object).unwrap();
        id
    };
    let (mine, _) = (house(&a, "王小明"), house(&b, "李四"));
    world.sync(&a);
    world.sync(&b);
    let user = reviewer(&world);
    let refused = does(&world, &mine, &user, decision("approve", "")).unwrap_err();
    assert_eq!(refused.code, "NOT_UNIQUE");
    assert!(refused.detail.contains("李四"), "{}", refused.detail);
    assert!(refused.detail.contains("没有签字"), "{}", refused.detail);
}

const LIMITS: &str = r#"
[[authority]]
limit = { value = "8000.00", source = "set by the insurer" }
[[authority]]
limit = { value = "40000.00", source = "set by the insurer" }
"#;

/// An official car with a damage of so many yuan, under a contract with three rounds and limits.
fn official_car(world: &World, phone: &Device, yuan: &str) -> String {
    let shipped = lossbook_core::rules::SHIPPED.iter();
    let (_, pack) = shipped
        .clone()
        .find(|(id, _)| *id == "shaoguan-official-vehicles")
        .unwrap();
    world.hub.add_pack(pack, Some(LIMITS)).unwrap();
    let owned = |fields: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = fields.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let report = [
        ("contract", "shaoguan-official-vehicles"),
        ("cause", "collision"),
        ("line", "motor"),
        ("occurred_at", "2025-06-10 09:30"),
        ("area", "440203"),
        ("policy_from", "2025-01-01 00:00"),
        ("policy_to", "2026-01-01 00:00"),
        ("unit", "car-1"),
    ];
    let id = phone
        .report_loss(None, &owned(&report))
        .unwrap()
        .to_string();
    let line = [
        ("part", "vehicle_body"),
        ("item", "保险杠"),
        ("quantity", "1"),
        ("unit_price", yuan),
    ];
    phone.add_row(&id, Section::Lines, &owned(&line)).unwrap();
    world.sync(phone);
    id
}

fn with_roles(world: &World, name: &str, roles: &[&str]) -> OfficeUser {
    let token = world.hub.add_user(name).unwrap();
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    world.hub.set_roles(name, (&roles, &[])).unwrap();
    sign_in(world.hub.store(), &token).unwrap()
}

fn detail(world: &World, case: &str, user: &OfficeUser, round: u8) -> String {
    let new = NewDecision {
        round,
        ..decision("approve", "")
    };
    does(world, case, user, new).unwrap_err().detail
}

#[test]
fn a_round_is_held_by_the_role_that_the_contract_names() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let case = official_car(&world, &phone, "1000");
    let first = with_roles(&world, "丙", &["claims_specialist"]);
    let finance = with_roles(&world, "戊", &["finance"]);
    assert!(!detail(&world, &case, &first, 1).contains("round 1 is held by"));
    assert!(
        detail(&world, &case, &finance, 1)
            .contains("round 1 is held by the role claims_specialist")
    );
    assert!(detail(&world, &case, &finance, 3).contains("round 1 was not approved yet"));
    let fourth = does(
        &world,
        &case,
        &finance,
        NewDecision {
            round: 4,
            ..decision("approve", "")
        },
    );
    assert_eq!(fourth.unwrap_err().code, "BAD_DECISION");
}

#[test]
fn nobody_approves_beyond_the_limit_that_the_contract_states_for_the_role() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let (small, large) = (
        official_car(&world, &phone, "8000"),
        official_car(&world, &phone, "8000.01"),
    );
    let first = with_roles(&world, "丙", &["claims_specialist"]);
    assert!(!detail(&world, &small, &first, 1).contains("8000.00 yuan ("));
    let refused = detail(&world, &large, &first, 1);
    assert!(
        refused.contains("超出 claims_specialist 的核赔权限 8000.00 元"),
        "{refused}"
    );
    assert!(
        refused.contains(
            "is beyond the limit of claims_specialist, 8000.00 yuan (set by the insurer)"
        ),
        "{refused}"
    );
}

#[test]
fn what_the_contract_asks_for_and_is_not_there_needs_a_written_reason() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let case = official_car(&world, &phone, "1000");
    let first = with_roles(&world, "丙", &["claims_specialist"]);
    assert!(detail(&world, &case, &first, 1).contains("write why the case stands without"));
    let answered = does(&world, &case, &first, decision("approve", "单证由车队补送"));
    assert!(!answered.unwrap_err().detail.contains("write why"));
}

#[test]
fn the_office_json_masks_what_is_personal_and_keeps_to_the_persons_scopes() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let id = report(&phone);
    let party = [("name", "赵甲"), ("id_no", "999999197001010011")];
    let party = party.map(|(name, value)| (name.to_owned(), value.to_owned()));
    phone.add_row(&id, Section::Parties, &party).unwrap();
    world.sync(&phone);
    let shown = case(world.hub.store(), &id, world.hub.now().wall).unwrap();
    let text = serde_json::to_string(&shown).unwrap();
    assert!(
        !text.contains("999999197001010011") && text.contains("999***********0011"),
        "{text}"
    );
    world.hub.add_scope("别处").unwrap();
    let token = world.hub.add_user("丁").unwrap();
    let reviewer = ["reviewer".to_owned()];
    world
        .hub
        .set_roles("丁", (&reviewer, &["别处".to_owned()]))
        .unwrap();
    let stranger = sign_in(world.hub.store(), &token).unwrap();
    assert_eq!(
        does(&world, &id, &stranger, decision("deny", "x"))
            .unwrap_err()
            .code,
        "CASE_UNKNOWN"
    );
    let listed = crate::office::cases_of(world.hub.store(), &stranger, (None, 0)).unwrap();
    assert!(listed.is_empty());
}
