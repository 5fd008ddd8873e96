//! Notices as they were given: by a channel of the contract, with all it asks to be said, and
//! without a time that nobody stated.
//!
//! What is owed stands in the contract's pack; [`drafts`] writes it out with what the case holds.
//! What the case does not hold is left as a gap in 【brackets】 that a person fills.

mod span;

use std::collections::BTreeSet;

use lossbook_core::app::Judged;
use lossbook_core::domain::{CaseId, Money, WallMs};
use lossbook_core::rules::Notice;
use lossbook_core::store::StoreError;

use super::{CaseLink, Choice, Field, Kind, Proposed, Register, day_of, value_of};
use crate::catalogue::Area;
use crate::meta::{DeskRow, MetaTx, RegisterPart, RegisterRow, ToldRow};
use crate::page::text::Language;
use crate::refusal::Refusal;
use crate::role::Right;
use crate::sight::Sight;

/// This desk's registers.
pub(super) const REGISTERS: &[&Register] = &[&NOTICES];

/// Where notices are kept.
pub(crate) const ID: &str = "notices_sent";

/// R74, R99, R107, R224, R225, R229, R239, R243–R246, R252, R270.
static NOTICES: Register = Register {
    id: ID,
    name: ("告知记录表", "Notices given"),
    area: Area::Service,
    sources: &[
        "R74", "R97", "R99", "R107", "R215", "R224", "R225", "R229", "R239", "R243", "R244",
        "R245", "R246", "R252", "R270",
    ],
    read: Right::ReadCases,
    write: Right::Tell,
    case: CaseLink::Must,
    fields: &[
        Field::new("notice", "告知事项", "Notice", Kind::Text).must(),
        Field::new("sent", "告知时间", "Told at", Kind::Time).must(),
        Field::new("to", "告知对象", "To whom", Kind::Person).must(),
        Field::new("channel", "告知方式", "How", Kind::Choice(CHANNELS)).must(),
        Field::new("text", "告知内容", "What was said", Kind::Note).must(),
        Field::new("points", "告知要点", "Points said", Kind::Text).aside(),
    ],
    unique: &[],
    when: Some("sent"),
    check: Some(check),
};

/// Channels as packs name them.
pub(crate) const CHANNELS: &[Choice] = &[
    ("phone", "电话", "Phone"),
    ("sms", "短信", "SMS"),
    ("email", "邮件", "E-mail"),
    ("letter", "书面通知", "Letter"),
    ("visit", "实地", "On site"),
    ("web", "网站", "Web site"),
    ("app", "应用", "App"),
    ("questionnaire", "问卷", "Questionnaire"),
];

/// A point that a notice must make, as people call it.
const POINTS: &[Choice] = &[
    ("accepted", "受理情况", "Acceptance"),
    ("amount", "赔款金额", "Amount"),
    ("assessment", "定损情况", "Assessment"),
    ("basis", "依据", "Basis"),
    ("claim", "理赔服务评价", "View of the claim service"),
    (
        "complaint_channels",
        "投诉举报渠道",
        "Channels for complaints",
    ),
    ("current_step", "当前进度", "Current step"),
    (
        "customer_action",
        "需客户配合事项",
        "What the customer has to do",
    ),
    ("details", "详细说明", "Details"),
    ("documents", "所需单证", "Papers needed"),
    ("expected_closing", "预计结案时间", "Expected closing"),
    ("expected_finish", "预计完成时间", "Expected end"),
    (
        "expected_time",
        "预计反馈时间",
        "Expected time of an answer",
    ),
    ("impact", "影响", "Impact"),
    ("intake", "受理服务评价", "View of the intake"),
    ("missing_documents", "尚缺单证", "Papers still missing"),
    ("missing_items", "尚缺资料", "What is still missing"),
    ("nature", "事故性质", "Nature of the accident"),
    ("next_steps", "后续流程", "Next steps"),
    ("place", "地点", "Place"),
    ("position", "查勘人员位置", "Where the surveyor is"),
    ("process", "处理过程", "What was done"),
    ("progress", "处理进度", "Progress"),
    ("reason", "理由", "Reason"),
    ("report_number", "报案编号", "Report number"),
    ("result", "处理结果", "Result"),
    ("satisfaction", "满意度", "Satisfaction"),
    ("service", "服务评价", "View of the service"),
    ("solution", "解决方案", "Solution"),
    ("status", "状态", "Status"),
    ("step", "环节", "Step"),
    ("suggestion", "意见建议", "Suggestions"),
    ("suggestions", "意见建议", "Suggestions"),
    ("survey", "查勘服务评价", "View of the survey"),
    ("survey_result", "查勘结果", "Result of the survey"),
    ("surveyor_arranged", "查勘安排", "Surveyor"),
    ("thanks", "致谢", "Thanks"),
    ("time", "时间", "Time"),
];

/// A case with its contract's notices.
struct Owed {
    judged: Judged,
    notices: Vec<Notice>,
}

