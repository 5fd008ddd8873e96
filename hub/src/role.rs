//! What somebody is at head office, and what that lets them do.
//!
//! One table for the console, the JSON of the office and the command line. Up to how much a role
//! approves, and which review round it holds, is the contract's matter: the rules say so.

use std::fmt;
use std::str::FromStr;

use lossbook_core::statement::Action;

/// A role at head office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfficeRole {
    /// 管理员: people and devices; decides nothing and reads no personal data.
    Admin,
    /// 调度员: classifies reports and sends surveyors.
    Dispatcher,
    /// 查勘主管: watches the field, gives cases out, sends them back.
    SurveySupervisor,
    /// 理赔专员: first round.
    ClaimsSpecialist,
    /// 审核主管: second round; denies and opens again.
    ReviewSupervisor,
    /// 财务: last round, pays and closes.
    Finance,
    /// 审核人员: the only reviewer of a contract with one round.
    Reviewer,
    /// 审计员: reads everything and the audit, changes nothing.
    Auditor,
    /// 区域经理: reads the own region and its board.
    RegionalManager,
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{got:?} is no role of the office（不是总部角色）: use admin, dispatcher, survey_supervisor, claims_specialist, review_supervisor, finance, reviewer, auditor or regional_manager"
)]
pub struct UnknownOfficeRole {
    /// What was given.
    pub got: String,
}

/// What can be done in the office besides reading cases and deciding them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Sees cases, queues, map and board.
    ReadCases,
    /// Sees an ID number, phone or account in full, with a written reason.
    Reveal,
    /// Writes down that the insured was told something.
    Tell,
    /// Reads the audit.
    ReadAudit,
    /// Adds people and changes what they are.
    ManagePeople,
    /// Asks for an enrolment code, or confirms what another asked for.
    Enrol,
    /// Keeps the ledgers of what is set right.
    Rectify,
    /// Writes down payments, transfers and changes of payees.
    KeepPayments,
    /// Keeps policies, rosters and premiums.
    KeepPolicies,
    /// Reads the files of the staff.
    ReadStaff,
    /// Keeps the files of the staff, and who replaces whom.
    KeepStaff,
    /// Reports on a contract to the buyer, and closes it.
    CloseContract,
    /// Sees the amounts of a contract that keeps them confidential.
    ReadAmounts,
}

use OfficeRole::{
    Admin, Auditor, ClaimsSpecialist, Dispatcher, Finance, RegionalManager, ReviewSupervisor,
    Reviewer, SurveySupervisor,
};

impl OfficeRole {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 9] = [
        Admin,
        Dispatcher,
        SurveySupervisor,
        ClaimsSpecialist,
        ReviewSupervisor,
        Finance,
        Reviewer,
        Auditor,
        RegionalManager,
    ];

    /// The word in JSON, on the command line and in rule packs.
    pub const fn word(self) -> &'static str {
        match self {
            Admin => "admin",
            Dispatcher => "dispatcher",
            SurveySupervisor => "survey_supervisor",
            ClaimsSpecialist => "claims_specialist",
            ReviewSupervisor => "review_supervisor",
            Finance => "finance",
            Reviewer => "reviewer",
            Auditor => "auditor",
            RegionalManager => "regional_manager",
        }
    }

    /// Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Admin => ("管理员", "Administrator"),
            Dispatcher => ("调度员", "Dispatcher"),
            SurveySupervisor => ("查勘主管", "Survey supervisor"),
            ClaimsSpecialist => ("理赔专员", "Claims specialist"),
            ReviewSupervisor => ("审核主管", "Review supervisor"),
            Finance => ("财务", "Finance"),
            Reviewer => ("审核人员", "Reviewer"),
            Auditor => ("审计员", "Auditor"),
            RegionalManager => ("区域经理", "Regional manager"),
        }
    }

    /// Whether it may take this decision.
    pub const fn may_decide(self, action: Action) -> bool {
        match action {
            Action::Assign => matches!(self, Dispatcher | SurveySupervisor | Reviewer),
            Action::Return => matches!(
                self,
                SurveySupervisor | ClaimsSpecialist | ReviewSupervisor | Finance | Reviewer
            ),
            Action::Approve => {
                matches!(
                    self,
                    ClaimsSpecialist | ReviewSupervisor | Finance | Reviewer
                )
            }
            Action::Deny | Action::Reopen => matches!(self, ReviewSupervisor | Reviewer),
            Action::Supplement => {
                matches!(self, ClaimsSpecialist | ReviewSupervisor | Reviewer)
            }
            Action::Pay | Action::Close => matches!(self, Finance | Reviewer),
        }
    }

    /// Whether it has this right.
    pub const fn has(self, right: Right) -> bool {
        match right {
            Right::ReadCases => !matches!(self, Admin),
            Right::Reveal => matches!(
                self,
                ClaimsSpecialist | ReviewSupervisor | Finance | Reviewer
            ),
            Right::Tell => !matches!(self, Admin | Auditor | RegionalManager),
            Right::ReadAudit => matches!(self, Auditor),
            Right::ManagePeople => matches!(self, Admin),
            Right::Enrol => matches!(self, Admin | SurveySupervisor),
            Right::Rectify => matches!(
                self,
                SurveySupervisor | ReviewSupervisor | Reviewer | RegionalManager
            ),
            Right::KeepPayments => matches!(self, Finance | Reviewer),
            Right::KeepPolicies => {
                matches!(
                    self,
                    ClaimsSpecialist | ReviewSupervisor | Finance | Reviewer
                )
            }
            Right::ReadStaff => !matches!(self, ClaimsSpecialist | Finance),
            Right::KeepStaff => matches!(self, Admin | SurveySupervisor | Reviewer),
            Right::CloseContract => {
                matches!(self, ReviewSupervisor | Reviewer | RegionalManager)
            }
            Right::ReadAmounts => matches!(
                self,
                ClaimsSpecialist | ReviewSupervisor | Finance | Reviewer | Auditor
            ),
        }
    }
}

impl fmt::Display for OfficeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for OfficeRole {
    type Err = UnknownOfficeRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|role| role.word() == text)
            .ok_or_else(|| UnknownOfficeRole {
                got: text.to_owned(),
            })
    }
}
