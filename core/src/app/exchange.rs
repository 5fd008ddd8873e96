//! Executes what the sync engine asks of the store: loads, transactions, signatures.
//!
//! Each [`Effect`] about the store becomes one transaction and one [`Event`]; requests and timers
//! are the driver's.

use std::collections::BTreeMap;

use super::device::{Device, enrolled};
use super::error::AppError;
use crate::chain::gate::Refusal;
use crate::chain::ingest::{take_late, take_run};
use crate::chain::short::{Toward, expand, shorten};
use crate::chain::{BlobRole, Kind, Ledger, Run, StreamId};
use crate::domain::{Digest, ScopeId, WallMs, cbor};
use crate::record::SCHEMA_VERSION;
use crate::statement::SignatureBody;
use crate::store::{BlobRow, Bodies, Identity, StoreError, Tx};
use crate::sync::frame::{Ack, HeaderTag, StreamClaim, StreamMark};
use crate::sync::{
    BlobJob, BlobLoad, Effect, Event, ExchangeLoad, Incoming, LoadRequest, Loaded, Originals,
    Outgoing, SavedToken, StoreFailure, Txn, Waiting,
};

pub(super) const CURSOR: &str = "cursor";
const TOKEN: &str = "token";
const TOKEN_LABEL: &[u8] = b"lossbook/token/v1\0";
/// How many blobs one load names; the engine asks again.
const BLOBS_PER_LOAD: usize = 64;

impl Device {
    /// Executes an effect that concerns the store; nothing for those that do not.
    pub fn perform(&self, effect: &Effect) -> Option<Event> {
        match effect {
            Effect::Load { op, what } => Some(match self.load(what) {
                Ok(loaded) => Event::Loaded { op: *op, loaded },
                Err(error) => Event::StoreFail {
                    op: *op,
                    why: failure(&error),
                },
            }),
            Effect::Store { op, txn } => Some(match self.store_and_obey(txn) {
                Ok(None) => Event::Stored { op: *op },
                Ok(Some(why)) => Event::StoreFail { op: *op, why },
                Err(error) => Event::StoreFail {
                    op: *op,
                    why: failure(&error),
                },
            }),
            Effect::Sign { nonce } => {
                let me = self.identity().ok()?;
                Some(Event::Signed {
                    nonce: nonce.clone(),
                    sig: me.key.sign(TOKEN_LABEL, nonce),
                })
            }
            Effect::Http(_) | Effect::Cancel { .. } | Effect::Timer { .. } | Effect::Report(_) => {
                None
            }
        }
    }

    /// Plain bytes of a blob, for the driver's request bodies.
    ///
    /// # Errors
    /// As the store fails.
    pub fn blob_range(&self, digest: &Digest, from: u64, len: u64) -> Result<Vec<u8>, AppError> {
        Ok(self
            .store
            .transact(|tx| tx.read_blob(digest, from, Some(len)))?)
    }

    fn load(&self, what: &LoadRequest) -> Result<Loaded, AppError> {
        match what {
            LoadRequest::Exchange {
                max_bytes,
                run_bytes,
                from,
                skip,
                long,
            } => {
                let sizes = (to_usize(*max_bytes), to_usize(*run_bytes));
                let streams = Streams { from, skip, long };
                self.store
                    .transact(|tx| Ok(Loaded::Exchange(load_exchange(tx, sizes, streams)?)))
            }
            LoadRequest::Blobs { originals } => self
                .store
                .transact(|tx| Ok(Loaded::Blobs(load_blobs(tx, *originals)?))),
            LoadRequest::Token => {
                let now = self.host.now().wall;
                self.store
                    .transact(|tx| Ok(Loaded::Token(saved_token(tx, now)?)))
            }
        }
    }

    /// Does one transaction, and carries out what it brought from the hub.
    fn store_and_obey(&self, txn: &Txn) -> Result<Option<StoreFailure>, AppError> {
        let refused = self.store_txn(txn)?;
        if matches!(txn, Txn::Page { .. } | Txn::Acked(_) | Txn::BlobSent(_)) {
            self.obey()?;
        }
        Ok(refused)
    }

