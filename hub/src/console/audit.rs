//! The audit: who signed in, decided, and saw what is personal; newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::html;

use super::frame::{self, Counts};
use super::{Visit, page, word};
use crate::http::App;
use crate::meta::look;
use crate::role::Right;

/// Rows of the page.
const ROWS: u32 = 500;

/// `GET /console/audit`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page(app, &headers, Right::ReadAudit, |visit| {
        let (counts, rows) = look(visit.hub.looking(), |tx| {
            Ok((Counts::read(tx, visit)?, tx.audit(None, ROWS)?))
        })?;
        let title = visit.say("审计记录", "Audit");
        let body = html! {
            header .head { h1 { (title) } span .quiet { (visit.say("最近 ", "last ")) (rows.len()) } }
            table {
                thead {
                    tr {
                        th scope="col" .num { (visit.say("时间", "When")) }
                        th scope="col" { (visit.say("人员", "Who")) }
                        th scope="col" { (visit.say("行为", "Did")) }
                        th scope="col" { (visit.say("案件", "Case")) }
                        th scope="col" { (visit.say("说明", "Of what, and why")) }
                    }
                }
                tbody {
                    @for row in &rows {
                        tr {
                            td .num { (word::time(row.at)) }
                            td { (row.user) }
                            td { (deed(visit, &row.deed)) }
                            td .id { @if let Some(case) = row.case {
                                a href={ "/console/case/" (case.number()) } { (case.number()) }
                            } }
                            td .wide { (row.detail) }
                        }
                    }
                }
            }
        };
        Ok(frame::page(visit, (title, "/console/audit"), Some(&counts), &body))
    })
    .await
}

fn deed(visit: &Visit<'_>, word: &str) -> String {
    let known = match word {
        "sign_in" => visit.say("登录", "signed in"),
        "sign_in_failed" => visit.say("登录失败", "wrong password"),
        "sign_out" => visit.say("退出", "signed out"),
        "reveal" => visit.say("查看个人信息", "saw personal data"),
        "decide" => visit.say("作出决定", "decided"),
        "decide_refused" => visit.say("决定被拒绝", "was refused"),
        "tell" => visit.say("记录告知", "noted a notice"),
        "paper" => visit.say("出具文书", "made a paper"),
        "export" => visit.say("导出数据", "exported data"),
        "people" => visit.say("变更人员", "changed people"),
        "register_add" => visit.say("登记", "wrote a row"),
        "register_correct" => visit.say("更正登记", "corrected a row"),
        "register_strike" => visit.say("作废登记", "struck out a row"),
        "hand_over" => visit.say("移交在办案件", "handed cases over"),
        "enrol_asked" => visit.say("申请设备注册", "asked for an enrolment"),
        "enrol_confirmed" => visit.say("确认设备注册", "confirmed an enrolment"),
        other => other,
    };
    known.to_owned()
}
