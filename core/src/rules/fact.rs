//! Tests of a pack over the facts of a case, with three answers: yes, no, unknown.
//!
//! A fact nobody gave is unknown. A contested fact answers only when all its values agree, and a
//! range is under a limit only when its high end is.

use super::figure::{Number, Sourced};
use super::section::Section;
use crate::domain::facts::Event;
use crate::domain::{Money, MoneyRange};

use super::problem::Code;

/// Yes, no, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tri {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// Nobody gave the fact, or values disagree.
    Unknown,
}

impl Tri {
    /// Both.
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
        }
    }

    /// From a truth.
    pub const fn of(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Cause of loss.
    Peril,
    /// Its group.
    PerilGroup,
    /// Kind of the object.
    ObjectKind,
    /// An attribute of the object.
    Attribute(String),
    /// Class of insured.
    PolicyClass,
    /// Whether the voluntary premium was paid.
    TopUp,
    /// Line of business.
    Line,
    /// Simple, ordinary, complex.
    Class,
    /// Service zone.
    Zone,
    /// Settlement tier.
    Tier,
    /// Total assessed loss before any deduction.
    Assessed,
    /// Whether it is contested.
    AssessedContested,
    /// Area code.
    Area,
    /// On the high seas.
    HighSeas,
    /// Items of the loss lines.
    Items,
    /// An answer.
    Answer(String),
    /// Whether an event has happened.
    Happened(Event),
}

impl Fact {
    fn named(key: &str) -> Option<Self> {
        Some(match key {
            "peril" => Self::Peril,
            "peril.group" => Self::PerilGroup,
            "object.kind" => Self::ObjectKind,
            "policy.class" => Self::PolicyClass,
            "policy.top_up" => Self::TopUp,
            "line" => Self::Line,
            "class" => Self::Class,
            "zone" => Self::Zone,
            "tier" => Self::Tier,
            "assessed" => Self::Assessed,
            "assessed.contested" => Self::AssessedContested,
            "place.area" => Self::Area,
            "place.high_seas" => Self::HighSeas,
            "items" => Self::Items,
            other => match other.split_once('.')? {
                ("answers", id) => Self::Answer(id.to_owned()),
                ("object", id) => Self::Attribute(id.to_owned()),
                ("event", id) => Self::Happened(Event::named(id)?),
                (_, _) => return None,
            },
        })
    }
}

/// A value a test compares with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// Yes or no.
    Truth(bool),
    /// A word.
    Word(String),
}

impl Scalar {
    /// A word.
    pub fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }
}

impl Number for Scalar {
    const WANTED: &'static str = "true, false or a word";
    fn read(node: &super::node::Node) -> Option<Self> {
        bool::read(node)
            .map(Self::Truth)
            .or_else(|| String::read(node).map(Self::Word))
    }
    fn show(&self) -> String {
        match self {
            Self::Truth(truth) => truth.to_string(),
            Self::Word(word) => word.clone(),
        }
    }
}

/// How a test compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// One of these.
    In(Vec<Scalar>),
    /// None of these.
    NotIn(Vec<Scalar>),
    /// An amount of at most this.
    AtMost(Sourced<Money>),
    /// More than this.
    MoreThan(Sourced<Money>),
    /// At least this.
    AtLeast(Sourced<Money>),
    /// Less than this.
    LessThan(Sourced<Money>),
    /// An area code that begins so.
    StartsWith(Vec<String>),
    /// A loss line of that item.
    Has(String),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What is looked at.
    pub fact: Fact,
    /// How.
    pub comparison: Comparison,
}

/// What a case says about a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// All values given: none is unknown, several are contested.
    Values(Vec<Scalar>),
    /// An amount or a range.
    Amount(Option<MoneyRange>),
}

/// Where tests find facts.
pub trait Facts {
    /// What the case says about it.
    fn known(&self, fact: &Fact) -> Known;
}

