//! A surveyor's day, one oddity at a time.

use super::*;

const PHONE: (DeviceId, Epoch) = (DeviceId::from_bytes([1; 16]), Epoch::from_bytes([1; 8]));
/// 2025-07-01T14:00:00+08:00
const START: i64 = 1_751_349_600_000;

fn house() -> Wgs84 {
    Wgs84::new(36.834, 101.952).unwrap()
}

/// An honest shot, `at` milliseconds into the afternoon.
fn shot(number: u64, at: i64) -> Shot {
    let civil = jiff::Timestamp::from_millisecond(START + at + 8 * HOUR).unwrap();
    Shot {
        photo: Digest::of(&number.to_be_bytes()),
        line: PHONE,
        seq: number,
        source: Source::InApp,
        slot: "house".to_owned(),
        moment: Some(Moment {
            clocks: Reading {
                wall: WallMs(START + at),
                boot_id: [7; 16],
                mono_ms: u64::try_from(at).unwrap() + 5_000,
            },
            shutter: Some(ShutterCount {
                number,
                kept_before: number - 1,
            }),
            fix: Some(Fix {
                place: house(),
                accuracy_m: Some(5.0),
                alt_m: None,
                satellites: Some(WallMs(START + at)),
                age_ms: 0,
                provider: Provider::Receiver,
            }),
        }),
        claims: ShotClaims {
            taken_at: Some(CivilTime {
                civil: civil.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                offset: None,
            }),
            gps_time: Some(WallMs(START + at)),
            degrees: Some((house().lat(), house().lon())),
            place: Some(house()),
            accuracy_m: None,
        },
        hub: HubBracket::default(),
    }
}

fn moment(shot: &mut Shot) -> &mut Moment {
    shot.moment.as_mut().unwrap()
}

fn judge(shots: &[Shot]) -> Vec<PhotoFindings> {
    findings(shots, Some(house()), &Thresholds::default())
}

fn last(shots: &[Shot], code: FindingCode) -> Finding {
    judge(shots).last().unwrap().of(code).unwrap().clone()
}

#[test]
fn honest_shots_pass_everywhere_that_something_can_be_compared() {
    for one in judge(&[shot(1, 0), shot(2, 60_000), shot(3, 120_000)]) {
        assert_eq!(one.findings.len(), FindingCode::ALL.len());
        assert!(one.worst() <= Grade::Pass, "{one:?}");
    }
}

#[test]
fn a_clock_set_back_or_forward_between_shots_is_found() {
    for (step, case) in [(-3 * HOUR, "set_back"), (3 * HOUR, "set_forward")] {
        let mut later = shot(2, 60_000);
        moment(&mut later).clocks.wall.0 += step;
        let found = last(&[shot(1, 0), later], FindingCode::ClockSet);
        assert_eq!((found.grade, found.case), (Grade::Fail, case));
        assert_eq!(found.numbers, [("seconds", seconds(step))]);
    }
}

#[test]
fn a_clock_set_across_a_reboot_is_found_by_the_satellites_or_by_the_boot_itself() {
    let rebooted = |step: i64, satellites: bool| {
        let (mut first, mut later) = (shot(1, 0), shot(2, 600_000));
        let now = moment(&mut later);
        now.clocks.boot_id = [8; 16];
        now.clocks.mono_ms = 30_000;
        now.clocks.wall.0 += step;
        if !satellites {
            for one in [&mut first, &mut later] {
                moment(one).fix.as_mut().unwrap().satellites = None;
            }
        }
        let found = last(&[first, later], FindingCode::ClockSet);
        (found.grade, found.case)
    };
    assert_eq!(rebooted(0, true), (Grade::Pass, "steady"));
    assert_eq!(rebooted(2 * HOUR, true), (Grade::Fail, "set_forward"));
    assert_eq!(rebooted(-2 * HOUR, true), (Grade::Fail, "set_back"));
    assert_eq!(rebooted(-2 * HOUR, false), (Grade::Fail, "set_back"));
    // Nothing measures how long a phone was off.
    assert_eq!(rebooted(2 * HOUR, false), (Grade::NotAvailable, "rebooted"));
}

#[test]
fn a_shot_that_was_not_kept_leaves_a_gap_until_it_is_kept_late() {
    let mut third = shot(3, 120_000);
    moment(&mut third).shutter = Some(ShutterCount {
        number: 3,
        kept_before: 1,
    });
    let found = last(&[shot(1, 0), third.clone()], FindingCode::ShutterGap);
    assert_eq!((found.grade, found.case), (Grade::Warn, "gap"));
    assert_eq!(found.numbers[0], ("missing", 1.0));
    let mut late = shot(2, 60_000);
    late.seq = 4;
    let all = judge(&[shot(1, 0), third, late]);
    assert_eq!(
        all[1].of(FindingCode::ShutterGap).unwrap().grade,
        Grade::Pass
    );
}

