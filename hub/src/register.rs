//! Registers: rows that people of the office write, declared as data.
//!
//! A [`Register`] says what it is called, which columns it has and of which kind, who reads and
//! who writes it. Rows come in by [`add`], [`correct`] and [`strike`] alone, whether from the
//! console, the API or a desk, and go out as a [`Table`] like any other (R18).
//!
//! Invariants: a correction is a further version with its writer, time and reason; what stood
//! before stays. A row is about one case or none and takes that case's scope. ID numbers, phones
//! and accounts are masked unless revealed with a reason.
//!
//! Refuses: to know what a column means. What a register forbids beyond its columns stands in its
//! `check`, beside its declaration.

mod contact;
pub(crate) mod contract;
mod feedback;
mod figures;
pub(crate) mod no_survey;
pub(crate) mod notice;
mod payment;
mod policy;
mod policy_view;
mod report;
pub(crate) mod risk;
mod service_view;
pub(crate) mod staff;
mod value;
mod write;

use lossbook_core::domain::ScopeId;
use lossbook_core::store::StoreError;

use crate::catalogue::{Area, Ask, Entry, Make, Personal};
use crate::meta::{MetaTx, OfficeUser, RegisterPart, RegisterRow};
use crate::refusal::Refusal;
use crate::role::Right;
use crate::table::{Column, Row, Table, Words};

pub use feedback::{DIMENSIONS, SATISFACTION};
pub(crate) use value::minute_of;
pub use value::{Choice, Kind, day_of, end_of, start_of};
pub use write::{Said, add, add_in, correct, correct_in, find, strike, versions};

/// A register.
#[derive(Debug)]
pub struct Register {
    /// A stable word: its address, and its name in files.
    pub id: &'static str,
    /// Chinese and English.
    pub name: (&'static str, &'static str),
    /// Under which heading it stands.
    pub area: Area,
    /// The requirements it answers.
    pub sources: &'static [&'static str],
    /// What a reader needs.
    pub read: Right,
    /// What a writer needs.
    pub write: Right,
    /// Whether its rows are about cases.
    pub case: CaseLink,
    /// Its columns.
    pub fields: &'static [Field],
    /// Columns that together no two rows share.
    pub unique: &'static [&'static str],
    /// The day or time by which periods find a row; else when it was written.
    pub when: Option<&'static str>,
    /// What it forbids beyond its columns.
    pub check: Option<Check>,
}

/// Whether the rows of a register are about cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseLink {
    /// Every row names one.
    Must,
    /// A row may name one.
    May,
    /// No row names one.
    Never,
}

/// A column of a register.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// A stable word.
    pub id: &'static str,
    /// Chinese, as the requirement has it.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether every row has it.
    pub need: Need,
    /// Whether the table shows it, or only the row's own page.
    pub place: Place,
}

/// Whether every row has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Every row.
    Must,
    /// Not every row.
    May,
}

/// Where a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the table.
    Table,
    /// On the row's own page only.
    Row,
}

impl Field {
    /// A column that may be empty.
    pub const fn new(id: &'static str, zh: &'static str, en: &'static str, kind: Kind) -> Self {
        Self {
            id,
            zh,
            en,
            kind,
            need: Need::May,
            place: Place::Table,
        }
    }

    /// The same, filled in every row.
    pub const fn must(self) -> Self {
        Self {
            need: Need::Must,
            ..self
        }
    }

    /// The same, on the row's own page only.
    pub const fn aside(self) -> Self {
        Self {
            place: Place::Row,
            ..self
        }
    }
}

/// A row that somebody wants to write.
#[derive(Debug)]
pub struct Proposed<'a> {
    /// What would stand.
    pub row: &'a RegisterRow,
    /// What stands, if the row is there already.
    pub before: Option<&'a RegisterRow>,
    /// Who writes.
    pub user: &'a OfficeUser,
}

impl Proposed<'_> {
    /// A value that would stand; empty if there is none.
    pub fn value(&self, field: &str) -> &str {
        value_of(self.row, field)
    }
}

/// A value of a row as it is kept; empty if there is none.
pub fn value_of<'r>(row: &'r RegisterRow, field: &str) -> &'r str {
    row.values.get(field).map_or("", String::as_str)
}

