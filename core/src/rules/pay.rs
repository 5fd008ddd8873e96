//! What a case pays, step by step, in the one order that contracts share.
//!
//! Per cover: line amounts → covered lines only (an excluded line never fills the cap) → the
//! insured share, only where the contract states underinsurance → minus money already received
//! from the liable party → minus the deductible, not below zero → cut to what is left of the limit
//! of this unit and span → rescue cost beside it. Advances change the balance, never the payable;
//! recovery opens a claim and changes neither. Contested lines make every step a range.
#![deny(clippy::float_arithmetic)]

use serde::Serialize;

use super::case::{Case, sum};
use super::cover::{self, Bought, bought};
use super::figure::{Figure, Sourced};
use super::pack::{Answer, Choice, Cover, SpanOf, Undecided};
use super::price::{Standing, spread};
use super::reason::Reason;
use crate::domain::facts::{CoverFigures, Given};
use crate::domain::{Money, MoneyRange, half_up};

/// One step of the way from loss to payable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `lines`, `excluded`, `proportion`, `received`, `deductible`, `limit` or `rescue`.
    pub step: &'static str,
    /// What this step adds or takes.
    pub change: MoneyRange,
    /// What stands after it.
    pub after: MoneyRange,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Where the rule stands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// The way of one cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverPayable {
    /// The cover.
    pub cover: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What is left of the limit before this case; nothing when unknown.
    pub limit_left: Option<Money>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What it pays; nothing when the limit is unknown.
    pub payable: Option<MoneyRange>,
}

/// What a case pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payable {
    /// Total of all lines before any deduction; nothing without lines.
    pub assessed: Option<MoneyRange>,
    /// Total of the lines no cover pays.
    pub excluded: MoneyRange,
    /// Cover by cover.
    pub covers: Vec<CoverPayable>,
    /// The total; nothing when a limit is unknown.
    pub payable: Option<MoneyRange>,
    /// Exact amounts in capitals (人民币大写).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capital: Option<String>,
    /// Paid ahead.
    pub advanced: Money,
    /// Payable less advances.
    pub balance: Option<MoneyRange>,
    /// Advances beyond the payable.
    pub overpaid: Money,
    /// To be claimed back from the liable third party.
    pub recovery: Option<MoneyRange>,
    /// Nothing about the amount is open.
    #[serde(rename = "final")]
    pub is_final: bool,
}

/// Judges the money; reasons for head office go to `answer`, remarks to `findings`.
pub(super) fn pay(
    case: &Case<'_>,
    answer: Answer,
    findings: &mut Vec<Reason>,
) -> (Payable, Vec<Reason>) {
    let mut paying = Paying {
        case,
        findings,
        open: Vec::new(),
    };
    let mut covers: Vec<CoverPayable> = Vec::new();
    for cover in cover::covers(case) {
        covers.push(paying.cover(cover));
    }
    if covers.len() > 1 {
        paying.of_no_cover();
    }
    let counted = |line: &&super::price::PricedLine| line.covered && paying_line(case, line);
    let excluded = sum(case
        .lines
        .iter()
        .filter(|line| !counted(line))
        .map(|line| line.amount));
    let total = covers
        .iter()
        .map(|cover| cover.payable)
        .collect::<Option<Vec<_>>>();
    let payable = match answer {
        Answer::NotCovered => Some(MoneyRange::default()),
        Answer::Covered | Answer::HeadOffice => total.map(|all| sum(all.into_iter())),
    };
    let advanced = paying.advanced();
    let recovery = paying.recovery(payable);
    let overpaid = payable.map_or(0, |range| {
        advanced.fen().saturating_sub(range.high.fen()).max(0)
    });
    if overpaid > 0 {
        paying
            .findings
            .push(Reason::of("overpaid").about(Money::from_fen(overpaid).to_string()));
    }
    let open = std::mem::take(&mut paying.open);
    let is_final = answer == Answer::Covered
        && open.is_empty()
        && payable.is_some_and(MoneyRange::is_exact)
        && case
            .lines
            .iter()
            .all(|line| line.standing == Standing::Firm || !line.covered);
    let result = Payable {
        assessed: case.assessed(),
        excluded,
        covers,
        payable,
        capital: payable
            .filter(|range| range.is_exact())
            .map(|range| super::capital::capital(range.low)),
        advanced,
        balance: payable.map(|range| less(range, MoneyRange::exact(advanced))),
        overpaid: Money::from_fen(overpaid),
        recovery,
        is_final,
    };
    (result, open)
}

