//! Plans what a phone gives: its own streams, and those of others in scopes that all receivers may
//! read, from where the receivers are known to stand.

use std::collections::{BTreeMap, BTreeSet};

use super::write::{BlobBytes, BundlePlan, BundleSink, Exported, new_set, write_bundle};
use super::{Watch, some_chunks};
use crate::app::device::{Device, case_named, enrolled};
use crate::app::error::AppError;
use crate::chain::{Certificate, Kind, Mark, StreamId};
use crate::domain::{DeviceId, Digest, ScopeId, WallMs};
use crate::store::{BlobName, BlobRow, Bodies, HeldStream, KnownDevice, Pinned, Tx};
use crate::sync::bundle::HeldMark;
use crate::sync::bundle::{BUNDLE_VERSION, BundleHeader, MAX_MARKS, MAX_WANTS, Sender};
use crate::vault::age::AgeRecipient;

/// Where an export begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Since {
    /// Where the receivers are known to stand; at the beginning if nothing is known.
    #[default]
    Known,
    /// At the beginning.
    Start,
    /// At what was written since a time, by the writers' clocks.
    Time(WallMs),
}

/// Whether the photos themselves go along, or their thumbnails only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Originals {
    /// They go along.
    #[default]
    With,
    /// Thumbnails only.
    Without,
}

/// What is wanted of a bundle.
#[derive(Debug, Clone, Default)]
pub struct NewBundle {
    /// `hub`, or devices by id or by their users' names; the hub if nobody is named.
    pub to: Vec<String>,
    /// Only these cases; all if none is named.
    pub cases: Vec<String>,
    /// Where it begins.
    pub since: Since,
    /// Largest part.
    pub part_bytes: Option<u64>,
    /// Whether originals go along.
    pub originals: Originals,
}

/// Who opens a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// Head office.
    Hub,
    /// A phone.
    Device(Box<Certificate>),
}

/// Everything that a plan is made from.
struct Ground {
    me: DeviceId,
    pinned: Pinned,
    receivers: Vec<Receiver>,
    known: Vec<KnownDevice>,
}

impl Device {
    /// Writes a bundle of what is here for its receivers.
    ///
    /// # Errors
    /// [`AppError::UnknownReceiver`], [`AppError::NoSharedScope`], [`AppError::HubTakesAll`],
    /// [`AppError::PartTooSmall`], [`AppError::BundleWrite`]; nothing here is changed.
    pub fn export_bundle(
        &self,
        wish: &NewBundle,
        sink: &mut dyn BundleSink,
        watch: Watch<'_>,
    ) -> Result<Exported, AppError> {
        let me = self.identity()?;
        let (header, ground) = self.store.transact(|tx| {
            let ground = ground(tx, me.device, (enrolled(&me)?, &wish.to))?;
            Ok::<_, AppError>((self.header(tx, &ground)?, ground))
        })?;
        let mut plan = BundlePlan {
            header,
            key: &me.key,
            to: ground
                .receivers
                .iter()
                .map(|to| recipient(to, &ground.pinned))
                .collect(),
            certificates: Vec::new(),
            streams: Vec::new(),
            bodies: Bodies::All,
            blobs: Vec::new(),
            part_bytes: wish.part_bytes,
        };
        self.store
            .transact(|tx| fill(tx, &ground, wish, &mut plan))?;
        write_bundle(
            (&self.store, self.host.as_ref()),
            &plan,
            self,
            (sink, watch),
        )
    }

    fn header(&self, tx: &Tx<'_>, ground: &Ground) -> Result<BundleHeader, AppError> {
        let scopes = shared_scopes(tx, ground)?;
        Ok(BundleHeader {
            version: BUNDLE_VERSION,
            hub: ground.pinned.hub,
            sender: Sender::Device(ground.pinned.certificate.clone()),
            set: new_set(self.host.as_ref()),
            part: 0,
            made: self.host.now().wall,
            marks: whole_marks(tx, &scopes)?,
            wants: wants(tx)?,
        })
    }
}

/// How far the streams of these scopes are held whole.
///
/// # Errors
/// As the store fails.
pub fn whole_marks(tx: &Tx<'_>, scopes: &[ScopeId]) -> Result<Vec<HeldMark>, AppError> {
    let mut marks = Vec::new();
    for held in tx.held_streams(scopes)? {
        if let Some(Mark { seq, header }) = tx.whole_mark(&held)? {
            marks.push(HeldMark {
                stream: held.at.stream,
                mark: seq,
                header,
            });
        }
    }
    // The newest streams are at the end.
    Ok(marks.split_off(marks.len().saturating_sub(MAX_MARKS)))
}