fn owed(tx: &dyn MetaTx, case: CaseId, now: WallMs) -> Result<Option<Owed>, StoreError> {
    let Some(standing) = tx.case_standing(case)? else {
        return Ok(None);
    };
    let Some((judged, _)) = tx.contract_of(&standing, now)? else {
        return Ok(None);
    };
    let name = judged.assessment.service_pack.digest;
    let packs = crate::shelf::packs(tx)?.into_iter();
    let mut packs = packs.filter(|pack| pack.digest() == name);
    let states = &judged.assessment.notices;
    let notices = packs
        .next()
        .map_or_else(Vec::new, |pack| pack.service.notices);
    let notices = notices.into_iter();
    let notices = notices.filter(|one| states.iter().any(|state| state.id == one.rule.id));
    Ok(Some(Owed {
        notices: notices.collect(),
        judged,
    }))
}

/// A notice, written out as far as the case goes.
pub(crate) struct Draft {
    /// Its id.
    pub(crate) id: String,
    /// Chinese and English.
    pub(crate) names: (String, String),
    /// By which channels, and whether all of them.
    pub(crate) channels: Vec<&'static str>,
    /// Whether every channel is needed, not one of them.
    pub(crate) is_every: bool,
    /// Points that it must make.
    pub(crate) points: Vec<String>,
    /// The text.
    pub(crate) text: String,
    /// Where the rule stands.
    pub(crate) source: String,
}

/// The notices that a case owes or has given, written out.
pub(crate) fn drafts(
    tx: &dyn MetaTx,
    (case, now): (CaseId, WallMs),
    (language, sight): (Language, &Sight),
) -> Result<Vec<Draft>, StoreError> {
    let found = owed(tx, case, now)?;
    let Some((owed, desk)) = found.zip(tx.desk_row(case)?) else {
        return Ok(Vec::new());
    };
    let told = Told {
        desk: &desk,
        judged: &owed.judged,
        // Whoever does not see the amount writes no draft that tells it.
        granted: crate::desk::granted(tx, case)?.filter(|_| sight.shows_row(&desk)),
        said: tx.case_standing(case)?.and_then(|standing| {
            let last = standing.decisions.last();
            last.map(|one| one.body.reason.clone())
                .filter(|text| !text.is_empty())
        }),
        language,
    };
    let draft = |notice: &Notice| Draft {
        id: notice.rule.id.clone(),
        names: (notice.rule.names.zh.clone(), notice.rule.names.en.clone()),
        channels: notice.by.iter().map(|one| one.key()).collect(),
        is_every: notice.all_channels,
        points: notice.content.clone(),
        text: told.text(&notice.content),
        source: notice.rule.source.clone(),
    };
    Ok(owed.notices.iter().map(draft).collect())
}

/// What a case has to say.
struct Told<'a> {
    desk: &'a DeskRow,
    judged: &'a Judged,
    granted: Option<i64>,
    /// The reason of the newest decision.
    said: Option<String>,
    language: Language,
}

impl Told<'_> {
    fn text(&self, points: &[String]) -> String {
        let line = |point: &String| {
            let label = label(point, self.language);
            match self.point(point) {
                Some(text) => format!("{label}{}{text}", self.language.pick("：", ": ")),
                None => format!("{label}{}【{label}】", self.language.pick("：", ": ")),
            }
        };
        let lines: Vec<String> = points.iter().map(line).collect();
        lines.join("\n")
    }

    fn point(&self, point: &str) -> Option<String> {
        let say = |zh: &'static str, en: &'static str| Some(self.language.pick(zh, en).to_owned());
        match point {
            "report_number" => Some(self.desk.number.clone()),
            "accepted" => say("您的报案已受理", "your report has been accepted"),
            "surveyor_arranged" => say("正在安排查勘人员", "a surveyor is being arranged"),
            "thanks" => say("感谢您的信任与配合", "thank you for your trust and help"),
            "status" | "progress" | "current_step" | "step" => {
                Some(self.language.status(&self.desk.status))
            }
            "place" => Some(self.desk.place.clone()).filter(|place| !place.is_empty()),
            "amount" => self.granted.map(|fen| {
                let yuan = Money::from_fen(fen);
                format!("{yuan}{}", self.language.pick(" 元", " yuan"))
            }),
            "documents" | "missing_items" | "missing_documents" => self.missing(),
            "expected_time" | "expected_closing" | "expected_finish" => Some(self.expected()),
            "reason" | "basis" | "result" => self.said.clone(),
            _ => None,
        }
    }

    fn missing(&self) -> Option<String> {
        let missing = self.judged.assessment.missing.iter();
        let names: BTreeSet<&str> = missing
            .map(|one| match self.language {
                Language::Chinese => one.zh.as_str(),
                Language::English => one.en.as_str(),
            })
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        (!names.is_empty()).then(|| names.join(self.language.pick("、", ", ")))
    }

    /// The last due time of a limit that the contract states; a blank one is said to be blank.
    fn expected(&self) -> String {
        let clocks = self.judged.assessment.clocks.iter();
        let open = clocks.filter(|clock| clock.leads && clock.done.is_none());
        let last = open
            .filter_map(|clock| clock.due.as_ref())
            .map(|due| due.at());
        match last.max() {
            Some(at) => crate::register::minute_of(at),
            None => self
                .language
                .pick(
                    "合同未约定时限，确定后另行告知",
                    "the contract states no limit; you will be told once it is set",
                )
                .to_owned(),
        }
    }
}

