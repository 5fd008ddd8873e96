//! The case document as the rules see it: fields become facts, disputed fields stay disputed.
//!
//! Input: a [`CaseRecord`] and the zone its civil times are written in. Output: [`CaseFacts`] whose
//! words are still as people typed them; `rules` turns names into the contract's ids. What nobody
//! wrote stays unknown. A line or photo that everybody withdrew is left out; one whose withdrawal
//! is disputed may come to nothing, so its amount becomes a range.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::tz::TimeZone;

use super::read::{CaseRecord, Field, FieldReading, Row};
use super::schema::Section;
use super::value::Value;
use crate::domain::facts::{
    Answer, CaseFacts, CoverFigures, Event, Given, Line, Loss, LossPlace, Method, Object,
    PaperState, Payee, Period, Policy, Shot, ShotOrigin, ZoneChoice,
};
use crate::domain::{Digest, Money, Quantity, WallMs};

/// Report fields that contracts ask for, and where the record keeps them (R71, R78, R80).
const REPORT: &[(&str, Section, &str)] = &[
    ("reporter_name", Section::Report, "reporter"),
    ("reporter_phone", Section::Report, "phone"),
    ("policy_no", Section::Report, "policy_no"),
    ("line_name", Section::Report, "line"),
    ("period", Section::Report, "policy_from"),
    ("loss_time", Section::Report, "occurred_at"),
    ("loss_place", Section::Report, "place"),
    ("loss_cause", Section::Report, "cause"),
    ("loss_course", Section::Report, "course"),
    ("customer_name", Section::Report, "household"),
];

impl CaseRecord {
    /// As the rules see it. `reported` stands in for a time of loss that cannot be read, and for
    /// the report's own time where nobody wrote one.
    pub fn facts(&self, case: &str, zone: &TimeZone, reported: WallMs) -> CaseFacts {
        let report = self.section(Section::Report);
        let text = |name: &str| report.text(name).filter(|text| !text.trim().is_empty());
        let time = |name: &str| text(name).and_then(|text| instant(&text, zone));
        CaseFacts {
            format: 1,
            case: case.to_owned(),
            line: text("line"),
            class: None,
            loss: Loss {
                at: self.loss_time(zone).unwrap_or(reported),
                peril: words(report.field("cause")),
                place: LossPlace {
                    area: text("area"),
                    ..LossPlace::default()
                },
                zone: text("zone").map(|id| ZoneChoice {
                    id,
                    reason: text("zone_reason").unwrap_or_default(),
                    by: String::new(),
                }),
            },
            events: self.events(reported),
            report: self.filled(),
            answers: self.answers(),
            policy: Policy {
                number: text("policy_no"),
                period: time("policy_from")
                    .zip(time("policy_to"))
                    .map(|(from, to)| Period { from, to }),
                unit: text("unit"),
                class: words(report.field("insured_class")),
                top_up: text("top_up").and_then(|text| yes(&text)),
                covers: self.covers(),
                ..Policy::default()
            },
            object: self.object(),
            lines: self
                .rows(Section::Lines)
                .filter_map(|(id, row)| line(&id.to_string(), row))
                .collect(),
            received: Vec::new(),
            advances: Vec::new(),
            rescue: Vec::new(),
            recovery: None,
            payee: self.payee_facts(),
            exclusions: Vec::new(),
            documents: self.papers(),
            photos: self.shots(|_| ShotOrigin::InApp),
            tiers: Vec::new(),
            pauses: Vec::new(),
            extensions: Vec::new(),
            surveyor: None,
            reviews: Vec::new(),
            notices: Vec::new(),
            satisfaction: None,
        }
    }

    /// When it happened, if somebody wrote a time that can be read and nobody wrote another.
    pub fn loss_time(&self, zone: &TimeZone) -> Option<WallMs> {
        let text = self.section(Section::Report).text("occurred_at")?;
        instant(&text, zone)
    }

    fn events(&self, reported: WallMs) -> BTreeMap<Event, WallMs> {
        let times = self.section(Section::Times);
        let mut events: BTreeMap<Event, WallMs> = times
            .fields
            .iter()
            .filter_map(|(name, field)| {
                let event = Event::named(name.strip_suffix("_at")?)?;
                let times = field.standing().iter().filter_map(|one| match one.value {
                    Value::Time(at) => Some(at),
                    Value::Text(_) | Value::Money(_) | Value::Number(_) | Value::Digest(_) => None,
                });
                // Two people who noted the same arrival rarely agree to the second: the first counts.
                Some((event, times.min()?))
            })
            .collect();
        events.entry(Event::ReportReceived).or_insert(reported);
        events.entry(Event::ReportAccepted).or_insert(reported);
        events
    }

