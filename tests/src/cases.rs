//! Random cases that a contract could meet, each decided by a seed.
//!
//! Input: a pack, a seed, a number of loss lines. Output: facts in the form of
//! `docs/formats/case.md` that use the pack's own ids, with gaps and disputes as the field has
//! them. The same seed gives the same case on every machine, so that vectors need no storing.
//! Not meant to be likely: rare turns are drawn more often than they happen.

mod dice;
mod handled;
mod money;

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::domain::WallMs;
use lossbook_core::domain::facts::{
    Answer, CaseFacts, Event, Exclusion, Loss, LossPlace, Object, Period, Policy, Rostered,
    Suspicion, ZoneChoice,
};
use lossbook_core::rules::Pack;

pub use dice::Dice;

/// 2025-06-01T00:00+08:00, where losses begin; they end some 560 days later.
const FIRST_LOSS: i64 = 1_748_707_200_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

/// A case of the pack with so many loss lines.
pub fn case_of(pack: &Pack, seed: u64, lines: u32) -> CaseFacts {
    let mut dice = Dice::new(seed);
    let at = FIRST_LOSS + dice.below(560 * 1_440) * MINUTE;
    let mut maker = Maker { pack, at, dice };
    let object = maker.object();
    let lines = maker.lines(lines);
    CaseFacts {
        format: 1,
        case: format!("V-{seed:016x}"),
        line: maker.maybe(80, |m| m.dice.pick(&m.pack.lines).cloned()),
        class: maker.maybe(30, |m| {
            m.rule_of(m.pack.service.classes.iter().map(|c| &c.rule.id))
        }),
        loss: maker.loss(),
        events: maker.events(),
        report: maker.report(),
        answers: maker.answers(),
        policy: maker.policy(),
        received: maker.received(),
        advances: maker.advances(),
        rescue: maker.rescue(),
        recovery: maker.recovery(),
        payee: maker.payee(),
        exclusions: maker.exclusions(),
        documents: maker.documents(),
        photos: maker.photos(&lines),
        tiers: maker.tiers(),
        pauses: maker.pauses(),
        extensions: maker.extensions(),
        surveyor: maker.maybe(80, |m| m.person()),
        reviews: maker.reviews(),
        notices: maker.notices(),
        satisfaction: maker.satisfaction(),
        object,
        lines,
    }
}

/// The moment at which a generated case is looked at: some days after the loss.
pub fn now_of(facts: &CaseFacts, seed: u64) -> WallMs {
    let mut dice = Dice::new(!seed);
    WallMs(facts.loss.at.0 + dice.below(40 * 1_440) * MINUTE)
}

/// Makes one case.
struct Maker<'p> {
    pack: &'p Pack,
    at: i64,
    dice: Dice,
}

