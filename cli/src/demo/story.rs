//! The story itself, scene by scene. Names and texts are plainly invented.
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

use std::time::Duration;

use lossbook_core::app::{NewSignature, SignerClaims};
use lossbook_core::domain::Digest;
use lossbook_core::record::Section;
use lossbook_core::statement::{Act, CaseStatus, Point, SignatureState, Stroke, Wanted};

mod ending;

use super::checks::Checks;
use super::hands;
use super::payable;
use super::world::{Phone, World};
use crate::failure::Failure;

pub(super) type Told = Result<(), Failure>;

const LIAISON: &str = "联络员甲";
const SURVEYOR: &str = "查勘员乙";
const REVIEWER: &str = "审核主管丙";
const FARMER: &str = "农户张三";

/// Who and what the scenes share.
pub(super) struct Cast {
    pub(super) liaison: Phone,
    pub(super) surveyor: Phone,
    pub(super) reviewer: String,
    surveyor_at_office: String,
    /// The case that is followed to its approval.
    pub(super) case: String,
    /// Its disputed line.
    line: String,
}

/// Tells it all.
pub(super) fn tell(world: &mut World, checks: &mut Checks<'_>) -> Told {
    let mut cast = enrolment(world, checks)?;
    offline_report(world, checks, &mut cast)?;
    one_minute_of_network(world, checks, &cast)?;
    apart(checks, &cast)?;
    weak_link(world, checks, &cast)?;
    dispute(world, checks, &cast)?;
    settlement(world, checks, &cast)?;
    payable::tell(world, checks, &cast)?;
    signature(world, checks, &cast)?;
    superseded(world, checks, &cast)?;
    approval(world, checks, &cast)?;
    ending::late_arrivals(world, checks, &cast)?;
    ending::receipts(world, checks, &cast)?;
    hands::tell(world, checks, &cast)?;
    ending::fresh_phones(world, checks, &cast)?;
    ending::at_rest(checks, &cast)
}

fn enrolment(world: &mut World, checks: &mut Checks<'_>) -> Result<Cast, Failure> {
    checks.step(
        "总部上线，两部手机注册",
        "The hub starts; a liaison's and a surveyor's phone enrol",
    );
    world.link.good();
    let cast = Cast {
        // A liaison may not price, so whoever prices in the village is enrolled as a surveyor.
        liaison: world.phone("liaison", ("surveyor", LIAISON))?,
        surveyor: world.phone("surveyor", ("surveyor", SURVEYOR))?,
        reviewer: world.office_user(REVIEWER)?,
        surveyor_at_office: world.office_user(SURVEYOR)?,
        case: String::new(),
        line: String::new(),
    };
    for phone in [&cast.liaison, &cast.surveyor] {
        world.sync_fully(phone)?;
    }
    let pinned =
        |phone: &Phone| Ok::<_, Failure>(phone.device.identity()?.pinned.map(|pinned| pinned.user));
    let users = (pinned(&cast.liaison)?, pinned(&cast.surveyor)?);
    checks.check(
        "phones_enrolled",
        users == (Some(LIAISON.to_owned()), Some(SURVEYOR.to_owned())),
        "both hold a certificate that verifies against the hub key of their code",
    );
    Ok(cast)
}

