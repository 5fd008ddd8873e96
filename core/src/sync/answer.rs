//! Reads an answer and says what it means. Pure: what follows from it is the engine's to decide.

use std::collections::BTreeMap;

use super::exchange::Sent;
use super::frame::{self, Ack, Cursor, Fault, Frame, StreamMark, Welcome};
use crate::chain::{Envelope, Run, StreamId};
use crate::domain::Digest;

/// Envelopes of a page and the cursor that ends it.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) runs: Vec<Run>,
    pub(super) late: Vec<Envelope>,
    pub(super) cursor: Option<Cursor>,
}

/// A whole answer, sorted.
#[derive(Debug, Default)]
pub(super) struct Answer {
    welcome: Option<Welcome>,
    acks: Vec<Ack>,
    page: Page,
    faults: Vec<Fault>,
}

/// Why an answer counts for nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the answer is not a page: {0}")]
    NotAPage(#[from] frame::PageError),
    #[error("the page was cut")]
    Cut,
    #[error("the page has frames that only a device sends")]
    NotFromAHub,
    #[error("status {0} without a fault")]
    Status(u16),
}

/// Sorts an answer, or says why it is dropped whole.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Answer, Unreadable> {
    if status != 200 {
        return read_refusal(status, body);
    }
    let frames = frame::unpack(body)?;
    if !frame::is_whole(&frames) {
        return Err(Unreadable::Cut);
    }
    let mut answer = Answer::default();
    let (mut runs, mut late) = (Vec::new(), Vec::new());
    for frame in frames {
        match frame {
            Frame::Welcome(welcome) => answer.welcome = Some(welcome),
            Frame::Ack(ack) => answer.acks.push(ack),
            Frame::Run(run) => runs.push(run),
            Frame::Late(envelope) => late.push(envelope),
            // What stands behind the last cursor is not covered by it and is dropped.
            Frame::Cursor(cursor) => {
                answer.page.runs.append(&mut runs);
                answer.page.late.append(&mut late);
                answer.page.cursor = Some(cursor);
            }
            Frame::Fault(fault) => answer.faults.push(fault),
            Frame::End => {}
            Frame::Hello(_) | Frame::Pull(_) => return Err(Unreadable::NotFromAHub),
        }
    }
    Ok(answer)
}

fn read_refusal(status: u16, body: &[u8]) -> Result<Answer, Unreadable> {
    let mut faults = faults_of(body);
    if faults.is_empty() {
        let code = match status {
            413 => "TOO_LARGE",
            426 => "SCHEMA_TOO_OLD",
            other => return Err(Unreadable::Status(other)),
        };
        faults.push(Fault {
            code: code.to_owned(),
            detail: String::new(),
            stream: None,
            expected: None,
        });
    }
    Ok(Answer {
        faults,
        ..Answer::default()
    })
}

/// The faults of an answer that is nothing else.
pub(super) fn faults_of(body: &[u8]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for frame in frame::unpack(body).unwrap_or_default() {
        if let Frame::Fault(fault) = frame {
            faults.push(fault);
        }
    }
    faults
}

/// A refusal of the whole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Revoked,
    Upgrade,
    TooLarge,
    Wait,
}

/// What an answer means.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) acks: Vec<Ack>,
    /// How many envelopes the marks moved over.
    pub(super) acked: u64,
    pub(super) page: Option<Page>,
    pub(super) rollback: Vec<StreamMark>,
    pub(super) forked: Vec<StreamId>,
    /// Streams that the hub does not take for now.
    pub(super) refused: Vec<StreamId>,
    pub(super) gaps: Vec<(StreamId, u64)>,
    pub(super) cursor_reset: Option<CursorGone>,
    pub(super) refusal: Option<Refusal>,
    /// Streams of which something pushed is neither acknowledged nor refused.
    pub(super) unanswered: Vec<StreamId>,
    /// Streams of which the hub holds less than it once acknowledged.
    pub(super) behind: Vec<StreamId>,
    pub(super) more_to_pull: MoreToPull,
    pub(super) max_request_bytes: Option<u64>,
    pub(super) faults: Vec<Fault>,
}

impl Findings {
    /// Whether the next request must start elsewhere than this one.
    pub(super) fn needs_repair(&self) -> bool {
        let streams_stand = self.rollback.is_empty() && self.gaps.is_empty();
        !(streams_stand && self.behind.is_empty() && self.cursor_reset.is_none())
    }
}

/// The hub does not know the cursor any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct CursorGone;

/// Whether another page waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum MoreToPull {
    #[default]
    No,
    Waits,
    /// A page was asked for, and no cursor came.
    Missing,
}

/// What an answer means, given what was asked.
pub(super) fn judge(answer: Answer, sent: &Sent) -> Findings {
    let Answer {
        welcome,
        acks,
        page,
        faults,
    } = answer;
    let mut found = Findings {
        max_request_bytes: welcome.as_ref().map(|welcome| welcome.max_request_bytes),
        ..Findings::default()
    };
    let marks = welcome.iter().flat_map(|welcome| welcome.streams.iter());
    let before: BTreeMap<StreamId, StreamMark> = marks.map(|mark| (mark.stream, *mark)).collect();
    sort_faults(&faults, &before, sent, &mut found);
    judge_marks(before, acks, sent, &mut found);
    judge_page(page, sent, &mut found);
    found.faults = faults;
    found
}

