//! Short stories of the other contracts: one case each, judged offline by its pack, then synced.
//!
//! The tales are data: fields and rows as a surveyor types them, one change, and what the contract
//! must say before and after. Names, plates and numbers are plainly invented.

use lossbook_core::app::Judged;
use lossbook_core::record::Section;

use super::checks::Checks;
use super::world::World;
use crate::failure::Failure;

type Fields = &'static [(&'static str, &'static str)];

/// One contract's story.
pub(super) struct Tale {
    contract: &'static str,
    zh: &'static str,
    en: &'static str,
    report: Fields,
    times: Fields,
    rows: &'static [(Section, Fields)],
    first: &'static [Expect],
    turn: Turn,
    then: &'static [Expect],
}

/// What changes: one field of a row, by the row's place in `rows`.
struct Turn {
    zh: &'static str,
    en: &'static str,
    row: usize,
    field: &'static str,
    value: &'static str,
}

/// What the contract must say.
struct Expect {
    id: &'static str,
    said: fn(&Judged) -> String,
    wanted: &'static str,
    en: &'static str,
}

const fn expect(
    id: &'static str,
    said: fn(&Judged) -> String,
    wanted: &'static str,
    en: &'static str,
) -> Expect {
    Expect {
        id,
        said,
        wanted,
        en,
    }
}

use Section::{Answers, Covers, Lines, Objects};

