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
