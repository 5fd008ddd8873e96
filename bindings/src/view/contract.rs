//! What a contract lets people choose, for forms: the fields of a case with their choices, the shots
//! and questions asked for, and the words of what was chosen.

use lossbook_core::app::HeldPack;
use lossbook_core::domain::{Role, fold};
use lossbook_core::record::access::{Deed, any_may};
use lossbook_core::record::{FieldPath, Section, fields};
use lossbook_core::rules::{Figure, Pack, Packs, Rule};

use super::record::{FieldKind, section_words};
use crate::words::Words;

/// Something to choose. What is written is `id`; the record also takes either name for it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Choice {
    /// What is written.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Choice {
    fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.clone(),
            zh: rule.names.zh.clone(),
            en: rule.names.en.clone(),
        }
    }

    fn new(id: &str, zh: &str, en: &str) -> Self {
        let (id, zh, en) = (id.to_owned(), zh.to_owned(), en.to_owned());
        Self { id, zh, en }
    }
}

/// A question of the contract.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct QuestionView {
    /// Its id: what `answers.<row>.question` takes.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What may be answered; 是 or 否 if nothing is listed.
    pub answers: Vec<String>,
}

/// A photo that the contract asks for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ShotView {
    /// Its id: what a photo's `slot` takes.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// How many at least; nothing if the contract leaves it blank.
    pub at_least: Option<u32>,
    /// Whether it must come from the app's own camera.
    pub in_app: bool,
}

/// A rule pack that is here or should be.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ContractView {
    /// Its id: what `report.contract` takes.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Chinese title; the id, if it is not here.
    pub zh: String,
    /// English title.
    pub en: String,
    /// Digest of its bytes.
    pub digest: String,
    /// `in_force`, `waiting`, `retired` or `missing`.
    pub standing: String,
}

/// What a contract lets people choose.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ContractForm {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Chinese title.
    pub zh: String,
    /// English title.
    pub en: String,
    /// Causes of loss.
    pub perils: Vec<Choice>,
    /// Kinds of object.
    pub objects: Vec<Choice>,
    /// Insured parts, for loss lines.
    pub parts: Vec<Choice>,
    /// Covers.
    pub covers: Vec<Choice>,
    /// Questions.
    pub questions: Vec<QuestionView>,
    /// Photos asked for.
    pub shots: Vec<ShotView>,
    /// Papers asked for.
    pub documents: Vec<Choice>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldForm {
    /// Its name in the section.
    pub name: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// How it is written.
    pub kind: FieldKind,
    /// Whether the signed-in person may write it.
    pub may_write: bool,
    /// What the contract lets people choose; anything, if nothing is listed.
    pub choices: Vec<Choice>,
}

/// A section of a form.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SectionForm {
    /// Its key.
    pub key: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Whether it takes rows.
    pub has_rows: bool,
    /// Its fields, in the order people fill them.
    pub fields: Vec<FieldForm>,
}

/// The names of one contract: its choices by field.
pub(crate) struct Names {
    pack: Option<Pack>,
    contracts: Vec<Choice>,
}

impl Names {
    /// Those of the contract that a case names; nothing but the contracts themselves without one.
    pub(crate) fn of(packs: &Packs, contract: Option<&str>) -> Self {
        let id = contract.map(|name| name.split('@').next().unwrap_or(name).to_owned());
        let newest = |id: &String| packs.all().iter().rev().find(|pack| pack.id == *id);
        let mut contracts: Vec<Choice> = Vec::new();
        for pack in packs.all().iter().filter(|pack| pack.is_contract()) {
            if !contracts.iter().any(|known| known.id == pack.id) {
                contracts.push(Choice::new(&pack.id, &pack.title.zh, &pack.title.en));
            }
        }
        Self {
            pack: id.as_ref().and_then(newest).cloned(),
            contracts,
        }
    }

    /// What may be chosen in a field; anything, if nothing comes back.
    pub(crate) fn choices(&self, section: Section, name: &str) -> Vec<Choice> {
        match (section, name, &self.pack) {
            (Section::Report, "contract", _) => self.contracts.clone(),
            (Section::Parties, "role", _) => ROLES
                .iter()
                .map(|(id, zh, en)| Choice::new(id, zh, en))
                .collect(),
            (section, name, Some(pack)) => of_pack(pack, section, name),
            (_, _, None) => Vec::new(),
        }
    }

    /// The words of what was written, if it is one of the choices.
    pub(crate) fn words(&self, path: &FieldPath, text: &str) -> Option<Words> {
        let wanted = fold(text.trim()).to_lowercase();
        let same = |name: &str| fold(name).to_lowercase() == wanted;
        let choices = self.choices(path.section, path.name);
        let mut choices = choices.into_iter();
        let found = choices.find(|one| one.id == text.trim() || same(&one.zh) || same(&one.en))?;
        Some(Words::new(&found.id, &found.zh, &found.en))
    }
}

/// Roles of parties that the rules know; others may be written.
const ROLES: &[(&str, &str, &str)] = &[
    ("householder", "户主", "householder"),
    ("payee", "收款人", "payee"),
    ("insured", "被保险人", "insured"),
    ("driver", "驾驶人", "driver"),
    ("third_party", "第三方", "third party"),
    ("witness", "证人", "witness"),
];

