//! The packs that come with the program, and finding the one that judges.

use std::sync::OnceLock;

use super::assess::Judges;
use super::calendar::Calendar;
use super::clock;
use super::pack::{Pack, Peril, Rule};
use crate::domain::facts::CaseFacts;
use crate::domain::{WallMs, fold};

/// Id and text of every shipped pack.
pub const SHIPPED: [(&str, &str); 6] = [
    (
        "huzhu-rural-housing",
        include_str!("../../packs/huzhu-rural-housing/pack.toml"),
    ),
    (
        "shaoguan-official-vehicles",
        include_str!("../../packs/shaoguan-official-vehicles/pack.toml"),
    ),
    (
        "huangpu-sanitation-vehicles",
        include_str!("../../packs/huangpu-sanitation-vehicles/pack.toml"),
    ),
    (
        "guangzhou-police-aviation",
        include_str!("../../packs/guangzhou-police-aviation/pack.toml"),
    ),
    (
        "insurer-fnol-policy",
        include_str!("../../packs/insurer-fnol-policy/pack.toml"),
    ),
    ("cn-law", include_str!("../../packs/cn-law/pack.toml")),
];

/// All versions of packs that a device or hub holds.
#[derive(Debug, Clone, Default)]
pub struct Packs(Vec<Pack>);

/// What cannot be judged, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackChoiceError {
    /// No pack of that id.
    #[error("pack {id:?} is not known: use one of {known}")]
    UnknownPack {
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// No such version of it.
    #[error("pack {id:?} has no version {version:?}: use one of {known}")]
    UnknownVersion {
        /// The pack.
        id: String,
        /// What was asked for.
        version: String,
        /// What there is.
        known: String,
    },
    /// An id in the case that no pack knows.
    #[error("{place}: {id:?} is not known: {hint}")]
    UnknownId {
        /// Where in the case file.
        place: String,
        /// The id.
        id: String,
        /// What is wanted.
        hint: String,
    },
}

impl Packs {
    /// The shipped packs. A pack that does not read would be a bug of ours that a test catches; it
    /// is left out rather than taking the program down.
    pub fn shipped() -> &'static Self {
        static PACKS: OnceLock<Packs> = OnceLock::new();
        PACKS.get_or_init(|| {
            Self(
                SHIPPED
                    .iter()
                    .filter_map(|(_, text)| Pack::from_toml(text).ok())
                    .collect(),
            )
        })
    }

    /// These packs; a later one replaces an earlier one of the same id and version.
    pub fn of(packs: Vec<Pack>) -> Self {
        let mut all: Vec<Pack> = Vec::new();
        for pack in packs {
            all.retain(|other| (&other.id, &other.version) != (&pack.id, &pack.version));
            all.push(pack);
        }
        Self(all)
    }

    /// All of them.
    pub fn all(&self) -> &[Pack] {
        &self.0
    }

    /// A cause of loss that a contract lists, written as its id or as either name; if this contract
    /// does not list it, another that does.
    pub fn peril(&self, contract: &str, written: &str) -> Option<&Peril> {
        let id = contract.split('@').next().unwrap_or_default();
        let wanted = fold(written.trim());
        let (own, others): (Vec<&Pack>, Vec<&Pack>) = self.0.iter().partition(|pack| pack.id == id);
        let perils = own.into_iter().chain(others);
        let mut perils = perils.flat_map(|pack| &pack.insured.perils);
        perils.find(|peril| {
            let Rule { id, names, .. } = &peril.rule;
            let same = |name: &String| *name == wanted || fold(name) == wanted;
            [id, &names.zh, &names.en].into_iter().any(same)
        })
    }

    /// The packs of a case: `name` is an id, or `id@version` to fix one version.
    ///
    /// # Errors
    /// [`PackChoiceError`] for an unknown pack, version, or id inside the case.
    pub fn judges(&self, name: &str, facts: &CaseFacts) -> Result<Judges<'_>, PackChoiceError> {
        let (id, version) = name
            .split_once('@')
            .map_or((name, None), |(id, v)| (id, Some(v)));
        let versions: Vec<&Pack> = self.0.iter().filter(|pack| pack.id == id).collect();
        if versions.is_empty() {
            let mut known: Vec<&str> = self.0.iter().map(|pack| pack.id.as_str()).collect();
            known.dedup();
            return Err(PackChoiceError::UnknownPack {
                id: id.to_owned(),
                known: known.join(", "),
            });
        }
        let fixed = version.map(|version| {
            versions
                .iter()
                .copied()
                .find(|pack| pack.version == version)
                .ok_or_else(|| {
                    let known: Vec<&str> =
                        versions.iter().map(|pack| pack.version.as_str()).collect();
                    PackChoiceError::UnknownVersion {
                        id: id.to_owned(),
                        version: version.to_owned(),
                        known: known.join(", "),
                    }
                })
        });
        let fixed = fixed.transpose()?;
        let at = |at: WallMs| fixed.or_else(|| in_force(&versions, at));
        let unknown = || PackChoiceError::UnknownPack {
            id: id.to_owned(),
            known: String::new(),
        };
        let cover = at(facts.loss.at).ok_or_else(unknown)?;
        let service = at(clock::judged_at(facts)).ok_or_else(unknown)?;
        let law = service.beside.as_ref().and_then(|beside| {
            let versions: Vec<&Pack> = self.0.iter().filter(|pack| pack.id == *beside).collect();
            in_force(&versions, clock::judged_at(facts))
        });
        self.check_ids(facts, cover)?;
        Ok(Judges {
            cover,
            service,
            law,
            calendar: Calendar::china(),
        })
    }

    /// Ids inside a case that would silently change the answer if nobody knew them.
    fn check_ids(&self, facts: &CaseFacts, pack: &Pack) -> Result<(), PackChoiceError> {
        let unknown = |place: String, id: &str, hint: String| PackChoiceError::UnknownId {
            place,
            id: id.to_owned(),
            hint,
        };
        let perils = facts.loss.peril.iter().flat_map(|given| given.all());
        for id in perils {
            let of_any = self
                .0
                .iter()
                .flat_map(|pack| &pack.insured.perils)
                .any(|p| p.rule.id == *id);
            if !of_any {
                let known = listed(pack.insured.perils.iter().map(|peril| &peril.rule.id));
                return Err(unknown(
                    "loss.peril".to_owned(),
                    id,
                    format!("causes of this contract: {known}"),
                ));
            }
        }
        let items = &pack.insured.items;
        for (index, line) in facts.lines.iter().enumerate() {
            if !items.iter().any(|item| item.rule.id == line.item) {
                let known = listed(items.iter().map(|item| &item.rule.id));
                let place = format!("lines[{index}].item");
                return Err(unknown(
                    place,
                    &line.item,
                    format!("items of this contract: {known}"),
                ));
            }
        }
        let kinds = &pack.insured.objects;
        if let Some(object) = &facts.object
            && !kinds.iter().any(|kind| kind.rule.id == object.kind)
        {
            let known = listed(kinds.iter().map(|kind| &kind.rule.id));
            return Err(unknown(
                "object.kind".to_owned(),
                &object.kind,
                format!("kinds of this contract: {known}"),
            ));
        }
        check_covers(facts, pack)?;
        self.check_answers(facts, pack)
    }

    fn check_answers(&self, facts: &CaseFacts, pack: &Pack) -> Result<(), PackChoiceError> {
        for (id, given) in &facts.answers {
            let question = pack
                .insured
                .questions
                .iter()
                .find(|question| question.rule.id == *id);
            let of_any = self
                .0
                .iter()
                .flat_map(|pack| &pack.insured.questions)
                .any(|q| q.rule.id == *id);
            let unknown = |id: &str, hint: String| PackChoiceError::UnknownId {
                place: format!("answers.{id}"),
                id: id.to_owned(),
                hint,
            };
            let Some(question) = question else {
                if of_any {
                    continue;
                }
                let known = listed(
                    pack.insured
                        .questions
                        .iter()
                        .map(|question| &question.rule.id),
                );
                return Err(unknown(id, format!("questions of this contract: {known}")));
            };
            for answer in given.all() {
                if !question.allows(answer) {
                    let known = listed(question.answers.iter());
                    return Err(unknown(id, format!("{answer} is no answer to it: {known}")));
                }
            }
        }
        Ok(())
    }
}

