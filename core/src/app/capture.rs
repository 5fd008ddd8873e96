//! Photos: examined, encrypted, synced to disk, then committed; the small picture comes after.

use std::io::Cursor;

use super::body;
use super::device::{Device, case_named, enrolled};
use super::edit::{check_bringing, roles};
use super::error::AppError;
use super::lookalike::SeenBefore;
use crate::chain::{BlobRole, Kind, Origin, PhotoBody, Subject};
use crate::domain::{CaseId, ChunkedDigest, Digest, ScopeId, cbor};
use crate::evidence::{self, Fix, PhotoFacts, Problem};
use crate::record::access::Bringing;
use crate::record::{Edit, NewRow, Section, Value};
use crate::store::StoredBlob;

/// A photo to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPhoto<'a> {
    /// Its bytes, exactly as the camera wrote them.
    pub bytes: &'a [u8],
    /// How it came in.
    pub origin: Origin,
    /// Which shot of the list it is, or nothing.
    pub slot: &'a str,
    /// A remark.
    pub caption: &'a str,
    /// What the host measured when it was taken.
    pub taken: Taken,
}

/// What the host measured when a photo was taken.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Taken {
    /// The number that [`Device::open_shutter`] gave; without one, a photo of the own camera is
    /// counted when it is added.
    pub shutter: Option<u64>,
    /// Where the device was.
    pub fix: Option<Fix>,
}

/// A photo that is saved.
#[derive(Debug, Clone)]
pub struct AddedPhoto {
    /// What its bytes say; problems included.
    pub facts: PhotoFacts,
    /// Digest of the thumbnail, if one could be made.
    pub thumbnail: Option<Digest>,
    /// Photos of other cases with the same bytes or the same looks.
    pub seen: Vec<SeenBefore>,
    /// Whether the case had exactly these bytes before: then nothing was added.
    pub known: bool,
}

impl Device {
    /// Adds a photo to a case. When this returns, the original survives a power cut.
    ///
    /// # Errors
    /// [`AppError::Photo`] if it is no photo; [`crate::store::StoreError::DiskFull`], and then
    /// the case is as before.
    pub fn add_photo(&self, case: &str, photo: NewPhoto<'_>) -> Result<AddedPhoto, AppError> {
        let (case, scope) = self.store.transact(|tx| {
            let me = tx.identity()?;
            check_bringing(Bringing::Photo, &roles(tx, &me)?)?;
            case_named(tx, case)
        })?;
        let facts = evidence::examine(&mut Cursor::new(photo.bytes))?;
        let known = self.has(case, &facts.digest)?;
        if known {
            return Ok(AddedPhoto {
                facts,
                thumbnail: None,
                seen: Vec::new(),
                known,
            });
        }
        self.save_original((case, scope), photo, &facts)?;
        self.add_thumbnail((case, scope), photo, facts)
    }

    fn save_original(
        &self,
        place: (CaseId, ScopeId),
        photo: NewPhoto<'_>,
        facts: &PhotoFacts,
    ) -> Result<(), AppError> {
        let named = (facts.digest, facts.len_bytes, facts.chunks.clone());
        self.refuse_without_room(facts.len_bytes)?;
        let stored = self.store_once(photo.bytes, named)?;
        let body = PhotoBody {
            case: place.0,
            digest: facts.digest,
            len_bytes: facts.len_bytes,
            chunk_root: facts.chunk_root,
            media_type: facts.media_type.mime().to_owned(),
            role: BlobRole::Original,
            of: None,
            origin: photo.origin,
            moment: None,
            claims: Some(body::claims(facts)),
            duration_ms: None,
        };
        self.commit_original(place, photo, body, stored.as_ref())
    }

    /// Whether the case has these bytes.
    pub(super) fn has(&self, case: CaseId, digest: &Digest) -> Result<bool, AppError> {
        self.store.transact(|tx| {
            let known = tx.blobs_of_case(case)?;
            Ok(known.iter().any(|blob| blob.digest == *digest))
        })
    }

