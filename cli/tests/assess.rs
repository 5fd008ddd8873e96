//! `lossbook assess` as people run it: the examples of the case format, and what it says to bad input.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

use std::path::Path;
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

fn assess(text: &str, args: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("case.json");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    lossbook(&[&["assess", &file], args].concat())
}

const HUZHU: [&str; 2] = ["--pack", "huzhu-rural-housing"];

/// An example of the format's page: its contract, the case, and what the page says of it.
struct Example {
    pack: String,
    case: String,
    says: Vec<String>,
}

fn examples() -> Vec<Example> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats/case.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut examples = Vec::new();
    for part in page.split("\n### `").skip(1) {
        let (pack, rest) = part.split_once('`').unwrap();
        let (_, rest) = rest.split_once("```jsonc\n").unwrap();
        let (case, rest) = rest.split_once("\n```").unwrap();
        let says = rest
            .lines()
            .find(|line| line.starts_with("Says: "))
            .unwrap();
        let case: Vec<&str> = case
            .lines()
            .map(|line| line.split("  //").next().unwrap())
            .collect();
        examples.push(Example {
            pack: pack.to_owned(),
            case: case.join("\n"),
            says: says
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect(),
        });
    }
    examples
}

/// What the assessment says to a line of the page.
fn said(assessment: &Value, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    match words.as_slice() {
        ["cover", _] => text(&assessment["cover"]["answer"]),
        ["payable" | "recovery", _] => text(&assessment["money"][words[0]]),
        ["no_survey", _] => text(&assessment["no_survey"]["answer"]),
        ["tier" | "zone" | "class", _] => text(&assessment[words[0]]),
        ["clock", id, "due", _] => {
            let clocks = assessment["clocks"].as_array().unwrap();
            let clock = clocks.iter().find(|clock| clock["id"] == *id).unwrap();
            text(&clock["due"])
        }
        _ => String::from("a line this test does not know"),
    }
}

#[test]
fn every_example_of_the_format_is_answered_as_its_page_says() {
    let examples = examples();
    assert_eq!(examples.len(), 5);
    for example in examples {
        let args = ["--json", "--pack", &example.pack];
        let (code, out, error) = assess(&example.case, &args);
        assert_eq!(code, 0, "{}: {error}", example.pack);
        let assessment: Value = serde_json::from_str(&out).unwrap();
        assert!(example.says.len() > 2, "{}", example.pack);
        for line in example.says {
            let wanted = line.rsplit(' ').next().unwrap();
            assert_eq!(said(&assessment, &line), wanted, "{}: {line}", example.pack);
        }
    }
}

#[test]
fn people_read_the_payable_with_its_steps_in_the_language_they_ask_for() {
    let example = &examples()[0];
    let (_, both, _) = assess(&example.case, &HUZHU);
    for wanted in [
        "属于保险责任 / covered",
        "免赔额 500.00 / deductible 500.00",
        "29900.00",
        "贰万玖仟玖佰元整",
    ] {
        assert!(both.contains(wanted), "{wanted}\n{both}");
    }
    let (_, zh, _) = assess(&example.case, &[&HUZHU[..], &["--lang", "zh"]].concat());
    assert!(
        zh.contains("免赔额 500.00") && !zh.contains("deductible"),
        "{zh}"
    );
    let (_, en, _) = assess(&example.case, &[&HUZHU[..], &["--lang", "en"]].concat());
    assert!(
        en.contains("deductible 500.00") && !en.contains("免赔额"),
        "{en}"
    );
}

#[test]
fn only_a_moment_makes_a_limit_overdue() {
    let example = &examples()[0];
    let (_, without, _) = assess(&example.case, &[&HUZHU[..], &["--lang", "en"]].concat());
    assert!(without.contains("running") && !without.contains("overdue"));
    let at = ["--lang", "en", "--at", "2025-07-01T16:11+08:00"];
    let (_, later, _) = assess(&example.case, &[&HUZHU[..], &at].concat());
    assert!(later.contains("overdue"));
    let at = ["--at", "yesterday"];
    assert_eq!(assess(&example.case, &[&HUZHU[..], &at].concat()).0, 2);
}

