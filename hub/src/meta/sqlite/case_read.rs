//! Reads of one case that only the console wants.

use lossbook_core::app::office::contract_of;
use lossbook_core::app::{CaseView, Event, Judged, ReturnedField, returned};
use lossbook_core::domain::{CaseId, Digest, WallMs};
use lossbook_core::record::FieldChange;
use lossbook_core::rules::Handling;
use lossbook_core::store::{CaseStanding, StoreError, Tx};

use crate::meta::CaseReads;

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
}
