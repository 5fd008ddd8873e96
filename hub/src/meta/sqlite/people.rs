//! People on devices and reference tables: the rows that phone and hub share.

use lossbook_core::chain::{Kind, Person, PurgeBody, Reference, SignedCertificate, StreamEnd};
use lossbook_core::domain::{DeviceId, Digest, ScopeId, WallMs, cbor};
use lossbook_core::store::{BrokenBlob, Quarantined, ReferenceRow, StoreError, TableChange, Tx};

use crate::meta::{Evidence, People, PurgeNote, Tables};

impl People for Tx<'_> {
    fn all_devices(&self) -> Result<Vec<(DeviceId, bool)>, StoreError> {
        self.devices()
    }

    fn people(&self, device: DeviceId) -> Result<Vec<(String, Person)>, StoreError> {
        self.people_on(device)
    }

    fn person_certificate(
        &self,
        device: DeviceId,
        user: &str,
    ) -> Result<Option<SignedCertificate>, StoreError> {
        self.person_row(device, user)
    }

    fn words(&self, device: DeviceId) -> Result<u64, StoreError> {
        self.words_about(device)
    }

    fn stream_ends(&self, device: DeviceId, scope: ScopeId) -> Result<Vec<StreamEnd>, StoreError> {
        let streams = self.streams_of(device)?.into_iter();
        let ends = streams
            .filter(|(stream, _)| stream.scope == scope)
            .map(|(stream, mark)| StreamEnd {
                stream,
                seq: mark.seq,
                header: mark.header,
            });
        Ok(ends.collect())
    }

    fn purge_notes(&self, device: DeviceId) -> Result<Vec<PurgeNote>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT envelope.body, envelope.wall FROM envelope JOIN stream ON stream.id = envelope.stream
             WHERE stream.scope = ?1 AND stream.device = ?2 AND envelope.kind = ?3
               AND envelope.state = 0 AND envelope.body IS NOT NULL ORDER BY envelope.ord",
        )?;
        let private = ScopeId::private_of(device);
        let rows = select.query_map(
            (private.as_bytes(), device.as_bytes(), Kind::Audit.number()),
            |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)),
        )?;
        let mut notes = Vec::new();
        for row in rows {
            let (body, wall) = row?;
            // Other audit lines of a private scope are none of this.
            if let Ok(said) = cbor::decode::<PurgeBody>(&body) {
                notes.push(PurgeNote {
                    said,
                    wall: WallMs(wall),
                });
            }
        }
        Ok(notes)
    }

    fn outside(&self) -> Result<Vec<Quarantined>, StoreError> {
        self.quarantined()
    }

    fn note_broken(&self, digest: &Digest, why: &str, now: WallMs) -> Result<(), StoreError> {
        Tx::note_broken(self, digest, why, now)
    }

    fn forget_broken(&self, digest: &Digest) -> Result<(), StoreError> {
        Tx::forget_broken(self, digest)
    }

    fn broken(&self) -> Result<Vec<BrokenBlob>, StoreError> {
        self.broken_blobs()
    }
}

impl Tables for Tx<'_> {
    fn put_table(
        &self,
        scope: ScopeId,
        table: &str,
        rows: &[(String, Vec<u8>)],
    ) -> Result<TableChange, StoreError> {
        self.put_reference_table((scope, table), rows)
    }

    fn put_row(
        &self,
        scope: ScopeId,
        (table, key): (&str, &str),
        row: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        self.put_reference_row((scope, table, key), row)
    }

    fn table_rows(&self, scope: ScopeId, table: &str) -> Result<Vec<ReferenceRow>, StoreError> {
        self.reference_rows(scope, table)
    }

    fn tables(&self) -> Result<Vec<(ScopeId, String, u64)>, StoreError> {
        self.reference_tables()
    }

    fn table_head(&self, scope: ScopeId) -> Result<u64, StoreError> {
        self.reference_head(scope)
    }

    fn originals_of(&self, scope: ScopeId, thumbnail: &Digest) -> Result<Vec<Digest>, StoreError> {
        let mut blobs = self.blobs_by_digest(thumbnail)?;
        blobs.retain(|blob| blob.is_thumbnail() && blob.scope == scope);
        Ok(blobs.iter().filter_map(|blob| blob.of).collect())
    }

    fn table_delta(
        &self,
        hub: DeviceId,
        scope: ScopeId,
        after: u64,
    ) -> Result<Reference, StoreError> {
        self.reference_after(hub, scope, after)
    }
}