fn offline_report(world: &mut World, checks: &mut Checks<'_>, cast: &mut Cast) -> Told {
    checks.step(
        "冰雹过后，没有信号：联络员报三户房屋受损",
        "Hail, no signal: the liaison reports three damaged houses",
    );
    world.link.lose();
    let refused = world.sync(&cast.liaison, Duration::from_millis(200));
    let said = refused
        .err()
        .map(|failure| (failure.exit, failure.message))
        .unwrap_or_default();
    checks.check("offline_is_said", said.0 == 4, said.1);
    let households = [FARMER, "农户李四", "农户王五"];
    let mut cases = Vec::new();
    for household in households {
        let fields = [
            ("household", household),
            ("reporter", LIAISON),
            ("cause", "冰雹"),
            ("place", "五十镇北庄村"),
            ("occurred_at", "2025-07-16 14:40"),
            ("contract", super::CONTRACT),
            ("area", "630223102"),
        ];
        cases.push(cast.liaison.report(&fields)?);
    }
    let mut digests_kept = 0;
    // The pictures come house by house: the first third shows the first house.
    let per_house = world.photos.len().div_ceil(cases.len()).max(1);
    let owners = cases
        .iter()
        .flat_map(|case| std::iter::repeat_n(case, per_house));
    for (picture, case) in world.photos.iter().zip(owners) {
        let added = cast.liaison.photograph(case, picture)?;
        let kept = cast
            .liaison
            .device
            .blob_range(&added.facts.digest, 0, added.facts.len_bytes)?;
        digests_kept += usize::from(Digest::of(&kept) == Digest::of(&picture.bytes));
        for problem in &added.facts.problems {
            checks.say(format!("{}: {}", picture.name, problem.code.code()));
        }
    }
    cast.case = cases.first().cloned().unwrap_or_default();
    cast.line = cast.liaison.add(
        &cast.case,
        Section::Lines,
        &[
            ("room", "北房"),
            ("item", "瓦片"),
            ("unit", "m²"),
            ("amount", "800"),
        ],
    )?;
    let all = world.photos.len();
    checks.check(
        "saved_offline",
        digests_kept == all,
        format!("3 cases and {digests_kept} of {all} photos saved, every photo byte for byte"),
    );
    Ok(())
}

fn one_minute_of_network(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "短暂信号：文字先到，照片未到",
        "A moment of signal: words get through, photos do not",
    );
    world.link.window(60_000);
    let cut = world
        .sync(&cast.liaison, Duration::from_millis(200))
        .is_err();
    let status = world.hub_status()?;
    world.link.good();
    world.sync_fully(&cast.surveyor)?;
    world.link.lose();
    let seen = cast.surveyor.print()?.len();
    let missing = world.office_case(&cast.reviewer, &cast.case)?["photos_missing"]
        .as_array()
        .map_or(0, Vec::len);
    checks.check(
        "words_before_photos",
        cut && status["cases"] == 3 && seen == 3 && missing > 0,
        format!("hub and surveyor hold {seen} cases; {missing} originals of the first are still on the liaison's phone, and the hub names them"),
    );
    Ok(())
}

fn apart(checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "再次断网：查勘员测量定损，两人改了同一行金额",
        "Offline again: the surveyor measures and prices; both change the same amount",
    );
    let case = cast.case.as_str();
    cast.surveyor.add(
        case,
        Section::Objects,
        &[
            ("kind", "house"),
            ("label", "北房三间"),
            ("structure", "土木"),
            ("area", "62.5"),
        ],
    )?;
    cast.surveyor.add(
        case,
        Section::Damage,
        &[("room", "北房"), ("grade", "一般损坏"), ("area", "18.25")],
    )?;
    cast.surveyor.add(
        case,
        Section::Lines,
        &[
            ("room", "北房"),
            ("item", "檩条"),
            ("unit", "根"),
            ("quantity", "4"),
            ("amount", "640"),
        ],
    )?;
    cast.surveyor.add(
        case,
        Section::Parties,
        &[
            ("name", FARMER),
            ("role", "payee"),
            ("id_no", "632126190001010011"),
        ],
    )?;
    cast.surveyor
        .device
        .set_field(case, &format!("lines.{}.amount", cast.line), "1250.50")?;
    cast.liaison
        .device
        .set_field(case, &format!("lines.{}.amount", cast.line), "950")?;
    let totals = (
        cast.liaison.case(case)?.standing.record.total(),
        cast.surveyor.case(case)?.standing.record.total(),
    );
    let show =
        |total: Option<lossbook_core::domain::MoneyRange>| total.unwrap_or_default().to_string();
    let (left, right) = (show(totals.0), show(totals.1));
    checks.check(
        "edits_apart",
        left == "950.00" && right == "1890.50",
        format!("liaison's total {left}, surveyor's total {right}"),
    );
    Ok(())
}

