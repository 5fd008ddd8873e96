//! What holds for every case that a contract could meet: properties of `rules` over random cases.
//!
//! The generator stands in `lossbook_tests::cases`; proptest draws its seeds and numbers of lines.

mod exact;

use std::collections::BTreeSet;
use std::process::Command;

use lossbook_core::domain::facts::CaseFacts;
use lossbook_core::domain::{Money, WallMs};
use lossbook_core::rules::{
    Answer, Assessment, Cover, CoverPayable, Figure, Pack, Packs, SHIPPED, Step, assess,
};
use lossbook_tests::cases::{Dice, case_of, now_of};
use lossbook_tests::vectors::{COUNT, digest_line, vectors};
use proptest::prelude::*;

/// A pack, a case of it, and when it is looked at.
#[derive(Debug, Clone)]
struct Drawn {
    pack: &'static Pack,
    facts: CaseFacts,
    now: WallMs,
}

impl Drawn {
    fn new(pack: usize, seed: u64, lines: u32) -> Self {
        let pack = &Packs::shipped().all()[pack];
        let facts = case_of(pack, seed, lines);
        let now = now_of(&facts, seed);
        Self { pack, facts, now }
    }

    fn assess(&self, facts: &CaseFacts) -> Assessment {
        let judges = Packs::shipped().judges(&self.pack.id, facts).unwrap();
        assess(facts, judges, Some(self.now))
    }

    fn answer(&self) -> Assessment {
        self.assess(&self.facts)
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0..SHIPPED.len(), any::<u64>(), 0_u32..16)
        .prop_map(|(pack, seed, lines)| Drawn::new(pack, seed, lines))
}

fn bytes(assessment: &Assessment) -> Vec<u8> {
    serde_json::to_vec(assessment).unwrap()
}

fn has(way: &CoverPayable, name: &str) -> bool {
    way.steps.iter().any(|step| step.step == name)
}

/// The step before the limit cuts.
fn before_cap(way: &CoverPayable) -> Option<&Step> {
    way.steps
        .iter()
        .rev()
        .find(|step| !["limit", "rescue"].contains(&step.step))
}

/// The highest limit that the cover could have, by contract, policy and object.
fn highest_limit(drawn: &Drawn, cover: &Cover) -> Option<Money> {
    let facts = &drawn.facts;
    let object = facts.object.as_ref();
    let listed = drawn.pack.insured.register.iter();
    let listed = listed.filter(|entry| Some(&entry.rule.id) == object.and_then(|o| o.id.as_ref()));
    let agreed = listed
        .filter_map(|entry| entry.agreed_value.as_ref()?.value().copied())
        .chain(object.and_then(|object| object.agreed_value))
        .max();
    let of_policy = || facts.policy.covers.as_ref()?.get(&cover.rule.id)?.limit;
    let limits = cover.limit.0.iter();
    limits
        .filter_map(|branch| match &branch.figure.figure {
            Figure::Is(limit) => Some(*limit),
            Figure::Policy => of_policy(),
            Figure::Object => agreed,
            Figure::Blank(_) => None,
        })
        .max()
}

