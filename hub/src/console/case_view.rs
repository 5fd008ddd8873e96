//! The case page: what stands at its head, what can be decided, and in which order the rest follows.

use lossbook_core::domain::Digest;
use lossbook_core::record::{FieldPath, Section};
use lossbook_core::rules::{ClockState, Running};
use lossbook_core::statement::{Action, CaseStatus};
use maud::{Markup, html};

use super::case::{Above, CasePage};
use super::{
    Visit, case_desk, case_money, case_past, case_photo, case_record, export, frame, word,
};
use crate::meta::SurveyorRow;
use crate::register::{self, CaseLink, notice};
use crate::role::Right;

pub(super) fn page(visit: &Visit<'_>, case: &CasePage, above: &Above) -> Markup {
    html! {
        (head(visit, case))
        (said(visit, above))
        div .case {
            div .body {
                (case_money::payable(visit, case))
                (case_record::disputes(visit, case))
                (returned(visit, case))
                (case_photo::photos(visit, case))
                (case_money::statements(visit, case))
                (case_record::record(visit, case))
                (case_past::differences(visit, case))
                (case_past::timeline(visit, case))
            }
            aside aria-label=(visit.say("办理", "Decide")) {
                (decide(visit, case))
                (lacks(visit, case))
                (clocks(visit, case))
                (kept(visit, case))
                (case_desk::panel(visit, case))
                (case_past::decisions(visit, case))
                (export::papers(visit, case))
                (draft(visit, case))
            }
        }
    }
}

fn head(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let row = &case.row;
    let rounds = case
        .contract
        .as_ref()
        .map_or(1, |(_, handling)| handling.rounds.len().max(1));
    html! {
        header .case-head {
            div {
                h1 { span .id { (row.number) } " " (row.household) }
                p .quiet {
                    (case.village) " · " (row.place) " · " (word::cause(visit, row)) " · " (word::contract(visit, &row.contract))
                    " · " (visit.say("报案 ", "reported ")) (word::time(row.reported))
                    @if !row.surveyor.is_empty() { " · " (visit.say("查勘 ", "surveyed by ")) (row.surveyor) }
                }
            }
            div .figures {
                span class={ "chip " (row.status) } { (word::status(visit, &row.status)) }
                span .chip { (visit.language.signature(&row.signature)) }
                @if row.round > 0 {
                    span .chip { (visit.say("第 ", "round ")) (row.round) "/" (rounds) " · " (word::role(visit, &row.role)) }
                }
                strong .sum { (word::sum(visit, row)) small { (visit.say(" 元", " yuan")) } }
            }
        }
    }
}

fn said(visit: &Visit<'_>, above: &Above) -> Markup {
    match above {
        Above::Nothing => html! {},
        Above::Refused(refusal) => html! {
            div .refused role="alert" #refusal {
                strong { (refusal.code) }
                @for reason in refusal.detail.split("; ") { p { (reason) } }
                p .quiet { (visit.say("案件未作任何改动。", "Nothing of the case was changed.")) }
            }
        },
        Above::Revealed { label, value } => html! {
            p .done role="status" #revealed { (label) ": " code { (value) } " "
                span .quiet { (visit.say("查看及理由已记入审计。", "Seeing it and why were written to the audit.")) } }
        },
    }
}

fn decide(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let user = &visit.session.user;
    let may = |action: Action| user.may_decide(action);
    let offered = [
        Action::Approve,
        Action::Pay,
        Action::Close,
        Action::Supplement,
        Action::Return,
        Action::Deny,
        Action::Reopen,
    ];
    let offered: Vec<Action> = offered
        .into_iter()
        .filter(|one| may(*one) && fits(*one, case))
        .collect();
    let path = format!("/console/case/{}/decide", case.row.number);
    html! {
        section #decide .panel {
            h2 { (visit.say("办理", "Decide")) }
            (obstacles(visit, case, offered.contains(&Action::Approve)))
            @if offered.is_empty() && !may(Action::Assign) {
                p .quiet { (visit.say("您的角色在此案没有可办事项。", "Your role has nothing to decide here.")) }
            }
            @if !offered.is_empty() {
                form method="post" action=(path) .stack {
                    (bound(visit, case))
                    label { (visit.say("理由", "Reason"))
                        textarea name="reason" rows="3" maxlength="1200" { (case.draft.as_deref().unwrap_or_default()) } }
                    @if offered.contains(&Action::Return) { (fields(visit, case)) }
                    div .row {
                        @for action in &offered {
                            button name="action" value=(action.word()) .primary[*action == offered_first(&offered)] .danger[*action == Action::Deny] {
                                (word::action(visit, action.word()))
                                @if *action == Action::Approve { " " (visit.say("第", "round ")) (case.row.round.max(1)) (visit.say("轮", "")) }
                            }
                        }
                    }
                }
            }
            @if may(Action::Assign) { (assign(visit, case, &path)) }
        }
    }
}

