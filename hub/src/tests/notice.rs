//! Notices: by the contract's channels, with its points, and without an invented time.

use lossbook_core::app::Device;

use super::World;
use super::console::{person, text, visitor};
use super::http::served;
use super::register::{add, said, user};
use crate::meta::in_tx;
use crate::page::text::Language;
use crate::refusal::Refusal;
use crate::register::Said;
use crate::register::notice::{self, Draft};
use crate::role::OfficeRole;
use crate::sight::Sight;

/// A report under the FNOL policy, whose limits are all blank, or another contract.
fn reported(world: &World, phone: &Device, contract: &str) -> String {
    let fields = [
        ("contract", contract),
        ("cause", "暴雨"),
        ("place", "一村 8 号"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let case = phone.report_loss(None, &fields).unwrap();
    world.sync(phone);
    case.number().to_string()
}

fn drafts(world: &World, number: &str, language: Language) -> Vec<Draft> {
    let now = world.hub.now().wall;
    in_tx(world.hub.store(), |tx| {
        let case = tx.case_named(number)?.unwrap().case;
        notice::drafts(tx, (case, now), (language, &Sight::whole()))
    })
    .unwrap()
}

fn give(
    world: &World,
    number: &str,
    values: &[(&str, &str)],
) -> Result<crate::meta::RegisterRow, Refusal> {
    let about = Said {
        case: Some(number.to_owned()),
        ..said(values)
    };
    let clerk = user(world, "客服", OfficeRole::Dispatcher);
    add(world, ("notices_sent", &clerk), &about)
}

fn words<'a>(
    notice: &'a str,
    channel: &'a str,
    points: &'a str,
    text: &'a str,
) -> [(&'a str, &'a str); 6] {
    [
        ("notice", notice),
        ("sent", "2025-06-15 23:10"),
        ("to", "赵甲"),
        ("channel", channel),
        ("points", points),
        ("text", text),
    ]
}

#[test]
fn no_draft_states_a_time_that_the_contract_left_blank() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = reported(&world, &phone, "insurer-fnol-policy");
    for language in [Language::Chinese, Language::English] {
        let drafts = drafts(&world, &number, language);
        let first = drafts
            .iter()
            .find(|one| one.id == "first_feedback")
            .unwrap();
        assert_eq!(
            first.points,
            ["report_number", "next_steps", "expected_time"]
        );
        let time = first.text.lines().last().unwrap();
        let told = language.pick("合同未约定时限", "the contract states no limit");
        assert!(
            time.contains(told) && !time.contains(|c: char| c.is_ascii_digit()),
            "{time}"
        );
    }
}

#[test]
fn what_the_case_does_not_hold_is_a_gap_and_is_not_sent_unfilled() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = reported(&world, &phone, "insurer-fnol-policy");
    let drafts = drafts(&world, &number, Language::Chinese);
    let first = drafts
        .iter()
        .find(|one| one.id == "first_feedback")
        .unwrap();
    assert!(
        first.text.contains(&number) && first.text.contains("【后续流程】"),
        "{}",
        first.text
    );
    let points = "report_number,next_steps,expected_time";
    let gap = give(
        &world,
        &number,
        &words("first_feedback", "sms", points, &first.text),
    );
    assert_eq!(gap.unwrap_err().code, "CONTENT_MISSING");
    let filled = first.text.replace("【后续流程】", "查勘人员将与您联系");
    give(
        &world,
        &number,
        &words("first_feedback", "sms", points, &filled),
    )
    .unwrap();
}

#[test]
fn a_notice_is_refused_by_another_channel_without_a_point_or_with_an_invented_time() {
    let world = World::new();
    let phone = world.phone("a", 1);
    let number = reported(&world, &phone, "insurer-fnol-policy");
    let points = "report_number,next_steps,expected_time";
    let try_it = |notice: &str, channel: &str, points: &str, text: &str| {
        let refusal = give(&world, &number, &words(notice, channel, points, text)).unwrap_err();
        assert!(refusal.detail.contains(" / "), "{}", refusal.detail);
        refusal.code
    };
    assert_eq!(try_it("no_such", "sms", points, "已受理"), "NOTICE_UNKNOWN");
    assert_eq!(
        try_it("first_feedback", "letter", points, "已受理"),
        "CHANNEL_WRONG"
    );
    let half = try_it("first_feedback", "sms", "report_number", "已受理");
    assert_eq!(half, "CONTENT_MISSING");
    for text in [
        "我们将在3个工作日内答复",
        "明天上门查勘",
        "we pay within 48 hours",
    ] {
        let code = try_it("first_feedback", "sms", points, text);
        assert_eq!(code, "TIME_NOT_IN_CONTRACT", "{text}");
    }
}

#[test]
fn a_notice_that_was_given_ends_its_wait_and_is_on_the_page() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let number = reported(&world, &phone, "insurer-fnol-policy");
    let password = person(&world, "客服", OfficeRole::Reviewer);
    let visitor = visitor(serving.addr, "客服", &password);
    let path = format!("/console/case/{number}/notices");
    assert!(visitor.page(&path).contains("first_feedback"));
    let mut fields = vec![
        ("notice", "first_feedback"),
        ("to", "赵甲"),
        ("channel", "sms"),
        ("text", "报案编号已生成，请等待查勘人员联系，3天内答复"),
        ("point", "report_number"),
        ("point", "next_steps"),
        ("point", "expected_time"),
    ];
    let got = visitor.post(&path, &fields);
    assert_eq!(got.status, 409);
    assert!(text(&got).contains("TIME_NOT_IN_CONTRACT") && text(&got).contains("3天内答复"));
    fields[3].1 = "报案编号已生成，请等待查勘人员联系";
    assert_eq!(visitor.post(&path, &fields).status, 303);
    assert!(visitor.page(&path).contains("赵甲"));
    let told = in_tx(world.hub.store(), |tx| {
        let case = tx.case_named(&number)?.unwrap().case;
        tx.told(case)
    });
    let told: Vec<String> = told.unwrap().into_iter().map(|one| one.what).collect();
    assert_eq!(told, ["first_feedback"]);
    assert!(
        visitor
            .page(&format!("/console/case/{number}"))
            .contains("告知记录表")
    );
}