fn weak_link(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "弱网：每几百千字节断线一次，照片逐字节续传",
        "A weak link that drops every few hundred kilobytes: photos resume by byte",
    );
    let before = world.link.counted();
    world.link.weak(300_000);
    let outcome = world.sync_fully(&cast.liaison)?;
    world.sync_fully(&cast.surveyor)?;
    let after = world.link.counted();
    world.link.good();
    world.sync_fully(&cast.liaison)?;
    let (cuts, sent) = (after.cuts - before.cuts, after.up - before.up);
    let photo_bytes: usize = world.photos.iter().map(|photo| photo.bytes.len()).sum();
    // Thumbnails, envelopes and headers come on top of the originals; what was sent twice shows.
    let bound = photo_bytes as u64 / 100 * 115 + 1_500_000;
    checks.check(
        "photos_resumed",
        outcome.broken.is_empty() && sent <= bound && (cuts > 0 || photo_bytes < 400_000),
        format!("{cuts} cuts; {sent} bytes went up for {photo_bytes} bytes of photos"),
    );
    let missing: usize = all_missing(world, cast)?;
    checks.check(
        "photos_verified",
        missing == 0,
        "the hub has hashed every original; none is missing",
    );
    Ok(())
}

fn all_missing(world: &World, cast: &Cast) -> Result<usize, Failure> {
    let mut missing = 0;
    for line in cast.liaison.print()? {
        let number = line.split_whitespace().next().unwrap_or_default();
        missing += world.office_case(&cast.reviewer, number)?["photos_missing"]
            .as_array()
            .map_or(1, Vec::len);
    }
    Ok(missing)
}

fn dispute(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "争议：三处都看到两个金额，审批被拒",
        "The dispute: all three see both amounts; approval is refused",
    );
    let (on_liaison, on_surveyor) = (
        cast.liaison.disputed(&cast.case)?,
        cast.surveyor.disputed(&cast.case)?,
    );
    let at_office = world.office_case(&cast.reviewer, &cast.case)?;
    let path = format!("lines.{}.amount", cast.line);
    let named = at_office["contested_fields"]
        .as_array()
        .is_some_and(|all| all.iter().any(|field| field.as_str() == Some(&path)));
    let range = at_office["low_fen"] == 159_000 && at_office["high_fen"] == 189_050;
    let expected = vec![format!("1250.50 {SURVEYOR}"), format!("950.00 {LIAISON}")];
    checks.check(
        "dispute_on_all_three",
        on_liaison == expected && on_surveyor == expected && named && range,
        format!(
            "{} on both phones; at the hub the total is a range, 1590.00 to 1890.50",
            expected.join(" and ")
        ),
    );
    refused(
        world,
        checks,
        cast,
        ("approval_refused_contested", "CONTESTED"),
    )?;
    let unsigned = cast.surveyor.device.sign(&cast.case, &ink());
    checks.check(
        "contested_cannot_be_signed",
        unsigned.is_err_and(|error| error.code() == "contested"),
        "nor can it be signed",
    );
    Ok(())
}

/// The reviewer tries to approve and is told why not.
fn refused(
    world: &World,
    checks: &mut Checks<'_>,
    cast: &Cast,
    (id, code): (&'static str, &str),
) -> Told {
    let answer = world.decide(&cast.reviewer, &cast.case, "approve", "");
    let (got, message) = answer
        .err()
        .map(|failure| (failure.code, failure.message))
        .unwrap_or_default();
    checks.check(id, got == code, message);
    Ok(())
}

fn settlement(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "查勘员说明理由，采用一个金额",
        "The surveyor settles on one amount, with a reason",
    );
    let path = format!("lines.{}.amount", cast.line);
    cast.surveyor.device.settle(
        &cast.case,
        &path,
        "1250.50",
        "现场复测 18.25 m²，按实测面积计价",
    )?;
    world.sync_fully(&cast.surveyor)?;
    world.sync_fully(&cast.liaison)?;
    let record = cast.liaison.case(&cast.case)?.standing.record;
    let account = record
        .rows(Section::Settlements)
        .next()
        .map(|(_, row)| (row.text("by"), row.text("chosen")));
    let told = account == Some((Some(SURVEYOR.to_owned()), Some("1250.50".to_owned())));
    let settled = record.contested().is_empty() && told;
    world.conflicts += u64::from(settled);
    checks.check(
        "settled_with_reason",
        settled,
        "the liaison's phone shows who chose which amount and why",
    );
    Ok(())
}

