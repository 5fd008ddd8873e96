//! Executes what the sync engine asks of the store: loads, transactions, signatures.
//!
//! Each [`Effect`] about the store becomes one transaction and one [`Event`]; requests and timers
//! are the driver's.

use std::collections::BTreeMap;

use super::device::{Device, enrolled};
use super::error::AppError;
use crate::chain::gate::Giver;
use crate::chain::ingest::{take_late, take_run_from};
use crate::chain::{BlobRole, Kind, Ledger, Run, StreamId};
use crate::domain::{Digest, cbor};
use crate::record::SCHEMA_VERSION;
use crate::statement::SignatureBody;
use crate::store::{Identity, StoreError, Tx};
use crate::sync::frame::{Ack, StreamClaim, StreamMark};
use crate::sync::{BlobJob, Effect, Event, ExchangeLoad, LoadRequest, Loaded, StoreFailure, Txn};

const CURSOR: &str = "cursor";
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
            Effect::Store { op, txn } => Some(match self.store_txn(txn) {
                Ok(None) => Event::Stored { op: *op },
                Ok(Some(mark)) => Event::StoreFail {
                    op: *op,
                    why: StoreFailure::NotOurs(mark),
                },
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
            } => {
                let sizes = (to_usize(*max_bytes), to_usize(*run_bytes));
                self.store
                    .transact(|tx| Ok(Loaded::Exchange(load_exchange(tx, sizes, from, skip)?)))
            }
            LoadRequest::Blobs { metered: _ } => self.store.transact(|tx| {
                let mut jobs = Vec::new();
                for blob in tx.blobs_to_send()?.into_iter().take(BLOBS_PER_LOAD) {
                    jobs.push(BlobJob {
                        digest: blob.digest,
                        len_bytes: blob.len_bytes,
                        scope: blob.scope,
                        chunks: tx.chunks(&blob.digest)?,
                        role: if blob.is_thumbnail {
                            BlobRole::Thumbnail
                        } else {
                            BlobRole::Original
                        },
                    });
                }
                Ok(Loaded::Blobs(jobs))
            }),
        }
    }

    /// Does one transaction. `Some(mark)` refuses an acknowledgement of a header that is not ours.
    fn store_txn(&self, txn: &Txn) -> Result<Option<StreamMark>, AppError> {
        self.store.transact(|tx| match txn {
            Txn::Acked(acks) => {
                let foreign = take_acks(tx, acks)?;
                if foreign.is_none() {
                    for ack in acks {
                        for exception in &ack.exceptions {
                            self.fence(tx, ack.stream, exception)?;
                        }
                    }
                }
                Ok(foreign)
            }
            Txn::Page { runs, late, cursor } => {
                if let Some(mark) = own_and_unknown(tx, runs)? {
                    return Ok(Some(mark));
                }
                take_runs(tx, Giver::HubFeed, runs)?;
                for envelope in late {
                    take_late(envelope, tx)?;
                }
                retry_parked(tx)?;
                tx.set_memo(CURSOR, &cursor.token)?;
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
                Ok(None)
            }
            Txn::Fork { stream } => {
                tx.set_forked(*stream)?;
                Ok(None)
            }
        })
    }

    /// This store was restored from an older copy. Opens a new epoch, writes what the hub never
    /// acknowledged anew in it, and will pull everything (rule 5 of the exchange).
    fn recover_from_rollback(&self, tx: &Tx<'_>, told: StreamId) -> Result<(), AppError> {
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

fn load_exchange(
    tx: &Tx<'_>,
    (max_bytes, run_bytes): (usize, usize),
    from: &[(StreamId, u64)],
    skip: &[StreamId],
) -> Result<ExchangeLoad, AppError> {
    let me: Identity = tx.identity()?;
    enrolled(&me)?;
    let epoch = tx.epoch()?;
    let mut load = ExchangeLoad {
        schema: SCHEMA_VERSION,
        cursor: tx.memo(CURSOR)?,
        ..ExchangeLoad::default()
    };
    let mut left = max_bytes;
    for stream in tx.own_streams(Some(epoch))? {
        load.claims.push(StreamClaim {
            stream: stream.stream,
            last_seq: stream.seq,
            last_header: stream.header,
        });
        if let Some(header) = tx.header_at(stream.stream, stream.acked)? {
            load.acked.push(StreamMark {
                stream: stream.stream,
                mark: stream.acked,
                header,
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
        left = left.saturating_sub(runs.iter().map(Run::len_bytes).sum());
        load.runs.extend(runs);
    }
    Ok(load)
}

fn take_acks(tx: &Tx<'_>, acks: &[Ack]) -> Result<Option<StreamMark>, AppError> {
    for ack in acks {
        if ack.mark > 0 && tx.header_at(ack.stream, ack.mark)? != Some(ack.header) {
            return Ok(Some(StreamMark {
                stream: ack.stream,
                mark: ack.mark,
                header: ack.header,
            }));
        }
    }
    for ack in acks {
        tx.set_acked(ack.stream, ack.mark)?;
    }
    Ok(None)
}

/// The first run of this device's own streams that it does not hold: then this store was restored
/// from a copy, perhaps of a time when nothing was written in that stream yet. Were it taken as
/// somebody else's, the next envelope would be appended to a stream that nobody pushes.
fn own_and_unknown(tx: &Tx<'_>, runs: &[Run]) -> Result<Option<StreamMark>, AppError> {
    let (me, epoch) = (tx.identity()?.device, tx.epoch()?);
    let own = |run: &&Run| run.seal.stream.device == me && run.seal.stream.epoch == epoch;
    for run in runs.iter().filter(own) {
        let seal = &run.seal;
        if tx.header_at(seal.stream, seal.seq)? != Some(seal.header) {
            return Ok(Some(StreamMark {
                stream: seal.stream,
                mark: seal.seq,
                header: seal.header,
            }));
        }
    }
    Ok(None)
}

/// Takes runs in feed order. What is refused waits and is shown; it stops nothing else.
fn take_runs(tx: &Tx<'_>, giver: Giver, runs: &[Run]) -> Result<bool, AppError> {
    let mut moved = false;
    for run in runs {
        match take_run_from(run, giver, tx)? {
            Ok(taken) => moved |= taken.fresh > 0,
            Err(_) => tx.park_run(run)?,
        }
    }
    Ok(moved)
}

/// A certificate may have come behind the runs of its device.
fn retry_parked(tx: &Tx<'_>) -> Result<(), AppError> {
    while take_runs(tx, Giver::Anyone, &tx.unpark_runs()?)? {}
    Ok(())
}