impl Maker<'_> {
    /// Something, in so many cases of a hundred.
    fn maybe<T>(
        &mut self,
        hundredths: i64,
        make: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.dice.chance(hundredths) {
            make(self)
        } else {
            None
        }
    }

    fn rule_of<'i>(&mut self, ids: impl Iterator<Item = &'i String>) -> Option<String> {
        let ids: Vec<&String> = ids.collect();
        self.dice.pick(&ids).map(|id| (*id).clone())
    }

    fn person(&mut self) -> Option<String> {
        Some(format!("u-{}", self.dice.below(4)))
    }

    /// An instant up to so many days after the loss.
    fn later(&mut self, days: i64) -> WallMs {
        WallMs(self.at + self.dice.below(days * 1_440) * MINUTE)
    }

    fn loss(&mut self) -> Loss {
        let zones = self.pack.service.zones.iter();
        let prefixes: Vec<String> = zones
            .flat_map(|zone| zone.areas.value().cloned().unwrap_or_default())
            .collect();
        let area = self.maybe(70, |m| {
            let prefix = m
                .dice
                .pick(&prefixes)
                .cloned()
                .unwrap_or_else(|| "4401".to_owned());
            Some(format!("{prefix:0<6}"))
        });
        Loss {
            at: WallMs(self.at),
            peril: self.maybe(92, |m| {
                let perils = m
                    .pack
                    .insured
                    .perils
                    .iter()
                    .map(|peril| peril.rule.id.clone());
                let perils: Vec<String> = perils.collect();
                m.dice.given(8, |dice| dice.pick(&perils).cloned())
            }),
            place: LossPlace {
                area,
                lat: None,
                lon: None,
                high_seas: self.dice.chance(3),
            },
            zone: self.maybe(5, |m| {
                let id = m.rule_of(m.pack.service.zones.iter().map(|zone| &zone.rule.id))?;
                Some(ZoneChoice {
                    id,
                    reason: "border road".to_owned(),
                    by: m.person()?,
                })
            }),
        }
    }

    /// Ends of the pack's clocks, in no particular order and with gaps.
    fn events(&mut self) -> BTreeMap<Event, WallMs> {
        let clocks = self.pack.service.clocks.iter();
        let ends: BTreeSet<Event> = clocks
            .flat_map(|clock| clock.from.iter().copied().chain([clock.until]))
            .collect();
        let mut events = BTreeMap::new();
        for event in ends {
            if event != Event::Accident && self.dice.chance(55) {
                let days = if self.dice.chance(60) { 2 } else { 30 };
                events.insert(event, self.later(days));
            }
        }
        events
    }

    fn report(&mut self) -> BTreeMap<String, String> {
        let fields = &self.pack.handling.fields;
        let mut report = BTreeMap::new();
        for field in fields {
            if self.dice.chance(75) {
                let text = if self.dice.chance(90) {
                    "已填写"
                } else {
                    " "
                };
                report.insert(field.rule.id.clone(), text.to_owned());
            }
        }
        report
    }

    fn answers(&mut self) -> BTreeMap<String, lossbook_core::domain::facts::Given<Answer>> {
        let mut answers = BTreeMap::new();
        for question in &self.pack.insured.questions {
            if !self.dice.chance(88) {
                continue;
            }
            let given = self.dice.given(6, |dice| {
                // The first answer is the usual one.
                let usual = question.answers.first().filter(|_| dice.chance(60));
                let answer = usual.or_else(|| dice.pick(&question.answers))?;
                Some(match answer.as_str() {
                    "yes" => Answer::Yes(true),
                    "no" => Answer::Yes(false),
                    word => Answer::Choice(word.to_owned()),
                })
            });
            answers.extend(given.map(|given| (question.rule.id.clone(), given)));
        }
        answers
    }

    fn object(&mut self) -> Option<Object> {
        if !self.dice.chance(94) {
            return None;
        }
        let kind = self.dice.pick(&self.pack.insured.objects)?;
        let listed = self.pack.insured.register.iter();
        let ids: Vec<String> = listed
            .filter(|entry| entry.object == kind.rule.id)
            .map(|entry| entry.rule.id.clone())
            .collect();
        let mut attributes = BTreeMap::new();
        for attribute in &kind.attributes {
            if self.dice.chance(80) {
                let text = self.dice.pick(&["true", "false", "1998", "粤A12345"]);
                attributes.insert(attribute.clone(), (*text?).to_owned());
            }
        }
        let few = |m: &mut Self| u16::try_from(m.dice.below(8)).ok();
        Some(Object {
            kind: kind.rule.id.clone(),
            id: self.maybe(85, |m| {
                let listed = m.dice.pick(&ids).cloned();
                Some(listed.unwrap_or_else(|| format!("thing-{}", m.dice.below(2))))
            }),
            attributes,
            crew: self.maybe(30, few),
            passengers: self.maybe(30, few),
            agreed_value: self.maybe(40, |m| Some(m.dice.money(50_000_000))),
            people: self
                .maybe(25, |m| Some(vec![format!("p-{}", m.dice.below(3))]))
                .into_iter()
                .flatten()
                .collect(),
        })
    }

    fn policy(&mut self) -> Policy {
        Policy {
            number: self.maybe(50, |m| Some(format!("P-{}", m.dice.below(1_000_000)))),
            period: self.maybe(92, |m| {
                let from = m.at - m.dice.below(380) * DAY;
                Some(Period {
                    from: WallMs(from),
                    to: WallMs(from + 365 * DAY),
                })
            }),
            unit: self.maybe(85, |m| Some(format!("unit-{}", m.dice.below(2)))),
            class: self.maybe(80, |m| {
                let classes = m
                    .pack
                    .insured
                    .classes
                    .iter()
                    .map(|class| class.rule.id.clone());
                let classes: Vec<String> = classes.collect();
                m.dice.given(6, |dice| dice.pick(&classes).cloned())
            }),
            top_up: self.maybe(70, |m| Some(m.dice.chance(50))),
            objects: self.maybe(20, |m| {
                let listed = m
                    .pack
                    .insured
                    .register
                    .iter()
                    .map(|entry| entry.rule.id.clone());
                Some(listed.chain(["thing-0".to_owned()]).collect())
            }),
            covers: self.maybe(90, |m| Some(m.figures())),
            roster: self.roster(),
            paid: self.paid(),
            open: self.open(),
        }
    }

    fn roster(&mut self) -> Vec<Rostered> {
        let mut roster = Vec::new();
        for person in ["p-0", "p-1", "p-2"] {
            if !self.dice.chance(70) {
                continue;
            }
            let from = self.at - self.dice.below(200) * DAY;
            roster.push(Rostered {
                person: person.to_owned(),
                class: self
                    .rule_of(self.pack.insured.classes.iter().map(|class| &class.rule.id))
                    .unwrap_or_else(|| "staff".to_owned()),
                from: WallMs(from),
                to: self.maybe(40, |m| Some(WallMs(from + m.dice.below(400) * DAY))),
            });
        }
        roster
    }

    fn exclusions(&mut self) -> Vec<Exclusion> {
        let mut marked = Vec::new();
        for rule in &self.pack.insured.exclusions {
            if !self.dice.chance(2) {
                continue;
            }
            marked.push(Exclusion {
                id: rule.rule.id.clone(),
                state: if self.dice.chance(70) {
                    Suspicion::Suspected
                } else {
                    Suspicion::Confirmed
                },
                by: self.maybe(70, |m| m.dice.pick(&rule.by).cloned()),
            });
        }
        marked
    }
}
