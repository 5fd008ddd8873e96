//! Parts of a paper that come from the record: what was reported, measured, priced and signed.

use std::collections::BTreeMap;

use lossbook_core::domain::{Digest, Money as LossMoney, MoneyRange, half_up};
use lossbook_core::record::{CaseRecord, FieldPath, Row, Section, Value, ValueKind};
use lossbook_core::statement::{FreezeBody, StatementKind};
use lossbook_core::store::SignatureStanding;

use super::Kind;
use super::content::{Content, Fact, Line, Money, Signed, Step};
use super::read::{Reading, ink_name};
use super::words::Pen;
use crate::console::word;
use crate::sight::HIDDEN;

impl Reading<'_> {
    /// What happened, to whom and to what.
    pub(super) fn fill_scene(&self, content: &mut Content) {
        let (pen, record) = (self.pen(), &self.view.standing.record);
        content.report = fields(pen, record.section(Section::Report), Section::Report);
        content.times = fields(pen, record.section(Section::Times), Section::Times);
        content.parties = rows(pen, record, Section::Parties);
        content.objects = rows(pen, record, Section::Objects);
        content.damage = rows(pen, record, Section::Damage);
        content.answers = answers(pen, record);
        let notes = standing(record, Section::Notes);
        content.notes = notes.filter_map(|row| row.text("text")).collect();
        content.disputes = self.disputes();
    }

    fn disputes(&self) -> Vec<Fact> {
        let pen = self.pen();
        let one = |field: &lossbook_core::app::ContestedField| {
            let said = field.values.iter().map(|one| {
                let value = pen.text(&field.path.to_string(), &one.value);
                format!("{value}（{}，{}）", one.user, pen.time(one.wall))
            });
            Fact {
                label: pen.label(&field.path),
                text: said.collect::<Vec<_>>().join(" / "),
            }
        };
        self.view.contested.iter().map(one).collect()
    }

    /// The lines as the contract prices them, else as they were written; the steps to what is payable.
    pub(super) fn fill_loss(&self, content: &mut Content) {
        let record = &self.view.standing.record;
        content.cover = self.cover();
        if !self.shows_amounts() {
            HIDDEN.clone_into(&mut content.total);
            return;
        }
        content.lines = self.lines();
        content.total = range(record.total());
        content.money = self.money();
    }

    fn lines(&self) -> Vec<Line> {
        let (pen, record) = (self.pen(), &self.view.standing.record);
        let priced: BTreeMap<&str, &str> = self
            .contract
            .iter()
            .flat_map(|(judged, _)| &judged.assessment.lines)
            .map(|line| (line.id.as_str(), line.formula.as_str()))
            .collect();
        let rows = record
            .rows(Section::Lines)
            .filter(|(_, row)| !row.is_removed());
        let line = |(id, row): (&lossbook_core::domain::RowId, &Row)| {
            let text = |name: &str| row.text(name).unwrap_or_default();
            let formula = priced
                .get(id.to_string().as_str())
                .copied()
                .unwrap_or_default();
            Line {
                item: text("item"),
                room: text("room"),
                quantity: joined(&text("quantity"), &text("unit")),
                unit_price: money(pen, row, "unit_price"),
                formula: formula.to_owned(),
                amount: range(Some(row.line_amount())),
            }
        };
        rows.map(line).collect()
    }

    /// Signatures that the kind of paper speaks of, newest first.
    pub(super) fn shown_signatures(&self) -> impl Iterator<Item = &SignatureStanding> {
        let (kind, amounts) = (self.wish.kind, self.shows_amounts());
        let is_of = move |one: &&SignatureStanding| match kind {
            // A statement of loss is its amounts.
            Kind::CaseFile => amounts || one.freeze.kind() != StatementKind::Estimate,
            Kind::Survey => one.freeze.kind() == StatementKind::SurveyReport,
            Kind::Loss => one.freeze.kind() == StatementKind::Estimate,
            Kind::NoSurvey => one.freeze.kind() == StatementKind::NoSurvey,
            Kind::Commitment => false,
        };
        let most = if kind == Kind::CaseFile {
            usize::MAX
        } else {
            1
        };
        self.view
            .standing
            .signatures
            .iter()
            .rev()
            .filter(is_of)
            .take(most)
    }

    pub(super) fn signed(&self) -> Vec<Signed> {
        let shown = self.shown_signatures().enumerate();
        shown
            .map(|(at, one)| self.signature(one, ink_name(at)))
            .collect()
    }

    fn signature(&self, one: &SignatureStanding, ink: String) -> Signed {
        let (pen, body) = (self.pen(), &one.signature.body);
        let header = &one.signature.header;
        let facts = [
            pen.fact("签字人", "Signed by", &body.signer),
            pen.fact(
                "与被保险人关系",
                "Relation to the insured",
                body.relation.clone().unwrap_or_default(),
            ),
            pen.fact(
                "身份证号码",
                "ID number",
                pen.text("id_no", body.id_no.as_deref().unwrap_or_default()),
            ),
            pen.fact("签字时间", "Signed at", pen.time(header.wall)),
            pen.fact("采集人", "Taken by", &header.user),
            pen.fact("见证人", "Witnessed by", one.witnesses.join("、")),
            pen.fact("理由", "Reason", one.reason.clone().unwrap_or_default()),
        ];
        Signed {
            kind: one.freeze.kind().word(),
            text: one.freeze.text.clone(),
            text_sha256: Digest::of(one.freeze.text.as_bytes()).to_hex(),
            facts: facts
                .into_iter()
                .filter(|fact| !fact.text.is_empty())
                .collect(),
            consent: body.consent.clone(),
            state: one.state.sentence(self.wish.language),
            ink,
            lines: frozen_lines(&one.freeze),
            total: word::yuan(one.freeze.total.fen()),
            money: frozen_money(&one.freeze),
            envelope: one.signature.id.to_hex(),
        }
    }
}

