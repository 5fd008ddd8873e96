//! The record, field by field, with what is personal masked; and what is in dispute.

use lossbook_core::record::{CaseRecord, FieldPath, Section, Value};
use maud::{Markup, html};

use super::case::CasePage;
use super::{Visit, frame, word};
use crate::office::is_personal;
use crate::role::Right;
use crate::sight::HIDDEN;

/// A field's name for people.
pub(super) fn label(visit: &Visit<'_>, path: &FieldPath) -> String {
    path.spec().map_or_else(
        || path.to_string(),
        |spec| visit.pick(spec.zh, spec.en).to_owned(),
    )
}

/// What tells a row from others of its section: an item, a name, an object.
pub(super) fn row_name(record: &CaseRecord, path: &FieldPath) -> String {
    let row = path
        .row
        .and_then(|id| record.rows.get(&path.section)?.get(&id));
    let names = [
        "item", "name", "label", "question", "cover", "caption", "slot", "kind", "room",
    ];
    let texts = row.and_then(|row| names.iter().find_map(|name| row.text(name)));
    texts.unwrap_or_default()
}

/// A value for people; times in the office's zone, money with its groups.
pub(super) fn value_text(
    visit: &Visit<'_>,
    case: &CasePage,
    (path, value): (&FieldPath, &Value),
) -> String {
    let contract = &case.row.contract;
    match value {
        Value::Time(at) => word::time(*at),
        Value::Money(_) if visit.sight.hides(contract, &path.to_string()) => HIDDEN.to_owned(),
        Value::Money(money) => word::yuan(money.fen()),
        Value::Digest(digest) => super::case_view::short(&digest.to_hex()),
        Value::Text(_) | Value::Number(_) => {
            let (path, value) = (path.to_string(), value.to_string());
            visit.sight.value(contract, (&path, &value))
        }
    }
}

pub(super) fn record(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let record = &case.view.standing.record;
    html! {
        section #record {
            h2 { (visit.say("案件记录", "The record")) }
            @for section in Section::ALL {
                @if !matches!(section, Section::Photos | Section::Settlements) { (part(visit, case, (record, section))) }
            }
        }
    }
}

fn part(visit: &Visit<'_>, case: &CasePage, (record, section): (&CaseRecord, Section)) -> Markup {
    let fields = record
        .all_fields()
        .filter(|(path, field)| path.section == section && !field.standing().is_empty());
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        return html! {};
    }
    let (zh, en) = section_name(section);
    html! {
        details open[matches!(section, Section::Report | Section::Parties)] {
            summary { (visit.say(zh, en)) " " span .quiet { (fields.len()) } }
            dl .fields {
                @for (path, field) in &fields {
                    dt { (label(visit, path)) @if path.row.is_some() { span .quiet { " " (row_name(record, path)) } } }
                    dd {
                        @for one in field.standing() { span .value { (value_text(visit, case, (path, &one.value))) } " " }
                        @if is_personal(path.name) && visit.session.user.has(Right::Reveal) { (reveal(visit, case, path)) }
                    }
                }
            }
        }
    }
}

fn reveal(visit: &Visit<'_>, case: &CasePage, path: &FieldPath) -> Markup {
    html! {
        details .reveal {
            summary { (visit.say("查看", "Show")) }
            form .row method="post" action={ "/console/case/" (case.row.number) "/reveal" } {
                (frame::hidden(visit))
                input type="hidden" name="path" value=(path);
                label { (visit.say("理由", "Why")) input name="reason" required minlength="4" maxlength="300"; }
                button { (visit.say("查看并记入审计", "Show, and write it to the audit")) }
            }
        }
    }
}

const fn section_name(section: Section) -> (&'static str, &'static str) {
    match section {
        Section::Report => ("报案", "Report"),
        Section::Times => ("时间", "Times"),
        Section::Parties => ("相关人员", "People"),
        Section::Objects => ("标的", "Objects"),
        Section::Covers => ("险别", "Covers"),
        Section::Answers => ("问答", "Answers"),
        Section::Photos => ("照片", "Photos"),
        Section::Damage => ("损坏测量", "Damage"),
        Section::Lines => ("损失清单", "Loss lines"),
        Section::Notes => ("备注", "Notes"),
        Section::Settlements => ("裁定", "Settlements"),
    }
}

/// Fields with different values, who wrote each and when; and what other cases claim as well.
pub(super) fn disputes(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let (contested, clashes) = (&case.view.contested, &case.view.standing.clashes);
    if contested.is_empty() && clashes.is_empty() {
        return html! {};
    }
    let record = &case.view.standing.record;
    let shown = |path: &FieldPath, value: &str| {
        visit
            .sight
            .value(&case.row.contract, (&path.to_string(), value))
    };
    html! {
        section #disputes {
            h2 { (visit.say("有争议的内容", "In dispute")) }
            table {
                thead { tr { th scope="col" { (visit.say("字段", "Field")) } th scope="col" { (visit.say("各方所写", "What was written")) } th scope="col" { (visit.say("由谁裁定", "Who settles it")) } } }
                tbody {
                    @for field in contested { tr {
                        td { (label(visit, &field.path)) span .quiet { " " (row_name(record, &field.path)) } }
                        td { @for one in &field.values {
                            p { strong { (shown(&field.path, &one.value)) } " " span .quiet { (one.user) " " (word::time(one.wall)) @if !one.reason.is_empty() { " · " (one.reason) } } }
                        } }
                        td .quiet { (visit.say("查勘员在手机上裁定", "a surveyor, on the phone"))
                            @if field.binding { br; span .mark .late { (visit.say("裁定前不能核赔", "no approval before")) } } }
                    } }
                    @for clash in clashes { tr {
                        td { (label(visit, &clash.path)) }
                        td { (shown(&clash.path, &clash.value)) @for (number, value) in &clash.others {
                            p { a href={ "/console/case/" (number) } { (number) } " " (shown(&clash.path, value)) } } }
                        td .quiet { (visit.say("与其他案件矛盾", "other cases contradict it")) }
                    } }
                }
            }
        }
    }
}