pub(in crate::app) fn wants(tx: &Tx<'_>) -> Result<Vec<Digest>, AppError> {
    let lacking = tx.lacking(MAX_WANTS)?;
    Ok(lacking.iter().map(|blob| blob.digest).collect())
}

fn ground(
    tx: &Tx<'_>,
    me: DeviceId,
    (pinned, names): (&Pinned, &[String]),
) -> Result<Ground, AppError> {
    let mut known = tx.certificates()?;
    known.retain(|other| other.device != me);
    let mut receivers = Vec::new();
    for name in names {
        receivers.push(if name == "hub" {
            Receiver::Hub
        } else {
            let found = find_device(&known, name)?;
            Receiver::Device(Box::new(found.certificate.verify(&pinned.hub_key)?))
        });
    }
    if receivers.is_empty() {
        receivers.push(Receiver::Hub);
    }
    Ok(Ground {
        me,
        pinned: pinned.clone(),
        receivers,
        known,
    })
}

/// The one device that a name means: the beginning of its id, or its user's whole name.
///
/// # Errors
/// [`AppError::UnknownReceiver`], [`AppError::ReceiverRevoked`].
pub fn find_device<'k>(known: &'k [KnownDevice], name: &str) -> Result<&'k KnownDevice, AppError> {
    let others = || known.iter();
    let fits = |other: &&KnownDevice| {
        other.user == name || (name.len() >= 4 && other.device.to_string().starts_with(name))
    };
    let mut found = others().filter(|other| !other.revoked).filter(fits);
    let (Some(one), None) = (found.next(), found.next()) else {
        if let Some(gone) = others().filter(|other| other.revoked).find(fits) {
            return Err(AppError::ReceiverRevoked(gone.user.clone()));
        }
        let known: Vec<String> = others()
            .filter(|other| !other.revoked)
            .map(|other| format!("{} ({})", other.device, other.user))
            .collect();
        return Err(AppError::UnknownReceiver {
            name: name.to_owned(),
            known: known.join(", "),
        });
    };
    Ok(one)
}

fn recipient(to: &Receiver, pinned: &Pinned) -> AgeRecipient {
    AgeRecipient::from_bytes(match to {
        Receiver::Hub => pinned.hub_key.to_recipient(),
        Receiver::Device(certificate) => *certificate.recipient,
    })
}

/// Scopes that this device and every receiver may read.
fn shared_scopes(tx: &Tx<'_>, ground: &Ground) -> Result<Vec<ScopeId>, AppError> {
    let mut scopes: BTreeSet<ScopeId> = tx.scopes()?.into_iter().map(|(id, _)| id).collect();
    scopes.insert(ScopeId::private_of(ground.me));
    for receiver in &ground.receivers {
        if let Receiver::Device(certificate) = receiver {
            scopes.retain(|scope| certificate.scopes.contains(scope));
        }
    }
    if scopes.is_empty() {
        return Err(AppError::NoSharedScope);
    }
    Ok(scopes.into_iter().collect())
}

fn fill(
    tx: &Tx<'_>,
    ground: &Ground,
    wish: &NewBundle,
    plan: &mut BundlePlan<'_>,
) -> Result<(), AppError> {
    let scopes = shared_scopes(tx, ground)?;
    plan.bodies = bodies(tx, ground, wish)?;
    let held = tx.held_streams(&scopes)?;
    let known = known_marks(tx, ground, &held)?;
    for stream in held {
        let mark = known.get(&stream.at.stream).copied();
        if is_theirs(ground, &stream, mark) {
            continue;
        }
        let from = match wish.since {
            Since::Known => mark.unwrap_or(0) + 1,
            Since::Start => 1,
            Since::Time(time) => tx.first_since(&stream, time)?,
        };
        if from <= stream.at.seq {
            plan.streams.push((stream, from));
        }
    }
    let writers: BTreeSet<DeviceId> = plan
        .streams
        .iter()
        .map(|(held, _)| held.at.stream.device)
        .collect();
    plan.certificates = ground
        .known
        .iter()
        .filter(|known| {
            !known.revoked && known.device != ground.me && writers.contains(&known.device)
        })
        .map(|known| known.certificate.clone())
        .collect();
    plan.blobs = blobs(tx, (ground, wish), (&scopes, plan))?;
    Ok(())
}