/// Rows of a section that nobody withdrew.
fn standing(record: &CaseRecord, section: Section) -> impl Iterator<Item = &Row> {
    let rows = record.rows(section).map(|(_, row)| row);
    rows.filter(|row| !row.is_removed())
}

fn rows(pen: Pen<'_>, record: &CaseRecord, section: Section) -> Vec<Vec<Fact>> {
    let all = standing(record, section).map(|row| fields(pen, row, section));
    all.filter(|facts| !facts.is_empty()).collect()
}

/// What stands in a row, in the order of the table of fields; every value where several do.
fn fields(pen: Pen<'_>, row: &Row, section: Section) -> Vec<Fact> {
    let specs = lossbook_core::record::fields(section).filter(|spec| spec.name != "removed");
    let facts = specs.filter_map(|spec| {
        let standing = row.field(spec.name).standing();
        let texts: Vec<String> = standing
            .iter()
            .map(|one| pen.value(spec.name, &one.value))
            .collect();
        let text = distinct(texts).join(" / ");
        (!text.is_empty()).then(|| pen.fact(spec.zh, spec.en, text))
    });
    facts.collect()
}

fn distinct(mut texts: Vec<String>) -> Vec<String> {
    texts.dedup();
    texts
}

fn answers(pen: Pen<'_>, record: &CaseRecord) -> Vec<Fact> {
    let all = standing(record, Section::Answers).filter_map(|row| {
        Some(Fact {
            label: row.text("question")?,
            text: pen.text("answer", &row.text("answer")?),
        })
    });
    all.collect()
}

fn money(pen: Pen<'_>, row: &Row, name: &str) -> String {
    let standing = row.field(name).standing();
    let texts: Vec<String> = standing
        .iter()
        .map(|one| pen.value(name, &one.value))
        .collect();
    distinct(texts).join(" / ")
}

fn joined(quantity: &str, unit: &str) -> String {
    format!("{quantity} {unit}").trim().to_owned()
}

/// Yuan, or the two ends of a range; nothing if there is no sum.
pub(super) fn range(sum: Option<MoneyRange>) -> String {
    sum.map_or_else(String::new, |sum| {
        word::range(sum.low.fen(), sum.high.fen())
    })
}

/// The lines as they were frozen, by the texts of their fields.
fn frozen_lines(freeze: &FreezeBody) -> Vec<Line> {
    let mut rows: BTreeMap<String, BTreeMap<&'static str, String>> = BTreeMap::new();
    for field in &freeze.fields {
        let Ok(path) = field.path.parse::<FieldPath>() else {
            continue;
        };
        if let (Section::Lines, Some(row)) = (path.section, path.row) {
            let row = rows.entry(row.to_string()).or_default();
            row.insert(path.name, field.value.clone());
        }
    }
    rows.retain(|_, row| row.get("removed").is_none_or(String::is_empty));
    rows.values().map(frozen_line).collect()
}

fn frozen_line(row: &BTreeMap<&'static str, String>) -> Line {
    let text = |name: &str| row.get(name).cloned().unwrap_or_default();
    Line {
        item: text("item"),
        room: text("room"),
        quantity: joined(&text("quantity"), &text("unit")),
        unit_price: text("unit_price"),
        formula: text("method"),
        amount: frozen_amount(row),
    }
}

/// Quantity times unit price where a price stands, as the record reckons it; else what was written.
fn frozen_amount(row: &BTreeMap<&'static str, String>) -> String {
    let price: Option<LossMoney> = row.get("unit_price").and_then(|text| text.parse().ok());
    let amount = match price {
        Some(price) => {
            let quantity = row.get("quantity");
            let quantity = quantity.and_then(|text| Value::parse(ValueKind::Number, text).ok());
            let thousandths = match quantity {
                Some(Value::Number(number)) => number.0,
                Some(Value::Text(_) | Value::Money(_) | Value::Time(_) | Value::Digest(_))
                | None => 1000,
            };
            let product = i128::from(thousandths).saturating_mul(i128::from(price.fen()));
            Some(half_up(product, 1000))
        }
        None => row.get("amount").and_then(|text| text.parse().ok()),
    };
    amount.map_or_else(String::new, |amount| word::yuan(amount.fen()))
}

fn frozen_money(freeze: &FreezeBody) -> Option<Money> {
    let payable = freeze.payable.as_ref()?;
    let step = |step: &lossbook_core::statement::PayableStep| Step {
        text: step.rule.clone(),
        change: String::new(),
        after: word::yuan(step.amount.fen()),
        source: String::new(),
    };
    Some(Money {
        steps: payable.steps.iter().map(step).collect(),
        payable: word::yuan(payable.amount.fen()),
        capital: lossbook_core::rules::capital::capital(payable.amount),
        open: String::new(),
    })
}
