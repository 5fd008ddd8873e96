//! Forms of registers: a field for each column, as its kind wants it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::Visit;
use crate::meta::{OfficeUser, RegisterRow, ScopeRow};
use crate::office::masked;
use crate::register::{CaseLink, Field, Kind, Need, Register, value_of};

/// What stands in a form: texts by column, and the case.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) values: BTreeMap<String, String>,
    pub(super) case: String,
}

impl Filled {
    /// What a row holds; personal data is left out, so that nobody sees it unasked.
    pub(super) fn of(register: &Register, row: &RegisterRow) -> Self {
        let open = register.fields.iter();
        let open = open.filter(|field| !field.kind.is_personal());
        let text = |field: &Field| field.kind.written(value_of(row, field.id));
        Self {
            values: open
                .map(|field| (field.id.to_owned(), text(field)))
                .collect(),
            case: row
                .case
                .map_or_else(String::new, |case| case.number().to_string()),
        }
    }
}

/// What can be chosen.
pub(super) struct Choices {
    pub(super) villages: Vec<ScopeRow>,
    pub(super) people: Vec<OfficeUser>,
}

/// The fields of a register; `before` is the row that is corrected, if one is.
pub(super) fn fields(
    visit: &Visit<'_>,
    (register, choices): (&Register, &Choices),
    (filled, before): (&Filled, Option<&RegisterRow>),
) -> Markup {
    let has_case = before.is_some_and(|row| row.case.is_some());
    html! {
        @if register.case != CaseLink::Never && !has_case {
            label { (visit.say("案号", "Case")) @if register.case == CaseLink::Must { " *" }
                input name="case" value=(filled.case) maxlength="40" required[register.case == CaseLink::Must];
            }
        }
        @for field in register.fields {
            @if !matches!(field.kind, Kind::Serial(_)) {
                label {
                    (visit.say(field.zh, field.en)) @if field.need == Need::Must { " *" }
                    (input(visit, field, (choices, filled, before)))
                }
            }
        }
        datalist #people { @for user in &choices.people { option value=(user.name) {} } }
    }
}

fn input(
    visit: &Visit<'_>,
    field: &Field,
    (choices, filled, before): (&Choices, &Filled, Option<&RegisterRow>),
) -> Markup {
    let kept = before.map_or("", |row| value_of(row, field.id));
    let value = filled.values.get(field.id).map_or("", String::as_str);
    // A personal value that stands stays unless another is written.
    let is_kept = field.kind.is_personal() && !kept.is_empty();
    let must = field.need == Need::Must && !is_kept;
    let name = format!("v.{}", field.id);
    let hint = if is_kept {
        masked("phone", kept)
    } else {
        String::new()
    };
    let plain = |kind: &str| {
        html! { input type=(kind) name=(name) value=(value) required[must] placeholder=[(!hint.is_empty()).then_some(&hint)]; }
    };
    match field.kind {
        Kind::Note => {
            html! { textarea name=(name) rows="3" required[must] maxlength="2000" { (value) } }
        }
        Kind::Choice(options) => html! {
            select name=(name) required[must] {
                option value="" { "–" }
                @for (word, zh, en) in options { option value=(word) selected[*word == value] { (visit.say(zh, en)) } }
            }
        },
        Kind::YesNo => html! {
            select name=(name) required[must] {
                option value="" { "–" }
                option value="yes" selected[value == "yes"] { (visit.say("是", "yes")) }
                option value="no" selected[value == "no"] { (visit.say("否", "no")) }
            }
        },
        Kind::Scope => html! {
            select name=(name) required[must] {
                option value="" { "–" }
                @for scope in &choices.villages { option selected[scope.name == value] { (scope.name) } }
            }
        },
        Kind::Person => {
            html! { input name=(name) value=(value) list="people" required[must] maxlength="200"; }
        }
        Kind::Day => plain("date"),
        Kind::Time => plain("datetime-local"),
        Kind::Phone => plain("tel"),
        Kind::Text | Kind::Money | Kind::Number | Kind::Account | Kind::IdNo | Kind::Serial(_) => {
            plain("text")
        }
    }
}
