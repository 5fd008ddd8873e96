//! Who uses the device: enrolling, signing in, what waits here.

use std::sync::Arc;

use lossbook_core::app::{AppError, Device};
use lossbook_core::chain::{EnrolAnswer, EnrolRequest, Invite, RefusalAnswer};
use lossbook_core::domain::cbor;
use lossbook_core::store::StoreError;

use crate::error::LossbookError;
use crate::lossbook::Lossbook;
use crate::sync::{HostTransport, HubAnswer, HubBody, HubHeader, HubRequest, refused_on_the_way};
use crate::view::SyncState;

/// Who this device is, and what waits here.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceStatus {
    /// Its id.
    pub device: String,
    /// Who is signed in; nobody before it is enrolled.
    pub user: Option<String>,
    /// What they may do: `liaison`, `surveyor`, `auditor`.
    pub roles: Vec<String>,
    /// The hub's address.
    pub hub: Option<String>,
    /// Until when the hub vouches for it, in milliseconds since 1970 UTC.
    pub certificate_until_ms: Option<i64>,
    /// Whether head office withdrew it.
    pub withdrawn: bool,
    /// Cases here.
    pub cases: u64,
    /// Entries that the hub has not received.
    pub entries_waiting: u64,
    /// Entries without the hub's signed receipt.
    pub entries_unconfirmed: u64,
    /// Photos and thumbnails that the hub has not received.
    pub photos_waiting: u64,
    /// Their bytes.
    pub photo_bytes_waiting: u64,
    /// Entries kept outside the record.
    pub outside: u64,
    /// The honest word over all of it.
    pub state: SyncState,
}

/// A person whom the hub vouched for on this device.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PersonView {
    /// The name.
    pub user: String,
    /// What they may do.
    pub roles: Vec<String>,
    /// Where, by name.
    pub scopes: Vec<String>,
    /// Whether they are signed in.
    pub signed_in: bool,
}

/// An area that the signed-in person works in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ScopeView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

#[uniffi::export]
impl Lossbook {
    /// Who this device is, and what waits here.
    ///
    /// # Errors
    /// As the store fails.
    pub fn status(&self) -> Result<DeviceStatus, LossbookError> {
        self.home.read(status)
    }

    /// The request that enrols this device with the hub of the code, or lets another person in if
    /// it is enrolled. Send it, then hand the answer to `enrol_answer` with the same code.
    ///
    /// # Errors
    /// `WrongState` (`bad_invite`, `other_hub`).
    pub fn enrol_request(&self, code: &str) -> Result<HubRequest, LossbookError> {
        let invite = invite(code)?;
        let request = self.home.read(|device| request(device, &invite))?;
        Ok(HubRequest {
            id: 0,
            method: "POST".to_owned(),
            url: format!("{}/v1/enrol", invite.url.trim_end_matches('/')),
            headers: vec![HubHeader {
                name: "Content-Type".to_owned(),
                value: "application/cbor".to_owned(),
            }],
            body: HubBody::Bytes {
                bytes: cbor::encode(&request),
            },
            quiet_ms: 20_000,
        })
    }

    /// Takes the hub's answer. The person of the code is signed in from now on.
    ///
    /// # Errors
    /// `WrongState` (`invite_refused`: ask for a new code), `Refused` (`wrong_hub`), `TryLater`.
    pub fn enrol_answer(
        &self,
        code: &str,
        answer: HubAnswer,
    ) -> Result<DeviceStatus, LossbookError> {
        let invite = invite(code)?;
        let answer = enrolled(&answer)?;
        self.home.write(|device| {
            device.complete_enrolment(&invite, &answer)?;
            status(device)
        })
    }

    /// Both at once, over a transport of the app.
    ///
    /// # Errors
    /// As `enrol_answer`, and `TryLater` (`no_network`, `no_answer`, `tls`).
    pub fn enrol_with(
        &self,
        code: &str,
        transport: Arc<dyn HostTransport>,
    ) -> Result<DeviceStatus, LossbookError> {
        let request = self.enrol_request(code)?;
        let answer = transport.send(request);
        self.enrol_answer(code, answer.map_err(|why| refused_on_the_way(&why))?)
    }

