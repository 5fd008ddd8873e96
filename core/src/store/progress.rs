//! How far things have come: saved here, received by the hub, confirmed by its receipt; and what
//! is kept outside the record, with the reason.

use super::error::StoreError;
use super::stream::{envelope_from, unsigned};
use super::tx::Tx;
use crate::chain::{Envelope, Header, Run};
use crate::domain::{CaseId, DeviceId, Digest, ScopeId, WallMs, cbor};

/// An envelope that is kept outside the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its name.
    pub id: Digest,
    /// Its header.
    pub header: Header,
    /// `parked`, `quarantined` or `forked`.
    pub state: &'static str,
    /// Why.
    pub why: String,
    /// The envelope itself.
    pub envelope: Envelope,
}

/// How far a case's own envelopes and blobs have come: committed here, durable at the hub,
/// under a signed receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseProgress {
    /// Envelopes written here.
    pub written: u64,
    /// Of those, acknowledged by the hub.
    pub received: u64,
    /// Of those, under a receipt held here.
    pub confirmed: u64,
    /// Photos and thumbnails added here.
    pub photos: u64,
    /// Of those, held by the hub.
    pub photos_received: u64,
    /// Of those, under a receipt held here.
    pub photos_confirmed: u64,
}

impl CaseProgress {
    /// The honest word: `saved`, `received` or `confirmed`; never more than all of it is.
    pub const fn word(&self) -> &'static str {
        if self.confirmed == self.written && self.photos_confirmed == self.photos {
            "confirmed"
        } else if self.received == self.written && self.photos_received == self.photos {
            "received"
        } else {
            "saved"
        }
    }
}

/// A photo whose bytes could not be brought to the hub, or taken there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenBlob {
    /// Which bytes.
    pub digest: Digest,
    /// The case that names them, if it is known here.
    pub case: Option<CaseId>,
    /// Its scope.
    pub scope: Option<ScopeId>,
    /// Who announced them, and on which device.
    pub announced: Option<(String, DeviceId)>,
    /// Why they count as broken.
    pub why: String,
    /// When that was last seen, by this store's clock.
    pub wall: WallMs,
}

