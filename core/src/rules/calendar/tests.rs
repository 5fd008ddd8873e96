//! Days counted by hand from the notices' own tables.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::*;

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// `2025-09-30 16:00` in Shanghai.
fn at(text: &str) -> WallMs {
    let civil: jiff::civil::DateTime = text.replace(' ', "T").parse().unwrap();
    let zoned = civil.to_zoned(shanghai()).unwrap();
    WallMs(zoned.timestamp().as_millisecond())
}

fn said(instant: WallMs) -> String {
    crate::domain::civil_text(instant, "Asia/Shanghai")
}

fn working_days(from: Date, counts: &[(u32, Date)]) {
    for (count, due) in counts {
        let found = Calendar::china().working_days_after(from, *count);
        assert_eq!(found, Ok(*due), "{from} + {count}");
    }
}

fn half_day(hours: &str, halves: u32, terms: &[(&str, &str)]) {
    let hours: WorkingHours = hours.parse().unwrap();
    for (anchor, due) in terms {
        let found = Calendar::china().half_days_after(at(anchor), halves, &hours, &shanghai());
        assert_eq!(said(found.unwrap()), format!("{due}:00"), "{anchor}");
    }
}

const OFFICE: &str = "09:00-12:00, 13:30-17:30";

#[test]
fn each_kind_of_day_has_its_name() {
    let china = Calendar::china();
    for (day, kind) in [
        (date(2025, 9, 26), DayKind::Working),
        (date(2025, 9, 27), DayKind::Weekend),
        (date(2025, 9, 28), DayKind::MakeUp),
        (date(2025, 10, 1), DayKind::Holiday),
        (date(2025, 10, 4), DayKind::Holiday),
    ] {
        assert_eq!(china.day(day), Ok(kind), "{day}");
    }
}

#[test]
fn working_days_over_national_day_2025() {
    // Sunday 28 September and Saturday 11 October are worked, 1 to 8 October are off.
    working_days(
        date(2025, 9, 26),
        &[
            (0, date(2025, 9, 26)),
            (1, date(2025, 9, 28)),
            (3, date(2025, 9, 30)),
            (4, date(2025, 10, 9)),
            (5, date(2025, 10, 10)),
            (6, date(2025, 10, 11)),
            (7, date(2025, 10, 13)),
        ],
    );
    working_days(date(2025, 10, 3), &[(1, date(2025, 10, 9))]);
}

#[test]
fn working_days_over_spring_festival_2026() {
    // Saturday 14 February is worked, 15 to 23 are off, Saturday 28 is worked.
    working_days(
        date(2026, 2, 13),
        &[
            (1, date(2026, 2, 14)),
            (2, date(2026, 2, 24)),
            (5, date(2026, 2, 27)),
            (6, date(2026, 2, 28)),
            (7, date(2026, 3, 2)),
        ],
    );
}

#[test]
fn new_years_eve_2024_is_a_working_day() {
    // In 2024 the eve of Spring Festival was not yet a holiday by law.
    working_days(
        date(2024, 2, 8),
        &[
            (1, date(2024, 2, 9)),
            (2, date(2024, 2, 18)),
            (3, date(2024, 2, 19)),
        ],
    );
}

#[test]
fn a_term_that_leaves_the_known_years_is_refused() {
    let china = Calendar::china();
    let beyond = OutOfRange::Day {
        date: date(2028, 1, 1),
        first: 2024,
        last: 2027,
    };
    assert_eq!(china.working_days_after(date(2027, 12, 31), 1), Err(beyond));
    assert!(beyond.zh().contains("2028-01-01"));
    assert_eq!(
        china.day(date(2023, 12, 31)).unwrap_err().code(),
        "CALENDAR_YEAR"
    );
}

#[test]
fn only_the_year_without_a_notice_is_provisional() {
    let china = Calendar::china();
    assert_eq!(china.is_provisional(date(2026, 12, 31)), Ok(false));
    assert_eq!(china.is_provisional(date(2027, 1, 1)), Ok(true));
}

#[test]
fn a_make_up_day_knows_its_holiday() {
    let china = Calendar::china();
    assert_eq!(china.holiday(date(2026, 2, 28)).unwrap().zh, "春节");
    assert_eq!(china.holiday(date(2026, 2, 27)), None);
}

