//! A phone: its store, its host, its session, and how it becomes known to a hub.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::AppError;
use super::lookalike::Looks;
use super::people::visible;
use crate::chain::{Author, EnrolAnswer, EnrolRequest, Invite};
use crate::domain::{CaseId, Digest, Host, RowId, ScopeId, WallMs};
use crate::evidence::PictureDecoder;
use crate::record;
use crate::store::{EndState, Fault, Identity, Pinned, Rebuilt, Store, StoreError, StoreKey, Tx};

/// A device with its open store.
pub struct Device {
    pub(super) store: Store,
    pub(super) host: Arc<dyn Host>,
    pub(super) looks: Looks,
    pub(super) decoder: Option<Arc<dyn PictureDecoder>>,
    session: Mutex<[u8; 16]>,
    /// Rows written in this session.
    rows: AtomicU64,
    /// Originals of which no preview could be made.
    pub(super) passed_over: Mutex<BTreeSet<Digest>>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Device {
    /// Makes a new device in an empty folder, or completes one whose making was interrupted.
    ///
    /// # Errors
    /// [`crate::store::StoreError::Exists`] if there is one already.
    pub fn init(home: &Path, key: &StoreKey, host: Arc<dyn Host>) -> Result<Self, AppError> {
        let store = match Store::create(home, key) {
            Ok(store) => store,
            Err(exists @ StoreError::Exists(_)) => half_made(home, key).ok_or(exists)?,
            Err(other) => return Err(other.into()),
        };
        store.transact(|tx| tx.make_identity(host.as_ref()).map(|_| ()))?;
        Ok(Self::with_store(store, host))
    }

    /// Opens a device.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(home: &Path, key: &StoreKey, host: Arc<dyn Host>) -> Result<Self, AppError> {
        let device = Self::with_store(Store::open(home, key)?, host);
        // A purge that was cut off goes on; its files may have lost their rows already.
        let ended = device.ended_scopes()?;
        if ended.iter().any(|end| end.state == EndState::Due) {
            device.obey()?;
            device.store.sweep()?;
        }
        Ok(device)
    }

