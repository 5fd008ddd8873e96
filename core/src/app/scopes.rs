//! What head office takes away: scopes that end here, and the whole device when it is withdrawn.
//!
//! The word comes as an envelope of the hub in the device's private scope and is noted in the
//! transaction that takes it in. Then it is carried out: rows, words, files and the scope's key are
//! destroyed, a new epoch begins, and an envelope in the private scope says what was destroyed. A
//! phone that dies in between goes on when it is opened next.
//!
//! With *keep-own*, what this device wrote and the hub never received stays, out of sight: it can
//! be exported, and goes out by itself if the scope is given back.

use super::device::{Device, enrolled};
use super::error::AppError;
use super::exchange::CURSOR;
use crate::chain::{KeyReason, Kind, PurgeBody, Subject};
use crate::domain::{ScopeId, cbor};
use crate::store::{EndState, EndedScope, Tx};

impl Device {
    /// Scopes that ended here and of which something is still to be done or kept.
    ///
    /// # Errors
    /// As the store fails.
    pub fn ended_scopes(&self) -> Result<Vec<EndedScope>, AppError> {
        Ok(self.store.transact(|tx| tx.ended_scopes())?)
    }

    /// Whether head office withdrew this device.
    ///
    /// # Errors
    /// As the store fails.
    pub fn is_withdrawn(&self) -> Result<bool, AppError> {
        use crate::chain::Ledger;
        self.store.transact(|tx| {
            let me = tx.identity()?;
            Ok(tx.author(me.device)?.is_some_and(|author| author.revoked))
        })
    }

    /// The scopes of the signed-in person, with their names.
    ///
    /// # Errors
    /// As the store fails.
    pub fn scopes(&self) -> Result<Vec<(ScopeId, String)>, AppError> {
        self.store.transact(|tx| {
            let visible = super::people::visible(tx)?;
            let mut scopes = tx.scopes()?;
            scopes.retain(|(scope, _)| visible.contains(scope));
            Ok(scopes)
        })
    }

    /// Carries out what was noted.
    pub(super) fn obey(&self) -> Result<(), AppError> {
        let ended = self.ended_scopes()?;
        let due: Vec<_> = ended
            .iter()
            .filter(|end| end.state == EndState::Due)
            .collect();
        for end in &due {
            let purged = self.store.purge_scope(end.scope, end.mode)?;
            self.looks.forget();
            let receipt = PurgeBody {
                scope: end.scope,
                mode: end.mode,
                envelopes: purged.envelopes,
                files: purged.files,
                unsent: purged.unsent,
            };
            self.store
                .transact(|tx| self.close_scope(tx, end.scope, &receipt))?;
        }
        if !due.is_empty() {
            self.renew_session();
        }
        let delivered = |end: &&EndedScope| {
            end.state == EndState::GivenBack && end.unsent == 0 && end.unsent_photos == 0
        };
        for end in ended.iter().filter(delivered) {
            self.store.transact(|tx| {
                tx.drop_received(end.scope)?;
                tx.forget_memo(CURSOR)
            })?;
        }
        Ok(())
    }

    /// What was destroyed must not be written on to under the old numbers, and may be read again
    /// one day: a new epoch, and a cursor that begins anew.
    fn close_scope(
        &self,
        tx: &Tx<'_>,
        scope: ScopeId,
        receipt: &PurgeBody,
    ) -> Result<(), AppError> {
        let me = tx.identity()?;
        let user = enrolled(&me)?.user.clone();
        tx.settle_end(scope)?;
        tx.forget_memo(CURSOR)?;
        tx.open_epoch(KeyReason::Purge, self.host.as_ref())?;
        let what = (
            ScopeId::private_of(me.device),
            Kind::Audit,
            Subject::device(me.device),
            cbor::encode(receipt),
        );
        tx.append(&me, &user, self.host.now(), what)?;
        Ok(())
    }
}