const TALES: [Tale; 4] = [
    Tale {
        contract: "shaoguan-official-vehicles",
        zh: "公务车单方事故：能否免查勘",
        en: "An official car, one vehicle only: may the visit be skipped",
        report: &[
            ("cause", "collision"),
            ("line", "motor"),
            ("occurred_at", "2025-09-30 09:30"),
            ("area", "440203"),
            ("place", "示例路口"),
            ("reporter", "驾驶员甲"),
            ("phone", "13800000000"),
            ("policy_from", "2025-01-01 00:00"),
            ("policy_to", "2026-01-01 00:00"),
            ("unit", "car-1"),
        ],
        times: &[
            ("report_accepted_at", "2025-09-30 09:40"),
            ("survey_started_at", "2025-09-30 10:00"),
        ],
        rows: &[
            (
                Objects,
                &[
                    ("kind", "official_vehicle"),
                    ("insured_id", "car-1"),
                    ("plate", "粤F1234警"),
                    ("make_model", "示例轿车"),
                ],
            ),
            (
                Covers,
                &[
                    ("cover", "own_damage"),
                    ("limit", "150000"),
                    ("deductible", "0"),
                ],
            ),
            (Answers, &[("question", "single_party"), ("answer", "是")]),
            (Answers, &[("question", "third_party"), ("answer", "none")]),
            (
                Answers,
                &[("question", "third_party_injury"), ("answer", "否")],
            ),
            (
                Answers,
                &[("question", "third_party_property"), ("answer", "否")],
            ),
            (Answers, &[("question", "driver_injured"), ("answer", "否")]),
            (
                Answers,
                &[("question", "own_vehicles_only"), ("answer", "否")],
            ),
            (
                Lines,
                &[
                    ("part", "vehicle_body"),
                    ("item", "前保险杠"),
                    ("quantity", "1"),
                    ("unit_price", "10000.00"),
                    ("price_source", "定点维修厂报价"),
                    ("price_date", "2025-09-30"),
                ],
            ),
        ],
        first: &[
            expect(
                "no_survey_at_10000",
                no_survey,
                "yes",
                "exactly 10,000.00 needs no visit",
            ),
            expect(
                "contact_due",
                |j| due(j, "contact"),
                "2025-09-30T09:45:00+08:00",
                "contact is due 5 minutes after the report",
            ),
            expect(
                "assessment_due_after_national_day",
                |j| due(j, "assessment"),
                "2025-10-10T00:00:00+08:00",
                "one working day after 30 September ends on 9 October, 24:00",
            ),
        ],
        turn: Turn {
            zh: "复核后多一分钱",
            en: "One fen more after a second look",
            row: 8,
            field: "unit_price",
            value: "10000.01",
        },
        then: &[
            expect(
                "no_survey_above_10000",
                no_survey,
                "no",
                "10,000.01 needs a visit",
            ),
            expect(
                "first_round",
                |j| j.assessment.review.next.clone().unwrap_or_default(),
                "round1",
                "the first of three review rounds is next",
            ),
        ],
    },
    Tale {
        contract: "huangpu-sanitation-vehicles",
        zh: "环卫车作业中碰撞：免赔额与限额",
        en: "A sanitation truck collides at work: deductible and limit",
        report: &[
            ("cause", "collision"),
            ("line", "motor"),
            ("occurred_at", "2025-07-01 09:30"),
            ("area", "440112"),
            ("policy_from", "2025-01-01 00:00"),
            ("policy_to", "2026-01-01 00:00"),
            ("unit", "truck-1"),
        ],
        times: &[("report_accepted_at", "2025-07-01 09:40")],
        rows: &[
            (
                Objects,
                &[
                    ("kind", "motor_vehicle"),
                    ("insured_id", "truck-1"),
                    ("plate", "粤A12345"),
                    ("make_model", "示例洒水车"),
                    ("using_department", "示例片区"),
                ],
            ),
            (
                Covers,
                &[
                    ("cover", "own_damage"),
                    ("limit", "300000"),
                    ("deductible", "500"),
                ],
            ),
            (Answers, &[("question", "in_operation"), ("answer", "是")]),
            (Answers, &[("question", "third_party"), ("answer", "none")]),
            (Answers, &[("question", "injuries"), ("answer", "否")]),
            (
                Lines,
                &[
                    ("part", "vehicle_body"),
                    ("item", "水箱"),
                    ("quantity", "1"),
                    ("unit_price", "12000"),
                    ("price_source", "定点维修厂报价"),
                    ("price_date", "2025-07-01"),
                ],
            ),
        ],
        first: &[
            expect(
                "deductible_taken",
                payable,
                "11500.00",
                "12,000.00 less 500.00",
            ),
            expect(
                "arrival_due",
                |j| due(j, "arrival"),
                "2025-07-01T10:10:00+08:00",
                "on the scene within 30 minutes in the city",
            ),
        ],
        turn: Turn {
            zh: "损失远超限额",
            en: "The loss turns out far above the limit",
            row: 5,
            field: "unit_price",
            value: "400000",
        },
        then: &[expect(
            "cut_to_the_limit",
            payable,
            "300000.00",
            "399,500.00 is cut to the limit",
        )],
    },
    Tale {
        contract: "guangzhou-police-aviation",
        zh: "警用直升机硬着陆：机上九人",
        en: "A police helicopter lands hard: nine aboard",
        report: &[
            ("cause", "hard_landing"),
            ("line", "aircraft_comprehensive"),
            ("occurred_at", "2026-03-10 10:00"),
            ("unit", "h145_4401120088"),
        ],
        times: &[
            ("report_received_at", "2026-03-10 10:05"),
            ("contacted_at", "2026-03-10 10:12"),
        ],
        rows: &[
            (
                Objects,
                &[
                    ("kind", "aircraft"),
                    ("insured_id", "h145_4401120088"),
                    ("crew", "2"),
                    ("passengers", "7"),
                ],
            ),
            (
                Covers,
                &[
                    ("cover", "hull_and_spares"),
                    ("limit", "70000000"),
                    ("deductible", "0"),
                ],
            ),
            (
                Answers,
                &[("question", "authorised_pilot"), ("answer", "authorised")],
            ),
            (
                Answers,
                &[("question", "licence_valid"), ("answer", "valid")],
            ),
            (
                Answers,
                &[("question", "within_flight_area"), ("answer", "是")],
            ),
            (Answers, &[("question", "total_loss"), ("answer", "actual")]),
            (
                Lines,
                &[("part", "hull"), ("item", "机身"), ("method", "total")],
            ),
        ],
        first: &[
            expect(
                "agreed_value",
                payable,
                "70000000.00",
                "a total loss pays the agreed value",
            ),
            expect(
                "capital",
                |j| j.assessment.money.capital.clone().unwrap_or_default(),
                "人民币柒仟万元整",
                "in capitals",
            ),
            expect(
                "too_many_aboard",
                |j| finding(j, "too_many_aboard"),
                "9 > 8",
                "nine aboard an aircraft for eight is warned",
            ),
            expect(
                "response_from_the_real_contact",
                |j| due(j, "response"),
                "2026-03-10T10:57:00+08:00",
                "45 minutes after the real contact",
            ),
        ],
        turn: Turn {
            zh: "清点后为八人",
            en: "Counted again: eight",
            row: 0,
            field: "passengers",
            value: "6",
        },
        then: &[expect(
            "eight_is_fine",
            |j| finding(j, "too_many_aboard"),
            "",
            "eight is no finding",
        )],
    },
    Tale {
        contract: "insurer-fnol-policy",
        zh: "报案管理：缺什么、何时到期、空白不计时",
        en: "A report: what is missing, what is due, and blanks that start no clock",
        report: &[
            ("cause", "other"),
            ("occurred_at", "2025-09-29 14:05"),
            ("reporter", "示例客户"),
            ("policy_no", "PD-EXAMPLE-1"),
        ],
        times: &[("report_received_at", "2025-09-29 14:15")],
        rows: &[
            (
                Objects,
                &[("kind", "insured_object"), ("insured_id", "obj-1")],
            ),
            (Answers, &[("question", "channel"), ("answer", "app")]),
        ],
        first: &[
            expect(
                "cover_is_for_head_office",
                cover,
                "head_office",
                "the reporting rules never decide cover",
            ),
            expect(
                "blank_starts_no_clock",
                |j| state(j, "acceptance"),
                "NoNumber",
                "acceptance in time has no number",
            ),
            expect(
                "place_missing",
                |j| missing(j, "loss_place"),
                "yes",
                "the place of loss is asked for",
            ),
        ],
        turn: Turn {
            zh: "客户改用电话补报",
            en: "The customer calls instead",
            row: 1,
            field: "answer",
            value: "hotline",
        },
        then: &[expect(
            "still_no_clock",
            |j| state(j, "acceptance"),
            "NoNumber",
            "another channel changes no blank",
        )],
    },
];

