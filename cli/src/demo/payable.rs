//! The scene in which the phone says, with no network, what the contract pays and why.

use lossbook_core::record::Section;

use super::checks::Checks;
use super::contract;
use super::story::{Cast, Told};
use super::world::{Phone, World};

/// What the contract asks before it covers a house, and the answers.
pub(super) const ANSWERS: [(&str, &str); 9] = [
    ("occupied", "是"),
    ("under_construction", "否"),
    ("countryside", "是"),
    ("main_home", "是"),
    ("second_house", "否"),
    ("undivided", "否"),
    ("local_hukou", "是"),
    ("rural_hukou", "是"),
    ("resident", "是"),
];

/// The policy's facts and the answers of one house.
fn insured(phone: &Phone, case: &str, unit: &str) -> Told {
    let policy = [
        ("policy_from", "2025-01-01 00:00"),
        ("policy_to", "2026-01-01 00:00"),
        ("insured_class", "ordinary"),
        ("unit", unit),
    ];
    for (name, value) in policy {
        phone
            .device
            .set_field(case, &format!("report.{name}"), value)?;
    }
    for (question, answer) in ANSWERS {
        phone.add(
            case,
            Section::Answers,
            &[("question", question), ("answer", answer)],
        )?;
    }
    Ok(())
}

/// The surveyor answers the contract's questions; the phone says what it pays, and so does the hub.
pub(super) fn tell(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "仍无信号：手机按合同算出应付金额，并逐步说明",
        "Still offline: the phone says what the contract pays, step by step",
    );
    world.link.lose();
    let phone = &cast.surveyor;
    insured(phone, &cast.case, "G-1")?;
    let lines: Vec<String> = phone
        .case(&cast.case)?
        .standing
        .record
        .rows(Section::Lines)
        .map(|(id, _)| id.to_string())
        .collect();
    for line in lines {
        phone
            .device
            .set_field(&cast.case, &format!("lines.{line}.part"), "卧室")?;
    }
    let judged = phone.device.assess(&cast.case)?;
    steps(checks, &judged);
    let payable = contract::payable(&judged);
    checks.check(
        "payable_explained",
        payable == "1890.50" && contract::cover(&judged) == "covered",
        format!(
            "covered; {payable} yuan payable under {}",
            judged.assessment.pack.id
        ),
    );
    cap(checks, phone, &cast.case)?;
    world.link.good();
    world.sync_fully(phone)?;
    let at_office = world.office_case(&cast.reviewer, &cast.case)?;
    contract::same_answer(checks, &judged, &at_office);
    Ok(())
}

/// A large loss meets the highest payment, and a part that is not insured pays nothing.
fn cap(checks: &mut Checks<'_>, phone: &Phone, first: &str) -> Told {
    let listed = phone.print()?;
    let number = listed
        .iter()
        .find(|line| !line.starts_with(first))
        .cloned()
        .unwrap_or_default();
    let number = number.split_whitespace().next().unwrap_or_default();
    insured(phone, number, "G-3")?;
    phone.add(
        number,
        Section::Objects,
        &[("kind", "house"), ("insured_id", "house-3")],
    )?;
    let room = [
        ("part", "卧室"),
        ("item", "墙体修复"),
        ("quantity", "420"),
        ("unit", "m2"),
        ("unit_price", "100"),
        ("price_source", "同类房屋修复价"),
        ("price_date", "2025-06-20"),
    ];
    phone.add(number, Section::Lines, &room)?;
    let wall = [("part", "围墙"), ("item", "围墙"), ("amount", "1800")];
    phone.add(number, Section::Lines, &wall)?;
    let judged = phone.device.assess(number)?;
    steps(checks, &judged);
    let (payable, excluded) = (
        contract::payable(&judged),
        judged.assessment.money.excluded.to_string(),
    );
    checks.check(
        "cap_and_exclusion",
        payable == "30000.00" && excluded == "1800.00",
        format!(
            "a loss of 42000.00 pays {payable} ({}); a garden wall of {excluded} pays nothing",
            judged.assessment.money.capital.clone().unwrap_or_default()
        ),
    );
    Ok(())
}

/// Shows the way from loss to payable.
fn steps(checks: &mut Checks<'_>, judged: &lossbook_core::app::Judged) {
    for line in contract::steps(judged) {
        checks.say(format!("│ {line}"));
    }
}
