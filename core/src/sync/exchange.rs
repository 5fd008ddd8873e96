//! Composes one request out of what was loaded, and keeps what its answer is judged by. Pure.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;

use super::event::ExchangeLoad;
use super::frame::{self, Ack, Frame, Hello, Pull, StreamClaim, StreamMark};
use crate::chain::{Run, StreamId};
use crate::domain::{DeviceId, Digest};

/// Protocol version spoken.
const PROTOCOL: u8 = 1;

/// What a run's frame may be longer than its estimate.
const FRAME_MARGIN: usize = 64;

/// How much one request may carry and ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) push_bytes: u64,
    /// `None`: do not pull.
    pub(super) pull_bytes: Option<u64>,
}

/// What a request said, as far as its answer is judged by it.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) device: DeviceId,
    claims: Vec<StreamClaim>,
    pub(super) acked: BTreeMap<StreamId, StreamMark>,
    /// Every header of ours whose number this request knows.
    known: BTreeMap<(StreamId, u64), Digest>,
    /// Newest number pushed of each stream.
    pub(super) pushed: BTreeMap<StreamId, u64>,
    pub(super) cursor: Option<Vec<u8>>,
    pull: Option<u64>,
    /// Whether more waits behind what was pushed.
    pub(super) more: bool,
}

/// A request that cannot be packed.
#[derive(Debug)]
pub(super) struct Unsendable {
    /// The stream with a run beyond all limits.
    pub(super) stream: Option<StreamId>,
    pub(super) why: frame::PageError,
}

/// One request out of what was loaded; `None` if there is nothing to say.
pub(super) fn compose(
    device: DeviceId,
    load: ExchangeLoad,
    limits: Limits,
    held: &BTreeSet<StreamId>,
) -> Result<Option<(Vec<u8>, Sent)>, Unsendable> {
    let ExchangeLoad {
        claims,
        schema,
        acked,
        runs,
        more,
        waiting: _,
        cursor,
    } = load;
    let mut batch = Batch::new(&claims, &acked, more);
    batch.fill(runs, limits.push_bytes, held)?;
    if batch.runs.is_empty() && limits.pull_bytes.is_none() {
        return Ok(None);
    }
    let hello = Hello {
        protocols: vec![PROTOCOL],
        device,
        streams: claims.clone(),
        schema,
    };
    let mut frames = vec![Frame::Hello(hello)];
    frames.append(&mut batch.runs);
    if let Some(max_bytes) = limits.pull_bytes {
        let cursor = cursor.clone().map(ByteVec::from);
        frames.push(Frame::Pull(Pull { cursor, max_bytes }));
    }
    frames.push(Frame::End);
    let body = frame::pack(&frames).map_err(|why| Unsendable { stream: None, why })?;
    let sent = Sent {
        device,
        claims,
        acked: acked.into_iter().map(|mark| (mark.stream, mark)).collect(),
        known: batch.known,
        pushed: batch.pushed,
        cursor,
        pull: limits.pull_bytes,
        more: batch.more,
    };
    Ok(Some((body, sent)))
}

/// The runs of one request, and what is known about our streams through them.
struct Batch {
    runs: Vec<Frame>,
    pushed: BTreeMap<StreamId, u64>,
    known: BTreeMap<(StreamId, u64), Digest>,
    more: bool,
}

impl Batch {
    fn new(claims: &[StreamClaim], acked: &[StreamMark], more: bool) -> Self {
        let marks = acked.iter().map(|it| ((it.stream, it.mark), it.header));
        let tips = claims
            .iter()
            .map(|it| ((it.stream, it.last_seq), it.last_header));
        Self {
            runs: Vec::new(),
            pushed: BTreeMap::new(),
            known: marks.chain(tips).collect(),
            more,
        }
    }

    /// Takes runs in the order given. The first goes whatever its size; nothing follows one that
    /// found no room.
    fn fill(
        &mut self,
        runs: Vec<Run>,
        max_bytes: u64,
        held: &BTreeSet<StreamId>,
    ) -> Result<(), Unsendable> {
        let mut room = Some(max_bytes);
        for run in runs {
            let stream = run.seal.stream;
            if held.contains(&stream) {
                continue;
            }
            if run.len_bytes() + FRAME_MARGIN > frame::MAX_FRAME_BYTES {
                return Err(Unsendable {
                    stream: Some(stream),
                    why: frame::PageError::FrameLength,
                });
            }
            room = room.and_then(|room| room.checked_sub(run.len_bytes() as u64));
            if room.is_none() && !self.runs.is_empty() {
                self.more = true;
                break;
            }
            self.note_headers(&run);
            self.pushed.insert(stream, run.seal.seq);
            self.runs.push(Frame::Run(run));
        }
        Ok(())
    }

    fn note_headers(&mut self, run: &Run) {
        let newest_first = run.envelopes.iter().rev().zip((1..=run.seal.seq).rev());
        for (envelope, seq) in newest_first {
            self.known.insert((run.seal.stream, seq), envelope.id());
        }
    }
}

impl Sent {
    /// Whether the request asked for a page.
    pub(super) const fn pulled(&self) -> bool {
        self.pull.is_some()
    }

    pub(super) fn concerns(&self, stream: StreamId) -> bool {
        self.pushed.contains_key(&stream) || self.claim(stream).is_some()
    }

    fn claim(&self, stream: StreamId) -> Option<&StreamClaim> {
        self.claims.iter().find(|claim| claim.stream == stream)
    }

    /// Whether this number of the stream is one we could send.
    pub(super) fn reaches(&self, stream: StreamId, seq: u64) -> bool {
        let pushed = self.pushed.get(&stream).copied();
        let last = self.claim(stream).map(|claim| claim.last_seq).or(pushed);
        last.is_some_and(|last| (1..=last).contains(&seq))
    }

    pub(super) fn mark_of(&self, stream: StreamId) -> u64 {
        self.acked.get(&stream).map_or(0, |mark| mark.mark)
    }

    /// Whether the hub holds of our stream what we do not: this store was restored.
    pub(super) fn contradicts(&self, ack: &Ack) -> bool {
        let Some(claim) = self.claim(ack.stream) else {
            return false;
        };
        let other = self.known.get(&(ack.stream, ack.mark));
        ack.mark > claim.last_seq || other.is_some_and(|ours| *ours != ack.header)
    }
}