/// A signature drawn with a finger.
fn ink() -> NewSignature<'static> {
    let point = |step: i32| Point {
        x: 120 + 9 * step,
        y: 300 + (step % 7 - 3) * 14,
        t_ms: u32::try_from(16 * step).unwrap_or(0),
        pressure: 500,
    };
    let strokes = vec![
        Stroke((0..40).map(point).collect()),
        Stroke((44..70).map(point).collect()),
    ];
    NewSignature {
        signer: FARMER,
        act: Act::Signed,
        wanted: Wanted::default(),
        strokes,
        screen: (1080, 640),
        claims: SignerClaims::default(),
    }
}

fn signature(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "农户在冻结的确认书上签字",
        "The farmer signs a frozen statement",
    );
    refused(
        world,
        checks,
        cast,
        ("approval_refused_unsigned", "UNSIGNED"),
    )?;
    let signed = cast.surveyor.device.sign(&cast.case, &ink())?;
    for line in signed.text.lines() {
        checks.say(format!("│ {line}"));
    }
    world.sync_fully(&cast.surveyor)?;
    let at_office = world.office_case(&cast.reviewer, &cast.case)?;
    let valid = cast.surveyor.signature(&cast.case)? == SignatureState::Valid
        && at_office["signatures"][0] == "valid";
    checks.check(
        "signature_valid",
        valid,
        format!("{} yuan, valid on the phone and at the hub", signed.total),
    );
    Ok(())
}

fn superseded(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "签字后改金额：签名自动失效并指明字段；重新签字",
        "An amount changes after signing: the signature names the field; a new one is signed",
    );
    let path = format!("lines.{}.amount", cast.line);
    cast.surveyor.device.set_field(&cast.case, &path, "1300")?;
    let state = cast.surveyor.signature(&cast.case)?;
    let reads = |one: &lossbook_core::statement::Difference| {
        one.path == path
            && one.then.as_deref() == Some("1250.50")
            && one.now.as_deref() == Some("1300.00")
    };
    let named = matches!(&state, SignatureState::Superseded(fields) if fields.len() == 1 && fields.iter().all(reads));
    world.sync_fully(&cast.surveyor)?;
    checks.check(
        "superseded_names_the_field",
        named,
        format!("superseded: {path} was 1250.50, is 1300.00"),
    );
    refused(
        world,
        checks,
        cast,
        ("approval_refused_superseded", "SIGNATURE_SUPERSEDED"),
    )?;
    cast.surveyor.device.sign(&cast.case, &ink())?;
    world.sync_fully(&cast.surveyor)?;
    let states: Vec<String> = cast
        .surveyor
        .case(&cast.case)?
        .standing
        .signatures
        .iter()
        .map(|one| one.state.word().to_owned())
        .collect();
    checks.check(
        "signed_again",
        states == ["superseded", "valid"],
        states.join(", "),
    );
    world.signature_states = states;
    Ok(())
}

fn approval(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "审批：查勘员本人不能审批，审核主管可以",
        "Approval: not by the surveyor, but by a reviewer",
    );
    let own = world.decide(&cast.surveyor_at_office, &cast.case, "approve", "");
    checks.check(
        "own_work_refused",
        own.is_err_and(|failure| failure.code == "OWN_WORK"),
        format!("{SURVEYOR} may not approve the own survey"),
    );
    let approved = world.decide(&cast.reviewer, &cast.case, "approve", "资料齐全")?;
    world.sync_fully(&cast.surveyor)?;
    let on_phone = cast.surveyor.case(&cast.case)?.standing.status;
    let ok = approved["status"] == "approved" && on_phone == CaseStatus::Approved;
    checks.check(
        "approved",
        ok,
        "the decision names the heads it looked at; the surveyor's phone shows it",
    );
    Ok(())
}
