//! A case's past: its timeline, and what came since somebody looked.

use lossbook_core::app::{AppError, Device, Event};

use super::list::{limited, mark_after};
use super::record::label;
use super::signature::{DifferenceView, change};
use crate::words::Words;

/// A value that was written.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WriteView {
    /// Where.
    pub path: String,
    /// The field's label.
    pub label: Words,
    /// What stood there in the writer's eyes.
    pub before: Vec<String>,
    /// What was written.
    pub after: String,
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EventView {
    /// Names its envelope.
    pub envelope: String,
    /// `change`, `photo`, `freeze`, `signature`, `decision` …
    pub kind: String,
    /// Who.
    pub user: String,
    /// On which device.
    pub device: String,
    /// When, by that device's clock.
    pub wall_ms: i64,
    /// What was written, if it is a change.
    pub writes: Vec<WriteView>,
}

/// One page of the timeline, newest first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TimelinePage {
    /// Its events.
    pub rows: Vec<EventView>,
    /// Where the next page begins; nothing on the last.
    pub next: Option<String>,
}

/// What came since the signed-in person last looked.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewsView {
    /// Fields that read differently.
    pub fields: Vec<DifferenceView>,
    /// Entries that came.
    pub events: u64,
}

pub(crate) fn timeline(
    device: &Device,
    case: &str,
    (offset, limit): (u32, u32),
) -> Result<TimelinePage, AppError> {
    let limit = limited(limit);
    let events = device.timeline(case)?;
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let shown = events.iter().rev().skip(count(offset));
    let is_last = events.len() <= count(offset.saturating_add(limit));
    Ok(TimelinePage {
        rows: shown.take(count(limit)).map(event).collect(),
        next: mark_after(offset, limit, is_last),
    })
}

fn event(event: &Event) -> EventView {
    let writes = event.deed.iter().flat_map(|deed| &deed.writes);
    EventView {
        envelope: event.envelope.to_hex(),
        kind: format!("{:?}", event.header.kind).to_lowercase(),
        user: event.header.user.clone(),
        device: event.header.device.to_string(),
        wall_ms: event.header.wall.0,
        writes: writes
            .map(|write| {
                let path = write.path.to_string();
                WriteView {
                    label: label(&path),
                    path,
                    before: write.before.iter().map(ToString::to_string).collect(),
                    after: write.after.to_string(),
                }
            })
            .collect(),
    }
}

pub(crate) fn news(device: &Device, case: &str) -> Result<NewsView, AppError> {
    let news = device.news(case)?;
    Ok(NewsView {
        fields: news.fields.iter().map(change).collect(),
        events: news.events.len() as u64,
    })
}
