//! What papers and exported files say, with a press that gives back what it was handed.

use std::sync::Arc;

use lossbook_core::domain::CaseId;
use lossbook_core::record::Section;
use lossbook_core::statement::Language;
use serde_json::Value;

use super::{World, report};
use crate::Hub;
use crate::export::{Format, MapFormat};
use crate::meta::in_tx;
use crate::paper::{Kind, Personal, Wish};
use crate::press::{Press, PressError, Sheet};
use crate::sight::Sight;
use crate::table::{Cell, Column, Row, Table, Words};

/// Gives back the data that a template would read.
#[derive(Debug)]
struct Mirror;

impl Press for Mirror {
    fn set(&self, sheet: &Sheet) -> Result<Vec<u8>, PressError> {
        Ok(sheet.data.clone())
    }
}

pub(super) fn printing(world: &World) -> Hub {
    world.hub.clone().printing_by(Arc::new(Mirror))
}

pub(super) fn wish(kind: Kind, language: Language, personal: Personal) -> Wish {
    Wish {
        kind,
        language,
        personal,
    }
}

/// A hub with one case whose reporter gave an ID number.
pub(super) fn with_case() -> (World, String) {
    let world = World::new();
    let phone = world.phone("周查勘", 1);
    let case = report(&phone);
    let fields = [
        ("name", "张三"),
        ("role", "户主"),
        ("id_no", "632126196503014417"),
    ];
    let fields: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    phone.add_row(&case, Section::Parties, &fields).unwrap();
    world.sync(&phone);
    let id: CaseId = case.parse().unwrap();
    (world, id.number().to_string())
}

fn made(hub: &Hub, case: &str, wish: &Wish) -> Value {
    let paper = hub
        .make_paper((case, "王审核"), wish, &Sight::whole())
        .unwrap();
    serde_json::from_slice(&paper.pdf).unwrap()
}

#[test]
fn a_paper_names_its_case_and_heads_and_hides_what_is_personal() {
    let (world, case) = with_case();
    let hub = printing(&world);
    let paper = made(
        &hub,
        &case,
        &wish(Kind::Survey, Language::Zh, Personal::Masked),
    );
    assert_eq!(paper["content"]["number"], case);
    assert_eq!(paper["title"], "查勘报告");
    assert!(!paper["content"]["heads"].as_array().unwrap().is_empty());
    let text = paper.to_string();
    assert!(
        text.contains("张三") && text.contains("632***********4417"),
        "{text}"
    );
    assert!(!text.contains("632126196503014417"));
}

#[test]
fn personal_data_in_full_takes_a_reason_and_stands_in_the_audit() {
    let (world, case) = with_case();
    let hub = printing(&world);
    let shown = |why: &str| wish(Kind::Survey, Language::En, Personal::Shown(why.to_owned()));
    let refused = hub
        .make_paper((&case, "王审核"), &shown(" "), &Sight::whole())
        .unwrap_err();
    assert_eq!(refused.code, "NO_REASON");
    let paper = made(&hub, &case, &shown("法院调取"));
    assert!(paper.to_string().contains("632126196503014417"));
    let audit = in_tx(world.hub.store(), |tx| tx.audit(None, 10)).unwrap();
    let row = audit.first().unwrap();
    assert_eq!((row.deed.as_str(), row.user.as_str()), ("paper", "王审核"));
    assert!(row.detail.contains("法院调取"), "{}", row.detail);
}

#[test]
fn the_same_case_gives_the_same_paper_also_later() {
    let (world, case) = with_case();
    let hub = printing(&world);
    for kind in [Kind::Survey, Kind::CaseFile] {
        for language in [Language::Zh, Language::En] {
            let wish = wish(kind, language, Personal::Masked);
            let first = hub
                .make_paper((&case, "a"), &wish, &Sight::whole())
                .unwrap();
            world.host.pass(86_400_000);
            assert_eq!(
                hub.make_paper((&case, "b"), &wish, &Sight::whole())
                    .unwrap(),
                first
            );
        }
    }
}

