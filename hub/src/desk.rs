//! What the queues of the console read, made from record, decisions and contract.
//!
//! Written in the transaction that changed a case (see [`follow`]), so a queue never shows what is
//! not so; made anew by [`rebuild`] when a rule pack changed. Where a case waits follows from its
//! status, its signature, its disputes and the rounds of its contract; nobody puts it there.
//!
//! Refuses: to decide. [`crate::office`] does, and looks at the record itself, never at these rows.

use lossbook_core::app::{Judged, ReturnedField};
use lossbook_core::domain::{CaseId, MoneyRange, StatedPosition, WallMs};
use lossbook_core::record::{FieldPath, Section};
use lossbook_core::rules::{Handling, Packs, Running};
use lossbook_core::statement::{CaseStatus, SignatureState};
use lossbook_core::store::{CaseRow, CaseStanding, StoreError, Tx};

use crate::kpi::{self, Subject};
use crate::meta::{
    CaseReads, DeskRow, Due, Evidence, Integrations as _, MetaStore, MetaTx, RegisterPart, ToldRow,
    Uploads, Waiting, in_tx,
};
use crate::no_survey;
use crate::page::text::Language;
use crate::refusal::Refusal;
use crate::register::value_of;

/// So many cases are made anew in one transaction.
const CASES_AT_ONCE: u32 = 50;

/// Every queue, in the order people work through them: word, Chinese, English.
pub const QUEUES: [(&str, &str, &str); 11] = [
    (NEW, "待派查勘", "New reports"),
    (DISPUTES, "争议待裁定", "Disputes"),
    (RETURNED, "已退回，待现场答复", "Returned, waiting"),
    (ANSWERED, "退回已答复", "Returned, answered"),
    (
        "review:claims_specialist",
        "第一轮：理赔专员",
        "Review: claims specialist",
    ),
    (
        "review:review_supervisor",
        "第二轮：审核主管",
        "Review: review supervisor",
    ),
    ("review:finance", "第三轮：财务", "Review: finance"),
    ("review:reviewer", "审核（单轮）", "Review, one round"),
    (PAYMENTS, "待支付", "Payments"),
    (CLOSING, "待结案", "To close"),
    (REOPENED, "变更待复核", "Reopened"),
];

const NEW: &str = "new";
const DISPUTES: &str = "disputes";
const RETURNED: &str = "returned";
const ANSWERED: &str = "answered";
const PAYMENTS: &str = "payments";
const CLOSING: &str = "closing";
const REOPENED: &str = "reopened";
/// Cases whose photos are still on a phone.
pub const PHOTOS: &str = "photos";

/// Writes what the queues know of the cases that a transaction wrote in.
///
/// # Errors
/// As the store fails.
pub fn follow(tx: &Tx<'_>, cases: &[CaseId]) -> Result<(), StoreError> {
    cases.iter().try_for_each(|case| {
        project(tx, *case)?;
        tx.note_event(*case)
    })
}

/// Makes everything the queues know anew, some cases at a time; says how many.
///
/// # Errors
/// As the store fails.
pub fn rebuild(store: &dyn MetaStore) -> Result<u64, Refusal> {
    let (mut after, mut count) = (None, 0);
    loop {
        let cases = in_tx(store, |tx| {
            let cases = tx.cases_after(after, CASES_AT_ONCE)?;
            cases.iter().try_for_each(|case| project(tx, *case))?;
            Ok(cases)
        })?;
        let Some(last) = cases.last() else {
            return Ok(count);
        };
        after = Some(*last);
        count += cases.len() as u64;
    }
}

/// What is payable of a case, in fen, if every round of review has passed; from the record and
/// the decisions themselves.
pub(crate) fn granted(
    tx: &(impl MetaTx + ?Sized),
    case: CaseId,
) -> Result<Option<i64>, StoreError> {
    let found = tx.case_named(&case.to_string())?;
    let Some((row, standing)) = found.zip(tx.case_standing(case)?) else {
        return Ok(None);
    };
    let look = look_at(tx, (&row, &standing))?;
    Ok(look.is_passed().then(|| look.payable().high.fen()))
}

fn look_at<'a>(
    tx: &(impl MetaTx + ?Sized),
    (row, standing): (&'a CaseRow, &'a CaseStanding),
) -> Result<Look<'a>, StoreError> {
    Ok(Look {
        contract: CaseReads::contract_of(tx, standing, row.updated)?,
        missing: missing(tx, row.case)?,
        assigned: tx.assigned(row.case)?.map(|to| to.surveyor),
        returned: tx.returned_fields(standing)?,
        row,
        standing,
    })
}

