//! This phone's side of a meeting with another: what it gives, what it takes, whom it admits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minicbor::bytes::ByteVec;
use zeroize::Zeroizing;

use super::bundle::{Imported, Intake as _, PhoneIntake, name_of, readable, whole_marks};
use super::device::{Device, enrolled};
use super::error::AppError;
use crate::chain::{Certificate, DeviceKey, Ledger, Run, SignedCertificate, StreamId};
use crate::domain::{CHUNK_BYTES, ChunkedDigest, Digest, ScopeId};
use crate::store::{BlobName, Bodies, HeldStream, Pinned};
use crate::sync::bundle::HeldMark;
use crate::sync::bundle::{Extent, chunk_count};
use crate::sync::peer::{MAX_ASKED, PeerError, PeerMe, PeerSession, PeerSide, Piece, Role, Want};

/// So many lacking blobs are looked at; those beyond are asked for in the next meeting.
const MAX_LACKING: usize = 10_000;
/// Most numbers of chunks in one asking, so that it fits a frame.
const MAX_HAVE: usize = 50_000;

/// One side of a meeting.
pub struct PhonePeer<'d> {
    device: &'d Device,
    key: DeviceKey,
    pinned: Pinned,
    intake: PhoneIntake<'d>,
    /// What came in.
    pub imported: Imported,
    other: Option<Certificate>,
    scopes: Vec<ScopeId>,
    streams: VecDeque<(HeldStream, u64)>,
    certificates: VecDeque<SignedCertificate>,
    /// Blobs asked for in this meeting: whoever did not have one will not have it later in it.
    asked: BTreeSet<BlobName>,
    chunks: VecDeque<(BlobName, u64)>,
    /// Digests of the chunks of the blob that is given now.
    list: Option<(BlobName, Vec<Digest>)>,
}

impl std::fmt::Debug for PhonePeer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PhonePeer({:?})", self.device)
    }
}

impl Device {
    /// A meeting with another phone: the session, and this phone's side of it.
    ///
    /// # Errors
    /// [`AppError::NotEnrolled`].
    pub fn meet(&self, role: Role) -> Result<(PeerSession, PhonePeer<'_>), AppError> {
        let me = self.identity()?;
        let pinned = enrolled(&me)?.clone();
        let mut seed = Zeroizing::new([0; 32]);
        self.host.fill_random(seed.as_mut_slice());
        let session = PeerSession::new(
            role,
            PeerMe {
                hub: pinned.hub,
                secret: me.key.noise_secret(),
                certificate: pinned.certificate.clone(),
                seed,
            },
        );
        let side = PhonePeer {
            device: self,
            key: me.key,
            intake: PhoneIntake::new(self, pinned.clone())?,
            pinned,
            imported: Imported::default(),
            other: None,
            scopes: Vec::new(),
            streams: VecDeque::new(),
            certificates: VecDeque::new(),
            asked: BTreeSet::new(),
            chunks: VecDeque::new(),
            list: None,
        };
        Ok((session, side))
    }
}

fn store(error: AppError) -> PeerError {
    PeerError::Store(error.code().to_owned())
}

impl PhonePeer<'_> {
    /// Ends a meeting, however it went: what waited for something that came goes on.
    ///
    /// # Errors
    /// As the store fails.
    pub fn end(mut self) -> Result<Imported, AppError> {
        self.intake.end(&mut self.imported)?;
        Ok(self.imported)
    }

    /// What the other side lacks of what both may read.
    fn plan(&mut self, marks: &[HeldMark]) -> Result<(), AppError> {
        let theirs: BTreeMap<StreamId, u64> =
            marks.iter().map(|mark| (mark.stream, mark.mark)).collect();
        let Some(other) = self.other.as_ref().map(|other| other.device) else {
            return Ok(());
        };
        let told: Vec<(StreamId, u64)> =
            theirs.iter().map(|(stream, seq)| (*stream, *seq)).collect();
        let me = self.pinned.certificate.clone();
        self.device.store.transact(|tx| {
            tx.set_told(other, &told, &[])?;
            let mut writers = BTreeSet::new();
            for held in tx.held_streams(&self.scopes)? {
                let from = theirs.get(&held.at.stream).copied().unwrap_or(0) + 1;
                if from <= held.at.seq {
                    writers.insert(held.at.stream.device);
                    self.streams.push_back((held, from));
                }
            }
            self.certificates = tx
                .certificates()?
                .into_iter()
                .filter(|known| !known.revoked && known.certificate != me)
                .filter(|known| writers.contains(&known.device))
                .map(|known| known.certificate)
                .collect();
            Ok(())
        })
    }

    fn lacking(&mut self) -> Result<Vec<Want>, AppError> {
        let asked = &mut self.asked;
        self.device.store.transact(|tx| {
            let (mut wants, mut numbers) = (Vec::new(), 0);
            for blob in tx.lacking(MAX_LACKING)? {
                if wants.len() == MAX_ASKED || numbers > MAX_HAVE {
                    break;
                }
                if asked.insert(blob) {
                    let have = tx.staged_numbers(&blob)?;
                    numbers += have.len();
                    wants.push(Want {
                        digest: blob.digest,
                        root: blob.root,
                        len_bytes: blob.len_bytes,
                        have,
                    });
                }
            }
            Ok(wants)
        })
    }

    fn queue(&mut self, wants: Vec<Want>) -> Result<(), AppError> {
        for want in wants {
            let blob = BlobName {
                digest: want.digest,
                root: want.root,
                len_bytes: want.len_bytes,
            };
            let known = self.device.store.transact(|tx| {
                let held = tx.holds(&blob.digest)?;
                let rows = tx.blobs_by_digest(&blob.digest)?;
                let shared = rows
                    .iter()
                    .any(|row| name_of(row) == blob && self.scopes.contains(&row.scope));
                Ok::<_, AppError>(held && shared)
            })?;
            if known {
                let have: BTreeSet<u64> = want.have.into_iter().collect();
                let missing =
                    (0..chunk_count(blob.len_bytes)).filter(|number| !have.contains(number));
                self.chunks.extend(missing.map(|number| (blob, number)));
            }
        }
        Ok(())
    }

    fn extent(&mut self, blob: BlobName, number: u64) -> Result<Option<Extent>, AppError> {
        if self.list.as_ref().is_none_or(|(listed, _)| *listed != blob) {
            let chunks = self.device.store.transact(|tx| tx.chunks(&blob.digest))?;
            self.list = Some((blob, chunks));
        }
        let Some((_, chunks)) = self.list.as_ref() else {
            return Ok(None);
        };
        if chunks.len() as u64 != chunk_count(blob.len_bytes) {
            return Ok(None);
        }
        let from = number * CHUNK_BYTES as u64;
        let len = (blob.len_bytes - from).min(CHUNK_BYTES as u64);
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Some(Extent {
            digest: blob.digest,
            len_bytes: blob.len_bytes,
            root: blob.root,
            number,
            path: ChunkedDigest::merkle_path(chunks, at),
            bytes: ByteVec::from(self.device.blob_range(&blob.digest, from, len)?),
        }))
    }
}

