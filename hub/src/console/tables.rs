//! Every table of the catalogue: an index by heading, and one page for each.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::StoreError;
use maud::{Markup, html};
use serde::Deserialize;

use super::form::Form;
use super::frame::{self, Counts};
use super::{Visit, export, page, word};
use crate::catalogue::{self, Area, Ask, Entry, Make, Personal};
use crate::export::Part;
use crate::http::App;
use crate::meta::{MetaTx, ScopeRow, look};
use crate::refusal::Refusal;
use crate::register::{CaseLink, Register, end_of, start_of};
use crate::role::Right;
use crate::sight::Sight;
use crate::table::{Cell, Table};

/// Rows of one page.
const PAGE: u32 = 50;

/// `GET /console/tables`.
pub(super) async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page(app, &headers, Right::ReadCases, |visit| {
        let counts = look(visit.hub.looking(), |tx| Counts::read(tx, visit))?;
        let title = visit.say("台账与报表", "Registers and tables");
        let body = html! {
            h1 { (title) }
            div .index { @for area in Area::ALL { (section(visit, area)) } }
        };
        let here = (title, "/console/tables");
        Ok(frame::page(visit, here, Some(&counts), &body))
    })
    .await
}

fn section(visit: &Visit<'_>, area: Area) -> Markup {
    let (zh, en) = area.names();
    let user = &visit.session.user;
    let mut entries: Vec<Entry> = catalogue::entries().collect();
    entries.retain(|entry| entry.area == area && user.has(entry.right));
    html! {
        @if !entries.is_empty() {
            section .panel {
                h2 { (visit.say(zh, en)) }
                ul .plain { @for entry in &entries { li {
                    a href={ "/console/table/" (entry.id) } { (visit.say(entry.name.0, entry.name.1)) }
                    @if matches!(entry.make, Make::Kept(_)) { span .mark .quiet { (visit.say("登记", "kept")) } }
                } } }
            }
        }
    }
}

/// What a reader asks of a table: part of its address.
#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    village: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// The same, understood.
pub(super) struct Wanted {
    scopes: Vec<ScopeId>,
    from: Option<WallMs>,
    to: Option<WallMs>,
    case: Option<CaseId>,
    words: Option<String>,
    after: Option<String>,
    now: WallMs,
}

impl Wanted {
    /// The asking, for at most so many rows.
    pub(super) fn ask<'a>(
        &'a self,
        (limit, personal): (u32, Personal),
        sight: &'a Sight,
    ) -> Ask<'a> {
        Ask {
            scopes: &self.scopes,
            from: self.from,
            to: self.to,
            case: self.case,
            words: self.words.as_deref(),
            now: self.now,
            limit,
            after: self.after.clone(),
            personal,
            sight,
        }
    }
}

impl Wanted {
    /// The part of a table that a file holds: every row.
    pub(super) fn part<'a>(&'a self, personal: Personal, sight: &'a Sight) -> Part<'a> {
        Part {
            scopes: &self.scopes,
            from: self.from,
            to: self.to,
            case: self.case,
            words: self.words.as_deref(),
            now: self.now,
            personal,
            sight,
        }
    }
}

impl Filter {
    /// As a form of the page sends it.
    pub(super) fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            from: text("from"),
            to: text("to"),
            village: text("village"),
            case: text("case"),
            q: text("q"),
            after: String::new(),
        }
    }

    /// What a form of the page sends along.
    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("from", self.from.as_str()),
            ("to", self.to.as_str()),
            ("village", self.village.as_str()),
            ("case", self.case.as_str()),
            ("q", self.q.as_str()),
        ]
    }

    /// Finds the village and the case among those that somebody sees.
    pub(super) fn understood(
        &self,
        tx: &dyn MetaTx,
        visit: &Visit<'_>,
    ) -> Result<Result<Wanted, Refusal>, StoreError> {
        let user = &visit.session.user;
        let mut scopes = user.scopes.clone();
        if !self.village.is_empty() {
            let named = tx.named_scopes()?;
            let mut seen = named.iter().filter(|scope| user.sees(scope.id));
            let Some(found) = seen.find(|scope| scope.name == self.village) else {
                let detail = "没有这个范围 / there is no such scope";
                return Ok(Err(Refusal::new(404, "SCOPE_UNKNOWN", detail)));
            };
            scopes = vec![found.id];
        }
        let mut case = None;
        if !self.case.is_empty() {
            let found = tx.case_named(&self.case)?;
            let Some(found) = found.filter(|row| user.sees(row.scope)) else {
                return Ok(Err(super::case::unknown(&self.case)));
            };
            case = Some(found.case);
        }
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Ok(Wanted {
            scopes,
            from: start_of(&self.from),
            to: end_of(&self.to),
            case,
            words: given(&self.q),
            after: given(&self.after),
            now: visit.hub.now().wall,
        }))
    }

    /// The address of the next part.
    fn next(&self, id: &str, after: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", after);
        format!("/console/table/{id}?{}", query.finish())
    }
}

