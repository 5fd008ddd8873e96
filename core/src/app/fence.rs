//! A change of this device that the hub refused: it is set aside here too, its author is told, and
//! what was written on top of it is written anew by a fresh actor, so that nothing honest is lost.
//!
//! Without this everything after the refused change would wait at the hub for ever, because it
//! builds on something that the hub will never have.

use super::device::Device;
use super::error::AppError;
use crate::chain::ingest::State;
use crate::chain::{Kind, Ledger, StreamId};
use crate::domain::Digest;
use crate::record::RecordError;
use crate::store::{StoreError, Tx};
use crate::sync::frame::Exception;

/// The code of a change that the gate of the hub set aside for good.
const REFUSED: &str = "CHANGE_INVALID";

impl Device {
    /// Takes one exception of an acknowledgement in.
    pub(super) fn fence(
        &self,
        tx: &Tx<'_>,
        stream: StreamId,
        exception: &Exception,
    ) -> Result<(), AppError> {
        let id = tx.header_at(stream, exception.seq)?;
        let Some(id) = id.filter(|_| exception.code == REFUSED) else {
            return Ok(());
        };
        let Some((header, _)) = tx.envelope(&id)? else {
            return Ok(());
        };
        let refused = format!("the hub refused it: {}", exception.detail);
        let case = header.subject.as_case();
        let change = match case.filter(|_| header.kind == Kind::Change) {
            Some(case) => tx.changes_by_envelope(case)?.get(&id).copied(),
            None => None,
        };
        let Some((case, fenced)) = case.zip(change) else {
            // No change of the record: nothing is built on it, and it is listed all the same.
            tx.set_state(&id, &State::Quarantined { why: refused })?;
            if let Some(case) = case
                && tx.scope_of_case(case)?.is_some()
            {
                tx.project_later(case)?;
            }
            return Ok(());
        };
        let behind = tx.with_document(case, |document| document.built_on(fenced))?;
        let mut aside: Vec<(Digest, String)> = vec![(fenced, refused)];
        let anew = "written anew, because it built on a change that the hub refused";
        aside.extend(behind.iter().map(|(change, _)| (*change, anew.to_owned())));
        tx.set_aside(case, &aside)?;
        self.renew_session();
        for (_, edits) in behind {
            match self.write(tx, (case, header.scope), &edits) {
                // What it wrote into came with the refused change, or its writer had no right to it
                // either; both stay readable outside.
                Ok(())
                | Err(
                    AppError::Store(StoreError::Record(RecordError::NoRow { .. }))
                    | AppError::NotAllowed { .. },
                ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(tx.project_later(case)?)
    }
}
