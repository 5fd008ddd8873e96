//! Which requirement is served where: `docs/requirements-status.md`, generated.
//!
//! Input: `docs/requirements.toml` and `docs/requirements-office.toml`, the sources that
//! `core/packs/*/pack.toml` and the hub's tables name, and the ids that code, tests, golden cases
//! and pages of `docs/` cite. Output: one row per requirement with its entries, tables and files,
//! or the reason why there is none. A test fails when the page is stale or a row empty.

mod office;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

/// Where the page stands.
pub(crate) const PAGE: &str = "docs/requirements-status.md";
/// More places than this are counted, not listed.
const LISTED: usize = 4;
/// Folders whose code and tests may cite a requirement.
const CODE: [&str; 5] = ["core/src", "hub", "cli", "papers", "tests"];
/// What a device answers for, alone or together with head office.
const DEVICE: &str = "docs/requirements.toml";

/// One row of `docs/requirements.toml` or `docs/requirements-office.toml`.
#[derive(Debug)]
struct Requirement {
    id: String,
    area: String,
    owner: String,
    what: String,
    /// Where it is met, in words.
    place: String,
    reason: String,
}

/// Where a requirement is served.
#[derive(Debug, Default, Clone)]
struct Served {
    /// By pack the entries, such as `clock.arrival`.
    entries: BTreeMap<String, BTreeSet<String>>,
    /// Files that name it.
    files: BTreeSet<String>,
    /// Golden cases that name it.
    cases: BTreeSet<String>,
    /// Tables of the hub's catalogue that answer it.
    tables: BTreeSet<String>,
    /// Pages of `docs/` that name it.
    pages: BTreeSet<String>,
}

impl Served {
    fn is_nowhere(&self) -> bool {
        self.entries.is_empty()
            && self.files.is_empty()
            && self.cases.is_empty()
            && self.tables.is_empty()
            && self.pages.is_empty()
    }
}

/// Writes the page.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    let page = root.join(PAGE);
    fs::write(&page, generate(root)?).map_err(|error| format!("{}: {error}", page.display()))?;
    println!("wrote {PAGE}");
    Ok(())
}

/// The page as it should be.
fn generate(root: &Path) -> Result<String, String> {
    let device = requirements(root, DEVICE)?;
    let served_device = served(root, &device)?;
    let office = requirements(root, office::LIST)?;
    let mut served_office = served(root, &office)?;
    office::look(root, &office, &mut served_office)?;
    check(DEVICE, &device, |row| {
        served_device
            .get(&row.id)
            .is_some_and(|one| !one.is_nowhere())
    })?;
    check(office::LIST, &office, |row| {
        served_office.get(&row.id).is_some_and(office::is_answered)
    })?;
    let mut out = page(&device, &served_device);
    out.push_str(&office::part(&office, &served_office));
    Ok(out)
}