fn offered_first(offered: &[Action]) -> Action {
    offered.first().copied().unwrap_or(Action::Return)
}

/// Whether an action can be thought of in this state; whether it is granted, the office says.
fn fits(action: Action, case: &CasePage) -> bool {
    let status = &case.view.standing.status;
    let is_paid = matches!(status, CaseStatus::Paid | CaseStatus::Closed);
    match action {
        Action::Approve => !is_paid && (case.row.round > 0 || *status != CaseStatus::Approved),
        Action::Pay => case.row.approved && *status == CaseStatus::Approved,
        Action::Close => matches!(status, CaseStatus::Paid | CaseStatus::Denied),
        Action::Supplement => matches!(status, CaseStatus::Reopened(late) if !late.is_empty()),
        Action::Return | Action::Deny => !is_paid,
        Action::Reopen => is_paid || matches!(status, CaseStatus::Denied | CaseStatus::Approved),
        Action::Assign => true,
    }
}

/// The token, the heads that were looked at, the round.
fn bound(visit: &Visit<'_>, case: &CasePage) -> Markup {
    html! {
        (frame::hidden(visit))
        @for head in &case.view.standing.heads { input type="hidden" name="head" value=(head); }
        input type="hidden" name="round" value=(case.row.round.max(1));
    }
}

fn obstacles(visit: &Visit<'_>, case: &CasePage, may_approve: bool) -> Markup {
    if !may_approve {
        return html! {};
    }
    html! {
        @if case.obstacles.is_empty() {
            p .clear { (visit.say("没有妨碍审核通过的事项。", "Nothing stands against approval.")) }
        } @else {
            ul .obstacles {
                @for one in &case.obstacles {
                    li { code { (one.code()) } " " @match visit.language {
                        crate::page::text::Language::Chinese => { (one.zh()) }
                        crate::page::text::Language::English => { (one) }
                    } }
                }
            }
        }
    }
}

/// Fields that a return can name: those the case has.
fn fields(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let record = &case.view.standing.record;
    let offered = record.all_fields().filter(|(path, field)| {
        let is_row = path.section != Section::Settlements && path.name != "removed";
        is_row && path.name != "sha256" && !field.standing().is_empty()
    });
    html! {
        details {
            summary { (visit.say("退回时须补正的字段", "Fields to mend, with a return")) }
            div .choices {
                @for (path, _) in offered {
                    label .tick {
                        input type="checkbox" name="field" value=(path);
                        (case_record::label(visit, &path)) @if path.row.is_some() { span .quiet { " " (case_record::row_name(record, &path)) } }
                    }
                }
            }
        }
    }
}

