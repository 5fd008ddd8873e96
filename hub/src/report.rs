//! Reports that come by themselves (R342): tables that somebody composed, as Excel and PDF.
//!
//! A row of the register `report_plans` says which tables, how often and as what. The operator's
//! timer runs `lossbook hub reports`, which asks here for every report whose period has ended and
//! which is not in its folder yet.
//!
//! - A report is passed on, so personal data is masked and confidential amounts are hidden.
//! - It covers the days of its period, whenever it is made; the audit keeps its verification code.
//!
//! Refuses: to send a report anywhere, and to make one anew whose file is there.

use jiff::ToSpan as _;
use jiff::civil::Date;
use lossbook_core::domain::{ScopeId, WallMs};
use lossbook_core::statement::Language;
use lossbook_core::store::StoreError;

use crate::catalogue::{Personal, entry};
use crate::export::{self, Cut, Export, Part};
use crate::hub::Hub;
use crate::meta::{MetaTx, RegisterPart, RegisterRow, look};
use crate::paper::tag;
use crate::refusal::Refusal;
use crate::register::{day_of, end_of, start_of, value_of};
use crate::sight::Sight;
use crate::table::Table;

/// The register of what is wanted.
pub(crate) const PLANS: &str = "report_plans";

/// A report that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The name of its file.
    pub file: String,
    /// How somebody called it.
    pub name: String,
    row: u64,
    tables: Vec<String>,
    scope: Option<ScopeId>,
    days: (Date, Date),
    as_what: (As, Language),
}

/// As what a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Xlsx,
    Pdf,
}

impl As {
    const fn word(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
        }
    }
}

/// Tables with what a file of them says of itself.
type Read = Result<Result<(Vec<Table>, export::About), Refusal>, StoreError>;

/// The names of tables in a text.
pub(crate) fn tables_of(text: &str) -> Vec<String> {
    let is_between = |c: char| c.is_whitespace() || ",;，；、".contains(c);
    let names = text.split(is_between).filter(|name| !name.is_empty());
    names.map(ToOwned::to_owned).collect()
}

/// The last period that ended before a day: its first and its last day.
fn last_period(every: &str, today: Date) -> Option<(Date, Date)> {
    match every {
        "day" => today.yesterday().ok().map(|day| (day, day)),
        "week" => {
            let back = i64::from(today.weekday().to_monday_zero_offset());
            let monday = today.checked_sub((back + 7).days()).ok()?;
            Some((monday, monday.checked_add(6.days()).ok()?))
        }
        "month" => {
            let last = today.first_of_month().yesterday().ok()?;
            Some((last.first_of_month(), last))
        }
        _ => None,
    }
}

impl Due {
    /// What a plan wants at a moment: a file for each format.
    fn of(plan: &RegisterRow, now: WallMs) -> Vec<Self> {
        let day = |field: &str| value_of(plan, field).parse::<Date>().ok();
        let today: Option<Date> = day_of(now).parse().ok();
        let Some(days) = today.and_then(|day| last_period(value_of(plan, "every"), day)) else {
            return Vec::new();
        };
        let (first, last) = days;
        if day("from").is_some_and(|from| last < from) || day("until").is_some_and(|to| to < last) {
            return Vec::new();
        }
        let language = value_of(plan, "language").parse().unwrap_or(Language::Zh);
        let formats: &[As] = match value_of(plan, "format") {
            "xlsx" => &[As::Xlsx],
            "pdf" => &[As::Pdf],
            _ => &[As::Xlsx, As::Pdf],
        };
        let due = |format: &As| Self {
            file: format!(
                "report-{}-{first}-{last}-{}.{}",
                plan.row,
                tag(language),
                format.word()
            ),
            name: value_of(plan, "name").to_owned(),
            row: plan.row,
            tables: tables_of(value_of(plan, "tables")),
            scope: plan.scope,
            days,
            as_what: (*format, language),
        };
        formats.iter().map(due).collect()
    }

    /// The tables of its days, and what the file says of itself.
    fn read(&self, tx: &dyn MetaTx, now: WallMs) -> Read {
        let sight = Sight::least(tx)?;
        let scopes: Vec<ScopeId> = self.scope.into_iter().collect();
        let (first, last) = self.days;
        let part = Part {
            scopes: &scopes,
            from: start_of(&first.to_string()),
            to: end_of(&last.to_string()),
            case: None,
            words: None,
            now,
            personal: Personal::Masked,
            sight: &sight,
        };
        let entries = self.tables.iter().filter_map(|id| entry(id));
        let tables = entries.map(|entry| part.whole(tx, &entry));
        let tables = tables.collect::<Result<Vec<_>, _>>()?;
        let cut = Cut {
            scopes: &scopes,
            from: part.from,
            to: part.to,
            personal: "masked",
            sight: &sight,
        };
        let about = export::about_all(tx, (&tables, &cut), &self.file)?;
        Ok(about.map(|about| (tables, about)))
    }
}

impl Hub {
    /// Every report whose period has ended: the newest period of each plan.
    ///
    /// # Errors
    /// As the store fails.
    pub fn reports_due(&self) -> Result<Vec<Due>, Refusal> {
        let plans = look(self.looking(), |tx| {
            tx.register_rows(RegisterPart::all(PLANS))
        })?;
        let now = self.now().wall;
        let mut due: Vec<Due> = plans.iter().flat_map(|plan| Due::of(plan, now)).collect();
        due.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(due)
    }

    /// Makes one of them, and notes it.
    ///
    /// # Errors
    /// `NO_PRESS`, `NO_FONT`, `NOT_WRITTEN`; else as the store fails.
    pub fn make_report(&self, by: &str, due: &Due) -> Result<Export, Refusal> {
        let now = self.now().wall;
        let (tables, about) = look(self.looking(), |tx| due.read(tx, now))??;
        let (format, language) = due.as_what;
        let what = (due.name.as_str(), tables.as_slice());
        let bytes = match format {
            As::Xlsx => export::workbook(what, &about, language)?,
            As::Pdf => {
                let sheet = export::sheet(what, &about, language)?;
                self.press()?.set(&sheet)?
            }
        };
        let export = Export {
            file: due.file.clone(),
            media_type: match format {
                As::Xlsx => export::Format::Xlsx.media_type(),
                As::Pdf => "application/pdf",
            },
            bytes,
            about,
        };
        let name = format!("report-{}", due.row);
        self.note_file((by, None), (&name, format.word()), &export)?;
        Ok(export)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(every: &str, today: &str) -> (String, String) {
        let (first, last) = last_period(every, today.parse().unwrap()).unwrap();
        (first.to_string(), last.to_string())
    }

    #[test]
    fn a_report_covers_the_last_day_week_or_month_that_is_over() {
        let is = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(period("day", "2026-03-01"), is("2026-02-28", "2026-02-28"));
        assert_eq!(period("week", "2026-11-22"), is("2026-11-09", "2026-11-15"));
        assert_eq!(period("week", "2026-11-23"), is("2026-11-16", "2026-11-22"));
        assert_eq!(
            period("month", "2026-01-31"),
            is("2025-12-01", "2025-12-31")
        );
    }

    #[test]
    fn tables_stand_apart_by_spaces_lines_or_commas_of_either_script() {
        assert_eq!(
            tables_of("areas，claims\n vehicles"),
            ["areas", "claims", "vehicles"]
        );
    }
}
