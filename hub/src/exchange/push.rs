//! Takes a device's runs in, writes their feed rows, and says what became of them.

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::chain::gate::Refusal;
use lossbook_core::chain::ingest::{Taken, take_run};
use lossbook_core::chain::{Kind, PhotoBody, Run, StreamId};
use lossbook_core::domain::{ScopeId, cbor};
use lossbook_core::store::StoreError;
use lossbook_core::sync::frame::{Ack, Exception, Fault, Frame, StreamClaim, Welcome};

use super::Request;
use crate::meta::{FeedEntry, MetaTx, PhotoRow};

/// Counts for the log.
#[derive(Debug, Default)]
pub(super) struct Pushed {
    pub(super) fresh: usize,
    pub(super) duplicates: usize,
    pub(super) refused: usize,
}

/// What is said about each stream, in the order of the streams.
#[derive(Default)]
struct Replies {
    acks: BTreeMap<StreamId, Vec<Exception>>,
    faults: BTreeMap<StreamId, Fault>,
}

/// Takes every run of the request; a stream that was refused once is not tried again.
pub(super) fn take(
    tx: &dyn MetaTx,
    request: &Request,
    (welcome, scopes): (&Welcome, &[ScopeId]),
) -> Result<(Vec<Frame>, Pushed), StoreError> {
    let mut replies = Replies::default();
    let mut pushed = Pushed::default();
    for (claim, held) in request.hello.streams.iter().zip(&welcome.streams) {
        if is_rolled_back(tx, claim, held.mark)? {
            let detail = "this device holds less of its own stream than the hub: it was restored";
            replies.refuse(claim.stream, "ROLLBACK", (detail.to_owned(), None));
        }
    }
    for run in &request.runs {
        let stream = run.seal.stream;
        if replies.faults.contains_key(&stream) {
            continue;
        }
        if !scopes.contains(&stream.scope) {
            let detail = "the device may not read this scope, so it may not write or relay in it";
            replies.refuse(stream, "SCOPE_DENIED", (detail.to_owned(), None));
            continue;
        }
        let held = tx.mark(stream)?.map_or(0, |mark| mark.seq);
        match take_run(run, tx)? {
            Ok(taken) => {
                let again = refused_before(tx, run, (&taken, held))?;
                pushed.fresh += taken.fresh;
                pushed.duplicates += taken.duplicates;
                feed(tx, run, &taken)?;
                note_photos(tx, run, &taken)?;
                replies
                    .acks
                    .entry(stream)
                    .or_default()
                    .extend(again.into_iter().chain(exceptions(taken)));
            }
            Err(refusal) => replies.refuse_run(stream, &refusal),
        }
    }
    pushed.refused = replies.faults.len();
    Ok((replies.into_frames(tx)?, pushed))
}

/// A device whose own stream is ahead at the hub, or differs there, lost its newest writing. Its
/// runs would fork the stream, so they are not even tried.
fn is_rolled_back(tx: &dyn MetaTx, claim: &StreamClaim, mark: u64) -> Result<bool, StoreError> {
    if claim.last_seq < mark {
        return Ok(true);
    }
    // Beyond the hub's mark the chain itself shows a difference.
    let held = tx.header_at(claim.stream, claim.last_seq)?;
    Ok(claim.last_seq > 0 && held.is_some_and(|held| held != claim.last_header))
}

/// The fresh part of the run becomes one feed row; bodies that were waiting for it follow.
fn feed(tx: &dyn MetaTx, run: &Run, taken: &Taken) -> Result<(), StoreError> {
    let stream = run.seal.stream;
    let fresh = taken.fresh as u64;
    if fresh > 0 {
        let entry = FeedEntry::Run {
            stream,
            from: run.seal.seq + 1 - fresh,
            to: run.seal.seq,
        };
        tx.put_feed(stream.scope, &[entry])?;
    }
    for id in &taken.unparked {
        if let Some((header, _)) = tx.stored_envelope(id)? {
            let entry = FeedEntry::Late {
                stream: header.stream(),
                seq: header.seq,
                envelope: *id,
            };
            tx.put_feed(header.scope, &[entry])?;
        }
    }
    Ok(())
}

