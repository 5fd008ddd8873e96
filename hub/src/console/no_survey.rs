//! The desk of cases that nobody has to visit: samples drawn, and what was found in them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use lossbook_core::domain::CaseId;
use lossbook_core::store::StoreError;
use maud::{Markup, html};

use super::form::Form;
use super::frame::{self, Counts};
use super::{Next, Visit, act, page, status_of};
use crate::http::App;
use crate::meta::{MetaTx, RegisterPart, RegisterRow, look};
use crate::no_survey::{self, NewDraw};
use crate::refusal::Refusal;
use crate::register::no_survey::{CHECKS, DRAWS};
use crate::register::value_of;
use crate::role::Right;

/// Tables of this desk, in the order people work with them.
const TABLES: [&str; 7] = [
    "no_survey_rules",
    "no_survey_published",
    "no_survey_cases",
    "repair_handovers",
    "weather",
    "no_survey_draws",
    "no_survey_checks",
];

/// What the page says above.
enum Above<'a> {
    Nothing,
    Refused(&'a Refusal),
    Drawn(&'a [CaseId]),
}

/// A sample with how far it was looked at.
struct Drawn {
    row: RegisterRow,
    cases: usize,
    checked: usize,
    found: usize,
}

/// Everything on the page.
struct Desk {
    counts: Counts,
    contracts: Vec<(String, String, String)>,
    draws: Vec<Drawn>,
}

impl Desk {
    fn read(tx: &dyn MetaTx, visit: &Visit<'_>) -> Result<Self, StoreError> {
        let packs = tx.packs()?;
        let contracts = packs.all().iter();
        let contracts = contracts.filter(|pack| pack.handling.no_survey.is_some());
        let checks = tx.register_rows(RegisterPart {
            scopes: &visit.session.user.scopes,
            ..RegisterPart::all(CHECKS.id)
        })?;
        let draws = tx.register_rows(RegisterPart::all(DRAWS.id))?;
        Ok(Self {
            counts: Counts::read(tx, visit)?,
            contracts: contracts
                .map(|pack| {
                    let title = &pack.title;
                    (pack.id.clone(), title.zh.clone(), title.en.clone())
                })
                .collect(),
            draws: draws.into_iter().map(|row| drawn(row, &checks)).collect(),
        })
    }
}

fn drawn(row: RegisterRow, checks: &[RegisterRow]) -> Drawn {
    let number = value_of(&row, "number").to_owned();
    let of: Vec<&RegisterRow> = checks
        .iter()
        .filter(|check| value_of(check, "draw") == number)
        .collect();
    let has = |row: &&&RegisterRow, word: Option<&str>| {
        let answers = ["inflated", "over_repair", "fraud"].map(|id| value_of(row, id));
        match word {
            Some(word) => answers.contains(&word),
            None => answers.iter().all(|answer| !answer.is_empty()),
        }
    };
    Drawn {
        cases: of.len(),
        checked: of.iter().filter(|row| has(row, None)).count(),
        found: of.iter().filter(|row| has(row, Some("yes"))).count(),
        row,
    }
}

/// `GET /console/no-survey`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page(app, &headers, Right::ReadCases, |visit| {
        shown(visit, &Above::Nothing)
    })
    .await
}

fn shown(visit: &Visit<'_>, above: &Above<'_>) -> Result<Markup, Refusal> {
    let desk = look(visit.hub.looking(), |tx| Desk::read(tx, visit))?;
    let title = visit.say("免查勘", "No-survey cases");
    let body = html! {
        h1 { (title) }
        @match above {
            Above::Nothing => {},
            Above::Refused(refusal) => (frame::banner(refusal)),
            Above::Drawn(cases) => (news(visit, cases)),
        }
        section .panel { (frame::tables(visit, &TABLES)) }
        @if visit.session.user.has(Right::Rectify) {
            section .panel { h2 { (visit.say("抽样复查", "Draw a sample")) } (form(visit, &desk)) }
        }
        section { h2 { (visit.say("已抽样", "Samples")) } (draws(visit, &desk.draws)) }
    };
    let here = (title, "/console/no-survey");
    Ok(frame::page(visit, here, Some(&desk.counts), &body))
}

