//! Takes a device's runs in, writes their feed rows, and says what became of them.

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::app::bundle::BUNDLE_MEDIA_TYPE;
use lossbook_core::chain::gate::Refusal;
use lossbook_core::chain::ingest::{Taken, take_run};
use lossbook_core::chain::short::expand;
use lossbook_core::chain::{AuditBody, Header, Kind, Mark, PhotoBody, Run, StreamId};
use lossbook_core::domain::cbor;
use lossbook_core::store::StoreError;
use lossbook_core::sync::frame::{AckFrame, Claim, Exception, Fault, Frame, HeaderTag, StreamName};

use super::{Conversation, Parcel};
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
    /// Claims of scopes that the device may not read.
    denied: BTreeMap<u64, Fault>,
}

const DENIED: &str = "the device may not read this scope, so it may not write or relay in it";

/// Takes every run of the request; a stream that was refused once is not tried again.
pub(super) fn take(
    tx: &dyn MetaTx,
    talk: &Conversation<'_>,
    marks: &[Mark],
) -> Result<(Vec<Frame>, Pushed), StoreError> {
    let mut replies = Replies::default();
    let mut pushed = Pushed::default();
    for ((claim, stream), held) in talk
        .request
        .hello
        .streams
        .iter()
        .zip(talk.claimed())
        .zip(marks)
    {
        if let Some(stream) = stream
            && is_rolled_back(tx, (claim, stream), held.seq)?
        {
            let detail = "this device holds less of its own stream than the hub: it was restored";
            replies.refuse(stream, "ROLLBACK", (detail.to_owned(), None));
        }
    }
    for parcel in &talk.request.parcels {
        let stream = match parcel {
            Parcel::Long(run) => Some(run.seal.stream),
            Parcel::Short(name, _) => match talk.stream_of(*name) {
                Some(stream) => Some(stream),
                None => {
                    replies.deny(*name);
                    None
                }
            },
        };
        let Some(stream) = stream.filter(|stream| !replies.faults.contains_key(stream)) else {
            continue;
        };
        if !talk.scopes.contains(&stream.scope) {
            replies.refuse(stream, "SCOPE_DENIED", (DENIED.to_owned(), None));
            continue;
        }
        take_parcel(tx, (stream, parcel), (&mut replies, &mut pushed))?;
    }
    pushed.refused = replies.faults.len();
    Ok((replies.into_frames(tx, talk)?, pushed))
}

/// Takes one run in. A short one that cannot be rebuilt, or whose seal then fails, is asked for
/// in long form.
fn take_parcel(
    tx: &dyn MetaTx,
    (stream, parcel): (StreamId, &Parcel),
    (replies, pushed): (&mut Replies, &mut Pushed),
) -> Result<(), StoreError> {
    let rebuilt = match parcel {
        Parcel::Long(_) => None,
        Parcel::Short(_, short) => expand(stream, short, tx)?,
    };
    let run = match parcel {
        Parcel::Long(run) => Some(run),
        Parcel::Short(..) => rebuilt.as_ref(),
    };
    let Some(run) = run else {
        replies.refuse_run(stream, &Refusal::Unverified);
        return Ok(());
    };
    let held = tx.mark(stream)?.map_or(0, |mark| mark.seq);
    match take_run(run, tx)? {
        Ok(taken) => {
            let again = refused_before(tx, run, (&taken, held))?;
            pushed.fresh += taken.fresh;
            pushed.duplicates += taken.duplicates;
            feed(tx, run, &taken)?;
            note_photos(tx, run, &taken)?;
            let acks = replies.acks.entry(stream).or_default();
            acks.extend(again.into_iter().chain(exceptions(taken)));
        }
        Err(Refusal::Malformed(_)) if rebuilt.is_some() => {
            replies.refuse_run(stream, &Refusal::Unverified);
        }
        Err(refusal) => replies.refuse_run(stream, &refusal),
    }
    Ok(())
}