/// Photo envelopes open the way for their bytes; bytes that are here already want a receipt.
fn note_photos(tx: &dyn MetaTx, run: &Run, taken: &Taken) -> Result<(), StoreError> {
    let refused: BTreeSet<u64> = taken.quarantined.iter().map(|(seq, _)| *seq).collect();
    let skipped = run.envelopes.len().saturating_sub(taken.fresh);
    for envelope in run.envelopes.iter().skip(skipped) {
        let header = envelope.parse()?;
        let body = envelope
            .body
            .as_ref()
            .filter(|_| header.kind == Kind::Photo && !refused.contains(&header.seq));
        let Some(body) = body else { continue };
        let photo: PhotoBody = cbor::decode(body)?;
        tx.put_photo(&PhotoRow {
            stream: header.stream(),
            digest: photo.digest,
            len_bytes: photo.len_bytes,
            chunk_root: photo.chunk_root,
            media_type: photo.media_type,
        })?;
        if tx.blob(header.scope, &photo.digest)?.is_some() {
            tx.put_receipt_due(header.stream(), &photo.digest)?;
        }
    }
    Ok(())
}

/// Whoever sends again what is held here has not heard the answer to it, nor what was refused of it
/// and of all behind it.
fn refused_before(
    tx: &dyn MetaTx,
    run: &Run,
    (taken, held): (&Taken, u64),
) -> Result<Vec<Exception>, StoreError> {
    if taken.duplicates == 0 {
        return Ok(Vec::new());
    }
    let first = (run.seal.seq + 1).saturating_sub(run.envelopes.len() as u64);
    let refused = tx.refused_in(run.seal.stream, first, held)?;
    let told = |(seq, detail)| Exception {
        seq,
        code: "CHANGE_INVALID".to_owned(),
        detail,
    };
    Ok(refused.into_iter().map(told).collect())
}

fn exceptions(taken: Taken) -> Vec<Exception> {
    let parked = taken.parked.into_iter().map(|(seq, missing)| Exception {
        seq,
        code: "DEPS_MISSING".to_owned(),
        detail: format!("waits for {} changes", missing.len()),
    });
    let quarantined = taken.quarantined.into_iter().map(|(seq, why)| Exception {
        seq,
        code: "CHANGE_INVALID".to_owned(),
        detail: why,
    });
    parked.chain(quarantined).collect()
}

impl Replies {
    fn refuse(&mut self, stream: StreamId, code: &str, (detail, expected): (String, Option<u64>)) {
        self.faults.insert(
            stream,
            Fault {
                code: code.to_owned(),
                detail,
                stream: Some(stream),
                expected,
            },
        );
    }

    fn refuse_run(&mut self, stream: StreamId, refusal: &Refusal) {
        let expected = match refusal {
            Refusal::Gap { expected } => Some(*expected),
            Refusal::Malformed(_)
            | Refusal::UnknownDevice
            | Refusal::Revoked
            | Refusal::Unverified
            | Refusal::Denied(_)
            | Refusal::Forked { .. } => None,
        };
        self.refuse(stream, refusal.code(), (refusal.to_string(), expected));
    }

    /// Marks as they stand after everything was taken.
    fn into_frames(self, tx: &dyn MetaTx) -> Result<Vec<Frame>, StoreError> {
        let mut frames = Vec::new();
        for (stream, exceptions) in self.acks {
            if let Some(mark) = tx.mark(stream)? {
                frames.push(Frame::Ack(Ack {
                    stream,
                    mark: mark.seq,
                    header: mark.header,
                    exceptions,
                }));
            }
        }
        frames.extend(self.faults.into_values().map(Frame::Fault));
        Ok(frames)
    }
}
