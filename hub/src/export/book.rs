//! A table as an XLSX workbook: typed cells, a heading that stays in sight, a second sheet about it.

use lossbook_core::domain::WallMs;
use lossbook_core::statement::Language;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::text::{civil, pick, yes_or_no};
use super::{About, not_written};
use crate::refusal::Refusal;
use crate::table::{Cell, Table};

const MS_PER_DAY: f64 = 86_400_000.0;
/// Widths of columns, in letters.
const NARROWEST: usize = 8;
const WIDEST: usize = 46;
/// Excel's own limit for the name of a sheet.
const NAME_CHARS: usize = 31;

/// A workbook with a sheet for each table, and one about all of them.
pub(super) fn write(
    (title, tables): (&str, &[&Table]),
    about: &About,
    language: Language,
) -> Result<Vec<u8>, Refusal> {
    made((title, tables), about, language).map_err(|error| not_written(&error))
}

fn made(
    (title, tables): (&str, &[&Table]),
    about: &About,
    language: Language,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let created = moment(WallMs(about.newest_ms))?;
    book.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_author("Lossbook")
            .set_keywords(&about.code)
            .set_creation_datetime(&created),
    );
    for table in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(pick(language, &table.title)))?;
        fill(sheet, table, language)?;
    }
    let second = book.add_worksheet();
    second.set_name("说明 About")?;
    explain(second, title, about)?;
    book.save_to_buffer()
}

/// What no name of a sheet may hold becomes a space.
fn sheet_name(title: &str) -> String {
    let plain = |letter: char| {
        if "[]:*?/\\'".contains(letter) {
            ' '
        } else {
            letter
        }
    };
    title.chars().map(plain).take(NAME_CHARS).collect()
}

fn fill(sheet: &mut Worksheet, table: &Table, language: Language) -> Result<(), XlsxError> {
    let heading = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0xEEF2F6))
        .set_border_bottom(FormatBorder::Thin);
    let mut widths: Vec<usize> = Vec::new();
    for (at, column) in (0_u16..).zip(&table.columns) {
        let name = pick(language, &column.name);
        sheet.write_string_with_format(0, at, name, &heading)?;
        widths.push(width(name) + 2);
    }
    let looks = Looks::new();
    for (down, row) in (1_u32..).zip(&table.rows) {
        for ((at, cell), widest) in (0_u16..).zip(&row.cells).zip(&mut widths) {
            let wide = put(sheet, (down, at), (cell, language), &looks)?;
            *widest = (*widest).max(wide);
        }
    }
    for (at, widest) in (0_u16..).zip(widths) {
        let letters = u16::try_from(widest.clamp(NARROWEST, WIDEST)).unwrap_or(u16::MAX);
        sheet.set_column_width(at, f64::from(letters))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// How many letters wide a text is; a Chinese one counts twice.
fn width(text: &str) -> usize {
    text.chars()
        .map(|letter| if letter.is_ascii() { 1 } else { 2 })
        .sum()
}

struct Looks {
    money: Format,
    moment: Format,
    day: Format,
    span: Format,
    share: Format,
    count: Format,
}

impl Looks {
    fn new() -> Self {
        let looking = |code: &str| Format::new().set_num_format(code);
        Self {
            money: looking("#,##0.00"),
            moment: looking("yyyy-mm-dd hh:mm"),
            day: looking("yyyy-mm-dd"),
            span: looking("[h]:mm"),
            share: looking("0.0%"),
            count: looking("0"),
        }
    }
}

/// Writes a cell with its type; says how many letters it takes.
#[expect(
    clippy::cast_precision_loss,
    reason = "a workbook holds every number as a float: fen and counts stay far below 2^53"
)]
fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    (cell, language): (&Cell, Language),
    looks: &Looks,
) -> Result<usize, XlsxError> {
    let wide = match cell {
        Cell::Blank | Cell::Share(_, 0) => 0,
        Cell::Text(text) => {
            sheet.write_string(row, column, text)?;
            width(text)
        }
        Cell::Words(words) => {
            let text = pick(language, words);
            sheet.write_string(row, column, text)?;
            width(text)
        }
        Cell::Count(count) => {
            sheet.write_number_with_format(row, column, *count as f64, &looks.count)?;
            NARROWEST
        }
        Cell::Fen(fen) => {
            sheet.write_number_with_format(row, column, *fen as f64 / 100.0, &looks.money)?;
            14
        }
        Cell::Time(at) => {
            sheet.write_datetime_with_format(row, column, &moment(*at)?, &looks.moment)?;
            17
        }
        Cell::Day(day) => {
            match ExcelDateTime::parse_from_str(day) {
                Ok(date) => sheet.write_datetime_with_format(row, column, &date, &looks.day)?,
                Err(_no_calendar_day) => sheet.write_string(row, column, day)?,
            };
            12
        }
        Cell::Span(ms) => {
            let days = *ms as f64 / MS_PER_DAY;
            sheet.write_number_with_format(row, column, days, &looks.span)?;
            NARROWEST
        }
        Cell::Share(part, whole) => {
            let share = *part as f64 / *whole as f64;
            sheet.write_number_with_format(row, column, share, &looks.share)?;
            NARROWEST
        }
        Cell::Yes(yes) => {
            sheet.write_string(row, column, yes_or_no(*yes, language))?;
            4
        }
    };
    Ok(wide)
}

/// China time as Excel keeps it: without a zone.
fn moment(at: WallMs) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::parse_from_str(&civil(at))
}

fn explain(sheet: &mut Worksheet, title: &str, about: &About) -> Result<(), XlsxError> {
    let all = |scopes: &[String]| {
        if scopes.is_empty() {
            "全部 / all".to_owned()
        } else {
            scopes.join("、")
        }
    };
    let open = |text: &str| {
        if text.is_empty() {
            "不限 / open"
        } else {
            text
        }
        .to_owned()
    };
    let rows = [
        ("表名 Table", title.to_owned()),
        ("范围 Scopes", all(&about.scopes)),
        ("起 From", open(&about.from)),
        ("止 To", open(&about.to)),
        ("案件数 Cases", about.cases.to_string()),
        (
            "最新记录 Newest entry",
            civil(WallMs(about.newest_ms)).replace('T', " "),
        ),
        ("案件版本摘要 Digest of heads", about.heads.clone()),
        ("核验码 Verification code", about.code.clone()),
        (
            "核验方法 To check",
            format!("lossbook hub paper --check {}", about.code),
        ),
        ("需求编号 Requirements", about.sources.join(", ")),
        (
            "个人信息 Personal data",
            if about.personal == "masked" {
                "证件号、电话、账号已隐去部分数字 / ID numbers, phones and accounts are masked"
                    .to_owned()
            } else {
                "完整显示，理由见审计 / in full; the audit says why".to_owned()
            },
        ),
        ("时区 Zone", "Asia/Shanghai (UTC+8)".to_owned()),
    ];
    let bold = Format::new().set_bold();
    for (down, (name, text)) in (0_u32..).zip(&rows) {
        sheet.write_string_with_format(down, 0, *name, &bold)?;
        sheet.write_string(down, 1, text)?;
    }
    sheet.set_column_width(0, 30)?;
    sheet.set_column_width(1, 80)?;
    Ok(())
}
