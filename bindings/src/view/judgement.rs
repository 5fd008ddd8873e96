//! What the contract says to a case: insured or not, what is paid with its steps, what is due and
//! what is missing. Drawn from the core's assessment; nothing is computed here.

use lossbook_core::app::Judged;
use lossbook_core::rules::{
    Answer, Assessment, ClockState, CoverPayable, Missing, NoSurveyAnswer, NoSurveyResult, Reason,
    Running, Standing, Step,
};

use super::list::Amount;
use crate::words::Words;

/// Insured or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum CoverAnswer {
    /// It is.
    Covered,
    /// It is not.
    NotCovered,
    /// Nobody in the field can say.
    HeadOffice,
}

/// Why, with the place in the contract.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReasonView {
    /// Stable.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What it is about: an id, a number.
    pub about: String,
    /// Where it stands in the contract.
    pub source: String,
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        Self {
            code: reason.code.clone(),
            zh: reason.zh.clone(),
            en: reason.en.clone(),
            about: reason.about.clone(),
            source: reason.source.clone(),
        }
    }
}

fn reasons(all: &[Reason]) -> Vec<ReasonView> {
    all.iter().map(ReasonView::from).collect()
}

/// One step towards what is paid.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StepView {
    /// `lines`, `excluded`, `proportion`, `received`, `deductible`, `limit` or `rescue`.
    pub step: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What it adds or takes.
    pub change: Amount,
    /// What stands after it.
    pub after: Amount,
    /// Where the rule stands.
    pub source: String,
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> Self {
        Self {
            step: step.step.to_owned(),
            zh: step.zh.clone(),
            en: step.en.clone(),
            change: step.change.into(),
            after: step.after.into(),
            source: step.source.clone(),
        }
    }
}

/// The way of one cover.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CoverView {
    /// Its id.
    pub cover: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What is left of the limit; nothing when unknown.
    pub limit_left: Option<Amount>,
    /// The steps in order.
    pub steps: Vec<StepView>,
    /// What it pays; nothing when the limit is unknown.
    pub payable: Option<Amount>,
}

impl From<&CoverPayable> for CoverView {
    fn from(cover: &CoverPayable) -> Self {
        Self {
            cover: cover.cover.clone(),
            zh: cover.zh.clone(),
            en: cover.en.clone(),
            limit_left: cover.limit_left.map(Amount::from),
            steps: cover.steps.iter().map(StepView::from).collect(),
            payable: cover.payable.map(Amount::from),
        }
    }
}

/// How firm a line's price is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum LineStanding {
    /// Nothing about it is open.
    Firm,
    /// Something is missing.
    Open,
    /// Different figures stand.
    Contested,
}

/// A loss line as the contract prices it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PricedLine {
    /// The row's id.
    pub id: String,
    /// The contract's id of the item.
    pub item: String,
    /// Whether a cover pays it.
    pub covered: bool,
    /// What it comes to.
    pub amount: Amount,
    /// How that was computed, for people.
    pub formula: String,
    /// How firm it is.
    pub standing: LineStanding,
    /// What is worth saying about it.
    pub reasons: Vec<ReasonView>,
}

/// Whether a visit may be skipped.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NoSurveyView {
    /// `yes`, `no`, `suspended` or `head_office`, with words.
    pub answer: Words,
    /// Why.
    pub basis: Vec<ReasonView>,
}

/// A time limit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClockView {
    /// Its id.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What it is about; the earliest of a topic leads.
    pub topic: String,
    /// The limit in words, such as `15 min`; nothing when the contract leaves it blank.
    pub limit: Option<String>,
    /// When it is due, in milliseconds since 1970 UTC.
    pub due_ms: Option<i64>,
    /// The same in the contract's zone, with its offset.
    pub due_text: Option<String>,
    /// `not_started`, `no_number`, `paused`, `running`, `overdue`, `in_time`, `late` or `at_once`,
    /// with words.
    pub state: Words,
    /// Whether it is the earliest of its topic.
    pub leads: bool,
    /// Where it stands.
    pub source: String,
}

/// Something that the contract asks for and the case lacks.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MissingView {
    /// `shot`, `document`, `field`, `attribute` or `answer`.
    pub kind: String,
    /// Its id; a shot's goes into a photo's `slot`.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// The line it belongs to, if to one.
    pub line: Option<String>,
    /// How many are missing.
    pub count: u32,
    /// Where it stands.
    pub source: String,
}

impl From<&Missing> for MissingView {
    fn from(missing: &Missing) -> Self {
        Self {
            kind: missing.kind.to_owned(),
            id: missing.id.clone(),
            zh: missing.zh.clone(),
            en: missing.en.clone(),
            line: missing.line.clone(),
            count: missing.count,
            source: missing.source.clone(),
        }
    }
}

/// Where the review stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReviewView {
    /// The next round.
    pub next_round: Option<String>,
    /// Whose it is.
    pub role: Option<String>,
    /// Whether every round is passed.
    pub passed: bool,
    /// What stands in the way.
    pub obstacles: Vec<ReasonView>,
}