    /// Everybody the hub vouched for here.
    ///
    /// # Errors
    /// As the store fails.
    pub fn people(&self) -> Result<Vec<PersonView>, LossbookError> {
        let people = self.home.read(Device::people)?;
        Ok(people
            .into_iter()
            .map(|person| PersonView {
                roles: words(&person.roles),
                user: person.user,
                scopes: person.scopes,
                signed_in: person.is_signed_in,
            })
            .collect())
    }

    /// From now on this person works here. Find out who holds the phone before you call it.
    ///
    /// # Errors
    /// `NotFound` (`unknown_person`).
    pub fn sign_in(&self, user: &str) -> Result<DeviceStatus, LossbookError> {
        self.home.write(|device| {
            device.sign_in(user)?;
            status(device)
        })
    }

    /// Where the signed-in person works.
    ///
    /// # Errors
    /// As the store fails.
    pub fn scopes(&self) -> Result<Vec<ScopeView>, LossbookError> {
        let scopes = self.home.read(Device::scopes)?;
        Ok(scopes
            .into_iter()
            .map(|(id, name)| ScopeView {
                id: id.to_string(),
                name,
            })
            .collect())
    }
}

fn invite(code: &str) -> Result<Invite, LossbookError> {
    let parsed = code.trim().parse::<Invite>();
    parsed.map_err(|error| LossbookError::of(&AppError::Invite(error)))
}

fn request(device: &Device, invite: &Invite) -> Result<EnrolRequest, AppError> {
    match device.enrol_request(invite) {
        Err(AppError::Enrolled { .. }) => device.request_for_another(invite),
        first => first,
    }
}

fn enrolled(answer: &HubAnswer) -> Result<EnrolAnswer, LossbookError> {
    if answer.status == 200 {
        let read = cbor::decode::<EnrolAnswer>(&answer.body);
        return read.map_err(|_another_program| LossbookError::refused("wrong_hub"));
    }
    let refused = cbor::decode::<RefusalAnswer>(&answer.body);
    let code = refused.map_or(String::new(), |refused| refused.code);
    let is_used_up = code.starts_with("INVITE") || code == "BAD_REQUEST";
    if is_used_up {
        Err(LossbookError::wrong_state("invite_refused", "new_code"))
    } else if answer.status >= 500 || answer.status == 429 {
        Err(LossbookError::later("no_answer", 30_000))
    } else {
        Err(LossbookError::refused("hub_refused"))
    }
}

fn words(roles: &[lossbook_core::domain::Role]) -> Vec<String> {
    roles.iter().map(|role| role.word().to_owned()).collect()
}

fn status(device: &Device) -> Result<DeviceStatus, AppError> {
    let me = device.identity()?;
    let (streams, blobs, cases, outside) = device.store().transact(|tx| {
        Ok::<_, StoreError>((
            tx.own_streams(None)?,
            tx.unsent_blobs()?,
            tx.case_count()?,
            tx.quarantined()?.len(),
        ))
    })?;
    let roles = device.people()?.into_iter().find(|one| one.is_signed_in);
    let waiting: u64 = streams.iter().map(|one| one.seq - one.acked).sum();
    let unconfirmed: u64 = streams.iter().map(|one| one.seq - one.confirmed).sum();
    let until = me.pinned.as_ref().and_then(|pinned| {
        let word = pinned.certificate.verify(&pinned.hub_key).ok()?;
        Some(word.not_after.0)
    });
    Ok(DeviceStatus {
        device: me.device.to_string(),
        user: me.pinned.as_ref().map(|pinned| pinned.user.clone()),
        roles: roles.map_or_else(Vec::new, |person| words(&person.roles)),
        hub: me.pinned.as_ref().map(|pinned| pinned.url.clone()),
        certificate_until_ms: until,
        withdrawn: device.is_withdrawn()?,
        cases,
        entries_waiting: waiting,
        entries_unconfirmed: unconfirmed,
        photos_waiting: blobs.0,
        photo_bytes_waiting: blobs.1,
        outside: outside as u64,
        state: match (waiting + blobs.0, unconfirmed) {
            (0, 0) => SyncState::Confirmed,
            (0, _) => SyncState::Received,
            (_, _) => SyncState::Saved,
        },
    })
}
