//! Composes one request out of what was loaded, and keeps what its answer is judged by. Pure.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;

use super::event::{ExchangeLoad, Outgoing};
use super::frame::{
    self, Ack, Claim, Form, Frame, HeaderTag, Hello, Pull, ScopeTag, ShortFrame, StreamClaim,
    StreamMark, StreamName,
};
use crate::chain::{Run, StreamId};
use crate::domain::DeviceId;

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
    pub(super) form: Option<Form>,
    /// The dictionary that the hub is thought to know.
    pub(super) dictionary: Option<u8>,
}

/// What a request said, as far as its answer is judged by it.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) device: DeviceId,
    claims: Vec<StreamClaim>,
    pub(super) acked: BTreeMap<StreamId, StreamMark>,
    /// Every header of ours whose number this request knows.
    known: BTreeMap<(StreamId, u64), HeaderTag>,
    /// Newest number pushed of each stream.
    pub(super) pushed: BTreeMap<StreamId, u64>,
    /// Streams of which something went in short form.
    pub(super) short: BTreeSet<StreamId>,
    pub(super) dictionary: Option<u8>,
    /// When it was sent.
    pub(super) since_ms: u64,
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
        epoch,
        scopes,
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
    let claim = |claim: &StreamClaim| Claim {
        scope: ScopeTag::of(claim.stream.scope, &scopes),
        last_seq: claim.last_seq,
        last_header: claim.last_header,
    };
    let hello = Hello {
        protocols: vec![PROTOCOL],
        epoch,
        streams: claims.iter().map(claim).collect(),
        schema,
    };
    let mut frames = vec![Frame::Hello(hello)];
    frames.append(&mut batch.runs);
    if let Some(max_bytes) = limits.pull_bytes {
        let cursor = cursor.clone().map(ByteVec::from);
        frames.push(Frame::Pull(Pull {
            cursor,
            max_bytes,
            form: limits.form,
        }));
    }
    frames.push(Frame::End);
    let body = frame::pack_with(&frames, limits.dictionary)
        .map_err(|why| Unsendable { stream: None, why })?;
    let sent = Sent {
        device,
        claims,
        acked: acked.into_iter().map(|mark| (mark.stream, mark)).collect(),
        known: batch.known,
        pushed: batch.pushed,
        short: batch.short,
        dictionary: frame::dictionary_of(&body),
        since_ms: 0,
        cursor,
        pull: limits.pull_bytes,
        more: batch.more,
    };
    Ok(Some((body, sent)))
}

/// The runs of one request, and what is known about our streams through them.
struct Batch {
    runs: Vec<Frame>,
    claims: Vec<StreamId>,
    pushed: BTreeMap<StreamId, u64>,
    short: BTreeSet<StreamId>,
    known: BTreeMap<(StreamId, u64), HeaderTag>,
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
            claims: claims.iter().map(|claim| claim.stream).collect(),
            pushed: BTreeMap::new(),
            short: BTreeSet::new(),
            known: marks.chain(tips).collect(),
            more,
        }
    }

    /// Takes runs in the order given. The first goes whatever its size; nothing follows one that
    /// found no room.
    fn fill(
        &mut self,
        runs: Vec<Outgoing>,
        max_bytes: u64,
        held: &BTreeSet<StreamId>,
    ) -> Result<(), Unsendable> {
        let mut room = Some(max_bytes);
        for outgoing in runs {
            let stream = outgoing.run.seal.stream;
            if held.contains(&stream) {
                continue;
            }
            let len = outgoing.len_bytes();
            if len + FRAME_MARGIN > frame::MAX_FRAME_BYTES {
                return Err(Unsendable {
                    stream: Some(stream),
                    why: frame::PageError::FrameLength,
                });
            }
            room = room.and_then(|room| room.checked_sub(len as u64));
            if room.is_none() && !self.runs.is_empty() {
                self.more = true;
                break;
            }
            let Outgoing { run, short } = outgoing;
            self.note_headers(&run);
            self.pushed.insert(stream, run.seal.seq);
            let frame = match short {
                Some(short) => {
                    self.short.insert(stream);
                    let name = StreamName::of(stream, self.claims.iter().copied());
                    Frame::Short(ShortFrame::new(name, short))
                }
                None => Frame::Run(run),
            };
            self.runs.push(frame);
        }
        Ok(())
    }

    fn note_headers(&mut self, run: &Run) {
        let newest_first = run.envelopes.iter().rev().zip((1..=run.seal.seq).rev());
        for (envelope, seq) in newest_first {
            let tag = HeaderTag::of(&envelope.id());
            self.known.insert((run.seal.stream, seq), tag);
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

    /// The stream that a frame of the answer names.
    pub(super) fn named(&self, name: StreamName) -> Option<StreamId> {
        name.find(self.claims.iter().map(|claim| claim.stream))
    }

    /// The streams as they were claimed, in their order.
    pub(super) fn claimed(&self) -> impl Iterator<Item = StreamMark> {
        self.claims.iter().map(|claim| StreamMark {
            stream: claim.stream,
            mark: claim.last_seq,
            header: claim.last_header,
        })
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
