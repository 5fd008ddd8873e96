//! The API for the insurer's own programs: cases, decisions, photos, tables and a feed of events as
//! JSON under `/api/v1`, described by an OpenAPI document that is made of this code.
//!
//! A program is an *integration*: a name, roles as people of the office have them, scopes, and a
//! token that the operator makes once and can withdraw. What it asks goes through the functions of
//! [`crate::office`], so it may do what a person of those roles may, and is refused with the same
//! codes; each call is written into the audit.
//!
//! Invariants: errors have one shape, [`ApiError`]; lists are read on with the cursor of the answer;
//! the feed has every change of a case once at least, in the order of their commits.
//!
//! Refuses: personal data in full, and to call anybody: programs fetch.

pub(crate) mod doc;
mod event;
mod integration;
mod page;
pub(crate) mod route;

use serde::Serialize;
use utoipa::ToSchema;

pub use doc::openapi;
pub use integration::{add, end, list};

use crate::refusal::Refusal;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiError {
    /// A stable code for programs.
    pub code: String,
    /// For people, in Chinese.
    pub zh: String,
    /// For people, in English.
    pub en: String,
}

impl From<&Refusal> for ApiError {
    fn from(refusal: &Refusal) -> Self {
        let (zh, en) = both(&refusal.detail);
        Self {
            code: refusal.code.to_owned(),
            zh: zh.unwrap_or_else(|| general(refusal.status).to_owned()),
            en,
        }
    }
}

/// The two languages of a refusal: `中文 / English`, or `English（中文）: more`.
fn both(detail: &str) -> (Option<String>, String) {
    if let Some((zh, en)) = detail.split_once(" / ").filter(|(zh, _)| is_chinese(zh)) {
        return (Some(zh.to_owned()), en.to_owned());
    }
    let inner = detail
        .split_once('（')
        .and_then(|(before, rest)| rest.split_once('）').map(|(zh, after)| (before, zh, after)));
    match inner {
        Some((before, zh, after)) if is_chinese(zh) => {
            (Some(zh.to_owned()), format!("{before}{after}"))
        }
        Some(_) | None => (None, detail.to_owned()),
    }
}

fn is_chinese(text: &str) -> bool {
    text.chars()
        .any(|one| ('\u{4e00}'..='\u{9fff}').contains(&one))
}

/// What a status means, for refusals that speak English only.
const fn general(status: u16) -> &'static str {
    match status {
        400 => "请求内容有误",
        401 => "令牌无效或已停用",
        403 => "没有此权限",
        404 => "没有找到",
        409 => "目前不能执行此操作",
        410 => "读取位置已失效，请从头读取",
        413 => "内容过大",
        415 => "请使用 application/json",
        503 => "系统繁忙，请稍后再试",
        _ => "未能完成",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_two_languages_is_told_apart() {
        let told = |detail| both(detail);
        assert_eq!(
            told("没有此权限 / no right"),
            (Some("没有此权限".to_owned()), "no right".to_owned())
        );
        assert_eq!(
            told("the hub is full（空间不足）: wait"),
            (
                Some("空间不足".to_owned()),
                "the hub is full: wait".to_owned()
            )
        );
        assert_eq!(told("a / b"), (None, "a / b".to_owned()));
    }
}
