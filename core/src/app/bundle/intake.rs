//! What a phone does with the records of a bundle, and with what another phone sends live.

use std::io::{Cursor, Read};

use super::import::{Imported, Intake, RefusedRun, read_bundle};
use super::{Watch, name_of};
use crate::app::device::{Device, enrolled};
use crate::app::error::AppError;
use crate::app::exchange::retry_parked;
use crate::chain::gate::Refusal;
use crate::chain::ingest::{take_late, take_run};
use crate::chain::{Certificate, Ledger, Run, SignedCertificate, StreamId};
use crate::domain::{Digest, Host, ScopeId, WallMs};
use crate::store::{BlobName, Pinned, Store, Tx};
use crate::sync::bundle::{BundleError, BundleHeader, Extent, Sender};
use crate::vault::age::AgeIdentity;

/// How long chunks wait for the rest of their blob, or for its envelope.
const STAGED_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Most runs of one device that wait here.
const MAX_WAITING_RUNS: u64 = 1_000;

impl Device {
    /// Takes one part of a bundle in. `total` is the file's length, for telling how far it is.
    ///
    /// # Errors
    /// [`AppError::Bundle`] says what is wrong with the file; else as the store fails. What was
    /// taken until then stays.
    pub fn import_bundle(
        &self,
        file: &mut dyn Read,
        (total, watch): (u64, Watch<'_>),
    ) -> Result<Imported, AppError> {
        let me = self.identity()?;
        let pinned = enrolled(&me)?.clone();
        let identity = me.key.to_age();
        let mut intake = PhoneIntake::new(self, pinned.clone())?;
        let hub = (pinned.hub, &pinned.hub_key);
        read_bundle(file, (&identity, hub), &mut intake, (total, watch))
    }

    /// The secret that opens bundles to this device, for the stock `age` tool.
    ///
    /// # Errors
    /// As the store fails.
    pub fn age_identity(&self) -> Result<AgeIdentity, AppError> {
        Ok(self.identity()?.key.to_age())
    }
}

/// A phone that takes something in.
pub(in crate::app) struct PhoneIntake<'d> {
    device: &'d Device,
    pinned: Pinned,
    /// What it may read.
    scopes: Vec<ScopeId>,
    /// Whether what comes is the hub's own word of what it holds.
    from_hub: Source,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Hub,
    Other,
}

impl<'d> PhoneIntake<'d> {
    pub(in crate::app) fn new(device: &'d Device, pinned: Pinned) -> Result<Self, AppError> {
        let scopes = device.store.transact(readable)?;
        Ok(Self {
            device,
            pinned,
            scopes,
            from_hub: Source::Other,
        })
    }

    /// Takes one run in, in a transaction of the caller.
    fn take(&self, tx: &Tx<'_>, run: &Run, imported: &mut Imported) -> Result<(), AppError> {
        let stream = run.seal.stream;
        if !self.scopes.contains(&stream.scope) {
            imported.other_scopes += 1;
            return Ok(());
        }
        self.notice_rollback(tx, run, imported)?;
        match take_run(run, tx)? {
            Ok(taken) => {
                imported.fresh += taken.fresh as u64;
                imported.known += taken.duplicates as u64;
                imported
                    .quarantined
                    .extend(taken.quarantined.into_iter().map(|(_, why)| why));
                for case in taken.cases {
                    if !imported.cases.contains(&case) {
                        imported.cases.push(case);
                    }
                }
                fill_bare(tx, run, imported)?;
                if self.from_hub == Source::Hub {
                    tx.note_at_hub(stream, run.seal.seq)?;
                }
            }
            Err(Refusal::UnknownDevice | Refusal::Gap { .. })
                if tx.waiting_runs(stream.device)? < MAX_WAITING_RUNS =>
            {
                tx.park_run(run)?;
                if tx.author(stream.device)?.is_none() && !imported.unknown.contains(&stream.device)
                {
                    imported.unknown.push(stream.device);
                }
            }
            Err(refusal) => imported.refused.push(RefusedRun {
                device: stream.device,
                code: refusal.code(),
                detail: refusal.to_string(),
            }),
        }
        Ok(())
    }

