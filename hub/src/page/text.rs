//! The page's words, in Chinese and English.

use axum::http::{HeaderMap, header};

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Chinese,
    English,
}

impl Language {
    /// The wished one, else the first of the browser's that the page has, else Chinese.
    pub(crate) fn wished(wish: Option<&str>, headers: &HeaderMap) -> Self {
        if let Some(language) = wish.and_then(Self::named) {
            return language;
        }
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut known = accepted
            .split(',')
            .filter_map(|one| Self::named(one.trim()));
        known.next().unwrap_or(Self::Chinese)
    }

    pub(crate) fn named(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        if tag.starts_with("zh") {
            Some(Self::Chinese)
        } else if tag.starts_with("en") {
            Some(Self::English)
        } else {
            None
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The one of two texts.
    pub(crate) const fn pick(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// A status word as people say it.
    pub(crate) fn status(self, word: &str) -> String {
        let known = match word {
            "open" => self.pick("待处理", "Open"),
            "assigned" => self.pick("已派查勘", "Assigned"),
            "returned" => self.pick("已退回", "Returned"),
            "approved" => self.pick("已通过", "Approved"),
            "denied" => self.pick("已拒赔", "Denied"),
            "paid" => self.pick("已赔付", "Paid"),
            "closed" => self.pick("已结案", "Closed"),
            "reopened" => self.pick("有变更，待复核", "Changed, to review"),
            other => return other.to_owned(),
        };
        known.to_owned()
    }

    /// A signature's word as people say it.
    pub(crate) fn signature(self, word: &str) -> String {
        let known = match word {
            "valid" => self.pick("签字有效", "Signed"),
            "superseded" => self.pick("签字后有变更", "Changed after signing"),
            "contested" => self.pick("签字内容有分歧", "Signed fields contested"),
            "revoked" => self.pick("签字已撤回", "Signature withdrawn"),
            "refused" => self.pick("拒绝签字", "Signing refused"),
            "" | "none" | "unsigned" => self.pick("未签字", "Not signed"),
            other => return other.to_owned(),
        };
        known.to_owned()
    }
}
