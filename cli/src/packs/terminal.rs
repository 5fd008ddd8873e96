//! The contract sheet in a terminal, and as JSON.

use std::fmt::Write as _;

use lossbook_core::rules::Pack;
use serde_json::{Value, json};

use super::sheet::{Number, Sheet, readable};
use crate::words::{Both, Tongue};

pub(super) fn text(sheet: &Sheet, tongue: Tongue) -> String {
    let mut out = sheet.title.show(tongue);
    out.push('\n');
    for (name, value) in &sheet.head {
        line(
            &mut out,
            2,
            &format!("{}: {}", name.show(tongue), value.show(tongue)),
        );
    }
    for chapter in &sheet.chapters {
        line(
            &mut out,
            0,
            &format!("\n== {} ==", chapter.title.show(tongue)),
        );
        for part in &chapter.parts {
            line(&mut out, 0, &format!("\n-- {} --", part.title.show(tongue)));
            for row in &part.rows {
                let source = if row.source.is_empty() {
                    String::new()
                } else {
                    format!("  [{}]", readable(&row.source).show(tongue))
                };
                let name = row.name.show(tongue);
                line(&mut out, 0, &format!("{}  {name}{source}", row.id));
                for term in &row.terms {
                    line(&mut out, 4, &term.show(tongue));
                }
            }
        }
    }
    let title = Both::of("空白", "Blanks");
    line(
        &mut out,
        0,
        &format!("\n== {} ({}) ==\n", title.show(tongue), sheet.blanks.len()),
    );
    for blank in &sheet.blanks {
        number(&mut out, blank, tongue);
    }
    let title = Both::of("全部数字与出处", "All numbers and their sources");
    line(
        &mut out,
        0,
        &format!("\n== {} ({}) ==\n", title.show(tongue), sheet.numbers.len()),
    );
    for one in &sheet.numbers {
        number(&mut out, one, tongue);
    }
    out
}

fn number(out: &mut String, number: &Number, tongue: Tongue) {
    let value = match &number.value {
        Ok(value) => value.clone(),
        Err(why) => format!("______ ({})", why.show(tongue)),
    };
    line(
        out,
        0,
        &format!("{} = {value}  [{}]", number.place, number.source),
    );
}

fn line(out: &mut String, indent: usize, text: &str) {
    // Writing into a string cannot fail.
    let _written = writeln!(out, "{:indent$}{text}", "");
}

pub(super) fn json(pack: &Pack, sheet: &Sheet) -> Value {
    let both = |text: &Both| json!({"zh": text.zh, "en": text.en});
    let mut chapters = Vec::new();
    for chapter in &sheet.chapters {
        let mut parts = Vec::new();
        for part in &chapter.parts {
            let rules: Vec<Value> = part
                .rows
                .iter()
                .map(|row| {
                    let terms: Vec<Value> = row.terms.iter().map(both).collect();
                    let (id, source) = (&row.id, &row.source);
                    json!({"id": id, "name": both(&row.name), "terms": terms, "source": source})
                })
                .collect();
            parts.push(json!({"title": both(&part.title), "rules": rules}));
        }
        chapters.push(json!({"title": both(&chapter.title), "parts": parts}));
    }
    let numbers: Vec<Value> = sheet
        .numbers
        .iter()
        .map(|number| {
            let value = number.value.as_ref().ok();
            let blank = number.value.as_ref().err().map(both);
            let (place, source) = (&number.place, &number.source);
            json!({"place": place, "value": value, "blank": blank, "source": source})
        })
        .collect();
    json!({
        "ok": true,
        "id": pack.id,
        "version": pack.version,
        "digest": pack.digest().to_string(),
        "title": both(&sheet.title),
        "chapters": chapters,
        "numbers": numbers,
    })
}
