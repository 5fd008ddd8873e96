//! Both languages of what packs and answers only name by a word.
//!
//! Ids of rules carry their own names in the pack; here stand the words of the closed lists and of
//! the keys that packs use inside rules (attributes, contents of notices, answers, roles). A word
//! that is missing here is shown as it is written, and a test finds it in the shipped packs.

/// One text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Both {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Which languages an answer is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tongue {
    /// Chinese with English beside it.
    #[default]
    Both,
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Both {
    /// Two texts.
    pub fn of(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The same text in both, such as a number.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            zh: text.clone(),
            en: text,
        }
    }

    /// As the reader wants it.
    pub fn show(&self, tongue: Tongue) -> String {
        match tongue {
            Tongue::Zh => self.zh.clone(),
            Tongue::En => self.en.clone(),
            Tongue::Both if self.zh == self.en => self.zh.clone(),
            Tongue::Both => format!("{} / {}", self.zh, self.en),
        }
    }

    /// One after the other.
    #[must_use]
    pub fn then(mut self, next: &Self) -> Self {
        self.zh.push_str(&next.zh);
        self.en.push_str(&next.en);
        self
    }

    /// All of them with a separator for each language.
    pub fn join(all: &[Self], zh: &str, en: &str) -> Self {
        let of =
            |pick: fn(&Self) -> &str, by: &str| all.iter().map(pick).collect::<Vec<_>>().join(by);
        Self {
            zh: of(|one| &one.zh, zh),
            en: of(|one| &one.en, en),
        }
    }
}

/// A word of a closed list or a key, in both languages.
pub fn word(key: &str) -> Both {
    known(key).unwrap_or_else(|| Both::same(key))
}

/// The words, with commas.
pub fn listed<'w>(keys: impl IntoIterator<Item = &'w str>) -> Both {
    let all: Vec<Both> = keys.into_iter().map(word).collect();
    Both::join(&all, "、", ", ")
}

/// The word if it is known.
pub fn known(key: &str) -> Option<Both> {
    let row = WORDS.iter().find(|row| row.0 == key)?;
    Some(Both::of(row.1, row.2))
}

/// A source: ids stay, what a person must read is translated.
pub fn source(text: &str) -> Both {
    let mut zh = text.to_owned();
    for (english, chinese) in [
        ("set by the insurer", "由保险公司填写"),
        ("wording to be confirmed", "原文待核对"),
        ("date to be confirmed", "日期待核对"),
    ] {
        zh = zh.replace(english, chinese);
    }
    Both::of(zh, text)
}

