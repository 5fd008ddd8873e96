//! Golden cases: inputs beside what the contract, worked out by hand, says to them.
//!
//! `docs/formats/case.md` tells the words of an `.expected` file. Nothing here records what the
//! program says; a line that does not hold is shown with what the program says instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::assess::{Assessment, assess};
use super::clock::Running;
use super::shipped::Packs;
use crate::domain::facts::CaseFacts;
use crate::domain::{MoneyRange, WallMs};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packs")
        .join(name)
}

fn instant(text: &str) -> WallMs {
    serde_json::from_str(&format!("{text:?}")).unwrap()
}

fn range(text: &str) -> MoneyRange {
    let (low, high) = match text.rsplit_once('-') {
        Some((low, high)) if !low.is_empty() => (low, high),
        Some(_) | None => (text, text),
    };
    MoneyRange {
        low: low.parse().unwrap(),
        high: high.parse().unwrap(),
    }
}

fn same(said: impl Into<String>, wanted: &str) -> Result<(), String> {
    let said = said.into();
    if said == wanted { Ok(()) } else { Err(said) }
}

fn option(said: &Option<String>, wanted: &str) -> Result<(), String> {
    same(said.as_deref().unwrap_or("none"), wanted)
}

fn codes(reasons: &[super::reason::Reason]) -> Vec<String> {
    let both = reasons
        .iter()
        .flat_map(|reason| [Some(reason.code.clone()), reason.rule.clone()]);
    both.flatten().collect()
}

fn has(list: Vec<String>, wanted: &str, there: bool) -> Result<(), String> {
    if list.iter().any(|one| one == wanted) == there {
        Ok(())
    } else {
        Err(list.join(" "))
    }
}

/// What the program says to the subject of one expected line, and whether the line holds.
fn holds(words: &[&str], a: &Assessment) -> Result<(), String> {
    let money = |said: Option<MoneyRange>, wanted: &str| match (said, wanted) {
        (None, "unknown") => Ok(()),
        (Some(said), wanted) if wanted != "unknown" && said == range(wanted) => Ok(()),
        (said, _) => Err(format!("{said:?}")),
    };
    let (no, words) = match words {
        ["no", rest @ ..] => (true, rest),
        all => (false, all),
    };
    match words {
        ["cover", answer] => same(a.cover.answer.key(), answer),
        ["reason", code] => has(codes(&a.cover.reasons), code, !no),
        ["assessed", amount] => money(a.money.assessed, amount),
        ["line", id, rest @ ..] => line(a, id, rest),
        ["payable", amount] => money(a.money.payable, amount),
        ["step", step, cover, change] => step_of(a, step, cover, change),
        ["balance", "overpaid", amount] | ["overpaid", amount] => {
            same(a.money.overpaid.to_string(), amount)
        }
        ["balance", amount] => money(a.money.balance, amount),
        ["recovery", "none"] => a
            .money
            .recovery
            .map_or(Ok(()), |said| Err(said.to_string())),
        ["recovery", amount] => money(a.money.recovery, amount),
        ["final", answer] => same(if a.money.is_final { "yes" } else { "no" }, answer),
        ["capital", text] => option(&a.money.capital, text),
        ["tier", tier] => option(&a.tier, tier),
        ["class", class] => option(&a.class, class),
        ["zone", zone] => option(&a.zone, zone),
        ["no_survey", answer] => {
            let said = a
                .no_survey
                .as_ref()
                .map(|result| serde_json::to_value(result.answer).unwrap());
            option(&said.map(|said| said.as_str().unwrap().to_owned()), answer)
        }
        _ => handled(words, no, a),
    }
}

/// The lines about time, papers and review.
fn handled(words: &[&str], no: bool, a: &Assessment) -> Result<(), String> {
    match words {
        ["clock", id, rest @ ..] => clock(a.clocks.iter().find(|clock| clock.id == *id), rest, no),
        ["missing", kind, id, ..] => {
            let said = a
                .missing
                .iter()
                .filter(|m| m.kind == *kind)
                .map(|m| m.id.clone())
                .collect();
            has(said, id, !no)
        }
        ["finding", code] => has(codes(&a.findings), code, !no),
        ["round", round] => option(&a.review.next, round),
        ["obstacle", code] => has(codes(&a.review.obstacles), code, !no),
        ["notice", id, rest @ ..] => notice(a, id, rest, no),
        other => Err(format!("nobody knows the words {other:?}")),
    }
}

fn line(a: &Assessment, id: &str, rest: &[&str]) -> Result<(), String> {
    let line = a
        .lines
        .iter()
        .find(|line| line.id == id)
        .ok_or("no such line")?;
    for word in rest {
        let good = match *word {
            "covered" => line.covered,
            "not_covered" => !line.covered,
            amount => line.amount == range(amount),
        };
        if !good {
            return Err(format!("{} covered: {}", line.amount, line.covered));
        }
    }
    Ok(())
}

fn step_of(a: &Assessment, step: &str, cover: &str, change: &str) -> Result<(), String> {
    let way = a
        .money
        .covers
        .iter()
        .find(|way| way.cover == cover)
        .ok_or("no such cover")?;
    let said = way
        .steps
        .iter()
        .find(|one| one.step == step)
        .ok_or("no such step")?
        .change;
    let wanted = range_signed(change);
    if said == wanted {
        Ok(())
    } else {
        Err(said.to_string())
    }
}