/// What the contract says to a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Judgement {
    /// The contract's rule pack.
    pub pack: String,
    /// Its version.
    pub pack_version: String,
    /// Its digest.
    pub pack_digest: String,
    /// Insured or not.
    pub answer: CoverAnswer,
    /// Why.
    pub reasons: Vec<ReasonView>,
    /// All lines before any deduction; nothing without lines.
    pub assessed: Option<Amount>,
    /// The lines that no cover pays.
    pub excluded: Amount,
    /// Cover by cover, with steps.
    pub covers: Vec<CoverView>,
    /// What is paid; nothing when a limit is unknown.
    pub payable: Option<Amount>,
    /// The same in capitals (人民币大写), when exact.
    pub capital: Option<String>,
    /// Whether nothing about it is open.
    pub is_final: bool,
    /// The lines, priced.
    pub lines: Vec<PricedLine>,
    /// Settlement tier.
    pub tier: Option<String>,
    /// Simple, ordinary, complex.
    pub case_class: Option<String>,
    /// Service zone.
    pub zone: Option<String>,
    /// Whether a visit may be skipped, where the contract knows of that.
    pub no_survey: Option<NoSurveyView>,
    /// What is due when.
    pub clocks: Vec<ClockView>,
    /// What is missing: shots, papers, fields, answers.
    pub missing: Vec<MissingView>,
    /// Where the review stands.
    pub review: ReviewView,
    /// Everything else worth saying.
    pub findings: Vec<ReasonView>,
    /// What was written and no rule knows.
    pub unmatched: Vec<ReasonView>,
}

impl From<&Judged> for Judgement {
    fn from(judged: &Judged) -> Self {
        let Assessment {
            case: _,
            pack,
            service_pack: _,
            law: _,
            calendar: _,
            cover,
            lines,
            money,
            tier,
            class,
            zone,
            no_survey,
            clocks,
            notices: _,
            missing,
            review,
            findings,
            kpis: _,
        } = &judged.assessment;
        Self {
            pack: pack.id.clone(),
            pack_version: pack.version.clone(),
            pack_digest: pack.digest.to_hex(),
            answer: match cover.answer {
                Answer::Covered => CoverAnswer::Covered,
                Answer::NotCovered => CoverAnswer::NotCovered,
                Answer::HeadOffice => CoverAnswer::HeadOffice,
            },
            reasons: reasons(&cover.reasons),
            assessed: money.assessed.map(Amount::from),
            excluded: money.excluded.into(),
            covers: money.covers.iter().map(CoverView::from).collect(),
            payable: money.payable.map(Amount::from),
            capital: money.capital.clone(),
            is_final: money.is_final,
            lines: lines.iter().map(priced).collect(),
            tier: tier.clone(),
            case_class: class.clone(),
            zone: zone.clone(),
            no_survey: no_survey.as_ref().map(no_survey_view),
            clocks: clocks.iter().map(clock).collect(),
            missing: missing.iter().map(MissingView::from).collect(),
            review: ReviewView {
                next_round: review.next.clone(),
                role: review.role.clone(),
                passed: review.passed,
                obstacles: reasons(&review.obstacles),
            },
            findings: reasons(findings),
            unmatched: reasons(&judged.unmatched),
        }
    }
}

fn priced(line: &lossbook_core::rules::PricedLine) -> PricedLine {
    PricedLine {
        id: line.id.clone(),
        item: line.item.clone(),
        covered: line.covered,
        amount: line.amount.into(),
        formula: line.formula.clone(),
        standing: match line.standing {
            Standing::Firm => LineStanding::Firm,
            Standing::Open => LineStanding::Open,
            Standing::Contested => LineStanding::Contested,
        },
        reasons: reasons(&line.reasons),
    }
}

fn no_survey_view(result: &NoSurveyResult) -> NoSurveyView {
    let (code, zh, en) = match result.answer {
        NoSurveyAnswer::Yes => ("yes", "可以免查勘", "no visit is needed"),
        NoSurveyAnswer::No => ("no", "须现场查勘", "a visit is needed"),
        NoSurveyAnswer::Suspended => (
            "suspended",
            "暂不能免查勘",
            "not until something is cleared up",
        ),
        NoSurveyAnswer::HeadOffice => ("head_office", "由总部决定", "head office decides"),
    };
    NoSurveyView {
        answer: Words::new(code, zh, en),
        basis: reasons(&result.basis),
    }
}

const fn clock_words(state: ClockState) -> (&'static str, &'static str, &'static str) {
    match state {
        ClockState::NotStarted => ("not_started", "未开始", "not started"),
        ClockState::NoNumber => (
            "no_number",
            "合同未规定时限",
            "the contract gives no number",
        ),
        ClockState::Paused => ("paused", "暂停", "paused"),
        ClockState::Running => ("running", "计时中", "running"),
        ClockState::Overdue => ("overdue", "已超时", "overdue"),
        ClockState::InTime => ("in_time", "按时完成", "done in time"),
        ClockState::Late => ("late", "超时完成", "done late"),
        ClockState::AtOnce => ("at_once", "立即", "at once"),
    }
}

fn clock(clock: &Running) -> ClockView {
    let (code, zh, en) = clock_words(clock.state);
    ClockView {
        id: clock.id.clone(),
        zh: clock.zh.clone(),
        en: clock.en.clone(),
        topic: clock.topic.clone(),
        limit: clock.limit.clone(),
        due_ms: clock.due.as_ref().map(|due| due.at().0),
        due_text: clock.due.as_ref().map(ToString::to_string),
        state: Words::new(code, zh, en),
        leads: clock.leads,
        source: clock.source.clone(),
    }
}
