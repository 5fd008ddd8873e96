//! The frame of every page: who is signed in, where one can go, what waits there.

use lossbook_core::store::StoreError;
use maud::{DOCTYPE, Markup, html};

use super::Visit;
use crate::catalogue;
use crate::desk::{PHOTOS, QUEUES};
use crate::meta::MetaTx;
use crate::page::text::Language;
use crate::refusal::Refusal;
use crate::role::Right;

/// Pages about all cases, for whoever reads cases: where, Chinese, English.
const AT_LARGE: [(&str, &str, &str); 5] = [
    ("/console/map", "地图", "Map"),
    ("/console/board", "灾情进度板", "Surge board"),
    ("/console/kpi", "绩效指标", "Performance figures"),
    ("/console/tables", "台账与报表", "Registers and tables"),
    ("/console/no-survey", "免查勘", "No-survey cases"),
];

/// What the frame shows beside the page: how many wait in each queue, how many are late.
pub(super) struct Counts {
    waiting: Vec<(String, u64)>,
    clocks: u64,
    notices: u64,
}

impl Counts {
    pub(super) fn read(tx: &dyn MetaTx, visit: &Visit<'_>) -> Result<Self, StoreError> {
        let (user, now) = (&visit.session.user, visit.hub.now().wall);
        Ok(Self {
            waiting: tx.queue_counts(&user.scopes)?,
            clocks: tx.overdue("clock", now, &user.scopes)?,
            notices: tx.overdue("notice", now, &user.scopes)?,
        })
    }

    /// How many wait in a queue.
    pub(super) fn of(&self, queue: &str) -> u64 {
        match queue {
            "clocks" => self.clocks,
            "notices" => self.notices,
            _ => {
                let found = self.waiting.iter().find(|(name, _)| name == queue);
                found.map_or(0, |(_, count)| *count)
            }
        }
    }
}

/// All queues with their names: those that follow from the case, and the three about time and
/// photos.
pub(super) fn queues() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let others = [
        ("clocks", "时限：已超与将超", "Clocks, late and soon"),
        ("notices", "应告知事项", "Notices due"),
        (PHOTOS, "照片未到", "Photos outstanding"),
    ];
    QUEUES.into_iter().chain(others)
}

/// A page with everything around it.
pub(super) fn page(
    visit: &Visit<'_>,
    (title, here): (&str, &str),
    counts: Option<&Counts>,
    body: &Markup,
) -> Markup {
    let inner = html! {
        a .skip href="#main" { (visit.say("跳到正文", "Skip to the page")) }
        (top(visit, here))
        div .desk {
            (side(visit, here, counts))
            main #main tabindex="-1" { (body) }
        }
    };
    document(visit.language, title, &inner)
}

fn top(visit: &Visit<'_>, here: &str) -> Markup {
    let user = &visit.session.user;
    let roles: Vec<&str> = user
        .roles
        .iter()
        .map(|role| {
            let (zh, en) = role.names();
            visit.say(zh, en)
        })
        .collect();
    let (other, name) = match visit.language {
        Language::Chinese => ("en", "English"),
        Language::English => ("zh", "中文"),
    };
    html! {
        header .top {
            a .brand href="/console" { "Lossbook" }
            @if user.has(Right::ReadCases) {
                form .search role="search" action="/console/search" {
                    label .away for="q" { (visit.say("查找案件", "Find cases")) }
                    input #q name="q" type="search" placeholder=(visit.say("案号、户主、地点、车牌  按 / 查找", "number, name, place, plate  press /"));
                }
            }
            form .who method="post" action="/console/language" {
                (hidden(visit))
                input type="hidden" name="back" value=(here);
                span { strong { (user.name) } " " (roles.join("、")) }
                button name="to" value=(other) { (name) }
                button formaction="/console/sign-out" { (visit.say("退出", "Sign out")) }
            }
        }
    }
}

