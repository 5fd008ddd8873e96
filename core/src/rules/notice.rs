//! What people must be told, by when, by which way, and what the telling lacked.

use serde::Serialize;

use super::case::Case;
use super::clock::{self, Desk, Running};
use super::fact::{Test, Tri};
use super::pack::Notice;
use super::reason::Reason;
use crate::domain::facts::Told;

/// A notice that is owed or given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeState {
    /// Its id.
    pub id: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Feedback, result, denial, …
    pub kind: &'static str,
    /// Its limit, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<Running>,
    /// How often again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
    /// Channels still needed; one of them suffices unless all are asked for.
    pub channels: Vec<&'static str>,
    /// What has not been said yet.
    pub content: Vec<String>,
    /// Where it stands.
    pub source: String,
}

/// Every notice of the pack that this case owes or has given.
pub(super) fn notices(
    case: &Case<'_>,
    desk: Desk<'_>,
    findings: &mut Vec<Reason>,
) -> Vec<NoticeState> {
    let mut all = Vec::new();
    for notice in &case.pack.service.notices {
        if Test::all(&notice.when, case) != Tri::No {
            all.push(state(case, notice, desk, findings));
        }
    }
    all
}

fn state(
    case: &Case<'_>,
    notice: &Notice,
    desk: Desk<'_>,
    findings: &mut Vec<Reason>,
) -> NoticeState {
    let told = || {
        case.facts
            .notices
            .iter()
            .filter(|told| told.id == notice.rule.id)
    };
    let used = |channel: &str| told().any(|told: &Told| told.by == channel);
    let all: Vec<&'static str> = notice.by.iter().map(|channel| channel.key()).collect();
    let channels = if notice.all_channels {
        all.into_iter().filter(|channel| !used(channel)).collect()
    } else if all.iter().any(|channel| used(channel)) {
        Vec::new()
    } else {
        all
    };
    let said = |item: &String| told().any(|told| told.content.contains(item));
    let clock = notice
        .until
        .filter(|_| !notice.due.0.is_empty())
        .map(|until| clock::run(case, &clock::of_notice(notice, until), desk, findings));
    NoticeState {
        id: notice.rule.id.clone(),
        zh: notice.rule.names.zh.clone(),
        en: notice.rule.names.en.clone(),
        kind: notice.kind.key(),
        clock,
        every: notice
            .every
            .as_ref()
            .and_then(|figure| figure.value())
            .map(ToString::to_string),
        channels,
        content: notice
            .content
            .iter()
            .filter(|item| !said(item))
            .cloned()
            .collect(),
        source: notice.rule.source.clone(),
    }
}