    /// Does one transaction. `Some(why)` refuses it, and nothing is kept.
    fn store_txn(&self, txn: &Txn) -> Result<Option<StoreFailure>, AppError> {
        let done = self.store.transact(|tx| match self.write_txn(tx, txn)? {
            None => Ok(()),
            Some(why) => Err(Undone::Refused(why)),
        });
        match done {
            Ok(()) => Ok(None),
            Err(Undone::Refused(why)) => Ok(Some(why)),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    fn write_txn(&self, tx: &Tx<'_>, txn: &Txn) -> Result<Option<StoreFailure>, AppError> {
        match txn {
            Txn::Acked(acks) => {
                let foreign = take_acks(tx, acks)?.map(StoreFailure::NotOurs);
                if foreign.is_none() {
                    let me = tx.identity()?.device;
                    // What was only relayed is its writer's to mend.
                    for ack in acks.iter().filter(|ack| ack.stream.device == me) {
                        for exception in &ack.exceptions {
                            self.fence(tx, ack.stream, exception)?;
                        }
                    }
                }
                Ok(foreign)
            }
            Txn::Page { runs, late, cursor } => {
                if let Some(why) = take_page(tx, runs)? {
                    return Ok(Some(why));
                }
                for envelope in late {
                    take_late(envelope, tx)?;
                }
                retry_parked(tx)?;
                tx.set_memo(CURSOR, cursor)?;
                Ok(None)
            }
            Txn::BlobSent(digest) => {
                tx.set_sent(digest)?;
                Ok(None)
            }
            Txn::Rollback { hub } => {
                self.recover_from_rollback(tx, hub.stream)?;
                Ok(None)
            }
            Txn::CursorReset => {
                tx.forget_memo(CURSOR)?;
                tx.offer_blobs_again()?;
                Ok(None)
            }
            Txn::Fork { stream } => {
                tx.set_forked(*stream)?;
                Ok(None)
            }
            Txn::Token { text, valid_ms } => {
                let until = self.host.now().wall.0.saturating_add_unsigned(*valid_ms);
                tx.set_memo(TOKEN, &cbor::encode(&(text.as_str(), until, *valid_ms)))?;
                Ok(None)
            }
        }
    }

    /// This store was restored from an older copy. Opens a new epoch, writes what the hub never
    /// acknowledged anew in it, and will pull everything (rule 5 of the exchange).
    pub(super) fn recover_from_rollback(
        &self,
        tx: &Tx<'_>,
        told: StreamId,
    ) -> Result<(), AppError> {
        let me = tx.identity()?;
        let user = enrolled(&me)?.user.clone();
        let old = tx.epoch()?;
        if told.epoch != old {
            return Ok(());
        }
        let streams = tx.own_streams(Some(old))?;
        let epoch = tx.open_epoch(crate::chain::KeyReason::Rollback, self.host.as_ref())?;
        let mut renamed = BTreeMap::new();
        for stream in streams {
            for (header, envelope) in tx.retract_own(stream.stream, stream.acked)? {
                let Some(body) = envelope.body.as_ref().filter(|_| header.kind != Kind::Key) else {
                    continue;
                };
                let body = follow_freeze(header.kind, body, &renamed)?;
                let what = (header.scope, header.kind, header.subject.clone(), body);
                let (id, _) = tx.append(&me, &user, header.reading(), what)?;
                tx.readdress(&envelope.id(), &id, epoch)?;
                renamed.insert(envelope.id(), id);
            }
        }
        tx.forget_memo(CURSOR)?;
        Ok(())
    }
}

/// A signature names the envelope of what it covers; if that was written anew, it has another name.
fn follow_freeze(
    kind: Kind,
    body: &[u8],
    renamed: &BTreeMap<Digest, Digest>,
) -> Result<Vec<u8>, AppError> {
    if kind != Kind::Signature {
        return Ok(body.to_vec());
    }
    let mut signature: SignatureBody = cbor::decode(body).map_err(StoreError::from)?;
    if let Some(anew) = renamed.get(&signature.freeze) {
        signature.freeze = *anew;
    }
    Ok(cbor::encode(&signature))
}

fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn failure(error: &AppError) -> StoreFailure {
    if matches!(error, AppError::Store(StoreError::DiskFull)) {
        StoreFailure::Full
    } else {
        StoreFailure::Broken(error.code().to_owned())
    }
}

/// Why a transaction was undone.
enum Undone {
    Refused(StoreFailure),
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The token of an earlier run, as long as the clock says that it is good.
fn saved_token(tx: &Tx<'_>, now: WallMs) -> Result<Option<SavedToken>, AppError> {
    let Some(bytes) = tx.memo(TOKEN)? else {
        return Ok(None);
    };
    let saved = cbor::decode::<(String, i64, u64)>(&bytes).map_err(StoreError::from)?;
    let (text, until, valid_ms) = saved;
    // A clock that was set back does not make it last longer.
    let left_ms = u64::try_from(until.saturating_sub(now.0))
        .unwrap_or(0)
        .min(valid_ms);
    Ok((left_ms > 0).then_some(SavedToken { text, left_ms }))
}

fn load_blobs(tx: &Tx<'_>, originals: Originals) -> Result<BlobLoad, AppError> {
    let goes = |blob: &BlobRow| !blob.is_original() || originals == Originals::Send;
    let (mut load, mut first) = (BlobLoad::default(), Vec::new());
    for blob in tx.blobs_to_send()? {
        let count: &mut Waiting = if goes(&blob) {
            &mut load.waiting
        } else {
            &mut load.held
        };
        count.blobs += 1;
        count.bytes += blob.len_bytes;
        if goes(&blob) && first.len() < BLOBS_PER_LOAD {
            first.push(blob);
        }
    }
    for blob in first {
        load.jobs.push(BlobJob {
            digest: blob.digest,
            len_bytes: blob.len_bytes,
            scope: blob.scope,
            chunks: tx.chunks(&blob.digest)?,
            role: blob.role,
        });
    }
    let me = tx.identity()?.device;
    for bundle in tx.carried_to_send()?.into_iter().take(BLOBS_PER_LOAD) {
        load.waiting.blobs += 1;
        load.waiting.bytes += bundle.len_bytes;
        load.jobs.push(BlobJob {
            digest: bundle.digest,
            len_bytes: bundle.len_bytes,
            scope: ScopeId::private_of(me),
            chunks: tx.chunks(&bundle.digest)?,
            role: BlobRole::Original,
        });
    }
    Ok(load)
}

/// Where and how streams are pushed.
struct Streams<'s> {
    from: &'s [(StreamId, u64)],
    skip: &'s [StreamId],
    long: &'s [StreamId],
}

fn load_exchange(
    tx: &Tx<'_>,
    (max_bytes, run_bytes): (usize, usize),
    Streams { from, skip, long }: Streams<'_>,
) -> Result<ExchangeLoad, AppError> {
    let me: Identity = tx.identity()?;
    enrolled(&me)?;
    let epoch = tx.epoch()?;
    let mut scopes: Vec<ScopeId> = tx.scopes()?.into_iter().map(|(id, _)| id).collect();
    scopes.push(ScopeId::private_of(me.device));
    let mut load = ExchangeLoad {
        scopes,
        schema: SCHEMA_VERSION,
        cursor: tx.memo(CURSOR)?,
        ..ExchangeLoad::nothing(epoch)
    };
    let mut left = max_bytes;
    for stream in tx.own_streams_by_urgency(epoch)? {
        load.claims.push(StreamClaim {
            stream: stream.stream,
            last_seq: stream.seq,
            last_header: HeaderTag::of(&stream.header),
        });
        if let Some(header) = tx.header_at(stream.stream, stream.acked)? {
            load.acked.push(StreamMark {
                stream: stream.stream,
                mark: stream.acked,
                header: HeaderTag::of(&header),
            });
        }
        load.waiting += stream.seq - stream.acked;
        if stream.forked || skip.contains(&stream.stream) {
            continue;
        }
        let start = from
            .iter()
            .find(|(id, _)| *id == stream.stream)
            .map_or(stream.acked + 1, |(_, seq)| *seq);
        let runs = if left > 0 {
            tx.cut_runs(&stream, start, (left, run_bytes), &me.key)?
        } else {
            Vec::new()
        };
        let reached = runs
            .last()
            .map_or(start.saturating_sub(1), |run| run.seal.seq);
        load.more |= reached < stream.seq;
        for run in runs {
            let short = if long.contains(&stream.stream) {
                None
            } else {
                shorten(&run, tx, Toward::Hub)?
            };
            let outgoing = Outgoing { run, short };
            left = left.saturating_sub(outgoing.len_bytes());
            load.runs.push(outgoing);
        }
    }
    load_relays(tx, &me, (from, skip), (left, &mut load))?;
    Ok(load)
}

/// What others wrote and only this device brings: it came on a stick or from another phone. Their
/// streams are not claimed; the hub's acknowledgement tells how far it holds them.
fn load_relays(
    tx: &Tx<'_>,
    me: &Identity,
    (from, skip): (&[(StreamId, u64)], &[StreamId]),
    (mut left, load): (usize, &mut ExchangeLoad),
) -> Result<(), AppError> {
    for held in tx.streams_to_relay()? {
        let stream = held.at.stream;
        if skip.contains(&stream) {
            continue;
        }
        let header = tx.header_at(stream, held.at.acked)?;
        load.acked.extend(header.map(|header| StreamMark {
            stream,
            mark: held.at.acked,
            header: HeaderTag::of(&header),
        }));
        let wanted = from.iter().find(|(id, _)| *id == stream);
        let mut next = wanted.map_or(held.at.acked + 1, |(_, seq)| *seq);
        while let Some(run) = tx.next_run(&held, next, (&Bodies::All, &me.key))? {
            if left == 0 {
                load.more = true;
                break;
            }
            let outgoing = Outgoing { run, short: None };
            left = left.saturating_sub(outgoing.len_bytes());
            let run = &outgoing.run;
            load.waiting += run.seal.seq.saturating_sub(held.at.acked.max(next - 1));
            next = run.seal.seq + 1;
            load.runs.push(outgoing);
        }
    }
    Ok(())
}

fn take_acks(tx: &Tx<'_>, acks: &[Ack]) -> Result<Option<StreamMark>, AppError> {
    let me = tx.identity()?.device;
    // The hub may hold more of another's stream than this device that only relays it.
    let (own, relayed): (Vec<&Ack>, Vec<&Ack>) =
        acks.iter().partition(|ack| ack.stream.device == me);
    for ack in relayed {
        tx.note_at_hub(ack.stream, ack.mark)?;
    }
    for ack in &own {
        let held = tx.header_at(ack.stream, ack.mark)?;
        let is_ours = held.is_some_and(|held| HeaderTag::of(&held) == ack.header);
        if ack.mark > 0 && !is_ours {
            return Ok(Some(StreamMark {
                stream: ack.stream,
                mark: ack.mark,
                header: ack.header,
            }));
        }
    }
    for ack in own {
        tx.set_acked(ack.stream, ack.mark)?;
    }
    Ok(None)
}

/// A run of this device's own streams that it does not hold: then this store was restored from a
/// copy, perhaps of a time when nothing was written in that stream yet. Were it taken as somebody
/// else's, the next envelope would be appended to a stream that nobody pushes.
fn own_and_unknown(tx: &Tx<'_>, run: &Run) -> Result<Option<StreamMark>, AppError> {
    let (stream, mark, header) = (run.seal.stream, run.seal.seq, run.seal.header);
    let is_own = stream.device == tx.identity()?.device && stream.epoch == tx.epoch()?;
    if !is_own || tx.header_at(stream, mark)? == Some(header) {
        return Ok(None);
    }
    Ok(Some(StreamMark {
        stream,
        mark,
        header: HeaderTag::of(&header),
    }))
}

/// Takes the runs of a page in feed order; why not, if one of them must come in long form or shows
/// that this store was restored.
fn take_page(tx: &Tx<'_>, runs: &[Incoming]) -> Result<Option<StoreFailure>, AppError> {
    for incoming in runs {
        let expanded;
        let run = match incoming {
            Incoming::Long(run) => run,
            Incoming::Short(stream, short) => {
                let Some(run) = expand(*stream, short, tx)? else {
                    return Ok(Some(StoreFailure::Unexpanded));
                };
                expanded = run;
                &expanded
            }
        };
        if let Some(mark) = own_and_unknown(tx, run)? {
            return Ok(Some(StoreFailure::NotOurs(mark)));
        }
        let is_short = matches!(incoming, Incoming::Short(..));
        match take_run(run, tx)? {
            Ok(_) => {}
            Err(Refusal::Unverified | Refusal::Malformed(_)) if is_short => {
                return Ok(Some(StoreFailure::Unexpanded));
            }
            Err(_) => tx.park_run(run)?,
        }
        tx.note_at_hub(run.seal.stream, run.seal.seq)?;
    }
    Ok(None)
}

/// Takes runs in feed order. What is refused waits and is shown; it stops nothing else.
fn take_runs(tx: &Tx<'_>, runs: &[Run]) -> Result<bool, AppError> {
    let mut moved = false;
    for run in runs {
        match take_run(run, tx)? {
            Ok(taken) => moved |= taken.fresh > 0,
            Err(_) => tx.park_run(run)?,
        }
    }
    Ok(moved)
}

/// A certificate may have come behind the runs of its device.
pub(super) fn retry_parked(tx: &Tx<'_>) -> Result<(), AppError> {
    while take_runs(tx, &tx.unpark_runs()?)? {}
    Ok(())
}
