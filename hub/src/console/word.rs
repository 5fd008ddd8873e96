//! How figures, times and stable words read for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lossbook_core::domain::{Money, WallMs};
use lossbook_core::rules::ClockState;

use super::Visit;
use crate::desk::cause_in;
use crate::meta::DeskRow;
use crate::page::text::Language;
use crate::sight::HIDDEN;

/// Where head office is; contracts with another zone say so beside their clocks.
const ZONE: &str = "Asia/Shanghai";

/// An instant as the office writes it: `2026-11-22 09:40`.
pub(crate) fn time(at: WallMs) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    match Timestamp::from_millisecond(at.0) {
        Ok(instant) => instant
            .to_zoned(zone)
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => "–".to_owned(),
    }
}

/// The same in a table, where the year is that of the others: `11-22 09:40`.
pub(super) fn short_time(at: WallMs) -> String {
    let text = time(at);
    text.get(5..)
        .map_or_else(|| text.clone(), ToOwned::to_owned)
}

/// Fen as yuan with groups of three: `12,345.60`.
pub(crate) fn yuan(fen: i64) -> String {
    let plain = Money::from_fen(fen).to_string();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, "00"));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{part}")
}

/// One figure, or the two ends of a range.
pub(crate) fn range(low: i64, high: i64) -> String {
    if low == high {
        yuan(high)
    } else {
        format!("{}–{}", yuan(low), yuan(high))
    }
}

/// What is payable in a case, or that this person may not see it.
pub(super) fn sum(visit: &Visit<'_>, row: &DeskRow) -> String {
    if visit.sight.shows_row(row) {
        range(row.low, row.high)
    } else {
        HIDDEN.to_owned()
    }
}

/// How long something waits or waited: `3 d 4 h`, `25 min`.
pub(super) fn span(visit: &Visit<'_>, ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    if days > 0 {
        format!(
            "{days}{}{hours}{}",
            visit.say("天", "d "),
            visit.say("小时", "h")
        )
    } else if hours > 0 {
        format!(
            "{hours}{}{}{}",
            visit.say("小时", "h "),
            minutes % 60,
            visit.say("分", "min")
        )
    } else {
        format!("{minutes} {}", visit.say("分钟", "min"))
    }
}

/// The cause of loss.
pub(super) fn cause(visit: &Visit<'_>, row: &DeskRow) -> String {
    cause_in(visit.language, &visit.packs, row)
}

/// A contract's short name.
pub(super) fn contract<'t>(visit: &Visit<'_>, id: &'t str) -> &'t str {
    contract_named(visit.language, id)
}

/// The same for whatever has a language and no visitor.
pub(crate) fn contract_named(language: Language, id: &str) -> &str {
    let plain = id.split('@').next().unwrap_or(id);
    match plain {
        "huzhu-rural-housing" => language.pick("互助农房", "Huzhu housing"),
        "shaoguan-official-vehicles" => language.pick("韶关公务车", "Shaoguan vehicles"),
        "huangpu-sanitation-vehicles" => language.pick("黄埔环卫车", "Huangpu sanitation"),
        "guangzhou-police-aviation" => language.pick("广州警航", "Guangzhou aviation"),
        "insurer-fnol-policy" => language.pick("通用报案", "FNOL policy"),
        "" => language.pick("未指明", "none named"),
        _ => plain,
    }
}

/// A case's status, as a word and as a style.
pub(super) fn status(visit: &Visit<'_>, word: &str) -> String {
    visit.language.status(word)
}

/// What a decision is called.
pub(super) fn action(visit: &Visit<'_>, word: &str) -> String {
    action_named(visit.language, word)
}

/// The same for whatever has a language and no visitor.
pub(crate) fn action_named(language: Language, word: &str) -> String {
    let known = match word {
        "assign" => language.pick("派查勘", "Assign"),
        "return" => language.pick("退回补正", "Return"),
        "approve" => language.pick("审核通过", "Approve"),
        "deny" => language.pick("拒赔", "Deny"),
        "pay" => language.pick("支付赔款", "Pay"),
        "close" => language.pick("结案", "Close"),
        "reopen" => language.pick("重新打开", "Reopen"),
        "supplement" => language.pick("确认后续资料", "Note late changes"),
        other => return other.to_owned(),
    };
    known.to_owned()
}

/// What a role is called, also one of a rule pack.
pub(super) fn role(visit: &Visit<'_>, word: &str) -> String {
    match word.parse::<crate::role::OfficeRole>() {
        Ok(role) => {
            let (zh, en) = role.names();
            visit.say(zh, en).to_owned()
        }
        Err(_) => word.to_owned(),
    }
}

/// How a clock stands, with the style for it.
pub(crate) const fn clock_state(state: ClockState) -> (&'static str, &'static str, &'static str) {
    match state {
        ClockState::NotStarted => ("未开始", "not started", "quiet"),
        ClockState::NoNumber => ("合同未给时限", "no limit given", "quiet"),
        ClockState::Paused => ("暂停", "paused", "quiet"),
        ClockState::Running => ("计时中", "running", "runs"),
        ClockState::Overdue => ("已超时", "overdue", "late"),
        ClockState::InTime => ("按时完成", "in time", "good"),
        ClockState::Late => ("超时完成", "done late", "was-late"),
        ClockState::AtOnce => ("立即", "at once", "quiet"),
    }
}

/// What stands in the way of a case, in short marks.
pub(super) fn marks(visit: &Visit<'_>, row: &DeskRow) -> Vec<(String, &'static str)> {
    let mut marks = Vec::new();
    if row.contested > 0 {
        let text = format!("{} {}", visit.say("争议", "contested"), row.contested);
        marks.push((text, "late"));
    }
    if row.missing > 0 {
        let text = format!("{} {}", visit.say("缺照片", "photos missing"), row.missing);
        marks.push((text, "runs"));
    }
    let signed = row.signature.as_str();
    if signed != "valid" && row.surveyed {
        marks.push((visit.language.signature(signed), "quiet"));
    }
    marks
}
