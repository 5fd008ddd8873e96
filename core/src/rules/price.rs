//! What each loss line comes to: rounded half up to whole fen, once.
#![deny(clippy::float_arithmetic)]

use serde::Serialize;

use super::case::Case;
use super::pack::{Cover, Item, Pays, TariffStatus};
use super::reason::Reason;
use crate::domain::facts::{Given, Line, Method};
use crate::domain::{Money, MoneyRange, Quantity, Share, half_up};

/// A line with its amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PricedLine {
    /// Its id.
    pub id: String,
    /// The item.
    pub item: String,
    /// The cover that pays it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover: Option<String>,
    /// Whether it counts towards the payable.
    pub covered: bool,
    /// What it comes to.
    pub amount: MoneyRange,
    /// How that was computed, for people.
    pub formula: String,
    /// Why it is not covered, not final, or doubtful.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// How firm the amount is.
    pub standing: Standing,
}

/// How firm an amount is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing about it is open.
    Firm,
    /// Priced by an example, not priced, or not confirmed.
    Open,
    /// People gave different figures.
    Contested,
}

/// Prices every line of the case.
pub(super) fn lines(case: &Case<'_>) -> Vec<PricedLine> {
    case.facts
        .lines
        .iter()
        .map(|line| price(case, line))
        .collect()
}

fn price(case: &Case<'_>, line: &Line) -> PricedLine {
    let item = case
        .pack
        .insured
        .items
        .iter()
        .find(|item| item.rule.id == line.item);
    let cover = item.and_then(|item| item.cover.as_ref().ok());
    let cover = cover.and_then(|id| case.pack.paying.covers.iter().find(|c| c.rule.id == *id));
    let mut pricing = Pricing {
        method: line.method.unwrap_or_else(|| method(line, cover)),
        case,
        line,
        cover,
        item,
        reasons: Vec::new(),
        standing: Standing::Firm,
    };
    let (amount, formula) = pricing.amount();
    let covered = pricing.covered();
    let contested = [
        line.quantity.as_ref().is_some_and(Given::is_contested),
        line.unit_price.as_ref().is_some_and(Given::is_contested),
        line.amount.as_ref().is_some_and(Given::is_contested),
        line.grade.as_ref().is_some_and(Given::is_contested),
        line.depreciation.as_ref().is_some_and(Given::is_contested),
        line.salvage.as_ref().is_some_and(Given::is_contested),
    ]
    .contains(&true);
    let standing = if contested {
        Standing::Contested
    } else {
        pricing.standing
    };
    PricedLine {
        id: line.id.clone(),
        item: line.item.clone(),
        cover: cover.map(|cover| cover.rule.id.clone()),
        covered,
        amount,
        formula,
        standing,
        reasons: pricing.reasons,
    }
}

/// The first way of the cover that fits what is given: a grade asks for the table.
fn method(line: &Line, cover: Option<&Cover>) -> Method {
    let ways = cover.map_or(&[][..], |cover| cover.methods.as_slice());
    let fitting = ways.iter().copied().find(|way| match way {
        Method::Tariff => line.grade.is_some() && line.unit_price.is_none(),
        Method::RepairCost | Method::Parts => line.grade.is_none() || line.unit_price.is_some(),
        Method::Invoice | Method::Injury => line.amount.is_some(),
        Method::AgreedValue | Method::Total => false,
    });
    fitting.or(ways.first().copied()).unwrap_or(Method::Invoice)
}

struct Pricing<'c, 'a> {
    method: Method,
    case: &'c Case<'a>,
    line: &'c Line,
    cover: Option<&'a Cover>,
    item: Option<&'a Item>,
    reasons: Vec<Reason>,
    standing: Standing,
}

impl Pricing<'_, '_> {
    fn note(&mut self, code: &str) {
        self.reasons.push(Reason::of(code).about(&self.line.id));
    }

    fn open(&mut self, code: &str) {
        self.standing = Standing::Open;
        self.note(code);
    }

    /// Whether the line can fill the cap at all.
    fn covered(&mut self) -> bool {
        let Some(item) = self.item else { return false };
        if let Err(why) = &item.cover {
            let mut reason = Reason::on("excluded_line", &item.rule).about(&self.line.id);
            (reason.zh, reason.en) = (why.zh.clone(), why.en.clone());
            self.reasons.push(reason);
            return false;
        }
        let kind = self.case.facts.object.as_ref().map(|object| &object.kind);
        let fits =
            |kinds: &[String]| kinds.is_empty() || kind.is_none_or(|kind| kinds.contains(kind));
        if !fits(&item.objects) || self.cover.is_some_and(|cover| !fits(&cover.objects)) {
            self.note("item_wrong_object");
            return false;
        }
        true
    }

