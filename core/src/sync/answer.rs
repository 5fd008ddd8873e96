//! Reads an answer and says what it means. Pure: what follows from it is the engine's to decide.

use std::collections::BTreeMap;

use super::event::Incoming;
use super::exchange::Sent;
use super::frame::{self, Ack, AckFrame, Fault, Frame, HeaderTag, StreamMark, Welcome};
use crate::chain::{Envelope, StreamId};

/// Envelopes of a page and where the cursor stands that ends it.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) runs: Vec<Incoming>,
    pub(super) late: Vec<Envelope>,
    pub(super) cursor: Option<Cursor>,
}

/// The end of a page.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Nothing if it is the one that was sent.
    pub(super) token: Option<Vec<u8>>,
    pub(super) lag: u64,
}

/// A refusal, and the stream it is about.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) code: String,
    pub(super) detail: String,
    pub(super) stream: Option<StreamId>,
    pub(super) expected: Option<u64>,
}

/// A whole answer, sorted.
#[derive(Debug, Default)]
pub(super) struct Answer {
    welcome: Option<Welcome>,
    acks: Vec<Ack>,
    page: Page,
    faults: Vec<Complaint>,
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
    #[error("the page names a stream that was not claimed")]
    NoSuchClaim,
    #[error("status {0} without a fault")]
    Status(u16),
}

/// Sorts an answer, or says why it is dropped whole.
pub(super) fn read(status: u16, body: &[u8], sent: &Sent) -> Result<Answer, Unreadable> {
    if status != 200 {
        return read_refusal(status, body, sent);
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
            Frame::Ack(ack) => answer.acks.push(named_ack(ack, sent)?),
            Frame::Run(run) => runs.push(Incoming::Long(run)),
            Frame::Short(short) => {
                let stream = sent.named(short.stream).ok_or(Unreadable::NoSuchClaim)?;
                runs.push(Incoming::Short(stream, short.into_run()));
            }
            Frame::Late(envelope) => late.push(envelope),
            // What stands behind the last cursor is not covered by it and is dropped.
            Frame::Cursor(cursor) => {
                answer.page.runs.append(&mut runs);
                answer.page.late.append(&mut late);
                answer.page.cursor = Some(Cursor {
                    token: cursor.token.map(Into::into),
                    lag: cursor.lag.unwrap_or(0),
                });
            }
            Frame::Fault(fault) => answer.faults.push(named_fault(fault, sent)?),
            Frame::End => {}
            Frame::Hello(_) | Frame::Pull(_) => return Err(Unreadable::NotFromAHub),
        }
    }
    Ok(answer)
}

fn named_ack(ack: AckFrame, sent: &Sent) -> Result<Ack, Unreadable> {
    let AckFrame {
        stream,
        mark,
        header,
        exceptions,
    } = ack;
    Ok(Ack {
        stream: sent.named(stream).ok_or(Unreadable::NoSuchClaim)?,
        mark,
        header,
        exceptions: exceptions.unwrap_or_default(),
    })
}

fn named_fault(fault: Fault, sent: &Sent) -> Result<Complaint, Unreadable> {
    let Fault {
        code,
        detail,
        stream,
        expected,
    } = fault;
    let stream = match stream {
        None => None,
        Some(name) => Some(sent.named(name).ok_or(Unreadable::NoSuchClaim)?),
    };
    Ok(Complaint {
        code,
        detail,
        stream,
        expected,
    })
}

fn read_refusal(status: u16, body: &[u8], sent: &Sent) -> Result<Answer, Unreadable> {
    let named = faults_of(body)
        .into_iter()
        .map(|fault| named_fault(fault, sent));
    let mut faults = named.collect::<Result<Vec<Complaint>, _>>()?;
    if faults.is_empty() {
        let code = match status {
            413 => "TOO_LARGE",
            426 => "SCHEMA_TOO_OLD",
            other => return Err(Unreadable::Status(other)),
        };
        faults.push(Complaint {
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
    /// The page must come without a dictionary.
    Dictionary,
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
    /// Streams whose short runs the hub could not rebuild.
    pub(super) unverified: Vec<StreamId>,
    pub(super) cursor_reset: Option<CursorGone>,
    pub(super) refusal: Option<Refusal>,
    /// Streams of which something pushed is neither acknowledged nor refused.
    pub(super) unanswered: Vec<StreamId>,
    /// Streams of which the hub holds less than it once acknowledged.
    pub(super) behind: Vec<StreamId>,
    pub(super) more_to_pull: MoreToPull,
    /// Feed entries that wait behind the page.
    pub(super) lag: u64,
    pub(super) max_request_bytes: Option<u64>,
    pub(super) faults: Vec<Complaint>,
}

impl Findings {
    /// Whether the next request must start elsewhere than this one.
    pub(super) fn needs_repair(&self) -> bool {
        let streams_stand =
            self.rollback.is_empty() && self.gaps.is_empty() && self.unverified.is_empty();
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
        max_request_bytes: welcome.as_ref().and_then(|it| it.max_request_bytes),
        ..Findings::default()
    };
    let before = welcome.map_or_else(BTreeMap::new, |welcome| marks_before(&welcome, sent));
    sort_faults(&faults, &before, sent, &mut found);
    judge_marks(before, acks, sent, &mut found);
    judge_page(page, sent, &mut found);
    found.faults = faults;
    found
}

/// Where the hub stood: as claimed, except where it says otherwise.
fn marks_before(welcome: &Welcome, sent: &Sent) -> BTreeMap<StreamId, StreamMark> {
    let mut marks: Vec<StreamMark> = sent.claimed().collect();
    for other in welcome.streams.iter().flatten() {
        let place = usize::try_from(other.claim).ok();
        if let Some(mark) = place.and_then(|place| marks.get_mut(place)) {
            (mark.mark, mark.header) = (other.mark, other.header);
        }
    }
    marks.into_iter().map(|mark| (mark.stream, mark)).collect()
}

fn sort_faults(
    faults: &[Complaint],
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
                        header: HeaderTag::NONE,
                    }));
            }
            ("RUN_UNVERIFIED", Some(stream), _) if sent.short.contains(&stream) => {
                found.unverified.push(stream);
            }
            ("CURSOR_RESET", _, _) => found.cursor_reset = Some(CursorGone),
            ("DEVICE_REVOKED", _, _) if foreign.is_none() => {
                found.refusal = Some(Refusal::Revoked);
            }
            ("SCHEMA_TOO_OLD", None, _) => found.refusal = Some(Refusal::Upgrade),
            ("TOO_LARGE", None, _) => found.refusal = Some(Refusal::TooLarge),
            ("DICTIONARY_UNKNOWN", None, _) if sent.dictionary.is_some() => {
                found.refusal = Some(Refusal::Dictionary);
            }
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
        if was.map_or((0, HeaderTag::NONE), |was| (was.mark, was.header)) != (mark, header) {
            word.insert(stream, plain_ack(stream, mark, header));
        }
    }
    for ack in acks {
        let slot = word
            .entry(ack.stream)
            .or_insert_with(|| plain_ack(ack.stream, 0, HeaderTag::NONE));
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

const fn plain_ack(stream: StreamId, mark: u64, header: HeaderTag) -> Ack {
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
    if cursor.lag > 0 {
        found.more_to_pull = MoreToPull::Waits;
    }
    found.lag = cursor.lag;
    let same = cursor.token.is_none() || cursor.token == sent.cursor;
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
            || found.unverified.contains(stream)
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