impl Test {
    /// A broken test is noted and stands in as one that asks for nothing.
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let key = section.text("fact");
        let fact = Fact::named(&key);
        if fact.is_none() && !key.is_empty() {
            section.complain(
                "fact",
                Code::BadValue,
                &format!("{key:?} is no fact of a case"),
            );
        }
        let (Some(fact), Some(comparison)) = (fact, Comparison::read(section)) else {
            return Self {
                fact: Fact::HighSeas,
                comparison: Comparison::In(Vec::new()),
            };
        };
        if let Some(wanted) = comparison.unfit_for(&fact) {
            section.complain("", Code::BadValue, &format!("{key:?} {wanted}"));
        }
        Self { fact, comparison }
    }

    /// Its answer for a case.
    pub fn answer(&self, facts: &dyn Facts) -> Tri {
        match facts.known(&self.fact) {
            Known::Amount(None) => Tri::Unknown,
            Known::Amount(Some(range)) => self.comparison.of_amount(range),
            Known::Values(values) => self.comparison.of_values(&values),
        }
    }

    /// The answer of all of them together.
    pub fn all(tests: &[Self], facts: &dyn Facts) -> Tri {
        tests
            .iter()
            .fold(Tri::Yes, |so_far, test| so_far.and(test.answer(facts)))
    }
}

impl Comparison {
    const WORDS: [&str; 10] = [
        "is",
        "is_not",
        "in",
        "not_in",
        "at_most",
        "more_than",
        "at_least",
        "less_than",
        "starts_with",
        "has",
    ];

    /// What is wanted instead, if this comparison can never answer for the fact.
    fn unfit_for(&self, fact: &Fact) -> Option<&'static str> {
        let is_truth = |scalar: &Scalar| matches!(scalar, Scalar::Truth(_));
        match (fact, self) {
            (Fact::Assessed, Self::AtMost(_) | Self::MoreThan(_))
            | (Fact::Assessed, Self::AtLeast(_) | Self::LessThan(_))
            | (Fact::Area, Self::StartsWith(_))
            | (Fact::Items, Self::Has(_))
            // An answer may be a truth or a word; its question knows which.
            | (Fact::Answer(_) | Fact::Attribute(_), Self::In(_) | Self::NotIn(_)) => None,
            (Fact::Assessed, _) => {
                Some("is an amount: compare it by at_most, more_than, at_least or less_than")
            }
            (Fact::Items, _) => Some("is compared by has"),
            (
                Fact::TopUp | Fact::AssessedContested | Fact::HighSeas | Fact::Happened(_),
                Self::In(scalars) | Self::NotIn(scalars),
            ) if scalars.iter().all(is_truth) => None,
            (Fact::TopUp | Fact::AssessedContested | Fact::HighSeas | Fact::Happened(_), _) => {
                Some("is true or false: compare it by is")
            }
            (_, Self::In(scalars) | Self::NotIn(scalars)) if !scalars.iter().any(is_truth) => None,
            (_, _) => Some("is a word: compare it by is, is_not, in or not_in"),
        }
    }

    fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let one = |scalar: Scalar| vec![scalar];
        let mut found = Vec::new();
        found.extend(section.scalar("is").map(|value| Self::In(one(value))));
        found.extend(
            section
                .scalar("is_not")
                .map(|value| Self::NotIn(one(value))),
        );
        found.extend(section.scalars("in").map(Self::In));
        found.extend(section.scalars("not_in").map(Self::NotIn));
        found.extend(section.maybe_figure("at_most").map(Self::AtMost));
        found.extend(section.maybe_figure("more_than").map(Self::MoreThan));
        found.extend(section.maybe_figure("at_least").map(Self::AtLeast));
        found.extend(section.maybe_figure("less_than").map(Self::LessThan));
        if section.has("starts_with") {
            found.push(Self::StartsWith(section.texts("starts_with")));
        }
        found.extend(section.maybe_text("has").map(Self::Has));
        let present = Self::WORDS.iter().filter(|word| section.has(word)).count();
        if present != 1 {
            let text = "exactly one comparison is needed: is, is_not, in, not_in, at_most, more_than, at_least, less_than, starts_with or has";
            section.complain("", Code::BadValue, text);
        }
        found.pop()
    }

    fn of_values(&self, values: &[Scalar]) -> Tri {
        let each: Vec<bool> = match self {
            Self::In(wanted) => values.iter().map(|value| wanted.contains(value)).collect(),
            Self::NotIn(unwanted) => values
                .iter()
                .map(|value| !unwanted.contains(value))
                .collect(),
            Self::StartsWith(prefixes) => {
                values.iter().map(|value| begins(value, prefixes)).collect()
            }
            // Every line's item is a value here; one is enough.
            Self::Has(item) => return Tri::of(values.contains(&Scalar::word(item))),
            Self::AtMost(_) | Self::MoreThan(_) | Self::AtLeast(_) | Self::LessThan(_) => {
                Vec::new()
            }
        };
        match (
            each.first(),
            each.iter().all(|held| Some(held) == each.first()),
        ) {
            (Some(held), true) => Tri::of(*held),
            (_, _) => Tri::Unknown,
        }
    }

    fn of_amount(&self, range: MoneyRange) -> Tri {
        let between = |low: bool, high: bool| {
            if low == high {
                Tri::of(low)
            } else {
                Tri::Unknown
            }
        };
        let with = |limit: &Sourced<Money>, holds: fn(Money, Money) -> bool| {
            limit.value().map_or(Tri::Unknown, |limit| {
                between(holds(range.low, *limit), holds(range.high, *limit))
            })
        };
        match self {
            Self::AtMost(limit) => with(limit, |amount, limit| amount <= limit),
            Self::MoreThan(limit) => with(limit, |amount, limit| amount > limit),
            Self::AtLeast(limit) => with(limit, |amount, limit| amount >= limit),
            Self::LessThan(limit) => with(limit, |amount, limit| amount < limit),
            Self::In(_) | Self::NotIn(_) | Self::StartsWith(_) | Self::Has(_) => Tri::Unknown,
        }
    }
}

