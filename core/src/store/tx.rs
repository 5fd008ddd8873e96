//! One transaction: the connection, the files, and the case documents opened on the way.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::error::StoreError;
use super::files::Files;
use super::recent::RecentDocuments;
use crate::domain::{CaseId, Digest, ScopeId};
use crate::record::{CaseDocument, RecordError, unstow};

/// After this many changes a document is saved whole again (numbers.md §3: 30 to 50).
const COMPACT_AFTER: i64 = 40;

/// Another part's own projection: told of every case that a transaction wrote in, before it commits.
pub type Follow = fn(&Tx<'_>, &[CaseId]) -> Result<(), StoreError>;

/// An open transaction. All reads and writes of one use case go through it.
pub struct Tx<'a> {
    sql: Transaction<'a>,
    files: &'a Files,
    recent: &'a RecentDocuments,
    documents: RefCell<BTreeMap<CaseId, OpenDocument>>,
    /// Cases that claim what a written case claims or claimed: they clash now, or no longer do.
    neighbours: RefCell<BTreeSet<CaseId>>,
}

struct OpenDocument {
    document: CaseDocument,
    touched: bool,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(sql: Transaction<'a>, files: &'a Files, recent: &'a RecentDocuments) -> Self {
        Self {
            sql,
            files,
            recent,
            documents: RefCell::default(),
            neighbours: RefCell::default(),
        }
    }

    /// The connection, for the hub's own tables.
    pub fn sql(&self) -> &Connection {
        &self.sql
    }

    /// The encrypted files.
    pub fn files(&self) -> &Files {
        self.files
    }

    /// Cases that this transaction wrote in.
    fn touched(&self) -> Vec<CaseId> {
        let documents = self.documents.borrow();
        let touched = documents.iter().filter(|(_, open)| open.touched);
        touched.map(|(case, _)| *case).collect()
    }

    /// Projects what changed, also for the part that follows it, then commits.
    pub(super) fn commit(self, follow: Option<Follow>) -> Result<(), StoreError> {
        let mut cases = self.touched();
        for case in &cases {
            self.project(*case)?;
            self.compact(*case)?;
        }
        let mut neighbours = self.neighbours.take();
        neighbours.retain(|case| !cases.contains(case));
        cases.extend(neighbours);
        if let (Some(follow), false) = (follow, cases.is_empty()) {
            follow(&self, &cases)?;
        }
        let mut kept = Vec::new();
        for (case, open) in self.documents.into_inner() {
            let newest = newest_change(&self.sql, case)?;
            kept.push((case, newest, open.document));
        }
        self.sql.commit()?;
        for (case, newest, document) in kept {
            self.recent.keep(case, newest, document);
        }
        Ok(())
    }

    /// Has whoever follows this transaction told of a case that nobody wrote in.
    pub(super) fn tell_also(&self, neighbour: CaseId) {
        self.neighbours.borrow_mut().insert(neighbour);
    }

    /// Marks a case for projection at commit.
    ///
    /// # Errors
    /// As loading it fails.
    pub(super) fn touch(&self, case: CaseId) -> Result<(), StoreError> {
        self.with_document(case, |_| Ok(()))?;
        if let Some(open) = self.documents.borrow_mut().get_mut(&case) {
            open.touched = true;
        }
        Ok(())
    }

    /// Projects a case at commit, because something about it was appended.
    ///
    /// # Errors
    /// As loading it fails.
    pub fn project_later(&self, case: CaseId) -> Result<(), StoreError> {
        self.touch(case)
    }