fn bodies(tx: &Tx<'_>, ground: &Ground, wish: &NewBundle) -> Result<Bodies, AppError> {
    if wish.cases.is_empty() {
        return Ok(Bodies::All);
    }
    // The hub counts a stream by its seals: a body that it is not given is one it never asks for.
    if ground.receivers.contains(&Receiver::Hub) {
        return Err(AppError::HubTakesAll);
    }
    let mut cases = BTreeSet::new();
    for case in &wish.cases {
        cases.insert(case_named(tx, case)?.0);
    }
    Ok(Bodies::Cases(cases))
}

/// How far all receivers are known to hold each stream.
fn known_marks(
    tx: &Tx<'_>,
    ground: &Ground,
    held: &[HeldStream],
) -> Result<BTreeMap<StreamId, u64>, AppError> {
    let mut known: Option<BTreeMap<StreamId, u64>> = None;
    for receiver in &ground.receivers {
        let marks = match receiver {
            Receiver::Hub => held
                .iter()
                .map(|held| (held.at.stream, held.at.acked))
                .collect(),
            Receiver::Device(certificate) => tx.told_marks(certificate.device)?,
        };
        known = Some(match known {
            None => marks,
            Some(so_far) => so_far
                .into_iter()
                .filter_map(|(stream, seq)| Some((stream, seq.min(*marks.get(&stream)?))))
                .collect(),
        });
    }
    Ok(known.unwrap_or_default())
}

/// Streams that a sole receiver writes itself. It is given them only if it said to hold less: then
/// it was restored, and learns so.
fn is_theirs(ground: &Ground, stream: &HeldStream, told: Option<u64>) -> bool {
    let [receiver] = ground.receivers.as_slice() else {
        return false;
    };
    match receiver {
        Receiver::Hub => stream.at.stream.device == ground.pinned.hub,
        Receiver::Device(certificate) => {
            stream.at.stream.device == certificate.device && told.is_none()
        }
    }
}

/// Blobs whose envelopes go along, and those that a receiver said it lacks; small ones first.
fn blobs(
    tx: &Tx<'_>,
    (ground, wish): (&Ground, &NewBundle),
    (scopes, plan): (&[ScopeId], &BundlePlan<'_>),
) -> Result<Vec<BlobRow>, AppError> {
    let from: BTreeMap<StreamId, u64> = plan
        .streams
        .iter()
        .map(|(held, from)| (held.at.stream, *from))
        .collect();
    let mut wanted = BTreeSet::new();
    for receiver in &ground.receivers {
        if let Receiver::Device(certificate) = receiver {
            wanted.extend(tx.told_wants(certificate.device)?);
        }
    }
    let to_hub = ground.receivers.as_slice() == [Receiver::Hub];
    let mut seen = BTreeSet::new();
    let mut blobs = Vec::new();
    for row in tx.held_blobs(scopes)? {
        let in_cases = match &plan.bodies {
            Bodies::All => true,
            Bodies::Cases(cases) => cases.contains(&row.case),
        };
        let left_out = row.is_original() && wish.originals == Originals::Without;
        if left_out || !in_cases || (to_hub && row.sent && wish.since == Since::Known) {
            continue;
        }
        let goes = to_hub || wanted.contains(&row.digest) || announced(tx, &row, &from)?;
        if goes && seen.insert(row.digest) {
            blobs.push(row);
        }
    }
    Ok(blobs)
}

/// Whether the envelope that announces a blob goes along.
fn announced(tx: &Tx<'_>, row: &BlobRow, from: &BTreeMap<StreamId, u64>) -> Result<bool, AppError> {
    let Some((header, _)) = tx.envelope(&row.envelope)? else {
        return Ok(false);
    };
    let begins = from.get(&header.stream());
    Ok(header.kind == Kind::Photo && begins.is_some_and(|from| header.seq >= *from))
}

impl BlobBytes for Device {
    fn chunks(&self, blob: &BlobName) -> Result<Option<Vec<Digest>>, AppError> {
        Ok(some_chunks(
            self.store.transact(|tx| tx.chunks(&blob.digest))?,
        ))
    }

    fn range(&self, blob: &BlobName, from: u64, len: u64) -> Result<Vec<u8>, AppError> {
        self.blob_range(&blob.digest, from, len)
    }
}