fn sort_faults(
    faults: &[Fault],
    before: &BTreeMap<StreamId, StreamMark>,
    sent: &Sent,
    found: &mut Findings,
) {
    for fault in faults {
        // About a stream of which we said nothing: only reported.
        if fault.stream.is_some_and(|stream| !sent.concerns(stream)) {
            continue;
        }
        let foreign = fault.stream.filter(|stream| stream.device != sent.device);
        match (fault.code.as_str(), fault.stream, fault.expected) {
            ("GAP", Some(stream), Some(expected)) if sent.reaches(stream, expected) => {
                found.gaps.push((stream, expected));
            }
            ("STREAM_FORKED", Some(stream), _) => found.forked.push(stream),
            ("ROLLBACK", Some(stream), expected) => {
                found
                    .rollback
                    .push(before.get(&stream).copied().unwrap_or(StreamMark {
                        stream,
                        mark: expected.unwrap_or(0),
                        header: Digest::ZERO,
                    }));
            }
            ("CURSOR_RESET", _, _) => found.cursor_reset = Some(CursorGone),
            ("DEVICE_REVOKED", _, _) if foreign.is_none() => {
                found.refusal = Some(Refusal::Revoked);
            }
            ("SCHEMA_TOO_OLD", None, _) => found.refusal = Some(Refusal::Upgrade),
            ("TOO_LARGE", None, _) => found.refusal = Some(Refusal::TooLarge),
            // A refusal that is about one stream, or a code of tomorrow's hub: others go on.
            (_, Some(stream), _) => found.refused.push(stream),
            (_, None, _) => {
                found.refusal.get_or_insert(Refusal::Wait);
            }
        }
    }
}

/// The hub's word on each stream: what it said before the exchange, overruled by what it took.
fn judge_marks(
    before: BTreeMap<StreamId, StreamMark>,
    acks: Vec<Ack>,
    sent: &Sent,
    found: &mut Findings,
) {
    let mut word: BTreeMap<StreamId, Ack> = BTreeMap::new();
    for mark in before.into_values() {
        let StreamMark {
            stream,
            mark,
            header,
        } = mark;
        let was = sent.acked.get(&stream);
        if mark < was.map_or(0, |was| was.mark) {
            found.behind.push(stream);
        }
        if was.map_or((0, Digest::ZERO), |was| (was.mark, was.header)) != (mark, header) {
            word.insert(stream, plain_ack(stream, mark, header));
        }
    }
    for ack in acks {
        let slot = word
            .entry(ack.stream)
            .or_insert_with(|| plain_ack(ack.stream, 0, Digest::ZERO));
        (slot.mark, slot.header) = (ack.mark, ack.header);
        slot.exceptions.extend(ack.exceptions);
    }
    word.retain(|stream, _| sent.concerns(*stream));
    for ack in word.values() {
        if sent.contradicts(ack) {
            found.rollback.push(StreamMark {
                stream: ack.stream,
                mark: ack.mark,
                header: ack.header,
            });
        }
    }
    for mark in &found.rollback {
        word.remove(&mark.stream);
        // The new epoch leaves the double past behind; the stream is not frozen on top of it.
        found.forked.retain(|stream| *stream != mark.stream);
    }
    found.unanswered = unanswered(sent, &word, found);
    // What changes nothing is not worth a transaction.
    word.retain(|stream, ack| {
        let was = sent.acked.get(stream).map(|was| (was.mark, was.header));
        was != Some((ack.mark, ack.header)) || !ack.exceptions.is_empty()
    });
    let moved = |ack: &Ack| ack.mark.saturating_sub(sent.mark_of(ack.stream));
    found.acked = word.values().map(moved).fold(0, u64::saturating_add);
    found.acks = word.into_values().collect();
}

const fn plain_ack(stream: StreamId, mark: u64, header: Digest) -> Ack {
    Ack {
        stream,
        mark,
        header,
        exceptions: Vec::new(),
    }
}

fn judge_page(page: Page, sent: &Sent, found: &mut Findings) {
    if !sent.pulled() {
        return;
    }
    let Some(cursor) = &page.cursor else {
        found.more_to_pull = MoreToPull::Missing;
        return;
    };
    if !cursor.caught_up {
        found.more_to_pull = MoreToPull::Waits;
    }
    let same = sent.cursor.as_deref() == Some(cursor.token.as_slice());
    let empty = page.runs.is_empty() && page.late.is_empty();
    // Nothing new: not worth a transaction.
    if !(same && empty) {
        found.page = Some(page);
    }
}

fn unanswered(sent: &Sent, word: &BTreeMap<StreamId, Ack>, found: &Findings) -> Vec<StreamId> {
    let settled = |stream: &StreamId| {
        found.forked.contains(stream)
            || found.refused.contains(stream)
            || found.gaps.iter().any(|(gap, _)| gap == stream)
            || found.rollback.iter().any(|mark| mark.stream == *stream)
    };
    let short = |stream: &StreamId, last: u64| {
        let mark = word.get(stream).map(|ack| ack.mark);
        mark.unwrap_or_else(|| sent.mark_of(*stream)) < last
    };
    sent.pushed
        .iter()
        .filter(|(stream, last)| short(stream, **last) && !settled(stream))
        .map(|(stream, _)| *stream)
        .collect()
}