/// Whether the line's cover is, or may be, part of the policy.
fn paying_line(case: &Case<'_>, line: &super::price::PricedLine) -> bool {
    let cover = case
        .pack
        .paying
        .covers
        .iter()
        .find(|cover| line.cover.as_ref() == Some(&cover.rule.id));
    cover.is_some_and(|cover| bought(case, cover) != Bought::No)
}

struct Paying<'c, 'a, 'f> {
    case: &'c Case<'a>,
    findings: &'f mut Vec<Reason>,
    /// Why head office must decide an amount.
    open: Vec<Reason>,
}

/// The steps of one cover while they are made.
struct Way {
    now: MoneyRange,
    steps: Vec<Step>,
}

impl Way {
    fn to(
        &mut self,
        step: &'static str,
        after: MoneyRange,
        (zh, en): (String, String),
        source: &str,
    ) {
        let minus =
            |after: Money, before: Money| Money::from_fen(after.fen().saturating_sub(before.fen()));
        let ends = (
            minus(after.low, self.now.low),
            minus(after.high, self.now.high),
        );
        let change = MoneyRange {
            low: ends.0.min(ends.1),
            high: ends.0.max(ends.1),
        };
        self.now = after;
        self.steps.push(Step {
            step,
            change,
            after,
            zh,
            en,
            source: source.to_owned(),
        });
    }
}