    /// Envelope, blob, file and row of an original in one transaction.
    pub(super) fn commit_original(
        &self,
        (case, scope): (CaseId, ScopeId),
        photo: NewPhoto<'_>,
        mut body: PhotoBody,
        stored: Option<&StoredBlob>,
    ) -> Result<(), AppError> {
        let mut values = vec![("sha256", Value::Digest(body.digest))];
        for (name, text) in [("slot", photo.slot), ("caption", photo.caption)] {
            if !text.is_empty() {
                values.push((name, Value::Text(text.to_owned())));
            }
        }
        self.store.transact(|tx| {
            let row = NewRow {
                section: Section::Photos,
                id: self.row_id(tx)?,
                values,
            };
            body.moment = Some(self.moment(tx, photo)?);
            self.commit_blob(tx, scope, &body, stored)?;
            self.write(tx, (case, scope), &[Edit::Add(row)])
        })
    }

    /// Made from the bytes still in memory, after the original is safe. A picture that cannot be
    /// made smaller, or a disk that is full by now, costs the thumbnail only.
    fn add_thumbnail(
        &self,
        (case, scope): (CaseId, ScopeId),
        photo: NewPhoto<'_>,
        mut facts: PhotoFacts,
    ) -> Result<AddedPhoto, AppError> {
        let phone = self.decoder.as_deref();
        let small = evidence::thumbnail(photo.bytes, &facts, phone);
        let shades = small.as_ref().ok().map(|small| &small.shades);
        let found = self.look_back(case, facts.digest, shades)?;
        let small = match small {
            Ok(small) => small,
            Err(problem) => {
                note_problem(&mut facts, problem);
                self.store.transact(|tx| found.keep(tx))?;
                return Ok(AddedPhoto {
                    facts,
                    thumbnail: None,
                    seen: found.seen,
                    known: false,
                });
            }
        };
        let doubts = small.shades.doubts();
        let noted = small.problem.clone().into_iter().chain(doubts);
        noted.for_each(|problem| note_problem(&mut facts, problem));
        let what = (case, facts.digest, photo.origin);
        let (body, named) = small_body(&small.jpeg, BlobRole::Thumbnail, what);
        let stored = self.store_once(&small.jpeg, named)?;
        self.store.transact(|tx| {
            found.keep(tx)?;
            self.commit_blob(tx, scope, &body, stored.as_ref())
        })?;
        self.remember_look(&found);
        Ok(AddedPhoto {
            facts,
            thumbnail: Some(body.digest),
            seen: found.seen,
            known: false,
        })
    }

    /// Encrypts bytes to disk, unless another case holds the same already: one file serves both.
    pub(super) fn store_once(
        &self,
        bytes: &[u8],
        named: Named,
    ) -> Result<Option<StoredBlob>, AppError> {
        if self.store.transact(|tx| tx.holds(&named.0))? {
            return Ok(None);
        }
        Ok(Some(self.store.store_bytes(
            &mut Cursor::new(bytes),
            named,
            self.host.as_ref(),
        )?))
    }

    pub(super) fn commit_blob(
        &self,
        tx: &crate::store::Tx<'_>,
        scope: ScopeId,
        body: &PhotoBody,
        stored: Option<&StoredBlob>,
    ) -> Result<(), AppError> {
        let me = tx.identity()?;
        let user = &enrolled(&me)?.user;
        let what = (
            scope,
            Kind::Photo,
            Subject::case(body.case),
            cbor::encode(body),
        );
        let (id, _) = tx.append(&me, user, self.host.now(), what)?;
        if let Some(stored) = stored {
            tx.keep_file(stored)?;
        }
        tx.put_blob(scope, id, body, true)?;
        Ok(())
    }
}

/// Digest, length and digests of the chunks.
pub(super) type Named = (Digest, u64, Vec<Digest>);

/// The envelope's body of a picture made from an original, and what its bytes are named by.
pub(super) fn small_body(
    jpeg: &[u8],
    role: BlobRole,
    (case, original, origin): (CaseId, Digest, Origin),
) -> (PhotoBody, Named) {
    let mut hasher = ChunkedDigest::new();
    hasher.update(jpeg);
    let (digest, chunks, len_bytes) = hasher.finish();
    let body = PhotoBody {
        case,
        digest,
        len_bytes,
        chunk_root: ChunkedDigest::merkle_root(&chunks),
        media_type: evidence::MediaType::Jpeg.mime().to_owned(),
        role,
        of: Some(original),
        origin,
        moment: None,
        claims: None,
        duration_ms: None,
    };
    (body, (digest, len_bytes, chunks))
}

fn note_problem(facts: &mut PhotoFacts, problem: Problem) {
    if !facts
        .problems
        .iter()
        .any(|known| known.code == problem.code)
    {
        facts.problems.push(problem);
    }
}
