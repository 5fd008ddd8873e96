//! Why the rules say what they say: a code for machines, a sentence in both languages for people.

use serde::Serialize;

use super::pack::Rule;

/// One reason, finding or obstacle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable code of the engine, or the id of the contract's rule.
    pub code: String,
    /// The rule of the contract it comes from, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Where the rule stands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// What it is about: a line, a cover, a paper, with numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// Sentences of the engine's own codes.
const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "out_of_period",
        "出险时间不在保险期间内",
        "the loss lies outside the period of insurance",
    ),
    (
        "period_unknown",
        "不知道保险期间",
        "the period of insurance is not known",
    ),
    (
        "peril_unknown",
        "尚未记录出险原因",
        "the cause of loss is not recorded",
    ),
    (
        "peril_contested",
        "出险原因有争议",
        "the cause of loss is contested",
    ),
    (
        "peril_not_listed",
        "合同未列明该出险原因",
        "the contract does not list this cause",
    ),
    (
        "object_not_on_policy",
        "该标的不在保单内",
        "the policy does not list this object",
    ),
    (
        "object_unknown",
        "尚未记录受损标的",
        "the damaged object is not recorded",
    ),
    (
        "cover_not_bought",
        "未投保该险别",
        "this cover was not bought",
    ),
    (
        "cover_unknown",
        "不知道保单承保了哪些险别",
        "it is not known which covers the policy has",
    ),
    (
        "limit_blank",
        "合同或保单未给出限额，由总部确定",
        "no limit is given: head office decides",
    ),
    (
        "answer_missing",
        "该问题尚未回答",
        "this question is not answered",
    ),
    (
        "answer_contested",
        "该问题的回答有争议",
        "the answers to this question disagree",
    ),
    (
        "exclusion_suspected",
        "疑似除外责任，由总部确定",
        "an exclusion is suspected: head office decides",
    ),
    (
        "version_not_in_force",
        "出险时该版本规则未生效，由总部确定",
        "this version was not in force at the loss: head office decides",
    ),
    (
        "too_many_aboard",
        "机上人数超过核定载客数",
        "more people aboard than the aircraft may carry",
    ),
    (
        "limit_used_up",
        "限额已被此前赔付用完",
        "earlier payouts have used up the limit",
    ),
    (
        "two_open_cases",
        "同一保障单位另有未结案件",
        "another open case uses the same limit",
    ),
    (
        "deductible_blank",
        "合同未给出免赔额，未扣减",
        "no deductible is given: nothing was taken off",
    ),
    (
        "tariff_example",
        "按示例价目表计价，不是最终金额",
        "priced by an example table: not final",
    ),
    (
        "tariff_no_rate",
        "价目表没有对应的等级、结构或单位",
        "the table has no rate for this grade, structure and unit",
    ),
    (
        "item_not_known",
        "合同没有这个赔偿项目，未计入",
        "the contract has no such item: it is not counted",
    ),
    (
        "peril_not_known",
        "没有合同列明这个出险原因，按未记录处理",
        "no contract knows this cause: it counts as not recorded",
    ),
    (
        "answer_not_known",
        "该问题没有这样的回答，按未回答处理",
        "this is no answer to the question: it counts as not answered",
    ),
    (
        "object_not_known",
        "合同没有这类标的",
        "the contract has no such kind of object",
    ),
    (
        "question_not_known",
        "合同没有这个问题",
        "the contract has no such question",
    ),
    (
        "time_unknown",
        "出险时间无法识别，暂按报案时间判断",
        "the time of loss cannot be read: judged by the time of the report",
    ),
    ("line_not_priced", "该项尚未定价", "this line has no price"),
    (
        "price_source_missing",
        "缺少价格来源或日期",
        "the price lacks its source or date",
    ),
    (
        "voucher_missing",
        "缺少费用凭证",
        "the voucher of this cost is missing",
    ),
    (
        "method_not_allowed",
        "合同未约定该计价方法",
        "the contract does not price this way",
    ),
    (
        "depreciation_not_taken",
        "合同未约定折旧，未扣减",
        "the contract takes no wear off: nothing was taken off",
    ),
    (
        "salvage_not_taken",
        "合同未约定残值抵扣，未扣减",
        "the contract takes no salvage off: nothing was taken off",
    ),
    (
        "total_not_confirmed",
        "全损尚未经总部确认",
        "head office has not confirmed the total loss",
    ),
    (
        "agreed_value_unknown",
        "不知道约定价值",
        "the agreed value is not known",
    ),
    (
        "overpaid",
        "预付款超过应付金额",
        "advances exceed what is payable",
    ),
    (
        "advance_not_allowed",
        "合同未约定预赔付",
        "the contract knows no advance payment",
    ),
    (
        "advance_not_approved",
        "预付款未经批准",
        "an advance has no approval",
    ),
    (
        "payee_not_allowed",
        "合同未约定第三方收款",
        "the contract knows no third-party payee",
    ),
    (
        "payee_incomplete",
        "第三方收款材料不全",
        "papers for the third-party payee are missing",
    ),
    ("contested_amount", "金额有争议", "an amount is contested"),
    (
        "excluded_line",
        "该项不属于赔偿范围",
        "this line is not insured",
    ),
    (
        "item_wrong_object",
        "该项不属于此类标的",
        "this item does not belong to this kind of object",
    ),
    (
        "not_on_roster",
        "出险时不在被保险人名单内",
        "not on the roster when the loss happened",
    ),
    (
        "check_failed",
        "证件或号码校验未通过",
        "an identity field fails its check",
    ),
    (
        "check_warned",
        "证件或号码需要核对",
        "an identity field should be looked at again",
    ),
    (
        "high_seas",
        "出险地点在公海，没有服务区域",
        "on the high seas: there is no service zone",
    ),
    (
        "zone_unknown",
        "不能确定服务区域",
        "the service zone is not known",
    ),
    (
        "zone_override",
        "服务区域由人工指定",
        "the service zone was chosen by hand",
    ),
    (
        "underinsured",
        "保险金额低于保险价值，按比例赔付",
        "the sum insured is below the value: paid in proportion",
    ),
    (
        "cover_not_named",
        "涉及多个险别，此款项未注明属于哪一险别，由总部确定",
        "several covers pay and this money names none: head office decides",
    ),
    (
        "rescue_not_reasonable",
        "施救费用未确认为必要合理",
        "the rescue cost is not confirmed as reasonable",
    ),
    (
        "recovery_not_allowed",
        "不得向该责任方追偿",
        "no recovery against this party",
    ),
    (
        "recovery_share_unknown",
        "不知道第三方责任比例",
        "the third party's share is not known",
    ),
    ("documents_missing", "材料不齐", "papers are missing"),
    ("shots_missing", "照片不齐", "required photos are missing"),
    (
        "cover_open",
        "是否属于保险责任尚未确定",
        "whether it is insured is still open",
    ),
    (
        "surveyor_approves",
        "查勘人员不得审核自己的案件",
        "who surveyed the case may not approve it",
    ),
    (
        "same_person_twice",
        "各轮审核须由不同人员进行",
        "every round needs another person",
    ),
    (
        "round_out_of_order",
        "审核轮次顺序不对",
        "the rounds were not held in order",
    ),
    (
        "round_unknown",
        "合同没有这一轮审核",
        "the contract has no such round",
    ),
    (
        "wrong_role",
        "审核人员角色不符",
        "the reviewer has another role than the round asks for",
    ),
    (
        "beyond_authority",
        "金额超过审核权限",
        "the amount is beyond the reviewer's authority",
    ),
    ("not_final", "金额不是最终金额", "the amount is not final"),
    (
        "calendar_year",
        "工作日历不含该年份",
        "the calendar does not have this year",
    ),
    (
        "calendar_provisional",
        "该年份工作日历为暂定",
        "the calendar of this year is provisional",
    ),
    (
        "pause_not_allowed",
        "该时限不可中止",
        "this limit cannot be paused",
    ),
    (
        "extension_not_approved",
        "延长时限未经批准，不生效",
        "the extension has no approval and does not count",
    ),
];