impl Tx<'_> {
    /// Notes that a photo could not be brought or taken.
    ///
    /// # Errors
    /// As the database fails.
    pub fn note_broken(&self, digest: &Digest, why: &str, now: WallMs) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO broken_blob (digest, why, wall) VALUES (?1, ?2, ?3)",
            (digest.as_bytes(), why, now.0),
        )?;
        Ok(())
    }

    /// A photo is whole after all.
    ///
    /// # Errors
    /// As the database fails.
    pub fn forget_broken(&self, digest: &Digest) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("DELETE FROM broken_blob WHERE digest = ?1")?
            .execute([digest.as_bytes()])?;
        Ok(())
    }

    /// Photos that could not be brought or taken, and why.
    ///
    /// # Errors
    /// As the database fails.
    pub fn broken_blobs(&self) -> Result<Vec<BrokenBlob>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT digest, why, wall FROM broken_blob ORDER BY wall, digest")?;
        let rows = select.query_map([], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let mut broken = Vec::new();
        for row in rows {
            let (digest, why, wall) = row?;
            let Some(digest) = Digest::from_slice(&digest) else {
                continue;
            };
            let known = self.blobs_by_digest(&digest)?.into_iter().next();
            let header = match &known {
                Some(blob) => self.envelope(&blob.envelope)?.map(|(header, _)| header),
                None => None,
            };
            broken.push(BrokenBlob {
                digest,
                case: known.as_ref().map(|blob| blob.case),
                scope: known.as_ref().map(|blob| blob.scope),
                announced: header.map(|header| (header.user, header.device)),
                why,
                wall: WallMs(wall),
            });
        }
        Ok(broken)
    }

    /// What is kept of a scope that ended here: the envelopes of own streams that the hub lacks, and
    /// the photos.
    ///
    /// # Errors
    /// As the database fails.
    pub fn kept_in(
        &self,
        scope: ScopeId,
    ) -> Result<(Vec<Quarantined>, Vec<BrokenBlob>), StoreError> {
        let why = "written here, and the scope was taken from this device before the hub had it";
        let mut select = self.sql().prepare_cached(
            "SELECT envelope.header, envelope.body FROM envelope JOIN stream ON stream.id = envelope.stream
             WHERE stream.scope = ?1 AND stream.own = 1 AND envelope.seq > stream.acked ORDER BY envelope.ord",
        )?;
        let mut rows = select.query([scope.as_bytes()])?;
        let mut envelopes = Vec::new();
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            envelopes.push(Quarantined {
                id: envelope.id(),
                header: envelope.parse()?,
                state: "kept",
                why: why.to_owned(),
                envelope,
            });
        }
        let blobs = self.blobs_where(
            "WHERE scope = ?1 AND own = 1 AND sent = 0 ORDER BY role, digest",
            [scope.as_bytes()],
        )?;
        let photos = blobs.into_iter().map(|blob| BrokenBlob {
            digest: blob.digest,
            case: Some(blob.case),
            scope: Some(scope),
            announced: None,
            why: why.to_owned(),
            wall: WallMs::default(),
        });
        Ok((envelopes, photos.collect()))
    }

    /// How far what this device wrote about a case has come.
    ///
    /// # Errors
    /// As the database fails.
    pub fn progress_of_case(&self, case: CaseId) -> Result<CaseProgress, StoreError> {
        let (written, received, confirmed) = self.sql().prepare_cached(
            "SELECT count(*), coalesce(sum(envelope.seq <= stream.acked), 0), coalesce(sum(envelope.seq <= stream.confirmed), 0)
             FROM envelope JOIN stream ON stream.id = envelope.stream WHERE stream.own = 1 AND envelope.subject = ?1",
        )?.query_row([case.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (photos, photos_received, photos_confirmed) = self.sql().prepare_cached(
            "SELECT count(*), coalesce(sum(sent), 0), coalesce(sum(confirmed), 0) FROM blob WHERE own = 1 AND case_id = ?1",
        )?.query_row([case.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(CaseProgress {
            written: unsigned(written),
            received: unsigned(received),
            confirmed: unsigned(confirmed),
            photos: unsigned(photos),
            photos_received: unsigned(photos_received),
            photos_confirmed: unsigned(photos_confirmed),
        })
    }

    /// Everything that is kept outside the record, with the reason.
    ///
    /// # Errors
    /// As the database fails.
    pub fn quarantined(&self) -> Result<Vec<Quarantined>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT header, body, state, why FROM envelope WHERE state IN (1, 2) ORDER BY ord",
        )?;
        let mut rows = select.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            let state: i64 = row.get(2)?;
            let why: Option<String> = row.get(3)?;
            all.push(Quarantined {
                id: envelope.id(),
                header: envelope.parse()?,
                state: if state == 1 { "parked" } else { "quarantined" },
                why: why.unwrap_or_default(),
                envelope,
            });
        }
        let mut waiting = self.sql().prepare_cached("SELECT run FROM parked_run")?;
        let mut rows = waiting.query([])?;
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(0)?;
            let run: Run = cbor::decode(&bytes)?;
            for envelope in &run.envelopes {
                let why = "its run was refused, or its device is not known here yet".to_owned();
                all.push(Quarantined {
                    id: envelope.id(),
                    header: envelope.parse()?,
                    state: "parked",
                    why,
                    envelope: envelope.clone(),
                });
            }
        }
        let mut forks = self.sql().prepare_cached("SELECT envelope FROM fork")?;
        let mut rows = forks.query([])?;
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(0)?;
            let envelope: Envelope = cbor::decode(&bytes)?;
            let why = "another envelope claims the same place of its stream".to_owned();
            all.push(Quarantined {
                id: envelope.id(),
                header: envelope.parse()?,
                state: "forked",
                why,
                envelope,
            });
        }
        Ok(all)
    }
}
