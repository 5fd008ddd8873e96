//! What can happen to a case: the ends of every clock.

use serde::{Deserialize, Serialize};

/// A thing that happened at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table below names each in two languages")]
pub enum Event {
    Accident,
    Discovered,
    ReportReceived,
    ReportAccepted,
    Contacted,
    Responded,
    Departed,
    Arrived,
    SurveyStarted,
    SurveyDone,
    AssessmentDone,
    AssessmentAgreed,
    DocumentsRequested,
    DocumentsComplete,
    ReviewPassed,
    ReviewFailed,
    Decided,
    AgreementReached,
    Approved,
    Denied,
    DenialNotified,
    ResultNotified,
    Paid,
    PaymentConfirmed,
    Closed,
    MajorDeclared,
    TeamFormed,
    AnalysisDone,
    PlanReported,
    PolicyEffective,
    NoSurveyTold,
    ComplaintReceived,
    ComplaintOpinion,
    ComplaintClosed,
    InquiryReceived,
    InquiryAnswered,
    ProblemReceived,
    ProblemSolved,
    SolutionTold,
    FirstFeedback,
    SurveyFeedback,
    ProgressFeedback,
    ClosingFeedback,
    CallbackDone,
    RepairStarted,
}

/// Key, Chinese, English of every event.
const NAMES: &[(Event, &str, &str, &str)] = &[
    (Event::Accident, "accident", "事故发生", "accident"),
    (
        Event::Discovered,
        "discovered",
        "发现事故",
        "loss discovered",
    ),
    (
        Event::ReportReceived,
        "report_received",
        "接到报案",
        "report received",
    ),
    (
        Event::ReportAccepted,
        "report_accepted",
        "受理报案",
        "report accepted",
    ),
    (
        Event::Contacted,
        "contacted",
        "首次电话联系",
        "first contact",
    ),
    (
        Event::Responded,
        "responded",
        "启动响应",
        "response started",
    ),
    (Event::Departed, "departed", "出发", "departed"),
    (
        Event::Arrived,
        "arrived",
        "到达现场",
        "arrived on the scene",
    ),
    (
        Event::SurveyStarted,
        "survey_started",
        "查勘开始",
        "survey started",
    ),
    (
        Event::SurveyDone,
        "survey_done",
        "查勘完成",
        "survey complete",
    ),
    (
        Event::AssessmentDone,
        "assessment_done",
        "定损完成",
        "loss assessed",
    ),
    (
        Event::AssessmentAgreed,
        "assessment_agreed",
        "定损确认",
        "assessment agreed",
    ),
    (
        Event::DocumentsRequested,
        "documents_requested",
        "通知补充材料",
        "papers asked for",
    ),
    (
        Event::DocumentsComplete,
        "documents_complete",
        "材料齐全",
        "papers complete",
    ),
    (
        Event::ReviewPassed,
        "review_passed",
        "审核通过",
        "review passed",
    ),
    (
        Event::ReviewFailed,
        "review_failed",
        "审核未通过",
        "review failed",
    ),
    (Event::Decided, "decided", "作出核定", "claim decided"),
    (
        Event::AgreementReached,
        "agreement_reached",
        "达成赔偿协议",
        "settlement agreed",
    ),
    (Event::Approved, "approved", "核赔通过", "approved"),
    (Event::Denied, "denied", "决定拒赔", "denied"),
    (
        Event::DenialNotified,
        "denial_notified",
        "拒赔通知送达",
        "denial notified",
    ),
    (
        Event::ResultNotified,
        "result_notified",
        "结果通知",
        "result notified",
    ),
    (Event::Paid, "paid", "支付赔款", "paid"),
    (
        Event::PaymentConfirmed,
        "payment_confirmed",
        "收款确认",
        "payment confirmed",
    ),
    (Event::Closed, "closed", "结案", "closed"),
    (
        Event::MajorDeclared,
        "major_declared",
        "认定重大事故",
        "major accident declared",
    ),
    (
        Event::TeamFormed,
        "team_formed",
        "应急小组成立",
        "emergency team formed",
    ),
    (
        Event::AnalysisDone,
        "analysis_done",
        "分析完成",
        "analysis done",
    ),
    (
        Event::PlanReported,
        "plan_reported",
        "汇报初步方案",
        "initial plan reported",
    ),
    (
        Event::PolicyEffective,
        "policy_effective",
        "保险单生效",
        "policy in force",
    ),
    (
        Event::NoSurveyTold,
        "no_survey_told",
        "告知免查勘",
        "no-survey told",
    ),
    (
        Event::ComplaintReceived,
        "complaint_received",
        "接到投诉",
        "complaint received",
    ),
    (
        Event::ComplaintOpinion,
        "complaint_opinion",
        "投诉初步意见",
        "first opinion on the complaint",
    ),
    (
        Event::ComplaintClosed,
        "complaint_closed",
        "投诉办结",
        "complaint closed",
    ),
    (
        Event::InquiryReceived,
        "inquiry_received",
        "接到咨询",
        "inquiry received",
    ),
    (
        Event::InquiryAnswered,
        "inquiry_answered",
        "答复咨询",
        "inquiry answered",
    ),
    (
        Event::ProblemReceived,
        "problem_received",
        "接到问题",
        "problem received",
    ),
    (
        Event::ProblemSolved,
        "problem_solved",
        "问题解决",
        "problem solved",
    ),
    (
        Event::SolutionTold,
        "solution_told",
        "反馈解决结果",
        "solution told",
    ),
    (
        Event::FirstFeedback,
        "first_feedback",
        "首次反馈",
        "first feedback",
    ),
    (
        Event::SurveyFeedback,
        "survey_feedback",
        "查勘后反馈",
        "feedback after survey",
    ),
    (
        Event::ProgressFeedback,
        "progress_feedback",
        "进度反馈",
        "progress feedback",
    ),
    (
        Event::ClosingFeedback,
        "closing_feedback",
        "结案反馈",
        "feedback after closing",
    ),
    (
        Event::CallbackDone,
        "callback_done",
        "回访完成",
        "callback done",
    ),
    (
        Event::RepairStarted,
        "repair_started",
        "开始维修",
        "repair started",
    ),
];

impl Event {
    /// The event of that key.
    pub fn named(key: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.1 == key).map(|row| row.0)
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static str, &'static str)> {
        NAMES.iter().find(|row| row.0 == self)
    }

    /// Its key in files.
    pub fn key(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// Chinese.
    pub fn zh(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    /// English.
    pub fn en(self) -> &'static str {
        self.row().map_or("", |row| row.3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_written_as_its_key() {
        for (event, key, zh, en) in NAMES {
            assert_eq!(serde_json::to_string(event).unwrap(), format!("\"{key}\""));
            assert_eq!(Event::named(key), Some(*event));
            assert!(!zh.is_empty() && !en.is_empty());
        }
        assert_eq!(NAMES.len(), Event::RepairStarted as usize + 1);
    }
}