/// Every row is served somewhere or says why not.
fn check(
    list: &str,
    rows: &[Requirement],
    is_served: impl Fn(&Requirement) -> bool,
) -> Result<(), String> {
    let is_silent = |row: &Requirement| row.reason.is_empty() && row.place.is_empty();
    let silent: Vec<&str> = rows
        .iter()
        .filter(|row| is_silent(row) && !is_served(row))
        .map(|row| row.id.as_str())
        .collect();
    if silent.is_empty() {
        return Ok(());
    }
    let silent = silent.join(", ");
    Err(format!(
        "served by no pack entry, table, code or test: {silent}; name them there, or give their reasons in {list}"
    ))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn requirements(root: &Path, list: &str) -> Result<Vec<Requirement>, String> {
    let text = read(&root.join(list))?;
    let table = DeTable::parse(&text).map_err(|error| format!("{list}: {error}"))?;
    let Some(DeValue::Array(rows)) = table
        .get_ref()
        .get("requirement")
        .map(|rows| rows.get_ref())
    else {
        return Err(format!("{list} has no [[requirement]]"));
    };
    let rows = rows.iter().filter_map(|row| match row.get_ref() {
        DeValue::Table(row) => Some(row),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => None,
    });
    Ok(rows
        .map(|row| Requirement {
            id: text_of(row, "id"),
            area: text_of(row, "area"),
            owner: text_of(row, "owner"),
            what: text_of(row, "what"),
            place: text_of(row, "where"),
            reason: text_of(row, "reason"),
        })
        .collect())
}

fn text_of(table: &DeTable<'_>, key: &str) -> String {
    match table.get(key).map(|value| value.get_ref()) {
        Some(DeValue::String(text)) => text.to_string(),
        Some(_) | None => String::new(),
    }
}

fn served(root: &Path, rows: &[Requirement]) -> Result<BTreeMap<String, Served>, String> {
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut served: BTreeMap<String, Served> = BTreeMap::new();
    for pack in files(&root.join("core/packs"), "toml")? {
        if pack.file_name().is_none_or(|name| name != "pack.toml") {
            continue;
        }
        let name = parent_name(&pack);
        let text = read(&pack)?;
        let table =
            DeTable::parse(&text).map_err(|error| format!("{}: {error}", pack.display()))?;
        let mut sources = Vec::new();
        entries(table.get_ref(), "", &mut sources);
        for (place, source) in sources {
            for id in ids(&source, &known) {
                let of_pack = &mut served.entry(id).or_default().entries;
                let places = of_pack.entry(name.clone()).or_default();
                places.insert(format!("`{place}`"));
            }
        }
    }
    for case in files(&root.join("core/packs"), "expected")? {
        for id in ids(&read(&case)?, &known) {
            let cases = &mut served.entry(id).or_default().cases;
            cases.insert(relative(root, &case));
        }
    }
    for folder in CODE.into_iter().filter(|one| root.join(one).is_dir()) {
        for end in ["rs", "py"] {
            for file in files(&root.join(folder), end)? {
                for id in ids(&read(&file)?, &known) {
                    let files = &mut served.entry(id).or_default().files;
                    files.insert(relative(root, &file));
                }
            }
        }
    }
    Ok(served)
}

/// Every `source` of a pack, with the list and id of the entry it stands in.
fn entries(table: &DeTable<'_>, place: &str, sources: &mut Vec<(String, String)>) {
    let source = text_of(table, "source");
    if !source.is_empty() {
        sources.push((place.to_owned(), source));
    }
    for (key, value) in table {
        let key: &str = key.get_ref();
        match value.get_ref() {
            // A number inside an entry is cited by the entry; a table of the pack by its own name.
            DeValue::Table(inner) => {
                let named = if place.is_empty() { key } else { place };
                entries(inner, named, sources);
            }
            DeValue::Array(list) => {
                for inner in list {
                    let DeValue::Table(inner) = inner.get_ref() else {
                        continue;
                    };
                    let id = text_of(inner, "id");
                    let named = match (place.is_empty(), id.is_empty()) {
                        (true, true) => key.to_owned(),
                        (true, false) => format!("{key}.{id}"),
                        (false, true) => place.to_owned(),
                        (false, false) => format!("{place}.{key}.{id}"),
                    };
                    entries(inner, &named, sources);
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }
}

/// The known ids that stand in a text as words of their own.
fn ids(text: &str, known: &BTreeSet<&str>) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| known.contains(word))
        .map(str::to_owned)
        .collect()
}

/// All files below a folder with that ending, in order.
fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let cannot = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() {
            found.extend(files(&path, end)?);
        } else if path.extension().is_some_and(|extension| extension == end) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn parent_name(path: &Path) -> String {
    let name = path.parent().and_then(Path::file_name);
    name.map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

const HEAD: &str = "\
# Requirements and where they are served

Written by `cargo xtask requirements`; do not edit. The rows are [requirements.toml](requirements.toml): what the five
contracts ask of a device, or of device and head office together, in the areas that rules serve. *Served* means that a
pack entry cites the requirement as its source, or that code, a test or a golden case names it. A row that nothing serves
gives its reason. [Head office](#head-office) follows: what the contracts ask of it alone.
";

fn page(rows: &[Requirement], served: &BTreeMap<String, Served>) -> String {
    let nowhere = Served::default();
    let of = |row: &Requirement| served.get(&row.id).unwrap_or(&nowhere);
    let mut out = HEAD.to_owned();
    let mut areas: Vec<&str> = rows.iter().map(|row| row.area.as_str()).collect();
    areas.dedup();
    line(
        &mut out,
        "\n| area | requirements | by a pack entry | by code or tests only | with a reason |",
    );
    line(&mut out, "|---|---|---|---|---|");
    for area in &areas {
        let in_area: Vec<&Requirement> = rows.iter().filter(|row| row.area == *area).collect();
        let by_pack = in_area
            .iter()
            .filter(|row| !of(row).entries.is_empty())
            .count();
        let nowhere = in_area.iter().filter(|row| of(row).is_nowhere()).count();
        let all = in_area.len();
        let by_code = all.saturating_sub(by_pack).saturating_sub(nowhere);
        line(
            &mut out,
            &format!("| {area} | {all} | {by_pack} | {by_code} | {nowhere} |"),
        );
    }
    for area in areas {
        line(&mut out, &format!("\n## {area}\n"));
        line(
            &mut out,
            "| id | owner | what | where, or why not |\n|---|---|---|---|",
        );
        for row in rows.iter().filter(|row| row.area == area) {
            let Requirement {
                id, owner, what, ..
            } = row;
            line(
                &mut out,
                &format!("| {id} | {owner} | {what} | {} |", place(row, of(row))),
            );
        }
    }
    out
}

fn place(row: &Requirement, served: &Served) -> String {
    let mut parts = Vec::new();
    if !row.place.is_empty() {
        parts.push(row.place.clone());
    }
    if !served.tables.is_empty() {
        parts.push(format!("tables: {}", listed(&served.tables)));
    }
    for (pack, places) in &served.entries {
        parts.push(format!("{pack}: {}", listed(places)));
    }
    if !served.pages.is_empty() {
        parts.push(listed(&served.pages));
    }
    if !served.files.is_empty() {
        parts.push(listed(&served.files));
    }
    if !served.cases.is_empty() {
        let count = served.cases.len();
        let word = if count == 1 {
            "golden case"
        } else {
            "golden cases"
        };
        parts.push(format!("{count} {word}"));
    }
    if !row.reason.is_empty() {
        parts.push(row.reason.clone());
    }
    parts.join("<br>")
}

fn listed(places: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = places.iter().take(LISTED).map(String::as_str).collect();
    let more = places.len().saturating_sub(shown.len());
    let mut text = shown.join(", ");
    if more > 0 {
        text.push_str(&format!(", and {more} more"));
    }
    text
}

fn line(out: &mut String, text: &str) {
    // Writing into a string cannot fail.
    let _written = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn every_requirement_is_served_or_has_its_reason_and_the_page_says_so() {
        let expected = generate(&root()).unwrap();
        let written = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
        assert!(
            written == expected,
            "{PAGE} is stale: run `cargo xtask requirements`"
        );
    }

    #[test]
    fn an_id_counts_only_as_a_word_of_its_own() {
        let known = BTreeSet::from(["R1", "I11"]);
        let found = ids("(R1) R12 xR1 I110, I11: R1_a", &known);
        assert_eq!(found, BTreeSet::from(["R1".to_owned(), "I11".to_owned()]));
    }

    #[test]
    fn a_number_is_cited_by_the_entry_it_stands_in() {
        let text = "[[clock]]\nid = \"arrival\"\ndue = [ { value = \"1 h\", source = \"R118\" } ]";
        let table = DeTable::parse(text).unwrap();
        let mut sources = Vec::new();
        entries(table.get_ref(), "", &mut sources);
        assert_eq!(sources, [("clock.arrival".to_owned(), "R118".to_owned())]);
    }
}
