//! Files out of the console: what they hold, who gets them, what the audit says, what a code tells.

use lossbook_core::statement::Language;

use super::console::{Visitor, person, text, visitor};
use super::http::{Got, served};
use super::papers::{printing, wish, with_case};
use super::register::{add, said, user};
use super::{VILLAGE, World};
use crate::Serving;
use crate::export::{Export, Format, TableWish};
use crate::meta::{AuditRow, in_tx};
use crate::paper::{Kind, Personal};
use crate::role::OfficeRole;
use crate::sight::Sight;

const PHONE: &str = "13900001234";
const EXPORT: &str = "/console/table/hotline/export";

/// A hub whose register of calls has a row for each of these customers.
fn called(customers: &[&str]) -> World {
    let world = World::new();
    let clerk = user(&world, "客服", OfficeRole::Dispatcher);
    for customer in customers {
        let call = [
            ("called", "2026-11-20 09:40"),
            ("customer", customer),
            ("phone", PHONE),
            ("content", "咨询理赔进度"),
            ("handling", "已告知"),
            ("kind", "question"),
        ];
        add(&world, ("hotline", &clerk), &said(&call)).unwrap();
    }
    world
}

fn office(world: &World, role: OfficeRole) -> (Serving, Visitor) {
    let serving = served(world);
    let password = person(world, "职员", role);
    let visitor = visitor(serving.addr, "职员", &password);
    (serving, visitor)
}

/// Everybody's calls as the command line gives them.
fn by_command(world: &World, format: Format, reveal: Option<&str>) -> Export {
    let wish = TableWish {
        reveal: reveal.map(ToOwned::to_owned),
        ..TableWish::default()
    };
    let as_what = (format, Language::Zh);
    world
        .hub
        .export_table(("a", "hotline"), &wish, as_what)
        .unwrap()
}

/// What the audit says of files that somebody got in the console, newest first.
fn noted(world: &World) -> Vec<AuditRow> {
    let audit = in_tx(world.hub.store(), |tx| tx.audit(None, 100)).unwrap();
    let own = audit.into_iter().filter(|row| row.user == "职员");
    own.filter(|row| row.deed == "export").collect()
}

fn code(got: &Got) -> String {
    let page = text(got);
    let named = |code: &&str| page.contains(*code);
    let codes = [
        "NO_REASON",
        "NOT_YOUR_ROLE",
        "MALFORMED",
        "TABLE_UNKNOWN",
        "SCOPE_UNKNOWN",
        "CASE_UNKNOWN",
    ];
    codes.into_iter().find(named).unwrap_or_default().to_owned()
}

#[test]
fn a_table_is_given_masked_in_every_format_as_the_command_line_gives_it() {
    let world = called(&["赵甲"]);
    let (_serving, visitor) = office(&world, OfficeRole::Auditor);
    for format in Format::ALL {
        let wanted = by_command(&world, format, None);
        let got = visitor.post(EXPORT, &[("format", format.word()), ("language", "zh")]);
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), Some(format.media_type()));
        let named = format!("attachment; filename=\"hotline-zh.{format}\"");
        assert_eq!(got.header("content-disposition"), Some(named.as_str()));
        assert_eq!(got.header("cache-control"), Some("no-store"));
        assert_eq!(got.body, wanted.bytes, "{format}");
        let row = noted(&world).remove(0);
        let said = format!("hotline {format} {} masked", wanted.about.code);
        assert_eq!(row.detail, said);
    }
    let open = String::from_utf8(by_command(&world, Format::Csv, None).bytes).unwrap();
    assert!(open.contains("139****1234") && !open.contains(PHONE));
}

#[test]
fn a_table_in_full_takes_the_right_and_a_reason_that_stands_in_the_audit() {
    let world = called(&["赵甲"]);
    let (_serving, visitor) = office(&world, OfficeRole::Reviewer);
    let ask = |reason: &str| visitor.post(EXPORT, &[("format", "csv"), ("reason", reason)]);
    let short = ask("看");
    assert_eq!((short.status, code(&short).as_str()), (400, "NO_REASON"));
    assert!(noted(&world).is_empty());
    let shown = ask("回电核实客户");
    assert!(text(&shown).contains(PHONE));
    let detail = noted(&world).remove(0).detail;
    assert!(detail.ends_with(" shown: 回电核实客户"), "{detail}");
}

#[test]
fn whoever_may_not_reveal_gets_no_file_in_full_whatever_the_reason() {
    let world = called(&["赵甲"]);
    let (_serving, visitor) = office(&world, OfficeRole::Auditor);
    let got = visitor.post(EXPORT, &[("format", "csv"), ("reason", "回电核实客户")]);
    assert_eq!((got.status, code(&got).as_str()), (403, "NOT_YOUR_ROLE"));
    assert!(!text(&got).contains(PHONE) && noted(&world).is_empty());
}