    fn amount(&mut self) -> (MoneyRange, String) {
        if self
            .cover
            .is_some_and(|cover| !cover.methods.contains(&self.method))
        {
            self.open("method_not_allowed");
        }
        let priced = match self.method {
            Method::RepairCost | Method::Parts => self.by_unit_price(),
            Method::Tariff => self.by_tariff(),
            Method::AgreedValue | Method::Total => self.by_value(),
            Method::Invoice | Method::Injury => self.by_bill(),
        };
        let Some((amount, formula)) = priced else {
            return (MoneyRange::default(), String::new());
        };
        self.less_salvage(amount, formula)
    }

    fn by_unit_price(&mut self) -> Option<(MoneyRange, String)> {
        if self.line.price_source.is_none() || self.line.price_date.is_none() {
            self.note("price_source_missing");
        }
        let Some(price) = &self.line.unit_price else {
            if self.line.amount.is_some() {
                return self.by_bill();
            }
            self.open("line_not_priced");
            return None;
        };
        let wear = self.wear();
        let formula = product_text(self.line.quantity.as_ref(), price, wear.as_ref());
        Some((
            product(self.line.quantity.as_ref(), price, wear.as_ref()),
            formula,
        ))
    }

    /// Wear that the contract lets be taken off.
    fn wear(&mut self) -> Option<Given<Share>> {
        let wear = self.line.depreciation.clone()?;
        if self
            .cover
            .is_some_and(|cover| cover.depreciation.value() == Some(&true))
        {
            return Some(wear);
        }
        self.note("depreciation_not_taken");
        None
    }

    /// A disputed grade without a rate counts as nothing, as a line without a price does: the range
    /// then begins at zero and the line stays open.
    fn by_tariff(&mut self) -> Option<(MoneyRange, String)> {
        let grades = self.line.grade.as_ref().map_or(&[][..], Given::all);
        let rates: Vec<Option<(Money, TariffStatus)>> =
            grades.iter().map(|grade| self.rate(grade)).collect();
        if rates.iter().flatten().count() < grades.len().max(1) {
            self.open("tariff_no_rate");
        }
        let firm = |(_, status): &(Money, TariffStatus)| *status == TariffStatus::Official;
        if !rates.iter().flatten().all(firm) {
            self.open("tariff_example");
        }
        rates.iter().flatten().next()?;
        let prices: Vec<Money> = rates
            .iter()
            .map(|rate| rate.map_or(Money::ZERO, |(rate, _)| rate))
            .collect();
        let price = match prices.as_slice() {
            [one] => Given::Agreed(*one),
            _ => Given::Contested(prices),
        };
        let formula = product_text(self.line.quantity.as_ref(), &price, None);
        Some((product(self.line.quantity.as_ref(), &price, None), formula))
    }

