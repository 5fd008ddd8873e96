//! `lossbook packs` as people run it: the list, the check of a file, sheets and canonical bytes.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Exit code, standard output, standard error.
fn lossbook(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lossbook"))
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn json(args: &[&str]) -> (i32, Value) {
    let (code, out, _) = lossbook(&[&["--json"], args].concat());
    (code, serde_json::from_str(&out).unwrap())
}

fn pack(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../core/packs/{id}/pack.toml"))
}

const HUZHU: &str = "huzhu-rural-housing";

#[test]
fn five_contracts_and_the_law_are_listed_with_the_source_of_every_number() {
    let (code, said) = json(&["packs"]);
    let packs = said["packs"].as_array().unwrap();
    let ids: Vec<&str> = packs
        .iter()
        .map(|pack| pack["id"].as_str().unwrap())
        .collect();
    let expected = [
        HUZHU,
        "shaoguan-official-vehicles",
        "huangpu-sanitation-vehicles",
        "guangzhou-police-aviation",
        "insurer-fnol-policy",
        "cn-law",
    ];
    assert_eq!((code, ids), (0, expected.to_vec()));
    for pack in packs {
        for number in pack["numbers"].as_array().unwrap() {
            assert!(!number["source"].as_str().unwrap().is_empty(), "{number}");
        }
        assert!(pack["rule_count"].as_u64().unwrap() > 10);
        assert_eq!(pack["digest"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn a_sheet_in_the_terminal_shows_the_limit_with_its_source_and_a_blank_as_a_blank() {
    let (code, out, _) = lossbook(&["packs", HUZHU]);
    assert_eq!(code, 0);
    assert!(out.contains("30,000.00 元（R34"), "{out}");
    assert!(out.contains("______"), "{out}");
}

#[test]
fn an_unknown_pack_is_bad_input_in_one_line() {
    let (code, out, error) = lossbook(&["packs", "nowhere"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        error.contains("\"nowhere\"") && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn a_broken_pack_is_told_with_every_problem_and_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("broken.toml");
    let text = std::fs::read_to_string(pack(HUZHU)).unwrap();
    let text = text
        .replacen("id = \"hail\"", "id = \"Hail\"", 1)
        .replacen("source = \"R28\"", "source = \"hearsay\"", 1)
        .replacen("answer = \"covered\"", "answer = \"perhaps\"", 1);
    std::fs::write(&file, &text).unwrap();
    let name = file.display().to_string();
    let (code, out, _) = lossbook(&["packs", "check", &name]);
    assert_eq!(code, 2);
    for wanted in ["hearsay", "Hail", "perhaps"] {
        let at = text.lines().position(|line| line.contains(wanted)).unwrap() + 1;
        assert!(
            out.lines()
                .any(|line| line.starts_with(&format!("{name}:{at}: ")) && line.contains(wanted)),
            "{wanted} at {at}:\n{out}"
        );
    }
    let (_, said) = json(&["packs", "check", &name]);
    assert_eq!(said["ok"], false);
    assert_eq!(said["problems"].as_array().unwrap().len(), 3);
    assert!(said["problems"][0]["mend"]["zh"].as_str().unwrap().len() > 3);
}

#[test]
fn settings_fill_a_blank_and_may_not_overwrite_a_number_of_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.toml");
    let name = settings.display().to_string();
    let pack = pack(HUZHU).display().to_string();
    let check = |text: &str| {
        std::fs::write(&settings, text).unwrap();
        json(&["packs", "check", &pack, "--settings", &name])
    };
    let hours = "working_hours = { value = \"09:00-17:00\", source = \"set by the insurer\" }";
    let (code, good) = check(hours);
    let (_, plain) = json(&["packs", "check", &pack]);
    assert_eq!(code, 0);
    assert_ne!(good["digest"], plain["digest"]);

    let (code, bad) =
        check("[perils]\nunlisted = { value = \"covered\", source = \"set by the insurer\" }");
    assert_eq!(code, 2);
    assert_eq!(bad["problems"][0]["file"], name.as_str());
    assert_eq!(bad["problems"][0]["line"], 2);
}

#[test]
fn exported_bytes_are_the_same_pack() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pack.cbor").display().to_string();
    let (code, exported) = json(&["packs", "export", HUZHU, &file]);
    assert_eq!(code, 0);
    let (code, checked) = json(&["packs", "check", &file]);
    assert_eq!((code, &checked["digest"]), (0, &exported["digest"]));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(json(&["packs", "check", &file]).0, 2);
}

#[test]
fn a_sheet_is_written_for_one_pack_or_all() {
    let dir = tempfile::tempdir().unwrap();
    let name = dir.path().display().to_string();
    assert_eq!(lossbook(&["packs", "sheet", HUZHU, &name]).0, 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(lossbook(&["packs", "sheet", "--all", &name]).0, 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 6);
}