impl PeerSide for PhonePeer<'_> {
    fn admit(
        &mut self,
        signed: &SignedCertificate,
        key: &[u8; 32],
    ) -> Result<Certificate, PeerError> {
        let claimed = crate::domain::cbor::decode::<Certificate>(&signed.bytes);
        let name = claimed.map_or_else(
            |_| "?".to_owned(),
            |one| format!("{} ({})", one.user, one.device),
        );
        let Ok(other) = signed.verify(&self.pinned.hub_key) else {
            return Err(PeerError::Unknown { name });
        };
        if *other.recipient != *key || other.hub != self.pinned.hub {
            return Err(PeerError::Unknown { name });
        }
        let me = self.device.identity().map_err(store)?.device;
        if other.device == me {
            return Err(PeerError::Ourselves);
        }
        let known = self.device.store.transact(|tx| {
            let known = tx.author(other.device)?;
            super::bundle::know(tx, (&other, signed))?;
            self.scopes = readable(tx)?;
            Ok::<_, AppError>(known)
        });
        // What is known here leads: an old certificate must not outlive a newer word of the hub.
        let scopes = match known.map_err(store)? {
            Some(author) if author.revoked => return Err(PeerError::Revoked { name }),
            Some(author) => author.scopes,
            None => other.scopes.clone(),
        };
        self.scopes.retain(|scope| scopes.contains(scope));
        self.other = Some(other.clone());
        Ok(other)
    }

    fn marks(&mut self) -> Result<Vec<HeldMark>, PeerError> {
        self.device
            .store
            .transact(|tx| whole_marks(tx, &self.scopes))
            .map_err(store)
    }

    fn meet(&mut self, marks: &[HeldMark]) -> Result<(), PeerError> {
        self.plan(marks).map_err(store)
    }

    fn next_piece(&mut self) -> Result<Option<Piece>, PeerError> {
        if let Some(certificate) = self.certificates.pop_front() {
            return Ok(Some(Piece::Certificate(certificate)));
        }
        while let Some((held, from)) = self.streams.front_mut() {
            let run = self
                .device
                .store
                .transact(|tx| tx.next_run(held, *from, (&Bodies::All, &self.key)));
            match run.map_err(|error| store(error.into()))? {
                Some(run) => {
                    *from = run.seal.seq + 1;
                    return Ok(Some(Piece::Run(run)));
                }
                None => self.streams.pop_front(),
            };
        }
        Ok(None)
    }

    fn take_certificate(&mut self, signed: &SignedCertificate) -> Result<(), PeerError> {
        self.intake.certificate(signed).map_err(store)
    }

    fn take_runs(&mut self, runs: &[Run]) -> Result<(), PeerError> {
        self.intake.runs(runs, &mut self.imported).map_err(store)
    }

    fn wants(&mut self) -> Result<Vec<Want>, PeerError> {
        self.lacking().map_err(store)
    }

    fn serve(&mut self, wants: Vec<Want>) -> Result<(), PeerError> {
        self.queue(wants).map_err(store)
    }

    fn next_extent(&mut self) -> Result<Option<Extent>, PeerError> {
        while let Some((blob, number)) = self.chunks.pop_front() {
            if let Some(extent) = self.extent(blob, number).map_err(store)? {
                return Ok(Some(extent));
            }
        }
        Ok(None)
    }

    fn take_extent(&mut self, extent: &Extent) -> Result<(), PeerError> {
        self.intake
            .extent(extent, &mut self.imported)
            .map_err(store)
    }
}
