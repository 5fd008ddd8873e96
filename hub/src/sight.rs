//! Who sees the amounts of a contract that keeps them confidential (I7).
//!
//! A contract says so in its rule pack: a class of personal data with the mask `amount`. Whoever
//! has no [`Right::ReadAmounts`] then sees [`HIDDEN`] wherever an amount of such a case would
//! stand. This is the one place that decides it: pages, the office's JSON, tables, exports and
//! feeds ask here.
//!
//! Invariants: a case whose contract is unsettled counts as confidential, since it may be one. The
//! hub's own operator sees everything; a link that is passed on sees nothing confidential.
//!
//! Refuses: to look into the free text of a case. Who writes an amount into a note has written it
//! there; texts that the hub makes are searched for amounts.

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::domain::CaseId;
use lossbook_core::rules::{Mask, Pack};
use lossbook_core::store::StoreError;

use crate::meta::{DeskRow, MetaStore, MetaTx, OfficeUser, RegisterRow, look};
use crate::office::{CaseDetail, CaseSummary, Opinion, masked};
use crate::refusal::Refusal;
use crate::register::{Kind, Register};
use crate::role::Right;
use crate::table::{Cell, Row, Table, Words};

/// What stands in the place of an amount that somebody may not see.
pub const HIDDEN: &str = "***";
/// The same in a table.
const CONFIDENTIAL: (&str, &str) = ("保密", "confidential");

/// What somebody may not see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Contracts whose amounts are hidden, with their titles and the fields that hold amounts.
    hidden: BTreeMap<String, Confidential>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Confidential {
    titles: [String; 2],
    fields: Vec<String>,
}

impl Confidential {
    /// What a contract keeps confidential, if anything.
    fn of(pack: &Pack) -> Option<Self> {
        let classes = pack.handling.personal.iter();
        let amounts = classes.filter(|class| class.mask == Mask::Amount);
        let fields: Vec<String> = amounts.flat_map(|class| class.fields.clone()).collect();
        (!fields.is_empty()).then(|| Self {
            titles: [pack.title.zh.clone(), pack.title.en.clone()],
            fields,
        })
    }
}

/// A contract's id without its version.
fn plain(contract: &str) -> &str {
    contract.split('@').next().unwrap_or(contract)
}

impl Sight {
    /// What the hub itself sees: everything.
    pub fn whole() -> Self {
        Self::default()
    }