impl Reason {
    /// A reason of the engine's own.
    pub fn of(code: &str) -> Self {
        let row = SENTENCES.iter().find(|row| row.0 == code);
        let (zh, en) = row.map_or((code, code), |row| (row.1, row.2));
        Self {
            code: code.to_owned(),
            rule: None,
            zh: zh.to_owned(),
            en: en.to_owned(),
            source: String::new(),
            about: String::new(),
        }
    }

    /// The contract's own words as reason.
    pub(super) fn rule(rule: &Rule) -> Self {
        Self {
            code: rule.id.clone(),
            rule: Some(rule.id.clone()),
            zh: rule.names.zh.clone(),
            en: rule.names.en.clone(),
            source: rule.source.clone(),
            about: String::new(),
        }
    }

    /// An engine's reason that hangs on a rule of the contract.
    pub(super) fn on(code: &str, rule: &Rule) -> Self {
        let own = Self::of(code);
        Self {
            rule: Some(rule.id.clone()),
            zh: format!("{}：{}", own.zh, rule.names.zh),
            en: format!("{}: {}", own.en, rule.names.en),
            source: rule.source.clone(),
            ..own
        }
    }

    /// The same with what it is about.
    pub(super) fn about(mut self, what: impl Into<String>) -> Self {
        self.about = what.into();
        self
    }

    /// The same with another source.
    pub(super) fn source(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_sentence_in_each_language() {
        let mut codes: Vec<&str> = SENTENCES.iter().map(|row| row.0).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), SENTENCES.len());
        assert!(
            SENTENCES
                .iter()
                .all(|(_, zh, en)| zh.len() > 3 && en.len() > 3)
        );
    }
}