impl Paying<'_, '_, '_> {
    fn cover(&mut self, cover: &Cover) -> CoverPayable {
        let case = self.case;
        let own = || {
            case.lines
                .iter()
                .filter(|line| line.covered && line.cover.as_ref() == Some(&cover.rule.id))
        };
        let mut way = Way {
            now: MoneyRange::default(),
            steps: Vec::new(),
        };
        let lines = sum(own().map(|line| line.amount));
        way.to("lines", lines, words("损失合计", "loss lines"), "");
        let mut limit_left = None;
        if bought(case, cover) == Bought::No {
            let reason = Reason::on("cover_not_bought", &cover.rule);
            way.to(
                "excluded",
                MoneyRange::default(),
                (reason.zh.clone(), reason.en.clone()),
                &reason.source,
            );
            self.findings.push(reason);
            return self.done(cover, way, Some(Money::ZERO), limit_left);
        }
        self.proportion(cover, &mut way);
        self.received(cover, &mut way);
        self.deductible(cover, &mut way);
        let limit = self.limit(cover);
        limit_left = limit.map(|limit| self.left(cover, limit));
        if let (Some(left), Some(limit)) = (limit_left, limit) {
            let cut = |amount: Money| amount.min(left);
            let after = MoneyRange {
                low: cut(way.now.low),
                high: cut(way.now.high),
            };
            let source = picked(&cover.limit, case).map_or("", |figure| figure.source.as_str());
            if after != way.now {
                let text = if left == limit {
                    words(&format!("限额 {limit}"), &format!("limit {limit}"))
                } else {
                    words(
                        &format!("限额 {limit}，剩余 {left}"),
                        &format!("limit {limit}, {left} left"),
                    )
                };
                way.to("limit", after, text, source);
            }
            self.rescue(cover, &mut way, limit);
        }
        self.done(cover, way, limit, limit_left)
    }

    fn done(
        &self,
        cover: &Cover,
        way: Way,
        limit: Option<Money>,
        limit_left: Option<Money>,
    ) -> CoverPayable {
        CoverPayable {
            cover: cover.rule.id.clone(),
            zh: cover.rule.names.zh.clone(),
            en: cover.rule.names.en.clone(),
            limit_left,
            payable: limit.map(|_| way.now),
            steps: way.steps,
        }
    }

    fn figures(&self, cover: &Cover) -> Option<&CoverFigures> {
        self.case.facts.policy.covers.as_ref()?.get(&cover.rule.id)
    }

    /// 比例赔付, only where the contract states it.
    fn proportion(&mut self, cover: &Cover, way: &mut Way) {
        if cover.underinsurance.value() != Some(&true) {
            return;
        }
        let figures = self.figures(cover);
        let pair = figures.and_then(|figures| figures.sum_insured.zip(figures.insured_value));
        let Some((insured, value)) = pair.filter(|(insured, value)| insured < value) else {
            return;
        };
        let part = |amount: Money| {
            let exact = i128::from(amount.fen()).saturating_mul(i128::from(insured.fen()));
            half_up(exact, i128::from(value.fen()))
        };
        let after = MoneyRange {
            low: part(way.now.low),
            high: part(way.now.high),
        };
        let text = words(
            &format!("按比例 {insured} ÷ {value}"),
            &format!("in proportion {insured} ÷ {value}"),
        );
        way.to("proportion", after, text, &cover.underinsurance.source);
        self.findings.push(Reason::on("underinsured", &cover.rule));
    }

    fn received(&mut self, cover: &Cover, way: &mut Way) {
        let only = cover::covers(self.case).count() == 1;
        let entries = self
            .case
            .facts
            .received
            .iter()
            .filter(|entry| match &entry.cover {
                Some(id) => *id == cover.rule.id,
                None => only,
            });
        let all = sum(entries.map(|entry| spread(&entry.amount)));
        if all.high > Money::ZERO {
            let text = words("责任方已赔付", "already received from the liable party");
            way.to("received", less(way.now, all), text, "I110");
        }
    }

    /// Money that stands beside several covers and names none can be taken off or added nowhere.
    fn of_no_cover(&mut self) {
        let facts = self.case.facts;
        let received = facts.received.iter().filter(|entry| entry.cover.is_none());
        let received = received.map(|entry| entry.from.clone().unwrap_or_default());
        let rescue = facts.rescue.iter().filter(|entry| entry.cover.is_none());
        let rescue = rescue.map(|entry| entry.what.clone());
        for about in received.chain(rescue) {
            self.open.push(Reason::of("cover_not_named").about(about));
        }
    }

    fn deductible(&mut self, cover: &Cover, way: &mut Way) {
        let source =
            picked(&cover.deductible, self.case).map_or("", |figure| figure.source.as_str());
        let amount = self.amount(&cover.deductible, cover, |figures| figures.deductible);
        match amount {
            Ok(Some(amount)) if amount > Money::ZERO => {
                let text = words(&format!("免赔额 {amount}"), &format!("deductible {amount}"));
                way.to(
                    "deductible",
                    less(way.now, MoneyRange::exact(amount)),
                    text,
                    source,
                );
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(Undecided) => {
                self.findings
                    .push(Reason::on("deductible_blank", &cover.rule).source(source));
            }
        }
    }

    fn limit(&mut self, cover: &Cover) -> Option<Money> {
        let amount = self.amount(&cover.limit, cover, |figures| figures.limit);
        let limit = amount.unwrap_or(None);
        if limit.is_none() {
            let source =
                picked(&cover.limit, self.case).map_or("", |figure| figure.source.as_str());
            self.open
                .push(Reason::on("limit_blank", &cover.rule).source(source));
        }
        limit
    }

    /// The number a choice gives for this case: of the pack, the policy or the object.
    fn amount(
        &self,
        choice: &Choice<Money>,
        cover: &Cover,
        of_policy: impl Fn(&CoverFigures) -> Option<Money>,
    ) -> Result<Option<Money>, Undecided> {
        let Some(figure) = choice.pick(self.case)? else {
            return Ok(None);
        };
        Ok(match &figure.figure {
            Figure::Is(amount) => Some(*amount),
            Figure::Blank(_) => None,
            Figure::Policy => self.figures(cover).and_then(of_policy),
            Figure::Object => {
                let listed = self
                    .case
                    .registered()
                    .and_then(|entry| entry.agreed_value.as_ref());
                let listed = listed.and_then(|figure| figure.value().copied());
                listed.or_else(|| self.case.facts.object.as_ref()?.agreed_value)
            }
        })
    }

    /// What earlier payouts to the same unit leave of the limit.
    fn left(&mut self, cover: &Cover, limit: Money) -> Money {
        let facts = self.case.facts;
        let in_period = |at: Option<crate::domain::WallMs>| {
            facts
                .policy
                .period
                .zip(at)
                .is_none_or(|(period, at)| period.holds(at))
        };
        let counted = facts.policy.paid.iter().filter(|paid| {
            paid.cover == cover.rule.id
                && facts
                    .policy
                    .unit
                    .as_ref()
                    .is_none_or(|unit| *unit == paid.unit)
                && match cover.span {
                    SpanOf::Period => in_period(paid.at),
                    SpanOf::Event => paid.case == facts.case,
                }
        });
        let used: i64 = counted.fold(0, |used, paid| used.saturating_add(paid.amount.fen()));
        let left = Money::from_fen(limit.fen().saturating_sub(used).max(0));
        if left == Money::ZERO && limit > Money::ZERO {
            self.findings.push(Reason::on("limit_used_up", &cover.rule));
        }
        left
    }

    /// 施救费 beside the sum insured, up to the limit again (保险法 57).
    fn rescue(&mut self, cover: &Cover, way: &mut Way, limit: Money) {
        let only = cover::covers(self.case).count() == 1;
        let mut all = Vec::new();
        for entry in &self.case.facts.rescue {
            let here = match &entry.cover {
                Some(id) => *id == cover.rule.id,
                None => only,
            };
            if !here {
                continue;
            }
            if entry.reasonable == Some(true) {
                all.push(spread(&entry.amount));
            } else {
                self.findings
                    .push(Reason::of("rescue_not_reasonable").about(&entry.what));
            }
        }
        let cost = sum(all.into_iter());
        if cost.high == Money::ZERO || cover.rescue.value() != Some(&true) {
            return;
        }
        let up_to = |cost: Money| cost.min(limit);
        let plus =
            |now: Money, cost: Money| Money::from_fen(now.fen().saturating_add(up_to(cost).fen()));
        let after = MoneyRange {
            low: plus(way.now.low, cost.low),
            high: plus(way.now.high, cost.high),
        };
        way.to(
            "rescue",
            after,
            words("施救费", "rescue cost"),
            &cover.rescue.source,
        );
    }

    fn advanced(&mut self) -> Money {
        let advances = &self.case.facts.advances;
        let allowed = self
            .case
            .pack
            .paying
            .advance
            .as_ref()
            .and_then(|figure| figure.value());
        if !advances.is_empty() && allowed != Some(&true) {
            self.findings.push(Reason::of("advance_not_allowed"));
        }
        if advances.iter().any(|advance| advance.approved_by.is_none()) {
            self.findings.push(Reason::of("advance_not_approved"));
        }
        let total = advances
            .iter()
            .fold(0_i64, |total, one| total.saturating_add(one.amount.fen()));
        Money::from_fen(total)
    }

    /// The third party's share of what is paid; never against the insured's own people unless
    /// wilful (保险法 60, 62).
    fn recovery(&mut self, payable: Option<MoneyRange>) -> Option<MoneyRange> {
        let claim = self.case.facts.recovery.as_ref()?;
        let rule = self.case.pack.paying.recovery.as_ref();
        let allowed = rule.is_some_and(|rule| {
            rule.allowed.value() == Some(&true)
                && (claim.wilful == Some(true) || !rule.never_against.contains(&claim.against))
        });
        if !allowed {
            self.findings
                .push(Reason::of("recovery_not_allowed").about(&claim.against));
            return Some(MoneyRange::default());
        }
        let Some(share) = &claim.share else {
            self.findings.push(Reason::of("recovery_share_unknown"));
            return None;
        };
        let payable = payable?;
        let points = |given: &Given<crate::domain::Share>| {
            let all: Vec<u32> = given
                .all()
                .iter()
                .map(|share| share.basis_points())
                .collect();
            (
                all.iter().min().copied().unwrap_or(0),
                all.iter().max().copied().unwrap_or(0),
            )
        };
        let (low, high) = points(share);
        let part = |amount: Money, points: u32| {
            let exact = i128::from(amount.fen()).saturating_mul(i128::from(points));
            half_up(exact, 10_000)
        };
        Some(MoneyRange {
            low: part(payable.low, low),
            high: part(payable.high, high),
        })
    }
}