proptest! {
    #[test]
    fn no_cover_pays_below_zero_or_above_its_limit(drawn in drawn()) {
        let answer = drawn.answer();
        for way in &answer.money.covers {
            let cover = drawn.pack.paying.covers.iter().find(|c| c.rule.id == way.cover).unwrap();
            let Some(payable) = way.payable else { continue };
            prop_assert!(payable.low >= Money::ZERO && payable.low <= payable.high, "{way:?}");
            let limit = highest_limit(&drawn, cover).unwrap_or(Money::ZERO);
            let times = if has(way, "rescue") { 2 } else { 1 };
            prop_assert!(payable.high.fen() <= limit.fen() * times, "{way:?} above {limit}");
            let left = way.limit_left.unwrap_or(Money::ZERO);
            prop_assert!(has(way, "rescue") || payable.high <= left, "{way:?} above {left}");
        }
    }

    #[test]
    fn a_case_pays_what_its_covers_pay_and_nothing_if_not_covered(drawn in drawn()) {
        let answer = drawn.answer();
        let each = answer.money.covers.iter().map(|way| way.payable);
        let Some(payable) = answer.money.payable else {
            prop_assert!(each.clone().any(|one| one.is_none()));
            return Ok(());
        };
        let ends = |end: fn(lossbook_core::domain::MoneyRange) -> i64| -> i64 {
            each.clone().map(|one| one.map_or(0, end)).sum()
        };
        let wanted = match answer.cover.answer {
            Answer::NotCovered => (0, 0),
            Answer::Covered | Answer::HeadOffice => (ends(|r| r.low.fen()), ends(|r| r.high.fen())),
        };
        prop_assert_eq!((payable.low.fen(), payable.high.fen()), wanted);
    }

    #[test]
    fn money_that_names_none_of_several_covers_goes_to_head_office(drawn in drawn()) {
        let answer = drawn.answer();
        let nameless = drawn.facts.received.iter().any(|entry| entry.cover.is_none());
        if nameless && answer.money.covers.len() > 1 {
            prop_assert!(!answer.money.is_final && answer.cover.answer != Answer::Covered);
            prop_assert!(answer.cover.reasons.iter().any(|reason| reason.code == "cover_not_named"));
        }
    }

    #[test]
    fn a_line_more_never_lowers_what_stands_before_the_limit(drawn in drawn(), seed in any::<u64>()) {
        let before = drawn.answer();
        let mut more = drawn.facts.clone();
        let Some(mut line) = case_of(drawn.pack, seed, 1).lines.pop() else { return Ok(()) };
        line.id = "added".to_owned();
        more.lines.push(line);
        let after = drawn.assess(&more);
        for way in &before.money.covers {
            let same = after.money.covers.iter().find(|other| other.cover == way.cover).unwrap();
            let (Some(old), Some(new)) = (before_cap(way), before_cap(same)) else { continue };
            prop_assert!(old.after.low <= new.after.low && old.after.high <= new.after.high, "{way:?} {same:?}");
        }
    }

    #[test]
    fn the_order_of_lines_changes_nothing(drawn in drawn(), seed in any::<u64>()) {
        let mut turned = drawn.facts.clone();
        let mut dice = Dice::new(seed);
        for end in (1..turned.lines.len()).rev() {
            let other = usize::try_from(dice.below(i64::try_from(end).unwrap() + 1)).unwrap();
            turned.lines.swap(end, other);
        }
        prop_assert_eq!(sorted(&drawn.answer()), sorted(&drawn.assess(&turned)));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(drawn in drawn()) {
        let first = bytes(&drawn.answer());
        let file = serde_json::to_vec(&drawn.facts).unwrap();
        let again = CaseFacts::from_json(&file).unwrap();
        prop_assert_eq!(&again, &drawn.facts);
        prop_assert_eq!(serde_json::to_vec(&again).unwrap(), file);
        prop_assert_eq!(bytes(&drawn.assess(&again)), first);
    }

    #[test]
    fn a_range_holds_what_every_choice_of_disputed_figures_gives(drawn in drawn(), seed in any::<u64>()) {
        let disputed = drawn.answer();
        let mut dice = Dice::new(seed);
        for _ in 0..8 {
            let decided = exact::decided(&drawn.facts, &mut dice);
            let answer = drawn.assess(&decided);
            prop_assert_eq!(exact::outside(&disputed, &answer), Vec::<String>::new());
        }
    }

    #[test]
    fn changed_bytes_of_a_pack_are_refused_or_have_another_digest(
        index in 0..SHIPPED.len(), at in any::<prop::sample::Index>(), flip in 1_u8..=255,
    ) {
        let pack = &Packs::shipped().all()[index];
        let mut changed = pack.bytes().to_vec();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        if let Ok(other) = Pack::from_bytes(&changed) {
            prop_assert_ne!(other.digest(), pack.digest());
            prop_assert_eq!(other.bytes(), changed.as_slice());
        }
    }
}

/// The answer as JSON with its lists by line in an order that hangs on nothing.
fn sorted(assessment: &Assessment) -> serde_json::Value {
    let mut value = serde_json::to_value(assessment).unwrap();
    for list in ["lines", "findings", "missing"] {
        let items = value[list].as_array_mut().unwrap();
        items.sort_by_key(serde_json::Value::to_string);
    }
    value
}

#[test]
fn generated_cases_reach_every_answer_and_every_step() {
    let mut seen = BTreeSet::new();
    for seed in 0..1_500 {
        let drawn = Drawn::new((seed % 6) as usize, seed, (seed % 16) as u32);
        let answer = drawn.answer();
        seen.insert(answer.cover.answer.key().to_owned());
        seen.extend(
            answer
                .money
                .covers
                .iter()
                .flat_map(|way| &way.steps)
                .map(|step| step.step.to_owned()),
        );
        let payable = answer.money.payable;
        seen.insert(
            if answer.money.is_final {
                "final"
            } else {
                "open"
            }
            .to_owned(),
        );
        seen.insert(match payable {
            None => "unknown".to_owned(),
            Some(range) if range.is_exact() => "exact".to_owned(),
            Some(_) => "range".to_owned(),
        });
    }
    let wanted = [
        "covered",
        "head_office",
        "not_covered",
        "lines",
        "excluded",
        "received",
        "deductible",
        "limit",
        "rescue",
        "final",
        "open",
        "unknown",
        "exact",
        "range",
    ];
    let missed: Vec<&str> = wanted
        .into_iter()
        .filter(|word| !seen.contains(*word))
        .collect();
    assert!(missed.is_empty(), "never seen: {missed:?}");
}

#[test]
fn packs_keep_their_digest_on_the_way_from_text_to_bytes_and_back() {
    for (id, text) in SHIPPED {
        let read = Pack::from_toml(text).unwrap();
        let travelled = Pack::from_bytes(read.bytes()).unwrap();
        assert_eq!(travelled.digest(), read.digest(), "{id}");
        assert_eq!(travelled.bytes(), read.bytes(), "{id}");
        let drawn = Drawn::new(0, 7, 5);
        let judge = |pack: &Pack| {
            let facts = case_of(pack, 7, 5);
            let mut judges = Packs::shipped().judges(&pack.id, &facts).unwrap();
            let (cover, service) = (pack.clone(), pack.clone());
            judges.cover = &cover;
            judges.service = &service;
            bytes(&assess(&facts, judges, Some(drawn.now)))
        };
        assert_eq!(judge(&travelled), judge(&read), "{id}");
    }
}

#[test]
fn the_vectors_are_those_of_the_noted_digest() {
    let noted = include_str!("../docs/vectors.sha256");
    let made = digest_line(&vectors(COUNT).unwrap());
    assert_eq!(
        made, noted,
        "a pack or the engine says something else now: if that is meant, run `cargo xtask vectors`"
    );
}

#[test]
fn a_machine_in_another_time_zone_gives_the_same_bytes() {
    let answers: BTreeSet<String> = ["America/New_York", "Pacific/Kiritimati", "Asia/Shanghai"]
        .into_iter()
        .map(|zone| {
            let child = Command::new(env!("CARGO_BIN_EXE_vectors"))
                .args(["--count", "120"])
                .env("TZ", zone)
                .output()
                .unwrap();
            assert!(child.status.success(), "{zone}");
            String::from_utf8(child.stdout).unwrap()
        })
        .collect();
    assert_eq!(
        answers,
        BTreeSet::from([digest_line(&vectors(120).unwrap())])
    );
}