    /// Opens a device whose disk will be full. For tests.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with_fault(
        home: &Path,
        key: &StoreKey,
        host: Arc<dyn Host>,
        fault: Fault,
    ) -> Result<Self, AppError> {
        Ok(Self::with_store(
            Store::open_with(home, key, Some(fault), &[])?,
            host,
        ))
    }

    fn with_store(store: Store, host: Arc<dyn Host>) -> Self {
        let device = Self {
            store,
            host,
            looks: Looks::default(),
            decoder: None,
            session: Mutex::default(),
            rows: AtomicU64::new(0),
            passed_over: Mutex::default(),
        };
        device.renew_session();
        device
    }

    /// Writes as a fresh actor from now on.
    pub(super) fn renew_session(&self) {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        self.host.fill_random(session.as_mut_slice());
    }

    /// With the platform's own decoder, for pictures that only it can decode (HEIC).
    #[must_use]
    pub fn with_decoder(self, decoder: Arc<dyn PictureDecoder>) -> Self {
        Self {
            decoder: Some(decoder),
            ..self
        }
    }

    /// The wall clock, as the host says.
    pub fn now(&self) -> WallMs {
        self.host.now().wall
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who this device is.
    ///
    /// # Errors
    /// As the store fails.
    pub fn identity(&self) -> Result<Identity, AppError> {
        Ok(self.store.transact(|tx| tx.identity())?)
    }

    /// What to send to `POST /v1/enrol` of the hub in the code.
    ///
    /// # Errors
    /// [`AppError::Enrolled`] if a hub vouched for this device already.
    pub fn enrol_request(&self, invite: &Invite) -> Result<EnrolRequest, AppError> {
        let me = self.identity()?;
        match me.pinned {
            Some(pinned) => Err(AppError::Enrolled { user: pinned.user }),
            None => Ok(EnrolRequest::make(invite, me.device, &me.key)),
        }
    }

    /// Takes the hub's answer, if it is the hub that the code pinned.
    ///
    /// # Errors
    /// [`AppError::Enrol`]; then nothing is kept.
    pub fn complete_enrolment(
        &self,
        invite: &Invite,
        answer: &EnrolAnswer,
    ) -> Result<Pinned, AppError> {
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let certificate = answer.verify(invite, me.device, &me.key.public())?;
            let pinned = Pinned {
                url: invite.url.clone(),
                hub_key: answer.hub_key,
                hub: answer.hub,
                user: certificate.user.clone(),
                certificate: answer.certificate.clone(),
            };
            tx.pin(&pinned)?;
            let hub = Author {
                key: answer.hub_key,
                scopes: Vec::new(),
                roles: Vec::new(),
                revoked: false,
                is_hub: true,
            };
            tx.put_author(answer.hub, &hub, ("hub", None))?;
            tx.put_certificate(&certificate, &answer.certificate, false)?;
            for scope in &answer.scopes {
                tx.put_scope(scope.id, &scope.name)?;
            }
            Ok(pinned)
        })
    }

    /// Projects every case anew from its envelopes.
    ///
    /// # Errors
    /// As the store fails.
    pub fn rebuild(&self) -> Result<Rebuilt, AppError> {
        Ok(self.store.transact(|tx| tx.rebuild())?)
    }

    /// The id of a new row of this session.
    pub(super) fn row_id(&self, tx: &Tx<'_>) -> Result<RowId, AppError> {
        let actor = self.actor(tx, &tx.identity()?)?;
        let number = self.rows.fetch_add(1, Ordering::Relaxed);
        Ok(RowId::derive(&actor, number, self.host.now().wall))
    }

    /// The actor of this process session, in the epoch now written in.
    pub(super) fn actor(&self, tx: &Tx<'_>, me: &Identity) -> Result<[u8; 16], AppError> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(record::actor(me.device, tx.epoch()?, &session))
    }
}

/// The store in `home` if it has no identity yet: then nobody has written anything in it.
fn half_made(home: &Path, key: &StoreKey) -> Option<Store> {
    let store = Store::open(home, key).ok()?;
    let has_identity = store.transact(|tx| tx.has_identity()).ok()?;
    (!has_identity).then_some(store)
}

/// The enrolled user, or the reason why nothing can be written.
pub(super) fn enrolled(me: &Identity) -> Result<&Pinned, AppError> {
    me.pinned.as_ref().ok_or(AppError::NotEnrolled)
}

/// The scope of that name; with no name, the only one there is.
pub(super) fn scope_named(tx: &Tx<'_>, name: Option<&str>) -> Result<ScopeId, AppError> {
    let visible = visible(tx)?;
    let mut scopes = tx.scopes()?;
    scopes.retain(|(scope, _)| visible.contains(scope));
    let found = match (name, scopes.as_slice()) {
        (None, [(id, _)]) => Some(*id),
        (None, _) => None,
        (Some(name), all) => all
            .iter()
            .find(|(id, known)| known == name || id.to_string() == name)
            .map(|(id, _)| *id),
    };
    let known = || {
        scopes
            .iter()
            .map(|(_, name)| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    found.ok_or_else(|| AppError::UnknownScope {
        name: name.unwrap_or("").to_owned(),
        known: known(),
    })
}

/// The case with this number or id, if the signed-in person may see it.
pub(super) fn case_named(tx: &Tx<'_>, name: &str) -> Result<(CaseId, ScopeId), AppError> {
    let visible = visible(tx)?;
    let row = tx
        .find_case(name)?
        .filter(|row| visible.contains(&row.scope))
        .ok_or_else(|| AppError::UnknownCase(name.to_owned()))?;
    Ok((row.case, row.scope))
}