fn range_signed(text: &str) -> MoneyRange {
    match text.strip_prefix('-') {
        Some(rest) if !rest.contains('-') => MoneyRange::exact(text.parse().unwrap()),
        Some(_) | None => range(text),
    }
}

fn clock(clock: Option<&Running>, rest: &[&str], no: bool) -> Result<(), String> {
    let Some(clock) = clock else {
        return if no {
            Ok(())
        } else {
            Err("no such clock".into())
        };
    };
    let said = format!(
        "due {:?} state {:?} marks {:?} leads {}",
        clock.due.as_ref().map(ToString::to_string),
        clock.state,
        clock.marks,
        clock.leads
    );
    let state = serde_json::to_value(clock.state).unwrap();
    let good = match rest {
        ["due", "none"] => clock.due.is_none(),
        ["due", at] => clock
            .due
            .as_ref()
            .is_some_and(|due| due.at() == instant(at)),
        ["state", wanted] => state == *wanted,
        ["mark", mark] => clock.marks.contains(mark) != no,
        ["leads"] => clock.leads,
        ["follows"] => !clock.leads,
        [] => !no,
        _ => false,
    };
    if good { Ok(()) } else { Err(said) }
}

fn notice(a: &Assessment, id: &str, rest: &[&str], no: bool) -> Result<(), String> {
    let Some(notice) = a.notices.iter().find(|notice| notice.id == id) else {
        return if no {
            Ok(())
        } else {
            Err("no such notice".into())
        };
    };
    match rest {
        ["missing", what] => {
            let there =
                notice.channels.contains(what) || notice.content.iter().any(|item| item == what);
            if there == no {
                Err(format!("{:?} {:?}", notice.channels, notice.content))
            } else {
                Ok(())
            }
        }
        ["due", "none"] => match notice.clock.as_ref().and_then(|clock| clock.due.as_ref()) {
            None => Ok(()),
            Some(due) => Err(due.to_string()),
        },
        [] => {
            if no {
                Err("it is owed".into())
            } else {
                Ok(())
            }
        }
        rest => clock(notice.clock.as_ref(), rest, false),
    }
}

/// Every case of a folder; the report names each line that does not hold.
fn judge(packs: &Packs, id: &str, cases: &Path) -> (usize, String) {
    let mut report = String::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    for path in &files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let facts = match CaseFacts::from_json(&std::fs::read(path).unwrap()) {
            Ok(facts) => facts,
            Err(error) => {
                writeln!(report, "{id}/{name}: {error}").unwrap();
                continue;
            }
        };
        let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap();
        let lines: Vec<Vec<&str>> = expected
            .lines()
            .map(|line| {
                line.split('#')
                    .next()
                    .unwrap()
                    .split_whitespace()
                    .collect::<Vec<_>>()
            })
            .filter(|words| !words.is_empty())
            .collect();
        let now = lines.iter().find_map(|words| match words.as_slice() {
            ["at", at] => Some(instant(at)),
            _ => None,
        });
        let judges = match packs.judges(id, &facts) {
            Ok(judges) => judges,
            Err(error) => {
                writeln!(report, "{id}/{name}: {error}").unwrap();
                continue;
            }
        };
        let assessment = assess(&facts, judges, now);
        for words in lines.iter().filter(|words| words.first() != Some(&"at")) {
            if let Err(said) = holds(words, &assessment) {
                writeln!(report, "{id}/{name}: {} — but: {said}", words.join(" ")).unwrap();
            }
        }
    }
    (files.len(), report)
}

#[test]
fn every_golden_case_of_every_contract_holds() {
    let mut report = String::new();
    for (id, least) in [
        ("huzhu-rural-housing", 40),
        ("shaoguan-official-vehicles", 40),
        ("huangpu-sanitation-vehicles", 40),
        ("guangzhou-police-aviation", 40),
        ("insurer-fnol-policy", 40),
        ("cn-law", 12),
    ] {
        let (count, said) = judge(Packs::shipped(), id, &folder(id).join("cases"));
        report.push_str(&said);
        assert!(count >= least, "{id} has {count} golden cases");
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn losses_are_reported_under_every_shipped_pack_but_the_statute() {
    let packs = Packs::shipped().all().iter();
    let not: Vec<&str> = packs
        .filter(|pack| !pack.is_contract())
        .map(|pack| pack.id.as_str())
        .collect();
    assert_eq!(not, ["cn-law"]);
}

#[test]
fn golden_cases_with_filled_blanks_hold() {
    let id = "shaoguan-official-vehicles";
    let text = std::fs::read_to_string(folder(id).join("pack.toml")).unwrap();
    let cases = folder(id).join("cases_filled");
    let settings = std::fs::read_to_string(cases.join("settings.toml")).unwrap();
    let filled = super::Pack::from_toml_filled(&text, &settings).unwrap();
    let mut packs = Packs::shipped().all().to_vec();
    packs.push(filled);
    let (count, report) = judge(&Packs::of(packs), id, &cases);
    assert!(count >= 6 && report.is_empty(), "{count}\n{report}");
}
