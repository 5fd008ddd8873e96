//! Parts of a paper that come from the contract: cover, money, tier, the visit, promised times.

use lossbook_core::rules::{Assessment, NoSurveyAnswer, Reason, Running};

use super::content::{Fact, Judgement, Money, Promise, Sourced, Step, Told};
use super::read::Reading;
use super::record::range;
use super::words::Pen;

impl Reading<'_> {
    fn rules(&self) -> Option<&Assessment> {
        self.contract.as_ref().map(|(judged, _)| &judged.assessment)
    }

    /// Whether the loss is insured, with every reason.
    pub(super) fn cover(&self) -> Option<Judgement> {
        let (judged, _) = self.contract.as_ref()?;
        let (pen, rules) = (self.pen(), &judged.assessment);
        let answer = match rules.cover.answer.key() {
            "covered" => pen.say("属于保险责任", "Covered"),
            "not_covered" => pen.say("不属于保险责任", "Not covered"),
            _ => pen.say("由总部认定", "Head office decides"),
        };
        let reasons = rules.cover.reasons.iter().chain(&judged.unmatched);
        Some(Judgement {
            answer: answer.to_owned(),
            reasons: reasons
                .chain(&rules.findings)
                .map(|one| sourced(pen, one))
                .collect(),
            facts: Vec::new(),
        })
    }

    /// What is payable by the contract, step by step.
    pub(super) fn money(&self) -> Option<Money> {
        let (pen, money) = (self.pen(), &self.rules()?.money);
        let steps = money.covers.iter().flat_map(|cover| {
            cover.steps.iter().map(|step| Step {
                text: format!(
                    "{}：{}",
                    pen.say(&cover.zh, &cover.en),
                    pen.say(&step.zh, &step.en)
                ),
                change: range(Some(step.change)),
                after: range(Some(step.after)),
                source: step.source.clone(),
            })
        });
        let open = if money.is_final {
            ""
        } else {
            pen.say("金额未定", "not final")
        };
        Some(Money {
            steps: steps.collect(),
            payable: range(money.payable),
            capital: money.capital.clone().unwrap_or_default(),
            open: open.to_owned(),
        })
    }

    /// Settlement tier, class of the case, zone.
    pub(super) fn grade(&self) -> Vec<Fact> {
        let (pen, Some(rules)) = (self.pen(), self.rules()) else {
            return Vec::new();
        };
        if !self.shows_amounts() {
            return Vec::new();
        }
        let said = [
            ("结案档次", "Settlement tier", rules.tier.clone()),
            ("案件类别", "Class of case", rules.class.clone()),
            ("服务区域", "Service zone", rules.zone.clone()),
        ];
        let facts = said
            .into_iter()
            .filter_map(|(zh, en, text)| Some(pen.fact(zh, en, text?)));
        let payable = range(rules.money.payable);
        let sum =
            (!payable.is_empty()).then(|| pen.fact("应付赔款（元）", "Payable, yuan", payable));
        facts.chain(sum).collect()
    }

    /// Whether a visit may be skipped, on which basis, by which version of the rules (R196).
    pub(super) fn no_survey(&self) -> Option<Judgement> {
        let (pen, result) = (self.pen(), self.rules()?.no_survey.as_ref()?);
        let answer = match result.answer {
            NoSurveyAnswer::Yes => pen.say("可以免查勘", "The visit may be skipped"),
            NoSurveyAnswer::No => pen.say("不可以免查勘", "The visit may not be skipped"),
            NoSurveyAnswer::Suspended => {
                pen.say("暂缓，待核实", "Suspended until it is cleared up")
            }
            NoSurveyAnswer::HeadOffice => pen.say(
                "合同未列此类，由总部认定",
                "Not listed by the contract: head office decides",
            ),
        };
        let facts = [
            pen.fact(
                "定损方式",
                "How the loss is assessed",
                result.mode.clone().unwrap_or_default(),
            ),
            pen.fact(
                "记录内容",
                "What the record must hold",
                result.record.join("、"),
            ),
            pen.fact("规则版本", "Version of the rules", &result.version),
        ];
        Some(Judgement {
            answer: answer.to_owned(),
            reasons: result.basis.iter().map(|one| sourced(pen, one)).collect(),
            facts: facts
                .into_iter()
                .filter(|fact| !fact.text.is_empty())
                .collect(),
        })
    }

    /// What somebody noted that the insured was told.
    pub(super) fn told(&self) -> Vec<Told> {
        let pen = self.pen();
        let notices = self
            .rules()
            .map(|rules| rules.notices.as_slice())
            .unwrap_or_default();
        let clocks = self
            .rules()
            .map(|rules| rules.clocks.as_slice())
            .unwrap_or_default();
        let name = |id: &str| {
            let notice = notices.iter().find(|one| one.id == id);
            let clock = clocks.iter().find(|one| one.id == id);
            let named = notice
                .map(|one| pen.say(&one.zh, &one.en))
                .or_else(|| clock.map(|one| pen.say(&one.zh, &one.en)));
            named.unwrap_or(id).to_owned()
        };
        let one = |told: &crate::meta::ToldRow| Told {
            what: name(&told.what),
            channel: told.channel.clone(),
            by: told.by.clone(),
            at: pen.time(told.at),
        };
        self.told.iter().map(one).collect()
    }

    /// Every time that leads its topic. A limit that the contract left blank stays blank (R147).
    pub(super) fn promises(&self) -> Vec<Promise> {
        let (pen, Some(rules)) = (self.pen(), self.rules()) else {
            return Vec::new();
        };
        let leading = rules.clocks.iter().filter(|one| one.leads);
        leading.map(|one| promise(pen, one)).collect()
    }
}

fn promise(pen: Pen<'_>, clock: &Running) -> Promise {
    Promise {
        text: pen.say(&clock.zh, &clock.en).to_owned(),
        limit: clock.limit.clone().unwrap_or_default(),
        due: clock
            .due
            .as_ref()
            .map_or_else(String::new, |due| pen.time(due.at())),
        state: pen.clock(clock.state).to_owned(),
        source: clock.source.clone(),
    }
}

fn sourced(pen: Pen<'_>, reason: &Reason) -> Sourced {
    let sentence = pen.say(&reason.zh, &reason.en);
    let text = if reason.about.is_empty() {
        sentence.to_owned()
    } else {
        format!("{sentence}：{}", reason.about)
    };
    Sourced {
        text,
        source: reason.source.clone(),
    }
}