fn news(visit: &Visit<'_>, cases: &[CaseId]) -> Markup {
    html! {
        div .done role="status" {
            p { (visit.say("抽中 ", "Drawn: ")) (cases.len()) }
            ul .plain { @for case in cases {
                li .id { a href={ "/console/case/" (case.number()) } { (case.number()) } }
            } }
        }
    }
}

fn form(visit: &Visit<'_>, desk: &Desk) -> Markup {
    html! {
        form .stack .entry method="post" action="/console/no-survey" {
            (frame::hidden(visit))
            label { (visit.say("合同", "Contract")) " *"
                select name="contract" required {
                    @for (id, zh, en) in &desk.contracts { option value=(id) { (visit.pick(zh, en)) } }
                }
            }
            label { (visit.say("报案日期起", "Reported from")) " *" input type="date" name="from" required; }
            label { (visit.say("报案日期止（含）", "Until, with it")) " *" input type="date" name="to" required; }
            label { (visit.say("比例（%），空则按合同", "Percent; empty for the contract's")) input type="number" name="share" min="1" max="100"; }
            label { (visit.say("随机种子（任何人可凭此重抽）", "Seed: whoever has it can draw again")) " *" input name="seed" required maxlength="60"; }
            label { (visit.say("自定比例的理由", "Why this share")) input name="reason" maxlength="300"; }
            div .row { button .primary { (visit.say("抽样", "Draw")) } }
        }
    }
}

fn draws(visit: &Visit<'_>, draws: &[Drawn]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("抽样编号", "Number")) }
                th scope="col" { (visit.say("报案期间", "Reported")) }
                th scope="col" { (visit.say("种子", "Seed")) }
                th scope="col" .num { (visit.say("比例", "Share")) }
                th scope="col" .num { (visit.say("可抽", "Of")) }
                th scope="col" .num { (visit.say("抽中", "Drawn")) }
                th scope="col" .num { (visit.say("已复查", "Looked at")) }
                th scope="col" .num { (visit.say("发现问题", "With findings")) }
            } }
            tbody {
                @for one in draws { tr {
                    td .id { a href={ "/console/table/no_survey_draws/" (one.row.row) } { (value_of(&one.row, "number")) } }
                    td { (value_of(&one.row, "from")) " – " (value_of(&one.row, "to")) }
                    td { code { (value_of(&one.row, "seed")) } }
                    td .num { (value_of(&one.row, "share")) "%" }
                    td .num { (value_of(&one.row, "pool")) }
                    td .num { (one.cases) }
                    td .num { (one.checked) }
                    td .num { (one.found) }
                } }
                @if draws.is_empty() { tr { td .empty colspan="8" { (visit.say("尚未抽样", "None yet")) } } }
            }
        }
    }
}

/// `POST /console/no-survey`: draws a sample.
pub(super) async fn draw(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, form| {
        let new = asked(form);
        let writer = (&visit.session.user, visit.hub.now().wall);
        match no_survey::draw(visit.hub.store(), writer, &new) {
            Ok(cases) => {
                let page = shown(visit, &Above::Drawn(&cases))?;
                Ok(Next::Show(StatusCode::OK, page))
            }
            Err(refusal) if visit.session.user.has(DRAWS.write) => {
                let page = shown(visit, &Above::Refused(&refusal))?;
                Ok(Next::Show(status_of(&refusal), page))
            }
            Err(refusal) => Err(refusal),
        }
    })
    .await
}

fn asked(form: &Form) -> NewDraw {
    let text = |name: &str| form.text(name).to_owned();
    NewDraw {
        contract: text("contract"),
        from: text("from"),
        to: text("to"),
        share: text("share"),
        seed: text("seed"),
        reason: text("reason"),
    }
}