    /// An envelope of an own stream that is not here: this store was restored from an older copy.
    fn notice_rollback(
        &self,
        tx: &Tx<'_>,
        run: &Run,
        imported: &mut Imported,
    ) -> Result<(), AppError> {
        let me = tx.identity()?;
        let stream = run.seal.stream;
        if stream.device != me.device || stream.epoch != tx.epoch()? {
            return Ok(());
        }
        let ours = tx.header_at(stream, run.seal.seq)?;
        if ours != Some(run.seal.header) && run.seal.verify(&me.key.public()) {
            self.roll_back(tx, stream, imported)?;
        }
        Ok(())
    }

    fn roll_back(
        &self,
        tx: &Tx<'_>,
        stream: StreamId,
        imported: &mut Imported,
    ) -> Result<(), AppError> {
        self.device.recover_from_rollback(tx, stream)?;
        self.device.renew_session();
        imported.rolled_back += 1;
        Ok(())
    }

    /// What the hub says to hold of this device's streams counts as its acknowledgement.
    fn take_hub_marks(&self, tx: &Tx<'_>, header: &BundleHeader) -> Result<(), AppError> {
        let own = tx.own_streams(None)?;
        for mark in &header.marks {
            if tx.header_at(mark.stream, mark.mark)? != Some(mark.header) {
                continue;
            }
            match own.iter().find(|own| own.stream == mark.stream) {
                Some(own) if own.acked < mark.mark => tx.set_acked(mark.stream, mark.mark)?,
                Some(_) => {}
                None => tx.note_at_hub(mark.stream, mark.mark)?,
            }
        }
        Ok(())
    }
}

/// Scopes that this device may read: those it was given, and its private one.
pub(in crate::app) fn readable(tx: &Tx<'_>) -> Result<Vec<ScopeId>, AppError> {
    let me = tx.identity()?;
    let mut scopes: Vec<ScopeId> = tx.scopes()?.into_iter().map(|(id, _)| id).collect();
    scopes.push(ScopeId::private_of(me.device));
    Ok(scopes)
}

/// Bodies of envelopes whose headers came bare before.
fn fill_bare(tx: &Tx<'_>, run: &Run, imported: &mut Imported) -> Result<(), AppError> {
    for envelope in run.envelopes.iter().filter(|one| one.body.is_some()) {
        if tx.is_bare(&envelope.id())? {
            take_late(envelope, tx)?;
            imported.filled += 1;
        }
    }
    Ok(())
}

