//! The end of the story: what came late, receipts, new phones, and what lies on the disk.
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

use std::path::Path;

use lossbook_core::domain::Digest;
use lossbook_core::record::Section;
use lossbook_core::statement::CaseStatus;
use serde_json::Value;

use super::super::checks::Checks;
use super::super::world::World;
use super::{Cast, FARMER, Told};

pub(super) fn late_arrivals(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "迟到的离线记录：备注不影响审批，金额会重新打开案件",
        "Late offline edits: a note changes nothing, an amount reopens the case",
    );
    world.link.lose();
    cast.liaison.add(
        &cast.case,
        Section::Notes,
        &[("text", "雨后西墙渗水，已拍照")],
    )?;
    world.link.good();
    world.sync_fully(&cast.liaison)?;
    let after_note = world.office_case(&cast.reviewer, &cast.case)?["status"].clone();
    checks.check(
        "late_note_reopens_nothing",
        after_note == "approved",
        format!("after the note: {after_note}"),
    );
    world.link.lose();
    let path = format!("lines.{}.amount", cast.line);
    cast.liaison.device.set_field(&cast.case, &path, "1400")?;
    world.link.good();
    world.sync_fully(&cast.liaison)?;
    world.sync_fully(&cast.surveyor)?;
    let at_office = world.office_case(&cast.reviewer, &cast.case)?["status"].clone();
    let status = cast.surveyor.case(&cast.case)?.standing.status;
    let named = matches!(&status, CaseStatus::Reopened(fields) if fields.iter().any(|one| one.path == path));
    checks.check(
        "late_amount_reopens",
        at_office == "reopened" && named,
        format!("after the amount: {at_office}, naming {path}"),
    );
    Ok(())
}

pub(super) fn receipts(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "回执：每条记录都有总部签名的回执",
        "Receipts: every entry is under the hub's signature",
    );
    for phone in [&cast.liaison, &cast.surveyor] {
        world.sync_fully(phone)?;
    }
    let (a, b) = (cast.liaison.receipts()?, cast.surveyor.receipts()?);
    world.receipts = a.1 + b.1;
    let confirmed = a.0 == a.1 && b.0 == b.1;
    let word = cast.liaison.case(&cast.case)?.progress.word();
    checks.check(
        "all_confirmed",
        confirmed && word == "confirmed",
        format!(
            "{} of {} entries; the case reads {word}",
            a.1 + b.1,
            a.0 + b.0
        ),
    );
    Ok(())
}

pub(super) fn fresh_phones(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "两部新手机拉取全部：与总部一致",
        "Two fresh phones pull everything and agree",
    );
    let expected = cast.surveyor.print()?;
    let mut same = expected == cast.liaison.print()?;
    for (name, user) in [("fresh1", "查勘员丁"), ("fresh2", "查勘员戊")] {
        let phone = world.phone(name, ("surveyor", user))?;
        world.sync_fully(&phone)?;
        same &= phone.print()? == expected;
        let rebuilt = phone.device.rebuild()?;
        same &= rebuilt.differing.is_empty() && phone.print()? == expected;
    }
    for line in &expected {
        let number = line.split_whitespace().next().unwrap_or_default();
        let at_hub = world.office_case(&cast.reviewer, number)?["heads"].clone();
        let heads = cast.surveyor.case(number)?.standing.heads;
        let on_phone: Vec<String> = heads.iter().map(Digest::to_hex).collect();
        same &= at_hub == Value::from(on_phone);
    }
    checks.check("replicas_agree", same, "same heads, totals and photo digests on four phones and the hub; a rebuild changes nothing");
    Ok(())
}

pub(super) fn at_rest(checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "手机文件夹里没有明文",
        "No file of a phone can be read without its key",
    );
    let secrets: [&[u8]; 6] = [
        FARMER.as_bytes(),
        "北庄村".as_bytes(),
        "632126190001010011".as_bytes(),
        b"SQLite format 3",
        b"JFIF",
        b"Exif\0\0",
    ];
    let mut files = 0;
    let mut found = 0;
    for phone in [&cast.liaison, &cast.surveyor] {
        scan(&phone.home, &mut |bytes| {
            files += 1;
            found += secrets
                .iter()
                .filter(|secret| bytes.windows(secret.len()).any(|window| window == **secret))
                .count();
        });
    }
    checks.check(
        "nothing_readable_at_rest",
        found == 0 && files > 0,
        format!("{files} files hold no name, ID number, place or picture header"),
    );
    Ok(())
}

fn scan(folder: &Path, check: &mut dyn FnMut(&[u8])) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scan(&path, check);
        } else if let Ok(bytes) = std::fs::read(&path) {
            check(&bytes);
        }
    }
}