fn of_rules<'r>(rules: impl Iterator<Item = &'r Rule>) -> Vec<Choice> {
    rules.map(Choice::of).collect()
}

fn of_pack(pack: &Pack, section: Section, name: &str) -> Vec<Choice> {
    let insured = &pack.insured;
    let tariffs = &pack.paying.tariffs;
    match (section, name) {
        (Section::Report, "cause") => of_rules(insured.perils.iter().map(|one| &one.rule)),
        (Section::Report, "insured_class") => of_rules(insured.classes.iter().map(|one| &one.rule)),
        (Section::Report, "line") => pack
            .lines
            .iter()
            .map(|line| Choice::new(line, line, line))
            .collect(),
        (Section::Objects, "kind") => of_rules(insured.objects.iter().map(|one| &one.rule)),
        (Section::Objects, "insured_id") => of_rules(insured.register.iter().map(|one| &one.rule)),
        (Section::Covers, "cover") => of_rules(pack.paying.covers.iter().map(|one| &one.rule)),
        (Section::Answers, "question") => of_rules(insured.questions.iter().map(|one| &one.rule)),
        (Section::Photos, "slot") => of_rules(pack.handling.shots.iter().map(|one| &one.rule)),
        (Section::Lines, "part") => of_rules(insured.items.iter().map(|one| &one.rule)),
        (Section::Lines | Section::Damage, "grade") => {
            named(tariffs.iter().flat_map(|tariff| &tariff.grades))
        }
        (Section::Lines | Section::Objects, "structure") => {
            named(tariffs.iter().flat_map(|tariff| &tariff.structures))
        }
        (_, _) => Vec::new(),
    }
}

fn named<'n>(all: impl Iterator<Item = &'n (String, lossbook_core::rules::Names)>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (id, names) in all {
        if !choices.iter().any(|known| known.id == *id) {
            choices.push(Choice::new(id, &names.zh, &names.en));
        }
    }
    choices
}

pub(crate) fn contract_view(held: &HeldPack, packs: &Packs) -> ContractView {
    let known = packs.all().iter().find(|pack| pack.digest() == held.digest);
    let title = known.map(|pack| (pack.title.zh.clone(), pack.title.en.clone()));
    let (zh, en) = title.unwrap_or_else(|| (held.id.clone(), held.id.clone()));
    ContractView {
        id: held.id.clone(),
        version: held.version.clone(),
        zh,
        en,
        digest: held.digest.to_hex(),
        standing: held.standing.word().to_owned(),
    }
}

pub(crate) fn contract_form(pack: &Pack) -> ContractForm {
    let (insured, handling) = (&pack.insured, &pack.handling);
    ContractForm {
        id: pack.id.clone(),
        version: pack.version.clone(),
        zh: pack.title.zh.clone(),
        en: pack.title.en.clone(),
        perils: of_rules(insured.perils.iter().map(|one| &one.rule)),
        objects: of_rules(insured.objects.iter().map(|one| &one.rule)),
        parts: of_rules(insured.items.iter().map(|one| &one.rule)),
        covers: of_rules(pack.paying.covers.iter().map(|one| &one.rule)),
        questions: insured.questions.iter().map(question).collect(),
        shots: handling.shots.iter().map(shot).collect(),
        documents: of_rules(handling.documents.iter().map(|one| &one.rule)),
    }
}

fn question(question: &lossbook_core::rules::Question) -> QuestionView {
    let Choice { id, zh, en } = Choice::of(&question.rule);
    QuestionView {
        id,
        zh,
        en,
        answers: question.answers.clone(),
    }
}

fn shot(shot: &lossbook_core::rules::ShotRule) -> ShotView {
    let Choice { id, zh, en } = Choice::of(&shot.rule);
    ShotView {
        id,
        zh,
        en,
        at_least: match &shot.at_least.figure {
            Figure::Is(count) => Some(*count),
            Figure::Policy | Figure::Object | Figure::Blank(_) => None,
        },
        in_app: shot.in_app,
    }
}

/// Sections and fields that people fill, with their choices and whether this person may.
pub(crate) fn forms(roles: &[Role], names: &Names) -> Vec<SectionForm> {
    let filled = Section::ALL
        .into_iter()
        .filter(|section| !matches!(section, Section::Settlements));
    filled
        .map(|section| {
            let (zh, en) = section_words(section);
            let form = fields(section)
                .filter(|spec| spec.name != "removed" && spec.name != "sha256")
                .map(|spec| FieldForm {
                    name: spec.name.to_owned(),
                    zh: spec.zh.to_owned(),
                    en: spec.en.to_owned(),
                    kind: spec.kind.into(),
                    may_write: any_may(roles, Deed::Write, spec),
                    choices: names.choices(section, spec.name),
                });
            SectionForm {
                key: section.key().to_owned(),
                zh: zh.to_owned(),
                en: en.to_owned(),
                has_rows: section.has_rows(),
                fields: form.collect(),
            }
        })
        .collect()
}