    /// What somebody sees.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of(tx: &dyn MetaTx, user: &OfficeUser) -> Result<Self, StoreError> {
        if user.has(Right::ReadAmounts) {
            Ok(Self::whole())
        } else {
            Self::least(tx)
        }
    }

    /// What anybody sees: a copy that is passed on.
    ///
    /// # Errors
    /// As the store fails.
    pub fn least(tx: &dyn MetaTx) -> Result<Self, StoreError> {
        let packs = tx.packs()?;
        let all = packs.all().iter();
        let hidden = all.filter_map(|pack| Some((pack.id.clone(), Confidential::of(pack)?)));
        Ok(Self {
            hidden: hidden.collect(),
        })
    }

    /// What somebody sees, looked up in a transaction of its own.
    ///
    /// # Errors
    /// As the store fails.
    pub fn looked_up(store: &dyn MetaStore, user: &OfficeUser) -> Result<Self, Refusal> {
        if user.has(Right::ReadAmounts) {
            return Ok(Self::whole());
        }
        Ok(look(store, |tx| Self::of(tx, user))?)
    }

    /// Whether the amounts of a contract's cases are shown; one that is not named may be any.
    pub fn shows(&self, contract: &str) -> bool {
        let contract = plain(contract);
        self.hidden.is_empty() || !(contract.is_empty() || self.hidden.contains_key(contract))
    }

    /// Contracts whose amounts are hidden; with any of them, cases that name no contract too.
    pub fn hidden(&self) -> impl Iterator<Item = &str> {
        self.hidden.keys().map(String::as_str)
    }

    /// Whether a field of such a case holds an amount: those the contract names, and what settled
    /// a dispute, since it may have been one about an amount.
    fn is_amount(&self, contract: &str, path: &str) -> bool {
        let name = path.rsplit('.').next().unwrap_or(path);
        let of = self.hidden.get(plain(contract));
        let is_named = |known: &Confidential| known.fields.iter().any(|field| field == name);
        let is_any = of.is_none() && self.hidden.values().any(is_named);
        path.starts_with("lines.") && ["salvage", "depreciation"].contains(&name)
            || name == "chosen"
            || is_any
            || of.is_some_and(is_named)
    }

    /// A value for people: personal data masked, a confidential amount hidden.
    pub fn value(&self, contract: &str, (path, value): (&str, &str)) -> String {
        if self.shows(contract) || !self.is_amount(contract, path) {
            masked(path, value)
        } else {
            HIDDEN.to_owned()
        }
    }

    /// Whether this field of this case is hidden.
    pub fn hides(&self, contract: &str, path: &str) -> bool {
        !self.shows(contract) && self.is_amount(contract, path)
    }

    /// Whether the sums of a row of the queues are shown.
    pub fn shows_row(&self, row: &DeskRow) -> bool {
        self.shows(&row.contract)
    }

    /// A text that the hub made about a case.
    pub fn text(&self, row: &DeskRow, text: &str) -> String {
        if self.shows_row(row) {
            text.to_owned()
        } else {
            without_amounts(text)
        }
    }

    /// A case of a list.
    #[must_use]
    pub fn summary(&self, summary: CaseSummary) -> CaseSummary {
        if self.shows(&summary.contract) {
            return summary;
        }
        CaseSummary {
            low_fen: None,
            high_fen: None,
            ..summary
        }
    }

    /// A case with what was decided: nothing of its amounts, nor what the contract makes of them.
    #[must_use]
    pub fn detail(&self, detail: CaseDetail) -> CaseDetail {
        let contract = detail.summary.contract.clone();
        if self.shows(&contract) {
            return detail;
        }
        let hide = |path: &str, value: &mut String| {
            if self.is_amount(&contract, path) {
                HIDDEN.clone_into(value);
            }
        };
        let mut detail = CaseDetail {
            summary: self.summary(detail.summary),
            opinion: Opinion::hidden(),
            ..detail
        };
        for (path, value) in &mut detail.binding {
            hide(path, value);
        }
        for change in &mut detail.late {
            let values = change.then.iter_mut().chain(&mut change.now);
            values.for_each(|value| hide(&change.path, value));
        }
        detail
    }

    /// A table whose amounts are hidden where a row is about a confidential case or contract.
    ///
    /// # Errors
    /// As the store fails.
    pub fn table(&self, tx: &dyn MetaTx, mut table: Table) -> Result<Table, StoreError> {
        if self.hidden.is_empty() {
            return Ok(table);
        }
        let mut known: BTreeMap<CaseId, bool> = BTreeMap::new();
        for row in &mut table.rows {
            let is_shown = match row.case {
                None => !self.names_hidden(row),
                Some(case) => match known.get(&case) {
                    Some(shown) => *shown,
                    None => {
                        let row = tx.desk_row(case)?;
                        let shown = row.is_some_and(|row| self.shows_row(&row));
                        known.insert(case, shown);
                        shown
                    }
                },
            };
            if !is_shown {
                row.cells.iter_mut().for_each(hide_amount);
            }
        }
        Ok(table)
    }

    /// Whether a row of sums is about a confidential contract by name.
    fn names_hidden(&self, row: &Row) -> bool {
        let is_named = |text: &str| {
            let mut titles = self.hidden.values().flat_map(|one| &one.titles);
            self.hidden.contains_key(plain(text)) || titles.any(|title| title == text)
        };
        row.cells.iter().any(|cell| match cell {
            Cell::Text(text) => is_named(text),
            Cell::Words(words) => is_named(&words.zh) || is_named(&words.en),
            Cell::Blank
            | Cell::Count(_)
            | Cell::Fen(_)
            | Cell::Time(_)
            | Cell::Day(_)
            | Cell::Span(_)
            | Cell::Share(..)
            | Cell::Yes(_) => false,
        })
    }

    /// Whether a file about a case can be given that says its amounts, such as a paper.
    ///
    /// # Errors
    /// `AMOUNTS_HIDDEN`; else as the store fails.
    pub fn check_case(&self, store: &dyn MetaStore, name: &str) -> Result<(), Refusal> {
        if self.hidden.is_empty() {
            return Ok(());
        }
        let row = look(store, |tx| match tx.case_named(name)? {
            Some(found) => tx.desk_row(found.case),
            None => Ok(None),
        })?;
        self.check_shown(row.as_ref())
    }

    fn check_shown(&self, row: Option<&DeskRow>) -> Result<(), Refusal> {
        if row.is_some_and(|row| self.shows_row(row)) {
            return Ok(());
        }
        let detail = "本合同金额保密，您的角色不可查看 / this contract keeps its amounts confidential: your role does not see them";
        Err(Refusal::new(403, "AMOUNTS_HIDDEN", detail))
    }

    /// Whether a row that people keep can be opened: not one with amounts of a confidential case.
    ///
    /// # Errors
    /// `AMOUNTS_HIDDEN`; else as the store fails.
    pub fn check_row(
        &self,
        store: &dyn MetaStore,
        (register, row): (&Register, &RegisterRow),
    ) -> Result<(), Refusal> {
        let mut fields = register.fields.iter();
        let has_amount = fields.any(|field| {
            let kept = row.values.get(field.id).map_or("", String::as_str);
            matches!(field.kind, Kind::Money) || without_amounts(kept) != kept
        });
        let Some(case) = row.case.filter(|_| has_amount && !self.hidden.is_empty()) else {
            return Ok(());
        };
        let desk = look(store, |tx| tx.desk_row(case))?;
        self.check_shown(desk.as_ref())
    }

    /// Villages with cases of a confidential contract: their sums are hidden too.
    ///
    /// # Errors
    /// As the store fails.
    pub fn hidden_villages(&self, tx: &dyn MetaTx) -> Result<BTreeSet<String>, StoreError> {
        let mut villages = BTreeSet::new();
        for contract in self.hidden.keys() {
            villages.extend(tx.villages_of(contract)?);
        }
        Ok(villages)
    }
}

