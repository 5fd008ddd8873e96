//! How a photo came in, what was not kept before it, and who gave its position.

use super::{Finding, FindingCode, Grade, Provider, Shot, Source, Thresholds};

pub(super) fn source(shot: &Shot, thresholds: &Thresholds) -> Finding {
    let (grade, case) = match shot.source {
        Source::InApp => (Grade::Pass, "in_app"),
        Source::Gallery => (Grade::Warn, "gallery"),
        Source::Imported => (Grade::Warn, "imported"),
        Source::Bundle => (Grade::Warn, "bundle"),
    };
    let demanded = !shot.slot.is_empty() && thresholds.in_app_slots.contains(&shot.slot);
    if demanded && shot.source != Source::InApp {
        return Finding::new(FindingCode::Origin, Grade::Fail, "in_app_demanded");
    }
    Finding::new(FindingCode::Origin, grade, case)
}

/// Numbers between the shot kept before and this one that no photo of the case has.
pub(super) fn shutter(shot: &Shot, shots: &[Shot]) -> Finding {
    let count = |shot: &Shot| shot.moment.and_then(|moment| moment.shutter);
    let Some(own) = count(shot) else {
        return Finding::missing(FindingCode::ShutterGap, "not_counted");
    };
    // A shot that was kept late fills its place.
    let filled = shots
        .iter()
        .filter(|other| other.line == shot.line)
        .filter_map(count)
        .filter(|other| other.number > own.kept_before && other.number < own.number)
        .count() as u64;
    let between = own.number.saturating_sub(own.kept_before.saturating_add(1));
    let missing = u32::try_from(between.saturating_sub(filled)).unwrap_or(u32::MAX);
    let number = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let finding = if missing == 0 {
        Finding::new(FindingCode::ShutterGap, Grade::Pass, "no_gap")
    } else {
        Finding::new(FindingCode::ShutterGap, Grade::Warn, "gap")
            .with("missing", missing.into())
            .with("kept_before", number(own.kept_before))
    };
    finding.with("number", number(own.number))
}

pub(super) fn mocked(shot: &Shot) -> Finding {
    let Some(fix) = shot.moment.and_then(|moment| moment.fix) else {
        return Finding::missing(FindingCode::MockedPosition, "no_fix");
    };
    match fix.provider {
        Provider::Receiver => Finding::new(FindingCode::MockedPosition, Grade::Pass, "receiver"),
        // A receiver on a cable is given to the system in the same way, so nobody is refused.
        Provider::Program => Finding::new(FindingCode::MockedPosition, Grade::Warn, "program"),
    }
}
