//! Bundles at head office: what came on a stick is taken in like what comes over the network, and
//! what a phone without network lacks is written onto one.
//!
//! The operator's command, or a phone that carried one here, brings a file; its runs pass the gate
//! and enter the feeds in the transaction that took them, its photo bytes are proven chunk by chunk.
//!
//! Invariants: runs of a scope that the maker of the bundle may not read are not taken; parts come
//! in any order, and what waits for another part goes on as soon as that is here; the owner of what
//! came gets its receipts with its own next exchange.
//!
//! Refuses: bundles of devices that were withdrawn.

use std::io::{self, Read};

use futures_util::StreamExt as _;
use lossbook_core::app::AppError;
use lossbook_core::app::bundle::{
    BUNDLE_MEDIA_TYPE, BlobBytes, BundlePlan, BundleSink, Exported, Imported, Intake, NewBundle,
    Originals, RefusedRun, Since, Watch, find_device, new_set, read_bundle, take_extent,
    whole_marks, write_bundle,
};
use lossbook_core::chain::gate::Refusal as Refused;
use lossbook_core::chain::ingest::take_run;
use lossbook_core::chain::{Certificate, Ledger, Run, SignedCertificate, StreamId};
use lossbook_core::domain::{DeviceId, Digest, ScopeId};
use lossbook_core::store::{BlobName, BlobRow, Bodies, KnownDevice, Store, StoreError, Tx};
use lossbook_core::sync::bundle::{BUNDLE_VERSION, BundleError, BundleHeader, Extent, Sender};
use lossbook_core::vault::age::{AgeIdentity, AgeRecipient};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::exchange::push::{feed, note_photos};
use crate::hub::Hub;
use crate::meta::Uploads;
use crate::refusal::Refusal;

/// Most runs of one device that wait here for another part.
const MAX_WAITING_RUNS: u64 = 10_000;

impl Hub {
    /// The secret that opens bundles to this hub, for the stock `age` tool.
    pub fn age_identity(&self) -> AgeIdentity {
        self.identity().own.key.to_hub_age()
    }

    /// Takes one part of a bundle in. Blocks: not for async threads.
    ///
    /// # Errors
    /// [`AppError::Bundle`] says what is wrong with the file; else as the store fails. What was
    /// taken until then stays.
    pub fn import_bundle(
        &self,
        file: &mut dyn Read,
        (total, watch): (u64, Watch<'_>),
    ) -> Result<Imported, AppError> {
        let key = self.identity().own.key.public();
        let mut intake = HubIntake {
            hub: self,
            runtime: runtime()?,
            readable: None,
        };
        let opening = (&self.age_identity(), (self.identity().device(), &key));
        read_bundle(file, opening, &mut intake, (total, watch))
    }

    /// Writes a bundle for phones: the scopes that all of them may read, and for a single one its
    /// receipts. Blocks: not for async threads.
    ///
    /// # Errors
    /// [`AppError::UnknownReceiver`], [`AppError::NoSharedScope`], [`AppError::PartTooSmall`],
    /// [`AppError::BundleWrite`].
    pub fn export_bundle(
        &self,
        wish: &NewBundle,
        sink: &mut dyn BundleSink,
        watch: Watch<'_>,
    ) -> Result<Exported, AppError> {
        let plan = self.own_store().transact(|tx| self.plan(tx, wish))?;
        let bytes = HubBytes {
            hub: self,
            runtime: runtime()?,
        };
        write_bundle(
            (self.own_store(), self.host()),
            &plan,
            &bytes,
            (sink, watch),
        )
    }

    fn plan(&self, tx: &Tx<'_>, wish: &NewBundle) -> Result<BundlePlan<'_>, AppError> {
        let hub = self.identity();
        let key = hub.own.key.public();
        let known = tx.certificates()?;
        let mut receivers = Vec::new();
        for name in &wish.to {
            let found = find_device(&known, name)?;
            receivers.push(found.certificate.verify(&key)?);
        }
        let scopes = scopes_of(&receivers)?;
        let (streams, told) = streams(tx, (&scopes, &receivers), wish.since)?;
        Ok(BundlePlan {
            header: BundleHeader {
                version: BUNDLE_VERSION,
                hub: hub.device(),
                sender: Sender::Hub,
                set: new_set(self.host()),
                part: 0,
                made: self.now().wall,
                marks: whole_marks(tx, &scopes)?,
                wants: Vec::new(),
            },
            key: &hub.own.key,
            to: receivers
                .iter()
                .map(|one| AgeRecipient::from_bytes(*one.recipient))
                .collect(),
            certificates: others(&known, &receivers),
            bodies: Bodies::All,
            blobs: blobs(tx, (&scopes, &streams), (&told, wish))?,
            streams,
            part_bytes: wish.part_bytes,
        })
    }

    /// Takes a bundle in that a phone carried here and that is for this hub; anything else is kept
    /// as it is. What goes wrong here goes into the log: the bytes themselves are safe.
    pub async fn import_carried(&self, device: DeviceId, digest: Digest) {
        let Ok(bytes) = self.blobs().open(device, digest).await else {
            return;
        };
        if bytes.media_type != BUNDLE_MEDIA_TYPE {
            return;
        }
        let len = bytes.len_bytes();
        let stream = Box::pin(self.blobs().read(bytes, 0, len).fuse());
        let hub = self.clone();
        let runtime = Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            let mut file = StreamReader {
                runtime,
                stream,
                current: io::Cursor::new(bytes::Bytes::new()),
            };
            hub.import_bundle(&mut file, (len, &mut |_, _| {}))
        });
        match work.await {
            Ok(Ok(imported)) => {
                let Imported {
                    fresh,
                    known,
                    blobs,
                    ..
                } = imported;
                tracing::info!(%device, fresh, known, blobs, "a carried bundle was taken in");
            }
            // For somebody else, or of no use: it is kept, and its carrier has its receipt.
            Ok(Err(error)) => {
                tracing::warn!(%device, code = error.code(), "a carried bundle was not taken in")
            }
            Err(_stopped) => tracing::warn!(%device, "a carried bundle waits: the hub is stopping"),
        }
    }
}