fn words(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

fn picked<'p>(choice: &'p Choice<Money>, case: &Case<'_>) -> Option<&'p Sourced<Money>> {
    choice.pick(case).unwrap_or(None)
}

/// Takes off, end by end, not below zero.
fn less(from: MoneyRange, off: MoneyRange) -> MoneyRange {
    let minus =
        |from: Money, off: Money| Money::from_fen(from.fen().saturating_sub(off.fen()).max(0));
    MoneyRange {
        low: minus(from.low, off.high),
        high: minus(from.high, off.low),
    }
}

impl Serialize for MoneyRange {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// Whether a third-party payee has what the contract asks for.
pub(super) fn payee(case: &Case<'_>, findings: &mut Vec<Reason>) {
    let Some(payee) = &case.facts.payee else {
        return;
    };
    if !payee.third_party {
        return;
    }
    let Some(rule) = &case.pack.paying.payee else {
        findings.push(Reason::of("payee_not_allowed"));
        return;
    };
    if rule.third_party.value() != Some(&true) {
        findings.push(Reason::of("payee_not_allowed").source(&rule.third_party.source));
        return;
    }
    let missing: Vec<&str> = rule
        .needs
        .iter()
        .map(|need| need.key())
        .filter(|need| {
            let there = match *need {
                "account" => payee.account.is_some(),
                "signature" => payee.signature == Some(true),
                other => payee.has.iter().any(|has| has == other),
            };
            !there
        })
        .collect();
    if !missing.is_empty() {
        let reason = Reason::of("payee_incomplete").about(missing.join(", "));
        findings.push(reason.source(&rule.third_party.source));
    }
}