/// A device whose own stream is ahead at the hub, or differs there, lost its newest writing. Its
/// runs would fork the stream, so they are not even tried.
fn is_rolled_back(
    tx: &dyn MetaTx,
    (claim, stream): (&Claim, StreamId),
    mark: u64,
) -> Result<bool, StoreError> {
    if claim.last_seq < mark {
        return Ok(true);
    }
    // Beyond the hub's mark the chain itself shows a difference.
    let held = tx.header_at(stream, claim.last_seq)?;
    let differs = held.is_some_and(|held| HeaderTag::of(&held) != claim.last_header);
    Ok(claim.last_seq > 0 && differs)
}

/// The fresh part of the run becomes one feed row; bodies that were waiting for it follow.
pub(crate) fn feed(tx: &dyn MetaTx, run: &Run, taken: &Taken) -> Result<(), StoreError> {
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
pub(crate) fn note_photos(tx: &dyn MetaTx, run: &Run, taken: &Taken) -> Result<(), StoreError> {
    let refused: BTreeSet<u64> = taken.quarantined.iter().map(|(seq, _)| *seq).collect();
    let skipped = run.envelopes.len().saturating_sub(taken.fresh);
    for envelope in run.envelopes.iter().skip(skipped) {
        let header = envelope.parse()?;
        let body = envelope.body.as_ref();
        let body = body.filter(|_| !refused.contains(&header.seq));
        let announced = body.and_then(|body| announced(&header, body));
        let Some(photo) = announced else { continue };
        tx.put_photo(&photo)?;
        if tx.blob(header.scope, &photo.digest)?.is_some() {
            tx.put_receipt_due(header.stream(), &photo.digest)?;
        }
    }
    Ok(())
}

/// The bytes that an envelope announces: a photo, or a bundle that its writer carries unread.
fn announced(header: &Header, body: &[u8]) -> Option<PhotoRow> {
    let stream = header.stream();
    if header.kind == Kind::Photo {
        let photo: PhotoBody = cbor::decode(body).ok()?;
        return Some(PhotoRow {
            stream,
            digest: photo.digest,
            len_bytes: photo.len_bytes,
            chunk_root: photo.chunk_root,
            media_type: photo.media_type,
        });
    }
    if header.kind != Kind::Audit {
        return None;
    }
    // An audit of another shape is for the record only.
    let carried = cbor::decode::<AuditBody>(body).ok()?.carried?;
    Some(PhotoRow {
        stream,
        digest: carried.digest,
        len_bytes: carried.len_bytes,
        chunk_root: carried.chunk_root,
        media_type: BUNDLE_MEDIA_TYPE.to_owned(),
    })
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
                stream: None,
                expected,
            },
        );
    }

    /// Refuses a claim whose stream cannot be told.
    fn deny(&mut self, name: StreamName) {
        let fault = Fault {
            code: "SCOPE_DENIED".to_owned(),
            detail: DENIED.to_owned(),
            stream: Some(name),
            expected: None,
        };
        self.denied.insert(name.claim.unwrap_or(u64::MAX), fault);
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
    fn into_frames(
        self,
        tx: &dyn MetaTx,
        talk: &Conversation<'_>,
    ) -> Result<Vec<Frame>, StoreError> {
        let mut frames = Vec::new();
        for (stream, exceptions) in self.acks {
            if let Some(mark) = tx.mark(stream)? {
                frames.push(Frame::Ack(AckFrame {
                    stream: talk.name_of(stream),
                    mark: mark.seq,
                    header: HeaderTag::of(&mark.header),
                    exceptions: (!exceptions.is_empty()).then_some(exceptions),
                }));
            }
        }
        for (stream, fault) in self.faults {
            let stream = Some(talk.name_of(stream));
            frames.push(Frame::Fault(Fault { stream, ..fault }));
        }
        frames.extend(self.denied.into_values().map(Frame::Fault));
        Ok(frames)
    }
}
