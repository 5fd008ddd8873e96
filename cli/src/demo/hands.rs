//! The scene without any network: a bundle from one phone to the other, then a meeting of the two,
//! and one of them brings everything to the hub.

use std::io::{self, Write};

use lossbook_core::app::AppError;
use lossbook_core::app::bundle::{BundleSink, NewBundle};
use lossbook_core::record::Section;
use lossbook_core::sync::peer::{PeerEvent, PeerStep, Role};

use super::checks::Checks;
use super::story::{Cast, Told};
use super::world::{Phone, World};
use crate::failure::Failure;

/// A bundle in memory, as a stick would hold it.
#[derive(Default)]
struct Stick(Vec<u8>);

impl Write for Stick {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BundleSink for Stick {
    fn begin(&mut self, _part: u32) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A case by stick, an edit back from phone to phone, both to the hub through one of them.
pub(super) fn tell(world: &mut World, checks: &mut Checks<'_>, cast: &Cast) -> Told {
    checks.step(
        "没有网络也没有总部：存储卡传案件，两部手机直接互传",
        "No network, no hub: a case on a stick, then phone to phone",
    );
    world.link.lose();
    let (surveyor, liaison) = (&cast.surveyor, &cast.liaison);
    let case = by_stick(world, checks, (surveyor, liaison))?;
    liaison.add(&case, Section::Notes, &[("text", "屋后土墙也有裂缝")])?;
    let crossed = meet(liaison, surveyor)?;
    let notes = surveyor
        .case(&case)?
        .standing
        .record
        .rows(Section::Notes)
        .count();
    checks.check(
        "phones_met",
        notes == 1,
        format!("{crossed} bytes from phone to phone, each proven to the other by the hub's word"),
    );
    world.link.good();
    world.sync_fully(surveyor)?;
    let at_hub = world.office_case(&cast.reviewer, &case)?;
    let heads: Vec<String> = liaison
        .case(&case)?
        .standing
        .heads
        .iter()
        .map(ToString::to_string)
        .collect();
    checks.check(
        "relayed_to_hub",
        at_hub.get("heads") == Some(&heads.into()),
        "the surveyor's exchange brought the liaison's note as well, under the liaison's seal",
    );
    world.sync_fully(liaison)?;
    world.sync_fully(surveyor)?;
    Ok(())
}

/// A new case of one phone, on a stick, for the other; its number.
fn by_stick(
    world: &World,
    checks: &mut Checks<'_>,
    (from, to): (&Phone, &Phone),
) -> Result<String, Failure> {
    let case = from.report(&[
        ("household", "农户赵六"),
        ("cause", "暴雨"),
        ("place", "五十镇北庄村"),
        ("contract", super::CONTRACT),
    ])?;
    let photo = world.photos.first();
    let photo = photo
        .map(|picture| from.photograph(&case, picture))
        .transpose()?;
    let bytes = stick(from, to)?;
    let imported = to
        .device
        .import_bundle(&mut bytes.as_slice(), (0, &mut |_, _| {}))?;
    let here = photo.is_none_or(|photo| to.device.blob_range(&photo.facts.digest, 0, 1).is_ok());
    checks.check(
        "bundle_by_hand",
        imported.outcome.complete && here && to.case(&case).is_ok(),
        format!(
            "{} bytes on a stick, sealed for one phone; case and photo are there",
            bytes.len()
        ),
    );
    Ok(case)
}

fn stick(from: &Phone, to: &Phone) -> Result<Vec<u8>, Failure> {
    let wish = NewBundle {
        to: vec![to.device.identity()?.device.to_string()],
        ..NewBundle::default()
    };
    let mut stick = Stick::default();
    from.device
        .export_bundle(&wish, &mut stick, &mut |_, _| {})?;
    Ok(stick.0)
}

/// Lets two phones meet in memory; says how many bytes crossed.
fn meet(one: &Phone, other: &Phone) -> Result<usize, Failure> {
    let (mut asking, mut ours) = one.device.meet(Role::Asks)?;
    let (mut answering, mut theirs) = other.device.meet(Role::Answers)?;
    let mut said = asking.step(&mut ours, PeerEvent::Start);
    let mut answered = answering.step(&mut theirs, PeerEvent::Start);
    let mut crossed = 0;
    loop {
        let moved = said.send.len() + answered.send.len();
        crossed += moved;
        let heard_there = answering.step(&mut theirs, told(&said));
        let heard_here = asking.step(&mut ours, told(&answered));
        for end in [&heard_here.end, &heard_there.end].into_iter().flatten() {
            end.clone().map_err(AppError::Peer)?;
        }
        let is_still = heard_here.send.is_empty() && heard_there.send.is_empty();
        if moved == 0 && is_still {
            break;
        }
        (said, answered) = (heard_here, heard_there);
    }
    ours.end()?;
    theirs.end()?;
    Ok(crossed)
}

/// What a side is told: what came, or that its own was written.
const fn told(step: &PeerStep) -> PeerEvent<'_> {
    if step.send.is_empty() {
        PeerEvent::Written
    } else {
        PeerEvent::Bytes(step.send.as_slice())
    }
}
