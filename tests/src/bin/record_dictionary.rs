//! Makes the dictionary that documents are packed with in the store (`core/src/record/stowed.rs`).
//!
//! Input: nothing; output: `core/dict/record-1.zdict`, from 1,200 made-up cases, the same on every
//! machine, and a line that says how much it saves on 300 others. Names, places and texts of these
//! cases are in no test or benchmark. Only for a new number: a released dictionary never changes.
#![expect(clippy::print_stdout, reason = "what it saves is the answer")]

use std::error::Error;
use std::path::Path;

use lossbook_core::domain::{CaseId, Digest, RowId, WallMs};
use lossbook_core::record::{
    CaseDocument, Edit, FieldPath, NewRow, Section, Thousandths, Value, ValueKind, fields,
};
use lossbook_tests::cases::Dice;

const SAMPLES: i64 = 1_200;
const OTHERS: i64 = 300;
const BYTES: usize = 16 * 1024;

const NAMES: [&str; 8] = [
    "马占林",
    "韩玉兰",
    "祁生福",
    "鲍有德",
    "冶海云",
    "星成军",
    "才让卓玛",
    "铁国庆",
];
const WORDS: [&str; 18] = [
    "暴雨",
    "洪水",
    "雪灾",
    "滑坡",
    "砖木",
    "土木",
    "砖混",
    "檩条",
    "土坯墙",
    "屋面",
    "门窗",
    "西房",
    "东房",
    "厨房",
    "围墙",
    "损坏",
    "倒塌",
    "是",
];
const UNITS: [&str; 5] = ["m²", "m", "间", "扇", "件"];
const SHOTS: [&str; 6] = [
    "whole_house",
    "each_damaged_room",
    "cause",
    "claimant_with_surveyor",
    "damage_near",
    "damage_far",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut samples = Vec::new();
    for seed in 0..SAMPLES {
        let mut document = document(seed)?;
        samples.push(document.save_plain());
    }
    let dictionary = zstd::dict::from_samples(&samples, BYTES)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/dict");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("record-1.zdict"), &dictionary)?;
    let (mut own, mut packed) = (0, 0);
    let mut packer = zstd::bulk::Compressor::with_dictionary(19, &dictionary)?;
    for seed in SAMPLES..SAMPLES + OTHERS {
        let mut document = document(seed)?;
        own += document.save().len();
        packed += packer.compress(&document.save_plain())?.len();
    }
    println!(
        "{} bytes, {}; {OTHERS} other cases take {own} bytes as Automerge saves them, {packed} packed",
        dictionary.len(),
        Digest::of(&dictionary)
    );
    Ok(())
}

fn document(seed: i64) -> Result<CaseDocument, Box<dyn Error>> {
    let mut dice = Dice::new(u64::try_from(seed)? ^ 0x5EED_0D1C);
    let case = CaseId::from_bytes(bytes(&mut dice));
    let at = WallMs(1_700_000_000_000 + dice.below(40_000_000) * 1_000);
    let first: Vec<Edit> = rows(&mut dice, at);
    let (mut document, _) = CaseDocument::create(case, bytes(&mut dice), &first, at)?;
    let changed: Vec<(FieldPath, ValueKind)> = first
        .iter()
        .filter_map(|edit| later(edit, &mut dice))
        .collect();
    for step in 0..dice.below(90) {
        if dice.chance(6) {
            document.set_actor(bytes(&mut dice));
        }
        if let Some((path, kind)) = dice.pick(&changed).cloned() {
            let value = value(kind, path.name, &mut dice);
            document.write(&[Edit::Set(path, value)], WallMs(at.0 + step * 60_000))?;
        }
    }
    Ok(document)
}

/// A field of an edit that may be written again.
fn later(edit: &Edit, dice: &mut Dice) -> Option<(FieldPath, ValueKind)> {
    let path = match edit {
        Edit::Set(path, _) => path.clone(),
        Edit::Add(row) => FieldPath {
            section: row.section,
            row: Some(row.id),
            name: dice.pick(&row.values)?.0,
        },
    };
    let kind = path.spec()?.kind;
    (kind != ValueKind::Prose).then_some((path, kind))
}

/// A report, and rows of the sections that have them, as many as cases have.
fn rows(dice: &mut Dice, at: WallMs) -> Vec<Edit> {
    let mut edits = Vec::new();
    for section in Section::ALL {
        if !section.has_rows() {
            for spec in fields(section) {
                if dice.chance(60) {
                    let path = FieldPath {
                        section,
                        row: None,
                        name: spec.name,
                    };
                    edits.push(Edit::Set(path, value(spec.kind, spec.name, dice)));
                }
            }
            continue;
        }
        let most = if section == Section::Photos {
            24
        } else if section == Section::Lines {
            16
        } else {
            4
        };
        for _ in 0..dice.below(most) {
            let mut values = Vec::new();
            for spec in fields(section).filter(|spec| spec.name != "removed") {
                if dice.chance(70) {
                    values.push((spec.name, value(spec.kind, spec.name, dice)));
                }
            }
            edits.push(Edit::Add(NewRow {
                section,
                id: row_id(dice, at.0),
                values,
            }));
        }
    }
    edits
}

fn value(kind: ValueKind, name: &str, dice: &mut Dice) -> Value {
    let word =
        |all: &[&str], dice: &mut Dice| dice.pick(all).copied().unwrap_or_default().to_owned();
    match kind {
        ValueKind::Money => Value::Money(dice.money(3_000_000)),
        ValueKind::Number => Value::Number(Thousandths(dice.below(400) * 250)),
        ValueKind::Time => Value::Time(WallMs(1_700_000_000_000 + dice.below(40_000_000_000))),
        ValueKind::Digest => {
            let (one, two): ([u8; 16], [u8; 16]) = (bytes(dice), bytes(dice));
            Value::Digest(Digest::of(&[one, two].concat()))
        }
        ValueKind::Position => Value::Text(format!(
            "{}.{:06},{}.{:06}",
            30 + dice.below(8),
            dice.below(1_000_000),
            96 + dice.below(9),
            dice.below(1_000_000)
        )),
        ValueKind::Text | ValueKind::Prose => Value::Text(match name {
            "household" | "reporter" | "name" | "by" => word(&NAMES, dice),
            "phone" => format!("13{:09}", dice.below(1_000_000_000)),
            "policy_no" | "id_no" | "account" | "number" => {
                format!("{:018}", dice.below(1_000_000_000_000_000_000))
            }
            "unit" => word(&UNITS, dice),
            "slot" => word(&SHOTS, dice),
            "occurred_at" => format!(
                "2024-{:02}-{:02}T{:02}:20:00+08:00",
                1 + dice.below(12),
                1 + dice.below(28),
                dice.below(24)
            ),
            _ => format!("{}{}", word(&WORDS, dice), word(&WORDS, dice)),
        }),
    }
}

/// As devices mint them: the time first, then chance (UUIDv7).
fn row_id(dice: &mut Dice, at: i64) -> RowId {
    let mut id: [u8; 16] = bytes(dice);
    let [_, _, time @ ..] = (at + dice.below(3_600_000)).to_be_bytes();
    let (head, rest) = id.split_at_mut(time.len());
    head.copy_from_slice(&time);
    if let Some(version) = rest.first_mut() {
        *version = 0x70 | (*version & 0x0F);
    }
    RowId::from_bytes(id)
}

fn bytes(dice: &mut Dice) -> [u8; 16] {
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = u8::try_from(dice.below(256)).unwrap_or(0);
    }
    bytes
}