/// Everything one case is judged by.
struct Look<'a> {
    row: &'a CaseRow,
    standing: &'a CaseStanding,
    contract: Option<(Judged, Handling)>,
    missing: u64,
    assigned: Option<String>,
    returned: Vec<ReturnedField>,
}

/// Writes what the queues know of one case.
pub(crate) fn project(tx: &(impl MetaTx + ?Sized), case: CaseId) -> Result<(), StoreError> {
    let Some(row) = tx.case_named(&case.to_string())? else {
        return Ok(());
    };
    let Some(standing) = tx.case_standing(case)? else {
        return Ok(());
    };
    let look = look_at(tx, (&row, &standing))?;
    let desk = look.desk_row(tx)?;
    tx.put_waiver(
        case,
        no_survey::waiver(look.contract.as_ref(), &desk).as_ref(),
    )?;
    let waiting = look.waiting(&desk);
    let told = tx.told(case)?;
    let mut dues = look.dues();
    dues.retain(|due| !told.iter().any(|told| told.what == due.id));
    tx.put_desk(&desk, &waiting, &dues)?;
    look.figures(tx, (&desk, &told))
}

/// Originals of a case whose bytes are not here.
fn missing(tx: &(impl MetaTx + ?Sized), case: CaseId) -> Result<u64, StoreError> {
    let mut missing = 0;
    for photo in Evidence::case_photos(tx, case)? {
        let here = || Uploads::blob(tx, photo.scope, &photo.digest);
        if photo.is_original() && here()?.is_none() {
            missing += 1;
        }
    }
    Ok(missing)
}

/// A cause as people call it and count by it; apps write the contract's id of it.
fn cause_named(packs: &Packs, contract: &str, written: &str) -> String {
    let listed = packs.peril(contract, written);
    listed.map_or_else(|| written.to_owned(), |peril| peril.rule.names.zh.clone())
}

/// The same in a reader's language; a cause that no contract lists stays as it was written.
pub(crate) fn cause_in(language: Language, packs: &Packs, row: &DeskRow) -> String {
    match language {
        Language::Chinese => row.cause.clone(),
        Language::English => packs
            .peril(&row.contract, &row.cause)
            .map_or_else(|| row.cause.clone(), |peril| peril.rule.names.en.clone()),
    }
}