    fn filled(&self) -> BTreeMap<String, String> {
        let filled = REPORT.iter().filter_map(|(id, section, name)| {
            Some(((*id).to_owned(), self.section(*section).text(name)?))
        });
        let mut filled: BTreeMap<String, String> = filled.collect();
        let objects = self
            .rows(Section::Objects)
            .filter(|(_, row)| !row.is_removed());
        for (_, row) in objects {
            if let Some(plate) = row.text("plate") {
                filled.entry("vehicle".to_owned()).or_insert(plate);
            }
        }
        let lines = self
            .rows(Section::Lines)
            .filter(|(_, row)| !row.is_removed())
            .count();
        if lines > 0 {
            filled.insert("loss_description".to_owned(), lines.to_string());
        }
        filled
    }

    fn answers(&self) -> BTreeMap<String, Given<Answer>> {
        let mut all: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
        for (_, row) in self
            .rows(Section::Answers)
            .filter(|(_, row)| !row.is_removed())
        {
            let Some(question) = row.text("question") else {
                continue;
            };
            let values = all.entry(question).or_default();
            for one in row.field("answer").standing() {
                let text = one.value.to_string();
                values.push(yes(&text).map_or(Answer::Choice(text), Answer::Yes));
            }
        }
        all.into_iter()
            .filter_map(|(question, values)| Some((question, given(values)?)))
            .collect()
    }

    fn covers(&self) -> Option<BTreeMap<String, CoverFigures>> {
        let mut rows = self
            .rows(Section::Covers)
            .filter(|(_, row)| !row.is_removed())
            .peekable();
        rows.peek()?;
        let amount = |row: &Row, name: &str| row.field(name).agreed().and_then(money);
        let figures = rows.filter_map(|(_, row)| {
            Some((
                row.text("cover")?,
                CoverFigures {
                    limit: amount(row, "limit"),
                    deductible: amount(row, "deductible"),
                    sum_insured: amount(row, "sum_insured"),
                    insured_value: amount(row, "insured_value"),
                },
            ))
        });
        Some(figures.collect())
    }

    /// The first object that stands; a case is about one.
    fn object(&self) -> Option<Object> {
        let (_, row) = self
            .rows(Section::Objects)
            .find(|(_, row)| !row.is_removed())?;
        let attributes = row.fields.keys().filter_map(|name| {
            let name = if *name == "area" { "floor_area" } else { name };
            let text = row.text(if name == "floor_area" { "area" } else { name })?;
            Some((name.to_owned(), text))
        });
        let mut attributes: BTreeMap<String, String> = attributes.collect();
        // Contracts ask for 车型 as `model` or for 厂牌型号 as `make_model`: one field serves both.
        if let Some(model) = row.text("make_model") {
            attributes.insert("model".to_owned(), model);
        }
        let people = |name: &str| match row.field(name).agreed() {
            Some(Value::Number(number)) => u16::try_from(number.0 / 1000).ok(),
            Some(Value::Text(_) | Value::Money(_) | Value::Time(_) | Value::Digest(_)) | None => {
                None
            }
        };
        Some(Object {
            kind: row.text("kind")?,
            id: row.text("insured_id"),
            attributes,
            crew: people("crew"),
            passengers: people("passengers"),
            agreed_value: None,
            people: Vec::new(),
        })
    }

    /// Somebody else than the insured receives the money if the payee's row says so.
    fn payee_facts(&self) -> Option<Payee> {
        let mut rows = self
            .rows(Section::Parties)
            .filter(|(_, row)| !row.is_removed());
        let is = |row: &Row, role: &str| row.text("role").as_deref() == Some(role);
        let (_, row) = rows.find(|(_, row)| is(row, "payee") || is(row, "third_party_payee"))?;
        let identity = row.text("id_no").map(|_| "identity".to_owned());
        let mut slots = self.photos().filter_map(|(_, _, row)| row.text("slot"));
        let authorised = slots.any(|slot| slot == "authorisation");
        let authorisation = authorised.then(|| "authorisation".to_owned());
        Some(Payee {
            third_party: is(row, "third_party_payee"),
            has: identity.into_iter().chain(authorisation).collect(),
            account: row.text("account"),
            signature: None,
        })
    }

