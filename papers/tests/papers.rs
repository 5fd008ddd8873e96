//! Every template with a full sheet, an empty one, and words that look like commands.
//!
//! They need a font with Chinese letters, so the leg `templates`, which has one, runs them.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

use lossbook_hub::paper::{Content, Kind};
use lossbook_hub::press::{Press, Sheet};
use lossbook_papers::TypstPress;
use serde_json::{Value, json};

fn press() -> TypstPress {
    TypstPress::open(None).expect("fonts-wqy-microhei, or another font with Chinese letters")
}

fn sheet(kind: Kind, language: &str, change: impl FnOnce(&mut Value)) -> Sheet {
    let mut content = serde_json::to_value(Content::default()).unwrap();
    change(&mut content);
    let data = json!({
        "template": kind.word(), "language": language, "title": kind.names().0, "code": "0123-4567-89ab-cdef-0123",
        "pictures": [], "content": content,
    });
    Sheet {
        template: kind.word(),
        data: serde_json::to_vec(&data).unwrap(),
        pictures: Vec::new(),
    }
}

/// The parts without which a kind of paper is refused before it is set.
fn least(kind: Kind) -> impl FnOnce(&mut Value) {
    move |content| {
        content["number"] = json!("LB-1");
        if kind == Kind::NoSurvey {
            content["no_survey"] = json!({ "answer": "可以免查勘", "reasons": [], "facts": [] });
        }
    }
}

#[test]
#[ignore = "needs a font with Chinese letters: the leg templates runs it"]
fn every_paper_is_set_without_a_warning_in_both_languages_and_twice_the_same() {
    let press = press();
    for kind in Kind::ALL {
        for language in ["zh", "en"] {
            let sheet = sheet(kind, language, least(kind));
            let pdf = press
                .set(&sheet)
                .unwrap_or_else(|error| panic!("{kind} {language}: {error}"));
            assert!(pdf.starts_with(b"%PDF"));
            assert_eq!(press.set(&sheet).unwrap(), pdf, "{kind} {language}");
        }
    }
}

#[test]
#[ignore = "needs a font with Chinese letters: the leg templates runs it"]
fn a_composed_report_is_set_in_both_languages_also_where_a_table_is_empty() {
    let press = press();
    for language in ["zh", "en"] {
        let row = vec!["#panic(1) 一村", "1,234.56", ""];
        let data = json!({
            "template": "report", "language": language, "title": "每周通报", "code": "0123-4567-89ab-cdef-0123",
            "pictures": [], "content": {
                "head": [{ "label": "起", "text": "2026-11-16 00:00" }], "heads": "00",
                "tables": [
                    { "title": "甲", "sources": "R342", "columns": ["村", "金额", "空"], "rows": vec![row; 120] },
                    { "title": "乙", "sources": "R342", "columns": ["村"], "rows": [] },
                ],
            },
        });
        let sheet = Sheet {
            template: "report",
            data: serde_json::to_vec(&data).unwrap(),
            pictures: Vec::new(),
        };
        let pdf = press.set(&sheet).unwrap();
        assert_eq!(press.set(&sheet).unwrap(), pdf);
    }
}

#[test]
#[ignore = "needs a font with Chinese letters: the leg templates runs it"]
fn what_a_person_typed_is_text_and_no_command() {
    let nasty = "#panic(\"x\") $x$ *a* @b <c> \\u{0} #read(\"/etc/passwd\") ”";
    let sheet = sheet(Kind::Survey, "zh", |content| {
        content["number"] = json!("LB-1");
        content["report"] = json!([{ "label": "出险经过", "text": nasty }]);
        content["notes"] = json!([nasty]);
    });
    press().set(&sheet).unwrap();
}