impl Intake for PhoneIntake<'_> {
    fn header(
        &mut self,
        header: &BundleHeader,
        maker: Option<&Certificate>,
    ) -> Result<(), AppError> {
        self.device.store.transact(|tx| {
            let (Some(maker), Sender::Device(signed)) = (maker, &header.sender) else {
                return self.take_hub_marks(tx, header);
            };
            know(tx, (maker, signed))?;
            if tx
                .author(maker.device)?
                .is_some_and(|author| author.revoked)
            {
                let user = maker.user.clone();
                return Err(BundleError::Revoked { user }.into());
            }
            let marks: Vec<(StreamId, u64)> = header
                .marks
                .iter()
                .map(|mark| (mark.stream, mark.mark))
                .collect();
            Ok(tx.set_told(maker.device, &marks, &header.wants)?)
        })?;
        self.from_hub = if maker.is_none() {
            Source::Hub
        } else {
            Source::Other
        };
        Ok(())
    }

    fn certificate(&mut self, signed: &SignedCertificate) -> Result<(), AppError> {
        if let Ok(certificate) = signed.verify(&self.pinned.hub_key) {
            self.device
                .store
                .transact(|tx| know(tx, (&certificate, signed)))?;
        }
        Ok(())
    }

    fn runs(&mut self, runs: &[Run], imported: &mut Imported) -> Result<(), AppError> {
        if runs.is_empty() {
            return Ok(());
        }
        self.device.store.transact(|tx| {
            runs.iter()
                .try_for_each(|run| self.take(tx, run, imported))?;
            retry_parked(tx)
        })
    }

    fn extent(&mut self, extent: &Extent, imported: &mut Imported) -> Result<(), AppError> {
        let blob = BlobName {
            digest: extent.digest,
            root: extent.root,
            len_bytes: extent.len_bytes,
        };
        let device = self.device;
        if device.store.transact(|tx| tx.holds(&blob.digest))? {
            return Ok(());
        }
        match device.refuse_without_room(blob.len_bytes) {
            Ok(()) => {}
            Err(AppError::NoRoom { .. }) => {
                imported.no_room += 1;
                return Ok(());
            }
            Err(other) => return Err(other),
        }
        take_extent((&device.store, device.host.as_ref()), extent)?;
        // The last chunk usually makes a blob whole; whatever is left is looked at in the end.
        if (extent.number + 1) * crate::domain::CHUNK_BYTES as u64 >= blob.len_bytes {
            self.finish_blobs(imported)?;
        }
        Ok(())
    }

    fn end(&mut self, imported: &mut Imported) -> Result<(), AppError> {
        // A certificate may have come alone, and behind the runs of its device.
        self.device.store.transact(retry_parked)?;
        self.finish_blobs(imported)?;
        imported.waiting = self.device.store.transact(|tx| tx.all_waiting_runs())?;
        let before = WallMs(self.device.host.now().wall.0.saturating_sub(STAGED_MS));
        let names = self.device.store.transact(|tx| tx.unstage_before(before))?;
        self.device.store.remove_files(&names)?;
        imported.chunks = self.device.store.transact(|tx| tx.staged_count())?;
        Ok(())
    }
}

impl PhoneIntake<'_> {
    /// Puts blobs together whose chunks are all here and whose envelope is.
    pub(in crate::app) fn finish_blobs(&self, imported: &mut Imported) -> Result<(), AppError> {
        let store = &self.device.store;
        for blob in store.transact(|tx| tx.staged_whole())? {
            let known = store.transact(|tx| tx.blobs_by_digest(&blob.digest))?;
            if !known.iter().any(|row| name_of(row) == blob) {
                continue;
            }
            let Some(stored) = store.assemble(&blob, self.device.host.as_ref())? else {
                imported.bad_chunks += 1;
                continue;
            };
            let names = store.transact(|tx| {
                tx.keep_file(&stored)?;
                tx.set_brought(&blob.digest)?;
                tx.unstage(&blob)
            })?;
            store.remove_files(&names)?;
            imported.blobs += 1;
        }
        Ok(())
    }
}

/// Keeps a proven chunk until its blob is whole. Says whether it is news.
///
/// # Errors
/// As the store fails.
pub fn take_extent((store, host): (&Store, &dyn Host), extent: &Extent) -> Result<bool, AppError> {
    let blob = BlobName {
        digest: extent.digest,
        root: extent.root,
        len_bytes: extent.len_bytes,
    };
    if store.transact(|tx| tx.is_staged(&blob, extent.number))? {
        return Ok(false);
    }
    let named = (
        Digest::of(&extent.bytes),
        extent.bytes.len() as u64,
        Vec::new(),
    );
    let stored = store.store_bytes(&mut Cursor::new(extent.bytes.as_slice()), named, host)?;
    let at = host.now().wall;
    store.transact(|tx| tx.stage(&blob, extent.number, (&stored, at)))?;
    Ok(true)
}

/// Knows a writer by the hub's word, if nothing is known of it yet: an old certificate must not
/// undo a newer one or a revocation.
pub(in crate::app) fn know(
    tx: &Tx<'_>,
    (certificate, signed): (&Certificate, &SignedCertificate),
) -> Result<(), AppError> {
    if tx.author(certificate.device)?.is_none() {
        tx.put_certificate(certificate, signed, false)?;
    }
    Ok(())
}
