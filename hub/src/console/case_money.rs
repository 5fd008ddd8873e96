//! What the contract pays with every step of it; what was signed.

use lossbook_core::rules::{Assessment, Reason};
use lossbook_core::statement::SignatureState;
use lossbook_core::statement::ink::svg;
use lossbook_core::store::SignatureStanding;
use maud::{Markup, PreEscaped, html};

use super::case::CasePage;
use super::{Visit, word};
use crate::page::text::Language;

pub(super) fn payable(visit: &Visit<'_>, case: &CasePage) -> Markup {
    if !visit.sight.shows_row(&case.row) {
        return html! {
            section #payable { h2 { (visit.say("应付金额", "Payable")) }
                p .quiet { (visit.say("本合同维修金额保密，您的角色不可查看。",
                    "This contract keeps its amounts confidential: your role does not see them.")) } }
        };
    }
    let Some((judged, _)) = &case.contract else {
        return html! {
            section #payable { h2 { (visit.say("应付金额", "Payable")) }
                p .quiet { (visit.say("本案未指明合同，或合同无法判定；金额为损失清单合计。",
                    "No contract is named, or none can judge the case; the amount is the sum of its lines.")) } }
        };
    };
    let assessment = &judged.assessment;
    let unmatched = judged.unmatched.as_slice();
    html! {
        section #payable {
            h2 { (visit.say("应付金额与计算步骤", "Payable, step by step")) }
            p { span class={ "chip " (assessment.cover.answer.key()) } { (cover(visit, assessment.cover.answer.key())) }
                " " @if let Some(tier) = &assessment.tier { span .chip { (visit.say("档次 ", "tier ")) (tier) } " " }
                @if let Some(class) = &assessment.class { span .chip { (class) } " " }
                span .quiet { (assessment.pack.id) "@" (assessment.pack.version) } }
            (reasons(visit, assessment.cover.reasons.iter().chain(unmatched).chain(&assessment.findings)))
            (lines(visit, assessment))
            (steps(visit, assessment))
        }
    }
}

fn cover<'t>(visit: &Visit<'_>, key: &'t str) -> &'t str {
    match key {
        "covered" => visit.say("属于保险责任", "Covered"),
        "not_covered" => visit.say("不属于保险责任", "Not covered"),
        "head_office" => visit.say("由总部认定", "Head office decides"),
        other => other,
    }
}

fn reasons<'r>(visit: &Visit<'_>, all: impl Iterator<Item = &'r Reason>) -> Markup {
    html! {
        ul .reasons { @for reason in all {
            li { (visit.pick(&reason.zh, &reason.en)) @if !reason.about.is_empty() { ": " (reason.about) } " " span .quiet { (reason.source) } }
        } }
    }
}

fn lines(visit: &Visit<'_>, assessment: &Assessment) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("损失项目", "Loss item")) }
                th scope="col" { (visit.say("算式", "Formula")) }
                th scope="col" .num { (visit.say("金额（元）", "Amount, yuan")) }
            } }
            tbody {
                @for line in &assessment.lines {
                    tr .off[!line.covered] {
                        td { (line.item) @for reason in &line.reasons { br; span .quiet { (visit.pick(&reason.zh, &reason.en)) } } }
                        td .wide { (line.formula) }
                        td .num { (word::range(line.amount.low.fen(), line.amount.high.fen())) }
                    }
                }
                @if assessment.lines.is_empty() { tr { td .empty colspan="3" { (visit.say("还没有损失清单", "No priced lines yet")) } } }
            }
        }
    }
}

fn steps(visit: &Visit<'_>, assessment: &Assessment) -> Markup {
    let money = &assessment.money;
    html! {
        table .steps {
            thead { tr {
                th scope="col" { (visit.say("步骤", "Step")) }
                th scope="col" .num { (visit.say("增减", "Change")) }
                th scope="col" .num { (visit.say("之后", "After")) }
                th scope="col" { (visit.say("依据", "By")) }
            } }
            tbody {
                @for cover in &money.covers {
                    tr { th scope="row" colspan="4" { (visit.pick(&cover.zh, &cover.en)) } }
                    @for step in &cover.steps {
                        tr {
                            td { (visit.pick(&step.zh, &step.en)) }
                            td .num { (word::range(step.change.low.fen(), step.change.high.fen())) }
                            td .num { (word::range(step.after.low.fen(), step.after.high.fen())) }
                            td .quiet { (step.source) }
                        }
                    }
                }
            }
            tfoot {
                tr {
                    th scope="row" { (visit.say("应付", "Payable")) @if !money.is_final { " " span .mark .runs { (visit.say("未定", "not final")) } } }
                    td {} td .num { strong { @match money.payable {
                        Some(range) => { (word::range(range.low.fen(), range.high.fen())) }
                        None => { (visit.say("未知", "unknown")) }
                    } } }
                    td .quiet { (money.capital.as_deref().unwrap_or_default()) }
                }
            }
        }
    }
}

/// Every statement with its ink, newest first; the newest one's text is open.
pub(super) fn statements(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let signed = &case.view.standing.signatures;
    html! {
        section #signatures {
            h2 { (visit.say("签字与确认书", "Signatures and statements")) }
            @if signed.is_empty() { p .quiet { (visit.say("尚无签字。", "Nobody has signed yet.")) } }
            @for (at, one) in signed.iter().rev().enumerate() { (statement(visit, one, (at == 0, visit.sight.shows_row(&case.row)))) }
        }
    }
}

fn statement(
    visit: &Visit<'_>,
    one: &SignatureStanding,
    (is_newest, is_shown): (bool, bool),
) -> Markup {
    let body = &one.signature.body;
    let style = match one.state {
        SignatureState::Valid => "good",
        SignatureState::Superseded(_) | SignatureState::Contested(_) => "late",
        SignatureState::Revoked | SignatureState::Refused => "quiet",
    };
    let language = match visit.language {
        Language::Chinese => lossbook_core::statement::Language::Zh,
        Language::English => lossbook_core::statement::Language::En,
    };
    html! {
        article .statement {
            div .ink role="img" aria-label={ (visit.say("手写签名：", "ink of ")) (body.signer) } { (PreEscaped(svg(body))) }
            div {
                p { strong { (body.signer) } " " span class={ "mark " (style) } { (visit.language.signature(one.state.word())) } }
                p .quiet { (one.state.sentence(language)) }
                p .quiet { (visit.say("采集 ", "taken by ")) (one.signature.header.user) " · " (word::time(one.signature.header.wall))
                    @if !one.witnesses.is_empty() { " · " (visit.say("见证 ", "witnessed by ")) (one.witnesses.join("、")) }
                    @if let Some(reason) = &one.reason { " · " (reason) } }
                @if is_shown { details open[is_newest] { summary { (visit.say("所签文本", "The text that was signed")) } pre { (one.freeze.text) } } }
            }
        }
    }
}
