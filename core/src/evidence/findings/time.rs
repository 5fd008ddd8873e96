//! When a photo was taken: camera, satellites, device, hub; and whether the device's clock was set.

use super::{Finding, FindingCode, Grade, Moment, Shot, Source, Thresholds, graded_ms, seconds};
use crate::domain::{CivilTime, WallMs};

/// A quartz gains or loses at most so many parts of a million.
const DRIFT_PPM: i64 = 200;
/// No zone is further from Greenwich.
const FARTHEST_ZONE_MS: i64 = 14 * 3_600 * 1_000;

/// The instant a camera means; without an offset, in the zone the case lies in.
fn instant(time: &CivilTime, zone_minutes: i64) -> Option<i64> {
    let civil: jiff::civil::DateTime = time.civil.parse().ok()?;
    let minutes = match &time.offset {
        Some(offset) => offset_minutes(offset)?,
        None => zone_minutes,
    };
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let ms = utc.timestamp().as_millisecond();
    ms.checked_sub(minutes.checked_mul(60_000)?)
}

fn offset_minutes(offset: &str) -> Option<i64> {
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let total = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some(sign * total)
}

pub(super) fn camera(shot: &Shot, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::TimeCamera;
    let taken = shot
        .claims
        .taken_at
        .as_ref()
        .and_then(|time| instant(time, thresholds.zone_minutes));
    let (Some(taken), Some(moment)) = (taken, shot.moment) else {
        return Finding::missing(code, "no_pair");
    };
    let ahead = taken.saturating_sub(moment.clocks.wall.0);
    match shot.source {
        Source::InApp => {
            let grade = graded_ms(ahead, thresholds.camera_ms);
            Finding::new(code, grade, "one_clock").with("seconds", seconds(ahead))
        }
        Source::Gallery | Source::Imported | Source::Bundle if ahead > thresholds.camera_ms.0 => {
            Finding::new(code, Grade::Fail, "in_the_future").with("seconds", seconds(ahead))
        }
        Source::Gallery | Source::Imported | Source::Bundle => {
            let age = ahead.saturating_neg();
            let grade = if age <= thresholds.gallery_ms {
                Grade::Pass
            } else {
                Grade::Warn
            };
            Finding::new(code, grade, "age").with("hours", seconds(age.max(0)) / 3_600.0)
        }
    }
}

pub(super) fn satellites(shot: &Shot, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::TimeSatellites;
    let (Some(taken), Some(heard)) = (&shot.claims.taken_at, shot.claims.gps_time) else {
        return Finding::missing(code, "no_pair");
    };
    let Some(camera) = instant(taken, thresholds.zone_minutes) else {
        return Finding::missing(code, "no_pair");
    };
    let ahead = camera.saturating_sub(heard.0);
    let grade = graded_ms(ahead, thresholds.satellites_ms);
    // Without an offset the camera may have been set to another zone; beyond the farthest zone
    // nothing explains the difference.
    let by_zone = ahead.saturating_add(thresholds.zone_minutes * 60_000).abs() <= FARTHEST_ZONE_MS;
    let (grade, case) = match (grade, &taken.offset) {
        (Grade::Fail | Grade::Warn, None) if by_zone => (Grade::Warn, "another_zone"),
        (grade, _) => (grade, "difference"),
    };
    Finding::new(code, grade, case).with("seconds", seconds(ahead))
}

pub(super) fn device(shot: &Shot, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::TimeDevice;
    let Some(ahead) = shot.moment.as_ref().and_then(ahead_of_satellites) else {
        return Finding::missing(code, "no_satellites");
    };
    let grade = graded_ms(ahead, thresholds.device_clock_ms);
    Finding::new(code, grade, "difference").with("seconds", seconds(ahead))
}

/// By how much the wall clock was ahead of the satellites.
fn ahead_of_satellites(moment: &Moment) -> Option<i64> {
    let fix = moment.fix?;
    let now = fix.satellites?.0.checked_add(fix.age_ms.into())?;
    moment.clocks.wall.0.checked_sub(now)
}

pub(super) fn hub(shot: &Shot, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::TimeHub;
    let Some(moment) = shot.moment else {
        return Finding::missing(code, "no_pair");
    };
    let wall = moment.clocks.wall.0;
    let behind = |WallMs(bound): WallMs| wall.saturating_sub(bound).min(0);
    let ahead = |WallMs(bound): WallMs| wall.saturating_sub(bound).max(0);
    let outside = match (shot.hub.not_before, shot.hub.not_after) {
        (None, None) => return Finding::missing(code, "no_hub"),
        (from, to) => {
            let behind = from.map_or(0, behind);
            if behind < 0 {
                behind
            } else {
                to.map_or(0, ahead)
            }
        }
    };
    let case = match outside {
        0 => "within",
        ..0 => "before",
        _ => "after",
    };
    let grade = graded_ms(outside, thresholds.hub_ms);
    Finding::new(code, grade, case).with("seconds", seconds(outside))
}

pub(super) fn clock_set(shot: &Shot, before: Option<&Shot>, thresholds: &Thresholds) -> Finding {
    let code = FindingCode::ClockSet;
    let pair = shot.moment.zip(before.and_then(|before| before.moment));
    let Some((now, then)) = pair else {
        return Finding::missing(code, "first");
    };
    let passed = now.clocks.wall.0.saturating_sub(then.clocks.wall.0);
    let step = if now.clocks.boot_id == then.clocks.boot_id {
        let mono = |moment: &Moment| i64::try_from(moment.clocks.mono_ms).unwrap_or(i64::MAX);
        let elapsed = mono(&now).saturating_sub(mono(&then));
        if elapsed < 0 {
            let finding = Finding::new(code, Grade::Fail, "boot_clock_ran_back");
            return finding.with("seconds", seconds(elapsed));
        }
        let drift = elapsed.saturating_mul(DRIFT_PPM) / 1_000_000;
        beyond(passed.saturating_sub(elapsed), drift)
    } else {
        match across_boots(&then, &now, passed) {
            Ok(step) => step,
            Err(finding) => return finding,
        }
    };
    let case = match (graded_ms(step, thresholds.clock_step_ms), step) {
        (Grade::Pass | Grade::NotAvailable, _) => "steady",
        (Grade::Warn | Grade::Fail, ..0) => "set_back",
        (Grade::Warn | Grade::Fail, _) => "set_forward",
    };
    Finding::new(code, graded_ms(step, thresholds.clock_step_ms), case)
        .with("seconds", seconds(step))
}

/// The clock that counts since boot starts anew, so the satellites measure; without them, a boot
/// that began before the shot before it betrays a clock set back, and nothing betrays one set
/// forward.
fn across_boots(then: &Moment, now: &Moment, passed: i64) -> Result<i64, Finding> {
    if let (Some(then), Some(now)) = (ahead_of_satellites(then), ahead_of_satellites(now)) {
        let drift = passed.saturating_abs().saturating_mul(DRIFT_PPM) / 1_000_000;
        return Ok(beyond(now.saturating_sub(then), drift));
    }
    let since_boot = i64::try_from(now.clocks.mono_ms).unwrap_or(i64::MAX);
    let booted_after = passed.saturating_sub(since_boot);
    if booted_after < 0 {
        Ok(booted_after)
    } else {
        Err(Finding::missing(FindingCode::ClockSet, "rebooted"))
    }
}

/// The step, unless it is within the tolerance.
fn beyond(step: i64, tolerance: i64) -> i64 {
    if step.saturating_abs() <= tolerance {
        0
    } else {
        step
    }
}