/// The short story of a contract, if it has one.
pub(super) fn tale(contract: &str) -> Option<&'static Tale> {
    TALES.iter().find(|tale| tale.contract == contract)
}

/// Contracts with a short story.
pub(super) fn ids() -> String {
    TALES
        .iter()
        .map(|tale| tale.contract)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Tells it: offline on a phone, then the same case at the hub.
pub(super) fn tell(tale: &Tale, world: &mut World, checks: &mut Checks<'_>) -> Result<(), Failure> {
    checks.step(tale.zh, tale.en);
    world.link.good();
    let phone = world.phone("surveyor", ("surveyor", "查勘员乙"))?;
    let reviewer = world.office_user("审核主管丙")?;
    world.sync_fully(&phone)?;
    world.link.lose();
    let mut report = vec![("contract", tale.contract)];
    report.extend(tale.report);
    let case = phone.report(&report)?;
    for (name, civil) in tale.times {
        let ms = millis(civil)?;
        phone
            .device
            .set_field(&case, &format!("times.{name}"), &ms)?;
    }
    let mut rows = Vec::new();
    for (section, fields) in tale.rows {
        rows.push((*section, phone.add(&case, *section, fields)?));
    }
    let judged = phone.device.assess(&case)?;
    for line in steps(&judged) {
        checks.say(format!("│ {line}"));
    }
    compare(checks, tale.first, &judged);
    let Turn {
        zh,
        en,
        row,
        field,
        value,
    } = &tale.turn;
    checks.step(zh, en);
    if let Some((section, id)) = rows.get(*row) {
        phone
            .device
            .set_field(&case, &format!("{}.{id}.{field}", section.key()), value)?;
    }
    let judged = phone.device.assess(&case)?;
    compare(checks, tale.then, &judged);
    world.link.good();
    world.sync_fully(&phone)?;
    let heads = phone.case(&case)?.standing.heads;
    let at_hub = world.office_case(&reviewer, &case)?;
    let same = at_hub.get("heads")
        == Some(&serde_json::json!(
            heads.iter().map(ToString::to_string).collect::<Vec<_>>()
        ));
    checks.check("at_the_hub", same, "the hub holds the same case");
    same_answer(checks, &judged, &at_hub);
    Ok(())
}

/// Head office, judging by its own packs, must say the same about cover and money.
pub(super) fn same_answer(checks: &mut Checks<'_>, judged: &Judged, at_hub: &serde_json::Value) {
    let ours = serde_json::to_value(&judged.assessment).unwrap_or_default();
    let part = |value: &serde_json::Value, name: &str| value.get(name).cloned();
    let theirs = at_hub.get("assessment").cloned().unwrap_or_default();
    let same = ["cover", "money", "tier", "zone", "no_survey", "pack", "law"]
        .iter()
        .all(|name| part(&ours, name) == part(&theirs, name));
    checks.check(
        "office_says_the_same",
        same && theirs.is_object(),
        "head office gets the same cover, steps and payable from the same pack digests",
    );
}

fn compare(checks: &mut Checks<'_>, expected: &'static [Expect], judged: &Judged) {
    for Expect {
        id,
        said,
        wanted,
        en,
    } in expected
    {
        let said = said(judged);
        let detail = if said.is_empty() {
            (*en).to_owned()
        } else {
            format!("{en}: {said}")
        };
        checks.check(id, said == *wanted, detail);
    }
}

/// Civil time of the stories' zone as the record keeps it.
fn millis(civil: &str) -> Result<String, Failure> {
    let bad = |error: jiff::Error| Failure::bug("time", error.to_string());
    let civil: jiff::civil::DateTime = civil.parse().map_err(bad)?;
    let zoned = civil.in_tz("Asia/Shanghai").map_err(bad)?;
    Ok(zoned.timestamp().as_millisecond().to_string())
}

/// The way from loss to payable, one line a step.
pub(super) fn steps(judged: &Judged) -> Vec<String> {
    let mut all = Vec::new();
    for cover in &judged.assessment.money.covers {
        all.push(format!("{} {}", cover.zh, cover.en));
        for step in &cover.steps {
            all.push(format!(
                "{:>16} {:>16}  {} {}",
                step.change.to_string(),
                step.after.to_string(),
                step.zh,
                step.en
            ));
        }
    }
    let money = &judged.assessment.money;
    if money.excluded.high > lossbook_core::domain::Money::ZERO {
        all.push(format!("不赔项目 not insured: {}", money.excluded));
    }
    let capital = money.capital.clone().unwrap_or_default();
    all.push(format!("应付 payable {} {capital}", payable(judged)));
    all
}

/// What it pays.
pub(super) fn payable(judged: &Judged) -> String {
    judged
        .assessment
        .money
        .payable
        .map_or_else(|| "unknown".to_owned(), |range| range.to_string())
}

/// Insured or not.
pub(super) fn cover(judged: &Judged) -> String {
    judged.assessment.cover.answer.key().to_owned()
}

fn no_survey(judged: &Judged) -> String {
    let answer = judged
        .assessment
        .no_survey
        .as_ref()
        .map(|result| result.answer);
    let value = serde_json::to_value(answer).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn due(judged: &Judged, id: &str) -> String {
    let clock = judged.assessment.clocks.iter().find(|clock| clock.id == id);
    clock
        .and_then(|clock| clock.due.as_ref())
        .map_or_else(String::new, ToString::to_string)
}

fn state(judged: &Judged, id: &str) -> String {
    let clock = judged.assessment.clocks.iter().find(|clock| clock.id == id);
    clock.map_or_else(String::new, |clock| format!("{:?}", clock.state))
}

fn finding(judged: &Judged, code: &str) -> String {
    let found = judged
        .assessment
        .findings
        .iter()
        .find(|finding| finding.code == code);
    found.map_or_else(String::new, |finding| finding.about.clone())
}

fn missing(judged: &Judged, id: &str) -> String {
    let is_missing = judged
        .assessment
        .missing
        .iter()
        .any(|missing| missing.id == id);
    if is_missing { "yes" } else { "no" }.to_owned()
}
