//! `lossbook calendar`: what the days are in the calendar of mainland China that is built in.

use clap::Args;
use jiff::civil::Date;
use lossbook_core::rules::calendar::{Calendar, OutOfRange};
use serde_json::{Value, json};

use crate::device::Said;
use crate::failure::Failure;

/// `lossbook calendar`.
#[derive(Debug, Args)]
pub struct CalendarArgs {
    /// First day.
    #[arg(value_name = "YYYY-MM-DD")]
    from: Date,
    /// Last day; by default the first only.
    #[arg(value_name = "YYYY-MM-DD")]
    to: Option<Date>,
}

/// Tells each day's kind.
///
/// # Errors
/// Exit 2 for a day outside the years known, or a last day before the first.
pub fn run(args: &CalendarArgs) -> Result<Said, Failure> {
    let calendar = Calendar::china();
    let to = args.to.unwrap_or(args.from);
    if to < args.from {
        let message = format!("{to} is before {}: give the earlier day first", args.from);
        return Err(Failure::input("days", message));
    }
    let (mut days, mut lines) = (Vec::new(), Vec::new());
    let mut day = args.from;
    while day <= to {
        let (said, line) = tell(calendar, day).map_err(|error| refusal(&error))?;
        days.push(said);
        lines.push(line);
        day = day
            .tomorrow()
            .map_err(|_last_day_of_all| refusal(&OutOfRange::Time))?;
    }
    let json = json!({
        "ok": true,
        "calendar": calendar.name(),
        "version": calendar.version(),
        "days": days,
    });
    Ok(Said::new(json, lines.join("\n")))
}

fn refusal(error: &OutOfRange) -> Failure {
    Failure::input(error.code(), format!("{error} / {}", error.zh()))
}

fn tell(calendar: &Calendar, day: Date) -> Result<(Value, String), OutOfRange> {
    let kind = calendar.day(day)?;
    let is_provisional = calendar.is_provisional(day)?;
    let holiday = calendar.holiday(day);
    let json = json!({
        "day": day.to_string(),
        "kind": kind.word(),
        "working": kind.is_working(),
        "provisional": is_provisional,
        "holiday": holiday.map(|holiday| json!({"zh": holiday.zh, "en": holiday.en})),
    });
    let name = holiday.map_or_else(String::new, |holiday| {
        format!("  {} / {}", holiday.zh, holiday.en)
    });
    let note = if is_provisional {
        "  （暂定 / provisional）"
    } else {
        ""
    };
    let line = format!("{day}  {} / {}{name}{note}", kind.zh(), kind.word());
    Ok((json, line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_day_is_told_with_its_holiday() {
        let args = CalendarArgs {
            from: date(2025, 9, 30),
            to: Some(date(2025, 10, 1)),
        };
        let text = run(&args).unwrap().text;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "2025-09-30  工作日 / working");
        assert!(lines[1].starts_with("2025-10-01  节假日 / holiday  国庆节"));
    }

    #[test]
    fn days_that_nobody_announced_are_refused_or_marked() {
        let told = |from, to| run(&CalendarArgs { from, to });
        assert!(told(date(2027, 1, 1), None).unwrap().text.contains("暂定"));
        let refused = told(date(2027, 12, 31), Some(date(2028, 1, 1))).unwrap_err();
        assert_eq!((refused.exit, refused.code.as_str()), (2, "CALENDAR_YEAR"));
        let backwards = told(date(2026, 1, 2), Some(date(2026, 1, 1))).unwrap_err();
        assert_eq!(backwards.exit, 2);
    }
}