/// A table, and for rows that people keep their numbers.
struct Shown {
    counts: Counts,
    villages: Vec<ScopeRow>,
    table: Table,
    numbers: Vec<u64>,
    next: Option<String>,
}

/// `GET /console/table/{id}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Response {
    let entry = catalogue::entry(&id);
    let right = entry.map_or(Right::ReadCases, |entry| entry.right);
    let is_part = headers.contains_key("hx-request");
    page(app, &headers, right, move |visit| {
        let entry = entry.ok_or_else(unknown)?;
        let shown = look(visit.hub.looking(), |tx| {
            read(tx, visit, (&entry, &filter))
        })??;
        let rows = rows(visit, (&entry, &filter), &shown);
        if is_part {
            return Ok(rows);
        }
        let title = visit.say(entry.name.0, entry.name.1);
        let body = html! {
            header .head {
                h1 { (title) }
                span .quiet { (entry.sources.join(" ")) }
                @if let Make::Kept(register) = entry.make {
                    @if visit.session.user.has(register.write) {
                        a .button href={ "/console/table/" (entry.id) "/new" } { (visit.say("新增一行", "Add a row")) }
                    }
                }
            }
            (filters(visit, (&entry, &filter), &shown.villages))
            (export::table_form(visit, entry.id, &filter.fields()))
            div .scroll {
                table .register {
                    thead { (headings(visit, &entry, &shown.table)) }
                    tbody { (rows) }
                }
            }
        };
        let here = format!("/console/table/{}", entry.id);
        Ok(frame::page(visit, (title, &here), Some(&shown.counts), &body))
    })
    .await
}

pub(super) fn unknown() -> Refusal {
    Refusal::new(404, "TABLE_UNKNOWN", "没有这张表 / there is no such table")
}

