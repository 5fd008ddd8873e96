//! What a surveyor writes in the field: the report, the visit with its photos, a signature, a mistake
//! found later.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lossbook_core::app::{Device, NewPhoto, NewSignature, SignerClaims, Taken};
use lossbook_core::chain::Origin;
use lossbook_core::domain::{CivilTime, Wgs84};
use lossbook_core::evidence::{Fix, Provider};
use lossbook_core::record::Section;
use lossbook_core::statement::{Act as Signing, Point, Stroke, Wanted};

use super::cast::{Contract, VILLAGES, Village, person};
use super::plan::{Fate, Story};
use crate::demo::payable::ANSWERS;
use crate::failure::Failure;
use crate::scene::{SceneKind, Shot, render};

const MINUTE: i64 = 60_000;

pub(super) type Done = Result<(), Failure>;

/// Beijing time as people write it.
fn civil(at: i64) -> String {
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    let instant = Timestamp::from_millisecond(at).unwrap_or_default();
    instant
        .to_zoned(zone)
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

pub(super) fn phone_no(case: usize) -> String {
    format!("1390000{:04}", case % 10_000)
}

/// A number of the right length whose area does not exist.
fn id_no(case: usize) -> String {
    format!("99999919700101{:04}", case % 10_000)
}

/// An account of a bank that does not exist, with the check digit that accounts have.
fn account(case: usize) -> String {
    let digits = format!("999900{case:09}");
    let weighed = digits.bytes().rev().enumerate().map(|(at, digit)| {
        let digit = u32::from(digit - b'0');
        if at % 2 == 0 {
            digit * 2 / 10 + digit * 2 % 10
        } else {
            digit
        }
    });
    let sum: u32 = weighed.sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

pub(super) const fn cause(contract: Contract) -> &'static str {
    match contract {
        Contract::Housing => "冰雹",
        Contract::Official | Contract::Sanitation => "collision",
        Contract::Aviation => "hard_landing",
        Contract::Report => "other",
    }
}

/// Every third official car stood in the hail: nobody has to visit those.
const fn cause_of(case: usize, contract: Contract) -> &'static str {
    match contract {
        Contract::Official if case.is_multiple_of(3) => "hail",
        Contract::Housing
        | Contract::Official
        | Contract::Sanitation
        | Contract::Aviation
        | Contract::Report => cause(contract),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers below a thousand are exact"
)]
fn place(village: &Village, story: &Story, case: usize) -> (f64, f64) {
    let (lat, lon) = village.place;
    let step = (case % 23) as f64;
    (lat + story.dice as f64 / 80_000.0, lon + step / 2_400.0)
}