#[test]
fn a_day_ends_at_the_next_midnight_of_the_zone() {
    let due = |date, zone: &str| due_at_end(date, &TimeZone::get(zone).unwrap()).unwrap();
    assert_eq!(
        due(date(2025, 10, 9), "Asia/Shanghai"),
        at("2025-10-10 00:00")
    );
    // The night clocks go forward in New York: the day has 23 hours.
    let (day, next) = (date(2025, 3, 9), date(2025, 3, 10));
    let hours =
        (due(day, "America/New_York").0 - due(date(2025, 3, 8), "America/New_York").0) / 3_600_000;
    assert_eq!(hours, 23);
    assert_eq!(
        date_at(
            due(day, "America/New_York"),
            &TimeZone::get("America/New_York").unwrap()
        ),
        Ok(next)
    );
}

#[test]
fn calendar_days_count_every_day() {
    assert_eq!(
        calendar_days_after(date(2024, 2, 28), 2),
        Ok(date(2024, 3, 1))
    );
    assert_eq!(
        calendar_days_after(date(2025, 9, 30), 30),
        Ok(date(2025, 10, 30))
    );
    assert_eq!(
        calendar_days_after(date(2025, 1, 1), u32::MAX),
        Err(OutOfRange::Time)
    );
}

#[test]
fn a_month_ends_on_the_same_number_or_the_last_day() {
    for (from, months, due) in [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 10, 15), 3, date(2026, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ] {
        assert_eq!(months_after(from, months), Ok(due), "{from}");
    }
}

#[test]
fn half_a_day_runs_across_lunch_close_and_holidays() {
    // 3 h + 4 h a day: half a day is 3 h 30 min.
    half_day(
        OFFICE,
        1,
        &[
            ("2025-09-29 09:00", "2025-09-29 14:00"),
            ("2025-09-30 10:00", "2025-09-30 15:00"),
            ("2025-09-30 14:00", "2025-09-30 17:30"),
            ("2025-09-30 16:00", "2025-10-09 11:00"),
            ("2025-10-11 15:00", "2025-10-13 10:00"),
            ("2026-02-14 17:00", "2026-02-24 12:00"),
        ],
    );
}

#[test]
fn half_a_day_from_outside_office_hours_begins_at_the_next_opening() {
    half_day(
        OFFICE,
        1,
        &[
            ("2025-09-30 07:15", "2025-09-30 14:00"),
            ("2025-09-30 12:00", "2025-09-30 17:00"),
            ("2025-09-30 12:30", "2025-09-30 17:00"),
            ("2025-09-30 17:30", "2025-10-09 14:00"),
            ("2025-10-04 03:00", "2025-10-09 14:00"),
            ("2026-02-13 23:59", "2026-02-14 14:00"),
        ],
    );
}

#[test]
fn several_halves_add_up() {
    half_day(OFFICE, 0, &[("2025-10-04 03:00", "2025-10-04 03:00")]);
    half_day(OFFICE, 2, &[("2025-09-30 16:00", "2025-10-09 16:00")]);
    half_day(OFFICE, 3, &[("2025-09-30 09:00", "2025-10-09 14:00")]);
}

#[test]
fn half_of_an_odd_minute_is_thirty_seconds() {
    let hours: WorkingHours = "09:00-09:05".parse().unwrap();
    let due = Calendar::china()
        .half_days_after(at("2025-09-29 09:00"), 1, &hours, &shanghai())
        .unwrap();
    assert_eq!(said(due), "2025-09-29 09:02:30");
}

#[test]
fn an_office_that_never_closes_counts_every_minute() {
    half_day(
        "00:00-24:00",
        1,
        &[("2025-09-30 18:00", "2025-10-09 06:00")],
    );
}

#[test]
fn half_days_beyond_the_known_years_are_refused() {
    let hours: WorkingHours = OFFICE.parse().unwrap();
    let found = Calendar::china().half_days_after(at("2027-12-31 17:00"), 1, &hours, &shanghai());
    assert_eq!(found.unwrap_err().code(), "CALENDAR_YEAR");
    let found = Calendar::china().half_days_after(WallMs(i64::MAX), 1, &hours, &shanghai());
    assert_eq!(found, Err(OutOfRange::Time));
}

