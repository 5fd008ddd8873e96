//! What other devices said they hold and lack, so that the next bundle or meeting sends no more.

use std::collections::BTreeMap;

use super::error::StoreError;
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::chain::StreamId;
use crate::domain::{DeviceId, Digest, Epoch, ScopeId};

impl Tx<'_> {
    /// Takes another device's word over, in the place of its older one. Only its newest counts: a
    /// device may have been restored and hold less than before.
    ///
    /// # Errors
    /// As the database fails.
    pub fn set_told(
        &self,
        device: DeviceId,
        marks: &[(StreamId, u64)],
        wants: &[Digest],
    ) -> Result<(), StoreError> {
        self.sql().execute(
            "DELETE FROM told_mark WHERE device = ?1",
            [device.as_bytes()],
        )?;
        self.sql().execute(
            "DELETE FROM told_want WHERE device = ?1",
            [device.as_bytes()],
        )?;
        let mut put = self.sql().prepare_cached(
            "INSERT OR REPLACE INTO told_mark (device, scope, writer, epoch, seq) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (stream, seq) in marks {
            put.execute((
                device.as_bytes(),
                stream.scope.as_bytes(),
                stream.device.as_bytes(),
                stream.epoch.as_bytes(),
                signed(*seq),
            ))?;
        }
        let mut put = self
            .sql()
            .prepare_cached("INSERT OR IGNORE INTO told_want (device, digest) VALUES (?1, ?2)")?;
        for digest in wants {
            put.execute((device.as_bytes(), digest.as_bytes()))?;
        }
        Ok(())
    }

    /// How far a device said it holds each stream.
    ///
    /// # Errors
    /// As the database fails.
    pub fn told_marks(&self, device: DeviceId) -> Result<BTreeMap<StreamId, u64>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT scope, writer, epoch, seq FROM told_mark WHERE device = ?1")?;
        let mut rows = select.query([device.as_bytes()])?;
        let mut marks = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (scope, writer, epoch): (Vec<u8>, Vec<u8>, Vec<u8>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let parts = (
                ScopeId::from_slice(&scope),
                DeviceId::from_slice(&writer),
                Epoch::from_slice(&epoch),
            );
            if let (Some(scope), Some(device), Some(epoch)) = parts {
                let stream = StreamId {
                    scope,
                    device,
                    epoch,
                };
                marks.insert(stream, unsigned(row.get(3)?));
            }
        }
        Ok(marks)
    }

    /// Which bytes a device said it lacks.
    ///
    /// # Errors
    /// As the database fails.
    pub fn told_wants(&self, device: DeviceId) -> Result<Vec<Digest>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT digest FROM told_want WHERE device = ?1")?;
        let rows = select.query_map([device.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
        let mut wants = Vec::new();
        for row in rows {
            wants.extend(Digest::from_slice(&row?));
        }
        Ok(wants)
    }
}
