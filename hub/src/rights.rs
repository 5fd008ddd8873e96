//! What the hub's operator gives and takes: scopes of a device, and the device itself; and
//! certificates that are renewed before they run out.
//!
//! Every change is a word of the hub about one device: it goes into the device's private scope,
//! with what the device must do, and into every scope it concerns, so that everybody there knows.
//! A scope that somebody loses is told how far the hub held their streams: that much stays valid.
//!
//! Invariants: a withdrawn device stays withdrawn; words about a device are numbered, so that no
//! order of arrival brings an old one back; nothing a device wrote before is touched.

use std::collections::BTreeSet;

use lossbook_core::chain::{
    AclBody, Certificate, EndMode, Kind, ScopeEnd, SignedCertificate, Subject,
};
use lossbook_core::domain::{DeviceId, Reading, ScopeId, WallMs, cbor};
use lossbook_core::store::StoreError;
use serde::Serialize;

use crate::enrol::CERTIFICATE_MS;
use crate::meta::{Identity, MetaStore, MetaTx, OwnDraft, in_tx};
use crate::refusal::Refusal;

/// A certificate is renewed at an exchange this long before it runs out.
pub const RENEW_MS: i64 = 60 * 24 * 60 * 60 * 1_000;

/// A device as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceSummary {
    /// Its id.
    pub device: String,
    /// Whether it is withdrawn.
    pub revoked: bool,
    /// The people on it.
    pub people: Vec<PersonSummary>,
    /// What it said that it destroyed.
    pub purged: Vec<PurgeSummary>,
}

/// A person on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonSummary {
    /// The name.
    pub user: String,
    /// What they may do.
    pub roles: Vec<&'static str>,
    /// Where, by name.
    pub scopes: Vec<String>,
    /// Until when their certificate is good.
    pub until_ms: i64,
}

/// A scope that a device destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurgeSummary {
    /// Which scope.
    pub scope: String,
    /// `keep-own` or `purge`.
    pub mode: &'static str,
    /// Envelopes destroyed.
    pub envelopes: u64,
    /// Files destroyed.
    pub files: u64,
    /// Own envelopes that the hub never received.
    pub unsent: u64,
    /// When, by the device's clock.
    pub at_ms: i64,
}

/// Which scopes a device gets and loses.
#[derive(Debug, Clone)]
pub struct ScopeChange {
    /// Of whom on the device; of everybody if absent.
    pub user: Option<String>,
    /// Names of scopes it may read from now on.
    pub add: Vec<String>,
    /// Names of scopes it may no longer read.
    pub remove: Vec<String>,
    /// What it does with what it holds of those.
    pub mode: EndMode,
}

/// The device with this id, the beginning of it, or the name of its only user.
///
/// # Errors
/// `DEVICE_UNKNOWN`, `DEVICE_AMBIGUOUS`.
fn device_named(tx: &dyn MetaTx, name: &str) -> Result<Result<DeviceId, Refusal>, StoreError> {
    let mut found = Vec::new();
    for (device, _) in tx.all_devices()? {
        let people = tx.people(device)?;
        let is_user = people.iter().any(|(user, _)| user == name);
        if is_user || (name.len() >= 4 && device.to_string().starts_with(name)) {
            found.push(device);
        }
    }
    Ok(match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::new(
            404,
            "DEVICE_UNKNOWN",
            format!("no device or user is called {name:?}（没有这台设备或用户）: see hub devices"),
        )),
        _ => Err(Refusal::new(
            409,
            "DEVICE_AMBIGUOUS",
            format!(
                "{} devices answer to {name:?}（有多台设备）: give the id; see hub devices",
                found.len()
            ),
        )),
    })
}