fn runtime() -> Result<Runtime, AppError> {
    let built = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    built.map_err(|error| StoreError::Io(error).into())
}

fn refused(refusal: &Refusal) -> AppError {
    StoreError::Damaged(refusal.to_string()).into()
}

/// Scopes that every receiver may read; for a single one also its private scope.
fn scopes_of(receivers: &[Certificate]) -> Result<Vec<ScopeId>, AppError> {
    let Some((first, others)) = receivers.split_first() else {
        return Err(AppError::NoSharedScope);
    };
    let mut scopes = first.scopes.clone();
    scopes.retain(|scope| others.iter().all(|other| other.scopes.contains(scope)));
    if others.is_empty() {
        scopes.push(ScopeId::private_of(first.device));
    }
    if scopes.is_empty() {
        return Err(AppError::NoSharedScope);
    }
    Ok(scopes)
}

type Streams = Vec<(lossbook_core::store::HeldStream, u64)>;

/// Streams from where every receiver is known to stand, and what they said they lack.
fn streams(
    tx: &Tx<'_>,
    (scopes, receivers): (&[ScopeId], &[Certificate]),
    since: Since,
) -> Result<(Streams, Vec<Digest>), AppError> {
    let (mut marks, mut wants) = (Vec::new(), Vec::new());
    for receiver in receivers {
        marks.push(tx.told_marks(receiver.device)?);
        wants.extend(tx.told_wants(receiver.device)?);
    }
    let mut streams = Vec::new();
    for held in tx.held_streams(scopes)? {
        let stream = held.at.stream;
        // A phone is given its own writing only if it said to hold less of it.
        let writes_it = receivers.iter().any(|one| one.device == stream.device);
        let known = marks
            .iter()
            .map(|told| told.get(&stream).copied())
            .min()
            .flatten();
        let from = match since {
            Since::Known if writes_it && known.is_none() => continue,
            Since::Known => known.unwrap_or(0) + 1,
            Since::Start => 1,
            Since::Time(time) => tx.first_since(&held, time)?,
        };
        if from <= held.at.seq {
            streams.push((held, from));
        }
    }
    Ok((streams, wants))
}

fn others(known: &[KnownDevice], receivers: &[Certificate]) -> Vec<SignedCertificate> {
    let shares = |device: &KnownDevice| {
        device.certificate_scopes().iter().any(|scope| {
            receivers
                .iter()
                .any(|receiver| receiver.scopes.contains(scope))
        })
    };
    known
        .iter()
        .filter(|device| !device.revoked && shares(device))
        .map(|device| device.certificate.clone())
        .collect()
}

