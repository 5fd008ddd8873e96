//! What head office alone answers for: the second part of the page.
//!
//! Besides what [`super`] finds, a row is met by a table of the hub's catalogue whose `sources`
//! name it, or by a page of `docs/` that cites it. A `where` written by hand is checked: what
//! stands there in backticks must exist in the code or the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{CODE, Requirement, Served, files, ids, line, place, read, relative};

/// The rows.
pub(super) const LIST: &str = "docs/requirements-office.toml";
/// Pages that say what an operator or a reviewer finds where.
const PAGES: [&str; 4] = [
    "docs/console.md",
    "docs/office.md",
    "docs/operations.md",
    "docs/api.md",
];
/// How a reason begins.
const REASONS: [&str; 4] = ["physical: ", "another system: ", "needs: ", "not built: "];

const HEAD: &str = "
# Head office

What the contracts ask of head office alone: [requirements-office.toml](requirements-office.toml). A row is *met* by a page,
table, export, pack entry or test that names it, *in part* if a reason stands beside that, and else *refused* because it is
a physical matter, belongs to another system or needs what the project does not have, or *not built*. Tables are read,
filtered and exported at `/console/table/NAME`.
";

/// Whether something answers it. A setting that a pack leaves to the insurer is no answer by
/// itself: something must read it.
pub(super) fn is_answered(served: &Served) -> bool {
    let mut entries = served.entries.values().flatten();
    let is_rule = entries.any(|entry| !entry.starts_with("`setting."));
    let elsewhere = Served {
        entries: BTreeMap::new(),
        ..served.clone()
    };
    is_rule || !elsewhere.is_nowhere()
}

/// How far a requirement is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    Yes,
    InPart,
    Refused,
    NotBuilt,
}

impl Met {
    const ALL: [Self; 4] = [Self::Yes, Self::InPart, Self::Refused, Self::NotBuilt];

    fn of(row: &Requirement, served: &Served) -> Self {
        let is_there = !row.place.is_empty() || is_answered(served);
        match (is_there, row.reason.is_empty()) {
            (true, true) => Self::Yes,
            (true, false) => Self::InPart,
            (false, _) if row.reason.starts_with("not built: ") => Self::NotBuilt,
            (false, _) => Self::Refused,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "met",
            Self::InPart => "in part",
            Self::Refused => "refused",
            Self::NotBuilt => "not built",
        }
    }
}

/// Adds tables and pages, and checks what was written by hand.
pub(super) fn look(
    root: &Path,
    rows: &[Requirement],
    served: &mut BTreeMap<String, Served>,
) -> Result<(), String> {
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut all = String::new();
    for folder in CODE.into_iter().filter(|one| root.join(one).is_dir()) {
        for file in files(&root.join(folder), "rs")? {
            let text = read(&file)?;
            for (table, sources) in tables(&text) {
                for id in ids(sources, &known) {
                    let of = &mut served.entry(id).or_default().tables;
                    of.insert(format!("`{table}`"));
                }
            }
            all.push_str(&text);
        }
    }
    for page in PAGES.map(|page| root.join(page)) {
        if page.is_file() {
            let text = read(&page)?;
            for id in ids(&text, &known) {
                let of = &mut served.entry(id).or_default().pages;
                of.insert(relative(root, &page));
            }
            all.push_str(&text);
        }
    }
    rows.iter().try_for_each(|row| checked(root, row, &all))
}

/// Names and sources of the tables that a file declares: `id: \"x\"` before `sources: &[\"R1\"]`.
fn tables(text: &str) -> Vec<(&str, &str)> {
    let mut parts = text.split("sources: &[");
    let mut before = parts.next().unwrap_or_default();
    let mut found = Vec::new();
    for part in parts {
        let (sources, rest) = part.split_once(']').unwrap_or((part, ""));
        let name = before.rsplit_once("id: \"");
        if let Some(name) = name.and_then(|(_, rest)| rest.split('"').next()) {
            found.push((name, sources));
        }
        before = rest;
    }
    found
}

