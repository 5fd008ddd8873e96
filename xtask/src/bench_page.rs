//! Writes `docs/benchmarks.md` between its markers.
//!
//! Input: the row of a run, and its comparisons if it made any. Output: the same page with that
//! run's row and its comparisons replaced (the older ones stay in the history of the file). Text outside the markers
//! is never touched. Refuses a page without its markers.

use std::path::Path;

use serde_json::Value;

const RUNS_HEAD: &str =
    "| run | counted | commit | date | took | cores |\n|---|---|---|---|---|---|\n";
const COMPARISONS_HEAD: &str =
    "| name | ours | peer | ratio | goal | note |\n|---|---|---|---|---|---|\n";
const COMPARISON_FIELDS: [&str; 6] = ["name", "ours", "peer", "ratio", "goal", "note"];

/// What is noted of a run.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) name: String,
    /// What it counted.
    pub(crate) counted: String,
    /// The commit it ran on.
    pub(crate) commit: String,
    /// The day, in UTC.
    pub(crate) date: String,
    /// How long it took.
    pub(crate) took: String,
    /// How many cores the machine has.
    pub(crate) cores: String,
}

/// Writes the row, and the comparisons if there are any, into the page.
pub(crate) fn note(page: &Path, row: &Row, comparisons: Option<&[Value]>) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("{}: {error}", page.display());
    let mut text = std::fs::read_to_string(page).map_err(broken)?;
    text = replaced(&text, "runs", |old| with_row(old, row))?;
    if let Some(comparisons) = comparisons {
        text = replaced(&text, "comparisons", |old| {
            with_comparisons(old, comparisons)
        })?;
    }
    std::fs::write(page, text).map_err(broken)
}

/// The page with the part between `<!-- NAME -->` and `<!-- /NAME -->` made anew.
fn replaced(page: &str, name: &str, make: impl FnOnce(&str) -> String) -> Result<String, String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let missing = || format!("the page lacks the markers of `{name}`");
    let (before, rest) = page.split_once(&open).ok_or_else(missing)?;
    let (old, after) = rest.split_once(&close).ok_or_else(missing)?;
    Ok(format!("{before}{open}{}{close}{after}", make(old)))
}

/// The table of runs with this run's row in its place, sorted by name.
fn with_row(old: &str, row: &Row) -> String {
    let Row {
        name,
        counted,
        commit,
        date,
        took,
        cores,
    } = row;
    let own = format!("| {name} |");
    let mut rows: Vec<String> = old
        .lines()
        .skip(2)
        .filter(|line| line.starts_with('|') && !line.starts_with(&own))
        .map(str::to_owned)
        .collect();
    rows.push(format!(
        "{own} {} | {commit} | {date} | {took} | {cores} |",
        escaped(counted)
    ));
    rows.sort();
    format!("{RUNS_HEAD}{}\n", rows.join("\n"))
}

/// The table of comparisons with those of this run in their place, new ones at the end.
fn with_comparisons(old: &str, comparisons: &[Value]) -> String {
    let mut rows: Vec<String> = old
        .lines()
        .skip(2)
        .filter(|line| line.starts_with('|'))
        .map(str::to_owned)
        .collect();
    for object in comparisons {
        let cells = COMPARISON_FIELDS.map(|field| object.get(field).map_or_else(String::new, cell));
        let row = format!("| {} |", cells.join(" | "));
        let own = format!("| {} |", cells.first().map_or("", String::as_str));
        match rows.iter_mut().find(|old| old.starts_with(&own)) {
            Some(old) => *old = row,
            None => rows.push(row),
        }
    }
    format!("{COMPARISONS_HEAD}{}\n", rows.join("\n"))
}

/// A JSON value as the text of a table's cell.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            escaped(&value.to_string())
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Head\n\n<!-- runs -->\n<!-- /runs -->\n\nbetween\n\n<!-- comparisons -->\nold\n<!-- /comparisons -->\nend\n";

    fn row(name: &str, counted: &str) -> Row {
        let [name, counted, commit, date, took, cores] =
            [name, counted, "abc", "2026-01-02", "3.0 s", "2"].map(str::to_owned);
        Row {
            name,
            counted,
            commit,
            date,
            took,
            cores,
        }
    }

    #[test]
    fn a_second_run_replaces_its_own_row_only() {
        let first = with_row("", &row("kill9", "points 1"));
        let both = with_row(&first, &row("bench", "comparisons 4"));
        let again = with_row(&both, &row("kill9", "points 2"));
        assert_eq!(
            again,
            format!(
                "{RUNS_HEAD}| bench | comparisons 4 | abc | 2026-01-02 | 3.0 s | 2 |\n\
                 | kill9 | points 2 | abc | 2026-01-02 | 3.0 s | 2 |\n"
            )
        );
    }

    #[test]
    fn text_outside_the_markers_stays() {
        let page = replaced(PAGE, "comparisons", |_| "new\n".to_owned()).expect("markers");
        assert_eq!(page, PAGE.replace("old\n", "new\n"));
    }

    #[test]
    fn a_page_without_markers_is_refused() {
        assert!(replaced("# Head\n", "runs", str::to_owned).is_err());
    }

    #[test]
    fn a_run_of_one_group_leaves_the_other_comparisons() {
        let both = [
            serde_json::json!({ "name": "a", "ours": "1" }),
            serde_json::json!({ "name": "b", "ours": "2" }),
        ];
        let old = with_comparisons("", &both);
        let new = with_comparisons(&old, &[serde_json::json!({ "name": "a", "ours": "3" })]);
        assert_eq!(new, old.replace("| a | 1 |", "| a | 3 |"));
    }

    #[test]
    fn a_comparison_may_lack_fields_and_hold_bars() {
        let table = with_comparisons(
            "",
            &[serde_json::json!({ "name": "a|b", "ours": 1.5, "peer": null })],
        );
        assert_eq!(
            table,
            format!("{COMPARISONS_HEAD}| a\\|b | 1.5 |  |  |  |  |\n")
        );
    }
}