impl Look<'_> {
    fn desk_row(&self, tx: &(impl MetaTx + ?Sized)) -> Result<DeskRow, StoreError> {
        let (standing, row) = (self.standing, self.row);
        let (round, role) = self.next_round();
        let payable = self.payable();
        let status = standing.status.word();
        let report = standing.record.section(Section::Report);
        let contract = report.text("contract").unwrap_or_default();
        Ok(DeskRow {
            case: row.case,
            scope: row.scope,
            number: row.number.clone(),
            household: row.household.clone(),
            place: row.place.clone(),
            cause: cause_named(&*tx.packs()?, &contract, &row.cause),
            contract,
            status: status.to_owned(),
            signature: if self.is_signed() {
                "valid".to_owned()
            } else {
                row.signature.clone()
            },
            contested: row.contested + standing.clashes.len() as u64,
            photos: row.photos,
            missing: self.missing,
            low: payable.low.fen(),
            high: payable.high.fen(),
            reported: standing.case.made_at(),
            updated: row.updated,
            surveyor: self.surveyor(tx)?,
            surveyed: self.is_surveyed(),
            approved: self.is_passed(),
            paid: matches!(standing.status, CaseStatus::Paid | CaseStatus::Closed),
            at: self.position(),
            round,
            role,
        })
    }

    /// Writes what registers and figures need of the case.
    fn figures(
        &self,
        tx: &(impl MetaTx + ?Sized),
        (desk, told): (&DeskRow, &[ToldRow]),
    ) -> Result<(), StoreError> {
        let packs = tx.packs()?;
        let judged = self.contract.as_ref().and_then(|(judged, _)| {
            let name = &judged.assessment.service_pack;
            let mut all = packs.all().iter();
            all.find(|pack| pack.digest() == name.digest)
                .map(|pack| (judged, pack))
        });
        let callbacks = tx.register_rows(RegisterPart {
            case: Some(desk.case),
            ..RegisterPart::all(kpi::CALLBACKS)
        })?;
        let ratings = callbacks
            .iter()
            .map(|row| kpi::is_satisfied(value_of(row, "satisfaction")));
        let ratings: Vec<bool> = ratings.collect();
        let subject = Subject {
            desk,
            judged,
            told,
            ratings: &ratings,
        };
        let sheet = kpi::sheet(&subject, self.standing, self.assigned.is_some());
        tx.put_figures(&sheet, &kpi::parts(&subject, &sheet))
    }

    /// Who surveys: whoever wrote that the survey began, else to whom it was given.
    fn surveyor(&self, tx: &(impl MetaTx + ?Sized)) -> Result<String, StoreError> {
        let times = self.standing.record.section(Section::Times);
        for name in ["survey_done_at", "survey_started_at", "arrived_at"] {
            let Some(one) = times.field(name).standing().first() else {
                continue;
            };
            if let Some((user, _)) = tx.writer(&one.change)? {
                return Ok(user);
            }
        }
        Ok(self.assigned.clone().unwrap_or_default())
    }

    fn is_surveyed(&self) -> bool {
        let record = &self.standing.record;
        let done = record.section(Section::Times).text("survey_done_at");
        done.is_some()
            || record
                .rows(Section::Lines)
                .any(|(_, row)| !row.is_removed())
    }

    fn is_signed(&self) -> bool {
        let mut all = self.standing.signatures.iter();
        all.any(|one| one.state == SignatureState::Valid)
    }

    /// The round that is next and who holds it; a case without a contract has one.
    fn next_round(&self) -> (u8, String) {
        let decided = matches!(
            self.standing.status,
            CaseStatus::Approved | CaseStatus::Denied | CaseStatus::Paid | CaseStatus::Closed
        );
        let Some((judged, handling)) = &self.contract else {
            return if decided {
                (0, String::new())
            } else {
                (1, "reviewer".to_owned())
            };
        };
        let review = &judged.assessment.review;
        let Some(next) = &review.next else {
            return (0, String::new());
        };
        let at = handling
            .rounds
            .iter()
            .position(|round| round.rule.id == *next);
        let number = at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(1);
        (number, review.role.clone().unwrap_or_default())
    }

    /// Whether head office has nothing left to approve.
    fn is_passed(&self) -> bool {
        match &self.standing.status {
            CaseStatus::Approved => self.next_round().0 == 0,
            CaseStatus::Paid | CaseStatus::Closed => {
                let mut all = self.standing.decisions.iter();
                all.any(|one| one.body.action == lossbook_core::statement::Action::Approve)
            }
            CaseStatus::Open
            | CaseStatus::Assigned
            | CaseStatus::Returned(_)
            | CaseStatus::Denied
            | CaseStatus::Reopened(_) => false,
        }
    }

    fn payable(&self) -> MoneyRange {
        let judged = self.contract.as_ref();
        let payable = judged.and_then(|(judged, _)| judged.assessment.money.payable);
        payable.or(self.standing.record.total()).unwrap_or_default()
    }

    fn position(&self) -> Option<(i64, i64)> {
        let record = &self.standing.record;
        let report = record.section(Section::Report).text("position");
        let objects = record
            .rows(Section::Objects)
            .filter(|(_, row)| !row.is_removed());
        let texts = objects
            .filter_map(|(_, row)| row.text("position"))
            .chain(report);
        let mut places = texts.filter_map(|text| text.parse::<StatedPosition>().ok()?.wgs84().ok());
        places
            .next()
            .map(|place| (millionths(place.lat()), millionths(place.lon())))
    }

    fn waiting(&self, desk: &DeskRow) -> Vec<Waiting> {
        let mut all = Vec::new();
        let mut wait = |queue, since, note: String| all.push(Waiting { queue, since, note });
        let decided = self.standing.decisions.last().map(|one| one.header.wall);
        let newest = decided.unwrap_or(desk.updated);
        let status = &self.standing.status;
        let is_over = matches!(
            status,
            CaseStatus::Denied | CaseStatus::Paid | CaseStatus::Closed
        );
        if *status == CaseStatus::Open && self.assigned.is_none() && !desk.surveyed {
            wait(NEW, desk.reported, String::new());
        }
        if desk.contested > 0 && *status != CaseStatus::Closed {
            wait(DISPUTES, desk.updated, self.disputed());
        }
        if desk.missing > 0 {
            wait(PHOTOS, desk.reported, String::new());
        }
        match status {
            CaseStatus::Returned(_) => match self.answered() {
                Some(since) => wait(ANSWERED, since, self.returned_note()),
                None => wait(RETURNED, newest, self.returned_note()),
            },
            CaseStatus::Approved if desk.approved => wait(PAYMENTS, newest, String::new()),
            CaseStatus::Paid | CaseStatus::Denied => wait(CLOSING, newest, String::new()),
            CaseStatus::Reopened(since) => {
                let paths: Vec<&str> = since.iter().map(|one| one.path.as_str()).collect();
                wait(REOPENED, desk.updated, field_names(&paths));
            }
            CaseStatus::Open | CaseStatus::Assigned | CaseStatus::Approved | CaseStatus::Closed => {
            }
        }
        let at_home = matches!(status, CaseStatus::Returned(_)) && self.answered().is_none();
        let ready = self.is_signed() && desk.round > 0 && !is_over && !at_home;
        let queue = QUEUES.iter().map(|(word, _, _)| *word);
        let mut queue = queue.filter(|word| word.strip_prefix("review:") == Some(&desk.role));
        if let (true, Some(queue)) = (ready, queue.next()) {
            wait(
                queue,
                self.signed_at().max(decided).unwrap_or(desk.updated),
                String::new(),
            );
        }
        all
    }

    fn signed_at(&self) -> Option<WallMs> {
        let signed = self.standing.signatures.iter().rev();
        let mut valid = signed.filter(|one| one.state == SignatureState::Valid);
        valid.next().map(|one| one.signature.header.wall)
    }

    fn disputed(&self) -> String {
        let mut paths: Vec<&str> = self.standing.binding.contested().collect();
        paths.extend(
            self.standing
                .clashes
                .iter()
                .map(|clash| match clash.path.spec() {
                    Some(spec) => spec.name,
                    None => "",
                }),
        );
        field_names(&paths)
    }

    /// When the last of the fields to mend was answered, if all were.
    fn answered(&self) -> Option<WallMs> {
        let last = |field: &ReturnedField| field.answers.iter().map(|one| one.wall).max();
        let times: Option<Vec<WallMs>> = self.returned.iter().map(last).collect();
        times?.into_iter().max()
    }

    /// Who asked for what.
    fn returned_note(&self) -> String {
        let by = self
            .standing
            .decisions
            .last()
            .map_or("", |one| one.header.user.as_str());
        let paths: Vec<&str> = self
            .returned
            .iter()
            .map(|field| field.path.as_str())
            .collect();
        format!("{by}: {}", field_names(&paths))
    }

    /// What runs, or ran out, and was not met; nothing once the case is over.
    fn dues(&self) -> Vec<Due> {
        let over = matches!(
            self.standing.status,
            CaseStatus::Closed | CaseStatus::Denied
        );
        let Some((judged, _)) = self.contract.as_ref().filter(|_| !over) else {
            return Vec::new();
        };
        let clocks = judged.assessment.clocks.iter().filter(|clock| clock.leads);
        let notices = judged
            .assessment
            .notices
            .iter()
            .filter_map(|one| one.clock.as_ref());
        // Feedback that a contract keeps among its clocks is told to somebody as well.
        let kind = |clock: &Running| match clock.stage {
            "feedback" | "callback" => "notice",
            _ => "clock",
        };
        let clocks = clocks.filter_map(|clock| due(kind(clock), clock));
        clocks
            .chain(notices.filter_map(|clock| due("notice", clock)))
            .collect()
    }
}

fn due(kind: &str, clock: &Running) -> Option<Due> {
    let (since, due) = clock.since.as_ref().zip(clock.due.as_ref())?;
    clock.done.is_none().then(|| Due {
        kind: kind.to_owned(),
        due: due.at(),
        id: clock.id.clone(),
        since: since.at(),
        zh: clock.zh.clone(),
        en: clock.en.clone(),
        source: clock.source.clone(),
    })
}

/// Names of fields in Chinese and English, at most three of them.
fn field_names(paths: &[&str]) -> String {
    let name = |path: &&str| match path.parse::<FieldPath>().ok().and_then(|path| path.spec()) {
        Some(spec) => format!("{} {}", spec.zh, spec.en),
        None => (*path).to_owned(),
    };
    let mut names: Vec<String> = paths.iter().map(name).collect();
    names.dedup();
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let names = names.join("、");
    if more > 0 {
        format!("{names} +{more}")
    } else {
        names
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees times a million stay far below the limit"
)]
fn millionths(degrees: f64) -> i64 {
    (degrees * 1_000_000.0).round() as i64
}
