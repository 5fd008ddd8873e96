//! One case beside one pack: what the pack's tests can ask, and what follows from the facts alone.
//!
//! Order matters and is fixed: lines are priced first, because tiers and tests ask for the assessed
//! loss; then zone and tier; everything else asks only for these and the facts.

use super::fact::{Fact, Facts, Known, Scalar};
use super::pack::{ObjectKind, Pack, Peril, Registered};
use super::price::{self, PricedLine, Standing};
use super::{path, zone};
use crate::domain::facts::{Answer, CaseFacts, Event, Given};
use crate::domain::{Money, MoneyRange, WallMs};

/// A case as one pack sees it.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) facts: &'a CaseFacts,
    pub(super) pack: &'a Pack,
    pub(super) lines: Vec<PricedLine>,
    pub(super) zone: Option<String>,
    pub(super) tier: Option<String>,
    pub(super) class: Option<String>,
}

impl<'a> Case<'a> {
    /// Prices the lines and finds zone, tier and class.
    pub(super) fn new(facts: &'a CaseFacts, pack: &'a Pack) -> Self {
        let mut case = Self {
            facts,
            pack,
            lines: Vec::new(),
            zone: zone::of(facts, pack),
            tier: None,
            class: None,
        };
        case.lines = price::lines(&case);
        case.tier = path::tier(&case);
        case.class = path::class(&case);
        case
    }

    /// Total of all lines before any deduction; nothing without lines.
    pub(super) fn assessed(&self) -> Option<MoneyRange> {
        (!self.lines.is_empty()).then(|| sum(self.lines.iter().map(|line| line.amount)))
    }

    /// Whether somebody disagrees about an amount.
    pub(super) fn is_contested(&self) -> bool {
        self.lines
            .iter()
            .any(|line| line.standing == Standing::Contested)
    }

    /// When it happened; the loss itself is the accident if nobody noted another instant.
    pub(super) fn happened(&self, event: Event) -> Option<WallMs> {
        let noted = self.facts.events.get(&event).copied();
        if event == Event::Accident {
            return noted.or(Some(self.facts.loss.at));
        }
        noted
    }

    /// The kind of the object.
    pub(super) fn object_kind(&self) -> Option<&'a ObjectKind> {
        let object = self.facts.object.as_ref()?;
        self.pack
            .insured
            .objects
            .iter()
            .find(|kind| kind.rule.id == object.kind)
    }

    /// The object's entry in the contract's register.
    pub(super) fn registered(&self) -> Option<&'a Registered> {
        let object = self.facts.object.as_ref()?;
        let id = object.id.as_deref()?;
        self.pack
            .insured
            .register
            .iter()
            .find(|entry| entry.rule.id == id && entry.object == object.kind)
    }

    /// The peril of that id.
    pub(super) fn peril(&self, id: &str) -> Option<&'a Peril> {
        self.pack
            .insured
            .perils
            .iter()
            .find(|peril| peril.rule.id == id)
    }

    fn words(&self, given: Option<&Given<String>>) -> Known {
        Known::Values(given.map_or_else(Vec::new, |given| {
            given.all().iter().map(|word| Scalar::word(word)).collect()
        }))
    }

    fn groups(&self) -> Known {
        let perils = self.facts.loss.peril.as_ref().map_or(&[][..], Given::all);
        let groups = perils
            .iter()
            .map(|id| self.peril(id).map(|peril| Scalar::word(&peril.group)));
        // One peril of another contract's list has no group here: not known.
        Known::Values(groups.collect::<Option<Vec<_>>>().unwrap_or_default())
    }

    fn answer(&self, id: &str) -> Known {
        let given = self.facts.answers.get(id).map_or(&[][..], Given::all);
        let scalar = |answer: &Answer| match answer {
            Answer::Yes(yes) => Scalar::Truth(*yes),
            Answer::Choice(choice) => Scalar::word(choice),
        };
        Known::Values(given.iter().map(scalar).collect())
    }

    fn attribute(&self, id: &str) -> Known {
        let object = self.facts.object.as_ref();
        let own = object.and_then(|object| object.attributes.get(id));
        let listed = self.registered().and_then(|entry| entry.attributes.get(id));
        Known::Values(
            own.or(listed)
                .map(|text| text_or_truth(text))
                .into_iter()
                .collect(),
        )
    }
}

/// Attributes are text; `true` and `false` in them are yes and no.
fn text_or_truth(text: &str) -> Scalar {
    match text {
        "true" => Scalar::Truth(true),
        "false" => Scalar::Truth(false),
        _ => Scalar::word(text),
    }
}

fn one(word: Option<&str>) -> Known {
    Known::Values(word.map(Scalar::word).into_iter().collect())
}

impl Facts for Case<'_> {
    fn known(&self, fact: &Fact) -> Known {
        let facts = self.facts;
        match fact {
            Fact::Peril => self.words(facts.loss.peril.as_ref()),
            Fact::PerilGroup => self.groups(),
            Fact::ObjectKind => one(facts.object.as_ref().map(|object| object.kind.as_str())),
            Fact::Attribute(id) => self.attribute(id),
            Fact::PolicyClass => self.words(facts.policy.class.as_ref()),
            Fact::TopUp => {
                Known::Values(facts.policy.top_up.map(Scalar::Truth).into_iter().collect())
            }
            Fact::Line => one(facts.line.as_deref().or(match self.pack.lines.as_slice() {
                [only] => Some(only.as_str()),
                _ => None,
            })),
            Fact::Class => one(self.class.as_deref()),
            Fact::Zone => one(self.zone.as_deref()),
            Fact::Tier => one(self.tier.as_deref()),
            Fact::Assessed => Known::Amount(self.assessed()),
            Fact::AssessedContested => Known::Values(vec![Scalar::Truth(self.is_contested())]),
            Fact::Area => one(facts.loss.place.area.as_deref()),
            Fact::HighSeas => Known::Values(vec![Scalar::Truth(facts.loss.place.high_seas)]),
            Fact::Items => Known::Values(
                facts
                    .lines
                    .iter()
                    .map(|line| Scalar::word(&line.item))
                    .collect(),
            ),
            Fact::Answer(id) => self.answer(id),
            Fact::Happened(event) => {
                Known::Values(vec![Scalar::Truth(self.happened(*event).is_some())])
            }
        }
    }
}

/// Adds ranges; facts are bounded so that this stays exact.
pub(super) fn sum(ranges: impl Iterator<Item = MoneyRange>) -> MoneyRange {
    ranges.fold(MoneyRange::default(), |total, range| MoneyRange {
        low: Money::from_fen(total.low.fen().saturating_add(range.low.fen())),
        high: Money::from_fen(total.high.fen().saturating_add(range.high.fen())),
    })
}
