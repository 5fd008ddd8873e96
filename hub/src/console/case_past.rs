//! A case's past: decisions with reasons, what changed since, and everything that came, by whom.

use lossbook_core::app::Event;
use lossbook_core::chain::Kind;
use lossbook_core::record::{FieldChange, FieldPath, PastWrite, Value};
use lossbook_core::statement::{Action, BindingFields, CaseStatus, DecisionBody};
use maud::{Markup, html};

use super::case::CasePage;
use super::case_record::{label, value_text};
use super::{Visit, word};

/// Events on the page; older ones are in the record itself.
const EVENTS: usize = 120;

pub(super) fn decisions(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let all = &case.view.standing.decisions;
    html! {
        section .panel #decisions {
            h2 { (visit.say("决定", "Decisions")) }
            @if all.is_empty() { p .quiet { (visit.say("尚无决定。", "None yet.")) } }
            ol .past {
                @for (at, one) in all.iter().enumerate() {
                    li {
                        strong { (word::action(visit, one.body.action.word())) }
                        @if one.body.action == Action::Approve { " " (visit.say("第", "round ")) (one.body.round) (visit.say("轮", "")) }
                        " · " (one.header.user) " " span .quiet { (word::time(one.header.wall)) }
                        @if !one.body.reason.is_empty() { p { (one.body.reason) } }
                        @if let Some(fields) = recalculated(&one.body, all.get(..at).unwrap_or_default().iter().map(|one| &one.body)) {
                            p { span .mark .runs { (visit.say("本轮重新计算，取代前一轮所见数字", "recalculated: supersedes the figures of the round before")) }
                                " " span .quiet { (fields) " " (visit.say("个字段不同", "fields differ")) } }
                        }
                    }
                }
            }
        }
    }
}

/// How many figures differ from those that the round before rested on, if any do.
fn recalculated<'d>(
    this: &DecisionBody,
    before: impl DoubleEndedIterator<Item = &'d DecisionBody>,
) -> Option<usize> {
    if this.action != Action::Approve {
        return None;
    }
    let newest = before
        .rev()
        .take_while(|one| !matches!(one.action, Action::Return | Action::Deny | Action::Reopen));
    let is_earlier = |one: &&DecisionBody| one.action == Action::Approve && one.round < this.round;
    let earlier = newest.into_iter().find(is_earlier)?;
    let (then, now) = (
        BindingFields::from_texts(&earlier.basis),
        BindingFields::from_texts(&this.basis),
    );
    let count = now.differences_since(&then).len();
    (count > 0).then_some(count)
}

/// What changed since head office decided: what reopened the case, and what is only late.
pub(super) fn differences(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let standing = &case.view.standing;
    let since: &[_] = match &standing.status {
        CaseStatus::Reopened(differences) => differences,
        CaseStatus::Open
        | CaseStatus::Assigned
        | CaseStatus::Returned(_)
        | CaseStatus::Approved
        | CaseStatus::Denied
        | CaseStatus::Paid
        | CaseStatus::Closed => &[],
    };
    if since.is_empty() && standing.late.is_empty() {
        return html! {};
    }
    let name = |path: &str| match path.parse::<FieldPath>() {
        Ok(path) => label(visit, &path),
        Err(_) => path.to_owned(),
    };
    let text = |path: &str, value: Option<&str>| {
        let contract = &case.row.contract;
        visit.sight.value(contract, (path, value.unwrap_or("–")))
    };
    html! {
        section #differences {
            h2 { (visit.say("决定之后的变更", "Changed since the decision")) }
            table {
                thead { tr { th scope="col" { (visit.say("字段", "Field")) } th scope="col" { (visit.say("当时", "Then")) } th scope="col" { (visit.say("现在", "Now")) } th scope="col" { (visit.say("影响", "Effect")) } } }
                tbody {
                    @for one in since { tr {
                        td { (name(&one.path)) }
                        td { del { (text(&one.path, one.then.as_deref())) } }
                        td { ins { (text(&one.path, one.now.as_deref())) } }
                        td { span .mark .late { (visit.say("决定所依据，须复核", "the decision rests on it")) } }
                    } }
                    @for one in &standing.late { (late(visit, case, one)) }
                }
            }
        }
    }
}

fn late(visit: &Visit<'_>, case: &CasePage, change: &FieldChange) -> Markup {
    let texts = |values: &[Value]| {
        let all: Vec<String> = values
            .iter()
            .map(|value| value_text(visit, case, (&change.path, value)))
            .collect();
        if all.is_empty() {
            "–".to_owned()
        } else {
            all.join(" / ")
        }
    };
    html! { tr {
        td { (label(visit, &change.path)) }
        td { (texts(&change.then)) }
        td { (texts(&change.now)) }
        td .quiet { (visit.say("仅列示", "listed only")) }
    } }
}

pub(super) fn timeline(visit: &Visit<'_>, case: &CasePage) -> Markup {
    html! {
        section #timeline {
            h2 { (visit.say("经过", "Timeline")) " " span .quiet { (case.events.len()) } }
            ol .past {
                @for event in case.events.iter().rev().take(EVENTS) {
                    li {
                        span .quiet { (word::time(event.header.wall)) } " " strong { (event.header.user) } " " (kind(visit, event.header.kind))
                        (writes(visit, case, event))
                    }
                }
            }
        }
    }
}

fn kind(visit: &Visit<'_>, kind: Kind) -> &'static str {
    match kind {
        Kind::Change => visit.say("写入", "wrote"),
        Kind::Photo => visit.say("登记照片", "announced a photo"),
        Kind::Freeze => visit.say("冻结确认书", "froze a statement"),
        Kind::Signature => visit.say("采集签字", "took a signature"),
        Kind::Decision => visit.say("作出决定", "decided"),
        Kind::Audit | Kind::Key | Kind::Acl | Kind::Tombstone | Kind::Snapshot | Kind::Receipt => {
            visit.say("其他", "other")
        }
    }
}

fn writes(visit: &Visit<'_>, case: &CasePage, event: &Event) -> Markup {
    let Some(deed) = &event.deed else {
        return html! {};
    };
    let before = |write: &PastWrite| {
        let all: Vec<String> = write
            .before
            .iter()
            .map(|value| value_text(visit, case, (&write.path, value)))
            .collect();
        all.join(" / ")
    };
    html! {
        ul { @for write in deed.writes.iter().take(8) {
            li { (label(visit, &write.path)) ": "
                @if !write.before.is_empty() { del { (before(write)) } " → " }
                (value_text(visit, case, (&write.path, &write.after))) }
        }
        @if deed.writes.len() > 8 { li .quiet { "+" (deed.writes.len() - 8) } } }
    }
}