/// What a point is called.
pub(crate) fn label(point: &str, language: Language) -> String {
    let found = POINTS.iter().find(|(id, _, _)| *id == point);
    found.map_or_else(
        || point.to_owned(),
        |(_, zh, en)| language.pick(zh, en).to_owned(),
    )
}

fn refuse(status: u16, code: &'static str, detail: String) -> Result<Option<Refusal>, StoreError> {
    Ok(Some(Refusal::new(status, code, detail)))
}

/// A notice of the contract, by one of its channels, with all its points, without a gap, and
/// without a time that the contract does not state.
fn check(tx: &dyn MetaTx, new: &Proposed<'_>) -> Result<Option<Refusal>, StoreError> {
    let Some(case) = new.row.case.filter(|_| !new.row.struck) else {
        return Ok(None);
    };
    let id = new.value("notice");
    let owed = owed(tx, case, new.row.at)?;
    let notice = owed.as_ref().and_then(|owed| {
        let mut all = owed.notices.iter();
        all.find(|one| one.rule.id == id)
    });
    let Some((owed, notice)) = owed.as_ref().zip(notice) else {
        let detail = format!(
            "本案合同没有告知事项（notice）{id:?} / notice: the contract of the case has no {id:?}"
        );
        return refuse(404, "NOTICE_UNKNOWN", detail);
    };
    let by: Vec<&str> = notice.by.iter().map(|one| one.key()).collect();
    if !by.is_empty() && !by.contains(&new.value("channel")) {
        let detail = format!(
            "合同约定的告知方式（channel）为 {} / channel: the contract names {}（{}）",
            by.join("、"),
            by.join(", "),
            notice.rule.source
        );
        return refuse(409, "CHANNEL_WRONG", detail);
    }
    let said: BTreeSet<&str> = new.value("points").split([',', ' ', '、']).collect();
    let lacks = notice
        .content
        .iter()
        .filter(|point| !said.contains(point.as_str()));
    let lacks: Vec<String> = lacks.map(|point| label(point, Language::Chinese)).collect();
    if !lacks.is_empty() || new.value("text").contains('【') {
        let detail = format!(
            "告知内容（text, points）不全：{} / text, points: something is not said yet",
            lacks.join("、")
        );
        return refuse(400, "CONTENT_MISSING", detail);
    }
    // A case number such as 7H2K-91MN would read as seven hours.
    let text = new.value("text").replace(&case.number().to_string(), "");
    let invented = span::invented(&text, &stated(&owed.judged, notice, new.row.at));
    if let Some(invented) = invented {
        let detail = format!(
            "“{invented}”不是合同约定或系统计算的时间，不得对客户承诺（text） / text: {invented:?} is no time that the contract states"
        );
        return refuse(409, "TIME_NOT_IN_CONTRACT", detail);
    }
    Ok(None)
}

/// Every limit and due day that the contract states for a case.
fn stated(judged: &Judged, notice: &Notice, now: WallMs) -> span::Stated {
    let notices = judged.assessment.notices.iter();
    let own = notices.filter(|state| state.id == notice.rule.id);
    let clocks = own.filter_map(|state| state.clock.as_ref());
    let clocks = judged.assessment.clocks.iter().chain(clocks);
    let mut stated = span::Stated::until(day_of(now));
    for clock in clocks {
        if let Some(limit) = &clock.limit {
            stated.limit(limit);
        }
        if let Some(due) = &clock.due {
            stated.day(day_of(due.at()));
        }
    }
    stated
}

/// A notice that was given ends its wait: one channel is enough unless the contract asks for all.
pub(super) fn follow(tx: &dyn MetaTx, row: &RegisterRow) -> Result<(), StoreError> {
    let Some(case) = row.case.filter(|_| row.register == ID && !row.struck) else {
        return Ok(());
    };
    let id = value_of(row, "notice");
    let owed = owed(tx, case, row.at)?;
    let notice = owed.and_then(|owed| {
        let mut all = owed.notices.into_iter();
        all.find(|one| one.rule.id == id)
    });
    let part = RegisterPart {
        case: Some(case),
        ..RegisterPart::all(ID)
    };
    let given = tx.register_rows(part)?;
    let used = |channel: &str| {
        let mut all = given.iter().filter(|row| value_of(row, "notice") == id);
        all.any(|row| value_of(row, "channel") == channel)
    };
    let is_done = notice.is_some_and(|notice| {
        !notice.all_channels || notice.by.iter().all(|channel| used(channel.key()))
    });
    if is_done {
        let told = ToldRow {
            what: id.to_owned(),
            channel: value_of(row, "channel").to_owned(),
            by: row.by.clone(),
            at: row.at,
        };
        tx.put_told(case, &told)?;
    }
    Ok(())
}