#[test]
fn a_file_holds_the_rows_that_its_page_shows_and_no_others() {
    let world = called(&["赵甲", "孙丙"]);
    let (_serving, visitor) = office(&world, OfficeRole::Reviewer);
    let rows = |part: &[(&str, &str)]| {
        let fields: Vec<_> = part.iter().copied().chain([("format", "csv")]).collect();
        let file = text(&visitor.post(EXPORT, &fields));
        (file.contains("赵甲"), file.contains("孙丙"))
    };
    assert_eq!(rows(&[]), (true, true));
    assert_eq!(rows(&[("q", "孙丙")]), (false, true));
    assert_eq!(rows(&[("from", "2026-11-21")]), (false, false));
    let until = [("from", "2026-11-20"), ("to", "2026-11-20")];
    assert_eq!(rows(&until), (true, true));
}

#[test]
fn what_is_no_table_format_or_part_of_ones_own_gives_no_file() {
    let world = called(&["赵甲"]);
    world.hub.add_scope("二村").unwrap();
    let (_serving, visitor) = office(&world, OfficeRole::ClaimsSpecialist);
    let roles = ["claims_specialist".to_owned()];
    world
        .hub
        .set_roles("职员", (&roles, &["二村".to_owned()]))
        .unwrap();
    let table = |name: &str| format!("/console/table/{name}/export");
    let csv = ("format", "csv");
    for (path, fields, wanted) in [
        (
            table("hotline"),
            vec![("format", "pdf")],
            (400, "MALFORMED"),
        ),
        (table("no-such"), vec![csv], (404, "TABLE_UNKNOWN")),
        (table("qualifications"), vec![csv], (403, "NOT_YOUR_ROLE")),
        (
            table("hotline"),
            vec![csv, ("village", VILLAGE)],
            (404, "SCOPE_UNKNOWN"),
        ),
        (
            table("arrivals"),
            vec![csv, ("case", "0000-0000-0")],
            (404, "CASE_UNKNOWN"),
        ),
    ] {
        let got = visitor.post(&path, &fields);
        assert_eq!(
            (got.status, code(&got).as_str()),
            wanted,
            "{path} {fields:?}"
        );
    }
    assert!(noted(&world).is_empty());
}

/// A hub that prints, a case of its village, and the code of a paper about it.
fn printed() -> (World, String, String) {
    let (mut world, case) = with_case();
    world.hub = printing(&world);
    let survey = wish(Kind::Survey, Language::Zh, Personal::Masked);
    let made = world
        .hub
        .make_paper((&case, "王审核"), &survey, &Sight::whole());
    (world, case, made.unwrap().code)
}

#[test]
fn a_code_of_a_paper_tells_its_case_its_maker_and_that_it_stands() {
    let (world, case, code) = printed();
    let (_serving, visitor) = office(&world, OfficeRole::Auditor);
    let page = visitor.page(&format!("/console/check?code={code}"));
    for said in [case.as_str(), "王审核", "查勘报告", "案件未变"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_code_of_a_table_tells_who_got_it_and_no_row_of_it() {
    let world = called(&["赵甲"]);
    let (_serving, visitor) = office(&world, OfficeRole::Auditor);
    let code = by_command(&world, Format::Csv, None).about.code;
    visitor.post(EXPORT, &[("format", "csv")]);
    let page = visitor.page(&format!("/console/check?code={code}"));
    assert!(page.contains("hotline") && page.contains("职员"), "{page}");
    assert!(!page.contains("赵甲"));
}

#[test]
fn a_code_that_is_wrong_or_of_a_case_of_others_tells_nothing() {
    let (world, case, code) = printed();
    world.hub.add_scope("二村").unwrap();
    let (_serving, visitor) = office(&world, OfficeRole::Reviewer);
    let roles = ["reviewer".to_owned()];
    world
        .hub
        .set_roles("职员", (&roles, &["二村".to_owned()]))
        .unwrap();
    for (code, wanted) in [
        (code.as_str(), "CODE_UNKNOWN"),
        ("0000-0000-0000-0000-0000", "CODE_UNKNOWN"),
        ("12", "CODE_MALFORMED"),
    ] {
        let page = visitor.page(&format!("/console/check?code={code}"));
        assert!(page.contains(wanted), "{code}");
        assert!(!page.contains(&case) && !page.contains("王审核"), "{code}");
    }
}