fn hide_amount(cell: &mut Cell) {
    match cell {
        Cell::Fen(_) => *cell = Cell::Words(Words::new(CONFIDENTIAL.0, CONFIDENTIAL.1)),
        Cell::Text(text) => *text = without_amounts(text),
        Cell::Words(words) => {
            *words = Words::new(without_amounts(&words.zh), without_amounts(&words.en));
        }
        Cell::Blank
        | Cell::Count(_)
        | Cell::Time(_)
        | Cell::Day(_)
        | Cell::Span(_)
        | Cell::Share(..)
        | Cell::Yes(_) => {}
    }
}

/// A text that the hub wrote, such as a notice or a corrected value, with [`HIDDEN`] in the place
/// of every number that has two decimals: so amounts are written everywhere.
fn without_amounts(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.'));
        let (number, after) = from.split_at(end.unwrap_or(from.len()));
        let bare = number.trim_end_matches([',', '.']);
        let decimals = bare.rsplit_once('.').map(|(_, decimals)| decimals.len());
        out.push_str(before);
        out.push_str(if decimals == Some(2) { HIDDEN } else { bare });
        out.push_str(number.get(bare.len()..).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight() -> Sight {
        let confidential = Confidential {
            titles: ["航空".to_owned(), "Aviation".to_owned()],
            fields: vec!["amount".to_owned()],
        };
        Sight {
            hidden: BTreeMap::from([("aviation".to_owned(), confidential)]),
        }
    }

    #[test]
    fn an_amount_of_a_confidential_contract_is_hidden_in_any_version_of_it() {
        let shown = |contract| sight().value(contract, ("lines.1.amount", "9.00"));
        assert_eq!(shown("aviation"), HIDDEN);
        assert_eq!(shown("aviation@2025.1"), HIDDEN);
        assert_eq!(shown("housing"), "9.00");
    }

    #[test]
    fn a_case_without_a_settled_contract_counts_as_confidential() {
        assert_eq!(sight().value("", ("lines.1.amount", "9.00")), HIDDEN);
    }

    #[test]
    fn other_fields_of_a_confidential_case_are_shown() {
        assert_eq!(sight().value("aviation", ("report.place", "机场")), "机场");
    }

    #[test]
    fn amounts_in_a_text_of_the_hub_are_hidden_and_other_numbers_stay() {
        let text = "案件 7 赔款 1,234.56 元，2026-11-22 到账，比例 30%。";
        let hidden = "案件 7 赔款 *** 元，2026-11-22 到账，比例 30%。";
        assert_eq!(without_amounts(text), hidden);
        assert_eq!(without_amounts("total 9.00."), "total ***.");
        assert_eq!(without_amounts("36.842000, 5"), "36.842000, 5");
    }

    #[test]
    fn whoever_sees_everything_sees_amounts() {
        let shown = Sight::whole().value("aviation", ("lines.1.amount", "9.00"));
        assert_eq!(shown, "9.00");
    }
}
