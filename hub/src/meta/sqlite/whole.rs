//! Rows over everything.

use lossbook_core::chain::{KeyReason, Mark, StreamId};
use lossbook_core::domain::{CaseId, Digest, Epoch, Host, WallMs};
use lossbook_core::store::{StoreError, Tx};

use super::{damaged, digest, from_sql, stream};
use crate::meta::Whole;

/// The memo of the newest backup.
const BACKUP: &str = "hub.backup";

impl Whole for Tx<'_> {
    fn all_marks(&self) -> Result<Vec<(StreamId, Mark)>, StoreError> {
        let mut select = self.sql().prepare(
            "SELECT scope, device, epoch, seq, header FROM stream ORDER BY scope, device, epoch",
        )?;
        let mut rows = select.query([])?;
        let mut marks = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = |column| row.get::<_, Vec<u8>>(column);
            let mark = Mark {
                seq: from_sql(row.get(3)?),
                header: digest(&bytes(4)?)?,
            };
            marks.push((stream(&bytes(0)?, &bytes(1)?, &bytes(2)?)?, mark));
        }
        Ok(marks)
    }

    fn all_heads(&self) -> Result<Vec<(CaseId, Digest)>, StoreError> {
        let mut select = self
            .sql()
            .prepare("SELECT case_id, heads FROM case_row ORDER BY case_id")?;
        let mut rows = select.query([])?;
        let mut heads = Vec::new();
        while let Some(row) = rows.next()? {
            let (case, of): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let case = CaseId::from_slice(&case);
            let case = case.ok_or_else(|| damaged("a case id has 16 bytes"))?;
            heads.push((case, digest(&of)?));
        }
        Ok(heads)
    }

    fn named_files(&self) -> Result<Vec<String>, StoreError> {
        Tx::named_files(self)
    }

    fn backup_made(&self) -> Result<Option<WallMs>, StoreError> {
        let bytes = self.memo(BACKUP)?;
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map(|bytes| WallMs(i64::from_be_bytes(bytes))))
    }

    fn set_backup_made(&self, at: WallMs) -> Result<(), StoreError> {
        self.set_memo(BACKUP, &at.0.to_be_bytes())
    }

    fn begin_anew(&self, host: &dyn Host) -> Result<(), StoreError> {
        self.open_epoch(KeyReason::Rollback, host)?;
        let feeds = Epoch::make_random(host);
        self.sql()
            .execute("UPDATE hub_secret SET feed_epoch = ?1", [feeds.as_bytes()])?;
        self.sql().execute_batch(
            "DELETE FROM hub_token; DELETE FROM hub_session;
             DELETE FROM hub_page_link; DELETE FROM hub_page_session;",
        )?;
        Ok(())
    }
}