#[test]
fn settings_fill_the_blanks_of_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.toml");
    let name = settings.display().to_string();
    let case = examples()[0]
        .case
        .replace("report_accepted", "report_received");
    let with = |text: &str| {
        std::fs::write(&settings, text).unwrap();
        assess(
            &case,
            &[&HUZHU[..], &["--json", "--settings", &name]].concat(),
        )
    };
    let due = "[[clock]]\nid = \"response\"\ndue = { value = \"10 min\", source = \"set by the insurer\" }";
    let (code, out, error) = with(due);
    assert_eq!(code, 0, "{error}");
    let assessment: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        said(&assessment, "clock response due x").get(..16),
        Some("2025-07-01T15:50")
    );

    let (code, _, error) =
        with("[[clock]]\nid = \"arrival\"\ndue = { value = \"10 min\", source = \"R1\" }");
    assert_eq!(code, 2);
    assert!(
        error.contains("settings.toml") && error.lines().count() == 1,
        "{error}"
    );
}

/// Exit 2 and one line that names what is wrong.
fn refused(ran: &(i32, String, String), wanted: &str) {
    let (code, out, error) = ran;
    assert_eq!((*code, out.as_str()), (2, ""), "{wanted}: {error}");
    assert_eq!(error.lines().count(), 1, "{wanted}: {error}");
    assert!(error.contains(wanted), "{wanted}: {error}");
}

#[test]
fn a_value_that_cannot_be_is_refused_in_one_line_that_names_its_place() {
    let good = &examples()[0].case;
    for (from, to, wanted) in [
        (
            "\"quantity\": \"304\"",
            "\"quantity\": 304",
            "lines[0].quantity",
        ),
        (
            "\"quantity\": \"304\"",
            "\"quantity\": \"-304\"",
            "lines[0].quantity",
        ),
        (
            "\"unit_price\": \"100.00\"",
            "\"unit_price\": \"1000000000000000000\"",
            "lines[0].unit_price",
        ),
        ("\"occupied\": true", "\"occupied\": 1", "answers.occupied"),
        ("\"hail\"", "\"meteor\"", "loss.peril: \"meteor\""),
        ("\"bedroom\"", "\"ballroom\"", "lines[0].item: \"ballroom\""),
        ("2025-07-01T15:20+08:00", "2025-07-01T15:20", "loss.at"),
        ("\"format\": 1", "\"format\": 2", "format"),
        (
            "\"case\": \"HZ-0001\"",
            "\"case\": \"HZ-0001\", \"colour\": 1",
            "colour",
        ),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(&bad, good, "{from}");
        refused(&assess(&bad, &HUZHU), wanted);
    }
}

#[test]
fn a_contract_or_version_nobody_has_is_refused_and_those_there_are_named() {
    let good = &examples()[0].case;
    refused(
        &assess(good, &["--pack", "nowhere"]),
        "use one of huzhu-rural-housing",
    );
    refused(
        &assess(good, &["--pack", "huzhu-rural-housing@1999.1"]),
        "use one of 2025.1",
    );
    assert_eq!(assess(good, &["--pack", "huzhu-rural-housing@2025.1"]).0, 0);
}

#[test]
fn a_file_that_is_no_case_is_refused() {
    refused(&assess("a house fell down", &HUZHU), "case.json");
    refused(&assess("", &HUZHU), "empty");
    refused(&assess("[]", &HUZHU), "case.json");
    refused(&assess("{\"format\":1,\"case\":\"A\"}", &HUZHU), "loss");
    let missing = [&["assess", "nothing/here.json"], &HUZHU[..]].concat();
    refused(&lossbook(&missing), "nothing/here.json");
    let folder = env!("CARGO_MANIFEST_DIR");
    refused(
        &lossbook(&[&["assess", folder], &HUZHU[..]].concat()),
        "cannot be read",
    );
}
