//! The assessment for people: what is insured, what is paid and why, what is due, what is missing.

use lossbook_core::domain::MoneyRange;
use lossbook_core::rules::{
    Assessment, ClockState, CoverPayable, NoSurveyAnswer, NoSurveyResult, NoticeState, Pack,
    PricedLine, Reason, Rule, Running, Stamp, Standing,
};
use unicode_width::UnicodeWidthStr;

use crate::words::{Both, Tongue, listed, source, word};

pub(super) fn write(assessment: &Assessment, pack: &Pack, tongue: Tongue) -> String {
    let mut page = Page {
        tongue,
        out: String::new(),
    };
    page.head(assessment);
    page.cover(assessment);
    page.lines(&assessment.lines);
    page.money(assessment);
    page.path(assessment, pack);
    page.clocks(&assessment.clocks);
    page.notices(&assessment.notices);
    page.missing(assessment);
    page.review(assessment, pack);
    page.reasons("提示", "Findings", &assessment.findings);
    page.out
}

struct Page {
    tongue: Tongue,
    out: String,
}

/// An empty value, as tables show it.
const NONE: &str = "—";

impl Page {
    fn say(&self, zh: &str, en: &str) -> String {
        Both::of(zh, en).show(self.tongue)
    }

    fn word(&self, key: &str) -> String {
        word(key).show(self.tongue)
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn title(&mut self, zh: &str, en: &str) {
        let title = self.say(zh, en);
        self.line(0, &format!("\n{title}"));
    }

    fn entry(&mut self, zh: &str, en: &str, value: &str) {
        let label = self.say(zh, en);
        self.line(2, &format!("{label}: {value}"));
    }

    /// Columns as wide as their widest cell; a Chinese character is two wide.
    fn table(&mut self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let wide = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(wide).collect();
        for row in rows {
            let mut text = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                text.push_str(cell);
                let gap = width.saturating_sub(cell.width()).saturating_add(2);
                text.extend(std::iter::repeat_n(' ', gap));
            }
            self.line(2, text.trim_end());
        }
    }

    fn head(&mut self, assessment: &Assessment) {
        let title = self.say("案件", "Case");
        self.line(0, &format!("{title} {}", assessment.case));
        let pack = &assessment.pack;
        let mut rules = format!(
            "{} {} ({})",
            pack.id,
            pack.version,
            short(&pack.digest.to_hex())
        );
        let service = &assessment.service_pack;
        if service != pack {
            rules.push_str(&format!("; {} {}", service.id, service.version));
        }
        if let Some(law) = &assessment.law {
            rules.push_str(&format!("; {} {}", law.id, law.version));
        }
        self.entry("规则", "rules", &rules);
        self.entry("工作日历", "calendar", &assessment.calendar);
    }

    fn cover(&mut self, assessment: &Assessment) {
        self.title("是否承保", "Insured or not");
        let answer = self.word(assessment.cover.answer.key());
        self.line(2, &answer);
        self.each(&assessment.cover.reasons);
    }

