//! All packs, one row each.

use lossbook_core::rules::{FigureNote, Pack, Packs};
use serde_json::{Value, json};

use super::sheet::place;
use crate::device::Said;
use crate::words::word;

pub(super) fn list(packs: &Packs) -> Said {
    let all: Vec<Value> = packs.all().iter().map(entry).collect();
    let blocks: Vec<String> = packs.all().iter().map(block).collect();
    Said::new(json!({"ok": true, "packs": all}), blocks.join("\n\n"))
}

fn effective(pack: &Pack) -> (String, Option<String>) {
    let time = |at: jiff::civil::DateTime| at.strftime("%Y-%m-%dT%H:%M").to_string();
    (time(pack.effective.from), pack.effective.to.map(time))
}

fn numbers(pack: &Pack) -> Vec<&FigureNote> {
    let stated = pack.figures.iter();
    stated.filter(|figure| figure.value.is_some()).collect()
}

fn entry(pack: &Pack) -> Value {
    let (from, to) = effective(pack);
    let numbers: Vec<Value> = numbers(pack)
        .into_iter()
        .map(|note| {
            let place = place(pack, &note.path);
            json!({"place": place, "line": note.line, "value": note.value, "source": note.source})
        })
        .collect();
    let blanks: Vec<Value> = pack
        .blanks()
        .map(|note| {
            let place = place(pack, &note.path);
            json!({"place": place, "line": note.line, "why": note.blank, "source": note.source})
        })
        .collect();
    json!({
        "id": pack.id,
        "version": pack.version,
        "title": {"zh": pack.title.zh, "en": pack.title.en},
        "effective": {"from": from, "to": to, "source": pack.effective.source},
        "time_zone": pack.zone_name,
        "lines": pack.lines,
        "beside": pack.beside,
        "digest": pack.digest().to_string(),
        "bytes": pack.bytes().len(),
        "rule_count": pack.rules.len(),
        "number_count": numbers.len(),
        "blank_count": blanks.len(),
        "numbers": numbers,
        "blanks": blanks,
    })
}

/// Chinese and English titles are too long for the columns of one table: a pack is a small block.
fn block(pack: &Pack) -> String {
    let (from, to) = effective(pack);
    let to = to.map_or_else(String::new, |to| format!(" – {to}"));
    let blanks: Vec<String> = pack.blanks().map(|note| place(pack, &note.path)).collect();
    let why = word("set by the insurer");
    format!(
        "{}  {}\n  {}\n  {}\n  生效 / in force   {from}{to}\n  规则 / rules      {}\n  数字 / numbers    {} (每个都有出处 / each with its source)\n  空白 / blanks     {}{}\n  摘要 / digest     {}",
        pack.id,
        pack.version,
        pack.title.zh,
        pack.title.en,
        pack.rules.len(),
        numbers(pack).len(),
        blanks.len(),
        if blanks.is_empty() {
            String::new()
        } else {
            format!(" ({} / {}): {}", why.zh, why.en, blanks.join(", "))
        },
        pack.digest(),
    )
}