fn side(visit: &Visit<'_>, here: &str, counts: Option<&Counts>) -> Markup {
    let user = &visit.session.user;
    let link = |path: &str, text: &str| {
        html! { a href=(path) aria-current=[(here == path).then_some("page")] { (text) } }
    };
    html! {
        nav .side aria-label=(visit.say("工作台", "Desk")) {
            @if user.has(Right::ReadCases) {
                (link("/console", visit.say("总览", "Overview")))
                h2 { (visit.say("工作队列", "Work queues")) }
                ul {
                    @for (word, zh, en) in queues() {
                        @let path = format!("/console/queue/{word}");
                        @let n = counts.map_or(0, |counts| counts.of(word));
                        li {
                            a href=(path) aria-current=[(here == path).then_some("page")] {
                                span { (visit.say(zh, en)) }
                                span .count .late[is_urgent(word) && n > 0] { @if n >= 1000 && (word == "clocks" || word == "notices") { "999+" } @else { (n) } }
                            }
                        }
                    }
                }
                h2 { (visit.say("全局", "At large")) }
                @for (path, zh, en) in AT_LARGE { (link(path, visit.say(zh, en))) }
            }
            @if user.has(Right::ReadStaff) {
                (link("/console/staff", visit.say("人员资质与更换", "Staff")))
            }
            @if user.has(Right::ManagePeople) || user.has(Right::Enrol) {
                (link("/console/people", visit.say("人员与设备", "People and devices")))
            }
            @if user.has(Right::ReadAudit) {
                (link("/console/audit", visit.say("审计记录", "Audit")))
            }
        }
    }
}

/// Queues in which somebody is already waiting too long.
fn is_urgent(queue: &str) -> bool {
    matches!(queue, "clocks" | "notices" | "disputes")
}

/// Links to tables of the catalogue that somebody may read.
pub(super) fn tables(visit: &Visit<'_>, ids: &[&str]) -> Markup {
    let user = &visit.session.user;
    let known = ids.iter().filter_map(|id| catalogue::entry(id));
    html! {
        ul .plain .many { @for entry in known.filter(|entry| user.has(entry.right)) { li {
            a href={ "/console/table/" (entry.id) } { (visit.say(entry.name.0, entry.name.1)) }
        } } }
    }
}

/// What every form carries.
pub(super) fn hidden(visit: &Visit<'_>) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.session.csrf); }
}

/// A refusal to somebody who is signed in.
pub(super) fn refused(visit: &Visit<'_>, refusal: &Refusal) -> Markup {
    let title = visit.say("未能办理", "Not done");
    let body = html! {
        h1 { (title) }
        (banner(refusal))
        p { a href="/console" { (visit.say("回到总览", "Back to the overview")) } }
    };
    page(visit, (title, ""), None, &body)
}

/// The code and the reason, in both languages as every refusal has them.
pub(super) fn banner(refusal: &Refusal) -> Markup {
    html! { p .refused role="alert" { strong { (refusal.code) } " " (refusal.detail) } }
}

/// A refusal to somebody of whom nothing is known.
pub(super) fn plain_refusal(language: Language, refusal: &Refusal) -> Markup {
    let title = language.pick("未能办理", "Not done");
    bare(
        language,
        title,
        &html! { main .door { h1 { (title) } (banner(refusal)) } },
    )
}

/// A page without anything around it.
pub(super) fn bare(language: Language, title: &str, body: &Markup) -> Markup {
    document(language, title, body)
}

fn document(language: Language, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0}"#;
                title { (title) " · Lossbook" }
                link rel="icon" href="/favicon.ico" type="image/svg+xml";
                link rel="stylesheet" href="/console/assets/leaflet-1.9.4.css";
                link rel="stylesheet" href="/console/assets/console.css";
                script src="/console/assets/htmx-2.0.11.min.js" defer {}
                script src="/console/assets/leaflet-1.9.4.js" defer {}
                script src="/console/assets/map.js" defer {}
                script src="/console/assets/console.js" defer {}
            }
            body { (body) }
        }
    }
}