#[test]
fn working_hours_are_read_and_written_alike() {
    let hours: WorkingHours = " 09:00 - 12:00，13:30-24:00 ".parse().unwrap();
    assert_eq!(hours.to_string(), "09:00-12:00, 13:30-24:00");
    assert_eq!(hours.minutes(), 180 + 630);
}

#[test]
fn working_hours_in_disorder_are_refused() {
    for (text, code) in [
        ("", "HOURS_EMPTY"),
        (",", "HOURS_EMPTY"),
        ("9:00-12:00", "HOURS_STRETCH"),
        ("09:00", "HOURS_STRETCH"),
        ("12:00-09:00", "HOURS_STRETCH"),
        ("09:00-09:00", "HOURS_STRETCH"),
        ("09:60-12:00", "HOURS_STRETCH"),
        ("09:00-24:01", "HOURS_STRETCH"),
        ("09:00-12:00, 11:59-13:00", "HOURS_ORDER"),
        ("13:00-14:00, 09:00-12:00", "HOURS_ORDER"),
    ] {
        let refused = text.parse::<WorkingHours>().unwrap_err();
        assert_eq!(refused.code(), code, "{text}");
        assert!(!refused.zh().is_empty());
    }
}

const HEAD: &str = "name = 'x'\nversion = '1'\n";
const YEAR: &str = "[[year]]\nyear = 2030\nstatus = 'published'\nsource = 's'\n";

fn refused(file: &str, line: usize, code: &str) {
    let refused = Calendar::parse(file).unwrap_err();
    assert_eq!(
        (refused.line, refused.code()),
        (line, code),
        "{file}\n{refused}"
    );
    assert!(refused.zh().contains(&format!("第 {line} 行")), "{refused}");
}

#[test]
fn a_file_of_another_shape_is_refused_at_its_line() {
    for (rest, line, code) in [
        ("", 1, "CALENDAR_KEY_MISSING"),
        ("year = 1", 3, "CALENDAR_VALUE"),
        ("year = [1]", 3, "CALENDAR_VALUE"),
        ("= =", 3, "CALENDAR_SYNTAX"),
        ("years = []", 3, "CALENDAR_KEY_UNKNOWN"),
        ("[[year]]\nyear = 30", 4, "CALENDAR_VALUE"),
    ] {
        refused(&format!("{HEAD}{rest}"), line, code);
    }
}

#[test]
fn years_in_disorder_are_refused() {
    let provisional = YEAR.replace("published", "provisional");
    let next = YEAR.replace("2030", "2031");
    refused(&format!("{HEAD}{YEAR}{YEAR}"), 8, "CALENDAR_YEAR_ORDER");
    refused(
        &format!("{HEAD}{provisional}{next}"),
        8,
        "CALENDAR_YEAR_STATUS",
    );
    let unknown = YEAR.replace("published", "known");
    refused(&format!("{HEAD}{unknown}"), 5, "CALENDAR_VALUE");
}

#[test]
fn impossible_holidays_are_refused() {
    for (days, code) in [
        (
            "from = 2030-01-02, to = 2030-01-01",
            "CALENDAR_HOLIDAY_LENGTH",
        ),
        (
            "from = 2030-01-02, to = 2999-01-01",
            "CALENDAR_HOLIDAY_LENGTH",
        ),
        (
            "from = 2030-01-02T10:00:00, to = 2030-01-03",
            "CALENDAR_VALUE",
        ),
        ("from = 2031-01-02, to = 2031-01-02", "CALENDAR_DAY_YEAR"),
        (
            "from = 2030-01-01, to = 2030-01-01, make_up = [2030-01-04]",
            "CALENDAR_MAKE_UP",
        ),
        (
            "from = 2030-01-01, to = 2030-01-05, make_up = [2030-01-05]",
            "CALENDAR_DAY_TWICE",
        ),
    ] {
        refused(
            &format!("{HEAD}{YEAR}holiday = [{{ zh = 'z', en = 'e', {days} }}]"),
            7,
            code,
        );
    }
}
