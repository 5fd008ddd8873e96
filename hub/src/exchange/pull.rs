//! The page of news: feed rows behind the cursor, as sealed runs and late bodies.

use std::collections::BTreeSet;

use lossbook_core::chain::StreamId;
use lossbook_core::domain::ScopeId;
use lossbook_core::store::StoreError;
use lossbook_core::sync::frame::{Cursor, Frame, Pull};
use minicbor::bytes::ByteVec;

use super::cursor::Positions;
use super::{Request, fault};
use crate::meta::{FeedEntry, FeedRow, Identity, MetaTx};

/// Most bytes in one page, whatever the caller asks for.
const MAX_NEWS_BYTES: u64 = 1024 * 1024;
/// Feed rows read at a time.
const BATCH: u32 = 64;

/// What is being put together.
struct Page<'r> {
    frames: Vec<Frame>,
    bytes: u64,
    budget: u64,
    private_is_read: bool,
    /// Streams that the device holds itself and need not be sent.
    own: (&'r Request, BTreeSet<StreamId>),
}

/// Feed rows after the cursor, then the next cursor; or the fault that the cursor is not good.
pub(super) fn page(
    tx: &dyn MetaTx,
    hub: &Identity,
    (request, pull): (&Request, &Pull),
    scopes: &[ScopeId],
) -> Result<Vec<Frame>, StoreError> {
    let before = match &pull.cursor {
        None => Some(Positions::default()),
        Some(token) => Positions::from_token(token, hub),
    };
    let good = match before {
        Some(positions) if is_within(tx, &positions)? => Some(positions),
        Some(_) | None => None,
    };
    let Some(mut positions) = good else {
        let detail = "the cursor is not of this feed: pull again without one";
        return Ok(vec![Frame::Fault(fault("CURSOR_RESET", detail))]);
    };
    let claims = &request.hello.streams;
    let mut page = Page {
        frames: Vec::new(),
        bytes: 0,
        budget: pull.max_bytes.min(MAX_NEWS_BYTES),
        private_is_read: false,
        own: (request, claims.iter().map(|claim| claim.stream).collect()),
    };
    // What a device may no longer read begins anew if it ever gets it back.
    positions.0.retain(|scope, _| scopes.contains(scope));
    let mut lag = 0;
    for (number, scope) in scopes.iter().enumerate() {
        let at = positions.0.entry(*scope).or_default();
        // The private scope, which is the first, says what may be read: it comes before the others.
        if number == 0 || page.private_is_read {
            *at = page.fill(tx, *scope, *at)?;
        }
        lag += tx.feed_head(*scope)?.saturating_sub(*at);
        page.private_is_read |= number == 0 && lag == 0;
    }
    page.frames.push(Frame::Cursor(Cursor {
        token: ByteVec::from(positions.to_token(hub)),
        caught_up: lag == 0,
        lag,
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
        let Some((frame, bytes)) = frame(tx, &row.entry)? else {
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
        let (request, claimed) = &self.own;
        stream.device == request.hello.device && claimed.contains(&stream)
    }
}

/// The frame of a feed row, and its size; nothing if its body is gone by now.
fn frame(tx: &dyn MetaTx, entry: &FeedEntry) -> Result<Option<(Frame, u64)>, StoreError> {
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
            let bytes = run.len_bytes() as u64;
            Ok(Some((Frame::Run(run), bytes)))
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
