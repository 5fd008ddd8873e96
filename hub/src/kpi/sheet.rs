//! What registers need of a case: drawn from its record, its decisions and its contract's clocks.

use lossbook_core::domain::WallMs;
use lossbook_core::record::{CaseRecord, Row, Section, Value};
use lossbook_core::rules::Running;
use lossbook_core::statement::{Action, CaseStatus};
use lossbook_core::store::CaseStanding;

use super::Subject;
use crate::meta::figure::{Sheet, StepTime};
use crate::office::masked;

/// So many damaged places are named; more are counted.
const PLACES: usize = 6;

/// The five steps of service (R135): clocks that stand for each, the first with a number, and
/// times of the record that tell when it was done where no clock does.
const STEPS: [(&[&str], &[&str]); 5] = [
    (
        &["response", "contact", "acceptance"],
        &["responded_at", "contacted_at"],
    ),
    (
        &["survey", "arrival", "departure"],
        &["survey_done_at", "arrived_at"],
    ),
    (&["review", "decision"], &[]),
    (&["payment"], &[]),
    (&["callback"], &[]),
];

/// A decision: when, why, who.
struct Decided {
    at: WallMs,
    reason: String,
    by: String,
    action: Action,
}

/// The sheet of a case.
pub(crate) fn sheet(subject: &Subject<'_>, standing: &CaseStanding, is_given: bool) -> Sheet {
    let record = &standing.record;
    let report = record.section(Section::Report);
    let text = |name: &str| report.text(name).unwrap_or_default();
    let desk = subject.desk;
    let review = newest(standing, &[Action::Approve, Action::Return, Action::Deny]);
    let paid = newest(standing, &[Action::Pay]).filter(|_| desk.paid);
    let is_closed = matches!(standing.status, CaseStatus::Closed);
    let closed = newest(standing, &[Action::Close]).filter(|_| is_closed);
    let decided = decided(subject, standing);
    let mut steps = STEPS.map(|(clocks, times)| step(subject, clocks, first_time(record, times)));
    let [_, _, review_step, pay_step, _] = &mut steps;
    review_step.done = review_step.done.or(decided);
    pay_step.done = pay_step.done.or(paid.as_ref().map(|one| one.at));
    Sheet {
        case: desk.case,
        scope: desk.scope,
        contract: plain(&desk.contract).to_owned(),
        received: first_time(record, &["report_received_at"]).unwrap_or(desk.reported),
        reporter: text("reporter"),
        phone: masked("report.phone", &text("phone")),
        situation: situation(&desk.cause, &text("course")),
        handed: is_given || desk.surveyed || !matches!(standing.status, CaseStatus::Open),
        plate: standing_rows(record, Section::Objects)
            .find_map(|row| row.text("plate"))
            .unwrap_or_default(),
        assessed: record.total().map(|total| total.high.fen()),
        damage: damage(record),
        opinion: review.as_ref().map_or_else(String::new, opinion),
        reviewed: review.as_ref().map(|one| one.at),
        reviewer: review.map_or_else(String::new, |one| one.by),
        decided,
        paid_at: paid.as_ref().map(|one| one.at),
        paid: paid.map(|_| desk.high),
        closed: closed.map(|one| one.at),
        lacking: lacking(subject),
        arrival: step(subject, &["arrival"], first_time(record, &["arrived_at"])),
        steps,
    }
}

/// A contract's id without its version.
pub(crate) fn plain(contract: &str) -> &str {
    contract.split('@').next().unwrap_or_default()
}

fn newest(standing: &CaseStanding, actions: &[Action]) -> Option<Decided> {
    let all = standing.decisions.iter().rev();
    let mut all = all.filter(|one| actions.contains(&one.body.action));
    all.next().map(|one| Decided {
        at: one.header.wall,
        reason: one.body.reason.clone(),
        by: one.header.user.clone(),
        action: one.body.action,
    })
}

