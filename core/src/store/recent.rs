//! Documents that the last transactions opened, so that the next edit of a case does not load it.
//!
//! A document is taken out by the transaction that uses it and comes back only when that commits;
//! with it goes the number of the newest change in it, which is compared before it is used again.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::domain::CaseId;
use crate::record::CaseDocument;

/// How many documents are kept: a person works on few cases at a time, and each takes memory.
const KEPT: usize = 8;

/// The documents, newest last.
#[derive(Debug, Default)]
pub(super) struct RecentDocuments(RefCell<VecDeque<(CaseId, i64, CaseDocument)>>);

impl RecentDocuments {
    /// The document, if it is here and holds exactly the changes up to `newest`.
    pub(super) fn take(&self, case: CaseId, newest: i64) -> Option<CaseDocument> {
        let mut kept = self.0.borrow_mut();
        let at = kept.iter().position(|(of, _, _)| *of == case)?;
        let (_, up_to, document) = kept.remove(at)?;
        (up_to == newest).then_some(document)
    }

    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub(super) fn keep(&self, case: CaseId, newest: i64, document: CaseDocument) {
        let mut kept = self.0.borrow_mut();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((case, newest, document));
    }
}
