//! Lines, figures of the policy, what came in and what went out.

use std::collections::BTreeMap;

use lossbook_core::domain::facts::{
    Advance, CoverFigures, Given, Line, Method, OpenCase, Paid, Payee, Received, Recovery, Rescue,
};
use lossbook_core::domain::{Money, Share};

use super::Maker;

/// Up to 200,000 yuan, near the limits and tiers of the contracts.
const MOST: i64 = 20_000_000;

impl Maker<'_> {
    pub(super) fn lines(&mut self, count: u32) -> Vec<Line> {
        (0..count)
            .filter_map(|number| self.line(format!("l{number}")))
            .collect()
    }

    fn line(&mut self, id: String) -> Option<Line> {
        let items = &self.pack.insured.items;
        let paying: Vec<_> = items.iter().filter(|item| item.cover.is_ok()).collect();
        let item = match self.dice.chance(85) {
            true => self.dice.pick(&paying).copied(),
            false => self.dice.pick(items),
        }?;
        let covers = &self.pack.paying.covers;
        let cover = covers
            .iter()
            .find(|cover| item.cover.as_ref() == Ok(&cover.rule.id));
        let allowed = cover.map_or(&[][..], |cover| &cover.methods);
        let method = self
            .maybe(90, |m| m.dice.pick(allowed).copied())
            .or_else(|| self.dice.pick(&Method::ALL).copied())?;
        Some(Line {
            id,
            item: item.rule.id.clone(),
            method: Some(method),
            quantity: self.maybe(70, |m| {
                m.dice.given(8, |dice| {
                    let thousandths = 1 + dice.below(60_000);
                    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
                        .parse()
                        .ok()
                })
            }),
            unit: self.maybe(60, |m| {
                m.dice
                    .pick(&["m2", "room", "piece"])
                    .map(|unit| (*unit).to_owned())
            }),
            unit_price: self.maybe(90, |m| m.amount(8, 200_000)),
            price_source: self.maybe(85, |_| Some("建材市场报价".to_owned())),
            price_date: self.maybe(85, |_| Some("2025-06-20".to_owned())),
            amount: self.maybe(90, |m| m.amount(8, MOST)),
            grade: self.maybe(80, |m| m.grade()),
            structure: self.maybe(80, |m| m.structure()),
            depreciation: self.maybe(20, |m| m.share(10)),
            salvage: self.maybe(20, |m| m.amount(10, 500_000)),
            kept: self.maybe(50, |m| Some(m.dice.chance(60))),
            confirmed: self.maybe(70, |m| Some(m.dice.chance(70))),
            voucher: self.maybe(80, |m| Some(m.dice.chance(80))),
            insured_scheme: self.maybe(30, |m| Some(m.dice.chance(70))),
        })
    }

    fn amount(&mut self, contested: i64, most: i64) -> Option<Given<Money>> {
        self.dice.given(contested, |dice| Some(dice.money(most)))
    }

    fn share(&mut self, contested: i64) -> Option<Given<Share>> {
        self.dice.given(contested, |dice| {
            format!("{}%", dice.below(101)).parse().ok()
        })
    }

    fn grade(&mut self) -> Option<Given<String>> {
        let tariffs = self.pack.paying.tariffs.iter();
        let grades: Vec<String> = tariffs
            .flat_map(|t| &t.grades)
            .map(|(id, _)| id.clone())
            .collect();
        self.dice.given(10, |dice| dice.pick(&grades).cloned())
    }

    fn structure(&mut self) -> Option<String> {
        let tariffs = self.pack.paying.tariffs.iter();
        self.rule_of(
            tariffs
                .flat_map(|tariff| &tariff.structures)
                .map(|(id, _)| id),
        )
    }

    /// Figures of the covers that the policy lists.
    pub(super) fn figures(&mut self) -> BTreeMap<String, CoverFigures> {
        let mut figures = BTreeMap::new();
        for cover in &self.pack.paying.covers {
            if !self.dice.chance(88) {
                continue;
            }
            figures.insert(
                cover.rule.id.clone(),
                CoverFigures {
                    limit: self.maybe(88, |m| Some(m.dice.money(MOST))),
                    deductible: self.maybe(65, |m| Some(m.dice.money(200_000))),
                    sum_insured: self.maybe(70, |m| Some(m.dice.money(MOST))),
                    insured_value: self.maybe(50, |m| Some(m.dice.money(MOST))),
                },
            );
        }
        figures
    }

    fn cover_id(&mut self) -> Option<String> {
        self.rule_of(self.pack.paying.covers.iter().map(|cover| &cover.rule.id))
    }

    pub(super) fn paid(&mut self) -> Vec<Paid> {
        let mut paid = Vec::new();
        while self.dice.chance(25) {
            let Some(cover) = self.cover_id() else { break };
            paid.push(Paid {
                case: format!("V-earlier-{}", paid.len()),
                unit: format!("unit-{}", self.dice.below(2)),
                cover,
                amount: self.dice.money(MOST / 4),
                at: self.maybe(70, |m| {
                    Some(lossbook_core::domain::WallMs(
                        m.at - m.dice.below(400) * super::DAY,
                    ))
                }),
            });
        }
        paid
    }

    pub(super) fn open(&mut self) -> Vec<OpenCase> {
        let other = self.maybe(12, |m| {
            Some(OpenCase {
                case: "V-other".to_owned(),
                unit: format!("unit-{}", m.dice.below(2)),
            })
        });
        other.into_iter().collect()
    }

    pub(super) fn received(&mut self) -> Vec<Received> {
        let mut received = Vec::new();
        while self.dice.chance(20) {
            let Some(amount) = self.amount(10, 300_000) else {
                break;
            };
            received.push(Received {
                from: self.maybe(50, |_| Some("liable party".to_owned())),
                cover: self.maybe(60, Self::cover_id),
                amount,
            });
        }
        received
    }

    pub(super) fn advances(&mut self) -> Vec<Advance> {
        let mut advances = Vec::new();
        while self.dice.chance(15) {
            advances.push(Advance {
                amount: self.dice.money(1_000_000),
                at: self.maybe(70, |m| Some(m.later(20))),
                approved_by: self.maybe(80, Self::person),
            });
        }
        advances
    }

    pub(super) fn rescue(&mut self) -> Vec<Rescue> {
        let mut rescue = Vec::new();
        while self.dice.chance(15) {
            let Some(amount) = self.amount(10, 200_000) else {
                break;
            };
            rescue.push(Rescue {
                what: "拖车".to_owned(),
                cover: self.maybe(60, Self::cover_id),
                amount,
                reasonable: self.maybe(90, |m| Some(m.dice.chance(80))),
            });
        }
        rescue
    }

    pub(super) fn recovery(&mut self) -> Option<Recovery> {
        if !self.dice.chance(20) {
            return None;
        }
        let against = ["other_driver", "employee", "family_member", "insured"];
        Some(Recovery {
            against: (*self.dice.pick(&against)?).to_owned(),
            share: self.maybe(85, |m| m.share(15)),
            wilful: self.maybe(50, |m| Some(m.dice.chance(20))),
        })
    }

    pub(super) fn payee(&mut self) -> Option<Payee> {
        if !self.dice.chance(30) {
            return None;
        }
        let papers = ["authorisation", "identity"];
        Some(Payee {
            third_party: self.dice.chance(60),
            has: papers
                .into_iter()
                .filter(|_| self.dice.chance(70))
                .map(str::to_owned)
                .collect(),
            account: self.maybe(70, |_| Some("6222021234567890128".to_owned())),
            signature: self.maybe(80, |m| Some(m.dice.chance(80))),
        })
    }
}
