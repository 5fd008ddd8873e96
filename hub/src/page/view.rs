//! The page's markup.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::text::Language;
use crate::office::CaseSummary;
use crate::sight::HIDDEN;

pub(super) const STYLE: &str = include_str!("style.css");

/// A case on the page.
pub(super) struct CaseCard {
    pub(super) summary: CaseSummary,
    pub(super) thumbnails: Vec<Thumbnail>,
}

/// A small image that is here.
pub(super) struct Thumbnail {
    pub(super) path: String,
}

fn frame(language: Language, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
}

fn notice(language: Language, title: &str, lines: &[&str]) -> Markup {
    let body = html! {
        main .notice {
            h1 { (title) }
            @for line in lines { p { (line) } }
        }
    };
    frame(language, title, &body)
}

pub(super) fn opened(language: Language) -> Markup {
    let title = language.pick("已打开", "Opened");
    let body = html! {
        main .notice {
            h1 { (title) }
            p { a href="/" { (language.pick("查看案件", "Show the cases")) } }
        }
    };
    frame(language, title, &body)
}

pub(super) fn link_used(language: Language) -> Markup {
    notice(
        language,
        language.pick("此链接已失效", "This link no longer works"),
        &[
            language.pick(
                "链接只能使用一次，并在 24 小时后失效。",
                "A link works once, within 24 hours.",
            ),
            language.pick(
                "如需新链接：在运行本系统的机器上执行 lossbook hub link，或重新启动服务。",
                "For a new one, run “lossbook hub link” on the hub's machine, or start the hub again.",
            ),
        ],
    )
}

pub(super) fn link_needed(language: Language) -> Markup {
    notice(
        language,
        language.pick("请用一次性链接打开", "Open this page by its one-time link"),
        &[
            language.pick(
                "服务启动时会显示一个链接；也可在该机器上执行 lossbook hub link 获取。",
                "The hub prints a link when it starts; “lossbook hub link” on its machine makes another.",
            ),
        ],
    )
}

pub(super) fn cases(language: Language, cards: &[CaseCard]) -> Markup {
    let title = language.pick("理赔案件", "Loss cases");
    let other = match language {
        Language::Chinese => ("/?lang=en", "English"),
        Language::English => ("/?lang=zh", "中文"),
    };
    let body = html! {
        header {
            h1 { (title) " " span .count { (cards.len()) } }
            a href=(other.0) { (other.1) }
        }
        main {
            @if cards.is_empty() { (empty(language)) }
            @for card in cards { (case(language, card)) }
        }
    };
    frame(language, title, &body)
}

fn empty(language: Language) -> Markup {
    html! {
        section .empty {
            h2 { (language.pick("还没有案件", "No cases yet")) }
            p {
                (language.pick(
                    "查勘员同步后，案件和照片会出现在这里。",
                    "Cases and photos appear here after a surveyor's phone has synced.",
                ))
            }
            p {
                (language.pick("邀请一台手机：", "To invite a phone: "))
                code { "lossbook hub invite" }
            }
        }
    }
}

fn case(language: Language, card: &CaseCard) -> Markup {
    let CaseCard {
        summary,
        thumbnails,
    } = card;
    let missing = summary.photos_missing.len();
    html! {
        article {
            header {
                h2 { (summary.number) }
                span class={ "status " (summary.status) } { (language.status(&summary.status)) }
            }
            p .who { (summary.household) " · " (summary.place) }
            p { (summary.cause) }
            dl {
                dt { (language.pick("估损", "Estimate")) }
                dd { (amount(summary)) }
                dt { (language.pick("签字", "Signature")) }
                dd { (language.signature(&summary.signature)) }
                @if summary.contested > 0 {
                    dt { (language.pick("有分歧的内容", "Contested fields")) }
                    dd .warn { (summary.contested) }
                }
                @if missing > 0 {
                    dt { (language.pick("未到的照片", "Photos not here yet")) }
                    dd .warn { (missing) }
                }
            }
            @if !thumbnails.is_empty() {
                div .photos {
                    @for (number, thumbnail) in thumbnails.iter().enumerate() {
                        img src=(thumbnail.path) loading="lazy"
                            alt=(format!("{} {}", language.pick("照片", "Photo"), number + 1));
                    }
                }
            }
        }
    }
}

/// Yuan and fen; a range while values are contested.
fn amount(summary: &CaseSummary) -> String {
    let yuan = |fen: i64| format!("¥{}.{:02}", fen / 100, (fen % 100).abs());
    match (summary.low_fen, summary.high_fen) {
        (Some(low), Some(high)) if low == high => yuan(low),
        (Some(low), Some(high)) => format!("{} – {}", yuan(low), yuan(high)),
        (None, _) | (_, None) => HIDDEN.to_owned(),
    }
}
