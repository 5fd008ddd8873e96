//! One transfer at a time per upload. A newer request ends the older one: on a phone network the
//! older connection is usually dead and has only not noticed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lossbook_core::domain::{Digest, WallMs};
use tokio::sync::Notify;

use super::Blobs;
use crate::refusal::Refusal;

/// A holder that died keeps others out this long; a live one renews with each piece.
pub(super) const LEASE_MS: i64 = 30_000;
/// Putting a large video together takes this long at most.
pub(super) const FINISH_LEASE_MS: i64 = 15 * 60_000;
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Transfers of this process, so that a newer one can ask an older one to end.
#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<Digest, (Digest, Arc<Notify>)>>);

/// The right to change an upload.
pub(super) struct Lease {
    pub(super) name: Digest,
    pub(super) holder: Digest,
    /// Rings when a newer request wants the upload.
    pub(super) wanted: Arc<Notify>,
}

impl Leases {
    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, (Digest, Arc<Notify>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, name: &Digest) {
        if let Some((_, wanted)) = self.lock().get(name) {
            wanted.notify_one();
        }
    }
}

impl Blobs {
    /// Asks every transfer to end and waits until each has kept what came.
    pub(crate) async fn end_transfers(&self) {
        for _ in 0..TRIES {
            let waiting: Vec<Arc<Notify>> = {
                let leases = self.leases.lock();
                leases
                    .values()
                    .map(|(_, wanted)| Arc::clone(wanted))
                    .collect()
            };
            if waiting.is_empty() {
                return;
            }
            for wanted in &waiting {
                wanted.notify_one();
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::warn!("a transfer did not end in time");
    }

    /// Takes the lease, asking whoever holds it to end.
    pub(super) async fn lease(&self, name: &Digest) -> Result<Lease, Refusal> {
        let (name, holder) = (*name, self.random());
        for _ in 0..TRIES {
            if self.renew(&name, &holder, LEASE_MS).await? {
                let wanted = Arc::new(Notify::new());
                self.leases
                    .lock()
                    .insert(name, (holder, Arc::clone(&wanted)));
                return Ok(Lease {
                    name,
                    holder,
                    wanted,
                });
            }
            self.leases.ring(&name);
            tokio::time::sleep(PAUSE).await;
        }
        Err(locked())
    }

    /// Takes or prolongs the lease; `false` if somebody else has it.
    pub(super) async fn renew(
        &self,
        name: &Digest,
        holder: &Digest,
        for_ms: i64,
    ) -> Result<bool, Refusal> {
        let (name, holder, now) = (*name, *holder, self.host.now().wall);
        let until = WallMs(now.0.saturating_add(for_ms));
        self.rows(move |tx| {
            // An upload that was finished or forgotten meanwhile has no row, and nobody holds it.
            let gone = !tx.has_upload(&name)?;
            Ok(gone || tx.take_lease(&name, &holder, now, until)?)
        })
        .await
    }

    pub(super) async fn release(&self, lease: Lease) {
        let Lease { name, holder, .. } = lease;
        {
            let mut leases = self.leases.lock();
            if leases.get(&name).is_some_and(|(by, _)| *by == holder) {
                leases.remove(&name);
            }
        }
        if let Err(refusal) = self.rows(move |tx| tx.give_lease(&name, &holder)).await {
            // It runs out by itself.
            tracing::warn!(code = refusal.code, "a lease could not be given back");
        }
    }
}

pub(super) fn locked() -> Refusal {
    Refusal {
        status: 423,
        code: "LOCKED",
        detail: "another transfer of these bytes is under way: ask again in a moment".to_owned(),
        retry_after_s: Some(2),
    }
}