fn owned(fields: &[(&str, String)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

pub(super) fn report(device: &Device, case: usize, story: &Story) -> Result<String, Failure> {
    let Some(village) = VILLAGES.get(story.village) else {
        return Err(Failure::bug("no_village", "a story without a village"));
    };
    let (lat, lon) = place(village, story, case);
    let mut fields = vec![
        ("household", person(case)),
        ("reporter", person(case)),
        ("phone", phone_no(case)),
        ("cause", cause_of(case, story.contract).to_owned()),
        ("place", format!("{} {} 号", village.name, case + 1)),
        ("position", format!("{lat:.6},{lon:.6}")),
        ("occurred_at", civil(story.at - 90 * MINUTE)),
        ("contract", story.contract.id().to_owned()),
        ("policy_from", "2026-01-01 00:00".to_owned()),
        ("policy_to", "2027-01-01 00:00".to_owned()),
        ("unit", format!("unit-{case}")),
    ];
    match story.contract {
        Contract::Housing => fields.extend([
            ("insured_class", "ordinary".to_owned()),
            ("area", "630223102".to_owned()),
        ]),
        Contract::Official => {
            fields.extend([("line", "motor".to_owned()), ("area", "440203".to_owned())])
        }
        Contract::Sanitation => {
            fields.extend([("line", "motor".to_owned()), ("area", "440112".to_owned())])
        }
        Contract::Aviation => fields.extend([
            ("line", "aircraft_comprehensive".to_owned()),
            ("unit", "h145_4401120088".to_owned()),
        ]),
        Contract::Report => fields.push(("policy_no", format!("PD-EXAMPLE-{case}"))),
    }
    if story.contract == Contract::Aviation {
        fields.remove(10);
    }
    let id = device.report_loss(None, &owned(&fields))?;
    let number = id.number().to_string();
    for name in ["report_received_at", "report_accepted_at"] {
        device.set_field(&number, &format!("times.{name}"), &story.at.to_string())?;
    }
    if story.dice % 3 != 0 {
        let soon = story.at + story.dice % 9 * MINUTE;
        device.set_field(&number, "times.contacted_at", &soon.to_string())?;
    }
    Ok(number)
}

/// Most come within two hours and write it down when the day's work allows; the others come when
/// the road is free again.
fn arrival(story: &Story, at: i64) -> i64 {
    let minutes = story.dice % 110;
    if story.dice % 5 < 3 {
        (story.at + (8 + minutes) * MINUTE).min(at)
    } else {
        at - minutes.min(30) * MINUTE
    }
}

/// The visit: times, what is insured, what is broken and what it costs, and photos.
pub(super) fn survey(
    device: &Device,
    (case, number): (usize, &str),
    (story, at): (&Story, i64),
) -> Done {
    let arrived = arrival(story, at);
    for (name, when) in [
        ("arrived_at", arrived),
        ("survey_started_at", arrived + 6 * MINUTE),
        ("survey_done_at", arrived + 31 * MINUTE),
    ] {
        device.set_field(number, &format!("times.{name}"), &when.to_string())?;
    }
    let add = |section: Section, fields: &[(&str, String)]| {
        device.add_row(number, section, &owned(fields))
    };
    add(
        Section::Parties,
        &[
            ("name", person(case)),
            ("role", "payee".to_owned()),
            ("id_no", id_no(case)),
            ("phone", phone_no(case)),
            ("account", account(case)),
        ],
    )?;
    match story.contract {
        Contract::Housing => house(device, (case, number), story)?,
        Contract::Official | Contract::Sanitation => vehicle(device, (case, number), story)?,
        Contract::Aviation => aircraft(device, number)?,
        Contract::Report => {}
    }
    let shots = if matches!(story.fate, Fate::Surveyed) {
        1
    } else {
        2
    };
    for shot in 0..shots {
        photograph(device, (case, number), (story, shot), at)?;
    }
    Ok(())
}

fn house(device: &Device, (case, number): (usize, &str), story: &Story) -> Done {
    let add = |section: Section, fields: &[(&str, String)]| {
        device.add_row(number, section, &owned(fields))
    };
    for (question, answer) in ANSWERS {
        add(
            Section::Answers,
            &[
                ("question", question.to_owned()),
                ("answer", answer.to_owned()),
            ],
        )?;
    }
    add(
        Section::Objects,
        &[
            ("kind", "house".to_owned()),
            ("label", "北房".to_owned()),
            ("insured_id", format!("house-{case}")),
            ("address", format!("示例地址 {} 号", case + 1)),
            ("structure", "土木".to_owned()),
            ("area", format!("{}.5", 40 + story.dice % 60)),
        ],
    )?;
    let grade = ["一般损坏", "严重损坏", "一般损坏"]
        .get(case % 3)
        .copied()
        .unwrap_or("一般损坏");
    add(
        Section::Damage,
        &[
            ("room", "北房".to_owned()),
            ("grade", grade.to_owned()),
            ("area", format!("{}.25", 8 + story.dice % 30)),
        ],
    )?;
    for (item, unit, price) in [("瓦片", "m2", 38), ("檩条", "根", 160)] {
        add(
            Section::Lines,
            &[
                ("part", "卧室".to_owned()),
                ("room", "北房".to_owned()),
                ("item", item.to_owned()),
                ("unit", unit.to_owned()),
                ("quantity", (3 + story.dice % 40).to_string()),
                ("unit_price", format!("{price}.00")),
                ("price_source", "同类房屋修复价".to_owned()),
                ("price_date", "2026-10-31".to_owned()),
            ],
        )?;
    }
    Ok(())
}

/// What the two vehicle contracts ask, and the answers.
const OFFICIAL: [(&str, &str); 6] = [
    ("single_party", "是"),
    ("third_party", "none"),
    ("third_party_injury", "否"),
    ("third_party_property", "否"),
    ("driver_injured", "否"),
    ("own_vehicles_only", "否"),
];
const AT_WORK: [(&str, &str); 3] = [
    ("in_operation", "是"),
    ("third_party", "none"),
    ("injuries", "否"),
];

fn vehicle(device: &Device, (case, number): (usize, &str), story: &Story) -> Done {
    let add = |section: Section, fields: &[(&str, String)]| {
        device.add_row(number, section, &owned(fields))
    };
    let is_official = story.contract == Contract::Official;
    let (kind, plate) = if is_official {
        ("official_vehicle", "粤F")
    } else {
        ("motor_vehicle", "粤A")
    };
    let answers: &[(&str, &str)] = if is_official { &OFFICIAL } else { &AT_WORK };
    for (question, answer) in answers {
        add(
            Section::Answers,
            &[
                ("question", (*question).to_owned()),
                ("answer", (*answer).to_owned()),
            ],
        )?;
    }
    add(
        Section::Objects,
        &[
            ("kind", kind.to_owned()),
            ("insured_id", format!("unit-{case}")),
            ("plate", format!("{plate}{:05}", case % 100_000)),
            ("make_model", "示例车型".to_owned()),
        ],
    )?;
    add(
        Section::Covers,
        &[
            ("cover", "own_damage".to_owned()),
            ("limit", "300000".to_owned()),
            ("deductible", "500".to_owned()),
        ],
    )?;
    let price = if case % 4 == 0 {
        26_000 + story.dice * 40
    } else {
        1_200 + story.dice * 6
    };
    add(
        Section::Lines,
        &[
            ("part", "vehicle_body".to_owned()),
            ("item", "前保险杠".to_owned()),
            ("quantity", "1".to_owned()),
            ("unit_price", format!("{price}.00")),
            ("price_source", "定点维修厂报价".to_owned()),
            ("price_date", "2026-11-01".to_owned()),
        ],
    )?;
    Ok(())
}

fn aircraft(device: &Device, number: &str) -> Done {
    let add = |section: Section, fields: &[(&str, &str)]| {
        let fields: Vec<(&str, String)> = fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        device.add_row(number, section, &owned(&fields))
    };
    add(
        Section::Objects,
        &[
            ("kind", "aircraft"),
            ("insured_id", "h145_4401120088"),
            ("crew", "2"),
            ("passengers", "4"),
        ],
    )?;
    add(
        Section::Covers,
        &[
            ("cover", "hull_and_spares"),
            ("limit", "70000000"),
            ("deductible", "0"),
        ],
    )?;
    for (question, answer) in [
        ("authorised_pilot", "authorised"),
        ("licence_valid", "valid"),
        ("within_flight_area", "是"),
    ] {
        add(
            Section::Answers,
            &[("question", question), ("answer", answer)],
        )?;
    }
    add(
        Section::Lines,
        &[
            ("part", "hull"),
            ("item", "起落架"),
            ("quantity", "1"),
            ("unit_price", "420000.00"),
            ("price_source", "厂家报价"),
            ("price_date", "2026-11-01"),
        ],
    )?;
    Ok(())
}

/// A small photo of its own, with the position and time of its scene; some are from elsewhere.
pub(super) fn photograph(
    device: &Device,
    (case, number): (usize, &str),
    (story, shot): (&Story, usize),
    at: i64,
) -> Done {
    let Some(village) = VILLAGES.get(story.village) else {
        return Ok(());
    };
    let (lat, lon) = place(village, story, case);
    let kinds = [
        SceneKind::House,
        SceneKind::Roof,
        SceneKind::Interior,
        SceneKind::WallCrack,
    ];
    let kind = kinds
        .get((case + shot) % kinds.len())
        .copied()
        .unwrap_or(SceneKind::House);
    let strays = story.dice % 29 == 0 && shot == 1;
    let taken = civil(at + i64::try_from(shot).unwrap_or(0) * 120_000).replace(' ', "T");
    let bytes = render(&Shot {
        width: 480,
        height: 360,
        seed: (case * 4 + shot) as u64,
        kind,
        taken_at: CivilTime {
            civil: format!("{taken}:00"),
            offset: Some("+08:00".to_owned()),
        },
        place: (if strays { lat + 0.4 } else { lat }, lon, 2_500.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    });
    let fix = fix((lat, lon));
    let (slot, caption) = if shot == 0 {
        ("whole_house", "全貌")
    } else {
        ("damaged_room", "损坏细节")
    };
    let is_housing = story.contract == Contract::Housing;
    device.add_photo(
        number,
        NewPhoto {
            bytes: &bytes,
            origin: if strays {
                Origin::Gallery
            } else {
                Origin::Camera
            },
            taken: Taken {
                shutter: None,
                fix: fix.filter(|_| !strays),
            },
            slot: if is_housing { slot } else { "" },
            caption,
        },
    )?;
    Ok(())
}

/// What the phone's receiver says there.
fn fix((lat, lon): (f64, f64)) -> Option<Fix> {
    Wgs84::new(lat, lon).ok().map(|place| Fix {
        place,
        accuracy_m: Some(12.0),
        alt_m: None,
        satellites: None,
        age_ms: 900,
        provider: Provider::Receiver,
    })
}

/// A signature drawn with a finger; every hand is another.
pub(super) fn sign(device: &Device, case: usize, number: &str) -> Done {
    let turn = i32::try_from(case % 17).unwrap_or(0);
    let point = |step: i32| Point {
        x: 120 + 11 * step,
        y: 300 + ((step * (turn + 3)) % 13 - 6) * 12,
        t_ms: u32::try_from(16 * step).unwrap_or(0),
        pressure: 500,
    };
    let name = person(case);
    let new = NewSignature {
        signer: &name,
        act: Signing::Signed,
        wanted: Wanted::default(),
        strokes: vec![
            Stroke((0..30).map(point).collect()),
            Stroke((34..62).map(point).collect()),
        ],
        screen: (1_080, 640),
        claims: SignerClaims::default(),
    };
    device.sign(number, &new)?;
    Ok(())
}

/// Found later: one quantity was counted wrong.
pub(super) fn change(device: &Device, number: &str) -> Done {
    let view = device.case(number)?;
    let row = view
        .standing
        .record
        .rows(Section::Lines)
        .map(|(id, _)| id.to_string())
        .next();
    match row {
        Some(row) => Ok(device.set_field(number, &format!("lines.{row}.quantity"), "2")?),
        None => Ok(()),
    }
}