fn read(
    tx: &dyn MetaTx,
    visit: &Visit<'_>,
    (entry, filter): (&Entry, &Filter),
) -> Result<Result<Shown, Refusal>, StoreError> {
    let wanted = match filter.understood(tx, visit)? {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let ask = wanted.ask((PAGE, Personal::Masked), &visit.sight);
    let (table, numbers) = match entry.make {
        Make::Derived(_) => (entry.table(tx, &ask)?, Vec::new()),
        Make::Kept(register) => {
            let rows = register.rows(tx, &ask)?;
            let numbers = rows.iter().map(|row| row.row).collect();
            let table = register.table_of(&rows, ask.personal);
            (visit.sight.table(tx, table)?, numbers)
        }
    };
    let user = &visit.session.user;
    let villages = tx.named_scopes()?.into_iter();
    Ok(Ok(Shown {
        counts: Counts::read(tx, visit)?,
        villages: villages.filter(|scope| user.sees(scope.id)).collect(),
        next: ask.next(table.rows.len()),
        table,
        numbers,
    }))
}

fn filters(visit: &Visit<'_>, (entry, filter): (&Entry, &Filter), villages: &[ScopeRow]) -> Markup {
    let kept = |rule: fn(&Register) -> bool| match entry.make {
        Make::Kept(register) => rule(register),
        Make::Derived(_) => true,
    };
    html! {
        form .row .filters method="get" action={ "/console/table/" (entry.id) } {
            label { (visit.say("自", "From")) input type="date" name="from" value=(filter.from); }
            label { (visit.say("至（含）", "To, with it")) input type="date" name="to" value=(filter.to); }
            @if kept(Register::is_scoped) {
                label { (visit.say("村 / 片区", "Village"))
                    select name="village" {
                        option value="" { (visit.say("全部", "all")) }
                        @for scope in villages { option selected[scope.name == filter.village] { (scope.name) } }
                    }
                }
            }
            @if kept(|register| register.case != CaseLink::Never) {
                label { (visit.say("案号", "Case")) input name="case" value=(filter.case) maxlength="40"; }
            }
            @if matches!(entry.make, Make::Kept(_)) {
                label { (visit.say("查找", "Find")) input name="q" value=(filter.q) maxlength="100"; }
            }
            button { (visit.say("筛选", "Filter")) }
        }
    }
}

/// Whether rows can be about cases, so that the table has a column for them.
fn has_cases(entry: &Entry) -> bool {
    match entry.make {
        Make::Kept(register) => register.case != CaseLink::Never,
        Make::Derived(_) => true,
    }
}

fn headings(visit: &Visit<'_>, entry: &Entry, table: &Table) -> Markup {
    html! {
        tr {
            @if matches!(entry.make, Make::Kept(_)) { th scope="col" { (visit.say("行", "Row")) } }
            @for column in &table.columns { th scope="col" { (visit.pick(&column.name.zh, &column.name.en)) } }
            @if has_cases(entry) { th scope="col" { (visit.say("案件", "Case")) } }
        }
    }
}

fn rows(visit: &Visit<'_>, (entry, filter): (&Entry, &Filter), shown: &Shown) -> Markup {
    let width = shown.table.columns.len() + 2;
    html! {
        @for (at, row) in shown.table.rows.iter().enumerate() {
            tr {
                @if let Some(number) = shown.numbers.get(at) {
                    td .id { a href={ "/console/table/" (entry.id) "/" (number) } { (number) } }
                }
                @for one in &row.cells { (cell(visit, one)) }
                @if has_cases(entry) {
                    td .id { @if let Some(case) = row.case {
                        a href={ "/console/case/" (case.number()) } { (case.number()) }
                    } }
                }
            }
        }
        @if let Some(after) = &shown.next {
            @let next = filter.next(entry.id, after);
            tr .more { td colspan=(width) {
                a href=(next) hx-get=(next) hx-target="closest tr" hx-swap="outerHTML" {
                    (visit.say("再显示 50 行", "Show 50 more"))
                }
            } }
        }
        @if shown.table.rows.is_empty() && filter.after.is_empty() {
            tr { td .empty colspan=(width) { (visit.say("没有记录", "No rows")) } }
        }
    }
}

/// A cell of a table.
pub(super) fn cell(visit: &Visit<'_>, cell: &Cell) -> Markup {
    let is_figure = matches!(
        cell,
        Cell::Count(_)
            | Cell::Fen(_)
            | Cell::Time(_)
            | Cell::Day(_)
            | Cell::Span(_)
            | Cell::Share(..)
    );
    html! { td .num[is_figure] .wide[matches!(cell, Cell::Text(text) if text.chars().count() > 20)] { (text(visit, cell)) } }
}

/// What a cell says.
pub(super) fn text(visit: &Visit<'_>, cell: &Cell) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) | Cell::Day(text) => text.clone(),
        Cell::Words(words) => visit.pick(&words.zh, &words.en).to_owned(),
        Cell::Count(count) => count.to_string(),
        Cell::Fen(fen) => word::yuan(*fen),
        Cell::Time(at) => word::time(*at),
        Cell::Span(ms) => word::span(visit, *ms),
        Cell::Share(part, whole) => share(*part, *whole),
        Cell::Yes(true) => visit.say("是", "yes").to_owned(),
        Cell::Yes(false) => visit.say("否", "no").to_owned(),
    }
}

/// A part of a whole in tenths of a percent, rounded half up; a whole of 0 has no share.
fn share(part: u64, whole: u64) -> String {
    let doubled = u128::from(part) * 2_000 + u128::from(whole);
    match doubled.checked_div(u128::from(whole) * 2) {
        Some(tenths) => format!("{}.{}% ({part}/{whole})", tenths / 10, tenths % 10),
        None => String::new(),
    }
}
