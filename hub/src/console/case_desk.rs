//! What the desks know of a case, beside it: the weather where it happened, whether somebody has to
//! visit it, the level of an emergency, and who works on it.

use lossbook_core::domain::WallMs;
use lossbook_core::record::Section;
use lossbook_core::rules::Packs;
use lossbook_core::store::{CaseStanding, StoreError};
use maud::{Markup, html};

use super::case::CasePage;
use super::{Visit, tables};
use crate::catalogue::Personal;
use crate::meta::{DeskRow, MetaTx, RegisterPart, RegisterRow, WaiverPart, WaiverRow};
use crate::register::no_survey::WEATHER;
use crate::register::risk::EMERGENCIES;
use crate::register::staff::CASE_TEAM;
use crate::register::{Register, start_of, value_of};

/// A storm of the night before belongs to the day of the loss.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Rows of a kind beside a case.
const ROWS: u32 = 10;

/// Rows of the desks about one case.
#[derive(Default)]
pub(super) struct Around {
    /// Whether the cause is one of the weather.
    is_weather: bool,
    weather: Vec<RegisterRow>,
    waiver: Option<WaiverRow>,
    emergencies: Vec<RegisterRow>,
    team: Vec<RegisterRow>,
}

impl Around {
    pub(super) fn read(
        tx: &dyn MetaTx,
        (row, standing): (&DeskRow, &CaseStanding),
    ) -> Result<Self, StoreError> {
        let of = |register: &'static Register| {
            tx.register_rows(RegisterPart {
                case: Some(row.case),
                limit: ROWS,
                ..RegisterPart::all(register.id)
            })
        };
        let is_weather = is_weather(tx.packs()?.as_ref(), &row.cause);
        let at = happened(standing).unwrap_or(row.reported);
        let scopes = [row.scope];
        let weather = RegisterPart {
            scopes: &scopes,
            from: Some(WallMs(at.0.saturating_sub(DAY_MS))),
            to: Some(WallMs(at.0.saturating_add(DAY_MS))),
            limit: ROWS,
            ..RegisterPart::all(WEATHER.id)
        };
        let waivers = tx.waivers(WaiverPart {
            answer: None,
            contract: None,
            scopes: &[],
            case: Some(row.case),
            from: None,
            to: None,
            skip: 0,
            limit: 1,
        })?;
        Ok(Self {
            weather: if is_weather {
                tx.register_rows(weather)?
            } else {
                Vec::new()
            },
            is_weather,
            waiver: waivers.into_iter().next(),
            emergencies: of(&EMERGENCIES)?,
            team: of(&CASE_TEAM)?,
        })
    }
}

/// The beginning of the day on which it happened, if everybody agrees: a civil time of the place.
fn happened(standing: &CaseStanding) -> Option<WallMs> {
    let at = standing
        .record
        .section(Section::Report)
        .text("occurred_at")?;
    start_of(at.get(..10)?)
}

/// Whether a contract lists the cause among those of nature.
fn is_weather(packs: &Packs, cause: &str) -> bool {
    let cause = cause.trim().to_lowercase();
    let mut perils = packs.all().iter().flat_map(|pack| &pack.insured.perils);
    perils.any(|peril| {
        let rule = &peril.rule;
        let names = [&rule.id, &rule.names.zh, &rule.names.en];
        peril.group == "natural" && names.iter().any(|name| name.to_lowercase() == cause)
    })
}

/// The panel beside a case.
pub(super) fn panel(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let around = &case.around;
    let emergencies = !around.emergencies.is_empty();
    let is_empty = !around.is_weather && around.waiver.is_none() && !emergencies;
    html! {
        @if !(is_empty && around.team.is_empty()) {
            section .panel #around {
                h2 { (visit.say("相关登记", "Beside this case")) }
                @if let Some(waiver) = &around.waiver { (visit_needed(visit, case, waiver)) }
                @if around.is_weather {
                    (list(visit, (&WEATHER, &around.weather), ["day", "phenomenon", "measured", "reference"]))
                }
                @if emergencies {
                    (list(visit, (&EMERGENCIES, &around.emergencies), ["level", "at", "reach", "resources"]))
                }
                @if !around.team.is_empty() {
                    (list(visit, (&CASE_TEAM, &around.team), ["duty", "name", "since", "until"]))
                }
            }
        }
    }
}

fn visit_needed(visit: &Visit<'_>, case: &CasePage, waiver: &WaiverRow) -> Markup {
    let (zh, en) = match waiver.answer.as_str() {
        "yes" => ("免查勘", "No visit needed"),
        "suspended" => ("是否查勘：暂缓判断", "Visit: suspended"),
        "head_office" => ("是否查勘：由总部认定", "Visit: head office decides"),
        _ => ("须现场查勘", "A visit is needed"),
    };
    html! {
        p { strong { (visit.say(zh, en)) } " " span .quiet { (visit.pick(&waiver.zh, &waiver.en)) " " (waiver.version) }
            @if matches!(waiver.answer.as_str(), "yes" | "head_office") {
                " " a href={ "/console/table/repair_handovers?case=" (case.row.number) } { (visit.say("移交维修厂", "Repair shop")) }
            }
        }
    }
}

/// Some columns of the rows of a register, each row a line.
fn list(
    visit: &Visit<'_>,
    (register, rows): (&'static Register, &[RegisterRow]),
    columns: [&str; 4],
) -> Markup {
    let line = |row: &RegisterRow| {
        let fields = columns.iter().filter_map(|id| register.field(id));
        let texts = fields.map(|field| {
            let cell = field.kind.cell(value_of(row, field.id), Personal::Masked);
            tables::text(visit, &cell)
        });
        let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
        texts.join(" · ")
    };
    html! {
        p { strong { (visit.say(register.name.0, register.name.1)) } }
        ul .plain {
            @for row in rows {
                li { a href={ "/console/table/" (register.id) "/" (row.row) } { (line(row)) } }
            }
            @if rows.is_empty() {
                li .quiet { (visit.say("尚无记录", "None yet")) " "
                    @if visit.session.user.has(register.write) {
                        a href={ "/console/table/" (register.id) "/new" } { (visit.say("登记", "Write one")) }
                    } }
            }
        }
    }
}