/// Money of a cover nobody knows would be left out of the sums.
fn check_covers(facts: &CaseFacts, pack: &Pack) -> Result<(), PackChoiceError> {
    let named = |list: &'static str, ids: Vec<Option<&String>>| {
        let numbered = ids.into_iter().enumerate();
        numbered
            .filter_map(|(index, id)| Some((format!("{list}[{index}].cover"), id?.clone())))
            .collect::<Vec<_>>()
    };
    let received = facts.received.iter().map(|entry| entry.cover.as_ref());
    let rescue = facts.rescue.iter().map(|entry| entry.cover.as_ref());
    let paid = facts.policy.paid.iter().map(|entry| Some(&entry.cover));
    let all = [
        named("received", received.collect()),
        named("rescue", rescue.collect()),
        named("policy.paid", paid.collect()),
    ];
    let covers = &pack.paying.covers;
    let unknown = all
        .into_iter()
        .flatten()
        .find(|(_, id)| !covers.iter().any(|cover| cover.rule.id == *id));
    unknown.map_or(Ok(()), |(place, id)| {
        let known = listed(covers.iter().map(|cover| &cover.rule.id));
        let hint = format!("covers of this contract: {known}");
        Err(PackChoiceError::UnknownId { place, id, hint })
    })
}

fn listed<'i>(ids: impl Iterator<Item = &'i String>) -> String {
    ids.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The version in force; outside all of them the last that began before, else the first.
fn in_force<'p>(versions: &[&'p Pack], at: WallMs) -> Option<&'p Pack> {
    let mut by_start = versions.to_vec();
    by_start.sort_by_key(|pack| pack.effective.from);
    let holding = by_start.iter().rev().find(|pack| pack.in_force(at));
    let begun = by_start.iter().rev().find(|pack| {
        let open = super::pack::CivilPeriod {
            to: None,
            ..pack.effective.clone()
        };
        open.holds(at, pack.zone())
    });
    holding.or(begun).or(by_start.first()).copied()
}
