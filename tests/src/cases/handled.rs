//! Papers, photos, pauses, reviews: what people did with a case.

use std::collections::BTreeMap;

use lossbook_core::domain::facts::{
    Extension, Line, PaperState, Pause, Review, ReviewResult, Satisfaction, Shot, ShotOrigin,
    TierHeld, Told,
};

use super::Maker;

impl Maker<'_> {
    pub(super) fn documents(&mut self) -> BTreeMap<String, PaperState> {
        let states = [
            PaperState::Present,
            PaperState::Missing,
            PaperState::NotNeeded,
        ];
        let mut papers = BTreeMap::new();
        for document in &self.pack.handling.documents {
            if self.dice.chance(70) {
                let state = self.dice.pick(&states).copied();
                papers.extend(state.map(|state| (document.rule.id.clone(), state)));
            }
        }
        papers
    }

    pub(super) fn photos(&mut self, lines: &[Line]) -> Vec<Shot> {
        let mut photos = Vec::new();
        for shot in &self.pack.handling.shots {
            for _ in 0..self.dice.below(3) {
                photos.push(Shot {
                    slot: shot.rule.id.clone(),
                    line: self.maybe(50, |m| m.dice.pick(lines).map(|line| line.id.clone())),
                    origin: if self.dice.chance(85) {
                        ShotOrigin::InApp
                    } else {
                        ShotOrigin::Gallery
                    },
                });
            }
        }
        photos
    }

    pub(super) fn tiers(&mut self) -> Vec<TierHeld> {
        let held = self.maybe(20, |m| {
            let tier = m.rule_of(m.pack.service.tiers.iter().map(|tier| &tier.rule.id))?;
            let at = m.later(10);
            Some(TierHeld { tier, at })
        });
        held.into_iter().collect()
    }

    fn clock_id(&mut self) -> Option<String> {
        self.rule_of(self.pack.service.clocks.iter().map(|clock| &clock.rule.id))
    }

    pub(super) fn pauses(&mut self) -> Vec<Pause> {
        let pause = self.maybe(15, |m| {
            let clock = m.clock_id()?;
            let from = m.later(5);
            let to = m.maybe(70, |m| Some(m.later(15).max(from)));
            let reason = "等待补充材料".to_owned();
            Some(Pause {
                clock,
                from,
                to,
                reason,
            })
        });
        pause.into_iter().collect()
    }

    pub(super) fn extensions(&mut self) -> Vec<Extension> {
        let extension = self.maybe(15, |m| {
            Some(Extension {
                clock: m.clock_id()?,
                until: m.later(40),
                reason: "情况复杂".to_owned(),
                approved_by: m.maybe(70, Self::person),
                approved_at: m.maybe(70, |m| Some(m.later(10))),
                told_at: m.maybe(60, |m| Some(m.later(12))),
            })
        });
        extension.into_iter().collect()
    }

    pub(super) fn reviews(&mut self) -> Vec<Review> {
        let results = [
            ReviewResult::Passed,
            ReviewResult::Passed,
            ReviewResult::Returned,
            ReviewResult::Failed,
        ];
        let mut reviews = Vec::new();
        for round in &self.pack.handling.rounds {
            if !self.dice.chance(50) {
                break;
            }
            let held = self.person().zip(self.dice.pick(&results).copied());
            reviews.extend(held.map(|(by, result)| Review {
                round: round.rule.id.clone(),
                by,
                role: round.role.clone(),
                result,
                at: self.maybe(80, |m| Some(m.later(20))),
            }));
        }
        reviews
    }

    pub(super) fn notices(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        for notice in &self.pack.service.notices {
            if !self.dice.chance(40) {
                continue;
            }
            let by = self
                .dice
                .pick(&notice.by)
                .map_or("phone", |channel| channel.key());
            told.push(Told {
                id: notice.rule.id.clone(),
                by: by.to_owned(),
                at: self.later(30),
                content: notice
                    .content
                    .iter()
                    .filter(|_| self.dice.chance(70))
                    .cloned()
                    .collect(),
            });
        }
        told
    }

    pub(super) fn satisfaction(&mut self) -> Option<Satisfaction> {
        let scale = [
            Satisfaction::Satisfied,
            Satisfaction::Mostly,
            Satisfaction::Unsatisfied,
        ];
        self.maybe(40, |m| m.dice.pick(&scale).copied())
    }
}