    /// Photos that were taken for something, each with how it came in, which their envelopes tell.
    pub fn shots(&self, origin_of: impl Fn(&Digest) -> ShotOrigin) -> Vec<Shot> {
        let photos = self.photos().filter_map(|(_, digest, row)| {
            Some(Shot {
                slot: row.text("slot")?,
                line: row.text("line"),
                origin: origin_of(&digest),
            })
        });
        photos.collect()
    }

    /// A photo taken for a paper's slot is the paper (R98).
    fn papers(&self) -> BTreeMap<String, PaperState> {
        self.photos()
            .filter_map(|(_, _, row)| Some((row.text("slot")?, PaperState::Present)))
            .collect()
    }
}

fn line(id: &str, row: &Row) -> Option<Line> {
    if row.is_removed() {
        return None;
    }
    let disputed = matches!(row.field("removed").reading(), FieldReading::Contested(_));
    let price = amounts(row.field("unit_price"), disputed);
    let amount = amounts(row.field("amount"), disputed && price.is_none());
    let part = row.text("part").or_else(|| row.text("item"))?;
    Some(Line {
        id: id.to_owned(),
        item: part,
        method: row.text("method").and_then(|text| Method::named(&text)),
        quantity: given(values(row.field("quantity"), quantity)),
        unit: row
            .text("unit")
            .map(|unit| if unit == "m²" { "m2".to_owned() } else { unit }),
        unit_price: price,
        price_source: row.text("price_source"),
        price_date: row.text("price_date"),
        amount,
        grade: words(row.field("grade")),
        structure: row.text("structure"),
        depreciation: given(values(row.field("depreciation"), |value| {
            value.to_string().parse().ok()
        })),
        salvage: amounts(row.field("salvage"), false),
        kept: row.text("kept").and_then(|text| yes(&text)),
        confirmed: None,
        voucher: row.text("voucher").and_then(|text| yes(&text)),
        insured_scheme: None,
    })
}

fn values<T>(field: &Field, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    field
        .standing()
        .iter()
        .filter_map(|one| read(&one.value))
        .collect()
}

/// One value, several that disagree, or none; equal ones count once.
fn given<T: PartialEq>(values: Vec<T>) -> Option<Given<T>> {
    let mut different: Vec<T> = Vec::new();
    for value in values {
        if !different.contains(&value) {
            different.push(value);
        }
    }
    if different.len() > 1 {
        return Some(Given::Contested(different));
    }
    different.pop().map(Given::Agreed)
}

fn words(field: &Field) -> Option<Given<String>> {
    given(values(field, |value| {
        Some(value.to_string()).filter(|text| !text.trim().is_empty())
    }))
}

/// Amounts below zero are no loss and count as nothing.
fn amounts(field: &Field, may_vanish: bool) -> Option<Given<Money>> {
    let mut all = values(field, money);
    if may_vanish && !all.is_empty() {
        all.push(Money::ZERO);
    }
    given(all)
}

fn money(value: &Value) -> Option<Money> {
    match value {
        Value::Money(money) => Some((*money).max(Money::ZERO)),
        Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Digest(_) => None,
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    Quantity::from_str(&value.to_string()).ok()
}

/// Yes and no as people write them.
fn yes(text: &str) -> Option<bool> {
    match text.trim() {
        "yes" | "true" | "是" => Some(true),
        "no" | "false" | "否" => Some(false),
        _ => None,
    }
}

/// An instant with offset, or civil time in `zone`: `2025-07-16 14:40`.
fn instant(text: &str, zone: &TimeZone) -> Option<WallMs> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(WallMs(instant.as_millisecond()));
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(zone.clone()).ok()?;
    Some(WallMs(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_times_are_read_in_the_contracts_zone() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at = instant("2025-07-16 14:40", &zone).unwrap();
        assert_eq!(instant("2025-07-16T14:40+08:00", &zone), Some(at));
        assert_eq!(instant("yesterday", &zone), None);
    }

    #[test]
    fn different_values_stay_side_by_side_and_equal_ones_count_once() {
        assert_eq!(given(vec![1, 1]), Some(Given::Agreed(1)));
        assert_eq!(given(vec![1, 2, 1]), Some(Given::Contested(vec![1, 2])));
        assert_eq!(given::<i32>(Vec::new()), None);
    }
}
