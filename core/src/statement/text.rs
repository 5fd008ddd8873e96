//! The exact text a signer is shown, in Chinese or English. A freeze keeps it; its digest is signed.

use std::fmt::{self, Write as _};

use super::freeze::{Language, StatementKind, Wanted, standing};
use crate::domain::{CaseId, Money};
use crate::record::{CaseRecord, Row, Section};

struct Words {
    titles: [&'static str; 3],
    case: &'static str,
    household: &'static str,
    cause: &'static str,
    objects: &'static str,
    damage: &'static str,
    lines: &'static str,
    total: &'static str,
    payable: &'static str,
    photos: &'static str,
    yuan: &'static str,
}

const ZH: Words = Words {
    titles: ["损失确认书", "查勘报告", "免查勘确认书"],
    case: "案件编号",
    household: "户主",
    cause: "出险原因",
    objects: "保险标的",
    damage: "受损情况",
    lines: "损失清单",
    total: "合计",
    payable: "应付赔款",
    photos: "照片张数",
    yuan: "元",
};

const EN: Words = Words {
    titles: [
        "Statement of loss",
        "Survey report",
        "Record without survey",
    ],
    case: "Case",
    household: "Household",
    cause: "Cause of loss",
    objects: "Insured objects",
    damage: "Damage",
    lines: "Loss lines",
    total: "Total",
    payable: "Payable",
    photos: "Photos",
    yuan: "yuan",
};

pub(super) fn render(
    case: CaseId,
    record: &CaseRecord,
    (total, photos): (Money, usize),
    wanted: &Wanted,
) -> String {
    let words = match wanted.language {
        Language::Zh => &ZH,
        Language::En => &EN,
    };
    let [estimate, survey, without] = words.titles;
    let title = match wanted.kind {
        StatementKind::Estimate => estimate,
        StatementKind::SurveyReport => survey,
        StatementKind::NoSurvey => without,
    };
    let report = record.section(Section::Report);
    let mut page = Page(String::new());
    page.line(format_args!("{title}"));
    page.line(format_args!("{}: {}", words.case, case.number()));
    for (label, name) in [(words.household, "household"), (words.cause, "cause")] {
        page.line(format_args!(
            "{label}: {}",
            report.text(name).unwrap_or_default()
        ));
    }
    match wanted.kind {
        StatementKind::Estimate => page.estimate(record, words, (total, wanted)),
        StatementKind::SurveyReport => {
            page.rows(words.objects, (record, Section::Objects), |row| {
                joined(row, &["kind", "label", "structure", "area"])
            });
            page.rows(words.damage, (record, Section::Damage), |row| {
                joined(row, &["room", "grade", "area"])
            });
        }
        StatementKind::NoSurvey => {
            page.rows(words.objects, (record, Section::Objects), |row| {
                joined(row, &["kind", "label"])
            });
        }
    }
    page.line(format_args!("{}: {photos}", words.photos));
    page.0
}

fn joined(row: &Row, names: &[&str]) -> String {
    let parts = names.iter().filter_map(|name| row.text(name));
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

struct Page(String);

impl Page {
    fn line(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _infallible = writeln!(self.0, "{text}");
    }

    fn rows(
        &mut self,
        title: &str,
        (record, section): (&CaseRecord, Section),
        words: impl Fn(&Row) -> String,
    ) {
        self.line(format_args!("{title}:"));
        for (number, (_, row)) in standing(record, section).enumerate() {
            self.line(format_args!("  {}. {}", number + 1, words(row)));
        }
    }

    fn estimate(&mut self, record: &CaseRecord, words: &Words, (total, wanted): (Money, &Wanted)) {
        self.rows(words.lines, (record, Section::Lines), |row| {
            let what = joined(row, &["room", "item", "quantity", "unit"]);
            let amount = row.line_amount();
            format!("{what}: {amount} {}", words.yuan)
        });
        self.line(format_args!("{}: {total} {}", words.total, words.yuan));
        if let Some(payable) = &wanted.assessment.payable {
            for step in &payable.steps {
                self.line(format_args!(
                    "  {}: {} {}",
                    step.rule, step.amount, words.yuan
                ));
            }
            let amount = payable.amount;
            self.line(format_args!("{}: {amount} {}", words.payable, words.yuan));
        }
    }
}