/// Withdraws a device for good; it learns so at its next contact. Withdrawing it again changes the
/// mode, from keep-own to purge for a phone that was lost after all.
///
/// # Errors
/// `DEVICE_UNKNOWN`, `DEVICE_AMBIGUOUS`; else as the store fails.
pub fn revoke(
    store: &dyn MetaStore,
    hub: &Identity,
    (name, mode): (&str, EndMode),
    now: Reading,
) -> Result<DeviceSummary, Refusal> {
    in_tx(store, |tx| {
        let device = match device_named(tx, name)? {
            Ok(device) => device,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let people = tx.people(device)?;
        let scopes: BTreeSet<ScopeId> = people
            .iter()
            .flat_map(|(_, person)| person.scopes.iter().copied())
            .collect();
        for (user, person) in &people {
            let Some(certificate) = tx.person_certificate(device, user)? else {
                continue;
            };
            let word = Word {
                certificate,
                revoked: true,
                concerned: person.scopes.iter().copied().collect(),
                lost: person.scopes.iter().copied().collect(),
                ends: scopes
                    .iter()
                    .map(|scope| ScopeEnd {
                        scope: *scope,
                        mode,
                    })
                    .collect(),
            };
            word.say((tx, hub), device, now)?;
        }
        tracing::info!(%device, mode = mode.word(), "withdrawn");
        Ok(Ok(summary(tx, device, true)?))
    })?
}

/// Gives scopes to a device and takes others from it.
///
/// # Errors
/// `SCOPE_UNKNOWN`, `DEVICE_REVOKED`, `USER_UNKNOWN`, `DEVICE_UNKNOWN`, `DEVICE_AMBIGUOUS`.
pub fn change_scopes(
    store: &dyn MetaStore,
    hub: &Identity,
    (name, change): (&str, &ScopeChange),
    now: Reading,
) -> Result<DeviceSummary, Refusal> {
    in_tx(store, |tx| {
        let (device, add, remove) = match checked(tx, name, change)? {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match apply(tx, hub, (device, change), (&add, &remove, now))? {
            Ok(()) => Ok(Ok(summary(tx, device, false)?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    })?
}

type Checked = (DeviceId, BTreeSet<ScopeId>, BTreeSet<ScopeId>);

/// The device and the scopes that a change names.
fn checked(
    tx: &dyn MetaTx,
    name: &str,
    change: &ScopeChange,
) -> Result<Result<Checked, Refusal>, StoreError> {
    let device = match device_named(tx, name)? {
        Ok(device) => device,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if tx.author(device)?.is_none_or(|author| author.revoked) {
        let detail = "this device was withdrawn for good（该设备已撤销）: enrol a new one";
        return Ok(Err(Refusal::new(409, "DEVICE_REVOKED", detail)));
    }
    let add = match known_scopes(tx, &change.add)? {
        Ok(scopes) => scopes,
        Err(refusal) => return Ok(Err(refusal)),
    };
    Ok(known_scopes(tx, &change.remove)?.map(|remove| (device, add, remove)))
}

fn known_scopes(
    tx: &dyn MetaTx,
    names: &[String],
) -> Result<Result<BTreeSet<ScopeId>, Refusal>, StoreError> {
    let known = tx.named_scopes()?;
    let mut scopes = BTreeSet::new();
    for name in names {
        match known.iter().find(|row| row.name == *name) {
            Some(row) => scopes.insert(row.id),
            None => {
                let detail = format!("there is no scope {name:?}（没有这个范围）: see hub status");
                return Ok(Err(Refusal::new(404, "SCOPE_UNKNOWN", detail)));
            }
        };
    }
    Ok(Ok(scopes))
}

fn apply(
    tx: &dyn MetaTx,
    hub: &Identity,
    (device, change): (DeviceId, &ScopeChange),
    (add, remove, now): (&BTreeSet<ScopeId>, &BTreeSet<ScopeId>, Reading),
) -> Result<Result<(), Refusal>, StoreError> {
    let people = tx.people(device)?;
    let is_meant = |user: &str| change.user.as_deref().is_none_or(|wanted| wanted == user);
    if !people.iter().any(|(user, _)| is_meant(user)) {
        let detail = "nobody of that name is on this device（该设备没有此用户）: see hub devices";
        return Ok(Err(Refusal::new(404, "USER_UNKNOWN", detail)));
    }
    let after = |user: &str, scopes: &[ScopeId]| -> BTreeSet<ScopeId> {
        let mut scopes: BTreeSet<ScopeId> = scopes.iter().copied().collect();
        if is_meant(user) {
            scopes.extend(add);
            scopes.retain(|scope| !remove.contains(scope));
        }
        scopes
    };
    // What nobody on the device may read any more ends there.
    let still: BTreeSet<ScopeId> = people
        .iter()
        .flat_map(|(user, person)| after(user, &person.scopes))
        .collect();
    for (user, person) in people.iter().filter(|(user, _)| is_meant(user)) {
        let Some(held) = certificate(tx, device, user)? else {
            continue;
        };
        let before: BTreeSet<ScopeId> = person.scopes.iter().copied().collect();
        let now_has = after(user, &person.scopes);
        let lost: BTreeSet<ScopeId> = before.difference(&now_has).copied().collect();
        let ends = lost.difference(&still).map(|scope| ScopeEnd {
            scope: *scope,
            mode: change.mode,
        });
        let ends = ends.collect();
        let concerned = before.union(&now_has).copied().collect();
        let fresh = Certificate {
            scopes: now_has.into_iter().collect(),
            ..held
        };
        let word = Word {
            certificate: SignedCertificate::make(&fresh, &hub.own.key),
            revoked: false,
            concerned,
            lost,
            ends,
        };
        word.say((tx, hub), device, now)?;
    }
    tracing::info!(%device, added = add.len(), removed = remove.len(), "scopes changed");
    Ok(Ok(()))
}

/// Renews the certificates on a device that run out soon.
///
/// # Errors
/// As the store fails.
pub(crate) fn renew_if_due(
    tx: &dyn MetaTx,
    hub: &Identity,
    device: DeviceId,
    now: Reading,
) -> Result<(), StoreError> {
    for (user, person) in tx.people(device)? {
        let Some(held) = certificate(tx, device, &user)? else {
            continue;
        };
        if held.not_after.0.saturating_sub(now.wall.0) > RENEW_MS {
            continue;
        }
        let fresh = Certificate {
            not_after: WallMs(now.wall.0.saturating_add(CERTIFICATE_MS)),
            ..held
        };
        let word = Word {
            certificate: SignedCertificate::make(&fresh, &hub.own.key),
            revoked: false,
            concerned: person.scopes.into_iter().collect(),
            lost: BTreeSet::new(),
            ends: Vec::new(),
        };
        word.say((tx, hub), device, now)?;
        tracing::info!(%device, "certificate renewed");
    }
    Ok(())
}

fn certificate(
    tx: &dyn MetaTx,
    device: DeviceId,
    user: &str,
) -> Result<Option<Certificate>, StoreError> {
    let signed = tx.person_certificate(device, user)?;
    Ok(signed
        .map(|signed| cbor::decode(&signed.bytes))
        .transpose()?)
}

/// A word of the hub about a device.
struct Word {
    certificate: SignedCertificate,
    revoked: bool,
    /// Scopes that must hear it.
    concerned: BTreeSet<ScopeId>,
    /// Scopes whose readers must know how far the device's streams stay valid.
    lost: BTreeSet<ScopeId>,
    /// What the device must end.
    ends: Vec<ScopeEnd>,
}

impl Word {
    fn say(
        self,
        (tx, hub): (&dyn MetaTx, &Identity),
        device: DeviceId,
        now: Reading,
    ) -> Result<(), StoreError> {
        let number = tx.words(device)? + 1;
        let private = ScopeId::private_of(device);
        let mut first = AclBody::new(self.certificate.clone(), number);
        first.revoked = self.revoked;
        first.ends = Some(self.ends).filter(|ends| !ends.is_empty());
        append(tx, hub, (private, device, &first), now)?;
        for scope in self.concerned {
            let mut body = AclBody::new(self.certificate.clone(), number);
            body.revoked = self.revoked;
            if self.lost.contains(&scope) {
                body.marks = Some(tx.stream_ends(device, scope)?);
            }
            append(tx, hub, (scope, device, &body), now)?;
        }
        Ok(())
    }
}

/// Writes a word into the hub's stream of a scope.
pub(crate) fn append(
    tx: &dyn MetaTx,
    hub: &Identity,
    (scope, device, body): (ScopeId, DeviceId, &AclBody),
    now: Reading,
) -> Result<(), StoreError> {
    tx.append_own(
        hub,
        OwnDraft {
            scope,
            kind: Kind::Acl,
            subject: Subject::device(device),
            body: cbor::encode(body),
            user: "hub".to_owned(),
            reading: now,
        },
    )
}

/// Every device that was let in.
///
/// # Errors
/// As the store fails.
pub fn devices(store: &dyn MetaStore) -> Result<Vec<DeviceSummary>, Refusal> {
    Ok(in_tx(store, |tx| {
        let devices = tx.all_devices()?.into_iter();
        devices
            .map(|(device, revoked)| summary(tx, device, revoked))
            .collect()
    })?)
}

fn summary(tx: &dyn MetaTx, device: DeviceId, revoked: bool) -> Result<DeviceSummary, StoreError> {
    let names = tx.named_scopes()?;
    let name = |scope: &ScopeId| {
        let row = names.iter().find(|row| row.id == *scope);
        row.map_or_else(|| scope.to_string(), |row| row.name.clone())
    };
    let mut people = Vec::new();
    for (user, person) in tx.people(device)? {
        let until = certificate(tx, device, &user)?.map_or(0, |held| held.not_after.0);
        people.push(PersonSummary {
            user,
            roles: person.roles.iter().map(|role| role.word()).collect(),
            scopes: person.scopes.iter().map(&name).collect(),
            until_ms: until,
        });
    }
    let purged = tx
        .purge_notes(device)?
        .into_iter()
        .map(|note| PurgeSummary {
            scope: name(&note.said.scope),
            mode: note.said.mode.word(),
            envelopes: note.said.envelopes,
            files: note.said.files,
            unsent: note.said.unsent,
            at_ms: note.wall.0,
        });
    Ok(DeviceSummary {
        device: device.to_string(),
        revoked,
        people,
        purged: purged.collect(),
    })
}