    /// Works on a case's document, loaded at most once per transaction. A case that is not here
    /// yet is an empty document.
    ///
    /// # Errors
    /// As loading or `work` fails.
    pub fn with_document<T>(
        &self,
        case: CaseId,
        work: impl FnOnce(&mut CaseDocument) -> Result<T, RecordError>,
    ) -> Result<T, StoreError> {
        let mut documents = self.documents.borrow_mut();
        let open = match documents.entry(case) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(OpenDocument {
                document: self.load_document(case)?,
                touched: false,
            }),
        };
        Ok(work(&mut open.document)?)
    }

    /// Whether the case is here at all.
    ///
    /// # Errors
    /// As the database fails.
    pub fn scope_of_case(&self, case: CaseId) -> Result<Option<ScopeId>, StoreError> {
        let scope: Option<Vec<u8>> = self
            .sql
            .query_row(
                "SELECT scope FROM document WHERE case_id = ?1",
                [case.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        Ok(scope.and_then(|bytes| ScopeId::from_slice(&bytes)))
    }

    /// Puts a new document beside its row, in this transaction.
    pub(super) fn adopt_document(&self, case: CaseId, document: CaseDocument) {
        self.documents.borrow_mut().insert(
            case,
            OpenDocument {
                document,
                touched: true,
            },
        );
    }

    /// Forgets a document whose changes are not what they were; the next use loads it.
    pub(super) fn forget_document(&self, case: CaseId) {
        self.documents.borrow_mut().remove(&case);
        self.recent.clear();
    }

    /// Forgets every document that is open or was of late.
    pub(super) fn forget_documents(&self) {
        self.documents.borrow_mut().clear();
        self.recent.clear();
    }

    /// Loads a document again whose change failed half way.
    pub(super) fn reload_document(&self, case: CaseId) -> Result<(), StoreError> {
        let broken = self.documents.borrow_mut().remove(&case);
        match broken {
            Some(open) if open.touched => self.touch(case),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn load_document(&self, case: CaseId) -> Result<CaseDocument, StoreError> {
        if let Some(document) = self.recent.take(case, newest_change(&self.sql, case)?) {
            return Ok(document);
        }
        let row: Option<(Option<Vec<u8>>, i64)> = self
            .sql
            .query_row(
                "SELECT snapshot, snapshot_ord FROM document WHERE case_id = ?1",
                [case.as_bytes()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((snapshot, covered)) = row else {
            return Ok(CaseDocument::empty());
        };
        let mut bytes = unstow(snapshot.unwrap_or_default())?;
        let mut later = self.sql.prepare_cached(
            "SELECT envelope.body FROM change JOIN envelope ON envelope.id = change.envelope
             WHERE change.case_id = ?1 AND change.ord > ?2 ORDER BY change.ord",
        )?;
        let mut rows = later.query((case.as_bytes(), covered))?;
        while let Some(row) = rows.next()? {
            let body: Option<Vec<u8>> = row.get(0)?;
            bytes.extend(body.unwrap_or_default());
        }
        if bytes.is_empty() {
            Ok(CaseDocument::empty())
        } else {
            Ok(CaseDocument::load(&bytes)?)
        }
    }

    pub(super) fn compact(&self, case: CaseId) -> Result<(), StoreError> {
        let (pending, newest): (i64, i64) = self.sql.query_row(
            "SELECT count(*), coalesce(max(change.ord), 0) FROM change JOIN document USING (case_id)
             WHERE change.case_id = ?1 AND change.ord > document.snapshot_ord",
            [case.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if pending < COMPACT_AFTER {
            return Ok(());
        }
        let snapshot = self.with_document(case, CaseDocument::stow)?;
        self.sql.execute(
            "UPDATE document SET snapshot = ?2, snapshot_ord = ?3 WHERE case_id = ?1",
            (case.as_bytes(), snapshot, newest),
        )?;
        Ok(())
    }

    /// Forgets snapshots and opened documents, so that the next read replays every change.
    pub(super) fn forget_snapshots(&self) -> Result<(), StoreError> {
        self.documents.borrow_mut().clear();
        self.recent.clear();
        self.sql
            .execute("UPDATE document SET snapshot = NULL, snapshot_ord = 0", [])?;
        Ok(())
    }

    /// The newest changes of a case, sorted.
    ///
    /// # Errors
    /// As loading it fails.
    pub fn heads(&self, case: CaseId) -> Result<Vec<Digest>, StoreError> {
        self.with_document(case, |document| Ok(document.heads()))
    }
}

/// The number of the newest change of a case; 0 before the first.
fn newest_change(sql: &Connection, case: CaseId) -> Result<i64, StoreError> {
    Ok(sql
        .prepare_cached("SELECT coalesce(max(ord), 0) FROM change WHERE case_id = ?1")?
        .query_row([case.as_bytes()], |row| row.get(0))?)
}
