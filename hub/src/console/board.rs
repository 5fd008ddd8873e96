//! The surge board: how far every village is, in one look, for an event or for all cases.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::frame::{self, Counts};
use super::{Visit, page, word};
use crate::http::App;
use crate::meta::{BoardRow, look};
use crate::role::Right;
use crate::sight::HIDDEN;

/// `GET /console/board`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page(app, &headers, Right::ReadCases, |visit| {
        let scopes = &visit.session.user.scopes;
        let (counts, rows, hidden) = look(visit.hub.looking(), |tx| {
            let hidden = visit.sight.hidden_villages(tx)?;
            Ok((Counts::read(tx, visit)?, tx.board(scopes)?, hidden))
        })?;
        let title = visit.say("灾情进度板", "Surge board");
        let body = html! {
            header .head {
                h1 { (title) }
                span .quiet { (visit.say("截至 ", "as of ")) (word::time(visit.hub.now().wall)) }
            }
            (table(visit, &rows, &hidden))
            p .quiet { (visit.say(
                "每格：件数与占报案数的比例。照片未到：原件仍在手机上的张数。",
                "Each cell: how many, and their share of what was reported. Photos outstanding: originals still on phones.",
            )) }
        };
        Ok(frame::page(visit, (title, "/console/board"), Some(&counts), &body))
    })
    .await
}

fn table(visit: &Visit<'_>, rows: &[BoardRow], hidden: &BTreeSet<String>) -> Markup {
    let is_shown = |row: &BoardRow| !hidden.contains(&row.village);
    let total = rows.iter().fold(BoardRow::default(), |sum, row| BoardRow {
        village: visit.say("合计", "Total").to_owned(),
        reported: sum.reported + row.reported,
        surveyed: sum.surveyed + row.surveyed,
        signed: sum.signed + row.signed,
        approved: sum.approved + row.approved,
        paid: sum.paid + row.paid,
        outstanding: sum.outstanding + row.outstanding,
        payable: sum.payable.saturating_add(row.payable),
        granted: sum.granted.saturating_add(row.granted),
    });
    html! {
        table .board {
            thead {
                tr {
                    th scope="col" { (visit.say("村 / 片区", "Village")) }
                    th scope="col" .num { (visit.say("报案", "Reported")) }
                    th scope="col" { (visit.say("已查勘", "Surveyed")) }
                    th scope="col" { (visit.say("已签字", "Signed")) }
                    th scope="col" { (visit.say("已核赔", "Approved")) }
                    th scope="col" { (visit.say("已支付", "Paid")) }
                    th scope="col" .num { (visit.say("照片未到", "Photos outstanding")) }
                    th scope="col" .num { (visit.say("应付（元）", "Payable, yuan")) }
                    th scope="col" .num { (visit.say("已核（元）", "Approved, yuan")) }
                }
            }
            tbody { @for row in rows { (line(row, is_shown(row))) } }
            tfoot { (line(&total, rows.iter().all(is_shown))) }
        }
    }
}

/// A village; its sums only if none of its cases keeps them confidential (I7).
fn line(row: &BoardRow, is_shown: bool) -> Markup {
    let sum = |fen: i64| {
        if is_shown {
            word::yuan(fen)
        } else {
            HIDDEN.to_owned()
        }
    };
    html! {
        tr {
            th scope="row" { (row.village) }
            td .num { (row.reported) }
            (share(row.surveyed, row.reported))
            (share(row.signed, row.reported))
            (share(row.approved, row.reported))
            (share(row.paid, row.reported))
            td .num { @if row.outstanding > 0 { span .mark .runs { (row.outstanding) } } @else { "0" } }
            td .num { (sum(row.payable)) }
            td .num { (sum(row.granted)) }
        }
    }
}

/// A figure with a bar; the bar is an element of its own kind, since pages carry no styles.
fn share(part: u64, whole: u64) -> Markup {
    let percent = (part * 100).checked_div(whole).unwrap_or(0);
    html! {
        td .share {
            meter min="0" max=(whole.max(1)) value=(part) { (part) }
            span .num { (part) } span .quiet .num { (percent) "%" }
        }
    }
}