/// Photos whose envelopes go along or that a receiver said it lacks, as far as their bytes are here.
fn blobs(
    tx: &Tx<'_>,
    (scopes, streams): (&[ScopeId], &Streams),
    (wants, wish): (&[Digest], &NewBundle),
) -> Result<Vec<BlobRow>, AppError> {
    let mut blobs = Vec::new();
    for row in tx.known_blobs(scopes)? {
        if row.is_original() && wish.originals == Originals::Without {
            continue;
        }
        let announced = match tx.envelope(&row.envelope)? {
            None => false,
            Some((header, _)) => streams
                .iter()
                .any(|(held, from)| held.at.stream == header.stream() && header.seq >= *from),
        };
        let goes = announced || wants.contains(&row.digest);
        if goes && tx.blob(row.scope, &row.digest)?.is_some() {
            blobs.push(row);
        }
    }
    Ok(blobs)
}

/// Blobs out of the object store.
struct HubBytes<'h> {
    hub: &'h Hub,
    runtime: Runtime,
}

impl HubBytes<'_> {
    fn row(&self, blob: &BlobName) -> Result<Option<crate::meta::BlobRow>, AppError> {
        self.hub.own_store().transact(|tx| {
            for known in tx.blobs_by_digest(&blob.digest)? {
                if let Some(row) = tx.blob(known.scope, &blob.digest)? {
                    return Ok(Some(row));
                }
            }
            Ok(None)
        })
    }
}

impl BlobBytes for HubBytes<'_> {
    fn chunks(&self, blob: &BlobName) -> Result<Option<Vec<Digest>>, AppError> {
        Ok(self.row(blob)?.map(|row| row.chunks))
    }

    fn range(&self, blob: &BlobName, from: u64, len: u64) -> Result<Vec<u8>, AppError> {
        let missing = || StoreError::Damaged(format!("the bytes of {} are not here", blob.digest));
        let row = self.row(blob)?.ok_or_else(missing)?;
        let read = self
            .hub
            .blobs()
            .read_now(self.runtime.handle(), &row, (from, len));
        Ok(read.map_err(StoreError::Vault)?)
    }
}

/// The hub takes a bundle in.
struct HubIntake<'h> {
    hub: &'h Hub,
    runtime: Runtime,
    /// What the maker may read, once its header is known.
    readable: Option<Vec<ScopeId>>,
}

impl HubIntake<'_> {
    fn store(&self) -> &Store {
        self.hub.own_store()
    }

    fn take(&self, tx: &Tx<'_>, run: &Run, imported: &mut Imported) -> Result<bool, AppError> {
        let stream = run.seal.stream;
        if self
            .readable
            .as_ref()
            .is_some_and(|scopes| !scopes.contains(&stream.scope))
        {
            imported.other_scopes += 1;
            return Ok(false);
        }
        match take_run(run, tx)? {
            Ok(taken) => {
                feed(tx, run, &taken)?;
                note_photos(tx, run, &taken)?;
                imported.fresh += taken.fresh as u64;
                imported.known += taken.duplicates as u64;
                for case in &taken.cases {
                    if !imported.cases.contains(case) {
                        imported.cases.push(*case);
                    }
                }
                let fresh = taken.fresh > 0;
                imported
                    .quarantined
                    .extend(taken.quarantined.into_iter().map(|(_, why)| why));
                Ok(fresh)
            }
            Err(Refused::Gap { .. } | Refused::UnknownDevice)
                if tx.waiting_runs(stream.device)? < MAX_WAITING_RUNS =>
            {
                tx.park_run(run)?;
                if tx.author(stream.device)?.is_none() && !imported.unknown.contains(&stream.device)
                {
                    imported.unknown.push(stream.device);
                }
                Ok(false)
            }
            Err(refusal) => {
                imported.refused.push(RefusedRun {
                    device: stream.device,
                    code: refusal.code(),
                    detail: refusal.to_string(),
                });
                Ok(false)
            }
        }
    }

    /// Runs that waited for one that came now.
    fn retry(&self, tx: &Tx<'_>, imported: &mut Imported) -> Result<(), AppError> {
        loop {
            let mut moved = false;
            for run in tx.unpark_runs()? {
                moved |= self.take(tx, &run, imported)?;
            }
            if !moved {
                return Ok(());
            }
        }
    }

    fn finish_blobs(&self, imported: &mut Imported) -> Result<(), AppError> {
        for blob in self.store().transact(|tx| tx.staged_whole())? {
            let mut settled = false;
            for scope in self.store().transact(|tx| places_of(tx, &blob))? {
                settled = true;
                if self
                    .store()
                    .transact(|tx| tx.blob(scope, &blob.digest))?
                    .is_some()
                {
                    continue;
                }
                let mut plain = self.store().read_staged(&blob)?;
                let wanted = (scope, blob.digest, blob.len_bytes);
                let kept = self
                    .hub
                    .blobs()
                    .import(self.runtime.handle(), wanted, &mut plain);
                if kept.map_err(|why| refused(&why))? {
                    imported.blobs += 1;
                } else {
                    imported.bad_chunks += 1;
                }
            }
            if settled {
                let names = self.store().transact(|tx| tx.unstage(&blob))?;
                self.store().remove_files(&names)?;
            }
        }
        Ok(())
    }
}

