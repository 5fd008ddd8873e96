//! From what people write to the contract's ids: "冰雹" or "Hail" is the peril `hail`.
//!
//! Lines whose part no item of the contract is called by are taken out and reported: what cannot
//! be judged is said, not guessed. A cause of another contract's list keeps its id and is judged as
//! one that this contract does not list; a cause that no contract knows counts as not recorded.

use super::pack::{Names, Pack, Rule};
use super::reason::Reason;
use super::shipped::Packs;
use crate::domain::facts::{CaseFacts, Given};
use crate::domain::fold;

/// Replaces names by ids; what could not be matched comes back.
pub fn to_ids(facts: &mut CaseFacts, pack: &Pack, packs: &Packs) -> Vec<Reason> {
    let insured = &pack.insured;
    let mut unmatched = Vec::new();
    perils(facts, pack, packs, &mut unmatched);
    rename(&mut facts.policy.class, |text| {
        id_of(text, insured.classes.iter().map(|class| &class.rule))
    });
    if let Some(object) = &mut facts.object
        && let Some(id) = id_of(&object.kind, insured.objects.iter().map(|kind| &kind.rule))
    {
        object.kind = id;
    }
    let known_kind = |kind: &str| insured.objects.iter().any(|known| known.rule.id == kind);
    if let Some(object) = facts.object.take_if(|object| !known_kind(&object.kind)) {
        unmatched.push(Reason::of("object_not_known").about(object.kind));
    }
    facts.lines.retain_mut(|line| {
        match id_of(&line.item, insured.items.iter().map(|item| &item.rule)) {
            Some(id) => {
                line.item = id;
                true
            }
            None => {
                unmatched.push(Reason::of("item_not_known").about(&line.item));
                false
            }
        }
    });
    let tariffs = &pack.paying.tariffs;
    for line in &mut facts.lines {
        let grades = || tariffs.iter().flat_map(|tariff| &tariff.grades);
        let structures = || tariffs.iter().flat_map(|tariff| &tariff.structures);
        rename(&mut line.grade, |text| id_named(text, grades()));
        if let Some(structure) = &mut line.structure
            && let Some(id) = id_named(structure, structures())
        {
            *structure = id;
        }
    }
    answers(facts, pack, &mut unmatched);
    unmatched
}

/// Causes by this contract's names, else by those of the others.
fn perils(facts: &mut CaseFacts, pack: &Pack, packs: &Packs, unmatched: &mut Vec<Reason>) {
    let own = pack.insured.perils.iter().map(|peril| &peril.rule);
    let others = || {
        let all = packs.all().iter().flat_map(|pack| &pack.insured.perils);
        all.map(|peril| &peril.rule)
    };
    rename(&mut facts.loss.peril, |text| {
        id_of(text, own.clone().chain(others()))
    });
    let is_known = |id: &String| others().any(|rule| rule.id == *id);
    let written = facts.loss.peril.iter().flat_map(Given::all);
    let unknown: Vec<Reason> = written
        .filter(|id| !is_known(id))
        .map(|text| Reason::of("peril_not_known").about(text))
        .collect();
    if !unknown.is_empty() {
        facts.loss.peril = None;
        unmatched.extend(unknown);
    }
}

/// Answers to questions of the contract, in words that the question allows.
fn answers(facts: &mut CaseFacts, pack: &Pack, unmatched: &mut Vec<Reason>) {
    facts.answers.retain(|id, given| {
        let mut questions = pack.insured.questions.iter();
        let Some(question) = questions.find(|question| question.rule.id == *id) else {
            unmatched.push(Reason::of("question_not_known").about(id));
            return false;
        };
        let is_allowed = given.all().iter().all(|answer| question.allows(answer));
        if !is_allowed {
            unmatched.push(Reason::of("answer_not_known").about(id));
        }
        is_allowed
    });
}

fn rename(given: &mut Option<Given<String>>, id: impl Fn(&str) -> Option<String>) {
    let Some(given) = given else { return };
    let replace = |text: &mut String| {
        if let Some(id) = id(text) {
            *text = id;
        }
    };
    match given {
        Given::Agreed(text) => replace(text),
        Given::Contested(texts) => {
            texts.iter_mut().for_each(replace);
            // Two spellings of one thing are no dispute.
            texts.dedup();
            if let [one] = texts.as_slice() {
                *given = Given::Agreed(one.clone());
            }
        }
    }
}

fn id_of<'r>(text: &str, rules: impl Iterator<Item = &'r Rule>) -> Option<String> {
    find(text, rules.map(|rule| (&rule.id, &rule.names)))
}

fn id_named<'r>(text: &str, named: impl Iterator<Item = &'r (String, Names)>) -> Option<String> {
    find(text, named.map(|(id, names)| (id, names)))
}

fn find<'r>(text: &str, all: impl Iterator<Item = (&'r String, &'r Names)>) -> Option<String> {
    let wanted = fold(text.trim()).to_lowercase();
    let same = |name: &str| fold(name).to_lowercase() == wanted;
    let mut all = all;
    all.find(|(id, names)| id.as_str() == text.trim() || same(&names.zh) || same(&names.en))
        .map(|(id, _)| id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Packs;

    #[test]
    fn names_in_both_languages_and_both_scripts_become_ids() {
        let packs = Packs::shipped();
        let pack = packs
            .all()
            .iter()
            .find(|pack| pack.id == "huzhu-rural-housing")
            .unwrap();
        let json = r#"{"format":1,"case":"A","loss":{"at":"2025-07-01T15:20+08:00","peril":"冰雹"},
            "lines":[{"id":"l1","item":"臥室"},{"id":"l2","item":"Kitchen"},{"id":"l3","item":"spaceship"}]}"#;
        let mut facts = CaseFacts::from_json(json.as_bytes()).unwrap();
        let unmatched = to_ids(&mut facts, pack, packs);
        assert_eq!(facts.loss.peril, Some(Given::Agreed("hail".to_owned())));
        let items: Vec<&str> = facts.lines.iter().map(|line| line.item.as_str()).collect();
        assert_eq!(items, ["bedroom", "kitchen"]);
        assert_eq!(unmatched.len(), 1);
        assert_eq!(unmatched[0].about, "spaceship");
    }
}