#[test]
fn a_photo_from_forty_kilometres_away_fails_against_everything_near() {
    let mut far = shot(3, 120_000);
    let there = Wgs84::new(37.194, 101.952).unwrap();
    far.claims.place = Some(there);
    far.claims.degrees = Some((there.lat(), there.lon()));
    far.source = Source::Gallery;
    let all = judge(&[shot(1, 0), shot(2, 60_000), far]);
    let found = all.last().unwrap();
    for code in [FindingCode::PlaceOthers, FindingCode::PlaceInsured] {
        let finding = found.of(code).unwrap();
        assert_eq!(finding.grade, Grade::Fail, "{code:?}");
        assert!(
            (finding.numbers[0].1 - 40_030.0).abs() < 50.0,
            "{finding:?}"
        );
    }
    assert_eq!(
        found.of(FindingCode::PlaceDevice).unwrap().grade,
        Grade::Warn
    );
    // The honest ones stay honest beside it.
    assert_eq!(
        all[0].of(FindingCode::PlaceOthers).unwrap().grade,
        Grade::Pass
    );
}

#[test]
fn degrees_of_the_shifted_grid_are_recognised() {
    let mut drawn = shot(1, 0);
    let grid = crate::domain::Gcj02::from(house());
    drawn.claims.degrees = Some((grid.lat(), grid.lon()));
    drawn.claims.place = Wgs84::new(grid.lat(), grid.lon()).ok();
    let found = last(&[drawn], FindingCode::PlaceDevice);
    assert_eq!((found.grade, found.case), (Grade::Warn, "shifted_grid"));
}

#[test]
fn a_device_cannot_be_at_two_ends_of_the_province_within_a_minute() {
    let mut far = shot(2, 60_000);
    moment(&mut far).fix.as_mut().unwrap().place = Wgs84::new(36.6, 99.0).unwrap();
    let found = last(&[shot(1, 0), far], FindingCode::Travel);
    assert_eq!(found.grade, Grade::Fail);
    assert!(
        found
            .numbers
            .iter()
            .any(|(name, km_h)| *name == "km_h" && *km_h > 10_000.0)
    );
}

#[test]
fn a_mocked_position_is_told_and_not_believed() {
    let mut mocked = shot(2, 60_000);
    let fix = moment(&mut mocked).fix.as_mut().unwrap();
    fix.provider = Provider::Program;
    fix.place = Wgs84::new(30.0, 120.0).unwrap();
    let shots = [shot(1, 0), mocked];
    assert_eq!(last(&shots, FindingCode::MockedPosition).grade, Grade::Warn);
    assert_eq!(last(&shots, FindingCode::PlaceDevice).grade, Grade::Fail);
    assert_eq!(last(&shots, FindingCode::PlaceInsured).grade, Grade::Pass);
}

#[test]
fn a_gallery_photo_is_old_or_impossible_by_its_own_time() {
    let mut old = shot(1, 0);
    old.source = Source::Gallery;
    old.claims.taken_at.as_mut().unwrap().civil = "2025-06-20T09:00:00".to_owned();
    let found = last(&[old.clone()], FindingCode::TimeCamera);
    assert_eq!((found.grade, found.case), (Grade::Warn, "age"));
    old.claims.taken_at.as_mut().unwrap().civil = "2025-07-09T09:00:00".to_owned();
    let found = last(&[old], FindingCode::TimeCamera);
    assert_eq!((found.grade, found.case), (Grade::Fail, "in_the_future"));
}

#[test]
fn satellites_a_day_off_are_explained_by_no_zone_and_hours_off_perhaps() {
    let mut odd = shot(1, 0);
    odd.claims.gps_time = Some(WallMs(START + 24 * HOUR));
    assert_eq!(
        last(&[odd.clone()], FindingCode::TimeSatellites).grade,
        Grade::Fail
    );
    odd.claims.gps_time = Some(WallMs(START + 2 * HOUR));
    let found = last(&[odd.clone()], FindingCode::TimeSatellites);
    assert_eq!((found.grade, found.case), (Grade::Warn, "another_zone"));
    odd.claims.taken_at.as_mut().unwrap().offset = Some("+08:00".to_owned());
    assert_eq!(last(&[odd], FindingCode::TimeSatellites).grade, Grade::Fail);
}

#[test]
fn the_hub_brackets_the_device_clock() {
    let mut one = shot(1, 0);
    assert_eq!(
        last(&[one.clone()], FindingCode::TimeHub).grade,
        Grade::NotAvailable
    );
    one.hub = HubBracket {
        not_before: Some(WallMs(START - HOUR)),
        not_after: Some(WallMs(START + HOUR)),
    };
    assert_eq!(last(&[one.clone()], FindingCode::TimeHub).case, "within");
    one.hub.not_before = Some(WallMs(START + HOUR / 2));
    let found = last(&[one], FindingCode::TimeHub);
    assert_eq!((found.grade, found.case), (Grade::Fail, "before"));
}

#[test]
fn a_policy_may_demand_the_app_s_own_camera() {
    let mut brought = shot(1, 0);
    brought.source = Source::Imported;
    let policy = Thresholds {
        in_app_slots: vec!["house".to_owned()],
        ..Thresholds::default()
    };
    let found = findings(&[brought], None, &policy);
    let origin = found[0].of(FindingCode::Origin).unwrap();
    assert_eq!(
        (origin.grade, origin.case),
        (Grade::Fail, "in_app_demanded")
    );
    assert!(!origin.zh().is_empty() && !origin.en().is_empty());
}