/// What a review said, as the table of reviews wants it: `定损合理，通过审核`.
fn opinion(review: &Decided) -> String {
    let word = match review.action {
        Action::Approve => "通过审核",
        Action::Return => "退回补正",
        Action::Deny => "拒赔",
        Action::Assign | Action::Pay | Action::Close | Action::Reopen | Action::Supplement => "",
    };
    if review.reason.is_empty() {
        word.to_owned()
    } else {
        format!("{}，{word}", review.reason.trim_end_matches(['。', '，']))
    }
}

/// When the claim was decided: with its last round, or by a denial that stands.
fn decided(subject: &Subject<'_>, standing: &CaseStanding) -> Option<WallMs> {
    let actions: &[Action] = match standing.status {
        CaseStatus::Denied => &[Action::Deny],
        CaseStatus::Approved | CaseStatus::Paid if subject.desk.approved => &[Action::Approve],
        CaseStatus::Closed => &[Action::Approve, Action::Deny],
        CaseStatus::Open
        | CaseStatus::Assigned
        | CaseStatus::Returned(_)
        | CaseStatus::Approved
        | CaseStatus::Paid
        | CaseStatus::Reopened(_) => &[],
    };
    newest(standing, actions).map(|one| one.at)
}

/// A step by the first of its clocks that has a number, else by the first there is.
fn step(subject: &Subject<'_>, clocks: &[&str], noted: Option<WallMs>) -> StepTime {
    let of_id = |id: &&str| {
        let mut all = subject.clocks().map(|(_, clock)| clock);
        all.find(|clock| clock.id == *id)
    };
    let found: Vec<&Running> = clocks.iter().filter_map(of_id).collect();
    let numbered = found.iter().find(|clock| clock.due.is_some());
    let clock = numbered.or(found.first());
    StepTime {
        due: clock.and_then(|clock| clock.due.as_ref().map(|due| due.at())),
        done: clock.and_then(|clock| subject.done(clock)).or(noted),
    }
}

/// The first of these times that somebody noted; of several people the earliest counts.
fn first_time(record: &CaseRecord, names: &[&str]) -> Option<WallMs> {
    let times = record.section(Section::Times);
    names.iter().find_map(|name| {
        let noted = times.field(name).standing().iter();
        let noted = noted.filter_map(|one| match one.value {
            Value::Time(at) => Some(at),
            Value::Text(_) | Value::Money(_) | Value::Number(_) | Value::Digest(_) => None,
        });
        noted.min()
    })
}

fn situation(cause: &str, course: &str) -> String {
    match (cause.trim(), course.trim()) {
        (cause, "") => cause.to_owned(),
        ("", course) => course.to_owned(),
        (cause, course) => format!("{cause}：{course}"),
    }
}

/// Rows of a section that nobody withdrew.
fn standing_rows(record: &CaseRecord, section: Section) -> impl Iterator<Item = &Row> {
    let rows = record.rows(section).map(|(_, row)| row);
    rows.filter(|row| !row.is_removed())
}

/// What is damaged: measured damage where there is some, else the loss items.
fn damage(record: &CaseRecord) -> String {
    let joined = |row: &Row, names: &[&str]| {
        let all = names.iter().filter_map(|name| row.text(name));
        all.collect::<Vec<_>>().join(" ")
    };
    let measured =
        standing_rows(record, Section::Damage).map(|row| joined(row, &["room", "grade"]));
    let items = standing_rows(record, Section::Lines).map(|row| joined(row, &["room", "item"]));
    let mut places: Vec<String> = measured.filter(|text| !text.is_empty()).collect();
    if places.is_empty() {
        places = items.filter(|text| !text.is_empty()).collect();
    }
    let more = places.len().saturating_sub(PLACES);
    places.truncate(PLACES);
    let text = places.join("；");
    if more > 0 {
        format!("{text}；+{more}")
    } else {
        text
    }
}

/// Fields that the contract asks for and nobody filled.
fn lacking(subject: &Subject<'_>) -> u64 {
    let Some((judged, _)) = subject.judged else {
        return 0;
    };
    let missing = judged.assessment.missing.iter();
    missing.filter(|one| one.kind == "field").count() as u64
}
