//! Reads the rows of a reference table from a file: JSON as programs write it, CSV as offices keep it.

use std::path::Path;

use serde_json::{Map, Value};

use crate::failure::Failure;

/// The rows by key.
///
/// # Errors
/// Exit 2 with line or key for a file that is neither, or whose rows have no key.
pub(super) fn read(path: &Path) -> Result<Vec<(String, Value)>, Failure> {
    let bad = |text: String| Failure::input("bad_table_file", text).at(path);
    let text = std::fs::read_to_string(path)
        .map_err(|error| bad(format!("cannot be read（无法读取）: {error}")))?;
    let text = text.trim_start_matches('\u{feff}');
    let is_csv = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if is_csv { csv(text) } else { json(text) }.map_err(bad)
}

fn json(text: &str) -> Result<Vec<(String, Value)>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match value {
        Value::Object(rows) => Ok(rows.into_iter().collect()),
        Value::Array(rows) => rows
            .into_iter()
            .enumerate()
            .map(|(at, row)| keyed(at + 1, row))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(
            "it must hold an object of rows by key, or a list of rows（须为对象或列表）".to_owned(),
        ),
    }
}

/// A row of a list names itself.
fn keyed(number: usize, row: Value) -> Result<(String, Value), String> {
    let Value::Object(mut fields) = row else {
        return Err(format!(
            "row {number} is no object（第 {number} 行不是对象）"
        ));
    };
    match fields.remove("key") {
        Some(Value::String(key)) if !key.is_empty() => Ok((key, Value::Object(fields))),
        Some(_) | None => Err(format!(
            "row {number} has no \"key\"（第 {number} 行缺少 key）"
        )),
    }
}

/// The first line names the columns; the first column is the key.
fn csv(text: &str) -> Result<Vec<(String, Value)>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let mut fields = headers.iter().zip(record.iter());
        let Some((_, key)) = fields.next().filter(|(_, key)| !key.trim().is_empty()) else {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(format!(
                "line {line} has no key in its first column（第 {line} 行首列为空）"
            ));
        };
        let values = fields.filter(|(_, value)| !value.is_empty());
        let row: Map<String, Value> = values
            .map(|(name, value)| (name.to_owned(), Value::String(value.to_owned())))
            .collect();
        rows.push((key.to_owned(), Value::Object(row)));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_csv_of_the_same_rows_read_alike() {
        let expected = json(r#"{"A": {"zone": "1"}, "B": {"zone": "2", "note": "x, y"}}"#).unwrap();
        let list = r#"[{"key": "A", "zone": "1"}, {"key": "B", "zone": "2", "note": "x, y"}]"#;
        assert_eq!(json(list).unwrap(), expected);
        let table = "place,zone,note\nA,1,\nB,2,\"x, y\"\n";
        assert_eq!(csv(table).unwrap(), expected);
    }

    #[test]
    fn a_row_without_a_key_is_named_by_its_number() {
        assert!(json(r#"[{"zone": "1"}]"#).unwrap_err().contains("row 1"));
        assert!(csv("a,b\n,2\n").unwrap_err().contains("line 2"));
        assert!(json("3").is_err());
    }
}