fn assign(visit: &Visit<'_>, case: &CasePage, path: &str) -> Markup {
    let mut surveyors: Vec<&SurveyorRow> = case.surveyors.iter().collect();
    surveyors.sort_by_key(|one| (one.load, away_m(case, one).unwrap_or(i64::MAX)));
    html! {
        form method="post" action=(path) .stack {
            (bound(visit, case))
            label { (visit.say("派查勘员（任务少、距离近者在前）", "Surveyor (fewest open cases, then nearest, first)"))
                select name="surveyor" {
                    @for one in &surveyors {
                        option value=(one.name) selected[case.assigned.as_ref().is_some_and(|to| to.surveyor == one.name)] {
                            (one.name) " · " (one.load) " " (visit.say("件在办", "open"))
                            @if let Some(metres) = away_m(case, one) { " · " (metres / 1_000) "." (metres % 1_000 / 100) " km" }
                        }
                    }
                }
            }
            button name="action" value="assign" { (word::action(visit, "assign")) }
            @if let Some(to) = &case.assigned {
                p .quiet { (visit.say("已派 ", "given to ")) (to.surveyor) " · " (to.by) " " (word::time(to.at)) }
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no two places on earth are further apart than twenty million metres"
)]
fn away_m(case: &CasePage, surveyor: &SurveyorRow) -> Option<i64> {
    use super::map::degrees;
    use lossbook_core::domain::Wgs84;
    let place = |(lat, lon)| Wgs84::new(degrees(lat), degrees(lon)).ok();
    let (here, there) = (place(case.row.at?)?, place(surveyor.at?)?);
    Some(here.metres_to(there) as i64)
}

/// What the contract asks for and the case lacks, and on whose phone photos still are.
fn lacks(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let asked = case
        .contract
        .as_ref()
        .map(|(judged, _)| judged.assessment.missing.as_slice());
    let asked = asked.unwrap_or_default();
    let photos: Vec<_> = case
        .missing
        .iter()
        .filter(|one| one.is_original())
        .collect();
    html! {
        section .panel {
            h2 { (visit.say("缺什么", "What is missing")) }
            @if asked.is_empty() && photos.is_empty() { p .clear { (visit.say("齐全。", "Nothing.")) } }
            ul .lacks {
                @for one in &photos {
                    li { span .mark .late { (visit.say("照片原件", "original photo")) } " " code { (short(&one.sha256)) }
                        " " (visit.say("在", "on the phone of")) " " (one.user) " " span .quiet { code { (one.device.chars().take(8).collect::<String>()) } " " (one.received) "/" (one.bytes) " B" }
                        @if let Some(why) = &one.broken { span .mark .late { (why) } }
                    }
                }
                @for one in asked {
                    li { span .quiet { (kind(visit, one.kind)) " " } (visit.pick(&one.zh, &one.en))
                        @if one.count > 1 { " ×" (one.count) } " " span .quiet { (one.source) } }
                }
            }
        }
    }
}

fn kind<'t>(visit: &Visit<'_>, word: &'t str) -> &'t str {
    match word {
        "shot" => visit.say("照片", "shot"),
        "document" => visit.say("单证", "paper"),
        "field" => visit.say("字段", "field"),
        "question" => visit.say("问题", "question"),
        "attribute" => visit.say("属性", "attribute"),
        other => other,
    }
}

pub(super) fn short(digest: &str) -> String {
    digest.chars().take(10).collect()
}

fn clocks(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let Some((judged, _)) = &case.contract else {
        return html! {};
    };
    let notices = judged.assessment.notices.iter();
    let timed = notices.filter_map(|one| one.clock.as_ref());
    let open = judged
        .assessment
        .clocks
        .iter()
        .filter(|one| one.leads)
        .chain(timed);
    html! {
        section .panel #clocks {
            h2 { (visit.say("时限与告知", "Clocks and notices")) }
            table { tbody { @for clock in open { (clock_row(visit, case, clock)) } } }
        }
    }
}

/// Rows that people keep about the case, and where to write another.
fn kept(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let (user, number) = (&visit.session.user, &case.row.number);
    let count = |id: &str| {
        let mut all = case.kept.iter();
        all.find(|(known, _)| known == id)
            .map_or(0, |(_, rows)| *rows)
    };
    let registers = || register::all().filter(|one| one.case != CaseLink::Never);
    html! {
        section .panel #kept {
            h2 { (visit.say("登记与告知", "Registers and notices")) }
            p { a href={ "/console/case/" (number) "/notices" } { (visit.say("应告知事项：拟稿与记录", "Notices: drafts and record")) } }
            ul .plain {
                @for one in registers().filter(|one| user.has(one.read) && count(one.id) > 0) {
                    li { a href={ "/console/table/" (one.id) "?case=" (number) } { (visit.say(one.name.0, one.name.1)) }
                        " " span .count { (count(one.id)) } }
                }
            }
            details {
                summary { (visit.say("新增登记", "Write a row")) }
                ul .plain {
                    @for one in registers().filter(|one| user.has(one.write) && one.id != notice::ID) {
                        li { a href={ "/console/table/" (one.id) "/new?case=" (number) } { (visit.say(one.name.0, one.name.1)) } }
                    }
                }
            }
        }
    }
}

