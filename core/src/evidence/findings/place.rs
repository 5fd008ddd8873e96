//! Where a photo was taken: file, device, other photos, insured address, and the way in between.

use super::{Finding, FindingCode, Grade, Moment, Shot, Source, Thresholds, graded, seconds};
use crate::domain::{Gcj02, Wgs84};

/// A grid mistaken for another explains a distance if little of it is left afterwards.
const EXPLAINED: f64 = 0.2;
/// Shorter ways say nothing about speed: positions waver.
const LEAST_WAY_M: f64 = 300.0;

pub(super) fn device(shot: &Shot, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::PlaceDevice;
    let (Some(place), Some(fix)) = (shot.claims.place, shot.moment.and_then(|moment| moment.fix))
    else {
        return Finding::missing(code, "no_pair");
    };
    let metres = place.metres_to(fix.place);
    let wavering = shot.claims.accuracy_m.unwrap_or(0.0) + fix.accuracy_m.unwrap_or(0.0);
    let grade = graded((metres - wavering).max(0.0), thresholds.device_m);
    // A file from elsewhere may show another place; only the app's own camera stands where the
    // device stands.
    let grade = match shot.source {
        Source::InApp => grade,
        Source::Gallery | Source::Imported | Source::Bundle => grade.min(Grade::Warn),
    };
    let regridded = shot
        .claims
        .degrees
        .and_then(|(lat, lon)| Gcj02::new(lat, lon).ok())
        .map(|drawn| Wgs84::from(drawn).metres_to(fix.place))
        .filter(|left| grade != Grade::Pass && *left < metres * EXPLAINED);
    match regridded {
        Some(left) => Finding::new(code, Grade::Warn, "shifted_grid")
            .with("metres", metres)
            .with("metres_as_gcj02", left),
        None => Finding::new(code, grade, "distance").with("metres", metres),
    }
}

pub(super) fn others(shot: &Shot, shots: &[Shot], thresholds: &Thresholds) -> Finding {
    let code = FindingCode::PlaceOthers;
    let Some((place, accuracy)) = shot.place() else {
        return Finding::missing(code, "no_pair");
    };
    let mut ways: Vec<f64> = shots
        .iter()
        .filter(|other| other.photo != shot.photo)
        .filter_map(|other| other.place().map(|(there, _)| place.metres_to(there)))
        .collect();
    ways.sort_by(f64::total_cmp);
    // The nearer half decides: a few strays do not make the honest ones look lost.
    let Some(metres) = ways.get(ways.len().saturating_sub(1) / 2) else {
        return Finding::missing(code, "no_pair");
    };
    let grade = graded((metres - accuracy).max(0.0), thresholds.others_m);
    let count = u32::try_from(ways.len()).unwrap_or(u32::MAX);
    Finding::new(code, grade, "distance")
        .with("metres", *metres)
        .with("photos", count.into())
}

pub(super) fn insured(shot: &Shot, insured: Option<Wgs84>, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::PlaceInsured;
    let (Some((place, accuracy)), Some(insured)) = (shot.place(), insured) else {
        return Finding::missing(code, "no_pair");
    };
    let metres = place.metres_to(insured);
    let grade = graded((metres - accuracy).max(0.0), thresholds.insured_m);
    Finding::new(code, grade, "distance").with("metres", metres)
}

pub(super) fn travel(shot: &Shot, before: Option<&Shot>, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::Travel;
    let own = |shot: &Shot| match shot.source {
        Source::InApp => Some((shot.moment?, shot.place()?)),
        Source::Gallery | Source::Imported | Source::Bundle => None,
    };
    let (Some((now, (here, here_m))), Some((then, (there, there_m)))) =
        (own(shot), before.and_then(own))
    else {
        return Finding::missing(code, "no_pair");
    };
    let Some(elapsed_ms) = elapsed_ms(&then, &now) else {
        return Finding::missing(code, "no_clock");
    };
    let metres = (here.metres_to(there) - here_m - there_m).max(0.0);
    let elapsed = seconds(elapsed_ms).max(1.0);
    let speed = metres / elapsed;
    let grade = if metres < LEAST_WAY_M {
        Grade::Pass
    } else {
        graded(speed, thresholds.travel_m_s)
    };
    Finding::new(code, grade, "speed")
        .with("metres", metres)
        .with("seconds", elapsed)
        .with("km_h", speed * 3.6)
}

/// By the clock that nobody can set within a boot, else by the satellites, else by the wall clock
/// if it at least went forward.
fn elapsed_ms(then: &Moment, now: &Moment) -> Option<i64> {
    if then.clocks.boot_id == now.clocks.boot_id {
        return i64::try_from(now.clocks.mono_ms.checked_sub(then.clocks.mono_ms)?).ok();
    }
    let satellites = |moment: &Moment| moment.fix.and_then(|fix| fix.satellites);
    let (from, to) = match (satellites(then), satellites(now)) {
        (Some(from), Some(to)) => (from, to),
        (None, _) | (_, None) => (then.clocks.wall, now.clocks.wall),
    };
    to.0.checked_sub(from.0).filter(|elapsed| *elapsed > 0)
}