    /// The one rate of a grade for this item, structure and unit; nothing where there is none, or
    /// where two tables disagree.
    fn rate(&self, grade: &String) -> Option<(Money, TariffStatus)> {
        let unit = self.line.unit.as_deref().unwrap_or("m2");
        let mut found = Vec::new();
        for tariff in &self.case.pack.paying.tariffs {
            if !tariff.items.is_empty() && !tariff.items.contains(&self.line.item) {
                continue;
            }
            let same = tariff.rows.iter().filter(|row| {
                row.grade == *grade
                    && self.line.structure.as_ref() == Some(&row.structure)
                    && row.per.key() == unit
            });
            found.extend(same.filter_map(|row| Some((*row.rate.value()?, tariff.status))));
        }
        match found.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    fn by_value(&mut self) -> Option<(MoneyRange, String)> {
        if self.method == Method::Total && self.line.confirmed != Some(true) {
            self.open("total_not_confirmed");
        }
        let pays = self
            .cover
            .and_then(|cover| cover.total)
            .unwrap_or(Pays::AgreedValue);
        let value = match pays {
            Pays::AgreedValue => self.agreed_value(),
            Pays::SumInsured => self.cover.and_then(|cover| {
                let covers = self.case.facts.policy.covers.as_ref()?;
                covers.get(&cover.rule.id)?.sum_insured
            }),
        };
        let Some(value) = value else {
            self.open("agreed_value_unknown");
            return None;
        };
        Some((MoneyRange::exact(value), value.to_string()))
    }

    fn agreed_value(&self) -> Option<Money> {
        let listed = self
            .case
            .registered()
            .and_then(|entry| entry.agreed_value.as_ref());
        let listed = listed.and_then(|figure| figure.value().copied());
        listed.or_else(|| self.case.facts.object.as_ref()?.agreed_value)
    }

    fn by_bill(&mut self) -> Option<(MoneyRange, String)> {
        if self.method == Method::Invoice && self.line.voucher != Some(true) {
            self.note("voucher_missing");
        }
        let Some(amount) = &self.line.amount else {
            self.open("line_not_priced");
            return None;
        };
        // A bill states its whole sum: a quantity beside it explains, it does not multiply.
        Some((
            product(None, amount, None),
            product_text(None, amount, None),
        ))
    }

    /// The remains count only where the insured keeps them and the contract says so.
    fn less_salvage(&mut self, amount: MoneyRange, formula: String) -> (MoneyRange, String) {
        let Some(salvage) = &self.line.salvage else {
            return (amount, formula);
        };
        let worth = spread(salvage);
        if worth.high == Money::ZERO || self.line.kept != Some(true) {
            return (amount, formula);
        }
        if self
            .cover
            .is_none_or(|cover| cover.salvage.value() != Some(&true))
        {
            self.note("salvage_not_taken");
            return (amount, formula);
        }
        let less =
            |from: Money, off: Money| Money::from_fen(from.fen().saturating_sub(off.fen()).max(0));
        let left = MoneyRange {
            low: less(amount.low, worth.high),
            high: less(amount.high, worth.low),
        };
        (left, format!("{formula} − {worth}"))
    }
}

/// Lowest and highest of what was given.
pub(super) fn spread(given: &Given<Money>) -> MoneyRange {
    let all = given.all();
    MoneyRange {
        low: all.iter().min().copied().unwrap_or_default(),
        high: all.iter().max().copied().unwrap_or_default(),
    }
}

/// Quantity × price × what wear leaves, at both ends.
fn product(
    quantity: Option<&Given<Quantity>>,
    price: &Given<Money>,
    wear: Option<&Given<Share>>,
) -> MoneyRange {
    let quantities = quantity.map_or(&[Quantity::ONE][..], Given::all);
    let lasting: Vec<Share> = wear.map_or_else(
        || vec![Share::WHOLE],
        |wear| wear.all().iter().map(|w| w.rest()).collect(),
    );
    let mut amounts = Vec::new();
    for quantity in quantities {
        for price in price.all() {
            amounts.extend(lasting.iter().map(|share| times(*quantity, *price, *share)));
        }
    }
    MoneyRange {
        low: amounts.iter().min().copied().unwrap_or_default(),
        high: amounts.iter().max().copied().unwrap_or_default(),
    }
}

/// Rounded half up once; facts are bounded so that the product fits.
fn times(quantity: Quantity, price: Money, share: Share) -> Money {
    let thousandths = i128::from(quantity.thousandths());
    let exact = thousandths
        .saturating_mul(i128::from(price.fen()))
        .saturating_mul(i128::from(share.basis_points()));
    half_up(exact, 10_000_000)
}

fn product_text(
    quantity: Option<&Given<Quantity>>,
    price: &Given<Money>,
    wear: Option<&Given<Share>>,
) -> String {
    let mut text = quantity.map_or_else(String::new, |quantity| {
        format!("{} × ", listed(quantity.all()))
    });
    text.push_str(&listed(price.all()));
    if let Some(wear) = wear {
        text.push_str(&format!(" × (100% − {})", listed(wear.all())));
    }
    text
}

fn listed<T: std::fmt::Display>(all: &[T]) -> String {
    let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
    texts.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_fen_goes_up_once() {
        let quantity = "1.005".parse().unwrap();
        // 1.005 × 100.50 = 101.0025
        assert_eq!(
            times(quantity, "100.50".parse().unwrap(), Share::WHOLE).to_string(),
            "101.00"
        );
        // 0.5 × 0.01 = 0.005
        assert_eq!(
            times("0.5".parse().unwrap(), Money::from_fen(1), Share::WHOLE).fen(),
            1
        );
        assert_eq!(
            times("0.499".parse().unwrap(), Money::from_fen(1), Share::WHOLE).fen(),
            0
        );
    }
}
