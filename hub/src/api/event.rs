//! The feed of events: what happened to cases, read on with a cursor.

use lossbook_core::domain::Epoch;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::Asked;
use crate::hub::Hub;
use crate::meta::{OfficeUser, look};
use crate::office::check_right;
use crate::refusal::Refusal;
use crate::role::Right;

/// Events read at a time.
const BATCH: u32 = 200;

/// Something that happened to a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Event {
    /// Larger than that of every earlier one; numbers may be missing.
    seq: u64,
    /// The case's number for people.
    case: String,
    /// The case's id.
    case_id: String,
    /// The scope's name.
    scope: String,
    /// `reported`, `changed`, or the status that the case came to: `assigned`, `returned`,
    /// `approved`, `denied`, `paid`, `closed`, `reopened` or `open`.
    kind: String,
    /// The status that the case had then.
    status: String,
    /// Digest of the heads that the case had then.
    heads: String,
    /// The newest clock in the case then, in milliseconds since 1970.
    changed_ms: i64,
}

/// A part of the feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct EventPage {
    /// Events, oldest first.
    events: Vec<Event>,
    /// Where to read on: keep it once these events are taken in.
    cursor: String,
    /// Whether there are more already.
    more: bool,
}

/// Events behind the cursor, of scopes that the program sees.
pub(super) fn events(hub: &Hub, user: &OfficeUser, asked: &Asked) -> Result<EventPage, Refusal> {
    check_right(user, Right::ReadCases)?;
    let feed = hub.identity().feed_epoch;
    let mut at = match asked.text("cursor") {
        None => 0,
        Some(text) => position(text, feed)?,
    };
    let limit = usize::try_from(asked.limit()?).unwrap_or(usize::MAX);
    Ok(look(hub.looking(), |tx| {
        let scopes = tx.named_scopes()?;
        let name = |id| scopes.iter().find(|scope| scope.id == id);
        let mut events: Vec<Event> = Vec::new();
        loop {
            let rows = tx.events_after(at, BATCH)?;
            let is_end = rows.is_empty();
            for row in rows {
                if events.len() == limit {
                    let cursor = cursor(feed, at);
                    return Ok(EventPage {
                        events,
                        cursor,
                        more: true,
                    });
                }
                at = row.seq;
                if !user.sees(row.scope) {
                    continue;
                }
                events.push(Event {
                    seq: row.seq,
                    case: row.case.number().to_string(),
                    case_id: row.case.to_string(),
                    scope: name(row.scope).map_or_else(String::new, |scope| scope.name.clone()),
                    kind: row.kind,
                    status: row.status,
                    heads: row.heads.to_hex(),
                    changed_ms: row.at.0,
                });
            }
            if is_end {
                let cursor = cursor(feed, at);
                return Ok(EventPage {
                    events,
                    cursor,
                    more: false,
                });
            }
        }
    })?)
}

fn cursor(feed: Epoch, at: u64) -> String {
    format!("{}.{at}", hex::encode(feed.as_bytes()))
}

/// A hub that was put back to an earlier state counts anew: what it counted before stands for
/// something else.
fn position(text: &str, feed: Epoch) -> Result<u64, Refusal> {
    let bad = || {
        let detail = "参数 cursor 无效 / parameter cursor: is not one of ours";
        Refusal::new(400, "BAD_PARAMETER", detail)
    };
    let (of, at) = text.split_once('.').ok_or_else(bad)?;
    let at = at.parse().ok().filter(|at| i64::try_from(*at).is_ok());
    let at = at.ok_or_else(bad)?;
    let of = hex::decode(of).ok().and_then(|of| Epoch::from_slice(&of));
    match of {
        Some(of) if of == feed => Ok(at),
        Some(_) => {
            let detail = "机构已从备份恢复，请从头读取 / the hub was restored from a backup: read from the start, without a cursor";
            Err(Refusal::new(410, "CURSOR_RESET", detail))
        }
        None => Err(bad()),
    }
}