/// What a register forbids beyond its columns: why a row is not written, if it is not.
pub type Check = fn(&dyn MetaTx, &Proposed<'_>) -> Result<Option<Refusal>, StoreError>;

/// The registers, by desk.
const DESKS: &[&[&Register]] = &[
    feedback::REGISTERS,
    figures::REGISTERS,
    payment::REGISTERS,
    policy::REGISTERS,
    notice::REGISTERS,
    contact::REGISTERS,
    no_survey::REGISTERS,
    staff::REGISTERS,
    risk::REGISTERS,
    contract::REGISTERS,
    report::REGISTERS,
];

/// Tables that the desks make from their registers.
pub(crate) const ENTRIES: &[&[Entry]] = &[
    payment::ENTRIES,
    policy_view::ENTRIES,
    service_view::ENTRIES,
    crate::no_survey::ENTRIES,
    crate::staff::ENTRIES,
    crate::risk::ENTRIES,
    crate::closing::ENTRIES,
];

/// Every register.
pub fn all() -> impl Iterator<Item = &'static Register> {
    DESKS.iter().flat_map(|desk| desk.iter().copied())
}

/// The register of that name.
pub fn named(id: &str) -> Option<&'static Register> {
    all().find(|register| register.id == id)
}

impl Register {
    /// Its place among all tables.
    pub fn entry(&'static self) -> Entry {
        Entry {
            id: self.id,
            name: self.name,
            area: self.area,
            right: self.read,
            sources: self.sources,
            make: Make::Kept(self),
        }
    }

    /// A column by its word.
    pub fn field(&self, id: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// Whether a row can belong to a scope; else all readers see all rows.
    pub fn is_scoped(&self) -> bool {
        self.case != CaseLink::Never || self.scope_field().is_some()
    }

    pub(crate) fn scope_field(&self) -> Option<&'static Field> {
        let mut fields = self.fields.iter();
        fields.find(|field| matches!(field.kind, Kind::Scope))
    }

    /// The rows that an asking means.
    pub fn part<'a>(&'a self, ask: &'a Ask<'_>) -> RegisterPart<'a> {
        let scopes: &[ScopeId] = if self.is_scoped() { ask.scopes } else { &[] };
        RegisterPart {
            register: self.id,
            scopes,
            case: ask.case,
            from: ask.from,
            to: ask.to,
            reported: None,
            words: None,
            skip: ask.skipped(),
            limit: ask.limit,
        }
    }

    /// Columns that can be searched: what is masked or may be confidential cannot be guessed by
    /// searching.
    pub fn searched(&self) -> Vec<&'static str> {
        let open = self.fields.iter();
        let open = open.filter(|field| {
            let is_hidden = field.kind.is_personal() || matches!(field.kind, Kind::Money);
            !is_hidden
        });
        open.map(|field| field.id).collect()
    }

    /// The register as a table, newest row first.
    ///
    /// # Errors
    /// As the store fails.
    pub fn table(&'static self, tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
        Ok(self.table_of(&self.rows(tx, ask)?, ask.personal))
    }

    /// The rows that an asking means, newest first.
    ///
    /// # Errors
    /// As the store fails.
    pub fn rows(&self, tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Vec<RegisterRow>, StoreError> {
        let searched = self.searched();
        let words = ask.words.map(|words| (words, searched.as_slice()));
        tx.register_rows(RegisterPart {
            words,
            ..self.part(ask)
        })
    }

    /// Some rows as a table.
    pub fn table_of(&'static self, rows: &[RegisterRow], personal: Personal) -> Table {
        let all = self.fields.iter();
        let fields: Vec<&Field> = all.filter(|field| field.place == Place::Table).collect();
        let cell =
            |row: &RegisterRow, field: &Field| field.kind.cell(value_of(row, field.id), personal);
        let columns = fields.iter();
        Table {
            id: self.id,
            title: Words::new(self.name.0, self.name.1),
            sources: self.sources,
            columns: columns
                .map(|field| Column::new(field.id, field.zh, field.en))
                .collect(),
            rows: rows
                .iter()
                .map(|row| Row {
                    cells: fields.iter().map(|field| cell(row, field)).collect(),
                    case: row.case,
                })
                .collect(),
        }
    }

    /// Whether somebody sees a row.
    pub fn is_seen(&self, user: &OfficeUser, row: &RegisterRow) -> bool {
        let is_bound = self.is_scoped() && !user.scopes.is_empty();
        !is_bound || row.scope.is_some_and(|scope| user.sees(scope))
    }

    /// Whether it has columns that are masked.
    pub fn is_personal(&self) -> bool {
        self.fields.iter().any(|field| field.kind.is_personal())
    }
}