fn clock_row(visit: &Visit<'_>, case: &CasePage, clock: &Running) -> Markup {
    let (zh, en, style) = word::clock_state(clock.state);
    let told = case.told.iter().find(|told| told.what == clock.id);
    let waits = matches!(clock.state, ClockState::Running | ClockState::Overdue);
    html! {
        tr {
            td { (visit.pick(&clock.zh, &clock.en)) br;
                span .quiet { @if let Some(limit) = &clock.limit { (limit) " · " } (clock.source) } }
            td .num {
                @if let Some(told) = told {
                    span .mark .good { (visit.say("已告知", "told")) } br; span .quiet { (told.by) " " (told.channel) }
                } @else {
                    span class={ "mark " (style) } { (visit.say(zh, en)) }
                    @if let Some(due) = &clock.due { br; span .quiet { (word::time(due.at())) } }
                    @if waits && visit.session.user.has(Right::Tell) { (tell(visit, case, &clock.id)) }
                }
            }
        }
    }
}

fn tell(visit: &Visit<'_>, case: &CasePage, what: &str) -> Markup {
    html! {
        details .tell {
            summary { (visit.say("已告知？", "Told?")) }
            form method="post" action={ "/console/case/" (case.row.number) "/tell" } .stack {
                (frame::hidden(visit))
                input type="hidden" name="what" value=(what);
                label { (visit.say("方式与内容", "How, and what was said")) input name="channel" required maxlength="60"; }
                button { (visit.say("记录", "Note")) }
            }
        }
    }
}

/// What became of the fields to mend.
fn returned(visit: &Visit<'_>, case: &CasePage) -> Markup {
    if case.returned.is_empty() {
        return html! {};
    }
    let label = |path: &str| match path.parse::<FieldPath>() {
        Ok(path) => case_record::label(visit, &path),
        Err(_) => path.to_owned(),
    };
    let masked = |path: &str, values: &[String]| {
        let shown: Vec<String> = values
            .iter()
            .map(|one| visit.sight.value(&case.row.contract, (path, one)))
            .collect();
        shown.join(" / ")
    };
    html! {
        section #returned {
            h2 { (visit.say("退回补正", "Returned for these fields")) }
            table {
                thead { tr { th scope="col" { (visit.say("字段", "Field")) } th scope="col" { (visit.say("当时", "Then")) }
                    th scope="col" { (visit.say("答复", "Answer")) } th scope="col" { (visit.say("由谁 · 何时", "Who, when")) } } }
                tbody { @for field in &case.returned { tr {
                    td { (label(&field.path)) }
                    td { (masked(&field.path, &field.then)) }
                    @if field.answers.is_empty() { td colspan="2" { span .mark .runs { (visit.say("等待现场答复", "waits for the field")) } } }
                    @else { @let values: Vec<String> = field.answers.iter().map(|one| one.value.clone()).collect();
                        td { (masked(&field.path, &values)) }
                        td .quiet { @for one in &field.answers { (one.user) " " (word::time(one.wall)) " " } } }
                } } }
            }
        }
    }
}

fn draft(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let path = format!("/console/case/{}/draft", case.row.number);
    html! {
        section .panel {
            h2 { (visit.say("我的草稿", "My draft")) }
            form method="post" action=(path) .stack {
                (frame::hidden(visit))
                label { span .away { (visit.say("草稿", "Draft")) }
                    textarea name="draft" rows="3" maxlength="1200" { (case.draft.as_deref().unwrap_or_default()) } }
                div .row { button { (visit.say("保存", "Keep")) } span .quiet { (visit.say("只有您能看到；作出决定后删除。", "Only you see it; a decision removes it.")) } }
            }
        }
    }
}

/// The path of a picture.
pub(super) fn picture(case: &CasePage, digest: &Digest) -> String {
    format!("/console/photo/{}/{digest}", case.row.scope)
}
