//! The page of news: feed rows behind the cursor, as sealed runs and late bodies.

use lossbook_core::chain::short::{Toward, shorten};
use lossbook_core::chain::{Run, StreamId};
use lossbook_core::domain::ScopeId;
use lossbook_core::store::StoreError;
use lossbook_core::sync::frame::{Cursor, Form, Frame, Pull, ShortFrame};
use minicbor::bytes::ByteVec;

use super::cursor::Positions;
use super::{Conversation, fault};
use crate::meta::{FeedEntry, FeedRow, Identity, MetaTx};

/// Most bytes in one page, whatever the caller asks for.
const MAX_NEWS_BYTES: u64 = 1024 * 1024;
/// Feed rows read at a time.
const BATCH: u32 = 64;

/// What is being put together.
struct Page<'t> {
    frames: Vec<Frame>,
    bytes: u64,
    budget: u64,
    form: Option<Form>,
    private_is_read: bool,
    /// Streams that the device holds itself and need not be sent.
    talk: &'t Conversation<'t>,
}

/// Feed rows after the cursor, then the next cursor; or the fault that the cursor is not good.
pub(super) fn page(
    tx: &dyn MetaTx,
    hub: &Identity,
    (talk, pull): (&Conversation<'_>, &Pull),
) -> Result<Vec<Frame>, StoreError> {
    let device = talk.caller.device;
    let before = match &pull.cursor {
        None => Some(Positions::default()),
        Some(token) => Positions::from_token(token, hub, (device, &talk.scopes)),
    };
    let good = match before {
        Some(positions) if is_within(tx, &positions)? => Some(positions),
        Some(_) | None => None,
    };
    let Some(mut positions) = good else {
        let detail = "the cursor is not of this feed: pull again without one";
        return Ok(vec![Frame::Fault(fault("CURSOR_RESET", detail))]);
    };
    let mut page = Page {
        frames: Vec::new(),
        bytes: 0,
        budget: pull.max_bytes.min(MAX_NEWS_BYTES),
        form: pull.form,
        private_is_read: false,
        talk,
    };
    // What a device may no longer read begins anew if it ever gets it back.
    positions.0.retain(|scope, _| talk.scopes.contains(scope));
    let mut lag = 0;
    for (number, scope) in talk.scopes.iter().enumerate() {
        let at = positions.0.entry(*scope).or_default();
        // The private scope, which is the first, says what may be read: it comes before the others.
        if number == 0 || page.private_is_read {
            *at = page.fill(tx, *scope, *at)?;
        }
        lag += tx.feed_head(*scope)?.saturating_sub(*at);
        page.private_is_read |= number == 0 && lag == 0;
    }
    let token = ByteVec::from(positions.to_token(hub, device));
    page.frames.push(Frame::Cursor(Cursor {
        token: (pull.cursor.as_ref() != Some(&token)).then_some(token),
        lag: (lag > 0).then_some(lag),
    }));
    Ok(page.frames)
}

/// Whether every position lies in its feed: a hub restored from a copy has shorter ones.
fn is_within(tx: &dyn MetaTx, positions: &Positions) -> Result<bool, StoreError> {
    for (scope, at) in &positions.0 {
        if *at > tx.feed_head(*scope)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Page<'_> {
    /// Adds rows of one scope until the page is full; says how far it came.
    fn fill(&mut self, tx: &dyn MetaTx, scope: ScopeId, mut at: u64) -> Result<u64, StoreError> {
        loop {
            let rows = tx.feed_after(scope, at, BATCH)?;
            if rows.is_empty() {
                return Ok(at);
            }
            for row in rows {
                if !self.add(tx, &row)? {
                    return Ok(at);
                }
                at = row.seq;
            }
        }
    }

    /// Adds one row; `false` if it must wait for the next page. The first always fits, so that
    /// every page makes progress.
    fn add(&mut self, tx: &dyn MetaTx, row: &FeedRow) -> Result<bool, StoreError> {
        if self.is_own(row.entry.stream()) {
            return Ok(true);
        }
        let Some((frame, bytes)) = self.frame(tx, &row.entry)? else {
            return Ok(true);
        };
        if self.bytes > 0 && self.bytes + bytes > self.budget {
            return Ok(false);
        }
        self.bytes += bytes;
        self.frames.push(frame);
        Ok(true)
    }

    fn is_own(&self, stream: StreamId) -> bool {
        let is_claimed = || self.talk.claimed().flatten().any(|claim| claim == stream);
        stream.device == self.talk.caller.device && is_claimed()
    }

    /// The frame of a feed row, and its size; nothing if its body is gone by now.
    fn frame(
        &self,
        tx: &dyn MetaTx,
        entry: &FeedEntry,
    ) -> Result<Option<(Frame, u64)>, StoreError> {
        match entry {
            FeedEntry::Run { stream, from, to } => {
                let mut run = tx.stored_run(*stream, *from, *to)?;
                let late = tx.late_in(*stream, *from, *to)?;
                for (seq, envelope) in (*from..).zip(&mut run.envelopes) {
                    // Its body has a feed number of its own, behind everything it builds on.
                    if late.contains(&seq) {
                        envelope.body = None;
                    }
                }
                Ok(Some(self.run_frame(tx, run)?))
            }
            FeedEntry::Late { envelope, .. } => {
                let held = tx.stored_envelope(envelope)?;
                let held = held.filter(|(_, envelope)| envelope.body.is_some());
                Ok(held.map(|(_, envelope)| {
                    let bytes = envelope.len_bytes() as u64;
                    (Frame::Late(envelope), bytes)
                }))
            }
        }
    }

    fn run_frame(&self, tx: &dyn MetaTx, run: Run) -> Result<(Frame, u64), StoreError> {
        let short = match self.form {
            Some(Form::Long) => None,
            None => shorten(&run, tx, Toward::Phone)?,
        };
        Ok(match short {
            Some(short) => {
                let bytes = (short.columns.len() + short.pool.len()) as u64;
                let name = self.talk.name_of(run.seal.stream);
                (Frame::Short(ShortFrame::new(name, short)), bytes)
            }
            None => {
                let bytes = run.len_bytes() as u64;
                (Frame::Run(run), bytes)
            }
        })
    }
}