#[test]
fn a_code_says_which_paper_bears_it_and_that_the_case_changed_since() {
    let world = World::new();
    let phone = world.phone("周查勘", 1);
    let case = report(&phone);
    world.sync(&phone);
    let id: CaseId = case.parse().unwrap();
    let (hub, number) = (printing(&world), id.number().to_string());
    let wanted = wish(Kind::Survey, Language::Zh, Personal::Masked);
    let paper = hub
        .make_paper((&number, "王审核"), &wanted, &Sight::whole())
        .unwrap();
    let said = hub.check_paper(&paper.code.to_uppercase()).unwrap();
    assert_eq!(
        (said["stands"].as_bool(), said["kind"].as_str()),
        (Some(true), Some("survey"))
    );
    let note = [("text".to_owned(), "又来过一次".to_owned())];
    phone.add_row(&case, Section::Notes, &note).unwrap();
    world.sync(&phone);
    let said = hub.check_paper(&paper.code).unwrap();
    assert_eq!(said["stands"].as_bool(), Some(false));
    let unknown = hub.check_paper("0000-0000-0000-0000-0000").unwrap_err();
    assert_eq!(unknown.code, "CODE_UNKNOWN");
}

#[test]
fn a_paper_without_matter_is_refused_and_a_hub_without_a_press_says_so() {
    let (world, case) = with_case();
    let loss = wish(Kind::Loss, Language::Zh, Personal::Masked);
    let refused = printing(&world)
        .make_paper((&case, "a"), &loss, &Sight::whole())
        .unwrap_err();
    assert_eq!(refused.code, "NO_SUCH_PAPER");
    let survey = wish(Kind::Survey, Language::Zh, Personal::Masked);
    let refused = world
        .hub
        .make_paper((&case, "a"), &survey, &Sight::whole())
        .unwrap_err();
    assert_eq!(refused.code, "NO_PRESS");
}

#[test]
fn files_are_the_same_bytes_when_they_are_made_twice() {
    let (world, _) = with_case();
    for format in MapFormat::ALL {
        let first = world.hub.export_map(("a", &[]), format).unwrap();
        world.host.pass(5_000);
        assert_eq!(world.hub.export_map(("b", &[]), format).unwrap(), first);
    }
    let first = world.hub.export_feed(("a", &[])).unwrap();
    assert_eq!(world.hub.export_feed(("b", &[])).unwrap(), first);
    let feed: Value = serde_json::from_slice(&first.bytes).unwrap();
    assert_eq!(feed["cases"].as_array().unwrap().len(), 1);
    assert!(feed["cases"][0]["heads"].as_str().unwrap().len() == 64);
}

#[test]
fn a_table_keeps_its_cells_in_every_format_and_its_bytes_when_written_twice() {
    let (world, _) = with_case();
    let table = Table {
        id: "sample",
        title: Words::new("样表", "Sample"),
        sources: &["R342"],
        columns: vec![
            Column::new("name", "姓名", "Name"),
            Column::new("sum", "金额", "Sum"),
        ],
        rows: vec![Row {
            cells: vec![Cell::Text("=1+1".to_owned()), Cell::Fen(123_456)],
            case: None,
        }],
    };
    let cut = crate::export::Cut {
        scopes: &[],
        from: None,
        to: None,
        personal: "masked",
        sight: &Sight::whole(),
    };
    for format in Format::ALL {
        let write = || {
            in_tx(world.hub.store(), |tx| {
                crate::export::table(tx, (&table, &cut), (format, Language::Zh))
            })
            .unwrap()
            .unwrap()
        };
        let file = write();
        assert_eq!(file, write());
        assert_eq!(file.file, format!("sample-zh.{format}"));
        if format == Format::Csv {
            let text = String::from_utf8(file.bytes).unwrap();
            assert_eq!(text, "\u{feff}姓名,金额\r\n'=1+1,1234.56\r\n");
        }
    }
}