    fn each(&mut self, reasons: &[Reason]) {
        for reason in reasons {
            let text = self.reason(reason);
            self.line(4, &format!("- {text}"));
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        let mut text = Both::of(&reason.zh, &reason.en).show(self.tongue);
        if !reason.about.is_empty() {
            text.push_str(&format!(": {}", reason.about));
        }
        text.push_str(&format!(" [{}", reason.code));
        if !reason.source.is_empty() {
            text.push_str(&format!("; {}", source(&reason.source).show(self.tongue)));
        }
        text.push(']');
        text
    }

    fn reasons(&mut self, zh: &str, en: &str, reasons: &[Reason]) {
        if reasons.is_empty() {
            return;
        }
        self.title(zh, en);
        self.each(reasons);
    }

    fn lines(&mut self, lines: &[PricedLine]) {
        if lines.is_empty() {
            return;
        }
        self.title("损失项目", "Lines");
        let rows: Vec<Vec<String>> = lines
            .iter()
            .map(|line| {
                let standing = match line.standing {
                    Standing::Firm => "firm",
                    Standing::Open => "open",
                    Standing::Contested => "contested",
                };
                let covered = if line.covered {
                    self.say("计入", "counts")
                } else {
                    self.say("不计入", "does not count")
                };
                let amount = line.amount.to_string();
                let (id, item) = (line.id.clone(), line.item.clone());
                let formula = line.formula.clone();
                vec![id, item, amount, covered, self.word(standing), formula]
            })
            .collect();
        self.table(&rows);
    }

    fn money(&mut self, assessment: &Assessment) {
        let money = &assessment.money;
        self.title("应付金额（元）", "Payable (yuan)");
        self.entry("定损合计", "assessed", &range(money.assessed));
        if money.excluded != MoneyRange::default() {
            self.entry("其中不赔", "of it not paid", &money.excluded.to_string());
        }
        for cover in &money.covers {
            self.steps(cover);
        }
        let mut payable = match money.payable {
            Some(range) => range.to_string(),
            None => self.word("head_office"),
        };
        if let Some(capital) = &money.capital {
            payable.push_str(&format!("  {capital}"));
        }
        self.entry("应付", "payable", &payable);
        let is_final = self.word(if money.is_final { "yes" } else { "no" });
        self.entry("最终金额", "final", &is_final);
        if money.advanced.fen() > 0 {
            self.entry("已预付", "paid ahead", &money.advanced.to_string());
            self.entry("余额", "balance", &range(money.balance));
        }
        if money.overpaid.fen() > 0 {
            self.entry("多付", "overpaid", &money.overpaid.to_string());
        }
        if let Some(recovery) = money.recovery {
            self.entry("可追偿", "to be recovered", &recovery.to_string());
        }
    }

    fn steps(&mut self, cover: &CoverPayable) {
        let mut name = Both::of(&cover.zh, &cover.en).show(self.tongue);
        if let Some(left) = cover.limit_left {
            let left = self.say(&format!("剩余限额 {left}"), &format!("limit left {left}"));
            name.push_str(&format!(" ({left})"));
        }
        self.line(2, &name);
        let mut rows = vec![vec![
            String::new(),
            self.say("步骤", "step"),
            self.say("变动", "change"),
            self.say("累计", "running total"),
            self.say("出处", "source"),
        ]];
        for (at, step) in (1..).zip(&cover.steps) {
            rows.push(vec![
                format!("{at}."),
                Both::of(&step.zh, &step.en).show(self.tongue),
                step.change.to_string(),
                step.after.to_string(),
                source(&step.source).show(self.tongue),
            ]);
        }
        self.table(&rows);
    }

    fn path(&mut self, assessment: &Assessment, pack: &Pack) {
        self.title("办理路径", "Path");
        let service = &pack.service;
        let tiers = service.tiers.iter().map(|tier| &tier.rule);
        let tier = self.named(assessment.tier.as_ref(), tiers);
        self.entry("结算档次", "tier", &tier);
        let classes = service.classes.iter().map(|class| &class.rule);
        let class = self.named(assessment.class.as_ref(), classes);
        self.entry("案件类别", "class", &class);
        let zones = service.zones.iter().map(|zone| &zone.rule);
        let zone = self.named(assessment.zone.as_ref(), zones);
        self.entry("服务区域", "zone", &zone);
        if let Some(result) = &assessment.no_survey {
            self.no_survey(result);
        }
    }

    fn no_survey(&mut self, result: &NoSurveyResult) {
        let answer = match result.answer {
            NoSurveyAnswer::Yes => "yes",
            NoSurveyAnswer::No => "no",
            NoSurveyAnswer::Suspended => "suspended",
            NoSurveyAnswer::HeadOffice => "head_office",
        };
        let mut answer = self.word(answer);
        if let Some(mode) = &result.mode {
            answer.push_str(&format!(" ({})", self.word(mode)));
        }
        self.entry("免查勘", "no survey", &answer);
        self.each(&result.basis);
    }

    fn named<'r>(&self, id: Option<&String>, mut rules: impl Iterator<Item = &'r Rule>) -> String {
        let Some(id) = id else {
            return NONE.to_owned();
        };
        let name = rules.find(|rule| rule.id == *id);
        name.map_or_else(
            || id.clone(),
            |rule| Both::of(&rule.names.zh, &rule.names.en).show(self.tongue),
        )
    }

    fn clocks(&mut self, clocks: &[Running]) {
        if clocks.is_empty() {
            return;
        }
        self.title(
            "时限（* 同一事项中最早到期）",
            "Time limits (* the earliest of its topic)",
        );
        let mut rows = vec![vec![
            String::new(),
            self.say("时限", "limit"),
            self.say("到期", "due"),
            self.say("状态", "state"),
            self.say("出处", "source"),
        ]];
        rows.extend(clocks.iter().map(|clock| self.clock(clock)));
        self.table(&rows);
    }

