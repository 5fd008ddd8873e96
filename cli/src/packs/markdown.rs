//! The contract sheet as Markdown, Chinese and English side by side.

use std::fmt::Write as _;

use super::sheet::{Number, Row, Sheet, readable};
use crate::words::Both;

pub(super) fn write(sheet: &Sheet) -> String {
    let mut out = String::new();
    line(&mut out, &format!("# {}\n", sheet.title.zh));
    line(&mut out, &format!("**{}**\n", sheet.title.en));
    line(&mut out, INTRODUCTION);
    line(&mut out, "| | 中文 | English |\n|---|---|---|");
    for (name, value) in &sheet.head {
        let (zh, en) = (cell(&value.zh), cell(&value.en));
        line(
            &mut out,
            &format!("| {} / {} | {zh} | {en} |", name.zh, name.en),
        );
    }
    for chapter in &sheet.chapters {
        let title = &chapter.title;
        line(&mut out, &format!("\n## {} / {}", title.zh, title.en));
        for part in &chapter.parts {
            let title = &part.title;
            line(&mut out, &format!("\n### {} / {}\n", title.zh, title.en));
            line(
                &mut out,
                "| id | 中文 | English | 出处 / source |\n|---|---|---|---|",
            );
            for row in &part.rows {
                rule(&mut out, row);
            }
        }
    }
    line(&mut out, "\n## 空白 / Blanks\n");
    if sheet.blanks.is_empty() {
        line(&mut out, "没有空白。 / There are none.");
    } else {
        numbers(&mut out, &sheet.blanks);
    }
    line(&mut out, "\n## 全部数字 / All numbers\n");
    numbers(&mut out, &sheet.numbers);
    out
}

const INTRODUCTION: &str = "\
本表由规则包数据生成（`lossbook packs sheet`），供与招标文件逐条核对；每个数字注明出处，`______` 为合同留白，程序不作默认。
R、I、P、G 编号指招标要求、标题所含要求、待填项与疑义的清单。

Generated from the rule pack (`lossbook packs sheet`), to be compared with the tender line by line; every number names its
source, `______` is what the contract leaves open, and the program assumes nothing for it. Numbers with R, I, P and G are
those of the lists of requirements, of what titles imply, of placeholders and of gaps.
";

fn rule(out: &mut String, row: &Row) {
    let of = |pick: fn(&Both) -> &str| {
        let mut text = format!("**{}**", cell(pick(&row.name)));
        for term in &row.terms {
            text.push_str("<br>");
            text.push_str(&cell(pick(term)));
        }
        text
    };
    let source = both(&readable(&row.source));
    let (zh, en) = (of(|both| &both.zh), of(|both| &both.en));
    line(out, &format!("| `{}` | {zh} | {en} | {source} |", row.id));
}

fn numbers(out: &mut String, numbers: &[Number]) {
    line(
        out,
        "| 位置 / place | 值 / value | 出处 / source |\n|---|---|---|",
    );
    for number in numbers {
        let value = match &number.value {
            Ok(value) => cell(value),
            Err(why) => format!("______ {}", both(why)),
        };
        let source = both(&readable(&number.source));
        line(out, &format!("| `{}` | {value} | {source} |", number.place));
    }
}

fn both(text: &Both) -> String {
    if text.zh == text.en {
        cell(&text.zh)
    } else {
        format!("{} / {}", cell(&text.zh), cell(&text.en))
    }
}

/// What would end the cell, or the line, is written another way.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn line(out: &mut String, text: &str) {
    // Writing into a string cannot fail.
    let _written = writeln!(out, "{text}");
}
