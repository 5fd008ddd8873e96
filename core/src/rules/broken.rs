//! Broken packs and settings: each file of `fixtures/packs` beside every problem it has.
//!
//! An `.expected` file holds one problem a line, `LINE CODE PATH`, `-` for no path; the whole set
//! must be said, nothing more and nothing twice.

use std::path::{Path, PathBuf};

use super::pack::Pack;
use super::problem::{Code, Problem};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/packs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
}

fn shown(problem: &Problem) -> String {
    let path = if problem.path.is_empty() {
        "-"
    } else {
        &problem.path
    };
    format!("{} {} {path}", problem.line, problem.code.key())
}

/// What differs between the problems said and those expected, one a line.
fn differences(file: &Path, read: Result<Pack, super::PackError>) -> String {
    let expected = std::fs::read_to_string(file.with_extension("expected")).unwrap();
    let mut wanted: Vec<String> = expected.lines().map(str::to_owned).collect();
    let mut said: Vec<String> = match read {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.iter().map(shown).collect(),
    };
    wanted.sort();
    said.sort();
    if wanted == said {
        return String::new();
    }
    let name = file.file_name().unwrap().to_string_lossy();
    format!("{name}:\n  wanted {wanted:#?}\n  said {said:#?}\n")
}

#[test]
fn every_broken_pack_says_all_its_problems_and_no_other() {
    let files = fixtures("invalid");
    assert!(files.len() >= 25, "{} broken packs", files.len());
    let report: String = files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            differences(file, Pack::from_toml(&text))
        })
        .collect();
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn broken_packs_cover_every_code() {
    let all: String = fixtures("invalid")
        .iter()
        .map(|file| std::fs::read_to_string(file.with_extension("expected")).unwrap())
        .collect();
    for code in [
        Code::Syntax,
        Code::Missing,
        Code::UnknownKey,
        Code::WrongType,
        Code::BadValue,
        Code::NoSource,
        Code::Duplicate,
        Code::UnknownId,
        Code::Order,
    ] {
        assert!(all.contains(&format!(" {} ", code.key())), "{code:?}");
    }
}

#[test]
fn every_broken_settings_file_says_all_its_problems_and_no_other() {
    let pack = super::SHIPPED[0].1;
    let files = fixtures("settings");
    assert!(files.len() >= 3, "{} settings files", files.len());
    let report: String = files
        .iter()
        .map(|file| {
            let settings = std::fs::read_to_string(file).unwrap();
            differences(file, Pack::from_toml_filled(pack, &settings))
        })
        .collect();
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn a_pack_above_one_mebibyte_is_refused_before_it_is_read() {
    let text = "#".repeat((1 << 20) + 1);
    let error = Pack::from_toml(&text).unwrap_err();
    let said: Vec<String> = error.problems.iter().map(shown).collect();
    assert_eq!(said, ["1 syntax -"]);
}

#[test]
fn a_filled_branch_keeps_its_tests() {
    let text = |due: &str| {
        format!(
            "{}\n[[clock]]\nid = \"visit\"\nzh = \"例\"\nen = \"visit\"\nsource = \"R1\"\n\
             stage = \"survey\"\nfrom = [\"report_accepted\"]\nuntil = \"arrived\"\n\
             due = [{{ when = [{{ fact = \"peril\", is = \"hail\" }}], {due}, source = \"R1\" }}]\n",
            HEAD
        )
    };
    let settings = "[[clock]]\nid = \"visit\"\ndue = [{ value = \"2 h\", source = \"R1\" }]\n";
    let filled = Pack::from_toml_filled(&text("blank = \"open\""), settings).unwrap();
    let stated = Pack::from_toml(&text("value = \"2 h\"")).unwrap();
    assert_eq!(filled.digest(), stated.digest());
}

const HEAD: &str = r#"
format = 1
id = "x"
version = "1"
title = { zh = "例", en = "example" }
time_zone = "Asia/Shanghai"
languages = ["zh-CN", "en"]
effective = { from = "2025-01-01T00:00", source = "set by the insurer" }
working_hours = { blank = "set by the insurer", source = "G25" }
"#;
