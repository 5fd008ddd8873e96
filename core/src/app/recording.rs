//! Video and voice notes: streamed from the host's file to the encrypted one, never in memory.
//!
//! The file is read twice, once for its digest and headers and once to be encrypted; both must be
//! the same bytes, or nothing is kept.

use std::io::{Read, Seek, SeekFrom};

use super::body;
use super::capture::{NewPhoto, Taken};
use super::device::{Device, case_named};
use super::edit::{check_bringing, roles};
use super::error::AppError;
use crate::chain::{BlobRole, ClaimBody, Origin, PhotoBody};
use crate::domain::{ChunkedDigest, Digest};
use crate::evidence::{ExamineError, RecordingFacts, examine_recording};
use crate::record::access::Bringing;
use crate::store::StoredBlob;

/// A recording to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewRecording<'a> {
    /// How it came in.
    pub origin: Origin,
    /// Which shot of the list it is, or nothing.
    pub slot: &'a str,
    /// A remark.
    pub caption: &'a str,
    /// What the host measured when it was taken.
    pub taken: Taken,
}

/// A recording that is saved.
#[derive(Debug, Clone)]
pub struct AddedRecording {
    /// What its bytes say; problems included.
    pub facts: RecordingFacts,
    /// Whether the case had exactly these bytes before: then nothing was added.
    pub known: bool,
}

impl Device {
    /// Adds a video or a voice note to a case. When this returns, it survives a power cut.
    ///
    /// # Errors
    /// [`AppError::Photo`] if it is no recording, [`AppError::PhotoChanged`] if somebody writes to
    /// it meanwhile, [`AppError::NoRoom`]; then the case is as before.
    pub fn add_recording<R: Read + Seek>(
        &self,
        case: &str,
        source: &mut R,
        new: NewRecording<'_>,
    ) -> Result<AddedRecording, AppError> {
        let place = self.store.transact(|tx| {
            check_bringing(Bringing::Photo, &roles(tx, &tx.identity()?)?)?;
            case_named(tx, case)
        })?;
        let facts = examine_recording(source)?;
        if self.has(place.0, &facts.digest)? {
            return Ok(AddedRecording { facts, known: true });
        }
        self.refuse_without_room(facts.len_bytes)?;
        let stored = if self.store.transact(|tx| tx.holds(&facts.digest))? {
            None
        } else {
            Some(self.store_stream(source, &facts)?)
        };
        let photo = NewPhoto {
            bytes: &[],
            origin: new.origin,
            slot: new.slot,
            caption: new.caption,
            taken: new.taken,
        };
        let body = PhotoBody {
            case: place.0,
            digest: facts.digest,
            len_bytes: facts.len_bytes,
            chunk_root: facts.chunk_root,
            media_type: facts.media_type.mime().to_owned(),
            role: BlobRole::Original,
            of: None,
            origin: new.origin,
            moment: None,
            claims: Some(claims(&facts)),
            duration_ms: facts.duration_ms,
        };
        self.commit_original(place, photo, body, stored.as_ref())?;
        Ok(AddedRecording {
            facts,
            known: false,
        })
    }

    fn store_stream<R: Read + Seek>(
        &self,
        source: &mut R,
        facts: &RecordingFacts,
    ) -> Result<StoredBlob, AppError> {
        let unreadable = |error: std::io::Error| ExamineError::Read(error.to_string());
        source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut hashed = Hashed {
            source,
            digest: ChunkedDigest::new(),
        };
        let named = (facts.digest, facts.len_bytes, facts.chunks.clone());
        let stored = self
            .store
            .store_bytes(&mut hashed, named, self.host.as_ref())?;
        let (digest, _, _): (Digest, _, u64) = hashed.digest.finish();
        if digest == facts.digest {
            return Ok(stored);
        }
        self.store.discard(&stored)?;
        Err(AppError::PhotoChanged)
    }
}

/// A reader that hashes what goes through it.
struct Hashed<'s, R> {
    source: &'s mut R,
    digest: ChunkedDigest,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.source.read(buffer)?;
        self.digest.update(buffer.get(..got).unwrap_or_default());
        Ok(got)
    }
}

fn claims(facts: &RecordingFacts) -> ClaimBody {
    let created = facts
        .created_at
        .and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok())
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string());
    let problems: Vec<String> = facts
        .problems
        .iter()
        .map(|problem| problem.code.code().to_owned())
        .collect();
    ClaimBody {
        offset: created.as_ref().map(|_| "+00:00".to_owned()),
        civil: created,
        lat_e7: facts.place.map(|place| body::degrees_e7(place.lat())),
        lon_e7: facts.place.map(|place| body::degrees_e7(place.lon())),
        problems: (!problems.is_empty()).then_some(problems),
        ..ClaimBody::default()
    }
}
