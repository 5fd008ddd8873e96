//! Reads of one case that only the console wants.

use std::sync::Arc;

use lossbook_core::app::office::contract_of;
use lossbook_core::app::{
    AppError, CaseView, Event, Judged, Ledgers, ReturnedField, packs_in_force, returned,
};
use lossbook_core::domain::{CaseId, Digest, WallMs};
use lossbook_core::evidence::PhotoMark;
use lossbook_core::record::FieldChange;
use lossbook_core::rules::{Handling, Packs};
use lossbook_core::store::{CaseStanding, StoreError, Tx};

use super::damaged;
use crate::alike::mark;
use crate::meta::CaseReads;

/// So many cases are named beside a photo.
const MOST_ALIKE: usize = 5;

impl CaseReads for Tx<'_> {
    fn case_view(&self, standing: CaseStanding) -> Result<CaseView, StoreError> {
        CaseView::at_hub(self, standing)
    }

    fn case_events(&self, case: CaseId) -> Result<Vec<Event>, StoreError> {
        Event::of_case(self, case)
    }

    fn contract_of(
        &self,
        standing: &CaseStanding,
        now: WallMs,
    ) -> Result<Option<(Judged, Handling)>, StoreError> {
        contract_of(self, standing, now)
    }

    fn packs(&self) -> Result<Arc<Packs>, StoreError> {
        match packs_in_force(self) {
            Ok(packs) => Ok(packs),
            Err(AppError::Store(error)) => Err(error),
            Err(error) => Err(damaged(&error.to_string())),
        }
    }

    fn ledgers(&self, case: CaseId) -> Result<Ledgers, StoreError> {
        Ledgers::of_case(self, case)
    }

    fn returned_fields(&self, standing: &CaseStanding) -> Result<Vec<ReturnedField>, StoreError> {
        returned(self, standing)
    }

    fn changes_since(
        &self,
        case: CaseId,
        heads: &[Digest],
    ) -> Result<Vec<FieldChange>, StoreError> {
        let now = self.heads(case)?;
        self.with_document(case, |document| {
            if document.holds(heads) {
                document.difference(heads, &now)
            } else {
                Ok(Vec::new())
            }
        })
    }

    fn writer(&self, change: &Digest) -> Result<Option<(String, WallMs)>, StoreError> {
        let header = self.writer_of(change)?;
        Ok(header.map(|header| (header.user, header.wall)))
    }

    fn same_bytes(&self, digest: &Digest, case: CaseId) -> Result<Vec<String>, StoreError> {
        let others = self.blobs_by_digest(digest)?.into_iter();
        let others = others.filter(|blob| blob.case != case);
        Ok(others.map(|blob| blob.case.number().to_string()).collect())
    }

    fn put_alike(
        &self,
        photo: &Digest,
        other: &PhotoMark,
        different: u32,
    ) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR IGNORE INTO hub_alike (photo, other, different) VALUES (?1, ?2, ?3)",
            (photo.as_bytes(), other, different),
        )?;
        Ok(())
    }

    fn alike(&self, photo: &Digest, case: CaseId) -> Result<Vec<(String, u32)>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT other, different FROM hub_alike WHERE photo = ?1
             UNION SELECT substr(photo, 1, 8), different FROM hub_alike WHERE other = ?2",
        )?;
        let rows = query.query_map((photo.as_bytes(), mark(photo)), |row| {
            Ok((row.get::<_, [u8; 8]>(0)?, row.get::<_, u32>(1)?))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let (other, different) = row?;
            let originals = self.originals_marked(&other)?.into_iter();
            let elsewhere = originals.filter(|blob| blob.case != case);
            found.extend(elsewhere.map(|blob| (blob.case.number().to_string(), different)));
        }
        found.sort_by_key(|(_, different)| *different);
        found.truncate(MOST_ALIKE);
        Ok(found)
    }
}