fn begins(value: &Scalar, prefixes: &[String]) -> bool {
    match value {
        Scalar::Word(word) => prefixes
            .iter()
            .any(|prefix| word.starts_with(prefix.as_str())),
        Scalar::Truth(_) => false,
    }
}

impl Section<'_, '_> {
    fn scalar(&mut self, key: &str) -> Option<Scalar> {
        let node = self.raw(key)?;
        let scalar = Scalar::read(node);
        if scalar.is_none() {
            self.complain(
                key,
                Code::WrongType,
                &format!("{} is wanted", Scalar::WANTED),
            );
        }
        scalar
    }

    fn scalars(&mut self, key: &str) -> Option<Vec<Scalar>> {
        let node = self.raw(key)?;
        let list = match &node.value {
            super::node::Value::List(items) => items.iter().map(Scalar::read).collect(),
            super::node::Value::Text(_)
            | super::node::Value::Whole(_)
            | super::node::Value::Truth(_)
            | super::node::Value::Table(_) => None,
        };
        if list.is_none() {
            self.complain(key, Code::WrongType, "a list of words is wanted");
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::figure::Figure;

    struct One(Known);

    impl Facts for One {
        fn known(&self, _: &Fact) -> Known {
            self.0.clone()
        }
    }

    fn at_most(fen: i64) -> Test {
        let figure = Figure::Is(Money::from_fen(fen));
        let limit = Sourced {
            figure,
            source: "R191".to_owned(),
        };
        Test {
            fact: Fact::Assessed,
            comparison: Comparison::AtMost(limit),
        }
    }

    fn range(low: i64, high: i64) -> One {
        let (low, high) = (Money::from_fen(low), Money::from_fen(high));
        One(Known::Amount(Some(MoneyRange { low, high })))
    }

    #[test]
    fn a_range_is_under_a_limit_only_with_its_high_end() {
        assert_eq!(at_most(100).answer(&range(50, 100)), Tri::Yes);
        assert_eq!(at_most(100).answer(&range(50, 101)), Tri::Unknown);
        assert_eq!(at_most(100).answer(&range(101, 200)), Tri::No);
        assert_eq!(at_most(100).answer(&One(Known::Amount(None))), Tri::Unknown);
    }

    #[test]
    fn contested_values_answer_only_when_they_agree() {
        let wet = vec![Scalar::word("flood"), Scalar::word("rainstorm")];
        let test = Test {
            fact: Fact::Peril,
            comparison: Comparison::In(wet),
        };
        let of = |words: &[&str]| {
            test.answer(&One(Known::Values(
                words.iter().map(|word| Scalar::word(word)).collect(),
            )))
        };
        assert_eq!(of(&["flood"]), Tri::Yes);
        assert_eq!(of(&["flood", "rainstorm"]), Tri::Yes);
        assert_eq!(of(&["flood", "hail"]), Tri::Unknown);
        assert_eq!(of(&["hail", "snow"]), Tri::No);
        assert_eq!(of(&[]), Tri::Unknown);
    }
}