    fn clock(&self, clock: &Running) -> Vec<String> {
        let mut name = Both::of(&clock.zh, &clock.en).show(self.tongue);
        if let Some(limit) = &clock.limit {
            name.push_str(&format!(" ({limit})"));
        }
        vec![
            if clock.leads { "*" } else { "" }.to_owned(),
            name,
            clock.due.as_ref().map_or_else(|| NONE.to_owned(), moment),
            self.state(clock),
            source(&clock.source).show(self.tongue),
        ]
    }

    fn state(&self, clock: &Running) -> String {
        let state = match clock.state {
            ClockState::NotStarted => "not_started",
            ClockState::NoNumber => "no_number",
            ClockState::Paused => "paused",
            ClockState::Running => "running",
            ClockState::Overdue => "overdue",
            ClockState::InTime => "in_time",
            ClockState::Late => "late",
            ClockState::AtOnce => "at_once",
        };
        let mut text = self.word(state);
        let marks = clock.marks.iter().filter(|mark| **mark != state);
        for mark in marks {
            text.push_str(&format!(", {}", self.word(mark)));
        }
        text
    }

    fn notices(&mut self, notices: &[NoticeState]) {
        if notices.is_empty() {
            return;
        }
        self.title("告知与反馈", "Notices and feedback");
        for notice in notices {
            let mut text = Both::of(&notice.zh, &notice.en).show(self.tongue);
            if let Some(clock) = &notice.clock {
                let due = clock.due.as_ref().map_or_else(|| NONE.to_owned(), moment);
                let due = self.say(&format!("到期 {due}"), &format!("due {due}"));
                text.push_str(&format!("; {due}; {}", self.state(clock)));
            }
            if let Some(every) = &notice.every {
                text.push_str(&format!(
                    "; {}",
                    self.say(&format!("每 {every}"), &format!("every {every}"))
                ));
            }
            for (zh, en, keys) in [
                (
                    "尚需方式",
                    "still by",
                    listed(notice.channels.iter().copied()),
                ),
                (
                    "尚需说明",
                    "still to say",
                    listed(notice.content.iter().map(String::as_str)),
                ),
            ] {
                if !keys.zh.is_empty() {
                    text.push_str(&format!(
                        "; {}: {}",
                        self.say(zh, en),
                        keys.show(self.tongue)
                    ));
                }
            }
            self.line(
                2,
                &format!("{text} [{}]", source(&notice.source).show(self.tongue)),
            );
        }
    }

    fn missing(&mut self, assessment: &Assessment) {
        if assessment.missing.is_empty() {
            return;
        }
        self.title("尚缺", "Missing");
        let rows: Vec<Vec<String>> = assessment
            .missing
            .iter()
            .map(|one| {
                let mut name = match one.kind {
                    // An attribute has no rule of its own that could name it.
                    "attribute" => self.word(&one.id),
                    _ => Both::of(&one.zh, &one.en).show(self.tongue),
                };
                if let Some(line) = &one.line {
                    name.push_str(&format!(" ({line})"));
                }
                if one.count > 1 {
                    name.push_str(&format!(" × {}", one.count));
                }
                vec![
                    self.word(one.kind),
                    name,
                    source(&one.source).show(self.tongue),
                ]
            })
            .collect();
        self.table(&rows);
    }

    fn review(&mut self, assessment: &Assessment, pack: &Pack) {
        let review = &assessment.review;
        self.title("审核", "Review");
        let rounds = pack.handling.rounds.iter().map(|round| &round.rule);
        let mut next = self.named(review.next.as_ref(), rounds);
        if let Some(role) = &review.role {
            next.push_str(&format!(" ({})", self.word(role)));
        }
        self.entry("下一轮", "next round", &next);
        let passed = self.word(if review.passed { "yes" } else { "no" });
        self.entry("已全部通过", "all passed", &passed);
        self.each(&review.obstacles);
    }
}

fn range(amount: Option<MoneyRange>) -> String {
    amount.map_or_else(|| NONE.to_owned(), |amount| amount.to_string())
}

/// In the zone of the pack, with its offset.
fn moment(stamp: &Stamp) -> String {
    stamp.to_string().replacen('T', " ", 1)
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}