/// Scopes whose photo envelopes name exactly this blob.
fn places_of(tx: &Tx<'_>, blob: &BlobName) -> Result<Vec<ScopeId>, StoreError> {
    let mut scopes: Vec<ScopeId> = tx
        .blobs_by_digest(&blob.digest)?
        .iter()
        .filter(|row| row.chunk_root == blob.root && row.len_bytes == blob.len_bytes)
        .map(|row| row.scope)
        .collect();
    scopes.sort();
    scopes.dedup();
    Ok(scopes)
}

impl Intake for HubIntake<'_> {
    fn header(
        &mut self,
        header: &BundleHeader,
        maker: Option<&Certificate>,
    ) -> Result<(), AppError> {
        let Some(maker) = maker else { return Ok(()) };
        let author = self.store().transact(|tx| tx.author(maker.device))?;
        // What it may do now, not what its certificate once said.
        let Some(author) = author.filter(|author| !author.revoked) else {
            let user = maker.user.clone();
            return Err(BundleError::Revoked { user }.into());
        };
        let mut readable = author.scopes;
        readable.push(ScopeId::private_of(maker.device));
        self.readable = Some(readable);
        let marks: Vec<(StreamId, u64)> = header
            .marks
            .iter()
            .map(|mark| (mark.stream, mark.mark))
            .collect();
        Ok(self
            .store()
            .transact(|tx| tx.set_told(maker.device, &marks, &header.wants))?)
    }

    fn certificate(&mut self, _signed: &SignedCertificate) -> Result<(), AppError> {
        // Whoever this hub vouched for is known here already.
        Ok(())
    }

    fn runs(&mut self, runs: &[Run], imported: &mut Imported) -> Result<(), AppError> {
        if runs.is_empty() {
            return Ok(());
        }
        self.store().transact(|tx| {
            for run in runs {
                self.take(tx, run, imported)?;
            }
            self.retry(tx, imported)
        })
    }

    fn extent(&mut self, extent: &Extent, imported: &mut Imported) -> Result<(), AppError> {
        let blob = BlobName {
            digest: extent.digest,
            root: extent.root,
            len_bytes: extent.len_bytes,
        };
        let is_here = self.store().transact(|tx| {
            let places = places_of(tx, &blob)?;
            for scope in &places {
                if tx.blob(*scope, &blob.digest)?.is_none() {
                    return Ok(false);
                }
            }
            Ok::<_, StoreError>(!places.is_empty())
        })?;
        if is_here {
            return Ok(());
        }
        take_extent((self.store(), self.hub.host()), extent)?;
        let end = (extent.number + 1) * lossbook_core::domain::CHUNK_BYTES as u64;
        if end >= blob.len_bytes {
            self.finish_blobs(imported)?;
        }
        Ok(())
    }

    fn end(&mut self, imported: &mut Imported) -> Result<(), AppError> {
        self.store().transact(|tx| self.retry(tx, imported))?;
        imported.waiting = self.store().transact(|tx| tx.all_waiting_runs())?;
        self.finish_blobs(imported)?;
        imported.chunks = self.store().transact(|tx| tx.staged_count())?;
        Ok(())
    }
}

/// A stream of bytes as a reader. Blocks: not for async threads.
struct StreamReader<S> {
    runtime: Handle,
    stream: S,
    current: io::Cursor<bytes::Bytes>,
}

impl<S> Read for StreamReader<S>
where
    S: futures_util::Stream<Item = io::Result<bytes::Bytes>> + Unpin,
{
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            match self.runtime.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(next) => self.current = io::Cursor::new(next?),
            }
        }
    }
}