/// A reason of a known kind, and a place that exists.
fn checked(root: &Path, row: &Requirement, all: &str) -> Result<(), String> {
    let Requirement {
        id, reason, place, ..
    } = row;
    let is_known = REASONS.iter().any(|kind| reason.starts_with(kind));
    if !reason.is_empty() && !is_known {
        let kinds = REASONS.join("`, `");
        return Err(format!("{LIST}: the reason of {id} begins with `{kinds}`"));
    }
    for word in place.split('`').skip(1).step_by(2) {
        let named = word.strip_prefix("/console/table/");
        let is_there = match named {
            Some(table) => all.contains(&format!("\"{table}\"")),
            None => root.join(word).exists() || all.contains(word),
        };
        if !is_there {
            return Err(format!("{LIST}: {id} names `{word}`, which is nowhere"));
        }
    }
    Ok(())
}

/// The part of the page.
pub(super) fn part(rows: &[Requirement], served: &BTreeMap<String, Served>) -> String {
    let nowhere = Served::default();
    let of = |row: &Requirement| served.get(&row.id).unwrap_or(&nowhere);
    let mut out = HEAD.to_owned();
    let mut areas: Vec<&str> = Vec::new();
    for row in rows {
        if !areas.contains(&row.area.as_str()) {
            areas.push(&row.area);
        }
    }
    let states = Met::ALL.map(Met::word).join(" | ");
    line(&mut out, &format!("\n| area | requirements | {states} |"));
    line(&mut out, "|---|---|---|---|---|---|");
    for area in areas.iter().map(|area| Some(*area)).chain([None]) {
        let is_in = |row: &&Requirement| area.is_none_or(|area| row.area == area);
        let in_area: Vec<&Requirement> = rows.iter().filter(is_in).collect();
        let count = |met: Met| {
            let those = in_area.iter().filter(|row| Met::of(row, of(row)) == met);
            those.count().to_string()
        };
        let counts = Met::ALL.map(count).join(" | ");
        let name = area.unwrap_or("all");
        line(
            &mut out,
            &format!("| {name} | {} | {counts} |", in_area.len()),
        );
    }
    for area in areas {
        line(&mut out, &format!("\n## Head office: {area}\n"));
        line(
            &mut out,
            "| id | what | state | where, or why not |\n|---|---|---|---|",
        );
        for row in rows.iter().filter(|row| row.area == area) {
            let (id, what, found) = (&row.id, &row.what, of(row));
            let (met, places) = (Met::of(row, found).word(), place(row, found));
            line(&mut out, &format!("| {id} | {what} | {met} | {places} |"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: &str, reason: &str) -> Requirement {
        Requirement {
            id: "R1".to_owned(),
            area: "Risk".to_owned(),
            owner: String::new(),
            what: "A risk.".to_owned(),
            place: place.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn a_table_answers_the_sources_that_follow_its_name() {
        let text =
            r#"Entry { id: "a", sources: &["R1", "R2"] }, Entry { id: "b", sources: &["R3"] }"#;
        assert_eq!(tables(text), [("a", r#""R1", "R2""#), ("b", r#""R3""#)]);
    }

    #[test]
    fn a_place_that_is_nowhere_is_no_answer() {
        assert!(
            checked(
                here(),
                &row("page `/console/nowhere`", ""),
                "/console/board"
            )
            .is_err()
        );
        assert!(checked(here(), &row("page `/console/board`", ""), "/console/board").is_ok());
    }

    #[test]
    fn a_reason_says_of_which_kind_it_is() {
        assert!(checked(here(), &row("", "because"), "").is_err());
        assert!(checked(here(), &row("", "physical: a fire door"), "").is_ok());
    }

    #[test]
    fn a_setting_alone_answers_nothing() {
        let entry = |name: &str| BTreeSet::from([format!("`{name}`")]);
        let with = |name: &str| Served {
            entries: BTreeMap::from([("pack".to_owned(), entry(name))]),
            ..Served::default()
        };
        assert_eq!(Met::of(&row("", ""), &with("clock.arrival")), Met::Yes);
        assert_ne!(Met::of(&row("", ""), &with("setting.share")), Met::Yes);
    }

    #[test]
    fn a_reason_beside_a_place_means_in_part() {
        let nowhere = Served::default();
        let of = |place, reason| Met::of(&row(place, reason), &nowhere);
        assert_eq!(of("a page", "needs: a value"), Met::InPart);
        assert_eq!(of("", "needs: a value"), Met::Refused);
        assert_eq!(of("", "not built: later"), Met::NotBuilt);
    }
}