/// Key, Chinese, English.
const WORDS: &[(&str, &str, &str)] = &[
    // What the rules answer.
    ("covered", "属于保险责任", "covered"),
    ("not_covered", "不属于保险责任", "not covered"),
    ("head_office", "由总部确定", "needs head office"),
    ("yes", "是", "yes"),
    ("no", "否", "no"),
    ("true", "是", "yes"),
    ("false", "否", "no"),
    ("suspended", "暂缓", "suspended"),
    ("firm", "确定", "firm"),
    ("open", "未定", "open"),
    ("contested", "有争议", "contested"),
    ("not_started", "未开始", "not started"),
    ("no_number", "无具体时限", "no number"),
    ("paused", "中止", "paused"),
    ("running", "进行中", "running"),
    ("overdue", "已超时", "overdue"),
    ("in_time", "按时完成", "in time"),
    ("late", "超时完成", "late"),
    ("at_once", "立即", "at once"),
    ("reported_late", "报案迟延", "reported late"),
    ("told_late", "告知迟延", "told late"),
    ("extended", "已延长", "extended"),
    ("shot", "照片", "photo"),
    ("document", "材料", "paper"),
    ("field", "报案要素", "report field"),
    ("question", "问题", "question"),
    ("attribute", "标的信息", "object attribute"),
    // Units, spans, ways of pricing.
    (
        "household_group",
        "未分家的农户合并计算",
        "undivided household group",
    ),
    ("airframe", "每架航空器", "each airframe"),
    ("vehicle", "每辆车", "each vehicle"),
    ("person", "每人", "each person"),
    ("whole_policy", "保单合计", "the whole policy"),
    ("event", "每次事故", "each event"),
    ("period", "保险期间累计", "the insurance period together"),
    (
        "repair_cost",
        "同类房屋修复费用",
        "repair cost of similar houses",
    ),
    ("parts", "零配件市场价", "parts at market price"),
    (
        "tariff",
        "按等级与结构的价目表",
        "table of grade and structure",
    ),
    ("agreed_value", "约定价值", "agreed value"),
    ("sum_insured", "保险金额", "sum insured"),
    ("total", "全损", "total loss"),
    ("invoice", "凭证金额", "amount of the voucher"),
    ("injury", "人身伤亡赔付", "sum for an injured person"),
    ("m2", "平方米", "square metre"),
    ("room", "自然间", "natural room"),
    ("example", "示例，不作最终定价", "example, never final"),
    ("official", "正式", "official"),
    ("authorisation", "授权书", "letter of authority"),
    ("identity", "身份证明", "proof of identity"),
    ("account", "银行账户", "bank account"),
    ("signature", "签字", "signature"),
    ("permanent", "永久", "permanent"),
    ("remote", "远程定损", "remote assessment"),
    // People.
    ("claims_specialist", "理赔专员", "claims specialist"),
    ("review_supervisor", "审核主管", "review supervisor"),
    ("finance", "财务人员", "finance officer"),
    ("reviewer", "审核人员", "reviewer"),
    ("admin", "管理员", "administrator"),
    ("policyholder", "投保人", "policyholder"),
    ("insured", "被保险人", "insured"),
    ("family_member", "家庭成员", "family member"),
    ("lodger", "寄宿人", "lodger"),
    ("tenant", "承租人", "tenant"),
    ("employee", "雇员", "employee"),
    // Stages, notices, channels, groups.
    ("report", "报案", "report"),
    ("survey", "查勘", "survey"),
    ("assessment", "定损", "assessment"),
    ("review", "审核", "review"),
    ("payment", "支付", "payment"),
    ("feedback", "反馈", "feedback"),
    ("callback", "回访", "callback"),
    ("complaint", "投诉", "complaint"),
    ("inquiry", "咨询", "inquiry"),
    ("emergency", "应急", "emergency"),
    ("other", "其他", "other"),
    ("result", "结果", "result"),
    ("denial", "拒赔", "denial"),
    ("progress", "进度", "progress"),
    ("publicity", "公示", "publicity"),
    ("phone", "电话", "phone"),
    ("sms", "短信", "text message"),
    ("email", "电子邮件", "e-mail"),
    ("letter", "书面函件", "letter"),
    ("policy", "政策", "policy"),
    ("visit", "上门", "visit"),
    ("web", "网站", "web site"),
    ("app", "移动应用", "app"),
    ("questionnaire", "问卷", "questionnaire"),
    (
        "clocks_in_time",
        "按时完成数 ÷ 已到期或已完成数",
        "done in time ÷ done or due",
    ),
    (
        "fields_accurate",
        "准确要素数 ÷ 应填要素数",
        "right fields ÷ wanted fields",
    ),
    ("satisfied", "满意数 ÷ 评价数", "satisfied ÷ answers"),
    ("customer", "客户", "customer"),
    ("contract", "合同", "contract"),
    ("loss", "损失", "loss"),
    ("accident", "意外事故", "accident"),
    ("natural", "自然灾害", "natural event"),
    ("technical", "技术", "technical"),
    ("health", "健康原因", "health"),
    ("traffic", "交通事故", "traffic"),
    ("fire", "火灾", "fire"),
    // Lines of business.
    ("rural_housing", "政策性农村住房保险", "rural housing"),
    (
        "aircraft_comprehensive",
        "航空器综合险",
        "aircraft comprehensive",
    ),
    (
        "group_accident",
        "团体意外伤害保险",
        "group personal accident",
    ),
    (
        "licence_loss",
        "飞行员执照丧失保险",
        "pilot loss of licence",
    ),
    ("motor", "机动车辆保险", "motor"),
    ("non_motor", "非车险", "other than motor"),
    ("any", "各险种", "any line"),
    // Attributes and personal data.
    ("model", "型号", "model"),
    ("number", "编号", "number"),
    ("name", "姓名", "name"),
    ("resident_id", "居民身份号码", "resident ID"),
    ("mobile", "手机号码", "mobile number"),
    ("occupation", "职业", "occupation"),
    ("licence_number", "执照编号", "licence number"),
    ("licence_class", "执照类别", "licence class"),
    ("plate", "车牌号", "licence plate"),
    ("make_model", "厂牌型号", "make and model"),
    ("vin", "车架号", "VIN"),
    ("using_department", "使用部门", "using department"),
    ("address", "地址", "address"),
    ("floor_area", "建筑面积", "floor area"),
    ("year_built", "建成年份", "year built"),
    ("structure", "结构", "structure"),
    ("head_of_household", "户主", "head of household"),
    ("contact", "联系方式", "contact"),
    ("service_years", "使用年限", "years of service"),
    ("ownership", "权属", "ownership"),
    ("year", "年份", "year"),
    ("acquired", "取得方式", "acquired"),
    ("amount", "金额", "amount"),
    ("medical", "医疗信息", "medical data"),
    ("unit_price", "单价", "unit price"),
    ("reporter_phone", "报案人电话", "reporter's phone"),
    ("reporter_name", "报案人姓名", "reporter's name"),
    ("diagnosis", "诊断", "diagnosis"),
    ("customer_id", "客户证件号码", "customer's ID number"),
    ("customer_name", "客户姓名", "customer's name"),
    ("customer_phone", "客户电话", "customer's phone"),
    ("medical_bills", "医疗票据", "medical bills"),
    ("loss_place", "出险地点", "place of loss"),
    ("payee_account", "收款账户", "payee's account"),
    // What notices and records hold.
    ("position", "位置", "position"),
    ("status", "状态", "status"),
    ("step", "所处环节", "step"),
    ("time", "时间", "time"),
    ("place", "地点", "place"),
    ("nature", "性质", "nature"),
    ("impact", "影响", "impact"),
    ("suggestion", "建议", "suggestion"),
    ("suggestions", "建议", "suggestions"),
    ("satisfaction", "满意度", "satisfaction"),
    ("basis", "依据", "basis"),
    ("reason", "原因", "reason"),
    ("solution", "解决方案", "solution"),
    ("service", "服务", "service"),
    ("claim", "理赔", "claim"),
    ("details", "明细", "details"),
    ("report_number", "报案号", "report number"),
    ("next_steps", "后续步骤", "next steps"),
    ("expected_time", "预计时间", "expected time"),
    ("missing_items", "缺少的事项", "missing items"),
    ("current_step", "当前环节", "current step"),
    ("expected_finish", "预计完成时间", "expected finish"),
    (
        "customer_action",
        "客户需办事项",
        "what the customer must do",
    ),
    ("missing_documents", "缺少的材料", "missing papers"),
    ("accepted", "已受理", "accepted"),
    ("documents", "材料", "papers"),
    ("surveyor_arranged", "查勘安排", "surveyor arranged"),
    ("survey_result", "查勘结果", "survey result"),
    ("expected_closing", "预计结案时间", "expected closing"),
    ("thanks", "致谢", "thanks"),
    ("intake", "报案受理", "intake"),
    ("process", "处理过程", "process"),
    ("complaint_channels", "投诉渠道", "ways to complain"),
    ("report_accepted", "受理时间", "time of acceptance"),
    ("reporter", "报案人", "reporter"),
    // Answers to questions.
    ("authorised", "已授权", "authorised"),
    ("not_authorised", "未授权", "not authorised"),
    ("not_flying", "未飞行", "not flying"),
    ("valid", "有效", "valid"),
    ("expired", "已过期", "expired"),
    ("patrol", "巡逻", "patrol"),
    ("rescue", "救援", "rescue"),
    ("transport", "运输", "transport"),
    ("training", "训练", "training"),
    ("high_risk", "高风险任务", "high-risk task"),
    ("parked", "停放", "parked"),
    ("none", "无", "none"),
    ("actual", "实际全损", "actual total loss"),
    ("constructive", "推定全损", "constructive total loss"),
    ("level1", "一级", "level 1"),
    ("level2", "二级", "level 2"),
    ("level3", "三级", "level 3"),
    ("level4", "四级", "level 4"),
    ("urgent", "紧急", "urgent"),
    ("general", "一般", "general"),
    ("simple", "简单", "simple"),
    ("complex", "复杂", "complex"),
    ("involved", "涉及", "involved"),
    ("unclear", "不明", "unclear"),
    ("hotline", "热线", "hotline"),
    ("sales", "业务人员", "sales staff"),
    ("verified", "已核实", "verified"),
    ("not_matching", "不相符", "not matching"),
    ("unverified", "未核实", "unverified"),
    ("brand_dealer", "品牌经销商", "brand dealer"),
    ("appointed_shop", "定点维修厂", "appointed shop"),
    ("full", "全部责任", "full blame"),
    ("main", "主要责任", "main blame"),
    ("equal", "同等责任", "equal blame"),
    ("minor", "次要责任", "minor blame"),
    ("undetermined", "责任未定", "not determined"),
    // Why a number is open.
    ("set by the insurer", "由保险公司填写", "set by the insurer"),
    (
        "estimated for each case from the distance",
        "按距离逐案估计",
        "estimated for each case from the distance",
    ),
    (
        "promptly, without a number; set by the insurer",
        "及时，无具体数字，由保险公司填写",
        "promptly, without a number; set by the insurer",
    ),
    (
        "each case has its own timetable",
        "每个案件另有时间表",
        "each case has its own timetable",
    ),
    (
        "the statute counts calendar days",
        "法律按自然日计算",
        "the statute counts calendar days",
    ),
    (
        "the chapter's number is not visible; set by the insurer",
        "该章数字不可见，由保险公司填写",
        "the chapter's number is not visible; set by the insurer",
    ),
    (
        "80% in the tender is a sample figure; set by the insurer",
        "招标文件中的 80% 仅为示例，由保险公司填写",
        "80% in the tender is a sample figure; set by the insurer",
    ),
    (
        "the tender contradicts itself: off until the insurer switches it on",
        "招标文件前后矛盾，保险公司启用前关闭",
        "the tender contradicts itself: off until the insurer switches it on",
    ),
    (
        "及时维修：无具体时限 (promptly, no number)",
        "及时维修：无具体时限",
        "promptly, no number",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use lossbook_core::rules::{Pack, Packs};

    #[test]
    fn every_word_stands_once() {
        let mut keys: Vec<&str> = WORDS.iter().map(|row| row.0).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), WORDS.len());
    }

    fn used(pack: &Pack) -> Vec<&String> {
        let (insured, service, handling) = (&pack.insured, &pack.service, &pack.handling);
        let mut all: Vec<&String> = pack.lines.iter().collect();
        all.extend(insured.questions.iter().flat_map(|one| &one.answers));
        all.extend(insured.objects.iter().flat_map(|one| &one.attributes));
        all.extend(
            insured
                .register
                .iter()
                .flat_map(|one| one.attributes.keys()),
        );
        all.extend(insured.perils.iter().map(|one| &one.group));
        all.extend(insured.exclusions.iter().flat_map(|one| &one.by));
        let recovery = pack.paying.recovery.iter();
        all.extend(recovery.flat_map(|one| &one.never_against));
        all.extend(service.notices.iter().flat_map(|one| &one.content));
        all.extend(handling.fields.iter().map(|one| &one.group));
        all.extend(handling.rounds.iter().map(|one| &one.role));
        all.extend(handling.authority.iter().map(|one| &one.role));
        all.extend(handling.personal.iter().flat_map(|one| &one.fields));
        all.extend(handling.no_survey.iter().flat_map(|one| &one.record));
        all.extend(handling.no_survey.iter().map(|one| &one.mode));
        all.extend(pack.blanks().filter_map(|one| one.blank.as_ref()));
        all
    }

    #[test]
    fn every_word_of_the_shipped_packs_is_known_in_both_languages() {
        let packs = Packs::shipped().all().iter();
        let mut unknown: Vec<&String> = packs
            .flat_map(used)
            .filter(|key| known(key).is_none())
            .collect();
        unknown.dedup();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
